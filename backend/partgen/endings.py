"""How a process ended, in words: exit codes, and what ssh or a shell wrote into the log, as errors for the artist.

Codes come as Python's subprocess gives them: negative for a signal on POSIX, unsigned 32 bits on Windows, where they
are values of NTSTATUS (ntstatus.h). A shell says 128 + n for signal n, 127 for a command that it does not find and 126
for one that it may not run; ssh gives back the exit code of the remote command, or 255 for a fault of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import Action, PartgenError

SHELL_SIGNALS = 128
LOG_TAIL = 8 << 10
"""Bytes at the end of a log in which the reason for an end is looked for."""

SSH_OPTIONS_WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw"
"""Options of OpenSSH's client that take the next word for their value (ssh(1))."""

VISUAL_C = "Install the Microsoft Visual C++ Redistributable (x64) from Microsoft's site, then try again."
PACKAGES = "Install PartGen's packages again."
NO_COMMAND = "Install PartGen{there}, or enter the full path of `partgen` in the backend command."
AGAIN = "Try again. If it happens again, report it with the log."
LESS_MEMORY = "Close other programs, or reduce the mesh; then try again."
KEY = "Let ssh log in without a question: `ssh-copy-id {host}` sets up a key, `ssh -T -o BatchMode=yes {host} true` tries it."


@dataclass(frozen=True)
class _Ending:
    """One row: it is meant where the exit code is among `exit_codes` and the log matches `says`; what is empty, always matches.

    `what` goes on from "The backend" or "The work on Lamp" and may name what `says` found; `ssh` where only a command
    over ssh can end so.
    """

    code: str
    what: str
    remedy: str
    action: Action = Action.NONE
    exit_codes: tuple[int, ...] = ()
    says: str = ""
    ssh: bool = False


_ENDINGS = (
    # ---- ssh ----
    _Ending(
        "ssh_denied", 'was not let in by {host}: "{quote}".', KEY, Action.OPEN_PREFERENCES, (255,),
        r"(?P<quote>Permission denied \([^)]*\)|Too many authentication failures)", ssh=True,
    ),
    _Ending(
        "ssh_untrusted", "was not started: ssh does not trust the key of {host}, which is new or has changed.",
        "Connect once by hand (`ssh {host}`), compare the fingerprint and accept it.", Action.OPEN_LOG, (255,),
        "Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No .* host key is known for", ssh=True,
    ),
    _Ending(
        "ssh_no_such_host", "was not started: there is no computer named {name}.", "Check the host in the backend command.",
        Action.OPEN_PREFERENCES, (255,), r"Could not resolve hostname (?P<name>[^\s:]+)", ssh=True,
    ),
    _Ending(
        "ssh_unreachable", 'was not started: {host} cannot be reached: "{quote}".',
        "Check that it runs, that it accepts ssh, and that the network and the port are right.", Action.OPEN_PREFERENCES, (255,),
        "(?P<quote>Connection refused|Connection timed out|Operation timed out|No route to host|Network is unreachable)", ssh=True,
    ),
    _Ending(
        "ssh_failed", "was lost: the connection to {host} ended, or what ran there was killed.", "Try again. The log tells what ssh said.",
        Action.OPEN_LOG, (255,), ssh=True,
    ),
    # ---- the command ----
    _Ending("not_found", "was not started: the command was not found{there}.", NO_COMMAND, Action.OPEN_PREFERENCES, (127, 9009)),
    _Ending(
        "not_found", "was not started: the command was not found{there}.", NO_COMMAND, Action.OPEN_PREFERENCES, (1,),
        "is not recognized as an internal or external command",
    ),
    _Ending(
        "not_executable", "was not started: the system may not run the command{there}.",
        "Check the path in the backend command, and that the file may be run.", Action.OPEN_PREFERENCES, (126,),
    ),
    _Ending(
        "not_installed", "was not started: PartGen is not installed in the Python that the command names{there}.",
        "Install it again, or correct the backend command.", Action.REPAIR, (1,), r"No module named '?partgen'?(?![.\w])",
    ),
    _Ending(
        "missing_library", "was not started: a system library is missing.", VISUAL_C, Action.OPEN_LOG, (1,),
        "DLL load failed while importing",
    ),
    _Ending(
        "missing_package", "was not started: the package {name} is missing{there}.", PACKAGES, Action.REPAIR, (1,),
        "ModuleNotFoundError: No module named '(?P<name>[^']+)'",
    ),
    _Ending("broken_package", "was not started: a package cannot be loaded{there}.", PACKAGES, Action.REPAIR, (1,), "ImportError: "),
    _Ending(
        "disk_full", "ended: the disk is full{there}.", "Make room, then try again.", Action.NONE, (1,),
        "No space left on device|Disk quota exceeded|There is not enough space on the disk",
    ),
    _Ending(
        "terminal", "was not started: ssh gave it a terminal, which it does not speak with.",
        "Leave out -t in the backend command, or add -T.", Action.OPEN_PREFERENCES, (2,), "not with a terminal",
    ),
    _Ending(
        "bad_arguments", "was not started: it does not know an argument of its command.",
        "Correct the backend command; an older PartGen does not know every option.", Action.OPEN_PREFERENCES, (2,),
        "unrecognized arguments|invalid choice|the following arguments are required",
    ),
    # ---- memory ----
    _Ending("killed", "was stopped by the system, most likely because memory ran out.", LESS_MEMORY, Action.NONE, (-9,)),
    _Ending("memory", "ended because memory ran out.", LESS_MEMORY, Action.NONE, (0xC0000017, 0xC000012D, 0xC000009A)),
    _Ending("memory", "ended because memory ran out.", LESS_MEMORY, Action.NONE, (1, -6), "MemoryError|std::bad_alloc"),
    # ---- crashes ----
    _Ending(
        "unsupported_processor", "needs an instruction that this processor does not have ({how}).",
        "Install PartGen's packages again; if that does not help, report it with the log.", Action.REPAIR, (-4, 0xC000001D),
    ),
    _Ending(
        "crashed", "crashed ({how}).", AGAIN, Action.COPY_DEBUG_INFO,
        (-11, -6, -7, -8, 0xC0000005, 0xC0000409, 0xC00000FD, 0xC0000374),
    ),
    _Ending("missing_library", "was not started: a system library is missing ({how}).", VISUAL_C, Action.OPEN_LOG, (0xC0000135,)),
    _Ending(
        "damaged_library", "was not started: one of its libraries is damaged, or made for another system ({how}).",
        PACKAGES, Action.REPAIR, (0xC000007B, 0xC0000139, 0xC0000142),
    ),
    # ---- from outside ----
    _Ending(
        "interrupted", "was stopped from outside ({how}).", "Try again: it starts by itself.", Action.NONE,
        (-1, -2, -15, 0xC000013A, 0x40010004),
    ),
)  # fmt: skip


