"""What may be imported where. The layers of the backend are contracts in pyproject.toml, checked by `make lint`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE = ("partgen", "partgen.mesh", "partgen.part_tree", "partgen.errors", "partgen.protocol", "partgen.client", "partgen.segmentation")
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "bpy_extras"}

NUMPY_ALONE = """
import importlib, sys

class OnlyNumpy:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("numpy", "partgen") and not top.startswith("__editable__"):
            raise ModuleNotFoundError(f"{name} is not part of the base", name=name)

sys.meta_path.insert(0, OnlyNumpy())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_the_base_runs_with_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", NUMPY_ALONE, *BASE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    refused = subprocess.run([sys.executable, "-c", NUMPY_ALONE, "partgen.files"], capture_output=True, text=True)
    assert "trimesh is not part of the base" in refused.stderr  # the check itself works


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    code = "import sys, partgen.cli; print([m for m in ('trimesh', 'scipy', 'embreex', 'higra', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def imported_modules(file: Path) -> Iterator[str]:
    """The absolute imports of a source file, wherever in it they stand."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"partgen.{a.name}" for a in node.names) if node.module == "partgen" else (node.module,)


@pytest.mark.parametrize("file", sorted((ROOT / "partgen_blender").rglob("*.py")), ids=lambda file: file.name)
def test_the_add_on_uses_blender_numpy_and_the_base_alone(file: Path) -> None:
    for name in imported_modules(file):
        allowed = name.partition(".")[0] in BLENDER | {"numpy"} | sys.stdlib_module_names or name in BASE
        assert allowed, f"{file.name} imports {name}"
