"""From a request to new shapes, one variation at a time: what `partgen edit --method reshape` makes, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..progress import Progress
from ..protocol import PaintResult, ReshapeRequest, ReshapeResult
from ..texturing.easel import Easel, Materials
from ..texturing.renewing import renewed
from .painting import Painting, each_variation


def reshape(request: ReshapeRequest, progress: Progress, deliver: Callable[[PaintResult], None]) -> tuple[str, ...]:
    """Answers a request, every variation as soon as it is there. Returns sentences for the artist about all of them.

    Raises what `paint` does, also where there is no depth network, and where what is painted shows no part.
    """
    return each_variation(Reshaping(request), progress, deliver)


class Reshaping(Painting):
    """A part made anew from what is painted, and from how far away a depth network takes it to be."""

    request: ReshapeRequest

    def materials(self) -> Materials:
        """See `Painting`."""
        return replace(super().materials(), depth_model=self.request.depth_model)

    def made(self, at: Easel, seed: int, progress: Progress) -> ReshapeResult:
        """See `Painting`."""
        assert at.depth is not None
        request = self.request
        share, size = at.share_of_painting(request.strength), request.size
        one = renewed(self.subject, at.views, at.inpainter, at.depth, request.prompt, seed, request.strength, progress, share, size)
        return ReshapeResult(
            seed,
            one.texture,
            one.flat.uv[one.flat.faces].astype(np.float32),
            weights=at.name,
            seen=one.seen,
            notes=one.notes,
            vertices=one.points.astype(np.float32),
            faces=one.faces.astype(np.int32),
        )
