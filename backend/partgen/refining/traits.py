"""What tells of a node whether it is a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .nodes import Nodes
from .totals import totals

if TYPE_CHECKING:
    from .objects import Refinable

Floats = NDArray[np.float64]

TRAITS = (
    "gap", "above_default", "below_default", "size", "size_squared", "concave", "convex", "alone", "compact", "border_unlike",
    "inner_unlike", "spread", "unlike_sibling", "leaves", "share", "open", "whole", "inner_concave", "inner_convex",
)  # fmt: skip


def traits(object_: Refinable, nodes: Nodes) -> Floats:
    """What tells of every node whether it is a part: (2L-1, len(TRAITS))."""
    tree, count = object_.tree, object_.tree.leaf_count
    total = 2 * count - 1
    parent = tree.parent
    height = np.concatenate([np.zeros(count), tree.heights])
    ends = height[parent]
    ends[-1] = 1.1
    area = np.maximum(nodes.sums(object_.areas), 1e-9)
    length, inner_length = borders(object_, nodes, object_.lengths)
    concave, inner_concave = borders(object_, nodes, object_.concave)
    convex, inner_convex = borders(object_, nodes, object_.convex)
    looks = units(object_.features)
    weight = np.maximum(object_.lengths, 1e-4)
    weights, inner_weights = borders(object_, nodes, weight)
    border_unlike, inner_unlike = borders(object_, nodes, weight * object_.unlikeness)
    mean = nodes.sums(looks * object_.areas[:, None])
    sibling = np.arange(total)
    sibling[tree.merges[:, 0]], sibling[tree.merges[:, 1]] = tree.merges[:, 1], tree.merges[:, 0]
    open_ = np.linalg.norm(nodes.sums(object_.looks[:, 3:6] * object_.areas[:, None]), axis=1) / area
    likeness = (units(mean) * units(mean)[sibling]).sum(axis=1)
    size = np.log(area + 1e-5)
    is_bordered = length > 1e-9
    return np.column_stack([
        ends - height,
        np.maximum(height - tree.default_scale, 0),
        np.maximum(tree.default_scale - ends, 0),
        size,
        size**2,
        np.minimum(concave / (length + 1e-6), 2) * is_bordered,
        np.minimum(convex / (length + 1e-6), 2) * is_bordered,
        ~is_bordered,
        np.log(length / np.sqrt(area) + 0.05) * is_bordered,
        border_unlike / (weights + 1e-6),
        inner_unlike / (inner_weights + 1e-6),
        1 - np.linalg.norm(mean, axis=1) / area,
        1 - likeness,
        np.log(tree.leaf_sizes),
        area / area[parent],
        open_,
        np.arange(total) == total - 1,
        np.minimum(inner_concave / (inner_length + 1e-6), 2),
        np.minimum(inner_convex / (inner_length + 1e-6), 2),
    ])  # fmt: skip


def borders(object_: Refinable, nodes: Nodes, values: Floats) -> tuple[Floats, Floats]:
    """Of values (E,) of pairs of leaves, the sums over those that each node's border parts, and over those within it: (2L-1,) each."""
    count = object_.tree.leaf_count
    of_leaf = totals(object_.pairs.reshape(-1), np.repeat(values, 2), count)
    within = totals(object_.joined, values, 2 * count - 1).tolist()
    for i, (one, other) in enumerate(object_.tree.merges.tolist()):
        within[count + i] += within[one] + within[other]
    inside = np.array(within)
    return np.maximum(nodes.sums(of_leaf) - 2 * inside, 0), inside


def units(rows: Floats) -> Floats:
    """Rows (n, D) of length one; zero where they are zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
