"""Everything that helps to find a fault, in one text to paste into a report, without names and secrets."""

from __future__ import annotations

import platform
from pathlib import Path

import bpy
import partgen
from partgen.errors import PartgenError

from . import backend, build_parts, messages
from .masking import masked

LOG_LINES = 100
_LOG_BYTES = 64 * 1024


def debug_info() -> str:
    """Versions, machine, environment, backend and the last lines of every log; see `masking` for what is left out."""
    sections = {
        "": [
            f"Blender {bpy.app.version_string} ({bpy.app.build_platform.decode(errors='replace')}), Python {platform.python_version()}",
            f"PartGen add-on {_add_on_version()}, wheel {partgen.__version__}",
            f"{platform.platform()}, {platform.machine()}",
            f"GPU: {_graphics()}",
            f"Online access: {'allowed' if bpy.app.online_access else 'off'}",
        ],
        "Environment": build_parts.setup.debug_lines() if build_parts.setup else ["This build does not make one."],
        "Backend": _backend_lines(),
        "Messages": [f"{m.level}: {m.sentence} {m.remedy} [{m.action}]" for m in messages.shown],
    }
    logs = {"Backend log": backend.log_path(), "Models log": backend.log_folder() / "models.log"}
    if build_parts.setup:
        logs |= build_parts.setup.logs()
    sections |= {title: last_lines(path) for title, path in logs.items()}
    return masked("\n".join(_joined(title, lines) for title, lines in sections.items() if lines))


def last_lines(path: Path, count: int = LOG_LINES) -> list[str]:
    """The last `count` lines of a file, read from its end; none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _LOG_BYTES, 0))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def _joined(title: str, lines: list[str]) -> str:
    return "\n".join([*([f"\n--- {title}"] if title else []), *lines])


def _add_on_version() -> str:
    import tomllib

    try:
        manifest = (Path(__file__).parent / "blender_manifest.toml").read_text("utf-8")
        return str(tomllib.loads(manifest)["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def _graphics() -> str:
    """What draws Blender's window: not always what the backend computes on."""
    import gpu

    try:
        return f"{gpu.platform.renderer_get()} · {gpu.platform.version_get()} · {gpu.platform.backend_type_get()}"
    except (SystemError, RuntimeError, AttributeError) as error:  # in background mode there is none
        return f"unknown ({type(error).__name__})"


def _backend_lines() -> list[str]:
    try:
        lines = [f"Command: {' '.join(backend.command())}"]
    except PartgenError as error:
        lines = [error.sentence]
    lines.append(f"Status: {backend.status().value}")
    if greeting := backend.greeting():
        lines.append(f"Greeting: {greeting}")
    if memory := backend.memory():
        lines.append(f"Memory: {memory}")
    return [*lines, *(f"Notice: {notice.sentence}" for notice in backend.notices())]
