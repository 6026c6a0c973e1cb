"""A new part that the backend makes of words, on its way into the place of the old one: what its methods share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.protocol import GenerateResult, ReshapeResult

from .. import jobs, mesh_data, messages
from . import history
from .renewing import NewPart
from .surroundings import Place


@dataclass(kw_only=True)
class PartRenewal(jobs.Variations):
    """A part in whose place a new one is to come."""

    prompt: str
    strength: float = 1.0
    place: Place  # of the mesh, when it was asked for
    middle: NDArray[np.float64]  # (3,) in the world: what is sent and answered is about it

    @abstractmethod
    def caption_of(self, result: GenerateResult | ReshapeResult) -> str:
        """What a new part is, in words."""

    def insert(self) -> list[str]:
        object_ = jobs.object_of(self)
        history.check(object_)
        mesh = history.now(object_)
        if mesh_data.read_polygons(mesh, object_.name).fingerprint != self.polygons.fingerprint:
            sentence = f"{object_.name} was edited while it was being {self.done}, so the new part may not fit any more."
            raise PartgenError("mesh.edited", sentence, "Ask for it again.")
        if not self.results:
            raise PartgenError("edit.nothing_made", f"Nothing was made in place of {object_.name}.", "Ask for it again.")
        parts = [self.new_part(result) for result in self.results]
        notes = history.add_parts(object_, self.prompt, parts, self.results[0].weights, self.strength)
        for note in (*notes, *self.notes):
            messages.tell("INFO", f"{object_.name}: {note}")
        return [f"{object_.name}: {parts[0].caption}."]

    def new_part(self, result: GenerateResult | ReshapeResult) -> NewPart:
        """A result in the space of the mesh, as that lay in the world when it was asked for."""
        points = self.place.to_mesh(result.vertices.astype(np.float64) + self.middle)
        return NewPart(points, self._as_wound(result.faces.astype(np.int64)), self.caption_of(result), result.seed, result.notes)

    def _as_wound(self, corners: NDArray) -> NDArray:
        """What belongs to the corners of triangles (F, 3, ...) that are wound outwards in the world, as these are wound in the mesh."""
        return corners[:, ::-1] if self.place.is_mirrored else corners
