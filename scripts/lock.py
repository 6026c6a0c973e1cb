"""Locks what the environment installs: scripts/lock.py [--upgrade]. Needs uv, packaging and the package index.

Reads the extras `geometry` and `ai` of backend/pyproject.toml and writes into backend/partgen/environment/locks/

- `geometry.txt`, `ai.txt`: requirement files for every supported platform and Python at once, with the sha256 of every
  wheel that fits one of them. Only wheels: nothing is ever compiled on an artist's machine.
- `wheels.json`: size, platforms and licence of each of these wheels, so that a plan can tell what it will download.

Versions that are locked already stay as long as they satisfy pyproject.toml, unless `--upgrade` is given. PyTorch itself is not in the
lock: its builds live in indexes of their own (see partgen/environment/torch_builds.py). Its ordinary dependencies are;
the packages that belong to a build (`nvidia-*`, `cuda-*`, `triton*`, ...) are pinned by the metadata of PyTorch's wheel. uv's
`--torch-backend` takes PyTorch and triton from the build's index and the vendors' packages from the package index.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "backend" / "partgen" / "environment" / "locks"
TIERS = ("geometry", "ai")
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("linux-x86_64", "windows-x86_64", "macos-arm64", "macos-x86_64")
PACKAGE_INDEX = "https://pypi.org/pypi"

# PyTorch and what belongs to one of its builds: it comes from the build's own index.
OF_TORCH = re.compile(r"torch|(pytorch-)?triton(-.*)?|(nvidia|cuda|intel|dpcpp|onemkl|oneccl)-.*|mkl|tbb|tcmlib|umf|impi-rt")

# The newest systems that exist: a wheel for an older one fits too, and is listed with it.
NEWEST_GLIBC = 45
NEWEST_MACOS = (27, 0)

HEADER = "# Written by scripts/lock.py from the extra `{tier}` of pyproject.toml. PyTorch is not in here: see torch_builds.py.\n"


@dataclass
class Locked:
    """One version of one package: `wheels` are the file names that fit, each with its sha256 and "platform/python" places."""

    name: str
    version: str
    marker: str
    hashes: dict[str, str]
    places: dict[str, list[str]] = field(default_factory=dict)


def platform_tags(platform: str) -> list[str]:
    """The platform tags that a machine with the newest system of this kind accepts, best first."""
    if platform == "windows-x86_64":
        return ["win_amd64"]
    if platform == "linux-x86_64":
        return [*(f"manylinux_2_{minor}_x86_64" for minor in range(NEWEST_GLIBC, 4, -1)),
                "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"]
    return list(mac_platforms(NEWEST_MACOS, platform.removeprefix("macos-")))


@cache
def supported_tags(platform: str, python: str) -> list[Tag]:
    """Every tag that fits, best first."""
    version = tuple(map(int, python.split(".")))
    platforms = platform_tags(platform)
    return [*cpython_tags(version, platforms=platforms),
            *compatible_tags(version, interpreter=f"cp{version[0]}{version[1]}", platforms=platforms)]


def marker_environment(platform: str, python: str) -> dict[str, str]:
    system, _, architecture = platform.partition("-")
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "nt" if system == "windows" else "posix",
        "platform_machine": "AMD64" if system == "windows" else architecture,
        "platform_release": "",
        "platform_system": {"linux": "Linux", "windows": "Windows", "macos": "Darwin"}[system],
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "python_version": python,
        "sys_platform": {"linux": "linux", "windows": "win32", "macos": "darwin"}[system],
    }


def places() -> Iterator[tuple[str, str]]:
    return ((platform, python) for platform in PLATFORMS for python in PYTHONS)


def best_wheel(file_names: Iterable[str], platform: str, python: str) -> str | None:
    """The wheel that an installer would take on the newest system of this platform, None where none fits."""
    ranks = {tag: rank for rank, tag in enumerate(supported_tags(platform, python))}
    fitting = [(min(ranks[tag] for tag in parse_wheel_filename(name)[3] if tag in ranks), name)
               for name in file_names if any(tag in ranks for tag in parse_wheel_filename(name)[3])]
    return min(fitting)[1] if fitting else None


def fits_somewhere(file_name: str) -> bool:
    return any(best_wheel([file_name], *place) for place in places())


def requirements() -> dict[str, list[str]]:
    """What each tier asks for, base included: the tier `ai` holds `geometry`."""
    project = tomllib.loads((ROOT / "backend" / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    geometry = [*project["dependencies"], *extras["geometry"]]
    return {"geometry": geometry, "ai": [*geometry, *(one for one in extras["ai"] if not one.startswith("partgen"))]}


def resolve(asked: list[str], preferred: Path, upgrade: bool) -> list[dict[str, Any]]:
    """What uv finds for every platform at once: the packages of a pylock file. Keeps the versions in `preferred` where it can."""
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    command = [uv, "--no-config", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHONS[0], "--no-sources"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "requirements.in").write_text("\n".join(asked), "utf-8")
        # What is in the output file already is what uv prefers.
        if preferred.exists() and not upgrade:
            (folder / "pins.txt").write_text(without_hashes(preferred.read_text("utf-8")), "utf-8")
        subprocess.run([*command, "--output-file", "pins.txt", "requirements.in"], check=True, cwd=folder)
        pylock = ["--format", "pylock.toml", "--output-file", "pylock.toml", "--constraint", "pins.txt"]
        subprocess.run([*command, *pylock, "requirements.in"], check=True, cwd=folder)
        return tomllib.loads((folder / "pylock.toml").read_text("utf-8"))["packages"]


def without_hashes(lock: str) -> str:
    return "\n".join(line.removesuffix("\\").strip() for line in lock.splitlines() if line and line[0].isalnum())


def is_needed(package: dict[str, Any], platform: str, python: str) -> bool:
    """Whether a package of a pylock file is installed at this place."""
    marker = package.get("marker", "")
    return not marker or Marker(marker).evaluate(marker_environment(platform, python))


def locked(package: dict[str, Any]) -> Locked | None:
    """The package with the wheels that fit, None where no supported place needs it. Raises SystemExit where a wheel is missing."""
    files = {wheel["url"].rsplit("/", 1)[-1]: wheel["hashes"]["sha256"] for wheel in package.get("wheels", [])}
    marker = package.get("marker", "")
    needed = [place for place in places() if is_needed(package, *place)]
    if not needed:
        return None
    found = Locked(package["name"], package["version"], marker if len(needed) < len(list(places())) else "",
                   {name: digest for name, digest in sorted(files.items()) if fits_somewhere(name)})
    for place in needed:
        best = best_wheel(found.hashes, *place)
        if best is None:
            raise SystemExit(f"{found.name} {found.version} has no wheel for {place[0]} with Python {place[1]}.")
        found.places.setdefault(best, []).append("/".join(place))
    return found


def requirement_lines(package: Locked) -> str:
    return " \\\n    ".join([pin(package), *(f"--hash=sha256:{digest}" for digest in sorted(package.hashes.values()))])


def pin(package: Locked) -> str:
    return f"{package.name}=={package.version}" + (f" ; {package.marker}" if package.marker else "")


@cache
def index_entry(name: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{PACKAGE_INDEX}/{name}/json", timeout=60) as answer:
        return json.load(answer)


@cache
def file_sizes(name: str) -> dict[str, int]:
    """Bytes of every file of every version."""
    return {file["filename"]: file["size"] for files in index_entry(name)["releases"].values() for file in files}


SHORT = {"MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC", "BSD License": "BSD"}


def licence(info: dict[str, Any]) -> str:
    """The licence in one line, from the first place of the metadata that names it; empty where none does."""
    if info.get("license_expression"):
        return info["license_expression"]
    classifiers = [one.rsplit(" :: ", 1)[-1] for one in info.get("classifiers") or [] if one.startswith("License ::")]
    if classifiers and classifiers != ["OSI Approved"]:
        return ", ".join(SHORT.get(one, one) for one in classifiers)
    stated = (info.get("license") or "").strip()
    if "\n" not in stated:
        return stated
    # The text itself instead of a name: these three can be told apart by what they ask for.
    flat = " ".join(stated.split())
    if "Redistribution and use in source and binary forms" in flat:
        return "BSD-3-Clause" if "Neither the name" in flat else "BSD-2-Clause"
    return "MIT" if "Permission is hereby granted, free of charge" in flat else ""


def bytes_of_torch(packages: list[dict[str, Any]]) -> dict[str, int]:
    """What PyTorch's build on PyPI downloads at each place, with the packages that belong to it: 0 where there is no build."""
    total = {}
    for place in places():
        chosen = {}
        for package in packages:
            if is_needed(package, *place):
                best = best_wheel([wheel["url"].rsplit("/", 1)[-1] for wheel in package["wheels"]], *place)
                chosen[package["name"]] = file_sizes(package["name"])[best] if best else 0
        total["/".join(place)] = sum(chosen.values()) if chosen.get("torch") else 0
    return total


