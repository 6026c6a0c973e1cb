"""What the artist sees: shading is the same on parts as on the original, corner by corner."""

from pathlib import Path

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import collections, cutting, stored_tree

DEGREE = 0.5


def turn(a, b):
    """The largest angle between two sets of unit normals, in degrees."""
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a.astype(float) - b, axis=1) / 2, 0, 1))).max()


def assert_shaded_alike(mesh, parts):
    for part in parts:
        assert turn(studio.corner_normals(part), studio.corner_normals(mesh)[studio.origins(part, "CORNER")]) < DEGREE


def bent_normals(mesh):
    """Custom normals as a face-weighting or transfer modifier leaves them: one for every vertex, away from the surface's."""
    random = np.random.default_rng(5)
    at_vertices = studio.positions(mesh) + random.normal(0, 0.4, (len(mesh.vertices), 3))
    at_vertices /= np.linalg.norm(at_vertices, axis=1, keepdims=True)
    corners = studio.values(mesh.loops, "vertex_index", np.int32)
    mesh.normals_split_custom_set(at_vertices[corners].tolist())
    return corners


@pytest.mark.parametrize("smooth", [False, True])
def test_shading_is_kept_across_cuts(smooth):
    mesh = studio.ball(smooth=smooth).data
    assert_shaded_alike(mesh, cutting.cut_out(mesh, studio.slices(mesh)))


def test_without_keep_shading_a_smooth_part_is_shaded_by_itself():
    mesh = studio.ball(smooth=True).data
    parts = cutting.cut_out(mesh, studio.slices(mesh), keep_shading=False)
    assert not any(part.has_custom_normals for part in parts)
    changes = [turn(studio.corner_normals(p), studio.corner_normals(mesh)[studio.origins(p, "CORNER")]) for p in parts]
    assert max(changes) > 5


def test_flat_shaded_parts_get_no_custom_normals():
    mesh = studio.ball().data
    assert not any(part.has_custom_normals for part in cutting.cut_out(mesh, studio.slices(mesh)))


def test_a_smooth_object_that_is_not_cut_gets_no_custom_normals():
    mesh = studio.ball(smooth=True).data
    (whole,) = cutting.cut_out(mesh, np.zeros(len(mesh.polygons), int))
    assert not whole.has_custom_normals


@pytest.mark.parametrize("keep_shading", [False, True])
def test_custom_normals_survive(keep_shading):
    mesh = studio.ball(smooth=True).data
    bent_normals(mesh)
    automatic = studio.ball("Plain", smooth=True).data
    assert turn(studio.corner_normals(mesh), studio.corner_normals(automatic)) > 20
    assert_shaded_alike(mesh, cutting.cut_out(mesh, studio.slices(mesh), keep_shading))


def test_custom_normals_of_single_corners_survive():
    mesh = studio.ball(smooth=True).data
    random = np.random.default_rng(6)
    wanted = studio.corner_normals(mesh) + random.normal(0, 0.3, (len(mesh.loops), 3))
    mesh.normals_split_custom_set((wanted / np.linalg.norm(wanted, axis=1, keepdims=True)).tolist())
    assert_shaded_alike(mesh, cutting.cut_out(mesh, studio.slices(mesh)))


