"""What a network is told of a point within an object and of a part that may claim it, from visible surfaces alone.

For every point the parts that come nearest to it compete. Of each of these the network learns how near its patch is and on
which side of it the point lies, whether flat fillings, the convex hull, the winding number or a smooth continuation of the
patch enclose the point, and what kind of patch it is. Scaling and moving the object changes none of these numbers, turning it
hardly any: extents are diagonals of bounds along the axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError, cKDTree
from scipy.spatial.distance import cdist

from .influence import Claimant, hand_made_claim

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMPETITORS = 4
"""Parts, the nearest, that compete for a point. Of the benchmark's parts hardly a point is held by one that is not among them."""

NEAR = (
    "distance", "distance in extents", "depth", "distance beyond the nearest", "side", "side around", "border distance",
    "border distance in extents", "cap distance", "distance twice as far",
)  # fmt: skip
"""What is measured at the point itself, on the patch near it."""

SHAPE = (
    "winding", "capped winding", "hull depth", "in hull", "box", "extruded winding", "along axis", "linear", "linear side", "cubic",
    "cubic side", "sphere", "claim", "claim beyond the best other",
)  # fmt: skip
"""How the patch as a whole would go on to the point."""

KIND = ("on hull", "hull size", "area", "extent", "closedness", "border", "flatness", "axis", "sphere misfit", "parts")
"""What kind of patch it is, wherever the point lies."""

NAMES = NEAR + SHAPE + KIND
CONTEXT = ("depth", "distance beyond the nearest", "claim beyond the best other", "area", "extent", "parts")
"""What is told of a part by comparing it with others."""

CENTRES = 80
"""On a patch, from which it is continued smoothly."""
DIPOLES = 100
"""On a patch, that its extrusion winds with."""
PLANES = 120
"""Of a hull, at most."""
CHUNK = 2048
"""Points, of which the distances from all centres are taken at a time."""


def competitors(claimants: Sequence[Claimant], points: Floats) -> tuple[Ints, Floats]:
    """The parts that compete for each point (n, 3), nearest first, and how far away their patches are: (n, k) both."""
    distances = np.stack([cKDTree(claimant.samples).query(points)[0] for claimant in claimants], axis=1)
    count = min(COMPETITORS, len(claimants))
    nearest = np.argpartition(distances, count - 1, axis=1)[:, :count] if count < len(claimants) else np.argsort(distances, axis=1)
    found = np.take_along_axis(distances, nearest, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1), np.take_along_axis(found, order, axis=1)


def claim_features(claimants: Sequence[Claimant], points: Floats, diagonal: float) -> tuple[Ints, NDArray[np.float32]]:
    """The parts that compete for each point (n, 3), (n, k), and what is told of each: (n, k, len(NAMES)) float32.

    `diagonal` is that of the object.
    """
    part, distance = competitors(claimants, points)
    told = np.zeros((*part.shape, len(NAMES)), np.float32)
    whole = sum(claimant.area for claimant in claimants)
    for index, claimant in enumerate(claimants):
        row, column = np.nonzero(part == index)
        if len(row):
            told[row, column] = _of_part(claimant, points[row], distance[row, column], distance[row, 0], diagonal, whole, len(claimants))
    claim = told[:, :, NAMES.index("claim")]
    if claim.shape[1] > 1:
        best = np.sort(claim, axis=1)
        others = np.where(claim == best[:, -1:], best[:, -2:-1], best[:, -1:])
        told[:, :, NAMES.index("claim beyond the best other")] = claim - others
    return part, told


def _in_chunks(function: Callable[[Floats], Floats], points: Floats) -> Floats:
    """What a function tells of points (n, 3), some at a time: the distances from many centres then stay in a processor's caches."""
    return np.concatenate([function(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)])


