"""Segmentations against labels that people gave: `partgen bench segmentation`.

The protocol says what was known about the answer: **auto** nothing, **gt-k** the true number of parts, **best-20** takes
the best of the twenty cuts into 2..21 parts.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..geometry.adjacency import shells, weld
from ..mesh import Mesh
from ..part_tree import PartTree
from ..segmentation import segmenter
from .metrics import mean_iou, rand_error

Ints = NDArray[np.int32]

PROTOCOLS = ("auto", "gt-k", "best-20")
MOST_PARTS = 60  # of the cuts among which gt-k looks
BEST_OF = 21


@dataclass(frozen=True, eq=False)
class Labelled:
    """A mesh, the benchmark set that it belongs to, and one or several labelings (F,) of its faces, all of them right."""

    collection: str
    mesh: Mesh
    truths: tuple[Ints, ...]

    @property
    def true_count(self) -> int:
        """The number of parts: the median over the labelings."""
        return int(np.median([len(np.unique(truth)) for truth in self.truths]))


@dataclass(frozen=True)
class Score:
    """One object under one protocol: 1 - Rand index, and mean IoU by faces and by area; means over the labelings."""

    rand_error: float
    miou: float
    miou_area: float


def read_labelled(path: Path, collection: str) -> Labelled:
    """Reads a benchmark file. Raises PartgenError where it is damaged, lacks an array, or has not one label for each face."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            numbered = sorted((n for n in arrays.files if n.startswith("face_labels_") and n[12:].isdigit()), key=lambda n: int(n[12:]))
            truths = tuple(arrays[name] for name in numbered or ["face_labels"])
            mesh = Mesh.from_triangles(arrays["vertices"], arrays["faces"], path.stem)
    except KeyError as error:
        raise PartgenError("file.format", f"{path.name} has no array {error}.", "See partgen bench segmentation --help.") from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise PartgenError("file.damaged", f"{path.name} could not be read: it is damaged, or cut short.", "Get it again.") from error
    if any(truth.shape != (len(mesh.faces),) for truth in truths):
        raise PartgenError("file.format", f"{path.name} has not one label for each face.", "See partgen bench segmentation --help.")
    return Labelled(collection, mesh, truths)


def labelled_files(folder: Path, limit: int | None = None) -> list[tuple[str, Path]]:
    """The benchmark files in `folder`, or in its labelled/ and remeshed/, with their set: the name's first word, or remeshed.

    `limit` takes so many of each set, evenly chosen. Raises PartgenError where there are none.
    """
    files: dict[str, list[Path]] = defaultdict(list)
    for place in (folder, folder / "labelled", folder / "remeshed"):
        for path in sorted(place.glob("*.npz")):
            files["remeshed" if place.name == "remeshed" else path.stem.partition("_")[0]].append(path)
    if not files:
        raise PartgenError("bench.no_data", f"{folder} holds no labelled models (.npz).", "Name another folder with --data.")
    return [(name, path) for name, paths in files.items() for path in _evenly(paths, limit)]


