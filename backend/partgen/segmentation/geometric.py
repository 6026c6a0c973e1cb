"""The geometric segmenter: no weights, seconds on a CPU.

Superfaces grow along creases and changes of thickness; a greedy hierarchy joins them, keeping apart what a concave
boundary, a change of thickness or a blocked line of sight through the inside keeps apart. The ideas are those of the
shape diameter (Shapira et al. 2008), weakly convex parts (van Kaick et al. 2014) and region merging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import PartgenError
from ..geometry.adjacency import FaceGraph, face_graph
from ..geometry.thickness import RAY_BUDGET
from ..mesh import Mesh
from ..part_tree import PartTree
from ..progress import Progress, no_progress
from . import Segmentation
from .boundaries import smooth_at_all_scales
from .merging import ComponentWeights, Merges, MergeWeights, Recipe, part_merges
from .regions import RegionGraph, region_graph

# Found by hill climbing, as in scripts/tune_merging.py, on the development meshes of docs/benchmarks.md.
RECIPE = Recipe(
    early=MergeWeights(
        concave=1.228, convex=0.031, creases=0.555, turns=0.336, contact=2.161, gap=0.309, thickness=0.241, hidden=1.094,
        hollow=0.318, warp=0.122, diffusion=0.15, base=0.02, small=0.174, open=0.335,
    ),
    late=MergeWeights(
        concave=2.77, convex=0.036, creases=0.249, turns=0.168, contact=15.9, gap=0.174, thickness=0.265, hidden=0.562,
        hollow=0.795, warp=0.088, diffusion=0.064, base=0.021, ragged=0.139, most_ragged=0.023, small=0.031, open=-0.03,
        whole=0.132, neck=0.323, speck=0.014, uneven=-0.519, round=-0.229, section=-0.039, bulge=0.323, reach=0.032,
    ),
    significance=MergeWeights(
        concave=2.77, convex=0.036, creases=0.249, turns=0.168, contact=16.0, gap=0.174, thickness=0.265, hidden=0.562,
        hollow=0.795, warp=0.088, diffusion=0.035, base=0.021, ragged=0.139, most_ragged=0.023, small=-0.154, open=-1.01,
        whole=0.325, neck=0.785, speck=0.017, gape=-0.162, uneven=-0.907, round=-0.059, section=-0.111, bulge=0.949, reach=-0.281,
    ),
    components=ComponentWeights(inside=0.061, small=0.989, apart=29.5),
)  # fmt: skip
# Merges of more than this significance are undone at the default scale.
SIGNIFICANT = 0.459
# Beyond this number, people tell fewer parts apart than shapes have: the default grows with the square root only.
MANY = 12


class GeometricSegmenter:
    """Segments by shape alone. Deterministic: the same mesh gives the same tree."""

    method = "geometric"

    def segment(self, mesh: Mesh, progress: Progress = no_progress) -> Segmentation:
        """A part tree over at most a few hundred leaves for `mesh`. Raises PartgenError where there is no surface."""
        return segment_by_regions(mesh, self.method, lambda regions: (part_merges(regions, RECIPE), None), SIGNIFICANT, progress)


Merging = Callable[[RegionGraph], tuple[Merges, NDArray[np.float32] | None]]
"""Brings the N regions of an object together, and may tell what they look like: unit rows (N, D)."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A segmentation, and what its leaves are: `region_of_leaf` (L,) of those that `merge` saw."""

    segmentation: Segmentation
    region_of_leaf: NDArray[np.int64]


def segment_by_regions(
    mesh: Mesh, method: str, merge: Merging, significant: float, progress: Progress = no_progress, weights: str = ""
) -> Segmentation:
    """The part tree of a mesh whose regions `merge` brings together, shown down to merges of this significance.

    Raises PartgenError where there is no surface.
    """
    return grow(mesh, method, merge, significant, progress, weights).segmentation


def grow(mesh: Mesh, method: str, merge: Merging, significant: float, progress: Progress = no_progress, weights: str = "") -> Grown:
    """Like `segment_by_regions`, and tells what the leaves are, for those who bring them together in other ways too."""
    mesh.check()
    stages = expected_seconds(len(mesh.faces))
    total = sum(stages.values())

    def begin(stage: str) -> None:
        names = list(stages)
        progress(sum(list(stages.values())[: names.index(stage)]) / total, stage)

    begin("Reading the surface")
    graph = face_graph(mesh.vertices, mesh.faces)
    if not graph.face_count:
        sentence = f"No face of {mesh.name} has an area."
        raise PartgenError("mesh.no_area", sentence, "Choose an object that has a surface.")
    regions = region_graph(graph, begin)
    begin("Building the part tree")
    merges, features = merge(regions)
    begin("Smoothing boundaries")
    region = smooth_at_all_scales(graph, regions.region_of_face, PartTree.from_merges(merges.nodes, 1))
    leaf = whole_polygons(mesh, leaf_of_faces(mesh, graph, region), graph)
    region_of_leaf = np.unique(leaf).astype(np.int64)
    features = None if features is None else features[region_of_leaf]
    leaf, merges = without_empty_leaves(leaf, merges)
    tree = PartTree.from_merges(merges.nodes, default_count(regions, merges.costs, significant))
    return Grown(Segmentation(leaf, tree, method, weights, notes(mesh, graph), features), region_of_leaf)


