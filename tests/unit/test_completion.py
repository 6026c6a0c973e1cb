"""Completed parts: closed, exclusive, and true to what was visible."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.completion import METHODS, CompletedPart, Options, completer
from partgen.completion.touching import apart
from partgen.errors import Cancelled, PartgenError
from partgen.mesh import Mesh

LOCAL = ("caps", "solid")


def as_mesh(shape: trimesh.Trimesh, name: str = "thing") -> Mesh:
    return Mesh.from_triangles(shape.vertices, shape.faces, name)


def ball_in_halves() -> tuple[Mesh, np.ndarray]:
    """A ball of radius 1, its upper and its lower half a part."""
    ball = trimesh.creation.icosphere(subdivisions=2)
    return as_mesh(ball), (ball.triangles_center[:, 2] > 0).astype(np.int32)


def knob_on_box() -> tuple[Mesh, np.ndarray]:
    """A cylinder of radius 0.3 that stands on a box of side 2, fused: the box is part 0."""
    box = trimesh.creation.box((2, 2, 2)).subdivide().subdivide().subdivide()
    rod = trimesh.creation.cylinder(0.3, 2.0, sections=32).subdivide()
    rod.apply_translation((0, 0, 1.0))
    fused = trimesh.boolean.union([box, rod], engine="manifold")
    return as_mesh(fused), (fused.triangles_center[:, 2] > 1.0 + 1e-6).astype(np.int32)


def cup() -> tuple[Mesh, np.ndarray]:
    """A thick cup of radius 1 from -1 to 0.5: its outside below 0; as a part of its own the rest, and the inside, down to -0.4."""
    outside = [(0, -1), (0.5, -1), (1, -1), (1, -0.6), (1, -0.3), (1, 0), (1, 0.25), (1, 0.5)]
    inside = [(0.6, 0.5), (0.6, 0.1), (0.6, -0.4), (0.3, -0.4), (0, -0.4)]
    turned = trimesh.creation.revolve(np.array(outside + inside, float), sections=32)
    middle = turned.triangles_center
    return as_mesh(turned), ((middle[:, 2] > 0) | (np.linalg.norm(middle[:, :2], axis=1) < 0.61) & (middle[:, 2] > -0.7)).astype(np.int32)


def cake(slices: int = 5) -> tuple[Mesh, np.ndarray]:
    """A disc of radius 1 and height 0.5 in slices that all meet at the axis."""
    disc = trimesh.creation.cylinder(1.0, 0.5, sections=40).subdivide()
    angle = np.arctan2(*disc.triangles_center[:, 1::-1].T)
    return as_mesh(disc), np.minimum(((angle + np.pi) / (2 * np.pi) * slices).astype(np.int32), slices - 1)


OBJECTS = {"ball": ball_in_halves, "knob": knob_on_box, "cake": cake}


def completed(mesh: Mesh, labels: np.ndarray, method: str, **options: object) -> tuple[CompletedPart, ...]:
    return completer(method).complete(mesh, np.asarray(labels, np.int32), None, Options(**options)).parts


def volume_inside(parts: tuple[CompletedPart, ...], count: int = 20000) -> tuple[float, float]:
    """The shares of the parts' bounds that lie in at least one and in more than one of them."""
    points = np.concatenate([part.vertices for part in parts])
    probes = np.random.default_rng(0).uniform(points.min(axis=0), points.max(axis=0), (count, 3))
    depth = sum(trimesh.Trimesh(part.vertices, part.faces, process=False).contains(probes).astype(int) for part in parts)
    return float((depth > 0).mean()), float((depth > 1).mean())


# ---- what is promised of every part --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", LOCAL)
@pytest.mark.parametrize("name", OBJECTS)
def test_every_part_is_closed_manifold_and_looks_outward(name: str, method: str) -> None:
    mesh, labels = OBJECTS[name]()
    for part in completed(mesh, labels, method):
        assert part.measures.is_watertight
        assert part.measures.is_manifold
        assert part.measures.volume > 0
        merged = trimesh.Trimesh(part.vertices, part.faces, process=True)
        assert merged.is_watertight
        assert merged.is_winding_consistent


@pytest.mark.parametrize("method", LOCAL)
@pytest.mark.parametrize("name", OBJECTS)
def test_what_was_visible_stays_bit_for_bit(name: str, method: str) -> None:
    mesh, labels = OBJECTS[name]()
    for part in completed(mesh, labels, method):
        count = len(part.original_faces)
        assert np.array_equal(part.original_faces, np.flatnonzero(labels == part.label))
        assert np.array_equal(part.vertices[: len(part.input_vertices)], mesh.vertices[part.input_vertices])
        assert np.array_equal(part.input_vertices[part.faces[:count]], mesh.faces[part.original_faces])
        assert np.array_equal(part.generated, np.arange(len(part.faces)) >= count)


