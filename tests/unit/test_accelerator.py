"""Promises that a graphics card and the CPU come to the same: the same code, in the same precision, on both.

Every test here needs a card that torch can use, and is skipped loudly where there is none.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the CPU and a graphics card are not compared")

from partgen.devices import CPU, PRECISIONS, Placement, available_devices, free_memory, memory, place, with_retries  # noqa: E402

CARDS = [device for device in available_devices() if device.id != "cpu"]
if not CARDS:
    warnings.warn("no graphics card: that it and the CPU come to the same was NOT tested here", stacklevel=1)
needs_card = pytest.mark.skipif(not CARDS, reason="no graphics card that torch can use: it and the CPU are not compared")

TOLERANCE = {"float32": 1e-4, "float16": 5e-3, "bfloat16": 4e-2}
"""Of |a - b| against |b| + rms(b): the house's for float32, a few units in the last place of the shorter ones."""


def attention(batch_size: int, placement: Placement) -> np.ndarray:
    """A block of what networks here are made of (projections, attention, norm, activation), fed in batches: (64, 128, 96)."""
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(96, 96, generator=generator) / 96**0.5 for _ in range(4)]
    points = torch.randn(64, 128, 96, generator=generator)
    where = {"device": placement.device.id, "dtype": getattr(torch, placement.precision)}
    query, key, value, out = (weight.to(**where) for weight in weights)
    answers = []
    with torch.no_grad():
        for batch in points.split(batch_size):
            x = torch.nn.functional.layer_norm(batch.to(**where), (96,))
            x = torch.nn.functional.scaled_dot_product_attention(x @ query, x @ key, x @ value)
            answers.append(torch.nn.functional.gelu(x @ out).float().cpu().numpy())
    return np.concatenate(answers)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """The largest of |a - b| / (|b| + rms(b))."""
    return float((np.abs(a - b) / (np.abs(b) + np.sqrt(np.mean(b**2)))).max())


@pytest.fixture
def card() -> Iterator[Placement]:
    """The card that "auto" takes, its memory given back afterwards."""
    yield place("auto", "auto", CARDS)
    free_memory()


def test_the_comparison_finds_a_difference():
    on_cpu = attention(64, Placement(CPU, "float32"))
    assert difference(on_cpu, on_cpu) == 0
    assert difference(on_cpu + 0.01, on_cpu) > TOLERANCE["float32"]
    assert difference(attention(5, Placement(CPU, "float32")), on_cpu) <= TOLERANCE["float32"]


@needs_card
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_card_and_the_cpu_come_to_the_same(card, precision):
    if precision not in card.device.precisions:
        pytest.skip(f"{card.device.name} does not work in {precision}")
    attempt = with_retries(attention, 16, Placement(card.device, precision))
    assert attempt.placement.device == card.device
    assert difference(attempt.result, attention(64, Placement(CPU, "float32"))) <= TOLERANCE[precision]


@needs_card
def test_a_card_that_is_too_small_for_the_batch_does_it_in_smaller_ones(card):
    piece = memory(card.device.id).free_bytes // 4

    def run(batch_size: int, placement: Placement) -> int:
        return torch.zeros((batch_size, piece), dtype=torch.uint8, device=placement.device.id).shape[0]

    attempt = with_retries(run, 16, card)
    assert attempt.placement == card
    assert 1 <= attempt.result < 8
    assert attempt.notes


@needs_card
def test_what_is_given_back_is_free_again(card):
    held = torch.zeros(256 << 20, dtype=torch.uint8, device=card.device.id)
    during = memory(card.device.id)
    assert during.held_bytes >= 256 << 20
    del held
    free_memory()
    assert memory(card.device.id).held_bytes <= during.held_bytes - (256 << 20)
