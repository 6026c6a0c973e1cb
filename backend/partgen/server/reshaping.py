"""From a request to new shapes, one variation at a time: what `partgen edit --method reshape` makes, too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..devices import Placement
from ..progress import Progress
from ..protocol import PaintResult, ReshapeRequest, ReshapeResult
from ..texturing.depth import DepthNetwork, chosen_depth_folder, read_depth_folder
from ..texturing.inpainting import DiffusionInpainter
from ..texturing.painter import Wishes, made_by
from ..texturing.renewing import renewed, seconds_after_painting
from ..texturing.views import PartViews
from .painting import Painting, each_variation, painter


def reshape(request: ReshapeRequest, progress: Progress, deliver: Callable[[PaintResult], None]) -> tuple[str, ...]:
    """Answers a request, every variation as soon as it is there. Returns sentences for the artist about all of them.

    Raises what `paint` does, also where there is no depth network, and where what is painted shows no part.
    """
    return each_variation(Reshaping(request), progress, deliver)


class Reshaping(Painting):
    """A part made anew from what is painted, and from how far away a depth network takes it to be."""

    title = "Reshaping"
    follows_depth = False

    def __init__(self, request: ReshapeRequest) -> None:
        super().__init__(request)
        self._depth_model = request.depth_model
        self._depth: DepthNetwork | None = None
        self._share = 0.9  # of the time, that painting takes

    def wishes(self) -> Wishes:
        """See `Painting`."""
        return super().wishes().free_of_the_shape()

    def prepare(self, placement: Placement) -> float:
        """See `Painting`."""
        read_depth_folder(chosen_depth_folder(self._depth_model))  # what is missing is told before anything is loaded
        painting = super().prepare(placement)
        self._depth = painter.depth(self._depth_model, placement)
        whole = painting + seconds_after_painting(self._depth)
        self._share = painting / whole
        return whole

    def made(self, inpainter: DiffusionInpainter, views: PartViews, seed: int, progress: Progress) -> ReshapeResult:
        """See `Painting`."""
        assert self._depth is not None
        request, depth = self.request, self._depth
        one = renewed(self.subject, views, inpainter, depth, request.prompt, seed, request.strength, progress, self._share, request.size)
        return ReshapeResult(
            seed,
            one.texture,
            one.flat.uv[one.flat.faces].astype(np.float32),
            weights=made_by(inpainter, depth),
            seen=one.seen,
            notes=one.notes,
            vertices=one.points.astype(np.float32),
            faces=one.faces.astype(np.int32),
        )
