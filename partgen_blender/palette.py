"""The colours of parts: one for every rank of the part tree, stable while the slider moves. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.srgb import light

_GOLDEN_RATIO = 0.6180339887498949
# The hue of rank 0: a calm blue, because the whole object is shown in it at scale 1.
_FIRST_HUE = 0.58
# Turns of the golden ratio come close again after 8, 13, 21... ranks; saturation and value with another period keep those apart.
_SATURATIONS = np.array([0.62, 0.48, 0.74])
_VALUES = np.array([0.86, 0.95, 0.70, 0.90, 0.78])


def colors_of_ranks(ranks: ArrayLike) -> NDArray[np.float32]:
    """The colour of every rank: `ranks` (n,) integers from 0. Returns (n, 4) float32, scene-linear RGB and alpha 1.

    Hues step by the golden ratio, so that any number of neighbouring ranks are spread over the whole circle.
    """
    ranks = np.asarray(ranks, np.int64).reshape(-1)
    hue = (_FIRST_HUE + ranks * _GOLDEN_RATIO) % 1.0
    display = _rgb_of_hsv(hue, _SATURATIONS[ranks % len(_SATURATIONS)], _VALUES[ranks % len(_VALUES)])
    return np.concatenate([light(display), np.ones((len(ranks), 1))], axis=1).astype(np.float32)


def _rgb_of_hsv(hue: NDArray, saturation: NDArray, value: NDArray) -> NDArray:
    """Display-referred RGB (n, 3) of hue, saturation and value, each (n,) in [0, 1]."""
    sector = np.abs((hue[:, None] * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0
    pure = np.clip(sector, 0.0, 1.0)
    return value[:, None] * (1.0 - saturation[:, None] * (1.0 - pure))
