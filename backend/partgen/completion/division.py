"""Completing by divisions of the inside that are drawn by a seed: several of them, the likeliest first.

What draws them, a network of one kind or another, is a `Division`; `solid` makes parts of it, so that they are closed, exclusive and
fill the object together, whatever was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..mesh import Mesh
from ..progress import Progress, no_progress
from . import DEFAULT_OPTIONS, CompletedPart, Completion, Deliver, Options, no_delivery, of_proposal
from .influence import Claimant
from .solid import SolidCompleter

Floats = NDArray[np.float64]


class Division(Protocol):
    """One way to divide the inside of an object among its parts: their claims, for `influence.territory`.

    `expected` is, afterwards, how far it is expected to overlap the true parts, from 0 to 1; None where there was nothing to divide.
    """

    @property
    def expected(self) -> float | None: ...

    def __call__(self, claimants: Sequence[Claimant], points: Floats, diagonal: float) -> Floats:
        """How strongly each of the claimants claims points (n, 3) of an object with that diagonal: (parts, n)."""
        ...


Say = Callable[[str], None]
"""Called with what is being done, by work that cannot tell how far it is; raises Cancelled where that shall end."""


def say_nothing(stage: str) -> None:
    """For work that nobody watches."""


class DividingCompleter:
    """Divides the inside of every closed shell as a division says, one for every seed.

    `divisions` gives that of options with a seed of their own, which says what it does where that takes long, and may raise PartgenError
    where the `weights` that it draws with are damaged or absent. `note` is told of every completion in which anything was divided.
    """

    def __init__(self, method: str, weights: str, divisions: Callable[[Options, Say], Division], note: str = "") -> None:
        self.method, self.weights, self._divisions, self._note = method, weights, divisions, note

    def complete(
        self,
        mesh: Mesh,
        labels: NDArray[np.int32],
        wanted: Collection[int] | None = None,
        options: Options = DEFAULT_OPTIONS,
        progress: Progress = no_progress,
        deliver: Deliver = no_delivery,
    ) -> Completion:
        """Completes parts as `Completer` tells; proposals come ranked, those first that are expected to be truest.

        Raises PartgenError. Only what belongs to the first proposal is delivered.
        """
        rounds: list[tuple[float, int, tuple[CompletedPart, ...]]] = []
        is_divided, count = False, max(options.proposals, 1)
        for number in range(count):
            alone = count == 1
            one = replace(options, seed=options.seed + number, proposals=1, flat_cuts=False)  # where parts end is learned
            told = _Telling(of_proposal(progress, number, count))
            division = self._divisions(one, told.say)
            completion = SolidCompleter(division, self.method).complete(
                mesh, labels, wanted, one, told, deliver if alone else no_delivery
            )
            is_divided = is_divided or division.expected is not None
            rounds.append((1.0 if division.expected is None else division.expected, one.seed, completion.parts))
        rounds.sort(key=lambda proposal: -proposal[0])
        if count > 1:
            for part in rounds[0][2]:
                deliver(part)
        about = {"proposals": [{"seed": seed, "expected_overlap": round(expected, 4)} for expected, seed, _ in rounds]}
        notes = (self._note,) if self._note and is_divided else ()
        return Completion(rounds[0][2], self.method, self.weights, notes, tuple(parts for *_, parts in rounds[1:]), about)


class _Telling:
    """A progress that also tells what is done while nothing gets further."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._reached = progress, 0.0

    def __call__(self, fraction: float, stage: str) -> None:
        self._reached = fraction
        self._progress(fraction, stage)

    def say(self, stage: str) -> None:
        self._progress(self._reached, stage)


def expected_overlaps(chances: Floats, owner: NDArray[np.int64]) -> list[float]:
    """The expected intersection over the expected union of what each part gets with what it truly holds, by the chances (n, parts)
    that each point is its; `owner` (n,) who gets it. Of the parts that get or may expect anything."""
    given = owner[:, None] == np.arange(chances.shape[1])
    both, either = (chances * given).sum(axis=0), np.where(given, 1.0, chances).sum(axis=0)
    return (both / np.maximum(either, 1e-9))[either > 1e-3].tolist()
