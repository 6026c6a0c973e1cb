"""What lies around a part that is edited: its neighbours' surface, which way is up, and how large a unit is."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.editing.attachment import attached

from .. import collections, mesh_data, stored_tree

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOST_NEIGHBOURS = 64


@dataclass(frozen=True, eq=False)
class Place:
    """Where a mesh lies: `matrix` (4, 4) from its space to the world's."""

    matrix: Floats

    def to_world(self, points: Floats) -> Floats:
        return points @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def to_mesh(self, points: Floats) -> Floats:
        return np.linalg.solve(self.matrix[:3, :3], (points - self.matrix[:3, 3]).T).T.astype(np.float64)

    @property
    def is_mirrored(self) -> bool:
        """Whether what is wound outwards in the mesh is wound inwards in the world."""
        return bool(np.linalg.det(self.matrix[:3, :3]) < 0)


@dataclass(frozen=True, eq=False)
class Surroundings(Place):
    """What lies around a mesh: `neighbours` (F, 3, 3) triangles in the world's space, wound outwards; `up` (3,)."""

    neighbours: Floats
    up: Floats
    metres_per_unit: float

    @property
    def centre(self) -> Floats | None:
        """The middle (3,) of the neighbours' box."""
        corners = self.neighbours.reshape(-1, 3)
        return (corners.min(axis=0) + corners.max(axis=0)) / 2 if len(corners) else None

    def attached(self, points: Floats) -> Bools:
        """Which points (n, 3) in the world's space touch the neighbours: (n,)."""
        return attached(points, self.neighbours.reshape(-1, 3), np.arange(3 * len(self.neighbours)).reshape(-1, 3))


def around(object_: bpy.types.Object) -> Surroundings:
    """The surroundings of an object: of a part the rest of what it was cut from, of any other object what lies beside it."""
    matrix = np.array(object_.matrix_world, np.float64)
    source = collections.source_of(object_)
    if source is not None and stored_tree.is_stored(source.data):
        neighbours = _placed(_rest_of(source, object_), matrix)  # where the part is now, also while it is exploded
    else:
        neighbours = _beside(object_)
    scale = bpy.context.scene.unit_settings.scale_length or 1.0
    return Surroundings(matrix, neighbours, np.array([0.0, 0.0, 1.0]), float(scale))


def _rest_of(source: bpy.types.Object, part: bpy.types.Object) -> Floats:
    """The triangles (F, 3, 3) of a decomposed object that are not of this part, in the mesh's space, which parts share."""
    leaves = stored_tree.leaf_of_polygon(source.data)
    corners, polygon = _triangles(source.data)
    if leaves is None:
        return np.zeros((0, 3, 3))
    return corners[~np.isin(leaves[polygon], collections.leaves_of(part))]


def _beside(object_: bpy.types.Object) -> Floats:
    """The triangles of visible mesh objects whose boxes meet this one's, in the world's space."""
    found = []
    for other in objects_beside(object_):
        matrix = np.array(other.matrix_world, np.float64)
        found.append(_placed(_triangles(other.data)[0], matrix))
    return np.concatenate(found) if found else np.zeros((0, 3, 3))


def _placed(local: Floats, matrix: Floats) -> Floats:
    """Triangles (F, 3, 3) through a matrix (4, 4), wound outwards also where that mirrors."""
    placed: Floats = local @ matrix[:3, :3].T + matrix[:3, 3]
    return placed[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else placed


def objects_beside(object_: bpy.types.Object) -> list[bpy.types.Object]:
    """The visible mesh objects whose boxes meet this one's."""
    low, high = _box(object_)
    margin = 0.02 * (high - low).max()
    found: list[bpy.types.Object] = []
    for other in bpy.context.view_layer.objects:
        if other == object_ or other.type != "MESH" or other.mode != "OBJECT" or not other.visible_get():
            continue
        other_low, other_high = _box(other)
        if (other_low < high + margin).all() and (other_high > low - margin).all() and len(other.data.polygons):
            found.append(other)
        if len(found) >= _MOST_NEIGHBOURS:
            break
    return found


def _box(object_: bpy.types.Object) -> tuple[Floats, Floats]:
    matrix = np.array(object_.matrix_world, np.float64)
    corners = np.array(object_.bound_box, np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return corners.min(axis=0), corners.max(axis=0)


def _triangles(mesh: bpy.types.Mesh) -> tuple[Floats, NDArray[np.int32]]:
    """The corners (F, 3, 3) of a mesh's triangles, and the polygon of each."""
    faces, polygon = triangles(mesh)
    return positions(mesh)[faces], polygon


def triangles(mesh: bpy.types.Mesh) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The triangles (F, 3) of a mesh as its vertices, and the polygon (F,) of each."""
    loops, polygon = corners(mesh)
    return mesh_data.corner_vertices(mesh)[loops].astype(np.int64), polygon


def corners(mesh: bpy.types.Mesh) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The triangles (F, 3) of a mesh as corners of its polygons, by number, and the polygon (F,) of each."""
    mesh.calc_loop_triangles()
    loops = np.empty(3 * len(mesh.loop_triangles), np.int32)
    polygon = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangle_polygons.foreach_get("value", polygon)
    return loops.reshape(-1, 3), polygon


def positions(mesh: bpy.types.Mesh) -> Floats:
    """The vertices of a mesh (V, 3), in its own space."""
    found = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.attributes["position"].data.foreach_get("vector", found.reshape(-1))
    return found.astype(np.float64)
