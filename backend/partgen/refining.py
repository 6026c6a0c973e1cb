"""From clicks to a region: which faces of a decomposed object the artist means.

    object_ = refinable(tree, leaf_of_face, surface(vertices, corner_vertices, polygon_offsets), features)   # once for an object
    object_.predicted_node(face)                            # one click: the node of the tree that is most likely meant
    object_.node_at(face, scale)                            # one click at a scale that is known
    object_.answer([(face, True), (other, False), ...])     # clicks in their order, that say yes or no

numpy only: the add-on answers inside Blender. What takes long is done once, in `surface` and `refinable`; an answer costs as
much as there are leaves, and a little for the faces near the click.

The first click means a node of the tree. Every further click says that a region around it is still wrong, and that the rest is
right: it changes what is wrong around it, so a region only ever becomes what clicks ask for. It may change what is wrong in one of
the nodes that have its leaf, or only the faces within some distance, because the borders of true parts also run through leaves.
Which of these is judged by a small network: from where the click lies in what would change, because people click in the middle of
what they mean; from how the tree holds the node together; from the borders that would appear and vanish; and from what was
clicked before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .mesh import polygon_centers
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
    centers = polygon_centers(here, offsets)
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
    """The faces that clicks already mean, so that one more click is one more step."""

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

    @cached_property
    def unlikeness(self) -> Floats:
        """How little the two leaves of each pair look alike: (E,), 0 where nobody knows."""
        looks = units(self.features)
        return np.asarray(1 - (looks[self.pairs[:, 0]] * looks[self.pairs[:, 1]]).sum(axis=1)) if looks.size else np.zeros(len(self.pairs))

    @cached_property
    def faces_by_leaf(self) -> tuple[Ints, Ints]:
        """The faces (F,) in the order of their leaves, and where those of each leaf begin and the last end (L+1,)."""
        order = np.argsort(self.leaf_of_face, kind="stable")
        return order, np.searchsorted(self.leaf_of_face[order], np.arange(self.tree.leaf_count + 1))

    def faces_of(self, leaves: Ints) -> Ints:
        """The faces of some leaves, rising: (n,)."""
        order, start = self.faces_by_leaf
        return np.sort(np.concatenate([order[start[leaf] : start[leaf + 1]] for leaf in leaves.tolist()]))

    def share_of_leaves(self, faces: Bools) -> Floats:
        """The share of the faces of each leaf that is in a region of faces (F,): (L,)."""
        return np.bincount(self.leaf_of_face[faces], minlength=self.tree.leaf_count) / np.maximum(self.counts, 1)

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
    """What is meant: `leaves` (L,) bool, `faces` (F,) bool. They differ in the `divided` leaves (n,), of which only some faces
    are meant: there `leaves` tells the kind of the clicks in the leaf, or, without or with both, the greater share."""

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
    weight = np.maximum(object_.lengths, 1e-4)
    weights, inner_weights = borders(object_, nodes, weight)
    border_unlike, inner_unlike = borders(object_, nodes, weight * object_.unlikeness)
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
    """Two small networks of one hidden layer, how much a node looks like a part and how well a click lies in it, and one of two
    hidden layers: how likely a click asks for a change."""

    mean: Floats
    deviation: Floats
    node: tuple[Floats, Floats, Floats]
    click: tuple[Floats, Floats, Floats]
    change_mean: Floats
    change_deviation: Floats
    change: list[tuple[Floats, Floats]]

    def of_nodes(self, values: Floats) -> Floats:
        """The score of rows of traits (n, len(TRAITS)): (n,)."""
        count = len(TRAITS)
        return _answer(self.node, (values - self.mean[:count]) / self.deviation[:count])

    def of_clicks(self, values: Floats) -> Floats:
        """What to add for a click, from its place in each node, the size of the node and its number of leaves (n, 6): (n,)."""
        columns = [*range(len(TRAITS), len(self.mean)), TRAITS.index("size"), TRAITS.index("leaves")]
        return _answer(self.click, (values - self.mean[columns]) / self.deviation[columns])

    def of_changes(self, values: Floats) -> Floats:
        """The score of rows of what tells of changes (n, len(CHANGE_TRAITS)): (n,)."""
        return deep_answer(self.change, standardised(values, self.change_mean, self.change_deviation))


def _answer(layers: tuple[Floats, Floats, Floats], values: Floats) -> Floats:
    weights, bias, out = layers
    return np.tanh(values @ weights.T + bias) @ out


def standardised(values: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Values as the network of changes has them: at most eight deviations away from the mean of what it was fitted on."""
    return np.clip((values - mean) / deviation, -8, 8)


