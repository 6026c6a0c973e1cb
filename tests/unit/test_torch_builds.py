"""Every machine gets the build of PyTorch that uses its GPU, or is told why it does not."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from computers import ARC, GEFORCE, NAVI_31, RADEON, linux_with_amd, linux_with_nvidia, linux_with_pci, mac, windows
from partgen.environment.locked import supported_platforms, torch_bytes_from_pypi
from partgen.environment.machine import LEVEL_ZERO, Accelerator, Machine, detect
from partgen.environment.torch_builds import BUILDS, TORCH_VERSION, builds_for, choose_torch, torch_build_for
from partgen.errors import PartgenError

UV = Path(sysconfig.get_path("scripts")) / "uv"


def machine_with(name: str, driver: str, capability: str, platform: str = "linux") -> Machine:
    return Machine(platform, "x86_64", libc="glibc 2.36", accelerators=(Accelerator("cuda", name, driver, capability, 8 << 30),))


@pytest.mark.parametrize(
    ("name", "driver", "capability", "build"),
    [
        ("GTX 970", "550.144.03", "5.2", "cu126"),  # Maxwell lives in CUDA 12.6 alone
        ("GTX 1080 Ti", "580.95.05", "6.1", "cu126"),  # Pascal too, whatever the driver
        ("Tesla V100", "580.95.05", "7.0", "cu126"),
        ("RTX 2080", "580.95.05", "7.5", "cu130"),
        ("RTX 3090", "580.65.06", "8.6", "cu130"),
        ("RTX 4090", "560.94", "8.9", "cu126"),  # the driver is too old for CUDA 13
        ("RTX 4090", "590.10", "8.9", "cu130"),
        ("RTX 4090", "525.60.13", "8.9", "cu126"),
        ("H200", "550.144.03", "9.0", "cu126"),
        ("B200", "580.95.05", "10.0", "cu130"),
        ("RTX 5090", "580.95.05", "12.0", "cu130"),
        ("RTX 3090", "580.95.05", "", "cu130"),  # the driver did not tell the capability
    ],
)
def test_an_nvidia_card_gets_a_build_that_its_driver_and_its_chip_can_run(name, driver, capability, build):
    choice = choose_torch(machine_with(name, driver, capability))
    assert (choice.build.id, choice.accelerator and choice.accelerator.name) == (build, name)


@pytest.mark.parametrize(
    ("driver", "capability", "said"),
    [
        ("525.60.12", "8.6", "525.60.13"),  # one too old
        ("470.256.02", "3.5", "no longer has code"),  # Kepler
        ("570.86.16", "12.0", "580"),  # Blackwell needs CUDA 13, and that a driver
        ("", "", "driver was not found"),
    ],
)
def test_a_card_that_cannot_be_used_is_named_with_the_reason(driver, capability, said):
    choice = choose_torch(machine_with("Some Card", driver, capability))
    assert (choice.build.id, choice.accelerator) == ("cpu", None)
    (note,) = choice.notes
    assert "Some Card" in note
    assert said in note


def test_windows_asks_for_a_driver_of_its_own():
    assert torch_build_for(machine_with("RTX 3090", "528.33", "8.6", "windows")).id == "cu126"
    assert torch_build_for(machine_with("RTX 3090", "527.41", "8.6", "windows")).id == "cpu"


def test_a_better_driver_is_recommended_where_it_helps_and_only_there():
    assert "580" in choose_torch(machine_with("RTX 4090", "560.94", "8.9")).notes[0]
    assert choose_torch(machine_with("GTX 1080", "560.94", "6.1")).notes == ()
    assert choose_torch(machine_with("RTX 4090", "580.95.05", "8.9")).notes == ()


def test_of_two_cards_both_are_used_where_one_build_can():
    both = detect(linux_with_nvidia("RTX 3090, 580.95.05, 8.6, 24576", "GTX 1080, 580.95.05, 6.1, 8192"))
    choice = choose_torch(both)
    assert choice.build.id == "cu126"
    assert choice.accelerator is not None
    assert choice.accelerator.name == "RTX 3090"
    assert choice.notes == ()


def test_of_two_cards_that_exclude_each_other_one_is_used_and_the_other_named():
    choice = choose_torch(detect(linux_with_nvidia("RTX 5090, 580.95.05, 12.0, 32607", "GTX 1080, 580.95.05, 6.1, 8192")))
    assert choice.build.id == "cu130"
    assert len(choice.notes) == 1
    assert "GTX 1080" in choice.notes[0]


def test_the_experimental_build_is_taken_only_when_asked_for():
    machine = machine_with("RTX 5090", "590.10", "12.0")
    assert torch_build_for(machine).id == "cu130"
    assert torch_build_for(machine, "cu132").id == "cu132"


def test_amd_gets_rocm_on_linux_and_a_reason_elsewhere():
    assert torch_build_for(detect(linux_with_amd())).id == "rocm7.2"
    unknown = choose_torch(detect(linux_with_amd(NAVI_31.replace("110000", "100306"))))
    assert unknown.build.id == "cpu"
    assert "gfx1036" in unknown.notes[0]
    forbidden = choose_torch(detect(linux_with_amd(forbidden=("/dev/kfd",))))
    assert forbidden.build.id == "cpu"
    assert "render" in forbidden.notes[0]
    on_windows = choose_torch(detect(windows(RADEON)))
    assert on_windows.build.id == "cpu"
    assert "Windows" in on_windows.notes[0]


def test_intel_arc_gets_xpu_where_its_driver_is_complete():
    assert torch_build_for(detect(windows(ARC))).id == "xpu"
    assert torch_build_for(detect(linux_with_pci("0x8086", "0x56a0", files={f"/usr/lib/{LEVEL_ZERO}": ""}))).id == "xpu"
    lacking = choose_torch(detect(linux_with_pci("0x8086", "0x56a0")))
    assert lacking.build.id == "cpu"
    assert LEVEL_ZERO in lacking.notes[0]


def test_nvidia_comes_before_intel():
    assert torch_build_for(detect(windows(ARC, GEFORCE))).id == "cu126"


def test_apple_silicon_gets_the_one_build_that_there_is_from_pypi():
    build = torch_build_for(detect(mac()))
    assert (build.id, build.index, build.requirement) == ("mps", "", f"torch=={TORCH_VERSION}")


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (detect(mac("13.6")), "torch.macos_version"),
        (detect(mac(architecture="x86_64", name="Intel(R) Core(TM) i9")), "torch.macos_intel"),
        (detect(mac(architecture="x86_64", translated=True)), "torch.translated"),
        (Machine("linux", "arm64"), "torch.platform"),
        (Machine("windows", "arm64"), "torch.platform"),
        (Machine("freebsd14", "x86_64"), "torch.platform"),
    ],
)
def test_where_pytorch_does_not_exist_it_is_said_with_a_way_out(machine, code):
    with pytest.raises(PartgenError) as caught:
        torch_build_for(machine)
    assert caught.value.code == code
    assert caught.value.remedy
    assert caught.value.action


def test_a_build_that_was_asked_for_is_given_or_refused_never_replaced():
    machine = machine_with("RTX 4090", "560.94", "8.9")
    assert torch_build_for(machine, "cpu").id == "cpu"
    assert choose_torch(machine, "cpu").notes == ()
    assert "processor" in choose_torch(machine, "cu130").notes[0]
    for wanted in ("cu118", "mps", "", "CU126"):
        with pytest.raises(PartgenError, match="no build"):
            torch_build_for(machine, wanted)


def test_a_requirement_names_one_build_exactly():
    requirements = [(build.platform, build.requirement) for build in BUILDS]
    assert len(set(requirements)) == len(BUILDS)
    for build in BUILDS:
        # From PyTorch's index always with its label: else a wheel of another build would do as well.
        assert bool(build.index) == build.requirement.endswith(f"+{build.id}")
        assert build.licence.startswith("BSD-3-Clause")


def test_every_platform_of_the_lock_has_builds_but_intel_macs():
    machines = {platform: Machine(*platform.split("-")) for platform in supported_platforms()}
    assert {platform for platform, machine in machines.items() if not builds_for(machine)} == {"macos-x86_64"}
    for machine in machines.values():
        # The last one is what runs anywhere.
        assert all(build.kind in ("cpu", "mps") for build in builds_for(machine)[-1:])


def test_what_is_called_measured_was_measured():
    for build in BUILDS:
        if build.are_bytes_measured and (measured := torch_bytes_from_pypi(build.platform, "3.11")) and build.id in ("cu130", "mps"):
            assert build.download_bytes == pytest.approx(measured, rel=0.01)
    assert torch_bytes_from_pypi("macos-x86_64", "3.11") == 0
    windows_cpu = next(build for build in BUILDS if (build.platform, build.id) == ("windows-x86_64", "cpu"))
    assert windows_cpu.download_bytes == pytest.approx(torch_bytes_from_pypi("windows-x86_64", "3.13"), rel=0.01)


def test_uv_knows_every_build_by_the_name_that_it_has_here():
    if not UV.exists():
        pytest.skip("uv is not installed beside this Python")
    told = subprocess.run([UV, "pip", "install", "--help"], capture_output=True, text=True, check=True, timeout=30).stdout
    known = re.search(r"possible\s+values:\s+auto,\s+([^\]]*)\]", told)
    assert known is not None
    names = set(re.split(r",\s+", known[1]))
    assert {build.uv_backend for build in BUILDS if build.uv_backend} <= names
