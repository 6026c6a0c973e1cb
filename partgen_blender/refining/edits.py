"""Edits of the parts of a decomposed mesh. What the buttons do, a script can do:

    from bl_ext.user_default.partgen_blender.refining import edits

    node = edits.make_part(mesh, faces)          # (P,) bool: a part of these faces, at the scale of the mesh
    edits.merge(mesh, [node, other])             # one part of several
    edits.split(mesh, node, 3)                   # the pieces that it was last merged from
    edits.assign(mesh, faces, node)              # faces from whatever part they have now
    edits.smooth_border(mesh, node)              # and snap_border: to creases
    edits.rename(mesh, node, "Leg")              # recolor, show

A part is a node of the tree that is one at `mesh.partgen.scale`: `parts(mesh)` lists them. Every edit makes a new tree, so nodes
change; each function returns those that it was about. Nothing is decomposed again, and what was applied stays where it can.

All of these raise PartgenError, and change nothing, where the mesh has no usable tree, is linked, or is in Edit Mode. The last is
for undo: an undo step of Edit Mode does not hold the properties of a mesh, where the tree is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen import refining, tree_editing
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.tree_editing import TreeEdit

from .. import applying, carrying, collections, mesh_data, regrouping, stored_parts, stored_tree
from . import borders

Ints = NDArray[np.int32]


def parts(mesh: bpy.types.Mesh) -> list[int]:
    """The parts of `mesh` at its scale that have faces, as nodes, rising; [] where it is not decomposed."""
    tree = regrouping.tree_of(mesh)
    if tree is None:
        return []
    has_faces = regrouping.polygons_of_leaf(mesh) > 0
    return np.unique(tree.nodes(mesh.partgen.scale)[has_faces]).tolist()


def part_of_polygon(mesh: bpy.types.Mesh) -> Ints:
    """The part that every polygon of `mesh` has at its scale, as a node: (P,) int32."""
    stored = _editable(mesh)
    return stored.tree.nodes(mesh.partgen.scale)[stored.leaf_of_polygon]


def make_part(mesh: bpy.types.Mesh, faces: ArrayLike, name: str = "") -> int:
    """Makes a part of the faces, (P,) bool, at the scale of `mesh`: returns its node. Leaves are split where the faces ask for it.

    What the faces are taken from keeps the rest. At coarser scales the part is joined with others no sooner than what it was taken
    from; other parts that were made or named survive, unless they overlap it. Where it has the greater half of a part, it is that
    part, with its name and colour, and what is left is new.
    """
    return _make_part(mesh, faces, name)[0]


def _make_part(
    mesh: bpy.types.Mesh, faces: ArrayLike, name: str, divided: Mapping[int, tuple[int, int]] | None = None
) -> tuple[int, Mapping[int, tuple[int, int]]]:
    """`make_part`, and how it divided identities, or was to divide them because another object has; see partgen.identities."""
    stored, wanted = _editable(mesh), np.asarray(faces, bool)
    _require_some(mesh, wanted)
    scale, given = mesh.partgen.scale, stored_parts.read(mesh)
    edit, labels = tree_editing.split_leaves(stored.tree, stored.leaf_of_polygon, wanted, scale)
    kept = edit.node_of[stored_parts.made_by_artist(given)]
    # Leaves whose faces are all deleted go where most of their part goes, so that no part is left that nobody can see.
    region = np.concatenate([labels[wanted], _faceless(edit, labels, wanted)])
    edit = edit.then(tree_editing.with_region(edit.tree, region, edit.scale, kept[kept >= 0]))
    return edit.node, _store(mesh, edit, labels, {edit.node: stored_parts.Given(name, is_made=True)}, divided=divided)


def make_same_part(regions: Mapping[bpy.types.Mesh, ArrayLike], name: str = "") -> int:
    """Makes a part of faces, (P,) bool, in each of several meshes that share parts, with the name and color that it has in the first.

    Returns its node there. Raises PartgenError, and changes nothing, as `make_part` does for any of them.
    """
    for mesh, faces in regions.items():
        _editable(mesh)
        _require_some(mesh, np.asarray(faces, bool))
    first, *others = regions
    node, divided = _make_part(first, regions[first], name)
    nodes = {first: node, **{mesh: _make_part(mesh, regions[mesh], name, divided)[0] for mesh in others}}
    tree = regrouping.require_tree(first)
    look = stored_parts.shown(tree, stored_parts.read(first), tree.count(first.partgen.scale)).get(nodes[first], stored_parts.Given())
    color = look.color or stored_parts.default_color(tree, nodes[first])
    for mesh, node in nodes.items() if len(nodes) > 1 else ():
        stored_parts.give(mesh, node, name=look.name, color=color, is_made=True)
    return nodes[first]


def merge(mesh: bpy.types.Mesh, nodes: Sequence[int]) -> int:
    """Makes one part of several, which keeps name and colour of the first: returns its node. It is shown if any of them was."""
    stored, given, scale = _editable(mesh), stored_parts.read(mesh), mesh.partgen.scale
    _require_nodes(stored.tree, nodes)
    _require_several(stored.tree, nodes, scale)
    edit = tree_editing.merged_parts(stored.tree, nodes, scale, stored_parts.made_by_artist(given))
    first = int(nodes[0])  # it is called so as a piece, too
    new = {edit.node: stored_parts.Given(is_made=True), int(edit.node_of[first]): given.get(first, stored_parts.Given())}
    _store(mesh, edit, stored.leaf_of_polygon, new, {first: edit.node})
    hidden = stored_parts.hidden_leaves(mesh, edit.tree.leaf_count)[edit.tree.leaves(edit.node)]
    if hidden.any() and not hidden.all():
        show(mesh, [edit.node])
    return edit.node


def split(mesh: bpy.types.Mesh, node: int, pieces: int = 2) -> list[int]:
    """Takes a part apart into `pieces`, those that it was last merged from: returns their nodes.

    The one that brought the name into the part keeps name and colour, else the one with most faces.
    """
    stored, given, scale = _editable(mesh), stored_parts.read(mesh), mesh.partgen.scale
    _require_nodes(stored.tree, [node])
    edit = tree_editing.split_part(stored.tree, node, pieces, scale, stored_parts.made_by_artist(given))
    below = edit.tree.leaves(edit.node)
    found, piece = np.unique(edit.tree.nodes_into(edit.count)[below], return_inverse=True)
    faces = np.bincount(piece, stored.polygons_of_leaf[below])
    name = stored_parts.shown(stored.tree, given, stored.tree.count(scale)).get(node, stored_parts.Given()).name
    had_name = [int(edit.node_of[then]) for then, part in given.items() if part.name == name and name]
    heir = next((int(one) for one in found if one in had_name), int(found[faces.argmax()]))
    _store(mesh, edit, stored.leaf_of_polygon, dict.fromkeys(found.tolist(), stored_parts.Given(is_made=True)), {node: heir})
    return found.tolist()


def assign(mesh: bpy.types.Mesh, faces: ArrayLike, node: int) -> int:
    """Gives the faces, (P,) bool, to a part, whatever parts they had: returns its node."""
    wanted, now = np.asarray(faces, bool), part_of_polygon(mesh)
    if len(wanted) != len(now) or not wanted.any():
        raise PartgenError("region.empty", f"No face of {mesh.name} is selected.", "Select the faces that the part shall get.")
    if not (now == node).any():
        raise PartgenError("part.missing", f"{mesh.name} has no such part at its scale.", "Choose a part in the list.")
    return move_faces(mesh, np.where(wanted, node, now)).get(int(node), int(node))


def move_faces(mesh: bpy.types.Mesh, part_of_polygon: ArrayLike) -> dict[int, int]:
    """Gives every polygon to a part, (P,) nodes that are parts at the scale: returns the new nodes of those that were there."""
    stored, given = _editable(mesh), stored_parts.read(mesh)
    scale = mesh.partgen.scale
    wanted = np.asarray(part_of_polygon, np.int32)
    if len(wanted) != len(mesh.polygons):
        sentence = f"{mesh.name} has {len(mesh.polygons):,} faces, but {len(wanted):,} parts were given for them."
        raise PartgenError("region.size", sentence, "Give one for each face.")
    if len(np.unique(wanted)) < 2:
        raise PartgenError("region.whole", "That part would be the whole object.", "Move the scale to 1 to have one part.")
    before = stored.tree.nodes(scale)[stored.leaf_of_polygon]
    if np.array_equal(before, wanted):
        return {node: node for node in np.unique(before).tolist()}
    kept = stored_parts.made_by_artist(given)
    edit, labels, grown = tree_editing.moved_faces(stored.tree, stored.leaf_of_polygon, wanted, scale, kept)
    _store(mesh, edit, labels, dict.fromkeys(grown.values(), stored_parts.Given(is_made=True)), grown)
    return {node: grown.get(node, int(edit.node_of[node])) for node in np.unique(before).tolist()}


def smooth_border(mesh: bpy.types.Mesh, node: int, reach: float = borders.REACH) -> int:
    """Straightens the border of a part within `reach` of where it is, a share of the object's diagonal. Returns the part's node.

    What is straight already stays, and the tree with it, where nothing moves.
    """
    return _settle(mesh, node, reach, borders.smoothed)


def snap_border(mesh: bpy.types.Mesh, node: int, reach: float = borders.REACH) -> int:
    """Moves the border of a part to the creases within `reach`, a share of the object's diagonal. Returns the part's node.

    What lies on creases already stays, and the tree with it, where nothing moves.
    """
    return _settle(mesh, node, reach, borders.snapped)


def rename(mesh: bpy.types.Mesh, node: int, name: str) -> None:
    """Names a part, "" for the name by number. An object that was made of just this part is renamed too."""
    stored_tree.require_editable(mesh)
    _require_nodes(regrouping.require_tree(mesh), [node])
    _give(mesh, node, name=name.strip())
    tree = regrouping.require_tree(mesh)
    for source, object_ in _objects_of(mesh, [node]):
        if not name.strip() and object_.name != object_[collections.PART]["name"]:
            continue  # the artist named the object itself
        asked = name.strip() or collections.name_by_number(source, int(tree.node_ranks[node]))
        object_.name = object_.data.name = asked
        object_[collections.PART]["name"], object_[collections.PART]["asked"] = object_.name, asked


def recolor(mesh: bpy.types.Mesh, node: int, color: Sequence[float]) -> None:
    """Colours a part, scene-linear RGB; () for the colour by number. An object that was made of just this part is coloured too."""
    stored_tree.require_editable(mesh)
    _require_nodes(regrouping.require_tree(mesh), [node])
    if len(color) not in (0, 3) or not np.isfinite(color).all():
        raise PartgenError("part.no_color", f"{tuple(color)} is no color.", "Give three numbers: red, green and blue.")
    _give(mesh, node, color=tuple(color))
    shown = (*(color or stored_parts.default_color(regrouping.require_tree(mesh), node)), 1.0)
    for _, object_ in _objects_of(mesh, [node]):
        object_.color = shown
        object_[collections.PART]["color"] = list(shown)


def show(mesh: bpy.types.Mesh, nodes: Sequence[int], is_shown: bool = True) -> None:
    """Shows or hides parts: in the preview, in Edit Mode and the other modes that hide faces, and as objects.

    Only what was hidden with a part is shown with it: not what the artist hid.
    """
    stored = _editable(mesh)
    _require_nodes(stored.tree, nodes)
    hidden = stored_parts.hidden_leaves(mesh, stored.tree.leaf_count)
    below = np.zeros(len(hidden), bool)
    for node in nodes:
        below[stored.tree.leaves(node)] = True
    changed = [node for node in nodes if (hidden[stored.tree.leaves(node)] == is_shown).any()]
    hidden[below] = not is_shown
    stored_parts.hide_polygons(mesh, hidden[stored.leaf_of_polygon])
    stored_parts.write_hidden(mesh, hidden)
    for _, object_ in _objects_of(mesh, changed):  # what else the artist has hidden stays hidden
        if object_.name in bpy.context.view_layer.objects:
            object_.hide_set(not is_shown)


def without_faces(mesh: bpy.types.Mesh) -> list[str]:
    """The names that the artist gave to parts of which no face is left, because the faces were deleted."""
    tree, found = regrouping.tree_of(mesh), []
    faces = regrouping.polygons_of_leaf(mesh)
    for node, part in regrouping.given_of(mesh).items():
        if tree is not None and part.name and node < 2 * tree.leaf_count - 1 and not faces[tree.leaves(node)].any():
            found.append(part.name)
    return found


def surface_of(mesh: bpy.types.Mesh) -> refining.Surface:
    """The surface that borders run over and clicks are answered from, in the mesh's own space."""
    polygons = mesh_data.read_polygons(mesh)
    return refining.surface(polygons.vertices, polygons.corner_vertices, polygons.polygon_offsets)


