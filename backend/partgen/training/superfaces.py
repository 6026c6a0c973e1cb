"""The recipe `superfaces`: which neighbouring regions belong together, and which regions do wherever they lie.

Each boundary between two regions is asked whether it separates two parts, and every two regions whether they are of one;
both at two levels, the finest parts and the coarsest groups. Both answers count alike: boundaries between parts are rare,
and so are pairs within one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from ..networks.superfaces import LEVELS, SuperfaceConfig, SuperfaceNetwork
from ..segmentation.superface_features import features
from .recipe import Arrays, Example, Recipe, take_over
from .skins import regions_of_asset, regions_with_cover

NODE_FEATURES, EDGE_FEATURES = 20, 26
SIZES: dict[str, dict[str, Any]] = {"small": {}, "tiny": {"width": 16, "layers": 2}}
MOST_WEIGHT = 8.0
"""Of a boundary between parts against one within a part, where it is rare."""


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = SuperfaceConfig(NODE_FEATURES, EDGE_FEATURES, **SIZES[size])
    return Recipe(
        id="superfaces",
        size=size,
        data="region graphs of procedural shapes: 68 % remeshed, 18 % as modelled, 14 % loose shells; 350 to 719 regions",
        config=config.as_dict(),
        make=regions_with_cover,
        prepare=prepared,
        build=lambda: SuperfaceNetwork(config),
        losses=losses,
        batch_size=4,
        learning_rate=2e-3,
        weight_decay=1e-4,
        reuse=12,
        begin=take_over,
        learn=regions_of_asset,
    )


def prepared(arrays: Arrays) -> Arrays:
    """What the network reads of an example, and what it is asked.

    `nodes`, `edges`, `ends` as in `Features`; `areas` (N,); `labels` (LEVELS, N) the part and the group that cover most of
    each region; `purity` (N,) how much they cover of it; `pair_count` ().
    """
    read = features(arrays)
    part, covered = arrays["cover"].argmax(1), arrays["cover"].sum(1)
    purity = np.divide(arrays["cover"].max(1), covered, out=np.zeros_like(covered), where=covered > 0)
    return {
        "nodes": read.nodes,
        "edges": read.edges,
        "ends": read.ends,
        "areas": arrays["areas"].astype(np.float32),
        "labels": arrays["levels"][[-1, 0]][:, part].astype(np.int64),
        "purity": purity.astype(np.float32),
        "pair_count": np.array(read.pair_count),
    }


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """The means over a batch of what the network gets wrong: "boundaries" and "pairs"."""
    each = [loss(cast(SuperfaceNetwork, network), example) for example in batch]
    return {name: sum((one[name] for one in each[1:]), each[0][name]) / len(each) for name in each[0]}


def loss(network: SuperfaceNetwork, example: Example) -> dict[str, Tensor]:
    """What the network gets wrong about one object, summed over the levels."""
    pair_count = int(example["pair_count"])
    logits, places = network(example["nodes"], example["edges"], example["ends"], example["areas"], pair_count)
    boundaries = [boundary_loss(logits[:, level], example, level) for level in range(LEVELS)]
    pairs = [pair_loss(network.togetherness(places, level), example, level) for level in range(LEVELS)]
    return {"boundaries": sum(boundaries[1:], boundaries[0]), "pairs": sum(pairs[1:], pairs[0])}


def boundary_loss(logits: Tensor, example: Example, level: int) -> Tensor:
    """Cross entropy over the boundaries (E,), those between parts and those within one counting alike in sum."""
    first, second = example["ends"][:, : len(logits)]
    label, purity = example["labels"][level], example["purity"]
    separates = (label[first] != label[second]).float()
    weight = purity[first] * purity[second]
    between, within = (weight * separates).sum() + 1, (weight * (1 - separates)).sum() + 1
    half = (between + within) / 2
    weight = weight * (separates * (half / between).clamp(max=MOST_WEIGHT) + (1 - separates) * half / within)
    return (functional.binary_cross_entropy_with_logits(logits.float(), separates, reduction="none") * weight).sum() / weight.sum()


def pair_loss(logits: Tensor, example: Example, level: int) -> Tensor:
    """Cross entropy over every two regions (N, N), weighted by area and purity, the two kinds of pairs counting alike in sum."""
    label, areas = example["labels"][level], example["areas"]
    same = (label[:, None] == label[None]).float()
    # Half by area and half by number: small parts count, and so do large ones.
    share = (areas + 1 / len(areas)) / 2 * example["purity"]
    weight = share[:, None] * share[None]
    weight = weight - weight.diag().diag()
    weight = weight * (same / (2 * (weight * same).sum() + 1e-6) + (1 - same) / (2 * (weight * (1 - same)).sum() + 1e-6))
    return (functional.binary_cross_entropy_with_logits(logits, same, reduction="none") * weight).sum()
