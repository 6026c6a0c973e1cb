"""Sheets: parts without an inside, such as a sticker or a leaf, closed by a second side behind the first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import normals_and_areas
from ..geometry.solids import signed_volume, surface_area
from .patches import OpenSurface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLAT = 1e-3
"""A closed surface whose mean thickness, twice its volume over its area, is below this share of its extent is a sheet."""

FLATTEST = 1e-5
"""The same for what is closed by itself, whose inside is real however thin: below it, two sides lie on each other."""

THICKNESS = 0.01
"""Of a thickened sheet, as a share of its extent."""


def is_flat(patch: OpenSurface, new_points: Floats, new_faces: Ints, share: float = FLAT) -> bool:
    """Whether a closed patch would hold hardly any volume: be thinner than this share of its extent."""
    points, faces = np.concatenate([patch.points, new_points]), np.concatenate([patch.faces, new_faces])
    area = surface_area(points, faces)
    return abs(signed_volume(points, faces)) <= share * patch.extent * area / 2


def thickened(patch: OpenSurface, most: float = np.inf) -> tuple[Floats, Ints]:
    """A second side behind a patch, no further than `most`, and walls along its loops: new points (k, 3), and triangles that go on from
    the patch's."""
    count = len(patch.points)
    behind = patch.points - _normals_of_vertices(patch) * min(THICKNESS * max(patch.extent, 1e-12), most)
    walls = [np.stack([loop, np.roll(loop, -1)], axis=1) for loop in patch.loops]
    start, end = np.concatenate(walls).T
    faces = [patch.faces[:, ::-1] + count, np.stack([end, start, start + count], 1), np.stack([end, start + count, end + count], 1)]
    return behind, np.concatenate(faces)


def _normals_of_vertices(patch: OpenSurface) -> Floats:
    """The unit normal at every vertex (k, 3); one that only triangles without area have takes that of its neighbours, or of all."""
    normals, areas = normals_and_areas(patch.points, patch.faces)
    own = _summed(patch, np.repeat((normals * areas[:, None])[:, None], 3, axis=1))
    beside = _summed(patch, np.repeat(own[patch.faces].sum(axis=1, keepdims=True), 3, axis=1))
    found = own.copy()
    for instead in (beside, np.broadcast_to(own.sum(axis=0), own.shape)):
        without = ~(np.linalg.norm(found, axis=1) > 0)
        found[without] = instead[without]
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-300)


def _summed(patch: OpenSurface, of_corners: Floats) -> Floats:
    """The sums (k, 3) at every vertex of what its corners (n, 3, 3) have."""
    total = np.zeros((len(patch.points), 3))
    np.add.at(total, patch.faces.reshape(-1), of_corners.reshape(-1, 3))
    return total
