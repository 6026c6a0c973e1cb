"""Ways over faces: how far it is from a border, and where a random walk ends. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]

_STEPS = 400
_PRECISION = 1e-4


def nearest(count: int, pairs: Indices, distances: Floats) -> Floats:
    """The least of the distances (M,) of the pairs (M, 2) that each of `count` faces is in: (count,), infinite where it is in none."""
    least = np.full(count, np.inf)
    np.minimum.at(least, pairs.reshape(-1), np.repeat(distances, 2))
    return least


def front(pairs: Indices, apart: Floats, start: Floats, limit: float) -> Floats:
    """How far it is to every face, (n,), infinite beyond `limit`: from `start` (n,), infinite elsewhere, over pairs (M, 2) `apart` (M,).

    The front goes on from those faces alone that came nearer in the last round.
    """
    depth = np.where(start <= limit, start, np.inf)
    a, b = np.ascontiguousarray(pairs.T)
    moved = np.isfinite(depth)
    while moved.any():
        active = np.flatnonzero(moved[a] | moved[b])
        before = depth.copy()
        for source, target in ((a[active], b[active]), (b[active], a[active])):
            reached = before[source] + apart[active]
            is_near = reached <= limit
            np.minimum.at(depth, target[is_near], reached[is_near])
        moved = depth < before
    return depth


def arrival(pairs: NDArray, weights: Floats, is_free: NDArray[np.bool_], is_goal: NDArray[np.bool_]) -> Floats:
    """How likely a walk from each face ends in the goal rather than elsewhere: (n,), by conjugate gradients.

    `pairs` (M, 2) and `weights` (M,) of steps; `is_free` (n,): the walk goes on there; `is_goal` (n,).
    """
    count = len(is_free)
    degree = np.bincount(pairs.reshape(-1), np.repeat(weights, 2), count)
    degree = np.where(degree > 0, degree, 1.0)

    def passed_on(values: Floats) -> NDArray:
        a, b = pairs.T
        return np.bincount(a, weights * values[b], count) + np.bincount(b, weights * values[a], count)

    goal = is_goal.astype(np.float64)
    fixed: Floats = np.where(is_free, 0.0, goal)
    solution: Floats = np.where(is_free, goal, 0.0)  # where the border is now: near the answer, so few steps are left
    residual = np.where(is_free, passed_on(fixed) - (degree * solution - passed_on(solution)), 0.0)
    direction = residual / degree
    size = float(residual @ direction)
    enough = _PRECISION**2 * max(size, 1e-300)
    for _ in range(_STEPS):
        if size <= enough:
            break
        image = np.where(is_free, degree * direction - passed_on(direction), 0.0)
        step = size / max(float(direction @ image), 1e-300)
        solution += step * direction
        residual -= step * image
        scaled = residual / degree
        size, former = float(residual @ scaled), size
        direction = scaled + (size / former) * direction
    return np.where(is_free, solution, fixed)
