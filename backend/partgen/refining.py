"""From clicks to a region: which faces of a decomposed object the artist means.

    object_ = refinable(tree, leaf_of_face, surface(vertices, corner_vertices, polygon_offsets), features)   # once for an object
    object_.predicted_node(face)                            # one click: the node of the tree that is most likely meant
    object_.node_at(face, scale)                            # one click at a scale that is known
    object_.answer([(face, True), (other, False), ...])     # clicks in their order, that say yes or no

numpy only: the add-on answers inside Blender. What takes long is done once, in `surface` and `refinable`; an answer costs as
much as there are leaves, and a little for the faces of leaves that clicks divide.

The first click means a node of the tree. Every further click says that a region around it is still wrong, and that the rest is
right: it changes what is wrong in one of the nodes that have its leaf, so a region only ever becomes what clicks ask for. Which
of the nodes is judged by where the click lies in what would change, because people click in the middle of what they mean; by how
the tree holds the node together; and by how much its leaves look like those that were clicked, told by logistic regression on
their features as in PartField (Liu et al. 2025, supplement, "interactive").
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .part_tree import PartTree

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Click = tuple[int, bool]
"""A face, and whether it is of what is meant."""

WELD = 2.0**-20
"""Vertices closer than this share of the longest side are one vertex."""


@dataclass(frozen=True, eq=False)
class Surface:
    """F faces and the M places where two of them share an edge. Lengths are shares of the diagonal, areas of the whole.

    `areas` (F,), `centers` and `normals` (F, 3), `pairs` (M, 2) faces, `lengths` (M,) and `middles` (M, 3) of the edge, `bends`
    (M,) the angle between the normals in radians, positive where the surface is concave.
    """

    areas: Floats
    centers: Floats
    normals: Floats
    pairs: Ints
    lengths: Floats
    middles: Floats
    bends: Floats


def surface(vertices: ArrayLike, corner_vertices: ArrayLike, polygon_offsets: ArrayLike) -> Surface:
    """The surface of polygons: `vertices` (V, 3), the vertex at every corner (C,), the first corner of every polygon and C (F+1,).

    Vertices in the same place count as one. A quarter of a second for 200,000 triangles.
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 3)
    corners, offsets = np.asarray(corner_vertices, np.int64), np.asarray(polygon_offsets, np.int64)
    sizes = np.diff(offsets)
    face = np.repeat(np.arange(len(sizes)), sizes)
    following = np.arange(1, len(corners) + 1)
    following[offsets[1:] - 1] = offsets[:-1]
    points, corners = _welded(points, corners)
    here, there = points[corners], points[corners[following]]
    centers = totals(face, here, len(sizes)) / sizes[:, None]
    # Newell: the sum of the cross products of a polygon's edges is twice its area, along its normal. Seen from its middle,
    # because far from the origin the products would cancel.
    cross = np.cross(here - centers[face], there - centers[face])
    normals = totals(face, cross, len(sizes))
    double = np.linalg.norm(normals, axis=1)
    normals /= np.where(double > 0, double, 1.0)[:, None]
    first, second = corners, corners[following]
    key = np.minimum(first, second) * len(points) + np.maximum(first, second)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    pairs = np.stack([face[order[same]], face[order[same + 1]]], axis=1)
    lengths = np.linalg.norm(there - here, axis=1)[order[same]]
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, lengths, middles = pairs[apart], lengths[apart], 0.5 * (here + there)[order[same[apart]]]
    return Surface(double / max(double.sum(), 1e-300), centers, normals, pairs, lengths, middles, _bends(normals, centers, pairs))


def totals(index: Ints, values: Floats, count: int) -> Floats:
    """The sums of `values`, (n,) or (n, D), that have each `index` (n,) below `count`: (count,) or (count, D)."""
    if values.ndim == 1:
        return np.bincount(index, values, count).astype(np.float64)
    return np.column_stack([np.bincount(index, column, count) for column in values.T]).astype(np.float64)


