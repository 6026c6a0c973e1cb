"""The message loop: what the client asks for, what the worker answers, and what is to happen when either does not.

Results are remembered, meshes are not: sending a million faces again takes a tenth of a second.
"""

from __future__ import annotations

import logging
import os
import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from .. import __version__
from ..breaker import MAXIMUM_ENDS, RestartBreaker
from ..channel import Channel, Closed
from ..endings import ending, size_of, tail_since
from ..errors import Action, PartgenError
from ..protocol import (
    MAGIC,
    PROTOCOL,
    Cancel,
    Configure,
    Delivery,
    Device,
    Done,
    Failed,
    FreeMemory,
    Heartbeat,
    Hello,
    Memory,
    Message,
    Notice,
    Progress,
    SegmentResult,
    Submit,
)
from .child import GREETING_SECONDS, Child
from .estimate import TimeLeft
from .notices import NoticeBoard
from .offered import METHODS
from .parent import Parent
from .placing import Placing
from .results import ResultStore, digest_of
from .streams import limit
from .vigil import Vigil

GRACE_SECONDS = 0.4
"""How long the worker may take to stop by itself before it is killed: cancelling has to be done within a second."""

LOOK_SECONDS = 0.5
"""How often the loop looks after the parent and the log."""

HEARTBEAT_SECONDS = 5.0
"""How often the client hears that the server is alive; it tells the artist after a minute without."""

REST_SECONDS = 1.0
"""How long nobody has to want anything before the scout sets out: what it has to tell can wait."""


@dataclass
class _Job:
    """A request on its way. `answered` once the client knows its end, whatever the worker still does."""

    submit: Submit
    digest: str
    time_left: TimeLeft | None = None
    vigil: Vigil | None = None
    answered: bool = False


