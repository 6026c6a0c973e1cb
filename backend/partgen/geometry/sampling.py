"""Sampling: points on a surface, uniform over its area. The same seed, the same points."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def surface_samples(
    vertices: NDArray[np.floating], faces: NDArray[np.integer], count: int, seed: int = 0
) -> tuple[Floats, NDArray[np.int64]]:
    """Points (count, 3) on triangles (F, 3) over vertices (V, 3), and the triangles that they are on (count,). Some have an area."""
    return trimesh.sample.sample_surface(_surface(vertices, faces), count, seed=seed)


def samples_with_normals(
    vertices: NDArray[np.floating], faces: NDArray[np.integer], count: int, seed: int = 0
) -> NDArray[np.float32]:
    """The same points with the normals of their triangles: (count, 6) float32."""
    surface = _surface(vertices, faces)
    points, face = trimesh.sample.sample_surface(surface, count, seed=seed)
    return np.concatenate([points, surface.face_normals[face]], axis=1).astype(np.float32)


def _surface(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> trimesh.Trimesh:
    return trimesh.Trimesh(vertices, faces, process=False)
