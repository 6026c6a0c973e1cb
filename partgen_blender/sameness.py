"""What is picked or refined of one object, in the others that share identities with it: which of their leaves are the same. numpy only.

Identities are the leaves of a joint tree (partgen.identities), and each object's tree joins its own as the joint one does. So a part
of one object is a node of the joint tree, and of another object all leaves below that node are meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from partgen.part_tree import PartTree
from partgen.refining import Nodes

from .wording import names_in_words

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]


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


def in_words(followed: Sequence[str], lacking: Sequence[str], undivided: Sequence[str], stale: Sequence[str], is_piece: bool) -> str:
    """What to say of the other objects, each list with the names of those of which it is true; "" where there are none."""
    said = [f"the same in {names_in_words([*followed])}"] if followed else []
    if followed and is_piece:
        said.append("finer than what was matched, so all that it belongs to is meant there")
    elif undivided:
        said.append(f"no part of its own in {names_in_words([*undivided])} at this scale, so what is the same there is meant")
    if lacking:
        said.append(f"no such part in {names_in_words([*lacking])}")
    if stale:
        said.append(f"the parts of {names_in_words([*stale])} were changed after they were matched: match them again")
    sentence = "; ".join(said)
    return sentence[:1].upper() + sentence[1:]


def _reach(tree: PartTree, nodes: Nodes, chosen: Bools, scale: float) -> float:
    """The scale up to which identities may be joined: that of the object where whole parts are chosen, or of the highest one chosen."""
    sizes = nodes.sums(chosen.astype(np.float64))
    whole = np.flatnonzero(sizes == tree.leaf_sizes)
    if not len(whole):
        return 0.0
    own = float(tree.heights[whole[-1] - tree.leaf_count]) if whole[-1] >= tree.leaf_count else 0.0
    return max(own, scale) if is_divided_so(tree.nodes(scale), chosen) else own
