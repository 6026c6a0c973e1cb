"""What can be asked for: the ids of all methods that find, complete or edit parts. The greeting tells them."""

from __future__ import annotations

from ..completion import METHODS as COMPLETING
from ..segmentation import METHODS as FINDING

EDITING = ("instruct", "texture", "reshape", "generative", "drawn")
METHODS = tuple(dict.fromkeys(FINDING + COMPLETING + EDITING))
