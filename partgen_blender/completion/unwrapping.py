"""UVs of generated faces: the visible map continued where that fits, else islands of the same texel density beside it.

Nothing of Blender here, and nothing but numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .spreading import components, edges_of, harmonic, neighbouring_faces

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

_SAME_UV = 1e-5
_EVEN = 2.5
"""A continued map may be this much denser or sparser than the visible one."""
_MARGIN = 0.01  # between islands


def texel_density(points: Floats, corner_vertices: Ints, next_corner: Ints, uvs: Floats) -> float:
    """How long in UV a unit of length is on a surface, the median over its edges; 0 where the map has no extent.

    `points` (n, 3); `corner_vertices` (c,); `next_corner` (c,), the corner after each around its polygon; `uvs` (c, 2).
    """
    lengths = np.linalg.norm(points[corner_vertices] - points[corner_vertices[next_corner]], axis=1)
    in_uv = np.linalg.norm(uvs - uvs[next_corner], axis=1)
    usable = (lengths > 0) & (in_uv > 0)
    return float(np.median(in_uv[usable] / lengths[usable])) if usable.any() else 0.0


def unwrap(points: Floats, faces: Ints, seam_corners: tuple[Ints, Floats], density: float, is_mirrored: bool, bounds: Floats) -> Floats:
    """UVs for the corners of generated triangles: (g, 3, 2).

    `points` (n, 3); `faces` (g, 3) indices into them; `seam_corners`: the vertex (s,) and UV (s, 2) of every visible corner at the
    seam; `density` and `is_mirrored` of the visible map, whose lowest and highest UV are `bounds` (2, 2). New islands lie
    in the tile to the right of it, so that they share no texel with what is visible.
    """
    count = len(points)
    known, single, spread_uv = _seam_uvs(count, *seam_corners)
    found = np.zeros((len(faces), 3, 2))
    of_face = components(len(faces), neighbouring_faces(faces))
    loose: list[Ints] = []
    for number in range(int(of_face.max(initial=-1)) + 1):
        members = np.flatnonzero(of_face == number)
        continued = _continued(points, faces[members], known, single, spread_uv, density, is_mirrored)
        if continued is None:
            loose += [members[chart] for chart in _charts(points, faces[members])]
        else:
            found[members] = continued
    if loose:
        scale = density or 1.0 / max(float(np.ptp(points[faces.reshape(-1)], axis=0).max()), 1e-30)
        islands = [scale * _projected(points[faces[chart]]) for chart in loose]
        corner = np.array([max(np.ceil(bounds[1, 0] - 1e-4), np.floor(bounds[0, 0]) + 1.0), np.floor(bounds[0, 1] + 1e-4)])
        for chart, island in zip(loose, _packed(islands), strict=True):
            found[chart] = island + corner
    return found


def _seam_uvs(count: int, vertices: Ints, uvs: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Of every vertex: whether it lies at the seam, whether all visible corners there have one UV, and that (their mean)."""
    times = np.bincount(vertices, minlength=count)
    mean = np.stack([np.bincount(vertices, column, count) for column in uvs.T], axis=1) / np.maximum(times, 1)[:, None]
    apart = np.zeros(count)
    np.maximum.at(apart, vertices, np.abs(uvs - mean[vertices]).max(axis=1) if len(uvs) else np.empty(0))
    return times > 0, apart < _SAME_UV, mean


def _continued(
    points: Floats, faces: Ints, known: NDArray[np.bool_], single: NDArray[np.bool_], uvs: Floats, density: float, is_mirrored: bool
) -> Floats | None:
    """The visible map spread over one generated piece: (g, 3, 2); None where it would tear, fold, overlap or stretch."""
    names, local = np.unique(faces, return_inverse=True)
    local = local.reshape(-1, 3)
    border = known[names]
    if not border.any() or not single[names[border]].all() or not density:
        return None
    spread = harmonic(points[names], edges_of(local), border, np.where(border[:, None], uvs[names], 0.0))[local]
    sides = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    areas = 0.5 * np.linalg.norm(sides, axis=1)
    a, b = spread[:, 1] - spread[:, 0], spread[:, 2] - spread[:, 0]
    in_uv = 0.5 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) * (-1.0 if is_mirrored else 1.0)
    if in_uv.sum() <= 0 or -in_uv[in_uv < 0].sum() > 0.01 * in_uv.sum():
        return None
    ratio = np.sqrt(in_uv.sum() / max(float(areas.sum()), 1e-30)) / density
    return spread if 1.0 / _EVEN < ratio < _EVEN else None


def _charts(points: Floats, faces: Ints) -> list[Ints]:
    """The triangles of one piece by the side of a box that each looks to, the box being turned to the piece: index arrays."""
    normals = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    _, _, frame = np.linalg.svd(normals.sum(axis=0)[None, :])
    along = normals @ frame.T
    side = 2 * np.abs(along).argmax(axis=1)
    side += np.take_along_axis(along, side[:, None] // 2, axis=1)[:, 0] < 0
    pairs = neighbouring_faces(faces)
    chart = components(len(faces), pairs[side[pairs[:, 0]] == side[pairs[:, 1]]])
    order = np.argsort(chart, kind="stable")
    return np.split(order, np.cumsum(np.bincount(chart))[:-1])


def _projected(triangles: Floats) -> Floats:
    """Triangles (t, 3, 3) laid flat along their mean normal, the longer side of their bounds along u, from (0, 0) on: (t, 3, 2)."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]).sum(axis=0)
    size = np.linalg.norm(normal)
    normal = normal / size if size > 0 else np.array([0.0, 0.0, 1.0])
    helper = np.eye(3)[np.abs(normal).argmin()]
    right = np.cross(helper, normal)
    right /= np.linalg.norm(right)
    flat = triangles @ np.stack([right, np.cross(normal, right)], axis=1)
    centered = flat.reshape(-1, 2) - flat.reshape(-1, 2).mean(axis=0)
    _, axes = np.linalg.eigh(centered.T @ centered)
    turn = np.stack([axes[:, 1], [-axes[1, 1], axes[0, 1]]], axis=1)  # a rotation: islands keep their handedness
    turned = flat @ turn
    return turned - turned.reshape(-1, 2).min(axis=0)


def _packed(islands: list[Floats]) -> list[Floats]:
    """Islands (each (t, 3, 2), from (0, 0) on) side by side on shelves, none over another, within a width of 1 where they fit."""
    sizes = np.array([island.reshape(-1, 2).max(axis=0) for island in islands])
    width = max(1.0, float(sizes[:, 0].max()) + 2 * _MARGIN)
    places: list[Floats] = [np.zeros(2)] * len(islands)
    u, v, height = _MARGIN, _MARGIN, 0.0
    for number in np.argsort(-sizes[:, 1], kind="stable").tolist():
        if u + sizes[number, 0] + _MARGIN > width and u > _MARGIN:
            u, v, height = _MARGIN, v + height + _MARGIN, 0.0
        places[number] = np.array([u, v])
        u += float(sizes[number, 0]) + _MARGIN
        height = max(height, float(sizes[number, 1]))
    return [island + place for island, place in zip(islands, places, strict=True)]
