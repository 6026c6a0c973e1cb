"""What exploring shows in every 3D viewport: surfaces in the colors of likeness, a ring around the point, and a legend."""

from __future__ import annotations

import blf
import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

from .. import overlay, signs
from ..viewport_drawing import ViewportDrawing
from . import ramp, session

_LEAST_LIGHT = 0.7
"""Lightness is what the colors tell, so shading takes little of it away: just enough to see the form."""
# Pixels at scale 1.
_RING = 6.0
_BAR = (260.0, 10.0)
_MARGIN = 14.0
_ABOVE_EDGE = 34.0


def _draw_surfaces() -> None:
    exploring, context = session.current(), bpy.context
    if exploring is not None:
        surfaces = exploring.surfaces(context.evaluated_depsgraph_get(), context.view_layer, context.space_data)
        view = context.region_data.view_matrix
        overlay.draw_surfaces(surfaces, view, gpu.matrix.get_projection_matrix(), opacity=1.0, least_light=_LEAST_LIGHT)


def _draw_signs() -> None:
    exploring, context = session.current(), bpy.context
    if exploring is None:
        return
    scale = context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    if (place := _place_of_point(exploring, context)) is not None:
        signs.draw_ring(place, _RING * scale, exploring.is_held, scale)
    _draw_legend(exploring, context.region, scale)
    gpu.state.blend_set("NONE")


def _place_of_point(exploring: session.Session, context: bpy.types.Context) -> Vector | None:
    """Where the point is in the region, pixels; None where it cannot be seen."""
    for explored, object_ in exploring.shown(context.view_layer, context.space_data):
        if exploring.point is not None and explored.uid == exploring.point.uid:
            world = object_.matrix_world @ Vector(exploring.point.location)
            return location_3d_to_region_2d(context.region, context.region_data, world)
    return None


def _draw_legend(exploring: session.Session, region: bpy.types.Region, scale: float) -> None:
    """At the lower middle: what is compared, the colors from unlike to alike, and what is to be remarked."""
    width, height = min(_BAR[0] * scale, region.width - 4 * _MARGIN * scale), _BAR[1] * scale
    if width < 100 * scale:
        return
    size = bpy.context.preferences.ui_styles[0].widget.points * scale
    line, margin = 1.5 * size, _MARGIN * scale
    title, remark = exploring.title(), exploring.remark()
    blf.size(signs.FONT, size)
    half = max(width, *(blf.dimensions(signs.FONT, text)[0] for text in (title, remark))) / 2 + margin
    middle, bottom = region.width / 2, _ABOVE_EDGE * scale
    top = bottom + 2 * line + height + 2 * margin + (line if remark else 0.0)
    signs.fill(signs.rectangle(middle - half, bottom, middle + half, top), signs.BOARD)
    signs.write("Unlike", middle - width / 2, bottom + margin, signs.FAINT)
    signs.write("Alike", middle + width / 2 - blf.dimensions(signs.FONT, "Alike")[0], bottom + margin, signs.FAINT)
    _draw_bar(middle - width / 2, bottom + margin + line, width, height)
    above = bottom + margin + line + height + 0.6 * size
    for text, color in ((remark, signs.FAINT), (title, signs.TEXT)) if remark else ((title, signs.TEXT),):
        signs.write(text, middle - blf.dimensions(signs.FONT, text)[0] / 2, above, color)
        above += line


def _draw_bar(left: float, bottom: float, width: float, height: float) -> None:
    """The colors, from unlike at the left to alike at the right."""
    values = np.linspace(0.0, 1.0, 33)
    colors = np.concatenate([ramp.display_colors(values), np.ones((33, 1))], axis=1)
    across = np.repeat(left + width * values, 2)
    upward = np.tile([bottom, bottom + height], 33)
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    content = {"pos": signs.flat(np.stack([across, upward], axis=1)), "color": np.repeat(colors, 2, axis=0).astype(np.float32)}
    batch_for_shader(shader, "TRI_STRIP", content).draw(shader)


_drawing = ViewportDrawing(_draw_surfaces, _draw_signs)
start, stop = _drawing.start, _drawing.stop