def _welded(points: Floats, corners: Ints) -> tuple[Floats, Ints]:
    """Points in one place as one, in units of the diagonal: the points (W, 3) and `corners` (C,) over them."""
    low, size = points[corners].min(axis=0), np.ptp(points[corners], axis=0)
    cells = np.rint(np.clip((points - low) / (max(float(size.max()), 1e-300) * WELD), -1, 2.0**20 + 1)).astype(np.int64) + 1
    _, first, welded = np.unique((cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2], return_index=True, return_inverse=True)
    return (points[first] - low) / max(float(np.linalg.norm(size)), 1e-300), welded.reshape(-1)[corners]


def _bends(normals: Floats, centers: Floats, pairs: Ints) -> Floats:
    first, second = pairs.T
    angle = np.arccos(np.clip((normals[first] * normals[second]).sum(axis=1), -1, 1))
    rise = ((centers[second] - centers[first]) * (normals[first] - normals[second])).sum(axis=1)
    return np.where(rise > 0, angle, -angle)


@dataclass(frozen=True, eq=False)
class Nodes:
    """The 2L-1 nodes of a tree, each an interval of its leaves in a suitable order: `order` (L,), `start` and `end` (2L-1,)."""

    order: Ints
    start: Ints
    end: Ints

    @classmethod
    def of(cls, tree: PartTree) -> Nodes:
        """Lays out the leaves of `tree` so that those below any node stand side by side."""
        count = tree.leaf_count
        start, sizes = [0] * (2 * count - 1), tree.leaf_sizes.tolist()
        for node in range(2 * count - 2, count - 1, -1):
            one, other = tree.merges[node - count].tolist()
            start[one], start[other] = start[node], start[node] + sizes[one]
        starts = np.array(start, np.int64)
        return cls(np.argsort(starts[:count]), starts, starts + tree.leaf_sizes)

    def sums(self, values: Floats) -> Floats:
        """The sum over the leaves below each node, of `values` (L, ...): (2L-1, ...)."""
        running = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values[self.order], axis=0)])
        return running[self.end] - running[self.start]

    def holds(self, leaf: int) -> Bools:
        """Which nodes have `leaf` below them: (2L-1,)."""
        place = self.start[leaf]
        return (self.start <= place) & (place < self.end)


@dataclass(frozen=True, eq=False)
class Refinable:
    """A decomposed object, ready to be refined; `refinable` makes it.

    `tree` over L leaves, `leaf_of_face` (F,), `surface`. Of leaves: `counts` (L,) faces, `areas` (L,), `features` (L, D) what
    they look like, D 0 where nobody knows, `looks` (L, G) centre, normal and size. Of the E pairs of leaves that touch:
    `pairs` (E, 2), `lengths` (E,) of their border, 0 where they only touch, integrals along it of `concave` and `convex` bends
    (E,), the `middles` (E, 3) of the border, and the node in which the two come together, `joined` (E,).
    """

    tree: PartTree
    leaf_of_face: Ints
    surface: Surface
    counts: Floats
    areas: Floats
    features: Floats
    looks: Floats
    centers: Floats
    pairs: Ints
    lengths: Floats
    concave: Floats
    convex: Floats
    middles: Floats
    joined: Ints
    answers: dict[tuple[Click, ...], Bools] = field(default_factory=dict)
    """The leaves that clicks already mean, so that one more click is one more step."""

    @cached_property
    def nodes(self) -> Nodes:
        return Nodes.of(self.tree)

    @cached_property
    def scores(self) -> Floats:
        """How much each node looks like a part: (2L-1,) log odds, comparable along a path."""
        return judge().of_nodes(traits(self, self.nodes))

    @cached_property
    def gaps(self) -> Floats:
        """By how much the scale grows from where each node is whole to where it is joined: (2L-1,), 1 for the root."""
        heights = np.concatenate([np.zeros(self.tree.leaf_count), self.tree.heights])
        gaps = heights[self.tree.parent] - heights
        gaps[-1] = 1
        return np.asarray(gaps)

    @cached_property
    def steps(self) -> Steps:
        return Steps.of(self)

    def node_at(self, face: int, scale: float) -> int:
        """The node that a click on `face` means at a scale that is known."""
        return int(self.tree.nodes(scale)[self.leaf_of_face[face]])

    def predicted_node(self, face: int) -> int:
        """The node that a click on `face` most likely means: that of the greatest expected intersection over union with it."""
        path = self.path(face)
        scores = self.scores[path] + click_scores(self, face, self.below(path))
        return int(path[of_greatest_overlap(scores, self.nodes.sums(self.counts)[path])])

    def below(self, nodes: Ints) -> Bools:
        """Which leaves each of some nodes (n,) has below it: (L, n)."""
        place = self.nodes.start[: self.tree.leaf_count, None]
        return np.asarray((place >= self.nodes.start[nodes]) & (place < self.nodes.end[nodes]))

    def path(self, face: int) -> Ints:
        """The nodes from the leaf of `face` up to the root: (n,)."""
        return self.tree.path(int(self.leaf_of_face[face])).astype(np.int64)

    def leaves_below(self, node: int) -> Bools:
        """Which leaves `node` is made of: (L,)."""
        return self.below(np.array([node]))[:, 0]

    def answer(self, clicks: Sequence[Click]) -> Region:
        """The region that clicks mean, in their order: a face, and whether it is of what is meant. Nothing where none says yes."""
        return answer(self, [(int(face), bool(is_wanted)) for face, is_wanted in clicks])

    def region(self, positive: Sequence[int], negative: Sequence[int] = ()) -> Region:
        """The region of faces that are meant, then faces that are not, where it is not known in which order they were clicked."""
        return self.answer([*((face, True) for face in positive), *((face, False) for face in negative)])


