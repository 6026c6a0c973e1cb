"""Models: the trained weights that methods use, listed in the preferences."""

from __future__ import annotations

from .operators import CLASSES
from .panel import draw

__all__ = ["CLASSES", "draw"]
