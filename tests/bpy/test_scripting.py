"""The scriptable door: a technical director takes objects apart from Python, without panel, operators or backend."""

import bpy
import numpy as np
import studio
from bl_ext.user_default.partgen_blender import collections, cutting, mesh_data, originals, palette, stored_tree


def test_labels_of_ones_own_become_objects():
    """Own labels, for instance by material, stored as a tree and applied."""
    chair = studio.ball("Chair")
    original = originals.original_of(chair)
    polygons = mesh_data.read_polygons(original.data)
    highest = np.maximum.reduceat(polygons.vertices[polygons.corner_vertices, 2], polygons.polygon_offsets[:-1])
    stored_tree.write(original.data, studio.tree(2), highest > 0.1, method="by height")
    collection = collections.apply(original, scale=0.0)
    assert len(collection.objects) == 2
    low, high = sorted(collection.objects, key=lambda part: studio.positions(part.data)[:, 2].max())
    assert studio.positions(low.data)[:, 2].max() <= 0.1 < studio.positions(high.data)[:, 2].max()
    collections.restore(original)
    assert list(bpy.data.objects) == [chair]


def test_meshes_can_be_cut_without_any_object():
    mesh = studio.ball().data
    inner, outer = cutting.cut_out(mesh, [int(polygon.center.length > 0.97) for polygon in mesh.polygons])
    assert len(inner.polygons) + len(outer.polygons) == len(mesh.polygons)


def test_a_hundred_neighbouring_ranks_have_colours_that_can_be_told_apart():
    colors = palette.colors_of_ranks(range(100))
    assert colors.shape == (100, 4)
    assert colors.dtype == np.float32
    assert ((colors >= 0) & (colors <= 1)).all()
    for first in range(90):
        few = colors[first : first + 8, :3]
        distances = np.linalg.norm(few[:, None] - few[None], axis=2)[np.triu_indices(8, 1)]
        assert distances.min() > 0.08
