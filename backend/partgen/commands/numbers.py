"""Arguments that are whole numbers, for argparse: each says what it takes where it is given something else."""

from __future__ import annotations

import argparse


def from_zero(text: str) -> int:
    """An argument that is a whole number from 0 on, such as a seed."""
    return _whole(text, 0)


def from_one(text: str) -> int:
    """An argument that is a whole number from 1 on."""
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} on")
    return int(text)
