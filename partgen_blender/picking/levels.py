"""Levels: the parts that a point belongs to, from its leaf to the whole, in steps that an artist notices. numpy only.

A *level* is the number of merges that are applied, from 0 (all leaves) to L-1 (the whole). It says exactly what a scale may leave
open, because several merges may have the same height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.part_tree import PartTree
from partgen.refining import Nodes

Ints = NDArray[np.int64]

NOTICED = 0.03
"""A part that is larger than another by less than this share looks the same."""


@dataclass(frozen=True, eq=False)
class Levels:
    """A part tree of L leaves laid out for picking: every node is a run of leaves, and its area a share of the whole.

    `areas` (2L-1,) float64. To lay out 30,000 leaves takes 50 ms; everything after that microseconds.
    """

    tree: PartTree
    nodes: Nodes
    areas: NDArray[np.float64]

    @classmethod
    def of(cls, tree: PartTree, leaf_areas: ArrayLike) -> Levels:
        """Of a tree whose leaves have these areas, (L,), in any unit. Where nothing has an area, all leaves count the same."""
        areas = np.asarray(leaf_areas, np.float64)
        areas = areas / areas.sum() if areas.sum() > 0 else np.full(tree.leaf_count, 1.0 / tree.leaf_count)
        nodes = Nodes.of(tree)
        return cls(tree, nodes, nodes.sums(areas))

    @property
    def highest(self) -> int:
        """The level at which the whole is one part."""
        return self.tree.leaf_count - 1

    def level_of_scale(self, scale: float) -> int:
        """The level of a cut at `scale`."""
        return self.tree.leaf_count - self.tree.count(scale)

    def level_of_count(self, count: int) -> int:
        """The level at which there are `count` parts, clipped to what the tree can give."""
        return self.tree.leaf_count - min(max(int(count), 1), self.tree.leaf_count)

    def count(self, level: int) -> int:
        """The number of parts at `level`."""
        return self.tree.leaf_count - level

    def node_at(self, leaf: int, level: int) -> int:
        """The node that `leaf` belongs to at `level`. Raises IndexError for a leaf that does not exist."""
        path = self.tree.path(leaf)
        return int(path[np.searchsorted(path, self.tree.leaf_count + level) - 1])

    def leaves(self, node: int) -> Ints:
        """The leaves below `node`: (n,)."""
        return self.nodes.order[self.nodes.start[node] : self.nodes.end[node]]

    def steps(self, leaf: int) -> list[int]:
        """The nodes above `leaf` between which one sees a difference, rising: the leaf first, the whole last.

        A node is left out where its area exceeds that of the last one by less than `NOTICED`.
        """
        path = self.tree.path(leaf).tolist()
        kept = path[:1]
        for node in path[1:]:
            if self._is_noticed(kept[-1], node):
                kept.append(node)
        if kept[-1] != path[-1]:
            if len(kept) > 1:
                kept.pop()  # it looks like the whole
            kept.append(path[-1])
        return kept

    def stepped(self, leaf: int, level: int, by: int) -> int:
        """The level `by` steps up (or down, where negative) from the part of `leaf` at `level`; it stops at leaf and whole.

        Of all levels that have the part, the one is taken that changes least elsewhere.
        """
        for _ in range(min(abs(by), self.tree.leaf_count)):
            level = self._above(leaf, level) if by > 0 else self._below(leaf, level)
        return level

    def _above(self, leaf: int, level: int) -> int:
        here, steps = self.node_at(leaf, level), self.steps(leaf)
        above = next((node for node in steps if node > here and self._is_noticed(here, node)), steps[-1])
        return max(above - self.tree.leaf_count + 1, level)

    def _below(self, leaf: int, level: int) -> int:
        here, steps = self.node_at(leaf, level), self.steps(leaf)
        below = next((node for node in reversed(steps) if node < here and self._is_noticed(node, here)), steps[0])
        return level if below == self.tree.parent[below] else min(int(self.tree.parent[below]) - self.tree.leaf_count, level)

    def _is_noticed(self, smaller: int, larger: int) -> bool:
        return bool(self.areas[larger] > (1.0 + NOTICED) * self.areas[smaller])
