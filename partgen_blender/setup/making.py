"""The set-up as it goes: looking at the computer, installing, repairing, removing. One program at a time, beside Blender.

    look()        # what would be done: `plan` is there once the program has found out
    install()     # makes it, goes on with what was interrupted, or brings it up to date

Everything that happens on the way is in files, so that it can be ended at any moment and gone on with.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from partgen.environment.plan import Plan
from partgen.errors import Action, PartgenError
from partgen.task import Problem, Task

from .. import backend, jobs, messages, preferences, watch, wording
from . import environment

KEY = "set-up"
LOOKING = "Looking at this computer"

plan: Plan | None = None
"""What the panel lists, until it is begun or put away."""
doing = ""
"""What is being done, in a word for the progress bar: LOOKING, "Installing", "Repairing" or "Removing"."""


def look() -> None:
    """Finds out what would be installed on this computer. Nothing is changed by it."""
    _begin(LOOKING, "plan", _looked)


def look_again() -> None:
    """Finds out anew after a choice was changed, where the list is shown. The old list stays until the new one is there."""
    if plan is not None or is_looking():
        look()


def install(tier: str = "") -> None:
    """Installs what is missing: the given tier, else what is listed, else what was begun."""
    _choose(tier or ("" if plan else environment.record().tier))
    _change("Installing", "install", _installed)


def repair() -> None:
    """Looks for what is damaged and installs that again."""
    _choose(environment.record().tier)
    _change("Repairing", "repair", _installed)


def remove() -> None:
    """Removes the folder of the environment and everything in it."""
    _change("Removing", "remove", _removed)


def cancel() -> None:
    """Ends what is being done. What is complete is kept for the next time."""
    watch.cancel(KEY)


def put_away() -> None:
    """Forgets the list of what would be done, and a tier that was only looked at."""
    global plan
    if plan is not None or is_looking():
        plan = None
        if not is_changing():
            cancel()
            _choose(environment.record().tier)
    preferences.redraw()


def is_running() -> bool:
    """Whether something is being done, looking included."""
    return watch.running(KEY) is not None


def is_changing() -> bool:
    """Whether the environment is being worked on."""
    return is_running() and doing != LOOKING


def is_looking() -> bool:
    """Whether it is being found out what would be done."""
    return is_running() and doing == LOOKING


def _choose(tier: str) -> None:
    """Makes a tier the chosen one, "" for none in particular."""
    chosen = preferences.get().setup
    if tier and chosen.tier != tier:
        chosen.tier = tier


def _change(what: str, command: str, finished: Callable[[dict[str, Any]], None]) -> None:
    """Begins to work on the environment. A backend that runs from it is stopped first: its files are what is replaced.

    Raises PartgenError while something else runs from it, a download of a model for instance.
    """
    _refuse_while_changing()
    _refuse_while_used()
    client = backend.current()
    if client is not None and Path(client.command[0]).is_relative_to(environment.folder()):
        jobs.abandon_all("because the backend is being set up")
        is_gone = backend.end()
    else:
        is_gone = watch.at_once
    _begin(what, command, finished, once=is_gone)
    put_away()


def _begin(what: str, command: str, finished: Callable[[dict[str, Any]], None], once: Callable[[], bool] = watch.at_once) -> None:
    """Starts the program `once` that is so. Raises PartgenError where something else is being done that must not be interrupted."""
    global doing
    _refuse_while_changing()
    doing = what
    messages.shown.clear()
    task = Task(environment.program(command), environment.log_path(), environment.program_environment(), name="The set-up")
    watch.start(KEY, task, finished, _failed, once)


def _refuse_while_changing() -> None:
    if is_changing():
        raise PartgenError("set_up.busy", f"{doing} is not finished yet.", "Wait for it, or cancel it.")


def _refuse_while_used() -> None:
    others = [watch.running(key) for key in watch.running_keys() if key != KEY]
    names = [one.task.name for one in others if one and Path(one.task.command[0]).is_relative_to(environment.folder())]
    if names:
        sentence = f"The environment is needed just now for the model {wording.names_in_words(names)}."
        raise PartgenError("set_up.busy", sentence, "Wait for it, or cancel it under Models in the preferences.")


def _looked(result: dict[str, Any]) -> None:
    global plan
    plan = Plan.from_json(result)


def _installed(result: dict[str, Any]) -> None:
    messages.mention("PartGen is set up: select an object and decompose it.")
    for note in result.get("notes", ()):
        messages.tell("INFO", note)


def _removed(result: dict[str, Any]) -> None:
    messages.mention("The environment of PartGen is removed.")


def _failed(problem: Problem) -> None:
    if problem.code != "cancelled":
        log = problem.log_path or str(environment.log_path())
        messages.tell("ERROR", problem.sentence, problem.remedy, problem.action or Action.COPY_DEBUG_INFO, log)
