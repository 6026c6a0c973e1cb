"""The objects that a refined region applies to as well: they were matched with the refined one, are visible and selected.

    others = [follower(stool), follower(lamp)]
    found = same_region(chair, shares, others)                 # what the region of the chair is in them
    found.leaves                                               # {stool's session id: leaves}

Whole parts that were matched are the same as in Pick Part; pieces of them are found by their looks: see partgen.following.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import gpu
import numpy as np
from numpy.typing import NDArray
from partgen import following
from partgen.errors import PartgenError

from .. import overlay, regrouping, sameness, stored_features, stored_tree, twins
from ..surfaces import SurfaceOnScreen
from ..wording import names_in_words

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(kw_only=True)
class Follower(SurfaceOnScreen):
    """One object that follows, and the region that it gets: `region` (L,) of its leaves, of the colors `base` (L, 4)."""

    mesh_uid: int
    tree: object  # which one its leaves are of, as long as it has that
    base: NDArray[np.float32]
    region: Bools
    table: gpu.types.GPUTexture | None = None

    def current(self) -> bpy.types.Object | None:
        """The object as it is now; None where it is gone, or its parts are others."""
        object_ = self.object()
        if object_ is None or object_.type != "MESH" or object_.data.session_uid != self.mesh_uid:
            return None
        return object_ if regrouping.tree_of(object_.data) is self.tree else None

    def faces(self) -> Bools:
        """The faces of the region, (P,) bool, of the mesh without modifiers."""
        object_ = self.current()
        leaves = stored_tree.leaf_of_polygon(object_.data) if object_ is not None else None
        return self.region[leaves] if leaves is not None else np.zeros(0, bool)


class Looks:
    """What the leaves of meshes look like, read once for all clicks, until the parts of a mesh are others."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, tuple[tuple[str, str, int], NDArray[np.float32]] | None]] = {}  # by session id

    def of(self, mesh: bpy.types.Mesh) -> tuple[tuple[str, str, int], NDArray[np.float32]] | None:
        """What made the features of a mesh, which only then can be compared with others', and the features; None where it has none."""
        tree, kept = regrouping.tree_of(mesh), self._kept.get(mesh.session_uid)
        if kept is None or kept[0] is not tree:
            features, stored = stored_features.known(mesh), mesh[stored_tree.TREE]
            maker = str(stored.get("method", "")), str(stored.get("weights", ""))
            kept = self._kept[mesh.session_uid] = tree, None if features is None else ((*maker, features.shape[1]), features)
        return kept[1]


def follower(object_: bpy.types.Object, base: NDArray[np.float32]) -> Follower:
    """What is held of an object that follows."""
    tree = regrouping.tree_of(object_.data)
    assert tree is not None
    return Follower(
        object_.name, object_.session_uid, tree.leaf_count, mesh_uid=object_.data.session_uid, tree=tree, base=base,
        region=np.zeros(tree.leaf_count, bool),
    )  # fmt: skip


def among(object_: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> tuple[list[bpy.types.Object], list[str]]:
    """Those that follow an object, and the names of those that would but cannot be changed."""
    chosen = [other for other in view_layer.objects.selected if other.visible_get(view_layer=view_layer) and other.mode != "EDIT"]
    found, fixed = [], []
    for other in twins.among(object_.data, chosen):
        try:
            stored_tree.require_editable(other.data)
            if regrouping.tree_of(other.data) is not None:
                found.append(other)
        except PartgenError:
            fixed.append(other.name)
    return found, fixed


def same_region(object_: bpy.types.Object, shares: Floats, others: Sequence[bpy.types.Object], looks: Looks) -> twins.Same:
    """What a region of an object, its `shares` (L,) of the faces of each leaf, is in `others`, which were matched with it."""
    own = twins.identities_of(object_.data)
    if own is None or not others or not shares.any():
        return twins.Same({}, sameness.in_words([], [], [], [object_.name], False) if own is None and others else "")
    sizes, known = regrouping.polygons_of_leaf(object_.data).astype(np.float64), looks.of(object_.data)
    meant = following.followed(
        own.of_leaf, own.joint.leaf_count, lambda whole: twins.same_identities(object_, whole), shares, sizes, known[1] if known else None
    )
    found: dict[bpy.types.Object, Bools] = {}
    lacking, stale, unknown, vague = [], [], [], []
    for other in others:
        its = twins.identities_of(other.data)
        if its is None or its.joint.leaf_count != own.joint.leaf_count:
            stale.append(other.name)
            continue
        other_looks = looks.of(other.data)
        comparable = other_looks[1] if known is not None and other_looks is not None and known[0] == other_looks[0] else None
        leaves = meant.leaves(its.of_leaf, comparable)
        if meant.may_be_piece(its.of_leaf).any():
            if comparable is None:
                unknown.append(other.name)
            elif meant.looks is None:
                vague.append(other.name)
        if leaves.any() and not leaves.all():
            found[other] = leaves
        elif other.name not in (*unknown, *vague):
            lacking.append(other.name)
    return twins.Same(found, _in_words([other.name for other in found], lacking, stale, unknown, vague))


def _in_words(followed: list[str], lacking: list[str], stale: list[str], unknown: list[str], vague: list[str]) -> str:
    said = [sameness.in_words(followed, lacking, [], stale, False)]
    if unknown:
        said.append(f"A piece of a part is found by its looks, which are not known, or of another method, in {names_in_words(unknown)}")
    if vague:
        said.append(f"A piece that looks like the rest of its part is not found in {names_in_words(vague)}")
    return ". ".join(filter(None, said))


def drawn(
    some: Follower, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph, wanted: NDArray[np.float32]
) -> overlay.Surface | None:
    """What is to be drawn of one that follows: its parts, and the region in the color `wanted`."""
    batch = some.uploaded(object_, depsgraph)
    if batch is None:
        return None
    if some.table is None:
        colors = some.base.copy()
        colors[some.region] = wanted
        some.table = overlay.color_table(colors)
    return object_.matrix_world, batch, some.table
