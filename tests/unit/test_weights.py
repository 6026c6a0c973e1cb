"""What models there are is data that an artist, the add-on and the command line can trust."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from partgen.errors import PartgenError
from partgen.weights import registry
from partgen.weights.registry import (
    ENTRIES,
    USABLE,
    Entry,
    Kind,
    SourceFile,
    State,
    condition,
    entry,
    in_megabytes,
    models_folder,
    read_record,
    write_record,
)


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.id)
def test_every_entry_says_what_an_artist_must_know(one: registry.Entry) -> None:
    assert one.title
    assert one.purpose.endswith(".")
    assert len(one.purpose) <= 130, "one line in a list"
    assert re.fullmatch(r"[a-z0-9.-]+", one.id), "a folder's name everywhere"
    assert one.licence.name
    assert one.licence.url.startswith("https://")
    assert one.licence.is_verified or one.licence.note, "what was not verified is told"
    assert one.kind is Kind.BUNDLED or one.page == f"https://huggingface.co/{one.repository}"
    assert re.fullmatch(r"[0-9a-f]{40}|main", one.revision)
    assert one.size > 0
    for file in one.files:
        assert re.fullmatch(r"[0-9a-f]{64}|", file.sha256)
        assert not file.path.startswith("/")
        assert ".." not in file.path
    pickles = [file.path for file in one.files if file.path.endswith((".ckpt", ".pth", ".pt", ".bin"))]
    assert pickles == ([one.pickled] if one.pickled else []), "whatever may hold a program is converted"


@pytest.mark.parametrize("one", [one for one in ENTRIES if one.kind is Kind.BUNDLED], ids=lambda one: one.id)
def test_the_registry_tells_the_sizes_of_what_is_bundled(one: Entry) -> None:
    folder = registry.BUNDLED_FOLDER / one.id
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert {file.path: file.size for file in one.files} == sizes, f"write these sizes into the entry {one.id} of weights/registry.py"


def test_ids_are_used_once() -> None:
    assert len({one.id for one in ENTRIES}) == len(ENTRIES)


def test_the_official_weights_are_listed_with_their_terms() -> None:
    assert entry("partfield").licence.forbids_commercial_use
    assert entry("partfield").repository == "mikaelaangel/partfield-ckpt"
    assert entry("holopart").repository == "VAST-AI/HoloPart"
    assert "European Union" in entry("holopart").licence.note
    assert entry("sampart3d").licence.name == "MIT"
    assert not any(one.licence.forbids_commercial_use for one in ENTRIES if one.id != "partfield")


def test_an_unknown_id_is_answered_with_those_that_exist() -> None:
    with pytest.raises(PartgenError) as caught:
        entry("partfeld")
    assert caught.value.code == "weights.unknown"
    assert "partfield" in caught.value.remedy


def test_the_registry_needs_nothing_but_the_standard_library() -> None:
    program = "import sys; import partgen.weights.registry, partgen.weights.command; print(*sys.modules, sep='\\n')"
    environment = {"PYTHONPATH": str(package_folder())}
    result = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    packages = {name.split(".")[0] for name in result.stdout.split()}
    assert packages <= {*sys.stdlib_module_names, "partgen", "__main__"}


def package_folder() -> Path:
    return Path(registry.__file__).parents[2]


def test_conditions_are_told_while_a_panel_is_drawn(tmp_path: Path) -> None:
    for one in ENTRIES:
        home = tmp_path / one.id
        for file in one.files:
            (home / file.path).parent.mkdir(parents=True, exist_ok=True)
            (home / file.path).write_bytes(b"1234")
        write_record(home, {"files": {file.path: {"size": 4, "sha256": ""} for file in one.files}})
    times = []
    for _ in range(5):
        start = time.thread_time()
        states = [condition(one, tmp_path).state for one in ENTRIES]
        times.append((time.thread_time() - start) / len(ENTRIES))
    assert set(states) <= {State.PRESENT, State.CONVERTED, State.BUNDLED}
    assert min(times) < 0.001


def test_every_state_has_its_sentence(tmp_path: Path) -> None:
    small = replace(entry("slimsam"), files=(SourceFile("config.json", 4), SourceFile("model.safetensors", 8)))
    home = tmp_path / small.id
    assert condition(small, tmp_path).state is State.ABSENT
    home.mkdir()
    (home / "model.safetensors.0123.partial").write_bytes(b"123")
    now = condition(small, tmp_path)
    assert (now.state, now.bytes_on_disk) == (State.PARTIAL, 3)
    (home / "model.safetensors.0123.partial").unlink()
    (home / "config.json").write_bytes(b"1234")
    (home / "model.safetensors").write_bytes(b"12345678")
    files = {"config.json": {"size": 4}, "model.safetensors": {"size": 8}}
    write_record(home, {"files": files})
    assert condition(small, tmp_path).state is State.PRESENT
    write_record(home, {"files": files, "source": "file", "original": {"name": "mine"}})
    assert condition(small, tmp_path).state is State.REPLACED
    write_record(home, {"files": files, "damaged": "config.json was changed."})
    assert condition(small, tmp_path).state is State.DAMAGED
    (home / "model.safetensors").write_bytes(b"1")
    write_record(home, {"files": files})
    assert condition(small, tmp_path).sentence == "model.safetensors has 1 bytes instead of 8."
    for state in State:
        assert (state in USABLE) == (state in ("present", "converted", "replaced", "bundled"))


def test_weights_in_the_package_are_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BUNDLED_FOLDER", tmp_path / "bundled")
    ours = replace(entry("slimsam"), id="ours", kind=Kind.BUNDLED, files=(SourceFile("weights.safetensors", 4),))
    assert condition(ours, tmp_path).state is State.DAMAGED
    (tmp_path / "bundled" / "ours").mkdir(parents=True)
    (tmp_path / "bundled" / "ours" / "weights.safetensors").write_bytes(b"1234")
    assert condition(ours, tmp_path).state is State.BUNDLED


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 99, "files": {}}', b'{"version": 1, "files": []}', b"\xff\xfe"])
def test_a_broken_record_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "slimsam").mkdir()
    (tmp_path / "slimsam" / "weights.json").write_bytes(content)
    assert read_record(tmp_path / "slimsam") == {}
    assert condition(entry("slimsam"), tmp_path).state is State.ABSENT


def test_the_models_folder_is_the_chosen_one_then_the_environments_then_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_MODELS", str(tmp_path / "from environment"))
    assert models_folder(tmp_path / "chosen") == tmp_path / "chosen"
    assert models_folder() == tmp_path / "from environment"
    monkeypatch.delenv("PARTGEN_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert models_folder() == tmp_path / "partgen" / "models"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert models_folder() == tmp_path / "Local" / "partgen" / "models"


def test_sizes_are_said_as_one_says_them() -> None:
    assert [in_megabytes(size) for size in (0, 1, 1499, 38_900_000, 3_830_000_000)] == ["0 kB", "1 kB", "1 kB", "39 MB", "3.8 GB"]


# The command


def partgen(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "partgen", "models", *arguments, "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.PIPE, timeout=120)


def test_the_list_names_every_model_with_its_licence_and_state(tmp_path: Path) -> None:
    result = partgen("list", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    for one in ENTRIES:
        assert one.id in result.stdout
        assert one.licence.url in result.stdout
    assert "forbids commercial use" in result.stdout
    assert "not here" in result.stdout


def test_the_list_for_programs_is_one_object(tmp_path: Path) -> None:
    lines = partgen("list", "--json-lines", folder=tmp_path).stdout.splitlines()
    told = json.loads(lines[0])
    assert len(lines) == 1
    assert told["event"] == "finished"
    assert [one["id"] for one in told["result"]["models"]] == [one.id for one in ENTRIES]
    assert {one["state"] for one in told["result"]["models"]} == {"absent", "bundled"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["download", "nothing"], "weights.unknown"),
        (["download", "partfield"], "weights.licence"),
        (["download", "slimsam", "--offline"], "weights.offline"),
        (["verify", "slimsam"], "weights.absent"),
        (["use", "partfield", "nowhere.ckpt", "--accept-licence"], "weights.unreadable"),
    ],
)
def test_what_fails_says_why_and_exits_with_one(tmp_path: Path, arguments: list[str], code: str) -> None:
    result = partgen(*arguments, "--json-lines", folder=tmp_path)
    assert result.returncode == 1
    told = json.loads(result.stdout.splitlines()[-1])
    assert (told["event"], told["code"]) == ("problem", code)


def test_people_read_the_licence_before_the_refusal(tmp_path: Path) -> None:
    result = partgen("download", "partfield", folder=tmp_path)
    assert result.returncode == 1
    assert "NVIDIA License" in result.stdout
    assert "--accept-licence" in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_here_verifies_and_deletes_in_peace(tmp_path: Path) -> None:
    assert partgen("verify", folder=tmp_path).stdout == "No model is here.\n"
    assert partgen("delete", "slimsam", folder=tmp_path).stdout == "SlimSAM is not here.\n"


def test_help_teaches() -> None:
    for arguments in ([], ["download"], ["use"], ["verify"], ["delete"], ["list"]):
        result = subprocess.run([sys.executable, "-m", "partgen", "models", *arguments, "--help"], capture_output=True, text=True)
        assert result.returncode == 0
        assert "PARTGEN_MODELS" in result.stdout
