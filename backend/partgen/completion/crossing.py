"""Where generated faces go through a surface, told exactly: no ray that grazes a seam, no neighbour that lies in the same plane.

Pairs of triangles are found with exact predicates (Shewchuk 1997, through libigl). Two that share a corner or an edge count only
where they meet elsewhere too. What is left are places where one triangle lies on another to within the rounding of its coordinates,
as at T-junctions and on doubled faces: those touch, and do not cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from igl.predicates import find_intersections, find_self_intersections
from numpy.typing import NDArray

NOTE = "Some generated faces cross the surface. Remeshed instead, nothing would cross."
"""Of a part with such faces, for the artist."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROUNDING = 1e-5
"""Of the surface's longest side: triangles that go no deeper than this into each other touch."""


CELLS = 16
"""Along each side of a grid by which triangles are told that are nowhere near others."""


def crossing_faces(points: NDArray, faces: NDArray, generated: Bools) -> Ints:
    """The generated triangles that go through another triangle of the same surface, rising.

    `points` (V, 3), of which several may lie in one place; `faces` (m, 3); `generated` (m,). Where two triangles that are not
    generated cross, that is the input's own affair.
    """
    if not generated.any():
        return np.zeros(0, np.int64)
    places, welded = _welded(points, faces)
    surroundings = Surroundings.of(places, welded[~generated])
    pairs = crossing_pairs(places, welded[generated], surroundings, ROUNDING * float(np.ptp(places, axis=0).max()))
    return np.flatnonzero(generated)[np.unique(pairs[pairs < generated.sum()])]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Triangles `faces` (n, 3) that others may cross, with their bounds `low` and `high` (3, n)."""

    faces: Ints
    low: Floats
    high: Floats

    @classmethod
    def of(cls, points: Floats, faces: Ints) -> Surroundings:
        return cls(faces, *_bounds(points, faces))

    def within(self, low: Floats, high: Floats) -> Ints:
        """Those whose bounds reach into the box from `low` to `high` (3,). Indices, rising."""
        return np.flatnonzero(np.logical_and.reduce([*(self.low <= high[:, None]), *(self.high >= low[:, None])]))

    def near(self, low: Floats, high: Floats) -> Ints:
        """Those that may meet triangles with the bounds `low` and `high` (3, q): those in a cell of a coarse grid that any of these
        reaches into. Indices, rising."""
        start, end = low.min(axis=1), high.max(axis=1)
        found = self.within(start, end)
        size = np.maximum(end - start, 1e-300)[:, None] / CELLS

        def cells(low: Floats, high: Floats) -> tuple[Ints, Ints]:
            first, last = (np.clip((bound - start[:, None]) / size, 0, CELLS - 1).astype(np.int64) for bound in (low, high))
            return first, last + 1

        reached = _summed(_covered(*cells(low, high)))
        first, last = cells(self.low[:, found], self.high[:, found])
        signs = [((-1) ** (3 - sum(ends)), np.where(np.array(ends)[:, None], last, first)) for ends in product((0, 1), repeat=3)]
        return found[sum(sign * reached[tuple(corner)] for sign, corner in signs) > 0]


def crossing_pairs(places: Floats, faces: Ints, surroundings: Surroundings, slack: float) -> Ints:
    """The pairs (p, 2) of triangles, at least one of `faces` (q, 3), that go deeper than `slack` through each other; those of the
    surroundings are numbered from q on.

    No two `places` (k, 3) may be one: neighbours are known by the places that they share.
    """
    near = surroundings.near(*_bounds(places, faces))
    beside = np.zeros(len(places), bool)
    beside[faces] = True
    touching = beside[surroundings.faces[near]] @ np.ones(3) > 0
    every, count = np.concatenate([faces, surroundings.faces[near]]), len(faces)
    a, b, c = every.T
    sound = (a != b) & (b != c) & (c != a)
    own = np.flatnonzero(sound[:count])
    neighbours = np.flatnonzero(sound & np.concatenate([np.ones(count, bool), touching]))
    apart = count + np.flatnonzero(sound[count:] & ~touching)
    _, among, coplanar = find_self_intersections(*_compact(places, every[neighbours]))
    pairs = [neighbours[among[~coplanar.astype(bool).reshape(-1)]]]
    if len(apart):
        _, between, coplanar = find_intersections(*_compact(places, every[own]), *_compact(places, every[apart]))
        between = between[~coplanar.astype(bool).reshape(-1)]
        pairs.append(np.stack([own[between[:, 0]], apart[between[:, 1]]], axis=1))
    found = np.concatenate([pair.reshape(-1, 2) for pair in pairs])
    found = found[found.min(axis=1) < count]
    found = found[depth_of_pairs(places, every[found]) > slack]
    return np.concatenate([np.arange(count), count + near])[found]


def _compact(points: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Triangles (n, 3) over those points alone that they use."""
    used, corners = np.unique(faces, return_inverse=True)
    return np.ascontiguousarray(points[used]), np.ascontiguousarray(corners.reshape(-1, 3).astype(np.int64))


def _bounds(points: Floats, faces: Ints) -> tuple[Floats, Floats]:
    """The lowest and highest coordinates of triangles (n, 3): each (3, n)."""
    first, second, third = (points.T[:, faces[:, corner]] for corner in range(3))
    return np.minimum(np.minimum(first, second), third), np.maximum(np.maximum(first, second), third)


def _covered(first: Ints, last: Ints) -> Bools:
    """The cells of the grid that lie in boxes from `first` to before `last` (3, q)."""
    change = np.zeros((CELLS + 1,) * 3, np.int64)
    for ends in product((0, 1), repeat=3):
        np.add.at(change, tuple(np.where(np.array(ends)[:, None], last, first)), (-1) ** sum(ends))
    for axis in range(3):
        np.cumsum(change, axis=axis, out=change)
    return change[:-1, :-1, :-1] > 0


def _summed(covered: Bools) -> Ints:
    """How many cells are covered before each corner of the grid, along all axes."""
    count = np.pad(covered.astype(np.int64), ((1, 0),) * 3)
    for axis in range(3):
        np.cumsum(count, axis=axis, out=count)
    return count


def _welded(points: NDArray, faces: NDArray) -> tuple[Floats, Ints]:
    """The places (k, 3) of points and the triangles (m, 3) over these."""
    places, number = np.unique(np.asarray(points, np.float64) + 0.0, axis=0, return_inverse=True)
    return np.ascontiguousarray(places), number.reshape(-1)[faces].astype(np.int64)


def depth_of_pairs(points: Floats, pairs: Ints) -> Floats:
    """How far the triangles of each pair, corners (p, 2, 3), go through each other's planes: (p,)."""
    first, second = points[pairs[:, 0]], points[pairs[:, 1]]
    return np.minimum(_beyond(first, second), _beyond(second, first))


def _beyond(triangles: Floats, planes: Floats) -> Floats:
    """How far triangles (p, 3, 3) reach to the less deep side of the planes that others (p, 3, 3) lie in: (p,)."""
    normals = np.cross(planes[:, 1] - planes[:, 0], planes[:, 2] - planes[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    distance = ((triangles - planes[:, :1]) * normals[:, None]).sum(axis=2)
    return np.minimum(distance.max(axis=1), -distance.min(axis=1))
