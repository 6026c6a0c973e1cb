"""Visibility: convex pieces see all of themselves, and necks and walls hide the rest."""

from __future__ import annotations

import numpy as np
import pytest
from partgen.geometry.adjacency import face_graph
from partgen.geometry.rays import RayScene
from partgen.geometry.visibility import cameras_around, mutual_visibility, region_samples, seen_from
from shapes import Shape, apart, at, ball, box, dumbbell, fused

APART = ~np.eye(8, dtype=bool)


def visibility_of(shape: Shape, region: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    graph = face_graph(shape.vertices, shape.faces)
    region = (shape.parts if region is None else region)[graph.input_of_face]
    return mutual_visibility(graph, RayScene(graph.points, graph.corners), region, int(region.max()) + 1, seed)


def octants(shape: Shape) -> np.ndarray:
    return (shape.vertices[shape.faces].mean(axis=1) > 0) @ [1, 2, 4]


def test_all_of_a_convex_solid_sees_itself() -> None:
    shape = apart([ball(1)])
    visibility = visibility_of(shape, octants(shape))
    assert visibility[APART].mean() > 0.97
    assert visibility[APART].min() >= 0.8


def test_the_halves_of_a_dumbbell_hardly_see_each_other() -> None:
    visibility = visibility_of(dumbbell())
    assert visibility[0, 1] <= 0.34
    assert visibility[0, 0] > 0.8
    assert visibility[1, 1] > 0.8


def test_solids_apart_do_not_see_each_other() -> None:
    shape = apart([ball(1), at(ball(1), 2.5, 0, 0)])
    assert visibility_of(shape)[0, 1] == 0


def test_a_notch_hides_one_leg_from_the_other() -> None:
    """A U of three boxes: the legs see the floor, not each other."""
    shape = fused([box(3, 1, 1), at(box(1, 1, 3), -1, 0, 2), at(box(1, 1, 3), 1, 0, 2)], 0.3)
    visibility = np.mean([visibility_of(shape, seed=seed) for seed in range(20)], axis=0)
    assert visibility[1, 2] < 0.1
    assert visibility[0, 1] > 0.2
    assert visibility[0, 2] > 0.2


@pytest.mark.parametrize(("size", "place"), [(1e-3, 0.0), (1e5, 0.0), (1.0, 1e3)])
def test_visibility_does_not_depend_on_size_or_place(size: float, place: float) -> None:
    shape = apart([ball(1)])
    moved = Shape(shape.vertices * size + place, shape.faces, shape.parts)
    assert visibility_of(moved, octants(shape))[APART].mean() > 0.97


def test_visibility_is_symmetric_repeatable_and_a_share() -> None:
    shape = dumbbell()
    visibility = visibility_of(shape)
    assert np.array_equal(visibility, visibility.T)
    assert np.array_equal(visibility, visibility_of(shape))
    assert visibility.min() >= 0
    assert visibility.max() <= 1


def test_samples_lie_on_their_region_spread_by_area() -> None:
    """Two triangles, one a hundred times the other, in one region, and a third in its own."""
    vertices = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [20, 0, 0], [21, 0, 0], [20, 1, 0], [0, 0, 5], [1, 0, 5], [0, 1, 5]], float)
    graph = face_graph(vertices, np.arange(9).reshape(3, 3))
    points, normals = region_samples(graph, np.array([0, 0, 1]), 2, 1010, np.random.default_rng(0))
    assert points.shape == normals.shape == (2, 1010, 3)
    assert abs((points[0, :, 0] >= 20).sum() - 10) <= 1
    assert points[0, :, 2] == pytest.approx(0)
    assert points[1, :, 2] == pytest.approx(5)
    assert (points[1, :, :2].sum(axis=1) <= 1 + 1e-9).all()
    assert points[1, :, :2].mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.05)


def test_cameras_around_see_what_faces_them_and_not_what_lies_in_a_narrow_gap() -> None:
    """Two plates with a slit between them: their outer sides are seen, their inner ones only near the rim."""
    shape = apart([box(2, 2, 0.1), at(box(2, 2, 0.1), 0, 0, 0.12)])
    graph = face_graph(shape.vertices, shape.faces)
    scene = RayScene(graph.points, graph.corners)
    cameras = cameras_around(graph.points.min(axis=0), graph.points.max(axis=0), 32, np.eye(3))
    side = np.linspace(-0.95, 0.95, 21)
    x, y = (values.reshape(-1) for values in np.meshgrid(side, side))
    upwards = np.broadcast_to([0.0, 0.0, 1.0], (len(x), 3))
    on_top = np.stack([x, y, np.full(len(x), graph.points[:, 2].max())], axis=1)
    within = np.stack([x, y, np.full(len(x), graph.points[:, 2].min() + 0.1)], axis=1)
    assert seen_from(scene, on_top, upwards, cameras).all()
    hidden = ~seen_from(scene, within, upwards, cameras)
    assert hidden[np.maximum(np.abs(x), np.abs(y)) < 0.7].all()
    assert not seen_from(scene, on_top, upwards, cameras[cameras[:, 2] < 0]).any()


def test_cameras_stand_all_around_whatever_the_object_measures() -> None:
    low, high = np.array([1.0, 2.0, 3.0]), np.array([1001.0, 12.0, 4.0])
    places = cameras_around(low, high, 32, np.eye(3)) - (low + high) / 2
    distances = np.linalg.norm(places, axis=1)
    np.testing.assert_allclose(distances, distances[0])
    assert distances[0] > np.linalg.norm(high - low)
    assert np.linalg.norm(places.mean(axis=0)) < 0.05 * distances[0]
