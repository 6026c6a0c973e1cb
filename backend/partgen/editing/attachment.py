"""Where a part is attached: which of its vertices touch the rest of the object.

Parts cut out of one surface share the vertices of their border with their neighbours; parts that were modelled apart stand on,
or stick in, one another. Both count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SAME = 1e-5
"""Of the part's size: vertices nearer than this are one."""
TOUCHING = 0.01
"""Of the part's size: vertices nearer to a neighbour's surface than this touch it."""
LATTICE = 6
"""Steps along the sides of a small triangle, at whose crossings it is felt."""
DIPOLES = 1500
"""Patches of surface, at most, by which the inside of neighbours is told."""
MOST_ATTACHED = 0.6
"""Share of the vertices. A part that lies on its neighbour all over (a label, a coat) is free: nothing of it could move otherwise."""


def attached(points: Floats, other_points: Floats, other_faces: Ints) -> Bools:
    """Which vertices `points` (V, 3) of a part touch other surfaces: triangles `other_faces` (F, 3) over `other_points` (W, 3).

    Returns (V,), all False where the part touches nothing.
    """
    none = np.zeros(len(points), bool)
    if not len(points) or not len(other_faces):
        return none
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    if not size > 0:
        return none
    shared = _near(points, other_points[np.unique(other_faces)], SAME * size)
    if shared.any() and shared.mean() < MOST_ATTACHED:
        return shared
    stuck = shared | _inside(points, other_points[other_faces])
    low, high = points.min(axis=0) - TOUCHING * size, points.max(axis=0) + TOUCHING * size
    corners = other_points[other_faces]
    corners = corners[(corners.max(axis=1) > low).all(axis=1) & (corners.min(axis=1) < high).all(axis=1)]
    touching = stuck | _near_triangles(points, corners, TOUCHING * size)
    return touching if touching.mean() < MOST_ATTACHED else shared if shared.mean() < MOST_ATTACHED else none


def _inside(points: Floats, corners: Floats) -> Bools:
    """Which points (n, 3) lie inside surfaces (m, 3, 3), by their generalised winding number."""
    result = np.zeros(len(points), bool)
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    boxed = np.flatnonzero(((points > low) & (points < high)).all(axis=1))
    if not len(boxed):
        return result
    winding = _few if len(corners) <= DIPOLES else _many
    for block in np.array_split(boxed, max(1, len(boxed) * min(len(corners), DIPOLES) // 1_000_000)):
        result[block] = winding(points[block], corners) > 0.5
    return result


def _few(points: Floats, corners: Floats) -> Floats:
    """The winding number (n,) by the solid angle of each triangle (Jacobson et al. 2013, section 4)."""
    a, b, c = (corners[None, :, k] - points[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(edge, axis=2) for edge in (a, b, c))
    volume = (a * np.cross(b, c)).sum(axis=2)
    rest = la * lb * lc + (a * b).sum(axis=2) * lc + (b * c).sum(axis=2) * la + (c * a).sum(axis=2) * lb
    return np.arctan2(volume, rest).sum(axis=1) / (2 * np.pi)


def _many(points: Floats, corners: Floats) -> Floats:
    """The winding number (n,), roughly: one dipole for each patch of triangles that look one way (Barill et al. 2018, section 3.1)."""
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    areas = np.linalg.norm(weighted, axis=1)
    cells = max(1, int((DIPOLES / 6) ** 0.5))
    cell = np.minimum(((corners.mean(axis=1) - low) / np.maximum(high - low, 1e-300) * cells).astype(np.int64), cells - 1)
    way = np.abs(weighted).argmax(axis=1) * 2 + (np.take_along_axis(weighted, np.abs(weighted).argmax(axis=1)[:, None], 1)[:, 0] > 0)
    patch = np.unique(_code(cell, np.full(3, cells)) * 6 + way, return_inverse=True)[1].reshape(-1)
    area = np.maximum(np.bincount(patch, areas), 1e-300)
    dipole = np.stack([np.bincount(patch, weighted[:, k]) for k in range(3)], axis=1)
    centre = np.stack([np.bincount(patch, areas * corners.mean(axis=1)[:, k]) for k in range(3)], axis=1) / area[:, None]
    apart = centre[None] - points[:, None]
    distance = np.maximum(np.linalg.norm(apart, axis=2), 1e-12)
    return ((apart * dipole).sum(axis=2) / distance**3).sum(axis=1) / (4 * np.pi)


def _near_triangles(points: Floats, corners: Floats, distance: float) -> Bools:
    """Which points (n, 3) lie within about `distance` of triangles (m, 3, 3): of large ones exactly, of small ones by points on them."""
    result = np.zeros(len(points), bool)
    if not len(corners):
        return result
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    small = longest <= LATTICE * distance / 2
    weights = np.array([[i, j, LATTICE - i - j] for i in range(LATTICE + 1) for j in range(LATTICE + 1 - i)]) / LATTICE
    if small.any():
        result |= _near(points, (weights @ corners[small]).reshape(-1, 3), distance)
    for triangle in corners[~small]:
        left = np.flatnonzero(~result)
        inside = ((points[left] > triangle.min(axis=0) - distance) & (points[left] < triangle.max(axis=0) + distance)).all(axis=1)
        left = left[inside]
        result[left[_distances(points[left], triangle) <= distance]] = True
    return result


def _distances(points: Floats, triangle: Floats) -> Floats:
    """The distances (n,) of points (n, 3) from one triangle (3, 3)."""
    a, b, c = triangle
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal)
    best = np.full(len(points), np.inf)
    if length > 0:
        height = (points - a) @ (normal / length)
        flat = points - height[:, None] * (normal / length)
        sides = [np.cross(end - start, flat - start) @ normal for start, end in ((a, b), (b, c), (c, a))]
        best = np.where(np.min(sides, axis=0) >= 0, np.abs(height), best)
    for start, end in ((a, b), (b, c), (c, a)):
        along = end - start
        share = np.clip((points - start) @ along / max(float(along @ along), 1e-300), 0, 1)
        best = np.minimum(best, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    return best


def _near(points: Floats, others: Floats, distance: float) -> Bools:
    """Which points (n, 3) lie within `distance` of one of the others (m, 3), by a grid of cells of that size: (n,)."""
    result = np.zeros(len(points), bool)
    if not len(others):
        return result
    low = np.minimum(points.min(axis=0), others.min(axis=0))
    mine, theirs = (np.floor((p - low) / distance).astype(np.int64) + 1 for p in (points, others))
    width = np.maximum(mine.max(axis=0), theirs.max(axis=0)) + 2
    if float(width[0]) * float(width[1]) * float(width[2]) > 2**62:
        return result
    codes = _code(theirs, width)
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    for step in np.ndindex(3, 3, 3):
        wanted = _code(mine + np.array(step) - 1, width)
        start, end = np.searchsorted(codes, wanted, "left"), np.searchsorted(codes, wanted, "right")
        _mark_near(result, points, others[order], start, end, distance)
    return result


def _mark_near(result: Bools, points: Floats, others: Floats, start: Ints, end: Ints, distance: float) -> None:
    """Marks the points of which one of the others from `start` to `end` is near."""
    todo = np.flatnonzero((end > start) & ~result)
    while len(todo):
        near = ((points[todo] - others[start[todo]]) ** 2).sum(axis=1) <= distance**2
        result[todo[near]] = True
        todo = todo[~near]
        start[todo] += 1
        todo = todo[start[todo] < end[todo]]


def _code(cells: Ints, width: Ints) -> Ints:
    return (cells[:, 0] * width[1] + cells[:, 1]) * width[2] + cells[:, 2]