def boxes_that_share_an_edge() -> trimesh.Trimesh:
    boxes = [trimesh.creation.box(bounds=[[x, x, 0], [x + 1, x + 1, 1]]).subdivide() for x in (0, 1)]
    return trimesh.util.concatenate(boxes)


def test_a_part_that_touches_itself_is_written_closed_for_readers_that_merge_vertices(tmp_path) -> None:
    boxes = boxes_that_share_an_edge()
    assert not trimesh.Trimesh(boxes.vertices, boxes.faces, process=True).is_watertight
    boxes.export(tmp_path / "boxes.ply")
    np.savez(tmp_path / "l.npz", face_labels=np.zeros(len(boxes.faces), np.int32))
    assert main(["complete", str(tmp_path / "boxes.ply"), "--labels", str(tmp_path / "l.npz"), "-o", str(tmp_path / "out")]) == 0
    written = trimesh.load(tmp_path / "out" / "part_000.ply", process=False)
    merged = trimesh.load(tmp_path / "out" / "part_000.ply", process=True)
    assert merged.is_watertight
    assert merged.is_winding_consistent
    assert np.isin(boxes.vertices.astype("f4").view("f4,f4,f4"), written.vertices.astype("f4").view("f4,f4,f4")).all()
    assert written.volume == pytest.approx(2.0, abs=1e-4)


def test_of_two_edges_in_one_place_the_visible_one_stays_whole() -> None:
    boxes = boxes_that_share_an_edge()
    generated = np.arange(len(boxes.faces)) >= len(boxes.faces) // 2
    vertices, faces, source = apart(boxes.vertices, boxes.faces, generated)
    kept = {tuple(face) for face in boxes.faces[~generated].tolist()}
    assert {tuple(face) for face in faces[~generated[source]].tolist()} == kept
    assert np.array_equal(vertices[: len(boxes.vertices)], boxes.vertices.astype(np.float32))
    assert len(faces) > len(boxes.faces)


def closed_when_merged(vertices: np.ndarray, faces: np.ndarray) -> bool:
    return trimesh.Trimesh(vertices, faces, process=True).is_watertight


def test_a_triangle_that_touches_others_along_all_its_edges_is_parted_from_each() -> None:
    """A tetrahedron on whose three upper edges others stand, each only touching."""
    corners = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0.0], [0.3, 0.3, -1]])
    tetrahedra = [corners]
    for a, b in ((0, 1), (1, 2), (2, 0)):
        out = (corners[a] + corners[b]) / 2 - corners[:3].mean(axis=0)
        tetrahedra.append(
            np.array([corners[a], corners[b], (corners[a] + corners[b]) / 2 + 3 * out + [0, 0, 1], corners[a] + 3 * out + [0, 0, 2]])
        )
    whole = trimesh.util.concatenate([trimesh.Trimesh(points, [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]) for points in tetrahedra])
    assert not closed_when_merged(whole.vertices, whole.faces)
    vertices, faces, _ = apart(whole.vertices, whole.faces, np.ones(len(whole.faces), bool))
    assert closed_when_merged(vertices, faces)


def test_a_generated_triangle_that_lies_on_the_part_gets_something_between() -> None:
    box = trimesh.creation.box()
    flap = np.array([[0.5, 0.5, 0.5], [2.0, 0.5, 0.5], [0.5, 0.5, 2.0]])
    vertices = np.concatenate([box.vertices, flap])
    faces = np.concatenate([box.faces, [[8, 9, 10], [10, 9, 8]]])
    generated = np.arange(len(faces)) == len(faces) - 1
    vertices, faces, source = apart(vertices, faces, generated)
    assert closed_when_merged(vertices, faces)
    assert (np.bincount(source)[:-1] == 1).all()  # only the generated one was split


def test_a_sheet_with_triangles_that_have_no_area_is_thick_everywhere() -> None:
    points = np.array([[0, 1, 0], [1, 1, 0], [2, 1, 0], [2, 0, 0], [1, 0, 0], [0, 0, 0]], float)
    mesh = Mesh.from_triangles(points, np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5]]))
    (part,) = completed(mesh, np.zeros(4), "caps")
    assert len(np.unique(part.vertices, axis=0)) == len(part.vertices)
    assert part.measures.is_watertight


def test_a_triangle_that_hangs_by_its_corner_gets_an_inside() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 1], [0, -1, 1]], float)
    mesh = Mesh.from_triangles(points, np.array([[0, 1, 2], [0, 3, 4]]))
    (part,) = completed(mesh, np.zeros(2), "caps")
    merged = trimesh.Trimesh(part.vertices, part.faces, process=True)
    assert merged.is_watertight
    assert all(piece.volume > 0 for piece in merged.split(only_watertight=False))


