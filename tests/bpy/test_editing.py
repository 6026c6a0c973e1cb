"""Editing one part: what was asked happens, in place, and everything else about the part and the file stays."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import preferences
from bl_ext.user_default.partgen_blender.editing.operators import PARTGEN_OT_edit_part
from conftest import MODULE
from drawing import drawn_dialog, drawn_in_menu
from partgen.editing.edits import OPERATIONS
from studio import is_closed, world

PARAMETERS = {"material": {"name": "iron", "finish": "rusty"}, "replace": {"with": "ball"}}


@pytest.fixture
def history(package: ModuleType) -> ModuleType:
    return importlib.import_module(f"{MODULE}.editing.history")


def post(name: str = "Post") -> bpy.types.Object:
    """A post of 1 x 1 x 4 m that stands on the floor z = 0, of small faces, with UVs, a material, a weight and a shape key."""
    bpy.ops.mesh.primitive_cube_add(size=1)
    made = bpy.context.object
    made.name = name
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.subdivide(number_cuts=7)
    bpy.ops.object.mode_set(mode="OBJECT")
    for vertex in made.data.vertices:
        vertex.co.z = (vertex.co.z + 0.5) * 4
    made.data.materials.append(bpy.data.materials.new("Paint"))
    group = made.vertex_groups.new(name="Top")
    group.add([vertex.index for vertex in made.data.vertices if vertex.co.z > 3.9], 1.0, "REPLACE")
    studio.mark(made.data)
    return made


def floor() -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, -0.5), scale=(9, 9, 1))
    return bpy.context.object


def choose(*objects: bpy.types.Object) -> None:
    for other in bpy.context.view_layer.objects:
        other.select_set(other in objects)
    bpy.context.view_layer.objects.active = objects[0]


def edit(part: bpy.types.Object, *edits: dict, **properties: object) -> None:
    choose(part)
    bpy.ops.ed.undo_push()
    result = bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits=json.dumps(edits), **properties)
    assert result == {"FINISHED"}


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_every_edit_can_be_done_and_undone_in_one_step(history: ModuleType, op: str) -> None:
    floor()
    part = post()
    name, before = part.name, world(part)
    edit(part, {"op": op, **PARAMETERS.get(op, {})})
    part = bpy.data.objects[name]
    assert len(part.data.polygons)
    assert part.partgen_edited.steps[0].edits[0].name == op
    bpy.ops.ed.undo()
    part = bpy.data.objects[name]
    assert not part.partgen_edited.steps
    assert np.array_equal(world(part), before)
    assert [slot.name for slot in part.data.materials] == ["Paint"]


@pytest.mark.parametrize("op", ["scale", "bend", "twist", "taper", "smooth", "bumps", "inflate"])
def test_a_deformation_keeps_topology_uvs_weights_and_materials(history: ModuleType, op: str) -> None:
    floor()
    part = post()
    uv = studio.values(part.data.uv_layers.active.uv, "vector", np.float32, 2)
    before = world(part)
    edit(part, {"op": op})
    for domain in studio.DOMAINS:
        assert np.array_equal(studio.origins(part.data, domain), np.arange(len(studio.origins(part.data, domain))))
    assert np.array_equal(studio.values(part.data.uv_layers.active.uv, "vector", np.float32, 2), uv)
    assert [slot.name for slot in part.data.materials] == ["Paint"]
    assert sum(len(vertex.groups) for vertex in part.data.vertices) == 81
    stands = before[:, 2] < 1e-6
    assert np.abs(world(part)[stands] - before[stands]).max() < 1e-5
    assert np.abs(world(part) - before).max() > 0.01


@pytest.mark.parametrize("op", ["mirror", "repeat", "hollow", "split", "bevel"])
def test_what_makes_faces_carries_uvs_materials_and_attributes_along(history: ModuleType, op: str) -> None:
    part = post()
    edit(part, {"op": op})
    assert [slot.name for slot in part.data.materials] == ["Paint"]
    assert part.data.uv_layers.active is not None
    known = studio.origins(part.data, "FACE")
    assert len(np.unique(known)) == 384 or op == "bevel"
    assert is_closed(part.data)


def test_lengths_are_real_ones_whatever_the_scale_of_object_and_scene(history: ModuleType) -> None:
    part = post()
    part.scale = (1, 1, 0.5)
    bpy.context.scene.unit_settings.scale_length = 0.01
    bpy.context.view_layer.update()
    edit(part, {"op": "scale", "axis": "length", "delta": {"value": 3, "unit": "cm"}})
    assert np.ptp(world(part), axis=0) == pytest.approx([1, 1, 5], rel=1e-4)


def test_a_slider_adjusts_the_edit_from_the_original(history: ModuleType) -> None:
    part = post()
    edit(part, {"op": "scale", "axis": "length", "factor": 2.0})
    (parameter,) = [p for p in part.partgen_edited.steps[0].edits[0].parameters if p.name == "factor"]
    parameter.factor = 3.0
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(12, rel=1e-5)
    part.partgen_edited.steps[0].strength = 0.0
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4, rel=1e-5)


def test_before_and_after_can_be_compared_and_keeping_forgets_before(history: ModuleType) -> None:
    part = post()
    edit(part, {"op": "scale", "axis": "length", "factor": 2.0})
    part.partgen_edited.show_original = True
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4)
    part.partgen_edited.show_original = False
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(8)
    meshes = len(bpy.data.meshes)
    assert bpy.ops.partgen.keep_edit("EXEC_DEFAULT", True) == {"FINISHED"}
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(8)
    assert len(bpy.data.meshes) == meshes - 1
    assert part.partgen_edited.original is None


def test_steps_follow_one_another_and_are_taken_back_one_by_one(history: ModuleType) -> None:
    part = post()
    mesh_name = part.data.name
    edit(part, {"op": "scale", "axis": "length", "factor": 2.0})
    edit(part, {"op": "scale", "axis": "length", "factor": 1.5})
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(12, rel=1e-5)
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True, steps=1)
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(8, rel=1e-5)
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True)
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4, rel=1e-5)
    assert part.data.name == mesh_name


def test_variations_differ_keep_what_was_said_and_come_again(history: ModuleType) -> None:
    part = post()
    edit(part, {"op": "bend", "angle": 60}, {"op": "bumps"}, variations=4, seed=3)
    seen = []
    for _ in range(4):
        seen.append(world(part))
        bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    assert np.array_equal(world(part), seen[0])
    assert len({positions.tobytes() for positions in seen}) == 4


def test_a_mesh_that_others_share_stays_as_it_is_for_them(history: ModuleType) -> None:
    part = post()
    twin = bpy.data.objects.new("Twin", part.data)
    bpy.context.scene.collection.objects.link(twin)
    before = studio.positions(twin.data)
    edit(part, {"op": "twist"})
    assert np.array_equal(studio.positions(twin.data), before)
    assert part.data != twin.data


def test_shape_keys_survive_a_deformation(history: ModuleType) -> None:
    part = post()
    part.shape_key_add(name="Basis")
    key = part.shape_key_add(name="Lean")
    for vertex in key.data:
        vertex.co.x += vertex.co.z
    edit(part, {"op": "scale", "axis": "length", "factor": 2.0})
    keys = part.data.shape_keys.key_blocks
    apart = np.array([key.co for key in keys["Lean"].data]) - np.array([key.co for key in keys["Basis"].data])
    assert np.ptp(apart[:, 0]) == pytest.approx(4, rel=1e-4)
    assert np.ptp([key.co.z for key in keys["Basis"].data]) == pytest.approx(8, rel=1e-4)


def test_like_the_left_wheel_takes_the_shape_of_that_part(history: ModuleType) -> None:
    bpy.ops.mesh.primitive_torus_add(location=(20, 0, 0))
    wheel = bpy.context.object
    wheel.name = "Left Wheel"
    part = post()
    edit(part, {"op": "replace", "with": "left wheel"})
    assert len(part.data.polygons) == len(wheel.data.polygons)
    assert np.abs(world(part)[:, :2]).max() < 4


@pytest.mark.parametrize(("word", "is_smooth"), [("ball", True), ("globes", True), ("pipe", True), ("donut", True), ("slab", False)])
def test_a_primitive_is_shaded_alike_whatever_it_is_called(history: ModuleType, word: str, is_smooth: bool) -> None:
    part = post()
    edit(part, {"op": "replace", "with": word})
    assert {face.use_smooth for face in part.data.polygons if len(face.vertices) <= 4} == {is_smooth}


def test_a_material_is_made_of_nodes_and_shared_by_parts_that_ask_for_the_same(history: ModuleType) -> None:
    first, second = post("First"), post("Second")
    for part in (first, second):
        edit(part, {"op": "material", "name": "iron", "finish": "rusty"})
    (made,) = first.data.materials
    assert list(second.data.materials) == [made]
    assert made.name == "Rusty Iron"
    kinds = {node.type for node in made.node_tree.nodes}
    assert {"BSDF_PRINCIPLED", "TEX_NOISE", "VALTORGB"} <= kinds


def test_what_cannot_be_done_leaves_the_part_and_says_what_to_do(history: ModuleType) -> None:
    part = post()
    before, meshes = world(part), len(bpy.data.meshes)
    for edits, words in (
        ([{"op": "replace", "with": "the moon"}], "no part called"),
        ([{"op": "hollow", "thickness": {"value": 9, "unit": "m"}}], "leave no room"),
        ([{"op": "explode"}], "no edit called"),
    ):
        with pytest.raises(RuntimeError, match=words):
            bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits=json.dumps(edits))
        assert np.array_equal(world(part), before)
        assert not part.partgen_edited.steps
        assert len(bpy.data.meshes) == meshes
    with pytest.raises(RuntimeError, match="strength 0"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits='[{"op": "bend"}]', strength=0.0)


def test_edits_are_there_again_after_the_file_was_saved(history: ModuleType, tmp_path: object) -> None:
    part = post()
    edit(part, {"op": "scale", "axis": "length", "factor": 2.0})
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path) + "/edited.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path) + "/edited.blend")
    part = bpy.data.objects["Post"]
    part.partgen_edited.steps[0].strength = 0.5
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4 * 2**0.5, rel=1e-4)
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True)
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4, rel=1e-5)


# ---- by words --------------------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(package: ModuleType, real_backend: None) -> ModuleType:
    return importlib.import_module(f"{MODULE}.jobs")


@pytest.fixture
def messages(package: ModuleType) -> ModuleType:
    return importlib.import_module(f"{MODULE}.messages")


def test_a_prompt_changes_the_selected_parts_as_one_undo_step(history: ModuleType, jobs: ModuleType) -> None:
    first, second = post("First"), post("Second")
    second.location.x = 20.0
    choose(first, second)
    bpy.ops.ed.undo_push()
    assert bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="twice as long") == {"FINISHED"}
    assert np.ptp(world(first), axis=0)[2] == pytest.approx(4)
    assert jobs.finish(60)
    for part in (first, second):
        assert np.ptp(world(part), axis=0)[2] == pytest.approx(8, rel=1e-4)
        assert part.partgen_edited.steps[0].prompt == "twice as long"
    bpy.ops.ed.undo()
    for name in ("First", "Second"):
        assert np.ptp(world(bpy.data.objects[name]), axis=0)[2] == pytest.approx(4)


def test_nonsense_changes_nothing_and_suggests_what_can_be_said(history: ModuleType, jobs: ModuleType, messages: ModuleType) -> None:
    part = post()
    before = world(part)
    choose(part)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="qwe asdf zxcv")
    assert jobs.finish(60)
    assert np.array_equal(world(part), before)
    assert not part.partgen_edited.steps
    assert any("Try" in message.remedy for message in messages.shown)


def test_a_part_deleted_in_the_meantime_is_told(history: ModuleType, jobs: ModuleType, messages: ModuleType) -> None:
    part = post()
    choose(part)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="longer")
    bpy.data.objects.remove(part)
    assert jobs.finish(60)
    assert any("was deleted" in message.sentence for message in messages.shown)


def test_an_empty_prompt_and_strength_zero_are_refused_at_once(history: ModuleType, jobs: ModuleType) -> None:
    choose(post())
    with pytest.raises(RuntimeError, match="no prompt"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="  ")
    with pytest.raises(RuntimeError, match="strength 0"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="longer", strength=0.0)
    assert not jobs.open_jobs()


# ---- in the viewport -------------------------------------------------------------------------------------------------

ASKED = {"method": "instruct", "model": "", "depth_model": "", "variations": 1}


@pytest.fixture
def settings(package: ModuleType) -> bpy.types.PropertyGroup:
    return bpy.context.scene.partgen_editing


class Dialog:
    """Stands for the operator as a menu invokes it, and for Blender, which opens its dialog: without a screen there is none."""

    _OF_THE_PANEL = PARTGEN_OT_edit_part._OF_THE_PANEL

    def __init__(self) -> None:
        self.asks = True
        self.properties = SimpleNamespace(is_property_set=lambda name: name == "asks")
        self.titles: list[str] = []
        manager = SimpleNamespace(invoke_props_dialog=self._opened)
        names = ("scene", "view_layer", "selected_objects")
        context = SimpleNamespace(window_manager=manager, **{name: getattr(bpy.context, name) for name in names})
        assert PARTGEN_OT_edit_part.invoke(self, context, None) == {"RUNNING_MODAL"}

    def _opened(self, operator: object, title: str, **_: object) -> set[str]:
        assert operator is self
        self.titles.append(title)
        return {"RUNNING_MODAL"}

    def confirm(self, **answers: object) -> set[str]:
        """OK, after these fields were filled in: Blender executes the operator with what it has then."""
        values = {name: getattr(self, name) for name in self._OF_THE_PANEL}
        return bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, asks=True, **values | answers)


@pytest.mark.parametrize("menu", ["VIEW3D_MT_object", "VIEW3D_MT_object_context_menu"])
def test_the_menus_of_the_viewport_offer_to_edit_and_ask_for_words_first(menu: str) -> None:
    notes = drawn_in_menu(menu, f"{MODULE}.panel")
    assert notes.texts[notes.operators.index("partgen.edit_part")] == "Edit Part…"
    assert notes.arguments[notes.operators.index("partgen.edit_part")].asks


def test_the_dialog_begins_with_what_the_panel_has_and_leaving_it_changes_nothing(
    history: ModuleType, jobs: ModuleType, settings: bpy.types.PropertyGroup
) -> None:
    part = post()
    before = world(part)
    choose(part)
    settings.prompt, settings.method, settings.strength, settings.variations, settings.seed = "longer", "texture", 0.5, 3, 7
    settings.steps, settings.size, settings.model = 5, "512", "/mine"
    dialog = Dialog()
    assert dialog.titles == ["Edit Part"]
    for name in PARTGEN_OT_edit_part._OF_THE_PANEL:
        assert getattr(dialog, name) == getattr(settings, name), name
    dialog.prompt, dialog.variations = "shorter", 2
    assert (settings.prompt, settings.variations) == ("longer", 3)
    assert np.array_equal(world(part), before)
    assert not part.partgen_edited.steps
    assert not jobs.open_jobs()


def test_the_dialog_says_how_many_parts_it_is_about(history: ModuleType) -> None:
    choose(post("First"), post("Second"))
    assert Dialog().titles == ["Edit 2 Parts"]


def test_confirming_the_dialog_edits_as_one_undo_step_and_the_panel_shows_what_was_asked(
    history: ModuleType, jobs: ModuleType, settings: bpy.types.PropertyGroup
) -> None:
    part = post()
    choose(part)
    settings.prompt, settings.variations = "rusty iron", 3
    bpy.ops.ed.undo_push()
    assert Dialog().confirm(prompt="twice as long", strength=0.9, seed=4) == {"FINISHED"}
    assert jobs.finish(60)
    assert [step.prompt for step in part.partgen_edited.steps] == ["twice as long"]
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4 * 2**0.9, rel=1e-4)
    settings = bpy.context.scene.partgen_editing
    assert (settings.prompt, settings.variations, settings.seed) == ("twice as long", 3, 4)
    assert settings.strength == pytest.approx(0.9)
    bpy.ops.ed.undo()
    part = bpy.data.objects["Post"]
    assert np.ptp(world(part), axis=0)[2] == pytest.approx(4)
    assert not part.partgen_edited.steps


def test_the_button_of_the_panel_and_scripts_leave_what_the_panel_says(
    history: ModuleType, jobs: ModuleType, settings: bpy.types.PropertyGroup
) -> None:
    choose(post())
    settings.prompt = "rusty iron"
    assert bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="twice as long") == {"FINISHED"}
    assert settings.prompt == "rusty iron"


def test_a_dialog_without_words_is_refused_as_the_panel_is(
    history: ModuleType, jobs: ModuleType, messages: ModuleType, settings: bpy.types.PropertyGroup
) -> None:
    choose(post())
    with pytest.raises(RuntimeError, match="no prompt"):
        Dialog().confirm(prompt="  ")
    of_dialog, messages.shown[:] = list(messages.shown), []
    with pytest.raises(RuntimeError, match="no prompt"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="  ")
    assert of_dialog == messages.shown
    assert not jobs.open_jobs()


def test_the_dialog_asks_only_for_what_the_method_heeds(history: ModuleType, jobs: ModuleType) -> None:
    always = ["prompt", "method"]
    assert drawn_dialog(PARTGEN_OT_edit_part, prompt="", strength=1.0, add_vertices=False, seed=0, **ASKED).properties == [
        *always, "strength", "add_vertices", "variations",
    ]  # fmt: skip
    several = ASKED | {"method": "generative", "variations": 3}
    assert drawn_dialog(PARTGEN_OT_edit_part, prompt="", seed=0, **several).properties == [*always, "variations", "seed"]


def test_the_dialog_says_what_the_method_lacks_with_the_button_for_it(history: ModuleType, jobs: ModuleType, tmp_path: Path) -> None:
    preferences.get().models_folder = str(tmp_path)
    try:
        painted = {"prompt": "", "strength": 1.0, "seed": 0, **ASKED, "method": "texture"}
        assert "partgen.download_model" in drawn_dialog(PARTGEN_OT_edit_part, **painted).operators
        assert not drawn_dialog(PARTGEN_OT_edit_part, **painted | {"model": "/mine"}).operators
    finally:
        preferences.get().property_unset("models_folder")
