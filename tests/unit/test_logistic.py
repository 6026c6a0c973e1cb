"""Logistic regression: what tells the ones from the others."""

from __future__ import annotations

import numpy as np
from partgen.logistic import chances, fitted


def with_bias(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values, np.ones(len(values))])


def test_a_share_counts_as_much_as_a_row_of_either_kind() -> None:
    values = np.random.default_rng(1).normal(size=(20, 3))
    share = np.random.default_rng(2).random(20)
    ridge = np.array([0.1, 0.1, 0.1, 1e-3])
    once = fitted(with_bias(values), share, np.ones(20), ridge)
    twice = fitted(with_bias(np.tile(values, (2, 1))), np.repeat([1.0, 0.0], 20), np.concatenate([share, 1 - share]), ridge)
    np.testing.assert_allclose(once, twice, atol=1e-9)


def test_rows_that_are_told_apart_without_an_error_have_weights_that_end() -> None:
    values = np.concatenate([np.full((4, 1), -1.0), np.full((40, 1), 1.0)]) * 30
    target = np.repeat([1.0, 0.0], [4, 40])
    found = fitted(with_bias(values), target, np.ones(44), np.array([1e-3, 1e-9]))
    assert np.abs(found).max() < 10
    np.testing.assert_allclose(chances(with_bias(values) @ found), target, atol=0.05)


def test_the_weights_found_are_those_that_nothing_near_is_better_than() -> None:
    random = np.random.default_rng(3)
    rows, target, weight, ridge = with_bias(random.normal(size=(30, 4))), random.random(30), random.random(30), np.full(5, 0.01)

    def loss(weights: np.ndarray) -> float:
        chance = chances(rows @ weights)
        return float(-weight @ (target * np.log(chance) + (1 - target) * np.log(1 - chance)) + ridge @ weights**2 / 2)

    found = fitted(rows, target, weight, ridge)
    assert all(loss(found) < loss(found + 1e-3 * random.normal(size=5)) for _ in range(50))
