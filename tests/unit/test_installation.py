"""Which steps a set-up does in which situation, and what it leaves alone. The real installer is at work in tests/setup."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from partgen.environment import distributions, installation, ledger
from partgen.environment.condition import LOCK, LOG, RECORD, Record, condition, python_program, read_record
from partgen.environment.installation import index_arguments, install, places_of
from partgen.environment.ledger import what_is_left
from partgen.environment.machine import Accelerator, Machine
from partgen.environment.patience import patiently
from partgen.environment.plan import Bundled, Plan, Step, make_plan
from partgen.environment.removal import remove, verbatim
from partgen.environment.settings import Settings, Tier
from partgen.environment.uv import Activity, Uv, closed_environment, unpack_uv, uv_program, without_secrets, written_bytes
from partgen.errors import PartgenError
from partgen.task import Reporter

MACHINE = Machine("linux", "x86_64", "Debian 12", "glibc 2.36", (Accelerator("cuda", "RTX", "580.65", "8.9", 24 << 30),), "x86_64")
AI = Settings(tier=Tier.AI, python=sys.executable, torch_build="cpu")
GEOMETRY = Settings(python=sys.executable)


class RecordingUv:
    """Stands for uv: remembers what it was told, and leaves behind what uv would, as far as anybody looks at it."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.failures: dict[str, PartgenError] = {}
        self.indexes: list[str] = []

    def run(self, uv: Uv, arguments: list[Any], stage: str = "", watch: Any = None, retries: int = 0, index: str = "") -> str:
        words = [str(argument) for argument in arguments]
        self.commands.append(words)
        self.indexes += [index] if index else []
        for word, error in self.failures.items():
            if word in words:
                raise error
        if words[0] == "venv":
            python_program(uv.folder).parent.mkdir(parents=True)
            python_program(uv.folder).symlink_to(sys.executable)
        if words[:2] == ["pip", "install"]:
            (uv.folder / "cache").mkdir(exist_ok=True)
        if words[0] == "pip" and words[-1].endswith(".whl"):
            (uv.folder / "venv" / "lib" / "python3.13" / "site-packages" / "partgen").mkdir(parents=True, exist_ok=True)
        return "[]" if words[:2] == ["python", "list"] else ""

    @property
    def told(self) -> list[str]:
        """The kinds of commands since the last look."""
        kinds = [self._kind(words) for words in self.commands]
        self.commands.clear()
        return kinds

    @staticmethod
    def _kind(words: list[str]) -> str:
        if words[:2] == ["pip", "install"]:
            return "torch" if words[-1].startswith("torch==") else "partgen" if words[-1].endswith(".whl") else "packages"
        return " ".join(words[:2]) if words[0] in ("pip", "python") else words[0]


@pytest.fixture
def uv(monkeypatch: pytest.MonkeyPatch) -> RecordingUv:
    stand_in = RecordingUv()
    monkeypatch.setattr(Uv, "run", lambda self, *arguments, **named: stand_in.run(self, *arguments, **named))
    monkeypatch.setattr(installation, "prove", lambda *_: {"parts": 2})
    return stand_in


@pytest.fixture
def plan_for(tmp_path: Path) -> Callable[..., Plan]:
    """Makes a plan for a folder of this test, with wheels that hold no more than they must."""
    uv_wheel = tmp_path / "uv-1.0-py3-none-any.whl"
    write_wheel(uv_wheel, {"uv-1.0.data/scripts/uv": b"#!/bin/sh\n", "uv-1.0.data/scripts/uv.exe": b"MZ"})

    def make(settings: Settings = GEOMETRY, version: str = "1.0", machine: Machine = MACHINE) -> Plan:
        wheel = tmp_path / f"partgen-{version}-py3-none-any.whl"
        write_wheel(wheel, {"partgen/__init__.py": version.encode()})
        return make_plan(machine, settings, tmp_path / "environment", Bundled(uv_wheel, wheel, Path(sys.executable)))

    return make


def write_wheel(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)


def silent() -> Reporter:
    return Reporter(io.StringIO(), json_lines=True)


# Which steps are done


