"""Refine on objects that were taken apart together: clicks on one make the same part in all of them that are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import bpy
import gpu
import numpy as np
import pytest
from bl_ext.user_default.partgen_blender import mouse, stored_features, stored_tree, twins
from bl_ext.user_default.partgen_blender.refining import drawing, edits, operators, session
from drawing import told_by_the_status_bar
from mathutils import Matrix
from seats import CHAIR, kin, three

pytestmark = pytest.mark.usefixtures("graphics")

BRIGHT, DARK = (1.0, 0.1), (0.1, 1.0)


@pytest.fixture(autouse=True)
def nobody_refines() -> Iterator[None]:
    yield
    mouse.free()


def seats() -> tuple[bpy.types.Object, bpy.types.Object, bpy.types.Object]:
    """The three, of which the chair is active, without features."""
    objects = three()
    bpy.context.view_layer.objects.active = objects[0]
    return objects


def painted() -> tuple[bpy.types.Object, bpy.types.Object, bpy.types.Object]:
    """The three as a method with features has made them: of every part of the chair one leaf looks bright, the other dark."""
    objects = seats()
    looks = ((BRIGHT, DARK) * 4, (DARK, BRIGHT, BRIGHT, BRIGHT, DARK, BRIGHT), (DARK, DARK, BRIGHT))
    for object_, rows in zip(objects, looks, strict=True):
        stored_features.write(object_.data, np.array(rows))
    return objects


def begin(faces: list[int], of: int = len(CHAIR)) -> session.Session:
    """Clicks all faces of the chair: those that are wanted, and those that are not."""
    refining = operators.start(bpy.context)
    for face in sorted(range(of), key=lambda face: face not in faces):
        refining.click(face, face in faces)
    assert np.flatnonzero(refining.region).tolist() == faces
    return refining


def meant(refining: session.Session) -> dict[str, list[int]]:
    return {other.name: np.flatnonzero(other.faces()).tolist() for other in refining.others if other.region.any()}


def part_at(object_: bpy.types.Object, face: int) -> list[int]:
    """The faces of the part of a face."""
    now = edits.part_of_polygon(object_.data)
    return np.flatnonzero(now == now[face]).tolist()


def row_at(object_: bpy.types.Object, face: int) -> object:
    node = edits.part_of_polygon(object_.data)[face]
    return next(row for row in object_.data.partgen.rows if row.node == node)


def test_clicks_mean_the_same_whole_part_in_all_that_share_it() -> None:
    seats()
    refining = begin([4, 5])
    assert meant(refining) == {"Stool": [2], "Lamp": [1, 2]}
    assert refining.same_in_words() == "The same in Stool and Lamp"


def test_a_piece_is_what_looks_like_it_in_the_same_part_of_the_others() -> None:
    painted()
    refining = begin([0])  # half of the seat, the bright one
    assert meant(refining) == {"Stool": [3, 5]}
    assert refining.same_in_words() == "The same in Stool; no such part in Lamp"
    refining.follow_or_not()
    assert refining.same_in_words() == ""


def test_where_looks_are_not_known_or_of_another_method_a_piece_is_not_guessed_and_that_is_said() -> None:
    chair, stool, _ = seats()
    refining = begin([0])
    assert meant(refining) == {}
    assert refining.same_in_words().startswith("No such part in Lamp. A piece of a part is found by its looks, which are not known")
    assert refining.same_in_words().endswith("in Stool")
    mouse.free()
    stored_features.write(chair.data, np.array((BRIGHT, DARK) * 4))
    stored_features.write(stool.data, np.array((DARK, BRIGHT, BRIGHT, BRIGHT, DARK, BRIGHT)))
    stool.data[stored_tree.TREE]["method"] = "partfield"
    assert meant(begin([0])) == {}


def test_a_piece_that_looks_like_the_rest_of_its_part_is_not_found_and_that_is_said() -> None:
    chair, *_ = painted()
    stored_features.write(chair.data, np.array([BRIGHT] * 8))
    refining = begin([0])
    assert meant(refining) == {}
    assert "A piece that looks like the rest of its part is not found in Stool" in refining.same_in_words()


def test_what_is_meant_is_drawn_in_all_of_them() -> None:
    _, _, lamp = seats()
    lamp.hide_set(True)
    refining = begin([4, 5])
    depsgraph, space = bpy.context.evaluated_depsgraph_get(), None
    surfaces = refining.drawn(depsgraph, bpy.context.view_layer, space)
    assert len(surfaces) == 2, "what is hidden does not follow"
    follower = next(other for other in refining.others if other.name == "Stool")
    assert follower.table is not None
    refining.follow_or_not()
    assert len(refining.drawn(depsgraph, bpy.context.view_layer, space)) == 1


def test_enter_makes_the_part_in_all_with_one_name_and_color_in_one_undo_step() -> None:
    painted()
    bpy.ops.ed.undo_push(message="Begin")
    others = " ".join(str(face) for face in range(1, 8))
    assert bpy.ops.partgen.refine("EXEC_DEFAULT", True, wanted="0", unwanted=others, name="Front") == {"FINISHED"}
    chair, stool, lamp = (bpy.data.objects[name] for name in ("Chair", "Stool", "Lamp"))
    assert (part_at(chair, 0), part_at(stool, 3)) == ([0], [3, 5])
    assert row_at(chair, 0).name == row_at(stool, 3).name == "Front"
    assert tuple(row_at(chair, 0).color) == tuple(row_at(stool, 3).color)
    assert part_at(lamp, 0) == [0]
    bpy.ops.ed.undo()
    assert part_at(bpy.data.objects["Chair"], 0) == [0, 1]
    assert part_at(bpy.data.objects["Stool"], 3) == [3, 4, 5]


def test_a_piece_that_was_made_in_all_is_the_same_part_afterwards_and_so_is_the_rest() -> None:
    chair, stool, lamp = painted()
    session.refine(chair, [0], range(1, 8), in_all=True)
    levels = [some.data.partgen.scale for some in (chair, stool, lamp)]
    assert levels == [levels[0]] * 3
    for faces, expected in (([0], [3, 5]), ([1], [4]), ([4, 5], [2])):
        chosen = np.isin(stored_tree.leaf_of_polygon(chair.data), faces)
        leaves = twins.same(chair, chosen, [stool]).leaves[stool]
        assert np.flatnonzero(leaves).tolist() == expected
        back = twins.same(stool, leaves, [chair]).leaves[chair]
        assert np.flatnonzero(back).tolist() == faces


def test_a_script_can_refine_one_alone() -> None:
    chair, stool, _ = painted()
    others = " ".join(str(face) for face in range(1, 8))
    assert bpy.ops.partgen.refine(wanted="0", unwanted=others, in_all=False) == {"FINISHED"}
    assert (part_at(chair, 0), part_at(stool, 3)) == ([0], [3, 4, 5])


def test_who_is_not_selected_or_was_never_matched_is_left_alone() -> None:
    _, stool, lamp = seats()
    stool.select_set(False)
    lamp.hide_set(True)
    stranger = kin("Stranger", CHAIR, 30.0)
    del stranger.data["partgen_identities"]
    stranger.select_set(True)
    refining = begin([4, 5])
    assert refining.others == []
    assert refining.same_in_words() == ""


def test_a_key_turns_it_off_and_on_and_the_status_bar_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    seats()
    refining = begin([4, 5])
    monkeypatch.setattr(operators.viewports, "viewport_at", lambda window, x, y: (None, None))
    artist = SimpleNamespace(_session=refining, report=lambda level, text: None)
    key = SimpleNamespace(type="I", value="PRESS", mouse_x=0, mouse_y=0, ctrl=False, shift=False, alt=False, oskey=False)
    assert "Only This One" in told_by_the_status_bar(operators._draw_keys)
    assert operators.PARTGEN_OT_refine.modal(artist, bpy.context, key) == {"RUNNING_MODAL"}
    assert not refining.in_all
    assert "In All That Share" in told_by_the_status_bar(operators._draw_keys)
    operators.PARTGEN_OT_refine.modal(artist, bpy.context, key)
    assert refining.in_all
    mouse.free()
    bpy.data.objects["Stool"].select_set(False)
    bpy.data.objects["Lamp"].select_set(False)
    begin([4, 5])
    assert not {"Only This One", "In All That Share"} & set(told_by_the_status_bar(operators._draw_keys)), "nobody is there to follow"


def test_the_legend_says_it_of_the_others_where_there_is_room() -> None:
    painted()
    refining = begin([4, 5])
    lines = refining.title(), refining.same_in_words()
    offscreen = gpu.types.GPUOffScreen(900, 200)
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        gpu.matrix.load_matrix(Matrix.Identity(4))
        gpu.matrix.load_projection_matrix(Matrix(((2 / 900, 0, 0, -1), (0, 2 / 200, 0, -1), (0, 0, -1, 0), (0, 0, 0, 1))))
        heights = []
        for texts in (lines, lines[:1], ("", lines[0]), (10 * lines[0],)):
            framebuffer.clear(color=(0.0, 0.0, 0.0, 0.0))
            gpu.state.blend_set("ALPHA")
            drawing._draw_legend(texts, SimpleNamespace(width=900), 1.0)
            seen = np.array(framebuffer.read_color(0, 0, 900, 200, 4, 0, "UBYTE").to_list(), np.uint8).reshape(200, -1)
            heights.append(int(seen.any(axis=1).sum()))
    offscreen.free()
    assert heights[0] > heights[1] == heights[2] > heights[3] == 0
