"""scripts/tune_order.py: what is tuned is what the segmenter does."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from partgen.evaluation.labelled import Labelled
from partgen.part_tree import PartTree
from partgen.segmentation import superfaces
from partgen.segmentation.geometric import default_count
from partgen.segmentation.merging import early_pieces, in_order, late_merges
from shapes import Shape, apart, at, box, humanoid

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

import tune_merging
import tune_order

NOW = tune_order.Order(superfaces.RECIPE.significance, superfaces.RECIPE.components, superfaces.SIGNIFICANT)


def prepared(shape: Shape) -> tune_merging.Prepared:
    return tune_merging.prepare(Labelled("psb", shape.mesh, (shape.parts,), "test"), "test", "superfaces")


@pytest.fixture(scope="module", params=["in one piece", "of loose components"])
def one(request: pytest.FixtureRequest) -> tune_merging.Prepared:
    if request.param == "in one piece":
        return prepared(humanoid())
    return prepared(apart([at(box(1, 1, 1), 0, 0, 0), at(box(1, 0.5, 2), 1.2, 0, 0), at(box(0.3, 0.3, 0.3), 0, 1.5, 0)]))


def test_significances_are_those_of_the_segmenter(one: tune_merging.Prepared) -> None:
    pieces = early_pieces(one.regions, superfaces.RECIPE, one.learned)
    _, expected = late_merges(pieces, superfaces.RECIPE)
    found = tune_order.significances(tune_order.measured(one), NOW)
    np.testing.assert_allclose(found, expected[len(pieces.nodes) :], rtol=1e-6)


def test_scores_are_those_of_the_cuts_that_are_shown(one: tune_merging.Prepared) -> None:
    merges = in_order(*late_merges(early_pieces(one.regions, superfaces.RECIPE, one.learned), superfaces.RECIPE))
    tree = PartTree.from_merges(merges.nodes, default_count(one.regions, merges.costs, superfaces.SIGNIFICANT))
    row = tune_order.scored(tune_order.measured(one), NOW)
    assert row["parts"] == tree.count(tree.default_scale)
    shown = tune_merging.rand_error_and_miou(tree.cut(tree.default_scale), one.tables)
    into = tune_merging.rand_error_and_miou(tree.cut_into(one.true_count), one.tables)
    assert (row["auto_error"], row["auto_miou"]) == pytest.approx(shown)
    assert (row["gtk_error"], row["gtk_miou"]) == pytest.approx(into)


def test_a_proposal_changes_a_few_weights_and_none_that_must_stay_above_zero_falls_below() -> None:
    random, order = np.random.default_rng(0), NOW
    for _ in range(300):
        order = tune_order.proposal(order, random)
    assert order != NOW
    assert order.significant > 0
    weights = tune_order.asdict(order.significance)
    assert min(value for name, value in weights.items() if name not in tune_merging.SIGNED) >= 0
    assert min(tune_order.asdict(order.components).values()) > 0
