"""A part made anew from painted views: closed, in place, with what was painted on it, variations and a way back; the rest stays."""

from __future__ import annotations

import importlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
import studio
from conftest import MODULE, ROOT, backend_of_module, quiet
from drawing import drawn
from painted import ball, choose, floor, picture_of, pixels, uvs
from partgen.weights import registry
from studio import is_closed, shape, world


@pytest.fixture(scope="module")
def painter(package: ModuleType) -> Iterator[None]:
    yield from backend_of_module("painting_backend.py")


@pytest.fixture
def jobs(painter: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Jobs of a backend that paints a larger part, on a computer without models."""
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    for _ in quiet():
        yield importlib.import_module(f"{MODULE}.jobs")


@pytest.fixture
def messages(package: ModuleType) -> ModuleType:
    return importlib.import_module(f"{MODULE}.messages")


def ask(*parts: bpy.types.Object, prompt: str = "larger", **properties: object) -> None:
    choose(*parts)
    bpy.ops.ed.undo_push()
    assert bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=prompt, method="reshape", **properties) == {"FINISHED"}


def reshape(jobs: ModuleType, *parts: bpy.types.Object, **properties: object) -> None:
    ask(*parts, **properties)
    assert jobs.finish(120)


def flip() -> None:
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)


def revert(**properties: object) -> None:
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True, **properties)


def in_file() -> list[int]:
    return [len(of_kind) for of_kind in (bpy.data.meshes, bpy.data.materials, bpy.data.images)]


def test_the_object_keeps_name_parent_pivot_and_gets_a_closed_shape_where_the_old_one_stood(jobs: ModuleType) -> None:
    stand, knob = floor(), ball()
    knob.parent = stand
    knob.matrix_parent_inverse = stand.matrix_world.inverted()
    pivot, of_stand = knob.matrix_world.copy(), shape(stand)
    reshape(jobs, knob)
    assert (knob.name, knob.parent, knob.matrix_world) == ("Knob", stand, pivot)
    assert is_closed(knob.data)
    places = world(knob)
    assert places.min(axis=0) == pytest.approx([-1.1, -1.1, 0.0], abs=0.05)
    assert places.max(axis=0) == pytest.approx([1.1, 1.1, 2.2], abs=0.05)
    normal, middle = np.array(knob.data.polygons[0].normal), np.array(knob.data.polygons[0].center)
    assert normal @ (middle - places.mean(axis=0) + np.array(knob.location)) > 0  # outwards
    assert shape(stand) == of_stand
    assert not stand.data.materials
    assert all(polygon.use_smooth for polygon in knob.data.polygons)


def test_it_wears_what_was_painted_in_a_copy_of_its_material_and_the_old_look_is_kept(jobs: ModuleType) -> None:
    floor()
    knob = ball()
    (clay,) = knob.data.materials
    reshape(jobs, knob, prompt="a bigger knob")
    (made,) = knob.data.materials
    assert made != clay
    assert made.name == "a bigger knob"
    shader = next(node for node in made.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.21)
    assert picture_of(made).packed_file is not None
    assert not next(n for n in clay.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Base Color"].is_linked
    assert knob.partgen_edited.steps[0].made_by == "stripes, depth by ruler"


@pytest.mark.parametrize("scale", [(1.0, 1.0, 1.0), (1.0, 1.2, -0.9)], ids=["as it is", "turned and mirrored"])
def test_each_place_of_the_new_shape_shows_what_was_painted_there(jobs: ModuleType, scale: tuple[float, float, float]) -> None:
    floor()
    knob = ball()
    knob.scale, knob.rotation_euler = scale, (0.3, 0.0, 0.8) if scale[2] < 0 else (0, 0, 0)
    bpy.context.view_layer.update()
    before = world(knob)
    middle = (before.min(axis=0) + before.max(axis=0)) / 2
    reshape(jobs, knob, prompt="by place", size="512")
    shown = pixels(picture_of(knob.data.materials[0]))
    assert shown.shape == (512, 512, 4)
    of_corners, places = uvs(knob.data, "Painted"), world(knob) - middle
    errors, turned_in = [], 0
    matrix = np.array(knob.matrix_world)
    for polygon in knob.data.polygons:
        at = places[list(polygon.vertices)]
        column, row = np.clip((of_corners[list(polygon.loop_indices)].mean(axis=0) * 512).astype(int), 0, 511)
        if abs(at[:, 2].mean()) < 0.5:  # what is lower is seen by no view
            errors.append(np.abs(shown[row, column, :3] - (0.5 + 0.25 * at.mean(axis=0))).max())
        wound = np.cross(at[1] - at[0], at[2] - at[0]) * np.sign(np.linalg.det(matrix[:3, :3]))
        turned_in += wound @ at.mean(axis=0) < 0
    assert len(errors) > 1000
    assert np.percentile(errors, 99) < 0.06
    assert turned_in < 0.01 * len(knob.data.polygons)


def test_one_undo_step_for_all_parts_leaves_nothing_in_the_file(jobs: ModuleType) -> None:
    first, second = ball("First"), ball("Second")
    second.location.x = 20.0
    before, of_first = in_file(), shape(first)
    reshape(jobs, first, second)
    assert shape(first) != of_first
    assert in_file() != before
    bpy.ops.ed.undo()
    assert all(not bpy.data.objects[name].partgen_edited.steps for name in ("First", "Second"))
    assert shape(bpy.data.objects["First"]) == of_first
    assert in_file() == before


def test_shape_and_picture_of_a_variation_are_flipped_together_and_before_and_after_compared(jobs: ModuleType) -> None:
    floor()
    knob = ball()
    (clay,) = knob.data.materials
    before = shape(knob)
    reshape(jobs, knob, variations=3, seed=6)
    seen, heights = [], []
    for _ in range(3):
        seen.append((shape(knob), picture_of(knob.data.materials[0])))
        heights.append(np.ptp(world(knob)[:, 2]))
        flip()
    assert heights == pytest.approx([2.2, 2.26, 2.32], abs=0.04)
    assert (shape(knob), picture_of(knob.data.materials[0])) == seen[0]
    assert len({pixels(image).tobytes() for _, image in seen}) == 3
    knob.partgen_edited.show_original = True
    assert shape(knob) == before
    assert list(knob.data.materials) == [clay]
    knob.partgen_edited.show_original = False
    assert (shape(knob), picture_of(knob.data.materials[0])) == seen[0]


def test_keeping_leaves_the_shown_variation_alone_in_the_file_and_reverting_the_old_part(jobs: ModuleType) -> None:
    knob = ball()
    before, first = in_file(), shape(knob)
    reshape(jobs, knob, variations=2)
    revert()
    assert (in_file(), shape(knob)) == (before, first)
    assert [slot.name for slot in knob.data.materials] == ["Clay"]
    assert not knob.data.uv_layers
    reshape(jobs, knob, variations=2)
    flip()
    shown = shape(knob)
    bpy.ops.partgen.keep_edit("EXEC_DEFAULT", True)
    assert shape(knob) == shown
    assert in_file() == [before[0], before[1] + 1, before[2] + 1]


def test_edits_and_paint_go_on_from_the_new_shape(jobs: ModuleType) -> None:
    floor()
    knob = ball()
    reshape(jobs, knob)
    image, height = picture_of(knob.data.materials[0]), np.ptp(world(knob)[:, 2])
    choose(knob)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits='[{"op": "scale", "axis": "height", "factor": 1.5}]')
    assert np.ptp(world(knob)[:, 2]) > 1.3 * height
    assert picture_of(knob.data.materials[0]) == image
    revert(steps=1)
    choose(knob)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="striped", method="texture", seed=4)
    assert jobs.finish(120)
    assert [layer.name for layer in knob.data.uv_layers] == ["Painted"]
    assert picture_of(knob.data.materials[0]) != image
    reshape(jobs, knob, prompt="larger again")
    assert len(knob.partgen_edited.steps) == 3
    assert np.ptp(world(knob)[:, 2]) > 1.05 * height
    assert "again" not in knob.partgen_edited.notes  # everything that was painted fits
    revert()
    assert np.ptp(world(knob)[:, 2]) == pytest.approx(2.0)


def test_it_is_there_again_after_the_file_was_saved(jobs: ModuleType, tmp_path: Path) -> None:
    knob = ball()
    before = shape(knob)
    reshape(jobs, knob, variations=2)
    first, colours = shape(knob), pixels(picture_of(knob.data.materials[0]))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "knob.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "knob.blend"))
    knob = bpy.data.objects["Knob"]
    assert shape(knob) == first
    choose(knob)
    flip()
    assert shape(knob) != first
    flip()
    assert shape(knob) == first
    assert np.abs(pixels(picture_of(knob.data.materials[0])) - colours).max() < 0.003
    revert()
    assert shape(knob) == before


def test_a_part_that_was_cut_out_is_made_anew_and_the_other_parts_stay(jobs: ModuleType) -> None:
    applying = importlib.import_module(f"{MODULE}.applying")
    source = studio.decomposed("Lamp")
    source.data.partgen.scale = 0.5
    parts = applying.apply(source)
    part = max(parts, key=lambda one: world(one)[:, 0].max())
    before = {one.name: shape(one) for one in [source, *parts]}
    old = world(part)
    reshape(jobs, part)
    assert part.partgen_edited.steps
    assert {one.name for one in [source, *parts] if shape(one) != before[one.name]} == {part.name}
    assert is_closed(part.data)
    rim = old[old[:, 0] < old[:, 0].min() + 1e-3]  # where it was cut off
    assert max(np.linalg.norm(world(part) - place, axis=1).min() for place in rim) < 0.1


# ---- what comes between ----------------------------------------------------------------------------------------------


def test_asking_changes_nothing_and_returns_at_once(jobs: ModuleType) -> None:
    knob = ball("Slow Knob")
    before = shape(knob)
    ask(knob, seed=1)
    assert [job.object_name for job in jobs.open_jobs()] == ["Slow Knob"]
    assert shape(knob) == before
    assert not knob.partgen_edited.steps


def test_cancelling_keeps_the_variations_that_are_there_and_ends_at_once(jobs: ModuleType) -> None:
    knob = ball("Slow Knob")
    ask(knob, variations=3)
    deadline = time.monotonic() + 60
    while not any(job.is_worth_keeping for job in jobs.open_jobs()) and time.monotonic() < deadline:
        jobs.pump()
        time.sleep(0.02)
    assert bpy.ops.partgen.cancel("EXEC_DEFAULT", True) == {"FINISHED"}
    assert not jobs.open_jobs()
    assert len(knob.partgen_edited.steps[0].parts) == len(knob.partgen_edited.steps[0].paintings) == 1


def test_cancelling_before_anything_is_there_leaves_the_part(jobs: ModuleType) -> None:
    knob = ball("Slow Knob")
    before = shape(knob)
    ask(knob, seed=1)
    bpy.ops.partgen.cancel("EXEC_DEFAULT", True)
    assert jobs.finish(60)
    assert shape(knob) == before
    assert not knob.partgen_edited.steps


def test_a_part_deleted_or_changed_in_the_meantime_is_told_and_nothing_is_left_in_the_file(jobs: ModuleType, messages: ModuleType) -> None:
    knob, other = ball(), ball("Other")
    other.location.x = 20.0
    before = in_file()
    ask(knob, other)
    bpy.data.objects.remove(knob)
    other.data.vertices[0].co.z -= 3
    assert jobs.finish(120)
    said = " ".join(message.sentence for message in messages.shown)
    assert "Knob was deleted while it was being reshaped" in said
    assert "Other was edited while it was being reshaped" in said
    assert not other.partgen_edited.steps
    assert in_file() == before


def test_what_cannot_be_reshaped_is_told_at_once(jobs: ModuleType) -> None:
    knob = ball()
    choose(knob)
    with pytest.raises(RuntimeError, match="no prompt"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=" ", method="reshape")
    with pytest.raises(RuntimeError, match="strength 0"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="a paw", method="reshape", strength=0.0)
    for number in range(8):
        knob.data.uv_layers.new(name=f"Map {number}")
    with pytest.raises(RuntimeError, match="8 UV maps"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="a paw", method="reshape")
    knob.material_slots[0].link = "OBJECT"
    with pytest.raises(RuntimeError, match="Link to Data"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="a paw", method="reshape")
    assert not jobs.open_jobs()


@pytest.mark.parametrize(("prompt", "wanted"), [("no depth", "Depth Anything V2 Small"), ("no checkpoint", "Stable Diffusion 1.5")])
def test_where_a_network_is_not_here_the_error_names_it_and_the_menu(
    jobs: ModuleType, messages: ModuleType, prompt: str, wanted: str
) -> None:
    knob = ball()
    reshape(jobs, knob, prompt=prompt)
    (message,) = [message for message in messages.shown if message.level == "ERROR"]
    assert wanted in message.sentence
    assert "in the preferences under Models" in message.remedy
    assert message.action == "open_preferences"
    assert not knob.partgen_edited.steps


def test_views_that_show_no_part_are_told_and_change_nothing(jobs: ModuleType, messages: ModuleType) -> None:
    knob = ball()
    before = shape(knob)
    reshape(jobs, knob, prompt="white")
    (message,) = [message for message in messages.shown if message.level == "ERROR"]
    assert "show nothing of the part" in message.sentence
    assert "another seed" in message.remedy
    assert shape(knob) == before


# ---- the panel -------------------------------------------------------------------------------------------------------


def have(folder: Path, identifier: str) -> None:
    """Puts what looks like downloaded weights into the folder of models."""
    home = folder / identifier
    home.mkdir(parents=True)
    (home / "model.safetensors").write_bytes(b"weights")
    registry.write_record(home, {"files": {"model.safetensors": {"size": 7}}})


def test_the_panel_offers_what_is_missing_one_after_the_other_until_it_is_ready(
    jobs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTGEN_MODELS", str(tmp_path / "models"))
    choose(ball())
    bpy.context.scene.partgen_editing.method = "reshape"
    notes = drawn("PARTGEN_PT_edit")
    assert "Reshape: Needs Stable Diffusion 1.5" in notes.text
    assert {"strength", "variations", "seed", "steps", "size", "model", "depth_model"} <= set(notes.properties)
    assert "add_vertices" not in notes.properties
    assert "Reshape Part" in notes.texts
    have(tmp_path / "models", "sd15-inpainting")
    notes = drawn("PARTGEN_PT_edit")
    size = registry.in_megabytes(registry.entry("depth-anything-v2-small").size)
    assert f"Reshape: Needs Depth Anything V2 Small. Not here. {size} to download." in notes.text
    assert "may not follow the shape" not in notes.text  # it is not to
    have(tmp_path / "models", "depth-anything-v2-small")
    assert "partgen.download_model" not in drawn("PARTGEN_PT_edit").operators


def test_folders_of_ones_own_stand_for_the_networks_of_the_registry(jobs: ModuleType, tmp_path: Path) -> None:
    choose(ball())
    settings = bpy.context.scene.partgen_editing
    settings.method, settings.model = "reshape", str(tmp_path)
    assert "Needs Depth Anything V2 Small" in drawn("PARTGEN_PT_edit").text
    settings.depth_model = str(tmp_path)
    assert "partgen.download_model" not in drawn("PARTGEN_PT_edit").operators
    settings.model = ""
    assert "Needs Stable Diffusion 1.5" in drawn("PARTGEN_PT_edit").text


def test_the_menu_says_that_it_is_experimental_what_it_needs_and_under_which_licences(jobs: ModuleType) -> None:
    choose(ball())
    menu = drawn("PARTGEN_PT_editing_methods").text
    assert "no real checkpoint was ever judged with it" in menu
    assert "Licence of Depth Anything V2 Small: Apache-2.0" in menu
    assert "Licence of Stable Diffusion 1.5" in menu


def test_the_panel_shows_who_made_it_and_flips_without_sliders_of_shape(jobs: ModuleType) -> None:
    knob = ball()
    reshape(jobs, knob, variations=2, seed=3)
    notes = drawn("PARTGEN_PT_edit")
    assert "stripes, depth by ruler, seed 3" in notes.texts
    assert "1 of 2" in notes.texts
    flip()
    assert "stripes, depth by ruler, seed 4" in drawn("PARTGEN_PT_edit").texts


# ---- as users have it ------------------------------------------------------------------------------------------------

TINY = """
import sys, importlib.util
if importlib.util.find_spec("diffusers") is None: sys.exit(3)
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import tiny_diffusion as tiny
tiny.stable_diffusion(Path(sys.argv[2]) / "sd")
tiny.depth_network(Path(sys.argv[2]) / "depth")
"""


def test_the_backend_of_users_reshapes_a_part_by_tiny_random_networks(real_backend: None, tmp_path: Path, messages: ModuleType) -> None:
    python = ROOT / ".venv/bin/python"
    done = subprocess.run([python, "-c", TINY, ROOT / "tests/unit", tmp_path], check=False, capture_output=True, text=True)
    if done.returncode == 3:
        pytest.skip("needs diffusers")
    assert not done.returncode, done.stderr
    jobs = importlib.import_module(f"{MODULE}.jobs")
    floor()
    knob = ball()
    before = shape(knob)
    reshape(jobs, knob, steps=1, model=str(tmp_path / "sd"), depth_model=str(tmp_path / "depth"))
    assert not [message for message in messages.shown if message.level == "ERROR"]
    assert shape(knob) != before
    assert is_closed(knob.data)
    assert knob.partgen_edited.steps[0].made_by == "sd, depth by depth"
    reach = 0.2 * 2.0 + 0.1
    assert (np.abs(world(knob) - (0, 0, 1)).max(axis=0) < 1 + reach).all()
