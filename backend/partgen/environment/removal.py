"""Removing an environment: the folder is gone, however it was left, and no other folder is ever touched."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from partgen.errors import Action, PartgenError

from .condition import LOCK, LOG, RECORD, is_ours
from .occupancy import occupied

BEGINNINGS = {RECORD, f"{RECORD}.new", LOG, f"{LOG}.old", LOCK}
"""What a set-up leaves that was interrupted before its first word about itself was written."""


def remove(folder: Path) -> None:
    """Removes the folder and everything in it; does nothing where it is not there.

    Interrupted, it can be called again: what says that the folder is ours goes last. Raises PartgenError where the folder is
    not an environment of ours, where a set-up works on it, and where a file cannot be removed.
    """
    if not os.path.lexists(folder):
        return
    if not may_write(folder):
        raise foreign(folder)
    try:
        _make_writable(folder)
        with occupied(folder):
            for path in sorted(folder.iterdir()):
                if path.name not in BEGINNINGS:
                    remove_tree(path)
        for name in (LOG, f"{LOG}.old", LOCK, f"{RECORD}.new", RECORD):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
    except OSError as error:
        raise _cannot_remove(folder, error) from error


def may_write(folder: Path) -> bool:
    """Whether a set-up may fill or remove this folder: it is ours, empty, or only just begun. A link is followed by nobody."""
    if folder.is_symlink() or not folder.is_dir():
        return not os.path.lexists(folder)
    return is_ours(folder) or {path.name for path in folder.iterdir()} <= BEGINNINGS


def foreign(folder: Path) -> PartgenError:
    """The refusal to touch a folder that is not ours."""
    return PartgenError(
        "set_up.foreign_folder",
        f"The folder {folder} holds something else than an environment of PartGen. It was left as it is.",
        "Choose another folder, or empty this one yourself.",
        Action.OPEN_PREFERENCES,
    )


def remove_tree(path: Path) -> None:
    """Removes a file, a link or a folder with all that is in it, read-only files too. Raises OSError where one resists."""
    path = verbatim(path)
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    elif sys.version_info >= (3, 12):
        shutil.rmtree(path, onexc=lambda function, name, error: _insist(function, name, error))
    else:
        shutil.rmtree(path, onerror=lambda function, name, error: _insist(function, name, error[1] or OSError(name)))


def verbatim(path: Path, system: str = sys.platform) -> Path:
    """The path in the form in which Windows takes more than 260 characters; elsewhere the path itself."""
    if system != "win32":
        return path
    text = str(path)
    if text.startswith("\\\\?\\"):
        return path
    return Path("\\\\?\\UNC\\" + text[2:]) if text.startswith("\\\\") else Path("\\\\?\\" + text)


def _insist(function: Callable[..., Any], name: str, error: BaseException) -> None:
    """Tries again with permission to write: to the file (Windows wants that) and to the folder that it is in."""
    if isinstance(error, FileNotFoundError):
        return
    if not isinstance(error, PermissionError):
        raise error
    for path in (os.path.dirname(name), name):
        _make_writable(Path(path))
    if function in (os.unlink, os.remove, os.rmdir):
        function(name)
    else:
        # A folder that could not be read: now it can, and what is in it goes with it.
        remove_tree(Path(name))


def _make_writable(path: Path) -> None:
    """Lets the owner write, and enter folders. Raises OSError."""
    mode = os.lstat(path).st_mode
    if not stat.S_ISLNK(mode):
        os.chmod(path, stat.S_IMODE(mode) | stat.S_IWUSR | stat.S_IRUSR | (stat.S_IXUSR if stat.S_ISDIR(mode) else 0))


def _cannot_remove(folder: Path, error: OSError) -> PartgenError:
    name = Path(error.filename).name if error.filename else "a file"
    return PartgenError(
        "set_up.cannot_remove",
        f"{name} in {folder} cannot be removed ({error.strerror or error}).",
        "Close other Blenders and wait for a virus scanner, then remove again: the rest is gone already.",
        Action.OPEN_LOG,
    )
