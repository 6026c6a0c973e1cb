"""Explore: what is alike lights up together, across objects, and nothing of the scene is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bmesh
import bpy
import conftest
import gpu
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import (
    applying,
    backend,
    collections,
    explore,
    jobs,
    messages,
    methods,
    overlay,
    preferences,
    regrouping,
    signs,
    stored_features,
    stored_tree,
)
from bl_ext.user_default.partgen_blender.explore import operators, ramp, scripting, session
from bl_ext.user_default.partgen_blender.surroundings import Surroundings
from drawing import drawn
from mathutils import Matrix, Vector
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

DOWN = Vector((0.0, 0.0, -1.0))


pytestmark = pytest.mark.usefixtures("graphics")


@pytest.fixture(autouse=True)
def nobody_explores() -> Iterator[None]:
    yield
    explore.stop()
    assert not explore.is_running()


@pytest.fixture
def network_backend(package: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PartField as users have it, with a network of random weights."""
    yield from conftest._backend(monkeypatch, f'"{conftest.ROOT}/.venv/bin/python" "{conftest.ROOT}/tests/bpy/network_backend.py"')


def unit(rows: object) -> np.ndarray:
    rows = np.array(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# A warm kind and a cold kind of leaf, and one between them.
WARM, COLD, BETWEEN = unit([[1, 0, 0], [0, 1, 0], [1, 1, 0]])


def squares(features: list, name: str = "Squares", method: str = "partfield", weights: str = "partfield") -> bpy.types.Object:
    """Unit squares in a row in the plane z = 0, the first centered at (0.5, 0.5), each a leaf that looks like its feature."""
    count = len(features)
    corners = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], np.float32)
    mesh = bpy.data.meshes.new(name)
    vertices = np.concatenate([corners + np.float32([i, 0, 0]) for i in range(count)])
    mesh.from_pydata(vertices, [], np.arange(4 * count).reshape(-1, 4).tolist())
    object_ = studio.put(name, mesh)
    merges = [[0 if i == 0 else count + i - 1, i + 1] for i in range(count - 1)]
    stored_tree.write(mesh, PartTree.from_merges(np.reshape(merges, (-1, 2)), min(2, count)), np.arange(count), method, weights)
    stored_features.write(mesh, features)
    object_.select_set(True)
    bpy.context.view_layer.objects.active = object_
    return object_


def look_at(x: float, y: float = 0.5) -> bool:
    """Looks straight down at a place."""
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return session.current().look(Vector((x, y, 50.0)), DOWN, depsgraph, bpy.context.view_layer)


def look_of(object_: bpy.types.Object) -> session.Look:
    return next(e.look for e in session.current().explored if e.uid == object_.session_uid)


def likeness(object_: bpy.types.Object) -> np.ndarray:
    return session.current().likeness(look_of(object_))


