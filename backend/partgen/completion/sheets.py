"""Sheets: parts without an inside, such as a sticker, a leaf or a cape, closed by a second side behind the first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import normals_and_areas
from ..geometry.solids import signed_volume, surface_area
from .crossing import crossing_faces
from .patches import OpenSurface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FLAT = 1e-3
"""A closed surface whose mean thickness, twice its volume over its area, is below this share of its extent is a sheet."""

FLATTEST = 1e-5
"""The same for what is closed by itself, whose inside is real however thin: below it, two sides lie on each other."""

THICKNESS = 0.01
"""Of a thickened sheet, as a share of its extent."""

OPEN = 0.25
"""The area of what would fill its holes, as a share of its own, from which on an open surface may be a sheet: a house without a floor has
less."""

CROSSED = 0.02
"""Of what would fill its holes, how much may go through the surface before it is a sheet: nothing does where but a lid is missing."""

HOLLOW = 1e-3
"""Of the volume of its bounds, what a surface has to enclose the wrong way round to be inside out."""


def is_flat(patch: OpenSurface, new_points: Floats, new_faces: Ints, share: float = FLAT) -> bool:
    """Whether a closed patch would hold hardly any volume: be thinner than this share of its extent."""
    points, faces = np.concatenate([patch.points, new_points]), np.concatenate([patch.faces, new_faces])
    area = surface_area(points, faces)
    return abs(signed_volume(points, faces)) <= share * patch.extent * area / 2


def is_inside_out(points: Floats, faces: Ints) -> bool:
    """Whether a closed surface holds what is outside of it, as one that is closed on its front does."""
    return len(faces) > 0 and signed_volume(points, faces) < -HOLLOW * float(np.ptp(points[np.unique(faces)], axis=0).prod())


def has_no_inside(patch: OpenSurface, new_points: Floats, new_faces: Ints) -> bool:
    """Whether what fills the holes of a patch makes no solid of it, because it is a sheet: flat, or so wide open that what fills it goes
    through it, or lies on its front."""
    if is_flat(patch, new_points, new_faces):
        return True
    points, faces = np.concatenate([patch.points, new_points]), np.concatenate([patch.faces, new_faces])
    filling = surface_area(points, new_faces)
    if filling < OPEN * surface_area(patch.points, patch.faces):
        return False
    if is_inside_out(points, faces):
        return True
    generated = np.arange(len(faces)) >= len(patch.faces)
    return surface_area(points, faces[crossing_faces(points, faces, generated)]) > CROSSED * filling


def thickness_of(patch: OpenSurface) -> float:
    """How thick a sheet becomes."""
    return THICKNESS * max(patch.extent, 1e-12)


def thickened(patch: OpenSurface, thickness: float, normals: Floats | None = None) -> tuple[Floats, Ints]:
    """A second side behind a patch, and walls along its loops: new points (k, 3), and triangles that go on from the patch's.

    `normals` (k, 3): where its front faces, if that is known from more than the patch.
    """
    count = len(patch.points)
    away = normals_of_vertices(patch) if normals is None else normals
    behind = patch.points - away * thickness
    walls = [np.stack([loop, np.roll(loop, -1)], axis=1) for loop in patch.loops]
    start, end = np.concatenate([np.zeros((0, 2), np.int64), *walls]).T
    faces = [patch.faces[:, ::-1] + count, np.stack([end, start, start + count], 1), np.stack([end, start + count, end + count], 1)]
    return behind, np.concatenate(faces)


def normals_of_vertices(patch: OpenSurface) -> Floats:
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
