"""What goes with a part tree, carried over to the tree that takes its place.

    had = carrying.Belongings.of(mesh)                          # before anything is written
    stored_tree.rewrite(mesh, tree, leaves)
    carrying.carry(mesh, had, had.given_through(node_of), leaf_before)       # leaves that are known to be pieces of those before
    lost = carrying.settle(mesh, had)                           # or leaves of which nothing is known: parts survive by their faces

Names, colors, what the artist made a part, what is hidden, what leaves look like, and what separate objects were made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen import identities, refining
from partgen.part_tree import PartTree
from partgen.tree_editing import TreeEdit

from . import applying, collections, regrouping, stored_features, stored_identities, stored_parts, stored_tree
from .wording import names_in_words

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

_SAME = 0.9
"""A part survives in a part that shares at least so much with it, of what either of them has."""


@dataclass(frozen=True, eq=False)
class Belongings:
    """A tree as it was, with what nodes were `given`, which leaves are `hidden` (L,), `features` (L, D) and the `identities` of leaves."""

    stored: stored_tree.StoredTree
    given: Mapping[int, stored_parts.Given]
    hidden: Bools
    features: NDArray[np.float32] | None
    identities: stored_identities.StoredIdentities | None

    @classmethod
    def of(cls, mesh: bpy.types.Mesh) -> Belongings | None:
        """What goes with the tree of `mesh` at this moment; None where it has no tree that can be used."""
        stored = stored_tree.read(mesh)
        if stored is None:
            return None
        hidden = stored_parts.hidden_leaves(mesh, stored.tree.leaf_count)
        return cls(stored, stored_parts.read(mesh), hidden, stored_features.known(mesh), stored_identities.read(mesh))

    def given_through(self, node_of: Mapping[int, int] | Ints) -> dict[int, stored_parts.Given]:
        """What the nodes of another tree have of it: `node_of` says for each node which it is now, -1 for none.

        What is left of several parts may be one node: it has what the smallest was given.
        """
        of = node_of if isinstance(node_of, Mapping) else dict(enumerate(node_of.tolist()))
        return {of[node]: self.given[node] for node in sorted(self.given, reverse=True) if of.get(node, -1) >= 0}


def carry(mesh: bpy.types.Mesh, had: Belongings, given: Mapping[int, stored_parts.Given], leaf_before: ArrayLike) -> None:
    """Writes beside a tree that was just stored on `mesh` what went with the one before, where leaves are those or pieces of those.

    `given`: what nodes of the new tree are given; `leaf_before` (L',): the former leaf of each. Separate objects follow.
    """
    before = np.asarray(leaf_before, np.int32)
    if had.features is not None:
        stored_features.write(mesh, had.features[before])
    stored_parts.write(mesh, given)
    stored_parts.write_hidden(mesh, had.hidden[before])
    regrouping.forget(mesh)
    now = stored_tree.read(mesh)
    if now is not None:
        for source in [object_ for object_ in bpy.data.objects if object_.data == mesh]:
            applying.follow_edit(source, collections.tree_identity(had.stored), collections.tree_identity(now), before)


def shared_after(
    had: Belongings, edit: TreeEdit, scale: float, divided: Mapping[int, tuple[int, int]] | None = None
) -> identities.Carried | None:
    """What an edit leaves of the identities that an object shares with others; None where it shares none. See `identities.carried`."""
    own = had.identities
    return identities.carried(had.stored.tree, edit, scale, own.joint, own.of_leaf, divided) if own is not None else None


def share(mesh: bpy.types.Mesh, had: Belongings, shared: identities.Carried) -> None:
    """Writes beside the tree of an edit the identities that it left, and lets the others know those that are new."""
    assert had.identities is not None
    group, count = had.identities.group, had.identities.joint.leaf_count
    stored_identities.write(mesh, group, shared.joint, shared.of_leaf)
    for other in stored_identities.meshes_of(group) if shared.joint.leaf_count > count else ():
        its = stored_identities.read(other)
        if other != mesh and other.library is None and its is not None and its.joint.leaf_count == count:
            stored_identities.write(other, group, shared.joint, its.of_leaf)


def carry_identities(mesh: bpy.types.Mesh, had: Belongings, leaf_before: ArrayLike) -> None:
    """Lets `mesh` go on sharing parts with other objects where some leaves are gone, and the others join in the order in which they did."""
    if had.identities is not None:
        own = had.identities
        stored_identities.write(mesh, own.group, own.joint, own.of_leaf[np.asarray(leaf_before, np.int32)])


def settle(mesh: bpy.types.Mesh, had: Belongings) -> list[stored_parts.Given]:
    """Gives the parts of a tree that was just stored on `mesh` what the artist gave to those of the tree before that had their faces.

    Returns what was given to parts that are no more. Leaves are hidden where all of their faces were.
    """
    made = {node: part for node, part in had.given.items() if part.is_made}
    now = stored_tree.read(mesh)
    if now is None or len(now.leaf_of_polygon) != len(had.stored.leaf_of_polygon):
        return list(made.values())
    node_of = counterparts(had.stored.tree, had.stored.leaf_of_polygon, now.tree, now.leaf_of_polygon, made)
    stored_parts.write(mesh, {node_of[node]: part for node, part in made.items() if node in node_of})
    before = had.hidden[had.stored.leaf_of_polygon]
    shown = np.bincount(now.leaf_of_polygon[~before], minlength=now.tree.leaf_count)
    hidden = (shown == 0) & (now.polygons_of_leaf > 0)
    stored_parts.write_hidden(mesh, hidden)
    stored_parts.hide_polygons(mesh, hidden[now.leaf_of_polygon], before)
    regrouping.forget(mesh)
    return [part for node, part in made.items() if node not in node_of]


def counterparts(before: PartTree, leaves_before: Ints, after: PartTree, leaves_after: Ints, nodes: Iterable[int]) -> dict[int, int]:
    """For `nodes` of one tree over the faces of a mesh the nodes of another that are the same part, where there are any.

    `leaves_before` and `leaves_after` (P,): the leaf of every face in either. No node answers to two.
    """
    layout = refining.Nodes.of(after)

    def counted(leaves: Ints) -> NDArray[np.float64]:
        return layout.sums(np.bincount(leaves, minlength=after.leaf_count).astype(np.float64))

    sizes, found = counted(leaves_after), []
    for node in nodes:
        its = np.isin(leaves_before, before.leaves(node)) if 0 <= node < 2 * before.leaf_count - 1 else np.zeros(len(leaves_before), bool)
        shared = counted(leaves_after[its])
        likeness = shared / np.maximum(sizes + its.sum() - shared, 1.0)
        best = int(likeness.argmax())
        if likeness[best] >= _SAME:
            found.append((-float(likeness[best]), node, best))
    node_of: dict[int, int] = {}
    for _, node, best in sorted(found):
        if best not in node_of.values():
            node_of[node] = best
    return node_of


def lost_in_words(lost: Iterable[stored_parts.Given]) -> str:
    """The end of a sentence for the artist about what was given to parts that are no more; "" where nothing was."""
    parts = list(lost)
    if not parts:
        return ""
    named = [f'"{part.name}"' for part in parts if part.name]
    nameless = len(parts) - len(named)
    others = [] if not nameless else ["1 part without a name"] if nameless == 1 else [f"{nameless} parts without a name"]
    return f"no part has the faces of {names_in_words([*named, *others])} now, so what you gave there is gone. Undo brings it back."
