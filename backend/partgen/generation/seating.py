"""How a part sits on the rest of its object, in its own frame: where in its box it is attached, which way is up, where the rest is.

Two parts that sit alike can take each other's place. Everything is a share of the part's box, so a chair's leg and a table's compare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from igl import fast_winding_number, point_mesh_squared_distance
from numpy.typing import NDArray

from ..editing.attachment import MOST_ATTACHED, TOUCHING
from ..editing.frame import Frame, part_frame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW = 400
"""Points of a surface, at least, at which its attachment is felt: a box of eight corners tells little of what it stands on."""
LONG = 2.5
"""So many times as long as wide is a part whose own direction counts more than the object's axes."""


@dataclass(frozen=True, eq=False)
class Seat:
    """How a part sits. Of its `frame`: `centre` (3,) the middle of its attachment and `spread` (3,) how far this reaches about it, both
    within -1 to 1 of its box; `up` and `inward` (3,) unit vectors, the object's up and the way to the middle of the rest (zero where
    there is none); `extents` (3,) its sizes; `is_attached` whether it touches anything."""

    frame: Frame
    extents: Floats
    centre: Floats
    spread: Floats
    up: Floats
    inward: Floats
    is_attached: bool

    def numbers(self) -> Floats:
        """What a catalogue keeps of it (15,): two ratios of extents as logarithms, and everything else but the sizes."""
        size = np.log2(np.maximum(self.extents, 1e-9))
        return np.concatenate(
            [[size[1] - size[0], size[2] - size[0], float(self.is_attached)], self.centre, self.spread, self.up, self.inward]
        )


def seat_of(points: Floats, faces: Ints, rest_points: Floats, rest_faces: Ints, up: Floats) -> Seat:
    """The seat of a part with `points` (V, 3) and `faces` (F, 3) on a rest with its own. Raises ValueError where there is no face."""
    felt = surface_points(points, faces)
    touching = touched(felt, rest_points, rest_faces)
    nearest = _nearest(points, felt[touching]) if touching.any() else np.zeros(len(points), bool)
    frame = leaning(part_frame(points, faces, nearest, up), surface_points(points, faces))
    local = frame.coordinates(felt[touching] if touching.any() else points.mean(axis=0)[None])
    middle, half = (frame.low + frame.high) / 2, np.maximum(frame.extents / 2, 1e-9)
    shares = np.clip((local - middle) / half, -1, 1)
    low, high = np.percentile(shares, (2, 98), axis=0)
    inward = np.zeros(3)
    if len(rest_faces):
        corners = rest_points[rest_faces].reshape(-1, 3)
        inward = frame.axes.T @ ((corners.min(axis=0) + corners.max(axis=0)) / 2 - frame.points(middle[None])[0])
        inward = inward / max(float(np.linalg.norm(inward)), 1e-9)
    return Seat(frame, frame.extents, (low + high) / 2, (high - low) / 2, frame.axes.T @ up, inward, bool(touching.any()))


def leaning(frame: Frame, felt: Floats) -> Frame:
    """A frame whose length runs along a part that is long, also where that leans a little: a splayed leg keeps its way."""
    extents = frame.extents
    longest = int(extents.argmax())
    if extents[longest] < LONG * np.sort(extents)[1]:
        return frame
    centred = felt - felt.mean(axis=0)
    way = np.linalg.svd(centred, full_matrices=False)[2][0]
    old = frame.axes[:, longest]
    way = way if way @ old >= 0 else -way
    axis = np.cross(old, way)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + cross + cross @ cross / (1 + float(old @ way))  # the least turn that takes one to the other
    axes = turn @ frame.axes
    local = (felt - frame.origin) @ axes
    return Frame(frame.origin, axes, local.min(axis=0), local.max(axis=0), frame.up, frame.attached)


def touched(points: Floats, rest_points: Floats, rest_faces: Ints) -> NDArray[np.bool_]:
    """Which points (n, 3) of a part touch a rest or lie in it. What does so nearly all over is told by what lies deepest."""
    if not len(rest_faces):
        return np.zeros(len(points), bool)
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    distance = signed_distances(points, rest_points, rest_faces) / max(size, 1e-12)
    touching = distance < TOUCHING
    return touching if touching.mean() < MOST_ATTACHED else distance <= np.quantile(distance, MOST_ATTACHED / 2)


def signed_distances(points: Floats, rest_points: Floats, rest_faces: Ints) -> Floats:
    """How far points (n, 3) are from a surface of any quality, below 0 inside: (n,). Barill et al. 2018 tells what is inside."""
    used, faces = np.unique(rest_faces, return_inverse=True)
    corners, triangles = np.ascontiguousarray(rest_points[used], np.float64), np.ascontiguousarray(faces.reshape(-1, 3), np.int64)
    points = np.ascontiguousarray(points, np.float64)
    far = np.sqrt(np.maximum(point_mesh_squared_distance(points, corners, triangles)[0], 0))
    return np.where(fast_winding_number(corners, triangles, points) > 0.5, -far, far)


def surface_points(points: Floats, faces: Ints, count: int = FEW) -> Floats:
    """About `count` of the vertices of a surface and as many points spread over its faces by area, at fixed places."""
    corners = points[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    used = points[np.unique(faces)]
    used = used[:: max(1, len(used) // count)]
    if areas.sum() <= 0:
        return used
    at = (np.arange(count) + 0.5) / count
    face = np.minimum(np.searchsorted(np.cumsum(areas) / areas.sum(), at), len(faces) - 1)
    first = np.sqrt(np.arange(count) * 0.7548776662466927 % 1)  # a quasi-random sequence: even, and the same every time
    second = np.arange(count) * 0.5698402909980532 % 1
    weights = np.stack([1 - first, first * (1 - second), first * second], axis=1)
    return np.concatenate([used, np.einsum("nk,nkd->nd", weights, corners[face])])


def _nearest(points: Floats, touching: Floats) -> NDArray[np.bool_]:
    """Marks the vertex nearest to the middle of what touches: enough for a frame, whose origin it becomes."""
    marked = np.zeros(len(points), bool)
    marked[np.linalg.norm(points - touching.mean(axis=0), axis=1).argmin()] = True
    return marked
