"""Whose inside is it: how strongly each part claims the points within a closed object, from visible surfaces alone.

Three voices are added up. A part claims what lies near its patch (more than by distance: by its logarithm, so that only the
ratio between the nearest patches counts), what lies behind flat fillings of its holes, and what lies within its convex
hull, the more so the more of its patch lies on that hull: a sausage goes on under the bread, a chair does not fill a room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import ConvexHull, QhullError, cKDTree

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


@dataclass(frozen=True, eq=False)
class Claimant:
    """A part that claims space: its visible `samples` (s, 3), and closed triangles `faces` (n, 3) over `points` (k, 3), the patch
    with its holes filled flat."""

    samples: Floats
    points: Floats
    faces: Ints


@dataclass(frozen=True, eq=False)
class Territory:
    """A grid over an object: `owner` (X, Y, Z) index of the part that claims each cell most, also outside the object, where it
    goes on from the nearest inside; `depth` (X, Y, Z) in cells below the surface, negative outside; `low` (3,) the middle of
    the first cell, `cell` the side of one."""

    owner: Ints
    depth: Floats
    low: Floats
    cell: float

    def beyond(self, part: int) -> Floats:
        """The signed distance (X, Y, Z) to the territory of a part, in cells: negative within it."""
        inside = self.owner == part
        if not inside.any():
            return np.zeros(inside.shape)
        return gaussian_filter(distance_transform_edt(~inside) - distance_transform_edt(inside), 1.0)

    def at(self, field: Floats, points: Floats) -> Floats:
        """The values (n,) of a field (X, Y, Z) at points (n, 3)."""
        return map_coordinates(field, ((points - self.low) / self.cell).T, order=1, mode="nearest")

    def gradient(self, field: Floats, points: Floats) -> Floats:
        """How a field rises at points (n, 3), for each cell: (n, 3)."""
        at = ((points - self.low) / self.cell).T
        steps = np.eye(3)[:, :, None]
        ahead = [map_coordinates(field, at + step, order=1, mode="nearest") for step in steps]
        behind = [map_coordinates(field, at - step, order=1, mode="nearest") for step in steps]
        return (np.stack(ahead, axis=1) - np.stack(behind, axis=1)) / 2

    def owner_at(self, points: Floats) -> Ints:
        """The part (n,) that claims each point (n, 3)."""
        return map_coordinates(self.owner, ((points - self.low) / self.cell).T, order=0, mode="nearest")


def territory(points: Floats, faces: Ints, claimants: Sequence[Claimant]) -> Territory:
    """Divides the inside of closed triangles `faces` (n, 3) over `points` among the parts that claim it."""
    used = points[np.unique(faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    cell = float((high - low).max()) / CELLS
    low = low - MARGIN * cell
    shape = np.ceil((high - low) / cell).astype(int) + 1 + MARGIN
    middles = low + cell * np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    winding = fast_winding_number(points, faces, middles.reshape(-1, 3)).reshape(shape)
    inside = winding > 0.5
    depth = gaussian_filter(distance_transform_edt(inside) - distance_transform_edt(~inside), 0.5)
    if not inside.any():
        inside[tuple(np.array(shape) // 2)] = True
    diagonal = float(np.linalg.norm(high - low))
    owner = np.zeros(shape, np.int64)
    owner[inside] = np.argmax([_claim(claimant, middles[inside], diagonal) for claimant in claimants], axis=0)
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return Territory(owner[tuple(nearest)], depth, low, cell)


def _claim(claimant: Claimant, points: Floats, diagonal: float) -> Floats:
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
