"""From a request to painted textures, one variation at a time: the part in its surroundings seen from four sides, painted, baked.

Imports nothing of diffusers before somebody asks: most workers never paint.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..durations import time_in_words
from ..editing.edits import check_strength
from ..errors import PartgenError
from ..mesh import Mesh
from ..progress import Progress
from ..protocol import PaintRequest, PaintResult
from ..rendering.buffers import Buffers
from ..rendering.colours import sampled
from ..texturing import easel
from ..texturing.canvases import Canvas, baked, canvas, notes
from ..texturing.inpainting import check_packages
from ..texturing.painter import Painter, Wishes
from ..texturing.unwrapping import is_usable, unwrapped_polygons
from ..texturing.views import PartViews, Subject, views_of

Floats = NDArray[np.float64]

UP = np.array([0.0, 0.0, 1.0])
PREPARED = 0.05
"""Of the progress: the checkpoint is loaded, and the time that the rest takes is told."""

painter = Painter()
"""The networks of this process, for all that is painted."""


def paint(request: PaintRequest, progress: Progress, deliver: Callable[[PaintResult], None]) -> tuple[str, ...]:
    """Answers a request, every variation as soon as it is there. Returns sentences for the artist about all of them.

    Raises PartgenError for a part that nobody could paint, where packages or checkpoints are missing, and Cancelled out of `progress`.
    """
    return each_variation(Painting(request), progress, deliver)


def each_variation(work: Painting, progress: Progress, deliver: Callable[[PaintResult], None]) -> tuple[str, ...]:
    """Does a piece of work once for each variation that was asked for; the rest as `paint`."""
    request = work.request
    progress(0.0, "Reading the part")
    _check(request)
    check_packages()
    progress(0.01, "Loading the checkpoint")
    seeds = range(request.seed, request.seed + request.variations)

    def told(number: int) -> Progress:
        return _of_variation(progress, number, request.variations)

    def tell(at: easel.Easel, left: int) -> None:
        sentence = f"{at.doing(left)} on {at.placement.device.name}: {time_in_words(left * at.seconds(request.strength))}"
        progress(PREPARED + (1 - PREPARED) * (1 - left / request.variations), sentence)

    said: tuple[str, ...] = ()
    for one in easel.each_variation(work.materials(), seeds, lambda at, seed: work.made(at, seed, told(seed - request.seed)), tell):
        said = one.notes
        deliver(one.result)
    progress(1.0, "Done")
    return tuple(dict.fromkeys(said))


def _of_variation(progress: Progress, number: int, count: int) -> Progress:
    """The progress of one of several variations, from its own."""
    prefix = f"Variation {number + 1} of {count}: " if count > 1 else ""
    return lambda fraction, stage: progress(PREPARED + (1 - PREPARED) * (number + fraction) / count, prefix + stage)


class Painting:
    """One request at work."""

    def __init__(self, request: PaintRequest) -> None:
        self.request = request
        self.subject = _subject(request)
        self._canvas: tuple[Canvas, NDArray[np.float32]] | None = None

    def materials(self) -> easel.Materials:
        """What it is painted with."""
        request = self.request
        wishes = Wishes(request.model, request.controlnet, steps=request.steps or None)
        return easel.Materials(painter, wishes, partial(views_of, self.subject))

    def made(self, at: easel.Easel, seed: int, progress: Progress) -> PaintResult:
        """One variation."""
        request, views = self.request, at.views
        painted = at.inpainter(views.grid, request.prompt, seed, request.strength, progress)
        if self._canvas is None:
            progress(1.0, "Baking the texture")
            self._canvas = _canvas(request, views)
        on, uvs = self._canvas
        (picture,), share = baked([on], views, views.grid.with_part(painted), request.name)
        return PaintResult(seed, picture, uvs, "texture", at.name, share, tuple(notes([on], share)))


def _check(request: PaintRequest) -> None:
    """Raises PartgenError where a request cannot be painted."""
    if not request.prompt.strip():
        raise PartgenError("edit.empty_prompt", "The prompt is empty.", "Say what the part is to look like: “rusty iron”.")
    check_strength(request.strength)
    if not len(request.polygon_of_face):
        raise PartgenError("mesh.no_faces", f"{request.name} has no faces.", "Choose a part that has a surface.")
    Mesh(request.vertices, request.faces, np.arange(len(request.faces), dtype=np.int32), request.name).check()
    if len(request.skin_of_face) and not 0 <= request.skin_of_face.min() <= request.skin_of_face.max() < len(request.skins):
        raise PartgenError("mesh.bad_index", f"{request.name} has faces with a material that is not there.", "Assign a material to them.")


def _subject(request: PaintRequest) -> Subject:
    """What is looked at."""
    chosen = np.arange(len(request.faces)) < len(request.polygon_of_face)
    points, faces = request.vertices.astype(np.float64), request.faces.astype(np.int64)
    return Subject(points, faces, chosen, UP, partial(_colours, request), request.name)


def _colours(request: PaintRequest, seen: Buffers) -> Floats:
    """The picture (H, W, 3) of a request's surfaces in their own colours, white where nothing is and behind what is transparent."""
    picture = np.ones((*seen.face.shape, 3))
    shown = np.where(seen.mask, request.skin_of_face[seen.face], -1)
    for number, skin in enumerate(request.skins):
        at = shown == number
        if not at.any():
            continue
        colours = np.broadcast_to(np.array(skin.colour, np.float64), (int(at.sum()), 4))
        if skin.picture.size:
            uv = (seen.weights[at][:, :, None] * request.corner_uvs[seen.face[at]]).sum(axis=1)
            colours = sampled(skin.picture, uv)
        picture[at] = colours[:, :3] * colours[:, 3:] + 1 - colours[:, 3:]
    return np.clip(picture, 0, 1)


def _canvas(request: PaintRequest, views: PartViews) -> tuple[Canvas, NDArray[np.float32]]:
    """What the part is baked onto, and the UV map (n, 3, 2) that was made for it, (0, 3, 2) where its own will do."""
    count = len(request.polygon_of_face)
    points, faces = request.vertices.astype(np.float64), request.faces[:count].astype(np.int64)
    corners, alone = points[faces].reshape(-1, 3), np.arange(3 * count).reshape(-1, 3)
    uv = request.part_uvs.astype(np.float64)
    had_map = len(uv) > 0
    is_new = not had_map or not is_usable(corners, alone, uv.reshape(-1, 2))
    if is_new:
        uv = unwrapped_polygons(points, faces, request.polygon_of_face.astype(np.int64))
    pixels = float(views.grid.mask.sum())
    made = canvas(corners, alone, uv.reshape(-1, 2), views.facing[:count], pixels, had_map, is_new, request.size)
    return made, uv.astype(np.float32) if is_new else np.empty((0, 3, 2), np.float32)
