"""The tree belongs to the mesh: the file remembers it, with or without the add-on, and says when it can no longer be trusted."""

import os
import subprocess
import sys
from collections.abc import Callable

import bmesh
import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections, mesh_data, regrouping, stored_tree
from bl_ext.user_default.partgen_blender.parts_list import selecting
from bl_ext.user_default.partgen_blender.picking import regions
from bl_ext.user_default.partgen_blender.refining import edits
from bl_ext.user_default.partgen_blender.together import surfaces
from partgen.errors import PartgenError


def decomposed(leaf_count=6):
    obj = studio.ball()
    leaves = studio.slices(obj.data, leaf_count)
    tree = studio.tree(leaf_count)
    stored_tree.write(obj.data, tree, leaves, "geometric", weights="none", notes=("2 faces without area",))
    return obj, tree, leaves


def assert_same(stored, tree, leaves):
    np.testing.assert_array_equal(stored.tree.merges, tree.merges)
    np.testing.assert_array_equal(stored.tree.heights, tree.heights)
    assert stored.tree.default_scale == pytest.approx(tree.default_scale)
    np.testing.assert_array_equal(stored.leaf_of_polygon, leaves)


def test_what_is_written_is_read():
    obj, tree, leaves = decomposed()
    stored = stored_tree.read(obj.data)
    assert_same(stored, tree, leaves)
    assert (stored.method, stored.weights, stored.notes, stored.edited) == ("geometric", "none", ("2 faces without area",), "")
    np.testing.assert_array_equal(stored.part_of_polygon(1.0), 0)


def test_a_tree_of_one_leaf_is_stored_too():
    obj = studio.ball()
    stored_tree.write(obj.data, studio.tree(1), np.zeros(len(obj.data.polygons)), "geometric")
    assert stored_tree.read(obj.data).tree.leaf_count == 1


def test_the_file_remembers_the_tree(tmp_path):
    _, tree, leaves = decomposed()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Stühle.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "Stühle.blend"))
    assert_same(stored_tree.read(bpy.data.objects["Ball"].data), tree, leaves)


def test_the_file_keeps_the_tree_when_someone_without_the_add_on_saves_it(tmp_path):
    _, tree, leaves = decomposed()
    path = tmp_path / "shared.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    script = "import bpy, sys; bpy.ops.wm.open_mainfile(filepath=sys.argv[1]); bpy.ops.wm.save_mainfile()"
    clean = {name: value for name, value in os.environ.items() if name != "BLENDER_USER_RESOURCES"}
    clean["BLENDER_USER_RESOURCES"] = str(tmp_path / "nobody")
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, env=clean, stdout=subprocess.DEVNULL)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert_same(stored_tree.read(bpy.data.objects["Ball"].data), tree, leaves)


def test_a_duplicate_has_its_own_tree():
    obj, tree, leaves = decomposed()
    copy = obj.data.copy()
    stored_tree.clear(obj.data)
    assert_same(stored_tree.read(copy), tree, leaves)
    assert stored_tree.read(obj.data) is None


def test_clear_leaves_the_mesh_as_it_was_before():
    obj = studio.ball()
    before = ({attribute.name for attribute in obj.data.attributes}, dict(obj.data.items()))
    stored_tree.write(obj.data, studio.tree(3), studio.slices(obj.data, 3), "geometric")
    stored_tree.write_parts(obj.data, [0, 0, 1])
    stored_tree.clear(obj.data)
    assert ({attribute.name for attribute in obj.data.attributes}, dict(obj.data.items())) == before


def test_parts_are_derived_from_leaves():
    obj, tree, leaves = decomposed()
    for scale in (0.0, 0.4, 1.0):
        stored_tree.write_parts(obj.data, tree.cut(scale))
        np.testing.assert_array_equal(stored_tree.part_of_polygon(obj.data), tree.cut(scale)[leaves])
    assert obj.data.attributes["partgen_part"].data_type == "INT"
    assert obj.data.attributes["partgen_part"].domain == "FACE"


def test_a_mesh_that_was_never_decomposed_says_so():
    obj = studio.ball()
    assert stored_tree.read(obj.data) is None
    with pytest.raises(PartgenError, match="has not been decomposed"):
        stored_tree.require(obj.data)
    with pytest.raises(PartgenError, match="has not been decomposed"):
        stored_tree.write_parts(obj.data, [0])


def test_labels_of_another_mesh_are_refused():
    obj, tree, leaves = decomposed()
    with pytest.raises(PartgenError, match="edited in the meantime"):
        stored_tree.write(obj.data, tree, leaves[:-1], "geometric")
    with pytest.raises(PartgenError, match="tree lacks"):
        stored_tree.write(obj.data, studio.tree(3), leaves, "geometric")
    assert_same(stored_tree.read(obj.data), tree, leaves)


def test_deleted_faces_take_their_labels_along():
    obj, tree, leaves = decomposed()
    keep = np.arange(len(leaves)) % 5 != 0
    bm = bmesh.new()
    bm.from_mesh(obj.data)
    bmesh.ops.delete(bm, geom=[face for face, kept in zip(bm.faces[:], keep, strict=True) if not kept], context="FACES")
    bm.to_mesh(obj.data)
    stored = stored_tree.read(obj.data)
    assert_same(stored, tree, leaves[keep])
    assert f"has {(~keep).sum()} faces fewer" in stored.edited


def test_added_faces_are_noticed():
    obj, _, leaves = decomposed()
    bm = bmesh.new()
    bm.from_mesh(obj.data)
    bmesh.ops.extrude_discrete_faces(bm, faces=bm.faces[:3])
    bm.to_mesh(obj.data)
    stored = stored_tree.read(obj.data)
    assert f"has {len(stored.leaf_of_polygon) - len(leaves)} faces more" in stored.edited


