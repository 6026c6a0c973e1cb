"""Proposals: asked for beside Blender, looked at without touching anything, and one of them chosen as one undo step."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import bpy
import gpu
import numpy as np
import pytest
from bl_ext.user_default.partgen_blender import (
    applying,
    jobs,
    mesh_data,
    messages,
    originals,
    overlay,
    regrouping,
    stored_tree,
)
from bl_ext.user_default.partgen_blender.proposals import flipping, operators, session, thumbnails
from bl_ext.user_default.partgen_blender.proposals.session import Asking, Kept
from bl_ext.user_default.partgen_blender.refining import edits
from drawing import drawn
from mathutils import Matrix
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.protocol import ProposedTree, SegmentResult

pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    messages.shown.clear()
    yield
    flipping.stop()
    session.forget_all()
    thumbnails.forget_all()


def row(count: int = 4, name: str = "Row") -> bpy.types.Object:
    """Cubes in a row, one mesh, active."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    mesh = bpy.data.meshes.new(name)
    vertices = np.concatenate([corners + np.array([2 * i, 0, 0]) for i in range(count)])
    mesh.from_pydata(vertices.tolist(), [], [[v + 8 * i for v in side] for i in range(count) for side in sides])
    object_ = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(object_)
    bpy.context.view_layer.objects.active = object_
    object_.select_set(True)
    bpy.context.view_layer.update()
    return object_


WAYS = {
    "each alone": (PartTree.from_merges([[0, 1], [2, 3], [4, 5]], 4), [0.9, 0.8, 0.7, 0.6]),
    "in pairs": (PartTree.from_merges([[0, 1], [2, 3], [4, 5]], 2), [0.5, 0.4]),
    "one apart": (PartTree.from_merges([[1, 2], [4, 3], [0, 5]], 2), [0.3, 0.2]),
}


def keep(object_: bpy.types.Object) -> Kept:
    """Three proposals for a row of four cubes, as if the backend had just sent them."""
    proposals = tuple(
        ProposedTree(tree.merges, tree.heights, tree.default_scale, np.array(confidences, np.float32), name)
        for name, (tree, confidences) in WAYS.items()
    )
    tree = WAYS["each alone"][0]
    polygons = originals.read(object_, False, bpy.context.evaluated_depsgraph_get())
    job = Asking(
        subject="proposals", object_name=object_.name, object_uid=object_.session_uid, polygons=polygons, bakes=False, apply_with=None
    )
    leaves = np.repeat(np.arange(4, dtype=np.int32), 6)
    job.take(SegmentResult(leaves, tree.merges, tree.heights, tree.default_scale, "superfaces", proposals=proposals))
    job.insert()
    kept = session.of(object_)
    assert kept is not None
    return kept


def parts(object_: bpy.types.Object) -> list[int]:
    """The part of each cube."""
    return stored_tree.part_of_polygon(object_.data)[::6].tolist()


def state(object_: bpy.types.Object) -> tuple:
    """Everything of an object that choosing changes."""
    mesh = object_.data
    tree = mesh[stored_tree.TREE].to_dict() if stored_tree.is_stored(mesh) else None
    return str(tree), sorted(attribute.name for attribute in mesh.attributes), mesh.partgen.scale, object_.hide_get()


# ---- asking ----


def test_asking_changes_nothing_and_the_backend_answers_with_different_trees(real_backend):
    object_ = row()
    before = state(object_)
    assert bpy.ops.partgen.propose(count=3) == {"FINISHED"}
    assert jobs.finish(120)
    kept = session.of(object_)
    assert kept is not None, [message.sentence for message in messages.shown]
    assert 2 <= kept.count <= 3
    assert state(object_) == before
    bpy.ops.partgen.choose_parts(number=1)
    assert regrouping.part_count(object_.data) == kept.part_count(0)


def press_find_proposals() -> set[str]:
    """The button of the panel, as a window would press it: in background mode Blender runs what scripts call."""
    button = SimpleNamespace(properties=SimpleNamespace(is_property_set=lambda name: False), report=lambda level, text: None)
    button.execute = lambda context: operators.PARTGEN_OT_propose.execute(button, context)
    return operators.PARTGEN_OT_propose.invoke(button, bpy.context, None)


