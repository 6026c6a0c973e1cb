"""The completer `solid`: the parts of a closed object become solids that fill it together and do not overlap.

The inside is divided by how strongly each part claims it (`influence`). Then one part after the other is split off: where
its surface meets the rest, closed loops run, however many parts meet there; a surface is spanned over them, drawn to the
border of the part's territory, and given to both sides, so that they touch and cannot overlap. What the rest gets of it
belongs to one of its parts from then on. The triangles of the input are never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.spatial import cKDTree

from ..geometry.adjacency import components, normals_and_areas
from ..geometry.rays import RayScene
from ..geometry.solids import paired_half_edges, signed_volume
from ..mesh import Mesh
from ..segmentation import Progress, no_progress
from . import DEFAULT_OPTIONS, CompletedPart, Completion, Deliver, Options, check_labels, no_delivery
from .caps import cap_faces, edges_of
from .influence import Claimant, Territory, territory
from .patches import OpenSurface, Surface, first_of_doubles, open_surface, read_surface
from .remeshing import finished
from .sheets import is_flat, thickened

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DRAWS = 40
"""Steps in which a filling is drawn to the border of a territory."""

FINEST = 1 / 9
"""The edge length of a filling, at most, as a share of the square root of its area: enough vertices to bend it."""

MOST_SHELLS = 200
"""Among which cavities are looked for; an object of more is a heap of loose shells."""

SAMPLES = 3000
"""Of a patch, at most, by which it claims space."""


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
    (k, 3) where they lie, `origin` (n,) as in a body."""

    faces: Ints
    names: Ints
    points: Floats
    origin: Ints
    made_by: str
    notes: tuple[str, ...] = ()


class SolidCompleter:
    """Divides the inside of every closed shell among the parts that share its surface."""

    method = "solid"
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
        surface = read_surface(mesh)
        shells = [shell for shell in _shells(surface, labels) if np.isin(shell.owner, names).any()]
        last_shell = {int(label): number for number, shell in enumerate(shells) for label in np.unique(shell.owner)}
        pieces: dict[int, list[Piece]] = {name: [] for name in names}
        parts: dict[int, CompletedPart] = {name: _assembled(mesh, surface, name, []) for name in names if name not in last_shell}
        for number, shell in enumerate(shells):
            for label, piece in _divided(shell, options.reach, _share(progress, number, len(shells))):
                if label not in pieces:
                    continue
                pieces[label].append(piece)
                if last_shell[label] == number:
                    parts[label] = finished(_assembled(mesh, surface, label, pieces[label]), options)
                    deliver(parts[label])
        progress(1.0, "Done")
        return Completion(tuple(parts[name] for name in names), self.method)


def _share(progress: Progress, number: int, count: int) -> Progress:
    """The progress of the one with the `number` of `count` equal jobs."""
    return lambda fraction, stage: progress((number + fraction) / count, stage)


# ---- shells ----------------------------------------------------------------------------------------------------------


def _shells(surface: Surface, labels: NDArray[np.int32]) -> list[Body]:
    """The connected shells of the input, each a body; one that looks inward, around a cavity, is in one body with what it lies in."""
    usable = np.flatnonzero(surface.usable & (labels >= 0))
    kept = usable[first_of_doubles(surface.corners[usable])]
    whole = Body(surface.points, surface.corners[kept], labels[kept].astype(np.int64), kept)
    if not len(kept):
        return []
    shell = components(len(kept), paired_half_edges(surface.points, whole.faces)[0])
    count = int(shell.max()) + 1
    if 1 < count <= MOST_SHELLS:
        shell = _with_cavities(whole, shell, count)
    return [whole.take(shell == number) for number in np.unique(shell)] if count <= MOST_SHELLS else _many(whole, shell)


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


def _divided(body: Body, reach: float, progress: Progress) -> Iterator[tuple[int, Piece]]:
    """The closed pieces of a shell, each with its label."""
    if _is_sheet(body):
        yield from _sheets(body)
        return
    is_open = _close(body)
    parts = np.unique(body.owner)
    if len(parts) == 1:
        opened = open_surface(body.points, body.faces)
        yield int(parts[0]), Piece(opened.faces, opened.welded, opened.points, body.origin, "solid" if is_open else "whole")
        return
    land = territory(body.points, body.faces, [_claimant(body, part) for part in parts.tolist()])
    areas = [normals_and_areas(body.points, body.faces[body.owner == part])[1].sum() for part in parts]
    for number, index in enumerate(np.argsort(areas).tolist()):
        progress(number / len(parts), f"Dividing part {number + 1} of {len(parts)}")
        yield int(parts[index]), _split_off(body, int(parts[index]), parts, land, reach)


