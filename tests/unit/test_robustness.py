"""Disturbances do what their names say and carry the labels along, and `partgen bench robustness` tells what they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.evaluation.disturbances import DISTURBANCES, NOISE, nearest_faces
from partgen.evaluation.metrics import adjusted_rand
from partgen.mesh import Mesh
from scipy.spatial.distance import pdist


@pytest.fixture
def sphere() -> Mesh:
    ball = trimesh.creation.icosphere(subdivisions=4)
    return Mesh.from_triangles(ball.vertices * [1, 2, 3], ball.faces, "ball")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def octants(mesh: Mesh) -> np.ndarray:
    """A labeling (F,) by the signs of the centres' coordinates."""
    return (mesh.vertices[mesh.faces].mean(axis=1) > 0) @ [1, 2, 4]


def area(mesh: Mesh) -> float:
    return float(trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).area)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_labels_come_along(name: str, sphere: Mesh, rng: np.random.Generator) -> None:
    labels = np.unique(octants(sphere), return_inverse=True)[1]
    disturbed = DISTURBANCES[name](sphere, rng)
    assert disturbed.origin.shape == (len(disturbed.mesh.faces),)
    carried = labels[disturbed.origin]
    assert set(carried) == set(range(8))
    if name == "rotated":
        assert np.array_equal(disturbed.mesh.faces, sphere.faces)
        assert np.array_equal(disturbed.origin, np.arange(len(sphere.faces)))
    else:
        assert adjusted_rand(carried, octants(disturbed.mesh)) > 0.93, "all others leave the octants where they are"


def test_turning_and_scaling_keep_the_shape(sphere: Mesh, rng: np.random.Generator) -> None:
    before = pdist(sphere.vertices[::50])
    for name, factor in (("rotated", 1), ("shrunk", 0.001), ("grown", 1000)):
        disturbed = DISTURBANCES[name](sphere, rng).mesh
        assert pdist(disturbed.vertices[::50]) == pytest.approx(factor * before, rel=1e-4)
    turned = DISTURBANCES["rotated"](sphere, rng).mesh
    assert not np.allclose(np.ptp(turned.vertices, axis=0), np.ptp(sphere.vertices, axis=0), rtol=0.02)


def test_stretching_changes_proportions_and_not_volume(sphere: Mesh, rng: np.random.Generator) -> None:
    disturbed = DISTURBANCES["stretched"](sphere, rng).mesh
    ratio = np.ptp(disturbed.vertices, axis=0) / np.ptp(sphere.vertices, axis=0)
    assert sorted(ratio) == pytest.approx([1 / 1.3, 1, 1.3], rel=1e-5)


def test_noise_has_its_strength_and_opens_no_seams(rng: np.random.Generator) -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    ball.unmerge_vertices()
    mesh = Mesh.from_triangles(ball.vertices, ball.faces)
    disturbed = DISTURBANCES["noisy"](mesh, rng).mesh
    moved = disturbed.vertices[disturbed.faces] - mesh.vertices[mesh.faces]
    assert moved.std() == pytest.approx(NOISE * np.linalg.norm(np.ptp(mesh.vertices, axis=0)), rel=0.1)
    assert trimesh.Trimesh(disturbed.vertices, disturbed.faces, process=False).is_watertight


def test_other_triangles_are_of_the_same_surface(sphere: Mesh, rng: np.random.Generator) -> None:
    count = len(sphere.faces)
    for name, faces in (("subdivided", 4 * count), ("decimated", count // 2), ("remeshed", count)):
        disturbed = DISTURBANCES[name](sphere, rng)
        assert len(disturbed.mesh.faces) == pytest.approx(faces, rel=0.01)
        assert area(disturbed.mesh) == pytest.approx(area(sphere), rel=0.01)
        assert trimesh.Trimesh(disturbed.mesh.vertices, disturbed.mesh.faces, process=False).is_watertight
    assert np.array_equal(np.bincount(DISTURBANCES["subdivided"](sphere, rng).origin), np.full(count, 4))


def test_the_two_sides_of_a_sheet_are_told_apart(rng: np.random.Generator) -> None:
    plate = trimesh.creation.box((1, 1, 1e-4)).subdivide().subdivide().subdivide()
    mesh = Mesh.from_triangles(plate.vertices, plate.faces)
    other = trimesh.creation.box((1, 1, 1e-4)).subdivide().subdivide()
    upper = np.sign(trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).face_normals[:, 2].round())
    found = upper[nearest_faces(mesh, Mesh.from_triangles(other.vertices, other.faces), rng)]
    flat = np.abs(other.face_normals[:, 2]) > 0.5
    assert np.array_equal(found[flat], np.sign(other.face_normals[flat, 2]))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `partgen bench robustness` finds for a row of boxes, which no disturbance hides."""
    folder = tmp_path_factory.mktemp("toys")
    boxes = [trimesh.creation.box().subdivide().apply_translation((3 * i, 0, 0)) for i in range(3)]
    joined = trimesh.util.concatenate(boxes)
    labels = np.repeat(np.arange(3), len(boxes[0].faces))
    np.savez(folder / "toys_row3.npz", vertices=joined.vertices, faces=joined.faces, face_labels=labels)
    kept = folder / "results.jsonl"
    arguments = ["bench", "robustness", "--data", str(folder), "--method", "geometric", "--results", str(kept), "--json"]
    assert main(arguments) == 0
    return {"folder": folder, "kept": kept, "rows": [json.loads(line) for line in kept.read_text().splitlines()]}


def test_disturbing_what_is_plain_leaves_the_labels(result: dict[str, Any]) -> None:
    assert len(result["rows"]) == 1
    for row in result["rows"]:
        assert list(row["disturbances"]) == ["undisturbed", *DISTURBANCES]
        for name, values in row["disturbances"].items():
            assert values["scores"]["gt-k"]["miou"] > 0.99, name
            if name in ("rotated", "shrunk", "grown"):
                assert values["agreement"]["gt-k"] == 1, name


def test_the_table_shows_every_disturbance_and_an_interrupted_run_goes_on(
    result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = result["kept"].read_text()
    assert main(["bench", "robustness", "--data", str(result["folder"]), "--method", "geometric", "--results", str(result["kept"])]) == 0
    said = capsys.readouterr().out
    for name in ("undisturbed", *DISTURBANCES):
        assert said.count(f"| {name} ") == 1
    assert "agreement gt-k" in said
    assert result["kept"].read_text() == before, "nothing is measured again"


def test_an_answer_that_follows_the_axes_is_found_out(tmp_path: Path) -> None:
    """The measure itself: labels by octant do change when the object turns, and the agreement says so."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    mesh = Mesh.from_triangles(ball.vertices, ball.faces)
    turned = DISTURBANCES["rotated"](mesh, np.random.default_rng(0))
    assert adjusted_rand(octants(mesh)[turned.origin], octants(turned.mesh)) < 0.6
