"""What this build of the add-on holds beside its core. The one place that decides it, by what is there."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

_SETUP = f"{__package__}.setup"

setup: ModuleType | None = importlib.import_module(_SETUP) if importlib.util.find_spec(_SETUP) else None
"""Making an environment for the backend; None in the store build, which leaves that folder out."""
