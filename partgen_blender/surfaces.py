"""Surfaces of decomposed objects as they are on screen, after all modifiers: which leaf a ray meets, and what the GPU draws.

Modifiers hand the face attribute ``partgen_leaf`` on to the faces that they make of others, so a place on screen is known in the
original mesh too. Of those that make a surface anew (Remesh, some geometry nodes) no leaf is known, and that is what is told then.
Nothing here keeps a reference to Blender's data between two calls: undo, deleted objects and other files do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import gpu
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from . import mesh_data, overlay, session_ids, stored_tree

_MOST_HIDDEN = 200
"""So many hidden faces, one behind the other, does a ray go through."""
_STEP = 1e-6
"""Behind a hidden face the ray goes on, by this share of where it is: more than single precision rounds."""
_NO_LEAVES = np.empty(0, np.int32)


@dataclass(frozen=True)
class Hit:
    """Where a ray of the world meets a surface: how far away, in which leaf (None where that is not known), where in the object's space."""

    distance: float
    leaf: int | None
    location: tuple[float, float, float]


@dataclass
class SurfaceOnScreen:
    """One object whose mesh has `leaf_count` leaves. Its surface is read when it is needed first, and after edits."""

    name: str
    uid: int
    leaf_count: int
    leaves: NDArray[np.int32] | None = None  # of the polygons on screen; none where these are not known
    hidden: NDArray[np.bool_] | None = None  # the polygons on screen that were hidden in Edit Mode; None where there are none
    batch: gpu.types.GPUBatch | None = None

    def object(self) -> bpy.types.Object | None:
        """The object as it is now, under whatever name; None where it is gone."""
        return session_ids.find(bpy.data.objects, self.uid, self.name)

    @property
    def has_no_leaves(self) -> bool:
        """Whether it was read, and no leaf of it is known."""
        return self.leaves is not None and not len(self.leaves)

    def let_go(self) -> None:
        """Forgets what was read: after edits."""
        self.leaves = self.hidden = self.batch = None

    def hit(self, object_: bpy.types.Object, origin: Vector, direction: Vector, depsgraph: bpy.types.Depsgraph) -> Hit | None:
        """Where a ray of the world meets what is not hidden of the surface; None where it does not.

        The first ray at a mesh takes the time that Blender needs to prepare it, half a second for a million faces; each further
        one microseconds.
        """
        matrix = object_.matrix_world
        if not matrix.determinant():
            return None  # scaled to nothing
        inverse = matrix.inverted()
        start, way = inverse @ origin, (inverse.to_3x3() @ direction).normalized()
        evaluated = object_.evaluated_get(depsgraph)
        for number in range(_MOST_HIDDEN):
            is_hit, location, _, polygon = evaluated.ray_cast(start, way)
            if not is_hit:
                return None
            if self.leaves is None:
                self.read(object_, depsgraph)
            if not self._is_hidden(polygon):
                leaf = int(self.leaves[polygon]) if self.leaves is not None and polygon < len(self.leaves) else None
                return Hit((matrix @ location - origin).length, leaf, tuple(location))
            start = location + way * (_STEP * (number + 1) * max(location.length, (location - start).length))
        return None

    def read(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> None:
        """Reads the leaves of the polygons on screen."""
        evaluated = object_.evaluated_get(depsgraph)
        mesh = evaluated.to_mesh()
        try:
            self._read(mesh)
        finally:
            evaluated.to_mesh_clear()

    def uploaded(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> gpu.types.GPUBatch | None:
        """The triangles of the surface on the GPU, with the leaf of each; None where no leaf is known."""
        if self.batch is None and not self.has_no_leaves:
            evaluated = object_.evaluated_get(depsgraph)
            mesh = evaluated.to_mesh()
            try:
                self._read(mesh)
                if self.leaves is not None and len(self.leaves):
                    self.batch = overlay.surface_batch(mesh, mesh_data.read_polygons(mesh, object_.name), self.leaves)
            finally:
                evaluated.to_mesh_clear()
        return self.batch

    def _read(self, mesh: bpy.types.Mesh) -> None:
        """Reads the leaves of an evaluated mesh."""
        leaves = stored_tree.leaf_of_polygon(mesh)
        if leaves is None:
            self.leaves = _NO_LEAVES
            return
        # What was joined to the object since brought leaves of its own: a wrong color is better than none.
        self.leaves = np.clip(leaves, 0, self.leaf_count - 1)
        self.hidden = mesh_data.hidden_polygons(mesh)

    def _is_hidden(self, polygon: int) -> bool:
        return self.hidden is not None and polygon < len(self.hidden) and bool(self.hidden[polygon])
