"""Where the border of a part should run: straight, or along the creases near by. numpy only.

Both are one question, a random walk over the faces (Grady 2006, "Random Walks for Image Segmentation"): the faces further than a
reach from the border keep their part, and a walk from each face between ends sooner in the one part or in the other. Where every step
is as likely as its edge is long, the lines of equal likelihood are smooth; where the walk shuns creases, they gather there.

Of these lines that border is taken which costs least, and only where it costs less than the one that is there. A border costs as much
as it is long, less along creases where it shall find these, and as much again where it sweeps over a strip as wide as the reach. So
what is straight stays, however often one asks: a ring around a cone would be shorter further up, but not by as much as it sweeps over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from partgen.refining import Surface

from ..components import components
from .walking import arrival, front, nearest

Ints = NDArray[np.int32]
Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Settling = Callable[[Surface, Ints, int, float], Ints]

REACH = 0.02
"""How far a border may move, as a share of the object's diagonal, unless it is said otherwise."""
_LEAST_RINGS = 3.0
"""A border may always move by so many faces, else a coarse mesh would never change."""
_CORE = 0.6
"""Where a part is thin, its border moves by no more than this share of its depth, to either side, or the thin side would lose."""
_SPECK = 0.05
"""A loose piece within reach, with less than this share of the rest of its part, is a speck: it may vanish."""
_CREASE = np.radians(12.0)
"""Edges that bend by this much are crossed by about a third of the walks that cross a flat one."""
_CONVEX = 0.5
"""How much less than a concave edge a convex one of the same angle counts: parts meet in valleys (Hoffman and Richards 1984)."""
_ALONG = 0.05
"""What the sharpest crease still costs, as a share of a flat edge: of several ways along creases the shorter one is better."""
_GAIN = 1e-3
"""The share of its cost that a border has to save to move at all."""


def smoothed(surface: Surface, part_of_face: Ints, part: int, reach: float = REACH) -> Ints:
    """The part of every face, (F,) int32, after the border of `part` was straightened. `reach`: a share of the diagonal."""
    even = np.ones(len(surface.pairs))
    return _settled(surface, part_of_face, part, reach, even, even)


def snapped(surface: Surface, part_of_face: Ints, part: int, reach: float = REACH) -> Ints:
    """The part of every face, (F,) int32, after the border of `part` moved to creases. `reach`: a share of the diagonal."""
    sharpness = np.where(surface.bends > 0, surface.bends, -_CONVEX * surface.bends) / _CREASE
    ease = np.exp(-np.minimum(sharpness, 12.0))
    return _settled(surface, part_of_face, part, reach, ease, _ALONG + (1.0 - _ALONG) * ease)


@dataclass(frozen=True, eq=False)
class _Zone:
    """The n faces near the border of a part, and the m places where two of them meet. Lengths are shares of the diagonal.

    `faces` (n,) of the mesh, `areas` (n,), `is_speck` (n,); `pairs` (m, 2) of these faces, `apart` (m,) their distance, `weights` (m,)
    of a walk's step, `costs` (m,) of a border there. `reach`: how far a border may move; `rings`: so many faces.
    """

    faces: Indices
    areas: Floats
    is_speck: Bools
    pairs: Indices
    apart: Floats
    weights: Floats
    costs: Floats
    reach: float
    rings: int


def _settled(surface: Surface, part_of_face: Ints, part: int, reach: float, ease: Floats, price: Floats) -> Ints:
    """`part_of_face` with the border of `part` settled between it and each of its neighbours. `ease` and `price` (M,): of walk and border.

    What two other parts share stays as it is.
    """
    parts = np.array(part_of_face, np.int32)
    zone = _zone(surface, parts, part, reach, ease, price)
    here = parts[zone.faces]
    beside = here[zone.pairs[_is_crossing(here == part, zone.pairs)]]
    for other in np.setdiff1d(beside, [part]).tolist():
        _settle(zone, here, part, other)
    parts[zone.faces] = here
    return parts


def _zone(surface: Surface, parts: Ints, part: int, reach: float, ease: Floats, price: Floats) -> _Zone:
    """What lies within reach of the border of a part, and the faces next to that."""
    first, second = surface.pairs.T
    apart = np.linalg.norm(surface.centers[first] - surface.centers[second], axis=1)
    crossing = _is_crossing(parts == part, surface.pairs)
    spacing = float(np.nan_to_num(np.median(apart[crossing]))) if crossing.any() else 1.0
    limit = float(np.fmax(_LEAST_RINGS * spacing, min(reach, 1.0)))
    same = parts[first] == parts[second]
    depth = front(surface.pairs[same], apart[same], nearest(len(parts), surface.pairs[crossing], 0.5 * apart[crossing]), limit / _CORE)
    is_inside = np.isfinite(depth)
    is_near = is_inside.copy()
    is_near[surface.pairs[is_inside[first] | is_inside[second]]] = True
    faces = np.flatnonzero(is_near)
    among = np.flatnonzero(is_near[first] & is_near[second])
    number = np.zeros(len(parts), np.int64)
    number[faces] = np.arange(len(faces))
    pairs, apart, lengths = number[surface.pairs[among]], apart[among], surface.lengths[among]
    # A kite between two centres and the ends of their edge has half the product as its area; each face has half of that.
    areas: Floats = np.bincount(pairs.reshape(-1), np.repeat(0.25 * lengths * apart, 2), len(faces)).astype(np.float64)
    whole = np.bincount(parts, surface.areas)
    is_speck = _is_speck(pairs, parts[faces], surface.areas[faces], whole, depth[faces] <= reach)
    weights, costs = ease[among] * lengths / np.maximum(apart, 1e-9), price[among] * lengths
    return _Zone(faces, areas, is_speck, pairs, apart, weights, costs, limit, int(np.ceil(limit / max(spacing, 1e-9))))


