"""Everything that a set-up will do, before it does anything: what is downloaded, how much, where to, under which licences.

A plan is data. The panel shows its lines, the installer carries out its steps, and its digest tells later whether what is
installed is still what would be installed. Making one takes no network and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import Action, PartgenError
from .bundle import Bundle, read_bundle
from .locked import UNPACKED, lock_digest, locked_wheels, oldest_system, supported_platforms, supported_pythons
from .machine import Accelerator, Machine
from .settings import AUTOMATIC, Settings, Tier
from .torch_builds import TORCH_VERSION, TorchBuild, choose_torch

PYTHON_DOWNLOAD = 35_000_000
"""Bytes of a managed Python: the largest of the stripped archives of python-build-standalone, rounded up. An estimate."""
PYTHON_ON_DISK = 130_000_000
VENV_ON_DISK = 1_000_000
SPARE = 1.1
"""What has to be free for a byte that is needed in the end: room for what is unpacked just now."""

OLDEST_WINDOWS = (10, 0)
OLDEST_GLIBC_OF_TORCH = (2, 28)
LONGEST_IMPORT = 120
"""Characters of the longest path that Python imports from the environment, below its folder: one of PyTorch's modules."""
LONGEST_WINDOWS_PATH = 259

MANAGED, FOUND, BLENDER, GIVEN = "managed", "found", "blender", "given"


@dataclass(frozen=True)
class Bundled:
    """What the extension brings: the installer (None where there is none for this platform), the backend, and Blender's Python."""

    uv_wheel: Path | None
    partgen_wheel: Path
    blender_python: Path
    blender_python_version: str = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True)
class PythonChoice:
    """A Python to try: `kind` is "given" (by the settings), "managed" (uv brings it), "found" (on this machine) or "blender".

    `version` is like ``"3.11"``, empty where only the program itself can tell; `path` is empty for "managed" and "found".
    """

    kind: str
    version: str = ""
    path: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the set-up, with what it downloads and what stays on disk, in bytes."""

    id: str
    title: str
    download_bytes: int = 0
    disk_bytes: int = 0


@dataclass(frozen=True)
class Licence:
    licence: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class PlanProblem:
    """A PartgenError as data: what stands in the way, what to do, and the button for it."""

    code: str
    sentence: str
    remedy: str = ""
    action: str = ""

    @classmethod
    def of(cls, error: PartgenError) -> PlanProblem:
        return cls(error.code, error.sentence, error.remedy, error.action.value)

    def error(self) -> PartgenError:
        return PartgenError(self.code, self.sentence, self.remedy, Action(self.action))


@dataclass(frozen=True)
class Plan:
    """What would happen. `problems` is empty where it can start; `notes` are worth knowing and stop nothing.

    `device` is the device in words. `torch_requirement` names PyTorch's build exactly, `torch_index` where it comes from
    and `torch_backend` what uv calls it: all empty in the tier geometry, the last two also where it comes from the package
    index. `torch_needs` is what that build takes for granted on the computer, such as a driver. `pythons` are tried in
    their order. Bytes of downloads are measured where `are_bytes_measured`, but for that of Python; what they take on
    disk follows from ratios that were measured on Linux.
    """

    machine: Machine
    settings: Settings
    folder: Path
    bundled: Bundled
    device: str
    torch_build: str
    torch_title: str
    torch_requirement: str
    torch_index: str
    torch_backend: str
    pythons: tuple[PythonChoice, ...]
    steps: tuple[Step, ...]
    free_bytes: int
    are_bytes_measured: bool
    licences: tuple[Licence, ...]
    notes: tuple[str, ...]
    problems: tuple[PlanProblem, ...]
    digest: str
    torch_needs: str = ""

    @property
    def tier(self) -> Tier:
        return self.settings.tier

    @property
    def can_start(self) -> bool:
        return not self.problems

    @property
    def download_bytes(self) -> int:
        return sum(step.download_bytes for step in self.steps)

    @property
    def disk_bytes(self) -> int:
        """What the environment takes in the end; setting it up needs a tenth more for a while."""
        return sum(step.disk_bytes for step in self.steps)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each line that a person reads before it starts."""
        about = "about " if self.are_bytes_measured else "roughly "
        source = "all from the folder" if self.settings.offline_folder else "all of it is on this computer"
        lines = [("Device", self.device)]
        if self.torch_build:
            needs = f" (needs {self.torch_needs})" if self.torch_needs else ""
            lines.append(("PyTorch", f"{TORCH_VERSION}, {self.torch_title}{needs}"))
        lines += [
            ("Download", about + size_in_words(self.download_bytes) if self.download_bytes else f"nothing: {source}"),
            ("Disk", f"{about}{size_in_words(self.disk_bytes)} of {size_in_words(self.free_bytes)} free"),
            ("Folder", str(self.folder)),
            ("Python", pythons_in_words(self.pythons)),
            ("Licences", "; ".join(f"{one.licence} ({', '.join(one.packages)})" for one in self.licences)),
        ]
        return tuple(lines)

    def to_json(self) -> dict[str, Any]:
        content = asdict(self) | {"machine": self.machine.to_json(), "settings": self.settings.to_json(), "folder": str(self.folder)}
        content["bundled"] = {name: None if value is None else str(value) for name, value in asdict(self.bundled).items()}
        return content

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        bundled = data["bundled"]
        return cls(
            **data
            | {
                "machine": Machine.from_json(data["machine"]),
                "settings": Settings.from_json(data["settings"]),
                "folder": Path(data["folder"]),
                "bundled": Bundled(
                    Path(bundled["uv_wheel"]) if bundled["uv_wheel"] else None,
                    Path(bundled["partgen_wheel"]),
                    Path(bundled["blender_python"]),
                    bundled["blender_python_version"],
                ),
                "pythons": tuple(PythonChoice(**one) for one in data["pythons"]),
                "steps": tuple(Step(**one) for one in data["steps"]),
                "licences": tuple(Licence(one["licence"], tuple(one["packages"])) for one in data["licences"]),
                "notes": tuple(data["notes"]),
                "problems": tuple(PlanProblem(**one) for one in data["problems"]),
            }
        )


