"""The completer `solid`: the parts of a closed object become solids that fill it together and do not overlap.

The inside is divided by how strongly each part claims it (`influence`). Then one part after the other is split off: where
its surface meets the rest, closed loops run, however many parts meet there; a surface is spanned over them, drawn to the
border of the part's territory, and given to both sides, so that they touch and cannot overlap. Where its loops lie in a plane
it stays there (`flat_cuts`). What the rest gets of it belongs to one of its parts from then on. The triangles of the input
are never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..geometry.adjacency import components, normals_and_areas
from ..geometry.rays import RayScene
from ..geometry.solids import paired_half_edges, signed_volume, surface_area
from ..mesh import Mesh
from ..progress import Progress, no_progress, within
from . import DEFAULT_OPTIONS, CompletedPart, Completion, Deliver, Options, check_labels, no_delivery
from .caps import cap_faces, edge_codes, edges_of, neighbour_means
from .crossing import Surroundings
from .flat_cuts import in_flat_cuts
from .influence import Claimant, Claims, Ground, Territory, hand_made_claims, territory
from .mending import Neighbourhood, mended
from .patches import OpenSurface, Surface, first_of_doubles, median_edge, open_surface, read_surface
from .remeshing import finished
from .sheets import FLAT, FLATTEST, has_no_inside, is_flat, is_inside_out, normals_of_vertices, thickened, thickness_of
from .shells import NO_SHELL
from .touching import places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DRAWS = 40
"""Steps in which a filling is drawn to the border of a territory."""

RETREATS = 8
"""How often those parts of a filling that cross something go back half the way before it is left as it is."""

FINEST = 1 / 9
"""The edge length of a filling, at most, as a share of the square root of its area: enough vertices to bend it.

A filling is otherwise as dense as the part's own triangles. Where those are coarser it is not: a wall of two triangles could follow no
border between two territories. Finer than this it is only where the part is.
"""

OUTSIDE = 2.0
"""Cells of the object's grid beyond the surface from which on a flat cut counts as leaving the object; less, what is thin would, too."""

TRIED = 300
"""Points of a filling, at most, by which it is told whether the grid is fine enough there."""

HAIR = 1e-3
"""Of the part's edge length: how far points go aside that lie in one place."""

MOST_SHELLS = 200
"""Among which cavities are looked for; an object of more is a heap of loose shells."""


@dataclass(eq=False)
class Body:
    """What is taken apart: `points` (k, 3), which grow; `faces` (n, 3) over these, `owner` (n,) the label of each, `origin` (n,)
    the input's triangle, -1 for what was added."""

    points: Floats
    faces: Ints
    owner: Ints
    origin: Ints

    def add_points(self, points: Floats) -> Ints:
        """Adds points (p, 3) and returns their indices (p,)."""
        first = len(self.points)
        self.points = np.concatenate([self.points, points])
        return first + np.arange(len(points))

    def add_faces(self, faces: Ints, owner: Ints) -> None:
        self.faces = np.concatenate([self.faces, faces])
        self.owner = np.concatenate([self.owner, owner])
        self.origin = np.concatenate([self.origin, np.full(len(faces), -1)])

    def take(self, chosen: Bools | Ints) -> Body:
        """The chosen triangles (n,) as a body over the same points."""
        return Body(self.points, self.faces[chosen], self.owner[chosen], self.origin[chosen])


@dataclass(frozen=True, eq=False)
class Piece:
    """A closed surface of one label: `faces` (n, 3) over vertices of its own, `names` (k,) the body's points that these are, `points`
    (k, 3) where they lie, `origin` (n,) as in a body; `made_by` "split" (off the rest), "sheet" or "whole"."""

    faces: Ints
    names: Ints
    points: Floats
    origin: Ints
    made_by: str


@dataclass(frozen=True, eq=False)
class Filling:
    """What closes an open surface: `points` (p, 3) and `faces` (q, 3), which go on from the surface's; `is_flat_cut` (q,); `is_hollow`:
    the surface holds hardly anything with it."""

    points: Floats
    faces: Ints
    is_flat_cut: Bools
    is_hollow: bool

    @classmethod
    def nothing(cls) -> Filling:
        """That of a surface which is closed."""
        return cls(np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros(0, bool), False)


