"""`partgen complete` with what people really have: every file is answered with closed parts, or with a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.completion import remeshing


def ball() -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=2)


def upper(shape: trimesh.Trimesh) -> np.ndarray:
    """A label for every triangle: 1 for the upper half."""
    return (shape.triangles_center[:, 2] > 0).astype(np.int32)


def run(folder: Path, shape: trimesh.Trimesh, labels: np.ndarray, *options: str) -> int:
    """The exit code of the command for a shape, of which neither vertices nor triangles are merged."""
    shape.export(folder / "thing.ply")
    np.savez(folder / "labels.npz", face_labels=labels)
    files = [str(folder / "thing.ply"), "--labels", str(folder / "labels.npz"), "-o", str(folder / "out")]
    return main(["complete", *files, *options])


def table(folder: Path) -> dict:
    return json.loads((folder / "out" / "parts.json").read_text())


def one_face(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    labels = upper(shape)
    labels[17] = 7
    return shape, labels


def flat_part(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    box = trimesh.creation.box().subdivide().subdivide()
    return box, (box.triangles_center[:, 2] > 0.4999).astype(np.int32)


def inside_out(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    return trimesh.Trimesh(shape.vertices, shape.faces[:, ::-1], process=False), upper(shape)


def two_sided(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    both = np.concatenate([shape.faces, shape.faces[:, ::-1]])
    return trimesh.Trimesh(shape.vertices, both, process=False), np.tile(upper(shape), 2)


def nested_shells(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    shells = []
    for number, radius in enumerate((1.0, 0.8, 0.5)):
        shell = trimesh.creation.icosphere(subdivisions=2, radius=radius)
        if number == 1:
            shell.invert()
        shells.append(shell)
    whole = trimesh.util.concatenate(shells)
    return whole, upper(whole)


def everything(shape: trimesh.Trimesh) -> tuple[trimesh.Trimesh, np.ndarray]:
    return shape, np.full(len(shape.faces), 5, np.int32)


@pytest.fixture
def coarse_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick remeshing: what is promised does not depend on how fine it is."""
    monkeypatch.setattr(remeshing, "CELLS", 24)


BAD = [one_face, flat_part, inside_out, two_sided, nested_shells, everything]


@pytest.mark.parametrize("method", ["caps", "solid"])
@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_every_odd_input_gives_closed_parts_that_look_outward(tmp_path: Path, make, method: str) -> None:
    shape, labels = make(ball())
    assert run(tmp_path, shape, labels, "--method", method) == 0
    listed = table(tmp_path)["parts"]
    assert [part["label"] for part in listed] == np.unique(labels).tolist()
    for part in listed:
        written = trimesh.load(tmp_path / "out" / part["file"], process=True)
        assert part["watertight"], part
        assert written.is_watertight, part
        assert part["volume"] > 0, part


@pytest.mark.parametrize("make", [two_sided, nested_shells], ids=lambda make: make.__name__)
@pytest.mark.usefixtures("coarse_grids")
def test_odd_input_can_be_remeshed_for_print(tmp_path: Path, make) -> None:
    shape, labels = make(ball())
    assert run(tmp_path, shape, labels, "--remesh") == 0
    for part in table(tmp_path)["parts"]:
        assert part["watertight"], part
        assert part["made_by"] == "remesh" or any("too thin to be remeshed" in note for note in part["notes"]), part


@pytest.mark.usefixtures("coarse_grids")
def test_a_thin_sheet_is_remeshed_at_its_own_thickness(tmp_path: Path) -> None:
    box = trimesh.creation.box((1, 1, 1)).subdivide().subdivide()
    top = box.submesh([np.flatnonzero(box.triangles_center[:, 2] > 0.4999)], append=True)
    assert run(tmp_path, top, np.zeros(len(top.faces), np.int32), "--remesh") == 0
    (part,) = table(tmp_path)["parts"]
    assert part["made_by"] == "remesh"
    assert part["volume"] == pytest.approx(0.01 * np.sqrt(2), rel=0.25)