def deep_answer(layers: list[tuple[Floats, Floats]], values: Floats) -> Floats:
    """What layers of weights (out, in) and bias (out,) make of rows (n, in), the last layer's only number: (n,)."""
    *hidden, (weights, bias) = layers
    for inner, shift in hidden:
        values = np.tanh(values @ inner.T + shift)
    return np.asarray((values @ weights.T + bias)[:, 0])


@cache
def judge() -> Judge:
    """The weights that ship with PartGen; scripts/fit_refining.py makes them."""
    read = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

    def layers(name: str) -> tuple[Floats, Floats, Floats]:
        weights, bias, out = (np.array(values, np.float64) for values in read[name])
        return weights, bias, out

    change = read["change"]
    return Judge(
        np.array(read["mean"]), np.array(read["deviation"]), layers("node"), layers("click"), np.array(change["mean"]),
        np.array(change["deviation"]), [(np.array(weights), np.array(bias)) for weights, bias in change["layers"]],
    )  # fmt: skip


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


def answer(object_: Refinable, clicks: Sequence[Click]) -> Region:
    """The region that clicks mean; see `Refinable.answer`."""
    first = next((number for number, (_, is_wanted) in enumerate(clicks) if is_wanted), None)
    if first is None:
        none = np.zeros(object_.tree.leaf_count, bool)
        return Region(none, none[object_.leaf_of_face], np.zeros(0, np.int64))
    # What is meant begins with a click that says yes.
    ordered = (clicks[first], *clicks[:first], *clicks[first + 1 :])
    faces = meant_faces(object_, ordered)
    share = object_.share_of_leaves(faces)
    leaves = 2 * totals(object_.leaf_of_face, object_.surface.areas * faces, len(share)) > object_.areas
    clicked = object_.leaf_of_face[[face for face, _ in ordered]]
    wanted = np.array([is_wanted for _, is_wanted in ordered])
    leaves[np.setdiff1d(clicked[wanted], clicked[~wanted])] = True
    leaves[np.setdiff1d(clicked[~wanted], clicked[wanted])] = False
    return Region(leaves, faces, np.flatnonzero((share > 0) & (share < 1)))


def meant_faces(object_: Refinable, clicks: tuple[Click, ...]) -> Bools:
    """The faces (F,) that clicks mean, the first of which says yes; remembered."""
    known = len(clicks)
    while known and clicks[:known] not in object_.answers:
        known -= 1
    for count in range(known + 1, len(clicks) + 1):
        if count == 1:
            faces = object_.leaves_below(object_.predicted_node(clicks[0][0]))[object_.leaf_of_face]
        else:
            faces = object_.answers[clicks[: count - 1]]
            # Where nobody knows what was meant before, nothing was changed last.
            before = object_.answers.get(clicks[: count - 2], faces) if count > 2 else np.zeros_like(faces)
            found = changes(object_, faces, before, clicks[:count])
            faces = found.made(
                faces, found.likely if object_.tree.leaf_count < FEW_LEAVES else int(judge().of_changes(found.traits).argmax())
            )
        object_.answers[clicks[:count]] = faces
    return object_.answers[clicks]


