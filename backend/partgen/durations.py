"""Times as one says them before the work."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """A time that is expected: "about 40 seconds", "about 12 minutes", "about 3.5 hours"."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"
