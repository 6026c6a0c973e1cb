"""What the lock files hold for one platform: which packages, how large, from which systems on. Written by scripts/lock.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LOCKS = Path(__file__).resolve().parent / "locks"

UNPACKED = {"geometry": 3.9, "ai": 4.7}
"""Bytes on disk for a byte of a tier's wheels: measured on Linux with Python 3.11, compiled modules of Python included."""


@dataclass(frozen=True)
class LockedWheel:
    """The wheel of one package for one platform and Python; `file` is the one for the newest system."""

    package: str
    version: str
    licence: str
    file: str
    bytes: int
    sha256: str


def lock_file(tier: str) -> Path:
    """The requirement file of a tier, with digests, for every platform at once."""
    return LOCKS / f"{tier}.txt"


def lock_digest(tier: str) -> str:
    """Changes when anything that is locked changes."""
    return hashlib.sha256(lock_file(tier).read_bytes()).hexdigest()


@cache
def _described() -> dict[str, Any]:
    return json.loads((LOCKS / "wheels.json").read_text("utf-8"))


def supported_platforms() -> tuple[str, ...]:
    return tuple(_described()["platforms"])


def supported_pythons() -> tuple[str, ...]:
    """Versions of Python that every package is locked for, the preferred one first."""
    return tuple(_described()["pythons"])


def locked_wheels(tier: str, platform: str, python: str) -> Iterator[LockedWheel]:
    """What is installed at this place. Nothing where platform or Python is not supported."""
    place = f"{platform}/{python}"
    for package in _described()["packages"]:
        if tier in package["tiers"]:
            for wheel in package["wheels"]:
                if place in wheel["best_for"]:
                    yield LockedWheel(
                        package["name"], package["version"], package["licence"], wheel["file"], wheel["bytes"], wheel["sha256"]
                    )


def locked_packages(tier: str, platform: str, python: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, version and the digests of all wheels of what is installed at this place."""
    chosen = {(wheel.package, wheel.version) for wheel in locked_wheels(tier, platform, python)}
    for package in _described()["packages"]:
        if (package["name"], package["version"]) in chosen:
            yield package["name"], package["version"], tuple(wheel["sha256"] for wheel in package["wheels"])


def oldest_system(tier: str, platform: str) -> tuple[tuple[int, ...], str] | None:
    """The oldest macOS or glibc that the wheels of a tier run on, and the package that asks for it; None where nothing does."""
    found = _described()["oldest_systems"].get(tier, {}).get(platform)
    return (tuple(found["version"]), found["package"]) if found else None


def torch_bytes_from_pypi(platform: str, python: str) -> int:
    """What PyTorch's build on PyPI downloads, with what belongs to it; 0 where there is none."""
    return _described()["torch"]["bytes_from_pypi"].get(f"{platform}/{python}", 0)
