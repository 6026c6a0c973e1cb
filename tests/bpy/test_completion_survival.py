"""What an artist made of a part survives completing it, flipping through its proposals, and opening it again."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import applying, collections, jobs, stored_tree
from bl_ext.user_default.partgen_blender.completion import completing
from numpy.typing import NDArray
from partgen.errors import PartgenError
from test_completion import (  # noqa: F401  (fixtures)
    applied,
    backend_of_all,
    complete,
    draw_proposals,
    expect_same,
    flip,
    generated,
    is_closed,
    nothing_left,
    seen,
)
from test_jobs import select, told

Look = Callable[[bpy.types.Object], object]


def stays(part: bpy.types.Object, look: Look, compare: Callable[[object, object], None] = np.testing.assert_equal) -> None:
    """Asserts that `look` sees the same of a part before and after completing, after a flip, and after opening again."""
    before = look(part)
    draw_proposals(part, count=2)
    assert generated(part.data).any()
    compare(look(part), before)
    flip(part)
    compare(look(part), before)
    select(part)
    assert bpy.ops.partgen.reopen() == {"FINISHED"}
    compare(look(part), before)


def own(part: bpy.types.Object, domain: str, name: str, collection: str, kind: type = np.float32) -> dict[int, float]:
    """A property of those elements that the artist made, by the number that each was marked with."""
    mesh = part.data
    count = {"EDGE": edges_of_own_faces, "FACE": own_faces, "POINT": own_vertices}[domain](mesh)
    numbers = studio.origins(mesh, domain)
    found = studio.values(getattr(mesh, collection), name, kind)
    return {int(numbers[i]): found[i].item() for i in count}


def own_faces(mesh: bpy.types.Mesh) -> list[int]:
    return np.flatnonzero(~generated(mesh)).tolist()


def own_vertices(mesh: bpy.types.Mesh) -> list[int]:
    return sorted({vertex for face in own_faces(mesh) for vertex in mesh.polygons[face].vertices})


def edges_of_own_faces(mesh: bpy.types.Mesh) -> list[int]:
    return sorted({mesh.loops[corner].edge_index for face in own_faces(mesh) for corner in mesh.polygons[face].loop_indices})


# ---- on the mesh -----------------------------------------------------------------------------------------------------


def test_custom_normals_of_single_corners_survive() -> None:
    def bend(source: bpy.types.Object) -> None:
        normals = np.random.default_rng(5).normal(size=(len(source.data.loops), 3))
        source.data.normals_split_custom_set((normals / np.linalg.norm(normals, axis=1, keepdims=True)).tolist())

    part, *_ = applied(change=bend, smooth=True)
    stays(part, lambda part: seen(part.data), expect_same)


def test_seams_stay_marked() -> None:
    part, *_ = applied(change=lambda source: source.data.edges.foreach_set("use_seam", np.arange(len(source.data.edges)) % 3 == 0))
    stays(part, lambda part: own(part, "EDGE", "use_seam", "edges", bool))


def test_sharp_edges_stay_sharp_and_only_those_at_the_cut_may_become_so() -> None:
    """There Blender needs the mark, for the shading of the artist's faces to stay beside the generated ones."""
    sharp = applied(
        change=lambda source: source.data.edges.foreach_set("use_edge_sharp", np.arange(len(source.data.edges)) % 3 == 0), smooth=True
    )
    part = sharp[0]
    cut = border(part)

    def compare(now: dict[int, bool], then: dict[int, bool]) -> None:
        assert now.keys() == then.keys()
        assert {edge for edge in then if now[edge] != then[edge]} <= {edge for edge in cut if not then[edge]}

    stays(part, lambda part: own(part, "EDGE", "use_edge_sharp", "edges", bool), compare)


def border(part: bpy.types.Object) -> set[int]:
    """The edges, by the number that each was marked with, that touch where a part that is still open ends."""
    faces_of_edge = np.bincount(studio.values(part.data.loops, "edge_index", np.int32), minlength=len(part.data.edges))
    ends = studio.values(part.data.edges, "vertices", np.int32, 2)
    touching = np.isin(ends, ends[faces_of_edge == 1]).any(axis=1)
    return set(studio.origins(part.data, "EDGE")[touching].tolist())


