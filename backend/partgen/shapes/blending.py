"""Limbs whose skins flow into one another, as those of bodies do: chains of balls, blended on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manifold3d import Manifold, OpType
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from .solids import from_triangles, sweep

GRID = 56
"""Cells along the longest side of a blend."""
DUST = 1e-5
"""Of a solid, the share of its volume up to which a loose piece is rounding, and nothing of it."""


def limb(chain: ArrayLike, segments: int = 16) -> Manifold:
    """The closed solid of one chain of balls (K, 4), x, y, z, radius, joined along their way."""
    balls = np.asarray(chain, float)
    ends = [Manifold.sphere(radius, segments).translate((x, y, z)) for x, y, z, radius in balls[[0, -1]]]
    if len(balls) == 1:
        return ends[0]
    if len(balls) == 2:
        return Manifold.batch_hull(ends)
    return Manifold.batch_boolean([sweep(balls[:, :3], balls[:, 3], None, segments), *ends], OpType.Add)


def blended_skin(chains: Sequence[NDArray], smoothness: float, grid: int = GRID) -> Manifold:
    """The skin of chains (K, 4) each, smoothly united: log-sum-exp of their distances over `smoothness`, a length.

    Chains that lie apart stay apart. Marching cubes on a grid of `grid` cells along the longest side.
    """
    axes, cell = _grid(chains, smoothness, grid)
    low, counts = np.array([axis[0] for axis in axes]), np.array([len(axis) for axis in axes])
    total = np.zeros(counts, np.float32)
    for chain in chains:
        reach = chain[:, 3:] + 4 * smoothness + 2 * cell
        first = np.maximum(np.floor(((chain[:, :3] - reach).min(0) - low) / cell).astype(int), 0)
        last = np.minimum(np.ceil(((chain[:, :3] + reach).max(0) - low) / cell).astype(int) + 1, counts)
        block = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        near = [axis[part] for axis, part in zip(axes, block, strict=True)]
        total[block] += np.exp(np.clip(-_distances(near, chain) / smoothness, -30, 30))
    skin = _level_set(np.log(total + 1e-20), axes, cell)
    # What is thinner than the grid would come out in crumbs; a little thinner still, it lies inside where it did not.
    thin = [limb(chain * (1, 1, 1, 0.9), 10) for chain in chains if chain[:, 3].min() < 1.5 * cell]
    if not thin:
        return skin
    pieces = Manifold.batch_boolean([skin, *thin], OpType.Add).decompose()
    volumes = [piece.volume() for piece in pieces]
    return Manifold.compose([piece for piece, volume in zip(pieces, volumes, strict=True) if volume > 1e-3 * max(volumes)])


def blend_shares(body: Manifold, chains: Sequence[NDArray], limbs: Sequence[Manifold], grid: int = GRID) -> list[Manifold]:
    """Divides a blended body among its chains, whose solids are `limbs`, to each what is nearest to it.

    The shares fill the body without overlapping, dust aside. What of a share would float beside its limb is of the limb that
    it lies in or else touches most.
    """
    dust = DUST * body.volume()
    kept: list[list[Manifold]] = []
    crumbs: list[Manifold] = []
    for share, own in zip(_nearest_shares(body, chains, grid), limbs, strict=True):
        whole = [piece for piece in share.decompose() if piece.volume() > dust]
        hangs = [len(whole) == 1 or (piece ^ own).volume() > dust for piece in whole]
        kept.append([piece for piece, is_held in zip(whole, hangs, strict=True) if is_held])
        crumbs += [piece for piece, is_held in zip(whole, hangs, strict=True) if not is_held]
    near = 1e-6 * float(np.ptp(np.array(body.bounding_box()).reshape(2, 3), axis=0).max())
    for crumb in sorted(crumbs, key=Manifold.volume, reverse=True):
        inside = [(crumb ^ own).volume() for own in limbs]
        touching = inside if max(inside) > dust else [_contact(crumb, pieces, near) for pieces in kept]
        kept[int(np.argmax(touching))].append(crumb)
    return [Manifold.batch_boolean(pieces, OpType.Add) if pieces else Manifold() for pieces in kept]


def without_dust(solid: Manifold) -> Manifold:
    """A solid without what rounding leaves where surfaces of what it was made of coincide, and without cavities: limbs are full."""
    pieces = solid.decompose()
    whole = [piece for piece in pieces if piece.volume() > DUST * solid.volume()]
    return Manifold.compose(whole) if len(whole) < len(pieces) else solid


def _contact(crumb: Manifold, pieces: Sequence[Manifold], near: float) -> int:
    """How many corners of a crumb other pieces have, too: cuts leave the same on both sides."""
    if not pieces:
        return 0
    corners, others = crumb.to_mesh().vert_properties, np.concatenate([piece.to_mesh().vert_properties for piece in pieces])
    return int((cKDTree(others[:, :3]).query(corners[:, :3], distance_upper_bound=near)[0] < np.inf).sum())


def _nearest_shares(body: Manifold, chains: Sequence[NDArray], grid: int) -> list[Manifold]:
    """Cuts a body on a grid into what is nearest to each chain; what falls between the cuts is left to the last."""
    if len(chains) == 1:
        return [body]
    low, high = np.array(body.bounding_box()).reshape(2, 3)
    margin = 0.05 * float((high - low).max())
    axes, cell = _grid([np.column_stack([[low, high], [margin, margin]])], 0.0, grid)
    # Limbs that meet in one ball are equally far around it: the first of them gets it, as in `nearest_chain`.
    distances = np.array([_distances(axes, chain) + 1e-3 * cell * number for number, chain in enumerate(chains)])
    nearest, (least, next_to_least) = distances.argmin(0), np.partition(distances, 1, axis=0)[:2]
    shares, rest = [], body
    for number in range(len(chains) - 1):
        others = np.where(nearest == number, next_to_least, least)
        share, rest = rest.split(_level_set(others - distances[number], axes, cell))
        shares.append(share)
    return [*shares, rest]


def _grid(chains: Sequence[NDArray], margin: float, grid: int) -> tuple[list[NDArray[np.float64]], float]:
    """Coordinates along x, y and z that enclose the balls of all chains with a margin, and their spacing."""
    balls = np.concatenate(chains)
    margin = margin + 1e-3 * float(np.ptp(balls[:, :3], axis=0).max())
    low = (balls[:, :3] - balls[:, 3:]).min(0) - margin
    high = (balls[:, :3] + balls[:, 3:]).max(0) + margin
    cell = float((high - low).max()) / grid
    counts = np.ceil((high - low) / cell).astype(int) + 3
    return [low[axis] + cell * np.arange(-1, counts[axis] - 1) for axis in range(3)], cell


def _distances(axes: Sequence[NDArray], chain: NDArray) -> NDArray[np.float32]:
    """The distance of every point of a grid from a chain."""
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    return chain_distance(points.reshape(-1, 3).astype(np.float32), chain).reshape(points.shape[:3])


def _level_set(inside: NDArray, axes: Sequence[NDArray], cell: float) -> Manifold:
    """The solid where a field on a grid is above 0, closed at the grid's border; empty where it nowhere is."""
    if inside.max() <= 0:
        return Manifold()
    inside = np.where(np.abs(inside) < 1e-6, np.float32(-1e-6), inside)  # a corner on the surface itself may pinch it
    vertices, faces, _, _ = marching_cubes(np.pad(inside, 1, constant_values=-30.0), 0.0)
    return from_triangles((vertices - 1) * cell + [axis[0] for axis in axes], faces[:, ::-1])


def chain_distance(points: NDArray, chain: ArrayLike) -> NDArray[np.float32]:
    """The signed distance of points (N, 3) from a chain of balls (K, 4) that are joined by cones; negative inside.

    Between two balls the radius is interpolated along the axis, which is exact enough for limbs.
    """
    balls = np.asarray(chain, np.float32)
    if len(balls) == 1:
        return np.linalg.norm(points - balls[0, :3], axis=1) - balls[0, 3]
    distance = np.full(len(points), np.inf, np.float32)
    for start, end in pairwise(balls):
        axis = end[:3] - start[:3]
        offset = points - start[:3]
        share = np.clip(offset @ (axis / max(float(axis @ axis), 1e-12)), 0, 1)
        offset -= share[:, None] * axis
        np.minimum(distance, np.sqrt(np.einsum("ij,ij->i", offset, offset)) - (start[3] + share * (end[3] - start[3])), out=distance)
    return distance


def nearest_chain(points: NDArray, chains: Sequence[NDArray]) -> NDArray[np.int64]:
    """Which chain each point (N, 3) belongs to (N,): the one whose surface is nearest, or that it lies deepest in."""
    return np.argmin([chain_distance(points, chain) for chain in chains], axis=0)
