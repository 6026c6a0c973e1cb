"""How well two labelings of the same faces agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def overlap(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """The weight of the faces that have each pair of labels: labels `a` and `b` (F,) of any values, `weights` (F,) or 1 each.

    Returns (A, B) float64 for the A and B labels that occur, rising.
    """
    _, row = np.unique(a, return_inverse=True)
    _, column = np.unique(b, return_inverse=True)
    rows, columns = int(row.max(initial=-1)) + 1, int(column.max(initial=-1)) + 1
    cells = np.bincount(row.reshape(-1) * columns + column.reshape(-1), weights, rows * columns)
    return cells.reshape(rows, columns).astype(np.float64)


def rand_error(a: ArrayLike, b: ArrayLike) -> float:
    """1 - Rand index: the share of pairs of faces that one labeling joins and the other parts; 0 is agreement.

    Every face counts one, as in the Princeton benchmark. Chen, Golovinskiy, Funkhouser 2009, sect. 4.3.
    """
    table = overlap(a, b)
    total = table.sum()
    apart = pairs(table.sum(axis=0)) + pairs(table.sum(axis=1)) - 2 * pairs(table)
    return apart / pairs(total) if total > 1 else 0.0


def mean_iou(predicted: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> float:
    """For each true part the best intersection over union with any predicted part, averaged over the true parts.

    Class-agnostic, as PartField and SAMPart3D report it. `weights` (F,) are face areas, or None: every face counts one.
    Faces with a negative true label do not count.
    """
    predicted, truth = np.asarray(predicted), np.asarray(truth)
    known = truth >= 0
    table = overlap(predicted[known], truth[known], None if weights is None else np.asarray(weights)[known])
    union = table.sum(axis=0) + table.sum(axis=1, keepdims=True) - table
    return float((table / np.maximum(union, 1e-30)).max(axis=0).mean())


def adjusted_rand(a: ArrayLike, b: ArrayLike) -> float:
    """The adjusted Rand index: 1 where two labelings are the same, about 0 where they agree by chance alone, below 0 where less.

    Every face counts one. Hubert, Arabie 1985.
    """
    table = overlap(a, b)
    rows, columns, whole = pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), pairs(table.sum())
    expected = rows * columns / whole if whole else 0.0
    most = (rows + columns) / 2
    return (pairs(table) - expected) / (most - expected) if most != expected else 1.0


def pairs(counts: ArrayLike) -> float:
    """The number of pairs within groups of these sizes, summed."""
    sizes = np.asarray(counts, np.float64)
    return float((sizes * (sizes - 1) / 2).sum())
