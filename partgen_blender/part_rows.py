"""The rows of the parts list: one for every part at the scale, with those that it is made of below it where it was opened.

Rows are derived from the tree, and live on the mesh because Blender undoes what the list changes only there. `follow` brings them
in line whenever the parts may be others; what is marked and opened stays so for the nodes that are still listed.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from . import regrouping, stored_parts

MOST_ROWS = 250
"""So many parts are listed, the largest: a longer list nobody reads, and it would hold up the slider."""


def follow(mesh: bpy.types.Mesh) -> None:
    """Brings the rows of `mesh` in line with its parts. Writes nothing where they are: looking at a file does not change it."""
    tree = regrouping.tree_of(mesh)
    if mesh.library is not None or tree is None or not regrouping.polygons_of_leaf(mesh).any():  # in Edit Mode none may be known
        return
    properties = mesh.partgen
    rows = properties.rows
    had, marked, opened = (_column(rows, name, kind) for name, kind in (("node", np.int32), ("is_marked", bool), ("is_open", bool)))
    of_leaf = regrouping.polygons_of_leaf(mesh)
    of_part = np.bincount(tree.nodes(mesh.partgen.scale), of_leaf, 2 * tree.leaf_count - 1).astype(np.float64)
    nodes, depths = _wanted(tree, of_leaf, of_part, set(had[opened].tolist()))
    faces = np.array([of_part[node] or of_leaf[tree.leaves(node)].sum() for node in nodes.tolist()], np.int32)
    leaves = tree.leaf_sizes[nodes]
    if np.array_equal(nodes, had) and np.array_equal(faces, _column(rows, "faces", np.int32)):
        return
    active = int(had[properties.active_row]) if properties.active_row < len(had) else -1
    while len(rows) > len(nodes):
        rows.remove(len(rows) - 1)
    while len(rows) < len(nodes):
        rows.add()
    columns = {
        "node": nodes, "depth": depths, "faces": faces, "leaves": leaves,
        "is_marked": np.isin(nodes, had[marked]), "is_open": np.isin(nodes, had[opened]),
    }  # fmt: skip
    for name, values in columns.items():
        rows.foreach_set(name, values)
    again = np.flatnonzero(nodes == active)
    place = int(again[0]) if len(again) else min(properties.active_row, max(len(nodes) - 1, 0))
    if properties.active_row != place:
        properties.active_row = place


def left_out(mesh: bpy.types.Mesh) -> int:
    """The number of parts of `mesh` that the list has no room for."""
    listed = int((_column(mesh.partgen.rows, "depth", np.int32) == 0).sum())
    return max(_count_with_faces(mesh) - listed, 0)


def active_node(mesh: bpy.types.Mesh) -> int:
    """The node of the active row. Raises PartgenError where there is none."""
    rows, number = mesh.partgen.rows, mesh.partgen.active_row
    if not 0 <= number < len(rows):
        raise PartgenError("part.none_active", f"No part of {mesh.name} is chosen.", "Choose one in the parts list.")
    return int(rows[number].node)


def chosen_nodes(mesh: bpy.types.Mesh) -> list[int]:
    """The marked parts, the active one first where it is among them; the active one alone where none is marked."""
    marked, active = list(regrouping.marked_nodes(mesh)), active_node(mesh)
    return sorted(marked, key=lambda node: node != active) if marked else [active]


def choose(mesh: bpy.types.Mesh, node: int) -> None:
    """Makes the row of a node the active one, and marks none: what an edit made is shown in its own color."""
    mark(mesh, [node])
    for row in mesh.partgen.rows:
        if row.is_marked:
            row.is_marked = False


def open_row(mesh: bpy.types.Mesh, number: int, is_open: bool) -> None:
    """Lists the two parts that the part of a row is made of below it, or no longer. Raises IndexError where there is no such row."""
    mesh.partgen.rows[number].is_open = is_open
    follow(mesh)


def mark(mesh: bpy.types.Mesh, nodes: list[int], extend: bool = False) -> int:
    """Marks the rows of these nodes, alone or beside what is marked, and makes the first of them active. Returns how many have rows."""
    rows = mesh.partgen.rows
    listed = _column(rows, "node", np.int32)
    marked = np.isin(listed, nodes) | (_column(rows, "is_marked", bool) if extend else False)
    if len(rows):
        rows.foreach_set("is_marked", marked)
    place = next((int(np.flatnonzero(listed == node)[0]) for node in nodes if (listed == node).any()), None)
    if place is not None:
        mesh.partgen.active_row = place
    mesh.update_tag()
    return int(np.isin(nodes, listed).sum())


# ---- what a row shows ------------------------------------------------------------------------------------------------


def name(row: bpy.types.PropertyGroup) -> str:
    """The name of the row's part: the given one, else by number."""
    mesh: bpy.types.Mesh = row.id_data
    tree = regrouping.tree_of(mesh)
    if tree is None or not 0 <= row.node < 2 * tree.leaf_count - 1:
        return ""
    return _look(mesh, tree, row).name or stored_parts.default_name(tree, row.node)


