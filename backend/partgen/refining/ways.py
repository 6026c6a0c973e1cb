"""The shortest ways along the surface: over leaves, and over some of the faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .surfaces import Surface

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps between leaves that share a border, both ways, sorted by where they lead: from `sources` to `targets` (S,), `lengths`
    (S,) of the way from centre to centre across the `middles` (S, 3) of the border, `near` (S,) from there to the target.
    `leaves` (n,) that a step leads to, and the `first` (n,) of its steps."""

    sources: Ints
    targets: Ints
    lengths: Floats
    middles: Floats
    near: Floats
    leaves: Ints
    first: Ints

    @classmethod
    def of(cls, object_: Refinable) -> Steps:
        """The steps between the leaves of an object."""
        shares = object_.lengths > 0
        one, other = object_.pairs[shares].T
        middles = object_.middles[shares]
        to_one, to_other = (np.linalg.norm(object_.centers[leaf] - middles, axis=1) for leaf in (one, other))
        targets = np.concatenate([other, one])
        order = np.argsort(targets, kind="stable")
        leaves, first = np.unique(targets[order], return_index=True)
        return cls(
            np.concatenate([one, other])[order], targets[order], np.concatenate([to_one + to_other] * 2)[order],
            np.concatenate([middles, middles])[order], np.concatenate([to_other, to_one])[order], leaves, first,
        )  # fmt: skip

    def spread(self, start: Floats, allowed: Bools | None = None) -> Floats:
        """The shortest ways from distances to start with, (L, K), inside `allowed` (L, K): (L, K)."""
        found, left, columns = start.copy(), start.copy(), np.arange(start.shape[1])
        allowed = np.ones_like(start, bool) if allowed is None else allowed
        while len(self.leaves) and len(columns):
            ways = np.minimum.reduceat(left[self.sources] + self.lengths[:, None], self.first, axis=0)
            is_shorter = (ways < left[self.leaves]) & allowed[self.leaves]
            left[self.leaves] = np.where(is_shorter, ways, left[self.leaves])
            moves = is_shorter.any(axis=0)
            if not moves.all():  # small regions are done soon, and need not wait for the large ones
                found[:, columns[~moves]] = left[:, ~moves]
                left, allowed, columns = left[:, moves], allowed[:, moves], columns[moves]
        return found


def nearer(surface: Surface, faces: Ints, one: Ints, other: Ints) -> Bools:
    """Which of some `faces` (n,) lie, along the surface, no farther from those at `one` (p,) than from those at `other` (q,): (n,)."""
    pairs, _ = pairs_among(surface, faces)
    centers = surface.centers[faces]
    steps = np.linalg.norm(centers[pairs[:, 0]] - centers[pairs[:, 1]], axis=1)
    # Through the air, and twice as long, where nothing leads there along the surface.
    start = np.stack([2 * np.linalg.norm(centers[:, None] - centers[at][None], axis=2).min(axis=1) for at in (one, other)], axis=1)
    start[one, 0] = start[other, 1] = 0
    distance = ways(start, pairs, steps)
    return np.asarray(distance[:, 0] <= distance[:, 1])


def pairs_among(surface: Surface, faces: Ints) -> tuple[Ints, Ints]:
    """The pairs (m, 2) of neighbours among some `faces` (n,), as places in these, and which pairs of the surface they are (m,)."""
    place = np.full(len(surface.areas), -1)
    place[faces] = np.arange(len(faces))
    pairs = place[surface.pairs]
    within = np.flatnonzero((pairs >= 0).all(axis=1))
    return pairs[within], within


def ways(start: Floats, pairs: Ints, steps: Floats) -> Floats:
    """The shortest ways from distances to start with, (n, ...), over `pairs` (m, 2) that lie `steps` (m,) apart: (n, ...)."""
    found = start.copy()
    if not len(pairs):
        return found
    sources, targets = np.concatenate([pairs, pairs[:, ::-1]]).T
    order = np.argsort(targets, kind="stable")
    sources, lengths = sources[order], np.concatenate([steps, steps])[order].reshape(-1, *[1] * (start.ndim - 1))
    reached, first = np.unique(targets[order], return_index=True)
    while True:
        shortest = np.minimum(np.minimum.reduceat(found[sources] + lengths, first, axis=0), found[reached])
        if np.array_equal(shortest, found[reached]):
            return found
        found[reached] = shortest
