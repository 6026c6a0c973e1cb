"""Lines of sight inside a solid: regions that see each other through the interior form one convex piece."""

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
