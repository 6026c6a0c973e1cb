"""Reading is exact, and the object's stretch is what a measure of its parts must know."""

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import mesh_data
from mathutils import Euler, Matrix
from partgen.errors import PartgenError


def test_polygons_are_read_as_blender_has_them():
    mesh = studio.ball().data
    polygons = mesh_data.read_polygons(mesh)
    np.testing.assert_array_equal(polygons.vertices, studio.positions(mesh))
    assert (polygons.vertices.dtype, polygons.corner_vertices.dtype, polygons.polygon_offsets.dtype) == (np.float32, np.int32, np.int32)
    assert polygons.count == len(mesh.polygons)
    for polygon, start, stop in zip(mesh.polygons, polygons.polygon_offsets[:-1], polygons.polygon_offsets[1:], strict=True):
        assert polygons.corner_vertices[start:stop].tolist() == list(polygon.vertices)
    np.testing.assert_array_equal(
        polygons.polygon_of_corner, np.repeat(np.arange(polygons.count), [len(polygon.vertices) for polygon in mesh.polygons])
    )


def test_a_mesh_without_faces_is_refused_by_name():
    with pytest.raises(PartgenError, match="Wire has no faces"):
        mesh_data.read_polygons(bpy.data.meshes.new("Wire"))


def test_fingerprints_notice_what_they_should():
    mesh = studio.ball().data
    before = mesh_data.read_polygons(mesh)
    mesh.vertices[3].co.z += 0.1
    mesh.update()
    moved = mesh_data.read_polygons(mesh)
    assert moved.topology == before.topology
    assert moved.fingerprint != before.fingerprint
    mesh.flip_normals()
    assert mesh_data.read_polygons(mesh).topology != before.topology


def matrix(rotation=(0.4, -1.1, 2.0), location=(5, 6, 7), scale=(1, 1, 1)):
    return Matrix.LocRotScale(location, Euler(rotation), scale)


def test_rotation_and_location_are_no_stretch():
    np.testing.assert_allclose(mesh_data.linear_part(matrix()), np.eye(3), atol=1e-6)


def test_scale_along_the_axes_is_kept_as_it_is():
    np.testing.assert_allclose(mesh_data.linear_part(matrix(scale=(2, 0.5, 3))), np.diag([2, 0.5, 3]), atol=1e-6)


@pytest.mark.parametrize("mirrored", [0, 1, 2])
def test_a_mirrored_object_stays_mirrored_along_its_axis(mirrored):
    scale = np.array([2.0, 0.5, 3.0])
    scale[mirrored] *= -1
    found = mesh_data.linear_part(matrix(rotation=(0, 0, 0), scale=scale))
    np.testing.assert_allclose(found, np.diag(scale), atol=1e-6)
    assert np.linalg.det(mesh_data.linear_part(matrix(scale=scale))) == pytest.approx(-3, rel=1e-5)


def test_shear_is_kept():
    sheared = matrix(rotation=(0, 0, 0.7), scale=(1, 4, 1)).to_3x3() @ matrix(rotation=(0, 0, -0.9)).to_3x3()
    found = mesh_data.linear_part(sheared)
    assert abs(found[0, 1]) > 0.5
    # Lengths and angles between mesh directions are those in the world.
    np.testing.assert_allclose(found.T @ found, np.array(sheared).T @ np.array(sheared), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [1e-6, 1e5])
def test_tiny_and_huge_scales_are_exact(size):
    found = mesh_data.linear_part(matrix(location=(1e5, -1e5, 1e5), scale=(size, 2 * size, size)))
    np.testing.assert_allclose(found, np.diag([size, 2 * size, size]), rtol=1e-5, atol=1e-6 * size)


def test_a_flattened_object_has_a_flat_stretch():
    found = mesh_data.linear_part(matrix(scale=(1, 0, 1)))
    np.testing.assert_allclose(found.T @ found, np.diag([1, 0, 1]), atol=1e-6)


def test_a_broken_transform_is_refused():
    with pytest.raises(PartgenError, match="not finite"):
        mesh_data.linear_part(np.full((4, 4), np.nan))


def test_polygons_of_all_sizes_are_told_apart():
    mesh = bpy.data.meshes.new("Mixed")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1), (0, 1, 2), (0, 1, 2, 3), (0, 1, 2, 0, 3)])
    assert mesh_data.polygon_offsets(mesh).tolist() == [0, 2, 5, 9, 14]


def test_faces_that_name_no_vertex_are_refused_rather_than_crashing_blender():
    mesh = studio.ball().data
    corners = mesh_data.corner_vertices(mesh)
    corners[7] = len(mesh.vertices)
    mesh.attributes[".corner_vert"].data.foreach_set("value", corners)
    with pytest.raises(PartgenError, match="vertices it does not have"):
        mesh_data.read_polygons(mesh)


def test_reading_a_million_faces_holds_nobody_up():
    from time import thread_time

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=1000, y_subdivisions=1000)
    seconds = []
    for _ in range(5):
        start = thread_time()
        mesh_data.read_polygons(bpy.context.object.data)
        seconds.append(thread_time() - start)
    assert np.median(seconds) < 0.05
