"""Sums of values by what they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def totals(index: Ints, values: Floats, count: int) -> Floats:
    """The sums of `values`, (n,) or (n, D), that have each `index` (n,) below `count`: (count,) or (count, D)."""
    if values.ndim == 1:
        return np.bincount(index, values, count).astype(np.float64)
    return np.column_stack([np.bincount(index, column, count) for column in values.T]).astype(np.float64)
