"""The backend process as the add-on has it: one client, made from the preferences. Nothing here waits."""

from __future__ import annotations

from pathlib import Path

import bpy
from partgen.client import Client, Status, default_command, split_command
from partgen.errors import PartgenError
from partgen.protocol import Hello

from . import preferences

_client: Client | None = None


def command() -> list[str]:
    """How the backend is started: as the preferences say, else as it is found. Raises PartgenError where there is none."""
    told = preferences.get().backend_command.strip()
    try:
        found = split_command(told) if told else default_command()
    except ValueError as error:
        remedy = "Check the quotation marks in Preferences > Add-ons > PartGen."
        raise PartgenError("backend.bad_command", f"The backend command cannot be read: {error}.", remedy) from error
    if not found:
        remedy = "Install it, or enter its command in Preferences > Add-ons > PartGen."
        raise PartgenError("backend.missing", "No PartGen backend was found on this computer.", remedy)
    return found


def log_folder() -> Path:
    """The folder of the backend's log, in the extension's own user folder. It is made where it is missing."""
    return Path(bpy.utils.extension_path_user(__package__, path="log", create=True))


def log_path() -> Path:
    """The file that gets what the backend has to tell."""
    return log_folder() / "backend.log"


def client() -> Client:
    """The client of this Blender, not started. Raises PartgenError where no backend is known.

    A command that was changed in the preferences counts as soon as the backend of the old one has stopped.
    """
    global _client
    wanted = command()
    if _client is None or (_client.command != wanted and _client.status is Status.STOPPED):
        _client = Client(wanted, log_path())
    return _client


def current() -> Client | None:
    """The client where one was made."""
    return _client


def status() -> Status:
    """What the backend does at the moment."""
    return _client.status if _client else Status.STOPPED


def greeting() -> Hello | None:
    """What the running backend says about itself: version, methods, device."""
    return _client.backend if _client else None


def stop(wait: float = 0.0) -> None:
    """Ends the backend process; its open requests fail with the code "stopped". Waits up to `wait` seconds for its end."""
    if _client:
        _client.stop(wait)
