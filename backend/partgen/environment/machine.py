"""What this machine is: system, processor and the accelerators that PyTorch could use.

Everything is read through a Computer, so that recorded machines can be told in tests. Where things are told:

- NVIDIA: `nvidia-smi --query-gpu`; /proc/driver/nvidia where it fails; the PCI bus where there is no driver.
- AMD: the kernel's topology of compute devices (/sys/class/kfd, as in the kernel's amdkfd documentation) and `rocminfo` for
  names. On Windows PyTorch has no build for AMD.
- Intel: the PCI bus, with the device ids of the kernel's include/drm/intel/pciids.h; the registry on Windows.
- Apple: every Mac with Apple silicon.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 5.0
"""For everything together. A driver that hangs must not hang the set-up."""

NVIDIA, AMD, INTEL = 0x10DE, 0x1002, 0x8086
DISPLAY = 0x03
"""PCI base class of graphics and 3D controllers."""

DISPLAY_ADAPTERS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"

# Intel's device ids that PyTorch's XPU build computes on, with the name of the family.
INTEL_FAMILIES: tuple[tuple[str, frozenset[int]], ...] = (
    ("Intel Arc A-series", frozenset({*range(0x5690, 0x5699), *range(0x56A0, 0x56A7), *range(0x56B0, 0x56B4), *range(0x56BA, 0x56C0)})),
    ("Intel Arc B-series", frozenset({0xE202, 0xE209, 0xE20B, 0xE20C, 0xE20D, *range(0xE210, 0xE224)})),
    ("Intel Arc Graphics (Core Ultra)", frozenset({0x7D55, 0x7DD5, 0x7D51, 0x7DD1, 0x6420, 0x64A0, 0x64B0, *range(0xB080, 0xB0C0)})),
    ("Intel Data Center GPU Max", frozenset(range(0x0BD0, 0x0BDC))),
)
LEVEL_ZERO = "libze_intel_gpu.so.1"
LIBRARY_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/lib64")


@dataclass(frozen=True)
class Accelerator:
    """A device that PyTorch can compute on.

    `kind` is ``"cuda"``, ``"rocm"``, ``"xpu"`` or ``"mps"``. `driver` is the driver's version (``"560.94"``, empty where it
    is unknown). `capability` is the compute capability of NVIDIA (``"8.9"``) or the target of AMD (``"gfx1100"``), empty
    where unknown. `memory_bytes` is the device's own memory, 0 where unknown or shared with the processor. `obstacle` is a
    sentence that says why it cannot be used as things are, empty where nothing is known to be in the way.
    """

    kind: str
    name: str
    driver: str = ""
    capability: str = ""
    memory_bytes: int = 0
    obstacle: str = ""


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


@dataclass
class Computer:
    """What the detection looks at: this computer. Tests put recorded machines in its place.

    Nothing here raises: None or nothing means that there is no such file or program, or that it failed or took too long.
    """

    platform: str = sys.platform
    architecture: str = ""
    deadline: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    def __post_init__(self) -> None:
        # On Windows `platform.machine` tells the processor's architecture also to a program that is translated.
        own = sysconfig.get_platform().removeprefix("win-") if sys.platform == "win32" else platform.machine()
        self.architecture = self.architecture or own

    def run(self, *command: str) -> str | None:
        """Standard output of a program that ended well before the deadline. It is not waited for after that."""
        program = shutil.which(command[0])
        left = self.deadline - time.monotonic()
        if program is None or left <= 0:
            return None
        try:
            process = subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"LC_ALL": "C"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            return None
        try:
            output = process.communicate(timeout=left)[0]
        except subprocess.TimeoutExpired:
            # A process that hangs inside a driver cannot be ended: waiting for its end would hang as well.
            process.kill()
            return None
        return output.decode("utf-8", "replace") if process.returncode == 0 else None

    def read(self, path: str) -> str | None:
        """The text of a file."""
        try:
            return Path(path).read_text("utf-8", "replace")
        except OSError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted."""
        try:
            return sorted(os.listdir(folder))
        except OSError:
            return []

    def may_use(self, path: str) -> bool:
        """Whether this user may read and write a device file."""
        return os.access(path, os.R_OK | os.W_OK)

    def registry(self, key: str) -> Mapping[str, Any] | None:
        """The values of a key of HKEY_LOCAL_MACHINE; its keys are in the value ``""``. None off Windows."""
        if sys.platform != "win32":
            return None
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                keys, count, _ = winreg.QueryInfoKey(opened)
                values = dict(winreg.EnumValue(opened, index)[:2] for index in range(count))
                return values | {"": [winreg.EnumKey(opened, index) for index in range(keys)]}
        except OSError:
            return None

    def c_library(self) -> str:
        """``"glibc 2.36"``; empty where the C library is another one."""
        try:
            return os.confstr("CS_GNU_LIBC_VERSION") or ""
        except (ValueError, OSError, AttributeError):
            return ""

    def release(self) -> str:
        """The version that Python tells of macOS or Windows."""
        return platform.mac_ver()[0] if self.platform == "darwin" else platform.version()


