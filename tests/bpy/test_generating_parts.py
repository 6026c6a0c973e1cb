"""A part replaced by a new one that words ask for: closed, in place, in the old looks, with variations and a way back; the rest stays."""

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
from bl_ext.user_default.partgen_blender import backend, method_menu
from bl_ext.user_default.partgen_blender.editing.methods import METHODS, method_of
from conftest import MODULE, backend_of_module, quiet
from drawing import drawn
from studio import is_closed, shape, world


@pytest.fixture(scope="module")
def maker(package: ModuleType) -> Iterator[None]:
    yield from backend_of_module("generating_backend.py")


@pytest.fixture
def jobs(maker: None) -> Iterator[ModuleType]:
    """Jobs of a backend that makes parts, slowly where it is told to."""
    for _ in quiet():
        yield importlib.import_module(f"{MODULE}.jobs")


@pytest.fixture
def messages(package: ModuleType) -> ModuleType:
    return importlib.import_module(f"{MODULE}.messages")


def box(name: str, size: tuple[float, float, float], at: tuple[float, float, float]) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1)
    made = bpy.context.object
    made.name = name
    for vertex in made.data.vertices:
        vertex.co = [vertex.co[axis] * size[axis] + at[axis] for axis in range(3)]
    bpy.context.view_layer.update()
    return made


def hut(name: str = "Roof") -> tuple[bpy.types.Object, bpy.types.Object]:
    """A flat roof with a UV map, a material, a colour and a weight, and the walls under it."""
    walls, roof = box("Walls", (2, 2, 2), (0, 0, 0)), box(name, (2.4, 2.4, 0.3), (0, 0, 1.15))
    roof.data.materials.append(bpy.data.materials.new("Nails"))
    roof.data.materials.append(bpy.data.materials.new("Tiles"))
    for polygon in roof.data.polygons:
        polygon.material_index = 1 if abs(polygon.normal.z) > 0.5 else 0
    for name, domain in (("Moss", "POINT"), ("Dust", "CORNER")):
        colour = roof.data.color_attributes.new(name, "FLOAT_COLOR", domain)
        colour.data.foreach_set("color", np.tile(np.array([0.1, 0.8, 0.1, 1.0], np.float32), len(colour.data)))
    roof.vertex_groups.new(name="Top").add(range(len(roof.data.vertices)), 1.0, "REPLACE")
    return roof, walls


def choose(*objects: bpy.types.Object) -> None:
    for other in bpy.context.view_layer.objects:
        other.select_set(other in objects)
    bpy.context.view_layer.objects.active = objects[0]


def ask(*parts: bpy.types.Object, prompt: str = "a pointed roof", method: str = "generative", **properties: object) -> None:
    choose(*parts)
    bpy.ops.ed.undo_push()
    assert bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=prompt, method=method, **properties) == {"FINISHED"}


def make(jobs: ModuleType, *parts: bpy.types.Object, **properties: object) -> None:
    ask(*parts, **properties)
    assert jobs.finish(120)


def flip() -> None:
    bpy.ops.partgen.flip_variation("EXEC_DEFAULT", True)


def revert(**properties: object) -> None:
    bpy.ops.partgen.revert_edit("EXEC_DEFAULT", True, **properties)


