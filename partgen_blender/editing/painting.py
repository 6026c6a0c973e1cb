"""Asking the backend to paint parts, and showing what it painted: one undo step for all parts of one prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from partgen.editing.edits import check_strength
from partgen.errors import PartgenError
from partgen.protocol import PaintRequest, PaintResult

from .. import collections, jobs, mesh_data, messages
from . import history, paint
from .skins import SkinnedSurface, Skins, loop_uvs
from .surroundings import corners, objects_beside


@dataclass(frozen=True)
class Wishes:
    """How parts are to be painted; the fields are those of a PaintRequest. `model` and `controlnet` are folders or ids, "" or "auto"
    for the best that is there; `depth_model`, too, which Reshape alone asks."""

    prompt: str
    strength: float = 1.0
    seed: int = 0
    variations: int = 1
    steps: int = 0
    size: int = 0
    model: str = ""
    controlnet: str = ""
    depth_model: str = ""

    def check(self) -> None:
        """Raises PartgenError where they ask for nothing."""
        if not self.prompt.strip():
            raise PartgenError("edit.no_prompt", "There is no prompt.", "Say what the part should look like, as in “rusty iron”.")
        check_strength(self.strength)


@dataclass(kw_only=True)
class PartPainting(jobs.Variations):
    """A part that is being painted."""

    title = "Paint"
    done = "painted"

    wishes: Wishes
    uv_map: str  # the one that is painted on, unless the backend makes one
    results: list[PaintResult] = field(default_factory=list)

    def insert(self) -> list[str]:
        object_ = jobs.object_of(self)
        check(object_)
        mesh = history.now(object_)
        if mesh_data.read_polygons(mesh, object_.name).topology != self.polygons.topology:
            sentence = f"{object_.name} was edited while it was being painted, so what was painted no longer fits it."
            raise PartgenError("mesh.edited", sentence, "Paint it again.")
        if not self.results:
            raise PartgenError("edit.nothing_painted", f"Nothing was painted on {object_.name}.", "Paint it again.")
        is_new = len(self.results[0].part_uvs) > 0
        history.add_paintings(object_, self.wishes.prompt, self.results, paint.map_for(mesh, self.uv_map, is_new), self.wishes.strength)
        for note in (*self.results[0].notes, *self.notes):
            messages.tell("INFO", f"{object_.name}: {note}" if note in self.results[0].notes else note)
        paint.tell_if_unseen()
        return [f"{object_.name}: {self.wishes.prompt} ({self.results[0].weights})."]


def ask(objects: Iterable[bpy.types.Object], wishes: Wishes) -> list[jobs.Job]:
    """Asks for painted parts and returns at once; `jobs.pump` shows them when they are there, as one undo step.

    Raises PartgenError, with nothing started, where there is no backend, no prompt, or none of the parts can be painted.
    """
    wishes.check()
    return jobs.start_each(objects, lambda object_: _asked(object_, wishes))


def check(object_: bpy.types.Object) -> None:
    """Raises PartgenError where an object cannot be painted."""
    history.check(object_)
    if any(slot.link == "OBJECT" for slot in object_.material_slots):
        sentence = f"{object_.name} has materials of the object instead of its mesh, which would hide what is painted."
        raise PartgenError("edit.object_materials", sentence, "Set Link to Data in the Material tab, at every slot.")


def _asked(object_: bpy.types.Object, wishes: Wishes) -> tuple[PartPainting, PaintRequest]:
    """The job of painting an object, and what the backend is told of it: the part, then what stands around it."""
    check(object_)
    mesh = history.now(object_)
    layer = paint.painted_map(mesh, history.last_painted_map(object_))
    part_uvs = loop_uvs(mesh, layer.name)[corners(mesh)[0]] if layer is not None else np.empty((0, 3, 2), np.float32)
    seen = Seen.of(object_, mesh)
    request = PaintRequest(**seen.fields, **fields_of(wishes), part_uvs=part_uvs)
    job = PartPainting(
        subject=f"edit {object_.session_uid}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=mesh_data.read_polygons(mesh, object_.name),
        wishes=wishes,
        uv_map=layer.name if layer is not None else "",
    )
    return job, request


@dataclass(frozen=True, eq=False)
class Seen:
    """A part in its surroundings, as a painter sees it: `fields` of a PaintRequest, about the `middle` (3,) of the part in the world."""

    fields: dict[str, Any]
    middle: np.ndarray

    @classmethod
    def of(cls, object_: bpy.types.Object, mesh: bpy.types.Mesh) -> Seen:
        """What is seen of an object, whose mesh is `mesh`: the part, then what stands around it."""
        matrix = np.array(object_.matrix_world, np.float64)
        skins = Skins()
        part = skins.surface(object_, mesh, matrix)
        around = [skins.surface(other, other.data, place) for other, place in _neighbours(object_, matrix)]
        middle = (part.points.min(axis=0) + part.points.max(axis=0)) / 2  # so that single precision is enough far from the origin
        surfaces = _joined([part, *around], middle)
        return cls({"name": object_.name, **surfaces, "skins": tuple(skins.found), "polygon_of_face": part.polygon}, middle)


def fields_of(wishes: Wishes) -> dict[str, Any]:
    """The wishes as fields of a PaintRequest."""
    return {
        "prompt": wishes.prompt.strip(),
        "seed": wishes.seed,
        "variations": wishes.variations,
        "strength": wishes.strength,
        "steps": wishes.steps,
        "size": wishes.size,
        "model": folder(wishes.model),
        "controlnet": folder(wishes.controlnet),
    }


def _neighbours(object_: bpy.types.Object, matrix: np.ndarray) -> list[tuple[bpy.types.Object, np.ndarray]]:
    """What stands around an object, and its matrix: the other visible parts, as they lie together also while they are exploded."""
    source = collections.source_of(object_)
    if source is not None:
        others = [part for part in collections.parts_of(source) if part != object_ and part.type == "MESH" and part.visible_get()]
        return [(other, matrix) for other in others if len(other.data.polygons)]
    return [(other, np.array(other.matrix_world, np.float64)) for other in objects_beside(object_)]


def _joined(surfaces: list[SkinnedSurface], middle: np.ndarray) -> dict[str, np.ndarray]:
    """Surfaces as the arrays of a request, about a point (3,)."""
    first = np.cumsum([0, *(len(one.points) for one in surfaces)])
    return {
        "vertices": np.concatenate([one.points for one in surfaces]) - middle,
        "faces": np.concatenate([one.faces + offset for one, offset in zip(surfaces, first, strict=False)]),
        "corner_uvs": np.concatenate([one.corner_uvs for one in surfaces]),
        "skin_of_face": np.concatenate([one.skin for one in surfaces]),
    }


def folder(chosen: str) -> str:
    """A folder as the backend can find it, whatever the .blend file says of it; ids as they are."""
    if not chosen.strip():
        return "auto"
    return bpy.path.abspath(chosen.strip()).rstrip("/\\") if any(sign in chosen for sign in "/\\") else chosen.strip()
