"""What can be asked for: the ids of all methods that find or complete parts. The greeting tells them."""

from __future__ import annotations

from ..completion import METHODS as COMPLETING
from ..segmentation import METHODS as FINDING

METHODS = tuple(dict.fromkeys(FINDING + COMPLETING))
