"""The recipe `partfield-small`: PartField's network, small, and its contrastive loss over points of a skin.

Liu et al. 2025: an anchor, another point of its part, and points of other parts; the first two shall be more alike than
the anchor and any of the others. Every anchor is asked at one level of its shape's hierarchy, so that points of one group
come to lie nearer than points of two. Points of other parts are hard to tell apart where they are near, in space or in
what the network makes of them: a third each of the negatives are random, near in space, and near in features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..networks.partfield import PartField, PartFieldConfig
from .recipe import Arrays, Example, Recipe
from .skins import POINTS, labelled_points

SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "z_triplane_channels": 96, "triplane_high_res": 64, "triplane_low_res": 16, "triplane_dim": 64,
        "transformer_dim": 256, "transformer_layers": 4, "transformer_heads": 8, "sdf_channels": 0,
        "unet_depth": 3, "unet_start_channels": 32, "pvcnn_blocks": ((96, 1, 32),), "swaps_axes": False,
    },
    "tiny": {
        "z_triplane_channels": 64, "triplane_high_res": 32, "triplane_low_res": 8, "triplane_dim": 48,
        "transformer_dim": 96, "transformer_layers": 3, "transformer_heads": 4, "sdf_channels": 0,
        "unet_depth": 2, "unet_start_channels": 32, "pvcnn_blocks": ((64, 1, 16),), "swaps_axes": False,
    },
}  # fmt: skip
SEEN_A_CELL = 2
"""Points of each example that the network is shown, for each cell of a plane."""
ASKED = 512
"""Points of each example that the loss is about, of those that were not shown."""
NEGATIVES = 8
"""Of each kind, for each anchor."""
TEMPERATURE = 0.07
"""Of the contrastive loss in the beginning; learned."""
SMALLEST = 0.75
"""Objects are shrunk down to this: the longest side is not always the one that was trained."""


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = PartFieldConfig(**SIZES[size])
    return Recipe(
        id="partfield-small",
        size=size,
        data=f"{POINTS} labelled points on procedural shapes: 68 % remeshed, 18 % as modelled, 14 % loose shells",
        config=asdict(config),
        make=labelled_points,
        prepare=prepared,
        build=lambda: built(config),
        losses=losses,
        batch_size=2 if size == "tiny" else 8,
        learning_rate=1e-3,
        weight_decay=1e-2,
        reuse=2,
    )


def built(config: PartFieldConfig) -> PartField:
    """A network with random weights. Its likenesses are sharpened from the beginning by what training usually comes to."""
    network = PartField(config)
    nn.init.constant_(network.logit_scale, math.log(1 / TEMPERATURE))
    return network


def prepared(arrays: Arrays) -> Arrays:
    """`points` (P, 3) float32 and `labels` (L, P) int64, the part of each point at every level, coarse to fine."""
    return {"points": arrays["points"], "labels": arrays["levels"][:, arrays["part"]].astype(np.int64)}


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """The mean contrastive loss over a batch."""
    field = cast(PartField, network)
    drawn = [drawn_points(example, points_seen(field.config), rng) for example in batch]
    planes = field.planes(torch.stack([seen for seen, _, _ in drawn])).float()
    features = functional.normalize(field.features(planes, torch.stack([asked for _, asked, _ in drawn])), dim=2)
    scale = field.logit_scale.exp().clamp(max=100)
    each = [contrast(one, asked, label, scale, rng) for one, (_, asked, label) in zip(features, drawn, strict=True)]
    return {"contrast": torch.stack(each).mean()}


def points_seen(config: PartFieldConfig) -> int:
    """How many points of a surface a network of these sizes is shown."""
    return SEEN_A_CELL * config.triplane_high_res**2


def drawn_points(example: Example, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Points to show (count, 3), others to ask about (ASKED, 3), and the labels of these (L, ASKED); mirrored and scaled at random."""
    points, labels = example["points"], example["labels"]
    order = torch.from_numpy(rng.permutation(len(points))).to(points.device)
    change = rng.uniform(SMALLEST, 1, size=1) * rng.choice((-1, 1), size=3)
    points = points * torch.from_numpy(change.astype(np.float32)).to(points.device)
    seen, asked = order[:count], order[count : count + ASKED]
    return points[seen], points[asked], labels[:, asked]


def contrast(features: Tensor, points: Tensor, labels: Tensor, scale: Tensor, rng: np.random.Generator) -> Tensor:
    """The contrastive loss of one object: unit features (M, C), points (M, 3), labels (L, M) at every level.

    Each point is an anchor once, at a random level: cross entropy of its likeness to a point of its part against the
    likeness to points of others. Anchors without either are left out; 0 where none is left.
    """
    count = len(points)
    random = torch.Generator(points.device).manual_seed(int(rng.integers(2**62)))
    level = torch.randint(len(labels), (count,), generator=random, device=points.device)
    own = labels[level, torch.arange(count, device=points.device)]
    same = labels[level] == own[:, None]
    positive = same.clone().fill_diagonal_(False)
    is_asked = positive.any(1) & ~same.all(1)
    if not bool(is_asked.any()):
        return features.sum() * 0
    features_of_anchors, same, positive, near = features[is_asked], same[is_asked], positive[is_asked], points[is_asked]
    likeness = features_of_anchors @ features.T
    other = ~same
    chance = torch.rand(likeness.shape, generator=random, device=points.device)
    negatives = torch.cat([
        hardest(chance, other),
        hardest(-torch.cdist(near, points) * chance.sqrt(), other),
        hardest(likeness.detach() + 0.2 * chance, other),
    ], 1)  # fmt: skip
    friend = hardest(chance, positive, 1)
    logits = scale * torch.cat([likeness.gather(1, friend), likeness.gather(1, negatives)], 1)
    # Where there are fewer points of other parts than negatives, what filled up must not count.
    counts = torch.cat([torch.ones_like(friend, dtype=torch.bool), other.gather(1, negatives)], 1)
    logits = logits.masked_fill(~counts, -torch.inf)
    return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))


def hardest(hardness: Tensor, allowed: Tensor, count: int = NEGATIVES) -> Tensor:
    """The indices (A, count) of the highest values in each row of `hardness` (A, M), of those that are `allowed` first."""
    return hardness.masked_fill(~allowed, -torch.inf).topk(count, dim=1).indices
