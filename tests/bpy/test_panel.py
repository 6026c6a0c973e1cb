"""The panel: scale and part count are one thing, every change is one undo step, and what cannot be done says why."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import applying, collections, explode, messages, operators, properties, regrouping, stored_tree
from drawing import drawn_in_menu
from mathutils import Vector
from partgen.part_tree import PartTree


def make_decomposed(count: int = 6, name: str = "Row") -> bpy.types.Object:
    """A row of cubes with a tree that merges them one after the other, as the backend would have answered."""
    bpy.ops.mesh.primitive_cube_add(size=1.0)
    cube = bpy.context.object
    polygons = len(cube.data.polygons)
    array = cube.modifiers.new("Array", "ARRAY")
    array.count, array.relative_offset_displace = count, (2.0, 0.0, 0.0)
    bpy.ops.object.modifier_apply(modifier="Array")
    cube.name = cube.data.name = name
    merges = [[0 if i == 0 else count + i - 1, i + 1] for i in range(count - 1)]
    tree = PartTree.from_merges(np.reshape(merges, (-1, 2)), 3)
    stored_tree.write(cube.data, tree, np.arange(len(cube.data.polygons)) // polygons, "geometric")
    cube.data.partgen.scale = tree.default_scale
    return cube


def drag(path: str, value: float) -> None:
    """Sets a property as a drag in the panel does, with the one undo step that Blender makes of it."""
    assert bpy.ops.wm.context_set_float("EXEC_DEFAULT", True, data_path=path, value=value) == {"FINISHED"}


def drawn_text(panel: str) -> str:
    """Every text that a panel shows, drawn into a layout that only takes notes."""
    layout = MagicMock()
    getattr(bpy.types, panel).draw(SimpleNamespace(layout=layout), bpy.context)
    return " ".join(call.kwargs["text"] for call in layout.mock_calls if call.kwargs.get("text"))


# ---- scale and parts ---------------------------------------------------------------------------------------------------


def test_scale_regroups_the_parts_at_once() -> None:
    mesh = make_decomposed().data
    mesh.partgen.scale = 0.0
    assert len(np.unique(stored_tree.part_of_polygon(mesh))) == 6
    mesh.partgen.scale = 1.0
    assert len(np.unique(stored_tree.part_of_polygon(mesh))) == 1


def test_part_count_and_scale_are_one_thing() -> None:
    mesh = make_decomposed().data
    for count in range(1, 7):
        mesh.partgen.parts = count
        assert mesh.partgen.parts == count
        assert regrouping.tree_of(mesh).count(mesh.partgen.scale) == count
        assert len(np.unique(stored_tree.part_of_polygon(mesh))) == count
    mesh.partgen.parts = 99
    assert mesh.partgen.parts == 6


def test_part_count_of_what_is_not_decomposed_is_zero() -> None:
    bpy.ops.mesh.primitive_cube_add()
    mesh = bpy.context.object.data
    assert mesh.partgen.parts == 0
    mesh.partgen.parts = 5
    assert mesh.partgen.parts == 0


def test_coarser_scales_only_merge() -> None:
    mesh = make_decomposed().data
    finer = stored_tree.part_of_polygon(mesh)
    for scale in np.linspace(0, 1, 21):
        mesh.partgen.scale = scale
        coarser = stored_tree.part_of_polygon(mesh)
        if scale:
            assert all(len(np.unique(coarser[finer == part])) == 1 for part in np.unique(finer))
        finer = coarser


def test_tree_written_by_a_script_is_noticed() -> None:
    mesh = make_decomposed(6).data
    assert mesh.partgen.parts == 3
    tree = PartTree.from_merges([[0, 1], [3, 2]], 2)
    stored_tree.write(mesh, tree, np.arange(len(mesh.polygons)) % 3, "geometric")
    mesh.partgen.parts = 3
    assert mesh.partgen.parts == 3
    assert len(np.unique(stored_tree.part_of_polygon(mesh))) == 3


# ---- undo ------------------------------------------------------------------------------------------------------------


def test_a_drag_of_the_scale_is_one_undo_step_and_the_parts_follow_undo_and_redo() -> None:
    make_decomposed().data.partgen.parts = 2
    bpy.ops.ed.undo_push(message="before")
    drag("object.data.partgen.scale", 0.0)
    drag("object.data.partgen.scale", 1.0)
    assert _shown_parts() == 1
    bpy.ops.ed.undo()
    assert _shown_parts() == bpy.data.meshes["Row"].partgen.parts == 6
    bpy.ops.ed.undo()
    assert _shown_parts() == bpy.data.meshes["Row"].partgen.parts == 2
    bpy.ops.ed.redo()
    assert _shown_parts() == bpy.data.meshes["Row"].partgen.parts == 6


def test_clear_is_one_undo_step() -> None:
    make_decomposed()
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.partgen.clear("EXEC_DEFAULT", True) == {"FINISHED"}
    assert not stored_tree.is_stored(bpy.data.meshes["Row"])
    assert bpy.data.meshes["Row"].partgen.parts == 0
    bpy.ops.ed.undo()
    assert bpy.data.meshes["Row"].partgen.parts == 3
    assert _shown_parts() == 3


def test_apply_is_one_undo_step() -> None:
    make_decomposed()
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.partgen.apply("EXEC_DEFAULT", True) == {"FINISHED"}
    assert len(bpy.data.objects) == 4
    bpy.ops.ed.undo()
    assert bpy.data.objects.keys() == ["Row"]
    assert not bpy.data.objects["Row"].hide_get()
    bpy.ops.ed.redo()
    assert len(bpy.data.objects) == 4


def test_parts_follow_the_scale_when_edit_mode_is_left() -> None:
    mesh = make_decomposed().data
    bpy.ops.object.mode_set(mode="EDIT")
    mesh.partgen.scale = 0.0
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    assert _shown_parts() == 6


def test_decomposition_outlives_deleting_faces_in_edit_mode() -> None:
    mesh = make_decomposed().data
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    for polygon in mesh.polygons[:6]:
        polygon.select = True
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="FACE")
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    mesh.partgen.scale = 0.0
    assert _shown_parts() == 5
    assert "fewer" in drawn_text("PARTGEN_PT_parts")


# ---- the file --------------------------------------------------------------------------------------------------------


def test_slider_works_after_reopening_without_any_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_decomposed().data.partgen.parts = 4
    path = str(tmp_path / "Row äö.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    monkeypatch.delenv("PARTGEN_BACKEND", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    mesh = bpy.data.meshes["Row"]
    assert mesh.partgen.parts == 4
    assert _shown_parts() == 4
    mesh.partgen.parts = 2
    assert _shown_parts() == 2
    assert bpy.ops.partgen.apply() == {"FINISHED"}
    assert len(collections.parts_of(bpy.data.objects["Row"])) == 2


def test_derived_parts_are_rebuilt_on_opening_a_file_where_they_are_lost(tmp_path: Path) -> None:
    mesh = make_decomposed().data
    mesh.attributes.remove(mesh.attributes[stored_tree.PART])
    path = str(tmp_path / "row.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert _shown_parts() == 3


def test_clear_leaves_no_hidden_object_behind_without_its_buttons() -> None:
    row = make_decomposed()
    bpy.ops.partgen.apply()
    with pytest.raises(RuntimeError, match="Remove Objects"):
        bpy.ops.partgen.clear()
    assert stored_tree.is_stored(row.data)
    bpy.ops.partgen.restore()
    assert bpy.ops.partgen.clear() == {"FINISHED"}
    assert row.visible_get()


def test_damaged_tree_is_explained_and_can_be_cleared() -> None:
    mesh = make_decomposed().data
    mesh[stored_tree.TREE]["heights"] = [0.9, 0.1]
    regrouping.forget()
    assert "damaged" in drawn_text("PARTGEN_PT_parts")
    assert bpy.ops.partgen.clear() == {"FINISHED"}
    assert not stored_tree.is_stored(mesh)


# ---- apply -----------------------------------------------------------------------------------------------------------


def test_apply_selects_the_parts_and_they_lead_back_to_their_source() -> None:
    row = make_decomposed()
    bpy.ops.partgen.apply()
    parts = collections.parts_of(row)
    assert set(bpy.context.selected_objects) == set(parts)
    assert bpy.context.object == parts[0]
    assert operators.decomposed_objects(bpy.context) == [row]
    row.data.partgen.parts = 5
    assert bpy.ops.partgen.apply() == {"FINISHED"}
    assert len(collections.parts_of(row)) == 5
    assert len(bpy.data.collections) == 1


def test_restore_is_one_undo_step_and_brings_the_source_back() -> None:
    row = make_decomposed()
    bpy.ops.partgen.apply()
    bpy.ops.ed.undo_push(message="applied")
    assert bpy.ops.partgen.restore("EXEC_DEFAULT", True) == {"FINISHED"}
    assert bpy.data.objects.keys() == ["Row"]
    assert not row.hide_get()
    assert bpy.context.object == row
    assert row.data.partgen.parts == 3
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 4


def test_apply_takes_several_objects() -> None:
    rows = [make_decomposed(name=name) for name in ("Row", "Other")]
    for row in rows:
        row.select_set(True)
    bpy.ops.partgen.apply(hierarchy="PARENTING")
    assert [len(collections.parts_of(row)) for row in rows] == [3, 3]


def test_applying_many_objects_evaluates_the_scene_once_and_not_for_each() -> None:
    rows = [make_decomposed(name=name) for name in ("One", "Two", "Three", "Four", "Five")]
    bpy.ops.object.select_all(action="SELECT")
    updates: list[str] = []

    def count(scene: bpy.types.Scene, *_: object) -> None:
        updates.append(scene.name)

    bpy.app.handlers.depsgraph_update_post.append(count)
    try:
        bpy.ops.partgen.apply()
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(count)
    assert set(bpy.context.selected_objects) == {part for row in rows for part in collections.parts_of(row)}
    assert len(updates) <= 1


def test_parts_in_an_excluded_collection_are_made_and_not_selected() -> None:
    row = make_decomposed()
    bpy.ops.partgen.apply()
    bpy.context.view_layer.layer_collection.children["Row Parts"].exclude = True
    row.hide_set(False)
    row.select_set(True)
    bpy.context.view_layer.objects.active = row
    row.data.partgen.parts = 5
    assert bpy.ops.partgen.apply() == {"FINISHED"}
    assert len(collections.parts_of(row)) == 5
    assert bpy.context.selected_objects == []


def test_drawing_the_panel_does_not_ask_every_selected_part_for_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    make_decomposed(count=40).data.partgen.scale = 0.0
    bpy.ops.partgen.apply()
    assert len(bpy.context.selected_objects) == 40
    asked: list[bpy.types.Object] = []
    source_of = applying.source_of
    monkeypatch.setattr(applying, "source_of", lambda object_: asked.append(object_) or source_of(object_))
    assert bpy.ops.partgen.apply.poll()
    assert bpy.ops.partgen.restore.poll()
    assert bpy.ops.partgen.clear.poll()
    assert len(asked) == 3


def test_the_first_button_tells_that_parts_would_be_taken_apart_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_BACKEND", "partgen serve")
    row = make_decomposed()
    assert "Decompose into Parts" in drawn_text("PARTGEN_PT_decompose")
    bpy.ops.partgen.apply()
    assert f"Decompose {len(collections.parts_of(row))} Parts Further" in drawn_text("PARTGEN_PT_decompose")


def test_panel_says_when_the_objects_are_behind_the_scale() -> None:
    row = make_decomposed()
    assert "Apply" in drawn_text("PARTGEN_PT_parts")
    bpy.ops.partgen.apply()
    assert "apply" not in drawn_text("PARTGEN_PT_parts")
    row.data.partgen.parts = 5
    assert "Apply Again" in drawn_text("PARTGEN_PT_parts")
    assert "Still 3 objects" in drawn_text("PARTGEN_PT_parts")


def test_what_a_note_advises_is_called_as_in_the_panel() -> None:
    row = make_decomposed()
    row.modifiers.new("Smoother", "SUBSURF")
    advised = {label for _, label, _, _ in properties.SURFACES if f"Mesh: {label}" in " ".join(collections.notes(row))}
    assert advised == {"With Modifiers"}


# ---- words -----------------------------------------------------------------------------------------------------------


def test_panels_draw_with_nothing_selected() -> None:
    for panel in ("PARTGEN_PT_decompose", "PARTGEN_PT_parts", "PARTGEN_PT_backend"):
        drawn_text(panel)


def test_messages_are_shown_until_dismissed() -> None:
    make_decomposed()
    messages.shown.append(messages.Message("ERROR", "Row was eaten.", "Feed it better."))
    assert "Row was eaten." in drawn_text("PARTGEN_PT_decompose")
    bpy.ops.partgen.dismiss_messages()
    assert "eaten" not in drawn_text("PARTGEN_PT_decompose")


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        ("decompose", "Select a mesh object first"),
        ("apply", "Select an object that has been decomposed, or one of its parts"),
        ("restore", "Select an object that has been decomposed, or one of its parts"),
        ("clear", "Select an object that has been decomposed, or one of its parts"),
        ("cancel", "Nothing is being decomposed"),
    ],
)
def test_buttons_that_cannot_be_pressed_say_why(operator: str, reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        getattr(bpy.ops.partgen, operator)()


def test_buttons_ask_for_object_mode() -> None:
    make_decomposed()
    bpy.ops.object.mode_set(mode="EDIT")
    for operator in ("decompose", "apply", "restore", "clear"):
        with pytest.raises(RuntimeError, match="Return to Object Mode first"):
            getattr(bpy.ops.partgen, operator)()


def test_every_button_and_property_has_a_tooltip() -> None:
    for class_ in operators.CLASSES:
        assert class_.__doc__, class_
        kind = getattr(bpy.ops.partgen, class_.bl_idname.partition(".")[2]).get_rna_type()
        assert all(prop.description for prop in kind.properties if prop.identifier != "rna_type"), class_
    for class_ in properties.CLASSES:
        own = [prop for prop in class_.bl_rna.properties if prop.identifier in class_.__annotations__]
        assert own
        assert all(prop.description or prop.is_hidden for prop in own), class_


def test_numbers_of_methods_are_frozen() -> None:
    numbers = {"auto": 0, "geometric": 1, "partfield": 2, "superfaces": 3}
    assert {item[0]: item[3] for item in properties.METHODS} == numbers
    assert [(item[0], item[3]) for item in properties.HIERARCHIES] == [("NONE", 0), ("PARENTING", 1), ("COLLECTIONS", 2)]
    assert [(item[0], item[3]) for item in properties.SURFACES] == [("ORIGINAL", 0), ("EVALUATED", 1)]


def test_menus_offer_to_decompose() -> None:
    for name in ("VIEW3D_MT_object", "VIEW3D_MT_object_context_menu"):
        drawn = [function.__module__ for function in getattr(bpy.types, name).draw._draw_funcs]
        assert "bl_ext.user_default.partgen_blender.panel" in drawn


@pytest.mark.parametrize("menu", ["VIEW3D_MT_object", "VIEW3D_MT_object_context_menu"])
def test_what_menus_start_heeds_the_settings_of_the_panel(menu: str) -> None:
    notes = drawn_in_menu(menu, "bl_ext.user_default.partgen_blender.panel")
    assert set(notes.operators) == {"partgen.decompose", "partgen.complete", "partgen.edit_part"}
    assert set(notes.contexts) == {"INVOKE_DEFAULT"}  # executed, an operator would have its own defaults


def test_add_on_can_be_disabled_and_enabled_again(package) -> None:
    make_decomposed()
    for _ in range(2):
        bpy.ops.preferences.addon_disable(module=package.__name__)
        assert not hasattr(bpy.types.Mesh, "partgen")
        bpy.ops.preferences.addon_enable(module=package.__name__)
    assert bpy.data.meshes["Row"].partgen.parts == 3


# ---- explode -----------------------------------------------------------------------------------------------------------


def applied_row() -> tuple[bpy.types.Collection, list[bpy.types.Object]]:
    row = make_decomposed()
    row.location, row.rotation_euler, row.scale = (5.0, -3.0, 1.0), (0.3, 0.4, 0.5), (1.0, 2.0, 3.0)
    row.data.partgen.parts = 3
    bpy.ops.partgen.apply()
    bpy.context.view_layer.update()
    return collections.collection_of(row), collections.parts_of(row)


def _centers(parts: list[bpy.types.Object]) -> np.ndarray:
    bpy.context.view_layer.update()
    return np.array([part.matrix_world @ Vector(studio.positions(part.data).mean(axis=0)) for part in parts])


def test_explode_spreads_the_parts_in_proportion_and_zero_restores_exactly() -> None:
    collection, parts = applied_row()
    before, matrices = _centers(parts), [tuple(map(tuple, part.matrix_world)) for part in parts]
    collection.partgen.explode = 1.0
    offsets = _centers(parts) - before
    collection.partgen.explode = 0.5
    assert np.allclose(_centers(parts) - before, offsets / 2, atol=1e-5)
    gaps = [np.linalg.norm(a - b) for a, b in pairwise(before)]
    collection.partgen.explode = 1.0
    wide = _centers(parts)
    assert all(np.linalg.norm(a - b) > 1.3 * gap for (a, b), gap in zip(pairwise(wide), gaps, strict=True))
    for factor in (0.123, 0.7, 0.0):
        collection.partgen.explode = factor
    bpy.context.view_layer.update()
    assert [tuple(map(tuple, part.matrix_world)) for part in parts] == matrices


def test_explode_respects_what_the_artist_moved_and_turned() -> None:
    collection, parts = applied_row()
    collection.partgen.explode = 0.8
    offset = parts[1].delta_location.copy()
    parts[0].location.x += 7.0
    parts[1].rotation_euler.z += 1.0
    parts[2].delta_location.y += 2.0
    collection.partgen.explode = 0.0
    collection.partgen.explode = 0.8
    assert parts[0].location.x == 12.0
    assert parts[1].delta_location == offset
    collection.partgen.explode = 0.0
    assert tuple(parts[2].delta_location) == pytest.approx((0.0, 2.0, 0.0), abs=1e-6)
    assert tuple(parts[1].delta_location) == (0.0, 0.0, 0.0)


def test_explode_is_undoable_and_saved(tmp_path: Path) -> None:
    collection, _ = applied_row()
    bpy.ops.ed.undo_push(message="before")
    collection.partgen.explode = 0.5
    bpy.ops.ed.undo_push(message="explode")
    path = str(tmp_path / "exploded.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.ed.undo()
    (collection,) = bpy.data.collections
    assert collection.partgen.explode == 0.0
    assert all(part.delta_location.length == 0.0 for part in collection.objects)
    bpy.ops.wm.open_mainfile(filepath=path)
    (collection,) = bpy.data.collections
    assert any(part.delta_location.length for part in collection.objects)
    collection.partgen.explode = 0.0
    assert all(part.delta_location.length == 0.0 for part in collection.objects)


def test_explode_stays_when_the_parts_are_applied_at_another_scale() -> None:
    collection, parts = applied_row()
    row = collections.source_of(parts[0])
    collection.partgen.explode = 1.0
    row.data.partgen.parts = 6
    bpy.ops.partgen.apply()
    parts = collections.parts_of(row)
    wanted = explode.explode_directions(row, parts)
    assert len(parts) == 6
    assert np.allclose([part.delta_location for part in parts], wanted, atol=1e-6)


@pytest.mark.parametrize("hierarchy", ["NONE", "PARENTING", "COLLECTIONS"])
def test_explode_works_in_every_hierarchy(hierarchy: str) -> None:
    row = make_decomposed(12)
    row.location, row.rotation_euler = (5.0, -3.0, 1.0), (0.3, 0.4, 0.5)
    row.data.partgen.parts = 10
    bpy.ops.partgen.apply(hierarchy=hierarchy)
    parts = collections.parts_of(row)
    before = _centers(parts)
    collections.collection_of(row).partgen.explode = 1.0
    moved = _centers(parts) - before
    direction = np.array(row.matrix_world.to_3x3())[:, 0]
    assert np.linalg.norm(moved, axis=1).max() > 5.0
    assert np.allclose(np.cross(moved, direction), 0.0, atol=1e-4)


def _shown_parts() -> int:
    return len(np.unique(stored_tree.part_of_polygon(bpy.data.meshes["Row"])))
