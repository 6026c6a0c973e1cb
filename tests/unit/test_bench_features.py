"""The benchmark of features: what it compares is comparable."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.evaluation import features as bench
from partgen.evaluation.labelled import Labelled
from partgen.mesh import Mesh

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


def test_the_surface_of_the_timings_has_as_many_faces_as_it_says() -> None:
    graph = bench.bumpy_ring(5000)
    assert graph.face_count == pytest.approx(5000, rel=0.02)
    assert len(graph.pairs) == 1.5 * graph.face_count
    assert graph.areas.max() > 3 * graph.areas.min()
