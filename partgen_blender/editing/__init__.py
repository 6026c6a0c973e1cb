"""Editing one part by words: asked for, understood by the backend, done here on the part's own mesh, adjusted by sliders."""

from __future__ import annotations

from . import operators, panel, properties

OPERATORS = operators.CLASSES
PANELS = panel.CLASSES
PROPERTIES = properties.CLASSES


def register() -> None:
    """Gives Blender the properties; classes are registered by the add-on."""
    properties.register()


def unregister() -> None:
    properties.unregister()
