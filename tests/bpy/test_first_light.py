"""The main job with everything real: Blender, the installed extension, the backend process and the method that it takes by itself."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.partgen_blender import backend, collections, jobs, messages, stored_tree

pytestmark = pytest.mark.usefixtures("real_backend")


def make_dumbbell() -> bpy.types.Object:
    """Two balls on a bar, three pieces of one mesh, on an object that is stretched and mirrored."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0, location=(-3, 0, 0))
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0, location=(3, 0, 0))
    bpy.ops.mesh.primitive_cylinder_add(radius=0.3, depth=4.2, rotation=(0, 1.5708, 0))
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.join()
    dumbbell = bpy.context.object
    dumbbell.name = dumbbell.data.name = "Dumbbell"
    dumbbell.scale = (1.0, -2.0, 1.0)
    return dumbbell


def test_decompose_drag_apply_explode_save_and_reopen(tmp_path: Path) -> None:
    dumbbell = make_dumbbell()
    polygons = len(dumbbell.data.polygons)
    assert bpy.ops.partgen.decompose(method="auto") == {"FINISHED"}
    assert jobs.finish(120)
    assert not [message for message in messages.shown if message.level == "ERROR"]
    stored = stored_tree.read(dumbbell.data)
    assert (stored.method, stored.weights) == ("superfaces", "superfaces")
    assert {"superfaces", "geometric"} <= set(backend.greeting().methods)
    dumbbell.data.partgen.parts = 3
    places = np.array([dumbbell.matrix_world @ polygon.center for polygon in dumbbell.data.polygons])[:, 0]
    parts = stored_tree.part_of_polygon(dumbbell.data)
    left, middle, right = (np.unique(parts[where]) for where in (places < -2.3, abs(places) < 0.5, places > 2.3))
    assert len({*left, *middle, *right}) == len(left) + len(middle) + len(right) == 3
    assert bpy.ops.partgen.apply(hierarchy="COLLECTIONS") == {"FINISHED"}
    made = collections.parts_of(dumbbell)
    assert sum(len(part.data.polygons) for part in made) == polygons
    collections.collection_of(dumbbell).partgen.explode = 1.0
    path = str(tmp_path / "dumbbell.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    backend.stop(wait=5)
    bpy.ops.wm.open_mainfile(filepath=path)
    dumbbell = bpy.data.objects["Dumbbell"]
    dumbbell.data.partgen.parts = 2
    assert len(np.unique(stored_tree.part_of_polygon(dumbbell.data))) == 2


def test_decomposing_the_same_shape_again_is_the_same_tree() -> None:
    dumbbell = make_dumbbell()
    trees = []
    for _ in range(2):
        bpy.ops.partgen.decompose()
        assert jobs.finish(120)
        stored = stored_tree.read(dumbbell.data)
        trees.append((stored.tree.merges, stored.leaf_of_polygon))
    assert np.array_equal(trees[0][0], trees[1][0])
    assert np.array_equal(trees[0][1], trees[1][1])
