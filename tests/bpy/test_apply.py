"""Apply: parts become objects beside the source, follow the scale, and belong to the artist all the while."""

import bmesh
import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections, stored_tree
from partgen.errors import PartgenError


def apply(source, count, hierarchy="NONE"):
    return collections.apply(source, stored_tree.read(source.data).tree.scale_for(count), hierarchy)


def labels(parts):
    """The leaves of every part, as a set of sets."""
    return {frozenset(collections.leaves_of(part).tolist()) for part in parts}


def expected(source, count):
    node_of_leaf = stored_tree.read(source.data).tree.nodes_into(count)
    return {frozenset(np.flatnonzero(node_of_leaf == node).tolist()) for node in np.unique(node_of_leaf)}


def everything():
    return {(kind, item.name) for kind in ("objects", "meshes", "collections") for item in getattr(bpy.data, kind)}


def test_every_part_is_an_object_in_a_collection_named_after_the_source():
    chair = studio.decomposed()
    shop = bpy.data.collections.new("Shop")
    bpy.context.scene.collection.children.link(shop)
    shop.objects.link(chair)
    bpy.context.scene.collection.objects.unlink(chair)
    collection = apply(chair, 5)
    assert collection.name == "Chair Parts"
    assert list(shop.children) == [collection]
    assert set(collection.objects) == set(collections.parts_of(chair)) == set(collections.part_objects(collection))
    assert [part.name for part in collections.parts_of(chair)] == [f"Chair Part {number:02d}" for number in range(1, 6)]
    assert labels(collections.parts_of(chair)) == expected(chair, 5)
    assert all(collections.source_of(part) == chair for part in collection.objects)
    assert collections.collection_of(chair) == collection


def test_the_source_is_hidden_and_otherwise_untouched():
    chair = studio.decomposed()
    mesh, polygons, tree = chair.data, len(chair.data.polygons), chair.data["partgen_tree"].to_dict()
    apply(chair, 5)
    assert chair.hide_get()
    assert chair.hide_render
    assert chair.data == mesh
    assert len(mesh.polygons) == polygons
    assert mesh["partgen_tree"].to_dict() == tree
    assert not any(part.hide_get() or part.hide_render or part.hide_viewport for part in collections.parts_of(chair))


def test_restore_brings_back_what_was():
    chair = studio.decomposed()
    chair.hide_render = True
    before = everything()
    apply(chair, 5, "PARENTING")
    apply(chair, 8, "COLLECTIONS")
    collections.restore(chair)
    assert everything() == before
    assert (chair.hide_get(), chair.hide_viewport, chair.hide_render) == (False, False, True)
    assert not [name for name in chair.keys() if name.startswith("partgen")]  # noqa: SIM118


def test_applied_again_the_collection_comes_to_the_new_scale():
    chair = studio.decomposed()
    first = apply(chair, 4)
    first.name = "My chair"
    for count in (9, 2, 12, 1):
        assert apply(chair, count) == first
        assert labels(collections.parts_of(chair)) == expected(chair, count)
        assert set(first.objects) == set(collections.parts_of(chair))
    assert len(bpy.data.collections) == 1
    assert len(bpy.data.meshes) == 2


def test_a_part_with_the_same_leaves_keeps_its_object_whatever_the_artist_did_to_it():
    chair = studio.decomposed()
    collection = apply(chair, 4)
    before = {frozenset(collections.leaves_of(part).tolist()): part for part in collection.objects}
    for number, part in enumerate(before.values()):
        part.name, part.data.name = f"Mine {number}", f"My mesh {number}"
        part.location, part.color = (number, 2, 3), (0, number / 4, 1, 1)
        part.data.materials.append(bpy.data.materials.new(f"Paint {number}"))
        part.data.vertices[0].co.x += 1
        part.hide_set(number == 2)
        part["tag"] = number
    states = {part: state(part) for part in before.values()}
    apply(chair, 5)
    kept = [part for leaves, part in before.items() if leaves in expected(chair, 5)]
    assert len(kept) == 3
    for part in kept:
        assert part in collections.parts_of(chair)
        assert state(part) == states[part]


def state(part):
    mesh = part.data
    what_it_is = mesh.name, list(mesh.materials), studio.positions(mesh).tobytes()
    return part.name, part["tag"], tuple(part.location), tuple(part.color), part.hide_get(), what_it_is


