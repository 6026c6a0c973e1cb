"""The completer `caps`: every hole of every patch filled by itself, with the smallest sensible surface."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from ..mesh import Mesh
from ..progress import Progress, no_progress
from . import DEFAULT_OPTIONS, CompletedPart, Completion, Deliver, Options, check_labels, no_delivery
from .filling import fill, nested_loops, newell_normal
from .patches import OpenSurface, Patch, patches, read_surface
from .remeshing import finished
from .sheets import is_flat, thickened, thickness_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RISE = 0.1
"""How far a triangle's back is raised, as a share of the root of twice its area."""


class CapsCompleter:
    """Fills the loops where each patch ends. Knows nothing of the object's inside; never fails on a patch."""

    method = "caps"
    weights = ""

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
        found = patches(mesh, read_surface(mesh, labels), labels, np.unique(labels[labels >= 0]) if wanted is None else wanted)
        parts = []
        for index, patch in enumerate(found):
            progress(index / len(found), f"Closing part {index + 1} of {len(found)}")
            parts.append(finished(capped(mesh, patch), options))
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
        points, faces = thickened(patch, thickness_of(patch))
        return patch.closed_with(mesh, points, faces, "sheet")
    return patch.closed_with(mesh, points, faces, "caps")


def cap_faces(
    patch: OpenSurface, finest: float = np.inf, around: Ints | None = None, bendable: bool = False, edge_length: float | None = None
) -> tuple[Floats, Ints]:
    """Fillings of all loops of a patch: new points (p, 3), and triangles (q, 3) whose new indices go on from the patch's.

    Its edges are about `edge_length` long (default: as the patch's), but at most the share `finest` of the square root of the
    filling's area; `around` (n, 3) are further triangles beside the patch, over `patch.welded`, whose edges the filling must not
    have. A `bendable` filling has vertices within, also where it would be simplest without any.
    """
    longest = patch.edge_length if edge_length is None else edge_length
    loops = [canonical(loop[::-1], patch.welded) for loop in patch.loops]
    points, faces, count = [], [], len(patch.points)
    for group in nested_loops([patch.points[loop] for loop in loops]):
        outlines = [patch.points[loops[i]] for i in group]
        size = float(np.sqrt(np.linalg.norm(newell_normal(outlines[0]))))
        for filled, filling in fill(outlines, min(longest, finest * size) if size > 0 else longest, bendable):
            border = np.concatenate([loops[group[i]] for i in filled])
            names = np.concatenate([border, count + np.arange(len(filling.points))])
            count += len(filling.points)
            points.append(filling.points)
            faces.append(names[filling.faces])
    return split_chords(patch, *raise_backs(patch, np.concatenate(points), np.concatenate(faces)), around)


def canonical(loop: Ints, names: Ints) -> Ints:
    """The same loop, beginning at the vertex of the smallest name: both sides of a border fill it alike."""
    return np.roll(loop, -int(names[loop].argmin()))


def raise_backs(patch: OpenSurface, points: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Gives a triangle of a filling that is the back of one of the patch a vertex in its middle, a little behind: a triangle that
    hangs at the rest by its corners alone would have no inside."""
    own, filling = np.sort(patch.faces, axis=1), np.sort(faces, axis=1)
    size = int(max(own.max(), filling.max())) + 1
    codes = [(rows[:, 0] * size + rows[:, 1]) * size + rows[:, 2] for rows in (filling, own)]
    back = np.isin(codes[0], codes[1])
    if not back.any():
        return points, faces
    corners = patch.points[faces[back]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    behind = corners.mean(axis=1) + RISE * np.divide(normal, np.sqrt(length), out=np.zeros_like(normal), where=length > 0)
    middle = len(patch.points) + len(points) + np.arange(len(behind))
    around = np.concatenate([np.column_stack([np.roll(faces[back], -turn, axis=1)[:, :2], middle]) for turn in range(3)])
    return np.concatenate([points, behind]), np.concatenate([faces[~back], around])


def split_chords(patch: OpenSurface, points: Floats, faces: Ints, around: Ints | None = None) -> tuple[Floats, Ints]:
    """Gives an edge of a filling a vertex in its middle where it joins two vertices of the patch that have an edge already,
    in the patch, `around` it or in another filling: more than two triangles would share it."""
    fixed = len(patch.points)
    size = fixed + len(points)
    names = np.concatenate([patch.welded, np.arange(int(patch.welded.max()) + 1, int(patch.welded.max()) + 1 + len(points))])
    beside = patch.welded[patch.faces] if around is None else np.concatenate([patch.welded[patch.faces], around])
    total = int(max(names.max(), beside.max())) + 1
    border = np.concatenate([np.stack([loop, np.roll(loop, -1)], axis=1) for loop in patch.loops])
    edges = edges_of(faces)
    chord = (edges < fixed).all(axis=1) & ~np.isin(edge_codes(edges, size), edge_codes(border, size))
    there, counts = np.unique(edge_codes(np.concatenate([edges_of(beside), names[edges]]), total), return_counts=True)
    bad = chord & np.isin(edge_codes(names[edges], total), there[counts > 2])
    return _split_edges(patch.points, points, faces, np.unique(edge_codes(edges[bad], size)), size) if bad.any() else (points, faces)


def _split_edges(fixed: Floats, points: Floats, faces: Ints, bad: Ints, size: int) -> tuple[Floats, Ints]:
    """Splits the edges with the codes `bad` in their middle; where two fillings have an edge, each gets a vertex of its own."""
    every = np.concatenate([fixed, points]).tolist()
    left = faces.tolist()
    for code in bad.tolist():
        low, high = divmod(code, size)
        with_edge = [face for face in left if low in face and high in face]
        left = [face for face in left if not (low in face and high in face)]
        forward = sorted(with_edge, key=lambda face: face[(face.index(low) + 1) % 3] == high)
        pairs = max(len(forward) // 2, 1)
        apexes = [next(vertex for vertex in face if vertex not in (low, high)) for face in forward]
        for number, face in enumerate(forward):
            if number < pairs:
                every.append(_beside_middle(every, low, high, apexes[number::pairs]))
            middle = len(every) - 1 if number < pairs else len(every) - pairs + number % pairs
            i = next(i for i in range(3) if {face[i], face[(i + 1) % 3]} == {low, high})
            first, second, apex = face[i], face[(i + 1) % 3], face[(i + 2) % 3]
            left += [[first, middle, apex], [middle, second, apex]]
    return np.array(every[len(fixed) :]).reshape(-1, 3), np.array(left, np.int64)


def _beside_middle(points: list[list[float]], low: int, high: int, apexes: list[int]) -> list[float]:
    """A point near an edge's middle, a little towards the triangles that share it: two fillings may have the same edge."""
    middle = (np.array(points[low]) + points[high]) / 2
    return (middle + 0.1 * (np.mean([points[apex] for apex in apexes], axis=0) - middle)).tolist()


def edges_of(faces: Ints) -> Ints:
    """The three edges of every triangle (3n, 2), as it goes along them."""
    return np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)


def edge_codes(edges: Ints, size: int) -> Ints:
    """A number (E,) for each edge (E, 2) between vertices below `size`, whatever its direction."""
    return edges.min(axis=1) * size + edges.max(axis=1)


def neighbour_means(faces: Ints, count: int) -> csr_matrix:
    """The matrix (count, count) that takes the mean over the neighbours of each vertex of triangles (q, 3)."""
    edges = edges_of(faces)
    links = csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    links = links + links.T
    return (diags(1 / np.maximum(np.asarray(links.sum(axis=1)).reshape(-1), 1e-12)) @ links).tocsr()
