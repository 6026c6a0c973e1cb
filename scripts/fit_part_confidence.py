#!/usr/bin/env python3
"""Fits the confidence of parts (segmentation/part_confidence.py) on labelled objects that may be learned from.

    .venv/bin/python scripts/fit_part_confidence.py --data FOLDER --shapes 225     # needs PyTorch: pip install 'partgen[dev]'

Only sets of free licences are read from FOLDER, and region graphs of procedural shapes that no training has seen are made. What
counts is order: of the pieces that proposals of one object have, the right ones are to stand above the wrong ones. Two numbers
then make probabilities of it. Prints the weights to paste.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from partgen.evaluation.labelled import Labelled, labelled_files, read_labelled
from partgen.geometry.adjacency import face_graph
from partgen.segmentation.geometric import default_count
from partgen.segmentation.merging import early_pieces, in_order, late_merges
from partgen.segmentation.part_confidence import forest_of, traits
from partgen.segmentation.proposals import MOST_PROPOSALS, likely_and_different, recipes
from partgen.segmentation.regions import RegionGraph, region_graph
from partgen.segmentation.superfaces import RECIPE, SIGNIFICANT, judged
from partgen.training.examples import held_out_seed
from partgen.training.recipe import Arrays
from partgen.training.skins import regions_with_cover
from torch import Tensor, nn

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

FREE_SETS = ("pmndrs_*", "kenney_*", "kaykit_*", "menagerie_*")
FREE_LICENCES = ("CC0", "MIT", "BSD", "Apache", "Redistribution and use in source and binary forms")
PROPOSALS = MOST_PROPOSALS // 2
SHAPES = "shapes"
WORTH_OF_SHAPES = 0.5
"""How often a procedural shape is looked at, where a model that somebody made is looked at once."""
STEPS, RATE, DECAY = 400, 0.02, 0.02
OBJECTS, PIECES = 16, 96
"""How many objects a step looks at, and how many pieces of each."""
FURTHEST = 6.0
"""Traits count up to so many standard deviations."""


@dataclass(frozen=True, eq=False)
class Example:
    """The pieces of an object's proposals: `values` (n, T) of their traits, the shares of labelings in which each is a part, `half`
    and `mostly` (n,) at an intersection over union of 0.5 and 0.75, and the set that the object is of."""

    values: Floats
    half: Floats
    mostly: Floats
    collection: str


def free_objects(folder: Path) -> Iterator[Labelled]:
    """The labelled objects in `folder` whose licences allow to learn from them."""
    for collection, path in labelled_files(folder, patterns=FREE_SETS):
        with np.load(path, allow_pickle=False) as arrays:
            licence = str(arrays["licence"])
        if any(free in licence for free in FREE_LICENCES):
            yield read_labelled(path, collection)


def of_models(folder: Path) -> Iterator[tuple[list[str], Example]]:
    for labelled in free_objects(folder):
        graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
        regions = region_graph(graph)
        kept = graph.face_of_input >= 0
        region = regions.region_of_face[graph.face_of_input[kept]]
        tables = []
        for truth in labelled.truths:
            labels = np.unique(truth[kept], return_inverse=True)[1].reshape(-1)
            width = int(labels.max()) + 1
            tables.append(np.bincount(region * width + labels, minlength=regions.count * width).reshape(regions.count, width))
        yield example(regions, tables, labelled.collection)


def of_shapes(count: int) -> Iterator[tuple[list[str], Example]]:
    """So many shapes that no training has seen, labelled at every level of their parts."""
    records = (regions_with_cover(held_out_seed(index)) for index in itertools.count())
    for record in itertools.islice((record for record in records if record is not None), count):
        levels, cover = record["levels"].astype(np.int64), record["cover"].astype(np.float64)
        tables = [cover @ (level[:, None] == np.unique(level)) for level in levels]
        yield example(recorded(record), [table[:, table.sum(axis=0) > 0] for table in tables], SHAPES)


def recorded(record: Arrays) -> RegionGraph:
    """The region graph that a record was made of, its regions for faces."""
    arrays = {field.name: record[field.name] for field in fields(RegionGraph) if field.name in record}
    wide: dict[str, Any] = {name: values.astype(np.int64 if values.dtype.kind == "i" else np.float64) for name, values in arrays.items()}
    wide |= {"surface": float(record["surface"]), "assembled": bool(record["assembled"])}
    return RegionGraph(region_of_face=np.arange(len(record["areas"])), **wide)


def example(regions: RegionGraph, tables: list[NDArray], collection: str) -> tuple[list[str], Example]:
    """The names of the traits, and what is known of an object of which each true part has so much in each region, `tables` (N, K)."""
    learned, _ = judged(regions)
    pieces = early_pieces(regions, RECIPE, learned)
    trees = {}
    for name, recipe in recipes(RECIPE, np.random.default_rng(0)).items():
        merges = in_order(*late_merges(pieces, recipe))
        trees[name] = merges.nodes, default_count(regions, merges.costs, SIGNIFICANT)
    forest = forest_of(regions.areas, trees)
    known = traits(forest, regions, learned)
    # Proposals that are merely different: what is fitted is not to decide what it is fitted to.
    chosen = likely_and_different(forest, np.zeros(len(forest.areas)), PROPOSALS)
    proposed = np.unique(np.concatenate([cut.pieces for cut in chosen]))
    found = []
    for table in tables:
        common = forest.regions_of_piece[proposed] @ table
        union = (forest.regions_of_piece[proposed] @ table.sum(axis=1))[:, None] + table.sum(axis=0) - common
        found.append((common / union).max(axis=1))
    half, mostly = ((np.array(found) >= threshold).mean(axis=0) for threshold in (0.5, 0.75))
    return list(known), Example(np.column_stack(list(known.values()))[proposed], half, mostly, collection)


def fitted(examples: list[Example]) -> tuple[Floats, float]:
    """The weights (T,) of traits and what is added to their sum."""
    values = np.concatenate([each.values for each in examples])
    mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-4
    slopes = ordering(examples, mean, deviation) / deviation
    slope, offset = probable(examples, slopes)
    return slope * slopes, offset


def ordering(examples: list[Example], mean: Floats, deviation: Floats) -> Floats:
    """The weights (T,) of standardised traits that put right pieces above wrong ones, object by object.

    The chances by which pieces would be drawn are to be those of right pieces drawn alike (Cao et al. 2007, ListNet), and the
    first that is drawn is to be right.
    """
    torch.manual_seed(0)
    rows = [torch.from_numpy(((each.values - mean) / deviation).clip(-FURTHEST, FURTHEST).astype(np.float32)) for each in examples]
    right = [torch.from_numpy(((each.half + each.mostly) / 2).astype(np.float32)) for each in examples]
    often = [float(each.half.any()) * (WORTH_OF_SHAPES if each.collection == SHAPES else 1.0) for each in examples]
    layer = nn.Linear(len(mean), 1, bias=False)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        drawn = [(int(one), torch.randint(len(rows[one]), (PIECES,))) for one in torch.multinomial(torch.tensor(often), OBJECTS, True)]
        loss = disorder(layer(torch.stack([rows[one][which] for one, which in drawn]))[..., 0],
                        torch.stack([right[one][which] for one, which in drawn]))  # fmt: skip
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return layer.weight.detach().numpy()[0].astype(np.float64)


def disorder(scores: Tensor, right: Tensor) -> Tensor:
    """How far pieces of some objects, by `scores` (n, k), are from the order in which those that are `right` (n, k) come first."""
    alike = right / (right.sum(dim=1, keepdim=True) + 1e-6)
    chances = torch.log_softmax(scores, dim=1)
    return -(alike * chances).sum(dim=1).mean() - torch.log((right * chances.exp()).sum(dim=1) + 1e-3).mean()


def probable(examples: list[Example], slopes: Floats) -> tuple[float, float]:
    """By what to multiply sums of traits, and what to add, so that they are the log odds of being a part: all objects count alike."""
    sums = torch.from_numpy(np.concatenate([each.values @ slopes for each in examples]))
    right = torch.from_numpy(np.concatenate([each.half for each in examples]))
    weight = torch.from_numpy(np.concatenate([np.full(len(each.half), 1 / len(each.half) / len(examples)) for each in examples]))
    numbers = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    middle, spread = sums.mean(), sums.std()
    optimizer = torch.optim.LBFGS([numbers], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        odds = numbers[0] * (sums - middle) / spread + numbers[1]
        total = (weight * nn.functional.binary_cross_entropy_with_logits(odds, right, reduction="none")).sum()
        total.backward()
        return total

    optimizer.step(loss)
    slope, offset = numbers.detach().tolist()
    return slope / float(spread), offset - slope * float(middle / spread)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled models")
    parser.add_argument("--shapes", type=int, default=0, help="procedural shapes to fit on too")
    options = parser.parse_args()
    found = [*of_models(options.data), *of_shapes(options.shapes)]
    weights, intercept = fitted([each for _, each in found])
    print("WEIGHTS = {")
    print(*(f'    "{name}": {value:.4g},' for name, value in zip(found[0][0], weights, strict=True)), sep="\n")
    print(f"}}\nINTERCEPT = {intercept:.4g}  # {len(found)} objects")


if __name__ == "__main__":
    main()
