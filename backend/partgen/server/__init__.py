"""The backend process: a light loop that listens, answers and remembers, and one worker beneath it that does the work."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

WORKER = (sys.executable, "-P", "-m", "partgen.server.worker")  # -P: a numpy.py in the artist's folder is not ours to run


def serve(argv: Sequence[str] | None = None, worker_command: Sequence[str] = WORKER) -> int:
    """`partgen serve`: speaks frames over standard input and output until the input ends. Returns the exit code.

    `worker_command` starts the worker: any program that greets and answers as `partgen.server.worker` does.
    """
    arguments = _parser().parse_args(argv)
    if sys.stdin.isatty() or sys.stdout.isatty():
        print("partgen serve speaks with a program through pipes, not with a terminal (ssh: without -t).", file=sys.stderr)
        return 2
    log_path = Path(arguments.log).absolute() if arguments.log else None

    from .loop import Server
    from .streams import log_to, take_over_standard_streams

    source, sink = take_over_standard_streams()
    log_to(log_path, "server")
    Server(worker_command, log_path).run(source, sink)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="partgen serve",
        description="The engine behind PartGen for Blender: started by the add-on, it reads requests from standard input "
        "and writes answers to standard output, until the input ends. On another machine: ssh HOST partgen serve.",
    )
    log = os.environ.get("PARTGEN_LOG", "")
    parser.add_argument("--log", metavar="FILE", default=log, help="write the log there, at most 4 MB (default: $PARTGEN_LOG, else stderr)")
    return parser
