"""Merging regions into a part tree: first the pairs that nothing keeps apart, last the ones that differ most.

Two steps. `greedy_merges` decides *what* merges with what, cheapest first; `in_order` then decides in which order the
tree shows it, by the significance of each merge: a small or wide open difference is given up before a large one behind
a narrow neck, whatever its cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .diffusion import diffusion_map
from .regions import RegionGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MergeWeights:
    """What keeps two regions apart, and how strongly.

    Along their common boundary, per unit of its length: `concave` and `convex` bends (radians), `creases` (share of
    it), `turns` (angle of the valley between the whole regions, radians); `contact` and `gap` (per diagonal) stand for
    these where they only touch. Between them: `thickness` (difference of the logs), `hidden` (share of point pairs that
    do not see each other through the inside), `hollow` (by how much they see less of each other than of themselves),
    `warp` (by how much both together are less of an extrusion), `diffusion` (their distance in the diffusion map).
    `base` is what any merge costs. The sum is multiplied by (area share of the smaller)**`small` and divided by (share
    of the smaller perimeter + 0.05)**`open`.
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


@dataclass(frozen=True)
class RankWeights:
    """How significant a merge is: its cost (with this `diffusion` instead of the one that chose it) times a factor.

    Within a component that is (area share of the smaller side)**`small` · (of both)**`whole` · (share of the smaller
    perimeter + 0.05)**`open` / (boundary length over the root of the smaller area + 0.05)**`neck`, where sides smaller
    than `speck` count in proportion, and `inside` unless the component is most of the object. Between components it is
    (smaller side)**`small_component` · `apart`.
    """

    diffusion: float
    speck: float
    small: float
    whole: float
    open: float
    neck: float
    inside: float
    small_component: float
    apart: float


@dataclass(frozen=True, eq=False)
class Merges:
    """`nodes` (N-1, 2): the nodes that each merge joins; node N+i is made by merge i. `costs` (N-1,)."""

    nodes: Ints
    costs: Floats


BOUNDARY = ("lengths", "concave", "convex", "creases", "turns")
LENGTHS, CONCAVE, CONVEX, CREASES, TURNS = range(5)
# How fast a component becomes the object itself as its share of the area nears 1.
WHOLENESS = 5


