"""Surfaces that a painted grid is baked onto: each with a UV map, a texture as fine as what was seen of it, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..rendering.cameras import apart
from .baking import Texels, bake, texels
from .views import PartViews

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST, LARGEST = 128, 2048
"""Texels along the side of a texture."""
DETAIL = 2.0
"""Texels for a pixel in which a part is seen."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """The texels `found` of a surface. `is_new`: its UV map was made for it, because it `had_map` or not, it had none that would do."""

    found: Texels
    had_map: bool
    is_new: bool

    def picture(self, colours: Floats) -> NDArray[np.uint8]:
        """The texture (n, n, 3), rows from above, of colours (t, 3) in 0..1 of its texels."""
        return np.round(np.clip(self.found.image(colours), 0, 1) * 255).astype(np.uint8)


def canvas(points: Floats, faces: Ints, uv: Floats, facing: Floats, pixels: float, had_map: bool, is_new: bool, size: int = 0) -> Canvas:
    """A canvas of triangles `faces` (F, 3) over vertices with `points` and `uv`, which are turned as `facing` (F,) says.

    Its texture has `size` texels along a side; with 0 as many as the `pixels` tell that were seen of it.
    """
    found = texels(points, faces, uv, size or texture_size(faces, uv, pixels))
    return Canvas(replace(found, normal=found.normal * facing[found.face, None]), had_map, is_new)


def texture_size(faces: Ints, uv: Floats, pixels: float) -> int:
    """Texels along the side of a texture, a power of two: DETAIL for each of `pixels` on what the UV map uses of it."""
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    used = max(float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()) / 2, 1e-6)
    return int(np.clip(2 ** np.ceil(np.log2(max(np.sqrt(DETAIL * pixels / used), 1))), SMALLEST, LARGEST))


def baked(canvases: Sequence[Canvas], views: PartViews, picture: Floats, name: str) -> tuple[list[NDArray[np.uint8]], float]:
    """The textures of a part's canvases from a painted grid, and which share of the part some view saw.

    Raises PartgenError, in which the part is called `name`, where that is nothing.
    """
    # All at once, so that what no view sees of one material is filled from another.
    colours, seen = bake(_together(canvases), views.cameras, apart(picture), apart(views.grid.mask), views.scene)
    if not seen.any():
        sentence = f"Of {name} the four views see too little to paint it."
        raise PartgenError("edit.part_hidden", sentence, "Hide or remove what stands before it, or join it to a larger part.")
    ends = np.cumsum([len(one.found.face) for one in canvases])[:-1]
    pictures = [one.picture(own) for one, own in zip(canvases, np.split(colours, ends), strict=True)]
    return pictures, float(seen.mean())


def notes(canvases: Sequence[Canvas], share: float) -> list[str]:
    """What is to be known of textures of which a `share` was seen."""
    said = []
    if share < 0.995:
        said.append(f"The views saw {100 * share:.0f} % of the part; the rest got the colours nearest to it.")
    if any(one.is_new for one in canvases):
        had_map = any(one.had_map and one.is_new for one in canvases)
        why = "its UV map has no place of its own for every spot" if had_map else "it had no UV map"
        said.append(f"The part was unwrapped, because {why}.")
    return said


def _together(canvases: Sequence[Canvas]) -> Texels:
    """The texels of all canvases, one after the other, to be baked; faces and places in a texture are those of each canvas."""
    rows = ((one.found.row, one.found.column, one.found.face, one.found.position, one.found.normal) for one in canvases)
    return Texels(0, *(np.concatenate(column) for column in zip(*rows, strict=True)))
