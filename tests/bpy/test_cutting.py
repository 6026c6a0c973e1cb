"""The faces of all parts together are the faces of the original, exactly; and cutting leaves nothing behind."""

from collections import Counter

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import cutting
from partgen.errors import PartgenError


def faces(mesh):
    """Every polygon as the bytes of what it is: positions, UVs in the order of its corners."""
    points, uvs = studio.positions(mesh), studio.values(mesh.uv_layers[0].uv, "vector", np.float32, 2)
    for polygon in mesh.polygons:
        corners = list(polygon.loop_indices)
        yield points[list(polygon.vertices)].tobytes() + uvs[corners].tobytes()


def test_faces_of_all_parts_are_the_faces_of_the_original():
    mesh = studio.ball().data
    parts = cutting.cut_out(mesh, studio.slices(mesh))
    assert len(parts) == 4
    assert Counter(face for part in parts for face in faces(part)) == Counter(faces(mesh))


def test_every_part_has_the_polygons_asked_for_in_their_order():
    mesh = studio.ball().data
    labels = studio.slices(mesh)
    for number, part in enumerate(cutting.cut_out(mesh, labels)):
        np.testing.assert_array_equal(studio.origins(part, "FACE"), np.flatnonzero(labels == number))
        np.testing.assert_array_equal(
            studio.origins(part, "CORNER"),
            np.concatenate([list(mesh.polygons[i].loop_indices) for i in studio.origins(part, "FACE")]),
        )


def test_ngons_stay_ngons():
    mesh = studio.ball().data
    sizes = Counter(len(polygon.vertices) for part in cutting.cut_out(mesh, studio.slices(mesh)) for polygon in part.polygons)
    assert sizes == Counter(len(polygon.vertices) for polygon in mesh.polygons)
    assert sizes[12] == 1


def test_parts_are_valid_meshes_without_loose_elements():
    mesh = studio.ball().data
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        assert not part.validate(verbose=True)
        assert cutting.loose_elements(part) == (0, 0)


def test_edges_of_a_part_join_the_vertices_that_they_joined():
    mesh = studio.ball().data
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        vertices = studio.origins(part, "POINT")
        for edge, original in zip(part.edges, studio.origins(part, "EDGE"), strict=True):
            assert set(vertices[list(edge.vertices)]) == set(mesh.edges[original].vertices)


def test_polygons_without_a_part_are_left_out():
    mesh = studio.ball().data
    labels = np.where(studio.slices(mesh) == 2, 0, -1)
    (part,) = cutting.cut_out(mesh, labels)
    assert len(part.polygons) == (labels == 0).sum()


def test_one_face_can_be_a_part():
    mesh = studio.ball().data
    labels = np.full(len(mesh.polygons), -1)
    labels[7] = 0
    (part,) = cutting.cut_out(mesh, labels)
    assert (studio.origins(part, "FACE") == [7]).all()


def test_faces_that_lie_on_each_other_all_survive():
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0, 0)]
    mesh = bpy.data.meshes.new("Two-sided")
    mesh.from_pydata(points, [], [(0, 1, 2, 3), (3, 2, 1, 0), (0, 1, 2, 3), (1, 4, 2)])
    parts = cutting.cut_out(mesh, [0, 0, 1, 1])
    assert [len(part.polygons) for part in parts] == [2, 2]
    assert [tuple(polygon.vertices) for polygon in parts[0].polygons] == [(0, 1, 2, 3), (3, 2, 1, 0)]


def test_the_source_is_not_changed():
    mesh = studio.ball(smooth=True).data
    mesh["note"] = "mine"
    before = snapshot(mesh)
    cutting.cut_out(mesh, studio.slices(mesh))
    assert snapshot(mesh) == before


def snapshot(mesh):
    arrays = {a.name: studio.values(a.data, "value", np.int32).tobytes() for a in mesh.attributes if a.data_type == "INT"}
    names = [attribute.name for attribute in mesh.attributes]
    return arrays, names, studio.positions(mesh).tobytes(), studio.corner_normals(mesh).tobytes(), dict(mesh.items())


def test_loose_edges_and_vertices_stay_with_the_source():
    mesh = bpy.data.meshes.new("Kite")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 3), (5, 5, 5)], [(2, 3)], [(0, 1, 2)])
    assert cutting.loose_elements(mesh) == (1, 1), "an edge without faces brings its ends along"
    (part,) = cutting.cut_out(mesh, [0])
    assert (len(part.vertices), len(part.edges)) == (3, 3)
    assert len(mesh.vertices) == 5


def test_labels_of_another_mesh_are_refused_and_nothing_is_made():
    mesh = studio.ball().data
    before = set(bpy.data.meshes)
    with pytest.raises(PartgenError) as caught:
        cutting.cut_out(mesh, studio.slices(mesh)[:-1])
    assert caught.value.code == "tree.stale"
    assert mesh.name in caught.value.sentence
    assert set(bpy.data.meshes) == before


@pytest.mark.parametrize(("step", "at"), [("keep_normals", 3), ("_copy_elements", 5), ("_empty", 1), ("editing", 1), ("editing", 3)])
def test_an_error_half_way_leaves_nothing_behind(monkeypatch, step, at):
    mesh = studio.ball().data
    before = set(bpy.data.meshes)
    done = []
    original = getattr(cutting, step)

    def fail(*arguments):
        done.append(arguments)
        if len(done) == at:
            raise MemoryError
        return original(*arguments)

    monkeypatch.setattr(cutting, step, fail)
    with pytest.raises(MemoryError):
        cutting.cut_out(mesh, studio.slices(mesh))
    assert set(bpy.data.meshes) == before


def test_cutting_into_many_parts_costs_little_more_than_into_few():
    from time import process_time

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=150, y_subdivisions=150)
    mesh = bpy.context.object.data
    seconds = []
    for count in (4, 400):
        labels = np.arange(len(mesh.polygons)) * count // len(mesh.polygons)
        start = process_time()
        cutting.cut_out(mesh, labels)
        seconds.append(process_time() - start)
    assert seconds[1] < 5 * seconds[0] + 0.5


def test_broken_faces_are_refused_rather_than_crashing_blender():
    mesh = studio.ball().data
    edges = studio.values(mesh.attributes[".corner_edge"].data, "value", np.int32)
    edges[5] = edges[40]
    mesh.attributes[".corner_edge"].data.foreach_set("value", edges)
    with pytest.raises(PartgenError, match="Ball has a broken face"):
        cutting.cut_out(mesh, studio.slices(mesh))


@pytest.mark.parametrize("face", [(0, 1, 2, 0, 3), (0, 1)])
def test_degenerate_faces_are_cut_as_they_are(face):
    mesh = bpy.data.meshes.new("Sliver")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [face, (1, 2, 3)])
    parts = cutting.cut_out(mesh, [0, 1])
    assert [len(part.loops) for part in parts] == [len(face), 3]
