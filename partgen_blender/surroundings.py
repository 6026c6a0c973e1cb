"""What else stands in the scene: what a ray may meet at all, and what hides a surface from whoever points at it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

_FILLED = {"SOLID", "TEXTURED"}
"""How an object is displayed of which one sees the faces."""
_TINY = 1e-12
_MARGIN = 1e-5
"""Around bounds, of their size."""


@dataclass(frozen=True)
class Surroundings:
    """Mesh objects of a view layer by name, with their bounds in the world: `low` and `high` (n, 3)."""

    names: list[str]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, view_layer: bpy.types.ViewLayer, explored: Collection[int], depsgraph: bpy.types.Depsgraph) -> Surroundings:
        """Those that show faces, but for the objects with these session ids. Some ten microseconds for each: keep them."""
        others = [o for o in view_layer.objects if o.type == "MESH" and o.session_uid not in explored and o.display_type in _FILLED]
        return cls.around(others, depsgraph)

    @classmethod
    def around(cls, objects: Collection[bpy.types.Object], depsgraph: bpy.types.Depsgraph) -> Surroundings:
        """These objects, as they stand."""
        corners = np.empty((len(objects), 8, 3))
        for number, object_ in enumerate(objects):
            matrix = np.array(object_.matrix_world)
            corners[number] = np.array(object_.evaluated_get(depsgraph).bound_box) @ matrix[:3, :3].T + matrix[:3, 3]
        return cls([o.name for o in objects], corners.min(axis=1), corners.max(axis=1))

    def cover(
        self,
        origin: Vector,
        direction: Vector,
        distance: float,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None,
    ) -> bool:
        """Whether a visible one of them lies on the way from `origin` along `direction`, nearer than `distance`.

        Only those whose bounds are crossed are looked at closely, so that Blender prepares no mesh that was never pointed at.
        """
        if space is not None and (space.shading.type == "WIREFRAME" or space.shading.show_xray):
            return False  # one looks through everything
        viewport = {} if space is None else {"viewport": space}
        for number in self.crossed(np.array(origin), np.array(direction.normalized()), distance):
            object_ = view_layer.objects.get(self.names[number])
            if object_ is None or not object_.visible_get(view_layer=view_layer, **viewport):
                continue
            matrix = object_.matrix_world
            if not matrix.determinant():
                continue
            inverse = matrix.inverted()
            is_hit, location, *_ = object_.evaluated_get(depsgraph).ray_cast(inverse @ origin, inverse.to_3x3() @ direction)
            if is_hit and (matrix @ location - origin).length < distance:
                return True
        return False

    def crossed(self, origin: NDArray, direction: NDArray, distance: float) -> list[int]:
        """The objects whose bounds a ray crosses nearer than `distance`, in the order in which it enters them."""
        # Neither of these changes what is crossed, but without them what is flat, or lies along an axis, divides zero by zero.
        direction = np.where(np.abs(direction) < _TINY, _TINY, direction)
        margin = _MARGIN * (self.high - self.low).max(axis=1, keepdims=True) + _TINY
        first, second = (self.low - margin - origin) / direction, (self.high + margin - origin) / direction
        enter = np.minimum(first, second).max(axis=1, initial=0.0)
        leave = np.maximum(first, second).min(axis=1, initial=distance)
        met = np.flatnonzero(enter <= leave)
        return met[np.argsort(enter[met], kind="stable")].tolist()
