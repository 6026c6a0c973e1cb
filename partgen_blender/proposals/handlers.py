"""Proposals are of one file: they go when another is opened."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import session, thumbnails


@persistent
def _before_load(*_: object) -> None:
    session.forget_all()
    thumbnails.forget_all()


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)


def unregister() -> None:
    if _before_load in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(_before_load)
