"""Promises of the part tree: every cut is a segmentation, coarser ones only merge, and the scale means the same everywhere."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given
from partgen.errors import PartgenError
from partgen.part_tree import PartTree


@some.composite
def merges_of(draw, most_leaves: int = 40) -> list[tuple[int, int]]:
    """Merges of 1 to `most_leaves` leaves into one node, in any order that makes a binary tree."""
    leaf_count = draw(some.integers(1, most_leaves))
    alive, merges = list(range(leaf_count)), []
    while len(alive) > 1:
        first = alive.pop(draw(some.integers(0, len(alive) - 1)))
        second = alive.pop(draw(some.integers(0, len(alive) - 1)))
        merges.append((first, second))
        alive.append(leaf_count + len(merges) - 1)
    return merges


@some.composite
def trees(draw) -> PartTree:
    """Trees with heights of their own, equal ones among them, or with calibrated heights."""
    merges = draw(merges_of())
    if draw(some.booleans()) or not merges:
        return PartTree.from_merges(merges, draw(some.integers(1, 50)))
    heights = sorted(draw(some.lists(some.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), min_size=len(merges), max_size=len(merges))))
    return PartTree(merges, [*heights[:-1], 1.0], draw(some.floats(0, 1)))


scales = some.floats(0, 1)


def groups(labels: np.ndarray) -> set[frozenset[int]]:
    """The leaves of every part."""
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def groups_by_definition(tree: PartTree, applied: int) -> set[frozenset[int]]:
    """The leaves of every part after the first `applied` merges, one merge after the other."""
    nodes = {leaf: frozenset([leaf]) for leaf in range(tree.leaf_count)}
    for i, (a, b) in enumerate(tree.merges[:applied].tolist()):
        nodes[tree.leaf_count + i] = nodes.pop(a) | nodes.pop(b)
    return set(nodes.values())


@given(trees(), scales)
def test_a_cut_applies_every_merge_up_to_its_scale_and_no_other(tree: PartTree, scale: float) -> None:
    applied = int((tree.heights <= np.float32(scale)).sum())
    labels = tree.cut(scale)
    assert groups(labels) == groups_by_definition(tree, applied)
    assert tree.count(scale) == tree.leaf_count - applied


@given(trees(), scales)
def test_labels_are_dense_from_zero(tree: PartTree, scale: float) -> None:
    labels = tree.cut(scale)
    assert (labels.dtype, labels.shape) == (np.int32, (tree.leaf_count,))
    assert set(labels.tolist()) == set(range(tree.count(scale)))


@given(trees(), scales, scales)
def test_coarser_cuts_only_merge_and_never_split(tree: PartTree, one: float, other: float) -> None:
    fine, coarse = tree.cut(min(one, other)), tree.cut(max(one, other))
    assert all(len(np.unique(coarse[fine == part])) == 1 for part in np.unique(fine))


@given(trees())
def test_scale_one_is_the_whole(tree: PartTree) -> None:
    assert tree.cut(1.0).tolist() == [0] * tree.leaf_count


@given(merges_of())
def test_scale_zero_of_a_calibrated_tree_is_the_finest(merges: list[tuple[int, int]]) -> None:
    tree = PartTree.from_merges(merges, 3)
    assert tree.cut(0.0).tolist() == list(range(tree.leaf_count))


@given(trees(), some.integers(-5, 60))
def test_a_cut_into_a_number_has_that_many_parts_where_the_tree_can(tree: PartTree, count: int) -> None:
    wanted = min(max(count, 1), tree.leaf_count)
    assert len(groups(tree.cut_into(count))) == wanted
    assert groups(tree.cut_into(count)) == groups_by_definition(tree, tree.leaf_count - wanted)


@given(merges_of(), some.integers(-5, 60))
def test_the_scale_for_a_number_gives_that_number(merges: list[tuple[int, int]], count: int) -> None:
    tree = PartTree.from_merges(merges, count)
    wanted = min(max(count, 1), tree.leaf_count)
    assert tree.count(tree.scale_for(count)) == wanted
    assert tree.count(tree.default_scale) == wanted


@given(trees(), some.integers(1, 40))
def test_where_heights_are_equal_the_scale_gives_fewer_parts_rather_than_more(tree: PartTree, count: int) -> None:
    assert tree.count(tree.scale_for(count)) <= min(count, tree.leaf_count)


@given(merges_of(), scales)
def test_the_number_of_parts_falls_log_linearly_with_the_scale(merges: list[tuple[int, int]], scale: float) -> None:
    tree = PartTree.from_merges(merges, 3)
    exact = tree.leaf_count ** (1 - scale)
    assert exact - 0.01 <= tree.count(scale) <= exact + 1.01


@given(trees(), scales, some.data())
def test_a_path_leads_from_the_leaf_through_its_part_to_the_root(tree: PartTree, scale: float, data: some.DataObject) -> None:
    leaf = data.draw(some.integers(0, tree.leaf_count - 1))
    path = tree.path(leaf).tolist()
    assert path[0] == leaf
    assert path[-1] == 2 * tree.leaf_count - 2
    for below, above in pairwise(path):
        assert below in tree.merges[above - tree.leaf_count]
    assert tree.nodes(scale)[leaf] in path


@given(trees(), scales)
def test_the_leaves_of_a_node_are_those_of_its_part(tree: PartTree, scale: float) -> None:
    nodes = tree.nodes(scale)
    for node in np.unique(nodes).tolist():
        leaves = tree.leaves(node)
        assert leaves.tolist() == np.flatnonzero(nodes == node).tolist()
        assert tree.leaf_sizes[node] == len(leaves)


@given(trees(), some.integers(1, 40))
def test_a_cut_shows_the_first_ranks_and_a_finer_one_keeps_them(tree: PartTree, count: int) -> None:
    count = min(count, tree.leaf_count)
    ranks = tree.node_ranks[tree.nodes_into(count)]
    assert set(ranks.tolist()) == set(range(count))
    if count < tree.leaf_count:
        finer = tree.node_ranks[tree.nodes_into(count + 1)]
        assert set(finer[finer != ranks].tolist()) == {count}  # what splits off gets the new rank, nothing else changes


@given(merges_of(), some.integers(1, 40))
def test_a_finer_cut_recolours_the_smaller_half_of_what_splits(merges: list[tuple[int, int]], count: int) -> None:
    tree = PartTree.from_merges(merges, 3)
    if count < tree.leaf_count:
        coarse, fine = (tree.node_ranks[tree.nodes_into(n)] for n in (count, count + 1))
        split = 2 * tree.leaf_count - 1 - count
        assert 0 < (coarse != fine).sum() <= tree.leaf_sizes[split] / 2


@given(trees())
def test_what_a_file_stores_cuts_the_same(tree: PartTree) -> None:
    """Merges and heights are stored as little-endian bytes, scales as single precision."""
    merges, heights = tree.merges.astype("<i4").tobytes(), tree.heights.astype("<f4").tobytes()
    stored = PartTree(np.frombuffer(merges, "<i4"), np.frombuffer(heights, "<f4"), float(np.float32(tree.default_scale)))
    assert stored.count(stored.default_scale) == tree.count(tree.default_scale)
    for scale in np.linspace(0, 1, 11):
        assert np.array_equal(stored.cut(float(np.float32(scale))), tree.cut(scale))


def test_counts_of_a_large_tree_survive_single_precision() -> None:
    leaf_count = 200_000
    tree = PartTree.from_merges([(i, leaf_count + i - 1) if i else (0, leaf_count - 1) for i in range(leaf_count - 1)], 12)
    assert tree.count(float(np.float32(tree.default_scale))) == 12
    assert (np.diff(tree.heights) > 0).all()
    for count in (1, 2, 3, 100, 5_000, 150_000, leaf_count - 1, leaf_count):
        assert tree.count(float(np.float32(tree.scale_for(count)))) == count


def test_heights_beside_each_other_still_give_their_counts() -> None:
    """No number of single precision lies between them: the middle of such a range is one of its ends."""
    first = np.float32(0.5)
    second = np.nextafter(first, np.float32(1))
    third = np.nextafter(second, np.float32(1))
    tree = PartTree([(0, 1), (2, 5), (3, 6), (4, 7)], [first, second, third, 1.0])
    assert [tree.count(tree.scale_for(count)) for count in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 5]


def test_one_leaf_is_a_tree() -> None:
    tree = PartTree.from_merges([], 5)
    assert (tree.leaf_count, tree.cut(0).tolist(), tree.cut(1).tolist(), tree.path(0).tolist()) == (1, [0], [0], [0])


def test_a_leaf_that_does_not_exist_has_no_path() -> None:
    tree = PartTree.from_merges([(0, 1)], 2)
    for leaf in (-1, 2):
        with pytest.raises(IndexError):
            tree.path(leaf)


@pytest.mark.parametrize(
    ("merges", "heights", "default_scale"),
    [
        ([(0, 1)], [], 0.5),
        ([(0, 1), (0, 2)], [0.5, 1.0], 0.5),
        ([(0, 4), (1, 2)], [0.5, 1.0], 0.5),
        ([(0, 3), (1, 2)], [0.5, 1.0], 0.5),
        ([(-1, 1)], [1.0], 0.5),
        ([(0, 1), (2, 3)], [0.9, 0.8], 0.5),
        ([(0, 1), (2, 3)], [0.5, 0.9], 0.5),
        ([(0, 1), (2, 3)], [-0.1, 1.0], 0.5),
        ([(0, 1), (2, 3)], [np.nan, 1.0], 0.5),
        ([(0, 1)], [1.0], 1.5),
        ([(0, 1)], [1.0], np.nan),
    ],
)
def test_what_is_no_tree_is_refused(merges: list[tuple[int, int]], heights: list[float], default_scale: float) -> None:
    with pytest.raises(PartgenError) as refusal:
        PartTree(merges, heights, default_scale)
    assert refusal.value.code == "tree.invalid"
    assert refusal.value.remedy


def test_a_large_tree_is_cut_within_a_frame() -> None:
    from time import process_time

    leaf_count = 30_000
    chain = [(0 if i == 0 else leaf_count + i - 1, i + 1) for i in range(leaf_count - 1)]  # as deep as a tree can be
    tree = PartTree.from_merges(chain, 10)
    tree.cut(0.5)
    began = process_time()
    for scale in (0.1, 0.3, 0.6, 0.9):
        tree.cut(scale)
    assert (process_time() - began) / 4 < 0.016
