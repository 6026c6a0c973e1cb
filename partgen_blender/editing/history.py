"""The steps of an edited object: added, adjusted, taken back, kept.

    add(handle, "longer", edits_from([{"op": "scale", "axis": "length"}]))
    revert(handle, steps=1)      # takes the last step back
    keep(handle)                 # what it is now is what it is

The mesh from before the first step is kept beside the object, hidden in no scene, until the edits are kept or reverted: every
change of a slider starts from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.editing.edits import OPERATIONS, Edit
from partgen.editing.variations import varied
from partgen.errors import PartgenError
from partgen.protocol import PaintResult

from .. import messages
from . import paint, renewing
from .remaking import Change, remake
from .renewing import NewPart
from .surroundings import around

_FIELD = {"ratio": "factor", "angle": "degrees", "amount": "share", "count": "count", "seed": "count", "choice": "choice", "text": "text"}
_quiet = False


def add(
    object_: bpy.types.Object,
    prompt: str,
    edits: Sequence[Edit],
    strength: float = 1.0,
    seed: int = 0,
    variations: int = 1,
    made_by: str = "instruct",
    add_vertices: bool = False,
) -> list[str]:
    """Changes an object by edits, as one step more. Returns sentences for the artist.

    Raises PartgenError, with nothing changed, where the object cannot be edited or an edit cannot be done.
    """
    check(object_)
    if strength == 0:
        sentence = f"At strength 0 nothing of {object_.name} would change."
        raise PartgenError("edit.no_strength", sentence, "Raise the strength.")
    with _quietly():
        step = _next_step(object_, prompt, made_by)
        step.strength, step.seed, step.variations, step.add_vertices = strength, seed, max(1, variations), add_vertices
        for edit in edits:
            _write(step.edits.add(), edit)
    return _taken(object_)


def add_paintings(object_: bpy.types.Object, prompt: str, painted: Sequence[PaintResult], uv_map: str, strength: float = 1.0) -> list[str]:
    """Shows what was painted on an object, as one step more, whose variations are `painted`. Returns sentences for the artist.

    `uv_map` is the name of the map that it was painted for. Raises PartgenError, with nothing changed, where the object cannot be edited.
    """
    check(object_)
    with _quietly():
        step = _next_step(object_, prompt, painted[0].weights)
        step.strength, step.seed, step.variations = strength, painted[0].seed, len(painted)
        for result in painted:
            _add_picture(step, object_, result.seed, result.picture, uv_map)
            if len(result.part_uvs):
                paint.remember_uvs(step.paintings[-1].image, now(object_), result.part_uvs)
    return _taken(object_)


def add_parts(object_: bpy.types.Object, prompt: str, made: Sequence[NewPart], made_by: str, strength: float = 1.0) -> list[str]:
    """Puts a new part in the place of an object's, as one step more, whose variations are `made`. Returns sentences for the artist.

    Raises PartgenError, with nothing changed, where the object cannot be edited, or has no room for the UV map of what was painted.
    """
    check(object_)
    uv_map = paint.map_for(now(object_), "", is_new=any(part.picture is not None for part in made))
    meshes = renewing.renewed(now(object_), [(part.points, part.faces) for part in made], f"{object_.name} {prompt}"[:60])
    with _quietly():
        step = _next_step(object_, prompt, made_by)
        step.strength, step.seed, step.variations = strength, made[0].seed, len(made)
        for one, mesh in zip(made, meshes, strict=True):
            part = step.parts.add()
            part.mesh, part.caption, part.notes = mesh, one.caption, "\n".join(one.notes)
            if one.picture is not None and one.uvs is not None:
                _add_picture(step, object_, one.seed, one.picture, uv_map)
                paint.remember_uvs(step.paintings[-1].image, mesh, one.uvs)
    return _taken(object_)


def _add_picture(step: bpy.types.PropertyGroup, object_: bpy.types.Object, seed: int, pixels: NDArray[np.uint8], uv_map: str) -> None:
    """Gives a step one painting more: a picture (n, n, 3) that is laid on by a UV map."""
    painting = step.paintings.add()
    painting.seed, painting.uv_map = seed, uv_map
    painting.image = paint.picture(f"{object_.name} {step.prompt}"[:60], pixels)


def now(object_: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of an object after all of its edits, also while it shows what it was before."""
    return object_.partgen_edited.result or object_.data


def last_painted_map(object_: bpy.types.Object) -> str:
    """The UV map that was painted on last; "" where none was."""
    return next((step.paintings[0].uv_map for step in reversed(object_.partgen_edited.steps) if step.paintings), "")


