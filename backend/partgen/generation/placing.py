"""A new part put where an old one was: turned as this sat, as large as this was, in touch with what this touched.

Of the turns that keep boxes boxes the one is taken by which both sit most alike: the attachment on the same side, up staying up, the
rest where it was. Sizes follow the old part's box, one factor for all axes as far as that goes; then the part is moved along its
attachment until it touches as it did in the object that it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from .catalogue import Entry, Made
from .seating import Seat, seat_of, signed_distances, surface_points, touched

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEIGHTS = {"centre": 1.2, "spread": 0.4, "up": 1.0, "inward": 0.5, "proportions": 0.35, "attached": 1.0}
FACING = 0.55
"""Of the box: an attachment farther from its middle is on a side of the part."""
SPANNING = 0.8
"""Of the box: an attachment wider than this covers a side, as walls do under a roof."""
STRETCH, FACING_STRETCH, SPANNING_STRETCH = 1.5, 2.5, 2.2
"""How much an axis may be stretched against the others: in general, away from the attachment, and where the attachment covers a side."""
ALIKE, NEARLY_ALIKE = 1.06, 1.6
"""Axes of a new part that differ less are of something round, and stay alike where those of the old part are nearly so."""
CLOSE = 0.004
"""Of the part's size: nearer to the rest is touching."""
TOUCHING_SHARE = 0.6
"""Of the points of its attachment, how many must touch."""
LIFT, SINK, STEPS = 0.1, 0.3, 41
"""Of the part's size, how far it is moved off and into the rest to find where it touches."""
PLUG = 0.03
"""Of the part's size: how deep what covers an open border goes into the rest."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A new part in place: `points` (V, 3), `faces` (F, 3), closed; `gap` to the rest as a share of its size, 0 where it touches."""

    points: Floats
    faces: Ints
    gap: float


@cache
def turns() -> Floats:
    """The 24 rotations (24, 3, 3) that take axes to axes."""
    found = []
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[range(3), order] = signs
        if np.linalg.det(matrix) > 0:
            found.append(matrix)
    return np.stack(found)


# ---- how alike two seats are -----------------------------------------------------------------------------------------


def mismatch(entries: list[Entry], target: Seat) -> tuple[Floats, Ints]:
    """How unlike each entry sits to a part, 0 for just alike, in the turn (n,) that suits it best: both (n,)."""
    numbers = np.array([entry.seat for entry in entries], np.float64).reshape(-1, 15)
    costs = np.stack([_costs(numbers, turn, target) for turn in turns()], axis=1)
    best = costs.argmin(axis=1)
    return costs[np.arange(len(costs)), best], best


def _costs(numbers: Floats, turn: Floats, target: Seat) -> Floats:
    """How unlike seats (n, 15) are to a target's when they are turned, (n,)."""
    sizes = np.concatenate([np.zeros((len(numbers), 1)), numbers[:, :2]], axis=1) @ np.abs(turn).T
    is_attached = numbers[:, 2] > 0.5
    centre, spread, up, inward = (
        numbers[:, start : start + 3] @ matrix.T for start, matrix in ((3, turn), (6, np.abs(turn)), (9, turn), (12, turn))
    )
    wanted = np.log2(np.maximum(target.extents, 1e-9))
    proportions = (sizes - sizes.mean(axis=1, keepdims=True)) - (wanted - wanted.mean())
    cost = WEIGHTS["proportions"] * (proportions**2).sum(axis=1) + WEIGHTS["up"] * (1 - up @ target.up)
    if not target.is_attached:
        return cost
    cost = cost + WEIGHTS["inward"] * (1 - inward @ target.inward)
    both = WEIGHTS["centre"] * ((centre - target.centre) ** 2).sum(axis=1) + WEIGHTS["spread"] * ((spread - target.spread) ** 2).sum(axis=1)
    return cost + np.where(is_attached, both, WEIGHTS["attached"])


# ---- into place ------------------------------------------------------------------------------------------------------


def placed(made: Made, target: Seat, rest_points: Floats, rest_faces: Ints, up: Floats) -> Placed:
    """A part of the catalogue in the place of another; `up` (3,) is that of the catalogue's objects. The rest is only looked at."""
    points, faces = made.surface
    rest = made.rest.reshape(-1, 3)
    seat = seat_of(points, faces, rest, np.arange(len(rest)).reshape(-1, 3), up)
    turn = turns()[int(np.argmin([_costs(seat.numbers()[None], one, target)[0] for one in turns()]))]
    factors = scales(np.abs(turn) @ seat.extents, target)
    middle = seat.frame.points(((seat.frame.low + seat.frame.high) / 2)[None])[0]

    def into(these: Floats) -> Floats:
        return target.frame.points(((these - middle) @ seat.frame.axes @ turn.T) * factors + centre_of(seat, turn, factors, target))

    felt = surface_points(points, faces)
    touching = touched(felt, rest, np.arange(len(rest)).reshape(-1, 3)) if len(rest) else np.zeros(len(felt), bool)
    moved = into(points)
    if target.is_attached and len(rest_faces):
        shift = pressed(into(felt), touching, target, rest_points, rest_faces)
        moved = moved + shift
        return Placed(moved, faces, gap_of(surface_points(moved, faces), rest_points, rest_faces))
    return Placed(moved, faces, 0.0)


