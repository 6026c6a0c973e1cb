"""The loop that every training runs through: steps for so many minutes, on from where an earlier run stopped.

The learning rate follows the time that is spent, not the steps that are done: whatever the machine, it has come down to
nearly nothing when the time is over. A checkpoint holds all that a training is made of, so that one that was interrupted
goes on as if it had not been.
"""

from __future__ import annotations

import copy
import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from types import FrameType
from typing import Any, TextIO
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from ..devices import Placement
from ..errors import PartgenError
from ..shapes import VERSION as SHAPES_VERSION
from .examples import CAPACITY, Pool, Source, TrainingOver, held_out_seed, never
from .recipe import Arrays, Example, Recipe, recipe

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
FORMAT = 1
WARM_UP = 100
"""Steps in which the learning rate rises from nothing."""
LEAST_RATE = 0.02
"""Of the learning rate, what is left at the end."""
LARGEST_GRADIENT = 1.0
AVERAGED_STEPS = 200
"""What is kept in the end is a moving average of the weights over about so many steps, which does better than the last ones."""
LOG_SECONDS = 10.0
CHECKPOINT_SECONDS = 120.0
SAME_REQUEST_SECONDS = 5.0
HELD_OUT = 8
"""Examples that the network never learns from, on which it is tried in the end."""

Losses = dict[str, float]


@dataclass(frozen=True)
class Budget:
    """How long a training is, over all of its runs: minutes, or steps where the same seed must train the same network."""

    minutes: float = math.inf
    steps: float = math.inf

    def spent(self, seconds: float, steps: int) -> float:
        """The share of it that is spent."""
        return max(seconds / 60 / self.minutes, steps / self.steps)

    @property
    def words(self) -> str:
        return f"{self.minutes:g} minutes" if math.isfinite(self.minutes) else f"{self.steps:g} steps"


def rate(spent: float, step: int) -> float:
    """The learning rate as a share of the highest, after a share of the budget, at the step counted from 0."""
    return min(1.0, (step + 1) / WARM_UP) * max(LEAST_RATE, (1 + math.cos(math.pi * min(spent, 1.0))) / 2)


class Interruption:
    """Whether the process was asked to stop, by Ctrl+C or by whoever started it; asked again later it stops at once."""

    def __init__(self) -> None:
        self.signal = 0
        self._since = 0.0

    def __bool__(self) -> bool:
        return self.signal != 0

    @contextmanager
    def watched(self) -> Iterator[Interruption]:
        """Takes the signals in meanwhile. For the main thread."""
        before = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        # A process and its group are often told both, which reaches it twice.
        if self.signal and time.monotonic() - self._since > SAME_REQUEST_SECONDS:
            raise KeyboardInterrupt
        if not self.signal:
            self.signal, self._since = number, time.monotonic()


