"""What lies on one decomposed object, on another of its kind: parts, materials, face attributes and vertex groups.

    transfer(chair, [stool], {"PARTS", "MATERIALS"})

Where a face of the target belongs on the source is found by partgen.correspondence, in the world as the objects stand there.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.correspondence import Correspondence, Surface, carried_labels, carried_values, correspondence
from partgen.errors import PartgenError
from partgen.identities import grouped, identity_of_nodes, top

from .. import mesh_data, stored_identities, stored_parts, stored_tree
from .matching import replace_tree
from .surfaces import UP, comparable_surfaces

KINDS = ("PARTS", "MATERIALS", "ATTRIBUTE", "VERTEX_GROUPS")
_LEAST_WEIGHT = 1e-3
_FIELDS = {
    "FLOAT": ("value", np.float32, 1), "INT": ("value", np.int32, 1), "BOOLEAN": ("value", bool, 1), "INT8": ("value", np.int32, 1),
    "FLOAT_VECTOR": ("vector", np.float32, 3), "FLOAT2": ("vector", np.float32, 2), "INT32_2D": ("value", np.int32, 2),
    "FLOAT_COLOR": ("color", np.float32, 4), "BYTE_COLOR": ("color", np.float32, 4), "QUATERNION": ("value", np.float32, 4),
}  # fmt: skip
"""How the values of each type of attribute are read and written at once."""


def transfer(source: bpy.types.Object, targets: Sequence[bpy.types.Object], kinds: AbstractSet[str], attribute: str = "") -> list[str]:
    """Gives every target what lies on `source`. Returns sentences for the artist.

    `kinds`: "PARTS" (the target is regrouped into the parts that the source has at its scale, with their names and colors), "MATERIALS",
    "ATTRIBUTE" (the face attribute called `attribute`), "VERTEX_GROUPS" (all of them, with weights). Objects that share the source's mesh
    are left out. Raises PartgenError, and changes nothing, where an object has no usable tree or cannot be changed, or the source lacks
    what is asked for.
    """
    targets = [object_ for object_ in targets if object_.data != source.data]
    _require_possible(source, targets, kinds, attribute)
    surfaces, note = comparable_surfaces([source, *targets])
    found = [correspondence(surfaces[0], some, UP) for some in surfaces[1:]]
    for target, some, matched in zip(targets, surfaces[1:], found, strict=True):
        if "MATERIALS" in kinds:
            _transfer_materials(source, target, surfaces[0], some, matched)
        if "ATTRIBUTE" in kinds:
            _transfer_attribute(source.data, target.data, attribute, matched)
        if "VERTEX_GROUPS" in kinds:
            _transfer_vertex_groups(source, target, matched)
        if "PARTS" in kinds:
            _transfer_parts(source, target, surfaces[0], some, matched)
        target.data.update()
    names = [target.name for target in targets]
    said = names[0] if len(names) == 1 else f"{len(names)} objects"
    return [f"From {source.name} to {said}: {', '.join(_WORDS[kind] for kind in KINDS if kind in kinds)}.", *([note] if note else [])]


_WORDS = {"PARTS": "parts", "MATERIALS": "materials", "ATTRIBUTE": "attribute", "VERTEX_GROUPS": "vertex groups"}


def face_attributes(mesh: bpy.types.Mesh) -> list[str]:
    """The names of the face attributes of `mesh` that can be transferred: without those that Blender or PartGen keep for themselves."""
    return [a.name for a in mesh.attributes if a.domain == "FACE" and a.data_type in _FIELDS and not a.name.startswith((".", "partgen_"))]


def _require_possible(source: bpy.types.Object, targets: Sequence[bpy.types.Object], kinds: AbstractSet[str], attribute: str) -> None:
    if not targets:
        raise PartgenError(
            "transfer.no_target", "There is no other object to transfer to.", "Select it too; the active object is the source."
        )
    if not kinds or kinds - set(KINDS):
        raise PartgenError(
            "transfer.nothing", "Nothing was chosen to be transferred.", "Choose parts, materials, an attribute or vertex groups."
        )
    for object_ in targets:
        stored_tree.require_editable(object_.data)
    if "ATTRIBUTE" in kinds and attribute not in face_attributes(source.data):
        told = f"{source.name} has no face attribute called {attribute}." if attribute else "No attribute was chosen."
        raise PartgenError("transfer.no_attribute", told, "Choose one of the active object's face attributes.")
    if "MATERIALS" in kinds and not source.material_slots:
        raise PartgenError("transfer.no_materials", f"{source.name} has no materials.", "Give it some, or transfer something else.")
    if "VERTEX_GROUPS" in kinds and not source.vertex_groups:
        raise PartgenError("transfer.no_groups", f"{source.name} has no vertex groups.", "Give it some, or transfer something else.")


# ---- parts ---------------------------------------------------------------------------------------------------------


def _transfer_parts(source: bpy.types.Object, target: bpy.types.Object, own: Surface, other: Surface, found: Correspondence) -> None:
    """Regroups the target into the source's parts, joined further as the source's are; names and colors come along."""
    tree, scale = own.tree, source.data.partgen.scale
    count = tree.count(scale)
    parts, above = tree.cut_into(count), top(tree, count)
    carried = carried_labels(found, own, other, parts[own.leaf_of_face])
    group_of_leaf = _by_leaf(carried, other)
    new = grouped(other.tree, group_of_leaf, above)
    looks = stored_parts.shown(tree, stored_parts.read(source.data), count)
    at_scale = dict(zip(parts.tolist(), tree.nodes_into(count).tolist(), strict=True))
    given = {}
    for node, group in identity_of_nodes(new, above, group_of_leaf).items():
        if group < count:
            part = at_scale[group]
            had = looks.get(part, stored_parts.Given())
            name = had.name or f"{target.name} {stored_parts.default_name(tree, part)}"
            given[node] = stored_parts.Given(name, had.color or stored_parts.default_color(tree, part))
    stored_identities.forget(target.data)
    replace_tree(target.data, new, given)
    target.data.partgen.scale = scale


def _by_leaf(carried: NDArray, some: Surface) -> NDArray[np.int32]:
    """What the faces of each leaf were given, all the same: (L,). A leaf without faces has what the first one has."""
    found = np.full(some.tree.leaf_count, carried[0], np.int32)
    found[some.leaf_of_face] = carried
    return found


# ---- what lies on faces ----------------------------------------------------------------------------------------------


def _transfer_materials(source: bpy.types.Object, target: bpy.types.Object, own: Surface, other: Surface, found: Correspondence) -> None:
    """Gives the target's faces the source's materials, in slots that are added where it does not have them."""
    indices = np.empty(len(source.data.polygons), np.int32)
    source.data.polygons.foreach_get("material_index", indices)
    indices = np.clip(indices, 0, len(source.material_slots) - 1)
    carried = carried_labels(found, own, other, indices)
    slots = {int(index): _slot_of(target, source.material_slots[int(index)].material) for index in np.unique(carried)}
    target.data.polygons.foreach_set("material_index", np.array([slots[int(index)] for index in carried], np.int32))


def _slot_of(object_: bpy.types.Object, material: bpy.types.Material | None) -> int:
    """The slot of an object that shows a material, added where there is none."""
    for index, slot in enumerate(object_.material_slots):
        if slot.material == material:
            return index
    object_.data.materials.append(material)
    return len(object_.material_slots) - 1


def _transfer_attribute(source: bpy.types.Mesh, target: bpy.types.Mesh, name: str, found: Correspondence) -> None:
    """Gives the target a face attribute of the same name and type, in place of one that it has of this name."""
    attribute = source.attributes[name]
    field, kind, width = _FIELDS[attribute.data_type]
    values = np.empty(len(source.polygons) * width, kind)
    attribute.data.foreach_get(field, values)
    existing = target.attributes.get(name)
    if existing is not None and (existing.domain != "FACE" or existing.data_type != attribute.data_type):
        target.attributes.remove(existing)
        existing = None
    made = existing or target.attributes.new(name, attribute.data_type, "FACE")
    made.data.foreach_set(field, np.ascontiguousarray(carried_values(found, values.reshape(-1, width))).reshape(-1))


# ---- what lies on vertices -------------------------------------------------------------------------------------------


def _transfer_vertex_groups(source: bpy.types.Object, target: bpy.types.Object, found: Correspondence) -> None:
    """Gives the target's vertices the weights that the source has there: the mean over the faces around each."""
    from_faces, to_faces = (_faces_of_corners(object_.data) for object_ in (source, target))
    for group in source.vertex_groups:
        weights = _means(from_faces, _weights(source, group.index), of_faces=True)
        spread = _means(to_faces, carried_values(found, weights), of_faces=False)
        made = target.vertex_groups.get(group.name) or target.vertex_groups.new(name=group.name)
        made.remove(range(len(target.data.vertices)))
        for weight in np.unique(np.round(spread, 3)):
            if weight >= _LEAST_WEIGHT:  # vertices of one weight together: one call for each would take minutes
                made.add(np.flatnonzero(np.round(spread, 3) == weight).tolist(), float(weight), "REPLACE")


def _faces_of_corners(mesh: bpy.types.Mesh) -> tuple[NDArray[np.int32], NDArray[np.int32], int, int]:
    """The face and the vertex of every corner, and how many faces and vertices there are."""
    polygons = mesh_data.read_polygons(mesh)
    return polygons.polygon_of_corner, polygons.corner_vertices, polygons.count, len(mesh.vertices)


def _means(corners: tuple[NDArray, NDArray, int, int], values: NDArray, of_faces: bool) -> NDArray[np.float64]:
    """The mean for every face of values of its vertices, or for every vertex of values of the faces around it."""
    faces, vertices, face_count, vertex_count = corners
    into, source, count = (faces, vertices, face_count) if of_faces else (vertices, faces, vertex_count)
    return np.bincount(into, np.asarray(values)[source], count) / np.maximum(np.bincount(into, minlength=count), 1)


def _weights(object_: bpy.types.Object, group: int) -> NDArray[np.float64]:
    """The weight of every vertex in a group, 0 where it is not in it: (V,)."""
    weights = np.zeros(len(object_.data.vertices))
    for vertex in object_.data.vertices:
        for member in vertex.groups:
            if member.group == group:
                weights[vertex.index] = member.weight
    return weights
