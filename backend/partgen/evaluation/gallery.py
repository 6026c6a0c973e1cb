"""Pictures of what methods answer, beside what people say: one sheet for each set, one row for each object."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.optimize import linear_sum_assignment

from ..counting import counted
from ..geometry.adjacency import face_graph
from .baselines import BASELINES
from .labelled import Labelled
from .metrics import mean_iou, overlap

if TYPE_CHECKING:
    from .segmentation import Answer, Trial

Ints = NDArray[np.int32]

SIZE = 220
"""Pixels of one picture."""
AZIMUTH, ELEVATION = 35.0, 22.0
"""Where to look from, in degrees: from the front left and a little above."""
CAPTION = 16
PAPER, INK = (250, 250, 250), (60, 60, 60)

UPRIGHT = ("menagerie",)
"""Sets whose objects stand along z; all others stand along y, as in glTF."""


def draw_answer(trial: Trial, labelled: Labelled, answer: Answer) -> None:
    """Draws the labels of an answer, its own and those for the true number of parts, and the true ones, into the trial's folder."""
    truth = labelled.main_truth
    if not is_newer(picture_file(trial, "truth"), trial.path):  # which another method's trial drew
        draw(picture_file(trial, "truth"), labelled, truth, counted(len(np.unique(truth)), "part"))
    for protocol, labels in shown(trial.method, labelled, answer).items():
        caption = f"{counted(len(np.unique(labels)), 'part')}, mIoU {mean_iou(labels, truth):.2f}"
        draw(picture_file(trial, protocol), labelled, like_truth(labels, truth), caption)


def shown(method: str, labelled: Labelled, answer: Answer) -> dict[str, Ints]:
    """The labels (F,) that a sheet shows of an answer, by protocol."""
    found = {} if answer.auto is None else {"auto": answer.auto}
    if answer.counts:
        found["gt-k"] = answer.labels_nearest(labelled.true_count)
    return found


def columns_of(method: str) -> tuple[str, ...]:
    """The protocols by which a method's answers are drawn: a baseline has one."""
    return {"components": ("auto",), "k-means": ("gt-k",)}.get(method, ("auto", "gt-k"))


def is_drawn(trial: Trial) -> bool:
    """Whether the pictures that a trial is to draw are there."""
    return trial.pictures is None or all(is_newer(picture_file(trial, name), trial.path) for name in ("truth", *columns_of(trial.method)))


def is_newer(file: Path, other: Path) -> bool:
    """Whether a file is there and not older than another."""
    return file.exists() and file.stat().st_mtime >= other.stat().st_mtime


def picture_file(trial: Trial, name: str) -> Path:
    """Where a trial's picture of the truth, or of its answer under a protocol, lies."""
    assert trial.pictures is not None
    slug = re.sub(r"[^\w.-]+", "-", trial.variant)
    folder = trial.pictures / "pictures" / trial.collection
    return folder / (f"{trial.path.stem}--truth.png" if name == "truth" else f"{trial.path.stem}--{slug}--{name}.png")


def like_truth(labels: Ints, truth: Ints) -> Ints:
    """The labels (F,) renamed so that a part has the number, and so the colour, of the true part that it agrees with best."""
    table = overlap(labels, truth)
    union = table.sum(axis=0) + table.sum(axis=1, keepdims=True) - table
    parts, true_parts = linear_sum_assignment(-table / np.maximum(union, 1))
    names = np.full(len(table), -1)
    names[parts] = true_parts
    names[names < 0] = table.shape[1] + np.arange((names < 0).sum())
    return names[np.unique(labels, return_inverse=True)[1].reshape(-1)].astype(np.int32)


def draw(target: Path, labelled: Labelled, labels: Ints, caption: str) -> None:
    """Writes one picture of an object whose faces have the colours of `labels` (F,). Raises ModuleNotFoundError without partgen[train]."""
    from ..shapes.shape import Skin
    from ..shapes.sheet import picture

    mesh = labelled.mesh
    graph = face_graph(mesh.vertices, mesh.faces)
    points = graph.points
    if labelled.mesh.name.partition("_")[0] not in UPRIGHT:
        points = points[:, [0, 2, 1]] * [1, -1, 1]
    points = points - (points.min(axis=0) + points.max(axis=0)) / 2
    corners = facing(points, graph.corners)
    number = np.unique(labels, return_inverse=True)[1].reshape(-1)[graph.input_of_face]
    skin = Skin(points.astype(np.float32), corners.astype(np.int32), number.astype(np.int32))
    sheet = Image.new("RGB", (SIZE, SIZE + CAPTION), PAPER)
    sheet.paste(Image.fromarray(picture(skin, SIZE, AZIMUTH, ELEVATION)))
    ImageDraw.Draw(sheet).text((SIZE / 2, SIZE + CAPTION / 2), caption, INK, ImageFont.load_default(size=11), anchor="mm")
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)


def facing(points: NDArray[np.float64], corners: NDArray) -> NDArray:
    """The faces (F, 3) wound so that they face the camera: open and two-sided surfaces are lit from both sides."""
    turn, rise = np.radians(AZIMUTH), np.radians(ELEVATION)
    towards = np.array([np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)])
    a, b, c = (points[corners[:, i]] for i in range(3))
    away = np.cross(b - a, c - a) @ towards < 0
    return np.where(away[:, None], corners[:, ::-1], corners)


def write_sheets(folder: Path, trials: Sequence[Trial]) -> list[Path]:
    """Joins the pictures that the trials drew: FOLDER/<set>.png with the true parts and then each method, an object a row.

    Methods that drew nothing, because they cannot run, have no column.
    """
    sheets = []
    for name in dict.fromkeys(trial.collection for trial in trials if trial.pictures):
        files: dict[str, dict[str, Path]] = defaultdict(dict)  # by object and column
        for trial in trials:
            if trial.collection == name and trial.pictures:
                title = trial.path.stem.replace("_", " ")
                for protocol in columns_of(trial.method):
                    column = trial.variant if trial.method in BASELINES else f"{trial.variant}, {protocol}"
                    if (file := picture_file(trial, protocol)).exists():
                        files[title] |= {"people": picture_file(trial, "truth"), column: file}
        if files:
            folder.mkdir(parents=True, exist_ok=True)
            sheets.append(folder / f"{name}.png")
            sheet_of(files).save(sheets[-1], optimize=True)
    return sheets


def sheet_of(files: Mapping[str, Mapping[str, Path]]) -> Image.Image:
    """Pictures in rows and columns, under their names."""
    columns = list(dict.fromkeys(column for row in files.values() for column in row))
    sheet = Image.new("RGB", (SIZE * len(columns), CAPTION + len(files) * (SIZE + 2 * CAPTION)), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for number, column in enumerate(columns):
        pen.text(((number + 0.5) * SIZE, CAPTION / 2), column, INK, font, anchor="mm")
    for number, (title, row) in enumerate(files.items()):
        top = CAPTION + number * (SIZE + 2 * CAPTION)
        pen.text((4, top + CAPTION / 2), title, INK, font, anchor="lm")
        for column, file in row.items():
            sheet.paste(Image.open(file), (columns.index(column) * SIZE, top + CAPTION))
    return sheet