def _settle(mesh: bpy.types.Mesh, node: int, reach: float, settled: borders.Settling) -> int:
    now = part_of_polygon(mesh)
    if not (now == node).any():
        raise PartgenError("part.missing", f"{mesh.name} has no such part at its scale.", "Choose a part in the list.")
    if (now == node).all():
        raise PartgenError("border.none", f"{mesh.name} is one part now, without a border.", "Lower the scale to have more parts.")
    return move_faces(mesh, settled(surface_of(mesh), now, node, reach)).get(node, node)


def _give(mesh: bpy.types.Mesh, node: int, **what: object) -> None:
    """Gives a part of the artist's name or color; others at the scale look as they did, also where they showed none because it had it."""
    tree = regrouping.require_tree(mesh)
    count, others = tree.count(mesh.partgen.scale), [other for other in parts(mesh) if other != node]
    before = stored_parts.names(tree, stored_parts.read(mesh), others, count)
    stored_parts.give(mesh, node, is_made=True, **what)
    after = stored_parts.names(tree, stored_parts.read(mesh), others, count)
    for other in others:
        if after[other] != before[other]:
            stored_parts.give(mesh, other, name=before[other])


def _heirs(parts_then: Ints, parts_now: Ints, became: Mapping[int, int]) -> dict[int, int]:
    """Which part of before each part is now that is no new one: node now -> node then. `became` is known of some: node then -> node now.

    Of the others each is what has most of its faces; `parts_then` and `parts_now` (P,).
    """
    heirs = {now: then for then, now in became.items()}
    pairs, faces = np.unique(np.stack([parts_then, parts_now]), axis=1, return_counts=True)
    for then, now in pairs[:, np.argsort(-faces, kind="stable")].T.tolist():
        if now not in heirs and then not in heirs.values():
            heirs[now] = then
    return heirs


