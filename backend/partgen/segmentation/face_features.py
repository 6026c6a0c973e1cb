"""Features of faces, read off the planes of a feature field without waste.

PartField reads 1000 samples in every face, whatever its size, and averages them. Here a face gets as many samples as the cells
of the planes that it covers or crosses ask for, and what is read for one face is added up as it is read, so that memory holds the
answer and little more. What the authors do is here as well, for those who ask for it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import trimesh
from numpy.typing import NDArray
from scipy.sparse import coo_array
from torch import Tensor
from torch.nn import functional

from ..networks.partfield import PLANE_AXES

SAMPLES_A_CELL = 64.0
"""With this the mean of a face is as near to the true one as that of a thousand random samples."""
SAMPLES_ALONG_A_CELL = 12.0
"""Long thin faces cross many cells and cover little of each."""
MOST_SAMPLES = 4096
HALF_SIZE = 0.9
"""Objects are centred, and their longest side is scaled to twice this: what PartField was trained on."""
CHUNK_SAMPLES = 1 << 17
# Steps of the R2 sequence, which covers a square evenly however far it is taken (Roberts 2018).
_R2 = np.array([0.7548776662466927, 0.5698402909980532])


def normalised(vertices: NDArray[np.floating]) -> NDArray[np.float32]:
    """Vertices (V, 3) moved and scaled so that the bounding box is centred and its longest side 1.8. Raises ValueError for a point."""
    low, high = vertices.min(axis=0).astype(np.float64), vertices.max(axis=0).astype(np.float64)
    size = float((high - low).max())
    if not size > 0:
        raise ValueError("all vertices lie in one point")
    return ((vertices - (low + high) / 2) * (2 * HALF_SIZE / size)).astype(np.float32)


def samples_of_faces(
    vertices: NDArray[np.floating], faces: NDArray[np.integer], resolution: int, a_cell: float = SAMPLES_A_CELL
) -> NDArray[np.int64]:
    """How many samples each face gets (F,): `a_cell` for each plane cell that it covers, more where it is long, and at least one.

    `vertices` (V, 3) are normalised, `resolution` cells span [-1, 1].
    """
    cell = 2.0 / (resolution - 1)
    corners = vertices[faces].astype(np.float64)
    areas = trimesh.triangles.area(corners)
    lengths = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    return np.clip(np.ceil(a_cell * areas / cell**2 + SAMPLES_ALONG_A_CELL * lengths / cell), 1, MOST_SAMPLES).astype(np.int64)


def face_features(
    planes: Tensor,
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    a_cell: float = SAMPLES_A_CELL,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """The mean feature over every face: (F, C), of the type of the planes or `dtype`, on their device.

    `planes` (3, C, R, R) of one object; `vertices` (V, 3) normalised; `faces` (F, 3). Samples lie evenly in each face and at
    the same places every time.
    """
    resolution = planes.shape[-1]
    counts = samples_of_faces(vertices, faces, resolution, a_cell)
    table = planes.permute(0, 2, 3, 1).reshape(-1, planes.shape[1]).contiguous()
    result = torch.empty(len(faces), planes.shape[1], dtype=dtype or planes.dtype, device=planes.device)
    for start, end in _chunks(counts):
        points = _spread_points(vertices[faces[start:end]].astype(np.float64), counts[start:end])
        cells, weights = plane_cells(points, resolution)
        weights /= np.repeat(counts[start:end], counts[start:end])[:, None].astype(np.float32)
        offsets = np.r_[0, np.cumsum(counts[start:end] * cells.shape[1])]
        result[start:end] = functional.embedding_bag(
            torch.from_numpy(cells.reshape(-1)).to(planes.device),
            table,
            torch.from_numpy(offsets).to(planes.device),
            mode="sum",
            per_sample_weights=torch.from_numpy(weights.reshape(-1)).to(table.device, table.dtype),
            include_last_offset=True,
        ).to(result.dtype)
    return result


def random_face_features(
    planes: Tensor, vertices: NDArray[np.floating], faces: NDArray[np.integer], samples: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """What the authors take for the feature of a face: the mean of so many uniform samples in each, whatever its size: (F, C)."""

    def spread(corners: NDArray[np.float64]) -> NDArray[np.float32]:
        return points_in_triangles(np.repeat(corners, samples, axis=0), generator.random((len(corners) * samples, 2)))

    return _means(planes, vertices, faces, samples, spread)


def corner_features(planes: Tensor, vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> NDArray[np.float32]:
    """The mean of the features of each face's three vertices: (F, C)."""
    return _means(planes, vertices, faces, 3, lambda corners: corners.reshape(-1, 3).astype(np.float32))


