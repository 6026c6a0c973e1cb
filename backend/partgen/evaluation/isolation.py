"""Work in processes of their own, one for each piece: its memory is its own, and its end is nobody else's."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from ..errors import Action, PartgenError

Item = TypeVar("Item")
Result = TypeVar("Result")


def peak_memory() -> int:
    """The most memory that this process has held at once, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def in_own_processes(
    work: Callable[[Item], Result], items: Iterable[Item], jobs: int = 1, preload: Sequence[str] = ()
) -> Iterator[tuple[Item, Result | PartgenError]]:
    """Does `work` for every item, each in a new process, `jobs` at a time: the items as they are done, with what came of them.

    An item is taken from `items` only when its turn comes. What went wrong comes as a PartgenError, also where the
    process was killed. `preload` names modules whose import is to be shared where the system allows it. `work` and its
    items must be picklable; on systems without a fork server everything is imported again for each.
    """
    context = _context(preload)
    queue, running = iter(items), dict[Connection, tuple[Item, multiprocessing.process.BaseProcess]]()
    try:
        while True:
            while len(running) < jobs and (item := next(queue, None)) is not None:
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_answer, args=(work, item, theirs), daemon=True)  # type: ignore[attr-defined]
                running[ours] = item, process  # before it starts: whenever a person stops the run, it is known
                process.start()
                theirs.close()
            if not running:
                return
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                item, process = running.pop(ready)
                yield item, _outcome(ready, process)
    finally:
        for _, process in running.values():
            if process.pid is not None:
                process.kill()


def _context(preload: Sequence[str]) -> BaseContext:
    """Processes that begin with nothing of ours in memory: forked from a server that has imported `preload`, or started anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


def _answer(work: Callable[[Item], Result], item: Item, connection: Connection) -> None:
    """In the new process: sends what came of the work, an error as its four parts, which pickle."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # where a person stops the run, no traceback of every process
    try:
        answer: tuple[bool, object] = (True, work(item))
    except PartgenError as error:
        answer = (False, (error.code, error.sentence, error.remedy, error.action))
    except MemoryError:
        answer = (False, ("memory", "It does not fit into this machine's memory.", "", Action.NONE))
    except ModuleNotFoundError as error:
        answer = (False, ("package.missing", f"The package {error.name} is not installed.", "pip install 'partgen[train]'", Action.NONE))
    except Exception as error:
        traceback.print_exc()
        answer = (False, ("internal", f"A fault of the program: {type(error).__name__}: {error}", "", Action.NONE))
    with suppress(BrokenPipeError):  # nobody waits any more: the run was stopped
        connection.send(answer)
    connection.close()


def _outcome(connection: Connection, process: multiprocessing.process.BaseProcess) -> Any:
    """What a process sent, or that it ended without a word."""
    try:
        is_done, answer = connection.recv()
    except EOFError:
        process.join()
        code = process.exitcode or 0
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return PartgenError("process.ended", f"Its process {how}: most often there was not enough memory.")
    finally:
        connection.close()
    process.join()
    return answer if is_done else PartgenError(*answer)
