"""Promises of the backend process: whatever the work does, it can be stopped, and the next work starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from backends import (
    LIMIT,
    SECOND,
    answer_to,
    client_in,
    events_until,
    failure_of,
    is_alive,
    request,
    wait_until,
    wait_until_working,
    worker_pid,
)
from obstinate_backend import COMMAND
from partgen.client import Client
from partgen.errors import Action
from partgen.part_tree import PartTree
from partgen.protocol import MAGIC, Done, Failed, Progress, SegmentRequest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the obstinate worker calls the C library of POSIX systems")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One backend for all tests that leave it as good as new."""
    with client_in(tmp_path_factory.mktemp("backend")) as client:
        yield client


@pytest.mark.parametrize("method", ["work_in_steps", "sleep_in_native_code", "hold_the_interpreter", "swallow_cancellation"])
def test_cancelling_takes_effect_within_a_second(client, method):
    pid = worker_pid(client)
    request_id = client.submit(request(method))
    if method == "hold_the_interpreter":
        time.sleep(0.5)  # it says nothing any more
    else:
        wait_until_working(client, request_id)
    began = time.monotonic()
    client.cancel(request_id)
    assert failure_of(client, request_id).code == "cancelled"
    if method == "work_in_steps":
        assert worker_pid(client) == pid  # it stopped when asked: nothing was lost
    else:
        wait_until(lambda: not is_alive(pid))
    assert time.monotonic() - began < SECOND
    assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


def test_a_newer_request_supersedes_the_running_and_the_waiting_one(client):
    running = client.submit(request("sleep_in_native_code"), key="Lamp")
    wait_until_working(client, running)
    other = client.submit(request("finish", name="Chair"), key="Chair")
    waiting = client.submit(request("sleep_in_native_code", size=2.0), key="Lamp")
    newest = client.submit(request("finish", size=3.0), key="Lamp")
    answers = {e.id: e for e in events_until(client, lambda e: isinstance(e, Done) and e.id == newest) if isinstance(e, Done | Failed)}
    assert answers[running].code == answers[waiting].code == "superseded"
    assert isinstance(answers[other], Done)


@pytest.mark.parametrize(
    ("method", "code", "words"),
    [
        ("crash", "worker.crashed", "Lamp crashed"),
        ("be_killed", "worker.killed", "memory ran out"),
        ("divide_by_zero", "worker.error", "ZeroDivisionError"),
        ("run_out_of_memory", "worker.memory", "not enough memory"),
        ("refuse", "mesh.strange", "The mesh is strange."),
    ],
)
def test_a_failure_says_what_happened_and_what_to_do_and_the_next_request_works(client, method, code, words):
    failed = failure_of(client, client.submit(request(method)))
    assert failed.code == code
    assert words in failed.sentence
    assert failed.remedy
    assert "Traceback" not in failed.sentence
    assert Path(failed.log_path).exists()
    assert isinstance(answer_to(client, client.submit(request("finish", name=f"after {method}"))), Done)


def test_the_log_tells_what_the_artist_is_spared(client):
    answer_to(client, client.submit(request("divide_by_zero")))
    answer_to(client, client.submit(request("crash")))
    log = client.log_path.read_text()
    assert "Traceback" in log
    assert "a detail for the log alone" in log
    assert "Segmentation fault" in log


def test_what_libraries_print_goes_to_the_log_and_not_between_frames(client):
    assert isinstance(answer_to(client, client.submit(request("print_everywhere"))), Done)
    log = client.log_path.read_text()
    for line in ("printed by python", "written to descriptor 1", "printed by native code"):
        assert line in log


def test_the_same_work_again_is_answered_from_memory(client):
    first = answer_to(client, client.submit(request("finish", size=7.0)))
    again = answer_to(client, client.submit(request("finish", size=7.0)))
    other = answer_to(client, client.submit(request("finish", size=8.0)))
    assert (first.stored, again.stored, other.stored) == (False, True, False)
    np.testing.assert_array_equal(first.result.leaf_of_polygon, again.result.leaf_of_polygon)


def test_progress_rises_and_does_not_flood(client):
    began = time.monotonic()
    request_id = client.submit(request("flood"))
    events = events_until(client, lambda e: isinstance(e, Done) and e.id == request_id)
    fractions = [e.fraction for e in events if isinstance(e, Progress)]
    assert fractions == sorted(fractions)
    assert len(fractions) <= 3 + 20 * (time.monotonic() - began)


def test_the_time_left_is_told_once_it_is_known(client):
    request_id = client.submit(request("work_in_steps"))
    events = events_until(client, lambda e: isinstance(e, Progress) and e.fraction > 0.005, limit=5.0)
    assert {e.seconds_left for e in events if isinstance(e, Progress)} == {None}
    client.cancel(request_id)
    request_id = client.submit(request("work_for_three_seconds"))
    told = events_until(client, lambda e: isinstance(e, Progress) and e.seconds_left is not None, limit=5.0)[-1]
    assert 1.0 < told.seconds_left < 2.5
    client.cancel(request_id)


def test_two_clients_do_not_disturb_each_other(client, tmp_path):
    with client_in(tmp_path) as second:
        ours = client.submit(request("sleep_in_native_code"), key="Lamp")
        theirs = second.submit(request("finish"), key="Lamp")
        assert isinstance(answer_to(second, theirs), Done)
        second.stop(wait=5.0)
        wait_until_working(client, ours)
        client.cancel(ours)


def test_the_log_stays_small(tmp_path):
    with client_in(tmp_path) as client:
        for i in range(3):
            answer_to(client, client.submit(request("fill_the_log", name=f"object {i}")))
        wait_until(lambda: client.log_path.stat().st_size <= 2 << 20, limit=3.0)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 << 20
        answer_to(client, client.submit(request("divide_by_zero")))
        assert "Traceback" in client.log_path.read_text()


