"""What hangs together. Nothing of Blender here, and nothing but numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]


def components(count: int, pairs: Ints) -> Ints:
    """The component of each of `count` things, from 0 on, where `pairs` (p, 2) hang together: (count,)."""
    label = np.arange(count)
    while len(pairs):
        low = np.minimum(label[pairs[:, 0]], label[pairs[:, 1]])
        before = label.copy()
        np.minimum.at(label, label[pairs[:, 0]], low)
        np.minimum.at(label, label[pairs[:, 1]], low)
        while (label[label] != label).any():
            label = label[label]
        if (label == before).all():
            break
    return np.unique(label, return_inverse=True)[1].reshape(-1)
