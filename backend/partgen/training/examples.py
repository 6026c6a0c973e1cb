"""The pool that a training draws its examples from.

Making an example costs far more than learning from it once, so each is drawn several times while new ones come in and
the oldest go. Without workers the pool makes them itself, just when they are drawn: then the same seed draws the same
examples, in the same order, also after an interruption. Workers make them beside the training, as fast as they can.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import queue
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np

from ..errors import PartgenError
from ..shapes import VERSION
from .recipe import Arrays, Recipe

CAPACITY = 1024
"""Examples that the pool holds: about a megabyte each."""
START = 16
"""Examples that it draws from at the beginning."""
EVERY_HELD_OUT = 25
"""Every 25th shape is kept aside: what a network makes of these tells whether it learned more than by heart."""
MOST_FAILURES = 10
"""So many examples may fail one after the other before the training gives up; less than the pool has at the beginning."""
SINGLE = "It has a single part."
CACHE_RECORD = "examples.json"
LOOK_SECONDS = 1.0
"""How often who waits looks whether the other side still lives."""

Maker = Callable[[int], Arrays | None]


class TrainingOver(Exception):
    """The training is over while it waits for an example."""


def never() -> bool:
    """What a training asks that nothing ends before its examples are there."""
    return False


class Pool(Protocol):
    """Where the loop draws examples."""

    @property
    def made(self) -> int:
        """How far this training has come in the sequence of examples, over all of its runs."""
        ...

    def draw(self, number: int, is_over: Callable[[], bool] = never) -> Arrays:
        """One prepared example for the draw of that number. Raises PartgenError where none can be had.

        Raises TrainingOver as soon as `is_over` says so, which it asks while there is none yet.
        """
        ...


def shape_seed(index: int) -> int:
    """The shape of example 0, 1, ...: every seed but those that are held out."""
    return index + index // (EVERY_HELD_OUT - 1) + 1


def held_out_seed(index: int) -> int:
    """The shape of held-out example 0, 1, ..."""
    return index * EVERY_HELD_OUT


# ---- made ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Prepared examples by the seed of their shape; read from `folder` or kept there where one is given."""

    kept_as: str
    make: Maker
    prepare: Callable[[Arrays], Arrays]
    folder: Path | None = None

    @classmethod
    def of(cls, recipe: Recipe, folder: Path | None = None) -> Source:
        """The examples of a recipe. Raises PartgenError where the folder holds those of another one."""
        if folder is not None:
            check_cache(folder, recipe.kept_as)
        return cls(recipe.kept_as, recipe.make, recipe.prepare, folder)

    def __call__(self, seed: int) -> Arrays | None:
        """The example, None where the shape has none. Whatever goes wrong in making it is raised."""
        arrays = self._kept(seed)
        return None if arrays is None else self.prepare(arrays)

    def _kept(self, seed: int) -> Arrays | None:
        if self.folder is None:
            return self.make(seed)
        path = self.folder / f"{seed}.npz"
        if path.exists():
            with contextlib.suppress(OSError, ValueError, EOFError, BadZipFile), np.load(path, allow_pickle=False) as arrays:
                return dict(arrays)
        made = self.make(seed)
        if made is not None:
            keep(path, made)
        return made


@dataclass(frozen=True)
class Mixture:
    """Prepared examples by seed, so large a `share` of them of labelled meshes, the others of shapes."""

    shapes: Source
    assets: Source
    share: float

    def __call__(self, seed: int) -> Arrays | None:
        """As a `Source`. Which of the two is up to chance, not to turns: of workers that take turns, one would make them all."""
        is_asset = np.random.default_rng([seed, 6]).random() < self.share
        return (self.assets if is_asset else self.shapes)(seed)


def check_cache(folder: Path, kept_as: str) -> None:
    """Makes the folder, or checks that what it holds are such examples, of these shapes. Raises PartgenError."""
    expected = {"recipe": kept_as, "shapes": VERSION}
    path = folder / CACHE_RECORD
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(json.dumps(expected))
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise PartgenError("training.cache", f"The folder of examples {folder} cannot be used: {error}.", "Name another one.") from error
    if found != expected:
        sentence = f"{folder} holds examples of {found.get('recipe')}, shapes version {found.get('shapes')}."
        raise PartgenError("training.cache", sentence, f"Name another folder for {kept_as}, shapes version {VERSION}.")


