"""`partgen shapes`: what a person who wants to see or have the data set gets."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from PIL import Image


def test_the_list_tells_what_each_family_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "list"]) == 0
    told = capsys.readouterr().out
    assert "An acoustic or electric guitar." in told
    assert "families, version" in told


def test_a_sheet_shows_the_families_that_were_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "new" / "sheet.png"
    assert main(["shapes", "sheet", str(target), "--families", "mug, hammer", "--seeds", "2", "--size", "64"]) == 0
    pixels = np.asarray(Image.open(target))
    assert pixels.shape[2] == 3
    assert min(pixels.shape[:2]) >= 64
    assert (pixels < 230).any(axis=2).mean() > 0.05, "there is something to see"
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20
    assert "2 families" in capsys.readouterr().out


def test_exported_files_are_part_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "export", str(tmp_path), "--count", "3", "--families", "chair,mug", "--first", "10", "--corrupt"]) == 0
    files = sorted(tmp_path.glob("*.npz"))
    assert len(files) == 3
    for file in files:
        with np.load(file, allow_pickle=False) as archive:
            content = dict(archive)
        count = len(content["part_names"])
        for prefix, labels in (("", "face_labels"), ("fused_", "fused_labels"), ("corrupted_", "corrupted_labels")):
            assert content[f"{prefix}vertices"].dtype == np.float32
            assert content[f"{prefix}faces"].dtype == content[labels].dtype == np.int32
            assert content[f"{prefix}faces"].max() == len(content[f"{prefix}vertices"]) - 1
            assert len(content[f"{prefix}faces"]) == len(content[labels])
            assert 0 <= content[labels].min() <= content[labels].max() < count
        for number in range(count):
            assert len(content[f"part_{number}_faces"]) == (content["face_labels"] == number).sum()
            assert content[f"part_{number}_name"] == content["part_names"][number]
            own = trimesh.Trimesh(content[f"part_{number}_vertices"], content[f"part_{number}_faces"], process=False)
            assert content["part_watertight"][number] == own.is_watertight
        assert content["levels"].shape[1] == count
        assert (content["part_visible_fraction"] > 0).all()
        assert {"category", "caption", "source", "licence"} <= set(content)
    assert capsys.readouterr().out.count("parts\n") == 3


def test_exported_shapes_can_be_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["shapes", "export", str(tmp_path), "--count", "1", "--families", "mug"])
    assert main(["bench", "segmentation", "--data", str(tmp_path), "--protocol", "auto"]) == 0


def test_a_family_that_is_not_there_is_named_with_the_way_to_find_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["shapes", "sheet", str(tmp_path / "x.png"), "--families", "unicorn"]) == 1
    assert "There is no family unicorn. `partgen shapes list` names them." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_no_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["shapes", "export", str(tmp_path / "file"), "--count", "1", "--families", "mug"]) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("options", ["export X --count 1 --first -5", "bench --seconds 0", "bench --seconds x"])
def test_a_number_that_makes_no_sense_is_told(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["shapes", *options.split()])
    assert stop.value.code == 2
    assert f"{options.split()[-1]} is not a" in capsys.readouterr().err


def test_a_sheet_whose_name_is_no_picture_s_is_told_before_it_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "sheet", str(tmp_path / "noext"), "--families", "mug", "--seeds", "1"]) == 1
    assert "noext is not the name of a picture. Let it end in .png or .jpg." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("partgen.shapes")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "manifold3d", None)
    assert main(["shapes", "list"]) == 1
    assert "The package manifold3d is not installed. Install what it needs: pip install 'partgen[train]'" in capsys.readouterr().err


def test_the_bench_tells_how_many_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "bench", "--seconds", "0.2", "--families", "mug"]) == 0
    assert "a second a core" in capsys.readouterr().out


@pytest.mark.parametrize("action", [[], ["list"], ["sheet"], ["export"], ["bench"]])
def test_help_teaches_with_examples(action: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["shapes", *action, "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    assert "usage: partgen shapes" in told
    assert len(told) > 200
