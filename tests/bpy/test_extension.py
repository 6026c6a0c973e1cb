"""The extension's zips: valid by Blender's own rules, complete, and replaced where they are installed anew."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import partgen
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import build_extension  # noqa: E402
import check_store  # noqa: E402
import fetch_wheels  # noqa: E402

BUNDLED = ROOT / "backend" / "partgen" / "weights" / "bundled"
MOST_BYTES = 90 * 10**6

# Installs each zip given over the one before, then tells what came of it.
INSTALL = """
import importlib, json, sys
import bpy
NAME = "bl_ext.user_default.partgen_blender"
for archive in sys.argv[1:]:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True, overwrite=True)
enabled = NAME in bpy.context.preferences.addons
folder = importlib.import_module(NAME).__path__[0] if enabled else ""
print("FOUND", json.dumps({"enabled": enabled, "folder": folder, "operator": hasattr(bpy.types, "PARTGEN_OT_decompose")}))
"""


# Takes a cube apart with the backend that the add-on finds by itself.
DECOMPOSE = """
import os, sys
import bpy
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True, overwrite=True)
from bl_ext.user_default.partgen_blender import backend, jobs, stored_tree
bpy.ops.mesh.primitive_cube_add()
bpy.ops.partgen.decompose()
jobs.finish(120)
print("COMMAND", backend.command())
print("METHOD", stored_tree.read(bpy.context.object.data).method, flush=True)
backend.stop(wait=5.0)
sys.stdout.flush()
os._exit(0)  # Blender as a module may hang where Python ends it
"""


@pytest.fixture(scope="session")
def archive() -> Path:
    """The full build for this machine, which all tests in Blender installed."""
    return Path(os.environ.get("PARTGEN_EXTENSION_ZIP") or ROOT / "dist" / "partgen_blender.zip").resolve(strict=True)


@pytest.fixture(scope="session")
def store_archive() -> Path:
    """The build that installs nothing."""
    subprocess.run(["make", "--no-print-directory", "-C", ROOT, "build-store"], check=True, stdout=subprocess.DEVNULL)
    return (ROOT / "dist" / "partgen_blender-store.zip").resolve(strict=True)


@dataclass(frozen=True)
class Installed:
    """What Blender made of the zips in a user folder of its own: the extension's folder, and the site-packages of all wheels."""

    enabled: bool
    operator: bool
    folder: Path
    packages: Path


