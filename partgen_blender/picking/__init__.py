"""Pick Part: parts taken with the mouse at any level of the tree, and made into what Blender knows: selection, object, group, …"""

from __future__ import annotations

import bpy

from .. import twins
from . import properties, regions, session
from .operators import CLASSES, stop
from .properties import register, unregister

PROPERTIES = properties.CLASSES
__all__ = ["CLASSES", "PROPERTIES", "draw", "forget_all", "is_running", "look_again", "notice", "register", "stop", "unregister"]


def is_running() -> bool:
    """Whether somebody picks."""
    return session.current() is not None


def notice(depsgraph: bpy.types.Depsgraph) -> None:
    """Takes in what Blender says has changed."""
    if picking := session.current():
        picking.notice(depsgraph)


def look_again() -> None:
    """Anything may have changed: after undo and redo."""
    if picking := session.current():
        picking.look_again()


def forget_all() -> None:
    """Drops what is kept of every mesh: after another file was opened."""
    regions.forget_all()
    twins.forget_all()


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The buttons, for the panel of the parts."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator("partgen.pick", text="End Picking" if is_running() else "Pick Part", icon="RESTRICT_SELECT_OFF", depress=is_running())
    row.operator("partgen.pick_drawn", text="", icon="IMAGE_ALPHA")
    column.prop(context.scene.partgen_picking, "commit_as", text="")