def test_solids_fill_the_object_together_and_do_not_overlap() -> None:
    for build in OBJECTS.values():
        mesh, labels = build()
        parts = completed(mesh, labels, "solid")
        whole = trimesh.Trimesh(mesh.vertices, mesh.faces)
        assert sum(part.measures.volume for part in parts) == pytest.approx(whole.volume, rel=1e-4)
        assert volume_inside(parts)[1] < 1e-3


def test_both_sides_of_a_border_get_the_same_surface() -> None:
    lower, upper = completed(*ball_in_halves(), "solid")
    below = {tuple(p) for p in lower.vertices[lower.faces[lower.generated]].reshape(-1, 3).tolist()}
    above = {tuple(p) for p in upper.vertices[upper.faces[upper.generated]].reshape(-1, 3).tolist()}
    assert below == above


def test_a_knob_goes_on_into_what_it_stands_on_as_far_as_asked() -> None:
    mesh, labels = knob_on_box()
    knobs = [completed(mesh, labels, "solid", reach=reach, flat_cuts=False)[1] for reach in (0.0, 1.0)]
    depths = [knob.vertices[:, 2].min() for knob in knobs]
    assert depths[0] == pytest.approx(1.0, abs=0.02)
    assert depths[1] < depths[0] - 0.01


def test_a_part_that_ends_in_a_plane_is_closed_in_that_plane_whatever_the_reach() -> None:
    knob = completed(*knob_on_box(), "solid", reach=1.0)[1]
    np.testing.assert_allclose(knob.vertices[knob.faces[knob.generated]][..., 2], 1.0, atol=1e-6)
    ball, labels = ball_in_halves()
    rough = Mesh.from_triangles(ball.vertices + np.random.default_rng(0).normal(scale=0.02, size=ball.vertices.shape), ball.faces, "rough")
    asked, not_asked = (completed(rough, labels, "solid", flat_cuts=flat)[1] for flat in (True, False))
    np.testing.assert_array_equal(asked.vertices, not_asked.vertices, "a border that lies in no plane is no flat cut")


def test_what_lies_under_a_plate_ends_where_it_is_seen_to_end() -> None:
    block = trimesh.creation.box((2, 2, 3)).subdivide().subdivide().subdivide()
    x, _, z = block.triangles_center.T
    labels = np.where(z > 1.125, 2, np.where(x > 0.5, 1, 0))  # a plate over a wide and a narrow part
    wide, narrow, plate = completed(as_mesh(block), labels, "solid")
    assert narrow.vertices[:, 0].min() > 0.2
    assert wide.vertices[:, 0].max() < 0.8
    np.testing.assert_allclose(plate.vertices[plate.faces[plate.generated]][..., 2], 1.125, atol=1e-6)


def plate(thickness: float) -> trimesh.Trimesh:
    """2 by 2 and as thick as a share of that."""
    return trimesh.creation.box((2, 2, 2 * thickness)).subdivide().subdivide().subdivide()


THIN = (0.05, 0.02, 0.01, 0.005, 0.002, 0.0005)


def sticks_out(parts: tuple[CompletedPart, ...], whole: trimesh.Trimesh) -> float:
    """How far parts leave the bounds of the whole."""
    points = np.concatenate([part.vertices for part in parts])
    return float(np.maximum(whole.bounds[0] - points, points - whole.bounds[1]).max())


@pytest.mark.parametrize("thickness", THIN)
def test_a_plate_however_thin_is_divided_within_itself(thickness: float) -> None:
    whole = plate(thickness)
    x = whole.triangles_center[:, 0]
    parts = completed(as_mesh(whole), (x > -0.3).astype(int) + (x > 0.4), "solid")
    assert min(part.measures.volume for part in parts) > 0.2 * whole.volume
    assert sum(part.measures.volume for part in parts) == pytest.approx(whole.volume, rel=1e-3)
    assert sticks_out(parts, whole) < 1e-5


@pytest.mark.parametrize("thickness", [0.2, *THIN])
def test_the_sides_of_a_plate_share_its_inside_and_none_is_turned_inside_out(thickness: float) -> None:
    whole = plate(thickness)
    up = whole.face_normals[:, 2]
    parts = completed(as_mesh(whole), np.where(up > 0.5, 1, np.where(up < -0.5, 2, 0)), "solid")
    assert min(part.measures.volume for part in parts) > -1e-3 * whole.volume
    assert sum(part.measures.volume for part in parts) == pytest.approx(whole.volume, rel=1e-3)
    assert sticks_out(parts, whole) < 0.15 * 2 * thickness + 1e-5


