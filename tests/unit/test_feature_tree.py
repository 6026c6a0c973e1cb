"""Part trees from any features of faces: alike and hanging together is a part, whatever made the features."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from partgen.evaluation.metrics import adjusted_rand
from partgen.geometry.adjacency import FaceGraph, components, face_graph
from partgen.part_tree import PartTree
from partgen.segmentation import feature_tree as trees
from partgen.segmentation.clustering import BoundaryTerms, Links, distinct_links, labels_of_merges, unit_features, ward_merges
from partgen.segmentation.feature_tree import feature_tree


def ball(subdivisions: int = 5) -> FaceGraph:
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions)
    return face_graph(mesh.vertices, mesh.faces)


def octants(graph: FaceGraph) -> NDArray[np.int64]:
    return (graph.centers > 0) @ np.array([1, 2, 4])


def noisy(parts: NDArray[np.int64], width: int = 40, noise: float = 0.3) -> NDArray[np.float32]:
    generator = np.random.default_rng(0)
    return (generator.normal(size=(parts.max() + 1, width))[parts] + generator.normal(0, noise, (len(parts), width))).astype(np.float32)


def parts_of(tree: trees.FeatureTree, count: int) -> NDArray[np.int32]:
    return labels_of_merges(tree.nodes, count)[tree.region]


def test_parts_of_a_large_mesh_are_found_whatever_the_noise() -> None:
    graph = ball()
    assert graph.face_count > 5 * trees.SUPERFACES
    found = feature_tree(graph, noisy(octants(graph)))
    assert adjusted_rand(parts_of(found, 8), octants(graph)) > 0.99


def test_features_of_any_width_and_precision_will_do() -> None:
    graph = ball(4)
    halves = (graph.centers[:, 2] > 0).astype(int)
    for width, precision in ((2, np.float64), (24, np.float32), (448, np.float16)):
        noise = np.random.default_rng(0).normal(0, 0.02, (graph.face_count, width))
        found = feature_tree(graph, (np.eye(2, width)[halves] + noise).astype(precision))
        assert adjusted_rand(parts_of(found, 2), halves) == 1


def test_small_meshes_get_the_very_tree_of_wards_linkage() -> None:
    graph = ball(3)
    assert graph.face_count <= trees.SUPERFACES
    features = noisy(octants(graph))
    found = feature_tree(graph, features)
    exact, costs = ward_merges(unit_features(features), graph.pairs, graph.areas / graph.areas.sum())
    for count in (2, 5, 8, 20):
        assert adjusted_rand(parts_of(found, count), labels_of_merges(exact, count)) == 1
    np.testing.assert_allclose(found.costs[-20:], costs[-20:], rtol=1e-3)


def test_length_counts_only_where_it_is_asked_to() -> None:
    graph = ball(4)
    north = graph.centers[:, 2] > 0
    features = np.where(north[:, None], 3.0, 1.0) * noisy(np.zeros(graph.face_count, int), 8, 0.01)
    by_length = parts_of(feature_tree(graph, features, by_angle=False), 2)
    assert adjusted_rand(by_length, north) == 1
    assert adjusted_rand(parts_of(feature_tree(graph, features), 2), north) < 0.5


def test_loose_components_are_joined_into_one_tree() -> None:
    balls = [trimesh.creation.icosphere(subdivisions=2).apply_translation((x, 0, 0)) for x in (0, 2.0, 40, 90)]
    mesh = trimesh.util.concatenate(balls)
    graph = face_graph(mesh.vertices, mesh.faces)
    component = components(graph.face_count, graph.pairs)
    alike = np.array([0, 1, 1, 2])[component]
    found = feature_tree(graph, noisy(alike, noise=0.01))
    np.testing.assert_array_equal(np.unique(np.stack([parts_of(found, 3), alike]), axis=1).shape[1], 3)
    assert PartTree.from_merges(found.nodes, 3).leaf_count == found.region.max() + 1


def test_a_surface_like_points_hangs_together_as_these_do() -> None:
    generator = np.random.default_rng(0)
    middles = generator.uniform(size=(1500, 3))
    corners = middles[:, None] + generator.normal(0, 1e-3, (1500, 3, 3))
    graph = face_graph(corners.reshape(-1, 3), np.arange(4500).reshape(-1, 3))
    assert len(trees.connections(graph).pairs) > 3 * graph.face_count
    halves = graph.centers[:, 0] > 0.5
    assert adjusted_rand(parts_of(feature_tree(graph, noisy(halves.astype(int))), 2), halves) == 1


def test_faces_of_a_whole_mesh_hang_together_by_edges_alone() -> None:
    graph = ball(3)
    links = trees.connections(graph)
    np.testing.assert_array_equal(links.pairs, graph.pairs)
    assert links.boundaries[:, 0].sum() == pytest.approx(graph.lengths.sum() / np.sqrt(graph.areas.sum()))


def stairs() -> FaceGraph:
    """A strip in three equal pieces: a smooth joint between the first two, a valley before the last."""
    along = np.linspace(0, 3, 61)
    heights = np.maximum(along - 2, 0)
    vertices = np.concatenate([np.column_stack([along, np.full(61, y), heights]) for y in (0.0, 1.0)])
    quads = [(a, b, b + 61, a + 61) for a, b in pairwise(range(61))]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return face_graph(vertices, np.array(faces))


def test_creases_keep_apart_what_features_would_join_first() -> None:
    graph = stairs()
    piece = np.clip(graph.centers[:, 0].astype(int), 0, 2)
    # The last piece is a little nearer to the second than the first is.
    features = np.array([[0.0], [1.0], [1.9]])[piece] + np.random.default_rng(0).normal(0, 1e-3, (graph.face_count, 1))
    plain = parts_of(feature_tree(graph, features, by_angle=False), 2)
    creased = parts_of(feature_tree(graph, features, by_angle=False, terms=BoundaryTerms(crease=3.0)), 2)
    assert adjusted_rand(plain, piece > 0) == 1
    assert adjusted_rand(creased, piece > 1) == 1


def test_narrow_necks_keep_apart() -> None:
    terms = BoundaryTerms(neck=1.0)
    wide, narrow, none = terms.factors(np.array([[1.0, 0.0], [0.1, 0.0], [0.0, 0.0]]), np.ones(3))
    assert wide < 1 < narrow < none


def test_terms_of_nothing_change_no_part() -> None:
    graph = ball(4)
    features = noisy(octants(graph))
    # A flat crease term of a convex ball: every boundary is taken through the other way of merging, none made dearer.
    plain, bounded = (feature_tree(graph, features, terms=terms) for terms in (BoundaryTerms(), BoundaryTerms(crease=1e-9)))
    for count in (2, 8, 20):
        assert adjusted_rand(parts_of(plain, count), parts_of(bounded, count)) == 1
    np.testing.assert_allclose(plain.costs, bounded.costs, rtol=1e-5, atol=1e-12)


def test_the_same_features_give_the_same_tree() -> None:
    graph = ball()
    first, second = (feature_tree(graph, noisy(octants(graph), noise=1.0)) for _ in range(2))
    np.testing.assert_array_equal(first.region, second.region)
    np.testing.assert_array_equal(first.nodes, second.nodes)


def test_regular_surfaces_without_any_difference_get_a_tree_too() -> None:
    graph = ball()
    found = feature_tree(graph, np.ones((graph.face_count, 16), np.float32))
    assert len(found.nodes) == found.region.max() == trees.MOST_LEAVES - 1
    np.testing.assert_allclose(found.costs, 0, atol=1e-9)


def test_leaves_know_the_mean_of_what_they_are_made_of() -> None:
    graph = ball()
    features = noisy(octants(graph))
    found = feature_tree(graph, features)
    leaf = found.region == 7
    expected = np.average(unit_features(features[leaf]), axis=0, weights=graph.areas[leaf])
    np.testing.assert_allclose(found.means[7], expected, atol=1e-5)


def test_features_that_are_no_numbers_are_refused() -> None:
    graph = ball(2)
    features = noisy(octants(graph))
    features[3, 4] = np.nan
    with pytest.raises(ValueError, match="finite"):
        feature_tree(graph, features)


def test_boundaries_add_up_where_clusters_meet_twice() -> None:
    links = distinct_links(Links(np.array([[0, 1], [1, 0], [2, 2], [1, 2]]), np.array([[1.0, 0.5], [2.0, 0.0], [9.0, 9.0], [4.0, 1.0]])), 3)
    np.testing.assert_array_equal(links.pairs, [[0, 1], [1, 2]])
    np.testing.assert_array_equal(links.boundaries, [[3.0, 0.5], [4.0, 1.0]])