def install(user_folder: Path, *archives: Path) -> Installed:
    """Installs the zips one after the other in a Blender of its own."""
    done = subprocess.run(
        [sys.executable, "-c", INSTALL, *archives],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(user_folder)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    found = next((line.removeprefix("FOUND ") for line in done.stdout.splitlines() if line.startswith("FOUND ")), "")
    assert found, done.stdout + done.stderr
    told = json.loads(found)
    assert told["enabled"], done.stdout + done.stderr
    (packages,) = user_folder.glob("extensions/.local/lib/python3.*/site-packages")
    return Installed(told["enabled"], told["operator"], Path(told["folder"]), packages)


def blender_accepts(archive: Path) -> None:
    scripts = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
    tool = scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    tags = scripts / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    done = subprocess.run([sys.executable, tool, "validate", f"--valid-tags={tags}", archive], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def names_and_manifest(archive: Path) -> tuple[set[str], dict]:
    with zipfile.ZipFile(archive) as files:
        return set(files.namelist()), tomllib.loads(files.read("blender_manifest.toml").decode())


def add_on_files(without: tuple[str, ...] = ()) -> set[str]:
    """The files of the add-on in this tree, as the zip names them."""
    files = {path.relative_to(ROOT / "partgen_blender") for path in (ROOT / "partgen_blender").rglob("*") if path.is_file()}
    return {file.as_posix() for file in files if "__pycache__" not in file.parts and file.parts[0] not in without}


def base_wheel(build: build_extension.Build, folder: Path) -> str:
    """The name in the zip of the wheel of `partgen` that this very tree gives."""
    digest = build_extension.stage_backend(build, folder / "backend")
    return f"wheels/partgen-{partgen.__version__.partition('+')[0]}+{digest}-py3-none-any.whl"


def test_blender_finds_both_builds_valid_with_its_own_tags(archive: Path, store_archive: Path) -> None:
    blender_accepts(archive)
    blender_accepts(store_archive)


def test_the_full_build_holds_the_add_on_this_very_code_and_the_installer(archive: Path, tmp_path: Path) -> None:
    names, manifest = names_and_manifest(archive)
    platform = fetch_wheels.this_platform()
    wheel = base_wheel(build_extension.FULL[platform], tmp_path)
    installer = f"wheels/{fetch_wheels.pins()[platform].file}"
    assert partgen.__version__ in wheel
    assert names == add_on_files() | {"blender_manifest.toml", "LICENSE", wheel, installer}
    assert manifest["wheels"] == [f"./{wheel}", f"./{installer}"]
    assert manifest["platforms"] == [platform]


def test_the_store_build_holds_nothing_that_installs(store_archive: Path, tmp_path: Path) -> None:
    names, manifest = names_and_manifest(store_archive)
    wheel = base_wheel(build_extension.STORE, tmp_path)
    assert names == add_on_files(without=("setup",)) | {"blender_manifest.toml", "LICENSE", wheel}
    assert manifest["wheels"] == [f"./{wheel}"]
    assert "platforms" not in manifest
    with zipfile.ZipFile(store_archive) as files, zipfile.ZipFile(io.BytesIO(files.read(wheel))) as base:
        assert "partgen/part_tree.py" in base.namelist()
        assert not [name for name in base.namelist() if name.startswith("partgen/environment/")]


def test_both_builds_hold_the_bundled_weights_byte_for_byte_and_are_small(archive: Path, store_archive: Path) -> None:
    files = (path for path in BUNDLED.rglob("*") if path.is_file())
    bundled = {path.relative_to(ROOT / "backend").as_posix(): path.read_bytes() for path in files}
    assert any(name.endswith(".safetensors") for name in bundled)
    for zip in (archive, store_archive):
        assert zip.stat().st_size <= MOST_BYTES
        with zipfile.ZipFile(zip) as files:
            (wheel,) = (name for name in files.namelist() if name.startswith("wheels/partgen-"))
            with zipfile.ZipFile(io.BytesIO(files.read(wheel))) as base:
                assert {name: base.read(name) for name in base.namelist() if name.startswith("partgen/weights/bundled/")} == bundled


def test_the_store_build_keeps_the_rules_of_the_extension_platform(store_archive: Path) -> None:
    assert [str(finding) for finding in check_store.check(store_archive)] == []


def test_the_full_build_breaks_them_by_its_installer_alone(archive: Path) -> None:
    found = check_store.check(archive)
    installer = ("setup/", "wheels/uv-")
    others = [str(one) for one in found if not one.place.startswith(installer) and "!partgen/environment/" not in one.place]
    assert others == []
    assert {one.rule for one in found} <= {"installs-packages", "python-path", "network-on-register", "online-access"}
    for place in installer:
        assert any(one.place.startswith(place) and one.rule == "installs-packages" for one in found)


def test_wheels_of_different_builds_never_share_a_version(archive: Path, store_archive: Path) -> None:
    """Blender would keep the one that it has, and the installer would be missing."""
    full, store = (next(n for n in names_and_manifest(zip)[0] if n.startswith("wheels/partgen-")) for zip in (archive, store_archive))
    assert full != store


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
    installed = install(tmp_path / "user", archive, tmp_path / "other.zip")
    assert [path.name for path in installed.packages.glob("partgen-*")] == ["partgen-0.1.0+other.dist-info"]
    assert '__version__ = "0.1.0+other"' in (installed.packages / "partgen" / "__init__.py").read_text()


def test_the_installer_is_found_whole_where_the_extension_was_installed(archive: Path, tmp_path: Path) -> None:
    """Blender unpacks it into its packages too, but without its run bit: only the wheel itself can be used."""
    installed = install(tmp_path / "user ü", archive)
    pin = fetch_wheels.pins()[fetch_wheels.this_platform()]
    (wheel,) = installed.folder.glob("wheels/uv-*.whl")
    assert wheel.name == pin.file
    assert fetch_wheels.sha256(wheel) == pin.sha256
    (unpacked,) = installed.packages.glob("uv-*.data/scripts/uv")
    assert not unpacked.stat().st_mode & 0o111
    assert (installed.packages / "partgen" / "environment").is_dir()


def test_the_store_build_works_in_blender(store_archive: Path, tmp_path: Path) -> None:
    installed = install(tmp_path / "user", store_archive)
    assert installed.operator
    assert not (installed.folder / "setup").exists()
    assert not (installed.packages / "partgen" / "environment").exists()


def test_the_store_build_finds_and_uses_a_partgen_that_the_user_installed(store_archive: Path, tmp_path: Path) -> None:
    """Where pipx and uv put it, though Blender was started with a path that lacks that folder."""
    program = tmp_path / ".local" / "bin" / "partgen"
    program.parent.mkdir(parents=True)
    program.symlink_to(ROOT / ".venv" / "bin" / "partgen")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PARTGEN_", "PIPX_", "UV_", "XDG_"))}
    variables |= {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    done = subprocess.run([sys.executable, "-c", DECOMPOSE, store_archive], env=variables, capture_output=True, text=True, timeout=180)
    assert f"COMMAND ['{program}', 'serve']" in done.stdout, done.stdout + done.stderr
    assert "METHOD superfaces" in done.stdout, done.stdout + done.stderr


def test_one_build_can_be_installed_over_the_other(archive: Path, store_archive: Path, tmp_path: Path) -> None:
    to_store = install(tmp_path / "user", archive, store_archive)
    assert not list(to_store.packages.glob("uv*"))
    assert not (to_store.packages / "partgen" / "environment").exists()
    back = install(tmp_path / "user", archive)
    assert (back.packages / "partgen" / "environment").is_dir()
