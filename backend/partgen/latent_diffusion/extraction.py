"""The closed surface of a field that is positive inside, found coarse to fine: the field is read near the surface alone.

Li et al., "TripoSG", 2025, and the code of HoloPart read the field on finer and finer grids near where its sign changes.
Theirs maps the 505 points of the finest grid as if it had 513, which makes every part 1.6 % too small, and stops with an error
where a part is so thin that no point of the first grid is inside. Here points known to be on the surface are always near.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from manifold3d import Manifold, Mesh64
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from skimage.measure import marching_cubes

from ..progress import Progress, no_progress

HALF_SIZE = 1.05
"""Of the box in which the surface is looked for: a tenth of that of HoloPart's parts is left around them."""
COARSEST_CELLS = 64
NEAR_LOGIT = 0.95
"""Where the field is closer to 0 than this, the surface may pass between the points of the grid."""
CHUNK = 1 << 13
"""Points that the field is asked about at a time."""
SMOOTHING = 0.1
"""How far a simplified surface may be from the one on the grid, in cells of the grid."""

Floats = NDArray[np.float64]
Values = NDArray[np.float32]
Bools = NDArray[np.bool_]
Field = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Points (n, 3) to values (n,), positive inside."""


@dataclass(frozen=True)
class ClosedSurface:
    """`vertices` (V, 3) and `faces` (F, 3) of a closed surface that looks outward; both empty where the field has no inside."""

    vertices: Floats
    faces: NDArray[np.int64]


def closed_surface(
    field: Field, cells: int, known: NDArray[np.floating] | None = None, half_size: float = HALF_SIZE, progress: Progress = no_progress
) -> ClosedSurface:
    """The surface where `field` is 0 within [-half_size, half_size]³, closed where it reaches the border of that box.

    `cells` along each side, halved for the coarser grids as long as that leaves COARSEST_CELLS; `known` (k, 3) are points that
    lie on the surface. Reports the share of the points that it expects to read, and stops where `progress` raises.
    """
    values = sampled_field(field, cells, known, half_size, progress)
    return simplified(marched(values, half_size), SMOOTHING * 2 * half_size / cells)


def sampled_field(
    field: Field, cells: int, known: NDArray[np.floating] | None = None, half_size: float = HALF_SIZE, progress: Progress = no_progress
) -> Values:
    """The field on the points of a grid (cells + 1,)³: read near the surface, interpolated from coarser grids elsewhere."""
    levels = grid_levels(cells)
    expected = expected_reads(cells)
    done = 0
    values = np.zeros((levels[0] + 1,) * 3, np.float32)
    near = np.ones(values.shape, bool)
    for number, level in enumerate(levels):
        if number:
            near = refined_mask(near_surface(values) | around(known, values.shape[0], half_size))
            values = refined(values)
            if not near.any():  # nothing is inside on this grid, and nobody told where to look: look everywhere
                near[...] = True
        places = np.flatnonzero(near)
        for start in range(0, len(places), CHUNK):
            progress(min(done / expected, 0.99), "reading its surface")
            chunk = places[start : start + CHUNK]
            values.reshape(-1)[chunk] = field(grid_points(chunk, level, half_size))
            done += len(chunk)
    return values


def grid_levels(cells: int) -> list[int]:
    """Cells along a side of every grid, from the coarsest: [64, 128, 256] for 256."""
    levels = [cells]
    while levels[0] % 2 == 0 and levels[0] // 2 >= COARSEST_CELLS:
        levels.insert(0, levels[0] // 2)
    return levels


def expected_reads(cells: int) -> int:
    """How often the field of a part of common size is read: the coarsest grid, and a few layers at the surface on all others."""
    first, *others = grid_levels(cells)
    return (first + 1) ** 3 + sum(12 * level**2 for level in others)


def grid_points(places: NDArray[np.integer], cells: int, half_size: float) -> NDArray[np.float32]:
    """Where the points of a grid lie that stand at `places` (n,) of its flattened array: (n, 3), the corners of the box included."""
    index = np.stack(np.unravel_index(places, (cells + 1,) * 3), axis=1)
    return ((index * (2 / cells) - 1) * half_size).astype(np.float32)


def near_surface(values: Values) -> Bools:
    """Points of a grid (n, n, n) that have a neighbour on the other side of the surface or lie close to it, and those next to them."""
    inside = values > 0
    near = np.abs(values) < NEAR_LOGIT
    for axis in range(3):
        low, high = _neighbours(axis)
        crosses = inside[low] != inside[high]
        near[low] |= crosses
        near[high] |= crosses
    return binary_dilation(near)


def around(known: NDArray[np.floating] | None, size: int, half_size: float) -> Bools:
    """Points of a grid (size, size, size) at the corners of the cells that known points (k, 3) of the surface lie in."""
    near = np.zeros((size,) * 3, bool)
    if known is not None and len(known):
        cell = ((np.asarray(known) / half_size + 1) / 2 * (size - 1)).astype(np.int64).clip(0, size - 2)
        for corner in product((0, 1), repeat=3):
            near[tuple((cell + corner).T)] = True
    return near


def refined(values: Values) -> Values:
    """Values (n, n, n) on the grid with a point more between all neighbours, interpolated: (2n - 1,)³."""
    fine = np.empty((2 * len(values) - 1,) * 3, np.float32)
    fine[::2, ::2, ::2] = values
    for axis in range(3):
        between, before, after = _between(axis)
        np.add(fine[before], fine[after], out=fine[between])
        fine[between] *= 0.5
    return fine


def refined_mask(near: Bools) -> Bools:
    """A mask on the finer grid, set between points where one of them is: (2n - 1,)³."""
    fine = np.zeros((2 * len(near) - 1,) * 3, bool)
    fine[::2, ::2, ::2] = near
    for axis in range(3):
        between, before, after = _between(axis)
        np.logical_or(fine[before], fine[after], out=fine[between])
    return fine


def marched(values: Values, half_size: float) -> ClosedSurface:
    """The surface where values (n, n, n) on the grid are 0, by marching cubes (Lewiner et al. 2003). Overwrites the border."""
    for axis in range(3):
        for end in (0, -1):
            border = values[(slice(None),) * axis + (end,)]
            np.minimum(border, -1e-3, out=border)
    values[values == 0] = -1e-6  # a surface through points of the grid has triangles without area
    if not (values > 0).any():
        return ClosedSurface(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    vertices, faces, _, _ = marching_cubes(values, 0.0, gradient_direction="ascent")
    return ClosedSurface((vertices.astype(np.float64) * (2 / (len(values) - 1)) - 1) * half_size, faces.astype(np.int64))


def simplified(surface: ClosedSurface, tolerance: float) -> ClosedSurface:
    """The surface with fewer triangles, closed and manifold as before, at most `tolerance` away."""
    if not len(surface.faces):
        return surface
    solid = Manifold(Mesh64(surface.vertices, surface.faces.astype(np.uint64))).simplify(tolerance)
    mesh = solid.to_mesh64()
    return ClosedSurface(np.asarray(mesh.vert_properties)[:, :3], np.asarray(mesh.tri_verts).astype(np.int64))


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All but the last points along an axis, and all but the first."""
    everything = (slice(None),) * axis
    return (*everything, slice(None, -1)), (*everything, slice(1, None))


def _between(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...], tuple[slice, ...]]:
    """On a refined grid, the new points along an axis, and those before and after them; axes before it are full already."""
    done, todo = (slice(None),) * axis, (slice(None, None, 2),) * (2 - axis)
    return (*done, slice(1, None, 2), *todo), (*done, slice(0, -1, 2), *todo), (*done, slice(2, None, 2), *todo)
