"""What an inpainter is shown of a part, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress, no_progress

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Four views of an object in one picture, 0 and 1 above, 2 and 3 below: `colour` (n, n, 3) in 0..1, `mask` (n, n) where the part
    is seen, `depth` (n, n) in 0..1, near bright, and `normal` (n, n, 3) in 0..1, as `normal_image` draws it."""

    colour: Floats
    mask: NDArray[np.bool_]
    depth: Floats
    normal: Floats

    def with_part(self, picture: Floats) -> Floats:
        """The grid's colours (n, n, 3), but those of a picture where the part is: what lies around it stays to the last bit."""
        return np.where(self.mask[:, :, None], np.clip(picture, 0, 1), self.colour)


class Inpainter(Protocol):
    """Paints into a grid of `side` pixels what a prompt says of the part."""

    @property
    def side(self) -> int: ...

    def __call__(self, grid: Grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> Floats:
        """The picture (n, n, 3) in 0..1. The same for the same grid, prompt, seed and `strength` (0 to 1: how much may change).

        Raises PartgenError, and Cancelled where `progress` does.
        """
        ...