def _store(
    mesh: bpy.types.Mesh,
    edit: TreeEdit,
    labels: Ints,
    new: Mapping[int, stored_parts.Given],
    became: Mapping[int, int] | None = None,
    divided: Mapping[int, tuple[int, int]] | None = None,
) -> Mapping[int, tuple[int, int]]:
    """Writes an edit with everything that goes with the tree.

    `new`: what nodes of the new tree are given beside what they have; `became`: which part of now one of before is, where that is not
    the one that has most of its faces; `divided`: how the same edit divided the identities of another object. Returns how it divided
    those of this one.
    """
    had, scale = carrying.Belongings.of(mesh), mesh.partgen.scale
    assert had is not None
    parts_now = edit.tree.nodes_into(edit.count)[labels]
    heirs = _heirs(had.stored.tree.nodes(scale)[had.stored.leaf_of_polygon], parts_now, became or {})
    edit = replace(edit, tree=tree_editing.renumbered(had.stored.tree, had.stored.tree.count(scale), edit, heirs))
    given = had.given_through(edit.node_of)
    for now, then in heirs.items():  # what a part was given it takes along; what is left of it elsewhere, or within it, has it no more
        if not stored_parts.is_below(edit.tree, now, int(edit.node_of[then])):
            given.pop(int(edit.node_of[then]), None)
    given |= {node: _combined(given.get(node), part) for node, part in new.items()}
    shared = carrying.shared_after(had, edit, scale, divided)
    tree = shared.tree if shared else edit.tree
    named = {node: part.name for node, part in new.items() if part.name}
    given |= _looks_kept(
        had, scale, replace(edit, tree=tree), given, {now: heirs.get(now, -1) for now in np.unique(parts_now).tolist()}, named
    )
    stored_tree.rewrite(mesh, tree, labels)
    carrying.carry(mesh, had, given, edit.leaf_before)
    if shared:
        carrying.share(mesh, had, shared)
    mesh.partgen.scale = shared.scale if shared else edit.scale
    return shared.divided if shared else {}