def test_a_part_that_is_replaced_hands_its_name_and_colour_to_its_heir():
    chair = studio.decomposed()
    apply(chair, 2)
    seat = collections.parts_of(chair)[0]
    seat.name, seat.color = "Seat", (1, 0, 0, 1)
    leaves = set(collections.leaves_of(seat).tolist())
    apply(chair, 4)
    heirs = [part for part in collections.parts_of(chair) if part.name.startswith("Seat")]
    (heir,) = heirs
    assert set(collections.leaves_of(heir).tolist()) < leaves
    assert tuple(heir.color) == (1, 0, 0, 1)
    assert heir.data.name == "Seat"
    apply(chair, 1)
    (whole,) = collections.parts_of(chair)
    assert whole.name in ("Seat", "Chair Part 01")


def test_a_name_survives_several_changes_of_scale():
    chair = studio.decomposed()
    apply(chair, 3)
    for part in collections.parts_of(chair):
        part.name = f"Mine {len(collections.leaves_of(part))}"
    for count in (5, 8, 11):
        apply(chair, count)
        assert sum(part.name.startswith("Mine") for part in collections.parts_of(chair)) == 3


def test_colours_differ_between_parts_and_stay_with_them():
    chair = studio.decomposed()
    apply(chair, 4)
    colors = {part.name: tuple(part.color) for part in collections.parts_of(chair)}
    assert len(set(colors.values())) == 4
    apply(chair, 9)
    assert colors.items() <= {part.name: tuple(part.color) for part in collections.parts_of(chair)}.items()


def test_a_source_with_a_colour_of_its_own_keeps_it():
    chair = studio.decomposed()
    chair.color = (0.5, 0.25, 0.125, 1)
    apply(chair, 4)
    assert all(tuple(part.color) == (0.5, 0.25, 0.125, 1) for part in collections.parts_of(chair))


def test_a_deleted_part_comes_back():
    chair = studio.decomposed()
    apply(chair, 4)
    for part in collections.parts_of(chair)[1:3]:
        with bpy.context.temp_override(selected_objects=[part]):
            bpy.ops.object.delete()
    assert len(collections.parts_of(chair)) == 2
    bpy.data.objects.remove(collections.parts_of(chair)[0])
    apply(chair, 4)
    assert labels(collections.parts_of(chair)) == expected(chair, 4)
    assert sorted(part.name for part in collections.parts_of(chair)) == [f"Chair Part {number:02d}" for number in range(1, 5)]
    assert len(bpy.data.objects) == 5


@pytest.mark.parametrize("how", ["remove", "unlink", "outliner"])
def test_a_deleted_collection_comes_back(how):
    chair = studio.decomposed()
    collection = apply(chair, 4)
    mine = collections.parts_of(chair)[0]
    mine.name = "Mine"
    if how == "outliner":  # moves the objects up, as the Outliner's Delete does
        for part in collection.objects:
            bpy.context.scene.collection.objects.link(part)
    if how == "unlink":
        bpy.context.scene.collection.children.unlink(collection)
    else:
        bpy.data.collections.remove(collection)
    again = apply(chair, 4)
    assert labels(again.objects) == expected(chair, 4)
    assert [c.name for c in bpy.context.scene.collection.children] == [again.name] == ["Chair Parts"]
    assert len(bpy.data.collections) == 1


def test_parts_of_a_deleted_source_are_the_artists():
    chair = studio.decomposed()
    apply(chair, 4)
    parts = collections.parts_of(chair)
    bpy.data.objects.remove(chair)
    assert all(collections.source_of(part) is None for part in parts)
    assert all(part.name in bpy.context.scene.objects for part in parts)


def test_renaming_breaks_nothing_not_even_through_a_file(tmp_path):
    chair = studio.decomposed()
    apply(chair, 4).name = "Whatever"
    chair.name = "Fauteuil"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "x.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "x.blend"))
    chair = bpy.data.objects["Fauteuil"]
    kept = set(collections.parts_of(chair))
    assert len(kept) == 4
    collection = apply(chair, 5)
    assert collection.name == "Whatever"
    assert len(kept & set(collections.parts_of(chair))) == 3
    assert len(collection.objects) == 5


def test_what_the_artist_put_into_the_collection_stays():
    chair = studio.decomposed()
    collection = apply(chair, 4)
    lamp = bpy.data.objects.new("Lamp", None)
    duplicate = collections.parts_of(chair)[0].copy()
    duplicate.data = duplicate.data.copy()
    own = bpy.data.collections.new("Own")
    collection.children.link(own)
    for obj, place in ((lamp, own), (duplicate, collection)):
        place.objects.link(obj)
    apply(chair, 1, "COLLECTIONS")
    apply(chair, 7, "COLLECTIONS")
    assert lamp.name in own.objects
    assert own.name in collection.children
    assert duplicate.name in collection.objects
    assert duplicate.data.polygons


