"""The material of what was hidden: generated faces have a slot of their own, after those of the artist."""

from __future__ import annotations

import bpy
import numpy as np

_MARK = "partgen_inner"  # property of the material that PartGen makes, by which it is found again under any name
_COLOR = (0.72, 0.36, 0.22, 1.0)


def inner_material() -> bpy.types.Material:
    """The material for generated faces where the artist chose none: one for the file, made when it is first needed."""
    for material in bpy.data.materials:
        if material.get(_MARK) and material.library is None:
            return material
    material = bpy.data.materials.new("Inner")
    material[_MARK] = True
    material.diffuse_color = _COLOR
    material.roughness = 0.8
    if material.node_tree is None:
        material.use_nodes = True
    for node in material.node_tree.nodes:
        if node.type == "BSDF_PRINCIPLED":
            node.inputs["Base Color"].default_value = _COLOR
            node.inputs["Roughness"].default_value = 0.8
    return material


def add_inner_slot(mesh: bpy.types.Mesh, material: bpy.types.Material | None) -> int:
    """Adds a slot after those that `mesh` has. Returns its number. A mesh without any gets an empty one before, for its own faces."""
    if not len(mesh.materials):
        mesh.materials.append(None)
    mesh.materials.append(material or inner_material())
    return len(mesh.materials) - 1


def remove_inner_slot(mesh: bpy.types.Mesh, count: int) -> None:
    """Takes away the slot that `add_inner_slot` gave a mesh of `count` slots, where no face uses it now; others after it move up."""
    used = np.zeros(len(mesh.polygons), np.int32)
    attribute = mesh.attributes.get("material_index")
    if attribute is not None and len(used):
        attribute.data.foreach_get("value", used)
    inner = max(count, 1)
    if inner < len(mesh.materials) and not (used == inner).any():
        _remove_slot(mesh, inner)
    if count == 0 and len(mesh.materials) == 1 and mesh.materials[0] is None:  # else the artist put a material there since
        mesh.materials.pop(index=0)


def _remove_slot(mesh: bpy.types.Mesh, index: int) -> None:
    """Removes a slot of a mesh. Faces keep their materials, also those that objects of the mesh have in slots of their own."""
    shown = {o: [(slot.link, slot.material) for slot in o.material_slots] for o in bpy.data.objects if o.data == mesh}
    mesh.materials.pop(index=index)
    for object_, slots in shown.items():
        del slots[index]
        for slot, (link, material) in zip(object_.material_slots, slots, strict=True):
            if link == "OBJECT":
                slot.link = link
                slot.material = material
            elif slot.link != link:
                slot.link = link
