"""What one move of the Scale slider costs on the CPU at a million faces: benchmark_slider.py EXTENSION.zip

Run with the Python of a Blender environment. Prints, in milliseconds (median of 21), the steps of a move (cut of the tree,
the face attribute, the color table and its upload) beside two references measured in the same run: copying the labels of
all faces once, and reading them through Blender. What Blender does with a changed mesh and the frame that the GPU draws are
not PartGen's. Exits with 1 where PartGen's share of a move takes over 16 ms.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="partgen-blender-user-")

import bpy
import numpy as np
from graphics import begin_graphics

FACES = 1_000_000
LEAVES = 30_000
FRAME = 16.0


def make_mesh() -> bpy.types.Mesh:
    """A grid of triangles."""
    side = int((FACES // 2) ** 0.5)
    rows, columns = np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij")
    vertices = np.stack([rows, columns, np.sin(rows) * np.cos(columns)], axis=-1).reshape(-1, 3).astype(np.float32)
    index = np.arange((side + 1) ** 2, dtype=np.int32).reshape(side + 1, side + 1)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    mesh = bpy.data.meshes.new("Grid")
    mesh.vertices.add(len(vertices))
    mesh.loops.add(triangles.size)
    mesh.polygons.add(len(triangles))
    mesh.attributes["position"].data.foreach_set("vector", vertices.reshape(-1))
    mesh.attributes[".corner_vert"].data.foreach_set("value", triangles.reshape(-1))
    mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
    mesh.update(calc_edges=True)
    return mesh


def random_merges(generator: np.random.Generator) -> np.ndarray:
    """A tree as a segmenter makes it: random neighbours in a row merge, so that depths are those of a balanced tree with outliers."""
    nodes = list(range(LEAVES))
    merges = []
    while len(nodes) > 1:
        place = int(generator.integers(len(nodes) - 1))
        merges.append((nodes[place], nodes[place + 1]))
        nodes[place : place + 2] = [LEAVES + len(merges) - 1]
    return np.array(merges, np.int32)


def milliseconds(action: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """The median of 21 runs by a clock that counts seconds; `time.process_time` is one that a busy machine does not change."""
    times = []
    for _ in range(21):
        began = clock()
        action()
        times.append(1e3 * (clock() - began))
    return statistics.median(times)


def main(archive: str) -> int:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True, overwrite=True)
    from bl_ext.user_default.partgen_blender import overlay, regrouping, stored_tree
    from partgen.part_tree import PartTree

    begin_graphics()
    generator = np.random.default_rng(1)
    mesh = make_mesh()
    object_ = bpy.data.objects.new("Grid", mesh)
    bpy.context.collection.objects.link(object_)
    leaves = np.sort(generator.integers(0, LEAVES, len(mesh.polygons)))
    leaves[:LEAVES] = np.arange(LEAVES)
    stored_tree.write(mesh, PartTree.from_merges(random_merges(generator), 20), leaves, "geometric")
    mesh.partgen.parts = 20
    tree = regrouping.tree_of(mesh)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    began = time.perf_counter()
    overlay._up_to_date(object_, depsgraph)
    first = 1e3 * (time.perf_counter() - began)
    counts = iter(generator.integers(2, LEAVES, 1000).tolist())
    values = np.array(stored_tree.leaf_of_polygon(mesh))
    scales = iter(generator.random(1000).tolist())

    def move() -> None:
        mesh.partgen.scale = next(scales)
        overlay._up_to_date(object_, depsgraph)

    def move_and_check() -> None:
        mesh.partgen.scale = next(scales)
        bpy.context.view_layer.update()
        overlay._up_to_date(object_, depsgraph)

    rows = [
        ("reference: copying one int32 for each face", milliseconds(values.copy)),
        ("reference: reading the leaves through Blender", milliseconds(lambda: stored_tree.leaf_of_polygon(mesh))),
        ("cut of the tree", milliseconds(lambda: tree.cut_into(next(counts)))),
        ("cut and face attribute", milliseconds(lambda: stored_tree.write_parts(mesh, tree.cut_into(next(counts))))),
        ("color table and its upload", milliseconds(lambda: overlay.color_table(overlay.leaf_colors(tree, next(counts))))),
        ("all of these, through the property", milliseconds(move)),
        ("one move of the slider: all of these, Blender's own update, the check for other edits", milliseconds(move_and_check)),
    ]
    print(f"Blender {bpy.app.version_string}: {len(mesh.polygons):,} faces, {tree.leaf_count:,} leaves")
    for name, value in rows:
        print(f"  {value:8.2f} ms  {name}")
    print(f"  {first:8.2f} ms  first upload of positions and leaves, once for each object")
    return int(rows[-2][1] > FRAME)


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(code)  # the Blender module may crash when Python ends it
