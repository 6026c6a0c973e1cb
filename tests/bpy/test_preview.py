"""The preview: drawn offscreen by the code that draws viewports, and compared pixel by pixel with what it should show."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import gpu
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections, mesh_data, overlay, palette, regrouping, stored_tree
from mathutils import Matrix
from partgen.part_tree import PartTree

SIZE = 128
BACKGROUND = (0.0, 0.0, 0.0, 0.0)


pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(autouse=True)
def fresh_preview() -> Iterator[None]:
    overlay.forget_all()
    yield
    overlay.forget_all()


def squares(count: int = 4) -> bpy.types.Object:
    """Unit squares in a row in the plane z = 0, the first centered at (0.5, 0.5), each a leaf; merged from the left."""
    corners = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], np.float32)
    vertices = np.concatenate([corners + np.float32([i, 0, 0]) for i in range(count)])
    mesh = bpy.data.meshes.new("Squares")
    mesh.from_pydata(vertices, [], np.arange(4 * count).reshape(-1, 4).tolist())
    object_ = studio.put("Squares", mesh)
    merges = [[0 if i == 0 else count + i - 1, i + 1] for i in range(count - 1)]
    stored_tree.write(mesh, PartTree.from_merges(merges, 2), np.arange(count), "geometric")
    mesh.partgen.parts = count
    return object_


def picture(*objects: bpy.types.Object, opacity: float = 1.0, width: float = 4.0) -> np.ndarray:
    """What the preview draws of `objects` seen from above, x and y from 0 to `width`: (SIZE, SIZE, 4) float32, row 0 at y = 0."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    view = Matrix.Translation((-width / 2, -width / 2, -50.0))
    projection = Matrix.Diagonal((2.0 / width, 2.0 / width, -0.01, 1.0))
    offscreen = gpu.types.GPUOffScreen(SIZE, SIZE, format="RGBA32F")
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        framebuffer.clear(color=BACKGROUND, depth=1.0)
        overlay.draw_objects(list(objects), depsgraph, view, projection, opacity)
        pixels = framebuffer.read_color(0, 0, SIZE, SIZE, 4, 0, "FLOAT").to_list()
    offscreen.free()
    return np.array(pixels, np.float32).reshape(SIZE, SIZE, 4)


def color_at(pixels: np.ndarray, x: float, y: float = 0.5, width: float = 4.0) -> np.ndarray:
    return pixels[int(y / width * SIZE), int(x / width * SIZE)]


def rank_colors(count: int) -> np.ndarray:
    return palette.colors_of_ranks(np.arange(count))


def test_every_part_is_shown_in_the_color_of_its_rank() -> None:
    object_ = squares()
    tree = regrouping.tree_of(object_.data)
    pixels = picture(object_)
    for leaf in range(4):
        expected = rank_colors(4)[tree.node_ranks[leaf]]
        assert color_at(pixels, leaf + 0.5) == pytest.approx(expected, abs=2e-3)
    assert len({tuple(color_at(pixels, leaf + 0.5).round(3)) for leaf in range(4)}) == 4
    assert color_at(pixels, 0.5, 2.5) == pytest.approx(BACKGROUND)


def test_dragging_recolors_only_what_changes() -> None:
    object_ = squares()
    before = picture(object_)
    object_.data.partgen.parts = 3
    after = picture(object_)
    changed = [leaf for leaf in range(4) if not np.allclose(color_at(before, leaf + 0.5), color_at(after, leaf + 0.5), atol=1e-3)]
    assert len(changed) == 1
    assert color_at(after, 0.5) == pytest.approx(color_at(after, 1.5))
    object_.data.partgen.parts = 1
    assert len(np.unique(picture(object_).reshape(-1, 4).round(3), axis=0)) == 2


def test_opacity_lets_the_object_show_through() -> None:
    object_ = squares()
    assert color_at(picture(object_, opacity=0.25), 0.5)[:3] == pytest.approx(0.25 * color_at(picture(object_), 0.5)[:3], abs=2e-3)


def test_transform_of_the_object_is_followed() -> None:
    object_ = squares()
    flat = picture(object_)
    object_.location = (0.0, 2.0, 0.0)
    bpy.context.view_layer.update()
    moved = picture(object_)
    assert color_at(moved, 1.5, 2.5) == pytest.approx(color_at(flat, 1.5))
    assert color_at(moved, 1.5, 0.5) == pytest.approx(BACKGROUND)


def test_nearer_object_hides_the_farther() -> None:
    near, far = squares(), squares()
    near.data.partgen.parts = 1
    near.location.z = 1.0
    far.location.x = -1.0
    bpy.context.view_layer.update()
    for order in ((near, far), (far, near)):
        assert color_at(picture(*order), 1.5) == pytest.approx(rank_colors(1)[0], abs=2e-3)


def test_edited_shape_is_followed() -> None:
    object_ = squares()
    picture(object_)
    for vertex in object_.data.vertices:
        vertex.co.y += 2.0
    object_.data.update()
    bpy.context.view_layer.update()
    assert color_at(picture(object_), 1.5, 2.5)[3] == 1.0


def test_shape_after_deforming_modifiers_is_followed() -> None:
    object_ = squares()
    picture(object_)
    object_.shape_key_add(name="Basis")
    key = object_.shape_key_add(name="Up")
    for point in key.data:
        point.co.y += 2.0
    key.value = 1.0
    bpy.context.view_layer.update()
    pixels = picture(object_)
    assert color_at(pixels, 1.5, 2.5)[3] == 1.0
    assert color_at(pixels, 1.5, 0.5)[3] == 0.0


