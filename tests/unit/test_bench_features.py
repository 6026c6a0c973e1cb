"""The benchmark of features: what it compares is comparable."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from partgen.evaluation import features as bench
from partgen.evaluation.labelled import Labelled
from partgen.mesh import Mesh
from partgen.networks.partfield import sample_planes
from partgen.segmentation.face_features import normalised

pytest.importorskip("sklearn")


@pytest.fixture
def dumbbell() -> Labelled:
    balls = [trimesh.creation.icosphere(subdivisions=2, radius=0.5).apply_translation((x, 0, 0)) for x in (-1, 1)]
    bar = trimesh.creation.cylinder(0.1, 1.2).apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (0, 1, 0)))
    solids = [*balls, bar]
    joined = trimesh.util.concatenate(solids)
    labels = np.repeat(np.arange(3), [len(solid.faces) for solid in solids]).astype(np.int32)
    return Labelled("toys", Mesh.from_triangles(joined.vertices, joined.faces, "Dumbbell"), (labels,))


def test_where_both_trees_are_exact_they_score_the_same(dumbbell: Labelled) -> None:
    row = bench.quality(dumbbell)
    assert row["by_faces"] == pytest.approx(row["sklearn"], abs=1e-12)
    assert 0.5 < row["sklearn"] <= 1


def test_objects_beyond_the_reference_are_left_out_and_not_counted(dumbbell: Labelled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MOST_COMPARED", 100)
    row = bench.quality(dumbbell)
    assert row == {"skipped": len(dumbbell.mesh.faces)}
    assert list(bench.means("quality", [row])) == []


def test_random_samples_are_uniform_in_each_face() -> None:
    planes = torch.nn.functional.interpolate(torch.randn(3, 8, 5, 5, generator=torch.Generator().manual_seed(0)), size=(32, 32))
    box = trimesh.creation.box((1, 2, 3))
    vertices = normalised(box.vertices)
    found = bench.random_means(planes.numpy(), vertices, box.faces, np.random.default_rng(0))
    for face, mean in zip(box.faces, found, strict=True):
        points = trimesh.sample.sample_surface(trimesh.Trimesh(vertices, face[None], process=False), 100_000, seed=0)[0]
        expected = sample_planes(planes[None], torch.from_numpy(points.astype(np.float32))[None])[0].mean(dim=0)
        np.testing.assert_allclose(mean, expected, atol=0.15 * float(planes.std()))


def test_the_surface_of_the_timings_has_as_many_faces_as_it_says() -> None:
    graph = bench.bumpy_ring(5000)
    assert graph.face_count == pytest.approx(5000, rel=0.02)
    assert len(graph.pairs) == 1.5 * graph.face_count
    assert graph.areas.max() > 3 * graph.areas.min()