def _of_part(
    claimant: Claimant, points: Floats, distance: Floats, least: Floats, diagonal: float, whole: float, parts: int
) -> NDArray[np.float32]:
    """What is told of one part at points (n, 3): (n, len(NAMES))."""
    extent = max(claimant.extent, 1e-9 * diagonal)
    near, index = cKDTree(claimant.samples).query(points, k=min(8, len(claimant.samples)))
    offset = points[:, None] - claimant.samples[index]
    sides = (offset * claimant.normals[index]).sum(axis=2) / np.maximum(near, 1e-9 * diagonal)
    border = cKDTree(claimant.border).query(points)[0] if len(claimant.border) else np.full(len(points), diagonal)
    cap = cKDTree(claimant.caps).query(points)[0] if len(claimant.caps) else np.full(len(points), diagonal)
    hull_depth, on_hull, hull_size = _hull(claimant, points, extent)
    axis, flatness, roundness = _axis(claimant)
    along = _along(claimant, axis, points)
    linear, cubic = _continued(claimant, points, extent)
    sphere, misfit = _sphere(claimant, points, extent)
    capped = fast_winding_number(claimant.points, claimant.faces, points)
    told = {
        "distance": np.log(distance / diagonal + 0.003),
        "distance in extents": np.log(distance / extent + 0.01),
        "depth": np.log(least / diagonal + 0.003),
        "distance beyond the nearest": np.log((distance + 0.003 * diagonal) / (least + 0.003 * diagonal)),
        "side": sides[:, 0],
        "side around": sides.mean(axis=1),
        "border distance": np.log(border / diagonal + 0.003),
        "border distance in extents": np.log(border / extent + 0.01),
        "cap distance": np.log(cap / extent + 0.01),
        "distance twice as far": np.log(near[:, -1] / diagonal + 0.003),
        "winding": fast_winding_number(claimant.points, claimant.faces[: claimant.visible], points),
        "capped winding": capped,
        "hull depth": np.clip(hull_depth, -0.5, 0.5),
        "in hull": 1 / (1 + np.exp(-np.clip(hull_depth / 0.04, -30, 30))),
        "box": _box(claimant, points, extent),
        "extruded winding": _extruded_winding(claimant, axis, points, extent),
        "along axis": np.clip(along, 0, 3),
        "linear": np.clip(linear, -0.4, 0.4),
        "linear side": np.tanh(linear / 0.03),
        "cubic": np.clip(cubic, -0.4, 0.4),
        "cubic side": np.tanh(cubic / 0.03),
        "sphere": np.clip(sphere, -0.5, 0.5),
        "claim": hand_made_claim(claimant, points, diagonal),
        "claim beyond the best other": 0.0,
        "on hull": on_hull,
        "hull size": np.log(hull_size / diagonal**3 + 1e-6),
        "area": np.log(claimant.area / whole + 1e-5),
        "extent": np.log(extent / diagonal),
        "closedness": np.linalg.norm(claimant.normals.mean(axis=0)),
        "border": np.log1p(claimant.border_length / np.sqrt(claimant.area + 1e-30)),
        "flatness": flatness,
        "axis": roundness,
        "sphere misfit": min(misfit, 1.0),
        "parts": np.log(parts),
    }
    return np.stack([np.broadcast_to(np.nan_to_num(told[name]), len(points)) for name in NAMES], axis=1).astype(np.float32)


