"""The measures of agreement: by their definitions, and against the benchmark's own program."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from partgen.cli import main
from partgen.evaluation.metrics import mean_iou, rand_error
from partgen.evaluation.segmentation import component_labels, face_areas
from partgen.mesh import Mesh

labelings = arrays.arrays(np.int32, 40, elements=st.integers(0, 6))


@given(labelings, labelings)
def test_rand_error_is_the_share_of_pairs_that_disagree(a: np.ndarray, b: np.ndarray) -> None:
    i, j = np.triu_indices(len(a), 1)
    assert rand_error(a, b) == pytest.approx(np.mean((a[i] == a[j]) != (b[i] == b[j])))
    assert rand_error(a, 100 - 3 * a) == 0


@given(labelings, labelings)
def test_mean_iou_takes_the_best_part_for_each_true_one(predicted: np.ndarray, truth: np.ndarray) -> None:
    def iou(p: int, t: int) -> float:
        return np.mean((predicted == p) & (truth == t)) / np.mean((predicted == p) | (truth == t))

    best = [max(iou(p, t) for p in set(predicted)) for t in set(truth)]
    assert mean_iou(predicted, truth) == pytest.approx(np.mean(best))
    assert mean_iou(truth, truth) == pytest.approx(1)


def test_mean_iou_by_area_ignores_how_finely_a_part_is_divided() -> None:
    predicted, truth = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    assert mean_iou(predicted, truth, [1.0, 1, 1, 1]) != pytest.approx(mean_iou(predicted, truth, [1.0, 1, 4, 4]))
    halved = np.array([0, 1, 2, 2, 3])
    assert mean_iou(predicted[halved], truth[halved], [1.0, 1, 0.5, 0.5, 1]) == pytest.approx(mean_iou(predicted, truth))


def test_faces_without_a_true_label_do_not_count() -> None:
    assert mean_iou(np.array([0, 0, 1, 1, 5]), np.array([0, 0, 1, 1, -1])) == pytest.approx(1)


def test_components_are_told_apart_by_position_not_by_vertex() -> None:
    boxes = [trimesh.creation.box().apply_translation((3 * i, 0, 0)) for i in range(3)]
    for box in boxes:
        box.unmerge_vertices()
    joined = trimesh.util.concatenate(boxes)
    labels = component_labels(Mesh.from_triangles(joined.vertices, joined.faces))
    assert len(set(labels.tolist())) == 3
    assert all(len(set(labels[12 * i : 12 * i + 12].tolist())) == 1 for i in range(3))


def labelled_row(folder: Path, name: str, count: int) -> None:
    """A row of separate boxes, each one true part."""
    joined = trimesh.util.concatenate([trimesh.creation.box().apply_translation((3 * i, 0, 0)) for i in range(count)])
    folder.mkdir(exist_ok=True)
    np.savez(folder / f"{name}.npz", vertices=joined.vertices, faces=joined.faces, face_labels=np.repeat(np.arange(count), 12))


def test_bench_scores_what_is_in_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for count in (2, 3, 5, 8):
        labelled_row(tmp_path / "labelled", f"toys_row{count}", count)
    labelled_row(tmp_path / "remeshed", "toys_row4", 4)
    assert main(["bench", "segmentation", "--data", str(tmp_path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["sets"]["toys"]["objects"], result["sets"]["remeshed"]["objects"]) == (4, 1)
    for protocol in ("gt-k", "best-20", "components"):
        assert result["sets"]["toys"][protocol] == {"rand_error": 0, "miou": 1, "miou_area": 1}
    assert result["sets"]["toys"]["true_parts"] == 4.5
    assert main(["bench", "segmentation", "--data", str(tmp_path), "--protocol", "gt-k", "--limit", "2"]) == 0
    said = capsys.readouterr().out
    assert "gt-k" in said
    assert "best-20" not in said
    assert "components" in said
    assert main(["bench", "segmentation", "--data", str(tmp_path), "--protocol", "auto", "--json"]) == 0
    assert {"auto", "components"} == json.loads(capsys.readouterr().out)["sets"]["toys"].keys() - {"objects", "parts", "true_parts"}


def test_bench_names_the_files_that_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("toys_whole", "toys_short", "toys_unlike", "toys_unlabelled"):
        labelled_row(tmp_path, name, 3)
    (tmp_path / "toys_short.npz").write_bytes((tmp_path / "toys_short.npz").read_bytes()[:500])
    box = trimesh.creation.box()
    np.savez(tmp_path / "toys_unlike.npz", vertices=box.vertices, faces=box.faces, face_labels=np.zeros(5, int))
    np.savez(tmp_path / "toys_unlabelled.npz", vertices=box.vertices, faces=box.faces)
    assert main(["bench", "segmentation", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "toys               1" in said
    assert said.count("failed: ") == 3
    assert "cut short" in said
    assert "not one label for each face" in said
    assert "no array" in said


def test_bench_without_data_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "segmentation", "--data", str(tmp_path)]) == 1
    assert "holds no labelled models" in capsys.readouterr().err


@pytest.fixture(scope="module")
def benchmark_score(benchmark_folder: Path) -> ModuleType:
    """The benchmark's own program as a module."""
    specification = importlib.util.spec_from_file_location("benchmark_score", benchmark_folder / "score.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_measures_equal_the_benchmarks_own(benchmark_folder: Path, benchmark_score: ModuleType) -> None:
    files = sorted((benchmark_folder / "labelled").glob("*.npz"))[::60]
    assert files
    for file in files:
        with np.load(file) as data:
            vertices, faces, truth = data["vertices"], data["faces"], data["face_labels"]
        mesh = Mesh.from_triangles(vertices, faces)
        areas = face_areas(mesh)
        assert areas == pytest.approx(benchmark_score.face_areas(vertices, faces))
        for predicted in (component_labels(mesh), np.arange(len(faces)) % 7, np.zeros(len(faces), int)):
            assert rand_error(predicted, truth) == pytest.approx(benchmark_score.rand_index(predicted, truth))
            assert mean_iou(predicted, truth) == pytest.approx(benchmark_score.class_agnostic_miou(predicted, truth))
            assert mean_iou(predicted, truth, areas) == pytest.approx(benchmark_score.class_agnostic_miou(predicted, truth, areas))


