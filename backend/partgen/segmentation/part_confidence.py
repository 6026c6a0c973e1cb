"""How likely a piece of a surface is to be a part: what many trees over the same regions agree on, where it ends, how large it is.

The probability that a person would call it a part is logistic in a few traits of the piece. Its weights were fitted to put parts
above other pieces of the same object, on objects of free licences alone (`scripts/fit_part_confidence.py`); docs/benchmarks.md
tells how well they hold elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .merging import TOUCH, Learned
from .regions import RegionGraph

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_PARTS = 40
"""Pieces of cuts into more parts than this are not looked at, unless a method shows more."""
ALIKE = 0.7
"""Pieces of a higher intersection over union than this are hardly different."""
AGREED = 0.8
"""From this intersection over union on, a tree has a piece too."""
LEVELS = (3, 6, 10, 16, 25)


@dataclass(frozen=True, eq=False)
class Grown:
    """One tree of the forest, cut into a few dozen parts at most: `pieces` (n,) of the forest, each a part of the cuts into
    `lasts` < k <= `begins` parts; `shown` is how many parts its method would show."""

    name: str
    pieces: Ints
    begins: Ints
    lasts: Ints
    shown: int

    def cut(self, count: int) -> Ints:
        """The pieces that are the parts of the cut into `count` parts."""
        return self.pieces[(self.begins >= count) & (self.lasts < count)]


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees over the N regions of one object, and the P pieces that they have: `regions_of_piece` (P, N), `region_areas` (N,)."""

    trees: tuple[Grown, ...]
    regions_of_piece: Bools
    region_areas: Floats

    @cached_property
    def areas(self) -> Floats:
        """(P,): the share of the surface that each piece has."""
        return np.asarray(self.regions_of_piece @ self.region_areas)

    @cached_property
    def shared(self) -> Floats:
        """(P, P): the area that two pieces have in common."""
        return np.asarray((self.regions_of_piece * self.region_areas) @ self.regions_of_piece.T.astype(np.float64))

    @cached_property
    def likeness(self) -> Floats:
        """(P, P): the intersection over union of two pieces, by area."""
        return np.asarray(self.shared / np.maximum(self.areas[:, None] + self.areas - self.shared, 1e-12))


def forest_of(region_areas: Floats, trees: Mapping[str, tuple[Ints, int]]) -> Forest:
    """The forest of trees over the same N regions: for each name its merges (N-1, 2), and how many parts its method would show."""
    place: dict[bytes, int] = {}
    rows: list[Bools] = []
    grown = []
    for name, (merges, shown) in trees.items():
        regions, begins, lasts = last_pieces(merges, max(MOST_PARTS, shown))
        pieces = []
        for row in regions:
            key = np.packbits(row).tobytes()
            if key not in place:
                place[key] = len(rows)
                rows.append(row)
            pieces.append(place[key])
        grown.append(Grown(name, np.array(pieces, np.int64), begins, lasts, min(shown, int(begins.max()))))
    regions_of_piece = np.array(rows)
    return Forest(tuple(grown), regions_of_piece, region_areas)


def last_pieces(merges: Ints, most: int) -> tuple[Bools, Ints, Ints]:
    """The pieces in all cuts of a tree into at most `most` parts: their regions (n, N), and for which cuts they are parts.

    `merges` (N-1, 2) in the order in which they happen. A piece is one of the cuts into `lasts` < k <= `begins` parts.
    """
    count = len(merges) + 1
    finest = min(most, count)
    parent = np.arange(2 * count - 1)
    parent[merges.reshape(-1)] = np.repeat(np.arange(count, 2 * count - 1), 2)
    first = 2 * count - finest  # the first node that a cut into so many parts undoes
    node = np.where(parent < first, parent, np.arange(len(parent)))
    while not np.array_equal(node, node[node]):
        node = node[node]
    regions = {piece: node[:count] == piece for piece in np.unique(node[:count]).tolist()}
    for step in range(count - finest, count - 1):
        a, b = merges[step].tolist()
        regions[count + step] = regions[a] | regions[b]
    nodes = np.array(sorted(regions))
    begins = np.where(nodes >= first, 2 * count - 1 - nodes, finest)
    lasts = np.where(parent[nodes] != nodes, 2 * count - 1 - parent[nodes], 0)
    return np.array([regions[piece] for piece in nodes.tolist()]), begins, lasts


# ---- what tells parts from other pieces ----------------------------------------------------------------------------


def traits(forest: Forest, regions: RegionGraph, learned: Learned) -> dict[str, Floats]:
    """What is known of each of the P pieces by itself, by name: (P,) each."""
    return {
        **_traits_of_extent(forest, regions),
        **_traits_of_boundaries(forest, regions, learned),
        **_traits_of_agreement(forest),
    }


