"""Clusters from features: what is alike and hangs together merges first.

Ward's linkage (Ward 1963) along the pairs of a graph: exact for some thousands of things (`ward_merges`), and before that, where
there are more, by twos (`grown_regions`). `BoundaryTerms` let what lies between two clusters join in. The graph must connect
everything; how loose components of a mesh are joined is a choice, of which PartField's own three are here beside the geometric
one of `feature_tree`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import higra
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ..geometry.adjacency import components

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

NEIGHBOURS = 10
"""How many faces, itself among them, each face is compared with where loose components are joined."""
CHUNK = 1 << 16
"""Things at a time: features of a million faces in half precision are not to be held twice, and as float."""
SAMPLED = 4096
"""Features that tell along which dimensions all differ most."""
# Odd, so that multiples of it, in 32 bits, name every link once, and neighbouring links far apart (Knuth's multiplicative hash).
_SCATTER = np.uint64(2654435761)


class Links(NamedTuple):
    """What may merge: `pairs` (E, 2), and `boundaries` (E, 2) between them where these count: their length and the integral of
    their concave bend (radians) along it; zeros where two things only touch."""

    pairs: Ints
    boundaries: Floats | None = None


@dataclass(frozen=True)
class BoundaryTerms:
    """How what lies between two clusters changes what their merge costs: times exp(`crease` · b), over (l + 0.05)**`neck`.

    b is the mean concave bend along their boundary in radians, l its length over the root of the smaller's size: lengths
    and sizes are to be given as shares of one length and its square. So creases keep apart, and narrow necks do.
    """

    crease: float = 0.0
    neck: float = 0.0

    def factors(self, boundaries: Floats, smaller: Floats) -> NDArray[np.float64]:
        """(E,) for `boundaries` (E, 2) as in Links and the size of the smaller of the two (E,)."""
        lengths, bends = boundaries.T
        mean_bend = np.divide(bends, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
        return np.exp(self.crease * mean_bend) * (lengths / np.sqrt(np.maximum(smaller, 1e-30)) + 0.05) ** -self.neck


FEATURES_ALONE = BoundaryTerms()


def unit_features(features: Floats) -> Floats:
    """Features (N, D) of length one, so that Euclidean distance follows the angle between them; zeros stay zeros."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.divide(features, lengths, out=np.zeros(features.shape, lengths.dtype), where=lengths > 0)


# ---- merging ----------------------------------------------------------------------------------------------------------


def ward_merges(features: Floats, pairs: Ints, sizes: Floats | None = None) -> tuple[Ints, NDArray[np.float64]]:
    """Merges N things along `pairs` (E, 2) until one is left: the nodes (N-1, 2) that each merge joins, in their order.

    `features` (N, D); `sizes` (N,) how much each counts, 1 where None. Node N+i is made by merge i. What the pairs leave
    apart is joined where features are nearest, as scikit-learn does. Also by how much each merge adds to the squared
    distances from the clusters' means (N-1,), made to never fall.
    """
    features = np.ascontiguousarray(features, np.float64)
    weights = np.ones(len(features)) if sizes is None else np.ascontiguousarray(sizes, np.float64)
    bridges = nearest_bridges(features, pairs)
    graph = _graph(len(features), distinct_links(Links(np.concatenate([pairs, bridges])), len(features)).pairs)
    tree, altitudes = higra.binary_partition_tree_ward_linkage(graph, features, vertex_sizes=weights)
    return _merges(tree), altitudes[len(features) :]


def bounded_merges(features: Floats, links: Links, sizes: Floats, terms: BoundaryTerms) -> tuple[Ints, NDArray[np.float64]]:
    """As `ward_merges`, where the boundaries of `links` join in. These must connect all N things, each two of them once."""
    if links.boundaries is None:
        raise ValueError("links without boundaries")
    linkage = _BoundedWard(features, links, sizes, terms)
    tree, altitudes = higra.binary_partition_tree(_graph(len(features), links.pairs), linkage, linkage.costs(links.pairs, links.boundaries))
    # Only a merge's own links can cost less than it did, so that the running maximum is that over what it joins.
    return _merges(tree), np.maximum.accumulate(altitudes[len(features) :])