@dataclass(frozen=True, eq=False)
class Changes:
    """What a click may ask for, K changes, each of some faces to the kind of the `click`.

    The first N are whole `leaves` (L, N) beside the clicked one, and of that the faces `own` (n,). The others are faces near the
    click, of `near` (m,) those `within` (m, K-N) some distance. `traits` (K, len(CHANGE_TRAITS)) tell which of them it asks for;
    `likely` is the one in a node that it would ask for if it were the first click.
    """

    click: Click
    leaf_of_face: Ints
    leaves: Bools
    own: Ints
    near: Ints
    within: Bools
    traits: Floats
    likely: int

    def made(self, faces: Bools, number: int) -> Bools:
        """The faces (F,) that are meant after one of the changes, where `faces` (F,) are meant before."""
        face, is_wanted = self.click
        count = self.leaves.shape[1]
        if number < count:
            changed = self.leaves[:, number][self.leaf_of_face]
            changed[self.own] = True
        else:
            changed = np.zeros(len(faces), bool)
            changed[self.near[self.within[:, number - count]]] = True
        changed[face] = True
        return faces | changed if is_wanted else faces & ~changed


def changes(object_: Refinable, faces: Bools, before: Bools, clicks: Sequence[Click]) -> Changes:
    """What the last of `clicks` may ask for, where those before mean `faces` (F,), and those before these `before` (F,)."""
    face, is_wanted = clicks[-1]
    clicked = int(object_.leaf_of_face[face])
    path = object_.path(face)
    leaves, is_free = node_leaves(object_, clicks, path)
    own = own_faces(object_, clicks)
    vicinity = Vicinity.of(object_, faces, clicks)
    wrong = object_.counts * object_.share_of_leaves(faces != is_wanted)
    whole = np.where(leaves, wrong[:, None], 0.0)
    whole[clicked] = max(1, int((faces[own] != is_wanted).sum()))
    found = Candidates(object_, faces, before, tuple(clicks), path, is_free, whole, vicinity)
    return Changes((face, is_wanted), object_.leaf_of_face, leaves, own, vicinity.faces, vicinity.within, found.traits(), found.likely())


def node_leaves(object_: Refinable, clicks: Sequence[Click], path: Ints) -> tuple[Bools, Bools]:
    """Which leaves beside its own the last of `clicks` may change, of each node of its path (N,): (L, N), and which of the nodes
    have no clicks of the other kind beside in its own leaf: (N,).

    Where a node holds clicks of the other kind, the tree has joined what is to be told apart: of such a node the click changes
    what lies nearer to clicks of its own kind.
    """
    face, is_wanted = clicks[-1]
    clicked = int(object_.leaf_of_face[face])
    inside = object_.below(path)
    is_refused = np.zeros(len(inside), bool)
    is_refused[[int(object_.leaf_of_face[other]) for other, wants in clicks if wants != is_wanted]] = True
    is_refused[clicked] = False
    is_free: Bools = np.logical_not(inside[is_refused].any(axis=0))
    if not is_free.all():
        largest_free = inside[:, is_free].any(axis=1)  # stays whole, so that each change lies inside the next
        inside &= ((nearer_leaves(object_, clicks, is_wanted) & ~is_refused) | largest_free)[:, None]
    inside[clicked] = False
    return inside, is_free


def own_faces(object_: Refinable, clicks: Sequence[Click]) -> Ints:
    """The faces (n,) of the leaf of the last of `clicks` that lie no farther from clicks of its kind than from the others."""
    face, is_wanted = clicks[-1]
    leaf = object_.leaf_of_face
    faces = object_.faces_of(leaf[[face]])
    for_it, against = (
        np.searchsorted(faces, [other for other, wants in clicks if wants == kind and leaf[other] == leaf[face]])
        for kind in (is_wanted, not is_wanted)
    )
    return faces[nearer(object_.surface, faces, for_it, against)] if len(against) else faces


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


def nearer(surface: Surface, faces: Ints, one: Ints, other: Ints) -> Bools:
    """Which of some `faces` (n,) lie, along the surface, no farther from those at `one` (p,) than from those at `other` (q,): (n,)."""
    pairs, _ = pairs_among(surface, faces)
    centers = surface.centers[faces]
    steps = np.linalg.norm(centers[pairs[:, 0]] - centers[pairs[:, 1]], axis=1)
    # Through the air, and twice as long, where nothing leads there along the surface.
    start = np.stack([2 * np.linalg.norm(centers[:, None] - centers[at][None], axis=2).min(axis=1) for at in (one, other)], axis=1)
    start[one, 0] = start[other, 1] = 0
    distance = ways(start, pairs, steps)
    return np.asarray(distance[:, 0] <= distance[:, 1])


