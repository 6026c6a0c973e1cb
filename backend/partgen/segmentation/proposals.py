"""Several plausible answers about one mesh, ranked: the same leaves, brought together in different ways and cut at other scales.

What takes long happens once: regions, what the network says of them, and the merges of small regions. From the pieces that are
left, recipes that weigh things differently make a tree each in a tenth of a second; a proposal is such a tree with a scale. Of
all their cuts a few are taken that are likely and do not repeat each other. The first is what `segment` answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..mesh import Mesh
from ..part_tree import PartTree
from ..progress import Progress, no_progress, within
from .geometric import default_count, grow, without_empty_leaves
from .merging import Learned, Merges, MergeWeights, Pieces, Recipe, early_pieces, in_order, late_merges
from .part_confidence import ALIKE, Forest, forest_of, likelihoods, traits
from .regions import RegionGraph
from .superfaces import LEARNED_WEIGHTS, RECIPE, SHAPE_OF_THE_SUM, SIGNIFICANT, WEIGHTS, bundled_weights, judged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHOD = "superfaces"
MOST_PROPOSALS = 20
COUNTS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 40)
"""The numbers of parts that are looked at, about a fifth apart: nearer cuts hardly differ."""
VARIED = 4
VARIATION = 0.7
"""So many recipes are made by chance, their weights off by a factor of exp(`VARIATION`), on average."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """One plausible answer: a tree over the leaves that all proposals share, shown at its default scale.

    `recipe` says how it came about; `confidences` (P,) float32: for each of the P parts at the default scale, numbered as
    `tree.cut(tree.default_scale)` does, the probability that a person would call it a part; `quality` their mean.
    """

    tree: PartTree
    recipe: str
    confidences: NDArray[np.float32]

    @property
    def quality(self) -> float:
        return float(self.confidences.mean())

    @property
    def count(self) -> int:
        return len(self.confidences)

    def part_of_leaf(self) -> NDArray[np.int32]:
        """The part of every leaf at the default scale: (L,) int32."""
        return self.tree.cut(self.tree.default_scale)


@dataclass(frozen=True, eq=False)
class Proposals:
    """What `propose` answers: `leaf_of_face` (F,) int32 per triangle, the proposals, best first, and who made them.

    The rest is as in a Segmentation.
    """

    leaf_of_face: NDArray[np.int32]
    proposals: tuple[Proposal, ...]
    method: str
    weights: str = ""
    notes: tuple[str, ...] = ()
    leaf_features: NDArray[np.float32] | None = None


class _Seen(NamedTuple):
    """What is found once for all proposals."""

    regions: RegionGraph
    learned: Learned
    pieces: Pieces


def propose(mesh: Mesh, count: int, method: str = "auto", seed: int = 0, progress: Progress = no_progress) -> Proposals:
    """At most `count` different answers for `mesh`, best first; fewer where it has no more. The first is what `segment` answers.

    `seed` decides what chance decides. Raises PartgenError where there is no surface, for a method that gives one answer only, and
    where the bundled weights are damaged.
    """
    if method not in ("auto", METHOD):
        sentence = f"The method {method} gives one answer, not several."
        raise PartgenError("proposals.method", sentence, f"Choose Automatic (auto) or Learned ({METHOD}) for proposals.")
    bundled_weights()  # before anything that takes time
    seen: list[_Seen] = []

    def merge(regions: RegionGraph) -> tuple[Merges, NDArray[np.float32]]:
        learned, descriptors = judged(regions)
        pieces = early_pieces(regions, RECIPE, learned)
        seen.append(_Seen(regions, learned, pieces))
        return in_order(*late_merges(pieces, RECIPE)), descriptors

    grown = grow(mesh, METHOD, merge, SIGNIFICANT, within(progress, 0.0, 0.7), WEIGHTS)
    found = grown.segmentation
    if found.tree.leaf_count < 2:
        proposals: tuple[Proposal, ...] = (Proposal(found.tree, "balanced", np.ones(1, np.float32)),)
    else:
        ways = recipes(RECIPE, np.random.default_rng(seed))
        merges = {}
        for number, (name, recipe) in enumerate(ways.items()):
            progress(0.7 + 0.3 * number / len(ways), "Trying other ways")
            merges[name] = in_order(*late_merges(seen[0].pieces, recipe))
        proposals = tuple(_proposals(seen[0], merges, grown.region_of_leaf, min(count, MOST_PROPOSALS)))
    return Proposals(found.leaf_of_face, proposals, found.method, found.weights, found.notes, found.leaf_features)


# ---- ways of merging -----------------------------------------------------------------------------------------------


def scaled(recipe: Recipe, **factors: float) -> Recipe:
    """A recipe whose late weights and significances of these names are multiplied."""

    def weights(given: MergeWeights) -> MergeWeights:
        return replace(given, **{name: getattr(given, name) * factor for name, factor in factors.items()})

    return replace(recipe, late=weights(recipe.late), significance=weights(recipe.significance))


GEOMETRIC_WEIGHTS = tuple(field.name for field in fields(MergeWeights) if field.name not in (*LEARNED_WEIGHTS, *SHAPE_OF_THE_SUM))


def recipes(base: Recipe, rng: np.random.Generator) -> dict[str, Recipe]:
    """Ways of merging the same pieces, by name, the method's own first: each weighs something else more, the last by chance."""
    assembled = replace(base.components, inside=base.components.inside / 10, apart=base.components.apart * 10)
    found = {
        "balanced": base,
        "shape alone": scaled(base, **dict.fromkeys(LEARNED_WEIGHTS, 0.0)),
        "learned alone": scaled(base, **dict.fromkeys(GEOMETRIC_WEIGHTS, 0.0)),
        "groups first": scaled(base, boundary=0.2, place=0.2, coarse_boundary=2, coarse_place=2),
        "details first": scaled(base, boundary=2, place=2, coarse_boundary=0.2, coarse_place=0.2),
        "components first": replace(scaled(base, contact=5, gap=5), components=assembled),
        "large parts": scaled(base, small=2),
        "small parts": scaled(base, small=0.3),
        "volumes": scaled(base, bulge=2, reach=2, section=2),
    }
    names = [field.name for field in fields(MergeWeights) if field.name != "base"]
    for number in range(1, VARIED + 1):
        factors = np.exp(VARIATION * rng.standard_normal(len(names)))
        found[f"varied {number}"] = scaled(base, **dict(zip(names, factors.tolist(), strict=True)))
    return found


