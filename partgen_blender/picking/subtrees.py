"""The part tree of a piece of an object: what is left of a tree where some leaves have gone elsewhere. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.part_tree import PartTree


def restricted(tree: PartTree, is_kept: ArrayLike) -> tuple[PartTree, NDArray[np.int32]]:
    """The tree over those leaves that are kept, (L,) bool, at least one: they come together in the same order as before.

    Returns it with the new node of every old one, (2L-1,) int32, -1 where all of it is gone. The default scale stays where it was;
    merges of what is gone are left out, so that there are fewer parts at every scale.
    """
    kept = np.asarray(is_kept, bool)
    count = int(kept.sum())
    number = np.full(2 * tree.leaf_count - 1, -1, np.int64)
    number[: tree.leaf_count][kept] = np.arange(count)
    merges: list[tuple[int, int]] = []
    heights: list[float] = []
    for merge, (one, other) in enumerate(tree.merges.tolist()):
        a, b = number[one], number[other]
        if a >= 0 and b >= 0:
            number[tree.leaf_count + merge] = count + len(merges)
            merges.append((a, b))
            heights.append(float(tree.heights[merge]))
        else:
            number[tree.leaf_count + merge] = max(a, b)
    if heights:
        heights[-1] = 1.0
    made = PartTree(np.array(merges, np.int32).reshape(-1, 2), np.array(heights, np.float32), tree.default_scale)
    return made, number.astype(np.int32)
