"""The real thing: an environment from the package index, made by the real installer, and a shape taken apart in it.

Takes the index and the places for wheels that pip is set to on this machine, and its Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trimesh
from local_index import LocalIndex
from partgen.environment.condition import Record, backend_command, condition, python_program, read_record
from partgen.environment.locked import supported_pythons
from partgen.environment.settings import Settings, Tier
from partgen.task import Finished, Problem, Report, Task

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300.0
"""Seconds after which a set-up counts as hanging."""

SetUp = Callable[..., Task]


@pytest.fixture(scope="module")
def geometry(pip_settings: dict[str, str]) -> Settings:
    return Settings(tier=Tier.GEOMETRY, python=sys.executable, **pip_settings)


@pytest.fixture(scope="module")
def program(uv_wheel: Path, partgen_wheels: tuple[Path, Path]) -> SetUp:
    """Makes a task of one command of the set-up, as the add-on starts it."""

    def make(command: str, folder: Path, settings: Settings, wheel: Path = partgen_wheels[0]) -> Task:
        arguments = ["--folder", folder, "--settings", json.dumps(settings.to_json()), "--uv-wheel", uv_wheel, "--partgen-wheel", wheel]
        line = [sys.executable, "-s", "-B", "-m", "partgen.environment", command, "--json-lines", *map(str, arguments)]
        return Task(line, folder.parent / "set-up.log", {"PYTHONPATH": str(ROOT / "backend")}, name="The set-up")

    return make


def outcome(task: Task, reports: list[Report] | None = None) -> Finished | Problem:
    """Starts a task and waits for its last event."""
    task.start()
    limit = time.monotonic() + LIMIT
    while time.monotonic() < limit:
        for event in task.poll():
            if not isinstance(event, Report):
                task.join(LIMIT)
                return event
            if reports is not None:
                reports.append(event)
        time.sleep(0.01)
    task.cancel()
    raise AssertionError(f"not done within {LIMIT} s: {task.log_path.read_text('utf-8')}")


def result(task: Task) -> dict[str, Any]:
    """What a task achieved. Fails with the log where it did not."""
    event = outcome(task)
    if isinstance(event, Finished):
        return event.result
    log = Path(event.log_path).read_text("utf-8") if event.log_path else ""
    raise AssertionError(f"{event}\n{log}")


def uv_log(folder: Path) -> str:
    return (folder / "setup.log").read_text("utf-8")


def digest_of(folder: Path) -> str:
    """Changes when any file below a folder, or its time, does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns} {status.st_mode}\n".encode())
    return digest.hexdigest()


