"""A part's own axes: which way is its length, where it is attached, which way is up.

"Longer" and "bent" mean something only along these. The length runs from where the part is attached to its free end; the other
two axes are the wider and the thinner one across it. Axes that nearly are those of the object are taken to be them, because
artists build along these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SNAP = np.cos(np.radians(12.0))
ALIKE = 1.15
"""Extents whose ratio is below this do not tell which of two axes is the longer one."""
ROUND = 1.4
"""Extents across the length whose ratio is below this belong to one section: "thicker" means both."""
ROD = 1.25
"""So many times as long as wide, at least, is a part that has a length by itself."""
BAND, THIN_BAND, LEAST_BAND = 0.2, 0.6, 0.03
"""How far from the attachment its hold goes on: so much of the part's size, but no more than this of its thinnest extent, and no
less than the last of its size."""
ANCHORS = 400
"""Points of the attachment, at most, from which distances are measured."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The axes of a part, in the space of its vertices.

    `origin` (3,) the middle of the attachment, or of the part where it has none; `axes` (3, 3) unit columns: length, width,
    thickness, right-handed; `low`, `high` (3,) the part's bounds along them from `origin`; `up` (3,) the object's up;
    `attached` whether the part is attached to anything.
    """

    origin: Floats
    axes: Floats
    low: Floats
    high: Floats
    up: Floats
    attached: bool

    @property
    def extents(self) -> Floats:
        """(3,) the part's sizes along its length, width and thickness."""
        return self.high - self.low

    @property
    def size(self) -> float:
        """The diagonal of its box."""
        return float(np.linalg.norm(self.extents))

    @property
    def reach(self) -> tuple[float, float]:
        """How far the part goes on from its origin along its length: backwards and forwards, both positive."""
        return max(-float(self.low[0]), 0.0), max(float(self.high[0]), 0.0)

    def coordinates(self, points: Floats) -> Floats:
        """Points (n, 3) along the axes from the origin: (n, 3)."""
        return (points - self.origin) @ self.axes

    def points(self, coordinates: Floats) -> Floats:
        """The inverse of `coordinates`."""
        return self.origin + coordinates @ self.axes.T

    def scaled_axes(self, axis: str) -> Bools:
        """Which of the three axes (3,) an axis by name scales. "height" is the one that is most upright."""
        if axis == "all":
            return np.ones(3, bool)
        chosen = np.zeros(3, bool)
        if axis == "height":
            chosen[self.upright] = True
            return chosen
        chosen[{"length": 0, "width": 1, "thickness": 2}[axis]] = True
        _, width, thickness = np.maximum(self.extents, 1e-12)
        if axis != "length" and self.is_rod and width / thickness < ROUND:
            chosen[1:] = True
        return chosen

    @property
    def upright(self) -> int:
        """The axis that is most upright: 0 length, 1 width, 2 thickness."""
        return int(np.argmax(np.abs(self.axes.T @ self.up)))

    @property
    def is_rod(self) -> bool:
        """Whether the part is clearly longer than it is wide."""
        length, width, _ = self.extents
        return bool(length > ROD * width)

    def index(self, axis: str) -> int:
        """The axis of a name as an index: 0 length, 1 width, 2 thickness."""
        return self.upright if axis == "height" else {"length": 0, "width": 1, "thickness": 2}[axis]


