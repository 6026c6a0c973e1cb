"""Outlines: the boundary between two regions as a curve in space, and how a region stands out of it.

A wheel ends in a closed, round outline and bulges out of it; a patch of a door is as long around but holds no volume. All
of it comes from integrals along boundaries and over regions, so that those of merged regions are sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import FaceGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The integrals along a boundary: its direction t and p × t / 2, both seen from the first region (the second sees them
# reversed), then the position p and the six terms of p pᵀ.
RUN, SWEEP, MIDDLE, SCATTER = slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 15)
INTEGRALS = 15
REVERSED = np.array([-1.0] * 6 + [1.0] * 9)
# Which terms of a symmetric matrix SCATTER holds, and where they go in one.
ROWS, COLUMNS = np.array([0, 1, 2, 0, 0, 1]), np.array([0, 1, 2, 1, 2, 2])
SYMMETRIC = np.array([[0, 3, 4], [3, 1, 5], [4, 5, 2]])
# The integrals over a region: p · n, then n, then p.
FLUX, NORMAL, PLACE = 0, slice(1, 4), slice(4, 7)
BODY_INTEGRALS = 7
# Volumes count in this unit, of the 3/2 power of an area, and reaches in that, of its root: a sphere has about one of each.
BULGE_UNIT, REACH_UNIT = 0.1, 0.5


@dataclass(frozen=True, eq=False)
class OutlineShape:
    """What the outlines of n boundaries are like: `centers` (n, 3); `axes` (n, 3) unit, across what they enclose; `gape` (n,)
    0 where it closes, 1 where it runs straight; `uneven` (n,) 0 where it is flat, up to 0.58; `section` (n,) the area that
    it encloses; `roundness` (n,) that area over the circle's of the same length.
    """

    centers: Floats
    axes: Floats
    gape: Floats
    uneven: Floats
    section: Floats
    roundness: Floats


def outline_integrals(graph: FaceGraph, region: Ints, pairs: Ints) -> Floats:
    """The integrals along the boundaries between `pairs` (E, 2) of regions, first < second: (E, INTEGRALS).

    `region` (C,) of every face. Positions are relative to the mean of the points, in shares of the diagonal.
    """
    points = _normalised(graph)
    first, second = region[graph.pairs].T
    across = first != second
    forward = np.where(first < second, 1.0, -1.0)[across, None]
    count = int(region.max(initial=0)) + 1
    low, high = np.minimum(first, second)[across], np.maximum(first, second)[across]
    order = np.argsort(pairs[:, 0] * count + pairs[:, 1])
    slot = order[np.searchsorted(pairs[order, 0] * count + pairs[order, 1], low * count + high)]
    start, end = points[graph.edges[across, 0]], points[graph.edges[across, 1]]
    length, middle = np.linalg.norm(end - start, axis=1, keepdims=True), (start + end) / 2
    turning = forward * np.concatenate([end - start, np.cross(start, end) / 2], axis=1)
    values = np.concatenate([turning, length * middle, length * middle[:, ROWS] * middle[:, COLUMNS]], axis=1)
    return np.column_stack([np.bincount(slot, values[:, term], len(pairs)) for term in range(INTEGRALS)]).astype(np.float64)


def body_integrals(graph: FaceGraph, region: Ints, count: int) -> Floats:
    """The integrals of p · n, n and p over each of `count` regions: (count, BODY_INTEGRALS), as in `outline_integrals`."""
    corners = _normalised(graph)[graph.corners]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1, keepdims=True) / 2
    centers = corners.mean(axis=1)
    values = areas * np.column_stack([(centers * graph.normals).sum(axis=1), graph.normals, centers])
    return np.column_stack([np.bincount(region, values[:, term], count) for term in range(BODY_INTEGRALS)]).astype(np.float64)


def _normalised(graph: FaceGraph) -> Floats:
    diagonal = max(float(np.linalg.norm(np.ptp(graph.points, axis=0))), np.finfo(np.float64).tiny)
    return (graph.points - graph.points.mean(axis=0)) / diagonal


def outline_shape(integrals: Floats, lengths: Floats) -> OutlineShape:
    """The shape of outlines from their `integrals` (n, INTEGRALS) and `lengths` (n,)."""
    lengths = np.maximum(lengths, 1e-12)
    centers = integrals[:, MIDDLE] / lengths[:, None]
    run = integrals[:, RUN]
    # An outline that does not close is closed through its own centre.
    sweep = integrals[:, SWEEP] - np.cross(centers, run) / 2
    section = np.linalg.norm(sweep, axis=1)
    scatter = integrals[:, SCATTER] / lengths[:, None] - centers[:, ROWS] * centers[:, COLUMNS]
    extent = np.linalg.eigvalsh(scatter[:, SYMMETRIC])
    return OutlineShape(
        centers=centers,
        axes=sweep / np.maximum(section, 1e-12)[:, None],
        gape=np.linalg.norm(run, axis=1) / lengths,
        uneven=np.sqrt(np.clip(extent[:, 0] / np.maximum(extent.sum(axis=1), 1e-12), 0, 1 / 3)),
        section=section,
        roundness=np.minimum(4 * np.pi * section / lengths**2, 1),
    )


def bulges(bodies: Floats, areas: Floats, outline: OutlineShape) -> Floats:
    """The volume between regions and their outlines, over the 3/2 power of their areas: (n,), from -1 to 1.

    `bodies` (n, BODY_INTEGRALS), `areas` (n,) in the unit of these. A sphere has 0.94, what lies flat in its outline 0, a
    dent less.
    """
    volumes = (bodies[:, FLUX] - (bodies[:, NORMAL] * outline.centers).sum(axis=1)) / 3
    return np.clip(volumes / np.maximum(areas, 1e-12) ** 1.5 / BULGE_UNIT, -1, 1)


def reaches(bodies: Floats, areas: Floats, outline: OutlineShape) -> Floats:
    """How far the middles of regions are from what their outlines enclose, over the roots of their areas: (n,), up to 1."""
    areas = np.maximum(areas, 1e-12)
    away = bodies[:, PLACE] / areas[:, None] - outline.centers
    return np.minimum(np.abs((away * outline.axes).sum(axis=1)) / np.sqrt(areas) / REACH_UNIT, 1)
