"""What picking remembers in the scene."""

from __future__ import annotations

import bpy

from . import committing


class PARTGEN_PG_picking(bpy.types.PropertyGroup):
    """What Pick Part remembers in the scene."""

    commit_as: bpy.props.EnumProperty(
        name="Commit as",
        description="What Enter makes of the picked parts",
        items=committing.KINDS,
        default="FACE_SELECTION",
        options=set(),
    )


CLASSES = (PARTGEN_PG_picking,)


def register() -> None:
    bpy.types.Scene.partgen_picking = bpy.props.PointerProperty(type=PARTGEN_PG_picking)


def unregister() -> None:
    del bpy.types.Scene.partgen_picking
