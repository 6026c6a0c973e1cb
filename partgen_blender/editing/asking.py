"""Asking the backend what a prompt means, and editing the part when it has answered: one undo step for all parts of one prompt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import bpy
from partgen.editing.edits import Edit, check_strength, checked
from partgen.errors import PartgenError
from partgen.protocol import Result, UnderstandRequest, UnderstandResult

from .. import jobs, mesh_data, messages
from . import history

MOST_SUGGESTIONS = 3


@dataclass(kw_only=True)
class PartEdit(jobs.Job):
    """A part that is to be changed as a prompt says."""

    title = "Edit"
    done = "edited"

    prompt: str
    strength: float
    seed: int
    variations: int
    add_vertices: bool
    result: UnderstandResult | None = None

    def take(self, result: Result) -> None:
        assert isinstance(result, UnderstandResult)
        self.result = result

    def insert(self) -> list[str]:
        assert self.result is not None
        if self.result.refused:
            known = "; ".join(f"“{words}”" for words in self.result.suggestions[:MOST_SUGGESTIONS])
            raise PartgenError("edit.refused", self.result.refused, f"Try {known}." if known else "")
        object_ = jobs.object_of(self)
        notes = history.add(
            object_, self.prompt, edits_in(self.result), self.strength, self.seed, self.variations, self.result.model, self.add_vertices
        )
        for note in notes:
            messages.tell("INFO", note)
        return [f"{object_.name}: {self.prompt}."]


def ask(
    objects: Iterable[bpy.types.Object], prompt: str, strength: float, seed: int, variations: int, add_vertices: bool
) -> list[jobs.Job]:
    """Asks what a prompt means for parts and returns at once; `jobs.pump` edits them when it is known, as one undo step.

    Raises PartgenError, with nothing started, where there is no backend, no prompt, or none of the parts can be edited.
    """
    if not prompt.strip():
        raise PartgenError("edit.no_prompt", "There is no prompt.", "Say what the part should become, as in “longer” or “rusty iron”.")
    check_strength(strength)

    def asked(object_: bpy.types.Object) -> tuple[PartEdit, UnderstandRequest]:
        history.check(object_)
        job = PartEdit(
            subject=f"edit {object_.session_uid}",
            object_name=object_.name,
            object_uid=object_.session_uid,
            polygons=mesh_data.read_polygons(object_.data, object_.name),
            prompt=prompt.strip(),
            strength=strength,
            seed=seed,
            variations=variations,
            add_vertices=add_vertices,
        )
        return job, UnderstandRequest(object_.name, prompt.strip())

    return jobs.start_each(objects, asked)


def edits_in(result: UnderstandResult) -> list[Edit]:
    """The edits of an answer, with what the words gave of each. Raises PartgenError where they are none."""
    try:
        told = json.loads(result.edits)
        return [_edit(dict(one)) for one in told]
    except (ValueError, TypeError) as error:
        raise PartgenError("edit.garbled", "What the backend understood could not be read.", "Restart the backend.") from error


def _edit(told: dict) -> Edit:
    said = tuple(told.pop("said", ()))
    return checked(Edit(told.pop("op", ""), told, said))
