"""Filling holes: triangulations of one or several closed loops that use every loop vertex and add even ones inside.

A loop that is a simple polygon when looked at along its normal is filled in that view, with its holes; any other is filled
like a soap film: a disc is spanned over it and relaxed until its area is least (Pinkall and Polthier 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mapbox_earcut import triangulate_float64
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu
from scipy.spatial import Delaunay, QhullError, cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_POINTS = 4000
"""Inside one filling. A finer patch gets a coarser filling."""

FILM_STEPS = 6

STEEPEST_RING = 0.3
"""Two nested loops bound a ring where it would rise less than this; where more, they are two ends."""


@dataclass(frozen=True, eq=False)
class Filling:
    """`points` (p, 3) that were added, and `faces` (q, 3) over the loops' vertices, in their order, and then these."""

    points: Floats
    faces: Ints


def fill(loops: Sequence[Floats], spacing: float, bendable: bool = False) -> list[tuple[list[int], Filling]]:
    """Fills loops (n_i, 3): the first runs around what is filled, the others around holes in it, all as the filling's edges run.

    `spacing` is the wanted edge length. Several loops must be nested about a plane, as `nested_loops` groups them. A hole that
    crosses another is no hole of the first loop, but filled by itself. A `bendable` filling of a single loop has points within.
    Returns which loops each filling is of.
    """
    together = list(range(len(loops)))
    filling = _fill_together(loops, spacing)
    if bendable and filling is not None and len(loops) == 1 and len(loops[0]) > 5 and not len(filling.points):
        filling = Filling(*_film(loops[0], spacing))
    if filling is None:
        together = _apart_in_plane(loops)
        filling = _fill_together([loops[i] for i in together], spacing)
    if filling is None:
        together, filling = [0], _fill_alone(loops[0], spacing)
    left = [i for i in range(len(loops)) if i not in together]
    return [(together, filling), *([([i], _fill_alone(loops[i], spacing)) for i in left])]


def _fill_alone(loop: Floats, spacing: float) -> Filling:
    return _fill_together([loop], spacing) or Filling(*_film(loop, spacing))


def _fill_together(loops: Sequence[Floats], spacing: float) -> Filling | None:
    """The filling of nested loops in the view along the normal of the first, None where they cross there."""
    if len(loops) == 1 and len(loops[0]) == 3:
        return Filling(np.zeros((0, 3)), np.array([[0, 1, 2]]))
    flat, frame = flattened(loops)
    if not all(is_simple(loop) for loop in flat):
        return None
    inside, faces = _fill_flat(flat, spacing)
    return None if faces is None else Filling(_lifted(np.concatenate(loops), inside, faces, frame), faces)


def _apart_in_plane(loops: Sequence[Floats]) -> list[int]:
    """The first of nested loops and those others that cross none taken before, in its plane: indices."""
    flat, _ = flattened(loops)
    taken = [0]
    for index in range(1, len(loops)):
        if is_simple(flat[index]) and _ears([*(flat[i] for i in taken), flat[index]]) is not None:
            taken.append(index)
    return taken


# ---- in the plane ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Frame:
    """A plane: `origin` (3,), `axes` (2, 3) in it, and the unit `normal` (3,)."""

    origin: Floats
    axes: Floats
    normal: Floats


def newell_normal(loop: Floats) -> Floats:
    """The area vector (3,) of a closed loop (n, 3)."""
    centred = loop - loop.mean(axis=0)
    return np.cross(centred, np.roll(centred, -1, axis=0)).sum(axis=0) / 2


def flattened(loops: Sequence[Floats]) -> tuple[list[Floats], Frame]:
    """Loops in the plane of the first one, which runs counter-clockwise there: each (n, 2)."""
    origin = loops[0].mean(axis=0)
    normal = newell_normal(loops[0])
    length = float(np.linalg.norm(normal))
    normal = normal / length if length > 0 else np.array([0.0, 0.0, 1.0])
    first = np.cross(np.eye(3)[np.abs(normal).argmin()], normal)
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(normal, first)])
    return [(loop - origin) @ axes.T for loop in loops], Frame(origin, axes, normal)


def is_simple(polygon: Floats) -> bool:
    """Whether a polygon (n, 2) has no two edges that cross or touch, but neighbours at their corner."""
    count = len(polygon)
    start, end = polygon, np.roll(polygon, -1, axis=0)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.argsort(low[:, 0])
    last = np.searchsorted(low[order, 0], high[order, 0], side="right")
    lengths = np.maximum(last - np.arange(count) - 1, 0)
    if lengths.sum() > 5_000_000:
        return False
    first = np.repeat(np.arange(count), lengths)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    i, j = order[first], order[second]
    apart = (low[i, 1] > high[j, 1]) | (low[j, 1] > high[i, 1]) | ((i - j) % count == 1) | ((j - i) % count == 1)
    i, j = i[~apart], j[~apart]

    def side(a: Floats, b: Floats, c: Floats) -> Floats:
        return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])

    crosses = (side(start[i], end[i], start[j]) * side(start[i], end[i], end[j]) <= 0) & (
        side(start[j], end[j], start[i]) * side(start[j], end[j], end[i]) <= 0
    )
    return not crosses.any()


