"""Between the list and what is selected in the viewport, both ways: objects where Apply made some, else faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.counting import counted
from partgen.errors import PartgenError

from .. import applying, collections, mesh_data, regrouping, stored_tree

Bools = NDArray[np.bool_]
# Where vertices are selected, faces between two parts whose corners all belong to a selected face would be selected too.
_FACES_ALONE = (False, False, True)


def select(context: bpy.types.Context, source: bpy.types.Object, nodes: Sequence[int], extend: bool = False) -> str:
    """Selects parts, given as nodes, in the viewport. Returns a sentence that says what is selected now."""
    mesh = source.data
    leaves = _leaves(mesh, nodes)
    if mesh.is_editmode:
        context.tool_settings.mesh_select_mode = _FACES_ALONE
        return _said(_select_in_edit_mode(mesh, leaves, extend), "face")
    objects = [part for part in applying.parts_of_this_tree(source) if leaves[collections.leaves_of(part)].all()]
    if objects and not source.visible_get(view_layer=context.view_layer):
        if not extend:
            for object_ in context.selected_objects:
                object_.select_set(False)
        for object_ in objects:
            object_.select_set(True)
        context.view_layer.objects.active = objects[0]
        return _said(len(objects), "object")
    stored = stored_tree.leaf_of_polygon(mesh)
    faces = leaves.take(stored, mode="clip") if stored is not None else np.zeros(len(mesh.polygons), bool)
    context.tool_settings.mesh_select_mode = _FACES_ALONE
    return _said(select_faces(mesh, faces, extend), "face") + " Enter Edit Mode to see them."


def selected_faces(mesh: bpy.types.Mesh) -> Bools:
    """The faces that are selected in a mesh outside of Edit Mode, (P,) bool, without hidden ones."""
    selected = np.zeros(len(mesh.polygons), bool)
    mesh.polygons.foreach_get("select", selected)
    hidden = mesh_data.hidden_polygons(mesh)
    return selected if hidden is None else selected & ~hidden


def select_faces(mesh: bpy.types.Mesh, faces: Bools, extend: bool = False) -> int:
    """Selects faces, (P,) bool, with their edges and vertices, but for hidden ones; returns the number of those selected."""
    hidden = mesh_data.hidden_polygons(mesh)
    wanted = faces if hidden is None else faces & ~hidden
    if extend:
        wanted = wanted | selected_faces(mesh)
    mesh_data.select_polygons(mesh, wanted)
    return int(wanted.sum())


def nodes_of_selected_objects(context: bpy.types.Context, mesh: bpy.types.Mesh) -> list[int]:
    """The parts of `mesh`, at its scale, of which objects are selected that were made of just these; the active one first."""
    sources = [o for o in bpy.data.objects if o.data == mesh]
    of_parts = [part for source in sources for part in applying.parts_of_this_tree(source)]
    chosen = sorted((o for o in context.selected_objects if o in of_parts), key=lambda o: o != context.view_layer.objects.active)
    found = [_node_of_leaves(mesh, collections.leaves_of(part)) for part in chosen]
    return list(dict.fromkeys(node for node in found if node >= 0))


def nodes_of_selected_faces(mesh: bpy.types.Mesh) -> list[int]:
    """The parts that selected faces of `mesh` have, those with most of them first."""
    tree = regrouping.tree_of(mesh)
    leaves = _leaves_of_selected_faces(mesh)
    if tree is None or not len(leaves):
        return []
    nodes, counts = np.unique(tree.nodes(mesh.partgen.scale).take(leaves, mode="clip"), return_counts=True)
    return nodes[np.argsort(-counts, kind="stable")].tolist()


def in_object_mode(context: bpy.types.Context, label: str, done: Callable[[], set[str]]) -> set[str]:
    """Does something to the tree from Edit Mode, in Object Mode for the moment.

    An undo step of Edit Mode holds the geometry and face attributes, but not the properties of a mesh, where the tree is: undone
    so, labels and tree would no longer belong together. Hence a step of Object Mode between the two, which holds everything.
    """
    if context.mode != "EDIT_MESH":
        return done()
    bpy.ops.object.mode_set(mode="OBJECT")
    try:
        result = done()
        if "FINISHED" in result:
            bpy.ops.ed.undo_push(message=label)
    finally:
        bpy.ops.object.mode_set(mode="EDIT")
    return result


def _leaves(mesh: bpy.types.Mesh, nodes: Sequence[int]) -> Bools:
    """Which leaves lie below nodes: (L,) bool."""
    tree = regrouping.require_tree(mesh)
    below = np.zeros(tree.leaf_count, bool)
    for node in nodes:
        below[tree.leaves(node)] = True
    return below


def _select_in_edit_mode(mesh: bpy.types.Mesh, leaves: Bools, extend: bool) -> int:
    bm = bmesh.from_edit_mesh(mesh)
    bm.select_mode = {"FACE"}
    layer = bm.faces.layers.int.get(stored_tree.LEAF)
    if layer is None:
        raise PartgenError("tree.no_leaves", f"The face attribute {stored_tree.LEAF} of {mesh.name} is gone.", "Decompose it again.")
    count = 0
    if not extend:
        for sequence in (bm.verts, bm.edges, bm.faces):
            for element in sequence:
                element.select = False
    for face in bm.faces:
        if 0 <= face[layer] < len(leaves) and leaves[face[layer]] and not face.hide:
            face.select_set(True)
            count += 1
    bm.select_flush_mode()
    bmesh.update_edit_mesh(mesh, loop_triangles=False, destructive=False)
    return count


def _leaves_of_selected_faces(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    if not mesh.is_editmode:
        stored = stored_tree.leaf_of_polygon(mesh)
        return stored[selected_faces(mesh)] if stored is not None else np.empty(0, np.int32)
    bm = bmesh.from_edit_mesh(mesh)
    layer = bm.faces.layers.int.get(stored_tree.LEAF)
    return np.array([face[layer] for face in bm.faces if face.select] if layer is not None else [], np.int32)


def _node_of_leaves(mesh: bpy.types.Mesh, leaves: NDArray[np.int32]) -> int:
    """The part at the scale of `mesh` that has just these leaves, of those that have faces; -1 where there is none."""
    tree, faces = regrouping.tree_of(mesh), regrouping.polygons_of_leaf(mesh)
    if tree is None or not len(leaves):
        return -1
    nodes = tree.nodes(mesh.partgen.scale)
    node = int(nodes[leaves[0]])
    whole = np.flatnonzero((nodes == node) & (faces > 0))
    return node if np.array_equal(whole, leaves) else -1


def _said(count: int, what: str) -> str:
    return f"{counted(count, what)} {'is' if count == 1 else 'are'} selected."
