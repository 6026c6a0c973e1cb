"""Picking without a scene: steps of the wheel, what lines and masks mean, and the trees of pieces. Numbers alone."""

from __future__ import annotations

import numpy as np
import pytest
from bl_ext.user_default.partgen_blender.picking import meaning, outlines, regions, scripting, subtrees
from bl_ext.user_default.partgen_blender.picking.levels import NOTICED, Levels
from hypothesis import given, settings
from hypothesis import strategies as st
from partgen.errors import PartgenError
from partgen.part_tree import PartTree


def random_tree(leaf_count: int, seed: int) -> PartTree:
    generator = np.random.default_rng(seed)
    nodes, merges = list(range(leaf_count)), []
    while len(nodes) > 1:
        one, other = generator.choice(len(nodes), 2, replace=False)
        merges.append((nodes[one], nodes[other]))
        nodes = [n for i, n in enumerate(nodes) if i not in (one, other)] + [leaf_count + len(merges) - 1]
    return PartTree.from_merges(np.reshape(merges, (-1, 2)), min(3, leaf_count))


def levels(tree: PartTree, areas: object = None) -> Levels:
    return Levels.of(tree, np.ones(tree.leaf_count) if areas is None else areas)


trees = st.builds(random_tree, st.integers(1, 40), st.integers(0, 1000))


# ---- steps of the wheel ------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_the_part_at_a_level_is_that_of_the_cut(tree: PartTree, data: st.DataObject) -> None:
    laid_out = levels(tree)
    leaf, level = data.draw(st.integers(0, tree.leaf_count - 1)), data.draw(st.integers(0, tree.leaf_count - 1))
    cut = tree.nodes_into(laid_out.count(level))
    assert laid_out.node_at(leaf, level) == cut[leaf]
    assert set(laid_out.leaves(int(cut[leaf]))) == set(np.flatnonzero(cut == cut[leaf]))


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_the_wheel_reaches_the_whole_and_the_leaf_and_every_turn_is_seen(tree: PartTree, data: st.DataObject) -> None:
    areas = np.random.default_rng(data.draw(st.integers(0, 99))).exponential(size=tree.leaf_count) ** 3
    laid_out = levels(tree, areas)
    leaf = data.draw(st.integers(0, tree.leaf_count - 1))
    level, seen = 0, [laid_out.node_at(leaf, 0)]
    for _ in range(2 * tree.leaf_count):
        higher = laid_out.stepped(leaf, level, 1)
        assert higher >= level
        level = higher
        if laid_out.node_at(leaf, level) != seen[-1]:
            seen.append(laid_out.node_at(leaf, level))
    assert seen[-1] == 2 * tree.leaf_count - 2, "rolling up ends at the whole"
    shares = laid_out.areas[seen[:-1]]
    assert (shares[1:] > (1 + NOTICED) * shares[:-1] - 1e-12).all(), "every turn on the way makes it visibly larger"
    for _ in range(2 * tree.leaf_count):
        level = laid_out.stepped(leaf, level, -1)
    assert laid_out.node_at(leaf, level) == leaf, "rolling down ends at the leaf"


def test_slivers_are_skipped() -> None:
    tree = PartTree.from_merges([[0, 1], [4, 2], [5, 3]], 2)
    laid_out = levels(tree, [1.0, 0.01, 0.01, 1.0])
    assert laid_out.steps(0) == [0, 6]
    assert laid_out.stepped(0, 0, 1) == 3
    assert laid_out.node_at(0, laid_out.stepped(0, 3, -1)) == 0


def test_a_turn_changes_as_little_elsewhere_as_it_can() -> None:
    tree = PartTree.from_merges([[0, 1], [2, 3], [4, 5]], 2)
    laid_out = levels(tree)
    assert laid_out.stepped(2, 0, 1) == 2, "the first level at which 2 and 3 are one"
    assert laid_out.stepped(0, 3, -1) == 2, "the last one before the halves become the whole"
    assert laid_out.node_at(2, 2) == 5


def test_there_and_back_is_where_one_was() -> None:
    laid_out = levels(random_tree(30, 7))
    for leaf in range(30):
        for level in (0, 10, 20):
            up = laid_out.stepped(leaf, level, 1)
            if laid_out.node_at(leaf, up) in laid_out.steps(leaf) and laid_out.node_at(leaf, level) in laid_out.steps(leaf):
                back = laid_out.stepped(leaf, up, -1)
                assert laid_out.node_at(leaf, back) == laid_out.node_at(leaf, level)


def test_without_any_area_the_wheel_still_turns() -> None:
    laid_out = levels(random_tree(9, 1), np.zeros(9))
    assert laid_out.node_at(3, laid_out.stepped(3, 0, 20)) == 16


