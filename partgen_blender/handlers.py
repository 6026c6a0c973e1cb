"""What happens when Blender says that data changed: derived data is rebuilt, jobs of another file are given up."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import explore, jobs, messages, mouse, overlay, picking, regrouping, stored_tree

# Meshes that were in Edit Mode when they were last heard of: their derived parts can be written when they leave it.
_being_edited: set[int] = set()


@persistent
def _after_undo(scene: bpy.types.Scene, *_: object) -> None:
    regrouping.forget()
    regrouping.regroup_all()
    overlay.look_again()
    explore.look_again()
    picking.look_again()


@persistent
def _before_load(*_: object) -> None:
    messages.shown.clear()  # they speak of objects that the other file does not have
    jobs.abandon_all("because another file was opened")
    mouse.free()


@persistent
def _after_load(*_: object) -> None:
    _being_edited.clear()
    regrouping.forget()
    overlay.forget_all()
    picking.forget_all()
    regrouping.regroup_all()


@persistent
def _after_update(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    overlay.notice(depsgraph)
    explore.notice(depsgraph)
    picking.notice(depsgraph)
    for update in depsgraph.updates:
        if isinstance(update.id, bpy.types.Mesh) and update.is_updated_geometry:
            _follow_edit_mode(update.id.original)


def _follow_edit_mode(mesh: bpy.types.Mesh) -> None:
    if not stored_tree.is_stored(mesh):
        return
    if mesh.is_editmode:
        _being_edited.add(mesh.session_uid)
    elif mesh.session_uid in _being_edited:
        _being_edited.discard(mesh.session_uid)
        regrouping.forget(mesh)
        regrouping.regroup_where_needed(mesh)


def _lists() -> tuple[tuple[list, object], ...]:
    handlers = bpy.app.handlers
    return (
        (handlers.undo_post, _after_undo),
        (handlers.redo_post, _after_undo),
        (handlers.load_pre, _before_load),
        (handlers.load_post, _after_load),
        (handlers.depsgraph_update_post, _after_update),
    )


def register() -> None:
    for handlers, function in _lists():
        handlers.append(function)


def unregister() -> None:
    for handlers, function in _lists():
        if function in handlers:
            handlers.remove(function)
