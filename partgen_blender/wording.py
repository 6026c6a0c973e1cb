"""How amounts are said: durations, and names of many."""

from __future__ import annotations

_NAMED = 3
"""So many names are said; of more the first ones, and how many there are besides."""


def time_left(seconds: float) -> str:
    """A duration as one says it: "about 10 s left", "about 3 min left"."""
    if seconds < 1.5:
        return "about 1 s left"
    if seconds < 90:
        return f"about {round(seconds) if seconds < 10 else 5 * round(seconds / 5)} s left"
    return f"about {round(seconds / 60)} min left"


def names_in_words(names: list[str]) -> str:
    """Names as in a sentence: "Lamp", "Lamp and Chair", "Lamp, Chair and 3 more"."""
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
