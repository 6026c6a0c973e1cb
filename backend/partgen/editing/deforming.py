"""Edits that move vertices and change nothing else: topology, UVs, materials and attributes stay as they are.

Each works in the part's own axes (`frame`) and leaves alone what touches the part's neighbours: where it is attached nothing
moves, and from there the change sets in smoothly. Edits that are about place (move, rotate, tilt) move the part as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from .edits import Edit, in_mesh_units
from .frame import Frame, hold, part_frame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLICES = 24
"""Along the length, of which each has a middle: the curve that `straighten` takes out of a part."""
LATTICE, SAMPLES = 6, 60_000
"""Of the places on a triangle at which that curve is felt: so many steps along its sides, and so many places in all, at most."""
SMOOTHING = 0.12
"""Of the part's size: how far smoothing reaches at amount 1, whatever the size of the faces."""
MOST_STEPS = 150
HASH = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Odd numbers without pattern, that mix the cells of the noise."""
FEWEST_VERTICES = {"bend": 16, "twist": 16, "waves": 48, "bumps": 200, "flare": 8, "facet": 40}
"""Vertices that an edit takes, at least, to show: a box of eight corners cannot be wavy."""
UNMOVED = 1e-6
"""Of the part's size: vertices that are moved less far have stayed."""
HARDLY = 0.8
"""The share of a deformation below which an artist is told how much of it the attachment leaves."""
TURNS = 4
"""Rounds in which facets choose their triangles anew (Cohen-Steiner, Alliez, Desbrun 2004, section 3)."""


@dataclass(frozen=True, eq=False)
class PartSurface:
    """What is edited: `points` (V, 3), triangles `faces` (F, 3), `attached` (V,) which vertices touch neighbours, `up` (3,), how many
    metres one unit of the mesh is, and the `centre` (3,) of what lies around, None where nothing does."""

    points: Floats
    faces: Ints
    attached: Bools
    up: Floats
    metres_per_unit: float = 1.0
    centre: Floats | None = None

    @cached_property
    def frame(self) -> Frame:
        return part_frame(self.points, self.faces, self.attached, self.up)

    @cached_property
    def welded(self) -> tuple[Ints, int]:
        """The place of each vertex (V,): vertices in one place, as along a seam of UVs, move together; and the number of places."""
        _, place = np.unique(self.points.round(9) + 0.0, axis=0, return_inverse=True)
        return place.reshape(-1), int(place.max()) + 1 if len(place) else 0

    @cached_property
    def edges(self) -> Ints:
        """The edges between places (E, 2), each once."""
        return self._edges_and_faces[0]

    @cached_property
    def bordering(self) -> Bools:
        """The places, of `welded`, that lie on a border of the surface, where an edge has one face only."""
        edges, faces = self._edges_and_faces
        found = np.zeros(self.welded[1], bool)
        found[edges[faces == 1]] = True
        return found

    @cached_property
    def _edges_and_faces(self) -> tuple[Ints, Ints]:
        place, count = self.welded
        corners = place[self.faces]
        edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
        codes, faces = np.unique((edges[:, 0] * count + edges[:, 1])[edges[:, 0] != edges[:, 1]], return_counts=True)
        return np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1), faces

    def moved(self, points: Floats) -> PartSurface:
        """The same part with its vertices elsewhere."""
        return replace(self, points=points)

    def normals(self) -> Floats:
        """Unit normals of the places, area weighted, for each vertex (V, 3)."""
        place, count = self.welded
        corners = self.points[self.faces]
        weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        total = np.stack([np.bincount(place[self.faces].reshape(-1), np.repeat(weighted[:, k], 3), count) for k in range(3)], axis=1)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return (total / np.where(length > 0, length, 1))[place]

    def length(self, told: Mapping[str, Any]) -> float:
        """A length {"value", "unit"} in the mesh's units."""
        return in_mesh_units(told, self.metres_per_unit)


Deformation = Callable[[PartSurface, Mapping[str, Any]], Floats]


def is_deformation(edit: Edit) -> bool:
    """Whether an edit only moves vertices."""
    return edit.op in DEFORMATIONS