@pytest.mark.parametrize("method", ["work_in_steps", "sleep_in_native_code", "hold_the_interpreter"])
@pytest.mark.parametrize("victim", ["client", "server"])
def test_nothing_is_orphaned(tmp_path, method, victim):
    if method == "hold_the_interpreter" and sys.platform != "linux":
        pytest.skip("only Linux and Windows end a process whose interpreter is held")
    script = f"""
import sys, time; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from backends import client_in, request, worker_pid
with client_in(Path({str(tmp_path)!r})) as client:
    pids = worker_pid(client), client.backend.pid
    client.submit(request({method!r}))
    time.sleep(0.3)
    print(*pids, flush=True)
    time.sleep(600)
"""
    blender = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    worker, server = map(int, blender.stdout.readline().split())
    assert is_alive(worker)
    assert is_alive(server)
    os.kill(blender.pid if victim == "client" else server, signal.SIGKILL)
    wait_until(lambda: not is_alive(worker) and not is_alive(server), limit=3.0)
    blender.kill()
    blender.communicate()


def test_the_server_ends_with_its_parent_though_its_input_stays_open(tmp_path):
    source, kept_open = os.pipe()
    script = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdin=0, stdout=subprocess.PIPE); p.stdout.read(1); print(p.pid)"
    parent = subprocess.run([sys.executable, "-c", script, *COMMAND], stdin=source, stdout=subprocess.PIPE, text=True, check=True)
    server = int(parent.stdout)
    try:
        wait_until(lambda: not is_alive(server), limit=5.0)
    finally:
        os.close(kept_open)
        os.close(source)


def test_a_worker_that_cannot_start_fails_each_request_and_not_the_server(tmp_path):
    script = "import sys; from partgen.server import serve; serve([], worker_command=[sys.executable, '-c', 'raise SystemExit(3)'])"
    with client_in(tmp_path, [sys.executable, "-c", script]) as client:
        failed = failure_of(client, client.submit(request("finish", name="Lamp")))
        assert failed.code == "worker.not_ready"
        assert "exit code 3" in failed.sentence
        assert [notice.code for notice in client.notices] == ["worker.not_ready"]  # and is told before anybody asks again
        for name in ("Chair", "Table", "Cup"):
            failed = failure_of(client, client.submit(request("finish", name=name)))
            assert "exit code 3" in failed.sentence
        assert failed.code == "worker.keeps_ending"
        assert failed.action == Action.RESTART_BACKEND
        assert client.log_path.read_text().count("the worker ended with exit code 3") == 3  # and no more are started


def test_a_worker_whose_program_is_gone_is_explained(tmp_path):
    script = "from partgen.server import serve; serve([], worker_command=['/no/such/python'])"
    with client_in(tmp_path, [sys.executable, "-c", script]) as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert (failed.code, failed.action) == ("worker.not_started", Action.REPAIR)
        assert "No such file" in failed.sentence


@pytest.mark.parametrize(
    ("fault", "code", "words", "action"),
    [
        ("import higra_that_is_not_there", "worker.missing_package", "the package higra_that_is_not_there is missing", Action.REPAIR),
        ("raise ImportError('DLL load failed while importing x')", "worker.missing_library", "system library", Action.OPEN_LOG),
        ("raise ZeroDivisionError", "worker.not_started", "an error inside PartGen (ZeroDivisionError)", Action.COPY_DEBUG_INFO),
    ],
)
def test_a_worker_that_cannot_load_what_it_needs_says_so_itself(tmp_path, fault, code, words, action):
    """Also where its log is on another computer: the backend of this test has none."""
    worker = f"from partgen.server.worker import work\ndef load():\n    {fault}\nraise SystemExit(work(load))"
    script = f"import sys; from partgen.server import serve; serve([], worker_command=[sys.executable, '-c', {worker!r}])"
    with client_in(tmp_path, ["env", "-u", "PARTGEN_LOG", sys.executable, "-c", script]) as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert (failed.code, failed.action) == (code, action)
        assert words in failed.sentence


def test_the_program_greets_and_ends_with_its_input():
    result = subprocess.run([sys.executable, "-m", "partgen", "serve"], stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
    assert result.returncode == 0
    assert result.stdout.startswith(MAGIC)


def test_the_program_segments_a_mesh_of_polygons(tmp_path):
    """Two boxes of quads, side by side: the real backend, its real worker and the best method there is."""
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    vertices, corners = np.concatenate([box, np.add(box, [3, 0, 0])]), np.concatenate([quads, quads + 8])
    with client_in(tmp_path, [sys.executable, "-m", "partgen", "serve"]) as client:
        boxes = SegmentRequest("Boxes", "auto", vertices, corners, np.arange(0, 49, 4))
        answer = answer_to(client, client.submit(boxes), limit=60.0)
        assert isinstance(answer, Done), answer
    tree = PartTree(answer.result.merges, answer.result.heights, answer.result.default_scale)
    parts = tree.cut_into(2)[answer.result.leaf_of_polygon]
    assert parts.tolist() == [parts[0]] * 6 + [1 - parts[0]] * 6
    assert answer.result.method != "auto"


def test_serve_does_not_speak_frames_to_a_terminal():
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    result = subprocess.run(COMMAND, stdin=theirs, capture_output=True, text=True, timeout=20)
    os.close(ours)
    os.close(theirs)
    assert result.returncode == 2
    assert "not with a terminal" in result.stderr
    assert result.stdout == ""
