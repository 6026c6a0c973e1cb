"""Which builds of PyTorch 2.13.0 exist, what each of them needs, and which one suits a machine.

Sources:

- Builds and compute capabilities: pytorch/pytorch RELEASE.md, "Release Compatibility Matrix" and "PyTorch CUDA Support
  Matrix" (2.13: CUDA 12.6 and 13.0 stable, 13.2 experimental, ROCm 7.2), and the `--torch-backend` list of uv 0.13.8.
- Oldest drivers: NVIDIA CUDA Toolkit release notes, table 2 (12.x: 525.60.13 on Linux, 528.33 on Windows; 13.x: 580).
- Targets of ROCm: `PYTORCH_ROCM_ARCH` in .ci/docker/manywheel/build.sh of pytorch's branch release/2.13.
- Intel GPUs: "Getting Started on Intel GPU" of PyTorch's documentation; the detection lists only those (see `machine`).
- Platforms and sizes of the builds on PyPI (macOS; CUDA 13.0 for Linux; CPU for Windows): measured, in locks/wheels.json.
  Sizes of the other builds are estimates, because their index does not tell them, and are marked so.
- PyTorch left macOS on Intel after 2.2; its wheels of 2.13 for Apple silicon need macOS 14.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import Action, PartgenError
from .machine import Accelerator, Machine
from .settings import AUTOMATIC

TORCH_VERSION = "2.13.0"
TORCH_INDEX = "https://download.pytorch.org/whl"
TORCH_LICENCE = "BSD-3-Clause, with parts under other permissive licences"
OLDEST_MACOS = (14, 0)

MB = 1_000_000
GB = 1_000_000_000

PASCAL_TO_HOPPER = ("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0")
TURING_TO_BLACKWELL = ("7.5", "8.0", "8.6", "9.0", "10.0", "12.0")
ROCM_TARGETS = (
    "gfx900", "gfx906", "gfx908", "gfx90a", "gfx942", "gfx950", "gfx1030", "gfx1100", "gfx1101", "gfx1102", "gfx1103",
    "gfx1150", "gfx1151", "gfx1200", "gfx1201",
)  # fmt: skip


@dataclass(frozen=True)
class TorchBuild:
    """One build of PyTorch for one platform.

    `id` is the name that PyTorch's index and uv's `--torch-backend` give it (``"mps"`` for macOS, whose only build comes
    from PyPI). `platform` is that of `Machine.platform`. `requirement` names exactly this build, so that no other one can be
    installed in its place. `index` is its folder of download.pytorch.org and `uv_backend` what uv calls it; both are empty
    for a build that comes from PyPI. `capabilities` are compute capabilities of NVIDIA or targets of AMD that it has code
    for. `oldest_driver` is that of NVIDIA; `needs` tells a person what the computer has to have.
    Bytes hold the packages that belong to the build (CUDA libraries and such).
    """

    id: str
    platform: str
    title: str
    kind: str
    download_bytes: int
    disk_bytes: int
    are_bytes_measured: bool = False
    capabilities: tuple[str, ...] = ()
    oldest_driver: str = ""
    needs: str = ""
    licence: str = TORCH_LICENCE
    is_experimental: bool = False

    @property
    def is_from_pypi(self) -> bool:
        return self.platform.startswith("macos")

    @property
    def requirement(self) -> str:
        return f"torch=={TORCH_VERSION}" if self.is_from_pypi else f"torch=={TORCH_VERSION}+{self.id}"

    @property
    def index(self) -> str:
        return "" if self.is_from_pypi else f"{TORCH_INDEX}/{self.id}"

    @property
    def uv_backend(self) -> str:
        return "" if self.is_from_pypi else self.id


def _cuda(id: str, platform: str, download_bytes: int, disk_bytes: int, measured: bool = False) -> TorchBuild:
    version = f"{id[2:4]}.{id[4:]}"
    old = version.startswith("12")
    driver = {"linux-x86_64": "525.60.13", "windows-x86_64": "528.33"}[platform] if old else "580"
    return TorchBuild(
        id, platform, f"CUDA {version}", "cuda", download_bytes, disk_bytes, measured,
        PASCAL_TO_HOPPER if old else TURING_TO_BLACKWELL, driver, f"NVIDIA driver {driver} or newer",
        f"{TORCH_LICENCE}; the CUDA libraries: NVIDIA's own licence", is_experimental=id == "cu132",
    )  # fmt: skip


BUILDS: tuple[TorchBuild, ...] = (
    _cuda("cu130", "linux-x86_64", 2_730 * MB, 5_700 * MB, measured=True),
    _cuda("cu126", "linux-x86_64", 3_000 * MB, 6_300 * MB),
    _cuda("cu132", "linux-x86_64", 2_800 * MB, 5_900 * MB),
    TorchBuild("rocm7.2", "linux-x86_64", "ROCm 7.2", "rocm", 5_500 * MB, 17 * GB, False, ROCM_TARGETS, "", "AMD's kernel driver amdgpu"),
    TorchBuild("xpu", "linux-x86_64", "Intel XPU", "xpu", 2_200 * MB, 6 * GB, needs="Intel's GPU driver with Level Zero",
               licence=f"{TORCH_LICENCE}; the oneAPI libraries: Intel's own licence"),
    TorchBuild("cpu", "linux-x86_64", "CPU", "cpu", 192 * MB, 790 * MB, True),
    _cuda("cu130", "windows-x86_64", 2_600 * MB, 5_000 * MB),
    _cuda("cu126", "windows-x86_64", 2_600 * MB, 5_000 * MB),
    _cuda("cu132", "windows-x86_64", 2_600 * MB, 5_000 * MB),
    TorchBuild("xpu", "windows-x86_64", "Intel XPU", "xpu", 2_000 * MB, 5 * GB, needs="Intel's GPU driver with Level Zero",
               licence=f"{TORCH_LICENCE}; the oneAPI libraries: Intel's own licence"),
    TorchBuild("cpu", "windows-x86_64", "CPU", "cpu", 122 * MB, 520 * MB, True),
    TorchBuild("mps", "macos-arm64", "Apple GPU (MPS)", "mps", 111 * MB, 420 * MB, True, needs="macOS 14 or newer"),
)  # fmt: skip


@dataclass(frozen=True)
class TorchChoice:
    """The build that is installed, the device it is for (None: the processor), and what a person should know about it."""

    build: TorchBuild
    accelerator: Accelerator | None = None
    notes: tuple[str, ...] = ()


def builds_for(machine: Machine) -> tuple[TorchBuild, ...]:
    """Every build that exists for the platform, the most likely first; empty where PyTorch does not exist."""
    return tuple(build for build in BUILDS if build.platform == machine.platform)


def torch_build_for(machine: Machine, wanted: str = AUTOMATIC) -> TorchBuild:
    """The build for this machine. Raises PartgenError where there is none: see `choose_torch`."""
    return choose_torch(machine, wanted).build


def choose_torch(machine: Machine, wanted: str = AUTOMATIC) -> TorchChoice:
    """The build for this machine: the one asked for, or the one that uses its fastest kind of device.

    Raises PartgenError where PyTorch does not exist for the machine, or not the build that was asked for.
    """
    builds = builds_for(machine)
    if not builds:
        raise _torch_is_missing(machine)
    if machine.system == "macos" and machine.version and machine.version < OLDEST_MACOS:
        raise PartgenError(
            "torch.macos_version",
            f"PyTorch {TORCH_VERSION} needs macOS 14 or newer; this is macOS {machine.system_version}.",
            "Choose Geometry, which needs no PyTorch, or update macOS.",
            Action.OPEN_PREFERENCES,
        )
    if wanted != AUTOMATIC:
        return _wanted(builds, machine, wanted)
    notes: list[str] = []
    for kind, look in (("cuda", _for_nvidia), ("rocm", _for_amd), ("xpu", _for_intel), ("mps", _for_apple)):
        present = [one for one in machine.accelerators if one.kind == kind]
        if present:
            found, said = look(present, [build for build in builds if build.kind == kind and not build.is_experimental])
            notes += said
            if found:
                return TorchChoice(*found, tuple(notes))
    return TorchChoice(builds[-1], None, tuple(notes))


def runs_on(build: TorchBuild, accelerator: Accelerator) -> bool:
    """Whether this build has code for this device. A device of unknown capability gets the benefit of the doubt."""
    if build.kind != accelerator.kind or accelerator.obstacle:
        return False
    if build.kind == "cuda":
        return _is_driver_enough(build, accelerator) and _has_kernels(build, accelerator)
    if build.kind == "rocm":
        return accelerator.capability.split(":")[0] in build.capabilities
    return True


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _is_driver_enough(build: TorchBuild, accelerator: Accelerator) -> bool:
    return bool(accelerator.driver) and _version(accelerator.driver) >= _version(build.oldest_driver)


def _has_kernels(build: TorchBuild, accelerator: Accelerator) -> bool:
    """Code for a capability runs on the same major version with the same or a higher minor version (CUDA programming guide, 3.1.3)."""
    if not accelerator.capability:
        return True
    major, minor = _version(accelerator.capability)[:2]
    return any(have[0] == major and have[1] <= minor for have in map(_version, build.capabilities))


Found = tuple[tuple[TorchBuild, Accelerator] | None, list[str]]


def _for_nvidia(cards: list[Accelerator], builds: list[TorchBuild]) -> Found:
    """The build for the most cards, the newer one of equals; and why it is not a newer one, or none."""
    if not builds:
        return None, [f"PyTorch has no CUDA build for this system: {cards[0].name} is not used."]
    counts = [sum(runs_on(build, card) for card in cards) for build in builds]
    best = builds[counts.index(max(counts))]
    used = [card for card in cards if runs_on(best, card)]
    notes = [_why_not(builds, card) for card in cards if card not in used or not max(counts)]
    if not used:
        return None, notes
    if best is not builds[0] and not _is_driver_enough(builds[0], used[0]) and _has_kernels(builds[0], used[0]):
        notes.append(f"With NVIDIA driver {builds[0].oldest_driver} or newer, {builds[0].title} could be used instead of {best.title}.")
    return (best, max(used, key=lambda card: card.memory_bytes)), notes


def _why_not(builds: list[TorchBuild], card: Accelerator) -> str:
    if not card.driver:
        return f"{card.name} is not used: NVIDIA's driver was not found. Install it, then set up again."
    able = [build for build in builds if _has_kernels(build, card)]
    if not able:
        return f"{card.name} (compute capability {card.capability}) is not used: PyTorch {TORCH_VERSION} no longer has code for it."
    oldest = min(able, key=lambda build: _version(build.oldest_driver)).oldest_driver
    if _version(card.driver) < _version(oldest):
        return f"{card.name} is not used: its driver {card.driver} is too old. Install NVIDIA driver {oldest} or newer, then set up again."
    return f"{card.name} is not used: another GPU of this machine needs another build of PyTorch."


def _for_amd(cards: list[Accelerator], builds: list[TorchBuild]) -> Found:
    if not builds:
        return None, [f"PyTorch has no ROCm build for Windows: {cards[0].name} is not used."]
    used = [card for card in cards if runs_on(builds[0], card)]
    if used:
        return (builds[0], max(used, key=lambda card: card.memory_bytes)), []
    unknown = "{} ({}) is not used: PyTorch's ROCm build has no code for it."
    return None, [card.obstacle or unknown.format(card.name, card.capability or "of unknown type") for card in cards]


def _for_intel(cards: list[Accelerator], builds: list[TorchBuild]) -> Found:
    used = [card for card in cards if builds and runs_on(builds[0], card)]
    return ((builds[0], used[0]) if used else None), [card.obstacle for card in cards if card.obstacle and not used]


def _for_apple(cards: list[Accelerator], builds: list[TorchBuild]) -> Found:
    return ((builds[0], cards[0]) if builds else None), []


def _wanted(builds: tuple[TorchBuild, ...], machine: Machine, wanted: str) -> TorchChoice:
    for build in builds:
        if build.id == wanted:
            used = next((one for one in machine.accelerators if runs_on(build, one)), None)
            doubt = f"No device was found that {build.title} can use: everything may run on the processor."
            return TorchChoice(build, used, () if used or build.kind == "cpu" else (doubt,))
    raise PartgenError(
        "torch.build_unknown",
        f"PyTorch {TORCH_VERSION} has no build “{wanted}” for this system.",
        f"Choose one of {', '.join(build.id for build in builds)}, or automatic.",
        Action.OPEN_PREFERENCES,
    )


def _torch_is_missing(machine: Machine) -> PartgenError:
    if machine.platform == "macos-x86_64" and machine.native_architecture != "arm64":
        return PartgenError(
            "torch.macos_intel",
            "PyTorch no longer exists for Macs with an Intel processor.",
            "Choose Geometry, which needs no PyTorch, or let a backend on another computer do the work.",
            Action.OPEN_PREFERENCES,
        )
    if machine.platform == "macos-x86_64":
        return PartgenError(
            "torch.translated",
            "This Blender is the one for Intel Macs, and PyTorch no longer exists for it.",
            "Install Blender for Apple silicon, or choose Geometry.",
            Action.OPEN_PREFERENCES,
        )
    return PartgenError(
        "torch.platform",
        f"PyTorch cannot be installed on this system ({machine.system}, {machine.architecture}).",
        "Let a backend on another computer do the work.",
        Action.OPEN_PREFERENCES,
    )
