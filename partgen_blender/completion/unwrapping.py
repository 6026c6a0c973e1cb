"""UVs of generated faces: the visible map continued where that fits, else islands of the same texel density beside it.

Nothing of Blender here, and nothing but numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..components import components
from .spreading import edges_of, harmonic, neighbouring_faces

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
    known, single, spread_uv = _seam_uvs(len(points), *seam_corners)
    found = np.zeros((len(faces), 3, 2))
    island = np.full(len(faces), -1)
    of_face = components(len(faces), neighbouring_faces(faces))
    pieces = np.split(np.argsort(of_face, kind="stable"), np.cumsum(np.bincount(of_face))[:-1])
    for members in pieces if len(faces) else ():
        continued = _continued(points, faces[members], known, single, spread_uv, density, is_mirrored)
        if continued is None:
            island[members] = 1 + island.max() + _charts(points, faces[members])
        else:
            found[members] = continued
    loose = np.flatnonzero(island >= 0)
    if len(loose):
        scale = density or 1.0 / max(float(np.ptp(points[faces.reshape(-1)], axis=0).max()), 1e-30)
        flat, sizes = _projected(scale * points[faces[loose]], island[loose])
        corner = np.array([max(np.ceil(bounds[1, 0] - 1e-4), np.floor(bounds[0, 0]) + 1.0), np.floor(bounds[0, 1] + 1e-4)])
        found[loose] = flat + (_packed(sizes) + corner)[island[loose]][:, None]
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


def _charts(points: Floats, faces: Ints) -> Ints:
    """The charts of one piece, by the side of a box that its triangles look to, the box being turned to the piece: (g,), from 0 on."""
    normals = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    _, _, frame = np.linalg.svd(normals.sum(axis=0)[None, :])
    along = normals @ frame.T
    side = 2 * np.abs(along).argmax(axis=1)
    side += np.take_along_axis(along, side[:, None] // 2, axis=1)[:, 0] < 0
    pairs = neighbouring_faces(faces)
    return components(len(faces), pairs[side[pairs[:, 0]] == side[pairs[:, 1]]])


def _projected(triangles: Floats, island: Ints) -> tuple[Floats, Floats]:
    """Triangles (t, 3, 3) laid flat, each on its `island` (t,), from 0 on: (t, 3, 2), and the size of each island (n, 2).

    An island lies along its mean normal, the longer side of its bounds along u, from (0, 0) on.
    """
    count = int(island.max()) + 1
    of_corner = np.repeat(island, 3)

    def total(values: Floats, of: Ints) -> Floats:
        """The sum over each island: (n, k)."""
        return np.stack([np.bincount(of, column, count) for column in values.T], axis=1)

    normal = total(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), island)
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.where(size > 0, normal / np.where(size > 0, size, 1.0), [0.0, 0.0, 1.0])
    right = np.cross(np.eye(3)[np.abs(normal).argmin(axis=1)], normal)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    axes = np.stack([right, np.cross(normal, right)], axis=2)
    flat = np.einsum("tcx,txk->tck", triangles, axes[island]).reshape(-1, 2)
    centered = flat - (total(flat, of_corner) / np.bincount(of_corner, minlength=count)[:, None])[of_corner]
    u, v = centered.T
    spread = total(np.stack([u * u, u * v, v * v], axis=1), of_corner)
    angle = 0.5 * np.arctan2(2 * spread[:, 1], spread[:, 0] - spread[:, 2])[of_corner]  # a rotation: islands keep their handedness
    turned = np.stack([u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)], axis=1)
    order = np.argsort(of_corner, kind="stable")
    starts = np.searchsorted(of_corner[order], np.arange(count))
    low, high = (bound.reduceat(turned[order], starts, axis=0) for bound in (np.minimum, np.maximum))
    return (turned - low[of_corner]).reshape(-1, 3, 2), high - low


def _packed(sizes: Floats) -> Floats:
    """Where islands of these sizes (n, 2) lie side by side on shelves, none over another, within a width of 1 where they fit: (n, 2)."""
    width = max(1.0, float(sizes[:, 0].max()) + 2 * _MARGIN)
    places = np.zeros(sizes.shape)
    u, v, height = _MARGIN, _MARGIN, 0.0
    order = np.argsort(-sizes[:, 1], kind="stable")
    shelved = []
    for wide, high in sizes[order].tolist():
        if u + wide + _MARGIN > width and u > _MARGIN:
            u, v, height = _MARGIN, v + height + _MARGIN, 0.0
        shelved.append((u, v))
        u += wide + _MARGIN
        height = max(height, high)
    places[order] = shelved
    return places
