"""Exploding: the parts of a collection moved away from their common center, and back exactly.

A part is moved by its delta location, never by its location: what an artist does to a part with the move tool is kept apart
from what the slider does, and 0 restores every part to the bit.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from . import collections

# At 1, the gaps between parts are about as wide as the parts: centers are twice as far from the common center as before.
_REACH = 1.0


def arrange(collection: bpy.types.Collection) -> None:
    """Moves every part of `collection` to where its explode factor (`collection.partgen.explode`) says."""
    parts = collections.part_objects(collection)
    factor = collection.partgen.explode
    if not factor:
        for part in parts:
            _shift(part, Vector((0.0, 0.0, 0.0)))
        return
    centers = part_centers(parts)
    common = common_center(parts)
    for part, center in zip(parts, centers, strict=True):
        _shift(part, _to_parent(part) @ Vector((center - common) * _REACH * factor))


def rest(collection: bpy.types.Collection) -> None:
    """Puts every part back without changing the factor, for work that needs the parts where they belong; undone by `arrange`."""
    for part in collections.part_objects(collection):
        _shift(part, Vector((0.0, 0.0, 0.0)))


def part_centers(parts: list[bpy.types.Object]) -> NDArray[np.float64]:
    """The center of every part's bounds in the space of its own mesh, which all parts of an object share: (n, 3) float64."""
    return np.array([0.5 * (low + high) for low, high in map(_bounds, parts)]).reshape(-1, 3)


def common_center(parts: list[bpy.types.Object]) -> NDArray[np.float64]:
    """The center of the bounds of all parts together, in the same space: (3,) float64."""
    bounds = np.array([_bounds(part) for part in parts])
    return 0.5 * (bounds[:, 0].min(axis=0) + bounds[:, 1].max(axis=0))


def _bounds(part: bpy.types.Object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = np.array(part.bound_box, np.float64)
    return corners.min(axis=0), corners.max(axis=0)


def _to_parent(part: bpy.types.Object) -> Matrix:
    """How a direction of the part's mesh lies in the space in which its location counts: rotation and scale, (3, 3)."""
    return part.matrix_basis.to_3x3()


def _shift(part: bpy.types.Object, offset: Vector) -> None:
    """Replaces the shift that exploding gave to `part`; a delta location that the artist typed meanwhile is kept."""
    properties = part.partgen
    before = Vector(properties.explode_rest) + Vector(properties.explode_offset)
    now = part.delta_location.copy()
    if now != before:
        properties.explode_rest = now - Vector(properties.explode_offset)
    properties.explode_offset = offset
    part.delta_location = Vector(properties.explode_rest) + Vector(properties.explode_offset)
