"""The learned segmenter that ships with PartGen: a small network judges superfaces, a greedy hierarchy joins them.

The network (networks/superfaces.py) saw procedural shapes, and some assets in the public domain. It says of every boundary between
two regions how likely it separates two parts, and gives every region a place in a space where those of one part are near; the
merging weighs both with what geometry says. It runs in numpy, so that the tier Geometry has it too.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from ..errors import PartgenError
from ..mesh import Mesh
from ..progress import Progress, no_progress
from ..weights.registry import BUNDLED_FOLDER, Condition, State, absent, entry
from . import Segmentation
from .geometric import RECIPE as GEOMETRIC_RECIPE
from .geometric import segment_by_regions
from .merging import ComponentWeights, Learned, Merges, MergeWeights, Recipe, part_merges
from .regions import RegionGraph
from .superface_features import features, record
from .superface_network import SuperfaceWeights, answers

WEIGHTS = "superfaces"

# Found by hill climbing, as in scripts/tune_merging.py; docs/benchmarks.md tells on what.
RECIPE = Recipe(
    early=MergeWeights(
        concave=0, convex=0, creases=0, turns=0, contact=0, gap=0, thickness=0, hidden=0, hollow=0, warp=0, diffusion=0,
        base=0.02, small=0.4, open=0.3, boundary=0.6, coarse_boundary=0.4, place=0.1, coarse_place=0.1,
    ),
    late=MergeWeights(
        concave=1.84, convex=0.0191, creases=0.128, turns=0.0761, contact=9.49, gap=0.257, thickness=0.292, hidden=0.416,
        hollow=0.649, warp=0.0335, diffusion=0, base=0.00256, small=0.211, open=0.17, ragged=0.0814, most_ragged=0.0372,
        whole=0.0525, neck=0.0412, speck=0.00477, gape=-0.0784, uneven=-0.427, round=-0.225, section=0.0397, bulge=0.293,
        reach=0.0713, boundary=0.621, coarse_boundary=0.448, place=0.218, coarse_place=0.0822,
    ),
    significance=MergeWeights(
        concave=1.33, convex=0.0256, creases=0.11, turns=0.0612, contact=8.49, gap=0.195, thickness=0.207, hidden=0.142,
        hollow=0.644, warp=0.0704, diffusion=0.0285, base=0.0391, small=0.11, open=-0.354, ragged=0.175,
        whole=0.148, neck=0.475, speck=0.0109, gape=0.222, uneven=-0.517, round=0.156, section=-0.0664, bulge=0.38, reach=-0.146,
        boundary=0.652, coarse_boundary=0.186, place=0.127, coarse_place=0.0336,
    ),
    components=ComponentWeights(inside=0.305, small=0.64, apart=4.34),
    pieces=160,
)  # fmt: skip
SIGNIFICANT = 0.541

Ablation = Literal["", "geometry", "learned", "shuffled"]
ABLATIONS = {
    "geometry": "For comparison: found by geometry alone, without what the network says.",
    "learned": "For comparison: found by what the network says alone, without geometry.",
    "shuffled": "For comparison: found with what the network says of other regions.",
}
"""What each leaves out, as its answers say."""


class SuperfacesSegmenter:
    """Segments by what a bundled network learned, together with geometry. Deterministic: the same mesh gives the same tree.

    `ablation` leaves something out, for benchmarks: "geometry" counts geometry alone, "learned" the network alone, "shuffled"
    gives the network's answers about other regions.
    """

    method = "superfaces"

    def __init__(self, ablation: Ablation = "") -> None:
        if ablation and ablation not in ABLATIONS:
            raise PartgenError(
                "method.options", f"The method superfaces has no ablation '{ablation}'.", "Choose geometry, learned or shuffled."
            )
        self.ablation = ablation

    def segment(self, mesh: Mesh, progress: Progress = no_progress) -> Segmentation:
        """A part tree for `mesh`. Raises PartgenError where there is no surface, and where the bundled weights are damaged."""
        bundled_weights()  # before anything that takes time
        found = segment_by_regions(mesh, self.method, self._merged, SIGNIFICANT, progress, WEIGHTS)
        return replace(found, notes=(*found.notes, ABLATIONS[self.ablation])) if self.ablation else found

    def _merged(self, regions: RegionGraph) -> tuple[Merges, NDArray[np.float32]]:
        learned, descriptors = judged(regions)
        recipe = RECIPE
        if self.ablation == "shuffled":
            learned = shuffled(learned, np.random.default_rng(0))
        elif self.ablation:
            recipe = without(RECIPE, "learned" if self.ablation == "geometry" else "geometry")
        return part_merges(regions, recipe, learned), descriptors


@cache
def bundled_weights() -> SuperfaceWeights:
    """The weights that ship with PartGen, read once. Raises PartgenError "weights.damaged" where they are not whole."""
    try:
        return SuperfaceWeights.read(BUNDLED_FOLDER / WEIGHTS)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise absent(entry(WEIGHTS), Condition(State.DAMAGED, "a file is missing in this installation or cannot be read.")) from error


def judged(regions: RegionGraph) -> tuple[Learned, NDArray[np.float32]]:
    """What the network says of the boundaries and regions of a graph, and what regions look like to it (N, D), unit rows."""
    told = answers(bundled_weights(), features(record(regions)), regions.areas)
    return Learned(told.boundaries, told.places), told.descriptors


LEARNED_WEIGHTS = ("boundary", "coarse_boundary", "place", "coarse_place")
SHAPE_OF_THE_SUM = ("base", "small", "open", "whole", "neck", "speck")
"""What a sum of separations is multiplied by, whatever is in the sum."""


def without(recipe: Recipe, left_out: Literal["learned", "geometry"]) -> Recipe:
    """A recipe whose sums hold geometry alone, or what was learned alone."""
    geometric = {field.name for field in fields(MergeWeights)} - {*LEARNED_WEIGHTS, *SHAPE_OF_THE_SUM}
    nothing = dict.fromkeys(LEARNED_WEIGHTS if left_out == "learned" else geometric, 0.0)
    phases = {name: replace(getattr(recipe, name), **nothing) for name in ("early", "late", "significance")}
    if left_out == "learned":
        phases["early"] = GEOMETRIC_RECIPE.early  # of one that listens to the network alone nothing would be left
    return replace(recipe, **phases)


def shuffled(learned: Learned, rng: np.random.Generator) -> Learned:
    """The same answers, about other boundaries and regions."""
    return Learned(rng.permutation(learned.boundaries), rng.permutation(learned.places))
