"""Superfaces: small regions of the surface that no part boundary should cross."""

from __future__ import annotations

import higra
import numpy as np
from numpy.typing import NDArray

from .adjacency import FaceGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Components stand this far apart in feature space: further than anything within one.
COMPONENT_SPREAD = 100.0


def superfaces(
    graph: FaceGraph, links: Ints, log_thickness: Floats, component: Ints, count: int, weights: tuple[float, float, float]
) -> Ints:
    """Ward clusters of connected faces, alike in orientation, place and thickness: the region of each face (C,), dense.

    `links` (K, 2) joins what `graph.pairs` leaves apart; all faces together must be connected. Faces of different
    `component` (C,) share a region only where there are about as many components as `count`, the number of regions to
    make: fewer where there are fewer faces, up to half as many more where equal merges happen at once.
    `weights` scale unit normals, positions (in bounding box diagonals) and `log_thickness` (C,) against each other.
    Ward 1963, with the connectivity of the face graph.
    """
    faces = graph.face_count
    if faces <= count:
        return np.arange(faces)
    size = max(float(np.linalg.norm(np.ptp(graph.points, axis=0))), np.finfo(np.float64).tiny)
    normal, place, thickness = weights
    spread = np.random.default_rng(0).normal(size=(int(component.max()) + 1, 3)) * COMPONENT_SPREAD
    features = np.column_stack(
        [graph.normals * normal, graph.centers / size * place, log_thickness * thickness, (spread - spread[0])[component]]
    )
    dual = higra.UndirectedGraph(faces)
    pairs = np.concatenate([graph.pairs, links])
    dual.add_edges(pairs[:, 0], pairs[:, 1])
    shares = graph.areas / graph.areas.sum()
    tree, altitudes = higra.binary_partition_tree_ward_linkage(dual, np.ascontiguousarray(features), vertex_sizes=shares)
    explorer = higra.HorizontalCutExplorer(tree, altitudes)
    region = explorer.horizontal_cut_from_num_regions(count).labelisation_leaves(tree)
    if len(np.unique(region)) > 1.5 * count:  # many equal pieces: what comes later is quadratic in the regions
        region = explorer.horizontal_cut_from_num_regions(count, at_least=False).labelisation_leaves(tree)
    return np.unique(region, return_inverse=True)[1].reshape(-1).astype(np.int64)
