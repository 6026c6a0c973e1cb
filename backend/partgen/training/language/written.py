"""Whole prompts that were written by hand, each with what it means: what patterns put together does not sound like people.

The lines of `written/edits_*.txt` hold instructions, one or several: `op/axis/direction: marked text`, the next one after `||` with
the words that join them. Marks and slots are those of `phrases`. The lines of `written/refused.txt` hold what is no edit:
`answer: text`. Lines that begin with # say what follows. They were written from the list of operations alone, without
sight of the prompts that the reader is measured on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ...understanding.labels import ANSWERS, OPS, SIDES, WAYS
from .composing import Clause, Random, expand

FOLDER = Path(__file__).parent / "written"


@dataclass(frozen=True)
class Instruction:
    """One edit of a line: `pattern` is its marked text, with the words that lead up to it."""

    op: str
    axis: str
    direction: str
    pattern: str


@cache
def edits() -> tuple[tuple[Instruction, ...], ...]:
    """The instructions of every line of edits. Raises ValueError where a line means nothing."""
    return tuple(tuple(_instruction(one) for one in line.split("||")) for line in _lines("edits_*.txt"))


@cache
def refused() -> tuple[tuple[str, str], ...]:
    """Answer and text of every line that is no edit. Raises ValueError where a line has no such answer."""
    found = []
    for line in _lines("refused*.txt"):
        answer, colon, text = line.partition(":")
        if not colon or answer not in ANSWERS or answer == "edit":
            raise ValueError(f"What is it? {line}")
        found.append((answer, text.strip()))
    return tuple(found)


def written_edits(random: Random) -> list[tuple[str, Clause | str]]:
    """One of the lines of edits, as `sentences.labelled` takes it."""
    line = edits()[int(random.choice(len(edits()), p=_shares()))]
    return [("", Clause(expand(one.pattern, random), one.op, one.axis, one.direction)) for one in line]


def written_refusal(random: Random) -> tuple[str, str]:
    """One of the lines that are no edit, and what it is."""
    answer, text = refused()[int(random.integers(len(refused())))]
    return expand(text, random), answer


@cache
def _shares() -> np.ndarray:
    """How often each line is drawn: one with more ways to be read more often, but not in proportion."""
    ways = np.array([1 + sum(one.pattern.count(sign) for one in line for sign in "|[{") for line in edits()])
    return np.sqrt(ways) / np.sqrt(ways).sum()


def _lines(pattern: str) -> list[str]:
    lines = [line for path in sorted(FOLDER.glob(pattern)) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _instruction(text: str) -> Instruction:
    meaning, colon, pattern = text.partition(":")
    op, axis, direction, *more = [*meaning.strip().split("/"), "", ""]
    if not colon or op not in OPS or not op or axis not in SIDES or direction not in WAYS or any(more):
        raise ValueError(f"What is meant? {text}")
    return Instruction(op, axis, direction, pattern.rstrip())
