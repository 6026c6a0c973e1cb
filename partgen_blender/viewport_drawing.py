"""What is drawn in every 3D viewport while an artist is at something: surfaces in the scene, and signs over it."""

from __future__ import annotations

from collections.abc import Callable

import bpy


class ViewportDrawing:
    """Two functions that Blender calls with every redraw, from `start` to `stop`; both may be called again."""

    def __init__(self, surfaces: Callable[[], None], signs: Callable[[], None]) -> None:
        self._functions = ((surfaces, "POST_VIEW"), (signs, "POST_PIXEL"))
        self._handles: list[object] = []

    def start(self) -> None:
        """Begins to draw. Touches no GPU yet, so that it works in background mode too."""
        if not self._handles:
            self._handles = [bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", when) for draw, when in self._functions]

    def stop(self) -> None:
        """Ends drawing."""
        while self._handles:
            bpy.types.SpaceView3D.draw_handler_remove(self._handles.pop(), "WINDOW")
