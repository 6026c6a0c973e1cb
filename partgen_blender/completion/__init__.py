"""Completing parts: from the visible, open surface of a part to a closed solid, with the artist's own faces untouched."""

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