def part_frame(points: Floats, faces: Ints, attached: Bools, up: Floats) -> Frame:
    """The frame of a part: `points` (V, 3), `faces` (F, 3) triangles over them, `attached` (V,) which vertices touch neighbours.

    `up` (3,) a unit vector. Raises ValueError where there is no face.
    """
    if not len(faces):
        raise ValueError("a part without faces has no frame")
    corners = points[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    if not areas.sum() > 0:
        areas = np.ones(len(faces))
    used = points[np.unique(faces)]
    middle = np.average(corners.mean(axis=1), axis=0, weights=areas)
    axes = _ordered(used, _snapped(_principal(corners, areas, middle)))
    origin = points[attached].mean(axis=0) if attached.any() else middle
    axes = _lengthwise(used, axes, origin, middle, bool(attached.any()))
    axes = _directed(axes, middle - origin, up)
    local = (used - origin) @ axes
    return Frame(origin, axes, local.min(axis=0), local.max(axis=0), up, bool(attached.any()))


def _principal(corners: Floats, areas: Floats, middle: Floats) -> Floats:
    """The principal directions of a surface as columns (3, 3): second moments of its triangles, exactly."""
    local = corners - middle
    total = local.sum(axis=1)
    moments = (np.einsum("f,fi,fj->ij", areas, total, total) + np.einsum("f,fki,fkj->ij", areas, local, local)) / 12
    return np.linalg.eigh(moments)[1][:, ::-1]


def _snapped(axes: Floats) -> Floats:
    """The axes with those that nearly are the object's put onto them, and the third across the two others."""
    nearest = np.abs(axes).argmax(axis=0)
    near = np.abs(axes).max(axis=0) > SNAP
    if near.sum() >= 2 and len(set(nearest[near].tolist())) == near.sum():
        return np.eye(3)[:, _permutation(nearest, near)]
    if near.sum() == 1:
        fixed = int(np.flatnonzero(near)[0])
        target = np.eye(3)[nearest[fixed]]
        others = [index for index in range(3) if index != fixed]
        first = axes[:, others[0]] - target * (axes[:, others[0]] @ target)
        result = np.empty((3, 3))
        result[:, fixed] = target
        result[:, others[0]] = first / np.linalg.norm(first)
        result[:, others[1]] = np.cross(result[:, fixed], result[:, others[0]])
        return result
    return axes


def _permutation(nearest: Ints, near: Bools) -> list[int]:
    """The object's axis for each of the part's, two of which are known at least."""
    left = set(range(3)) - set(nearest[near].tolist())
    return [int(nearest[index]) if near[index] else left.pop() for index in range(3)]


def _ordered(points: Floats, axes: Floats) -> Floats:
    """The axes by falling extent; where two are alike, those of a turned square or disc are put along the object's."""
    extents = np.ptp(points @ axes, axis=0)
    order = np.argsort(-extents, kind="stable")
    axes, extents = axes[:, order], np.maximum(extents[order], 1e-12)
    for first in (0, 1):
        if extents[first] / extents[first + 1] < ALIKE and not extents[0] / extents[2] < ALIKE:
            kept = axes[:, 2 if first == 0 else 0]
            candidates = np.eye(3) - np.outer(kept, kept)
            along = candidates[np.linalg.norm(candidates, axis=1).argmax()]
            axes[:, first] = along / np.linalg.norm(along)
            axes[:, first + 1] = np.cross(kept, axes[:, first])
    if extents[0] / extents[2] < ALIKE:
        return np.eye(3)
    return axes


def _lengthwise(points: Floats, axes: Floats, origin: Floats, middle: Floats, attached: bool) -> Floats:
    """The axes with the length first: of a part that is not clearly long, the one that leads away from its attachment."""
    extents = np.maximum(np.ptp(points @ axes, axis=0), 1e-12)
    away = np.abs((middle - origin) @ axes)
    if attached and extents[0] < ROD * extents[1] and away.max() > 0.25 * extents[away.argmax()]:
        first = int(away.argmax())
        others = [index for index in range(3) if index != first]
        return axes[:, [first, *sorted(others, key=lambda index: -extents[index])]]
    return axes


def _directed(axes: Floats, outward: Floats, up: Floats) -> Floats:
    """The axes with the length leading outward, or up where there is no outward, and the whole right-handed."""
    length, width = axes[:, 0], axes[:, 1]
    guide = outward if abs(outward @ length) > 1e-9 else up + 1e-3
    length = length if length @ guide >= 0 else -length
    width = width if width @ (up + 1e-3) >= 0 else -width
    return np.stack([length, width, np.cross(length, width)], axis=1)


def hold(points: Floats, attached: Bools, frame: Frame) -> Floats:
    """How free each vertex is: 0 where the part is attached, rising smoothly to 1 at some distance from there: (V,)."""
    if not attached.any():
        return np.ones(len(points))
    band = max(min(BAND * frame.size, THIN_BAND * float(frame.extents.min())), LEAST_BAND * frame.size, 1e-12)
    anchors = points[attached]
    anchors = anchors[:: max(1, len(anchors) // ANCHORS)]
    free = np.empty(len(points))
    for start in range(0, len(points), 4096):
        block = points[start : start + 4096]
        apart = (block**2).sum(axis=1)[:, None] - 2 * block @ anchors.T + (anchors**2).sum(axis=1)
        free[start : start + 4096] = np.sqrt(np.maximum(apart.min(axis=1), 0))
    share = np.clip(free / band, 0, 1)
    share = share * share * (3 - 2 * share)
    share[attached] = 0
    return share