def make_plan(machine: Machine, settings: Settings, folder: Path, bundled: Bundled) -> Plan:
    """What a set-up in `folder` would do. Never raises: what stands in the way is among the plan's problems."""
    problems: list[PartgenError] = []
    notes: list[str] = []
    bundle = _bundle(settings, machine, problems)
    torch, device = _torch(machine, settings, bundle, notes, problems)
    pythons = _pythons(settings, bundled, bundle)
    steps = tuple(_steps(machine, settings, bundled, torch, pythons))
    needed = int(sum(step.disk_bytes for step in steps) * SPARE)
    free = _free_bytes(folder)
    notes += _notes(machine, folder)
    problems += _problems(machine, settings, folder, bundled, pythons, needed, free)
    return Plan(
        machine=machine,
        settings=settings,
        folder=folder,
        bundled=bundled,
        device=device,
        torch_build=torch.id if torch else "",
        torch_title=torch.title if torch else "",
        torch_requirement=torch.requirement if torch else "",
        torch_index=_torch_index(settings, torch),
        torch_backend=torch.uv_backend if torch and not settings.torch_index_url else "",
        pythons=pythons,
        steps=steps,
        free_bytes=free,
        are_bytes_measured=torch is None or torch.are_bytes_measured,
        licences=_licences(machine, settings, pythons, torch),
        notes=tuple(notes),
        problems=tuple(map(PlanProblem.of, problems)),
        digest=_digest(settings, bundled, torch),
        torch_needs=torch.needs if torch else "",
    )


def size_in_words(count: int) -> str:
    """``"94 MB"``, ``"2.7 GB"``: decimal, as shops and file managers count."""
    if count >= 9_950_000_000:
        return f"{count / 1e9:.0f} GB"
    if count >= 995_000_000:
        return f"{count / 1e9:.1f} GB"
    return f"{max(1, round(count / 1e6))} MB"


