"""A part in its box: coordinates in which every part of whatever proportions fills the same cube, up is up and the rest is ahead.

A network that draws parts sees them in these alone: a thin rod is as easy to draw as a ball, and where the old part's box was the
new part comes to lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry.sampling import samples_with_normals
from .seating import Seat

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF = 0.8
"""Half the side of the cube that a part fills: an autoencoder looks for surfaces in one that is a little larger."""
REACH = 2.5
"""How far around the middle of the cube surroundings are looked at, in halves of its side."""
NEAR = 1.5
"""In the same measure: half of what is shown of the surroundings is as near as this."""
AROUND = 512
"""Points that the surroundings are shown by."""


@dataclass(frozen=True, eq=False)
class Box:
    """Where a part sits: `middle` (3,) and `axes` (3, 3), its columns, in the coordinates of the object, and `extents` (3,) along
    them; z is the axis that is most upright, y the one of the others that leads most to the rest.

    `turn` (3, 3) takes the axes of the part's seat to these. `sitting` (13,) is what the seat tells in them: whether it is attached,
    the middle and the spread of the attachment, up, and the way to the rest.
    """

    middle: Floats
    axes: Floats
    extents: Floats
    turn: Floats
    sitting: Floats

    @classmethod
    def of(cls, seat: Seat) -> Box:
        """The box of a part that sits so."""
        upright = int(np.abs(seat.up).argmax())
        others = [axis for axis in range(3) if axis != upright]
        ahead = max(others, key=lambda axis: (abs(float(seat.inward[axis])), abs(float(seat.centre[axis]))))
        order = [next(axis for axis in others if axis != ahead), ahead, upright]
        turn = np.zeros((3, 3))
        turn[range(3), order] = 1.0
        leading = turn @ (seat.inward if np.abs(seat.inward).max() > 0 else seat.centre)
        turn[2] *= -1.0 if float(turn[2] @ seat.up) < 0 else 1.0
        turn[1] *= -1.0 if leading[1] < 0 else 1.0
        turn[0] *= np.linalg.det(turn)
        middle = seat.frame.points(((seat.frame.low + seat.frame.high) / 2)[None])[0]
        told = [turn @ seat.centre, np.abs(turn) @ seat.spread, turn @ seat.up, turn @ seat.inward]
        sitting = np.concatenate([[float(seat.is_attached)], *told])
        return cls(middle, seat.frame.axes @ turn.T, np.maximum(np.abs(turn) @ seat.extents, 1e-9), turn, sitting)

    @property
    def proportions(self) -> Floats:
        """How long each side is against their geometric mean, in doublings: (3,)."""
        sizes = np.log2(self.extents)
        return np.asarray(sizes - sizes.mean())

    def inward(self, points: Floats) -> Floats:
        """Points (N, 3) of the object, in the cube."""
        return (points - self.middle) @ self.axes / (self.extents / 2) * HALF

    def outward(self, points: Floats) -> Floats:
        """Points (N, 3) of the cube, in the coordinates of the object."""
        return (points / HALF * (self.extents / 2)) @ self.axes.T + self.middle

    def soup(self, points: Floats, faces: Ints) -> Floats:
        """Triangles (F, 3) over points (V, 3) of the object, in the cube: (F, 3, 3)."""
        return self.inward(points)[faces] if len(faces) else np.zeros((0, 3, 3))


def sampled(soup: Floats, count: int, seed: int) -> NDArray[np.float32]:
    """Points with normals (count, 6), uniform over the area of triangles (F, 3, 3)."""
    return samples_with_normals(soup.reshape(-1, 3), np.arange(3 * len(soup)).reshape(-1, 3), count, seed)


def surroundings(rest: Floats, seed: int = 0) -> NDArray[np.float32]:
    """What stands around a part: AROUND points with normals (AROUND, 6) on the triangles (F, 3, 3) of the rest in the part's cube, half
    of them near. Zeros where nothing is there. The same for the same rest and seed."""
    within = _within(rest, REACH)
    if not len(within):
        return np.zeros((AROUND, 6), np.float32)
    near = _within(rest, NEAR)
    far = sampled(within, 4 * AROUND, seed)
    close = sampled(near if len(near) else within, 4 * AROUND, seed + 1)
    return np.concatenate([_reached(close, NEAR, far)[: AROUND // 2], _reached(far, REACH, far)[: AROUND // 2]])


def _within(soup: Floats, reach: float) -> Floats:
    """Those of some triangles (F, 3, 3) whose boxes come into the cube that is `reach` times as large, none of them flat."""
    if not len(soup):
        return soup
    comes_in = (soup.min(axis=1) < reach * HALF).all(axis=1) & (soup.max(axis=1) > -reach * HALF).all(axis=1)
    area = np.linalg.norm(np.cross(soup[:, 1] - soup[:, 0], soup[:, 2] - soup[:, 0]), axis=1)
    return soup[comes_in & (area > 1e-12)]


def _reached(points: NDArray[np.float32], reach: float, others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of points (N, 6) those in the cube that is `reach` times as large, again and again until there are N; `others` where none is."""
    inside = points[(np.abs(points[:, :3]) < reach * HALF).all(axis=1)]
    return np.resize(inside if len(inside) else others, points.shape)
