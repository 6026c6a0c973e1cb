"""Refining: parts as the artist wants them, by clicks, by edits of the tree, and along better borders."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import session
from .operators import CLASSES, stop

__all__ = ["CLASSES", "is_running", "register", "stop", "unregister"]


def is_running() -> bool:
    """Whether somebody clicks a part together."""
    return session.current() is not None


@persistent
def _before_load(*_: object) -> None:
    stop()


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)


def unregister() -> None:
    stop()
    if _before_load in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(_before_load)
