"""Tuning the merging: what a proposal may change, and what the shapes are that no training saw."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from partgen.segmentation import geometric, superfaces
from partgen.training.examples import EVERY_HELD_OUT

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

import tune_merging


@pytest.mark.parametrize("method", tune_merging.METHODS)
def test_a_proposal_changes_one_to_three_weights_and_never_how_many_pieces_are_late(method: str) -> None:
    module = tune_merging.METHODS[method]
    random = np.random.default_rng(0)
    for _ in range(60):
        recipe, significant = tune_merging.proposal(module.RECIPE, module.SIGNIFICANT, random)
        before, after = flat(module.RECIPE, module.SIGNIFICANT), flat(recipe, significant)
        changed = {name for name in before if before[name] != after[name]}
        assert len(changed) <= 3
        assert "pieces" not in changed
        assert all(after[name] >= 0 for name in changed if name.split(".")[-1] not in tune_merging.SIGNED and before[name] >= 0)


def flat(recipe: object, significant: float) -> dict[str, float]:
    """Every number of a recipe by its path, and the threshold."""
    groups = asdict(recipe)
    weights = {f"{group}.{name}": value for group, some in groups.items() if isinstance(some, dict) for name, value in some.items()}
    return weights | {"pieces": groups["pieces"], "significant": significant}


def test_procedural_shapes_are_held_out_and_labelled_at_every_level() -> None:
    shapes = list(tune_merging.procedural(2))
    assert len(shapes) == 2
    for shape in shapes:
        assert int(shape.mesh.name.split()[-1]) % EVERY_HELD_OUT == 0
        assert all(truth.shape == (len(shape.mesh.faces),) for truth in shape.truths)
        assert len(np.unique(shape.truths[-1])) > 1
        assert (shape.collection, bool(shape.category)) == ("shapes", True)


def test_what_the_network_says_is_there_for_the_learned_method_alone() -> None:
    (shape,) = tune_merging.procedural(1)
    plain, learned = (tune_merging.prepare(shape, shape.category, method) for method in ("geometric", "superfaces"))
    assert plain.learned is None
    assert learned.learned.boundaries.shape == (len(learned.regions.pairs), 2)
    for prepared, module in ((plain, geometric), (learned, superfaces)):
        worth, means = tune_merging.evaluate([prepared], module.RECIPE, module.SIGNIFICANT)
        assert np.isfinite(worth)
        assert 0 < means["shapes"]["best_miou"] <= 1
