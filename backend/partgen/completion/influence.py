"""Whose inside is it: how strongly each part claims the points within a closed object, from visible surfaces alone.

Three voices are added up. A part claims what lies near its patch (more than by distance: by its logarithm, so that only the
ratio between the nearest patches counts), what lies behind flat fillings of its holes, and what lies within its convex
hull, the more so the more of its patch lies on that hull: a sausage goes on under the bread, a chair does not fill a room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import ConvexHull, QhullError, cKDTree

from ..geometry.adjacency import normals_and_areas
from ..geometry.solids import signed_volume
from .caps import cap_faces
from .patches import OpenSurface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Weights of the voices, found by random search on the fused skins of docs/benchmarks.md.
CAPPED = 0.31
HULL = 0.59
HULL_SOFTNESS = 0.06  # of the part's extent: how gently the claim ends at the hull
HULL_SIZE = 0.135  # the power of the hull's share of the object with which the claim weakens
CONVEXITY = 0.16  # the power of the share of the patch that lies on its hull
NEAR = 0.28
NEAREST = 0.003  # of the object's diagonal: nearer than this is all the same

CELLS = 48
"""Along the longest side of the grid."""

MARGIN = 3
"""Cells around the object."""

ACROSS = 8
"""Of these cells across an object that is thinner, they are made smaller, until there are as many as in a cube."""

FINEST = 400
"""Cells along the longest side, at most."""

ASTRAY = 0.4
"""By how much of the object's volume its cells may be wrong together: more, and they tell nothing of what is inside."""

SAMPLES = 3000
"""Of a patch, at most, by which it claims space."""

CAP_SAMPLES = 400
"""Of the fillings of its holes, at most."""