def lightness(colors: np.ndarray) -> np.ndarray:
    """CIE lightness of scene-linear colors (n, 4): (n,)."""
    luminance = colors[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


# ---- what is seen ------------------------------------------------------------------------------------------------------


def test_what_is_like_the_point_is_brightest_on_every_selected_object() -> None:
    near, far = squares([WARM, COLD, BETWEEN]), squares([COLD, WARM], "Others")
    far.location.y = 3.0
    session.start([near, far])
    assert look_at(0.5)
    np.testing.assert_allclose(likeness(near), [1.0, 0.0, np.sqrt(0.5)], atol=1e-3)
    np.testing.assert_allclose(likeness(far), [0.0, 1.0], atol=1e-3)
    warm, cold, between = lightness(look_of(near).colors)
    assert warm > between > cold
    np.testing.assert_allclose(lightness(look_of(far).colors), [cold, warm], atol=1e-3)
    assert look_at(0.5, 3.5)  # the cold square of the other object
    np.testing.assert_allclose(likeness(near), [0.0, 1.0, np.sqrt(0.5)], atol=1e-3)


def test_colors_get_lighter_by_the_same_amount_with_every_step_of_likeness() -> None:
    steps = lightness(ramp.colors_of(np.linspace(0.0, 1.0, 33), 0.0))
    growth = np.diff(steps)
    assert (growth > 0).all()
    assert growth.max() < 1.7 * growth.min()


def test_the_range_of_colors_is_that_of_the_objects() -> None:
    alike = unit(np.array([[10.0, 0.0], [10.0, 1.0], [10.0, 2.0]]))
    assert 0.9 < ramp.floor_of([alike]) < 1.0
    assert ramp.floor_of([unit([[1, 0], [-1, 0], [0, 1]])]) < -0.5
    same = unit(np.ones((4, 3)))
    colors = ramp.colors_of((same @ same.T)[0], ramp.floor_of([same]))
    assert np.allclose(colors, ramp.colors_of(np.ones(4), 0.0)), "what is all the same is all alike"


def test_nothing_is_colored_before_anything_was_pointed_at_and_the_last_point_stays() -> None:
    object_ = squares([WARM, COLD])
    exploring = session.start([object_])
    assert not look_at(9.0)
    assert exploring.point is None
    assert exploring.title() == "Point at a surface"
    assert look_at(1.5)
    assert exploring.title() == "Similarity to this point of Squares"
    point = exploring.point
    assert not look_at(9.0)
    assert exploring.point == point
    assert not look_at(1.5), "nothing new, nothing to draw"


def test_objects_of_another_method_are_grey_and_that_is_said() -> None:
    first, second = squares([WARM, COLD]), squares([WARM, COLD], "Others", method="superfaces", weights="superfaces")
    second.location.y = 3.0
    exploring = session.start([first, second])
    assert look_at(0.5)
    assert likeness(second) is None
    assert np.array_equal(look_of(second).colors, ramp.unknown(2))
    assert exploring.remark() == "1 object of another method in grey"


def test_the_point_is_on_the_surface_that_is_nearest() -> None:
    below, above = squares([WARM, COLD]), squares([COLD, WARM], "Above")
    above.location.z = 1.0
    exploring = session.start([below, above])
    look_at(0.5)
    assert (exploring.pointed().name, exploring.point.leaf) == ("Above", 0)


def test_what_hides_behind_another_object_is_not_pointed_at() -> None:
    object_ = squares([WARM, COLD])
    exploring = session.start([object_])
    look_at(1.5)
    bpy.ops.mesh.primitive_cube_add(size=0.9, location=(0.5, 0.5, 3.0))
    cover = bpy.context.object
    assert not look_at(0.5)
    assert exploring.point.leaf == 1
    cover.location.z = -3.0
    assert look_at(0.5), "what lies behind covers nothing"
    assert exploring.point.leaf == 0
    cover.location = (1.5, 0.5, 3.0)
    assert not look_at(1.5)
    cover.hide_set(True)
    assert look_at(1.5)
    look_at(0.5)
    cover.hide_set(False)
    cover.display_type = "WIRE"
    assert look_at(1.5), "one looks through a wire frame"
    look_at(0.5)
    cover.display_type = "TEXTURED"
    cover.scale = (0.0, 0.0, 0.0)
    assert look_at(1.5)


def test_what_moves_is_followed_without_looking_at_every_object_again(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = squares([WARM, COLD])
    bpy.ops.mesh.primitive_cube_add(size=0.9, location=(0.5, 0.5, 3.0))
    cover = bpy.context.object
    bpy.context.view_layer.update()
    session.start([object_])
    looked: list[None] = []
    part = Surroundings.parted
    monkeypatch.setattr(Surroundings, "parted", lambda *arguments: looked.append(None) or part(*arguments))
    assert not look_at(0.5)
    assert look_at(1.5)
    assert looked == [None]
    for place, other in ((1.5, 0.5), (0.5, 1.5), (1.5, 0.5)):
        cover.location.x = place
        object_.location.y += 0.01
        bpy.context.view_layer.update()
        assert not look_at(place)
        assert look_at(other)
    assert looked == [None], "two objects of a scene move, ten thousand may stand there"
    bpy.data.objects.remove(cover)
    bpy.context.view_layer.update()
    assert look_at(1.5)
    assert len(looked) == 2, "what came or went is found by looking again"


def test_a_ray_along_an_axis_and_one_across_find_the_same_covers() -> None:
    low, high = np.array([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0], [6.0, 1.0, 0.0]])
    bounds = Surroundings(["a", "b"], low, high, np.zeros(2, bool))
    along, across = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.1, 0.0]) / np.hypot(1.0, 0.1)
    for start, direction, distance, expected in (
        ((-1.0, 0.0, 0.0), along, 9.0, [0, 1]),
        ((-1.0, 0.2, 0.0), across, 9.0, [0, 1]),
        ((-1.0, 0.5, 0.0), along, 3.0, [0]),
        ((-1.0, 0.5, 2.0), along, 9.0, []),
        ((2.0, 0.5, 0.0), along, 9.0, [1]),
        ((0.5, 0.5, 0.5), along, 0.1, [0]),
    ):
        assert bounds.crossed(np.array(start), direction, distance) == expected
    assert Surroundings([], np.empty((0, 3)), np.empty((0, 3)), np.empty(0, bool)).crossed(np.zeros(3), along, 1.0) == []


@pytest.mark.parametrize(
    "matrix", [Matrix.Rotation(1.0, 4, "Z"), Matrix.Diagonal((-2.0, 1.0, 1.0, 1.0)), Matrix.Diagonal((1e-3,) * 3 + (1.0,))]
)
def test_turned_mirrored_and_tiny_objects_are_met_where_they_are(matrix: Matrix) -> None:
    object_ = squares([WARM, COLD, BETWEEN])
    object_.matrix_world = Matrix.Translation((7.0, 8.0, 9.0)) @ matrix
    bpy.context.view_layer.update()
    exploring = session.start([object_])
    for leaf in range(3):
        assert look_at(*(object_.matrix_world @ Vector((leaf + 0.5, 0.5, 0.0))).xy)
        assert exploring.point.leaf == leaf


