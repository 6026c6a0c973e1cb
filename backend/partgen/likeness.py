"""Which leaves look like those of a region: a small classifier of what leaves look like. numpy only.

Logistic regression on part features, as PartField's supplement has it for clicks (Liu et al. 2025), on their main directions: where
a few leaves are all that there is to learn from, more would only be learned by heart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import logistic

Floats = NDArray[np.float64]

_DIRECTIONS = 12
_PER_DIRECTION = 3
"""Leaves that there are at least for each direction."""
_RIDGE = 0.01
_BIAS_RIDGE = 1e-9
_TOLD_APART = 0.7
"""A region is told apart by its looks where the leaves that look like it share so much with it, of what either of them has."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """What tells a region from the rest: `middle` (D,), `directions` (D, k), and `weights` (k+1,), the last of which is the bias."""

    middle: Floats
    directions: Floats
    weights: Floats

    def of(self, features: ArrayLike) -> Floats:
        """How likely leaves with these features (n, D) belong to the region: (n,)."""
        values = (np.asarray(features, np.float64) - self.middle) @ self.directions @ self.weights[:-1] + self.weights[-1]
        return logistic.chances(values)


def learned(features: ArrayLike, shares: ArrayLike, sizes: ArrayLike) -> Likeness | None:
    """Learns what a region looks like: `features` (n, D) of leaves, the `shares` (n,) of them that it has, their `sizes` (n,).

    None where it does not look different from the rest: then nothing that is learned would be worth anything elsewhere.
    """
    rows, share, size = (np.asarray(values, np.float64) for values in (features, shares, sizes))
    inside, outside = share * size, (1 - share) * size
    if not inside.sum() or not outside.sum():
        return None
    inside_weights, outside_weights = inside / inside.sum() / 2, outside / outside.sum() / 2  # a small region counts as much as the rest
    weight = inside_weights + outside_weights
    middle = weight @ rows
    lengths, directions = _main_directions(np.sqrt(weight)[:, None] * (rows - middle))
    kept = min(_DIRECTIONS, max(len(rows) // _PER_DIRECTION, 1), int((lengths > 1e-4).sum()))
    if not kept:
        return None
    found = Likeness(middle, directions[:, :kept] / lengths[0], np.zeros(kept + 1))
    values = np.column_stack([(rows - middle) @ found.directions, np.ones(len(rows))])
    ridge = np.append(np.full(kept, _RIDGE), _BIAS_RIDGE)
    target = np.divide(inside_weights, weight, out=np.zeros(len(weight)), where=weight > 0)
    found = Likeness(middle, found.directions, logistic.fitted(values, target, weight, ridge))
    alike = found.of(rows) > 0.5
    overlap = (size * np.minimum(alike, share)).sum() / (size * np.maximum(alike, share)).sum()
    return found if overlap >= _TOLD_APART else None


def _main_directions(rows: Floats) -> tuple[Floats, Floats]:
    """How long rows (n, D) are in their main directions, at most _DIRECTIONS of them, the longest first, and these: (k,), (D, k).

    By the products of columns, or of rows where these are fewer: many times as fast as a singular value decomposition.
    """
    is_tall = len(rows) >= rows.shape[1]
    squares, vectors = np.linalg.eigh(rows.T @ rows if is_tall else rows @ rows.T)
    lengths = np.sqrt(np.maximum(squares[::-1][:_DIRECTIONS], 0))
    found = vectors[:, ::-1][:, :_DIRECTIONS]
    return lengths, found if is_tall else rows.T @ found / np.maximum(lengths, 1e-12)