def test_what_hangs_on_a_part_stays_in_place_when_the_part_is_replaced():
    chair = studio.decomposed()
    apply(chair, 2)
    cushion = studio.put("Cushion", None)
    cushion.parent, cushion.location = collections.parts_of(chair)[0], (1, 2, 3)
    bpy.context.view_layer.update()
    before = cushion.matrix_world.copy()
    apply(chair, 12)
    bpy.context.view_layer.update()
    assert cushion.matrix_world == before


def test_a_part_moved_to_another_collection_stays_there():
    chair = studio.decomposed()
    collection = apply(chair, 4)
    part = next(p for p in collection.objects if frozenset(collections.leaves_of(p).tolist()) in expected(chair, 5))
    elsewhere = bpy.data.collections.new("Elsewhere")
    bpy.context.scene.collection.children.link(elsewhere)
    elsewhere.objects.link(part)
    collection.objects.unlink(part)
    apply(chair, 5, "COLLECTIONS")
    assert list(part.users_collection) == [elsewhere]
    assert part in collections.parts_of(chair)


def test_a_reshaped_source_is_cut_anew():
    chair = studio.decomposed()
    apply(chair, 3)
    collections.parts_of(chair)[0].name = "Mine"
    chair.data.vertices[0].co.z += 5
    chair.data.update()
    apply(chair, 3)
    points = np.concatenate([studio.positions(part.data) for part in collections.parts_of(chair)])
    assert points[:, 2].max() > 3
    assert any(part.name == "Mine" for part in collections.parts_of(chair))


def test_keeping_the_shading_is_a_choice_that_can_be_changed():
    chair = studio.decomposed()
    chair.data.polygons.foreach_set("use_smooth", [True] * len(chair.data.polygons))
    chair.select_set(True)
    bpy.context.view_layer.objects.active = chair
    for keep in (True, False, True):
        bpy.ops.partgen.apply(keep_shading=keep)
        assert {part.data.has_custom_normals for part in collections.parts_of(chair)} == {keep}


def test_a_source_decomposed_anew_is_cut_anew():
    chair = studio.decomposed()
    apply(chair, 3)
    stored_tree.write(chair.data, studio.tree(5), studio.slices(chair.data, 5)[::-1], "geometric")
    apply(chair, 5)
    assert labels(collections.parts_of(chair)) == {frozenset([leaf]) for leaf in range(5)}
    assert sum(len(part.data.polygons) for part in collections.parts_of(chair)) == len(chair.data.polygons)


def test_parts_whose_faces_were_deleted_are_left_out():
    chair = studio.decomposed(leaf_count=4)
    leaves = stored_tree.leaf_of_polygon(chair.data)
    bm = bmesh.new()
    bm.from_mesh(chair.data)
    bmesh.ops.delete(bm, geom=[face for face, leaf in zip(bm.faces[:], leaves, strict=True) if leaf == 2], context="FACES")
    bm.to_mesh(chair.data)
    apply(chair, 4)
    assert labels(collections.parts_of(chair)) == {frozenset([leaf]) for leaf in (0, 1, 3)}


def test_a_part_that_was_taken_apart_itself_goes_with_its_parts():
    chair = studio.decomposed()
    apply(chair, 2)
    seat = collections.parts_of(chair)[0]
    stored_tree.write(seat.data, studio.tree(2), studio.slices(seat.data, 2), "geometric")
    assert len(apply(seat, 2).objects) == 2
    apply(chair, 12)
    assert len(bpy.data.objects) == 13
    assert len(bpy.data.collections) == 1


def test_a_thousand_parts_are_matched_quickly():
    from time import process_time

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=40, y_subdivisions=40)
    grid = bpy.context.object
    stored_tree.write(grid.data, studio.tree(1600), np.arange(1600), "geometric")
    apply(grid, 700)
    start = process_time()
    apply(grid, 1100)
    assert process_time() - start < 10
    assert labels(collections.parts_of(grid)) == expected(grid, 1100)


def test_what_cannot_be_kept_is_said():
    chair = studio.decomposed()
    assert collections.notes(chair) == []
    chair.modifiers.new("Round", "SUBSURF")
    chair.data.vertices.add(2)
    loose, rounded = collections.notes(chair)
    assert "2 loose vertices of Chair" in loose
    chair.data.edges.add(1)
    chair.data.edges[-1].vertices = [len(chair.data.vertices) - 2, len(chair.data.vertices) - 1]
    assert collections.notes(chair)[0].startswith("1 loose edge of Chair"), "the ends of a loose edge are no vertices beside it"
    assert "Round" in rounded
    chair.modifiers["Round"].show_viewport = False
    assert len(collections.notes(chair)) == 1