@pytest.mark.usefixtures("coarse_grids")
def test_remeshing_because_it_was_asked_for_is_not_excused_with_a_problem(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, ball(), upper(ball()), "--remesh") == 0
    assert "could not be" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros(3, np.int32), "320 triangles, but there are 3 labels"),
        (np.zeros((320, 2), np.int32), "320 triangles, but there are an array"),
        (np.zeros(320), "not whole numbers"),
        (np.full(320, -1, np.int32), "No triangle"),
    ],
    ids=["too few", "a table", "fractions", "none"],
)
def test_labels_that_do_not_match_are_refused_in_one_sentence_and_nothing_is_written(tmp_path: Path, capsys, labels, said: str) -> None:
    assert run(tmp_path, ball(), labels) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_part_without_a_usable_triangle_is_named_and_the_others_are_written(tmp_path: Path, capsys) -> None:
    shape = ball()
    shape = trimesh.Trimesh(shape.vertices, np.concatenate([shape.faces, [[0, 0, 1]]]), process=False)
    assert run(tmp_path, shape, np.append(upper(ball()), 9)) == 1
    assert "could not be closed: 9." in capsys.readouterr().err
    assert [part["watertight"] for part in table(tmp_path)["parts"]] == [True, True, False]


@pytest.mark.parametrize("given", [("--proposals", "0"), ("--proposals", "two"), ("--seed", "-1"), ("--steps", "0"), ("--reach", "2")])
def test_options_that_make_no_sense_are_refused_before_anything_is_read(tmp_path: Path, capsys, given: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["complete", "missing.ply", "--labels", "missing.npz", "-o", str(tmp_path), *given])
    assert ended.value.code == 2
    assert given[1] in capsys.readouterr().err


def test_more_proposals_of_a_method_that_gives_one_are_said_not_to_be(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, ball(), upper(ball()), "--method", "caps", "--proposals", "3") == 0
    assert "gives one result" in capsys.readouterr().out
    assert not list((tmp_path / "out").glob("proposal_*"))


@pytest.mark.parametrize("option", [("--seed", "3"), ("--steps", "9"), ("--reach", "0.5")])
def test_an_option_that_the_method_has_no_use_for_is_said_to_change_nothing(tmp_path: Path, capsys, option: tuple[str, str]) -> None:
    said = f"{option[0]} changes nothing"
    assert run(tmp_path, ball(), upper(ball()), "--method", "caps") == 0
    assert "changes nothing" not in capsys.readouterr().out
    assert run(tmp_path, ball(), upper(ball()), "--method", "caps", *option) == 0
    assert said in capsys.readouterr().out
    assert any(said in note for note in table(tmp_path)["notes"])


def test_a_method_that_is_experimental_says_so(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, ball(), upper(ball()), "--method", "generative") == 0
    assert "Experimental" in capsys.readouterr().out
    assert any("Experimental" in note for note in table(tmp_path)["notes"])


@pytest.mark.parametrize("label", [2**32, 2**31, -(2**32)])
def test_a_label_that_is_too_large_is_refused(tmp_path: Path, capsys, label: int) -> None:
    labels = upper(ball()).astype(np.int64)
    labels[:9] = label
    assert run(tmp_path, ball(), labels) == 1
    assert f"has the label {label}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_second_run_leaves_nothing_of_the_first_and_all_else_in_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(tmp_path, ball(), upper(ball()) + 4, "--method", "generative", "--proposals", "2") == 0
    assert (out / "part_005.ply").is_file()
    assert (out / "proposal_2" / "part_005.ply").is_file()
    (out / "part_009.ply").write_text("mine")
    (out / "proposal_2" / "notes.txt").write_text("mine")
    assert run(tmp_path, ball(), upper(ball()), "--method", "caps") == 0
    left = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert left == ["part_000.ply", "part_001.ply", "part_009.ply", "parts.json", "proposal_2/notes.txt", "thing.glb"]


def test_the_parts_json_of_another_command_removes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "part_007.ply").write_text("mine")
    (out / "parts.json").write_text(json.dumps({"source": "thing.ply", "parts": [{"file": "part_007.ply"}, {"file": "../x.ply"}]}))
    assert run(tmp_path, ball(), upper(ball()), "--method", "caps") == 0
    assert (out / "part_007.ply").read_text() == "mine"


def test_work_that_takes_long_says_how_far_it_is(capsys) -> None:
    from partgen.commands.completing import _Announcing

    announce = _Announcing(0.0)
    for fraction, stage in ((0.05, "2 parts on CPU: about 9 minutes"), (0.1, "Part 1"), (0.2, "Part 1"), (1.0, "Done")):
        announce(fraction, stage)
    assert capsys.readouterr().err.splitlines() == ["partgen:   5% 2 parts on CPU: about 9 minutes", "partgen:  10% Part 1"]
