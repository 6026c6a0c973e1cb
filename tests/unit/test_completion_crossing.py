"""What is said to cross does, and what only touches, or is a neighbour, is not said to."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.completion import completer
from partgen.completion.crossing import crossing_faces
from partgen.mesh import Mesh

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
HALVES = [[0, 1, 2], [0, 2, 3]]


def crossing(points: np.ndarray, faces: list[list[int]], generated: list[bool]) -> list[int]:
    return crossing_faces(np.asarray(points, float), np.array(faces), np.array(generated)).tolist()


def with_points(*points: tuple[float, float, float]) -> np.ndarray:
    return np.concatenate([SQUARE, np.array(points, float)])


def test_a_face_that_goes_through_another_is_found() -> None:
    points = with_points((0.6, 0.2, -1), (0.7, 0.2, 1), (0.6, 0.3, 1))
    assert crossing(points, [*HALVES, [4, 5, 6]], [False, False, True]) == [2]


def test_it_is_found_where_both_share_a_corner() -> None:
    points = with_points((1, 0.4, 1), (1, 0.4, -1))
    assert crossing(points, [*HALVES, [0, 4, 5]], [False, False, True]) == [2]


def test_neighbours_along_an_edge_or_at_a_corner_do_not_cross_however_flat_they_lie() -> None:
    points = with_points((2, 0, 0), (2, 1, 1e-9), (0.5, 0.5, -1))
    faces = [*HALVES, [1, 4, 2], [4, 5, 2], [1, 0, 6]]
    assert crossing(points, faces, [False, False, True, True, True]) == []


@pytest.mark.parametrize("rounding", [0.0, 3e-8, -3e-8])
def test_a_corner_in_the_middle_of_another_edge_or_face_only_touches(rounding: float) -> None:
    on_edge = with_points((0.5, rounding, rounding), (0.4, -1, 1), (0.6, -1, 1))
    assert crossing(on_edge, [*HALVES, [4, 5, 6]], [False, False, True]) == []
    on_face = with_points((0.6, 0.3, rounding), (0.4, 0.3, 1), (0.6, 0.5, 1))
    assert crossing(on_face, [*HALVES, [4, 5, 6]], [False, False, True]) == []


def test_a_face_that_lies_on_another_does_not_cross_it() -> None:
    points = with_points((0.5, 0.1, 0), (0.9, 0.1, 0), (0.9, 0.4, 0))
    assert crossing(points, [*HALVES, [4, 5, 6]], [False, False, True]) == []


def test_vertices_in_one_place_are_one() -> None:
    points = np.concatenate([SQUARE, SQUARE])
    assert crossing(points, [[0, 1, 2], [4, 6, 7]], [False, True]) == []


def test_the_artists_own_crossing_faces_are_not_blamed_on_the_filling() -> None:
    points = with_points((0.6, 0.2, -1), (0.7, 0.2, 1), (0.6, 0.3, 1), (5, 5, 5), (6, 5, 5), (5, 6, 5))
    assert crossing(points, [*HALVES, [4, 5, 6], [7, 8, 9]], [False, False, False, True]) == []


def test_a_filling_that_crosses_the_part_is_said_to_and_one_that_does_not_is_not() -> None:
    """A ball with a pin that rises from its bottom through the hole at its top: whatever fills the hole meets the pin."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    bowl = trimesh.Trimesh(ball.vertices, ball.faces[ball.triangles_center[:, 2] < 0.5], process=True)
    pin = trimesh.creation.cylinder(0.05, 3.0)
    (plain,) = completer("caps").complete(Mesh.from_triangles(bowl.vertices, bowl.faces), np.zeros(len(bowl.faces), np.int32)).parts
    assert not plain.notes
    both = trimesh.util.concatenate([bowl, pin])
    (pierced,) = completer("caps").complete(Mesh.from_triangles(both.vertices, both.faces), np.zeros(len(both.faces), np.int32)).parts
    assert any("cross" in note for note in pierced.notes)
