"""Computers as they were recorded: what their files, programs and registry tell. For tests of the detection and of plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from partgen.environment.machine import DISPLAY_ADAPTERS, Computer

SMI = "nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total --format=csv,noheader,nounits"
SMI_OF_OLD_DRIVERS = "nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader,nounits"

DEBIAN = {"/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'}
OPEN_MODULE = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.144.03  Release Build  (dvs-builder@U16-I3-D08-1-2)  "
    "Mon Dec 30 17:26:13 UTC 2024\nGCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"
)
CLOSED_MODULE = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\n"
    "GCC version:  gcc version 12.2.0\n"
)

# As the kernel tells a Radeon RX 7900 XTX, shortened.
NAVI_31 = "cpu_cores_count 0\nsimd_count 192\nmem_banks_count 1\ngfx_target_version 110000\nvendor_id 4098\ndevice_id 29772\n"
PROCESSOR_NODE = "cpu_cores_count 32\nsimd_count 0\nmem_banks_count 1\ngfx_target_version 0\nvendor_id 0\n"
BANK = "heap_type 1\nsize_in_bytes 25753026560\nflags 0\nwidth 384\nmem_clk_max 1249\n"

ROCMINFO = """ROCk module is loaded
=====================
HSA System Attributes
=====================
Runtime Version:         1.1
==========
HSA Agents
==========
*******
Agent 1
*******
  Name:                    AMD Ryzen 9 7950X 16-Core Processor
  Uuid:                    CPU-XX
  Marketing Name:          AMD Ryzen 9 7950X 16-Core Processor
  Vendor Name:             CPU
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1100
  Uuid:                    GPU-XX
  Marketing Name:          AMD Radeon RX 7900 XTX
  Vendor Name:             AMD
  Device Type:             GPU
  ISA Info:
    ISA 1
      Name:                    amdgcn-amd-amdhsa--gfx1100
"""


class Recorded(Computer):
    """A computer out of `files` (path to text), `programs` (command line to standard output) and `keys` of the registry.

    Programs that are not listed are not installed.
    """

    def __init__(
        self,
        platform: str = "linux",
        architecture: str = "x86_64",
        files: Mapping[str, str] | None = None,
        programs: Mapping[str, str] | None = None,
        keys: Mapping[str, Mapping[str, Any]] | None = None,
        library: str = "glibc 2.36",
        version: str = "",
        forbidden: tuple[str, ...] = (),
    ) -> None:
        self.files, self.programs, self.keys = dict(files or {}), dict(programs or {}), dict(keys or {})
        self.library, self.version, self.forbidden = library, version, forbidden
        super().__init__(platform, architecture)

    def run(self, *command: str) -> str | None:
        return self.programs.get(" ".join(command))

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def names(self, folder: str) -> list[str]:
        inside = folder.rstrip("/") + "/"
        return sorted({path.removeprefix(inside).split("/")[0] for path in self.files if path.startswith(inside)})

    def may_use(self, path: str) -> bool:
        return path not in self.forbidden

    def registry(self, key: str) -> Mapping[str, Any] | None:
        return self.keys.get(key)

    def c_library(self) -> str:
        return self.library

    def release(self) -> str:
        return self.version


def linux(*, files: Mapping[str, str] | None = None, **told: Any) -> Recorded:
    return Recorded("linux", files=DEBIAN | dict(files or {}), **told)


def linux_with_nvidia(*lines: str) -> Recorded:
    return linux(programs={SMI: "\n".join(lines) + "\n"})


def linux_with_pci(vendor: str, device: str, *, files: Mapping[str, str] | None = None, kind: str = "0x030000") -> Recorded:
    folder = "/sys/bus/pci/devices/0000:03:00.0"
    bridge = {"/sys/bus/pci/devices/0000:00:00.0/class": "0x060000\n"}
    card = {f"{folder}/class": f"{kind}\n", f"{folder}/vendor": f"{vendor}\n", f"{folder}/device": f"{device}\n"}
    return linux(files=bridge | card | dict(files or {}))


def linux_with_amd(properties: str = NAVI_31, *, programs: Mapping[str, str] | None = None, forbidden: tuple[str, ...] = ()) -> Recorded:
    nodes = "/sys/class/kfd/kfd/topology/nodes"
    files = {
        f"{nodes}/0/properties": PROCESSOR_NODE,
        f"{nodes}/0/mem_banks/0/properties": "heap_type 0\nsize_in_bytes 67331190784\n",
        f"{nodes}/1/properties": properties,
        f"{nodes}/1/mem_banks/0/properties": BANK,
        f"{nodes}/1/mem_banks/1/properties": "heap_type 4\nsize_in_bytes 65536\n",
        "/sys/module/amdgpu/version": "6.8.5\n",
    }
    return linux(files=files, programs=programs, forbidden=forbidden)


def windows(*adapters: Mapping[str, Any], programs: Mapping[str, str] | None = None, native: str = "AMD64", own: str = "amd64") -> Recorded:
    keys: dict[str, Mapping[str, Any]] = {
        DISPLAY_ADAPTERS: {"": [f"{number:04d}" for number in range(len(adapters))] + ["Configuration", "Properties"]},
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment": {"PROCESSOR_ARCHITECTURE": native, "": []},
    }
    keys |= {f"{DISPLAY_ADAPTERS}\\{number:04d}": adapter for number, adapter in enumerate(adapters)}
    return Recorded("win32", own, keys=keys, programs=programs, version="10.0.22631")


def mac(version: str = "14.5", architecture: str = "arm64", translated: bool = False, name: str = "Apple M2 Pro") -> Recorded:
    programs = {"sw_vers -productVersion": f"{version}\n", "sysctl -n machdep.cpu.brand_string": f"{name}\n"}
    if translated:
        programs["sysctl -n sysctl.proc_translated"] = "1\n"
    return Recorded("darwin", architecture, programs=programs, library="", version="10.16")


GEFORCE = {
    "DriverDesc": "NVIDIA GeForce RTX 4070",
    "DriverVersion": "32.0.15.6094",
    "MatchingDeviceId": r"pci\ven_10de&dev_2786",
    "HardwareInformation.qwMemorySize": 12878610432,
}
ARC = {
    "DriverDesc": "Intel(R) Arc(TM) B580 Graphics",
    "DriverVersion": "32.0.101.6653",
    "MatchingDeviceId": r"PCI\VEN_8086&DEV_E20B",
    "HardwareInformation.qwMemorySize": (12 * 2**30).to_bytes(8, "little"),
}
UHD = {"DriverDesc": "Intel(R) UHD Graphics 770", "DriverVersion": "31.0.101.4502", "MatchingDeviceId": r"PCI\VEN_8086&DEV_4680"}
RADEON = {
    "DriverDesc": "AMD Radeon RX 7900 XTX",
    "DriverVersion": "32.0.12033.1030",
    "MatchingDeviceId": r"PCI\VEN_1002&DEV_744C&REV_C8",
    "HardwareInformation.qwMemorySize": 25753026560,
}
BASIC = {"DriverDesc": "Microsoft Basic Display Adapter", "MatchingDeviceId": r"PCI\CC_0300"}