class _BoundedWard:
    """Ward's cost with boundary terms, kept up to date as higra merges two of N things into one."""

    def __init__(self, features: Floats, links: Links, sizes: Floats, terms: BoundaryTerms) -> None:
        self.means = np.concatenate([features, np.zeros((len(features) - 1, features.shape[1]))])
        self.sizes = np.concatenate([sizes, np.zeros(len(features) - 1)])
        self.boundaries = np.array(links.boundaries, np.float64)
        self.terms = terms

    def costs(self, pairs: Ints, boundaries: Floats) -> NDArray[np.float64]:
        return _merge_costs(self.means, self.sizes, Links(pairs, boundaries), self.terms).astype(np.float64)

    def __call__(self, _graph: Any, _edge: int, made: int, first: int, second: int, neighbours: Any) -> None:
        both = [first, second]
        self.sizes[made] = self.sizes[both].sum()
        self.means[made] = self.sizes[both] @ self.means[both] / self.sizes[made]
        neighbours = list(neighbours)  # higra's own are no sequence that could be asked whether it is empty
        if not neighbours:
            return
        for neighbour in neighbours:
            boundary = self.boundaries[neighbour.first_edge_index()]
            if neighbour.num_edges() > 1:
                boundary = boundary + self.boundaries[neighbour.second_edge_index()]
            self.boundaries[neighbour.new_edge_index()] = boundary
        edges = [neighbour.new_edge_index() for neighbour in neighbours]
        pairs = np.array([(made, neighbour.neighbour_vertex()) for neighbour in neighbours])
        for neighbour, cost in zip(neighbours, self.costs(pairs, self.boundaries[edges]).tolist(), strict=True):
            neighbour.set_new_edge_weight(cost)


def _graph(count: int, pairs: Ints) -> higra.UndirectedGraph:
    graph = higra.UndirectedGraph(count)
    graph.add_edges(pairs[:, 0], pairs[:, 1])
    return graph


def _merges(tree: higra.Tree) -> Ints:
    order = np.argsort(tree.parents()[:-1], kind="stable")  # each inner node is the parent of two
    return order.reshape(-1, 2).astype(np.int64)


def grown_regions(
    places: Floats, links: Links, sizes: Floats, count: int, terms: BoundaryTerms = FEATURES_ALONE
) -> tuple[NDArray[np.int64], Links]:
    """Merges N things into `count` regions: the region of each (N,), dense, and the links of the regions, each two of them once.

    `places` (N, d) and `sizes` (N,) as features and sizes of `ward_merges`. In every round, all merge at once that are each
    other's cheapest neighbours: Ward's method by reciprocal nearest neighbours (Murtagh 1983), which a graph makes an
    approximation. What the links leave apart stays apart, in more regions than `count` if need be.
    """
    places, sizes = places.astype(np.float32), sizes.astype(np.float32)
    region = np.arange(len(places))
    links = distinct_links(links, len(places))
    while len(places) > count and len(links.pairs):
        first, second = _cheapest_of_each_other(links, _merge_costs(places, sizes, links, terms), len(places), len(places) - count)
        total = sizes[first] + sizes[second]
        share = (sizes[second] / total)[:, None]
        places[first] += share * (places[second] - places[first])
        sizes[first] = total
        stays = np.ones(len(places), bool)
        stays[second] = False
        name = np.cumsum(stays) - 1
        name[second] = name[first]
        region, places, sizes = name[region], places[stays], sizes[stays]
        links = distinct_links(links._replace(pairs=name[links.pairs]), len(places))
    return region, links


def _merge_costs(places: Floats, sizes: Floats, links: Links, terms: BoundaryTerms) -> Floats:
    """By how much each merge would add to the squared distances from the clusters' means (E,), times what lies between."""
    first, second = links.pairs.T
    apart = places[first] - places[second]
    costs = np.einsum("ij,ij->i", apart, apart) * (sizes[first] * sizes[second] / (sizes[first] + sizes[second]))
    if links.boundaries is None:
        return costs
    return costs * terms.factors(links.boundaries, np.minimum(sizes[first], sizes[second]))


def _cheapest_of_each_other(links: Links, costs: Floats, count: int, most: int) -> tuple[Ints, Ints]:
    """The two ends of links that are the cheapest of both, at most so many, the cheapest; each of `count` things in one at most."""
    # Bits of a positive float are in its order; ties, which flat or regular surfaces are full of, fall by scattered numbers.
    order = costs.astype(np.float32).view(np.uint32).astype(np.uint64) << np.uint64(32)
    order |= np.arange(len(costs), dtype=np.uint64) * _SCATTER & np.uint64(0xFFFFFFFF)
    first, second = links.pairs.T
    least = np.full(count, np.iinfo(np.uint64).max)
    np.minimum.at(least, first, order)
    np.minimum.at(least, second, order)
    chosen = np.flatnonzero((least[first] == order) & (least[second] == order))
    if len(chosen) > most:
        chosen = chosen[np.argpartition(order[chosen], most - 1)[:most]]
    return first[chosen], second[chosen]