def take_apart(command: Sequence[str], folder: Path) -> list[dict[str, Any]]:
    """The parts of a lamp that the given `partgen` finds."""
    foot = trimesh.creation.cylinder(radius=1.0, height=0.2, sections=48)
    pole = trimesh.creation.cylinder(radius=0.08, height=3.0, sections=24)
    pole.apply_translation([0, 0, 1.6])
    shade = trimesh.creation.icosphere(subdivisions=3, radius=0.7)
    shade.apply_translation([0, 0, 3.6])
    shape = folder / "Lampe ü.ply"
    trimesh.util.concatenate([foot, pole, shade]).export(shape)
    done = subprocess.run([*command, str(shape), "-o", str(folder / "out"), "--parts", "3"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    parts: list[dict[str, Any]] = json.loads((folder / "out" / "parts.json").read_text("utf-8"))["parts"]
    return parts


def test_both_tiers_are_made_used_upgraded_and_removed(
    program: SetUp, geometry: Settings, partgen_wheels: tuple[Path, Path], tmp_path: Path
) -> None:
    """One environment through its life: Geometry, then AI on top of it, then a newer PartGen, then nothing."""
    folder = tmp_path / "Blender ü" / "environment"
    folder.parent.mkdir()
    reports: list[Report] = []
    finished = outcome(program("install", folder, geometry), reports)
    assert isinstance(finished, Finished), finished
    assert finished.result["parts"] >= 2
    assert "Python 3." in finished.result["sentence"]
    assert [report.fraction for report in reports] == sorted(report.fraction for report in reports)
    assert {report.step for report in reports} == set(range(1, 8))
    assert condition(folder, bundled=partgen_wheels[0].name).state == "ready"
    assert not (folder / "cache").exists()
    assert not list(folder.glob("venv/lib/python3.*/site-packages/torch"))
    command = backend_command(folder, "decompose")
    assert command is not None
    assert len(take_apart(command, tmp_path)) == 3

    ai = replace(geometry, tier=Tier.AI, torch_build="cpu")
    found = result(program("install", folder, ai))
    assert found["torch"] == "2.13.0+cpu"
    assert found["torch_device"] == "cpu"
    assert "Downloading scipy" not in uv_log(folder), "what was there already was downloaded again"

    began = time.monotonic()
    found = result(program("install", folder, ai, partgen_wheels[1]))
    assert found["partgen"] == "99.0"
    assert condition(folder, bundled=partgen_wheels[1].name).state == "ready"
    assert condition(folder, bundled=partgen_wheels[0].name).state == "outdated"
    assert "Downloading" not in uv_log(folder)
    assert uv_log(folder).count(" pip install ") == 1, "only PartGen itself has changed"
    assert time.monotonic() - began < 60.0

    found = result(program("check", folder, ai, partgen_wheels[1]))
    assert found["state"] == "ready"

    result(program("remove", folder, ai))
    assert not folder.exists()


@pytest.fixture(scope="module")
def made(program: SetUp, geometry: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete environment of the tier geometry. Whoever damages it repairs it."""
    folder = tmp_path_factory.mktemp("made") / "environment"
    result(program("install", folder, geometry))
    return folder


def test_a_deleted_and_a_changed_file_are_found_and_repaired(program: SetUp, geometry: Settings, made: Path) -> None:
    packages = next((made / "venv").glob("lib/python3.*/site-packages"))
    (packages / "trimesh" / "base.py").unlink()
    changed = packages / "networkx" / "__init__.py"
    content = changed.read_bytes()
    changed.unlink()  # it may have a second name in a cache
    changed.write_bytes(content.replace(b"import", b"impart"))
    problem = outcome(program("check", made, geometry))
    assert isinstance(problem, Problem)
    assert (problem.code, problem.action) == ("set_up.damaged", "repair")
    assert "trimesh" in problem.sentence
    assert "networkx" in problem.sentence
    assert "scipy" not in problem.sentence
    result(program("repair", made, geometry))
    assert changed.read_bytes() == content
    assert (packages / "trimesh" / "base.py").is_file()
    assert " + scipy" not in uv_log(made), "what was whole was installed again"


def test_an_upgrade_works_without_a_network_because_the_extension_brings_it(
    program: SetUp, geometry: Settings, made: Path, partgen_wheels: tuple[Path, Path]
) -> None:
    found = result(program("install", made, replace(geometry, online=False), partgen_wheels[1]))
    assert found["partgen"] == "99.0"
    result(program("install", made, geometry, partgen_wheels[0]))


def test_cancelled_and_killed_at_any_moment_it_goes_on_and_says_what_is_missing(program: SetUp, geometry: Settings, tmp_path: Path) -> None:
    """Ends the set-up in each of its steps, by Cancel and by SIGKILL in turn, and lets it come through at last."""
    folder = tmp_path / "environment"
    missing: list[tuple[str, ...]] = []
    # Step and seconds in it; packages are the long one. What an earlier run completed is passed by in no time.
    for number, (step, wait) in enumerate([(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0), (5, 0.1), (5, 0.5), (5, 1.0), (6, 0.0), (7, 0.3)]):
        task = program("install", folder, geometry)
        task.start()
        wait_for_step(task, step)
        time.sleep(wait)
        if number % 2:
            assert task._process is not None
            os.killpg(task._process.pid, signal.SIGKILL)
        else:
            began = time.monotonic()
            task.cancel()
            task.join(LIMIT)
            assert time.monotonic() - began < 1.0
        task.join(LIMIT)
        told = condition(folder)
        assert told.state == "incomplete", told
        assert all(title in told.sentence for title in told.missing)
        assert backend_command(folder) is None
        missing.append(told.missing)
    assert [len(titles) for titles in missing] == sorted((len(titles) for titles in missing), reverse=True), "something was lost"
    assert len(set(missing)) >= 4
    result(program("install", folder, geometry))
    assert condition(folder).state == "ready"
    assert sorted(path.name for path in folder.iterdir()) == ["environment.json", "setup.lock", "setup.log", "setup.log.old", "uv", "venv"]


def hears_interrupts() -> None:
    """As in a terminal, also where these tests themselves run in the background, which hears no Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_person_who_interrupts_it_in_a_terminal_ends_the_installer_too(
    geometry: Settings, tmp_path: Path, uv_wheel: Path, partgen_wheels: tuple[Path, Path], number: int
) -> None:
    folder = tmp_path / "environment"
    line = [sys.executable, "-m", "partgen.environment", "install", "--folder", str(folder), "--settings", json.dumps(geometry.to_json())]
    line += ["--uv-wheel", str(uv_wheel), "--partgen-wheel", str(partgen_wheels[0])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "backend")}
    program = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=hears_interrupts)
    assert program.stdout is not None
    for told in program.stdout:
        if "Install packages" in told:
            break
    time.sleep(0.3)
    program.send_signal(number)
    rest = program.stdout.read()
    assert program.wait(LIMIT) == 130
    assert "Cancelled." in rest
    assert "Traceback" not in rest
    assert condition(folder).state == "incomplete"
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder / "uv") not in processes


