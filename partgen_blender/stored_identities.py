"""Which parts of several objects are the same, as the .blend file remembers it: a property of each of their meshes.

``partgen_identities`` is a group of `version`, `group` (the same text in all of them), `merges`, `heights` and `default_scale` of the
tree that joins identities, `of_leaf`, the finest identity of every leaf, and `tree`, the fingerprint of the part tree that it goes with.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.errors import PartgenError
from partgen.identities import identities_at
from partgen.part_tree import PartTree

from . import stored_tree

IDENTITIES = stored_tree.IDENTITIES
VERSION = 1


@dataclass(frozen=True, eq=False)
class StoredIdentities:
    """The `group` that a mesh is of, the `joint` tree over its identities, and the finest identity `of_leaf` (L,) int32."""

    group: str
    joint: PartTree
    of_leaf: NDArray[np.int32]

    def at(self, scale: float) -> NDArray[np.int32]:
        """The identity of every leaf at a scale, a node of the joint tree: (L,) int32."""
        return identities_at(self.joint, self.of_leaf, scale)


def write(mesh: bpy.types.Mesh, group: str, joint: PartTree, of_leaf: ArrayLike) -> None:
    """Stores identities beside the tree that `mesh` has, in place of those that were stored before."""
    mesh[IDENTITIES] = {
        "version": VERSION,
        "group": group,
        "default_scale": joint.default_scale,
        # A property cannot be an empty array: of one identity there are none.
        **({"merges": joint.merges.reshape(-1), "heights": joint.heights} if len(joint.merges) else {}),
        "of_leaf": np.asarray(of_leaf, np.int32),
        "tree": _fingerprint(mesh),
    }


def read(mesh: bpy.types.Mesh) -> StoredIdentities | None:
    """The identities that are stored on `mesh`; None where there are none, or where they go with another tree than it has now."""
    stored = mesh.get(IDENTITIES)
    if stored is None or stored_tree.TREE not in mesh:
        return None
    try:
        if int(stored["version"]) > VERSION or str(stored["tree"]) != _fingerprint(mesh):
            return None
        merges, heights = np.array(stored.get("merges", ()), np.int32), np.array(stored.get("heights", ()), np.float32)
        joint = PartTree(merges.reshape(-1, 2), heights, float(stored["default_scale"]))
        of_leaf = np.array(stored["of_leaf"], np.int32)
        fits = len(of_leaf) == len(mesh[stored_tree.TREE].get("merges", ())) // 2 + 1
        if not fits or of_leaf.min() < 0 or of_leaf.max() >= joint.leaf_count:
            return None
        return StoredIdentities(str(stored["group"]), joint, of_leaf)
    except (KeyError, TypeError, ValueError, AttributeError, PartgenError):
        return None


def group_of(mesh: bpy.types.Mesh) -> str:
    """The group of `mesh`, usable or not, "" without one: fast enough for every move of the slider."""
    stored = mesh.get(IDENTITIES)
    return str(stored.get("group", "")) if hasattr(stored, "get") else ""


def revision_of(mesh: bpy.types.Mesh) -> tuple[str, int]:
    """What changes where a mesh is matched anew, or others of its group get identities of their own: the group, and how many there are."""
    stored = mesh.get(IDENTITIES)
    return (str(stored.get("group", "")), len(stored.get("heights", ()))) if hasattr(stored, "get") else ("", 0)


def forget(mesh: bpy.types.Mesh) -> None:
    """Lets `mesh` go its own way; its tree and what its parts are called stay."""
    mesh.pop(IDENTITIES, None)


def meshes_of(group: str) -> list[bpy.types.Mesh]:
    """The meshes of a group that are used."""
    return [mesh for mesh in bpy.data.meshes if group and mesh.users and group_of(mesh) == group]


def _fingerprint(mesh: bpy.types.Mesh) -> str:
    """What tells the tree that identities were stored with from every other."""
    return f"{zlib.crc32(np.array(mesh[stored_tree.TREE].get('merges', ()), np.int32).tobytes()):08x}"
