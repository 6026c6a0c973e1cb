"""What the tests of client and server share: a client of the obstinate backend, requests, and waiting with a limit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from obstinate_backend import COMMAND
from partgen.client import Client, Event
from partgen.protocol import Done, Failed, Progress, SegmentRequest

LIMIT = 20.0
"""Seconds after which anything counts as never: far more than anything here takes."""


SECOND = 5.0
"""What takes a second may take so long where other programs keep the processors busy."""


@contextmanager
def client_in(folder: Path, command: list[str] = COMMAND, log: str = "backend.log", **environment: str) -> Iterator[Client]:
    """A client whose backend is gone afterwards; `environment` is added to that of the backend."""
    client = Client(command, folder / log, environment)
    try:
        yield client
    finally:
        client.stop(wait=LIMIT)


def request(method: str, name: str = "Lamp", polygon_count: int = 4, size: float = 1.0) -> SegmentRequest:
    """Quads that share no corner. Requests of another name, size or method are different work."""
    vertices = np.random.default_rng(0).random((4 * polygon_count, 3), np.float32) * np.float32(size)
    return SegmentRequest(name, method, vertices, np.arange(4 * polygon_count), np.arange(0, 4 * polygon_count + 1, 4))


def events_until(client: Client, wanted: Callable[[Event], bool], limit: float = LIMIT) -> list[Event]:
    """All events up to the wanted one, inclusive and last; what came at the same moment after it is lost.

    Fails the test where it does not come in time.
    """
    deadline = time.monotonic() + limit
    seen: list[Event] = []
    while time.monotonic() < deadline:
        for event in client.poll():
            seen.append(event)
            if wanted(event):
                return seen
        time.sleep(0.005)
    raise AssertionError(f"it did not come within {limit} s; what came: {seen[-5:]}, status {client.status}")


def answer_to(client: Client, request_id: int, limit: float = LIMIT) -> Done | Failed:
    """The last event of a request."""
    answer = events_until(client, lambda event: isinstance(event, Done | Failed) and event.id == request_id, limit)[-1]
    assert isinstance(answer, Done | Failed)
    return answer


def failure_of(client: Client, request_id: int) -> Failed:
    """The last event of a request that is to fail."""
    answer = answer_to(client, request_id)
    assert isinstance(answer, Failed)
    return answer


def wait_until_working(client: Client, request_id: int) -> None:
    """Returns once the worker itself has reported progress on a request."""
    events_until(client, lambda e: isinstance(e, Progress) and e.id == request_id and e.stage not in ("Starting", "Waiting"))


def worker_pid(client: Client) -> int:
    """The process id of the worker that answers now."""
    answer = answer_to(client, client.submit(request("finish", name=f"asked at {time.monotonic()}")))
    assert isinstance(answer, Done)
    return int(answer.result.notes[0])


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended but was not collected by its parent does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc/self").exists() else True
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_until(condition: Callable[[], bool], limit: float = LIMIT) -> None:
    """Returns once the condition holds. Fails the test where it does not in time."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit} s"
        time.sleep(0.01)
