"""What the leaves of a decomposed mesh look like to the method that found them, as the .blend file remembers it.

A property of the mesh beside the tree, ``partgen_features``: a group of `version`, `tree` (the fingerprint of the merges that it
goes with), `width` D, and `values`, L rows of D float16 (little-endian bytes: half precision keeps a feature to 0.1 %).
"""

from __future__ import annotations

import zlib

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.errors import PartgenError

from . import stored_tree

VERSION = 1


def write(mesh: bpy.types.Mesh, features: ArrayLike) -> None:
    """Stores the features of the leaves, (L, D), beside the tree that `mesh` has, in place of what was stored before.

    With (0, 0), of a method that knows none, nothing is stored. Raises PartgenError where the rows are not the leaves.
    """
    rows = np.asarray(features, np.float32)
    mesh.pop(stored_tree.FEATURES, None)
    if not rows.size:
        return
    stored = mesh[stored_tree.TREE]
    if len(rows) != len(stored.get("merges", ())) // 2 + 1:
        raise PartgenError("features.invalid", f"The features of {mesh.name} are not those of its leaves.", "Decompose the object again.")
    values = rows.astype("<f2").tobytes()
    mesh[stored_tree.FEATURES] = {"version": VERSION, "tree": _fingerprint(stored), "width": rows.shape[1], "values": values}


def are_stored(mesh: bpy.types.Mesh) -> bool:
    """Whether `mesh` has features at all, usable or not: fast enough for a panel's draw."""
    return stored_tree.FEATURES in mesh


def tree_of(mesh: bpy.types.Mesh) -> str:
    """What tells the tree that the features of `mesh` were stored with from others; "" without features."""
    stored = mesh.get(stored_tree.FEATURES)
    return str(stored.get("tree", "")) if hasattr(stored, "get") else ""


def read(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    """The features of the leaves, (L, D) float32, rows of length one. Raises PartgenError where there are none that can be used."""
    stored, tree = mesh.get(stored_tree.FEATURES), mesh.get(stored_tree.TREE)
    again = "Decompose the object again."
    if stored is None or tree is None:
        raise PartgenError("features.missing", f"It is not known what the parts of {mesh.name} look like.", again)
    try:
        version, belongs_to, width, values = int(stored["version"]), str(stored["tree"]), int(stored["width"]), bytes(stored["values"])
        leaf_count = len(tree.get("merges", ())) // 2 + 1
        is_whole = width > 0 and len(values) == 2 * width * leaf_count
        fits = belongs_to == _fingerprint(tree)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PartgenError("features.invalid", f"What is stored of the looks of {mesh.name} is damaged.", again) from error
    if version > VERSION:
        raise PartgenError("features.newer", f"The features of {mesh.name} were stored by a newer PartGen.", "Update the add-on.")
    if not fits or not is_whole:
        raise PartgenError("features.stale", f"The features of {mesh.name} belong to other parts than it has now.", again)
    rows = np.frombuffer(values, "<f2").reshape(-1, width).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def known(mesh: bpy.types.Mesh) -> NDArray[np.float32] | None:
    """The features as `read` has them; None where nobody knows them, or where they belong to other parts."""
    try:
        return read(mesh)
    except PartgenError:
        return None


def _fingerprint(tree: object) -> str:
    """What tells the tree that features were stored with from every other."""
    merges = np.array(tree.get("merges", ()), np.int32)  # type: ignore[attr-defined]
    heights = np.array(tree.get("heights", ()), np.float32)  # type: ignore[attr-defined]
    return f"{zlib.crc32(merges.tobytes()):08x}{zlib.crc32(heights.tobytes()):08x}"
