"""What an artist relies on where several objects are taken apart together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from furniture import Table, table
from partgen.correspondence import Surface
from partgen.errors import PartgenError
from partgen.identities import (
    Identities,
    carried,
    grouped,
    identified,
    identities_at,
    identity_of_nodes,
    is_part,
    meeting_heights,
    rebuilt,
    top,
)
from partgen.part_tree import PartTree
from partgen.tree_editing import split_leaves, with_region


def tables() -> list[Table]:
    return [table(), table(width=2.0, height=1.1, order=3), table(depth=1.0, turn=0.1, fine=2, order=9)]


def found(objects: list[Table], leader: int | None = None) -> Identities:
    return identified([some.surface for some in objects], leader=leader)


def test_the_same_part_has_the_same_identity_in_all_objects() -> None:
    objects = tables()
    together = found(objects)
    scale = together.joint.scale_for(6)
    meanings: dict[int, set[int]] = {}
    for number, some in enumerate(objects):
        identity = together.identities(number, scale)[some.surface.leaf_of_face]
        for label, part in set(zip(identity.tolist(), some.part_of_face.tolist(), strict=True)):
            meanings.setdefault(label, set()).add(part)
    assert sorted(meanings.values(), key=min) == [{0}, {1}, {2}, {3}, {4}, {5}]


def test_one_scale_groups_all_objects_alike() -> None:
    """At any scale above the finest parts, two leaves are one part where their identities are the same; and the other way round."""
    objects = tables()
    together = found(objects)
    for count in range(2, together.joint.leaf_count + 1):
        scale = together.joint.scale_for(count)
        for number, tree in enumerate(together.trees):
            pairs = set(zip(tree.cut(scale).tolist(), together.identities(number, scale).tolist(), strict=True))
            assert len({part for part, _ in pairs}) == len(pairs)  # a part has one identity
            assert len({identity for _, identity in pairs}) <= together.joint.count(scale)


def test_dragging_to_the_end_leaves_one_whole_object_each() -> None:
    together = found(tables())
    assert [tree.count(1.0) for tree in together.trees] == [1, 1, 1]
    assert {float(tree.default_scale) for tree in together.trees} == {together.joint.default_scale}


def test_below_the_shared_parts_every_object_keeps_its_own_tree() -> None:
    objects = tables()
    together = found(objects)
    for some, tree in zip(objects, together.trees, strict=True):
        own = some.surface.tree
        kept = own.leaf_count - together.joint.leaf_count
        np.testing.assert_array_equal(tree.merges[:kept], own.merges[:kept])
        assert tree.leaf_count == own.leaf_count


def test_an_object_that_lacks_a_part_shows_the_number_of_what_it_has() -> None:
    """The table without a shelf is called the same before and after the others join their shelves to something."""
    objects = [table(), table(shelf=False, order=2), table(order=5)]
    together = found(objects, leader=0)
    known = identity_of_nodes(together.trees[1], together.joint, together.identity_of_leaf[1])
    for count in range(1, together.joint.leaf_count):
        scale = together.joint.scale_for(count)
        if len(np.unique(together.identities(1, scale))) == 1:
            continue  # a tree has its root at scale 1, whatever the others join after that
        nodes = together.trees[1].nodes(scale)
        shown = together.ranks[[known[int(node)] for node in nodes]]
        np.testing.assert_array_equal(shown, together.ranks[together.identities(1, scale)])


def test_an_object_without_a_part_shares_the_others() -> None:
    objects = [table(), table(shelf=False, order=2), table(order=5)]
    together = found(objects, leader=0)
    scale = together.joint.scale_for(6)
    of_shelf = set(together.identities(0, scale)[objects[0].surface.leaf_of_face][objects[0].part_of_face == 5].tolist())
    assert not of_shelf & set(together.identities(1, scale).tolist())
    assert of_shelf <= set(together.identities(2, scale).tolist())


def test_the_leader_is_the_one_asked_for() -> None:
    assert found(tables(), leader=2).leader == 2


def part_made(some: Table, faces: np.ndarray) -> tuple[Surface, int]:
    """The surface of a table in which somebody made these faces a part at the scale, whole leaves, and the node."""
    leaves = np.unique(some.surface.leaf_of_face[faces])
    edit = with_region(some.surface.tree, leaves, some.surface.tree.default_scale)
    return replace(some.surface, tree=edit.tree), edit.node


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("parts", [(0, 5), (1,), (1, 4)])
@pytest.mark.parametrize("half", [False, True])
def test_a_part_that_somebody_made_is_a_part_still(number: int, parts: tuple[int, ...], half: bool) -> None:
    objects = tables()
    surfaces = [some.surface for some in objects]
    faces = np.isin(objects[number].part_of_face, parts)
    if half:  # of each only what looks up or down: the border runs where that of no other object does
        faces &= np.abs(surfaces[number].normals[:, 2]) > 0.9
    surfaces[number], node = part_made(objects[number], faces)
    before = identified(surfaces, leader=0)
    together = identified(surfaces, leader=0, kept=[[node] if i == number else [] for i in range(3)])
    assert is_part(together, number, surfaces[number].tree, node)
    if is_part(before, number, surfaces[number].tree, node):
        np.testing.assert_array_equal(together.joint.merges, before.joint.merges)  # nobody has to be held who stays by himself
    assert together.joint.count(together.joint.default_scale) >= before.joint.count(before.joint.default_scale)
    for tree, some in zip(together.trees, surfaces, strict=True):
        assert tree.leaf_count == some.tree.leaf_count
        assert float(tree.default_scale) == together.joint.default_scale
    for count in range(2, together.joint.leaf_count + 1):  # and one scale still groups all alike
        scale = together.joint.scale_for(count)
        for other, tree in enumerate(together.trees):
            pairs = set(zip(tree.cut(scale).tolist(), together.identities(other, scale).tolist(), strict=True))
            assert len({part for part, _ in pairs}) == len(pairs)


def test_what_the_leader_made_a_part_is_one_in_all() -> None:
    objects = tables()
    surfaces = [some.surface for some in objects]
    surfaces[0], node = part_made(objects[0], np.isin(objects[0].part_of_face, (1, 2)))
    together = identified(surfaces, leader=0, kept=[[node], [], []])
    for number, some in enumerate(objects):
        at = together.identities(number, together.joint.default_scale)[some.surface.leaf_of_face]
        assert len(np.unique(at[np.isin(some.part_of_face, (1, 2))])) == 1
        assert not np.isin(at[~np.isin(some.part_of_face, (1, 2))], at[some.part_of_face == 1]).any()


def test_it_is_the_same_every_time() -> None:
    first, again = found(tables()), found(tables())
    for a, b in zip(first.trees, again.trees, strict=True):
        np.testing.assert_array_equal(a.merges, b.merges)


def test_one_object_alone_is_refused() -> None:
    with pytest.raises(PartgenError) as refusal:
        identified([table().surface])
    assert refusal.value.code == "together.one"
    assert refusal.value.remedy


def random_tree(rng: np.random.Generator, leaves: int) -> PartTree:
    nodes, merges = list(range(leaves)), []
    while len(nodes) > 1:
        first, second = (nodes.pop(int(rng.integers(len(nodes)))) for _ in range(2))
        nodes.append(leaves + len(merges))
        merges.append((first, second))
    return PartTree.from_merges(np.array(merges).reshape(-1, 2), max(1, leaves // 3))


@pytest.mark.parametrize("seed", range(30))
def test_any_tree_can_be_put_in_any_shared_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree, joint = random_tree(rng, int(rng.integers(1, 40))), random_tree(rng, int(rng.integers(1, 8)))
    cut = tree.cut_into(int(rng.integers(1, tree.leaf_count + 1)))
    identity_of_unit = rng.integers(0, joint.leaf_count, int(cut.max()) + 1)
    new = rebuilt(tree, cut, identity_of_unit, joint)
    assert new.leaf_count == tree.leaf_count
    for scale in joint.heights[:-1].tolist():
        identities = identities_at(joint, identity_of_unit[cut], scale)
        for part in range(new.count(scale)):
            assert len(set(identities[new.cut(scale) == part].tolist())) == 1


@pytest.mark.parametrize("seed", range(30))
def test_parts_of_another_object_become_parts_of_a_tree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree, source = random_tree(rng, int(rng.integers(1, 40))), random_tree(rng, int(rng.integers(1, 30)))
    count = int(rng.integers(1, source.leaf_count + 1))
    above = top(source, count)
    for merged in range(1, count + 1):  # the top of a tree is cut as the tree is
        np.testing.assert_array_equal(above.cut_into(merged)[source.cut_into(count)], source.cut_into(merged))
    groups = rng.integers(0, count, tree.leaf_count)
    new = grouped(tree, groups, above)
    assert new.leaf_count == tree.leaf_count
    lowest = float(above.heights[0]) if count > 1 else 1.0
    present = len(np.unique(groups))
    if 0 < lowest < 1:
        cut = new.cut_into(present)
        assert len(set(zip(cut.tolist(), groups.tolist(), strict=True))) == present


@pytest.mark.parametrize("lowest", [0.4, 0.3, 1.0])
def test_groups_that_a_tree_joined_last_are_whole_below_the_scale_at_which_groups_join(lowest: float) -> None:
    tree = PartTree(np.array([(0, 1), (2, 3), (5, 4), (7, 6)]), np.array([0.1, 0.2, 0.3, 1.0]))
    groups, above = np.array([0, 1, 0, 1, 2]), PartTree(np.array([(0, 1), (2, 3)]), np.array([lowest, 1.0]))
    new = grouped(tree, groups, above)
    below = float(np.nextafter(np.float32(lowest), np.float32(0)))
    cut = new.cut(below)
    np.testing.assert_array_equal(cut[:, None] == cut, groups[:, None] == groups)
    assert new.count(lowest) == (2 if lowest < 1 else 1)
    assert {0, 1, 2} <= set(identity_of_nodes(new, above, groups).values())


def test_every_part_that_the_slider_shows_knows_its_identity() -> None:
    objects = tables()
    together = found(objects)
    for number, tree in enumerate(together.trees):
        known = identity_of_nodes(tree, together.joint, together.identity_of_leaf[number])
        for count in range(1, together.joint.leaf_count):
            scale = together.joint.scale_for(count)
            assert set(tree.nodes(scale).tolist()) <= known.keys()


def test_meeting_heights_are_those_of_the_tree() -> None:
    tree = random_tree(np.random.default_rng(1), 20)
    cut = tree.cut_into(7)
    heights = meeting_heights(tree, cut)
    for a in range(7):
        for b in range(a):
            leaf, other = (int(np.flatnonzero(cut == unit)[0]) for unit in (a, b))
            together = [h for h in tree.heights.tolist() if tree.cut(h)[leaf] == tree.cut(h)[other]]
            assert heights[a, b] == heights[b, a] == pytest.approx(min(together))


def surfaces_of_one_leaf() -> list[Surface]:
    from dataclasses import replace

    one = table().surface
    whole = replace(one, leaf_of_face=np.zeros_like(one.leaf_of_face), tree=PartTree(np.zeros((0, 2)), np.zeros(0), 0.0), features=None)
    return [whole, one]


def test_an_object_of_a_single_leaf_goes_along() -> None:
    together = identified(surfaces_of_one_leaf())
    assert together.trees[0].leaf_count == 1


@pytest.mark.parametrize("seed", range(60))
def test_an_edit_of_one_object_keeps_the_common_scale_and_what_it_did_not_touch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joint = random_tree(rng, int(rng.integers(2, 9)))
    tree = random_tree(rng, 30)
    cut = tree.cut_into(int(rng.integers(joint.leaf_count, 25)))
    identity_of_unit = np.concatenate([np.arange(joint.leaf_count), rng.integers(0, joint.leaf_count, 25)])[: int(cut.max()) + 1]
    identity_of_leaf = identity_of_unit[cut].astype(np.int32)
    tree = rebuilt(tree, cut, identity_of_unit, joint)
    scale = float(rng.choice([*joint.heights[:-1], joint.heights[0] / 2, 1.0]))
    faces = np.repeat(np.arange(30), 4)
    wanted = rng.random(120) < 0.3
    wanted[:2] = True, False
    edit, labels = split_leaves(tree, faces, wanted, scale)
    edit = edit.then(with_region(edit.tree, labels[wanted], edit.scale))
    after = carried(tree, edit, scale, joint, identity_of_leaf)
    assert after.scale == (scale if scale < 1 else pytest.approx(1.0))
    np.testing.assert_array_equal(after.tree.merges, edit.tree.merges)
    np.testing.assert_array_equal(after.tree.nodes(after.scale), edit.tree.nodes_into(edit.count))
    for height in joint.heights[joint.heights > np.float32(after.scale)].tolist():
        assert after.tree.count(height) <= tree.count(height) + 1, "coarser, there is only the region more"
    parts, before = after.tree.nodes(after.scale), tree.nodes(scale)[edit.leaf_before]
    same = np.array([np.array_equal(parts == part, before == former) for part, former in zip(parts, before, strict=True)])
    np.testing.assert_array_equal(after.of_leaf[same], identity_of_leaf[edit.leaf_before][same])
    assert set(identity_of_leaf) <= set(after.of_leaf), "no identity is lost"
    for level in [0.0, *joint.heights[:-1].tolist(), after.scale]:  # who has none of the new ones is grouped as ever
        old = joint.cut(level)
        np.testing.assert_array_equal(after.joint.cut(level)[: joint.leaf_count][:, None] == after.joint.cut(level)[: joint.leaf_count],
                                      old[:, None] == old)
    for identity in range(joint.leaf_count, after.joint.leaf_count):
        assert len(set(parts[after.of_leaf == identity])) == 1, "what is new is of one part"
        alone = after.joint.nodes(after.scale) == after.joint.nodes(after.scale)[identity]
        assert alone.sum() == 1, "and is told apart at the scale where it was made"


def test_a_piece_that_several_objects_get_has_one_identity_in_all() -> None:
    joint = PartTree(np.array([(0, 1)]), np.array([1.0]), 0.5)
    trees = [PartTree(np.array([(0, 1), (2, 3), (4, 5)]), np.array([0.1, 0.2, 1.0]), 0.5)] * 2
    leaves = [np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])]
    first = carried(trees[0], with_region(trees[0], [0], 0.5), 0.5, joint, leaves[0])
    second = carried(trees[1], with_region(trees[1], [2], 0.5), 0.5, first.joint, leaves[1], first.divided)
    (piece, rest), *others = first.divided.values()
    assert not others
    assert first.of_leaf.tolist() == [piece, rest, 1, 1]
    assert second.of_leaf.tolist() == [1, 1, piece, rest]
    assert first.joint.leaf_count == second.joint.leaf_count == 3