class Server:
    """Answers one client, with one worker at a time, which is started ahead of the first request.

    Nothing here waits but for events; the native work is the worker's, and the look for devices the scout's. `options`
    are what the command line wishes for where the client has no wish of its own.
    """

    def __init__(self, worker_command: Sequence[str], scout_command: Sequence[str], log_path: Path | None, options: Configure) -> None:
        self._worker_command = worker_command
        self._scout_command = scout_command
        self._log_path = log_path
        self._log_size = 0  # when the worker was started
        self._options = options
        self._wishes = self._options
        self._hello = Hello(PROTOCOL, __version__, METHODS, "", os.getpid())
        self._events: queue.SimpleQueue[tuple[Child | None, Message | Closed]] = queue.SimpleQueue()
        self._results = ResultStore()
        self._waiting: dict[int, _Job] = {}  # in the order in which they came
        self._running: _Job | None = None
        self._worker: Child | None = None
        self._breaker = RestartBreaker()
        self._last_end = PartgenError("worker.not_started", "The backend's worker was not started.")
        self._kill_at: float | None = None  # when the worker has to have stopped by itself
        self._is_outdated = False  # whether the worker was started for other wishes
        self._is_to_unload = False  # whether the worker is to end as soon as it has nothing to do
        self._active = time.monotonic()  # when somebody last wanted something
        self._beat = time.monotonic()
        self._notices = NoticeBoard(lambda notice: self._client.send(notice))
        self._placing = Placing(
            lambda: self._child(self._scout_command), self._introduce, lambda told: self._client.send(told), self._notices, options
        )

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
            self._placing.close()
            if self._worker is not None:
                self._worker.kill()

    def _turn(self) -> bool:
        """Handles one event, or the time that passed without one. False when the client is gone."""
        sender, message = self._next_event()
        if message is None:
            self._watch(time.monotonic())
        elif sender is not None:
            self._hear_child(sender, message)
        elif isinstance(message, Closed):
            logging.info("the client is gone %s", message.problem)
            return False
        else:
            self._hear_client(message)
        self._look_around(time.monotonic())
        self._advance()
        return True

    def _next_event(self) -> tuple[Child | None, Message | Closed | None]:
        patience = LOOK_SECONDS if self._kill_at is None else min(LOOK_SECONDS, max(0.0, self._kill_at - time.monotonic()))
        try:
            return self._events.get(timeout=patience)
        except queue.Empty:
            return None, None

    def _look_around(self, now: float) -> None:
        """What is due, whatever else happens."""
        if self._log_path is not None:
            limit(self._log_path)
        if now - self._beat >= HEARTBEAT_SECONDS:
            self._beat = now
            self._client.send(Heartbeat())
        if self._kill_at is not None and now >= self._kill_at and self._worker is not None:
            logging.info("the worker did not stop by itself and is killed")
            self._worker.kill()
            self._start_worker()

    def _watch(self, now: float) -> None:
        """What is due when nobody says anything: only then is it known that nobody did."""
        if self._running is not None and self._running.vigil is not None and not self._running.answered:
            for notice in self._running.vigil.news(now):
                self._client.send(notice)
        if self._worker is not None and not self._worker.is_ready and now - self._worker.began > GREETING_SECONDS:
            self._give_up_on_worker()
        self._placing.watch(now)
        if self._is_idle():
            if self._placing.is_due and now - self._active >= REST_SECONDS:
                self._placing.look()
            minutes = self._wishes.idle_minutes
            if minutes > 0 and now - self._active >= 60 * minutes:
                logging.info("nothing was asked for %g minutes", minutes)
                self._unload()

    def _is_idle(self) -> bool:
        """Whether there is a worker that is ready and has nothing to do."""
        return self._worker is not None and self._worker.is_ready and self._running is None and not self._waiting

    # ---- what the client asks ----

    def _hear_client(self, message: Message) -> None:
        self._active = time.monotonic()
        if isinstance(message, Submit):
            self._submit(message)
        elif isinstance(message, Cancel):
            self._drop(message.id, "cancelled", "Cancelled.")
        elif isinstance(message, Configure):
            self._configure(message)
        elif isinstance(message, FreeMemory):
            self._is_to_unload = True

    def _submit(self, submit: Submit) -> None:
        for job in [*self._waiting.values(), *([self._running] if self._running else [])]:
            if submit.key and job.submit.key == submit.key:
                self._drop(job.submit.id, "superseded", "A newer request took its place.")
        digest = digest_of(submit.request)
        stored = self._results.get(digest)
        if stored is not None:
            self._client.send(Done(submit.id, stored, stored=True))
            return
        if self._breaker.is_broken:
            self._client.send(Failed.of(submit.id, self._last_end))
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

    def _configure(self, wishes: Configure) -> None:
        """Takes the client's wishes; where it leaves something to us ("auto"), the command line's stay."""
        device = self._options.device if wishes.device == "auto" else wishes.device
        precision = self._options.precision if wishes.precision == "auto" else wishes.precision
        is_elsewhere = (device, precision) != (self._wishes.device, self._wishes.precision)
        self._wishes = replace(wishes, device=device, precision=precision)
        if is_elsewhere:
            self._is_outdated = self._worker is not None
            self._placing.wish(self._wishes)

    def _introduce(self, device: str, devices: tuple[Device, ...]) -> None:
        """Greets again, with the device that networks work on in words, and those that there are."""
        self._hello = replace(self._hello, device=device, devices=devices)
        self._client.send(self._hello)

    # ---- what the worker says ----

    def _hear_child(self, child: Child, message: Message | Closed) -> None:
        if child is self._worker:
            self._hear_worker(child, message)
        else:
            self._placing.hear(child, message)  # or it was the last word of a worker that was killed

    def _hear_worker(self, worker: Child, message: Message | Closed) -> None:
        if self._running is not None and self._running.vigil is not None:
            self._running.vigil.heard(time.monotonic(), isinstance(message, Progress | Delivery))
        if isinstance(message, Hello):
            worker.is_ready = True
            self._active = time.monotonic()
            self._notices.take_down("worker.")
            self._hello = replace(self._hello, methods=message.methods, device=self._hello.device or message.device)
            self._client.send(self._hello)
        elif isinstance(message, Closed):
            self._mourn(worker, message)
        elif isinstance(message, Notice):
            worker.problem = message
        elif isinstance(message, Memory):
            self._placing.hear_memory(message)
        elif isinstance(message, Progress | Delivery | Done | Failed) and self._running and self._running.submit.id == message.id:
            self._pass_on(self._running, message)

    def _pass_on(self, job: _Job, message: Progress | Delivery | Done | Failed) -> None:
        if isinstance(message, Done):
            if isinstance(message.result, SegmentResult):
                self._results.put(job.digest, message.result)
            self._breaker.reset()
        if isinstance(message, Progress) and job.time_left is not None:
            message = replace(message, seconds_left=job.time_left.update(message.fraction, time.monotonic()))
        if not job.answered:
            self._client.send(message)
        if isinstance(message, Done | Failed):
            self._running = None
            self._kill_at = None
            self._active = time.monotonic()

    # ---- when the worker ends ----

    def _mourn(self, worker: Child, closed: Closed) -> None:
        """The worker ended and nobody asked it to. What it was working on fails; what waits is for the next one."""
        exit_code = worker.exit_code()
        logging.error("the worker ended with exit code %s %s", exit_code, closed.problem)
        subject = f"The work on {self._running.submit.request.name}" if self._running else "The backend's worker"
        log = tail_since(self._log_path, self._log_size) if self._log_path else ""
        self._bury(_as_error(worker.problem) if worker.problem else ending(subject, "worker", exit_code, worker.is_ready, log))

    def _give_up_on_worker(self) -> None:
        """The worker never greeted."""
        assert self._worker is not None
        logging.error("the worker did not greet within %g s and is killed", GREETING_SECONDS)
        self._worker.kill()
        sentence = f"The backend's worker did not start within {GREETING_SECONDS / 60:.0f} minutes."
        remedy = "Restart the backend; a busy disk or a virus scanner may have held it up."
        self._bury(PartgenError("worker.not_started", sentence, remedy, Action.RESTART_BACKEND))

    def _bury(self, end: PartgenError) -> None:
        """Goes on after an unexpected end of the worker. One that never came to work would fail again: none takes its place."""
        came_to_work = self._worker is not None and self._worker.is_ready
        self._worker = None
        self._last_end = end
        if self._running is not None and not self._running.answered:
            self._client.send(Failed.of(self._running.submit.id, end))
        self._running = None
        self._kill_at = None
        if self._breaker.ended():
            self._last_end = _keeps_ending(end)
        if came_to_work and not self._breaker.is_broken:
            self._start_worker()
        else:
            self._fail_all_waiting()

    def _fail_all_waiting(self) -> None:
        """Nobody is there to work, and it is known why."""
        for request_id in self._waiting:
            self._client.send(Failed.of(request_id, self._last_end))
        self._waiting.clear()
        self._notices.put(self._last_end, instead_of="worker.")

    # ---- work ----

    def _child(self, command: Sequence[str]) -> Child:
        environment = {
            "PARTGEN_LOG": str(self._log_path) if self._log_path else "",
            "PARTGEN_DEVICE": self._wishes.device,
            "PARTGEN_PRECISION": self._wishes.precision,
        }
        return Child(command, environment, lambda child, message: self._events.put((child, message)))

    def _start_worker(self) -> None:
        """Starts a worker in place of the one that was, if any; what that one was doing is over."""
        self._worker = None
        self._running = None
        self._kill_at = None
        self._is_outdated = False
        self._log_size = size_of(self._log_path) if self._log_path else 0
        try:
            self._worker = self._child(self._worker_command)
        except OSError as error:
            logging.exception("the worker could not be started")
            sentence = f"The backend's worker could not be started ({error.strerror})."
            self._bury(PartgenError("worker.not_started", sentence, "Install PartGen again.", Action.REPAIR))

    def _unload(self) -> None:
        """Ends the worker, which alone is sure to give back all that it holds; the next request starts another."""
        self._is_to_unload = False
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
        self._placing.look()

    def _advance(self) -> None:
        """Gives the worker the next request where it has none, and puts another in its place where that is due."""
        if self._running is None and self._is_to_unload:
            self._unload()
        if self._running is None and self._is_outdated and self._worker is not None:
            self._worker.kill()
            self._start_worker()
        if self._waiting and self._worker is None and not self._breaker.is_broken:
            self._start_worker()
        if self._waiting and self._running is None and self._worker is not None and self._worker.is_ready:
            now = time.monotonic()
            job = self._running = self._waiting.pop(next(iter(self._waiting)))
            job.time_left = TimeLeft(now)
            job.vigil = Vigil(job.submit.id, job.submit.request.name, now)
            self._worker.send(job.submit)


def _as_error(notice: Notice) -> PartgenError:
    return PartgenError(notice.code, notice.sentence, notice.remedy, Action(notice.action))


def _keeps_ending(end: PartgenError) -> PartgenError:
    """What to tell where the breaker broke with `end`."""
    sentence = f"The backend's worker ended {MAXIMUM_ENDS} times in a short time and is not started again by itself. "
    return PartgenError("worker.keeps_ending", f"{sentence}The last time: {end.sentence}", end.remedy, Action.RESTART_BACKEND)
