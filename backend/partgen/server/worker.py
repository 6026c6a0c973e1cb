"""The worker: one process that does the native work, one request at a time, and may be killed while it does.

`python -m partgen.server.worker` speaks the same frames as `partgen serve`, which starts it.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .. import __version__
from ..channel import Channel, Closed
from ..errors import Cancelled, PartgenError
from ..protocol import MAGIC, PROTOCOL, Cancel, Done, Failed, Hello, Message, Progress, SegmentRequest, SegmentResult, Submit
from ..segmentation import METHODS, segmenter
from ..segmentation import Progress as ProgressCallback
from .parent import Parent, die_with_parent
from .streams import log_to, take_over_standard_streams

REPORT_SECONDS = 0.05
"""The time between two reports of progress: more would only be drawn over."""

Answer = Callable[[SegmentRequest, ProgressCallback], SegmentResult]


def main() -> int:
    """Works for the server until that ends. Returns the exit code."""
    return work(_load)


def work(load: Callable[[], Answer]) -> int:
    """Answers requests from standard input with what `load` returns, until the input or the parent ends.

    `load` imports whatever the answers need: before the first thread waits for input, since on Windows such a thread can
    hold up native imports for minutes.
    """
    die_with_parent()
    source, sink = take_over_standard_streams()
    log_path = os.environ.get("PARTGEN_LOG", "")
    log_to(Path(log_path) if log_path else None, "worker")
    parent = Parent()
    worker = _Worker(load())
    threading.Thread(target=_leave_with, args=(parent,), name="partgen parent", daemon=True).start()
    sink.write(MAGIC)
    worker.run(Channel(source, sink, worker.receive))
    return 0


def _load() -> Answer:
    """The answer to a segment request, with the libraries of the default method already imported."""
    from .segmenting import segment

    segmenter("auto")
    return segment


def _leave_with(parent: Parent) -> None:
    while not parent.is_gone():
        time.sleep(0.5)
    os._exit(0)


class _Worker:
    """One request at a time, in the thread that calls `run`; cancelled from the thread that calls `receive`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._submitted: queue.SimpleQueue[Submit] = queue.SimpleQueue()
        self._cancelled: set[int] = set()

    def receive(self, message: Message | Closed) -> None:
        """What the server says. Its end is ours, in the middle of whatever the other threads do."""
        if isinstance(message, Submit):
            self._submitted.put(message)
        elif isinstance(message, Cancel):
            self._cancelled.add(message.id)
        elif isinstance(message, Closed):
            os._exit(0)

    def run(self, channel: Channel) -> None:
        """Greets, then answers for ever."""
        channel.start()
        channel.send(Hello(PROTOCOL, __version__, METHODS, "CPU", os.getpid()))
        reporter = _Reporter(channel)
        while True:
            submit = self._submitted.get()
            channel.send(self._answered(submit, reporter))
            self._cancelled.discard(submit.id)
            del submit  # or its arrays would live until the next one comes

    def _answered(self, submit: Submit, reporter: _Reporter) -> Done | Failed:
        def progress(fraction: float, stage: str) -> None:
            if submit.id in self._cancelled:
                raise Cancelled
            reporter.report(Progress(submit.id, min(max(float(fraction), 0.0), 1.0), stage))

        name = submit.request.name
        try:
            return Done(submit.id, self._answer(submit.request, progress))
        except PartgenError as error:
            logging.info("%s: %s", name, error)
            return Failed.of(submit.id, error)
        except MemoryError:
            logging.exception("%s: out of memory", name)
            sentence = f"There is not enough memory to decompose {name}."
            return Failed(submit.id, "worker.memory", sentence, "Close other programs, or reduce the mesh.")
        except Exception as error:
            logging.exception("%s: unexpected error", name)
            sentence = f"{name} could not be decomposed: an error inside PartGen ({type(error).__name__})."
            return Failed(submit.id, "worker.error", sentence, "Report it with the log; other objects are not affected.")


class _Reporter:
    """Sends progress no faster than anybody looks at it: the first at once, later ones as the newest of each interval."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._newest = Progress(0, 0.0, "")
        self._news = threading.Event()
        threading.Thread(target=self._run, name="partgen progress", daemon=True).start()

    def report(self, progress: Progress) -> None:
        self._newest = progress
        self._news.set()

    def _run(self) -> None:
        while self._news.wait():
            self._news.clear()
            self._channel.send(self._newest)
            time.sleep(REPORT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