def test_the_method_that_is_chosen_proposes_or_says_that_it_cannot(real_backend):
    object_ = row()
    bpy.context.scene.partgen.method = "geometric"
    assert press_find_proposals() == {"FINISHED"}
    assert jobs.finish(120)
    assert session.of(object_) is None
    (told,) = messages.shown
    assert "geometric gives one answer" in told.sentence
    assert "Automatic" in told.remedy
    bpy.context.scene.partgen.method = "superfaces"
    assert press_find_proposals() == {"FINISHED"}
    assert jobs.finish(120)
    assert session.of(object_).result.method == "superfaces"


def test_scripts_name_the_method_of_proposals(real_backend):
    object_ = row()
    assert bpy.ops.partgen.propose(count=2, method="partfield") == {"FINISHED"}
    assert jobs.finish(120)
    assert session.of(object_) is None
    assert "partfield gives one answer" in messages.shown[0].sentence


def test_proposals_that_come_are_no_undo_step(real_backend):
    object_ = row()
    bpy.ops.ed.undo_push(message="Row")
    object_.location.x = 3.0
    bpy.ops.ed.undo_push(message="Moved")
    session.ask(object_, count=2)
    assert jobs.finish(120)
    assert session.of(object_)
    bpy.ops.ed.undo()
    assert bpy.data.objects["Row"].location.x == 0.0


def test_a_backend_without_proposals_is_said_to_be_old():
    object_ = row()
    kept = keep(object_)
    kept.job.take(SegmentResult(kept.result.leaf_of_polygon, kept.result.merges, kept.result.heights, 0.5, "superfaces"))
    with pytest.raises(PartgenError, match="older version"):
        kept.job.insert()


# ---- choosing ----


def test_choosing_is_one_undo_step():
    object_ = row()
    keep(object_)
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.partgen.choose_parts("EXEC_DEFAULT", True, number=2)
    assert parts(object_) == [0, 0, 1, 1]
    bpy.ops.partgen.choose_parts("EXEC_DEFAULT", True, number=3)
    assert parts(bpy.data.objects["Row"]) == [0, 1, 1, 1]
    bpy.ops.ed.undo()
    assert parts(bpy.data.objects["Row"]) == [0, 0, 1, 1]
    assert regrouping.tree_of(bpy.data.objects["Row"].data).merges.tolist() == WAYS["in pairs"][0].merges.tolist()
    bpy.ops.ed.undo()
    assert not stored_tree.is_stored(bpy.data.objects["Row"].data)


def test_after_an_undo_the_panel_knows_what_is_chosen():
    object_ = row()
    kept = keep(object_)
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.partgen.choose_parts("EXEC_DEFAULT", True, number=2)
    bpy.ops.partgen.choose_parts("EXEC_DEFAULT", True, number=3)
    bpy.ops.ed.undo()
    object_ = bpy.data.objects["Row"]
    assert session.of(object_) is kept
    assert session.chosen(kept, object_) == 1


def test_slider_and_apply_work_with_what_was_chosen():
    object_ = row()
    kept = keep(object_)
    bpy.ops.partgen.choose_parts(number=3)
    object_.data.partgen.scale = 0.0
    assert parts(object_) == [0, 1, 2, 3]
    assert session.chosen(kept, object_) == 2
    object_.data.partgen.parts = 2
    assert parts(object_) == [0, 1, 1, 1]
    assert len(applying.apply(object_)) == 2


def test_stepping_goes_round():
    object_ = row()
    kept = keep(object_)
    chosen = []
    for step in (1, 1, 1, 1, -1):
        bpy.ops.partgen.choose_parts(step=step)
        chosen.append(session.chosen(kept, object_))
    assert chosen == [0, 1, 2, 0, 2]


def test_an_edited_object_takes_no_proposal_and_is_left_as_it_is():
    object_ = row()
    kept = keep(object_)
    object_.data.vertices[0].co.x -= 0.5
    before = state(object_)
    for act in (lambda: session.choose(kept, 1), lambda: flipping.start(kept)):
        with pytest.raises(PartgenError, match="edited"):
            act()
    assert state(object_) == before
    assert not flipping.is_running()


def test_a_number_that_there_is_none_of_is_refused():
    kept = keep(row())
    with pytest.raises(PartgenError, match="no proposal 9"):
        session.choose(kept, 8)


def test_another_file_has_no_proposals():
    keep(row())
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.of(row()) is None
    assert not bpy.ops.partgen.flip_parts.poll()


# ---- flipping through ----


def key(kind: str) -> SimpleNamespace:
    return SimpleNamespace(type=kind, value="PRESS", mouse_x=-1, mouse_y=-1, ctrl=False, oskey=False, shift=False, alt=False)