def test_the_lid_of_a_can_is_no_sheet_within_it() -> None:
    can = trimesh.creation.cylinder(0.5, 1, sections=32).subdivide().subdivide()
    lid = completed(as_mesh(can), (can.face_normals[:, 2] > 0.5).astype(int), "solid")[1]
    assert lid.made_by == "solid"
    assert lid.measures.volume > 0.01 * can.volume


def pipe() -> tuple[trimesh.Trimesh, np.ndarray]:
    """A pipe of radius 0.35 within and 0.5 without; its inner wall is part 1."""
    tube = trimesh.creation.annulus(0.35, 0.5, 2, sections=48).subdivide_to_size(0.2)
    tube = trimesh.Trimesh(tube.vertices, tube.faces)
    beside = np.hypot(*tube.triangles_center[:, :2].T)
    return tube, ((np.abs(tube.face_normals[:, 2]) < 0.5) & (beside < 0.42)).astype(int)


def mug() -> tuple[trimesh.Trimesh, np.ndarray]:
    """A mug of radius 1 and height 2; its inside, wall and floor, is part 1."""
    outside, inside = [(0, 0), (0.5, 0), (1, 0), (1, 1), (1, 2)], [(0.8, 2), (0.8, 1), (0.8, 0.2), (0.4, 0.2), (0, 0.2)]
    turned = trimesh.creation.revolve(np.array(outside + inside, float), sections=48)
    middle = turned.triangles_center
    return turned, ((np.hypot(*middle[:, :2].T) < 0.81) & (middle[:, 2] > 0.1)).astype(int)


def hollow_box() -> tuple[trimesh.Trimesh, np.ndarray]:
    """A box of side 2 with a cavity of side 1.8 in it, which is part 1."""
    box, cavity = (trimesh.creation.box((side,) * 3).subdivide().subdivide() for side in (2.0, 1.8))
    cavity.invert()
    return trimesh.util.concatenate([box, cavity]), np.repeat([0, 1], [len(box.faces), len(cavity.faces)])


@pytest.mark.parametrize("make", [pipe, mug, hollow_box])
def test_a_wall_that_looks_inward_gets_a_thickness_within_the_material(make: Callable) -> None:
    whole, labels = make()
    outer, inner = completed(as_mesh(whole), labels, "solid")
    assert inner.made_by == "sheet"
    assert inner.measures.volume > 0.02 * whole.volume
    assert outer.measures.volume > 0.5 * whole.volume
    assert outer.measures.volume + inner.measures.volume == pytest.approx(whole.volume, rel=1e-5)
    assert outer.measures.is_watertight
    assert inner.measures.is_watertight
    assert not outer.notes
    assert not inner.notes


def test_an_object_that_is_turned_inside_out_as_a_whole_is_filled_as_if_it_was_not() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    volume = ball.volume
    ball.invert()
    parts = completed(as_mesh(ball), (ball.triangles_center[:, 2] > 0).astype(int), "solid")
    assert sum(part.measures.volume for part in parts) == pytest.approx(volume)
    assert [part.made_by for part in parts] == ["solid", "solid"]