def test_a_count_of_parts_is_a_level_and_is_clipped() -> None:
    laid_out = levels(random_tree(9, 1))
    assert [laid_out.count(laid_out.level_of_count(n)) for n in (1, 4, 9, 100, 0)] == [1, 4, 9, 9, 1]
    assert laid_out.count(laid_out.level_of_scale(0.0)) == 9
    assert laid_out.level_of_scale(1.0) == laid_out.highest


# ---- what lines and masks mean -----------------------------------------------------------------------------------------


def a_row_of_parts() -> tuple[PartTree, Levels, np.ndarray, np.ndarray]:
    """Four squares in a row, each of four leaves, seen from the front: tree, levels, leaf and place of each sample."""
    places = (np.stack(np.meshgrid(np.arange(80), np.arange(20)), axis=-1).reshape(-1, 2) + 0.5) / 20
    square, inner = places[:, 0].astype(int), places % 1
    leaf = 4 * square + 2 * (inner[:, 1] > 0.5) + (inner[:, 0] > 0.5)
    merges, tops = [], []
    for first in range(0, 16, 4):
        for one, other in ((first, first + 1), (first + 2, first + 3)):
            merges.append((one, other))
        merges.append((16 + len(merges) - 2, 16 + len(merges) - 1))
        tops.append(16 + len(merges) - 1)
    merges += [(tops[0], tops[1]), (tops[2], tops[3])]
    merges.append((16 + len(merges) - 2, 16 + len(merges) - 1))
    tree = PartTree.from_merges(merges, 4)
    return tree, levels(tree), leaf, np.column_stack([places, np.zeros(len(places))])


def meant(is_masked: np.ndarray, by: object = meaning.meant_by_area) -> set[int]:
    tree, laid_out, leaf, points = a_row_of_parts()
    found = by(tree, laid_out.nodes, leaf, points, is_masked)
    return set(np.flatnonzero(found.leaves)) if found is not None else set()


def disc(x: float, y: float, radius: float) -> np.ndarray:
    points = a_row_of_parts()[3]
    return np.hypot(points[:, 0] - x, points[:, 1] - y) < radius


def test_a_lasso_around_a_part_means_that_part() -> None:
    assert meant(disc(1.5, 0.5, 0.55)) == {4, 5, 6, 7}


def test_a_small_lasso_means_a_small_part_and_a_large_one_a_large_part() -> None:
    assert meant(disc(1.25, 0.25, 0.24)) == {4}
    points = a_row_of_parts()[3]
    assert meant(points[:, 0] < 2.05) == set(range(8))
    assert meant(np.ones(len(points), bool)) == set(range(16))


def test_a_sloppy_lasso_means_what_it_mostly_covers() -> None:
    assert meant(disc(1.55, 0.55, 0.5)) == {4, 5, 6, 7}
    assert meant(disc(1.5, 0.5, 0.42)) == {4, 5, 6, 7}
    generator = np.random.default_rng(0)
    frayed = disc(1.5, 0.5, 0.55) & (generator.random(1600) < 0.8)
    assert meant(frayed) == {4, 5, 6, 7}


def test_two_parts_in_one_mask_are_both_meant() -> None:
    assert meant(disc(0.5, 0.5, 0.55) | disc(3.5, 0.5, 0.55)) == {0, 1, 2, 3, 12, 13, 14, 15}


def test_a_stroke_along_a_part_means_that_part() -> None:
    points = a_row_of_parts()[3]
    line = (np.abs(points[:, 1] - 0.5) < 0.06) & (points[:, 0] > 1.05) & (points[:, 0] < 1.95)
    assert meant(line, meaning.meant_by_stroke) == {4, 5, 6, 7}
    short = (np.abs(points[:, 1] - 0.25) < 0.06) & (points[:, 0] > 1.05) & (points[:, 0] < 1.45)
    assert meant(short, meaning.meant_by_stroke) == {4}


def test_a_mask_of_nothing_means_nothing() -> None:
    nothing = np.zeros(1600, bool)
    assert meant(nothing) == meant(nothing, meaning.meant_by_stroke) == set()
    one = nothing.copy()
    one[0] = True
    assert meant(one) == set(), "a speck covers no part mostly"


def test_what_is_meant_does_not_depend_on_size_or_place() -> None:
    tree, laid_out, leaf, points = a_row_of_parts()
    mask = disc(1.5, 0.5, 0.55)
    for changed in (points * 1e-4, points * 1e4, points + np.array([1e5, 0.0, 0.0])):
        found = meaning.meant_by_area(tree, laid_out.nodes, leaf, changed, mask)
        assert set(np.flatnonzero(found.leaves)) == {4, 5, 6, 7}


