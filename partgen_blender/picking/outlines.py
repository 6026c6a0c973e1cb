"""Places of a picture that a stroke or a lasso covers, or that an image marks. numpy only; places are in pixels, y upwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CLOSED = 0.25
"""A drawn line is a lasso where its ends lie nearer to each other than this share of its length; else it is a stroke."""
_MARKED = 0.5
"""A pixel is marked where it is brighter than this, and less transparent."""


def is_lasso(path: ArrayLike) -> bool:
    """Whether a line (n, 2) that somebody drew surrounds something, as its ends (nearly) meet."""
    path = np.asarray(path, np.float64)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    return len(path) > 3 and bool(np.linalg.norm(path[-1] - path[0]) < _CLOSED * length)


def within_lasso(path: ArrayLike, places: Floats) -> Bools:
    """Which of `places` (n, 2) lie within a closed line (m, 2), by the even-odd rule."""
    path = np.asarray(path, np.float64)
    x, y = places.T
    inside = np.zeros(len(places), bool)
    for (x1, y1), (x2, y2) in zip(path, np.roll(path, -1, axis=0), strict=True):
        if y1 != y2:
            between = (y1 > y) != (y2 > y)
            inside ^= between & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def within_stroke(path: ArrayLike, places: Floats, radius: float) -> Bools:
    """Which of `places` (n, 2) lie nearer than `radius` to an open line (m, 2)."""
    path = np.asarray(path, np.float64)
    near = np.zeros(len(places), bool)
    for start, stop in zip(path, path[1:] if len(path) > 1 else path, strict=False):
        way = stop - start
        along = np.clip(((places - start) @ way) / max(float(way @ way), 1e-12), 0.0, 1.0)
        near |= np.linalg.norm(places - start - along[:, None] * way, axis=1) <= radius
    return near


def within_image(pixels: NDArray[np.float32], places: Floats, width: float, height: float) -> Bools:
    """Which of `places` (n, 2) of a view an image marks that is stretched over it: `pixels` (h, w, 4) RGBA in [0, 1], bottom first.

    Marked is what is bright and opaque: Rec. 709 luma times alpha over one half.
    """
    rows, columns = pixels.shape[:2]
    column = np.clip((places[:, 0] / width * columns).astype(np.int64), 0, columns - 1)
    row = np.clip((places[:, 1] / height * rows).astype(np.int64), 0, rows - 1)
    brightness = pixels[..., :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32) * pixels[..., 3]
    return brightness[row, column] > _MARKED


def box_of(path: ArrayLike, radius: float = 0.0) -> tuple[float, float, float, float]:
    """The rectangle around a line: left, bottom, right, top."""
    path = np.asarray(path, np.float64)
    (left, bottom), (right, top) = path.min(axis=0) - radius, path.max(axis=0) + radius
    return float(left), float(bottom), float(right), float(top)


def grid(box: tuple[float, float, float, float], width: float, height: float, count: int) -> Floats:
    """About `count` places (n, 2), evenly over what of a rectangle lies within a view of `width` and `height` pixels."""
    left, bottom, right, top = max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height)
    if right <= left or top <= bottom:
        return np.empty((0, 2))
    step = max(np.sqrt((right - left) * (top - bottom) / count), 1.0)
    columns, rows = (max(1, round((high - low) / step)) for low, high in ((left, right), (bottom, top)))
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def grown(box: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    """A rectangle that is larger by `by` times its size, on every side."""
    across, upward = by * (box[2] - box[0]), by * (box[3] - box[1])
    return box[0] - across, box[1] - upward, box[2] + across, box[3] + upward
