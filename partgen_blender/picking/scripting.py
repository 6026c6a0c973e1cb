"""Picking from Python: what the operators do, as functions.

leaves = scripting.region(bpy.data.objects["Lamp"], polygon=12, parts=7)
committing.commit({bpy.data.objects["Lamp"]: leaves}, "VERTEX_GROUP", "Shade")
scripting.learned(bpy.data.objects["Lamp"], wanted=[12], unwanted=[40])       # all leaves that are like what was shown
scripting.meant(bpy.context, view, path=[(10, 10), (90, 10), (50, 80)])       # {object: leaves}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import regrouping, stored_tree, twins
from . import outlines, regions, session, sight
from .teaching import Learner

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pick:
    """One click, told in numbers: on which object, where, how coarse, and what it does to what is picked before.

    The place is a `polygon` of the object's mesh without modifiers, or where a ray of the world (`origin`, `direction`) meets it,
    or says outright which `leaves` of the tree are meant ("0-5,9"). `parts`: the part is that of a cut into so many, 0 for the
    scale that the object has; `steps`: so many turns of the wheel coarser, or finer where negative. `action`: "TAKE", "ADD" or
    "REMOVE".
    """

    object: str
    polygon: int = -1
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, float, float] = (0.0, 0.0, 0.0)
    leaves: str = ""
    parts: int = 0
    steps: int = 0
    action: str = "ADD"


def picks_from(text: str) -> list[Pick]:
    """Picks as JSON has them, a list of objects with the fields of `Pick`. Raises PartgenError where the text is none."""
    try:
        told = json.loads(text)
        _require_fields(told)
        picks = [Pick(**its) for its in told]
        for pick in picks:
            _require_types(pick)
        return picks
    except (TypeError, ValueError, RecursionError) as error:
        remedy = 'Give a list such as [{"object": "Lamp", "polygon": 12, "parts": 7}].'
        raise PartgenError("pick.no_picks", f"The picks cannot be read: {error}.", remedy) from error


def _require_fields(told: Any) -> None:
    """Raises TypeError where what JSON has is not a list of objects with the fields of a pick."""
    if not isinstance(told, list) or not all(isinstance(its, dict) and "object" in its for its in told):
        raise TypeError('they are not a list of which each names an "object"')
    if unknown := sorted({name for its in told for name in its} - {its.name for its in fields(Pick)}):
        raise TypeError(f'a pick has no "{unknown[0]}"')


def _require_types(pick: Pick) -> None:
    """Raises TypeError where a field is not of its kind, as JSON may have it."""
    for name, kind in (("object", str), ("leaves", str), ("action", str), ("polygon", int), ("parts", int), ("steps", int)):
        if type(getattr(pick, name)) is not kind:
            raise TypeError(f'"{name}" is {json.dumps(getattr(pick, name))}, which is {"no text" if kind is str else "no whole number"}')
    for name in ("origin", "direction"):
        vector = getattr(pick, name)
        if not isinstance(vector, list | tuple) or len(vector) != 3 or not all(type(v) in (int, float) and isfinite(v) for v in vector):
            raise TypeError(f'"{name}" is {json.dumps(vector)}, which is not three numbers')


def picks_of(picked: dict[bpy.types.Object, Bools]) -> str:
    """What is picked, as JSON that `picks_from` reads."""

    def told(pick: Pick) -> dict[str, Any]:
        return {name: value for name, value in asdict(pick).items() if value != getattr(Pick(""), name)}

    return json.dumps([told(Pick(object_.name, leaves=regions.in_words(leaves))) for object_, leaves in picked.items()])


def picked_by(picks: Iterable[Pick], in_all: bool = False) -> tuple[dict[bpy.types.Object, Bools], list[str]]:
    """What is picked after these picks, one after the other: leaves (L,) bool by object, and what there is to say.

    With `in_all` each, but those that say outright which leaves are meant, applies to the same part of the objects that were matched with
    the picked one, are visible, and are selected or picked from before. Raises PartgenError for a pick of nothing.
    """
    told: list[tuple[bpy.types.Object, Bools, str]] = []
    remarks: dict[str, None] = {}
    for pick in picks:
        object_ = bpy.data.objects.get(pick.object)
        if object_ is None:
            raise PartgenError("pick.no_object", f'There is no object "{pick.object}".', "Name a decomposed object.")
        if pick.action not in (identifier for identifier, *_ in session.ACTIONS):
            raise PartgenError("pick.no_action", f'A pick cannot "{pick.action}".', "Choose TAKE, ADD or REMOVE.")
        leaves = region(object_, pick.polygon, pick.origin, pick.direction, pick.parts, pick.steps, pick.leaves)
        others = _followers(object_, joined(told)) if in_all and not pick.leaves else []
        found = twins.same(object_, leaves, others)
        told.append((object_, leaves, pick.action))
        told += [(other, its, "REMOVE" if pick.action == "REMOVE" else "ADD") for other, its in found.leaves.items()]
        remarks.update({f"{found.remark}.": None} if found.remark else {})
    return joined(told), list(remarks)


def _followers(object_: bpy.types.Object, picked: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The objects that follow what is picked of an object: see `picked_by`."""
    view_layer = bpy.context.view_layer
    chosen = [o for o in (*picked, *view_layer.objects.selected) if o.visible_get(view_layer=view_layer) and o.mode != "EDIT"]
    return twins.among(object_.data, chosen)