@dataclass(frozen=True, eq=False)
class Region:
    """What is meant: `leaves` (L,) bool, `faces` (F,) bool. They differ in the `divided` leaves (n,), of which faces of both
    kinds were clicked: there every face is of the kind of the nearest click, and `leaves` tells the greater share."""

    leaves: Bools
    faces: Bools
    divided: Ints


def refinable(tree: PartTree, leaf_of_face: ArrayLike, surface: Surface, features: ArrayLike | None = None) -> Refinable:
    """What clicks on a decomposed object are answered from: `leaf_of_face` (F,) over the leaves of `tree`, `features` (L, D)."""
    leaf = np.asarray(leaf_of_face, np.int64)
    count = tree.leaf_count
    counts, areas = totals(leaf, np.ones(len(leaf)), count), totals(leaf, surface.areas, count)
    weight = np.maximum(areas, 1e-12)
    centers, normals = (
        totals(leaf, surface.areas[:, None] * values, count) / weight[:, None] for values in (surface.centers, surface.normals)
    )
    first, second = leaf[surface.pairs].T
    across = first != second
    low, high = np.minimum(first, second)[across], np.maximum(first, second)[across]
    keys, slot = np.unique(low * count + high, return_inverse=True)
    length, bend = surface.lengths[across], surface.bends[across]

    def along(values: Floats) -> Floats:
        return totals(slot.reshape(-1), values, len(keys))

    pairs = np.stack([keys // count, keys % count], axis=1)
    joined = joining_nodes(tree, pairs)
    touching = _touching(tree, centers, joined)
    none = np.zeros(len(touching))
    border = np.maximum(along(length), 1e-12)[:, None]
    middles = along(length[:, None] * surface.middles[across]) / border
    known = np.zeros((count, 0)) if features is None else np.asarray(features, np.float64).reshape(count, -1)
    looks = np.column_stack([centers, normals, np.log(weight)])
    return Refinable(
        tree, leaf, surface, counts, areas, known, looks, centers, np.concatenate([pairs, touching]),
        np.concatenate([along(length), none]), np.concatenate([along(length * np.maximum(bend, 0)), none]),
        np.concatenate([along(length * np.maximum(-bend, 0)), none]),
        np.concatenate([middles, centers[touching].mean(axis=1)]), np.concatenate([joined, joining_nodes(tree, touching)]),
    )  # fmt: skip


def joining_nodes(tree: PartTree, pairs: Ints) -> Ints:
    """The lowest node that has both leaves of each pair (E, 2) below it: (E,)."""
    parent = tree.parent.astype(np.int64)
    one, other = pairs[:, 0].copy(), pairs[:, 1].copy()
    while (apart := one != other).any():
        # A parent has a higher number than its child, so the lower of two can never be above the other.
        climbs = apart & (one < other)
        one = np.where(climbs, parent[one], one)
        other = np.where(apart & ~climbs, parent[other], other)
    return one


def _touching(tree: PartTree, centers: Floats, joined: Ints) -> Ints:
    """For each merge of what shares no edge, the two leaves (n, 2) whose centres are nearest across it."""
    is_met = np.zeros(2 * tree.leaf_count - 1, bool)
    is_met[joined] = True
    found = []
    for merge in np.flatnonzero(~is_met[tree.leaf_count :]):
        ones, others = (tree.leaves(node) for node in tree.merges[merge])
        distance = ((centers[ones][:, None] - centers[others][None]) ** 2).sum(axis=2)
        one, other = np.unravel_index(int(distance.argmin()), distance.shape)
        found.append((min(ones[one], others[other]), max(ones[one], others[other])))
    return np.array(found, np.int64).reshape(-1, 2)


# ---- how much a node looks like a part -------------------------------------------------------------------------------

TRAITS = (
    "gap", "above_default", "below_default", "size", "size_squared", "concave", "convex", "alone", "compact", "border_unlike",
    "inner_unlike", "spread", "unlike_sibling", "leaves", "share", "open", "whole", "inner_concave", "inner_convex",
)  # fmt: skip


def traits(object_: Refinable, nodes: Nodes) -> Floats:
    """What tells of every node whether it is a part: (2L-1, len(TRAITS))."""
    tree, count = object_.tree, object_.tree.leaf_count
    total = 2 * count - 1
    parent = tree.parent
    height = np.concatenate([np.zeros(count), tree.heights])
    ends = height[parent]
    ends[-1] = 1.1
    area = np.maximum(nodes.sums(object_.areas), 1e-9)
    length, inner_length = borders(object_, nodes, object_.lengths)
    concave, inner_concave = borders(object_, nodes, object_.concave)
    convex, inner_convex = borders(object_, nodes, object_.convex)
    looks = units(object_.features)
    unlike = 1 - (looks[object_.pairs[:, 0]] * looks[object_.pairs[:, 1]]).sum(axis=1) if looks.size else np.zeros(len(object_.pairs))
    weight = np.maximum(object_.lengths, 1e-4)
    weights, inner_weights = borders(object_, nodes, weight)
    border_unlike, inner_unlike = borders(object_, nodes, weight * unlike)
    mean = nodes.sums(looks * object_.areas[:, None])
    sibling = np.arange(total)
    sibling[tree.merges[:, 0]], sibling[tree.merges[:, 1]] = tree.merges[:, 1], tree.merges[:, 0]
    open_ = np.linalg.norm(nodes.sums(object_.looks[:, 3:6] * object_.areas[:, None]), axis=1) / area
    likeness = (units(mean) * units(mean)[sibling]).sum(axis=1)
    size = np.log(area + 1e-5)
    is_bordered = length > 1e-9
    return np.column_stack([
        ends - height,
        np.maximum(height - tree.default_scale, 0),
        np.maximum(tree.default_scale - ends, 0),
        size,
        size**2,
        np.minimum(concave / (length + 1e-6), 2) * is_bordered,
        np.minimum(convex / (length + 1e-6), 2) * is_bordered,
        ~is_bordered,
        np.log(length / np.sqrt(area) + 0.05) * is_bordered,
        border_unlike / (weights + 1e-6),
        inner_unlike / (inner_weights + 1e-6),
        1 - np.linalg.norm(mean, axis=1) / area,
        1 - likeness,
        np.log(tree.leaf_sizes),
        area / area[parent],
        open_,
        np.arange(total) == total - 1,
        np.minimum(inner_concave / (inner_length + 1e-6), 2),
        np.minimum(inner_convex / (inner_length + 1e-6), 2),
    ])  # fmt: skip


def borders(object_: Refinable, nodes: Nodes, values: Floats) -> tuple[Floats, Floats]:
    """Of values (E,) of pairs of leaves, the sums over those that each node's border parts, and over those within it: (2L-1,) each."""
    count = object_.tree.leaf_count
    of_leaf = totals(object_.pairs.reshape(-1), np.repeat(values, 2), count)
    within = totals(object_.joined, values, 2 * count - 1).tolist()
    for i, (one, other) in enumerate(object_.tree.merges.tolist()):
        within[count + i] += within[one] + within[other]
    inside = np.array(within)
    return np.maximum(nodes.sums(of_leaf) - 2 * inside, 0), inside


def units(rows: Floats) -> Floats:
    """Rows (n, D) of length one; zero where they are zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True, eq=False)
class Judge:
    """Two small networks of one hidden layer: how much a node looks like a part, and how well a click lies in it."""

    mean: Floats
    deviation: Floats
    node: tuple[Floats, Floats, Floats]
    click: tuple[Floats, Floats, Floats]

    def of_nodes(self, values: Floats) -> Floats:
        """The score of rows of traits (n, len(TRAITS)): (n,)."""
        count = len(TRAITS)
        return _answer(self.node, (values - self.mean[:count]) / self.deviation[:count])

    def of_clicks(self, values: Floats) -> Floats:
        """What to add for a click, from its place in each node, the size of the node and its number of leaves (n, 6): (n,)."""
        columns = [*range(len(TRAITS), len(self.mean)), TRAITS.index("size"), TRAITS.index("leaves")]
        return _answer(self.click, (values - self.mean[columns]) / self.deviation[columns])


def _answer(layers: tuple[Floats, Floats, Floats], values: Floats) -> Floats:
    weights, bias, out = layers
    return np.tanh(values @ weights.T + bias) @ out


@cache
def judge() -> Judge:
    """The weights that ship with PartGen; scripts/fit_refining.py makes them."""
    read = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

    def layers(name: str) -> tuple[Floats, Floats, Floats]:
        weights, bias, out = (np.array(values, np.float64) for values in read[name])
        return weights, bias, out

    return Judge(np.array(read["mean"]), np.array(read["deviation"]), layers("node"), layers("click"))


# ---- where a click lies in a node ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps between leaves that share a border, both ways, sorted by where they lead: from `sources` to `targets` (S,), `lengths`
    (S,) of the way from centre to centre across the `middles` (S, 3) of the border, `near` (S,) from there to the target.
    `leaves` (n,) that a step leads to, and the `first` (n,) of its steps."""

    sources: Ints
    targets: Ints
    lengths: Floats
    middles: Floats
    near: Floats
    leaves: Ints
    first: Ints

    @classmethod
    def of(cls, object_: Refinable) -> Steps:
        """The steps between the leaves of an object."""
        shares = object_.lengths > 0
        one, other = object_.pairs[shares].T
        middles = object_.middles[shares]
        to_one, to_other = (np.linalg.norm(object_.centers[leaf] - middles, axis=1) for leaf in (one, other))
        targets = np.concatenate([other, one])
        order = np.argsort(targets, kind="stable")
        leaves, first = np.unique(targets[order], return_index=True)
        return cls(
            np.concatenate([one, other])[order], targets[order], np.concatenate([to_one + to_other] * 2)[order],
            np.concatenate([middles, middles])[order], np.concatenate([to_other, to_one])[order], leaves, first,
        )  # fmt: skip

    def spread(self, start: Floats, allowed: Bools | None = None) -> Floats:
        """The shortest ways from distances to start with, (L, K), inside `allowed` (L, K): (L, K)."""
        found, left, columns = start.copy(), start.copy(), np.arange(start.shape[1])
        allowed = np.ones_like(start, bool) if allowed is None else allowed
        while len(self.leaves) and len(columns):
            ways = np.minimum.reduceat(left[self.sources] + self.lengths[:, None], self.first, axis=0)
            is_shorter = (ways < left[self.leaves]) & allowed[self.leaves]
            left[self.leaves] = np.where(is_shorter, ways, left[self.leaves])
            moves = is_shorter.any(axis=0)
            if not moves.all():  # small regions are done soon, and need not wait for the large ones
                found[:, columns[~moves]] = left[:, ~moves]
                left, allowed, columns = left[:, moves], allowed[:, moves], columns[moves]
        return found


def click_scores(object_: Refinable, face: int, inside: Bools) -> Floats:
    """How well a click on `face` lies in each of K regions, of leaves `inside` (L, K): (K,). People click in the middle."""
    return judge().of_clicks(places(object_, face, inside))


def places(object_: Refinable, face: int, inside: Bools) -> Floats:
    """Where `face` lies in each of K regions, of leaves `inside` (L, K), and how large these are: (K, 6).

    How deep it lies as a share of the deepest, the logarithm of what is missing to that, the share of the region that lies less
    deep, the logarithm of the depth, of the area and of the number of leaves.
    """
    steps = object_.steps
    depth = np.full(inside.shape, np.inf)
    leaves_it = inside[steps.targets] & ~inside[steps.sources]
    if len(steps.leaves):
        depth[steps.leaves] = np.minimum.reduceat(np.where(leaves_it, steps.near[:, None], np.inf), steps.first, axis=0)
    depth = steps.spread(depth, inside)
    own = depth_of_click(object_, face, inside, depth)
    reached = np.isfinite(depth)
    is_bordered = np.isfinite(own)
    own = np.where(is_bordered, own, 9.0)
    deepest = np.maximum(np.where(is_bordered, np.where(reached, depth, 0).max(axis=0), 9.0), own)
    counts = object_.counts[:, None] * reached
    below = (counts * (np.where(reached, depth, 9) < own)).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    share = np.where(is_bordered, own / np.maximum(deepest, 1e-9), 1.0)
    area = np.maximum(object_.areas @ inside, 1e-9)
    values = [
        share, np.log(1 - share + 0.02), np.where(is_bordered, below, 0), np.log(np.minimum(own, 1) + 1e-3),
        np.log(area + 1e-5), np.log(np.maximum(inside.sum(axis=0), 1)),
    ]  # fmt: skip
    return np.column_stack(values)


def depth_of_click(object_: Refinable, face: int, inside: Bools, depth: Floats) -> Floats:
    """How far a face lies from the border of each of K regions (K,), infinite without one: `inside` and `depth` (L, K) of their leaves."""
    steps = object_.steps
    mine = steps.targets == object_.leaf_of_face[face]
    if not mine.any():
        return np.full(inside.shape[1], np.inf)
    sources = steps.sources[mine]
    onward = np.linalg.norm(steps.middles[mine] - object_.centers[sources], axis=1)[:, None] + depth[sources]
    reach = np.linalg.norm(steps.middles[mine] - object_.surface.centers[face], axis=1)[:, None]
    return np.asarray((reach + np.where(inside[sources], onward, 0)).min(axis=0))


# ---- several clicks --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """A handful of numbers, found on half of the categories; docs/benchmarks.md tells how.

    What counts how much where a click changes a region: the `place` of the click in the change, how much the node looks like a
    `part`, the `gap` in the tree above it (the logarithm of a difference of heights), and the `likeness` of its leaves. `joined`
    takes the place of part and gap for a node of which clicks of the other kind leave only some. `weak`
    is the weight of all leaves together as examples of what is not meant, `ridge` what keeps the regression from believing few
    clicks too much.
    """

    place: float = 4.5
    part: float = 0.5
    gap: float = 0.8
    likeness: float = 2.0
    joined: float = -3.0
    weak: float = 0.3
    ridge: float = 1.0


RECIPE = Recipe()


def answer(object_: Refinable, clicks: Sequence[Click]) -> Region:
    """The region that clicks mean; see `Refinable.answer`."""
    first = next((number for number, (_, is_wanted) in enumerate(clicks) if is_wanted), None)
    if first is None:
        none = np.zeros(object_.tree.leaf_count, bool)
        return Region(none, none[object_.leaf_of_face], np.zeros(0, np.int64))
    # What is meant begins with a click that says yes.
    ordered = (clicks[first], *clicks[:first], *clicks[first + 1 :])
    return divided(object_, meant_leaves(object_, ordered), ordered)


def meant_leaves(object_: Refinable, clicks: tuple[Click, ...]) -> Bools:
    """The leaves (L,) that clicks mean, the first of which says yes; remembered."""
    known = len(clicks)
    while known and clicks[:known] not in object_.answers:
        known -= 1
    leaves = object_.answers[clicks[:known]] if known else object_.leaves_below(object_.predicted_node(clicks[0][0]))
    for count in range(known, len(clicks)):
        leaves = changed(object_, leaves, clicks[: count + 1]) if count else leaves
        object_.answers[clicks[: count + 1]] = leaves
    return leaves


def changed(object_: Refinable, leaves: Bools, clicks: Sequence[Click], recipe: Recipe = RECIPE) -> Bools:
    """The leaves (L,) that are meant after the last of `clicks`, where those before mean `leaves` (L,).

    The click changes what is of the other kind in one of the nodes on its path. Where a node holds clicks of the other kind, the
    tree has joined what is to be told apart: of such a node the click changes what lies nearer to clicks of its own kind. What is
    in its own leaf is told apart in `divided`.
    """
    face, is_wanted = clicks[-1]
    own = int(object_.leaf_of_face[face])
    path = object_.path(face)
    inside = object_.below(path)
    against = [int(object_.leaf_of_face[other]) for other, wants in clicks if wants != is_wanted]
    is_free = ~inside[[leaf for leaf in against if leaf != own]].any(axis=0)
    largest_free = inside[:, is_free].any(axis=1)  # stays whole, so that each change lies inside the next
    change = inside if is_free.all() else inside & (nearer_leaves(object_, clicks, is_wanted) | largest_free)[:, None]
    change = change & (leaves != is_wanted)[:, None]
    change[own] = True
    sizes = object_.counts @ change
    kind = 1 if is_wanted else -1
    alike = likeness(object_, clicks, recipe) * object_.counts
    of_nodes = recipe.part * object_.scores[path] + recipe.gap * np.log(object_.gaps[path] + 0.05)
    scores = (
        recipe.place * click_scores(object_, face, change)
        + np.where(is_free, of_nodes, recipe.joined)
        + recipe.likeness * kind * (alike @ change) / np.maximum(sizes, 1)
    )
    found = leaves.copy()
    found[change[:, of_greatest_overlap(scores, sizes)]] = is_wanted
    return found


def nearer_leaves(object_: Refinable, clicks: Sequence[Click], is_wanted: bool) -> Bools:
    """Which leaves (L,) lie no farther, along the surface, from clicks that say `is_wanted` than from the others, of which there are some.

    Through the air, and twice as far, where nothing leads there along the surface.
    """
    of_kind = [[face for face, wants in clicks if wants == kind] for kind in (is_wanted, not is_wanted)]
    air = np.stack(
        [np.linalg.norm(object_.centers[:, None] - object_.surface.centers[faces], axis=2).min(axis=1) for faces in of_kind], axis=1
    )
    start = np.full_like(air, np.inf)
    for column, faces in enumerate(of_kind):
        clicked = object_.leaf_of_face[faces]
        start[clicked, column] = air[clicked, column]
    along = object_.steps.spread(start)
    away = np.where(np.isfinite(along), along, 2 * air)
    return np.asarray(away[:, 0] <= away[:, 1])


def of_greatest_overlap(scores: Floats, sizes: Floats) -> int:
    """Of K regions, each inside the next, with scores (K,) as log odds and sizes (K,), the one whose expected intersection over
    union with the right one is greatest."""
    chances = np.exp(scores - scores.max())
    overlap = np.minimum(sizes[:, None], sizes) / np.maximum(np.maximum(sizes[:, None], sizes), 1)
    return int((overlap @ chances).argmax())


def likeness(object_: Refinable, clicks: Sequence[Click], recipe: Recipe = RECIPE) -> Floats:
    """How much each leaf looks like those that are meant and not like those that are not: log odds (L,), by logistic regression.

    All leaves together count as one weak example of what is not meant, since most of an object never is.
    """
    yes, no = (object_.leaf_of_face[[face for face, is_wanted in clicks if is_wanted == kind]] for kind in (True, False))
    known = units(object_.features) if object_.features.shape[1] else object_.looks
    values = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), 1e-6) / np.sqrt(known.shape[1])
    rows = np.concatenate([values[yes], values[no], values])
    target = np.concatenate([np.ones(len(yes)), np.zeros(len(no) + len(values))])
    weight = np.concatenate([np.ones(len(yes) + len(no)), recipe.weak * object_.areas])
    weights = logistic_regression(np.column_stack([rows, np.ones(len(rows))]), target, weight, recipe.ridge)
    return np.clip(values @ weights[:-1] + weights[-1] - np.log(len(yes) / (len(no) + recipe.weak)), -6, 6)


def logistic_regression(rows: Floats, target: Floats, weight: Floats, ridge: float) -> Floats:
    """The weights (D,) by which `rows` (n, D) tell `target` (n,) of 0 and 1, the last column being 1 throughout: Newton's method."""
    penalty = np.full(rows.shape[1], ridge)
    penalty[-1] = 1e-3
    found = np.zeros(rows.shape[1])
    for _ in range(12):
        chance = _chance(rows @ found)
        slope = rows.T @ (weight * (chance - target)) + penalty * found
        bend = (rows.T * (weight * np.maximum(chance * (1 - chance), 1e-6))) @ rows + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        found -= step
        if np.abs(step).max() < 1e-4:
            break
    return found


def divided(object_: Refinable, leaves: Bools, clicks: Sequence[Click]) -> Region:
    """The region of `leaves` (L,), where leaves with clicks of both kinds are divided between these."""
    of_face, leaves = object_.leaf_of_face, leaves.copy()
    positive, negative = (np.array([face for face, is_wanted in clicks if is_wanted == kind], np.int64) for kind in (True, False))
    both = np.intersect1d(of_face[positive], of_face[negative])
    faces = leaves[of_face]
    for leaf in both:
        inside = np.flatnonzero(of_face == leaf)
        yes, no = (np.searchsorted(inside, clicked[of_face[clicked] == leaf]) for clicked in (positive, negative))
        faces[inside] = nearer(object_.surface, inside, yes, no)
        leaves[leaf] = 2 * object_.surface.areas[inside[faces[inside]]].sum() >= object_.areas[leaf]
    return Region(leaves, faces, both)


def nearer(surface: Surface, faces: Ints, yes: Ints, no: Ints) -> Bools:
    """Which of some `faces` (n,) lie nearer to those at `yes` (p,) than to those at `no` (q,) among them, along the surface: (n,)."""
    place = np.full(len(surface.areas), -1)
    place[faces] = np.arange(len(faces))
    one, other = place[surface.pairs].T
    within = (one >= 0) & (other >= 0)
    one, other = one[within], other[within]
    centers = surface.centers[faces]
    step = np.linalg.norm(centers[one] - centers[other], axis=1)
    # Through the air, and twice as long, where nothing leads there along the surface.
    distance = np.stack([2 * np.linalg.norm(centers[:, None] - centers[at][None], axis=2).min(axis=1) for at in (yes, no)], axis=1)
    for column, at in enumerate((yes, no)):
        distance[at, column] = 0
    while True:
        before = distance.copy()
        np.minimum.at(distance, one, before[other] + step[:, None])
        np.minimum.at(distance, other, before[one] + step[:, None])
        if np.array_equal(before, distance):
            break
    return np.asarray(distance[:, 0] <= distance[:, 1])


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))
