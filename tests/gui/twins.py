"""A file as a colleague would share it: a table and a stool that a network has taken apart, with what their parts look like.

Runs inside a real Blender. The features are made up here, because no weights are: legs look like legs, tops like tops, whatever
they belong to, and each piece looks a little different towards its ends.
"""

from __future__ import annotations

import importlib
import math

import bpy
import numpy as np

ADD_ON = "bl_ext.user_default.partgen_blender"
BANDS = 6
"""So many leaves make up each piece, one above the other."""
KINDS = ("leg", "top", "rail", "bowl")
WIDTH = 16


def make_twins() -> list[bpy.types.Object]:
    """A table with a bowl on it, and beside it a stool; selected, the table active."""
    legs = [(x, y) for x in (-0.8, 0.8) for y in (-0.5, 0.5)]
    table = [("top", _box((0, 0, 1.05), (1.0, 0.7, 0.06)))]
    table += [("leg", _rod((x, y, 0.5), 0.07, 1.0)) for x, y in legs]
    table += [("bowl", _ball((0.3, 0.1, 1.28), 0.22))]
    stool = [("top", _rod((0, 0, 0.64), 0.4, 0.1))]
    stool += [("leg", _rod((0.28 * math.cos(a), 0.28 * math.sin(a), 0.3), 0.05, 0.6)) for a in (0.5, 2.6, 4.7)]
    stool += [("rail", _ring((0, 0, 0.22), 0.27))]
    made = [_joined("Table", table), _joined("Stool", stool)]
    made[1].location = (1.9, -0.6, 0.0)
    bpy.ops.object.select_all(action="DESELECT")
    for object_ in made:
        object_.select_set(True)
    bpy.context.view_layer.objects.active = made[0]
    return made


def _joined(name: str, pieces: list[tuple[str, bpy.types.Object]]) -> bpy.types.Object:
    """The pieces as one mesh with a tree over their bands, each piece a part at its default scale."""
    stored_tree, stored_features = (importlib.import_module(f"{ADD_ON}.{module}") for module in ("stored_tree", "stored_features"))
    part_tree = importlib.import_module("partgen.part_tree")
    leaves, features = [], []
    for number, (kind, piece) in enumerate(pieces):
        heights = np.array([polygon.center.z for polygon in piece.data.polygons])
        spread = max(float(np.ptp(heights)), 1e-6)
        bands = np.minimum((BANDS * (heights - heights.min()) / spread).astype(int), BANDS - 1)
        leaves.append(BANDS * number + bands)
        features += [_feature(kind, band) for band in range(BANDS)]
    bpy.ops.object.select_all(action="DESELECT")
    for _, piece in pieces:
        piece.select_set(True)
    bpy.context.view_layer.objects.active = pieces[0][1]
    bpy.ops.object.join()
    object_ = bpy.context.object
    object_.name = object_.data.name = name
    used, leaf_of_polygon = np.unique(np.concatenate(leaves), return_inverse=True)
    tree = part_tree.PartTree.from_merges(_merges(used // BANDS), len(pieces))
    stored_tree.write(object_.data, tree, leaf_of_polygon, "partfield", "partfield")
    stored_features.write(object_.data, np.array(features, np.float32)[used])
    object_.data.partgen.scale = tree.default_scale
    return object_


def _merges(pieces: np.ndarray) -> np.ndarray:
    """Merges of leaves (L-1, 2) of which neighbours are of the same piece: first within each piece, then the pieces."""
    merges, tops, count = [], [], len(pieces)
    for piece in np.unique(pieces):
        top, *others = np.flatnonzero(pieces == piece).tolist()
        for other in others:
            merges.append((top, other))
            top = count + len(merges) - 1
        tops.append(top)
    top, *others = tops
    for other in others:
        merges.append((top, other))
        top = count + len(merges) - 1
    return np.array(merges)


def _feature(kind: str, band: int) -> np.ndarray:
    """The feature (WIDTH,) of a band of a piece of this kind, of length one."""
    generator = np.random.default_rng(KINDS.index(kind))
    own, towards = generator.normal(size=(2, WIDTH))
    feature = own / np.linalg.norm(own) + 0.5 * (band / (BANDS - 1) - 0.5) * towards / np.linalg.norm(towards) + 0.5 / np.sqrt(WIDTH)
    return feature / np.linalg.norm(feature)


def _box(center: tuple, half: tuple) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=2.0, location=center, scale=half)
    return _applied()


def _rod(center: tuple, radius: float, length: float) -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=24, radius=1.0, location=center)
    rod = bpy.context.object
    for vertex in rod.data.vertices:  # a sphere blown up to a cylinder: faces all along, which the bands need
        x, y, z = vertex.co
        around = max(math.hypot(x, y), 1e-6)
        angle = math.asin(max(-1.0, min(1.0, z))) / (math.pi / 2)
        out = min(1.0, 8.0 * (1.0 - abs(angle)))
        vertex.co = (radius * out * x / around, radius * out * y / around, 0.5 * length * angle)
    return _applied()


def _ball(center: tuple, radius: float) -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, location=center)
    return _applied()


def _ring(center: tuple, radius: float) -> bpy.types.Object:
    bpy.ops.mesh.primitive_torus_add(major_radius=radius, minor_radius=0.03, location=center)
    return _applied()


def _applied() -> bpy.types.Object:
    bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    return bpy.context.object
