"""Asking the backend for new parts, and putting them in place: one undo step for all parts of one prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.protocol import GenerateRequest, GenerateResult

from .. import jobs, mesh_data, messages
from . import history
from .surroundings import Surroundings, around, positions, triangles


@dataclass(kw_only=True)
class PartGeneration(jobs.Variations):
    """A part in whose place a new one is made."""

    title = "Replace"
    done = "replaced"

    prompt: str
    surroundings: Surroundings
    middle: NDArray[np.float64]  # (3,) in the world: what is sent and answered is about it
    results: list[GenerateResult] = field(default_factory=list)

    def insert(self) -> list[str]:
        object_ = jobs.object_of(self)
        history.check(object_)
        mesh = history.now(object_)
        if mesh_data.read_polygons(mesh, object_.name).fingerprint != self.polygons.fingerprint:
            sentence = f"{object_.name} was edited while it was being replaced, so the new part may not fit any more."
            raise PartgenError("mesh.edited", sentence, "Ask for it again.")
        if not self.results:
            raise PartgenError("edit.nothing_made", f"Nothing was made in place of {object_.name}.", "Ask for it again.")
        notes = history.add_parts(object_, self.prompt, self.results, [self._in_mesh(result) for result in self.results])
        for note in (*notes, *self.notes):
            messages.tell("INFO", f"{object_.name}: {note}")
        return [f"{object_.name}: {self.results[0].caption}."]

    def _in_mesh(self, result: GenerateResult) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The new part in the space of the mesh, as that lay in the world when it was asked for."""
        points = self.surroundings.to_mesh(result.vertices.astype(np.float64) + self.middle)
        faces = result.faces.astype(np.int64)
        return points, faces[:, ::-1] if self.surroundings.is_mirrored else faces


def ask(objects: Iterable[bpy.types.Object], prompt: str, seed: int, variations: int) -> list[jobs.Job]:
    """Asks for new parts and returns at once; `jobs.pump` puts them in place when they are there, as one undo step.

    Raises PartgenError, with nothing started, where there is no backend, no prompt, or none of the parts can be replaced.
    """
    if not prompt.strip():
        raise PartgenError("edit.no_prompt", "There is no prompt.", "Say what part is to be made, as in “a wheel with five spokes”.")
    return jobs.start_each(objects, lambda object_: _asked(object_, prompt.strip(), seed, variations))


def _asked(object_: bpy.types.Object, prompt: str, seed: int, variations: int) -> tuple[PartGeneration, GenerateRequest]:
    """The job of replacing an object, and what the backend is told of it: its triangles, then those of what lies around it."""
    history.check(object_)
    mesh = history.now(object_)
    surroundings = around(object_)
    part = surroundings.to_world(positions(mesh)[triangles(mesh)[0]].reshape(-1, 3))
    if surroundings.is_mirrored:
        part = part.reshape(-1, 3, 3)[:, ::-1].reshape(-1, 3)
    middle = (part.min(axis=0) + part.max(axis=0)) / 2  # so that single precision is enough far from the origin
    corners = np.concatenate([part, surroundings.neighbours.reshape(-1, 3)]) - middle
    faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    request = GenerateRequest(object_.name, prompt, corners, faces, len(part) // 3, seed, variations)
    job = PartGeneration(
        subject=f"edit {object_.session_uid}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=mesh_data.read_polygons(mesh, object_.name),
        prompt=prompt,
        surroundings=surroundings,
        middle=middle,
    )
    return job, request
