"""Promises of the client: nobody waits for it, every request is answered, and an end is explained."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from statistics import median

import numpy as np
import partgen.client
import pytest
from backends import LIMIT, SECOND, answer_to, client_in, events_until, failure_of, request, wait_until, wait_until_working
from obstinate_backend import COMMAND
from partgen.channel import Channel, Closed
from partgen.client import Client, Status, Stopped, split_command
from partgen.protocol import MAGIC, MAXIMUM_HEADER, PROTOCOL, Done, Failed, Hello, Progress, SegmentRequest

PATIENCE = 0.02
"""Seconds that a call may take on a busy machine where it has nothing to wait for."""


class Stopwatch:
    """Calls a client's methods and keeps how long each held its caller, in seconds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.seconds: dict[str, list[float]] = {}

    def call(self, method: str, *arguments, **options) -> None:
        began = time.perf_counter()
        getattr(self._client, method)(*arguments, **options)
        self.seconds.setdefault(method, []).append(time.perf_counter() - began)


def test_a_life_from_start_to_stop(tmp_path):
    with client_in(tmp_path) as client:
        assert client.status is Status.STOPPED
        assert client.backend is None
        client.start()
        assert client.status is Status.STARTING
        wait_until(lambda: client.backend is not None and client.backend.device != "")
        assert client.status is Status.READY
        assert client.backend.version
        assert "auto" in client.backend.methods
        request_id = client.submit(request("work_in_steps"))
        assert client.status is Status.BUSY
        client.stop()
        assert client.status is Status.STOPPED
        assert client.backend is None
        events = [event for event in client.poll() if not isinstance(event, Progress)]
        assert [type(event) for event in events] == [Failed, Stopped]
        assert events[0].id == request_id
        assert events[0].code == events[1].code == "stopped"


def test_no_call_holds_its_caller(tmp_path):
    count = 1_000_000
    big = SegmentRequest("City", "finish", np.zeros((count, 3)), np.zeros(3 * count), np.arange(0, 3 * count + 1, 3))
    with client_in(tmp_path) as client:
        watch = Stopwatch(client)
        for _ in range(3):
            watch.call("start")
            watch.call("submit", big, key="City")
            wait_until(lambda: client.status is Status.BUSY)
            watch.call("submit", big, key="City")
            for _ in range(20):
                watch.call("poll")
                time.sleep(0.005)
            watch.call("cancel", client.submit(big))
            watch.call("stop")
    assert {method for method, seconds in watch.seconds.items() if median(seconds) > PATIENCE} == set()


def test_a_million_faces_arrive_unchanged(tmp_path):
    """The worker of this test answers with what it was sent."""
    worker = """
from partgen.protocol import SegmentResult
from partgen.server.worker import work
def answer(request, progress, deliver):
    return SegmentResult(request.corner_vertices, request.corner_vertices[:2], request.vertices.reshape(-1), 0.5, "echo")
work(lambda: answer)
"""
    server = f"import sys; from partgen.server import serve; serve([], worker_command=[sys.executable, '-c', {worker!r}])"
    random = np.random.default_rng(0)
    vertices, corners = random.random((500_000, 3), np.float32), random.integers(0, 500_000, 3_000_000, np.int32)
    with client_in(tmp_path, [sys.executable, "-c", server]) as client:
        answer = answer_to(client, client.submit(SegmentRequest("City", "auto", vertices, corners, np.arange(0, 3_000_001, 3))))
        np.testing.assert_array_equal(answer.result.leaf_of_polygon, corners)
        np.testing.assert_array_equal(answer.result.heights, vertices.reshape(-1))


def test_only_the_newest_progress_of_a_request_is_kept(tmp_path):
    with client_in(tmp_path) as client:
        first, second = client.submit(request("work_in_steps")), client.submit(request("finish"))
        wait_until_working(client, first)
        progress: list[int] = []
        while first not in progress:
            time.sleep(0.5)  # in which it says many times how far it is
            progress = [event.id for event in client.poll() if isinstance(event, Progress)]
            assert progress.count(first) <= 1
            assert progress.count(second) <= 1


def test_nothing_comes_after_the_last_event_of_a_request(tmp_path):
    with client_in(tmp_path) as client:
        cancelled = client.submit(request("flood"))
        wait_until_working(client, cancelled)
        client.cancel(cancelled)
        client.cancel(cancelled)
        last = client.submit(request("finish"))
        events = events_until(client, lambda event: isinstance(event, Done) and event.id == last)
        assert [type(event) for event in events if not isinstance(event, Stopped) and event.id == cancelled] == [Failed]


def test_what_is_cancelled_or_superseded_before_the_backend_is_there_is_never_sent(tmp_path):
    with client_in(tmp_path) as client:
        cancelled = client.submit(request("crash"))
        older = client.submit(request("crash"), key="Lamp")
        newer = client.submit(request("finish"), key="Lamp")
        client.cancel(cancelled)
        assert [(event.id, event.code) for event in client.poll()] == [(older, "superseded"), (cancelled, "cancelled")]
        assert isinstance(answer_to(client, newer), Done)
        assert "ended with exit code" not in client.log_path.read_text()


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("signal_name", "code"), [("SIGKILL", "backend.killed"), ("SIGTERM", "backend.interrupted")])
def test_a_killed_backend_fails_every_open_request_and_the_next_starts_it_again(tmp_path, signal_name, code):
    with client_in(tmp_path) as client:
        first, second = client.submit(request("work_in_steps")), client.submit(request("finish"))
        wait_until_working(client, first)
        os.kill(client.backend.pid, getattr(signal, signal_name))
        events = [e for e in events_until(client, lambda e: isinstance(e, Stopped)) if not isinstance(e, Progress)]
        assert [(type(e), getattr(e, "id", None)) for e in events] == [(Failed, first), (Failed, second), (Stopped, None)]
        assert all(e.code == code and e.sentence and e.remedy and e.log_path for e in events)
        assert client.status is Status.STOPPED
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["/no/such/program", "serve"], "backend.not_started", "No such file"),
        ([sys.executable, "-c", "print('hello'); raise SystemExit(7)"], "backend.not_ready", "exit code 7"),
        ([sys.executable, "-c", "import sys; sys.stderr.write('permission denied'); sys.exit(255)"], "backend.not_ready", "exit code 255"),
    ],
)
def test_a_command_that_is_no_backend_is_explained(tmp_path, command, code, words):
    with client_in(tmp_path, command) as client:
        request_id = client.submit(request("finish"))
        failed, stopped = events_until(client, lambda event: isinstance(event, Stopped))
        assert failed.id == request_id
        assert failed.code == stopped.code == code
        assert words in failed.sentence
        assert failed.remedy
        assert client.status is Status.STOPPED
        if "permission denied" in command[-1]:
            assert "permission denied" in client.log_path.read_text()


