"""How far work is, told to whoever watches; they also say when it is to stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by a role as it works. Raises Cancelled when the job should stop."""

    def __call__(self, fraction: float, stage: str) -> None: ...


def no_progress(fraction: float, stage: str) -> None:
    """For callers who do not watch."""


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress whose 0 and 1 are `low` and `high` of the given one."""
    return lambda fraction, stage: progress(low + (high - low) * fraction, stage)
