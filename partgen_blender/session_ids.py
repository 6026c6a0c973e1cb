"""Objects known again by their session id: a linked object and a local one may have the same name. As quick as Blender itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import bpy
import numpy as np
from numpy.typing import NDArray

_FEW = 16
"""Objects that are sooner taken one by one from a collection than by making a list of it."""


def ids_of(objects: bpy.types.bpy_prop_collection) -> NDArray[np.int32]:
    """The session ids of a collection of Blender's, in its order: (n,) int32. 0.3 ms for 10,000."""
    ids = np.empty(len(objects), np.int32)
    objects.foreach_get("session_uid", ids)
    return ids


def find(objects: bpy.types.bpy_prop_collection, uid: int, last: str | int = "") -> bpy.types.Object | None:
    """The object of a collection with this session id; None where it is gone. `last`: its name or number there when it was seen last."""
    try:
        likely = objects[last] if last != "" else None
    except (KeyError, IndexError):
        likely = None
    if likely is not None and likely.session_uid == uid:
        return likely
    return next(those(objects, [uid]), None)


def those(objects: bpy.types.bpy_prop_collection, uids: Collection[int]) -> Iterator[bpy.types.Object]:
    """The objects of a collection with these session ids, in its order."""
    numbers = np.flatnonzero(np.isin(ids_of(objects), np.fromiter(uids, np.int32, len(uids)))) if len(uids) else np.empty(0, np.int64)
    for number in numbers[:_FEW].tolist():
        yield objects[number]
    every = list(objects) if len(numbers) > _FEW else []
    for number in numbers[_FEW:].tolist():
        yield every[number]