def _looks_kept(
    had: carrying.Belongings,
    scale: float,
    edit: TreeEdit,
    given: Mapping[int, stored_parts.Given],
    heirs: Mapping[int, int],
    named: Mapping[int, str],
) -> dict[int, stored_parts.Given]:
    """What parts have to be given to be called as before at `scale`, and to have the same color.

    `heirs`: which part of before each is, -1 for a new one, which has name and color by number; `named`: what some are called from now
    on. A part shows what was given to a larger one whose larger half it is. That one an edit may have done away with, or put together
    with others, whose name the part would show then.
    """
    tree = had.stored.tree
    before, after = stored_parts.shown(tree, had.given, tree.count(scale)), stored_parts.shown(edit.tree, given, edit.count)
    kept = {}
    for now, then in heirs.items():
        own, seen = given.get(now, stored_parts.Given()), after.get(now, stored_parts.Given())
        look = before.get(then) or had.given.get(then) or stored_parts.Given() if then >= 0 else own
        of = (tree, then) if then >= 0 else (edit.tree, now)
        name = named.get(now) or look.name or stored_parts.default_name(*of)
        color = look.color or stored_parts.default_color(*of)
        if name != (seen.name or stored_parts.default_name(edit.tree, now)):
            kept[now] = own = replace(own, name=name)
        if color != (seen.color or stored_parts.default_color(edit.tree, now)):
            kept[now] = replace(own, color=color)
    return kept


