"""A UV map for triangles that have none, by xatlas: charts of little stretch, packed without overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """`source` (W,) the input's vertex of each new one; `faces` (F, 3) the same triangles over the new vertices; `uv` (W, 2) in 0..1."""

    source: Ints
    faces: Ints
    uv: Floats


def unwrapped(points: Floats, faces: Ints) -> Unwrapped:
    """Unwraps triangles `faces` (F, 3) over `points` (V, 3); vertices on seams are doubled."""
    import xatlas

    source, new_faces, uv = xatlas.parametrize(np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.uint32))
    return Unwrapped(source.astype(np.int64), new_faces.astype(np.int64), uv.astype(np.float64))
