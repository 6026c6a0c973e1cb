"""What leaves look like to a method: one feature for each, made of those of its faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .clustering import unit_features

CHUNK = 1 << 16
"""Faces at a time: features of a million faces in half precision are not to be held twice, and as float."""


def mean_features(features: NDArray[np.floating], areas: NDArray[np.floating], leaf: NDArray[np.integer]) -> NDArray[np.float32]:
    """The mean direction of the features of the faces of every leaf, weighted by area: (L, D) float32, rows of length one.

    `features` (C, D) of faces, of any length; `areas` (C,); `leaf` (C,), dense from 0. A leaf whose faces have no area
    counts each of them the same.
    """
    count = int(leaf.max()) + 1
    flat = np.bincount(leaf, areas, count) <= 0
    weights = np.where(flat[leaf], 1.0, areas)
    total = np.zeros((count, features.shape[1]))
    for start in range(0, len(features), CHUNK):
        chunk = slice(start, start + CHUNK)
        length = len(leaf[chunk])
        of_leaf = csr_matrix((weights[chunk], (leaf[chunk], np.arange(length))), shape=(count, length))
        total += of_leaf @ unit_features(features[chunk].astype(np.float32))
    return unit_features(total).astype(np.float32)
