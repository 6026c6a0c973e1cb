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


def remove_slots(mesh: bpy.types.Mesh, count: int) -> None:
    """Removes the slots after the first `count` that no face uses, from the end on."""
    used = np.zeros(len(mesh.polygons), np.int32)
    attribute = mesh.attributes.get("material_index")
    if attribute is not None and len(used):
        attribute.data.foreach_get("value", used)
    while len(mesh.materials) > count and (not used.any() or int(used.max()) < len(mesh.materials) - 1):
        if len(mesh.materials) == 1 and count == 0 and mesh.materials[0] is not None:
            break  # one that the artist put into the empty slot since
        mesh.materials.pop(index=len(mesh.materials) - 1)