class SolidCompleter:
    """Divides the inside of every closed shell among the parts that share its surface, by how strongly each claims it."""

    def __init__(self, claims: Claims = hand_made_claims, method: str = "solid") -> None:
        self.claims, self.method = claims, method

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
        names = [int(label) for label in np.unique(labels[labels >= 0] if wanted is None else np.array(list(wanted), int))]
        surface = read_surface(mesh, labels)
        shells = [shell for shell in bodies(surface, labels) if np.isin(shell.owner, names).any()]
        last_shell = {int(label): number for number, shell in enumerate(shells) for label in np.unique(shell.owner)}
        pieces: dict[int, list[Piece]] = {name: [] for name in names}
        without = [name for name in names if name not in last_shell]
        parts: dict[int, CompletedPart] = {name: _of_nothing(mesh, surface, labels, name) for name in without}
        for part in parts.values():
            deliver(part)
        for number, shell in enumerate(shells):
            of_shell = within(progress, number / len(shells), (number + 1) / len(shells))
            for label, piece in _divided(shell, self.claims, options, of_shell):
                if label not in pieces:
                    continue
                pieces[label].append(piece)
                if last_shell[label] == number:
                    parts[label] = finished(_assembled(mesh, surface, label, pieces[label], self.method), options)
                    deliver(parts[label])
        progress(1.0, "Done")
        return Completion(tuple(parts[name] for name in names), self.method)


# ---- shells ----------------------------------------------------------------------------------------------------------


def bodies(surface: Surface, labels: NDArray[np.int32]) -> list[Body]:
    """The connected shells of the input, each a body; one that looks inward, around a cavity, is in one body with what it lies in."""
    usable = np.flatnonzero(surface.usable & (labels >= 0) & (surface.shell == NO_SHELL))
    kept = usable[first_of_doubles(surface.corners[usable])]
    closed = np.flatnonzero(surface.shell >= 0)
    apart = _many(_body(surface, labels, closed), surface.shell[closed]) if len(closed) else []
    if not len(kept):
        return apart
    whole = _body(surface, labels, kept)
    shell = components(len(kept), paired_half_edges(surface.points, whole.faces)[0])
    count = int(shell.max()) + 1
    if 1 < count <= MOST_SHELLS:
        shell = _with_cavities(whole, shell, count)
    return apart + ([whole.take(shell == number) for number in np.unique(shell)] if count <= MOST_SHELLS else _many(whole, shell))


def _body(surface: Surface, labels: NDArray[np.int32], chosen: Ints) -> Body:
    """The chosen triangles of the input."""
    return Body(surface.points, surface.corners[chosen], labels[chosen].astype(np.int64), chosen)


def _many(whole: Body, shell: Ints) -> list[Body]:
    order = np.argsort(shell, kind="stable")
    starts = np.flatnonzero(np.r_[True, shell[order][1:] != shell[order][:-1]])
    return [whole.take(chosen) for chosen in np.split(order, starts[1:])]


def _with_cavities(whole: Body, shell: Ints, count: int) -> Ints:
    """Gives shells that look inward the number of the smallest shell around them."""
    volumes = np.array([signed_volume(whole.points, whole.faces[shell == number]) for number in range(count)])
    result = shell.copy()
    for cavity in np.flatnonzero(volumes < 0).tolist():
        probe = whole.points[whole.faces[np.argmax(shell == cavity)]].mean(axis=0, keepdims=True)
        for around in np.argsort(volumes).tolist():
            larger = volumes[around] > -volumes[cavity]
            if larger and fast_winding_number(whole.points, whole.faces[shell == around], probe)[0] > 0.5:
                result[shell == cavity] = around
                break
    return result


# ---- taking a shell apart --------------------------------------------------------------------------------------------


def _divided(body: Body, claims: Claims, options: Options, progress: Progress) -> Iterator[tuple[int, Piece]]:
    """The closed pieces of a shell, each with its label."""
    if _is_sheet(body):
        yield from _sheets(body)
        return
    is_open = close(body)
    parts = np.unique(body.owner)
    if len(parts) == 1:
        opened = open_surface(body.points, body.faces)
        yield int(parts[0]), Piece(opened.faces, opened.welded, opened.points, body.origin, "split" if is_open else "whole")
        return
    land = territory(body.points, body.faces, claimants(body), claims)
    areas = [normals_and_areas(body.points, body.faces[body.owner == part])[1].sum() for part in parts]
    for number, index in enumerate(np.argsort(areas).tolist()):
        progress(number / len(parts), f"Dividing part {number + 1} of {len(parts)}")
        yield int(parts[index]), _split_off(body, int(parts[index]), parts, land, options)


