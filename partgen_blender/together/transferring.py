"""What lies on one decomposed object, on another of its kind: parts, materials, attributes, colours among them, and vertex groups.

    transfer(chair, [stool], {"PARTS", "MATERIALS"})

Where a face of the target belongs on the source is found by partgen.correspondence, in the world as the objects stand there, once for
all that is transferred; where its corners belong on that face, by corners.py.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.correspondence import Correspondence, Surface, carried_labels, carried_values, correspondence, frame_of
from partgen.errors import PartgenError
from partgen.identities import grouped, identity_of_nodes, top

from .. import attribute_names, carrying, stored_identities, stored_parts, stored_tree
from . import corners
from .matching import gone, replace_tree
from .surfaces import UP, comparable_surfaces, corners_in

KINDS = ("PARTS", "MATERIALS", "ATTRIBUTE", "VERTEX_GROUPS")
_LEAST_WEIGHT = 1e-3
_FIELDS = {
    "FLOAT": ("value", np.float32, 1), "INT": ("value", np.int32, 1), "BOOLEAN": ("value", bool, 1), "INT8": ("value", np.int32, 1),
    "FLOAT_VECTOR": ("vector", np.float32, 3), "FLOAT2": ("vector", np.float32, 2), "INT32_2D": ("value", np.int32, 2),
    "FLOAT_COLOR": ("color", np.float32, 4), "BYTE_COLOR": ("color", np.float32, 4), "QUATERNION": ("value", np.float32, 4),
}  # fmt: skip
"""How the values of each type of attribute are read and written at once."""


_DOMAINS = {"FACE": "faces", "POINT": "vertices", "CORNER": "corners"}
_WITHOUT_BETWEEN = {"INT", "BOOLEAN", "INT8", "INT32_2D", "QUATERNION"}
"""Types between whose values there are none: the nearest counts, not a mean."""


@dataclass(frozen=True, eq=False)
class _Found:
    """Two objects, and which place of `target` is which of `source`."""

    source: bpy.types.Object
    target: bpy.types.Object
    own: Surface
    other: Surface
    faces: Correspondence

    @cached_property
    def source_corners(self) -> corners.Corners:
        return corners_in(self.source, frame_of(self.own, np.eye(3)))

    @cached_property
    def corners(self) -> corners.Answers:
        """Where the corners of the target are on the source."""
        return corners.answering(
            self.source_corners, corners_in(self.target, frame_of(self.other, self.faces.rotation)), self.faces.source_face
        )


def transfer(
    source: bpy.types.Object,
    targets: Sequence[bpy.types.Object],
    kinds: AbstractSet[str],
    attribute: str = "",
    progress: Callable[[float], None] = lambda fraction: None,
) -> list[str]:
    """Gives every target what lies on `source`. Returns sentences for the artist.

    `kinds`: "PARTS" (the target is regrouped into the parts that the source has at its scale, with their names and colors), "MATERIALS",
    "ATTRIBUTE" (the one called `attribute`, of faces, vertices or corners), "VERTEX_GROUPS" (all of them, with weights). Objects that
    share the source's mesh are left out. `progress` hears how much is done, 0 to 1. Raises PartgenError, and changes nothing, where an
    object has no usable tree or cannot be changed, the source lacks what is asked for, or it would take another thing's name.
    """
    for object_ in (source, *targets):
        stored_tree.require_mesh(object_)
    targets = [object_ for object_ in targets if object_.data != source.data]
    _require_possible(source, targets, kinds, attribute)
    surfaces, note = comparable_surfaces([source, *targets])
    found = []
    for number, (target, some) in enumerate(zip(targets, surfaces[1:], strict=True)):
        progress(_SHARE_OF_COMPARING * number / len(targets))
        found.append(_Found(source, target, surfaces[0], some, correspondence(surfaces[0], some, UP)))
    aside = []
    for number, each in enumerate(found):
        progress(_SHARE_OF_COMPARING + (1 - _SHARE_OF_COMPARING) * number / len(targets))
        if "MATERIALS" in kinds:
            _transfer_materials(each)
        if "ATTRIBUTE" in kinds:
            _transfer_attribute(each, attribute)
        if "VERTEX_GROUPS" in kinds:
            _transfer_vertex_groups(each)
        if "PARTS" in kinds:
            lost = carrying.lost_in_words(_transfer_parts(each))
            aside += [f"{each.target.name}: {lost}"] if lost else []
        each.target.data.update()
    names = [target.name for target in targets]
    said = names[0] if len(names) == 1 else f"{len(names)} objects"
    carried = ", ".join(_WORDS[kind] for kind in KINDS if kind in kinds)
    return [f"From {source.name} to {said}: {carried}.", *([note] if note else []), *aside]


_SHARE_OF_COMPARING = 0.6
_WORDS = {"PARTS": "parts", "MATERIALS": "materials", "ATTRIBUTE": "attribute", "VERTEX_GROUPS": "vertex groups"}


def transferable_attributes(mesh: bpy.types.Mesh) -> list[str]:
    """The names of the attributes of `mesh` that can be transferred, of faces, vertices and corners: without those that Blender or
    PartGen keep for themselves."""
    return [
        attribute.name
        for attribute in mesh.attributes
        if attribute.domain in _DOMAINS
        and attribute.data_type in _FIELDS
        and not attribute.is_required
        and not attribute_names.is_reserved(attribute.name)
    ]


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
    if "ATTRIBUTE" in kinds and attribute not in transferable_attributes(source.data):
        missing = f"{source.name} has no attribute of faces, vertices or corners called {attribute}."
        told = missing if attribute else "No attribute was chosen."
        raise PartgenError("transfer.no_attribute", told, "Choose one of the active object's attributes.")
    if "MATERIALS" in kinds and not source.material_slots:
        raise PartgenError("transfer.no_materials", f"{source.name} has no materials.", "Give it some, or transfer something else.")
    if "VERTEX_GROUPS" in kinds and not source.vertex_groups:
        raise PartgenError("transfer.no_groups", f"{source.name} has no vertex groups.", "Give it some, or transfer something else.")
    for target in targets:
        if "ATTRIBUTE" in kinds:
            _require_free_name(source.data.attributes[attribute], target)
        if "VERTEX_GROUPS" in kinds:
            for group in source.vertex_groups:
                if group.name in target.data.attributes:
                    raise _taken(target, "an attribute", group.name)


def _require_free_name(attribute: bpy.types.Attribute, target: bpy.types.Object) -> None:
    """Raises PartgenError where the target has something else of this name, which would be lost."""
    existing = target.data.attributes.get(attribute.name)
    if existing is not None and (existing.domain, existing.data_type) != (attribute.domain, attribute.data_type):
        kind = existing.bl_rna.properties["data_type"].enum_items[existing.data_type].name
        raise _taken(target, f"another attribute ({kind}, of {_DOMAINS.get(existing.domain, 'edges')})", attribute.name)
    if attribute.name in target.vertex_groups:
        raise _taken(target, "a vertex group", attribute.name)


def _taken(target: bpy.types.Object, thing: str, name: str) -> PartgenError:
    return PartgenError("transfer.taken", f"{target.name} has {thing} called {name}.", "Rename or remove it there first.")


# ---- parts ---------------------------------------------------------------------------------------------------------


def _transfer_parts(found: _Found) -> list[stored_parts.Given]:
    """Regroups the target into the source's parts, joined further as the source's are; names and colors come along.

    Returns what the artist had given to parts of the target that are no more.
    """
    source, target, own, other = found.source, found.target, found.own, found.other
    tree, scale = own.tree, source.data.partgen.scale
    count = tree.count(scale)
    parts, above = tree.cut_into(count), top(tree, count)
    carried = carried_labels(found.faces, own, other, parts[own.leaf_of_face])
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
    before = stored_parts.read(target.data)
    lost = [before[node] for node in gone(target.data, new)]
    stored_identities.forget(target.data)
    replace_tree(target.data, new, given)
    target.data.partgen.scale = new.scale_for(len(np.unique(group_of_leaf)))
    return lost


def _by_leaf(carried: NDArray, some: Surface) -> NDArray[np.int32]:
    """What the faces of each leaf were given, all the same: (L,). A leaf without faces has what the first one has."""
    found = np.full(some.tree.leaf_count, carried[0], np.int32)
    found[some.leaf_of_face] = carried
    return found


# ---- materials and attributes ----------------------------------------------------------------------------------------


def _transfer_materials(found: _Found) -> None:
    """Gives the target's faces the source's materials, in slots that are added where it does not have them."""
    source, target = found.source, found.target
    indices = np.empty(len(source.data.polygons), np.int32)
    source.data.polygons.foreach_get("material_index", indices)
    indices = np.clip(indices, 0, len(source.material_slots) - 1)
    carried = carried_labels(found.faces, found.own, found.other, indices)
    slots = {int(index): _slot_of(target, source.material_slots[int(index)].material) for index in np.unique(carried)}
    target.data.polygons.foreach_set("material_index", np.array([slots[int(index)] for index in carried], np.int32))


def _slot_of(object_: bpy.types.Object, material: bpy.types.Material | None) -> int:
    """The slot of an object that shows a material, added where there is none."""
    for index, slot in enumerate(object_.material_slots):
        if slot.material == material:
            return index
    object_.data.materials.append(material)
    return len(object_.material_slots) - 1


def _transfer_attribute(found: _Found, name: str) -> None:
    """Gives the target an attribute of the same name, type and domain; one that it has already is filled anew."""
    source, target = found.source.data, found.target.data
    attribute = source.attributes[name]
    field, kind, width = _FIELDS[attribute.data_type]
    values = np.empty(len(attribute.data) * width, kind)
    attribute.data.foreach_get(field, values)
    carried = _carried(found, values.reshape(-1, width), attribute.domain, attribute.data_type)
    made = target.attributes.get(name) or target.attributes.new(name, attribute.data_type, attribute.domain)
    made.data.foreach_set(field, np.ascontiguousarray(carried, kind).reshape(-1))
    if name in target.color_attributes and not target.attributes.active_color_name:
        target.attributes.active_color_name = target.attributes.default_color_name = name


def _carried(found: _Found, values: NDArray, domain: str, data_type: str) -> NDArray:
    """Values of the source's faces, vertices or corners, (K, ...), on those of the target."""
    if domain == "FACE":
        return carried_values(found.faces, values)
    if domain == "POINT":
        values = values[found.source_corners.vertices]
    if data_type in _WITHOUT_BETWEEN:
        carried = found.corners.nearest(values)
        return carried if domain == "CORNER" else found.corners.nearest_on_vertices(carried)
    carried = found.corners.interpolated(values)
    return carried if domain == "CORNER" else found.corners.on_vertices(carried)