def volume(part: bpy.types.Object) -> float:
    """Above zero where the faces are wound outwards in the world."""
    places, part_corners = world(part).astype(float), [list(polygon.vertices) for polygon in part.data.polygons]
    corners = places[np.array(part_corners)]
    corners = corners[:, ::-1] if np.linalg.det(np.array(part.matrix_world)[:3, :3]) < 0 else corners
    return float(np.einsum("ni,ni->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def test_the_object_keeps_its_name_parent_pivot_and_material_and_gets_a_closed_new_mesh(jobs: ModuleType) -> None:
    roof, walls = hut()
    roof.parent = walls
    before, of_walls, pivot = shape(roof), shape(walls), roof.matrix_world.copy()
    make(jobs, roof)
    assert (roof.name, roof.parent, roof.matrix_world) == ("Roof", walls, pivot)
    assert shape(roof) != before
    assert shape(walls) == of_walls
    assert is_closed(roof.data)
    assert volume(roof) > 0
    places = world(roof)
    top = places[places[:, 2] > places[:, 2].max() - 1e-3]
    assert np.linalg.norm(np.ptp(top, axis=0)) < 0.2  # pointed
    assert places[:, 2].min() > 0.5  # on the walls
    assert [material.name for material in roof.data.materials] == ["Nails", "Tiles"]
    assert {polygon.material_index for polygon in roof.data.polygons} == {1}  # what most of it was of


def test_the_looks_of_the_old_part_lie_on_the_new_one(jobs: ModuleType) -> None:
    roof, _ = hut()
    (name,) = [layer.name for layer in roof.data.uv_layers]
    make(jobs, roof)
    mesh = roof.data
    uvs = studio.values(mesh.uv_layers[name].uv, "vector", np.float32, 2)
    assert uvs.min() >= 0
    assert uvs.max() <= 1
    assert np.ptp(uvs, axis=0).max() > 0.1
    for name, count in (("Moss", len(mesh.vertices)), ("Dust", len(mesh.loops))):
        colours = studio.values(mesh.color_attributes[name].data, "color", np.float32, 4)
        assert colours == pytest.approx(np.tile([0.1, 0.8, 0.1, 1.0], (count, 1)), abs=1e-5)
    assert {roof.vertex_groups["Top"].weight(vertex.index) for vertex in mesh.vertices} == {1.0}
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    assert any(edge.use_edge_sharp for edge in mesh.edges)


def test_each_corner_has_the_uv_of_the_place_of_the_old_part_that_is_nearest(package: ModuleType) -> None:
    renewing = importlib.import_module(f"{MODULE}.editing.renewing")
    part = studio.ball()
    layer = part.data.uv_layers[0]
    corner = np.empty(len(part.data.loops), np.int32)
    part.data.loops.foreach_get("vertex_index", corner)
    layer.uv.foreach_set("vector", studio.positions(part.data)[corner][:, :2].reshape(-1))  # u and v are x and y
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([0.4 * np.cos(angle), 0.4 * np.sin(angle), np.full(40, 1.2)], axis=1)
    points = np.concatenate([ring, [[0, 0, 1.2]]])
    faces = np.array([[i, (i + 1) % 40, 40] for i in range(40)])
    (made,) = renewing.renewed(part.data, [(points, faces)], "Disc")
    uvs = studio.values(made.uv_layers[layer.name].uv, "vector", np.float32, 2)
    assert uvs == pytest.approx(points[faces.reshape(-1)][:, :2], abs=0.12)


def test_a_large_part_is_looked_at_in_samples_which_leave_nothing_in_the_file(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    renewing = importlib.import_module(f"{MODULE}.editing.renewing")
    monkeypatch.setattr(renewing, "MOST_FACES", 50)
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=20, y_subdivisions=20, size=2)
    grid = bpy.context.object.data
    grid.materials.append(bpy.data.materials.new("Slate"))
    meshes = len(bpy.data.meshes)
    points = np.array([[-0.5, -0.5, 0.0], [0.5, -0.5, 0.0], [0.5, 0.5, 0.0]])
    (made,) = renewing.renewed(grid, [(points, np.array([[0, 1, 2]]))], "Flag")
    assert len(bpy.data.meshes) == meshes + 1
    assert [material.name for material in made.materials] == ["Slate"]
    uvs = studio.values(made.uv_layers[0].uv, "vector", np.float32, 2)
    assert uvs == pytest.approx(points[:, :2] / 2 + 0.5, abs=0.1)
    assert len(grid.polygons) == 400


def test_a_face_across_a_seam_is_not_torn_between_both_sides(package: ModuleType) -> None:
    renewing = importlib.import_module(f"{MODULE}.editing.renewing")
    cube = box("Cube", (2, 2, 1), (0, 0, 0)).data
    eave = np.array([[-1, -1, 0.4], [1, -1, 0.4], [0, 0.9, 0.52]])  # over the top, two of its corners nearest to a side
    for turn in np.arange(4) * np.pi / 2:
        c, s = np.cos(turn), np.sin(turn)
        points = eave @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        (made,) = renewing.renewed(cube, [(points, np.array([[0, 1, 2]]))], "Eave")
        uvs = studio.values(made.uv_layers[0].uv, "vector", np.float32, 2)
        scale = np.linalg.norm(uvs - np.roll(uvs, 1, axis=0), axis=1) / np.linalg.norm(eave - np.roll(eave, 1, axis=0), axis=1)
        assert scale.max() < 1.25 * scale.min()


def test_a_turned_moved_and_mirrored_part_gets_its_new_one_where_it_is(jobs: ModuleType) -> None:
    roof, walls = hut()
    for one in (roof, walls):
        one.location, one.rotation_euler, one.scale = (300.0, 5.0, 20.0), (0.0, 0.0, 0.7), (1.5, -1.5, 1.5)
    bpy.context.view_layer.update()
    make(jobs, roof)
    assert roof.partgen_edited.steps
    places = world(roof)
    assert (places.min(axis=0) + places.max(axis=0))[:2] / 2 == pytest.approx([300, 5], abs=0.1)
    assert 20 + 0.5 < places[:, 2].min() < 20 + 1.6
    assert places[:, 2].argmax() != places[:, 2].argmin()
    assert volume(roof) > 0


def test_a_part_that_was_cut_out_leaves_no_hole_and_the_other_parts_stay(jobs: ModuleType) -> None:
    """Of what was one skin the new part closes the hole, also while the parts are apart."""
    applying = importlib.import_module(f"{MODULE}.applying")
    source = studio.decomposed("Lamp")
    source.data.partgen.scale = 0.5
    parts = applying.apply(source)
    assert len(parts) > 1
    part = max(parts, key=lambda one: world(one)[:, 0].max())
    before = {one.name: shape(one) for one in [source, *parts]}
    part.location.x += 3  # as Explode does
    bpy.context.view_layer.update()
    make(jobs, part, prompt="a finial like a ball")
    assert part.partgen_edited.steps
    assert {one.name for one in [source, *parts] if shape(one) != before[one.name]} == {part.name}
    assert is_closed(part.data)
    old = studio.positions(part.partgen_edited.original)
    rim = old[old[:, 0] < old[:, 0].min() + 1e-3]  # where it was cut off: along x
    new = studio.positions(part.data)
    assert max(np.linalg.norm(new - place, axis=1).min() for place in rim) < 0.05


def test_variations_are_flipped_and_before_and_after_compared(jobs: ModuleType) -> None:
    roof, _ = hut()
    before = shape(roof)
    make(jobs, roof, variations=3, seed=5)
    seen = []
    for _ in range(3):
        assert is_closed(roof.data)
        seen.append(shape(roof))
        flip()
    assert shape(roof) == seen[0]
    assert len(set(seen)) == 3
    roof.partgen_edited.show_original = True
    assert shape(roof) == before
    roof.partgen_edited.show_original = False
    assert shape(roof) == seen[0]


def test_the_same_seed_makes_the_same_part_again(jobs: ModuleType) -> None:
    roof, _ = hut()
    make(jobs, roof, seed=7)
    first = shape(roof)
    revert()
    make(jobs, roof, seed=7)
    assert shape(roof) == first


def test_steps_are_taken_back_one_by_one_and_the_last_leaves_nothing_in_the_file(jobs: ModuleType) -> None:
    roof, _ = hut()
    meshes, before = len(bpy.data.meshes), shape(roof)
    make(jobs, roof, variations=2)
    first = shape(roof)
    make(jobs, roof, prompt="a domed roof")
    assert shape(roof) != first
    choose(roof)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits='[{"op": "scale", "axis": "height", "factor": 2.0}]')
    assert len(roof.partgen_edited.steps) == 3
    assert not roof.partgen_edited.notes
    revert(steps=2)
    assert shape(roof) == first
    revert(steps=1)
    assert shape(roof) == before
    assert len(bpy.data.meshes) == meshes
    assert [group.name for group in roof.vertex_groups] == ["Top"]


def test_an_edit_after_it_holds_the_new_part_where_it_is_attached(jobs: ModuleType) -> None:
    roof, _ = hut()
    make(jobs, roof)
    made = world(roof)
    choose(roof)
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, edits='[{"op": "scale", "axis": "height", "factor": 2.0}]')
    taller = world(roof)
    assert taller.shape == made.shape
    assert np.ptp(taller[:, 2]) > 1.5 * np.ptp(made[:, 2])
    assert taller[:, 2].min() == pytest.approx(made[:, 2].min(), abs=0.2)


