"""The modes of Blender in which buttons can be pressed."""

from __future__ import annotations

from collections.abc import Collection

import bpy


def can_work(operator: type, context: bpy.types.Context, modes: Collection[str] = ("OBJECT",)) -> bool:
    """Whether Blender is in one of the modes that an operator works in. Where it is not, its button says what to do."""
    if context.mode in modes:
        return True
    operator.poll_message_set("Return to Object Mode first")  # type: ignore[attr-defined]
    return False