# ---- likely and different ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Cut:
    """A cut of one tree of a forest into `count` parts: the `pieces` (count,) of the forest that are its parts."""

    tree: int
    count: int
    pieces: Ints


def cuts(forest: Forest) -> Iterator[Cut]:
    """Different cuts of all trees of a forest, the one that the first tree shows first."""
    seen: set[bytes] = set()
    for number, tree in enumerate(forest.trees):
        for count in dict.fromkeys((tree.shown, *COUNTS)):
            pieces = np.sort(tree.cut(count))
            if len(pieces) == count and pieces.tobytes() not in seen:
                seen.add(pieces.tobytes())
                yield Cut(number, count, pieces)


def likely_and_different(forest: Forest, likelihood: Floats, count: int) -> list[Cut]:
    """At most `count` cuts, the first tree's own first, then the one of whose parts the largest share is likely to be both right and new.

    A part is as new as it is unlike all parts that are there: one minus its intersection over union with the likest. So nothing that is
    unlikely goes before what is likely and has much that is new, and a cut without anything new is not taken. `likelihood` (P,) of the
    forest's pieces.
    """
    left = list(cuts(forest))
    chosen = [left.pop(0)]
    known = forest.likeness[:, chosen[0].pieces].max(axis=1)
    while left and len(chosen) < count:
        worth = [(likelihood[cut.pieces] * (1 - known[cut.pieces])).mean() for cut in left]
        best = left.pop(int(np.argmax(worth)))
        if known[best.pieces].min() < ALIKE:
            chosen.append(best)
            known = np.maximum(known, forest.likeness[:, best.pieces].max(axis=1))
    return chosen


def _proposals(seen: _Seen, ways: Mapping[str, Merges], region_of_leaf: Ints, count: int) -> list[Proposal]:
    """The proposals over leaves that are the regions `region_of_leaf` (L,), from the merges (N-1, 2) of all N regions in several ways."""
    regions = seen.regions
    shown = {name: default_count(regions, merges.costs, SIGNIFICANT) for name, merges in ways.items()}
    forest = forest_of(regions.areas, {name: (merges.nodes, shown[name]) for name, merges in ways.items()})
    likelihood = likelihoods(traits(forest, regions, seen.learned))
    proposals: list[Proposal] = []
    seen_parts: set[bytes] = set()
    for cut in likely_and_different(forest, likelihood, 2 * count):
        name = forest.trees[cut.tree].name
        merges = without_empty_leaves(region_of_leaf.astype(np.int32), ways[name])[1]
        leaves_of_piece = forest.regions_of_piece[cut.pieces][:, region_of_leaf]
        # Smoothed borders may have left a piece without a face; the first is what `segment` answers all the same.
        tree = PartTree.from_merges(merges.nodes, int(leaves_of_piece.any(axis=1).sum()) if proposals else cut.count)
        _, first_leaves, part = np.unique(tree.cut(tree.default_scale), return_index=True, return_inverse=True)
        parts = first_leaves[part.reshape(-1)].tobytes()
        if parts not in seen_parts:
            seen_parts.add(parts)
            confidences = likelihood[cut.pieces[leaves_of_piece[:, first_leaves].argmax(axis=0)]]
            proposals.append(Proposal(tree, name, confidences.astype(np.float32)))
        if len(proposals) == count:
            break
    return [proposals[0], *sorted(proposals[1:], key=lambda proposal: -proposal.quality)]
