"""What the artist gave to parts, as the .blend file remembers it: names, colours, and which of them are hidden.

All of it is kept beside the tree, in the property ``partgen_tree`` of the mesh, and goes with the tree:

- `parts`: a group for each node that was given something, named by the number of the node, of `name`, `color` and `made`;
- `hidden`: the leaves of hidden parts.

Which polygons were hidden with them is the face attribute ``partgen_hidden``: what else is hidden, the artist hid.

A node keeps what it was given whatever the slider does. At a finer scale its larger half shows it, and so on down, as that keeps
the number of the part too, unless another piece has that name or color by itself; at a coarser one it waits until the part is there
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from . import mesh_data, stored_tree
from .palette import colors_of_ranks

_PARTS = "parts"
_HIDDEN = "hidden"
Color = tuple[float, ...]


@dataclass(frozen=True)
class Given:
    """What one node was given: `name`, "" for none; `color`, scene-linear RGB, () for none; whether the artist made it a part."""

    name: str = ""
    color: Color = ()
    is_made: bool = False


def read(mesh: bpy.types.Mesh) -> dict[int, Given]:
    """What every node of the tree of `mesh` was given; {} without a tree. What is damaged is left out."""
    found = {}
    highest = len(mesh[stored_tree.TREE].get("merges", ())) if stored_tree.is_stored(mesh) else 0  # two for each node but the root
    for key, group in _group(mesh).items():
        try:
            color = tuple(float(value) for value in group.get("color", ()))
            if 0 <= int(key) <= highest:
                found[int(key)] = Given(str(group.get("name", "")), color if len(color) == 3 else (), bool(group.get("made", False)))
        except (AttributeError, TypeError, ValueError):
            continue
    return found


def write(mesh: bpy.types.Mesh, given: Mapping[int, Given]) -> None:
    """Stores what the nodes were given, in place of what was stored before. Raises PartgenError without a tree, or where it is linked."""
    stored = _stored(mesh)
    stored.pop(_PARTS, None)
    groups = {str(node): _as_group(part) for node, part in given.items() if part != Given()}
    if groups:
        stored[_PARTS] = groups
    stored_tree.touch(mesh)


def give(mesh: bpy.types.Mesh, node: int, **what: object) -> None:
    """Gives one node a `name`, a `color`, or `is_made`; the rest of what it has stays. Raises PartgenError as `write` does."""
    given = read(mesh)
    write(mesh, given | {node: replace(given.get(node, Given()), **what)})  # type: ignore[arg-type]


def hidden_leaves(mesh: bpy.types.Mesh, leaf_count: int) -> NDArray[np.bool_]:
    """Which leaves are hidden: (L,) bool."""
    stored, hidden = mesh.get(stored_tree.TREE), np.zeros(leaf_count, bool)
    numbers = np.array(stored.get(_HIDDEN, ()) if stored is not None else (), np.int64)
    hidden[numbers[(numbers >= 0) & (numbers < leaf_count)]] = True
    return hidden


def write_hidden(mesh: bpy.types.Mesh, hidden: NDArray[np.bool_]) -> None:
    """Stores which leaves are hidden, (L,) bool. Raises PartgenError as `write` does."""
    stored = _stored(mesh)
    stored.pop(_HIDDEN, None)
    if hidden.any():
        stored[_HIDDEN] = np.flatnonzero(hidden).astype(np.int32)
    stored_tree.touch(mesh)


def hidden_polygons(mesh: bpy.types.Mesh, before: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Which polygons of a mesh with a tree were hidden with their parts: (P,) bool. Not those that the artist hid before.

    `before`: those of hidden parts, (P,) bool, where these were of another tree than `mesh` has now.
    """
    attribute = mesh.attributes.get(stored_tree.HIDDEN)
    if attribute is None or attribute.domain != "FACE" or attribute.data_type != "BOOLEAN":
        if before is not None:
            return before
        leaves = stored_tree.leaf_of_polygon(mesh)  # all of them, where parts were hidden before the attribute was written
        if leaves is None or not len(leaves):
            return np.zeros(len(mesh.polygons), bool)
        return hidden_leaves(mesh, int(leaves.max()) + 1)[leaves]
    hidden = np.empty(len(mesh.polygons), bool)
    attribute.data.foreach_get("value", hidden)
    return hidden


