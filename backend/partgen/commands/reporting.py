"""What commands tell on a terminal."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from ..errors import PartgenError

FILES = "Reads glb, gltf, obj, ply, stl, off, 3mf, and npz with the arrays vertices (V, 3) and faces (F, 3)."


def as_partgen_error(error: Exception, file: Path) -> PartgenError:
    """What to tell about `error`, which stays its cause: a fault of ours is said to be one."""
    if isinstance(error, PartgenError):
        return error
    if isinstance(error, MemoryError):
        told = PartgenError("memory", f"{file.name} does not fit into this machine's memory.", "Reduce the mesh first.")
    elif isinstance(error, ModuleNotFoundError):
        told = PartgenError("package.missing", f"The package {error.name} is not installed.", "Install it: pip install 'partgen[geometry]'")
    else:
        told = PartgenError("internal", f"PartGen failed on {file.name}: a fault of its own.", "Run again with --traceback and report it.")
    told.__cause__ = error
    return told


def report(error: PartgenError, with_traceback: bool) -> None:
    """Says on stderr what happened and what to do, in one line; the traceback only where it was asked for."""
    if with_traceback:
        traceback.print_exception(error)
    print(f"partgen: {error}", file=sys.stderr, flush=True)
