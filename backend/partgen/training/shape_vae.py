"""The recipe `shape-vae`: closed solids as latent tokens and back; the first stage of a completer.

Zhang et al., "3DShape2VecSet", 2023: whether points are inside, and latents that stay near a standard Gaussian. In the size
"from-patch" the surface that goes in is only what is visible, and the solid that comes out is still complete: the autoencoder
alone as a completer, one row of the ablation of Yang et al., "HoloPart", 2025. Visible is what cameras around the object see; in the
sizes "of-skins", all of the skin, as it was for the bundled weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..networks.shape_vae import ShapeVAE, ShapeVAEConfig
from .pairs import seen_pairs, skin_pairs
from .recipe import Arrays, Example, Recipe

DIVERGENCE = 1e-5
"""How much it counts that the latents stay near a standard Gaussian, against the cross entropy of inside and outside. With a hundred
times as much they are all noise before the decoder has learned to read them."""
SURE = -6.0
"""The logarithm of the variance with which latents begin, for the same reason."""
SEEDS = 2**32
CLOUDS = ("patch", "whole", "local", "surface")
SYMMETRIES = torch.tensor([
    [[x, 0, 0], [0, y, 0], [0, 0, 1]] if straight else [[0, x, 0], [y, 0, 0], [0, 0, 1]]
    for straight in (True, False) for x in (1, -1) for y in (1, -1)
], dtype=torch.float32)  # fmt: skip
"""The ways of looking at an object that leave it upright and the boxes of its frames as they are: (8, 3, 3)."""

SMALL: dict[str, Any] = {
    "latent_channels": 16, "num_attention_heads": 4, "width_encoder": 192, "width_decoder": 256, "num_layers_encoder": 4,
    "num_layers_decoder": 6,
}  # fmt: skip
COMPACT: dict[str, Any] = {
    "latent_channels": 16, "num_attention_heads": 4, "width_encoder": 96, "width_decoder": 128, "num_layers_encoder": 2,
    "num_layers_decoder": 3,
}  # fmt: skip
TINY: dict[str, Any] = {
    "latent_channels": 8, "num_attention_heads": 2, "width_encoder": 32, "width_decoder": 48, "num_layers_encoder": 1,
    "num_layers_decoder": 2,
}  # fmt: skip
READING = {"tokens": 128, "points": 2048, "queries": 2048}
LESS_READING = {"tokens": 32, "points": 1024, "queries": 1024}
"""Latent tokens of a shape, and of what an example holds, as many points of every cloud and as many queries as a step looks at."""
BY_CAMERAS = {"visible": "to cameras"}
"""Of a configuration: what its network learned to take for visible. Without it all of the skin, as trainings before had it."""
SIZES: dict[str, dict[str, Any]] = {
    "small": {"vae": SMALL, **READING, "input": "surface", **BY_CAMERAS},
    "compact": {"vae": COMPACT, **LESS_READING, "input": "surface", **BY_CAMERAS},
    "tiny": {"vae": TINY, **LESS_READING, "input": "surface", **BY_CAMERAS},
    "from-patch": {"vae": SMALL, **READING, "input": "local", **BY_CAMERAS},
    "compact-from-patch": {"vae": COMPACT, **LESS_READING, "input": "local", **BY_CAMERAS},
    "tiny-from-patch": {"vae": TINY, **LESS_READING, "input": "local", **BY_CAMERAS},
    "of-skins": {"vae": SMALL, **READING, "input": "surface"},
    "compact-of-skins": {"vae": COMPACT, **LESS_READING, "input": "surface"},
    "tiny-of-skins": {"vae": TINY, **LESS_READING, "input": "surface"},
}


def examples_of(id: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a Recipe says of the examples of this recipe for a configuration: who makes them, and what they are called where kept."""
    by_cameras = config.get("visible") == BY_CAMERAS["visible"]
    return {"make": seen_pairs, "examples": f"{id}, seen by cameras"} if by_cameras else {"make": skin_pairs, "examples": id}


def visible_in_words(config: Mapping[str, Any]) -> str:
    """What is visible of a part, for the record of weights."""
    return "what cameras around them see" if config.get("visible") == BY_CAMERAS["visible"] else "what their skins show"


class Autoencoder(nn.Module):
    """A shape autoencoder and what it is shown: names of its weights begin with "vae." as in the later stage."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.vae = ShapeVAE(ShapeVAEConfig.of(config["vae"]))
        self.tokens, self.shown = config["tokens"], config["input"]
        self.points, self.queries = config["points"], config["queries"]
        nn.init.constant_(self.vae.quant.bias[self.vae.config.latent_channels :], SURE)


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    chosen = SIZES[size]
    return Recipe(
        id="shape-vae",
        size=size,
        data=f"parts of procedural shapes, whole, in the frames of {visible_in_words(chosen)} of them",
        config=chosen,
        **examples_of("shape-vae", chosen),
        prepare=prepared,
        build=lambda: Autoencoder(chosen),
        losses=losses,
        batch_size=16 if chosen["vae"] is COMPACT else 8,
        learning_rate=3e-4,
        weight_decay=1e-2,
        reuse=8,
    )


def prepared(arrays: Arrays) -> Arrays:
    """What networks read of an example: all but its family."""
    return {name: values for name, values in arrays.items() if name != "family"}


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """Of one part of every example: "occupancy", cross entropy, and "divergence", times its weight."""
    autoencoder = cast(Autoencoder, network)
    parts = chosen_parts(batch, rng, autoencoder.points)
    asked = torch.from_numpy(rng.permutation(parts["query"].shape[1])[: autoencoder.queries])
    query, inside = parts["query"][:, asked], parts["inside"][:, asked].float()
    posterior = autoencoder.vae.encode(parts[autoencoder.shown], autoencoder.tokens, int(rng.integers(SEEDS)))
    logits = autoencoder.vae.logits(autoencoder.vae.expand(posterior.sample()), query)
    return {
        "occupancy": functional.binary_cross_entropy_with_logits(logits.float(), inside),
        "divergence": DIVERGENCE * posterior.divergence(),
    }


def chosen_parts(batch: Sequence[Example], rng: np.random.Generator, points: int) -> dict[str, Tensor]:
    """One part of every example of a batch, seen in one of eight ways: each array of an example (P, …) as (B, …), and of those of
    CLOUDS that there are as many `points` as are looked at."""
    numbers = [int(rng.integers(len(example["surface"]))) for example in batch]
    clouds = [name for name in CLOUDS if name in batch[0]]
    parts = {name: torch.stack([example[name][number] for example, number in zip(batch, numbers, strict=True)]) for name in batch[0]}
    for name in clouds:
        parts[name] = parts[name][:, torch.from_numpy(rng.permutation(parts[name].shape[1])[:points])]
    ways = torch.stack([SYMMETRIES[number] for number in rng.integers(len(SYMMETRIES), size=len(batch))])
    ways = ways.to(parts["query"].device)
    return parts | {name: seen(parts[name], ways) for name in (*clouds, "query")}


def seen(vectors: Tensor, ways: Tensor) -> Tensor:
    """Points, and their normals where they have any (B, N, 3 or 6 and more), after `ways` (B, 3, 3); what else they have stays."""
    channels = vectors.shape[2]
    turned = [vectors[..., start : start + 3] @ ways.transpose(1, 2) for start in (0, 3) if start + 3 <= channels]
    return torch.cat([*turned, vectors[..., 3 * len(turned) :]], 2)
