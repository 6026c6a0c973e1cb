"""Edits that make copies of a part: repeated along or around, mirrored, hollowed by a second skin.

A copy is the part's own vertices somewhere else, its polygons as they were or turned inside out. So whoever has the part as
Blender or a file has it can make the copies with all that lies on it: UVs, materials, attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from .deforming import PartSurface, turned
from .edits import Edit

Floats = NDArray[np.float64]
MOST_VERTICES = 5_000_000


@dataclass(frozen=True, eq=False)
class Copy:
    """The part once more: its vertices `points` (V, 3), and whether its polygons look the other way."""

    points: Floats
    flipped: bool = False


def is_copying(edit: Edit) -> bool:
    """Whether an edit is made of copies."""
    return edit.op in COPYINGS


def copies(part: PartSurface, edit: Edit) -> list[Copy]:
    """What the part becomes: the first is what its own faces become, the others are added. Raises PartgenError where it cannot be."""
    return COPYINGS[edit.op](part, edit.complete().parameters)


def _mirrored(part: PartSurface, parameters: Mapping[str, Any]) -> list[Copy]:
    """The part's mirror image in its place, across its own middle."""
    frame = part.frame
    axis = frame.index(parameters["axis"])
    local = frame.coordinates(part.points)
    local[:, axis] = frame.low[axis] + frame.high[axis] - local[:, axis]
    return [Copy(frame.points(local), True)]


def _repeated(part: PartSurface, parameters: Mapping[str, Any]) -> list[Copy]:
    count = parameters["count"]
    if count * len(part.points) > MOST_VERTICES:
        sentence = f"{count} times {len(part.points)} vertices are more than {MOST_VERTICES}."
        raise PartgenError("edit.too_many", sentence, "Choose fewer copies, or a part of fewer faces.")
    if "around" in parameters:
        return _around(part, parameters["around"], count)
    frame = part.frame
    axis = frame.index(parameters["along"])
    extent = float(frame.extents[axis])
    step = part.length(parameters["spacing"]) if "spacing" in parameters else 1.15 * extent
    return [Copy(part.points + number * step * frame.axes[:, axis]) for number in range(count)]


def _around(part: PartSurface, axis: str, count: int) -> list[Copy]:
    """A ring about an axis through the middle of what lies around the part, or through where it is attached; one that lies on this
    axis, and one that stands alone, gets a ring that has room for the copies."""
    frame = part.frame
    index = frame.index(axis)
    about = part.up if axis == "height" else frame.axes[:, index]
    middle = (part.points.min(axis=0) + part.points.max(axis=0)) / 2
    for centre in (part.centre, frame.origin):
        if centre is not None:
            outward = middle - centre - about * ((middle - centre) @ about)
            if np.linalg.norm(outward) > 0.1 * frame.size:
                break
    else:
        across = frame.axes[:, (index + 1) % 3]
        width = float(np.delete(frame.extents, index).max())
        centre = middle - across * max(width * count / (2 * np.pi) * 1.2, width)
    return [Copy(centre + turned(part.points - centre, about, 360.0 * number / count)) for number in range(count)]


def _hollowed(part: PartSurface, parameters: Mapping[str, Any]) -> list[Copy]:
    """A second skin inside, turned inside out: the walls are as thick as asked, thinner where the part itself is thinner."""
    smallest = float(part.frame.extents.min())
    wall = part.length(parameters["thickness"]) if "thickness" in parameters else parameters["amount"] * smallest / 2
    if not 0 < wall < smallest / 2:
        sentence = f"Walls of {wall:.3g} leave no room in a part that is {smallest:.3g} thin."
        raise PartgenError("edit.wall", sentence, "Choose thinner walls.")
    return [Copy(part.points), Copy(part.points - wall * _inset(part), True)]


def _inset(part: PartSurface) -> Floats:
    """How far each vertex goes outward where all of its faces go one unit: (V, 3). Along edges and corners that is further.

    The least squares solution of n . d = 1 over the faces of a vertex, weighted by their angles there; at most 3 units.
    """
    place, count = part.welded
    corners = part.points[part.faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = crossed / np.maximum(np.linalg.norm(crossed, axis=1, keepdims=True), 1e-300)
    matrix, side = np.zeros((count, 3, 3)), np.zeros((count, 3))
    for k in range(3):
        first, second = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        angle = np.arctan2(np.linalg.norm(crossed, axis=1), (first * second).sum(axis=1))
        np.add.at(matrix, place[part.faces[:, k]], angle[:, None, None] * unit[:, :, None] * unit[:, None, :])
        np.add.at(side, place[part.faces[:, k]], angle[:, None] * unit)
    matrix += 1e-9 * np.eye(3) * np.maximum(np.trace(matrix, axis1=1, axis2=2), 1e-12)[:, None, None]
    found = np.linalg.solve(matrix, side[:, :, None])[:, :, 0]
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return (found * np.minimum(1, 3 / np.maximum(length, 1e-12)))[place]


COPYINGS: Mapping[str, Callable[[PartSurface, Mapping[str, Any]], list[Copy]]] = {
    "mirror": _mirrored, "repeat": _repeated, "hollow": _hollowed,
}  # fmt: skip


def split_planes(part: PartSurface, edit: Edit) -> tuple[Floats, Floats]:
    """The planes that cut a part into equal lengths: their points (n - 1, 3) and their normal (3,)."""
    parameters = edit.complete().parameters
    frame = part.frame
    axis = frame.index(parameters["axis"])
    at = np.linspace(frame.low[axis], frame.high[axis], parameters["count"] + 1)[1:-1]
    return frame.origin + at[:, None] * frame.axes[:, axis], frame.axes[:, axis]
