"""The command line: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main


@pytest.fixture
def dumbbell(tmp_path: Path) -> Path:
    """Two balls on a thin bar, one skin: three parts to anyone who looks."""
    turn = np.linspace(0, np.pi, 30)
    ball = np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    waist = ball[ball[:, 1] < 0.96]
    profile = np.concatenate([waist - (0, 2), [[0.25, z] for z in np.linspace(-1, 1, 12)], -waist[::-1] * (-1, 1) + (0, 2)])
    surface = trimesh.creation.revolve(profile, sections=32)
    surface.export(tmp_path / "dumbbell.ply")
    return tmp_path / "dumbbell.ply"


def labels_of(folder: Path, stem: str) -> dict[str, np.ndarray]:
    with np.load(folder / f"{stem}.npz") as arrays:
        return dict(arrays)


def test_segment_labels_every_triangle_in_the_files_order(dumbbell: Path, tmp_path: Path) -> None:
    assert main(["segment", str(dumbbell), "--labels-dir", str(tmp_path / "labels"), "--parts", "3"]) == 0
    labels = labels_of(tmp_path / "labels", "dumbbell")["face_labels"]
    surface = trimesh.load_mesh(dumbbell, process=False)
    assert (labels.shape, labels.dtype) == ((len(surface.faces),), np.int32)
    assert sorted(set(labels.tolist())) == [0, 1, 2]
    height = surface.triangles_center[:, 2]
    for ball in (height < -1.7, height > 1.7):
        assert (labels[ball] == np.bincount(labels[ball]).argmax()).mean() > 0.95


def test_levels_are_the_counts_that_the_tree_has(dumbbell: Path, tmp_path: Path) -> None:
    assert main(["segment", str(dumbbell), "--labels-dir", str(tmp_path), "--levels", "2-9"]) == 0
    arrays = labels_of(tmp_path, "dumbbell")
    assert arrays["levels"].tolist() == list(range(2, 10))
    assert arrays["level_labels"].shape == (8, len(arrays["face_labels"]))
    for count, labels in zip(arrays["levels"], arrays["level_labels"], strict=True):
        assert len(np.unique(labels)) == count
    for coarse, fine in zip(arrays["level_labels"], arrays["level_labels"][1:], strict=False):
        assert len(np.unique(np.stack([coarse, fine]), axis=1).T) == len(np.unique(fine))  # each fine part lies in one coarse part


def test_the_last_scale_is_the_whole_object(dumbbell: Path, tmp_path: Path) -> None:
    assert main(["segment", str(dumbbell), "--labels-dir", str(tmp_path), "--scale", "1"]) == 0
    assert set(labels_of(tmp_path, "dumbbell")["face_labels"].tolist()) == {0}


def test_decompose_writes_as_many_named_parts_as_asked(dumbbell: Path, tmp_path: Path) -> None:
    assert main(["decompose", str(dumbbell), "-o", str(tmp_path / "out"), "--parts", "3"]) == 0
    scene = trimesh.load_scene(tmp_path / "out" / "dumbbell.glb")
    table = json.loads((tmp_path / "out" / "parts.json").read_text())
    assert [part["name"] for part in table["parts"]] == ["dumbbell Part 01", "dumbbell Part 02", "dumbbell Part 03"]
    assert sorted(scene.graph.nodes_geometry) == [part["name"] for part in table["parts"]]
    assert sum(part["faces"] for part in table["parts"]) == len(trimesh.load_mesh(dumbbell, process=False).faces)
    assert (table["method"], table["weights"]) == ("superfaces", "superfaces")


def test_a_broken_file_does_not_stop_the_others(dumbbell: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.ply"
    broken.write_bytes(dumbbell.read_bytes()[:5000])
    missing = tmp_path / "missing.obj"
    ending = main(["segment", str(missing), str(broken), str(dumbbell), "--labels-dir", str(tmp_path / "labels")])
    said = capfd.readouterr().err
    assert ending == 1
    assert [p.name for p in (tmp_path / "labels").iterdir()] == ["dumbbell.npz"]
    assert "missing.obj" in said
    assert "broken.ply" in said
    assert "2 of 3 files failed" in said
    assert "Traceback" not in said


def test_two_files_of_one_name_do_not_overwrite_each_other(dumbbell: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trimesh.creation.box().export(tmp_path / "dumbbell.stl")
    ending = main(["segment", str(dumbbell), str(tmp_path / "dumbbell.stl"), "--labels-dir", str(tmp_path / "labels")])
    assert ending == 1
    assert "dumbbell.stl was left out" in capfd.readouterr().err
    assert len(labels_of(tmp_path / "labels", "dumbbell")["face_labels"]) == len(trimesh.load_mesh(dumbbell, process=False).faces)


def test_a_result_never_overwrites_the_model(dumbbell: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    surface = trimesh.load_mesh(dumbbell, process=False)
    np.savez(tmp_path / "model.npz", vertices=surface.vertices, faces=surface.faces)
    surface.export(tmp_path / "model.glb")
    before = [(tmp_path / name).read_bytes() for name in ("model.npz", "model.glb")]
    assert main(["segment", str(tmp_path / "model.npz"), "--labels-dir", str(tmp_path)]) == 1
    assert main(["decompose", str(tmp_path / "model.glb"), "-o", str(tmp_path)]) == 1
    assert [(tmp_path / name).read_bytes() for name in ("model.npz", "model.glb")] == before
    assert capfd.readouterr().err.count("would overwrite") == 2


def test_where_nothing_can_be_written_one_sentence_says_so(dumbbell: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    for command in (["decompose", str(dumbbell), "-o"], ["segment", str(dumbbell), "--labels-dir"]):
        assert main([*command, str(tmp_path / "taken")]) == 1
        said = capfd.readouterr().err
        assert "could not be written" in said
        assert said.count("\n") == 1


def test_the_traceback_is_shown_on_request_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "noise.glb").write_bytes(bytes(range(256)) * 8)
    command = ["decompose", str(tmp_path / "noise.glb"), "-o", str(tmp_path)]
    assert main(command) == 1
    assert "Traceback" not in capfd.readouterr().err
    assert main([*command, "--traceback"]) == 1
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["segment"],
        ["segment", "a.ply", "--labels-dir", "x", "--levels", "60-2"],
        ["segment", "a.ply", "--labels-dir", "x", "--scale", "1.5"],
        ["decompose", "a.ply"],
        ["decompose", "a.ply", "-o", "x", "--parts", "0"],
        ["decompose", "a.ply", "-o", "x", "--parts", "3", "--scale", "0.5"],
        ["decompose", "a.ply", "-o", "x", "--method", "magic"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: partgen" in capfd.readouterr().err


def test_the_program_runs_as_a_module_and_teaches() -> None:
    said = subprocess.run([sys.executable, "-m", "partgen", "segment", "--help"], capture_output=True, text=True, check=True).stdout
    assert "partgen segment chair.ply --labels-dir labels/ --levels 2-60" in said


@pytest.mark.parametrize("asked", [["--parts", "2.5"], ["--parts", "many"], ["--parts", "0"], ["--scale", "fine"], ["--scale", "nan"]])
def test_an_amount_that_is_none_is_explained_in_words(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["decompose", "model.glb", "-o", "out", *asked])
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{asked[1]} is not a" in said
    assert "number" in said


def test_more_parts_than_there_can_be_are_not_given_silently(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "one.npz", vertices=np.eye(3), faces=[[0, 1, 2]])
    assert main(["decompose", str(tmp_path / "one.npz"), "-o", str(tmp_path / "out"), "--parts", "8"]) == 0
    said = capsys.readouterr().out
    assert "1 part at scale" in said
    assert "cannot be cut into 8 parts: 1 is the nearest" in said