def wait_for_step(task: Task, step: int) -> None:
    limit = time.monotonic() + LIMIT
    while time.monotonic() < limit:
        for event in task.poll():
            assert isinstance(event, Report), event
            if event.step >= step:
                return
        time.sleep(0.002)
    raise AssertionError(f"step {step} never came")


def test_interrupted_while_it_copies_packages_nothing_is_believed_to_be_whole(program: SetUp, geometry: Settings, made: Path) -> None:
    """What is left when the power goes while uv copies the files of a package: some files, and the list that came with it."""
    packages = next((made / "venv").glob("lib/python3.*/site-packages"))
    info = next(packages.glob("trimesh-*.dist-info"))
    (info / "INSTALLER").unlink()
    record = info / "RECORD"
    lines = [line for line in record.read_text("utf-8").splitlines() if "INSTALLER" not in line]
    record.unlink()
    record.write_text("\n".join(lines) + "\n", "utf-8")
    shutil.rmtree(packages / "trimesh" / "voxel")
    before = read_record(made)
    assert before is not None
    replace(before, done={step: mark for step, mark in before.done.items() if step not in ("packages", "verify")}).write(made)
    result(program("install", made, geometry))
    assert (packages / "trimesh" / "voxel" / "base.py").is_file()


def test_built_on_blenders_python_it_changes_nothing_in_it(
    program: SetUp, geometry: Settings, tmp_path: Path, pip_settings: dict[str, str], uv_wheel: Path, partgen_wheels: tuple[Path, Path]
) -> None:
    """The last choice of Python: none is found, none can be brought, and the one that runs the set-up stands for Blender's."""
    blender = tmp_path / "Blender 5" / "python"
    copy_of_this_python(blender)
    executable = blender / "bin" / f"python3.{sys.version_info[1]}"
    before = digest_of(blender)
    folder = tmp_path / "environment"
    nowhere = {"PATH": str(tmp_path / "nothing"), "PYTHONPATH": str(ROOT / "backend"), "HTTPS_PROXY": "http://127.0.0.1:9"}
    nowhere |= {"NO_PROXY": "pypi.org,files.pythonhosted.org,127.0.0.1,localhost"}
    settings = Settings(tier=Tier.GEOMETRY, **pip_settings)
    line = [executable, "-s", "-B", "-m", "partgen.environment", "install", "--json-lines", "--folder", folder]
    line += ["--settings", json.dumps(settings.to_json()), "--uv-wheel", uv_wheel, "--partgen-wheel", partgen_wheels[0]]
    found = result(Task([str(word) for word in line], tmp_path / "set-up.log", nowhere))
    assert found["python"]["kind"] == "blender"
    assert "Blender's own" in found["sentence"]
    assert found["notes"], "why it is not a Python of its own"
    command = backend_command(folder, "decompose")
    assert command is not None
    assert len(take_apart(command, tmp_path)) == 3
    assert digest_of(blender) == before


