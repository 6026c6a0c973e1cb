"""A backend for tests of painted and reshaped parts: the real server, which looks at the part, unwraps, bakes and lifts, above a painter
without a network.

It paints stripes across each view, in a colour that the seed decides, or where the prompt says "by place" red, green and blue by where
in space a spot is. Of a part that is to be reshaped it shows a larger one, by the seed 10 to 16 % larger, that stands where the old one
stood, and tells the true depth of that, up to scale; where the prompt says "white" it shows nothing. A step takes a tenth of
a second where the part is called "Slow", and there are six hundred of them then.
"""

from __future__ import annotations

import colorsys
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from partgen.geometry.rays import RayScene
from partgen.progress import Progress, no_progress
from partgen.protocol import PaintRequest, Request, ReshapeRequest
from partgen.rendering.buffers import Buffers, render
from partgen.rendering.cameras import Camera, around_part, joined
from partgen.server import painting, reshaping, serve
from partgen.server.worker import Deliver, work
from partgen.texturing import easel, shape_from_views
from partgen.texturing.inpainting import REDUCED

BANDS = 8
shape_from_views.RESOLUTION = 36  # a tenth of the cells: tests look at no details, and unwrapping many faces takes seconds


class Stripes:
    """In place of a checkpoint."""

    checkpoint = SimpleNamespace(name="stripes", control=Path("control"))
    side = 256

    def __init__(self, request: PaintRequest, placement: object) -> None:
        self._request, self.placement, self.effort = request, placement, REDUCED
        self._is_slow = "Slow" in request.name

    def seconds(self, strength: float = 1.0) -> float:
        return 1.0

    def __call__(self, grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> np.ndarray:
        steps = 600 if self._is_slow and seed > 0 else 2
        for step in range(steps):
            progress(step / steps, f"step {step + 1} of {steps}")
            time.sleep(0.1 if steps > 2 else 0.0)
        if "by place" in prompt:
            return self._by_place()
        bright = np.array(colorsys.hsv_to_rgb(0.13 * seed % 1.0, 0.8, 0.9))
        band = np.arange(self.side) * 2 * BANDS // self.side % 2
        return np.broadcast_to(np.where(band[:, None, None] == 1, bright, bright / 3), (self.side, self.side, 3)).copy()

    def _by_place(self) -> np.ndarray:
        """The true picture of surfaces whose colour is 0.5 in the middle of the part, and 0.25 more for each unit along an axis."""
        points, faces = self._request.vertices.astype(float), self._request.faces.astype(np.int64)
        return joined([_by_place(seen, points, faces) for seen in self._seen(points)])

    def _seen(self, points: np.ndarray) -> list[Buffers]:
        """What the cameras around the part see where the vertices are at other points (V, 3)."""
        faces, scene = self._request.faces.astype(np.int64), RayScene(points, self._request.faces)
        return [render(scene, points, faces, camera) for camera in self._cameras()]

    def _cameras(self) -> list[Camera]:
        points, faces = self._request.vertices.astype(float), self._request.faces.astype(np.int64)
        part = points[np.unique(faces[: len(self._request.polygon_of_face)])]
        return list(around_part(points, part, np.array([0.0, 0.0, 1.0]), self.side // 2))


def _by_place(seen: Buffers, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3): 0.5 in the middle of the part, and 0.25 more for each unit along an axis."""
    return 0.5 + 0.25 * (seen.weights[:, :, :, None] * points[faces[seen.face]]).sum(axis=2)


class Larger(Stripes):
    """In place of a checkpoint and a depth network: the part, larger."""

    source = SimpleNamespace(name="ruler")
    _left: list[Buffers]

    def __call__(self, grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> np.ndarray:
        stripes = super().__call__(grid, prompt.replace("by place", ""), seed, strength, progress)
        points, faces = self._request.vertices.astype(float), self._request.faces.astype(np.int64)
        count = len(self._request.polygon_of_face)
        part = np.unique(faces[:count])
        foot = np.array([*points[part].mean(axis=0)[:2], points[part, 2].min()])
        points[part] = foot + (1.1 + 0.03 * (seed % 3)) * (points[part] - foot)
        self._left = self._seen(points)
        if "white" in prompt:
            return np.ones(grid.colour.shape)
        is_part = joined([seen.mask & (seen.face < count) for seen in self._left])
        if "by place" in prompt:
            stripes = joined([_by_place(seen, points, faces) for seen in self._left])
        beside = joined([seen.mask for seen in self._left])
        return np.where(is_part[:, :, None], stripes, np.where(beside[:, :, None], grid.colour, 1.0))


class Ruler:
    """In place of a depth network: how far away what a `Larger` painted is, as the inverse of depth, up to scale."""

    source = Larger.source

    def __init__(self, painter: Larger) -> None:
        self._painter = painter

    def seconds(self) -> float:
        return 0.1

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        found = self._painter._left.pop(0).depth
        seen = np.isfinite(found)
        return 7 - 0.3 * np.where(seen, found, found[seen].max() + 3)


def answer(request: Request, progress: Progress, deliver: Deliver) -> tuple[str, ...]:
    """What the worker is asked for."""
    assert isinstance(request, PaintRequest)
    reshapes = isinstance(request, ReshapeRequest)
    painter = (Larger if reshapes else Stripes)(request, None)
    with ExitStack() as stack:
        if "no checkpoint" not in request.prompt:
            stack.enter_context(patch.object(painting.painter, "inpainter", lambda wishes, placement: _on(painter, placement)))
            stack.enter_context(patch.object(painting, "check_packages", lambda: None))
        if "no depth" not in request.prompt:
            stack.enter_context(patch.object(painting.painter, "depth", lambda model, placement: Ruler(painter)))
            stack.enter_context(patch.object(easel, "chosen_depth_folder", Path))
            stack.enter_context(patch.object(easel, "read_depth_folder", lambda folder: folder))
        return reshaping.reshape(request, progress, deliver) if reshapes else painting.paint(request, progress, deliver)


def _on(painter: Stripes, placement: object) -> Stripes:
    painter.placement = placement
    return painter


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    sys.exit(serve(sys.argv[1:], worker_command=[sys.executable, str(Path(__file__)), "worker"]))