def why_hardly_seen(part: PartSurface, edit: Edit, points: Floats, remedy: str) -> str:
    """A sentence for the artist where a deformation that gives `points` (V, 3) cannot show, or hardly does, "" where it can.

    `remedy` says how the part gets more vertices, as in "subdivide it".
    """
    count = part.welded[1]
    if count < FEWEST_VERTICES.get(edit.op, 0):
        return f"The part has only {count} vertices: {remedy} for a smoother {edit.op}."
    if not np.abs(points - part.points).max() > UNMOVED * part.frame.size:
        return f"Nothing of the part is changed by this {edit.op}: it has no vertices where it would, or is so already."
    if part.attached.any() and edit.op not in OF_PLACE:
        share = _distance(points, part.points) / max(_distance(DEFORMATIONS[edit.op](part, edit.parameters), part.points), 1e-30)
        if share < HARDLY:
            return f"The part is attached in many places and stays as it is there: {100 * share:.0f} % of this {edit.op} is left."
    return ""


def _distance(points: Floats, others: Floats) -> float:
    """How far points (V, 3) are from others (V, 3), one from the other: the sum."""
    return float(np.linalg.norm(points - others, axis=1).sum())


def deformed(part: PartSurface, edits: Sequence[Edit], strength: float = 1.0) -> Floats:
    """The vertices (V, 3) of a part after edits, one after the other, each at `strength`. Those that are no deformations are left out.

    Raises PartgenError where an edit is unknown or cannot be done to this part.
    """
    if strength == 0:
        return part.points.copy()
    for edit in edits:
        if is_deformation(edit):
            part = part.moved(_deformed(part, edit.weaker(strength)))
    return part.points


def _deformed(part: PartSurface, edit: Edit) -> Floats:
    if not len(part.faces):
        raise PartgenError("edit.no_faces", "The part has no faces.", "Choose a part that has a surface.")
    wanted = DEFORMATIONS[edit.op](part, edit.parameters)
    if edit.op not in OF_PLACE:
        free = hold(part.points, part.attached, part.frame)[:, None]
        wanted = part.points + free * (wanted - part.points)
    if not np.isfinite(wanted).all():
        raise PartgenError("edit.not_finite", f"The part cannot be changed so far: {edit.op}.", "Choose a smaller amount.")
    return wanted


# ---- along the part's axes -------------------------------------------------------------------------------------------


