"""A plan says everything that will happen, for any machine, before anything happens."""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from computers import ARC, GEFORCE, NAVI_31, linux, linux_with_amd, linux_with_nvidia, linux_with_pci, mac, windows
from partgen.environment import plan as planning
from partgen.environment.bundle import WHEELS, Bundle, File
from partgen.environment.locked import supported_pythons
from partgen.environment.machine import LEVEL_ZERO, Machine, detect
from partgen.environment.plan import Bundled, Plan, make_plan, pythons_in_words, size_in_words
from partgen.environment.settings import Settings, Tier
from partgen.errors import Action, PartgenError

MB, GB = 1_000_000, 1_000_000_000
PLENTY = 100 * GB


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Bundled:
    """An extension with an installer of 40 MB and a backend of 1 MB."""
    tmp_path = tmp_path_factory.mktemp("extension")
    wheels = []
    for name, size in (("uv-0.13.8-py3-none-any.whl", 40 * MB), ("partgen-0.1.0+abc-py3-none-any.whl", 1 * MB)):
        wheels.append(tmp_path / name)
        with zipfile.ZipFile(wheels[-1], "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("content", bytes(size))
    return Bundled(wheels[0], wheels[1], Path(sys.executable), "3.11")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the environment would be: a folder that does not exist, on a disk with 100 GB free."""
    monkeypatch.setattr(planning, "_free_bytes", lambda folder: PLENTY)
    return tmp_path / "Blender Foundation" / "Büro" / "environment"


def plan_for(computer: Any, folder: Path, bundled: Bundled, **chosen: Any) -> Plan:
    machine = computer if isinstance(computer, Machine) else detect(computer)
    return make_plan(machine, Settings(**chosen), folder, bundled)


def codes(plan: Plan) -> list[str]:
    return [problem.code for problem in plan.problems]


def line(plan: Plan, label: str) -> str:
    return dict(plan.lines())[label]


def test_nothing_is_made_by_planning(folder, bundled):
    before = sorted(folder.parent.parent.rglob("*"))
    plan = plan_for(linux(), folder, bundled)
    assert plan.can_start
    assert sorted(folder.parent.parent.rglob("*")) == before


# Other platforms, as data.

MACHINES = {
    "Linux, processor": (linux(), "cpu"),
    "Linux, RTX 5090": (linux_with_nvidia("NVIDIA GeForce RTX 5090, 580.95.05, 12.0, 32607"), "cu130"),
    "Linux, RTX 4090, old driver": (linux_with_nvidia("NVIDIA GeForce RTX 4090, 550.144.03, 8.9, 24564"), "cu126"),
    "Linux, GTX 1080": (linux_with_nvidia("NVIDIA GeForce GTX 1080, 580.95.05, 6.1, 8192"), "cu126"),
    "Linux, Kepler": (linux_with_nvidia("Tesla K80, 470.256.02, 3.7, 11441"), "cpu"),
    "Linux, RX 7900": (linux_with_amd(), "rocm7.2"),
    "Linux, unknown Radeon": (linux_with_amd(NAVI_31.replace("110000", "100302")), "cpu"),
    "Linux, Arc": (linux_with_pci("0x8086", "0xe20b", files={f"/usr/lib64/{LEVEL_ZERO}": ""}), "xpu"),
    "Windows, processor": (windows(), "cpu"),
    "Windows, RTX 4070": (windows(GEFORCE), "cu126"),
    "Windows, Arc": (windows(ARC), "xpu"),
    "Windows on ARM, translated": (windows(native="ARM64"), "cpu"),
    "Apple silicon": (mac(), "mps"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_on_every_platform_both_tiers_can_start_and_are_told_in_full(name, folder, bundled):
    computer, build = MACHINES[name]
    geometry, ai = (plan_for(computer, folder, bundled, tier=tier) for tier in Tier)
    assert (geometry.torch_build, ai.torch_build) == ("", build)
    for plan in (geometry, ai):
        assert plan.problems == ()
        assert [label for label, _ in plan.lines()] == [
            "Device", *(["PyTorch"] if plan is ai else []), "Download", "Disk", "Folder", "Python", "Licences",
        ]  # fmt: skip
        assert all(text for _, text in plan.lines())
        assert all(step.title for step in plan.steps)
    assert [step.id for step in geometry.steps] == ["check", "uv", "python", "venv", "packages", "partgen", "verify"]
    assert [step.id for step in ai.steps] == ["check", "uv", "python", "venv", "packages", "torch", "partgen", "verify"]
    # Measured sizes of the lock, and the estimate of Python.
    assert 80 * MB < geometry.download_bytes < 200 * MB
    assert 300 * MB < geometry.disk_bytes < 800 * MB
    assert ai.download_bytes > geometry.download_bytes + 100 * MB
    assert ai.disk_bytes > ai.download_bytes


def test_geometry_on_a_mac_with_an_intel_processor_and_no_ai(folder, bundled):
    computer = mac("13.6", "x86_64", name="Intel(R) Core(TM) i9")
    assert plan_for(computer, folder, bundled).can_start
    ai = plan_for(computer, folder, bundled, tier=Tier.AI)
    assert codes(ai) == ["torch.macos_intel"]
    assert "Geometry" in ai.problems[0].remedy


def test_an_old_macos_is_told_which_package_asks_for_more(folder, bundled):
    (problem,) = plan_for(mac("12.7.6"), folder, bundled).problems
    assert problem.code == "set_up.system_too_old"
    assert "embreex needs macOS 13 or newer; this computer has macOS 12.7.6" in problem.sentence
    assert plan_for(mac("13.0"), folder, bundled).can_start
    # PyTorch asks for one more.
    assert codes(plan_for(mac("13.6"), folder, bundled, tier=Tier.AI)) == ["torch.macos_version"]
    assert plan_for(mac("14.0"), folder, bundled, tier=Tier.AI).can_start


def test_an_old_or_other_c_library_is_told(folder, bundled):
    assert codes(plan_for(linux(library="glibc 2.17"), folder, bundled)) == ["set_up.system_too_old"]
    assert codes(plan_for(linux(library="glibc 2.27"), folder, bundled)) == []
    assert codes(plan_for(linux(library="glibc 2.27"), folder, bundled, tier=Tier.AI)) == ["set_up.system_too_old"]
    assert codes(plan_for(linux(library="", files={"/lib/ld-musl-x86_64.so.1": ""}), folder, bundled)) == ["set_up.libc"]


@pytest.mark.parametrize("computer", [linux(architecture="aarch64"), windows(native="ARM64", own="arm64"), Machine("freebsd14", "x86_64")])
def test_a_platform_without_packages_is_refused_with_a_way_out(computer, folder, bundled):
    plan = plan_for(computer, folder, bundled)
    assert codes(plan) == ["set_up.platform"]
    assert "another computer" in plan.problems[0].remedy
    assert ("for x64" in plan.problems[0].remedy) == (plan.machine.platform == "windows-arm64")


def test_the_device_is_told_in_words(folder, bundled):
    plan = plan_for(linux_with_nvidia("NVIDIA GeForce RTX 4090, 560.94, 8.9, 24564"), folder, bundled, tier=Tier.AI)
    assert line(plan, "Device") == "NVIDIA GeForce RTX 4090 · driver 560.94 · compute capability 8.9 · 24 GB → CUDA 12.6"
    assert line(plan, "PyTorch") == "2.13.0, CUDA 12.6 (needs NVIDIA driver 525.60.13 or newer)"
    assert line(plan_for(linux(), folder, bundled, tier=Tier.AI, torch_build="cpu"), "PyTorch") == "2.13.0, CPU"
    chosen = plan_for(linux(), folder, bundled, tier=Tier.AI, torch_build="xpu")
    assert line(chosen, "PyTorch") == "2.13.0, Intel XPU (needs Intel's GPU driver with Level Zero)"
    assert line(plan_for(linux(), folder, bundled), "Device") == "CPU (Geometry uses no GPU)"
    geometry = plan_for(linux_with_nvidia("NVIDIA GeForce RTX 4090, 560.94, 8.9, 24564"), folder, bundled)
    found = "NVIDIA GeForce RTX 4090 · driver 560.94 · compute capability 8.9 · 24 GB"
    assert line(geometry, "Device") == f"CPU (Geometry does not use {found})"
    assert "no GPU was found" in line(plan_for(linux(), folder, bundled, tier=Tier.AI), "Device")
    assert line(plan_for(linux(), folder, bundled, tier=Tier.AI, torch_build="cpu"), "Device") == "CPU (as chosen)"
    assert line(plan_for(linux(), folder, bundled, tier=Tier.AI, torch_build="cu130"), "Device") == "no fitting GPU was found → CUDA 13.0"


def test_estimates_are_called_so(folder, bundled):
    measured = plan_for(linux(), folder, bundled, tier=Tier.AI)
    estimated = plan_for(linux_with_amd(), folder, bundled, tier=Tier.AI)
    assert line(measured, "Download").startswith("about ")
    assert line(estimated, "Download").startswith("roughly ")


def test_pytorch_comes_first_among_the_licences_and_nothing_is_left_out(folder, bundled):
    licences = plan_for(linux_with_nvidia("RTX 4090, 580.95.05, 8.9, 24564"), folder, bundled, tier=Tier.AI).licences
    assert licences[0].packages == ("PyTorch",)
    assert "BSD-3-Clause" in licences[0].licence
    assert "NVIDIA" in licences[0].licence
    named = [name for licence in licences for name in licence.packages]
    assert {"Python", "numpy", "scipy", "trimesh", "embreex", "higra", "huggingface-hub", "safetensors"} <= set(named)
    assert len(named) == len(set(named))


# Python


def test_a_python_of_its_own_is_preferred_then_one_that_is_found_then_blenders(folder, bundled):
    kinds = [(one.kind, one.version) for one in plan_for(linux(), folder, bundled).pythons]
    first, *others = supported_pythons()
    assert kinds == [("managed", first), ("found", first), *(("found", other) for other in others), ("blender", "3.11")]
    assert pythons_in_words(plan_for(linux(), folder, bundled).pythons) == (
        f"{first}, a copy of its own, else one of this computer, else Blender's"
    )


def test_blenders_python_is_left_out_where_the_packages_do_not_run_on_it(folder, bundled):
    new = replace(bundled, blender_python_version="3.14")
    assert "blender" not in [one.kind for one in plan_for(linux(), folder, new).pythons]


def test_a_python_that_was_chosen_is_the_only_one(folder, bundled):
    plan = plan_for(linux(), folder, bundled, python=sys.executable)
    assert [(one.kind, one.path) for one in plan.pythons] == [("given", sys.executable)]
    assert plan.can_start
    assert codes(plan_for(linux(), folder, bundled, python="/not/here/python3")) == ["set_up.python_missing"]


# What stands in the way


def test_without_online_access_it_does_not_start_and_the_button_is_blenders_switch(folder, bundled):
    (problem,) = plan_for(linux(), folder, bundled, online=False).problems
    assert (problem.code, problem.action) == ("set_up.offline", Action.ALLOW_ONLINE)


def test_too_little_space_is_told_in_numbers(folder, bundled, monkeypatch):
    monkeypatch.setattr(planning, "_free_bytes", lambda folder: 200 * MB)
    (problem,) = plan_for(linux(), folder, bundled).problems
    assert problem.code == "set_up.disk_full"
    assert "200 MB" in problem.sentence
    assert "Geometry" not in problem.remedy
    assert "Geometry" in plan_for(linux(), folder, bundled, tier=Tier.AI).problems[0].remedy


def test_free_space_is_that_of_the_disk_where_the_folder_will_be(tmp_path):
    assert planning._free_bytes(tmp_path / "not" / "there" / "yet") > 0


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind neither Windows nor root")
def test_a_folder_that_may_not_be_written_is_told(folder, bundled, tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert codes(plan_for(linux(), folder, bundled)) == ["set_up.read_only"]
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_a_disk_that_may_not_be_written_is_told_whoever_asks(folder, bundled, monkeypatch):
    def refuse(**_: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(planning.tempfile, "TemporaryFile", refuse)
    (problem,) = plan_for(linux(), folder, bundled).problems
    assert problem.code == "set_up.read_only"
    assert str(folder.parent.parent.parent) in problem.sentence


def test_a_copy_without_an_installer_for_this_system_is_told(folder, bundled):
    assert codes(plan_for(linux(), folder, replace(bundled, uv_wheel=None))) == ["set_up.no_installer"]
    assert codes(plan_for(linux(), folder, replace(bundled, uv_wheel=folder / "gone.whl"))) == ["set_up.no_installer"]


def test_a_translated_blender_is_a_note_and_no_problem(folder, bundled):
    plan = plan_for(mac(architecture="x86_64", translated=True), folder, bundled)
    assert plan.can_start
    assert any("translated" in note for note in plan.notes)


def test_a_long_path_on_windows_is_a_note(bundled, monkeypatch):
    monkeypatch.setattr(planning, "_free_bytes", lambda folder: PLENTY)
    monkeypatch.setattr(planning, "_is_writable", lambda folder: True)
    short = Path("C:/Users/Ada/AppData/Roaming/Blender Foundation/Blender/4.5/extensions/.user/user_default/partgen_blender/environment")
    assert plan_for(windows(), short, bundled).notes == ()
    assert "path is long" in plan_for(windows(), short / "one more folder" / "and another one", bundled).notes[0]


def test_every_problem_says_what_happened_what_to_do_and_has_a_button(folder, bundled, monkeypatch):
    monkeypatch.setattr(planning, "_free_bytes", lambda folder: 0)
    plans = [
        plan_for(linux(), folder, replace(bundled, uv_wheel=None), online=False, python="/none", tier=Tier.AI),
        plan_for(linux(library="glibc 2.17"), folder, bundled, tier=Tier.AI, torch_build="cu99"),
        plan_for(mac("12.0"), folder, bundled, tier=Tier.AI, offline_folder="/none"),
        plan_for(windows(native="ARM64", own="arm64"), folder, bundled),
        plan_for(linux(library="", files={"/lib/ld-musl-x86_64.so.1": ""}), folder, bundled),
    ]
    problems = [problem for plan in plans for problem in plan.problems]
    assert len({problem.code for problem in problems}) >= 9
    for problem in problems:
        assert problem.sentence.strip()
        assert problem.remedy
        assert problem.action in {action for action in Action if action}
        error = problem.error()
        assert (error.code, error.sentence, error.action) == (problem.code, problem.sentence, problem.action)


# From a folder


def bundle_in(folder: Path, **changes: Any) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{WHEELS}/numpy-2.4.6-cp311-cp311-any.whl": File(10, "0" * 64)}
    told = {"platform": "linux-x86_64", "tier": "geometry", "python": "3.12", "files": files} | changes
    Bundle(**told).write(folder)
    return str(folder)


def test_from_a_folder_nothing_is_downloaded_and_online_access_does_not_matter(folder, bundled, tmp_path):
    plan = plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle"), online=False)
    assert plan.can_start
    assert plan.download_bytes == 0
    assert line(plan, "Download") == "nothing: all from the folder"


def test_from_a_folder_python_is_the_one_that_its_wheels_are_for(folder, bundled, tmp_path):
    without = plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle"))
    assert [(one.kind, one.version) for one in without.pythons] == [("found", "3.12")]
    archive = {"python/20261110/cpython-3.12.tar.gz": File(10, "0" * 64)}
    with_archive = plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle", files=archive))
    assert [(one.kind, one.version) for one in with_archive.pythons] == [("managed", "3.12"), ("found", "3.12")]
    same = plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle", python="3.11"))
    assert [one.kind for one in same.pythons] == ["found", "blender"]
    chosen = plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle"), python=sys.executable)
    assert [(one.kind, one.version) for one in chosen.pythons] == [("given", "3.12")]


def test_from_a_folder_pytorch_is_the_build_that_it_holds(folder, bundled, tmp_path):
    place = bundle_in(tmp_path / "bundle", tier="ai", torch_build="cpu", python="3.11")
    card = linux_with_nvidia("NVIDIA GeForce RTX 4090, 560.94, 8.9, 24564")
    assert plan_for(card, folder, bundled, tier=Tier.AI, offline_folder=place).torch_build == "cpu"
    assert codes(plan_for(card, folder, bundled, tier=Tier.AI, offline_folder=place, torch_build="cu126")) == ["bundle.other"]
    # A folder of the larger tier holds the smaller one.
    assert plan_for(card, folder, bundled, offline_folder=place).can_start


@pytest.mark.parametrize(
    ("changes", "tier", "said"),
    [
        ({"platform": "windows-x86_64"}, Tier.GEOMETRY, "for Windows (x64), and this Blender is for Linux (x64)"),
        ({"tier": "geometry"}, Tier.AI, "without PyTorch"),
    ],
)
def test_a_folder_for_something_else_is_refused(changes, tier, said, folder, bundled, tmp_path):
    plan = plan_for(linux(), folder, bundled, tier=tier, offline_folder=bundle_in(tmp_path / "bundle", **changes))
    (problem,) = plan.problems
    assert (problem.code, problem.action) == ("bundle.other", Action.INSTALL_FROM_FOLDER)
    assert said in problem.sentence


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"kind": "PartGen bundle"}', '{"kind": "other", "format": 1}'])
def test_a_folder_that_is_no_bundle_is_refused(content, folder, bundled, tmp_path):
    (tmp_path / "bundle").mkdir()
    if content is not None:
        (tmp_path / "bundle" / "bundle.json").write_text(content, "utf-8")
    plan = plan_for(linux(), folder, bundled, offline_folder=str(tmp_path / "bundle"))
    assert codes(plan) == ["bundle.none"]
    assert plan.download_bytes == 0  # who chose a folder is not told of a download


# The plan as data


def test_a_plan_survives_the_way_through_json(folder, bundled, tmp_path):
    for plan in (
        plan_for(linux_with_nvidia("RTX 4090, 560.94, 8.9, 24564"), folder, bundled, tier=Tier.AI),
        plan_for(mac("12.0"), folder, replace(bundled, uv_wheel=None), online=False),
        plan_for(linux(), folder, bundled, offline_folder=bundle_in(tmp_path / "bundle")),
    ):
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_the_digest_changes_with_what_is_installed_and_with_nothing_else(folder, bundled, tmp_path):
    plan = plan_for(linux(), folder, bundled)
    newer = bundled.partgen_wheel.with_name("partgen-0.1.0+def-py3-none-any.whl")
    others = [
        plan_for(linux(), folder, bundled, tier=Tier.AI),
        plan_for(linux(), folder, bundled, tier=Tier.AI, torch_build="cu126"),
        plan_for(linux(), folder, replace(bundled, partgen_wheel=newer)),
    ]
    assert len({one.digest for one in (plan, *others)}) == 4
    for same in (
        plan_for(linux(library="glibc 2.40"), folder, bundled),
        plan_for(linux(), tmp_path, bundled, index_url="https://mirror.example/simple", proxy="http://proxy.example:8080", online=False),
        plan_for(linux(), folder, replace(bundled, blender_python_version="3.13")),
        plan_for(linux_with_nvidia("RTX 4090, 560.94, 8.9, 24564"), folder, bundled),
    ):
        assert same.digest == plan.digest


def test_the_digest_changes_with_the_lock(folder, bundled, monkeypatch):
    before = plan_for(linux(), folder, bundled).digest
    monkeypatch.setattr(planning, "lock_digest", lambda tier: "another lock")
    assert plan_for(linux(), folder, bundled).digest != before


def test_a_mirror_of_pytorchs_index_takes_its_place(folder, bundled):
    plan = plan_for(linux(), folder, bundled, tier=Tier.AI, torch_index_url="https://mirror.example/whl/")
    assert (plan.torch_index, plan.torch_backend) == ("https://mirror.example/whl/cpu", "")
    usual = plan_for(linux(), folder, bundled, tier=Tier.AI)
    assert (usual.torch_index, usual.torch_backend) == ("https://download.pytorch.org/whl/cpu", "cpu")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "1 MB"), (93_808_433, "94 MB"), (999_000_000, "1.0 GB"), (2_730_000_000, "2.7 GB"), (9_960_000_000, "10 GB"), (63 * GB, "63 GB")],
)
def test_sizes_are_told_as_people_count(count, words):
    assert size_in_words(count) == words


# Settings


def test_settings_survive_the_way_through_json():
    settings = Settings(Tier.AI, "cu126", "https://mirror.example", offline_folder="/média/ünser Ordner", online=False)
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert Settings.from_json({}) == Settings()


@pytest.mark.parametrize("data", [{"teir": "ai"}, {"tier": "all"}, {"tier": 3}, {"online": "no"}, {"proxy": None}])
def test_a_mistake_in_the_settings_is_refused_not_ignored(data):
    with pytest.raises(PartgenError) as caught:
        Settings.from_json(data)
    assert caught.value.code == "set_up.settings"
