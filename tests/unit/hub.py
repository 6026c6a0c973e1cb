"""A hub of models on loopback, which speaks what `huggingface_hub` asks for, and fails as real ones do.

Large files are answered with a redirection to another address, as theirs lie on a content network.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What is published, and what is to go wrong.

    `large` and `small` are contents by path. `break_after` is the number of bytes after which the connection is cut, for
    each answer in turn. `status` answers everything with an error; `error_code` says which, as hubs do; `content_status` is that of
    the network that holds the contents. `served` replaces
    what is sent, not what is said about it. `needs_token`: who lacks this one gets `status`. `seen` are the requests:
    method, path, range, and token.
    """

    large: dict[str, bytes] = field(default_factory=dict)
    small: dict[str, bytes] = field(default_factory=dict)
    served: dict[str, bytes] = field(default_factory=dict)
    break_after: list[int] = field(default_factory=list)
    status: int = 0
    error_code: str = ""
    content_status: int = 0
    needs_token: str = ""
    knows_ranges: bool = True
    is_hub: bool = True
    slow: float = 0.0
    seen: list[tuple[str, str, str, str]] = field(default_factory=list)
    address: str = ""
    content_address: str = ""

    def downloads(self) -> list[str]:
        """The ranges of the requests for contents, in order; empty where all was asked for."""
        return [span for method, path, span, _ in self.seen if method == "GET" and path.startswith("/content/")]


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def answer(self) -> None:
        hub = self.hub
        token = self.headers.get("Authorization", "")
        hub.seen.append((self.command, self.path, self.headers.get("Range", ""), token))
        self.path = urlsplit(self.path).path  # who comes as to a proxy names the host as well
        if self.path.startswith("/content/") and hub.content_status:
            self.send(hub.content_status, b"blocked", {})
        elif self.path.startswith("/content/"):
            self.send_content(hub.served.get(self.path[9:]) or hub.large[self.path[9:]])
        elif not hub.is_hub:
            self.send(200, b"<html>Log in to the network</html>", {"ETag": '"page"'})
        elif hub.status and not (hub.needs_token and token == f"Bearer {hub.needs_token}"):
            self.send(hub.status, json.dumps({"error": "no"}).encode(), {"X-Error-Code": hub.error_code} if hub.error_code else {})
        else:
            self.send_published(self.path.split("/resolve/")[-1].partition("/")[2])

    def send_published(self, path: str) -> None:
        hub = self.hub
        if path in hub.large:
            content = hub.large[path]
            tag = hashlib.sha256(content).hexdigest()
            headers = {"X-Linked-Etag": f'"{tag}"', "X-Linked-Size": str(len(content)), "X-Repo-Commit": COMMIT}
            self.send(302, b"", headers | {"Location": f"{hub.content_address}/content/{path}"})
        elif path in hub.small:
            content = hub.small[path]
            tag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self.send(200, hub.served.get(path, content), {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})
        else:
            self.send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})

    def send_content(self, content: bytes) -> None:
        """The content or the range of it that was asked for, cut where the hub is told to."""
        span = self.headers.get("Range", "")
        start = int(span.removeprefix("bytes=").split("-")[0]) if span and self.hub.knows_ranges else 0
        part = content[start:]
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if span and self.hub.knows_ranges else {}
        if self.command == "GET" and self.hub.break_after:
            self.send_head(206 if headers else 200, len(part), headers)
            self.wfile.write(part[: self.hub.break_after.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        else:
            self.send(206 if headers else 200, part, headers)

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_head(status, len(content), headers)
        if self.command == "HEAD":
            return
        for start in range(0, len(content), 2**16):
            if self.hub.slow:
                threading.Event().wait(self.hub.slow)
            try:
                self.wfile.write(content[start : start + 2**16])
            except OSError:
                return  # whoever asked is gone

    def send_head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(length)} | headers).items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def served(hub: Hub, certificate: Path | None = None) -> Iterator[Hub]:
    """Serves a hub, and its contents from another port, as long as the context lasts; encrypted where there is a certificate,
    a PEM file with its key."""

    class Bound(Answer):
        pass

    Bound.hub = hub
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Bound) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in servers]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        for server in servers:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *of_a_client_that_hung_up: None  # type: ignore[method-assign]
    scheme = "https" if certificate else "http"
    hub.address, hub.content_address = (f"{scheme}://127.0.0.1:{server.server_port}" for server in servers)
    try:
        for thread in threads:
            thread.start()
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
