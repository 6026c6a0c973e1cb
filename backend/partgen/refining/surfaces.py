"""The surface that clicks fall on: faces, and the edges at which they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..mesh import polygon_centers
from .totals import totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WELD = 2.0**-20
"""Vertices closer than this share of the longest side are one vertex."""


@dataclass(frozen=True, eq=False)
class Surface:
    """F faces and the M places where two of them share an edge. Lengths are shares of the diagonal, areas of the whole.

    `areas` (F,), `centers` and `normals` (F, 3), `pairs` (M, 2) faces, `lengths` (M,) and `middles` (M, 3) of the edge, `bends`
    (M,) the angle between the normals in radians, positive where the surface is concave.
    """

    areas: Floats
    centers: Floats
    normals: Floats
    pairs: Ints
    lengths: Floats
    middles: Floats
    bends: Floats


def surface(vertices: ArrayLike, corner_vertices: ArrayLike, polygon_offsets: ArrayLike) -> Surface:
    """The surface of polygons: `vertices` (V, 3), the vertex at every corner (C,), the first corner of every polygon and C (F+1,).

    Vertices in the same place count as one. A quarter of a second for 200,000 triangles.
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 3)
    corners, offsets = np.asarray(corner_vertices, np.int64), np.asarray(polygon_offsets, np.int64)
    sizes = np.diff(offsets)
    face = np.repeat(np.arange(len(sizes)), sizes)
    following = np.arange(1, len(corners) + 1)
    following[offsets[1:] - 1] = offsets[:-1]
    points, corners = _welded(points, corners)
    here, there = points[corners], points[corners[following]]
    centers = polygon_centers(here, offsets)
    # Newell: the sum of the cross products of a polygon's edges is twice its area, along its normal. Seen from its middle,
    # because far from the origin the products would cancel.
    cross = np.cross(here - centers[face], there - centers[face])
    normals = totals(face, cross, len(sizes))
    double = np.linalg.norm(normals, axis=1)
    normals /= np.where(double > 0, double, 1.0)[:, None]
    first, second = corners, corners[following]
    key = np.minimum(first, second) * len(points) + np.maximum(first, second)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    pairs = np.stack([face[order[same]], face[order[same + 1]]], axis=1)
    lengths = np.linalg.norm(there - here, axis=1)[order[same]]
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, lengths, middles = pairs[apart], lengths[apart], 0.5 * (here + there)[order[same[apart]]]
    return Surface(double / max(double.sum(), 1e-300), centers, normals, pairs, lengths, middles, _bends(normals, centers, pairs))


def _welded(points: Floats, corners: Ints) -> tuple[Floats, Ints]:
    """Points in one place as one, in units of the diagonal: the points (W, 3) and `corners` (C,) over them."""
    low, size = points[corners].min(axis=0), np.ptp(points[corners], axis=0)
    cells = np.rint(np.clip((points - low) / (max(float(size.max()), 1e-300) * WELD), -1, 2.0**20 + 1)).astype(np.int64) + 1
    _, first, welded = np.unique((cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2], return_index=True, return_inverse=True)
    return (points[first] - low) / max(float(np.linalg.norm(size)), 1e-300), welded.reshape(-1)[corners]


def _bends(normals: Floats, centers: Floats, pairs: Ints) -> Floats:
    first, second = pairs.T
    angle = np.arccos(np.clip((normals[first] * normals[second]).sum(axis=1), -1, 1))
    rise = ((centers[second] - centers[first]) * (normals[first] - normals[second])).sum(axis=1)
    return np.where(rise > 0, angle, -angle)
