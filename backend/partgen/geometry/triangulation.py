"""Triangles of polygons: every polygon of n corners becomes n - 2 triangles that use all of its corners."""

from __future__ import annotations

import numpy as np
from mapbox_earcut import triangulate_float64
from numpy.typing import NDArray

from ..errors import PartgenError

Ints = NDArray[np.int32]
Doubles = NDArray[np.float64]

FLAT = 1e-9
"""Share of a polygon's area below which a triangle of it counts as having none."""
ALONG_AC = np.array([[0, 1, 2], [0, 2, 3]])
ALONG_BD = np.array([[0, 1, 3], [1, 2, 3]])
"""The triangles of a quad, as indices of its corners."""


def triangulate(vertices: NDArray, corner_vertices: NDArray, polygon_offsets: NDArray, name: str = "The mesh") -> tuple[Ints, Ints]:
    """Triangles of polygons that may be concave, bent or degenerate.

    Arguments: `vertices` (V, 3); `corner_vertices` (C,) the vertex of every corner; `polygon_offsets` (P+1,) where each
    polygon's corners begin, the last one C; `name` for sentences. Returns `faces` (C - 2P, 3) int32, wound as their
    polygon and in its order, and `polygon_of_face` (C - 2P,) int32. Every edge of a polygon is an edge of one of its
    triangles, so neighbours stay neighbours; and where two quads share two edges in a row, no triangle of the one lies on one of the
    other, which would look like a double. Raises PartgenError where the arrays are no polygons.
    """
    corner_vertices = np.asarray(corner_vertices, np.int32)
    offsets = np.asarray(polygon_offsets, np.int64)
    _check(len(vertices), corner_vertices, offsets, name)
    counts = np.diff(offsets)
    first_face = offsets[:-1] - 2 * np.arange(len(counts))
    corners = np.empty((len(corner_vertices) - 2 * len(counts), 3), np.int64)
    for count in np.unique(counts).tolist():
        polygons = np.flatnonzero(counts == count)
        begin = offsets[polygons]
        local = _triangles_of(vertices, corner_vertices[begin[:, None] + np.arange(count)])
        corners[first_face[polygons][:, None] + np.arange(count - 2)] = begin[:, None, None] + local
    _turn_diagonals(vertices, corner_vertices, offsets, corners)
    return corner_vertices[corners], np.repeat(np.arange(len(counts), dtype=np.int32), counts - 2)


def _check(vertex_count: int, corner_vertices: Ints, offsets: NDArray[np.int64], name: str) -> None:
    remedy = "Clean up the mesh (Mesh > Clean Up > Degenerate Dissolve), or export it again."
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(corner_vertices):
        raise PartgenError("mesh.bad_polygon", f"{name} has corners that belong to no polygon.", remedy)
    if (np.diff(offsets) < 3).any():
        raise PartgenError("mesh.bad_polygon", f"{name} has polygons of fewer than three corners.", remedy)
    if len(corner_vertices) and not 0 <= corner_vertices.min() <= corner_vertices.max() < vertex_count:
        raise PartgenError("mesh.bad_index", f"{name} has polygons that name vertices it does not have.", remedy)


def _triangles_of(vertices: NDArray, polygons: Ints) -> NDArray[np.int64]:
    """Triangles of N polygons of n corners each: (N, n-2, 3) int64, as indices of their corners. `polygons` (N, n)."""
    count = polygons.shape[1]
    if count == 3:
        return np.broadcast_to(np.arange(3), (len(polygons), 1, 3))
    points = vertices[polygons].astype(np.float64)
    points[~np.isfinite(points).all(axis=(1, 2))] = 0.0  # has no form: somebody else says so
    if count == 4:
        return _triangles_of_quads(points)
    flat = _flattened(points)
    triangles = np.tile(_strip(count), (len(polygons), 1, 1))
    for i in np.flatnonzero(~_are_convex(flat)).tolist():
        triangles[i] = _triangles_of_polygon(flat[i])
    return triangles


