"""The parts list: what an object is taken apart into, by name, and what can be done with each part."""

from __future__ import annotations

from .. import part_rows, regrouping
from . import operators, panel

OPERATORS = operators.CLASSES
PANELS = (*panel.LISTS, *panel.PANELS)
__all__ = ["OPERATORS", "PANELS", "register", "unregister"]


def register() -> None:
    """From now on the list follows the parts of every mesh."""
    regrouping.followers.append(part_rows.follow)


def unregister() -> None:
    regrouping.followers.remove(part_rows.follow)
