"""Signs over the picture of a 3D viewport, in its pixels: text, boards, lines and rings. To be called while Blender draws."""

from __future__ import annotations

from collections.abc import Sequence

import blf
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from numpy.typing import NDArray

FONT = 0
TEXT = (0.93, 0.93, 0.93, 1.0)
FAINT = (0.75, 0.75, 0.75, 1.0)
BOARD = (0.08, 0.08, 0.08, 0.75)
_OUTLINE = ((4.0, (0.0, 0.0, 0.0, 0.9)), (2.0, (1.0, 1.0, 1.0, 1.0)))
"""Widths and colors of a line that is seen on bright and on dark."""


def draw_ring(center: Vector, radius: float, is_filled: bool, scale: float) -> None:
    """A ring that is seen on bright and on dark."""
    turn = np.linspace(0.0, 2.0 * np.pi, 33)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius + np.array(center)
    if is_filled:
        fan = np.stack([np.broadcast_to(np.array(center), (32, 2)), circle[:-1], circle[1:]], axis=1).reshape(-1, 2)
        fill(fan, (1.0, 1.0, 1.0, 1.0))
    draw_line(circle, scale)


def draw_line(points: NDArray, scale: float) -> None:
    """A line through points (n, 2) that is seen on bright and on dark."""
    for width, color in _OUTLINE:
        shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
        shader.bind()
        shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
        shader.uniform_float("lineWidth", width * scale)
        shader.uniform_float("color", color)
        batch_for_shader(shader, "LINE_STRIP", {"pos": flat(points)}).draw(shader)


def write(text: str, left: float, bottom: float, color: Sequence[float]) -> None:
    """Text in the size that was set with `blf.size`."""
    blf.color(FONT, *color)
    blf.position(FONT, left, bottom, 0)
    blf.draw(FONT, text)


def fill(triangles: NDArray, color: Sequence[float]) -> None:
    """Fills triangles (3n, 2)."""
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.bind()
    shader.uniform_float("color", color)
    batch_for_shader(shader, "TRIS", {"pos": flat(triangles)}).draw(shader)


def rectangle(left: float, bottom: float, right: float, top: float) -> NDArray[np.float64]:
    """Two triangles (6, 2)."""
    return np.array([(left, bottom), (right, bottom), (right, top), (left, bottom), (right, top), (left, top)])


def flat(points: NDArray) -> NDArray[np.float32]:
    """Points (n, 2) at depth 0: (n, 3) float32, as the shaders take them."""
    return np.column_stack([points, np.zeros(len(points))]).astype(np.float32)