def _is_sheet(body: Body) -> bool:
    """Whether a shell with its holes filled would have no inside."""
    opened = open_surface(body.points, body.faces)
    if not opened.loops:
        return is_flat(opened, np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    return is_flat(opened, *cap_faces(opened))


def _sheets(body: Body) -> Iterator[tuple[int, Piece]]:
    for part in np.unique(body.owner).tolist():
        mine = body.take(body.owner == part)
        opened = open_surface(mine.points, mine.faces)
        points, faces = thickened(opened)
        yield part, _piece(opened, points, faces, mine.origin, np.full(len(points), -1), "sheet")


def _piece(opened: OpenSurface, points: Floats, faces: Ints, origin: Ints, names: Ints, made_by: str, *notes: str) -> Piece:
    """An open surface with what closes it, `points` (p, 3) named `names` (p,) and `faces` (q, 3), as a piece."""
    return Piece(
        np.concatenate([opened.faces, faces]), np.concatenate([opened.welded, names]), np.concatenate([opened.points, points]),
        np.concatenate([origin, np.full(len(faces), -1)]), made_by, notes,
    )  # fmt: skip


def _close(body: Body) -> bool:
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


def _claimant(body: Body, part: int) -> Claimant:
    """A part by samples of its surface, and with flat fillings."""
    opened = open_surface(body.points, body.faces[body.owner == part])
    points, faces = cap_faces(opened) if opened.loops else (np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    _, areas = normals_and_areas(opened.points, opened.faces)
    count = min(SAMPLES, 4 * len(areas) + 200)
    random = np.random.default_rng(0)
    chosen = random.choice(len(areas), count, p=areas / areas.sum()) if areas.sum() > 0 else np.arange(len(areas))
    share = random.dirichlet(np.ones(3), len(chosen))
    samples = (opened.points[opened.faces[chosen]] * share[:, :, None]).sum(axis=1)
    return Claimant(samples, np.concatenate([opened.points, points]), np.concatenate([opened.faces, faces]))


def _split_off(body: Body, part: int, parts: Ints, land: Territory, reach: float) -> Piece:
    """Takes one part out of a closed body and closes both."""
    mine = body.owner == part
    opened = open_surface(body.points, body.faces[mine])
    origin, others = body.origin[mine], body.take(~mine)
    nothing = np.zeros((0, 3), np.int64)
    if not opened.loops:
        body.faces, body.owner, body.origin = others.faces, others.owner, others.origin
        return _piece(opened, np.zeros((0, 3)), nothing, origin, np.zeros(0, np.int64), "solid")
    points, faces = cap_faces(opened, FINEST, others.faces)
    scene = np.concatenate([body.faces[mine], others.faces])
    points, crossings = _best_filling(opened, points, faces, land, int(np.searchsorted(parts, part)), (body.points, scene), reach)
    made_by = "solid"
    if is_flat(opened, points, faces):
        (points, faces), crossings, made_by = thickened(opened), 0, "sheet"
    added = body.add_points(points)
    names = np.concatenate([opened.welded, added])
    body.faces, body.owner, body.origin = others.faces, others.owner, others.origin
    middles = np.concatenate([opened.points, points])[faces].mean(axis=1)
    body.add_faces(names[faces][:, ::-1], _heirs(others, opened, middles))
    notes = (_crossing_note(crossings),) if crossings else ()
    return _piece(opened, points, faces, origin, added, made_by, *notes)


def _crossing_note(crossings: int) -> str:
    return f"Its filling crosses other surfaces at {crossings} edge{'s' if crossings > 1 else ''}."


def _heirs(others: Body, opened: OpenSurface, middles: Floats) -> Ints:
    """The label (q,) that each triangle of a filling, with its middle in `middles` (q, 3), belongs to on the other side: that of
    the nearest triangle across the loops."""
    across = np.isin(others.faces, opened.welded[np.concatenate(opened.loops)]).any(axis=1)
    if not across.any():
        return np.full(len(middles), others.owner[0] if len(others.owner) else -1)
    corners = others.points[others.faces[across]].reshape(-1, 3)
    return np.repeat(others.owner[across], 3)[cKDTree(corners).query(middles)[1]]


# ---- where a filling lies --------------------------------------------------------------------------------------------


def _best_filling(
    opened: OpenSurface, points: Floats, faces: Ints, land: Territory, part: int, around: tuple[Floats, Ints], reach: float
) -> tuple[Floats, int]:
    """The points (p, 3) of a filling, drawn towards the border of the territory as far as it crosses nothing, and how many of
    its edges cross where all do."""
    if not len(points):
        return points, 0
    scene = RayScene(*around)
    beyond = land.beyond(part)
    drawn = _drawn(opened, points, faces, land, beyond)
    border = np.unique(opened.welded[np.concatenate(opened.loops)])
    best, fewest = points, -1
    for share in (reach, 0.6 * reach, 0.3 * reach, None, 0.0):
        candidate = _drawn(opened, points, faces, land, None) if share is None else points + (drawn - points) * share
        count = _crossings(np.concatenate([opened.points, candidate]), faces, scene, around, border)
        if fewest < 0 or count < fewest:
            best, fewest = candidate, count
        if not count:
            break
    return best, fewest


def _drawn(opened: OpenSurface, points: Floats, faces: Ints, land: Territory, beyond: Floats | None) -> Floats:
    """The points (p, 3) of a filling after they were drawn, smoothly, to where `beyond` is zero (None: nowhere), within the body."""
    fixed = opened.points
    total = len(fixed) + len(points)
    edges = edges_of(faces)
    weights = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(total, total)).tocsr()
    weights = (weights + weights.T)[len(fixed) :]
    weights = diags(1 / np.maximum(np.asarray(weights.sum(axis=1)).reshape(-1), 1e-12)) @ weights
    to_border = cKDTree(fixed[np.concatenate(opened.loops)])
    for _ in range(DRAWS):
        points = 0.6 * points + 0.4 * (weights @ np.concatenate([fixed, points]))
        if beyond is not None:
            slope = land.gradient(beyond, points)
            steep = np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 0.3)
            points = points - np.clip(land.at(beyond, points), -1.0, 1.0)[:, None] * slope / steep**2 * 0.7 * land.cell
        clear = np.minimum(0.8, 0.35 * to_border.query(points)[0] / land.cell)
        lack = np.clip(clear - land.at(land.depth, points), 0.0, 2.0)[:, None]
        rise = land.gradient(land.depth, points)
        points = points + lack * rise / np.maximum(np.linalg.norm(rise, axis=1, keepdims=True), 0.3) * land.cell
    return points


