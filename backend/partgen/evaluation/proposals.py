"""How good several answers are together: `partgen bench proposals`, measured as the table of samples in PartGen (2025).

The parts of the first K proposals are pooled, near-duplicates removed, and ranked by their predicted confidence. **Automatic**: a
true part is found once, by the first part whose intersection over union with it, counted in faces, reaches the threshold; average
precision for each object, then the mean. **Seeded**: for one true part at a time, only the parts that contain its deepest face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from ..errors import PartgenError
from ..geometry.adjacency import FaceGraph, face_graph
from ..segmentation.proposals import Proposal, propose
from .labelled import Labelled, labelled_files, read_labelled
from .tables import aligned, joined, number

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = dict[str, Any]

COUNTS = (1, 5, 10)
"""How many proposals are looked at."""
THRESHOLDS = (0.5, 0.75)
RANKS = (5, 10, 20, 50)
"""After how many parts of the ranking recall is told."""
NEAR_DUPLICATE = 0.7
"""Of parts whose intersection over union is higher than this, the most confident stays."""
BINS = 10
"""In so many steps of confidence parts are counted, to see how often they are right."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The parts of several proposals, the most confident first: `leaves` (n, L) of each, `confidences` (n,)."""

    leaves: Bools
    confidences: Floats


def pool(proposals: Sequence[Proposal], faces_of_leaf: Ints) -> Pool:
    """All parts of `proposals` without near-duplicates; `faces_of_leaf` (L,)."""
    leaves = np.concatenate([p.part_of_leaf()[None, :] == np.arange(p.count)[:, None] for p in proposals])
    confidences = np.concatenate([p.confidences for p in proposals]).astype(np.float64)
    order = np.argsort(-confidences, kind="stable")
    leaves, confidences = leaves[order], confidences[order]
    sizes = leaves @ faces_of_leaf
    likeness = overlap((leaves * faces_of_leaf) @ leaves.T.astype(np.float64), sizes, sizes)
    kept: list[int] = []
    for part in range(len(leaves)):
        if not kept or likeness[part, kept].max() <= NEAR_DUPLICATE:
            kept.append(part)
    return Pool(leaves[kept], confidences[kept])


def overlap(common: NDArray, first: NDArray, second: NDArray) -> Floats:
    """Intersection over union (n, K) from the faces in `common` (n, K) of parts with `first` (n,) and others with `second` (K,) faces."""
    return np.asarray(common / np.maximum(first[:, None] + second[None, :] - common, 1))


def average_precision(overlaps: Floats, threshold: float) -> float:
    """Area under the precision-recall curve of ranked parts against K true ones, from their `overlaps` (n, K), the precision at a recall
    being the best from there on. Everingham et al. 2010 (PASCAL VOC), at all points."""
    found = finds(overlaps, threshold)
    precision = np.cumsum(found) / np.arange(1, len(found) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best_from_here * found).sum() / overlaps.shape[1])


def finds(overlaps: Floats, threshold: float) -> Bools:
    """Which of the ranked parts (n,) find a true part that none before found: the one that is left with which they overlap most."""
    left = np.ones(overlaps.shape[1], bool)
    found = np.zeros(len(overlaps), bool)
    for rank, row in enumerate(overlaps):
        nearest = int(np.where(left, row, -1.0).argmax())
        if left[nearest] and row[nearest] >= threshold:
            left[nearest], found[rank] = False, True
    return found


def seeded_precision(overlaps: Floats, contains: Bools, threshold: float) -> float:
    """The mean over K true parts of 1 / the rank of the first right one among the parts that contain its seed, 0 where none is.

    `overlaps` and `contains` (n, K). With one true part, that is its average precision.
    """
    right = contains & (overlaps >= threshold)
    rank = np.cumsum(contains, axis=0)
    first = right.argmax(axis=0)
    columns = np.arange(overlaps.shape[1])
    return float(np.where(right.any(axis=0), 1.0 / np.maximum(rank[first, columns], 1), 0.0).mean())


def deepest_faces(graph: FaceGraph, labels: Ints) -> Ints:
    """For each of K true parts, `labels` (C,) of the clean faces, the face that is farthest from where the part ends: (K,).

    A click on it means that part if any click does. What ends nowhere is as deep everywhere: then the face nearest to its middle.
    """
    count = graph.face_count
    first, second = graph.pairs.T
    inside = labels[first] == labels[second]
    border = graph.boundary_lengths > 0
    border[graph.pairs[~inside].reshape(-1)] = True
    steps = np.linalg.norm(graph.centers[first[inside]] - graph.centers[second[inside]], axis=1)
    within = coo_array((steps + 1e-12, (first[inside], second[inside])), shape=(count, count)).tocsr()
    depth = np.zeros(count)
    if border.any():
        depth = dijkstra(within, directed=False, indices=np.flatnonzero(border), min_only=True)
    deepest = []
    for part in range(int(labels.max()) + 1):
        faces = np.flatnonzero(labels == part)
        middle = np.average(graph.centers[faces], axis=0, weights=graph.areas[faces] + 1e-30)
        deepest.append(faces[np.lexsort((np.linalg.norm(graph.centers[faces] - middle, axis=1), -depth[faces]))[0]])
    return np.array(deepest, np.int64)


# ---- one object ----------------------------------------------------------------------------------------------------


def measure(labelled: Labelled, seed: int = 0) -> Row:
    """Asks for the most proposals that are looked at, and scores the first of them: plain data, means over the labelings."""
    answer = propose(labelled.mesh, max(COUNTS), seed=seed)
    graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
    return score(answer.proposals, answer.leaf_of_face, labelled.truths, graph)


