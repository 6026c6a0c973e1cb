"""Proposals: several plausible ways to take an object apart, flipped through, one of them chosen. See session.py."""

from __future__ import annotations

from . import flipping, handlers, operators, panel, properties, session, thumbnails

PROPERTIES = properties.CLASSES
OPERATORS = (*operators.CLASSES, *flipping.CLASSES)
PANELS = panel.CLASSES


def register() -> None:
    """Gives Blender the properties and what hears of other files; classes are registered by the add-on."""
    properties.register()
    handlers.register()


def unregister() -> None:
    session.forget_all()
    thumbnails.forget_all()
    handlers.unregister()
    properties.unregister()
