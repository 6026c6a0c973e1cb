"""Points on surfaces: spread by area, the same for the same seed, and looking outward where their triangles do."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.geometry.sampling import samples_with_normals, surface_samples

BOX = trimesh.creation.box((1, 2, 3))


def test_samples_are_spread_by_area_and_lie_on_the_surface_and_on_the_face_they_name() -> None:
    points, face = surface_samples(BOX.vertices, BOX.faces, 30_000, seed=3)
    np.testing.assert_allclose(np.abs(points / (0.5, 1.0, 1.5)).max(axis=1), 1, atol=1e-6)
    assert np.mean(np.isclose(points[:, 2], 1.5)) == pytest.approx(2 / 22, abs=0.01)
    from_face = ((points - BOX.vertices[BOX.faces[face, 0]]) * BOX.face_normals[face]).sum(axis=1)
    np.testing.assert_allclose(from_face, 0, atol=1e-9)


def test_a_seed_gives_the_same_samples_with_normals_or_without_and_another_one_others() -> None:
    points, _ = surface_samples(BOX.vertices, BOX.faces, 500, seed=3)
    np.testing.assert_array_equal(points, surface_samples(BOX.vertices, BOX.faces, 500, seed=3)[0])
    np.testing.assert_array_equal(points.astype(np.float32), samples_with_normals(BOX.vertices, BOX.faces, 500, seed=3)[:, :3])
    assert not np.array_equal(points, surface_samples(BOX.vertices, BOX.faces, 500, seed=4)[0])


def test_normals_look_outward_from_a_surface_that_does() -> None:
    ball = trimesh.creation.icosphere(3)
    found = samples_with_normals(ball.vertices, ball.faces, 2000)
    assert found.shape == (2000, 6)
    assert found.dtype == np.float32
    assert (found[:, :3] * found[:, 3:]).sum(axis=1).min() > 0.99


def test_a_face_without_area_gets_no_sample() -> None:
    faces = np.concatenate([BOX.faces, [[0, 0, 1]]])
    _, face = surface_samples(BOX.vertices, faces, 2000)
    assert face.max() < len(BOX.faces)
