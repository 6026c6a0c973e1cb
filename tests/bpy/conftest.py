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

# Before the first import of bpy: Blender reads it once, and nothing of the tester's own settings may get in.
USER_FOLDER = Path(tempfile.mkdtemp(prefix="partgen-blender-user-"))
os.environ["BLENDER_USER_RESOURCES"] = str(USER_FOLDER)

import bpy  # noqa: E402


def pytest_report_header() -> str:
    return f"Blender {bpy.app.version_string}"


@pytest.fixture(scope="session")
def extension_zip() -> Path:
    """The extension as users get it: PARTGEN_EXTENSION_ZIP, else built from this tree where it is not up to date."""
    given = os.environ.get("PARTGEN_EXTENSION_ZIP")
    if given:
        return Path(given).resolve(strict=True)
    subprocess.run(["make", "--no-print-directory", "-C", ROOT, "build"], check=True, stdout=subprocess.DEVNULL)
    return max((ROOT / "dist").glob("partgen_blender-*.zip"), key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="session")
def package(extension_zip: Path) -> Iterator[ModuleType]:
    """The add-on's package, installed and enabled."""
    bpy.ops.extensions.package_install_files(filepath=str(extension_zip), repo="user_default", enable_on_install=True, overwrite=True)
    # The operator says FINISHED even where the installation failed.
    assert MODULE in bpy.context.preferences.addons, f"{extension_zip.name} did not install"
    installed = importlib.import_module(MODULE)
    assert USER_FOLDER in Path(installed.__file__).parents
    yield installed
    bpy.ops.preferences.addon_disable(module=MODULE)
    shutil.rmtree(USER_FOLDER, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_file(package: ModuleType) -> None:
    """Every test begins in a new, empty file, with the add-on enabled."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert MODULE in bpy.context.preferences.addons