def cloth(height: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> trimesh.Trimesh:
    """A sheet of 1 by 1 in cloth of 40 by 40 squares, one side of which is modelled."""
    u, v = np.meshgrid(np.linspace(0, 1, 41), np.linspace(0, 1, 41), indexing="ij")
    index = np.arange(u.size).reshape(u.shape)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return trimesh.Trimesh(height(u, v).reshape(-1, 3), faces, process=False)


CLOTHS = {
    "flag": lambda u, v: np.stack([2 * u, 0.15 * u * np.sin(12 * u + 2 * v), v], -1),
    "cape": lambda u, v: np.stack([np.cos(np.pi * u) * (0.4 + 0.3 * v), np.sin(np.pi * u) * (0.4 + 0.3 * v), -1.2 * v], -1),
    "scroll": lambda u, v: np.stack([(0.2 + 0.3 * u) * np.cos(9 * u), (0.2 + 0.3 * u) * np.sin(9 * u), v], -1),
}


@pytest.mark.parametrize("name", CLOTHS)
def test_cloth_that_is_modelled_on_one_side_gets_a_thickness(name: str) -> None:
    sheet = cloth(CLOTHS[name])
    labels = (sheet.triangles_center[:, 2] > np.median(sheet.triangles_center[:, 2])).astype(int)
    parts = completed(as_mesh(sheet), labels, "solid")
    extent = np.ptp(sheet.vertices, axis=0).max()
    for part in parts:
        assert part.made_by == "sheet"
        assert part.measures.is_watertight
        assert not part.notes
        assert 0.005 < part.measures.volume / (sheet.area / 2 * extent) < 0.02
    one, other = (np.unique(part.vertices[part.faces[part.generated]].reshape(-1, 3), axis=0) for part in parts)
    shared = set(map(tuple, one.tolist())) & set(map(tuple, other.tolist()))
    assert len(shared) >= 2 * 41  # both sides of the cut, where the parts meet


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_a_vessel_or_a_dome_without_a_floor_is_filled(share: float) -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    ball.update_faces(ball.triangles_center[:, 2] > -share)
    parts = completed(as_mesh(ball), (ball.triangles_center[:, 0] > 0).astype(int), "solid")
    assert [part.made_by for part in parts] == ["solid", "solid"]
    depth = 1 + share
    assert sum(part.measures.volume for part in parts) == pytest.approx(np.pi * depth**2 * (3 - depth) / 3, rel=0.05)


def boxes(columns: int, rows: int, alike: bool = True) -> tuple[trimesh.Trimesh, np.ndarray]:
    """Boxes of side 1 side by side, and the number of the box of every triangle; with `alike` their triangles lie on each other."""
    box = trimesh.creation.box((1, 1, 1))
    if alike:  # both diagonals of every side
        quads = [box.faces[a] for a in np.stack([np.argsort(box.face_normals @ way)[-2:] for way in [*np.eye(3), *-np.eye(3)]])]
        middles = np.array([box.vertices[np.unique(quad)].mean(axis=0) for quad in quads])
        box = trimesh.Trimesh(np.concatenate([box.vertices, middles]), _stars(quads, len(box.vertices)))
    placed = [box.copy().apply_translation((column, row, 0)) for row in range(rows) for column in range(columns)]
    return trimesh.util.concatenate(placed), np.repeat(np.arange(len(placed)), len(box.faces))


def _stars(quads: list[np.ndarray], count: int) -> np.ndarray:
    """Four triangles around the middle of each quad, made of two, where the middles come behind `count` vertices."""
    faces = []
    for number, (one, other) in enumerate(quads):
        edges = {(a, b) for face in (one, other) for a, b in zip(face.tolist(), np.roll(face, -1).tolist(), strict=True)}
        faces += [(a, b, count + number) for a, b in sorted(edges) if (b, a) not in edges]
    return np.array(faces)


def as_exported(heap: trimesh.Trimesh) -> Mesh:
    """As glTF has it: every triangle with vertices of its own."""
    return Mesh.from_triangles(heap.vertices[heap.faces].reshape(-1, 3), np.arange(3 * len(heap.faces)).reshape(-1, 3))


PARTS_OF_BOXES = {
    "each": lambda box: box,
    "like a chessboard": lambda box: box % 2,
    "in rows": lambda box: box // 3,
}


@pytest.mark.parametrize("method", LOCAL)
@pytest.mark.parametrize("grouping", PARTS_OF_BOXES)
@pytest.mark.parametrize("form", ["loose", "welded", "exported", "mirrored"])
@pytest.mark.parametrize("alike", [True, False])
def test_boxes_side_by_side_are_closed_already(alike: bool, form: str, grouping: str, method: str) -> None:
    heap, box = boxes(3, 3, alike)
    if form == "welded":
        heap.merge_vertices()
    if form == "mirrored":
        heap = trimesh.Trimesh(heap.vertices * (-1, 1, 1), heap.faces, process=False)
    labels = PARTS_OF_BOXES[grouping](box)
    mesh = as_exported(heap) if form == "exported" else as_mesh(heap)
    for part in completed(mesh, labels, method):
        assert part.made_by == "whole"
        assert part.measures.is_watertight
        assert part.measures.volume == pytest.approx(9 * (labels == part.label).mean())
        assert not part.generated.any()


def test_a_box_beside_others_is_divided_as_if_it_stood_alone() -> None:
    heap, box = boxes(3, 3)
    fine, face_of = heap.vertices, heap.faces
    middle = trimesh.Trimesh(fine, face_of[box == 4]).subdivide().subdivide()
    around = trimesh.Trimesh(fine, face_of[box != 4], process=False)
    alone = completed(as_mesh(middle), (middle.triangles_center[:, 2] > 0).astype(int), "solid")
    whole = trimesh.util.concatenate([around, middle])
    labels = np.concatenate([box[box != 4], 10 + (middle.triangles_center[:, 2] > 0)])
    beside = {part.label: part for part in completed(as_mesh(whole), labels, "solid")}
    assert [beside[label].measures.volume for label in (10, 11)] == pytest.approx([part.measures.volume for part in alone], rel=1e-3)


def test_a_box_between_two_that_are_closed_is_divided_with_walls_of_its_own() -> None:
    heap, box = boxes(3, 1)
    heap, box = trimesh.Trimesh(*trimesh.remesh.subdivide(heap.vertices, heap.faces)), np.repeat(box, 4)
    up = heap.triangles_center[:, 2] > 0
    parts = {part.label: part for part in completed(as_mesh(heap), np.where(box == 1, 10 + up, box), "solid")}
    assert [parts[label].made_by for label in (0, 2)] == ["whole", "whole"]
    halves = [parts[label].measures.volume for label in (10, 11)]
    assert min(halves) > 0.3
    assert sum(halves) == pytest.approx(1.0, rel=1e-3)


def test_a_box_with_two_sides_is_one_box() -> None:
    box = trimesh.creation.box((1, 1, 1))
    both = Mesh.from_triangles(box.vertices, np.concatenate([box.faces, box.faces[:, ::-1]]))
    (part,) = completed(both, np.zeros(24, int), "solid")
    assert part.measures.volume == pytest.approx(1.0)
    assert len(part.faces) == 12


def test_a_hollow_box_beside_another_keeps_its_cavity() -> None:
    heap, labels = hollow_box()
    beside = trimesh.creation.box((2, 2, 2)).subdivide().subdivide().apply_translation((2, 0, 0))
    whole = trimesh.util.concatenate([heap, beside])
    hollow, solid = completed(as_mesh(whole), np.r_[np.zeros(len(labels), int), np.ones(len(beside.faces), int)], "solid")
    assert hollow.measures.volume == pytest.approx(8 - 1.8**3, rel=1e-3)
    assert solid.measures.volume == pytest.approx(8, rel=1e-3)


def test_a_part_that_is_the_back_of_another_is_told_to_be_that() -> None:
    vertices, faces = trimesh.creation.box((1, 1, 1)).subdivide().vertices, np.array([[0, 1, 2]])
    mesh = Mesh.from_triangles(vertices, np.concatenate([faces, faces[:, ::-1]]))
    told: list[CompletedPart] = []
    completer("solid").complete(mesh, np.array([0, 1], np.int32), deliver=told.append)
    assert sorted(part.label for part in told) == [0, 1]
    (back,) = (part for part in told if not len(part.faces))
    assert "backs of other parts" in back.notes[0]


def test_a_flat_cut_does_not_go_through_a_hollow() -> None:
    outside, inside = completed(*cup(), "solid")
    below, hollow = np.pi * 1.0**2 * 1.0, np.pi * 0.6**2 * 0.4
    assert outside.measures.volume < below - hollow
    assert outside.measures.volume + inside.measures.volume == pytest.approx(trimesh.Trimesh(cup()[0].vertices, cup()[0].faces).volume)


def test_the_filling_is_as_fine_as_the_part() -> None:
    mesh, labels = ball_in_halves()
    part = completed(mesh, labels, "caps")[0]
    lengths = [np.linalg.norm(np.diff(part.vertices[f[:, [0, 1, 2, 0]]], axis=1), axis=2).mean() for f in np.split(part.faces, [160])]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.4)