def test_a_first_set_up_does_everything_and_a_second_nothing(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    install(plan_for(), silent())
    assert uv.told == ["--version", "venv", "packages", "partgen", "pip check"]
    install(plan_for(), silent())
    assert uv.told == []
    assert condition(plan_for().folder).state == "ready"


def test_an_upgrade_of_the_extension_replaces_partgen_alone(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    install(plan_for(), silent())
    assert uv.told
    install(plan_for(version="2.0"), silent())
    assert uv.told == ["partgen", "pip check"]


def test_a_changed_lock_installs_the_packages_and_nothing_else(
    uv: RecordingUv, plan_for: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(plan_for(), silent())
    assert uv.told
    monkeypatch.setattr(ledger, "lock_digest", lambda tier: "another")
    install(plan_for(), silent())
    assert uv.told == ["packages", "pip check"]


def test_ai_comes_on_top_of_geometry(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    install(plan_for(), silent())
    assert uv.told
    install(plan_for(AI), silent())
    assert uv.told == ["packages", "torch", "pip check"]


@pytest.mark.parametrize("settings", [GEOMETRY, replace(AI, torch_build="cu130")])
def test_without_torch_or_with_another_build_nothing_of_the_old_one_stays(
    uv: RecordingUv, plan_for: Callable[..., Plan], settings: Settings
) -> None:
    install(plan_for(AI), silent())
    assert uv.told
    marker = plan_for().folder / "venv" / "gigabytes of the old build"
    marker.touch()
    install(plan_for(settings), silent())
    assert uv.told[0] == "venv"
    assert not marker.exists()


def test_another_python_makes_the_environment_anew(uv: RecordingUv, plan_for: Callable[..., Plan], tmp_path: Path) -> None:
    install(plan_for(), silent())
    assert uv.told
    other = tmp_path / "other python"
    other.symlink_to(sys.executable)
    install(plan_for(replace(GEOMETRY, python=str(other))), silent())
    assert uv.told == ["venv", "packages", "partgen", "pip check"]


def test_a_python_that_was_uninstalled_makes_the_environment_anew(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    plan = plan_for()
    install(plan, silent())
    assert uv.told
    record = read_record(plan.folder)
    assert record is not None
    replace(record, python={**record.python, "path": "/uninstalled/python3"}).write(plan.folder)
    install(plan, silent())
    assert uv.told == ["venv", "packages", "partgen", "pip check"]


@pytest.mark.parametrize("where", ["venv", "packages", "partgen", "check"])
def test_failed_in_a_step_it_says_what_is_missing_and_goes_on_there(uv: RecordingUv, plan_for: Callable[..., Plan], where: str) -> None:
    words = {"packages": "--require-hashes", "partgen": "--no-index"}
    uv.failures = {words.get(where, where): PartgenError("set_up.index_unreachable", "No network.")}
    with pytest.raises(PartgenError):
        install(plan_for(), silent())
    told = condition(plan_for().folder)
    assert told.state == "incomplete"
    uv.failures = {}
    done_before = uv.told[:-1]
    install(plan_for(), silent())
    assert not set(uv.told) & set(done_before)


def test_copied_to_another_place_it_is_made_anew_there(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    """As Blender copies the settings of its last version."""
    plan = plan_for()
    install(plan, silent())
    assert uv.told
    copy = replace(plan, folder=plan.folder.with_name("copy"))
    shutil.copytree(plan.folder, copy.folder, symlinks=True)
    assert condition(copy.folder).state == "broken"
    install(copy, silent())
    assert uv.told == ["venv", "packages", "partgen", "pip check"]
    assert condition(copy.folder).state == "ready"


def test_deleted_packages_come_back(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    plan = plan_for()
    install(plan, silent())
    assert uv.told
    shutil.rmtree(plan.folder / "venv" / "lib")
    assert condition(plan.folder).state == "broken"
    install(plan, silent())
    assert uv.told == ["venv", "packages", "partgen", "pip check"]


def test_a_plan_for_what_is_there_already_costs_nothing_and_needs_no_network(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    assert what_is_left(plan_for()).download_bytes == plan_for().download_bytes > 0
    offline = replace(GEOMETRY, online=False)
    assert [problem.code for problem in what_is_left(plan_for(offline)).problems] == ["set_up.offline"]
    install(plan_for(), silent())
    left = what_is_left(plan_for(offline, version="2.0"))
    assert left.download_bytes == 0
    assert left.can_start
    assert left.digest == plan_for(offline, version="2.0").digest
    # PyTorch on top of it is another matter.
    assert not what_is_left(plan_for(replace(AI, online=False))).can_start


# Which Python


def test_a_python_of_its_own_is_tried_first_and_why_it_was_not_is_told(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    uv.failures = {"install": PartgenError("set_up.index_unreachable", "github.com cannot be reached.")}
    plan = plan_for(Settings())
    with pytest.raises(PartgenError):
        install(plan, silent())  # this stand-in for uv fails to install packages too; the Python is chosen by then
    record = read_record(plan.folder)
    assert record is not None
    assert record.python["kind"] == "blender"
    told = uv.told
    assert told.index("python install") < told.index("python list") < told.index("venv")


def test_a_full_disk_does_not_end_in_another_python(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    uv.failures = {"install": PartgenError("set_up.disk_full", "The disk is full.")}
    with pytest.raises(PartgenError) as caught:
        install(plan_for(Settings()), silent())
    assert caught.value.code == "set_up.disk_full"
    assert uv.told == ["--version", "python install"]


def test_a_chosen_program_that_is_no_python_is_refused_by_name(uv: RecordingUv, plan_for: Callable[..., Plan], tmp_path: Path) -> None:
    program = tmp_path / "a game"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(PartgenError) as caught:
        install(plan_for(replace(GEOMETRY, python=str(program))), silent())
    assert caught.value.code == "set_up.no_python"
    assert "a game" in caught.value.sentence


def test_a_python_that_is_too_old_is_refused_with_its_version(uv: RecordingUv, plan_for: Callable[..., Plan], tmp_path: Path) -> None:
    program = tmp_path / "python3.9"
    program.write_text("#!/bin/sh\necho 3.9.18\n")
    program.chmod(0o755)
    with pytest.raises(PartgenError) as caught:
        install(plan_for(replace(GEOMETRY, python=str(program))), silent())
    assert "3.9.18" in caught.value.sentence


# What stands in the way


def test_offline_only_what_needs_the_network_is_refused(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    with pytest.raises(PartgenError) as caught:
        install(plan_for(replace(GEOMETRY, online=False)), silent())
    assert caught.value.code == "set_up.offline"
    install(plan_for(), silent())
    assert uv.told
    install(plan_for(replace(GEOMETRY, online=False), version="2.0"), silent())
    assert uv.told == ["partgen", "pip check"]


def test_space_is_asked_for_what_is_left_to_do(uv: RecordingUv, plan_for: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    install(plan_for(), silent())
    usage = type("Usage", (), {"free": 10_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert plan_for(version="2.0").problems, "counted for everything, there is too little"
    install(plan_for(version="2.0"), silent())
    with pytest.raises(PartgenError) as caught:
        install(plan_for(AI, version="2.0"), silent())
    assert caught.value.code == "set_up.disk_full"


@pytest.mark.parametrize("content", [{"holiday.png": b""}, {RECORD: b'{"kind": "a game"}', "score": b""}])
def test_a_folder_that_is_not_ours_is_neither_filled_nor_removed(
    uv: RecordingUv, plan_for: Callable[..., Plan], content: dict[str, bytes]
) -> None:
    folder = plan_for().folder
    folder.mkdir()
    for name, data in content.items():
        (folder / name).write_bytes(data)
    for act in (lambda: install(plan_for(), silent()), lambda: remove(folder)):
        with pytest.raises(PartgenError) as caught:
            act()
        assert caught.value.code == "set_up.foreign_folder"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def test_a_folder_that_cannot_be_written_is_an_error_for_people(uv: RecordingUv, plan_for: Callable[..., Plan], tmp_path: Path) -> None:
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment" / LOCK).mkdir()  # stands for whatever the system refuses to write
    with pytest.raises(PartgenError) as caught:
        install(plan_for(), silent())
    assert caught.value.code.startswith("set_up.")


# Where packages come from


def test_a_folder_replaces_every_index() -> None:
    settings = Settings(index_url="https://other/simple", find_links="https://more/", offline_folder="/media/my stick")
    assert index_arguments(settings) == ["--no-index", "--find-links", str(Path("/media/my stick/wheels"))]


def test_the_address_of_an_index_is_no_argument_that_others_could_read(
    uv: RecordingUv, plan_for: Callable[..., Plan], tmp_path: Path
) -> None:
    address = "https://ada:secret@packages.example/simple"
    settings = replace(AI, index_url=address, torch_index_url="https://ada:secret@mirror.example/whl")
    install(plan_for(settings), silent())
    assert not any("secret" in word for words in uv.commands for word in words)
    assert closed_environment(tmp_path, settings, {})["UV_DEFAULT_INDEX"] == address
    assert uv.indexes == ["https://ada:secret@mirror.example/whl/cpu"]


def test_places_for_wheels_may_have_spaces_in_their_paths(tmp_path: Path) -> None:
    folder = tmp_path / "my wheels"
    folder.mkdir()
    assert places_of(str(folder)) == [str(folder)]
    assert places_of("https://a/ https://b/") == ["https://a/", "https://b/"]
    assert places_of("/one folder\n/another folder\n") == ["/one folder", "/another folder"]
    assert places_of("") == []


def test_torch_comes_from_the_index_of_its_build_unless_the_settings_hold_it(uv: RecordingUv, plan_for: Callable[..., Plan]) -> None:
    install(plan_for(AI), silent())
    torch = next(words for words in uv.commands if words[-1].startswith("torch=="))
    assert torch[torch.index("--torch-backend") + 1] == "cpu"
    assert torch[-1] == "torch==2.13.0+cpu"
    remove(plan_for().folder)
    uv.commands.clear()
    install(plan_for(replace(AI, torch_index_url="https://mirror/whl")), silent())
    assert uv.indexes == ["https://mirror/whl/cpu"]
    assert not any("--torch-backend" in words for words in uv.commands)
    remove(plan_for().folder)
    uv.commands.clear()
    install(plan_for(replace(AI, find_links="/wheels")), silent())
    torch = [words for words in uv.commands if words[-1].startswith("torch==") and "--dry-run" not in words][-1]
    assert "--torch-backend" not in torch
    assert torch[torch.index("--find-links") + 1] == "/wheels"


# uv


@pytest.mark.parametrize(("system", "name"), [("linux", "uv"), ("win32", "uv.exe")])
def test_the_program_is_where_its_system_wants_it(system: str, name: str) -> None:
    assert uv_program(Path("e"), system) == Path("e") / "uv" / name


def test_the_installer_gets_its_run_bit(tmp_path: Path) -> None:
    wheel = tmp_path / "uv.whl"
    write_wheel(wheel, {"uv-1.data/scripts/uv": b"#!/bin/sh\n", "uv-1.data/scripts/uv.exe": b"MZ"})
    program = unpack_uv(wheel, tmp_path / "environment")
    assert os.access(program, os.X_OK)
    assert [path.name for path in program.parent.iterdir()] == [program.name]


@pytest.mark.parametrize("content", [b"", b"PK", None])
def test_a_damaged_installer_or_that_of_another_system_is_told(tmp_path: Path, content: bytes | None) -> None:
    wheel = tmp_path / "uv-1.0.whl"
    if content is None:
        write_wheel(wheel, {"uv-1.data/scripts/uv.of-another-system": b""})
    else:
        wheel.write_bytes(content)
    with pytest.raises(PartgenError) as caught:
        unpack_uv(wheel, tmp_path / "environment")
    assert caught.value.code == "set_up.uv_damaged"
    assert "uv-1.0.whl" in caught.value.sentence


def test_nothing_of_the_users_own_reaches_the_installer(tmp_path: Path) -> None:
    surrounding = {
        "PATH": "/bin", "HOME": "/home/ada", "HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "/company.pem", "SystemRoot": "C:\\Windows",
        "UV_INDEX_URL": "x", "UV_CACHE_DIR": "x", "PYTHONPATH": "x", "PYTHONHOME": "x", "VIRTUAL_ENV": "x", "CONDA_PREFIX": "x",
        "Uv_Python": "x", "PIP_INDEX_URL": "x",
    }  # fmt: skip
    closed = closed_environment(tmp_path, Settings(), surrounding)
    assert "x" not in closed.values()
    assert {name: closed[name] for name in ("PATH", "HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "SystemRoot")} == {
        name: surrounding[name] for name in ("PATH", "HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "SystemRoot")
    }
    inside = [value for name, value in closed.items() if name.endswith(("_DIR", "TMPDIR"))]
    assert len(inside) >= 5
    assert all(Path(value).is_relative_to(tmp_path) for value in inside)


def test_a_proxy_of_the_settings_comes_before_the_variables(tmp_path: Path) -> None:
    closed = closed_environment(tmp_path, Settings(proxy="http://mine"), {"https_proxy": "http://theirs", "NO_PROXY": "here"})
    assert "http://theirs" not in closed.values()
    assert closed["HTTPS_PROXY"] == "http://mine"
    assert closed["NO_PROXY"] == "here"


@pytest.mark.parametrize("settings", [Settings(online=False), Settings(offline_folder="/media/stick")])
def test_without_a_network_the_installer_is_told_so(tmp_path: Path, settings: Settings) -> None:
    assert closed_environment(tmp_path, settings, {})["UV_OFFLINE"] == "1"
    assert "UV_OFFLINE" not in closed_environment(tmp_path, Settings(), {})


def test_what_is_downloaded_just_now_is_read_from_what_uv_says() -> None:
    activity = Activity()
    for line in ["Resolved 4 packages in 1ms", "Downloading numpy (16.1MiB)", "Downloading scipy (33.7MiB)", " Downloaded numpy"]:
        activity.hear(line)
    assert activity.names == "scipy"
    assert list(activity.loaded) == ["numpy"]
    for name in "abc":
        activity.hear(f"Downloading {name} (1.0MiB)")
    assert activity.names == "scipy, a, b …"


def test_passwords_do_not_reach_the_log() -> None:
    text = "Failed to fetch: https://ada:se/cr@et@packages.example/simple and http://token@host/"
    assert without_secrets("https://ada:secret@packages.example/simple") == "https://****@packages.example/simple"
    assert "token" not in without_secrets(text)


def test_a_file_with_two_names_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a").write_bytes(b"x" * 1000)
    os.link(tmp_path / "cache" / "a", tmp_path / "b")
    assert written_bytes([tmp_path]) == 1000
    assert written_bytes([tmp_path / "nothing"]) == 0


# Progress


def test_progress_never_goes_back_and_never_claims_what_is_not_there() -> None:
    stream = io.StringIO()
    now = [0.0]
    steps = [Step("uv", "Unpack"), Step("packages", "Install", 100_000_000, 400_000_000), Step("verify", "Prove")]
    progress = installation._Progress(steps, Reporter(stream, json_lines=True), clock=lambda: now[0])
    for step in steps:
        progress.begin(step)
        if step.id == "packages":
            for seconds, count in [(2, 1_000_000), (10, 100_000_000), (11, 40_000_000), (20, 200_000_000), (60, 900_000_000)]:
                now[0] = float(seconds)
                progress.wrote(count, "scipy")
        progress.end()
    reports = [json.loads(line) for line in stream.getvalue().splitlines()]
    fractions = [report["fraction"] for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    half = next(report for report in reports if "200 MB" in report["detail"])
    assert half["detail"] == "scipy · 200 MB of about 400 MB unpacked"
    assert 20 < half["seconds_left"] < 60
    overfull = next(report for report in reports if "900 MB" in report["detail"])
    assert overfull["fraction"] < 1.0


# Removing


def made(folder: Path) -> Path:
    """Something like an environment, with what makes removing hard: read-only files and folders, links that lead out."""
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    deep = folder / "venv" / "lib" / "deep"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (deep / "file").chmod(0o400)
    deep.chmod(0o500)
    (folder / "venv" / "link").symlink_to(outside)
    Record(steps={"uv": "Unpack"}).write(folder)
    return folder


def test_remove_leaves_nothing_and_touches_nothing_outside(tmp_path: Path) -> None:
    folder = made(tmp_path / "environment")
    remove(folder)
    assert not folder.exists()
    assert (tmp_path / "outside" / "precious").read_text() == "mine"
    remove(folder)  # and again is no error


def test_a_set_up_that_ended_before_its_first_word_can_be_removed(tmp_path: Path) -> None:
    for names in ([], [LOG], [LOG, f"{LOG}.old", LOCK, f"{RECORD}.new"]):
        folder = tmp_path / f"e{len(names)}"
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        remove(folder)
        assert not folder.exists()


def test_an_interrupted_removal_can_be_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path / "environment")
    (folder / "zebra").mkdir()

    def interrupted(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path / "torch.dll"))

    with monkeypatch.context() as patch:
        patch.setattr("partgen.environment.removal.remove_tree", interrupted)
        with pytest.raises(PartgenError) as caught:
            remove(folder)
    assert caught.value.code == "set_up.cannot_remove"
    assert "torch.dll" in caught.value.sentence
    remove(folder)
    assert not folder.exists()


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    folder = made(tmp_path / "environment")
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PartgenError):
        remove(tmp_path / "link")
    assert (folder / "venv").is_dir()


def test_long_paths_on_windows() -> None:
    assert str(verbatim(Path("C:\\a"), "win32")) == "\\\\?\\C:\\a"
    assert str(verbatim(Path("\\\\?\\C:\\a"), "win32")) == "\\\\?\\C:\\a"
    assert str(verbatim(Path("\\\\server\\share"), "win32")) == "\\\\?\\UNC\\server\\share"
    assert verbatim(Path("/a"), "linux") == Path("/a")


# Packages that are not whole


def package(folder: Path, files: dict[str, bytes], is_finished: bool = True, name: str = "chisel-1.0") -> Path:
    """A package as an installer leaves it, or leaves it when it is interrupted."""
    info = folder / f"{name}.dist-info"
    info.mkdir(parents=True)
    files = files | {f"{info.name}/METADATA": b"Name: chisel"} | ({f"{info.name}/INSTALLER": b"uv"} if is_finished else {})
    lines = io.StringIO()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        csv.writer(lines).writerow([path, f"sha256={digest}", len(content)])
    csv.writer(lines).writerow([f"{info.name}/RECORD", "", ""])
    (info / "RECORD").write_text(lines.getvalue())
    return info


def test_a_whole_package_is_whole(tmp_path: Path) -> None:
    info = package(tmp_path, {"chisel.py": b"1", "Fünf, Äpfel.txt": b"2"})
    assert distributions.damaged(tmp_path, thorough=True) == []
    assert distributions.is_whole(info)


@pytest.mark.parametrize("thorough", [True, False])
def test_missing_and_cut_files_are_noticed(tmp_path: Path, thorough: bool) -> None:
    missing = package(tmp_path, {"chisel.py": b"1"})
    cut = package(tmp_path, {"mallet.py": b"12"}, name="mallet-1.0")
    (tmp_path / "chisel.py").unlink()
    (tmp_path / "mallet.py").write_bytes(b"1")
    assert distributions.damaged(tmp_path, thorough) == [missing, cut]


def test_a_changed_file_is_noticed_by_a_thorough_look(tmp_path: Path) -> None:
    info = package(tmp_path, {"chisel.py": b"1"})
    (tmp_path / "chisel.py").write_bytes(b"2")
    assert distributions.damaged(tmp_path) == []
    assert distributions.damaged(tmp_path, thorough=True) == [info]


def test_a_package_that_the_installer_did_not_finish_is_noticed(tmp_path: Path) -> None:
    info = package(tmp_path, {"chisel.py": b"1"}, is_finished=False)
    assert distributions.damaged(tmp_path) == [info]


@pytest.mark.parametrize("record", ["", "a,b,c,d\n", "chisel.py,sha256=,x\n", "\0"])
def test_an_unreadable_record_is_a_damaged_package(tmp_path: Path, record: str) -> None:
    info = package(tmp_path, {"chisel.py": b"1"})
    (info / "RECORD").write_text(record)
    assert distributions.damaged(tmp_path) == [info]
    distributions.discard(info, tmp_path)
    assert not info.exists()


def test_a_discarded_package_is_gone_and_nothing_else(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    packages = venv / "lib" / "python3.13" / "site-packages"
    outside = tmp_path / "precious"
    outside.write_text("mine")
    info = package(packages, {"chisel/__init__.py": b"1", "../../../bin/chisel": b"2"})
    with open(info / "RECORD", "a") as record:
        record.write("../../../../precious,,\n/etc/hostname,,\n")
    other = package(packages, {"mallet.py": b"3"}, name="mallet-1.0")
    distributions.discard(info, venv)
    assert not info.exists()
    assert not (packages / "chisel" / "__init__.py").exists()
    assert not (venv / "bin" / "chisel").exists()
    assert outside.read_text() == "mine"
    assert Path("/etc/hostname").exists() or os.name == "nt"
    assert distributions.is_whole(other, thorough=True)


# Files that are held for a moment


def test_a_file_that_a_scanner_holds_for_a_moment_does_not_end_the_set_up() -> None:
    refusals = [PermissionError(13, "Access is denied")] * 3
    waited: list[float] = []

    def replace_file() -> str:
        if refusals:
            raise refusals.pop()
        return "replaced"

    assert patiently(replace_file, sleep=waited.append) == "replaced"
    assert len(waited) == 3


def test_a_file_that_is_held_for_good_is_told() -> None:
    def replace_file() -> None:
        raise PermissionError(13, "Access is denied")

    with pytest.raises(PermissionError):
        patiently(replace_file, sleep=lambda _: None)