class _State:
    """Dense matrices over the regions that are left; a merge folds one row into another."""

    def __init__(self, regions: RegionGraph, weights: MergeWeights) -> None:
        count = regions.count
        first, second = regions.pairs.T
        self.weights = weights
        self.boundary = np.zeros((len(BOUNDARY), count, count))
        for term, name in enumerate(BOUNDARY):
            self.boundary[term, first, second] = self.boundary[term, second, first] = getattr(regions, name)
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
        self.warp = warps(self.spread, self.area)
        self.cost = np.full((count, count), np.inf)
        for region in range(count):
            self.update(region)
        self.best = self.cost.argmin(axis=1)
        self.lowest = self.cost.min(axis=1)

    def costs(self, region: int, others: Ints, diffusion: float) -> Floats:
        """What a merge of `region` with each of `others` (n,) costs: (n,)."""
        w = self.weights
        area, areas = self.area[region], self.area[others]
        lengths, concave, convex, creases, turns = self.boundary[:, region, others]
        edge = (w.concave * concave + w.convex * convex + w.creases * creases + w.turns * turns) / np.maximum(lengths, 1e-12)
        one = (self.component[region] == self.component[others]) & (self.component[others] >= 0)  # they hang together by a vertex
        touch = np.where(one, 0.0, w.contact + w.gap * np.minimum(self.gap[region, others], 0.3))
        seen = self.visible[region, others] / (area * areas)
        own = self.visible[region, region] / area**2
        seen_of_others = self.visible[others, others] / areas**2
        thicker = np.abs(self.thickness[region] / area - self.thickness[others] / areas)
        together = warps(self.spread[region] + self.spread[others], area + areas)
        far = np.linalg.norm(self.place[region] / area - self.place[others] / areas[:, None], axis=1)
        value = (
            w.base
            + np.where(lengths > 0, edge, touch)
            + w.thickness * thicker
            + w.hidden * (1 - seen)
            + w.hollow * np.maximum(np.minimum(own, seen_of_others) - seen, 0)
            + w.warp * np.maximum(together - np.maximum(self.warp[region], self.warp[others]), 0)
            + diffusion * far
        )
        return np.maximum(value, 1e-4) * np.minimum(area, areas) ** w.small / (self.shares(region, others) + 0.05) ** w.open

    def shares(self, region: int, others: Ints) -> Floats:
        """The share of the smaller perimeter that `region` has in common with each of `others` (n,): (n,)."""
        perimeter = np.maximum(np.minimum(self.perimeter[region], self.perimeter[others]), 1e-9)
        return np.minimum(self.boundary[LENGTHS, region, others] / perimeter, 1)

    def update(self, region: int) -> Ints:
        """Renews the costs of `region` with its neighbours, and returns those."""
        others = np.flatnonzero(self.adjacent[region])
        self.cost[region, others] = self.cost[others, region] = self.costs(region, others, self.weights.diffusion)
        return others

    def merge(self, kept: int, gone: int) -> None:
        """Folds region `gone` into region `kept`."""
        if self.component[kept] != self.component[gone]:
            self.component[kept] = -1
        both = self.adjacent[kept] & self.adjacent[gone]
        gap = np.where(both, np.minimum(self.gap[kept], self.gap[gone]), np.where(self.adjacent[gone], self.gap[gone], self.gap[kept]))
        self.gap[kept], self.gap[:, kept] = gap, gap
        self.perimeter[kept] += self.perimeter[gone] - 2 * self.boundary[LENGTHS, kept, gone]
        self.boundary[:, kept] += self.boundary[:, gone]
        self.boundary[:, :, kept] = self.boundary[:, kept]
        self.visible[kept] += self.visible[gone]
        self.visible[kept, kept] += self.visible[kept, gone]
        self.visible[:, kept] = self.visible[kept]
        for sums in (self.area, self.thickness, self.spread, self.place):
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


def part_merges(regions: RegionGraph, merging: MergeWeights, ranking: RankWeights) -> Merges:
    """The merges of all regions into one, in the order of their significance, which is their cost and never falls.

    All regions must hang together.
    """
    nodes, significance = greedy_merges(regions, merging, ranking)
    return in_order(nodes, significance)


def greedy_merges(regions: RegionGraph, merging: MergeWeights, ranking: RankWeights) -> tuple[Ints, Floats]:
    """Merges the cheapest neighbours until one region is left: the nodes (N-1, 2) and the significance (N-1,) of each merge."""
    state = _State(regions, merging)
    count = regions.count
    node = np.arange(count)
    wholeness = np.bincount(regions.components, regions.areas) ** WHOLENESS
    nodes, significance = np.zeros((count - 1, 2), np.int64), np.zeros(count - 1)
    for step in range(count - 1):
        region = int(state.lowest.argmin())
        other = int(state.best[region])
        kept, gone = min(region, other), max(region, other)
        gone_only = np.array([gone])
        cost = state.costs(kept, gone_only, ranking.diffusion)[0]
        smaller, both = min(state.area[kept], state.area[gone]), state.area[kept] + state.area[gone]
        component = int(state.component[kept])
        if component == state.component[gone] != -1:
            neck = min(state.boundary[LENGTHS, kept, gone] / np.sqrt(smaller) + 0.05, 8.0)
            share = state.shares(kept, gone_only)[0] + 0.05
            factor = smaller**ranking.small * both**ranking.whole * share**ranking.open / neck**ranking.neck
            factor *= min(smaller / ranking.speck, 1.0)
            factor *= ranking.inside ** (1 - wholeness[component])
        else:
            factor = smaller**ranking.small_component * ranking.apart
        nodes[step], significance[step] = (node[kept], node[gone]), cost * factor
        node[kept] = count + step
        state.merge(kept, gone)
    return nodes, significance


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