def test_the_filling_of_every_part_is_as_coarse_as_the_part_however_many_there_are() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    towards = np.random.default_rng(0).normal(size=(10, 3))
    labels = (ball.triangles_center @ (towards / np.linalg.norm(towards, axis=1, keepdims=True)).T).argmax(axis=1)
    for part in completed(as_mesh(ball), labels, "solid"):
        ends = part.vertices[part.faces]
        lengths = np.linalg.norm(ends - np.roll(ends, -1, axis=1), axis=2)
        if (~part.generated).sum() > 10:  # a filling of fewer is finer, to have vertices to bend by
            assert np.median(lengths[part.generated]) > np.median(lengths[~part.generated]) / 6
            assert part.generated.sum() < 60 * (~part.generated).sum()


def test_a_concave_loop_is_not_filled_beyond_its_outline() -> None:
    outline = np.array([[0, 0], [4, 0], [4, 4], [3, 4], [3, 1], [1, 1], [1, 4], [0, 4]], float)
    from partgen.completion.filling import fill

    loop = np.concatenate([np.linspace(a, b, 8, endpoint=False) for a, b in pairwise([*outline, outline[0]])])
    ((_, filling),) = fill([np.column_stack([loop, np.zeros(len(loop))])], 0.3)
    points = np.concatenate([np.column_stack([loop, np.zeros(len(loop))]), filling.points])
    a, b, c = points[filling.faces].transpose(1, 0, 2)
    areas = np.cross(b - a, c - a)[:, 2] / 2
    assert (areas > 0).all()
    assert areas.sum() == pytest.approx(10.0)


def test_holes_that_cross_each_other_are_filled_each_by_itself() -> None:
    from partgen.completion.filling import fill
    from partgen.geometry.solids import boundary_loops

    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn), 0 * turn])
    middles = np.array([[-0.5, 0, 0], [0.5, 0, 0.1], [0, 2.5, 0]])
    loops = [4 * ring, *(ring[::-1] + middles[:, None])]
    borders = []
    for filled, filling in fill(loops, 0.5):
        names = np.concatenate([*(20 * i + np.arange(20) for i in filled), 80 + np.arange(len(filling.points))])
        borders += [sorted(loop.tolist()) for loop in boundary_loops(names[filling.faces])]
    assert sorted(borders) == [list(range(first, first + 20)) for first in (0, 20, 40, 60)]