def _evenly(paths: Sequence[Path], limit: int | None) -> Sequence[Path]:
    return paths[:: max(1, len(paths) // limit)][:limit] if limit else paths


def component_labels(mesh: Mesh) -> Ints:
    """The baseline: every connected component (F,) a part; vertices that coincide are one."""
    return shells(weld(mesh.vertices, mesh.faces)[1]).astype(np.int32)


def score(labels: Ints, labelled: Labelled, areas: NDArray[np.float64]) -> Score:
    """One labeling against all true ones; `areas` (F,) of the faces."""
    return Score(
        float(np.mean([rand_error(labels, truth) for truth in labelled.truths])),
        float(np.mean([mean_iou(labels, truth) for truth in labelled.truths])),
        float(np.mean([mean_iou(labels, truth, areas) for truth in labelled.truths])),
    )


def score_protocols(leaf_of_face: Ints, tree: PartTree, labelled: Labelled, areas: NDArray[np.float64]) -> dict[str, Score]:
    """The scores of a part tree under each protocol. Best of 20 is chosen for each measure by itself."""
    counts = np.arange(min(2, tree.leaf_count), min(MOST_PARTS, tree.leaf_count) + 1)
    nearest = int(counts[np.abs(counts - labelled.true_count).argmin()])
    cuts = [score(tree.cut_into(count)[leaf_of_face], labelled, areas) for count in counts[counts <= BEST_OF].tolist()]
    best = Score(min(s.rand_error for s in cuts), max(s.miou for s in cuts), max(s.miou_area for s in cuts))
    return {
        "auto": score(tree.cut(tree.default_scale)[leaf_of_face], labelled, areas),
        "gt-k": score(tree.cut_into(nearest)[leaf_of_face], labelled, areas),
        "best-20": best,
    }


def measure(folder: Path, method: str, limit: int | None = None, protocols: Sequence[str] = PROTOCOLS) -> dict[str, Any]:
    """Segments and scores everything in `folder`. Returns what `table` prints, as plain data: means over each set's objects."""
    scores: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    seconds: list[float] = []
    failed: dict[str, str] = {}
    answered = ""
    for collection, path in labelled_files(folder, limit):
        try:
            labelled = read_labelled(path, collection)
            started = time.perf_counter()
            found = segmenter(method).segment(labelled.mesh)
        except PartgenError as error:
            failed[path.stem] = str(error)
            continue
        seconds.append(time.perf_counter() - started)
        answered = found.method
        areas = face_areas(labelled.mesh)
        for protocol, value in score_protocols(found.leaf_of_face, found.tree, labelled, areas).items():
            if protocol in protocols:
                scores[collection][protocol].append(value)
        scores[collection]["components"].append(score(component_labels(labelled.mesh), labelled, areas))
        counts[collection].append((found.tree.count(found.tree.default_scale), labelled.true_count))
    return {
        "method": answered or method,
        "sets": {name: _summary(scores[name], counts[name]) for name in scores},
        "count_correlation": _correlation([pair for pairs in counts.values() for pair in pairs]),
        "seconds_per_object": float(np.mean(seconds)) if seconds else None,
        "failed": failed,
    }


def face_areas(mesh: Mesh) -> NDArray[np.float64]:
    """The area of every face: (F,) float64."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def _summary(scores: dict[str, list[Score]], counts: list[tuple[int, int]]) -> dict[str, Any]:
    means = {
        protocol: {f.name: round(float(np.mean([asdict(s)[f.name] for s in values])), 4) for f in fields(Score)}
        for protocol, values in scores.items()
    }
    parts, true_parts = np.mean(counts, axis=0).round(2).tolist()
    return {"objects": len(counts), "parts": parts, "true_parts": true_parts, **means}


def _correlation(counts: list[tuple[int, int]]) -> float | None:
    """Of the logarithms of automatic and true part counts; None where either is always the same."""
    logs = np.log(np.array(counts, np.float64).reshape(-1, 2))
    if len(logs) < 3 or not logs.std(axis=0).all():
        return None
    return round(float(np.corrcoef(logs.T)[0, 1]), 3)


def table(result: dict[str, Any]) -> str:
    """`measure`'s result to read."""
    return "\n".join(_lines(result))


def _lines(result: dict[str, Any]) -> Iterator[str]:
    yield f"{'set':12s} {'objects':>7s} {'parts':>6s} {'true':>6s}  {'protocol':12s} {'1-RI':>6s} {'mIoU':>6s} {'by area':>7s}"
    for name, values in result["sets"].items():
        for row, protocol in enumerate(protocol for protocol in (*PROTOCOLS, "components") if protocol in values):
            head = f"{name:12s} {values['objects']:7d} {values['parts']:6.1f} {values['true_parts']:6.1f}" if row == 0 else " " * 34
            scores = values[protocol]
            yield f"{head}  {protocol:12s} {scores['rand_error']:6.3f} {scores['miou']:6.3f} {scores['miou_area']:7.3f}"
    yield ""
    yield f"method: {result['method']}; components is the baseline of connected components"
    if result["count_correlation"] is not None:
        yield f"correlation of automatic and true part counts (logarithms): {result['count_correlation']:.2f}"
    if result["seconds_per_object"] is not None:
        yield f"seconds for each object: {result['seconds_per_object']:.2f}"
    for name, why in result["failed"].items():
        yield f"failed: {name}: {why}"
