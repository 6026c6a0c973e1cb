"""Set-up: an environment for the backend, made beside Blender with one button. The store build leaves this folder out.

What the rest of the add-on asks of it is here; it is reached through `build_parts.setup`, which is None without it.
"""

from __future__ import annotations

from pathlib import Path

from partgen.environment import condition as on_disk

from . import environment, making, operators, properties
from .environment import is_geometry_only, is_interrupted, is_repairable, network_environment
from .panel import draw, draw_preferences, draw_where_needed, sentence
from .properties import add_to

CLASSES = (*properties.CLASSES, *operators.CLASSES)

__all__ = [
    "CLASSES",
    "add_to",
    "backend_command",
    "debug_lines",
    "draw",
    "draw_preferences",
    "draw_where_needed",
    "is_geometry_only",
    "is_interrupted",
    "is_repairable",
    "logs",
    "network_environment",
    "sentence",
    "unregister",
]


def backend_command() -> list[str] | None:
    """How to start the backend of the environment, None where there is none that works or it is being worked on."""
    return None if making.is_changing() else on_disk.backend_command(environment.folder())


def debug_lines() -> list[str]:
    """Condition and plan for a report."""
    condition, record = environment.condition(), environment.record()
    lines = [
        f"Folder: {environment.folder()}",
        f"Condition: {condition.state}. {condition.sentence}",
        f"Installed: {record.tier or 'nothing'} {record.torch_build} {record.python} ({len(record.done)} of {len(record.steps)} steps)",
        f"Settings: {environment.settings()}",
        f"Bundled: {environment.bundled_partgen().name}, {getattr(environment.bundled_uv(), 'name', 'no uv')}",
    ]
    if making.plan:
        lines += [f"Plan: {label}: {text}" for label, text in making.plan.lines() if label != "Licences"]
        lines += [f"Plan: {problem.code}: {problem.sentence}" for problem in making.plan.problems]
    return lines


def logs() -> dict[str, Path]:
    """What the set-up has to tell, for a report."""
    return {"Set-up log": environment.log_path(), "Installer log": environment.folder() / on_disk.LOG}


def unregister() -> None:
    """Forgets what was planned; what runs is ended by `watch`."""
    making.put_away()
