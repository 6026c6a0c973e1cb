"""Thickness: known solids have the thickness that a caliper would find, and sheets have none."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.geometry import thickness as module
from partgen.geometry.adjacency import FaceGraph, face_graph
from partgen.geometry.rays import RayScene, cone_directions
from partgen.geometry.thickness import log_thickness, shape_diameter, smoothing_operator
from shapes import at, ball, box, grid, rod


def graph_of(solid: trimesh.Trimesh) -> FaceGraph:
    return face_graph(solid.vertices, solid.faces)


def diameter_of(graph: FaceGraph, **options: int) -> np.ndarray:
    return shape_diameter(graph, RayScene(graph.points, graph.corners), **options)


def test_the_thickness_of_a_sphere_is_a_little_less_than_its_diameter() -> None:
    thickness = diameter_of(graph_of(ball(1)))
    # A ray at the angle a from the normal runs 2 cos a; half of the cone's solid angle lies within 38 degrees.
    assert thickness == pytest.approx(2 * (1 + np.cos(np.radians(55))) / 2, rel=0.03)


def test_the_thickness_of_a_plate_is_that_of_its_broad_sides() -> None:
    graph = graph_of(box(10, 10, 0.5).subdivide_to_size(0.5))
    inner = (np.abs(graph.normals[:, 2]) > 0.9) & (np.abs(graph.centers[:, :2]).max(axis=1) < 4)
    expected = 0.5 * 2 / (1 + np.cos(np.radians(55)))
    assert inner.sum() > 500
    assert diameter_of(graph)[inner] == pytest.approx(expected, rel=0.03)


def test_a_long_cylinder_is_as_thick_as_it_is_round() -> None:
    graph = graph_of(rod([0, 0, -5], [0, 0, 5], 0.5).subdivide_to_size(0.5))
    side = (np.abs(graph.normals[:, 2]) < 0.1) & (np.abs(graph.centers[:, 2]) < 3)
    assert np.median(diameter_of(graph)[side]) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("size", "place"), [(1e-3, 0.0), (1e5, 0.0), (1.0, 1e4)])
def test_thickness_is_in_the_unit_of_the_mesh(size: float, place: float) -> None:
    solid = ball(1)
    plain, moved = graph_of(solid), face_graph(solid.vertices * size + place, solid.faces)
    assert np.median(diameter_of(moved)) == pytest.approx(size * np.median(diameter_of(plain)), rel=0.01)


def test_an_open_sheet_has_no_thickness() -> None:
    graph = face_graph(*grid(4))
    assert np.isnan(diameter_of(graph)).all()
    assert not log_thickness(graph, diameter_of(graph)).any()


def test_rays_do_not_count_faces_from_their_outside() -> None:
    """A sheet that looks up, under a solid that its rays cannot enter, with the solid below it."""
    (vertices, faces), solid = grid(4), at(box(9, 9, 1), 0, 0, -3)
    graph = face_graph(np.concatenate([vertices, solid.vertices]), np.concatenate([faces, solid.faces + len(vertices)]))
    thickness = diameter_of(graph)
    assert np.isnan(thickness[:32]).all()
    assert np.isfinite(thickness[32:]).all()


def test_rays_that_leave_through_a_hole_are_not_counted() -> None:
    """A box without a bottom, inside which every side still meets the others."""
    solid = box(1, 1, 1).subdivide_to_size(0.2)
    solid.update_faces(solid.face_normals[:, 2] > -0.5)
    graph = graph_of(solid)
    thickness = diameter_of(graph)
    low = (np.abs(graph.normals[:, 2]) < 0.5) & (graph.centers[:, 2] < -0.4)
    assert low.any()
    assert np.isfinite(thickness[low]).all()
    assert np.median(thickness[low]) == pytest.approx(1.05, abs=0.05)


def test_the_same_mesh_has_the_same_thickness() -> None:
    graph = graph_of(ball(1))
    assert np.array_equal(diameter_of(graph), diameter_of(graph))
    assert not np.array_equal(diameter_of(graph), diameter_of(graph, seed=1))


def test_fewer_rays_are_shot_where_there_are_many_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(ball(1))
    shot: list[int] = []
    hits = RayScene.hits
    monkeypatch.setattr(RayScene, "hits", lambda self, origins, rays: shot.append(len(rays)) or hits(self, origins, rays))
    diameter_of(graph)
    monkeypatch.setattr(module, "RAY_BUDGET", 5 * graph.face_count)
    diameter_of(graph)
    monkeypatch.setattr(module, "RAY_BUDGET", 1)
    diameter_of(graph)
    assert [count / graph.face_count for count in shot] == [24, 5, 3]


def test_many_faces_are_measured_in_pieces_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(ball(1))
    scene = RayScene(graph.points, graph.corners)
    whole = scene.hits(graph.centers, -graph.normals)
    seen = scene.sees(graph.centers, -graph.centers * 0.5)
    monkeypatch.setattr("partgen.geometry.rays.BATCH", 100)
    assert all(np.array_equal(a, b) for a, b in zip(whole, scene.hits(graph.centers, -graph.normals), strict=True))
    assert np.array_equal(seen, scene.sees(graph.centers, -graph.centers * 0.5))


def test_gaps_are_filled_from_their_neighbours() -> None:
    graph = graph_of(ball(1))
    thickness = diameter_of(graph)
    broken = thickness.copy()
    broken[::5] = np.nan
    whole, filled = log_thickness(graph, thickness), log_thickness(graph, broken)
    assert np.isfinite(filled).all()
    assert filled == pytest.approx(whole, abs=0.02)


def test_smoothing_keeps_what_is_even_and_stops_at_creases() -> None:
    graph = graph_of(box(1, 1, 1).subdivide_to_size(0.2))
    operator = smoothing_operator(graph)
    assert operator @ np.ones(graph.face_count) == pytest.approx(1)
    top = graph.centers[:, 2] > 0.499
    value = top.astype(float)
    for _ in range(6):
        value = operator @ value
    assert value[top].mean() > 0.9
    assert value[~top].mean() < 0.05


@pytest.mark.parametrize("axis", np.concatenate([np.eye(3), -np.eye(3), np.full((1, 3), 3**-0.5)]).tolist())
def test_cone_directions_keep_their_angle_on_every_axis(axis: list[float]) -> None:
    random = np.random.default_rng(0)
    cosines, turns = random.uniform(0.5, 1, 200), random.uniform(0, 2 * np.pi, 200)
    directions = cone_directions(np.array([axis]), cosines, turns[None])[0]
    assert directions @ axis == pytest.approx(cosines)
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1)
    assert len(np.unique(directions.round(6), axis=0)) == 200
