"""One program at a time works on an environment, also where two Blenders run."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from partgen.errors import PartgenError

from .condition import LOCK


@contextlib.contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it when the process ends, however it ends.

    Raises PartgenError (code "set_up.busy") where another process holds it, OSError where nothing can be written.
    """
    with open(folder / LOCK, "ab") as file:
        try:
            _hold(file)
        except OSError as error:
            raise PartgenError(
                "set_up.busy",
                "Another set-up works on this environment, perhaps of a second Blender.",
                "Wait until it is done, or end it there.",
            ) from error
        yield


def _hold(file: IO[bytes]) -> None:
    """Raises OSError where somebody else holds it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
