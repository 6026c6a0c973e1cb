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
from ..completion import completer
from ..devices import CPU, is_out_of_memory, is_torch_installed, memory, memory_in_use, needs_torch, place_as_told
from ..errors import Action, Cancelled, PartgenError
from ..progress import Progress as ProgressCallback
from ..protocol import (
    MAGIC,
    PROTOCOL,
    Cancel,
    CompleteRequest,
    Delivery,
    Done,
    Failed,
    GenerateRequest,
    Heartbeat,
    Hello,
    Message,
    Notice,
    PaintRequest,
    Piece,
    Progress,
    Request,
    ReshapeRequest,
    SegmentRequest,
    SegmentResult,
    Submit,
    UnderstandRequest,
    UnderstandResult,
    write_message,
)
from ..segmentation import segmenter
from .offered import METHODS
from .parent import Parent, die_with_parent, leave_with
from .streams import log_to, take_over_standard_streams

REPORT_SECONDS = 0.05
"""The time between two reports of progress: more would only be drawn over."""

HEARTBEAT_SECONDS = 2.0
"""The time between two signs of life."""

MEMORY_SECONDS = 2.0
"""The time between two looks at the memory, as long as it is shown."""

Deliver = Callable[[Piece], None]
WORK = {
    CompleteRequest: ("complete", "completed"),
    SegmentRequest: ("decompose", "decomposed"),
    UnderstandRequest: ("edit", "edited"),
    PaintRequest: ("paint", "painted"),
    ReshapeRequest: ("reshape", "reshaped"),
    GenerateRequest: ("replace", "replaced"),
}
"""What each request asks to do with an object, and what the object is then."""
Answer = Callable[[Request, ProgressCallback, Deliver], SegmentResult | UnderstandResult | tuple[str, ...]]
"""Gives the result; sentences about the whole where it has handed over all of it in pieces."""


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
    try:
        worker = _Worker(load())
    except Exception as error:
        logging.exception("the worker cannot start")
        sink.write(MAGIC)
        write_message(sink, _why_it_cannot_start(error))
        return 1
    threading.Thread(target=leave_with, args=(parent,), name="partgen parent", daemon=True).start()
    sink.write(MAGIC)
    worker.run(Channel(source, sink, worker.receive))
    return 0


def _load() -> Answer:
    """What answers requests, with the libraries of the default method already imported.

    torch is among them only where it is there and the artist chose a device of its: the geometric method does without,
    and would have to wait seconds for it at every start. Then, as all of this, before anything waits for input (see `work`).
    """
    from .completing import complete
    from .generating import generate
    from .painting import paint
    from .reshaping import reshape
    from .segmenting import segment
    from .understanding import understand

    def answer(request: Request, progress: ProgressCallback, deliver: Deliver) -> SegmentResult | UnderstandResult | tuple[str, ...]:
        if isinstance(request, CompleteRequest):
            return complete(request, progress, deliver)
        if isinstance(request, UnderstandRequest):
            return understand(request)
        if isinstance(request, ReshapeRequest):  # which is a PaintRequest, too
            return reshape(request, progress, deliver)
        if isinstance(request, PaintRequest):
            return paint(request, progress, deliver)
        if isinstance(request, GenerateRequest):
            return generate(request, progress, deliver)
        return segment(request, progress)

    segmenter("auto")
    completer("auto")
    if is_torch_installed() and needs_torch(os.environ.get("PARTGEN_DEVICE") or "auto"):
        try:
            logging.info("working on %s", place_as_told().words)
        except (PartgenError, ImportError, OSError, RuntimeError):  # what needs no device goes on; the scout tells the artist
            logging.exception("the chosen device cannot be used")
    return answer


def _why_it_cannot_start(error: Exception) -> Notice:
    if isinstance(error, ImportError) and "DLL load failed" in str(error):
        sentence = "The backend's worker could not start: a system library is missing."
        remedy = "Install the Microsoft Visual C++ Redistributable (x64) from Microsoft's site, then try again."
        return Notice("worker.missing_library", sentence, remedy, Action.OPEN_LOG)
    if isinstance(error, ImportError):
        sentence = f"The backend's worker could not start: the package {error.name or 'that it needs'} is missing or damaged."
        return Notice("worker.missing_package", sentence, "Install PartGen's packages again.", Action.REPAIR)
    sentence = f"The backend's worker could not start: an error inside PartGen ({type(error).__name__})."
    return Notice("worker.not_started", sentence, "Report it with the log.", Action.COPY_DEBUG_INFO)


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
        channel.send(Hello(PROTOCOL, __version__, METHODS, CPU.name, os.getpid()))
        for task, name in ((_beat, "partgen heartbeat"), (_tell_memory, "partgen memory")):
            threading.Thread(target=task, args=(channel,), name=name, daemon=True).start()
        reporter = _Reporter(channel)
        while True:
            submit = self._submitted.get()
            channel.send(self._answered(submit, channel, reporter))
            self._cancelled.discard(submit.id)
            del submit  # or its arrays would live until the next one comes

    def _answered(self, submit: Submit, channel: Channel, reporter: _Reporter) -> Done | Failed:
        def progress(fraction: float, stage: str) -> None:
            if submit.id in self._cancelled:
                raise Cancelled
            reporter.report(Progress(submit.id, min(max(float(fraction), 0.0), 1.0), stage))

        def deliver(piece: Piece) -> None:
            channel.send(Delivery(submit.id, piece))

        name, (what, done) = submit.request.name, WORK[type(submit.request)]
        try:
            answer = self._answer(submit.request, progress, deliver)
            return Done(submit.id, notes=answer) if isinstance(answer, tuple) else Done(submit.id, answer)
        except PartgenError as error:
            logging.info("%s: %s", name, error)
            return Failed.of(submit.id, error)
        except Exception as error:
            if is_out_of_memory(error):
                logging.exception("%s: out of memory", name)
                sentence, remedy = f"There is not enough memory to {what} {name}.", "Close other programs, or reduce the mesh."
                return Failed(submit.id, "worker.memory", sentence, remedy, action=Action.FREE_MEMORY)
            logging.exception("%s: unexpected error", name)
            sentence = f"{name} could not be {done}: an error inside PartGen ({type(error).__name__})."
            remedy = "Report it with the log; other objects are not affected."
            return Failed(submit.id, "worker.error", sentence, remedy, action=Action.COPY_DEBUG_INFO)


def _beat(channel: Channel) -> None:
    """Shows that this process gets time and that its interpreter is free, whatever its main thread does."""
    while True:
        channel.send(Heartbeat())
        time.sleep(HEARTBEAT_SECONDS)


def _tell_memory(channel: Channel) -> None:
    """Tells the memory of the accelerator in use, else of the processor; in a thread of its own, since drivers may wait."""
    device = os.environ.get("PARTGEN_DEVICE") or "auto"
    while True:
        try:
            channel.send(memory_in_use(device) or memory(CPU.id))
        except ImportError:
            logging.exception("the memory cannot be told")
            return
        except RuntimeError as error:  # the driver is at its limit: it may answer the next time
            logging.info("the memory cannot be told now: %s", error)
        time.sleep(MEMORY_SECONDS)


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
