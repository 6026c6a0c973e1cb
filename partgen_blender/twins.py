"""The objects that a click on one of them applies to as well: they share its parts, are visible, and are selected or picked from.

    others = twins.among(chair.data, [stool, lamp])        # those that were matched with the chair
    twins.same(chair, leaves, others).leaves               # {stool: leaves}, what is the same there
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen import following
from partgen.part_tree import PartTree
from partgen.refining import Nodes

from . import regrouping, sameness, stored_identities

Bools = NDArray[np.bool_]

_kept: dict[int, tuple[PartTree, tuple[str, int], stored_identities.StoredIdentities | None]] = {}  # by session id of the mesh
_layouts: dict[int, tuple[PartTree, Nodes]] = {}  # by session id of the mesh


def forget_all() -> None:
    """Drops what is kept of every mesh: after another file was opened."""
    _kept.clear()
    _layouts.clear()


def identities_of(mesh: bpy.types.Mesh) -> stored_identities.StoredIdentities | None:
    """The identities of a mesh that go with its tree; None where there are none. Read once, until something changes."""
    revision, tree = stored_identities.revision_of(mesh), regrouping.tree_of(mesh)
    if not revision[0] or tree is None:
        return None
    kept = _kept.get(mesh.session_uid)
    if kept is None or kept[0] is not tree or kept[1] != revision:
        kept = _kept[mesh.session_uid] = tree, revision, stored_identities.read(mesh)
    return kept[2]


def may_have_some(mesh: bpy.types.Mesh) -> bool:
    """Whether a mesh was ever matched with others: fast enough for every move of the mouse."""
    return bool(stored_identities.group_of(mesh))


def among(mesh: bpy.types.Mesh, objects: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those of `objects` that were matched with `mesh`, one for each mesh but itself; their parts may have changed since."""
    group = stored_identities.group_of(mesh)
    found: dict[int, bpy.types.Object] = {}
    for object_ in objects if group else ():
        if object_.type == "MESH" and object_.data != mesh and stored_identities.group_of(object_.data) == group:
            found.setdefault(object_.data.session_uid, object_)
    return list(found.values())


@dataclass(frozen=True, eq=False)
class Same:
    """What is the same as something that is picked: leaves by object, and what there is to say, "" where nothing."""

    leaves: dict[bpy.types.Object, Bools]
    remark: str


def same(object_: bpy.types.Object, chosen: Bools, others: Iterable[bpy.types.Object]) -> Same:
    """What `chosen` leaves, (L,) bool, of an object are in `others`, which were matched with it: those without such a part are left out."""
    mesh, own = object_.data, identities_of(object_.data)
    others = list(others)
    if not others:
        return Same({}, "")
    if own is None:
        return Same({}, sameness.in_words([], [], [], [object_.name], False))
    meant = _meant(mesh, own, chosen)
    found: dict[bpy.types.Object, Bools] = {}
    lacking, undivided, stale = [], [], []
    for other in others:
        its, tree = identities_of(other.data), regrouping.tree_of(other.data)
        if its is None or tree is None or its.joint.leaf_count != own.joint.leaf_count:
            stale.append(other.name)
            continue
        leaves = meant.leaves(its.of_leaf)
        if not leaves.any():
            lacking.append(other.name)
            continue
        found[other] = leaves
        if not following.is_divided_so(tree.nodes(other.data.partgen.scale), leaves):
            undivided.append(other.name)
    return Same(found, sameness.in_words([o.name for o in found], lacking, undivided, stale, meant.is_piece))


def alone_in_words(mesh: bpy.types.Mesh, node: int) -> str:
    """What to say of a part, a node of a mesh, that no object that was matched with it has; "" where one has it, or none was matched."""
    own, tree = identities_of(mesh), regrouping.tree_of(mesh)
    if own is None or tree is None:
        return ""
    its = own.of_leaf[tree.leaves(node)]
    for other in stored_identities.meshes_of(own.group):
        theirs = identities_of(other) if other != mesh else None
        if theirs is not None and np.isin(its, theirs.of_leaf).any():
            return ""
    return "No object that was matched with it has such a part: Match Parts again looks for it"


def same_identities(object_: bpy.types.Object, chosen: Bools) -> Bools:
    """The finest identities, (K,) bool, that `chosen` leaves, (L,) bool, of an object mean. It has identities that go with its tree."""
    own = identities_of(object_.data)
    assert own is not None
    return _meant(object_.data, own, chosen).identities


def _meant(mesh: bpy.types.Mesh, own: stored_identities.StoredIdentities, chosen: Bools) -> following.SameParts:
    return following.same_parts(*_laid_out(mesh), own.joint, own.of_leaf, chosen, mesh.partgen.scale)


def _laid_out(mesh: bpy.types.Mesh) -> tuple[PartTree, Nodes]:
    """The tree of a mesh that has one, and its nodes in a row: found once, as long as the tree stays the same."""
    tree = regrouping.tree_of(mesh)
    assert tree is not None
    kept = _layouts.get(mesh.session_uid)
    if kept is None or kept[0] is not tree:
        kept = _layouts[mesh.session_uid] = tree, Nodes.of(tree)
    return kept
