"""What this machine is: system, processor and the accelerators that PyTorch could use."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Accelerator:
    """A device that PyTorch can compute on.

    `kind` is ``"cuda"``, ``"rocm"``, ``"xpu"`` or ``"mps"``. `driver` is the driver's version (``"560.94"``, empty where it
    is unknown). `capability` is the compute capability of NVIDIA (``"8.9"``) or the target of AMD (``"gfx1100"``), empty
    where unknown. `memory_bytes` is the device's own memory, 0 where unknown or shared with the processor.
    """

    kind: str
    name: str
    driver: str = ""
    capability: str = ""
    memory_bytes: int = 0


@dataclass(frozen=True)
class Machine:
    """The machine as this process sees it.

    `system`: ``"linux"``, ``"windows"`` or ``"macos"``. `architecture`: ``"x86_64"`` or ``"arm64"``, of the programs that are
    run: that of this process, because what is installed belongs to the same platform as the extension. `native_architecture`
    differs where the system translates (Rosetta; x64 programs on Windows for ARM). `system_version`: ``"14.5"`` for macOS,
    ``"10.0.22631"`` for Windows, the distribution's name and version for Linux. `libc`: ``"glibc 2.36"``, ``"musl 1.2"`` or
    empty.
    """

    system: str
    architecture: str
    system_version: str = ""
    libc: str = ""
    accelerators: tuple[Accelerator, ...] = ()
    native_architecture: str = ""

    @property
    def platform(self) -> str:
        """System and architecture as the lock names them: ``"linux-x86_64"``."""
        return f"{self.system}-{self.architecture}"

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of `system_version`, ``(14, 5)``; empty on Linux, where glibc counts instead."""
        return () if self.system == "linux" else _numbers(self.system_version)

    @property
    def glibc(self) -> tuple[int, ...]:
        """``(2, 36)``; empty where the C library is another one or unknown."""
        return _numbers(self.libc) if self.libc.startswith("glibc") else ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Machine:
        return cls(**data | {"accelerators": tuple(Accelerator(**one) for one in data.get("accelerators", ()))})


def detect() -> Machine:
    """This machine, within five seconds. Never raises: what cannot be told is left out."""
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    architecture = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    libc = " ".join(platform.libc_ver()) if system == "linux" else ""
    version = platform.mac_ver()[0] if system == "macos" else platform.version()
    return Machine(system, architecture, version, libc)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
