"""What every step of the journey is given that is told in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from window import Window

State = dict[str, Any]


@dataclass
class Artist:
    """Someone at the window, with the folder of files that lie ready; `expect_same` waits for the scene to be as it was."""

    window: Window
    folder: Path
    open_file: Callable[[str, Callable[[State], bool]], None]
    expect_same: Callable[[Window, State, str], None]
