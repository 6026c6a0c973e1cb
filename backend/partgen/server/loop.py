"""The message loop: what the client asks for, what the worker answers, and what is to happen when either does not.

Results are remembered, meshes are not: sending a million faces again takes a tenth of a second.
"""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from .. import __version__
from ..channel import Channel, Closed, end, spawn
from ..protocol import MAGIC, PROTOCOL, Cancel, Done, Failed, Hello, Message, Progress, Submit
from ..segmentation import METHODS
from .estimate import TimeLeft
from .parent import Parent, let_die_with_us
from .results import ResultStore, digest_of
from .streams import limit

GRACE_SECONDS = 0.4
"""How long the worker may take to stop by itself before it is killed: cancelling has to be done within a second."""

LOOK_SECONDS = 0.5
"""How often the loop looks after the parent and the log."""


@dataclass
class _Job:
    """A request on its way. `answered` once the client knows its end, whatever the worker still does."""

    submit: Submit
    digest: str
    time_left: TimeLeft | None = None
    answered: bool = False


class Server:
    """Answers one client, with one worker at a time, which is started ahead of the first request.

    Nothing here waits but for events; the native work is the worker's.
    """

    def __init__(self, worker_command: Sequence[str], log_path: Path | None) -> None:
        self._worker_command = worker_command
        self._log_path = log_path
        self._hello = Hello(PROTOCOL, __version__, METHODS, "", os.getpid())
        self._events: queue.SimpleQueue[tuple[_Worker | None, Message | Closed]] = queue.SimpleQueue()
        self._results = ResultStore()
        self._waiting: dict[int, _Job] = {}  # in the order in which they came
        self._running: _Job | None = None
        self._worker: _Worker | None = None
        self._kill_at: float | None = None  # when the worker has to have stopped by itself

    def run(self, source: IO[bytes], sink: IO[bytes]) -> None:
        """Serves until the client is gone, then ends the worker."""
        parent = Parent()
        sink.write(MAGIC)
        self._client = Channel(source, sink, lambda message: self._events.put((None, message)))
        self._client.start()
        self._client.send(self._hello)
        self._start_worker()
        try:
            while not parent.is_gone() and self._turn():
                pass
        finally:
            if self._worker is not None:
                self._worker.kill()

    def _turn(self) -> bool:
        """Handles one event, or the time that passed without one. False when the client is gone."""
        sender, message = self._next_event()
        if sender is not None and message is not None:
            self._hear_worker(sender, message)
        elif isinstance(message, Submit):
            self._submit(message)
        elif isinstance(message, Cancel):
            self._drop(message.id, "cancelled", "Cancelled.")
        elif isinstance(message, Closed):
            logging.info("the client is gone %s", message.problem)
            return False
        self._look_around()
        self._advance()
        return True

    def _next_event(self) -> tuple[_Worker | None, Message | Closed | None]:
        patience = LOOK_SECONDS if self._kill_at is None else min(LOOK_SECONDS, max(0.0, self._kill_at - time.monotonic()))
        try:
            return self._events.get(timeout=patience)
        except queue.Empty:
            return None, None

    def _look_around(self) -> None:
        if self._log_path is not None:
            limit(self._log_path)
        if self._kill_at is not None and time.monotonic() >= self._kill_at and self._worker is not None:
            logging.info("the worker did not stop by itself and is killed")
            self._worker.kill()
            self._start_worker()

    # ---- what the client asks ----

    def _submit(self, submit: Submit) -> None:
        for job in [*self._waiting.values(), *([self._running] if self._running else [])]:
            if submit.key and job.submit.key == submit.key:
                self._drop(job.submit.id, "superseded", "A newer request took its place.")
        digest = digest_of(submit.request)
        stored = self._results.get(digest)
        if stored is not None:
            self._client.send(Done(submit.id, stored, stored=True))
            return
        self._waiting[submit.id] = _Job(submit, digest)
        if self._worker is None or not self._worker.is_ready:
            self._client.send(Progress(submit.id, 0.0, "Starting"))
        elif self._running is not None:
            self._client.send(Progress(submit.id, 0.0, "Waiting"))

    def _drop(self, request_id: int, code: str, sentence: str) -> None:
        """Ends a request: one that waits is forgotten; one that runs is answered now, and the worker given its grace."""
        if self._waiting.pop(request_id, None) is not None:
            self._client.send(Failed(request_id, code, sentence))
        elif self._running is not None and self._running.submit.id == request_id and not self._running.answered:
            self._client.send(Failed(request_id, code, sentence))
            self._running.answered = True
            self._kill_at = time.monotonic() + GRACE_SECONDS
            if self._worker is not None:
                self._worker.send(Cancel(request_id))

    # ---- what the worker says ----

    def _hear_worker(self, worker: _Worker, message: Message | Closed) -> None:
        if worker is not self._worker:
            return  # the last words of one that was killed
        if isinstance(message, Hello):
            worker.is_ready = True
            self._hello = replace(self._hello, methods=message.methods, device=message.device)
            self._client.send(self._hello)
        elif isinstance(message, Closed):
            self._mourn(worker, message)
        elif isinstance(message, Progress | Done | Failed) and self._running and self._running.submit.id == message.id:
            self._pass_on(self._running, message)

    def _pass_on(self, job: _Job, message: Progress | Done | Failed) -> None:
        if isinstance(message, Done):
            self._results.put(job.digest, message.result)
        if isinstance(message, Progress) and job.time_left is not None:
            message = replace(message, seconds_left=job.time_left.update(message.fraction, time.monotonic()))
        if not job.answered:
            self._client.send(message)
        if not isinstance(message, Progress):
            self._running = None
            self._kill_at = None

    def _mourn(self, worker: _Worker, closed: Closed) -> None:
        """The worker ended and nobody asked it to. One that came to work before is replaced; another would fail again."""
        exit_code = worker.exit_code()
        logging.error("the worker ended with exit code %s %s", exit_code, closed.problem)
        if worker.is_ready:
            if self._running is not None and not self._running.answered:
                self._client.send(_failed_by_death(self._running.submit, exit_code, closed.problem))
            self._start_worker()
        else:
            self._fail_all_waiting(f"exit code {exit_code}")

    def _fail_all_waiting(self, reason: str) -> None:
        self._worker = None
        remedy = "The log says why; installing the backend again may help."
        for request_id in self._waiting:
            self._client.send(Failed(request_id, "worker.not_started", f"The backend's worker could not start ({reason}).", remedy))
        self._waiting.clear()

    # ---- work ----

    def _start_worker(self) -> None:
        """Starts a worker in place of the one that was, if any; what that one was doing is over."""
        self._running = None
        self._kill_at = None
        try:
            self._worker = _Worker(self._worker_command, self._log_path, self._events)
        except OSError as error:
            logging.exception("the worker could not be started")
            self._fail_all_waiting(str(error.strerror))

    def _advance(self) -> None:
        """Gives the worker the next request where it has none."""
        if self._waiting and self._worker is None:
            self._start_worker()
        if self._waiting and self._running is None and self._worker is not None and self._worker.is_ready:
            self._running = self._waiting.pop(next(iter(self._waiting)))
            self._running.time_left = TimeLeft(time.monotonic())
            self._worker.send(self._running.submit)


