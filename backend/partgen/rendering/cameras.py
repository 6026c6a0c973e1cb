"""Orthographic cameras around an object, and the grid of views that image networks are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ELEVATION = 20.0
"""Degrees above the horizon, as in Instant3D (Li et al. 2023, section 3.1) and in PartGen after it."""
MARGIN = 1.1
DISTANCE = 4.0
"""How far before what it sees a camera's rays begin, in its half side."""
SURROUNDINGS = 1.6
"""How much more than a part its cameras see: the networks are to see what it belongs to."""


@dataclass(frozen=True, eq=False)
class Camera:
    """An orthographic camera: `centre` (3,) in the middle of its picture, `axes` (3, 3) unit rows right, up and towards the camera,
    `half` the half side of the square that it sees, `size` its pixels along a side. Its rays begin `distance` before the centre."""

    centre: Floats
    axes: Floats
    half: float
    size: int
    distance: float

    @property
    def towards(self) -> Floats:
        """The unit direction (3,) from the object to the camera."""
        return self.axes[2]

    def rays(self) -> tuple[Floats, Floats]:
        """Origins and directions (size * size, 3) of the rays through the middles of all pixels, row by row from the top left."""
        across = ((np.arange(self.size) + 0.5) / self.size * 2 - 1) * self.half
        x, y = np.meshgrid(across, -across)
        origins = self.centre + x.reshape(-1, 1) * self.axes[0] + y.reshape(-1, 1) * self.axes[1] + self.distance * self.axes[2]
        return origins, np.broadcast_to(-self.axes[2], origins.shape)

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Where points (n, 3) are seen: pixels (n, 2) as column and row, middles at .5, and distances (n,) from where rays begin."""
        local = (points - self.centre) @ self.axes.T
        column = (local[:, 0] / self.half + 1) / 2 * self.size
        row = (1 - local[:, 1] / self.half) / 2 * self.size
        return np.stack([column, row], axis=1), self.distance - local[:, 2]


def camera(points: Floats, azimuth: float, elevation: float, up: Floats, size: int) -> Camera:
    """A camera that sees all of `points` (n, 3), from an azimuth and an elevation in degrees; at azimuth 0 it looks from the front."""
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    half = MARGIN * float(np.linalg.norm(points - centre, axis=1).max())
    side = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    front = np.cross(side, up)
    turn, rise = np.radians(azimuth), np.radians(elevation)
    towards = (np.cos(turn) * front + np.sin(turn) * side) * np.cos(rise) + np.sin(rise) * up
    right = np.cross(up, towards)
    if np.linalg.norm(right) < 1e-9:  # from straight above
        right = side
    right /= np.linalg.norm(right)
    half = max(half, 1e-12)
    return Camera(centre, np.stack([right, np.cross(towards, right), towards]), half, size, DISTANCE * half)


def around(points: Floats, up: Floats, size: int, count: int = 4, elevation: float = ELEVATION) -> list[Camera]:
    """`count` cameras at even azimuths, of one scale."""
    return [camera(points, 360.0 * number / count, elevation, up, size) for number in range(count)]


def around_part(points: Floats, part: Floats, up: Floats, size: int) -> list[Camera]:
    """Cameras as by `around`, but close to a part of the object with vertices `part` (m, 3), in its surroundings."""
    whole, close = around(points, up, size), around(part, up, size)
    if SURROUNDINGS * close[0].half >= whole[0].half:
        return whole
    # From before the whole object, so that all of it can stand before the part.
    far = 2 * DISTANCE * whole[0].half
    return [replace(one, half=SURROUNDINGS * one.half, distance=far) for one in close]


def joined(pictures: Sequence[NDArray]) -> NDArray:
    """Four pictures (n, n, ...) as one (2n, 2n, ...): 0 and 1 above, 2 and 3 below."""
    first, second, third, fourth = pictures
    return np.concatenate([np.concatenate([first, second], axis=1), np.concatenate([third, fourth], axis=1)])


def apart(grid: NDArray) -> list[NDArray]:
    """The four pictures of a grid, the inverse of `joined`."""
    return [half for row in np.split(grid, 2) for half in np.split(row, 2, axis=1)]
