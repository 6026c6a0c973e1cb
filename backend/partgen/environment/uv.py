"""The installer uv as one program of ours: closed off from the user's own uv, watched while it works, its errors understood.

It comes in a wheel with the extension. Blender's wheel manager would leave it without its run bit, so it is unpacked here.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partgen.errors import Action, PartgenError

from .patience import patiently
from .settings import Settings
from .symptoms import problem_of

LOOK_SECONDS = 0.5
"""How often what uv wrote is measured while it works."""

START_PAUSES = (0.1, 0.4, 1.0, 2.0) if sys.platform == "win32" else ()
"""A virus scanner may look at the new program before it lets it start."""

RETRIES = 4
"""How often uv asks again after a failed request, 13 seconds in all where nobody answers; it goes on with the rest of a file
where the server allows it."""

SILENCE_SECONDS = 60
"""How long a server may say nothing in the middle of a download."""

FOREIGN = ("UV_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "__PYVENV_LAUNCHER__", "PIP_")
"""Beginnings of the environment variables that would lead uv or a Python to something of the user's own, or of Blender's."""

OWN_FOLDERS = {
    "UV_CACHE_DIR": "cache",
    "UV_PYTHON_INSTALL_DIR": "python",
    "UV_PYTHON_BIN_DIR": "cache/bin",
    "UV_PYTHON_CACHE_DIR": "cache/python",
    "UV_TOOL_DIR": "cache/tools",
    "TMPDIR": "cache/temporary",
    "TEMP": "cache/temporary",
    "TMP": "cache/temporary",
}
"""Where uv keeps things, below the environment's folder: also its temporary files, because /tmp may be small."""

_DOWNLOADING = re.compile(r"^Downloading (?P<name>\S.*?)(?: \((?P<size>[^()]+)\))?$")
_DOWNLOADED = re.compile(r"^ ?Downloaded (?P<name>\S.*)$")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass
class Activity:
    """What uv does just now, read from what it says: `loading` the names of what it downloads, `loaded` of what it has."""

    loading: dict[str, None] = field(default_factory=dict)
    loaded: dict[str, None] = field(default_factory=dict)

    def hear(self, line: str) -> None:
        """Takes one line of uv's error stream."""
        if found := _DOWNLOADING.match(line):
            self.loading[found["name"]] = None
        elif found := _DOWNLOADED.match(line):
            self.loading.pop(found["name"], None)
            self.loaded[found["name"]] = None

    @property
    def names(self) -> str:
        """What is downloaded just now, for people: no more than three names."""
        names = list(self.loading)
        return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


class Uv:
    """Runs uv for the environment in `folder`. What it says goes to `log_path`, without passwords.

    `settings` tell the index, the proxy, the certificates and whether there may be a network at all.
    """

    def __init__(self, folder: Path, settings: Settings, log_path: Path) -> None:
        self.folder = folder
        self.settings = settings
        self.log_path = log_path

    @property
    def program(self) -> Path:
        return uv_program(self.folder)

    @property
    def is_offline(self) -> bool:
        """Whether uv must not use the network."""
        return bool(self.settings.offline_folder) or not self.settings.online

    def run(
        self,
        arguments: Sequence[str | Path],
        stage: str = "",
        watch: Callable[[Activity], None] | None = None,
        retries: int = RETRIES,
        index: str = "",
    ) -> str:
        """Runs uv to its end and returns its standard output.

        `stage` says in an error what was being done. `watch` is called about twice a second while it works. `index` is asked
        before the one of the settings.
        Raises PartgenError with a sentence for the artist where uv fails; KeyboardInterrupt ends uv too.
        """
        hints = {"stage": stage, "folder_of_environment": str(self.folder)}
        command = [str(self.program), *map(str, arguments)]
        (self.folder / OWN_FOLDERS["TMPDIR"]).mkdir(parents=True, exist_ok=True)
        self.log(f"\n$ {' '.join(command)}\n")
        try:
            environment = closed_environment(self.folder, self.settings) | {"UV_HTTP_RETRIES": str(retries)}
            environment |= {"UV_INDEX": index} if index else {}
            process = patiently(lambda: _start(command, self.folder, environment), START_PAUSES)
        except OSError as error:
            raise problem_of(f"uv could not be started: {error.strerror} (os error {_number(error)})", self.settings, hints) from error
        said: list[str] = []
        activity = Activity()
        output = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115  closed below
        with output, process:
            try:
                self._attend(process, output, said, activity, watch)
            except BaseException:
                process.kill()
                raise
            exit_code = process.wait()
            output.seek(0)
            result = output.read().decode("utf-8", "replace")
        if exit_code:
            self.log(f"uv ended with {exit_code}\n")
            raise problem_of("".join(said), self.settings, hints, exit_code)
        return result

    def _attend(
        self,
        process: subprocess.Popen[bytes],
        output: tempfile.SpooledTemporaryFile[bytes],
        said: list[str],
        activity: Activity,
        watch: Callable[[Activity], None] | None,
    ) -> None:
        """Reads both streams until they end."""
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

        def read_errors() -> None:
            assert process.stderr is not None
            for line in iter(process.stderr.readline, b""):
                lines.put(line.decode("utf-8", "replace"))
            lines.put(None)

        def read_output() -> None:
            assert process.stdout is not None
            shutil.copyfileobj(process.stdout, output)

        readers = [threading.Thread(target=work, daemon=True) for work in (read_errors, read_output)]
        for reader in readers:
            reader.start()
        next_look = time.monotonic() + LOOK_SECONDS
        while True:
            try:
                line = lines.get(timeout=max(0.0, next_look - time.monotonic()))
                if line is None:
                    break
                said.append(line)
                activity.hear(line.rstrip("\r\n"))
                self.log(line)
            except queue.Empty:
                if watch is not None:
                    watch(activity)
                next_look = time.monotonic() + LOOK_SECONDS  # from here, because to look takes time too
        for reader in readers:
            reader.join()

    def log(self, text: str) -> None:
        """Adds to the log, without passwords."""
        with contextlib.suppress(OSError), open(self.log_path, "a", encoding="utf-8") as log:  # a full disk is reported by uv itself
            log.write(without_secrets(text))