def color(row: bpy.types.PropertyGroup) -> tuple[float, ...]:
    """The colour of the row's part, scene-linear RGB: the given one, else by number."""
    mesh: bpy.types.Mesh = row.id_data
    tree = regrouping.tree_of(mesh)
    if tree is None or not 0 <= row.node < 2 * tree.leaf_count - 1:
        return (0.0, 0.0, 0.0)
    return _look(mesh, tree, row).color or stored_parts.default_color(tree, row.node)


def is_shown(row: bpy.types.PropertyGroup) -> bool:
    """Whether some of the row's part is not hidden."""
    mesh: bpy.types.Mesh = row.id_data
    tree, hidden = regrouping.tree_of(mesh), regrouping.hidden_leaves_of(mesh)
    if tree is None or not hidden.any() or not 0 <= row.node < 2 * tree.leaf_count - 1:
        return True
    return not hidden[tree.leaves(row.node)].all()


def set_name(row: bpy.types.PropertyGroup, given: str) -> None:
    """Names the row's part; the default name, or none, takes the given one away."""
    mesh: bpy.types.Mesh = row.id_data
    tree = regrouping.tree_of(mesh)
    if tree is not None and given != name(row):
        _edit(lambda edits: edits.rename(mesh, row.node, "" if given == stored_parts.default_name(tree, row.node) else given))


def set_color(row: bpy.types.PropertyGroup, given: tuple[float, ...]) -> None:
    """Colours the row's part."""
    _edit(lambda edits: edits.recolor(row.id_data, row.node, given))


def set_shown(row: bpy.types.PropertyGroup, shown: bool) -> None:
    """Shows or hides the row's part."""
    _edit(lambda edits: edits.show(row.id_data, [row.node], shown))


def show_active(mesh: bpy.types.Mesh) -> None:
    """Lets the viewports show which part is active: called when the artist chose a row."""
    mesh.update_tag()


def _edit(what: object) -> None:
    """Does an edit from a property, which cannot raise: the panel tells what went wrong."""
    from . import messages  # here, because the property classes are made before what these import
    from .refining import edits

    try:
        what(edits)  # type: ignore[operator]
    except PartgenError as error:
        messages.tell_error(error)


_seen: tuple[PartTree | None, int, dict[int, stored_parts.Given]] = None, 0, {}
"""What the rows that were drawn last show: every row asks, at every redraw."""


def _look(mesh: bpy.types.Mesh, tree: PartTree, row: bpy.types.PropertyGroup) -> stored_parts.Given:
    """What the row's part shows of what was given. A part below another in the list is seen as if the tree were cut there."""
    global _seen
    given, count = regrouping.given_of(mesh), tree.count(mesh.partgen.scale)
    if not given:
        return stored_parts.Given()
    if row.depth:
        return given.get(row.node, stored_parts.Given())
    if _seen[0] is not tree or _seen[1] != count:  # every edit makes another tree
        _seen = tree, count, stored_parts.shown(tree, given, count)
    return _seen[2].get(row.node, stored_parts.Given())


# ---- which rows there are --------------------------------------------------------------------------------------------


def _wanted(
    tree: PartTree, of_leaf: NDArray[np.int64], of_part: NDArray[np.float64], opened: set[int]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Nodes and depths of the rows, (n,) each: parts by number, each followed by what it is made of where it is open.

    `of_leaf` (L,) and `of_part` (2L-1,) are numbers of faces, the latter 0 for what is no part at the scale.
    """
    nodes = np.flatnonzero(of_part)
    if len(nodes) > MOST_ROWS:
        nodes = nodes[np.argsort(-of_part[nodes], kind="stable")[:MOST_ROWS]]
    nodes = nodes[np.argsort(tree.node_ranks[nodes], kind="stable")]
    if not opened:
        return nodes.astype(np.int32), np.zeros(len(nodes), np.int32)
    found: list[tuple[int, int]] = []
    stack = [(node, 0) for node in nodes[::-1].tolist()]
    while stack and len(found) < 2 * MOST_ROWS:
        node, depth = stack.pop()
        found.append((node, depth))
        if node in opened and node >= tree.leaf_count:
            stack += [(child, depth + 1) for child in _children(tree, node, of_leaf)]
    listed = np.array(found, np.int32).reshape(-1, 2)
    return listed[:, 0].copy(), listed[:, 1].copy()


def _children(tree: PartTree, node: int, faces: NDArray[np.int64]) -> list[int]:
    """The two that a node is made of and that have faces, the larger last: it is taken first."""
    both = sorted(tree.merges[node - tree.leaf_count].tolist(), key=lambda child: int(tree.leaf_sizes[child]))
    return [child for child in both if faces[tree.leaves(child)].any()]


def _count_with_faces(mesh: bpy.types.Mesh) -> int:
    tree = regrouping.tree_of(mesh)
    if tree is None:
        return 0
    return len(np.unique(tree.nodes(mesh.partgen.scale)[regrouping.polygons_of_leaf(mesh) > 0]))


def _column(rows: bpy.types.bpy_prop_collection, name: str, kind: type) -> NDArray:
    values: NDArray = np.zeros(len(rows), kind)
    if len(rows):
        rows.foreach_get(name, values)
    return values