def test_keeping_leaves_the_shown_variation_alone_in_the_file(jobs: ModuleType) -> None:
    roof, _ = hut()
    meshes = len(bpy.data.meshes)
    make(jobs, roof, variations=3)
    flip()
    shown = shape(roof)
    bpy.ops.partgen.keep_edit("EXEC_DEFAULT", True)
    assert shape(roof) == shown
    assert not roof.partgen_edited.steps
    assert len(bpy.data.meshes) == meshes


def test_it_is_one_undo_step_for_all_parts(jobs: ModuleType) -> None:
    (first, _), second = hut(), box("Second", (1, 1, 0.2), (20, 0, 0))
    before = shape(first), shape(second)
    make(jobs, first, second)
    assert all(bpy.data.objects[name].partgen_edited.steps for name in ("Roof", "Second"))
    bpy.ops.ed.undo()
    assert (shape(bpy.data.objects["Roof"]), shape(bpy.data.objects["Second"])) == before
    assert not bpy.data.objects["Roof"].partgen_edited.steps


def test_shape_keys_of_the_old_part_do_nothing_and_work_again_when_it_is_back(jobs: ModuleType) -> None:
    roof, _ = hut()
    roof.shape_key_add(name="Basis")
    key = roof.shape_key_add(name="Sag")
    key.data[0].co.z -= 1.0
    make(jobs, roof)
    blocks = roof.data.shape_keys.key_blocks
    assert all(len(block.data) == len(roof.data.vertices) for block in blocks)
    assert np.array_equal(studio.values(blocks["Sag"].data, "co", width=3), studio.positions(roof.data))
    assert "shape keys" in roof.partgen_edited.notes
    revert()
    blocks = roof.data.shape_keys.key_blocks
    assert blocks["Sag"].data[0].co.z == pytest.approx(blocks["Basis"].data[0].co.z - 1)


