"""What the numbers of `partgen bench transfer` mean."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from furniture import PARTS, Table
from furniture import table as furnish
from partgen.cli import main
from partgen.evaluation.clicks import surface_of
from partgen.evaluation.following import measured
from partgen.evaluation.transfer import Named, agreement, measured_group, part_kind, share_in_common, shares_right, table
from partgen.mesh import Mesh


def named(name: str, some: Table, names: tuple[str, ...] = PARTS) -> Named:
    kinds = np.array([part_kind(part) for part in names])[some.part_of_face]
    refined = surface_of(Mesh.from_triangles(some.vertices, some.faces))
    return Named(name, "Table", some.surface, kinds, 6, refined, some.part_of_face)


def three(names: tuple[str, ...] = PARTS) -> list[Named]:
    return [named("a", furnish(), names), named("b", furnish(width=2.0, order=3), names), named("c", furnish(height=1.1, order=5), names)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("normal_faucet/spout/tube", "tube"), ("wheel_backLeft", "wheel"), ("wheel_frontRight.002", "wheel"), ("doorLeft", "door"),
        ("bunBottom_1", "bunbottom"), ("legRight", "leg"), ("leg front left", "leg"), ("wheel-back-right", "wheel"), ("body", "body"),
    ],
)  # fmt: skip
def test_sides_and_numbers_make_no_other_kind_of_part(name: str, kind: str) -> None:
    assert part_kind(name) == kind


def test_tables_of_boxes_are_understood_wholly() -> None:
    row = measured_group("Table", three(("top", "first", "second", "third", "fourth", "shelf")), 6, lambda sentence: None)
    assert row is not None
    assert (row["objects"], row["pairs"], row["names"], row["turned"]) == (3, 6, 6, 0)
    assert row["both_area"] == row["both_faces"] == pytest.approx(1)
    assert row["together_names"] == pytest.approx(1)
    assert row["alone_names"] == pytest.approx(1)
    assert row["looks_area"] < 1  # which leg is which, features do not know


def test_what_only_one_of_two_has_does_not_count() -> None:
    source, target = named("a", furnish(shelf=False)), named("b", furnish())
    assert share_in_common(source, target) < 1 == share_in_common(target, source)
    carried = np.where(target.kinds == "shelf", "top", target.kinds)
    assert shares_right(carried, target, set(source.kinds.tolist())) == (1, 1)


def test_objects_of_two_kinds_are_not_compared() -> None:
    strange = named("b", furnish(), ("body", "wheel", "wheel", "wheel", "wheel", "window"))
    assert measured_group("Thing", [named("a", furnish()), strange], 6, lambda sentence: None) is None


def test_shares_are_of_area_and_of_faces() -> None:
    some = named("a", furnish())
    wrong = np.where(some.kinds == "shelf", "top", some.kinds)
    area, faces = shares_right(wrong, some, set(some.kinds.tolist()))
    is_shelf = some.kinds == "shelf"
    assert area == pytest.approx(1 - some.surface.areas[is_shelf].sum() / some.surface.areas.sum())
    assert faces == pytest.approx(1 - is_shelf.mean())


def test_an_identity_has_the_name_of_most_of_its_surface() -> None:
    objects = three()[:2]
    everything = [np.zeros(len(some.kinds), int) for some in objects]
    shares = [some.surface.areas[some.kinds == "top"].sum() / some.surface.areas.sum() for some in objects]
    assert agreement(objects, everything) == pytest.approx(np.mean(shares))
    perfect = [np.unique(some.kinds, return_inverse=True)[1] for some in objects]
    assert agreement(objects, perfect) == pytest.approx(1)


def test_clicks_on_one_table_are_followed_in_the_others() -> None:
    row = measured(three(), 2, frozenset())
    assert row is not None
    assert row["followed_parts"] == 3 * 2 * 2, "top and shelf of each table, in two others: of four legs nobody knows which one is meant"
    assert row["clicked_5"] == row["before"] == row["followed_5"] == row["found_5"] == pytest.approx(1)


def test_what_is_found_nowhere_is_judged_by_what_was_there_before() -> None:
    without = [some._replace(surface=some.surface.with_leaves_alone()) for some in three()]
    row = measured(without, 2, frozenset({"top"}))
    assert row is not None
    assert row["followed_parts"] == 3 * 2, "the shelf alone"
    assert row["followed_3"] >= row["before"] * row["found_3"]


def test_objects_without_a_part_that_both_have_once_are_not_clicked_on() -> None:
    assert measured(three(("leg",) * len(PARTS)), 2, frozenset()) is None


def test_the_command_measures_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, some in (("a", furnish()), ("b", furnish(width=1.6, order=3))):
        np.savez(tmp_path / f"set_{name}.npz", vertices=some.vertices, faces=some.faces, face_labels=some.part_of_face,
                 part_names=np.array(PARTS), category="Table")  # fmt: skip
    assert main(["bench", "transfer", "--data", str(tmp_path), "--limit", "2", "--method", "geometric", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    (row,) = result["rows"]
    assert (row["group"], row["pairs"], row["tuned"]) == ("Table", 2, False)
    text = table(result)
    assert "| Table | 2 |" in text
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [len({line.count("|") for line in lines}) for lines in tables] == [1, 1, 1]  # as many values as columns
    assert "**mean, others**" in text
