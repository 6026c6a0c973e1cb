"""Models: what each is for, what its licence forbids, and whether it is here; fetched only after that was shown."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.partgen_blender import backend, messages, preferences, setup, watch
from bl_ext.user_default.partgen_blender.models import catalog
from conftest import MODULE, ROOT
from drawing import drawn_preferences
from partgen.errors import Action
from partgen.weights import registry

FORBIDDEN = next(entry for entry in registry.ENTRIES if entry.licence.forbids_commercial_use)
DOWNLOADS = [entry for entry in registry.ENTRIES if entry.kind is registry.Kind.DOWNLOAD]
FREE = next(entry for entry in DOWNLOADS if not entry.licence.forbids_commercial_use)


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for models, and a backend that has `partgen models`."""
    folder = tmp_path / "Modelle für Teile"
    preferences.get().models_folder = str(folder)
    monkeypatch.setenv("PARTGEN_BACKEND", f'"{ROOT}/.venv/bin/partgen" serve')
    messages.shown.clear()
    yield folder
    watch.cancel_all(wait=10)
    preferences.get().property_unset("models_folder")
    messages.shown.clear()
    messages.take_unreported()


def patient_program(monkeypatch: pytest.MonkeyPatch, seconds: float = 60.0) -> None:
    """A download that takes its time."""
    script = textwrap.dedent(f"""
        import json, time
        print(json.dumps(dict(event="report", fraction=0.25, stage="Download", detail="311 of 1244 MB")), flush=True)
        time.sleep({seconds})
        print(json.dumps(dict(event="finished", result={{}})))
    """)
    monkeypatch.setattr(backend, "models_command", lambda arguments: [sys.executable, "-c", script])


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        watch.pump()
        time.sleep(0.02)


def test_the_list_tells_purpose_licence_size_and_state_of_every_model() -> None:
    text = drawn_preferences(MODULE).text
    for entry in registry.ENTRIES:
        for words in (entry.title, entry.purpose, entry.licence.name):
            assert words in text
        if entry in DOWNLOADS:
            assert registry.in_megabytes(entry.size) in text
        assert catalog.condition(entry).sentence in text
    assert text.count("no commercial use") == sum(entry.licence.forbids_commercial_use for entry in registry.ENTRIES)


def test_a_licence_that_was_not_seen_for_the_weights_themselves_says_so() -> None:
    doubtful = next(entry for entry in registry.ENTRIES if not entry.licence.is_verified)
    assert f"{doubtful.licence.name} · no commercial use · to be checked by you" in drawn_preferences(MODULE).text
    assert drawn_preferences(MODULE).text.count("to be checked by you") == sum(not one.licence.is_verified for one in registry.ENTRIES)


def test_every_role_has_a_place_in_the_list() -> None:
    assert set(catalog.ROLES) == set(registry.Role)


def test_a_model_that_forbids_commercial_use_is_not_fetched_before_that_was_confirmed(tmp_path: Path) -> None:
    for call in (
        lambda: bpy.ops.partgen.download_model(identifier=FORBIDDEN.id),
        lambda: bpy.ops.partgen.use_model_file(identifier=FORBIDDEN.id, filepath=str(tmp_path / "model.ckpt")),
    ):
        with pytest.raises(RuntimeError, match="forbids commercial use"):
            call()
    assert not watch.running_keys()


def test_without_online_access_a_download_fails_with_the_button_that_leads_to_it() -> None:
    assert not bpy.app.online_access
    assert bpy.ops.partgen.download_model(identifier=FREE.id) == {"FINISHED"}
    assert watch.finish(60)
    (message,) = messages.shown
    assert message.action is Action.ALLOW_ONLINE, message


def test_a_download_shows_progress_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    patient_program(monkeypatch)
    bpy.ops.partgen.download_model(identifier=FORBIDDEN.id, licence_accepted=True)
    until(lambda: catalog.at_work(FORBIDDEN.id).report.fraction > 0)
    notes = drawn_preferences(MODULE)
    assert "25%, 311 of 1244 MB" in notes.text
    assert "partgen.cancel_model" in notes.operators
    began = time.thread_time()  # the clock of a busy computer is no measure of Blender's work
    assert bpy.ops.partgen.cancel_model(identifier=FORBIDDEN.id) == {"FINISHED"}
    assert time.thread_time() - began < 0.05
    assert not messages.shown
    assert "partgen.cancel_model" not in drawn_preferences(MODULE).operators


def test_several_models_are_fetched_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    patient_program(monkeypatch, seconds=0.1)
    for entry in (FORBIDDEN, FREE):
        bpy.ops.partgen.download_model(identifier=entry.id, licence_accepted=True)
    assert len(watch.running_keys()) == 2
    assert watch.finish(30)
    assert len(messages.take_unreported()) == 2


def test_a_file_that_is_no_model_is_refused_with_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "model.ckpt"
    file.write_bytes(b"no checkpoint")
    assert bpy.ops.partgen.use_model_file(identifier=FORBIDDEN.id, filepath=str(file), licence_accepted=True) == {"FINISHED"}
    assert watch.finish(120)
    (message,) = messages.shown
    assert message.level == "ERROR"
    assert message.action is not Action.NONE
    assert "Traceback" not in message.sentence


def test_deleting_what_is_half_here_removes_it(models_folder: Path) -> None:
    partial = models_folder / FREE.id / "original" / "model.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"0" * 1000)
    notes = drawn_preferences(MODULE)
    assert "Continue" in notes.text
    assert "partgen.delete_model" in notes.operators
    assert bpy.ops.partgen.delete_model(identifier=FREE.id) == {"FINISHED"}
    assert watch.finish(60)
    assert not partial.exists(), messages.shown


def test_where_the_environment_has_no_torch_the_list_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "is_geometry_only", lambda: True)
    notes = drawn_preferences(MODULE)
    assert "Models need the tier AI" in notes.text
    assert "partgen.set_up" in notes.operators
    assert "partgen.download_model" in notes.disabled


def test_models_of_a_backend_on_another_computer_are_not_taken_for_those_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_BACKEND", "ssh -T ada@farm partgen serve")
    notes = drawn_preferences(MODULE)
    assert "The backend works on ada@farm" in notes.text
    assert "partgen.download_model" in notes.disabled


def test_without_a_backend_the_list_says_what_to_do(no_backend: Path) -> None:
    notes = drawn_preferences(MODULE)
    assert "Models need the backend" in notes.text
    assert "partgen.download_model" in notes.disabled


def test_the_backend_looks_for_models_in_the_chosen_folder(models_folder: Path) -> None:
    backend.stop(wait=10)
    assert backend.client().environment["PARTGEN_MODELS"] == str(models_folder)


def test_a_backend_that_is_not_running_looks_where_the_preferences_say_now(models_folder: Path) -> None:
    backend.stop(wait=10)
    backend.client()
    preferences.get().models_folder = str(models_folder / "elsewhere")
    assert backend.client().environment["PARTGEN_MODELS"] == str(models_folder / "elsewhere")


def test_models_come_from_the_chosen_hub_with_the_chosen_token() -> None:
    chosen = preferences.get()
    chosen.hub_endpoint, chosen.hub_token = "https://hub.studio", "secret"
    try:
        assert {"HF_ENDPOINT": "https://hub.studio", "HF_TOKEN": "secret"}.items() <= backend.models_environment().items()
    finally:
        chosen.property_unset("hub_endpoint")
        chosen.property_unset("hub_token")
    assert not {"HF_ENDPOINT", "HF_TOKEN"} & set(backend.models_environment())
