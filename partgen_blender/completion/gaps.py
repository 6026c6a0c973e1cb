"""Gaps: where a surface is closed in space but not by its edges, because vertices are doubled, and the faces that bridge them.

Two edges in one place that have a face on one side alone get triangles without area between them; where several gaps end in one
place, further ones join those. Then both sides of every gap belong to two faces, and no vertex was moved or merged. What is open in
space stays open.

Nothing of Blender here, and nothing but numpy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from ..components import components

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

TOLERANCES = (1e-6, 1e-5, 1e-4)
"""Vertices are in one place where they are this close, in shares of the longest side or, far from the origin, of the distance to it."""


@dataclass(frozen=True, eq=False)
class Bridges:
    """`faces` (b, 3) over the n vertices of a surface and then new ones; `doubled` (d,) the vertex in whose place each new one is."""

    faces: Ints
    doubled: Ints


def bridges(points: Floats, sides: Ints) -> Bridges:
    """Triangles that close the gaps of a surface.

    `points` (n, 3) its vertices; `sides` (s, 2) those of its faces, from corner to corner. As few vertices as possible are taken for one.
    """
    lonely = _lonely(sides, len(points))
    found = Bridges(np.empty((0, 3), np.int64), np.empty(0, np.int64))
    if not len(lonely):
        return found
    left = len(lonely)
    for tolerance in TOLERANCES:
        made = _between(lonely, _places(points, lonely, tolerance), sides, len(points))
        still = len(_lonely(np.concatenate([sides, sides_of(made.faces)]), len(points) + len(made.doubled)))
        if still < left:
            found, left = made, still
        if not left:
            break
    return found


def reseated(points: Floats, sides: Ints, faces: Ints) -> Ints:
    """Triangles (g, 3), which are to be added to a surface, with those corners changed whose side lies on an edge of two faces, while
    there is another edge in the same place that lacks one.

    `points` (n, 3) and `sides` (s, 2) as for `bridges`, of the surface alone.
    """
    faces = faces.astype(np.int64)
    mine = sides_of(faces)
    codes, times = np.unique(codes_of(np.concatenate([sides, mine]), len(points)), return_counts=True)
    crowded = np.flatnonzero(times[np.searchsorted(codes, codes_of(mine, len(points)))] > 2)
    if not len(crowded):
        return faces
    theirs = sides[times[np.searchsorted(codes, codes_of(sides, len(points)))] == 1].astype(np.int64)
    both = np.concatenate([mine[crowded], theirs])
    place = _places(points, both, TOLERANCES[1])
    for one, other in np.sort(np.stack(_pairs(place), axis=1), axis=1).tolist():
        if one < len(crowded) <= other and (place[one] == place[other, ::-1]).all():
            face, corner = divmod(int(crowded[one]), 3)
            faces[face, [corner, (corner + 1) % 3]] = both[other, ::-1]
    return faces


def sides_of(faces: NDArray[np.integer]) -> Ints:
    """The sides (3m, 2) of triangles (m, 3)."""
    return np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2).astype(np.int64)


def codes_of(sides: NDArray[np.integer], count: int) -> Ints:
    """A number for every side (s, 2) between vertices below `count`, whatever its direction."""
    return sides.min(axis=1).astype(np.int64) * count + sides.max(axis=1)


def _lonely(sides: Ints, count: int) -> Ints:
    """One side (e, 2) of every edge that an odd number of faces has."""
    _, first, times = np.unique(codes_of(sides, count), return_index=True, return_counts=True)
    return sides[first[times % 2 == 1]].astype(np.int64)


def _places(points: Floats, sides: Ints, tolerance: float) -> Ints:
    """A number for the place of each end of the sides: (e, 2), the same for those that are close. `tolerance` as in `TOLERANCES`."""
    named, local = np.unique(sides, return_inverse=True)
    corners = points[named].astype(np.float64)
    cell = 2 * tolerance * max(float(np.ptp(corners, axis=0).max()), float(np.abs(corners).max()), 1e-300)
    steps = (corners - corners.min(axis=0)) / cell
    pairs = []
    for shift in product((0.0, 0.5), repeat=3):  # two that are close share a cell of one of these grids at least
        x, y, z = np.floor(steps + shift).astype(np.int64).T
        code = (x << 42) | (y << 21) | z  # which sorts faster than rows do
        order = np.argsort(code, kind="stable")
        pairs.append(np.stack([order[:-1], order[1:]], axis=1)[code[order][1:] == code[order][:-1]])
    return components(len(named), np.concatenate(pairs)).astype(np.int64)[local.reshape(-1, 2)]


def _between(lonely: Ints, place: Ints, sides: Ints, count: int) -> Bridges:
    """The bridges between lonely sides (e, 2) whose ends are at the places (e, 2), over `count` vertices and new ones."""
    is_long = place[:, 0] != place[:, 1]
    one, other = (np.flatnonzero(is_long)[half] for half in _pairs(place[is_long]))
    u, v = lonely[one].T
    is_with = place[one, 0] == place[other, 0]
    x, w = np.where(is_with[:, None], lonely[other], lonely[other, ::-1]).T
    plain, threads, doubled = _across(np.stack([u, v, x, w], axis=1), sides, count)
    plain, uses, doubled = _untangled(plain, threads, doubled, sides, count)
    for cycle in _cycles(_lonely(np.concatenate([lonely[~is_long], uses]), count + len(doubled))):
        middle, around = cycle[0], cycle[1:]
        if len(cycle) > 3:  # around a vertex that no edge leads to: others across may have their faces already
            middle, around = count + len(doubled), [*cycle, cycle[0]]
            doubled.append(cycle[0] if cycle[0] < count else doubled[cycle[0] - count])
        plain += [(middle, end, start) for start, end in pairwise(around)]
    return Bridges(np.array(plain, np.int64).reshape(-1, 3), np.array(doubled, np.int64))


def _pairs(place: Ints) -> tuple[Ints, Ints]:
    """Pairs of sides (e, 2) between the same two places, if there are, in opposite directions: two arrays of indices."""
    group = codes_of(place, int(place.max(initial=0)) + 1)
    backward = place[:, 0] > place[:, 1]
    rank = _ranks(2 * group + backward)
    order = np.lexsort((backward, rank, group))  # there and back by turns, then what is left over
    position = _ranks(group[order])
    heads = np.flatnonzero((position[:-1] % 2 == 0) & (group[order][1:] == group[order][:-1]))
    return order[heads], order[heads + 1]


def _ranks(keys: Ints) -> Ints:
    """How many of the keys (n,) before each are the same."""
    order = np.argsort(keys, kind="stable")
    is_first = np.r_[True, np.diff(keys[order]) > 0][: len(keys)]
    starts = np.flatnonzero(is_first)
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = np.arange(len(keys)) - starts[np.cumsum(is_first) - 1]
    return ranks


def _across(gaps: Ints, sides: Ints, count: int) -> tuple[list[tuple[int, ...]], Ints, list[int]]:
    """The triangles between the sides of gaps (g, 4): from `u` to `v` and, beside them, from `x` to `w`.

    Returns those that are whole, those on a thread (t, 3), and which vertices the new ones are doubles of. A thread leads from one side
    of a gap to the other within one place; what stands on it is its apex, start and end.
    """
    u, v, x, w = gaps.T
    twisted = (u != x) & (v != w)
    diagonal = codes_of(np.stack([v, x], axis=1), count)
    taken = np.concatenate([codes_of(sides, count), diagonal[twisted]]) if twisted.any() else diagonal[:0]
    known, times = np.unique(taken, return_counts=True)
    crowded = twisted & np.isin(diagonal, known[times > 1])
    at_start, at_end = (u != x) & ~crowded, (v != w) & ~crowded
    middle = count + np.arange(int(crowded.sum()))
    plain = [*zip(middle, v[crowded], u[crowded], strict=True), *zip(middle, x[crowded], w[crowded], strict=True)]
    threads = [
        np.stack([v, u, x], axis=1)[at_start],
        np.stack([x, w, v], axis=1)[at_end],
        np.stack([middle, u[crowded], x[crowded]], axis=1),
        np.stack([middle, w[crowded], v[crowded]], axis=1),
    ]
    return [tuple(map(int, face)) for face in plain], np.concatenate(threads), v[crowded].tolist()


def _untangled(
    plain: list[tuple[int, ...]], threads: Ints, doubled: list[int], sides: Ints, count: int
) -> tuple[list[tuple[int, ...]], Ints, list[int]]:
    """Threads (t, 3) such that each edge has one face in each direction: further ones lead over a new vertex.

    Returns all triangles, the sides (s, 2) that these have within places, and which vertices the new ones are doubles of.
    """
    start, end = threads[:, 1:].T
    size = count + len(doubled)
    way = start * size + end
    there = np.isin(sides[:, 0] * np.int64(size) + sides[:, 1], way)
    way = np.concatenate([sides[there, 0] * np.int64(size) + sides[there, 1], way])
    rank = _ranks(way)[int(there.sum()) :]
    direct = rank == 0
    uses = [np.stack([start, end], axis=1)[direct]]
    plain, doubled = [*plain, *threads[direct].tolist()], list(doubled)
    middles: dict[tuple[int, int, int], int] = {}
    for a, s, e, r in np.column_stack([threads, rank])[~direct].tolist():
        key = (min(s, e), max(s, e), r)
        if key not in middles:
            middles[key] = size + len(middles)
            doubled.append(s if s < count else doubled[s - count])
        m = middles[key]
        plain += [(a, s, m), (a, m, e)]
        uses.append(np.array([(s, m), (m, e)], np.int64))
    return plain, np.concatenate(uses), doubled


def _cycles(chords: Ints) -> list[list[int]]:
    """Chords (c, 2) as closed walks without a vertex twice, in the direction in which most lead; what leads nowhere back is left out."""
    around: defaultdict[int, list[int]] = defaultdict(list)
    starts, ends = chords.T.tolist()
    for number, start in enumerate(starts):
        around[start].append(number)
    for number, end in enumerate(ends):
        around[end].append(number)
    used = [False] * len(chords)
    cycles = []
    for first in list(around):
        path = [first]
        while path:
            here = path[-1]
            step = next((number for number in around[here] if not used[number]), None)
            if step is None:
                path.pop()
                continue
            used[step] = True
            after = starts[step] + ends[step] - here
            if after in path:
                at = path.index(after)
                cycles.append(path[at:])
                del path[at + 1 :]
            else:
                path.append(after)
    return cycles
