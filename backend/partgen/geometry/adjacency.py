"""Adjacency of faces: which faces are neighbours, across which edge, and how the surface bends there.

Real meshes are dirty: vertices are doubled along UV seams, faces are doubled to be two-sided, windings disagree, edges
have three faces. `face_graph` sees through all of that and answers one clean graph over the faces that count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Vertices closer than this share of the longest side are one vertex: exporters round to six or seven digits.
WELD_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class FaceGraph:
    """The faces that count, and how they touch.

    `face_of_input` (F,) the clean face of every input face, -1 for faces without area; `input_of_face` (C,) one input
    face per clean face; `corners` (C, 3) welded vertices; `points` (W, 3) their positions; `normals` (C, 3) unit,
    oriented coherently and outward; `areas` (C,); `centers` (C, 3); `pairs` (E, 2) neighbouring clean faces, `edges` (E, 2)
    the vertices of the edge that they share, in the direction in which the first face goes along it, `lengths` (E,) of
    these; `bends` (E,) the angle between their normals in radians, positive where the surface is concave;
    `boundary_lengths` (C,) of the edges that no other face shares.
    """

    face_of_input: Ints
    input_of_face: Ints
    corners: Ints
    points: Floats
    normals: Floats
    areas: Floats
    centers: Floats
    pairs: Ints
    edges: Ints
    lengths: Floats
    bends: Floats
    boundary_lengths: Floats

    @property
    def face_count(self) -> int:
        return len(self.corners)


def face_graph(vertices: NDArray, faces: NDArray) -> FaceGraph:
    """The clean graph over `faces` (F, 3), F at least 1, with `vertices` (V, 3); empty where no face has an area."""
    points, corners = weld(vertices, faces)
    face_of_input, input_of_face = distinct_faces(points, corners)
    corners = corners[input_of_face]
    normals, areas = normals_and_areas(points, corners)
    edges, pairs, agree = neighbours(points, corners)
    flipped = outward_flips(points, corners, areas, pairs, agree)
    normals = np.where(flipped[:, None], -normals, normals)
    corners = np.where(flipped[:, None], corners[:, ::-1], corners)
    centers = points[corners].mean(axis=1)
    edges = directed(edges, corners[pairs[:, 0]])
    edge_vectors = points[edges[:, 1]] - points[edges[:, 0]]
    lengths = np.linalg.norm(edge_vectors, axis=1)
    open_edges, open_faces = boundary_edges(corners)
    open_lengths = np.linalg.norm(points[open_edges[:, 1]] - points[open_edges[:, 0]], axis=1)
    boundary = np.bincount(open_faces, weights=open_lengths, minlength=len(corners)).astype(np.float64)
    return FaceGraph(
        face_of_input, input_of_face, corners, points, normals, areas, centers, pairs, edges, lengths,
        bends(normals, centers, pairs), boundary,
    )  # fmt: skip


def weld(vertices: NDArray, faces: NDArray) -> tuple[Floats, Ints]:
    """Merges vertices (V, 3) that coincide: the positions (W, 3) that are left, and `faces` (F, 3) over those.

    Vertices that no face uses may lie anywhere and need not be finite: they are dropped, and do not count towards the
    size of the object.
    """
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    positions = np.asarray(vertices)[used].astype(np.float64)
    low = positions.min(axis=0)
    cell = max(float(np.ptp(positions, axis=0).max()) * WELD_TOLERANCE, np.finfo(np.float64).tiny)
    grid = np.rint((positions - low) / cell).astype(np.int64)
    # Three 21-bit coordinates in one integer sort several times faster than rows do.
    key = (grid[:, 0] << 42) | (grid[:, 1] << 21) | grid[:, 2]
    _, first, welded = np.unique(key, return_index=True, return_inverse=True)
    return positions[first], welded.reshape(-1)[np.cumsum(used) - 1][faces]


def distinct_faces(points: Floats, corners: Ints) -> tuple[Ints, Ints]:
    """Drops faces without area and joins faces with the same three vertices, whatever their winding.

    Returns the distinct face of every input face (F,), -1 where it has no area, and one input face for each (C,).
    """
    _, areas = normals_and_areas(points, corners)
    ordered = np.sort(corners, axis=1)
    distinct = (ordered[:, 0] != ordered[:, 1]) & (ordered[:, 1] != ordered[:, 2])
    valid = np.flatnonzero((areas > areas.max(initial=0.0) * 1e-14) & distinct)
    order = np.lexsort(ordered[valid].T[::-1])
    sorted_faces = ordered[valid][order]
    starts = np.ones(len(valid), bool)
    starts[1:] = (sorted_faces[1:] != sorted_faces[:-1]).any(axis=1)
    group = np.empty(len(valid), np.int64)
    group[order] = np.cumsum(starts) - 1
    first = np.full(int(starts.sum()), len(corners), np.int64)
    np.minimum.at(first, group, valid)
    # Number the distinct faces in the order of the file.
    rank = np.argsort(np.argsort(first))
    face_of_input = np.full(len(corners), -1, np.int64)
    face_of_input[valid] = rank[group]
    return face_of_input, np.sort(first)


def normals_and_areas(points: Floats, corners: Ints) -> tuple[Floats, Floats]:
    """Unit normals (C, 3), zero where a face has no area, and areas (C,)."""
    a, b, c = (points[corners[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    double = np.linalg.norm(cross, axis=1)
    return cross / np.where(double > 0, double, 1.0)[:, None], 0.5 * double


def half_edges(corners: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Every half edge of triangles `corners` (C, 3), ordered by edge: its ends, the smaller first, (3C, 2), its triangle (3C,), and
    whether that goes along it from the smaller end to the larger (3C,)."""
    start = corners.reshape(-1)
    end = np.roll(corners, -1, axis=1).reshape(-1)
    face = np.repeat(np.arange(len(corners)), 3)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.argsort(low * (int(corners.max(initial=0)) + 1) + high, kind="stable")
    return np.stack([low, high], axis=1)[order], face[order], (start < end)[order]


