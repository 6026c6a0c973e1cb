"""Segmentations against labels that people gave: `partgen bench segmentation`.

The protocol says what was known about the answer: **auto** nothing, **gt-k** the true number of parts, **best-20** takes
the best of the twenty cuts into 2..21 parts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..part_tree import PartTree
from ..segmentation import segmenter
from .baselines import BASELINES, component_labels, k_means_labels
from .isolation import peak_memory
from .labelled import Labelled, face_areas, read_labelled
from .metrics import mean_iou, rand_error

Ints = NDArray[np.int32]
Row = dict[str, Any]

PROTOCOLS = ("auto", "gt-k", "best-20")
MOST_PARTS = 60  # of the cuts among which gt-k looks
BEST_OF = 21


@dataclass(frozen=True)
class Trial:
    """One method on one object. `options` go to the method's constructor; `pictures` is the folder to draw the result into, if any."""

    collection: str
    path: Path
    method: str
    options: tuple[tuple[str, Any], ...] = ()
    pictures: Path | None = None

    @property
    def variant(self) -> str:
        """The method with its options, as the tables name it: "superfaces, ablation=geometry"."""
        return ", ".join([self.method, *(f"{name}={value}" for name, value in self.options)])


@dataclass(frozen=True)
class Score:
    """One object under one protocol: 1 - Rand index, and mean IoU by faces and by area; means over the labelings."""

    rand_error: float
    miou: float
    miou_area: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What a method says about an object: its own labels (F,), None where it cannot tell the number of parts by itself,
    the numbers of parts `counts` (rising) that it can be asked for, and the labels (F,) for each."""

    auto: Ints | None
    counts: Sequence[int]
    labels: Callable[[int], Ints]

    def labels_nearest(self, count: int) -> Ints:
        """The labels (F,) for the possible number of parts that is nearest to `count`, the smaller of two."""
        return self.labels(min(self.counts, key=lambda possible: abs(possible - count)))


def answer_of_tree(leaf_of_face: Ints, tree: PartTree) -> Answer:
    """The answer of a part tree."""
    counts = range(min(2, tree.leaf_count), min(MOST_PARTS, tree.leaf_count) + 1)
    return Answer(tree.cut(tree.default_scale)[leaf_of_face], counts, lambda count: tree.cut_into(count)[leaf_of_face])


def answer_of_baseline(name: str, labelled: Labelled) -> Answer:
    """What a baseline says: components know their number of parts and no other, k-means any but its own."""
    if name == "components":
        return Answer(component_labels(labelled.mesh), (), dict[int, Ints]().__getitem__)
    asked = {*range(2, BEST_OF + 1), min(labelled.true_count, MOST_PARTS)}
    cuts = {count: k_means_labels(labelled.mesh, count) for count in sorted(asked)}
    return Answer(None, list(cuts), cuts.__getitem__)


def score(labels: Ints, labelled: Labelled, areas: NDArray[np.float64]) -> Score:
    """One labeling against all true ones; `areas` (F,) of the faces."""
    return Score(
        float(np.mean([rand_error(labels, truth) for truth in labelled.truths])),
        float(np.mean([mean_iou(labels, truth) for truth in labelled.truths])),
        float(np.mean([mean_iou(labels, truth, areas) for truth in labelled.truths])),
    )


def scores(answer: Answer, labelled: Labelled) -> dict[str, Score]:
    """The scores of an answer under each protocol that it allows. Best of 20 is chosen for each measure by itself."""
    areas = face_areas(labelled.mesh)
    found = {} if answer.auto is None else {"auto": score(answer.auto, labelled, areas)}
    if answer.counts:
        cuts = [score(answer.labels(count), labelled, areas) for count in answer.counts if count <= BEST_OF]
        found["gt-k"] = score(answer.labels_nearest(labelled.true_count), labelled, areas)
        found["best-20"] = Score(min(s.rand_error for s in cuts), max(s.miou for s in cuts), max(s.miou_area for s in cuts))
    return found


def measure(trial: Trial) -> Row:
    """Segments an object and scores the answer: plain data, as in the results file.

    The seconds are those of segmenting alone, weights read included; the memory is the most that this process held
    until then, so that it tells something only in a process of its own. Raises PartgenError where the object cannot be
    read, or the method cannot run.
    """
    labelled = read_labelled(trial.path, trial.collection)
    method = None if trial.method in BASELINES else segmenter(trial.method, **dict(trial.options))
    cpu, wall = time.process_time(), time.perf_counter()
    if method is None:
        answer, answered, weights = answer_of_baseline(trial.method, labelled), trial.method, ""
    else:
        found = method.segment(labelled.mesh)
        answer, answered, weights = answer_of_tree(found.leaf_of_face, found.tree), found.method, found.weights
    cpu, wall, peak = time.process_time() - cpu, time.perf_counter() - wall, peak_memory()
    if trial.pictures:
        from .gallery import draw_answer

        draw_answer(trial, labelled, answer)
    return {
        "category": labelled.category,
        "answered": answered,
        "weights": weights,
        "faces": len(labelled.mesh.faces),
        "parts": None if answer.auto is None else len(np.unique(answer.auto)),
        "true_parts": labelled.true_count,
        "scores": {protocol: asdict(value) for protocol, value in scores(answer, labelled).items()},
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "peak_bytes": peak,
    }