def _traits_of_extent(forest: Forest, regions: RegionGraph) -> dict[str, Floats]:
    pieces, areas = forest.regions_of_piece, forest.areas
    counted = np.zeros((regions.count, int(regions.components.max()) + 1))
    counted[np.arange(regions.count), regions.components] = 1
    parts_of_components = pieces.astype(np.float64) @ counted
    touched = (parts_of_components > 0).sum(axis=1)
    is_component = (touched == 1) & (parts_of_components.max(axis=1) == (parts_of_components > 0) @ counted.sum(axis=0))
    all_components = np.log(counted.shape[1])
    return {
        "area": np.log(areas + 1e-4),
        "area squared": np.log(areas + 1e-4) ** 2,
        "rest": 1 - areas,
        "whole": (areas > 0.999).astype(np.float64),
        "components": np.log(touched),
        "component": is_component.astype(np.float64),
        "all components": np.full(len(areas), all_components),
        "component of many": is_component * all_components,
        "fragment of many": (touched == 1) * ~is_component * all_components,
    }


def _traits_of_boundaries(forest: Forest, regions: RegionGraph, learned: Learned) -> dict[str, Floats]:
    pieces = forest.regions_of_piece
    first, second = regions.pairs.T
    lengths = regions.lengths
    told = np.where(lengths > 0, lengths, TOUCH)
    across = (pieces[:, first] != pieces[:, second]).astype(np.float64)
    inside = (pieces[:, first] & pieces[:, second]).astype(np.float64)
    border = across @ lengths

    def mean(where: Floats, lengths: Floats, integral: Floats) -> Floats:
        return np.asarray(where @ integral / (where @ lengths + 1e-9))

    return {
        "outline": np.minimum(border / np.sqrt(forest.areas + 1e-9), 8),
        "closed": (border < 1e-9).astype(np.float64),
        "boundary": mean(across, told, told * learned.boundaries[:, 0]),
        "coarse boundary": mean(across, told, told * learned.boundaries[:, 1]),
        "inner boundary": mean(inside, told, told * learned.boundaries[:, 0]),
        "inner coarse boundary": mean(inside, told, told * learned.boundaries[:, 1]),
        "concave": mean(across, lengths, regions.concave),
        "creases": mean(across, lengths, regions.creases),
    }


def _traits_of_agreement(forest: Forest) -> dict[str, Floats]:
    likeness, trees = forest.likeness, forest.trees
    anywhere = np.array([likeness[:, tree.pieces].max(axis=1) for tree in trees])
    shown = np.array([likeness[:, tree.cut(tree.shown)].max(axis=1) for tree in trees])
    usual = float(np.median([tree.shown for tree in trees]))
    count = np.zeros(len(likeness))
    number = np.zeros(len(likeness))
    for tree in trees:
        np.add.at(count, tree.pieces, 0.5 * np.log(tree.begins * np.maximum(tree.lasts, 0.5)))
        np.add.at(number, tree.pieces, 1.0)
    level = count / number - np.log(usual)
    return {
        "trees": anywhere.mean(axis=0),
        "trees at least": (anywhere >= AGREED).mean(axis=0),
        "shown": shown.mean(axis=0),
        "shown at least": (shown >= AGREED).mean(axis=0),
        "shown first": shown[0],
        "level": level,
        "level apart": np.abs(level),
        "parts": np.full(len(likeness), np.log(usual)),
        **{f"of {parts}": likeness[:, trees[0].cut(min(parts, int(trees[0].begins.max())))].max(axis=1) for parts in LEVELS},
    }


# As scripts/fit_part_confidence.py prints them.
WEIGHTS = {
    "area": 0.06955,
    "area squared": -0.004337,
    "rest": -1.459,
    "whole": -15.04,
    "components": -0.7663,
    "component": -0.5408,
    "all components": -0.01418,
    "component of many": -0.2608,
    "fragment of many": -0.1976,
    "outline": -0.1236,
    "closed": -0.468,
    "boundary": 1.557,
    "coarse boundary": 0.6492,
    "inner boundary": -0.2875,
    "inner coarse boundary": -1.764,
    "concave": -0.3283,
    "creases": -0.02286,
    "trees": 1.183,
    "trees at least": -0.001571,
    "shown": 1.126,
    "shown at least": -0.2839,
    "shown first": 1.391,
    "level": -0.01165,
    "level apart": -0.05967,
    "parts": -0.003209,
    "of 3": 0.4007,
    "of 6": 0.8381,
    "of 10": 0.2327,
    "of 16": 0.1269,
    "of 25": 0.2516,
}
INTERCEPT = -3.06


def likelihoods(known: Mapping[str, Floats]) -> Floats:
    """The probability of each piece (P,) to be a part, from its traits: that its intersection over union with one is at least a half."""
    return np.asarray(expit(INTERCEPT + sum((WEIGHTS[name] * values for name, values in known.items()), np.float64(0))))