def neighbours(points: Floats, corners: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Pairs of faces that share an edge: the edges (E, 2), the faces (E, 2), and whether their windings agree (E,).

    Around an edge with more than two faces each face is joined to the next one by angle.
    """
    edges, face, forward = half_edges(corners)
    if not len(edges):
        return np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64), np.zeros(0, bool)
    new = np.ones(len(edges), bool)
    new[1:] = (edges[1:] != edges[:-1]).any(axis=1)
    run = np.cumsum(new) - 1
    size = np.bincount(run)
    order = np.arange(len(edges))
    crowded = size[run] > 2
    if crowded.any():
        turn = angle_around_edge(points, corners, edges[crowded], face[crowded])
        order[crowded] = order[crowded][np.lexsort((turn, run[crowded]))]
    edges, face, forward = edges[order], face[order], forward[order]
    here = np.flatnonzero(~new[1:])  # neighbours within a run
    return edges[here], np.stack([face[here], face[here + 1]], axis=1), forward[here] != forward[here + 1]


def directed(edges: Ints, corners: Ints) -> Ints:
    """Each of `edges` (E, 2) in the direction in which the triangle `corners` (E, 3) that has it goes along it: (E, 2)."""
    along = ((corners == edges[:, :1]) & (np.roll(corners, -1, axis=1) == edges[:, 1:])).any(axis=1)
    return np.where(along[:, None], edges, edges[:, ::-1])


def angle_around_edge(points: Floats, corners: Ints, edges: Ints, face: Ints) -> Floats:
    """The direction in which each face leaves its edge, as an angle around the edge: (n,), radians.

    `points` (V, 3), triangles `corners` (C, 3); of each pair the edge's ends `edges` (n, 2) and the triangle `face` (n,). The same to the
    last digit for triangles that lie on each other.
    """
    axis = points[edges[:, 1]] - points[edges[:, 0]]
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-300)
    helper = np.eye(3)[np.abs(axis).argmin(axis=1)]
    first = np.cross(axis, helper)
    second = np.cross(axis, first)
    opposite = corners[face].sum(axis=1) - edges.sum(axis=1)
    away = points[opposite] - points[edges[:, 0]]
    return np.arctan2((away * second).sum(axis=1), (away * first).sum(axis=1))


def boundary_edges(corners: Ints) -> tuple[Ints, Ints]:
    """Edges (B, 2) that only one face has, and that face (B,)."""
    edges, face, _ = half_edges(corners)
    if not len(edges):
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    same = (edges[1:] == edges[:-1]).all(axis=1)
    alone = ~np.r_[False, same] & ~np.r_[same, False]
    return edges[alone], face[alone]


def outward_flips(points: Floats, corners: Ints, areas: Floats, pairs: Ints, agree: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which faces must turn over so that neighbours agree and surfaces look outward: (C,) bool.

    Every face stands twice in a double cover, as it is and turned over; a component of the cover is one coherent choice.
    Closed surfaces take the choice with a positive volume, open ones the choice that turns over the smaller area.
    """
    count = len(corners)
    first, second = pairs[:, 0], pairs[:, 1]
    other = np.where(agree, 0, count)
    rows = np.concatenate([first, first + count])
    columns = np.concatenate([second + other, second + (count - other)])
    cover = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(2 * count, 2 * count))
    component = connected_components(cover, directed=False)[1]
    kept, turned = component[:count], component[count:]
    middle = points.mean(axis=0)
    a, b, c = (points[corners[:, i]] - middle for i in range(3))
    volumes = (a * np.cross(b, c)).sum(axis=1) / 6
    total = int(component.max(initial=-1)) + 1
    volume = np.bincount(kept, weights=volumes, minlength=total) - np.bincount(turned, weights=volumes, minlength=total)
    area = np.bincount(kept, weights=areas, minlength=total) - np.bincount(turned, weights=areas, minlength=total)
    open_face = np.zeros(count, bool)
    open_face[boundary_edges(corners)[1]] = True
    is_open = np.zeros(total, bool)
    is_open[kept[open_face]] = is_open[turned[open_face]] = True
    merit = np.where(is_open, area, volume)
    # Where both choices are as good, one of them is still taken by all faces. On one-sided surfaces both choices are one
    # component and nothing turns.
    return (merit[turned] > merit[kept]) | ((merit[turned] == merit[kept]) & (turned < kept))


def bends(normals: Floats, centers: Floats, pairs: Ints) -> Floats:
    """The angle between the normals of each pair in radians (E,), positive where the surface is concave."""
    first, second = pairs[:, 0], pairs[:, 1]
    cosine = np.clip((normals[first] * normals[second]).sum(axis=1), -1, 1)
    across = centers[second] - centers[first]
    rise = (across * normals[first]).sum(axis=1) - (across * normals[second]).sum(axis=1)
    return np.arccos(cosine) * np.where(rise > 0, 1.0, -1.0)


def components(count: int, pairs: Ints) -> Ints:
    """The connected component of each of `count` nodes under `pairs` (E, 2): (count,), dense."""
    graph = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def shells(corners: Ints) -> Ints:
    """The connected piece of every face (C,), dense, where faces hang together by a vertex: looser than by an edge."""
    count = int(corners.max(initial=-1)) + 1
    steps = np.concatenate([corners[:, :2], corners[:, 1:]])
    return np.unique(components(count, steps)[corners[:, 0]], return_inverse=True)[1].reshape(-1)