def scales(extents: Floats, target: Seat) -> Floats:
    """Factors (3,) by which a part of some extents, along the axes of the target, becomes as large as this."""
    ratio = np.maximum(target.extents, 1e-9) / np.maximum(extents, 1e-9)
    is_facing = np.abs(target.centre) > FACING
    is_spanning = (target.spread > SPANNING) & ~is_facing & target.is_attached
    weights = 1.0 + 2.0 * is_facing + 1.0 * is_spanning
    common = np.exp((weights * np.log(ratio)).sum() / weights.sum())
    bound = np.where(is_facing, FACING_STRETCH, np.where(is_spanning, SPANNING_STRETCH, STRETCH))
    factors = common * np.clip(ratio / common, 1 / bound, bound)
    for first, second in ((0, 1), (1, 2), (0, 2)):
        pair = [first, second]
        if _ratio(extents[pair]) < ALIKE and _ratio(target.extents[pair]) < NEARLY_ALIKE:
            factors[pair] = np.exp(np.log(factors[pair]).mean())
    if _ratio(extents) < ALIKE:  # a ball stays a ball, as large as what is attached of it wants it
        factors[:] = np.exp(np.log(factors).mean())
    return factors


def _ratio(extents: Floats) -> float:
    return float(extents.max() / max(extents.min(), 1e-12))


def centre_of(seat: Seat, turn: Floats, factors: Floats, target: Seat) -> Floats:
    """Where the middle of a part's box comes to lie, along the axes of the target's frame from its origin: attachment on attachment."""
    middle, half = (target.frame.low + target.frame.high) / 2, target.extents / 2
    if not target.is_attached:
        return middle
    own_half = np.abs(turn) @ seat.extents * factors / 2
    own = turn @ seat.centre if seat.is_attached else np.zeros(3)
    is_facing = np.abs(target.centre) > FACING
    beside = middle + target.centre * half - own * own_half
    is_central = (np.abs(target.centre) < 0.25) & (np.abs(own) < 0.25)
    return np.where(is_facing, middle + np.sign(target.centre) * (half - own_half), np.where(is_central, middle, beside))


def pressed(felt: Floats, touching: NDArray[np.bool_], target: Seat, rest_points: Floats, rest_faces: Ints) -> Floats:
    """The shift (3,) by which a part touches the rest: as little into it as its attachment allows, never a gap."""
    size = float(np.linalg.norm(target.extents))
    facing = np.where(np.abs(target.centre) > FACING, target.centre, 0.0)
    shift = np.zeros(3)
    if np.abs(facing).max() > 0 and touching.any():
        axis = int(np.abs(facing).argmax())
        way = target.frame.axes[:, axis] * np.sign(facing[axis])
        chosen = felt[touching]
        deepest = (chosen @ way).max()
        front = chosen[(chosen @ way) > deepest - 0.08 * size]
        for step in np.linspace(-LIFT, SINK, STEPS) * size:
            if (signed_distances(front + step * way, rest_points, rest_faces) < CLOSE * size).mean() >= TOUCHING_SHARE:
                shift = step * way
                break
    return shift + _pulled(felt + shift, size, rest_points, rest_faces)


def _pulled(felt: Floats, size: float, rest_points: Floats, rest_faces: Ints) -> Floats:
    """The rest of the way (3,) for a part that touches nothing yet: to where the rest is nearest, and a little into it."""
    distance = signed_distances(felt, rest_points, rest_faces)
    nearest = int(distance.argmin())
    if distance[nearest] <= 0:
        return np.zeros(3)
    others = surface_points(rest_points, rest_faces, 4000)
    way = others[np.linalg.norm(others - felt[nearest], axis=1).argmin()] - felt[nearest]
    length = max(float(np.linalg.norm(way)), 1e-12)
    return way / length * (length + CLOSE * size)


def gap_of(felt: Floats, rest_points: Floats, rest_faces: Ints) -> float:
    """How far a surface (n, 3) is from a rest, as a share of its size; 0 where it touches."""
    size = float(np.linalg.norm(np.ptp(felt, axis=0)))
    return max(0.0, float(signed_distances(felt, rest_points, rest_faces).min())) / max(size, 1e-12)
