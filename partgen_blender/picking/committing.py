"""What becomes of picked parts: a face selection, an object, a face set, a vertex group, a material slot, an attribute, one part.

    commit({object_: leaves}, "VERTEX_GROUP", "Handle")       # leaves (L,) bool; returns sentences of what was made

Each is what Blender itself would have made, so that it lives on without PartGen. The caller makes one undo step of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import applying, attribute_names, carrying, collections, cutting, mesh_data, regrouping, stored_tree, twins
from ..palette import colors_of_ranks
from ..refining import edits
from .subtrees import restricted

Bools = NDArray[np.bool_]

# The numbers are saved in files: a kind keeps its number for ever.
KINDS = (
    ("FACE_SELECTION", "Face Selection", "Select the faces in Edit Mode", "EDITMODE_HLT", 0),
    (
        "SEPARATE",
        "Separate Object",
        "Make an object of its own of the faces, with everything that lies on them. Both it and the rest go on having parts",
        "OBJECT_DATAMODE",
        1,
    ),
    ("FACE_SET", "Face Set", "Make a face set of the faces, for Sculpt Mode", "SCULPTMODE_HLT", 2),
    ("VERTEX_GROUP", "Vertex Group", "Give the corners of the faces weight 1 in a vertex group", "GROUP_VERTEX", 3),
    ("MATERIAL", "Material Slot", "Give the faces a material in a slot of its own", "MATERIAL", 4),
    ("ATTRIBUTE", "Attribute", "Mark the faces in a boolean face attribute", "SPREADSHEET", 5),
    ("PART", "Part of the Tree", "Make the faces one part at the scale as it is; slider and names go on working", "MOD_EXPLODE", 6),
)
NAMES = {identifier: name for identifier, name, *_ in KINDS}
_FIRST_FACE_SET = 1  # which all faces have of a mesh without the attribute
_FACE_SET = ".sculpt_face_set"
_MATERIAL_INDEX = "material_index"
_PICKED_RANK = 1
_NEEDS_VIEW_LAYER = ("FACE_SELECTION", "SEPARATE")
_TAKES_NAME = ("SEPARATE", "VERTEX_GROUP", "MATERIAL", "ATTRIBUTE")


def commit(picked: Mapping[bpy.types.Object, Bools], kind: str, name: str = "", keep_shading: bool = True) -> list[str]:
    """Makes `kind` of the picked leaves, (L,) bool, of every object. Returns a sentence for each object.

    `name`: of what is made. A vertex group or an attribute that has it already is filled anew, to a material that has it the faces are
    added. "": the name that the artist gave to the part, else that of the object with "Pick", with a number where it is taken, so that
    nothing is overwritten. `keep_shading`: across the cut of a separate object.
    Raises PartgenError, and changes nothing, where nothing is picked or one of the objects cannot be changed.
    """
    if kind not in NAMES:
        raise PartgenError("pick.no_kind", f"Nothing can become a {kind}.", f"Choose one of: {', '.join(NAMES)}.")
    chosen = {o: faces for o, leaves in picked.items() if (faces := faces_of(o, leaves)).any()}
    if not chosen:
        raise PartgenError("pick.nothing", "Nothing is picked.", "Click a part first.")
    for object_, faces in chosen.items():
        _require_editable(object_, faces, kind, name)
    if kind == "FACE_SELECTION":
        return _select_faces(chosen)
    make: Callable[[bpy.types.Object, Bools, str], str] = {
        "SEPARATE": lambda o, faces, called: _separate(o, faces, called, keep_shading),
        "FACE_SET": _make_face_set,
        "VERTEX_GROUP": _make_vertex_group,
        "MATERIAL": _make_material_slot,
        "ATTRIBUTE": _make_attribute,
        "PART": _make_part,
    }[kind]
    if kind == "SEPARATE":
        bpy.ops.object.select_all(action="DESELECT")
    called = {o: name or _own_name(o, picked[o], kind) for o in chosen}
    return [make(object_, faces, called[object_]) for object_, faces in chosen.items()]


def faces_of(object_: bpy.types.Object, leaves: Bools) -> Bools:
    """The polygons of the object's mesh that have these leaves, (L,) bool: (P,) bool. Raises PartgenError for a stale mesh."""
    stored = stored_tree.leaf_of_polygon(object_.data)
    if stored is None:
        raise PartgenError("tree.missing", f"{object_.name} has no parts any more.", "Decompose it again.")
    return np.asarray(leaves, bool).take(stored, mode="clip")


def _own_name(object_: bpy.types.Object, leaves: Bools, kind: str) -> str:
    """A free name: what the artist calls the part of exactly these leaves, which a part keeps; else the object's name with "Pick"."""
    given = _given_name(object_, leaves)
    return given if given and kind == "PART" else _free_name(object_, kind, given or f"{object_.name} Pick")


def _given_name(object_: bpy.types.Object, leaves: Bools) -> str:
    """What the artist calls the part of exactly these leaves, "" where it has no name."""
    tree, given = regrouping.tree_of(object_.data), regrouping.given_of(object_.data)
    if tree is not None:
        for node in sorted(given):
            if given[node].name and np.array_equal(tree.leaves(node), np.flatnonzero(leaves)):
                return given[node].name
    return ""


