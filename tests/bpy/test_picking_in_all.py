"""Pick Part on objects that were taken apart together: a click means the same part in all of them that are chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import picking, regrouping, stored_identities, stored_tree
from bl_ext.user_default.partgen_blender.picking import operators, scripting, session
from bl_ext.user_default.partgen_blender.refining import edits
from drawing import told_by_the_status_bar
from mathutils import Vector
from partgen import following
from partgen.refining import Nodes
from seats import CHAIR, FINE, JOINT, MIDDLE, kin, own_tree, three

DOWN = Vector((0.0, 0.0, -1.0))


pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(autouse=True)
def nobody_picks() -> Iterator[None]:
    yield
    picking.stop()


def look_at(x: float, y: float = 0.5) -> None:
    bpy.context.view_layer.update()
    session.current().look(Vector((x, y, 50.0)), DOWN, bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)


def begin(x: float, y: float = 0.5) -> session.Session:
    picking_ = session.start(bpy.context.view_layer)
    look_at(x, y)
    return picking_


def picked() -> dict[str, list[int]]:
    return {o.name: np.flatnonzero(leaves).tolist() for o, leaves in session.current().picked().items()}


def marked(object_: bpy.types.Object, name: str = "a") -> list[int]:
    return np.flatnonzero(studio.values(object_.data.attributes[name].data, "value", bool)).tolist()


# ---- clicks --------------------------------------------------------------------------------------------------------


def test_a_click_takes_the_same_part_of_all_shift_adds_and_control_removes_it() -> None:
    three()
    picking_ = begin(4.5)
    assert picking_.take()
    assert picked() == {"Chair": [4, 5], "Stool": [2], "Lamp": [1, 2]}
    look_at(0.5, 10.5)  # the stool's foot
    picking_.take("ADD")
    assert picked() == {"Chair": [4, 5, 6, 7], "Stool": [0, 1, 2], "Lamp": [0, 1, 2]}
    look_at(1.5, 20.5)
    picking_.take("REMOVE")
    assert picked() == {"Chair": [6, 7], "Stool": [0, 1], "Lamp": [0]}
    picking_.take_back(), picking_.take_back()
    assert picked() == {"Chair": [4, 5], "Stool": [2], "Lamp": [1, 2]}, "one step for all"


def test_what_a_click_would_take_lights_up_in_all_of_them() -> None:
    _, stool, _ = three()
    picking_ = begin(4.5)
    by_name = {p.name: picking_.colors(p) for p in picking_.objects.values()}
    lit = {name: np.flatnonzero(colors[:, 3] > 0).tolist() for name, colors in by_name.items()}
    assert lit == {"Chair": [4, 5], "Stool": [2], "Lamp": [1, 2]}
    np.testing.assert_allclose(by_name["Chair"][4], by_name["Stool"][2])
    assert picking_.same_in_words() == "The same in Stool and Lamp"
    shown = len(picking_.surfaces(bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer))
    assert shown == 3, "also those that the mouse was never over"
    table = picking_._table(picking_.objects[stool.session_uid], 0.0)
    look_at(0.5)
    assert picking_._table(picking_.objects[stool.session_uid], 0.0) is not table
    assert np.flatnonzero(picking_.colors(picking_.objects[stool.session_uid])[:, 3] > 0).tolist() == [3, 4, 5]


def test_enter_without_a_click_means_the_part_under_the_cursor_in_all() -> None:
    three()
    picking_ = begin(4.5)
    assert {o.name: np.flatnonzero(leaves).tolist() for o, leaves in picking_.to_commit().items()} == {
        "Chair": [4, 5], "Stool": [2], "Lamp": [1, 2],
    }  # fmt: skip
    assert picked() == {}


def test_objects_that_are_not_selected_or_not_visible_are_left_alone_until_something_of_them_is_picked() -> None:
    _, stool, lamp = three()
    stool.select_set(False)
    lamp.hide_set(True)
    picking_ = begin(4.5)
    picking_.take()
    assert picked() == {"Chair": [4, 5]}
    assert picking_.same_in_words() == ""
    look_at(2.5, 10.5)
    look_at(6.5)
    picking_.take("ADD")
    assert picked() == {"Chair": [4, 5, 6, 7]}, "to pass over the stool does not choose it"
    look_at(0.5, 10.5)
    picking_.take("ADD")
    look_at(4.5)
    picking_.take("REMOVE")
    assert picked() == {"Chair": [6, 7], "Stool": [0, 1]}
    look_at(0.5)
    picking_.take("ADD")
    assert picked() == {"Chair": [0, 1, 6, 7], "Stool": [0, 1, 3, 4, 5]}


def test_strangers_that_are_selected_are_left_alone() -> None:
    three()
    stranger = kin("Stranger", CHAIR, 30.0)
    stored_identities.write(stranger.data, "others", JOINT, CHAIR)
    stranger.select_set(True)
    begin(4.5).take()
    assert "Stranger" not in picked()


def test_objects_that_share_a_mesh_are_picked_once() -> None:
    _, stool, _ = three()
    copy = stool.copy()
    bpy.context.scene.collection.objects.link(copy)
    copy.location.y = 20
    copy.select_set(True)
    begin(4.5).take()
    assert sum(leaves == [2] for leaves in picked().values()) == 1
    session.stop()
    stool.hide_set(True)
    begin(4.5).take()
    assert picked() == {"Chair": [4, 5], copy.name: [2], "Lamp": [1, 2]}, "the one that is seen"


# ---- where objects differ ------------------------------------------------------------------------------------------------


def test_who_has_no_such_part_is_named_and_left_alone() -> None:
    three()
    picking_ = begin(2.5)  # the cushion
    assert picking_.same_in_words() == "No such part in Stool and Lamp"
    picking_.take()
    assert picked() == {"Chair": [2, 3]}


def test_at_a_coarser_scale_a_part_means_all_that_belongs_to_it_in_the_others() -> None:
    chair, stool, _ = three()
    picking_ = begin(4.5, 10.5)  # the stool's seat
    picking_.take()
    assert picked() == {"Stool": [3, 4, 5], "Chair": [0, 1]}
    for some in (chair, stool):
        some.data.partgen.scale = MIDDLE
    session.stop()
    begin(4.5, 10.5).take()
    assert picked() == {"Stool": [3, 4, 5], "Chair": [0, 1, 2, 3]}, "where seat and cushion are one part"


def test_the_wheel_means_a_coarser_part_in_all() -> None:
    three()
    picking_ = begin(4.5)
    picking_.step(1)
    picking_.take()
    assert picked() == {"Chair": [4, 5, 6, 7], "Stool": [0, 1, 2], "Lamp": [0, 1, 2]}
    picking_.step(9)
    picking_.take()
    assert picked() == {"Chair": list(range(8)), "Stool": list(range(6)), "Lamp": [0, 1, 2]}


def test_a_piece_that_is_finer_than_what_was_matched_takes_the_leaves_that_it_belongs_to_and_that_is_said() -> None:
    three()
    picking_ = begin(4.5)
    picking_.step(-1)
    assert picking_.same_in_words() == "The same in Stool and Lamp; finer than what was matched, so all that it belongs to is meant there"
    picking_.take()
    assert picked() == {"Chair": [4], "Stool": [2], "Lamp": [1, 2]}


def test_where_the_cut_of_another_object_has_no_such_part_its_leaves_are_taken_and_that_is_said() -> None:
    chair, stool, lamp = three()
    lamp.select_set(False)
    for some in (chair, stool):
        some.data.partgen.scale = 0.7
    picking_ = begin(4.5)
    picking_.step(-1)
    assert picking_.same_in_words() == "The same in Stool; no part of its own in Stool at this scale, so what is the same there is meant"
    picking_.take()
    assert picked() == {"Chair": [4, 5], "Stool": [2]}


def test_parts_that_were_changed_afterwards_are_left_alone_and_that_is_said() -> None:
    chair, stool, _ = three()
    stored_tree.rewrite(stool.data, studio.tree(6, 2), np.arange(6))  # by other means than edits of parts
    regrouping.forget(stool.data)
    assert stored_identities.read(stool.data) is None
    chair.data.partgen.scale = FINE
    picking_ = begin(4.5)
    assert picking_.same_in_words() == "The same in Lamp; the parts of Stool were changed after they were matched: match them again"
    picking_.take()
    assert picked() == {"Chair": [4, 5], "Lamp": [1, 2]}
    look_at(2.5, 10.5)
    assert picking_.same_in_words() == "The parts of Stool were changed after they were matched: match them again"


def test_who_goes_a_separate_way_meanwhile_is_left_alone() -> None:
    _, stool, _ = three()
    picking_ = begin(4.5)
    stored_identities.forget(stool.data)
    look_at(4.6)
    picking_.take()
    assert picked() == {"Chair": [4, 5], "Lamp": [1, 2]}


def test_what_is_meant_of_the_same_object_is_what_was_picked() -> None:
    tree, own = own_tree(CHAIR), np.array(CHAIR, np.int32)
    for scale in (0.0, FINE, MIDDLE, 0.7, 1.0):
        nodes = tree.nodes(scale)
        for node in np.unique(nodes):
            meant = following.same_parts(tree, Nodes.of(tree), JOINT, own, nodes == node, scale)
            if meant.is_piece:
                assert scale < FINE
            else:
                assert np.array_equal(meant.leaves(own), nodes == node)


# ---- mouse, keys and scripts -----------------------------------------------------------------------------------------------


class Artist(SimpleNamespace):
    """Somebody who picks from above; a pixel is a hundredth of a unit, and the rows stand one above the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        region = SimpleNamespace(x=0, y=0, as_pointer=lambda: 7)
        monkeypatch.setattr(operators, "viewport_at", lambda window, x, y: (None, region))
        monkeypatch.setattr(operators.viewports, "viewport_of", lambda window, pointer: (None, region))
        monkeypatch.setattr(operators, "_ray", lambda space, region, event: (Vector((event.mouse_x / 100, 0.5, 50.0)), DOWN))
        self._session = operators.start(bpy.context)
        self._pressed, self._place, self._timer, self.reports = None, 0, None, []
        self.commit_as, self.name, self.keep_shading, self.picks, self.in_all = "ATTRIBUTE", "a", True, "", True

    def __getattr__(self, name: str) -> object:
        return getattr(operators.PARTGEN_OT_pick, name).__get__(self)

    def report(self, level: set[str], text: str) -> None:
        self.reports.append(text)

    def does(self, kind: str, value: str = "PRESS", x: float = 0.0) -> set[str]:
        bpy.context.view_layer.update()
        keys = dict(ctrl=False, shift=False, alt=False, oskey=False)
        return operators.PARTGEN_OT_pick.modal(
            self, bpy.context, SimpleNamespace(type=kind, value=value, mouse_x=x, mouse_y=0, **keys)
        )

    def clicks(self, x: float) -> None:
        self.does("LEFTMOUSE", "PRESS", x)
        self.does("LEFTMOUSE", "RELEASE", x)