@dataclass(frozen=True, eq=False)
class Claimant:
    """A part that claims space: `samples` (s, 3) of its visible surface with unit `normals` (s, 3), and `area`; the vertices of
    its `border` (b, 3) and its length; and closed triangles `faces` (n, 3) over `points` (k, 3), the patch, the first `visible`
    of them, with its holes filled flat; `caps` (c, 3) are samples of these fillings."""

    samples: Floats
    normals: Floats
    area: float
    border: Floats
    border_length: float
    points: Floats
    faces: Ints
    visible: int
    caps: Floats

    @classmethod
    def of(cls, opened: OpenSurface) -> Claimant:
        """The claimant that shows an open surface."""
        points, faces = cap_faces(opened) if opened.loops else (np.zeros((0, 3)), np.zeros((0, 3), np.int64))
        everywhere, every = np.concatenate([opened.points, points]), np.concatenate([opened.faces, faces])
        normals, areas = normals_and_areas(opened.points, opened.faces)
        random = np.random.default_rng(0)
        samples, chosen = _sampled(opened.points, opened.faces, areas, min(SAMPLES, 4 * len(areas) + 200), random)
        caps = _sampled(everywhere, faces, normals_and_areas(everywhere, faces)[1], CAP_SAMPLES, random)[0] if len(faces) else points
        loops = [opened.points[loop] for loop in opened.loops]
        border = np.concatenate(loops) if loops else np.zeros((0, 3))
        length = sum(float(np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=1).sum()) for loop in loops)
        return cls(samples, normals[chosen], float(areas.sum()), border, length, everywhere, every, len(opened.faces), caps)

    @cached_property
    def extent(self) -> float:
        """The diagonal of the bounds."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))


def _sampled(points: Floats, faces: Ints, areas: Floats, count: int, random: np.random.Generator) -> tuple[Floats, Ints]:
    """Points (s, 3) on triangles (n, 3), as many on each as it is large, and the triangle (s,) of each."""
    chosen = random.choice(len(areas), count, p=areas / areas.sum()) if areas.sum() > 0 else np.arange(len(areas))
    share = random.dirichlet(np.ones(3), len(chosen))
    return (points[faces[chosen]] * share[:, :, None]).sum(axis=1), chosen


Claims = Callable[[Sequence[Claimant], Floats, float], Floats]
"""How strongly each of the claimants claims points (n, 3) of an object with that diagonal: (parts, n)."""


FINER = 3.0
"""How much finer than the whole the surroundings of one part are looked at, at most; claims are interpolated there."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The surroundings of one part on a grid, lengths in its cells: `beyond` (X, Y, Z, 4) the signed distance to the part's territory,
    negative within, and how it rises along each axis; `depth` (X, Y, Z, 4) likewise below the surface, negative outside; `low` (3,)
    the middle of the first cell, `cell` the side of one."""

    beyond: Floats
    depth: Floats
    low: Floats
    cell: float

    def at(self, field: Floats, points: Floats) -> tuple[Floats, Floats]:
        """The values (n,) of a field (X, Y, Z, 4) at points (n, 3), and how it rises there for each cell, (n, 3): linearly between the
        middles of cells, beyond the grid as on its border."""
        last = np.array(field.shape[:3]) - 1
        place = np.clip((points - self.low) / self.cell, 0, last)
        before = np.minimum(place.astype(np.int64), np.maximum(last - 1, 0))
        share = place - before
        after = np.minimum(before + 1, last)
        found = np.zeros((len(points), 4))
        for ends in product((0, 1), repeat=3):
            x, y, z = np.where(ends, after, before).T
            u, v, w = np.where(ends, share, 1 - share).T
            found += (u * v * w)[:, None] * field[x, y, z]
        return found[:, 0], found[:, 1:]


def _with_slope(field: Floats) -> Floats:
    """A field (X, Y, Z) and half the difference between the cells before and after along each axis: (X, Y, Z, 4)."""
    slopes = []
    for axis in range(3):
        padded = np.pad(field, [(1, 1) if other == axis else (0, 0) for other in range(3)], mode="edge")
        slopes.append((np.take(padded, np.arange(2, padded.shape[axis]), axis) - np.take(padded, np.arange(field.shape[axis]), axis)) / 2)
    return np.stack([field, *slopes], axis=-1)


@dataclass(frozen=True, eq=False)
class Territory:
    """A grid over an object: `claims` (parts, X, Y, Z) float32 how strongly each part claims each cell, also outside the object, where
    they go on from the nearest inside; `depth` (X, Y, Z) in cells below the surface, negative outside; `low` (3,) the middle
    of the first cell, `cell` the side of one; `holds` whether the cells inside have about the volume of the object: those of a plate
    thinner than they are do not."""

    claims: NDArray[np.float32]
    depth: Floats
    low: Floats
    cell: float
    holds: bool

    @cached_property
    def owner(self) -> Ints:
        """The index of the part that claims each cell most: (X, Y, Z)."""
        return self.claims.argmax(axis=0)

    def at(self, parts: Ints, points: Floats) -> Floats:
        """How strongly the parts with these indices (m,) claim points (n, 3), as far as the grid tells: (m, n)."""
        cells = ((points - self.low) / self.cell).T
        return np.array([map_coordinates(self.claims[part], cells, order=1, mode="nearest") for part in parts.tolist()])

    def ground(self, part: int, points: Floats) -> Ground:
        """The surroundings of the part whose patch is at points (n, 3), and of its territory, as finely as is worth it."""
        low, high = points.min(axis=0), points.max(axis=0)
        held = np.argwhere((self.owner == part) & (self.depth > 0))
        if len(held):
            low = np.minimum(low, self.low + held.min(axis=0) * self.cell)
            high = np.maximum(high, self.low + held.max(axis=0) * self.cell)
        cell = float(np.clip((high - low).max() / CELLS, self.cell / FINER, self.cell))
        low, high = low - 3 * self.cell, high + 3 * self.cell
        axes = [(np.arange(low[axis], high[axis] + cell, cell) - self.low[axis]) / self.cell for axis in range(3)]
        own = _interpolated(self.claims[part], axes)
        rivals = np.full(own.shape, -np.inf)
        for other in self._parts_at(axes):
            if other != part:
                np.maximum(rivals, _interpolated(self.claims[other], axes), out=rivals)
        holds = own > rivals
        beyond = np.zeros(own.shape)
        if holds.any():
            beyond = gaussian_filter(distance_transform_edt(~holds) - distance_transform_edt(holds), 1.0)
        return Ground(_with_slope(beyond), _with_slope(_interpolated(self.depth, axes) * self.cell / cell), low, cell)

    def _parts_at(self, axes: Sequence[Floats]) -> list[int]:
        """The parts that hold a cell of the box of a grid, given where its cells lie along each axis, in cells of this one."""
        box = tuple(slice(max(int(np.floor(along[0])), 0), int(np.ceil(along[-1])) + 1) for along in axes)
        return np.unique(self.owner[box]).tolist()


def _interpolated(field: NDArray, axes: Sequence[Floats]) -> Floats:
    """A field (X, Y, Z) on the grid of places along each axis, linearly in between and beyond it as on its border: one axis after the
    other, for that takes a fraction of the time of places that lie anywhere."""
    result = field.astype(np.float64)
    for axis, along in enumerate(axes):
        last = field.shape[axis] - 1
        result = make_interp_spline(np.arange(last + 1), result, k=1, axis=axis, check_finite=False)(np.clip(along, 0, last))
    return result


def territory(points: Floats, faces: Ints, claimants: Sequence[Claimant], claims: Claims) -> Territory:
    """Divides the inside of closed triangles `faces` (n, 3) over `points` among the parts that claim it."""
    used = points[np.unique(faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    diagonal = float(np.linalg.norm(high - low))
    cell = _cell(high - low)
    low = low - MARGIN * cell
    shape = np.ceil((high - low) / cell).astype(int) + 1 + MARGIN
    middles = low + cell * np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    winding = fast_winding_number(points, faces, middles.reshape(-1, 3)).reshape(shape)
    inside = winding > 0.5
    depth = gaussian_filter(distance_transform_edt(inside) - distance_transform_edt(~inside), 0.5)
    volume = abs(signed_volume(points, faces))
    holds = abs(inside.sum() * cell**3 - volume) < ASTRAY * volume
    if not inside.any():
        inside[tuple(np.array(shape) // 2)] = True
    claimed = claims(claimants, middles[inside], diagonal).astype(np.float32)
    number = np.zeros(shape, np.int64)
    number[inside] = np.arange(claimed.shape[1])
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return Territory(claimed[:, number[tuple(nearest)]], depth, low, cell, bool(holds))


def _cell(extent: Floats) -> float:
    """The side of a cell for an object of this extent (3,): so many along its longest side, of a plate or a rod as many in all."""
    longest = float(extent.max())
    if extent.min() * CELLS >= ACROSS * longest:
        return longest / CELLS
    cell = longest / FINEST
    while (extent / cell + 2 * MARGIN).prod() > CELLS**3:
        cell *= 1.05
    return min(cell, longest / CELLS)


def hand_made_claims(claimants: Sequence[Claimant], points: Floats, diagonal: float) -> Floats:
    """How strongly each of the claimants claims points (n, 3): (parts, n)."""
    return np.array([hand_made_claim(claimant, points, diagonal) for claimant in claimants])


def hand_made_claim(claimant: Claimant, points: Floats, diagonal: float) -> Floats:
    """How strongly a part claims points (n, 3): (n,)."""
    distance = cKDTree(claimant.samples).query(points)[0] / diagonal
    claim = -NEAR * np.log(distance + NEAREST)
    low, high = claimant.points.min(axis=0), claimant.points.max(axis=0)
    extent = float(np.linalg.norm(high - low))
    near = ((points > low - 0.3 * extent) & (points < high + 0.3 * extent)).all(axis=1)
    boxed = ((points > low) & (points < high)).all(axis=1)
    if boxed.any():
        claim[boxed] += CAPPED * np.clip(fast_winding_number(claimant.points, claimant.faces, points[boxed]), 0, 1)
    if near.any():
        claim[near] += _hull_claim(claimant, points[near], extent, diagonal)
    return claim


def _hull_claim(claimant: Claimant, points: Floats, extent: float, diagonal: float) -> Floats:
    try:
        hull = ConvexHull(claimant.samples)
    except (QhullError, ValueError):
        return np.zeros(len(points))
    planes = np.unique(hull.equations.round(6), axis=0)
    planes = planes[:: max(1, len(planes) // 200)]
    on_hull = float(((claimant.samples @ planes[:, :3].T + planes[:, 3]).max(axis=1) > -0.05 * extent).mean())
    depth = -(points @ planes[:, :3].T + planes[:, 3]).max(axis=1) / extent
    inside = 1 / (1 + np.exp(-np.clip(depth / HULL_SOFTNESS, -50, 50)))
    size = hull.volume / diagonal**3 + 1e-4
    return HULL * inside * max(on_hull, 1e-3) ** CONVEXITY * size**-HULL_SIZE