def _free_name(object_: bpy.types.Object, kind: str, name: str) -> str:
    """`name`, shortened to what Blender takes, and with a number where something has it that this kind would overwrite."""
    called, number = _shortened(name, ""), 1
    while _is_taken(object_, kind, called):
        called, number = _shortened(name, f".{number:03d}"), number + 1
    return called


def _shortened(name: str, ending: str) -> str:
    return name.encode()[: attribute_names.LONGEST - len(ending)].decode(errors="ignore") + ending


def _is_taken(object_: bpy.types.Object, kind: str, name: str) -> bool:
    if kind == "MATERIAL":
        return name in bpy.data.materials
    if kind == "PART":
        return any(part.name == name for part in regrouping.given_of(object_.data).values())
    if kind in ("VERTEX_GROUP", "ATTRIBUTE"):  # Blender gives no name to both
        return (
            name in object_.vertex_groups or name in object_.data.attributes or (kind == "ATTRIBUTE" and attribute_names.is_reserved(name))
        )
    return False  # Blender numbers objects itself


def _require_editable(object_: bpy.types.Object, faces: Bools, kind: str, name: str) -> None:
    mesh = object_.data
    if mesh.library is not None or object_.library is not None:
        raise PartgenError("mesh.linked", f"{object_.name} is linked from another file.", "Make it local first.")
    if mesh.is_editmode:
        raise PartgenError("mesh.edit_mode", f"{object_.name} is in Edit Mode.", "Leave Edit Mode and try again.")
    if kind in _NEEDS_VIEW_LAYER:
        _require_in_view_layer(object_, kind)
    if kind == "SEPARATE":
        applying.refuse_while_applied(object_)
        if faces.all():
            sentence = f"All of {object_.name} is picked, so there is nothing to separate it from."
            raise PartgenError("pick.everything", sentence, "Pick a part of it.")
    if kind == "PART":
        stored_tree.require(mesh)
        if faces.all():
            raise PartgenError("pick.everything", f"All of {object_.name} is picked, which is no part of it.", "Leave some of it out.")
    if name and kind in _TAKES_NAME:
        _require_name(object_, kind, name)


def _require_in_view_layer(object_: bpy.types.Object, kind: str) -> None:
    view_layer = bpy.context.view_layer
    view_layer.update()  # what was unlinked a moment ago is listed until then
    if not any(o == object_ for o in view_layer.objects):
        remedy = "Link it to the scene, or turn on its collection."
        raise PartgenError("pick.not_in_view_layer", f"{object_.name} is not in the view layer {view_layer.name}.", remedy)
    if kind == "FACE_SELECTION" and not object_.visible_get(view_layer=view_layer):
        raise PartgenError("pick.hidden", f"{object_.name} is hidden, so its faces cannot be selected.", "Show it first.")


def _require_name(object_: bpy.types.Object, kind: str, name: str) -> None:
    attribute_names.require_short(name)
    if kind == "ATTRIBUTE":
        attribute_names.require_free(name)
    attribute = object_.data.attributes.get(name)
    if kind == "ATTRIBUTE":
        is_other = name in object_.vertex_groups or (attribute is not None and not _is_mark(attribute))
    else:
        is_other = kind == "VERTEX_GROUP" and attribute is not None
    if is_other:
        sentence = f"{object_.name} has something else that is called {name}."
        raise PartgenError("pick.name_taken", sentence, "Choose another name.")


def _is_mark(attribute: bpy.types.Attribute) -> bool:
    return (attribute.data_type, attribute.domain) == ("BOOLEAN", "FACE")


def _count(faces: Bools) -> str:
    count = int(faces.sum())
    return "1 face" if count == 1 else f"{count:,} faces"


# ---- a selection -----------------------------------------------------------------------------------------------------


def _select_faces(chosen: Mapping[bpy.types.Object, Bools]) -> list[str]:
    """Enters Edit Mode with the faces selected, but for those that are hidden there."""
    sentences = [_select_in_mesh(object_, faces) for object_, faces in chosen.items()]
    view_layer = bpy.context.view_layer
    bpy.ops.object.select_all(action="DESELECT")
    for object_ in chosen:
        object_.select_set(True)
    if view_layer.objects.active not in chosen:
        view_layer.objects.active = next(iter(chosen))
    bpy.context.scene.tool_settings.mesh_select_mode = (False, False, True)
    bpy.ops.object.mode_set(mode="EDIT")
    return sentences


def _select_in_mesh(object_: bpy.types.Object, faces: Bools) -> str:
    mesh = object_.data
    hidden = mesh_data.hidden_polygons(mesh)
    selected = faces if hidden is None else faces & ~hidden
    mesh_data.select_polygons(mesh, selected)
    left_out = int(faces.sum() - selected.sum())
    aside = f"; {left_out} hidden ones were left out" if left_out else ""
    return f"{_count(selected)} of {object_.name} are selected{aside}."


# ---- an object -------------------------------------------------------------------------------------------------------


