"""Painting one part: a picture and a material of its own, variations to flip through, before and after, and nothing else is touched."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
import studio
from conftest import MODULE, backend_of_module, quiet
from drawing import drawn
from painted import ball, choose, floor, picture_of, pixels, uvs
from partgen.weights import registry


@pytest.fixture(scope="module")
def painter(package: ModuleType) -> Iterator[None]:
    yield from backend_of_module("painting_backend.py")


@pytest.fixture
def jobs(painter: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Jobs of a backend that paints stripes, on a computer without models."""
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    for _ in quiet():
        yield importlib.import_module(f"{MODULE}.jobs")


@pytest.fixture
def messages(package: ModuleType) -> ModuleType:
    return importlib.import_module(f"{MODULE}.messages")


def ask(*parts: bpy.types.Object, prompt: str = "striped", **properties: object) -> None:
    choose(*parts)
    bpy.ops.ed.undo_push()
    made = bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=prompt, method="texture", **properties)
    assert made == {"FINISHED"}


def paint(jobs: ModuleType, *parts: bpy.types.Object, **properties: object) -> None:
    ask(*parts, **properties)
    assert jobs.finish(120)


def test_a_part_without_uvs_gets_a_map_a_picture_in_the_file_and_a_copy_of_its_material(jobs: ModuleType) -> None:
    stand, part = floor(), ball()
    positions, faces = studio.positions(part.data), len(part.data.polygons)
    (clay,) = part.data.materials
    paint(jobs, part)
    (made,) = part.data.materials
    assert made != clay
    assert made.name == "striped"
    assert not next(n for n in clay.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Base Color"].is_linked
    assert next(n for n in made.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Roughness"].default_value == pytest.approx(0.21)
    image = picture_of(made)
    assert image.packed_file is not None
    assert image.colorspace_settings.name == "sRGB"
    texture = next(n for n in made.node_tree.nodes if n.type == "TEX_IMAGE")
    (link,) = texture.inputs["Vector"].links
    assert link.from_node.uv_map in part.data.uv_layers
    of_corners = uvs(part.data, link.from_node.uv_map)
    assert of_corners.min() >= 0
    assert of_corners.max() <= 1
    assert np.array_equal(studio.positions(part.data), positions)
    assert len(part.data.polygons) == faces
    assert not stand.data.materials
    assert part.partgen_edited.steps[0].made_by == "stripes"


def test_each_place_of_the_surface_shows_what_was_painted_there(jobs: ModuleType) -> None:
    floor()
    part = ball()
    part.rotation_euler, part.scale = (0.3, 0.0, 0.8), (1.0, 1.2, -0.9)  # mirrored
    bpy.context.view_layer.update()
    paint(jobs, part, prompt="by place", size="512")
    shown = pixels(picture_of(part.data.materials[0]))
    assert shown.shape == (512, 512, 4)
    of_corners, matrix = uvs(part.data, "Painted"), np.array(part.matrix_world)
    places = studio.positions(part.data) @ matrix[:3, :3].T + matrix[:3, 3]
    places -= (places.min(axis=0) + places.max(axis=0)) / 2
    errors = []
    for polygon in part.data.polygons:
        column, row = (of_corners[list(polygon.loop_indices)].mean(axis=0) * 512).astype(int)
        place = places[list(polygon.vertices)].mean(axis=0)
        if abs(place[2]) < 0.5:  # what is lower is seen by no view
            errors.append(np.abs(shown[row, column, :3] - (0.5 + 0.25 * place)).max())
    assert len(errors) > 100
    assert np.max(errors) < 0.04


def test_painting_is_one_undo_step_for_all_parts_and_leaves_nothing_in_the_file(jobs: ModuleType) -> None:
    first, second = ball("First"), ball("Second")
    second.location.x = 20.0
    images, materials = len(bpy.data.images), len(bpy.data.materials)
    paint(jobs, first, second)
    assert len(bpy.data.images) == images + 2
    bpy.ops.ed.undo()
    for name in ("First", "Second"):
        part = bpy.data.objects[name]
        assert not part.partgen_edited.steps
        assert not part.data.uv_layers
        assert [slot.name.split(".")[0] for slot in part.data.materials] == ["Clay"]
    assert len(bpy.data.images) == images
    assert len(bpy.data.materials) == materials


def test_variations_are_flipped_and_before_and_after_compared(jobs: ModuleType) -> None:
    part = ball()
    (clay,) = part.data.materials
    paint(jobs, part, variations=3, seed=5)
    seen = []
    for _ in range(3):
        seen.append(picture_of(part.data.materials[0]))
        bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    assert picture_of(part.data.materials[0]) == seen[0]
    assert len({pixels(image).tobytes() for image in seen}) == 3
    assert [painting.seed for painting in part.partgen_edited.steps[0].paintings] == [5, 6, 7]
    part.partgen_edited.show_original = True
    assert list(part.data.materials) == [clay]
    part.partgen_edited.show_original = False
    assert picture_of(part.data.materials[0]) == seen[0]


def test_keeping_removes_the_variations_that_are_not_shown_and_reverting_all_of_them(jobs: ModuleType) -> None:
    part = ball()
    images, materials = len(bpy.data.images), len(bpy.data.materials)
    paint(jobs, part, variations=3)
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True)
    assert (len(bpy.data.images), len(bpy.data.materials)) == (images, materials)
    assert [slot.name for slot in part.data.materials] == ["Clay"]
    paint(jobs, part, variations=3)
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    shown = picture_of(part.data.materials[0])
    bpy.ops.partgen.keep_edit("EXEC_DEFAULT", True)
    assert picture_of(part.data.materials[0]) == shown
    assert len(bpy.data.images) == images + 1
    assert len(bpy.data.materials) == materials + 1


def test_a_uv_map_that_will_do_is_painted_on_and_stays_as_it_is(jobs: ModuleType) -> None:
    part = ball(has_uvs=True)
    before = uvs(part.data, part.data.uv_layers[0].name)
    name = part.data.uv_layers[0].name
    paint(jobs, part)
    assert [layer.name for layer in part.data.uv_layers] == [name]
    assert np.array_equal(uvs(part.data, name), before)


def test_a_tiled_uv_map_is_kept_beside_a_new_one_so_that_other_textures_stay(jobs: ModuleType) -> None:
    part = ball(has_uvs=True)
    layer = part.data.uv_layers[0]
    tiled = uvs(part.data, layer.name) * 3
    layer.uv.foreach_set("vector", tiled.reshape(-1))
    paint(jobs, part)
    assert np.array_equal(uvs(part.data, layer.name), tiled)
    assert [one.name for one in part.data.uv_layers] == [layer.name, "Painted"]
    assert part.data.uv_layers[layer.name].active_render


def test_paint_goes_with_the_shape_through_edits_before_and_after_it(jobs: ModuleType) -> None:
    part = ball()
    edits = '[{"op": "scale", "axis": "height", "factor": 2.0}]'
    choose(part)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits=edits)
    paint(jobs, part)
    image = picture_of(part.data.materials[0])
    choose(part)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits='[{"op": "twist", "angle": 30}]')
    assert picture_of(part.data.materials[0]) == image
    steps = part.partgen_edited.steps
    steps[0].strength = 0.5
    assert picture_of(part.data.materials[0]) == image
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True, steps=1)
    assert picture_of(part.data.materials[0]) == image
    # Another number of faces, and the map that was made no longer fits: that is told.
    steps[0].add_vertices = True
    assert "paint it again" in part.partgen_edited.notes
    steps[0].add_vertices = False
    assert picture_of(part.data.materials[0]) == image


