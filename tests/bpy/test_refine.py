"""Promises of Refine: a few clicks make a part, marks can be taken away, and Esc leaves everything as it was."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import applying, overlay, regrouping, stored_tree
from bl_ext.user_default.partgen_blender.refining import clicks, edits, session
from bl_ext.user_default.partgen_blender.refining.operators import Reaction, reaction
from mathutils import Vector
from partgen.errors import PartgenError


@pytest.fixture(autouse=True)
def nobody_refines() -> object:
    yield
    session.stop()


def chair(parts: int = 3) -> bpy.types.Object:
    """A ball of 12 leaves, in slices along x, shown in so many parts."""
    made = studio.decomposed()
    made.data.partgen.parts = parts
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    return made


def faces_of(mesh: bpy.types.Mesh) -> dict[int, frozenset[int]]:
    now = edits.part_of_polygon(mesh)
    return {node: frozenset(np.flatnonzero(now == node).tolist()) for node in np.unique(now).tolist()}


def ends(mesh: bpy.types.Mesh) -> tuple[int, int]:
    """The faces farthest apart along x, in which direction the leaves lie."""
    along = [polygon.center.x for polygon in mesh.polygons]
    return int(np.argmin(along)), int(np.argmax(along))


def everything(object_: bpy.types.Object) -> tuple:
    mesh = object_.data
    tree = mesh[stored_tree.TREE]
    return (
        stored_tree.leaf_of_polygon(mesh).tobytes(),
        stored_tree.part_of_polygon(mesh).tobytes(),
        {
            key: list(tree[key]) if hasattr(tree[key], "__len__") and not isinstance(tree[key], str) else tree[key]
            for key in list(tree.keys())
        },
        mesh.partgen.scale,
        [(row.name, row.node, row.faces) for row in mesh.partgen.rows],
        clicks.CLICKS in object_,
    )


def test_what_was_clicked_is_in_the_part_and_what_was_refused_is_not() -> None:
    object_ = chair()
    mesh = object_.data
    order = np.argsort([polygon.center.x for polygon in mesh.polygons])
    wanted, refused = [int(order[3]), int(order[12])], [int(order[-3]), int(order[len(order) // 2])]
    node = session.refine(object_, wanted, refused, "End")
    region = faces_of(mesh)[node]
    assert set(wanted) <= region
    assert not set(refused) & region
    assert next(row.name for row in mesh.partgen.rows if row.node == node) == "End"


def test_a_script_can_refine_with_the_operator() -> None:
    object_ = chair()
    mesh = object_.data
    assert bpy.ops.partgen.refine(wanted="0 1", unwanted=str(len(mesh.polygons) // 2), name="End") == {"FINISHED"}
    assert "End" in [row.name for row in mesh.partgen.rows]
    with pytest.raises(RuntimeError, match="has no face 100000"):
        bpy.ops.partgen.refine(wanted="100000")
    with pytest.raises(RuntimeError, match="whole numbers"):
        bpy.ops.partgen.refine(wanted="first")


def test_clicking_changes_nothing_before_enter_and_esc_leaves_nothing() -> None:
    object_ = chair()
    before = everything(object_)
    refining = session.start(bpy.context)
    refining.click(0, True)
    refining.click(len(object_.data.polygons) - 1, False)
    assert refining.region.any()
    assert everything(object_) == before
    session.stop()
    assert everything(object_) == before
    assert session.current() is None


def test_a_mark_that_is_taken_away_no_longer_counts() -> None:
    object_ = chair()
    refining = session.start(bpy.context)
    refining.click(0, True)
    first = refining.region.copy()
    refining.click(len(object_.data.polygons) - 1, True)
    refining.remove(1)
    assert np.array_equal(refining.region, first)
    refining.remove(0)
    assert not refining.region.any()


def test_the_object_remembers_its_clicks_and_refining_goes_on_with_them() -> None:
    object_ = chair()
    refining = session.start(bpy.context)
    first, last = ends(object_.data)
    refining.click(first, True)
    refining.click(last, False)
    region = refining.region.copy()
    refining.commit()
    session.stop()
    assert [click.is_wanted for click in clicks.read(object_)] == [True, False]
    again = session.start(bpy.context)  # the new part is the active one
    assert np.array_equal(again.region, region)
    object_.data.partgen.active_row = next(i for i, row in enumerate(object_.data.partgen.rows) if row.faces != int(region.sum()))
    assert not session.start(bpy.context).clicks


def test_clicks_still_mean_the_same_place_after_the_mesh_was_edited() -> None:
    object_ = chair()
    mesh = object_.data
    meant = len(mesh.polygons) // 2
    place = Vector(mesh.polygons[meant].center)
    clicks.write(object_, [clicks.Click(tuple(place), True)])
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    mesh.polygons[0].select = True
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="FACE")
    bpy.ops.object.mode_set(mode="OBJECT")
    centers = np.array([polygon.center for polygon in mesh.polygons])
    (face,) = clicks.faces_of(clicks.read(object_), centers)
    assert (Vector(centers[face]) - place).length < 1e-5


def test_a_ray_meets_the_face_that_is_seen() -> None:
    object_ = chair()
    mesh = object_.data
    object_.location = (2.0, 1.0, 0.0)
    bpy.context.view_layer.update()
    refining = session.start(bpy.context)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for face in (5, 20, 40):
        middle = object_.matrix_world @ mesh.polygons[face].center
        outward = (object_.matrix_world.to_3x3() @ mesh.polygons[face].normal).normalized()
        assert refining.face_on_ray(middle + 0.5 * outward, -outward, depsgraph, bpy.context.view_layer) == face
    assert refining.face_on_ray(Vector((0, 0, 50)), Vector((0, 0, 1)), depsgraph, bpy.context.view_layer) is None


def test_a_ray_finds_the_original_face_below_modifiers_that_make_faces() -> None:
    object_ = chair()
    object_.modifiers.new("Subdivision", "SUBSURF").levels = 1
    bpy.context.view_layer.update()
    refining = session.start(bpy.context)
    polygon = object_.data.polygons[20]
    face = clicked(refining, Vector(polygon.center) + 0.5 * polygon.normal, -Vector(polygon.normal))
    assert stored_tree.leaf_of_polygon(object_.data)[face] == stored_tree.leaf_of_polygon(object_.data)[20]


def clicked(refining: session.Session, origin: Vector, direction: Vector) -> int | None:
    return refining.face_on_ray(origin, direction, bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)


def test_a_click_goes_through_no_other_object_and_says_so() -> None:
    object_ = chair()
    above, down = Vector((0.1, 0.05, 10.0)), Vector((0.0, 0.0, -1.0))
    refining = session.start(bpy.context)
    assert clicked(refining, above, down) is not None
    plane = studio.put("Plane", bpy.data.meshes.new("Plane"))
    plane.data.from_pydata([(-5, -5, 3), (5, -5, 3), (5, 5, 3), (-5, 5, 3)], [], [(0, 1, 2, 3)])
    bpy.context.view_layer.update()
    assert clicked(refining, above, down) is None
    assert "before Chair" in refining.title()
    refining.click(ends(object_.data)[0], True)
    assert "faces, from 1 click" in refining.title()
    plane.hide_set(True)
    assert clicked(refining, above, down) is not None


def test_a_click_on_faces_that_modifiers_make_anew_says_what_to_do() -> None:
    chair().modifiers.new("Remesh", "REMESH").voxel_size = 0.1
    bpy.context.view_layer.update()
    refining = session.start(bpy.context)
    assert clicked(refining, Vector((0.1, 0.05, 10.0)), Vector((0.0, 0.0, -1.0))) is None
    assert "turn them off in the viewport" in refining.title()


def test_a_hidden_object_says_how_to_show_it() -> None:
    chair().hide_set(True)
    with pytest.raises(PartgenError, match="hidden") as refusal:
        session.start(bpy.context)
    assert "Alt H" in refusal.value.remedy
    assert "Apply" not in str(refusal.value)


def test_refining_ends_where_the_parts_become_others() -> None:
    object_ = chair()
    refining = session.start(bpy.context)
    assert refining.object() == object_
    object_.data.partgen.parts = 5
    assert refining.object() is None
    refining = session.start(bpy.context)
    bpy.data.objects.remove(object_)
    assert refining.object() is None
    with pytest.raises(PartgenError, match="gone"):
        refining.commit()


def test_what_is_hidden_behind_its_objects_is_not_refined_but_says_why() -> None:
    object_ = chair()
    applying.apply(object_)
    with pytest.raises(PartgenError, match="Remove Objects"):
        session.start(bpy.context)


def test_opening_another_file_ends_refining() -> None:
    chair()
    session.start(bpy.context)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.current() is None
    assert not overlay._state.is_paused


def test_refining_an_object_without_parts_is_refused() -> None:
    bpy.context.view_layer.objects.active = studio.ball()
    assert not bpy.ops.partgen.refine.poll()
    with pytest.raises(PartgenError, match="decomposed"):
        session.start(bpy.context)


def test_a_refined_part_is_undone_in_one_step() -> None:
    object_ = chair()
    bpy.ops.ed.undo_push(message="before")
    before = faces_of(object_.data)
    part = sorted(max(before.values(), key=len), key=lambda face: object_.data.polygons[face].center.x)
    assert bpy.ops.partgen.refine("EXEC_DEFAULT", True, wanted=str(part[0]), unwanted=str(part[-1])) == {"FINISHED"}
    after = faces_of(bpy.data.meshes["Chair"])
    assert after != before
    bpy.ops.ed.undo()
    assert faces_of(bpy.data.meshes["Chair"]) == before
    assert clicks.CLICKS not in bpy.data.objects["Chair"]
    bpy.ops.ed.redo()
    assert faces_of(bpy.data.meshes["Chair"]) == after


def test_a_refined_part_that_has_most_of_a_named_one_keeps_its_name() -> None:
    object_ = chair()
    mesh = object_.data
    node = max(faces_of(mesh).items(), key=lambda item: len(item[1]))[0]
    edits.rename(mesh, node, "Seat")
    leaves = stored_tree.leaf_of_polygon(mesh)
    its = regrouping.tree_of(mesh).leaves(node)
    wanted = np.isin(leaves, its[1:])
    made = edits.make_part(mesh, wanted)
    assert next(row.name for row in mesh.partgen.rows if row.node == made) == "Seat"
    assert [row.name for row in mesh.partgen.rows].count("Seat") == 1


@pytest.mark.parametrize(
    ("kind", "value", "is_over", "meaning"),
    [
        ("LEFTMOUSE", "PRESS", True, Reaction.WANT),
        ("LEFTMOUSE", "DOUBLE_CLICK", True, Reaction.WANT),
        ("LEFTMOUSE", "PRESS", False, Reaction.PASS),
        ("LEFTMOUSE", "RELEASE", True, Reaction.IGNORE),
        ("RET", "PRESS", True, Reaction.COMMIT),
        ("ESC", "PRESS", False, Reaction.END),
        ("RIGHTMOUSE", "PRESS", True, Reaction.END),
        ("BACK_SPACE", "PRESS", True, Reaction.TAKE_BACK),
        ("MIDDLEMOUSE", "PRESS", True, Reaction.PASS),
        ("WHEELUPMOUSE", "PRESS", True, Reaction.PASS),
        ("X", "PRESS", True, Reaction.IGNORE),
        ("MOUSEMOVE", "NOTHING", True, Reaction.PASS),
    ],
)
def test_mouse_and_keys_mean_what_the_status_bar_says(kind: str, value: str, is_over: bool, meaning: Reaction) -> None:
    event = SimpleNamespace(type=kind, value=value, ctrl=False, shift=False, alt=False, oskey=False)
    assert reaction(event, is_over) is meaning


def test_control_refuses_and_takes_back() -> None:
    control = {"value": "PRESS", "ctrl": True, "shift": False, "alt": False, "oskey": False}
    assert reaction(SimpleNamespace(type="LEFTMOUSE", **control), True) is Reaction.REFUSE
    assert reaction(SimpleNamespace(type="Z", **control), True) is Reaction.TAKE_BACK