def _next_step(object_: bpy.types.Object, prompt: str, made_by: str) -> bpy.types.PropertyGroup:
    """One step more of an object, whose own mesh is put aside before the first."""
    edited = object_.partgen_edited
    edited.show_original = False
    if not edited.steps:
        _begin(object_)
    step = edited.steps.add()
    step.prompt, step.made_by = prompt, made_by
    return step


def _taken(object_: bpy.types.Object) -> list[str]:
    """Makes the object anew after a step was added, which is taken away again where that cannot be."""
    try:
        return recompute(object_)
    except PartgenError:
        _remove_unused(_forget_last(object_))
        raise


def check(object_: bpy.types.Object) -> None:
    """Raises PartgenError where an object cannot be edited."""
    name = object_.name
    if object_.type != "MESH":
        raise PartgenError("edit.no_mesh", f"{name} is no mesh.", "Convert it to a mesh first.")
    if object_.mode != "OBJECT":
        raise PartgenError("mesh.edit_mode", f"{name} is in {object_.mode.title()} Mode.", "Return to Object Mode first.")
    if object_.library is not None or object_.data.library is not None or object_.override_library is not None:
        raise PartgenError("mesh.linked", f"{name} is linked from another file.", "Make it local first: Object > Relations > Make Local.")
    if not len(object_.data.polygons):
        raise PartgenError("mesh.no_faces", f"{name} has no faces.", "Choose a part that has a surface.")
    if abs(object_.matrix_world.determinant()) < 1e-18:
        raise PartgenError("object.flat", f"{name} is scaled to nothing.", "Give it a size in every direction first.")


def edits_of(step: bpy.types.PropertyGroup) -> list[Edit]:
    """The edits of a step as they are now: its variation, at its strength."""
    found = []
    for stored in step.edits:
        values = {parameter.name: _value(parameter) for parameter in stored.parameters}
        said = {parameter.name for parameter in stored.parameters if parameter.said}
        edit = Edit(stored.name, values)
        if step.variation:
            drawn = varied(Edit(stored.name, {name: values[name] for name in said if name in values}), step.seed, step.variation)
            edit = Edit(stored.name, {**drawn.parameters, **{name: values[name] for name in said if name in values}})
        found.append(edit if step.strength == 1 else edit.weaker(step.strength))
    return found


def _changes_of(step: bpy.types.PropertyGroup) -> Sequence[Edit | Change]:
    """What a step does: its edits, or the part and the painting that it shows."""
    if not step.parts and not step.paintings:
        return edits_of(step)
    changes: list[Edit | Change] = []
    if step.parts:
        changes.append(partial(renewing.put_on, made=step.parts[step.variation % len(step.parts)], prompt=step.prompt))
    if step.paintings:
        changes.append(partial(paint.put_on, painting=step.paintings[step.variation % len(step.paintings)], prompt=step.prompt))
    return changes


def recompute(object_: bpy.types.Object) -> list[str]:
    """Makes the object anew from its original and its steps. Raises PartgenError with the object as it was before its edits."""
    edited = object_.partgen_edited
    if edited.original is None or edited.result is None:
        raise PartgenError("edit.no_original", f"What {object_.name} was before is gone.", "It stays as it is now: use Keep.")
    edits = [change for step in edited.steps for change in _changes_of(step)]
    adds_vertices = any(step.add_vertices for step in edited.steps)
    notes = remake(edited.result, edited.original, edits, around(object_), adds_vertices)
    edited.notes = "\n".join(dict.fromkeys(notes))
    object_.data = edited.original if edited.show_original else edited.result
    return notes


def follow(object_: bpy.types.Object) -> None:
    """After a slider was moved: the object is made anew. What cannot be done is told, and the object is as before its edits."""
    if _quiet or not isinstance(object_, bpy.types.Object) or not object_.partgen_edited.steps or object_.mode != "OBJECT":
        return
    try:
        recompute(object_)
    except PartgenError as error:
        messages.keep(error)


def show(object_: bpy.types.Object) -> None:
    """Shows the object as before, or as it is now, as `show_original` says."""
    edited = object_.partgen_edited
    wanted = edited.original if edited.show_original else edited.result
    if not _quiet and wanted is not None and object_.mode == "OBJECT":
        object_.data = wanted


