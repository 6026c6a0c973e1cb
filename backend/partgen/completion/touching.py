"""Where a closed surface touches itself along an edge: made such that it stays closed when vertices at one place are merged.

Merging by position, as many programs do that read a file, would give such an edge four triangles. One of the two edges that
lie there gets a vertex in its middle, a hair's breadth inside, which splits its two triangles. A generated triangle that lies on
another one gets a vertex in its middle, a hair's breadth outside, so that there is something between them. No vertex moves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

INSET = 2e-5
"""How far a new vertex lies from the edge, as a share of the surface's longest side, but at most `STEEPEST` of the edge."""

STEEPEST = 0.05

GOLDEN = 0.6180339887498949

MOST_ROUNDS = 12
"""In each, a triangle is split once. Whole areas that lie in one place would go on for long, and are left as they are."""


def apart(vertices: NDArray, faces: NDArray, generated: Bools) -> tuple[NDArray[np.float32], NDArray[np.int32], Ints]:
    """A closed surface without two edges in the same place.

    `vertices` (V, 3) stay the first V of the result's; triangles of `faces` (m, 3) that need not be split stay as they are, in
    their order, and of the edges in one place that one stays whole that has the fewest `generated` (m,) triangles. Returns
    vertices (V', 3), faces (m', 3), and the triangle (m',) that each is or was a part of.
    """
    if not len(faces):
        return np.asarray(vertices, np.float32), np.asarray(faces, np.int32), np.zeros(0, np.int64)
    points = np.asarray(vertices, np.float64)
    inset = INSET * float(np.ptp(points, axis=0).max())
    points, current, source = _raised(points, np.asarray(faces, np.int64), generated, inset)
    place = places(points)
    before = 3 * len(faces)
    for _ in range(MOST_ROUNDS):
        pairs, spare = _spare_edges(place, current, generated[source])
        if not len(pairs) or spare > before:
            break
        before = spare
        points, current, kept = _split(points, current, pairs, inset)
        source = source[kept]
        place = np.concatenate([place, int(place.max()) + 1 + np.arange(len(points) - len(place))])
    order = np.argsort(source, kind="stable")
    return points.astype(np.float32), current[order].astype(np.int32), source[order]


def is_closed_where_merged(vertices: NDArray, faces: NDArray) -> bool:
    """Whether triangles (m, 3) still close when vertices (V, 3) in one place are one: two at every edge, in opposite directions."""
    around = places(np.asarray(vertices))[np.asarray(faces)]
    around = around[(around != np.roll(around, 1, axis=1)).all(axis=1)]
    start, end = around.reshape(-1), np.roll(around, -1, axis=1).reshape(-1)
    ways = np.unique(np.stack([start, end], axis=1), axis=0)
    return bool(len(ways) == len(start) and np.array_equal(ways, np.unique(ways[:, ::-1], axis=0)))


def _raised(points: Floats, faces: Ints, generated: Bools, inset: float) -> tuple[Floats, Ints, Ints]:
    """Raises the middle of generated triangles that lie on others: points, faces, and the triangle that each came from."""
    corners = np.sort(places(points)[faces], axis=1)
    _, group, counts = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    is_first = np.zeros(len(faces), bool)
    order = np.lexsort((generated, group))  # of each group one stays, that of the artist where there is one
    is_first[order[np.r_[True, np.diff(group[order]) > 0]]] = True
    flaps = np.flatnonzero((counts[group] > 1) & ~is_first & generated & (np.diff(corners, axis=1) > 0).all(axis=1))
    if not len(flaps):
        return points, faces, np.arange(len(faces))
    first, second, third = points[faces[flaps]].transpose(1, 0, 2)
    normal = np.cross(second - first, third - first)
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    far = np.minimum(inset, STEEPEST * np.sqrt(size)) * (0.5 + np.arange(len(flaps))[:, None] * GOLDEN % 1)
    middles = (first + second + third) / 3 + far * np.divide(normal, size, out=np.zeros_like(normal), where=size > 0)
    new = len(points) + np.arange(len(flaps))
    around = [np.column_stack([np.roll(faces[flaps], -turn, axis=1)[:, :2], new]) for turn in range(3)]
    whole = np.setdiff1d(np.arange(len(faces)), flaps)
    return np.concatenate([points, middles]), np.concatenate([faces[whole], *around]), np.concatenate([whole, *[flaps] * 3])


