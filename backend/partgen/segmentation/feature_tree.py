"""Part trees from features of faces, whatever made these: faces that are alike and hang together are parts.

Superfaces first, by twos and along the main directions of the features; then Ward's linkage of these with all their
features. The two stages take a tenth of the time of one, and their parts are as good (docs/benchmarks.md).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..geometry.adjacency import FaceGraph, components
from ..geometry.contacts import contacts
from .clustering import (
    FEATURES_ALONE,
    NEIGHBOURS,
    BoundaryTerms,
    Links,
    bounded_merges,
    chunks,
    grown_regions,
    labels_of_merges,
    main_places,
    region_means,
    ward_merges,
)

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

SUPERFACES = 2000
DIMENSIONS = 24
"""Superfaces are sought along so many directions."""
MOST_LEAVES = 800
POINT_LIKE = 4
"""Surfaces whose components have fewer faces than this, on average, hang together as points do."""


class FeatureTree(NamedTuple):
    """A tree over clusters of faces: `region` (C,) the leaf of each face, dense; `nodes` (L-1, 2) that each merge joins,
    node L+i made by merge i; `costs` (L-1,) of the merges, never falling, as shares of the surface times squared distances of
    features; `means` (L, D) of the features of the leaves by area."""

    region: Ints
    nodes: Ints
    costs: NDArray[np.float64]
    means: NDArray[np.float64]


def feature_tree(graph: FaceGraph, features: Floats, by_angle: bool = True, terms: BoundaryTerms = FEATURES_ALONE) -> FeatureTree:
    """Clusters of the faces of a graph, at least two, by features (C, D) of any kind and precision: at most MOST_LEAVES leaves.

    `by_angle` compares directions of features (cosine), else the features themselves (Euclidean). Faces count by area.
    Raises ValueError where features are not finite.
    """
    if not all(np.isfinite(features[rows]).all() for rows in chunks(len(features))):  # of which higra would crash
        raise ValueError("features are not finite")
    shares = graph.areas / graph.areas.sum()
    places = main_places(features, shares, DIMENSIONS, by_angle)
    links = connections(graph)
    links = links if terms != FEATURES_ALONE else Links(links.pairs)
    superface, links = grown_regions(places, links, shares, SUPERFACES, terms)
    sizes = np.bincount(superface, shares).astype(np.float64)
    means = region_means(features, shares, superface, by_angle)
    if links.boundaries is None:
        nodes, costs = ward_merges(means, links.pairs, sizes)
    else:
        nodes, costs = bounded_merges(means, links, sizes, terms)
    leaves = min(MOST_LEAVES, len(means))
    leaf = labels_of_merges(nodes, leaves).astype(np.int64)
    of_leaves = region_means(means, sizes, leaf, as_directions=False)
    return FeatureTree(leaf[superface], merges_of_leaves(nodes, leaf), costs[len(means) - leaves :], of_leaves)


def connections(graph: FaceGraph) -> Links:
    """What hangs together, all faces at last: neighbours, components that touch, and in surfaces like points the nearest faces.

    Boundaries are as shares of the root of the surface, to stand beside shares of its area.
    """
    component = components(graph.face_count, graph.pairs)
    pairs = [contacts(graph, component).links]
    if (int(component.max()) + 1) * POINT_LIKE > graph.face_count:
        pairs.append(nearest_pairs(graph.centers))
    lengths = graph.lengths / np.sqrt(graph.areas.sum())
    boundaries = np.stack([lengths, lengths * np.maximum(graph.bends, 0)], axis=1)
    beyond = np.concatenate(pairs)
    return Links(np.concatenate([graph.pairs, beyond]), np.concatenate([boundaries, np.zeros((len(beyond), 2))]))


def nearest_pairs(points: Floats) -> Ints:
    """Each point (N, 3) with the NEIGHBOURS nearest, itself among them: (E, 2), points with themselves left out."""
    near = cKDTree(points).query(points, k=min(NEIGHBOURS, len(points)))[1].reshape(len(points), -1)
    pairs = np.stack([np.repeat(np.arange(len(points)), near.shape[1]), near.reshape(-1)], axis=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def merges_of_leaves(merges: Ints, region: Ints) -> Ints:
    """The last merges (N-1, 2) over N things as merges of the leaves (L-1, 2) that `region` (N,) puts these in."""
    count, leaves = len(region), int(region.max()) + 1
    first = count - leaves
    name = np.empty(2 * count - 1, np.int64)
    name[:count] = region
    for step in range(first):
        name[count + step] = name[merges[step, 0]]
    name[count + first :] = leaves + np.arange(leaves - 1)
    return name[merges[first:]]
