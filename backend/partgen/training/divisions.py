"""Examples of divided insides: points within an object, what each part that may claim them shows, and which of them truly does.

The objects are procedural shapes whose parts overlap and reach into one another, or labelled meshes whose parts are closed; what is
visible of them is the one skin that they have together, mostly remeshed as scans and generated models are. The same seed gives the
same example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from igl import fast_winding_number
from manifold3d import Manifold
from numpy.typing import NDArray

from ..completion.claim_features import COMPETITORS, claim_features
from ..completion.patches import read_surface
from ..completion.solid import Body, bodies, claimants, close
from ..completion.touching import is_closed_where_merged
from ..geometry.solids import signed_volume
from ..mesh import Mesh
from ..shapes import Skin, make_shape
from ..shapes.corruption import add_noise, remesh, rotate
from .assets import Asset
from .pairs import turned
from .recipe import Arrays

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ASKED = 10
"""Parts of an object, at most, about which a network is asked."""
POINTS = 96
"""For each of them: a half anywhere in its box, a half within it."""
MARGIN = 0.1
"""By which the box of a part is larger than the part, as in the benchmark."""
SEEN = (0.05, 0.97)
"""The least and the most of its surface that a part must show to be asked about."""
AS_MODELLED = 0.15
"""Share of the skins that are exact unions; the others are remeshed."""


def divisions(seed: int) -> Arrays | None:
    """Points within a shape, None where nothing of it is hidden.

    `features` (n, COMPETITORS, len(NAMES)) float16, zero where fewer compete; `competes` (n, COMPETITORS) bool; `holds`
    (n, COMPETITORS) bool, whether the part's true solid holds the point; `size` (n, COMPETITORS) float32, the volume of
    that, the object's diagonal being 1; `asked` (n,) int16, the number of the part that the point is asked for; `place` (n,) int16,
    where that part is among those that compete, -1 where it is not; `anywhere` (n,) bool, whether it was drawn anywhere in
    the part's box; `family`.
    """
    shape, rng = make_shape(seed), np.random.default_rng([seed, 8])
    if len(shape.parts) < 2:
        return None
    skin, solids = turned(shape.skin(), shape.solids(), rng)
    if rng.random() >= AS_MODELLED:
        skin = _remeshed(skin, rng)
    truths = [Truth.of_solid(solid) for solid in solids]
    example = asked_points(skin, truths, rng)
    return None if example is None else example | {"family": np.array(shape.family)}


def divisions_of_asset(asset: Asset, rng: np.random.Generator) -> Arrays | None:
    """The same of a labelled mesh; None where nothing closed is half hidden in it."""
    whole = rotate(asset.skin, rng)
    truths = [Truth.of_part(whole, part) for part in range(asset.levels.shape[1])]
    return asked_points(_remeshed(whole, rng), truths, rng)


def _remeshed(skin: Skin, rng: np.random.Generator) -> Skin:
    skin = remesh(skin, rng, int(rng.integers(48, 65)))
    return add_noise(skin, rng, rng.uniform(0.0005, 0.002)) if rng.random() < 0.2 else skin


@dataclass(frozen=True, eq=False)
class Truth:
    """A complete part: its surface, `vertices` (k, 3) and `faces` (n, 3), and whether that `is_closed`, looking outward."""

    vertices: Floats
    faces: NDArray[np.int64]
    is_closed: bool

    @classmethod
    def of_solid(cls, solid: Manifold) -> Truth:
        mesh = solid.to_mesh()
        return cls(np.asarray(mesh.vert_properties)[:, :3].astype(np.float64), np.asarray(mesh.tri_verts).astype(np.int64), True)

    @classmethod
    def of_part(cls, skin: Skin, part: int) -> Truth:
        piece = skin.kept(skin.part_of_face == part)
        vertices, faces = piece.vertices.astype(np.float64), piece.faces.astype(np.int64)
        return cls(vertices, faces, is_closed_where_merged(vertices, faces) and signed_volume(vertices, faces) > 0)

    def holds(self, points: Floats) -> Bools:
        """Which of the points (n, 3) are inside."""
        return _inside(points, self.vertices, self.faces)


def asked_points(skin: Skin, truths: Sequence[Truth], rng: np.random.Generator) -> Arrays | None:
    """The example of a labelled skin and its complete parts, by their labels; asked about are those that are closed."""
    found = bodies(read_surface(Mesh.from_triangles(skin.vertices, skin.faces)), skin.part_of_face)
    if not found:
        return None
    body = max(found, key=lambda one: len(one.faces))
    close(body)
    labels = np.unique(body.owner)
    chosen = [label for label in rng.permutation(labels).tolist() if _is_half_hidden(body, label, truths[label])][:ASKED]
    drawn = [(label, *_drawn(body, truths[label], rng)) for label in chosen] if len(labels) > 1 else []
    if not sum(len(points) for _, points, _ in drawn):
        return None
    points = np.concatenate([points for _, points, _ in drawn])
    diagonal = float(np.linalg.norm(np.ptp(body.points, axis=0)))
    part, features = claim_features(claimants(body), points, diagonal)
    holds = np.stack([truths[label].holds(points) for label in labels.tolist()], axis=1)
    volumes = np.array([abs(signed_volume(truths[label].vertices, truths[label].faces)) for label in labels.tolist()]) / diagonal**3
    asked = np.concatenate([np.full(len(points), np.searchsorted(labels, label)) for label, points, _ in drawn])
    is_asked = part == asked[:, None]
    return {
        "features": _padded(features.astype(np.float16)),
        "competes": _padded(np.ones(part.shape, bool)),
        "holds": _padded(np.take_along_axis(holds, part, axis=1)),
        "size": _padded(volumes[part].astype(np.float32)),
        "asked": asked.astype(np.int16),
        "place": np.where(is_asked.any(axis=1), is_asked.argmax(axis=1), -1).astype(np.int16),
        "anywhere": np.concatenate([anywhere for _, _, anywhere in drawn]),
    }


def _padded(values: NDArray) -> NDArray:
    """Values (n, k, ...) of the parts that compete with zeros up to COMPETITORS."""
    return np.pad(values, [(0, 0), (0, COMPETITORS - values.shape[1]), *[(0, 0)] * (values.ndim - 2)])


def _inside(points: Floats, vertices: Floats, faces: NDArray[np.int64]) -> Bools:
    """Which of the points (n, 3) are inside a closed surface."""
    result = np.zeros(len(points), bool)
    if len(faces):
        boxed = ((points > vertices.min(axis=0)) & (points < vertices.max(axis=0))).all(axis=1)
        if boxed.any():
            result[boxed] = fast_winding_number(vertices, faces, points[boxed]) > 0.5
    return result


def _is_half_hidden(body: Body, label: int, truth: Truth) -> bool:
    """Whether a part is closed, shows some of its surface, and hides some."""
    if not truth.is_closed or not len(truth.faces):
        return False
    shown, whole = _area(body.points, body.faces[body.owner == label]), _area(truth.vertices, truth.faces)
    return SEEN[0] < shown / max(whole, 1e-30) < SEEN[1]


def _area(points: Floats, faces: NDArray[np.int64]) -> float:
    first, second, third = points[faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(second - first, third - first), axis=1).sum() / 2)


def _drawn(body: Body, truth: Truth, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """Points (n, 3) within the body, near a part, and whether they were drawn anywhere in its box (n,), not within it alone."""
    low, high = truth.vertices.min(axis=0), truth.vertices.max(axis=0)
    room = MARGIN * (high - low)
    points = rng.uniform(low - room, high + room, (16 * POINTS, 3))
    points = points[_inside(points, body.points, body.faces)]
    within = points[POINTS // 2 :]
    within = within[truth.holds(within)][: POINTS // 2]
    anywhere = points[: POINTS // 2]
    return np.concatenate([anywhere, within]), np.arange(len(anywhere) + len(within)) < len(anywhere)