def _scaled(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame = part.frame
    chosen = frame.scaled_axes(parameters["axis"])
    factor = scale_factor(part, parameters)
    local = frame.coordinates(part.points)
    local[:, chosen] = _fixed(frame, chosen) + (local[:, chosen] - _fixed(frame, chosen)) * factor
    return frame.points(local)


def _fixed(frame: Frame, chosen: Bools) -> Floats:
    """What stays where it is along the chosen axes: the attachment, or the middle of a part without one."""
    middle = (frame.low + frame.high) / 2
    return (np.zeros(3) if frame.attached else middle)[chosen]


def scale_factor(part: PartSurface, parameters: Mapping[str, Any]) -> float:
    """The factor of a scale that was told as a factor, a change, or a size to come to. Raises PartgenError where none is possible."""
    if "factor" in parameters:
        return float(parameters["factor"])
    size = float(part.frame.extents[part.frame.scaled_axes(parameters["axis"])].max())
    if not size > 0:
        raise PartgenError("edit.flat", f"The part has no {parameters['axis']} that could be changed.", "Choose another direction.")
    if "delta" in parameters:
        wanted = size + part.length(parameters["delta"])
    else:
        wanted = size + (part.length(parameters["target"]) - size) * parameters.get("strength", 1.0)
    if not wanted > 0:
        sentence = f"The part is {size:.3g} units in {parameters['axis']}: nothing would be left of it."
        raise PartgenError("edit.too_small", sentence, "Choose a smaller amount.")
    return wanted / size


def _along(part: PartSurface) -> tuple[Frame, Floats, Floats]:
    """The frame, the vertices in it (V, 3), and how far along the free length each lies (V,): 0 at the attachment, 1 at the end.

    A part that goes on at both sides of its attachment has two free ends; one without an attachment begins at its low end.
    """
    frame = part.frame
    local = frame.coordinates(part.points)
    if not frame.attached:
        local[:, 0] -= frame.low[0]
        return frame, local, local[:, 0] / max(float(frame.extents[0]), 1e-12)
    return frame, local, np.abs(local[:, 0]) / max(*frame.reach, 1e-12)


def _back(frame: Frame, local: Floats) -> Floats:
    """Vertices from `_along` back in space."""
    if not frame.attached:
        local = local + np.array([frame.low[0], 0, 0])
    return frame.points(local)


def _core(frame: Frame) -> Floats:
    """The middle of the section (2,), across the length."""
    return ((frame.low + frame.high) / 2)[1:]


def _tapered(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, along = _along(part)
    core = _core(frame)
    local[:, 1:] = core + (local[:, 1:] - core) * (1 + (parameters["factor"] - 1) * along)[:, None]
    return _back(frame, local)


def _flared(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, along = _along(part)
    core = _core(frame)
    local[:, 1:] = core + (local[:, 1:] - core) * (1 + (parameters["factor"] - 1) * along**3)[:, None]
    return _back(frame, local)


def _sideways(frame: Frame, direction: str | None, up: Floats) -> Floats:
    """A unit direction (2,) across the length: that of a word, or the thinner way, in which a thing bends most easily."""
    if direction in WAYS:
        across = frame.axes[:, 1:].T @ way(direction, up)
        if np.linalg.norm(across) > 0.2:
            return across / np.linalg.norm(across)
    return np.array([0.0, 1.0])


def _bent(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    """Bent into an arc of even curvature, the length of the middle line kept (Barr 1984, section 3.3)."""
    frame, local, _ = _along(part)
    turn = np.radians(parameters["angle"])
    if abs(turn) < 1e-9:
        return part.points.copy()
    side = _sideways(frame, parameters.get("direction"), part.up)
    reach = float(frame.extents[0]) if not frame.attached else max(frame.reach)
    radius = reach / turn
    across = (local[:, 1:] - _core(frame)) @ side
    angle = local[:, 0] / radius
    local[:, 0] = np.sin(angle) * (radius - across)
    local[:, 1:] += (radius - np.cos(angle) * (radius - across) - across)[:, None] * side
    return _back(frame, local)


def _twisted(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, along = _along(part)
    angle = np.radians(parameters["angle"]) * along * np.sign(local[:, 0] + 1e-300)
    cosine, sine = np.cos(angle), np.sin(angle)
    core = _core(frame)
    u, v = (local[:, 1:] - core).T
    local[:, 1] = core[0] + cosine * u - sine * v
    local[:, 2] = core[1] + sine * u + cosine * v
    return _back(frame, local)


def _sheared(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, _ = _along(part)
    side = _sideways(frame, parameters.get("direction"), part.up)
    local[:, 1:] += np.tan(np.radians(parameters["angle"])) * local[:, :1] * side
    return _back(frame, local)


def _flattened(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame = part.frame
    axis = frame.index(parameters["axis"])
    local = frame.coordinates(part.points)
    middle = 0.0 if frame.attached else float(frame.low[axis] + frame.high[axis]) / 2
    local[:, axis] = middle + (local[:, axis] - middle) * (1 - parameters["amount"])
    return frame.points(local)


def _straightened(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, along = _along(part)
    shares = _lattice(max(1, min(LATTICE, int(np.sqrt(SAMPLES / len(part.faces))))))
    corners = part.points[part.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = np.repeat(areas + 1e-12 * max(float(areas.max()), 1e-300), len(shares))[:, None]
    at = np.linspace(0, 1, SLICES)
    felt = (shares @ along[part.faces][..., None]).reshape(-1, 1)  # on the surface, for vertices may lie anywhere, and unevenly
    nearness = weight * (np.exp(-(((felt - at) * SLICES * 0.7) ** 2)) + 1e-9)
    for _ in range(2):
        middles = nearness.T @ (shares @ local[part.faces, 1:]).reshape(-1, 2) / nearness.sum(axis=0)[:, None]
        line = middles[0] if frame.attached else middles.mean(axis=0)
        shift = np.stack([np.interp(along, at, middles[:, k]) for k in range(2)], axis=1) - line
        local[:, 1:] -= parameters["amount"] * shift
    return _back(frame, local)


def _lattice(steps: int) -> Floats:
    """Barycentric coordinates (n, 3) of the middles of the triangles into which `steps` along each side part a triangle."""
    upright = [(3 * i + 1, 3 * j + 1) for i in range(steps) for j in range(steps - i)]
    turned_over = [(3 * i + 2, 3 * j + 2) for i in range(steps - 1) for j in range(steps - 1 - i)]
    shares = np.array(upright + turned_over) / (3 * steps)
    return np.column_stack([shares, 1 - shares.sum(axis=1)])


# ---- on the surface --------------------------------------------------------------------------------------------------


def _inflated(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    if "delta" in parameters:
        distance = part.length(parameters["delta"])
    else:
        distance = parameters["amount"] * float(np.sort(part.frame.extents)[1]) / 2
    return part.points + distance * part.normals()


def _smoothed(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    """Smoothed without shrinking: each step inward is followed by one outward (Taubin 1995). Open borders stay where they are."""
    place, count = part.welded
    points = np.zeros((count, 3))
    points[place] = part.points
    first, second = part.edges.T
    free = ~part.bordering[:, None]
    degree = np.maximum(np.bincount(part.edges.reshape(-1), minlength=count), 1)[:, None]
    edge = float(np.linalg.norm(points[first] - points[second], axis=1).mean()) if len(first) else 1.0
    reach = parameters["amount"] * SMOOTHING * part.frame.size / max(edge, 1e-12)  # in edges; each step goes about one further by its root
    for step in range(2 * int(np.clip(round(4 * reach**2), 1, MOST_STEPS))):
        total = np.stack(
            [np.bincount(first, points[second, k], count) + np.bincount(second, points[first, k], count) for k in range(3)], axis=1
        )
        points += (0.5 if step % 2 == 0 else -0.51) * np.where(free & total.any(axis=1, keepdims=True), total / degree - points, 0)
    return points[place]


def _waved(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    frame, local, along = _along(part)
    if "amplitude" in parameters:
        height = part.length(parameters["amplitude"])
    else:
        height = parameters["amount"] * max(float(frame.extents[1]), 0.1 * float(frame.extents[0])) / 2
    side = _sideways(frame, None, part.up)
    local[:, 1:] += (height * np.sin(2 * np.pi * parameters["count"] * along))[:, None] * side
    return _back(frame, local)


def _bumped(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    size = max(parameters["size"] * float(np.sort(part.frame.extents)[1]), 1e-9)
    noise = smooth_noise(part.frame.coordinates(part.points) / size, parameters["seed"])
    if "amplitude" in parameters:
        height = part.length(parameters["amplitude"])
    else:
        height = parameters["amount"] * float(np.sort(part.frame.extents)[1]) / 2
    return part.points + (height * noise)[:, None] * part.normals()


def smooth_noise(points: Floats, seed: int) -> Floats:
    """Value noise in space, between -1 and 1, that changes over one unit: `points` (n, 3) to (n,). The same seed gives the same noise."""
    cell = np.floor(points).astype(np.int64)
    inside = points - cell
    inside = inside**3 * (inside * (inside * 6 - 15) + 10)  # the fade of Perlin 2002
    result = np.zeros(len(points))
    for corner in np.ndindex(2, 2, 2):
        at = (cell + corner).astype(np.uint64)
        mixed = (at * HASH).sum(axis=1, dtype=np.uint64) ^ np.uint64(seed * int(HASH[0]) % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * HASH[1]
        value = ((mixed ^ (mixed >> np.uint64(32))) >> np.uint64(40)).astype(np.float64) / 2**23 - 1
        result += value * np.prod(np.where(corner, inside, 1 - inside), axis=1)
    return result


def _faceted(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    """Every vertex on the planes of the facets around it: facets are groups of triangles that look one way and lie near each other."""
    place, count = part.welded
    facet, planes = _facets(part, min(parameters["count"], len(part.faces)))
    corners, owners = place[part.faces].reshape(-1), np.repeat(facet, 3)
    codes = np.unique(corners * len(planes) + owners)
    vertex, owner = codes // len(planes), codes % len(planes)
    points = np.zeros((count, 3))
    points[place] = part.points
    normals, offsets = planes[owner, :3], planes[owner, 3]
    off = offsets - (normals * points[vertex]).sum(axis=1)
    # Least squares onto all planes of a vertex, with a little weight on where it was: on one plane alone it only falls onto that.
    matrix = np.zeros((count, 3, 3)) + 0.02 * np.eye(3)
    side = np.zeros((count, 3))
    np.add.at(matrix, vertex, normals[:, :, None] * normals[:, None, :])
    np.add.at(side, vertex, normals * off[:, None])
    shift = np.linalg.solve(matrix, side[:, :, None])[:, :, 0]
    longest = 0.1 * part.frame.size
    length = np.linalg.norm(shift, axis=1, keepdims=True)
    return (points + shift * np.minimum(1, longest / np.maximum(length, 1e-12)))[place]


def _facets(part: PartSurface, wanted: int) -> tuple[Ints, Floats]:
    """The facet of each triangle (F,), and the facets' planes (K, 4): unit normal and offset."""
    corners = part.points[part.faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(crossed, axis=1)
    normals = crossed / np.maximum(areas, 1e-300)[:, None]
    looks = np.column_stack([normals, 1.2 * (corners.mean(axis=1) - part.frame.origin) / max(part.frame.size, 1e-12)])
    areas = np.where(areas > 0, areas, areas[areas > 0].min() if (areas > 0).any() else 1.0)
    centres = looks[_spread(looks, areas, wanted)]
    for _ in range(TURNS):
        facet = _nearest(looks, centres)
        weight = np.bincount(facet, areas, len(centres))
        sums = np.stack([np.bincount(facet, areas * looks[:, k], len(centres)) for k in range(6)], axis=1)
        centres = np.where(weight[:, None] > 0, sums / np.maximum(weight, 1e-300)[:, None], centres)
    facet = _nearest(looks, centres)
    facet = np.unique(facet, return_inverse=True)[1].reshape(-1)
    weight = np.bincount(facet, areas)[:, None]
    total = np.stack([np.bincount(facet, areas * normals[:, k]) for k in range(3)], axis=1)
    unit = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300)
    middles = np.stack([np.bincount(facet, areas * corners.mean(axis=1)[:, k]) for k in range(3)], axis=1) / weight
    return facet, np.column_stack([unit, (unit * middles).sum(axis=1)])


def _nearest(looks: Floats, centres: Floats) -> Ints:
    """The nearest centre of each row (n,)."""
    squares = (centres**2).sum(axis=1)
    blocks = [np.argmin(squares - 2 * block @ centres.T, axis=1) for block in np.array_split(looks, max(1, len(looks) // 8192))]
    return np.concatenate(blocks)


def _spread(looks: Floats, areas: Floats, wanted: int) -> Ints:
    """Rows far from one another (at most `wanted`), the largest triangle first."""
    chosen = [int(areas.argmax())]
    apart = ((looks - looks[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < wanted and apart.max() > 1e-9:
        chosen.append(int((apart * np.sqrt(areas)).argmax()))
        apart = np.minimum(apart, ((looks - looks[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen)


# ---- of place --------------------------------------------------------------------------------------------------------

WAYS = {"up", "down", "left", "right", "forward", "back"}


def way(direction: str, up: Floats) -> Floats:
    """A unit direction (3,) of a word, seen from the front: +X is right, and the front looks against +Y where Z is up."""
    right = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    back = np.cross(up, right)
    directions = {"up": up, "down": -up, "right": right, "left": -right, "forward": -back, "back": back}
    return directions[direction]


def _direction(part: PartSurface, word: str | None) -> Floats:
    """As `way`; "out" is the way of the part's length, away from its attachment."""
    if word in WAYS:
        return way(word, part.up)
    return part.frame.axes[:, 0] * (-1.0 if word == "in" else 1.0)


def _moved(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    distance = part.length(parameters["delta"]) if "delta" in parameters else parameters["amount"] * part.frame.size
    return part.points + distance * _direction(part, parameters["direction"])


def _rotated(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    """Turned about its own middle line: a wheel about its axle, a handle about its length."""
    frame = part.frame
    axis = frame.axes[:, frame.index(parameters["axis"])]
    middle = frame.points(((frame.low + frame.high) / 2)[None])[0]
    return middle + turned(part.points - middle, axis, parameters["angle"])


def _tilted(part: PartSurface, parameters: Mapping[str, Any]) -> Floats:
    """Turned about where it is attached, so that its length leans to a side: that of the word, or the thinner one."""
    frame = part.frame
    side = frame.axes[:, 1:] @ _sideways(frame, parameters.get("direction"), part.up)
    axis = np.cross(frame.axes[:, 0], side)
    pivot = frame.origin if frame.attached else frame.points(((frame.low + frame.high) / 2)[None])[0]
    return pivot + turned(part.points - pivot, axis, parameters["angle"])


def turned(points: Floats, axis: Floats, degrees: float) -> Floats:
    """Points (n, 3) turned about an axis (3,) through the origin, counter-clockwise seen against it (Rodrigues)."""
    unit = axis / np.linalg.norm(axis)
    angle = np.radians(degrees)
    along = points @ unit
    return points * np.cos(angle) + np.cross(unit, points) * np.sin(angle) + along[:, None] * unit * (1 - np.cos(angle))


DEFORMATIONS: Mapping[str, Deformation] = {
    "scale": _scaled, "taper": _tapered, "flare": _flared, "bend": _bent, "twist": _twisted, "shear": _sheared,
    "inflate": _inflated, "flatten": _flattened, "straighten": _straightened, "smooth": _smoothed, "facet": _faceted,
    "waves": _waved, "bumps": _bumped, "tilt": _tilted, "rotate": _rotated, "move": _moved,
}  # fmt: skip
OF_PLACE = {"tilt", "rotate", "move"}
"""They move the part as it is, its attachment too: that was asked for."""
