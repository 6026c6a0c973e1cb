"""What one hover of Explore costs on the CPU at a million faces: benchmark_explore.py EXTENSION.zip

Run with the Python of a Blender environment. Prints, in milliseconds of CPU time (median of 21), what a hover takes (the ray, the
comparison of all leaves with the one that is met, their colors and the upload of these) for as many leaves and features as methods
have, beside a reference measured in the same run: copying one int32 for each face. What the GPU draws is not PartGen's. Exits with
1 where PartGen's share of a hover takes over 16 ms.
"""

from __future__ import annotations

import os
import sys
import time

from benchmark_slider import FRAME, make_mesh, milliseconds  # first: it keeps Blender away from the tester's own settings

# isort: split
import bpy
import numpy as np
from graphics import begin_graphics
from mathutils import Vector

SIZES = ((800, 448), (3_000, 32), (30_000, 32))
"""Leaves and features for each: as PartField has them, as superfaces, and ten times these."""


def main(archive: str) -> int:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True, overwrite=True)
    from bl_ext.user_default.partgen_blender import stored_features, stored_tree
    from bl_ext.user_default.partgen_blender.explore import session
    from partgen.part_tree import PartTree

    begin_graphics()
    generator = np.random.default_rng(1)
    mesh = make_mesh()
    object_ = bpy.data.objects.new("Grid", mesh)
    bpy.context.collection.objects.link(object_)
    side = float(np.sqrt(len(mesh.polygons) / 2))
    print(f"Blender {bpy.app.version_string}: {len(mesh.polygons):,} faces")
    labels = np.zeros(len(mesh.polygons), np.int32)
    print(f"  {milliseconds(labels.copy, time.process_time):8.2f} ms  reference: copying one int32 for each face")
    slowest = 0.0
    for leaves, width in SIZES:
        merges = [(0 if i == 0 else leaves + i - 1, i + 1) for i in range(leaves - 1)]
        stored_tree.write(mesh, PartTree.from_merges(merges, 20), np.arange(len(mesh.polygons)) * leaves // len(mesh.polygons), "partfield")
        features = generator.normal(size=(leaves, width)) + 1.0
        stored_features.write(mesh, features / np.linalg.norm(features, axis=1, keepdims=True))
        bpy.context.view_layer.update()
        began = time.process_time()
        exploring = session.start([object_])
        started = time.process_time()

        def hover(exploring: session.Session = exploring) -> None:
            origin = Vector((*generator.uniform(1.0, side - 1.0, 2), 50.0))
            layer = bpy.context.view_layer
            depsgraph = bpy.context.evaluated_depsgraph_get()
            assert exploring.look(origin, Vector((0.0, 0.0, -1.0)), depsgraph, layer)
            exploring.surfaces(depsgraph, layer)

        hover()
        first = time.process_time()
        median = milliseconds(hover, time.process_time)
        slowest = max(slowest, median)
        print(f"  {median:8.2f} ms  one hover with {leaves:,} leaves of {width} features")
        print(f"  {1e3 * (started - began):8.2f} ms  to begin, and {1e3 * (first - started):.2f} ms for the first hover, once")
        session.stop()
    return int(slowest > FRAME)


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(code)  # the Blender module may crash when Python ends it
