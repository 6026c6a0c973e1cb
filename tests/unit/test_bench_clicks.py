"""`partgen bench clicks`: somebody is simulated who clicks until the region is what was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.evaluation.clicks import REPORTED, WAYS, Depths, best_of_path, by_refining, clicked, likeness, surface_of
from partgen.mesh import Mesh
from partgen.part_tree import PartTree
from partgen.refining import Refinable, refinable


@pytest.fixture
def plate() -> tuple[Refinable, Depths, np.ndarray]:
    """A flat strip of 24 x 4 squares, its faces' x, and a tree of four leaves, quarters of its length."""
    x, y = np.meshgrid(np.arange(25), np.arange(5), indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    corner = (np.arange(24)[:, None] * 5 + np.arange(4)).ravel()
    faces = np.concatenate([np.stack([corner, corner + 5, corner + 6], axis=1), np.stack([corner, corner + 6, corner + 1], axis=1)])
    surface = surface_of(Mesh.from_triangles(vertices, faces))
    along = vertices[faces].mean(axis=1)[:, 0]
    object_ = refinable(PartTree.from_merges([(0, 1), (2, 3), (4, 5)], 2), (along // 6).astype(np.int64), surface)
    return object_, Depths(surface), along


def test_the_deepest_face_is_farthest_from_the_border(plate) -> None:
    _, depths, along = plate
    assert along[depths.deepest(along < 12)] < 0.5  # the end of the strip: only the other end of this half is a border
    assert along[depths.deepest((along > 6) & (along < 18))] == pytest.approx(12, abs=1)


def test_of_several_pieces_the_largest_is_clicked(plate) -> None:
    _, depths, along = plate
    assert along[depths.deepest((along < 3) | (along > 20))] > 20


def test_what_has_no_border_is_clicked_in_its_middle(plate) -> None:
    _, depths, along = plate
    assert along[depths.deepest(np.ones(len(along), bool))] == pytest.approx(12, abs=1)


def test_what_looks_like_what_was_clicked_is_told_from_what_does_not(plate) -> None:
    object_, _, along = plate
    striped = replace(object_, features=np.array([(1, 0), (0, 1), (1, 0), (0, 1)], np.float64))
    first, second, third = (int(np.abs(along - x).argmin()) for x in (3, 9, 15))
    odds = likeness(striped, [(first, True), (third, True), (second, False)])
    assert (odds[::2] > 0).all()
    assert (odds[1::2] < 0).all()


def test_clicks_go_where_the_region_is_still_wrong(plate) -> None:
    """Who answers with the half before the middle, then everything, is told what is missing, then what is too much."""
    object_, depths, along = plate
    part, told = along < 18, []

    def answer(object_: Refinable, clicks: list[tuple[int, bool]]) -> np.ndarray:
        told.append([(along[face], is_wanted) for face, is_wanted in clicks])
        return along < (12, 24, 18)[len(told) - 1]

    found = clicked(answer, object_, part, depths.deepest(part), depths, 5)
    assert found == pytest.approx([12 / 18, 18 / 24, 1, 1, 1])
    assert len(told) == 3
    assert 12 < told[1][-1][0] < 18
    assert told[2][-1][0] > 23  # the end: what is too much has one border
    assert [is_wanted for _, is_wanted in told[2]] == [True, True, False]


def test_more_clicks_find_what_the_tree_does_not_have(plate) -> None:
    """The middle half lies in two nodes that join with others first."""
    object_, depths, along = plate
    part = (along > 6) & (along < 18)
    first = depths.deepest(part)
    assert best_of_path(object_, part, first) == pytest.approx(0.5)
    assert clicked(by_refining, object_, part, first, depths)[-1] == 1


def test_bench_tells_how_many_clicks_parts_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boxes = trimesh.util.concatenate([trimesh.creation.box().apply_translation((3 * i, 0, 0)) for i in range(3)])
    (tmp_path / "labelled").mkdir()
    labels = np.repeat(np.arange(3), 12)
    np.savez(tmp_path / "labelled" / "toys_boxes.npz", vertices=boxes.vertices, faces=boxes.faces, face_labels=labels, category="toy")
    arguments = ["bench", "clicks", "--data", str(tmp_path), "--method", "geometric", "--results", str(tmp_path / "results.jsonl")]
    assert main([*arguments, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)["methods"]["geometric"]["sets"]["toys"]["all"]
    assert set(values["ways"]) == set(WAYS)
    assert values["one"]["right scale"] == 1
    assert values["ways"]["refining"]["10"] == 1
    for way in values["ways"].values():
        assert set(way) == {str(count) for count in REPORTED}
        assert all(0 < value <= 1 for value in way.values())
    assert main(arguments) == 0  # from the results, as a table
    assert "| toys | all " in capsys.readouterr().out
