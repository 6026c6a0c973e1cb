"""Contacts: where surfaces that share no edge touch or come close, so that loose components find their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree

from .adjacency import FaceGraph, components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Components further apart than this share of the diagonal do not touch.
REACH = 0.01
NEIGHBOURS = 12
SAMPLE_LIMIT = 60_000
# The most neighbours, of all samples together, that are looked up at once.
QUERY_LIMIT = 4_000_000


@dataclass(frozen=True, eq=False)
class Contacts:
    """`links` (K, 2) faces of different components, `gaps` (K,) their distance as a share of the diagonal.

    Together with the pairs of the face graph they connect all faces.
    """

    links: Ints
    gaps: Floats


def contacts(graph: FaceGraph, component: Ints) -> Contacts:
    """Links between the components (C,) of a face graph: every pair that touches, and what it takes to connect the rest."""
    count = int(component.max(initial=-1)) + 1
    if count < 2:
        return Contacts(np.zeros((0, 2), np.int64), np.zeros(0))
    diagonal = max(float(np.linalg.norm(np.ptp(graph.points, axis=0))), np.finfo(np.float64).tiny)
    points, face = surface_samples(graph, component)
    near = _nearest_pairs(points, face, component, diagonal)
    touching = near.gaps <= REACH
    bridges = _bridges(graph, component, count, near, diagonal)
    return Contacts(np.concatenate([near.links[touching], bridges.links]), np.concatenate([near.gaps[touching], bridges.gaps]))


def surface_samples(graph: FaceGraph, component: Ints) -> tuple[Floats, Ints]:
    """Centres and corners of faces, about `SAMPLE_LIMIT` and some of every component: points (n, 3), faces (n,)."""
    step = max(1, -(-4 * graph.face_count // SAMPLE_LIMIT))
    order = np.argsort(component, kind="stable")
    first = np.r_[True, component[order][1:] != component[order][:-1]]
    face = np.union1d(order[::step], order[first])
    points = np.concatenate([graph.centers[face], graph.points[graph.corners[face]].reshape(-1, 3)])
    return points, np.concatenate([face, np.repeat(face, 3)])


def _nearest_pairs(points: Floats, face: Ints, component: Ints, diagonal: float) -> Contacts:
    """The closest sampled pair of every two components that stand in each other's neighbourhoods."""
    tree = cKDTree(points)
    distance, index = tree.query(points, k=min(NEIGHBOURS, len(points)))
    here = np.repeat(np.arange(len(points)), index.shape[1])
    there, distance = index.reshape(-1), distance.reshape(-1)
    a, b = component[face[here]], component[face[there]]
    other = a < b
    return _closest_by_pair(face[here[other]], face[there[other]], a[other], b[other], distance[other] / diagonal)


def _closest_by_pair(first: Ints, second: Ints, a: Ints, b: Ints, gaps: Floats) -> Contacts:
    order = np.lexsort((gaps, b, a))
    a, b = a[order], b[order]
    start = np.ones(len(order), bool)
    start[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    chosen = order[start]
    return Contacts(np.stack([first[chosen], second[chosen]], axis=1), gaps[chosen])


def _bridges(graph: FaceGraph, component: Ints, count: int, near: Contacts, diagonal: float) -> Contacts:
    """Links that connect what the touching pairs leave apart: a spanning tree over nearest neighbours, shortest first."""
    touching = near.gaps <= REACH
    group = components(count, component[near.links[touching]])
    links, gaps = [near.links[~touching]], [near.gaps[~touching]]
    while group.max() > 0:
        found = _nearest_of_each_group(graph, group[component], diagonal)
        links.append(found.links)
        gaps.append(found.gaps)
        group = components(count, component[np.concatenate([near.links[touching], *links])])
    every, length = np.concatenate(links), np.concatenate(gaps)
    if not len(every):
        return Contacts(every.reshape(0, 2), length)
    start = components(count, component[near.links[touching]])
    ends = start[component[every]]
    apart = ends[:, 0] != ends[:, 1]
    every, length, ends = every[apart], length[apart], np.sort(ends[apart], axis=1)
    shortest = _closest_by_pair(every[:, 0], every[:, 1], ends[:, 0], ends[:, 1], length)
    ends = np.sort(start[component[shortest.links]], axis=1)
    size = int(start.max()) + 1
    # Zero would mean "no edge" to the sparse graph.
    tree = minimum_spanning_tree(coo_matrix((shortest.gaps + 1e-9, (ends[:, 0], ends[:, 1])), shape=(size, size))).tocoo()
    kept = np.isin(ends[:, 0] * size + ends[:, 1], tree.row.astype(np.int64) * size + tree.col)
    return Contacts(shortest.links[kept], shortest.gaps[kept])


def _nearest_of_each_group(graph: FaceGraph, group: Ints, diagonal: float) -> Contacts:
    """For every group of faces but the largest, its closest link to any other group, found on at most a few samples each."""
    sizes = np.bincount(group)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(sizes) + 1))
    per_group = max(4, SAMPLE_LIMIT // len(sizes))
    picks = [order[a:b][:: max(1, -(-(b - a) // per_group))] for a, b in pairwise(starts)]
    face = np.concatenate(picks)
    points, owner = graph.centers[face], group[face]
    tree = cKDTree(points)
    largest = int(sizes.argmax())
    waiting = np.flatnonzero(owner != largest)
    first, second, gaps = [], [], []
    neighbours = 8
    while len(waiting):
        neighbours = min(neighbours, len(points))
        # The more neighbours a group needs to see out of itself, the fewer of its samples tell how far outside is.
        waiting = waiting[:: -(-len(waiting) * neighbours // QUERY_LIMIT)]
        distance, index = tree.query(points[waiting], k=neighbours)
        foreign = owner[index] != owner[waiting][:, None]
        found = foreign.any(axis=1)
        column = foreign.argmax(axis=1)
        rows = np.flatnonzero(found)
        first.append(face[waiting[rows]])
        second.append(face[index[rows, column[rows]]])
        gaps.append(distance[rows, column[rows]])
        # A group is served as soon as one of its samples sees outside: that sample is near its border.
        served = np.unique(owner[waiting[rows]])
        waiting = waiting[~np.isin(owner[waiting], served)]
        neighbours *= 4
    links = np.stack([np.concatenate(first), np.concatenate(second)], axis=1)
    length = np.concatenate(gaps) / diagonal
    source = group[links[:, 0]]
    shortest = np.lexsort((length, source))
    head = np.ones(len(shortest), bool)
    head[1:] = source[shortest][1:] != source[shortest][:-1]
    return Contacts(links[shortest[head]], length[shortest[head]])
