"""A backend for tests: the real server above a worker whose methods behave as badly as native code can.

Run as a program it is `partgen serve`; with the argument "worker" it is the worker of that server, with "scout" its
scout, who finds graphics cards that nobody has. OBSTINATE_SCOUT says what becomes of the scout, and OBSTINATE_SECONDS, as
in "partgen.server.vigil.SILENT_SECONDS=1.0 ...", how long things take that take too long for a test.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.progress import Progress
from partgen.protocol import MAGIC, PROTOCOL, Device, Hello, Memory, SegmentRequest, SegmentResult, write_message
from partgen.server import serve
from partgen.server.streams import take_over_standard_streams
from partgen.server.worker import Deliver, work

COMMAND = [sys.executable, str(Path(__file__))]


def answer(request: SegmentRequest, progress: Progress, deliver: Deliver) -> SegmentResult:
    """Behaves as the request's method says; then every polygon is a leaf, and the worker's process id is the note."""
    progress(0.0, "Beginning")
    behaviours[request.method](progress)
    leaf_count = len(request.polygon_offsets) - 1
    merges = [[i, i + 1] if i == 0 else [leaf_count + i - 1, i + 1] for i in range(leaf_count - 1)]
    tree = PartTree.from_merges(merges, 1)
    leaves = np.arange(leaf_count, dtype=np.int32)
    return SegmentResult(leaves, tree.merges, tree.heights, tree.default_scale, request.method, notes=(str(os.getpid()),))


def work_in_steps(progress: Progress) -> None:
    for step in range(10_000):
        progress(step / 10_000, "Working in steps")
        time.sleep(0.01)


def work_for_three_seconds(progress: Progress) -> None:
    for step in range(300):
        progress(step / 300, "Working steadily")
        time.sleep(0.01)


def sleep_in_native_code(progress: Progress) -> None:
    ctypes.CDLL(None).sleep(600)


def hold_the_interpreter(progress: Progress) -> None:
    ctypes.PyDLL(None).sleep(600)


def swallow_cancellation(progress: Progress) -> None:
    for step in range(100_000):
        try:
            progress(0.5, f"Swallowing {step}")
        except PartgenError:
            time.sleep(0.01)


def crash(progress: Progress) -> None:
    ctypes.string_at(0)


def be_killed(progress: Progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def print_everywhere(progress: Progress) -> None:
    print("printed by python")
    os.write(1, b"written to descriptor 1\n")
    library = ctypes.CDLL(None)
    library.puts(b"printed by native code")
    library.fflush(None)
    assert sys.stdin.read() == ""


def divide_by_zero(progress: Progress) -> None:
    raise ZeroDivisionError("a detail for the log alone")


def refuse(progress: Progress) -> None:
    raise PartgenError("mesh.strange", "The mesh is strange.", "Choose another.")


def run_out_of_memory(progress: Progress) -> None:
    raise MemoryError


def flood(progress: Progress) -> None:
    for step in range(50_000):
        progress(step / 50_000, f"Stage {step}")


def finish(progress: Progress) -> None:
    progress(1.0, "Finished")


def fill_the_log(progress: Progress) -> None:
    for _ in range(400):
        os.write(2, b"x" * 9_999 + b"\n")


behaviours = {
    function.__name__: function
    for function in (
        work_in_steps, work_for_three_seconds, sleep_in_native_code, hold_the_interpreter, swallow_cancellation, crash, be_killed,
        print_everywhere, divide_by_zero, refuse, run_out_of_memory, flood, finish, fill_the_log,
    )
}  # fmt: skip


CARDS = (
    Device("cuda:0", "Old Card", 8 << 30, ("float16", "float32")),
    Device("cuda:1", "New Card", 16 << 30, ("bfloat16", "float16", "float32")),
    Device("cpu", "CPU", 32 << 30, ("float32", "bfloat16")),
)


def scout() -> int:
    """Finds `CARDS`, a quarter of their memory free, unless it comes to grief."""
    _, sink = take_over_standard_streams()
    fate = os.environ.get("OBSTINATE_SCOUT", "")
    if fate == "crash":
        ctypes.string_at(0)
    if fate == "hang":
        time.sleep(600)
    sink.write(MAGIC)
    write_message(sink, Hello(PROTOCOL, "scout", devices=CARDS))
    for card in CARDS:
        write_message(sink, Memory(card.id, card.total_bytes // 4, card.total_bytes))
    return 0


def hurry() -> None:
    """Shortens the times that the environment names."""
    for setting in os.environ.get("OBSTINATE_SECONDS", "").split():
        place, seconds = setting.split("=")
        module, name = place.rsplit(".", 1)
        setattr(importlib.import_module(module), name, float(seconds))


if __name__ == "__main__":
    hurry()
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    if sys.argv[1:] == ["scout"]:
        sys.exit(scout())
    worker = ["sleep", "600"] if os.environ.get("OBSTINATE_WORKER") == "hang" else [*COMMAND, "worker"]
    sys.exit(serve(sys.argv[1:], worker_command=worker, scout_command=[*COMMAND, "scout"]))