@pytest.mark.skipif(bpy.app.version < (4, 5), reason="Blender has free custom normals since 4.5")
@pytest.mark.parametrize("domain", ["POINT", "CORNER", "FACE"])
def test_free_custom_normals_survive(domain):
    mesh = studio.ball(smooth=True).data
    attribute = mesh.attributes.new("custom_normal", "FLOAT_VECTOR", domain)
    random = np.random.default_rng(7).normal(size=(len(attribute.data), 3)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    attribute.data.foreach_set("vector", random.reshape(-1))
    mesh.update()
    parts = cutting.cut_out(mesh, studio.slices(mesh))
    assert_shaded_alike(mesh, parts)
    assert all(part.attributes["custom_normal"].data_type == "FLOAT_VECTOR" for part in parts)


def test_sharp_edges_stay_as_they_were():
    mesh = studio.ball(smooth=True).data
    sharp = np.arange(len(mesh.edges)) % 5 == 0
    mesh.edges.foreach_set("use_edge_sharp", sharp)
    parts = cutting.cut_out(mesh, studio.slices(mesh))
    assert_shaded_alike(mesh, parts)
    for part in parts:
        np.testing.assert_array_equal(studio.values(part.edges, "use_edge_sharp", bool), sharp[studio.origins(part, "EDGE")])


def test_flat_and_smooth_faces_stay_so():
    mesh = studio.ball().data
    smooth = np.arange(len(mesh.polygons)) % 3 == 0
    mesh.polygons.foreach_set("use_smooth", smooth)
    parts = cutting.cut_out(mesh, studio.slices(mesh))
    assert_shaded_alike(mesh, parts)
    for part in parts:
        np.testing.assert_array_equal(studio.values(part.polygons, "use_smooth", bool), smooth[studio.origins(part, "FACE")])


def test_shading_is_kept_where_three_faces_met_at_an_edge():
    """Two of three faces at an edge are shaded smoothly once the third is gone, which the artist did not see before."""
    mesh = bpy.data.meshes.new("Fin")
    points = [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (-1, 0, 0.8), (-1, 1, 0.8), (0, 0, 1), (0, 1, 1)]
    mesh.from_pydata(points, [], [(0, 2, 3, 1), (4, 0, 1, 5), (0, 1, 7, 6)])
    mesh.polygons.foreach_set("use_smooth", [True] * 3)
    studio.mark(mesh)
    assert_shaded_alike(mesh, cutting.cut_out(mesh, [0, 0, 1]))


def test_shading_is_kept_at_edges_of_three_faces_that_are_far_from_the_cut():
    """Such edges are smooth on a wholly smooth mesh, but hard on one with custom normals."""
    mesh = bpy.data.meshes.new("Sail")
    points = [(x, y, 0.2 * x * x) for x in range(4) for y in range(2)] + [(1, 0, 2), (1, 1, 2)]
    mesh.from_pydata(points, [], [(0, 2, 3, 1), (2, 4, 5, 3), (4, 6, 7, 5), (2, 3, 9, 8)])
    mesh.polygons.foreach_set("use_smooth", [True] * 4)
    studio.mark(mesh)
    assert_shaded_alike(mesh, cutting.cut_out(mesh, [0, 0, 1, 0]))


def test_custom_normals_follow_the_shape_when_a_part_is_deformed():
    """They are stored relative to the surface, as Blender does, not frozen in space."""
    obj = studio.ball(smooth=True)
    for part in cutting.cut_out(obj.data, studio.slices(obj.data)):
        before = studio.corner_normals(part)
        part.vertices.foreach_set("co", (studio.positions(part) @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.float32)).reshape(-1))
        part.update()
        assert turn(studio.corner_normals(part), before @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])) < DEGREE


def shade_auto_smooth(obj, angle, ignore_sharpness):
    """Gives `obj` the modifier of Object > Shade Auto Smooth, whose operator needs a window to load it."""
    folder = Path(bpy.utils.system_resource("DATAFILES", path="assets"))
    for path in folder.rglob("*.blend"):
        with bpy.data.libraries.load(str(path)) as (there, wanted):
            if "Smooth by Angle" in there.node_groups:
                wanted.node_groups = ["Smooth by Angle"]
        if wanted.node_groups:
            break
    modifier = obj.modifiers.new("Smooth by Angle", "NODES")
    modifier.node_group = wanted.node_groups[0]
    if bpy.app.version >= (5, 2):
        modifier.properties.inputs.Input_1.value = angle
        modifier.properties.inputs.Socket_1.value = ignore_sharpness
    else:
        modifier["Input_1"], modifier["Socket_1"] = angle, ignore_sharpness


def drum():
    """A smooth cylinder: gentle edges between its twelve sides, sharp ones at its lids, and slices that cut through both."""
    bpy.ops.mesh.primitive_cylinder_add(vertices=12)
    obj = bpy.context.object
    obj.data.polygons.foreach_set("use_smooth", np.ones(len(obj.data.polygons), bool))
    studio.mark(obj.data)
    stored_tree.write(obj.data, studio.tree(4), studio.slices(obj.data, 4), "geometric")
    return obj


def shown_normals(obj):
    """The normals in the viewport, by the corner of the source."""
    bpy.context.view_layer.update()
    shown = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    found = dict(zip(studio.origins(mesh, "CORNER").tolist(), studio.corner_normals(mesh), strict=True))
    shown.to_mesh_clear()
    return found


@pytest.mark.parametrize("marked", ["nothing", "edges", "faces"])
@pytest.mark.parametrize("angle", [0.2, 0.8, 3.0])
@pytest.mark.parametrize("ignore_sharpness", [False, True])
def test_shading_is_kept_under_a_smooth_by_angle_modifier(angle, marked, ignore_sharpness):
    obj = drum()
    shade_auto_smooth(obj, angle, ignore_sharpness)
    sharp = (np.arange(len(obj.data.edges)) % 7 == 0) & (marked == "edges")
    obj.data.edges.foreach_set("use_edge_sharp", sharp)
    smooth = (np.arange(len(obj.data.polygons)) % 3 != 0) | (marked != "faces")
    obj.data.polygons.foreach_set("use_smooth", smooth)
    wanted = shown_normals(obj)
    collections.apply(obj, 0.0)
    for part in collections.parts_of(obj):
        found = shown_normals(part)
        assert turn(np.array([wanted[corner] for corner in found]), np.array(list(found.values()))) < DEGREE
        np.testing.assert_array_equal(studio.values(part.data.edges, "use_edge_sharp", bool), sharp[studio.origins(part.data, "EDGE")])
        np.testing.assert_array_equal(studio.values(part.data.polygons, "use_smooth", bool), smooth[studio.origins(part.data, "FACE")])