def uv_program(folder: Path, system: str = sys.platform) -> Path:
    """The unpacked installer of the environment in `folder`."""
    return folder / "uv" / ("uv.exe" if system == "win32" else "uv")


def unpack_uv(wheel: Path, folder: Path) -> Path:
    """Takes the program out of the bundled wheel, with its run bit; the program. Raises PartgenError where that is impossible."""
    program = uv_program(folder)
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        draft = program.with_name(program.name + ".new")
        with zipfile.ZipFile(wheel) as archive, archive.open(_member_of(archive, program.name)) as source, open(draft, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        draft.chmod(0o755)
        patiently(lambda: os.replace(draft, program))
    except (zipfile.BadZipFile, LookupError, EOFError, FileNotFoundError) as error:
        sentence = f"The installer that comes with PartGen cannot be unpacked: {wheel.name} is damaged or belongs to another system."
        raise PartgenError("set_up.uv_damaged", sentence, "Install the PartGen extension again.", Action.COPY_DEBUG_INFO) from error
    return program


def closed_environment(folder: Path, settings: Settings, surrounding: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables that uv gets: the system's, without all that is of the user's own uv, Python or Blender."""
    kept = {name: value for name, value in surrounding.items() if not name.upper().startswith(FOREIGN)}
    kept |= {name: str(folder / path) for name, path in OWN_FOLDERS.items()}
    kept |= {
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_INSTALL_BIN": "0",  # no link in ~/.local/bin
        "UV_PYTHON_INSTALL_REGISTRY": "0",  # no entry in the registry of Windows
        "UV_HTTP_TIMEOUT": str(SILENCE_SECONDS),
        "UV_SYSTEM_CERTS": "1" if settings.system_certificates else "0",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # uv asks Blender's Python for its version, which must not leave a trace there
        "PYTHONNOUSERSITE": "1",
    }
    if settings.index_url and not settings.offline_folder:
        kept["UV_DEFAULT_INDEX"] = settings.index_url  # no argument, which everybody on this computer could read: it may hold a password
    if settings.offline_folder or not settings.online:
        kept["UV_OFFLINE"] = "1"
    if settings.proxy:
        kept = {name: value for name, value in kept.items() if name.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
        kept |= {"HTTP_PROXY": settings.proxy, "HTTPS_PROXY": settings.proxy, "ALL_PROXY": settings.proxy}
    return kept


def without_secrets(text: str) -> str:
    """The text with user names and passwords of addresses blanked: a log is copied into bug reports."""
    return _SECRET.sub("****@", text)


def written_bytes(folders: Sequence[Path]) -> int:
    """Bytes in all files below the folders, a file with several names counted once. What vanishes meanwhile counts nothing."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for entry in _files_below(folders):
        with contextlib.suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if status.st_nlink > 1 and status.st_ino:
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            total += status.st_size
    return total


def _files_below(folders: Sequence[Path]) -> Iterator[os.DirEntry[str]]:
    waiting = [str(folder) for folder in folders]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry


def _member_of(archive: zipfile.ZipFile, program: str) -> str:
    """The program's name inside the wheel. Raises LookupError where it is not there."""
    for name in archive.namelist():
        if re.fullmatch(rf"[^/]+\.data/scripts/{re.escape(program)}", name):
            return name
    raise LookupError(program)


def _start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts uv without a console window, in a folder that holds no project of anybody."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        creationflags=flags,
    )


def _number(error: OSError) -> int | None:
    """The system's own number of an error, as uv would print it."""
    return getattr(error, "winerror", None) or error.errno
