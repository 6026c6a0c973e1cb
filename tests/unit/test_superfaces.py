"""Superfaces: connected, within one component, along creases, and about as many as asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from partgen.geometry.adjacency import components, face_graph
from partgen.geometry.contacts import contacts
from partgen.geometry.superfaces import superfaces
from shapes import Shape, apart, at, ball, box, humanoid

WEIGHTS = (1.0, 3.0, 1.0)


def superfaces_of(shape: Shape, count: int, thickness: np.ndarray | None = None) -> np.ndarray:
    """The superface of every face; fails where one does not hang together."""
    graph = face_graph(shape.vertices, shape.faces)
    component = components(graph.face_count, graph.pairs)
    links = contacts(graph, component).links
    thickness = np.zeros(graph.face_count) if thickness is None else thickness
    region = superfaces(graph, links, thickness, component, count, WEIGHTS)
    pairs = np.concatenate([graph.pairs, links])
    inside = region[pairs[:, 0]] == region[pairs[:, 1]]
    assert set(region.tolist()) == set(range(region.max() + 1))
    assert components(graph.face_count, pairs[inside]).max() == region.max(), "every superface is connected"
    return region


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_there_are_about_as_many_connected_superfaces_as_asked_for(count: int, seed: int) -> None:
    solid = ball(1)
    solid.vertices += np.random.default_rng(seed).normal(size=solid.vertices.shape) * 0.02
    assert count <= superfaces_of(apart([solid]), count).max() + 1 <= 1.05 * count + 1


@pytest.mark.parametrize("count", [7, 50, 400])
def test_regular_meshes_get_few_more_than_asked_for(count: int) -> None:
    shape = apart([box(1, 1, 1).subdivide_to_size(0.1)])
    assert count <= superfaces_of(shape, count).max() + 1 <= 2 * count


def test_fewer_faces_than_superfaces_stand_for_themselves() -> None:
    assert superfaces_of(apart([box(1, 1, 1)]), 12).tolist() == list(range(12))


def test_no_superface_crosses_components_while_there_is_room() -> None:
    """Ten boxes that touch, one above the other: alike in all but their component."""
    shape = apart([at(box(1, 1, 0.001).subdivide_to_size(0.5), 0, 0, i * 0.0011) for i in range(10)])
    region = superfaces_of(shape, 30)
    owners = np.unique(np.column_stack([region, shape.parts]), axis=0)
    assert len(owners) == region.max() + 1


def test_components_share_superfaces_where_there_is_no_room() -> None:
    shape = apart([at(box(1, 1, 1), 2.0 * i, 0.3 * i, 0) for i in range(10)])
    assert superfaces_of(shape, 4).max() + 1 < 10


def test_superfaces_end_at_creases() -> None:
    shape = apart([box(1, 1, 1).subdivide_to_size(0.1)])
    region = superfaces_of(shape, 6)
    sides = np.abs(face_graph(shape.vertices, shape.faces).normals.round() @ [1, 2, 3] + 3).astype(int)
    assert len(np.unique(np.column_stack([region, sides]), axis=0)) == region.max() + 1


def test_superfaces_end_where_the_thickness_jumps() -> None:
    shape = apart([box(4, 1, 1).subdivide_to_size(0.15)])
    thick = shape.vertices[shape.faces].mean(axis=1)[:, 0] > 0.43
    region = superfaces_of(shape, 12, np.where(thick, 3.0, 0.0))
    assert len(np.unique(np.column_stack([region, thick]), axis=0)) == region.max() + 1


def test_limbs_have_superfaces_of_their_own() -> None:
    shape = humanoid()
    region = superfaces_of(shape, 400)
    graph = face_graph(shape.vertices, shape.faces)
    areas = np.zeros((region.max() + 1, shape.parts.max() + 1))
    np.add.at(areas, (region, shape.parts[graph.input_of_face]), graph.areas)
    assert areas.max(axis=1).sum() / areas.sum() > 0.97
