"""Regrouping: what happens to a decomposed mesh when its scale changes, and the trees kept in memory to do it in a frame.

The scale is `mesh.partgen.scale`; the face attribute ``partgen_part`` is derived from it and never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from . import stored_parts, stored_tree


@dataclass(frozen=True)
class _Kept:
    """A tree in memory, and what it was read from."""

    source: tuple
    tree: PartTree | None
    problem: str
    edited: str = ""
    given: Mapping[int, stored_parts.Given] = field(default_factory=dict)
    hidden: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    polygons_of_leaf: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    is_without_faces: bool = False


_kept: dict[int, _Kept] = {}
followers: list[Callable[[bpy.types.Mesh], None]] = []
"""Called with a mesh whose parts may be others now: what shows them, such as lists, brings itself in line."""


def tree_of(mesh: bpy.types.Mesh) -> PartTree | None:
    """The part tree of `mesh`, None where there is none that can be used: cheap after the first call, so fit for draws."""
    return _keep(mesh).tree


def require_tree(mesh: bpy.types.Mesh) -> PartTree:
    """The part tree of `mesh`, as `tree_of` has it. Raises PartgenError, with what to do, where there is none that can be used."""
    tree = tree_of(mesh)
    return tree if tree is not None else stored_tree.require(mesh).tree


def problem_of(mesh: bpy.types.Mesh) -> str:
    """Why the tree that is stored on `mesh` cannot be used, in a sentence for the artist; "" where nothing is wrong."""
    return _keep(mesh).problem


def warning_of(mesh: bpy.types.Mesh) -> str:
    """A sentence that says how `mesh` was edited after it was decomposed; "" where it was not, or has no usable tree."""
    return _keep(mesh).edited


def given_of(mesh: bpy.types.Mesh) -> Mapping[int, stored_parts.Given]:
    """What the artist gave to nodes of the tree of `mesh`; the same object until that changes, so fit to be compared by `is`."""
    return _keep(mesh).given


def hidden_leaves_of(mesh: bpy.types.Mesh) -> NDArray[np.bool_]:
    """Which leaves of `mesh` are hidden: (L,) bool, empty without a tree."""
    return _keep(mesh).hidden


def polygons_of_leaf(mesh: bpy.types.Mesh) -> NDArray[np.int64]:
    """The number of polygons that every leaf of `mesh` had when it was last read: (L,) int64, empty without a tree."""
    return _keep(mesh).polygons_of_leaf


def marked_nodes(mesh: bpy.types.Mesh) -> tuple[int, ...]:
    """The parts that are marked in the parts list of `mesh`, as nodes, in the order of the list: cheap, so fit for draws."""
    rows = mesh.partgen.rows
    marked, nodes = np.zeros(len(rows), bool), np.zeros(len(rows), np.int32)
    if len(rows):
        rows.foreach_get("is_marked", marked)
        rows.foreach_get("node", nodes)
    return tuple(nodes[marked].tolist())


def forget(mesh: bpy.types.Mesh | None = None) -> None:
    """Drops what is kept of `mesh`, or of every mesh: to be called when a stored tree may have changed."""
    if mesh is None:
        _kept.clear()
    else:
        _kept.pop(mesh.session_uid, None)


def part_count(mesh: bpy.types.Mesh) -> int:
    """The number of parts that `mesh` has at its scale, 0 where it is not decomposed."""
    tree = tree_of(mesh)
    return tree.count(mesh.partgen.scale) if tree else 0


def set_part_count(mesh: bpy.types.Mesh, count: int) -> None:
    """Moves the scale of `mesh` to where it has `count` parts, clipped to what its tree can give."""
    tree = tree_of(mesh)
    if tree:
        mesh.partgen.scale = tree.scale_for(count)


def regroup(mesh: bpy.types.Mesh) -> None:
    """Rewrites the derived part of every polygon of `mesh` for its scale.

    A mesh in Edit Mode or from a library is left as it is: its attribute follows as soon as it can be written.
    """
    tree = tree_of(mesh)
    if tree is None or mesh.is_editmode or mesh.library is not None:
        return
    stored_tree.write_parts(mesh, tree.cut(mesh.partgen.scale))
    _tell(mesh)


def regroup_where_needed(mesh: bpy.types.Mesh) -> None:
    """Like `regroup`, but writes nothing where the attribute is right, so that looking at a file does not change it."""
    tree = tree_of(mesh)
    leaves = stored_tree.leaf_of_polygon(mesh)
    if tree is None or leaves is None:
        return
    parts = stored_tree.part_of_polygon(mesh)
    if parts is None or not np.array_equal(parts, tree.cut(mesh.partgen.scale).take(leaves, mode="clip")):
        regroup(mesh)
    elif mesh.library is None:
        _tell(mesh)


def regroup_all() -> None:
    """Brings the derived parts of every mesh of the file in line with its scale: after undo, redo and loading."""
    for mesh in bpy.data.meshes:
        if stored_tree.is_stored(mesh):
            regroup_where_needed(mesh)


def clear(mesh: bpy.types.Mesh) -> None:
    """Removes the part tree and its labels from `mesh`, and shows what was hidden with parts.

    Raises PartgenError where it is linked or in Edit Mode.
    """
    stored_tree.require_editable(mesh)
    stored_parts.show_polygons(mesh)
    stored_tree.clear(mesh)
    forget(mesh)


def _tell(mesh: bpy.types.Mesh) -> None:
    for follow in followers:
        follow(mesh)


def _keep(mesh: bpy.types.Mesh) -> _Kept:
    stored = mesh.get(stored_tree.TREE)
    if stored is None:
        return _Kept((), None, "")
    source = _source(stored)
    kept = _kept.get(mesh.session_uid)
    if kept is None or kept.source != source or (kept.is_without_faces and not mesh.is_editmode):
        kept = _kept[mesh.session_uid] = _read_in_edit_mode(mesh, source) if mesh.is_editmode else _read(mesh, source)
    return kept


def _read_in_edit_mode(mesh: bpy.types.Mesh, source: tuple) -> _Kept:
    """What can be read in Edit Mode, after an undo there: the tree, but not what faces have."""
    try:
        tree = stored_tree.read_tree(mesh)
    except PartgenError as error:
        return _Kept(source, None, str(error), is_without_faces=True)
    hidden, no_faces = stored_parts.hidden_leaves(mesh, tree.leaf_count), np.zeros(tree.leaf_count, np.int64)
    return _Kept(source, tree, "", "", stored_parts.read(mesh), hidden, no_faces, is_without_faces=True)


def _read(mesh: bpy.types.Mesh, source: tuple) -> _Kept:
    try:
        stored = stored_tree.require(mesh)
    except PartgenError as error:
        return _Kept(source, None, str(error))
    hidden = stored_parts.hidden_leaves(mesh, stored.tree.leaf_count)
    return _Kept(source, stored.tree, "", stored.edited, stored_parts.read(mesh), hidden, stored.polygons_of_leaf)


def _source(stored: object) -> tuple:
    """What tells one stored tree from another without reading it."""
    try:
        return (stored["topology"], stored["method"], stored["default_scale"], len(stored.get("merges", ())), stored.get("revision", 0))  # type: ignore[index, attr-defined]
    except (KeyError, TypeError, AttributeError):
        return ()
