"""What surfaces look like, as far as colours go, for a painter that sees a part in its surroundings: pictures, or a colour.

A picture is found where it colours the principled shader of a material; what other nodes compute is not evaluated, and the material's
colour in the viewport stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.protocol import Skin
from partgen.srgb import displayed

from .. import mesh_data
from .surroundings import corners, positions

Floats = NDArray[np.float64]

LARGEST = 1024
"""Pixels along the longer side of a picture that is sent: views show no more of it."""
MOST_PIXELS = 1 << 26
"""Of a picture that is read at all: 8192 by 8192."""
_CLAY = (0.8, 0.8, 0.8)
"""Of faces without a material, as light: what Blender renders them in."""


@dataclass(frozen=True, eq=False)
class SkinnedSurface:
    """Triangles (F, 3) over `points` (V, 3), the `polygon` (F,) of each, its corners' UVs (F, 3, 2) and the number of its skin (F,)."""

    points: Floats
    faces: NDArray[np.int64]
    polygon: NDArray[np.int32]
    corner_uvs: NDArray[np.float32]
    skin: NDArray[np.int64]


class Skins:
    """The looks of materials, each read once, in the order in which they were met."""

    def __init__(self) -> None:
        self.found: list[Skin] = []
        self._known: dict[int, tuple[int, str]] = {}

    def surface(self, object_: bpy.types.Object, mesh: bpy.types.Mesh, matrix: Floats) -> SkinnedSurface:
        """The surface of a mesh with the materials of its object, through `matrix` (4, 4)."""
        loops, polygon = corners(mesh)
        faces = mesh_data.corner_vertices(mesh)[loops].astype(np.int64)
        slot = np.clip(slots(mesh), 0, max(len(object_.material_slots) - 1, 0))[polygon]
        uvs, skin = np.zeros((len(faces), 3, 2), np.float32), np.zeros(len(faces), np.int64)
        for index in np.unique(slot).tolist():
            material = object_.material_slots[index].material if object_.material_slots else None
            number, layer = self._number(material)
            at = slot == index
            skin[at] = number
            if self.found[number].picture.size:
                uvs[at] = loop_uvs(mesh, layer)[loops[at]]
        points = positions(mesh) @ matrix[:3, :3].T + matrix[:3, 3]
        return SkinnedSurface(points, faces, polygon, uvs, skin)

    def _number(self, material: bpy.types.Material | None) -> tuple[int, str]:
        """The number of a material's skin, and the name of the UV map that lays its picture on, "" for the one that is rendered."""
        key = 0 if material is None else material.session_uid
        if key not in self._known:
            skin, layer = _skin(material)
            self._known[key] = len(self.found), layer
            self.found.append(skin)
        return self._known[key]


def slots(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """The material slot (P,) of each polygon of a mesh."""
    found = np.zeros(len(mesh.polygons), np.int32)
    attribute = mesh.attributes.get("material_index")  # a fraction of the time that `mesh.polygons` takes
    if attribute is not None and attribute.domain == "FACE" and attribute.data_type == "INT":
        attribute.data.foreach_get("value", found)
    return found


def loop_uvs(mesh: bpy.types.Mesh, name: str = "") -> NDArray[np.float32]:
    """The UVs (L, 2) of a mesh's corners in the map of that name, else in the one that is rendered; zeros where it has none."""
    found = np.zeros((len(mesh.loops), 2), np.float32)
    layer = mesh.uv_layers.get(name) or rendered_map(mesh)
    if layer is not None:
        layer.uv.foreach_get("vector", found.reshape(-1))
    return found


def rendered_map(mesh: bpy.types.Mesh) -> bpy.types.MeshUVLoopLayer | None:
    """The UV map that textures use where none is named."""
    return next((layer for layer in mesh.uv_layers if layer.active_render), None)


def principled(material: bpy.types.Material | None) -> bpy.types.Node | None:
    """The principled shader that a material's output leads to; None where there is none."""
    tree = material.node_tree if material is not None else None
    outputs = [node for node in tree.nodes if node.type == "OUTPUT_MATERIAL"] if tree else []
    output = next((node for node in outputs if node.is_active_output), None)
    if output is None:
        return None
    return next((node for node in _upstream(output.inputs["Surface"]) if node.type == "BSDF_PRINCIPLED"), None)


def _upstream(socket: bpy.types.NodeSocket) -> Iterator[bpy.types.Node]:
    """The nodes that lead into a socket, nearer ones first, each once."""
    waiting, seen = [link.from_node for link in socket.links], set()
    for node in waiting:  # which grows meanwhile
        if node.name in seen:
            continue
        seen.add(node.name)
        yield node
        waiting += [link.from_node for entry in node.inputs for link in entry.links]


def _skin(material: bpy.types.Material | None) -> tuple[Skin, str]:
    """How a material looks, and the UV map that lays its picture on."""
    if material is None:
        return Skin((*_encoded(_CLAY), 1.0)), ""
    shader = principled(material)
    if shader is None:
        return Skin((*_encoded(material.diffuse_color[:3]), 1.0)), ""
    base = shader.inputs["Base Color"]
    if not base.is_linked:
        return Skin((*_encoded(base.default_value[:3]), 1.0)), ""
    node = next((node for node in _upstream(base) if node.type == "TEX_IMAGE" and node.image is not None), None)
    picture = _picture(node.image, shader.inputs["Alpha"].is_linked) if node is not None else None
    if node is None or picture is None:
        return Skin((*_encoded(material.diffuse_color[:3]), 1.0)), ""
    named = next((other for other in _upstream(node.inputs["Vector"]) if other.type == "UVMAP"), None)
    return Skin(picture=picture), named.uv_map if named is not None else ""


def _picture(image: bpy.types.Image, is_transparent: bool) -> NDArray[np.uint8] | None:
    """A picture (H, W, 4) as pictures hold colours, rows from above, at most `LARGEST` along a side; None where it cannot be read."""
    width, height = image.size
    if not width or not height or width * height > MOST_PIXELS or image.channels < 1:
        return None
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    every = -(-max(width, height) // LARGEST)
    shown = values.reshape(height, width, image.channels)[::-every, ::every]
    if shown.shape[2] < 3:
        shown = np.repeat(shown[:, :, :1], 3, axis=2)
    if image.is_float or image.colorspace_settings.name == "Non-Color":
        shown = np.concatenate([_encoded(shown[:, :, :3]), shown[:, :, 3:]], axis=2)
    found = np.full((*shown.shape[:2], 4), 255, np.uint8)
    found[:, :, :3] = np.round(np.clip(shown[:, :, :3], 0, 1) * 255)
    if is_transparent and shown.shape[2] > 3:
        found[:, :, 3] = np.round(np.clip(shown[:, :, 3], 0, 1) * 255)
    return found


def _encoded(light: NDArray[np.float32] | tuple[float, ...] | list[float]) -> NDArray[np.float64]:
    """Amounts of light as pictures hold them (sRGB)."""
    return displayed(np.clip(np.asarray(light, np.float64), 0, 1))