def score(proposals: Sequence[Proposal], leaf_of_face: NDArray[np.int32], truths: Sequence[NDArray], graph: FaceGraph) -> Row:
    """The scores of the first K of `proposals` for every K of `COUNTS`, against labelings `truths` of the faces (F,)."""
    count = int(leaf_of_face.max()) + 1
    faces_of_leaf = np.bincount(leaf_of_face, minlength=count)
    pools = {k: pool(proposals[:k], faces_of_leaf) for k in COUNTS}
    found: dict[str, list[Row]] = {str(k): [] for k in COUNTS}
    certain = np.zeros((BINS, 3))
    for truth in truths:
        labels = np.unique(truth, return_inverse=True)[1].reshape(-1)
        parts = int(labels.max()) + 1
        table = np.bincount(leaf_of_face.astype(np.int64) * parts + labels, minlength=count * parts).reshape(count, parts)
        seeds, seeded = _seeds(graph, leaf_of_face, labels)
        for k, pooled in pools.items():
            overlaps = overlap(pooled.leaves.astype(np.float64) @ table, pooled.leaves @ faces_of_leaf, table.sum(axis=0))
            found[str(k)].append(_scores(overlaps, overlaps[:, seeded], pooled.leaves[:, seeds]))
            if k == max(COUNTS):
                certain += _certainty(pooled.confidences, overlaps) / len(truths)
    rows = {k: {name: float(np.mean([row[name] for row in of_k])) for name in of_k[0]} for k, of_k in found.items()}
    return {"scores": rows, "certainty": certain.tolist(), "pooled": len(pools[max(COUNTS)].confidences)}


def _seeds(graph: FaceGraph, leaf_of_face: NDArray[np.int32], labels: Ints) -> tuple[Ints, Ints]:
    """The leaf of the deepest face of every true part that has a face with an area, and which parts these are."""
    there, clean = np.unique(labels[graph.input_of_face], return_inverse=True)
    deepest = deepest_faces(graph, clean.reshape(-1))
    return leaf_of_face[graph.input_of_face[deepest]].astype(np.int64), there


def _scores(overlaps: Floats, of_seeded: Floats, contains: Bools) -> Row:
    row: Row = {}
    for threshold in THRESHOLDS:
        name = f"{threshold * 100:.0f}"
        row[f"auto {name}"] = average_precision(overlaps, threshold)
        row[f"seeded {name}"] = seeded_precision(of_seeded, contains, threshold)
    found = np.cumsum(finds(overlaps, THRESHOLDS[0])) / overlaps.shape[1]
    row |= {f"recall {rank}": float(found[min(rank, len(found)) - 1]) for rank in RANKS}
    return row | {"recall": float(found[-1]), "pooled": float(len(overlaps))}


def _certainty(confidences: Floats, overlaps: Floats) -> Floats:
    """For each step of confidence the number of parts, the sum of their confidences, and how many are parts: (BINS, 3)."""
    step = np.minimum((confidences * BINS).astype(int), BINS - 1)
    right = overlaps.max(axis=1) >= THRESHOLDS[0]
    return np.column_stack([np.bincount(step, weights, BINS) for weights in (np.ones(len(step)), confidences, right)])


# ---- many objects --------------------------------------------------------------------------------------------------


def measured(
    folder: Path, limit: int | None = None, sets: Sequence[str] = (), seed: int = 0, tell: Callable[[str], None] = lambda sentence: None
) -> Row:
    """The rows of all objects in a folder of labelled models, and what failed. Raises PartgenError where there are none."""
    rows, failed = [], {}
    files = labelled_files(folder, limit, sets)
    for place, (collection, path) in enumerate(files, 1):
        tell(f"{place} of {len(files)}: {path.stem}")
        try:
            labelled = read_labelled(path, collection)
            rows.append({"set": collection, "object": path.stem, "category": labelled.category} | measure(labelled, seed))
        except PartgenError as error:
            failed[path.stem] = str(error)
    return {"rows": rows, "failed": failed}


COLUMNS = ("auto 50", "auto 75", "seeded 50", "seeded 75", *(f"recall {rank}" for rank in RANKS), "recall")


def table(result: Row) -> str:
    """What `measured` found, as Markdown: each set, and the mean over all objects, for each number of proposals."""
    rows = result["rows"]
    groups = {name: [row for row in rows if row["set"] == name] for name in dict.fromkeys(row["set"] for row in rows)}
    if len(groups) > 1:
        groups["all objects"] = rows
    head = ["set", "objects", "proposals", *(name.replace("auto", "mAP").replace("seeded", "seeded mAP") for name in COLUMNS), "parts"]
    lines = [head]
    for name, of_set in groups.items():
        for k in map(str, COUNTS):
            means = [number(float(np.mean([row["scores"][k][column] for row in of_set])), 3) for column in COLUMNS]
            parts = number(float(np.mean([row["scores"][k]["pooled"] for row in of_set])), 1)
            lines.append([name, str(len(of_set)), k, *means, parts])
    failed = [f"failed on {name}: {why}" for name, why in result["failed"].items()]
    return joined([aligned(lines), aligned(certainty_lines(rows)), failed])


def certainty_lines(rows: Sequence[Row]) -> list[list[str]]:
    """How often parts of a confidence are parts: a line for each step of it that occurs."""
    if not rows:
        return []
    total = np.sum([row["certainty"] for row in rows], axis=0)
    lines = [["confidence", "pooled parts", "mean confidence", "share that is a part"]]
    for step, (count, confidence, right) in enumerate(total.tolist()):
        if count:
            lines.append([f"{step / BINS:.1f}", f"{count:.0f}", number(confidence / count, 2), number(right / count, 2)])
    return lines
