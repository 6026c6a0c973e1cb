"""`partgen edit` on a model: the file that comes out, what is printed, and what is refused without touching anything."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    """A top (part 0) on one leg (part 1), and its labels."""
    top = trimesh.creation.box((2, 0.1, 1))
    top.apply_translation((0, 1.05, 0))
    leg = trimesh.creation.box((0.2, 1, 0.2)).subdivide().subdivide()
    leg.apply_translation((0, 0.5, 0))
    (trimesh.util.concatenate([top, leg])).export(tmp_path / "table.ply")
    np.savez(tmp_path / "table.npz", face_labels=np.repeat([0, 1], [len(top.faces), len(leg.faces)]).astype(np.int32))
    return tmp_path / "table.ply", tmp_path / "table.npz"


def edit(table: tuple[Path, Path], output: Path, *more: str) -> int:
    return main(["edit", str(table[0]), "--labels", str(table[1]), "--part", "1", "-o", str(output), *more])


def test_a_prompt_changes_the_part_and_says_what_was_understood(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "out.glb", "--prompt", "twice as long", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["part"], said["method"], said["refused"]) == (1, "instruct", None)
    assert said["edits"] == [{"op": "scale", "axis": "length", "factor": 2.0}]
    scene = trimesh.load_scene(tmp_path / "out.glb")
    sizes = {name: np.ptp(geometry.vertices, axis=0) for name, geometry in scene.geometry.items()}
    assert sizes["table Part 01"].max() == pytest.approx(2, rel=1e-4)
    assert sizes["table Part 00"] == pytest.approx([2, 0.1, 1])


def test_variations_are_files_of_their_own_and_differ(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "bent.glb", "--prompt", "twist it", "--variations", "3") == 0
    made = [trimesh.load_scene(tmp_path / name).geometry["table Part 01"].vertices for name in ("bent.glb", "bent_2.glb", "bent_3.glb")]
    assert not np.allclose(made[0], made[1])
    assert not np.allclose(made[1], made[2])
    assert capsys.readouterr().out.count("part 1, twist by") == 3


def test_what_is_refused_writes_nothing(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "out.glb", "--prompt", "how are you today?") == 1
    assert "Try:" in capsys.readouterr().out
    assert not (tmp_path / "out.glb").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--prompt", "longer", "--part", "7"), "no part 7"),
        (("--prompt", "like the left wheel"), "no part called"),
        (("--prompt", "5 m shorter"), "nothing would be left"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture, more: tuple, words: str) -> None:
    assert edit(table, tmp_path / "out.glb", *more) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out.glb").exists()


def test_the_model_itself_is_never_overwritten(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, table[0], "--prompt", "longer") == 1
    assert edit(table, tmp_path / "out.obj", "--prompt", "longer") == 1
    assert main(["edit", str(table[0]), "--prompt", "longer"]) == 1
    assert capsys.readouterr().err.count("partgen:") == 3
