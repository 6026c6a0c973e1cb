"""Parts stand exactly where their source stood: under parents and bones, mirrored, sheared, tiny or far away."""

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections
from mathutils import Euler, Matrix

HIERARCHIES = collections.HIERARCHIES


def assert_parts_stand_where_the_source_stands(source, hierarchy):
    """Compares vertices in the world, and the shape of every part with that of the faces it was cut from."""
    wanted = studio.world_points([source])
    bpy.context.view_layer.update()
    matrix = source.matrix_world.copy()
    collections.apply(source, 0.3, hierarchy)
    bpy.context.view_layer.update()
    parts = collections.parts_of(source)
    assert len(parts) > 3
    size = np.abs(np.array(matrix)).max() + 1e-30
    for part in parts:
        np.testing.assert_allclose(np.array(part.matrix_world), np.array(matrix), rtol=0, atol=2e-6 * size)
        np.testing.assert_array_equal(
            studio.positions(part.data), studio.positions(source.data)[studio.origins(part.data, "POINT")]
        )
    found = studio.world_points(parts)
    extent = np.ptp(wanted, axis=0).max()
    assert np.abs(found.min(axis=0) - wanted.min(axis=0)).max() <= 1e-5 * max(extent, size)
    assert np.abs(found.max(axis=0) - wanted.max(axis=0)).max() <= 1e-5 * max(extent, size)


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize(
    ("location", "scale"),
    [
        ((1, 2, 3), (1, 1, 1)),
        ((1, 2, 3), (-1, 1, 1)),
        ((1, 2, 3), (0.2, -3, 7)),
        ((0, 0, 0), (0.001, 0.001, 0.001)),
        ((0.5, 0, 0), (1e-6, 1e-6, 1e-6)),
        ((5, 5, 5), (100_000, 100_000, 100_000)),
        ((100_000, -100_000, 100_000), (1, 1, 1)),
    ],
)
def test_parts_have_the_transform_of_the_source(hierarchy, location, scale):
    chair = studio.decomposed()
    chair.rotation_euler, chair.location, chair.scale = (0.3, -0.7, 1.9), location, scale
    assert_parts_stand_where_the_source_stands(chair, hierarchy)


@pytest.mark.parametrize("size", [0.0005, 50_000.0])
def test_meshes_of_any_size_are_cut_exactly(size):
    chair = studio.decomposed()
    chair.data.vertices.foreach_set("co", (studio.positions(chair.data) * np.float32(size)).reshape(-1))
    chair.data.update()
    assert_parts_stand_where_the_source_stands(chair, "NONE")


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_parent_with_shear_and_its_inverse_survive(hierarchy):
    chair, room = studio.decomposed(), studio.put("Room", None)
    room.rotation_euler, room.scale, room.location = (0.5, 0.1, 0.9), (1, 3, 0.5), (4, 5, 6)
    chair.parent, chair.location, chair.rotation_euler = room, (1, 0, 2), (0.2, 0.8, 0)
    chair.matrix_parent_inverse = Matrix.LocRotScale((1, 2, 3), Euler((0.4, 0, 0)), (2, 1, 1))
    assert_parts_stand_where_the_source_stands(chair, hierarchy)
    if hierarchy != "PARENTING":
        assert all(part.parent == room for part in collections.parts_of(chair))


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_parts_follow_the_bone_that_the_source_follows(hierarchy):
    chair, rig = studio.decomposed(), skeleton()
    chair.parent, chair.parent_type, chair.parent_bone, chair.location = rig, "BONE", "Upper", (0.5, 0, 0)
    rig.pose.bones["Upper"].rotation_mode = "XYZ"
    rig.pose.bones["Upper"].rotation_euler = (0.5, 0.2, 0)
    assert_parts_stand_where_the_source_stands(chair, hierarchy)
    rig.pose.bones["Upper"].rotation_euler = (-0.9, 0.2, 0.4)
    bpy.context.view_layer.update()
    for part in collections.parts_of(chair):
        np.testing.assert_allclose(np.array(part.matrix_world), np.array(chair.matrix_world), atol=1e-5)


def skeleton():
    armature = bpy.data.armatures.new("Rig")
    rig = studio.put("Rig", armature)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, low, high in (("Lower", -1, 0), ("Upper", 0, 1)):
        bone = armature.edit_bones.new(name)
        bone.head, bone.tail = (0, 0, low), (0, 0, high)
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_parts_bend_with_the_armature_as_the_source_did(hierarchy):
    chair, rig = studio.decomposed(), skeleton()
    for name, sign in (("Lower", -1), ("Upper", 1)):
        group = chair.vertex_groups.new(name=name)
        for vertex in chair.data.vertices:
            group.add([vertex.index], min(max(0.5 + sign * vertex.co.z, 0), 1), "REPLACE")
    chair.modifiers.new("Armature", "ARMATURE").object = rig
    rig.pose.bones["Upper"].rotation_mode = "XYZ"
    rig.pose.bones["Upper"].rotation_euler = (0.9, 0, 0)
    wanted = studio.world_points([chair])
    collections.apply(chair, 0.3, hierarchy)
    np.testing.assert_allclose(studio.world_points(collections.parts_of(chair)), wanted, atol=1e-6)


