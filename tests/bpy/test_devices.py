"""Device, precision and memory: chosen in Blender, told to the backend, told by the backend."""

from __future__ import annotations

import time
from collections.abc import Iterator

import bpy
import pytest
from bl_ext.user_default.partgen_blender import backend, build_parts, devices, messages, preferences
from conftest import MODULE
from drawing import drawn, drawn_preferences
from partgen.protocol import Device, Hello, Memory, Notice

GPU = Device("cuda:0", "NVIDIA GeForce RTX 4090", 24_000_000_000, ("bfloat16", "float16", "float32"))


class Answering:
    """Stands for a client whose backend has a GPU."""

    def __init__(self) -> None:
        self.backend = Hello(2, "0.1.0", ("geometric",), "NVIDIA GeForce RTX 4090, bfloat16", 7, (GPU, Device("cpu", "Ryzen")))
        self.memory = Memory("cuda:0", 20_100_000_000, 24_000_000_000, 2_000_000_000)
        self.notices: tuple[Notice, ...] = ()
        self.configured: list[tuple] = []
        self.was_freed = False
        self.status = backend.Status.READY

    def configure(self, *wishes: object) -> None:
        self.configured.append(wishes)

    def free_memory(self) -> None:
        self.was_freed = True

    def poll(self) -> list:
        return []


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    found = Answering()
    monkeypatch.setattr(backend, "_client", found)
    monkeypatch.setenv("PARTGEN_BACKEND", "partgen serve")
    yield found
    for name in ("device_id", "precision", "idle_minutes"):
        preferences.get().property_unset(name)


def choices() -> dict[str, str]:
    return {identifier: name for identifier, name, _ in devices.choices(preferences.get().device_id)}


def test_before_the_backend_has_spoken_there_is_automatic_and_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_client", None)
    assert list(choices()) == ["auto", "cpu"]
    assert preferences.get().device == "auto"


def test_what_the_backend_found_can_be_chosen_and_is_told_to_it(answering: Answering) -> None:
    assert choices() == {"auto": "Automatic", "cpu": "Ryzen", "cuda:0": "NVIDIA GeForce RTX 4090"}
    preferences.get().device = "cuda:0"
    preferences.get().precision = "float16"
    preferences.get().idle_minutes = 3
    assert answering.configured[-1] == ("cuda:0", "float16", 3)


def test_a_device_that_is_gone_stays_chosen_and_says_so(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences.get().device = "cuda:0"
    monkeypatch.setattr(backend, "_client", None)
    assert preferences.get().device == "cuda:0"
    assert "Not reported" in devices.choices("cuda:0")[-1][2]


def test_free_memory_is_shown_and_can_be_asked_for(answering: Answering) -> None:
    notes = drawn("PARTGEN_PT_backend")
    assert "20.1 of 24.0 GB free, PartGen holds 2.0" in notes.text
    assert {"device", "precision", "idle_minutes"} <= set(notes.properties)
    assert {"device", "precision", "idle_minutes"} <= set(drawn_preferences(MODULE).properties)
    assert bpy.ops.partgen.free_memory() == {"FINISHED"}
    assert answering.was_freed


def test_without_torch_nobody_is_asked_for_a_device(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "device" in drawn("PARTGEN_PT_backend").properties
    monkeypatch.setattr(build_parts.setup, "is_geometry_only", lambda: True)
    notes = drawn("PARTGEN_PT_backend")
    assert "Geometry uses the processor" in notes.text
    assert not {"device", "precision", "idle_minutes"} & set(notes.properties)
    assert "partgen.free_memory" not in notes.operators


def test_without_a_backend_there_is_no_memory_to_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_client", None)
    with pytest.raises(RuntimeError, match="does not run"):
        bpy.ops.partgen.free_memory()


def test_what_the_backend_wants_known_is_shown_while_it_holds_with_its_button(answering: Answering) -> None:
    answering.notices = (Notice("stalled", "Lamp has made no progress for 5 minutes.", "Wait, or restart the backend.", "restart_backend"),)
    notes = drawn("PARTGEN_PT_decompose")
    assert "Lamp has made no progress for 5 minutes. Wait, or restart the backend." in notes.text
    assert "partgen.restart_backend" in notes.operators
    answering.notices = ()
    assert "no progress" not in drawn("PARTGEN_PT_decompose").text


def test_a_real_backend_hears_of_the_choice(patient_backend: None) -> None:
    bpy.ops.partgen.use_cpu()
    bpy.ops.partgen.start_backend()
    deadline = time.monotonic() + 30
    while not backend.greeting() or not backend.greeting().device:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "CPU" in backend.greeting().device
    bpy.ops.partgen.restart_backend()
    assert not messages.shown
    preferences.get().property_unset("device_id")
