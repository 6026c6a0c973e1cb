"""Fetches single files from a hub, resumed where a download stopped, and checked.

`huggingface_hub` knows the protocol, tokens and retries; its `hf_hub_download` forgets an interrupted file, so we hand its
`http_get` the end of our own partial file instead. Xet, its other way of transfer, is not used: it cannot be resumed, and
not every mirror has it. Proxy variables and SSL_CERT_FILE count as everywhere; without the latter the certificates of the
operating system do.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, get_hf_file_metadata, get_token, hf_hub_url
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, disable_progress_bars

from ..errors import Action, PartgenError
from .conversion import Progress, digest, git_digest, not_written
from .registry import PARTIAL, Entry, SourceFile, in_megabytes

HUB = "https://huggingface.co"
ATTEMPTS = 5
"""How often a broken transfer is taken up again without a single byte having arrived in between."""

PAUSE = 1.0
"""Seconds before it is taken up again."""

PIECE = 2**16
"""Bytes after which progress is told and what arrived is on disk. What is less than that is lost where a transfer breaks."""

SHA256 = re.compile(r"[0-9a-f]{64}")
SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Connection:
    """How the hub is reached: another `endpoint` (a mirror), a `token` for repositories that want one (None: what the
    user's own `hf auth login` or HF_TOKEN gives), a `proxy` instead of the environment's, and whether we may at all."""

    endpoint: str = ""
    token: str | None = None
    proxy: str = ""
    online: bool = True

    @property
    def address(self) -> str:
        """The hub's address without a slash at its end."""
        return (self.endpoint or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")

    @property
    def host(self) -> str:
        """The hub's name, as a person knows it."""
        return urlsplit(self.address).netloc


@dataclass(frozen=True)
class Published:
    """What the hub says about a file: its bytes (None where it does not say), its tag, which for large files is their
    sha256, and the commit that it was asked at."""

    file: SourceFile
    size: int | None
    tag: str
    commit: str

    @property
    def sha256(self) -> str:
        """The digest that it must have; empty where neither we nor the hub know one."""
        return self.file.sha256 or (self.tag if SHA256.fullmatch(self.tag) else "")


def prepare(connection: Connection) -> None:
    """Sets this process up for downloads. Raises PartgenError "weights.offline" where we may not go online, and
    "weights.not_a_hub" where the address is none."""
    if not connection.online:
        sentence = "Online access is off in Blender, so nothing can be downloaded."
        remedy = "Allow it in Blender's preferences, or use a file that you have."
        raise PartgenError("weights.offline", sentence, remedy, Action.ALLOW_ONLINE)
    if not re.fullmatch(r"https?://[^\s/\[\]]+(/.*)?", connection.address):
        raise _not_a_hub(connection)
    if connection.proxy:
        os.environ.update({name: connection.proxy for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")})
    disable_progress_bars()
    constants.DOWNLOAD_CHUNK_SIZE = PIECE


def ask(wanted: Entry, connection: Connection) -> list[Published]:
    """What the hub has of an entry; optional files that it does not have are left out. Raises PartgenError."""
    found = []
    for file in wanted.files:
        try:
            with problems_told(wanted, connection):
                found.append(_ask(wanted, file, connection))
        except PartgenError as error:
            if not (file.optional and error.code == "weights.not_found"):
                raise
    return found


def _ask(wanted: Entry, file: SourceFile, connection: Connection) -> Published:
    address = hf_hub_url(wanted.repository, file.path, revision=wanted.revision, endpoint=connection.address)
    told = get_hf_file_metadata(address, token=connection.token, endpoint=connection.address)
    if not told.commit_hash or not told.etag:
        sentence = f"{connection.host} answers, but not as a hub of models does."
        remedy = "Perhaps a login page of the network stands in between. Check the network and the address of the hub."
        raise PartgenError("weights.not_a_hub", sentence, remedy, Action.OPEN_PREFERENCES)
    published = Published(file, told.size, told.etag, told.commit_hash)
    if file.sha256 and SHA256.fullmatch(published.tag) and published.tag != file.sha256:
        raise _other_file(wanted, file, f"{connection.host} has another file than the one that PartGen knows")
    return published


def partial_path(target: Path, published: Published) -> Path:
    """Where an unfinished file waits. The tag in its name keeps two versions of a file apart."""
    return target.with_name(f"{target.name}.{re.sub('[^0-9A-Za-z]', '', published.tag)[:16]}{PARTIAL}")


def fetch(wanted: Entry, published: Published, target: Path, connection: Connection, progress: Progress) -> str:
    """Downloads one file to `target`, going on where an earlier attempt stopped, and returns its sha256.

    `progress` is told the bytes as they arrive, with those of an earlier attempt first, and is told a negative number where
    the hub starts anew. Raises PartgenError; what arrived stays, unless it is wrong.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(target, published)
    for other in target.parent.glob(f"{target.name}.*{PARTIAL}"):
        if other != partial:
            other.unlink()
    if published.size is not None and partial.exists() and partial.stat().st_size > published.size:
        partial.unlink()
    with problems_told(wanted, connection, target):
        _receive(wanted, published, partial, connection, progress)
    sha256 = _checked(wanted, published, partial)
    try:
        os.replace(partial, target)
    except OSError as error:
        raise not_written(target, error) from error
    return sha256


def _receive(wanted: Entry, published: Published, partial: Path, connection: Connection, progress: Progress) -> None:
    """Lets the missing bytes arrive. A transfer that breaks is taken up again as long as each attempt brings something."""
    # Asked at its commit, so that a file cannot change between two attempts; each attempt follows the redirection anew,
    # because what it leads to is signed for a while only.
    address = hf_hub_url(wanted.repository, published.file.path, revision=published.commit, endpoint=connection.address)
    attempts = ATTEMPTS
    with open(partial, "ab") as file:
        arrived = file.tell()
        progress(arrived)
        while True:
            watched = _Watched(file, progress)
            try:
                http_get(
                    address,
                    watched,  # type: ignore[arg-type]
                    resume_size=arrived,
                    headers=build_hf_headers(token=connection.token),
                    expected_size=published.size,
                )
                return
            except (httpx2.NetworkError, httpx2.TimeoutException, httpx2.RemoteProtocolError):
                file.flush()
                now = file.tell()
                attempts = ATTEMPTS if now > arrived else attempts - 1
                if attempts <= 0:
                    raise
                arrived = now
                time.sleep(PAUSE)


class _Watched:
    """A file that tells how many bytes are written to it, and takes them back where it is cut."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._file.flush()
        self._progress(len(data))
        return len(data)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        before = os.fstat(self._file.fileno()).st_size
        now = self._file.truncate(size)
        self._progress(now - before)
        return now


def _checked(wanted: Entry, published: Published, partial: Path) -> str:
    """The sha256 of what arrived. Raises PartgenError "weights.changed" and removes the file where it is not what it must be."""
    sha256 = digest(partial)
    is_right = published.size is None or partial.stat().st_size == published.size
    if published.sha256:
        is_right = is_right and sha256 == published.sha256
    elif SHA1.fullmatch(published.tag):
        is_right = is_right and git_digest(partial) == published.tag
    if not is_right:
        partial.unlink()
        raise _other_file(wanted, published.file, "what arrived is not what was published, and was removed")
    return sha256


def check_space(folder: Path, needed: int, title: str) -> None:
    """Raises PartgenError "weights.disk_full" where fewer than `needed` bytes are free on the disk of `folder`."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        sentence = f"{title} needs {in_megabytes(needed)}, and {in_megabytes(free)} are free on the disk of {folder}."
        raise PartgenError("weights.disk_full", sentence, "Make room there, or choose another models folder.", Action.OPEN_PREFERENCES)


@contextlib.contextmanager
def problems_told(wanted: Entry, connection: Connection, target: Path | None = None) -> Iterator[None]:
    """Turns whatever goes wrong on the way to the hub into an error for the artist."""
    try:
        yield
    except PartgenError:
        raise
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise problem(error, wanted, connection, target) from error


def problem(error: Exception, wanted: Entry, connection: Connection, target: Path | None = None) -> PartgenError:
    """What to tell the artist about an error of the hub, the network or the disk."""
    if isinstance(error, OfflineModeIsEnabled):
        sentence = "Downloads are switched off by the environment variable HF_HUB_OFFLINE."
        return PartgenError("weights.offline_mode", sentence, "Remove it, or use a file that you have.")
    if isinstance(error, HfHubHTTPError):
        return _refusal(error, wanted, connection, is_content=target is not None)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL):
        return _no_connection(error, connection)
    if isinstance(error, OSError) and error.errno is not None and target is not None:
        return not_written(target, error)
    sentence = f"The download of {wanted.title} from {connection.host} broke off."
    return PartgenError("weights.download_failed", sentence, "Try again: it goes on where it stopped.", Action.OPEN_LOG)


def _refusal(error: HfHubHTTPError, wanted: Entry, connection: Connection, is_content: bool) -> PartgenError:
    """The hub answered, with a no. Where `is_content`, it had let us in already, and what holds its files said no."""
    status = error.response.status_code
    page = f"{connection.address}/{wanted.repository}"
    token = "" if connection.token or get_token() else f" and enter an access token ({connection.address}/settings/tokens)"
    if isinstance(error, DisabledRepoError):
        return PartgenError("weights.not_found", f"{wanted.title} is no longer offered at {page}.", "Use a file that you have.")
    if isinstance(error, GatedRepoError) or (status == 403 and not is_content):
        sentence = f"{wanted.title} is given only to those who accept its conditions at {page}."
        return PartgenError("weights.gated", sentence, f"Accept them there{token}, then try again.", Action.OPEN_PREFERENCES)
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        sentence = f"{connection.host} did not let us in for {wanted.title}: the access token is wrong or out of date."
        return PartgenError("weights.unauthorised", sentence, "Enter another token, or none.", Action.OPEN_PREFERENCES)
    if isinstance(error, RepositoryNotFoundError | RevisionNotFoundError | RemoteEntryNotFoundError) or status == 404:
        sentence = f"{wanted.title} was not found at {page}: it was moved or removed, or is private."
        remedy = "Check the address of the hub, or use a file that you have."
        return PartgenError("weights.not_found", sentence, remedy, Action.OPEN_PREFERENCES)
    if status == 429:
        sentence = f"{connection.host} has had too many requests from here and asks for a pause."
        return PartgenError("weights.too_many_requests", sentence, "Wait some minutes and try again: it goes on where it stopped.")
    if status >= 500:
        sentence = f"{connection.host} has trouble of its own just now (error {status})."
        return PartgenError("weights.hub_trouble", sentence, "Try again later: it goes on where it stopped.")
    sentence = f"{connection.host} refused {wanted.title} (error {status})."
    remedy = "Perhaps the network blocks the address that its files come from. Try again, or use a file that you have."
    return PartgenError("weights.download_failed", sentence, remedy, Action.OPEN_LOG)


def _no_connection(error: Exception, connection: Connection) -> PartgenError:
    """The hub did not answer at all."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and isinstance(cause, Exception) and cause not in causes:
        causes.append(cause)
    if any(isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(cause) for cause in causes):
        sentence = f"The connection to {connection.host} is not trusted: its certificate is not known here."
        remedy = "If your network looks into connections, let its certificate be trusted by the system, or name it in SSL_CERT_FILE."
        return PartgenError("weights.certificate", sentence, remedy, Action.OPEN_LOG)
    if isinstance(error, httpx2.ProxyError):
        sentence = f"The proxy refused the connection to {connection.host} ({error})."
        return PartgenError("weights.proxy", sentence, "Check the address of the proxy.", Action.OPEN_PREFERENCES)
    sentence = f"{connection.host} cannot be reached."
    remedy = "Check the network and the proxy, then try again: it goes on where it stopped."
    return PartgenError("weights.no_network", sentence, remedy, Action.OPEN_PREFERENCES)


def _not_a_hub(connection: Connection) -> PartgenError:
    sentence = f"{connection.address} is not the address of a hub."
    return PartgenError("weights.not_a_hub", sentence, "Correct it, or leave it empty.", Action.OPEN_PREFERENCES)


def _other_file(wanted: Entry, file: SourceFile, why: str) -> PartgenError:
    remedy = "Try again. If it happens again, the hub or something on the way is not to be trusted: use another address of it."
    return PartgenError("weights.changed", f"{file.path} of {wanted.title} was refused: {why}.", remedy, Action.OPEN_PREFERENCES)


Say = Callable[[int, float | None], None]


class Pace:
    """Bytes that arrived and seconds that are left, told a few times a second. `say` gets both."""

    def __init__(self, total: int, say: Say, interval: float = 0.2) -> None:
        self.total = total
        self.arrived = 0
        self._say = say
        self._interval = interval
        self._told = 0.0
        self._start: tuple[float, int] | None = None

    def __call__(self, count: int) -> None:
        """Adds what arrived just now."""
        self.arrived += count
        now = time.monotonic()
        if self._start is None or count < 0:
            self._start = (now, self.arrived)  # what an earlier run brought tells nothing about the speed of this one
        if now - self._told >= self._interval or self.arrived >= self.total:
            self._told = now
            self._say(self.arrived, self._seconds_left(now))

    def _seconds_left(self, now: float) -> float | None:
        assert self._start is not None
        started, before = self._start
        gained = self.arrived - before
        if gained <= 0 or now - started < 0.5:
            return None
        return max(0.0, (self.total - self.arrived) * (now - started) / gained)
