"""Promises of a backend on another computer: everything as at home, through a real sshd on the loopback interface.

Skipped loudly where there is no OpenSSH server (Debian: apt-get install openssh-server).
"""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
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
    worker_pid,
)
from obstinate_backend import COMMAND
from partgen.client import Status, Stopped
from partgen.errors import Action
from partgen.part_tree import PartTree
from partgen.protocol import MAGIC, PROTOCOL, Done, Hello, Notice, Progress, SegmentRequest, frame

SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
if SSHD is None or shutil.which("ssh") is None:
    warnings.warn("no OpenSSH server and client: a backend on another computer was NOT tested here", stacklevel=1)
pytestmark = pytest.mark.skipif(SSHD is None or shutil.which("ssh") is None, reason="no sshd: a backend on another computer is not tested")

PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Where sshd wants an empty folder when it runs as root; Debian's service makes it at its start."""


@dataclass(frozen=True)
class Host:
    """An sshd on the loopback interface, with keys of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def command(self, *remote: str, key: str = "key", known_hosts: str = "known_hosts", options: tuple[str, ...] = ()) -> list[str]:
        """The backend command that an artist would enter, as arguments: `remote` is for the shell over there."""
        settings = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / known_hosts),
        }
        words = ["ssh", "-F", "none", "-T", "-p", str(self.port), "-i", str(self.folder / key), *options]
        for name, value in settings.items():
            words += ["-o", f"{name}={value}"]
        return [*words, f"{getpass.getuser()}@127.0.0.1", *remote]

    def sessions(self) -> list[psutil.Process]:
        """Everything that sshd runs for those who are logged in."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A computer to log in to; it is this one."""
    folder = tmp_path_factory.mktemp("host")
    for name in ("host_key", "key", "strange_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
    port = free_port()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text()}")
    (folder / "nobody_known").touch()
    if os.getuid() == 0:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(configuration(folder, port))], stderr=open(folder / "sshd.log", "wb"))  # noqa: SIM115
    try:
        wait_until(lambda: answers(port))
        yield Host(folder, port, process)
    finally:
        process.terminate()
        process.wait(LIMIT)


def configuration(folder: Path, port: int) -> Path:
    """sshd's configuration. The penalties for failed logins, where this version has them, would lock out later tests."""
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder / 'host_key'}",
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        f"PidFile {folder / 'sshd.pid'}",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "StrictModes no",
        "UsePAM no",
    ]
    file = folder / "sshd_config"
    for extra in (["PerSourcePenalties no"], []):
        file.write_text("\n".join([*lines, *extra, ""]))
        tried = subprocess.run([SSHD, "-t", "-f", str(file)], capture_output=True, text=True)
        if tried.returncode == 0:
            return file
    raise AssertionError(f"sshd does not take its configuration: {tried.stderr}")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


REMOTE = shlex.join(COMMAND)


# ---- as at home ----


def test_a_mesh_is_decomposed_over_there(tmp_path, host):
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    vertices, corners = np.concatenate([box, np.add(box, [3, 0, 0])]), np.concatenate([quads, quads + 8])
    with client_in(tmp_path, host.command(shlex.quote(sys.executable), "-m", "partgen", "serve")) as client:
        answer = answer_to(client, client.submit(SegmentRequest("Boxes", "auto", vertices, corners, np.arange(0, 49, 4))), limit=60.0)
        assert isinstance(answer, Done), answer
        parts = PartTree(answer.result.merges, answer.result.heights, answer.result.default_scale).cut_into(2)[
            answer.result.leaf_of_polygon
        ]
        assert parts.tolist() == [parts[0]] * 6 + [1 - parts[0]] * 6


def test_a_large_mesh_arrives_and_progress_comes_back(tmp_path, host):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        request_id = client.submit(request("work_for_three_seconds", polygon_count=250_000))
        events = events_until(client, lambda e: isinstance(e, Done) and e.id == request_id)
        fractions = [event.fraction for event in events if isinstance(event, Progress)]
        assert len(fractions) > 10
        assert fractions == sorted(fractions)
        assert events[-1].result.leaf_of_polygon.tolist() == list(range(250_000))


@pytest.mark.parametrize("method", ["work_in_steps", "hold_the_interpreter"])
def test_cancelling_takes_effect_over_there_within_two_seconds(tmp_path, host, method):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        pid = worker_pid(client)
        request_id = client.submit(request(method))
        time.sleep(0.5)
        began = time.monotonic()
        client.cancel(request_id)
        assert failure_of(client, request_id).code == "cancelled"
        assert (worker_pid(client) == pid) == (method == "work_in_steps")
        assert time.monotonic() - began < 2 * SECOND


def test_errors_and_the_log_come_from_over_there(tmp_path, host):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        failed = failure_of(client, client.submit(request("divide_by_zero")))
        assert (failed.code, failed.action) == ("worker.error", Action.COPY_DEBUG_INFO)
        assert failed.log_path == str(client.log_path)  # on this computer
        wait_until(lambda: "a detail for the log alone" in client.log_path.read_text())
        assert failure_of(client, client.submit(request("crash"))).code == "worker.crashed"


