"""Where the border of a part should run: straight, or along the creases near by. numpy only.

Both are one question, a random walk over the faces (Grady 2006, "Random Walks for Image Segmentation"): the faces further than a
reach from the border keep their part, and each face between gets the part whose faces a walk from it meets first, most likely. Where
every step is as likely as its edge is long, borders come out short and smooth; where the walk shuns creases, they come to lie there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from partgen.refining import Surface

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Settling = Callable[[Surface, Ints, int, float], Ints]

REACH = 0.02
"""How far a border may move, as a share of the object's diagonal, unless it is said otherwise."""
_LEAST_RINGS = 3.0
"""A border may always move by so many faces, else a coarse mesh would never change."""
_CORE = 0.6
"""A part that is thin throughout keeps its faces from this share of its depth on."""
_CREASE = np.radians(12.0)
"""Edges that bend by this much are crossed by about a third of the walks that cross a flat one."""
_CONVEX = 0.5
"""How much less than a concave edge a convex one of the same angle counts: parts meet in valleys (Hoffman and Richards 1984)."""
_STEPS = 400
_PRECISION = 1e-4


def smoothed(surface: Surface, part_of_face: Ints, part: int, reach: float = REACH) -> Ints:
    """The part of every face, (F,) int32, after the border of `part` was straightened. `reach`: a share of the diagonal."""
    return _settled(surface, part_of_face, part, reach, np.ones(len(surface.pairs)))


def snapped(surface: Surface, part_of_face: Ints, part: int, reach: float = REACH) -> Ints:
    """The part of every face, (F,) int32, after the border of `part` moved to creases. `reach`: a share of the diagonal."""
    sharpness = np.where(surface.bends > 0, surface.bends, -_CONVEX * surface.bends) / _CREASE
    return _settled(surface, part_of_face, part, reach, np.exp(-np.minimum(sharpness, 12.0)))


def _settled(surface: Surface, part_of_face: Ints, part: int, reach: float, ease: Floats) -> Ints:
    parts = np.asarray(part_of_face, np.int32)
    apart = np.linalg.norm(np.subtract(*(surface.centers[side] for side in surface.pairs.T)), axis=1)
    depth = _depths(surface.pairs, apart, parts, part, max(reach, _LEAST_RINGS * _spacing(surface, apart, parts, part)))
    band = np.isfinite(depth)
    if not band.any():
        return parts.copy()
    involved = np.unique(parts[band])
    for one in involved:  # what lies deepest in a thin part stays in it
        its = band & (parts == one)
        if its.sum() == (parts == one).sum():
            band[its & (depth >= _CORE * depth[its].max())] = False
    near = band.copy()
    touching = band[surface.pairs].any(axis=1)
    near[surface.pairs[touching]] = True
    weights = ease[touching] * surface.lengths[touching] / np.maximum(apart[touching], 1e-9)
    number = np.full(len(parts), -1)
    faces = np.flatnonzero(near)
    number[faces] = np.arange(len(faces))
    likelihood = [_arrival(number[surface.pairs[touching]], weights, band[faces], parts[faces] == one) for one in involved]
    result = parts.copy()
    best = involved[np.argmax(likelihood, axis=0)]
    result[faces[band[faces]]] = best[band[faces]]
    return result


def _spacing(surface: Surface, apart: Floats, parts: Ints, part: int) -> float:
    """The usual distance between neighbouring faces along the border of a part."""
    one, other = (parts[side] == part for side in surface.pairs.T)
    along = apart[one != other]
    return float(np.median(along)) if len(along) else 0.0


def _depths(pairs: NDArray, apart: Floats, parts: Ints, part: int, reach: float) -> Floats:
    """How far every face is from the border of `part`, over the surface, on its own side: (F,), infinite beyond `reach`.

    The front goes on from those faces alone that came nearer in the last round.
    """
    depth = np.full(len(parts), np.inf)
    one, other = (parts[side] == part for side in pairs.T)
    crossing = one != other
    np.minimum.at(depth, pairs[crossing].reshape(-1), np.repeat(0.5 * apart[crossing], 2))
    inner = parts[pairs[:, 0]] == parts[pairs[:, 1]]
    there, lengths = pairs[inner], apart[inner]
    moved = np.isfinite(depth)
    while moved.any():
        active = moved[there].any(axis=1)
        a, b = there[active].T
        before = depth.copy()
        for source, target in ((a, b), (b, a)):
            reached = before[source] + lengths[active]
            is_near = reached <= reach
            np.minimum.at(depth, target[is_near], reached[is_near])
        moved = depth < before
    return depth


def _arrival(pairs: NDArray, weights: Floats, is_free: NDArray[np.bool_], is_goal: NDArray[np.bool_]) -> Floats:
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
