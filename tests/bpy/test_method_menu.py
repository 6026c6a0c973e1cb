"""The menu of methods: what each needs and whether that is here, with licence and size, before anything is tried or fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from bl_ext.user_default.partgen_blender import backend, messages, method_menu, methods, preferences, properties, setup
from bl_ext.user_default.partgen_blender.models import catalog
from conftest import ROOT
from drawing import drawn
from partgen.errors import Action
from partgen.segmentation import METHODS as OF_THE_BACKEND
from partgen.weights import registry

LEARNED, PARTFIELD = methods.method_of("superfaces"), methods.method_of("partfield")


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for models, and a backend that is found but not started."""
    preferences.get().models_folder = str(tmp_path)
    monkeypatch.setenv("PARTGEN_BACKEND", f'"{ROOT}/.venv/bin/partgen" serve')
    messages.shown.clear()
    yield tmp_path
    preferences.get().property_unset("models_folder")


def have(folder: Path, entry: registry.Entry) -> None:
    """Puts what looks like downloaded and converted weights into the folder of models."""
    home = folder / entry.id
    home.mkdir(parents=True)
    (home / registry.CONVERTED).write_bytes(b"weights")
    registry.write_record(home, {"files": {registry.CONVERTED: {"size": 7}}})


def test_every_method_is_listed_with_what_it_does_its_tier_its_weights_size_and_licence() -> None:
    text = drawn("PARTGEN_PT_method_menu").text
    for method in methods.METHODS:
        assert method.name in text
        assert method.description in text
        if method.id != "auto":
            assert f"Tier {method.tier}" in text
        if method.weights:
            entry = registry.entry(method.weights)
            assert entry.licence.name in text
            assert catalog.condition(entry).sentence in text
    forbidding = [m for m in methods.METHODS if m.weights and registry.entry(m.weights).licence.forbids_commercial_use]
    assert text.count("no commercial use") == len(forbidding) > 0


@pytest.mark.parametrize("menu", ["PARTGEN_PT_method_menu", "PARTGEN_PT_completion_methods", "PARTGEN_PT_editing_methods"])
def test_a_menu_fits_above_or_below_its_button_wherever_that_is_in_a_window_of_a_thousand_pixels(
    menu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "is_geometry_only", lambda: True)  # there is most to say then
    notes = drawn(menu)
    names = sum(text.startswith("Tier ") or not text for text in notes.texts)  # in one row with its name and its button
    lines = len(notes.texts) - 2 * names - len(notes.operators)
    assert names >= 4
    assert 20 + 35 * names + 16 * lines < 490  # pixels at scale 1, as measured in a window


def test_a_download_is_offered_where_it_is_missing_and_not_where_it_is_here(models_folder: Path) -> None:
    entry = registry.entry(PARTFIELD.weights)
    notes = drawn("PARTGEN_PT_method_menu")
    assert f"Download ({registry.in_megabytes(entry.size)})…" in notes.texts
    assert not method_menu.readiness(PARTFIELD).is_ready
    have(models_folder, entry)
    notes = drawn("PARTGEN_PT_method_menu")
    assert "partgen.download_model" not in notes.operators
    assert method_menu.readiness(PARTFIELD).is_ready
    assert "Ready" in method_menu.readiness(PARTFIELD).sentence


def test_the_panel_says_what_the_chosen_method_lacks_and_nothing_where_it_lacks_nothing(models_folder: Path) -> None:
    assert "partgen.download_model" not in drawn("PARTGEN_PT_decompose").operators
    bpy.context.scene.partgen.method = "partfield"
    notes = drawn("PARTGEN_PT_decompose")
    assert "PartField" in notes.texts
    assert "PartField: Not here." in notes.text
    assert "partgen.download_model" in notes.operators
    have(models_folder, registry.entry("partfield"))
    notes = drawn("PARTGEN_PT_decompose")
    assert "Not here" not in notes.text


def test_without_pytorch_it_is_the_set_up_that_is_offered_with_the_download_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "is_geometry_only", lambda: True)
    now = method_menu.readiness(PARTFIELD)
    assert not now.is_ready
    assert "Needs the tier AI" in now.sentence
    assert "then 1.2 GB to download" in now.sentence
    assert now.action is Action.SET_UP
    assert method_menu.readiness(methods.method_of("geometric")).is_ready


def test_without_a_backend_every_method_needs_the_set_up(no_backend: Path) -> None:
    for method in methods.METHODS:
        now = method_menu.readiness(method)
        assert not now.is_ready
        assert f"the tier {method.tier}" in now.sentence


def test_a_backend_that_lacks_a_method_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "greeting", lambda: SimpleNamespace(methods=("auto", "geometric")))
    now = method_menu.readiness(PARTFIELD)
    assert not now.is_ready
    assert "older than the add-on" in now.sentence
    assert now.action is Action.REPAIR


def test_what_is_on_another_computer_is_not_judged_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_BACKEND", "ssh -T ada@farm partgen serve")
    now = method_menu.readiness(PARTFIELD)
    assert now.is_ready
    assert "ada@farm" in now.sentence


def test_the_learned_method_comes_with_partgen_and_needs_no_download() -> None:
    now = method_menu.readiness(LEARNED)
    assert now.is_ready
    assert now.sentence == "Comes with PartGen."
    assert now.download is None
    assert LEARNED.tier == methods.GEOMETRY


def test_damaged_weights_that_come_with_partgen_are_not_offered_as_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BUNDLED_FOLDER", tmp_path)
    bpy.context.scene.partgen.method = LEARNED.id
    now = method_menu.readiness(LEARNED)
    assert not now.is_ready
    assert "Install PartGen again." in now.sentence
    notes = drawn("PARTGEN_PT_decompose")
    assert f"{LEARNED.name}: {now.sentence}" in notes.text
    assert "partgen.download_model" not in notes.operators


def test_the_table_holds_what_the_backend_has_and_what_is_registered() -> None:
    assert {method.id for method in methods.METHODS} <= set(OF_THE_BACKEND)
    assert len({method.number for method in methods.METHODS}) == len(methods.METHODS)
    assert [item[0] for item in properties.METHODS] == [method.id for method in methods.METHODS]
    for method in methods.METHODS:
        if method.weights:
            assert registry.entry(method.weights).method == method.id
    assert methods.name_of("partfield") == "PartField"
    assert methods.name_of("something newer") == "something newer"
