"""What one sees from a viewport or through the camera: rays through places of the picture, and the leaf that each of them meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen.errors import PartgenError

from ..surfaces import SurfaceOnScreen
from ..surroundings import Surroundings, in_front

Floats = NDArray[np.float64]

_UNSEEN = -1


@dataclass(frozen=True, eq=False)
class View:
    """A picture of the scene: `to_clip` (4, 4) takes points of the world to clip space; `width` and `height` in pixels."""

    to_clip: Floats
    width: float
    height: float

    @classmethod
    def of_region(cls, region: bpy.types.Region) -> View:
        """What a region of a 3D viewport shows. Raises PartgenError where it has no view."""
        if region.data is None:
            sentence = "This 3D viewport shows nothing yet."
            raise PartgenError("pick.no_viewport", sentence, "Look from one that is drawn, or through the camera.")
        return cls(np.array(region.data.perspective_matrix, np.float64), region.width, region.height)

    @classmethod
    def of_camera(cls, scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> View:
        """What the scene's camera renders. Raises AttributeError where the scene has no camera, PartgenError where it has no size."""
        if not np.linalg.det(np.array(scene.camera.matrix_world, np.float64)):
            sentence = f"{scene.camera.name} sees nothing: it has a scale of 0."
            raise PartgenError("pick.no_sight", sentence, "Give it a scale, or look from the viewport.")
        render = scene.render
        width, height = render.resolution_x * render.resolution_percentage / 100, render.resolution_y * render.resolution_percentage / 100
        camera = scene.camera.evaluated_get(depsgraph)
        aspect = {"scale_x": render.pixel_aspect_x, "scale_y": render.pixel_aspect_y}
        projection = camera.calc_matrix_camera(depsgraph, x=round(width), y=round(height), **aspect)
        return cls(np.array(projection, np.float64) @ np.linalg.inv(np.array(camera.matrix_world, np.float64)), width, height)

    def rays(self, places: Floats) -> tuple[Floats, Floats]:
        """Where rays through `places` (n, 2), pixels from the lower left, begin in the world, and their directions: (n, 3) each.

        They begin where the view begins to show something: what is nearer is clipped.
        """
        across = np.column_stack([2.0 * places[:, 0] / self.width - 1.0, 2.0 * places[:, 1] / self.height - 1.0])
        back = np.linalg.inv(self.to_clip)

        def at(depth: float) -> Floats:
            clip = np.column_stack([across, np.full(len(across), depth), np.ones(len(across))])
            world = clip @ back.T
            return world[:, :3] / world[:, 3:]

        # The second place in the middle of clip space, because at its far end single precision has little left of a perspective.
        start, way = at(-1.0), at(0.0) - at(-1.0)
        return start, way / np.linalg.norm(way, axis=1, keepdims=True)

    def may_show(self, object_: bpy.types.Object, places: Floats, depsgraph: bpy.types.Depsgraph) -> NDArray[np.bool_]:
        """At which of `places` (n, 2) an object may be seen, by its bounds: (n,) bool."""
        corners = np.array(object_.evaluated_get(depsgraph).bound_box) @ np.array(object_.matrix_world, np.float64)[:3, :3].T
        corners += np.array(object_.matrix_world.translation)
        clip = np.column_stack([corners, np.ones(8)]) @ self.to_clip.T
        if (clip[:, 3] <= 0).any():
            return np.ones(len(places), bool)  # it reaches behind the viewer
        x, y = ((clip[:, i] / clip[:, 3] + 1.0) / 2.0 * size for i, size in ((0, self.width), (1, self.height)))
        return (places[:, 0] >= x.min() - 1) & (places[:, 0] <= x.max() + 1) & (places[:, 1] >= y.min() - 1) & (places[:, 1] <= y.max() + 1)


@dataclass(frozen=True, eq=False)
class Seen:
    """What one sees at n places: `number` (n,) of the surface, -1 where there is none; `leaf` (n,) of it; `points` (n, 3) in the world."""

    number: NDArray[np.int32]
    leaf: NDArray[np.int32]
    points: Floats


def look(
    view: View,
    places: Floats,
    surfaces: Sequence[tuple[SurfaceOnScreen, bpy.types.Object]],
    others: Surroundings,
    depsgraph: bpy.types.Depsgraph,
    view_layer: bpy.types.ViewLayer,
    space: bpy.types.SpaceView3D | None = None,
) -> Seen:
    """What one sees of `surfaces` at `places` (n, 2), with `others` standing before them. Some 20 microseconds for each place."""
    origins, directions = view.rays(places)
    nearest, is_front = np.full(len(places), np.inf), np.zeros(len(places), bool)
    number, leaf = np.full(len(places), _UNSEEN, np.int32), np.zeros(len(places), np.int32)
    for index, (surface, object_) in enumerate(surfaces):
        its_front = in_front(object_, space)
        for i in np.flatnonzero(view.may_show(object_, places, depsgraph)).tolist():
            hit = surface.hit(object_, Vector(origins[i]), Vector(directions[i]), depsgraph)
            if hit is not None and (not its_front, hit.distance) < (not is_front[i], nearest[i]):
                is_front[i], nearest[i] = its_front, hit.distance
                number[i], leaf[i] = index if hit.leaf is not None else _UNSEEN, hit.leaf or 0
    met = np.flatnonzero(number >= 0)
    is_covered = others.covered(origins[met], directions[met], nearest[met], depsgraph, view_layer, space, is_front[met])
    number[met[is_covered]] = _UNSEEN
    points = origins + np.where(number >= 0, nearest, 0.0)[:, None] * directions
    return Seen(number, leaf, points)
