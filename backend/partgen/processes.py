"""Starting another process on pipes and ending it, with everything that it started. Standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO


def spawn(
    command: Sequence[str], environment: Mapping[str, str] | None = None, log: IO[bytes] | None = None, detached: bool = False
) -> subprocess.Popen[bytes]:
    """Starts `command` with pipes for its input and output; its error stream goes to `log`, or where ours goes.

    `environment` is added to our own. `detached` keeps it out of the terminal's reach (Ctrl-C is for us) and lets `kill`
    reach everything that it started. Shows no console window. Raises OSError where it cannot be started.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | (subprocess.CREATE_NEW_PROCESS_GROUP if detached else 0)
    return subprocess.Popen(
        list(command),
        bufsize=0,  # buffered pipes have locks, and a thread that waits in one would break the end of the interpreter
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={**os.environ, **(environment or {})},
        creationflags=flags,
        start_new_session=detached and os.name == "posix",
    )


def end(process: subprocess.Popen[bytes], patience: float, detached: bool = False) -> int | None:
    """Waits `patience` seconds for `process` to end, then kills it. Its exit code (None where the system keeps it alive)."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        kill(process, detached)
    try:
        return process.wait(5.0)
    except subprocess.TimeoutExpired:
        return None


def end_of(process: subprocess.Popen[bytes], patience: float, detached: bool = False) -> int | None:
    """The exit code of a process that has ended or is just about to; None where it did not within `patience` seconds and was killed."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        end(process, 0.0, detached)
        return None


def kill(process: subprocess.Popen[bytes], detached: bool = False) -> None:
    """Kills `process` at once, and where it was started detached everything that it started."""
    try:
        if detached and sys.platform != "win32":
            os.killpg(process.pid, 9)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass  # it ended by itself
