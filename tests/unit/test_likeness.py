"""What a piece of a part looks like: learned of one object's leaves, asked of another's, and never guessed."""

from __future__ import annotations

import numpy as np
from partgen.likeness import learned


def rows(count: int, middle: tuple[float, ...], seed: int) -> np.ndarray:
    """Features about a place in 40 dimensions, of length one as those of leaves are."""
    noise = np.random.default_rng(seed).normal(0, 0.05, (count, 40))
    noise[:, : len(middle)] += middle
    return noise / np.linalg.norm(noise, axis=1, keepdims=True)


def test_leaves_of_another_object_that_look_like_the_region_are_found() -> None:
    features = np.concatenate([rows(6, (1, 0), 1), rows(30, (0.4, 1), 2)])
    shares = np.repeat([1.0, 0.0], [6, 30])
    found = learned(features, shares, np.ones(36))
    other = np.concatenate([rows(50, (1, 0), 3), rows(9, (0.4, 1), 4)])
    np.testing.assert_array_equal(found.of(other) > 0.5, np.repeat([True, False], [50, 9]))


def test_a_region_that_looks_like_the_rest_teaches_nothing() -> None:
    features, shares = rows(36, (1, 0), 1), np.repeat([1.0, 0.0], [18, 18])
    assert learned(features, shares, np.ones(36)) is None
    assert learned(np.ones((36, 40)), shares, np.ones(36)) is None
    assert learned(features[:1], [0.5], [40]) is None, "a piece of a single leaf"


def test_a_few_faces_too_many_or_too_few_do_no_harm() -> None:
    features = np.concatenate([rows(6, (1, 0), 1), rows(30, (0.4, 1), 2)])
    shares = np.repeat([0.95, 0.03], [6, 30])
    found = learned(features, shares, np.full(36, 50))
    np.testing.assert_array_equal(found.of(features) > 0.5, shares > 0.5)


def test_a_region_of_everything_or_of_nothing_teaches_nothing() -> None:
    features = rows(8, (1, 0), 1)
    assert learned(features, np.ones(8), np.ones(8)) is None
    assert learned(features, np.zeros(8), np.ones(8)) is None


def test_many_leaves_and_few_teach_the_same_as_all_directions_would() -> None:
    for inside, outside in ((8, 20), (60, 140)):  # fewer leaves than numbers in a feature, and more
        features = np.concatenate([rows(inside, (1, 0), 1), rows(outside, (0.4, 1), 2)])
        found = learned(features, np.repeat([1.0, 0.0], [inside, outside]), np.ones(inside + outside))
        assert found is not None
        weight = np.repeat([0.5 / inside, 0.5 / outside], [inside, outside])
        middle = weight @ features
        directions = np.linalg.svd(np.sqrt(weight)[:, None] * (features - middle), full_matrices=False)[2]
        kept = found.directions.shape[1]
        spanned = found.directions / np.linalg.norm(found.directions, axis=0)
        np.testing.assert_allclose(np.abs(directions[:kept] @ spanned), np.eye(kept), atol=1e-6)
