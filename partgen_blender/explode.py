"""Exploding: the parts of an object moved away from their common center, and back exactly.

A part is moved by its delta location, never by its location: what an artist does to a part with the move tool is kept apart
from what the slider does, and 0 restores every part to the bit.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from . import collections


def arrange(collection: bpy.types.Collection) -> None:
    """Moves every part in `collection`, one that `collections.apply` made, to where its explode factor says.

    At factor f (`collection.partgen.explode`) the center of a part is 1 + f times as far from the common center as it was.
    """
    source = collections.source_of_collection(collection)
    if source is None:
        return
    parts = collections.parts_of(source)
    factor = collection.partgen.explode
    offsets = factor * explode_directions(source, parts) if factor else np.zeros((len(parts), 3))
    for part, offset in zip(parts, offsets, strict=True):
        _shift(part, Vector(offset))


def explode_directions(source: bpy.types.Object, parts: list[bpy.types.Object]) -> NDArray[np.float64]:
    """From the common center of `parts` to the center of each, in the space in which their locations count: (n, 3) float64.

    Measured on the meshes, which all are in the space of `source`: where an artist moved or turned a part does not matter.
    """
    bounds = np.array([_bounds(part.data) for part in parts]).reshape(-1, 2, 3)
    if not len(bounds):
        return np.zeros((0, 3))
    common = 0.5 * (bounds[:, 0].min(axis=0) + bounds[:, 1].max(axis=0))
    return (bounds.mean(axis=1) - common) @ np.array(source.matrix_basis.to_3x3()).T


def _bounds(mesh: bpy.types.Mesh) -> tuple[NDArray, NDArray]:
    """The lowest and highest coordinates of a mesh, each (3,): those of its data, which `bound_box` only has once it was drawn."""
    vertices = np.zeros((max(len(mesh.vertices), 1), 3), np.float32)
    if len(mesh.vertices):
        mesh.attributes["position"].data.foreach_get("vector", vertices.reshape(-1))
    return vertices.min(axis=0), vertices.max(axis=0)


def _shift(part: bpy.types.Object, offset: Vector) -> None:
    """Replaces the shift that exploding gave to `part`; a delta location that the artist typed meanwhile is kept."""
    properties = part.partgen
    if part.delta_location != Vector(properties.explode_rest) + Vector(properties.explode_offset):
        properties.explode_rest = part.delta_location - Vector(properties.explode_offset)
    properties.explode_offset = offset
    part.delta_location = Vector(properties.explode_rest) + Vector(properties.explode_offset)
