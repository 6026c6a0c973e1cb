"""What a machine tells about itself is understood, whatever its tools answer, and never takes long."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path

import pytest
from computers import (
    ARC,
    BASIC,
    CLOSED_MODULE,
    GEFORCE,
    NAVI_31,
    OPEN_MODULE,
    RADEON,
    ROCMINFO,
    SMI,
    SMI_OF_OLD_DRIVERS,
    UHD,
    Recorded,
    linux,
    linux_with_amd,
    linux_with_nvidia,
    linux_with_pci,
    mac,
    windows,
)
from partgen.environment.machine import LEVEL_ZERO, SECONDS, Accelerator, Computer, Machine, detect

MIB, GB = 2**20, 2**30


def the_only(computer: Computer) -> Accelerator:
    (accelerator,) = detect(computer).accelerators
    return accelerator


def test_this_machine_is_told_quickly():
    began = time.monotonic()
    machine = detect()
    assert time.monotonic() - began < SECONDS + 5
    assert machine.system in ("linux", "windows", "macos")
    assert machine.architecture in ("x86_64", "arm64")
    assert machine.platform == f"{machine.system}-{machine.architecture}"


def test_a_machine_survives_the_way_through_json():
    machine = detect(linux_with_nvidia("NVIDIA GeForce RTX 4090, 560.94, 8.9, 24564"))
    assert Machine.from_json(json.loads(json.dumps(machine.to_json()))) == machine


# NVIDIA


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NVIDIA GeForce RTX 4090, 560.94, 8.9, 24564", ("NVIDIA GeForce RTX 4090", "560.94", "8.9", 24564 * MIB)),
        ("NVIDIA GeForce RTX 5090, 580.95.05, 12.0, 32607", ("NVIDIA GeForce RTX 5090", "580.95.05", "12.0", 32607 * MIB)),
        ("NVIDIA GB10, 580.95.05, 12.1, [N/A]", ("NVIDIA GB10", "580.95.05", "12.1", 0)),
        ("Quadro K620, 470.256.02, [N/A], 2001", ("Quadro K620", "470.256.02", "", 2001 * MIB)),
        ("Vendor, Model X, 550.90.12, 7.5, 100", ("Vendor, Model X", "550.90.12", "7.5", 100 * MIB)),
    ],
)
def test_nvidia_smi_tells_name_driver_capability_and_memory(line, expected):
    assert the_only(linux_with_nvidia(line)) == Accelerator("cuda", *expected)


def test_every_nvidia_card_is_told_and_noise_is_not():
    computer = linux_with_nvidia(
        "NVIDIA GeForce RTX 3090, 550.144.03, 8.6, 24576", "Unable to determine the device handle for GPU1: Unknown Error", "",
        "NVIDIA GeForce GTX 1080 Ti, 550.144.03, 6.1, 11264",
    )  # fmt: skip
    assert [card.name for card in detect(computer).accelerators] == ["NVIDIA GeForce RTX 3090", "NVIDIA GeForce GTX 1080 Ti"]


def test_a_driver_that_does_not_know_compute_capability_still_tells_the_rest():
    computer = linux(programs={SMI_OF_OLD_DRIVERS: "GeForce GTX 970, 470.256.02, 4043\n"})
    assert the_only(computer) == Accelerator("cuda", "GeForce GTX 970", "470.256.02", "", 4043 * 2**20)


@pytest.mark.parametrize(
    "answer",
    [
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
        "Failed to initialize NVML: Driver/library version mismatch\n",
        "No devices were found\n",
        "\x00\xff\n,,,\n",
        "",
    ],
)
def test_a_broken_nvidia_smi_is_no_gpu(answer):
    assert detect(linux(programs={SMI: answer})).accelerators == ()


@pytest.mark.parametrize(("told", "driver"), [(OPEN_MODULE, "550.144.03"), (CLOSED_MODULE, "470.256.02")])
def test_where_nvidia_smi_is_missing_the_kernel_tells_the_card(told, driver):
    files = {
        "/proc/driver/nvidia/version": told,
        "/proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 163\n",
    }
    assert the_only(linux(files=files)) == Accelerator("cuda", "NVIDIA GeForce RTX 3060", driver)


def test_an_nvidia_card_without_a_driver_is_told_without_one():
    assert the_only(linux_with_pci("0x10de", "0x2684")) == Accelerator("cuda", "NVIDIA GPU")


def test_on_windows_nvidia_smi_is_found_outside_the_path():
    program = r"C:\Windows\System32\nvidia-smi.exe"
    computer = windows(GEFORCE, programs={SMI.replace("nvidia-smi", program, 1): "NVIDIA GeForce RTX 4070, 560.94, 8.9, 12282\r\n"})
    assert the_only(computer).capability == "8.9"


def test_on_windows_the_registry_tells_the_card_where_nvidia_smi_cannot():
    assert the_only(windows(BASIC, GEFORCE)) == Accelerator("cuda", "NVIDIA GeForce RTX 4070", "560.94", "", 12878610432)


# AMD


def test_the_kernel_tells_an_amd_card_and_rocminfo_its_name():
    assert the_only(linux_with_amd(programs={"rocminfo": ROCMINFO})) == Accelerator(
        "rocm", "AMD Radeon RX 7900 XTX", "6.8.5", "gfx1100", 25753026560
    )


def test_rocminfo_is_found_outside_the_path_too():
    assert the_only(linux_with_amd(programs={"/opt/rocm/bin/rocminfo": ROCMINFO})).name == "AMD Radeon RX 7900 XTX"


@pytest.mark.parametrize(
    ("version", "target"),
    [(90006, "gfx906"), (90010, "gfx90a"), (90402, "gfx942"), (100300, "gfx1030"), (110501, "gfx1151"), (120001, "gfx1201")],
)
def test_the_kernels_number_becomes_the_name_of_the_target(version, target):
    assert the_only(linux_with_amd(NAVI_31.replace("110000", str(version)))).capability == target


def test_who_may_not_use_the_device_is_told_how_to():
    assert "render" in the_only(linux_with_amd(forbidden=("/dev/kfd",))).obstacle
    assert the_only(linux_with_amd()).obstacle == ""


def test_amd_on_windows_is_told_by_name():
    assert the_only(windows(UHD, RADEON)) == Accelerator("rocm", "AMD Radeon RX 7900 XTX", "32.0.12033.1030", "", 25753026560)


# Intel


def test_an_arc_card_is_told_and_what_its_driver_lacks():
    card = the_only(linux_with_pci("0x8086", "0xe20b"))
    assert (card.kind, card.name, card.capability) == ("xpu", "Intel Arc B-series", "e20b")
    assert LEVEL_ZERO in card.obstacle
    complete = linux_with_pci("0x8086", "0xe20b", files={f"/usr/lib/x86_64-linux-gnu/{LEVEL_ZERO}": ""})
    assert the_only(complete).obstacle == ""


def test_graphics_that_pytorch_cannot_use_are_left_out():
    assert detect(linux_with_pci("0x8086", "0x4680")).accelerators == ()
    assert detect(windows(UHD, BASIC)).accelerators == ()
    # An Intel network card with the number of a graphics card.
    assert detect(linux_with_pci("0x8086", "0xe20b", kind="0x020000")).accelerators == ()


def test_an_arc_card_on_windows_is_told_by_the_registry():
    assert the_only(windows(UHD, ARC)) == Accelerator("xpu", "Intel(R) Arc(TM) B580 Graphics", "32.0.101.6653", "e20b", 12 * GB)


# Systems


def test_apple_silicon_has_a_gpu_and_a_version():
    machine = detect(mac())
    assert (machine.platform, machine.version, machine.native_architecture) == ("macos-arm64", (14, 5), "arm64")
    assert machine.accelerators == (Accelerator("mps", "Apple M2 Pro"),)


def test_a_mac_with_an_intel_processor_has_none():
    machine = detect(mac("13.6.9", "x86_64", name="Intel(R) Core(TM) i9-9880H CPU @ 2.30GHz"))
    assert (machine.platform, machine.native_architecture, machine.accelerators) == ("macos-x86_64", "x86_64", ())


def test_a_translated_blender_is_told_on_macos_and_windows():
    assert detect(mac(architecture="x86_64", translated=True)).native_architecture == "arm64"
    machine = detect(windows(native="ARM64"))
    assert (machine.platform, machine.native_architecture) == ("windows-x86_64", "arm64")


def test_linux_tells_its_distribution_and_c_library():
    machine = detect(linux())
    assert (machine.system_version, machine.libc, machine.glibc) == ("Debian GNU/Linux 12 (bookworm)", "glibc 2.36", (2, 36))
    assert detect(linux(architecture="aarch64")).platform == "linux-arm64"


def test_musl_is_told_from_glibc():
    machine = detect(linux(library="", files={"/lib/ld-musl-x86_64.so.1": ""}))
    assert (machine.libc, machine.glibc) == ("musl", ())


@pytest.mark.parametrize(
    "computer",
    [
        windows({"DriverDesc": "Strange", "MatchingDeviceId": r"pci\ven_8086"}),
        windows({"DriverDesc": "Strange", "MatchingDeviceId": None}),
        windows({"DriverDesc": "Strange", "MatchingDeviceId": r"pci\ven_10de&dev_1", "HardwareInformation.qwMemorySize": "much"}),
        linux_with_pci("something", "0x1"),
        linux_with_amd("gfx_target_version many\nvendor_id 4098\n"),
        linux(programs={"rocminfo": "Agent 1\n  Device Type: GPU\n"}),
        Recorded("freebsd14", "amd64", library=""),
    ],
)
def test_a_machine_that_tells_nonsense_is_a_machine_without_accelerators(computer):
    assert detect(computer).accelerators == ()


# Tools that misbehave, for real


@pytest.mark.skipif(sys.platform == "win32", reason="the tools of this test are shell scripts")
def test_a_tool_that_hangs_is_left_behind_in_time(tmp_path: Path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\ntrap '' TERM\nsleep 20 & wait\n", "utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    began = time.monotonic()
    detect(Computer(deadline=began + 0.5))
    assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform == "win32", reason="the tools of this test are shell scripts")
def test_a_tool_that_cannot_be_started_or_fails_is_as_good_as_none(tmp_path: Path, monkeypatch):
    broken, failing = tmp_path / "broken", tmp_path / "failing"
    broken.write_bytes(b"\x7fELF not a program")
    failing.write_text("#!/bin/sh\necho words\nexit 9\n", "utf-8")
    for tool in (broken, failing):
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert Computer().run("broken") is None
    assert Computer().run("failing") is None
    assert Computer().run("is-not-installed") is None
