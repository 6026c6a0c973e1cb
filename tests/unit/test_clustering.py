"""Part trees from features: what is alike and hangs together merges first, as in the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from partgen.geometry.adjacency import components
from partgen.segmentation import clustering


def same_parts(first: NDArray, second: NDArray) -> bool:
    """Whether two labelings are the same but for the names of the parts."""
    pairs = np.unique(np.stack([first, second]), axis=1)
    return len(np.unique(first)) == len(np.unique(second)) == pairs.shape[1]


@pytest.fixture
def recorded(reference_folder: Path) -> dict[str, NDArray]:
    with np.load(reference_folder / "partfield" / "clustering.npz") as file:
        return dict(file)


JOININGS = {
    "opt0": lambda centers, pairs: clustering.chained_components(len(centers), pairs),
    "opt1": clustering.nearest_faces,
    "opt1_knn": lambda centers, pairs: clustering.nearest_faces(centers, pairs, with_neighbours=True),
    "opt2": clustering.nearest_components,
    "opt2_knn": lambda centers, pairs: clustering.nearest_components(centers, pairs, with_neighbours=True),
}


@pytest.mark.parametrize("option", JOININGS)
def test_every_option_finds_the_parts_of_the_reference(recorded: dict[str, NDArray], option: str) -> None:
    pairs = clustering.edge_pairs(recorded["faces"])
    centers = recorded["vertices"][recorded["faces"]].mean(axis=1)
    joined = np.concatenate([pairs, JOININGS[option](centers, pairs)])
    merges, _ = clustering.ward_merges(clustering.unit_features(recorded["feat"]), joined)
    for row, expected in enumerate(recorded[f"{option}_labels"]):
        assert same_parts(clustering.labels_of_merges(merges, 20 - row), expected), f"{20 - row} parts"


@pytest.mark.parametrize("option", ["opt0", "opt1", "opt2", "opt2_knn"])
def test_every_option_joins_what_the_reference_joins(recorded: dict[str, NDArray], option: str) -> None:
    pairs = clustering.edge_pairs(recorded["faces"])
    centers = recorded["vertices"][recorded["faces"]].mean(axis=1)
    found = np.concatenate([pairs, JOININGS[option](centers, pairs)])
    assert undirected(found) == undirected(recorded[f"{option}_edges"])


def undirected(pairs: NDArray) -> set[tuple[int, int]]:
    return {(int(min(pair)), int(max(pair))) for pair in pairs if pair[0] != pair[1]}


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(0, 10_000))
def test_coarser_parts_only_merge(count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    pairs = generator.integers(0, count, (2 * count, 2))
    merges, costs = clustering.ward_merges(generator.normal(size=(count, 4)), pairs)
    assert (np.diff(costs) >= 0).all()
    assert merges.shape == (count - 1, 2)
    finer = clustering.labels_of_merges(merges, count)
    assert len(np.unique(finer)) == count
    for parts in range(count - 1, 0, -1):
        coarser = clustering.labels_of_merges(merges, parts)
        assert coarser.max() + 1 == parts
        assert len(np.unique(np.stack([finer, coarser]), axis=1).T) == parts + 1
        finer = coarser


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.integers(1, 30), st.integers(0, 10_000), st.booleans())
def test_regions_hang_together_and_are_as_many_as_asked_for(count: int, wanted: int, seed: int, alike: bool) -> None:
    generator = np.random.default_rng(seed)
    tree = np.stack([np.arange(1, count), generator.integers(0, np.arange(1, count))], axis=1)
    pairs = np.concatenate([tree, generator.integers(0, count, (count, 2))])
    places = np.zeros((count, 3)) if alike else generator.normal(size=(count, 3))
    region, links = clustering.grown_regions(places, clustering.Links(pairs), generator.uniform(0.1, 1, count), wanted)
    assert len(np.unique(region)) == region.max() + 1 == min(wanted, count)
    within = pairs[region[pairs[:, 0]] == region[pairs[:, 1]]]
    assert components(count, within).max() == region.max()
    across = region[pairs]
    assert undirected(across) == {(int(a), int(b)) for a, b in links.pairs}


def test_ties_merge_evenly_and_not_in_one_row() -> None:
    row = np.stack([np.arange(4095), np.arange(1, 4096)], axis=1)
    region, _ = clustering.grown_regions(np.zeros((4096, 2)), clustering.Links(row), np.ones(4096), 64)
    assert np.bincount(region).max() < 10 * 4096 / 64


def test_what_nothing_links_stays_apart() -> None:
    region, links = clustering.grown_regions(np.zeros((4, 1)), clustering.Links(np.array([[0, 1], [2, 3]])), np.ones(4), 1)
    assert same_parts(region, np.array([0, 0, 1, 1]))
    assert not len(links.pairs)


def test_two_kinds_of_faces_in_a_row_are_two_parts() -> None:
    features = np.repeat([[1.0, 0.0], [0.0, 1.0]], 50, axis=0) + np.random.default_rng(0).normal(0, 0.05, (100, 2))
    pairs = np.stack([np.arange(99), np.arange(1, 100)], axis=1)
    labels = clustering.labels_of_merges(clustering.ward_merges(clustering.unit_features(features), pairs)[0], 2)
    assert same_parts(labels, np.repeat([0, 1], 50))


def test_parts_hang_together_even_where_distant_faces_are_alike() -> None:
    features = np.repeat([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], 20, axis=0)
    pairs = np.stack([np.arange(59), np.arange(1, 60)], axis=1)
    labels = clustering.labels_of_merges(clustering.ward_merges(features, pairs)[0], 3)
    assert same_parts(labels, np.repeat([0, 1, 2], 20))


def test_an_edge_of_three_faces_joins_each_with_each() -> None:
    fan = np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]])
    assert undirected(clustering.edge_pairs(fan)) == {(0, 1), (0, 2), (1, 2)}


def test_faces_without_a_feature_keep_none() -> None:
    units = clustering.unit_features(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(units, [[0.6, 0.8], [0.0, 0.0]])
