"""What the artist should know: sentences in the panel until they are dismissed, once in the status bar, with the button that helps."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from partgen.errors import Action, PartgenError
from partgen.protocol import Notice

from . import preferences


@dataclass(frozen=True)
class Message:
    """One thing to know: level is "INFO", "WARNING" or "ERROR"; `action` is the button under it, `log_path` what that may open."""

    level: str
    sentence: str
    remedy: str = ""
    action: Action = Action.NONE
    log_path: str = ""


shown: list[Message] = []
"""What the panel shows until it is dismissed, the next job starts or another file is opened."""
_unreported: list[Message] = []  # what the status bar has not shown yet


def tell(level: str, sentence: str, remedy: str = "", action: str = Action.NONE, log_path: str = "") -> None:
    """Shows a message in the panel, and once in the status bar. What is shown already is not shown twice."""
    message = Message(level, sentence, remedy, known_action(action), log_path)
    if message not in shown:
        shown.append(message)
        _unreported.append(message)
    preferences.redraw()


def tell_error(error: PartgenError, level: str = "ERROR") -> None:
    """Shows an error with its button, and once in the status bar."""
    tell(level, error.sentence, error.remedy, error.action)


def keep(error: PartgenError) -> None:
    """Shows an error with its button in the panel alone: the operator that raised it has reported it."""
    message = Message("ERROR", error.sentence, error.remedy, known_action(error.action))
    if message not in shown:
        shown.append(message)
    preferences.redraw()


def report_error(operator: bpy.types.Operator, error: PartgenError) -> set[str]:
    """Says in the status bar what went wrong, and in panel and preferences where a button can mend it. What an operator returns then."""
    if error.action:  # a report in the status bar has no button, panel and preferences have
        keep(error)
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


def mention(sentence: str) -> None:
    """Shows a sentence in the status bar only: good news needs no room in the panel."""
    _unreported.append(Message("INFO", sentence))


def of_notice(notice: Notice) -> Message:
    """What the backend wants known, as a message; it is shown for as long as the backend holds to it."""
    return Message("WARNING", notice.sentence, notice.remedy, known_action(notice.action))


def known_action(name: str) -> Action:
    """The action of that name; NONE for one that a newer backend knows and this add-on does not."""
    return Action(name) if name in list(Action) else Action.NONE


def take_unreported() -> list[Message]:
    """The messages that the status bar has not shown yet; they count as shown from now on."""
    taken = list(_unreported)
    _unreported.clear()
    return taken


def report() -> None:
    """Shows in the status bar what happened, through an operator that ends at its first event: timers cannot report."""
    windows = bpy.context.window_manager.windows
    if _unreported and windows and not bpy.app.background:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.partgen.report("INVOKE_DEFAULT")
