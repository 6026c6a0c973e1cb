"""What the network says of a prompt and of each of its words; the order is that of its outputs."""

from __future__ import annotations

from ..editing.edits import AXES, DIRECTIONS, OPERATIONS

ANSWERS = ("edit", "nonsense", "question", "foreign", "contradictory", "unrelated", "vague")
"""What a prompt is. `vague` wants a change but does not say which."""
OPS = ("", *OPERATIONS)
"""The edit that a word stands for; "" for none."""
SIDES = ("", *AXES, "along", "around")
"""Along what an edit goes, as said."""
WAYS = ("", *DIRECTIONS)
"""To where; of a size "up" is more and "down" less."""
ROLES = ("", "degree", "name", "color", "finish", "with", "by", "to")
"""What a word tells about an edit: how much in words, a material's name, colour and finish, what replaces a part; an amount to
change `by`, or one that is the result or simply the amount: `to`."""
