"""UV maps for a texture of a part's own: whether one will do, and one for triangles or polygons that have none, by xatlas: charts of
little stretch, packed without overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .baking import texels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


LAID_ON = 512
"""Texels along a side by which overlaps are found."""
OVERLAP = 0.05
FLAT = 0.01
"""Of the surface: so much may have no place in a UV map, as where a pole's triangles are drawn to a line."""

LEAST = 0.02
"""Of a texture: so much a part must cover, or it would be painted with a handful of texels."""


def is_usable(points: Floats, faces: Ints, uv: Floats) -> bool:
    """Whether a UV map (V, 2) of triangles `faces` (F, 3) gives each place of the surface a place of its own in 0..1.

    Maps that are tiled, mirrored onto themselves, or all in one point do not: what is painted on one side would show on another.
    """
    if not np.isfinite(uv).all() or uv[faces].min() < -1e-3 or uv[faces].max() > 1 + 1e-3:
        return False
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    flat = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    corners = points[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    if area[flat < 1e-10].sum() > FLAT * area.sum() or not LEAST < flat.sum() < 1 + OVERLAP:
        return False
    laid = len(texels(points, faces, uv, LAID_ON).face)
    return laid >= (1 - OVERLAP) * flat.sum() * LAID_ON**2


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """`source` (W,) the input's vertex of each new one; `faces` (F, 3) the same triangles over the new vertices; `uv` (W, 2) in 0..1."""

    source: Ints
    faces: Ints
    uv: Floats


def unwrapped(points: Floats, faces: Ints) -> Unwrapped:
    """Unwraps triangles `faces` (F, 3) over `points` (V, 3); vertices on seams are doubled."""
    import xatlas

    source, new_faces, uv = xatlas.parametrize(np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.uint32))
    return Unwrapped(source.astype(np.int64), new_faces.astype(np.int64), uv.astype(np.float64))


def unwrapped_polygons(points: Floats, faces: Ints, polygon_of_face: Ints) -> Floats:
    """Unwraps polygons, given as triangles `faces` (F, 3) over `points` (V, 3), of which each is one of `polygon_of_face` (F,).

    Returns UVs of the triangles' corners (F, 3, 2). Where two triangles of a polygon share a corner it has one UV: xatlas knows
    triangles alone, and its charts may end inside a polygon, which a program that paints polygons could not follow.
    """
    flat = unwrapped(points, faces)
    corners = flat.uv[flat.faces]
    chart = _charts(flat.faces, len(flat.uv))
    torn = _torn(polygon_of_face, chart)
    if not len(torn):
        return corners
    for members in torn:
        own = members[chart[members] == _largest(points, faces[members], chart[members])]
        for face, from_face in _walk(faces, members, own):
            corners[face] = _unfolded(points, faces[face], faces[from_face], corners[from_face])
    return _packed(corners)


def _charts(faces: Ints, count: int) -> Ints:
    """The number of the chart of each triangle (F,): those that are joined by vertices, of which there are `count`."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    links = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(links, directed=False)[1][faces[:, 0]].astype(np.int64)


def _torn(polygon_of_face: Ints, chart: Ints) -> list[Ints]:
    """The triangles of each polygon that lies in several charts."""
    order = np.argsort(polygon_of_face, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(polygon_of_face[order])) + 1)
    return [members for members in groups if len(members) > 1 and (chart[members] != chart[members[0]]).any()]


def _largest(points: Floats, faces: Ints, chart: Ints) -> int:
    """The chart that has most of the surface of these triangles."""
    corners = points[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    names, number = np.unique(chart, return_inverse=True)
    return int(names[np.bincount(number.reshape(-1), area).argmax()])


def _walk(faces: Ints, members: Ints, known: Ints) -> list[tuple[int, int]]:
    """From the `known` of some triangles to all of them over common edges: each with the one from which it is reached."""
    reached, steps = [int(face) for face in known], []
    rest = [int(face) for face in members if face not in known]
    for before in reached:  # which grows meanwhile
        for face in [face for face in rest if len(set(faces[face]) & set(faces[before])) == 2]:
            steps.append((face, before))
            reached.append(face)
            rest.remove(face)
    return steps


def _unfolded(points: Floats, face: Ints, beside: Ints, uv: Floats) -> Floats:
    """UVs (3, 2) of a triangle laid flat beside one with `uv` (3, 2), over their common edge."""
    found = np.zeros((3, 2))
    place = {int(vertex): number for number, vertex in enumerate(beside)}
    (apex,) = [number for number in range(3) if int(face[number]) not in place]
    first, second = (apex + 1) % 3, (apex + 2) % 3
    found[first], found[second] = uv[place[int(face[first])]], uv[place[int(face[second])]]
    edge, across = points[face[second]] - points[face[first]], points[face[apex]] - points[face[first]]
    length = max(float(edge @ edge), 1e-300)
    along = float(across @ edge) / length
    height = float(np.linalg.norm(np.cross(edge, across))) / length
    in_uv = found[second] - found[first]
    turned = np.array([-in_uv[1], in_uv[0]])
    third = uv[next(number for number in range(3) if int(beside[number]) not in (int(face[first]), int(face[second])))]
    side = -1.0 if (third - found[first]) @ turned > 0 else 1.0
    found[apex] = found[first] + along * in_uv + side * height * turned
    return found


def _packed(corners: Floats) -> Floats:
    """UVs (F, 3, 2) whose charts are laid side by side anew, without overlap between them."""
    import xatlas

    uv, faces = np.unique(corners.reshape(-1, 2).astype(np.float32), axis=0, return_inverse=True)
    atlas = xatlas.Atlas()
    atlas.add_uv_mesh(uv, faces.reshape(-1, 3).astype(np.uint32))
    atlas.generate()
    _, placed, found = atlas.get_mesh(0)
    return found[placed].astype(np.float64)