def test_the_new_part_and_its_variations_are_there_again_after_the_file_was_saved(jobs: ModuleType, tmp_path: Path) -> None:
    roof, _ = hut()
    before = shape(roof)
    make(jobs, roof, variations=2)
    first = shape(roof)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hut.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hut.blend"))
    roof = bpy.data.objects["Roof"]
    assert shape(roof) == first
    choose(roof)
    flip()
    assert shape(roof) != first
    revert()
    assert shape(roof) == before


# ---- what comes between ----------------------------------------------------------------------------------------------


def test_a_refused_prompt_is_the_artists_error_with_suggestions_and_changes_nothing(jobs: ModuleType, messages: ModuleType) -> None:
    roof, _ = hut()
    before = shape(roof)
    make(jobs, roof, prompt="an elephant")
    (message,) = [message for message in messages.shown if message.level == "ERROR"]
    assert "elephant" in message.sentence
    assert message.remedy.startswith("Try: ")
    assert shape(roof) == before
    assert not roof.partgen_edited.steps


def test_asking_changes_nothing_and_returns_at_once(jobs: ModuleType) -> None:
    roof, _ = hut("Slow Roof")
    before = shape(roof)
    ask(roof)
    assert [job.object_name for job in jobs.open_jobs()] == ["Slow Roof"]
    assert shape(roof) == before
    assert not roof.partgen_edited.steps


def test_cancelling_keeps_the_variations_that_are_there_and_ends_at_once(jobs: ModuleType) -> None:
    roof, _ = hut("Slow Roof")
    ask(roof, variations=3)
    deadline = time.monotonic() + 60
    while not any(job.is_worth_keeping for job in jobs.open_jobs()) and time.monotonic() < deadline:
        jobs.pump()
        time.sleep(0.02)
    assert bpy.ops.partgen.cancel("EXEC_DEFAULT", True) == {"FINISHED"}
    assert not jobs.open_jobs()
    assert len(roof.partgen_edited.steps[0].parts) == 1
    assert is_closed(roof.data)


def test_cancelling_before_anything_is_there_leaves_the_part(jobs: ModuleType) -> None:
    roof, _ = hut("Slow Roof")
    before = shape(roof)
    ask(roof)
    bpy.ops.partgen.cancel("EXEC_DEFAULT", True)
    assert jobs.finish(60)
    assert shape(roof) == before
    assert not roof.partgen_edited.steps


def test_a_part_deleted_or_changed_in_the_meantime_is_told_and_nothing_is_left_in_the_file(jobs: ModuleType, messages: ModuleType) -> None:
    (roof, _), other = hut(), box("Other", (1, 1, 0.2), (20, 0, 0))
    meshes = len(bpy.data.meshes)
    ask(roof, other)
    bpy.data.objects.remove(roof)
    other.data.vertices[0].co.z -= 3
    moved = shape(other)
    assert jobs.finish(120)
    said = " ".join(message.sentence for message in messages.shown)
    assert "Roof was deleted while it was being replaced" in said
    assert "Other was edited while it was being replaced" in said
    assert shape(other) == moved
    assert not other.partgen_edited.steps
    assert len(bpy.data.meshes) == meshes


def test_a_part_that_was_moved_in_the_meantime_keeps_its_new_one_where_it_was_in_its_own_space(jobs: ModuleType) -> None:
    roof, _ = hut()
    make(jobs, roof)
    made = shape(roof)
    revert()
    ask(roof)
    roof.location.x += 5
    bpy.context.view_layer.update()
    assert jobs.finish(120)
    assert shape(roof) == made


def test_what_cannot_be_made_is_told_at_once(jobs: ModuleType) -> None:
    roof, _ = hut()
    choose(roof)
    with pytest.raises(RuntimeError, match="no prompt"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt=" ", method="generative")
    assert not jobs.open_jobs()


# ---- as users have it ------------------------------------------------------------------------------------------------


