"""Lines of sight: inside a solid, where regions that see each other form one convex piece; and from around it, to what can be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .adjacency import FaceGraph
from .rays import RayScene

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLES = 12
# How far, in sines, a line may rise over a tangent plane and still count as going inward.
GRAZE = 0.02
DEPTH = 1e-4
SLANT = 0.1
"""The least cosine at which a camera sees a surface: of one that is seen more edge-on no scan has a point."""
RAY_BUDGET = 2_000_000


def region_samples(graph: FaceGraph, region: Ints, count: int, samples: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Points spread evenly by area over each of `count` regions, and their normals: (count, samples, 3) each.

    `region` (C,) of every face; every region has at least one face.
    """
    order = np.argsort(region, kind="stable")
    starts = np.searchsorted(region[order], np.arange(count + 1))
    total = np.concatenate([[0.0], np.cumsum(graph.areas[order])])
    low, high = total[starts[:-1]], total[starts[1:]]
    share = (np.arange(samples) + random.random((count, samples))) / samples
    place = np.searchsorted(total[1:], low[:, None] + (high - low)[:, None] * share)
    face = order[np.clip(place, starts[:-1, None], starts[1:, None] - 1)]
    root, other = np.sqrt(random.random((count, samples))), random.random((count, samples))
    weights = np.stack([1 - root, root * (1 - other), root * other], axis=-1)
    points = (graph.points[graph.corners[face]] * weights[..., None]).sum(axis=2)
    return points, graph.normals[face]


def mutual_visibility(graph: FaceGraph, scene: RayScene, region: Ints, count: int, seed: int = 0) -> Floats:
    """The share of point pairs of two regions whose straight line stays inside: (count, count) float64, symmetric.

    Van Kaick, Fish, Kleiman, Asafi, Cohen-Or 2014 (weakly convex parts), section 3: here on pairs of superfaces.
    """
    random = np.random.default_rng(seed)
    points, normals = region_samples(graph, region, count, SAMPLES, random)
    diagonal = float(np.linalg.norm(np.ptp(graph.points, axis=0)))
    points = points - normals * (DEPTH * diagonal)
    first, second = np.triu_indices(count)
    lines = int(np.clip(RAY_BUDGET // len(first), 2, 6))
    visible = np.zeros(len(first))
    for _ in range(lines):
        a, b = random.integers(0, SAMPLES, (2, len(first)))
        start, end = points[first, a], points[second, b]
        span = end - start
        graze = GRAZE * np.linalg.norm(span, axis=1)
        inward = ((span * normals[first, a]).sum(axis=1) < graze) & ((span * normals[second, b]).sum(axis=1) > -graze)
        kept = np.flatnonzero(inward)
        visible[kept] += scene.sees(start[kept], end[kept])
    visibility = np.zeros((count, count))
    visibility[first, second] = visible / lines
    visibility[second, first] = visible / lines
    return visibility


def cameras_around(low: Floats, high: Floats, count: int, turn: Floats) -> Floats:
    """Places of `count` cameras evenly around a box (3,) (3,), far enough to see all of it, turned by `turn` (3, 3): (count, 3).

    A spiral from pole to pole whose turns are a golden angle apart (Fibonacci lattice).
    """
    number = np.arange(count)
    height = 1 - (2 * number + 1) / count
    azimuth = np.pi * (3 - np.sqrt(5)) * number
    across = np.sqrt(1 - height**2)
    directions = np.stack([across * np.cos(azimuth), across * np.sin(azimuth), height], axis=1) @ turn.T
    return (low + high) / 2 + 1.5 * float(np.linalg.norm(high - low)) * directions


def seen_from(scene: RayScene, points: Floats, normals: Floats, cameras: Floats) -> NDArray[np.bool_]:
    """Which points (N, 3) on the surface of a scene, with outward unit normals (N, 3), at least one of the cameras (K, 3) sees: (N,)."""
    outside = points + normals * (DEPTH / scene.scale)
    seen = np.zeros(len(points), bool)
    for camera in cameras:
        span = camera - outside
        faces_it = (span * normals).sum(axis=1) > SLANT * np.linalg.norm(span, axis=1)
        asked = np.flatnonzero(faces_it & ~seen)
        seen[asked] = scene.sees(outside[asked], np.broadcast_to(camera, (len(asked), 3)))
    return seen