def test_a_key_turns_it_off_and_on_and_the_status_bar_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    three()
    artist = Artist(monkeypatch)
    artist.does("MOUSEMOVE", "NOTHING", 450)
    assert "Only This One" in told_by_the_status_bar(operators._draw_keys)
    assert artist.does("I", x=450) == {"RUNNING_MODAL"}
    assert "In All That Share" in told_by_the_status_bar(operators._draw_keys)
    assert session.current().same_in_words() == ""
    artist.clicks(450)
    assert picked() == {"Chair": [4, 5]}
    artist.does("I", x=450)
    artist.clicks(650)
    assert picked() == {"Chair": [6, 7], "Stool": [0, 1], "Lamp": [0]}
    artist.does("MOUSEMOVE", "NOTHING", 5000)
    for object_ in bpy.context.selected_objects:
        object_.select_set(False)
    session.current().choose({})
    artist.does("MOUSEMOVE", "NOTHING", 450)
    assert not {"Only This One", "In All That Share"} & set(told_by_the_status_bar(operators._draw_keys)), "nobody is there to follow"


def test_enter_makes_it_of_all_and_doing_it_again_means_exactly_these(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = chair, stool, lamp = three()
    bpy.context.scene.partgen_picking.commit_as = "ATTRIBUTE"
    artist = Artist(monkeypatch)
    artist.clicks(450)
    artist.does("I", x=450)
    session.current().take("REMOVE")
    artist.does("I", x=450)
    assert artist.does("RET") == {"FINISHED"}
    assert "a" not in chair.data.attributes
    assert (marked(stool), marked(lamp)) == ([2], [1, 2])
    for object_ in objects:
        object_.select_set(True)
    assert bpy.ops.partgen.pick(picks=artist.picks, in_all=True, commit_as="ATTRIBUTE", name="b") == {"FINISHED"}
    assert "b" not in chair.data.attributes
    assert (marked(stool, "b"), marked(lamp, "b")) == ([2], [1, 2])


def test_a_script_picks_in_all_that_are_selected_in_one_undo_step() -> None:
    three()
    bpy.ops.ed.undo_push(message="Begin")
    assert bpy.ops.partgen.pick("EXEC_DEFAULT", True, object="Chair", polygon=4, commit_as="ATTRIBUTE", name="a") == {"FINISHED"}
    assert [marked(bpy.data.objects[name]) for name in ("Chair", "Stool", "Lamp")] == [[4, 5], [2], [1, 2]]
    bpy.ops.ed.undo()
    assert not any("a" in bpy.data.objects[name].data.attributes for name in ("Chair", "Stool", "Lamp"))


def test_what_is_committed_as_a_part_is_one_in_all_of_them_and_is_the_same_part_afterwards() -> None:
    chair, stool, lamp = three()
    lamp.select_set(False)  # all of it would be picked, which is no part of it
    assert bpy.ops.partgen.pick(object="Stool", polygon=2, steps=1, commit_as="PART") == {"FINISHED"}
    for some, expected in ((chair, [4, 5, 6, 7]), (stool, [0, 1, 2])):
        now = edits.part_of_polygon(some.data)
        assert np.flatnonzero(now == now[expected[0]]).tolist() == expected
        assert some.data.partgen.scale == pytest.approx(FINE), "one slider drives them as before"
    lamp.select_set(True)
    begin(4.5).take()
    assert picked() == {"Chair": [4, 5, 6, 7], "Stool": [0, 1, 2], "Lamp": [0, 1, 2]}
    look_at(0.5)
    session.current().take()
    assert picked() == {"Chair": [0, 1], "Stool": [3, 4, 5]}, "what was not touched is the same as before"


def test_what_is_committed_of_one_alone_is_said_to_be_its_own() -> None:
    chair, stool, _ = three()
    before = edits.part_of_polygon(chair.data).tolist()
    said = operators.committing.commit({stool: np.arange(6) == 3}, "PART")
    assert said == ["1 face of Stool are one part now. No object that was matched with it has such a part: Match Parts again looks for it."]
    assert edits.part_of_polygon(chair.data).tolist() == before
    begin(3.5, 10.5).take()
    assert picked() == {"Stool": [3]}
    look_at(4.5, 10.5)
    session.current().take()
    assert picked() == {"Stool": [4, 5], "Chair": [0, 1]}, "what is left of the part is the part"


def test_a_script_can_pick_in_one_alone_and_remove_from_all() -> None:
    chair, stool, lamp = three()
    bpy.ops.partgen.pick(object="Chair", polygon=4, in_all=False, commit_as="ATTRIBUTE", name="a")
    assert (marked(chair), "a" in stool.data.attributes) == ([4, 5], False)
    picks = [
        {"object": "Stool", "polygon": 0},
        {"object": "Chair", "polygon": 4},
        {"object": "Lamp", "polygon": 0, "action": "REMOVE"},
        {"object": "Lamp", "leaves": "0"},
    ]
    bpy.ops.partgen.pick(picks=json.dumps(picks), commit_as="ATTRIBUTE", name="b")
    assert [marked(some, "b") for some in (chair, stool, lamp)] == [[4, 5], [2], [0, 1, 2]]
    found, said = scripting.picked_by([scripting.Pick("Chair", 2, action="TAKE")], in_all=True)
    assert (list(found), said) == ([chair], ["No such part in Stool and Lamp."])