def test_two_sources_do_not_mix():
    chair, table = studio.decomposed("Chair"), studio.decomposed("Table")
    first, second = apply(chair, 3), apply(table, 4)
    apply(chair, 6)
    assert (len(first.objects), len(second.objects)) == (6, 4)
    assert {part.name.split()[0] for part in second.objects} == {"Table"}


def test_a_duplicate_of_the_source_has_parts_of_its_own():
    chair = studio.decomposed()
    first = apply(chair, 3)
    copy = chair.copy()
    copy.data = chair.data.copy()
    copy.name = "Copy"
    bpy.context.scene.collection.objects.link(copy)
    assert collections.parts_of(copy) == []
    second = apply(copy, 5)
    assert second != first
    assert (len(first.objects), len(second.objects)) == (3, 5)
    assert all(collections.source_of(part) == copy for part in second.objects)


def test_another_user_of_the_mesh_is_not_changed():
    chair = studio.decomposed()
    twin = chair.copy()
    bpy.context.scene.collection.objects.link(twin)
    first = apply(chair, 3)
    assert twin.data == chair.data
    assert not twin.hide_get()
    assert not twin.hide_render
    assert len(twin.data.polygons) == sum(len(part.data.polygons) for part in first.objects)
    second = apply(twin, 5)
    assert (len(first.objects), len(second.objects)) == (3, 5)


def test_a_source_that_is_in_no_view_layer_is_disabled_instead():
    chair = studio.decomposed()
    store = bpy.data.collections.new("Store")
    bpy.context.scene.collection.children.link(store)
    store.objects.link(chair)
    bpy.context.scene.collection.objects.unlink(chair)
    bpy.context.view_layer.layer_collection.children["Store"].exclude = True
    apply(chair, 3)
    assert chair.hide_viewport
    collections.restore(chair)
    assert not chair.hide_viewport


def test_instances_of_the_collection_show_the_parts_and_not_the_source():
    chair = studio.decomposed()
    shop = bpy.data.collections.new("Shop")
    bpy.context.scene.collection.children.link(shop)
    shop.objects.link(chair)
    bpy.context.scene.collection.objects.unlink(chair)
    copy = studio.put("Copy of the shop", None)
    copy.instance_type, copy.instance_collection = "COLLECTION", shop
    apply(chair, 3)
    assert instanced() == set(collections.parts_of(chair))
    collections.restore(chair)
    assert instanced() == {chair}


def instanced():
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return {instance.object.original for instance in depsgraph.object_instances if instance.is_instance}


def test_an_undecomposed_object_is_refused_and_nothing_changes():
    ball = studio.ball()
    before = everything()
    with pytest.raises(PartgenError, match="Ball has not been decomposed"):
        collections.apply(ball, 0.5)
    assert everything() == before
    assert not ball.hide_get()


def test_an_error_in_the_middle_leaves_everything_as_it_was(monkeypatch):
    chair = studio.decomposed()
    apply(chair, 3)
    before, parts = everything(), collections.parts_of(chair)
    calls = []

    def fail_at_the_second(source, mesh):
        calls.append(mesh)
        if len(calls) == 2:
            raise MemoryError
        return make(source, mesh)

    make = collections.part_object
    monkeypatch.setattr(collections, "part_object", fail_at_the_second)
    with pytest.raises(MemoryError):
        apply(chair, 12)
    assert everything() == before
    assert collections.parts_of(chair) == parts


def test_undo_takes_the_parts_away_and_shows_the_source():
    chair = studio.decomposed()
    bpy.ops.ed.undo_push(message="before")
    apply(chair, 4)
    bpy.ops.ed.undo_push(message="apply")
    apply(chair, 7, "COLLECTIONS")
    bpy.ops.ed.undo_push(message="apply again")
    bpy.ops.ed.undo()
    chair = bpy.data.objects["Chair"]
    assert labels(collections.parts_of(chair)) == expected(chair, 4)
    bpy.ops.ed.undo()
    chair = bpy.data.objects["Chair"]
    assert collections.parts_of(chair) == []
    assert not chair.hide_get()
    bpy.ops.ed.redo()
    assert len(collections.parts_of(bpy.data.objects["Chair"])) == 4