def distinct_links(links: Links, count: int) -> Links:
    """Each two of `count` things once, first < second, with the sum of what lies between them; none with itself."""
    apart = links.pairs[:, 0] != links.pairs[:, 1]
    pairs = links.pairs[apart]
    # One integer sorts several times faster than rows do, and sorting is faster than what numpy.unique does.
    key = np.minimum(pairs[:, 0], pairs[:, 1]) * count + np.maximum(pairs[:, 0], pairs[:, 1])
    if links.boundaries is None:
        key = np.sort(key)
        key = key[np.diff(key, prepend=-1) > 0]
        return Links(np.stack([key // count, key % count], axis=1))
    key, slot = np.unique(key, return_inverse=True)
    kinds = links.boundaries[apart].T
    boundaries = np.stack([np.bincount(slot.reshape(-1), kind, len(key)) for kind in kinds], axis=1).astype(np.float64)
    return Links(np.stack([key // count, key % count], axis=1), boundaries)


def labels_of_merges(merges: Ints, parts: int) -> NDArray[np.int32]:
    """The parts (N,), dense, of N things when the last merges are undone so that `parts` are left."""
    count = len(merges) + 1
    parent = np.arange(2 * count - 1)
    done = merges[: count - parts]
    parent[done] = (count + np.arange(len(done)))[:, None]
    for node in range(2 * count - 2, -1, -1):
        parent[node] = parent[parent[node]]
    return np.unique(parent[:count], return_inverse=True)[1].reshape(-1).astype(np.int32)


# ---- features, of many faces at once ------------------------------------------------------------------------------------


def chunks(count: int) -> Iterator[slice]:
    """All of `count` rows, some at a time."""
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


def region_means(features: Floats, weights: Floats, region: Ints, as_directions: bool) -> NDArray[np.float64]:
    """The weighted mean feature of every region: (R, D), of `features` (N, D), `weights` (N,) > 0 and `region` (N,), dense.

    `as_directions` takes every feature to length one before.
    """
    count = int(region.max()) + 1
    total = np.zeros((count, features.shape[1]))
    for rows in chunks(len(features)):
        chunk = features[rows].astype(np.float32, copy=False)
        factors = weights[rows].astype(np.float32)
        if as_directions:
            lengths = _lengths(chunk)
            factors = np.divide(factors, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        total += csr_array((factors, (region[rows], np.arange(len(chunk)))), shape=(count, len(chunk))) @ chunk
    return total / np.bincount(region, weights, count)[:, None]


def main_places(features: Floats, weights: Floats, dimensions: int, as_directions: bool) -> NDArray[np.float32]:
    """Features (N, D) along the `dimensions` in which they differ most, about: (N, ≤ dimensions), their mean at zero.

    `weights` (N,) > 0 and `as_directions` as in `region_means`. The dimensions are those of SAMPLED of the features.
    """
    generator = np.random.default_rng(0)
    ends = np.cumsum(weights, dtype=np.float64)
    drawn = np.unique(np.searchsorted(ends, generator.uniform(0, ends[-1], SAMPLED)).clip(max=len(features) - 1))
    sample = features[drawn].astype(np.float32)
    sample = unit_features(sample) if as_directions else sample
    middle = sample.mean(axis=0)
    axes = _main_axes(sample - middle, dimensions, generator)
    places = np.empty((len(features), axes.shape[1]), np.float32)
    for rows in chunks(len(features)):
        chunk = features[rows].astype(np.float32, copy=False)
        along = chunk @ axes
        if as_directions:
            lengths = _lengths(chunk)[:, None]
            along = np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 0)
        places[rows] = along - middle @ axes
    return places


def _main_axes(centred: NDArray[np.float32], count: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Orthonormal axes (D, ≤ count) of most variance, by two subspace iterations (Halko, Martinsson, Tropp 2011)."""
    width = centred.shape[1]
    if width <= count:
        return np.eye(width, dtype=np.float32)
    axes = generator.normal(size=(width, min(2 * count, width))).astype(np.float32)
    for _ in range(2):
        axes = np.linalg.qr(centred.T @ (centred @ axes))[0]
    return axes @ np.linalg.svd(centred @ axes, full_matrices=False)[2][:count].T


def _lengths(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


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
