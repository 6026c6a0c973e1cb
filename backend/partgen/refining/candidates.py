"""What tells of the changes that a click may ask for which one it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .clicks import Click
from .judging import judge, of_greatest_overlap
from .places import places
from .totals import totals
from .vicinity import Vicinity

if TYPE_CHECKING:
    from .objects import Refinable

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHANGE_TRAITS = (
    "is_wanted", "clicks", "is_near", "is_free", "size", "size_of_leaf", "size_of_region", "kept", "after",
    "score", "score_behind", "gap", "gap_behind", "share_of_node",
    "depth", "depth_missing", "shallower", "own_depth", "leaves",
    "new_unlike", "new_concave", "new_length", "old_unlike", "old_concave", "joined", "inner_unlike",
    "other_click", "same_click", "last",
    "reach", "cut_concave", "cut_length", "share_of_leaf", "share_of_vicinity",
)  # fmt: skip


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
