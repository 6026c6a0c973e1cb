"""A decomposed object, ready to be refined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..part_tree import PartTree
from .answers import Region, answer
from .clicks import Click
from .judging import judge, of_greatest_overlap
from .nodes import Nodes, joining_nodes
from .places import click_scores
from .surfaces import Surface
from .totals import totals
from .traits import traits, units
from .ways import Steps

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