def test_a_log_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with client_in(tmp_path, log="file/below a file/backend.log") as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert failed.code == "backend.no_log"
        assert "backend.log cannot be written" in failed.sentence
        assert failed.remedy


def program_that_says(*pieces: bytes) -> list[str]:
    """A command that writes this, then waits for its input to end."""
    return [sys.executable, "-c", f"import sys; o = sys.stdout.buffer; o.write({b''.join(pieces)!r}); o.flush(); sys.stdin.read()"]


def framed(message: Hello) -> bytes:
    from partgen.protocol import frame

    return b"".join(frame(message))


@pytest.mark.parametrize(("protocol", "who"), [(PROTOCOL - 1, "backend"), (PROTOCOL + 1, "add-on")])
def test_another_protocol_says_what_to_update(tmp_path, protocol, who):
    with client_in(tmp_path, program_that_says(MAGIC, framed(Hello(protocol, "9.9")))) as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert failed.code == "backend.version"
        assert "9.9" in failed.sentence
        assert failed.remedy == f"Update the {who}."
        assert client.backend is None


def test_a_stream_that_turns_to_nonsense_is_explained(tmp_path):
    with client_in(tmp_path, program_that_says(MAGIC, framed(Hello(PROTOCOL, "1")), b"what?" * 10)) as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert failed.code == "backend.garbled"
        assert failed.remedy


def test_a_silent_command_does_not_keep_anybody_waiting_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(partgen.client, "HELLO_SECONDS", 0.3)
    with client_in(tmp_path, program_that_says()) as client:
        assert failure_of(client, client.submit(request("finish"))).code == "backend.silent"


def test_a_banner_before_the_greeting_does_no_harm(tmp_path):
    script = f"echo Welcome to the render farm; exec {shlex.join(COMMAND)}"
    with client_in(tmp_path, ["sh", "-c", script]) as client:
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_the_log_of_another_machine_comes_over_its_error_stream(tmp_path):
    elsewhere = ["env", "-u", "PARTGEN_LOG", *COMMAND]  # as with ssh: our environment does not reach the backend
    with client_in(tmp_path, elsewhere) as client:
        answer_to(client, client.submit(request("print_everywhere")))
        answer_to(client, client.submit(request("divide_by_zero")))
        log = client.log_path.read_text()
        assert "printed by native code" in log
        assert "a detail for the log alone" in log


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_frozen_backend_is_stopped_all_the_same(tmp_path):
    with client_in(tmp_path) as client:
        client.submit(request("work_in_steps"))
        wait_until(lambda: client.status is Status.BUSY and client.backend is not None)
        server = client.backend.pid
        os.kill(server, signal.SIGSTOP)
        client.submit(request("finish", polygon_count=200_000))  # more than a pipe holds: the writing thread is stuck
        began = time.monotonic()
        client.stop(wait=LIMIT)
        assert time.monotonic() - began < 1.5 * SECOND
        with pytest.raises(ProcessLookupError):
            os.kill(server, 0)


def test_an_end_is_told_once_and_last_whoever_finds_out_first():
    """What cannot be sent is found out by the writing thread, and then the other end leaves."""
    source, kept_open = os.pipe()
    heard: list[object] = []
    with open(os.devnull, "wb", buffering=0) as nowhere, open(source, "rb", buffering=0) as ours:
        channel = Channel(ours, nowhere, heard.append)
        channel.start()
        channel.send(Failed(1, "code", "x" * (MAXIMUM_HEADER + 1)))
        wait_until(lambda: heard != [])
        os.write(kept_open, framed(Hello(PROTOCOL, "1")))
        os.close(kept_open)
        wait_until(lambda: ours.closed)
        time.sleep(0.1)
    assert heard == [Closed("The backend's answer could not be read: a Failed is too large to send.")]


def test_paths_with_spaces_and_letters_of_all_kinds(tmp_path):
    with client_in(tmp_path, log="Éva's файлы 雲/the log.txt") as client:
        answer_to(client, client.submit(request("divide_by_zero", name="Łampa 雲")))
        assert "Łampa 雲" in client.log_path.read_text(encoding="utf-8")


def test_the_client_needs_numpy_alone():
    code = "import sys, partgen.client; print(*{name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in loaded if not name.startswith("_")} == {"numpy", "partgen"}


def test_quotes_hold_together_what_a_person_types():
    assert split_command("ssh 'my host' partgen serve") == ["ssh", "my host", "partgen", "serve"]


def test_a_backslash_is_part_of_a_path_on_windows(monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    assert split_command(r'"C:\Program Files\partgen\python.exe" -m partgen serve') == [
        r"C:\Program Files\partgen\python.exe",
        "-m",
        "partgen",
        "serve",
    ]
