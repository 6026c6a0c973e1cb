"""Promises about the end of a process: every known exit code and every known last word is a sentence with a way on."""

from __future__ import annotations

import subprocess
import sys

import pytest
from partgen.endings import LOG_TAIL, ending, exit_in_words, plain, ssh_host, tail_since
from partgen.errors import Action

SSH = ("ssh", "-p", "2222", "artist@farm", "partgen", "serve")

SAID_BY_SSH = {
    "artist@farm: Permission denied (publickey,password).": ("ssh_denied", "let in by artist@farm", Action.OPEN_PREFERENCES),
    "Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures": ("ssh_denied", "Too many", Action.OPEN_PREFERENCES),
    "Host key verification failed.": ("ssh_untrusted", "does not trust the key of artist@farm", Action.OPEN_LOG),
    "No ED25519 host key is known for farm and you have requested strict checking.": ("ssh_untrusted", "new", Action.OPEN_LOG),
    "ssh: Could not resolve hostname farm: Name or service not known": ("ssh_no_such_host", "named farm", Action.OPEN_PREFERENCES),
    "ssh: connect to host farm port 22: Connection refused": ("ssh_unreachable", "Connection refused", Action.OPEN_PREFERENCES),
    "ssh: connect to host farm port 22: Connection timed out": ("ssh_unreachable", "timed out", Action.OPEN_PREFERENCES),
    "ssh: connect to host farm port 22: No route to host": ("ssh_unreachable", "No route", Action.OPEN_PREFERENCES),
    "client_loop: send disconnect: Broken pipe": ("ssh_failed", "connection to artist@farm ended", Action.OPEN_LOG),
}


@pytest.mark.parametrize("line", SAID_BY_SSH)
def test_what_ssh_says_becomes_a_sentence(line):
    code, words, action = SAID_BY_SSH[line]
    error = ending("The backend", "backend", 255, greeted=False, log=f"Welcome!\n{line}\r\n", command=SSH)
    assert error.code == f"backend.{code}"
    assert words in error.sentence
    assert error.action is action
    assert error.remedy


EXIT_CODES = [
    (127, "bash: line 1: partgen: command not found", "not_found", "not found", Action.OPEN_PREFERENCES),
    (9009, "", "not_found", "not found", Action.OPEN_PREFERENCES),
    (1, "'partgen' is not recognized as an internal or external command,", "not_found", "not found", Action.OPEN_PREFERENCES),
    (126, "bash: /opt/partgen: Permission denied", "not_executable", "may not run", Action.OPEN_PREFERENCES),
    (1, "/usr/bin/python3: No module named partgen", "not_installed", "not installed", Action.REPAIR),
    (1, "ModuleNotFoundError: No module named 'partgen'", "not_installed", "not installed", Action.REPAIR),
    (1, "ModuleNotFoundError: No module named 'higra'", "missing_package", "package higra is missing", Action.REPAIR),
    (1, "ModuleNotFoundError: No module named 'partgen.devices'", "missing_package", "partgen.devices", Action.REPAIR),
    (1, "ImportError: libGL.so.1: cannot open shared object file", "broken_package", "cannot be loaded", Action.REPAIR),
    (1, "ImportError: DLL load failed while importing _multiarray_umath", "missing_library", "library", Action.OPEN_LOG),
    (1, "OSError: [Errno 28] No space left on device", "disk_full", "disk is full", Action.NONE),
    (2, "partgen serve speaks with a program through pipes, not with a terminal (ssh: without -t).", "terminal", "terminal",
     Action.OPEN_PREFERENCES),
    (2, "partgen serve: error: unrecognized arguments: --warp", "bad_arguments", "argument", Action.OPEN_PREFERENCES),
    (-9, "", "killed", "memory ran out", Action.NONE),
    (137, "Killed", "killed", "memory ran out", Action.NONE),
    (1, "MemoryError", "memory", "memory ran out", Action.NONE),
    (-6, "terminate called after throwing an instance of 'std::bad_alloc'", "memory", "memory ran out", Action.NONE),
    (0xC0000017, "", "memory", "memory ran out", Action.NONE),
    (0xC000012D, "", "memory", "memory ran out", Action.NONE),
    (-11, "", "crashed", "crashed (signal 11)", Action.COPY_DEBUG_INFO),
    (139, "", "crashed", "crashed (signal 11)", Action.COPY_DEBUG_INFO),
    (-6, "", "crashed", "crashed (signal 6)", Action.COPY_DEBUG_INFO),
    (-7, "", "crashed", "crashed (signal 7)", Action.COPY_DEBUG_INFO),
    (3221225477, "", "crashed", "crashed (exit code 0xC0000005)", Action.COPY_DEBUG_INFO),
    (-1073741819, "", "crashed", "crashed (exit code 0xC0000005)", Action.COPY_DEBUG_INFO),
    (0xC00000FD, "", "crashed", "0xC00000FD", Action.COPY_DEBUG_INFO),
    (0xC0000409, "", "crashed", "0xC0000409", Action.COPY_DEBUG_INFO),
    (-4, "", "unsupported_processor", "this processor", Action.REPAIR),
    (0xC000001D, "", "unsupported_processor", "this processor", Action.REPAIR),
    (3221225781, "", "missing_library", "0xC0000135", Action.OPEN_LOG),
    (0xC000007B, "", "damaged_library", "damaged", Action.REPAIR),
    (0xC0000139, "", "damaged_library", "damaged", Action.REPAIR),
    (0xC0000142, "", "damaged_library", "damaged", Action.REPAIR),
    (0xC000013A, "", "interrupted", "from outside (exit code 0xC000013A)", Action.NONE),
    (130, "", "interrupted", "from outside (signal 2)", Action.NONE),
    (-15, "", "interrupted", "from outside (signal 15)", Action.NONE),
    (7, "", "not_ready", "before it was ready (exit code 7)", Action.OPEN_LOG),
    (255, "what was that", "not_ready", "exit code 255", Action.OPEN_LOG),
    (0, "hello", "not_ready", "ended at once", Action.OPEN_PREFERENCES),
]  # fmt: skip


