"""A backend for tests of jobs: the real server above a worker whose parts are the loose pieces, one leaf each.

`partgen serve` in all but the segmenter. An object whose name contains "Slow" takes a minute, in steps with progress; its parts
are completed by the real completer, but after the second one that takes a minute too. What HoloPart is asked for is made by the
completer `solid`, with another reach for every seed.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from partgen.completion import CompletedPart, Completion, Options, completer, influence
from partgen.completion.solid import SolidCompleter
from partgen.part_tree import PartTree
from partgen.progress import Progress
from partgen.protocol import CompleteResult, Request, SegmentRequest, SegmentResult
from partgen.server import completing, serve
from partgen.server.worker import Deliver, work
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

influence.CELLS = 24  # an eighth of the cells: tests look at no details


class Drawn:
    """In place of HoloPart: parts that differ by seed, in an instant."""

    method = weights = "holopart"

    def complete(self, mesh, labels, wanted, options: Options, progress: Progress, deliver) -> Completion:
        made = []

        def hand_over(part: CompletedPart) -> None:
            made.append(replace(part, made_by="holopart"))
            deliver(made[-1])

        reach = 1.0 - options.seed % 5 / 5
        SolidCompleter().complete(mesh, labels, wanted, replace(options, reach=reach, flat_cuts=False), progress, hand_over)
        return Completion(tuple(made), self.method, self.weights, ("A pen worked in a reduced form.",))


completing.completer = lambda method, model: Drawn() if method == "holopart" else completer(method, model)


def answer(request: Request, progress: Progress, deliver: Deliver) -> SegmentResult | tuple[str, ...]:
    """What the worker is asked for."""
    if isinstance(request, SegmentRequest):
        return parts_of(request, progress)
    delivered = 0

    def hand_over(result: CompleteResult) -> None:
        nonlocal delivered
        delivered += 1
        deliver(result)
        for step in range(600 if "Slow" in request.name and delivered == 2 else 0):
            progress(step / 600, "Thinking")
            time.sleep(0.1)

    return completing.complete(request, progress, hand_over)


def parts_of(request: SegmentRequest, progress: Progress) -> SegmentResult:
    """One leaf for every loose piece of the mesh, merged one after the other; half of them at the default scale."""
    steps = 600 if "Slow" in request.name else 1
    for step in range(steps):
        progress(step / steps, "Counting the pieces")
        time.sleep(0.1 if steps > 1 else 0.0)
    owner = np.repeat(np.arange(len(request.polygon_offsets) - 1), np.diff(request.polygon_offsets))
    size = len(request.polygon_offsets) - 1 + len(request.vertices)
    links = coo_matrix((np.ones(len(owner)), (owner, len(request.polygon_offsets) - 1 + request.corner_vertices)), shape=(size, size))
    pieces = connected_components(links, directed=False)[1][: len(request.polygon_offsets) - 1]
    leaf_of_polygon = np.unique(pieces, return_inverse=True)[1].reshape(-1)
    count = int(leaf_of_polygon.max()) + 1
    merges = [[0 if i == 0 else count + i - 1, i + 1] for i in range(count - 1)]
    tree = PartTree.from_merges(np.reshape(merges, (-1, 2)), max(count // 2, 1))
    return SegmentResult(leaf_of_polygon, tree.merges, tree.heights, tree.default_scale, "geometric", seconds=0.1)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    sys.exit(serve(sys.argv[1:], worker_command=[sys.executable, str(Path(__file__)), "worker"]))
