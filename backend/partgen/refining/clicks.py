"""What clicks of both kinds leave to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .ways import nearer

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Click = tuple[int, bool]
"""A face, and whether it is of what is meant."""


def node_leaves(object_: Refinable, clicks: Sequence[Click], path: Ints) -> tuple[Bools, Bools]:
    """Which leaves beside its own the last of `clicks` may change, of each node of its path (N,): (L, N), and which of the nodes
    have no clicks of the other kind beside in its own leaf: (N,).

    Where a node holds clicks of the other kind, the tree has joined what is to be told apart: of such a node the click changes
    what lies nearer to clicks of its own kind.
    """
    face, is_wanted = clicks[-1]
    clicked = int(object_.leaf_of_face[face])
    inside = object_.below(path)
    is_refused = np.zeros(len(inside), bool)
    is_refused[[int(object_.leaf_of_face[other]) for other, wants in clicks if wants != is_wanted]] = True
    is_refused[clicked] = False
    is_free: Bools = np.logical_not(inside[is_refused].any(axis=0))
    if not is_free.all():
        largest_free = inside[:, is_free].any(axis=1)  # stays whole, so that each change lies inside the next
        inside &= ((nearer_leaves(object_, clicks, is_wanted) & ~is_refused) | largest_free)[:, None]
    inside[clicked] = False
    return inside, is_free


def own_faces(object_: Refinable, clicks: Sequence[Click]) -> Ints:
    """The faces (n,) of the leaf of the last of `clicks` that lie no farther from clicks of its kind than from the others."""
    face, is_wanted = clicks[-1]
    leaf = object_.leaf_of_face
    faces = object_.faces_of(leaf[[face]])
    for_it, against = (
        np.searchsorted(faces, [other for other, wants in clicks if wants == kind and leaf[other] == leaf[face]])
        for kind in (is_wanted, not is_wanted)
    )
    return faces[nearer(object_.surface, faces, for_it, against)] if len(against) else faces


def nearer_leaves(object_: Refinable, clicks: Sequence[Click], is_wanted: bool) -> Bools:
    """Which leaves (L,) lie no farther, along the surface, from clicks that say `is_wanted` than from the others, of which there are some.

    Through the air, and twice as far, where nothing leads there along the surface.
    """
    of_kind = [[face for face, wants in clicks if wants == kind] for kind in (is_wanted, not is_wanted)]
    air = np.stack(
        [np.linalg.norm(object_.centers[:, None] - object_.surface.centers[faces], axis=2).min(axis=1) for faces in of_kind], axis=1
    )
    start = np.full_like(air, np.inf)
    for column, faces in enumerate(of_kind):
        clicked = object_.leaf_of_face[faces]
        start[clicked, column] = air[clicked, column]
    along = object_.steps.spread(start)
    away = np.where(np.isfinite(along), along, 2 * air)
    return np.asarray(away[:, 0] <= away[:, 1])