def test_moved_vertices_do_not_matter():
    obj, tree, leaves = decomposed()
    obj.data.vertices[0].co.x += 1
    obj.data.update()
    assert_same(stored_tree.read(obj.data), tree, leaves)
    assert stored_tree.read(obj.data).edited == ""


def test_joining_two_decomposed_objects_is_noticed():
    big, _, _ = decomposed(9)
    small, _, _ = decomposed(3)
    bpy.context.view_layer.objects.active = small
    for obj in (big, small):
        obj.select_set(True)
    bpy.ops.object.join()
    assert stored_tree.read(small.data) is None
    with pytest.raises(PartgenError, match="joined with another object"):
        stored_tree.require(small.data)


@pytest.mark.parametrize(
    "damage",
    [
        {"merges": [0, 0]},
        {"merges": [0]},
        {"heights": [0.5]},
        {"heights": "x"},
        {"merges": "x"},
        {"default_scale": 7.0},
        {"version": 99},
        {"version": "x"},
    ],
)
def test_a_damaged_tree_is_refused_with_a_reason(damage):
    obj, _, _ = decomposed()
    for name, value in damage.items():
        obj.data["partgen_tree"][name] = value
    assert stored_tree.read(obj.data) is None
    with pytest.raises(PartgenError, match=r"[Dd]ecompose"):
        stored_tree.require(obj.data)


DOORS: dict[str, Callable[[bpy.types.Object], object]] = {
    "apply": lambda obj: collections.apply(obj, 0.5, "COLLECTIONS"),
    "merge": lambda obj: edits.merge(obj.data, [0, 1]),
    "rename": lambda obj: edits.rename(obj.data, 0, "Leg"),
    "select": lambda obj: selecting.select(bpy.context, obj, [0]),
    "pick": lambda obj: regions.leaves_at_polygon(obj.data, 0),
    "compare": lambda obj: surfaces.comparable_surfaces([obj]),
    "group again": lambda obj: regrouping.require_tree(obj.data),
}


def forget_tree(mesh: bpy.types.Mesh) -> None:
    stored_tree.clear(mesh)


def store_as_a_newer_partgen(mesh: bpy.types.Mesh) -> None:
    mesh["partgen_tree"]["version"] = 99


@pytest.mark.parametrize(
    ("spoil", "code", "remedy"),
    [
        (forget_tree, "tree.missing", "Decompose it first."),
        (store_as_a_newer_partgen, "tree.newer", "Update the add-on, or decompose the object again."),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_every_action_says_once_what_to_do_about_a_tree_that_it_cannot_use(door, spoil, code, remedy):
    obj, _, _ = decomposed()
    spoil(obj.data)
    regrouping.forget()
    with pytest.raises(PartgenError) as raised:
        DOORS[door](obj)
    assert (raised.value.code, raised.value.remedy) == (code, remedy)
    assert str(raised.value).lower().count("decompose") == (2 if code == "tree.missing" else 1)  # "has not been decomposed."


def test_objects_in_edit_mode_are_compared_after_leaving_it():
    obj, _, _ = decomposed()
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(PartgenError, match=r"is in Edit Mode\. Leave Edit Mode and try again\.$"):
        surfaces.comparable_surfaces([obj])


@pytest.mark.parametrize("stranger", [5, "text", [1, 2, 3]])
def test_a_property_that_is_no_tree_is_refused(stranger):
    obj, _, _ = decomposed()
    obj.data["partgen_tree"] = stranger
    assert stored_tree.read(obj.data) is None
    with pytest.raises(PartgenError):
        stored_tree.require(obj.data)


def test_a_lost_attribute_is_said():
    obj, _, _ = decomposed()
    obj.data.attributes.remove(obj.data.attributes["partgen_leaf"])
    assert stored_tree.read(obj.data) is None
    with pytest.raises(PartgenError, match="partgen_leaf"):
        stored_tree.require(obj.data)


def test_edit_mode_is_refused_and_changes_nothing():
    obj, tree, leaves = decomposed()
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    assert stored_tree.read(obj.data) is None
    with pytest.raises(PartgenError, match="Edit Mode"):
        stored_tree.require(obj.data)
    for change in (lambda: stored_tree.write(obj.data, tree, leaves, "geometric"), lambda: stored_tree.clear(obj.data)):
        with pytest.raises(PartgenError, match=r"Edit Mode|edited"):
            change()
    with pytest.raises(PartgenError, match="Edit Mode"):
        mesh_data.read_polygons(obj.data)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert_same(stored_tree.read(obj.data), tree, leaves)


def test_undo_takes_the_tree_away_and_redo_brings_it_back():
    obj = studio.ball()
    bpy.ops.ed.undo_push(message="before")
    stored_tree.write(obj.data, studio.tree(3), studio.slices(obj.data, 3), "geometric")
    bpy.ops.ed.undo_push(message="decompose")
    bpy.ops.ed.undo()
    assert not stored_tree.is_stored(bpy.data.objects["Ball"].data)
    bpy.ops.ed.redo()
    assert stored_tree.read(bpy.data.objects["Ball"].data) is not None


def test_regrouping_a_million_faces_stays_under_a_frame():
    from time import process_time

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=1000, y_subdivisions=1000)
    mesh = bpy.context.object.data
    tree = studio.tree(2000)
    stored_tree.write(mesh, tree, np.arange(len(mesh.polygons)) % 2000, "geometric")
    seconds = []
    for scale in (0.2, 0.4, 0.6, 0.8, 0.3):
        start = process_time()
        stored_tree.write_parts(mesh, tree.cut(scale))
        seconds.append(process_time() - start)
    assert np.median(seconds) < 0.016
