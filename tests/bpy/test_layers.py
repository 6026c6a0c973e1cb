"""UV maps, colours, materials, edge marks, weights, shape keys, properties: each survives cutting, value by value."""

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import cutting


def cut(mesh):
    return cutting.cut_out(mesh, studio.slices(mesh))


def test_all_uv_maps_survive_corner_by_corner():
    mesh = studio.ball().data
    for name in ("Second", "Lightmap"):
        layer = mesh.uv_layers.new(name=name)
        layer.uv.foreach_set("vector", np.random.default_rng(len(name)).random(2 * len(mesh.loops)).astype(np.float32))
    for part in cut(mesh):
        assert [layer.name for layer in part.uv_layers] == ["UVMap", "Second", "Lightmap"]
        for layer in part.uv_layers:
            wanted = studio.values(mesh.uv_layers[layer.name].uv, "vector", np.float32, 2)
            np.testing.assert_array_equal(studio.values(layer.uv, "vector", np.float32, 2), wanted[studio.origins(part, "CORNER")])


def test_active_uv_map_and_the_one_for_rendering_stay():
    mesh = studio.ball().data
    for name in ("Second", "Lightmap"):
        mesh.uv_layers.new(name=name)
    mesh.uv_layers.active = mesh.uv_layers["Second"]
    mesh.uv_layers["Lightmap"].active_render = True
    mesh.uv_layers["Lightmap"].active_clone = True
    for part in cut(mesh):
        assert part.uv_layers.active.name == "Second"
        assert [layer.name for layer in part.uv_layers if layer.active_render] == ["Lightmap"]
        assert [layer.name for layer in part.uv_layers if layer.active_clone] == ["Lightmap"]


def test_pinned_uvs_stay_pinned():
    mesh = studio.ball().data
    pinned = np.arange(len(mesh.loops)) % 3 == 0
    # Not through `uv_layers[0].data`: in Blender 4.2 and 4.5, writing "pin_uv" with foreach_set writes beyond the array.
    mesh.attributes.new(".pn.UVMap", "BOOLEAN", "CORNER").data.foreach_set("value", pinned)
    for part in cut(mesh):
        found = [corner.pin_uv for corner in part.uv_layers[0].data]
        np.testing.assert_array_equal(found, pinned[studio.origins(part, "CORNER")])


def test_colour_attributes_survive_with_the_active_and_the_rendered_one():
    mesh = studio.ball().data
    mesh.color_attributes.new("Paint", "BYTE_COLOR", "CORNER")
    mesh.color_attributes.new("Wear", "FLOAT_COLOR", "POINT")
    for index, layer in enumerate(mesh.color_attributes):
        layer.data.foreach_set("color", np.random.default_rng(index).random(4 * len(layer.data)).astype(np.float32))
    mesh.attributes.active_color_name, mesh.attributes.default_color_name = "Wear", "Paint"
    wanted = {layer.name: studio.values(layer.data, "color", np.float32, 4) for layer in mesh.color_attributes}
    for part in cut(mesh):
        assert (part.attributes.active_color_name, part.attributes.default_color_name) == ("Wear", "Paint")
        for name, domain in (("Paint", "CORNER"), ("Wear", "POINT")):
            found = studio.values(part.color_attributes[name].data, "color", np.float32, 4)
            np.testing.assert_array_equal(found, wanted[name][studio.origins(part, domain)])


def test_materials_survive_decomposition():
    mesh = studio.ball().data
    materials = [bpy.data.materials.new(name) for name in ("Wood", "Brass", "Never used")]
    for material in (*materials, None):
        mesh.materials.append(material)
    index = np.arange(len(mesh.polygons)) % 2
    mesh.polygons.foreach_set("material_index", index)
    for part in cut(mesh):
        assert list(part.materials) == [*materials, None]
        np.testing.assert_array_equal(studio.values(part.polygons, "material_index", np.int32), index[studio.origins(part, "FACE")])


@pytest.mark.parametrize("mark", ["use_edge_sharp", "use_seam", "use_freestyle_mark"])
def test_marked_edges_stay_marked(mark):
    mesh = studio.ball().data
    marked = np.arange(len(mesh.edges)) % 3 == 0
    if mark in bpy.types.MeshEdge.bl_rna.properties:
        mesh.edges.foreach_set(mark, marked)
        parts = [(part, studio.values(part.edges, mark, bool)) for part in cut(mesh)]
    else:  # Blender 5 has freestyle marks as an attribute
        mesh.attributes.new("freestyle_edge", "BOOLEAN", "EDGE").data.foreach_set("value", marked)
        parts = [(part, studio.values(part.attributes["freestyle_edge"].data, "value", bool)) for part in cut(mesh)]
    for part, found in parts:
        np.testing.assert_array_equal(found, marked[studio.origins(part, "EDGE")])


