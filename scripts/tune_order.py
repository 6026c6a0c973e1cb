#!/usr/bin/env python3
"""Looks for better weights of what orders the merges of the learned segmenter, and says how many parts are shown, by hill climbing.

    .venv/bin/python scripts/tune_order.py --data FOLDER --minutes 10              # on all labelled objects
    .venv/bin/python scripts/tune_order.py --data FOLDER --minutes 10 --fold 0     # on one half, scored on the other

What merges with what is left as it is (scripts/tune_merging.py changes that). So what a merge's significance is made of is measured
once, a proposal is a few products of matrices, and a minute tries some hundred of them on all objects. Prints every minute where it
is and, at the end, the weights to paste into segmentation/superfaces.py.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from partgen.evaluation.labelled import labelled_files, read_labelled
from partgen.segmentation.geometric import default_count
from partgen.segmentation.merging import ComponentWeights, MergeWeights, Pieces, early_pieces, in_order
from partgen.segmentation.regions import RegionGraph
from partgen.segmentation.superfaces import RECIPE, SIGNIFICANT
from tune_merging import SIGNED, Prepared, category_of, prepare

Floats = NDArray[np.float64]
Row = dict[str, float]

SUMMED = (
    "concave", "convex", "creases", "turns", "contact", "gap", "thickness", "hidden", "hollow", "warp", "diffusion", "base",
    "ragged", "most_ragged", "boundary", "coarse_boundary", "place", "coarse_place",
)  # fmt: skip
"""Weights of what keeps two regions apart is a sum of."""
OF_OUTLINES = ("gape", "uneven", "round", "bulge", "reach", "section")
"""Weights of logarithms that it is multiplied by."""
NOTHING = MergeWeights(**{field.name: 0.0 for field in fields(MergeWeights)})
CUTS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21)
MOST_PARTS = 60
STEPS = (0.1, 0.35, 0.8)
"""How far a proposal goes, in logarithms: one of these, times a normal deviate."""
WORTH_OF_COUNTS = 0.6


@dataclass(frozen=True, eq=False)
class Measured:
    """An object whose merges stay: `summed` (P-1, S) and `outlines` (P-1, O) of each by a weight of 1, and what they are multiplied by.

    `smaller`, `shares`, `both`, `necks`, `one`, `between`, `wholeness` (P-1,) as in merging.py. `nodes` (P-1, 2) over P pieces;
    `tables`, for each labeling (2P-1, K) the faces that a node has of each true part. `weight`, of the object in the mean of its set.
    """

    collection: str
    half: int
    regions: RegionGraph
    true_count: int
    nodes: NDArray[np.int64]
    summed: Floats
    outlines: Floats
    smaller: Floats
    shares: Floats
    both: Floats
    necks: Floats
    one: Floats
    between: Floats
    wholeness: Floats
    tables: tuple[Floats, ...]
    weight: float = 0.0


@dataclass(frozen=True)
class Order:
    """What is looked for."""

    significance: MergeWeights
    components: ComponentWeights
    significant: float


def measured(prepared: Prepared) -> Measured:
    """Merges the pieces of an object by the late weights, and measures each merge."""
    pieces = early_pieces(prepared.regions, RECIPE, prepared.learned)
    count, early = len(pieces.node), len(pieces.nodes)
    state = pieces.state.restricted(np.arange(count))
    state.weigh(RECIPE.late)
    place = np.arange(count)
    nodes, summed, outlines, factors = [], [], [], []
    for step in range(count - 1):
        kept, gone = state.cheapest()
        other = np.array([gone])
        joined = (state.component[kept] == state.component[other]) & (state.component[other] >= 0)
        summed.append([state.separation(kept, other, joined, replace(NOTHING, **{name: 1.0}))[0] for name in SUMMED])
        outlines.append([np.log(state.outline_factors(kept, other, replace(NOTHING, **{name: 1.0}))[0]) for name in OF_OUTLINES])
        areas, is_one = state.area[[kept, gone]], bool(joined[0])
        whole = pieces.wholeness[state.component[kept]] if is_one else 0.0
        share, neck = state.shares(kept, other)[0], state.necks(kept, other)[0]
        factors.append([areas.min(), share, areas.sum(), neck, is_one, state.between_components, whole])
        nodes.append((place[kept], place[gone]))
        place[kept] = count + step
        state.merge(kept, gone)
    merged = np.array(nodes).reshape(-1, 2)
    tables = tuple(faces_of_nodes(table, pieces, merged, early) for table in prepared.tables)
    half = zlib.crc32(prepared.category.encode()) % 2
    smaller, shares, both, necks, one, between, wholeness = np.array(factors, float).T
    return Measured(
        prepared.collection, half, prepared.regions, prepared.true_count, merged, np.array(summed), np.array(outlines),
        smaller, shares, both, necks, one, between, wholeness, tables,
    )  # fmt: skip


def faces_of_nodes(table: NDArray, pieces: Pieces, nodes: NDArray[np.int64], early: int) -> Floats:
    """From the faces in each region (N, K) those in each node over the pieces (2P-1, K)."""
    of_regions = np.concatenate([table, np.zeros((early, table.shape[1]))])
    for step, (a, b) in enumerate(pieces.nodes.tolist()):
        of_regions[len(table) + step] = of_regions[a] + of_regions[b]
    found = np.concatenate([of_regions[pieces.node], np.zeros((len(nodes), table.shape[1]))])
    for step, (a, b) in enumerate(nodes.tolist()):
        found[len(pieces.node) + step] = found[a] + found[b]
    return found


def significances(found: Measured, order: Order) -> Floats:
    """As `merging.significance_of_merge` tells them, of all merges at once (P-1,)."""
    w, components = order.significance, order.components
    value = np.maximum(found.summed @ [getattr(w, name) for name in SUMMED], 1e-4) * found.smaller**w.small
    value *= np.exp(found.outlines @ [getattr(w, name) for name in OF_OUTLINES]) / (found.shares + 0.05) ** w.open
    within = found.both**w.whole / found.necks**w.neck * np.minimum(found.smaller / max(w.speck, 1e-9), 1)
    value *= np.where(found.one > 0, within, found.between)
    apart = found.smaller**components.small * components.apart
    return np.asarray(value * np.where(found.one > 0, components.inside ** (1 - found.wholeness), apart))


def scored(found: Measured, order: Order) -> Row:
    """1-RI and mIoU as shown, into the true number, and the best mIoU of all cuts that are looked at."""
    significance = significances(found, order)
    merges, renamed = in_order(found.nodes, significance), names_in_order(found.nodes, significance)
    count = len(merges.nodes) + 1
    known: dict[int, tuple[float, float]] = {}

    def cut(parts: int) -> tuple[float, float]:
        parts = min(parts, count)
        if parts not in known:
            alive = np.zeros(2 * count - 1, bool)
            alive[: 2 * count - parts] = True
            alive[merges.nodes[: count - parts].reshape(-1)] = False
            known[parts] = rand_error_and_miou(found, renamed[alive])
        return known[parts]

    shown = default_count(found.regions, merges.costs, order.significant)
    auto, gtk = cut(shown), cut(min(found.true_count, MOST_PARTS))
    best = max(cut(parts)[1] for parts in CUTS)
    return {
        "auto_error": auto[0], "auto_miou": auto[1], "gtk_error": gtk[0], "gtk_miou": gtk[1], "best_miou": best,
        "parts": float(min(shown, count)), "true_parts": float(found.true_count),
    }  # fmt: skip


def names_in_order(nodes: NDArray[np.int64], significance: Floats) -> NDArray[np.int64]:
    """For each node of `in_order`, which one it was before: (2P-1,)."""
    count = len(nodes) + 1
    height = np.zeros(2 * count - 1)
    for step, (a, b) in enumerate(nodes.tolist()):
        height[count + step] = max(significance[step], height[a], height[b])
    return np.concatenate([np.arange(count), count + np.argsort(height[count:], kind="stable")])


def rand_error_and_miou(found: Measured, parts: NDArray[np.int64]) -> tuple[float, float]:
    """1 - Rand index and mean IoU of the nodes `parts`, means over the labelings."""
    scores = []
    for table in found.tables:
        cells, columns = table[parts], table[-1]
        rows, faces = cells.sum(axis=1), columns.sum()
        apart = sum(float((n * (n - 1)).sum()) for n in (rows, columns)) - 2 * float((cells * (cells - 1)).sum())
        iou = (cells / (rows[:, None] + columns - cells + 1e-9)).max(axis=0).mean()
        scores.append((apart / (faces * (faces - 1)), iou))
    error, miou = np.mean(scores, axis=0).tolist()
    return error, miou


def worth(collection: str, row: Row) -> float:
    """What an object adds to the objective; 1-RI counts against."""
    if collection == "psb":
        return -2 * row["auto_error"] - 3 * row["gtk_error"] + row["gtk_miou"] + 1.2 * row["best_miou"]
    if collection == "remeshed":
        return 1.5 * row["gtk_miou"] + 1.5 * row["best_miou"] + row["auto_miou"] - 0.5 * row["auto_error"]
    return 0.8 * row["auto_miou"] + 0.2 * row["gtk_miou"]


def evaluate(objects: Sequence[Measured], order: Order) -> tuple[float, list[Row]]:
    """The objective, and what it is made of."""
    rows = [scored(found, order) for found in objects]
    counts = np.log([[row["parts"], row["true_parts"]] for row in rows])
    value = sum(found.weight * worth(found.collection, row) for found, row in zip(objects, rows, strict=True))
    value += WORTH_OF_COUNTS * float(np.corrcoef(counts.T)[0, 1]) - 0.15 * float(np.abs(counts[:, 0] - counts[:, 1]).mean())
    return value, rows


def weighed(prepared: Sequence[Prepared], found: Sequence[Measured]) -> list[Measured]:
    """Half of the worth of a set goes to its objects alike, half to its categories."""
    objects = Counter(one.collection for one in prepared)
    categories = Counter((one.collection, one.category) for one in prepared)
    kinds = Counter(collection for collection, _ in categories)
    weights = [0.5 / objects[p.collection] + 0.5 / (kinds[p.collection] * categories[p.collection, p.category]) for p in prepared]
    return [replace(one, weight=weight) for one, weight in zip(found, weights, strict=True)]


def proposal(order: Order, random: np.random.Generator) -> Order:
    """The weights with one to four of them changed. Those above zero stay so; exponents and what may help or hinder need not."""
    names = [("significance", name) for name in asdict(order.significance)] + [("components", name) for name in asdict(order.components)]
    for index in random.choice(len(names) + 1, random.integers(1, 5), replace=False):
        step = float(random.normal() * random.choice(STEPS))
        if index == len(names):
            order = replace(order, significant=order.significant * float(np.exp(0.6 * step)))
            continue
        group, name = names[index]
        weights = getattr(order, group)
        value = getattr(weights, name)
        if group == "significance" and name in SIGNED:
            changed = value + 0.4 * step
        else:
            changed = value * float(np.exp(step)) if value else 0.03 * abs(step)
        order = replace(order, **{group: replace(weights, **{name: changed})})
    return order


def told(objects: Sequence[Measured], rows: Sequence[Row]) -> str:
    lines = []
    for name in sorted({one.collection for one in objects}):
        own = [row for one, row in zip(objects, rows, strict=True) if one.collection == name]
        keys = ("auto_error", "gtk_error", "auto_miou", "gtk_miou", "best_miou")
        lines.append(name + " " + " ".join(f"{key} {np.mean([row[key] for row in own]):.3f}" for key in keys))
    counts = np.log([[row["parts"], row["true_parts"]] for row in rows])
    return " | ".join([*lines, f"correlation {np.corrcoef(counts.T)[0, 1]:.3f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with labelled/ and remeshed/")
    parser.add_argument("--minutes", type=float, default=10.0, help="of trying, after all objects were measured")
    parser.add_argument("--limit", type=int, help="so many objects of each set")
    parser.add_argument("--fold", type=int, choices=(0, 1), help="tune on this half of the categories and score the other")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    files = labelled_files(options.data, options.limit)
    prepared = [prepare(read_labelled(path, collection), category_of(path), "superfaces") for collection, path in files]
    objects = weighed(prepared, [measured(one) for one in prepared])
    tuned_on = [one for one in objects if options.fold is None or one.half == options.fold]
    held_out = [one for one in objects if one.half != options.fold]
    order = Order(RECIPE.significance, RECIPE.components, SIGNIFICANT)
    best, rows = evaluate(tuned_on, order)
    print(f"{len(tuned_on)} objects, objective {best:.4f}", told(tuned_on, rows), flush=True)
    if options.fold is not None:
        print("held out, before:", told(held_out, evaluate(held_out, order)[1]), flush=True)
    random = np.random.default_rng(options.seed)
    begun = said = time.monotonic()
    while time.monotonic() < begun + 60 * options.minutes:
        candidate = proposal(order, random)
        value, found = evaluate(tuned_on, candidate)
        if value > best:
            best, order, rows = value, candidate, found
        if time.monotonic() > said + 60:
            said = time.monotonic()
            print(f"objective {best:.4f}", told(tuned_on, rows), flush=True)
    print(f"objective {best:.4f}", told(tuned_on, rows), order, sep="\n")
    if options.fold is not None:
        print("held out, after:", told(held_out, evaluate(held_out, order)[1]))


if __name__ == "__main__":
    main()
