"""Promises about devices, memory and silence: what the backend tells of them, and that work goes on meanwhile."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import partgen.client
import pytest
from backends import answer_to, client_in, events_until, failure_of, is_alive, request, wait_until, wait_until_working, worker_pid
from obstinate_backend import COMMAND
from partgen.client import Client, Status
from partgen.errors import Action
from partgen.protocol import Done, Failed, Notice

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the obstinate worker calls the C library of POSIX systems")


def hurried(folder: Path, seconds: str, **environment: str) -> AbstractContextManager[Client]:
    """A client whose backend takes other times than it does by day: "vigil.SILENT_SECONDS=1", of modules of the server."""
    settings = " ".join(f"partgen.server.{setting}" for setting in seconds.split())
    return client_in(folder, OBSTINATE_SECONDS=settings, **environment)


def device_of(client: Client) -> str:
    return client.backend.device if client.backend else ""


def codes_of(client: Client) -> list[str]:
    return [notice.code for notice in client.notices]


# ---- devices ----


def test_the_devices_are_told_and_the_first_is_taken(tmp_path):
    with client_in(tmp_path) as client:
        client.start()
        wait_until(lambda: client.memory is not None)
        assert client.backend.device == "Old Card, float16"
        assert [device.id for device in client.backend.devices] == ["cuda:0", "cuda:1", "cpu"]
        assert client.memory.device == "cuda:0"
        assert (client.memory.free_bytes, client.memory.total_bytes) == (2 << 30, 8 << 30)


def test_looking_for_devices_does_not_hold_up_the_work(tmp_path):
    with client_in(tmp_path, OBSTINATE_SCOUT="hang") as client:
        client.configure(device="cuda:0")
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_device_and_precision_can_be_chosen_and_chosen_again(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(device="cuda:1")
        client.start()
        wait_until(lambda: device_of(client) == "New Card, bfloat16")
        client.configure(device="cuda:1", precision="float32")
        wait_until(lambda: device_of(client) == "New Card, float32")
        client.configure(device="cpu")
        wait_until(lambda: device_of(client) == "CPU, float32")
        wait_until(lambda: client.memory.device == "cpu")
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_what_was_chosen_holds_for_the_next_backend_too(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(device="cuda:1")
        client.start()
        wait_until(lambda: device_of(client) == "New Card, bfloat16")
        client.stop(wait=5.0)
        assert client.memory is None
        client.start()
        wait_until(lambda: device_of(client) == "New Card, bfloat16")


def test_a_device_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(device="mps")
        client.start()
        notice = events_until(client, lambda event: isinstance(event, Notice))[-1]
        assert notice.sentence == "There is no device mps on this computer; there is: cuda:0 (Old Card), cuda:1 (New Card), cpu (CPU)."
        assert (notice.code, notice.action) == ("device.missing", Action.USE_CPU)
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)  # which needs no device
        client.configure(device="cpu")
        wait_until(lambda: client.notices == ())


def test_a_precision_that_a_device_cannot_do_is_an_error(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(device="cuda", precision="bfloat16")
        client.start()
        notice = events_until(client, lambda event: isinstance(event, Notice))[-1]
        assert notice.sentence == "Old Card cannot work in bfloat16."
        assert "float16 or float32" in notice.remedy


def test_the_command_line_says_what_the_client_leaves_open(tmp_path):
    with client_in(tmp_path, [*COMMAND, "--device", "cuda:1", "--precision", "float16"]) as client:
        client.configure(device="auto", precision="float32")
        client.start()
        wait_until(lambda: device_of(client) == "New Card, float32")


@pytest.mark.parametrize("arguments", [["--precision", "float8"], ["--idle-minutes", "-1"], ["--idle-minutes", "soon"]])
def test_serve_refuses_what_it_does_not_know(tmp_path, arguments):
    with client_in(tmp_path, [*COMMAND, *arguments]) as client:
        assert failure_of(client, client.submit(request("finish"))).code in ("backend.bad_arguments", "backend.not_ready")
        assert "error: argument" in client.log_path.read_text()


def test_a_scout_that_crashes_is_told_and_work_goes_on(tmp_path):
    with client_in(tmp_path, OBSTINATE_SCOUT="crash") as client:
        client.start()
        notice = events_until(client, lambda event: isinstance(event, Notice))[-1]
        assert (notice.code, notice.action) == ("device.torch_broken", Action.REPAIR)
        assert "crashed (signal 11)" in notice.sentence
        wait_until(lambda: device_of(client) == "CPU, float32")
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_a_scout_that_hangs_is_ended(tmp_path):
    with hurried(tmp_path, "placing.GREETING_SECONDS=1", OBSTINATE_SCOUT="hang") as client:
        client.start()
        wait_until(lambda: "device.torch_broken" in codes_of(client))
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_the_real_scout_and_worker_know_a_device_that_is_not_there(tmp_path):
    with client_in(tmp_path, [sys.executable, "-m", "partgen", "serve", "--device", "cuda:99"]) as client:
        client.start()
        notice = events_until(client, lambda event: isinstance(event, Notice), limit=120.0)[-1]
        assert notice.code == "device.missing"
        assert "cpu (CPU)" in notice.sentence
        answer = answer_to(client, client.submit(request("auto")), limit=60.0)
        assert isinstance(answer, Done), answer
        client.configure(device="cpu")
        wait_until(lambda: device_of(client) == "CPU, float32" and client.notices == ())
        wait_until(lambda: client.memory is not None and client.memory.device == "cpu")
        assert 0 < client.memory.free_bytes < client.memory.total_bytes


@pytest.mark.parametrize(
    ("torch", "words"),
    [
        ("raise OSError('libcudart.so.13: cannot open shared object file')", "PyTorch is installed, but cannot be loaded"),
        ("import libraries_of_torch", "the package libraries_of_torch is missing"),
        ("import os; os.abort()", "crashed (signal 6)"),
    ],
)
def test_a_torch_that_is_broken_is_told_and_what_needs_none_goes_on(tmp_path, torch, words):
    (tmp_path / "torch.py").write_text(torch)
    command = [sys.executable, "-m", "partgen", "serve"]
    with client_in(tmp_path, command, PYTHONPATH=str(tmp_path)) as client:
        client.start()
        notice = events_until(client, lambda event: isinstance(event, Notice), limit=60.0)[-1]
        assert (notice.code, notice.action) == ("device.torch_broken", Action.REPAIR)
        assert words in notice.sentence
        assert isinstance(answer_to(client, client.submit(request("auto")), limit=60.0), Done)


# ---- memory ----


def test_freeing_memory_ends_the_worker_and_the_next_request_starts_another(tmp_path):
    with client_in(tmp_path) as client:
        pid = worker_pid(client)
        client.free_memory()
        wait_until(lambda: not is_alive(pid))
        wait_until(lambda: client.memory is not None)
        assert client.status is Status.READY
        assert worker_pid(client) != pid


def test_freeing_memory_waits_for_what_runs_and_keeps_what_waits(tmp_path):
    with client_in(tmp_path) as client:
        pid = worker_pid(client)
        running, waiting = client.submit(request("work_for_three_seconds")), client.submit(request("finish", size=2.0))
        wait_until_working(client, running)
        client.free_memory()
        answers = [event for event in events_until(client, lambda e: isinstance(e, Done) and e.id == waiting) if isinstance(event, Done)]
        assert [(answer.id, answer.result.notes[0] == str(pid)) for answer in answers] == [(running, True), (waiting, False)]


def test_an_idle_backend_gives_its_memory_back_and_works_again_when_asked(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(idle_minutes=0.02)
        pid = worker_pid(client)
        wait_until(lambda: not is_alive(pid), limit=5.0)
        assert client.status is Status.READY
        assert worker_pid(client) != pid


def test_a_backend_that_shall_not_idle_keeps_its_worker(tmp_path):
    with client_in(tmp_path, [*COMMAND, "--idle-minutes", "0.01"]) as client:
        client.configure(idle_minutes=0)
        pid = worker_pid(client)
        time.sleep(2.5)
        assert is_alive(pid)


def test_work_is_not_idleness(tmp_path):
    with client_in(tmp_path) as client:
        client.configure(idle_minutes=0.02)
        assert isinstance(answer_to(client, client.submit(request("work_for_three_seconds"))), Done)


# ---- ends that repeat ----


def test_a_crash_costs_the_others_in_the_queue_nothing(tmp_path):
    with client_in(tmp_path) as client:
        ids = [client.submit(request(method, size=float(n))) for n, method in enumerate(["crash", "finish"] * 4)]
        answers: dict[int, Done | Failed] = {}

        def are_answered() -> bool:
            answers.update({event.id: event for event in client.poll() if isinstance(event, Done | Failed)})
            return len(answers) == len(ids)

        wait_until(are_answered, limit=60.0)
        assert [isinstance(answers[i], Done) for i in ids] == [False, True] * 4
        assert {answers[i].code for i in ids[::2]} == {"worker.crashed"}


def test_a_worker_that_keeps_crashing_waits_for_a_person(tmp_path):
    with client_in(tmp_path) as client:
        for n in range(3):
            failed = failure_of(client, client.submit(request("crash", size=float(n))))
            assert failed.code == "worker.crashed"
        refused = failure_of(client, client.submit(request("finish")))
        assert refused.code == "worker.keeps_ending"
        assert refused.action == Action.RESTART_BACKEND
        assert "The last time: The work on Lamp crashed" in refused.sentence
        assert codes_of(client) == ["worker.keeps_ending"]
        client.stop()
        client.start()
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)
        assert client.notices == ()


def test_a_backend_that_keeps_ending_waits_for_a_person(tmp_path):
    with client_in(tmp_path) as client:
        for _ in range(3):
            request_id = client.submit(request("finish", name=f"at {time.monotonic()}"))
            answer_to(client, request_id)
            os.kill(client.backend.pid, signal.SIGKILL)
            wait_until(lambda: client.status is Status.STOPPED)
        stopped = client.poll()[-1]
        assert (stopped.code, stopped.action) == ("backend.keeps_ending", Action.RESTART_BACKEND)
        refused = failure_of(client, client.submit(request("finish")))
        assert refused.code == "backend.keeps_ending"
        assert "ended 3 times" in refused.sentence
        assert client.status is Status.STOPPED
        client.start()
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


# ---- silence ----


def test_silent_work_is_told_and_not_ended(tmp_path):
    with hurried(tmp_path, "vigil.SILENT_SECONDS=3") as client:
        request_id = client.submit(request("hold_the_interpreter"))
        notice = events_until(client, lambda event: isinstance(event, Notice) and event.id == request_id)[-1]
        assert re.fullmatch(r"The work on Lamp has not reported for \d s; it may still be working\.", notice.sentence)
        assert notice.action == Action.RESTART_BACKEND
        assert client.status is Status.BUSY
        assert notice in client.notices
        client.cancel(request_id)
        assert client.notices == ()
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_work_without_progress_whose_heart_beats_is_slow_and_not_silent(tmp_path):
    with hurried(tmp_path, "vigil.SILENT_SECONDS=5 vigil.SLOW_SECONDS=6") as client:
        request_id = client.submit(request("sleep_in_native_code"))
        notice = events_until(client, lambda event: isinstance(event, Notice) and event.id == request_id)[-1]
        assert notice.code == "worker.slow"
        assert "the computer is busy with it" in notice.sentence


def test_a_worker_that_never_greets_is_given_up(tmp_path):
    with hurried(tmp_path, "loop.GREETING_SECONDS=1", OBSTINATE_WORKER="hang") as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert failed.code == "worker.not_started"
        assert failed.action == Action.RESTART_BACKEND


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_backend_that_falls_silent_is_told_and_heard_again(tmp_path, monkeypatch):
    monkeypatch.setattr(partgen.client, "SILENT_SECONDS", 3.0)
    with hurried(tmp_path, "loop.HEARTBEAT_SECONDS=0.3") as client:
        worker_pid(client)
        time.sleep(5.0)
        assert client.notices == ()  # its heart beats, though nobody asks for anything
        os.kill(client.backend.pid, signal.SIGSTOP)
        try:
            notice = events_until(client, lambda event: isinstance(event, Notice))[-1]
        finally:
            os.kill(client.backend.pid, signal.SIGCONT)
        assert (notice.code, notice.action) == ("backend.silent", Action.RESTART_BACKEND)
        wait_until(lambda: client.notices == ())
