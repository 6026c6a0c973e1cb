"""The keys of the tool that has the mouse, told in the status bar; one tool has it at a time, so there is one such text."""

from __future__ import annotations

from collections.abc import Callable

import bpy

Draw = Callable[[bpy.types.Header, bpy.types.Context], None]

_workspaces: set[str] = set()


def show(workspace: bpy.types.WorkSpace, draw: Draw) -> None:
    """Has `draw` tell the keys in this workspace, too, until `clear`. To be called again where they changed: nothing else draws it anew."""
    workspace.status_text_set(draw)
    _workspaces.add(workspace.name)


def clear() -> None:
    """Gives the status bar back to Blender in every workspace that is still there."""
    while _workspaces:
        if workspace := bpy.data.workspaces.get(_workspaces.pop()):
            workspace.status_text_set(None)