@pytest.mark.parametrize(
    ("name", "domain"),
    [("crease_edge", "EDGE"), ("crease_vert", "POINT"), ("bevel_weight_edge", "EDGE"), ("bevel_weight_vert", "POINT")],
)
def test_creases_and_bevel_weights_survive(name, domain):
    mesh = studio.ball().data
    attribute = mesh.attributes.new(name, "FLOAT", domain)
    wanted = np.random.default_rng(2).random(len(attribute.data)).astype(np.float32)
    attribute.data.foreach_set("value", wanted)
    for part in cut(mesh):
        np.testing.assert_array_equal(studio.values(part.attributes[name].data, "value"), wanted[studio.origins(part, domain)])


def test_weights_survive_vertex_by_vertex():
    obj = studio.ball()
    for name in ("arm", "Hand.L", "unused"):
        obj.vertex_groups.new(name=name)
    random = np.random.default_rng(4)
    for vertex in range(len(obj.data.vertices)):
        obj.vertex_groups["arm"].add([vertex], random.random(), "REPLACE")
        if vertex % 2:
            obj.vertex_groups["Hand.L"].add([vertex], random.random(), "REPLACE")
    obj.vertex_groups.active_index = 1
    wanted = weights(obj.data)
    for part in cut(obj.data):
        copy = studio.put("Part", part)
        assert [group.name for group in copy.vertex_groups] == ["arm", "Hand.L", "unused"]
        assert weights(part) == [wanted[i] for i in studio.origins(part, "POINT")]


def weights(mesh):
    return [{group.group: group.weight for group in vertex.groups} for vertex in mesh.vertices]


def with_shape_keys(obj):
    obj.shape_key_add(name="Basis")
    for number, name in enumerate(("Smile", "Wide smile")):
        key = obj.shape_key_add(name=name)
        moved = studio.positions(obj.data) + np.random.default_rng(number).normal(0, 0.2, (len(obj.data.vertices), 3))
        key.data.foreach_set("co", moved.astype(np.float32).reshape(-1))
    keys = obj.data.shape_keys.key_blocks
    keys["Wide smile"].relative_key = keys["Smile"]
    keys["Smile"].value, keys["Wide smile"].slider_max, keys["Wide smile"].mute = 0.25, 2.0, True
    keys["Smile"].vertex_group = "arm"
    return keys


def test_shape_keys_survive_with_values_ranges_and_relations():
    obj = studio.ball()
    obj.vertex_groups.new(name="arm")
    keys = with_shape_keys(obj)
    shapes = {key.name: studio.values(key.data, "co", np.float32, 3) for key in keys}
    basis = studio.positions(obj.data)
    for part in cut(obj.data):
        found = part.shape_keys.key_blocks
        assert [key.name for key in found] == ["Basis", "Smile", "Wide smile"]
        assert (found["Smile"].value, found["Wide smile"].slider_max, found["Wide smile"].mute) == (0.25, 2.0, True)
        assert found["Wide smile"].relative_key.name == "Smile"
        assert found["Smile"].vertex_group == "arm"
        vertices = studio.origins(part, "POINT")
        np.testing.assert_array_equal(studio.positions(part), basis[vertices])
        for key in found:
            np.testing.assert_array_equal(studio.values(key.data, "co", np.float32, 3), shapes[key.name][vertices])
    assert [key.name for key in obj.data.shape_keys.key_blocks] == ["Basis", "Smile", "Wide smile"]
    assert len(bpy.data.shape_keys) == 5


def test_an_active_shape_key_does_not_become_the_shape_of_the_parts():
    obj = studio.ball()
    with_shape_keys(obj)
    obj.active_shape_key_index = 1
    obj.show_only_shape_key = True
    basis = studio.positions(obj.data)
    for part in cut(obj.data):
        np.testing.assert_array_equal(studio.positions(part), basis[studio.origins(part, "POINT")])
        np.testing.assert_array_equal(studio.values(part.shape_keys.key_blocks[0].data, "co", np.float32, 3), studio.positions(part))


def test_drivers_of_shape_keys_survive():
    obj = studio.ball()
    with_shape_keys(obj)
    driver = obj.data.shape_keys.key_blocks["Smile"].driver_add("value").driver
    driver.expression = "frame / 10"
    for part in cut(obj.data):
        (curve,) = part.shape_keys.animation_data.drivers
        assert curve.data_path == 'key_blocks["Smile"].value'
        assert curve.driver.expression == "frame / 10"


