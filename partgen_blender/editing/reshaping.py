"""Asking the backend to make parts anew from what it paints, and putting them in place: one undo step for all parts of one prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import bpy
import numpy as np
from partgen.protocol import GenerateResult, ReshapeRequest, ReshapeResult

from .. import jobs, mesh_data
from . import history, paint, painting
from .placing import PartRenewal
from .renewing import NewPart
from .surroundings import Place


@dataclass(kw_only=True)
class PartReshaping(PartRenewal):
    """A part that is made anew from painted views of it."""

    title = "Reshape"
    done = "reshaped"

    results: list[ReshapeResult] = field(default_factory=list)

    def caption_of(self, result: GenerateResult | ReshapeResult) -> str:
        """See `PartRenewal`."""
        return self.prompt

    def insert(self) -> list[str]:
        said = super().insert()
        paint.tell_if_unseen()
        return said

    def new_part(self, result: GenerateResult | ReshapeResult) -> NewPart:
        """See `PartRenewal`."""
        assert isinstance(result, ReshapeResult)
        return replace(super().new_part(result), picture=result.picture, uvs=self._as_wound(result.part_uvs))


def ask(objects: Iterable[bpy.types.Object], wishes: painting.Wishes) -> list[jobs.Job]:
    """Asks for parts made anew and returns at once; `jobs.pump` puts them in place when they are there, as one undo step.

    Raises PartgenError, with nothing started, where there is no backend, no prompt, or none of the parts can be reshaped.
    """
    wishes.check()
    return jobs.start_each(objects, lambda object_: _asked(object_, wishes))


def _asked(object_: bpy.types.Object, wishes: painting.Wishes) -> tuple[PartReshaping, ReshapeRequest]:
    """The job of reshaping an object, and what the backend is told of it."""
    painting.check(object_)
    mesh = history.now(object_)
    paint.map_for(mesh, "", is_new=True)  # told now that there is no room, rather than after minutes
    seen = painting.Seen.of(object_, mesh)
    request = ReshapeRequest(
        **seen.fields,
        **painting.fields_of(wishes),
        part_uvs=np.empty((0, 3, 2), np.float32),
        depth_model=painting.folder(wishes.depth_model),
    )
    job = PartReshaping(
        subject=f"edit {object_.session_uid}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=mesh_data.read_polygons(mesh, object_.name),
        prompt=wishes.prompt.strip(),
        strength=wishes.strength,
        place=Place(np.array(object_.matrix_world, np.float64)),
        middle=seen.middle,
    )
    return job, request
