"""What picking shows in every 3D viewport: the part under the cursor, what is picked, the line that is being drawn, and a legend."""

from __future__ import annotations

import blf
import bpy
import gpu
import numpy as np

from .. import overlay, preferences, signs
from ..viewport_drawing import ViewportDrawing
from . import outlines, session

_LEAST_LIGHT = 0.55
# Pixels at scale 1.
_MARGIN = 14.0
_ABOVE_EDGE = 34.0


def _draw_surfaces() -> None:
    picking, context = session.current(), bpy.context
    if picking is None:
        return
    shows_parts = context.window_manager.partgen.show_preview and context.space_data.overlay.show_overlays
    opacity = preferences.get().preview_opacity if shows_parts else 0.0
    surfaces = picking.surfaces(context.evaluated_depsgraph_get(), context.view_layer, context.space_data, opacity)
    view = context.region_data.view_matrix
    overlay.draw_surfaces(surfaces, view, gpu.matrix.get_projection_matrix(), opacity=1.0, least_light=_LEAST_LIGHT)


def _draw_signs() -> None:
    picking, context = session.current(), bpy.context
    if picking is None:
        return
    scale = context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    if len(picking.line) > 1 and context.region.as_pointer() == picking.line_region:
        _draw_line(picking.line, scale)
    _draw_legend(picking, context.region, scale)
    gpu.state.blend_set("NONE")


def _draw_line(line: list[tuple[float, float]], scale: float) -> None:
    """The line as it is drawn; where its ends are near enough to make it a lasso, it is closed."""
    points = np.asarray(line, np.float64)
    signs.draw_line(np.concatenate([points, points[:1]]) if outlines.is_lasso(points) else points, scale)


def _draw_legend(picking: session.Session, region: bpy.types.Region, scale: float) -> None:
    """At the lower middle: what lies under the cursor, the same of other objects, and what is picked. What is too long is left out."""
    size = bpy.context.preferences.ui_styles[0].widget.points * scale
    line, margin = 1.5 * size, _MARGIN * scale
    blf.size(signs.FONT, size)
    told = ((picking.remark(), signs.FAINT), (picking.same_in_words(), signs.FAINT), (picking.title(), signs.TEXT))
    lines = [(text, color) for text, color in told if text and blf.dimensions(signs.FONT, text)[0] + 2 * margin <= region.width]
    if not lines:
        return
    widths = [blf.dimensions(signs.FONT, text)[0] for text, _ in lines]
    middle, bottom, half = region.width / 2, _ABOVE_EDGE * scale, max(widths) / 2 + margin
    signs.fill(signs.rectangle(middle - half, bottom, middle + half, bottom + len(lines) * line + 1.5 * margin), signs.BOARD)
    for number, ((text, color), width) in enumerate(zip(lines, widths, strict=True)):
        signs.write(text, middle - width / 2, bottom + margin + number * line, color)


_drawing = ViewportDrawing(_draw_surfaces, _draw_signs)
start, stop = _drawing.start, _drawing.stop
