"""Asking the backend for new parts, and putting them in place: one undo step for all parts of one prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import bpy
import numpy as np
from partgen.editing.edits import check_strength
from partgen.errors import PartgenError
from partgen.protocol import GenerateRequest, GenerateResult, ReshapeResult

from .. import jobs, mesh_data
from . import history
from .placing import PartRenewal
from .surroundings import Place, around, positions, triangles

MODELS = {"generative": "parts", "drawn": "shaper"}
"""The weights of each method that makes parts here."""


@dataclass(frozen=True)
class _Wish:
    """What is asked for each of the objects, as in `GenerateRequest`."""

    prompt: str
    seed: int
    variations: int
    model: str
    strength: float
    steps: int


@dataclass(kw_only=True)
class PartGeneration(PartRenewal):
    """A part in whose place one of PartGen's own is put."""

    title = "Replace"
    done = "replaced"

    results: list[GenerateResult] = field(default_factory=list)

    def caption_of(self, result: GenerateResult | ReshapeResult) -> str:
        """See `PartRenewal`."""
        assert isinstance(result, GenerateResult)
        return result.caption


def ask(
    objects: Iterable[bpy.types.Object],
    prompt: str,
    seed: int,
    variations: int,
    method: str = "generative",
    strength: float = 1.0,
    steps: int = 0,
) -> list[jobs.Job]:
    """Asks for new parts and returns at once; `jobs.pump` puts them in place when they are there, as one undo step.

    The `method` is one of MODELS; `strength`, how far it may leave the old part, and `steps`, 0 for its own choice, are for what draws.

    Raises PartgenError, with nothing started, where there is no backend, no prompt, no strength, or none of the parts can be replaced.
    """
    if not prompt.strip():
        raise PartgenError("edit.no_prompt", "There is no prompt.", "Say what part is to be made, as in “a wheel with five spokes”.")
    if method == "drawn":  # what is found in the catalogue knows no strength
        check_strength(strength)
    wish = _Wish(prompt.strip(), seed, variations, MODELS[method], strength, steps)
    return jobs.start_each(objects, lambda object_: _asked(object_, wish))


def _asked(object_: bpy.types.Object, wish: _Wish) -> tuple[PartGeneration, GenerateRequest]:
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
    request = GenerateRequest(
        object_.name, wish.prompt, corners, faces, len(part) // 3, wish.seed, wish.variations, wish.model, wish.strength, wish.steps
    )
    job = PartGeneration(
        subject=f"edit {object_.session_uid}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=mesh_data.read_polygons(mesh, object_.name),
        prompt=wish.prompt,
        strength=wish.strength,
        place=Place(surroundings.matrix),
        middle=middle,
    )
    return job, request
