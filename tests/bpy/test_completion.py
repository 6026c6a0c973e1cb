"""Completing parts: closed solids, with the artist's own faces as they were, as one undo step that can be taken back or repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace

import bmesh
import bpy
import numpy as np
import pytest
from bl_ext.user_default.partgen_blender import applying, backend, collections, jobs, messages, preferences, setup
from bl_ext.user_default.partgen_blender.completion import (
    completing,
    gaps,
    methods,
    operators,
    patches,
    proposals,
    spreading,
    stitching,
    unwrapping,
)
from conftest import backend_of_module, quiet
from drawing import drawn
from numpy.typing import NDArray
from partgen.completion import METHODS as OF_THE_BACKEND
from partgen.completion import SEEDED, STEPPED, models
from partgen.errors import PartgenError
from partgen.weights import registry
from studio import ball, corner_normals, decomposed, mark, origins, positions, values
from test_jobs import pump_until, select, told

SECONDS = 300.0  # for anything, on a machine whose cores are all busy


@pytest.fixture(scope="module")
def backend_of_all(package: ModuleType) -> Iterator[None]:
    yield from backend_of_module("patient_backend.py")


@pytest.fixture(autouse=True)
def nothing_left(backend_of_all: None) -> Iterator[None]:
    yield from quiet()


PARTS = 3


def applied(name: str = "Chair", change: Callable[[bpy.types.Object], None] | None = None, smooth: bool = False) -> list[bpy.types.Object]:
    """The parts of a ball that was taken apart; `change` is what an artist did to the ball before."""
    source = decomposed(name)
    source.data.polygons.foreach_set("use_smooth", np.full(len(source.data.polygons), smooth))
    if change is not None:
        change(source)
    source.data.partgen.parts = PARTS
    parts = applying.apply(source)
    for part in parts:
        mark(part.data)
    assert len(parts) == PARTS
    return parts


def complete(*parts: bpy.types.Object, **wishes: object) -> None:
    """Completes parts as the button does, and waits; by the quickest method where none is asked for."""
    select(*parts)
    assert bpy.ops.partgen.complete("EXEC_DEFAULT", True, **{"method": "caps", **wishes}) == {"FINISHED"}
    assert jobs.finish(SECONDS)


def is_closed(mesh: bpy.types.Mesh) -> bool:
    """Whether every edge has two faces that go along it in opposite directions, and the whole has a volume."""
    bm = bmesh.new()
    bm.from_mesh(mesh)
    closed = all(edge.is_manifold and edge.is_contiguous for edge in bm.edges) and abs(bm.calc_volume()) > 0
    bm.free()
    return closed


def volume(mesh: bpy.types.Mesh) -> float:
    bm = bmesh.new()
    bm.from_mesh(mesh)
    found = bm.calc_volume(signed=True)
    bm.free()
    return found


def generated(mesh: bpy.types.Mesh) -> NDArray[np.bool_]:
    return patches.flags(mesh, "partgen_generated")


def seen(mesh: bpy.types.Mesh) -> dict[str, NDArray]:
    """All that an artist sees or made of the faces that are their own, in the order of the polygons."""
    own = np.flatnonzero(~generated(mesh))
    corners = np.concatenate([np.arange(p.loop_start, p.loop_start + p.loop_total) for p in (mesh.polygons[i] for i in own.tolist())])
    corner_vertices = values(mesh.loops, "vertex_index", np.int32)[corners]
    found = {
        "sizes": values(mesh.polygons, "loop_total", np.int32)[own],
        "places": positions(mesh)[corner_vertices],
        "vertices": corner_vertices,
        "materials": values(mesh.polygons, "material_index", np.int32)[own],
        "smooth": values(mesh.polygons, "use_smooth", bool)[own],
        "normals": corner_normals(mesh)[corners],
    }
    for layer in mesh.uv_layers:
        found[f"uv {layer.name}"] = values(layer.uv, "vector", np.float32, 2)[corners]
    for key in mesh.shape_keys.key_blocks if mesh.shape_keys else ():
        found[f"shape {key.name}"] = values(key.data, "co", np.float32, 3)[corner_vertices]
    return found


def expect_same(now: dict[str, NDArray], then: dict[str, NDArray]) -> None:
    assert now.keys() == then.keys()
    for name in then:
        if name == "normals":
            np.testing.assert_allclose(now[name], then[name], atol=4e-3)
        else:
            np.testing.assert_array_equal(now[name], then[name], err_msg=name)


# ---- the promise -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smooth", [False, True])
def test_visible_faces_keep_their_vertices_uvs_materials_and_normals_when_a_part_is_completed(smooth: bool) -> None:
    def dress(source: bpy.types.Object) -> None:
        for name in ("Oak", "Steel"):
            source.data.materials.append(bpy.data.materials.new(name))
        source.data.polygons.foreach_set("material_index", np.arange(len(source.data.polygons)) % 2)
        layer = source.data.uv_layers.new(name="Second")
        layer.uv.foreach_set("vector", np.random.default_rng(2).random(2 * len(source.data.loops)).astype(np.float32))

    parts = applied(change=dress, smooth=smooth)
    before = [seen(part.data) for part in parts]
    complete(*parts)
    for part, then in zip(parts, before, strict=True):
        assert generated(part.data).any()
        expect_same(seen(part.data), then)
        assert [slot.name for slot in part.data.materials][:2] == ["Oak", "Steel"]


@pytest.mark.parametrize("method", ["caps", "auto"])
def test_a_completed_part_is_closed_and_looks_outward(method: str) -> None:
    parts = applied()
    assert not any(is_closed(part.data) for part in parts)
    complete(*parts, method=method)
    assert all(is_closed(part.data) for part in parts)
    assert all(volume(part.data) > 0 for part in parts)
    assert {message.level for message in messages.shown} <= {"INFO"}


def test_generated_faces_are_marked_and_have_a_material_of_their_own() -> None:
    part, *_ = applied()
    count = len(part.data.polygons)
    complete(part)
    flags = generated(part.data)
    assert not flags[:count].any()
    assert flags[count:].all()
    assert part.data.attributes["partgen_generated"].domain == "FACE"
    indices = values(part.data.polygons, "material_index", np.int32)
    assert not np.isin(indices[flags], indices[~flags]).any()
    assert part.data.materials[int(indices[-1])].name == "Inner"


def test_a_part_has_one_slot_for_generated_faces_whatever_is_added_after_it() -> None:
    part, *_ = applied()
    part.data.materials.append(bpy.data.materials.new("Oak"))
    for number, name in enumerate(("Brass", "Glass")):
        complete(part)
        part.data.materials.append(bpy.data.materials.new(name))
        part.data.polygons[number].material_index = len(part.data.materials) - 1
    part.material_slots[3].link = "OBJECT"
    part.material_slots[3].material = bpy.data.materials.new("Of the object")
    complete(part)
    assert [slot.name for slot in part.material_slots] == ["Oak", "Brass", "Of the object", "Inner"]
    select(part)
    bpy.ops.partgen.reopen()
    assert [slot.name for slot in part.material_slots] == ["Oak", "Brass", "Of the object"]
    assert [part.material_slots[part.data.polygons[number].material_index].name for number in range(3)] == ["Brass", "Of the object", "Oak"]


def test_a_material_of_the_artist_is_used_where_one_was_chosen() -> None:
    part, *_ = applied()
    bpy.data.materials.new("Flesh")
    complete(part, inner="Flesh")
    assert part.data.materials[-1].name == "Flesh"


def test_one_undo_takes_all_completions_back() -> None:
    parts = applied()
    names, counts = [part.name for part in parts], [len(part.data.polygons) for part in parts]
    bpy.ops.ed.undo_push(message="before")
    complete(*parts)
    assert all(len(bpy.data.objects[name].data.polygons) > count for name, count in zip(names, counts, strict=True))
    bpy.ops.ed.undo()
    assert [len(bpy.data.objects[name].data.polygons) for name in names] == counts
    bpy.ops.ed.redo()
    assert all(is_closed(bpy.data.objects[name].data) for name in names)


def test_parts_of_several_objects_are_one_undo_step() -> None:
    parts = [part for name in ("Chair", "Lamp") for part in applied(name)]
    names = [part.name for part in parts]
    bpy.ops.ed.undo_push(message="before")
    complete(*parts)
    assert all(is_closed(bpy.data.objects[name].data) for name in names)
    bpy.ops.ed.undo()
    assert not any(is_closed(bpy.data.objects[name].data) for name in names)


def split(source: bpy.types.Object) -> None:
    """Doubles the vertices along a meridian, as a join without welding leaves them."""
    bm = bmesh.new()
    bm.from_mesh(source.data)
    bmesh.ops.split_edges(bm, edges=[edge for edge in bm.edges if all(abs(vertex.co.y) < 1e-4 for vertex in edge.verts)])
    bm.to_mesh(source.data)
    bm.free()


def split_everywhere(source: bpy.types.Object) -> None:
    """Takes all faces apart, as some files have them, and moves vertices by what rounding does."""
    bm = bmesh.new()
    bm.from_mesh(source.data)
    bmesh.ops.split_edges(bm, edges=bm.edges)
    bm.to_mesh(source.data)
    bm.free()
    nudged = positions(source.data) + np.random.default_rng(4).uniform(-1e-8, 1e-8, (len(source.data.vertices), 3))
    source.data.vertices.foreach_set("co", nudged.astype(np.float32).reshape(-1))


@pytest.mark.parametrize("double", [split, split_everywhere])
@pytest.mark.parametrize("method", ["caps", "solid"])
def test_parts_with_doubled_vertices_are_closed_by_their_edges_and_keep_their_faces(double: Callable, method: str) -> None:
    parts = applied(change=double, smooth=True)
    before = [(seen(part.data), len(part.data.vertices), positions(part.data)) for part in parts]
    complete(*parts, method=method)
    for part, (then, count, places) in zip(parts, before, strict=True):
        assert is_closed(part.data)
        expect_same(seen(part.data), then)
        np.testing.assert_array_equal(positions(part.data)[:count], places)
        assert not part.data.validate()
    assert "without area" in told()
    select(*parts)
    bpy.ops.partgen.reopen()
    for part, (then, _, places) in zip(parts, before, strict=True):
        expect_same(seen(part.data), then)
        np.testing.assert_array_equal(positions(part.data), places)


def test_a_part_that_is_closed_but_for_doubled_vertices_is_closed_by_its_edges_too() -> None:
    source = decomposed()
    split(source)
    source.data.partgen.parts = 1
    (part,) = applying.apply(source)
    before = seen(part.data)
    complete(part)
    assert is_closed(part.data)
    expect_same(seen(part.data), before)
    assert now(part).maker.made_by == "whole"


def test_faces_without_area_take_no_room_in_the_map() -> None:
    part, *_ = applied(change=split)
    complete(part)
    bridges = int(part.data["partgen_completed"]["bridges"])
    assert bridges
    uvs = values(part.data.uv_layers["UVMap"].uv, "vector", np.float32, 2)[-3 * bridges :].reshape(-1, 3, 2)
    assert not np.ptp(uvs, axis=1).any()


def test_a_generated_face_that_lies_on_an_edge_of_two_faces_is_seated_where_a_face_is_lacking() -> None:
    """A Boolean leaves slivers: their long sides are in one place, and the hole is beside one of them."""
    mesh = bpy.data.meshes.new("Sliver")
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]
    mesh.from_pydata(places, [], [(0, 1, 3), (1, 2, 3), (0, 3, 2), (0, 4, 1)])  # a tetrahedron without its floor, and a sliver at its edge
    tetrahedron = bpy.data.objects.new("Sliver", mesh)
    bpy.context.scene.collection.objects.link(tetrahedron)
    floor = stitching.Addition(np.arange(3, dtype=np.int32), np.empty((0, 3), np.float32), np.array([[0, 2, 1]], np.int32))
    stitching.close(tetrahedron, floor, None, {})
    assert is_closed(mesh)
    assert generated(mesh)[:4].tolist() == [False] * 4


def test_a_part_whose_faces_are_all_apart_is_left_so_where_it_is_large_and_it_is_said_how_to_weld_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stitching, "MOST_BRIDGES", 0)
    part, *_ = applied(change=split_everywhere)
    complete(part)
    assert not is_closed(part.data)
    assert "Merge, By Distance" in told()
    bm = bmesh.new()
    bm.from_mesh(part.data)
    bmesh.ops.remove_doubles(bm, verts=bm.verts, dist=1e-5)
    assert all(edge.is_manifold for edge in bm.edges)
    bm.free()


def test_completed_parts_that_were_joined_are_closed_by_their_edges() -> None:
    first, second, _ = applied()
    complete(first, second)
    assert "doubled" not in told()
    select(first, second)
    bpy.ops.object.join()
    complete(first)
    assert is_closed(first.data)


def test_completing_again_replaces_and_never_doubles() -> None:
    part, *_ = applied()
    before = seen(part.data)
    complete(part)
    once = len(part.data.polygons), len(part.data.vertices), len(part.data.materials)
    complete(part)
    assert (len(part.data.polygons), len(part.data.vertices), len(part.data.materials)) == once
    assert is_closed(part.data)
    expect_same(seen(part.data), before)


def test_open_again_leaves_the_part_as_it_was() -> None:
    part, *_ = applied(smooth=True)
    before, attributes, materials = seen(part.data), sorted(part.data.attributes.keys()), len(part.data.materials)
    vertices = positions(part.data)
    complete(part)
    select(part)
    assert bpy.ops.partgen.reopen() == {"FINISHED"}
    np.testing.assert_array_equal(positions(part.data), vertices)
    expect_same(seen(part.data), before)
    assert not generated(part.data).any()
    assert set(part.data.attributes.keys()) - set(attributes) <= {"custom_normal", "material_index", "sharp_edge", "sharp_face"}
    assert len(part.data.materials) == materials
    assert not patches.is_completed(part.data)


def test_what_was_done_to_a_completed_part_survives_completing_it_again() -> None:
    part, *_ = applied()
    complete(part)
    moved = positions(part.data)
    moved[0] += 0.1
    part.data.vertices.foreach_set("co", moved.reshape(-1))
    complete(part)
    np.testing.assert_array_equal(positions(part.data)[0], moved[0])
    assert is_closed(part.data)


# ---- what is asked for -----------------------------------------------------------------------------------------------


def test_only_the_selected_parts_are_completed() -> None:
    first, *others = applied()
    complete(first)
    assert is_closed(first.data)
    assert not any(generated(other.data).any() for other in others)


def test_all_completes_the_parts_that_are_not_selected_too() -> None:
    parts = applied()
    complete(parts[0], scope="ALL")
    assert all(is_closed(part.data) for part in parts)


def test_a_decomposed_object_is_applied_and_completed_as_one_undo_step() -> None:
    source = decomposed()
    source.data.partgen.parts = PARTS
    bpy.ops.ed.undo_push(message="before")
    complete(source)
    parts = collections.parts_of(source)
    assert len(parts) == PARTS
    assert all(is_closed(part.data) for part in parts)
    bpy.ops.ed.undo()
    assert not collections.parts_of(bpy.data.objects["Chair"])


def test_an_edited_part_is_completed_as_it_is_now() -> None:
    part, *_ = applied()
    part.data.vertices.foreach_set("co", (2.0 * positions(part.data)).reshape(-1))
    before = seen(part.data)
    complete(part)
    assert is_closed(part.data)
    expect_same(seen(part.data), before)


def test_a_part_of_a_completed_part_keeps_what_was_generated_before() -> None:
    whole, *_ = applied()
    complete(whole)
    inherited = np.count_nonzero(generated(whole.data))
    select(whole)
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    assert jobs.finish(SECONDS)
    (copy,) = applying.apply(whole)
    assert np.count_nonzero(generated(copy.data)) == inherited
    complete(copy)
    assert np.count_nonzero(generated(copy.data)) == inherited
    select(copy)
    bpy.ops.partgen.reopen()
    assert np.count_nonzero(generated(copy.data)) == inherited


def test_objects_without_parts_are_refused_with_what_to_do() -> None:
    loose = ball("Loose")
    select(loose)
    assert not bpy.ops.partgen.complete.poll()
    with pytest.raises(PartgenError, match="Decompose it first"):
        completing.complete([loose])


# ---- what is on the way ----------------------------------------------------------------------------------------------


def start_slow() -> list[bpy.types.Object]:
    """Parts of which two are done and the third takes a minute."""
    parts = applied("Slow Chair")
    bpy.ops.ed.undo_push(message="before")
    select(*parts)
    assert bpy.ops.partgen.complete("EXEC_DEFAULT", True, method="caps") == {"FINISHED"}
    pump_until(lambda: any("2 of 3 parts done" in job.lines for job in jobs.open_jobs()), SECONDS)
    return parts


def test_nothing_changes_while_parts_are_completed() -> None:
    parts = start_slow()
    assert not any(generated(part.data).any() for part in parts)
    jobs.cancel_all()


def test_cancel_keeps_the_parts_that_are_done() -> None:
    parts = start_slow()
    names = [part.name for part in parts]
    assert bpy.ops.partgen.cancel() == {"FINISHED"}
    assert not jobs.open_jobs()
    assert [is_closed(part.data) for part in parts] == [True, True, False]
    bpy.ops.ed.undo()
    assert not any(generated(bpy.data.objects[name].data).any() for name in names)


def test_what_is_done_is_kept_where_the_backend_ends() -> None:
    parts = start_slow()
    backend.stop(wait=5.0)
    assert jobs.finish(SECONDS)
    assert [is_closed(part.data) for part in parts] == [True, True, False]
    assert "The backend was stopped" in told()


def test_a_part_that_is_edited_meanwhile_is_left_alone_and_the_others_are_completed() -> None:
    first, second, third = applied()
    select(first, second, third)
    bpy.ops.partgen.complete(method="caps")
    first.data.vertices[0].co.x += 1.0
    assert jobs.finish(SECONDS)
    assert [is_closed(part.data) for part in (first, second, third)] == [False, True, True]
    assert f"{first.name} was edited while it was being completed" in told()


def test_a_part_that_cannot_be_completed_is_named_and_the_others_are_completed(tmp_path) -> None:
    empty, linked, third = applied()
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {linked.data})
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, chosen):
        chosen.meshes = [linked.data.name]
    linked.data = chosen.meshes[0]
    empty.data.clear_geometry()
    complete(empty, linked, third)
    assert is_closed(third.data)
    assert f"{empty.name} has no faces" in told()
    assert f"{linked.name} is linked from library.blend" in told()


def test_a_part_that_is_deleted_meanwhile_is_said_and_changes_nothing_else() -> None:
    first, second, _ = applied()
    name = first.name
    select(first, second)
    bpy.ops.partgen.complete(method="caps")
    bpy.data.objects.remove(first)
    assert jobs.finish(SECONDS)
    assert f"{name} is no longer there" in told()


# ---- what lies on a part ---------------------------------------------------------------------------------------------


def test_a_part_with_an_armature_keeps_its_weights_and_new_vertices_follow_the_same_bones() -> None:
    def rig(source: bpy.types.Object) -> None:
        for name, weights in (("Upper", positions(source.data)[:, 2] > 0), ("Lower", positions(source.data)[:, 2] <= 0)):
            group = source.vertex_groups.new(name=name)
            group.add(np.flatnonzero(weights).tolist(), 1.0, "REPLACE")
        source.modifiers.new("Armature", "ARMATURE").object = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))

    part, *_ = applied(change=rig)
    count = len(part.data.vertices)
    before = [{g.group: g.weight for g in v.groups} for v in part.data.vertices]
    complete(part)
    after = [{g.group: g.weight for g in v.groups} for v in part.data.vertices]
    assert after[:count] == before
    assert [modifier.type for modifier in part.modifiers] == ["ARMATURE"]
    for weights in after[count:]:
        assert sum(weights.values()) == pytest.approx(1.0, abs=5e-3)


def test_a_part_with_shape_keys_keeps_them_and_new_vertices_move_along() -> None:
    def key(source: bpy.types.Object) -> None:
        source.shape_key_add(name="Basis")
        block = source.shape_key_add(name="Lifted")
        block.data.foreach_set("co", (positions(source.data) + np.float32([0, 0, 0.5])).reshape(-1))
        block.value = 0.25

    part, *_ = applied(change=key)
    before = seen(part.data)
    complete(part)
    expect_same(seen(part.data), before)
    basis, lifted = part.data.shape_keys.key_blocks
    assert (basis.name, lifted.name, lifted.value) == ("Basis", "Lifted", 0.25)
    moved = values(lifted.data, "co", np.float32, 3) - values(basis.data, "co", np.float32, 3)
    np.testing.assert_allclose(moved, np.tile([0, 0, 0.5], (len(moved), 1)), atol=1e-4)


def test_attributes_of_every_kind_survive_on_the_artists_own_elements() -> None:
    kinds = {"FLOAT": "value", "INT": "value", "BOOLEAN": "value", "FLOAT_VECTOR": "vector", "FLOAT_COLOR": "color", "FLOAT4X4": "value"}
    width = {"FLOAT_VECTOR": 3, "FLOAT_COLOR": 4, "FLOAT4X4": 16}

    def paint(source: bpy.types.Object) -> None:
        for domain in ("POINT", "EDGE", "CORNER", "FACE"):
            for kind, field in kinds.items():
                attribute = source.data.attributes.new(f"{kind} of {domain}", kind, domain)
                random = np.random.default_rng(3).random(len(attribute.data) * width.get(kind, 1))
                attribute.data.foreach_set(field, (random * 9).astype({"INT": np.int32, "BOOLEAN": bool}.get(kind, np.float32)))

    part, *_ = applied(change=paint)
    mesh = part.data
    names = [f"{kind} of {domain}" for kind in kinds for domain in ("POINT", "EDGE", "CORNER", "FACE")]

    def read() -> dict[str, NDArray]:
        found = {}
        for name in names:
            attribute = mesh.attributes[name]
            kind = attribute.data_type
            found[name] = values(attribute.data, kinds[kind], {"INT": np.int32, "BOOLEAN": bool}.get(kind, np.float32), width.get(kind, 1))
        return found

    before, origin = read(), {domain: origins(mesh, domain) for domain in ("POINT", "EDGE", "CORNER", "FACE")}
    complete(part)
    after = read()
    for name in names:
        domain = name.rpartition(" ")[2]
        count = len(origin[domain])
        if domain == "EDGE":  # Blender sorts edges as it likes
            before_of = dict(zip(origin[domain].tolist(), before[name].tolist(), strict=True))
            for number, value in zip(origins(mesh, domain).tolist()[:count], after[name].tolist()[:count], strict=True):
                assert before_of[number] == value
        else:
            np.testing.assert_array_equal(after[name][:count], before[name], err_msg=name)


def test_what_cannot_be_mixed_goes_on_over_generated_faces_and_their_corners() -> None:
    kinds = {"INT": 7, "INT8": -3, "BOOLEAN": True, "STRING": b"oak", "QUATERNION": (0.5, 0.5, 0.5, 0.5), "INT32_2D": (4, 5)}

    def paint(source: bpy.types.Object) -> None:
        for domain in ("CORNER", "FACE"):
            for kind, value in kinds.items():
                for element in source.data.attributes.new(f"{kind} of {domain}", kind, domain).data:
                    element.value = value

    part, *_ = applied(change=paint)
    complete(part)
    for domain in ("CORNER", "FACE"):
        for kind, value in kinds.items():
            found = [element.value for element in part.data.attributes[f"{kind} of {domain}"].data]
            assert {tuple(v) if isinstance(value, tuple) else v for v in found} == {value}, f"{kind} of {domain}"


def test_colors_go_on_over_generated_faces() -> None:
    def paint(source: bpy.types.Object) -> None:
        attribute = source.data.color_attributes.new("Paint", "FLOAT_COLOR", "CORNER")
        attribute.data.foreach_set("color", np.tile(np.float32([0.2, 0.4, 0.6, 1.0]), len(attribute.data)))

    part, *_ = applied(change=paint)
    complete(part)
    colors = values(part.data.color_attributes["Paint"].data, "color", np.float32, 4)
    np.testing.assert_allclose(colors, np.tile([0.2, 0.4, 0.6, 1.0], (len(colors), 1)), atol=1e-3)


def test_generated_faces_have_uvs_of_the_density_of_the_rest_that_cover_no_visible_texel() -> None:
    def unwrap(source: bpy.types.Object) -> None:
        places = positions(source.data)[values(source.data.loops, "vertex_index", np.int32)]
        source.data.uv_layers["UVMap"].uv.foreach_set("vector", (0.25 * places[:, :2] + 0.5).reshape(-1))

    part, *_ = applied(change=unwrap)
    complete(part)
    mesh = part.data
    uvs = values(mesh.uv_layers["UVMap"].uv, "vector", np.float32, 2)
    corners = np.repeat(generated(mesh), values(mesh.polygons, "loop_total", np.int32))
    assert uvs[corners, 0].min() >= np.ceil(uvs[~corners, 0].max()) - 1e-5
    in_uv = in_space = 0.0
    for index in np.flatnonzero(generated(mesh)).tolist():
        polygon = mesh.polygons[index]
        a, b, c = uvs[polygon.loop_start : polygon.loop_start + 3]
        in_uv += abs(float(np.linalg.det([b - a, c - a]))) / 2
        in_space += polygon.area
    assert 0.05 < np.sqrt(in_uv / in_space) < 0.5  # 0.25 where the surface faces the projection, less where it does not


@pytest.mark.parametrize("scale", [(2.0, 0.5, 1.0), (-1.0, 1.0, 1.0)])
def test_scaled_and_mirrored_objects_are_closed_in_their_own_space(scale: tuple[float, float, float]) -> None:
    parts = applied(change=lambda source: setattr(source, "scale", scale))
    bpy.context.view_layer.update()
    before = [seen(part.data) for part in parts]
    complete(*parts)
    assert all(is_closed(part.data) for part in parts)
    for part, then in zip(parts, before, strict=True):
        expect_same(seen(part.data), then)
        assert volume(part.data) > 0  # the mesh itself is not mirrored, its object is


def test_modifiers_that_shade_themselves_get_no_custom_normals() -> None:
    part, *_ = applied(change=lambda source: source.modifiers.new("Subdivision", "SUBSURF") and None, smooth=True)
    complete(part)
    assert not part.data.has_custom_normals


def test_a_face_whose_back_is_generated_is_no_obstacle() -> None:
    """Blender allows one face between three vertices: the generated one gets a vertex in its middle."""
    mesh = bpy.data.meshes.new("Leaf")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    leaf = bpy.data.objects.new("Leaf", mesh)
    bpy.context.scene.collection.objects.link(leaf)
    back = stitching.Addition(np.arange(3, dtype=np.int32), np.empty((0, 3), np.float32), np.array([[0, 2, 1]], np.int32))
    stitching.close(leaf, back, None, {})
    assert generated(mesh).tolist() == [False, True, True, True]
    bm = bmesh.new()
    bm.from_mesh(mesh)
    assert all(edge.is_manifold and edge.is_contiguous for edge in bm.edges)
    bm.free()


# ---- proposals -------------------------------------------------------------------------------------------------------


def draw_proposals(*parts: bpy.types.Object, count: int = 3, seed: int = 0) -> None:
    """Completes parts by the method that draws, so many times."""
    complete(*parts, method="holopart", proposals=count, seed=seed)


def now(part: bpy.types.Object) -> proposals.Shown:
    found = proposals.shown(part.data)
    assert found is not None
    return found


def flip(*parts: bpy.types.Object, **which: int) -> None:
    select(*parts)
    assert bpy.ops.partgen.choose_proposal("EXEC_DEFAULT", True, **which) == {"FINISHED"}


def test_several_proposals_are_flipped_through_and_around_and_each_is_closed_with_the_same_own_faces() -> None:
    part, *_ = applied(smooth=True)
    before = seen(part.data)
    draw_proposals(part)
    forms = []
    for number in (1, 2, 3):
        assert (now(part).number, now(part).count) == (number, 3)
        assert is_closed(part.data)
        expect_same(seen(part.data), before)
        forms.append(positions(part.data))
        flip(part)
    assert now(part).number == 1
    np.testing.assert_array_equal(positions(part.data), forms[0])
    assert not np.array_equal(forms[0], forms[1])
    assert not np.array_equal(forms[1], forms[2])
    flip(part, step=-1)
    np.testing.assert_array_equal(positions(part.data), forms[2])
    flip(part, number=2)
    np.testing.assert_array_equal(positions(part.data), forms[1])


def test_every_proposal_says_which_method_weights_and_seed_made_it() -> None:
    part, *_ = applied()
    draw_proposals(part, count=2, seed=5)
    first = now(part).maker
    assert (first.method, first.weights, first.seed) == ("holopart", "holopart", 5)
    text = drawn("PARTGEN_PT_complete").text
    assert "1 of 2 · HoloPart" in text
    assert "Weights: HoloPart, seed 5" in text
    flip(part)
    assert now(part).maker.seed == 6
    assert "A pen worked in a reduced form." in told()


def test_choosing_is_one_undo_step() -> None:
    part, *_ = applied()
    name = part.name
    draw_proposals(part)
    first = positions(part.data)
    flip(part)
    second = positions(part.data)
    bpy.ops.ed.undo()
    part = bpy.data.objects[name]
    np.testing.assert_array_equal(positions(part.data), first)
    assert now(part).number == 1
    bpy.ops.ed.redo()
    part = bpy.data.objects[name]
    np.testing.assert_array_equal(positions(part.data), second)
    assert now(part).number == 2


def test_one_part_is_rolled_again_alone_with_a_new_seed() -> None:
    first, second, _ = applied()
    draw_proposals(first, second, count=2)
    untouched = positions(second.data)
    select(first)
    assert bpy.ops.partgen.reroll() == {"FINISHED"}
    assert jobs.finish(SECONDS)
    assert (now(first).number, now(first).count, now(first).maker.seed) == (3, 3, 2)
    assert (now(second).number, now(second).count) == (1, 2)
    np.testing.assert_array_equal(positions(second.data), untouched)


def test_parts_that_were_completed_differently_are_rolled_again_as_one_undo_step() -> None:
    first, second, _ = applied()
    names = [first.name, second.name]
    draw_proposals(first, count=1)
    complete(second, method="holopart", remesh=True)
    select(first, second)
    assert bpy.ops.partgen.reroll() == {"FINISHED"}
    assert jobs.finish(SECONDS)
    assert [now(bpy.data.objects[name]).count for name in names] == [2, 2]
    bpy.ops.ed.undo()
    assert [now(bpy.data.objects[name]).count for name in names] == [1, 1]


def test_parts_that_may_not_fit_each_other_are_said_to() -> None:
    parts = applied()
    complete(*parts, method="solid")
    assert "overlap" not in told()
    complete(parts[0], method="solid", reach=0.2)
    assert "Chair: Its parts were completed in different ways" in told()
    complete(*parts, method="holopart", seed=1, proposals=2)
    assert "overlap" not in told()
    flip(parts[0])
    assert "they may overlap or leave gaps" in told()


def test_parts_with_and_without_flat_cuts_are_said_not_to_fit() -> None:
    parts = applied()
    complete(*parts, method="solid", flat_cuts=False)
    assert [now(part).maker.flat_cuts for part in parts] == [False] * len(parts)
    assert "overlap" not in told()
    complete(parts[0], method="solid")
    assert now(parts[0]).maker.flat_cuts
    assert "Chair: Its parts were completed in different ways" in told()


def test_keeping_one_forgets_the_others_and_leaves_the_part_as_it_is() -> None:
    part, *_ = applied()
    draw_proposals(part)
    flip(part, number=2)
    chosen = positions(part.data)
    assert bpy.ops.partgen.keep_proposal("EXEC_DEFAULT", True) == {"FINISHED"}
    assert now(part).count == 1
    np.testing.assert_array_equal(positions(part.data), chosen)
    assert is_closed(part.data)
    assert len(proposals.of(part.data)) == 1
    assert not bpy.ops.partgen.choose_proposal.poll()


def test_completing_by_another_method_is_one_more_proposal_to_compare() -> None:
    part, *_ = applied()
    complete(part, method="caps")
    complete(part, method="solid")
    complete(part, method="caps")
    assert (now(part).number, now(part).count, now(part).maker.method) == (2, 2, "caps")
    flip(part)
    assert now(part).maker.method == "solid"


def test_a_flip_between_stitched_and_remeshed_keeps_the_artists_mesh() -> None:
    part, *_ = applied()
    before = seen(part.data)
    complete(part, method="caps")
    complete(part, method="caps", remesh=True)
    assert generated(part.data).all()
    flip(part)
    expect_same(seen(part.data), before)
    assert is_closed(part.data)
    flip(part)
    assert generated(part.data).all()
    select(part)
    assert bpy.ops.partgen.reopen() == {"FINISHED"}
    expect_same(seen(part.data), before)


def test_what_was_painted_on_a_part_stays_whichever_proposal_is_shown() -> None:
    part, *_ = applied()
    draw_proposals(part)
    own = np.flatnonzero(~generated(part.data))
    oak = bpy.data.materials.new("Oak")
    part.data.materials[0] = oak
    part.data.polygons.foreach_set("use_smooth", np.ones(len(part.data.polygons), bool))
    flip(part)
    assert part.data.materials[0] == oak
    assert values(part.data.polygons, "use_smooth", bool)[own].all()


def test_the_material_of_the_hidden_faces_stays_whichever_proposal_is_shown() -> None:
    part, *_ = applied()
    draw_proposals(part)
    flesh = bpy.data.materials.new("Flesh")
    part.data.materials[-1] = flesh
    flip(part)
    assert part.data.materials[-1] == flesh


def test_proposals_of_a_part_that_was_moved_since_are_refused_with_what_to_do() -> None:
    first, second, _ = applied()
    draw_proposals(first, second)
    moved = positions(second.data)
    moved[0] += 0.1
    second.data.vertices.foreach_set("co", moved.reshape(-1))
    with pytest.raises(PartgenError, match="no longer fit it") as error:
        completing.choose([first, second])
    assert error.value.remedy == "Complete it again."
    assert now(first).number == now(second).number == 1
    np.testing.assert_array_equal(positions(second.data), moved)
    complete(second, method="caps")
    assert (now(second).count, now(second).maker.method) == (1, "caps")  # those that fitted no more are forgotten


def test_a_file_remembers_the_proposals(tmp_path) -> None:
    part, *_ = applied()
    name = part.name
    draw_proposals(part)
    flip(part)
    second = positions(part.data)
    flip(part)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chair.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "chair.blend"))
    part = bpy.data.objects[name]
    assert (now(part).number, now(part).count) == (3, 3)
    flip(part, number=2)
    np.testing.assert_array_equal(positions(part.data), second)


def test_cancel_keeps_the_proposals_that_are_done() -> None:
    parts = applied("Slow Chair")
    select(*parts)
    assert bpy.ops.partgen.complete(method="holopart", proposals=2) == {"FINISHED"}
    pump_until(lambda: any("2 of 3 parts done" in job.lines for job in jobs.open_jobs()), SECONDS)
    assert bpy.ops.partgen.cancel() == {"FINISHED"}
    done = [part for part in parts if is_closed(part.data)]
    assert len(done) == 2
    assert [now(part).count for part in done] == [1, 1]


def test_there_are_never_more_proposals_than_can_be_looked_at() -> None:
    part, *_ = applied()
    draw_proposals(part, count=5)
    draw_proposals(part, count=5, seed=7)
    assert now(part).count <= proposals.MOST


def test_part_of_a_completed_part_has_none_of_its_proposals() -> None:
    whole, *_ = applied()
    draw_proposals(whole)
    select(whole)
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    assert jobs.finish(SECONDS)
    (copy,) = applying.apply(whole)
    assert proposals.shown(copy.data) is None


def test_methods_that_give_one_result_offer_no_other() -> None:
    part, *_ = applied()
    complete(part, method="solid", proposals=3)
    assert now(part).count == 1
    select(part)
    assert not bpy.ops.partgen.reroll.poll()
    notes = drawn("PARTGEN_PT_complete")
    assert "Solid" in notes.text
    assert not {"partgen.reroll", "partgen.choose_proposal", "partgen.keep_proposal"} & set(notes.operators)


# ---- replacing -------------------------------------------------------------------------------------------------------


def test_a_remeshed_part_keeps_materials_groups_and_its_own_mesh_to_come_back_to() -> None:
    from bl_ext.user_default.partgen_blender.completion.replacing import replace

    def dress(source: bpy.types.Object) -> None:
        source.data.materials.append(bpy.data.materials.new("Oak"))
        source.vertex_groups.new(name="All").add(list(range(len(source.data.vertices))), 0.75, "REPLACE")

    part, *_ = applied(change=dress)
    before, name = seen(part.data), part.data.name
    corners = np.float32([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    hull = bmesh.new()
    for corner in corners.tolist():
        hull.verts.new(corner)
    bmesh.ops.convex_hull(hull, input=hull.verts)
    hull.verts.index_update()
    faces = np.array([[v.index for v in face.verts] for face in hull.faces], np.int32)
    hull.free()
    replace(part, corners, faces, {"method": "solid", "made_by": "remesh"})
    assert len(part.data.polygons) == 12
    assert generated(part.data).all()
    assert [slot.name for slot in part.data.materials] == ["Oak"]
    assert [group.name for group in part.vertex_groups] == ["All"]
    assert all(v.groups[0].weight == pytest.approx(0.75) for v in part.data.vertices)
    assert part.data.name == name
    select(part)
    assert bpy.ops.partgen.reopen() == {"FINISHED"}
    expect_same(seen(part.data), before)
    assert [group.name for group in part.vertex_groups] == ["All"]


# ---- the panel -------------------------------------------------------------------------------------------------------


def test_the_panel_says_what_is_completed() -> None:
    parts = applied()
    select(parts[0])
    notes = drawn("PARTGEN_PT_complete")
    assert "Complete This Part" in notes.text
    assert "All" in notes.texts
    assert "partgen.reopen" not in notes.operators
    select(*parts)
    notes = drawn("PARTGEN_PT_complete")
    assert f"Complete {PARTS} Parts" in notes.text
    assert "All" not in notes.texts
    complete(*parts)
    assert "partgen.reopen" in drawn("PARTGEN_PT_complete").operators


def test_the_menu_offers_every_method_of_the_backend_with_what_it_needs() -> None:
    text = drawn("PARTGEN_PT_completion_methods").text
    assert {method.id for method in methods.METHODS} == set(OF_THE_BACKEND)
    for method in methods.METHODS:
        assert method.name in text
        assert method.description in text
        assert method.has_seed == (method.id in SEEDED)
        if method.weights:
            entry = registry.entry(method.weights)
            assert entry.method == method.id
            assert entry.licence.name in text


def test_every_model_of_a_method_can_be_chosen_with_licence_and_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for method in methods.METHODS:
        weights = [model.id for model in method.models] or [method.weights]
        assert tuple(filter(None, weights)) == models(method.id)
        assert {identifier for identifier in weights if methods.has_steps(method, identifier)} == STEPPED & set(weights)
    select(*applied())
    settings = bpy.context.scene.partgen_completion
    assert "Model" not in drawn("PARTGEN_PT_complete").texts
    settings.method = "generative"
    notes = drawn("PARTGEN_PT_complete")
    assert {"Model", "Claims"} <= set(notes.texts)
    assert "steps" not in notes.properties
    menu = drawn("PARTGEN_PT_completion_models")
    for model in methods.MODELS:
        assert {model.name, f"Tier {model.tier}"} <= set(menu.texts)
        assert model.description in menu.text
        assert f"Licence of the weights: {registry.entry(model.weights).licence.name}" in menu.text
        assert model.name == registry.entry(model.weights).title
    assert "Comes with PartGen." in menu.text
    assert "Experimental" in menu.text
    settings.model = "completer"
    assert "steps" in drawn("PARTGEN_PT_complete").properties
    monkeypatch.setattr(setup, "is_geometry_only", lambda: True)
    notes = drawn("PARTGEN_PT_complete")
    assert "Small Completer: Needs the tier AI" in notes.text
    assert "partgen.set_up" in notes.operators


def test_a_model_with_its_steps_and_seed_makes_the_parts_and_says_so_and_rolls_again() -> None:
    part, *_ = applied()
    complete(part, method="generative", model="completer", steps=1, seed=4)
    made = now(part).maker
    assert (made.method, made.weights, made.seed, made.steps) == ("generative", "completer", 4, 1)
    assert is_closed(part.data)
    assert "Weights: Small Completer, seed 4, 1 step" in drawn("PARTGEN_PT_complete").text
    assert "Experimental" in told()
    assert bpy.ops.partgen.reroll() == {"FINISHED"}
    assert jobs.finish(SECONDS)
    again = now(part).maker
    assert (again.weights, again.seed, again.steps) == ("completer", 5, 1)
    complete(part, method="generative")
    assert now(part).maker.weights == "claims"


def asked_by_the_button(**given: object) -> SimpleNamespace:
    """What the operator asks for when its button is pressed: without a screen Blender does not invoke it."""
    set_by = SimpleNamespace(is_property_set=lambda name: name in given)
    operator = SimpleNamespace(properties=set_by, execute=lambda context: None, **given)
    operators.PARTGEN_OT_complete.invoke(operator, bpy.context, None)
    return operator


def test_the_button_asks_for_what_the_panel_says_and_its_model_where_the_method_has_it() -> None:
    settings = bpy.context.scene.partgen_completion
    settings.method, settings.model, settings.steps = "generative", "completer", 9
    asked = asked_by_the_button()
    assert (asked.method, asked.model, asked.steps) == ("generative", "completer", 9)
    assert asked_by_the_button(method="caps").model == "auto"
    assert asked_by_the_button(model="claims").model == "claims"
    settings.method, settings.flat_cuts = "solid", False
    assert (asked_by_the_button().model, asked_by_the_button().flat_cuts) == ("auto", False)


def test_a_script_that_leaves_something_out_gets_the_default_and_not_what_was_asked_last() -> None:
    part, *_ = applied()
    complete(part, method="generative", proposals=2, seed=3)
    complete(part, method="generative")
    assert (now(part).number, now(part).count, now(part).maker.seed) == (3, 3, 0)


def test_a_model_that_the_method_does_not_have_is_refused_with_those_that_it_has() -> None:
    part, *_ = applied()
    before = positions(part.data)
    complete(part, method="solid", model="completer")
    assert "The completion method 'solid' does not work with the model 'completer'. Leave the model out" in told()
    np.testing.assert_array_equal(positions(part.data), before)


def test_proposals_are_ranked_by_how_true_they_are_expected_to_be_in_the_same_order_for_all_parts() -> None:
    parts = applied()
    complete(*parts, method="generative", proposals=3, seed=1)
    ranks = []
    while len(ranks) < 3:
        (shown,) = {(now(part).number, now(part).maker.seed, now(part).maker.expected_overlap) for part in parts}
        ranks.append(shown)
        flip(*parts)
    first, second, third = ranks
    assert {first[1], second[1], third[1]} == {1, 2, 3}
    assert 1 > first[2] >= second[2] >= third[2] > 0
    assert f"Ranked by its own estimate: {first[2]:.0%}" in drawn("PARTGEN_PT_complete").text
    complete(*parts, method="solid")
    assert "estimate" not in drawn("PARTGEN_PT_complete").text


def test_what_the_chosen_method_lacks_is_said_with_the_button_for_it(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = applied()
    select(*parts)
    preferences.get().models_folder = str(tmp_path)
    bpy.context.scene.partgen_completion.method = "holopart"
    notes = drawn("PARTGEN_PT_complete")
    assert "HoloPart: Not here." in notes.text
    assert "partgen.download_model" in notes.operators
    assert {"proposals", "seed"} <= set(notes.properties)
    assert "reach" not in notes.properties
    bpy.context.scene.partgen_completion.method = "solid"
    notes = drawn("PARTGEN_PT_complete")
    assert "partgen.download_model" not in notes.operators
    assert not {"proposals", "seed"} & set(notes.properties)
    preferences.get().property_unset("models_folder")


# ---- numbers ---------------------------------------------------------------------------------------------------------


def grid(count: int = 9) -> tuple[NDArray, NDArray]:
    """A square of triangles: points (n, 3) in [0, 1], faces (m, 3)."""
    u, v = np.meshgrid(np.linspace(0, 1, count), np.linspace(0, 1, count), indexing="ij")
    number = np.arange(count * count).reshape(count, count)
    a, b, c, d = (x.reshape(-1) for x in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    return np.stack([u.reshape(-1), v.reshape(-1), 0 * u.reshape(-1)], axis=1), np.concatenate(
        [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
    )


def test_values_spread_between_those_at_the_border_and_sums_stay_sums() -> None:
    points, faces = grid()
    border = (np.isclose(points[:, :2], 0) | np.isclose(points[:, :2], 1)).any(axis=1)
    share = np.random.default_rng(0).random(len(points))
    spread = spreading.harmonic(points, spreading.edges_of(faces), border, np.stack([share, 1 - share], axis=1))
    np.testing.assert_array_equal(spread[border, 0], share[border])
    assert share[border].min() - 1e-4 <= spread[:, 0].min() <= spread[:, 0].max() <= share[border].max() + 1e-4
    np.testing.assert_allclose(spread.sum(axis=1), 1.0, atol=1e-4)


def test_a_hole_in_a_flat_map_is_filled_by_going_on_with_it() -> None:
    points, faces = grid()
    border = np.flatnonzero((np.isclose(points[:, :2], 0) | np.isclose(points[:, :2], 1)).any(axis=1))
    uvs = unwrapping.unwrap(points, faces, (border, 0.5 * points[border, :2]), 0.5, False, np.array([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(uvs, 0.5 * points[faces][:, :, :2], atol=1e-3)


def test_where_a_map_cannot_go_on_islands_lie_beside_it_at_its_density_and_apart() -> None:
    points, faces = grid()
    two = np.concatenate([points, points + np.array([0, 0, 3])])
    both = np.concatenate([faces, faces + len(points)])
    uvs = unwrapping.unwrap(two, both, (np.empty(0, np.int64), np.empty((0, 2))), 0.25, False, np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert uvs[..., 0].min() >= 1.0
    a, b = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    areas = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    assert (areas > 0).all()
    assert areas.sum() == pytest.approx(2 * 0.25**2)
    first, second = uvs[: len(faces)].reshape(-1, 2), uvs[len(faces) :].reshape(-1, 2)
    assert ((first.max(axis=0) < second.min(axis=0)) | (second.max(axis=0) < first.min(axis=0))).any()


def sphere() -> tuple[NDArray, NDArray]:
    """A closed surface of triangles: points (n, 3), faces (m, 3)."""
    bm = bmesh.new()
    bmesh.ops.create_icosphere(bm, subdivisions=3, radius=1.0)
    bm.verts.index_update()
    found = np.array([v.co for v in bm.verts]), np.array([[v.index for v in face.verts] for face in bm.faces])
    bm.free()
    return found


def faces_of_edges(faces: NDArray) -> tuple[NDArray, bool]:
    """How many faces every edge has, and whether no two go along it in the same direction."""
    sides = gaps.sides_of(faces)
    counts = np.unique(np.sort(sides, axis=1), axis=0, return_counts=True)[1]
    return counts, len(np.unique(sides, axis=0)) == len(sides)


@pytest.mark.parametrize("names", [2, 3, 5])
@pytest.mark.parametrize("share", [0.02, 0.2, 1.0])
def test_vertices_doubled_anyhow_are_bridged_so_that_every_edge_has_two_faces(names: int, share: float) -> None:
    points, faces = sphere()
    random = np.random.default_rng(names)
    doubles = np.where(random.random(faces.shape) < share, random.integers(0, names, faces.shape), 0)
    faces = faces + len(points) * doubles
    every = np.concatenate([points] * names) + random.uniform(-1e-8, 1e-8, (names * len(points), 3))
    assert (faces_of_edges(faces)[0] != 2).any()
    made = gaps.bridges(every, gaps.sides_of(faces))
    counts, agree = faces_of_edges(np.concatenate([faces, made.faces]))
    assert (counts == 2).all()
    assert agree
    corners = np.concatenate([every, every[made.doubled]])[made.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    assert areas.max() < 1e-6


def test_what_is_open_in_space_is_not_bridged() -> None:
    points, faces = sphere()
    bowl = faces[points[faces].mean(axis=1)[:, 2] < 0.2]
    assert not len(gaps.bridges(points, gaps.sides_of(bowl)).faces)
    apart = bowl + len(points) * (points[bowl].mean(axis=1)[:, 0] > 0)[:, None]
    made = gaps.bridges(np.concatenate([points, points]), gaps.sides_of(apart))
    rim = (faces_of_edges(bowl)[0] == 1).sum()
    ends = 2  # where the gap reaches the rim its bridge ends in an edge without length
    assert (faces_of_edges(np.concatenate([apart, made.faces]))[0] == 1).sum() == rim + ends
