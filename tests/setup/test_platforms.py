"""The real installer takes the locks on every platform, from the package index, with every digest. Nothing is downloaded in full."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from partgen.environment.installation import index_arguments
from partgen.environment.locked import lock_file, locked_wheels, oldest_system, supported_pythons
from partgen.environment.machine import Machine
from partgen.environment.settings import Settings
from partgen.environment.torch_builds import OLDEST_MACOS, torch_build_for

# What uv calls them. Of Linux and macOS the oldest that the wheels are for.
NAMES_OF_UV = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
    "macos-x86_64": "x86_64-apple-darwin",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def try_to_install(unpacked_uv: Path, pip_settings: Mapping[str, str], tmp_path: Path, cache: Path):
    """Lets uv resolve for another machine; what it says. None where it found no way."""

    def run(platform: str, python: str, *arguments: str, macos: tuple[int, ...] = (14, 0)) -> str | None:
        environment = os.environ | ({"UV_DEFAULT_INDEX": pip_settings["index_url"]} if "index_url" in pip_settings else {})
        done = subprocess.run(
            [unpacked_uv, "--no-config", "pip", "install", "--dry-run", "--only-binary", ":all:", "--target", tmp_path / "nothing",
             "--python-platform", NAMES_OF_UV[platform], "--python-version", python, "--cache-dir", cache,
             *index_arguments(Settings(**pip_settings)), *arguments],
            capture_output=True, text=True, timeout=120, env=environment | {"MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, macos))},
        )  # fmt: skip
        assert not list((tmp_path / "nothing").rglob("*.py"))
        return done.stderr if done.returncode == 0 else None

    return run


@pytest.mark.parametrize("tier", ["geometry", "ai"])
@pytest.mark.parametrize("platform", NAMES_OF_UV)
def test_the_lock_installs_on_every_platform_and_python(platform, tier, try_to_install, tmp_path) -> None:
    oldest = oldest_system(tier, platform)
    without_torch = tmp_path / "without_torch.txt"  # comes from an index of its own; all else that packages need has to be locked
    without_torch.write_text("torch ; python_version < '3'")
    for python in supported_pythons():
        asked = ["--override", str(without_torch), "--require-hashes", "-r", str(lock_file(tier))]
        said = try_to_install(platform, python, *asked, macos=oldest[0] if oldest else (14, 0))
        assert said is not None, f"{platform}, Python {python}"
        would = dict(re.findall(r"(?m)^ \+ ([\w-]+)==(\S+)$", said))
        assert would == {wheel.package: wheel.version for wheel in locked_wheels(tier, platform, python)}


def test_pytorch_for_macos_is_where_the_plan_says_and_needs_what_it_says(try_to_install) -> None:
    build = torch_build_for(Machine("macos", "arm64", "14.0"))
    for python in supported_pythons():
        assert try_to_install("macos-arm64", python, build.requirement, macos=OLDEST_MACOS) is not None
    assert try_to_install("macos-arm64", "3.11", build.requirement, macos=(13, 6)) is None
    assert try_to_install("macos-x86_64", "3.11", build.requirement, macos=(15, 0)) is None
