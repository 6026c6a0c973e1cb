"""Pick Part: what lies under the cursor lights up, the wheel and clicks do what they say, and until Enter nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import gpu
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import overlay, picking, regrouping, stored_tree
from bl_ext.user_default.partgen_blender.picking import committing, drawing, operators, scripting, session, sight
from bl_ext.user_default.partgen_blender.picking.operators import Reaction, reaction
from bl_ext.user_default.partgen_blender.surfaces import SurfaceOnScreen
from bl_ext.user_default.partgen_blender.surroundings import Surroundings
from drawing import drawn
from mathutils import Matrix, Vector
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

DOWN = Vector((0.0, 0.0, -1.0))


pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(autouse=True)
def nobody_picks() -> Iterator[None]:
    yield
    picking.stop()
    assert not picking.is_running()


def row(count: int = 8, name: str = "Row") -> bpy.types.Object:
    """Unit squares in a row in the plane z = 0, each a leaf; neighbours merge in rounds, and there are two parts at its scale."""
    corners = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], np.float32)
    mesh = bpy.data.meshes.new(name)
    vertices = np.concatenate([corners + np.float32([i, 0, 0]) for i in range(count)])
    mesh.from_pydata(vertices, [], np.arange(4 * count).reshape(-1, 4).tolist())
    object_ = studio.put(name, mesh)
    stored_tree.write(mesh, studio.tree(count, 2), np.arange(count), "geometric")
    mesh.partgen.parts = 2
    return object_


def look_at(x: float, y: float = 0.5) -> bool:
    """Looks straight down at a place."""
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return session.current().look(Vector((x, y, 50.0)), DOWN, depsgraph, bpy.context.view_layer)


def begin() -> session.Session:
    return session.start(bpy.context.view_layer)


def pointed() -> list[int]:
    return sorted(session.current().leaves().tolist())


def picked(object_: bpy.types.Object) -> list[int]:
    return np.flatnonzero(session.current().picked().get(object_, np.zeros(0, bool))).tolist()


# ---- under the cursor --------------------------------------------------------------------------------------------------


def test_the_part_under_the_cursor_is_that_of_the_current_scale() -> None:
    object_ = row()
    begin()
    assert look_at(0.5)
    assert pointed() == [0, 1, 2, 3]
    assert not look_at(1.5), "the same part: nothing new to show"
    assert look_at(6.5)
    assert pointed() == [4, 5, 6, 7]
    session.stop()
    object_.data.partgen.parts = 8
    begin()
    look_at(6.5)
    assert pointed() == [6]


def test_the_wheel_grows_and_shrinks_the_part_and_its_level_holds_elsewhere() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    assert picking_.step(-1)
    assert pointed() == [0, 1]
    look_at(4.5)
    assert pointed() == [4, 5]
    picking_.step(2)
    assert pointed() == list(range(8))
    picking_.step(-9)
    assert pointed() == [4]


def test_a_typed_number_is_the_count_of_parts() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    picking_.type("1")
    assert pointed() == list(range(8))
    picking_.type("")
    picking_.type("4")
    assert pointed() == [0, 1]
    assert "Parts: 4" in picking_.remark()
    picking_.type("0")
    assert pointed() == [0], "40 parts: as many as there are"
    look_at(5.5)
    assert picking_.typed == "", "at another part another number begins"


def test_nothing_lights_up_beside_everything_or_behind_other_objects() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    assert look_at(20.0)
    assert picking_.title() == "Point at a part"
    assert not picking_.step(1)
    assert not picking_.take()
    bpy.ops.mesh.primitive_cube_add(size=0.9, location=(0.5, 0.5, 3.0))
    look_at(0.5)
    assert pointed() == []
    bpy.context.object.hide_set(True)
    look_at(0.5)
    assert pointed() == [0, 1, 2, 3]


def test_text_and_collection_instances_hide_parts_from_the_cursor_and_from_a_lasso() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    assert pointed()
    collection = bpy.data.collections.new("Shown")
    collection.objects.link(bpy.data.objects.new("Copy", row(4, "Kept").data.copy()))
    bpy.data.objects.remove(bpy.data.objects["Kept"])
    cover = studio.put("Cover", None)
    cover.instance_type, cover.instance_collection, cover.location.z = "COLLECTION", collection, 1.0
    look_at(0.5)
    assert pointed() == []
    with pytest.raises(PartgenError, match="mostly within"):
        meant(path=box(-10, 90, 410, 210))
    cover.hide_set(True)
    look_at(0.5)
    assert pointed() == [0, 1, 2, 3]
    assert meant(path=box(-10, 90, 410, 210)) == {"Row": [0, 1, 2, 3]}
    assert picking_ is session.current()


def test_a_linked_object_with_the_name_of_a_local_one_is_pointed_at_and_refused_in_words(tmp_path: Path) -> None:
    row()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    local = row()
    local.location.y = 5.0
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.objects = ["Row"]
    linked = wanted.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    picking_ = begin()
    for object_, y in ((local, 5.5), (linked, 0.5)):
        look_at(0.5, y)
        assert picking_.pickable().object() == object_
        picking_.take("ADD")
    assert set(picking_.picked()) == {local, linked}
    with pytest.raises(PartgenError, match="linked from another file"):
        committing.commit(picking_.picked(), "VERTEX_GROUP")
    assert not local.vertex_groups


def test_among_many_objects_what_moves_is_met_where_it_is() -> None:
    object_ = row()
    mesh = bpy.data.meshes.new("Tile")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [], [(0, 1, 2)])
    for number in range(50):
        studio.put(f"Tile {number}", mesh).location = (20.0 + number, 0.0, 1.0)
    begin()
    look_at(0.5)
    assert pointed() == [0, 1, 2, 3]
    carrier = studio.put("Carrier", None)
    object_.parent = carrier
    carrier.location.x = 30.0
    look_at(0.5)
    assert pointed() == []
    carrier.location.z = 2.0
    look_at(30.5)
    assert pointed() == [0, 1, 2, 3]
    bpy.data.objects.remove(bpy.data.objects["Tile 0"])
    bpy.data.objects["Tile 30"].location = (30.0, 0.0, 4.0)
    look_at(30.6, 0.2)
    assert pointed() == [], "another one lies before it now"
    bpy.data.objects["Tile 30"].display_type = "WIRE"
    look_at(30.6, 0.2)
    assert pointed() == [0, 1, 2, 3], "one looks through a wire"
    bpy.data.objects["Tile 30"].display_type = "TEXTURED"
    look_at(30.6, 0.2)
    assert pointed() == []
    mesh.vertices[2].co.x = mesh.vertices[2].co.y = -9.0
    mesh.vertices[1].co.y = -9.0
    mesh.update()
    look_at(30.6, 0.2)
    assert pointed() == [0, 1, 2, 3], "its shape is another"


def test_the_nearest_of_several_objects_is_pointed_at_each_with_a_level_of_its_own() -> None:
    row()
    above = row(4, "Above")
    above.location.z = 2.0
    picking_ = begin()
    look_at(0.5)
    assert picking_.pickable().name == "Above"
    picking_.step(-1)
    look_at(6.5)
    assert pointed() == [4, 5, 6, 7]
    look_at(0.5)
    assert pointed() == [0]


def test_hidden_faces_are_pointed_through() -> None:
    object_ = row()
    row(8, "Below").location.z = -1.0
    object_.data.polygons[0].hide = True
    picking_ = begin()
    look_at(0.5)
    assert picking_.pickable().name == "Below"
    look_at(1.5)
    assert picking_.pickable().name == "Row"


def test_modifiers_are_seen_through_to_the_part_that_they_were_made_from() -> None:
    object_ = row()
    object_.modifiers.new("Array", "ARRAY").relative_offset_displace = (0.0, 2.0, 0.0)
    object_.modifiers.new("Subdivision", "SUBSURF").subdivision_type = "SIMPLE"
    object_.modifiers.new("Mirror", "MIRROR")
    picking_ = begin()
    for x, y in ((6.5, 0.5), (6.5, 2.5), (-6.5, 0.5)):
        look_at(x, y)
        assert pointed() == [4, 5, 6, 7], (x, y)
    picking_.take()
    committing.commit(picking_.picked(), "ATTRIBUTE", "end")
    assert np.flatnonzero(studio.values(object_.data.attributes["end"].data, "value", bool)).tolist() == [4, 5, 6, 7]


def test_modifiers_that_make_faces_anew_are_named() -> None:
    ball = studio.decomposed("Ball")
    remesh = ball.modifiers.new("Remesh", "REMESH")
    remesh.mode, remesh.voxel_size = "VOXEL", 0.2
    picking_ = begin()
    look_at(0.0, 0.0)
    assert pointed() == []
    assert "The modifiers of Ball make its faces anew" in picking_.remark()
    with pytest.raises(PartgenError, match="make its faces anew"):
        scripting.region(ball, origin=(0, 0, 9), direction=(0, 0, -1))
    remesh.show_viewport = False
    look_at(0.0, 0.0)
    assert pointed()


@pytest.mark.parametrize(
    "matrix", [Matrix.Rotation(1.0, 4, "Z"), Matrix.Diagonal((-2.0, 1.0, 1.0, 1.0)), Matrix.Diagonal((1e-3,) * 3 + (1.0,))]
)
def test_turned_mirrored_and_tiny_objects_are_met_where_they_are(matrix: Matrix) -> None:
    object_ = row()
    object_.matrix_world = Matrix.Translation((7.0, 8.0, 9.0)) @ matrix
    object_.data.partgen.parts = 8
    bpy.context.view_layer.update()
    begin()
    for leaf in range(8):
        look_at(*(object_.matrix_world @ Vector((leaf + 0.5, 0.5, 0.0))).xy)
        assert pointed() == [leaf]


def test_objects_without_extent_and_without_a_usable_tree_are_no_hindrance() -> None:
    row(8, "Flat").scale = (0.0, 0.0, 0.0)
    broken = row(8, "Broken")
    broken.data["partgen_tree"]["merges"] = [7, 7]
    broken.location.z = 3.0
    row()
    begin()
    look_at(0.5)
    assert session.current().pointed is None
    assert "Broken" in session.current().said
    broken.hide_set(True)
    look_at(0.5)
    assert session.current().pickable().name == "Row"


def test_a_large_object_is_prepared_only_after_that_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    row()
    monkeypatch.setattr(session, "LARGE", 8)
    picking_ = begin()
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    ray = Vector((0.5, 0.5, 50.0)), DOWN, depsgraph, bpy.context.view_layer
    assert picking_.look(*ray, may_wait=True)
    assert picking_.title() == "Preparing Row: it has many faces"
    assert not picking_.objects, "nothing was read yet"
    picking_.prepare(depsgraph)
    assert picking_.look(*ray, may_wait=True)
    assert pointed() == [0, 1, 2, 3]


# ---- clicks ------------------------------------------------------------------------------------------------------------


def test_a_click_takes_shift_adds_and_control_removes() -> None:
    object_ = row()
    picking_ = begin()
    look_at(0.5)
    picking_.take()
    look_at(4.5)
    picking_.take("ADD")
    assert picked(object_) == list(range(8))
    picking_.step(-1)
    picking_.take("REMOVE")
    assert picked(object_) == [0, 1, 2, 3, 6, 7]
    picking_.take("TAKE")
    assert picked(object_) == [4, 5]


def test_clicks_are_taken_back_and_brought_back() -> None:
    object_ = row()
    picking_ = begin()
    look_at(0.5)
    picking_.take()
    look_at(4.5)
    picking_.take("ADD")
    assert picking_.take_back()
    assert picked(object_) == [0, 1, 2, 3]
    assert picking_.bring_back()
    assert picked(object_) == list(range(8))
    assert not picking_.bring_back()
    picking_.take_back(), picking_.take_back()
    assert not picking_.take_back()
    assert picked(object_) == []


def test_objects_that_share_a_mesh_share_what_is_picked() -> None:
    object_ = row()
    twin = studio.put("Twin", object_.data)
    twin.location.y = 3.0
    picking_ = begin()
    look_at(0.5)
    picking_.take()
    look_at(4.5, 3.5)
    picking_.take("ADD")
    assert list(picking_.picked()) == [object_], "one mesh is committed once"
    assert picked(object_) == list(range(8))


def test_scripts_learn_from_faces_what_is_meant() -> None:
    """Two rods of twenty leaves each, side by side, as below."""
    object_ = row(40)
    heights = studio.positions(object_.data)
    heights[:, 2] = np.where(heights[:, 0] < 20, 0.0, 5.0)
    object_.data.attributes["position"].data.foreach_set("vector", heights.reshape(-1))
    leaves = scripting.learned(object_, wanted=[5, 17], unwanted=[21])
    assert leaves[[5, 17]].all()
    assert not leaves[20:24].any()
    assert committing.commit({object_: leaves}, "FACE_SET")
    for faces, reason in (([40], "no face 40"), ([], "No face is wanted")):
        with pytest.raises(PartgenError, match=reason):
            scripting.learned(object_, wanted=faces, unwanted=[21])


def test_clicks_teach_what_is_meant() -> None:
    """Two rods of twenty leaves each, side by side, in a tree that joins across them: clicks on one and against the other."""
    object_ = row(40)
    heights = studio.positions(object_.data)
    heights[:, 2] = np.where(heights[:, 0] < 20, 0.0, 5.0)
    object_.data.attributes["position"].data.foreach_set("vector", heights.reshape(-1))
    object_.data.partgen.parts = 5
    object_.data.update()
    picking_ = begin()
    look_at(17.5)
    picking_.take()
    plain = picked(object_)
    assert {16, 17, 18, 19, 20} <= set(plain), "a part of the tree that reaches over both"
    picking_.learn_or_not()
    look_at(21.5)
    picking_.take("REMOVE")
    learned = set(picked(object_))
    assert 17 in learned
    assert not learned & {20, 21, 22, 23}, "what was clicked against is not meant, nor what is like it beside it"
    assert "Learning from 2 clicks, 1 of them against" in picking_.remark()
    assert learned < set(plain), "a click against something removes and never adds"
    look_at(30.5)
    picking_.take("REMOVE")
    assert set(picked(object_)) <= learned
    look_at(5.5)
    picking_.take("ADD")
    assert 5 in picked(object_)
    for _ in range(3):
        picking_.take_back()
    assert picked(object_) == plain


# ---- what is drawn -----------------------------------------------------------------------------------------------------


def picture(width: int = 160, height: int = 20) -> np.ndarray:
    """What is drawn of the row, seen from above, 20 pixels for each unit: (h, w, 4) uint8."""
    picking_ = session.current()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    surfaces = picking_.surfaces(depsgraph, bpy.context.view_layer, opacity=0.5)
    offscreen = gpu.types.GPUOffScreen(width, height)
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        framebuffer.clear(color=(0.0, 0.0, 0.0, 0.0), depth=1.0)
        projection = Matrix(((2 / 8, 0, 0, -1), (0, 2, 0, -1), (0, 0, -0.01, 0), (0, 0, 0, 1)))
        overlay.draw_surfaces(surfaces, Matrix.Identity(4), projection, opacity=1.0)
        pixels = np.array(framebuffer.read_color(0, 0, width, height, 4, 0, "UBYTE").to_list(), np.uint8).reshape(height, width, 4)
    offscreen.free()
    return pixels


def test_what_is_pointed_at_what_is_picked_and_the_rest_look_different() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    picking_.step(-1)
    picking_.take()
    look_at(6.5)
    seen = picture()[10, 10::20].astype(int)
    taken, rest, here = seen[0], seen[3], seen[6]
    assert np.array_equal(seen[1], taken)
    assert taken[0] > 2 * taken[2], "orange"
    assert here[:3].min() > 60, "bright"
    for one, other in ((taken, rest), (taken, here), (rest, here)):
        assert np.abs(one - other).max() > 40
    assert not np.array_equal(seen[2], seen[4]), "other parts keep colors of their own"


def test_the_preview_leaves_out_what_picking_colors_and_takes_it_again() -> None:
    object_ = row()
    begin()
    look_at(0.5)
    space = next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D").spaces.active
    assert overlay.previewed_objects(bpy.context.view_layer, space) == []
    session.stop()
    assert overlay.previewed_objects(bpy.context.view_layer, space) == [object_]


def test_the_legend_and_a_line_are_drawn_in_regions_of_any_size() -> None:
    row()
    picking_ = begin()
    look_at(0.5)
    picking_.take()
    offscreen = gpu.types.GPUOffScreen(900, 200)
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        gpu.matrix.load_matrix(Matrix.Identity(4))
        gpu.matrix.load_projection_matrix(Matrix(((2 / 900, 0, 0, -1), (0, 2 / 200, 0, -1), (0, 0, -1, 0), (0, 0, 0, 1))))
        for width, is_shown in ((900, True), (30, False)):
            framebuffer.clear(color=(0.0, 0.0, 0.0, 0.0))
            gpu.state.blend_set("ALPHA")
            drawing._draw_legend(picking_, SimpleNamespace(width=width), 1.0)
            seen = np.array(framebuffer.read_color(0, 0, 900, 200, 4, 0, "UBYTE").to_list(), np.uint8)
            assert seen.any() == is_shown
        drawing._draw_line([(10.0, 10.0), (100.0, 100.0)], 1.0)
        assert np.array(framebuffer.read_color(55, 55, 1, 1, 4, 0, "UBYTE").to_list()).any()
    offscreen.free()


# ---- lines and masks over the picture ----------------------------------------------------------------------------------


def above(width: float = 800.0, height: float = 300.0) -> sight.View:
    """The row from above, 100 pixels for each unit, its lower left at (0, 100)."""
    return sight.View(np.array(((0.25, 0, 0, -1), (0, 2 / 3, 0, -1 / 3), (0, 0, -0.01, 0), (0, 0, 0, 1)), np.float64), width, height)


def box(left: float, bottom: float, right: float, top: float) -> list[tuple[float, float]]:
    return [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]


def meant(**arguments: object) -> dict[str, list[int]]:
    bpy.context.view_layer.update()
    found = scripting.meant(bpy.context, above(), **arguments)
    return {o.name: np.flatnonzero(leaves).tolist() for o, leaves in found.items()}


def test_a_lasso_takes_the_parts_that_it_surrounds() -> None:
    row()
    assert meant(path=box(190, 90, 410, 210)) == {"Row": [2, 3]}
    assert meant(path=box(-10, 90, 410, 210)) == {"Row": [0, 1, 2, 3]}
    assert meant(path=box(305, 110, 395, 190)) == {"Row": [3]}


def test_a_stroke_takes_the_parts_that_it_runs_along() -> None:
    row()
    assert meant(path=[(20, 150), (200, 155), (380, 150)]) == {"Row": [0, 1, 2, 3]}
    assert meant(path=[(320, 150), (380, 150)]) == {"Row": [3]}


def test_an_image_takes_what_it_marks() -> None:
    row()
    image = bpy.data.images.new("Mask", 80, 30)
    pixels = np.zeros((30, 80, 4), np.float32)
    pixels[..., 3] = 1.0
    pixels[8:22, 39:61] = 1.0
    image.pixels.foreach_set(pixels.reshape(-1))
    assert meant(image=image) == {"Row": [4, 5]}


def test_only_what_is_seen_is_meant() -> None:
    row()
    cover = row(4, "Cover")
    cover.location.z = 1.0
    around = box(-10, 90, 410, 210)
    assert meant(path=around) == {"Cover": [0, 1, 2, 3]}
    regrouping.clear(cover.data)  # now it is any object that stands before the row
    with pytest.raises(PartgenError, match="mostly within"):
        meant(path=around)
    cover.hide_set(True)
    assert meant(path=around) == {"Row": [0, 1, 2, 3]}


def test_hidden_faces_are_not_meant() -> None:
    object_ = row()
    for polygon in object_.data.polygons[:4]:
        polygon.hide = True
    object_.data.update()
    with pytest.raises(PartgenError, match="mostly within"):
        meant(path=box(-10, 90, 410, 210))
    assert meant(path=box(490, 90, 610, 210)) == {"Row": [5]}


def test_a_line_that_means_nothing_says_so() -> None:
    row()
    with pytest.raises(PartgenError, match="mostly within"):
        meant(path=box(0, 0, 50, 50))
    with pytest.raises(PartgenError, match="no line and no image"):
        meant()
    picking_ = begin()
    assert not picking_.choose_drawn(box(0, 0, 50, 50), above(), bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)
    assert "No part" in picking_.remark()


def test_a_mask_is_seen_through_the_camera_from_a_script() -> None:
    object_ = row()
    camera = bpy.data.cameras.new("Camera")
    camera.type, camera.ortho_scale = "ORTHO", 8.0
    bpy.context.scene.camera = studio.put("Camera", camera)
    bpy.context.scene.camera.location = (4.0, 0.5, 10.0)
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 800, 300
    bpy.context.view_layer.update()
    path = [{"name": "", "loc": place, "time": 0.0} for place in box(190, 90, 410, 210)]
    for type_ in ("ORTHO", "PERSP"):
        camera.type = type_
        camera.angle = 2 * np.arctan(4.0 / 10.0)
        bpy.context.view_layer.update()
        done = bpy.ops.partgen.pick_drawn(path=path, view="CAMERA", commit_as="ATTRIBUTE", name=type_)
        assert done == {"FINISHED"}
        assert np.flatnonzero(studio.values(object_.data.attributes[type_].data, "value", bool)).tolist() == [2, 3]
    bpy.context.scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.partgen.pick_drawn(path=path, view="CAMERA")


# ---- the button --------------------------------------------------------------------------------------------------------


def test_the_panel_has_the_button_and_while_it_runs_the_way_out() -> None:
    object_ = row()
    bpy.context.view_layer.objects.active = object_
    notes = drawn("PARTGEN_PT_parts")
    assert "Pick Part" in notes.texts
    assert "commit_as" in notes.properties
    operators.start(bpy.context)
    assert "End Picking" in drawn("PARTGEN_PT_parts").texts


def test_without_parts_or_in_edit_mode_the_button_says_what_to_do() -> None:
    bpy.ops.mesh.primitive_cube_add()
    with pytest.raises(RuntimeError, match="Decompose an object first"):
        bpy.ops.partgen.pick("INVOKE_DEFAULT")
    row()
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Return to Object Mode"):
        bpy.ops.partgen.pick("INVOKE_DEFAULT")


# ---- mouse and keys ----------------------------------------------------------------------------------------------------


def event(kind: str, value: str = "PRESS", x: float = 0.0, **held: bool) -> SimpleNamespace:
    keys = dict(ctrl=False, shift=False, alt=False, oskey=False) | held
    return SimpleNamespace(type=kind, value=value, mouse_x=x, mouse_y=150, **keys)


class Artist(SimpleNamespace):
    """Somebody who picks, seeing the row from above, 100 pixels for each unit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.is_over_viewport = True
        self.reports: list[str] = []
        region = SimpleNamespace(x=0, y=0, as_pointer=lambda: 7)
        monkeypatch.setattr(operators, "viewport_at", lambda window, x, y: (None, region) if self.is_over_viewport else None)
        monkeypatch.setattr(operators.viewports, "viewport_of", lambda window, pointer: (None, region) if pointer == 7 else None)
        monkeypatch.setattr(sight.View, "of_region", classmethod(lambda cls, region: above()))
        self._session = operators.start(bpy.context)
        self._pressed, self._place, self._timer = None, 0, None
        self.commit_as, self.name, self.keep_shading, self.picks = "FACE_SELECTION", "", True, ""

    def __getattr__(self, name: str) -> object:
        return getattr(operators.PARTGEN_OT_pick, name).__get__(self)

    def report(self, level: set[str], text: str) -> None:
        self.reports.append(text)

    def does(self, *arguments: object, **held: bool) -> set[str]:
        bpy.context.view_layer.update()
        return operators.PARTGEN_OT_pick.modal(self, bpy.context, event(*arguments, **held))

    def moves(self, x: float) -> set[str]:
        return self.does("MOUSEMOVE", "NOTHING", x)

    def clicks(self, x: float, **held: bool) -> None:
        assert self.does("LEFTMOUSE", "PRESS", x, **held) == {"RUNNING_MODAL"}
        assert self.does("LEFTMOUSE", "RELEASE", x, **held) == {"RUNNING_MODAL"}


