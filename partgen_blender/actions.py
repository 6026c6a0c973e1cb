"""The button for every action that an error can name: one table, drawn under the message."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from partgen.errors import Action

from . import build_parts, messages


@dataclass(frozen=True)
class Button:
    """An operator as it is offered beside an error."""

    operator: str
    text: str
    icon: str


BUTTONS: dict[Action, Button] = {
    Action.SET_UP: Button("partgen.set_up", "Set Up", "IMPORT"),
    Action.REPAIR: Button("partgen.repair_environment", "Repair", "TOOL_SETTINGS"),
    Action.OPEN_PREFERENCES: Button("partgen.open_preferences", "Open Preferences", "PREFERENCES"),
    Action.ALLOW_ONLINE: Button("partgen.show_online_access", "Online Access…", "INTERNET"),
    Action.INSTALL_FROM_FOLDER: Button("partgen.install_from_folder", "Install from Folder…", "FILE_FOLDER"),
    Action.USE_SYSTEM_CERTIFICATES: Button("partgen.use_system_certificates", "Use System Certificates", "LOCKED"),
    Action.RESTART_BACKEND: Button("partgen.restart_backend", "Restart Backend", "FILE_REFRESH"),
    Action.FREE_MEMORY: Button("partgen.free_memory", "Free GPU Memory", "TRASH"),
    Action.USE_CPU: Button("partgen.use_cpu", "Use CPU", "MEMORY"),
    Action.OPEN_LOG: Button("partgen.open_log", "Open Log", "TEXT"),
    Action.COPY_DEBUG_INFO: Button("partgen.copy_debug_info", "Copy Debug Info", "COPYDOWN"),
}
"""What mends it, for every Action but NONE."""

_OF_SET_UP = (Action.SET_UP, Action.REPAIR, Action.INSTALL_FROM_FOLDER, Action.USE_SYSTEM_CERTIFICATES)
_CONTINUE = Button("partgen.install_environment", "Continue", "PLAY")
_HOW_TO_INSTALL = Button("partgen.open_preferences", "How to Install", "PREFERENCES")


def button_of(action: Action) -> Button | None:
    """The button for an action; None for NONE. The preferences tell how to install where this build cannot set up by itself."""
    if build_parts.setup is None:
        return _HOW_TO_INSTALL if action in _OF_SET_UP else BUTTONS.get(action)
    if action is Action.SET_UP and build_parts.setup.is_interrupted():
        return _CONTINUE
    if action is Action.REPAIR and not build_parts.setup.is_repairable():
        return BUTTONS[Action.OPEN_PREFERENCES]  # the backend is another one, which was named there
    return BUTTONS.get(action)


def draw(layout: bpy.types.UILayout, message: messages.Message) -> None:
    """The button that mends what a message tells, where there is one."""
    button = button_of(message.action)
    if button is None:
        return
    drawn = layout.operator(button.operator, text=button.text, icon=button.icon)
    if message.action is Action.OPEN_LOG:
        drawn.path = message.log_path