def pythons_in_words(pythons: Iterable[PythonChoice]) -> str:
    words = {
        MANAGED: "{version}, a copy of its own",
        FOUND: "one of this computer",
        BLENDER: "Blender's",
        GIVEN: "{path}",
    }
    # Several versions that may be found here are one thing to a person.
    told = dict.fromkeys(words[one.kind].format(version=one.version, path=one.path) for one in pythons)
    return ", else ".join(told)


def device_in_words(accelerator: Accelerator) -> str:
    """``"NVIDIA GeForce RTX 4090 · driver 560.94 · compute capability 8.9 · 24 GB"``, or AMD's target in place of the capability."""
    driver = f"driver {accelerator.driver}" if accelerator.driver else ""
    words = {"cuda": "compute capability {}", "rocm": "{}"}.get(accelerator.kind, "")
    capability = words.format(accelerator.capability) if accelerator.capability else ""
    # Memory is counted in powers of two by everyone who sells it.
    memory = f"{round(accelerator.memory_bytes / 2**30)} GB" if accelerator.memory_bytes else ""
    return " · ".join(filter(None, (accelerator.name, driver, capability, memory)))


def _bundle(settings: Settings, machine: Machine, problems: list[PartgenError]) -> Bundle | None:
    """The folder to install from; None without one. What does not fit is told."""
    if not settings.offline_folder:
        return None
    try:
        bundle = read_bundle(Path(settings.offline_folder))
    except PartgenError as error:
        problems.append(error)
        return None
    fault = ""
    if bundle.platform != machine.platform:
        fault = f"is for {platform_in_words(bundle.platform)}, and this Blender is for {platform_in_words(machine.platform)}"
    elif settings.tier is Tier.AI and bundle.tier != Tier.AI:
        fault = "holds Geometry only, without PyTorch"
    elif settings.torch_build not in (AUTOMATIC, bundle.torch_build) and settings.tier is Tier.AI:
        fault = f"holds PyTorch's build “{bundle.torch_build}”, and “{settings.torch_build}” is chosen"
    if fault:
        remedy = "Choose another folder, or make one for this computer (make bundle)."
        problems.append(PartgenError("bundle.other", f"The installation folder {fault}.", remedy, Action.INSTALL_FROM_FOLDER))
    return bundle


def platform_in_words(platform: str) -> str:
    system, _, architecture = platform.partition("-")
    words = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}
    processor = {"x86_64": "Intel" if system == "macos" else "x64", "arm64": "Apple silicon" if system == "macos" else "ARM"}
    return f"{words.get(system, system)} ({processor.get(architecture, architecture)})"


def _torch(
    machine: Machine, settings: Settings, bundle: Bundle | None, notes: list[str], problems: list[PartgenError]
) -> tuple[TorchBuild | None, str]:
    """PyTorch's build, None in the tier geometry, and the line about the device."""
    if settings.tier is Tier.GEOMETRY:
        found = next((device_in_words(one) for one in machine.accelerators if not one.obstacle), "")
        return None, f"CPU (Geometry does not use {found})" if found else "CPU (Geometry uses no GPU)"
    wanted = bundle.torch_build if bundle and bundle.torch_build else settings.torch_build
    try:
        choice = choose_torch(machine, wanted)
    except PartgenError as error:
        problems.append(error)
        return None, "CPU"
    notes += choice.notes
    if choice.build.kind == "cpu":
        return choice.build, "CPU (no GPU was found that PyTorch can use)" if wanted == AUTOMATIC else "CPU (as chosen)"
    device = device_in_words(choice.accelerator) if choice.accelerator else "no fitting GPU was found"
    return choice.build, f"{device} → {choice.build.title}"


def _torch_index(settings: Settings, torch: TorchBuild | None) -> str:
    if torch is None or not torch.index:
        return ""
    return f"{settings.torch_index_url.rstrip('/')}/{torch.id}" if settings.torch_index_url else torch.index