@pytest.mark.parametrize(("exit_code", "log", "code", "words", "action"), EXIT_CODES)
def test_an_exit_code_becomes_a_sentence(exit_code, log, code, words, action):
    error = ending("The backend", "backend", exit_code, greeted=False, log=log)
    assert error.code == f"backend.{code}"
    assert error.sentence.startswith("The backend ")
    assert words in error.sentence
    assert error.action is action
    assert error.remedy
    assert "{" not in str(error)


def test_a_missing_vc_runtime_names_what_to_install():
    assert "Visual C++ Redistributable" in ending("The backend", "backend", 0xC0000135, greeted=False).remedy


def test_over_ssh_the_host_is_named_where_something_is_missing():
    error = ending("The backend", "backend", 127, greeted=False, log="zsh: command not found: partgen", command=SSH)
    assert error.sentence == "The backend was not started: the command was not found on artist@farm."
    assert "on artist@farm" in error.remedy


def test_a_code_of_ssh_means_nothing_without_ssh():
    assert ending("The backend", "backend", 255, greeted=True, command=["partgen", "serve"]).code == "backend.ended"


def test_work_that_crashed_is_told_apart_from_the_backend():
    error = ending("The work on Lamp", "worker", -11)
    assert (error.code, error.sentence) == ("worker.crashed", "The work on Lamp crashed (signal 11).")


def test_what_made_no_sense_is_said_without_an_exit_code():
    assert ending("The backend", "backend", None).code == "backend.garbled"


@pytest.mark.parametrize(
    ("told", "code"), [(0, 0), (255, 255), (128, 128), (129, -1), (-9, -9), (-1073741819, 0xC0000005), (2**32 - 1, 2**32 - 1)]
)
def test_one_end_has_one_number(told, code):
    assert plain(told) == code


def test_this_system_tells_exit_codes_as_the_table_expects():
    killed = subprocess.run(["sh", "-c", "kill -9 $$"]).returncode if sys.platform != "win32" else 137
    assert exit_in_words(killed) == "signal 9"
    assert exit_in_words(subprocess.run([sys.executable, "-c", "raise SystemExit(7)"]).returncode) == "exit code 7"


@pytest.mark.parametrize(
    ("command", "host"),
    [
        (["ssh", "farm", "partgen", "serve"], "farm"),
        (["/usr/bin/ssh", "-T", "-o", "BatchMode=yes", "-i", "my key", "artist@farm", "partgen"], "artist@farm"),
        ([r"C:\Windows\System32\OpenSSH\ssh.exe", "-p2222", "-oBatchMode=yes", "-Cqp", "22", "farm"], "farm"),
        (["ssh", "-T"], None),
        (["partgen", "serve"], None),
        (["/opt/openssh/partgen", "farm"], None),
        ([], None),
    ],
)
def test_the_host_of_a_command_over_ssh(command, host):
    assert ssh_host(command) == host


def test_only_what_this_life_wrote_is_read_from_the_log(tmp_path):
    log = tmp_path / "backend.log"
    log.write_text("Host key verification failed.\n")
    before = log.stat().st_size
    assert tail_since(log, before) == ""
    with log.open("a") as more:
        more.write("x" * 2 * LOG_TAIL + "the end")
    assert tail_since(log, before).endswith("the end")
    assert len(tail_since(log, before)) == LOG_TAIL
    log.write_text("cut short")
    assert tail_since(log, before) == "cut short"
    assert tail_since(tmp_path / "none", 0) == ""
