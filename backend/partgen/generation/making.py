"""From words to a part in place: what the catalogue has, ranked by the words and by how well it sits, made, and fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, Mesh
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError, cKDTree

from ..errors import PartgenError
from ..geometry.adjacency import components, weld
from ..progress import Progress, no_progress
from .asking import Asked, Found, found
from .catalogue import UP, Entry, make
from .placing import PLUG, mismatch, placed
from .seating import Seat, seat_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORDS = 1.5
"""How much the words weigh against the fit."""
FRESH = 0.35
"""How much worse a part may be for each that is of the same family and the same words as one that was shown before."""
TRIED = 6
"""Parts that are made, at most, for one that touches."""
FAR = 0.02
"""Of its size: a part that stays farther from the rest does not fit there."""
SAME = 1e-4
"""Of the part's size: points nearer than this are one."""
SHARED = 0.7
"""Of a border's points, how many the rest must have, too."""
MOST_DRAWN = 0.6
"""How far chance may change the order: the seed picks among parts that are nearly as good."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a new part goes: the old part's `points` (V, 3) and `faces` (F, 3), those of the rest, and the object's `up` (3,)."""

    points: Floats
    faces: Ints
    rest_points: Floats
    rest_faces: Ints
    up: Floats

    @classmethod
    def of(cls, points: Floats, faces: Ints, chosen: NDArray[np.bool_], up: Floats) -> Place:
        """The place of the `chosen` (F,) of an object's `faces` (F, 3) over `points` (V, 3), each side over welded points of its own."""
        return cls(*_used(points, faces[chosen]), *_used(points, faces[~chosen]), up)

    def seat(self) -> Seat:
        return seat_of(self.points, self.faces, self.rest_points, self.rest_faces, self.up)


@dataclass(frozen=True, eq=False)
class NewPart:
    """A new part in place: `points` (V, 3), `faces` (F, 3), closed; which `entry` of the catalogue it is; sentences."""

    points: Floats
    faces: Ints
    entry: Entry
    asked: Asked
    notes: tuple[str, ...] = ()


def each_new_part(place: Place, prompt: str, seed: int = 0, count: int = 1, progress: Progress = no_progress) -> Iterator[NewPart]:
    """So many parts as a prompt asks for, the best first, each unlike those before, as soon as it is made.

    Raises PartgenError where the prompt names none or none fits, and what `progress` raises.
    """
    if not len(place.faces):
        raise PartgenError("generation.empty_part", "The part has no faces.", "Choose another part.")
    wanted = found(prompt)
    seat = place.seat()
    made: list[NewPart] = []
    for entry in ranked(wanted, seat, seed, max(TRIED, 3 * count)):
        progress(len(made) / count, f"Fitting {entry.caption}")
        part = fitted(entry, place, seat, wanted.asked, wanted.notes)
        if part is not None and not any(_is_same(part, other) for other in made):
            made.append(part)
            yield part
        if len(made) == count:
            return
    if not made:
        remedy = "Try other words, or replace it with a simple form: “replace it with a ball”."
        raise PartgenError("generation.no_fit", f"No {wanted.asked.name} could be fitted there.", remedy)


def _is_same(part: NewPart, other: NewPart) -> bool:
    """Whether two parts that are made from different seeds came out the same, as forms do that differ in proportions alone."""
    size = float(np.linalg.norm(np.ptp(other.points, axis=0)))
    return part.points.shape == other.points.shape and bool(np.abs(part.points - other.points).max() < SAME * size)


def no_more(count: int) -> str:
    """The sentence for the artist where there are fewer different parts than were asked for."""
    return f"There {'is' if count == 1 else 'are'} no more than {count} different {'one' if count == 1 else 'ones'}."


