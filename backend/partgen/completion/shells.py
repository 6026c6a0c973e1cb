"""Shells that a part has by itself, closed already, although they touch those of others along edges or faces: boxes side by side.

Seen as one surface such a heap is torn: of two triangles in one place it has only one, and where four meet along an edge nobody
can tell which belong together. Seen part by part, with both, every box is whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import components, half_edges, normals_and_areas
from ..geometry.solids import paired_half_edges, signed_volume

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_SHELL, BACK = -1, -2

THINNEST = 1e-5
"""The mean thickness of a shell, as a share of its extent, below which its two sides lie on each other."""


def own_shells(points: Floats, corners: Ints, labels: NDArray) -> tuple[Ints, Bools, bool]:
    """The shells that parts have by themselves, of those that touch others: an edge has more than two triangles, or a place two.

    `points` (W, 3); `corners` (F, 3) as the input winds them; `labels` (F,), below 0 for what is in no part. Returns (F,) the number of
    the shell, BACK for triangles that are the other side of one, NO_SHELL elsewhere: also in parts with a cavity, which needs what is
    around it; (F,) which triangles are in shells or lie on them; and whether these are to be turned over to look outward.
    """
    result, nothing = np.full(len(corners), NO_SHELL), np.zeros(len(corners), bool)
    place, is_doubled = _places(corners, labels >= 0)
    touches = is_doubled | _crowded(corners, labels >= 0)
    if not touches.any():
        return result, nothing, False
    is_turned = signed_volume(points, corners[labels >= 0]) < 0
    corners = corners[:, ::-1] if is_turned else corners
    number, volumes, owner = _closed(points, corners, np.where(np.isin(labels, labels[touches]), labels, -1))
    of_shell = np.flatnonzero(number >= 0)
    if not len(of_shell):
        return result, nothing, is_turned

    def are_all(chosen: Bools) -> Bools:
        """Of which shells all faces are among the chosen (F,)."""
        return np.bincount(number[of_shell], ~chosen[of_shell], len(volumes)) == 0

    is_outward = volumes > 0
    has_cavity = np.isin(owner, owner[~is_outward & ~are_all(is_doubled)])
    kept = is_outward & ~has_cavity & ~are_all(~touches)
    is_kept, is_inward = np.zeros((2, len(corners)), bool)
    is_kept[of_shell] = kept[number[of_shell]]
    result[is_kept] = number[is_kept]
    covered = np.isin(place, place[is_kept]) & ~is_kept & (labels >= 0)
    is_inward[of_shell] = (~is_outward & are_all(covered))[number[of_shell]]
    labelled_place = place * (int(labels.max()) + 1) + labels
    result[covered & (is_inward | np.isin(labelled_place, labelled_place[is_kept]))] = BACK
    return result, is_kept | covered, is_turned


def _places(corners: Ints, is_used: Bools) -> tuple[Ints, Bools]:
    """The number of the place of each triangle (F,), the same for those with the same three vertices, and where there are several; -1, and
    not, for those that are not used (F,)."""
    place, is_doubled = np.full(len(corners), -1), np.zeros(len(corners), bool)
    _, number, times = np.unique(np.sort(corners[is_used], axis=1), axis=0, return_inverse=True, return_counts=True)
    place[is_used] = number.reshape(-1)
    is_doubled[is_used] = times[number.reshape(-1)] > 1
    return place, is_doubled


def _crowded(corners: Ints, is_used: Bools) -> Bools:
    """Which of the used triangles (F,) have an edge with more than two of them: (F,)."""
    result = np.zeros(len(corners), bool)
    edges, face, _ = half_edges(corners[is_used])
    if len(edges):
        run = np.cumsum(np.r_[False, (edges[1:] != edges[:-1]).any(axis=1)])
        result[np.flatnonzero(is_used)[face[np.bincount(run)[run] > 2]]] = True
    return result


def _closed(points: Floats, corners: Ints, labels: NDArray) -> tuple[Ints, Floats, Ints]:
    """The closed shells of the parts, those without an inside left out: the number of each triangle's (F,) or NO_SHELL, their volumes
    (k,), negative for those that look inward, and their labels (k,)."""
    number, volumes, owner = np.full(len(corners), NO_SHELL), [np.zeros(0)], [np.zeros(0, np.int64)]
    count = 0
    for label in np.unique(labels[labels >= 0]).tolist():
        its = np.flatnonzero(labels == label)
        shell, volume = _of_one(points, corners[its])
        number[its[shell >= 0]] = count + shell[shell >= 0]
        count += len(volume)
        volumes.append(volume)
        owner.append(np.full(len(volume), label))
    return number, np.concatenate(volumes), np.concatenate(owner)


def _of_one(points: Floats, corners: Ints) -> tuple[Ints, Floats]:
    """The closed shells of one part, `corners` (n, 3): the number of each triangle's (n,), dense from 0, and their volumes (k,)."""
    pairs, _ = paired_half_edges(points, corners)
    shell = components(len(corners), pairs)
    count = int(shell.max()) + 1
    is_closed = np.bincount(shell, np.bincount(pairs.reshape(-1), minlength=len(corners)) != 3, count) == 0
    ends = points[corners] - points[corners].mean(axis=(0, 1))
    volume = np.bincount(shell, (ends[:, 0] * np.cross(ends[:, 1], ends[:, 2])).sum(axis=1) / 6, count)
    area = np.bincount(shell, normals_and_areas(points, corners)[1], count)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, shell, ends.min(axis=1))
    np.maximum.at(high, shell, ends.max(axis=1))
    is_found = is_closed & (2 * np.abs(volume) > THINNEST * np.linalg.norm(high - low, axis=1) * area)
    return np.where(is_found, np.cumsum(is_found) - 1, NO_SHELL)[shell], volume[is_found]
