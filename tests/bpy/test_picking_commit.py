"""What picked parts become: each kind is what Blender itself would have made, one undo step, and nothing else changes."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import applying, mesh_data, regrouping, stored_features, stored_parts, stored_tree
from bl_ext.user_default.partgen_blender.picking import committing, scripting
from partgen.errors import PartgenError

ALL_KINDS = [kind for kind, *_ in committing.KINDS]


def pick(object_: bpy.types.Object, kind: str, name: str = "", polygon: int = 0, parts: int = 4) -> np.ndarray:
    """Picks the part of a face; returns which polygons were picked."""
    leaves = scripting.region(object_, polygon, parts=parts)
    faces = committing.faces_of(object_, leaves)
    committing.commit({object_: leaves}, kind, name)
    return faces


def expected(object_: bpy.types.Object, polygon: int = 0, parts: int = 4) -> np.ndarray:
    stored = stored_tree.read(object_.data)
    part = stored.tree.cut_into(parts)[stored.leaf_of_polygon]
    return part == part[polygon]


def test_a_part_is_all_faces_of_the_cut_that_the_face_belongs_to() -> None:
    chair = studio.decomposed()
    for parts in (1, 3, 12):
        leaves = scripting.region(chair, 5, parts=parts)
        assert np.array_equal(committing.faces_of(chair, leaves), expected(chair, 5, parts))
    finer = scripting.region(chair, 5, parts=1, steps=-1)
    assert 0 < finer.sum() < 12
    assert scripting.region(chair, 5, parts=1, steps=-(2**31)).sum() == 1, "at once, however many steps"


def test_a_selection_in_edit_mode_is_exactly_the_part() -> None:
    chair = studio.decomposed()
    chair.data.polygons.foreach_set("select", np.ones(len(chair.data.polygons), bool))
    faces = pick(chair, "FACE_SELECTION")
    assert bpy.context.mode == "EDIT_MESH"
    assert tuple(bpy.context.tool_settings.mesh_select_mode) == (False, False, True)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert np.array_equal(studio.values(chair.data.polygons, "select", bool), faces)
    corners = np.repeat(faces, np.diff(mesh_data.polygon_offsets(chair.data)))
    assert set(np.flatnonzero(studio.values(chair.data.vertices, "select", bool))) == set(mesh_data.corner_vertices(chair.data)[corners])


def test_hidden_faces_are_left_out_of_a_selection_and_that_is_said() -> None:
    chair = studio.decomposed()
    leaves = scripting.region(chair, 0, parts=1)
    chair.data.polygons[3].hide = True
    (sentence,) = committing.commit({chair: leaves}, "FACE_SELECTION")
    assert "1 hidden ones were left out" in sentence
    bpy.ops.object.mode_set(mode="OBJECT")
    assert not chair.data.polygons[3].select


def test_two_objects_are_edited_together() -> None:
    chair, lamp = studio.decomposed(), studio.decomposed("Lamp")
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    committing.commit({chair: scripting.region(chair, 0, parts=3), lamp: scripting.region(lamp, 9, parts=3)}, "FACE_SELECTION")
    assert chair.mode == lamp.mode == "EDIT"
    assert cube.mode == "OBJECT"
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_face_set_is_a_new_one_and_others_stay() -> None:
    chair = studio.decomposed()
    first = pick(chair, "FACE_SET")
    second = pick(chair, "FACE_SET", polygon=int(np.flatnonzero(~first)[0]))
    sets = studio.values(chair.data.attributes[".sculpt_face_set"].data, "value", np.int32)
    assert set(sets[first]) == {2}
    assert set(sets[second]) == {3}
    assert set(sets[~first & ~second]) == {1}


def test_a_vertex_group_has_the_vertices_of_the_part_and_is_filled_anew() -> None:
    chair = studio.decomposed()
    pick(chair, "VERTEX_GROUP", "Seat", parts=2)
    faces = pick(chair, "VERTEX_GROUP", "Seat")
    corners = np.repeat(faces, np.diff(mesh_data.polygon_offsets(chair.data)))
    wanted = set(mesh_data.corner_vertices(chair.data)[corners].tolist())
    members = {
        v.index for v in chair.data.vertices if any(g.group == chair.vertex_groups["Seat"].index and g.weight == 1.0 for g in v.groups)
    }
    assert members == wanted
    assert len(chair.vertex_groups) == 1


@pytest.mark.parametrize("has_slot", [True, False])
def test_a_material_slot_changes_the_faces_of_the_part_alone(has_slot: bool) -> None:
    chair = studio.decomposed()
    if has_slot:
        chair.data.materials.append(bpy.data.materials.new("Wood"))
    faces = pick(chair, "MATERIAL", "Brass")
    pick(chair, "MATERIAL", "Brass", polygon=int(np.flatnonzero(~faces)[0]))
    assert [m.name if m else None for m in chair.data.materials] == ["Wood" if has_slot else None, "Brass"]
    indices = studio.values(chair.data.polygons, "material_index", np.int32)
    assert set(indices[faces]) == {1}
    assert (indices == 0).any()


def test_a_boolean_attribute_marks_the_part() -> None:
    chair = studio.decomposed()
    faces = pick(chair, "ATTRIBUTE", "seat")
    assert np.array_equal(studio.values(chair.data.attributes["seat"].data, "value", bool), faces)


@pytest.mark.parametrize("kind", ["SEPARATE", "VERTEX_GROUP", "MATERIAL", "ATTRIBUTE", "PART"])
def test_a_second_pick_without_a_name_leaves_the_first_as_it_was(kind: str) -> None:
    chair = studio.decomposed()
    chair.data.partgen.parts = 4

    def commit_leaf(leaf: int) -> None:
        leaves = np.arange(stored_tree.read(chair.data).tree.leaf_count) == leaf
        committing.commit({chair: leaves}, kind)

    def made(name: str) -> list[int]:
        """What there is of this name, as numbers of the faces or vertices that it has."""
        if kind == "SEPARATE":
            return studio.origins(bpy.data.objects[name].data, "FACE").tolist()
        if kind == "VERTEX_GROUP":
            group = chair.vertex_groups[name].index
            return [v.index for v in chair.data.vertices if any(g.group == group for g in v.groups)]
        if kind == "ATTRIBUTE":
            return np.flatnonzero(studio.values(chair.data.attributes[name].data, "value", bool)).tolist()
        if kind == "MATERIAL":
            slot = chair.data.materials.find(name)
            return np.flatnonzero(studio.values(chair.data.polygons, "material_index", np.int32) == slot).tolist()
        (node,) = (node for node, given in stored_parts.read(chair.data).items() if given.name == name)
        leaves = stored_tree.read(chair.data).tree.leaves(node)
        return np.flatnonzero(np.isin(stored_tree.read(chair.data).leaf_of_polygon, leaves)).tolist()

    commit_leaf(0)
    first = made("Chair Pick")
    commit_leaf(stored_tree.read(chair.data).tree.leaf_count - 1)
    assert made("Chair Pick") == first != []
    assert made("Chair Pick.001") not in ([], first)


def test_a_name_that_is_typed_means_what_has_it_already_and_is_not_remembered() -> None:
    chair = studio.decomposed()
    assert bpy.ops.partgen.pick(object="Chair", polygon=0, parts=4, commit_as="VERTEX_GROUP", name="Seat") == {"FINISHED"}
    assert bpy.ops.partgen.pick(object="Chair", polygon=40, parts=4, commit_as="VERTEX_GROUP", name="Seat") == {"FINISHED"}
    assert chair.vertex_groups.keys() == ["Seat"]
    for operator in (bpy.ops.partgen.pick, bpy.ops.partgen.pick_drawn):
        name = operator.get_rna_type().properties["name"]
        assert name.is_skip_save
        assert "filled anew" in name.description
        assert "are added" in name.description


def test_a_material_is_seen_where_the_slot_belongs_to_the_object() -> None:
    chair = studio.decomposed()
    chair.data.materials.append(bpy.data.materials.new("Brass"))
    chair.material_slots[0].link = "OBJECT"
    chair.material_slots[0].material = bpy.data.materials.new("Red")
    faces = pick(chair, "MATERIAL", "Brass")

    def shown() -> list[str]:
        return [chair.material_slots[index].material.name for index in studio.values(chair.data.polygons, "material_index", np.int32)]

    assert [name == "Brass" for name in shown()] == faces.tolist()
    pick(chair, "MATERIAL", "Red", polygon=int(np.flatnonzero(faces)[0]))
    assert set(shown()) == {"Red"}
    assert len(chair.material_slots) == 2


@pytest.mark.parametrize("kind", ["PART", "SEPARATE"])
def test_where_one_of_two_objects_is_refused_the_other_stays_as_it_was(kind: str) -> None:
    chair, lamp = studio.decomposed(), studio.decomposed("Lamp")
    tree = stored_tree.read(chair.data).tree
    with pytest.raises(PartgenError, match="All of Lamp is picked"):
        committing.commit({chair: scripting.region(chair, 0, parts=4), lamp: np.ones(12, bool)}, kind, "Seat")
    assert np.array_equal(stored_tree.read(chair.data).tree.merges, tree.merges)
    assert stored_parts.read(chair.data) == {}
    assert sorted(bpy.data.objects.keys()) == ["Chair", "Lamp"]


@pytest.mark.parametrize("kind", ["SEPARATE", "FACE_SELECTION"])
def test_an_object_outside_of_the_view_layer_is_refused_before_anything_changes(kind: str) -> None:
    chair, lamp = studio.decomposed(), studio.decomposed("Lamp")
    faces = len(lamp.data.polygons)
    bpy.context.scene.collection.objects.unlink(lamp)
    leaves = scripting.region(chair, 0, parts=4)
    with pytest.raises(PartgenError, match="Lamp is not in the view layer"):
        committing.commit({chair: leaves, lamp: leaves}, kind)
    assert (sorted(bpy.data.objects.keys()), len(lamp.data.polygons), bpy.context.mode) == (["Chair", "Lamp"], faces, "OBJECT")
    committing.commit({lamp: leaves}, "VERTEX_GROUP")
    assert lamp.vertex_groups.keys() == ["Lamp Pick"]


def test_faces_of_a_hidden_object_cannot_be_selected_and_that_is_said() -> None:
    chair = studio.decomposed()
    chair.hide_set(True)
    with pytest.raises(PartgenError, match="Chair is hidden"):
        pick(chair, "FACE_SELECTION")


@pytest.mark.parametrize("name", ["position", "material_index", ".hide_poly", "sharp_face", "partgen_generated", "x" * 90])
def test_a_name_that_blender_would_not_take_for_a_mark_is_refused(name: str) -> None:
    chair = studio.decomposed()
    before = sorted(chair.data.attributes.keys())
    with pytest.raises(PartgenError, match=r"Choose another name|too long"):
        pick(chair, "ATTRIBUTE", name)
    assert sorted(chair.data.attributes.keys()) == before


def test_what_parts_cannot_become_is_refused_with_what_they_can() -> None:
    with pytest.raises(PartgenError, match=r"Choose one of: FACE_SELECTION, .*PART"):
        pick(studio.decomposed(), "SCULPTURE")


def test_a_camera_without_a_size_is_said_to_see_nothing() -> None:
    studio.decomposed()
    camera = studio.put("Camera", bpy.data.cameras.new("Camera"))
    camera.scale = (0, 0, 0)
    bpy.context.scene.camera = camera
    bpy.context.view_layer.update()
    path = [{"name": "", "loc": place, "time": 0.0} for place in ((0, 0), (9, 0), (9, 9))]
    with pytest.raises(RuntimeError, match="Camera sees nothing"):
        bpy.ops.partgen.pick_drawn(view="CAMERA", path=path, commit_as="ATTRIBUTE")


def test_an_object_with_a_long_name_gets_marks_with_names_that_fit() -> None:
    chair = studio.decomposed("ü" * 30)
    for kind in ("ATTRIBUTE", "VERTEX_GROUP", "MATERIAL"):
        pick(chair, kind), pick(chair, kind)
    assert len(chair.vertex_groups) == 2
    assert len(chair.data.materials) == 3
    assert sum(a.name.startswith("ü") for a in chair.data.attributes) == 2


def test_a_name_that_is_taken_by_something_else_is_refused_before_anything_changes() -> None:
    chair = studio.decomposed()
    chair.vertex_groups.new(name="Seat")
    for name in ("Seat", "UVMap"):
        with pytest.raises(PartgenError, match="something else that is called"):
            pick(chair, "ATTRIBUTE", name)
    pick(chair, "VERTEX_GROUP")
    pick(chair, "ATTRIBUTE")
    assert "Chair Pick.001" in chair.data.attributes, "PartGen finds a free name by itself"


# ---- a separate object -------------------------------------------------------------------------------------------------


def furnished() -> bpy.types.Object:
    """A decomposed ball with much on it: material, group, shape key, modifier, matrix attribute, loose geometry, custom normals."""
    chair = studio.ball("Chair", smooth=True)
    import bmesh

    bm = bmesh.new()
    bm.from_mesh(chair.data)
    one, other = bm.verts.new((3, 0, 0)), bm.verts.new((4, 0, 0))
    bm.edges.new((one, other))
    bm.to_mesh(chair.data)
    bm.free()
    studio.mark(chair.data)
    chair.data.materials.append(bpy.data.materials.new("Wood"))
    group = chair.vertex_groups.new(name="Weights")
    group.add(range(0, len(chair.data.vertices), 2), 0.5, "REPLACE")
    chair.shape_key_add(name="Basis")
    chair.shape_key_add(name="Wide").data[5].co.x += 1.0
    chair.modifiers.new("Array", "ARRAY")
    chair.location = (1.0, 2.0, 3.0)
    chair["note"] = "mine"
    stored_tree.write(chair.data, studio.tree(12), studio.slices(chair.data, 12), "geometric")
    stored_features.write(chair.data, np.random.default_rng(0).normal(size=(12, 4)))
    bpy.context.view_layer.update()
    return chair


def test_a_separate_object_and_the_rest_have_everything_that_lay_on_the_whole() -> None:
    chair = furnished()
    mesh = chair.data
    before = {domain: set(studio.origins(mesh, domain).tolist()) for domain in studio.DOMAINS}
    uv = studio.values(mesh.uv_layers["UVMap"].uv, "vector", np.float32, 2)[np.argsort(studio.origins(mesh, "CORNER"))]
    normals = studio.corner_normals(mesh)[np.argsort(studio.origins(mesh, "CORNER"))]
    faces = pick(chair, "SEPARATE", "Seat")
    seat = bpy.data.objects["Seat"]
    assert bpy.context.view_layer.objects.active == seat
    assert [o.name for o in bpy.context.selected_objects] == ["Seat"]
    assert chair.data == mesh, "the rest is the artist's own mesh"
    found = {domain: [set(studio.origins(o.data, domain).tolist()) for o in (chair, seat)] for domain in studio.DOMAINS}
    for domain in studio.DOMAINS:
        assert found[domain][0] | found[domain][1] == before[domain], f"{domain} elements, loose ones too"
    assert found["FACE"][1] == set(np.flatnonzero(faces).tolist())
    assert not found["FACE"][0] & found["FACE"][1]
    for object_ in (chair, seat):
        corners = studio.origins(object_.data, "CORNER")
        np.testing.assert_array_equal(studio.values(object_.data.uv_layers["UVMap"].uv, "vector", np.float32, 2), uv[corners])
        np.testing.assert_allclose(studio.corner_normals(object_.data), normals[corners], atol=5e-3)
        assert [m.type for m in object_.modifiers] == ["ARRAY"]
        assert [m.name for m in object_.data.materials] == ["Wood"]
        assert object_.vertex_groups.keys() == ["Weights"]
        assert object_.data.shape_keys.key_blocks.keys() == ["Basis", "Wide"]
        assert object_["note"] == "mine"
        assert tuple(object_.location) == (1.0, 2.0, 3.0)
        assert object_.users_collection == chair.users_collection


def test_both_pieces_go_on_having_parts() -> None:
    chair = furnished()
    whole = stored_tree.read(chair.data)
    features = stored_features.read(chair.data)
    faces = pick(chair, "SEPARATE", "Seat")
    for object_, kept in ((chair, ~faces), (bpy.data.objects["Seat"], faces)):
        piece = stored_tree.read(object_.data)
        assert piece.edited == "", "there is nothing to warn of"
        former = whole.leaf_of_polygon[kept]
        leaf, first = np.unique(piece.leaf_of_polygon, return_index=True)
        assert len(leaf) == piece.tree.leaf_count == len(np.unique(former))
        np.testing.assert_allclose(stored_features.read(object_.data), features[former[first]], atol=2e-3)
        object_.data.partgen.parts = 2
        assert len(np.unique(stored_tree.part_of_polygon(object_.data))) == 2
        assert regrouping.warning_of(object_.data) == ""


def test_names_that_parts_were_given_stay_with_them_and_name_what_is_made() -> None:
    chair = studio.decomposed()
    tree = stored_tree.read(chair.data).tree
    nodes = tree.nodes_into(4)
    seat, back = int(nodes[0]), int(nodes[-1])
    stored_parts.write(chair.data, {seat: stored_parts.Given("Seat"), back: stored_parts.Given("Back")})
    regrouping.forget(chair.data)
    leaves = np.zeros(12, bool)
    leaves[tree.leaves(seat)] = True
    committing.commit({chair: leaves}, "VERTEX_GROUP")
    assert chair.vertex_groups.keys() == ["Seat"]
    committing.commit({chair: leaves}, "SEPARATE")
    for name, other in (("Seat", "Back"), ("Chair", "Seat")):
        given = stored_parts.read(bpy.data.objects[name].data)
        assert other not in [part.name for part in given.values()]
        assert {"Seat": "Seat", "Chair": "Back"}[name] in [part.name for part in given.values()]


def test_a_part_of_the_tree_is_made_of_what_was_picked() -> None:
    chair = studio.decomposed()
    chair.data.partgen.parts = 3
    leaves = scripting.region(chair, 0, parts=12) | scripting.region(chair, 20, parts=12)
    faces = committing.faces_of(chair, leaves)
    committing.commit({chair: leaves}, "PART", "Both")
    parts = stored_tree.part_of_polygon(chair.data)
    assert len(set(parts[faces])) == 1
    assert not set(parts[faces]) & set(parts[~faces])


def test_others_that_show_the_mesh_keep_it_whole() -> None:
    chair = studio.decomposed()
    twin = studio.put("Twin", chair.data)
    count = len(chair.data.polygons)
    pick(chair, "SEPARATE")
    assert len(twin.data.polygons) == count
    assert len(chair.data.polygons) < count


def test_matrix_attributes_do_not_crash_it_and_stay() -> None:
    chair = studio.decomposed()
    attribute = chair.data.attributes.new("frames", "FLOAT4X4", "FACE")
    values = np.arange(16 * len(chair.data.polygons), dtype=np.float32)
    attribute.data.foreach_set("value", values)
    faces = pick(chair, "SEPARATE", "Seat")
    for object_, kept in ((chair, ~faces), (bpy.data.objects["Seat"], faces)):
        found = np.empty(16 * len(object_.data.polygons), np.float32)
        object_.data.attributes["frames"].data.foreach_get("value", found)
        np.testing.assert_array_equal(found.reshape(-1, 16), values.reshape(-1, 16)[kept])


def test_everything_cannot_be_separated_nor_can_what_is_hidden_behind_its_parts() -> None:
    chair = studio.decomposed()
    with pytest.raises(PartgenError, match="nothing to separate it from"):
        pick(chair, "SEPARATE", parts=1)
    applying.apply(chair)
    with pytest.raises(PartgenError, match="Remove Objects"):
        pick(chair, "SEPARATE", parts=3)


# ---- from Python -------------------------------------------------------------------------------------------------------


def test_the_operator_does_from_a_script_what_the_mouse_does() -> None:
    chair = studio.decomposed()
    assert bpy.ops.partgen.pick(object="Chair", polygon=7, parts=4, commit_as="ATTRIBUTE", name="a") == {"FINISHED"}
    assert np.array_equal(studio.values(chair.data.attributes["a"].data, "value", bool), expected(chair, 7))
    point = np.array(chair.data.polygons[7].center)
    ray = {"origin": tuple(3 * point), "direction": tuple(-point)}
    assert bpy.ops.partgen.pick(object="Chair", **ray, parts=4, commit_as="ATTRIBUTE", name="b") == {"FINISHED"}
    assert np.array_equal(studio.values(chair.data.attributes["b"].data, "value", bool), expected(chair, 7))
    picks = [{"object": "Chair", "polygon": 7, "parts": 2}, {"object": "Chair", "polygon": 7, "parts": 4, "action": "REMOVE"}]
    assert bpy.ops.partgen.pick(picks=json.dumps(picks), commit_as="ATTRIBUTE", name="c") == {"FINISHED"}
    assert np.array_equal(studio.values(chair.data.attributes["c"].data, "value", bool), expected(chair, 7, 2) & ~expected(chair, 7))


def test_picks_are_told_as_text_and_read_again() -> None:
    chair, lamp = studio.decomposed(), studio.decomposed("Lamp")
    picked = {chair: scripting.region(chair, 3, parts=3), lamp: scripting.region(lamp, 9, parts=5)}
    again, _ = scripting.picked_by(scripting.picks_from(scripting.picks_of(picked)))
    assert list(again) == [chair, lamp]
    assert all(np.array_equal(again[o], picked[o]) for o in picked)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"object": "Nobody", "polygon": 1}, "no object"),
        ({"object": "Chair"}, "says no place"),
        ({"object": "Chair", "polygon": 10_000}, "has no face 10000"),
        ({"object": "Chair", "origin": (9, 9, 9), "direction": (1, 0, 0)}, "meets nothing"),
        ({"object": "Chair", "leaves": "99"}, "names no leaves"),
        ({"object": "Plain", "polygon": 1}, "has not been decomposed"),
        ({"object": "Empty", "polygon": 1}, "not a mesh"),
        ({"picks": "[]"}, "Nothing is picked"),
        ({"picks": '[{"object": "Chair", "polygon": 1, "action": "EAT"}]'}, 'cannot "EAT"'),
        ({"picks": '[{"object": "Chair", "polygon": "x"}]'}, "no whole number"),
        ({"picks": '[{"object": "Chair", "polygon": 0, "steps": 1.5}]'}, "no whole number"),
        ({"picks": '[{"object": "Chair", "leaves": 7}]'}, "no text"),
        ({"picks": '[{"object": 5, "polygon": 0}]'}, "no text"),
        ({"picks": '[{"object": "Chair", "direction": "up"}]'}, "not three numbers"),
        ({"picks": '[{"object": "Chair", "origin": [0, 0], "direction": [0, 0, 1]}]'}, "not three numbers"),
        ({"picks": '[{"object": "Chair", "direction": [0, 0, NaN]}]'}, "not three numbers"),
        ({"picks": '{"object": "Chair"}'}, "not a list"),
        ({"picks": '[{"polygon": 3}]'}, "not a list"),
        ({"picks": '[{"object": "Chair", "face": 3}]'}, 'has no "face"'),
        ({"picks": "Chair"}, "cannot be read"),
    ],
)
def test_what_cannot_be_picked_is_refused_with_a_reason(arguments: dict, sentence: str) -> None:
    studio.decomposed()
    studio.ball("Plain")
    studio.put("Empty", None)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.partgen.pick(**arguments, commit_as="ATTRIBUTE")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_each_kind_is_one_undo_step(kind: str) -> None:
    chair = studio.decomposed()
    regrouping.regroup(chair.data)  # as the panel's slider does
    bpy.ops.ed.undo_push(message="A chair")
    before = snapshot()
    assert bpy.ops.partgen.pick("EXEC_DEFAULT", True, object="Chair", polygon=7, parts=12, commit_as=kind) == {"FINISHED"}
    after = snapshot()
    assert after != before
    bpy.ops.ed.undo()
    assert snapshot() == before
    bpy.ops.ed.redo()
    assert snapshot() == after
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")


def snapshot() -> dict:
    """What an artist sees of all objects."""
    return {
        o.name: (
            o.mode,
            len(o.data.polygons),
            sorted(a.name for a in o.data.attributes if not a.name.startswith(".select")),
            o.vertex_groups.keys(),
            [m.name if m else None for m in o.data.materials],
            o.data.partgen.parts,
        )
        for o in bpy.context.scene.objects
    }