def _is_sheet(body: Body) -> bool:
    """Whether a shell with its holes filled would have no inside."""
    opened = open_surface(body.points, body.faces)
    if not opened.loops:
        return is_flat(opened, np.zeros((0, 3)), np.zeros((0, 3), np.int64), FLATTEST)
    return has_no_inside(opened, *cap_faces(opened))


def _sheets(body: Body) -> Iterator[tuple[int, Piece]]:
    """The parts of a sheet, all as thick as each other, so that they meet where the sheet was cut."""
    whole = open_surface(body.points, body.faces)
    normals = np.zeros_like(body.points)
    np.add.at(normals, whole.welded, normals_of_vertices(whole))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    for part in np.unique(body.owner).tolist():
        mine = body.take(body.owner == part)
        opened = open_surface(mine.points, mine.faces)
        points, faces = thickened(opened, thickness_of(whole), normals[opened.welded])
        yield part, _piece(opened, points, faces, mine.origin, np.full(len(points), -1), "sheet")


def _piece(opened: OpenSurface, points: Floats, faces: Ints, origin: Ints, names: Ints, made_by: str) -> Piece:
    """An open surface with what closes it, `points` (p, 3) named `names` (p,) and `faces` (q, 3), as a piece."""
    return Piece(
        np.concatenate([opened.faces, faces]), np.concatenate([opened.welded, names]), np.concatenate([opened.points, points]),
        np.concatenate([origin, np.full(len(faces), -1)]), made_by,
    )  # fmt: skip


def close(body: Body) -> bool:
    """Fills the holes of a shell; what fills them belongs to the parts around. Whether there were any."""
    opened = open_surface(body.points, body.faces)
    if not opened.loops:
        return False
    points, faces = cap_faces(opened)
    names = np.concatenate([opened.welded, body.add_points(points)])
    border = np.concatenate(opened.loops)
    owner_of = np.zeros(len(opened.points), np.int64)
    owner_of[opened.faces] = body.owner[:, None]
    everywhere = np.concatenate([opened.points, points])
    nearest = cKDTree(opened.points[border]).query(everywhere[faces].mean(axis=1))[1]
    body.add_faces(names[faces], owner_of[border[nearest]])
    return True


def claimants(body: Body) -> list[Claimant]:
    """The parts of a body, in the order of their labels, as they claim space."""
    return [Claimant.of(open_surface(body.points, body.faces[body.owner == part])) for part in np.unique(body.owner).tolist()]


def _split_off(body: Body, part: int, parts: Ints, land: Territory, options: Options) -> Piece:
    """Takes one part out of a closed body and closes both."""
    mine = body.owner == part
    opened = open_surface(body.points, body.faces[mine])
    origin, others = body.origin[mine], body.take(~mine)
    filling = _filling(body, mine, others, opened, parts, land, options) if opened.loops else Filling.nothing()
    points, faces, is_flat_cut, made_by = filling.points, filling.faces, filling.is_flat_cut, "split"
    if filling.is_hollow or _is_turned(body, opened, points, faces):
        volume = max(signed_volume(body.points, body.faces), 0.0)
        thickness = volume / max(surface_area(opened.points, opened.faces), 1e-300)  # of what is left of the object behind the part
        (points, faces), made_by = thickened(opened, min(thickness_of(opened), thickness / 2)), "sheet"
        is_flat_cut = np.zeros(len(faces), bool)
    added = body.add_points(points)
    names = np.concatenate([opened.welded, added])
    body.faces, body.owner, body.origin = others.faces, others.owner, others.origin
    corners = np.concatenate([opened.points, points])[faces]
    body.add_faces(names[faces][:, ::-1], _heirs(others, opened, corners, is_flat_cut, parts, land))
    return _piece(opened, points, faces, origin, added, made_by)


