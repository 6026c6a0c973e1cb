"""A backend that the user installed is found, also by a Blender that was started from a menu, with a short path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bl_ext.user_default.partgen_blender import backend, preferences
from bl_ext.user_default.partgen_blender.installed_backends import installed_backend, program_folders
from partgen.errors import Action, PartgenError


def put_program(folder: Path, name: str = "partgen") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        (".local/bin", {}),
        (".local/share/pipx/venvs/partgen/bin", {}),
        (".local/pipx/venvs/partgen/bin", {}),
        (".local/share/uv/tools/partgen/bin", {}),
        ("my bin", {"PIPX_BIN_DIR": "my bin"}),
        ("my bin", {"UV_TOOL_BIN_DIR": "my bin"}),
        ("my bin", {"XDG_BIN_HOME": "my bin"}),
        ("data/bin", {"XDG_DATA_HOME": "data/share"}),
        ("data/uv/tools/partgen/bin", {"XDG_DATA_HOME": "data"}),
        ("boxes/venvs/partgen/bin", {"PIPX_HOME": "boxes"}),
        ("tools/partgen/bin", {"UV_TOOL_DIR": "tools"}),
    ],
)
def test_programs_of_pipx_and_uv_are_found(tmp_path: Path, place: str, variables: dict[str, str]) -> None:
    program = put_program(tmp_path / place)
    environment = {name: str(tmp_path / value) for name, value in variables.items()}
    assert installed_backend(environment, tmp_path) == [str(program), "serve"]


def test_the_path_comes_first(tmp_path: Path) -> None:
    put_program(tmp_path / ".local" / "bin")
    program = put_program(tmp_path / "on the path")
    assert installed_backend({"PATH": str(program.parent)}, tmp_path) == [str(program), "serve"]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    if any((folder / "partgen").exists() for folder in (Path("/usr/local/bin"), Path("/opt/homebrew/bin"))):
        pytest.skip("this computer has a partgen for all users")
    assert installed_backend({"PATH": str(tmp_path)}, tmp_path) is None


def test_windows_has_its_own_places() -> None:
    environment = {"APPDATA": "C:/Users/Ada/AppData/Roaming", "LOCALAPPDATA": "C:/Users/Ada/AppData/Local"}
    folders = [folder.as_posix() for folder in program_folders(environment, Path("C:/Users/Ada"), "win32")]
    assert "C:/Users/Ada/.local/bin" in folders
    assert "C:/Users/Ada/pipx/venvs/partgen/Scripts" in folders
    assert "C:/Users/Ada/AppData/Roaming/uv/data/tools/partgen/Scripts" in folders
    assert not any("homebrew" in folder for folder in folders)


def test_preference_comes_before_variable_before_what_is_found(no_backend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = put_program(no_backend / ".local" / "bin")
    assert backend.command() == [str(program), "serve"]
    monkeypatch.setenv("PARTGEN_BACKEND", "of-the-variable serve")
    assert backend.command() == ["of-the-variable", "serve"]
    preferences.get().backend_command = "ssh host partgen serve"
    try:
        assert backend.command() == ["ssh", "host", "partgen", "serve"]
        assert backend.models_command(["list"]) == ["ssh", "host", "partgen", "models", "list"]
    finally:
        preferences.get().backend_command = ""


def test_models_of_a_command_that_is_not_partgens_are_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_BACKEND", os.fspath("/opt/run-partgen.sh"))
    with pytest.raises(PartgenError, match="not one of partgen") as caught:
        backend.models_command(["list"])
    assert caught.value.action is Action.OPEN_PREFERENCES
