"""The nodes of a part tree as intervals of its leaves, so that sums over all of them are one sum that runs along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..part_tree import PartTree

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Nodes:
    """The 2L-1 nodes of a tree, each an interval of its leaves in a suitable order: `order` (L,), `start` and `end` (2L-1,)."""

    order: Ints
    start: Ints
    end: Ints

    @classmethod
    def of(cls, tree: PartTree) -> Nodes:
        """Lays out the leaves of `tree` so that those below any node stand side by side."""
        count = tree.leaf_count
        start, sizes = [0] * (2 * count - 1), tree.leaf_sizes.tolist()
        for node in range(2 * count - 2, count - 1, -1):
            one, other = tree.merges[node - count].tolist()
            start[one], start[other] = start[node], start[node] + sizes[one]
        starts = np.array(start, np.int64)
        return cls(np.argsort(starts[:count]), starts, starts + tree.leaf_sizes)

    def sums(self, values: Floats) -> Floats:
        """The sum over the leaves below each node, of `values` (L, ...): (2L-1, ...)."""
        running = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values[self.order], axis=0)])
        return running[self.end] - running[self.start]

    def holds(self, leaf: int) -> Bools:
        """Which nodes have `leaf` below them: (2L-1,)."""
        place = self.start[leaf]
        return (self.start <= place) & (place < self.end)


def joining_nodes(tree: PartTree, pairs: Ints) -> Ints:
    """The lowest node that has both leaves of each pair (E, 2) below it: (E,)."""
    parent = tree.parent.astype(np.int64)
    one, other = pairs[:, 0].copy(), pairs[:, 1].copy()
    while (apart := one != other).any():
        # A parent has a higher number than its child, so the lower of two can never be above the other.
        climbs = apart & (one < other)
        one = np.where(climbs, parent[one], one)
        other = np.where(apart & ~climbs, parent[other], other)
    return one
