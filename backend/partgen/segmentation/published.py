"""What PartField's authors do before and after their network, where it differs from what is done here: options of its segmenter.

How they clean a mesh, and how they join what is loose before Ward's linkage of all faces, each of which counts one; which samples
they read in a face is in `face_features`. With these a user of their program gets the clusters that it would have given.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .clustering import (
    chained_components,
    edge_pairs,
    labels_of_merges,
    nearest_components,
    nearest_faces,
    region_means,
    unit_features,
    ward_merges,
)
from .feature_tree import MOST_LEAVES, FeatureTree, merges_of_leaves

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

CLOSE = 0.005
"""Vertices that are nearer than this share of the diagonal become one where a mesh is cleaned."""
CONNECTIVITIES: dict[str, Callable[[Floats, Ints], Ints]] = {
    "chain": lambda centers, pairs: chained_components(len(centers), pairs),
    "faces": nearest_faces,
    "faces-knn": lambda centers, pairs: nearest_faces(centers, pairs, with_neighbours=True),
    "components": nearest_components,
    "components-knn": lambda centers, pairs: nearest_components(centers, pairs, with_neighbours=True),
}
"""The authors' options 0, 1 and 2, the latter two also with all near ones: pairs that join the components of faces."""


def published_tree(features: Floats, centers: Floats, faces: NDArray[np.integer], connectivity: str) -> FeatureTree:
    """The authors' clusters of faces (N, 3), by features (N, D) and centres (N, 3), joined in one of CONNECTIVITIES.

    Faces are neighbours where they share vertices, not places. Memory is that of all features, twice, in float64. Raises ValueError
    where features are not finite.
    """
    if not np.isfinite(features).all():
        raise ValueError("features are not finite")
    pairs = edge_pairs(faces)
    units = unit_features(features.astype(np.float32))
    nodes, costs = ward_merges(units, np.concatenate([pairs, CONNECTIVITIES[connectivity](centers, pairs)]))
    leaves = min(MOST_LEAVES, len(units))
    leaf = labels_of_merges(nodes, leaves).astype(np.int64)
    means = region_means(units, np.ones(len(units)), leaf, as_directions=False)
    return FeatureTree(leaf, merges_of_leaves(nodes, leaf), costs[len(units) - leaves :], means)


def with_close_vertices_merged(vertices: Floats, faces: NDArray[np.integer]) -> Floats:
    """Vertices (V, 3) where those that `faces` use and that are CLOSE lie in one place: that of the first of them.

    As MeshLab's "merge close vertices" does. Faces that have lost their area thereby, and doubled ones, are for the caller to drop.
    """
    used = np.unique(faces)
    points = vertices[used].astype(np.float64)
    radius = CLOSE * float(np.linalg.norm(np.ptp(points, axis=0)))
    tree = cKDTree(points)
    place = np.full(len(points), -1, np.int64)
    for number, point in enumerate(points):
        if place[number] < 0:
            near = np.array(tree.query_ball_point(point, radius))
            place[near[place[near] < 0]] = number
    merged = vertices.copy()
    merged[used] = vertices[used[place]]
    return merged