def pairs_among(surface: Surface, faces: Ints) -> tuple[Ints, Ints]:
    """The pairs (m, 2) of neighbours among some `faces` (n,), as places in these, and which pairs of the surface they are (m,)."""
    place = np.full(len(surface.areas), -1)
    place[faces] = np.arange(len(faces))
    pairs = place[surface.pairs]
    within = np.flatnonzero((pairs >= 0).all(axis=1))
    return pairs[within], within


def ways(start: Floats, pairs: Ints, steps: Floats) -> Floats:
    """The shortest ways from distances to start with, (n, ...), over `pairs` (m, 2) that lie `steps` (m,) apart: (n, ...)."""
    found = start.copy()
    if not len(pairs):
        return found
    sources, targets = np.concatenate([pairs, pairs[:, ::-1]]).T
    order = np.argsort(targets, kind="stable")
    sources, lengths = sources[order], np.concatenate([steps, steps])[order].reshape(-1, *[1] * (start.ndim - 1))
    reached, first = np.unique(targets[order], return_index=True)
    while True:
        shortest = np.minimum(np.minimum.reduceat(found[sources] + lengths, first, axis=0), found[reached])
        if np.array_equal(shortest, found[reached]):
            return found
        found[reached] = shortest


# ---- which change a click asks for -----------------------------------------------------------------------------------

CHANGE_TRAITS = (
    "is_wanted", "clicks", "is_near", "is_free", "size", "size_of_leaf", "size_of_region", "kept", "after",
    "score", "score_behind", "gap", "gap_behind", "share_of_node",
    "depth", "depth_missing", "shallower", "own_depth", "leaves",
    "new_unlike", "new_concave", "new_length", "old_unlike", "old_concave", "joined", "inner_unlike",
    "other_click", "same_click", "last",
    "reach", "cut_concave", "cut_length", "share_of_leaf", "share_of_vicinity",
)  # fmt: skip

FEW_LEAVES = 100
"""A tree of fewer leaves is unlike those that the network of changes knows well: there, further clicks are judged as the first is."""
REACHES = (0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7, 2.4, 3.4)
"""How many faces a click may change that changes the nearest only, as multiples of those of its leaf."""
CREASE = 5.0
"""By how much a way grows that crosses a concave edge, for each radian of the bend."""
MOST_NEAR = 5000
"""How many faces around a click are looked at one by one."""


@dataclass(frozen=True, eq=False)
class Vicinity:
    """The `faces` (m,) of the clicked leaf and its neighbours, at most `MOST_NEAR`; which of them lie `within` (m, M) each of M
    `reaches` (M,) of a click, over faces that are not yet as it says; `pairs` (n, 2) of neighbours among them and which of the surface
    these are, `edges` (n,); and how many are `wrong` and can be reached."""

    faces: Ints
    within: Bools
    reaches: Floats
    pairs: Ints
    edges: Ints
    wrong: int

    @classmethod
    def of(cls, object_: Refinable, meant: Bools, clicks: Sequence[Click]) -> Vicinity:
        """The vicinity of the last of `clicks`, where `meant` (F,) are the faces that are meant before."""
        face, is_wanted = clicks[-1]
        surface, clicked = object_.surface, int(object_.leaf_of_face[face])
        beside = object_.pairs[(object_.lengths > 0) & (object_.pairs == clicked).any(axis=1)]
        faces = object_.faces_of(np.union1d(beside.reshape(-1), [clicked]))
        if len(faces) > MOST_NEAR:
            away = ((surface.centers[faces] - surface.centers[face]) ** 2).sum(axis=1)
            faces = np.sort(faces[np.argpartition(away, MOST_NEAR)[:MOST_NEAR]])
        pairs, edges = pairs_among(surface, faces)
        one, other = surface.centers[faces[pairs]].transpose(1, 0, 2)
        steps = np.linalg.norm(one - other, axis=1) * (1 + CREASE * np.maximum(surface.bends[edges], 0)) + 1e-9
        here = int(np.searchsorted(faces, face))
        wrong = meant[faces] != is_wanted
        wrong[here] = True
        start = np.where(np.arange(len(faces)) == here, 0.0, np.inf)
        between = wrong[pairs].all(axis=1)
        away = ways(start, pairs[between], steps[between])
        against = np.isin(faces, [other for other, wants in clicks if wants != is_wanted])
        # Halfway to a click of the other kind is the border.
        limit = 0.5 * float(ways(np.where(against, 0.0, np.inf), pairs, steps)[here]) if against.any() else np.inf
        reached = np.sort(away[np.isfinite(away)])
        numbers = np.minimum((np.array(REACHES) * object_.counts[clicked]).astype(np.int64), len(reached) - 1)
        reaches = np.unique(np.minimum(reached[numbers], limit))
        return cls(faces, away[:, None] <= reaches, reaches, pairs, edges, len(reached))


