"""What the tests paint, and what is looked at of it afterwards."""

from __future__ import annotations

import bpy
import numpy as np
import studio


def ball(name: str = "Knob", has_uvs: bool = False) -> bpy.types.Object:
    """A ball of quads and triangles on the floor, with a clay material that is rough."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=12, radius=1, location=(0, 0, 1))
    made = bpy.context.object
    made.name = name
    if not has_uvs:
        while made.data.uv_layers:
            made.data.uv_layers.remove(made.data.uv_layers[0])
    clay = bpy.data.materials.new("Clay")
    if not clay.node_tree:
        clay.use_nodes = True
    shader = next(node for node in clay.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.21
    made.data.materials.append(clay)
    return made


def floor() -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, -0.5), scale=(9, 9, 1))
    bpy.context.object.name = "Floor"
    return bpy.context.object


def choose(*objects: bpy.types.Object) -> None:
    for other in bpy.context.view_layer.objects:
        other.select_set(other in objects)
    bpy.context.view_layer.objects.active = objects[0]


def picture_of(material: bpy.types.Material) -> bpy.types.Image:
    """What colours a material."""
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    (link,) = shader.inputs["Base Color"].links
    return link.from_node.image


def pixels(image: bpy.types.Image) -> np.ndarray:
    found = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], 4)


def uvs(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    return studio.values(mesh.uv_layers[name].uv, "vector", np.float32, 2)