class Training:
    """One network in training: its weights, its optimiser, and how far it is. The same seed begins the same way."""

    def __init__(self, recipe: Recipe, seed: int, placement: Placement, learning_rate: float | None = None) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed, self.placement = recipe, seed, placement
        self.device = torch.device(placement.device.id)
        self.learning_rate = recipe.learning_rate if learning_rate is None else learning_rate
        self.network = recipe.build().to(self.device)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), self.learning_rate, weight_decay=recipe.weight_decay)
        self.step = 0
        self.seconds = 0.0
        self.made = 0
        self.reuse, self.pool = recipe.reuse, CAPACITY
        """How often each example is drawn, and how many there are to draw from: these decide which comes when."""
        self.given: dict[str, Any] = {}
        """What it was given beside procedural shapes, as its record tells it: labelled meshes, weights to begin with."""

    # ---- a step ------------------------------------------------------------------------------------------------------

    def advance(self, pool: Pool, spent: float, is_over: Callable[[], bool] = never) -> Mapping[str, Tensor]:
        """One step. Returns the losses before it. Raises PartgenError where they are no numbers any more.

        Raises TrainingOver, with nothing done, where `is_over` says so before its examples are there.
        """
        size = self.recipe.batch_size
        batch = [self._on_device(pool.draw(self.step * size + place, is_over)) for place in range(size)]
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * rate(spent, self.step)
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        losses = self._losses(self.network, batch, np.random.default_rng([self.seed, 4, self.step]))
        total = torch.stack(list(losses.values())).sum()
        total.backward()
        length = nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        if not bool(torch.isfinite(total) & torch.isfinite(length)):
            sentence = f"The losses are no numbers any more after {self.step} steps."
            remedy = f"Go on from the last checkpoint, or begin again, with a lower --learning-rate than {self.learning_rate:g}."
            raise PartgenError("training.diverged", sentence, remedy)
        self.optimizer.step()
        self.step += 1
        self._average()
        return {name: loss.detach() for name, loss in losses.items()}

    @torch.no_grad()
    def _average(self) -> None:
        """Moves the averaged parameters towards those of now, fast in the beginning, when there is little to average; buffers follow."""
        share = max(1 / AVERAGED_STEPS, 10 / (self.step + 10))
        for averaged, parameter in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            averaged.lerp_(parameter, share)
        for copied, buffer in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
            copied.copy_(buffer)

    def held_out_losses(self, source: Source, count: int = HELD_OUT) -> Losses:
        """The mean losses of the averaged network on examples that are kept aside."""
        found: list[Losses] = []
        index = 0
        while len(found) < count:
            example = source(held_out_seed(index))
            index += 1
            if example is None:
                continue
            with torch.inference_mode():
                losses = self._losses(self.averaged, [self._on_device(example)], np.random.default_rng([5, index]))
            found.append({name: float(loss) for name, loss in losses.items()})
        return {name: float(np.mean([losses[name] for losses in found])) for name in found[0]}

    def _losses(self, network: nn.Module, batch: list[Example], rng: np.random.Generator) -> dict[str, Tensor]:
        precision = getattr(torch, self.placement.precision)
        with torch.autocast(self.device.type, precision, enabled=precision != torch.float32):
            return self.recipe.losses(network, batch, rng)

    def _on_device(self, example: Arrays) -> Example:
        return {name: torch.as_tensor(values).to(self.device) for name, values in example.items()}

    # ---- checkpoints -------------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Writes all of it, or leaves what is there. Raises PartgenError where that is not possible."""
        state = {
            "format": FORMAT,
            "recipe": self.recipe.id,
            "size": self.recipe.size,
            "config": json.dumps(self.recipe.config),
            "shapes": SHAPES_VERSION,
            "seed": self.seed,
            "learning_rate": self.learning_rate,
            "step": self.step,
            "seconds": self.seconds,
            "made": self.made,
            "reuse": self.reuse,
            "pool": self.pool,
            "given": self.given,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "device_random": _device_random(self.device),
        }
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            with unfinished.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise PartgenError("file.unwritable", f"{path} could not be written: {error.strerror}.", "Make room there.") from error

    @classmethod
    def resumed(cls, path: Path, placement: Placement, learning_rate: float | None = None) -> Training:
        """Goes on from a checkpoint. Raises PartgenError where it is none, is damaged, or was made of other shapes or sizes."""
        state = read_checkpoint(path)
        known = recipe(state["recipe"], state["size"])
        if json.loads(state["config"]) != json.loads(json.dumps(known.config)) or state["shapes"] != SHAPES_VERSION:
            sentence = f"{path} was trained by another version of PartGen: the sizes of the network or the shapes have changed."
            raise PartgenError("training.other_version", sentence, "Go on with that version, or begin again.")
        training = cls(known, state["seed"], placement, state["learning_rate"] if learning_rate is None else learning_rate)
        training.network.load_state_dict(state["network"])
        training.averaged.load_state_dict(state["averaged"])
        training.optimizer.load_state_dict(state["optimizer"])
        training.step, training.seconds, training.made = state["step"], state["seconds"], state["made"]
        training.reuse, training.pool = state.get("reuse", known.reuse), state.get("pool", CAPACITY)
        training.given = state.get("given", {})
        torch.set_rng_state(state["random"])
        _set_device_random(training.device, state["device_random"])
        return training


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The state that `Training.save` wrote, on the CPU; nothing in it is run. Raises PartgenError for anything else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise ValueError("it was not written by this version")
    except FileNotFoundError as error:
        raise PartgenError("training.no_checkpoint", f"There is no checkpoint {path}.", "Name the file with --resume.") from error
    except (OSError, ValueError, RuntimeError, EOFError, KeyError, UnpicklingError, BadZipFile) as error:
        sentence = f"{path} is no checkpoint of a training, or it is damaged."
        raise PartgenError("training.damaged_checkpoint", sentence, "Name another one, or begin again.") from error
    return state


