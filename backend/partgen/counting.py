"""How numbers of things are said."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number of things as one writes it: "1 part", "12 parts", "0 parts", "1,200 parts"."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
