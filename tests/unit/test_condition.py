"""What the panel is told about the environment: in milliseconds, and right also after an interruption."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from partgen.environment.condition import (
    RECORD,
    Record,
    backend_command,
    condition,
    is_ours,
    package_folder,
    programs_folder,
    python_program,
    read_record,
)

COMPLETE = Record(
    digest="abc",
    bundled="partgen-1.whl",
    tier="geometry",
    steps={"uv": "Unpack", "packages": "Packages"},
    done={"uv": "1", "packages": "2"},
)


def environment(folder: Path, record: Record = COMPLETE) -> Path:
    """An environment as it looks to somebody who does not start anything."""
    programs_folder(folder).mkdir(parents=True)
    python_program(folder).touch()
    packages = folder / "venv" / ("Lib" if os.name == "nt" else "lib/python3.13") / "site-packages"
    (packages / "partgen").mkdir(parents=True)
    replace(record, location=str(folder)).write(folder)
    return folder


@pytest.mark.parametrize("name", ["plain", "with spaces", "Fünf Äpfel 模型"])
def test_a_complete_environment_is_ready_and_says_how_to_start_the_backend(tmp_path: Path, name: str) -> None:
    folder = environment(tmp_path / name)
    assert condition(folder).state == "ready"
    assert condition(folder, "abc", "partgen-1.whl").state == "ready"
    command = backend_command(folder)
    assert command is not None
    assert command[0] == str(python_program(folder))
    assert command[-3:] == ["-m", "partgen", "serve"]
    assert (backend_command(folder, "models", "list") or [])[-4:] == ["-m", "partgen", "models", "list"]


def test_the_backend_is_not_led_astray_by_what_blender_was_started_with(tmp_path: Path) -> None:
    assert "-I" in (backend_command(environment(tmp_path / "e")) or [])


def test_built_on_blenders_python_it_keeps_compiled_modules_to_itself(tmp_path: Path) -> None:
    built_on_blender = environment(tmp_path / "e", replace(COMPLETE, python={"kind": "blender"}))
    assert f"pycache_prefix={built_on_blender / 'bytecode'}" in (backend_command(built_on_blender) or [])


def test_without_a_folder_it_is_absent(tmp_path: Path) -> None:
    assert condition(tmp_path / "nothing").state == "absent"
    assert condition(tmp_path).state == "absent"
    assert backend_command(tmp_path) is None


def test_an_interrupted_set_up_says_what_is_missing(tmp_path: Path) -> None:
    folder = environment(tmp_path / "e", replace(COMPLETE, done={"uv": "1"}))
    told = condition(folder, "abc")
    assert (told.state, told.missing) == ("incomplete", ("Packages",))
    assert "Packages" in told.sentence
    assert backend_command(folder) is None


@pytest.mark.parametrize(("digest", "bundled"), [("other", ""), ("", "partgen-2.whl"), ("other", "partgen-1.whl")])
def test_after_an_upgrade_of_the_extension_it_is_outdated_and_still_works(tmp_path: Path, digest: str, bundled: str) -> None:
    folder = environment(tmp_path / "e")
    told = condition(folder, digest, bundled)
    assert told.state == "outdated"
    assert told.is_usable
    assert backend_command(folder) is not None


def test_deleted_packages_are_noticed(tmp_path: Path) -> None:
    folder = environment(tmp_path / "e")
    packages = package_folder(folder)
    assert packages is not None
    shutil.rmtree(packages)
    assert condition(folder).state == "broken"
    assert "packages" in condition(folder).sentence
    assert backend_command(folder) is None


def test_a_copy_of_an_environment_is_noticed_and_a_link_to_its_parent_is_not(tmp_path: Path) -> None:
    folder = environment(tmp_path / "5.1" / "e")
    shutil.copytree(tmp_path / "5.1", tmp_path / "5.2")
    assert condition(tmp_path / "5.2" / "e").state == "broken"
    assert "copied" in condition(tmp_path / "5.2" / "e").sentence
    (tmp_path / "linked").symlink_to(tmp_path / "5.1")
    assert condition(tmp_path / "linked" / "e").state == "ready"
    folder.rename(tmp_path / "moved")
    assert condition(tmp_path / "moved").state == "broken"


def test_a_link_to_a_python_that_is_gone_is_noticed(tmp_path: Path) -> None:
    folder = environment(tmp_path / "e")
    python_program(folder).unlink()
    python_program(folder).symlink_to(tmp_path / "uninstalled")
    assert condition(folder).state == "broken"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"kind": "a game"}', '{"kind": 3}'])
def test_what_is_not_ours_is_never_taken_for_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / RECORD).write_text(content)
    assert condition(tmp_path).state == "absent"
    assert not is_ours(tmp_path)


def test_a_link_to_an_environment_is_not_ours_to_remove(tmp_path: Path) -> None:
    folder = environment(tmp_path / "e")
    (tmp_path / "link").symlink_to(folder)
    assert is_ours(folder)
    assert not is_ours(tmp_path / "link")


def test_a_record_of_a_version_to_come_is_ours_and_not_used(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(json.dumps({"kind": "PartGen environment", "format": 99}))
    assert is_ours(tmp_path)
    assert condition(tmp_path).state == "broken"
    assert backend_command(tmp_path) is None


def test_a_record_survives_writing_and_reading(tmp_path: Path) -> None:
    COMPLETE.write(tmp_path)
    assert read_record(tmp_path) == COMPLETE
    assert [file.name for file in tmp_path.iterdir()] == [RECORD]


def test_the_panel_does_not_wait_for_it(tmp_path: Path) -> None:
    folder = environment(tmp_path / "e")
    condition(folder)
    times = []
    for _ in range(50):
        before = time.thread_time()
        condition(folder, "abc")
        times.append(time.thread_time() - before)
    assert sorted(times)[25] < 0.005


def test_windows_keeps_its_programs_elsewhere() -> None:
    folder = Path("e")
    assert python_program(folder, "win32") == folder / "venv" / "Scripts" / "python.exe"
    assert python_program(folder, "linux") == folder / "venv" / "bin" / "python"