def _pythons(settings: Settings, bundled: Bundled, bundle: Bundle | None) -> tuple[PythonChoice, ...]:
    """What to build on, in the order to try. Of a bundle's wheels only one Python can be made."""
    if settings.python:
        return (PythonChoice(GIVEN, bundle.python if bundle else "", settings.python),)
    version = bundle.python if bundle else supported_pythons()[0]
    choices = []
    if bundle is None or bundle.has_python:
        choices.append(PythonChoice(MANAGED, version))
    choices.append(PythonChoice(FOUND, version))
    if bundle is None:
        choices += [PythonChoice(FOUND, other) for other in supported_pythons() if other != version]
    allowed = (version,) if bundle else supported_pythons()
    if bundled.blender_python_version in allowed:
        choices.append(PythonChoice(BLENDER, bundled.blender_python_version, str(bundled.blender_python)))
    return tuple(choices)


def _steps(
    machine: Machine,
    settings: Settings,
    bundled: Bundled,
    torch: TorchBuild | None,
    pythons: tuple[PythonChoice, ...],
) -> Iterator[Step]:
    online = not settings.offline_folder
    managed = pythons[0].kind == MANAGED
    packages = sum(wheel.bytes for wheel in locked_wheels(settings.tier, machine.platform, pythons[0].version or supported_pythons()[0]))
    yield Step("check", "Look at folder and space")
    yield Step("uv", "Unpack the installer", 0, _unpacked_bytes(bundled.uv_wheel))
    yield Step("python", "Get Python", PYTHON_DOWNLOAD if managed and online else 0, PYTHON_ON_DISK if managed else 0)
    yield Step("venv", "Make the environment", 0, VENV_ON_DISK)
    yield Step("packages", "Install packages", packages if online else 0, int(packages * UNPACKED[settings.tier]))
    if torch:
        yield Step("torch", f"Install PyTorch ({torch.title})", torch.download_bytes if online else 0, torch.disk_bytes)
    yield Step("partgen", "Install PartGen", 0, _unpacked_bytes(bundled.partgen_wheel))
    yield Step("verify", "Take a small shape apart")


def _unpacked_bytes(wheel: Path | None) -> int:
    """Bytes of the files in a wheel, 0 where it cannot be read."""
    try:
        with zipfile.ZipFile(wheel or "") as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return 0


def _licences(machine: Machine, settings: Settings, pythons: tuple[PythonChoice, ...], torch: TorchBuild | None) -> tuple[Licence, ...]:
    """Which packages come under which licence, the one with the most packages first; PyTorch before all."""
    packages: dict[str, list[str]] = {}
    for wheel in locked_wheels(settings.tier, machine.platform, pythons[0].version or supported_pythons()[0]):
        packages.setdefault(wheel.licence, []).append(wheel.package)
    if pythons[0].kind == MANAGED:
        packages.setdefault("PSF-2.0", []).append("Python")
    rest = sorted(packages.items(), key=lambda one: (-len(one[1]), one[0]))
    first = [Licence(torch.licence, ("PyTorch",))] if torch else []
    return (*first, *(Licence(licence, tuple(names)) for licence, names in rest))


def _digest(settings: Settings, bundled: Bundled, torch: TorchBuild | None) -> str:
    """Changes when something else would be installed: not with the machine's free space, its Python, or where files come from."""
    content = [settings.tier, lock_digest(settings.tier), bundled.partgen_wheel.name, torch.requirement if torch else ""]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next((one for one in (folder, *folder.parents) if one.exists()), Path(folder.anchor or "."))


def _free_bytes(folder: Path) -> int:
    """Free space where the environment will be; 0 where it cannot be told."""
    try:
        return shutil.disk_usage(_existing(folder)).free
    except OSError:
        return 0


