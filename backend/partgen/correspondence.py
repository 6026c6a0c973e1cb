"""Which place of one object is which of another: faces matched to faces, and labels and values carried from one to the other.

numpy only, so that Blender runs it too. Both objects are decomposed; what is compared are the leaves of their trees and the parts
that these lie in: where they are once both objects are turned alike and stretched to one box, which way they face, how large
they are, and what they look like to the method that found them.

    found = correspondence(chair, stool)           # chair, stool: Surface
    found.source_face                              # (F,) the face of chair for every face of stool
    carried_labels(found, chair, stool, labels)    # a labeling of chair, on stool
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import PartgenError
from .part_tree import PartTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS = (48, 16)
"""Beside each leaf, the parts that it lies in count: those of these two cuts of its tree."""
CANDIDATES = 6
"""A face is compared with the faces of so many leaves: those that are most like its own."""
LEAST_CANDIDATES = 600
MOST_COMPARISONS = 200_000_000
"""Of large leaves with some of their faces alone, evenly chosen, where all would be more comparisons than this; of the leaf of the best
then with as many as that allows."""
AS_THEY_STAND = 0.93
"""Objects are turned only where that makes them more alike by this factor: most stand alike already."""
LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Surface:
    """A decomposed object as it is compared.

    `centers` (F, 3), `normals` (F, 3) unit and `areas` (F,) of its faces, triangles or polygons; `leaf_of_face` (F,); the `tree`;
    `features` (L, D) of the leaves, rows of length one, None of a method that has none.
    """

    centers: Floats
    normals: Floats
    areas: Floats
    leaf_of_face: NDArray[np.int32]
    tree: PartTree
    features: NDArray[np.float32] | None = None

    @cached_property
    def leaves(self) -> Regions:
        """What there is to say of every leaf."""
        return regions(self, self.leaf_of_face, self.tree.leaf_count)

    @cached_property
    def levels(self) -> tuple[tuple[NDArray[np.int32], Regions], ...]:
        """For each of LEVELS the part of every leaf (L,), and what there is to say of the parts."""
        cuts = [self.tree.cut_into(count) for count in LEVELS]
        return tuple((cut, self.leaves.joined(cut)) for cut in cuts)

    def with_leaves_alone(self) -> Surface:
        """The same without features: geometry alone is compared then."""
        return replace(self, features=None)


@dataclass(frozen=True, eq=False)
class Regions:
    """Sets of faces: `shares` (N,) of the object's area, `centers` (N, 3), mean `normals` (N, 3), `moments` (N, 3, 3) the second
    moments of the centers of their faces about the origin, `features` (N, D) of length one or None."""

    shares: Floats
    centers: Floats
    normals: Floats
    moments: Floats
    features: Floats | None

    def joined(self, group: ArrayLike) -> Regions:
        """The regions that these make up, `group` (N,) dense."""
        group = np.asarray(group)
        count = int(group.max()) + 1
        shares = np.bincount(group, self.shares, count).astype(np.float64)
        weights = self.shares / np.maximum(shares, LEAST)[group]

        def mean(values: Floats) -> Floats:
            flat = values.reshape(len(values), -1)
            sums: Floats = np.stack([np.bincount(group, weights * column, count) for column in flat.T], axis=1)
            return sums.reshape(count, *values.shape[1:])

        features = None if self.features is None else unit_rows(mean(self.features))
        return Regions(shares, mean(self.centers), mean(self.normals), mean(self.moments), features)

    def placed(self, frame: Frame) -> tuple[Floats, Floats, Floats]:
        """Centers (N, 3), normals (N, 3) and extents (N, 3), the deviations along the axes, as `frame` has them."""
        centers = (self.centers @ frame.rotation.T - frame.middle) / frame.half
        spread = self.moments - self.centers[:, :, None] * self.centers[:, None, :]
        along = np.einsum("ij,njk,ik->ni", frame.rotation, spread, frame.rotation)
        return centers, self.normals @ frame.rotation.T, np.sqrt(np.maximum(along, 0)) / frame.half


class Frame(NamedTuple):
    """How an object is laid into the box from -1 to 1: turned by `rotation` (3, 3), then moved by `middle`, then shrunk by `half`."""

    rotation: Floats
    middle: Floats
    half: Floats


@dataclass(frozen=True)
class Weights:
    """What counts how much in the cost of calling two leaves the same: of the leaves `looks`, `place` and `facing`; of the parts of
    LEVELS their `part_place`, `part_extent` and `part_size`. Costs are squared distances in boxes from -1 to 1, 1 - cosine for looks
    and facing, and squared logarithms for size. Tuned on half of the categories that docs/benchmarks.md names."""

    looks: float = 0.2
    place: float = 1.0
    facing: float = 0.3
    part_place: tuple[float, float] = (0.0, 0.3)
    part_extent: tuple[float, float] = (0.3, 0.3)
    part_size: tuple[float, float] = (0.0, 0.03)
    softness: float = 0.05
    by_part: tuple[float, float] = (1.0, 0.5)
    """How much what a whole part of LEVELS would be called counts in calling its leaves, which count 1."""


WEIGHTS = Weights()
NEAREST_PLACE = Weights(0.0, 1.0, 0.0, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), 1e-6, (0.0, 0.0))
"""What everything is to be compared with: the same place in the same box."""
LOOKS_ALONE = Weights(1.0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), 0.05, (1.0, 0.5))
"""What features know without places."""


@dataclass(frozen=True, eq=False)
class Correspondence:
    """For every face of the target the face of the source that it answers to.

    `source_face` (F,) int32; `leaf_costs` (target leaves, source leaves); `rotation` (3, 3) turns the target as the source stands;
    `cost` is the mean over the target's surface of the least cost: the less, the more alike the objects are.
    """

    source_face: NDArray[np.int32]
    leaf_costs: Floats
    rotation: Floats
    cost: float


# ---- surfaces ------------------------------------------------------------------------------------------------------


def surface(
    vertices: ArrayLike, faces: ArrayLike, leaf_of_face: ArrayLike, tree: PartTree, features: NDArray[np.float32] | None = None
) -> Surface:
    """The surface of triangles: `vertices` (V, 3), `faces` (F, 3). Raises PartgenError where labels, features and tree do not fit."""
    corners = np.asarray(vertices, np.float64)[np.asarray(faces)]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double = np.linalg.norm(cross, axis=1)
    normals = cross / np.maximum(double, np.finfo(np.float64).tiny)[:, None]
    return checked(Surface(corners.mean(axis=1), normals, double / 2, np.asarray(leaf_of_face, np.int32), tree, features))


def checked(some: Surface) -> Surface:
    """The same surface. Raises PartgenError where it has no area, or where labels, features and tree do not fit."""
    leaves, count = some.leaf_of_face, some.tree.leaf_count
    if len(leaves) != len(some.centers) or not len(leaves) or leaves.min() < 0 or leaves.max() >= count:
        raise PartgenError("tree.invalid", "The labels of the leaves do not fit the object.", "Decompose it again.")
    if some.features is not None and len(some.features) != count:
        raise PartgenError("features.invalid", "The features are not those of the leaves.", "Decompose the object again.")
    if not some.areas.sum() > 0:
        raise PartgenError("mesh.no_extent", "The object has no surface.", "Choose an object that has a surface.")
    return some


def regions(some: Surface, region_of_face: NDArray, count: int) -> Regions:
    """What there is to say of `count` sets of faces, `region_of_face` (F,)."""
    areas = some.areas + LEAST * some.areas.sum()  # so that faces without area have a place too
    whole = np.bincount(region_of_face, areas, count)
    weights = areas / whole[region_of_face]

    def mean(values: Floats) -> Floats:
        sums: Floats = np.stack([np.bincount(region_of_face, weights * column, count) for column in values.T], axis=1)
        return sums

    products = [some.centers[:, i] * some.centers[:, j] for i, j in product(range(3), repeat=2)]
    moments = mean(np.stack(products, axis=1)).reshape(count, 3, 3)
    features = None if some.features is None else np.asarray(some.features, np.float64)
    return Regions(whole / areas.sum(), mean(some.centers), mean(some.normals), moments, features)


def unit_rows(values: Floats) -> Floats:
    """Rows of length one; zero stays zero."""
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), LEAST)


# ---- turning alike -------------------------------------------------------------------------------------------------


def frame_of(some: Surface, rotation: Floats) -> Frame:
    """The frame in which the turned object fills the box from -1 to 1."""
    turned = some.centers @ rotation.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    half = (high - low) / 2
    return Frame(rotation, (low + high) / 2, np.maximum(half, max(float(half.max()), LEAST) * 1e-3))


def rotations(source: Surface, target: Surface, up: int | None) -> Iterator[Floats]:
    """The ways (3, 3) to turn `target` that are tried: as it stands and by quarter turns, and so that principal axes meet.

    About the axis `up` alone, 0 to 2; about all axes where it is None. The first leaves the target as it stands.
    """
    quarters = list(_quarter_turns(up))
    yield from quarters
    own, others = _principal_axes(source, up), _principal_axes(target, up)
    for quarter in quarters:
        yield own.T @ quarter @ others


def _quarter_turns(up: int | None) -> Iterator[Floats]:
    identity = np.eye(3)
    yield identity
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            turn = identity[list(order)] * np.array(signs)[:, None]
            keeps_up = up is None or turn[up, up] == 1
            if keeps_up and np.linalg.det(turn) > 0 and not np.array_equal(turn, identity):
                yield turn


def _principal_axes(some: Surface, up: int | None) -> Floats:
    """The directions of largest extent as rows of a rotation (3, 3), with the axis `up` where it is."""
    leaves = some.leaves
    middle = leaves.shares @ leaves.centers
    spread = np.einsum("n,nij->ij", leaves.shares, leaves.moments) - np.outer(middle, middle)
    axes = np.eye(3)
    if up is None:
        axes = np.linalg.eigh(spread)[1].T[::-1].copy()
    else:
        level = [axis for axis in range(3) if axis != up]
        axes[np.ix_(level, level)] = np.linalg.eigh(spread[np.ix_(level, level)])[1].T[::-1]
    if np.linalg.det(axes) < 0:
        axes[-1 if up is None else level[-1]] *= -1
    return axes


def alignment(source: Surface, target: Surface, up: int | None = 2, weights: Weights = WEIGHTS) -> Floats:
    """The rotation (3, 3) of `target` in which the two objects are most alike, of those that `rotations` gives."""
    home = frame_of(source, np.eye(3))
    best, least = np.eye(3), np.inf
    for rotation in rotations(source, target, up):
        costs = leaf_costs(source, target, home, frame_of(target, rotation), weights)
        cost = target.leaves.shares @ costs.min(axis=1) + source.leaves.shares @ costs.min(axis=0)
        if not np.isfinite(least):
            least = cost * AS_THEY_STAND
        elif cost < least:
            best, least = rotation, cost
    return best


# ---- matching ------------------------------------------------------------------------------------------------------


def correspondence(
    source: Surface, target: Surface, up: int | None = 2, weights: Weights = WEIGHTS, rotation: Floats | None = None
) -> Correspondence:
    """Finds for every face of `target` the face of `source` that is most like it.

    `up` is the axis that points up in both, 0 to 2, about which alone the target may be turned; None where that is not known.
    `rotation` (3, 3) of the target, where it is known. Features count where both objects have them of the same length: the caller
    sees to it that one method made them. Seconds for 200,000 faces.
    """
    turn = alignment(source, target, up, weights) if rotation is None else rotation
    home, away = frame_of(source, np.eye(3)), frame_of(target, turn)
    costs = leaf_costs(source, target, home, away, weights)
    cost = float(target.leaves.shares @ costs.min(axis=1))
    return Correspondence(_nearest_faces(source, target, home, away, costs, weights), costs, turn, cost)


def leaf_costs(source: Surface, target: Surface, home: Frame, away: Frame, weights: Weights) -> Floats:
    """What it costs to call a leaf of the target (row) the same as one of the source (column), in their frames: (L, K)."""
    costs = _region_costs(source.leaves, target.leaves, home, away, weights.looks, weights.place, weights.facing)
    per_level = zip(source.levels, target.levels, weights.part_place, weights.part_extent, weights.part_size, strict=True)
    for (of_source, parts), (of_target, others), place, extent, size in per_level:
        if place or extent or size:
            between = _region_costs(parts, others, home, away, place=place, extent=extent, size=size)
            costs += between[np.ix_(of_target, of_source)]
    return costs


def _region_costs(
    source: Regions, target: Regions, home: Frame, away: Frame,
    looks: float = 0.0, place: float = 0.0, facing: float = 0.0, extent: float = 0.0, size: float = 0.0,
) -> Floats:  # fmt: skip
    centers, normals, extents = source.placed(home)
    other_centers, other_normals, other_extents = target.placed(away)
    costs = np.zeros((len(target.shares), len(source.shares)))
    if looks and comparable(source, target):
        costs += looks * (1 - target.features @ source.features.T)  # type: ignore[operator, union-attr]
    if place:
        costs += place * squared_distances(other_centers, centers)
    if facing:
        costs += facing * (1 - other_normals @ normals.T)
    if extent:
        costs += extent * squared_distances(other_extents, extents)
    if size:
        logs, others = (np.log(np.maximum(some.shares, LEAST))[:, None] for some in (source, target))
        costs += size * squared_distances(others, logs)
    return costs


def comparable(source: Regions, target: Regions) -> bool:
    """Whether both have features of one length."""
    return source.features is not None and target.features is not None and source.features.shape[1] == target.features.shape[1]


def squared_distances(a: Floats, b: Floats) -> Floats:
    """Between all rows of `a` (n, d) and `b` (m, d): (n, m)."""
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0)


def _nearest_faces(source: Surface, target: Surface, home: Frame, away: Frame, costs: Floats, weights: Weights) -> NDArray[np.int32]:
    """For every face of the target the best face among those of the CANDIDATES leaves that are most like its own."""
    places, ways = _face_places(source, home)
    other_places, other_ways = _face_places(target, away)
    mine, others = _faces_of_leaves(source), _faces_of_leaves(target)
    centers, _, _ = source.leaves.placed(home)
    other_centers, _, _ = target.leaves.placed(away)
    most = max(LEAST_CANDIDATES, MOST_COMPARISONS // len(target.centers))
    # The places of the leaves are taken out again: those of the faces count in their stead.
    beyond = costs - weights.place * squared_distances(other_centers, centers)
    # All that depends on both faces is one product, in half the precision: squares of a face's own place are the same for all candidates.
    asked = np.concatenate([2 * weights.place * other_places, weights.facing * other_ways, np.ones((len(other_places), 1))], axis=1)
    offered = np.concatenate([places, ways, -weights.place * (places**2).sum(axis=1, keepdims=True)], axis=1)
    asked = asked.astype(np.float32)
    filled = np.flatnonzero([len(faces) > 0 for faces in mine])
    found = np.zeros(len(target.centers), np.int32)
    for leaf, faces in enumerate(others):
        if not len(faces):
            continue
        best = filled[np.argsort(costs[leaf, filled], kind="stable")[:CANDIDATES]]
        some = [_spread(mine[other], most // CANDIDATES) for other in best]
        candidates = np.concatenate(some)
        of_leaf = offered[candidates]
        of_leaf[:, -1] -= np.repeat(beyond[leaf, best], [len(each) for each in some])
        of_leaf[:, -1] -= of_leaf[:, -1].max()
        found[faces] = candidates[_best(asked[faces], of_leaf)]
        for other, seen in zip(best, some, strict=True):
            if len(seen) < len(mine[other]):
                rows = faces[source.leaf_of_face[found[faces]] == other]
                candidates = _spread(mine[other], most)
                found[rows] = candidates[_best(asked[rows], offered[candidates])]
    return found


def _best(asked: NDArray[np.float32], offered: Floats) -> Ints:
    """Which of `offered` (k, D) has the greatest product with each of `asked` (n, D): (n,). In blocks, for both are many."""
    offered = offered.astype(np.float32)
    blocks = np.array_split(asked, -(-len(asked) // 4096) or 1)
    return np.concatenate([(block @ offered.T).argmax(axis=1) for block in blocks])


def _face_places(some: Surface, frame: Frame) -> tuple[Floats, Floats]:
    return (some.centers @ frame.rotation.T - frame.middle) / frame.half, some.normals @ frame.rotation.T


def _faces_of_leaves(some: Surface) -> list[Ints]:
    order = np.argsort(some.leaf_of_face, kind="stable")
    counts = np.bincount(some.leaf_of_face, minlength=some.tree.leaf_count)
    return np.split(order, np.cumsum(counts)[:-1])


def _spread(faces: Ints, most: int) -> Ints:
    """At most so many of `faces`, evenly chosen."""
    return faces if len(faces) <= most else faces[np.linspace(0, len(faces) - 1, most).astype(np.int64)]


# ---- carrying over -------------------------------------------------------------------------------------------------


def carried_labels(found: Correspondence, source: Surface, target: Surface, labels: ArrayLike, weights: Weights = WEIGHTS) -> NDArray:
    """A labeling of the source's faces, (K,) of any values, carried to the target: (F,) of the same values.

    Every leaf of the target hears all leaves of the source, the likest most, and then the parts that it lies in: so a label ends
    where a leaf of the target ends, and follows what hangs together there. Labels within one leaf of the source are weighed
    by area.
    """
    values, number = np.unique(np.asarray(labels), return_inverse=True)
    return values[leaf_votes(found, source, target, number.reshape(-1), len(values), weights).argmax(axis=1)[target.leaf_of_face]]


def leaf_votes(found: Correspondence, source: Surface, target: Surface, number: Ints, count: int, weights: Weights = WEIGHTS) -> Floats:
    """How much speaks for each of `count` labels on every leaf of the target, (L, count), from `number` (K,) of the source's faces."""
    areas = source.areas + LEAST * source.areas.sum()
    table = np.bincount(source.leaf_of_face * count + number, areas, source.tree.leaf_count * count).reshape(-1, count)
    held = table.sum(axis=1)
    heard = np.exp((found.leaf_costs.min(axis=1, keepdims=True) - found.leaf_costs) / weights.softness) * (held > 0)
    heard /= np.maximum(heard.sum(axis=1, keepdims=True), LEAST)
    votes = heard @ (table / np.maximum(held, LEAST)[:, None])
    spoken = votes.copy()
    shares = target.leaves.shares
    for (cut, parts), weight in zip(target.levels, weights.by_part, strict=True):
        if weight:
            sums = np.stack([np.bincount(cut, shares * column, len(parts.shares)) for column in votes.T], axis=1)
            spoken += weight * (sums / np.maximum(parts.shares, LEAST)[:, None])[cut]
    return spoken


def carried_values(found: Correspondence, values: ArrayLike) -> NDArray:
    """Values of the source's faces, (K, ...) of any kind, on the target's: (F, ...), each from the face that it answers to."""
    return np.asarray(values)[found.source_face]
