"""Numbers on a command line: what an option takes, and what it says of anything else."""

from __future__ import annotations

import argparse
import math


def positive(text: str) -> int:
    """An argument that is a whole number from 1 on."""
    return _whole_number(text, 1)


def natural(text: str) -> int:
    """An argument that is a whole number from 0 on."""
    return _whole_number(text, 0)


def above_zero(text: str) -> float:
    """An argument that is a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def share(text: str) -> float:
    """An argument that is a share above 0, and 1 at most."""
    value = above_zero(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"{text} is more than all")
    return value


def share_or_nothing(text: str) -> float:
    """An argument that is a share from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 1")
    return value


def _whole_number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} on")
    return int(text)