def test_hidden_and_selected_faces_stay_so():
    mesh = studio.ball().data
    of_faces(mesh, "hide", range(4, 40, 9))
    of_faces(mesh, "select", range(8, 40, 9))
    for part in cut(mesh):
        for name in ("hide", "select"):
            for domain, collection in (("POINT", "vertices"), ("EDGE", "edges"), ("FACE", "polygons")):
                wanted = studio.values(getattr(mesh, collection), name, bool)[studio.origins(part, domain)]
                np.testing.assert_array_equal(studio.values(getattr(part, collection), name, bool), wanted)


def of_faces(mesh, name, indices):
    """Hides or selects faces as Edit Mode does: with their edges and vertices."""
    faces = [mesh.polygons[index] for index in indices]
    corners = {corner for face in faces for corner in face.loop_indices}
    chosen = {
        "polygons": {face.index for face in faces},
        "edges": {mesh.loops[corner].edge_index for corner in corners},
        "vertices": {mesh.loops[corner].vertex_index for corner in corners},
    }
    for collection, of_it in chosen.items():
        elements = getattr(mesh, collection)
        elements.foreach_set(name, [element.index in of_it for element in elements])


def test_custom_properties_of_the_mesh_survive():
    mesh = studio.ball().data
    mesh["asset id"] = "chair-07"
    mesh["size"] = [1.0, 2.0, 3.0]
    for part in cut(mesh):
        assert part["asset id"] == "chair-07"
        assert list(part["size"]) == [1.0, 2.0, 3.0]


def test_generated_texture_coordinates_stay_those_of_the_whole():
    mesh = studio.ball().data
    mesh.vertices[0].co.x = 9
    mesh.update()
    for part in cut(mesh):
        assert tuple(part.texspace_location) == tuple(mesh.texspace_location)
        assert tuple(part.texspace_size) == tuple(mesh.texspace_size)
    assert mesh.use_auto_texspace


def test_settings_of_the_mesh_survive():
    mesh = studio.ball().data
    mesh.use_mirror_x, mesh.remesh_voxel_size, mesh.texco_mesh = True, 0.25, studio.ball("Other").data
    for part in cut(mesh):
        assert part.use_mirror_x
        assert part.remesh_voxel_size == 0.25
        assert part.texco_mesh == mesh.texco_mesh


def test_skin_radii_survive():
    obj = studio.ball()
    obj.modifiers.new("Skin", "SKIN")
    radii = np.random.default_rng(8).random(2 * len(obj.data.vertices)).astype(np.float32)
    obj.data.skin_vertices[0].data.foreach_set("radius", radii)
    for part in cut(obj.data):
        found = studio.values(part.skin_vertices[0].data, "radius", np.float32, 2)
        np.testing.assert_array_equal(found, radii.reshape(-1, 2)[studio.origins(part, "POINT")])


def test_sculpted_detail_of_a_multires_modifier_survives():
    obj = studio.ball()
    obj.modifiers.new("Multires", "MULTIRES")
    with bpy.context.temp_override(object=obj, active_object=obj):
        bpy.ops.object.multires_subdivide(modifier="Multires", mode="SIMPLE")
    sculpt(obj)
    assert np.linalg.norm(displaced(obj), axis=1).max() > 1.2
    for part in cut(obj.data):
        copy = studio.put("Part", part)
        copy.modifiers.new("Multires", "MULTIRES")
        copy.modifiers["Multires"].levels = 1
        # Simple subdivision leaves points on the faces, and the sculptor moved all of them outwards by a quarter.
        assert np.linalg.norm(displaced(copy), axis=1).max() > 1.2


def sculpt(obj):
    """Moves the subdivided surface, as a sculptor would, through the operator that takes it from another object."""
    other = obj.copy()
    other.data = obj.data.copy()
    bpy.context.scene.collection.objects.link(other)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    fine = bpy.data.meshes.new_from_object(other.evaluated_get(depsgraph))
    fine.vertices.foreach_set("co", (studio.positions(fine) * np.float32(1.25)).reshape(-1))
    target = studio.put("Fine", fine)
    bpy.data.objects.remove(other)
    bpy.context.view_layer.objects.active = obj
    for chosen in (obj, target):
        chosen.select_set(True)
    assert bpy.ops.object.multires_reshape(modifier="Multires") == {"FINISHED"}
    bpy.context.view_layer.update()


def displaced(obj):
    depsgraph = bpy.context.evaluated_depsgraph_get()
    fine = bpy.data.meshes.new_from_object(obj.evaluated_get(depsgraph))
    return studio.positions(fine)
