"""The client: one backend process, asked and listened to without ever waiting for it.

The add-on polls it from a timer; tests and scripts do the same in a loop.

    client = Client(["partgen", "serve"], log_path)
    request_id = client.submit(request, key="Lamp")     # starts the process where it does not run
    while not finished:
        for event in client.poll(): ...                 # Progress · Delivery · Done · Failed · Stopped · Notice

What the artist sees beside the jobs is read from properties: `status`, `backend`, `memory`, `notices`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import IO

from .breaker import MAXIMUM_ENDS, RestartBreaker
from .channel import Channel, Closed
from .endings import KEY, LOG_TAIL, ending, ssh_host, tail_since
from .errors import Action, PartgenError
from .processes import end_of, spawn
from .protocol import (
    PROTOCOL,
    Cancel,
    Configure,
    Delivery,
    Done,
    Failed,
    FreeMemory,
    Hello,
    Memory,
    Message,
    Notice,
    Progress,
    Request,
    Submit,
)

HELLO_SECONDS = 60.0
"""How long a backend may take to greet: a cold disk or a slow network, but not for ever."""

SILENT_SECONDS = 60.0
"""After how long without a word, heartbeats included, the artist is told that the backend may be out of reach."""

FAREWELL_SECONDS = 0.5
"""How long a backend may take to end once its input is closed."""


class Status(Enum):
    """What the backend does, as the panel shows it."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    BUSY = "busy"


@dataclass(frozen=True)
class Stopped:
    """The backend process is gone, after every open request got its Failed. Code "stopped" where that was asked for.

    `action` is a value of `errors.Action`.
    """

    code: str
    sentence: str
    remedy: str = ""
    log_path: str = ""
    action: str = Action.NONE


Event = Progress | Delivery | Done | Failed | Stopped | Notice


def split_command(line: str) -> list[str]:
    """The arguments of a command line as a person types it: quotes hold together; on Windows a backslash is a backslash."""
    if os.name != "nt":
        return shlex.split(line)
    return [word[1:-1] if word[:1] in ("'", '"') and word[-1:] == word[:1] else word for word in shlex.split(line, posix=False)]


