"""Where generated faces go through a surface, told exactly: no ray that grazes a seam, no neighbour that lies in the same plane.

Pairs of triangles are found with exact predicates (Shewchuk 1997, through libigl). Two that share a corner or an edge count only
where they meet elsewhere too. What is left are places where one triangle lies on another to within the rounding of its coordinates,
as at T-junctions and on doubled faces: those touch, and do not cross.
"""

from __future__ import annotations

import numpy as np
from igl.predicates import find_self_intersections
from numpy.typing import NDArray

NOTE = "Some generated faces cross the surface. Remeshed instead, nothing would cross."
"""Of a part with such faces, for the artist."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROUNDING = 1e-5
"""Of the surface's longest side: triangles that go no deeper than this into each other touch."""


def crossing_faces(points: NDArray, faces: NDArray, generated: Bools) -> Ints:
    """The generated triangles that go through another triangle of the same surface, rising.

    `points` (V, 3), of which several may lie in one place; `faces` (m, 3); `generated` (m,). Where two triangles that are not
    generated cross, that is the input's own affair.
    """
    if not generated.any():
        return np.zeros(0, np.int64)
    places, welded = _welded(points, faces)
    whole = np.flatnonzero((welded != np.roll(welded, 1, axis=1)).all(axis=1) & _near(places[welded], generated))
    found, pairs, coplanar = find_self_intersections(places, np.ascontiguousarray(welded[whole]))
    if not found:
        return np.zeros(0, np.int64)
    pairs = whole[pairs[~coplanar.astype(bool).reshape(-1)]]
    pairs = pairs[generated[pairs].any(axis=1)]
    slack = ROUNDING * float(np.ptp(places, axis=0).max())
    pairs = pairs[_depth(places, welded[pairs]) > slack]
    return np.unique(pairs[generated[pairs]])


def _welded(points: NDArray, faces: NDArray) -> tuple[Floats, Ints]:
    """The places (k, 3) of points and the triangles (m, 3) over these."""
    places, number = np.unique(np.asarray(points, np.float64) + 0.0, axis=0, return_inverse=True)
    return np.ascontiguousarray(places), number.reshape(-1)[faces].astype(np.int64)


def _near(corners: Floats, generated: Bools) -> Bools:
    """Which triangles (m, 3, 3) lie in the bounds of the generated ones."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    return ((low <= high[generated].max(axis=0)) & (high >= low[generated].min(axis=0))).all(axis=1)


def _depth(points: Floats, pairs: Ints) -> Floats:
    """How far the triangles of each pair, corners (p, 2, 3), go through each other's planes: (p,)."""
    first, second = points[pairs[:, 0]], points[pairs[:, 1]]
    return np.minimum(_beyond(first, second), _beyond(second, first))


def _beyond(triangles: Floats, planes: Floats) -> Floats:
    """How far triangles (p, 3, 3) reach to the less deep side of the planes that others (p, 3, 3) lie in: (p,)."""
    normals = np.cross(planes[:, 1] - planes[:, 0], planes[:, 2] - planes[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    distance = ((triangles - planes[:, :1]) * normals[:, None]).sum(axis=2)
    return np.minimum(distance.max(axis=1), -distance.min(axis=1))