def contains(polygon: Floats, points: Floats) -> NDArray[np.bool_]:
    """Which points (m, 2) lie inside a polygon (n, 2), by the even-odd rule."""
    result = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        above = (y0 > points[:, 1]) != (y1 > points[:, 1])
        if above.any():
            at = x0 + (points[:, 1] - y0) / (y1 - y0 if y1 != y0 else 1.0) * (x1 - x0)
            result ^= above & (points[:, 0] < at)
    return result


def _within(flat: Sequence[Floats], points: Floats) -> NDArray[np.bool_]:
    inside = contains(flat[0], points)
    for hole in flat[1:]:
        inside &= ~contains(hole, points)
    return inside


def _fill_flat(flat: Sequence[Floats], spacing: float) -> tuple[Floats, Ints | None]:
    """Points (p, 2) inside a polygon with holes, and its triangles; None where the holes do not lie inside."""
    border = np.concatenate(flat)
    for hole in flat[1:]:
        if not contains(flat[0], hole).all():
            return np.zeros((0, 2)), None
    inside = _even_points(flat, border, spacing)
    for _ in range(4):
        faces = _delaunay(flat, border, inside)
        if faces is not None:
            return inside, faces
        if not len(inside):
            break
        inside = inside[~_encroaching(flat, inside)] if len(inside) else inside
    return np.zeros((0, 2)), _ears(flat)


def _even_points(flat: Sequence[Floats], border: Floats, spacing: float) -> Floats:
    """A hexagonal lattice inside the polygon, clear of its border."""
    low, high = border.min(axis=0), border.max(axis=0)
    step = max(spacing, float(np.sqrt(np.prod(high - low) / MOST_POINTS)), 1e-12)
    columns = np.arange(low[0], high[0] + step, step)
    rows = np.arange(low[1], high[1] + step, step * np.sqrt(3) / 2)
    x, y = np.meshgrid(columns, rows)
    x = x + (np.arange(len(rows)) % 2)[:, None] * step / 2
    points = np.stack([x.reshape(-1), y.reshape(-1)], axis=1)
    points = points[_within(flat, points)]
    edges = np.concatenate([np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1) for loop in flat])
    middles = np.concatenate([(np.roll(loop, -1, axis=0) + loop) / 2 for loop in flat])
    if not len(points):
        return points
    near, at = cKDTree(np.concatenate([border, middles])).query(points)
    return points[near > 0.5 * np.minimum(step, np.concatenate([edges, edges])[at]) + 0.25 * step]


def _encroaching(flat: Sequence[Floats], points: Floats) -> NDArray[np.bool_]:
    """Which points (m, 2) lie within the circle over an edge of the border, or hardly outside it."""
    result = np.zeros(len(points), bool)
    tree = cKDTree(points)
    for loop in flat:
        after = np.roll(loop, -1, axis=0)
        radius = np.linalg.norm(after - loop, axis=1) / 2
        for found in tree.query_ball_point((loop + after) / 2, radius * 1.05):
            result[found] = True
    return result


def _delaunay(flat: Sequence[Floats], border: Floats, inside: Floats) -> Ints | None:
    """The Delaunay triangles within the polygon, None where they do not keep to its edges."""
    points = np.concatenate([border, inside])
    try:
        faces = Delaunay(points).simplices.astype(np.int64)
    except (QhullError, ValueError):
        return None
    faces = faces[_within(flat, points[faces].mean(axis=1))]
    faces = _counter_clockwise(points, faces)
    return faces if _keeps_border(flat, faces, len(points)) else None


def _counter_clockwise(points: Floats, faces: Ints) -> Ints:
    a, b, c = (points[faces[:, i]] for i in range(3))
    clockwise = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] < 0
    return np.where(clockwise[:, None], faces[:, ::-1], faces)


def _border_edges(flat: Sequence[Floats]) -> Ints:
    first, edges = 0, []
    for loop in flat:
        at = first + np.arange(len(loop))
        edges.append(np.stack([at, np.roll(at, -1)], axis=1))
        first += len(loop)
    return np.concatenate(edges)


def _keeps_border(flat: Sequence[Floats], faces: Ints, count: int) -> bool:
    """Whether triangles (q, 3) are bounded by exactly the polygon's edges, and use all `count` points."""
    if not len(faces) or len(np.unique(faces)) != count:
        return False
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    codes, back = start * count + end, end * count + start
    border = _border_edges(flat)
    alone = codes[~np.isin(codes, back)]
    return len(np.unique(codes)) == len(codes) and np.array_equal(np.sort(alone), np.sort(border[:, 0] * count + border[:, 1]))


def _ears(flat: Sequence[Floats]) -> Ints | None:
    """Ear clipping, no point added: for what is too thin for more. None where it leaves an edge of the border out."""
    border = np.concatenate(flat)
    ears = triangulate_float64(np.ascontiguousarray(border), np.cumsum([len(loop) for loop in flat]).astype(np.uint32))
    faces = _counter_clockwise(border, ears.reshape(-1, 3).astype(np.int64))
    return faces if _keeps_border(flat, faces, len(border)) else None


