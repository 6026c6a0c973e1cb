"""What disturbs a method: `partgen bench robustness`.

The same objects again, disturbed. True labels and the undisturbed answer are carried over to the disturbed object's faces,
so that accuracy can be compared, and how far the answer stayed the same be measured: the adjusted Rand index.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..segmentation import segmenter
from .disturbances import DISTURBANCES
from .labelled import Labelled, read_labelled
from .measuring import Outcome
from .metrics import adjusted_rand
from .segmentation import Answer, Trial, answer_of_tree, scores
from .tables import aligned, failures, joined, number

Row = dict[str, Any]

UNDISTURBED = "undisturbed"


def measure_disturbed(trial: Trial) -> Row:
    """Segments an object as it is, and after each disturbance. Plain data: scores, part counts and agreement by disturbance.

    Raises PartgenError where the object cannot be read, or the method cannot run.
    """
    labelled = read_labelled(trial.path, trial.collection)
    method = segmenter(trial.method, **dict(trial.options))
    found = method.segment(labelled.mesh)
    before = answer_of_tree(found.leaf_of_face, found.tree)
    rows = {UNDISTURBED: _row(before, labelled)}
    for name, disturb in DISTURBANCES.items():
        disturbed = disturb(labelled.mesh, np.random.default_rng(zlib.crc32(f"{name} {labelled.mesh.name}".encode())))
        again = method.segment(disturbed.mesh)
        after = answer_of_tree(again.leaf_of_face, again.tree)
        carried = Labelled(labelled.collection, disturbed.mesh, tuple(truth[disturbed.origin] for truth in labelled.truths))
        rows[name] = _row(after, carried) | {"agreement": agreement(before, after, labelled.true_count, disturbed.origin)}
    return {
        "category": labelled.category,
        "answered": found.method,
        "weights": found.weights,
        "true_parts": labelled.true_count,
        "disturbances": rows,
    }


def agreement(before: Answer, after: Answer, true_count: int, origin: np.ndarray) -> dict[str, float]:
    """The adjusted Rand index of two answers, by protocol; `origin` (F,) is the face of the first for each face of the second."""
    assert before.auto is not None
    assert after.auto is not None
    return {
        "auto": adjusted_rand(before.auto[origin], after.auto),
        "gt-k": adjusted_rand(before.labels_nearest(true_count)[origin], after.labels_nearest(true_count)),
    }


def _row(answer: Answer, labelled: Labelled) -> Row:
    assert answer.auto is not None
    found = {protocol: asdict(value) for protocol, value in scores(answer, labelled).items()}
    return {"faces": len(labelled.mesh.faces), "parts": len(np.unique(answer.auto)), "scores": found}


def robustness_summary(trials: Sequence[Trial], outcome: Outcome) -> Row:
    """What `robustness_table` shows, as plain data: for each variant and disturbance the means over all objects."""
    methods = {}
    for variant in dict.fromkeys(trial.variant for trial in trials):
        rows = [row for trial, row in outcome.rows.items() if trial.variant == variant]
        failed = {trial.path.stem: str(error) for trial, error in outcome.failed.items() if trial.variant == variant}
        if variant not in outcome.barred and (rows or failed):
            disturbances = {name: _means([row["disturbances"][name] for row in rows]) for name in (UNDISTURBED, *DISTURBANCES) if rows}
            methods[variant] = {"objects": len(rows), "disturbances": disturbances, "failed": failed}
    return {"methods": methods, "cannot_run": {variant: str(error) for variant, error in outcome.barred.items()}}


def _means(rows: Sequence[Row]) -> Row:
    found: Row = {"faces": float(np.mean([row["faces"] for row in rows])), "parts": float(np.mean([row["parts"] for row in rows]))}
    for protocol in rows[0]["scores"]:
        values = [row["scores"][protocol] for row in rows]
        found[protocol] = {measure: round(float(np.mean([value[measure] for value in values])), 4) for measure in values[0]}
    if "agreement" in rows[0]:
        for protocol in rows[0]["agreement"]:
            found[protocol]["agreement"] = round(float(np.mean([row["agreement"][protocol] for row in rows])), 4)
            found[protocol]["least_agreement"] = round(float(min(row["agreement"][protocol] for row in rows)), 4)
    return found


def robustness_table(result: Row) -> str:
    """`robustness_summary`'s result to read: Markdown, and straight in a terminal."""
    return joined([aligned(list(_lines(result["methods"]))), list(failures(result))])


def _lines(methods: Row) -> Iterator[list[str]]:
    yield [
        "method", "objects", "disturbance", "faces", "parts", "auto 1-RI", "auto mIoU", "gt-k 1-RI", "gt-k mIoU", "best-20 mIoU",
        "agreement auto", "agreement gt-k",
    ]  # fmt: skip
    for variant, method in methods.items():
        for name, values in method["disturbances"].items():
            yield [
                variant, str(method["objects"]), name, number(values["faces"], 0), number(values["parts"], 1),
                *(number(values[protocol][measure], 3) for protocol in ("auto", "gt-k") for measure in ("rand_error", "miou")),
                number(values["best-20"]["miou"], 3),
                *(number(values[protocol].get("agreement"), 3) for protocol in ("auto", "gt-k")),
            ]  # fmt: skip
