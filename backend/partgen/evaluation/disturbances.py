"""What should not change an object's parts: turning, scaling, other triangles for the same surface, a little noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..geometry.adjacency import normals_and_areas, weld
from ..mesh import Mesh

Ints = NDArray[np.int64]

NOISE = 0.002
"""Standard deviation of the noise along each axis, as a share of the diagonal."""
STRETCH = (1.3, 1.0, 1 / 1.3)
SAMPLES = 200_000
"""Points on the undisturbed surface that tell the faces of another surface where they came from."""
NORMAL_WEIGHT = 0.02
"""How far apart surfaces count that face opposite ways, as a share of the diagonal: so the two sides of a sheet are told apart."""


@dataclass(frozen=True, eq=False)
class Disturbed:
    """A mesh, and the face of the undisturbed one that each of its faces (F,) came from."""

    mesh: Mesh
    origin: Ints


Disturbance = Callable[[Mesh, np.random.Generator], Disturbed]


def rotated(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Turned at random about its centre."""
    centre = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
    return _moved(mesh, Rotation.random(rng=rng).apply(mesh.vertices.astype(np.float64) - centre))


def shrunk(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """In metres what was in millimetres."""
    return _moved(mesh, mesh.vertices.astype(np.float64) * 0.001)


def grown(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """In millimetres what was in metres."""
    return _moved(mesh, mesh.vertices.astype(np.float64) * 1000)


def stretched(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Longer along one axis and shorter along another, by 1.3, the axes at random."""
    return _moved(mesh, mesh.vertices * rng.permutation(STRETCH))


def noisy(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Every corner moved at random; corners at one place stay at one place."""
    points, corners = weld(mesh.vertices, mesh.faces)
    strength = NOISE * float(np.linalg.norm(np.ptp(points, axis=0)))
    return Disturbed(_mesh(mesh, points + strength * rng.standard_normal(points.shape), corners), np.arange(len(corners)))


def subdivided(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Every face in four."""
    points, corners, origin = _subdivided(*weld(mesh.vertices, mesh.faces))
    return Disturbed(_mesh(mesh, points, corners), origin)


def decimated(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Half of the faces. Raises ModuleNotFoundError without fast_simplification."""
    return _simplified(mesh, *weld(mesh.vertices, mesh.faces), len(mesh.faces) // 2)


def remeshed(mesh: Mesh, rng: np.random.Generator) -> Disturbed:
    """Other triangles, as many: every face in four, and those decimated to the former number."""
    points, corners, _ = _subdivided(*weld(mesh.vertices, mesh.faces))
    return _simplified(mesh, points, corners, len(mesh.faces))


DISTURBANCES: dict[str, Disturbance] = {
    disturbance.__name__: disturbance for disturbance in (rotated, shrunk, grown, stretched, noisy, subdivided, decimated, remeshed)
}


def nearest_faces(mesh: Mesh, other: Mesh, rng: np.random.Generator, samples: int = SAMPLES) -> Ints:
    """The face of `mesh` that is nearest to the centre of each face of `other` (F,), among those that face alike."""
    vertices = mesh.vertices.astype(np.float64)
    normals, areas = normals_and_areas(vertices, mesh.faces.astype(np.int64))
    sampled = np.concatenate([np.arange(len(areas)), rng.choice(len(areas), samples, p=areas / areas.sum())])
    shares = np.concatenate([np.full((len(areas), 3), 1 / 3), rng.dirichlet((1, 1, 1), samples)])
    points = np.einsum("ij,ijk->ik", shares, vertices[mesh.faces[sampled]])
    weight = NORMAL_WEIGHT / 2 * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    others = other.vertices.astype(np.float64)
    centers, other_normals = others[other.faces].mean(axis=1), normals_and_areas(others, other.faces.astype(np.int64))[0]
    tree = cKDTree(np.hstack([points, weight * normals[sampled]]))
    return sampled[tree.query(np.hstack([centers, weight * other_normals]))[1]].astype(np.int64)


def _moved(mesh: Mesh, vertices: NDArray) -> Disturbed:
    return Disturbed(_mesh(mesh, vertices, mesh.faces), np.arange(len(mesh.faces)))


def _mesh(mesh: Mesh, vertices: NDArray, faces: NDArray) -> Mesh:
    return Mesh.from_triangles(vertices, faces, mesh.name)


def _subdivided(points: NDArray, corners: NDArray) -> tuple[NDArray, NDArray, Ints]:
    """Every face in four at the middles of its edges: points, faces (4F, 3), and the face that each came from."""
    edges = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    distinct, number = np.unique(edges, axis=0, return_inverse=True)
    a, b, c = corners.T
    ab, bc, ca = (number.reshape(-1, 3) + len(points)).T
    faces = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    return np.concatenate([points, points[distinct].mean(axis=1)]), faces, np.repeat(np.arange(len(corners)), 4)


def _simplified(mesh: Mesh, points: NDArray, corners: NDArray, target: int) -> Disturbed:
    """Quadric edge collapses to about `target` faces; each new face came from the nearest old one."""
    import fast_simplification

    vertices, faces = fast_simplification.simplify(
        np.ascontiguousarray(points, np.float32), np.ascontiguousarray(corners, np.int32), target_count=max(target, 4)
    )
    other = _mesh(mesh, vertices, faces)
    return Disturbed(other, nearest_faces(mesh, other, np.random.default_rng(0)))