class Client:
    """Speaks with one backend process. Every method returns at once; events are fetched with `poll`.

    `command` is what to start, e.g. ["partgen", "serve"] or ["ssh", "host", "partgen", "serve"]; `log_path` the file that
    gets what the backend has to tell, also one on another machine, which tells it over its error stream; `env` is added
    to our environment. Events are not delivered after `stop` returned and its own were polled. Methods may be called
    from any thread.

    A backend that ended is started again by the next request, unless it ended several times in a short time: then every
    request fails with code "backend.keeps_ending" until `start` is called.
    """

    def __init__(self, command: Sequence[str], log_path: Path, env: Mapping[str, str] | None = None) -> None:
        self.command = list(command)
        self.log_path = Path(log_path)
        self.environment = dict(env or {})
        self._environment = {**self.environment, "PARTGEN_LOG": str(self.log_path)}
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._life: _Life | None = None
        self._hello: Hello | None = None
        self._open: dict[int, str] = {}  # request id -> key
        self._unsent: dict[int, Submit] = {}  # what waits for the backend's greeting
        self._progress: dict[int, Progress] = {}  # only the newest of each request is of interest
        self._events: list[Event] = []
        self._wishes: Configure | None = None
        self._memory: Memory | None = None
        self._notices: dict[tuple[int, str], Notice] = {}
        self._breaker = RestartBreaker()
        self._last_end = PartgenError("stopped", "The backend was stopped.")

    @property
    def status(self) -> Status:
        with self._lock:
            if self._life is None:
                return Status.STOPPED
            if self._hello is None:
                return Status.STARTING
            return Status.BUSY if self._open else Status.READY

    @property
    def backend(self) -> Hello | None:
        """Who answers: version, methods, device; None unless the backend runs and has greeted."""
        with self._lock:
            return self._hello

    @property
    def memory(self) -> Memory | None:
        """The newest word of the backend on the memory of its device; None until there is one."""
        with self._lock:
            return self._memory

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the artist should know at the moment, the oldest first: each was an event once and still holds."""
        with self._lock:
            return tuple(self._notices.values())

    def start(self) -> None:
        """Starts the backend where it does not run, also one that kept ending. A failure comes as Stopped."""
        with self._lock:
            self._breaker.reset()
            self._start()

    def configure(self, device: str = "auto", precision: str = "auto", idle_minutes: float = Configure.idle_minutes) -> None:
        """Says on what to work, and when to give its memory back (see `Configure`): now, and to every later backend.

        Until it is called, the backend goes by its own command line.
        """
        with self._lock:
            wishes = Configure(device, precision, idle_minutes)
            if wishes != self._wishes:
                self._wishes = wishes
                self._tell(wishes)

    def free_memory(self) -> None:
        """Lets the backend give back what it holds for later requests. Nothing where none runs, as nothing is held."""
        with self._lock:
            self._tell(FreeMemory())

    def stop(self, wait: float = 0.0) -> None:
        """Ends the backend: asks it to, and kills it after half a second, all in the background.

        Open requests get Failed, then comes Stopped, all with code "stopped". Waits up to `wait` seconds until the
        process is gone. Does nothing where none runs.
        """
        with self._lock:
            life = self._life
            if life is not None:
                self._lose(PartgenError("stopped", "The backend was stopped."))
        if life is not None:
            life.stop(wait)

    def submit(self, request: Request, key: str = "") -> int:
        """Hands a request to the backend, which is started where it does not run; the id that its events carry.

        The request's arrays are not copied: do not write to them afterwards. An older open request with the same `key`
        gets Failed with code "superseded".
        """
        with self._lock:
            for request_id in [i for i, k in self._open.items() if key and k == key]:
                self._drop(request_id, "superseded", "A newer request took its place.")
            submit = Submit(next(self._ids), key, request)
            self._open[submit.id] = key
            if self._life is None and self._breaker.is_broken:
                self._answer(Failed.of(submit.id, self._last_end))
                return submit.id
            self._start()
            if self._hello is None:
                self._unsent[submit.id] = submit
            elif self._life is not None:
                self._life.send(submit)
            return submit.id

    def cancel(self, request_id: int) -> None:
        """Ends a request: its next and last event is Failed with code "cancelled". Does nothing where it has ended."""
        with self._lock:
            if request_id in self._open:
                self._drop(request_id, "cancelled", "Cancelled.")

    def poll(self) -> list[Event]:
        """What happened since the last call, in order; of a request's progress only the newest."""
        with self._lock:
            events = [*self._progress.values(), *self._events]
            self._progress.clear()
            self._events.clear()
            return events

    # What follows is called with the lock held, but for `_receive` and `_ended`, which the threads of a _Life call.

    def _start(self) -> None:
        if self._life is None:
            self._life = _Life(self.command, self.log_path, self._environment, self._receive, self._ended)
            self._life.start()

    def _drop(self, request_id: int, code: str, sentence: str) -> None:
        """Answers a request from here, whatever the backend says later, and lets the backend stop working on it."""
        if self._unsent.pop(request_id, None) is None and self._life is not None:
            self._life.send(Cancel(request_id))
        self._answer(Failed(request_id, code, sentence))

    def _tell(self, message: Message) -> None:
        """Sends a message that has no meaning before the greeting."""
        if self._hello is not None and self._life is not None:
            self._life.send(message)

    def _answer(self, message: Done | Failed) -> None:
        del self._open[message.id]
        self._progress.pop(message.id, None)
        for place in [place for place in self._notices if place[0] == message.id]:
            del self._notices[place]
        self._events.append(replace(message, log_path=str(self.log_path)) if isinstance(message, Failed) else message)

    def _lose(self, end: PartgenError) -> None:
        """The backend is gone, or as good as gone."""
        self._life = None
        self._hello = None
        self._memory = None
        self._notices.clear()
        self._unsent.clear()
        if end.code != "stopped" and self._breaker.ended():
            end = _keeps_ending(end)
        for request_id in list(self._open):
            self._answer(Failed.of(request_id, end))
        self._last_end = end
        self._events.append(Stopped(end.code, end.sentence, end.remedy, str(self.log_path), end.action))

    def _receive(self, life: _Life, message: Message) -> None:
        with self._lock:
            if life is not self._life:
                return
            if isinstance(message, Hello):
                self._hear_hello(life, message)
            elif isinstance(message, Progress) and message.id in self._open:
                self._progress[message.id] = message
            elif isinstance(message, Delivery) and message.id in self._open:
                self._events.append(message)
            elif isinstance(message, Done | Failed) and message.id in self._open:
                self._answer(message)
            elif isinstance(message, Memory):
                self._memory = message
            elif isinstance(message, Notice) and (message.id == 0 or message.id in self._open):
                self._note(message)

    def _hear_hello(self, life: _Life, hello: Hello) -> None:
        is_first = self._hello is None
        self._hello = hello
        if is_first:
            if self._wishes is not None:
                life.send(self._wishes)
            for submit in self._unsent.values():
                life.send(submit)
            self._unsent.clear()

    def _note(self, notice: Notice) -> None:
        place = notice.id, notice.code
        if notice.sentence:
            self._notices[place] = notice
            self._events.append(notice)
        else:
            self._notices.pop(place, None)

    def _ended(self, life: _Life, end: PartgenError) -> None:
        with self._lock:
            if life is self._life:
                self._lose(end)


