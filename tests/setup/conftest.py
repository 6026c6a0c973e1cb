"""What the tests of the set-up share: the real installer, the package index that pip is set to, and wheels of the backend."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from local_index import LocalIndex
from partgen.environment.settings import Settings
from partgen.environment.uv import Uv, unpack_uv, uv_program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def uv_wheel() -> Path:
    """The installer as the extension bundles it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import fetch_wheels
    finally:
        sys.path.pop(0)
    pin = fetch_wheels.pins()[fetch_wheels.this_platform()]
    assert pin.path.is_file(), f"{pin.path} is not there: run scripts/fetch_wheels.py"
    return pin.path


@pytest.fixture(scope="session")
def unpacked_uv(uv_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_uv(uv_wheel, tmp_path_factory.mktemp("uv"))


@pytest.fixture
def uv_with(unpacked_uv: Path, tmp_path: Path) -> Callable[..., Uv]:
    """Makes the real uv work in a folder of its own, with the settings that are given."""

    def make(settings: Settings, folder: Path = tmp_path / "environment") -> Uv:
        uv_program(folder).parent.mkdir(parents=True, exist_ok=True)
        if not uv_program(folder).exists():
            shutil.copy2(unpacked_uv, uv_program(folder))
        return Uv(folder, settings, folder / "setup.log")

    return make


@pytest.fixture(scope="session")
def pip_settings() -> dict[str, str]:
    """The package index and the places for wheels that pip is set to on this machine, as settings of ours.

    uv reads no settings of pip, and the product translates none: a mirror that a test machine needs is told here.
    """
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        found.setdefault(name.rpartition(".")[2], value.strip("'\""))
    wanted = {"index_url": found.get("index-url", ""), "find_links": "\n".join(found.get("find-links", "").split())}
    return {name: value for name, value in wanted.items() if value}


@pytest.fixture(scope="session")
def partgen_wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The backend as it is, and the same with a higher version."""
    folder = tmp_path_factory.mktemp("wheels")
    return _backend_wheel(folder, ""), _backend_wheel(folder, "99.0")


def _backend_wheel(folder: Path, version: str) -> Path:
    source = folder / f"source of {version or 'this version'}"
    shutil.copytree(ROOT / "backend", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    if version:
        module = source / "partgen" / "__init__.py"
        module.write_text(re.sub(r"(?m)^__version__ = .*$", f'__version__ = "{version}"', module.read_text("utf-8")), "utf-8")
    before = set(folder.glob("*.whl"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True)
    (wheel,) = set(folder.glob("*.whl")) - before
    return wheel


@pytest.fixture
def index() -> Iterator[LocalIndex]:
    """A package index on this machine."""
    with LocalIndex() as server:
        yield server


@pytest.fixture(scope="session")
def private_authority() -> trustme.CA:
    """A certificate authority that nobody knows, like the one of a company."""
    return trustme.CA()


@pytest.fixture
def secure_index(private_authority: trustme.CA) -> Iterator[LocalIndex]:
    """A package index with a certificate from the private authority."""
    with LocalIndex(certificate=private_authority.issue_cert("localhost", "127.0.0.1", "packages.test")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of the tests are on this machine: what it needs to reach others does not matter to them."""
    monkeypatch.setenv("NO_PROXY", ",".join(filter(None, (os.environ.get("NO_PROXY", ""), "127.0.0.1", "localhost"))))
