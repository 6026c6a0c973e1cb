"""Refining: parts as the artist wants them, by clicks, by edits of the tree, and along better borders."""

from __future__ import annotations

from . import session
from .operators import CLASSES

__all__ = ["CLASSES", "is_running"]


def is_running() -> bool:
    """Whether somebody clicks a part together."""
    return session.current() is not None
