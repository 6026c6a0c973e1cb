"""A filling that crosses something, mended: its vertices are moved until its triangles cross less, or nothing at all.

First all that cross are pushed behind what they cross, the surface being outward everywhere, and smoothed; where sheets of a filling
have fallen through each other, this draws them apart. What is left are mostly single triangles along a jagged border. Their vertices
try places nearby, and take the one where least is crossed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .caps import edges_of, neighbour_means
from .crossing import ROUNDING, Surroundings, crossing_pairs, depth_of_pairs
from .patches import OpenSurface, median_edge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PUSHES = 24
SMOOTHNESS = 0.5
"""How far vertices of triangles that cross go to the middle of their neighbours after every push."""
CLEARANCE = 0.1
"""How far they are pushed beyond what they cross, in lengths of the filling's edges."""
SHORTEST = 0.05
"""Of the filling's edges, how short any may become: triangles drawn together into a point cross nothing, and are none."""
PATIENCE = 6
"""After how many rounds without anything gained no more are tried."""

SWEEPS = 16
TRIES = 8
"""Places that a vertex tries in every sweep."""
FARTHEST = 1.2
"""How far away these are, at most, in lengths of the filling's edges."""
MOST = 200
"""Triangles that cross something in a filling that is mended. One with more is left as it is: that would take long, and help little."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A filling, `faces` (q, 3) over `opened` and then its own points, and what it could cross: itself, and the surface around it.

    `names` (q, 3) are the same triangles over the `points` (k, 3) of that surface, no two in one place, and then its own. Triangles
    that go no deeper than `slack` into each other touch.
    """

    opened: OpenSurface
    faces: Ints
    names: Ints
    points: Floats
    surroundings: Surroundings
    slack: float

    @classmethod
    def of(cls, opened: OpenSurface, faces: Ints, count: int, points: Floats, others: Surroundings) -> Neighbourhood:
        """With triangles `others` over `points` around a filling that has `count` points of its own."""
        names = np.concatenate([opened.welded, len(points) + np.arange(count)])
        return cls(opened, faces, names[faces], points, others, ROUNDING * opened.extent)

    @cached_property
    def triangles(self) -> Ints:
        """Those of the filling and those around it: (q + n, 3) over `points` and then its own."""
        return np.concatenate([self.names, self.surroundings.faces])

    def crossings(self, added: Floats) -> Ints:
        """The pairs (p, 2) of `triangles`, at least one of the filling, that go through each other with its own points at `added`."""
        return crossing_pairs(np.concatenate([self.points, added]), self.names, self.surroundings, self.slack)

    def shortest_edge(self, added: Floats) -> float:
        """The length of the filling's shortest edge with its own points at `added` (p, 3)."""
        start, end = np.concatenate([self.points, added])[edges_of(self.names)].transpose(1, 0, 2)
        return float(np.linalg.norm(end - start, axis=1).min(initial=np.inf))

    def crossing(self, added: Floats) -> Ints:
        """The triangles of the filling that are in such pairs, rising."""
        pairs = self.crossings(added)
        return np.unique(pairs[pairs < len(self.names)])


def mended(around: Neighbourhood, added: Floats) -> Floats:
    """The points (p, 3) of a filling, now at `added`, moved such that fewer of its triangles cross something; never more do."""
    if not 0 < len(around.crossing(added)) <= MOST:
        return added
    return searched(around, pushed(around, added))


def pushed(around: Neighbourhood, added: Floats) -> Floats:
    """The points of a filling (p, 3) after those that cross something were pushed behind it, and smoothed."""
    count, fixed = len(around.faces), len(around.opened.points)
    weights = neighbour_means(around.faces, fixed + len(added))
    length = median_edge(np.concatenate([around.opened.points, added]), around.faces)
    shortest = min(SHORTEST * length, around.shortest_edge(added))
    best, fewest, waited = added, -1, 0
    for _ in range(PUSHES):
        pairs = around.crossings(added)
        crossing = np.unique(pairs[pairs < count])
        waited += 1
        if fewest < 0 or (len(crossing) < fewest and around.shortest_edge(added) >= shortest):
            best, fewest, waited = added, len(crossing), 0
        if not len(crossing) or waited == PATIENCE:
            break
        every = np.concatenate([around.opened.points, added])
        every[fixed:] += _spread(_away(around, added, pairs, length), weights, fixed)
        near = np.zeros(len(every))
        near[around.faces[crossing]] = 1
        for _ in range(2):
            near = np.maximum(near, weights @ near)
        added = every[fixed:] + SMOOTHNESS * near[fixed:, None] * ((weights @ every)[fixed:] - every[fixed:])
    return best


