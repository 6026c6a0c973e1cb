"""Adjacency sees through the dirt of real meshes: one clean graph, oriented outward, with bends of the right sign."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from partgen.geometry.adjacency import FaceGraph, components, face_graph
from shapes import apart, at, ball, box, fused, grid, two_boxes

RIGHT_ANGLE = np.pi / 2


def graph_of(solid: trimesh.Trimesh) -> FaceGraph:
    return face_graph(solid.vertices, solid.faces)


def shuffled_windings(faces: np.ndarray, seed: int) -> np.ndarray:
    turned = np.random.default_rng(seed).random(len(faces)) < 0.5
    return np.where(turned[:, None], faces[:, ::-1], faces)


def looks_outward(graph: FaceGraph) -> np.ndarray:
    """For convex solids around the origin: (C,) bool."""
    return (graph.normals * graph.centers).sum(axis=1) > 0


def creases(graph: FaceGraph) -> list[float]:
    """The bends that are not flat, in degrees, rising."""
    return sorted(np.degrees(graph.bends[np.abs(graph.bends) > 0.01]).round().tolist())


def bends_by_pair(graph: FaceGraph) -> dict[tuple[int, ...], float]:
    return {tuple(sorted(pair)): bend for pair, bend in zip(graph.pairs.tolist(), graph.bends.tolist(), strict=True)}


def ell() -> trimesh.Trimesh:
    """An L of two boxes fused: one concave edge."""
    shape = fused([box(2, 1, 1), at(box(1, 1, 2), -0.5, 0, 0.5)], 10)
    return trimesh.Trimesh(shape.vertices, shape.faces, process=False)


def test_a_box_is_twelve_faces_with_twelve_convex_edges() -> None:
    graph = graph_of(box(1, 2, 3))
    assert graph.face_count == 12
    assert len(graph.pairs) == 18
    assert creases(graph) == [-90] * 12
    assert graph.areas.sum() == pytest.approx(22)
    assert graph.lengths[np.abs(graph.bends) > 0.01].sum() == pytest.approx(24)
    assert looks_outward(graph).all()
    assert not graph.boundary_lengths.any()


@given(st.integers(0, 2**32 - 1))
def test_bends_are_signed_right_whatever_the_windings(seed: int) -> None:
    solid = ell()
    graph = face_graph(solid.vertices, shuffled_windings(solid.faces, seed))
    concave = graph.bends > 0.01
    assert graph.bends[concave] == pytest.approx(RIGHT_ANGLE, abs=1e-5)
    assert graph.lengths[concave].sum() == pytest.approx(1, abs=1e-5)
    assert (graph.bends < -0.01).sum() >= 17


def test_an_object_that_is_inside_out_is_turned() -> None:
    solid = box(1, 1, 1)
    graph = face_graph(solid.vertices, solid.faces[:, ::-1])
    assert looks_outward(graph).all()
    assert creases(graph) == [-90] * 12
    a, b, c = graph.points[graph.corners].transpose(1, 0, 2)
    winding = np.cross(b - a, c - a)
    assert ((winding * graph.normals).sum(axis=1) > 0).all(), "corners run with the normals"


def test_each_loose_solid_is_turned_by_itself() -> None:
    shape = two_boxes()
    faces = np.where((shape.parts == 1)[:, None], shape.faces[:, ::-1], shape.faces)
    assert creases(face_graph(shape.vertices, faces)) == [-90] * 24


@given(st.integers(0, 2**32 - 1))
def test_an_open_sheet_looks_where_most_of_it_looked(seed: int) -> None:
    vertices, faces = grid(4)
    turned = np.random.default_rng(seed).permutation(32) < 15
    graph = face_graph(vertices, np.where(turned[:, None], faces[:, ::-1], faces))
    assert graph.normals[:, 2] == pytest.approx(1)


def test_a_sheet_turned_by_half_is_still_one_sided() -> None:
    vertices, faces = grid(1)
    graph = face_graph(vertices, [faces[0], faces[1][::-1]])
    assert abs(graph.normals[:, 2].sum()) == pytest.approx(2)
    assert not graph.bends.any()


@pytest.mark.parametrize("sections", [12, 13])
def test_a_moebius_strip_has_a_graph(sections: int) -> None:
    turn = np.linspace(0, 2 * np.pi, sections, endpoint=False)
    across = np.stack([np.cos(turn / 2) * np.cos(turn), np.cos(turn / 2) * np.sin(turn), np.sin(turn / 2)], axis=1)
    middle = np.stack([np.cos(turn), np.sin(turn), np.zeros(sections)], axis=1) * 3
    vertices = np.concatenate([middle - across, middle + across])
    here = np.arange(sections)
    next_low, next_high = np.r_[here[1:], sections], np.r_[here[1:] + sections, 0]
    faces = np.concatenate([np.column_stack([here, next_low, next_high]), np.column_stack([here, next_high, here + sections])])
    graph = face_graph(vertices, faces)
    assert graph.face_count == len(graph.pairs) == 2 * sections
    assert components(graph.face_count, graph.pairs).max() == 0
    assert (graph.boundary_lengths > 0).all()
    # The surface has one side: the normals must jump somewhere, and do in one place.
    assert (np.abs(graph.bends) > 2).sum() <= 2


def test_doubled_vertices_along_seams_are_one() -> None:
    solid = ball(1)
    split = face_graph(solid.vertices[solid.faces].reshape(-1, 3), np.arange(3 * len(solid.faces)).reshape(-1, 3))
    whole = graph_of(solid)
    assert len(split.points) == len(solid.vertices)
    assert bends_by_pair(split) == pytest.approx(bends_by_pair(whole))
    assert not split.boundary_lengths.any()


def test_two_sided_and_repeated_faces_are_one_face() -> None:
    solid = box(1, 1, 1)
    vertices = np.concatenate([solid.vertices, solid.vertices])
    faces = np.concatenate([solid.faces, solid.faces[:, ::-1] + 8, np.roll(solid.faces, 1, axis=1)])
    graph = face_graph(vertices, faces)
    assert graph.face_of_input.tolist() == list(range(12)) * 3
    assert graph.input_of_face.tolist() == list(range(12))
    assert creases(graph) == [-90] * 12


def test_faces_without_area_are_left_out() -> None:
    solid = box(1, 1, 1)
    vertices = np.concatenate([solid.vertices, [[0, 0, 2], [0, 0, 3], [0, 0, 4]]])
    slivers = [[0, 0, 1], [2, 2, 2], [8, 9, 10]]
    graph = face_graph(vertices, np.concatenate([slivers, solid.faces]))
    assert graph.face_of_input.tolist() == [-1, -1, -1, *range(12)]
    assert graph.input_of_face.tolist() == list(range(3, 15))
    assert len(graph.pairs) == 18


def test_a_mesh_without_any_area_is_an_empty_graph() -> None:
    graph = face_graph([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2], [2, 1, 0]])
    assert graph.face_count == 0
    assert graph.face_of_input.tolist() == [-1, -1]
    assert graph.pairs.shape == (0, 2)


def test_fins_around_one_edge_are_joined_to_the_next_by_angle() -> None:
    angles = np.radians([10, 190, 100, 280])
    tips = np.column_stack([np.cos(angles), np.sin(angles), np.full(4, 0.5)])
    graph = face_graph(np.concatenate([[[0, 0, 0], [0, 0, 1]], tips]), [[0, 1, 2], [0, 1, 3], [0, 1, 4], [0, 1, 5]])
    steps = np.abs(angles[graph.pairs[:, 0]] - angles[graph.pairs[:, 1]])
    assert np.degrees(np.minimum(steps, 2 * np.pi - steps)) == pytest.approx([90, 90, 90])
    assert components(4, graph.pairs).max() == 0
    assert graph.boundary_lengths == pytest.approx(2 * np.hypot(1, 0.5)), "the shared edge is no boundary"


@pytest.mark.parametrize(("gap", "is_one"), [(0, True), (1e-8, True), (1e-5, False), (1e-3, False)])
def test_vertices_are_one_within_rounding_and_no_further(gap: float, is_one: bool) -> None:
    vertices, faces = grid(1)
    beside = vertices + np.array([1 + gap, 0, 0])
    graph = face_graph(np.concatenate([vertices, beside]), np.concatenate([faces, faces + 4]))
    assert (components(4, graph.pairs).max() == 0) == is_one


def test_boxes_that_share_an_edge_stay_solid() -> None:
    """Two boxes welded along one edge: four faces there, and each box must keep its own corner."""
    shape = apart([box(1, 1, 1), at(box(1, 1, 1), 1, 1, 0)])
    graph = face_graph(shape.vertices, shape.faces)
    assert len(graph.pairs) == 36 + 1
    assert np.degrees(np.abs(graph.bends)).round().tolist().count(90) >= 24


def test_vertices_that_no_face_uses_change_nothing() -> None:
    solid = at(box(1, 1, 1), 500, 0, 0)
    strays = [[np.nan, 0, 0], [np.inf, np.inf, 0], [1e9, -1e9, 0]]
    plain, strayed = graph_of(solid), face_graph(np.concatenate([strays, solid.vertices]), solid.faces + 3)
    for name in ("points", "corners", "normals", "centers", "pairs", "bends"):
        assert np.array_equal(getattr(plain, name), getattr(strayed, name)), name


@pytest.mark.parametrize(("size", "place"), [(1e-3, 0.0), (1e-3, 10.0), (1.0, 1e5), (1e5, 1e5), (1e30, 0.0)])
def test_tiny_huge_and_far_objects_have_the_same_graph(size: float, place: float) -> None:
    solid = ball(1)
    vertices = (solid.vertices.astype(np.float64) * size + place).astype(np.float32)
    graph, plain = face_graph(vertices, shuffled_windings(solid.faces, 1)), graph_of(solid)
    rounding = float(np.spacing(np.float32(place))) / (size * 0.1)
    assert bends_by_pair(graph) == pytest.approx(bends_by_pair(plain), abs=0.001 + 4 * rounding)
    assert ((graph.normals * plain.normals).sum(axis=1) > 0).all()
    assert graph.areas.sum() == pytest.approx(plain.areas.sum() * size**2, rel=1e-3 + rounding)


def test_edges_run_in_the_direction_of_their_first_face_and_against_that_of_the_second() -> None:
    """Also where a face of the file was wound the other way round."""
    solid = trimesh.creation.icosphere(subdivisions=1)
    faces = np.where((np.arange(len(solid.faces)) % 3 == 0)[:, None], solid.faces[:, ::-1], solid.faces)
    graph = face_graph(solid.vertices, faces)
    for edges, side in ((graph.edges, 0), (graph.edges[:, ::-1], 1)):
        corners = graph.corners[graph.pairs[:, side]]
        steps = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)
        assert (steps == edges[:, None]).all(axis=2).any(axis=1).all()
