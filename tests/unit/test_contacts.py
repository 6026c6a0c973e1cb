"""Contacts: touching components are linked, and whatever stands apart is connected by the shortest bridges."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from partgen.geometry.adjacency import FaceGraph, components, face_graph
from partgen.geometry.contacts import REACH, Contacts, contacts
from shapes import Shape, apart, at, box


def contacts_of(shape: Shape) -> tuple[FaceGraph, np.ndarray, Contacts]:
    graph = face_graph(shape.vertices, shape.faces)
    component = components(graph.face_count, graph.pairs)
    return graph, component, contacts(graph, component)


def linked(shape: Shape) -> set[frozenset[int]]:
    """Which solids are linked with which."""
    _, _, found = contacts_of(shape)
    return {frozenset(pair) for pair in shape.parts[found.links].tolist()}


def triangles(corners: np.ndarray) -> Shape:
    count = len(corners)
    return Shape(corners.reshape(-1, 3), np.arange(3 * count).reshape(count, 3), np.arange(count))


def fine(solid: trimesh.Trimesh, edge: float = 0.3) -> trimesh.Trimesh:
    return solid.subdivide_to_size(edge)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.sampled_from([0.01, 1.0, 30.0]), st.integers(0, 2**32 - 1), st.booleans())
def test_everything_becomes_connected(count: int, spread: float, seed: int, are_boxes: bool) -> None:
    random = np.random.default_rng(seed)
    places = random.normal(size=(count, 1, 3)) * spread
    if are_boxes:
        shape = apart([at(box(*random.uniform(0.1, 2, 3)), *place[0]) for place in places])
    else:
        shape = triangles(places + random.normal(size=(count, 3, 3)))
    graph, component, found = contacts_of(shape)
    assert components(graph.face_count, np.concatenate([graph.pairs, found.links])).max() == 0
    assert (component[found.links[:, 0]] != component[found.links[:, 1]]).all()
    assert (found.gaps >= 0).all()
    assert (found.gaps <= 1).all()


def test_one_component_has_no_contacts() -> None:
    _, _, found = contacts_of(apart([box(1, 1, 1)]))
    assert found.links.shape == (0, 2)
    assert found.gaps.shape == (0,)


def test_solids_that_touch_are_linked_and_those_apart_are_not() -> None:
    """A row of four fine boxes: the first three touch or nearly do, the last stands off."""
    shape = apart([fine(at(box(1, 1, 1), x, 0, 0)) for x in (0, 1.001, 2.002, 4)])
    assert linked(shape) == {frozenset(pair) for pair in [(0, 1), (1, 2), (2, 3)]}


def test_what_touches_in_a_ring_is_linked_all_around() -> None:
    places = [(0, 0), (1.001, 0), (1.001, 1.001), (0, 1.001)]
    sides = {frozenset(pair) for pair in [(0, 1), (1, 2), (2, 3), (3, 0)]}
    assert linked(apart([fine(at(box(1, 1, 1), *place, 0)) for place in places])) >= sides


def test_a_gap_is_the_distance_as_a_share_of_the_diagonal() -> None:
    graph, _, found = contacts_of(apart([fine(box(1, 1, 1)), fine(at(box(1, 1, 1), 3, 0, 0))]))
    assert len(found.links) == 1
    assert found.gaps[0] == pytest.approx(2 / np.linalg.norm([4, 1, 1]), rel=0.01)
    assert sorted(graph.centers[found.links[0], 0]) == pytest.approx([0.5, 2.5])


@pytest.mark.parametrize("size", [1e-3, 1e5])
def test_gaps_do_not_depend_on_size(size: float) -> None:
    shape = apart([box(1, 1, 1), at(box(1, 1, 1), 1.2, 0, 0)])
    plain, scaled = (contacts_of(Shape(shape.vertices * factor, shape.faces, shape.parts))[2] for factor in (1.0, size))
    assert scaled.gaps == pytest.approx(plain.gaps)


def test_bridges_are_the_shortest_that_connect() -> None:
    """Three clusters in a line, far apart: one bridge to the next cluster each, none from the first to the last."""
    shape = apart([at(box(1, 1, 1), x, 0, 0) for x in (0, 10, 30)])
    assert linked(shape) == {frozenset({0, 1}), frozenset({1, 2})}
    _, _, found = contacts_of(shape)
    assert (found.gaps > REACH).all()


def test_what_sees_everything_is_still_linked_to_the_next_only() -> None:
    """Triangles in a row, so few that each has all others among its nearest neighbours."""
    corners = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1]]) + np.array([1.0, 0, 0]) * np.arange(3)[:, None, None]
    assert linked(triangles(corners)) == {frozenset({0, 1}), frozenset({1, 2})}


def test_components_of_many_faces_far_apart_take_little_memory() -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    shape = apart([ball, at(ball.copy(), 10, 0, 0)])
    graph = face_graph(shape.vertices, shape.faces)
    tracemalloc.start()
    found = contacts(graph, shape.parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250e6
    assert found.gaps == pytest.approx([8 / np.linalg.norm([12, 2, 2])], rel=0.02)


def test_a_soup_of_twenty_thousand_triangles_is_connected_in_seconds() -> None:
    random = np.random.default_rng(0)
    shape = triangles(random.random((20_000, 1, 3)) * 100 + random.normal(size=(20_000, 3, 3)) * 0.1)
    start = time.perf_counter()
    graph, component, found = contacts_of(shape)
    assert time.perf_counter() - start < 20
    assert component.max() + 1 == 20_000
    assert components(graph.face_count, found.links).max() == 0
    assert len(found.links) < 15 * graph.face_count
