"""Values carried from the border of a surface over the rest of it, as smoothly as can be: weights, shape keys, colors, UVs.

Nothing of Blender here, and nothing but numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

_MAXIMUM_STEPS = 400
_TOLERANCE = 1e-5


def harmonic(points: Floats, edges: Ints, is_known: NDArray[np.bool_], values: Floats) -> Floats:
    """The values (n, k) of all vertices: as they are where known, elsewhere the mean of their neighbours, nearer ones counting more.

    `points` (n, 3); `edges` (m, 2) without doubles; `is_known` (n,); `values` (n, k), read where known. What no edge leads
    to from a known vertex gets the mean of those that are known. No value lies outside of the known ones, and sums stay sums: weights
    that add up to one on the border do so everywhere. Solved by conjugate gradients.
    """
    found = np.array(values, np.float64)
    if is_known.all() or not is_known.any():
        return found
    found[~is_known] = values[is_known].mean(axis=0)
    lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    weights = 1.0 / np.maximum(lengths, 1e-6 * max(float(lengths.max(initial=0.0)), 1e-30))
    starts, ends = np.concatenate([edges, edges[:, ::-1]]).T
    both = np.concatenate([weights, weights])
    degree = np.bincount(starts, both, len(points))
    degree[degree == 0] = 1.0
    free = ~is_known

    def unevenness(x: Floats) -> Floats:
        """The graph's Laplacian applied to every column, zero at the known vertices."""
        flow = both[:, None] * (x[starts] - x[ends])
        total = np.stack([np.bincount(starts, column, len(points)) for column in flow.T], axis=1)
        return np.where(free[:, None], total, 0.0)

    residual = -unevenness(found)
    preconditioned = residual / degree[:, None]
    direction = preconditioned
    energy = (residual * preconditioned).sum(axis=0)
    enough = _TOLERANCE**2 * np.maximum(energy, 1e-300)
    for _ in range(_MAXIMUM_STEPS):
        if (energy <= enough).all():
            break
        pull = unevenness(direction)
        curvature = (direction * pull).sum(axis=0)
        step = np.divide(energy, curvature, out=np.zeros_like(energy), where=curvature > 0)
        found += step * direction
        residual = residual - step * pull
        preconditioned = residual / degree[:, None]
        before, energy = energy, (residual * preconditioned).sum(axis=0)
        direction = preconditioned + np.divide(energy, before, out=np.zeros_like(energy), where=before > 0) * direction
    return found


def edges_of(faces: Ints) -> Ints:
    """The edges of triangles (m, 3), each once: (e, 2), the lower vertex first."""
    sides = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1).astype(np.int64)
    size = int(faces.max(initial=0)) + 1
    return np.stack(np.divmod(np.unique(sides[:, 0] * size + sides[:, 1]), size), axis=1)  # numbers sort faster than rows


def neighbouring_faces(faces: Ints) -> Ints:
    """The pairs of triangles (m, 3) that share an edge with two triangles: (p, 2)."""
    sides = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    code = sides[:, 0] * (int(faces.max(initial=0)) + 1) + sides[:, 1]
    order = np.argsort(code, kind="stable")
    same = np.flatnonzero(code[order][1:] == code[order][:-1])
    return np.stack([order[same] // 3, order[same + 1] // 3], axis=1)
