"""Explore: point at a surface, and everything that is explored is colored by its similarity to that point."""

from __future__ import annotations

import bpy

from . import session
from .operators import CLASSES, stop

__all__ = ["CLASSES", "is_running", "look_again", "notice", "stop"]


def is_running() -> bool:
    """Whether somebody explores."""
    return session.current() is not None


def notice(depsgraph: bpy.types.Depsgraph) -> None:
    """Takes in what Blender says has changed."""
    if exploring := session.current():
        exploring.notice(depsgraph)


def look_again() -> None:
    """Anything may have changed: after undo and redo."""
    if exploring := session.current():
        exploring.look_again()
