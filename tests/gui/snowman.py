"""A snowman whose pieces are fused into one skin: what is hidden of each, where they meet, is nowhere in the mesh.

Runs inside a real Blender.
"""

from __future__ import annotations

import bmesh
import bpy
from mathutils import Vector

NAME = "Snowman"
_ROUND = {"segments": 96, "ring_count": 48}  # dense enough that completing its parts can be watched, and stopped


def make_snowman() -> bpy.types.Object:
    """Two balls, a head, a nose, two arms and a hat as one closed surface, with a material of its own and a UV map; selected."""
    pieces = [
        _made(bpy.ops.mesh.primitive_uv_sphere_add, radius=1.0, location=(0, 0, 0.95), **_ROUND),
        _made(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.72, location=(0, 0, 2.3), **_ROUND),
        _made(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.5, location=(0, 0, 3.3), **_ROUND),
        _made(bpy.ops.mesh.primitive_cone_add, radius1=0.1, depth=0.6, location=(0, -0.66, 3.3), rotation=(1.571, 0, 0), vertices=24),
        *(_stick(Vector((side * 0.55, 0, 2.45)), Vector((side * 1.5, -0.1, 2.95))) for side in (-1, 1)),
        _made(bpy.ops.mesh.primitive_cylinder_add, radius=0.62, depth=0.08, location=(0, 0, 3.68), vertices=64),
        _made(bpy.ops.mesh.primitive_cylinder_add, radius=0.38, depth=0.6, location=(0, 0, 3.95), vertices=64),
    ]
    snowman, *others = pieces
    for piece in others:
        modifier = snowman.modifiers.new("Union", "BOOLEAN")
        modifier.operation, modifier.object, modifier.solver = "UNION", piece, "EXACT"
    bpy.context.view_layer.objects.active = snowman
    for modifier in list(snowman.modifiers):
        bpy.ops.object.modifier_apply(modifier=modifier.name)
    for piece in others:
        bpy.data.meshes.remove(piece.data)
    _weld(snowman.data)
    snowman.name = snowman.data.name = NAME
    snow = bpy.data.materials.new("Snow")
    snow.diffuse_color = (0.55, 0.72, 0.85, 1)
    snowman.data.materials.clear()
    snowman.data.materials.append(snow)
    snowman.select_set(True)
    return snowman


def _weld(mesh: bpy.types.Mesh) -> None:
    """Merges what the boolean leaves in one place: else completing joins it by faces without area, and the panel says so."""
    skin = bmesh.new()
    skin.from_mesh(mesh)
    bmesh.ops.remove_doubles(skin, verts=skin.verts, dist=1e-5)
    skin.to_mesh(mesh)
    skin.free()


def _made(operator, **arguments) -> bpy.types.Object:
    operator(**arguments)
    return bpy.context.object


def _stick(start: Vector, end: Vector) -> bpy.types.Object:
    rotation = (end - start).to_track_quat("Z", "Y").to_euler()
    place = (start + end) / 2
    return _made(
        bpy.ops.mesh.primitive_cylinder_add, radius=0.06, depth=(end - start).length, location=place, rotation=rotation, vertices=16
    )
