"""How numbers of things are said."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number of things as one writes it: "1 part", "12 parts", "0 parts", "1,200 vertices"; by default the plural has an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
