"""Rays against a triangle mesh on the CPU, through Embree."""

from __future__ import annotations

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Embree works in float32: the mesh is brought to this size, and rays start this far (in that unit) off the surface.
UNIT = 1.0
OFFSET = 2e-5
BATCH = 1 << 20


class RayScene:
    """Triangles ready to be hit. Points go in and distances come out in the mesh's own unit."""

    def __init__(self, points: Floats, corners: NDArray) -> None:
        low, high = points.min(axis=0), points.max(axis=0)
        self.center = (low + high) / 2
        self.scale = UNIT / max(float((high - low).max()), np.finfo(np.float64).tiny)
        self.scene = rtcore_scene.EmbreeScene()
        scaled = np.ascontiguousarray((points - self.center) * self.scale, np.float32)
        self.mesh = TriangleMesh(self.scene, scaled, np.ascontiguousarray(corners, np.int32))

    def hits(self, origins: Floats, directions: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """First hits of rays: distances (n,), inf where nothing is hit; the face hit (n,), -1 for none.

        `origins` (n, 3); `directions` (n, 3) unit.
        """
        count = len(origins)
        distance = np.full(count, np.inf)
        face = np.full(count, -1, np.int64)
        for start in range(0, count, BATCH):
            part = slice(start, min(start + BATCH, count))
            ray = np.ascontiguousarray(directions[part], np.float32)
            origin = ((origins[part] - self.center) * self.scale).astype(np.float32) + ray * np.float32(OFFSET)
            found = self.scene.run(np.ascontiguousarray(origin), ray, query="INTERSECT", output=True)
            hit = found["primID"] >= 0
            distance[part] = np.where(hit, (found["tfar"].astype(np.float64) + OFFSET) / self.scale, np.inf)
            face[part] = found["primID"]
        return distance, face

    def sees(self, origins: Floats, targets: Floats, slack: float = 1e-3) -> NDArray[np.bool_]:
        """Whether the straight line from each origin (n, 3) reaches its target (n, 3) within a share `slack` of its end."""
        span = targets - origins
        length = np.linalg.norm(span, axis=1)
        directions = span / np.maximum(length, np.finfo(np.float64).tiny)[:, None]
        seen = np.empty(len(origins), bool)
        for start in range(0, len(origins), BATCH):
            part = slice(start, min(start + BATCH, len(origins)))
            ray = np.ascontiguousarray(directions[part], np.float32)
            origin = ((origins[part] - self.center) * self.scale).astype(np.float32) + ray * np.float32(OFFSET)
            reach = self.scene.run(np.ascontiguousarray(origin), ray, query="DISTANCE")
            seen[part] = reach >= length[part] * self.scale * (1 - slack) - 2 * OFFSET
        return seen


def cone_directions(axes: Floats, cosines: Floats, turns: Floats) -> Floats:
    """Unit directions (n, r, 3) at given cosines (r,) from the unit `axes` (n, 3), turned around them by `turns` radians (n, r)."""
    helper = np.where(np.abs(axes[:, :1]) > 0.7, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(axes, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-300)
    second = np.cross(axes, first)
    sines = np.sqrt(np.maximum(1 - cosines**2, 0))
    directions = axes[:, None] * cosines[:, None]
    directions += first[:, None] * (np.cos(turns) * sines)[:, :, None]
    directions += second[:, None] * (np.sin(turns) * sines)[:, :, None]
    return directions
