"""Signs of life: when to tell the artist that nothing was heard for long, and when to take that back.

Nothing is ended here: who waits may know better than a clock.
"""

from __future__ import annotations

from ..errors import Action
from ..protocol import Notice

SILENT_SECONDS = 60.0
"""Without so much as a heartbeat: native code holds the interpreter, or the system gives the process no time."""

SLOW_SECONDS = 300.0
"""Without progress, though the heart beats: one step of the work takes very long."""


class Vigil:
    """Watches over one request while it runs. Times are in seconds, of any one clock."""

    def __init__(self, request_id: int, name: str, began: float) -> None:
        self._id = request_id
        self._name = name
        self._heard = began
        self._progressed = began
        self._told = Notice("")

    def heard(self, now: float, is_progress: bool) -> None:
        """The worker said something; `is_progress` where that was about this request."""
        self._heard = now
        if is_progress:
            self._progressed = now

    def news(self, now: float) -> list[Notice]:
        """What to tell at time `now` that was not told yet: that something holds, or holds no longer."""
        current = self._current(now)
        if current.code == self._told.code:
            return []
        news = [Notice(self._told.code, id=self._id)] if self._told.code else []
        self._told = current
        return [*news, current] if current.code else news

    def _current(self, now: float) -> Notice:
        if now - self._heard >= SILENT_SECONDS:
            sentence = f"The work on {self._name} has not reported for {now - self._heard:.0f} s; it may still be working."
            return Notice("worker.silent", sentence, "Wait, cancel it, or restart the backend.", Action.RESTART_BACKEND, self._id)
        if now - self._progressed >= SLOW_SECONDS:
            minutes = (now - self._progressed) / 60
            sentence = f"The work on {self._name} has come no further for {minutes:.0f} minutes, but the computer is busy with it."
            return Notice("worker.slow", sentence, "Wait, or cancel it.", Action.NONE, self._id)
        return Notice("")
