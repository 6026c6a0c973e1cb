"""A table and a stool whose parts are matched, beside an egg whose halves are closed in two ways each: what there is to click at once.

Runs inside a real Blender. The ways to close the halves are made up here, because no backend is.
"""

from __future__ import annotations

import importlib
from typing import Any

import bpy
import numpy as np
from twins import ADD_ON, make_twins

EGG = "Egg"
AROUND = 24
DEPTHS = (0.0, 0.15)
"""How far the lids of each half stand out: one proposal each."""


def make_crowd() -> None:
    """The halves of the egg, the table and the stool: all selected, the table active."""
    halves = _make_egg()
    twins = make_twins()
    _module("together.matching").match(twins)
    for half in halves:
        half.select_set(True)


def _make_egg() -> set[bpy.types.Object]:
    """The two halves; the egg itself is hidden."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=AROUND, ring_count=AROUND // 2, radius=0.5, location=(-1.9, -0.4, 0.6))
    egg = bpy.context.object
    egg.name = egg.data.name = EGG
    upper = np.array([polygon.center.z > 0 for polygon in egg.data.polygons]).astype(int)
    tree = importlib.import_module("partgen.part_tree").PartTree.from_merges([(0, 1)], 2)
    _module("stored_tree").write(egg.data, tree, upper, "geometric")
    egg.data.partgen.scale = tree.default_scale
    before = set(bpy.data.objects)
    bpy.ops.partgen.apply()
    halves = set(bpy.data.objects) - before
    for half in halves:
        _close(half)
    return halves


def _close(half: bpy.types.Object) -> None:
    """Gives a half of the egg its lids, each a fan around a point in the middle."""
    proposals, stitching, patches = (_module(f"completion.{name}") for name in ("proposals", "stitching", "patches"))
    places = np.array([vertex.co for vertex in half.data.vertices])
    rim = np.flatnonzero(np.abs(places[:, 2]) < 1e-4)
    rim = rim[np.argsort(np.arctan2(places[rim, 1], places[rim, 0]))]
    side = -1.0 if places[:, 2].max() > 0.1 else 1.0  # lids look away from their half
    following = np.roll(np.arange(len(rim)), -1 if side > 0 else 1)
    faces = np.column_stack([np.arange(len(rim)), following, np.full(len(rim), len(rim))])
    surface = proposals.surface_of(patches.patch_of(half.data, half.name).polygons)
    made = []
    for depth in DEPTHS:
        middle = np.array([[0.0, 0.0, side * depth]], np.float32)
        addition = stitching.Addition(rim.astype(np.int32), middle, faces.astype(np.int32))
        made.append(proposals.Proposal(proposals.Maker("caps", "caps"), addition, surface))
    proposals.add(half, made)


def _module(name: str) -> Any:
    return importlib.import_module(f"{ADD_ON}.{name}")
