"""Finding a `partgen` that the user installed: on the path, and where pipx and uv put programs.

A Blender that was started from the dock or a menu has a short path that lacks ~/.local/bin, where both put them on every system.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path


def installed_backend(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> list[str] | None:
    """How to start the `partgen` of this computer, None where there is none. Looks at a handful of places and starts nothing."""
    path = os.pathsep.join([environment.get("PATH", ""), *map(str, program_folders(environment, home or Path.home()))])
    found = shutil.which("partgen", path=path)
    return [found, "serve"] if found else None


def program_folders(environment: Mapping[str, str], home: Path, system: str = sys.platform) -> list[Path]:
    """Where pipx (`PIPX_BIN_DIR`, `PIPX_HOME`) and `uv tool` (`UV_TOOL_BIN_DIR`, `UV_TOOL_DIR`) may have put it, the likelier first."""
    told = [environment.get(name, "") for name in ("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR", "XDG_BIN_HOME")]
    shared = [home / ".local" / "bin"]
    if data := environment.get("XDG_DATA_HOME"):
        shared.append(Path(data).parent / "bin")
    if system != "win32":
        shared += [Path("/usr/local/bin"), Path("/opt/homebrew/bin")]
    within = "Scripts" if system == "win32" else "bin"
    own = [folder / "partgen" / within for folder in _tool_folders(environment, home, system)]
    return [*(Path(folder) for folder in told if folder), *shared, *own]


def _tool_folders(environment: Mapping[str, str], home: Path, system: str) -> list[Path]:
    """The folders in which pipx and uv keep an environment for each program."""
    told = [Path(environment["PIPX_HOME"]) / "venvs"] if environment.get("PIPX_HOME") else []
    told += [Path(environment["UV_TOOL_DIR"])] if environment.get("UV_TOOL_DIR") else []
    if system == "win32":
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        own = [home / "pipx", local / "pipx" / "pipx", home / ".local" / "pipx"]
        return [*told, *(folder / "venvs" for folder in own), roaming / "uv" / "data" / "tools", roaming / "uv" / "tools"]
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [*told, data / "pipx" / "venvs", home / ".local" / "pipx" / "venvs", data / "uv" / "tools"]
