"""Outlines: what closes, what is round, what bulges, and that those of merged regions are sums."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from partgen.geometry.adjacency import FaceGraph, face_graph
from partgen.segmentation.outlines import REVERSED, OutlineShape, body_integrals, bulges, outline_integrals, outline_shape, reaches
from shapes import ball, box, grid, rod

BETWEEN = np.array([[0, 1]])


def cut(solid: trimesh.Trimesh, where: np.ndarray) -> tuple[FaceGraph, np.ndarray]:
    """The graph of a solid, and its faces in two regions: 0 where `where` (F,) holds."""
    graph = face_graph(solid.vertices, solid.faces)
    return graph, np.where(where[graph.input_of_face], 0, 1)


def shape_between(graph: FaceGraph, region: np.ndarray) -> OutlineShape:
    across = region[graph.pairs[:, 0]] != region[graph.pairs[:, 1]]
    diagonal = np.linalg.norm(np.ptp(graph.points, axis=0))
    return outline_shape(outline_integrals(graph, region, BETWEEN), graph.lengths[across].sum(keepdims=True) / diagonal)


def bodies_and_areas(graph: FaceGraph, region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    diagonal = np.linalg.norm(np.ptp(graph.points, axis=0))
    return body_integrals(graph, region, 2), np.bincount(region, graph.areas) / diagonal**2


def test_the_cap_of_a_rod_has_a_round_flat_closed_outline_and_no_bulge() -> None:
    solid = rod([0, 0, -2], [0, 0, 2], 0.5)
    graph, region = cut(solid, solid.triangles_center[:, 2] > 1.99)
    shape = shape_between(graph, region)
    diagonal = np.linalg.norm(np.ptp(solid.vertices, axis=0))
    assert shape.gape == pytest.approx(0, abs=1e-6)
    assert shape.uneven == pytest.approx(0, abs=1e-4)
    assert shape.roundness == pytest.approx(1, abs=0.05)
    assert shape.section == pytest.approx(np.pi / 4 / diagonal**2, rel=0.05)
    assert np.abs(shape.axes[0]) == pytest.approx([0, 0, 1], abs=1e-6)
    assert (shape.centers[0] * diagonal + solid.vertices.mean(axis=0)) == pytest.approx([0, 0, 2], abs=1e-6)
    bodies, areas = bodies_and_areas(graph, region)
    assert bulges(bodies[:1], areas[:1], shape) == pytest.approx(0, abs=1e-6)
    assert reaches(bodies[:1], areas[:1], shape) == pytest.approx(0, abs=1e-6)


def test_half_a_sphere_bulges_out_of_its_outline_and_a_dent_into_it() -> None:
    solid = ball(3)
    graph, region = cut(solid, solid.triangles_center[:, 2] > 0)
    shape = shape_between(graph, region)
    bodies, areas = bodies_and_areas(graph, region)
    volume, area = 2 / 3 * np.pi, 2 * np.pi
    # The outline of a sphere of triangles runs in zigzags, so its middle is only about the sphere's.
    assert bulges(bodies[:1], areas[:1], shape) == pytest.approx(min(volume / area**1.5 / 0.1, 1), abs=0.05)
    assert reaches(bodies[:1], areas[:1], shape) == pytest.approx(0.5 / np.sqrt(area) / 0.5, abs=0.05)
    dent = bodies[:1] * np.array([-1, -1, -1, -1, 1, 1, 1])
    assert bulges(dent, areas[:1], shape) == pytest.approx(-bulges(bodies[:1], areas[:1], shape))


def test_half_a_sheet_has_a_straight_outline() -> None:
    vertices, faces = grid(8)
    graph = face_graph(vertices, faces)
    middle = np.median(graph.points[:, 0])
    shape = shape_between(graph, np.where(graph.centers[:, 0] < middle, 0, 1))
    assert shape.gape == pytest.approx(1)
    assert shape.section == pytest.approx(0, abs=1e-9)
    assert shape.roundness == pytest.approx(0, abs=1e-9)


def test_an_outline_around_a_corner_leaves_every_plane() -> None:
    solid = box(1, 1, 1).subdivide().subdivide()
    graph, region = cut(solid, (solid.face_normals @ [1, 1, 1]) > 0)
    assert shape_between(graph, region).uneven > 0.2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_outlines_add_up_and_turn_round_with_the_side(seed: int) -> None:
    """Any labels on a ball: the outlines of a region towards all others are those of the region cut out alone."""
    solid = ball(2)
    graph = face_graph(solid.vertices, solid.faces)
    random = np.random.default_rng(seed)
    region = np.r_[np.arange(4), random.integers(0, 4, graph.face_count - 4)]
    first, second = region[graph.pairs].T
    met = first != second
    pairs = np.unique(np.sort(np.column_stack([first, second])[met], axis=1), axis=0)
    integrals = outline_integrals(graph, region, pairs)
    for chosen in range(4):
        alone = outline_integrals(graph, np.where(region == chosen, 0, 1), BETWEEN)
        own, back = pairs[:, 0] == chosen, pairs[:, 1] == chosen
        assert integrals[own].sum(axis=0) + (integrals[back] * REVERSED).sum(axis=0) == pytest.approx(alone[0], abs=1e-9)
        assert alone[0, :3] == pytest.approx(0, abs=1e-9), "around a region of a closed surface every outline closes"
    bodies = body_integrals(graph, region, 4)
    assert bodies.sum(axis=0) == pytest.approx(body_integrals(graph, np.zeros_like(region), 1)[0])


def test_outlines_do_not_depend_on_place_or_size() -> None:
    solid = rod([0, 0, -2], [0, 0, 2], 0.5)
    region = np.where(solid.triangles_center[:, 2] > 1.99, 0, 1)
    here = face_graph(solid.vertices, solid.faces)
    there = face_graph(solid.vertices * 1000 + [5000, -2000, 70000], solid.faces)
    assert outline_integrals(here, region, BETWEEN) == pytest.approx(outline_integrals(there, region, BETWEEN), abs=1e-6)
    assert body_integrals(here, region, 2) == pytest.approx(body_integrals(there, region, 2), abs=1e-6)
