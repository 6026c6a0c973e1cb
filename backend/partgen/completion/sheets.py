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

THICKNESS = 0.01
"""Of a thickened sheet, as a share of its extent."""


def is_flat(patch: OpenSurface, new_points: Floats, new_faces: Ints) -> bool:
    """Whether a closed patch would hold hardly any volume."""
    points, faces = np.concatenate([patch.points, new_points]), np.concatenate([patch.faces, new_faces])
    area = surface_area(points, faces)
    return abs(signed_volume(points, faces)) <= FLAT * patch.extent * area / 2


def thickened(patch: OpenSurface) -> tuple[Floats, Ints]:
    """A second side behind a patch, and walls along its loops: new points (k, 3), and triangles that go on from the patch's."""
    count = len(patch.points)
    normals, areas = normals_and_areas(patch.points, patch.faces)
    total = np.zeros((count, 3))
    for i in range(3):
        np.add.at(total, patch.faces[:, i], normals * areas[:, None])
    length = np.linalg.norm(total, axis=1, keepdims=True)
    inward = -np.divide(total, length, out=np.zeros_like(total), where=length > 0)
    behind = patch.points + inward * THICKNESS * max(patch.extent, 1e-12)
    walls = [np.stack([loop, np.roll(loop, -1)], axis=1) for loop in patch.loops]
    start, end = np.concatenate(walls).T
    faces = [patch.faces[:, ::-1] + count, np.stack([end, start, start + count], 1), np.stack([end, start + count, end + count], 1)]
    return behind, np.concatenate(faces)