def _separate(object_: bpy.types.Object, faces: Bools, name: str, keep_shading: bool) -> str:
    """Takes the faces out of the object into one of their own, selected and active."""
    if object_.data.users > 1:  # others that show this mesh keep it whole
        object_.data = object_.data.copy()
    mesh = object_.data
    had = carrying.Belongings.of(mesh)
    smooth_by_angle = collections.smooth_by_angle(object_)
    keep_shading = keep_shading and not collections.is_rebuilt(object_)
    (piece,) = cutting.cut_out(mesh, np.where(faces, 0, -1), keep_shading, smooth_by_angle)
    made = collections.part_object(object_, piece)
    made.name = made.data.name = name
    for collection in object_.users_collection:
        collection.objects.link(made)
    cutting.cut_away(mesh, faces, keep_shading, smooth_by_angle)
    for changed, kept in ((mesh, ~faces), (piece, faces)):
        if had is not None:
            _keep_parts(changed, had, kept)
    made.select_set(True)
    bpy.context.view_layer.objects.active = made
    return f"{_count(faces)} of {object_.name} are {made.name} now."


def _keep_parts(mesh: bpy.types.Mesh, had: carrying.Belongings, kept: Bools) -> None:
    """Gives a piece what the tree of the whole says of it, with the names and colors that the artist gave to its parts."""
    former, present = had.stored, np.zeros(had.stored.tree.leaf_count, bool)
    present[former.leaf_of_polygon[kept]] = True
    tree, node_of_former = restricted(former.tree, present)
    scale, is_shared = mesh.partgen.scale, stored_tree.IDENTITIES in mesh
    stored_tree.write(mesh, tree, node_of_former[former.leaf_of_polygon[kept]], former.method, former.weights, former.notes)
    carrying.carry(mesh, had, had.given_through(node_of_former), np.flatnonzero(present))
    if is_shared:  # what is left of the object; a piece of it begins without
        carrying.carry_identities(mesh, had, np.flatnonzero(present))
    mesh.partgen.scale = scale


# ---- marks on the mesh -----------------------------------------------------------------------------------------------


def _make_face_set(object_: bpy.types.Object, faces: Bools, name: str) -> str:
    mesh = object_.data
    sets = _face_integers(mesh, _FACE_SET, _FIRST_FACE_SET)
    sets[faces] = sets.max() + 1
    _write_face_integers(mesh, _FACE_SET, sets)
    return f"{_count(faces)} of {object_.name} are face set {sets.max()}."


def _make_vertex_group(object_: bpy.types.Object, faces: Bools, name: str) -> str:
    mesh = object_.data
    corners = np.repeat(faces, np.diff(mesh_data.polygon_offsets(mesh)))
    vertices = np.unique(mesh_data.corner_vertices(mesh)[corners])
    group = object_.vertex_groups.get(name) or object_.vertex_groups.new(name=name)
    group.remove(range(len(mesh.vertices)))
    group.add(vertices.tolist(), 1.0, "REPLACE")
    return f"{len(vertices):,} vertices of {object_.name} are the vertex group {group.name}."


def _make_material_slot(object_: bpy.types.Object, faces: Bools, name: str) -> str:
    mesh = object_.data
    if not mesh.materials:
        mesh.materials.append(None)  # what is not picked keeps having none
    # What one sees is the slot's: it may be linked to the object, with another material than that of the mesh.
    slot = next((i for i, s in enumerate(object_.material_slots) if s.material is not None and s.material.name == name), -1)
    if slot < 0:
        slot = len(mesh.materials)
        mesh.materials.append(bpy.data.materials.get(name) or _new_material(name))
    indices = _face_integers(mesh, _MATERIAL_INDEX, 0)
    indices[faces] = slot
    _write_face_integers(mesh, _MATERIAL_INDEX, indices)
    return f"{_count(faces)} of {object_.name} have the material {object_.material_slots[slot].material.name}."


def _new_material(name: str) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color = colors_of_ranks([_PICKED_RANK])[0]
    return material


def _make_attribute(object_: bpy.types.Object, faces: Bools, name: str) -> str:
    mesh = object_.data
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "BOOLEAN", "FACE")
    attribute.data.foreach_set("value", faces)
    mesh.update_tag()
    return f"{_count(faces)} of {object_.name} are marked in the attribute {attribute.name}."


def _make_part(object_: bpy.types.Object, faces: Bools, name: str) -> str:
    alone = twins.alone_in_words(object_.data, edits.make_part(object_.data, faces, name))
    return f"{_count(faces)} of {object_.name} are one part now.{f' {alone}.' if alone else ''}"


def _face_integers(mesh: bpy.types.Mesh, name: str, default: int) -> NDArray[np.int32]:
    values = np.full(len(mesh.polygons), default, np.int32)
    if (attribute := mesh.attributes.get(name)) is not None:
        attribute.data.foreach_get("value", values)
    return values


def _write_face_integers(mesh: bpy.types.Mesh, name: str, values: NDArray[np.int32]) -> None:
    (mesh.attributes.get(name) or mesh.attributes.new(name, "INT", "FACE")).data.foreach_set("value", values)
    mesh.update()
