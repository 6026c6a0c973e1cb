"""A part replaced by a primitive or by the shape of another part, fitted into its place.

The new shape takes the old one's axes, sizes and attachment. Primitives are polygons with outward normals, closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from .frame import Frame

Floats = NDArray[np.float64]

SEGMENTS, RINGS = 32, 16


@dataclass(frozen=True, eq=False)
class Polygons:
    """Closed polygons: `points` (V, 3) within -1 to 1 along each axis, `polygons` the corners of each, counter-clockwise from outside.
    The length is x."""

    points: Floats
    polygons: tuple[tuple[int, ...], ...]


def primitive(words: str) -> Polygons | None:
    """The primitive that words name ("a plain ball"), None where they name none: then they are of another part."""
    name = _named(words)
    return PRIMITIVES[name]() if name else None


def _named(words: str) -> str | None:
    """The key in PRIMITIVES of what words name, in the singular or plural: of several the last, as in "a box for a ball"."""
    for before, word in reversed(list(pairwise(["", *re.findall(r"[a-z]+", words.lower())]))):
        for singular in (word, word.removesuffix("s"), word.removesuffix("es")):
            if f"{before} {singular}" in PRIMITIVES:
                return f"{before} {singular}"
            if singular in NAMES:
                return NAMES[singular]
    return None


def fitted(points: Floats, frame: Frame, is_round: bool = False) -> Floats:
    """Points (n, 3) within -1 to 1 put into the box of a frame: x along the length. Where `is_round`, as large alike in all ways."""
    middle, half = (frame.low + frame.high) / 2, frame.extents / 2
    if is_round:
        half = np.full(3, float(np.sort(half)[1]))
        if frame.attached:
            middle = np.array([frame.low[0] + half[0] if abs(frame.low[0]) <= abs(frame.high[0]) else frame.high[0] - half[0], *middle[1:]])
    return frame.points(middle + points * half)


def is_round(words: str) -> bool:
    """Whether a primitive is to keep its proportions: a ball stays a ball, a "ball foot" too."""
    return _named(words) in ("sphere", "icosphere")


def is_smooth(words: str) -> bool:
    """Whether the sides of a primitive are shaded smooth: those of a ball or a pipe are, those of a box or a nut are flat."""
    return _named(words) in ("sphere", "icosphere", "cylinder", "cone", "capsule", "ring")


def taken_over(points: Floats, source: Frame, target: Frame) -> Floats:
    """Another part's points (n, 3) in the place of this one: its length along this length, as large as this part is in all."""
    local = source.coordinates(points) - (np.zeros(3) if source.attached else (source.low + source.high) / 2)
    factor = float(target.extents.prod() / max(source.extents.prod(), 1e-30)) ** (1 / 3) if target.extents.min() > 0 else 1.0
    return target.points((np.zeros(3) if target.attached else (target.low + target.high) / 2) + local * factor)


def _lathed(profile: list[tuple[float, float]], segments: int = SEGMENTS) -> Polygons:
    """A solid of revolution about x: `profile` (x, radius) from one end to the other, ends on the axis or closed by a disc."""
    angle = 2 * np.pi * np.arange(segments) / segments
    points: list[tuple[float, float, float]] = []
    rings: list[list[int]] = []
    for x, radius in profile:
        first = len(points)
        if radius == 0:
            points.append((x, 0.0, 0.0))
            rings.append([first] * segments)
        else:
            points.extend((x, radius * float(np.cos(a)), radius * float(np.sin(a))) for a in angle)
            rings.append(list(range(first, first + segments)))
    polygons: list[tuple[int, ...]] = []
    for before, after in pairwise(rings):
        for k in range(segments):
            corners = (before[k], before[(k + 1) % segments], after[(k + 1) % segments], after[k])
            polygons.append(tuple(dict.fromkeys(corners)))
    if profile[0][1] > 0:
        polygons.append(tuple(reversed(rings[0])))
    if profile[-1][1] > 0:
        polygons.append(tuple(rings[-1]))
    return _outward(Polygons(np.array(points), tuple(polygons)))


