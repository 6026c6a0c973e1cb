"""What a network that draws parts is told of a prompt: directions of its name, of what is asked and denied, and what is counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..understanding.amounts import normal, tokens
from .asking import counted
from .words import READS, PartWords

COUNTS = 3
"""Things that are counted, at most."""
MOST = 13
"""A greater number is as good as this one."""
ROWS = len(READS) + COUNTS


def hints(prompt: str, words: PartWords) -> NDArray[np.float32]:
    """(ROWS, channels + MOST + 1): rows for the name, the asked, the denied, and each thing counted, with how many of it there are as one
    of MOST + 1 ones; zeros where nothing is said."""
    directions = np.stack(words.directions(prompt))
    rows = np.zeros((ROWS, directions.shape[1] + MOST + 1), np.float32)
    rows[: len(READS), : directions.shape[1]] = directions
    told = counted(tokens(normal(prompt)), words.catalogue.counted)
    for row, (thing, number) in zip(rows[len(READS) :], list(told.items())[:COUNTS], strict=False):
        row[: directions.shape[1]] = words.directions(thing)[READS.index("asked")]
        row[directions.shape[1] + min(1 if number is None else number, MOST)] = 1.0
    return rows
