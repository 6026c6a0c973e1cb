"""What there is to tell, as panel and preferences draw it."""

from __future__ import annotations

import bpy

from . import actions, messages
from .wrapping import draw_text

_LEVEL_ICON = {"INFO": "INFO", "WARNING": "ERROR", "ERROR": "CANCEL"}


def draw_messages(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What there is to tell, each with the button that mends it, until it is dismissed."""
    if not messages.shown:
        return
    box = layout.box()
    for message in messages.shown:
        draw_message(box, context, message)
    row = box.row(align=True)
    row.operator("partgen.dismiss_messages", icon="CHECKMARK")
    errors = [message for message in messages.shown if message.level == "ERROR"]
    if log := next((message.log_path for message in errors if message.log_path), ""):
        row.operator("partgen.open_log", text="", icon="TEXT").path = log
    if errors:
        row.operator("partgen.copy_debug_info", text="", icon="COPYDOWN")


def draw_message(layout: bpy.types.UILayout, context: bpy.types.Context, message: messages.Message) -> None:
    """One message with its button."""
    draw_text(layout, context, f"{message.sentence} {message.remedy}".strip(), _LEVEL_ICON[message.level])
    actions.draw(layout, message)
