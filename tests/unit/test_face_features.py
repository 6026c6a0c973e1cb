"""Features of faces: what the field says all over a face, with no more samples than it takes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from partgen.geometry.sampling import surface_samples
from partgen.networks.partfield import sample_planes
from partgen.segmentation import face_features as features

RESOLUTION, CHANNELS = 32, 6


@pytest.fixture
def planes() -> torch.Tensor:
    """Smooth planes, as networks make them."""
    noise = torch.randn(3, CHANNELS, 5, 5, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(noise, size=(RESOLUTION, RESOLUTION), mode="bicubic", align_corners=True)


def shape() -> tuple[np.ndarray, np.ndarray]:
    """Large and small faces in one mesh."""
    mesh = trimesh.util.concatenate([trimesh.creation.box((1, 2, 3)), trimesh.creation.icosphere(subdivisions=4, radius=0.4)])
    return features.normalised(mesh.vertices), mesh.faces


def samples(vertices: np.ndarray, faces: np.ndarray, count: int) -> torch.Tensor:
    """Points (count, 3) float32 spread over faces."""
    return torch.from_numpy(surface_samples(vertices, faces, count)[0].astype(np.float32))


def test_small_faces_read_the_field_at_their_middle(planes: torch.Tensor) -> None:
    mesh = trimesh.util.concatenate([trimesh.creation.box((1, 2, 3)), trimesh.creation.icosphere(subdivisions=4, radius=0.02)])
    vertices, faces = features.normalised(mesh.vertices), mesh.faces
    single = features.samples_of_faces(vertices, faces, RESOLUTION) == 1
    assert single.sum() > 1000
    middles = torch.from_numpy(vertices[faces[single]].mean(axis=1))[None]
    expected = sample_planes(planes[None], middles)[0]
    torch.testing.assert_close(features.face_features(planes, vertices, faces)[single], expected, rtol=1e-4, atol=1e-5)


def test_large_faces_get_the_mean_of_what_lies_on_them(planes: torch.Tensor) -> None:
    vertices, faces = shape()
    large = np.flatnonzero(features.samples_of_faces(vertices, faces, RESOLUTION) > 100)
    assert len(large) == 12
    found = features.face_features(planes, vertices, faces)
    for face in large:
        points = samples(vertices, faces[face][None], 200_000)
        expected = sample_planes(planes[None], points[None])[0].mean(dim=0)
        # A thousand random samples would lie within a tenth of the spread, three times their error.
        torch.testing.assert_close(found[face], expected, rtol=0.0, atol=0.05 * float(planes.std()))


def test_chunks_change_nothing(planes: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    vertices, faces = shape()
    whole = features.face_features(planes, vertices, faces)
    monkeypatch.setattr(features, "CHUNK_SAMPLES", 700)
    torch.testing.assert_close(features.face_features(planes, vertices, faces), whole)


def test_samples_follow_the_area_within_bounds() -> None:
    cell = 2 / (RESOLUTION - 1)
    corner = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32) * cell
    sizes = (0.01, 2, 4, 100)
    vertices = np.concatenate([corner * size for size in sizes])
    speck, small, large, huge = features.samples_of_faces(vertices, np.arange(12).reshape(4, 3), RESOLUTION)
    assert speck == 1
    assert small > 2 * features.SAMPLES_A_CELL  # of two cells
    assert 3 * small < large < 4 * small
    assert huge == features.MOST_SAMPLES


def test_slivers_read_the_field_all_along_them(planes: torch.Tensor) -> None:
    sliver = np.array([[-0.9, 0, 0], [0.9, 0, 0], [0.9, 1e-4, 0]], np.float32)
    faces = np.array([[0, 1, 2]])
    assert features.samples_of_faces(sliver, faces, RESOLUTION)[0] > RESOLUTION
    points = samples(sliver, faces, 100_000)
    expected = sample_planes(planes[None], points[None])[0].mean(dim=0)
    torch.testing.assert_close(features.face_features(planes, sliver, faces)[0], expected, rtol=0.0, atol=0.05 * float(planes.std()))


def test_objects_of_any_size_and_place_fill_the_field() -> None:
    vertices = features.normalised(np.array([[1e6, 0, 0], [1e6 + 4000, 1000, 0], [1e6, 0, 2000.0]]))
    np.testing.assert_allclose(vertices.max(axis=0), (0.9, 0.225, 0.45), rtol=1e-6)
    np.testing.assert_allclose(vertices.min(axis=0), (-0.9, -0.225, -0.45), rtol=1e-6)
    with pytest.raises(ValueError, match="one point"):
        features.normalised(np.ones((4, 3)))


def test_random_samples_are_uniform_in_each_face(planes: torch.Tensor) -> None:
    box = trimesh.creation.box((1, 2, 3))
    vertices = features.normalised(box.vertices)
    found = features.random_face_features(planes, vertices, box.faces, 100_000, np.random.default_rng(0))
    for face, mean in zip(box.faces, found, strict=True):
        expected = sample_planes(planes[None], samples(vertices, face[None], 100_000)[None])[0].mean(dim=0)
        np.testing.assert_allclose(mean, expected, atol=0.05 * float(planes.std()))


def test_corners_are_read_at_the_vertices(planes: torch.Tensor) -> None:
    vertices, faces = shape()
    expected = sample_planes(planes[None], torch.from_numpy(vertices)[None])[0].numpy()[faces].mean(axis=1)
    np.testing.assert_allclose(features.corner_features(planes, vertices, faces), expected, atol=1e-5)
