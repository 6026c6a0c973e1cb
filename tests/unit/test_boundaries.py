"""Boundaries: faces change sides only near borders; straight borders stay and jagged ones get shorter, at every scale."""

from __future__ import annotations

import numpy as np
import pytest
from partgen.geometry.adjacency import FaceGraph, face_graph
from partgen.part_tree import PartTree
from partgen.segmentation.boundaries import smooth_at_all_scales, smooth_boundaries
from scipy.cluster.hierarchy import linkage
from shapes import Shape, apart, at, ball, box, dumbbell, grid


def sheet(count: int = 40) -> FaceGraph:
    return face_graph(*grid(count))


def border(graph: FaceGraph, part: np.ndarray) -> float:
    """The length of all borders between parts."""
    return float(graph.lengths[part[graph.pairs[:, 0]] != part[graph.pairs[:, 1]]].sum())


def smoothed(graph: FaceGraph, part: np.ndarray) -> np.ndarray:
    """Where every part is one region."""
    return smooth_boundaries(graph, part, np.arange(part.max() + 1))


def jagged(graph: FaceGraph, depth: float = 0.05) -> np.ndarray:
    """Two parts with a border like a saw in the middle."""
    x, y = graph.centers[:, 0], graph.centers[:, 1]
    return (x + depth * np.where((y * 10).astype(int) % 2, 1, -1) > 0.5).astype(np.int64)


def test_a_straight_border_stays() -> None:
    graph = sheet()
    part = (graph.centers[:, 0] > 0.5).astype(np.int64)
    moved = smoothed(graph, part) != part
    # At the rim of the sheet one triangle of a square may turn.
    assert moved.sum() <= 2
    assert (np.abs(graph.centers[moved, 1] - 0.5) > 0.45).all()


def test_a_jagged_border_gets_shorter() -> None:
    graph = sheet()
    part = jagged(graph)
    result = smoothed(graph, part)
    assert border(graph, part) > 1.8
    assert border(graph, result) < 0.93 * border(graph, part)
    assert (result == part).mean() > 0.85


def test_a_frayed_border_becomes_straight() -> None:
    graph = sheet()
    part = (graph.centers[:, 0] + np.random.default_rng(0).normal(size=graph.face_count) * 0.02 > 0.5).astype(np.int64)
    assert border(graph, part) > 3
    assert border(graph, smoothed(graph, part)) < 1.1


def test_faces_move_only_near_borders() -> None:
    graph = sheet()
    part = jagged(graph)
    moved = smoothed(graph, part) != part
    assert moved.any()
    assert np.abs(graph.centers[moved, 0] - 0.5).max() < 0.2


def test_a_border_on_a_crease_stays_there() -> None:
    shape = apart([box(1, 1, 1).subdivide_to_size(0.08)])
    graph = face_graph(shape.vertices, shape.faces)
    top = (graph.normals[:, 2] > 0.5).astype(np.int64)
    assert np.array_equal(smoothed(graph, top), top)


def test_a_border_that_strays_from_a_crease_returns_to_it() -> None:
    shape = apart([box(1, 1, 1).subdivide_to_size(0.08)])
    graph = face_graph(shape.vertices, shape.faces)
    top = graph.normals[:, 2] > 0.5
    strayed = top | ((graph.centers[:, 2] > 0.45) & (np.abs(graph.centers[:, 1]) < 0.1))
    result = smoothed(graph, strayed.astype(np.int64))
    assert (strayed != top).sum() > 10
    assert (result != top).sum() < 0.3 * (strayed != top).sum()


def test_a_speck_is_taken_over_by_what_surrounds_it() -> None:
    graph = sheet()
    part = (np.linalg.norm(graph.centers - [0.5, 0.5, 0], axis=1) < 0.03).astype(np.int64)
    assert part.any()
    assert not smoothed(graph, part).any()


def test_moved_faces_join_the_region_of_their_new_part_beside_them() -> None:
    """Two parts of two regions each, one above the other: a face that changes its part must not change its height."""
    graph = sheet()
    part, upper = jagged(graph), (graph.centers[:, 1] > 0.5).astype(np.int64)
    region = smooth_boundaries(graph, 2 * part + upper, np.array([0, 0, 1, 1]))
    moved = region // 2 != part
    assert moved.sum() > 50
    away = moved & (np.abs(graph.centers[:, 1] - 0.5) > 0.15)
    assert np.array_equal(region[away] % 2, upper[away])
    assert np.array_equal(region[~moved], (2 * part + upper)[~moved])


def test_borders_within_a_part_stay() -> None:
    graph = sheet()
    region = jagged(graph)
    assert np.array_equal(smooth_boundaries(graph, region, np.array([0, 0])), region)


def patches(graph: FaceGraph, count: int) -> tuple[np.ndarray, PartTree]:
    """Frayed patches of a sheet, and a tree that joins those that lie near each other."""
    random = np.random.default_rng(0)
    seeds = random.random((count, 2))
    places = graph.centers[:, None, :2] + random.normal(size=(graph.face_count, 1, 2)) * 0.02
    region = np.linalg.norm(places - seeds, axis=2).argmin(axis=1)
    return region, PartTree.from_merges(linkage(seeds, "ward")[:, :2], 1)


@pytest.mark.parametrize("parts", [120, 60, 30, 12, 4])
def test_borders_run_smoothly_at_every_scale(parts: int) -> None:
    graph = sheet(60)
    region, tree = patches(graph, 120)
    cut = tree.cut_into(parts).astype(np.int64)
    result = smooth_at_all_scales(graph, region, tree)
    assert border(graph, cut[result]) < 0.8 * border(graph, cut[region])
    assert (cut[result] == cut[region]).mean() > 0.65  # what frays is a fifth of the finest


def test_a_face_joins_no_part_but_one_beside_its_own() -> None:
    graph = sheet(60)
    region, _ = patches(graph, 120)
    result = smoothed(graph, region)
    one, other = region[graph.pairs[:, 0]], region[graph.pairs[:, 1]]
    beside = {*zip(one.tolist(), other.tolist(), strict=True), *zip(other.tolist(), one.tolist(), strict=True)}
    moved = result != region
    assert moved.sum() > 100
    assert set(zip(region[moved].tolist(), result[moved].tolist(), strict=True)) <= beside


@pytest.mark.parametrize("shape", [apart([ball(1)]), apart([at(box(1, 1, 1), 2.0 * i, 0, 0) for i in range(5)])], ids=["ball", "boxes"])
def test_one_part_alone_has_no_border(shape: Shape) -> None:
    graph = face_graph(shape.vertices, shape.faces)
    region = np.arange(graph.face_count)
    assert np.array_equal(smooth_boundaries(graph, region, np.zeros(graph.face_count, np.int64)), region)


def test_loose_triangles_have_no_borders() -> None:
    corners = np.random.default_rng(0).random((20, 3, 3))
    graph = face_graph(corners.reshape(-1, 3), np.arange(60).reshape(20, 3))
    assert smoothed(graph, np.arange(20)).tolist() == list(range(20))


def test_the_true_parts_of_a_dumbbell_keep_their_borders() -> None:
    shape = dumbbell()
    graph = face_graph(shape.vertices, shape.faces)
    part = shape.parts[graph.input_of_face]
    result = smoothed(graph, part)
    assert graph.areas[result != part].sum() / graph.areas.sum() < 0.01
    assert border(graph, result) <= border(graph, part) * 1.01
