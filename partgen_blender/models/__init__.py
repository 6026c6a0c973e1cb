"""Models: the trained weights that methods use, listed in the preferences."""

from __future__ import annotations

import bpy

CLASSES: tuple[type, ...] = ()


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The list of models."""
