"""Promises of the triangulation: polygons are covered, exactly once, by triangles that keep all their corners and edges."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given
from partgen.errors import PartgenError
from partgen.geometry.triangulation import triangulate


@some.composite
def star_polygons(draw, minimum: int = 3, maximum: int = 12) -> np.ndarray:
    """Simple polygons, concave in general: corners at rising angles around a centre that sees them all. (n, 2)."""
    count = draw(some.integers(minimum, maximum))
    steps = np.array(draw(some.lists(some.floats(0.5, 1.0), min_size=count, max_size=count)))
    radii = np.array(draw(some.lists(some.floats(0.2, 1.0), min_size=count, max_size=count)))
    angles = np.cumsum(steps) / steps.sum() * 2 * np.pi
    if count == 3:  # the centre lies inside whenever no step is half a turn
        radii[:] = 1.0
    return radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


rotations = arrays.arrays(np.float64, 4, elements=some.floats(-1, 1)).filter(lambda q: np.linalg.norm(q) > 0.1).map(lambda q: rotation(q))


def rotation(quaternion: np.ndarray) -> np.ndarray:
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def area_of(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float(0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def signed_areas(polygon: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (polygon[faces[:, i]] for i in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def directed_edges(faces: np.ndarray) -> set[tuple[int, int]]:
    return {(int(f[i]), int(f[i - 2])) for f in faces for i in range(3)}


def assert_covers(polygon: np.ndarray, faces: np.ndarray) -> None:
    """The triangles `faces` cover the simple polygon (n, 2) exactly, facing its way, along all of its edges."""
    areas = signed_areas(polygon, faces)
    assert areas.min() >= -1e-6
    assert areas.sum() == pytest.approx(area_of(polygon), abs=1e-5)
    assert directed_edges(faces) >= {(i, (i + 1) % len(polygon)) for i in range(len(polygon))}


def triangles_in_space(polygon: np.ndarray, turn: np.ndarray, shift: np.ndarray, size: float) -> np.ndarray:
    vertices = (np.pad(polygon, ((0, 0), (0, 1))) @ turn.T + shift) * size
    return triangulate(vertices, np.arange(len(polygon)), [0, len(polygon)])[0]


shifts = arrays.arrays(np.float64, 3, elements=some.floats(-3, 3))


@given(star_polygons(), rotations, shifts, some.sampled_from([1e-3, 1.0, 1e5]))
def test_polygons_are_covered_exactly_wherever_they_lie(polygon, turn, shift, size):
    assert_covers(polygon, triangles_in_space(polygon, turn, shift, size))


@given(star_polygons(5, 9), some.lists(some.integers(1, 4), min_size=9, max_size=9), rotations)
def test_corners_on_a_straight_edge_stay_connected(polygon, pieces, turn):
    dense = np.concatenate(
        [a + (b - a) * np.arange(n)[:, None] / n for a, b, n in zip(polygon, np.roll(polygon, -1, axis=0), pieces, strict=False)]
    )
    assert_covers(dense, triangles_in_space(dense, turn, np.zeros(3), 1.0))


@given(star_polygons(5, 9), some.lists(some.integers(1, 3), min_size=9, max_size=9), rotations)
def test_doubled_corners_stay_connected(polygon, times, turn):
    doubled = np.repeat(polygon, times[: len(polygon)], axis=0)
    assert_covers(doubled, triangles_in_space(doubled, turn, np.zeros(3), 1.0))


@given(some.floats(-0.9, 0.45), some.integers(0, 3), rotations)
def test_a_concave_quad_is_split_through_its_dent(depth, start, turn):
    dart = np.roll(np.array([[0.0, -1.0], [1.0, 1.0], [0.0, depth], [-1.0, 1.0]]), start, axis=0)
    faces = triangles_in_space(dart, turn, np.zeros(3), 1.0)
    assert_covers(dart, faces)
    dent, tip = (start + 2) % 4, start
    assert (dent, tip) in directed_edges(faces)


def test_a_convex_quad_is_split_along_its_shorter_diagonal():
    kite = np.array([[0, -3, 0], [1, 0, 0], [0, 3, 0], [-1, 0, 0]], float)
    faces, _ = triangulate(kite, [0, 1, 2, 3], [0, 4])
    assert (1, 3) in directed_edges(faces) | {(b, a) for a, b in directed_edges(faces)}


def test_a_quad_with_three_corners_in_line_has_no_flat_triangle():
    quad = np.array([[0, 0], [0.5, 0], [1, 0], [0.5, 1]])
    faces, _ = triangulate(np.pad(quad, ((0, 0), (0, 1))), [0, 1, 2, 3], [0, 4])
    assert signed_areas(quad, faces).min() > 0.1


@given(
    some.integers(3, 9).flatmap(
        lambda n: arrays.arrays(np.float64, (n, 3), elements=some.sampled_from([0.0, 1.0, 2.0]) | some.floats(-2, 2, width=32))
    ),
)
def test_any_polygon_gets_two_triangles_less_than_corners_and_uses_them_all(points):
    count = len(points)
    faces, polygon_of_face = triangulate(points, np.arange(count), [0, count])
    assert len(faces) == count - 2
    assert set(faces.reshape(-1).tolist()) == set(range(count))
    assert all(len(set(face)) == 3 for face in faces.tolist())
    assert polygon_of_face.tolist() == [0] * (count - 2)


@pytest.mark.parametrize("count", [3, 4, 5, 8])
@pytest.mark.parametrize("point", [0.0, 1e30, np.nan, np.inf])
@pytest.mark.parametrize("direction", [[0, 0, 0], [1, 1, 1]])
def test_polygons_without_area_still_get_their_triangles(point, direction, count):
    points = point + np.outer(np.arange(count), direction)
    faces, _ = triangulate(points, np.arange(count), [0, count])
    assert set(faces.reshape(-1).tolist()) == set(range(count))


@given(some.lists(star_polygons(), max_size=12))
def test_mixed_polygons_keep_their_order(polygons):
    offsets = np.cumsum([0, *(len(p) for p in polygons)])
    vertices = np.pad(np.concatenate([np.zeros((0, 2)), *polygons]), ((0, 0), (0, 1)))
    faces, polygon_of_face = triangulate(vertices, np.arange(len(vertices)), offsets)
    assert faces.dtype == polygon_of_face.dtype == np.int32
    assert polygon_of_face.tolist() == [i for i, p in enumerate(polygons) for _ in range(len(p) - 2)]
    for i, polygon in enumerate(polygons):
        assert_covers(polygon, faces[polygon_of_face == i] - offsets[i])


def test_a_polygon_with_a_hole_through_a_bridge_is_covered():
    outer = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]
    polygon = np.array(outer + hole, float)
    faces, _ = triangulate(np.pad(polygon, ((0, 0), (0, 1))), np.arange(10), [0, 10])
    assert signed_areas(polygon, faces).sum() == pytest.approx(12.0)
    assert np.abs(signed_areas(polygon, faces)).sum() == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("corners", "offsets", "code"),
    [
        ([0, 1, 2], [0, 2], "mesh.bad_polygon"),
        ([0, 1, 2], [0, 3, 3], "mesh.bad_polygon"),
        ([0, 1, 2], [1, 3], "mesh.bad_polygon"),
        ([0, 1], [0, 2], "mesh.bad_polygon"),
        ([0, 1, 2], [], "mesh.bad_polygon"),
        ([0, 1, 3], [0, 3], "mesh.bad_index"),
        ([0, 1, -1], [0, 3], "mesh.bad_index"),
    ],
)
def test_arrays_that_are_no_polygons_are_refused(corners, offsets, code):
    with pytest.raises(PartgenError) as refusal:
        triangulate(np.zeros((3, 3)), corners, offsets)
    assert refusal.value.code == code


def test_two_quads_around_a_vertex_of_their_own_have_no_triangle_in_common() -> None:
    """As on Suzanne's nose: both diagonals would join the same two vertices, and their triangles around the tip be one."""
    vertices = np.array([[0, -0.75, -0.195], [0, -0.797, -0.188], [0.047, -0.77, -0.15], [0, -0.742, -0.141], [-0.047, -0.77, -0.15]])
    faces, owner = triangulate(vertices, [0, 1, 2, 3, 4, 1, 0, 3], [0, 4, 8])
    assert len(np.unique(np.sort(faces, axis=1), axis=0)) == 4
    assert owner.tolist() == [0, 0, 1, 1]
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    assert np.unique(edges, axis=0, return_counts=True)[1].max() == 2


def test_doubled_quads_stay_doubles() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1.5, 1, 0], [0, 1, 0]])
    faces, _ = triangulate(vertices, [0, 1, 2, 3, 3, 2, 1, 0], [0, 4, 8])
    assert len(np.unique(np.sort(faces, axis=1), axis=0)) == 2


def test_a_diagonal_turns_only_where_it_lies_inside() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0.0], [0.2, 0.2, 0], [0, 1, 0], [0, 0, 1.0]])  # an arrow's head, and a triangle on its half
    faces, owner = triangulate(vertices, [0, 1, 2, 3, 1, 0, 2], [0, 4, 7])
    quad = np.sort(faces[owner == 0], axis=1)
    assert sorted(quad.tolist()) == [[0, 1, 2], [0, 2, 3]]