def test_an_object_without_extent_is_no_hindrance() -> None:
    object_, flat = squares([WARM, COLD]), squares([WARM, COLD], "Nothing")
    flat.scale = (0.0, 0.0, 0.0)
    session.start([flat, object_])
    assert look_at(1.5)
    assert session.current().pointed().name == "Squares"


def test_hidden_objects_are_neither_met_nor_drawn() -> None:
    object_, hidden = squares([WARM, COLD]), squares([COLD, WARM], "Above")
    hidden.location.z = 1.0
    exploring = session.start([object_, hidden])
    hidden.hide_set(True)
    look_at(0.5)
    assert exploring.pointed().name == "Squares"
    assert [o.name for _, o in exploring.shown(bpy.context.view_layer)] == ["Squares"]
    hidden.hide_set(False)
    look_at(0.6)
    assert exploring.pointed().name == "Above"


def test_what_modifiers_make_of_a_face_looks_like_that_face() -> None:
    object_ = squares([WARM, COLD])
    object_.modifiers.new("Array", "ARRAY").relative_offset_displace = (0.0, 2.0, 0.0)
    object_.modifiers.new("Subdivision", "SUBSURF").subdivision_type = "SIMPLE"
    exploring = session.start([object_])
    for x, y, leaf in ((0.5, 0.5, 0), (1.5, 0.5, 1), (0.5, 2.5, 0), (1.5, 2.5, 1)):
        assert look_at(x, y)
        assert exploring.point.leaf == leaf


def test_where_modifiers_make_faces_anew_that_is_said_as_long_as_one_points_there() -> None:
    ball, beside = studio.ball("Ball"), squares([WARM, COLD])
    beside.location.x = 5
    polygons = len(ball.data.polygons)
    stored_tree.write(ball.data, PartTree.from_merges([], 1), np.zeros(polygons, int), "partfield", "partfield")
    stored_features.write(ball.data, unit([WARM]))
    ball.modifiers.new("Remesh", "REMESH").mode = "VOXEL"
    exploring = session.start([ball, beside])
    assert look_at(5.5)
    assert look_at(0.0, 0.0)
    assert exploring.remark() == "The modifiers of Ball make its faces anew: turn them off in the viewport"
    assert exploring.pointed().name == "Squares"  # the last point stays
    assert not look_at(0.1, 0.0)  # nothing new to say
    assert look_at(6.5)
    assert exploring.remark() == ""


def test_parts_that_apply_made_are_explored_in_place_of_the_hidden_object() -> None:
    object_ = squares([WARM, COLD, BETWEEN])
    object_.data.partgen.parts = 3
    bpy.ops.partgen.apply()
    assert not object_.visible_get()
    for chosen in (collections.parts_of(object_), [object_]):
        bpy.ops.object.select_all(action="DESELECT")
        bpy.context.view_layer.objects.active = chosen[0]
        for part in chosen if chosen[0] != object_ else ():
            part.select_set(True)
        found = list(operators.explorable_objects(bpy.context))
        assert sorted(o.name for o in found) == sorted(o.name for o in collections.parts_of(object_))
        exploring = session.start(found)
        assert look_at(1.5)
        assert exploring.point.leaf == 1
        np.testing.assert_allclose(likeness(found[0]), [0.0, 1.0, np.sqrt(0.5)], atol=1e-3)


def test_parts_of_an_earlier_tree_are_not_explored_with_the_features_of_another() -> None:
    object_ = squares([WARM, COLD, BETWEEN])
    bpy.ops.partgen.apply()
    applying.outdate(object_)
    parts = collections.parts_of(object_)
    assert "Apply Again" in session.obstacle(parts)
    with pytest.raises(PartgenError, match="Apply Again"):
        session.start(parts)


# ---- what is drawn -----------------------------------------------------------------------------------------------------


def picture() -> np.ndarray:
    """What is drawn of all that is explored, seen from above, x and y from 0 to 4: (64, 64, 4) float32, row 0 at y = 0."""
    view, projection = Matrix.Translation((-2.0, -2.0, -50.0)), Matrix.Diagonal((0.5, 0.5, -0.01, 1.0))
    offscreen = gpu.types.GPUOffScreen(64, 64, format="RGBA32F")
    with offscreen.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        framebuffer.clear(color=(0.0, 0.0, 0.0, 0.0), depth=1.0)
        surfaces = session.current().surfaces(bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)
        overlay.draw_surfaces(surfaces, view, projection, 1.0, 1.0)
        pixels = framebuffer.read_color(0, 0, 64, 64, 4, 0, "FLOAT").to_list()
    offscreen.free()
    return np.array(pixels, np.float32).reshape(64, 64, 4)


def color_at(pixels: np.ndarray, x: float, y: float = 0.5) -> np.ndarray:
    return pixels[int(y * 16), int(x * 16)]


