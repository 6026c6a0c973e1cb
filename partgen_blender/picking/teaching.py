"""Learning from clicks: the leaves that an artist means who says of some places that they belong and of others that they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen import refining
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from .. import mesh_data, stored_features, stored_tree

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Example:
    """One click: in which leaf, where in the object's own space, and whether what lies there belongs to what is meant."""

    leaf: int
    location: tuple[float, float, float]
    is_wanted: bool


@dataclass(frozen=True, eq=False)
class Learner:
    """A decomposed mesh, ready to be learned of: a second for 500,000 faces, once; every answer then costs as much as there are leaves."""

    refinable: refining.Refinable
    centers: NDArray[np.float64]
    leaf_of_polygon: NDArray[np.int32]

    @classmethod
    def of(cls, mesh: bpy.types.Mesh, tree: PartTree) -> Learner:
        """Of a mesh with this tree. Raises PartgenError where it has no leaves any more."""
        leaves = stored_tree.leaf_of_polygon(mesh)
        if leaves is None:
            raise PartgenError("tree.missing", f"{mesh.name} has no parts any more.", "Decompose it again.")
        polygons = mesh_data.read_polygons(mesh)
        surface = refining.surface(polygons.vertices, polygons.corner_vertices, polygons.polygon_offsets)
        return cls(refining.refinable(tree, leaves, surface, stored_features.known(mesh)), polygons.centers, leaves)

    @property
    def tree(self) -> PartTree:
        """The tree that the leaves are of."""
        return self.refinable.tree

    def meant(self, examples: Sequence[Example]) -> Bools | None:
        """The leaves, (L,) bool, that these clicks mean; None where none of them says what belongs."""
        faces = [(self._face(example), example.is_wanted) for example in examples]
        return self.meant_by_faces([(face, is_wanted) for face, is_wanted in faces if face is not None])

    def meant_by_faces(self, told: Sequence[tuple[int, bool]]) -> Bools | None:
        """The leaves, (L,) bool, that are meant where of some faces is told whether they belong; None where none of them does."""
        return self.refinable.answer(told).leaves if any(is_wanted for _, is_wanted in told) else None

    def _face(self, example: Example) -> int | None:
        """The face of the unmodified mesh that a click means: of its leaf the nearest. None where the leaf has no faces any more."""
        faces = np.flatnonzero(self.leaf_of_polygon == example.leaf)
        if not len(faces):
            return None
        return int(faces[((self.centers[faces] - np.array(example.location)) ** 2).sum(axis=1).argmin()])
