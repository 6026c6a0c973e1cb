"""Merging regions into a part tree: first the pairs that nothing keeps apart, last the ones that differ most.

Two steps. `greedy_merges` decides *what* merges with what, cheapest first; `ranked` then decides in which order the tree
shows it: a small or hidden difference is given up before a large one, whatever its cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .regions import RegionGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MergeWeights:
    """What keeps two regions apart, and how strongly. Found on the development benchmark, checked leave-category-out.

    Along their common boundary, per unit of its length: `concave` and `convex` bends (radians), `creases` (share of
    it), `turns` (angle of the valley between the whole regions, radians). Between them: `thickness` (difference of the
    logs), `hidden` (share of point pairs that do not see each other through the inside), `hollow` (by how much they see
    less of each other than of themselves), `warp` (by how much both together are less of an extrusion). `contact` and
    `gap` stand for all boundary terms where they only touch; `base` is what any merge costs. The sum is multiplied by
    (area share of the smaller)**`small` and divided by (share of the smaller perimeter + 0.05)**`open`.
    """

    concave: float
    convex: float
    creases: float
    turns: float
    thickness: float
    hidden: float
    hollow: float
    warp: float
    contact: float
    gap: float
    base: float
    small: float
    open: float


@dataclass(frozen=True)
class RankWeights:
    """How the order of merges follows from their costs: cost times (area share of the smaller side) to the power of
    `small` within a component and `small_component` between components; `inside` scales merges within one of several
    components, `apart` those between components.
    """

    small: float
    small_component: float
    inside: float
    apart: float


@dataclass(frozen=True, eq=False)
class Merges:
    """`nodes` (N-1, 2): the nodes that each merge joins; node N+i is made by merge i. `costs` (N-1,)."""

    nodes: Ints
    costs: Floats


BOUNDARY = ("lengths", "concave", "convex", "creases", "turns")
LENGTHS, CONCAVE, CONVEX, CREASES, TURNS = range(5)


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
        self.area = regions.areas + 1e-9
        self.thickness = regions.thickness * self.area
        self.spread = regions.spread * self.area[:, None, None]
        self.visible = regions.visibility * self.area[:, None] * self.area[None, :]
        self.warp = warps(self.spread, self.area)
        self.cost = np.full((count, count), np.inf)
        for region in range(count):
            self.update(region)
        self.best = self.cost.argmin(axis=1)
        self.lowest = self.cost.min(axis=1)

    def costs(self, region: int, others: Ints) -> Floats:
        """What a merge of `region` with each of `others` (n,) costs: (n,)."""
        w = self.weights
        area, areas = self.area[region], self.area[others]
        lengths, concave, convex, creases, turns = self.boundary[:, region, others]
        edge = (w.concave * concave + w.convex * convex + w.creases * creases + w.turns * turns) / np.maximum(lengths, 1e-12)
        touch = w.contact + w.gap * np.minimum(self.gap[region, others], 0.3)
        seen = self.visible[region, others] / (area * areas)
        own = self.visible[region, region] / area**2
        seen_of_others = self.visible[others, others] / areas**2
        thicker = np.abs(self.thickness[region] / area - self.thickness[others] / areas)
        together = warps(self.spread[region] + self.spread[others], area + areas)
        value = (
            w.base
            + np.where(lengths > 0, edge, touch)
            + w.thickness * thicker
            + w.hidden * (1 - seen)
            + w.hollow * np.maximum(np.minimum(own, seen_of_others) - seen, 0)
            + w.warp * np.maximum(together - np.maximum(self.warp[region], self.warp[others]), 0)
        )
        smaller = np.minimum(area, areas)
        perimeter = np.maximum(np.minimum(self.perimeter[region], self.perimeter[others]), 1e-9)
        share = np.minimum(lengths / perimeter, 1)
        return np.maximum(value, 1e-4) * smaller**w.small / (share + 0.05) ** w.open

    def update(self, region: int) -> Ints:
        """Renews the costs of `region` with its neighbours, and returns those."""
        others = np.flatnonzero(self.adjacent[region])
        self.cost[region, others] = self.cost[others, region] = self.costs(region, others)
        return others

    def merge(self, kept: int, gone: int) -> None:
        """Folds region `gone` into region `kept`."""
        both = self.adjacent[kept] & self.adjacent[gone]
        gap = np.where(both, np.minimum(self.gap[kept], self.gap[gone]), np.where(self.adjacent[gone], self.gap[gone], self.gap[kept]))
        self.gap[kept], self.gap[:, kept] = gap, gap
        self.perimeter[kept] += self.perimeter[gone] - 2 * self.boundary[LENGTHS, kept, gone]
        self.boundary[:, kept] += self.boundary[:, gone]
        self.boundary[:, :, kept] = self.boundary[:, kept]
        self.visible[kept] += self.visible[gone]
        self.visible[kept, kept] += self.visible[kept, gone]
        self.visible[:, kept] = self.visible[kept]
        for sums in (self.area, self.thickness, self.spread):
            sums[kept] += sums[gone]
        self.warp[kept] = warps(self.spread[kept][None], self.area[kept : kept + 1])[0]
        self.adjacent[kept] |= self.adjacent[gone]
        self.adjacent[kept, [kept, gone]] = False
        self.adjacent[:, kept] = self.adjacent[kept]
        self.adjacent[gone] = self.adjacent[:, gone] = False
        self.cost[gone] = self.cost[:, gone] = np.inf
        self.lowest[gone] = np.inf
        others = self.update(kept)
        # Only a region that lost its favourite or that the merged one now suits better has to look again.
        stale = np.append(others, kept)
        self.best[stale] = self.cost[stale].argmin(axis=1)
        self.lowest[stale] = self.cost[stale, self.best[stale]]


def warps(spread: Floats, area: Floats) -> Floats:
    """How far regions are from extrusions: the smallest eigenvalue of the mean n nᵀ (n,), 0 for planes and cylinders.

    `spread` (n, 3, 3) the integral of n nᵀ over the area, `area` (n,).
    """
    return np.maximum(np.linalg.eigvalsh(spread / area[:, None, None])[:, 0], 0.0)


def greedy_merges(regions: RegionGraph, weights: MergeWeights) -> Merges:
    """Merges the cheapest neighbours until one region is left. All regions must hang together."""
    state = _State(regions, weights)
    count = regions.count
    node = np.arange(count)
    nodes, costs = np.zeros((count - 1, 2), np.int64), np.zeros(count - 1)
    for step in range(count - 1):
        kept = int(state.lowest.argmin())
        gone = int(state.best[kept])
        kept, gone = min(kept, gone), max(kept, gone)
        nodes[step], costs[step] = (node[kept], node[gone]), state.cost[kept, gone]
        node[kept] = count + step
        state.merge(kept, gone)
    return Merges(nodes, costs)


def ranked(merges: Merges, regions: RegionGraph, weights: RankWeights) -> Merges:
    """The same tree with its merges in the order of their significance, which becomes their cost, never falling."""
    count = regions.count
    area = np.concatenate([regions.areas, np.zeros(count - 1)])
    component = np.concatenate([regions.components, np.zeros(count - 1, np.int64)])
    whole = np.bincount(regions.components, regions.areas) > 0.98
    height = np.zeros(2 * count - 1)
    for step, (a, b) in enumerate(merges.nodes.tolist()):
        node = count + step
        area[node] = area[a] + area[b]
        smaller = min(area[a], area[b])
        if component[a] == component[b] != -1:
            component[node] = component[a]
            value = merges.costs[step] * smaller**weights.small * (1.0 if whole[component[a]] else weights.inside)
        else:
            component[node] = -1
            value = merges.costs[step] * smaller**weights.small_component * weights.apart
        height[node] = max(value, height[a], height[b])
    order = np.argsort(height[count:], kind="stable")
    renamed = np.arange(2 * count - 1)
    renamed[count + order] = np.arange(count, 2 * count - 1)
    return Merges(renamed[merges.nodes[order]], height[count + order])
