"""What of a plan is done already, by the record on disk, and what stands in the way of the rest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from partgen.errors import Action, PartgenError

from .condition import Record, package_folder, python_program, read_record
from .locked import lock_digest
from .plan import SPARE, Plan, PlanProblem, Step, size_in_words
from .uv import uv_program, written_bytes

DISK_FULL = "set_up.disk_full"
OFFLINE = "set_up.offline"
NEEDS_NETWORK = ("python", "packages", "torch")
ALWAYS_DONE_ANEW = "check"


class Ledger:
    """Compares a plan with the record in its folder. Nothing is written but by `complete` and `write`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = plan.folder
        self._partgen = f"{plan.bundled.partgen_wheel.name} {_digest_of(plan.bundled.partgen_wheel)}"
        old = read_record(plan.folder) or Record()
        self.record = replace(
            old,
            digest=plan.digest,
            bundled=plan.bundled.partgen_wheel.name,
            tier=str(plan.tier),
            location=str(plan.folder),
            steps={step.id: step.title for step in plan.steps},
        )
        self._cross_out(was_moved=bool(old.location) and not _is_same(old.location, plan.folder))

    def is_done(self, step: str) -> bool:
        """Whether a step has nothing to do."""
        return step != ALWAYS_DONE_ANEW and self.record.done.get(step) == self.fingerprint(step)

    def fingerprint(self, step: str) -> str:
        """What a step installs, in words that change with it."""
        plan = self.plan
        return {
            "uv": plan.bundled.uv_wheel.name if plan.bundled.uv_wheel else "",
            "python": plan.settings.python,
            "venv": self.record.python.get("path", ""),
            "packages": lock_digest(plan.tier),
            "torch": plan.torch_requirement,
            "partgen": self._partgen,
            "verify": plan.digest,
        }.get(step, "")

    @property
    def left(self) -> list[Step]:
        """The steps that are still to do, in order."""
        return [step for step in self.plan.steps if not self.is_done(step.id)]

    def complete(self, step: str) -> None:
        """Enters a step as done, on disk too. Raises OSError."""
        self.record = replace(self.record, done={**self.record.done, step: self.fingerprint(step)})
        self.write()

    def write(self) -> None:
        """Raises OSError."""
        self.record.write(self.folder)

    def doubt(self, kept: Iterable[str]) -> None:
        """Crosses out every step but those."""
        self.record = replace(self.record, done={step: mark for step, mark in self.record.done.items() if step in set(kept)})

    def problems(self) -> Iterator[PartgenError]:
        """What stands in the way of what is left: no network where none is needed does not, and space counts for the rest."""
        left = self.left
        for problem in self.plan.problems:
            is_settled = problem.code == OFFLINE and not any(step.id in NEEDS_NETWORK for step in left)
            if not is_settled and problem.code != DISK_FULL:
                yield problem.error()
        needed = int(sum(step.disk_bytes for step in left) * SPARE)
        # What was downloaded already takes no further space as it is installed.
        free = self.plan.free_bytes + written_bytes([self.folder / "cache"])
        if needed > free:
            yield PartgenError(
                DISK_FULL,
                f"{size_in_words(needed)} are needed and {size_in_words(free)} are free for {self.folder}.",
                "Free some space, then start the set-up again.",
                Action.SET_UP,
            )

    def _cross_out(self, was_moved: bool) -> None:
        """Crosses out what is recorded as done and is not so: deleted or moved since, or wanted otherwise now."""
        plan = self.plan
        done = {step: mark for step, mark in self.record.done.items() if step in self.record.steps}
        had_torch = self.record.torch_build
        if not uv_program(self.folder).is_file():
            done.pop("uv", None)
        if was_moved or done.get("python") != self.fingerprint("python") or not self._python_fits():
            done = {step: mark for step, mark in done.items() if step == "uv"}
        # Another build shares file names with the old one and leaves gigabytes of its libraries: it starts from nothing.
        is_other_torch = bool(had_torch) and had_torch != plan.torch_build
        is_emptied = "partgen" in done and package_folder(self.folder) is None
        if not python_program(self.folder).is_file() or is_other_torch or is_emptied:
            done.pop("venv", None)
        if "venv" not in done:
            done = {step: mark for step, mark in done.items() if step in ("uv", "python")}
        if any(done.get(step.id) != self.fingerprint(step.id) for step in plan.steps if step.id not in (ALWAYS_DONE_ANEW, "verify")):
            done.pop("verify", None)
        self.record = replace(self.record, done=done, torch_build=had_torch if "venv" in done else "")

    def _python_fits(self) -> bool:
        """Whether the recorded Python is there, and one that the plan could choose."""
        python = self.record.python
        version = ".".join(python.get("version", "").split(".")[:2])
        is_wanted = bool(self.plan.settings.python) or version in [choice.version for choice in self.plan.pythons]
        return is_wanted and Path(python.get("path", "")).is_file()


def what_is_left(plan: Plan) -> Plan:
    """The plan as it is seen from what there is: done steps cost nothing more, and what stands in their way does not matter."""
    if not plan.bundled.partgen_wheel.is_file():
        return plan
    ledger = Ledger(plan)
    left = ledger.left
    steps = tuple(step if step in left else replace(step, download_bytes=0, disk_bytes=0) for step in plan.steps)
    return replace(plan, steps=steps, problems=tuple(map(PlanProblem.of, ledger.problems())))


def _digest_of(file: Path) -> str:
    """The first half of the sha256 of a file. Raises OSError."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:32]


def _is_same(location: str, folder: Path) -> bool:
    try:
        return os.path.samefile(location, folder)
    except OSError:
        return False
