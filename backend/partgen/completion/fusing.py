"""A generated solid and the patch that it was generated for, made one: the patch as it is, the hidden rest drawn to the solid.

The loops of the patch are filled as by `caps`, so that the result is closed and manifold whatever was generated. The fillings
are then blown out, or drawn in, along their normals until they lie on the generated surface, while they are kept smooth.
"""

from __future__ import annotations

import numpy as np
from igl import fast_winding_number, point_mesh_squared_distance
from numpy.typing import NDArray

from ..latent_diffusion.extraction import ClosedSurface
from ..mesh import Mesh
from . import CompletedPart
from .caps import cap_faces, edges_of, neighbour_means
from .crossing import NOTE as CROSSING
from .crossing import crossing_faces
from .patches import Patch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 80
SMOOTHNESS = 0.3
"""How far a vertex goes to the middle of its neighbours in every step."""
STRIDE = 0.4
"""How far it goes towards the generated surface in every step, at most, in lengths of the filling's edges."""
FINEST = 1 / 12
"""The edge length of a filling, at most, as a share of the square root of its area: enough vertices to bend it, also where the part's own
triangles, which it is otherwise as dense as, are coarser."""
SHARES = (1.0, 0.8, 0.6, 0.4, 0.2)
"""Of the way from the flat filling to the drawn one, tried until it crosses the patch nowhere; else it stays flat."""


def fused(mesh: Mesh, patch: Patch, generated: ClosedSurface, made_by: str) -> CompletedPart:
    """The patch with its loops filled along a generated surface; one without loops as it is, "whole".

    The fillings stay flat, with a note, where every other place would cross the patch.
    """
    if not patch.loops:
        return patch.closed_with(mesh, np.zeros((0, 3)), np.zeros((0, 3), np.int64), "whole")
    flat, faces = cap_faces(patch, FINEST)
    goal = drawn(patch, flat, faces, generated)
    for share in SHARES:
        points = flat + share * (goal - flat)
        if not crossings(patch, points, faces):
            return patch.closed_with(mesh, points, faces, made_by)
    notes = ["What was generated did not fit its surface; its openings were closed in the simplest way."]
    if crossings(patch, flat, faces):
        notes.append(CROSSING)
    return patch.closed_with(mesh, flat, faces, made_by, tuple(notes))


def drawn(patch: Patch, points: Floats, faces: Ints, generated: ClosedSurface) -> Floats:
    """The points (p, 3) of a filling, `faces` (q, 3) over the patch's points and these, moved to the generated surface."""
    fixed = len(patch.points)
    every = np.concatenate([patch.points, points])
    edges = edges_of(faces)
    stride = STRIDE * float(np.median(np.linalg.norm(every[edges[:, 0]] - every[edges[:, 1]], axis=1)))
    middle = neighbour_means(faces, len(every))[fixed:]
    for _ in range(STEPS):
        outward = vertex_normals(every, faces)[fixed:]
        way = np.clip(-signed_distance(every[fixed:], generated), -stride, stride)
        moved = every[fixed:] + way[:, None] * outward
        every[fixed:] = moved + SMOOTHNESS * (middle @ every - every[fixed:])
    return every[fixed:]


def vertex_normals(points: Floats, faces: Ints) -> Floats:
    """The unit normal at every point (k, 3), weighted by area; zero where no triangle is."""
    first, second, third = points[faces].transpose(1, 0, 2)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], np.cross(second - first, third - first))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)


def signed_distance(points: Floats, surface: ClosedSurface) -> Floats:
    """How far points (n, 3) are from a closed surface: (n,), negative inside."""
    distance = np.sqrt(np.maximum(point_mesh_squared_distance(points, surface.vertices, surface.faces)[0], 0))
    inside = fast_winding_number(surface.vertices, surface.faces, points) > 0.5
    return np.where(inside, -distance, distance)


def crossings(patch: Patch, points: Floats, faces: Ints) -> int:
    """How many triangles of a filling, `faces` (q, 3) over the patch's points and `points`, go through the patch or the filling."""
    every, whole = np.concatenate([patch.points, points]), np.concatenate([patch.faces, faces])
    return len(crossing_faces(every, whole, np.arange(len(whole)) >= len(patch.faces)))
