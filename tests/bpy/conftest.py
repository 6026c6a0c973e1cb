"""Every test runs in real Blender, against the add-on installed from the built zip into a user folder of its own."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = "bl_ext.user_default.partgen_blender"
NAMED_BACKEND = os.environ.get("PARTGEN_BACKEND")  # before a test changes it

# Before the first import of bpy: Blender reads it once, and nothing of the tester's own settings may get in.
USER_FOLDER = Path(tempfile.mkdtemp(prefix="partgen-blender-user-"))
os.environ["BLENDER_USER_RESOURCES"] = str(USER_FOLDER)

import bpy  # noqa: E402
from graphics import begin_graphics  # noqa: E402


def pytest_report_header() -> str:
    return f"Blender {bpy.app.version_string}"


def extension_zip() -> Path:
    """The extension as users get it: PARTGEN_EXTENSION_ZIP, else built from this tree where it is not up to date."""
    given = os.environ.get("PARTGEN_EXTENSION_ZIP")
    if given:
        return Path(given).resolve(strict=True)
    subprocess.run(["make", "--no-print-directory", "-C", ROOT, "build", "build-store"], check=True, stdout=subprocess.DEVNULL)
    return ROOT / "dist" / "partgen_blender.zip"


def pytest_sessionstart() -> None:
    """Installs and enables the add-on before any test module is imported, so that tests can import it by its name."""
    archive = extension_zip()
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True, overwrite=True)
    # The operator says FINISHED even where the installation failed.
    if MODULE not in bpy.context.preferences.addons:
        pytest.exit(f"{archive.name} did not install: see above.", returncode=3)
    assert USER_FOLDER in Path(importlib.import_module(MODULE).__file__).parents


def pytest_sessionfinish() -> None:
    bpy.ops.preferences.addon_disable(module=MODULE)
    shutil.rmtree(USER_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def package() -> ModuleType:
    """The add-on's package as Blender knows it; its modules can also be imported by their full name."""
    return importlib.import_module(MODULE)


@pytest.fixture(scope="module")
def graphics() -> None:
    """For modules that draw: Blender without a window has its graphics."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    begin_graphics()


@pytest.fixture(autouse=True)
def empty_file() -> None:
    """Every test begins in a new, empty file, with the add-on enabled."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert MODULE in bpy.context.preferences.addons


@pytest.fixture
def no_backend(package: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A computer without any backend: nothing is named, nothing is on the path, and the home folder, which is returned, is empty."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("PARTGEN_BACKEND", "PIPX_HOME", "PIPX_BIN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "XDG_DATA_HOME", "XDG_BIN_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def patient_backend(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real backend process whose parts are the loose pieces; objects with "Slow" in their name take it a minute."""
    yield from _backend(monkeypatch, f'"{ROOT}/.venv/bin/python" "{ROOT}/tests/bpy/patient_backend.py"')


@pytest.fixture
def real_backend(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The backend as users have it: PARTGEN_BACKEND, else that of .venv."""
    yield from _backend(monkeypatch, NAMED_BACKEND or f'"{ROOT}/.venv/bin/partgen" serve')


def _backend(monkeypatch: pytest.MonkeyPatch, command: str) -> Iterator[None]:
    """Lets the add-on start `command`, and ends it after the test with everything that it was still asked."""
    importlib.import_module(f"{MODULE}.backend").stop(wait=60.0)  # that of a module, if any
    monkeypatch.setenv("PARTGEN_BACKEND", command)
    yield from quiet()
    importlib.import_module(f"{MODULE}.backend").stop(wait=5.0)
    importlib.import_module(f"{MODULE}.jobs").pump()


def backend_of_module(script: str) -> Iterator[None]:
    """For a fixture of a module: lets the add-on start a script of this folder, once for all tests, because starting takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARTGEN_BACKEND", f'"{ROOT}/.venv/bin/python" "{ROOT}/tests/bpy/{script}"')
        yield
    importlib.import_module(f"{MODULE}.backend").stop(wait=5.0)


def quiet() -> Iterator[None]:
    """For a fixture of a test: nothing is on its way when it begins, and nothing told."""
    jobs, messages = (importlib.import_module(f"{MODULE}.{name}") for name in ("jobs", "messages"))
    messages.shown.clear()
    messages.take_unreported()
    yield
    jobs.cancel_all()
    jobs.pump()
