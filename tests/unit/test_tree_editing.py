"""Promises of edits: what the artist asked for is a part, what was not touched stays, and the slider goes on working."""

from __future__ import annotations

import time

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import assume, given, settings
from partgen import tree_editing
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.tree_editing import TreeEdit

# Trees are small, and what breaks a promise breaks it in small ones.
EDITS = settings(max_examples=30, deadline=None)


@some.composite
def trees(draw, fewest: int = 2, most: int = 24) -> PartTree:
    count = draw(some.integers(fewest, most))
    alive, merges = list(range(count)), []
    while len(alive) > 1:
        first = alive.pop(draw(some.integers(0, len(alive) - 1)))
        second = alive.pop(draw(some.integers(0, len(alive) - 1)))
        merges.append((first, second))
        alive.append(count + len(merges) - 1)
    return PartTree.from_merges(merges, draw(some.integers(1, count)))


@some.composite
def trees_with_regions(draw, regions: int = 1) -> tuple[PartTree, list[set[int]], float]:
    """A tree, sets of its leaves that are neither empty nor all, and the scale where the artist looks."""
    tree = draw(trees())
    leaves = some.sets(some.integers(0, tree.leaf_count - 1), min_size=1, max_size=tree.leaf_count - 1)
    return tree, [draw(leaves) for _ in range(regions)], tree.scale_for(draw(some.integers(1, tree.leaf_count)))


def sets_of_nodes(tree: PartTree) -> dict[frozenset[int], int]:
    """The node of every set of leaves that is one."""
    return {frozenset(tree.leaves(node).tolist()): node for node in range(2 * tree.leaf_count - 1)}


def parts(tree: PartTree, scale: float) -> dict[frozenset[int], int]:
    """The node of every part at a scale, by its leaves."""
    return {frozenset(tree.leaves(node).tolist()): node for node in np.unique(tree.nodes(scale)).tolist()}


def made(tree: PartTree, region: set[int], scale: float, **options: object) -> TreeEdit:
    return tree_editing.with_region(tree, sorted(region), scale, **options)


def clash(a: set[int], b: set[int]) -> bool:
    return bool(a & b) and not a <= b and not b <= a