@dataclass(frozen=True)
class _Farewell:
    """Put among the news by `_Life.stop`."""


class _Life:
    """One backend process from its start to its end, lived in a thread of its own."""

    def __init__(
        self,
        command: list[str],
        log_path: Path,
        environment: Mapping[str, str],
        receive: Callable[[_Life, Message], None],
        ended: Callable[[_Life, PartgenError], None],
    ) -> None:
        self._command = command
        self._log_path = log_path
        self._environment = environment
        self._receive = receive
        self._ended = ended
        self._news: queue.SimpleQueue[Hello | Closed | _Farewell] = queue.SimpleQueue()
        self._channel: Channel | None = None
        self._heard = 0.0  # when it last said anything
        self._is_silent = False
        self._thread = threading.Thread(target=self._live, name="partgen backend", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, message: Message) -> None:
        """Only after the Hello was received."""
        if self._channel is not None:
            self._channel.send(message)

    def stop(self, wait: float) -> None:
        self._news.put(_Farewell())
        if wait:
            self._thread.join(wait)

    def _live(self) -> None:
        try:
            log_size, process = self._spawn()
        except PartgenError as error:
            self._ended(self, error)
            return
        assert process.stdout is not None
        assert process.stdin is not None
        self._channel = Channel(process.stdout, process.stdin, self._hear, skips_banner=True)
        self._channel.start()
        greeted, problem = self._attend()
        self._channel.close()
        exit_code = end_of(process, FAREWELL_SECONDS, detached=True)
        if isinstance(problem, Closed):
            if problem.problem and greeted and exit_code == 0:
                exit_code = None  # what it said made no sense, and it left when nobody listened any more
            if problem.said:
                self._log(problem.said)
            log = tail_since(self._log_path, log_size)
            problem = ending("The backend", "backend", exit_code, greeted, log, self._command)
        self._ended(self, problem)

    def _spawn(self) -> tuple[int, subprocess.Popen[bytes]]:
        """Starts the process. Also how long the log was before that. Raises PartgenError."""
        with self._opened_log() as log:
            try:
                return log.tell(), spawn(self._command, self._environment, log, detached=True)
            except OSError as error:
                sentence = f"The backend could not be started: {self._command[0]!r} ({error.strerror or error})."
                remedy = "Check where the backend is installed, or install it again."
                raise PartgenError("backend.not_started", sentence, remedy, Action.OPEN_PREFERENCES) from error

    def _opened_log(self) -> IO[bytes]:
        try:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            return open(self._log_path, "ab")
        except OSError as error:
            sentence = f"The backend could not be started: its log {self._log_path} cannot be written ({error.strerror})."
            remedy = "Make room on the disk, or see to it that you may write there."
            raise PartgenError("backend.no_log", sentence, remedy, Action.COPY_DEBUG_INFO) from error

    def _log(self, said: bytes) -> None:
        """Keeps what a command said in place of a greeting: it may tell why, and its error stream may not (ssh -t has none)."""
        with contextlib.suppress(OSError), open(self._log_path, "ab") as log:
            log.write(said[-LOG_TAIL // 2 :] + b"\n")

    def _hear(self, message: Message | Closed) -> None:
        """Called in the reading thread. A backend of another protocol is heard no further than its Hello."""
        self._heard = time.monotonic()
        if self._is_silent:
            self._is_silent = False
            self._receive(self, Notice("backend.silent"))
        if isinstance(message, Hello | Closed):
            self._news.put(message)
        if not isinstance(message, Closed) and not (isinstance(message, Hello) and message.protocol != PROTOCOL):
            self._receive(self, message)

    def _attend(self) -> tuple[bool, Closed | PartgenError]:
        """Waits for the greeting and then for the end. Whether there was a greeting, and what was wrong, where that is known."""
        greeted = False
        while True:
            try:
                news = self._news.get(timeout=SILENT_SECONDS / 2 if greeted else HELLO_SECONDS)
            except queue.Empty:
                if not greeted:
                    return False, _problem_of_silence(self._command)
                self._tell_of_silence()
                continue
            if isinstance(news, Hello) and news.protocol != PROTOCOL:
                return False, _problem_of_version(news, ssh_host(self._command))
            if not isinstance(news, Hello):
                return greeted, news if isinstance(news, Closed) else Closed()
            greeted = True

    def _tell_of_silence(self) -> None:
        """Says that nothing was heard for long, where that is so. It is taken back by the next word."""
        seconds = time.monotonic() - self._heard
        if seconds >= SILENT_SECONDS and not self._is_silent:
            self._is_silent = True
            host = ssh_host(self._command)
            maybe = f"the connection to {host} may be lost" if host else "the computer may be overloaded"
            sentence = f"The backend has not reported for {seconds:.0f} s: {maybe}, or it is still working."
            self._receive(self, Notice("backend.silent", sentence, "Wait, or restart the backend.", Action.RESTART_BACKEND))


def _keeps_ending(end: PartgenError) -> PartgenError:
    """What to tell where the breaker broke with `end`."""
    sentence = f"The backend ended {MAXIMUM_ENDS} times in a short time and is not started again by itself. The last time: {end.sentence}"
    return PartgenError("backend.keeps_ending", sentence, end.remedy, Action.RESTART_BACKEND)


def _problem_of_silence(command: Sequence[str]) -> PartgenError:
    """What to tell where there was no greeting in time."""
    host = ssh_host(command)
    sentence = f"The backend did not answer within {HELLO_SECONDS:.0f} seconds."
    remedy = f"If ssh waits for a password: {KEY.format(host=host)}" if host else "Look into the log; start it again."
    return PartgenError("backend.silent", sentence, remedy, Action.RESTART_BACKEND)


def _problem_of_version(hello: Hello, host: str | None) -> PartgenError:
    """What to tell where the backend greeted in words of another version; on another computer it cannot be mended from here."""
    from . import __version__

    is_older = hello.protocol < PROTOCOL
    backend, here = f"{hello.version}, protocol {hello.protocol}", f"{__version__}, protocol {PROTOCOL}"
    there = f" on {host}" if host else ""
    sentence = f"The backend{there} ({backend}) and the add-on ({here}) do not fit together."
    action = Action.REPAIR if is_older and not host else Action.NONE
    return PartgenError("backend.version", sentence, f"Update the {f'backend{there}' if is_older else 'add-on'}.", action)
