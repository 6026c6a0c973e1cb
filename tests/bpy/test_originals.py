"""Which object is worked on: the artist's own, a local copy of linked data, or a baked copy of what the viewport shows."""

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections, mesh_data, originals, stored_parts, stored_tree
from partgen.errors import PartgenError


def depsgraph():
    bpy.context.view_layer.update()
    return bpy.context.evaluated_depsgraph_get()


def decompose(obj, evaluated=False):
    """What the add-on does, with a trivial result: returns the object that was worked on."""
    polygons = originals.read(obj, evaluated, depsgraph())
    original = originals.original_of(obj, evaluated, depsgraph())
    assert len(original.data.polygons) == polygons.count
    stored_tree.write(original.data, studio.tree(4), studio.slices(original.data, 4), "geometric")
    return original


def test_an_ordinary_object_is_its_own_original():
    ball = studio.ball()
    assert originals.original_of(ball) == ball
    assert originals.note(ball) == ""


@pytest.mark.parametrize("evaluated", [False, True])
def test_reading_changes_nothing(evaluated):
    ball = studio.ball()
    ball.modifiers.new("Row", "ARRAY")
    before = (set(bpy.data.objects), set(bpy.data.meshes), ball.hide_get())
    count = originals.read(ball, evaluated, depsgraph()).count
    assert count == len(ball.data.polygons) * (2 if evaluated else 1)
    assert (set(bpy.data.objects), set(bpy.data.meshes), ball.hide_get()) == before


def test_evaluated_works_on_a_baked_copy_and_hides_the_object():
    ball = studio.ball()
    ball.modifiers.new("Row", "ARRAY").count = 3
    ball.shape_key_add(name="Basis")
    ball.shape_key_add(name="Big").value = 1
    ball.data.shape_keys.key_blocks["Big"].data.foreach_set("co", (studio.positions(ball.data) * 2).reshape(-1))
    ball.location = (1, 2, 3)
    wanted = studio.world_points([ball])
    baked = decompose(ball, evaluated=True)
    assert baked != ball
    assert ball.hide_get()
    assert ball.hide_render
    assert len(ball.modifiers) == 1
    assert not stored_tree.is_stored(ball.data)
    assert not baked.modifiers
    assert baked.data.shape_keys is None
    np.testing.assert_allclose(studio.world_points([baked]), wanted, atol=1e-6)
    assert ball.name in originals.note(baked)
    assert "hidden" in originals.note(baked)


def test_everything_but_modifiers_and_shape_keys_survives_baking():
    ball = studio.ball(smooth=True)
    paint = [bpy.data.materials.new("On mesh"), bpy.data.materials.new("On object")]
    for _ in range(2):
        ball.data.materials.append(paint[0])
    ball.material_slots[1].link = "OBJECT"
    ball.material_slots[1].material = paint[1]
    ball.data.polygons.foreach_set("material_index", np.arange(len(ball.data.polygons)) % 2)
    group = ball.vertex_groups.new(name="arm")
    group.add(range(0, len(ball.data.vertices), 2), 0.25, "REPLACE")
    wear = ball.data.attributes.new("wear", "FLOAT", "POINT")
    wear.data.foreach_set("value", np.arange(len(ball.data.vertices), dtype=np.float32))
    ball.data.edges[3].use_seam = True
    ball["price"], ball.data["asset id"], ball.data["box"] = 9.5, "chair-07", {"size": [1, 2], "owner": ball}
    ball.modifiers.new("Smooth", "SMOOTH").iterations = 1
    normals = evaluated_normals(ball)
    baked = decompose(ball, evaluated=True)
    mesh = baked.data
    assert [(slot.link, slot.material) for slot in baked.material_slots] == [("DATA", paint[0]), ("OBJECT", paint[1])]
    np.testing.assert_array_equal(studio.values(mesh.polygons, "material_index", np.int32), np.arange(len(mesh.polygons)) % 2)
    assert [g.name for g in baked.vertex_groups] == ["arm"]
    assert [len(vertex.groups) for vertex in mesh.vertices] == [(i + 1) % 2 for i in range(len(mesh.vertices))]
    np.testing.assert_array_equal(studio.values(mesh.attributes["wear"].data, "value"), np.arange(len(mesh.vertices)))
    np.testing.assert_array_equal(studio.values(mesh.uv_layers[0].uv, "vector", np.float32, 2), uvs(ball))
    assert [edge.index for edge in mesh.edges if edge.use_seam] == [3]
    assert (baked["price"], mesh["asset id"]) == (9.5, "chair-07")
    assert mesh["box"].to_dict() == {"size": [1, 2], "owner": ball}
    np.testing.assert_allclose(studio.corner_normals(mesh), normals, atol=1e-5)


