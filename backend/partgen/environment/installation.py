"""Carrying out a plan: each step is small, reported, recorded when it is complete, and skipped when that was so before.

    install(plan, Reporter(sys.stdout))

Killed at any moment, the next call goes on: what the record does not call complete is done again, what uv had downloaded
completely is still in the cache, and a package of which only some files arrived is found and taken out.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from partgen.errors import Action, PartgenError
from partgen.task import Reporter

from . import distributions
from .bundle import verify_bundle
from .condition import LOG, python_command, python_program
from .ledger import NEEDS_NETWORK, Ledger
from .locked import lock_file, supported_pythons
from .occupancy import occupied
from .plan import BLENDER, FOUND, GIVEN, MANAGED, Plan, PythonChoice, Step, size_in_words
from .removal import foreign, may_write, remove_tree
from .settings import Settings
from .symptoms import problem_of, problem_of_proof
from .uv import RETRIES, Activity, Uv, closed_environment, unpack_uv, written_bytes

VERIFY_SECONDS = 900.0
"""How long the proof may take: PyTorch is read for the first time, by a virus scanner too."""

RATE_AFTER = 3.0
"""Seconds of a step after which its rate says something about how long it will take."""

WEIGHTS = {"check": 1e5, "uv": 3e6, "python": 3e6, "venv": 1e6, "packages": 1e6, "torch": 1e6, "partgen": 3e6, "verify": 60e6}
"""What a step counts in the progress beside its bytes, in bytes that could be downloaded in the same time."""

FATAL_FOR_PYTHON = ("set_up.disk_full", "set_up.read_only", "set_up.not_writable", "set_up.uv_blocked", "set_up.uv_killed")
"""Where the next Python would not do any better."""


def install(plan: Plan, reporter: Reporter) -> dict[str, Any]:
    """Makes the environment of the plan, goes on with one that was interrupted, or brings one up to date.

    Returns what the proof at the end found, with a "sentence" for people. Raises PartgenError.
    """
    if not may_write(plan.folder):
        raise foreign(plan.folder)
    with _understood(plan):
        plan.folder.mkdir(parents=True, exist_ok=True)
        with occupied(plan.folder):
            return _Installation(plan, reporter).run()


def repair(plan: Plan, reporter: Reporter) -> dict[str, Any]:
    """Compares every installed file with its digest, takes out what is damaged, and installs what is missing then."""
    if not may_write(plan.folder):
        raise foreign(plan.folder)
    with _understood(plan):
        plan.folder.mkdir(parents=True, exist_ok=True)
        with occupied(plan.folder):
            installation = _Installation(plan, reporter)
            installation.doubt_everything()
            return installation.run()


def damaged_packages(folder: Path) -> list[str]:
    """Names of the installed packages of which a file is missing or has changed, by the digests of all files."""
    packages = distributions.site_packages(folder / "venv")
    found = distributions.damaged(packages, thorough=True) if packages else []
    return [info.name.removesuffix(".dist-info") for info in found]


def prove(folder: Path, settings: Settings, kind: str | None = None) -> dict[str, Any]:
    """Lets the environment's own Python import everything and take a shape apart; what it found. Raises PartgenError."""
    command = [*python_command(folder, kind), "-m", "partgen.environment.verification", str(settings.tier)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=VERIFY_SECONDS,
            cwd=folder,
            env=closed_environment(folder, settings),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        said, answer = done.stderr, done.stdout if done.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        said, answer = f"{error}\n", ""
    Uv(folder, settings, folder / LOG).log(f"\n$ {' '.join(command)}\n{said}")
    try:
        return dict(json.loads(answer))
    except ValueError as error:
        raise problem_of_proof(said) from error


class _Installation:
    """One run over the steps of a plan."""

    def __init__(self, plan: Plan, reporter: Reporter) -> None:
        self.plan = plan
        self.folder = plan.folder
        self.venv = plan.folder / "venv"
        self.ledger = Ledger(plan)
        self.progress = _Progress(plan.steps, reporter)
        self.uv = Uv(plan.folder, plan.settings, plan.folder / LOG)
        self.found: dict[str, Any] = {}
        self.notes: list[str] = []

    def run(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):  # there is none yet, or somebody has it open
            os.replace(self.folder / LOG, self.folder / f"{LOG}.old")
        for problem in self.ledger.problems():
            raise problem
        self.ledger.write()
        for step in self.plan.steps:
            self.progress.begin(step)
            if not self.ledger.is_done(step.id):
                getattr(self, f"_{step.id}")()
                if step is self.plan.steps[-1]:
                    remove_tree(self.folder / "cache")
                self.ledger.complete(step.id)
            self.progress.end()
        python = self._python_of_record
        sentence = f"PartGen is set up, on Python {python.get('version', '')} ({_WHOSE.get(python.get('kind', ''), '')})."
        return self.found | {"sentence": " ".join([sentence, *self.notes]), "python": dict(python), "notes": self.notes}

    def doubt_everything(self) -> None:
        """Takes out what is damaged and lets every step look again whether it has to do something."""
        self.progress.say("Look for damage")
        packages = distributions.site_packages(self.venv)
        for info in distributions.damaged(packages, thorough=True) if packages else ():
            self.uv.log(f"damaged: {info.name}\n")
            distributions.discard(info, self.venv)
        self.ledger.doubt(kept=("python", "venv") if self._python_runs() else ())

    @property
    def _python_of_record(self) -> Mapping[str, str]:
        return self.ledger.record.python

    def _remember(self, **facts: Any) -> None:
        """Puts facts into the record."""
        self.ledger.record = replace(self.ledger.record, **facts)

    def _python_runs(self) -> bool:
        try:
            command = [*python_command(self.folder), "-c", "import sys, encodings"]
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    # The steps, by their id

    def _check(self) -> None:
        """A folder to install from is compared with its digests: PyTorch is not in the lock, and copies come out incomplete.

        Writing was tried by now: the record is there. What uv may run from is tried in the step that unpacks it.
        """
        source = self.plan.settings.offline_folder
        if source and any(step.id in NEEDS_NETWORK for step in self.ledger.left):
            for problem in verify_bundle(Path(source)):
                raise problem

    def _uv(self) -> None:
        wheel = self.plan.bundled.uv_wheel
        if wheel is None:
            raise PartgenError("set_up.no_installer", "This copy of PartGen brings no installer.", "Install the extension again.")
        unpack_uv(wheel, self.folder)
        self.uv.run(["--version"], "starting the installer")

    def _python(self) -> None:
        first: PartgenError | None = None
        for number, choice in enumerate(self.plan.pythons):
            is_last = number == len(self.plan.pythons) - 1
            try:
                python = self._python_of(choice, patient=is_last)
            except PartgenError as error:
                if error.code in FATAL_FOR_PYTHON:
                    raise
                self.uv.log(f"no Python that is {choice.kind} {choice.version}: {error.sentence}\n")
                first = first or error
                continue
            self._remember(python=python)
            if first is not None:
                self.notes.append(f"Its own copy of Python could not be had: {first.sentence}")
            return
        raise first or PartgenError("set_up.no_python", "No usable Python was found.", "Choose one in the preferences.")

    def _python_of(self, choice: PythonChoice, patient: bool) -> dict[str, str]:
        """Kind, version and path of the Python that a choice comes to. Raises PartgenError where it comes to none."""
        if choice.kind == MANAGED:
            path = self._managed_python(choice.version, RETRIES if patient else 1)
        elif choice.kind == FOUND:
            path = self._found_python(choice.version)
        else:
            path = choice.path
        version = self._version_of(path)
        known = [one.version for one in self.plan.pythons if one.version] or list(supported_pythons())
        if ".".join(version.split(".")[:2]) not in known:
            sentence = f"{path} is Python {version}, and PartGen needs {' or '.join(sorted(set(known)))}."
            raise PartgenError("set_up.no_python", sentence, "Choose another one in the preferences.", Action.OPEN_PREFERENCES)
        return {"kind": choice.kind, "version": version, "path": path}

    def _managed_python(self, version: str, retries: int) -> str:
        mirror = self.plan.settings.python_mirror_url
        if self.plan.settings.offline_folder:
            mirror = (Path(self.plan.settings.offline_folder) / "python").as_uri()
        command = ["python", "install", version, *(["--mirror", mirror] if mirror else [])]
        self.uv.run(command, "getting Python", self._watcher("python", "cache/python"), retries)
        return self.uv.run(["python", "find", version, "--managed-python", "--no-python-downloads"], "finding Python").strip()

    def _found_python(self, version: str) -> str:
        """The newest Python of that version on this computer that is no build of another kind (free-threaded, debug, PyPy)."""
        listed = json.loads(self.uv.run(["python", "list", version, "--only-installed", "--output-format", "json"], "looking for Python"))
        usable = [one for one in listed if one["implementation"] == "cpython" and one["variant"] == "default" and one["path"]]
        usable = [
            one for one in usable if one["arch"] == {"arm64": "aarch64"}.get(self.plan.machine.architecture, self.plan.machine.architecture)
        ]
        if not usable:
            raise PartgenError(
                "set_up.no_python", f"There is no Python {version} on this computer.", "Install one, or allow online access."
            )
        return str(max(usable, key=lambda one: one["version_parts"]["patch"])["path"])

    def _version_of(self, path: str) -> str:
        """Asks a Python for its version. Raises PartgenError where it does not answer, or is not one for 64 bits."""
        question = "import sys, venv, encodings.idna; assert sys.maxsize > 2**32; print('.'.join(map(str, sys.version_info[:3])))"
        try:
            done = subprocess.run(
                [path, "-I", "-B", "-c", question],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=60,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            problem, answer = done.stderr, done.stdout.strip() if done.returncode == 0 else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            problem, answer = str(error), ""
        if not answer:
            self.uv.log(f"{path}: {problem}\n")
            sentence = f"{path} is no Python that an environment can be made with."
            raise PartgenError("set_up.no_python", sentence, "Choose another one in the preferences.", Action.OPEN_PREFERENCES)
        return answer

    def _venv(self) -> None:
        remove_tree(self.venv)
        self.uv.run(["venv", "--no-project", "--python", self._python_of_record["path"], self.venv], "making the environment")

    def _packages(self) -> None:
        # The lock is whole but for PyTorch, which some of its packages need and which comes in the next step.
        self._install(["--no-deps", "--require-hashes", "-r", str(lock_file(self.plan.tier))], "installing packages")

    def _torch(self) -> None:
        # Named before it begins: an interrupted one has to be taken for one that was begun.
        self._remember(torch_build=self.plan.torch_build)
        self.ledger.write()
        arguments, index = self._source_of_torch()
        self._install([*arguments, self.plan.torch_requirement], "installing PyTorch", index)

    def _partgen(self) -> None:
        wheel = self.plan.bundled.partgen_wheel
        self._discard_interrupted()
        how = ["--no-deps", "--no-index", "--offline", "--reinstall-package", "partgen"]
        self.uv.run(["pip", "install", *self._target(), *how, wheel], "installing PartGen")

    def _verify(self) -> None:
        self.uv.run(["pip", "check", *self._target()], "looking whether the packages fit together")
        self.found = prove(self.folder, self.plan.settings, self._python_of_record.get("kind"))
        expected = {"rocm7.2": "rocm"}.get(self.plan.torch_build, self.plan.torch_build[:4].rstrip("0123456789"))
        expected = "cuda" if expected.startswith("cu") else expected
        if expected in ("cuda", "rocm", "xpu", "mps") and self.found.get("torch_device") != expected:
            self.notes.append(f"PyTorch finds no {self.plan.torch_title} device: it will compute on the processor.")

    # What the steps share

    def _install(self, arguments: Sequence[str], stage: str, index: str = "") -> None:
        self._discard_interrupted()
        command = ["pip", "install", *self._target(), "--only-binary", ":all:"]
        self.uv.run([*command, *index_arguments(self.plan.settings), *arguments], stage, self._watcher("cache"), index=index)

    def _target(self) -> list[str]:
        return ["--python", str(python_program(self.folder))]

    def _source_of_torch(self) -> tuple[list[str], str]:
        """Where uv takes PyTorch from, as arguments and an index: its own, unless the places in the settings hold exactly this build."""
        plan = self.plan
        if plan.settings.offline_folder or not (plan.torch_backend or plan.torch_index):
            return [], ""
        if plan.settings.find_links:
            with contextlib.suppress(PartgenError):
                trial = ["pip", "install", "--dry-run", "--no-deps", "--no-index", *index_arguments(plan.settings), plan.torch_requirement]
                self.uv.run([*trial, *self._target()], "looking for PyTorch")
                return [], ""
        return (["--torch-backend", plan.torch_backend], "") if plan.torch_backend else ([], plan.torch_index)

    def _discard_interrupted(self) -> None:
        """Takes out packages of which an earlier set-up installed some files only: uv would believe that they are there."""
        packages = distributions.site_packages(self.venv)
        for info in distributions.damaged(packages) if packages else ():
            self.uv.log(f"interrupted: {info.name}\n")
            distributions.discard(info, self.venv)

    def _watcher(self, *places: str) -> Callable[[Activity], None]:
        """Reports what uv downloads and how much it has written below these folders since now."""
        folders = [self.folder / place for place in places]
        before = written_bytes(folders)

        def watch(activity: Activity) -> None:
            self.progress.wrote(written_bytes(folders) - before, activity.names)

        return watch


class _Progress:
    """Turns what is done into a fraction of it all, words and seconds."""

    def __init__(self, steps: Sequence[Step], reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._steps = list(steps)
        self._reporter = reporter
        self._clock = clock
        self._weights = [WEIGHTS.get(step.id, 0.0) + step.download_bytes + step.disk_bytes / 4 for step in steps]
        self._total = sum(self._weights) or 1.0
        self._number = 0
        self._share = 0.0
        self._began = clock()

    def say(self, stage: str) -> None:
        """Something that is no step."""
        self._reporter.report(0.0, stage)

    def begin(self, step: Step) -> None:
        self._number = self._steps.index(step) + 1
        self._share = 0.0
        self._began = self._clock()
        self._report("")

    def wrote(self, count: int, names: str) -> None:
        """So many bytes of the current step are on the disk, and these packages are on their way."""
        step = self._steps[self._number - 1]
        if step.disk_bytes:
            # What is expected is known only roughly, and a broken download begins again: no less than was said, never all.
            self._share = max(self._share, min(count / step.disk_bytes, 0.98))
        amount = f"{size_in_words(count)} of about {size_in_words(step.disk_bytes)} unpacked" if count > 0 and step.disk_bytes else ""
        self._report(" · ".join(filter(None, (names, amount))))

    def end(self) -> None:
        self._share = 1.0
        self._report("")

    def _report(self, detail: str) -> None:
        step = self._steps[self._number - 1]
        weight = self._weights[self._number - 1]
        done = sum(self._weights[: self._number - 1]) + self._share * weight
        passed = self._clock() - self._began
        seconds: float | None = None
        if passed > RATE_AFTER and 0.02 < self._share < 1.0:
            seconds = (self._total - done) * passed / (self._share * weight)
        self._reporter.report(done / self._total, step.title, self._number, len(self._steps), detail, seconds)


def index_arguments(settings: Settings) -> list[str]:
    """What uv is told about where packages come from, beside the index in its environment (see `closed_environment`)."""
    if settings.offline_folder:
        return ["--no-index", "--find-links", str(Path(settings.offline_folder) / "wheels")]
    return [argument for place in places_of(settings.find_links) for argument in ("--find-links", place)]


def places_of(find_links: str) -> list[str]:
    """The single places of the setting `find_links`: by lines, or where there is one line, by spaces unless it is one folder."""
    lines = [line.strip() for line in find_links.splitlines() if line.strip()]
    if len(lines) == 1 and not os.path.isdir(lines[0]):
        return lines[0].split()
    return lines


@contextlib.contextmanager
def _understood(plan: Plan) -> Iterator[None]:
    """Turns an error of the operating system, from our own writing, into one for the artist."""
    try:
        yield
    except OSError as error:
        number = getattr(error, "winerror", None) or error.errno
        said = f"`{error.filename}`: {error.strerror} (os error {number})"
        hints = {"stage": "writing its files", "folder_of_environment": str(plan.folder)}
        raise problem_of(said, plan.settings, hints) from error


_WHOSE = {
    MANAGED: "its own copy",
    FOUND: "the one of this computer",
    BLENDER: "Blender's own, which stays as it is",
    GIVEN: "the one of your choice",
}