def _means(
    planes: Tensor, vertices: NDArray[np.floating], faces: NDArray[np.integer], samples: int,
    points_of: Callable[[NDArray[np.float64]], NDArray[np.float32]],
) -> NDArray[np.float32]:  # fmt: skip
    """The mean over the points (n * samples, 3) of some faces (n, 3, 3) each, those of a face together: (F, C)."""
    resolution, channels = planes.shape[-1], planes.shape[1]
    table = np.ascontiguousarray(planes.float().cpu().numpy().transpose(0, 2, 3, 1).reshape(-1, channels))
    means = np.empty((len(faces), channels), np.float32)
    step = max(1, CHUNK_SAMPLES // samples)
    for start in range(0, len(faces), step):
        corners = vertices[faces[start : start + step]].astype(np.float64)
        cells, weights = plane_cells(points_of(corners), resolution)
        rows = np.repeat(np.arange(len(corners)), samples * cells.shape[1])
        taken = coo_array((weights.ravel() / samples, (rows, cells.ravel())), shape=(len(corners), len(table))).tocsr()
        means[start : start + step] = taken @ table
    return means


def _chunks(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Runs of faces with about CHUNK_SAMPLES samples each."""
    ends = np.cumsum(counts)
    borders = np.searchsorted(ends, np.arange(CHUNK_SAMPLES, ends[-1], CHUNK_SAMPLES))
    borders = np.unique(np.r_[0, borders, len(counts)])
    return list(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True))


def _spread_points(corners: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """`counts` (n,) points spread evenly in each triangle (n, 3, 3), those of a face together: (sum, 3). A single one is the middle."""
    face = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
    points = points_in_triangles(corners[face], (0.5 + number[:, None] * _R2) % 1.0)
    alone = counts[face] == 1
    points[alone] = corners[face[alone]].mean(axis=1)
    return points


def points_in_triangles(corners: NDArray[np.float64], square: NDArray[np.float64]) -> NDArray[np.float32]:
    """One point in each triangle (n, 3, 3), (n, 3), for one of the unit square (n, 2): evenly spread where those are."""
    root = np.sqrt(square[:, 0])
    weights = np.stack([1 - root, root * (1 - square[:, 1]), root * square[:, 1]], axis=1)
    return np.einsum("nij,ni->nj", corners, weights).astype(np.float32)


def plane_cells(points: NDArray[np.float32], resolution: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The twelve plane cells that each point (n, 3) reads, four of each plane, and their weights: both (n, 12).

    As `networks.partfield.sample_planes` does: bilinear, corners of the plane at -1 and 1, border values beyond.
    """
    place = np.clip((points + 1) / 2 * (resolution - 1), 0, resolution - 1)
    low = np.minimum(place.astype(np.int64), resolution - 2)
    share = (place - low).astype(np.float32)
    cells, weights = [], []
    for plane, (column, row) in enumerate(PLANE_AXES):
        for right in (0, 1):
            for down in (0, 1):
                cells.append((plane * resolution + low[:, row] + down) * resolution + low[:, column] + right)
                across = share[:, column] if right else 1 - share[:, column]
                along = share[:, row] if down else 1 - share[:, row]
                weights.append(across * along)
    return np.stack(cells, axis=1), np.stack(weights, axis=1)
