"""The edit `bevel`: sharp edges cut off to flat or round ones.

Every vertex on a sharp edge becomes one for each smooth piece of surface around it, moved inwards on that piece; strips fill what
opens along edges, polygons what opens at corners. What was smooth stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .deforming import PartSurface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARP = 30.0
"""Degrees between two faces from which on their edge is sharp."""
ROOM = 0.45
"""Of the distance to the opposite corner: the furthest that a bevel may go into a triangle."""


@dataclass(frozen=True, eq=False)
class Bevelled:
    """`points` (V, 3); triangles `faces` (F, 3); for each corner the corner of the input (F, 3) that it looks like, as face * 3 + k."""

    points: Floats
    faces: Ints
    corner_source: Ints


def bevelled(part: PartSurface, parameters: Mapping[str, Any]) -> Bevelled:
    """A part with its sharp edges bevelled by a width, or a share of its middle size; more segments make them rounder."""
    place, count = part.welded
    points = np.zeros((count, 3))
    points[place] = part.points
    faces = place[part.faces]
    width = part.length(parameters["width"]) if "width" in parameters else parameters["amount"] * float(np.sort(part.frame.extents)[1]) / 2
    held = np.zeros(count, bool)
    held[place[part.attached]] = True
    source = np.arange(faces.size).reshape(-1, 3)
    for step in range(max(1, int(np.ceil(np.log2(parameters.get("segments", 1) + 1))))):
        points, faces, source, held = _chamfered(points, faces, source, held, width * 0.3**step, SHARP / (1 + step))
    return Bevelled(points, faces, source)


def _chamfered(
    points: Floats, faces: Ints, source: Ints, held: NDArray[np.bool_], width: float, sharp: float
) -> tuple[Floats, Ints, Ints, NDArray[np.bool_]]:
    normals = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    pairs = _paired(faces)
    smooth, cut = _sharp(pairs, normals, faces, held, sharp)
    piece = _pieces(faces, smooth)
    moved = _positions(points, faces, normals, piece, cut, width)
    owner = np.full(int(piece.max()) + 1, -1)
    owner[piece.reshape(-1)] = faces.reshape(-1)
    strips, strip_source = _strips(piece, cut, source)
    corners, corner_source = _corners(piece, faces, cut, source)
    new = np.concatenate([piece, *(part for part in (strips, corners) if len(part))])
    new_source = np.concatenate([source, *(part for part in (strip_source, corner_source) if len(part))])
    whole = (new[:, 0] != new[:, 1]) & (new[:, 1] != new[:, 2]) & (new[:, 2] != new[:, 0])
    return moved, new[whole], new_source[whole], held[owner]


def _paired(faces: Ints) -> Ints:
    """Half-edges (n, 2) that run along one edge of two faces in opposite directions: face * 3 + k is the one from corner k."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((start, high, low))
    same = (low[order][:-1] == low[order][1:]) & (high[order][:-1] == high[order][1:])
    alone = same & ~np.r_[False, same[:-1]] & ~np.r_[same[1:], False]
    first, second = order[:-1][alone], order[1:][alone]
    opposite = start[first] != start[second]
    return np.stack([first[opposite], second[opposite]], axis=1)


