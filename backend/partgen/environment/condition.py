"""What there is of the environment on disk, told within milliseconds and without starting anything: the panel asks.

The folder:

    environment/
        environment.json    what was installed, written anew after every step: see Record
        setup.lock          held by the program that works on the folder
        setup.log           what uv had to tell
        uv/                 the installer
        python/             the Python that uv brought, where it brought one
        venv/               the environment itself
        bytecode/           its compiled modules, where it is built on Blender's Python
        cache/              downloads of a set-up on its way; gone once it is complete
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .patience import patiently

RECORD = "environment.json"
LOG = "setup.log"
LOCK = "setup.lock"
BYTECODE = "bytecode"
KIND = "PartGen environment"
"""Marks a folder as ours: no other one is ever written to or removed."""

FORMAT = 1

READ_PAUSES = (0.001, 0.001, 0.001) if sys.platform == "win32" else ()
"""Windows lets nobody read a file in the moment in which it is replaced."""


@dataclass(frozen=True)
class Record:
    """What environment.json holds.

    `digest` is that of the plan which was begun last and `bundled` the bundled partgen wheel in it. `steps` are the ids of
    all steps of it with their titles, in order; `done` those that are complete, each with a fingerprint of what it installed
    (another one means: to be done again). `location` is the folder itself, because an environment cannot be moved or copied.
    `python` is the Python that it is built on: its kind (see `plan.PythonChoice`), version and path. `tier` and `torch_build`
    are what is installed.
    """

    digest: str = ""
    bundled: str = ""
    tier: str = ""
    torch_build: str = ""
    location: str = ""
    python: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The titles of the steps that are not complete, in order."""
        return tuple(title for step, title in self.steps.items() if step not in self.done)

    def write(self, folder: Path) -> None:
        """Writes environment.json in one go: a reader, or a power cut, sees the old one or the new one. Raises OSError."""
        content = {"kind": KIND, "format": FORMAT} | {name: getattr(self, name) for name in self.__dataclass_fields__}
        draft = folder / f"{RECORD}.new"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: os.replace(draft, folder / RECORD))  # the panel may just be reading it


def read_record(folder: Path) -> Record | None:
    """What environment.json says; None where there is none, or none that this version understands."""
    content = _read_json(folder)
    if content is None or content.get("kind") != KIND or content.get("format") != FORMAT:
        return None
    try:
        return Record(**{name: content[name] for name in Record.__dataclass_fields__})
    except KeyError:
        return None


def is_ours(folder: Path) -> bool:
    """Whether the set-up made this folder, also where it was interrupted, or by a version to come. A link is never ours."""
    content = None if folder.is_symlink() else _read_json(folder)
    return content is not None and content.get("kind") == KIND


@dataclass(frozen=True)
class Condition:
    """The environment in one word and one sentence.

    `state`: "absent", "incomplete" (a set-up was interrupted, `missing` are the titles of what is left), "ready", "outdated"
    (it works, and the extension brings something newer), or "broken" (complete once, and something was deleted since; repair).
    """

    state: str
    sentence: str
    missing: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether the backend in it can be started."""
        return self.state in ("ready", "outdated")


def condition(folder: Path, digest: str = "", bundled: str = "") -> Condition:
    """The condition of the environment in `folder`.

    `digest` of the plan and `bundled`, the file name of the extension's partgen wheel, are what it should hold; an empty one
    is not compared. Never raises.
    """
    record = read_record(folder)
    if record is None:
        if is_ours(folder):
            return Condition("broken", "The environment was made by a version of PartGen that this one does not know.")
        return Condition("absent", "PartGen is not set up yet.")
    if record.missing or not record.steps:
        return Condition("incomplete", _sentence_of_missing(record.missing), record.missing)
    if not _is_at(folder, record.location):
        return Condition("broken", "The environment was moved or copied, which it does not survive.", ("all of it",))
    if not python_program(folder).is_file():
        return Condition("broken", "The environment is damaged: its Python is missing.", ("Python",))
    if package_folder(folder) is None:
        return Condition("broken", "The environment is damaged: its packages are missing.", ("packages",))
    if (digest and digest != record.digest) or (bundled and bundled != record.bundled):
        return Condition("outdated", "The environment belongs to another version or other settings of PartGen.")
    return Condition("ready", "PartGen is set up.")


def backend_command(folder: Path, *arguments: str) -> list[str] | None:
    """How to start the installed `partgen`, to serve or with other `arguments`; None where there is no complete environment."""
    if not condition(folder).is_usable:
        return None
    # Not the `partgen` program: scanners hold back small unknown programs, and its first line cannot hold every path.
    return [*python_command(folder), "-m", "partgen", *(arguments or ("serve",))]


def python_command(folder: Path, kind: str | None = None) -> list[str]:
    """How to start the environment's Python; `kind` of Python that it is built on, from the record where it is None.

    Isolated, because what Blender was started with (PYTHONPATH, its working folder) is not for it. Built on Blender's
    Python, its compiled modules lie in the environment: otherwise those of the standard library would be written to Blender.
    """
    if kind is None:
        record = read_record(folder)
        kind = record.python.get("kind", "") if record else ""
    elsewhere = ["-X", f"pycache_prefix={folder / BYTECODE}"] if kind == "blender" else []
    return [str(python_program(folder)), "-I", *elsewhere]


def programs_folder(folder: Path, system: str = sys.platform) -> Path:
    """Where the environment keeps its programs: Windows has its own name for that."""
    return folder / "venv" / ("Scripts" if system == "win32" else "bin")


def python_program(folder: Path, system: str = sys.platform) -> Path:
    """The environment's Python."""
    return programs_folder(folder, system) / ("python.exe" if system == "win32" else "python")


def package_folder(folder: Path, system: str = sys.platform) -> Path | None:
    """Where `partgen` lies in the environment; None where it is not installed."""
    found = (folder / "venv").glob("Lib/site-packages/partgen" if system == "win32" else "lib/python3.*/site-packages/partgen")
    return next(found, None)


def _is_at(folder: Path, location: str) -> bool:
    """Whether a recorded location is this folder, whatever it is called."""
    try:
        return not location or os.path.samefile(folder, location)
    except OSError:
        return False


def _sentence_of_missing(missing: tuple[str, ...]) -> str:
    if not missing:
        return "The set-up was interrupted at its beginning."
    return f"The set-up was interrupted; missing: {', '.join(missing)}."


def _read_json(folder: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(patiently(lambda: (folder / RECORD).read_text("utf-8"), READ_PAUSES))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
