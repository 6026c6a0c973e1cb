"""Programs beside Blender: started by a button, watched by one timer, ended with Blender. Nothing here ever waits.

    watch.start("set-up", Task(command, log_path), installed, failed)
    watch.pump()                 # called by a timer ten times a second: takes in reports, calls `installed` or `failed`

A key stands for one program at a time, for instance "set-up" or the id of the weights that it downloads.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import bpy
from partgen.task import Finished, Problem, Report, Task

from . import messages, preferences

PUMP_SECONDS = 0.1


@dataclass
class Watched:
    """One program that runs, and the newest of what it reported."""

    task: Task
    finished: Callable[[dict[str, Any]], None]
    failed: Callable[[Problem], None]
    once: Callable[[], bool]
    has_begun: bool = False
    report: Report = field(default_factory=lambda: Report(0.0, "Starting"))

    def begin(self) -> None:
        """Starts the program where it was not started and the time for it has come."""
        if not self.has_begun and self.once():
            self.has_begun = True
            self.task.start()


_watched: dict[str, Watched] = {}


def at_once() -> bool:
    """The time has come."""
    return True


def start(
    key: str,
    task: Task,
    finished: Callable[[dict[str, Any]], None],
    failed: Callable[[Problem], None],
    once: Callable[[], bool] = at_once,
) -> Watched:
    """Starts `task` and returns at once. One of `finished` and `failed` is called when it has ended, none after `cancel`.

    It waits until `once` holds, which is asked by every pump. An older program under the same key is cancelled first.
    """
    cancel(key)
    watched = _watched[key] = Watched(task, finished, failed, once)
    watched.begin()
    keep_pumping()
    preferences.redraw()
    return watched


def running(key: str) -> Watched | None:
    """The program of that key where it has not ended."""
    return _watched.get(key)


def running_keys() -> list[str]:
    """The keys of all programs that have not ended, oldest first."""
    return list(_watched)


def cancel(key: str) -> bool:
    """Ends the program of that key, silently. Whether there was one."""
    watched = _watched.pop(key, None)
    if watched is not None:
        watched.task.cancel()
        preferences.redraw()
    return watched is not None


def cancel_all(wait: float = 0.0) -> None:
    """Ends every program, silently. Waits up to `wait` seconds in all until they are gone."""
    ending = [watched.task for watched in _watched.values()]
    for key in list(_watched):
        cancel(key)
    deadline = time.monotonic() + wait
    for task in ending:
        if wait:
            task.join(max(deadline - time.monotonic(), 0.0))


def pump() -> bool:
    """Takes in what the programs have said since the last call. Whether more is to come."""
    for key, watched in list(_watched.items()):
        watched.begin()
        for event in watched.task.poll():
            if isinstance(event, Report):
                watched.report = event
            elif _watched.get(key) is watched:
                del _watched[key]
                _conclude(watched, event)
    if _watched:
        preferences.redraw()
    return bool(_watched)


def finish(seconds: float = 600.0) -> bool:
    """Pumps until nothing runs, for scripts and background mode, where no timers run. Whether that came to be in time."""
    deadline = time.monotonic() + seconds
    while pump():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def keep_pumping() -> None:
    """Lets Blender's timer call `pump` until nothing runs. It goes on when another file is opened."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=PUMP_SECONDS, persistent=True)


def stop_pumping() -> None:
    """Ends what `keep_pumping` began."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _conclude(watched: Watched, event: Finished | Problem) -> None:
    try:
        if isinstance(event, Finished):
            watched.finished(event.result)
        else:
            watched.failed(event)
    except Exception as error:  # a fault of ours must not end the timer, for which other programs wait
        traceback.print_exc()
        sentence = f"{watched.task.name} ended, but an error inside PartGen ({type(error).__name__}) hid how."
        messages.tell("ERROR", sentence, "Report it with Copy Debug Info.", "copy_debug_info", str(watched.task.log_path))
    preferences.redraw()


def _tick() -> float | None:
    going_on = pump()
    messages.report()
    return PUMP_SECONDS if going_on else None