@pytest.mark.parametrize("method", LOCAL)
def test_the_two_loops_of_a_ring_are_filled_as_a_ring(method: str) -> None:
    washer = trimesh.creation.annulus(0.5, 1.0, 0.4, sections=48).subdivide()
    labels = (washer.triangles_center[:, 2] > 0.0).astype(np.int32)
    for part in completed(as_mesh(washer), labels, method):
        solid = trimesh.Trimesh(part.vertices, part.faces, process=False)
        assert part.measures.is_watertight
        assert solid.euler_number == 0
        assert part.measures.volume == pytest.approx(washer.volume / 2, rel=0.15)


@pytest.mark.parametrize("method", LOCAL)
def test_the_two_ends_of_a_tube_are_closed_each_by_itself(method: str) -> None:
    rod = trimesh.creation.cylinder(0.5, 3.0, sections=24).subdivide().subdivide()
    labels = np.digitize(rod.triangles_center[:, 2], [-0.5, 0.5]).astype(np.int32)
    parts = completed(as_mesh(rod), labels, method, reach=0.0)
    assert sum(part.measures.volume for part in parts) == pytest.approx(rod.volume, rel=0.01)
    assert all(trimesh.Trimesh(part.vertices, part.faces, process=False).euler_number == 2 for part in parts)


def test_remeshing_gives_even_closed_surfaces_that_keep_no_triangle() -> None:
    mesh, labels = ball_in_halves()
    for part in completed(mesh, labels, "solid", remesh=True):
        assert part.made_by == "remesh"
        assert part.measures.is_watertight
        assert part.generated.all()
        assert part.measures.volume == pytest.approx(trimesh.Trimesh(mesh.vertices, mesh.faces).volume / 2, rel=0.15)


def test_only_the_parts_that_were_asked_for_come_back_as_they_are_made() -> None:
    mesh, labels = cake()
    came: list[int] = []
    completion = completer("solid").complete(mesh, labels, [3, 1], deliver=lambda part: came.append(part.label))
    assert [part.label for part in completion.parts] == [1, 3]
    assert sorted(came) == [1, 3]


