"""3D viewports while a tool runs in them: which one lies under the mouse, and which events stay Blender's."""

from __future__ import annotations

import bpy

_NAVIGATION = {
    *("MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE", "WHEELLEFTMOUSE", "WHEELRIGHTMOUSE"),
    *("TRACKPADPAN", "TRACKPADZOOM", "MOUSEROTATE", "MOUSESMARTZOOM", "HOME", "ACCENT_GRAVE"),
    *("LEFT_CTRL", "RIGHT_CTRL", "LEFT_SHIFT", "RIGHT_SHIFT", "LEFT_ALT", "RIGHT_ALT", "OSKEY"),
}
_PANELS = {"N", "T"}
_WITH_CONTROL = {"Z", "Y", "S", "O", "N"}
"""Undo and redo, saving, opening, a new file."""


def is_blenders_own(event: bpy.types.Event) -> bool:
    """Whether an event navigates, opens a panel, saves, opens or undoes: a tool that changes nothing meanwhile lets it through."""
    is_known = event.type in _NAVIGATION or event.type in _PANELS or event.type.startswith(("NUMPAD_", "NDOF_", "TIMER"))
    return is_known or ((event.ctrl or event.oskey) and event.type in _WITH_CONTROL)


def viewport_at(window: bpy.types.Window, x: int, y: int) -> tuple[bpy.types.SpaceView3D, bpy.types.Region] | None:
    """The 3D viewport at a place of the window, pixels; None elsewhere, also on the panels and headers that lie over it."""
    for area in window.screen.areas:
        if area.type != "VIEW_3D" or not _contains(area, x, y):
            continue
        regions = [region for region in area.regions if region.width > 1 and region.height > 1 and _contains(region, x, y)]
        if regions and all(region.type == "WINDOW" for region in regions):
            return area.spaces.active, regions[0]
    return None


def viewport_of(window: bpy.types.Window, pointer: int) -> tuple[bpy.types.SpaceView3D, bpy.types.Region] | None:
    """The 3D viewport whose region has this address (`as_pointer`); None where it is there no longer."""
    for area in window.screen.areas:
        for region in area.regions if area.type == "VIEW_3D" else ():
            if region.type == "WINDOW" and region.as_pointer() == pointer:
                return area.spaces.active, region
    return None


def _contains(place: bpy.types.Area | bpy.types.Region, x: int, y: int) -> bool:
    return place.x <= x < place.x + place.width and place.y <= y < place.y + place.height