def test_devices_and_memory_are_those_over_there(tmp_path, host):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        client.configure(device="cuda:1")
        pid = worker_pid(client)
        wait_until(lambda: client.backend.device == "New Card, bfloat16")
        wait_until(lambda: client.memory is not None and client.memory.device == "cuda:1")
        client.free_memory()
        wait_until(lambda: not is_alive(pid))
        client.configure(device="mps")
        notice = events_until(client, lambda e: isinstance(e, Notice))[-1]
        assert (notice.code, notice.action) == ("device.missing", Action.USE_CPU)


def test_a_banner_of_the_login_shell_is_skipped(tmp_path, host):
    with client_in(tmp_path, host.command(f"echo Welcome to the farm; exec {REMOTE}")) as client:
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)


# ---- when it does not work ----


def first_failure(tmp_path: Path, command: list[str]):
    with client_in(tmp_path, command) as client:
        failed = failure_of(client, client.submit(request("finish")))
        assert client.status is Status.STOPPED
        assert failed.remedy
        return failed


def test_a_wrong_key_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, host.command(REMOTE, key="strange_key"))
    assert failed.code == "backend.ssh_denied"
    assert f"was not let in by {getpass.getuser()}@127.0.0.1" in failed.sentence
    assert "ssh-copy-id" in failed.remedy
    assert failed.action == Action.OPEN_PREFERENCES


def test_a_host_whose_key_is_not_known_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, host.command(REMOTE, known_hosts="nobody_known"))
    assert failed.code == "backend.ssh_untrusted"
    assert "Connect once by hand" in failed.remedy


def test_a_host_whose_key_has_changed_is_explained(tmp_path, host):
    (host.folder / "changed").write_text(f"[127.0.0.1]:{host.port} {(host.folder / 'strange_key.pub').read_text()}")
    assert first_failure(tmp_path, host.command(REMOTE, known_hosts="changed")).code == "backend.ssh_untrusted"


def test_a_host_that_does_not_answer_is_explained(tmp_path, host):
    nobody = Host(host.folder, free_port(), host.process)
    failed = first_failure(tmp_path, nobody.command(REMOTE))
    assert failed.code == "backend.ssh_unreachable"
    assert "Connection refused" in failed.sentence


def test_a_host_that_nobody_knows_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, ["ssh", "-F", "none", "-o", "BatchMode=yes", "no-such-host.invalid", "partgen", "serve"])
    assert failed.code == "backend.ssh_no_such_host"
    assert "no computer named no-such-host.invalid" in failed.sentence


def test_a_host_without_partgen_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, host.command("partgen-that-is-not-installed", "serve"))
    assert failed.code == "backend.not_found"
    assert "not found on" in failed.sentence
    assert "full path" in failed.remedy


def test_a_python_without_partgen_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, host.command(shlex.quote(sys.executable), "-I", "-S", "-m", "partgen", "serve"))
    assert failed.code == "backend.not_installed"


@pytest.mark.parametrize(("protocol", "who"), [(PROTOCOL - 1, "backend on "), (PROTOCOL + 1, "add-on")])
def test_another_version_over_there_says_what_to_update(tmp_path, host, protocol, who):
    greeting = MAGIC + b"".join(frame(Hello(protocol, "9.9")))
    program = f"import sys; sys.stdout.buffer.write({greeting!r}); sys.stdout.flush(); sys.stdin.read()"
    failed = first_failure(tmp_path, host.command(shlex.join([sys.executable, "-c", program])))
    assert failed.code == "backend.version"
    assert "9.9" in failed.sentence
    assert failed.remedy.startswith(f"Update the {who}")
    assert failed.action == Action.NONE  # what is over there is not mended from here


def test_a_terminal_is_explained(tmp_path, host):
    failed = first_failure(tmp_path, host.command(REMOTE, options=("-tt",)))
    assert failed.code == "backend.terminal"
    assert "-T" in failed.remedy


# ---- when the connection ends ----


@pytest.mark.parametrize("method", ["work_in_steps", "hold_the_interpreter"])
@pytest.mark.parametrize("end", ["sshd", "ssh", "stop"])
def test_a_connection_that_ends_leaves_nothing_behind_and_is_explained(tmp_path, host, end, method):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        pids = worker_pid(client), client.backend.pid
        request_id = client.submit(request(method))
        time.sleep(0.5)
        if end == "stop":
            client.stop()
        else:
            for process in psutil.Process().children() if end == "ssh" else host.sessions():
                with suppress(psutil.NoSuchProcess):  # those beneath one that was just killed
                    if process.name() in (end, f"{end}-session"):  # the name that sshd's sessions have in newer versions
                        process.kill()
        events = events_until(client, lambda event: isinstance(event, Stopped))
        failed = next(event for event in events if not isinstance(event, Progress | Notice | Stopped) and event.id == request_id)
        assert failed.code == {"sshd": "backend.ssh_failed", "ssh": "backend.killed", "stop": "stopped"}[end]
        wait_until(lambda: not any(map(is_alive, pids)), limit=3.0)
        wait_until(lambda: host.sessions() == [], limit=3.0)


def test_after_the_backend_over_there_was_killed_the_next_request_starts_another(tmp_path, host):
    with client_in(tmp_path, host.command(REMOTE)) as client:
        worker_pid(client)
        os.kill(client.backend.pid, signal.SIGKILL)
        stopped = events_until(client, lambda event: isinstance(event, Stopped))[-1]
        assert stopped.code in ("backend.ssh_failed", "backend.killed")  # as the login shell over there passes it on or not
        assert isinstance(answer_to(client, client.submit(request("finish"))), Done)
