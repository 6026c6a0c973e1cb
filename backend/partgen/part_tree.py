"""The part tree: every segmentation that a mesh has, from its leaves to the whole, as one binary merge tree.

numpy only: the add-on cuts the tree inside Blender, at every move of the slider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import PartgenError

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PartTree:
    """A binary merge tree over L leaves.

    `merges` (L-1, 2) int32: row i joins two nodes into node L+i; nodes below L are leaves. `heights` (L-1,) float32 in
    [0, 1], never falling, the last one 1: the scale from which on merge i is applied. `default_scale` in [0, 1].
    `numbers` (L,) int32: what each rank is called after the tree was edited, so that parts that were not touched keep their
    colours and names; a permutation of 0..L-1, None where no rank was renamed.
    """

    merges: Ints
    heights: NDArray[np.float32]
    default_scale: float = 0.5
    numbers: Ints | None = None

    def __post_init__(self) -> None:
        merges = np.ascontiguousarray(self.merges, np.int32).reshape(-1, 2)
        heights = np.ascontiguousarray(self.heights, np.float32).reshape(-1)
        object.__setattr__(self, "merges", merges)
        object.__setattr__(self, "heights", heights)
        object.__setattr__(self, "default_scale", float(self.default_scale))
        if self.numbers is not None:
            object.__setattr__(self, "numbers", np.ascontiguousarray(self.numbers, np.int32).reshape(-1))
        problem = _problem(merges, heights, self.default_scale) or _problem_of_numbers(self.numbers, len(merges) + 1)
        if problem:
            raise PartgenError("tree.invalid", f"The part tree is damaged: {problem}.", "Decompose the object again.")

    @classmethod
    def from_merges(cls, merges: ArrayLike, default_count: int) -> PartTree:
        """Calibrates heights so that the number of parts falls log-linearly with the scale.

        `merges` (L-1, 2) in the order in which they happen. `default_count` is the number of parts at the default scale.
        """
        merges = np.asarray(merges, np.int32).reshape(-1, 2)
        leaf_count = len(merges) + 1
        tree = cls(merges, scale_of_count(np.arange(leaf_count - 1, 0, -1), leaf_count), 1.0)
        return replace(tree, default_scale=tree.scale_for(default_count))

    @property
    def leaf_count(self) -> int:
        return len(self.merges) + 1

    @cached_property
    def parent(self) -> Ints:
        """(2L-1,) int32: the node above each node; the root is its own parent."""
        parent = np.arange(2 * self.leaf_count - 1, dtype=np.int32)
        parent[self.merges.reshape(-1)] = np.repeat(np.arange(self.leaf_count, 2 * self.leaf_count - 1, dtype=np.int32), 2)
        return parent

    @cached_property
    def leaf_sizes(self) -> Ints:
        """(2L-1,) int32: the number of leaves below each node."""
        sizes = np.ones(2 * self.leaf_count - 1, np.int32)
        for i, (a, b) in enumerate(self.merges.tolist()):
            sizes[self.leaf_count + i] = sizes[a] + sizes[b]
        return sizes

    @cached_property
    def node_ranks(self) -> Ints:
        """(2L-1,) int32: a stable number for every node, for colours and default names.

        The root has rank 0; where a node splits, its larger child keeps the rank and the smaller gets the next new one.
        So a cut into n parts shows exactly the ranks 0..n-1, and dragging the slider recolours only what changes. Where the
        tree has `numbers`, these stand in for the ranks: any n different ones, still the same at every scale.
        """
        ranks = np.zeros(2 * self.leaf_count - 1, np.int32)
        sizes = self.leaf_sizes
        for i in range(len(self.merges) - 1, -1, -1):
            a, b = self.merges[i].tolist()
            keeper, other = (a, b) if sizes[a] >= sizes[b] else (b, a)
            ranks[keeper] = ranks[self.leaf_count + i]
            ranks[other] = len(self.merges) - i
        return ranks if self.numbers is None else self.numbers[ranks]

    def count(self, scale: float) -> int:
        """The number of parts at `scale`."""
        return self.leaf_count - int(np.searchsorted(self.heights, np.float32(scale), side="right"))

    def scale_for(self, count: int) -> float:
        """The scale in the middle of the range that gives `count` parts, clipped to what the tree can give."""
        applied = self.leaf_count - min(max(int(count), 1), self.leaf_count)
        low = float(self.heights[applied - 1]) if applied else 0.0
        high = float(self.heights[applied]) if applied < len(self.heights) else 1.0
        scale = float(np.float32(0.5 * (low + high)))
        return scale if self.count(scale) == self.leaf_count - applied else low

    def cut(self, scale: float) -> Ints:
        """The part of every leaf when each merge of height <= `scale` is applied: (L,) int32, dense from 0."""
        return self.cut_into(self.count(scale))

    def cut_into(self, count: int) -> Ints:
        """The part of every leaf when the tree is cut into `count` parts (clipped to 1..L): (L,) int32, dense from 0."""
        return _dense(self.nodes_into(count))

    def nodes(self, scale: float) -> Ints:
        """The node that each leaf belongs to at `scale`: (L,) int32."""
        return self.nodes_into(self.count(scale))

    def nodes_into(self, count: int) -> Ints:
        """The node that each leaf belongs to when the tree is cut into `count` parts: (L,) int32."""
        applied = self.leaf_count - min(max(int(count), 1), self.leaf_count)
        limit = self.leaf_count + applied
        up = np.where(self.parent < limit, self.parent, np.arange(len(self.parent), dtype=np.int32))
        while True:  # pointer jumping: as many passes as the logarithm of the depth
            higher = up[up]
            if np.array_equal(higher, up):
                return up[: self.leaf_count]
            up = higher

    def path(self, leaf: int) -> Ints:
        """The nodes from `leaf` up to the root: (depth,) int32. Raises IndexError for a leaf that does not exist."""
        if not 0 <= leaf < self.leaf_count:
            raise IndexError(f"leaf {leaf} of {self.leaf_count}")
        path = [int(leaf)]
        while self.parent[path[-1]] != path[-1]:
            path.append(int(self.parent[path[-1]]))
        return np.array(path, np.int32)

    def leaves(self, node: int) -> Ints:
        """The leaves below `node`, rising: (n,) int32."""
        stack, found = [int(node)], []
        while stack:
            n = stack.pop()
            if n < self.leaf_count:
                found.append(n)
            else:
                stack.extend(self.merges[n - self.leaf_count].tolist())
        return np.array(sorted(found), np.int32)


def scale_of_count(count: NDArray, leaf_count: int) -> NDArray[np.float32]:
    """The scale at which the tree has come down to `count` parts, log-linear: 0 at all leaves, 1 at one part."""
    if leaf_count < 2:
        return np.ones(len(count), np.float32)
    return (1.0 - np.log(count) / np.log(leaf_count)).astype(np.float32)


def _problem_of_numbers(numbers: Ints | None, leaf_count: int) -> str:
    if numbers is None or (len(numbers) == leaf_count and np.array_equal(np.sort(numbers), np.arange(leaf_count))):
        return ""
    return "its numbers are not one for each leaf"


def _dense(values: Ints) -> Ints:
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int32)


def _problem(merges: Ints, heights: NDArray, default_scale: float) -> str:
    leaf_count = len(merges) + 1
    if len(heights) != len(merges):
        return f"{len(merges)} merges but {len(heights)} heights"
    if not 0.0 <= default_scale <= 1.0:
        return f"default scale {default_scale}"
    if not len(merges):
        return ""
    if (merges < 0).any() or (merges >= leaf_count + np.arange(len(merges))[:, None]).any():
        return "a merge names a node that does not exist yet"
    if len(np.unique(merges)) != merges.size:
        return "a node is merged twice"
    if not np.isfinite(heights).all() or heights[0] < 0 or (np.diff(heights) < 0).any() or heights[-1] != 1:
        return "heights do not rise to 1"
    return ""
