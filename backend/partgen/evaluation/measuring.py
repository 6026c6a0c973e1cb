"""Many trials: those that are not in the results yet, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import PartgenError
from ..segmentation import METHODS, implementation
from .baselines import BASELINES
from .isolation import in_own_processes
from .results import Results, key_of
from .segmentation import Trial

Row = dict[str, Any]

ABOUT_THE_METHOD = ("method.", "weights.", "package.", "device.", "environment.")
"""How the codes of errors begin that every other object would meet too."""


@dataclass
class Outcome:
    """What came of a run: rows and errors by trial, and the variants of methods that cannot run here at all, with why."""

    rows: dict[Trial, Row] = field(default_factory=dict)
    failed: dict[Trial, PartgenError] = field(default_factory=dict)
    barred: dict[str, PartgenError] = field(default_factory=dict)


def measured(
    benchmark: str,
    work: Callable[[Trial], Row],
    trials: Sequence[Trial],
    results: Results,
    jobs: int = 1,
    is_complete: Callable[[Trial], bool] = lambda trial: True,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Outcome:
    """Does `work` for every trial that `results` has no row of, `jobs` at a time. `is_complete` says whether what else it makes is there.

    A method that cannot run on one object for a reason that has nothing to do with the object is not tried on others.
    """
    outcome = Outcome()
    keys: dict[Trial, Row] = {}

    def left() -> Iterator[Trial]:
        for number, trial in enumerate(trials, 1):
            if trial.variant in outcome.barred:
                continue
            try:
                keys[trial] = key_of(benchmark, trial.collection, trial.path, trial.method, dict(trial.options))
            except PartgenError as error:
                outcome.failed[trial] = error
                continue
            known = results.find(keys[trial])
            if known is not None and is_complete(trial):
                outcome.rows[trial] = known
                continue
            tell(f"{number} of {len(trials)}: {trial.variant}, {trial.path.stem}")
            yield trial

    for trial, answer in in_own_processes(work, left(), jobs, modules_for(trials)):
        if not isinstance(answer, PartgenError):
            results.add(keys[trial], answer)
            outcome.rows[trial] = {**keys[trial], **answer}
        elif answer.code.startswith(ABOUT_THE_METHOD):
            outcome.barred.setdefault(trial.variant, answer)
        else:
            results.add(keys[trial], {"failed": str(answer)})
            outcome.failed[trial] = answer
    return outcome


def modules_for(trials: Sequence[Trial]) -> list[str]:
    """What to import once for all trials. With several methods none of theirs: one's libraries would count as the other's memory."""
    methods = {trial.method for trial in trials} - set(BASELINES)
    modules = [f"{__package__}.segmentation"]
    if len(methods) == 1:
        with suppress(PartgenError):  # which its first trial tells
            modules.append(implementation(methods.pop()).__module__)
    return modules


def methods_of(names: Sequence[str]) -> tuple[list[str], str]:
    """The methods that `names` stand for, "all" being the baselines and every method, and the method that "auto" takes here.

    With "all", auto is left out where it takes one of the others: it would be measured twice.
    """
    taken = best_method()
    if "all" not in names:
        return list(dict.fromkeys(names)), taken
    return [*BASELINES, *(method for method in METHODS if method != "auto" or taken not in METHODS or taken == "auto")], taken


def best_method() -> str:
    """The method that "auto" takes here, as its segmenter says."""
    return str(getattr(implementation("auto"), "method", "auto"))
