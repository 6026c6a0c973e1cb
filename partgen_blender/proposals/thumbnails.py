"""Thumbnails of proposals: small pictures in the colors of the preview, made from points on the surface with numpy alone.

No GPU is needed, so they are there in background mode too. Which polygon a pixel shows is found once for all proposals of an object.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import bpy.utils.previews
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from partgen.part_tree import PartTree
from partgen.srgb import displayed

from .. import overlay
from ..mesh_data import Polygons

SIZE = 128
_POINTS = 120_000
# From where one looks: from the front, the right and above, as far as directions go in a world whose front is -Y.
_VIEW = np.array([0.55, -0.75, 0.45])
_MARGIN = 0.04
_LEAST_LIGHT = 0.45

_pictures: dict[str, bpy.utils.previews.ImagePreviewCollection] = {}


def make(key: str, polygons: Polygons, leaf_of_polygon: NDArray[np.int32], trees: Sequence[PartTree], matrix: Matrix) -> None:
    """Makes a picture of each of `trees` at its default scale, over the leaves (P,) of `polygons`, turned as `matrix` turns the object."""
    forget(key)
    polygon, light = seen(polygons, np.array(matrix.to_3x3()))
    collection = bpy.utils.previews.new()
    for place, tree in enumerate(trees):
        pixels = picture(polygon, light, overlay.leaf_colors(tree, tree.count(tree.default_scale))[leaf_of_polygon])
        preview = collection.new(str(place))
        preview.image_size = (SIZE, SIZE)
        preview.image_pixels_float = pixels.reshape(-1)
    _pictures[key] = collection


def count(key: str) -> int:
    """How many pictures an object has."""
    return len(_pictures.get(key, ()))


def icon(key: str, place: int) -> int:
    """The icon of a picture, 0 where there is none, and in background mode, where Blender has no icons."""
    collection = _pictures.get(key)
    preview = collection.get(str(place)) if collection is not None else None
    return preview.icon_id if preview is not None else 0


def forget(key: str) -> None:
    """Lets the pictures of an object go."""
    if key in _pictures:
        bpy.utils.previews.remove(_pictures.pop(key))


def forget_all() -> None:
    for key in list(_pictures):
        forget(key)


def seen(polygons: Polygons, turn: NDArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which polygon every pixel shows, and how light it is: (SIZE, SIZE) each, rows from below, -1 where there is nothing.

    `turn` (3, 3) from the space of the polygons into the world.
    """
    corners, owners = _fans(polygons)
    triangles = (polygons.vertices.astype(np.float64) @ turn.T)[polygons.corner_vertices[corners]]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    toward = _VIEW / np.linalg.norm(_VIEW)
    right = np.cross([0.0, 0.0, 1.0], toward)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(toward, right), toward])
    polygon, light = np.full(SIZE * SIZE, -1, np.int64), np.zeros(SIZE * SIZE)
    if not areas.sum() > 0:
        return polygon.reshape(SIZE, SIZE), light.reshape(SIZE, SIZE)
    rng = np.random.default_rng(0)
    chosen = np.searchsorted(np.cumsum(areas), rng.random(_POINTS) * areas.sum()).clip(max=len(areas) - 1)
    u, v = rng.random((2, _POINTS))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    a, b, c = np.moveaxis(triangles[chosen], 1, 0)
    points = (a + u[:, None] * (b - a) + v[:, None] * (c - a)) @ axes.T
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    zoom = (1 - 2 * _MARGIN) * (SIZE - 1) / max(float((high - low).max()), 1e-30)
    place = np.rint((points[:, :2] - (low + high) / 2) * zoom + (SIZE - 1) / 2).astype(np.int64)
    order = np.argsort(points[:, 2], kind="stable")  # the nearest comes last and stays
    pixel = (place[:, 1] * SIZE + place[:, 0])[order]
    polygon[pixel] = owners[chosen][order]
    facing = np.abs(normals[chosen] @ toward) / np.maximum(areas[chosen], 1e-30)
    light[pixel] = (_LEAST_LIGHT + (1 - _LEAST_LIGHT) * facing)[order]
    return polygon.reshape(SIZE, SIZE), light.reshape(SIZE, SIZE)


def picture(polygon: NDArray[np.int64], light: NDArray[np.float64], colors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture (SIZE, SIZE, 4) in display colors, from what `seen` found and the scene-linear colors (P, 4) of the polygons."""
    linear = np.where(polygon[..., None] >= 0, colors[polygon.clip(min=0)], 0.0).astype(np.float64)
    linear[..., :3] *= light[..., None]
    display = displayed(linear)
    display[..., 3] = linear[..., 3]
    return display.clip(0, 1).astype(np.float32)


def _fans(polygons: Polygons) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles (T, 3) of corners that fan out from the first corner of each polygon, and the polygon (T,) of each."""
    starts, sizes = polygons.polygon_offsets[:-1].astype(np.int64), np.diff(polygons.polygon_offsets).astype(np.int64)
    owners = np.repeat(np.arange(len(sizes)), np.maximum(sizes - 2, 0))
    begins = np.cumsum(np.maximum(sizes - 2, 0)) - np.maximum(sizes - 2, 0)
    number = np.arange(len(owners)) - begins[owners]
    first = starts[owners]
    return np.stack([first, first + number + 1, first + number + 2], axis=1), owners