def test_every_leaf_is_drawn_in_the_color_of_its_likeness() -> None:
    object_, other = squares([WARM, COLD, BETWEEN]), squares([COLD, WARM], "Others")
    other.location.y = 2.0
    object_.modifiers.new("Subdivision", "SUBSURF").subdivision_type = "SIMPLE"
    session.start([object_, other])
    assert not picture().any(), "nothing was pointed at yet"
    look_at(0.5)
    pixels = picture()
    for leaf in range(3):
        assert color_at(pixels, leaf + 0.5) == pytest.approx(look_of(object_).colors[leaf], abs=2e-3)
    assert color_at(pixels, 1.5, 2.5) == pytest.approx(color_at(pixels, 0.5), abs=2e-3)
    object_.hide_set(True)
    bpy.context.view_layer.update()
    assert not color_at(picture(), 0.5).any()
    look_at(0.5, 2.5)
    assert lightness(color_at(picture(), 0.5, 2.5)[None]) > lightness(color_at(picture(), 1.5, 2.5)[None]) + 30


def test_the_legend_and_the_ring_are_drawn_with_a_region_of_any_size() -> None:
    from bl_ext.user_default.partgen_blender.explore import drawing

    session.start([squares([WARM, COLD])])
    look_at(0.5)
    seen = []
    for width in (900, 30):
        offscreen = gpu.types.GPUOffScreen(900, 200)
        with offscreen.bind():
            framebuffer = gpu.state.active_framebuffer_get()
            framebuffer.clear(color=(0.0, 0.0, 0.0, 0.0))
            gpu.matrix.load_matrix(Matrix.Identity(4))
            gpu.matrix.load_projection_matrix(Matrix(((2 / 900, 0, 0, -1), (0, 2 / 200, 0, -1), (0, 0, -1, 0), (0, 0, 0, 1))))
            gpu.state.blend_set("ALPHA")
            signs.draw_ring(Vector((50.0, 150.0)), 6.0, True, 1.0)
            drawing._draw_legend(session.current(), SimpleNamespace(width=width), 1.0)
            seen.append(np.array(framebuffer.read_color(0, 0, 900, 200, 4, 0, "UBYTE").to_list(), np.uint8).reshape(200, 900, 4))
        offscreen.free()
    wide, narrow = seen
    assert wide[145:156, 45:56].any()
    assert len(np.unique(wide[:, 300:600].reshape(-1, 4), axis=0)) > 50
    assert not narrow[:140].any()


# ---- what is alike to a trained network --------------------------------------------------------------------------------


def table(name: str, height: float, width: float, thickness: float) -> bpy.types.Object:
    """A table, its top and its four legs loose pieces; their number, from 0 for the top, is the face attribute "piece"."""
    bm = bmesh.new()
    piece = bm.faces.layers.int.new("piece")
    places = [(0.0, 0.0, height, width, width, thickness)]
    places += [
        (0.4 * x * width, 0.4 * y * width, 0.5 * height - 0.5 * thickness, thickness, thickness, height) for x in (-1, 1) for y in (-1, 1)
    ]
    for number, (x, y, z, *size) in enumerate(places):
        made = bmesh.ops.create_cube(bm, size=1.0, matrix=Matrix.Translation((x, y, z)) @ Matrix.Diagonal((*size, 1.0)))
        edges = list({edge for vertex in made["verts"] for edge in vertex.link_edges})
        for face in {face for vertex in made["verts"] for face in vertex.link_faces}:
            face[piece] = number
        bmesh.ops.subdivide_edges(bm, edges=edges, cuts=8, use_grid_fill=True)
    mesh = bpy.data.meshes.new(name)
    bm.to_mesh(mesh)
    bm.free()
    return studio.put(name, mesh)


def test_legs_of_tables_are_alike_and_tops_are_not_to_the_bundled_network(real_backend: None) -> None:
    large, small = table("Large", 1.0, 1.6, 0.12), table("Small", 0.6, 0.8, 0.09)
    small.location.x = 3.0
    jobs.decompose([large, small], "auto")
    assert jobs.finish(300), messages.shown
    exploring = session.start([large, small])
    bpy.context.view_layer.update()
    front = Vector((-0.64, -5.0, 0.5))
    assert exploring.look(front, Vector((0.0, 1.0, 0.0)), bpy.context.evaluated_depsgraph_get(), bpy.context.view_layer)
    assert exploring.pointed().name == "Large"
    for object_ in (large, small):
        alike = likeness(object_)[stored_tree.leaf_of_polygon(object_.data)]
        pieces = studio.values(object_.data.attributes["piece"].data, "value", np.int32)
        top, *legs = (np.median(alike[pieces == number]) for number in range(5))
        assert min(legs) > top + 0.3, (object_.name, top, legs)
        colors = look_of(object_).colors[stored_tree.leaf_of_polygon(object_.data)]
        assert np.median(lightness(colors[pieces > 0])) > np.median(lightness(colors[pieces == 0])) + 15


# ---- the features ------------------------------------------------------------------------------------------------------


