"""What the backend computes on: the choices that can be offered, and its memory in words."""

from __future__ import annotations

import bpy

from . import backend, build_parts, preferences

PRECISIONS = (
    ("auto", "Automatic", "What the device is best at", 0),
    ("float32", "Full (32 bit)", "The most exact, and twice the memory", 1),
    ("float16", "Half (16 bit)", "Half the memory; for most GPUs", 2),
    ("bfloat16", "Brain Half (16 bit)", "Half the memory and less easily out of range; for newer GPUs", 3),
)
_GIGABYTE = 1e9
# Blender keeps no copy of the texts of items that a function returned, so somebody else must.
_shown: list[tuple[str, str, str]] = []


def can_be_chosen() -> bool:
    """Whether there is anything to choose: an environment without PyTorch uses the processor alone."""
    return not (build_parts.setup and build_parts.setup.is_geometry_only())


def choices(chosen: str = "auto") -> list[tuple[str, str, str]]:
    """The devices as items of an enumeration: automatic, those that the backend reported, and in any case the chosen one and the CPU."""
    items = {
        "auto": ("auto", "Automatic", "The fastest device that is there"),
        "cpu": ("cpu", "CPU", "The processor: works everywhere, slower for AI methods"),
    }
    greeting = backend.greeting()
    for device in greeting.devices if greeting else ():
        size = f", {device.total_bytes / _GIGABYTE:.0f} GB" if device.total_bytes else ""
        items[device.id] = (device.id, device.name, f"{device.name} ({device.id}{size})")
    items.setdefault(chosen, (chosen, chosen, "Not reported by the backend at the moment"))
    return list(items.values())


def items(owner: bpy.types.AddonPreferences, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """`choices` for the preferences' property."""
    _shown[:] = choices(owner.device_id)
    return _shown


def index(owner: bpy.types.AddonPreferences) -> int:
    """Which of `items` is chosen."""
    return next(number for number, item in enumerate(choices(owner.device_id)) if item[0] == owner.device_id)


def choose(owner: bpy.types.AddonPreferences, number: int) -> None:
    """Chooses one of `items`."""
    owner.device_id = choices(owner.device_id)[number][0]


def changed(owner: bpy.types.AddonPreferences, context: bpy.types.Context | None) -> None:
    """Hands a new choice to the backend."""
    backend.configure()
    preferences.redraw()


def memory_text() -> str:
    """How much memory of the device is free, and what PartGen holds; "" while nobody knows."""
    memory = backend.memory()
    if memory is None or not memory.total_bytes:
        return ""
    held = f", PartGen holds {memory.held_bytes / _GIGABYTE:.1f}" if memory.held_bytes >= 0.05 * _GIGABYTE else ""
    return f"{memory.free_bytes / _GIGABYTE:.1f} of {memory.total_bytes / _GIGABYTE:.1f} GB free{held}"