def _hull(claimant: Claimant, points: Floats, extent: float) -> tuple[Floats, float, float]:
    """How deep points (n, 3) are within the convex hull, in extents of the part; the share of the patch that lies on it; its volume."""
    try:
        hull = ConvexHull(claimant.samples)
    except (QhullError, ValueError):
        return np.full(len(points), -0.5), 0.0, 0.0
    planes = np.unique(hull.equations.round(6), axis=0)
    planes = planes[:: max(1, len(planes) // PLANES)]
    on_hull = float(((claimant.samples @ planes[:, :3].T + planes[:, 3]).max(axis=1) > -0.05 * extent).mean())
    depth = _in_chunks(lambda some: -(some @ planes[:, :3].T + planes[:, 3]).max(axis=1) / extent, points)
    return depth, on_hull, float(hull.volume)


def _box(claimant: Claimant, points: Floats, extent: float) -> Floats:
    """Where points (n, 3) lie in the box along the patch's principal axes: 0 in the middle, 1 on a side, at most 3."""
    middle = claimant.samples.mean(axis=0)
    axes = np.linalg.svd(claimant.samples - middle, full_matrices=False)[2]
    inner = (claimant.samples - middle) @ axes.T
    low, high = inner.min(axis=0), inner.max(axis=0)
    half = np.maximum((high - low) / 2, 0.02 * extent)
    return np.minimum(np.abs(((points - middle) @ axes.T - (low + high) / 2) / half).max(axis=1), 3.0)


def _axis(claimant: Claimant) -> tuple[Floats, float, float]:
    """The direction (3,) that the patch's normals avoid most, along which it is swept or about which it is turned; the share of the
    largest spread of the normals, and that of the least over the middle one."""
    values, vectors = np.linalg.eigh(claimant.normals.T @ claimant.normals / len(claimant.normals))
    return vectors[:, 0], float(values[2]), float(values[0] / max(values[1], 1e-9))


def _along(claimant: Claimant, axis: Floats, points: Floats) -> Floats:
    """How far along the axis points (n, 3) lie from the patch's middle, 1 where it ends."""
    heights = claimant.samples @ axis
    middle, half = (heights.max() + heights.min()) / 2, (heights.max() - heights.min()) / 2
    return np.abs(points @ axis - middle) / max(float(half), 0.02 * claimant.extent)


def _extruded_winding(claimant: Claimant, axis: Floats, points: Floats, extent: float) -> Floats:
    """The winding number of the patch swept along its axis without end, at points (n, 3): about 1 inside where it goes all around."""
    step = max(1, len(claimant.samples) // DIPOLES)
    first = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    first /= np.linalg.norm(first)
    plane = np.stack([first, np.cross(axis, first)], axis=1)
    places, normals = claimant.samples[::step] @ plane, claimant.normals[::step] @ plane
    heights = claimant.samples @ axis
    weight = claimant.area / len(places) / max(float(np.ptp(heights)), 0.05 * extent)
    constant = (places * normals).sum(axis=1)

    def winding(some: Floats) -> Floats:
        flat = some @ plane
        squares = np.maximum(cdist(flat, places, "sqeuclidean"), (0.01 * extent) ** 2)
        return ((constant - flat @ normals.T) / squares).sum(axis=1) * weight / (2 * np.pi)

    return np.clip(_in_chunks(winding, points), -1.0, 2.0)


def _continued(claimant: Claimant, points: Floats, extent: float) -> tuple[Floats, Floats]:
    """The signed distance from the patch, continued smoothly, in its extents at points (n, 3): by radial basis functions r and r³
    through the patch and through points beside it, on both sides (Carr et al. 2001)."""
    step = max(1, len(claimant.samples) // CENTRES)
    on, normals = claimant.samples[::step][:CENTRES], claimant.normals[::step][:CENTRES]
    off = 0.03
    scaled, places = on / extent, points / extent
    centres = np.concatenate([scaled, scaled + off * normals, scaled - off * normals])
    values = np.repeat([0.0, off, -off], len(on))
    apart, plane = cdist(centres, centres), _with_one(centres)
    solutions = []
    for power, slack in ((1, -1e-3), (3, 1e-4)):  # the slack keeps it smooth, and has the sign that the kernel asks for
        kernel = apart**power + slack * np.eye(len(centres))
        solutions.append(_solved(np.block([[kernel, plane], [plane.T, np.zeros((4, 4))]]), np.concatenate([values, np.zeros(4)])))
    linear, cubic = solutions

    def continued(some: Floats) -> Floats:
        away, far = cdist(some, centres), _with_one(some)
        return np.stack([away @ linear[:-4] + far @ linear[-4:], (away * away * away) @ cubic[:-4] + far @ cubic[-4:]], axis=1)

    found = _in_chunks(continued, places)
    return found[:, 0], found[:, 1]


def _with_one(points: Floats) -> Floats:
    return np.column_stack([points, np.ones(len(points))])


def _solved(matrix: Floats, right: Floats) -> Floats:
    try:
        return np.linalg.solve(matrix, right).astype(np.float64)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(matrix, right, rcond=1e-10)[0].astype(np.float64)


def _sphere(claimant: Claimant, points: Floats, extent: float) -> tuple[Floats, float]:
    """How far points (n, 3) are outside the sphere that fits the patch best, in its extents, and how badly it fits."""
    samples = (claimant.samples - claimant.samples.mean(axis=0)) / extent
    solution = np.linalg.lstsq(_with_one(2 * samples), (samples**2).sum(axis=1), rcond=1e-6)[0]
    radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 1e-9)))
    misfit = float(np.abs(np.linalg.norm(samples - solution[:3], axis=1) - radius).mean() / 0.05)
    places = (points - claimant.samples.mean(axis=0)) / extent
    return np.linalg.norm(places - solution[:3], axis=1) - radius, misfit