def places(points: NDArray) -> Ints:
    """A number (V,) for the place of every point, the same where points coincide."""
    return np.unique(points + 0.0, axis=0, return_inverse=True)[1].reshape(-1)


def _spare_edges(place: Ints, faces: Ints, generated: Bools) -> tuple[Ints, int]:
    """Pairs of half edges (s, 2), as rows of `faces` flattened, that are one edge and lie where another edge lies, or have
    no length. No two pairs have a triangle in common; the number is that of all such edges, with those that therefore have to wait."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    where = np.sort(place[np.stack([start, end], axis=1)], axis=1)
    code = where[:, 0] * (int(place.max()) + 1) + where[:, 1]
    _, group, counts = np.unique(code, return_inverse=True, return_counts=True)
    without_length = where[:, 0] == where[:, 1]
    crowded = np.flatnonzero((counts > 2)[group.reshape(-1)] | without_length)
    edges: dict[tuple[int, ...], list[int]] = {}
    for half in crowded.tolist():
        edges.setdefault((int(code[half]), *sorted((int(start[half]), int(end[half])))), []).append(half)
    at: dict[int, list[list[int]]] = {}
    for (here, _, _), halves in edges.items():
        at.setdefault(here, []).append(halves)
    taken: set[int] = set()
    spare, count = [], 0

    def can_be_split(halves: list[int]) -> bool:
        """Not between a triangle and its own back."""
        return len(halves) == 2 == len({int(faces[half // 3, (half + 2) % 3]) for half in halves})

    for there in at.values():
        there.sort(key=lambda halves: (can_be_split(halves), sum(bool(generated[half // 3]) for half in halves), halves))
        for halves in filter(can_be_split, there if without_length[there[0][0]] else there[1:]):
            count += 1
            if taken.isdisjoint(half // 3 for half in halves):
                taken.update(half // 3 for half in halves)
                spare.append(halves)
    return np.array(spare, np.int64).reshape(-1, 2), count


def _split(points: Floats, faces: Ints, pairs: Ints, inset: float) -> tuple[Floats, Ints, Ints]:
    """Splits the edges that pairs of half edges (s, 2) are: points, faces (m + 2s, 3), and the triangle (m + 2s,) each came from."""
    start, end, apex = (faces[pairs // 3, (pairs + step) % 3] for step in range(3))
    middle = (points[start[:, 0]] + points[end[:, 0]]) / 2
    inward = points[apex].mean(axis=1) - middle
    aside = points[apex[:, 0]] - middle
    opposite = np.linalg.norm(inward, axis=1) < 1e-3 * np.linalg.norm(aside, axis=1)  # both triangles in one plane
    inward = np.where(opposite[:, None], aside, inward)
    length = np.linalg.norm(inward, axis=1, keepdims=True)
    span = np.linalg.norm(points[start[:, 0]] - points[end[:, 0]], axis=1, keepdims=True)
    far = np.minimum(inset, STEEPEST * np.where(span > 0, np.minimum(span, length), length))
    far *= 0.5 + (np.arange(len(pairs))[:, None] + len(points)) * GOLDEN % 1  # two that lie in one place must not meet again
    new = len(points) + np.arange(len(pairs))
    points = np.concatenate([points, middle + far * np.divide(inward, length, out=np.zeros_like(inward), where=length > 0)])
    halves = [np.stack([start, np.repeat(new[:, None], 2, 1), apex], 2), np.stack([np.repeat(new[:, None], 2, 1), end, apex], 2)]
    split = np.concatenate([half.reshape(-1, 3) for half in halves])
    origin = np.concatenate([(pairs // 3).reshape(-1)] * 2)
    whole = np.setdiff1d(np.arange(len(faces)), pairs // 3)
    return points, np.concatenate([faces[whole], split]), np.concatenate([whole, origin])
