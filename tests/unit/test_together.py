"""Several models taken apart together, and labels carried from one to another, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from furniture import table
from partgen.cli import main
from partgen.commands.transferring import turned_up, up_as_asked


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    """Two tables of other proportions; in the second the parts come in another order."""
    made = []
    for name, some in (("desk", table()), ("bench", table(width=2.0, height=0.6, order=3))):
        trimesh.Trimesh(some.vertices, some.faces, process=False).export(tmp_path / f"{name}.ply")
        made.append(tmp_path / f"{name}.ply")
    return made


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def test_equal_numbers_are_equal_parts(models: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "labels"
    assert main(["segment", *map(str, models), "--labels-dir", str(out), "--together", "--parts", "6", "--levels", "2-8"]) == 0
    desk, bench = (arrays_of(out / f"{model.stem}.npz") for model in models)
    meanings = [
        {int(label): np.bincount(part[found["face_labels"] == label]).argmax() for label in np.unique(found["face_labels"])}
        for found, part in ((desk, table().part_of_face), (bench, table(width=2.0, height=0.6, order=3).part_of_face))
    ]
    common = meanings[0].keys() & meanings[1].keys()
    assert len(common) >= 4
    assert all(meanings[0][label] == meanings[1][label] for label in common)
    np.testing.assert_array_equal(desk["levels"], bench["levels"])
    assert desk["level_labels"].shape == (len(desk["levels"]), len(desk["face_labels"]))


def test_the_table_tells_which_part_is_where(models: list[Path], tmp_path: Path) -> None:
    assert main(["segment", *map(str, models), "--labels-dir", str(tmp_path), "--together", "--parts", "5"]) == 0
    told = json.loads((tmp_path / "together.json").read_text())
    assert told["sources"] == ["desk.ply", "bench.ply"]
    assert told["leader"] in told["sources"]
    for model in models:
        labels = arrays_of(tmp_path / f"{model.stem}.npz")["face_labels"]
        faces = {part["label"]: part["in"][model.name]["faces"] for part in told["parts"] if model.name in part["in"]}
        assert faces == dict(zip(*(values.tolist() for values in np.unique(labels, return_counts=True)), strict=True))
        assert sum(part["in"][model.name]["share"] for part in told["parts"] if model.name in part["in"]) == pytest.approx(1)


def test_one_model_alone_and_equal_names_are_refused(models: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "labels"
    assert main(["segment", str(models[0]), "--labels-dir", str(out), "--together"]) == 1
    assert "at least two models" in capsys.readouterr().err
    assert main(["segment", str(models[0]), str(models[0]), "--labels-dir", str(out), "--together"]) == 1
    assert "Two of the files" in capsys.readouterr().err
    assert not out.exists()


def test_transfer_writes_labels_and_rows_of_the_source(models: list[Path], tmp_path: Path) -> None:
    labels = np.array([7, 40, 40, 40, 40, 3])[table().part_of_face]
    colors = np.random.default_rng(0).random((len(labels), 3))
    np.savez(tmp_path / "labels.npz", face_labels=labels, colors=colors, unrelated=np.arange(5))
    arguments = ["transfer", *map(str, models), "--labels", str(tmp_path / "labels.npz"), "-o", str(tmp_path / "out.npz")]
    assert main(arguments) == 0
    found = arrays_of(tmp_path / "out.npz")
    truth = np.array([7, 40, 40, 40, 40, 3])[table(width=2.0, height=0.6, order=3).part_of_face]
    assert (found["face_labels"] == truth).mean() > 0.9
    np.testing.assert_array_equal(found["colors"], colors[found["source_face"]])
    assert "unrelated" not in found


def test_labels_of_another_model_are_refused(models: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "labels.npz", face_labels=np.zeros(3, int))
    arguments = ["transfer", *map(str, models), "--labels", str(tmp_path / "labels.npz"), "-o", str(tmp_path / "out.npz")]
    assert main(arguments) == 1
    assert "triangles, but there are 3 labels" in capsys.readouterr().err
    assert main([*arguments[:-1], str(models[1])]) == 1
    assert "overwrite" in capsys.readouterr().err


def test_models_that_stand_on_other_axes_are_stood_up() -> None:
    assert [up_as_asked("auto", Path(name)) for name in ("a.glb", "a.GLTF", "a.obj", "a.ply")] == [1, 1, 1, 2]
    assert (up_as_asked("x", Path("a.ply")), up_as_asked("any", Path("a.ply"))) == (0, None)
    some = table().surface
    for axis in range(2):
        lying = turned_up(some, 2, axis)
        assert np.ptp(lying.centers[:, axis]) == pytest.approx(np.ptp(some.centers[:, 2]))
        np.testing.assert_allclose(turned_up(lying, axis, 2).centers, some.centers)
        np.testing.assert_allclose(np.cross(*lying.centers[:2]) @ lying.centers[2], np.cross(*some.centers[:2]) @ some.centers[2])
