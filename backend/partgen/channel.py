"""A process at the other end of two pipes: talking with it without ever waiting for it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from .protocol import Message, NoGreeting, ProtocolError, read_message, skip_to_magic, write_message


@dataclass(frozen=True)
class Closed:
    """The other end is gone. `problem` says so in words where it did not just end, `said` is what came in place of a greeting."""

    problem: str = ""
    said: bytes = b""


class Channel:
    """Messages over a pair of byte streams, read in one thread and written in another.

    `receive` is called with every message and at last, once, with Closed, after which nothing comes: in the reading
    thread, or for a message that cannot be sent in the writing one. It must not wait.
    With `skips_banner`, whatever comes before the magic is skipped.
    """

    def __init__(self, source: IO[bytes], sink: IO[bytes], receive: Callable[[Message | Closed], None], skips_banner: bool = False) -> None:
        self._source = source
        self._sink = sink
        self._receive = receive
        self._skips_banner = skips_banner
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="partgen writer", daemon=True)
        self._telling = threading.Lock()
        self._is_closed = False

    def start(self) -> None:
        """Begins to read and to write."""
        threading.Thread(target=self._read, name="partgen reader", daemon=True).start()
        self._writer.start()

    def send(self, message: Message) -> None:
        """Hands the message, its arrays included, to the writing thread. Returns at once, also where nobody reads."""
        self._outbox.put(message)

    def close(self, wait: float = 0.0) -> None:
        """Closes the sink once everything handed over is written; waits up to `wait` seconds for that."""
        self._outbox.put(None)
        if wait:
            self._writer.join(wait)

    def _read(self) -> None:
        problem, said = "", b""
        try:
            if self._skips_banner:
                skip_to_magic(self._source)
            while (message := read_message(self._source)) is not None:
                self._tell(message)
                del message  # or its arrays would live until the next one comes
        except NoGreeting as error:
            problem, said = error.sentence, error.said
        except ProtocolError as error:
            problem = error.sentence
        except OSError as error:
            problem = f"The pipe broke ({error.strerror})."
        finally:
            self._source.close()
        self._tell(Closed(problem, said))

    def _write(self) -> None:
        try:
            while (message := self._outbox.get()) is not None:
                write_message(self._sink, message)
                del message  # or its arrays would live until the next one comes
        except OSError:
            pass  # the other end is gone: the reading thread finds out and says so
        except ProtocolError as error:
            self._tell(Closed(error.sentence))
        finally:
            with contextlib.suppress(OSError):  # what was left in the buffer has nobody to read it
                self._sink.close()

    def _tell(self, message: Message | Closed) -> None:
        """Hands a message over, unless the end was told before by the other thread."""
        with self._telling:
            if not self._is_closed:
                self._is_closed = isinstance(message, Closed)
                self._receive(message)
