"""The colors of likeness: dark is unlike, bright is alike. numpy only.

Viridis (Smith and van der Walt 2015, in the public domain): its lightness rises evenly, so that the order of values can be
seen, also by the color-blind and on a grey print.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.srgb import light

_VIRIDIS = np.array(
    [
        (0x44, 0x01, 0x54),
        (0x47, 0x2D, 0x7B),
        (0x3B, 0x52, 0x8B),
        (0x2C, 0x72, 0x8E),
        (0x21, 0x91, 0x8C),
        (0x28, 0xAE, 0x80),
        (0x5E, 0xC9, 0x62),
        (0xAD, 0xDC, 0x30),
        (0xFD, 0xE7, 0x25),
    ]
)
"""Display-referred, at even steps."""
_STEPS = 256
_SAMPLE = 1500
"""So many leaves at most are compared with each other to find the contrast: 10 ms."""
_UNLIKE_SHARE = 5.0
"""Percent of all pairs of leaves that are shown as entirely unlike."""
_SMALLEST_RANGE = 0.02
"""Likeness differs by at least so much from the dark end of the colors to the bright one: less is noise."""


def display_colors(values: ArrayLike) -> NDArray[np.float64]:
    """Display-referred RGB (n, 3) in [0, 1] of values (n,), which are clipped to [0, 1]."""
    places = np.linspace(0.0, 1.0, len(_VIRIDIS))
    values = np.clip(np.asarray(values, np.float64), 0.0, 1.0)
    return np.stack([np.interp(values, places, channel / 255.0) for channel in _VIRIDIS.T], axis=-1)


def _linear(display: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scene-linear RGBA (n, 4) float32, alpha 1, of display-referred RGB (n, 3)."""
    return np.concatenate([light(display), np.ones((len(display), 1))], axis=1).astype(np.float32)


_TABLE = _linear(display_colors(np.linspace(0.0, 1.0, _STEPS)))
_UNKNOWN = _linear(np.full((1, 3), 0.35))


def unknown(count: int) -> NDArray[np.float32]:
    """The grey of what cannot be compared, `count` times: (count, 4) float32, scene-linear."""
    return np.repeat(_UNKNOWN, count, axis=0)


def colors_of(likeness: NDArray[np.floating], floor: float) -> NDArray[np.float32]:
    """The colors (n, 4) float32, scene-linear, of cosine similarities (n,): `floor` and below darkest, 1 brightest."""
    steps = (likeness - floor) * ((_STEPS - 1) / (1.0 - floor)) + 0.5
    return _TABLE.take(np.clip(steps, 0, _STEPS - 1).astype(np.int64), axis=0)


def floor_of(features: Sequence[NDArray[np.float32]]) -> float:
    """The likeness that is shown as none at all, where leaves have these features, each (L, D): few pairs of them are less alike.

    Networks find everything somewhat alike, one object more than another: a fixed range would show it all in one color.
    """
    rows = np.concatenate([some[:: max(1, -(-sum(map(len, features)) // _SAMPLE))] for some in features])
    likeness = rows @ rows.T
    return float(np.clip(np.percentile(likeness, _UNLIKE_SHARE), -1.0, 1.0 - _SMALLEST_RANGE))