@pytest.mark.parametrize(("name", "domain"), [("crease_edge", "EDGE"), ("bevel_weight_edge", "EDGE"), ("crease_vert", "POINT")])
def test_creases_and_bevel_weights_survive(name: str, domain: str) -> None:
    def crease(source: bpy.types.Object) -> None:
        attribute = source.data.attributes.new(name, "FLOAT", domain)
        attribute.data.foreach_set("value", np.random.default_rng(6).random(len(attribute.data)).astype(np.float32))

    def look(part: bpy.types.Object) -> dict[int, float]:
        mesh = part.data
        numbers, found = studio.origins(mesh, domain), studio.values(mesh.attributes[name].data, "value")
        elements = edges_of_own_faces(mesh) if domain == "EDGE" else own_vertices(mesh)
        return {int(numbers[i]): found[i].item() for i in elements}

    part, *_ = applied(change=crease)
    stays(part, look)


def test_shape_keys_survive_with_values_ranges_relations_and_drivers() -> None:
    def key(source: bpy.types.Object) -> None:
        source.shape_key_add(name="Basis")
        for number, name in enumerate(("Smile", "Wide")):
            moved = studio.positions(source.data) + np.random.default_rng(number).normal(0, 0.05, (len(source.data.vertices), 3))
            source.shape_key_add(name=name).data.foreach_set("co", moved.astype(np.float32).reshape(-1))
        keys = source.data.shape_keys.key_blocks
        keys["Wide"].relative_key = keys["Smile"]
        keys["Smile"].value, keys["Wide"].slider_max, keys["Wide"].mute = 0.25, 2.0, True
        keys["Wide"].driver_add("slider_min").driver.expression = "frame / 10"

    def look(part: bpy.types.Object) -> object:
        keys = part.data.shape_keys
        blocks = [(k.name, k.value, k.slider_max, k.mute, k.relative_key.name) for k in keys.key_blocks]
        return blocks, [(curve.data_path, curve.driver.expression) for curve in keys.animation_data.drivers], part.active_shape_key_index

    part, *_ = applied(change=key)
    shapes = seen(part.data)
    stays(part, look)
    expect_same(seen(part.data), shapes)


def test_an_active_shape_key_does_not_become_the_shape() -> None:
    def key(source: bpy.types.Object) -> None:
        source.shape_key_add(name="Basis")
        source.shape_key_add(name="Lifted").data.foreach_set("co", (studio.positions(source.data) + 1.0).reshape(-1))

    part, *_ = applied(change=key)
    part.active_shape_key_index = 1
    stays(part, lambda part: seen(part.data), expect_same)


def test_vertex_groups_stay_with_their_order_locks_and_weights() -> None:
    def group(source: bpy.types.Object) -> None:
        for number, name in enumerate(("arm", "Hand.L", "unused")):
            made = source.vertex_groups.new(name=name)
            if number < 2:
                made.add(list(range(number, len(source.data.vertices), 2)), 0.3 + number / 2, "REPLACE")
        source.vertex_groups["Hand.L"].lock_weight = True
        source.vertex_groups.active_index = 1

    def look(part: bpy.types.Object) -> object:
        vertices = [{g.group: round(g.weight, 6) for g in part.data.vertices[i].groups} for i in own_vertices(part.data)]
        return [(g.name, g.lock_weight) for g in part.vertex_groups], vertices, part.vertex_groups.active_index

    part, *_ = applied(change=group)
    stays(part, look)


def test_active_and_rendered_maps_and_colors_stay_chosen() -> None:
    def layers(source: bpy.types.Object) -> None:
        mesh = source.data
        second = mesh.uv_layers.new(name="Second")
        mesh.uv_layers.active, second.active_render = mesh.uv_layers["UVMap"], True
        for name in ("Paint", "Dirt"):
            mesh.color_attributes.new(name, "BYTE_COLOR", "CORNER")
        mesh.color_attributes.active_color_name, mesh.color_attributes.render_color_index = "Paint", 1

    def look(part: bpy.types.Object) -> object:
        maps, colors = part.data.uv_layers, part.data.color_attributes
        return maps.active.name, [layer.active_render for layer in maps], colors.active_color_name, colors.render_color_index

    part, *_ = applied(change=layers)
    stays(part, look)


def test_hidden_and_selected_faces_stay_so() -> None:
    part, *_ = applied()
    part.data.polygons.foreach_set("hide", np.arange(len(part.data.polygons)) % 4 == 0)
    part.data.polygons.foreach_set("select", np.arange(len(part.data.polygons)) % 4 == 1)
    part.data.vertices.foreach_set("select", np.ones(len(part.data.vertices), bool))  # which Blender takes for all of their faces
    stays(part, lambda part: (own(part, "FACE", "hide", "polygons", bool), own(part, "FACE", "select", "polygons", bool)))


