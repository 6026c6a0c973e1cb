"""Flat cuts: fillings whose border lies in a plane, as where a straight cut, or one form set on another, parts two parts.

Such a border says more of what is inside than any guess from the surfaces around: the parts end there.
"""

from __future__ import annotations

import numpy as np
from igl import point_mesh_squared_distance
from numpy.typing import NDArray

from ..geometry.adjacency import components
from .caps import edges_of
from .patches import OpenSurface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FLAT = 0.005
"""How far a border may leave its plane, as a share of its smaller extent there (root mean squares of the vertices)."""


ON_SURFACE = 1e-4
"""As a share of the part's extent: a filling that mostly lies nearer than this to the part covers it, and cuts nothing."""


def in_flat_cuts(opened: OpenSurface, points: Floats, faces: Ints, inside: Bools) -> Bools:
    """Which new vertices (p,) of fillings, `points` (p, 3) and `faces` (q, 3) as of `cap_faces`, are in a flat cut: one whose border is
    planar, which has no vertex that is not `inside` (p,) the object, and which does not lie on the part itself, as behind a lid."""
    fixed, every = len(opened.points), np.concatenate([opened.points, points])
    filling = components(len(every), edges_of(faces))
    border = np.unique(np.concatenate(opened.loops))
    within = np.setdiff1d(filling[fixed:], filling[fixed:][~inside]).tolist()
    flat = [number for number in within if is_planar(every[border[filling[border] == number]])]
    return np.isin(filling[fixed:], [number for number in flat if not _covers(points[filling[fixed:] == number], opened)])


def _covers(points: Floats, opened: OpenSurface) -> bool:
    """Whether points (p, 3) of a filling mostly lie on the surface that it closes."""
    squared = point_mesh_squared_distance(points, opened.points, opened.faces)[0]
    return bool((squared < (ON_SURFACE * opened.extent) ** 2).mean() > 0.5)


def is_planar(points: Floats) -> bool:
    """Whether points (n, 3) lie in a plane, but for `FLAT` of their smaller extent in it. Points of a line do not."""
    if len(points) < 3:
        return False
    along, across, off = np.linalg.svd(points - points.mean(axis=0), compute_uv=False, full_matrices=False)
    return bool(across > 1e-6 * along and off <= FLAT * across)

