"""A package index on this machine that can be slow, broken, secret, or secured, and wheels so small that nobody waits for them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import ssl
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


def make_wheel(name: str, version: str = "1.0", tag: str = "py3-none-any", size: int = 0) -> tuple[str, bytes]:
    """File name and content of a wheel with one module that holds `size` bytes besides its version."""
    info = f"{name}-{version}.dist-info"
    files: dict[str, bytes] = {
        f"{name}/__init__.py": f"version = '{version}'\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    if size:
        # Not to be compressed away.
        files[f"{name}/content.bin"] = b"".join(hashlib.sha256(f"{name}{i}".encode()).digest() for i in range(size // 32))
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([path, f"sha256={digest}", len(content)])
    writer.writerow([f"{info}/RECORD", "", ""])
    files[f"{info}/RECORD"] = lines.getvalue().encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), content)
    return f"{name}-{version}-{tag}.whl", packed.getvalue()


@dataclass
class Behaviour:
    """How the server behaves: `status` instead of an answer; `password` that it wants ("name:password"); bytes a second;
    how many downloads break off after how many bytes."""

    status: int = 0
    password: str = ""
    rate: float = 0.0
    breaks: int = 0
    breaks_after: int = 0


@dataclass
class LocalIndex:
    """A package index (PEP 503) on 127.0.0.1, to be used in a `with`. `requests` holds "METHOD path range" of each request."""

    certificate: trustme.LeafCert | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    wheels: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def add(self, wheel: tuple[str, bytes]) -> str:
        """Offers a wheel; its sha256."""
        name, content = wheel
        self.wheels[name] = content
        return hashlib.sha256(content).hexdigest()

    def url(self, host: str = "127.0.0.1", login: str = "") -> str:
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{login + '@' if login else ''}{host}:{self._server.server_port}/simple"

    def __enter__(self) -> LocalIndex:
        handler = type("Handler", (_Handler,), {"index": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    index: LocalIndex
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the other end does not trust us, or went away
            self.close_connection = True

    def _answer(self) -> None:
        behaviour = self.index.behaviour
        self.index.requests.append(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip())
        if behaviour.status:
            self._send(behaviour.status, b"", {})
        elif behaviour.password and not self._knows_password(behaviour.password):
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="packages"'})
        elif self.path.startswith("/simple/"):
            self._send_links(self.path.split("/")[2])
        elif (name := self.path.rpartition("/")[2]) in self.index.wheels:
            self._send_file(self.index.wheels[name])
        else:
            self._send(404, b"", {})

    def _knows_password(self, password: str) -> bool:
        return self.headers.get("Authorization") == "Basic " + base64.b64encode(password.encode()).decode()

    def _send_links(self, package: str) -> None:
        names = [name for name in self.index.wheels if name.partition("-")[0].replace("_", "-").lower() == package]
        links = "".join(f'<a href="/files/{name}">{name}</a>\n' for name in names)
        self._send(200 if names else 404, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), {"Content-Type": "text/html"})

    def _send_file(self, content: bytes) -> None:
        first, last = 0, len(content) - 1
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        headers = {"Accept-Ranges": "bytes", "ETag": '"1"'}
        if asked:
            start, _, end = asked.partition("-")
            first = int(start) if start else len(content) - int(end)
            last = min(int(end), last) if start and end else last
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(206 if asked else 200, content[first : last + 1], headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body)

    def _send_body(self, body: bytes) -> None:
        behaviour = self.index.behaviour
        limit = len(body)
        if behaviour.breaks and len(body) > behaviour.breaks_after > 0:
            behaviour.breaks -= 1
            limit = behaviour.breaks_after
        for start in range(0, limit, 1 << 15):
            piece = body[start : min(start + (1 << 15), limit)]
            self.wfile.write(piece)
            if behaviour.rate:
                time.sleep(len(piece) / behaviour.rate)
        if limit < len(body):
            self.close_connection = True
            self.connection.close()