def _sharp(pairs: Ints, normals: Floats, faces: Ints, held: NDArray[np.bool_], sharp: float) -> tuple[Ints, Ints]:
    """The pairs along smooth edges, and those along edges to be cut: sharp ones that are not held at both ends."""
    first, second = pairs.T
    angle = np.degrees(np.arccos(np.clip((normals[first // 3] * normals[second // 3]).sum(axis=1), -1, 1)))
    start, end = faces.reshape(-1)[first], np.roll(faces, -1, axis=1).reshape(-1)[first]
    is_cut = (angle > sharp) & ~(held[start] | held[end])
    return pairs[~is_cut], pairs[is_cut]


def _pieces(faces: Ints, smooth: Ints) -> Ints:
    """A number for each corner (F, 3): corners at one vertex, in faces that meet along smooth edges, share it."""
    parent = np.arange(faces.size)
    first, second = smooth.T
    joined = np.concatenate([np.stack([first, _next(second)], axis=1), np.stack([_next(first), second], axis=1)])
    while True:  # the smallest corner number wanders along smooth edges
        lowest = np.minimum(parent[joined[:, 0]], parent[joined[:, 1]])
        before = parent.copy()
        np.minimum.at(parent, joined[:, 0], lowest)
        np.minimum.at(parent, joined[:, 1], lowest)
        parent = parent[parent]
        if np.array_equal(before, parent):
            break
    return np.unique(parent, return_inverse=True)[1].reshape(faces.shape)


def _next(half_edge: Ints) -> Ints:
    """The corner at which each half-edge ends."""
    return half_edge // 3 * 3 + (half_edge + 1) % 3


def _positions(points: Floats, faces: Ints, normals: Floats, piece: Ints, cut: Ints, width: float) -> Floats:
    """Where each piece of a vertex lies: `width` away from the cut edges around it, on its own faces; as far as there is room."""
    count = int(piece.max()) + 1
    position = np.zeros((count, 3))
    position[piece.reshape(-1)] = points[faces.reshape(-1)]
    if not len(cut):
        return position
    matrix, side = np.zeros((count, 3, 3)), np.zeros((count, 3))
    room = np.full(count, np.inf)
    for half_edge in (cut[:, 0], cut[:, 1]):
        face, corner = half_edge // 3, half_edge % 3
        start, end, far = (points[faces[face, (corner + k) % 3]] for k in range(3))
        inward = np.cross(normals[face], end - start)
        inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-300)
        height = ((far - start) * inward).sum(axis=1)
        for at in (half_edge, _next(half_edge)):
            where = piece.reshape(-1)[at]
            np.add.at(matrix, where, inward[:, :, None] * inward[:, None, :])
            np.add.at(side, where, inward)
            np.minimum.at(room, where, np.maximum(ROOM * height, 0))
    for k in range(3):  # to leave its faces costs more than to miss the width
        np.add.at(matrix, piece[:, k], 10.0 * normals[:, :, None] * normals[:, None, :])
    moved = np.isfinite(room)
    reach = np.minimum(width, room[moved])[:, None]
    solved = np.linalg.solve(matrix[moved] + 1e-6 * np.eye(3), side[moved][:, :, None])[:, :, 0]
    length = np.linalg.norm(solved, axis=1, keepdims=True)
    position[moved] += reach * solved * np.minimum(1, 2.5 / np.maximum(length, 1e-12))
    return position


def _strips(piece: Ints, cut: Ints, source: Ints) -> tuple[Ints, Ints]:
    """Two triangles along each cut edge, (2n, 3), and the corners of the input that theirs look like."""
    if not len(cut):
        return np.zeros((0, 3), np.int64), np.zeros((0, 3), np.int64)
    flat, looks = piece.reshape(-1), source.reshape(-1)
    first, second = cut.T
    a, b, c, d = flat[_next(first)], flat[first], flat[_next(second)], flat[second]
    end, start = looks[_next(first)], looks[first]  # of the first face alone: on a texture the other may lie far away
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return faces, np.concatenate([np.stack([end, start, start], axis=1), np.stack([end, start, end], axis=1)])


def _corners(piece: Ints, faces: Ints, cut: Ints, source: Ints) -> tuple[Ints, Ints]:
    """Triangles that fill what opens at vertices where three cut edges meet or more, and the corners that theirs look like."""
    flat, vertices, looks = piece.reshape(-1), faces.reshape(-1), source.reshape(-1)
    after: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for first, second in cut.tolist():
        first_end, second_end = (half_edge // 3 * 3 + (half_edge + 1) % 3 for half_edge in (first, second))
        for own, other in ((first, second_end), (second, first_end)):
            after[int(vertices[own])][int(flat[other])] = (int(flat[own]), int(looks[own]))
    made: list[tuple[int, int, int]] = []
    made_looks: list[tuple[int, int, int]] = []
    for around in after.values():
        for ring in _rings(around):
            for (a, look), (b, _), (c, _) in zip([ring[0]] * (len(ring) - 2), ring[1:-1], ring[2:], strict=True):
                made.append((a, b, c))
                made_looks.append((look, look, look))
    return np.array(made, np.int64).reshape(-1, 3), np.array(made_looks, np.int64).reshape(-1, 3)


def _rings(around: Mapping[int, tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The closed rings of pieces about one vertex, of three or more, each piece with a corner that it looks like."""
    rings, seen = [], set()
    for first in around:
        ring: list[tuple[int, int]] = []
        at = first
        while at in around and at not in seen:
            seen.add(at)
            at, look = around[at]
            ring.append((at, look))
        if at == first and len(ring) > 2:
            rings.append(ring)
    return rings