def test_the_backend_of_users_makes_a_part(real_backend: None) -> None:
    jobs = importlib.import_module(f"{MODULE}.jobs")
    roof, _ = hut()
    make(jobs, roof, prompt="a domed roof", variations=2)
    assert len(roof.partgen_edited.steps[0].parts) == 2
    assert is_closed(roof.data)
    assert method_menu.readiness(method_of("generative")).is_ready


def test_no_editing_method_is_too_new_for_the_backend_that_comes_with_it(jobs: ModuleType) -> None:
    roof, _ = hut()
    make(jobs, roof)
    assert backend.greeting() is not None
    for method in METHODS:
        assert "older" not in method_menu.readiness(method).sentence, method.id


def test_it_is_ready_out_of_the_box_and_says_that_it_is_experimental(jobs: ModuleType) -> None:
    now = method_menu.readiness(method_of("generative"))
    assert now.is_ready
    assert now.sentence == "Comes with PartGen."
    roof, _ = hut()
    choose(roof)
    menu = drawn("PARTGEN_PT_editing_methods").text
    assert "Generative" in menu
    assert "Experimental" in menu
    assert "Tier Geometry" in menu
    bpy.context.scene.partgen_editing.method = "generative"
    notes = drawn("PARTGEN_PT_edit")
    assert {"variations", "seed"} <= set(notes.properties)
    assert not {"strength", "add_vertices", "steps"} & set(notes.properties)
    assert "Replace Part" in notes.texts


def test_the_panel_says_what_was_made_and_flips(jobs: ModuleType) -> None:
    roof, _ = hut()
    make(jobs, roof, variations=2, seed=3)
    captions = [part.caption for part in roof.partgen_edited.steps[0].parts]
    notes = drawn("PARTGEN_PT_edit")
    assert "parts, seed 3" in notes.texts
    assert "1 of 2" in notes.texts
    assert captions[0].capitalize() in notes.text
    flip()
    assert captions[1].capitalize() in drawn("PARTGEN_PT_edit").text


# ---- drawn -----------------------------------------------------------------------------------------------------------


def test_drawn_parts_are_closed_in_place_and_one_undo_step(jobs: ModuleType) -> None:
    roof, walls = hut()
    before, around = shape(roof), shape(walls)
    make(jobs, roof, method="drawn", variations=2, steps=4, seed=1)
    first = world(roof)
    assert is_closed(roof.data)
    assert np.allclose(np.ptp(first[:, :2], axis=0), 2.4, atol=0.9)
    assert 0.8 < first[:, 2].min() < 1.2  # on the walls, whose top is at 1
    flip()
    assert is_closed(roof.data)
    assert not np.array_equal(world(roof)[:3], first[:3])
    assert shape(walls) == around
    notes = drawn("PARTGEN_PT_edit").text
    assert "shaper, seed 1" in notes
    assert "Experimental" in notes
    bpy.ops.ed.undo()  # the flip
    assert np.array_equal(world(bpy.data.objects["Roof"]), first)
    bpy.ops.ed.undo()
    assert shape(bpy.data.objects["Roof"]) == before


def test_strength_and_steps_reach_what_draws(jobs: ModuleType) -> None:
    roof, _ = hut()
    choose(roof)
    shapes = set()
    for properties in ({"steps": 2}, {"steps": 3}, {"steps": 3, "strength": 0.3}):
        make(jobs, roof, method="drawn", seed=1, **properties)
        shapes.add(world(roof).tobytes())
        revert()
    assert len(shapes) == 3


def test_drawing_at_strength_0_is_refused_at_once_and_a_search_heeds_no_strength(jobs: ModuleType) -> None:
    roof, _ = hut()
    before = shape(roof)
    choose(roof)
    with pytest.raises(RuntimeError, match="At strength 0 nothing would change"):
        bpy.ops.partgen.edit_part("EXEC_DEFAULT", True, prompt="a pointed roof", method="drawn", strength=0.0)
    assert not jobs.open_jobs()
    assert shape(roof) == before
    make(jobs, roof, strength=0.0)
    assert shape(roof) != before


def test_drawing_says_that_it_is_experimental_and_what_it_needs(jobs: ModuleType) -> None:
    assert method_of("drawn").tier == "AI"
    roof, _ = hut()
    choose(roof)
    menu = drawn("PARTGEN_PT_editing_methods").text
    assert "Drawn" in menu
    bpy.context.scene.partgen_editing.method = "drawn"
    notes = drawn("PARTGEN_PT_edit")
    assert {"variations", "seed", "strength"} <= set(notes.properties)
    assert "Draw Part" in notes.texts
