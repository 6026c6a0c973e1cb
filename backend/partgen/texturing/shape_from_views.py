"""A part's new shape from painted views of it: what of them is the part, how far away it is, and the closed surface that all agree on.

    shape = reshaped(with_room(views, around, old), picture, around, estimator, old, up)

The cameras stay; the part may grow over its old outline by `GROWTH` of its size. What stands around it bounds it: it is not seen
through, and no part can be inside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from igl import fast_winding_number, point_mesh_squared_distance
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, distance_transform_edt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..errors import PartgenError
from ..geometry.rays import RayScene
from ..progress import Progress, no_progress
from ..rendering.buffers import Buffers, render
from ..rendering.cameras import Camera, apart, joined
from .depth import DepthEstimator, aligned
from .lifting import BAND, lifted
from .views import PartViews

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

GROWTH = 0.2
"""Of the part's size: so far may it grow beyond its old outline and its old box."""
RESOLUTION = 80
"""Cells along the longest side of the box: some 20,000 triangles, which unwrapping takes seconds for."""
WHITE = 0.06
"""How far from white a pixel may be, in any colour, and still be background."""
SAME_DEPTH, SAME_COLOUR = 0.03, 0.25
"""Of the part's size, and of the range of colours: where both agree, a pixel shows what was there before."""
FEW = 0.01
"""Of the pixels: with fewer than these beside the part, its own old depth has to tell how far away it is."""
FLECK = 0.02
"""Of all vertices: a piece of surface with fewer is none."""
CLEAR = 0.5
"""Beyond this from -1, outside, to 1, inside, a point is so far on one side that the distance to the surface may count."""
HELD = 1.5
"""Cells: so near to what the part stands on or touches its surface is not smoothed."""
SHRINK, GROW, ROUNDS = 0.5, -0.53, 10
"""Of the way to the middle of its neighbours a vertex is moved, and back, so many times: Taubin 1995, section 3."""
CLOSE = 3.0
"""Cells from what was seen of the part within which a piece of surface has to come to be kept."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What stands around the part, without it: its triangles `faces` (F, 3) over `points`, and what each camera sees of it as
    `buffers` and `colours` (H, W, 3)."""

    points: Floats
    faces: Ints
    buffers: Sequence[Buffers]
    colours: Sequence[Floats]


@dataclass(frozen=True, eq=False)
class Shape:
    """A closed surface: `points` (n, 3) and triangles `faces` (m, 3), and sentences."""

    points: Floats
    faces: Ints
    notes: tuple[str, ...] = ()


def with_room(views: PartViews, around: Surroundings, old: Floats) -> PartViews:
    """The views with a mask that leaves the part, triangles `old` (m, 3, 3), room to grow, but for what stands before it."""
    points, faces = old.reshape(-1, 3), np.arange(3 * len(old)).reshape(-1, 3)
    scene, masks = RayScene(points, faces), []
    for camera, bare in zip(views.cameras, around.buffers, strict=True):
        alone = render(scene, points, faces, camera)  # what is hidden now may come into view when it grows
        pixels = GROWTH * _size(points) / (2 * camera.half) * camera.size
        near = distance_transform_edt(~alone.mask) <= pixels
        masks.append(near & ~(bare.depth < np.median(alone.depth[alone.mask])) if alone.mask.any() else alone.mask)
    return replace(views, grid=replace(views.grid, mask=views.grid.mask | joined(masks)))


def reshaped(
    views: PartViews,
    picture: Floats,
    around: Surroundings,
    estimator: DepthEstimator,
    old: Floats,
    up: Floats,
    progress: Progress = no_progress,
) -> Shape:
    """The shape that painted views show of a part, which was the triangles `old` (m, 3, 3) before. `views` are those `with_room`.

    Raises PartgenError where they show nothing.
    """
    part = old.reshape(-1, 3)
    cell = (1 + 2 * GROWTH) * _size(part) / RESOLUTION
    shown = _read(views, picture, around, estimator, part, progress)
    if not len(shown.points):
        remedy = "Try another seed, or say another colour than white."
        raise PartgenError("edit.nothing_seen", "The views show nothing of the part.", remedy)
    progress(len(views.cameras) / (len(views.cameras) + 1), "Fusing the views")
    reach = GROWTH * _size(part)
    low, high = part.min(axis=0) - reach, part.max(axis=0) + reach
    floor = float((part @ up).min())

    def emptiness(at: Floats) -> Floats:
        # Four views from above tell nothing of the underside: it ends where the old one did.
        found = (floor - at @ up) / cell
        if len(around.faces):
            found = np.maximum(found, _within(at, around.points, around.faces, cell))
        # What stands before it may hide anything. There the part is what it was.
        hidden = np.flatnonzero(~_is_shown(at, views.cameras, shown.masks))
        was = _within(at[hidden], part, np.arange(len(part)).reshape(-1, 3), cell)
        found[hidden] = np.maximum(found[hidden], -was)
        return np.asarray(found)

    points, faces = _kept(*lifted(views.cameras, shown.depths, low, high, RESOLUTION, emptiness), shown.points, CLOSE * cell)
    free = (points @ up - floor) / cell > HELD
    if len(around.faces):
        free &= np.abs(_within(points, around.points, around.faces, cell)) > HELD
    return Shape(_smoothed(points, faces, free), faces, shown.notes)


@dataclass(frozen=True, eq=False)
class _Shown:
    """What painted views show: of each its `depths` (H, W), with the part in place, and where that is seen (`masks`); of all together
    `points` (n, 3) of the part, and sentences."""

    depths: Sequence[Floats]
    masks: Sequence[Bools]
    points: Floats
    notes: tuple[str, ...]