def flip(kept: Kept, *kinds: str) -> set[str]:
    """Begins to flip and presses keys, as Blender's window would hand them over. What the last one returned."""
    reports: list[str] = []
    operator = SimpleNamespace(_flipped=flipping.start(kept), report=lambda level, text: reports.append(text))
    operator._keep = lambda: flipping.PARTGEN_OT_flip_parts._keep(operator)
    answer: set[str] = set()
    for kind in kinds:
        answer = flipping.PARTGEN_OT_flip_parts.modal(operator, bpy.context, key(kind))
    return answer


def test_arrow_keys_show_and_change_nothing():
    object_ = row()
    kept = keep(object_)
    before = state(object_)
    assert flip(kept, "RIGHT_ARROW", "RIGHT_ARROW", "LEFT_ARROW") == {"RUNNING_MODAL"}
    assert flipping.current().place == 1
    assert state(object_) == before


def test_escape_leaves_everything_as_it_was():
    object_ = row()
    kept = keep(object_)
    bpy.ops.partgen.choose_parts(number=2)
    object_.data.partgen.scale = 0.1
    before = state(object_)
    assert flip(kept, "RIGHT_ARROW", "ESC") == {"CANCELLED"}
    assert state(object_) == before
    assert not flipping.is_running()
    assert object_ in overlay.decomposed_objects(bpy.context.view_layer)


def test_enter_keeps_what_is_shown():
    object_ = row()
    kept = keep(object_)
    assert flip(kept, "LEFT_ARROW", "RET") == {"FINISHED"}
    assert session.chosen(kept, object_) == 2
    assert not flipping.is_running()


def test_flipping_begins_with_what_is_chosen():
    object_ = row()
    kept = keep(object_)
    bpy.ops.partgen.choose_parts(number=3)
    assert flipping.start(kept).place == 2


def test_flipping_ends_where_the_object_is_deleted():
    object_ = row()
    kept = keep(object_)
    flipping.start(kept)
    operator = SimpleNamespace(_flipped=flipping.current(), report=lambda level, text: None)
    bpy.data.objects.remove(object_)
    assert "CANCELLED" in flipping.PARTGEN_OT_flip_parts.modal(operator, bpy.context, key("RIGHT_ARROW"))
    assert not flipping.is_running()


def test_buttons_wait_while_somebody_flips():
    kept = keep(row())
    flipping.start(kept)
    assert not bpy.ops.partgen.choose_parts.poll()
    flipping.stop()
    assert bpy.ops.partgen.choose_parts.poll()


def test_every_proposal_is_drawn_in_its_own_colors():
    kept = keep(row())
    flipped = flipping.start(kept)
    tables = []
    for _ in range(kept.count):
        tables.append(np.array(flipped.table().read().to_list(), np.float32).reshape(-1, 4)[:4])
        flipped.step(1)
    assert [len(np.unique(table.round(3), axis=0)) for table in tables] == [4, 2, 2]
    assert flipped.surface(bpy.data.objects["Row"], bpy.context.evaluated_depsgraph_get()) is not None


# ---- pictures ----


def test_every_proposal_has_a_picture_and_pictures_go_with_it():
    object_ = row()
    kept = keep(object_)
    assert thumbnails.count(kept.key) == kept.count
    bpy.ops.partgen.forget_proposals()
    assert session.of(object_) is None
    assert thumbnails.count(kept.key) == 0
    assert thumbnails.icon(kept.key, 0) == 0


