"""Where a click lies in a region: people click in the middle of what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .judging import judge

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def click_scores(object_: Refinable, face: int, inside: Bools) -> Floats:
    """How well a click on `face` lies in each of K regions, of leaves `inside` (L, K): (K,). People click in the middle."""
    return judge().of_clicks(places(object_, face, inside))


def places(object_: Refinable, face: int, inside: Bools) -> Floats:
    """Where `face` lies in each of K regions, of leaves `inside` (L, K), and how large these are: (K, 6).

    How deep it lies as a share of the deepest, the logarithm of what is missing to that, the share of the region that lies less
    deep, the logarithm of the depth, of the area and of the number of leaves.
    """
    steps = object_.steps
    depth = np.full(inside.shape, np.inf)
    leaves_it = inside[steps.targets] & ~inside[steps.sources]
    if len(steps.leaves):
        depth[steps.leaves] = np.minimum.reduceat(np.where(leaves_it, steps.near[:, None], np.inf), steps.first, axis=0)
    depth = steps.spread(depth, inside)
    own = depth_of_click(object_, face, inside, depth)
    reached = np.isfinite(depth)
    is_bordered = np.isfinite(own)
    own = np.where(is_bordered, own, 9.0)
    deepest = np.maximum(np.where(is_bordered, np.where(reached, depth, 0).max(axis=0), 9.0), own)
    counts = object_.counts[:, None] * reached
    below = (counts * (np.where(reached, depth, 9) < own)).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    share = np.where(is_bordered, own / np.maximum(deepest, 1e-9), 1.0)
    area = np.maximum(object_.areas @ inside, 1e-9)
    values = [
        share, np.log(1 - share + 0.02), np.where(is_bordered, below, 0), np.log(np.minimum(own, 1) + 1e-3),
        np.log(area + 1e-5), np.log(np.maximum(inside.sum(axis=0), 1)),
    ]  # fmt: skip
    return np.column_stack(values)


def depth_of_click(object_: Refinable, face: int, inside: Bools, depth: Floats) -> Floats:
    """How far a face lies from the border of each of K regions (K,), infinite without one: `inside` and `depth` (L, K) of their leaves."""
    steps = object_.steps
    mine = steps.targets == object_.leaf_of_face[face]
    if not mine.any():
        return np.full(inside.shape[1], np.inf)
    sources = steps.sources[mine]
    onward = np.linalg.norm(steps.middles[mine] - object_.centers[sources], axis=1)[:, None] + depth[sources]
    reach = np.linalg.norm(steps.middles[mine] - object_.surface.centers[face], axis=1)[:, None]
    return np.asarray((reach + np.where(inside[sources], onward, 0)).min(axis=0))
