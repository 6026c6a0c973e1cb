"""Standard streams and the log: frames go through pipes of their own, and whatever a library prints goes to the log."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from pathlib import Path
from typing import IO

MAXIMUM_LOG = 2 << 20
"""Bytes after which a log becomes the old log, of which there is one."""


def take_over_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes that were standard input and output, for frames alone: (source, sink), unbuffered.

    Standard input becomes empty and standard output goes where standard error goes, for Python and for native code.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(source, os.O_BINARY)
        msvcrt.setmode(sink, os.O_BINARY)
    return open(source, "rb", buffering=0), open(sink, "wb", buffering=0)


def log_to(path: Path | None, role: str) -> None:
    """Sends standard output, standard error, log records and the stacks of native crashes to `path`; None: to standard error."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        limit(path)
        # Every process opens the file by itself, to append: so they share it on Windows too, and it can be cut short.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        os.dup2(file, 2)
        os.dup2(file, 1)
        os.close(file)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {role} {os.getpid()} %(levelname)s: %(message)s", force=True)
    faulthandler.enable()


def limit(path: Path) -> None:
    """Moves what the log holds into the old log where it has grown too large. Its writers go on as if nothing had happened."""
    try:
        if path.stat().st_size > MAXIMUM_LOG:
            with open(path, "r+b") as log:
                log.seek(-MAXIMUM_LOG, os.SEEK_END)
                path.with_name(path.name + ".old").write_bytes(log.read())
                log.truncate(0)
    except OSError as error:
        logging.warning("the log could not be cut short: %s", error)