def test_features_of_a_network_come_with_the_parts_and_the_file_remembers_them(network_backend: None, tmp_path: Path) -> None:
    for x in (0.0, 10.0):
        bpy.ops.mesh.primitive_monkey_add(location=(x, 0.0, 0.0))
    bpy.data.objects["Suzanne"].select_set(True)
    both = [bpy.data.objects[name] for name in ("Suzanne", "Suzanne.001")]
    assert len(jobs.decompose(both, "partfield")) == 2
    assert jobs.finish(120), messages.shown
    assert not messages.shown
    path = str(tmp_path / "Affen.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    backend.stop(wait=5.0)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    first, second = (bpy.data.objects[name] for name in ("Suzanne", "Suzanne.001"))
    exploring = session.start([first, second])
    assert look_at(0.0, 0.0)
    tree = regrouping.tree_of(first.data)
    assert len(likeness(first)) == tree.leaf_count > 10
    assert likeness(first)[exploring.point.leaf] == pytest.approx(1.0, abs=1e-3)
    assert likeness(second).max() == pytest.approx(1.0, abs=1e-3), "the twin has a leaf that looks the same"
    at_first = exploring.point.leaf
    assert look_at(10.0, 0.0)
    assert exploring.pointed().name == "Suzanne.001"
    assert exploring.point.leaf == at_first, "twins have the same leaves"
    assert backend.status().name == "STOPPED"


def test_undo_of_a_decomposition_takes_the_features_back_and_redo_brings_them(network_backend: None) -> None:
    bpy.ops.mesh.primitive_monkey_add()
    bpy.ops.ed.undo_push(message="A monkey")
    jobs.decompose([bpy.context.object], "partfield")
    assert jobs.finish(120), messages.shown
    before = stored_features.read(bpy.data.objects["Suzanne"].data)
    bpy.ops.ed.undo()
    assert not stored_features.are_stored(bpy.data.objects["Suzanne"].data)
    bpy.ops.ed.redo()
    np.testing.assert_array_equal(stored_features.read(bpy.data.objects["Suzanne"].data), before)


def test_what_is_written_is_read_to_the_precision_of_a_half() -> None:
    features = unit(np.random.default_rng(0).normal(size=(5, 448)))
    mesh = squares(list(features)).data
    read = stored_features.read(mesh)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, features, atol=2e-4)
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1.0, atol=1e-5)
    assert len(bytes(mesh["partgen_features"]["values"])) == 2 * 5 * 448


def test_a_duplicate_has_the_features_and_a_part_has_none() -> None:
    object_ = squares([WARM, COLD])
    np.testing.assert_allclose(stored_features.read(object_.data.copy()), [WARM, COLD], atol=1e-3)
    object_.data.partgen.parts = 2
    bpy.ops.partgen.apply()
    assert not any(stored_features.are_stored(part.data) for part in collections.parts_of(object_))


def test_another_tree_takes_the_features_of_the_former_along() -> None:
    mesh = squares([WARM, COLD, BETWEEN]).data
    stored_tree.write(mesh, PartTree.from_merges([[0, 1], [3, 2]], 2), [0, 1, 2], "geometric")
    assert not stored_features.are_stored(mesh)
    stored_features.write(mesh, np.empty((0, 0)))
    assert not stored_features.are_stored(mesh)
    with pytest.raises(PartgenError, match="not those of its leaves"):
        stored_features.write(mesh, [WARM])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda stored: stored.update({"tree": "0"}), "belong to other parts"),
        (lambda stored: stored.update({"width": 7}), "belong to other parts"),
        (lambda stored: stored.update({"values": b"12345"}), "belong to other parts"),
        (lambda stored: stored.update({"version": 99}), "newer PartGen"),
        (lambda stored: stored.update({"values": "text"}), "damaged"),
        (lambda stored: stored.pop("tree"), "damaged"),
    ],
)
def test_features_that_cannot_be_used_are_refused_with_a_reason(damage: object, sentence: str) -> None:
    object_ = squares([WARM, COLD])
    damage(object_.data["partgen_features"])
    with pytest.raises(PartgenError, match=sentence):
        session.start([object_])
    assert not explore.is_running()


def test_a_whole_object_of_one_leaf_is_alike() -> None:
    session.start([squares([WARM])])
    assert look_at(0.5)
    assert session.current().pointed().look.colors.shape == (1, 4)


# ---- the button --------------------------------------------------------------------------------------------------------


def test_without_features_the_button_says_what_to_do() -> None:
    object_ = squares([WARM, COLD], method="geometric")
    del object_.data["partgen_features"]
    with pytest.raises(RuntimeError) as refusal:
        bpy.ops.partgen.explore("INVOKE_DEFAULT")
    for words in ("Squares was decomposed by Geometric", "decompose it with", methods.names_with_features()):
        assert words in str(refusal.value)
    bpy.ops.object.select_all(action="DESELECT")
    bpy.context.view_layer.objects.active = None
    with pytest.raises(RuntimeError, match="Select an object that has been decomposed"):
        bpy.ops.partgen.explore("INVOKE_DEFAULT")


