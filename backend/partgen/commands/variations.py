"""The files that several variations of one answer go to."""

from __future__ import annotations

from pathlib import Path


def target_of(output: Path, number: int) -> Path:
    """The file of variation `number` from 0 on: OUT.glb, OUT_2.glb, ..."""
    return output if number == 0 else output.with_stem(f"{output.stem}_{number + 1}")
