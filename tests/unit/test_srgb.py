"""Colors look on the screen as they were chosen: light and what pictures hold are each other's inverse."""

from __future__ import annotations

import numpy as np
import pytest
from partgen.srgb import displayed, light


def test_known_values() -> None:
    """As in the table of IEC 61966-2-1: black, the middle grey of screens, white."""
    assert light([0.0, 0.5, 1.0]) == pytest.approx([0.0, 0.21404, 1.0], abs=1e-5)
    assert displayed([0.0, 0.18, 1.0]) == pytest.approx([0.0, 0.46136, 1.0], abs=1e-5)


def test_there_and_back_is_the_same() -> None:
    values = np.linspace(0, 1, 1001).reshape(7, 11, 13)
    assert np.abs(displayed(light(values)) - values).max() < 1e-6
    assert (np.diff(light(values.reshape(-1))) > 0).all()