def keep(path: Path, arrays: Arrays) -> None:
    """Writes an example whole or not at all, also where several processes write the same one."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content.getbuffer())
    unfinished.replace(path)


class Failures:
    """Shapes that gave no example. One here and there is no harm; nothing but failures is."""

    def __init__(self) -> None:
        self.count = 0
        self._in_a_row = 0

    def passed(self) -> None:
        self._in_a_row = 0

    def failed(self, seed: int, reason: str) -> None:
        """Raises PartgenError after MOST_FAILURES in a row; `reason` is a traceback."""
        self.count += 1
        self._in_a_row += 1
        if self._in_a_row >= MOST_FAILURES:
            sentence = f"{self._in_a_row} examples in a row could not be made, the last that of shape {seed}:\n{reason}"
            raise PartgenError("training.examples", sentence, "Try `partgen shapes sheet` and the recipe's examples by themselves.")


# ---- in this process -------------------------------------------------------------------------------------------------


class OwnPool:
    """Makes examples in this process, just when they are drawn. Draw n depends on `seed` and n alone."""

    def __init__(self, source: Callable[[int], Arrays | None], seed: int, reuse: int, made: int = 0, capacity: int = CAPACITY) -> None:
        self.failures = Failures()
        self.made = made
        self._source, self._seed, self._reuse, self._capacity = source, seed, reuse, capacity
        self._examples: dict[int, Arrays | None] = {}

    def draw(self, number: int, is_over: Callable[[], bool] = never) -> Arrays:
        """Of the examples that are in the pool by then: one new one for every `reuse` draws, the oldest gone."""
        rng = np.random.default_rng([self._seed, 3, number])
        end = START + number // self._reuse
        first = max(0, end - self._capacity)
        for index in [index for index in self._examples if index < first]:
            del self._examples[index]
        tries = 0
        while True:
            index = int(rng.integers(first, end + tries // START))  # where a small pool holds nothing of use, beyond it
            if index not in self._examples and is_over():
                raise TrainingOver
            if (example := self._example(index)) is not None:
                return example
            tries += 1

    def _example(self, index: int) -> Arrays | None:
        if index not in self._examples:
            self._examples[index] = self._tried(shape_seed(index))
            self.made = max(self.made, index + 1)
        return self._examples[index]

    def _tried(self, seed: int) -> Arrays | None:
        try:
            example = self._source(seed)
        except Exception:
            self.failures.failed(seed, traceback.format_exc())
            return None
        if example is None:
            self.failures.failed(seed, SINGLE)
            return None
        self.failures.passed()
        return example


# ---- by workers ------------------------------------------------------------------------------------------------------


class WorkerPool:
    """Draws from the newest examples that worker processes have made, which go on making more. Use as a context.

    `made` is how far an earlier run has come. With `refill` the workers begin with the last of its examples: for a source
    that keeps them.
    """

    def __init__(
        self, source: Callable[[int], Arrays | None], seed: int, workers: int, made: int = 0, refill: bool = False, capacity: int = CAPACITY
    ) -> None:
        self.failures = Failures()
        self.made = made
        self._first = max(0, made - capacity) if refill else made
        self._seed, self._source, self._count, self._capacity = seed, source, workers, capacity
        self._examples: deque[Arrays] = deque(maxlen=capacity)
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._queue = self._context.Queue(maxsize=2 * workers)
        self._workers: list[SpawnProcess] = []

    def __enter__(self) -> WorkerPool:
        with one_thread():
            for number in range(self._count):
                arguments = (self._source, self._first + number, self._count, self._queue)
                self._workers.append(self._context.Process(target=make_examples, args=arguments, daemon=True))
                self._workers[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join()
        self._queue.close()

    def draw(self, number: int, is_over: Callable[[], bool] = never) -> Arrays:
        """Any of the newest; waits for the first START, or as many as it can hold."""
        while len(self._examples) < min(START, self._capacity):
            if is_over():
                raise TrainingOver
            self._take(wait=True)
        while self._take(wait=False):
            pass
        rng = np.random.default_rng([self._seed, 3, number])
        return self._examples[int(rng.integers(len(self._examples)))]

    def _take(self, wait: bool) -> bool:
        """Takes in what a worker has ready; whether there was anything."""
        try:
            index, example, problem = self._queue.get(timeout=LOOK_SECONDS) if wait else self._queue.get_nowait()
        except queue.Empty:
            self._check()
            return False
        if example is None:
            self.failures.failed(shape_seed(index), problem or SINGLE)
        else:
            self.failures.passed()
            self._examples.append(example)
        self.made = max(self.made, index + 1)
        return True

    def _check(self) -> None:
        for worker in self._workers:
            if not worker.is_alive():
                sentence = f"A process that makes examples ended by itself (exit code {worker.exitcode})."
                remedy = "Memory may have run out: train with fewer --workers."
                raise PartgenError("training.worker_ended", sentence, remedy)


def make_examples(source: Callable[[int], Arrays | None], first: int, stride: int, results: Any) -> None:
    """What a worker does: example after example, until the process that asked for them ends it or is gone itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches every process of a terminal; the training ends its workers.
    asked_by = multiprocessing.parent_process()
    index = first
    while True:
        try:
            result = (index, source(shape_seed(index)), "")
        except Exception:
            result = (index, None, traceback.format_exc())
        while True:
            with contextlib.suppress(queue.Full):
                results.put(result, timeout=LOOK_SECONDS)
                break
            if asked_by is not None and not asked_by.is_alive():
                os._exit(0)
        index += stride


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Processes that are started meanwhile compute on one thread each: there are as many of them as there are cores to use."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
