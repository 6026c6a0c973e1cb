"""Merging regions into a part tree: first the pairs that nothing keeps apart, last the ones that differ most.

Two questions. `greedy_merges` decides *what* merges with what, cheapest first: small regions by what separates them
along their boundary, the last pieces by what makes a part, such as an outline that closes around a volume. `in_order`
then decides in which order the tree shows these, by the significance of each merge.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .diffusion import diffusion_map
from .outlines import INTEGRALS, REVERSED, bulges, outline_shape, reaches
from .regions import RegionGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PIECES = 120
"""From this number of regions on, the late weights of a recipe count."""


@dataclass(frozen=True)
class MergeWeights:
    """What keeps two regions apart, and how strongly.

    Along their common boundary, per unit of its length: `concave` and `convex` bends (radians), `creases` (share of
    it), `turns` (angle of the valley between the whole regions, radians); `contact` and `gap` (per diagonal) stand for
    these where they only touch. Between them: `thickness` (difference of the logs), `hidden` (share of point pairs that
    do not see each other through the inside), `hollow` (by how much they see less of each other than of themselves),
    `warp` (by how much both together are less of an extrusion), `diffusion` (their distance in the diffusion map),
    `ragged` and `most_ragged` (by how much the perimeter over the root of the area is larger for both together than for
    each, on average and at most). What a network learned: `boundary` and `coarse_boundary` (the probability that what lies
    between them separates two parts, or two groups of parts), `place` and `coarse_place` (the distance of their places in the
    space of parts, or of groups). `base` is what any merge costs.

    The sum is multiplied by (area share of the smaller)**`small` and divided by (share of the smaller perimeter +
    0.05)**`open`; within a component also multiplied by (area share of both)**`whole`, divided by (boundary length over
    the root of the smaller area + 0.05)**`neck`, and in proportion less where the smaller has less than `speck`. Where an
    outline lies between them the sum is divided by (what it encloses over the smaller area + 0.05)**`section` and
    multiplied by exp(`round` · its roundness - `gape` · how far it is open - `uneven` · how far it leaves a plane + `bulge` ·
    how the smaller bulges out of it + `reach` · how far).
    """

    concave: float
    convex: float
    creases: float
    turns: float
    contact: float
    gap: float
    thickness: float
    hidden: float
    hollow: float
    warp: float
    diffusion: float
    base: float
    small: float
    open: float
    ragged: float = 0.0
    most_ragged: float = 0.0
    whole: float = 0.0
    neck: float = 0.0
    speck: float = 0.0
    gape: float = 0.0
    uneven: float = 0.0
    round: float = 0.0
    section: float = 0.0
    bulge: float = 0.0
    reach: float = 0.0
    boundary: float = 0.0
    coarse_boundary: float = 0.0
    place: float = 0.0
    coarse_place: float = 0.0

    @property
    def outlined(self) -> bool:
        """Whether outlines count at all."""
        return any((self.gape, self.uneven, self.round, self.section, self.bulge, self.reach))

    @property
    def learned(self) -> bool:
        """Whether what a network learned counts at all."""
        return any((self.boundary, self.coarse_boundary, self.place, self.coarse_place))


@dataclass(frozen=True)
class ComponentWeights:
    """What components make of the significance of a merge.

    Within a component `inside` unless the component is most of the object; between components (area share of the
    smaller)**`small` · `apart`.
    """

    inside: float
    small: float
    apart: float


@dataclass(frozen=True)
class Recipe:
    """How a tree is made: `early` weights down to `pieces` regions, `late` ones from there on, `significance` and
    `components` for the order of the late merges."""

    early: MergeWeights
    late: MergeWeights
    significance: MergeWeights
    components: ComponentWeights
    pieces: int = PIECES


@dataclass(frozen=True, eq=False)
class Learned:
    """What a network says of E boundaries and N regions, at two levels, parts and groups of parts: `boundaries` (E, 2) the
    probability that each separates two, `places` (N, 2, C) near where regions are of one."""

    boundaries: NDArray[np.floating]
    places: NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Merges:
    """`nodes` (N-1, 2): the nodes that each merge joins; node N+i is made by merge i. `costs` (N-1,)."""

    nodes: Ints
    costs: Floats


BOUNDARY = ("lengths", "concave", "convex", "creases", "turns")
LENGTHS, CONCAVE, CONVEX, CREASES, TURNS = range(5)
OUTLINE = slice(5, 5 + INTEGRALS)
# Of what was learned, weighed by length: the weight, then the probabilities at both levels.
TOLD = 5 + INTEGRALS
TOLD_FINE, TOLD_COARSE = TOLD + 1, TOLD + 2
# What a boundary term is multiplied by when it is seen from the other side.
FROM_THE_OTHER_SIDE = np.concatenate([np.ones(len(BOUNDARY)), REVERSED, np.ones(3)])
# Where two regions only touch, what was learned weighs as much as along a boundary of this length.
TOUCH = 1e-4
# In an assembly, merges of components cost this much more and so come last.
ASSEMBLED = 1e6
# How fast a component becomes the object itself as its share of the area nears 1.
WHOLENESS = 5


class _State:
    """Dense matrices over the regions that are left; a merge folds one row into another."""

    def __init__(self, regions: RegionGraph, weights: MergeWeights, learned: Learned | None = None) -> None:
        count = regions.count
        first, second = regions.pairs.T
        self.boundary = np.zeros((len(FROM_THE_OTHER_SIDE), count, count))
        told = learned or Learned(np.zeros((len(first), 2)), np.zeros((count, 2, 1)))
        length = np.where(regions.lengths > 0, regions.lengths, TOUCH)
        parts = [*(getattr(regions, name) for name in BOUNDARY), regions.outlines, length, length[:, None] * told.boundaries]
        terms = np.column_stack(parts).T
        self.boundary[:, first, second] = terms
        self.boundary[:, second, first] = terms * FROM_THE_OTHER_SIDE[:, None]
        self.adjacent = np.zeros((count, count), bool)
        self.adjacent[first, second] = self.adjacent[second, first] = True
        self.gap = np.zeros((count, count))
        self.gap[first, second] = self.gap[second, first] = regions.gaps
        self.perimeter = self.boundary[LENGTHS].sum(axis=1)
        self.component = regions.components.copy()  # -1 where several are in one
        # Integrals over the area, so that a merge is a sum.
        self.area = regions.areas + 1e-9
        self.thickness = regions.thickness * self.area
        self.spread = regions.spread * self.area[:, None, None]
        self.place = diffusion_map(regions) * self.area[:, None]
        self.visible = regions.visibility * self.area[:, None] * self.area[None, :]
        self.part_place = told.places.astype(np.float64) * self.area[:, None, None]
        self.body = regions.bodies.copy()
        self.surface = regions.surface
        self.between_components = ASSEMBLED if regions.assembled else 1.0
        self.warp = warps(self.spread, self.area)
        self.weigh(weights)

    def weigh(self, weights: MergeWeights) -> None:
        """Merges by `weights` from now on."""
        self.weights = weights
        self.cost = np.full(self.adjacent.shape, np.inf)
        for region in range(len(self.cost)):
            self.update(region)
        self.best = self.cost.argmin(axis=1)
        self.lowest = self.cost.min(axis=1)

    def cheapest(self) -> tuple[int, int]:
        """The two regions whose merge costs least, the one first that is kept."""
        region = int(self.lowest.argmin())
        other = int(self.best[region])
        return min(region, other), max(region, other)

    def restricted(self, left: Ints) -> _State:
        """A state of its own of the regions `left` (n,), rising, which nothing but itself will change; to be weighed before use."""
        own = copy(self)
        for name in ("perimeter", "component", "area", "thickness", "spread", "place", "part_place", "body", "warp"):
            setattr(own, name, getattr(self, name)[left])
        for name in ("boundary", "adjacent", "gap", "visible"):
            setattr(own, name, getattr(self, name)[..., left[:, None], left])
        return own

    def costs(self, region: int, others: Ints, weights: MergeWeights) -> Floats:
        """What a merge of `region` with each of `others` (n,) costs: (n,)."""
        w = weights
        one = (self.component[region] == self.component[others]) & (self.component[others] >= 0)
        smaller = np.minimum(self.area[region], self.area[others])
        value = np.maximum(self.separation(region, others, one, w), 1e-4) * smaller**w.small
        value /= (self.shares(region, others) + 0.05) ** w.open
        if w.outlined:
            value *= self.outline_factors(region, others, w)
        both = self.area[region] + self.area[others]
        within = both**w.whole / self.necks(region, others) ** w.neck * np.minimum(smaller / max(w.speck, 1e-9), 1)
        return value * np.where(one, within, self.between_components)

    def separation(self, region: int, others: Ints, one: NDArray[np.bool_], weights: MergeWeights) -> Floats:
        """The sum of what keeps `region` and each of `others` (n,) apart; `one` (n,): are they of one component? (n,)."""
        w = weights
        area, areas = self.area[region], self.area[others]
        lengths, concave, convex, creases, turns = self.boundary[: len(BOUNDARY), region, others]
        learned = self.learned_separation(region, others, w) if w.learned else 0.0
        edge = (w.concave * concave + w.convex * convex + w.creases * creases + w.turns * turns) / np.maximum(lengths, 1e-12)
        # What is of one component and shares no edge hangs together by a vertex.
        touch = np.where(one, 0.0, w.contact + w.gap * np.minimum(self.gap[region, others], 0.3))
        seen = self.visible[region, others] / (area * areas)
        own = self.visible[region, region] / area**2
        seen_of_others = self.visible[others, others] / areas**2
        together = warps(self.spread[region] + self.spread[others], area + areas)
        far = np.linalg.norm(self.place[region] / area - self.place[others] / areas[:, None], axis=1)
        thicker = np.abs(self.thickness[region] / area - self.thickness[others] / areas)
        raggedness, of_others = self.perimeter[region] / np.sqrt(area), self.perimeter[others] / np.sqrt(areas)
        of_both = (self.perimeter[region] + self.perimeter[others] - 2 * lengths) / np.sqrt(area + areas)
        of_each = (raggedness * area + of_others * areas) / (area + areas)
        return np.asarray(
            w.base
            + learned
            + np.where(lengths > 0, edge, touch)
            + w.thickness * thicker
            + w.hidden * (1 - seen)
            + w.hollow * np.maximum(np.minimum(own, seen_of_others) - seen, 0)
            + w.warp * np.maximum(together - np.maximum(self.warp[region], self.warp[others]), 0)
            + w.diffusion * far
            + w.ragged * (of_both - of_each)
            + w.most_ragged * (of_both - np.maximum(raggedness, of_others))
        )

    def learned_separation(self, region: int, others: Ints, weights: MergeWeights) -> Floats:
        """The share of `separation` that was learned: (n,)."""
        w = weights
        told, fine, coarse = self.boundary[TOLD:, region, others]
        places = self.part_place[others] / self.area[others, None, None]
        apart = np.linalg.norm(self.part_place[region] / self.area[region] - places, axis=2)
        boundary = (w.boundary * fine + w.coarse_boundary * coarse) / np.maximum(told, 1e-12)
        return np.asarray(boundary + w.place * apart[:, 0] + w.coarse_place * apart[:, 1])

    def outline_factors(self, region: int, others: Ints, weights: MergeWeights) -> Floats:
        """By what the outlines between `region` and each of `others` (n,) raise a cost: (n,), 1 where they share no edge."""
        w = weights
        lengths = self.boundary[LENGTHS, region, others]
        outline = outline_shape(self.boundary[OUTLINE, region, others].T, lengths)
        area, areas = self.area[region] * self.surface, self.area[others] * self.surface
        smaller = np.minimum(area, areas)
        bodies = np.where((area < areas)[:, None], self.body[region], self.body[others])
        exponent = w.round * outline.roundness - w.gape * outline.gape - w.uneven * outline.uneven
        exponent += w.bulge * bulges(bodies, smaller, outline) + w.reach * reaches(bodies, smaller, outline)
        return np.where(lengths > 0, np.exp(exponent) / (outline.section / smaller + 0.05) ** w.section, 1.0)

    def shares(self, region: int, others: Ints) -> Floats:
        """The share of the smaller perimeter that `region` has in common with each of `others` (n,): (n,)."""
        perimeter = np.maximum(np.minimum(self.perimeter[region], self.perimeter[others]), 1e-9)
        return np.minimum(self.boundary[LENGTHS, region, others] / perimeter, 1)

    def necks(self, region: int, others: Ints) -> Floats:
        """The length of the boundary of `region` with each of `others` (n,) over the root of the smaller area: (n,)."""
        smaller = np.minimum(self.area[region], self.area[others])
        return np.minimum(self.boundary[LENGTHS, region, others] / np.sqrt(smaller) + 0.05, 8.0)

    def update(self, region: int) -> Ints:
        """Renews the costs of `region` with its neighbours, and returns those."""
        others = np.flatnonzero(self.adjacent[region])
        self.cost[region, others] = self.cost[others, region] = self.costs(region, others, self.weights)
        return others

    def merge(self, kept: int, gone: int) -> None:
        """Folds region `gone` into region `kept`."""
        if self.component[kept] != self.component[gone]:
            self.component[kept] = -1
        both = self.adjacent[kept] & self.adjacent[gone]
        gap = np.where(both, np.minimum(self.gap[kept], self.gap[gone]), np.where(self.adjacent[gone], self.gap[gone], self.gap[kept]))
        self.gap[kept], self.gap[:, kept] = gap, gap
        self.perimeter[kept] += self.perimeter[gone] - 2 * self.boundary[LENGTHS, kept, gone]
        near = np.flatnonzero(self.adjacent[kept] | self.adjacent[gone])  # there is no boundary with any other
        self.boundary[:, kept, near] += self.boundary[:, gone, near]
        self.boundary[:, near, kept] = self.boundary[:, kept, near] * FROM_THE_OTHER_SIDE[:, None]
        self.visible[kept] += self.visible[gone]
        self.visible[kept, kept] += self.visible[kept, gone]
        self.visible[:, kept] = self.visible[kept]
        for sums in (self.area, self.thickness, self.spread, self.place, self.part_place, self.body):
            sums[kept] += sums[gone]
        self.warp[kept] = warps(self.spread[kept][None], self.area[kept : kept + 1])[0]
        self.adjacent[kept] |= self.adjacent[gone]
        self.adjacent[kept, [kept, gone]] = False
        self.adjacent[:, kept] = self.adjacent[kept]
        self.adjacent[gone] = self.adjacent[:, gone] = False
        self.cost[gone] = self.cost[:, gone] = np.inf
        self.lowest[gone] = np.inf
        stale = np.append(self.update(kept), kept)
        self.best[stale] = self.cost[stale].argmin(axis=1)
        self.lowest[stale] = self.cost[stale, self.best[stale]]


def warps(spread: Floats, area: Floats) -> Floats:
    """How far regions are from extrusions: thrice the smallest eigenvalue of the mean n nᵀ (n,), 0 for planes and cylinders.

    `spread` (n, 3, 3) the integral of n nᵀ over the area, `area` (n,). A sphere has 1.
    """
    return 3 * np.maximum(np.linalg.eigvalsh(spread / area[:, None, None])[:, 0], 0.0)


def part_merges(regions: RegionGraph, recipe: Recipe, learned: Learned | None = None) -> Merges:
    """The merges of all regions into one, in the order of their significance, which is their cost and never falls.

    All regions must hang together. Merges by early weights come first and have no significance. `learned` is what the recipe's
    learned weights count; nothing where there is none.
    """
    nodes, significance = greedy_merges(regions, recipe, learned)
    return in_order(nodes, significance)


def greedy_merges(regions: RegionGraph, recipe: Recipe, learned: Learned | None = None) -> tuple[Ints, Floats]:
    """Merges the cheapest neighbours until one region is left: the nodes (N-1, 2) and the significance (N-1,) of each merge."""
    return late_merges(early_pieces(regions, recipe, learned), recipe)


@dataclass(frozen=True, eq=False)
class Pieces:
    """What early merges leave: P pieces of the N regions, from which any number of recipes may go on.

    `nodes` (N-P, 2): the merges so far; `node` (P,): the node that each piece is; `wholeness` per component, 1 for the object itself.
    """

    state: _State
    nodes: Ints
    node: Ints
    wholeness: Floats


def early_pieces(regions: RegionGraph, recipe: Recipe, learned: Learned | None = None) -> Pieces:
    """Merges by the early weights of `recipe` until its number of pieces is left."""
    count = regions.count
    state = _State(regions, recipe.early, learned)
    node = np.arange(count)
    nodes = np.zeros((max(count - recipe.pieces, 0), 2), np.int64)
    left = np.ones(count, bool)
    for step in range(len(nodes)):
        kept, gone = state.cheapest()
        nodes[step] = node[kept], node[gone]
        node[kept] = count + step
        left[gone] = False
        state.merge(kept, gone)
    wholeness = np.bincount(regions.components, regions.areas).astype(np.float64) ** WHOLENESS
    return Pieces(state.restricted(np.flatnonzero(left)), nodes, node[left], wholeness)


def late_merges(pieces: Pieces, recipe: Recipe) -> tuple[Ints, Floats]:
    """Goes on from `pieces`, which stay as they are, by the late weights of `recipe`: all nodes and significances, as `greedy_merges`."""
    count, early = len(pieces.node), len(pieces.nodes)
    state = pieces.state.restricted(np.arange(count))
    state.weigh(recipe.late)
    node = pieces.node.copy()
    nodes, significance = np.zeros((count - 1, 2), np.int64), np.zeros(count - 1)
    for step in range(count - 1):
        kept, gone = state.cheapest()
        significance[step] = significance_of_merge(state, kept, gone, recipe, pieces.wholeness)
        nodes[step] = node[kept], node[gone]
        node[kept] = 2 * early + count + step
        state.merge(kept, gone)
    return np.concatenate([pieces.nodes, nodes]), np.concatenate([np.zeros(early), significance])


def significance_of_merge(state: _State, kept: int, gone: int, recipe: Recipe, wholeness: NDArray) -> float:
    """How much would be lost if `kept` and `gone` were one part; `wholeness` per component, 1 for the object itself."""
    cost = float(state.costs(kept, np.array([gone]), recipe.significance)[0])
    weights, component = recipe.components, int(state.component[kept])
    if component == state.component[gone] != -1:
        return cost * weights.inside ** (1 - float(wholeness[component]))
    return cost * float(min(state.area[kept], state.area[gone])) ** weights.small * weights.apart


def in_order(nodes: Ints, significance: Floats) -> Merges:
    """The same tree with its merges in the order of `significance` (N-1,), raised where a part would outlast its whole."""
    count = len(nodes) + 1
    height = np.zeros(2 * count - 1)
    for step, (a, b) in enumerate(nodes.tolist()):
        height[count + step] = max(significance[step], height[a], height[b])
    order = np.argsort(height[count:], kind="stable")
    renamed = np.arange(2 * count - 1)
    renamed[count + order] = np.arange(count, 2 * count - 1)
    return Merges(renamed[nodes[order]], height[count + order])
