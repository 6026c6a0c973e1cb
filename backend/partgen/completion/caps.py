"""The completer `caps`: every hole of every patch filled by itself, with the smallest sensible surface."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ..mesh import Mesh
from ..segmentation import Progress, no_progress
from . import DEFAULT_OPTIONS, CompletedPart, Completion, Deliver, Options, check_labels, no_delivery
from .filling import fill, nested_loops
from .patches import Patch, patches, read_surface
from .sheets import is_flat, thickened

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CapsCompleter:
    """Fills the loops where each patch ends. Knows nothing of the object's inside; never fails on a patch."""

    method = "caps"

    def complete(
        self,
        mesh: Mesh,
        labels: NDArray[np.int32],
        wanted: Collection[int] | None = None,
        options: Options = DEFAULT_OPTIONS,
        progress: Progress = no_progress,
        deliver: Deliver = no_delivery,
    ) -> Completion:
        labels = check_labels(mesh, labels)
        found = patches(mesh, read_surface(mesh), labels, np.unique(labels[labels >= 0]) if wanted is None else wanted)
        parts = []
        for index, patch in enumerate(found):
            progress(index / len(found), f"Closing part {index + 1} of {len(found)}")
            parts.append(capped(mesh, patch))
            deliver(parts[-1])
        progress(1.0, "Done")
        return Completion(tuple(parts), self.method)


def capped(mesh: Mesh, patch: Patch) -> CompletedPart:
    """A patch with every loop filled; a closed one as it is, a flat one thickened."""
    if not len(patch.faces):
        return patch.closed_with(mesh, np.zeros((0, 3)), np.zeros((0, 3), np.int64), "open", ("It has no triangle with three corners.",))
    if not patch.loops:
        return patch.closed_with(mesh, np.zeros((0, 3)), np.zeros((0, 3), np.int64), "whole")
    points, faces = cap_faces(patch)
    if is_flat(patch, points, faces):
        points, faces = thickened(patch)
        return patch.closed_with(mesh, points, faces, "sheet")
    return patch.closed_with(mesh, points, faces, "caps")


def cap_faces(patch: Patch) -> tuple[Floats, Ints]:
    """Fillings of all loops of a patch: new points (p, 3), and triangles (q, 3) whose new indices go on from the patch's."""
    loops = [canonical(loop[::-1], patch.welded) for loop in patch.loops]
    points, faces, count = [], [], len(patch.points)
    for group in nested_loops([patch.points[loop] for loop in loops]):
        border = np.concatenate([loops[i] for i in group])
        filling = fill([patch.points[loops[i]] for i in group], patch.edge_length)
        names = np.concatenate([border, count + np.arange(len(filling.points))])
        count += len(filling.points)
        points.append(filling.points)
        faces.append(names[filling.faces])
    return split_chords(patch, np.concatenate(points), np.concatenate(faces))


def canonical(loop: Ints, names: Ints) -> Ints:
    """The same loop, beginning at the vertex of the smallest name: both sides of a border fill it alike."""
    return np.roll(loop, -int(names[loop].argmin()))


def split_chords(patch: Patch, points: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Gives those edges of a filling a vertex in their middle that join two vertices of the patch which have an edge there
    already, or have one in another filling: three triangles would share it."""
    fixed = len(patch.points)
    size = fixed + len(points)
    place = np.concatenate([np.unique(patch.welded, return_inverse=True)[1].reshape(-1), np.arange(fixed, size)])
    border = np.concatenate([np.stack([loop, np.roll(loop, -1)], axis=1) for loop in patch.loops])
    edges = np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)
    chord = (edges < fixed).all(axis=1) & ~np.isin(edge_codes(edges, size), edge_codes(border, size))
    taken = np.stack([patch.faces, np.roll(patch.faces, -1, axis=1)], axis=2).reshape(-1, 2)
    there, counts = np.unique(edge_codes(place[np.concatenate([taken, edges])], size), return_counts=True)
    bad = chord & np.isin(edge_codes(place[edges], size), there[counts > 2])
    return _split_edges(patch.points, points, faces, np.unique(edge_codes(edges[bad], size)), size) if bad.any() else (points, faces)


def _split_edges(fixed: Floats, points: Floats, faces: Ints, bad: Ints, size: int) -> tuple[Floats, Ints]:
    every = np.concatenate([fixed, points]).tolist()
    left = faces.tolist()
    for code in bad.tolist():
        low, high = divmod(code, size)
        halves: dict[int, int] = {}
        pending, left = [f for f in left if low in f and high in f], [f for f in left if not (low in f and high in f)]
        # Two triangles of one filling share the edge; where two fillings have it, each pair gets a vertex of its own.
        for number, face in enumerate(sorted(pending, key=lambda f: f[(f.index(low) + 1) % 3] == high)):
            pair = number % max(len(pending) // 2, 1)
            if pair not in halves:
                halves[pair] = len(every)
                every.append([(x + y) / 2 for x, y in zip(every[low], every[high], strict=True)])
            i = next(i for i in range(3) if {face[i], face[(i + 1) % 3]} == {low, high})
            first, second, apex = face[i], face[(i + 1) % 3], face[(i + 2) % 3]
            left += [[first, halves[pair], apex], [halves[pair], second, apex]]
    return np.array(every[len(fixed) :]).reshape(-1, 3), np.array(left, np.int64)


def edge_codes(edges: Ints, size: int) -> Ints:
    """A number (E,) for each edge (E, 2) between vertices below `size`, whatever its direction."""
    return edges.min(axis=1) * size + edges.max(axis=1)
