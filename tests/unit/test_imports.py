"""What may be imported where. The layers of the backend are contracts in pyproject.toml, checked by `make lint`."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
# The Pythons of the Blenders that the add-on is for.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

# What runs before anything is installed, in Blender's own Python.
STANDARD_LIBRARY_ALONE = (
    "partgen.errors", "partgen.processes", "partgen.task", "partgen.weights.registry", "partgen.environment",
    *(f"partgen.environment.{file.stem}" for file in sorted((BACKEND / "partgen" / "environment").glob("[!_]*.py"))),
)  # fmt: skip
NUMPY_ALONE = (
    "partgen", "partgen.mesh", "partgen.part_tree", "partgen.protocol", "partgen.channel", "partgen.breaker", "partgen.endings",
    "partgen.tree_editing", "partgen.refining", "partgen.following",
    "partgen.client", "partgen.devices", "partgen.segmentation", "partgen.editing", "partgen.editing.edits", "partgen.editing.frame",
    "partgen.editing.deforming", "partgen.correspondence", "partgen.counting", "partgen.identities", "partgen.logistic", "partgen.srgb",
    "partgen.editing.copying", "partgen.editing.replacing", "partgen.editing.looks", "partgen.editing.variations",
    "partgen.editing.attachment", "partgen.editing.bevelling",
)  # fmt: skip
BASE = (*NUMPY_ALONE, *STANDARD_LIBRARY_ALONE)
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "bpy_extras"}

# Imports the modules named after the first argument, with no other package than those that the first argument names.
IMPORT_WITH = """
import importlib, sys

class Only:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in sys.argv[1].split(",") and not top.startswith("__editable__"):
            raise ModuleNotFoundError(f"{name} is not part of the base", name=name)

sys.meta_path.insert(0, Only())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def import_with(packages: str, *modules: str, python: str | Path = sys.executable) -> subprocess.CompletedProcess[str]:
    """Imports the modules of the backend in a Python of their own where only `packages` can be had beside the standard library."""
    environment = os.environ | {"PYTHONPATH": str(BACKEND), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([python, "-c", IMPORT_WITH, f"partgen,{packages}", *modules], capture_output=True, text=True, env=environment)


def test_the_base_runs_with_numpy_alone() -> None:
    done = import_with("numpy", *BASE)
    assert done.returncode == 0, done.stderr
    refused = import_with("numpy", "partgen.files")
    assert "trimesh is not part of the base" in refused.stderr  # the check itself works


def test_what_installs_runs_with_nothing_installed() -> None:
    done = import_with("", *STANDARD_LIBRARY_ALONE)
    assert done.returncode == 0, done.stderr
    assert "numpy is not part of the base" in import_with("", "partgen.mesh").stderr


@pytest.mark.parametrize("version", PYTHONS)
def test_the_base_runs_in_the_python_of_every_blender(version: str) -> None:
    pythons = [python for python in found_pythons(version) if is_python(python, version)]
    if not pythons:
        pytest.skip(f"There is no Python {version} on this machine: the base is NOT tried in it.")
    with_numpy = [python for python in pythons if subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode == 0]
    done = import_with("numpy", *BASE, python=with_numpy[0]) if with_numpy else import_with("", *STANDARD_LIBRARY_ALONE, python=pythons[0])
    assert done.returncode == 0, done.stderr
    # Where numpy is missing, the modules that need it are at least read.
    files = [file for name in NUMPY_ALONE for file in source_files(name)]
    read = "import sys; [compile(open(file, encoding='utf-8').read(), file, 'exec') for file in sys.argv[1:]]"
    done = subprocess.run([pythons[0], "-c", read, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def found_pythons(version: str) -> Iterator[Path]:
    """Where a Python of this version may be: in this project's environments, on the path, and where pyenv puts it."""
    yield from sorted(ROOT.glob(".venvs/bpy-*/bin/python"))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder, f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def is_python(program: Path, version: str) -> bool:
    """Whether the program is there and of this version; a shim of pyenv may only pretend."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    return program.is_file() and subprocess.run([program, "-c", asked], capture_output=True, text=True).stdout.strip() == version


def source_files(module: str) -> list[Path]:
    place = BACKEND.joinpath(*module.split("."))
    return [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


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
            full_names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from full_names if set(full_names) & set(BASE) or node.module == "partgen" else (node.module,)


def name_in_add_on(file: Path) -> str:
    return file.relative_to(ROOT / "partgen_blender").as_posix()


@pytest.mark.parametrize("file", sorted((ROOT / "partgen_blender").rglob("*.py")), ids=name_in_add_on)
def test_the_add_on_uses_blender_numpy_and_the_base_alone(file: Path) -> None:
    for name in imported_modules(file):
        allowed = name.partition(".")[0] in BLENDER | {"numpy"} | sys.stdlib_module_names or name in BASE
        assert allowed, f"{name_in_add_on(file)} imports {name}"


@pytest.mark.parametrize("file", sorted((ROOT / "partgen_blender").rglob("*.py")), ids=name_in_add_on)
def test_only_the_set_up_knows_the_installer(file: Path) -> None:
    """The build for the store leaves both out, and the rest of the add-on must not notice."""
    if not name_in_add_on(file).startswith("setup/"):
        assert not [name for name in imported_modules(file) if name.startswith("partgen.environment")]
