"""A backend for tests of painted parts: the real server, which looks at the part, unwraps and bakes, above a painter without a network.

It paints stripes across each view, in a colour that the seed decides, or where the prompt says "by place" red, green and blue by where
in space a spot is. A step takes a tenth of a second where the part is called "Slow", and there are six hundred of them then.
"""

from __future__ import annotations

import colorsys
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from partgen.geometry.rays import RayScene
from partgen.protocol import PaintRequest, Request
from partgen.rendering.buffers import render
from partgen.rendering.cameras import around_part, joined
from partgen.segmentation import Progress, no_progress
from partgen.server import painting, serve
from partgen.server.worker import Deliver, work
from partgen.texturing.inpainting import REDUCED

BANDS = 8


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
        scene, pictures = RayScene(points, faces), []
        part = points[np.unique(faces[: len(self._request.polygon_of_face)])]
        for camera in around_part(points, part, np.array([0.0, 0.0, 1.0]), self.side // 2):
            seen = render(scene, points, faces, camera)
            pictures.append(0.5 + 0.25 * (seen.weights[:, :, :, None] * points[faces[seen.face]]).sum(axis=2))
        return joined(pictures)


def answer(request: Request, progress: Progress, deliver: Deliver) -> tuple[str, ...]:
    """What the worker is asked for."""
    assert isinstance(request, PaintRequest)
    if "no checkpoint" not in request.prompt:
        painting.painter.inpainter = lambda wishes, placement: Stripes(request, placement)
        painting.check_packages = lambda: None
    return painting.paint(request, progress, deliver)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    sys.exit(serve(sys.argv[1:], worker_command=[sys.executable, str(Path(__file__)), "worker"]))
