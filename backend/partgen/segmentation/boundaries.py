"""Boundaries that an artist would draw: parts exchange faces along their borders until these run smoothly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..geometry.adjacency import FaceGraph
from ..geometry.thickness import smoothing_operator

Ints = NDArray[np.int64]

CREASE = 0.4
# Steps of diffusion at this number of faces: the same distance on the surface at any resolution.
STEPS, STEPS_AT = 48, 20_000
FEWEST_STEPS, MOST_STEPS = 6, 80


def smooth_boundaries(graph: FaceGraph, region: Ints, part_of_region: Ints) -> Ints:
    """Moves faces near the borders of parts to the part that dominates around them: the new region of each face (C,).

    `region` (C,), `part_of_region` (N,). Membership diffuses over the surface, hardly across creases, and each face
    takes the strongest part; it then joins the region that its new part has nearest to it.
    """
    part = part_of_region[region]
    steps = int(np.clip(STEPS * np.sqrt(graph.face_count / STEPS_AT), FEWEST_STEPS, MOST_STEPS))
    operator = smoothing_operator(graph, CREASE)
    near = _band(operator, part, steps)
    local = operator[near][:, near]
    total = np.asarray(local.sum(axis=1)).reshape(-1)
    membership = np.zeros((len(near), int(part_of_region.max()) + 1), np.float32)
    membership[np.arange(len(near)), part[near]] = 1
    local = local.multiply(1 / total[:, None]).tocsr().astype(np.float32)
    for _ in range(steps):
        membership = local @ membership
    smoothed = part.copy()
    smoothed[near] = membership.argmax(axis=1)
    return _adopted(graph, region, part_of_region, smoothed)


def _band(operator: csr_matrix, part: Ints, steps: int) -> Ints:
    """The faces within `steps` of a border between parts: (n,) rising."""
    row, column = operator.nonzero()
    reached = np.zeros(len(part), bool)
    reached[row[part[row] != part[column]]] = True
    reach = operator.astype(bool).astype(np.int8)
    for _ in range(steps):
        reached = (reach @ reached.astype(np.int8)) > 0
    return np.flatnonzero(reached)


def _adopted(graph: FaceGraph, region: Ints, part_of_region: Ints, part: Ints) -> Ints:
    """Gives faces whose part changed a region of their new part, from their neighbours inward; the rest keep theirs."""
    region = region.copy()
    waiting = part_of_region[region] != part
    first = np.concatenate([graph.pairs[:, 0], graph.pairs[:, 1]])
    second = np.concatenate([graph.pairs[:, 1], graph.pairs[:, 0]])
    inside = (part[first] == part[second]) & waiting[first]
    first, second = first[inside], second[inside]
    while waiting.any():
        ready = waiting[first] & ~waiting[second]
        if not ready.any():
            break  # an island of a part with no region of its own there stays what it was
        region[first[ready]] = region[second[ready]]
        waiting[first[ready]] = False
    return region
