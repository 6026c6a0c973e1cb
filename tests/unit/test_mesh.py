"""The Mesh value: what is refused, and that equal geometry has equal digests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from partgen.errors import PartgenError
from partgen.mesh import Mesh, polygon_centers

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
FACES = np.array([[0, 1, 2], [1, 3, 2]], np.int32)


def test_triangles_are_their_own_polygons() -> None:
    mesh = Mesh.from_triangles(VERTICES.tolist(), FACES.tolist(), "Lamp")
    assert (mesh.vertices.dtype, mesh.faces.dtype, mesh.polygon_of_face.dtype) == (np.float32, np.int32, np.int32)
    assert mesh.polygon_of_face.tolist() == [0, 1]
    assert mesh.polygon_count == 2


@pytest.mark.parametrize(
    ("vertices", "faces", "code"),
    [
        (VERTICES, np.zeros((0, 3)), "mesh.no_faces"),
        (VERTICES, [[0, 1, 4]], "mesh.bad_index"),
        (VERTICES, [[0, 1, -1]], "mesh.bad_index"),
        (np.zeros((0, 3)), [[0, 0, 0]], "mesh.bad_index"),
        ([[0, 0, 0], [1, 0, 0], [0, np.nan, 0]], [[0, 1, 2]], "mesh.not_finite"),
        ([[0, 0, 0], [1, 0, 0], [0, np.inf, 0]], [[0, 1, 2]], "mesh.not_finite"),
        ([[5, 5, 5], [5, 5, 5], [5, 5, 5], [9, 9, 9]], [[0, 1, 2]], "mesh.no_extent"),
        ([*VERTICES.tolist(), [1e30, 0, 0]], [*FACES.tolist(), [0, 1, len(VERTICES)]], "mesh.stray_vertices"),
    ],
)
def test_what_no_segmenter_could_use_is_refused_by_name(vertices: object, faces: object, code: str) -> None:
    with pytest.raises(PartgenError) as raised:
        Mesh.from_triangles(np.array(vertices), np.array(faces), "Lamp")
    assert raised.value.code == code
    assert "Lamp" in raised.value.sentence
    assert raised.value.remedy


def test_a_tiny_detail_of_a_large_object_is_no_mistake() -> None:
    detail = 1e-3 * np.random.default_rng(0).random((300, 3))
    mesh = Mesh.from_triangles(np.concatenate([detail, 100.0 * VERTICES]), np.concatenate([np.arange(300).reshape(-1, 3), 300 + FACES]))
    assert mesh.polygon_count == 100 + len(FACES)


def test_vertices_that_no_face_uses_may_be_anything() -> None:
    mesh = Mesh.from_triangles(np.concatenate([VERTICES, [[np.nan, np.inf, 0]]]), FACES)
    assert mesh.polygon_count == 2


def test_equal_meshes_have_equal_digests_whatever_their_names() -> None:
    mesh = Mesh.from_triangles(VERTICES, FACES, "Lamp")
    assert mesh.digest == Mesh.from_triangles(VERTICES.copy(), FACES.copy(), "Chair").digest
    moved = VERTICES.copy()
    moved[3, 2] = 1e-6
    others = [
        Mesh.from_triangles(moved, FACES), Mesh.from_triangles(VERTICES, FACES[::-1]),
        replace(mesh, polygon_of_face=np.zeros(2, np.int32)),
    ]  # fmt: skip
    assert len({mesh.digest, *(other.digest for other in others)}) == 4


def test_a_digest_tells_where_vertices_end_and_faces_begin() -> None:
    numbers = np.zeros((2, 3), np.float32)
    one = Mesh(numbers, np.zeros((1, 3), np.int32), np.zeros(1, np.int32))
    other = Mesh(numbers[:1], np.zeros((2, 3), np.int32), np.zeros(1, np.int32))
    assert one.digest != other.digest


def test_the_center_of_a_polygon_is_the_mean_of_its_corners() -> None:
    corners = [(0, 0, 0), (3, 0, 0), (0, 3, 0), (1, 1, 1), (3, 1, 1), (3, 3, 1), (1, 3, 1)]
    np.testing.assert_allclose(polygon_centers(corners, [0, 3, 7]), [(1, 1, 0), (2, 2, 1)])
