"""Builds the extension's zips into dist/ and prints their paths: build_extension.py BPY_VENV [BUILD...]

    linux-x64 windows-x64 macos-arm64 macos-x64     the full build for a platform; this machine's where none is named
    store                                           the build that installs nothing, for every platform
    all                                             all of these

A zip holds the add-on's modules at its root, the manifest, and wheels/ with the package `partgen`; a full one also with the
installer uv for its platform. The store build is the same tree without what installs: `partgen_blender/setup/` and
`partgen/environment/`. It finds a `partgen` that the user installed.

Blender does not install a wheel whose name and version are there already, so the version of `partgen` carries a digest of
what is in it. The same sources give the same zips, byte for byte. BPY_VENV is an environment with a Blender wheel, whose own
extension tool checks manifest and tags. dist/partgen_blender.zip is a link to the full build for this machine,
dist/partgen_blender-store.zip to the store build.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import fetch_wheels

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
BACKEND = ROOT / "backend"
ADD_ON = ROOT / "partgen_blender"
MANIFEST = ROOT / "blender_manifest.toml"

LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
# 1 January 2020, in seconds and as zips have it: files that do not change give archives that do not change.
EPOCH = "1577836800"
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Build:
    """What one zip is made of: the ending of its name, Blender's name of its platform ("" where it serves all), the packages
    of the add-on and of `partgen` that it goes without, and the permissions that it words in its own way.
    """

    suffix: str
    platform: str = ""
    add_on_without: tuple[str, ...] = ()
    backend_without: tuple[str, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)

    @property
    def link(self) -> str | None:
        """The name in dist/ that stays the same from version to version, for the builds that are used here."""
        if self is STORE:
            return "partgen_blender-store.zip"
        return "partgen_blender.zip" if self.platform == fetch_wheels.this_platform() else None


FULL = {name: Build(name.replace("-", "_"), name) for name in fetch_wheels.PLATFORMS}
STORE = Build(
    "store",
    add_on_without=("setup",),
    backend_without=("environment",),
    permissions={"network": "Download models when you ask for them"},
)
BUILDS = {**FULL, "store": STORE}


def package_files(backend: Path) -> Iterator[Path]:
    """The files of the package `partgen`, sorted, relative to the folder `backend`."""
    for file in sorted(backend.joinpath("partgen").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(backend)


def content_digest(backend: Path) -> str:
    """Twelve hexadecimal digits that change with the name or content of any file that the wheel of `backend` is made from."""
    digest = hashlib.sha256()
    for file in (Path("pyproject.toml"), *package_files(backend)):
        content = (backend / file).read_bytes()
        digest.update(f"{file.as_posix()}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def stage_backend(build: Build, folder: Path) -> str:
    """Copies what the build takes of backend/ to `folder`, with its version made x.y.z+digest. Returns the digest."""
    shutil.copytree(BACKEND / "partgen", folder / "partgen", ignore=LEFT_OUT)
    for name in ("pyproject.toml", "README.md"):
        shutil.copyfile(BACKEND / name, folder / name)
    for package in build.backend_without:
        shutil.rmtree(folder / "partgen" / package, ignore_errors=True)
    digest = content_digest(folder)
    module = folder / "partgen" / "__init__.py"
    text, changes = re.subn(r'(?m)^__version__ = "([^"+]+)"$', rf'__version__ = "\1+{digest}"', module.read_text("utf-8"))
    if changes != 1:
        raise SystemExit(f"partgen/{module.name} has no line __version__ = …, which the version of the wheel is made of.")
    module.write_text(text, "utf-8")
    return digest


def build_backend_wheel(build: Build, folder: Path) -> Path:
    """The pure wheel of `partgen`, made in `folder`. Raises SystemExit where a file of the package is missing in it."""
    source = folder / "backend"
    digest = stage_backend(build, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run([*command, "--wheel-dir", folder, source], check=True, env=environment)
    (wheel,) = folder.glob(f"partgen-*+{digest}-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as files:
        missing = {file.as_posix() for file in package_files(source)} - set(files.namelist())
    if missing:
        raise SystemExit(f"The wheel lacks {', '.join(sorted(missing))}: name it under package-data in backend/pyproject.toml.")
    return wheel


def manifest_of(build: Build, wheels: Sequence[Path]) -> str:
    """The text of the build's manifest: the one of the tree with the build's wheels, platform and permissions."""
    text = MANIFEST.read_text("utf-8")
    lines = {"wheels": [f"./wheels/{wheel.name}" for wheel in wheels], **build.permissions}
    for key, value in lines.items():
        shown = "[" + ", ".join(f'"{item}"' for item in value) + "]" if isinstance(value, list) else f'"{value}"'
        before, found, after = text.partition(f"\n{key} = ")
        if not found:
            raise SystemExit(f"{MANIFEST.name} has no line {key} = …, which the build fills in.")
        text = before + found + shown + "\n" + after.partition("\n")[2]
    return text if not build.platform else text.replace("\nwheels = ", f'\nplatforms = ["{build.platform}"]\nwheels = ', 1)


def stage(build: Build, backend_wheel: Path, extension: Path) -> None:
    """Makes the folder `extension`: what the zip will hold."""
    shutil.copytree(ADD_ON, extension, ignore=LEFT_OUT)
    for package in build.add_on_without:
        shutil.rmtree(extension / package, ignore_errors=True)
    wheels = [backend_wheel]
    if build.platform:
        installer = fetch_wheels.pins()[build.platform]
        fetch_wheels.fetch(installer)
        wheels.append(installer.path)
    (extension / "wheels").mkdir()
    for wheel in wheels:
        shutil.copyfile(wheel, extension / "wheels" / wheel.name)
    (extension / MANIFEST.name).write_text(manifest_of(build, wheels), "utf-8")
    shutil.copyfile(ROOT / "LICENSE", extension / "LICENSE")


def write_zip(folder: Path, archive: Path) -> None:
    """Packs `folder` so that only names and contents count: sorted, with one date, wheels as they are."""
    with zipfile.ZipFile(archive, "w") as files:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), ZIP_TIME)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if file.suffix == ".whl" else zipfile.ZIP_DEFLATED
            files.writestr(entry, file.read_bytes(), compresslevel=9)


def validate(venv: Path, archive: Path) -> None:
    """Lets Blender's own extension tool check a zip, with the tags that this Blender knows. Raises SystemExit where it objects."""
    (blender,) = venv.glob("lib/python3*/site-packages/bpy/[0-9]*/scripts")
    tool = blender / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    tags = blender / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    done = subprocess.run([sys.executable, tool, "validate", f"--valid-tags={tags}", archive], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Blender's extension tool refused {archive.name}:\n{done.stdout}{done.stderr}")


def make(builds: Sequence[Build], venv: Path) -> Iterator[Path]:
    """Builds, checks and puts zips into dist/, with their links; their paths. Zips of one backend have the very same wheel."""
    version = tomllib.loads(MANIFEST.read_text("utf-8"))["version"]
    for place in (DIST, ROOT / "build"):
        place.mkdir(exist_ok=True)
    backend_wheels: dict[tuple[str, ...], Path] = {}
    # Everything happens in a folder of its own, so that builds at the same time do not meet.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        for build in builds:
            folder = Path(name, build.suffix)
            folder.mkdir()
            if build.backend_without not in backend_wheels:
                backend_wheels[build.backend_without] = build_backend_wheel(build, folder)
            stage(build, backend_wheels[build.backend_without], folder / "extension")
            built = folder / f"partgen_blender-{version}-{build.suffix}.zip"
            write_zip(folder / "extension", built)
            validate(venv, built)
            archive = built.replace(DIST / built.name)
            if build.link:
                (folder / "link").symlink_to(archive.name)
                (folder / "link").replace(DIST / build.link)
            yield archive


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venv", type=Path, metavar="BPY_VENV")
    parser.add_argument("builds", nargs="*", metavar="BUILD")
    options = parser.parse_args(arguments)
    names = BUILDS if "all" in options.builds else options.builds or [fetch_wheels.this_platform()]
    for name in names:
        if name not in BUILDS:
            parser.error(f"there is no build {name}: choose from {', '.join(BUILDS)} and all")
    for archive in make([BUILDS[name] for name in names], options.venv):
        print(archive.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