def _crossings(points: Floats, faces: Ints, scene: RayScene, around: tuple[Floats, Ints], border: Ints) -> int:
    """How many edges of a filling, `faces` (q, 3) over `points`, go through the surfaces around it or through itself, or are gone
    through by theirs. `border` (b,) are the vertices of `around` that both share."""
    own = _inner_edges(faces)
    low, high = points[np.unique(faces)].min(axis=0), points[np.unique(faces)].max(axis=0)
    corners = around[0][around[1]]
    close = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
    others = _inner_edges(around[1][close])
    others = others[~np.isin(others, border).all(axis=1)]
    filling = RayScene(points, faces)
    return _blocked(points, own, scene) + _blocked(points, own, filling, faces) + _blocked(around[0], others, filling)


def _inner_edges(faces: Ints) -> Ints:
    """The edges (E, 2) that more than one triangle has."""
    edges, count = np.unique(np.sort(edges_of(faces), axis=1), axis=0, return_counts=True)
    return edges[count > 1]


def _blocked(points: Floats, edges: Ints, scene: RayScene, own: Ints | None = None) -> int:
    """How many edges (E, 2) hit a triangle of the scene clearly between their ends and beside their middle; triangles `own` (q, 3)
    of the scene that have a vertex of the edge do not count."""
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    length = np.linalg.norm(end - start, axis=1)
    edges, start, end, length = edges[length > 0], start[length > 0], end[length > 0], length[length > 0]
    along = (end - start) / length[:, None]
    hit = np.zeros(len(edges), bool)
    for direction in (along, -along):
        distance, face = scene.hits((start + end) / 2, direction)
        counts = (distance < 0.48 * length) & (distance > 0.01 * length + 4e-5 / scene.scale)
        if own is not None:
            counts &= ~(own[face][:, :, None] == edges[:, None, :]).any(axis=(1, 2))
        hit |= counts
    return int(hit.sum())


# ---- putting parts together ------------------------------------------------------------------------------------------


def _assembled(mesh: Mesh, surface: Surface, label: int, pieces: Sequence[Piece]) -> CompletedPart:
    """A completed part of the closed pieces that have its label."""
    if not pieces:
        none = np.zeros(0, np.int32)
        said = ("No triangle of it has three corners.",)
        return CompletedPart(label, none, none, none.astype(bool), mesh.vertices[:0], none.reshape(0, 3), none.astype(bool), "open", said)
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
    made_by = next(way for way in ("solid", "sheet", "whole") if any(piece.made_by == way for piece in pieces))
    notes = tuple(dict.fromkeys(note for piece in pieces for note in piece.notes))
    return CompletedPart(
        label, origin[:count].astype(np.int32), inputs.astype(np.int32), surface.turned[origin[:count]], points[rows],
        place[faces].astype(np.int32), origin < 0, made_by, notes,
    )  # fmt: skip
