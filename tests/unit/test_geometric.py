"""The geometric segmenter: obvious parts are found, the same whatever the pose, and nothing real or broken throws it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
import trimesh
from partgen.errors import Cancelled, PartgenError
from partgen.mesh import Mesh
from partgen.segmentation import Segmentation, segmenter
from partgen.segmentation.geometric import expected_seconds
from shapes import Shape, agreement, apart, at, ball, box, dumbbell, grid, humanoid, snowman, table, two_boxes

OBVIOUS = {"dumbbell": dumbbell, "table": table, "snowman": snowman, "two boxes": two_boxes}


def segment(mesh: Mesh) -> Segmentation:
    """The segmentation of a mesh, in which every leaf has a face and every polygon one leaf."""
    result = segmenter("geometric").segment(mesh)
    leaf = result.leaf_of_face
    assert (leaf.dtype, leaf.shape) == (np.int32, (len(mesh.faces),))
    assert set(leaf.tolist()) == set(range(result.tree.leaf_count))
    assert len(np.unique(np.column_stack([mesh.polygon_of_face, leaf]), axis=0)) == mesh.polygon_count
    return result


def labels_into(result: Segmentation, count: int) -> np.ndarray:
    return result.tree.cut_into(count)[result.leaf_of_face]


@pytest.mark.parametrize("make", OBVIOUS.values(), ids=OBVIOUS.keys())
def test_obvious_parts_are_found_without_touching_the_slider(make: Callable[[], Shape]) -> None:
    shape = make()
    result = segment(shape.mesh)
    assert result.method == "geometric"
    assert agreement(result.labels(), shape.parts, shape.areas) > 0.9
    assert agreement(labels_into(result, int(shape.parts.max()) + 1), shape.parts, shape.areas) > 0.95


def test_a_humanoid_has_a_head_two_arms_and_two_legs() -> None:
    shape = humanoid()
    result = segment(shape.mesh)
    labels = labels_into(result, 6)
    assert result.tree.count(result.tree.default_scale) == 6
    assert agreement(labels, shape.parts, shape.areas) > 0.9
    for part in range(6):
        inside, claimed = shape.parts == part, labels == np.bincount(labels[shape.parts == part], shape.areas[shape.parts == part]).argmax()
        assert shape.areas[inside & claimed].sum() > 0.75 * shape.areas[inside | claimed].sum()


def test_the_same_mesh_gives_the_same_tree() -> None:
    mesh = humanoid().mesh
    first, second = segment(mesh), segment(mesh)
    assert np.array_equal(first.leaf_of_face, second.leaf_of_face)
    assert np.array_equal(first.tree.merges, second.tree.merges)
    assert first.tree.default_scale == second.tree.default_scale


def turned(shape: Shape) -> Shape:
    turn = trimesh.transformations.random_rotation_matrix(np.array([0.2, 0.7, 0.4]))[:3, :3]
    return Shape(shape.vertices @ turn.T, shape.faces, shape.parts)


def shuffled(shape: Shape) -> Shape:
    """The same faces in another order, each beginning at another corner."""
    random = np.random.default_rng(0)
    order = random.permutation(len(shape.faces))
    corners = (np.arange(3)[None, :] + random.integers(0, 3, (len(order), 1))) % 3
    return Shape(shape.vertices, np.take_along_axis(shape.faces[order], corners, axis=1), shape.parts[order])


POSES: dict[str, Callable[[Shape], Shape]] = {
    "turned": turned,
    "moved": lambda shape: Shape(shape.vertices + np.array([300, -200, 100]), shape.faces, shape.parts),
    "tiny": lambda shape: Shape(shape.vertices * 1e-3, shape.faces, shape.parts),
    "huge": lambda shape: Shape(shape.vertices * 1e5, shape.faces, shape.parts),
    "shuffled": shuffled,
    "inside out": lambda shape: Shape(shape.vertices, shape.faces[:, ::-1], shape.parts),
    "mirrored": lambda shape: Shape(shape.vertices * [-1, 1, 1], shape.faces, shape.parts),
    "cut at seams": lambda shape: Shape(
        shape.vertices[shape.faces].reshape(-1, 3), np.arange(shape.faces.size).reshape(-1, 3), shape.parts
    ),
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES.keys())
def test_parts_do_not_depend_on_the_pose(pose: Callable[[Shape], Shape]) -> None:
    shape = pose(table())
    assert agreement(segment(shape.mesh).labels(), shape.parts, shape.areas) > 0.9


def test_all_triangles_of_a_polygon_share_its_leaf() -> None:
    """A table of quads, and with one large polygon that regions would divide."""
    shape = table()
    normals = np.cross(*(shape.vertices[shape.faces[:, i]] - shape.vertices[shape.faces[:, 0]] for i in (1, 2)))
    bottom = (normals[:, 2] < -1e-9) & (shape.vertices[shape.faces][:, :, 2].max(axis=1) > -0.11)
    order = np.argsort(bottom, kind="stable")
    polygon = np.minimum(np.arange(len(order)) // 2, (~bottom).sum() // 2)
    mesh = Mesh(shape.vertices.astype(np.float32), shape.faces[order].astype(np.int32), polygon.astype(np.int32))
    assert (polygon == polygon.max()).sum() > 50
    segment(mesh)


def test_a_polygon_goes_where_most_of_its_area_is() -> None:
    boxes = two_boxes()
    # A triangle of the second, smaller box and two of the first are one polygon.
    vertices = np.where((np.arange(16) >= 8)[:, None], (boxes.vertices - [3, 0, 0]) * 0.5 + [3, 0, 0], boxes.vertices)
    faces = np.concatenate([boxes.faces[12:13], boxes.faces[:12], boxes.faces[13:]])
    polygon = np.concatenate([[0, 0, 0], np.arange(1, 22)])
    parts = np.concatenate([np.zeros(13, int), np.ones(11, int)])
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32), polygon.astype(np.int32))
    assert agreement(labels_into(segment(mesh), 2), parts) == 1


SQUARE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], float)


def soup(size: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    corners = random.random((300, 1, 3)) * 10 + random.random((300, 3, 3)) * size
    return corners.reshape(-1, 3), np.arange(900).reshape(-1, 3)


def two_sided_sheet() -> tuple[np.ndarray, np.ndarray]:
    vertices, faces = grid(8)
    return np.concatenate([vertices, vertices]), np.concatenate([faces, faces[:, ::-1] + len(vertices)])


POOR = {
    "one face": (SQUARE, [[0, 1, 2]]),
    "two faces": (SQUARE, [[0, 1, 2], [1, 3, 2]]),
    "one face twice": (SQUARE, [[0, 1, 2], [2, 1, 0]]),
    "one face and one without area": (SQUARE, [[0, 1, 2], [0, 1, 1]]),
    "a flat sheet": grid(16),
    "a two-sided sheet": two_sided_sheet(),
    "loose triangles": soup(1),
    "specks": soup(0.01),
}


@pytest.mark.parametrize("arrays", POOR.values(), ids=POOR.keys())
def test_poor_meshes_have_a_tree(arrays: tuple) -> None:
    result = segment(Mesh.from_triangles(*map(np.array, arrays)))
    assert result.tree.count(1) == 1


def test_both_sides_of_a_sheet_are_one_part_everywhere() -> None:
    leaf = segment(Mesh.from_triangles(*two_sided_sheet())).leaf_of_face
    assert np.array_equal(leaf[:128], leaf[128:])


def test_a_mesh_without_any_area_is_refused_by_name() -> None:
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]])
    with pytest.raises(PartgenError, match="No face of Wire has an area") as refusal:
        segment(Mesh.from_triangles(line, np.array([[0, 1, 2], [1, 2, 3]]), "Wire"))
    assert (refusal.value.code, bool(refusal.value.remedy)) == ("mesh.no_area", True)


@pytest.mark.parametrize(("count", "words"), [(1, "Lamp has 1 face without area"), (3, "Lamp has 3 faces without area")])
def test_faces_without_area_follow_their_neighbours_and_are_told(count: int, words: str) -> None:
    boxes = two_boxes()
    flat = np.column_stack([boxes.faces[-count:, :2], boxes.faces[-count:, 1]])
    result = segment(Mesh.from_triangles(boxes.vertices, np.concatenate([flat, boxes.faces]), "Lamp"))
    assert [note.startswith(words) for note in result.notes] == [True]
    labels = labels_into(result, 2)
    assert set(labels[:count].tolist()) == {labels[-1]} != {labels[count]}
    assert not segment(boxes.mesh).notes


def test_strays_far_away_do_not_spoil_the_parts() -> None:
    boxes = two_boxes()
    vertices = np.concatenate([boxes.vertices, [[1e7, 0, 0], [np.nan, 0, 0]]])
    assert agreement(segment(Mesh.from_triangles(vertices, boxes.faces)).labels(), boxes.parts) == 1


def test_many_equal_components_are_parts_of_their_own() -> None:
    shape = apart([at(box(1, 1, 1), 2.0 * x, 2.0 * y, 0) for x in range(6) for y in range(6)])
    labels = labels_into(segment(shape.mesh), 36)
    assert agreement(labels, shape.parts) == 1


def test_an_assembly_modelled_in_detail_shows_its_components_down_to_the_smallest_screw() -> None:
    plate = box(9, 2, 1).subdivide_to_size(0.5)
    screws = [at(ball(radius), x, 0, 0.51 + radius) for x, radius in enumerate(np.geomspace(0.05, 0.4, 9), start=-4)]
    shape = apart([plate, *screws])
    result = segment(shape.mesh)
    assert agreement(result.labels(), shape.parts) == 1
    assert result.tree.count(result.tree.default_scale) == 10


def test_progress_rises_through_all_stages() -> None:
    reports: list[tuple[float, str]] = []
    mesh = dumbbell().mesh
    segmenter("geometric").segment(mesh, lambda fraction, stage: reports.append((fraction, stage)))
    fractions, stages = zip(*reports, strict=True)
    assert list(stages) == list(expected_seconds(len(mesh.faces)))
    assert fractions[0] == 0
    assert all(before < after for before, after in pairwise(fractions))
    assert fractions[-1] < 1


@pytest.mark.parametrize("last", range(7))
def test_work_ends_at_the_report_that_cancels_it(last: int) -> None:
    reports: list[str] = []

    def progress(fraction: float, stage: str) -> None:
        reports.append(stage)
        if len(reports) > last:
            raise Cancelled

    with pytest.raises(Cancelled):
        segmenter("geometric").segment(two_boxes().mesh, progress)
    assert len(reports) == last + 1


def test_the_answer_says_who_made_it() -> None:
    result = segmenter("geometric").segment(two_boxes().mesh)
    assert (result.method, result.weights) == ("geometric", "")
    assert result.leaf_features is None


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(PartgenError, match="'guess'") as refusal:
        segmenter("guess")
    assert refusal.value.code == "method.unknown"


def test_large_meshes_take_seconds() -> None:
    shape = humanoid()
    vertices, faces = shape.vertices, shape.faces
    while len(faces) < 80_000:
        vertices, faces = trimesh.remesh.subdivide(vertices, faces)
    mesh = Mesh.from_triangles(vertices, faces)
    began = process_time()
    segmenter("geometric").segment(mesh)
    assert process_time() - began < 10  # seconds of work, for 86,000 faces


@pytest.mark.parametrize("beside", [0, -1], ids=["the first box", "the last box"])
def test_a_loose_face_without_area_joins_the_nearest_part(beside: int) -> None:
    boxes = two_boxes()
    count = len(boxes.vertices)
    point = boxes.vertices[boxes.faces[beside, 0]]
    vertices = np.concatenate([boxes.vertices, np.tile(point, (3, 1)) + np.eye(3)[:1] * 1e-2])
    faces = np.concatenate([boxes.faces, [[count, count + 1, count + 2]]])
    labels = labels_into(segment(Mesh.from_triangles(vertices, faces)), 2)
    assert labels[-1] == labels[beside - 1 if beside < 0 else beside]
    assert labels[0] != labels[-2]
