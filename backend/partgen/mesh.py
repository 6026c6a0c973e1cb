"""The Mesh value: vertices, triangles, and the polygon that each triangle came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .counting import counted
from .errors import PartgenError

STRAY = 1e6
"""So many times as far from the middle of an object as half of its vertices are, a vertex is a mistake."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles that remember their polygons.

    `vertices` (V, 3) float32, in the object's local space times its scale and shear; `faces` (F, 3) int32;
    `polygon_of_face` (F,) int32, dense from 0 and rising: the triangles of one polygon always share a part.
    """

    vertices: Floats
    faces: Ints
    polygon_of_face: Ints
    name: str = "mesh"

    @classmethod
    def from_triangles(cls, vertices: NDArray, faces: NDArray, name: str = "mesh") -> Mesh:
        """A mesh whose polygons are its triangles: `vertices` (V, 3), `faces` (F, 3). Raises PartgenError if unusable."""
        faces = np.ascontiguousarray(faces, np.int32).reshape(-1, 3)
        mesh = cls(np.ascontiguousarray(vertices, np.float32).reshape(-1, 3), faces, np.arange(len(faces), dtype=np.int32), name)
        mesh.check()
        return mesh

    @property
    def polygon_count(self) -> int:
        return int(self.polygon_of_face[-1]) + 1 if len(self.polygon_of_face) else 0

    @cached_property
    def digest(self) -> str:
        """Hexadecimal digest of the geometry: equal meshes have equal digests, whatever their names."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self.vertices, self.faces, self.polygon_of_face):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def check(self) -> None:
        """Raises PartgenError where no segmenter could work with the arrays."""
        if not len(self.faces):
            raise PartgenError("mesh.no_faces", f"{self.name} has no faces.", "Choose an object that has a surface.")
        if self.faces.min() < 0 or self.faces.max() >= len(self.vertices):
            sentence = f"{self.name} has faces that name vertices it does not have."
            raise PartgenError("mesh.bad_index", sentence, "Repair or re-export the mesh.")
        if not np.isfinite(self.vertices[self.faces]).all():
            sentence = f"{self.name} has vertices that are not finite numbers."
            raise PartgenError("mesh.not_finite", sentence, "Remove them, or re-export the mesh.")
        if not np.ptp(self.vertices[self.faces.reshape(-1)].astype(np.float64), axis=0).max() > 0:
            raise PartgenError("mesh.no_extent", f"All vertices of {self.name} lie in one point.", "Choose an object that has a surface.")
        if count := self._stray_vertices():
            strays = counted(count, "vertex", "vertices")
            sentence = f"{self.name} has {strays} so far out that the rest is but a point beside that distance."
            raise PartgenError("mesh.stray_vertices", sentence, "Remove what lies there, or re-export the mesh.")

    def _stray_vertices(self) -> int:
        """How many vertices of faces lie so much further out than half of them do that what is between them would be one point."""
        used = np.zeros(len(self.vertices), bool)
        used[self.faces] = True
        places = self.vertices[used].astype(np.float64)
        away = np.abs(places - np.median(places, axis=0)).max(axis=1)
        return int((away > STRAY * np.median(away)).sum()) if np.median(away) > 0 else 0


def polygon_centers(corners: ArrayLike, polygon_offsets: ArrayLike) -> NDArray[np.float64]:
    """The mean of the corners of every polygon, (P, 3): `corners` (C, 3) places, the first corner of every polygon and C (P+1,)."""
    offsets = np.asarray(polygon_offsets, np.int64)
    return np.add.reduceat(np.asarray(corners, np.float64), offsets[:-1], axis=0) / np.diff(offsets)[:, None]