def region(
    object_: bpy.types.Object,
    polygon: int = -1,
    origin: Iterable[float] = (),
    direction: Iterable[float] = (),
    parts: int = 0,
    steps: int = 0,
    leaves: str = "",
) -> Bools:
    """The leaves, (L,) bool, of one part of a decomposed object, named by a face, by a ray of the world, or by its leaves.

    Raises PartgenError where there is no such part.
    """
    stored_tree.require_mesh(object_)
    if leaves:
        return regions.from_words(leaves, regrouping.require_tree(object_.data).leaf_count)
    if polygon >= 0:
        return regions.leaves_at_polygon(object_.data, polygon, parts, steps)
    way = list(direction)
    if not any(way):
        raise PartgenError("pick.nowhere", "The pick says no place.", "Give a face, a ray, or leaves.")
    return regions.leaves_on_ray(object_, origin, way, bpy.context.evaluated_depsgraph_get(), parts, steps)


def learned(object_: bpy.types.Object, wanted: Iterable[int], unwanted: Iterable[int] = ()) -> Bools:
    """The leaves, (L,) bool, of all that is alike, as L in Pick Part learns it: of a decomposed object, from some faces of its mesh
    without modifiers that are `wanted` and others that are not.

    Raises PartgenError where there are no such faces, or none is wanted.
    """
    stored_tree.require_mesh(object_)
    told = [(int(face), True) for face in wanted] + [(int(face), False) for face in unwanted]
    learner = Learner.of(object_.data, regrouping.require_tree(object_.data))
    count = len(learner.leaf_of_polygon)
    if beyond := [face for face, _ in told if not 0 <= face < count]:
        raise PartgenError("pick.no_face", f"{object_.name} has no face {beyond[0]}.", f"It has {count}, from 0 on.")
    meant = learner.meant_by_faces(told)
    if meant is None:
        raise PartgenError("pick.nothing_wanted", "No face is wanted.", "Give at least one face of what you mean.")
    return meant


def joined(picks: Iterable[tuple[bpy.types.Object, Bools, str]]) -> dict[bpy.types.Object, Bools]:
    """What is picked after several picks: (object, leaves, action) one after the other, actions as in `session.ACTIONS`."""
    picked: dict[bpy.types.Object, Bools] = {}
    for object_, leaves, action in picks:
        if action == "TAKE":
            picked = {}
        former = picked.get(object_, np.zeros(len(leaves), bool))
        picked[object_] = former & ~leaves if action == "REMOVE" else former | leaves
    return {object_: leaves for object_, leaves in picked.items() if leaves.any()}


def meant(
    context: bpy.types.Context,
    view: sight.View,
    path: Sequence[tuple[float, float]] = (),
    image: bpy.types.Image | None = None,
    shape: str = "AUTO",
    radius: float = session.STROKE_RADIUS,
    space: bpy.types.SpaceView3D | None = None,
) -> dict[bpy.types.Object, Bools]:
    """The parts of all visible decomposed objects that a line or an image over a view means, as leaves (L,) bool.

    `path`: places in pixels from the lower left of the view. `shape`: "LASSO", "STROKE", or "AUTO" as its ends meet or not.
    `image`: what is bright and opaque in it is meant; it is stretched over the view. `space`: the viewport whose local view
    counts. Raises PartgenError where there is nothing to pick, or nothing is meant.
    """
    looking = session.Session()
    if reason := session.obstacle(context.view_layer):
        raise PartgenError("pick.nothing_decomposed", f"{reason}.")
    arguments = (view, context.evaluated_depsgraph_get(), context.view_layer, space)
    if image is not None:
        chosen = looking.meant_by_image(pixels_of(image), *arguments)
    elif len(path) < 2:
        raise PartgenError("pick.no_path", "There is no line and no image.", "Give a path of at least two places, or an image.")
    else:
        line = np.asarray(path, np.float64)
        is_lasso = outlines.is_lasso(line) if shape == "AUTO" else shape == "LASSO"
        chosen = looking.meant_by_lasso(line, *arguments) if is_lasso else looking.meant_by_stroke(line, *arguments, radius)
    if not chosen:
        raise PartgenError("pick.means_nothing", "No part lies mostly within this.", "Draw around a part, or mark more of it.")
    looking.choose(chosen)
    return looking.picked()


def pixels_of(image: bpy.types.Image) -> NDArray[np.float32]:
    """The pixels of an image, (h, w, 4) float32 RGBA, bottom row first. Raises PartgenError where it has none."""
    width, height = image.size
    if not width or not height:
        raise PartgenError("pick.empty_image", f"The image {image.name} has no pixels.", "Choose another one, or check its file.")
    channels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(channels)
    channels = channels.reshape(height, width, image.channels)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = channels[..., :3] if image.channels >= 3 else channels[..., :1]
    if image.channels == 4:
        pixels[..., 3] = channels[..., 3]
    return pixels
