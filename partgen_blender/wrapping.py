"""Sentences in panels, broken into lines: Blender's labels do not wrap by themselves."""

from __future__ import annotations

import blf
import bpy

LINE_HEIGHT = 0.8
"""Of a row of buttons: lines of one sentence belong together."""
_INTERFACE_FONT = 0
_BESIDE_TEXT = 95.0  # what icon, margins and tabs take of the sidebar, pixels at scale 1
_TABS = 40.0  # of that; menus and dialogs have none
_ICON = 20.0
_WITHOUT_SCREEN = 300  # the width of a sidebar, pixels


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", share: float = 1.0, width: float | None = None
) -> None:
    """A sentence over as many lines as it needs, its icon before the first. There is room for `share` of the region's width, or of
    `width`, pixels at scale 1."""
    column = layout.column(align=True)
    column.scale_y = LINE_HEIGHT
    beside = _BESIDE_TEXT if icon != "NONE" or share < 1.0 else _BESIDE_TEXT - _ICON
    beside -= 0.0 if width is None else _TABS
    for number, line in enumerate(lines_of(text, context, share, width, beside)):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon)


def lines_of(
    text: str, context: bpy.types.Context, share: float = 1.0, width: float | None = None, beside: float = _BESIDE_TEXT
) -> list[str]:
    """`text` broken between words so that each line fits into `share` of the region or of `width`, less what is `beside` it."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no screen
    blf.size(_INTERFACE_FONT, context.preferences.ui_styles[0].widget.points * scale)
    if width is None:
        whole = context.region.width if context.region else _WITHOUT_SCREEN
    else:
        whole = width * scale
    room = share * (whole - beside * scale)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and blf.dimensions(_INTERFACE_FONT, longer)[0] <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