def test_custom_properties_and_settings_of_the_mesh_survive() -> None:
    def settle(source: bpy.types.Object) -> None:
        source.data["asset id"] = "chair-07"
        source.data.use_mirror_x, source.data.remesh_voxel_size = True, 0.25

    part, *_ = applied(change=settle)
    space = tuple(part.data.texspace_size)
    stays(part, lambda part: (part.data["asset id"], part.data.use_mirror_x, round(part.data.remesh_voxel_size, 6), part.data.name))
    np.testing.assert_allclose(tuple(part.data.texspace_size), space)


# ---- on the object ---------------------------------------------------------------------------------------------------


def test_parent_place_constraints_modifiers_and_animation_stay() -> None:
    part, *_ = applied()
    holder = studio.put("Holder", None)
    holder.scale, holder.rotation_euler = (1.0, 2.0, 0.5), (0.1, 0.2, 0.3)
    part.parent = holder
    part.constraints.new("LIMIT_SCALE")
    part.modifiers.new("Bevel", "BEVEL").width = 0.125
    part.keyframe_insert("location", frame=3)
    bpy.context.view_layer.update()

    def look(part: bpy.types.Object) -> object:
        bpy.context.view_layer.update()
        modifiers = [(m.type, m.name, getattr(m, "width", None)) for m in part.modifiers]
        return (
            part.parent, np.array(part.matrix_world), [c.type for c in part.constraints], modifiers,
            part.animation_data.action, part.name, [c.name for c in part.users_collection],
        )  # fmt: skip

    stays(part, look)


def test_materials_linked_to_the_object_survive() -> None:
    def dress(source: bpy.types.Object) -> None:
        source.data.materials.append(bpy.data.materials.new("Oak"))
        source.material_slots[0].link = "OBJECT"
        source.material_slots[0].material = bpy.data.materials.new("Steel")

    part, *_ = applied(change=dress)
    stays(part, lambda part: (part.material_slots[0].link, part.material_slots[0].material.name, part.data.materials[0].name))


def test_an_object_that_shares_the_mesh_of_a_part_shows_the_completed_one_too() -> None:
    part, *_ = applied()
    twin = studio.put("Twin", part.data)
    complete(part)
    assert twin.data == part.data
    assert is_closed(twin.data)


def test_selected_twins_of_one_mesh_are_flipped_once() -> None:
    part, *_ = applied()
    draw_proposals(part, count=3)
    twin = part.copy()
    bpy.context.scene.collection.objects.link(twin)
    assert completing.choose([part, twin]) == 1


def test_hidden_parts_are_completed_with_all_others_and_stay_hidden() -> None:
    first, second, third = applied()
    first.hide_set(True)
    second.hide_viewport = second.hide_render = True
    complete(third, scope="ALL")
    assert all(is_closed(part.data) for part in (first, second, third))
    assert first.hide_get()
    assert (second.hide_viewport, second.hide_render) == (True, True)


def test_selection_and_active_object_stay() -> None:
    first, second, third = applied()
    draw_proposals(first, second)
    select(third, first)
    bpy.context.view_layer.objects.active = first
    flip_selected = bpy.ops.partgen.choose_proposal("EXEC_DEFAULT", True)
    assert flip_selected == {"FINISHED"}
    assert {o.name for o in bpy.context.selected_objects} == {third.name, first.name}
    assert bpy.context.view_layer.objects.active == first


@pytest.mark.parametrize("size", [1e-3, 1e5], ids=["1 mm", "100 km"])
def test_parts_of_any_size_are_closed_with_their_own_faces_as_they_were(size: float) -> None:
    parts = applied(change=lambda source: source.data.vertices.foreach_set("co", (size * studio.positions(source.data)).reshape(-1)))
    before = [seen(part.data) for part in parts]
    complete(*parts, method="solid")
    for part, then in zip(parts, before, strict=True):
        assert is_closed(part.data)
        expect_same(seen(part.data), then)


def test_a_part_in_edit_mode_is_named_and_nothing_changes() -> None:
    first, second, _ = applied()
    draw_proposals(first, second)
    select(first)
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.partgen.choose_proposal.poll()
    with pytest.raises(PartgenError, match="Edit Mode"):
        completing.choose([second, first])
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_part_that_is_linked_from_another_file_is_left_alone_with_what_to_do(tmp_path) -> None:
    part, *_ = applied()
    name = part.name
    draw_proposals(part)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chairs.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "chairs.blend"), link=True) as (_, chosen):
        chosen.objects = [name]
    (linked,) = chosen.objects
    bpy.context.scene.collection.objects.link(linked)
    for act in (completing.choose, completing.keep, completing.reopen):
        with pytest.raises(PartgenError, match=r"linked from chairs\.blend") as error:
            act([linked])
        assert "local" in error.value.remedy


