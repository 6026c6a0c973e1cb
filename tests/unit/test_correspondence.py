"""What a TD relies on where labels and values go from one object to another of its kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from furniture import table
from partgen.correspondence import NEAREST_PLACE, alignment, carried_labels, carried_values, correspondence
from partgen.errors import PartgenError


def test_labels_find_their_parts_on_a_table_of_other_proportions_and_another_mesh() -> None:
    source, target = table(), table(width=2.0, depth=0.6, height=1.2, leg=0.1, fine=2, order=3)
    found = correspondence(source.surface, target.surface)
    carried = carried_labels(found, source.surface, target.surface, source.part_of_face)
    assert (carried == target.part_of_face).mean() > 0.99
    assert found.source_face.shape == target.part_of_face.shape


def test_geometry_is_enough_where_no_method_knows_features() -> None:
    source, target = table(with_features=False), table(width=1.6, height=1.0, order=5)
    found = correspondence(source.surface, target.surface)
    assert (carried_labels(found, source.surface, target.surface, source.part_of_face) == target.part_of_face).mean() > 0.99


def test_a_label_keeps_its_value_whatever_that_is() -> None:
    source, target = table(), table(order=2)
    found = correspondence(source.surface, target.surface)
    names = np.array(["top", "leg", "leg", "leg", "leg", "shelf"])[source.part_of_face]
    assert set(carried_labels(found, source.surface, target.surface, names)) == {"top", "leg", "shelf"}
    numbers = carried_labels(found, source.surface, target.surface, 100 - 7 * source.part_of_face)
    assert (numbers == 100 - 7 * target.part_of_face).mean() > 0.99


def test_values_come_from_the_same_place() -> None:
    """Each face of a copy answers to itself, however its faces are ordered; on a larger copy to the one that was scaled."""
    source = table(fine=3)
    order = np.random.default_rng(0).permutation(len(source.part_of_face))
    own = source.surface
    shuffled = replace(own, centers=3 * own.centers[order], normals=own.normals[order], areas=9 * own.areas[order],
                       leaf_of_face=own.leaf_of_face[order])  # fmt: skip
    found = correspondence(own, shuffled)
    np.testing.assert_array_equal(found.source_face, order)
    colors = np.random.default_rng(1).random((len(order), 4))
    np.testing.assert_array_equal(carried_values(found, colors), colors[order])


def test_values_come_from_the_same_place_where_there_are_too_many_faces_to_compare_them_all(monkeypatch) -> None:
    source = table(fine=4).surface
    largest = np.bincount(source.leaf_of_face).max()
    monkeypatch.setattr("partgen.correspondence.MOST_COMPARISONS", 0)
    monkeypatch.setattr("partgen.correspondence.LEAST_CANDIDATES", int(largest))  # a sixth of a leaf at first
    found = correspondence(source, source)
    assert (found.source_face == np.arange(len(source.centers))).mean() > 0.9


@pytest.mark.parametrize("turn", [np.pi / 2, np.pi / 3, 2.5])
def test_an_object_that_faces_elsewhere_is_turned_about_its_upright_axis(turn: float) -> None:
    source, target = table(), table(turn=turn, order=4)
    found = correspondence(source.surface, target.surface)
    np.testing.assert_allclose(found.rotation[2], [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(found.rotation), 1)
    carried = carried_labels(found, source.surface, target.surface, source.part_of_face)
    assert ((carried == 0) == (target.part_of_face == 0)).mean() > 0.99
    assert ((carried == 5) == (target.part_of_face == 5)).mean() > 0.99


def test_an_object_that_lies_on_its_side_is_found_where_no_axis_is_up() -> None:
    source, target = table(), table(order=6)
    toppled = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    lying = replace(target.surface, centers=target.surface.centers @ toppled.T, normals=target.surface.normals @ toppled.T)
    found = correspondence(source.surface, lying, up=None)
    carried = carried_labels(found, source.surface, lying, source.part_of_face)
    assert ((carried == 0) == (target.part_of_face == 0)).mean() > 0.99


def test_objects_that_stand_alike_are_left_as_they_stand() -> None:
    np.testing.assert_array_equal(alignment(table().surface, table(width=1.5, order=1).surface), np.eye(3))


def test_it_beats_the_nearest_place_where_a_part_is_elsewhere() -> None:
    """A shelf nearer to the top than to where the other has its shelf: the nearest place calls it the top."""
    source, target = table(height=0.8), table(height=0.8, order=7)
    moved = target.surface.centers.copy()
    moved[target.part_of_face == 5, 2] += 0.3
    high = replace(target.surface, centers=moved)
    ours = correspondence(source.surface, high)
    nearest = correspondence(source.surface, high, weights=NEAREST_PLACE)
    is_shelf = target.part_of_face == 5
    assert (carried_labels(ours, source.surface, high, source.part_of_face)[is_shelf] == 5).mean() > 0.99
    assert (carried_values(nearest, source.part_of_face)[is_shelf] == 5).mean() < 0.5


def test_what_does_not_belong_together_is_refused_with_what_to_do() -> None:
    some = table().surface
    from partgen.correspondence import checked

    for broken, code in (
        (replace(some, leaf_of_face=some.leaf_of_face[:-1]), "tree.invalid"),
        (replace(some, features=np.eye(3, dtype=np.float32)), "features.invalid"),
        (replace(some, areas=np.zeros_like(some.areas)), "mesh.no_extent"),
    ):
        with pytest.raises(PartgenError) as refusal:
            checked(broken)
        assert refusal.value.code == code
        assert refusal.value.remedy


def test_faces_without_area_do_no_harm() -> None:
    source, target = table(), table(order=2)
    own = source.surface
    flat = replace(own, areas=np.where(np.arange(len(own.areas)) % 5 == 0, 0.0, own.areas))
    found = correspondence(flat, target.surface)
    assert np.isfinite(found.leaf_costs).all()
    assert (carried_labels(found, flat, target.surface, source.part_of_face) == target.part_of_face).mean() > 0.99