def expected_seconds(faces: int) -> dict[str, float]:
    """How long each stage takes for a number of faces, in the order in which they begin; measured on one core."""
    return {
        "Reading the surface": 0.02 + 3e-6 * faces,
        "Finding neighbours": 0.01 + 1e-6 * faces,
        "Measuring thickness": 0.02 + 8e-7 * min(24 * faces, RAY_BUDGET),
        "Growing regions": 0.01 + 7e-7 * faces * np.log2(faces + 2),
        "Looking through the inside": 0.35 + 5e-7 * faces,
        "Building the part tree": 0.5,
        "Smoothing boundaries": 0.05 + 1e-5 * faces,
    }


def default_count(regions: RegionGraph, costs: NDArray, significant: float = SIGNIFICANT) -> int:
    """The number of parts at the default scale, from the significance of all merges (N-1,); never the whole alone.

    An assembly shows its components.
    """
    if regions.assembled:
        return int(regions.components.max()) + 1
    count = max(int((costs > significant).sum()) + 1, 2)
    return count if count <= MANY else round(MANY * (count / MANY) ** 0.5)


def leaf_of_faces(mesh: Mesh, graph: FaceGraph, region: NDArray[np.int64]) -> NDArray[np.int32]:
    """The region of every input triangle (F,): those without area take that of a face at the same vertex, else of the nearest."""
    leaf = np.where(graph.face_of_input >= 0, region[graph.face_of_input], -1)
    missing = np.flatnonzero(leaf < 0)
    if len(missing):
        corners = mesh.faces
        of_vertex = np.full(len(mesh.vertices), -1, np.int64)
        known = leaf >= 0
        of_vertex[corners[known].reshape(-1)] = np.repeat(leaf[known], 3)
        leaf[missing] = of_vertex[corners[missing]].max(axis=1)
        alone = np.flatnonzero(leaf < 0)
        if len(alone):
            centers = mesh.vertices[mesh.faces[alone]].mean(axis=1)
            leaf[alone] = region[cKDTree(graph.centers).query(centers)[1]]
    return leaf.astype(np.int32)


def whole_polygons(mesh: Mesh, leaf: NDArray[np.int32], graph: FaceGraph) -> NDArray[np.int32]:
    """Gives all triangles of a polygon the leaf that covers most of its area: (F,)."""
    if mesh.polygon_count == len(mesh.faces):
        return leaf
    areas = np.zeros(len(leaf))
    known = graph.face_of_input >= 0
    areas[known] = graph.areas[graph.face_of_input[known]]
    count = int(leaf.max()) + 1
    key, slot = np.unique(mesh.polygon_of_face.astype(np.int64) * count + leaf, return_inverse=True)
    cover = np.bincount(slot.reshape(-1), areas, len(key))
    polygon = key // count
    order = np.lexsort((cover, polygon))
    last = np.r_[polygon[order][1:] != polygon[order][:-1], True]
    chosen = (key % count)[order[last]]
    return chosen[mesh.polygon_of_face].astype(np.int32)


def without_empty_leaves(leaf: NDArray[np.int32], merges: Merges) -> tuple[NDArray[np.int32], Merges]:
    """Drops the leaves that no face has (a polygon took them over) from labels (F,) and merges."""
    count = len(merges.nodes) + 1
    used = np.zeros(count, bool)
    used[leaf] = True
    if used.all():
        return leaf, merges
    left = int(used.sum())
    name = np.where(used, np.cumsum(used) - 1, -1).tolist()
    nodes: list[tuple[int, int]] = []
    costs: list[float] = []
    for (a, b), cost in zip(merges.nodes.tolist(), merges.costs.tolist(), strict=True):
        if name[a] >= 0 and name[b] >= 0:
            name.append(left + len(nodes))
            nodes.append((name[a], name[b]))
            costs.append(cost)
        else:
            name.append(max(name[a], name[b]))
    return np.array(name[:count], np.int32)[leaf], Merges(np.array(nodes, np.int64).reshape(-1, 2), np.array(costs))


def notes(mesh: Mesh, graph: FaceGraph) -> tuple[str, ...]:
    """What the artist should know about the input, in sentences."""
    flat = int((graph.face_of_input < 0).sum())
    if not flat:
        return ()
    return (f"{mesh.name} has {flat} {'face' if flat == 1 else 'faces'} without area, given to the parts of their neighbours.",)
