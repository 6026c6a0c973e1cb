"""A file with an object of half a million faces that has parts: a bumpy ring, its leaves in sectors. Runs inside a real Blender."""

from __future__ import annotations

import importlib

import bpy
import numpy as np

ADD_ON = "bl_ext.user_default.partgen_blender"
NAME = "Ring"
AROUND, ACROSS = 1000, 500
SECTORS, BANDS = 48, 4
"""Leaves along the ring, and around its tube."""


def make_torus() -> bpy.types.Object:
    """The ring, selected and active: radius 2, tube 0.7, with a tree of 192 leaves, 12 parts at its scale."""
    stored_tree, part_tree = (importlib.import_module(name) for name in (f"{ADD_ON}.stored_tree", "partgen.part_tree"))
    mesh = bpy.data.meshes.new(NAME)
    vertices, faces = _surface()
    mesh.vertices.add(len(vertices))
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    mesh.attributes["position"].data.foreach_set("vector", vertices.reshape(-1))
    mesh.attributes[".corner_vert"].data.foreach_set("value", faces.reshape(-1))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    around, across = np.divmod(np.arange(len(faces)), ACROSS)
    leaves = (around * SECTORS // AROUND) * BANDS + across * BANDS // ACROSS
    tree = part_tree.PartTree.from_merges(_merges(SECTORS * BANDS), 12)
    stored_tree.write(mesh, tree, leaves, "geometric")
    object_ = bpy.data.objects.new(NAME, mesh)
    bpy.context.scene.collection.objects.link(object_)
    object_.select_set(True)
    bpy.context.view_layer.objects.active = object_
    mesh.partgen.scale = tree.default_scale
    return object_


def _surface() -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) float32 and quads (F, 4) int32."""
    u, v = np.meshgrid(np.arange(AROUND) * 2 * np.pi / AROUND, np.arange(ACROSS) * 2 * np.pi / ACROSS, indexing="ij")
    tube = 0.7 + 0.04 * np.sin(24 * u) * np.sin(9 * v) + 0.004 * np.random.default_rng(0).normal(size=u.shape)
    out = 2.0 + tube * np.cos(v)
    vertices = np.stack([out * np.cos(u), out * np.sin(u), tube * np.sin(v)], axis=-1).reshape(-1, 3).astype(np.float32)
    index = np.arange(AROUND * ACROSS, dtype=np.int32).reshape(AROUND, ACROSS)
    ahead = np.roll(index, -1, axis=0)
    faces = np.stack([index, ahead, np.roll(ahead, -1, axis=1), np.roll(index, -1, axis=1)], axis=-1).reshape(-1, 4)
    return vertices, faces


def _merges(count: int) -> np.ndarray:
    """Merges (count-1, 2) of neighbours in a row, in rounds: first the bands of a sector, then sectors."""
    merges, alive, node = [], list(range(count)), count
    while len(alive) > 1:
        merged = []
        for one, other in zip(alive[::2], alive[1::2], strict=False):
            merges.append((one, other))
            merged.append(node)
            node += 1
        alive = merged + (alive[-1:] if len(alive) % 2 else [])
    return np.array(merges)
