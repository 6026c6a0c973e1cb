"""Amounts of light and how pictures and screens hold them: the curve of sRGB (IEC 61966-2-1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def light(display: ArrayLike) -> Floats:
    """The amounts of light, of any shape, that display-referred values in [0, 1] stand for."""
    values = np.asarray(display, np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4)


def displayed(amounts: ArrayLike) -> Floats:
    """Amounts of light in [0, 1], of any shape, as pictures hold them: display-referred."""
    values = np.asarray(amounts, np.float64)
    return np.where(values <= 0.0031308, 12.92 * values, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)