def test_own_shape_is_shown_where_modifiers_make_other_faces() -> None:
    object_ = squares()
    object_.modifiers.new("Array", "ARRAY").relative_offset_displace = (0.0, 2.0, 0.0)
    bpy.context.view_layer.update()
    pixels = picture(object_)
    assert color_at(pixels, 1.5, 0.5)[3] == 1.0
    assert color_at(pixels, 1.5, 2.5)[3] == 0.0


def test_undo_and_new_trees_are_followed() -> None:
    object_ = squares()
    bpy.ops.ed.undo_push(message="four")
    four = picture(object_)
    object_.data.partgen.parts = 1
    bpy.ops.ed.undo_push(message="one")
    assert not np.allclose(picture(object_), four, atol=1e-3)
    bpy.ops.ed.undo()
    object_ = bpy.data.objects["Squares"]
    assert np.allclose(picture(object_), four, atol=1e-3)
    stored_tree.write(object_.data, PartTree.from_merges([[0, 1]], 2), [0, 0, 1, 1], "geometric")
    object_.data.partgen.parts = 2
    pixels = picture(object_)
    assert color_at(pixels, 0.5) == pytest.approx(color_at(pixels, 1.5))
    assert color_at(pixels, 1.5) != pytest.approx(color_at(pixels, 2.5))


def test_cleared_and_edited_objects_are_not_drawn() -> None:
    object_ = squares()
    bpy.context.view_layer.objects.active = object_
    bpy.ops.object.mode_set(mode="EDIT")
    assert not picture(object_).any()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert picture(object_).any()
    regrouping.clear(object_.data)
    assert not picture(object_).any()


def test_more_leaves_than_a_row_of_the_table_keep_their_colors() -> None:
    count = 3000
    object_ = squares(count)
    object_.scale.y = count
    bpy.context.view_layer.update()
    tree = regrouping.tree_of(object_.data)
    pixels = picture(object_, width=float(count))
    for column in (3, 50, 127):
        leaf = int((column + 0.5) / SIZE * count)
        shown = pixels[0, column]
        near = rank_colors(count)[tree.node_ranks[max(leaf - 1, 0) : leaf + 2]]
        assert any(np.allclose(shown, color, atol=3e-3) for color in near)


@pytest.mark.parametrize("distance", [1e-3, 1.0, 1e5])
def test_objects_of_every_size_are_shown(distance: float) -> None:
    object_ = squares()
    object_.scale = (distance,) * 3
    bpy.context.view_layer.update()
    assert color_at(picture(object_, width=4.0 * distance), 1.5)[3] == 1.0


def test_hidden_objects_are_left_out() -> None:
    object_ = squares()
    space = next(area.spaces.active for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")
    assert overlay.previewed_objects(bpy.context.view_layer, space) == [object_]
    object_.hide_set(True)
    assert overlay.previewed_objects(bpy.context.view_layer, space) == []


def test_objects_that_come_and_go_are_noticed() -> None:
    space = next(area.spaces.active for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")

    def names() -> list[str]:
        bpy.context.view_layer.update()
        return sorted(o.name for o in overlay.previewed_objects(bpy.context.view_layer, space))

    assert names() == []
    first = squares()
    assert names() == ["Squares"]
    second = squares()
    second.name = "Renamed"
    assert names() == ["Renamed", "Squares"]
    plain = first.data.copy()
    regrouping.clear(plain)
    second.data = plain
    assert names() == ["Squares"]
    second.data = first.data
    assert names() == ["Renamed", "Squares"]
    regrouping.clear(first.data)
    assert names() == []
    stored_tree.write(first.data, PartTree.from_merges([[0, 1]], 2), [0, 0, 1, 1], "geometric")
    assert names() == ["Renamed", "Squares"]
    bpy.data.objects.remove(first)
    assert names() == ["Renamed"]


def test_separate_objects_are_covered_only_while_they_are_behind_the_scale() -> None:
    object_ = squares()
    colors = picture(object_)
    bpy.context.view_layer.objects.active = object_
    bpy.ops.partgen.apply()
    space = next(area.spaces.active for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")
    assert overlay.previewed_objects(bpy.context.view_layer, space) == []
    object_.data.partgen.parts = 2
    parts = overlay.previewed_objects(bpy.context.view_layer, space)
    assert parts == collections.parts_of(object_)
    two = picture(*parts)
    assert np.allclose(two, picture(object_), atol=1e-3)
    assert not np.allclose(two, colors, atol=1e-3)
    parts[0].location.y += 2.0
    bpy.context.view_layer.update()
    moved = picture(*parts)
    assert (moved[SIZE // 2 :, :, 3] == 1.0).any()


def test_triangles_are_those_that_blender_draws() -> None:
    bpy.ops.mesh.primitive_monkey_add()
    monkey = bpy.context.object.data
    arrow = bpy.data.meshes.new("Arrow")  # quads that are concave at each of their corners, and a concave pentagon
    dart = np.array([(0, 0, 0), (2, 1, 0), (0, 2, 0), (0.5, 1, 0)])
    ngon = np.array([(0, 0, 0), (4, 0, 0), (4, 4, 0), (2, 1, 0), (0, 4, 0)])
    arrow.from_pydata(
        np.concatenate([*(np.roll(dart, shift, axis=0) for shift in range(4)), ngon]),
        [],
        [*np.arange(16).reshape(4, 4).tolist(), [16, 17, 18, 19, 20]],
    )
    for mesh in (studio.ball().data, monkey, arrow):
        triangles, owners = overlay.corner_triangles(mesh, mesh_data.read_polygons(mesh))
        mesh.calc_loop_triangles()
        blenders = {(t.polygon_index, *sorted(t.loops)) for t in mesh.loop_triangles}
        ours = {(owner, *sorted(corners)) for owner, corners in zip(owners.tolist(), triangles.tolist(), strict=True)}
        assert len(triangles) == len(mesh.loop_triangles)
        assert ours == blenders