@EDITS
@given(trees_with_regions())
def test_the_region_is_a_part_where_the_artist_looks(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    assert set(edit.tree.leaves(edit.node).tolist()) == region
    assert parts(edit.tree, edit.scale)[frozenset(region)] == edit.node
    assert parts(edit.tree, edit.tree.default_scale) == parts(edit.tree, edit.scale)


@EDITS
@given(trees_with_regions())
def test_other_parts_only_lose_what_the_region_takes(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    left = {frozenset(part - region) for part in parts(tree, scale)} - {frozenset()}
    assert set(parts(edit.tree, edit.scale)) == left | {frozenset(region)}


@EDITS
@given(trees_with_regions())
def test_everything_inside_and_everything_outside_merges_as_it_did(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    nodes = sets_of_nodes(edit.tree)
    for leaves in sets_of_nodes(tree):
        if leaves & region:
            assert leaves & region in nodes
    outside = [frozenset(s - region) for s in list(sets_of_nodes(tree)) if s - region]
    assert all(any(s - region == left for s in nodes) for left in outside)


@EDITS
@given(trees_with_regions())
def test_the_scale_stays_log_linear(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    assert np.array_equal(edit.tree.heights, PartTree.from_merges(edit.tree.merges, 1).heights)


@EDITS
@given(trees_with_regions())
def test_parts_that_were_not_touched_keep_their_colour(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    before, after = parts(tree, scale), parts(edit.tree, edit.scale)
    for part in before.keys() & after.keys():
        if part != frozenset(region):
            assert edit.tree.node_ranks[after[part]] == tree.node_ranks[before[part]]
    shown = [int(edit.tree.node_ranks[node]) for node in after.values()]
    assert len(set(shown)) == len(shown)


@EDITS
@given(trees_with_regions(), some.integers(1, 24))
def test_no_two_parts_of_an_edited_tree_share_a_colour_at_any_scale(given_: tuple[PartTree, list[set[int]], float], count: int) -> None:
    tree, (region,), scale = given_
    edited = made(tree, region, scale).tree
    nodes = np.unique(edited.nodes_into(count))
    assert len(np.unique(edited.node_ranks[nodes])) == len(nodes)


@EDITS
@given(trees_with_regions())
def test_every_node_is_found_again_or_what_is_left_of_it(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    edit = made(tree, region, scale)
    nodes = sets_of_nodes(edit.tree)
    for leaves, node in sets_of_nodes(tree).items():
        now = frozenset(edit.tree.leaves(int(edit.node_of[node])).tolist())
        if leaves in nodes and (leaves <= region or leaves >= region):
            assert now == leaves
        elif leaves - region in nodes:
            assert now >= leaves - region
    assert (edit.node_of >= 0).all()


@EDITS
@given(trees_with_regions(regions=3))
def test_regions_made_earlier_survive_later_ones_that_do_not_overlap_them(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (first, second, third), scale = given_
    assume(not clash(first, second) and not clash(first, third) and not clash(second, third))
    one = made(tree, first, scale)
    two = made(one.tree, second, one.scale, kept=[one.node])
    kept = [int(two.node_of[one.node]), two.node]
    three = made(two.tree, third, two.scale, kept=kept)
    nodes = sets_of_nodes(three.tree)
    # Where all that is shown of the first is that it is within the second, the second stays whole and the first gives.
    left = [first - third if third < first < second else first, second]
    for region in (*left, third):
        assert frozenset(region) in nodes
    for node, region in zip(kept, left, strict=True):
        assert set(three.tree.leaves(int(three.node_of[node])).tolist()) == region


@EDITS
@given(trees(fewest=4), some.data())
def test_what_is_shown_as_one_part_that_the_artist_made_loses_only_the_region_taken_from_it(tree: PartTree, data) -> None:
    sizes = sorted(data.draw(some.sets(some.integers(1, tree.leaf_count - 1), min_size=3, max_size=3)))
    order = data.draw(some.permutations(range(tree.leaf_count)))
    inner, middle, outer = (set(order[:size]) for size in sizes)
    scale = tree.scale_for(data.draw(some.integers(1, tree.leaf_count)))
    one = made(tree, middle, scale)
    two = made(one.tree, outer, one.scale, kept=[one.node])
    three = made(two.tree, inner, two.scale, kept=[int(two.node_of[one.node]), two.node])
    shown = set(parts(three.tree, three.scale))
    assert {frozenset(inner), frozenset(outer - inner)} <= shown


@EDITS
@given(trees_with_regions(regions=2), some.integers(1, 24))
def test_a_region_of_a_finer_scale_survives_one_within_it_that_is_made_where_it_is_hidden(
    given_: tuple[PartTree, list[set[int]], float], count: int
) -> None:
    tree, (outer, inner), scale = given_
    inner = inner & outer
    assume(inner and inner != outer)
    one = made(tree, outer, scale)
    two = made(one.tree, inner, one.tree.scale_for(count), kept=[one.node])
    nodes = sets_of_nodes(two.tree)
    assert frozenset(outer) in nodes
    assert frozenset(inner) in parts(two.tree, two.scale)


@EDITS
@given(trees_with_regions(regions=2))
def test_of_a_region_that_a_later_one_overlaps_what_is_left_survives(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (first, second), scale = given_
    assume(clash(first, second))
    one = made(tree, first, scale)
    two = made(one.tree, second, one.scale, kept=[one.node])
    assert set(two.tree.leaves(int(two.node_of[one.node])).tolist()) == first - second


@EDITS
@given(trees_with_regions())
def test_a_region_lives_as_long_as_the_part_that_it_was_taken_from(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, (region,), scale = given_
    around = [part for part in parts(tree, scale) if part > region]
    assume(around)
    edit = made(tree, region, scale)
    nodes = sets_of_nodes(edit.tree)
    assert around[0] in nodes
    whole = nodes[around[0]]
    assert set(edit.tree.merges[whole - edit.tree.leaf_count].tolist()) == {edit.node, nodes[frozenset(around[0] - region)]}
    if whole != 2 * edit.tree.leaf_count - 2:
        assert int(edit.tree.parent[whole]) == whole + 1  # joined with nothing else in the meantime


@EDITS
@given(trees_with_regions())
def test_what_is_a_part_already_changes_nothing(given_: tuple[PartTree, list[set[int]], float]) -> None:
    tree, _, scale = given_
    for part in parts(tree, scale):
        if len(part) < tree.leaf_count:
            edit = made(tree, set(part), scale)
            assert set(sets_of_nodes(edit.tree)) == set(sets_of_nodes(tree))
            assert edit.tree.numbers is None


@EDITS
@given(trees(), some.integers(0, 2**32 - 1))
def test_leaves_are_split_where_a_region_runs_through_them(tree: PartTree, seed: int) -> None:
    generator = np.random.default_rng(seed)
    leaves = np.concatenate([np.arange(tree.leaf_count), generator.integers(0, tree.leaf_count, 60)]).astype(np.int32)
    wanted = generator.random(len(leaves)) < 0.3
    edit, labels = tree_editing.split_leaves(tree, leaves, wanted, tree.default_scale)
    assert np.array_equal(np.unique(labels), np.arange(edit.tree.leaf_count))
    assert np.array_equal(edit.leaf_before[labels], leaves)
    inside = set(labels[wanted].tolist())
    assert not inside & set(labels[~wanted].tolist())
    for count in range(1, tree.leaf_count + 1):  # at every scale there was, the faces have the parts and the colours that they had
        before, after = tree.nodes_into(count)[leaves], edit.tree.nodes_into(count)[labels]
        assert np.array_equal(edit.node_of[before], after)
    at = edit.count
    assert np.array_equal(tree.node_ranks[tree.nodes_into(at)][leaves], edit.tree.node_ranks[edit.tree.nodes_into(at)][labels])


@EDITS
@given(trees(fewest=4), some.integers(2, 24), some.data())
def test_merged_parts_are_one_and_keep_the_colour_of_the_first(tree: PartTree, count: int, data: some.DataObject) -> None:
    scale = tree.scale_for(min(count + 1, tree.leaf_count))
    shown = np.unique(tree.nodes(scale)).tolist()
    chosen = data.draw(some.lists(some.sampled_from(shown), unique=True, min_size=2, max_size=max(len(shown) - 1, 2)))
    assume(len(chosen) < len(shown))
    edit = tree_editing.merged_parts(tree, chosen, scale)
    together = frozenset(leaf for node in chosen for leaf in tree.leaves(node).tolist())
    before, after = parts(tree, scale), parts(edit.tree, edit.scale)
    assert set(after) == {part for part, node in before.items() if node not in chosen} | {together}
    assert edit.tree.node_ranks[edit.node] == tree.node_ranks[chosen[0]]
    for part in before.keys() & after.keys():
        assert edit.tree.node_ranks[after[part]] == tree.node_ranks[before[part]]


@EDITS
@given(trees(fewest=3), some.integers(1, 23), some.data())
def test_a_part_is_split_by_undoing_its_last_merges(tree: PartTree, count: int, data: some.DataObject) -> None:
    scale = tree.scale_for(min(count, tree.leaf_count - 1))
    shown = parts(tree, scale)
    part = data.draw(some.sampled_from(sorted((part for part in shown if len(part) > 1), key=sorted)))
    pieces = data.draw(some.integers(2, min(len(part), 6)))
    edit = tree_editing.split_part(tree, shown[part], pieces, scale)
    after = parts(edit.tree, edit.scale)
    assert {p for p in after if not p <= part} == {p for p in shown if p != part}
    assert len({p for p in after if p <= part}) == pieces
    assert set(sets_of_nodes(edit.tree)) == set(sets_of_nodes(tree))  # only the order changed
    for other in shown.keys() & after.keys():
        assert edit.tree.node_ranks[after[other]] == tree.node_ranks[shown[other]]


@EDITS
@given(trees(fewest=4), some.integers(2, 24), some.integers(0, 2**32 - 1))
def test_moved_faces_belong_to_the_part_that_they_were_moved_to(tree: PartTree, count: int, seed: int) -> None:
    generator, scale = np.random.default_rng(seed), tree.scale_for(min(count, tree.leaf_count))
    leaves = np.repeat(np.arange(tree.leaf_count, dtype=np.int32), 4)
    parts_then = tree.nodes(scale)[leaves]
    moved = generator.random(len(leaves)) < 0.15
    wanted = np.where(moved, generator.choice(np.unique(parts_then), len(leaves)), parts_then)
    assume(len(np.unique(wanted)) > 1)
    assume(set(wanted.tolist()) == set(wanted[wanted == parts_then].tolist()))  # nothing is left without a face of its own
    edit, labels, grown = tree_editing.moved_faces(tree, leaves, wanted, scale)
    parts_now = edit.tree.nodes(edit.scale)[labels]
    assert len(set(zip(wanted.tolist(), parts_now.tolist(), strict=True))) == len(np.unique(wanted)) == len(np.unique(parts_now))
    for part in np.unique(wanted).tolist():
        node = int(parts_now[wanted == part][0])
        assert grown.get(part, int(edit.node_of[part])) == node
        assert edit.tree.node_ranks[node] == tree.node_ranks[part]


def test_what_cannot_be_a_part_is_refused_in_a_sentence() -> None:
    tree = PartTree.from_merges([(0, 1), (2, 3)], 2)
    for region, code in (([], "region.empty"), ([0, 1, 2], "region.whole")):
        with pytest.raises(PartgenError) as refusal:
            tree_editing.with_region(tree, region, 0.5)
        assert refusal.value.code == code
        assert refusal.value.remedy
    with pytest.raises(PartgenError, match="only 2 pieces"):
        tree_editing.split_part(tree, 3, 3, tree.scale_for(2))
    with pytest.raises(PartgenError, match="nothing to merge"):
        tree_editing.merged_parts(tree, [2, 2], 0.5)


def test_a_large_tree_is_edited_while_one_waits() -> None:
    """Prints how long a region of a tree of 100,000 leaves takes, beside going once through its merges in Python."""
    count, merges = 100_000, []
    alive = list(range(count))
    while len(alive) > 1:
        pairs = list(zip(alive[::2], alive[1::2], strict=False))
        alive = [*range(count + len(merges), count + len(merges) + len(pairs)), *alive[2 * len(pairs) :]]
        merges += pairs
    tree = PartTree.from_merges(merges, 30)
    began = time.process_time()
    assert len(tree.leaf_sizes) == 2 * count - 1
    once, began = time.process_time() - began, time.process_time()
    edit = tree_editing.with_region(tree, np.arange(20_000, 30_500), tree.default_scale)
    print(f"a region: {time.process_time() - began:.2f} s, once through the merges: {once:.2f} s")
    assert np.array_equal(np.sort(edit.tree.leaves(edit.node)), np.arange(20_000, 30_500))


def test_a_part_can_be_made_where_all_is_one_part_that_was_named() -> None:
    tree = PartTree.from_merges(np.array([(0, 1), (2, 3), (4, 5)]), 2)
    edit = tree_editing.with_region(tree, [2, 3], 1.0, kept=[6])
    assert sorted(edit.tree.leaves(edit.node).tolist()) == [2, 3]
    assert edit.count == 2
