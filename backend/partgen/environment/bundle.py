"""A folder that holds all that an environment is made of, for a machine without a network. `make bundle` makes it.

bundle.json             what it is for, and size and sha256 of every file: see Bundle
wheels/                 the locked wheels, PyTorch with what belongs to it, and uv
python/20261110/...     the Python archive, as uv expects it from a mirror; absent where it could not be had
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from ..errors import Action, PartgenError

BUNDLE = "bundle.json"
KIND = "PartGen bundle"
FORMAT = 1
WHEELS = "wheels"
PYTHON = "python"


@dataclass(frozen=True)
class File:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Bundle:
    """What bundle.json tells.

    `platform` is that of `Machine.platform`, `python` the version that the wheels are for (``"3.11"``), `torch_build` the id
    of its build of PyTorch (empty in the tier geometry), `files` their paths below the folder with slashes.
    """

    platform: str
    tier: str
    python: str
    torch_build: str = ""
    files: Mapping[str, File] = field(default_factory=dict)

    @property
    def has_python(self) -> bool:
        return any(PurePosixPath(path).parts[0] == PYTHON for path in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())

    def write(self, folder: Path) -> None:
        content = {"kind": KIND, "format": FORMAT} | asdict(self)
        (folder / BUNDLE).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def read_bundle(folder: Path) -> Bundle:
    """What the folder holds by its own word; see `verify_bundle`. Raises PartgenError where it is no bundle."""
    try:
        content = json.loads((folder / BUNDLE).read_text("utf-8"))
        kind, version = content.pop("kind"), content.pop("format")
        if kind != KIND:
            raise KeyError(kind)
        if version != FORMAT:
            raise _refused("bundle.format", f"The folder “{folder}” was made for another version of PartGen.", "Make it anew.")
        files = {_safe(path): File(**file) for path, file in content.pop("files").items()}
        return Bundle(**content, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(
            "bundle.none",
            f"The folder “{folder}” holds no installation files of PartGen.",
            f"Choose the folder that was made for this computer; the file {BUNDLE} lies in it.",
        ) from error


def verify_bundle(folder: Path) -> list[PartgenError]:
    """Everything that is wrong with the folder: files missing, of another size, or with another content. Reads every file."""
    try:
        bundle = read_bundle(folder)
    except PartgenError as error:
        return [error]
    problems = []
    for path, file in bundle.files.items():
        fault = _fault(folder / path, file)
        if fault:
            problems.append(_refused("bundle.damaged", f"“{path}” in the installation folder {fault}.", "Copy or make the folder again."))
    return problems


def file_of(path: Path) -> File:
    """Size and digest of a file. Raises OSError."""
    with open(path, "rb") as content:
        return File(path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest())


def _fault(path: Path, expected: File) -> str:
    try:
        if not path.is_file():
            return "is missing"
        if path.stat().st_size != expected.bytes:
            return "is incomplete" if path.stat().st_size < expected.bytes else "has another size"
        return "" if file_of(path) == expected else "is damaged"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _safe(path: str) -> str:
    """The path if it stays below the folder. Raises ValueError."""
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path or ":" in path:
        raise ValueError(path)
    return path


def _refused(code: str, sentence: str, remedy: str) -> PartgenError:
    return PartgenError(code, sentence, remedy, Action.INSTALL_FROM_FOLDER)
