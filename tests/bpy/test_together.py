"""Together: the same parts of several objects have one name, one color and one slider, and what lies on one goes to the others."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import (
    applying,
    collections,
    jobs,
    messages,
    originals,
    part_rows,
    regrouping,
    stored_features,
    stored_identities,
    stored_parts,
    stored_tree,
    twins,
)
from bl_ext.user_default.partgen_blender.picking import committing
from bl_ext.user_default.partgen_blender.refining import edits
from bl_ext.user_default.partgen_blender.together import corners, matching, operators, transferring
from drawing import drawn
from mathutils import Matrix
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

PARTS = ("top", "leg", "leg", "leg", "leg", "shelf")
CUBE = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
SIDES = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
AXIS_OF_SIDE = np.array([0, 0, 1, 1, 2, 2])


def box(extents: tuple[float, ...], place: tuple[float, ...]) -> np.ndarray:
    return CUBE * extents + place


def table(
    name: str,
    width: float = 1.2,
    depth: float = 0.7,
    height: float = 0.8,
    order: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
    method: str = "superfaces",
) -> bpy.types.Object:
    """A decomposed table of boxes; a leaf for each axis of each part. `order` says in which the parts come in the mesh and the tree."""
    boxes = [box((width, depth, 0.05), (0, 0, height))]
    boxes += [box((0.06, 0.06, height), (x * (width / 2 - 0.06), y * (depth / 2 - 0.06), height / 2)) for y in (-1, 1) for x in (-1, 1)]
    boxes += [box((0.8 * width, 0.8 * depth, 0.03), (0, 0, 0.3 * height))]
    mesh = bpy.data.meshes.new(name)
    vertices = np.concatenate([boxes[part] for part in order])
    mesh.from_pydata(vertices.tolist(), [], np.concatenate([SIDES + 8 * place for place in range(len(order))]).tolist())
    object_ = studio.put(name, mesh)
    count = len(order)
    leaves = 3 * np.repeat(np.arange(count), 6) + np.tile(AXIS_OF_SIDE, count)
    merges = [(3 * part, 3 * part + 1) for part in range(count)] + [(3 * count + part, 3 * part + 2) for part in range(count)]
    node = 4 * count
    for part in range(1, count):
        merges.append((node, 4 * count + part))
        node = 3 * count + len(merges) - 1
    stored_tree.write(mesh, PartTree.from_merges(np.array(merges), count), leaves, method, "w1")
    kinds = np.repeat(np.array([0, 1, 1, 1, 1, 2])[list(order)], 3)
    rows = np.eye(4)[kinds] + 0.1
    stored_features.write(mesh, rows / np.linalg.norm(rows, axis=1, keepdims=True))
    mesh.partgen.scale = regrouping.tree_of(mesh).default_scale
    object_["order"] = order
    return object_


def part_of_polygon(object_: bpy.types.Object) -> np.ndarray:
    """The row of PARTS that every polygon is of, truly."""
    return np.repeat(np.array(object_["order"]), 6)


def two_tables() -> tuple[bpy.types.Object, bpy.types.Object]:
    return table("Desk"), table("Bench", width=2.0, height=0.5, order=(5, 2, 0, 4, 1, 3))


def choose(*objects: bpy.types.Object) -> None:
    for object_ in bpy.context.view_layer.objects:
        object_.select_set(object_ in objects)
    bpy.context.view_layer.objects.active = objects[0]


def node_of(object_: bpy.types.Object, part: int) -> int:
    """The node at the scale of the part of an object that is truly the row of PARTS."""
    tree = regrouping.tree_of(object_.data)
    leaf = stored_tree.leaf_of_polygon(object_.data)[part_of_polygon(object_) == part][0]
    return int(tree.nodes(object_.data.partgen.scale)[leaf])


def look(object_: bpy.types.Object, part: int) -> stored_parts.Given:
    tree = regrouping.tree_of(object_.data)
    return stored_parts.shown(tree, stored_parts.read(object_.data), tree.count(object_.data.partgen.scale))[node_of(object_, part)]


def test_the_same_part_has_one_color_and_number_in_all_objects() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    assert (desk.data.partgen.parts, bench.data.partgen.parts) == (6, 6)
    for part in range(6):
        np.testing.assert_allclose(look(desk, part).color, look(bench, part).color)
        assert look(desk, part).name.removeprefix("Desk ") == look(bench, part).name.removeprefix("Bench ")
    assert len({look(desk, part).name for part in range(6)}) == 6


def test_one_slider_drives_all_objects_alike() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    for count in (2, 3, 5, 6):
        bench.data.partgen.parts = count
        assert desk.data.partgen.scale == bench.data.partgen.scale
        joined = [{(a, b) for a in range(6) for b in range(6) if node_of(some, a) == node_of(some, b)} for some in (desk, bench)]
        assert joined[0] == joined[1]
    written = [stored_tree.part_of_polygon(some.data) for some in (desk, bench)]
    assert all(len(np.unique(parts)) == 6 for parts in written)


def test_separate_objects_are_named_and_colored_alike() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    edits.rename(desk.data, node_of(desk, 0), "Top")
    edits.recolor(desk.data, node_of(desk, 0), (1.0, 0.1, 0.1))
    assert matching.share(desk, [node_of(desk, 0)]) == 1
    for some in (desk, bench):
        applying.apply(some)
    tops = [part for some in (desk, bench) for part in collections.parts_of(some) if part.name.startswith("Top")]
    assert len(tops) == 2
    for top in tops:
        np.testing.assert_allclose(top.color[:], (1.0, 0.1, 0.1, 1.0), atol=1e-4)
        assert max(v.co.z for v in top.data.vertices) > 0.4
        assert len(top.data.polygons) == 6


def test_selecting_a_part_selects_it_in_all() -> None:
    desk, bench = two_tables()
    choose(desk, bench)
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    assert operators.select_alike(bpy.context, desk, [node_of(desk, 5)]) == 2
    for some in (desk, bench):
        chosen = studio.values(some.data.polygons, "select", bool)
        np.testing.assert_array_equal(chosen, part_of_polygon(some) == 5)
        assert list(regrouping.marked_nodes(some.data)) == [node_of(some, 5)]


def test_the_buttons_do_it_with_one_undo_step_each() -> None:
    desk, bench = two_tables()
    choose(desk, bench)
    before = np.array(bench.data[stored_tree.TREE]["merges"])
    bpy.ops.ed.undo_push(message="Begin")
    assert bpy.ops.partgen.match_parts("EXEC_DEFAULT", True) == {"FINISHED"}
    assert len(matching.members(desk.data)) == 2
    bpy.ops.ed.undo()
    desk, bench = bpy.data.objects["Desk"], bpy.data.objects["Bench"]
    assert matching.members(desk.data) == []
    np.testing.assert_array_equal(np.array(bench.data[stored_tree.TREE]["merges"]), before)
    bpy.ops.ed.redo()
    desk, bench = bpy.data.objects["Desk"], bpy.data.objects["Bench"]
    assert len(matching.members(desk.data)) == 2
    desk.data.partgen.parts = 3
    assert bench.data.partgen.parts == 3


def test_the_file_remembers_what_is_the_same(tmp_path: Path) -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    edits.rename(desk.data, node_of(desk, 5), "Shelf")
    matching.share(desk, [node_of(desk, 5)])
    path = str(tmp_path / "tables.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    desk, bench = bpy.data.objects["Desk"], bpy.data.objects["Bench"]
    assert [some.name for some in matching.members(desk.data)] == ["Bench", "Desk"]
    assert look(bench, 5).name == "Shelf"
    bench.data.partgen.parts = 2
    assert desk.data.partgen.parts == 2


def test_features_stay_so_that_explore_goes_on_working() -> None:
    desk, bench = two_tables()
    before = stored_features.read(bench.data)
    matching.match([desk, bench])
    np.testing.assert_array_equal(stored_features.read(bench.data), before)


def test_what_was_named_before_keeps_its_name() -> None:
    desk, bench = two_tables()
    edits.rename(desk.data, node_of(desk, 0), "Plate")
    edits.rename(bench.data, node_of(bench, 5), "Rack")
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    assert look(desk, 0).name == look(bench, 0).name == "Plate"
    assert look(bench, 5).name == "Rack"


def shared() -> tuple[bpy.types.Object, bpy.types.Object]:
    """Two tables that share six parts."""
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    assert len(edits.parts(bench.data)) == 6
    return desk, bench


def upper(object_: bpy.types.Object, *parts: int) -> np.ndarray:
    """The faces on top of parts: (P,) bool."""
    return np.array([face.normal.z > 0.9 for face in object_.data.polygons]) & np.isin(part_of_polygon(object_), parts)


def same_faces(object_: bpy.types.Object, node: int, other: bpy.types.Object) -> list[int]:
    """The faces of another object that are the same as a part."""
    chosen = np.isin(np.arange(regrouping.tree_of(object_.data).leaf_count), regrouping.tree_of(object_.data).leaves(node))
    leaves = twins.same(object_, chosen, [other]).leaves.get(other)
    return [] if leaves is None else np.flatnonzero(leaves[stored_tree.leaf_of_polygon(other.data)]).tolist()


def test_an_edit_of_one_object_leaves_the_others_as_they_are_and_what_they_share() -> None:
    desk, bench = shared()
    before, scale = edits.part_of_polygon(bench.data).tolist(), bench.data.partgen.scale
    made = edits.make_part(desk.data, upper(desk, 0, 5), "Surfaces")
    assert edits.part_of_polygon(bench.data).tolist() == before
    assert desk.data.partgen.scale == bench.data.partgen.scale == scale
    assert len(edits.parts(desk.data)) == 7
    for part in range(6):
        assert matching.alike(bench, [node_of(bench, part)]) == {bench: [node_of(bench, part)], desk: [node_of(desk, part)]}
    assert matching.alike(desk, [made]) == {desk: [made]}, "nobody else has it"
    assert twins.alone_in_words(desk.data, made).startswith("No object that was matched with it has such a part")
    assert twins.alone_in_words(desk.data, node_of(desk, 1)) == ""
    for count in (4, 2, 1):
        bench.data.partgen.parts = count
        assert desk.data.partgen.scale == bench.data.partgen.scale
        assert len(edits.parts(desk.data)) <= count + 1
    desk.data.partgen.scale = scale
    assert (edits.part_of_polygon(desk.data) == made).tolist() == upper(desk, 0, 5).tolist()


def test_merged_parts_are_the_same_as_those_that_they_were_merged_of() -> None:
    desk, bench = shared()
    merged = edits.merge(desk.data, [node_of(desk, 0), node_of(desk, 5)])
    assert matching.alike(desk, [merged]) == {desk: [merged], bench: sorted([node_of(bench, 0), node_of(bench, 5)])}
    assert matching.alike(bench, [node_of(bench, 0)]) == {bench: [node_of(bench, 0)], desk: [merged]}
    assert len(edits.parts(bench.data)) == 6


def test_faces_that_go_to_another_part_are_of_it_for_the_others_too() -> None:
    desk, bench = shared()
    top = edits.assign(desk.data, upper(desk, 5), node_of(desk, 0))
    expected = np.flatnonzero(upper(desk, 5) | (part_of_polygon(desk) == 0)).tolist()
    assert same_faces(bench, node_of(bench, 0), desk) == expected
    assert same_faces(desk, top, bench) == np.flatnonzero(part_of_polygon(bench) == 0).tolist()
    below = part_of_polygon(desk) == 5
    assert same_faces(bench, node_of(bench, 5), desk) == np.flatnonzero(below & ~upper(desk, 5)).tolist()


def test_a_part_can_be_made_where_all_is_one_part() -> None:
    desk, bench = shared()
    bench.data.partgen.scale = 1.0
    assert len(edits.parts(desk.data)) == 1
    made = edits.make_part(desk.data, part_of_polygon(desk) == 0)
    assert (edits.part_of_polygon(desk.data) == made).tolist() == (part_of_polygon(desk) == 0).tolist()
    assert desk.data.partgen.scale == bench.data.partgen.scale < 1


def test_parts_that_were_changed_by_other_means_say_so() -> None:
    desk, _ = shared()
    stored = stored_tree.read(desk.data)
    stored_tree.rewrite(desk.data, PartTree.from_merges(stored.tree.merges[:, ::-1], 6), stored.leaf_of_polygon)
    regrouping.forget(desk.data)
    with pytest.raises(PartgenError) as refusal:
        matching.alike(desk, [node_of(desk, 0)])
    assert refusal.value.code == "together.stale"
    assert "Match the objects again" in refusal.value.remedy


@pytest.mark.parametrize("leads", [True, False])
def test_a_part_that_was_refined_survives_matching_again(leads: bool) -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    # The upper side of the top and of the shelf: no part of the other object is like it.
    upper = [face.index for face in desk.data.polygons if face.normal.z > 0.9 and part_of_polygon(desk)[face.index] in (0, 5)]
    faces = np.isin(np.arange(36), upper)
    refined = edits.make_part(desk.data, faces, "Surfaces")
    edits.recolor(desk.data, refined, (0.1, 0.9, 0.1))
    said = matching.match([desk, bench] if leads else [bench, desk])
    row = next(row for row in desk.data.partgen.rows if row.name == "Surfaces")
    assert (row.faces, row.depth) == (2, 0)
    np.testing.assert_array_equal(edits.part_of_polygon(desk.data) == row.node, faces)
    np.testing.assert_allclose(row.color, (0.1, 0.9, 0.1), atol=1e-4)
    assert len(matching.members(desk.data)) == 2
    assert not any("could not stay" in sentence for sentence in said)
    bench.data.partgen.parts = 2
    assert desk.data.partgen.scale == bench.data.partgen.scale


def test_what_cannot_stay_a_part_is_said() -> None:
    desk, bench = two_tables()
    upper = np.array([face.normal.z > 0.9 for face in desk.data.polygons])
    desk.data.partgen.parts = 12
    edits.make_part(desk.data, upper & np.isin(part_of_polygon(desk), (0, 5)), "Surfaces")
    desk.data.partgen.parts = 2  # where it is no part, so it need not be one
    said = matching.match([bench, desk])
    is_there = "Surfaces" in {part.name for part in stored_parts.read(desk.data).values()}
    assert is_there != any("Surfaces could not stay" in sentence for sentence in said)
    assert not is_there


def test_matching_twice_changes_nothing_that_was_shared() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    for part, name in ((0, "Top"), (5, "Shelf"), (2, "Leg")):
        edits.rename(desk.data, node_of(desk, part), name)
        matching.share(desk, [node_of(desk, part)])
    matching.match([desk, bench])
    for part, name in ((0, "Top"), (5, "Shelf"), (2, "Leg")):
        assert look(desk, part).name == look(bench, part).name == name
        assert matching.alike(desk, [node_of(desk, part)]) == {bench: [node_of(bench, part)], desk: [node_of(desk, part)]}


def test_who_goes_a_separate_way_is_not_driven_any_more() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    matching.separate([bench])
    desk.data.partgen.parts = 2
    assert bench.data.partgen.parts == 6
    assert not stored_identities.group_of(bench.data)


def test_a_piece_that_is_separated_goes_its_own_way_and_the_rest_goes_on_sharing() -> None:
    desk, bench = two_tables()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    shelf = np.isin(np.arange(18), regrouping.tree_of(desk.data).leaves(node_of(desk, 5)))
    committing.commit({desk: shelf}, "SEPARATE", "Rack")
    rack = bpy.data.objects["Rack"]
    assert [some.name for some in matching.members(bench.data)] == ["Bench", "Desk"]
    desk["order"] = [part for part in desk["order"] if part != 5]
    assert set(matching.alike(bench, [node_of(bench, 0)])) == {desk, bench}
    before = desk.data.partgen.scale
    rack.data.partgen.scale = 0.5 * before
    assert desk.data.partgen.scale == bench.data.partgen.scale == before
    bench.data.partgen.parts = 3
    assert desk.data.partgen.scale == bench.data.partgen.scale != rack.data.partgen.scale


def test_objects_of_two_methods_are_matched_by_geometry_and_that_is_said() -> None:
    desk, bench = table("Desk"), table("Bench", width=1.5, method="geometric")
    said = matching.match([desk, bench])
    assert any("geometry alone" in sentence for sentence in said)
    desk.data.partgen.parts = 6
    for part in range(6):
        np.testing.assert_allclose(look(desk, part).color, look(bench, part).color)


def test_one_object_alone_is_refused_and_nothing_changes() -> None:
    desk = table("Desk")
    twin = desk.copy()
    bpy.context.scene.collection.objects.link(twin)
    with pytest.raises(PartgenError) as refusal:
        matching.match([desk, twin])
    assert refusal.value.code == "together.one"
    assert not stored_identities.group_of(desk.data)


def test_objects_may_stand_anywhere_and_face_anywhere() -> None:
    desk, bench = two_tables()
    bench.matrix_world = Matrix.Translation((5, 3, 1)) @ Matrix.Rotation(2.0, 4, "Z") @ Matrix.Scale(3.0, 4)
    bpy.context.view_layer.update()
    matching.match([desk, bench])
    desk.data.partgen.parts = 6
    for part in (0, 5):
        np.testing.assert_allclose(look(desk, part).color, look(bench, part).color)


def test_the_panel_tells_who_is_alike_and_offers_what_can_be_done() -> None:
    desk, bench = two_tables()
    desk.data.attributes.new("wear", "FLOAT", "FACE")
    choose(desk, bench)
    before = drawn("PARTGEN_PT_together")
    assert "Match Parts of 2 Objects" in before.texts
    assert "partgen.select_alike" not in before.operators
    matching.match([desk, bench])
    after = drawn("PARTGEN_PT_together")
    assert "The same parts as Bench: the slider drives all." in after.text
    assert {"partgen.select_alike", "partgen.share_look", "partgen.separate"} <= set(after.operators)
    assert {"Parts", "Materials", "Vertex Groups", "wear"} <= set(after.texts)
    regrouping.clear(bench.data)
    assert "Decompose 2 Objects Together" in drawn("PARTGEN_PT_together").texts


# ---- transfer ------------------------------------------------------------------------------------------------------


def test_parts_of_one_become_parts_of_the_other() -> None:
    desk, bench = two_tables()
    desk.data.partgen.parts = 6
    edits.rename(desk.data, node_of(desk, 0), "Plate")
    merges = np.array(desk.data[stored_tree.TREE]["merges"])
    transferring.transfer(desk, [bench], {"PARTS"})
    assert bench.data.partgen.parts == 6
    assert look(bench, 0).name == "Plate"
    for part in range(1, 6):
        assert look(bench, part).name == f"Bench {stored_parts.default_name(regrouping.tree_of(desk.data), node_of(desk, part))}"
    np.testing.assert_array_equal(np.array(desk.data[stored_tree.TREE]["merges"]), merges)  # the source is as it was
    assert not stored_identities.group_of(bench.data)


def test_materials_come_in_slots_of_their_own() -> None:
    desk, bench = two_tables()
    oak, steel = bpy.data.materials.new("Oak"), bpy.data.materials.new("Steel")
    for material in (oak, steel):
        desk.data.materials.append(material)
    bench.data.materials.append(steel)
    desk.data.polygons.foreach_set("material_index", np.isin(part_of_polygon(desk), (1, 2, 3, 4)).astype(np.int32))
    transferring.transfer(desk, [bench], {"MATERIALS"})
    assert [slot.material.name for slot in bench.material_slots] == ["Steel", "Oak"]
    found = studio.values(bench.data.polygons, "material_index", np.int32)
    is_leg = np.isin(part_of_polygon(bench), (1, 2, 3, 4))
    np.testing.assert_array_equal(found, np.where(is_leg, 0, 1))


@pytest.mark.parametrize(
    ("kind", "field", "width"), [("INT", "value", 1), ("FLOAT_COLOR", "color", 4), ("FLOAT_VECTOR", "vector", 3), ("BOOLEAN", "value", 1)]
)
def test_a_face_attribute_comes_from_the_same_place(kind: str, field: str, width: int) -> None:
    desk, bench = two_tables()
    attribute = desk.data.attributes.new("wear", kind, "FACE")
    values = np.repeat(part_of_polygon(desk) % 2 == 0, width).astype({"INT": np.int32, "BOOLEAN": bool}.get(kind, np.float32))
    attribute.data.foreach_set(field, values)
    transferring.transfer(desk, [bench], {"ATTRIBUTE"}, "wear")
    found = studio.values(bench.data.attributes["wear"].data, field, values.dtype.type, width).reshape(-1, width)[:, 0]
    np.testing.assert_array_equal(found.astype(bool), part_of_polygon(bench) % 2 == 0)


def copy_of(object_: bpy.types.Object) -> bpy.types.Object:
    """Another object of the same shape, with a mesh of its own."""
    copy = object_.copy()
    copy.data = object_.data.copy()
    bpy.context.scene.collection.objects.link(copy)
    bpy.context.view_layer.update()
    return copy


@pytest.mark.parametrize("domain", ["POINT", "CORNER"])
@pytest.mark.parametrize(
    ("kind", "field", "width"), [("FLOAT", "value", 1), ("BYTE_COLOR", "color", 4), ("FLOAT_COLOR", "color", 4), ("INT", "value", 1)]
)
def test_vertex_colors_and_other_values_come_as_they_are_where_shapes_are_equal(domain: str, kind: str, field: str, width: int) -> None:
    desk, _ = two_tables()
    copy = copy_of(desk)
    attribute = desk.data.attributes.new("painted", kind, domain)
    random = np.random.default_rng(1).uniform(0, 1, len(attribute.data) * width)
    values = (random * 100).astype(np.int32) if kind == "INT" else random.astype(np.float32)
    attribute.data.foreach_set(field, values)
    transferring.transfer(desk, [copy], {"ATTRIBUTE"}, "painted")
    made = copy.data.attributes["painted"]
    assert (made.domain, made.data_type) == (domain, kind)
    expected = studio.values(attribute.data, field, values.dtype.type, width)
    np.testing.assert_allclose(studio.values(made.data, field, values.dtype.type, width), expected, atol=0.01 if "BYTE" in kind else 1e-5)
    assert copy.data.attributes.active_color_name == ("painted" if "COLOR" in kind else "")


def test_values_of_vertices_are_interpolated_on_another_shape() -> None:
    desk, bench = two_tables()
    heights = desk.data.attributes.new("height", "FLOAT", "POINT")
    places = studio.values(desk.data.vertices, "co", np.float32, 3).reshape(-1, 3)[:, 2]
    heights.data.foreach_set("value", np.ascontiguousarray(places - places.min()) / np.ptp(places))
    transferring.transfer(desk, [bench], {"ATTRIBUTE"}, "height")
    found = studio.values(bench.data.attributes["height"].data, "value", np.float32)
    own = studio.values(bench.data.vertices, "co", np.float32, 3).reshape(-1, 3)[:, 2]
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.corrcoef(found, own)[0, 1] > 0.9


def test_a_thing_of_the_same_name_is_never_lost() -> None:
    desk, bench = two_tables()
    desk.data.attributes.new("heat", "FLOAT", "FACE")
    kept = bench.data.attributes.new("heat", "FLOAT", "POINT")
    kept.data.foreach_set("value", np.full(len(kept.data), 0.7, np.float32))
    with pytest.raises(PartgenError, match=r"Bench has another attribute .*called heat") as refusal:
        transferring.transfer(desk, [bench], {"ATTRIBUTE", "PARTS"}, "heat")
    assert "Rename or remove" in refusal.value.remedy
    assert bench.data.attributes["heat"].domain == "POINT"
    assert np.allclose(studio.values(bench.data.attributes["heat"].data, "value", np.float32), 0.7)
    desk.vertex_groups.new(name="heat of all")
    bench.data.attributes.new("heat of all", "FLOAT", "POINT")
    with pytest.raises(PartgenError, match="Bench has an attribute called heat of all"):
        transferring.transfer(desk, [bench], {"VERTEX_GROUPS"})


def test_the_nearest_point_of_a_triangle_is_as_near_as_any_other() -> None:
    chance = np.random.default_rng(2)
    points, *triangle = chance.normal(size=(4, 300, 3))
    triangle[2][:20] = triangle[1][:20]  # without area
    weights, apart = corners.nearest_in_triangles(points, *triangle)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights.min() >= -1e-9
    reached = np.einsum("nk,kni->ni", weights, np.array(triangle))
    np.testing.assert_allclose(((reached - points) ** 2).sum(axis=1), apart, atol=1e-9)
    for tried in chance.dirichlet((0.5, 0.5, 0.5), 200):
        other = np.einsum("k,kni->ni", tried, np.array(triangle))
        assert (((other - points) ** 2).sum(axis=1) >= apart - 1e-9).all()


def test_vertex_groups_come_with_their_weights() -> None:
    desk, bench = two_tables()
    group = desk.vertex_groups.new(name="Shelf")
    group.add(np.flatnonzero(np.repeat(part_of_polygon(desk)[::6] == 5, 8)).tolist(), 0.5, "REPLACE")
    transferring.transfer(desk, [bench], {"VERTEX_GROUPS"})
    weights = transferring._weights(transferring._members(bench), bench.vertex_groups["Shelf"].index, len(bench.data.vertices))
    np.testing.assert_allclose(weights, np.where(np.repeat(part_of_polygon(bench)[::6] == 5, 8), 0.5, 0.0), atol=1e-3)


def test_many_vertex_groups_take_no_more_memory_than_few() -> None:
    desk, bench = two_tables()
    desk.data.vertices.add(5000)  # loose ones, which count for weights alone
    count, peaks = 200, []
    for more in (1, count - 1):
        for _ in range(more):
            desk.vertex_groups.new(name="Bone").add([0], 1.0, "REPLACE")
        tracemalloc.start()
        transferring.transfer(desk, [bench], {"VERTEX_GROUPS"})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert len(bench.vertex_groups) == count
    assert peaks[1] - peaks[0] < count * len(desk.data.vertices) * 8 / 4


def test_the_button_transfers_from_the_active_to_the_selected_in_one_step() -> None:
    desk, bench = two_tables()
    desk.data.materials.append(bpy.data.materials.new("Oak"))
    choose(desk, bench)
    bpy.ops.ed.undo_push(message="Begin")
    assert bpy.ops.partgen.transfer("EXEC_DEFAULT", True, kinds={"PARTS", "MATERIALS"}) == {"FINISHED"}
    assert bench.material_slots[0].material.name == "Oak"
    bpy.ops.ed.undo()
    assert not bpy.data.objects["Bench"].material_slots


@pytest.mark.parametrize(
    ("kinds", "attribute", "code"),
    [
        ({"ATTRIBUTE"}, "none", "transfer.no_attribute"),
        ({"MATERIALS"}, "", "transfer.no_materials"),
        ({"VERTEX_GROUPS"}, "", "transfer.no_groups"),
    ],
)
def test_what_the_source_lacks_is_refused_and_nothing_changes(kinds: set[str], attribute: str, code: str) -> None:
    desk, bench = two_tables()
    before = np.array(bench.data[stored_tree.TREE]["merges"])
    with pytest.raises(PartgenError) as refusal:
        transferring.transfer(desk, [bench], kinds | {"PARTS"}, attribute)
    assert refusal.value.code == code
    assert refusal.value.remedy
    np.testing.assert_array_equal(np.array(bench.data[stored_tree.TREE]["merges"]), before)


# ---- asking the backend ----------------------------------------------------------------------------------------------


def plain(name: str, **sizes: float) -> bpy.types.Object:
    """A table that nobody has decomposed yet."""
    object_ = table(name, **sizes)
    regrouping.clear(object_.data)
    return object_


def test_objects_are_decomposed_and_matched_in_one_step(real_backend: None) -> None:
    desk, bench = plain("Desk"), plain("Bench", width=2.0, height=0.5)
    choose(desk, bench)
    bpy.ops.ed.undo_push(message="Begin")
    assert bpy.ops.partgen.decompose_together("EXEC_DEFAULT", True) == {"FINISHED"}
    assert jobs.finish(120.0)
    assert not [message for message in messages.shown if message.level == "ERROR"]
    assert len(matching.members(desk.data)) == 2
    desk.data.partgen.parts = 6
    assert bench.data.partgen.scale == desk.data.partgen.scale
    np.testing.assert_allclose(look(desk, 0).color, look(bench, 0).color)
    assert part_rows.active_node(desk.data) >= 0
    bpy.ops.ed.undo()
    assert not any(stored_tree.is_stored(bpy.data.objects[name].data) for name in ("Desk", "Bench"))


def test_where_one_is_decomposed_already_only_the_other_is_asked_for(real_backend: None) -> None:
    desk, bench = table("Desk"), plain("Bench", width=2.0)
    choose(desk, bench)
    started = operators.decompose_together([desk, bench])
    assert [job.object_name for job in started] == ["Bench"]
    assert jobs.finish(120.0)
    assert len(matching.members(desk.data)) == 2


def test_decomposing_together_means_the_objects_that_were_selected_whatever_they_are_called_meanwhile(real_backend: None) -> None:
    desk, bench, other = plain("Desk"), plain("Bench", width=2.0, height=0.5), table("Other")
    operators.decompose_together([desk, bench])
    bench.name = "Renamed"
    other.name = "Bench"
    assert jobs.finish(120.0)
    assert {object_.name for object_ in matching.members(desk.data)} == {"Desk", "Renamed"}


def test_with_modifiers_it_is_their_copies_that_are_decomposed_and_matched(real_backend: None) -> None:
    desk, bench = plain("Desk"), plain("Bench", width=2.0, height=0.5)
    bench.data = desk.data  # one mesh, two shapes
    bench.modifiers.new("Subdivide", "SUBSURF").subdivision_type = "SIMPLE"
    desk.modifiers.new("Mirror", "MIRROR").use_axis = (False, False, True)
    choose(desk, bench)
    bpy.context.scene.partgen.surface = "EVALUATED"
    assert bpy.ops.partgen.decompose_together(surface="EVALUATED") == {"FINISHED"}
    assert jobs.finish(120.0)
    assert not [message for message in messages.shown if message.level == "ERROR"]
    copies = [originals.copy_of(object_, "evaluated") for object_ in (desk, bench)]
    assert {object_.name for object_ in matching.members(copies[0].data)} == {copy.name for copy in copies}
    assert not stored_tree.is_stored(desk.data)
    operators.decompose_together([desk, bench], evaluated=True)
    assert not jobs.open_jobs()  # the copies are decomposed already


@pytest.mark.parametrize(
    ("scale", "sentence"), [(0.0, "No face of Bench has an area"), (float("nan"), "The transform of Bench is not finite")]
)
def test_what_has_no_surface_in_the_world_is_called_by_its_name(scale: float, sentence: str) -> None:
    desk, bench = two_tables()
    bench.matrix_world = Matrix.Diagonal((scale, scale, scale, 1.0))
    for compare in (lambda: matching.match([desk, bench]), lambda: transferring.transfer(desk, [bench], {"PARTS"})):
        with pytest.raises(PartgenError, match=sentence):
            compare()


def test_vertices_that_are_nowhere_are_said() -> None:
    desk, bench = two_tables()
    places = np.zeros(3 * len(bench.data.vertices), np.float32)
    places[0] = np.inf  # only arrays may say so: a single number Blender limits
    bench.data.vertices.foreach_set("co", places)
    with pytest.raises(PartgenError, match="Bench has vertices that are not finite"):
        matching.match([desk, bench])


def test_what_is_no_mesh_and_parts_that_are_not_there_are_refused_in_a_sentence() -> None:
    desk, bench = two_tables()
    empty = bpy.data.objects.new("Nothing", None)
    for compare in (lambda: matching.match([desk, empty]), lambda: transferring.transfer(empty, [desk], {"PARTS"})):
        with pytest.raises(PartgenError, match="Nothing is not a mesh"):
            compare()
    matching.match([desk, bench])
    with pytest.raises(PartgenError, match="Desk has no such part"):
        matching.alike(desk, [9999])


@pytest.mark.parametrize("parts", [2, 3, 4, 5])
def test_a_target_has_as_many_parts_as_it_got_and_all_have_names(parts: int) -> None:
    desk, bench = table("Desk"), table("Bench", width=2.0, height=0.5)
    desk.data.partgen.parts = parts
    transferring.transfer(desk, [bench], {"PARTS"})
    rows = [row for row in bench.data.partgen.rows if row.depth == 0]
    assert len(rows) <= parts
    given = stored_parts.read(bench.data)
    assert all(given[row.node].name for row in rows)


def test_names_that_a_transfer_leaves_no_part_for_are_said() -> None:
    desk, bench = table("Desk"), table("Bench", width=2.0, height=0.5)
    faces = np.arange(len(bench.data.polygons)) % 7 == 0
    edits.make_part(bench.data, faces, "Sticker")
    said = transferring.transfer(desk, [bench], {"PARTS"})
    assert any("Sticker" in sentence for sentence in said)


def test_what_numbers_mean_on_one_object_alone_is_no_attribute_to_transfer() -> None:
    desk = table("Desk")
    desk.data.materials.append(bpy.data.materials.new("Wood"))
    desk.data.polygons.foreach_set("material_index", np.zeros(len(desk.data.polygons), np.int32))
    desk.data.attributes.get("material_index") or desk.data.attributes.new("material_index", "INT", "FACE")
    assert "material_index" not in transferring.transferable_attributes(desk.data)