def scene_as_it_is() -> list:
    """Everything of the scene that picking might have touched."""
    layer = bpy.context.view_layer
    return [
        bpy.data.is_dirty,
        layer.objects.active,
        bpy.context.scene.partgen_picking.commit_as,
        bpy.context.window_manager.partgen.show_preview,
        overlay._state.is_paused,
        overlay._state.left_out,
        [
            (
                o.name, o.select_get(), o.hide_get(), o.mode, o.data.partgen.scale, sorted(o.data.attributes.keys()), sorted(o.data.keys()),
                o.vertex_groups.keys(), len(o.data.materials),
            )
            for o in layer.objects
        ],
        sorted(bpy.data.meshes.keys()),
        sorted(bpy.data.materials.keys()),
    ]  # fmt: skip


@pytest.mark.parametrize("way_out", ["ESC", "RIGHTMOUSE", "button"])
def test_esc_leaves_everything_as_it_was(way_out: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row(), row(4, "Others")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    before = scene_as_it_is()
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.clicks(50), artist.clicks(450, shift=True)
    for step in (("WHEELUPMOUSE",), ("THREE",), ("X",), ("G",), ("Z",), ("TAB",), ("C",)):
        assert artist.does(*step, x=450) == {"RUNNING_MODAL"}, step
    if way_out == "button":
        operators.PARTGEN_OT_pick.invoke(artist, bpy.context, None)
    else:
        assert artist.does(way_out) == {"CANCELLED"}
    assert not picking.is_running()
    assert not drawing._drawing._handles
    assert scene_as_it_is() == before


def test_moving_turning_the_wheel_clicking_and_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    bpy.context.scene.partgen_picking.commit_as = "ATTRIBUTE"
    artist = Artist(monkeypatch)
    assert artist.moves(50) == {"PASS_THROUGH"}
    assert pointed() == [0, 1, 2, 3]
    assert artist.does("WHEELDOWNMOUSE", "PRESS", 50) == {"RUNNING_MODAL"}
    assert pointed() == [0, 1]
    artist.clicks(50)
    artist.clicks(450, shift=True)
    artist.clicks(650, shift=True)
    artist.clicks(450, ctrl=True)
    assert picked(object_) == [0, 1, 6, 7]
    assert artist.does("Z", ctrl=True) == {"RUNNING_MODAL"}
    assert picked(object_) == [0, 1, 4, 5, 6, 7]
    assert artist.does("Z", ctrl=True, shift=True) == {"RUNNING_MODAL"}
    assert picked(object_) == [0, 1, 6, 7]
    assert artist.does("RET") == {"FINISHED"}
    assert not picking.is_running()
    assert np.flatnonzero(studio.values(object_.data.attributes["Row Pick"].data, "value", bool)).tolist() == [0, 1, 6, 7]
    assert scripting.picks_from(artist.picks)[0].leaves == "0-1,6-7", "the last operation can be done again as something else"
    assert artist.reports == ["4 faces of Row are marked in the attribute Row Pick."]


def test_enter_without_a_click_commits_what_is_under_the_cursor_and_nothing_where_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    bpy.context.scene.partgen_picking.commit_as = "VERTEX_GROUP"
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.moves(5000)
    assert artist.does("RET", x=5000) == {"RUNNING_MODAL"}
    assert "Nothing is picked" in session.current().remark()
    artist.moves(50)
    assert artist.does("RET", x=50) == {"FINISHED"}
    assert object_.vertex_groups.keys() == ["Row Pick"]


def test_a_commit_that_is_refused_says_why_and_keeps_every_pick(monkeypatch: pytest.MonkeyPatch) -> None:
    object_, other = row(), row(4, "Other")
    other.location.y = -0.5
    bpy.context.scene.partgen_picking.commit_as = "SEPARATE"
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.does("ONE")
    artist.clicks(50)
    session.current().choose({other.data.session_uid: np.arange(4) < 2}, "ADD")
    picked_before, steps = session.current().picked(), len(session.current().before)
    assert artist.does("RET", x=50) == {"RUNNING_MODAL"}
    artist.moves(55)
    assert "nothing to separate it from" in session.current().remark()
    assert picking.is_running()
    assert len(session.current().before) == steps
    assert {o.name: leaves.tolist() for o, leaves in session.current().picked().items()} == {
        o.name: leaves.tolist() for o, leaves in picked_before.items()
    }
    assert set(bpy.data.objects) == {object_, other}
    artist.does("EIGHT")
    artist.clicks(150, ctrl=True)
    assert "nothing to separate" not in session.current().remark()
    assert artist.does("RET", x=50) == {"FINISHED"}
    assert "Row Pick" in bpy.data.objects


def test_a_refused_commit_of_the_part_under_the_cursor_picks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row()
    bpy.context.scene.partgen_picking.commit_as = "SEPARATE"
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.does("ONE")
    assert artist.does("RET", x=50) == {"RUNNING_MODAL"}
    assert "nothing to separate it from" in session.current().remark()
    assert session.current().picked() == {}
    artist.does("C")
    assert "nothing to separate" not in session.current().remark(), "something else will be made"


def test_the_mouse_dragged_around_parts_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    artist = Artist(monkeypatch)
    artist.does("LEFTMOUSE", "PRESS", 190)
    for x, y in box(190, 90, 410, 210):
        artist._draw_on(SimpleNamespace(mouse_x=x, mouse_y=y), session.current(), SimpleNamespace(x=0, y=0, as_pointer=lambda: 7))
    assert len(session.current().line) > 3
    artist.does("LEFTMOUSE", "RELEASE", 190)
    assert picked(object_) == [2, 3]
    assert session.current().line == []
    artist.does("LEFTMOUSE", "PRESS", 620, shift=True)
    for x in (650, 700, 750, 780):
        assert artist.moves(x) == {"RUNNING_MODAL"}
    artist.does("LEFTMOUSE", "RELEASE", 780)
    assert picked(object_) == [2, 3, 6, 7], "a stroke along two squares, added"


def test_a_line_that_ends_outside_of_the_viewport_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    row()
    artist = Artist(monkeypatch)
    artist.does("LEFTMOUSE", "PRESS", 100)
    artist.moves(300)
    artist.is_over_viewport = False
    artist.does("LEFTMOUSE", "RELEASE", 400)
    assert session.current().line == []
    assert artist.moves(500) == {"PASS_THROUGH"}


def test_c_chooses_what_enter_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    row()
    artist = Artist(monkeypatch)
    seen = []
    for _ in committing.KINDS:
        artist.does("C")
        seen.append(bpy.context.scene.partgen_picking.commit_as)
    assert sorted(seen) == sorted(kind for kind, *_ in committing.KINDS)


def test_navigation_panels_and_saving_work_meanwhile_and_nothing_else_reaches_the_scene() -> None:
    def means(kind: str, value: str = "PRESS", over: bool = True, points: bool = True, **held: bool) -> Reaction:
        return reaction(event(kind, value, **held), over, points)

    for kind in ("MIDDLEMOUSE", "NUMPAD_1", "TRACKPADPAN", "NDOF_MOTION", "TIMER", "N", "NUMPAD_SLASH", "HOME"):
        assert means(kind) is Reaction.PASS, kind
    for kind in ("WHEELUPMOUSE", "WHEELDOWNMOUSE"):
        assert means(kind) is Reaction.STEP
        assert means(kind, alt=True) is means(kind, ctrl=True) is means(kind, points=False) is Reaction.PASS, "it zooms"
    for key in ("S", "O", "N"):
        assert means(key, ctrl=True) is Reaction.PASS
    for key in ("X", "DEL", "G", "TAB", "H", "A", "SPACE", "M"):
        assert means(key) is Reaction.IGNORE, key
    assert means("LEFTMOUSE", alt=True) is Reaction.PASS
    assert means("LEFTMOUSE", "DOUBLE_CLICK") is Reaction.PRESS, "two quick clicks are two"
    for kind in ("LEFTMOUSE", "RIGHTMOUSE", "X", "WHEELUPMOUSE", "RET", "ONE"):
        assert means(kind, over=False) is Reaction.PASS, "panels and menus work as ever"
    assert means("ESC", over=False) is Reaction.END
    assert reaction(event("LEFTMOUSE", "RELEASE"), False, False, True) is Reaction.RELEASE


# ---- what happens meanwhile --------------------------------------------------------------------------------------------


def test_undo_meanwhile_keeps_what_is_picked_of_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.ops.ed.undo_push(message="nothing")
    row()
    bpy.ops.ed.undo_push(message="first")
    row(4, "Others").location.y = 3.0
    bpy.ops.ed.undo_push(message="second")
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.clicks(50)
    bpy.ops.ed.undo()
    artist.moves(450)
    assert picked(bpy.data.objects["Row"]) == [0, 1, 2, 3]
    assert pointed() == [4, 5, 6, 7]
    bpy.ops.ed.undo()
    assert artist.moves(50) == {"CANCELLED", "PASS_THROUGH"}
    assert not picking.is_running()
    assert "Picking ended" in artist.reports[-1]


def test_opening_another_file_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row()
    artist = Artist(monkeypatch)
    artist.moves(50)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    assert picking.is_running(), "saving is no reason to end"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert not picking.is_running()
    assert artist.moves(50) == {"CANCELLED", "PASS_THROUGH"}


def test_deleted_renamed_and_hidden_objects_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = row(), row(4, "Above")
    second.location.z = 1.0
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.clicks(50)
    assert session.current().pickable().name == "Above"
    bpy.data.objects.remove(second)
    first.name = "Renamed"
    artist.moves(60)
    assert session.current().pickable().object() == first
    assert not session.current().picked(), "what was picked is gone with its object"
    first.hide_set(True)
    assert artist.moves(50) == {"CANCELLED", "PASS_THROUGH"}


def test_a_new_decomposition_lets_go_of_what_was_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    artist = Artist(monkeypatch)
    artist.moves(50)
    artist.clicks(50)
    stored_tree.write(object_.data, PartTree.from_merges([[0, 1], [3, 2]], 3), np.arange(8) % 3, "geometric")
    regrouping.forget(object_.data)
    artist.moves(150)
    assert not session.current().picked()
    assert pointed() == [0, 1]


def test_an_edited_shape_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    artist = Artist(monkeypatch)
    artist.moves(50)
    for vertex in object_.data.vertices:
        vertex.co.x = 8.0 - vertex.co.x
    object_.data.update()
    artist.moves(60)
    assert pointed() == [4, 5, 6, 7]


def test_edit_mode_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = row()
    bpy.context.view_layer.objects.active = object_
    artist = Artist(monkeypatch)
    bpy.ops.object.mode_set(mode="EDIT")
    assert artist.moves(50) == {"CANCELLED", "PASS_THROUGH"}
    assert not picking.is_running()


def test_the_add_on_can_be_disabled_while_it_runs(package: object) -> None:
    row()
    operators.start(bpy.context)
    bpy.ops.preferences.addon_disable(module=package.__name__)
    bpy.ops.preferences.addon_enable(module=package.__name__)
    assert not picking.is_running()


def test_in_local_view_only_what_is_there_is_pointed_at() -> None:
    near, far = row(), row(4, "Above")
    far.location.z = 1.0
    area = next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D")
    region = next(r for r in area.regions if r.type == "WINDOW")
    bpy.ops.object.select_all(action="DESELECT")
    near.select_set(True)
    bpy.context.view_layer.objects.active = near
    picking_ = begin()
    with bpy.context.temp_override(area=area, region=region):
        bpy.ops.view3d.localview(frame_selected=False)
    bpy.context.view_layer.update()
    arguments = (Vector((0.5, 0.5, 50.0)), DOWN, bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)
    picking_.look(*arguments, area.spaces.active)
    assert picking_.pickable().name == "Row"
    picking_.look(*arguments)
    assert picking_.pickable().name == "Above"


def test_an_object_that_is_displayed_in_front_is_pointed_at_through_others() -> None:
    near, far = row(), row(4, "Below")
    far.location.z = -1.0
    bpy.ops.mesh.primitive_plane_add(size=40, location=(0, 0, 1))
    bpy.context.view_layer.update()
    space = next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D").spaces.active
    space.shading.type = "SOLID"
    picking_ = begin()
    view, places = above(), np.array([[50.0, 150.0]])

    def seen() -> tuple[str, int]:
        bpy.context.view_layer.update()
        depsgraph = bpy.context.evaluated_depsgraph_get()
        picking_.around = None
        picking_.look(Vector((0.5, 0.5, 50.0)), DOWN, depsgraph, bpy.context.view_layer, space)
        others = Surroundings.of(bpy.context.view_layer, {near.session_uid, far.session_uid}, depsgraph)
        surfaces = [(SurfaceOnScreen(o.name, o.session_uid, 4), o) for o in (near, far)]
        found = sight.look(view, places, surfaces, others, depsgraph, bpy.context.view_layer, space)
        return getattr(picking_.pickable(), "name", ""), int(found.number[0])

    assert seen() == ("", -1)
    far.show_in_front = True
    assert seen() == ("Below", 1)
    near.show_in_front = True
    assert seen() == ("Row", 0)
    bpy.data.objects["Plane"].show_in_front = True
    assert seen() == ("", -1)
