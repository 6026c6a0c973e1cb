"""UV maps for a texture of a part's own: whether one will do, and one for triangles that have none, by xatlas: charts of little stretch,
packed without overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .baking import texels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


LAID_ON = 512
"""Texels along a side by which overlaps are found."""
OVERLAP = 0.05
FLAT = 0.01
"""Of the surface: so much may have no place in a UV map, as where a pole's triangles are drawn to a line."""

LEAST = 0.02
"""Of a texture: so much a part must cover, or it would be painted with a handful of texels."""


def is_usable(points: Floats, faces: Ints, uv: Floats) -> bool:
    """Whether a UV map (V, 2) of triangles `faces` (F, 3) gives each place of the surface a place of its own in 0..1.

    Maps that are tiled, mirrored onto themselves, or all in one point do not: what is painted on one side would show on another.
    """
    if not np.isfinite(uv).all() or uv[faces].min() < -1e-3 or uv[faces].max() > 1 + 1e-3:
        return False
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    flat = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    corners = points[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    if area[flat < 1e-10].sum() > FLAT * area.sum() or not LEAST < flat.sum() < 1 + OVERLAP:
        return False
    laid = len(texels(points, faces, uv, LAID_ON).face)
    return laid >= (1 - OVERLAP) * flat.sum() * LAID_ON**2


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """`source` (W,) the input's vertex of each new one; `faces` (F, 3) the same triangles over the new vertices; `uv` (W, 2) in 0..1."""

    source: Ints
    faces: Ints
    uv: Floats


def unwrapped(points: Floats, faces: Ints) -> Unwrapped:
    """Unwraps triangles `faces` (F, 3) over `points` (V, 3); vertices on seams are doubled."""
    import xatlas

    source, new_faces, uv = xatlas.parametrize(np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.uint32))
    return Unwrapped(source.astype(np.int64), new_faces.astype(np.int64), uv.astype(np.float64))
