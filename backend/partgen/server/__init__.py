"""The backend process: a light loop that listens, answers and remembers, and one worker beneath it that does the work."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

WORKER = (sys.executable, "-P", "-m", "partgen.server.worker")  # -P: a numpy.py in the artist's folder is not ours to run
PRECISIONS = ("auto", "float32", "float16", "bfloat16")
SCOUT = (sys.executable, "-P", "-m", "partgen.server.scout")


def serve(argv: Sequence[str] | None = None, worker_command: Sequence[str] = WORKER, scout_command: Sequence[str] = SCOUT) -> int:
    """`partgen serve`: speaks frames over standard input and output until the input ends. Returns the exit code.

    `worker_command` starts the worker: any program that greets and answers as `partgen.server.worker` does;
    `scout_command` what looks for devices, as `partgen.server.scout` does.
    """
    arguments = _parser().parse_args(argv)
    if sys.stdin.isatty() or sys.stdout.isatty():
        print("partgen serve speaks with a program through pipes, not with a terminal (ssh: without -t).", file=sys.stderr)
        return 2
    log_path = Path(arguments.log).absolute() if arguments.log else None

    from ..protocol import Configure
    from .loop import Server
    from .streams import log_to, take_over_standard_streams

    source, sink = take_over_standard_streams()
    log_to(log_path, "server")
    wishes = Configure(arguments.device, arguments.precision, arguments.idle_minutes)
    Server(worker_command, scout_command, log_path, wishes).run(source, sink)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="partgen serve",
        description="The engine behind PartGen for Blender: started by the add-on, it reads requests from standard input "
        "and writes answers to standard output, until the input ends. On another machine: ssh HOST partgen serve.",
    )
    log = os.environ.get("PARTGEN_LOG", "")
    parser.add_argument("--log", metavar="FILE", default=log, help="write the log there, at most 4 MB (default: $PARTGEN_LOG, else stderr)")
    parser.add_argument(
        "--device",
        metavar="DEVICE",
        default="auto",
        help="what networks run on: auto, cpu, cuda:0, xpu:0, mps (`partgen devices` lists them); the add-on's own choice goes before",
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="what networks calculate in; auto: what suits the device")
    parser.add_argument(
        "--idle-minutes", metavar="N", type=_minutes, default=10.0, help="give memory back after N minutes without work; 0: never (10)"
    )
    return parser


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes")
    return value
