"""The measures of agreement: by their definitions, and against the benchmark's own program."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from partgen.evaluation.baselines import component_labels, k_means_labels
from partgen.evaluation.labelled import face_areas
from partgen.evaluation.metrics import adjusted_rand, mean_iou, rand_error
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


@given(labelings, labelings)
def test_adjusted_rand_is_one_for_the_same_parts_whatever_their_names(a: np.ndarray, b: np.ndarray) -> None:
    assert adjusted_rand(a, 100 - 3 * a) == pytest.approx(1)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand(b, a))
    assert adjusted_rand(a, b) <= 1
    if rand_error(a, b) > 0:
        assert adjusted_rand(a, b) < 1


def test_adjusted_rand_is_nothing_by_chance() -> None:
    rng = np.random.default_rng(0)
    by_chance = [adjusted_rand(rng.integers(0, 5, 500), rng.integers(0, 5, 500)) for _ in range(50)]
    assert abs(np.mean(by_chance)) < 0.005
    assert adjusted_rand([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(4 / 7)  # by hand: (1 - 1/3) / (3/2 - 1/3)


def test_k_means_gives_as_many_parts_as_asked_and_always_the_same() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=3)
    mesh = Mesh.from_triangles(sphere.vertices, sphere.faces)
    for count in (2, 7, 20):
        labels = k_means_labels(mesh, count)
        assert len(np.unique(labels)) == count
        assert np.array_equal(labels, k_means_labels(mesh, count))
    few = trimesh.creation.box()
    assert len(np.unique(k_means_labels(Mesh.from_triangles(few.vertices, few.faces), 20))) <= 12


def test_components_are_told_apart_by_position_not_by_vertex() -> None:
    boxes = [trimesh.creation.box().apply_translation((3 * i, 0, 0)) for i in range(3)]
    for box in boxes:
        box.unmerge_vertices()
    joined = trimesh.util.concatenate(boxes)
    labels = component_labels(Mesh.from_triangles(joined.vertices, joined.faces))
    assert len(set(labels.tolist())) == 3
    assert all(len(set(labels[12 * i : 12 * i + 12].tolist())) == 1 for i in range(3))


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