def oldest_system(packages: list[Locked], platform: str) -> dict[str, Any] | None:
    """The highest of the oldest glibc or macOS that each package runs on, and the first package that asks for so much."""
    asked = []
    for package in packages:
        for python in PYTHONS:
            if not any(f"{platform}/{python}" in found for found in package.places.values()):
                continue
            oldest = [oldest_of_wheel(name, platform) for name in package.hashes if best_wheel([name], platform, python)]
            asked.append((min(oldest), package.name))
    version, name = max(asked, key=lambda one: one[0])
    return {"version": version, "package": name} if version > (0, 0) else None


def oldest_of_wheel(file_name: str, platform: str) -> tuple[int, int]:
    """The oldest glibc or macOS that a wheel runs on; (0, 0) where any will do."""
    tags = [tag.platform for tag in parse_wheel_filename(file_name)[3] if tag.platform == "any" or tag.platform in platform_tags(platform)]
    numbered = [re.fullmatch(r"(?:manylinux|macosx)_(\d+)_(\d+)_\w+", tag) for tag in tags]
    return min((int(found[1]), int(found[2])) if found else (0, 0) for found in numbered)


def describe(packages: list[Locked], tiers: dict[str, set[str]], of_torch: list[dict[str, Any]]) -> dict[str, Any]:
    """What wheels.json holds."""
    described = []
    for package in packages:
        sizes = file_sizes(package.name)
        described.append({
            "name": package.name,
            "version": package.version,
            "licence": licence(index_entry(package.name)["info"]),
            "tiers": [tier for tier in TIERS if f"{package.name}=={package.version}" in tiers[tier]],
            "wheels": [{"file": name, "bytes": sizes[name], "sha256": digest, "best_for": package.places.get(name, [])}
                       for name, digest in package.hashes.items()],
        })
    (torch,) = (one for one in of_torch if one["name"] == "torch")
    oldest = {tier: {platform: oldest_system([one for one in packages if f"{one.name}=={one.version}" in tiers[tier]], platform)
                     for platform in PLATFORMS} for tier in TIERS}
    return {"platforms": PLATFORMS, "pythons": PYTHONS, "oldest_systems": oldest, "packages": described,
            "torch": {"version": torch["version"], "bytes_from_pypi": bytes_of_torch(of_torch)}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    arguments = parser.parse_args()
    asked = requirements()
    resolved = resolve(asked["ai"], LOCKS / "ai.txt", arguments.upgrade)
    of_torch = [one for one in resolved if OF_TORCH.fullmatch(one["name"])]
    everything = [one for one in map(locked, (one for one in resolved if one not in of_torch)) if one]
    # The smaller tier is a choice from the larger one, so that a change of tier changes no version.
    with tempfile.TemporaryDirectory() as name:
        chosen = Path(name) / "ai.txt"
        chosen.write_text("\n".join(map(pin, everything)), "utf-8")
        names = {canonicalize_name(one["name"]) for one in resolve(asked["geometry"], chosen, False)}
    of_tier = {"ai": everything, "geometry": [one for one in everything if one.name in names]}
    LOCKS.mkdir(exist_ok=True)
    for tier, packages in of_tier.items():
        lines = "\n".join(requirement_lines(one) for one in packages)
        (LOCKS / f"{tier}.txt").write_text(HEADER.format(tier=tier) + lines + "\n", "utf-8")
    tiers = {tier: {f"{one.name}=={one.version}" for one in packages} for tier, packages in of_tier.items()}
    (LOCKS / "wheels.json").write_text(json.dumps(describe(everything, tiers, of_torch), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
