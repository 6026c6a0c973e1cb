"""Every error brings its button, and every button can be pressed."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import actions, backend, build_parts, messages, preferences, setup, stored_features, watch
from bl_ext.user_default.partgen_blender.explore.operators import PARTGEN_OT_explore
from conftest import MODULE
from drawing import drawn, drawn_preferences
from partgen.errors import Action, PartgenError

ACTIONS = [action for action in Action if action is not Action.NONE]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No messages before, and none of what a button started afterwards."""
    messages.shown.clear()
    yield
    watch.cancel_all(wait=10)
    if setup.environment.is_present():
        bpy.ops.partgen.remove_environment()
        assert watch.finish(60)
        assert not setup.environment.folder().exists()
    setup.making.put_away()
    messages.shown.clear()
    messages.take_unreported()
    chosen = preferences.get()
    chosen.property_unset("device_id")
    chosen.setup.property_unset("offline_folder")


def show(action: Action, log_path: str = "") -> None:
    messages.tell("ERROR", "The lamp is too large.", "Do something about it.", action, log_path)


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_action_has_a_button() -> None:
    assert set(actions.BUTTONS) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_button_is_drawn_under_the_message_in_panel_and_preferences(action: Action, patient_backend: None) -> None:
    show(action)
    button = actions.button_of(action)
    for notes in (drawn("PARTGEN_PT_decompose"), drawn_preferences(MODULE)):
        assert "The lamp is too large. Do something about it." in notes.text
        assert button.operator in notes.operators
        assert button.text in notes.texts


@pytest.mark.parametrize("action", ACTIONS)
def test_the_button_can_be_pressed(action: Action, tmp_path: Path, patient_backend: None) -> None:
    button = actions.BUTTONS[action]
    backend.client().start()
    until(lambda: backend.greeting() is not None)
    log = tmp_path / "set-up.log"
    log.write_text("It began well.\n")
    arguments = {Action.OPEN_LOG: {"path": str(log)}, Action.INSTALL_FROM_FOLDER: {"directory": str(tmp_path)}}.get(action, {})
    group, _, name = button.operator.partition(".")
    assert getattr(getattr(bpy.ops, group), name)(**arguments) == {"FINISHED"}


def explore() -> None:
    """Presses the button Explore as in a window, which these tests do not have."""

    def report(_level: set[str], text: str) -> None:
        raise RuntimeError(text)

    PARTGEN_OT_explore.invoke(SimpleNamespace(report=report), bpy.context, None)


@pytest.mark.parametrize(
    ("module", "function", "press"),
    [
        ("applying", "apply", lambda: bpy.ops.partgen.apply()),
        ("explore.operators", "start", explore),
        ("refining.edits", "split", lambda: bpy.ops.partgen.split_part(node=0)),
    ],
)
def test_an_error_that_a_button_meets_keeps_its_own_button(
    monkeypatch: pytest.MonkeyPatch, module: str, function: str, press: Callable[[], object]
) -> None:
    chair = studio.decomposed()
    stored_features.write(chair.data, np.ones((12, 4), np.float32))
    chair.select_set(True)
    bpy.context.view_layer.objects.active = chair

    def fail(*_: object, **__: object) -> None:
        raise PartgenError("memory", "The memory is full.", "Free some.", Action.FREE_MEMORY)

    monkeypatch.setattr(importlib.import_module(f"{MODULE}.{module}"), function, fail)
    with pytest.raises(RuntimeError, match="The memory is full"):
        press()
    assert actions.button_of(Action.FREE_MEMORY).operator in drawn("PARTGEN_PT_decompose").operators


def test_use_cpu_chooses_the_processor(patient_backend: None) -> None:
    bpy.ops.partgen.use_cpu()
    assert preferences.get().device == "cpu"
    assert backend.client()._wishes.device == "cpu"


def test_online_access_is_never_turned_on_by_a_button() -> None:
    before = bpy.context.preferences.system.use_online_access
    bpy.ops.partgen.show_online_access()
    assert bpy.context.preferences.system.use_online_access == before


def test_an_action_of_a_newer_backend_draws_no_button(patient_backend: None) -> None:
    messages.tell("ERROR", "The moon is full.", "", "howl")
    notes = drawn("PARTGEN_PT_decompose")
    assert "The moon is full." in notes.text


def test_without_set_up_its_buttons_lead_to_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_parts, "setup", None)
    for action in (Action.SET_UP, Action.REPAIR, Action.INSTALL_FROM_FOLDER, Action.USE_SYSTEM_CERTIFICATES):
        assert actions.button_of(action).operator == "partgen.open_preferences"


def test_repair_of_a_backend_that_is_not_ours_leads_to_its_command(no_backend: Path) -> None:
    assert actions.button_of(Action.REPAIR).operator == "partgen.open_preferences"


def test_dismissed_messages_are_gone(patient_backend: None) -> None:
    show(Action.OPEN_LOG)
    bpy.ops.partgen.dismiss_messages()
    assert "lamp" not in drawn("PARTGEN_PT_decompose").text


def test_an_error_is_told_once(patient_backend: None) -> None:
    for _ in range(3):
        messages.tell_error(PartgenError("x.y", "The lamp is gone.", action=Action.OPEN_LOG))
    assert len(messages.shown) == len(messages.take_unreported()) == 1


def test_what_a_button_refuses_leaves_its_remedy_in_the_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_BACKEND", 'partgen "serve')
    for _ in range(2):
        with pytest.raises(RuntimeError, match="cannot be read"):
            bpy.ops.partgen.start_backend()
    (message,) = messages.shown
    assert message.action is Action.OPEN_PREFERENCES
    assert drawn("PARTGEN_PT_decompose").text.count("cannot be read") == 1
