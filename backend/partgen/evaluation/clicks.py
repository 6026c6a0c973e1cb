"""How many clicks it takes until the region is what was meant: `partgen bench clicks`.

For each true part somebody is simulated who clicks on its deepest face, the one farthest from the part's border along the
surface, and then again and again on the deepest face of the largest region that is still wrong, as one click that says yes
where it is missing and one that says no where it is too much.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from .. import logistic
from ..geometry.adjacency import components
from ..mesh import Mesh
from ..refining import Click, Refinable, Surface, refinable, surface
from ..refining.traits import units
from ..segmentation import segmenter
from .labelled import read_labelled
from .measuring import Outcome
from .segmentation import Trial
from .tables import aligned, failures, joined, number

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = dict[str, Any]
Answer = Callable[[Refinable, Sequence[Click]], Bools]
"""Which faces (F,) of an object are meant, by clicks in their order, the first of which says yes."""

REPORTED = (1, 3, 5, 10)
"""Numbers of clicks."""
SEED = 0
WEAK = 0.3
"""The weight of all leaves together as examples of what is not meant."""
RIDGE = 1.0
"""What keeps the regression from believing few clicks too much."""
BIAS_RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Depths:
    """Finds the deepest face of regions of a surface: the farthest from the border, along the surface, from centre to centre."""

    surface: Surface

    @cached_property
    def steps(self) -> tuple[Ints, Floats]:
        """Pairs of neighbouring faces (E, 2), each once, and how far their centres lie apart (E,)."""
        pairs = np.unique(np.sort(self.surface.pairs, axis=1), axis=0)
        first, second = self.surface.centers[pairs.T]
        return pairs, np.linalg.norm(first - second, axis=1) + 1e-9

    def largest_piece(self, region: Bools) -> Bools:
        """The connected piece of a region (F,), not empty, that has the most faces."""
        pairs = self.steps[0]
        piece = components(len(region), pairs[region[pairs].all(axis=1)])
        return region & (piece == np.bincount(piece[region]).argmax())

    def deepest(self, region: Bools) -> int:
        """The deepest face of the largest piece of a region (F,), not empty; where it has no border, that nearest to its middle."""
        piece = self.largest_piece(region)
        pairs, lengths = self.steps
        faces = np.flatnonzero(piece)
        inside = piece[pairs]
        crossing = inside[:, 0] != inside[:, 1]
        border = np.unique(pairs[crossing][inside[crossing]])
        if not len(border):
            centers, areas = self.surface.centers[faces], self.surface.areas[faces] + 1e-12
            return int(faces[((centers - np.average(centers, axis=0, weights=areas)) ** 2).sum(axis=1).argmin()])
        place = np.full(len(region), -1)
        place[faces] = np.arange(len(faces))
        within = inside.all(axis=1)
        first, second = place[pairs[within]].T
        graph = coo_matrix((lengths[within], (first, second)), shape=(len(faces), len(faces))).tocsr()
        return int(faces[dijkstra(graph, directed=False, indices=place[border], min_only=True).argmax()])


# ---- ways to answer --------------------------------------------------------------------------------------------------


def by_refining(object_: Refinable, clicks: Sequence[Click]) -> Bools:
    """What the add-on does."""
    return object_.answer(clicks).faces


def by_tree(object_: Refinable, clicks: Sequence[Click]) -> Bools:
    """Nodes of the tree alone: the smallest that has all that is meant and is not finer than shown, or, where that has something
    that is not, of each leaf that is meant the largest node up to the default scale that has nothing that is not."""
    tree = object_.tree
    shown = tree.nodes(tree.default_scale)
    yes, no = (np.unique(object_.leaf_of_face[[face for face, is_wanted in clicks if is_wanted == kind]]) for kind in (True, False))
    below = object_.below(np.arange(2 * tree.leaf_count - 1))
    is_free: Bools = np.logical_not(below[no].any(axis=0))
    whole: Bools = np.logical_and(is_free, below[yes].all(axis=0))
    whole[: shown[yes].max()] = False
    if whole.any():
        return np.asarray(below[:, int(whole.argmax())][object_.leaf_of_face])
    leaves = np.isin(np.arange(tree.leaf_count), yes)
    for leaf in yes:
        fit = [int(node) for node in tree.path(int(leaf)) if node <= shown[leaf] and is_free[node]]
        leaves |= below[:, fit[-1]] if fit else leaves
    return np.asarray(leaves[object_.leaf_of_face])


def by_features(object_: Refinable, clicks: Sequence[Click]) -> Bools:
    """Logistic regression on the features of the leaves alone."""
    return np.asarray((likeness(object_, clicks) > 0)[object_.leaf_of_face])


def by_nearness(object_: Refinable, clicks: Sequence[Click]) -> Bools:
    """Everything that lies nearer to a click that says yes than to one that says no."""
    return np.asarray((nearness(object_, clicks) >= 0)[object_.leaf_of_face])


def by_features_and_nearness(object_: Refinable, clicks: Sequence[Click]) -> Bools:
    """Both, their log odds added."""
    return np.asarray((likeness(object_, clicks) + nearness(object_, clicks) > 0)[object_.leaf_of_face])


def nearness(object_: Refinable, clicks: Sequence[Click]) -> Floats:
    """How much nearer each leaf lies to what is meant than to what is not, on the surface: the log of the distances' ratio (L,).

    Twice as far as in the air where nothing leads there on the surface.
    """
    away = []
    for kind in (True, False):
        faces = [face for face, is_wanted in clicks if is_wanted == kind]
        if not faces:
            return np.zeros(object_.tree.leaf_count)
        through = np.linalg.norm(object_.centers[:, None] - object_.surface.centers[faces], axis=2).min(axis=1)
        start = np.full((len(through), 1), np.inf)
        clicked_on = object_.leaf_of_face[faces]
        start[clicked_on, 0] = through[clicked_on]
        along = object_.steps.spread(start)[:, 0]
        away.append(np.where(np.isfinite(along), along, 2 * through))
    return np.asarray(np.clip(np.log((away[1] + 1e-3) / (away[0] + 1e-3)), -3, 3))


def likeness(object_: Refinable, clicks: Sequence[Click]) -> Floats:
    """How much each leaf looks like those that are meant and not like those that are not: log odds (L,), by logistic regression on
    their features, as in PartField (Liu et al. 2025, supplement, "interactive").

    All leaves together count as one weak example of what is not meant, since most of an object never is.
    """
    yes, no = (object_.leaf_of_face[[face for face, is_wanted in clicks if is_wanted == kind]] for kind in (True, False))
    known = units(object_.features) if object_.features.shape[1] else object_.looks
    values = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), 1e-6) / np.sqrt(known.shape[1])
    rows = np.concatenate([values[yes], values[no], values])
    target = np.concatenate([np.ones(len(yes)), np.zeros(len(no) + len(values))])
    weight = np.concatenate([np.ones(len(yes) + len(no)), WEAK * object_.areas])
    ridge = np.append(np.full(rows.shape[1], RIDGE), BIAS_RIDGE)
    weights = logistic.fitted(np.column_stack([rows, np.ones(len(rows))]), target, weight, ridge)
    return np.clip(values @ weights[:-1] + weights[-1] - np.log(len(yes) / (len(no) + WEAK)), -6, 6)


WAYS: dict[str, Answer] = {
    "refining": by_refining,
    "tree": by_tree,
    "features": by_features,
    "nearest click": by_nearness,
    "features and nearest click": by_features_and_nearness,
}


# ---- measured --------------------------------------------------------------------------------------------------------


def clicked(answer: Answer, object_: Refinable, part: Bools, first: int, depths: Depths, clicks: int = max(REPORTED)) -> list[float]:
    """The intersection over union with `part` (F,) after 1, 2, ... clicks (clicks,), the first of them on the face `first`."""
    told, found = [(first, True)], list[float]()
    while len(found) < clicks:
        region = answer(object_, told)
        found.append(float((region & part).sum() / (region | part).sum()))
        if found[-1] == 1:
            return found + [1.0] * (clicks - len(found))
        told.append(next_click(region, part, depths))
    return found


def next_click(region: Bools, part: Bools, depths: Depths) -> Click:
    """What somebody who means `part` (F,) clicks where a `region` (F,) is found that is another: the middle of what is most wrong."""
    sides = [(depths.largest_piece(side), kind) for side, kind in ((part & ~region, True), (region & ~part, False)) if side.any()]
    piece, kind = max(sides, key=lambda side: int(side[0].sum()))
    return depths.deepest(piece), kind


def best_of_path(object_: Refinable, part: Bools, face: int) -> float:
    """The intersection over union of `part` (F,) with the best node that has the leaf of `face`: one click at the right scale."""
    count, nodes = object_.tree.leaf_count, object_.nodes
    path = object_.tree.path(int(object_.leaf_of_face[face]))
    shared = nodes.sums(np.bincount(object_.leaf_of_face[part], minlength=count).astype(np.float64))[path]
    return float((shared / (nodes.sums(object_.counts)[path] + part.sum() - shared)).max())


def measure_clicks(trial: Trial) -> Row:
    """Segments an object and clicks on its parts: plain data, as in the results file. Raises PartgenError as `segment` does."""
    labelled = read_labelled(trial.path, trial.collection)
    found = segmenter(trial.method, **dict(trial.options)).segment(labelled.mesh)
    object_ = refinable(found.tree, found.leaf_of_face, surface_of(labelled.mesh), found.leaf_features)
    truth = labelled.main_truth
    return {
        "category": labelled.category,
        "answered": found.method,
        "weights": found.weights,
        "faces": len(labelled.mesh.faces),
        **scores(object_, [truth == label for label in np.unique(truth) if label >= 0]),
    }


def surface_of(mesh: Mesh) -> Surface:
    """The surface of a mesh, each triangle a face."""
    return surface(mesh.vertices, mesh.faces.reshape(-1), np.arange(0, 3 * len(mesh.faces) + 1, 3))


def scores(object_: Refinable, parts: Sequence[Bools]) -> Row:
    """Means over the parts (F,) of an object: for each way after so many clicks, and one click at the right scale, at the default
    scale, and on a face anywhere in the part."""
    depths, rng = Depths(object_.surface), np.random.default_rng(SEED)
    firsts = [depths.deepest(part) for part in parts]
    anywhere = [int(rng.choice(np.flatnonzero(part))) for part in parts]
    ways = {}
    for name, answer in WAYS.items():
        each = [clicked(answer, object_, part, first, depths) for part, first in zip(parts, firsts, strict=True)]
        ways[name] = {str(number): float(np.mean([one[number - 1] for one in each])) for number in REPORTED}

    def mean(value: Callable[[Bools, int], float], faces: Sequence[int]) -> float:
        return float(np.mean([value(part, face) for part, face in zip(parts, faces, strict=True)]))

    def shown(part: Bools, face: int) -> float:
        region = object_.leaves_below(object_.node_at(face, object_.tree.default_scale))[object_.leaf_of_face]
        return float((region & part).sum() / (region | part).sum())

    one = {
        "right scale": mean(lambda part, face: best_of_path(object_, part, face), firsts),
        "default scale": mean(shown, firsts),
        "anywhere": mean(lambda part, face: clicked(by_refining, object_, part, face, depths, 1)[0], anywhere),
    }
    return {"parts": len(parts), "ways": ways, "one": one}


# ---- told ------------------------------------------------------------------------------------------------------------


def half(category: str) -> int:
    """0 for categories that numbers of refining were tuned on, 1 for the others: half of the categories each."""
    return zlib.crc32(category.encode()) % 2


def clicks_summary(trials: Sequence[Trial], outcome: Outcome) -> Row:
    """What `clicks_table` shows, as plain data: for each variant of a method and each set means over objects, all and by halves."""
    methods = {}
    for variant in dict.fromkeys(trial.variant for trial in trials):
        rows = [row for trial, row in outcome.rows.items() if trial.variant == variant]
        failed = {trial.path.stem: str(error) for trial, error in outcome.failed.items() if trial.variant == variant}
        if variant not in outcome.barred and (rows or failed):
            sets = {name: _by_halves([row for row in rows if row["set"] == name]) for name in dict.fromkeys(row["set"] for row in rows)}
            methods[variant] = {"answered": sorted({row["answered"] for row in rows}), "sets": sets, "failed": failed}
    return {"methods": methods, "cannot_run": {variant: str(error) for variant, error in outcome.barred.items()}}


def _by_halves(rows: Sequence[Row]) -> Row:
    found = {
        "all": rows,
        "tuned on": [r for r in rows if half(r["category"]) == 0],
        "others": [r for r in rows if half(r["category"]) == 1],
    }
    return {name: _means(some) for name, some in found.items() if some}


def _means(rows: Sequence[Row]) -> Row:
    """Means over objects."""
    return {
        "objects": len(rows),
        "ways": {name: {k: float(np.mean([row["ways"][name][k] for row in rows])) for k in map(str, REPORTED)} for name in WAYS},
        "one": {name: float(np.mean([row["one"][name] for row in rows])) for name in rows[0]["one"]},
    }


def clicks_table(result: Row) -> str:
    """`clicks_summary`'s result to read: Markdown, and straight in a terminal."""
    blocks = [list(aligned(list(lines(method)))) for method in result["methods"].values() for lines in (_way_lines, _one_lines)]
    return joined([*blocks, list(failures(result))])


def _way_lines(method: Row) -> Iterator[list[str]]:
    yield ["set", "categories", "objects", "answered by", *(f"{count} {'click' if count == 1 else 'clicks'}" for count in REPORTED)]
    for name, halves in method["sets"].items():
        for which, values in halves.items():
            for way in WAYS if which == "all" else ("refining",):
                cells = (number(values["ways"][way][str(count)], 3) for count in REPORTED)
                yield [name, which, str(values["objects"]), way, *cells]


def _one_lines(method: Row) -> Iterator[list[str]]:
    yield ["set", "categories", "objects", "one click", "at the right scale", "at the default scale", "anywhere in the part"]
    for name, halves in method["sets"].items():
        for which, values in halves.items():
            cells = (values["ways"]["refining"]["1"], *(values["one"][key] for key in ("right scale", "default scale", "anywhere")))
            yield [name, which, str(values["objects"]), *(number(cell, 3) for cell in cells)]
