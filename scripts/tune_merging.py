#!/usr/bin/env python3
"""Looks for better weights of what merges regions, of the geometric or the learned segmenter, by random hill climbing.

    .venv/bin/python scripts/tune_merging.py --data FOLDER --minutes 120                       # on all labelled objects
    .venv/bin/python scripts/tune_merging.py --data FOLDER --minutes 60 --fold 0               # on one half, scored on the other
    .venv/bin/python scripts/tune_merging.py --data FOLDER --method superfaces --shapes 100    # and on procedural shapes

Region graphs, and what the network says of them, are made once; a proposal changes a few weights by a random factor and is kept
where the objective rises. Prints every improvement and, at the end, the weights to paste into segmentation/<method>.py.
"""

from __future__ import annotations

import argparse
import itertools
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
from partgen.evaluation.labelled import Labelled, labelled_files, read_labelled
from partgen.geometry.adjacency import face_graph
from partgen.mesh import Mesh
from partgen.part_tree import PartTree
from partgen.segmentation import geometric, superfaces
from partgen.segmentation.merging import Learned, Recipe, part_merges
from partgen.segmentation.regions import RegionGraph, region_graph
from partgen.shapes import make_shape
from partgen.training.examples import EVERY_HELD_OUT
from partgen.training.skins import treated_skin

# Where the weights of each method stand.
METHODS = {"geometric": geometric, "superfaces": superfaces}

# What each measure of a set is worth; 1-RI counts against.
WORTH = {
    "psb": {"auto_error": -2.0, "gtk_error": -2.0, "gtk_miou": 1.0, "best_miou": 1.2},
    "remeshed": {"gtk_miou": 1.0, "best_miou": 1.2},
    "shapes": {"gtk_miou": 0.5, "best_miou": 0.5},
}
WORTH_OF_OTHERS = {"auto_miou": 0.5}
WORTH_OF_COUNTS = 0.5
MOST_PARTS = 60
# How far a proposal goes, in logarithms; and the weights that may be of either sign.
STEP = 0.35
SIGNED = {"small", "open", "whole", "neck", "gape", "uneven", "round", "section", "bulge", "reach"}


@dataclass(frozen=True, eq=False)
class Prepared:
    """An object whose region graph is known, how many of its faces of each true part are in each region, (N, K) a labeling, and
    what the network says of it where the method asks one."""

    collection: str
    category: str
    regions: RegionGraph
    tables: tuple[np.ndarray, ...]
    learned: Learned | None

    @property
    def true_count(self) -> int:
        return int(np.median([table.shape[1] for table in self.tables]))


def prepare(labelled: Labelled, category: str, method: str) -> Prepared:
    graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
    regions = region_graph(graph)
    region = np.where(graph.face_of_input >= 0, regions.region_of_face[graph.face_of_input], 0)
    tables = []
    for truth in labelled.truths:
        labels = np.unique(truth, return_inverse=True)[1].reshape(-1)
        width = int(labels.max()) + 1
        tables.append(np.bincount(region * width + labels, minlength=regions.count * width).reshape(regions.count, width))
    learned = superfaces.judged(regions)[0] if method == "superfaces" else None
    return Prepared(labelled.collection, category, regions, tuple(tables), learned)


def procedural(count: int) -> Iterator[Labelled]:
    """So many shapes that no training has seen, their surfaces as they reach a user, labelled at every level of their parts.

    The set is "shapes", the category the family.
    """
    seeds = itertools.count(0, EVERY_HELD_OUT)
    while count:
        seed = next(seeds)
        shape = make_shape(seed)
        if len(shape.parts) < 2:
            continue
        skin, _ = treated_skin(shape, np.random.default_rng([seed, 2]))
        mesh = Mesh.from_triangles(skin.vertices, skin.faces, f"shape {seed}")
        yield Labelled("shapes", mesh, tuple(level[skin.part_of_face] for level in shape.levels()), shape.family)
        count -= 1


def category_of(path: Path) -> str:
    """Objects of one category stay together; so do the plain and the remeshed version of one object."""
    with np.load(path) as arrays:
        category = str(arrays["category"])
    return path.stem if category in ("lowpoly", "gltf", "robot") else category


def rand_error_and_miou(part_of_region: np.ndarray, tables: tuple[np.ndarray, ...]) -> tuple[float, float]:
    """1 - Rand index and mean IoU of a cut, means over the labelings."""
    scores = []
    for table in tables:
        cells = np.zeros((int(part_of_region.max()) + 1, table.shape[1]))
        np.add.at(cells, part_of_region, table)
        rows, columns, faces = cells.sum(axis=1), cells.sum(axis=0), cells.sum()

        def pairs(n: np.ndarray) -> float:
            return float((n * (n - 1)).sum())

        error = (pairs(rows) + pairs(columns) - 2 * pairs(cells)) / (faces * (faces - 1))
        scores.append((error, (cells / (rows[:, None] + columns[None, :] - cells)).max(axis=0).mean()))
    return tuple(np.mean(scores, axis=0).tolist())


