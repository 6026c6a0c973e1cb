"""What exploring shows in every 3D viewport: surfaces in the colors of likeness, a ring around the point, and a legend."""

from __future__ import annotations

from collections.abc import Sequence

import blf
import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from numpy.typing import NDArray

from .. import overlay
from . import ramp, session

_LEAST_LIGHT = 0.7
"""Lightness is what the colors tell, so shading takes little of it away: just enough to see the form."""
_FONT = 0
# Pixels at scale 1.
_RING = 6.0
_BAR = (260.0, 10.0)
_MARGIN = 14.0
_ABOVE_EDGE = 34.0
_TEXT = (0.93, 0.93, 0.93, 1.0)
_FAINT = (0.75, 0.75, 0.75, 1.0)
_BOARD = (0.08, 0.08, 0.08, 0.75)

_handles: list[object] = []


def start() -> None:
    """Begins to draw in every 3D viewport."""
    if not _handles:
        add = bpy.types.SpaceView3D.draw_handler_add
        _handles.extend((add(_draw_surfaces, (), "WINDOW", "POST_VIEW"), add(_draw_signs, (), "WINDOW", "POST_PIXEL")))


def stop() -> None:
    """Ends drawing."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


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
        _draw_ring(place, _RING * scale, exploring.is_held, scale)
    _draw_legend(exploring, context.region, scale)
    gpu.state.blend_set("NONE")


def _place_of_point(exploring: session.Session, context: bpy.types.Context) -> Vector | None:
    """Where the point is in the region, pixels; None where it cannot be seen."""
    for explored, object_ in exploring.shown(context.view_layer, context.space_data):
        if exploring.point is not None and explored.uid == exploring.point.uid:
            world = object_.matrix_world @ Vector(exploring.point.location)
            return location_3d_to_region_2d(context.region, context.region_data, world)
    return None


def _draw_ring(center: Vector, radius: float, is_held: bool, scale: float) -> None:
    """A ring that is seen on bright and on dark; filled where the point is held."""
    turn = np.linspace(0.0, 2.0 * np.pi, 33)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius + np.array(center)
    if is_held:
        fan = np.stack([np.broadcast_to(np.array(center), (32, 2)), circle[:-1], circle[1:]], axis=1).reshape(-1, 2)
        _fill(fan, (1.0, 1.0, 1.0, 1.0))
    for width, color in ((4.0, (0.0, 0.0, 0.0, 0.9)), (2.0, (1.0, 1.0, 1.0, 1.0))):
        shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
        shader.bind()
        shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
        shader.uniform_float("lineWidth", width * scale)
        shader.uniform_float("color", color)
        batch_for_shader(shader, "LINE_STRIP", {"pos": _flat(circle)}).draw(shader)


def _draw_legend(exploring: session.Session, region: bpy.types.Region, scale: float) -> None:
    """At the lower middle: what is compared, the colors from unlike to alike, and what is to be remarked."""
    width, height = min(_BAR[0] * scale, region.width - 4 * _MARGIN * scale), _BAR[1] * scale
    if width < 100 * scale:
        return
    size = bpy.context.preferences.ui_styles[0].widget.points * scale
    line, margin = 1.5 * size, _MARGIN * scale
    title, remark = exploring.title(), exploring.remark()
    blf.size(_FONT, size)
    half = max(width, *(blf.dimensions(_FONT, text)[0] for text in (title, remark))) / 2 + margin
    middle, bottom = region.width / 2, _ABOVE_EDGE * scale
    top = bottom + 2 * line + height + 2 * margin + (line if remark else 0.0)
    _fill(_rectangle(middle - half, bottom, middle + half, top), _BOARD)
    _write("Unlike", middle - width / 2, bottom + margin, _FAINT)
    _write("Alike", middle + width / 2 - blf.dimensions(_FONT, "Alike")[0], bottom + margin, _FAINT)
    _draw_bar(middle - width / 2, bottom + margin + line, width, height)
    above = bottom + margin + line + height + 0.6 * size
    for text, color in ((remark, _FAINT), (title, _TEXT)) if remark else ((title, _TEXT),):
        _write(text, middle - blf.dimensions(_FONT, text)[0] / 2, above, color)
        above += line


def _draw_bar(left: float, bottom: float, width: float, height: float) -> None:
    """The colors, from unlike at the left to alike at the right."""
    values = np.linspace(0.0, 1.0, 33)
    colors = np.concatenate([ramp.display_colors(values), np.ones((33, 1))], axis=1)
    across = np.repeat(left + width * values, 2)
    upward = np.tile([bottom, bottom + height], 33)
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    content = {"pos": _flat(np.stack([across, upward], axis=1)), "color": np.repeat(colors, 2, axis=0).astype(np.float32)}
    batch_for_shader(shader, "TRI_STRIP", content).draw(shader)


def _write(text: str, left: float, bottom: float, color: Sequence[float]) -> None:
    blf.color(_FONT, *color)
    blf.position(_FONT, left, bottom, 0)
    blf.draw(_FONT, text)


def _fill(triangles: NDArray, color: Sequence[float]) -> None:
    """Fills triangles (3n, 2)."""
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.bind()
    shader.uniform_float("color", color)
    batch_for_shader(shader, "TRIS", {"pos": _flat(triangles)}).draw(shader)


def _rectangle(left: float, bottom: float, right: float, top: float) -> NDArray[np.float64]:
    return np.array([(left, bottom), (right, bottom), (right, top), (left, bottom), (right, top), (left, top)])


def _flat(points: NDArray) -> NDArray[np.float32]:
    """Points (n, 2) at depth 0: (n, 3) float32, as the shaders take them."""
    return np.column_stack([points, np.zeros(len(points))]).astype(np.float32)
