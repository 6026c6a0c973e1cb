"""A part made anew by words: painted views of it, their depth, the closed surface that follows, and its picture.

made = renewed(subject, views_of(subject, inpainter.side), inpainter, depth_network, "a lion's paw", seed=1)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..geometry.rays import RayScene
from ..progress import Progress, no_progress, within
from ..rendering.buffers import Buffers, render
from .canvases import baked, canvas, notes
from .depth import DepthEstimator, DepthNetwork
from .grid import Inpainter
from .shape_from_views import Surroundings, reshaped, with_room
from .unwrapping import Unwrapped, unwrapped
from .views import PartViews, Subject, seen_by

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SECONDS = 10.0
"""That lifting, unwrapping and baking take about, on any processor: the networks are most of the work."""
LIFTED, UNWRAPPED = 0.5, 0.9
"""How far the work is that follows painting, when the surface is there, and when its UV map is."""


@dataclass(frozen=True, eq=False)
class Renewed:
    """A part's new surface, closed: `points` (n, 3) and triangles `faces` (m, 3), its UV map `flat`, whose triangles are those, its
    `texture` (t, t, 3) uint8, rows from above, which share of it some view saw (`seen`), and sentences."""

    points: Floats
    faces: Ints
    flat: Unwrapped
    texture: NDArray[np.uint8]
    seen: float
    notes: tuple[str, ...] = ()


def renewed(
    subject: Subject,
    views: PartViews,
    inpainter: Inpainter,
    estimator: DepthEstimator,
    prompt: str,
    seed: int = 0,
    strength: float = 1.0,
    progress: Progress = no_progress,
    painting: float = 0.9,
    size: int = 0,
) -> Renewed:
    """What takes the place of a part that `views` see. Its texture has `size` texels along a side, with 0 as many as are seen.

    `painting` is the share of the time that painting takes, for `progress`. Raises PartgenError, also where nothing of a part is shown.
    """
    painted = within(progress, 0.0, painting)
    shaped = within(progress, painting, 1.0)
    around = _without_part(subject, views)
    roomy = with_room(views, around, subject.triangles)
    picture = roomy.grid.with_part(inpainter(roomy.grid, prompt, seed, strength, painted))
    shape = reshaped(roomy, picture, around, estimator, subject.triangles, subject.up, within(shaped, 0.0, LIFTED))
    shaped(LIFTED, "Unwrapping the new shape")
    flat = unwrapped(shape.points, shape.faces)
    shaped(UNWRAPPED, "Baking the texture")
    anew = seen_by(views.cameras, _in_place(subject, shape.points, shape.faces))
    facing = anew.facing[-len(shape.faces) :]
    pixels = float(anew.grid.mask.sum())
    on = canvas(shape.points[flat.source], flat.faces, flat.uv, facing, pixels, had_map=False, is_new=False, size=size)
    (texture,), share = baked([on], anew, picture, subject.name)
    return Renewed(shape.points, shape.faces, flat, texture, share, (*shape.notes, *notes([on], share)))


def seconds_after_painting(depth: DepthNetwork) -> float:
    """How long what follows painting takes for a variation: the depth of four views, and the rest."""
    return 4 * depth.seconds() + SECONDS


def _without_part(subject: Subject, views: PartViews) -> Surroundings:
    """What the cameras see without the part."""
    points, rest = subject.points, np.flatnonzero(~subject.chosen)
    faces = subject.faces[rest]
    if not len(faces):
        nothing = [_nothing(seen) for seen in views.buffers]
        return Surroundings(points, faces, nothing, [np.ones((*seen.face.shape, 3)) for seen in nothing])
    scene = RayScene(points, faces)
    found = [render(scene, points, faces, camera) for camera in views.cameras]
    named = [replace(seen, face=np.where(seen.mask, rest[seen.face], -1)) for seen in found]
    return Surroundings(points, faces, named, [subject.colouring(seen) for seen in named])


def _nothing(like: Buffers) -> Buffers:
    return Buffers(np.full_like(like.face, -1), np.full_like(like.depth, np.inf), np.zeros_like(like.normal), np.zeros_like(like.weights))


def _in_place(subject: Subject, points: Floats, faces: Ints) -> Subject:
    """What is there after a new surface took the part's place: its triangles come last. Colours play no part any more."""
    rest = subject.faces[~subject.chosen]
    together = np.concatenate([rest, faces + len(subject.points)])
    return replace(
        subject,
        points=np.concatenate([subject.points, points]),
        faces=together,
        chosen=np.arange(len(together)) >= len(rest),
        colouring=lambda seen: np.ones((*seen.face.shape, 3)),
    )