def ending(subject: str, who: str, exit_code: int | None, greeted: bool = True, log: str = "", command: Sequence[str] = ()) -> PartgenError:
    """Why a process ended that nobody asked to end.

    Arguments: `subject` begins the sentence ("The backend", "The work on Lamp"); `who` begins the code ("backend",
    "worker"); `exit_code` None where it had to be ended, because nothing that it said made sense; `greeted` whether it
    ever spoke; `log` what it wrote there; `command` what started it, for the name of the host.
    """
    if exit_code is None:
        return PartgenError(f"{who}.garbled", f"{subject} ended: its answer could not be read.", AGAIN, Action.COPY_DEBUG_INFO)
    host = ssh_host(command)
    code = plain(exit_code)
    words = {"host": host or "the other computer", "there": f" on {host}" if host else "", "how": exit_in_words(exit_code), "name": ""}
    for row in _ENDINGS:
        found = re.search(row.says, log)
        if (row.ssh and host is None) or (row.exit_codes and code not in row.exit_codes) or found is None:
            continue
        words |= {name: text or "" for name, text in found.groupdict().items()}
        return PartgenError(f"{who}.{row.code}", f"{subject} {row.what.format(**words)}", row.remedy.format(**words), row.action)
    if greeted:  # and nothing is known
        return PartgenError(f"{who}.ended", f"{subject} ended unexpectedly ({words['how']}).", AGAIN, Action.OPEN_LOG)
    if code == 0:
        sentence = f"{subject} ended at once, without a word of PartGen's."
        return PartgenError(f"{who}.not_ready", sentence, "Check the backend command: it ends with `serve`.", Action.OPEN_PREFERENCES)
    remedy = "Look into the log: its last lines say why."
    return PartgenError(f"{who}.not_ready", f"{subject} ended before it was ready ({words['how']}).", remedy, Action.OPEN_LOG)


def plain(exit_code: int) -> int:
    """One number for one end: signals negative however they are told, NTSTATUS unsigned."""
    if exit_code < -255:
        return exit_code & 0xFFFFFFFF
    if SHELL_SIGNALS < exit_code <= SHELL_SIGNALS + 31:
        return SHELL_SIGNALS - exit_code
    return exit_code


def exit_in_words(exit_code: int) -> str:
    """An exit code as it can be looked up: "signal 9", "exit code 0xC0000005", "exit code 7"."""
    code = plain(exit_code)
    if code < 0:
        return f"signal {-code}"
    return f"exit code 0x{code:08X}" if code > 0xFFFF else f"exit code {code}"


def ssh_host(command: Sequence[str]) -> str | None:
    """The host, as it is written, of a command that goes over ssh; None of another."""
    if not command or re.split(r"[\\/]", command[0])[-1].lower().removesuffix(".exe") != "ssh":
        return None
    words = iter(command[1:])
    for word in words:
        if not word.startswith("-"):
            return word
        if word[-1] in SSH_OPTIONS_WITH_VALUE and all(letter not in SSH_OPTIONS_WITH_VALUE for letter in word[1:-1]):
            next(words, None)
    return None


def size_of(log_path: Path) -> int:
    """Bytes of a log; 0 where there is none."""
    try:
        return log_path.stat().st_size
    except OSError:
        return 0


def tail_since(log_path: Path, size_before: int) -> str:
    """What was written to a log after it had `size_before` bytes, at most its last 8 kB; "" where it cannot be read."""
    try:
        with open(log_path, "rb") as log:
            size = log.seek(0, 2)
            begin = size_before if size_before <= size else 0  # it was cut short meanwhile
            log.seek(max(begin, size - LOG_TAIL))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""
