"""Remeshing: one even, closed surface in place of any other, for print or simulation, or where nothing else closes a part."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from igl import fast_winding_number, point_mesh_squared_distance
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label
from skimage.measure import marching_cubes

from ..geometry.solids import measure, signed_volume, surface_area
from . import CompletedPart, Options
from .crossing import NOTE as CROSSING
from .crossing import crossing_faces
from .sheets import is_inside_out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CELLS = 96
"""Along the longest side of a part, at least."""

CELLS_ACROSS = 3
"""The thickness of a part, on average: a thin one gets a finer grid."""

MOST_POINTS = 1_500_000
"""Of a grid."""

INSIDE_OUT = "It is inside out: its sides enclose what is outside the object. Merge it with the part around it, then complete that."
"""Told of a part that is closed through free space, as straight caps close the inner wall of a mug."""

INSET = 0.05
"""Cells by which the surface lies within the old one, so that neighbours do not overlap."""


def finished(part: CompletedPart, options: Options) -> CompletedPart:
    """The part as it was asked for: remeshed where that was asked for, or where its surface did not close."""
    if options.remesh and len(part.faces):
        return remeshed(part)
    if len(part.faces) and not part.measures.is_watertight:
        return remeshed(part, "Its surface could not be stitched.")
    said = (CROSSING,) if len(crossing_faces(part.vertices, part.faces, part.generated)) else ()
    if is_inside_out(part.vertices.astype(np.float64), part.faces.astype(np.int64)):
        said = (*said, INSIDE_OUT)
    return replace(part, notes=(*part.notes, *said)) if said else part


def remeshed(part: CompletedPart, *notes: str) -> CompletedPart:
    """The same solid under an even surface that keeps no triangle of the input; the part as it is where it is too thin."""
    vertices, faces = even_surface(part.vertices.astype(np.float64), part.faces.astype(np.int64))
    if not len(faces):
        made_by = part.made_by if part.measures.is_watertight else "open"
        return replace(part, made_by=made_by, notes=("It is too thin to be remeshed.", *part.notes, *notes))
    none = np.zeros(0, np.int32)
    generated = np.ones(len(faces), bool)
    said = (*part.notes, *notes)
    return CompletedPart(
        part.label, none, none, none.astype(bool), vertices.astype(np.float32), faces.astype(np.int32), generated, "remesh", said
    )


def even_surface(points: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """A closed, outward surface around what triangles (n, 3), even open or crossing ones, hold: vertices (k, 3), faces (m, 3).

    Inside is where the generalised winding number passes one half (Jacobson et al. 2013); empty where no point of the grid is.
    """
    used = points[np.unique(faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    cell = cell_size(points, faces, high - low)
    shape = np.ceil((high - low) / cell).astype(int) + 5
    grid = low - 2 * cell + cell * np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    inside = inside_of(points, faces, grid, low - 2 * cell, cell)
    for axis in range(3):  # nothing on the rim: the surface closes
        inside[(slice(None),) * axis + (0,)] = inside[(slice(None),) * axis + (-1,)] = False
    if not inside.any():
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    rough = distance_transform_edt(inside) - distance_transform_edt(~inside)
    close = np.abs(rough) < 2.5
    exact = np.sqrt(point_mesh_squared_distance(grid[close], points, faces)[0]) / cell
    depth = np.clip(rough, -3.0, 3.0)
    depth[close] = np.where(inside[close], 1, -1) * np.minimum(exact, 3.0)
    if depth.max() <= INSET:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    vertices, triangles, _, _ = marching_cubes(depth, INSET, gradient_direction="ascent")
    return low - 2 * cell + vertices * cell, triangles.astype(np.int64)


def inside_of(points: Floats, faces: Ints, grid: Floats, first: Floats, cell: float) -> Bools:
    """Which points of a grid (X, Y, Z, 3), which begins at `first` (3,), lie inside: asked near triangles, and once in between.

    Away from all triangles of a closed surface a neighbour is on the same side. An open one has holes there: it is asked everywhere.
    """
    near = np.ones(grid.shape[:3], bool)
    if measure(points, faces).is_watertight:
        near = near_triangles(points[faces], near.shape, first, cell)
    inside = np.zeros(near.shape, bool)
    inside[near] = fast_winding_number(points, faces, grid[near]) > 0.5
    region, count = label(~near)
    if count:
        places = np.unique(region, return_index=True)[1][-count:]
        is_inside = fast_winding_number(points, faces, grid.reshape(-1, 3)[places]) > 0.5
        inside |= np.concatenate([[False], is_inside])[region]
    return inside


def near_triangles(corners: Floats, shape: tuple[int, ...], first: Floats, cell: float) -> Bools:
    """Which points of a grid lie in the bounds of any triangle (m, 3, 3), or at most a cell beside them."""
    low = np.floor((corners.min(axis=1) - first) / cell).astype(int) - 1
    high = np.ceil((corners.max(axis=1) - first) / cell).astype(int) + 2
    low, high = np.clip(low, 0, shape), np.clip(high, 0, shape)
    change = np.zeros(tuple(n + 1 for n in shape), np.int32)  # of how many bounds are around, along all axes
    for ends in product((0, 1), repeat=3):
        index = np.where(ends, high, low)
        np.add.at(change, tuple(index.T), (-1) ** sum(ends))
    for axis in range(3):
        np.cumsum(change, axis=axis, out=change)
    return change[:-1, :-1, :-1] > 0


def cell_size(points: Floats, faces: Ints, size: Floats) -> float:
    """How long the cells of a grid over a surface of this `size` (3,) are: fine enough for its thickness, as far as there is room."""
    thickness = 2 * abs(signed_volume(points, faces)) / max(surface_area(points, faces), 1e-300)
    longest = max(float(size.max()), 1e-12)
    finest = longest / CELLS
    while np.prod(np.ceil(size / (finest / 1.25)) + 5) < MOST_POINTS and finest > thickness / CELLS_ACROSS:
        finest /= 1.25
    return finest