def measures(prepared: Prepared, recipe: Recipe, significant: float) -> dict[str, float]:
    merges = part_merges(prepared.regions, recipe, prepared.learned)
    tree = PartTree.from_merges(merges.nodes, geometric.default_count(prepared.regions, merges.costs, significant))
    auto = rand_error_and_miou(tree.cut(tree.default_scale), prepared.tables)
    gtk = rand_error_and_miou(tree.cut_into(min(prepared.true_count, MOST_PARTS)), prepared.tables)
    best = max(rand_error_and_miou(tree.cut_into(n), prepared.tables)[1] for n in range(2, 22))
    return {
        "auto_error": auto[0], "auto_miou": auto[1], "gtk_error": gtk[0], "gtk_miou": gtk[1], "best_miou": best,
        "parts": float(tree.count(tree.default_scale)), "true_parts": float(prepared.true_count),
    }  # fmt: skip


def evaluate(objects: list[Prepared], recipe: Recipe, significant: float) -> tuple[float, dict]:
    """The objective, and the means of each set that it is made of."""
    rows = [(o.collection, measures(o, recipe, significant)) for o in objects]
    means: dict[str, dict[str, float]] = {}
    for name in sorted({name for name, _ in rows}):
        own = [row for other, row in rows if other == name]
        means[name] = {key: round(float(np.mean([row[key] for row in own])), 4) for key in own[0]}
    counts = np.log([[row["parts"], row["true_parts"]] for _, row in rows])
    correlation = float(np.corrcoef(counts.T)[0, 1]) if counts.std(axis=0).all() else 0.0
    means["count"] = {"correlation": round(correlation, 3)}
    worth = sum(WORTH.get(name, WORTH_OF_OTHERS).get(key, 0.0) * value for name, values in means.items() for key, value in values.items())
    return worth + WORTH_OF_COUNTS * correlation, means


def proposal(recipe: Recipe, significant: float, random: np.random.Generator) -> tuple[Recipe, float]:
    """The weights with one to three of them changed. Those above zero stay so; exponents and what may help or hinder need not."""
    groups = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    names = [(group, name) for group, weights in groups.items() if not isinstance(weights, int) for name in asdict(weights)]
    for index in random.choice(len(names) + 1, random.integers(1, 4), replace=False):
        if index == len(names):
            significant *= float(np.exp(random.normal() * STEP))
            continue
        group, name = names[index]
        weights = getattr(recipe, group)
        value = getattr(weights, name)
        step = random.normal() * STEP
        changed = value + 0.4 * step if name in SIGNED else value * float(np.exp(step))
        recipe = replace(recipe, **{group: replace(weights, **{name: changed})})
    return recipe, significant


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=METHODS, default="geometric", help="whose weights to begin with")
    parser.add_argument("--data", type=Path, required=True, help="folder with labelled/ and remeshed/")
    parser.add_argument("--shapes", type=int, default=0, metavar="N", help="and so many procedural shapes that are held out of trainings")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--limit", type=int, help="so many objects of each set")
    parser.add_argument("--fold", type=int, choices=(0, 1), help="tune on this half of the categories and score the other")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    folds: dict[int, list[Prepared]] = defaultdict(list)
    files = ((read_labelled(path, collection), category_of(path)) for collection, path in labelled_files(options.data, options.limit))
    for labelled, category in itertools.chain(files, ((shape, shape.category) for shape in procedural(options.shapes))):
        folds[zlib.crc32(category.encode()) % 2].append(prepare(labelled, category, options.method))
    tuned_on = folds[0] + folds[1] if options.fold is None else folds[options.fold]
    weights = (METHODS[options.method].RECIPE, METHODS[options.method].SIGNIFICANT)
    best, means = evaluate(tuned_on, *weights)
    print(f"{len(tuned_on)} objects, objective {best:.4f}", means, flush=True)
    random = np.random.default_rng(options.seed)
    end = time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        candidate = proposal(*weights, random)
        value, means = evaluate(tuned_on, *candidate)
        if value > best:
            best, weights = value, candidate
            print(f"objective {best:.4f}", means, flush=True)
    print(*weights, sep="\n")
    if options.fold is not None:
        print("held out:", evaluate(folds[1 - options.fold], *weights)[1])


if __name__ == "__main__":
    main()
