"""Who has the mouse in the viewports: of the tools that follow it from a button to Enter or Esc, one at a time.

    @mouse.tool
    def stop() -> None: ...        # how a tool is ended; harmless where it does not run

    mouse.take(stop)               # it begins: the others end
    mouse.free()                   # all end: another file is opened, or the add-on is disabled

Tools know this module, and none of them knows another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Stop = TypeVar("Stop", bound=Callable[..., None])

_tools: list[Callable[..., None]] = []


def tool(stop: Stop) -> Stop:
    """Makes a tool one of those of which only one has the mouse; `stop` ends it, and can be called without arguments."""
    _tools.append(stop)
    return stop


def take(own: Callable[..., None]) -> None:
    """Gives the mouse to the tool that `own` ends, by ending all others."""
    for stop in _tools:
        if stop is not own:
            stop()


def free() -> None:
    """Ends whatever tool has the mouse."""
    for stop in _tools:
        stop()
