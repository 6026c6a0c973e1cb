"""A program beside Blender: what it says arrives, it never outlives its task, and every end is explained."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from backends import SECOND
from partgen.errors import Action, PartgenError
from partgen.task import Finished, Problem, Report, Reporter, Task, TaskEvent, read_event

LIMIT = 20.0
"""Seconds after which anything counts as never."""

REPORTER = "import sys, time, os; from partgen.task import Reporter, end_with_parent; reporter = Reporter(sys.stdout, json_lines=True)\n"

SLEEPY_CHILD = (
    "import subprocess; child = subprocess.Popen(['sleep', '60'])\nreporter.report(0.1, f'{os.getpid()} {child.pid}'); time.sleep(60)"
)
"""Reports its own process and that of a child, and both stay."""


def task_of(folder: Path, code: str) -> Task:
    return Task([sys.executable, "-c", REPORTER + code], folder / "task.log", name="The set-up")


def all_events(task: Task) -> list[TaskEvent]:
    """Every event to the last one. Fails the test where that does not come."""
    return until(task, lambda event: not isinstance(event, Report))


def until(task: Task, wanted: Callable[[TaskEvent], bool]) -> list[TaskEvent]:
    events: list[TaskEvent] = []
    limit = time.monotonic() + LIMIT
    while not any(wanted(event) for event in events):
        assert time.monotonic() < limit, f"never came; there was {events}"
        events += task.poll()
        time.sleep(0.005)
    return events


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to ask does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # before or while it is read
        return False


def wait_until_gone(pid: int, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < limit, f"process {pid} is still there after {seconds} s"
        time.sleep(0.01)


def test_everything_that_a_program_says_arrives_in_order(tmp_path: Path) -> None:
    code = "reporter.report(0.25, 'Unpack', 1, 2, 'uv · Ärger ✓', 12.5); reporter.report(0.5, 'Install', 2, 2)"
    task = task_of(tmp_path, code + "\nreporter.finished({'path': 'ä'})")
    task.start()
    assert all_events(task) == [Report(0.25, "Unpack", 1, 2, "uv · Ärger ✓", 12.5), Report(0.5, "Install", 2, 2), Finished({"path": "ä"})]
    task.join(LIMIT)
    assert not task.is_running


def test_of_many_reports_between_two_looks_only_the_newest_of_a_stage_is_left(tmp_path: Path) -> None:
    code = "for i in range(1000): reporter.report(i / 1000, 'Install')\nreporter.report(1, 'Verify')"
    task = task_of(tmp_path, code + "\nreporter.finished({})")
    task.start()
    task.join(LIMIT)
    assert task.poll() == [Report(0.999, "Install"), Report(1, "Verify"), Finished({})]


def test_a_problem_arrives_with_its_button_and_its_log(tmp_path: Path) -> None:
    code = "from partgen.errors import *\nreporter.problem(PartgenError('set_up.offline', 'No network.', 'Allow it.', Action.ALLOW_ONLINE))"
    task = task_of(tmp_path, code + "\nsys.exit(1)")
    task.start()
    assert all_events(task) == [
        Problem("set_up.offline", "No network.", "Allow it.", Action.ALLOW_ONLINE, str(tmp_path / "task.log")),
    ]


def test_what_else_a_program_prints_goes_to_the_log(tmp_path: Path) -> None:
    code = "print('a library speaks'); print('{\"not\": \"ours\"}'); print('and complains', file=sys.stderr)"
    task = task_of(tmp_path, code + "\nreporter.finished({})")
    task.start()
    assert all_events(task) == [Finished({})]
    task.join(LIMIT)
    log = (tmp_path / "task.log").read_text()
    assert all(words in log for words in ("a library speaks", "ours", "and complains"))


@pytest.mark.skipif(os.name != "posix", reason="looks for the processes in /proc")
def test_cancel_ends_the_program_and_all_that_it_started_within_a_second(tmp_path: Path) -> None:
    task = task_of(tmp_path, SLEEPY_CHILD)
    task.start()
    report = until(task, lambda event: isinstance(event, Report))[-1]
    assert isinstance(report, Report)
    before = time.monotonic()
    task.cancel()
    assert time.monotonic() - before < 0.1 * SECOND
    for pid in map(int, report.stage.split()):
        wait_until_gone(pid, SECOND)
    assert [event.code for event in task.poll() if isinstance(event, Problem)] == ["cancelled"]
    assert not task.is_running
    task.join(LIMIT)
    assert task.poll() == []


def test_cancel_before_and_right_after_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    task = task_of(tmp_path, f"time.sleep(0.5); open({str(tmp_path / 'still_here')!r}, 'w')")
    task.start()
    task.cancel()
    task.join(LIMIT)
    time.sleep(0.7)
    assert not (tmp_path / "still_here").exists()
    assert [event.code for event in task.poll() if isinstance(event, Problem)] == ["cancelled"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("number", "words"), [(signal.SIGKILL, "memory"), (signal.SIGSEGV, "crashed")])
def test_a_program_that_dies_without_a_word_is_explained(tmp_path: Path, number: int, words: str) -> None:
    task = task_of(tmp_path, f"reporter.report(0.1, 'Install'); os.kill(os.getpid(), {int(number)})")
    task.start()
    problem = all_events(task)[-1]
    assert isinstance(problem, Problem)
    assert problem.code == "task.ended"
    assert words in problem.sentence
    assert "The set-up" in problem.sentence
    assert problem.action == Action.OPEN_LOG


def test_a_traceback_is_in_the_log_and_never_in_the_sentence(tmp_path: Path) -> None:
    task = task_of(tmp_path, "raise RuntimeError('inner secrets')")
    task.start()
    problem = all_events(task)[-1]
    assert isinstance(problem, Problem)
    assert problem.sentence == "The set-up ended unexpectedly (exit code 1)."
    task.join(LIMIT)
    assert "inner secrets" in (tmp_path / "task.log").read_text()


def test_a_program_that_cannot_be_started_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    task = Task([str(tmp_path / "nothing here")], tmp_path / "task.log", name="The set-up")
    task.start()
    problem = all_events(task)[-1]
    assert isinstance(problem, Problem)
    assert problem.code == "task.not_started"
    assert "nothing here" in problem.sentence


def test_a_log_that_cannot_be_written_is_a_problem_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    task = Task([sys.executable, "-c", ""], tmp_path / "file" / "task.log")
    task.start()
    problem = all_events(task)[-1]
    assert isinstance(problem, Problem)
    assert problem.code == "task.not_started"
    assert str(tmp_path / "file") in problem.sentence


@pytest.mark.skipif(os.name != "posix", reason="looks for the processes in /proc")
def test_the_program_and_all_that_it_started_end_with_blender(tmp_path: Path) -> None:
    inner = REPORTER + "end_with_parent(); " + SLEEPY_CHILD
    outer = (
        "import sys, time; from pathlib import Path; from partgen.task import Task\n"
        f"task = Task([sys.executable, '-c', {inner!r}], Path({str(tmp_path / 'task.log')!r})); task.start()\n"
        "while not (events := task.poll()): time.sleep(0.01)\n"
        "print(events[0].stage, flush=True); time.sleep(60)"
    )
    blender = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True)
    assert blender.stdout is not None
    pids = [int(word) for word in blender.stdout.readline().split()]
    assert len(pids) == 2
    blender.kill()
    blender.wait()
    blender.stdout.close()
    for pid in pids:
        wait_until_gone(pid, 2.0)


def test_people_read_a_line_for_every_stage_and_every_tenth() -> None:
    stream = io.StringIO()
    reporter = Reporter(stream)
    for i in range(101):
        reporter.report(i / 100, "Install packages", 2, 3, f"{i} of 100 MB")
    reporter.finished({"sentence": "PartGen is ready."})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[0] == "[2/3] Install packages  0%  0 of 100 MB"
    assert lines[-1] == "PartGen is ready."


def test_people_read_a_problem_as_a_sentence_and_its_remedy() -> None:
    stream = io.StringIO()
    Reporter(stream).problem(PartgenError("a.b", "The disk is full.", "Free 2 GB.", Action.REPAIR), "/some/setup.log")
    assert stream.getvalue() == "The disk is full. Free 2 GB.\nLog: /some/setup.log\n"


def test_a_console_that_knows_no_such_letters_ends_nothing() -> None:
    buffer = io.BytesIO()
    reporter = Reporter(io.TextIOWrapper(buffer, encoding="cp1252"))
    reporter.finished({"sentence": "Моя папка · ✓"})
    assert b"?" in buffer.getvalue()


def test_json_lines_are_ascii_whatever_they_hold() -> None:
    stream = io.StringIO()
    Reporter(stream, json_lines=True).finished({"folder": "Fünf Äpfel"})
    assert stream.getvalue().isascii()
    assert json.loads(stream.getvalue())["result"] == {"folder": "Fünf Äpfel"}
    assert read_event(stream.getvalue().encode()) == Finished({"folder": "Fünf Äpfel"})