def _device_random(device: torch.device) -> Tensor:
    return torch.empty(0, dtype=torch.uint8) if device.type == "cpu" else torch.get_device_module(device).get_rng_state()


def _set_device_random(device: torch.device, state: Tensor) -> None:
    if device.type != "cpu" and len(state):  # a training that goes on on another kind of device draws other numbers there
        torch.get_device_module(device).set_rng_state(state)


# ---- the loop --------------------------------------------------------------------------------------------------------


class Log:
    """What happened, as lines of JSON in a file and as lines for people on the screen."""

    def __init__(self, path: Path, screen: TextIO) -> None:
        self.path, self._screen = path, screen

    def write(self, event: str, **values: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, **values}) + "\n")
        told = [f"{name} {_in_words(value)}" for name, value in values.items()]
        print(f"{event:12} " + "  ".join(told), file=self._screen, flush=True)


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_in_words(one)}" for name, one in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Average:
    """The mean of every loss since it was last asked for."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Stays on the device: reading a number there would hold it up."""
        self._sums = {name: self._sums.get(name, 0) + loss for name, loss in losses.items()}
        self._count += 1

    def take(self) -> Losses:
        means = {name: float(total) / self._count for name, total in self._sums.items()}
        self._sums, self._count = {}, 0
        return means


def run(
    training: Training,
    pool: Pool,
    budget: Budget,
    folder: Path,
    log: Log,
    interruption: Interruption | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Losses:
    """Trains until the budget is spent or someone interrupts, with a checkpoint in `folder` then and every two minutes.

    Returns the mean losses of the last stretch, which may be none. Raises PartgenError.
    """
    average, last = Average(), Losses()
    logged = saved = clock()
    began = saved - training.seconds

    def is_over() -> bool:
        training.seconds = clock() - began
        return bool(interruption) or budget.spent(training.seconds, training.step) >= 1

    while not is_over():
        try:
            average.add(training.advance(pool, budget.spent(training.seconds, training.step), is_over))
        except TrainingOver:
            break
        now = clock()
        training.seconds, training.made = now - began, pool.made
        if now - logged >= LOG_SECONDS:
            logged, last = now, average.take()
            _log_step(log, training, budget, last)
        if now - saved >= CHECKPOINT_SECONDS:
            saved = now
            training.save(folder / CHECKPOINT)
    if rest := average.take():
        last = rest
        _log_step(log, training, budget, last)
    training.save(folder / CHECKPOINT)
    return last


def _log_step(log: Log, training: Training, budget: Budget, losses: Losses) -> None:
    spent = budget.spent(training.seconds, training.step)
    speed = training.step / max(training.seconds, 1e-9)
    log.write(
        "step", step=training.step, minutes=round(training.seconds / 60, 3), spent=round(spent, 4), losses=losses,
        rate=training.learning_rate * rate(spent, training.step), examples=training.made, steps_a_second=speed,
    )  # fmt: skip
