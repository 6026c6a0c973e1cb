"""How long a job still takes, told only when it can be told."""

from __future__ import annotations

MEANINGFUL_FRACTION = 0.05
MEANINGFUL_SECONDS = 1.0
SMOOTHING_SECONDS = 3.0


class TimeLeft:
    """The time that one job still needs, from how far it came since it began. Times are in seconds, of any one clock."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._total: float | None = None
        self._updated = began

    def update(self, fraction: float, now: float) -> float | None:
        """Seconds left at time `now`, with `fraction` of the work done; None until enough is done to tell.

        The expected total follows what the fraction says over the last few seconds, so that a stage which is quicker
        than the one before does not make the number jump.
        """
        elapsed = now - self._began
        if elapsed < MEANINGFUL_SECONDS or fraction < MEANINGFUL_FRACTION:
            return None
        expected = elapsed / fraction
        if self._total is None:
            self._total = expected
        else:
            self._total += min(1.0, (now - self._updated) / SMOOTHING_SECONDS) * (expected - self._total)
        self._updated = now
        return max(0.0, self._total - elapsed)
