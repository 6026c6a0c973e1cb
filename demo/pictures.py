"""Pictures of what lies in the scene: Workbench in the objects' own colours, which needs no GPU and no display."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

VIEW = Vector((0.78, -1.0, 0.42))


def prepare_scene() -> None:
    """Light, ground shadow and smooth edges for all pictures."""
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"
    scene.display.render_aa = "11"
    scene.display.light_direction = (-0.35, 0.75, 0.55)
    scene.display.shadow_shift = 0.2
    shading = scene.display.shading
    shading.light = "STUDIO"
    shading.studio_light = "paint.sl"
    shading.color_type = "OBJECT"
    shading.show_shadows = True
    shading.shadow_intensity = 0.25
    shading.show_cavity = True
    shading.cavity_type = "BOTH"
    shading.cavity_ridge_factor = 0.3
    shading.cavity_valley_factor = 1.2
    shading.curvature_ridge_factor = 0.15
    shading.curvature_valley_factor = 0.5
    shading.show_specular_highlight = True
    shading.show_object_outline = False


def frame(objects: list[bpy.types.Object], width: int, height: int, margin: float = 1.06) -> None:
    """Puts a camera in front of the objects so that they fill the picture."""
    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
    scene.render.resolution_x, scene.render.resolution_y = width, height
    bpy.context.view_layer.update()
    points = np.concatenate([positions(object) for object in objects])
    camera = scene.camera
    camera.data.type = "ORTHO"
    camera.rotation_euler = (-VIEW).to_track_quat("-Z", "Y").to_euler()
    axes = np.array(camera.rotation_euler.to_matrix())
    seen = points @ axes
    low, high = seen.min(axis=0), seen.max(axis=0)
    middle = (low + high) / 2
    size = high - low
    camera.data.ortho_scale = margin * max(size[0], size[1] * width / height)
    distance = size.max() * 2
    camera.location = axes @ np.array([middle[0], middle[1], high[2] + distance])
    camera.data.clip_start, camera.data.clip_end = distance / 100, distance * 4 + size[2]


def positions(object: bpy.types.Object) -> NDArray:
    """The vertices of a mesh object in the world: (V, 3)."""
    local = np.empty(3 * len(object.data.vertices), np.float32)
    object.data.vertices.foreach_get("co", local)
    matrix = np.array(object.matrix_world)
    return local.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def render(path: Path) -> None:
    """Renders the scene's camera to a PNG."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
