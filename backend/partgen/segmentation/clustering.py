"""Part trees from per-face features: faces that are alike and hang together merge first.

Ward's linkage (Ward 1963) along the edges of a face graph. The graph must connect all faces; how loose components are
joined is a choice, of which PartField's own three are here beside the geometric one of `geometry.contacts`.
"""

from __future__ import annotations

import higra
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ..geometry.adjacency import components

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

NEIGHBOURS = 10
"""How many faces, itself among them, each face is compared with where loose components are joined."""


def unit_features(features: Floats) -> NDArray[np.float64]:
    """Features (N, D) of length one, so that Euclidean distance follows the angle between them; zeros stay zeros."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.divide(features, lengths, out=np.zeros(features.shape), where=lengths > 0)


def ward_merges(features: Floats, pairs: Ints, sizes: Floats | None = None) -> tuple[Ints, NDArray[np.float64]]:
    """Merges N things along `pairs` (E, 2) until one is left: the nodes (N-1, 2) that each merge joins, in their order.

    `features` (N, D); `sizes` (N,) how much each counts, 1 where None. Node N+i is made by merge i. What the pairs leave
    apart is joined where features are nearest, as scikit-learn does. Also by how much each merge adds to the squared
    distances from the clusters' means (N-1,), made to never fall.
    """
    count = len(features)
    features = np.ascontiguousarray(features, np.float64)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    graph = higra.UndirectedGraph(count)
    joined = np.unique(np.sort(np.concatenate([pairs, nearest_bridges(features, pairs)]), axis=1), axis=0)
    graph.add_edges(joined[:, 0], joined[:, 1])
    weights = np.ones(count) if sizes is None else np.ascontiguousarray(sizes, np.float64)
    tree, altitudes = higra.binary_partition_tree_ward_linkage(graph, features, vertex_sizes=weights)
    order = np.argsort(tree.parents()[:-1], kind="stable")  # each inner node is the parent of two
    return order.reshape(-1, 2).astype(np.int64), altitudes[count:]


def labels_of_merges(merges: Ints, parts: int) -> NDArray[np.int32]:
    """The parts (N,), dense, of N things when the last merges are undone so that `parts` are left."""
    count = len(merges) + 1
    parent = np.arange(2 * count - 1)
    done = merges[: count - parts]
    parent[done] = (count + np.arange(len(done)))[:, None]
    for node in range(2 * count - 2, -1, -1):
        parent[node] = parent[parent[node]]
    return np.unique(parent[:count], return_inverse=True)[1].reshape(-1).astype(np.int32)


# ---- how faces hang together ------------------------------------------------------------------------------------------


def edge_pairs(faces: NDArray[np.integer]) -> Ints:
    """Faces (F, 3) that share an edge (E, 2), every two of them where it is shared by more."""
    ends = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(np.arange(len(faces)), 3)
    _, edge = np.unique(ends, axis=0, return_inverse=True)
    order = np.argsort(edge.reshape(-1), kind="stable")
    edge, owner = edge.reshape(-1)[order], owner[order]
    found = []
    for step in range(1, int(np.bincount(edge).max(initial=1))):
        same = edge[step:] == edge[:-step]
        found.append(np.stack([owner[:-step][same], owner[step:][same]], axis=1))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)


def chained_components(face_count: int, pairs: Ints) -> Ints:
    """PartField's option 0: the first faces of consecutive components, joined in a row: (K-1, 2)."""
    component = components(face_count, pairs)
    first = np.unique(component, return_index=True)[1]
    return np.stack([first[:-1], first[1:]], axis=1)


def nearest_faces(centers: Floats, pairs: Ints, with_neighbours: bool = False) -> Ints:
    """PartField's option 1: what a spanning tree over the nearest face centres (F, 3) joins of different components.

    `with_neighbours` adds all pairs of near faces. Nothing is added where everything hangs together already. The nearest
    faces may leave components apart.
    """
    component = components(len(centers), pairs)
    count = int(component.max()) + 1
    if count == 1:
        return np.zeros((0, 2), np.int64)
    return _spanning(centers, np.arange(len(centers)), component, min(NEIGHBOURS, len(centers)), with_neighbours)


def nearest_components(centers: Floats, pairs: Ints, with_neighbours: bool = False) -> Ints:
    """PartField's option 2: the same over one face of each component, the one that is nearest to the middle of its centres."""
    component = components(len(centers), pairs)
    count = int(component.max()) + 1
    if count == 1:
        return np.zeros((0, 2), np.int64)
    sizes = np.bincount(component)
    middles = np.stack([np.bincount(component, centers[:, axis]) / sizes for axis in range(3)], axis=1)
    distance = np.linalg.norm(centers - middles[component], axis=1)
    order = np.lexsort((distance, component))
    chosen = order[np.searchsorted(component[order], np.arange(count))]
    return _spanning(middles, chosen, np.arange(count), min(NEIGHBOURS, count), with_neighbours)


def nearest_bridges(features: Floats, pairs: Ints) -> Ints:
    """The pair that is nearest in features (N, D) between every two components that `pairs` leave apart: (K, 2)."""
    component = components(len(features), pairs)
    count = int(component.max()) + 1
    members = [np.flatnonzero(component == number) for number in range(count)] if count > 1 else []
    found = []
    for number, here in enumerate(members):
        for there in members[:number]:
            distance = cdist(features[here], features[there])
            first, second = np.unravel_index(distance.argmin(), distance.shape)
            found.append((here[first], there[second]))
    return np.array(found, np.int64).reshape(-1, 2)


def _spanning(points: Floats, names: Ints, component: Ints, neighbours: int, with_neighbours: bool) -> Ints:
    distance, index = cKDTree(points).query(points, k=neighbours)
    here = np.repeat(np.arange(len(points)), neighbours)
    there = index.reshape(-1)
    apart = here != there
    here, there, distance = here[apart], there[apart], distance.reshape(-1)[apart]
    size = len(points)
    # Zero would mean "no edge" to the sparse graph.
    tree = minimum_spanning_tree(coo_matrix((np.maximum(distance, 1e-12), (here, there)), shape=(size, size))).tocoo()
    shortest_first = np.argsort(tree.data, kind="stable")
    pairs = _joining(np.stack([tree.row, tree.col], axis=1)[shortest_first].astype(np.int64), component)
    if with_neighbours:
        pairs = np.concatenate([pairs, np.stack([here, there], axis=1)])
    return names[pairs]


def _joining(pairs: Ints, component: Ints) -> Ints:
    """Those of `pairs` (E, 2) that join components which the ones before them have left apart."""
    group = np.arange(int(component.max()) + 1)
    kept = []
    for first, second in pairs[component[pairs[:, 0]] != component[pairs[:, 1]]].tolist():
        one, other = group[component[first]], group[component[second]]
        if one != other:
            group[group == other] = one
            kept.append((first, second))
    return np.array(kept, np.int64).reshape(-1, 2)
