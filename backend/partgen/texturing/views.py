"""What an inpainter is shown of a part: four views of it in its surroundings, as one grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..geometry.rays import RayScene
from ..rendering.buffers import Buffers, depth_image, normal_image, render
from ..rendering.cameras import Camera, around_part, joined
from .grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Colouring = Callable[[Buffers], Floats]
"""The picture (H, W, 3) in 0..1 of what a camera sees."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A part in its surroundings, to be looked at: the `chosen` (F,) among triangles `faces` (F, 3) over `points` (V, 3), which way is
    `up` (3,), how all of it is coloured, and what the part is called in sentences."""

    points: Floats
    faces: Ints
    chosen: Bools
    up: Floats
    colouring: Colouring
    name: str

    @property
    def triangles(self) -> Floats:
        """Those of the part (m, 3, 3)."""
        return self.points[self.faces[self.chosen]]


@dataclass(frozen=True, eq=False)
class PartViews:
    """A part as four cameras see it: their `buffers`, the `scene` that they look at, and the `grid` for an inpainter.

    `facing` (F,) is -1 for faces that are seen more from behind than from before, else 1.
    """

    cameras: Sequence[Camera]
    buffers: Sequence[Buffers]
    scene: RayScene
    facing: Floats
    grid: Grid


def views_of(subject: Subject, side: int) -> PartViews:
    """Four views of a part, as a grid of `side` pixels. Raises PartgenError where none of them sees it."""
    points, faces = subject.points, subject.faces
    cameras = around_part(points[np.unique(faces)], points[np.unique(faces[subject.chosen])], subject.up, side // 2)
    return seen_by(cameras, subject)


def seen_by(cameras: Sequence[Camera], subject: Subject) -> PartViews:
    """What given cameras see; the rest as of `views_of`."""
    points, faces = subject.points, subject.faces
    scene = RayScene(points, faces)
    buffers = [render(scene, points, faces, camera) for camera in cameras]
    masks = [seen.mask & subject.chosen[seen.face] for seen in buffers]
    if not any(mask.any() for mask in masks):
        sentence = f"{subject.name} is hidden: none of the four views around it sees it."
        raise PartgenError("edit.part_hidden", sentence, "Hide or remove what stands before it, then paint it.")
    colours = joined([subject.colouring(seen) for seen in buffers])
    normals = joined([normal_image(seen, camera) for seen, camera in zip(buffers, cameras, strict=True)])
    grid = Grid(colours, joined(masks), joined([depth_image(seen.depth) for seen in buffers]), normals)
    return PartViews(cameras, buffers, scene, _facing(points, faces, cameras, buffers), grid)


def _facing(points: Floats, faces: Ints, cameras: Sequence[Camera], buffers: Sequence[Buffers]) -> Floats:
    """Which side of each face (F,) the cameras see: 1, or -1 where it is turned inside out, as in many a file."""
    total = np.zeros(len(faces))
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    for camera, seen in zip(cameras, buffers, strict=True):
        count = np.bincount(seen.face[seen.mask], minlength=len(faces))
        total += count * np.sign(normal @ camera.towards)
    return np.where(total < 0, -1.0, 1.0)
