"""Which models there are and what of them is on this computer, and the program that fetches them. Nothing here waits.

The list is the registry of the bundled `partgen`, and the files are looked at where they lie. Everything that takes time is done
by `partgen models` of the backend, watched under the key of the model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from partgen.errors import Action
from partgen.task import Problem, Task
from partgen.weights import registry
from partgen.weights.registry import Condition, Entry, Role

from .. import backend, build_parts, messages, watch

ROLES = {
    Role.SEGMENTER: "Finding Parts",
    Role.MASKS: "Outlines in Views",
    Role.COMPLETER: "Completing Parts",
    Role.PAINTER: "Painting Parts",
    Role.DEPTH: "Depth of Pictures",
    Role.GENERATOR: "Making Parts",
    Role.NAMER: "Naming Parts",
    Role.TEXT: "Understanding Text",
}
"""What the roles are called in the list, in its order."""


def entries(role: Role) -> list[Entry]:
    """The models of a role, as the registry orders them."""
    return [entry for entry in registry.ENTRIES if entry.role is role]


def folder() -> Path:
    """Where models lie: as the preferences say, else one folder for every Blender and the command line of this user."""
    return registry.models_folder(backend.models_environment().get("PARTGEN_MODELS"))


def condition(entry: Entry) -> Condition:
    """What of a model is on this computer."""
    return registry.condition(entry, folder())


def key(identifier: str) -> str:
    """What a program that works on a model is watched under."""
    return f"model {identifier}"


def at_work(identifier: str) -> watch.Watched | None:
    """The program that works on a model at the moment."""
    return watch.running(key(identifier))


def obstacle() -> str:
    """Why no model can be fetched or used at the moment, as a sentence; "" where nothing stands in the way."""
    if not backend.is_found():
        return "Models need the backend. Set it up with the tier AI."
    if build_parts.setup and build_parts.setup.is_geometry_only():
        return "Models need the tier AI, and the environment holds Geometry only."
    if host := backend.other_computer():
        return f"The backend works on {host}, with the models that are there. Fetch them there: partgen models download."
    return ""


def start(action: str, identifier: str, *arguments: str) -> None:
    """Starts `partgen models ACTION IDENTIFIER`. Raises PartgenError where there is no backend that has it."""
    entry = registry.entry(identifier)
    command = backend.models_command([action, identifier, *arguments, "--json-lines"])
    environment = {**backend.models_environment(), **(build_parts.setup.network_environment() if build_parts.setup else {})}
    task = Task(command, log_path(), environment, name=entry.title)
    messages.shown.clear()
    watch.start(key(identifier), task, lambda result: _finished(entry, action, result), _failed)


def cancel(identifier: str) -> bool:
    """Ends what is done with a model. What was downloaded is kept. Whether anything was done."""
    return watch.cancel(key(identifier))


def log_path() -> Path:
    """What the programs that work on models have to tell."""
    return backend.log_folder() / "models.log"


def _finished(entry: Entry, action: str, result: dict[str, Any]) -> None:
    done = {"download": "is ready", "verify": "is whole", "delete": "is deleted", "use": "uses your file"}
    messages.mention(str(result.get("sentence") or f"{entry.title} {done[action]}."))


def _failed(problem: Problem) -> None:
    if problem.code != "cancelled":
        messages.tell("ERROR", problem.sentence, problem.remedy, problem.action or Action.OPEN_LOG, problem.log_path)
