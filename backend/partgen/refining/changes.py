"""The changes that a further click may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates
from .clicks import Click, node_leaves, own_faces
from .vicinity import Vicinity

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Changes:
    """What a click may ask for, K changes, each of some faces to the kind of the `click`.

    The first N are whole `leaves` (L, N) beside the clicked one, and of that the faces `own` (n,). The others are faces near the
    click, of `near` (m,) those `within` (m, K-N) some distance. `traits` (K, len(CHANGE_TRAITS)) tell which of them it asks for;
    `likely` is the one in a node that it would ask for if it were the first click.
    """

    click: Click
    leaf_of_face: Ints
    leaves: Bools
    own: Ints
    near: Ints
    within: Bools
    traits: Floats
    likely: int

    def made(self, faces: Bools, number: int) -> Bools:
        """The faces (F,) that are meant after one of the changes, where `faces` (F,) are meant before."""
        face, is_wanted = self.click
        count = self.leaves.shape[1]
        if number < count:
            changed = self.leaves[:, number][self.leaf_of_face]
            changed[self.own] = True
        else:
            changed = np.zeros(len(faces), bool)
            changed[self.near[self.within[:, number - count]]] = True
        changed[face] = True
        return faces | changed if is_wanted else faces & ~changed


def changes(object_: Refinable, faces: Bools, before: Bools, clicks: Sequence[Click]) -> Changes:
    """What the last of `clicks` may ask for, where those before mean `faces` (F,), and those before these `before` (F,)."""
    face, is_wanted = clicks[-1]
    clicked = int(object_.leaf_of_face[face])
    path = object_.path(face)
    leaves, is_free = node_leaves(object_, clicks, path)
    own = own_faces(object_, clicks)
    vicinity = Vicinity.of(object_, faces, clicks)
    wrong = object_.counts * object_.share_of_leaves(faces != is_wanted)
    whole = np.where(leaves, wrong[:, None], 0.0)
    whole[clicked] = max(1, int((faces[own] != is_wanted).sum()))
    found = Candidates(object_, faces, before, tuple(clicks), path, is_free, whole, vicinity)
    return Changes((face, is_wanted), object_.leaf_of_face, leaves, own, vicinity.faces, vicinity.within, found.traits(), found.likely())
