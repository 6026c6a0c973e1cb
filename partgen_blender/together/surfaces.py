"""Decomposed objects as they are compared with each other: in the world, where what is up is up in all of them."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.correspondence import Frame, Surface, checked
from partgen.errors import PartgenError

from .. import mesh_data, stored_features, stored_tree
from .corners import Corners

UP = 2


def comparable_surfaces(objects: Sequence[bpy.types.Object]) -> tuple[list[Surface], str]:
    """The surfaces of decomposed objects, and a sentence where they can be compared by geometry alone, "" where by looks too.

    Looks count where one method with one set of weights made all of them. Raises PartgenError for one that has no usable tree, or no
    surface in the world.
    """
    stored = [stored_tree.require(object_.data) for object_ in objects]
    features = [stored_features.known(object_.data) for object_ in objects]
    makers = {(some.method, some.weights) for some in stored}
    are_alike = len(makers) == 1 and all(some is not None for some in features)
    note = "" if are_alike else "They were compared by geometry alone: not one method with features has decomposed all of them."
    surfaces = [
        _surface(object_, some, looks if are_alike else None) for object_, some, looks in zip(objects, stored, features, strict=True)
    ]
    return surfaces, note


def corners_in(object_: bpy.types.Object, frame: Frame) -> Corners:
    """The corners of an object's faces, where `frame` has them."""
    polygons = mesh_data.read_polygons(object_.data, object_.name)
    vertices = (polygons.vertices.astype(np.float64) @ (frame.rotation @ _linear(object_)).T - frame.middle) / frame.half
    return Corners(vertices[polygons.corner_vertices], polygons.corner_vertices, polygons.polygon_offsets, len(vertices))


def _linear(object_: bpy.types.Object) -> NDArray[np.float64]:
    """How an object's own space is turned, scaled and sheared in the world: (3, 3). Raises PartgenError where that is not finite."""
    matrix = np.array(object_.matrix_world, np.float64)[:3, :3]
    if not np.isfinite(matrix).all():
        remedy = "Clear or repair its scale, its parent or its constraints."
        raise PartgenError("object.not_finite", f"The transform of {object_.name} is not finite.", remedy)
    return matrix


def _surface(object_: bpy.types.Object, stored: stored_tree.StoredTree, features: NDArray[np.float32] | None) -> Surface:
    polygons = mesh_data.read_polygons(object_.data, object_.name)
    if not np.isfinite(polygons.vertices).all():
        sentence = f"{object_.name} has vertices that are not finite numbers."
        raise PartgenError("mesh.not_finite", sentence, "Remove them, or import it again.")
    matrix = _linear(object_)
    corners = (polygons.vertices.astype(np.float64) @ matrix.T)[polygons.corner_vertices]
    starts, sizes = polygons.polygon_offsets[:-1], np.diff(polygons.polygon_offsets)
    centers = polygons.centers @ matrix.T
    following = np.arange(1, len(corners) + 1)
    following[polygons.polygon_offsets[1:] - 1] = starts
    about = corners - np.repeat(centers, sizes, axis=0)
    crosses = np.add.reduceat(np.cross(about, about[following]), starts)  # Newell: twice the area along the normal
    double = np.linalg.norm(crosses, axis=1)
    normals = crosses / np.maximum(double, np.finfo(np.float64).tiny)[:, None] * (-1.0 if np.linalg.det(matrix) < 0 else 1.0)
    if not double.sum() > 0:
        remedy = "Look whether its scale is 0, and repair it, or leave the object out."
        raise PartgenError("mesh.no_extent", f"No face of {object_.name} has an area in the world.", remedy)
    return checked(Surface(centers, normals, double / 2, stored.leaf_of_polygon, stored.tree, features))