@dataclass(frozen=True, eq=False)
class Candidates:
    """What tells of K changes which one a click asks for.

    `faces` and `before` (F,) are meant before the click and before the click before; the changes are of `whole` (L, N) faces of each
    leaf, in the nodes of the `path` (N,), `is_free` (N,) of clicks of the other kind, and of what is in reach in the `vicinity`.
    """

    object_: Refinable
    faces: Bools
    before: Bools
    clicks: tuple[Click, ...]
    path: Ints
    is_free: Bools
    whole: Floats
    vicinity: Vicinity

    @property
    def clicked(self) -> int:
        """The leaf of the click."""
        return int(self.object_.leaf_of_face[self.clicks[-1][0]])

    @cached_property
    def counts(self) -> Floats:
        """How many faces of each leaf change: (L, K)."""
        leaf = self.object_.leaf_of_face[self.vicinity.faces]
        return np.concatenate([self.whole, totals(leaf, self.vicinity.within.astype(np.float64), len(self.whole))], axis=1)

    @cached_property
    def sizes(self) -> Floats:
        """How many faces change: (K,)."""
        return np.maximum(self.counts.sum(axis=0), 1)

    @cached_property
    def shares(self) -> Floats:
        """The share of each leaf that changes: (L, K)."""
        return self.counts / np.maximum(self.object_.counts, 1)[:, None]

    @cached_property
    def areas(self) -> Floats:
        """The area that changes, as if all faces of a leaf were as large: (K,)."""
        return np.maximum(self.object_.areas @ self.shares, 1e-9)

    @cached_property
    def scores(self) -> Floats:
        """How much each node looks like a part: (N,), the least of those for what the tree has joined wrongly."""
        scores = self.object_.scores[self.path]
        return np.where(self.is_free, scores, scores[self.is_free].min())

    @cached_property
    def place(self) -> Floats:
        """Where the click lies in what would change of each node: (N, 6), as `places` has it."""
        mostly = self.shares[:, : len(self.path)] > 0.5
        mostly[self.clicked] = True
        return places(self.object_, self.clicks[-1][0], mostly)

    def likely(self) -> int:
        """The change that the networks of the first click choose."""
        return of_greatest_overlap(self.scores + judge().of_clicks(self.place), self.sizes[: len(self.path)])

    def traits(self) -> Floats:
        """What the network of changes is asked about: (K, len(CHANGE_TRAITS))."""
        known = {**self.of_size(), **self.of_nodes(), **self.of_borders(), **self.of_clicks(), **self.of_near()}
        return np.column_stack([known[name] for name in CHANGE_TRAITS])

    def of_size(self) -> dict[str, Floats]:
        """How much changes, and what would be meant then."""
        total, region = len(self.faces), max(int(self.faces.sum()), 1)
        after = np.maximum(region + (self.sizes if self.clicks[-1][1] else -self.sizes), 1)
        return {
            "size": np.log(self.sizes / total),
            "size_of_leaf": np.log(self.sizes / self.object_.counts[self.clicked]),
            "size_of_region": np.log(self.sizes / region),
            "kept": np.minimum(region, after) / np.maximum(region, after),
            "after": np.log(after / total),
        }

    def of_nodes(self) -> dict[str, Floats]:
        """How the tree holds together what changes, and where the click lies in it; nothing of changes near the click."""
        object_ = self.object_
        scores, place = self.scores, self.place.T
        gaps = np.log(np.where(self.is_free, object_.gaps[self.path], 0) + 0.02)
        known = {
            "score": scores, "score_behind": scores - scores.max(), "gap": gaps, "gap_behind": gaps - gaps.max(),
            "share_of_node": np.minimum(self.sizes[: len(self.path)] / object_.nodes.sums(object_.counts)[self.path], 1),
            "depth": place[0], "depth_missing": place[1], "shallower": place[2], "own_depth": place[3], "leaves": place[5],
        }  # fmt: skip
        return {
            **{name: np.concatenate([values, np.zeros(len(self.vicinity.reaches))]) for name, values in known.items()},
            "is_free": np.concatenate([self.is_free.astype(np.float64), np.ones(len(self.vicinity.reaches))]),
        }

    def of_borders(self) -> dict[str, Floats]:
        """The borders of leaves that part what changes from what stays, which are new; that part it from what is as the click says
        already, which vanish; and those inside."""
        object_ = self.object_
        one, other = object_.pairs.T
        is_right = object_.share_of_leaves(self.faces == self.clicks[-1][1])[:, None]
        changes, stays = self.shares, np.maximum(1 - is_right - self.shares, 0)
        length = np.maximum(object_.lengths, 1e-4)
        concave = np.minimum(object_.concave / np.maximum(object_.lengths, 1e-9), 2) * (object_.lengths > 0)
        new, old, inner = (
            length[:, None] * (changes[one] * kind[other] + changes[other] * kind[one]) for kind in (stays, is_right, 0.5 * changes)
        )
        new_length, old_length, inner_length = (border.sum(axis=0) + 1e-5 for border in (new, old, inner))
        return {
            "new_unlike": object_.unlikeness @ new / new_length,
            "new_concave": concave @ new / new_length,
            "new_length": np.log(new_length / np.sqrt(self.areas) + 0.05),
            "old_unlike": object_.unlikeness @ old / old_length,
            "old_concave": concave @ old / old_length,
            "joined": old_length / (old_length + new_length),
            "inner_unlike": object_.unlikeness @ inner / inner_length,
        }

    def of_clicks(self) -> dict[str, Floats]:
        """What was clicked before, and how much of it the click before has changed."""
        centers, radius = self.object_.surface.centers, np.sqrt(self.areas)
        face, is_wanted = self.clicks[-1]

        def away(kind: bool) -> float:
            others = [other for other, wants in self.clicks[:-1] if wants == kind]
            return float(np.linalg.norm(centers[others] - centers[face], axis=1).min()) if others else 3.0

        return {
            "is_wanted": np.full(len(radius), float(is_wanted)),
            "clicks": np.full(len(radius), np.log(len(self.clicks))),
            "other_click": np.log(away(not is_wanted) / radius + 0.05),
            "same_click": np.log(away(is_wanted) / radius + 0.05),
            "last": self.object_.share_of_leaves(self.before != self.faces) @ self.counts / self.sizes,
        }

    def of_near(self) -> dict[str, Floats]:
        """How a change that is near the click ends: at creases or anywhere; nothing of whole leaves."""
        near, surface, nodes = self.vicinity, self.object_.surface, len(self.path)
        wrong = self.faces[near.faces] != self.clicks[-1][1]
        one, other = near.pairs.T
        cut = (near.within[one] != near.within[other]) & (wrong[one] & wrong[other])[:, None]
        lengths = surface.lengths[near.edges]
        length = lengths @ cut + 1e-9
        radius = np.sqrt(max(self.object_.areas[self.clicked], 1e-9))
        known = {
            "is_near": np.ones(len(near.reaches)),
            "reach": np.log(near.reaches / radius + 0.02),
            "cut_concave": (np.maximum(surface.bends[near.edges], 0) * lengths) @ cut / length,
            "cut_length": np.log(length / np.sqrt(self.areas[nodes:]) + 0.05),
            "share_of_leaf": self.counts[self.clicked, nodes:] / self.whole[self.clicked, 0],
            "share_of_vicinity": self.sizes[nodes:] / near.wrong,
        }
        return {name: np.concatenate([np.zeros(nodes), values]) for name, values in known.items()}
