"""How long work takes: measured on a little of it, and said before all of it."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds_of(work: Callable[[int], object], size: int, small: int, device: str) -> float:
    """What `work(size)` takes on a device of PyTorch, such as "cuda:0", after `work(small)` that warms up."""
    work(small)
    _finish(device)
    began = time.perf_counter()
    work(size)
    _finish(device)
    return time.perf_counter() - began


def _finish(device: str) -> None:
    """Waits for the device: all but the CPU are told what to do and are asked for it later."""
    if device != "cpu":
        import torch

        torch.accelerator.synchronize(torch.device(device))


def time_in_words(seconds: float) -> str:
    """A time that is expected: "about 40 seconds", "about 12 minutes", "about 3.5 hours"."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"
