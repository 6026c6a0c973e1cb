"""A cart of seven objects, as Apply or a colleague leaves one: what becomes of one of them may change none of the others.

Runs inside a real Blender.
"""

from __future__ import annotations

import math

import bpy

BODY, WHEELS = "Body", ("Front Wheel", "Back Wheel", "Far Front Wheel", "Far Back Wheel")
_AXLE, _ACROSS = 0.55, (math.pi / 2, 0, 0)  # height, and how a cylinder comes to lie across the cart


def make_cart() -> list[bpy.types.Object]:
    """A wooden body on two iron axles with four wheels, which are its children; all selected, the body active."""
    wood, iron = _material("Wood", (0.42, 0.24, 0.1, 1)), _material("Iron", (0.25, 0.27, 0.3, 1))
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(0, 0, 0.92), scale=(2.6, 1.1, 0.7))
    body = _named(BODY, wood)
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    made = [body]
    for name, x in (("Front Axle", 0.8), ("Back Axle", -0.8)):
        bpy.ops.mesh.primitive_cylinder_add(radius=0.07, depth=1.6, location=(x, 0, _AXLE), rotation=_ACROSS, vertices=24)
        made.append(_named(name, iron))
    for number, name in enumerate(WHEELS):
        place = (0.8 if number % 2 == 0 else -0.8, -0.75 if number < 2 else 0.75, _AXLE)
        bpy.ops.mesh.primitive_cylinder_add(radius=_AXLE, depth=0.14, location=place, rotation=_ACROSS, vertices=48)
        made.append(_named(name, iron))
    for one in made[1:]:
        one.parent = body
        one.matrix_parent_inverse = body.matrix_world.inverted()
    for one in made:
        one.select_set(True)
    bpy.context.view_layer.objects.active = body
    return made


def _named(name: str, material: bpy.types.Material) -> bpy.types.Object:
    """The object that was just added, under a name and of a material."""
    made = bpy.context.object
    made.name = made.data.name = name
    made.data.materials.append(material)
    return made


def _material(name: str, colour: tuple[float, float, float, float]) -> bpy.types.Material:
    made = bpy.data.materials.new(name)
    if not made.node_tree:
        made.use_nodes = True
    shader = next(node for node in made.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    made.diffuse_color = shader.inputs["Base Color"].default_value = colour
    return made
