"""What refining costs at 200,000 faces: benchmark_refine.py EXTENSION.zip

Run with the Python of a Blender environment. Prints, in milliseconds of this process (median), what an artist waits for: the answer
to a click, the edit of the tree that Enter makes of it, a smoothed and a snapped border, a row of the list; beside what is done
once when Refine begins, and a reference measured in the same run, reading the surface through Blender. Then the same clicks where
three objects of that size follow, which were matched before. Exits with 1 where the answer to a click takes over 150 ms.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="partgen-blender-user-")

import bpy
import numpy as np
from graphics import begin_graphics

if TYPE_CHECKING:
    from bl_ext.user_default.partgen_blender.refining import session

SEGMENTS, RINGS = 640, 156  # quads, and triangles at the poles: 200,000 triangles when split
ROWS, COLUMNS = 50, 80
LEAVES = ROWS * COLUMNS
FEATURES = 448
OTHERS, IDENTITIES = 3, 64
CLICK = 150.0
RUNS = 3


def make_object() -> bpy.types.Object:
    """A ball of triangles with bumps."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=SEGMENTS, ring_count=RINGS)
    object_ = bpy.context.object
    mesh = object_.data
    places = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", places.reshape(-1))
    places *= (1.0 + 0.1 * np.sin(6.0 * places[:, :1]) * np.cos(5.0 * places[:, 1:2])).astype(np.float32)
    mesh.vertices.foreach_set("co", places.reshape(-1))
    modifier = object_.modifiers.new("Triangulate", "TRIANGULATE")
    bpy.ops.object.modifier_apply(modifier=modifier.name)
    return object_


def decompose(object_: bpy.types.Object, generator: np.random.Generator) -> None:
    """Leaves in a grid around the ball, of which neighbours merge: so the tree has outliers as those of segmenters have."""
    from bl_ext.user_default.partgen_blender import stored_features, stored_tree
    from bl_ext.user_default.partgen_blender.refining import edits
    from partgen.part_tree import PartTree

    centers = edits.surface_of(object_.data).centers
    middle = centers - centers.mean(axis=0)
    turn = (np.arctan2(middle[:, 1], middle[:, 0]) / (2 * np.pi) % 1.0 * COLUMNS).astype(int) % COLUMNS
    height = np.argsort(np.argsort(middle[:, 2])) * ROWS // len(centers)
    leaf = height * COLUMNS + turn
    sizes = np.maximum(np.bincount(leaf, minlength=LEAVES), 1)
    seeds = np.column_stack([np.bincount(leaf, middle[:, axis], LEAVES) for axis in range(3)]) / sizes[:, None]
    nodes, merges = list(range(LEAVES)), []
    while len(nodes) > 1:
        place = int(generator.integers(len(nodes) - 1))
        merges.append((nodes[place], nodes[place + 1]))
        nodes[place : place + 2] = [LEAVES + len(merges) - 1]
    stored_tree.write(object_.data, PartTree.from_merges(merges, 12), leaf, "partfield")
    waves = seeds @ generator.normal(size=(3, FEATURES)) * 2.0
    stored_features.write(object_.data, np.sin(waves))
    object_.data.partgen.parts = 12


def milliseconds(action: Callable[[], object], runs: int = RUNS) -> float:
    """The median of some runs, by the time of this process: a busy machine does not change it."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        action()
        times.append(1e3 * (time.process_time() - began))
    return statistics.median(times)


def main(archive: str) -> int:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True, overwrite=True)
    from bl_ext.user_default.partgen_blender import mesh_data, part_rows, stored_identities, stored_tree
    from bl_ext.user_default.partgen_blender.refining import borders, edits, session
    from partgen.identities import top

    begin_graphics()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    generator = np.random.default_rng(1)
    object_ = make_object()
    mesh = object_.data
    decompose(object_, generator)
    began = time.process_time()
    refining = session.start(bpy.context)
    once = 1e3 * (time.process_time() - began)
    faces = iter(generator.integers(0, len(mesh.polygons), 1000).tolist())
    answers = _answers(refining, faces)
    refining.clicks.clear()
    refining.click(next(faces), True)
    region = refining.region
    session.stop()
    stored, scale = stored_tree.read(mesh), mesh.partgen.scale
    began = time.process_time()
    node = edits.make_part(mesh, region)
    made = 1e3 * (time.process_time() - began)
    now, surface = edits.part_of_polygon(mesh), edits.surface_of(mesh)
    rows = [
        ("reference: reading the surface through Blender", milliseconds(lambda: mesh_data.read_polygons(mesh))),
        *((f"the answer to click {count}", value) for count, value in answers.items()),
        ("Enter: the region becomes a part, with everything that is stored", made),
        ("a smoothed border, where it should run", milliseconds(lambda: borders.smoothed(surface, now, node))),
        ("a snapped border, where it should run", milliseconds(lambda: borders.snapped(surface, now, node))),
        ("the surface that borders run over, once for each", milliseconds(lambda: edits.surface_of(mesh))),
        ("the parts list follows the scale", milliseconds(lambda: _moved(mesh, generator, part_rows))),
    ]
    print(f"Blender {bpy.app.version_string}: {len(mesh.polygons):,} faces, {stored.tree.leaf_count:,} leaves, scale {scale:.3f}")
    for name, value in rows:
        print(f"  {value:8.2f} ms  {name}")
    print(f"  {once:8.2f} ms  what is done once when Refine begins")
    tree = stored_tree.read(mesh).tree
    for one in (object_, *(_copy(object_) for _ in range(OTHERS))):
        stored_identities.write(one.data, "alike", top(tree, IDENTITIES), tree.cut_into(IDENTITIES))
        one.select_set(True)
    refining = session.start(bpy.context)
    together = _answers(refining, faces)
    for count, value in together.items():
        print(f"  {value:8.2f} ms  the answer to click {count}, where {len(refining.others)} objects of this size follow")
    session.stop()
    return int(max(*answers.values(), *together.values()) > CLICK or len(refining.others) != OTHERS)


def _answers(refining: session.Session, faces: Iterator[int]) -> dict[int, float]:
    """What some clicks of a row take to be answered."""
    times: list[list[float]] = []
    for _ in range(RUNS):
        refining.clicks.clear()
        times.append([milliseconds(lambda number=number: refining.click(next(faces), number % 3 < 2), 1) for number in range(10)])
    return {count: statistics.median(run[count - 1] for run in times) for count in (1, 3, 10)}


def _copy(object_: bpy.types.Object) -> bpy.types.Object:
    """An object of its own beside one, with the same parts."""
    made = object_.copy()
    made.data = object_.data.copy()
    bpy.context.scene.collection.objects.link(made)
    return made


def _moved(mesh: bpy.types.Mesh, generator: np.random.Generator, part_rows: object) -> None:
    mesh.partgen.parts = int(generator.integers(2, 400))
    part_rows.follow(mesh)  # type: ignore[attr-defined]


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(code)  # the Blender module may crash when Python ends it
