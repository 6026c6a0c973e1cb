"""Regions: leaves of decomposed meshes, found by polygon or by ray, and the levels of each mesh kept in memory."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import mesh_data, regrouping, stored_tree
from ..surfaces import SurfaceOnScreen
from .levels import Levels

Bools = NDArray[np.bool_]

_kept: dict[int, Levels] = {}  # by session id of the mesh


def levels_of(mesh: bpy.types.Mesh) -> Levels:
    """The levels of a decomposed mesh: some 100 ms for a million faces at first, nothing as long as its tree stays the same.

    Raises PartgenError where the mesh has no part tree that can be used.
    """
    tree = regrouping.require_tree(mesh)
    kept = _kept.get(mesh.session_uid)
    if kept is None or kept.tree is not tree:
        leaves = stored_tree.leaf_of_polygon(mesh)
        if leaves is None:
            raise PartgenError("tree.missing", f"{mesh.name} has no parts any more.", "Decompose it again.")
        areas = mesh_data.polygon_areas(mesh_data.read_polygons(mesh))
        kept = _kept[mesh.session_uid] = Levels.of(tree, np.bincount(leaves, areas, tree.leaf_count)[: tree.leaf_count])
    return kept


def forget_all() -> None:
    """Drops what is kept of every mesh: after another file was opened."""
    _kept.clear()


def leaves_at_polygon(mesh: bpy.types.Mesh, polygon: int, parts: int = 0, steps: int = 0) -> Bools:
    """The leaves of the part that a polygon of the (unmodified) mesh belongs to: (L,) bool.

    The part is that of a cut into `parts`, 0 for the scale that the mesh has; then `steps` up the tree (down where negative), as
    the wheel takes them. Raises PartgenError where there is no such polygon or no tree.
    """
    levels, leaves = levels_of(mesh), stored_tree.leaf_of_polygon(mesh)
    if leaves is None or not 0 <= polygon < len(leaves):
        raise PartgenError("pick.no_face", f"{mesh.name} has no face {polygon}.", f"Faces are numbered from 0 to {len(mesh.polygons) - 1}.")
    return leaves_around(levels, int(leaves[polygon]), _level(mesh, levels, parts), steps)


def leaves_on_ray(
    object_: bpy.types.Object,
    origin: Iterable[float],
    direction: Iterable[float],
    depsgraph: bpy.types.Depsgraph,
    parts: int = 0,
    steps: int = 0,
) -> Bools:
    """The leaves of the part that a ray of the world meets first, as `leaves_at_polygon` has them; modifiers are seen as on screen.

    Raises PartgenError where it meets nothing of the object, or modifiers do not tell of which face the place was made.
    """
    levels = levels_of(object_.data)
    hit = SurfaceOnScreen(object_.name, object_.session_uid, levels.tree.leaf_count).hit(
        object_, Vector(origin), Vector(direction), depsgraph
    )
    if hit is None:
        raise PartgenError("pick.no_hit", f"The ray meets nothing of {object_.name}.", "Its origin and direction are those of the world.")
    if hit.leaf is None:
        raise unknown_leaves(object_.name)
    return leaves_around(levels, hit.leaf, _level(object_.data, levels, parts), steps)


def leaves_around(levels: Levels, leaf: int, level: int, steps: int = 0) -> Bools:
    """The leaves (L,) bool of the part of `leaf`, `steps` away from `level`."""
    chosen = np.zeros(levels.tree.leaf_count, bool)
    chosen[levels.leaves(levels.node_at(leaf, levels.stepped(leaf, level, steps)))] = True
    return chosen


def unknown_leaves(name: str) -> PartgenError:
    """The error of an object whose modifiers tell no longer which face was which."""
    sentence = f"The modifiers of {name} make its faces anew, so it is not known which part is which."
    return PartgenError("pick.unknown_leaves", sentence, "Turn them off in the viewport while you pick, or decompose With Modifiers.")


def in_words(leaves: Bools) -> str:
    """Leaves (L,) bool as text, for an operator's property: "0-5,9"."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], leaves, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2).tolist()
    return ",".join(str(first) if stop == first + 1 else f"{first}-{stop - 1}" for first, stop in runs)


def from_words(text: str, leaf_count: int) -> Bools:
    """The leaves, (L,) bool, that `in_words` wrote. Raises PartgenError for another text, or leaves that do not exist."""
    leaves = np.zeros(leaf_count, bool)
    try:
        for run in filter(None, (part.strip() for part in text.split(","))):
            first, is_run, last = run.partition("-")
            low, high = int(first), int(last if is_run else first)
            if not 0 <= low <= high < leaf_count:
                raise ValueError(run)
            leaves[low : high + 1] = True
    except ValueError as error:
        sentence = f'"{text}" names no leaves of this tree.'
        raise PartgenError("pick.no_leaves", sentence, f'Leaves are numbers from 0 to {leaf_count - 1}, as in "0-5,9".') from error
    return leaves


def _level(mesh: bpy.types.Mesh, levels: Levels, parts: int) -> int:
    return levels.level_of_count(parts) if parts > 0 else levels.level_of_scale(mesh.partgen.scale)
