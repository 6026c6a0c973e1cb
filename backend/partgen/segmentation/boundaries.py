"""Boundaries that an artist would draw: parts exchange faces along their borders until these run smoothly, at every scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from ..geometry.adjacency import FaceGraph
from ..geometry.thickness import smoothing_operator
from ..part_tree import PartTree

Ints = NDArray[np.int64]
Floats32 = NDArray[np.float32]

# Radians: parts meet in valleys rather than on ridges (Hoffman and Richards 1984, "Parts of recognition").
VALLEY, RIDGE = 0.25, 0.8
# Steps of diffusion at this number of faces: the same distance on the surface at any resolution.
STEPS, STEPS_AT = 48, 20_000
FEWEST_STEPS, MOST_STEPS = 6, 80
# Finer cuts are smoothed less far, as the square root of a part's area: the steps are those for this many parts, or fewer.
PARTS_AT = 96
# All regions first, then cuts into so many parts: a coarser cut, which is looked at more, has the last word.
LEVELS = (192, 96, 48, 24, 12)


def smooth_at_all_scales(graph: FaceGraph, region: Ints, tree: PartTree) -> Ints:
    """Smooths the borders of the regions themselves, and then of coarser and coarser cuts of a `tree` over them.

    `region` (C,) of each face, a leaf of the tree. Returns the new region of each face (C,); some may have lost all of theirs.
    """
    region = smooth_boundaries(graph, region, np.arange(tree.leaf_count))
    for count in LEVELS:
        if count < tree.leaf_count:
            region = smooth_boundaries(graph, region, tree.cut_into(count).astype(np.int64))
    return region


def smooth_boundaries(graph: FaceGraph, region: Ints, part_of_region: Ints) -> Ints:
    """Moves faces near the borders of parts to the part that dominates around them: the new region of each face (C,).

    `region` (C,), `part_of_region` (N,). Membership diffuses over the surface, hardly across creases, and each face
    takes the strongest part of its own and those beside it; it then joins the region that its new part has nearest to it.
    """
    part = part_of_region[region]
    parts = int(part_of_region.max()) + 1
    steps = int(np.clip(STEPS * np.sqrt(graph.face_count / STEPS_AT), FEWEST_STEPS, MOST_STEPS))
    steps = max(int(steps * min(1.0, PARTS_AT / parts)), 2)
    operator = smoothing_operator(graph, VALLEY, RIDGE)
    near = _band(operator, part, steps)
    local = operator[near][:, near]
    total = np.asarray(local.sum(axis=1)).reshape(-1)
    local = local.multiply(1 / total[:, None]).tocsr().astype(np.float32)
    of_channel = _channels(graph, part, parts)
    channel_of_part = np.zeros(parts, np.int64)
    channel_of_part[of_channel[of_channel >= 0]] = np.nonzero(of_channel >= 0)[1]
    membership = np.zeros((len(near), of_channel.shape[1]), np.float32)
    membership[np.arange(len(near)), channel_of_part[part[near]]] = 1
    for _ in range(steps):
        membership = local @ membership
    smoothed = part.copy()
    smoothed[near] = _strongest(membership, of_channel[part[near]])
    return _adopted(graph, region, part_of_region, smoothed)


def _channels(graph: FaceGraph, part: Ints, parts: int) -> Ints:
    """Which part each channel means to a face of each part, its own or one beside it: (parts, channels), -1 for none.

    Parts share a channel where none is beside both: hundreds of them need some twenty.
    """
    one, other = part[graph.pairs[:, 0]], part[graph.pairs[:, 1]]
    own = np.arange(parts)
    rows, columns = np.concatenate([one, other, own]), np.concatenate([other, one, own])
    beside = coo_matrix((np.ones(len(rows), np.int64), (rows, columns)), shape=(parts, parts)).tocsr().astype(bool)
    rivals = (beside @ beside).tocsr()
    channel = np.full(parts, -1)
    for its in np.argsort(-np.diff(rivals.indptr), kind="stable"):
        taken = set(channel[rivals.indices[rivals.indptr[its] : rivals.indptr[its + 1]]].tolist())
        channel[its] = next(free for free in range(parts) if free not in taken)
    meant = np.full((parts, int(channel.max()) + 1), -1)
    rows, columns = beside.nonzero()
    meant[rows, channel[columns]] = columns
    return meant


def _strongest(membership: Floats32, meant: Ints) -> Ints:
    """The part that each face has most of, among those that its channels mean: (n,) of two (n, channels)."""
    best = np.where(meant >= 0, membership, -1).argmax(axis=1)
    return meant[np.arange(len(best)), best]


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