def _combined(had: stored_parts.Given | None, new: stored_parts.Given) -> stored_parts.Given:
    had = had or stored_parts.Given()
    return stored_parts.Given(new.name or had.name, new.color or had.color, new.is_made or had.is_made)


def _faceless(edit: TreeEdit, labels: Ints, wanted: NDArray[np.bool_]) -> Ints:
    """Leaves without faces, as an edit of the mesh leaves them behind, of those parts that lie in the region altogether."""
    leaf_count = edit.tree.leaf_count
    has_faces = np.bincount(labels, minlength=leaf_count) > 0
    if has_faces.all():
        return np.empty(0, np.int32)
    parts_ = edit.tree.nodes_into(edit.count)
    outside = np.unique(parts_[labels[~wanted]])
    inside = np.setdiff1d(np.unique(parts_[labels[wanted]]), outside)
    return np.flatnonzero(~has_faces & np.isin(parts_, inside)).astype(np.int32)


def _objects_of(mesh: bpy.types.Mesh, nodes: Sequence[int]) -> list[tuple[bpy.types.Object, bpy.types.Object]]:
    """The separate objects that were made of exactly one of these parts, each behind the object that it was made of."""
    tree, has_faces = regrouping.require_tree(mesh), regrouping.polygons_of_leaf(mesh) > 0
    wanted = {tuple(leaves[has_faces[leaves]].tolist()) for leaves in map(tree.leaves, nodes)}
    sources = [o for o in bpy.data.objects if o.data == mesh] if wanted else []
    made = [(source, part) for source in sources for part in applying.parts_of_this_tree(source)]
    return [(source, part) for source, part in made if tuple(collections.leaves_of(part).tolist()) in wanted]


def _editable(mesh: bpy.types.Mesh) -> stored_tree.StoredTree:
    stored_tree.require_editable(mesh)
    return stored_tree.require(mesh)


def _require_some(mesh: bpy.types.Mesh, wanted: NDArray[np.bool_]) -> None:
    if len(wanted) != len(mesh.polygons) or not wanted.any():
        raise PartgenError("region.empty", f"No face of {mesh.name} is chosen.", "Choose some faces first.")
    if wanted.all():
        raise PartgenError("region.whole", f"All faces of {mesh.name} are chosen, which is no part of it.", "Leave some faces out.")


def _require_several(tree: PartTree, nodes: Sequence[int], scale: float) -> None:
    """Raises PartgenError where what shall be merged is just one part of those that there are."""
    leaves = np.unique(np.concatenate([tree.leaves(node) for node in nodes])) if len(nodes) > 1 else np.empty(0, np.int32)
    whole = np.unique(tree.nodes(scale)[leaves])
    if len(whole) == 1 and len(leaves) == tree.leaf_sizes[whole[0]] < tree.leaf_count:
        remedy = "Mark another part as well, which is not a piece of this one."
        raise PartgenError("parts.one_already", "What is marked is one part already.", remedy)


def _require_nodes(tree: PartTree, nodes: Sequence[int]) -> None:
    if any(not 0 <= node < 2 * tree.leaf_count - 1 for node in nodes):
        raise PartgenError("part.missing", "There is no such part any more.", "Choose a part in the list.")