def _strip(count: int) -> NDArray[np.int64]:
    """The triangles of any convex polygon, in a zigzag: fuller ones than those of a fan. (n-2, 3)."""
    ends = np.empty(count, np.int64)
    ends[0::2] = np.arange((count + 1) // 2)
    ends[1::2] = count - 1 - np.arange(count // 2)
    return np.sort(np.stack([ends[:-2], ends[1:-1], ends[2:]], axis=1), axis=1)


def _triangles_of_quads(points: Doubles) -> NDArray[np.int64]:
    """Splits quads `points` (N, 4, 3) along the diagonal that lies inside, or the shorter one where both do. (N, 2, 3)."""
    a, b, c, d = points.transpose(1, 0, 2)
    least_ac, least_bd, area = _least_areas(points)
    inside_ac, inside_bd = least_ac > FLAT * area, least_bd > FLAT * area
    shorter_bd = np.linalg.norm(d - b, axis=1) < np.linalg.norm(c - a, axis=1) * (1 - FLAT)
    along_bd = np.where(inside_ac == inside_bd, np.where(inside_ac, shorter_bd, least_bd > least_ac), inside_bd)
    return np.where(along_bd[:, None, None], ALONG_BD, ALONG_AC)


def _least_areas(points: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Twice the area of the smaller triangle of quads `points` (N, 4, 3), split along either diagonal, and of the whole: (N,) each.

    As seen along the normal: below 0 where the diagonal lies outside.
    """
    a, b, c, d = points.transpose(1, 0, 2)
    normal = np.cross(c - a, d - b)  # along Newell's, and as long as twice the area
    area = np.linalg.norm(normal, axis=1)
    normal /= np.maximum(area, np.finfo(float).tiny)[:, None]
    abc = np.einsum("ij,ij->i", np.cross(b - a, c - a), normal)  # acd has the rest
    abd = np.einsum("ij,ij->i", np.cross(b - a, d - a), normal)  # and bcd the rest here
    return np.minimum(abc, area - abc), np.minimum(abd, area - abd), area


def _turn_diagonals(vertices: NDArray, corner_vertices: Ints, offsets: NDArray[np.int64], corners: NDArray[np.int64]) -> None:
    """Splits a quad along its other diagonal, in `corners` (F, 3), where a triangle of it lies on one of another polygon.

    That is so around a vertex that only these two have, as on Suzanne's nose. Quads with the same four corners are doubles, and stay.
    """
    counts = np.diff(offsets)
    owner = np.repeat(np.arange(len(counts)), counts - 2)
    is_rare = np.bincount(corner_vertices, minlength=len(vertices)) == 2
    some = np.flatnonzero(is_rare[corner_vertices[corners]].any(axis=1))
    _, group, times = np.unique(np.sort(corner_vertices[corners[some]], axis=1), axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(group.reshape(-1), kind="stable")
    for pair in owner[some[order[times[group.reshape(-1)[order]] == 2]]].reshape(-1, 2):
        quads = pair[counts[pair] == 4]
        begins = offsets[quads]
        rings = corner_vertices[begins[:, None] + np.arange(4)]
        if len(quads) == 2 and (np.sort(rings[0]) == np.sort(rings[1])).all():
            continue
        for begin, first, ring in zip(begins.tolist(), (begins - 2 * quads).tolist(), rings, strict=True):
            points = vertices[ring].astype(np.float64)[None]
            is_along_bd = np.array_equal(corners[first : first + 2] - begin, ALONG_BD)
            least_ac, least_bd, area = _least_areas(points if np.isfinite(points).all() else np.zeros((1, 4, 3)))
            if (least_ac if is_along_bd else least_bd)[0] > FLAT * area[0]:
                corners[first : first + 2] = begin + (ALONG_AC if is_along_bd else ALONG_BD)
                break


def _newell_normals(points: Doubles) -> Doubles:
    """Unit normals of polygons `points` (N, n, 3) by Newell's method: (N, 3), zero where a polygon has no area."""
    centred = points - points.mean(axis=1, keepdims=True)
    normals = np.cross(centred, np.roll(centred, -1, axis=1)).sum(axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)


def _flattened(points: Doubles) -> Doubles:
    """Polygons `points` (N, n, 3) in their Newell planes, counter-clockwise, centred and about 1 wide: (N, n, 2)."""
    normals = _newell_normals(points)
    axis = np.eye(3)[np.abs(normals).argmin(axis=1)]
    right = np.cross(axis, normals)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), np.finfo(float).tiny)
    up = np.cross(normals, right)
    centred = points - points.mean(axis=1, keepdims=True)
    flat = np.stack([np.einsum("inj,ij->in", centred, right), np.einsum("inj,ij->in", centred, up)], axis=2)
    return flat / np.maximum(np.abs(flat).max(axis=(1, 2), keepdims=True), np.finfo(float).tiny)


def _are_convex(flat: Doubles) -> NDArray[np.bool_]:
    """Which polygons `flat` (N, n, 2) turn left at every corner and once around in all. (N,)."""
    edges = np.roll(flat, -1, axis=1) - flat
    following = np.roll(edges, -1, axis=1)
    cross = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
    turns = np.arctan2(cross, (edges * following).sum(axis=2))
    return (cross > FLAT).all(axis=1) & (turns.sum(axis=1) < 3 * np.pi)


def _triangles_of_polygon(flat: Doubles) -> NDArray[np.int64]:
    """Triangles of one polygon `flat` (n, 2), counter-clockwise, of any form: (n-2, 3). A fan where it has no inside."""
    count = len(flat)
    ears = triangulate_float64(np.ascontiguousarray(flat), np.array([count], np.uint32)).reshape(-1, 3).astype(np.int64)
    a, b, c = (flat[ears[:, i]] for i in range(3))
    clockwise = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum() < 0
    triangles = _with_all_corners((ears[:, ::-1] if clockwise else ears).tolist(), count)
    if len(triangles) == count - 2:
        return np.array(triangles)
    fan = np.arange(1, count - 1)
    return np.stack([np.zeros_like(fan), fan, fan + 1], axis=1)


def _with_all_corners(triangles: list[list[int]], count: int) -> list[tuple[int, int, int]]:
    """Splits triangles at the corners that earcut leaves out, such as doubled ones: without them the polygon would be torn
    from whatever touches it there. Empty where the triangles are not bounded by the polygon.

    Corners rise along the boundary, so an edge from a to b with no triangle behind it stands for the boundary from a to b.
    """
    apex = {(t[i], t[i - 2]): t[i - 1] for t in triangles for i in range(3)}  # of the triangle left of each directed edge
    boundary = [(a, b) for a, b in apex if (b, a) not in apex]
    if sum((b - a) % count for a, b in boundary) != count:
        return []
    for start, b in boundary:
        while (middle := (start + 1) % count) != b:
            c = apex.pop((start, b))
            apex |= {(start, middle): c, (middle, c): start, (c, start): middle}
            apex |= {(middle, b): c, (b, c): middle, (c, middle): b}
            start = middle
    whole = [(a, b, c) for (a, b), c in apex.items() if a < b and a < c]
    return whole if len(apex) == 3 * len(whole) else []
