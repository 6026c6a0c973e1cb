"""What is locked is what pyproject.toml asks for, complete on every platform, as wheels, and told by digest. No network."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version
from partgen.environment.locked import LOCKS, lock_digest, lock_file, locked_wheels, oldest_system, supported_platforms, supported_pythons
from partgen.environment.torch_builds import BUILDS, TORCH_VERSION

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "backend" / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = {
    "geometry": [*PROJECT["dependencies"], *EXTRAS["geometry"]],
    "ai": [*PROJECT["dependencies"], *EXTRAS["geometry"], *EXTRAS["ai"]],
}
TIERS = ("geometry", "ai")
PLACES = [(platform, python) for platform in supported_platforms() for python in supported_pythons()]
NAMES = {"linux": ("linux", "Linux", "posix"), "windows": ("win32", "Windows", "nt"), "macos": ("darwin", "Darwin", "posix")}


@dataclass(frozen=True)
class Entry:
    requirement: Requirement
    digests: frozenset[str]

    @property
    def version(self) -> Version:
        (one,) = self.requirement.specifier
        assert one.operator == "=="
        return Version(one.version)


@cache
def entries(tier: str) -> list[Entry]:
    text = lock_file(tier).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    digests = [frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})(?!\S)", line)) for line in lines]
    return [Entry(Requirement(line.split("--hash")[0]), found) for line, found in zip(lines, digests, strict=True)]


def environment(platform: str, python: str) -> Environment:
    system, _, architecture = platform.partition("-")
    sys_platform, platform_system, os_name = NAMES[system]
    machine = {"windows": "AMD64", "linux": "x86_64"}.get(system, architecture)
    told = {"sys_platform": sys_platform, "platform_system": platform_system, "os_name": os_name, "platform_machine": machine}
    return default_environment() | told | {"python_version": python, "python_full_version": f"{python}.4"}  # type: ignore[return-value]


def installed(tier: str, platform: str, python: str) -> dict[str, Entry]:
    """What an installer would take from the lock at this place. A package that is there twice is a mistake of the lock."""
    here = environment(platform, python)
    chosen = [one for one in entries(tier) if not one.requirement.marker or one.requirement.marker.evaluate(dict(here))]
    assert len({one.requirement.name for one in chosen}) == len(chosen)
    return {canonicalize_name(one.requirement.name): one for one in chosen}


def tags_of(platform: str, python: str, *, glibc: int = 36, macos: tuple[int, int] = (14, 5)) -> set[Tag]:
    """The tags of an ordinary machine: made here on its own, not by the script that locks."""
    version = (int(python.split(".")[0]), int(python.split(".")[1]))
    platforms = {
        "linux-x86_64": [*(f"manylinux_2_{minor}_x86_64" for minor in range(5, glibc + 1)), "manylinux2014_x86_64", "manylinux1_x86_64"],
        "windows-x86_64": ["win_amd64"],
        "macos-arm64": list(mac_platforms(macos, "arm64")),
        "macos-x86_64": list(mac_platforms(macos, "x86_64")),
    }[platform]
    return {*cpython_tags(version, platforms=platforms), *compatible_tags(version, f"cp{version[0]}{version[1]}", platforms)}


def wheels(name: str, version: Version) -> Iterator[dict]:
    for package in json.loads((LOCKS / "wheels.json").read_text("utf-8"))["packages"]:
        if package["name"] == name and Version(package["version"]) == version:
            yield from package["wheels"]


def has_wheel(name: str, version: Version, tags: set[Tag]) -> bool:
    return any(parse_wheel_filename(wheel["file"])[3] & tags for wheel in wheels(name, version))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("platform", "python"), PLACES)
def test_every_requirement_is_locked_at_every_place_and_satisfied(tier, platform, python):
    here = installed(tier, platform, python)
    for line in ASKED[tier]:
        asked = Requirement(line)
        if asked.name in ("partgen", "torch"):
            continue
        found = here.get(canonicalize_name(asked.name))
        assert found is not None, f"{asked.name} is not locked: run scripts/lock.py"
        assert asked.specifier.contains(found.version), f"{line}, and {found.version} is locked: run scripts/lock.py"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("platform", "python"), PLACES)
def test_every_package_has_a_wheel_for_an_ordinary_machine_and_its_digest_is_locked(tier, platform, python):
    tags = tags_of(platform, python)
    for name, entry in installed(tier, platform, python).items():
        fitting = [wheel for wheel in wheels(name, entry.version) if parse_wheel_filename(wheel["file"])[3] & tags]
        assert fitting, f"{name} has no wheel for {platform} with Python {python}"
        assert {wheel["sha256"] for wheel in fitting} <= entry.digests


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_locked_but_wheels_that_fit_somewhere(tier):
    for entry in entries(tier):
        known = {wheel["sha256"] for wheel in wheels(canonicalize_name(entry.requirement.name), entry.version)}
        assert entry.digests
        assert entry.digests == known


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("platform", "python"), PLACES)
def test_the_plan_counts_what_the_installer_takes(tier, platform, python):
    counted = {wheel.package: wheel for wheel in locked_wheels(tier, platform, python)}
    taken = installed(tier, platform, python)
    assert counted.keys() == taken.keys()
    tags = tags_of(platform, python, glibc=45, macos=(26, 0))
    for name, wheel in counted.items():
        assert wheel.sha256 in taken[name].digests
        assert parse_wheel_filename(wheel.file)[3] & tags
        assert wheel.bytes > 1000
        assert wheel.licence, f"{name} tells no licence"


def test_the_smaller_tier_is_part_of_the_larger_one():
    for platform, python in PLACES:
        small, large = installed("geometry", platform, python), installed("ai", platform, python)
        assert {name: entry.version for name, entry in small.items()}.items() <= {name: e.version for name, e in large.items()}.items()


def test_pytorch_and_what_belongs_to_its_builds_are_not_in_the_lock_but_its_other_needs_are():
    names = {canonicalize_name(entry.requirement.name) for entry in entries("ai")}
    assert not {name for name in names if re.match(r"torch|triton|pytorch|nvidia|cuda|intel", name)}
    assert {"sympy", "networkx", "filelock", "jinja2", "fsspec", "typing-extensions", "setuptools", "mpmath", "markupsafe"} <= names
    assert f"torch=={TORCH_VERSION}" in EXTRAS["ai"]


def test_what_the_installed_pytorch_needs_is_locked():
    """Compared with the wheel itself, where this Python has it."""
    try:
        needs = [Requirement(line) for line in metadata.requires("torch") or ()]
    except metadata.PackageNotFoundError:
        pytest.skip("PyTorch is not installed here")
    for platform, python in PLACES:
        here = installed("ai", platform, python)
        for need in needs:
            if need.marker is None:
                assert need.specifier.contains(here[canonicalize_name(need.name)].version)


@pytest.mark.parametrize("tier", TIERS)
def test_what_the_locked_packages_need_is_locked_too(tier):
    """By the metadata of those that are installed here in the locked version."""
    here = {name: one for name, one in installed(tier, "linux-x86_64", "3.11").items()}
    versions = {name: entry.version for name, entry in here.items()} | {"torch": Version(TORCH_VERSION)}  # from an index of its own
    compared = 0
    for name, entry in here.items():
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if Version(distribution.version) != entry.version:
            continue
        compared += 1
        for need in map(Requirement, distribution.requires or ()):
            if need.marker is None or need.marker.evaluate(dict(environment("linux-x86_64", "3.11")) | {"extra": ""}):
                assert need.specifier.contains(versions[canonicalize_name(need.name)]), f"{name} needs {need}"
    if not compared:
        pytest.skip("no package is installed here in its locked version")


@pytest.mark.parametrize("file", sorted(LOCKS.iterdir()), ids=lambda file: file.name)
def test_a_lock_names_no_address(file):
    text = file.read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_the_digest_of_a_lock_is_that_of_its_tier():
    assert lock_digest("geometry") != lock_digest("ai")
    assert lock_digest("ai") == lock_digest("ai")


def test_oldest_systems_are_those_of_the_wheels():
    assert oldest_system("geometry", "macos-arm64") == ((13, 0), "embreex")
    assert oldest_system("geometry", "windows-x86_64") is None
    for tier in TIERS:
        for platform, python in PLACES:
            oldest = oldest_system(tier, platform)
            if oldest is None:
                continue
            version, package = oldest
            enough = {"glibc": version[1]} if platform.startswith("linux") else {"macos": version}
            older = {"glibc": version[1] - 1} if platform.startswith("linux") else {"macos": (version[0] - 1, 0)}
            here = installed(tier, platform, python)
            for name, entry in here.items():
                assert has_wheel(name, entry.version, tags_of(platform, python, **enough))
            assert not has_wheel(package, here[package].version, tags_of(platform, python, **older))


def test_every_platform_of_a_torch_build_is_locked():
    assert {build.platform for build in BUILDS} <= set(supported_platforms())


def test_uv_of_the_tests_is_the_one_that_the_extension_brings():
    pinned = tomllib.loads((ROOT / "wheels" / "pins.toml").read_text("utf-8"))["version"]
    assert f"uv=={pinned}" in EXTRAS["dev"]
    assert metadata.version("uv") == pinned