def _lifted(border: Floats, inside: Floats, faces: Ints, frame: Frame) -> Floats:
    """The points inside (p, 2) in space, at heights that continue those of the border (b, 3) as a membrane does: (p, 3)."""
    if not len(inside):
        return np.zeros((0, 3))
    heights = (border - frame.origin) @ frame.normal
    flat_border = (border - frame.origin) @ frame.axes.T
    points = np.concatenate([flat_border, inside])
    risen = harmonic(np.column_stack([points, np.zeros(len(points))]), faces, heights[:, None])
    return frame.origin + inside @ frame.axes + risen * frame.normal


# ---- in space --------------------------------------------------------------------------------------------------------


def _film(loop: Floats, spacing: float) -> tuple[Floats, Ints]:
    """A disc over a loop (n, 3) of any form, relaxed towards the least area: its inner points (p, 3) and triangles."""
    count = len(loop)
    steps = np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1)
    angle = 2 * np.pi * (np.cumsum(steps) - steps) / max(float(steps.sum()), 1e-300)
    even = 2 * np.pi * np.arange(count) / count
    angle = 0.9 * angle + 0.1 * even  # doubled vertices must not fall together
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    radius = max(float(steps.sum()) / (2 * np.pi), 1e-12)
    inside = _even_points([circle], circle, max(spacing / radius, 2 * np.pi / max(count, 12) * 0.7))
    if not len(inside):
        inside = np.zeros((1, 2))
    faces = _delaunay([circle], circle, inside)
    if faces is None:
        faces = np.stack([np.arange(count), np.roll(np.arange(count), -1), np.full(count, count)], axis=1)
        inside = np.zeros((1, 2))
    rest = np.concatenate([circle, inside])
    points = harmonic(np.column_stack([rest, np.zeros(len(rest))]), faces, loop)
    for _ in range(FILM_STEPS):
        points = harmonic(np.concatenate([loop, points]), faces, loop)
    return points, faces


def harmonic(points: Floats, faces: Ints, border: Floats) -> Floats:
    """Values (p, k) at the inner vertices that are, everywhere, the mean of their neighbours' by cotangent weights.

    `points` (b + p, 3), of which the first b have the values `border` (b, k); `faces` (q, 3).
    """
    count, fixed = len(points), len(border)
    weights = _cotangents(points, faces)
    rows = np.concatenate([faces[:, 1], faces[:, 2], faces[:, 0]])
    columns = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    half = coo_matrix((weights.T.reshape(-1), (rows, columns)), shape=(count, count)).tocsr()
    weight = half + half.T
    laplacian = (diags(np.asarray(weight.sum(axis=1)).reshape(-1)) - weight).tocsr()
    inner = splu(laplacian[fixed:, fixed:].tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return inner.solve(-(laplacian[fixed:, :fixed] @ border))


def _cotangents(points: Floats, faces: Ints) -> Floats:
    """Half the cotangent of each triangle's angles (q, 3), kept positive and bounded so that no vertex leaves its ring."""
    result = np.empty(faces.shape)
    for i in range(3):
        a, b, c = (points[faces[:, (i + j) % 3]] for j in range(3))
        along, across = ((b - a) * (c - a)).sum(axis=1), np.linalg.norm(np.cross(b - a, c - a), axis=1)
        result[:, i] = np.clip(along / np.maximum(across, 1e-300), 0.01, 100) / 2
    return result


# ---- which loops bound one filling -----------------------------------------------------------------------------------


def nested_loops(loops: Sequence[Floats]) -> list[list[int]]:
    """Groups of loops that bound one filling: a loop and those that run around holes in it, about in its plane.

    `loops` (n_i, 3) as the filling's edges run. A ring's two loops are one group, the two ends of a tube are two. Returns
    indices, the outer loop of each group first.
    """
    normals = [newell_normal(loop) for loop in loops]
    sizes = [float(np.linalg.norm(normal)) for normal in normals]
    order = np.argsort(sizes)[::-1].tolist()
    groups: list[list[int]] = []
    for index in order:
        home = next((g for g in groups if _is_hole(loops, normals, sizes, g[0], index)), None)
        if home is None:
            groups.append([index])
        else:
            home.append(index)
    return groups


def _is_hole(loops: Sequence[Floats], normals: Sequence[Floats], sizes: Sequence[float], outer: int, inner: int) -> bool:
    """Whether one loop lies inside another, near its plane, and runs the other way around."""
    if not sizes[inner] > 0 or normals[outer] @ normals[inner] > -0.7 * sizes[outer] * sizes[inner]:
        return False
    (flat_outer, flat_inner), frame = flattened([loops[outer], loops[inner]])
    nearest = cKDTree(flat_outer).query(flat_inner)
    apart = np.abs((loops[inner] - loops[outer][nearest[1]]) @ frame.normal)
    if np.median(apart) > STEEPEST_RING * np.median(nearest[0]):
        return False
    return bool(is_simple(flat_outer) and contains(flat_outer, flat_inner).all())