def _outward(shape: Polygons) -> Polygons:
    """The same polygons, turned over where they look inward."""
    volume = 0.0
    for polygon in shape.polygons:
        a = shape.points[polygon[0]]
        for b, c in pairwise(polygon[1:]):
            volume += float(np.dot(a, np.cross(shape.points[b], shape.points[c])))
    return shape if volume >= 0 else Polygons(shape.points, tuple(tuple(reversed(polygon)) for polygon in shape.polygons))


def _box() -> Polygons:
    points = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    polygons = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return _outward(Polygons(points, polygons))


def _sphere() -> Polygons:
    angle = np.pi * np.arange(RINGS + 1) / RINGS
    return _lathed([(-float(np.cos(a)), float(np.sin(a)) if 0 < i < RINGS else 0.0) for i, a in enumerate(angle)])


def _cylinder() -> Polygons:
    return _lathed([(-1, 1), (1, 1)])


def _cone() -> Polygons:
    return _lathed([(-1, 1), (1, 0)])


def _capsule() -> Polygons:
    """A cylinder with round ends, as a bullet at both: the ends take half of its length."""
    angle = np.pi / 2 * np.arange(RINGS // 2 + 1) / (RINGS // 2)
    start = [(-0.5 - 0.5 * float(np.cos(a)), float(np.sin(a)) if i else 0.0) for i, a in enumerate(angle)]
    return _lathed([*start, *((-x, radius) for x, radius in reversed(start))])


def _pyramid() -> Polygons:
    points = np.array([[-1, -1, -1], [-1, 1, -1], [-1, 1, 1], [-1, -1, 1], [1, 0, 0]], float)
    return _outward(Polygons(points, ((0, 1, 2, 3), (0, 4, 1), (1, 4, 2), (2, 4, 3), (3, 4, 0))))


def _prism(sides: int) -> Polygons:
    return _lathed([(-1, 1), (1, 1)], sides)


def _ring(inner: float = 0.55, sections: int = 16) -> Polygons:
    """A torus about the thickness, z: as a ring lies in the part's flat side."""
    tube = (1 - inner) / 2
    around, about = (2 * np.pi * np.arange(n) / n for n in (SEGMENTS, sections))
    points = np.array(
        [[(1 - tube + tube * np.cos(b)) * np.cos(a), (1 - tube + tube * np.cos(b)) * np.sin(a), np.sin(b)] for a in around for b in about]
    )

    def corner(i: int, j: int) -> int:
        return i % SEGMENTS * sections + j % sections

    polygons = [(corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)) for i in range(SEGMENTS) for j in range(sections)]
    return _outward(Polygons(points, tuple(polygons)))


PRIMITIVES: Mapping[str, Callable[[], Polygons]] = {
    "sphere": _sphere, "icosphere": _sphere, "box": _box, "cylinder": _cylinder, "cone": _cone, "capsule": _capsule,
    "pyramid": _pyramid, "ring": _ring, "triangular prism": lambda: _prism(3), "hexagonal prism": lambda: _prism(6),
}  # fmt: skip

NAMES: Mapping[str, str] = {
    "sphere": "sphere", "ball": "sphere", "globe": "sphere", "orb": "sphere", "bead": "sphere", "icosphere": "icosphere",
    "box": "box", "cube": "box", "block": "box", "cuboid": "box", "brick": "box", "plank": "box", "slab": "box", "board": "box",
    "plate": "box", "cylinder": "cylinder", "rod": "cylinder", "pole": "cylinder", "disc": "cylinder", "disk": "cylinder",
    "drum": "cylinder", "peg": "cylinder", "dowel": "cylinder", "tube": "cylinder", "pipe": "cylinder", "cone": "cone",
    "spike": "cone", "thorn": "cone", "capsule": "capsule", "pill": "capsule", "sausage": "capsule", "pyramid": "pyramid",
    "ring": "ring", "torus": "ring", "donut": "ring", "doughnut": "ring", "hoop": "ring", "prism": "triangular prism",
    "wedge": "triangular prism", "hexagon": "hexagonal prism", "nut": "hexagonal prism",
}  # fmt: skip


def no_such_thing(words: str) -> PartgenError:
    """The error where words name neither a primitive nor a part that is there."""
    shapes = ", ".join(sorted({"ball", "box", "cylinder", "cone", "capsule", "pyramid", "ring"}))
    return PartgenError("edit.replacement", f"There is no part called '{words}' here.", f"Name one of the parts, or a {shapes}.")
