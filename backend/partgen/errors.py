"""Errors are data: what happened, what to do about it, and the button that does it."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What can be offered beside an error as a button. The add-on draws one for each; the command line leaves them out."""

    NONE = ""
    SET_UP = "set_up"
    """Opens the set-up of the environment, or goes on with one that was interrupted."""
    REPAIR = "repair"
    """Installs the environment's packages again."""
    OPEN_PREFERENCES = "open_preferences"
    """Where the backend's command, the package index and the models are set."""
    ALLOW_ONLINE = "allow_online"
    """Blender's own switch for online access, which only the artist turns."""
    INSTALL_FROM_FOLDER = "install_from_folder"
    USE_SYSTEM_CERTIFICATES = "use_system_certificates"
    RESTART_BACKEND = "restart_backend"
    FREE_MEMORY = "free_memory"
    USE_CPU = "use_cpu"
    OPEN_LOG = "open_log"
    COPY_DEBUG_INFO = "copy_debug_info"


class PartgenError(Exception):
    """An error that is meant for the person at the screen.

    Arguments: `code` is stable and machine readable (``"mesh.empty"``), `sentence` says what happened and to what,
    `remedy` says what to do about it (may be empty), and `action` is the button that does or begins it. None carries a
    traceback: that goes to the log.
    """

    def __init__(self, code: str, sentence: str, remedy: str = "", action: Action = Action.NONE) -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.action = action


class Cancelled(PartgenError):
    """The job was cancelled on request: nothing is wrong."""

    def __init__(self) -> None:
        super().__init__("cancelled", "Cancelled.")