def test_a_parent_that_deforms_keeps_doing_so():
    chair, rig = studio.decomposed(), skeleton()
    group = chair.vertex_groups.new(name="Upper")
    group.add(range(len(chair.data.vertices)), 1.0, "REPLACE")
    chair.parent, chair.parent_type = rig, "ARMATURE"
    rig.pose.bones["Upper"].location = (0, 2, 0)
    wanted = studio.world_points([chair])
    collections.apply(chair, 0.3)
    np.testing.assert_allclose(studio.world_points(collections.parts_of(chair)), wanted, atol=1e-6)
    with pytest.raises(Exception, match="deformed by its parent Rig"):
        collections.apply(chair, 0.3, "PARENTING")


def test_modifiers_constraints_and_animation_survive():
    chair, target = studio.decomposed(), studio.put("Target", None)
    array = chair.modifiers.new("Row", "ARRAY")
    array.count, array.use_relative_offset = 3, False
    chair.modifiers.new("Hidden", "WIREFRAME").show_viewport = False
    chair.constraints.new("COPY_LOCATION").target = target
    target.location = (1, 2, 3)
    chair.keyframe_insert("rotation_euler", frame=1)
    chair.rotation_euler.z = 2
    chair.keyframe_insert("rotation_euler", frame=11)
    chair["price"] = 9.5
    wanted = studio.world_points([chair])
    collections.apply(chair, 0.3)
    for part in collections.parts_of(chair):
        assert [(m.name, m.type, m.show_viewport) for m in part.modifiers] == [("Row", "ARRAY", True), ("Hidden", "WIREFRAME", False)]
        assert part.modifiers["Row"].count == 3
        assert part.constraints[0].target == target
        assert part.animation_data.action == chair.animation_data.action
        assert part["price"] == 9.5
    np.testing.assert_allclose(studio.world_points(collections.parts_of(chair)), wanted, atol=1e-6)


def test_materials_linked_to_the_object_survive():
    chair = studio.decomposed()
    on_mesh, on_object = bpy.data.materials.new("On mesh"), bpy.data.materials.new("On object")
    chair.data.materials.append(on_mesh)
    chair.data.materials.append(on_mesh)
    chair.material_slots[1].link = "OBJECT"
    chair.material_slots[1].material = on_object
    chair.data.polygons.foreach_set("material_index", np.arange(len(chair.data.polygons)) % 2)
    collections.apply(chair, 0.3)
    for part in collections.parts_of(chair):
        assert [(slot.link, slot.material) for slot in part.material_slots] == [("DATA", on_mesh), ("OBJECT", on_object)]
        wanted = studio.origins(part.data, "FACE") % 2
        np.testing.assert_array_equal(studio.values(part.data.polygons, "material_index", np.int32), wanted)


def test_shape_keys_move_parts_as_they_moved_the_source():
    chair = studio.decomposed()
    chair.shape_key_add(name="Basis")
    key = chair.shape_key_add(name="Big")
    key.data.foreach_set("co", (studio.positions(chair.data) * np.float32(1.5)).reshape(-1))
    key.value = 0.5
    wanted = studio.world_points([chair])
    assert wanted.max() > 1.2
    collections.apply(chair, 0.3)
    np.testing.assert_allclose(studio.world_points(collections.parts_of(chair)), wanted, atol=1e-6)


def test_hierarchy_as_parenting_groups_parts_by_a_coarser_cut():
    chair = studio.decomposed()
    chair.location = (1, 2, 3)
    collection = collections.apply(chair, 0.0, "PARENTING")
    parts = collections.parts_of(chair)
    empties = [obj for obj in collection.objects if obj.type == "EMPTY"]
    assert len(parts) == 12
    assert {obj.name for obj in empties if obj.parent is None} == {"Chair Parts"}
    leaves_of_group = {part.parent: set() for part in parts}
    for part in parts:
        leaves_of_group[part.parent] |= set(collections.leaves_of(part).tolist())
    nodes = studio.tree(12).nodes_into(4)
    wanted = [set(np.flatnonzero(nodes == node).tolist()) for node in np.unique(nodes)]
    assert sorted(leaves_of_group.values(), key=min) == sorted(wanted, key=min)
    empties[0].location.x += 5
    bpy.context.view_layer.update()
    assert all(abs(part.matrix_world.translation.x - 6) < 1e-5 for part in parts)


def test_hierarchy_as_collections_groups_parts_by_a_coarser_cut():
    chair = studio.decomposed()
    collection = collections.apply(chair, 0.0, "COLLECTIONS")
    assert not collection.objects
    assert sorted(len(child.objects) for child in collection.children_recursive) == [2, 2, 4, 4]
    assert {child.name for child in collection.children} == {f"Chair Group {number:02d}" for number in range(1, 5)}


def test_hierarchies_can_be_exchanged_and_leave_no_trace():
    chair = studio.decomposed()
    chair.location = (1, 2, 3)
    wanted = studio.world_points([chair])
    objects = None
    for hierarchy in ("NONE", "PARENTING", "COLLECTIONS", "PARENTING", "NONE"):
        collection = collections.apply(chair, 0.0, hierarchy)
        assert objects in (None, set(collections.parts_of(chair)))
        objects = set(collections.parts_of(chair))
        np.testing.assert_allclose(studio.world_points(list(objects)), wanted, atol=1e-6)
    assert set(collection.objects) == objects
    assert not collection.children
    assert all(part.parent is None for part in objects)
    assert len(bpy.data.objects) == 13
    assert len(bpy.data.collections) == 1
