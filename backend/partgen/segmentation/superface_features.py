"""What the superface network is shown of a region graph, for every region and for every two that it may tell apart.

A record is a region graph as plain arrays, as training keeps it in files; features are numbers that neither turning nor
scaling of the object changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .diffusion import diffusion_map
from .outlines import bulges, outline_shape
from .regions import RegionGraph

Floats = NDArray[np.floating]
Record = Mapping[str, NDArray]

RECORDED = (
    "areas", "thickness", "components", "normals", "spread", "centers", "visibility", "pairs", "lengths", "gaps",
    "concave", "convex", "creases", "turns", "outlines", "bodies",
)  # fmt: skip
SIGHTS = 3
"""So many regions that it sees best, beside its neighbours, each region is joined with."""
LEAST_SIGHT = 0.05
LEAST = 1e-9


class Features(NamedTuple):
    """The graph as the network reads it.

    `nodes` (N, X) float32; `edges` (M, Y) float32 with `ends` (2, M) int64: the pairs of the record, the same in the other
    direction, then lines of sight between regions that are no neighbours; `pair_count` of the record.
    """

    nodes: NDArray[np.float32]
    edges: NDArray[np.float32]
    ends: NDArray[np.int64]
    pair_count: int


def record(regions: RegionGraph) -> dict[str, NDArray]:
    """A region graph with its diffusion map as arrays: float32, int32, and float16 for what regions see of each other."""
    kinds = {"f": np.float32, "i": np.int32}
    arrays = {name: getattr(regions, name) for name in RECORDED}
    arrays = {name: values.astype(np.float16 if name == "visibility" else kinds[values.dtype.kind]) for name, values in arrays.items()}
    diffusion = diffusion_map(regions).astype(np.float32)
    return arrays | {"surface": np.array(regions.surface), "assembled": np.array(regions.assembled), "diffusion": diffusion}


def features(record: Record) -> Features:
    """What the network reads of a record with at least two regions."""
    pairs, visibility = record["pairs"].astype(np.int64), record["visibility"].astype(np.float32)
    sights = lines_of_sight(pairs, visibility)
    ends = np.concatenate([pairs, pairs[:, ::-1], sights, sights[:, ::-1]]).T
    radius = _radius(record)
    rims = np.bincount(pairs.ravel(), np.repeat(record["lengths"], 2), len(record["areas"])).astype(np.float64)
    nodes = _node_features(record, visibility, rims, radius)
    edges = _edge_features(record, visibility, rims, radius, ends, len(pairs))
    return Features(nodes.astype(np.float32), edges.astype(np.float32), np.ascontiguousarray(ends), len(pairs))


def lines_of_sight(pairs: NDArray[np.int64], visibility: Floats) -> NDArray[np.int64]:
    """For each region the SIGHTS that it sees best of those that are no neighbours (S, 2), where it sees them at all."""
    count = len(visibility)
    seen = visibility.copy()
    seen[pairs[:, 0], pairs[:, 1]] = seen[pairs[:, 1], pairs[:, 0]] = -1
    np.fill_diagonal(seen, -1)
    best = np.argsort(-seen, axis=1, kind="stable")[:, : min(SIGHTS, count - 1)]
    found = np.stack([np.repeat(np.arange(count), best.shape[1]), best.ravel()], axis=1)
    return found[seen[found[:, 0], found[:, 1]] > LEAST_SIGHT]


def _node_features(record: Record, visibility: Floats, rims: Floats, radius: float) -> Floats:
    areas, thickness, normals = record["areas"], record["thickness"], record["normals"]
    count, component_count, surface = len(areas), int(record["components"].max()) + 1, float(record["surface"])
    mean_thickness = np.average(thickness, weights=areas)
    away = record["centers"] - _middle(record)
    of_component = np.bincount(record["components"], areas)[record["components"]]
    brightest = np.sort(visibility, axis=1)[:, ::-1][:, [min(rank, count - 1) for rank in (5, 20, 60)]]
    return np.column_stack([
        np.log(areas * count + 1e-3),
        thickness - mean_thickness,
        thickness + 3,
        3 * np.linalg.eigvalsh(record["spread"]),
        np.linalg.norm(normals, axis=1),
        np.linalg.norm(away, axis=1) / radius,
        (away * normals).sum(1) / radius,
        np.diag(visibility),
        visibility @ areas,
        brightest,
        np.log(of_component + 1e-3),
        np.log(rims / np.sqrt(areas * surface + LEAST) + 1e-2),
        # Of the whole object, the same for every region: how many components, how much surface, how thick.
        *(np.full(count, value) for value in (component_count > 1, np.log(component_count), surface, mean_thickness + 3)),
    ])  # fmt: skip


def _edge_features(record: Record, visibility: Floats, rims: Floats, radius: float, ends: NDArray[np.int64], pair_count: int) -> Floats:
    first, second = ends
    areas, thickness, spread, diffusion = record["areas"], record["thickness"], record["spread"], record["diffusion"]

    def of_pairs(values: Floats) -> Floats:
        """Of both directions of the pairs; nothing of lines of sight."""
        return np.concatenate([values, values, np.zeros(len(first) - 2 * pair_count)])

    lengths = of_pairs(record["lengths"])
    per_length = [of_pairs(record[name]) / np.maximum(lengths, LEAST) for name in ("concave", "convex", "creases", "turns")]
    bends = [np.where(lengths > 0, values, 0.0) for values in per_length]
    away = record["centers"][second] - record["centers"][first]
    distance = np.linalg.norm(away, axis=1) + LEAST
    toward = away / distance[:, None]
    units = record["normals"] / np.maximum(np.linalg.norm(record["normals"], axis=1, keepdims=True), LEAST)
    flatness = np.linalg.eigvalsh(spread)[:, 0]
    own = np.diag(visibility)
    between = visibility[first, second]
    return np.column_stack([
        np.arange(len(first)) < 2 * pair_count,
        lengths > 0,
        *bends,
        3 * np.minimum(of_pairs(record["gaps"]), 0.3),
        *(of_pairs(values) for values in _outline_features(record)),
        np.minimum(lengths / (np.minimum(rims[first], rims[second]) + LEAST), 1),
        np.log(lengths + 1e-3),
        between,
        between - np.minimum(own[first], own[second]),
        thickness[second] - thickness[first],
        np.abs(thickness[second] - thickness[first]),
        np.log(distance / radius + 1e-2),
        (units[first] * units[second]).sum(1),
        (toward * units[first]).sum(1),
        (toward * units[second]).sum(1),
        3 * (_joint_flatness(areas, spread, first, second) - np.maximum(flatness[first], flatness[second])),
        np.linalg.norm(diffusion[first] - diffusion[second], axis=1),
        record["components"][first] == record["components"][second],
        np.log(areas[second] / areas[first] + 1e-3),
    ])  # fmt: skip


def _outline_features(record: Record) -> list[Floats]:
    """Of the outline between the two regions of each pair (E,), 0 where they share no edge: how open it is, how uneven, how
    round, what it encloses over the area of the smaller, and how the smaller bulges out of it."""
    pairs, areas = record["pairs"], record["areas"].astype(np.float64) * float(record["surface"])
    lengths, bodies = record["lengths"].astype(np.float64), record["bodies"].astype(np.float64)
    first, second = pairs.T
    outline = outline_shape(record["outlines"].astype(np.float64), lengths)
    smaller = np.where(areas[first] < areas[second], first, second)
    bulge = bulges(bodies[smaller], areas[smaller], outline)
    enclosed = np.minimum(outline.section / areas[smaller], 3)
    values = (outline.gape, outline.uneven, outline.roundness, enclosed, bulge)
    return [np.where(lengths > 0, value, 0.0) for value in values]


def _joint_flatness(areas: Floats, spread: Floats, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    """The smallest eigenvalue of the spread of two regions taken together: 0 where both bend about one axis at most."""
    joint = areas[first, None, None] * spread[first] + areas[second, None, None] * spread[second]
    return np.linalg.eigvalsh(joint / (areas[first] + areas[second])[:, None, None])[:, 0]


def _middle(record: Record) -> Floats:
    return np.average(record["centers"], axis=0, weights=record["areas"])


def _radius(record: Record) -> float:
    """The root mean square distance of the regions from their middle."""
    squares = ((record["centers"] - _middle(record)) ** 2).sum(1)
    return float(np.sqrt(np.average(squares, weights=record["areas"]))) + LEAST
