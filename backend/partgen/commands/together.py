"""`partgen segment --together`: several models of a kind taken apart alike, with one label space, for files."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..counting import counted
from ..errors import PartgenError
from . import method_options
from .transferring import surface_of, turned_up, up_as_asked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..files import Model
    from ..identities import Identities
    from ..segmentation import Segmentation

VERSION = 1
TABLE = "together.json"


def segment_together(
    files: Sequence[Path], folder: Path, method: str = "auto", up: str = "auto", scale: float | None = None,
    parts: int | None = None, levels: tuple[int, int] | None = None, given: Mapping[str, Any] | None = None,
) -> tuple[Identities, float, list[Path]]:  # fmt: skip
    """Takes `files` apart alike and writes FOLDER/<name>.npz for each, and FOLDER/together.json. Returns what was found, the scale of
    the labels, and the files written.

    `face_labels` of equal value are the same part in all of them. `scale`, or the number of `parts` that all have together, or else as
    many as suits them; `levels` also writes the cuts into so many parts; `given` are options of the method. Raises PartgenError, with
    nothing written, where a file cannot be read or is there twice.
    """
    from ..files import read_model, write_file
    from ..identities import identified
    from ..segmentation import segmenter

    targets = _targets(files, folder)
    models = [read_model(file) for file in files]
    segment = segmenter(method, **(given or {}))
    answers = [segment.segment(model.mesh) for model in models]
    ups = [up_as_asked(up, file) for file in files]
    first = ups[0]
    surfaces = []
    for model, answer, own in zip(models, answers, ups, strict=True):
        some = surface_of(model, answer)
        surfaces.append(some if own is None or first is None or own == first else turned_up(some, own, first))
    found = identified(surfaces, first)
    chosen = found.joint.scale_for(parts) if parts is not None else found.joint.default_scale if scale is None else scale
    labels = [found.joint.cut(chosen)[leaves][answer.leaf_of_face] for leaves, answer in zip(found.identity_of_leaf, answers, strict=True)]
    for number, target in enumerate(targets):
        write_file(target, _npz(found, number, answers[number], labels[number], levels))
    told = table(found, chosen, models, answers, [some.areas for some in surfaces], labels)
    write_file(folder / TABLE, json.dumps(told, indent=2, ensure_ascii=False).encode())
    return found, chosen, targets


def _targets(files: Sequence[Path], folder: Path) -> list[Path]:
    """Where the labels of each file go. Raises PartgenError where two would go to one place, or one over its model."""
    if len(files) < 2:
        raise PartgenError("together.one", "There is only one file to take apart together.", "Name at least two models of a kind.")
    targets: list[Path] = []
    for file in files:
        target = folder / f"{file.stem}.npz"
        if target in targets:
            raise PartgenError("file.same_name", f"Two of the files would write {target}.", "Rename one of them, or leave it out.")
        if target.resolve() == file.resolve():
            raise PartgenError("file.overwritten", f"The result would overwrite {file.name}.", "Choose another folder for it.")
        targets.append(target)
    return targets


def _npz(found: Identities, number: int, answer: Segmentation, labels: NDArray, levels: tuple[int, int] | None) -> memoryview:
    import numpy as np

    arrays: dict[str, Any] = {"face_labels": labels}
    if levels:
        counts = np.arange(levels[0], min(levels[1], found.joint.leaf_count) + 1, dtype=np.int32)
        cuts = np.empty((len(counts), len(labels)), np.int32)
        for row, count in zip(cuts, counts, strict=True):
            row[:] = found.joint.cut_into(int(count))[found.identity_of_leaf[number]][answer.leaf_of_face]
        arrays |= {"levels": counts, "level_labels": cuts}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getbuffer()


def table(
    found: Identities,
    scale: float,
    models: Sequence[Model],
    answers: Sequence[Segmentation],
    areas: Sequence[NDArray],
    labels: Sequence[NDArray],
) -> dict[str, Any]:
    """What together.json says: which part is in which file, with how many faces and how much of its surface."""
    import numpy as np

    count = found.joint.count(scale)
    rows: list[dict[str, Any]] = [
        {"label": label, "name": f"Part {label + 1:0{max(len(str(count)), 2)}d}", "in": {}} for label in range(count)
    ]
    for model, area, own in zip(models, areas, labels, strict=True):
        faces, sums = np.bincount(own, minlength=count), np.bincount(own, area, count)
        for label in np.flatnonzero(faces).tolist():
            rows[label]["in"][model.path.name] = {"faces": int(faces[label]), "share": float(sums[label] / area.sum())}
    return {
        "version": VERSION, "method": answers[0].method, "weights": answers[0].weights, "scale": scale,
        "leader": models[found.leader].path.name, "sources": [model.path.name for model in models], "parts": rows,
    }  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """`partgen segment --together`."""
    found, scale, targets = segment_together(
        options.files, options.labels_dir, options.method, options.up, options.scale, options.parts, options.levels,
        method_options.chosen(options),
    )  # fmt: skip
    count = found.joint.count(scale)
    for target in targets:
        print(target)
    print(f"{options.labels_dir / TABLE}: {counted(count, 'part')} together, as {options.files[found.leader].name} has them")
    if options.parts is not None and count < options.parts:
        print(f"  They cannot be cut into {options.parts} parts together: {count} is the nearest number below.")
    return 0