def test_an_object_of_one_leaf_can_be_meant() -> None:
    tree = PartTree(np.empty((0, 2)), np.empty(0), 0.5)
    points = np.random.default_rng(0).normal(size=(50, 3))
    found = meaning.meant_by_area(tree, levels(tree).nodes, np.zeros(50, int), points, np.ones(50, bool))
    assert found.leaves.tolist() == [True]


def test_spread_is_the_length_of_the_deviations_along_the_axes() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)) * [1.0, 2.0, 3.0]
    assert meaning.spread(points) == pytest.approx(np.sqrt(points.var(axis=0).sum()))


# ---- outlines ----------------------------------------------------------------------------------------------------------


def test_a_line_whose_ends_meet_is_a_lasso_and_any_other_a_stroke() -> None:
    turn = np.linspace(0, 1.9 * np.pi, 40)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    assert outlines.is_lasso(circle)
    assert not outlines.is_lasso(circle[:20])
    assert not outlines.is_lasso([(0, 0), (5, 1), (9, 0), (20, 0)])


def test_within_a_lasso_is_what_it_surrounds() -> None:
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    places = np.array([(5, 5), (-1, 5), (11, 5), (9.9, 0.1), (5, 10.1)])
    assert outlines.within_lasso(square, places).tolist() == [True, False, False, True, False]
    assert outlines.within_lasso(square[::-1], places).tolist() == [True, False, False, True, False]


def test_within_a_stroke_is_what_lies_near_it() -> None:
    places = np.array([(5, 1.9), (5, 2.1), (11, 1), (13, 0), (-1, 0)], float)
    assert outlines.within_stroke([(0, 0), (5, 0), (11, 0)], places, 2.0).tolist() == [True, False, True, True, True]
    assert outlines.within_stroke([(0, 0)], np.array([(1.0, 1.0), (2.0, 2.0)]), 2.0).tolist() == [True, False]


def test_an_image_marks_what_is_bright_and_opaque_where_it_lies_over_the_view() -> None:
    pixels = np.zeros((2, 4, 4), np.float32)
    pixels[..., 3] = 1.0
    pixels[1, 3] = 1.0  # upper right
    pixels[0, 0] = (1.0, 1.0, 1.0, 0.0)  # bright, but not there
    places = np.array([(70.0, 15.0), (70.0, 5.0), (5.0, 5.0), (79.9, 19.9)])
    assert outlines.within_image(pixels, places, 80, 20).tolist() == [True, False, False, True]


def test_a_grid_stays_within_the_view() -> None:
    places = outlines.grid((-50, -50, 40, 30), 100, 100, 500)
    assert 300 < len(places) < 700
    assert (places > 0).all()
    assert (places < [40, 30]).all()
    assert not len(outlines.grid((200, 0, 300, 10), 100, 100, 500))


# ---- leaves as text, picks as text --------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_leaves_written_are_leaves_read(leaves: list[bool]) -> None:
    text = regions.in_words(np.array(leaves))
    assert regions.from_words(text, len(leaves)).tolist() == leaves


@pytest.mark.parametrize("text", ["x", "3-", "9", "2-1", "1,,a", "-1"])
def test_text_that_names_no_leaves_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(PartgenError, match="names no leaves"):
        regions.from_words(text, 9)


@pytest.mark.parametrize("text", ["nonsense", "[1]", '[{"objct": "A"}]', "{}", "[{}]", "[" * 100_000])
def test_picks_that_cannot_be_read_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(PartgenError, match="cannot be read"):
        scripting.picks_from(text)


# ---- trees of pieces ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_in_a_piece_parts_come_together_in_the_order_that_they_did(tree: PartTree, data: st.DataObject) -> None:
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=tree.leaf_count, max_size=tree.leaf_count)))
    if not kept.any():
        kept[0] = True
    piece, number = subtrees.restricted(tree, kept)
    assert piece.leaf_count == kept.sum()
    nodes, number = number, number[: tree.leaf_count]
    assert (number[kept] == np.arange(piece.leaf_count)).all()
    assert (number[~kept] == -1).all()
    for node, now in enumerate(nodes.tolist()):
        left = set(number[tree.leaves(node)].tolist()) - {-1}
        assert left == (set(piece.leaves(now).tolist()) if now >= 0 else set())
    former = {
        frozenset(number[np.flatnonzero(cut == part)]) - {-1}
        for cut in map(tree.cut_into, range(1, tree.leaf_count + 1))
        for part in set(cut)
    }
    for count in range(1, piece.leaf_count + 1):
        cut = piece.cut_into(count)
        assert {frozenset(np.flatnonzero(cut == part)) for part in set(cut)} <= former


def test_a_piece_of_everything_is_the_tree() -> None:
    tree = random_tree(12, 3)
    piece, _ = subtrees.restricted(tree, np.ones(12, bool))
    assert np.array_equal(piece.merges, tree.merges)
    assert np.array_equal(piece.heights, tree.heights)
