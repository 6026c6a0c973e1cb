"""The restart breaker: what ends again and again is not started again without a person who says so."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

MAXIMUM_ENDS = 3
SHORT_SECONDS = 300.0


class RestartBreaker:
    """Counts the unexpected ends of one process, and breaks at `MAXIMUM_ENDS` of them within `SHORT_SECONDS`.

    It stays broken, however much time passes, until `reset`. `clock` tells seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: deque[float] = deque(maxlen=MAXIMUM_ENDS)
        self._is_broken = False

    @property
    def is_broken(self) -> bool:
        """Whether the process is not to be started again by itself."""
        return self._is_broken

    def ended(self) -> bool:
        """Counts one end that nobody asked for. Whether that broke it."""
        self._ends.append(self._clock())
        self._is_broken |= len(self._ends) == MAXIMUM_ENDS and self._ends[-1] - self._ends[0] <= SHORT_SECONDS
        return self._is_broken

    def reset(self) -> None:
        """Forgets what was: a person asked for another start, or the process did its work."""
        self._ends.clear()
        self._is_broken = False
