"""Builds the extension zip: build_extension.py BPY_VENV. Prints the path of the zip in dist/.

The zip holds the add-on's modules at its root, the manifest, and wheels/ with the base package `partgen`. Blender does not
install a wheel whose name and version are there already, so the wheel's version carries a digest of its content.
BPY_VENV is an environment with a Blender wheel: its own extension tool builds the zip and checks manifest and tags.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "wheels"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def content_digest(package: Path) -> str:
    """Twelve hexadecimal digits that change with the name or content of any file of the package."""
    digest = hashlib.sha256()
    for file in sorted(p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(package).as_posix()}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def build_base_wheel(folder: Path) -> Path:
    """The pure wheel of `partgen` in `folder`, with the version x.y.z+digest."""
    source = folder / "backend"
    shutil.copytree(ROOT / "backend", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build", ".*"))
    module = source / "partgen" / "__init__.py"
    digest = content_digest(ROOT / "backend" / "partgen")
    text, changes = re.subn(r'(?m)^__version__ = "([^"+]+)"$', rf'__version__ = "\1+{digest}"', module.read_text("utf-8"))
    if changes != 1:
        raise SystemExit(f"{module.name} of partgen has no line __version__ = \"x.y.z\": the wheel's version comes from there.")
    module.write_text(text, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source],
        check=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1577836800"},  # files that do not change give a wheel that does not change
    )
    (wheel,) = folder.glob(f"partgen-*+{digest}-py3-none-any.whl")
    return wheel


def stage(folder: Path, base_wheel: Path) -> Path:
    """The extension as a folder: what the zip will hold."""
    extension = folder / "extension"
    shutil.copytree(ROOT / "partgen_blender", extension, ignore=LEFT_OUT)
    (extension / "wheels").mkdir()
    wheels = [base_wheel, *sorted(WHEELS.glob("*.whl"))]
    for wheel in wheels:
        shutil.copy2(wheel, extension / "wheels")
    manifest = (ROOT / "blender_manifest.toml").read_text("utf-8")
    listed = ", ".join(f'"./wheels/{wheel.name}"' for wheel in wheels)
    manifest, changes = re.subn(r"(?m)^wheels = \[\]$", f"wheels = [{listed}]", manifest)
    if changes != 1:
        raise SystemExit("blender_manifest.toml has no line wheels = []: the bundled wheels are listed there.")
    (extension / "blender_manifest.toml").write_text(manifest, "utf-8")
    shutil.copy2(ROOT / "LICENSE", extension)
    return extension


def run_extension_tool(venv: Path, *arguments: str | Path) -> None:
    """Runs Blender's extension tool with the tags that this Blender knows. Raises SystemExit where it objects."""
    (blender,) = venv.glob("lib/python3*/site-packages/bpy/[0-9]*/scripts")
    tool = blender / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    tags = blender / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    command, *rest = arguments
    done = subprocess.run([sys.executable, tool, command, f"--valid-tags={tags}", *rest], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Blender's extension tool refused to {command}:\n{done.stdout}{done.stderr}")


def main(venv: Path) -> None:
    version = re.search(r'(?m)^version = "([^"]+)"', (ROOT / "blender_manifest.toml").read_text("utf-8"))
    assert version, "the manifest has no version"
    archive = ROOT / "dist" / f"partgen_blender-{version.group(1)}.zip"
    for place in (archive.parent, ROOT / "build"):
        place.mkdir(exist_ok=True)
    # Everything happens in a folder of its own, so that builds at the same time do not meet.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        built = folder / archive.name
        run_extension_tool(venv, "build", "--source-dir", stage(folder, build_base_wheel(folder)), "--output-filepath", built)
        run_extension_tool(venv, "validate", built)
        built.replace(archive)
    print(archive.relative_to(ROOT))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