def flip(object_: bpy.types.Object, step: int = 1) -> int:
    """Shows another variation of the last step, `step` further. Returns its number from 0. Raises PartgenError."""
    last = _last(object_)
    with _quietly():
        before, last.variation = last.variation, (last.variation + step) % last.variations
    try:
        recompute(object_)
    except PartgenError:
        with _quietly():
            last.variation = before
        recompute(object_)
        raise
    return int(last.variation)


def revert(object_: bpy.types.Object, steps: int = 0) -> None:
    """Takes the last steps back, all where `steps` is 0. Raises PartgenError where there is none."""
    _last(object_)
    edited = object_.partgen_edited
    made: list[bpy.types.ID] = []
    for _ in range(min(steps, len(edited.steps)) or len(edited.steps)):
        made += _forget_last(object_)
    if edited.steps:
        recompute(object_)
    _remove_unused(made)


def keep(object_: bpy.types.Object) -> None:
    """Makes the object's edits final: the original and the steps are forgotten. Raises PartgenError where there is none."""
    _last(object_)
    edited = object_.partgen_edited
    with _quietly():
        edited.show_original = False
        object_.data = edited.result
        original, edited.original, edited.result = edited.original, None, None
        made = [one for step in reversed(edited.steps) for one in _made_for(step)]
        edited.steps.clear()
        edited.notes = ""
    _remove(original)
    _remove_unused(made)


def _last(object_: bpy.types.Object) -> bpy.types.PropertyGroup:
    steps = object_.partgen_edited.steps
    if not steps:
        raise PartgenError("edit.no_steps", f"{object_.name} has not been edited.", "Edit it with a prompt first.")
    return steps[-1]


def _begin(object_: bpy.types.Object) -> None:
    """Puts the object's mesh aside as the original, and a copy of it in its place. Other objects that share it keep it."""
    edited = object_.partgen_edited
    original = object_.data
    name = original.name
    if original.users > 1:
        original = original.copy()
    edited.original = original
    edited.result = original.copy()
    object_.data = edited.result
    original.name, edited.result.name = f"{name} before", name


def _forget_last(object_: bpy.types.Object) -> list[bpy.types.ID]:
    """Takes the last step away. After the first one, the object has its own mesh again. Returns what was made for the step alone."""
    edited = object_.partgen_edited
    made = _made_for(edited.steps[-1])
    with _quietly():
        edited.steps.remove(len(edited.steps) - 1)
        if not edited.steps:
            edited.show_original = False
            name, result = edited.result.name, edited.result
            object_.data = edited.original
            edited.original, edited.result, edited.notes = None, None, ""
            _remove(result)
            object_.data.name = name
    return made


def _made_for(step: bpy.types.PropertyGroup) -> list[bpy.types.ID]:
    """What was made for a step alone; first what uses others of it."""
    return [*renewing.made_for(step), *paint.made_for(step)]


def _remove_unused(made: list[bpy.types.ID]) -> None:
    """Removes from the file what was made for steps and is used by nothing any more."""
    homes = {bpy.types.Mesh: bpy.data.meshes, bpy.types.Material: bpy.data.materials, bpy.types.Image: bpy.data.images}
    for one in made:
        if one.users == 0:
            homes[type(one)].remove(one)


def _remove(mesh: bpy.types.Mesh | None) -> None:
    if mesh is not None and mesh.users == 0:
        bpy.data.meshes.remove(mesh)


@contextmanager
def _quietly() -> Iterator[None]:
    """While several properties are written, none of them makes the object anew."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


# ---- edits as properties ---------------------------------------------------------------------------------------------


def _write(stored: bpy.types.PropertyGroup, edit: Edit) -> None:
    """Stores an edit, with the defaults of what was not said, so that these can be adjusted too."""
    stored.name = edit.op
    full = edit.complete()
    for name, value in full.parameters.items():
        parameter = stored.parameters.add()
        parameter.op, parameter.name, parameter.said = edit.op, name, name in (full.said or ())
        parameter.kind = OPERATIONS[edit.op][name].kind
        if parameter.kind == "length":
            parameter.number, parameter.unit = value["value"], value["unit"] or "SCENE"
        else:
            setattr(parameter, _FIELD[parameter.kind], value)


def _value(parameter: bpy.types.PropertyGroup) -> Any:
    if parameter.kind == "length":
        return {"value": parameter.number, "unit": "" if parameter.unit == "SCENE" else parameter.unit}
    return getattr(parameter, _FIELD[parameter.kind])


def field_of(parameter: bpy.types.PropertyGroup) -> str:
    """The property of a stored parameter that holds its value, for the panel to draw."""
    return "number" if parameter.kind == "length" else _FIELD[parameter.kind]
