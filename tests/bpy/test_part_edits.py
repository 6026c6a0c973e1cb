"""Promises of editing parts: they are as the artist wants them, names and colors stay, and everything can be undone."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import (
    applying,
    carrying,
    collections,
    mesh_data,
    overlay,
    part_rows,
    regrouping,
    stored_features,
    stored_parts,
    stored_tree,
)
from bl_ext.user_default.partgen_blender.parts_list import selecting
from bl_ext.user_default.partgen_blender.refining import edits
from partgen.errors import PartgenError


def chair(parts: int = 4) -> bpy.types.Object:
    """A ball of 12 leaves, in slices along x, shown in so many parts."""
    made = studio.decomposed()
    made.data.partgen.parts = parts
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    return made


def faces_of(mesh: bpy.types.Mesh) -> dict[int, frozenset[int]]:
    """The faces of every part, by node."""
    now = edits.part_of_polygon(mesh)
    return {node: frozenset(np.flatnonzero(now == node).tolist()) for node in np.unique(now).tolist()}


def name_of(mesh: bpy.types.Mesh, node: int) -> str:
    tree = regrouping.tree_of(mesh)
    return stored_parts.names(tree, regrouping.given_of(mesh), [node], tree.count(mesh.partgen.scale))[node]


def upper_half(mesh: bpy.types.Mesh) -> np.ndarray:
    return np.array([polygon.center.z > 0.1 for polygon in mesh.polygons])


# ---- edits -----------------------------------------------------------------------------------------------------------


def test_faces_become_a_part_and_the_others_keep_the_rest() -> None:
    mesh = chair().data
    before, wanted = faces_of(mesh), upper_half(mesh)
    node = edits.make_part(mesh, wanted, "Lid")
    after = faces_of(mesh)
    assert after[node] == frozenset(np.flatnonzero(wanted).tolist())
    assert {faces - after[node] for faces in before.values()} <= set(after.values())
    assert mesh.partgen.parts == len(after) == 5
    assert np.array_equal(
        stored_tree.part_of_polygon(mesh), regrouping.tree_of(mesh).cut(mesh.partgen.scale)[stored_tree.leaf_of_polygon(mesh)]
    )
    assert name_of(mesh, node) == "Lid"


def test_the_slider_goes_on_working_and_brings_the_part_back_with_its_name() -> None:
    mesh = chair().data
    node = edits.make_part(mesh, upper_half(mesh), "Lid")
    edits.recolor(mesh, node, (1.0, 0.0, 0.0))
    lid = faces_of(mesh)[node]
    scale = mesh.partgen.scale
    for count in (1, 2, 9, 12):
        mesh.partgen.parts = count
        assert mesh.partgen.parts == len(faces_of(mesh)) == count
    mesh.partgen.scale = scale
    assert faces_of(mesh)[node] == lid
    row = next(row for row in mesh.partgen.rows if row.node == node)
    assert row.name == "Lid"
    assert tuple(row.color) == pytest.approx((1.0, 0.0, 0.0))


def test_what_the_leaves_look_like_goes_with_their_pieces() -> None:
    mesh = chair().data
    looks = np.random.default_rng(1).normal(size=(12, 6))
    stored_features.write(mesh, looks)
    then = stored_features.read(mesh)[stored_tree.leaf_of_polygon(mesh)]
    edits.make_part(mesh, upper_half(mesh))
    assert regrouping.tree_of(mesh).leaf_count > 12
    assert stored_features.read(mesh)[stored_tree.leaf_of_polygon(mesh)] == pytest.approx(then, abs=2e-3)


def test_merged_parts_keep_name_and_color_of_the_first() -> None:
    mesh = chair().data
    first, second, *others = edits.parts(mesh)
    edits.rename(mesh, second, "Seat")
    before = faces_of(mesh)
    rank = int(regrouping.tree_of(mesh).node_ranks[second])
    node = edits.merge(mesh, [second, first])
    after = faces_of(mesh)
    assert after[node] == before[first] | before[second]
    assert {before[other] for other in others} < set(after.values())
    assert (name_of(mesh, node), int(regrouping.tree_of(mesh).node_ranks[node])) == ("Seat", rank)


def test_what_is_left_of_a_split_part_keeps_name_and_color_when_the_rest_is_merged_with_another() -> None:
    mesh = chair().data
    other, node, *_ = edits.parts(mesh)
    edits.rename(mesh, node, "Leg")
    edits.recolor(mesh, node, (0.1, 0.2, 0.3))
    edits.rename(mesh, other, "Seat")
    faces = faces_of(mesh)
    pieces = edits.split(mesh, node)
    (kept,) = (piece for piece in pieces if name_of(mesh, piece) == "Leg")
    (rest,) = (piece for piece in pieces if piece != kept)
    after_split = faces_of(mesh)
    seat = next(part for part, its in after_split.items() if its == faces[other])
    edits.merge(mesh, [seat, rest])
    leg = next(part for part, its in faces_of(mesh).items() if its == after_split[kept])
    assert [name_of(mesh, part) for part in edits.parts(mesh)].count("Seat") == 1
    assert name_of(mesh, leg) == "Leg"
    assert stored_parts.shown(regrouping.tree_of(mesh), stored_parts.read(mesh), 4)[leg].color == pytest.approx((0.1, 0.2, 0.3))


def names_by_faces(mesh: bpy.types.Mesh) -> dict[str, int]:
    """How many faces each part has, by its name, which no two share."""
    found = {name_of(mesh, node): len(faces) for node, faces in faces_of(mesh).items()}
    assert len(found) == len(faces_of(mesh)), f"two parts have one name: {found}"
    return found


def test_a_merge_that_is_split_again_leaves_the_name_with_the_piece_that_had_it() -> None:
    mesh = chair().data
    before = faces_of(mesh)
    small, large = min(before, key=lambda n: len(before[n])), max(before, key=lambda n: len(before[n]))
    edits.rename(mesh, small, "Leg")
    named = names_by_faces(mesh)
    edits.split(mesh, edits.merge(mesh, [small, large]))
    assert names_by_faces(mesh) == named
    mesh.partgen.parts = 6
    assert names_by_faces(mesh)["Leg"] == len(before[small])


def test_a_part_that_loses_most_of_its_leaves_keeps_its_name_while_it_has_most_of_its_faces() -> None:
    mesh = chair(2).data
    edits.rename(mesh, edits.parts(mesh)[0], "Seat")
    mesh.partgen.parts = 4
    before = faces_of(mesh)
    seat = next(node for node in before if name_of(mesh, node) == "Seat")
    named = names_by_faces(mesh)
    for other in [name for name in named if name != "Seat"]:
        target = next(node for node in faces_of(mesh) if name_of(mesh, node) == other)
        source = next(node for node in faces_of(mesh) if name_of(mesh, node) == "Seat")
        wanted = np.zeros(len(mesh.polygons), bool)
        wanted[sorted(faces_of(mesh)[source])[:1]] = True
        edits.assign(mesh, wanted, target)
    assert names_by_faces(mesh) == {name: count + 1 for name, count in named.items()} | {"Seat": len(before[seat]) - 3}


@pytest.mark.parametrize("pair", [(0, 1), (2, 5), (4, 5)])
def test_merging_others_gives_them_no_name_that_a_larger_part_had(pair: tuple[int, int]) -> None:
    mesh = chair(2).data
    edits.rename(mesh, edits.parts(mesh)[0], "Seat")
    mesh.partgen.parts = 6
    first, second = (edits.parts(mesh)[place] for place in pair)
    called = name_of(mesh, first)
    node = edits.merge(mesh, [first, second])
    assert name_of(mesh, node) == called
    names_by_faces(mesh)


def test_a_part_within_a_merged_one_leaves_the_rest_of_it_together() -> None:
    mesh = chair().data
    first, second, *_ = edits.parts(mesh)
    edits.rename(mesh, first, "Leg")
    node = edits.merge(mesh, [first, second])
    its = faces_of(mesh)[node]
    wanted = np.zeros(len(mesh.polygons), bool)
    wanted[min(its)] = True
    edits.make_part(mesh, wanted, "Foot")
    named = names_by_faces(mesh)
    assert (named["Leg"], named["Foot"], len(named)) == (len(its) - 1, 1, 4)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_edited_every_other_part_keeps_its_name(seed: int) -> None:
    random, mesh = np.random.default_rng(seed), chair(2).data
    edits.rename(mesh, edits.parts(mesh)[seed % 2], "Large")
    mesh.partgen.parts = seed % 4 + 4
    for number in range(8):
        before = {faces: name_of(mesh, node) for node, faces in faces_of(mesh).items()}
        node, other = random.permutation(edits.parts(mesh))[:2].tolist()
        touched = {faces_of(mesh)[node]}
        match random.integers(5):
            case 0:
                edits.rename(mesh, node, f"Name {number}")
            case 1 if len(before) > 3:
                touched.add(faces_of(mesh)[other])
                edits.merge(mesh, [node, other])
            case 2 if len(regrouping.tree_of(mesh).leaves(node)) > 1:
                edits.split(mesh, node)
            case 3:
                touched.add(faces_of(mesh)[other])
                edits.assign(mesh, np.isin(np.arange(len(mesh.polygons)), sorted(faces_of(mesh)[other])[:2]), node)
            case 4:
                wanted = np.isin(np.arange(len(mesh.polygons)), sorted(faces_of(mesh)[node])[:3])
                if wanted.sum() < len(faces_of(mesh)[node]):
                    edits.make_part(mesh, wanted, f"New {number}")
        after = {faces: name_of(mesh, now) for now, faces in faces_of(mesh).items()}
        assert {faces: after.get(faces) for faces in before if faces not in touched} == {
            faces: name for faces, name in before.items() if faces not in touched
        }
        assert len(set(after.values())) == len(after)


def test_a_part_that_is_merged_with_a_hidden_one_is_shown_whole() -> None:
    mesh = chair().data
    first, second, *_ = edits.parts(mesh)
    edits.show(mesh, [second], False)
    edits.merge(mesh, [first, second])
    assert mesh_data.hidden_polygons(mesh) is None
    assert not stored_parts.hidden_leaves(mesh, regrouping.tree_of(mesh).leaf_count).any()


def test_a_part_is_split_in_as_many_pieces_as_asked() -> None:
    mesh = chair(2).data
    before = faces_of(mesh)
    node = max(before, key=lambda n: len(before[n]))
    pieces = edits.split(mesh, node, 3)
    after = faces_of(mesh)
    assert frozenset().union(*(after[piece] for piece in pieces)) == before[node]
    assert len(after) == 4


def test_assigned_faces_go_from_part_to_part_and_names_stay() -> None:
    mesh = chair().data
    first, second, *_ = edits.parts(mesh)
    edits.rename(mesh, first, "Arm")
    edits.rename(mesh, second, "Leg")
    before = faces_of(mesh)
    moved = sorted(before[first])[:3]
    wanted = np.zeros(len(mesh.polygons), bool)
    wanted[moved] = True
    node = edits.assign(mesh, wanted, second)
    after = faces_of(mesh)
    assert after[node] == before[second] | set(moved)
    arm = next(n for n, faces in after.items() if faces == before[first] - set(moved))
    assert (name_of(mesh, node), name_of(mesh, arm)) == ("Leg", "Arm")
    assert mesh.partgen.parts == 4


def test_a_smoothed_border_is_shorter_and_the_other_parts_stay_as_they_are() -> None:
    object_ = plate()
    mesh = object_.data
    node = part_at(mesh, (-0.5, 0.0))
    before, length = faces_of(mesh), border_length(mesh)
    edits.smooth_border(mesh, node, reach=0.05)
    after = faces_of(mesh)
    assert len(after) == 2
    assert border_length(mesh) < 0.75 * length
    assert abs(len(after[part_at(mesh, (-0.5, 0.0))]) - len(before[node])) < 0.1 * len(before[node])


def test_a_snapped_border_runs_along_the_crease() -> None:
    object_ = plate(crease=0.06)
    mesh = object_.data
    edits.snap_border(mesh, part_at(mesh, (-0.5, 0.0)), reach=0.08)
    left = faces_of(mesh)[part_at(mesh, (-0.5, 0.0))]
    centers = np.array([polygon.center for polygon in mesh.polygons])
    assert {i for i in range(len(centers)) if centers[i, 0] < 0.06} == left


def plate(size: int = 40, crease: float | None = None) -> bpy.types.Object:
    """A square in two parts whose border zigzags about x = 0; with a crease, bent upwards from there on."""
    ticks = np.linspace(-1.0, 1.0, size + 1)
    if crease is not None:
        ticks = np.sort(np.append(ticks, crease))
    across, along = np.meshgrid(ticks, np.linspace(-1.0, 1.0, size + 1), indexing="ij")
    height = np.zeros_like(across) if crease is None else np.maximum(across - crease, 0.0)
    vertices = np.stack([across, along, height], axis=-1).reshape(-1, 3)
    index = np.arange(across.size).reshape(across.shape)
    quads = np.stack([index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]], axis=-1).reshape(-1, 4)
    mesh = bpy.data.meshes.new("Plate")
    mesh.from_pydata(vertices.tolist(), [], quads.tolist())
    centers = vertices[quads].mean(axis=1)
    leaves = (centers[:, 0] + 0.07 * np.sign(np.sin(25.0 * centers[:, 1])) > 0).astype(np.int32)
    object_ = studio.put("Plate", mesh)
    stored_tree.write(mesh, studio.tree(2, 2), leaves, "geometric")
    mesh.partgen.parts = 2
    return object_


def part_at(mesh: bpy.types.Mesh, place: tuple[float, float]) -> int:
    """The part of the face that is nearest to a place of the plate."""
    nearest = min(mesh.polygons, key=lambda polygon: (polygon.center.x - place[0]) ** 2 + (polygon.center.y - place[1]) ** 2)
    return int(edits.part_of_polygon(mesh)[nearest.index])


def border_length(mesh: bpy.types.Mesh) -> float:
    surface, now = edits.surface_of(mesh), edits.part_of_polygon(mesh)
    return float(surface.lengths[now[surface.pairs[:, 0]] != now[surface.pairs[:, 1]]].sum())


# ---- what edits leave alone ------------------------------------------------------------------------------------------


def test_apply_uses_the_names_and_colors_that_were_given() -> None:
    source = chair()
    mesh = source.data
    first = edits.parts(mesh)[0]
    edits.rename(mesh, first, "Arm")
    edits.recolor(mesh, first, (0.2, 0.4, 0.6))
    applying.apply(source)
    arm = bpy.data.objects["Arm"]
    assert tuple(arm.color) == pytest.approx((0.2, 0.4, 0.6, 1.0))
    assert len(arm.data.polygons) == len(faces_of(mesh)[first])


def test_objects_of_parts_that_an_edit_did_not_touch_stay_the_same_objects() -> None:
    source = chair()
    mesh = source.data
    applying.apply(source)
    objects = {frozenset(studio.origins(o.data, "FACE").tolist()): o for o in collections.parts_of(source)}
    first, second, *others = edits.parts(mesh)
    before = faces_of(mesh)
    moved = np.isin(np.arange(len(mesh.polygons)), sorted(before[first])[:2])
    edits.assign(mesh, moved, second)
    assert applying.is_behind(source)
    applying.apply(source)
    for other in others:
        kept = objects[before[other]]
        assert kept.name in bpy.data.objects
        assert kept in collections.parts_of(source)
    assert not applying.is_behind(source)


def test_a_rename_reaches_the_object_that_was_made_of_the_part() -> None:
    source = chair()
    applying.apply(source)
    node = edits.parts(source.data)[0]
    edits.rename(source.data, node, "Arm")
    assert "Arm" in bpy.data.objects
    applying.apply(source)
    assert "Arm" in bpy.data.objects
    assert "Arm.001" not in bpy.data.objects


def test_the_name_by_number_reaches_the_object_too() -> None:
    source = chair()
    made = set(map(str, (o.name for o in applying.apply(source))))
    node = edits.parts(source.data)[0]
    edits.rename(source.data, node, "Arm")
    edits.rename(source.data, node, "")
    assert {o.name for o in applying.apply(source)} == made


def test_hiding_all_but_one_of_many_objects_asks_for_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = chair(12)
    applying.apply(source)
    asked: list[object] = []
    listed = applying.parts_of_this_tree
    monkeypatch.setattr(applying, "parts_of_this_tree", lambda of: asked.append(of) or listed(of))
    edits.show(source.data, edits.parts(source.data)[1:], False)
    assert len(asked) == 1
    assert sum(not part.hide_get() for part in listed(source)) == 1


def test_names_survive_saving_and_opening(tmp_path: Path) -> None:
    mesh = chair().data
    node = edits.make_part(mesh, upper_half(mesh), "Lid")
    edits.show(mesh, [node], False)
    lid = faces_of(mesh)[node]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chair.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "chair.blend"))
    mesh = bpy.data.meshes["Chair"]
    assert faces_of(mesh)[node] == lid
    row = next(row for row in mesh.partgen.rows if row.node == node)
    assert (row.name, row.is_shown) == ("Lid", False)


def test_deleting_faces_keeps_the_other_parts_and_says_which_name_is_without() -> None:
    object_ = chair()
    mesh = object_.data
    node = edits.make_part(mesh, upper_half(mesh), "Lid")
    other = next(n for n in edits.parts(mesh) if n != node)
    edits.rename(mesh, other, "Arm")
    selecting.select(bpy.context, object_, [node])
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="FACE")
    bpy.ops.object.mode_set(mode="OBJECT")
    regrouping.forget(mesh)
    regrouping.regroup_where_needed(mesh)
    assert edits.without_faces(mesh) == ["Lid"]
    assert "Arm" in [row.name for row in mesh.partgen.rows]
    assert "Lid" not in [row.name for row in mesh.partgen.rows]
    remaining = np.zeros(len(mesh.polygons), bool)
    remaining[:3] = True
    first = edits.make_part(mesh, remaining)
    assert faces_of(mesh)[first] == {0, 1, 2}


@pytest.mark.parametrize("what", ["make", "merge", "rename", "show"])
def test_a_mesh_that_cannot_be_changed_is_left_alone_with_a_sentence(what: str) -> None:
    mesh = chair().data
    nodes, before = edits.parts(mesh), stored_tree.leaf_of_polygon(mesh)
    wanted = upper_half(mesh)
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(PartgenError, match="Edit Mode"):
        {
            "make": lambda: edits.make_part(mesh, wanted),
            "merge": lambda: edits.merge(mesh, nodes[:2]),
            "rename": lambda: edits.rename(mesh, nodes[0], "Arm"),
            "show": lambda: edits.show(mesh, nodes[:1], False),
        }[what]()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert np.array_equal(stored_tree.leaf_of_polygon(mesh), before)


def test_a_linked_mesh_is_left_alone_with_a_sentence(tmp_path: Path) -> None:
    chair()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chair.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "chair.blend"), link=True) as (_, wanted):
        wanted.objects = ["Chair"]
    object_ = wanted.objects[0]
    bpy.context.scene.collection.objects.link(object_)
    bpy.context.view_layer.objects.active = object_
    mesh = object_.data
    for change in (
        lambda: edits.make_part(mesh, upper_half(mesh)),
        lambda: edits.rename(mesh, 0, "Arm"),
        lambda: edits.show(mesh, [0], False),
    ):
        with pytest.raises(PartgenError, match=r"linked from chair\.blend"):
            change()
    assert not bpy.ops.partgen.merge_parts.poll()


def test_objects_that_share_a_mesh_share_the_edit() -> None:
    source = chair()
    twin = source.copy()
    bpy.context.scene.collection.objects.link(twin)
    for object_ in (source, twin):
        applying.apply(object_)
    edits.merge(source.data, edits.parts(source.data)[:2])
    assert applying.is_behind(source)
    assert applying.is_behind(twin)
    for object_ in (source, twin):
        assert len(applying.apply(object_)) == 3


def test_what_is_damaged_of_names_is_left_out() -> None:
    mesh = chair().data
    edits.rename(mesh, edits.parts(mesh)[0], "Arm")
    stored = mesh[stored_tree.TREE]["parts"]
    stored["100000"], stored["leg"], stored["3"] = {"name": "Leg"}, {"name": "Leg"}, "Leg"
    stored_tree.touch(mesh)
    assert sorted(row.name for row in mesh.partgen.rows)[0] == "Arm"
    assert "Leg" not in [row.name for row in mesh.partgen.rows]
    edits.make_part(mesh, upper_half(mesh))


def test_what_makes_no_sense_is_refused_in_a_sentence() -> None:
    mesh = chair().data
    for change in (edits.rename, edits.recolor):
        with pytest.raises(PartgenError, match="no such part"):
            change(mesh, 10_000, "Arm" if change is edits.rename else (1.0, 0.0, 0.0))
    count = len(mesh.polygons)
    for wanted in (np.zeros(count, bool), np.ones(count, bool)):
        with pytest.raises(PartgenError):
            edits.make_part(mesh, wanted)
    with pytest.raises(PartgenError, match="no such part"):
        edits.assign(mesh, upper_half(mesh), 10_000)
    for color in ((1.0, 0.0), (0.0, 0.0, float("nan"))):
        with pytest.raises(PartgenError, match="no color"):
            edits.recolor(mesh, edits.parts(mesh)[0], color)
    with pytest.raises(PartgenError, match="one for each face"):
        edits.move_faces(mesh, edits.part_of_polygon(mesh)[1:])
    assert mesh.partgen.parts == 4


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_parts_at_the_scale_with_their_faces() -> None:
    mesh = chair(5).data
    rows = mesh.partgen.rows
    assert {row.node: row.faces for row in rows} == {node: len(faces) for node, faces in faces_of(mesh).items()}
    mesh.partgen.parts = 3
    assert [row.name for row in rows] == ["Part 01", "Part 02", "Part 03"]


def test_an_opened_part_lists_what_it_is_made_of() -> None:
    mesh = chair(3).data
    rows = mesh.partgen.rows
    row = max(rows, key=lambda row: row.leaves)
    node, faces = row.node, row.faces
    bpy.ops.partgen.open_part(row=list(rows).index(row))
    place = next(i for i, row in enumerate(rows) if row.node == node)
    children = [rows[place + 1], rows[place + 2]]
    assert [child.depth for child in children] == [1, 1]
    assert sum(child.faces for child in children) == faces
    bpy.ops.partgen.open_part(row=place)
    assert len(rows) == 3


def test_names_can_be_typed_and_taken_back_in_the_list() -> None:
    mesh = chair().data
    row = mesh.partgen.rows[1]
    row.name = "Arm"
    assert row.name == "Arm"
    assert name_of(mesh, row.node) == "Arm"
    row.name = ""
    assert row.name == "Part 02"


def test_a_hidden_part_is_hidden_at_every_scale_and_in_edit_mode() -> None:
    mesh = chair(3).data
    row = mesh.partgen.rows[0]
    node, faces = row.node, faces_of(mesh)[row.node]
    row.is_shown = False
    hidden = mesh_data.hidden_polygons(mesh)
    assert set(np.flatnonzero(hidden).tolist()) == faces
    mesh.partgen.parts = 12
    assert {row.is_shown for row in mesh.partgen.rows if faces_of(mesh)[row.node] <= faces} == {False}
    mesh.partgen.parts = 1
    assert mesh.partgen.rows[0].is_shown
    mesh.partgen.parts = 3
    next(row for row in mesh.partgen.rows if row.node == node).is_shown = True
    assert mesh_data.hidden_polygons(mesh) is None


def test_faces_that_the_artist_hid_stay_hidden_when_parts_are_hidden_and_shown() -> None:
    mesh = chair(3).data
    first, second = (faces_of(mesh)[row.node] for row in list(mesh.partgen.rows)[:2])
    own = min(second)
    mesh_data.hide_polygons(mesh, np.arange(len(mesh.polygons)) == own)
    mesh.partgen.rows[0].is_shown = False
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == first | {own}
    mesh.partgen.rows[0].is_shown = True
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == {own}


def test_show_all_shows_only_what_was_hidden_with_parts() -> None:
    object_ = chair(3)
    mesh = object_.data
    first = faces_of(mesh)[mesh.partgen.rows[0].node]
    own = {min(first), min(faces_of(mesh)[mesh.partgen.rows[1].node])}
    mesh_data.hide_polygons(mesh, np.isin(np.arange(len(mesh.polygons)), list(own)))
    assert bpy.ops.partgen.show_parts(action="ALL") == {"FINISHED"}
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == own
    mesh.partgen.rows[0].is_shown = False
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == first | own
    mesh.partgen.parts = 5  # and a part of what is hidden is cut up by an edit
    edits.make_part(mesh, np.isin(np.arange(len(mesh.polygons)), sorted(first)[:3]))
    assert bpy.ops.partgen.show_parts(action="ALL") == {"FINISHED"}
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == own
    assert stored_tree.HIDDEN not in mesh.attributes


def test_clear_decomposition_shows_the_faces_that_were_hidden_with_parts() -> None:
    mesh = chair(3).data
    own = min(faces_of(mesh)[mesh.partgen.rows[1].node])
    mesh_data.hide_polygons(mesh, np.arange(len(mesh.polygons)) == own)
    mesh.partgen.rows[0].is_shown = False
    assert bpy.ops.partgen.clear() == {"FINISHED"}
    assert set(np.flatnonzero(mesh_data.hidden_polygons(mesh)).tolist()) == {own}
    assert stored_tree.HIDDEN not in mesh.attributes


def test_what_files_of_before_hid_with_parts_shows_with_other_parts_after_decomposing_again() -> None:
    mesh = chair(3).data
    mesh.partgen.rows[0].is_shown = False
    mesh.attributes.remove(mesh.attributes[stored_tree.HIDDEN])  # which such files do not have
    had = carrying.Belongings.of(mesh)
    stored_tree.write(mesh, studio.tree(1), np.zeros(len(mesh.polygons), int), "geometric")
    carrying.settle(mesh, had)
    assert mesh_data.hidden_polygons(mesh) is None


def test_show_all_leaves_objects_hidden_that_the_artist_hid() -> None:
    object_ = chair(3)
    mesh = object_.data
    applying.apply(object_)
    one, other, _ = collections.parts_of(object_)
    one.hide_set(True)
    tree, its = regrouping.tree_of(mesh), collections.leaves_of(other)
    next(row for row in mesh.partgen.rows if np.array_equal(tree.leaves(row.node), its)).is_shown = False
    assert other.hide_get()
    bpy.context.view_layer.objects.active = other
    assert bpy.ops.partgen.show_parts(action="ALL") == {"FINISHED"}
    assert (one.hide_get(), other.hide_get()) == (True, False)


def test_the_preview_leaves_hidden_parts_out_and_shows_given_colors() -> None:
    mesh = chair(3).data
    first, second, _ = (row.node for row in mesh.partgen.rows)
    edits.recolor(mesh, second, (0.1, 0.2, 0.3))
    edits.show(mesh, [first], False)
    tree = regrouping.tree_of(mesh)
    colors = overlay.leaf_colors(tree, 3, regrouping.given_of(mesh), regrouping.hidden_leaves_of(mesh))
    assert (colors[tree.leaves(first), 3] == 0).all()
    assert colors[tree.leaves(second)] == pytest.approx(np.tile([0.1, 0.2, 0.3, 1.0], (len(tree.leaves(second)), 1)))
    marked = overlay.leaf_colors(tree, 3, marked=[second])
    assert (marked[tree.leaves(second), :3] > overlay.leaf_colors(tree, 3)[tree.leaves(second), :3]).all()


def test_a_list_of_very_many_parts_shows_the_largest_and_says_how_many_are_missing() -> None:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=20, y_subdivisions=20)
    mesh = bpy.context.object.data
    count = len(mesh.polygons)
    stored_tree.write(mesh, studio.tree(count), np.arange(count), "geometric")
    mesh.partgen.scale = 0.0
    assert len(mesh.partgen.rows) == part_rows.MOST_ROWS
    assert part_rows.left_out(mesh) == count - part_rows.MOST_ROWS


def test_what_the_list_has_no_row_for_is_not_said_to_be_marked() -> None:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=20, y_subdivisions=20)
    mesh = bpy.context.object.data
    count = len(mesh.polygons)
    stored_tree.write(mesh, studio.tree(count), np.arange(count), "geometric")
    mesh.partgen.scale = 0.0
    assert part_rows.mark(mesh, edits.parts(mesh)) == part_rows.MOST_ROWS


# ---- buttons ---------------------------------------------------------------------------------------------------------


def test_marked_parts_are_merged_by_the_button() -> None:
    mesh = chair().data
    for row in list(mesh.partgen.rows)[:2]:
        row.is_marked = True
    before = [faces_of(mesh)[row.node] for row in mesh.partgen.rows]
    assert bpy.ops.partgen.merge_parts() == {"FINISHED"}
    assert before[0] | before[1] in faces_of(mesh).values()
    assert mesh.partgen.parts == 3


@pytest.mark.parametrize("which", [(0, 1), (1, 2)])
def test_a_part_is_not_merged_with_its_own_pieces(which: tuple[int, int]) -> None:
    object_ = chair(2)
    mesh = object_.data
    part_rows.open_row(mesh, 0, True)  # rows 1 and 2 are its pieces
    for row in which:
        mesh.partgen.rows[row].is_marked = True
    before = [(row.node, row.faces) for row in mesh.partgen.rows], mesh[stored_tree.TREE].get("revision", 0)
    with pytest.raises(RuntimeError, match="one part already"):
        bpy.ops.partgen.merge_parts()
    assert ([(row.node, row.faces) for row in mesh.partgen.rows], mesh[stored_tree.TREE].get("revision", 0)) == before


def test_faces_selected_in_edit_mode_are_assigned_and_edit_mode_goes_on() -> None:
    object_ = chair()
    mesh = object_.data
    before = faces_of(mesh)
    node, other = edits.parts(mesh)[:2]
    moved = sorted(before[other])[:2]
    selecting.select_faces(mesh, np.isin(np.arange(len(mesh.polygons)), moved))
    part_rows.mark(mesh, [node])
    bpy.context.tool_settings.mesh_select_mode = (False, False, True)
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.partgen.assign_faces(target="ACTIVE") == {"FINISHED"}
    assert object_.mode == "EDIT"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert before[node] | set(moved) in faces_of(mesh).values()


def test_after_undo_in_edit_mode_faces_can_still_be_assigned() -> None:
    object_ = chair()
    mesh = object_.data
    before = faces_of(mesh)
    node, other = edits.parts(mesh)[:2]
    moved = sorted(before[other])[:2]
    part_rows.mark(mesh, [node])
    selecting.select_faces(mesh, np.isin(np.arange(len(mesh.polygons)), moved))
    bpy.context.tool_settings.mesh_select_mode = (False, False, True)
    bpy.ops.object.mode_set(mode="EDIT")
    regrouping.forget()  # as undo does
    assert regrouping.tree_of(mesh) is not None
    assert bpy.ops.partgen.assign_faces.poll()
    assert bpy.ops.partgen.assign_faces(target="ACTIVE") == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert before[node] | set(moved) in faces_of(mesh).values()


def test_selection_goes_both_ways_between_list_and_faces() -> None:
    object_ = chair()
    mesh = object_.data
    node = edits.parts(mesh)[2]
    part_rows.mark(mesh, [node])
    for mode in ("OBJECT", "EDIT"):
        bpy.ops.object.mode_set(mode=mode)
        assert bpy.ops.partgen.select_parts() == {"FINISHED"}
        part_rows.mark(mesh, [])
        assert not regrouping.marked_nodes(mesh)
        assert bpy.ops.partgen.mark_selected_parts() == {"FINISHED"}
        assert regrouping.marked_nodes(mesh) == (node,)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert set(np.flatnonzero(selecting.selected_faces(mesh)).tolist()) == faces_of(mesh)[node]


def test_selection_goes_both_ways_between_list_and_objects() -> None:
    source = chair()
    applying.apply(source)
    mesh = source.data
    node = edits.parts(mesh)[1]
    part_rows.mark(mesh, [node])
    assert bpy.ops.partgen.select_parts() == {"FINISHED"}
    (selected,) = bpy.context.selected_objects
    assert frozenset(studio.origins(selected.data, "FACE").tolist()) == faces_of(mesh)[node]
    part_rows.mark(mesh, [])
    assert bpy.ops.partgen.mark_selected_parts() == {"FINISHED"}
    assert regrouping.marked_nodes(mesh) == (node,)


def test_edits_are_undone_and_done_again_in_one_step() -> None:
    mesh = chair().data
    bpy.ops.ed.undo_push(message="before")
    before = faces_of(mesh)
    mesh.partgen.rows[0].is_marked = mesh.partgen.rows[1].is_marked = True
    bpy.ops.ed.undo_push(message="marked")
    assert bpy.ops.partgen.merge_parts("EXEC_DEFAULT", True) == {"FINISHED"}
    after = faces_of(bpy.data.meshes["Chair"])
    bpy.ops.ed.undo()
    assert faces_of(bpy.data.meshes["Chair"]) == before
    assert [row.name for row in bpy.data.meshes["Chair"].partgen.rows] == ["Part 01", "Part 02", "Part 03", "Part 04"]
    bpy.ops.ed.redo()
    assert faces_of(bpy.data.meshes["Chair"]) == after


def test_an_edit_from_edit_mode_is_undone_with_its_tree() -> None:
    """Edit Mode's own undo steps do not hold the tree: labels and tree must not come apart."""
    object_ = chair()
    mesh = object_.data
    before = faces_of(mesh)
    node, other = edits.parts(mesh)[:2]
    selecting.select_faces(mesh, np.isin(np.arange(len(mesh.polygons)), sorted(before[other])[:2]))
    part_rows.mark(mesh, [node])
    bpy.context.tool_settings.mesh_select_mode = (False, False, True)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.ed.undo_push(message="Edit Mode")
    assert bpy.ops.partgen.assign_faces("EXEC_DEFAULT", True, target="ACTIVE") == {"FINISHED"}
    for _ in range(3):
        bpy.ops.ed.undo()
        object_ = bpy.data.objects["Chair"]
        if object_.mode == "EDIT":
            bpy.context.view_layer.objects.active = object_
            object_.update_from_editmode()
        mesh = object_.data
        leaves = np.array([value.value for value in mesh.attributes[stored_tree.LEAF].data]) if object_.mode == "OBJECT" else None
        if leaves is not None:
            assert leaves.max() < len(mesh[stored_tree.TREE]["merges"]) // 2 + 1
            assert regrouping.problem_of(mesh) == ""
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    assert faces_of(bpy.data.meshes["Chair"]) == before
