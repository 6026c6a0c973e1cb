"""What the client was told about the backend and still holds."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import PartgenError
from ..protocol import Notice


class NoticeBoard:
    """Sends notices when they begin to hold, and takes them back when they no longer do; nothing is said twice."""

    def __init__(self, send: Callable[[Notice], None]) -> None:
        self._send = send
        self._standing: dict[str, Notice] = {}

    def put(self, error: PartgenError, instead_of: str = "") -> None:
        """Says `error`; with `instead_of` in place of whatever has a code that begins so."""
        notice = Notice(error.code, error.sentence, error.remedy, error.action)
        if instead_of:
            self.take_down(instead_of, but=error.code)
        if self._standing.get(error.code) != notice:
            self._standing[error.code] = notice
            self._send(notice)

    def take_down(self, beginning: str, but: str = "") -> None:
        """Takes back every notice whose code begins so, with the exception of `but`."""
        for code in [code for code in self._standing if code.startswith(beginning) and code != but]:
            del self._standing[code]
            self._send(Notice(code))