def detect(computer: Computer | None = None) -> Machine:
    """This machine, within five seconds. Never raises: what cannot be told is left out."""
    computer = computer or Computer()
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(computer.platform, computer.platform)
    architecture = _architecture(computer.architecture)
    return Machine(
        system=system,
        architecture=architecture,
        system_version=_system_version(computer, system),
        libc=_libc(computer) if system == "linux" else "",
        accelerators=_accelerators(computer, system, architecture),
        native_architecture=_native_architecture(computer, system, architecture),
    )


def _architecture(name: str) -> str:
    return {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64"}.get(name.lower(), name.lower())


def _system_version(computer: Computer, system: str) -> str:
    if system == "linux":
        found = re.search(r'(?m)^PRETTY_NAME="?([^"\n]*)', computer.read("/etc/os-release") or "")
        return found[1] if found else ""
    if system == "macos":
        # A Python that was built on an old macOS is told 10.16 by every later one.
        return (computer.run("sw_vers", "-productVersion") or "").strip() or computer.release()
    return computer.release()


def _libc(computer: Computer) -> str:
    library = computer.c_library()
    if library:
        return library
    return "musl" if any(name.startswith("ld-musl-") for name in computer.names("/lib")) else ""


def _native_architecture(computer: Computer, system: str, architecture: str) -> str:
    if system == "macos" and (computer.run("sysctl", "-n", "sysctl.proc_translated") or "").strip() == "1":
        return "arm64"
    if system == "windows":
        told = computer.registry(r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment") or {}
        return _architecture(str(told.get("PROCESSOR_ARCHITECTURE") or architecture))
    return architecture


def _accelerators(computer: Computer, system: str, architecture: str) -> tuple[Accelerator, ...]:
    found: list[Accelerator] = []
    if system == "macos":
        return (_apple(computer),) if architecture == "arm64" else ()
    looks = (_nvidia, _amd_on_windows, _intel_on_windows) if system == "windows" else (_nvidia, _amd, _intel)
    for look in looks:
        # A machine may tell anything in its drivers' files; one strange line must not cost the set-up.
        with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
            found += look(computer)
    return tuple(found)


def _apple(computer: Computer) -> Accelerator:
    name = (computer.run("sysctl", "-n", "machdep.cpu.brand_string") or "").strip()
    return Accelerator("mps", name or "Apple silicon")


# NVIDIA


def _nvidia(computer: Computer) -> list[Accelerator]:
    cards = _from_nvidia_smi(computer)
    if cards or computer.platform == "win32":
        return cards or _nvidia_on_windows(computer)
    version = re.search(r"(?m)^NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s", computer.read("/proc/driver/nvidia/version") or "")
    if version:
        gpus = [computer.read(f"/proc/driver/nvidia/gpus/{name}/information") or "" for name in computer.names("/proc/driver/nvidia/gpus")]
        models = [found[1].strip() if (found := re.search(r"(?m)^Model:\s*(.+)$", text)) else "NVIDIA GPU" for text in gpus]
        return [Accelerator("cuda", model, version[1]) for model in models]
    return [Accelerator("cuda", "NVIDIA GPU") for vendor, _ in _graphics_on_pci(computer) if vendor == NVIDIA]


def _from_nvidia_smi(computer: Computer) -> list[Accelerator]:
    """Drivers before 510 do not know `compute_cap` and refuse the whole question."""
    programs = ["nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"]
    if computer.platform == "win32":
        programs = ["nvidia-smi", r"C:\Windows\System32\nvidia-smi.exe", r"C:\Program Files\NVIDIA Corporation\NVSMI\nvidia-smi.exe"]
    for program in programs:
        for fields in (("name", "driver_version", "compute_cap", "memory.total"), ("name", "driver_version", "memory.total")):
            told = computer.run(program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits")
            cards = [card for line in (told or "").splitlines() if (card := _card_of_line(line, len(fields)))]
            if cards:
                return cards
    return []


def _card_of_line(line: str, count: int) -> Accelerator | None:
    """A line of nvidia-smi: name (which may hold commas), driver, capability, MiB. What it cannot tell is in brackets."""
    parts = [part.strip() for part in line.rsplit(",", count - 1)]
    if len(parts) != count or not re.fullmatch(r"\d+(\.\d+)+", parts[1]):
        return None
    capability = parts[2] if count == 4 and re.fullmatch(r"\d+\.\d+", parts[2]) else ""
    return Accelerator("cuda", parts[0], parts[1], capability, int(parts[-1]) * 2**20 if parts[-1].isdecimal() else 0)


def _nvidia_on_windows(computer: Computer) -> list[Accelerator]:
    """From the registry; Windows writes the driver 560.94 as 32.0.15.6094."""
    cards = []
    for adapter in _adapters(computer, NVIDIA):
        digits = re.sub(r"\D", "", str(adapter.get("DriverVersion", "")))[-5:]
        driver = f"{int(digits[:3])}.{digits[3:]}" if len(digits) == 5 else ""
        cards.append(Accelerator("cuda", adapter["DriverDesc"], driver, "", _adapter_memory(adapter)))
    return cards


# AMD


def _amd(computer: Computer) -> list[Accelerator]:
    """Every compute device that the kernel tells, the one with most memory first."""
    nodes = "/sys/class/kfd/kfd/topology/nodes"
    names = _names_from_rocminfo(computer)
    cards = []
    for node in computer.names(nodes):
        told = _numbers_by_name(computer.read(f"{nodes}/{node}/properties"))
        target = told.get("gfx_target_version", 0)
        if not target or told.get("vendor_id", AMD) != AMD:
            continue
        gfx = f"gfx{target // 10000}{target // 100 % 100:x}{target % 100:x}"
        memory = sum(_device_memory(computer, f"{nodes}/{node}/mem_banks"))
        name = names.get(gfx, []).pop(0) if names.get(gfx) else "AMD GPU"
        obstacle = "" if computer.may_use("/dev/kfd") else f"{name} is not used: this user may not use /dev/kfd. Join the group “render”."
        cards.append(Accelerator("rocm", name, _first_line(computer.read("/sys/module/amdgpu/version")), gfx, memory, obstacle))
    return sorted(cards, key=lambda card: -card.memory_bytes)


def _device_memory(computer: Computer, banks: str) -> Iterator[int]:
    """Bytes of the banks that are the device's own: heap type 1 (visible to the processor) or 2 (private)."""
    for bank in computer.names(banks):
        told = _numbers_by_name(computer.read(f"{banks}/{bank}/properties"))
        if told.get("heap_type") in (1, 2):
            yield told.get("size_in_bytes", 0)


def _names_from_rocminfo(computer: Computer) -> dict[str, list[str]]:
    """Marketing names by target, in the order of the devices. Nothing where rocminfo is not installed."""
    names: dict[str, list[str]] = {}
    for agent in re.split(r"(?m)^Agent \d+\s*$", computer.run("rocminfo") or computer.run("/opt/rocm/bin/rocminfo") or "")[1:]:
        told = dict(re.findall(r"(?m)^  (Name|Marketing Name|Device Type):\s*(.*?)\s*$", agent))
        if told.get("Device Type") == "GPU" and told.get("Marketing Name"):
            names.setdefault(told["Name"].split(":")[0], []).append(told["Marketing Name"])
    return names


def _amd_on_windows(computer: Computer) -> list[Accelerator]:
    return [
        Accelerator("rocm", adapter["DriverDesc"], str(adapter.get("DriverVersion", "")), "", _adapter_memory(adapter))
        for adapter in _adapters(computer, AMD)
    ]


# Intel


def _intel(computer: Computer) -> list[Accelerator]:
    """Cards and graphics that the XPU build knows. Its wheels lack one thing that only the system can bring: Level Zero's driver."""
    driver = any(LEVEL_ZERO in computer.names(folder) for folder in LIBRARY_FOLDERS)
    found = []
    for vendor, device in _graphics_on_pci(computer):
        name = next((family for family, ids in INTEL_FAMILIES if device in ids), None)
        if vendor == INTEL and name:
            lacks = f"{name} is not used: Intel's compute driver (Level Zero, {LEVEL_ZERO}) is not installed."
            found.append(Accelerator("xpu", name, "", f"{device:04x}", 0, "" if driver else lacks))
    return found


def _intel_on_windows(computer: Computer) -> list[Accelerator]:
    found = []
    for adapter in _adapters(computer, INTEL):
        device = int(re.search(r"dev_([0-9a-f]{4})", adapter["MatchingDeviceId"].lower())[1], 16)  # type: ignore[index]
        if any(device in ids for _, ids in INTEL_FAMILIES):
            version = str(adapter.get("DriverVersion", ""))
            found.append(Accelerator("xpu", adapter["DriverDesc"], version, f"{device:04x}", _adapter_memory(adapter)))
    return found


# What several of them read


def _graphics_on_pci(computer: Computer) -> Iterator[tuple[int, int]]:
    """Vendor and device id of every graphics or 3D controller."""
    for name in computer.names("/sys/bus/pci/devices"):
        ids = [computer.read(f"/sys/bus/pci/devices/{name}/{part}") for part in ("class", "vendor", "device")]
        if all(ids):
            kind, vendor, device = (int(one, 16) for one in ids if one)
            if kind >> 16 == DISPLAY:
                yield vendor, device


def _adapters(computer: Computer, vendor: int) -> Iterator[Mapping[str, Any]]:
    """The display adapters of a vendor in the registry of Windows."""
    for name in (computer.registry(DISPLAY_ADAPTERS) or {}).get("", []):
        adapter = computer.registry(f"{DISPLAY_ADAPTERS}\\{name}") if name.isdecimal() else None
        if adapter and f"ven_{vendor:04x}" in str(adapter.get("MatchingDeviceId", "")).lower() and adapter.get("DriverDesc"):
            yield adapter


def _adapter_memory(adapter: Mapping[str, Any]) -> int:
    """Bytes; some drivers write a number and some eight bytes."""
    memory = adapter.get("HardwareInformation.qwMemorySize", 0)
    return int.from_bytes(memory, "little") if isinstance(memory, bytes) else int(memory)


def _numbers_by_name(text: str | None) -> dict[str, int]:
    """Lines of a name and a number, as the kernel writes properties."""
    return {name: int(value) for name, value in re.findall(r"(?m)^(\w+) (\d+)$", text or "")}


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0].strip()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
