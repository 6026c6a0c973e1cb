"""Refining: what clicks on a decomposed object mean, answered with numpy alone."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from partgen.part_tree import PartTree
from partgen.refining import Refinable, refinable, surface
from partgen.refining.changes import changes
from partgen.refining.clicks import nearer_leaves
from partgen.refining.judging import of_greatest_overlap
from partgen.refining.nodes import joining_nodes


def bar(length: int = 12, doubled: bool = False) -> tuple[trimesh.Trimesh, NDArray[np.int64]]:
    """A bar of square section along x, and the leaf of every face: one leaf for every unit of length. `doubled`: no vertex is shared."""
    mesh = trimesh.creation.box((length, 1, 1))
    for _ in range(6):
        mesh = mesh.subdivide()
    if doubled:
        mesh = trimesh.Trimesh(mesh.vertices[mesh.faces.reshape(-1)], np.arange(3 * len(mesh.faces)).reshape(-1, 3), process=False)
    leaf = np.clip(mesh.triangles_center[:, 0] + length / 2, 0, length - 1e-6).astype(np.int64)
    return mesh, leaf


def refinable_bar(doubled: bool = False, features: NDArray | None = None, offset: float = 0.0) -> tuple[Refinable, trimesh.Trimesh]:
    """A bar of 12 leaves; its tree makes three thirds of four leaves each, then joins these."""
    mesh, leaf = bar(doubled=doubled)
    mesh.apply_translation((offset, 0, 0))
    merges = []
    for third in range(3):
        first = 4 * third
        merges += [(first, first + 1), (first + 2, first + 3)]
    merges += [(12, 13), (14, 15), (16, 17), (18, 19), (20, 21)]
    tree = PartTree.from_merges(merges, 3)
    offsets = np.arange(0, 3 * len(mesh.faces) + 1, 3)
    return refinable(tree, leaf, surface(mesh.vertices, mesh.faces.reshape(-1), offsets), features), mesh


def face_at(mesh: trimesh.Trimesh, x: float) -> int:
    """The face on top of the bar nearest to x."""
    return int(np.linalg.norm(mesh.triangles_center - (x, 0, 0.5), axis=1).argmin())


def leaves(*ranges: tuple[int, int]) -> list[bool]:
    return [any(low <= leaf < high for low, high in ranges) for leaf in range(12)]


def test_one_click_means_a_node_of_the_tree_around_it() -> None:
    object_, mesh = refinable_bar()
    face = face_at(mesh, 0.5)
    region = object_.region([face])
    assert region.leaves.tolist() == object_.leaves_below(object_.predicted_node(face)).tolist()
    assert region.leaves[object_.leaf_of_face[face]]


def test_a_click_at_a_known_scale_means_the_part_that_is_shown_there() -> None:
    object_, mesh = refinable_bar()
    node = object_.node_at(face_at(mesh, -5.5), object_.tree.scale_for(3))
    assert object_.leaves_below(node).tolist() == leaves((0, 4))
    assert object_.node_at(face_at(mesh, -5.5), 1.0) == 22


def test_every_click_is_obeyed() -> None:
    object_, mesh = refinable_bar()
    rng = np.random.default_rng(0)
    for _ in range(10):
        clicks = rng.choice(len(mesh.faces), 6, replace=False)
        region = object_.region(clicks[:3], clicks[3:])
        assert region.faces[clicks[:3]].all()
        assert not region.faces[clicks[3:]].any()


def test_clicks_at_both_sides_of_a_border_of_the_tree_find_it() -> None:
    object_, mesh = refinable_bar()
    region = object_.region([face_at(mesh, -5.5), face_at(mesh, -2.5)], [face_at(mesh, -1.5), face_at(mesh, 5.5)])
    assert region.leaves.tolist() == leaves((0, 4))


def test_what_the_tree_has_joined_wrongly_is_told_apart_by_the_nearer_click() -> None:
    """The node above a third of the bar holds a leaf that was refused: of the node a click has what lies nearer to it."""
    object_, mesh = refinable_bar()
    clicks = [(face_at(mesh, 1.5), False), (face_at(mesh, -3.5), True)]
    nothing = np.zeros(len(mesh.faces), bool)
    found = changes(object_, nothing, nothing, clicks)
    choices = [found.made(nothing, number) for number in range(len(found.traits))]
    assert any(np.array_equal(choice, np.array(leaves((0, 5)))[object_.leaf_of_face]) for choice in choices)
    assert not any(choice[clicks[0][0]] for choice in choices)


def test_a_click_may_change_less_than_its_leaf_up_to_a_crease() -> None:
    """A flat strip that turns up in its middle, all of it one leaf: one of the changes is the side that was clicked."""
    steps = np.arange(21)
    along = np.stack([np.minimum(steps, 10), np.zeros(21), np.maximum(steps - 10, 0)], axis=1)
    vertices = np.concatenate([along, along + np.array([0, 1, 0])])
    corners = np.concatenate([(i, i + 1, i + 22, i + 21) for i in range(20)])
    object_ = refinable(PartTree.from_merges([], 1), np.zeros(20, np.int64), surface(vertices, corners, np.arange(0, 81, 4)))
    everything = np.ones(20, bool)
    found = changes(object_, everything, ~everything, [(0, True), (15, False)])
    left = [found.made(everything, number).tolist() for number in range(len(found.traits))]
    assert [True] * 10 + [False] * 10 in left


def test_of_what_lies_between_clicks_each_has_what_is_nearer() -> None:
    object_, mesh = refinable_bar()
    clicks = [(face_at(mesh, -5.5), True), (face_at(mesh, 5.5), False)]
    assert nearer_leaves(object_, clicks, True).tolist() == leaves((0, 6))
    assert nearer_leaves(object_, clicks, False).tolist() == leaves((6, 12))


def test_a_loose_piece_goes_with_the_click_that_is_nearer_through_the_air() -> None:
    boxes = [trimesh.creation.box(transform=trimesh.transformations.translation_matrix((x, 0, 0))) for x in (0, 10, 13)]
    mesh = trimesh.util.concatenate(boxes)
    offsets = np.arange(0, 3 * len(mesh.faces) + 1, 3)
    tree = PartTree.from_merges([(0, 1), (2, 3)], 3)
    object_ = refinable(tree, np.arange(36) // 12, surface(mesh.vertices, mesh.faces.reshape(-1), offsets))
    assert nearer_leaves(object_, [(0, True), (12, False)], True).tolist() == [True, False, False]


def test_a_leaf_with_clicks_of_both_kinds_is_divided_halfway() -> None:
    object_, mesh = refinable_bar()
    region = object_.region([face_at(mesh, 0.1)], [face_at(mesh, 0.9)])
    assert region.divided.tolist() == [6]
    within = object_.leaf_of_face == 6
    x = mesh.triangles_center[within, 0]
    assert region.faces[within][x < 0.3].all()
    assert not region.faces[within][x > 0.7].any()


def test_a_leaf_that_was_clicked_is_of_the_kind_of_the_click_even_where_only_some_of_its_faces_are() -> None:
    object_, mesh = refinable_bar()
    rng = np.random.default_rng(2)
    for _ in range(20):
        clicks = rng.choice(len(mesh.faces), 8, replace=False)
        positive, negative = object_.leaf_of_face[clicks[:4]], object_.leaf_of_face[clicks[4:]]
        found = object_.region(clicks[:4], clicks[4:]).leaves
        assert found[np.setdiff1d(positive, negative)].all()
        assert not found[np.setdiff1d(negative, positive)].any()


def test_nothing_is_meant_before_something_is_clicked_that_is_meant() -> None:
    object_, mesh = refinable_bar()
    region = object_.region([], [face_at(mesh, 0)])
    assert not region.faces.any()
    assert not region.leaves.any()


def test_a_click_changes_nothing_that_is_right_already() -> None:
    """A click that says yes only adds, one that says no only takes away."""
    object_, mesh = refinable_bar()
    rng = np.random.default_rng(1)
    for _ in range(5):
        clicks = [(int(face), bool(rng.integers(2))) for face in rng.choice(len(mesh.faces), 8, replace=False)]
        clicks[0] = (clicks[0][0], True)
        for count in range(1, len(clicks)):
            before, after = object_.answer(clicks[:count]), object_.answer(clicks[: count + 1])
            kept = before.faces <= after.faces if clicks[count][1] else before.faces >= after.faces
            assert kept.all()


def test_doubled_vertices_and_distance_from_the_origin_change_nothing() -> None:
    clicks = (-5.5, -2.5, 0.5)
    expected = None
    for doubled, offset in ((False, 0.0), (True, 0.0), (False, 4096.0)):
        object_, mesh = refinable_bar(doubled, offset=offset)
        faces = [face_at(mesh, x + offset) for x in clicks]
        assert len(object_.pairs) == 11
        found = object_.region(faces[:2], faces[2:]).leaves.tolist()
        expected = expected or found
        assert found == expected


def test_polygons_of_any_size_make_a_surface() -> None:
    """A pyramid of a square and four triangles."""
    vertices = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 1)]
    found = surface(vertices, [0, 3, 2, 1, 0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4], [0, 4, 7, 10, 13, 16])
    assert len(found.pairs) == 8
    assert found.areas.sum() == pytest.approx(1)
    assert found.areas[0] == pytest.approx(1 / (1 + 4 * np.sqrt(1.25) / 2))
    assert found.normals[0] == pytest.approx((0, 0, -1))
    assert (found.bends < 0).all()


def test_a_groove_is_concave_and_an_edge_is_not() -> None:
    """A strip that goes down, then up."""
    vertices = [(x, y, z) for x, z in ((0, 1), (1, 0), (2, 1), (3, 0)) for y in (0, 1)]
    corners = [corner for i in range(0, 6, 2) for corner in (i, i + 2, i + 3, i + 1)]
    found = surface(vertices, corners, [0, 4, 8, 12])
    assert [bend > 0 for bend in found.bends.tolist()] == [True, False]


def test_loose_pieces_can_be_clicked() -> None:
    """Two boxes that share no edge: the tree joins them, and a click on each keeps or parts them."""
    boxes = [trimesh.creation.box().apply_translation((x, 0, 0)) for x in (0, 3)]
    mesh = trimesh.util.concatenate(boxes)
    found = surface(mesh.vertices, mesh.faces.reshape(-1), np.arange(0, 3 * 24 + 1, 3))
    object_ = refinable(PartTree.from_merges([(0, 1)], 2), np.repeat([0, 1], 12), found)
    assert object_.region([0], [12]).leaves.tolist() == [True, False]
    assert object_.region([0, 12]).leaves.tolist() == [True, True]


def test_an_object_of_one_leaf_is_divided_by_clicks() -> None:
    mesh, _ = bar()
    found = surface(mesh.vertices, mesh.faces.reshape(-1), np.arange(0, 3 * len(mesh.faces) + 1, 3))
    object_ = refinable(PartTree.from_merges([], 1), np.zeros(len(mesh.faces), np.int64), found)
    assert object_.region([5]).faces.all()
    region = object_.region([face_at(mesh, -5)], [face_at(mesh, 5)])
    assert region.faces[mesh.triangles_center[:, 0] < -1].all()
    assert not region.faces[mesh.triangles_center[:, 0] > 1].any()


def test_the_node_that_joins_two_leaves_is_the_lowest_that_has_both() -> None:
    object_, _ = refinable_bar()
    pairs = np.array([(0, 1), (1, 2), (3, 4), (0, 11), (7, 6)])
    assert joining_nodes(object_.tree, pairs).tolist() == [12, 18, 21, 22, 15]


def test_of_nested_regions_the_one_in_between_may_overlap_most() -> None:
    assert of_greatest_overlap(np.array([0.0, -0.7, 0.0]), np.array([10.0, 12.0, 14.0])) == 1
    assert of_greatest_overlap(np.array([5.0, -9.0, 0.0]), np.array([10.0, 15.0, 20.0])) == 0


def test_clicks_are_answered_alike_whatever_was_asked_before() -> None:
    object_, mesh = refinable_bar()
    fresh, _ = refinable_bar()
    clicks = [(face_at(mesh, 0.5), True), (face_at(mesh, 5.5), False), (face_at(mesh, -3), True)]
    for count in (1, 3, 2):
        object_.answer(clicks[:count])
    object_.answer([(face_at(mesh, 4), True), (face_at(mesh, -4), False)])
    assert object_.answer(clicks).leaves.tolist() == fresh.answer(clicks).leaves.tolist()


def test_what_was_refused_first_is_no_part_of_the_answer() -> None:
    object_, mesh = refinable_bar()
    no, yes = (face_at(mesh, 0.5), False), (face_at(mesh, -5.5), True)
    assert object_.answer([no, yes]).leaves.tolist() == object_.answer([yes, no]).leaves.tolist()
    assert not object_.answer([no, yes]).faces[no[0]]