def test_the_button_asks_for_object_mode() -> None:
    squares([WARM, COLD])
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Return to Object Mode first"):
        bpy.ops.partgen.explore("INVOKE_DEFAULT")


def test_one_object_with_features_among_others_is_enough() -> None:
    squares([WARM, COLD])
    bpy.ops.mesh.primitive_cube_add()
    bpy.data.objects["Squares"].select_set(True)
    assert bpy.ops.partgen.explore.poll()
    exploring = operators.start(bpy.context)
    assert [e.name for e in exploring.explored] == ["Squares"]
    assert exploring.remark() == "Cube left out: no features"


def test_an_object_without_the_features_that_its_method_has_is_to_be_decomposed_again() -> None:
    object_ = squares([WARM], method="superfaces")
    del object_.data["partgen_features"]
    with pytest.raises(RuntimeError, match=r"Squares was decomposed by Learned .* decompose it again"):
        bpy.ops.partgen.explore("INVOKE_DEFAULT")


def test_the_panel_has_the_button_and_while_it_runs_the_way_out() -> None:
    squares([WARM, COLD])
    assert "Explore" in drawn("PARTGEN_PT_parts").texts
    operators.start(bpy.context)
    assert "End Exploring" in drawn("PARTGEN_PT_parts").texts


# ---- mouse and keys ----------------------------------------------------------------------------------------------------


def event(kind: str, value: str = "PRESS", x: float = 0.0, **held: bool) -> SimpleNamespace:
    keys = dict(ctrl=False, shift=False, alt=False, oskey=False) | held
    return SimpleNamespace(type=kind, value=value, mouse_x=x, mouse_y=0, **keys)


