"""A process beneath the server, which speaks frames as the server does: the worker, and the scout that looks for devices."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from ..channel import Channel, Closed
from ..processes import end, end_of, spawn
from ..protocol import Message, Notice
from .parent import let_die_with_us

GREETING_SECONDS = 180.0
"""How long a child may take to start: torch from a cold disk, past a virus scanner, but not for ever."""


class Child:
    """The server's end of one process. Raises OSError where it cannot be started.

    `hear` is called in a thread of its own with the child and what it says, and at last with Closed. The server keeps here
    what it learns: `is_ready` once it greeted, and `problem`, what it said was wrong with it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], hear: Callable[[Child, Message | Closed], None]) -> None:
        self._process: subprocess.Popen[bytes] = spawn(command, environment)
        let_die_with_us(self._process)
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self._channel = Channel(self._process.stdout, self._process.stdin, lambda message: hear(self, message), skips_banner=True)
        self._channel.start()
        self.began = time.monotonic()
        self.is_ready = False
        self.problem: Notice | None = None

    def send(self, message: Message) -> None:
        """Hands over a message. Returns at once."""
        self._channel.send(message)

    def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        self._channel.close()
        end(self._process, 0.0)

    def exit_code(self) -> int | None:
        """Of a child that has ended, or is just about to; None where it was not and had to be killed."""
        return end_of(self._process, 0.2)
