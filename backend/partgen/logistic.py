"""Logistic regression of a few columns, with a ridge: what tells the ones from the others. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_ROUNDS = 30
_LONGEST_STEP = 5.0
"""Newton's method may overshoot where it has just begun: no step is longer."""
_STILL = 1e-9
"""A step so short changes nothing any more."""


def chances(log_odds: ArrayLike) -> Floats:
    """The chances, between 0 and 1, that log odds of any shape stand for."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def fitted(rows: Floats, target: Floats, weight: Floats, ridge: Floats) -> Floats:
    """The weights (D,) with which `chances(rows @ weights)` comes nearest to `target` (n,), by Newton's method.

    `rows` (n, D) count as much as their `weight` (n,), and `target` is 0, 1, or the share of a row that is 1. `ridge` (D,), above 0,
    is what keeps each weight from growing without end where the rows are told apart without an error.
    """
    found = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        chance = chances(rows @ found)
        slope = rows.T @ (weight * (chance - target)) + ridge * found
        bend = (rows.T * (weight * chance * (1 - chance))) @ rows + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        length = float(np.linalg.norm(step))
        found -= step * min(1.0, _LONGEST_STEP / max(length, _STILL))
        if length < _STILL:
            break
    return found
