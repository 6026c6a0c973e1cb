"""Where networks work: the scout finds the devices that there are, the wishes choose among them, and the client is told."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..channel import Closed
from ..devices import CPU, Placement, place
from ..endings import ending
from ..errors import Action, PartgenError
from ..protocol import Configure, Device, Hello, Memory, Message, Notice
from .child import GREETING_SECONDS, Child
from .notices import NoticeBoard


class Placing:
    """Knows the devices, the chosen one and its memory.

    `send_out` starts a scout; `introduce` takes the chosen device in words and the devices that there are; `send` takes
    the memory of the chosen device. `is_due` says that the scout is to set out when nobody wants anything else.
    """

    def __init__(
        self,
        send_out: Callable[[], Child],
        introduce: Callable[[str, tuple[Device, ...]], None],
        send: Callable[[Message], None],
        notices: NoticeBoard,
        wishes: Configure,
    ) -> None:
        self.is_due = True
        self._send_out = send_out
        self._introduce = introduce
        self._send = send
        self._notices = notices
        self._wishes = wishes
        self._scout: Child | None = None
        self._devices: tuple[Device, ...] = ()  # none while they are not known
        self._placement: Placement | None = None
        self._memories: dict[str, Memory] = {}  # by device

    def wish(self, wishes: Configure) -> None:
        """Takes other wishes. Where the devices are not known yet, these are looked for at once: somebody waits for the answer."""
        self._wishes = wishes
        if self._devices:
            self._settle()
        else:
            self.look()

    def look(self) -> None:
        """Sends a scout out to see which devices there are and what memory is free, where none is under way."""
        self.is_due = False
        if self._scout is not None:
            return
        try:
            self._scout = self._send_out()
        except OSError:
            logging.exception("the scout could not be started")
            self._devices = (CPU,)
            self._settle()

    def hear(self, child: Child, message: Message | Closed) -> None:
        """What a scout says; of one that was given up, nothing counts."""
        if child is not self._scout:
            return
        if isinstance(message, Hello):
            child.is_ready = True
            self._notices.take_down("device.torch_broken")
            self._devices = message.devices
            self._settle()
        elif isinstance(message, Memory):
            self.hear_memory(message)
        elif isinstance(message, Notice):
            child.problem = message
        elif isinstance(message, Closed):
            self._scout = None
            if not child.is_ready:
                self._miss_torch(child)

    def hear_memory(self, memory: Memory) -> None:
        """Passes on what is said of the chosen device; a worker that has not needed it yet speaks of the processor's."""
        self._memories[memory.device] = memory
        if self._placement is not None and self._placement.device.id == memory.device:
            self._send(memory)

    def watch(self, now: float) -> None:
        """Ends a scout that takes too long, as a broken driver can make it. That it is gone, is news of its own."""
        if self._scout is not None and now - self._scout.began > GREETING_SECONDS:
            logging.error("the scout did not come back within %g s and is killed", GREETING_SECONDS)
            sentence = f"The look for graphics cards did not end within {GREETING_SECONDS / 60:.0f} minutes."
            self._scout.problem = Notice("device.torch_broken", sentence)
            self._scout.kill()

    def close(self) -> None:
        """Ends the scout, where one is under way."""
        if self._scout is not None:
            self._scout.kill()

    def _settle(self) -> None:
        """Chooses among the devices, now that they are known, and says what was chosen or why nothing could be."""
        try:
            self._placement = place(self._wishes.device, self._wishes.precision, self._devices)
            self._notices.take_down("device.missing")
            self._notices.take_down("device.precision")
            words = self._placement.words
        except PartgenError as error:
            self._placement = None
            self._notices.put(error, instead_of="device.")
            words = f"none ({self._wishes.device} is not there)" if error.code == "device.missing" else "none"
        self._introduce(words, self._devices)
        if self._placement is not None and self._placement.device.id in self._memories:
            self._send(self._memories[self._placement.device.id])

    def _miss_torch(self, scout: Child) -> None:
        """The scout did not come back: networks have to do without an accelerator, and most likely cannot work at all."""
        said = scout.problem or ending("The look for graphics cards", "device", scout.exit_code())
        remedy = "Install PartGen's packages again; until then only what needs no network works."
        self._notices.put(PartgenError("device.torch_broken", said.sentence, remedy, Action.REPAIR))
        self._devices = (CPU,)
        self._settle()