def _read(
    views: PartViews, picture: Floats, around: Surroundings, estimator: DepthEstimator, part: Floats, progress: Progress
) -> _Shown:
    """What painted views of a part show, which had the vertices `part` (n, 3) before."""
    depths, points, masks, by_itself = [], [], [], 0
    for number, (camera, painted, mask) in enumerate(zip(views.cameras, apart(picture), apart(views.grid.mask), strict=True)):
        progress(number / (len(views.cameras) + 1), f"Telling depth, view {number + 1} of {len(views.cameras)}")
        bare = around.buffers[number].depth
        estimate = estimator(painted)
        known, where = _known(views.buffers[number].depth, bare, mask)
        by_itself += where is None
        depth = aligned(estimate, known, mask & np.isfinite(known) if where is None else where)
        shown = _shown(camera, painted, mask, depth, bare, around.colours[number], part)
        depths.append(np.where(shown, np.minimum(depth, bare), bare))
        points.append(_unprojected(camera, depths[-1], shown))
        masks.append(shown)
    notes = (f"In {by_itself} of 4 views nothing beside the part tells how far away it is; its old depth did.",) if by_itself else ()
    return _Shown(depths, masks, np.concatenate(points), notes)


def _size(part: Floats) -> float:
    return float(np.ptp(part, axis=0).max())


def _within(at: Floats, points: Floats, faces: Ints, cell: float) -> Floats:
    """How far points (k, 3) lie within triangles (F, 3) over `points`, whichever way these are turned, in cells within the band, negative
    outside: (k,). Where they leave open what is inside, it is how sure that is, and the surface lies where it is even."""
    if not len(at):
        return np.zeros(0)
    winding = fast_winding_number(points, faces.astype(np.int64), np.ascontiguousarray(at))
    inside = 2 * np.abs(np.asarray(winding)).reshape(-1) - 1
    low, high = at.min(axis=0) - BAND * cell, at.max(axis=0) + BAND * cell
    corners = points[faces]
    near = faces[((corners.max(axis=1) > low) & (corners.min(axis=1) < high)).all(axis=1)]
    distance = np.full(len(at), BAND)
    clear = np.flatnonzero(np.abs(inside) > CLEAR)
    if len(near) and len(clear):
        found = point_mesh_squared_distance(np.ascontiguousarray(at[clear]), points, np.ascontiguousarray(near.astype(np.int64)))
        distance[clear] = np.minimum(np.sqrt(found[0]) / cell, BAND)
    return np.where(np.abs(inside) > CLEAR, np.sign(inside) * distance, inside * BAND)


def _smoothed(points: Floats, faces: Ints, free: Bools) -> Floats:
    """The vertices (n, 3) of a surface without its steps, but for those that are not `free` (n,): Taubin 1995, which does not shrink."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    links = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(points), len(points))).tocsr()
    count = np.maximum(np.asarray(links.sum(axis=1)), 1)
    for _ in range(ROUNDS):
        for share in (SHRINK, GROW):
            points = points + share * free[:, None] * (links @ points / count - points)
    return points


def _is_shown(at: Floats, cameras: Sequence[Camera], masks: Sequence[Bools]) -> Bools:
    """Which points (k, 3) lie where some view shows the part: (k,)."""
    found = np.zeros(len(at), bool)
    for camera, mask in zip(cameras, masks, strict=True):
        column, row = np.clip(camera.project(at)[0].astype(np.int64), 0, camera.size - 1).T
        found |= mask[row, column]
    return found


def _known(before: Floats, bare: Floats, mask: Bools) -> tuple[Floats, Bools | None]:
    """Depths (H, W) that are known of a painted view, and where they hold: beside the part. None where that is too little to tell;
    then the depth before it was painted has to do."""
    where = ~mask & np.isfinite(bare)
    if where.sum() >= FEW * where.size and np.ptp(bare[where]) > 0:
        return bare, where
    return np.where(np.isfinite(before), before, np.inf), None


def _shown(camera: Camera, painted: Floats, mask: Bools, depth: Floats, bare: Floats, colours: Floats, part: Floats) -> Bools:
    """Which pixels (H, W) of a painted view show the part."""
    size = _size(part)
    _, distances = camera.project(part)
    is_within = (depth > distances.min() - GROWTH * size) & (depth < distances.max() + GROWTH * size)
    coloured = (1 - painted).max(axis=2) > WHITE
    # White inside of an outline is a light on it, unless one looks through.
    found = mask & (coloured | (binary_fill_holes(coloured) & is_within))
    as_before = (np.abs(depth - bare) < SAME_DEPTH * size) & (np.abs(painted - colours).max(axis=2) < SAME_COLOUR)
    return np.asarray(found & ~as_before & is_within)


def _unprojected(camera: Camera, depth: Floats, shown: Bools) -> Floats:
    """The points (n, 3) that pixels show."""
    origins, directions = camera.rays()
    at = shown.reshape(-1)
    return np.asarray(origins[at] + depth.reshape(-1)[at, None] * directions[at])


def _kept(points: Floats, faces: Ints, seen: Floats, close: float) -> tuple[Floats, Ints]:
    """The pieces of a surface that come close to what was seen: what else is left over was only never looked at. Flecks go, too."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    links = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(points), len(points)))
    piece = connected_components(links, directed=False)[1]
    is_close = cKDTree(seen).query(points, distance_upper_bound=close)[0] <= close
    wanted = np.isin(piece, np.unique(piece[is_close])) & (np.bincount(piece)[piece] > FLECK * len(points))
    if not wanted.any():
        raise PartgenError("edit.nothing_seen", "The views leave nothing of the part.", "Try another seed.")
    number = np.cumsum(wanted) - 1
    return points[wanted], number[faces[wanted[faces[:, 0]]]]
