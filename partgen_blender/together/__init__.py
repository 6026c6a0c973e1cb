"""Together: several objects taken apart alike, and what lies on one carried to others of its kind."""

from __future__ import annotations

from .. import regrouping
from . import matching, operators, panel

OPERATORS = operators.CLASSES
PANELS = panel.CLASSES
__all__ = ["OPERATORS", "PANELS", "register", "unregister"]


def register() -> None:
    """From now on one slider drives all objects that share identities."""
    regrouping.followers.append(matching.follow_scale)


def unregister() -> None:
    regrouping.followers.remove(matching.follow_scale)
