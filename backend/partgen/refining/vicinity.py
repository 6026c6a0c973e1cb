"""The faces near a click, of which it may change the nearest alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .clicks import Click
from .ways import pairs_among, ways

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACHES = (0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7, 2.4, 3.4)
"""How many faces a click may change that changes the nearest only, as multiples of those of its leaf."""
CREASE = 5.0
"""By how much a way grows that crosses a concave edge, for each radian of the bend."""
MOST_NEAR = 5000
"""How many faces around a click are looked at one by one."""


@dataclass(frozen=True, eq=False)
class Vicinity:
    """The `faces` (m,) of the clicked leaf and its neighbours, at most `MOST_NEAR`; which of them lie `within` (m, M) each of M
    `reaches` (M,) of a click, over faces that are not yet as it says; `pairs` (n, 2) of neighbours among them and which of the surface
    these are, `edges` (n,); and how many are `wrong` and can be reached."""

    faces: Ints
    within: Bools
    reaches: Floats
    pairs: Ints
    edges: Ints
    wrong: int

    @classmethod
    def of(cls, object_: Refinable, meant: Bools, clicks: Sequence[Click]) -> Vicinity:
        """The vicinity of the last of `clicks`, where `meant` (F,) are the faces that are meant before."""
        face, is_wanted = clicks[-1]
        surface, clicked = object_.surface, int(object_.leaf_of_face[face])
        beside = object_.pairs[(object_.lengths > 0) & (object_.pairs == clicked).any(axis=1)]
        faces = object_.faces_of(np.union1d(beside.reshape(-1), [clicked]))
        if len(faces) > MOST_NEAR:
            away = ((surface.centers[faces] - surface.centers[face]) ** 2).sum(axis=1)
            faces = np.sort(faces[np.argpartition(away, MOST_NEAR)[:MOST_NEAR]])
        pairs, edges = pairs_among(surface, faces)
        one, other = surface.centers[faces[pairs]].transpose(1, 0, 2)
        steps = np.linalg.norm(one - other, axis=1) * (1 + CREASE * np.maximum(surface.bends[edges], 0)) + 1e-9
        here = int(np.searchsorted(faces, face))
        wrong = meant[faces] != is_wanted
        wrong[here] = True
        start = np.where(np.arange(len(faces)) == here, 0.0, np.inf)
        between = wrong[pairs].all(axis=1)
        away = ways(start, pairs[between], steps[between])
        against = np.isin(faces, [other for other, wants in clicks if wants != is_wanted])
        # Halfway to a click of the other kind is the border.
        limit = 0.5 * float(ways(np.where(against, 0.0, np.inf), pairs, steps)[here]) if against.any() else np.inf
        reached = np.sort(away[np.isfinite(away)])
        numbers = np.minimum((np.array(REACHES) * object_.counts[clicked]).astype(np.int64), len(reached) - 1)
        reaches = np.unique(np.minimum(reached[numbers], limit))
        return cls(faces, away[:, None] <= reaches, reaches, pairs, edges, len(reached))
