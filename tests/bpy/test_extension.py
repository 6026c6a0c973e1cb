"""The extension zip: valid by Blender's own rules, complete, and replaced where it is installed anew."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import partgen
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from build_extension import content_digest  # noqa: E402

INSTALL = """
import sys
import bpy
for archive in sys.argv[1:]:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True, overwrite=True)
print("ENABLED", "bl_ext.user_default.partgen_blender" in bpy.context.preferences.addons)
"""


@pytest.fixture(scope="session")
def archive() -> Path:
    """The zip that the tests installed."""
    given = os.environ.get("PARTGEN_EXTENSION_ZIP")
    return Path(given).resolve() if given else max((ROOT / "dist").glob("partgen_blender-*.zip"), key=lambda path: path.stat().st_mtime)


def test_blender_finds_it_valid_with_its_own_tags(archive: Path) -> None:
    scripts = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
    tool = scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    tags = scripts / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    done = subprocess.run([sys.executable, tool, "validate", f"--valid-tags={tags}", archive], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_holds_the_add_on_and_one_pure_wheel_of_this_very_code(archive: Path) -> None:
    with zipfile.ZipFile(archive) as files:
        names = set(files.namelist())
        manifest = files.read("blender_manifest.toml").decode()
    sources = {path.relative_to(ROOT / "partgen_blender").as_posix() for path in (ROOT / "partgen_blender").rglob("*.py")}
    assert partgen.__version__.endswith("+" + content_digest(ROOT / "backend" / "partgen"))
    wheel = f"wheels/partgen-{partgen.__version__}-py3-none-any.whl"
    assert names == sources | {"blender_manifest.toml", "LICENSE", wheel}
    assert f'wheels = ["./{wheel}"]' in manifest


def with_other_wheel(archive: Path, target: Path) -> None:
    """The same extension with a wheel of another content, and so of another version."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".whl"):
                content = other_wheel(content)
            elif name == "blender_manifest.toml":
                content = re.sub(rb"partgen-[^-]*-py3", b"partgen-0.1.0+other-py3", content)
            new.writestr(re.sub("partgen-[^-]*-py3", "partgen-0.1.0+other-py3", name), content)


def other_wheel(content: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = re.sub(rb"0\.1\.0\+[0-9a-f]{12}", b"0.1.0+other", old.read(name))
            new.writestr(re.sub(r"0\.1\.0\+[0-9a-f]{12}", "0.1.0+other", name), text)
    return changed.getvalue()


def test_installed_anew_it_brings_its_own_base_package(archive: Path, tmp_path: Path) -> None:
    with_other_wheel(archive, tmp_path / "other.zip")
    user_folder = tmp_path / "user"
    done = subprocess.run(
        [sys.executable, "-c", INSTALL, archive, tmp_path / "other.zip"],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(user_folder)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "ENABLED True" in done.stdout, done.stdout + done.stderr
    (packages,) = user_folder.glob("extensions/.local/lib/python3.*/site-packages")
    assert [path.name for path in packages.glob("partgen-*")] == ["partgen-0.1.0+other.dist-info"]
    assert '__version__ = "0.1.0+other"' in (packages / "partgen" / "__init__.py").read_text()
