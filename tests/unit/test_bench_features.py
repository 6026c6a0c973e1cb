"""The benchmark of features: what it compares is comparable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import trimesh
from partgen.cli import main
from partgen.devices import CPU
from partgen.evaluation import features as bench
from partgen.evaluation.labelled import Labelled
from partgen.mesh import Mesh
from partgen.networks.partfield import PartField
from test_partfield import TINY

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


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_the_error_of_half_precision_is_measured_against_float32(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MANY", 2000)
    monkeypatch.setattr("partgen.devices.available_devices", lambda: (CPU,))
    torch.manual_seed(0)
    row = bench.precision((precision, "float32"), PartField(TINY).eval(), points=2000)
    half, same = row["measured"]
    assert (half["device"], half["precision"]) == ("CPU", precision)
    assert 1e-5 < half["error"] < 0.03
    assert half["error"] < half["worst"] < 0.2
    assert same["error"] == same["worst"] == 0
    first, second, *_ = bench.lines(bench.Question("precision"), row)
    assert "2,000 points, given weights" in first
    assert f"CPU, {precision}" in second
    assert f"{half['error']:.1e} of their norm" in second


def test_without_an_accelerator_the_benchmark_says_how_to_measure_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MANY", 2000)
    monkeypatch.setattr("partgen.devices.available_devices", lambda: (CPU,))
    row = bench.precision((), PartField(TINY).eval(), points=200)
    assert row["measured"] == []
    assert "--precision bfloat16" in "\n".join(bench.lines(bench.Question("precision"), row))


def test_the_command_measures_the_precision_that_is_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[bench.Question] = []

    def here(work: object, questions: list[bench.Question]) -> Iterator[tuple[bench.Question, dict]]:
        asked.extend(questions)
        yield from ((question, {"points": 9, "weights": "random", "measured": []}) for question in questions)

    monkeypatch.setattr("partgen.evaluation.isolation.in_own_processes", here)
    assert main(["bench", "features", "--only", "precision", "--precision", "float16", "--precision", "bfloat16"]) == 0
    assert asked == [bench.Question("precision", precisions=("float16", "bfloat16"))]
    assert "against float32" in capsys.readouterr().out