def hide_polygons(mesh: bpy.types.Mesh, with_parts: NDArray[np.bool_], before: NDArray[np.bool_] | None = None) -> None:
    """Hides the polygons of hidden parts, (P,) bool, and shows those that were hidden with parts `before`; others stay as they are."""
    now = mesh_data.hidden_polygons(mesh)
    others = np.zeros(len(mesh.polygons), bool) if now is None else now & ~hidden_polygons(mesh, before)
    mesh_data.hide_polygons(mesh, others | with_parts)
    if (attribute := mesh.attributes.get(stored_tree.HIDDEN)) is not None:
        mesh.attributes.remove(attribute)
    if with_parts.any():
        mesh.attributes.new(stored_tree.HIDDEN, "BOOLEAN", "FACE").data.foreach_set("value", with_parts & ~others)


def show_polygons(mesh: bpy.types.Mesh) -> None:
    """Shows what was hidden with parts: to be called before their tree is cleared, with which nobody could show it any more."""
    if hidden_polygons(mesh).any():
        hide_polygons(mesh, np.zeros(len(mesh.polygons), bool))


def shown(tree: PartTree, given: Mapping[int, Given], part_count: int) -> dict[int, Given]:
    """What the parts of a cut show of it: by node, for those that show anything."""
    limit = 2 * tree.leaf_count - min(max(part_count, 1), tree.leaf_count)  # the first node that the cut leaves open
    part_of = {node: _at_cut(tree, node, limit) for node in given if 0 <= node < 2 * tree.leaf_count - 1}
    found: dict[int, Given] = {}
    for node in sorted(part_of, reverse=True):  # what is given to a smaller part overrides what it has of a larger one
        part, own = part_of[node], given[node]
        if part is not None:
            above = found.get(part, Given())
            alike = [other for other in part_of if other < node and part_of[other] not in (None, part) and is_below(tree, other, node)]
            name = "" if any(given[other].name == own.name for other in alike) else own.name
            color = () if any(given[other].color == own.color for other in alike) else own.color
            found[part] = Given(name or above.name, color or above.color, own.is_made and part == node)
    return found


def names(tree: PartTree, given: Mapping[int, Given], nodes: Iterable[int], part_count: int) -> dict[int, str]:
    """The name of every part of a cut: the given one, else by number."""
    seen = shown(tree, given, part_count)
    return {node: seen[node].name if node in seen and seen[node].name else default_name(tree, node) for node in nodes}


def default_name(tree: PartTree, node: int) -> str:
    return f"Part {int(tree.node_ranks[node]) + 1:02d}"


def default_color(tree: PartTree, node: int) -> Color:
    """Scene-linear RGB, by number."""
    return tuple(colors_of_ranks([int(tree.node_ranks[node])])[0, :3].tolist())


def made_by_artist(given: Mapping[int, Given]) -> list[int]:
    """The nodes that shall survive later edits."""
    return [node for node, part in given.items() if part != Given()]


def is_below(tree: PartTree, node: int, above: int) -> bool:
    """Whether a node lies below another one, or is that."""
    while node < above and int(tree.parent[node]) != node:
        node = int(tree.parent[node])
    return node == above


def _at_cut(tree: PartTree, node: int, limit: int) -> int | None:
    """The part of a cut that shows what `node` was given: itself, or going down always the larger half; None below the cut."""
    sizes = tree.leaf_sizes
    while node >= limit:
        a, b = tree.merges[node - tree.leaf_count].tolist()
        node = a if sizes[a] >= sizes[b] else b
    return node if int(tree.parent[node]) >= limit or int(tree.parent[node]) == node else None


def _as_group(part: Given) -> dict[str, object]:
    has_color = {"color": list(part.color)} if part.color else {}
    return {**({"name": part.name} if part.name else {}), **has_color, "made": int(part.is_made)}


def _group(mesh: bpy.types.Mesh) -> Mapping[str, Mapping]:
    stored = mesh.get(stored_tree.TREE)
    group = stored.get(_PARTS) if stored is not None else None
    return dict(group.items()) if group is not None and hasattr(group, "items") else {}


def _stored(mesh: bpy.types.Mesh) -> bpy.types.bpy_struct:
    """The group that holds the tree of `mesh`, to be changed."""
    if not stored_tree.is_stored(mesh):
        raise PartgenError("tree.missing", f"{mesh.name} has not been decomposed.", "Decompose it first.")
    stored_tree.require_local(mesh)
    return mesh[stored_tree.TREE]
