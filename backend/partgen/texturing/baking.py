"""Views of an object baked into its texture: each texel is the mean of what the cameras saw of it, the straighter the more it counts.

    found = texels(points, faces, uv, 1024)
    texture, seen = bake(found, cameras, pictures, scene)

After Section 3.3 of TEXTure (Richardson et al. 2023): weights by the angle of view, unseen places from the nearest seen ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt, map_coordinates
from scipy.spatial import cKDTree

from ..geometry.rays import RayScene
from ..rendering.cameras import Camera

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEEPNESS = 6.0
"""The power of the cosine by which a view counts: seams lie where two views are alike."""
GRAZING = 0.15
"""Cosine below which a view tells nothing of a texel."""
SLACK = 3e-3
"""Of the camera's half side: so much nearer may lie what is taken for the texel itself."""
NEAREST = 4
NEARLY = 0.25
"""How much farther than the nearest may lie what fills an unseen place."""


@dataclass(frozen=True, eq=False)
class Texels:
    """The texels that lie on a surface: `row`, `column` (n,) in a texture of `size`, and of each its `face`, `position` (n, 3) and
    unit `normal` (n, 3) on the surface."""

    size: int
    row: Ints
    column: Ints
    face: Ints
    position: Floats
    normal: Floats

    def image(self, values: Floats) -> Floats:
        """Values (n, k) as a texture (size, size, k), between charts that of the nearest texel."""
        found = np.zeros((self.size, self.size, values.shape[1]))
        found[self.row, self.column] = values
        empty = np.ones((self.size, self.size), bool)
        empty[self.row, self.column] = False
        nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
        return found[tuple(nearest)]


def texels(points: Floats, faces: Ints, uv: Floats, size: int) -> Texels:
    """The texels of triangles `faces` (F, 3) over vertices with `points` (V, 3) and `uv` (V, 2), v upwards, in a texture of `size`.

    A texel belongs to the triangle that covers its middle; one whose triangle is smaller than that has none.
    """
    corners = uv[faces] * size
    low = np.clip(np.floor(corners.min(axis=1) - 0.5).astype(np.int64), 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=1) - 0.5).astype(np.int64), 0, size - 1)
    across = np.maximum(high - low + 1, 0)
    count = across.prod(axis=1)
    face = np.repeat(np.arange(len(faces)), count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column, row = low[face, 0] + number % across[face, 0], low[face, 1] + number // across[face, 0]
    weights = _weights(np.stack([column + 0.5, row + 0.5], axis=1), corners[face])
    inside = (weights >= -1e-9).all(axis=1)
    face, column, row, weights = face[inside], column[inside], row[inside], weights[inside]
    first = np.unique(row * size + column, return_index=True)[1]
    face, column, row, weights = face[first], column[first], row[first], weights[first]
    triangle = points[faces[face]]
    normal = np.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    return Texels(size, size - 1 - row, column, face, (weights[:, :, None] * triangle).sum(axis=1), normal)


def _weights(points: Floats, corners: Floats) -> Floats:
    """Barycentric coordinates (n, 3) of points (n, 2) in triangles (n, 3, 2)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    first, second, at = b - a, c - a, points - a
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) > 1e-12, area, np.inf)
    v = (at[:, 0] * second[:, 1] - at[:, 1] * second[:, 0]) / area
    w = (first[:, 0] * at[:, 1] - first[:, 1] * at[:, 0]) / area
    return np.where(np.isfinite(area)[:, None], np.stack([1 - v - w, v, w], axis=1), -1.0)


def bake(
    found: Texels, cameras: Sequence[Camera], pictures: Sequence[Floats], masks: Sequence[Bools], scene: RayScene
) -> tuple[Floats, Bools]:
    """Colours (n, k) of texels from pictures (H, W, k) by cameras, and which texels (n,) any of these saw.

    `masks` (H, W): which pixels of a picture show the surface that is baked; `scene` is everything that may stand before it.
    What no camera saw gets the colour of what it saw nearest by.
    """
    channels = pictures[0].shape[2]
    total, weight = np.zeros((len(found.face), channels)), np.zeros(len(found.face))
    for camera, picture, mask in zip(cameras, pictures, masks, strict=True):
        share = _share(found, camera, mask, scene)
        seen = share > 0
        pixel, _ = camera.project(found.position[seen])
        at = np.clip(pixel.T[::-1] - 0.5, 0, camera.size - 1)
        colours = np.stack([map_coordinates(picture[:, :, k], at, order=1, mode="nearest") for k in range(channels)], axis=1)
        total[seen] += share[seen, None] * colours
        weight[seen] += share[seen]
    seen = weight > 0
    colours = total / np.maximum(weight, 1e-12)[:, None]
    if seen.any() and not seen.all():
        # From afar, as over a table's underside, the search for the very nearest takes twenty times as long.
        tree = cKDTree(found.position[seen], compact_nodes=False)
        distance, near = tree.query(found.position[~seen], k=min(NEAREST, int(seen.sum())), eps=NEARLY)
        distance, near = distance.reshape(len(near), -1), near.reshape(len(near), -1)
        nearness = 1 / (distance + 1e-9)
        colours[~seen] = (nearness[:, :, None] * colours[seen][near]).sum(axis=1) / nearness.sum(axis=1, keepdims=True)
    return colours, seen


def _share(found: Texels, camera: Camera, mask: Bools, scene: RayScene) -> Floats:
    """How much a camera tells of each texel (n,): nothing where it is hidden, seen at a grazing angle, or at the edge of the mask."""
    cosine = found.normal @ camera.towards
    pixel, depth = camera.project(found.position)
    inner = binary_erosion(mask, np.ones((3, 3)))  # between pixels, colours are those of all around
    column, row = np.clip(pixel.astype(np.int64), 0, camera.size - 1).T
    facing = (cosine > GRAZING) & inner[row, column]
    share = np.zeros(len(cosine))
    candidates = np.flatnonzero(facing)
    if len(candidates):
        origins = found.position[candidates] + depth[candidates, None] * camera.towards
        nearest, _ = scene.hits(origins, np.broadcast_to(-camera.towards, origins.shape))
        visible = candidates[nearest > depth[candidates] - SLACK * camera.half]
        share[visible] = cosine[visible] ** STEEPNESS
    return share
