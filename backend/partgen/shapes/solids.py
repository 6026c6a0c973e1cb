"""Closed solids to build parts from: boxes, lathes, sweeps, blended limbs. Lengths are in metres where it matters, z points up.

Every function returns a `manifold3d.Manifold`, which stays closed and oriented under transforms and booleans.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manifold3d import CrossSection, JoinType, Manifold, Mesh
from numpy.typing import ArrayLike, NDArray

Point = Sequence[float] | NDArray[np.float64]


def from_triangles(vertices: ArrayLike, faces: ArrayLike) -> Manifold:
    """A solid from vertices (V, 3) and outward triangles (F, 3). Raises ValueError where they do not close."""
    solid = Manifold(Mesh(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.uint32)))
    if solid.is_empty():
        raise ValueError(f"not a closed surface: {solid.status()}")
    return solid


# ---- simple bodies ---------------------------------------------------------------------------------------------------


def box(size: Point, centre: Point = (0, 0, 0), rounding: float = 0.0, segments: int = 3) -> Manifold:
    """A box of the size (x, y, z); `rounding` is the radius of its edges, at most half the smallest side."""
    radius = min(rounding, 0.49 * min(size))
    if radius <= 0:
        return Manifold.cube(size, True).translate(centre)
    inner = Manifold.cube([side - 2 * radius for side in size], True).to_mesh().vert_properties
    ball = Manifold.sphere(radius, 4 * segments).to_mesh().vert_properties
    return Manifold.hull_points((inner[:, None] + ball[None]).reshape(-1, 3)).translate(centre)


def cylinder(start: Point, end: Point, radius: float, end_radius: float | None = None, segments: int = 24) -> Manifold:
    """A cylinder, or a cone frustum where the radii differ, from one point to another."""
    first, last = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(last - first))
    body = Manifold.cylinder(length, radius, radius if end_radius is None else end_radius, segments)
    return body.transform(_frame_along(first, last - first))


def ellipsoid(centre: Point, radii: Point, segments: int = 32) -> Manifold:
    return Manifold.sphere(1.0, segments).scale(radii).translate(centre)


def capsule(start: Point, end: Point, radius: float, end_radius: float | None = None, segments: int = 24) -> Manifold:
    """The hull of two balls."""
    balls = [Manifold.sphere(radius, segments).translate(start)]
    balls.append(Manifold.sphere(radius if end_radius is None else end_radius, segments).translate(end))
    return Manifold.batch_hull(balls)


def torus(centre: Point, radius: float, thickness: float, axis: Point = (0, 0, 1), segments: int = 32) -> Manifold:
    """A ring about `axis`; `thickness` is the radius of its tube."""
    ring = CrossSection.circle(thickness, max(8, segments // 2)).translate((radius, 0))
    return Manifold.revolve(ring, segments).transform(_frame_along(centre, axis))


def lathe(profile: ArrayLike, segments: int = 32, degrees: float = 360.0) -> Manifold:
    """Turns the closed outline (N, 2), of (distance from the axis, height), about the z axis."""
    return Manifold.revolve(CrossSection([_counter_clockwise(profile)]), segments, degrees)


def vessel_wall(profile: ArrayLike, thickness: float, segments: int = 32) -> Manifold:
    """A hollow body turned about the z axis: its outside (N, 2) from the bottom to the rim, open at the top."""
    outside = np.asarray(profile, float)
    inside = outside.copy()
    inside[:, 0] = np.maximum(inside[:, 0] - thickness, 1e-4)
    inside[:, 1] = np.maximum(inside[:, 1], outside[0, 1] + thickness)
    inside[-1, 1] = outside[-1, 1]
    outline = np.concatenate([[[0, outside[0, 1]]], outside, inside[::-1], [[0, outside[0, 1] + thickness]]])
    return lathe(outline, segments)


def extrude(outline: ArrayLike, height: float, twist: float = 0.0, top_scale: Point = (1, 1), divisions: int = 0) -> Manifold:
    """Draws the closed outline (N, 2) up along z from 0, turned by `twist` degrees and scaled on the way."""
    return Manifold.extrude(CrossSection([_counter_clockwise(outline)]), height, divisions, twist, top_scale)


def plate(outline: ArrayLike, thickness: float, rounding: float = 0.0) -> Manifold:
    """A sheet in the xy plane, centred on it; `rounding` rounds its corners."""
    section = CrossSection([_counter_clockwise(outline)])
    if rounding > 0:
        section = section.offset(-rounding, JoinType.Round, 2.0, 16).offset(rounding, JoinType.Round, 2.0, 16)
    return Manifold.extrude(section, thickness).translate((0, 0, -thickness / 2))


# ---- along paths -----------------------------------------------------------------------------------------------------


def sweep(path: ArrayLike, radius: ArrayLike, section: ArrayLike | None = None, segments: int = 12, closed: bool = False) -> Manifold:
    """Moves a section (K, 2), a circle where it is None, along the points (N, 3), scaled by `radius`, one or (N,).

    The section is carried without twisting (parallel transport). `closed` joins the end to the start.
    """
    points = np.asarray(path, float)
    scales = np.broadcast_to(np.asarray(radius, float), len(points))
    outline = _counter_clockwise(regular_polygon(segments) if section is None else section)
    first, second = _parallel_frames(points, closed)
    rings = points[:, None] + scales[:, None, None] * (outline[:, :1] * first[:, None] + outline[:, 1:] * second[:, None])
    vertices = rings.reshape(-1, 3)
    count, around = len(points), len(outline)
    ring = np.arange(count if closed else count - 1)[:, None]
    step = np.arange(around)[None]
    here, right = ring * around + step, ring * around + (step + 1) % around
    above, above_right = ((ring + 1) % count) * around + step, ((ring + 1) % count) * around + (step + 1) % around
    faces = np.stack([here, right, above_right, here, above_right, above], -1).reshape(-1, 3)
    if not closed:
        vertices = np.concatenate([vertices, points[[0, -1]]])
        edge = np.arange(around)
        following = (edge + 1) % around
        last = (count - 1) * around
        bottom = np.stack([following, edge, np.full(around, count * around)], 1)
        top = np.stack([last + edge, last + following, np.full(around, count * around + 1)], 1)
        faces = np.concatenate([faces, bottom, top])
    return from_triangles(vertices, faces)


def bezier(controls: ArrayLike, count: int = 16) -> NDArray[np.float64]:
    """`count` points on the Bézier curve of the control points (K, 3 or 2)."""
    points = np.asarray(controls, float)
    share = np.linspace(0, 1, count)[:, None, None]
    layer = np.broadcast_to(points, (count, *points.shape))
    while layer.shape[1] > 1:
        layer = (1 - share) * layer[:, :-1] + share * layer[:, 1:]
    return layer[:, 0]


def arc(radius: float, start: float, end: float, count: int = 16) -> NDArray[np.float64]:
    """Points (count, 2) on a circle about the origin, angles in degrees."""
    angle = np.radians(np.linspace(start, end, count))
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def helix(radius: float, height: float, turns: float, count: int = 64) -> NDArray[np.float64]:
    """Points (count, 3) of a spring about the z axis."""
    share = np.linspace(0, 1, count)
    angle = 2 * np.pi * turns * share
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height * share], 1)


def regular_polygon(corners: int, radius: float = 1.0, turn: float = 0.0) -> NDArray[np.float64]:
    """Corners (N, 2), the first at the angle `turn`, degrees."""
    return arc(radius, turn, turn + 360 * (1 - 1 / corners), corners)


def rounded_rectangle(width: float, depth: float, radius: float, segments: int = 4) -> NDArray[np.float64]:
    """An outline (N, 2) about the origin."""
    radius = min(radius, 0.49 * width, 0.49 * depth)
    corners = [(width / 2 - radius, depth / 2 - radius, 0), (-width / 2 + radius, depth / 2 - radius, 90)]
    corners += [(-width / 2 + radius, -depth / 2 + radius, 180), (width / 2 - radius, -depth / 2 + radius, 270)]
    return np.concatenate([arc(radius, start, start + 90, segments) + np.array([x, y]) for x, y, start in corners])


# ---- frames ----------------------------------------------------------------------------------------------------------


def _frame_along(origin: Point, direction: Point) -> NDArray[np.float64]:
    """The transform (3, 4) that takes the z axis to `direction` and 0 to `origin`."""
    axis = np.asarray(direction, float)
    axis = axis / np.linalg.norm(axis)
    side = np.cross((0, 0, 1.0) if abs(axis[2]) < 0.9 else (0, 1.0, 0), axis)
    side /= np.linalg.norm(side)
    return np.column_stack([side, np.cross(axis, side), axis, np.asarray(origin, float)])


def _parallel_frames(points: NDArray, closed: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two axes across the path at each of its points, carried along without twist; of a closed path the rest twist is spread."""
    if closed:
        tangents = np.roll(points, -1, 0) - np.roll(points, 1, 0)
    else:
        tangents = np.gradient(points, axis=0)
    tangents = tangents / np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-12)
    first = np.empty_like(points)
    start = np.eye(3)[np.argmin(np.abs(tangents[0]))]
    first[0] = np.cross(np.cross(tangents[0], start), tangents[0])
    for number in range(1, len(points)):
        first[number] = first[number - 1] - (first[number - 1] @ tangents[number]) * tangents[number]
        first[number] /= max(np.linalg.norm(first[number]), 1e-12)
    first[0] /= np.linalg.norm(first[0])
    second = np.cross(tangents, first)
    if closed:
        back = first[-1] - (first[-1] @ tangents[0]) * tangents[0]
        twist = np.arctan2(back @ second[0], back @ first[0]) * np.arange(len(points))[:, None] / len(points)
        first, second = np.cos(twist) * first - np.sin(twist) * second, np.sin(twist) * first + np.cos(twist) * second
    return first, second


def _counter_clockwise(outline: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(outline, float)
    x, y = points.T
    area = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    return points if area > 0 else points[::-1]