def _is_writable(folder: Path) -> bool:
    """Tried out, because permissions alone do not tell it: not on Windows, not for administrators, not on a read-only disk."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return True
    except OSError:
        return False


def _notes(machine: Machine, folder: Path) -> list[str]:
    notes = []
    if machine.native_architecture and machine.native_architecture != machine.architecture:
        notes.append(f"This Blender is for {platform_in_words(machine.platform)} and is translated: everything runs slower than it could.")
    if machine.system == "windows" and len(str(folder)) + LONGEST_IMPORT > LONGEST_WINDOWS_PATH:
        notes.append("The folder's path is long for Windows. If a package is not found later, switch on long paths in Windows.")
    return notes


def _problems(
    machine: Machine, settings: Settings, folder: Path, bundled: Bundled, pythons: tuple[PythonChoice, ...], needed: int, free: int
) -> Iterator[PartgenError]:
    yield from _platform_problems(machine, settings, bundled)
    if not settings.offline_folder and not settings.online:
        yield PartgenError(
            "set_up.offline",
            "Blender does not allow online access, and the set-up downloads its packages.",
            "Allow online access in Blender's system preferences, or install from a folder.",
            Action.ALLOW_ONLINE,
        )
    if settings.python and not os.path.isfile(settings.python):
        yield PartgenError(
            "set_up.python_missing",
            f"The Python that is set for PartGen is not there: {settings.python}",
            "Set another one in the preferences, or none.",
            Action.OPEN_PREFERENCES,
        )
    if not _is_writable(folder):
        yield PartgenError(
            "set_up.read_only",
            f"PartGen may not write into the folder {_existing(folder)}",
            "Allow writing to this folder, or start Blender with another folder for its user files (BLENDER_USER_RESOURCES).",
            Action.COPY_DEBUG_INFO,
        )
    elif free < needed:
        yield PartgenError(
            "set_up.disk_full",
            f"The disk has {size_in_words(free)} free, and the set-up needs {size_in_words(needed)}: {_existing(folder)}",
            "Make room on this disk, then try again." + (" Geometry needs far less." if settings.tier is Tier.AI else ""),
            Action.SET_UP,
        )


def _platform_problems(machine: Machine, settings: Settings, bundled: Bundled) -> Iterator[PartgenError]:
    advice = "Let a backend on another computer do the work (Backend command in the preferences)."
    if machine.platform not in supported_platforms():
        # Intel's Embree and higra have no wheels there; Windows translates a Blender for x64.
        remedy = f"Use the Blender for x64. {advice}" if machine.platform == "windows-arm64" else advice
        sentence = f"The packages of PartGen do not exist for {platform_in_words(machine.platform)}."
        yield PartgenError("set_up.platform", sentence, remedy, Action.OPEN_PREFERENCES)
        return
    if bundled.uv_wheel is None or not bundled.uv_wheel.is_file():
        yield PartgenError(
            "set_up.no_installer",
            "This copy of PartGen brings no installer for this system.",
            f"Install the PartGen that is made for {platform_in_words(machine.platform)}.",
            Action.COPY_DEBUG_INFO,
        )
    if machine.libc and not machine.glibc:
        yield PartgenError("set_up.libc", f"The packages need glibc, and this system has {machine.libc}.", advice, Action.OPEN_PREFERENCES)
    yield from _age_problems(machine, settings, advice)


def _age_problems(machine: Machine, settings: Settings, advice: str) -> Iterator[PartgenError]:
    """The system is older than what a package was built for."""
    have = machine.glibc if machine.system == "linux" else machine.version
    oldest = oldest_system(settings.tier, machine.platform)
    if machine.system == "linux" and settings.tier is Tier.AI:
        oldest = max(oldest or ((0,), ""), (OLDEST_GLIBC_OF_TORCH, "PyTorch"))
    if machine.system == "windows":
        oldest = (OLDEST_WINDOWS, "Python")
    if not oldest or not have or have >= oldest[0]:
        return
    name = {"linux": "glibc", "macos": "macOS", "windows": "Windows"}[machine.system]
    needed = ".".join(map(str, oldest[0])).removesuffix(".0")
    running = ".".join(map(str, have))
    yield PartgenError(
        "set_up.system_too_old",
        f"{oldest[1]} needs {name} {needed} or newer; this computer has {name} {running}.",
        f"Update the system. {advice}",
        Action.OPEN_PREFERENCES,
    )