def test_a_python_that_the_installer_brought_is_preferred_to_those_of_the_computer(
    program: SetUp, tmp_path: Path, index: LocalIndex
) -> None:
    """Its archives cannot be had everywhere where tests run: here it lies where an earlier set-up put it."""
    if not sys.version.startswith(f"{supported_pythons()[0]}."):
        pytest.skip(f"the set-up brings Python {supported_pythons()[0]}, and this is {sys.version.split()[0]}")
    folder = tmp_path / "Blender ü" / "environment"
    folder.mkdir(parents=True)
    Record().write(folder)
    system = {"linux": "linux-x86_64-gnu", "darwin": "macos-aarch64-none"}[sys.platform]
    copy_of_this_python(folder / "python" / f"cpython-{sys.version.split()[0]}-{system}")
    problem = outcome(program("install", folder, Settings(index_url=index.url())))
    assert isinstance(problem, Problem)
    assert problem.code == "set_up.package_missing", "this index has nothing; by then the Python is chosen"
    record = read_record(folder)
    assert record is not None
    assert record.python["kind"] == "managed"
    assert Path(record.python["path"]).is_relative_to(folder)
    assert sys.version.startswith(record.python["version"])


def copy_of_this_python(folder: Path) -> None:
    """This machine's Python without packages and compiled modules: what Blender brings looks like that."""
    base = Path(sys.base_prefix)
    library = f"python3.{sys.version_info[1]}"
    ignored = shutil.ignore_patterns("__pycache__", "site-packages", "test", "*.a", "config-*", "idlelib", "ensurepip")
    shutil.copytree(base / "lib" / library, folder / "lib" / library, ignore=ignored)
    (folder / "lib" / library / "site-packages").mkdir()
    (folder / "bin").mkdir()
    shutil.copy2(Path(sys._base_executable).resolve(), folder / "bin" / library)
    (folder / "bin" / "python3").symlink_to(library)
    (folder / "bin" / "python").symlink_to(library)
    for shared in (base / "lib").glob("libpython3*.so*"):
        shutil.copy2(shared, folder / "lib", follow_symlinks=False)


def test_two_blenders_do_not_work_on_one_environment(program: SetUp, geometry: Settings, made: Path) -> None:
    first = program("repair", made, geometry)
    first.start()
    limit = time.monotonic() + LIMIT
    while not first.poll():
        assert time.monotonic() < limit
        time.sleep(0.01)
    second = outcome(program("install", made, geometry))
    assert isinstance(second, Problem)
    assert second.code == "set_up.busy"
    limit = time.monotonic() + LIMIT
    while first.is_running:
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert isinstance(first.poll()[-1], Finished)
    assert python_program(made).is_file()


def test_too_little_space_is_refused_before_anything_is_downloaded(program: SetUp, geometry: Settings, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        sys.platform != "linux"
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk], capture_output=True).returncode
    ):
        pytest.skip("mounting a disk takes root on Linux")
    try:
        problem = outcome(program("install", disk / "environment", geometry))
        assert isinstance(problem, Problem)
        assert problem.code == "set_up.disk_full"
        assert "MB" in problem.sentence
        assert not (disk / "environment" / "uv").exists()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_folder_with_something_else_in_it_is_left_alone(program: SetUp, geometry: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    (folder / "holiday.png").write_bytes(b"precious")
    for command in ("install", "repair", "remove"):
        problem = outcome(program(command, folder, geometry))
        assert isinstance(problem, Problem)
        assert problem.code == "set_up.foreign_folder"
    assert [path.name for path in folder.iterdir()] == ["holiday.png"]