def _filling(body: Body, mine: Bools, others: Body, opened: OpenSurface, parts: Ints, land: Territory, options: Options) -> Filling:
    """What closes the triangles `mine` (n,) of a body, an open surface, towards the `others`."""
    # Of the input's triangles alone: measured on fillings of earlier parts as well, each would be finer than the one before.
    given = median_edge(body.points, body.faces[mine & (body.origin >= 0)])
    points, faces = cap_faces(opened, FINEST, others.faces, bendable=True, edge_length=given)
    around = body.points, Surroundings.of(body.points, np.concatenate([body.faces[mine], others.faces]))
    index = int(np.searchsorted(parts, body.owner[mine][0]))
    is_told = _is_told(land, index, opened, points, around)
    if is_told:
        points, flat = _best_filling(opened, points, faces, land, index, around, options)
    else:  # the object is thinner there than the grid tells: the filling stays as it was spanned
        points = _told_apart(mended(Neighbourhood.of(opened, faces, len(points), *around), points), opened)
        flat = np.zeros(len(points), bool)
    is_flat_cut = np.logical_or.reduce(np.concatenate([np.zeros(len(opened.points), bool), flat])[faces], axis=1)
    return Filling(points, faces, is_flat_cut, is_flat(opened, points, faces, FLAT if is_told else FLATTEST))


def _is_turned(body: Body, opened: OpenSurface, points: Floats, faces: Ints) -> bool:
    """Whether a part would hold what is outside of the body, closed on its front, as the inner wall of a mug would or a cavity does."""
    every, of_both = np.concatenate([opened.points, points]), np.concatenate([opened.faces, faces])
    return is_inside_out(every, of_both) and signed_volume(body.points, body.faces) > 0


def _heirs(others: Body, opened: OpenSurface, corners: Floats, is_flat_cut: Bools, parts: Ints, land: Territory) -> Ints:
    """The label (q,) that each triangle of a filling, `corners` (q, 3, 3), belongs to on the other side: that of the nearest triangle
    across the loops. Behind a flat cut (q,), which is no border of territories, of the parts across the one that claims the place most."""
    across = np.isin(others.faces, opened.welded[np.concatenate(opened.loops)]).any(axis=1) if opened.loops else others.owner >= 0
    if not across.any():
        return np.full(len(corners), others.owner[0] if len(others.owner) else -1)
    near = cKDTree(others.points[others.faces[across]].reshape(-1, 3)).query(corners.mean(axis=1))[1]
    result = np.repeat(others.owner[across], 3)[near]
    if is_flat_cut.any():
        first, second, third = corners[is_flat_cut].transpose(1, 0, 2)
        normal = np.cross(second - first, third - first)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
        heirs = np.unique(others.owner[across])
        behind = (first + second + third) / 3 + land.cell * normal
        result[is_flat_cut] = heirs[land.at(np.searchsorted(parts, heirs), behind).argmax(axis=0)]
    return result


# ---- where a filling lies --------------------------------------------------------------------------------------------


