"""Hiding an object behind those that stand for it, and showing it again exactly as it was."""

from __future__ import annotations

from collections.abc import Sequence

import bpy


def hide(obj: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> list[bool]:
    """Hides `obj` in the viewport and in renders. Returns how it was, for `restore`: eye closed, viewport, render.

    The eye of `view_layer` is closed rather than the object disabled, so that the artist can open it again with Alt+H.
    It is disabled in viewports too where the eye is not enough: in another view layer, or in a collection that is instanced.
    """
    before = [obj.hide_get(view_layer=view_layer), obj.hide_viewport, obj.hide_render]
    obj.hide_render = True
    if not _close_eye(obj, True, view_layer) or _is_instanced(obj):
        obj.hide_viewport = True
    return before


def restore(obj: bpy.types.Object, before: Sequence[bool], view_layer: bpy.types.ViewLayer) -> None:
    """Undoes `hide`."""
    eye, obj.hide_viewport, obj.hide_render = (bool(value) for value in before)
    _close_eye(obj, eye, view_layer)


def _close_eye(obj: bpy.types.Object, closed: bool, view_layer: bpy.types.ViewLayer) -> bool:
    """Closes or opens the eye of `obj`. Returns whether it has one in `view_layer`."""
    try:
        obj.hide_set(closed, view_layer=view_layer)
    except RuntimeError:  # the only way in which Blender says that an object is not in a view layer, whatever its name
        return False
    return True


def _is_instanced(obj: bpy.types.Object) -> bool:
    collections = {other.instance_collection for other in bpy.data.objects if other.instance_type == "COLLECTION"}
    return any(collection is not None and obj in list(collection.all_objects) for collection in collections)