class Artist:
    """Somebody who explores, seeing the scene from above: the mouse at (x, 0) points at x."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_over_viewport = True
        self.reports: list[str] = []
        place = (None, SimpleNamespace(x=0, y=0, data=None))
        monkeypatch.setattr(operators, "viewport_at", lambda window, x, y: place if self.is_over_viewport else None)
        monkeypatch.setattr(operators, "region_2d_to_origin_3d", lambda region, data, at: Vector((at.x, 0.5, 50.0)))
        monkeypatch.setattr(operators, "region_2d_to_vector_3d", lambda region, data, at: DOWN)
        self._session = operators.start(bpy.context)

    def report(self, level: set[str], text: str) -> None:
        self.reports.append(text)

    def does(self, *arguments: object, **held: bool) -> set[str]:
        bpy.context.view_layer.update()
        return operators.PARTGEN_OT_explore.modal(self, bpy.context, event(*arguments, **held))


def scene_as_it_is() -> list:
    """Everything of the scene that Explore might have touched."""
    layer = bpy.context.view_layer
    return [
        bpy.data.is_dirty,
        layer.objects.active,
        bpy.context.window_manager.partgen.show_preview,
        preferences.get().preview_opacity,
        overlay._state.is_paused,
        [
            (
                o.name, o.select_get(), o.hide_get(), o.hide_viewport, o.color[:], o.display_type, [m.name for m in o.modifiers],
                o.data.partgen.scale, sorted(o.data.attributes.keys()), sorted(o.data.keys()), len(o.data.materials),
            )
            for o in layer.objects
        ],
        sorted(bpy.data.meshes.keys()),
        sorted(bpy.data.materials.keys()),
    ]  # fmt: skip


@pytest.mark.parametrize("way_out", ["ESC", "RIGHTMOUSE", "button"])
def test_it_leaves_everything_as_it_was(way_out: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    squares([WARM, COLD]), squares([COLD, WARM], "Others")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    before = scene_as_it_is()
    artist = Artist(monkeypatch)
    for step in (("MOUSEMOVE", "NOTHING", 0.5), ("LEFTMOUSE", "PRESS", 0.5), ("LEFTMOUSE", "RELEASE", 0.5), ("X", "PRESS"), ("G", "PRESS")):
        artist.does(*step)
    assert session.current().is_held
    if way_out == "button":
        operators.PARTGEN_OT_explore.invoke(artist, bpy.context, None)
    else:
        assert artist.does(way_out) == {"CANCELLED"}
    assert not explore.is_running()
    from bl_ext.user_default.partgen_blender.explore import drawing

    assert not drawing._drawing._handles
    assert scene_as_it_is() == before


def test_hovering_follows_the_mouse_and_a_click_holds_the_point(monkeypatch: pytest.MonkeyPatch) -> None:
    squares([WARM, COLD])
    artist = Artist(monkeypatch)
    assert artist.does("MOUSEMOVE", "NOTHING", 0.5) == {"PASS_THROUGH"}
    assert session.current().point.leaf == 0
    artist.does("MOUSEMOVE", "NOTHING", 1.5)
    assert session.current().point.leaf == 1
    assert artist.does("LEFTMOUSE", "PRESS", 1.5) == {"RUNNING_MODAL"}
    assert session.current().remark() == "Held"
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    assert session.current().point.leaf == 1
    artist.does("LEFTMOUSE", "PRESS", 0.5)
    assert not session.current().is_held
    assert session.current().point.leaf == 0


def test_a_click_beside_everything_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    squares([WARM, COLD])
    artist = Artist(monkeypatch)
    assert artist.does("LEFTMOUSE", "PRESS", 9.0) == {"RUNNING_MODAL"}, "nor does it change the selection"
    assert not session.current().is_held


def test_navigation_undo_and_panels_work_meanwhile_and_nothing_else_reaches_the_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    squares([WARM, COLD])
    artist = Artist(monkeypatch)
    through = [
        ("MIDDLEMOUSE",),
        ("WHEELUPMOUSE",),
        ("NUMPAD_1",),
        ("TRACKPADPAN",),
        ("NDOF_MOTION", "NOTHING"),
        ("TIMER", "NOTHING"),
        ("N",),
    ]
    for step in through:
        assert artist.does(*step) == {"PASS_THROUGH"}, step
    for key in ("Z", "S", "O"):
        assert artist.does(key, ctrl=True) == {"PASS_THROUGH"}
    assert artist.does("LEFTMOUSE", alt=True) == {"PASS_THROUGH"}
    for key in ("X", "DEL", "G", "TAB", "H", "A", "SPACE"):
        assert artist.does(key) == {"RUNNING_MODAL"}, key
    assert artist.does("J", ctrl=True) == {"RUNNING_MODAL"}
    artist.is_over_viewport = False
    for step in (("LEFTMOUSE",), ("RIGHTMOUSE",), ("X",), ("MOUSEMOVE", "NOTHING")):
        assert artist.does(*step) == {"PASS_THROUGH"}, step
    assert explore.is_running()


def test_only_the_viewport_itself_counts_and_not_what_lies_over_it() -> None:
    window = bpy.context.window
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    regions = {region.type: region for region in area.regions if region.width > 1}
    main, tools = regions["WINDOW"], regions["TOOLS"]
    space, region = operators.viewport_at(window, main.x + main.width // 2, main.y + main.height // 2)
    assert (space, region) == (area.spaces.active, main)
    assert operators.viewport_at(window, tools.x + 5, tools.y + 5) is None
    assert operators.viewport_at(window, area.x + area.width + 5, area.y + 5) is None


# ---- what happens meanwhile --------------------------------------------------------------------------------------------


def test_undo_while_exploring_goes_on_with_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.ops.ed.undo_push(message="nothing")
    squares([WARM, COLD])
    bpy.ops.ed.undo_push(message="first")
    squares([COLD, WARM], "Others").location.y = 3.0
    bpy.ops.ed.undo_push(message="second")
    artist = Artist(monkeypatch)
    bpy.data.objects["Squares"].select_set(True)
    session.current().explored[:] = session.start(list(bpy.data.objects)).explored
    artist._session = session.current()
    artist.does("MOUSEMOVE", "NOTHING", 1.5)
    assert {e.name for e in session.current().explored} == {"Squares", "Others"}
    bpy.ops.ed.undo()
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    assert [e.name for e in session.current().explored] == ["Squares"]
    assert session.current().point.leaf == 0
    bpy.ops.ed.undo()
    assert artist.does("MOUSEMOVE", "NOTHING", 0.5) == {"CANCELLED", "PASS_THROUGH"}
    assert not explore.is_running()
    assert "Nothing is left to explore" in artist.reports[0]


def test_opening_another_file_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    squares([WARM, COLD])
    artist = Artist(monkeypatch)
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    assert explore.is_running(), "saving is no reason to end"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert not explore.is_running()
    assert not overlay._state.is_paused
    assert artist.does("MOUSEMOVE", "NOTHING", 0.5) == {"CANCELLED", "PASS_THROUGH"}


def test_deleted_and_renamed_objects_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = squares([WARM, COLD]), squares([COLD, WARM], "Above")
    second.location.z = 1.0
    first.select_set(True)
    artist = Artist(monkeypatch)
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    assert session.current().pointed().name == "Above"
    first.name, first.data.name = "Renamed", "Renamed too"
    bpy.data.objects.remove(second)
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    assert session.current().title() == "Similarity to this point of Renamed"


def test_an_edited_shape_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = squares([WARM, COLD])
    artist = Artist(monkeypatch)
    artist.does("MOUSEMOVE", "NOTHING", 1.5)
    object_.data.flip_normals()
    for vertex in object_.data.vertices:
        vertex.co.x = 2.0 - vertex.co.x
    object_.data.update()
    artist.does("MOUSEMOVE", "NOTHING", 1.4)
    assert session.current().point.leaf == 0


def test_a_new_decomposition_is_taken_over_and_one_without_features_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    object_ = squares([WARM, COLD, BETWEEN])
    artist = Artist(monkeypatch)
    artist.does("MOUSEMOVE", "NOTHING", 2.5)
    stored_tree.write(object_.data, PartTree.from_merges([[0, 1]], 2), [0, 1, 1], "partfield", "partfield")
    stored_features.write(object_.data, [COLD, WARM])
    artist.does("MOUSEMOVE", "NOTHING", 2.4)
    assert session.current().point.leaf == 1
    np.testing.assert_allclose(likeness(object_), [0.0, 1.0], atol=1e-3)
    regrouping.clear(object_.data)
    assert artist.does("MOUSEMOVE", "NOTHING", 0.5) == {"CANCELLED", "PASS_THROUGH"}
    assert not explore.is_running()


def test_edit_mode_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    squares([WARM, COLD])
    artist = Artist(monkeypatch)
    bpy.ops.object.mode_set(mode="EDIT")
    artist.does("MOUSEMOVE", "NOTHING", 0.5)
    assert not explore.is_running()


def test_leaves_of_what_was_joined_to_an_object_do_no_harm() -> None:
    object_, other = squares([WARM, COLD]), squares([WARM, COLD, BETWEEN, WARM], "Others")
    other.location.y = 3.0
    bpy.context.view_layer.update()
    object_.select_set(True)
    bpy.context.view_layer.objects.active = object_
    bpy.ops.object.join()
    with pytest.raises(PartgenError, match="joined with another"):
        session.start([object_])


def test_the_add_on_can_be_disabled_while_it_runs(package: object) -> None:
    squares([WARM, COLD])
    operators.start(bpy.context)
    bpy.ops.preferences.addon_disable(module=package.__name__)
    bpy.ops.preferences.addon_enable(module=package.__name__)
    assert not explore.is_running()


# ---- from Python -----------------------------------------------------------------------------------------------------


def test_scripts_get_how_alike_every_face_is_in_one_step() -> None:
    near, far = squares([WARM, BETWEEN, COLD]), squares([COLD, WARM], "Far")
    near.select_set(True)
    bpy.ops.ed.undo_push(message="Begin")
    assert bpy.ops.partgen.explore(object="Squares", polygon=0, name="Alike") == {"FINISHED"}
    assert not explore.is_running()
    for object_, expected in ((near, [1, np.sqrt(0.5), 0]), (far, [0, 1])):
        np.testing.assert_allclose(studio.values(object_.data.attributes["Alike"].data, "value", np.float32), expected, atol=2e-3)
    bpy.ops.ed.undo()
    assert "Alike" not in bpy.data.objects["Squares"].data.attributes


def test_scripts_name_an_object_that_need_not_be_selected_and_what_has_no_features_is_left_out() -> None:
    named, selected = squares([WARM, COLD]), squares([COLD, WARM], "Far")
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.mesh.primitive_cube_add()
    assert bpy.ops.partgen.explore(object="Squares", polygon=0) == {"FINISHED"}
    assert "Likeness" in named.data.attributes
    assert "Likeness" not in selected.data.attributes
    selected.select_set(True)
    assert bpy.ops.partgen.explore(object="Squares", polygon=0, name="Both") == {"FINISHED"}
    assert "Both" in named.data.attributes
    np.testing.assert_allclose(studio.values(selected.data.attributes["Both"].data, "value", np.float32), [0, 1], atol=2e-3)
    assert not set(bpy.data.objects["Cube"].data.attributes.keys()) & {"Likeness", "Both"}
    reported: list[str] = []
    artist = SimpleNamespace(object="Squares", polygon=0, name="Both", bl_label="Explore", report=lambda _, words: reported.append(words))
    operators.PARTGEN_OT_explore.execute(artist, bpy.context)
    assert reported[0].endswith("face 0 of Squares. Cube left out: no features.")
    assert list(scripting.likeness(named, 0, (o for o in ()))) == [named]


@pytest.mark.parametrize("name", ["material_index", "sharp_edge", "partgen_x", ".a", "", " ", "x" * 90])
def test_an_attribute_that_means_something_else_is_not_overwritten(name: str) -> None:
    object_ = squares([WARM, COLD])
    before = sorted(object_.data.attributes.keys())
    with pytest.raises(PartgenError, match=r"Choose another name|too long|needs a name"):
        scripting.write(scripting.likeness(object_, 0), name)
    assert sorted(object_.data.attributes.keys()) == before


def test_scripts_are_told_what_cannot_be_compared() -> None:
    object_, other = squares([WARM, COLD]), squares([WARM, COLD], "Other", weights="others")
    for refused, reason in (
        (lambda: scripting.likeness(object_, 2), "no face 2"),
        (lambda: scripting.likeness(object_, 0, [object_, other]), "Other cannot be compared"),
        (lambda: scripting.likeness(studio.ball(), 0), "has been decomposed"),
    ):
        with pytest.raises(PartgenError, match=reason):
            refused()
    with pytest.raises(RuntimeError, match='There is no object "Lamp"'):
        bpy.ops.partgen.explore(object="Lamp", polygon=0)
    kept = object_.data.attributes.new("Likeness", "FLOAT", "POINT")
    with pytest.raises(PartgenError, match="something else that is called Likeness"):
        scripting.write(scripting.likeness(object_, 0))
    assert kept.domain == "POINT"
