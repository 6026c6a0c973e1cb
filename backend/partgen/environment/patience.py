"""Trying again where another program holds a file for a moment: on Windows a virus scanner does, and whoever just reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSES = (0.01, 0.05, 0.1, 0.3, 0.5, 1.0, 2.0)
"""Seconds to wait before each new attempt: four in all, as a scanner takes them for a large program."""


def patiently(action: Callable[[], T], pauses: tuple[float, ...] = PAUSES, sleep: Callable[[float], None] = time.sleep) -> T:
    """What `action` returns, which is called again as long as it is not permitted. Raises its last PermissionError."""
    for pause in pauses:
        try:
            return action()
        except PermissionError:
            sleep(pause)
    return action()
