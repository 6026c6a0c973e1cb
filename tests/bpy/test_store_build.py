"""The store build sets nothing up: it works with a backend that the user installed, and tells how to install one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import ROOT, extension_zip

HERE = Path(__file__).parent

SCRIPT = """
import os
import sys
sys.path.append(sys.argv[2])
import bpy
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True, overwrite=True)
from bl_ext.user_default.partgen_blender import actions, backend, build_parts, debug_info, jobs, messages
from drawing import drawn, drawn_preferences
from partgen.errors import Action
assert build_parts.setup is None
notes = drawn("PARTGEN_PT_decompose")
print("PANEL", notes.text, notes.operators)
print("PREFERENCES", drawn_preferences("bl_ext.user_default.partgen_blender").text)
print("BUTTONS", {action.value: actions.button_of(action).operator for action in Action if action})
print("INFO", debug_info.debug_info().replace(chr(10), " "))
bpy.ops.mesh.primitive_monkey_add()
try:
    bpy.ops.partgen.decompose()
    jobs.finish(60)
    print("PARTS", bpy.context.object.data.partgen.parts)
except RuntimeError as error:
    print("REFUSED", error)
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.partgen_blender")
print("END", flush=True)
os._exit(0)
"""


@pytest.fixture(scope="session")
def store_zip() -> Path:
    return extension_zip().with_name("partgen_blender-store.zip").resolve(strict=True)


def run(store_zip: Path, folder: Path) -> dict[str, str]:
    """What the store build says in a Blender of its own, on a computer with an empty path; `folder`/home is its home."""
    script = folder / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARTGEN_", "PIPX_", "UV_", "XDG_"))}
    variables = kept | {"BLENDER_USER_RESOURCES": str(folder / "user"), "HOME": str(folder / "home"), "PATH": str(folder)}
    done = subprocess.run([sys.executable, script, store_zip, HERE], env=variables, capture_output=True, text=True, timeout=120)
    assert "END" in done.stdout, done.stdout + done.stderr
    return {line.split(" ", 1)[0]: line.split(" ", 1)[-1] for line in done.stdout.splitlines()}


def test_without_a_backend_it_tells_how_to_install_one(store_zip: Path, tmp_path: Path) -> None:
    said = run(store_zip, tmp_path)
    assert "which this build does not install" in said["PANEL"]
    assert "partgen.open_preferences" in said["PANEL"]
    for words in ("pipx install './backend[geometry]'", "uv tool install './backend[geometry]'", "Models need the backend"):
        assert words in said["PREFERENCES"]
    assert "No PartGen backend was found" in said["REFUSED"]
    assert "This build does not make one" in said["INFO"]
    assert "partgen.set_up" not in said["BUTTONS"]
    assert "environment" not in said["BUTTONS"]


def test_a_backend_that_pipx_or_uv_installed_is_used(store_zip: Path, tmp_path: Path) -> None:
    programs = tmp_path / "home" / ".local" / "bin"
    programs.mkdir(parents=True)
    program = programs / "partgen"
    program.write_text(f'#!/bin/sh\nexec "{ROOT}/.venv/bin/partgen" "$@"\n')
    program.chmod(0o755)
    said = run(store_zip, tmp_path)
    assert int(said["PARTS"]) > 1
    assert "Decompose into Parts" in said["PANEL"]
    assert str(program) in said["PREFERENCES"].replace("~", str(tmp_path / "home"))
