"""The recipe `claims`: which part the inside of an object belongs to, where several may claim it.

Two losses. By cross entropy every point is asked which part holds it; where several do, as the smaller keeps the room in an
`exclusive` shape, each counts the more the smaller it is. And every part is asked to overlap its true solid, as the benchmark
measures it: by one minus the intersection over the union of the chances, over points anywhere in its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..completion.claim_features import CONTEXT, NAMES, NEAR
from ..networks.claims import ClaimConfig, ClaimNetwork
from .divisions import divisions, divisions_of_asset
from .recipe import Arrays, Example, Recipe, take_over

SIZES: dict[str, dict[str, Any]] = {
    "small": {},
    "without-context": {"rounds": 0, "without": CONTEXT},
    "without-local": {"without": NEAR},
    "tiny": {"width": 16, "rounds": 1},
}
"""The ablation of HoloPart's paper in this network's terms: no word of other parts, no word of the patch near the point."""
POINTS = 256
"""Of an example, in one step."""


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    sizes = {name: value for name, value in SIZES[size].items() if name != "without"}
    left_out = set(SIZES[size].get("without", ()))
    kept = [name for name in NAMES if name not in left_out]
    config = ClaimConfig(len(kept), **sizes)
    return Recipe(
        id="claims",
        size=size,
        data="points within procedural shapes: 85 % remeshed at 48 to 64 cells, 15 % exact unions; up to 10 parts, 96 points a part",
        config={**config.as_dict(), "told": kept},
        make=divisions,
        prepare=Prepared(tuple(NAMES.index(name) for name in kept)),
        build=lambda: ClaimNetwork(config),
        losses=losses,
        batch_size=6,
        learning_rate=2e-3,
        weight_decay=1e-3,
        reuse=10,
        begin=take_over,
        learn=divisions_of_asset,
    )


class Prepared:
    """What the network reads of an example: the features in `columns`, in float32."""

    def __init__(self, columns: tuple[int, ...]) -> None:
        self.columns = columns

    def __call__(self, arrays: Arrays) -> Arrays:
        told = {name: values for name, values in arrays.items() if name != "family"}
        return told | {"features": arrays["features"][:, :, list(self.columns)], "asked": arrays["asked"].astype(np.int64)}


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """The means over a batch of what the network gets wrong: "points" and "overlap"."""
    each = [_loss(cast(ClaimNetwork, network), example, rng) for example in batch]
    return {name: sum((one[name] for one in each[1:]), each[0][name]) / len(each) for name in each[0]}


def _loss(network: ClaimNetwork, example: Example, rng: np.random.Generator) -> dict[str, Tensor]:
    count = len(example["asked"])
    chosen = torch.as_tensor(rng.permutation(count)[:POINTS] if network.training else np.arange(count), device=example["asked"].device)
    competes, holds, place = example["competes"][chosen], example["holds"][chosen], example["place"][chosen].long()
    logits = network(example["features"][chosen].float(), competes)
    wanted = holds / example["size"][chosen].clamp(min=1e-6)
    known = wanted.sum(1) > 0
    wanted = wanted / wanted.sum(1, keepdim=True).clamp(min=1e-12)
    points = -(wanted * logits.log_softmax(1)).sum(1)[known].sum() / known.sum().clamp(min=1)
    is_asked = torch.arange(competes.shape[1], device=place.device) == place[:, None]
    chance, truly = (logits.softmax(1) * is_asked).sum(1), (holds & is_asked).any(1).float()
    return {"points": points, "overlap": _overlap_lack(chance, truly, example["asked"][chosen], example["anywhere"][chosen])}


def _overlap_lack(chance: Tensor, truly: Tensor, asked: Tensor, anywhere: Tensor) -> Tensor:
    """One minus the intersection over the union, the mean over the parts asked for; of points anywhere in their boxes alone."""
    parts = int(asked.max()) + 1
    weight = anywhere.float()
    both = chance.new_zeros(parts).index_add(0, asked, weight * chance * truly)
    either = chance.new_zeros(parts).index_add(0, asked, weight * (chance + truly - chance * truly))
    there = chance.new_zeros(parts).index_add(0, asked, weight * truly) > 0
    return 1 - (both[there] / either[there].clamp(min=1e-6)).sum() / there.sum().clamp(min=1)
