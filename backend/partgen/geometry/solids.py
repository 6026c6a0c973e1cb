"""Surfaces as solids: pairing of half edges into 2-manifolds, their boundary loops, and what a closed surface measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .adjacency import angle_around_edge, half_edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Measures:
    """Of a surface: `volume` and `area` in the mesh's unit, and whether it is closed, manifold and oriented.

    `is_watertight`: every edge has exactly two triangles, which go along it in opposite directions. `is_manifold`: also
    every vertex has one ring of triangles.
    """

    volume: float
    area: float
    is_watertight: bool
    is_manifold: bool


def measure(vertices: NDArray, faces: NDArray) -> Measures:
    """The measures of triangles `faces` (m, 3) over `vertices` (V, 3), by index: vertices that coincide stay apart."""
    faces = np.asarray(faces, np.int64).reshape(-1, 3)
    if not len(faces):
        return Measures(0.0, 0.0, False, False)
    points = np.asarray(vertices, np.float64)
    watertight = is_watertight(faces)
    return Measures(signed_volume(points, faces), surface_area(points, faces), watertight, watertight and has_disc_vertices(faces))


def signed_volume(points: Floats, faces: Ints) -> float:
    """The volume inside closed triangles, negative where they look inward; of open ones, that of the cone from their middle.

    `points` (V, 3), `faces` (F, 3); in the points' unit, cubed.
    """
    if not len(faces):
        return 0.0
    a, b, c = (points[faces[:, i]] - points[faces].mean(axis=(0, 1)) for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def surface_area(points: Floats, faces: Ints) -> float:
    """The area of triangles `faces` (F, 3) over `points` (V, 3), in the points' unit, squared."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def is_watertight(faces: Ints) -> bool:
    """Whether every edge of triangles `faces` (F, 3) has exactly two of them, which go along it in opposite directions."""
    if not len(faces) or (faces == np.roll(faces, 1, axis=1)).any():
        return False
    edges, _, forward = half_edges(faces)
    if len(edges) % 2:
        return False
    first, second = edges[0::2], edges[1::2]
    distinct = (first[1:] != first[:-1]).any(axis=1).all()
    return bool((first == second).all() and distinct and (forward[0::2] != forward[1::2]).all())


def has_disc_vertices(faces: Ints) -> bool:
    """Whether the triangles around every vertex of a watertight surface `faces` (F, 3) are one ring."""
    return bool(int(split_corners(faces, *paired_half_edges(None, faces)).max()) + 1 == len(np.unique(faces)))


def paired_half_edges(points: Floats | None, corners: Ints) -> tuple[Ints, Ints]:
    """Which two triangles share each edge of a 2-manifold: their faces (E, 2), and the edges' end vertices (E, 2).

    Triangles that go along the edge in the same direction are no pair. Where more than two meet, those are paired that
    have the inside between them; `points` (V, 3) tell which (None: such edges stay open). Of two that lie on each other there, as where two
    boxes stand side by side, each is of another solid.
    """
    edges, face, forward = half_edges(corners)
    if not len(edges):
        return np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64)
    new = np.ones(len(edges), bool)
    new[1:] = (edges[1:] != edges[:-1]).any(axis=1)
    run = np.cumsum(new) - 1
    size = np.bincount(run)
    two = np.flatnonzero(new)[size == 2]
    two = two[forward[two] != forward[two + 1]]
    faces, ends = [np.stack([face[two], face[two + 1]], axis=1)], [edges[two]]
    crowded = np.flatnonzero(size[run] > 2)
    if len(crowded) and points is not None:
        turn = angle_around_edge(points, corners, edges[crowded], face[crowded])
        crowded = crowded[np.lexsort((~forward[crowded], turn, run[crowded]))]
        first = np.flatnonzero(np.r_[True, run[crowded][1:] != run[crowded][:-1]])
        following = np.arange(1, len(crowded) + 1)
        following[np.r_[first[1:], len(crowded)] - 1] = first
        # Behind a face that goes backward along the edge, turning with the edge, lies the inside; before one that goes forward too.
        inside = ~forward[crowded] & forward[crowded[following]]
        faces.append(np.stack([face[crowded[inside]], face[crowded[following[inside]]]], axis=1))
        ends.append(edges[crowded[inside]])
    return np.concatenate(faces), np.concatenate(ends)


def split_corners(corners: Ints, faces: Ints, ends: Ints) -> Ints:
    """The vertices (C, 3), dense from 0, of triangles that hang together by the given pairs alone.

    `faces` (E, 2) and `ends` (E, 2) as `paired_half_edges` gives them. What touched by a vertex, or by an edge that is no
    pair, comes apart.
    """
    count = 3 * len(corners)
    rows, columns = [], []
    for end in range(2):
        at = [3 * faces[:, i] + (corners[faces[:, i]] == ends[:, end, None]).argmax(axis=1) for i in range(2)]
        rows.append(at[0])
        columns.append(at[1])
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(row), bool), (row, column)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64).reshape(-1, 3)


def cut_to_manifold(points: Floats, corners: Ints) -> Ints:
    """The triangles (C, 3) over vertices of their own, dense from 0, such that every edge has one or two of them and every
    vertex one fan or ring: what touches itself comes apart. Triangles that share an edge against their winding come apart too."""
    faces, ends = paired_half_edges(points, corners)
    while True:
        split = split_corners(corners, faces, ends)
        size = int(split.max(initial=-1)) + 1
        codes = _edge_codes(split, size)
        _, where, counts = np.unique(codes, return_inverse=True, return_counts=True)
        crowded = (counts[where.reshape(-1)] > 2).reshape(-1, 3)
        if not crowded.any():
            return split
        side = (corners[faces[:, 0]][:, :, None] == ends[:, None, :]).any(axis=2)  # the two corners on the shared edge
        first = np.where(side[:, 0] & side[:, 1], 0, np.where(side[:, 1] & side[:, 2], 1, 2))
        kept = ~crowded[faces[:, 0], first]
        faces, ends = faces[kept], ends[kept]
        if kept.all():
            return np.arange(3 * len(corners)).reshape(-1, 3)


def _edge_codes(faces: Ints, size: int) -> Ints:
    """A number (3C,) for every edge of triangles, whatever its direction."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    return np.minimum(start, end) * size + np.maximum(start, end)


def boundary_loops(faces: Ints) -> list[Ints]:
    """The closed loops of half edges that have no partner, each as its vertices in the direction of its triangles.

    `faces` (C, 3) are a 2-manifold as `cut_to_manifold` makes it: every vertex has at most one boundary edge out of it.
    """
    start = faces.reshape(-1)
    end = np.roll(faces, -1, axis=1).reshape(-1)
    size = int(start.max(initial=-1)) + 1
    alone = ~np.isin(start * size + end, end * size + start)
    following = dict(zip(start[alone].tolist(), end[alone].tolist(), strict=True))
    loops = []
    while following:
        vertex, after = following.popitem()
        loop = [vertex]
        while after != loop[0]:
            loop.append(after)
            after = following.pop(after)
        loops.append(np.array(loop, np.int64))
    return sorted(loops, key=lambda loop: (-len(loop), int(loop.min())))
