"""The backend process as the add-on has it: one client, made from the preferences. Nothing here waits."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import bpy
from partgen.client import Client, Status, split_command
from partgen.endings import ssh_host
from partgen.errors import Action, PartgenError
from partgen.protocol import Hello, Memory, Notice

from . import build_parts, preferences
from .installed_backends import installed_backend

GONE_SECONDS = 5.0
"""How long the end of a backend is waited for, in the background, before its files are replaced."""

_client: Client | None = None


def command() -> list[str]:
    """How the backend is started: as the preferences say, else as it is found. Raises PartgenError where there is none."""
    named = _named_command()
    try:
        found = split_command(named) if named else found_command()
    except ValueError as error:
        sentence = f"The backend command cannot be read: {error}."
        remedy = "Check the quotation marks in Preferences > Add-ons > PartGen."
        raise PartgenError("backend.bad_command", sentence, remedy, Action.OPEN_PREFERENCES) from error
    if found:
        return found
    if build_parts.setup:
        raise PartgenError("backend.missing", build_parts.setup.sentence(), "Set it up first.", Action.SET_UP)
    remedy = "Install it with pipx or uv, or enter its command in Preferences > Add-ons > PartGen."
    raise PartgenError("backend.missing", "No PartGen backend was found on this computer.", remedy, Action.OPEN_PREFERENCES)


def _named_command() -> str:
    """The command that a person named, in the preferences or else in the environment variable; "" without one."""
    return preferences.get().backend_command.strip() or os.environ.get("PARTGEN_BACKEND", "").strip()


def found_command() -> list[str] | None:
    """The backend that is used where nobody named one: our own environment's, else one that the user installed."""
    own = build_parts.setup.backend_command() if build_parts.setup else None
    return own or installed_backend()


def is_found() -> bool:
    """Whether there is a backend to start. Quick: panels ask at every redraw."""
    try:
        return bool(command())
    except PartgenError as error:
        return error.code != "backend.missing"


def is_own() -> bool:
    """Whether the backend is the one of the environment that the set-up made."""
    return build_parts.setup is not None and not _named_command() and build_parts.setup.backend_command() is not None


def other_computer() -> str | None:
    """The host that the backend works on, as its command names it for ssh; None where it works here."""
    try:
        return ssh_host(command())
    except PartgenError:
        return None


def models_command(arguments: list[str]) -> list[str]:
    """How the backend's own `partgen models` is started. Raises PartgenError where that cannot be told."""
    started = command()
    if "serve" not in started:
        sentence = f"The models cannot be listed: the backend command is not one of partgen ({started[0]})."
        raise PartgenError("models.no_command", sentence, 'Enter one that ends with "serve".', Action.OPEN_PREFERENCES)
    last = len(started) - 1 - started[::-1].index("serve")
    return [*started[:last], "models", *arguments]


def models_environment() -> dict[str, str]:
    """The variables that say where models are and come from, as far as the preferences do."""
    chosen = preferences.get()
    values = {"HF_ENDPOINT": chosen.hub_endpoint.strip(), "HF_TOKEN": chosen.hub_token.strip()}
    if folder := chosen.models_folder.strip():
        values["PARTGEN_MODELS"] = bpy.path.abspath(folder)
    return {name: value for name, value in values.items() if value}


def log_folder() -> Path:
    """The folder of the logs, in the extension's own user folder, made where it can be. Who writes there, tells where it cannot."""
    # Not with `create=True`: Blender answers "" where that fails, which is whatever folder it was started in.
    folder = Path(bpy.utils.extension_path_user(__package__, path="log"))
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def log_path() -> Path:
    """The file that gets what the backend has to tell."""
    return log_folder() / "backend.log"


def client() -> Client:
    """The client of this Blender, not started. Raises PartgenError where no backend is known.

    A command or folder of models that was changed in the preferences counts as soon as the backend of the old one has stopped.
    """
    global _client
    wanted = command(), models_environment()
    if _client is None or ((_client.command, _client.environment) != wanted and _client.status is Status.STOPPED):
        _client = Client(wanted[0], log_path(), wanted[1])
    configure()
    return _client


def configure() -> None:
    """Tells the backend, now and whenever it starts, what the preferences say about device, precision and memory."""
    if _client:
        chosen = preferences.get()
        _client.configure(chosen.device_id, chosen.precision, chosen.idle_minutes)


def free_memory() -> None:
    """Lets the backend give back the memory that it holds for later requests."""
    if _client:
        _client.free_memory()


def current() -> Client | None:
    """The client where one was made."""
    return _client


def status() -> Status:
    """What the backend does at the moment."""
    return _client.status if _client else Status.STOPPED


def greeting() -> Hello | None:
    """What the running backend says about itself: version, methods, devices."""
    return _client.backend if _client else None


def memory() -> Memory | None:
    """What the running backend says about the memory of its device."""
    return _client.memory if _client else None


def notices() -> tuple[Notice, ...]:
    """What the running backend wants known at the moment, for instance that a request takes unusually long."""
    return _client.notices if _client else ()


def stop(wait: float = 0.0) -> None:
    """Ends the backend process; its open requests fail with the code "stopped". Waits up to `wait` seconds for its end."""
    if _client:
        _client.stop(wait)


def end() -> Callable[[], bool]:
    """Ends the backend process like `stop`. What is returned tells whether it is gone: files that it has open cannot be replaced before."""
    if _client is None:
        return lambda: True
    waiting = threading.Thread(target=_client.stop, args=(GONE_SECONDS,), name="partgen backend end", daemon=True)
    waiting.start()
    return lambda: not waiting.is_alive()


def restart() -> None:
    """Ends the backend and starts it anew, also one that kept ending. Raises PartgenError where no backend is known."""
    stop()
    client().start()