def _used(points: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Welded triangles over the points that they use alone."""
    if not len(faces):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    used, corners = np.unique(faces, return_inverse=True)
    return weld(points[used], corners.reshape(-1, 3))


def ranked(wanted: Found, seat: Seat, seed: int, count: int) -> list[Entry]:
    """The entries to try, best first. A seed other than 0 draws among those that are nearly as good."""
    cost, _ = mismatch(list(wanted.entries), seat)
    value = WORDS * wanted.scores - cost
    if seed:
        value = value + MOST_DRAWN * np.random.default_rng(seed).random(len(value))
    chosen: list[Entry] = []
    shown: dict[object, int] = {}
    left = list(range(len(value)))
    while left and len(chosen) < count:
        best = max(left, key=lambda index: value[index] - FRESH * shown.get(_looks(wanted.entries[index]), 0))
        left.remove(best)
        chosen.append(wanted.entries[best])
        shown[_looks(chosen[-1])] = shown.get(_looks(chosen[-1]), 0) + 1
    return chosen


def _looks(entry: Entry) -> object:
    """What variations differ by."""
    return entry.family, entry.said


def fitted(entry: Entry, place: Place, seat: Seat, wanted: Asked, notes: tuple[str, ...] = ()) -> NewPart | None:
    """A part of the catalogue in its place, None where it would not touch the rest."""
    new = placed(make(entry), seat, place.rest_points, place.rest_faces, UP)
    if new.gap > FAR:
        return None
    solid = solid_of(new.points, new.faces)
    if solid.is_empty():  # stretched so that it collapsed
        return None
    return NewPart(*plugged(solid, place), entry, wanted, notes)


def plugged(solid: Manifold, place: Place) -> tuple[Floats, Ints]:
    """A part with what closes the holes that the old one leaves: points (V, 3) and faces (F, 3), closed."""
    for plug in plugs(place):
        solid = solid + plug
    mesh = solid.to_mesh()
    return np.asarray(mesh.vert_properties[:, :3], np.float64), np.asarray(mesh.tri_verts, np.int64)


def solid_of(points: Floats, faces: Ints) -> Manifold:
    """The solid within a closed surface (V, 3), (F, 3); empty where it is none."""
    return Manifold(Mesh(np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.uint32)))


def plugs(place: Place) -> Sequence[Manifold]:
    """What closes the holes that taking the old part away leaves in the rest: a flat body over each of its open borders.

    A part that was cut out of a skin leaves one; a part that was a body of its own, or open by itself, leaves none.
    """
    size = float(np.linalg.norm(np.ptp(place.points, axis=0)))
    found_plugs = []
    for border in borders(place.points, place.faces):
        if len(border) < 3 or not _is_shared(border, place, size):
            continue
        centre = border.mean(axis=0)
        _, _, axes = np.linalg.svd(border - centre, full_matrices=False)
        inward = axes[2] * (1 if (centre - place.points.mean(axis=0)) @ axes[2] > 0 else -1)
        try:
            both = np.concatenate([border, centre + 0.97 * (border - centre) + PLUG * size * inward])
            hull = ConvexHull(both)
        except QhullError:
            continue
        body = Manifold.hull_points(both[hull.vertices])
        if not body.is_empty():
            found_plugs.append(body)
    return found_plugs


def borders(points: Floats, faces: Ints) -> list[Floats]:
    """The points (n, 3) of each open border of a surface of any quality, in no order: edges of one face alone, as they hang together."""
    points, faces = weld(points, faces)
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, count = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0, return_counts=True)
    open_edges = edges[count == 1]
    if not len(open_edges):
        return []
    piece = components(len(points), open_edges)
    used = np.unique(open_edges)
    return [points[used[piece[used] == one]] for one in np.unique(piece[used])]


def _is_shared(border: Floats, place: Place, size: float) -> bool:
    """Whether a border (n, 3) is also one of the rest: its points are."""
    if not len(place.rest_points):
        return False
    apart = cKDTree(place.rest_points).query(border)[0]
    return bool((apart < SAME * size).mean() > SHARED)
