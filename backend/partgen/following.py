"""What is picked or refined of one object, in others that share identities with it (identities.py): which of their leaves are the same.

numpy only, so that Blender runs it too.

    same_parts(tree, nodes, joint, identity_of_leaf, chosen, scale).leaves(of_another)        # whole parts
    region = followed(same, shares, sizes, features)                                          # and pieces of parts
    region.leaves(of_another, its_features)

Identities are the leaves of a joint tree, and each object's tree joins its own as the joint one does. So a part of one object is a
node of the joint tree, and of another object all leaves below that node are meant. Of a part of which a region has only a piece, those
leaves are meant that look like the piece rather than like the rest of it; that can be told only where one method with features made
both objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .likeness import Likeness, learned
from .part_tree import PartTree
from .refining import Nodes

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

WHOLE = 0.9
"""A region that has so much of a part has all of it, as far as others are concerned; so little of it, as is missing then, is nothing."""


# ---- whole parts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SameParts:
    """The finest `identities` (K,) bool that picked leaves mean; `is_piece`: of some of them only a piece was picked."""

    identities: Bools
    is_piece: bool

    def leaves(self, identity_of_leaf: Ints) -> Bools:
        """The leaves of another object that are meant: (L,) bool."""
        return self.identities[identity_of_leaf]


def same_parts(tree: PartTree, nodes: Nodes, joint: PartTree, identity_of_leaf: Ints, chosen: Bools, scale: float) -> SameParts:
    """What `chosen` leaves (L,) bool of an object mean in the others.

    `tree`, laid out as `nodes`, and `identity_of_leaf` (L,) are those of the object, `scale` is the one that it has. What is a part at
    that scale, or above it, also means identities that only the others have, and that belong to this part there.
    """
    reach = _reach(tree, nodes, chosen, scale)
    below = Nodes.of(joint)
    count = joint.leaf_count
    own = below.sums(np.bincount(identity_of_leaf, minlength=count).astype(np.float64))
    picked = below.sums(np.bincount(identity_of_leaf[chosen], minlength=count).astype(np.float64))
    is_whole = (picked == own) & (own > 0) & (np.arange(2 * count - 1) < 2 * count - joint.count(reach))
    is_meant = is_whole.copy()
    for node in range(2 * count - 3, -1, -1):
        is_meant[node] |= is_meant[joint.parent[node]]
    touched = picked[:count] > 0
    return SameParts(is_meant[:count] | touched, bool((touched & ~is_meant[:count]).any()))


def is_divided_so(part_of_leaf: Ints, leaves: Bools) -> bool:
    """Whether leaves (L,) bool are whole parts, given the part of every leaf, (L,)."""
    return not np.isin(part_of_leaf[~leaves], part_of_leaf[leaves]).any()


def _reach(tree: PartTree, nodes: Nodes, chosen: Bools, scale: float) -> float:
    """The scale up to which identities may be joined: that of the object where whole parts are chosen, or of the highest one chosen."""
    sizes = nodes.sums(chosen.astype(np.float64))
    whole = np.flatnonzero(sizes == tree.leaf_sizes)
    if not len(whole):
        return 0.0
    own = float(tree.heights[whole[-1] - tree.leaf_count]) if whole[-1] >= tree.leaf_count else 0.0
    return max(own, scale) if is_divided_so(tree.nodes(scale), chosen) else own


# ---- and pieces ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Followed:
    """What a region is in others: the `whole` identities (K,) bool, those of which it has a `piece` (K,), and what the piece looks like,
    `looks`; None where that is not known, or where it looks like the rest of them."""

    whole: Bools
    piece: Bools
    looks: Likeness | None

    def may_be_piece(self, identity_of_leaf: Ints) -> Bools:
        """The leaves (L,) bool of another object some of which may be of the piece."""
        return self.piece[identity_of_leaf]

    def leaves(self, identity_of_leaf: Ints, features: NDArray[np.float32] | None) -> Bools:
        """The leaves (L,) bool of another object that are meant, which look like `features` (L, D): of whole parts alone without."""
        found = self.whole[identity_of_leaf]
        asked = np.flatnonzero(self.may_be_piece(identity_of_leaf))
        if self.looks is not None and features is not None and len(asked):
            found[asked] |= self.looks.of(features[asked]) > 0.5
        return found


def followed(
    identity_of_leaf: Ints,
    count: int,
    same: Callable[[Bools], Bools],
    shares: Floats,
    sizes: Floats,
    features: NDArray[np.float32] | None,
) -> Followed:
    """What a region of an object is in others: it has the `shares` (L,) of its leaves, which have `sizes` (L,), in faces.

    `identity_of_leaf` (L,) of `count` identities; `same`: which identities (K,) leaves (L,) mean that are whole parts, see `same_parts`.
    """
    all_of_it, taken = (np.bincount(identity_of_leaf, values, count) for values in (sizes, sizes * shares))
    share = taken / np.maximum(all_of_it, 1)
    is_whole = share >= WHOLE
    is_piece: Bools = ~is_whole & ((share > 1 - WHOLE) | (taken > (1 - WHOLE) * taken.sum()))
    whole: Bools = same(is_whole[identity_of_leaf]) & ~is_piece if is_whole.any() else is_whole
    looks = None
    if features is not None and is_piece.any():
        within = is_piece[identity_of_leaf]
        looks = learned(features[within], shares[within], sizes[within])
    return Followed(whole, is_piece, looks)