@pytest.mark.parametrize("method", LOCAL)
def test_a_cancel_ends_the_work(method: str) -> None:
    def cancel(fraction: float, stage: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        completer(method).complete(*ball_in_halves(), progress=cancel)


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", LOCAL)
@pytest.mark.parametrize("labels", [np.zeros(3, np.int32), np.zeros((320, 2), np.int32), np.zeros(320), np.full(320, -1)])
def test_labels_that_do_not_match_are_said_to(labels: np.ndarray, method: str) -> None:
    mesh, _ = ball_in_halves()
    with pytest.raises(PartgenError) as error:
        completer(method).complete(mesh, labels)
    assert error.value.code.startswith("labels.")
    assert error.value.remedy


def test_an_unknown_method_is_named_with_those_there_are() -> None:
    with pytest.raises(PartgenError, match=r"no completion method 'magic'.*caps"):
        completer("magic")
    assert "auto" in METHODS


@pytest.mark.parametrize("method", LOCAL)
def test_a_part_of_one_face_is_closed(method: str) -> None:
    mesh, labels = ball_in_halves()
    labels[17] = 7
    part = completed(mesh, labels, method)[-1]
    assert part.original_faces.tolist() == [17]
    assert part.measures.is_watertight
    assert part.measures.volume > 0


@pytest.mark.parametrize("method", LOCAL)
def test_a_flat_part_gets_a_thickness(method: str) -> None:
    box = trimesh.creation.box((1, 1, 1)).subdivide().subdivide()
    labels = (box.triangles_center[:, 2] > 0.4999).astype(np.int32)
    part = completed(as_mesh(box), labels, method)[1]
    assert part.measures.is_watertight
    assert part.measures.volume > 0
    assert np.ptp(part.vertices[:, 2]) > 1e-3


@pytest.mark.parametrize("method", LOCAL)
def test_a_single_sheet_is_thickened_and_said_to_be(method: str) -> None:
    grid = trimesh.creation.box((1, 1, 1)).subdivide().subdivide()
    sheet = grid.submesh([np.flatnonzero(grid.triangles_center[:, 2] > 0.4999)], append=True)
    (part,) = completed(as_mesh(sheet), np.zeros(len(sheet.faces)), method)
    assert part.made_by == "sheet"
    assert part.measures.is_watertight
    assert part.measures.volume > 0


@pytest.mark.parametrize("method", LOCAL)
def test_an_inside_out_mesh_gives_parts_that_look_outward(method: str) -> None:
    mesh, labels = ball_in_halves()
    parts = completed(Mesh.from_triangles(mesh.vertices, mesh.faces[:, ::-1]), labels, method)
    assert all(part.turned.all() for part in parts)
    assert all(part.measures.is_watertight and part.measures.volume > 0 for part in parts)


@pytest.mark.parametrize("method", LOCAL)
def test_a_two_sided_mesh_gives_the_parts_of_a_one_sided(method: str) -> None:
    mesh, labels = ball_in_halves()
    doubled = Mesh.from_triangles(mesh.vertices, np.concatenate([mesh.faces, mesh.faces[:, ::-1]]))
    parts = completed(doubled, np.tile(labels, 2), method)
    one_sided = completed(mesh, labels, method)
    assert [part.measures.volume for part in parts] == pytest.approx([part.measures.volume for part in one_sided])


@pytest.mark.parametrize("method", LOCAL)
def test_vertices_doubled_along_a_seam_count_as_one(method: str) -> None:
    mesh, labels = ball_in_halves()
    soup = Mesh.from_triangles(mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(3 * len(mesh.faces)).reshape(-1, 3))
    parts = completed(soup, labels, method)
    assert all(part.measures.is_watertight for part in parts)
    for part in parts:
        assert np.array_equal(part.vertices[: len(part.input_vertices)], soup.vertices[part.input_vertices])


@pytest.mark.parametrize("method", LOCAL)
def test_a_part_that_is_everything_comes_back_whole(method: str) -> None:
    mesh, labels = ball_in_halves()
    (part,) = completed(mesh, np.zeros_like(labels), method)
    assert part.made_by == "whole"
    assert not part.generated.any()


@pytest.mark.parametrize("method", LOCAL)
def test_a_hollow_object_stays_hollow(method: str) -> None:
    outer, inner = trimesh.creation.icosphere(subdivisions=2), trimesh.creation.icosphere(subdivisions=2, radius=0.5)
    inner.invert()
    hollow = trimesh.util.concatenate([outer, inner])
    labels = (hollow.triangles_center[:, 2] > 0).astype(np.int32)
    parts = completed(as_mesh(hollow), labels, method, reach=0.0)
    assert sum(part.measures.volume for part in parts) == pytest.approx(hollow.volume, rel=0.02)


def test_loose_closed_components_are_whole_already() -> None:
    pair = trimesh.util.concatenate([trimesh.creation.icosphere(), trimesh.creation.box().apply_translation((5, 0, 0))])
    labels = (pair.triangles_center[:, 0] > 2).astype(np.int32)
    assert [part.made_by for part in completed(as_mesh(pair), labels, "solid")] == ["whole", "whole"]


@pytest.mark.parametrize("method", LOCAL)
def test_an_open_object_is_closed_as_well(method: str) -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    kept = ball.triangles_center[:, 2] < 0.6
    cup = trimesh.Trimesh(ball.vertices, ball.faces[kept], process=True)
    parts = completed(as_mesh(cup), (cup.triangles_center[:, 0] > 0).astype(np.int32), method)
    assert all(part.measures.is_watertight and part.measures.volume > 0 for part in parts)


# ---- the command -----------------------------------------------------------------------------------------------------


def test_the_command_writes_a_closed_mesh_for_every_label(tmp_path, capsys) -> None:
    mesh, labels = ball_in_halves()
    trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).export(tmp_path / "ball.ply")
    np.savez(tmp_path / "labels.npz", face_labels=np.where(labels == 1, 12, 3).astype(np.int32))
    assert main(["complete", str(tmp_path / "ball.ply"), "--labels", str(tmp_path / "labels.npz"), "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ball.glb", "part_003.ply", "part_012.ply", "parts.json"]
    table = json.loads((tmp_path / "out" / "parts.json").read_text())
    assert [part["label"] for part in table["parts"]] == [3, 12]
    assert all(part["watertight"] and part["made_by"] == "solid" and part["file"] for part in table["parts"])
    assert trimesh.load(tmp_path / "out" / "part_012.ply", process=False).is_watertight
    assert {"part_003", "part_012"} <= set(trimesh.load_scene(tmp_path / "out" / "ball.glb").geometry)
    assert "2 of 2 parts closed (solid)" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_label_file_that_is_damaged_or_missing_is_said_to_be(tmp_path, capsys, content: bytes | None) -> None:
    trimesh.creation.box().export(tmp_path / "box.ply")
    if content is not None:
        (tmp_path / "l.npz").write_bytes(content)
    assert main(["complete", str(tmp_path / "box.ply"), "--labels", str(tmp_path / "l.npz"), "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "l.npz" in said
    assert "Traceback" not in said
