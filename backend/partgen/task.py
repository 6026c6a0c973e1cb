"""A program of ours beside Blender: what it reports, and watching it without ever waiting for it.

Whatever installs or downloads is a command line program that a person can run as well. With ``--json-lines`` it writes
one JSON object a line to its standard output:

    {"event": "report", "fraction": 0.4, "stage": "Install packages", "step": 4, "steps": 8, "detail": "scipy · 12 of 35 MB"}
    {"event": "finished", "result": {...}}
    {"event": "problem", "code": "set_up.disk_full", "sentence": "...", "remedy": "...", "action": "repair"}

The add-on watches it through a Task, whose `poll` a timer calls:

    task = Task(command, log_path, name="The set-up")
    task.start()
    for event in task.poll(): ...           # Report · Finished · Problem; the last one is Finished or Problem

The program says these things through a Reporter, which writes for people where nobody asked for JSON lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, TextIO

from .errors import Action, PartgenError
from .processes import end, spawn

PATIENCE = 5.0
"""Seconds that a program may take to end after its output has ended."""

REMEDY_OF_END = "Start it again: it goes on where it stopped. The log tells more."

SYSTEM_SIGNALS = {9: "the system ended it, perhaps because memory ran out", 11: "it crashed", 15: "something asked it to end"}


@dataclass(frozen=True)
class Report:
    """How far it is: `fraction` of everything in [0, 1], the stage in words, its number from 1, and what is done just now."""

    fraction: float
    stage: str
    step: int = 0
    steps: int = 0
    detail: str = ""
    seconds_left: float | None = None


@dataclass(frozen=True)
class Finished:
    """The last event of a program that did what it was asked for."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """The last event of a program that did not: for the artist, with the name of an Action as its button.

    Code "cancelled" after `Task.cancel`, "task.not_started" and "task.ended" where the program itself could not say why.
    """

    code: str
    sentence: str
    remedy: str = ""
    action: str = ""
    log_path: str = ""


TaskEvent = Report | Finished | Problem


class Task:
    """Runs one program once, in the background. Every method returns at once and may be called from any thread.

    `command` is the program with its arguments; `environment` is added to ours; what it has to tell beside its events is
    appended to `log_path`. `name` is what an error calls it, e.g. "The set-up". The program and all that it started end
    when this process ends, where the program calls `end_with_parent`.
    """

    def __init__(
        self, command: Sequence[str], log_path: Path, environment: Mapping[str, str] | None = None, name: str = "The task"
    ) -> None:
        self.command = list(command)
        self.log_path = Path(log_path)
        self.name = name
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._events: list[TaskEvent] = []
        self._started = False
        self._ended = False
        self._thread = threading.Thread(target=self._live, name="partgen task", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether its last event is still to come."""
        with self._lock:
            return self._started and not self._ended

    def start(self) -> None:
        """Starts the program. That it could not be started comes as a Problem. A task can be started once."""
        with self._lock:
            if self._started:
                raise RuntimeError("A task is started once; make another one.")
            self._started = True
        self._thread.start()

    def cancel(self) -> None:
        """Ends the program and everything that it started. The next and last event is a Problem with code "cancelled"."""
        with self._lock:
            self._started = True
            process = self._process
            self._close(Problem("cancelled", "Cancelled."))
        if process is not None:
            threading.Thread(target=kill_tree, args=(process.pid,), name="partgen task killer", daemon=True).start()

    def poll(self) -> list[TaskEvent]:
        """What happened since the last call, in order; of the reports of one stage only the newest."""
        with self._lock:
            events, self._events = self._events, []
            return events

    def join(self, timeout: float | None = None) -> None:
        """Waits until the program is gone; for scripts, tests, and the end of Blender."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    # `_add` and `_close` are called with the lock held, the rest in the task's own thread.

    def _add(self, event: TaskEvent) -> None:
        if self._ended:
            return
        last = self._events[-1] if self._events else None
        if isinstance(event, Report) and isinstance(last, Report) and last.stage == event.stage:
            self._events[-1] = event
        else:
            self._events.append(event)

    def _close(self, event: Finished | Problem) -> None:
        """Adds the last event. Nothing comes after it."""
        if isinstance(event, Problem) and not event.log_path:
            event = replace(event, log_path=str(self.log_path))
        self._add(event)
        self._ended = True

    def _live(self) -> None:
        try:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.log_path, "ab") as log:
                self._run(log)
        except OSError as error:
            sentence = f"{self.name} cannot write its log: {self.log_path} ({error.strerror or error})."
            remedy = "Make that folder writable, and make room on its disk."
            self._finish(Problem("task.not_started", sentence, remedy, Action.COPY_DEBUG_INFO))
        finally:  # whatever went wrong, nobody waits for ever
            self._finish(Problem("task.ended", f"{self.name} ended unexpectedly.", REMEDY_OF_END, Action.OPEN_LOG))

    def _run(self, log: IO[bytes]) -> None:
        try:
            process = spawn(self.command, self._environment, log, detached=True)
        except OSError as error:
            sentence = f"{self.name} could not be started: {self.command[0]!r} ({error.strerror or error})."
            self._finish(Problem("task.not_started", sentence, "Install the add-on again.", Action.COPY_DEBUG_INFO))
            return
        with self._lock:
            self._process = process
            was_cancelled = self._ended
        if was_cancelled:
            kill_tree(process.pid)
        self._listen(process, log)

    def _listen(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        """Takes events from the program until it ends, then says why it ended where it did not say so itself."""
        assert process.stdin is not None
        assert process.stdout is not None
        answer: Finished | Problem | None = None
        with process.stdin, process.stdout:  # the program's input stays open as long as we live: see `end_with_parent`
            for line in _lines_of(process.stdout):
                event = read_event(line)
                if event is None:
                    with contextlib.suppress(OSError):  # a full disk is the program's to report
                        log.write(line)
                        log.flush()
                elif isinstance(event, Report):
                    with self._lock:
                        self._add(event)
                else:
                    answer = event
        exit_code = end(process, PATIENCE, detached=True)
        with self._lock:
            self._process = None
        self._finish(answer or self._problem_of_end(exit_code))

    def _finish(self, event: Finished | Problem) -> None:
        with self._lock:
            self._close(event)

    def _problem_of_end(self, exit_code: int | None) -> Problem:
        """Why a program ended without a word."""
        if exit_code is not None and exit_code < 0:
            how = SYSTEM_SIGNALS.get(-exit_code, f"signal {-exit_code}")
        else:
            how = f"exit code {exit_code}"
        return Problem("task.ended", f"{self.name} ended unexpectedly ({how}).", REMEDY_OF_END, Action.OPEN_LOG)


def _lines_of(source: IO[bytes]) -> Iterator[bytes]:
    """The lines of an unbuffered stream as they come, and what is left at its end."""
    rest = b""
    while piece := source.read(1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def read_event(line: bytes) -> TaskEvent | None:
    """The event that a line of a program's output holds; None where the line is anything else, e.g. a library's print."""
    try:
        content = json.loads(line)
        kind = _EVENTS[content.pop("event")]
        return kind(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


class Reporter:
    """The writing side: says on `stream` what happens, as JSON lines for a Task or as text for people."""

    def __init__(self, stream: TextIO, json_lines: bool = False) -> None:
        self._stream = stream
        self._json_lines = json_lines
        self._last: Report | None = None

    def report(
        self,
        fraction: float,
        stage: str,
        step: int = 0,
        steps: int = 0,
        detail: str = "",
        seconds_left: float | None = None,
    ) -> None:
        """Says how far it is; see Report. People read a line for every stage and every tenth of it all."""
        report = Report(min(max(fraction, 0.0), 1.0), stage, step, steps, detail, seconds_left)
        if self._json_lines:
            self._write_event(report)
        elif self._is_news(report):
            self._last = report
            number = f"[{step}/{steps}] " if steps else ""
            self._write(f"{number}{stage}  {report.fraction:.0%}" + (f"  {detail}" if detail else ""))

    def finished(self, result: dict[str, Any]) -> None:
        """The last word where all went well. People read `result["sentence"]`, or just that it is done."""
        if self._json_lines:
            self._write_event(Finished(result))
        else:
            self._write(str(result.get("sentence") or "Done."))

    def problem(self, error: PartgenError, log_path: str = "") -> None:
        """The last word where it did not."""
        if self._json_lines:
            self._write_event(Problem(error.code, error.sentence, error.remedy, str(error.action), log_path))
        else:
            self._write(f"{error.sentence} {error.remedy}".strip() + (f"\nLog: {log_path}" if log_path else ""))

    def _is_news(self, report: Report) -> bool:
        last = self._last
        return last is None or last.stage != report.stage or int(last.fraction * 10) != int(report.fraction * 10)

    def _write_event(self, event: TaskEvent) -> None:
        # Plain ASCII, so that no code page of a console or a pipe can spoil the name of a folder.
        self._write(json.dumps({"event": _NAMES[type(event)], **asdict(event)}, ensure_ascii=True))

    def _write(self, line: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()


def end_with_parent() -> None:
    """Lets this process, and all that it started, end when its standard input ends: when the Task that started it is gone.

    For programs that a Task runs; a person's terminal is left alone.
    """
    if not sys.stdin or sys.stdin.isatty():
        return
    descriptor = sys.stdin.fileno()

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        kill_tree(os.getpid())

    threading.Thread(target=wait, name="partgen parent watch", daemon=True).start()


def kill_tree(pid: int) -> None:
    """Kills a process that `spawn` started detached, and everything that it started, at once."""
    if sys.platform == "win32":
        command = ["taskkill", "/T", "/F", "/PID", str(pid)]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, creationflags=subprocess.CREATE_NO_WINDOW)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


_EVENTS: dict[str, type[Report] | type[Finished] | type[Problem]] = {"report": Report, "finished": Finished, "problem": Problem}
_NAMES: dict[type, str] = {kind: name for name, kind in _EVENTS.items()}
