"""Completed parts of a model file as .glb: what was visible looks as it does in the file, what was generated has a material of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.triangles import points_to_barycentric
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from .completion import CompletedPart
from .completion.touching import apart
from .files import Model, clothed, glb

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INNER = "Inner"
"""The material of generated triangles: called and coloured as in Blender."""
_COLOUR = (0.72, 0.36, 0.22, 1.0)


def glb_of_parts(model: Model, parts: Sequence[CompletedPart]) -> bytes:
    """A .glb with a node for each part that has triangles, named as its file is.

    Visible triangles keep UVs, material, colours and normals of the file; generated ones have the material `INNER` and no UVs. A part
    without a visible triangle, because it was remeshed, is plain. Each is closed for a reader that merges vertices in one place.
    """
    piece_of_face, row_of_face = (np.empty(len(model.mesh.faces), np.int64) for _ in range(2))
    for number, piece in enumerate(model.pieces):
        piece_of_face[piece.faces], row_of_face[piece.faces] = number, np.arange(len(piece.faces))
    return glb(
        ((part_name(part.label), geometry) for part in parts for geometry in _geometries(model, part, piece_of_face, row_of_face)),
        model.origin,
    )


def part_name(label: int) -> str:
    """What the file and the node of a part are called."""
    return f"part_{label:03d}"


def _geometries(model: Model, part: CompletedPart, piece_of_face: Ints, row_of_face: Ints) -> Iterator[trimesh.Trimesh]:
    """A part by what its triangles look like: those of each piece of the file, and those that were generated."""
    points, faces, source = apart(part.vertices, part.faces, part.generated)
    kept = ~part.generated[source]
    original = part.original_faces[source[kept]]
    pieces = piece_of_face[original]
    for number in np.unique(pieces).tolist():
        mine = pieces == number
        of_part = source[kept][mine]
        yield _as_in_file(
            model.pieces[number].geometry, row_of_face[original[mine]], part.turned[of_part], points, faces[kept][mine], part.faces[of_part]
        )
    if not kept.all():
        used, inverse = np.unique(faces[~kept], return_inverse=True)
        made = trimesh.Trimesh(points[used], inverse.reshape(-1, 3), process=False)
        if kept.any():
            made.visual = TextureVisuals(material=PBRMaterial(name=INNER, baseColorFactor=_COLOUR, metallicFactor=0.0, roughnessFactor=0.8))
        yield made


def _as_in_file(
    geometry: trimesh.Trimesh, rows: Ints, turned: NDArray[np.bool_], points: NDArray, corners: Ints, given: Ints
) -> trimesh.Trimesh:
    """Triangles `corners` (m, 3) over points (V, 3) that look as those of a geometry, `rows` (m,), on which they lie.

    These are `given` (m, 3) over the same points, and `turned` (m,) the other way than in the geometry.
    """
    theirs = geometry.faces.view(np.ndarray)[rows]
    theirs = np.where(turned[:, None], theirs[:, ::-1], theirs)
    shares = _shares(points, corners, given)
    is_theirs = shares.max(axis=2) == 1
    by_face = geometry.visual is not None and geometry.visual.kind == "face"
    own = len(geometry.vertices) + np.repeat(np.arange(len(rows))[:, None], 3, axis=1)
    looks = own if by_face else np.where(is_theirs, np.take_along_axis(theirs, shares.argmax(axis=2), axis=1), own)
    turning = np.repeat(turned, 3)
    _, first, triangles = np.unique(
        np.stack([corners.reshape(-1), looks.reshape(-1), turning], axis=1), axis=0, return_index=True, return_inverse=True
    )
    weights, around = shares.reshape(-1, 3)[first], theirs[first // 3]

    def between(values: NDArray) -> NDArray:
        """Of values of the geometry's vertices those at the new ones."""
        mixed = np.einsum("vc,vc...->v...", weights, values[around].astype(np.float64))
        return (np.rint(mixed) if values.dtype.kind in "iu" else mixed).astype(values.dtype)

    made = clothed(geometry, points[corners.reshape(-1)[first]], triangles.reshape(-1, 3), between, rows[first // 3])
    if turning.any() and "vertex_normals" in made._cache.cache:
        made = _with_normals(made, np.where(turning[first][:, None], -made.vertex_normals, made.vertex_normals))
    return made


def _with_normals(geometry: trimesh.Trimesh, normals: Floats) -> trimesh.Trimesh:
    made = trimesh.Trimesh(geometry.vertices, geometry.faces, vertex_normals=normals, visual=geometry.visual, process=False)
    made.vertex_attributes.update(geometry.vertex_attributes)
    return made


def _shares(points: NDArray, corners: Ints, given: Ints) -> Floats:
    """How much each corner (m, 3) has of the corners of the triangle (m, 3) that it lies on: (m, 3, 3), one of them alone where it is one
    of these."""
    shares = (corners[:, :, None] == given[:, None, :]).astype(np.float64)
    row, corner = np.nonzero(shares.sum(axis=2) == 0)
    if len(row):
        inside = points_to_barycentric(points[given[row]].astype(np.float64), points[corners[row, corner]].astype(np.float64))
        inside = np.clip(np.nan_to_num(inside, nan=1 / 3), 0, 1)
        shares[row, corner] = inside / inside.sum(axis=1, keepdims=True)
    return shares
