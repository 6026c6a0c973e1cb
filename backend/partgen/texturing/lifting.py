"""Depth pictures of views lifted to a closed surface: space that any view looks through is empty, the rest is filled.

Curless and Levoy 1996 fuse signed distances along the lines of sight; here of every point the view counts that finds it farthest
outside, so that silhouettes carve and what no view sees stays solid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from skimage.measure import marching_cubes

from ..errors import PartgenError
from ..rendering.cameras import Camera

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESOLUTION = 128
BAND = 3.0
"""Cells on each side of the surface in which distances are told."""
LEAST = 1e-3
"""Cells: a surface nearer to a corner of cells, where triangles would have no area and the surface holes, is that far from it."""
STEP = 3.0
"""Cells: where depth changes by more from pixel to pixel there is an edge, over which nothing is blended."""


def lifted(
    cameras: Sequence[Camera],
    depths: Sequence[Floats],
    low: Floats,
    high: Floats,
    resolution: int = RESOLUTION,
    emptiness: Callable[[Floats], Floats] | None = None,
) -> tuple[Floats, Ints]:
    """The closed surface of depth pictures (H, W), inf where nothing is seen: points (n, 3) and triangles (m, 3).

    It is looked for in the box from `low` to `high` (3,), with `resolution` cells along its longest side. `emptiness` tells of points
    (k, 3) what else is known of them: (k,), above 0 where nothing can be. Raises PartgenError where the views leave nothing.
    """
    cell = float((high - low).max()) / resolution
    shape = np.ceil((high - low) / cell).astype(int) + 5
    first = low - 2 * cell
    field = np.full(shape, -BAND)
    y, z = np.meshgrid(np.arange(shape[1]), np.arange(shape[2]), indexing="ij")
    for x in range(shape[0]):
        points = first + cell * np.stack([np.full(y.size, x), y.reshape(-1), z.reshape(-1)], axis=1)
        for camera, depth in zip(cameras, depths, strict=True):
            field[x] = np.maximum(field[x], _outside(camera, depth, points, cell).reshape(shape[1:]))
    if emptiness is not None:
        inside = np.argwhere(field < 0)
        field[tuple(inside.T)] = np.maximum(field[tuple(inside.T)], np.clip(emptiness(first + cell * inside), -BAND, BAND))
    field[np.abs(field) < LEAST] = LEAST
    if not (field < 0).any():
        raise PartgenError("edit.nothing_seen", "The views leave nothing of the part.", "Try another seed, or more strength.")
    field[[0, -1]], field[:, [0, -1]], field[:, :, [0, -1]] = BAND, BAND, BAND
    points, faces, _, _ = marching_cubes(field, 0.0)
    return first + cell * points, faces.astype(np.int64)


def _outside(camera: Camera, depth: Floats, points: Floats, cell: float) -> Floats:
    """How far points (n, 3) lie before what a camera sees, in cells within the band, negative behind it: (n,)."""
    pixel, distance = camera.project(points)
    at = np.clip(pixel.T[::-1] - 0.5, 0, camera.size - 1)
    row, column = np.round(at).astype(np.int64)
    nearest = depth[row, column]
    blended = map_coordinates(np.where(np.isfinite(depth), depth, 1e6), at, order=1, mode="nearest")
    seen = np.where(np.abs(blended - nearest) < STEP * cell, blended, nearest)
    inside = (pixel > 0).all(axis=1) & (pixel < camera.size).all(axis=1)
    before = np.where(np.isfinite(seen), (seen - distance) / cell, BAND)
    return np.clip(np.where(inside, before, BAND), -BAND, BAND)