class _Worker:
    """The server's end of one worker process. Raises OSError where it cannot be started."""

    def __init__(
        self, command: Sequence[str], log_path: Path | None, events: queue.SimpleQueue[tuple[_Worker | None, Message | Closed]]
    ) -> None:
        environment = {"PARTGEN_LOG": str(log_path) if log_path else ""}
        self._process: subprocess.Popen[bytes] = spawn(command, environment)
        let_die_with_us(self._process)
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self._channel = Channel(
            self._process.stdout, self._process.stdin, lambda message: events.put((self, message)), skips_banner=True
        )
        self._channel.start()
        self.is_ready = False

    def send(self, message: Message) -> None:
        self._channel.send(message)

    def kill(self) -> None:
        self._channel.close()
        end(self._process, 0.0)

    def exit_code(self) -> int | None:
        """Of a worker that has ended, or is just about to."""
        return end(self._process, 0.2)


def _failed_by_death(submit: Submit, exit_code: int | None, problem: str) -> Failed:
    """What to tell the artist about a worker that died while it worked."""
    name = submit.request.name
    if exit_code == -9 and not problem:
        sentence = f"The system stopped the work on {name}, most likely because memory ran out."
        return Failed(submit.id, "worker.killed", sentence, "Close other programs, or reduce the mesh; then try again.")
    sentence = f"The work on {name} crashed (exit code {exit_code})."
    return Failed(submit.id, "worker.crashed", sentence, "Other objects are not affected. If it happens again, report it with the log.")