def test_painting_again_paints_on_the_map_of_the_first_time(jobs: ModuleType) -> None:
    part = ball()
    paint(jobs, part)
    first = picture_of(part.data.materials[0])
    paint(jobs, part, prompt="striped again", seed=2)
    assert [layer.name for layer in part.data.uv_layers] == ["Painted"]
    assert picture_of(part.data.materials[0]) != first
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True, steps=1)
    assert picture_of(part.data.materials[0]) == first


def test_what_was_painted_is_there_again_after_the_file_was_saved(jobs: ModuleType, tmp_path: Path) -> None:
    part = ball()
    paint(jobs, part, variations=2)
    before = pixels(picture_of(part.data.materials[0]))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "painted.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "painted.blend"))
    part = bpy.data.objects["Knob"]
    assert np.abs(pixels(picture_of(part.data.materials[0])) - before).max() < 0.003
    choose(part)
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    assert np.abs(pixels(picture_of(part.data.materials[0])) - before).max() > 0.1
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True)
    assert [slot.name for slot in part.data.materials] == ["Clay"]
    assert not part.data.uv_layers


def test_a_neighbour_is_seen_in_its_own_picture_and_colour(jobs: ModuleType, package: ModuleType) -> None:
    skins = importlib.import_module(f"{MODULE}.editing.skins")
    part = ball(has_uvs=True)
    image = bpy.data.images.new("Checks", 4, 2)
    image.pixels.foreach_set(np.tile(np.array([0.0, 1.0, 0.0, 1.0], np.float32), 4).repeat(1).tolist() + [1.0, 0.0, 0.0, 1.0] * 4)
    material = part.data.materials[0]
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    found = skins.Skins()
    surface = found.surface(part, part.data, np.eye(4))
    (skin,) = found.found
    assert skin.picture.shape == (2, 4, 4)
    assert skin.picture[0, 0].tolist() == [255, 0, 0, 255]  # rows from above: the last of Blender's
    assert skin.picture[1, 0].tolist() == [0, 255, 0, 255]
    assert np.ptp(surface.corner_uvs.reshape(-1, 2), axis=0).min() > 0.9
    material.node_tree.links.remove(shader.inputs["Base Color"].links[0])
    shader.inputs["Base Color"].default_value = (1.0, 0.214, 0.0, 1.0)
    found = skins.Skins()
    found.surface(part, part.data, np.eye(4))
    assert found.found[0].colour == pytest.approx((1.0, 0.5, 0.0, 1.0), abs=0.01)


