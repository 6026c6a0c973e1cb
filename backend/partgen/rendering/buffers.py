"""What a camera sees of triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry.rays import RayScene
from .cameras import Camera

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Buffers:
    """For each pixel (H, W): `face` that is seen, -1 for none; `depth` from where the camera's rays begin, inf for none; `normal`
    (H, W, 3) of the face, unit, turned to the camera; `weights` (H, W, 3) barycentric coordinates in the face."""

    face: Ints
    depth: Floats
    normal: Floats
    weights: Floats

    @property
    def mask(self) -> NDArray[np.bool_]:
        return self.face >= 0


def render(scene: RayScene, points: Floats, faces: Ints, camera: Camera) -> Buffers:
    """Renders triangles `faces` (F, 3) over `points` (V, 3), of which `scene` was made."""
    origins, directions = camera.rays()
    depth, face = scene.hits(origins, directions)
    hit = face >= 0
    corners = points[faces[face[hit]]]
    at = origins[hit] + depth[hit, None] * directions[hit]
    weights = np.zeros((len(face), 3))
    weights[hit] = barycentric(at, corners)
    normal = np.zeros((len(face), 3))
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    crossed /= np.maximum(np.linalg.norm(crossed, axis=1, keepdims=True), 1e-300)
    normal[hit] = crossed * np.where(crossed @ camera.towards < 0, -1.0, 1.0)[:, None]
    side = camera.size
    return Buffers(face.reshape(side, side), depth.reshape(side, side), normal.reshape(side, side, 3), weights.reshape(side, side, 3))


def barycentric(points: Floats, corners: Floats) -> Floats:
    """The barycentric coordinates (n, 3) of points (n, 3) in triangles (n, 3, 3), each in the plane of its own."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    area = np.maximum((normal**2).sum(axis=1), 1e-300)
    second = (np.cross(points - a, c - a) * normal).sum(axis=1) / area
    third = (np.cross(b - a, points - a) * normal).sum(axis=1) / area
    return np.stack([1 - second - third, second, third], axis=1)


def normal_image(seen: Buffers, camera: Camera) -> Floats:
    """Which way surfaces look, as the networks of Bae et al. 2021 draw it: more red to the left, more green upwards, more blue to the
    camera, (H, W, 3) in 0..1. What lies behind everything looks at the camera."""
    local = seen.normal @ (camera.axes * np.array([[-1.0], [1.0], [1.0]])).T
    return np.where(seen.mask[:, :, None], 0.5 + 0.5 * local, np.array([0.5, 0.5, 1.0]))


def depth_image(depth: Floats) -> Floats:
    """Depth as depth networks draw it: 1 nearest, 0 farthest and background, (H, W) in [0, 1]."""
    seen = np.isfinite(depth)
    if not seen.any():
        return np.zeros(depth.shape)
    near, far = depth[seen].min(), depth[seen].max()
    return np.where(seen, 1 - 0.9 * (np.where(seen, depth, far) - near) / max(far - near, 1e-12), 0.0)
