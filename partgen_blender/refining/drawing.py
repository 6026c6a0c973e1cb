"""What refining shows in every 3D viewport: the region on the surface, a mark for every click, and what there is so far."""

from __future__ import annotations

import blf
import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

from .. import overlay, signs
from ..viewport_drawing import ViewportDrawing
from . import session

_LEAST_LIGHT = 0.45
# Pixels at scale 1.
_RING = 8.0
_MARGIN = 14.0
_ABOVE_EDGE = 34.0


def places(refining: session.Session, region: bpy.types.Region, view: bpy.types.RegionView3D) -> list[Vector | None]:
    """Where each click is in a region, pixels; None where it cannot be seen."""
    object_ = refining.object()
    if object_ is None:
        return [None] * len(refining.clicks)
    middles = [object_.matrix_world @ Vector(refining.centers[click.face]) for click in refining.clicks]
    return [location_3d_to_region_2d(region, view, middle) for middle in middles]


def _draw_surface() -> None:
    refining, context = session.current(), bpy.context
    if refining is not None:
        surfaces = refining.drawn(context.evaluated_depsgraph_get(), context.view_layer, context.space_data)
        view = context.region_data.view_matrix
        overlay.draw_surfaces(surfaces, view, gpu.matrix.get_projection_matrix(), opacity=0.9, least_light=_LEAST_LIGHT)


def _draw_signs() -> None:
    refining, context = session.current(), bpy.context
    if refining is None:
        return
    scale = context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    if refining.is_seen(context.view_layer, context.space_data):
        for place, click in zip(places(refining, context.region, context.region_data), refining.clicks, strict=True):
            if place is not None:
                _draw_mark(place, click.is_wanted, scale)
    _draw_legend((refining.same_in_words(), refining.title()), context.region, scale)
    gpu.state.blend_set("NONE")


def _draw_mark(place: Vector, is_wanted: bool, scale: float) -> None:
    """A ring with a plus, or with a minus."""
    signs.draw_ring(place, _RING * scale, False, scale)
    middle, arm = np.array(place), 0.5 * _RING * scale
    across, upward = np.array([arm, 0.0]), np.array([0.0, arm])
    signs.draw_line(np.stack([middle - across, middle + across]), scale)
    if is_wanted:
        signs.draw_line(np.stack([middle - upward, middle + upward]), scale)


def _draw_legend(texts: tuple[str, ...], region: bpy.types.Region, scale: float) -> None:
    """At the lower middle, one above the other: what there is to say. What is too long for the region is left out."""
    size, margin, bottom = bpy.context.preferences.ui_styles[0].widget.points * scale, _MARGIN * scale, _ABOVE_EDGE * scale
    blf.size(signs.FONT, size)
    lines = [(text, width) for text in texts if text and (width := blf.dimensions(signs.FONT, text)[0]) + 2 * margin <= region.width]
    if not lines:
        return
    middle, half, line = region.width / 2, max(width for _, width in lines) / 2 + margin, 1.5 * size
    top = bottom + size + (len(lines) - 1) * line + 1.4 * margin
    signs.fill(signs.rectangle(middle - half, bottom, middle + half, top), signs.BOARD)
    for number, (text, width) in enumerate(lines):
        color = signs.TEXT if number == len(lines) - 1 else signs.FAINT
        signs.write(text, middle - width / 2, bottom + 0.85 * margin + number * line, color)


_drawing = ViewportDrawing(_draw_surface, _draw_signs)
start, stop = _drawing.start, _drawing.stop
