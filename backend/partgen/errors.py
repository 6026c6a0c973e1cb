"""Errors are data: what happened, and what to do about it."""

from __future__ import annotations


class PartgenError(Exception):
    """An error that is meant for the person at the screen.

    Arguments: `code` is stable and machine readable (``"mesh.empty"``), `sentence` says what happened and to what,
    `remedy` says what to do about it (may be empty). Neither carries a traceback: that goes to the log.
    """

    def __init__(self, code: str, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.code = code
        self.sentence = sentence
        self.remedy = remedy


class Cancelled(PartgenError):
    """The job was cancelled on request: nothing is wrong."""

    def __init__(self) -> None:
        super().__init__("cancelled", "Cancelled.")
