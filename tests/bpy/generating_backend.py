"""A backend for tests of parts made from words: the real server and what it really makes; for objects called "Slow" a minute apart."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from partgen.generation import drawing
from partgen.progress import Progress
from partgen.protocol import GenerateRequest, GenerateResult, Request
from partgen.server import generating, serve
from partgen.server.worker import Deliver, work

drawing.CELLS = 32  # an eighth of the cells: tests look at no details


def answer(request: Request, progress: Progress, deliver: Deliver) -> tuple[str, ...]:
    """What the worker is asked for."""
    assert isinstance(request, GenerateRequest)

    def slowly(part: GenerateResult) -> None:
        deliver(part)
        for step in range(600 if "Slow" in request.name else 0):
            progress(step / 600, "Taking its time")
            time.sleep(0.1)

    return generating.generate(request, progress, slowly)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    sys.exit(serve(sys.argv[1:], worker_command=[sys.executable, str(Path(__file__)), "worker"]))
