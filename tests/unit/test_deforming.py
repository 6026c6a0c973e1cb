"""What an edit does to a part's vertices: what was asked, along the part's own axes, and nothing where it is attached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from partgen.editing.deforming import DEFORMATIONS, OF_PLACE, PartSurface, deformed, why_hardly_seen
from partgen.editing.edits import OPERATIONS, Edit, edits_from
from partgen.editing.variations import varied
from partgen.errors import PartgenError

UP = np.array([0.0, 0.0, 1.0])
SIZES = (0.2, 0.4, 2.0)


def post(turn: np.ndarray | None = None) -> PartSurface:
    """A post of SIZES that stands on its attachment; `turn` (3, 3) lays it another way."""
    box = trimesh.creation.box(SIZES)
    vertices, faces = trimesh.remesh.subdivide_to_size(box.vertices, box.faces, 0.1)
    vertices = vertices + np.array([0, 0, 1])
    attached = vertices[:, 2] < 1e-9
    if turn is not None:
        vertices = vertices @ turn.T
    return PartSurface(vertices, faces.astype(np.int64), attached, UP)


def sizes(points: np.ndarray) -> np.ndarray:
    return np.ptp(points, axis=0)


def after(part: PartSurface, op: str, strength: float = 1.0, **parameters: object) -> np.ndarray:
    return deformed(part, [Edit(op, parameters)], strength)


@pytest.mark.parametrize("op", sorted(set(DEFORMATIONS) - OF_PLACE))
def test_where_a_part_is_attached_nothing_moves(op: str) -> None:
    part = post()
    changed = after(part, op)
    assert np.array_equal(changed[part.attached], part.points[part.attached])
    if op not in ("straighten", "facet"):  # it is straight and flat already
        assert np.abs(changed - part.points).max() > 0.005


@pytest.mark.parametrize("op", sorted(DEFORMATIONS))
def test_strength_zero_changes_nothing_and_half_less_than_all(op: str) -> None:
    part = post()
    whole, half = (np.abs(after(part, op, strength) - part.points).max() for strength in (1.0, 0.5))
    assert np.array_equal(after(part, op, 0.0), part.points)
    assert half < whole or whole < 1e-9


def test_longer_is_along_the_part_however_it_lies() -> None:
    turn = trimesh.transformations.rotation_matrix(0.9, [0.3, 1, 0.2])[:3, :3]
    part = post(turn)
    assert sizes(after(part, "scale", axis="length", factor=1.5) @ turn)[2] == pytest.approx(3.0, rel=1e-6)


def test_lengths_are_in_the_unit_that_was_said() -> None:
    part = post()
    assert sizes(after(part, "scale", axis="length", delta={"value": 50, "unit": "cm"}))[2] == pytest.approx(2.5)
    assert sizes(after(part, "scale", axis="height", target={"value": 1, "unit": "m"}))[2] == pytest.approx(1.0)
    in_centimetres = PartSurface(part.points * 100, part.faces, part.attached, UP, metres_per_unit=0.01)
    assert sizes(after(in_centimetres, "scale", axis="length", delta={"value": 50, "unit": "cm"}))[2] == pytest.approx(250)
    assert sizes(after(part, "scale", axis="length", target={"value": 3, "unit": ""}, strength=0.5))[2] == pytest.approx(2.5)


def test_wider_is_across_the_wide_side_and_thicker_across_the_thin_one() -> None:
    part = post()
    assert sizes(after(part, "scale", axis="width", factor=2.0)) == pytest.approx([0.2, 0.8, 2.0], abs=1e-6)
    assert sizes(after(part, "scale", axis="thickness", factor=2.0)) == pytest.approx([0.4, 0.4, 2.0], abs=1e-6)


def test_thicker_keeps_a_round_rod_round() -> None:
    rod = trimesh.creation.cylinder(0.1, 2.0, sections=32)
    part = PartSurface(np.array(rod.vertices), np.array(rod.faces), np.zeros(len(rod.vertices), bool), UP)
    assert sizes(after(part, "scale", axis="thickness", factor=1.5)) == pytest.approx([0.3, 0.3, 2.0], abs=1e-3)


def test_a_quarter_bend_turns_the_free_end_by_ninety_degrees_and_keeps_the_length() -> None:
    part = post()
    changed = after(part, "bend", angle=90.0)
    top = part.points[:, 2] > 2 - 1e-9
    normal = np.linalg.svd(changed[top] - changed[top].mean(axis=0))[2][2]
    assert abs(normal @ UP) < 0.02
    middle = 2 / (np.pi / 2)
    assert np.linalg.norm(changed[top].mean(axis=0)) == pytest.approx(middle * np.sqrt(2), rel=0.03)


def test_bending_up_and_down_are_opposite() -> None:
    sideways = post(np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], float))
    up, down = (after(sideways, "bend", angle=60.0, direction=way)[:, 2] for way in ("up", "down"))
    assert up.max() > 1
    assert down.min() < -1


def test_a_twist_turns_the_free_end_by_its_angle_and_leaves_the_height() -> None:
    part = post()
    changed = after(part, "twist", angle=90.0)
    top = part.points[:, 2] > 2 - 1e-9
    assert sizes(changed[top]) == pytest.approx([0.4, 0.2, 0], abs=1e-6)
    assert sizes(changed)[2] == pytest.approx(2.0)


def test_taper_narrows_the_free_end_to_its_share() -> None:
    part = post()
    top = part.points[:, 2] > 2 - 1e-9
    assert sizes(after(part, "taper", factor=0.25)[top]) == pytest.approx([0.05, 0.1, 0], abs=1e-6)


def test_straightening_takes_a_bend_out() -> None:
    part = post()
    bent = part.moved(after(part, "bend", angle=60.0))

    def bow(points: np.ndarray) -> float:
        """How far the middles of what were level sections lie from a straight line."""
        levels = np.unique(part.points[:, 2].round(6))
        middles = np.array([points[np.abs(part.points[:, 2] - level) < 1e-6].mean(axis=0) for level in levels])
        return float(np.linalg.svd(middles - middles.mean(axis=0))[1][1])

    assert bow(after(bent, "straighten")) < 0.35 * bow(bent.points)


def test_facets_are_flat_and_as_few_as_asked() -> None:
    ball = trimesh.creation.icosphere(3)
    part = PartSurface(np.array(ball.vertices), np.array(ball.faces), np.zeros(len(ball.vertices), bool), UP)
    faceted = trimesh.Trimesh(after(part, "facet", count=12), ball.faces, process=False)
    sharp = faceted.face_adjacency_angles > np.radians(12)
    pieces = trimesh.graph.connected_components(faceted.face_adjacency[~sharp], nodes=np.arange(len(ball.faces)), min_len=20)
    assert 8 <= len(pieces) <= 14
    assert faceted.volume == pytest.approx(ball.volume, rel=0.15)


def test_smoothing_evens_bumps_out_and_keeps_the_volume() -> None:
    ball = trimesh.creation.icosphere(4)
    part = PartSurface(np.array(ball.vertices), np.array(ball.faces), np.zeros(len(ball.vertices), bool), UP)
    bumpy = after(part, "bumps", amount=0.3, size=0.1)
    smooth = after(part.moved(bumpy), "smooth", amount=1.0)
    assert np.linalg.norm(smooth, axis=1).std() < 0.65 * np.linalg.norm(bumpy, axis=1).std()
    assert trimesh.Trimesh(smooth, ball.faces).volume == pytest.approx(trimesh.Trimesh(bumpy, ball.faces).volume, rel=0.03)


def test_smoothing_opens_no_gap_between_shells_that_meet() -> None:
    """Two open cups, rim on rim, as assets are often made: each is smoothed by itself."""
    ball = trimesh.creation.icosphere(3)
    above = ball.triangles_center[:, 2] > 0
    halves = [ball.submesh([chosen], append=True) for chosen in (above, ~above)]
    cups = trimesh.util.concatenate([half.apply_scale([1, 1, 1 + 1e-6 * number]) for number, half in enumerate(halves)])
    part = PartSurface(np.array(cups.vertices), np.array(cups.faces), np.zeros(len(cups.vertices), bool), UP)
    smooth = after(part, "smooth", amount=1.0)
    rim = np.flatnonzero(part.bordering[part.welded[0]])
    assert len(rim) > 20
    np.testing.assert_allclose(smooth[rim], part.points[rim], atol=1e-9)
    assert np.abs(smooth - part.points).max() > 1e-3


def test_straightening_goes_by_the_surface_and_not_by_where_its_vertices_happen_to_lie() -> None:
    """A straight post that has many vertices on one side stays straight."""
    box = trimesh.creation.box((0.2, 0.2, 2.0)).subdivide()
    for _ in range(4):
        box = box.subdivide(np.flatnonzero(box.triangles_center[:, 0] > 0.099))
    part = PartSurface(np.array(box.vertices), np.array(box.faces), np.zeros(len(box.vertices), bool), UP)
    assert np.abs(after(part, "straighten") - part.points).max() < 0.01


def test_vertices_in_one_place_stay_together() -> None:
    part = post()
    corners = part.faces.reshape(-1)
    loose = PartSurface(part.points[corners], np.arange(len(corners)).reshape(-1, 3), part.attached[corners], UP)
    for op in DEFORMATIONS:
        changed = after(loose, op)
        together = np.zeros_like(part.points)
        together[corners] = changed
        assert np.allclose(together[corners], changed, atol=1e-9), op


def test_edits_survive_json_and_numbers_come_into_range() -> None:
    told = [
        {"op": "twist", "angle": 90},
        {"op": "scale", "axis": "length", "delta": {"value": 3, "unit": "cm"}},
        {"op": "taper", "factor": -3},
    ]
    assert [edit.as_dict() for edit in edits_from(told)] == [*told[:2], {"op": "taper", "factor": 0.0}]


@pytest.mark.parametrize(
    "told",
    [
        {"op": "explode"},
        {"op": "bend", "colour": "red"},
        {"op": "bend", "angle": "much"},
        {"op": "scale", "axis": "girth"},
        {"op": "move", "delta": {"value": 3, "unit": "parsec"}},
        {"op": "twist", "angle": float("nan")},
    ],
)
def test_an_edit_that_is_none_is_refused_with_what_there_is(told: dict) -> None:
    with pytest.raises(PartgenError, match=r"Choose|Give|It has"):
        edits_from([told])


def test_every_edit_is_whole_without_a_parameter() -> None:
    for op, parameters in OPERATIONS.items():
        complete = Edit(op).complete().parameters
        assert set(complete) <= set(parameters)
        assert Edit(op, complete).complete().parameters == complete


def test_shrinking_a_part_to_nothing_is_refused_in_words() -> None:
    with pytest.raises(PartgenError, match="nothing would be left"):
        after(post(), "scale", axis="length", delta={"value": -5, "unit": "m"})


# ---- variations ------------------------------------------------------------------------------------------------------


def test_a_box_of_eight_corners_is_said_to_have_too_few_for_waves() -> None:
    box = trimesh.creation.box(SIZES)
    part = PartSurface(box.vertices, np.array(box.faces), np.zeros(8, bool), UP)
    waves = Edit("waves").complete()
    said = why_hardly_seen(part, waves, deformed(part, [waves]), "subdivide it")
    assert said == "The part has only 8 vertices: subdivide it for a smoother waves."


def test_an_edit_that_changes_nothing_says_so_and_others_say_nothing() -> None:
    part, straighten, larger = post(), Edit("straighten").complete(), Edit("scale").complete()
    said = why_hardly_seen(part, straighten, deformed(part, [straighten]), "subdivide it")
    assert said.startswith("Nothing of the part is changed by this straighten")
    assert why_hardly_seen(part, larger, deformed(part, [larger]), "subdivide it") == ""


def test_what_an_attachment_all_around_leaves_of_an_edit_is_said() -> None:
    free, halved = post(), Edit("scale", {"axis": "all", "factor": 0.5}).complete()
    assert why_hardly_seen(free, halved, deformed(free, [halved]), "subdivide it") == ""
    clamped = replace(free, attached=(free.points[:, 2] % 0.5) < 0.26)
    said = why_hardly_seen(clamped, halved, deformed(clamped, [halved]), "subdivide it")
    assert "% of this scale is left" in said
    assert 0 < float(said.split(":")[1].split("%")[0]) < 80


def test_a_variation_keeps_what_was_said_and_draws_the_rest_anew_the_same_way_each_time() -> None:
    said = Edit("waves", {"count": 7}).complete()
    first, again, other = varied(said, 3, 1), varied(said, 3, 1), varied(said, 3, 2)
    assert first.parameters == again.parameters
    assert first.parameters != other.parameters
    assert {edit.parameters["count"] for edit in (first, other)} == {7}
    assert varied(said, 3, 0).parameters == said.parameters


def test_every_variation_of_every_edit_is_one_that_can_be_done() -> None:
    for op in OPERATIONS:
        for number in range(6):
            drawn = varied(Edit(op), 1, number)
            assert Edit.from_dict(drawn.as_dict()).parameters == drawn.parameters