def uvs(obj):
    return studio.values(obj.data.uv_layers[0].uv, "vector", np.float32, 2)


def evaluated_normals(obj):
    shown = obj.evaluated_get(depsgraph())
    normals = studio.corner_normals(shown.to_mesh())
    shown.to_mesh_clear()
    return normals


def test_an_armature_is_baked_in_and_not_applied_twice():
    ball, rig = studio.ball(), studio.put("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("Bone")
    bone.tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    ball.vertex_groups.new(name="Bone").add(range(len(ball.data.vertices)), 1.0, "REPLACE")
    ball.parent, ball.parent_type = rig, "ARMATURE"
    rig.pose.bones["Bone"].location = (0, 2, 0)
    wanted = studio.world_points([ball])
    assert wanted.max() > 2
    np.testing.assert_allclose(studio.world_points([decompose(ball, evaluated=True)]), wanted, atol=1e-6)


def test_baking_again_renews_the_same_copy():
    ball = studio.ball()
    ball.modifiers.new("Row", "ARRAY").count = 2
    first = decompose(ball, evaluated=True)
    ball.modifiers["Row"].count = 3
    second = decompose(ball, evaluated=True)
    assert second == first
    assert len(first.data.polygons) == 3 * len(ball.data.polygons)
    assert len(bpy.data.objects) == len(bpy.data.meshes) == 2


def test_a_baked_copy_shows_the_faces_that_its_object_hides_with_parts():
    ball = studio.ball()
    stored_tree.write(ball.data, studio.tree(4), studio.slices(ball.data, 4), "geometric")
    own, leaves = np.arange(len(ball.data.polygons)) == 0, stored_tree.leaf_of_polygon(ball.data)
    mesh_data.hide_polygons(ball.data, own)
    stored_parts.hide_polygons(ball.data, leaves == 2)
    stored_parts.write_hidden(ball.data, np.arange(4) == 2)
    assert mesh_data.hidden_polygons(ball.data).sum() > 1
    ball.modifiers.new("Row", "ARRAY").count = 2
    hidden = mesh_data.hidden_polygons(decompose(ball, evaluated=True).data)
    np.testing.assert_array_equal(hidden, np.tile(own, 2))


def test_parts_of_a_baked_copy_are_named_after_the_object_and_follow_a_new_bake():
    ball = studio.ball("Chair")
    ball.modifiers.new("Row", "ARRAY").count = 2
    baked = decompose(ball, evaluated=True)
    collection = collections.apply(baked, 0.0)
    assert collection.name == "Chair Parts"
    assert {part.name for part in collection.objects} == {f"Chair Part {number:02d}" for number in range(1, 5)}
    ball.modifiers["Row"].count = 3
    assert collections.apply(decompose(ball, evaluated=True), 0.0) == collection
    assert sum(len(part.data.polygons) for part in collection.objects) == 3 * len(ball.data.polygons)


def test_discarding_a_copy_brings_the_object_back():
    ball = studio.ball()
    ball.modifiers.new("Row", "ARRAY")
    originals.discard(decompose(ball, evaluated=True))
    assert list(bpy.data.objects) == [ball]
    assert list(bpy.data.meshes) == [ball.data]
    assert not ball.hide_get()
    assert not ball.hide_render


def library(tmp_path):
    """A file with a ball in a collection."""
    ball = studio.ball("Chair")
    ball.data.materials.append(bpy.data.materials.new("Wood"))
    ball.location = (1, 2, 3)
    shop = bpy.data.collections.new("Shop")
    bpy.context.scene.collection.children.link(shop)
    shop.objects.link(ball)
    path = str(tmp_path / "chairs.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return path


def link(path, kind, name):
    with bpy.data.libraries.load(path, link=True) as (_, chosen):
        setattr(chosen, kind, [name])
    return getattr(chosen, kind)[0]


def test_a_linked_object_is_worked_on_as_a_local_copy(tmp_path):
    chair = link(library(tmp_path), "objects", "Chair")
    bpy.context.scene.collection.objects.link(chair)
    wanted = studio.world_points([chair])
    local = decompose(chair)
    assert local != chair
    assert local.library is None
    assert local.data.library is None
    assert not stored_tree.is_stored(chair.data)
    assert chair.hide_get()
    assert "chairs.blend" in originals.note(local)
    np.testing.assert_array_equal(studio.world_points([local]), wanted)
    assert decompose(chair) == local
    collection = collections.apply(local, 0.0)
    assert collection.name == "Chair Parts"
    assert [part.data.materials[0].name for part in collection.objects] == ["Wood"] * 4
    np.testing.assert_array_equal(studio.world_points(list(collection.objects)), wanted)


def test_a_local_object_with_a_linked_mesh_is_worked_on_as_a_local_copy(tmp_path):
    mesh = link(library(tmp_path), "meshes", "Chair")
    chair = studio.put("Chair", mesh)
    local = decompose(chair)
    assert local != chair
    assert chair.data == mesh
    assert chair.hide_get()
    assert not stored_tree.is_stored(mesh)
    assert len(collections.apply(local, 0.0).objects) == 4


def test_an_object_in_a_linked_collection_gets_its_parts_in_the_scene(tmp_path):
    shop = link(library(tmp_path), "collections", "Shop")
    bpy.context.scene.collection.children.link(shop)
    local = decompose(shop.objects[0])
    collection = collections.apply(local, 0.0)
    assert list(local.users_collection) == [bpy.context.scene.collection]
    assert collection.name in bpy.context.scene.collection.children


def test_a_linked_source_is_not_applied_in_place(tmp_path):
    ball = studio.ball("Chair")
    stored_tree.write(ball.data, studio.tree(4), studio.slices(ball.data, 4), "geometric")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chairs.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    chair = link(str(tmp_path / "chairs.blend"), "objects", "Chair")
    bpy.context.scene.collection.objects.link(chair)
    with pytest.raises(PartgenError, match="Chair is linked"):
        collections.apply(chair, 0.0)


def test_an_override_is_worked_on_as_a_local_copy(tmp_path):
    chair = link(library(tmp_path), "objects", "Chair")
    bpy.context.scene.collection.objects.link(chair)
    override = chair.override_create(remap_local_usages=True)
    local = decompose(override)
    assert local.data.library is None
    assert len(collections.apply(local, 0.0).objects) == 4


def test_what_is_no_mesh_is_refused():
    with pytest.raises(PartgenError, match="Lamp is not a mesh"):
        originals.original_of(studio.put("Lamp", bpy.data.lights.new("Lamp", "POINT")))


def test_modifiers_that_leave_no_faces_are_said_and_nothing_changes():
    ball = studio.ball()
    mask = ball.modifiers.new("Mask", "MASK")
    mask.vertex_group = ball.vertex_groups.new(name="nothing").name
    before = set(bpy.data.objects)
    with pytest.raises(PartgenError, match="Ball has no faces"):
        originals.original_of(ball, True, depsgraph())
    assert set(bpy.data.objects) == before
    assert not ball.hide_get()
