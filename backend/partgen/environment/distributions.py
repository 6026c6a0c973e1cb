"""Whether the installed packages are whole: what was interrupted or deleted is found and taken out, so that it is installed anew."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .removal import remove_tree, verbatim

RECORD = "RECORD"
INSTALLER = "INSTALLER"
"""The file that an installer writes after all others, as it enters itself into the list of what it wrote."""


@dataclass(frozen=True)
class Entry:
    """A line of a RECORD: the path from site-packages, its sha256 (urlsafe base64; empty where unknown) and size (or None)."""

    path: str
    sha256: str
    bytes: int | None


def site_packages(venv: Path) -> Path | None:
    """Where a virtual environment has its packages; None where it has none."""
    return next((path for pattern in ("lib/python3.*/site-packages", "Lib/site-packages") for path in venv.glob(pattern)), None)


def damaged(folder: Path, thorough: bool = False) -> list[Path]:
    """The .dist-info folders of the packages in `folder` of which a file is missing or has changed, in alphabetical order.

    Compares sizes, and if `thorough` digests too (about a second for a gigabyte). See "Recording installed projects" of the
    Python packaging specifications.
    """
    return [info for info in sorted(folder.glob("*.dist-info")) if not is_whole(info, thorough)]


def is_whole(info: Path, thorough: bool = False) -> bool:
    """Whether all files of a package are there as they were installed."""
    try:
        entries = list(_entries(info))
    except (OSError, ValueError):
        return False
    if not any(entry.path == f"{info.name}/{INSTALLER}" for entry in entries):
        return False  # the list is still the one of the wheel: the installer did not come to its end
    return all(_is_as_recorded(info.parent / entry.path, entry, thorough) for entry in entries)


def discard(info: Path, venv: Path) -> None:
    """Takes a package out of an environment: every file that it is recorded to have, and the record last. Raises OSError."""
    root = os.path.realpath(venv)
    try:
        entries = list(_entries(info))
    except (OSError, ValueError):
        entries = []
    for entry in entries:
        path = info.parent / entry.path
        # A record could name any file of the disk: only what is in the environment is removed.
        if os.path.realpath(path).startswith(root + os.sep) and info not in path.parents:
            verbatim(path).unlink(missing_ok=True)
    remove_tree(info)


def _entries(info: Path) -> Iterator[Entry]:
    """The lines of RECORD. Raises OSError and ValueError."""
    with open(verbatim(info / RECORD), encoding="utf-8", newline="") as file:
        for path, digest, size in csv.reader(file):
            yield Entry(path, digest.removeprefix("sha256=") if digest.startswith("sha256=") else "", int(size) if size else None)


def _is_as_recorded(path: Path, entry: Entry, thorough: bool) -> bool:
    try:
        size = os.stat(verbatim(path)).st_size
        if entry.bytes is not None and size != entry.bytes:
            return False
        if not thorough or not entry.sha256:
            return True
        with open(verbatim(path), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return False
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == entry.sha256.rstrip("=")
