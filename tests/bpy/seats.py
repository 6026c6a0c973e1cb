"""Objects that share parts: rows of unit squares, each a leaf, that a chair, a stool and a lamp are called."""

from __future__ import annotations

import bpy
import numpy as np
import studio
from bl_ext.user_default.partgen_blender import stored_identities, stored_tree
from partgen.identities import grouped
from partgen.part_tree import PartTree

JOINT = PartTree(np.array([(0, 1), (2, 3), (4, 5)]), np.array([0.4, 0.6, 1.0]), 0.2)
"""Four identities, of which the first two come together first: seat and cushion, leg and foot."""
FINE, MIDDLE = 0.3, 0.5
CHAIR, STOOL, LAMP = (0, 0, 1, 1, 2, 2, 3, 3), (3, 3, 2, 0, 0, 0), (3, 2, 2)


def own_tree(identities: tuple[int, ...]) -> PartTree:
    """A tree over leaves with these identities, which are whole parts at FINE, and then join as JOINT says."""
    tree = grouped(studio.tree(len(identities), 2), np.array(identities), JOINT)
    within = np.arange(len(tree.heights)) < len(identities) - len(set(identities))
    return PartTree(tree.merges, np.where(within, 0.5 * tree.heights, tree.heights), JOINT.default_scale)


def kin(name: str, identities: tuple[int, ...], y: float) -> bpy.types.Object:
    """Unit squares in a row along x at some y, each a leaf with an identity of JOINT."""
    count = len(identities)
    corners = np.array([(0, y, 0), (1, y, 0), (1, y + 1, 0), (0, y + 1, 0)], np.float32)
    mesh = bpy.data.meshes.new(name)
    vertices = np.concatenate([corners + np.float32([i, 0, 0]) for i in range(count)])
    mesh.from_pydata(vertices, [], np.arange(4 * count).reshape(-1, 4).tolist())
    object_ = studio.put(name, mesh)
    stored_tree.write(mesh, own_tree(identities), np.arange(count), "geometric")
    stored_identities.write(mesh, "seats", JOINT, identities)
    mesh.partgen.scale = FINE
    return object_


def three() -> tuple[bpy.types.Object, bpy.types.Object, bpy.types.Object]:
    """A chair, a stool that has no cushion (identity 1) and a lamp that has neither that nor a seat (0), all selected."""
    objects = kin("Chair", CHAIR, 0.0), kin("Stool", STOOL, 10.0), kin("Lamp", LAMP, 20.0)
    for object_ in objects:
        object_.select_set(True)
    return objects
