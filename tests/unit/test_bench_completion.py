"""`partgen bench completion` measures what the benchmark's own script measures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.completion import CompletedPart
from partgen.evaluation.completion import score
from partgen.mesh import Mesh

OBJECTS = ("kenney_character", "kenney_vehicle-truck-green")
NAMES = {"chamfer": "chamfer", "f1_05": "f05", "f1_02": "f02", "iou": "iou", "watertight": "watertight", "moved": "moved"}


def folder_of(names: tuple[str, ...], benchmark: Path, folder: Path) -> Path:
    """A folder with these objects of the benchmark alone."""
    for kind in ("labelled", "remeshed"):
        (folder / kind).mkdir(parents=True)
        for name in names:
            source = benchmark / kind / f"{name}.npz"
            if source.exists():
                (folder / kind / source.name).symlink_to(source)
    return folder


def printed(command: list[str]) -> dict[str, dict[str, float]]:
    """The rows that the script prints, by set."""
    said = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False).stdout
    number = re.compile(r"'(\w+)': (?:np\.float64\()?([-\d.e]+)")
    rows = [line.split(maxsplit=1) for line in said.splitlines() if "'iou'" in line and line.split()[0] in ("skin", "fused")]
    return {name: {key: float(value) for key, value in number.findall(rest)} for name, rest in rows}


def test_its_numbers_are_those_of_the_script(benchmark_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = folder_of(OBJECTS, benchmark_folder, tmp_path / "data")
    assert main(["bench", "completion", "--data", str(data), "--method", "caps", "--json"]) == 0
    ours = json.loads(capsys.readouterr().out)["sets"]
    partgen = Path(sys.executable).with_name("partgen")
    theirs = printed([sys.executable, str(benchmark_folder / "run_completion.py"), "caps", "--data", str(data), "--partgen", str(partgen)])
    assert set(ours) == set(theirs) == {"skin"}
    for ours_called, theirs_called in [*NAMES.items(), ("penetration", "penetration"), ("parts", "n")]:
        assert ours["skin"][ours_called] == pytest.approx(theirs["skin"][theirs_called], abs=1.5e-4), ours_called


def test_halves_of_a_bar_are_measured_as_what_they_are(tmp_path, capsys) -> None:
    """Caps close them exactly: nothing is missing, nothing moved, nothing overlaps."""
    bar = trimesh.creation.box((4, 1, 1)).subdivide().subdivide()
    labels = (bar.triangles_center[:, 0] > 0).astype(np.int32)
    halves = [trimesh.creation.box(bounds=[[x, -0.5, -0.5], [x + 2, 0.5, 0.5]]) for x in (-2, 0)]
    truths = {f"part_{i}_{key}": getattr(half, key) for i, half in enumerate(halves) for key in ("vertices", "faces")}
    (tmp_path / "labelled").mkdir()
    np.savez(
        tmp_path / "labelled" / "bar.npz", fused_vertices=bar.vertices, fused_faces=bar.faces, fused_labels=labels,
        part_watertight=np.ones(2, bool), **truths,
    )  # fmt: skip
    assert main(["bench", "completion", "--data", str(tmp_path), "--method", "caps", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["sets"].values()
    assert row["parts"] == 2
    assert row["watertight"] == 1
    assert row["moved"] < 1e-6
    assert row["penetration"] < 1e-3
    assert row["iou"] > 0.99
    assert row["f1_02"] > 0.95
    assert row["crossed"] == row["crossing"] == 0
    assert main(["bench", "completion", "--data", str(tmp_path), "--method", "caps"]) == 0
    assert {"crossed", "crossing"} <= set(capsys.readouterr().out.split())


def test_generated_triangles_that_go_through_their_part_are_counted() -> None:
    bar = trimesh.creation.box((4, 1, 1))
    spike = np.array([[0, 0, 0], [0.5, 0, 2], [-0.5, 0, 2]], np.float32)  # from inside through the top
    count = len(bar.faces)
    vertices = np.concatenate([bar.vertices.astype(np.float32), spike])
    faces = np.concatenate([bar.faces, [[8, 9, 10]]]).astype(np.int32)
    own = np.arange(count, dtype=np.int32)
    generated = np.arange(len(faces)) >= count
    part = CompletedPart(0, own, np.arange(8, dtype=np.int32), np.zeros(count, bool), vertices, faces, generated, "caps")
    row = score(part, bar, Mesh.from_triangles(bar.vertices, bar.faces, "bar"))
    assert (row["crossed"], row["crossing"]) == (1, 1)


def test_a_folder_without_objects_is_said_to_be(tmp_path, capsys) -> None:
    assert main(["bench", "completion", "--data", str(tmp_path), "--method", "caps"]) == 1
    assert "no objects with complete parts" in capsys.readouterr().err
