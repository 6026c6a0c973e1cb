"""The scout: a process that looks for devices and tells of each what memory is free, then ends.

It imports torch so that neither the server nor a worker has to: that takes seconds and memory, and may fail or crash
where a driver is broken, while the geometric method needs none of it. `python -m partgen.server.scout` speaks frames;
`partgen devices` tells a person the same.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from pathlib import Path

from .. import __version__
from ..devices import available_devices, memory
from ..errors import Action
from ..protocol import MAGIC, PROTOCOL, Device, Hello, Notice, write_message
from .parent import Parent, die_with_parent, leave_with
from .streams import log_to, take_over_standard_streams

NICENESS = 10
"""What it has to tell can wait for the work of others (POSIX)."""


def main() -> int:
    """Tells the devices and their memory to standard output. Returns the exit code."""
    die_with_parent()
    parent = Parent()
    _, sink = take_over_standard_streams()
    log_path = os.environ.get("PARTGEN_LOG", "")
    log_to(Path(log_path) if log_path else None, "scout")
    threading.Thread(target=leave_with, args=(parent,), name="partgen parent", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    sink.write(MAGIC)
    try:
        devices = available_devices()
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        logging.exception("the devices cannot be told")
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        what = f"the package {missing} is missing" if missing else "PyTorch is installed, but cannot be loaded"
        sentence = f"Graphics cards cannot be used: {what}."
        write_message(sink, Notice("device.torch_broken", sentence, "Install PartGen's packages again.", Action.REPAIR))
        return 1
    write_message(sink, Hello(PROTOCOL, __version__, pid=os.getpid(), devices=devices))
    for device in devices:
        with contextlib.suppress(RuntimeError):  # one whose memory is all taken by others cannot even be asked
            write_message(sink, memory(device.id))
    return 0


def table() -> str:
    """The devices for a person: id, name, precisions that it can do with the one of "auto" first, and memory."""
    rows = [(device.id, device.name, ", ".join(device.precisions), _in_words(device)) for device in available_devices()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]) for row in rows)


def _in_words(device: Device) -> str:
    try:
        told = memory(device.id)
    except RuntimeError:
        return f"all of {device.total_bytes / 2**30:.1f} GB taken"
    return f"{told.free_bytes / 2**30:.1f} of {told.total_bytes / 2**30:.1f} GB free"


if __name__ == "__main__":
    sys.exit(main())
