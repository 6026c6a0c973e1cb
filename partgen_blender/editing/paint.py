"""A painted picture on a mesh: its UV map, and for each material of the part a copy that shows the picture as its colour.

The picture itself, packed into the file, remembers the UV map that it was painted for, where the part had none that would do.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.srgb import light

from .. import mesh_data, messages
from .skins import principled, rendered_map, slots
from .surroundings import corners

UVS, TOPOLOGY = "partgen_uvs", "partgen_topology"
"""Properties of a picture: the UVs (2 L,) of the corners of the mesh that it was painted for, and which mesh that was."""
MAP = "Painted"
ROUGHNESS = 0.8
"""Of a part without a material: what is painted has its own lights, and wants few more."""
_MOST_UV_MAPS = 8


def picture(name: str, pixels: NDArray[np.uint8]) -> bpy.types.Image:
    """A picture (H, W, 3), rows from above, as an image of the file, packed into it."""
    height, width, _ = pixels.shape
    made = bpy.data.images.new(name, width, height, alpha=False)
    values = np.ones((height, width, 4), np.float32)
    values[:, :, :3] = pixels[::-1] / np.float32(255)
    made.pixels.foreach_set(values.reshape(-1))
    made.update()
    made.pack()
    return made


def remember_uvs(image: bpy.types.Image, mesh: bpy.types.Mesh, made: NDArray[np.float32]) -> None:
    """Lets a picture know the UV map that was made for it: of the corners (n, 3, 2) of the mesh's triangles."""
    uvs = np.zeros((len(mesh.loops), 2), np.float32)
    uvs[corners(mesh)[0]] = made
    image[UVS] = uvs.reshape(-1)
    image[TOPOLOGY] = _topology(mesh)


def map_for(mesh: bpy.types.Mesh, painted: str, is_new: bool) -> str:
    """The name of the UV map of what is painted on a mesh: `painted` is the one to paint on, unless a new one was made.

    Raises PartgenError where the mesh has room for no more.
    """
    if not is_new:
        return painted
    if len(mesh.uv_layers) >= _MOST_UV_MAPS:
        sentence = f"{mesh.name} has {len(mesh.uv_layers)} UV maps, and Blender allows no more."
        raise PartgenError("edit.uv_maps", sentence, "Remove one that is not needed, then paint it again.")
    names = {layer.name for layer in mesh.uv_layers}
    return next(name for name in (MAP, *(f"{MAP} {number}" for number in range(2, 10))) if name not in names)


def put_on(mesh: bpy.types.Mesh, painting: bpy.types.PropertyGroup, prompt: str) -> list[str]:
    """Lets a mesh show a painting, in place of the colours that it had. Returns sentences for the artist.

    Where that cannot be, because the faces have changed since it was painted, the mesh stays as it is and a sentence says so.
    """
    image = painting.image
    if image is None:
        return [f"The picture of “{prompt}” is gone: paint it again."]
    if image.get(UVS) is not None:
        if image.get(TOPOLOGY) != _topology(mesh):
            return [f"“{prompt}” is not shown, because the faces have changed since it was painted: paint it again."]
        layer = mesh.uv_layers.get(painting.uv_map) or mesh.uv_layers.new(name=painting.uv_map, do_init=False)
        if layer is None:
            return [f"“{prompt}” is not shown, because there is no room for its UV map: remove another one."]
        layer.uv.foreach_set("vector", np.asarray(image[UVS], np.float32))
    elif painting.uv_map not in mesh.uv_layers:
        return [f"“{prompt}” is not shown, because its UV map {painting.uv_map} is gone: paint it again."]
    if not len(mesh.materials):
        mesh.materials.append(None)
    for slot in np.unique(np.clip(slots(mesh), 0, len(mesh.materials) - 1)).tolist():
        mesh.materials[slot] = _material(painting, mesh.materials[slot], prompt)
    mesh.update()
    return []


def painted_map(mesh: bpy.types.Mesh, last: str) -> bpy.types.MeshUVLoopLayer | None:
    """The UV map that is painted on: the `last` one that was, else the one that is rendered."""
    return mesh.uv_layers.get(last) or rendered_map(mesh)


def made_for(step: bpy.types.PropertyGroup) -> list[bpy.types.ID]:
    """What was made for the paintings of a step: materials first, then their pictures."""
    materials = [one.made for painting in step.paintings for one in painting.materials if one.made is not None]
    return [*materials, *(painting.image for painting in step.paintings if painting.image is not None)]


def tell_if_unseen() -> None:
    """Tells the artist where no viewport shows what was painted."""
    if not is_seen():
        messages.tell("INFO", "No viewport shows textures: switch one to Material Preview to see what was painted.")


def is_seen() -> bool:
    """Whether a viewport shows textures, or there is none to look at."""
    spaces = list(_viewports())
    return not spaces or any(
        space.shading.type in ("MATERIAL", "RENDERED") or (space.shading.type == "SOLID" and space.shading.color_type == "TEXTURE")
        for space in spaces
    )


def _viewports() -> Iterator[bpy.types.SpaceView3D]:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                yield area.spaces.active


def _material(painting: bpy.types.PropertyGroup, source: bpy.types.Material | None, prompt: str) -> bpy.types.Material:
    """The material that shows a painting in place of `source`: made once, and the same at every change of a slider."""
    known = next((one for one in painting.materials if one.source == source and one.made is not None), None)
    if known is not None:
        return known.made
    name = " ".join(prompt.split())[:60] or MAP
    if source is not None and principled(source) is not None:
        made = source.copy()
        made.name = name
    else:
        made = bpy.data.materials.new(name)
        if not made.node_tree:
            made.use_nodes = True
        made.roughness = ROUGHNESS
        for node in made.node_tree.nodes:
            if node.type == "BSDF_PRINCIPLED":
                node.inputs["Roughness"].default_value = ROUGHNESS
    shader = principled(made)
    assert shader is not None
    _connect(made, shader, painting)
    stored = painting.materials.add()
    stored.source, stored.made = source, made
    return made


def _connect(material: bpy.types.Material, shader: bpy.types.Node, painting: bpy.types.PropertyGroup) -> None:
    """Gives the shader of a material the picture as its colour."""
    tree = material.node_tree
    coordinates, texture = tree.nodes.new("ShaderNodeUVMap"), tree.nodes.new("ShaderNodeTexImage")
    coordinates.uv_map, texture.image = painting.uv_map, painting.image
    x, y = shader.location
    texture.location, coordinates.location = (x - 320, y), (x - 540, y - 180)
    tree.links.new(coordinates.outputs["UV"], texture.inputs["Vector"])
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    tree.nodes.active = texture  # which the viewport shows in Solid with the colour Texture, and Texture Paint paints on
    material.diffuse_color = (*_mean(painting.image), 1.0)


def _mean(image: bpy.types.Image) -> tuple[float, float, float]:
    """The colour of a picture as a whole, as light."""
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    red, green, blue = light(values.reshape(-1, 4)[::97, :3].mean(axis=0)).tolist()
    return red, green, blue


def _topology(mesh: bpy.types.Mesh) -> str:
    return mesh_data.read_polygons(mesh).topology