def test_pictures_show_the_parts_in_the_colors_of_the_preview():
    object_ = row()
    kept = keep(object_)
    polygon, light = thumbnails.seen(kept.job.polygons, np.eye(3))
    assert set((polygon[polygon >= 0] // 6).tolist()) == {0, 1, 2, 3}
    for place, count in ((0, 4), (1, 2)):
        tree = kept.trees[place]
        colors = overlay.leaf_colors(tree, tree.count(tree.default_scale))[kept.result.leaf_of_polygon]
        pixels = thumbnails.picture(polygon, light, colors)
        assert pixels[polygon < 0].max() == 0
        brightest = pixels[polygon >= 0][:, :3].max(axis=1, keepdims=True)
        hues = np.unique((pixels[polygon >= 0][:, :3] / brightest).round(1), axis=0)
        assert len(hues) >= count


def test_a_mesh_without_any_extent_has_an_empty_picture():
    mesh = bpy.data.meshes.new("Flat")
    mesh.from_pydata([(0, 0, 0)] * 3, [], [(0, 1, 2)])
    polygon, _ = thumbnails.seen(mesh_data.read_polygons(mesh), np.eye(3))
    assert (polygon == -1).all()


def test_the_words_tell_rank_parts_and_confidence():
    kept = keep(row())
    assert kept.in_words(1) == "2 of 3 · 2 parts · 45%"
    assert session.subject(bpy.context) is not None


# ---- what the artist sees ----


def test_the_panel_tells_of_every_proposal_how_many_parts_and_how_sure():
    row()
    assert drawn("PARTGEN_PT_proposals").operators == ["partgen.propose"]
    keep(bpy.context.object)
    told = drawn("PARTGEN_PT_proposals")
    assert "3 proposals, none chosen" in told.texts
    assert {"4 · 75%", "2 · 45%", "2 · 25%"} <= set(told.texts)
    assert told.operators.count("partgen.choose_parts") == 5
    bpy.ops.partgen.choose_parts(number=2)
    assert "2 of 3 · 2 parts · 45%" in drawn("PARTGEN_PT_proposals").texts


def test_what_is_flipped_to_is_drawn_over_the_object_and_the_preview_makes_room():
    object_ = row()
    kept = keep(object_)
    bpy.ops.partgen.choose_parts(number=1)
    flipped = flipping.start(kept)
    flipped.step(1)
    size, width = 64, 8.0
    offscreen = gpu.types.GPUOffScreen(size, size, format="RGBA32F")
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        framebuffer.clear(color=(0, 0, 0, 0), depth=1.0)
        surface = (object_.matrix_world, flipped.surface(object_, bpy.context.evaluated_depsgraph_get()), flipped.table())
        view = Matrix.Translation((-width / 2, -width / 2, -50.0))
        overlay.draw_surfaces([surface], view, Matrix.Diagonal((2 / width, 2 / width, -0.01, 1)), 1.0)
        pixels = np.array(framebuffer.read_color(0, 0, size, size, 4, 0, "FLOAT").to_list(), np.float32).reshape(size, size, 4)
    offscreen.free()
    seen = [pixels[4, int((2 * cube + 0.5) / width * size)] for cube in range(4)]
    expected = overlay.leaf_colors(kept.trees[1], 2)
    assert np.allclose([color[:3] for color in seen], expected[:, :3], atol=0.02)
    assert object_ not in overlay.previewed_objects(bpy.context.view_layer, None)
    flipping.stop()
    assert object_ in overlay.previewed_objects(bpy.context.view_layer, None)


# ---- what the artist gave to parts ----


def named(object_: bpy.types.Object) -> dict[str, int]:
    """The faces of every part that the artist named, at the scale."""
    return {row.name: row.faces for row in object_.data.partgen.rows if not row.name.startswith("Part ")}


def test_choosing_keeps_names_colors_and_hidden_parts_where_the_parts_are_there_still():
    object_ = row()
    kept = keep(object_)
    session.choose(kept, 0)
    first = edits.part_of_polygon(object_.data)[0]
    edits.rename(object_.data, first, "Head")
    edits.recolor(object_.data, first, (1.0, 0.0, 0.5))
    edits.show(object_.data, [first], False)
    for place in (0, 2):  # the same tree again, and one where the first cube is a part as well
        messages.shown.clear()
        session.choose(kept, place)
        head = next(line for line in object_.data.partgen.rows if line.name == "Head")
        assert (head.faces, head.is_shown) == (6, False)
        assert tuple(head.color) == pytest.approx((1.0, 0.0, 0.5), abs=1e-4)
        assert not messages.shown


def test_what_no_part_of_the_chosen_proposal_can_have_is_said():
    object_ = row()
    kept = keep(object_)
    session.choose(kept, 1)
    pair = edits.part_of_polygon(object_.data)[0]
    edits.rename(object_.data, pair, "Front")
    session.choose(kept, 2)
    assert not named(object_)
    assert [
        message.sentence for message in messages.shown
    ] == ['Row: no part has the faces of "Front" now, so what you gave there is gone. Undo brings it back.']


def test_decomposing_again_keeps_what_the_artist_gave_to_parts(patient_backend):
    object_ = row()
    jobs.decompose([object_])
    assert jobs.finish(60)
    edits.rename(object_.data, edits.parts(object_.data)[0], "Head")
    jobs.decompose([object_])
    assert jobs.finish(60)
    assert named(object_) == {"Head": 6}
