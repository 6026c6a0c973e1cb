"""Clicks that say which faces belong to a part and which do not, as an object remembers them.

A property of the object, ``partgen_clicks``: a group of `places`, three numbers for each click in the space of the mesh, the middle
of the face that was meant, and `wanted`, 1 or 0 for each. Places rather than faces, so that they still mean something after edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

CLICKS = "partgen_clicks"


@dataclass(frozen=True)
class Click:
    """One click: the middle of the face, in the space of the mesh, and whether that face is wanted."""

    place: tuple[float, float, float]
    is_wanted: bool


def read(object_: bpy.types.Object) -> list[Click]:
    """The clicks that `object_` remembers; [] where there are none, or they are damaged."""
    stored = object_.get(CLICKS)
    try:
        places = np.array(stored["places"], np.float64).reshape(-1, 3)
        wanted = [bool(value) for value in stored["wanted"]]
    except (KeyError, TypeError, ValueError):
        return []
    return [Click((x, y, z), is_wanted) for (x, y, z), is_wanted in zip(places.tolist(), wanted, strict=False)]


def write(object_: bpy.types.Object, clicks: Sequence[Click]) -> None:
    """Lets `object_` remember clicks, in place of those that it has; [] for none."""
    object_.pop(CLICKS, None)
    if clicks:
        places = [value for click in clicks for value in click.place]
        object_[CLICKS] = {"places": places, "wanted": [int(click.is_wanted) for click in clicks]}


def faces_of(clicks: Sequence[Click], centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """The face that each click means, (n,): the one whose middle is nearest, of `centers` (F, 3) in the space of the mesh."""
    return np.array([int(((centers - np.array(click.place)) ** 2).sum(axis=1).argmin()) for click in clicks], np.int64)
