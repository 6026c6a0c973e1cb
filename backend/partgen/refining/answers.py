"""From clicks in their order to the region that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .changes import changes
from .clicks import Click
from .judging import judge
from .totals import totals

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

FEW_LEAVES = 100
"""A tree of fewer leaves is unlike those that the network of changes knows well: there, further clicks are judged as the first is."""


@dataclass(frozen=True, eq=False)
class Region:
    """What is meant: `leaves` (L,) bool, `faces` (F,) bool. They differ in the `divided` leaves (n,), of which only some faces
    are meant: there `leaves` tells the kind of the clicks in the leaf, or, without or with both, the greater share."""

    leaves: Bools
    faces: Bools
    divided: Ints


def answer(object_: Refinable, clicks: Sequence[Click]) -> Region:
    """The region that clicks mean; see `Refinable.answer`."""
    first = next((number for number, (_, is_wanted) in enumerate(clicks) if is_wanted), None)
    if first is None:
        none = np.zeros(object_.tree.leaf_count, bool)
        return Region(none, none[object_.leaf_of_face], np.zeros(0, np.int64))
    # What is meant begins with a click that says yes.
    ordered = (clicks[first], *clicks[:first], *clicks[first + 1 :])
    faces = meant_faces(object_, ordered)
    share = object_.share_of_leaves(faces)
    leaves = 2 * totals(object_.leaf_of_face, object_.surface.areas * faces, len(share)) > object_.areas
    clicked = object_.leaf_of_face[[face for face, _ in ordered]]
    wanted = np.array([is_wanted for _, is_wanted in ordered])
    leaves[np.setdiff1d(clicked[wanted], clicked[~wanted])] = True
    leaves[np.setdiff1d(clicked[~wanted], clicked[wanted])] = False
    return Region(leaves, faces, np.flatnonzero((share > 0) & (share < 1)))


def meant_faces(object_: Refinable, clicks: tuple[Click, ...]) -> Bools:
    """The faces (F,) that clicks mean, the first of which says yes; remembered."""
    known = len(clicks)
    while known and clicks[:known] not in object_.answers:
        known -= 1
    for count in range(known + 1, len(clicks) + 1):
        if count == 1:
            faces = object_.leaves_below(object_.predicted_node(clicks[0][0]))[object_.leaf_of_face]
        else:
            faces = object_.answers[clicks[: count - 1]]
            # Where nobody knows what was meant before, nothing was changed last.
            before = object_.answers.get(clicks[: count - 2], faces) if count > 2 else np.zeros_like(faces)
            found = changes(object_, faces, before, clicks[:count])
            faces = found.made(
                faces, found.likely if object_.tree.leaf_count < FEW_LEAVES else int(judge().of_changes(found.traits).argmax())
            )
        object_.answers[clicks[:count]] = faces
    return object_.answers[clicks]