# ---- vertex groups -------------------------------------------------------------------------------------------------


def _transfer_vertex_groups(found: _Found) -> None:
    """Gives the target's vertices the weights that the source has where they belong."""
    target = found.target
    members = _members(found.source)
    for group in found.source.vertex_groups:
        weights = _weights(members, group.index, len(found.source.data.vertices))
        carried = found.corners.on_vertices(found.corners.interpolated(weights[found.source_corners.vertices]))
        existing = target.vertex_groups.get(group.name)
        if existing is not None:
            existing.remove(range(len(target.data.vertices)))
        _add_weights(existing or target.vertex_groups.new(name=group.name), carried)


Members = dict[int, tuple["array[int]", "array[float]"]]
"""By number of a group, the vertices in it and their weights: a table of all groups and all vertices would take gigabytes."""


def _members(object_: bpy.types.Object) -> Members:
    members: Members = defaultdict(lambda: (array("q"), array("d")))
    for index, vertex in enumerate(object_.data.vertices):
        for member in vertex.groups:
            places, weights = members[member.group]
            places.append(index)
            weights.append(member.weight)
    return members


def _weights(members: Members, group: int, count: int) -> NDArray[np.float64]:
    """The weight of each of `count` vertices in a group, 0 where it is not in it: (V,)."""
    weights = np.zeros(count)
    if group in members:
        places, values = members[group]
        weights[np.asarray(places)] = np.asarray(values)
    return weights


def _add_weights(group: bpy.types.VertexGroup, weights: NDArray[np.float64]) -> None:
    """Puts the vertices into a group by `weights` (V,), but those without any."""
    steps = np.round(weights / _LEAST_WEIGHT).astype(np.int64)
    members = np.flatnonzero(steps)
    members = members[np.argsort(steps[members], kind="stable")]
    # Vertices of one weight together: one call for each would take minutes.
    for some in np.split(members, np.flatnonzero(np.diff(steps[members])) + 1):
        if len(some):
            group.add(some.tolist(), float(steps[some[0]] * _LEAST_WEIGHT), "REPLACE")
