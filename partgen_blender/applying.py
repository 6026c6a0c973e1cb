"""Applying: separate objects of the parts as they are grouped at this moment, selected and exploded as before.

What happens to the data is in collections.py; here is what the artist expects around it.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError

from . import collections, explode, regrouping, stored_tree

# In place of the number of parts.
_OF_ANOTHER_TREE = -1
_OF_TREE_BEFORE_EDIT = 0


def apply(source: bpy.types.Object, hierarchy: str = "NONE", keep_shading: bool = True) -> list[bpy.types.Object]:
    """Makes an object of every part of `source` at its scale, and returns them. Applied again, they are brought to the new scale.

    `source` is hidden and kept. `hierarchy`: "NONE", "PARENTING" or "COLLECTIONS"; `keep_shading`: across cuts.
    Where `source` was selected, or one of its parts was, the parts are selected now. Raises PartgenError, and changes
    nothing, where it has no usable tree.
    """
    view_layer = bpy.context.view_layer
    was_chosen = any(_is_chosen(object_, view_layer) for object_ in (source, *collections.parts_of(source)))
    collection = collections.apply(source, source.data.partgen.scale, hierarchy, keep_shading)
    parts = collections.parts_of(source)
    collection.partgen.part_count = regrouping.part_count(source.data)
    explode.arrange(collection)
    if was_chosen:
        _choose(parts, view_layer)
    return parts


def restore(source: bpy.types.Object) -> None:
    """Undoes `apply`: removes the objects that it made and shows `source` again, selected. Its parts can be applied anew."""
    collections.restore(source)
    _choose([source], bpy.context.view_layer)


def refuse_while_applied(source: bpy.types.Object) -> None:
    """Raises PartgenError while objects of `source` exist: without its tree nothing would lead from them to the hidden source."""
    if collections.collection_of(source) is not None:
        sentence = f"{source.name} is hidden behind the objects that Apply made of it."
        raise PartgenError("parts.applied", sentence, "Use Remove Objects first.")


def source_of(object_: bpy.types.Object) -> bpy.types.Object | None:
    """The object whose parts `object_` shows: itself where it is decomposed, the source where it is a part, else None."""
    if object_.type == "MESH" and stored_tree.is_stored(object_.data):
        return object_
    source = collections.source_of(object_)
    return source if source is not None and stored_tree.is_stored(source.data) else None


def is_behind(source: bpy.types.Object) -> bool:
    """Whether separate objects of `source` are there but the scale has been moved since, so that they show another cut."""
    collection = collections.collection_of(source)
    return collection is not None and collection.partgen.part_count != regrouping.part_count(source.data)


def outdate(source: bpy.types.Object) -> None:
    """Notes that `source` has a new tree, of which separate objects that are there know nothing: they are behind until applied again."""
    collection = collections.collection_of(source)
    if collection is not None:
        collection.partgen.part_count = _OF_ANOTHER_TREE


def follow_edit(source: bpy.types.Object, before: str, after: str, leaf_before: NDArray[np.int32]) -> None:
    """Notes that the tree of `source` was edited: its separate objects are behind until applied again, and then those of parts that
    are there still are kept. Arguments as for `collections.follow_edit`."""
    if are_of_this_tree(source):
        collections.follow_edit(source, before, after, leaf_before)
        collections.collection_of(source).partgen.part_count = _OF_TREE_BEFORE_EDIT  # type: ignore[union-attr]


def parts_of_this_tree(source: bpy.types.Object) -> list[bpy.types.Object]:
    """The separate objects of `source` that are made of the leaves of its tree as it is now."""
    return collections.parts_of(source) if are_of_this_tree(source) else []


def are_of_this_tree(source: bpy.types.Object) -> bool:
    """Whether there are separate objects of `source`, and they are made of the leaves of its tree as it is now."""
    collection = collections.collection_of(source)
    return collection is not None and collection.partgen.part_count != _OF_ANOTHER_TREE


def _is_chosen(object_: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bool:
    return object_.name in view_layer.objects and (object_.select_get(view_layer=view_layer) or view_layer.objects.active == object_)


def _choose(objects: list[bpy.types.Object], view_layer: bpy.types.ViewLayer) -> None:
    """Selects `objects` as well, and makes the first of them active; those that the view layer does not show are passed over.

    Asks no object whether it is in the view layer: that hears of new objects only when it is updated as a whole, which takes
    long where this is called for each of many sources. Selecting hears of them at once.
    """
    seen = [object_ for object_ in objects if _select(object_, view_layer)]
    if seen:
        view_layer.objects.active = seen[0]


def _select(object_: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bool:
    try:
        object_.select_set(True, view_layer=view_layer)
    except RuntimeError:  # it is not in the view layer
        return False
    return True
