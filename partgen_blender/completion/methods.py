"""The methods that complete parts, as the artist chooses among them: one table, from which the menu and its tooltips are made.

Nothing of Blender here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One method: `number` is saved in files and kept for ever. `has_reach`: it can let parts bulge into their neighbours."""

    id: str
    number: int
    name: str
    description: str
    has_reach: bool = False


METHODS = (
    Method("auto", 0, "Automatic", "Use the best method that is there, and say which one it was", has_reach=True),
    Method(
        "caps",
        1,
        "Caps",
        "Close every hole by itself, with the smallest sensible surface. Knows nothing of what lies behind; a second or two",
    ),
    Method(
        "solid",
        2,
        "Solid",
        "Divide the inside of the object among its parts, so that together they fill it without overlapping. Needs no trained weights",
        has_reach=True,
    ),
)
"""In the order in which they are offered."""


def method_of(identifier: str) -> Method | None:
    """The method of that id; None for one that a newer version knows."""
    return next((method for method in METHODS if method.id == identifier), None)
