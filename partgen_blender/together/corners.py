"""Where the corners of one object are on another of its kind, and what lies there: for vertices and corners of faces. numpy only.

    answers = answering(chair, stool, found.source_face)       # chair, stool: Corners
    answers.interpolated(values)                               # (C, ...) at stool's corners, of values at chair's
    answers.on_vertices(answers.interpolated(values))          # (V, ...) at stool's vertices

A corner answers to the nearest point of the one face that its own face answers to, so what ends at a border ends there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

_AT_ONCE = 200_000
"""So many corners are looked at together: some hundred MB."""
_LEAST = 1e-30


@dataclass(frozen=True, eq=False)
class Corners:
    """The corners of an object: `places` (C, 3), comparable with the other's; the vertex of each, `vertices` (C,); the first of every
    face and, last, their number, `offsets` (F+1,); how many vertices there are."""

    places: Floats
    vertices: Ints
    offsets: Ints
    vertex_count: int

    @cached_property
    def faces(self) -> Ints:
        """(C,): the face of every corner."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class Answers:
    """For every corner of the target the point that it answers to: between three corners of the source, `corners` (C, 3), with
    `weights` (C, 3) that make 1 together; the square of its `distances` (C,) from there."""

    target: Corners
    corners: Ints
    weights: Floats
    distances: Floats

    def interpolated(self, values: NDArray) -> NDArray:
        """Values at the source's corners, (K, ...), between which there are others: (C, ...)."""
        weights = self.weights.reshape(*self.weights.shape, *(1 for _ in values.shape[1:]))
        return sum(weights[:, each] * values[self.corners[:, each]] for each in range(3))

    def nearest(self, values: NDArray) -> NDArray:
        """Values at the source's corners, (K, ...), between which there is nothing: (C, ...), of the corner that is nearest."""
        return values[np.take_along_axis(self.corners, self.weights.argmax(axis=1)[:, None], axis=1)[:, 0]]

    def on_vertices(self, values: NDArray) -> NDArray:
        """The mean for every vertex of what its corners have, (C, ...): (V, ...), 0 where it has none."""
        count = self.target.vertex_count
        flat = values.reshape(len(values), -1)
        sums = np.stack([np.bincount(self.target.vertices, column, count) for column in flat.T], axis=1)
        return (sums / np.maximum(self._corner_counts, 1)[:, None]).reshape(count, *values.shape[1:])

    def nearest_on_vertices(self, values: NDArray) -> NDArray:
        """For every vertex what that corner has, (C, ...), which came from nearest: (V, ...), 0 where it has none."""
        found = np.zeros((self.target.vertex_count, *values.shape[1:]), values.dtype)
        found[self.target.vertices[self._farthest_first]] = values[self._farthest_first]
        return found

    @cached_property
    def _corner_counts(self) -> Ints:
        return np.bincount(self.target.vertices, minlength=self.target.vertex_count)

    @cached_property
    def _farthest_first(self) -> Ints:
        return np.argsort(-self.distances, kind="stable")


def answering(source: Corners, target: Corners, source_face: Ints) -> Answers:
    """Where every corner of the target is on the source, from the face of the source, (F,), that each face of the target answers to."""
    first = source.offsets[source_face][target.faces]
    sizes = np.diff(source.offsets)[source_face][target.faces]
    corners = np.repeat(first[:, None], 3, axis=1)
    weights = np.repeat([[1.0, 0.0, 0.0]], len(first), axis=0)
    distances = np.full(len(first), np.inf)
    for second in range(1, int(sizes.max()) - 1):  # the triangles of a fan
        large = np.flatnonzero(sizes > second + 1)
        for rows in np.array_split(large, -(-len(large) // _AT_ONCE)):
            fan = first[rows, None] + np.array([0, second, second + 1])
            between, apart = nearest_in_triangles(target.places[rows], *np.moveaxis(source.places[fan], 1, 0))
            is_nearer = apart < distances[rows]
            nearer = rows[is_nearer]
            corners[nearer], weights[nearer], distances[nearer] = fan[is_nearer], between[is_nearer], apart[is_nearer]
    return Answers(target, corners, weights, distances)


def nearest_in_triangles(points: Floats, a: Floats, b: Floats, c: Floats) -> tuple[Floats, Floats]:
    """The nearest point of a triangle for each of `points` (n, 3): the weights (n, 3) of its corners, and its squared distance (n,)."""
    ab, ac, ap = b - a, c - a, points - a
    bb, bc, cc, pb, pc = (np.einsum("ni,ni->n", one, other) for one, other in ((ab, ab), (ab, ac), (ac, ac), (ap, ab), (ap, ac)))
    determinant = bb * cc - bc * bc
    inside = np.stack([cc * pb - bc * pc, bb * pc - bc * pb]) / np.maximum(determinant, _LEAST)
    along = np.clip((pc - pb + bb - bc) / np.maximum(bb - 2 * bc + cc, _LEAST), 0, 1)
    zeros = np.zeros_like(pb)
    sides = [
        (np.clip(pb / np.maximum(bb, _LEAST), 0, 1), zeros),
        (zeros, np.clip(pc / np.maximum(cc, _LEAST), 0, 1)),
        (1 - along, along),
    ]
    of_b, of_c = inside
    least = np.where((of_b >= 0) & (of_c >= 0) & (of_b + of_c <= 1) & (determinant > 0), -np.inf, np.inf)
    for side_b, side_c in sides:
        beyond = side_b**2 * bb + 2 * side_b * side_c * bc + side_c**2 * cc - 2 * (side_b * pb + side_c * pc)
        of_b, of_c = np.where(beyond < least, side_b, of_b), np.where(beyond < least, side_c, of_c)
        least = np.minimum(least, beyond)
    rest = ap - of_b[:, None] * ab - of_c[:, None] * ac
    return np.stack([1 - of_b - of_c, of_b, of_c], axis=1), np.einsum("ni,ni->n", rest, rest)