# ---- what comes between ----------------------------------------------------------------------------------------------


def test_asking_changes_nothing_and_returns_at_once(jobs: ModuleType) -> None:
    part = ball("Slow Knob")
    ask(part, seed=1)
    assert [job.object_name for job in jobs.open_jobs()] == ["Slow Knob"]
    assert not part.partgen_edited.steps
    assert [slot.name for slot in part.data.materials] == ["Clay"]


def test_cancelling_keeps_the_variations_that_are_there_and_ends_at_once(jobs: ModuleType) -> None:
    part = ball("Slow Knob")
    ask(part, variations=3)
    deadline = time.monotonic() + 60
    while not any(job.is_worth_keeping for job in jobs.open_jobs()) and time.monotonic() < deadline:
        jobs.pump()
        time.sleep(0.02)
    assert bpy.ops.partgen.cancel("EXEC_DEFAULT", True) == {"FINISHED"}
    assert not jobs.open_jobs()
    assert len(part.partgen_edited.steps[0].paintings) == 1


def test_cancelling_before_anything_is_there_leaves_the_part(jobs: ModuleType) -> None:
    part = ball("Slow Knob")
    ask(part, seed=1)
    bpy.ops.partgen.cancel("EXEC_DEFAULT", True)
    assert jobs.finish(60)
    assert not part.partgen_edited.steps
    assert [slot.name for slot in part.data.materials] == ["Clay"]


def test_a_part_deleted_or_cut_in_the_meantime_is_told_and_nothing_is_left_in_the_file(jobs: ModuleType, messages: ModuleType) -> None:
    part, other = ball(), ball("Other")
    other.location.x = 20.0
    images = len(bpy.data.images)
    ask(part, other)
    bpy.data.objects.remove(part)
    bpy.context.view_layer.update()
    choose(other)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.subdivide()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert jobs.finish(120)
    said = " ".join(message.sentence for message in messages.shown)
    assert "Knob was deleted while it was being painted" in said
    assert "Other was edited while it was being painted" in said
    assert not other.partgen_edited.steps
    assert len(bpy.data.images) == images


def test_what_cannot_be_painted_is_told_at_once(jobs: ModuleType, messages: ModuleType) -> None:
    part = ball()
    choose(part)
    with pytest.raises(RuntimeError, match="no prompt"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=" ", method="texture")
    with pytest.raises(RuntimeError, match="strength 0"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="red", method="texture", strength=0.0)
    part.material_slots[0].link = "OBJECT"
    with pytest.raises(RuntimeError, match="Link to Data"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="red", method="texture")
    assert not jobs.open_jobs()


def test_where_no_model_is_here_the_error_names_the_one_to_add(jobs: ModuleType, messages: ModuleType) -> None:
    part = ball()
    paint(jobs, part, prompt="no checkpoint")
    (message,) = [message for message in messages.shown if message.level == "ERROR"]
    assert "sd15-inpainting" in message.remedy
    assert message.action == "open_preferences"
    assert not part.partgen_edited.steps


# ---- the panel -------------------------------------------------------------------------------------------------------


def test_the_panel_says_which_models_to_add_and_what_a_depth_controlnet_would_better(
    jobs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTGEN_MODELS", str(tmp_path / "models"))
    part = ball()
    choose(part)
    settings = bpy.context.scene.partgen_editing
    assert "sd15" not in drawn("PARTGEN_PT_edit").text
    settings.method = "texture"
    notes = drawn("PARTGEN_PT_edit")
    size = registry.in_megabytes(registry.entry("sd15-inpainting").size)
    assert f"Texture: Not here. {size} to download." in notes.text
    assert "partgen.download_model" in notes.operators
    assert {"steps", "size", "model", "controlnet"} <= set(notes.properties)
    assert "add_vertices" not in notes.properties
    menu = drawn("PARTGEN_PT_editing_methods").text
    for words in ("Instruct", "Texture", "CreativeML OpenRAIL-M", "Tier AI"):
        assert words in menu
    settings.model = str(tmp_path)
    assert "partgen.download_model" not in drawn("PARTGEN_PT_edit").operators
    settings.model = ""
    home = tmp_path / "models" / "sdxl-inpainting"
    home.mkdir(parents=True)
    (home / "unet.safetensors").write_bytes(b"weights")
    registry.write_record(home, {"files": {"unet.safetensors": {"size": 7}}})
    notes = drawn("PARTGEN_PT_edit")
    assert "Not here" not in notes.text
    assert "Without Depth ControlNet for Stable Diffusion XL what is painted may not follow the shape." in notes.text
    assert "Paint Part" in notes.texts


def test_the_panel_shows_who_painted_and_flips_without_sliders_of_shape(jobs: ModuleType) -> None:
    part = ball()
    paint(jobs, part, variations=2, seed=3)
    notes = drawn("PARTGEN_PT_edit")
    assert "stripes, seed 3" in notes.texts
    assert "1 of 2" in notes.texts
    assert any("Knob striped" in text for text in notes.texts)
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)
    assert "stripes, seed 4" in drawn("PARTGEN_PT_edit").texts