def _is_told(land: Territory, part: int, opened: OpenSurface, points: Floats, around: tuple[Floats, Surroundings]) -> bool:
    """Whether the grid tells inside from outside where a filling lies, at `points` (p, 3): not where the object is thinner than a cell."""
    sample = points[:: max(1, len(points) // TRIED)]
    if not land.holds or not len(sample):
        return land.holds
    inside = sample[fast_winding_number(around[0], around[1].faces, sample) > 0.5]
    ground = land.ground(part, opened.points)
    return not len(inside) or bool((ground.at(ground.depth, inside)[0] > -1.0).mean() > 0.5)


def _best_filling(
    opened: OpenSurface, points: Floats, faces: Ints, land: Territory, part: int, around: tuple[Floats, Surroundings], options: Options
) -> tuple[Floats, Bools]:
    """The points (p, 3) of a filling, drawn to the border of the territory but where it would cross something, and in flat cuts; which
    of them (p,) are in flat cuts."""
    flat = np.zeros(len(points), bool)
    if not len(points):
        return points, flat
    ground = land.ground(part, opened.points)
    relaxed = _drawn(opened, points, faces, ground, False)
    drawn = _drawn(opened, points, faces, ground, True)
    if options.flat_cuts:
        inside = ground.at(ground.depth, points)[0] * ground.cell > -OUTSIDE * land.cell
        flat = in_flat_cuts(opened, points, faces, inside)
        relaxed[flat] = drawn[flat] = points[flat]
    reached = np.concatenate([opened.points, relaxed, drawn])
    near = around[1].within(reached.min(axis=0), reached.max(axis=0))
    scenery = Scenery.around(opened, faces, around[0], around[1].faces[near])
    share = np.full((len(points), 1), options.reach)
    best, fewest = points, -1
    for _ in range(RETREATS):
        candidate = relaxed + (drawn - relaxed) * share
        crossing, count = scenery.crossings(candidate)
        if fewest < 0 or count < fewest:
            best, fewest = candidate, count
        if not count:
            break
        share = share * _clear_of(opened, faces, crossing)
    return _told_apart(mended(Neighbourhood.of(opened, faces, len(points), *around), best), opened), flat


def _told_apart(points: Floats, opened: OpenSurface) -> Floats:
    """The points (p, 3) of a filling, those moved a hair's breadth that would fall together with others when written as float32."""
    every = np.concatenate([opened.points, points]).astype(np.float32)
    place = places(every)
    together = np.bincount(place)[place[len(opened.points) :]] > 1
    aside = np.random.default_rng(0).normal(size=(int(together.sum()), 3)) * HAIR * opened.edge_length
    result = points.copy()
    result[together] += aside
    return result


def _clear_of(opened: OpenSurface, faces: Ints, crossing: Bools) -> Floats:
    """By how much each new vertex (p, 1) of a filling goes back: a half where `crossing` (k + p,), less in two rings around that."""
    fixed, weights = len(opened.points), neighbour_means(faces, len(crossing))
    near = crossing.astype(float)
    for _ in range(2):
        near = np.maximum(near, weights @ near)
    return 1 - 0.5 * near[fixed:, None]


def _drawn(opened: OpenSurface, points: Floats, faces: Ints, ground: Ground, to_border: bool) -> Floats:
    """The points (p, 3) of a filling after they were smoothed, kept within the body and, if so asked, drawn to the border of the
    territory."""
    fixed = opened.points
    weights = neighbour_means(faces, len(fixed) + len(points))[len(fixed) :]
    loops = cKDTree(fixed[np.concatenate(opened.loops)])
    for _ in range(DRAWS):
        points = 0.6 * points + 0.4 * (weights @ np.concatenate([fixed, points]))
        if to_border:
            beyond, slope = ground.at(ground.beyond, points)
            steep = np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 0.3)
            points = points - np.clip(beyond, -1.0, 1.0)[:, None] * slope / steep**2 * 0.7 * ground.cell
        near_loops = loops.query(points, distance_upper_bound=3 * ground.cell)[0]  # further away, all of 0.8 cells is asked for
        depth, rise = ground.at(ground.depth, points)
        lack = np.clip(np.minimum(0.8, 0.35 * near_loops / ground.cell) - depth, 0.0, 2.0)[:, None]
        points = points + lack * rise / np.maximum(np.linalg.norm(rise, axis=1, keepdims=True), 0.3) * ground.cell
    return points


@dataclass(frozen=True, eq=False)
class Scenery:
    """A filling, `faces` (q, 3) over the points of `opened` and its own, and the surfaces around it: what it could cross.

    `inner` (e, 2) are its edges that more than one of its triangles has, `others` (m, 2) the edges around it, over
    `points`, with their bounds `low` and `high` (3, m).
    """

    opened: OpenSurface
    faces: Ints
    inner: Ints
    points: Floats
    others: Ints
    low: Floats
    high: Floats
    scene: RayScene

    @classmethod
    def around(cls, opened: OpenSurface, faces: Ints, points: Floats, others: Ints) -> Scenery:
        """With triangles `others` (n, 3) over `points` around it; edges whose both ends are on its border are not taken in."""
        border = np.zeros(len(points), bool)
        border[opened.welded[np.concatenate(opened.loops)]] = True
        edges = _inner_edges(others)
        edges = edges[~(border[edges[:, 0]] & border[edges[:, 1]])]
        start, end = points.T[:, edges[:, 0]], points.T[:, edges[:, 1]]
        low, high = np.minimum(start, end), np.maximum(start, end)
        return cls(opened, faces, _inner_edges(faces), points, edges, low, high, RayScene(points, others))

    def crossings(self, added: Floats) -> tuple[Bools, int]:
        """Which vertices of the filling (k + p,), its own being at `added` (p, 3), have edges or triangles that go through the surfaces
        around it or through itself, or are gone through; and how many edges do so."""
        every = np.concatenate([self.opened.points, added])
        used = every[np.unique(self.faces)]
        low, high = used.min(axis=0)[:, None], used.max(axis=0)[:, None]
        close = np.logical_and.reduce([*(self.high >= low), *(self.low <= high)])
        filling = RayScene(every, self.faces)
        crossing = np.zeros(len(every), bool)
        through, _ = _blocked(every, self.inner, self.scene)
        through_itself, itself = _blocked(every, self.inner, filling, self.faces)
        pierced_by, pierced = _blocked(self.points, self.others[close], filling)
        crossing[self.inner[through | through_itself]] = True
        crossing[self.faces[np.concatenate([itself, pierced])]] = True
        return crossing, int(through.sum() + through_itself.sum() + pierced_by.sum())


def _inner_edges(faces: Ints) -> Ints:
    """The edges (E, 2) that more than one triangle has."""
    size = int(faces.max(initial=0)) + 1
    codes, count = np.unique(edge_codes(edges_of(faces), size), return_counts=True)
    return np.stack(np.divmod(codes[count > 1], size), axis=1)


def _blocked(points: Floats, edges: Ints, scene: RayScene, own: Ints | None = None) -> tuple[Bools, Ints]:
    """Which edges (E, 2) hit a triangle of the scene clearly between their ends and beside their middle, and the triangles hit;
    triangles `own` (q, 3) of the scene that have a vertex of the edge do not count."""
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    length = np.linalg.norm(end - start, axis=1)
    along = (end - start) / np.maximum(length, 1e-300)[:, None]
    blocked, triangles = np.zeros(len(edges), bool), []
    for direction in (along, -along):
        distance, face = scene.hits((start + end) / 2, direction)
        counts = (distance < 0.48 * length) & (distance > 0.01 * length + 4e-5 / scene.scale)
        if own is not None:
            counts &= ~(own[face][:, :, None] == edges[:, None, :]).any(axis=(1, 2))
        blocked |= counts
        triangles.append(face[counts])
    return blocked, np.unique(np.concatenate(triangles))


# ---- putting parts together ------------------------------------------------------------------------------------------


def _of_nothing(mesh: Mesh, surface: Surface, labels: NDArray[np.int32], label: int) -> CompletedPart:
    """A part that no shell has a triangle of, and why."""
    none = np.zeros(0, np.int32)
    said = "No triangle of it has three corners."
    if (surface.usable & (labels == label)).any():
        said = "Its faces are the backs of other parts' faces, so it has no inside of its own. Merge it with those."
    return CompletedPart(label, none, none, none.astype(bool), mesh.vertices[:0], none.reshape(0, 3), none.astype(bool), "open", (said,))


def _assembled(mesh: Mesh, surface: Surface, label: int, pieces: Sequence[Piece], method: str) -> CompletedPart:
    """A completed part of the closed pieces, at least one, that have its label."""
    sizes = np.cumsum([0] + [len(piece.names) for piece in pieces])
    faces = np.concatenate([piece.faces + first for piece, first in zip(pieces, sizes, strict=False)])
    origin = np.concatenate([piece.origin for piece in pieces])
    names = np.concatenate([piece.names for piece in pieces])
    points = np.concatenate([piece.points for piece in pieces]).astype(np.float32)
    known = (names >= 0) & (names < len(surface.vertices))
    points[known] = mesh.vertices[surface.vertices[names[known]]]
    order = np.lexsort((np.where(origin >= 0, origin, 0), origin < 0))
    faces, origin = faces[order], origin[order]
    count = int((origin >= 0).sum())
    seen = np.zeros(len(names), bool)
    seen[faces[:count]] = True
    rows = np.argsort(~seen, kind="stable")
    place = np.empty(len(rows), np.int64)
    place[rows] = np.arange(len(rows))
    inputs = surface.vertices[names[rows[: int(seen.sum())]]]
    way = next(way for way in ("split", "sheet", "whole") if any(piece.made_by == way for piece in pieces))
    return CompletedPart(
        label, origin[:count].astype(np.int32), inputs.astype(np.int32), surface.turned[origin[:count]], points[rows],
        place[faces].astype(np.int32), origin < 0, method if way == "split" else way,
    )  # fmt: skip
