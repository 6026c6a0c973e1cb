#!/usr/bin/env python3
"""Fits the confidence of parts (segmentation/part_confidence.py) on labelled objects that may be learned from.

    .venv/bin/python scripts/fit_part_confidence.py --data FOLDER --shapes 100     # needs scikit-learn: pip install 'partgen[dev]'

Only sets of free licences are read from FOLDER, and procedural shapes that no training has seen are made. Every object counts
alike. Prints the weights to paste.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from partgen.evaluation.labelled import Labelled, labelled_files, read_labelled
from partgen.geometry.adjacency import face_graph
from partgen.segmentation.geometric import default_count
from partgen.segmentation.merging import early_pieces, in_order, late_merges
from partgen.segmentation.part_confidence import forest_of, traits
from partgen.segmentation.proposals import recipes
from partgen.segmentation.regions import region_graph
from partgen.segmentation.superfaces import RECIPE, SIGNIFICANT, judged
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tune_merging import procedural

FREE_SETS = ("pmndrs_*", "kenney_*", "kaykit_*", "menagerie_*")
FREE_LICENCES = ("CC0", "MIT", "BSD", "Apache", "Redistribution and use in source and binary forms")
# Hardly any freedom: what the traits say together is worth more than what each says by itself.
REGULARISATION = 0.001


def free_objects(folder: Path) -> Iterator[Labelled]:
    """The labelled objects in `folder` whose licences allow to learn from them."""
    for collection, path in labelled_files(folder, patterns=FREE_SETS):
        with np.load(path, allow_pickle=False) as arrays:
            licence = str(arrays["licence"])
        if any(free in licence for free in FREE_LICENCES):
            yield read_labelled(path, collection)


def examples(labelled: Labelled) -> tuple[list[str], NDArray, NDArray]:
    """Names of traits, their values (P, T) for the pieces of an object, and the share (P,) of labelings in which each is a part."""
    graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
    regions = region_graph(graph)
    learned, _ = judged(regions)
    pieces = early_pieces(regions, RECIPE, learned)
    trees = {}
    for name, recipe in recipes(RECIPE, np.random.default_rng(0)).items():
        merges = in_order(*late_merges(pieces, recipe))
        trees[name] = merges.nodes, default_count(regions, merges.costs, SIGNIFICANT)
    forest = forest_of(regions.areas, trees)
    known = traits(forest, regions, learned)
    kept = graph.face_of_input >= 0
    region = regions.region_of_face[graph.face_of_input[kept]]
    is_part = []
    for truth in labelled.truths:
        labels = np.unique(truth[kept], return_inverse=True)[1].reshape(-1)
        table = np.zeros((regions.count, int(labels.max()) + 1))
        np.add.at(table, (region, labels), 1)
        common = forest.regions_of_piece @ table
        union = (forest.regions_of_piece @ table.sum(axis=1))[:, None] + table.sum(axis=0) - common
        is_part.append((common / union).max(axis=1) >= 0.5)
    return list(known), np.column_stack(list(known.values())), np.mean(is_part, axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled models")
    parser.add_argument("--shapes", type=int, default=0, help="procedural shapes to fit on too")
    options = parser.parse_args()
    names: list[str] = []
    values, shares, counts = [], [], []
    for labelled in (*free_objects(options.data), *procedural(options.shapes)):
        names, value, share = examples(labelled)
        values.append(value)
        shares.append(share)
        counts.append(np.full(len(share), 40 / len(share)))
    x, share, each = np.concatenate(values), np.concatenate(shares), np.concatenate(counts)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=REGULARISATION, max_iter=3000))
    answers, weight = np.repeat([1, 0], len(x)), np.concatenate([each * share, each * (1 - share)])
    model.fit(np.concatenate([x, x]), answers, logisticregression__sample_weight=weight)
    # So little freedom makes everything look less certain than it is; two numbers set that right.
    odds = model.decision_function(x)[:, None]
    certain = LogisticRegression(C=1e6).fit(np.concatenate([odds, odds]), answers, sample_weight=weight)
    slope, offset = float(certain.coef_[0, 0]), float(certain.intercept_[0])
    scaler, logistic = model[0], model[1]
    weights = slope * logistic.coef_[0] / scaler.scale_
    print("WEIGHTS = {")
    print(*(f'    "{name}": {value:.4g},' for name, value in zip(names, weights, strict=True)), sep="\n")
    print(f"}}\nINTERCEPT = {slope * float(logistic.intercept_[0]) + offset - float(weights @ scaler.mean_):.4g}  # {len(values)} objects")


if __name__ == "__main__":
    main()