def _away(around: Neighbourhood, added: Floats, pairs: Ints, length: float) -> Floats:
    """How each of a filling's points (p, 3) goes behind what its triangles cross, on average; half the way where that can go as well."""
    every, first = np.concatenate([around.points, added]), len(around.points)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    own, other = both[both[:, 0] < len(around.names)].T
    first_corner, second, third = every[around.triangles[other]].transpose(1, 0, 2)
    normal = np.cross(second - first_corner, third - first_corner)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    before = ((every[around.names[own]] - first_corner[:, None]) * normal[:, None]).sum(axis=2)
    far = np.where(other < len(around.names), 0.5, 1.0)[:, None] * (np.clip(before, 0, length) + CLEARANCE * length)
    moves = (before > 0) & (around.names[own] >= first)
    index = around.names[own][moves] - first
    result, number = np.zeros_like(added), np.zeros(len(added))
    np.add.at(result, index, -(far[:, :, None] * normal[:, None])[moves])
    np.add.at(number, index, 1)
    return result / np.maximum(number, 1)[:, None]


def _spread(moves: Floats, weights: NDArray, fixed: int) -> Floats:
    """Moves (p, 3) of the points of a filling after those in two rings around the moved ones go along, less the further away."""
    every = np.concatenate([np.zeros((fixed, 3)), moves])
    moved = (every != 0).any(axis=1)
    for _ in range(2):
        reached = ~moved & (weights @ moved > 0)
        every[reached] = (weights @ every)[reached]
        moved |= reached
    return every[fixed:]


def searched(around: Neighbourhood, added: Floats) -> Floats:
    """The points of a filling (p, 3) after the vertices of triangles that cross something have tried places nearby."""
    random, first = np.random.default_rng(0), len(around.points)
    length = median_edge(np.concatenate([around.points, added]), around.names)
    shortest = min(SHORTEST * length, around.shortest_edge(added))
    crossing = around.crossing(added)
    best, fewest, waited = added, len(crossing), 0
    for _ in range(SWEEPS):
        corners = np.unique(around.names[crossing])
        corners = corners[corners >= first] - first
        if not fewest or not len(corners) or waited == PATIENCE:
            break
        added = _tried(around, added, _independent(around.names - first, corners, len(added), random), length, random)
        crossing = around.crossing(added)
        waited += 1
        if len(crossing) < fewest and around.shortest_edge(added) >= shortest:
            best, fewest, waited = added, len(crossing), 0
    return best


def _independent(names: Ints, corners: Ints, count: int, random: np.random.Generator) -> Ints:
    """Those of some vertices that have no triangle of `names` (q, 3) in common, by chance; fixed vertices are negative there."""
    rank = np.full(count + 1, -1.0)  # the last one stands for all that are fixed
    rank[corners] = random.permutation(len(corners))
    ranks = rank[np.maximum(names, -1)]
    highest = np.full(count + 1, -1.0)
    np.maximum.at(highest, np.maximum(names, -1), np.repeat(ranks.max(axis=1)[:, None], 3, axis=1))
    return corners[rank[corners] == highest[corners]]


def _tried(around: Neighbourhood, added: Floats, vertices: Ints, length: float, random: np.random.Generator) -> Floats:
    """The points (p, 3) with each of the `vertices`, of which no two have a triangle in common, where its triangles cross least."""
    first = len(around.points)
    which = np.full(first + len(added), -1)
    which[first + vertices] = np.arange(len(vertices))
    vertex_of = which[around.names].max(axis=1)
    moving = np.flatnonzero(vertex_of >= 0)
    every = np.concatenate([around.points, added])
    corners = every[around.names[moving]]
    room = 2 * FARTHEST * length
    near = around.surroundings.near((corners.min(axis=1) - room).T, (corners.max(axis=1) + room).T)
    rest = np.concatenate([around.names[vertex_of < 0], around.surroundings.faces[near]])
    surroundings = Surroundings.of(every, rest)
    triangles = np.concatenate([around.names[moving], rest])
    owner = np.concatenate([vertex_of[moving], np.full(len(rest), len(vertices))])
    place, least = added[vertices], np.full(len(vertices), np.inf)
    for attempt in range(TRIES):
        moved = added[vertices]
        if attempt:
            way = random.normal(size=moved.shape)
            way *= FARTHEST * length * random.random((len(way), 1)) ** 2 / np.linalg.norm(way, axis=1, keepdims=True)
            moved = moved + way
        every[first + vertices] = moved
        pairs = crossing_pairs(every, around.names[moving], surroundings, around.slack)
        cost = np.zeros(len(vertices) + 1)
        each = 0.02 + depth_of_pairs(every, triangles[pairs]) / length
        np.add.at(cost, owner[pairs], each[:, None])
        better = cost[:-1] < least
        place, least = np.where(better[:, None], moved, place), np.where(better, cost[:-1], least)
    result = added.copy()
    result[vertices] = place
    return result
