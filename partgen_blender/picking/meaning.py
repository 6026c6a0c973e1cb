"""What a stroke, a lasso or a mask over the picture means: which parts of a tree, and at what scale. numpy only.

The picture is known by samples: places of the view, and for each the leaf and the point of the surface that one sees there. The
scale follows from how far the points under the mask spread in space, as SAMPart3D conditions its features on the scale of a mask
(Yang et al. 2024, arXiv 2411.07184, eq. 3): the length of the vector of standard deviations of the points along x, y, z. Its factor
of 10 cancels here, where masks are compared with parts that are measured alike, from what one sees of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from partgen.part_tree import PartTree
from partgen.refining import Nodes

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

MOSTLY = 0.5
"""A part is meant where more than this share of what one sees of it lies within the mask."""
LATITUDE = 1.4
"""Parts that spread by this factor more or less than the mask may be what it means: hands are not exact."""
UNCERTAIN = 0.06
"""Of scales whose parts look as much like the mask but for this, the coarsest is taken: what one does not see of a part has no say."""
CROSSED = 0.15
"""A stroke means a part that it crosses for this share of its length."""


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a mask means: the `leaves` (L,) bool, and the `level` (merges applied) at which they are whole parts."""

    leaves: Bools
    level: int


def meant_by_area(tree: PartTree, nodes: Nodes, leaf: NDArray[np.integer], points: Floats, is_masked: Bools) -> Meaning | None:
    """The parts that a lasso or a mask means; None where there is nothing of the tree under it, or it covers no part mostly.

    Of n samples of the picture: `leaf` (n,) of the tree, `points` (n, 3) in any unit, `is_masked` (n,). Among the scales whose
    parts under the mask spread about as far as the mask, that is taken whose chosen parts look most like the mask (intersection
    over union of what one sees); where none of them has a part that is mostly within it, among all scales.
    """
    if not is_masked.any():
        return None
    within = np.bincount(leaf[is_masked], minlength=tree.leaf_count).astype(np.float64)
    seen = nodes.sums(np.bincount(leaf, minlength=tree.leaf_count).astype(np.float64))
    masked = nodes.sums(within)
    is_meant = masked > MOSTLY * seen
    chosen = np.stack([np.where(is_meant, masked, 0.0), np.where(is_meant, seen, 0.0)], axis=1)
    inside, covered = _at_every_level(tree, chosen).T
    likeness = inside / (within.sum() + covered - inside)
    ratio = _spread_at_every_level(tree, nodes, leaf, points, masked) / spread(points[is_masked])
    near = (ratio <= LATITUDE) & (ratio >= 1.0 / LATITUDE) & (likeness > 0)
    candidates = np.where(near, likeness, -1.0) if near.any() else likeness
    if candidates.max() <= 0:
        return None
    level = _coarsest(candidates >= max(candidates.max() - UNCERTAIN, 1e-9))
    return _chosen(tree, level, is_meant)


def meant_by_stroke(tree: PartTree, nodes: Nodes, leaf: NDArray[np.integer], points: Floats, is_masked: Bools) -> Meaning | None:
    """The parts that a stroke runs along, at the scale at which they spread as far as it does; None where it meets nothing.

    Arguments as for `meant_by_area`: a stroke is too narrow to cover what it means.
    """
    if not is_masked.any():
        return None
    masked = nodes.sums(np.bincount(leaf[is_masked], minlength=tree.leaf_count).astype(np.float64))
    ratio = _spread_at_every_level(tree, nodes, leaf, points, masked) / spread(points[is_masked])
    off = np.abs(np.log(np.maximum(ratio, 1e-12)))
    level = _coarsest(off <= off.min() + 1e-9)
    return _chosen(tree, level, masked >= CROSSED * is_masked.sum())


def spread(points: Floats) -> float:
    """How far points (n, 3) spread: the length of their standard deviations along the axes, never quite zero."""
    return float(np.linalg.norm(points.std(axis=0))) + _least(points)


def _spread_at_every_level(tree: PartTree, nodes: Nodes, leaf: NDArray, points: Floats, masked: Floats) -> Floats:
    """How far what one sees of the parts under the mask spreads, in the mean over the mask, at each of L levels: (L,)."""
    middle = points.mean(axis=0)
    rows = np.column_stack([np.ones(len(points)), points - middle, ((points - middle) ** 2).sum(axis=1)])
    sums = nodes.sums(np.column_stack([np.bincount(leaf, column, tree.leaf_count) for column in rows.T]))
    counts = np.maximum(sums[:, 0], 1.0)
    variance = sums[:, 4] / counts - ((sums[:, 1:4] / counts[:, None]) ** 2).sum(axis=1)
    spreads = np.sqrt(np.maximum(variance, 0.0)) + _least(points)
    return _at_every_level(tree, (masked * spreads)[:, None])[:, 0] / max(masked[-1], 1.0)


def _least(points: Floats) -> float:
    return 1e-9 * (float(np.abs(points).max(initial=0.0)) + 1e-9)


def _at_every_level(tree: PartTree, values: Floats) -> Floats:
    """The sum of `values` (2L-1, k) over the nodes that are parts, at each of the L levels: (L, k)."""
    count = tree.leaf_count
    first = values[:count].sum(axis=0, keepdims=True)
    changes = values[count:] - values[tree.merges].sum(axis=1) if count > 1 else values[:0]
    return np.concatenate([first, first + np.cumsum(changes, axis=0)])


def _coarsest(is_best: Bools) -> int:
    return int(np.flatnonzero(is_best)[-1])


def _chosen(tree: PartTree, level: int, is_meant: Bools) -> Meaning | None:
    leaves = is_meant[tree.nodes_into(tree.leaf_count - level)]
    return Meaning(leaves, level) if leaves.any() else None
