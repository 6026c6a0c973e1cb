"""From a request to new parts, one variation at a time: what `partgen edit --method generative` makes, too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import PartgenError
from ..generation.catalogue import UP
from ..generation.making import Place, no_more
from ..generation.wishing import Wish, each_wished_part
from ..mesh import Mesh
from ..progress import Progress
from ..protocol import GenerateRequest, GenerateResult


def generate(request: GenerateRequest, progress: Progress, deliver: Callable[[GenerateResult], None]) -> tuple[str, ...]:
    """Answers a request, every variation as soon as it is there. Returns sentences for the artist about all of them.

    Raises PartgenError for a part without a surface, for words that name nothing of the catalogue, and Cancelled out of `progress`.
    """
    progress(0.0, "Reading the part")
    place = _place(request)
    count = 0
    wish = Wish(request.prompt, request.variations, request.model, request.seed, request.strength, request.steps)
    for part in each_wished_part(place, wish, progress):
        points, faces = part.points.astype(np.float32), part.faces.astype(np.int32)
        deliver(GenerateResult(points, faces, part.entry.name, part.entry.caption, request.seed, weights=wish.model, notes=part.notes))
        count += 1
    progress(1.0, "Done")
    return (no_more(count),) if count < request.variations else ()


def _place(request: GenerateRequest) -> Place:
    """Where the old part is. Raises PartgenError where it has no faces, or what was sent is no mesh."""
    if not request.of_part:
        raise PartgenError("mesh.no_faces", f"{request.name} has no faces.", "Choose a part that has a surface.")
    Mesh(request.vertices, request.faces, np.arange(len(request.faces), dtype=np.int32), request.name).check()
    chosen = np.arange(len(request.faces)) < request.of_part
    return Place.of(request.vertices.astype(np.float64), request.faces.astype(np.int64), chosen, UP)