# ---- odd input -------------------------------------------------------------------------------------------------------


def taken_apart(mesh: bpy.types.Mesh, labels: NDArray) -> list[bpy.types.Object]:
    """The parts of a mesh that was taken apart by these labels (P,)."""
    source = studio.put(mesh.name, mesh)
    count = int(labels.max()) + 1
    stored_tree.write(mesh, studio.tree(count, count), labels.astype(np.int32), "geometric")
    source.data.partgen.parts = count
    return applying.apply(source)


def halves(mesh: bpy.types.Mesh) -> NDArray:
    return np.array([int(polygon.center.z > 0) for polygon in mesh.polygons])


def test_a_part_of_one_face_is_closed() -> None:
    mesh = studio.ball().data
    labels = halves(mesh)
    labels[20] = 2
    parts = taken_apart(mesh, labels)
    complete(*parts, method="solid")
    assert all(is_closed(part.data) for part in parts)
    assert min(np.count_nonzero(~generated(part.data)) for part in parts) == 1


def test_an_inside_out_object_is_closed_inside_out_as_the_artist_has_it() -> None:
    mesh = studio.ball().data
    mesh.flip_normals()
    parts = taken_apart(mesh, halves(mesh))
    before = [seen(part.data) for part in parts]
    complete(*parts, method="solid")
    for part, then in zip(parts, before, strict=True):
        assert is_closed(part.data)
        expect_same(seen(part.data), then)


def test_nested_shells_are_closed_with_their_cavity() -> None:
    import bmesh

    bm = bmesh.new()
    for radius in (1.0, 0.5):
        made = bmesh.ops.create_uvsphere(bm, u_segments=16, v_segments=9, radius=radius)
        if radius < 1:
            bmesh.ops.reverse_faces(bm, faces=list({face for vertex in made["verts"] for face in vertex.link_faces}))
    mesh = bpy.data.meshes.new("Hollow")
    bm.to_mesh(mesh)
    bm.free()
    parts = taken_apart(mesh, halves(mesh))
    complete(*parts, method="solid", reach=0.0)
    assert all(is_closed(part.data) for part in parts)


def test_a_part_that_is_everything_is_said_to_be_closed_already() -> None:
    mesh = studio.ball().data
    (part,) = taken_apart(mesh, np.zeros(len(mesh.polygons), int))
    before = seen(part.data)
    complete(part, method="solid")
    assert not generated(part.data).any()
    expect_same(seen(part.data), before)


def test_a_flat_part_gets_a_thickness_and_keeps_its_faces() -> None:
    mesh = studio.ball().data
    mesh.vertices.foreach_set("co", (studio.positions(mesh) * np.float32([1, 1, 0.0])).reshape(-1))
    parts = taken_apart(mesh, halves(mesh) * 0 + (np.arange(len(mesh.polygons)) % 2))
    before = [seen(part.data) for part in parts]
    complete(*parts, method="caps")
    assert jobs.open_jobs() == []
    for part, then in zip(parts, before, strict=True):
        expect_same(seen(part.data), then)


def test_a_remeshed_part_tells_what_was_left_behind_and_brings_it_back() -> None:
    def key(source: bpy.types.Object) -> None:
        source.shape_key_add(name="Basis")
        source.shape_key_add(name="Lifted")
        source.data.color_attributes.new("Paint", "FLOAT_COLOR", "CORNER")
        source.data.attributes.new("wear", "FLOAT", "FACE")
        source.data["made in"] = "May"

    part, *_ = applied(change=key)
    for domain in studio.DOMAINS:
        part.data.attributes.remove(part.data.attributes[f"origin {domain}"])
    before = studio.positions(part.data)
    complete(part, method="solid", remesh=True)
    assert is_closed(part.data)
    assert part.data.shape_keys is None
    assert part.data.uv_layers
    assert (
        "UV maps were made anew and shape keys, color attributes (Paint), attributes (wear) and custom properties (made in) "
        "were left behind: Open Again brings back what there was." in told()
    )
    select(part)
    assert bpy.ops.partgen.reopen() == {"FINISHED"}
    np.testing.assert_array_equal(studio.positions(part.data), before)
    assert "wear" in part.data.attributes
    assert collections.leaves_of(part).size