def _is_crossing(is_part: Bools, pairs: Indices) -> Bools:
    """Whether just one face of each pair is of the part: (M,)."""
    return is_part[pairs[:, 0]] != is_part[pairs[:, 1]]


def _is_speck(pairs: Indices, parts: Ints, areas: Floats, whole: NDArray, is_within: NDArray) -> Bools:
    """Which faces are of loose pieces that are nothing beside the rest of their part: (n,). `whole`: the area of every part."""
    piece = components(len(parts), pairs[parts[pairs[:, 0]] == parts[pairs[:, 1]]])
    size = np.bincount(piece, areas)
    is_loose = np.bincount(piece, ~is_within) == 0
    part = np.zeros(len(size), np.int32)
    part[piece] = parts
    rest = whole - np.bincount(part[is_loose], size[is_loose], len(whole))
    np.maximum.at(rest, part[is_loose], size[is_loose])
    return (is_loose & (size < _SPECK * rest[part]))[piece]


def _settle(zone: _Zone, here: Ints, part: int, other: int) -> None:
    """Moves the border between two parts, in `here`, the part of every face of the zone."""
    a, b = zone.pairs.T
    is_ours, is_same = (here == part) | (here == other), here[a] == here[b]
    crossing, inner = (np.flatnonzero(is_ours[a] & is_ours[b] & kind) for kind in (~is_same, is_same))
    # The same on both sides, else the walk ends midway between unequal ones.
    room = _room(zone, here, inner)[zone.pairs[crossing]].min(axis=1)
    start = nearest(len(here), zone.pairs[crossing], 0.5 * zone.apart[crossing] - room)
    is_free = np.isfinite(front(zone.pairs[inner], zone.apart[inner], start, -1e-9))
    steps = np.flatnonzero((is_free[a] | is_free[b]) & is_ours[a] & is_ours[b])
    likelihood = arrival(zone.pairs[steps], zone.weights[steps], is_free, here == part)
    stretch = np.where(is_free, components(len(here), zone.pairs[is_free[a] & is_free[b]]), -1)
    of_step, of_crossing = (np.maximum(stretch[a[pairs]], stretch[b[pairs]]) for pairs in (steps, crossing))
    for one in np.unique(stretch[is_free]).tolist():
        faces = np.flatnonzero(stretch == one)
        likeliest = faces[np.argsort(-likelihood[faces], kind="stable")]
        is_kept = _cheapest(zone, here == part, likeliest, steps[of_step == one], float(room[of_crossing == one].mean()))
        here[likeliest] = np.where(is_kept, part, other)


def _room(zone: _Zone, here: Ints, inner: Indices) -> Floats:
    """How far a border may move into the part of each face, (n,), where that is as thick as it is around there.

    `inner`: the pairs within those parts that this is asked of.
    """
    a, b = zone.pairs[inner].T
    outer = here[zone.pairs[:, 0]] != here[zone.pairs[:, 1]]
    start = nearest(len(here), zone.pairs[outer], 0.5 * zone.apart[outer])
    thickness = front(zone.pairs[inner], zone.apart[inner], start, zone.reach / _CORE)
    thickness[zone.is_speck] = np.inf
    for _ in range(zone.rings):
        there = thickness.copy()
        np.maximum.at(thickness, a, there[b])
        np.maximum.at(thickness, b, there[a])
        if np.array_equal(there, thickness):
            break
    return np.minimum(zone.reach, _CORE * thickness)


def _cheapest(zone: _Zone, is_part: Bools, faces: Indices, steps: Indices, room: float) -> Bools:
    """Which of `faces` (k,), the likelier of the part the sooner they come, shall be of it: the first so many, or those that are now.

    `is_part` (n,) now; `steps`: the pairs between which the border may run; `room`: how far it may move. What it costs for every number
    of faces is a running sum: each face that the part gets adds edges to its border and takes others away.
    """
    count = len(faces)
    turn = np.where(is_part, -1, count)
    turn[faces] = np.arange(count)
    first, last = np.sort(turn[zone.pairs[steps]], axis=1).T
    costs = zone.costs[steps]
    border = np.cumsum(np.bincount(first + 1, costs, count + 2) - np.bincount(last + 1, costs, count + 2))[: count + 1]
    area = np.concatenate([[0.0], np.cumsum(zone.areas[faces])])
    total = border + np.abs(area - zone.areas[faces[is_part[faces]]].sum()) / max(room, 1e-9)
    best = int(np.argmin(total))
    now = costs[_is_crossing(is_part, zone.pairs[steps])].sum()
    return np.arange(count) < best if total[best] < (1.0 - _GAIN) * now else is_part[faces]
