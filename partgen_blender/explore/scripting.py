"""Exploring from Python: how alike every face is to a given one, as numbers and as an attribute.

    found = scripting.likeness(lamp, polygon=12, objects=[lamp, chair])      # {object: (P,) float32}
    scripting.write(found, "Likeness")                                       # a float attribute of faces
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import attribute_names, stored_tree
from . import session

Floats = NDArray[np.float32]
_KIND = ("FACE", "FLOAT")


def likeness(object_: bpy.types.Object, polygon: int, objects: Iterable[bpy.types.Object] = ()) -> dict[bpy.types.Object, Floats]:
    """How alike the faces of decomposed objects are to one face of `object_`, the cosine between their features: (P,) for each object.

    `objects`: those that are compared, `object_` alone where there are none. Raises PartgenError where there is no such face, or one
    of them has no features that can be compared with its.
    """
    pointed = session.look_of(object_)
    leaves = _leaves(object_)
    if not 0 <= polygon < len(leaves):
        raise PartgenError("explore.no_face", f"{object_.name} has no face {polygon}.", f"It has {len(leaves)}, from 0 on.")
    feature = pointed.features[leaves[polygon]]
    found = {}
    for other in list(objects) or [object_]:
        look = session.look_of(other)
        if look.kind != pointed.kind:
            sentence = f"{other.name} cannot be compared with {object_.name}: not the same method and weights have decomposed both."
            raise PartgenError("explore.not_alike", sentence, "Decompose both by one method.")
        found[other] = (look.features @ feature)[_leaves(other)].astype(np.float32)
    return found


def write(found: Mapping[bpy.types.Object, Floats], name: str = "Likeness") -> None:
    """Keeps what `likeness` found as a float attribute of faces; one that has this name already is filled anew.

    Raises PartgenError, and changes nothing, where an object cannot be changed or has something else of this name, or an attribute
    cannot be called so.
    """
    attribute_names.require_free(name)
    for object_ in found:
        stored_tree.require_editable(object_.data)
        existing = object_.data.attributes.get(name)
        if name in object_.vertex_groups or (existing is not None and (existing.domain, existing.data_type) != _KIND):
            raise PartgenError("explore.taken", f"{object_.name} has something else that is called {name}.", "Choose another name.")
    for object_, values in found.items():
        made = object_.data.attributes.get(name) or object_.data.attributes.new(name, "FLOAT", "FACE")
        made.data.foreach_set("value", np.ascontiguousarray(values, np.float32))
        object_.data.update()


def _leaves(object_: bpy.types.Object) -> NDArray[np.int32]:
    leaves = stored_tree.leaf_of_polygon(object_.data)
    if leaves is None:
        raise PartgenError("tree.missing", f"{object_.name} has no parts any more.", "Decompose it again.")
    return leaves
