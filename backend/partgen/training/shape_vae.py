"""The recipe `shape-vae`: closed solids as latent tokens and back; the first stage of a completer.

Zhang et al., "3DShape2VecSet", 2023: whether points are inside, and latents that stay near a standard Gaussian. In the size
"from-patch" the surface that goes in is only what is visible, and the solid that comes out is still complete: the autoencoder
alone as a completer, one row of the ablation of Yang et al., "HoloPart", 2025.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..networks.shape_vae import ShapeVAE, ShapeVAEConfig
from .pairs import part_pairs
from .recipe import Arrays, Example, Recipe

DIVERGENCE = 1e-3
"""How much it counts that the latents stay near a standard Gaussian, against the cross entropy of inside and outside."""
HALF_THE_QUERIES = 2
"""Of those that an example has, a step asks one in so many, others each time."""
SEEDS = 2**32

SMALL: dict[str, Any] = {
    "latent_channels": 16, "num_attention_heads": 4, "width_encoder": 192, "width_decoder": 256, "num_layers_encoder": 4,
    "num_layers_decoder": 6,
}  # fmt: skip
TINY: dict[str, Any] = {
    "latent_channels": 8, "num_attention_heads": 2, "width_encoder": 32, "width_decoder": 48, "num_layers_encoder": 1,
    "num_layers_decoder": 2,
}  # fmt: skip
SIZES: dict[str, dict[str, Any]] = {
    "small": {"vae": SMALL, "tokens": 128, "input": "surface"},
    "tiny": {"vae": TINY, "tokens": 32, "input": "surface"},
    "from-patch": {"vae": SMALL, "tokens": 128, "input": "local"},
    "tiny-from-patch": {"vae": TINY, "tokens": 32, "input": "local"},
}


class Autoencoder(nn.Module):
    """A shape autoencoder and what it is shown: names of its weights begin with "vae." as in the later stage."""

    def __init__(self, vae: ShapeVAE, tokens: int, shown: str) -> None:
        super().__init__()
        self.vae, self.tokens, self.shown = vae, tokens, shown


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    chosen = SIZES[size]
    return Recipe(
        id="shape-vae",
        size=size,
        data="parts of procedural shapes, whole, in the frames of what is visible of them",
        config=chosen,
        make=part_pairs,
        prepare=prepared,
        build=lambda: Autoencoder(ShapeVAE(ShapeVAEConfig.of(chosen["vae"])), chosen["tokens"], chosen["input"]),
        losses=losses,
        batch_size=8,
        learning_rate=1e-3,
        weight_decay=1e-2,
        reuse=8,
    )


def prepared(arrays: Arrays) -> Arrays:
    """What networks read of an example: all but its family."""
    return {name: values for name, values in arrays.items() if name != "family"}


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """Of one part of every example: "occupancy", cross entropy, and "divergence", times its weight."""
    autoencoder = cast(Autoencoder, network)
    parts = chosen_parts(batch, rng)
    surface, query, inside = parts[autoencoder.shown], parts["query"], parts["inside"].float()
    asked = torch.from_numpy(rng.permutation(query.shape[1])[: query.shape[1] // HALF_THE_QUERIES]).to(query.device)
    posterior = autoencoder.vae.encode(surface, autoencoder.tokens, int(rng.integers(SEEDS)))
    logits = autoencoder.vae.logits(autoencoder.vae.expand(posterior.sample()), query[:, asked])
    return {
        "occupancy": functional.binary_cross_entropy_with_logits(logits.float(), inside[:, asked]),
        "divergence": DIVERGENCE * posterior.divergence(),
    }


def chosen_parts(batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """One part of every example of a batch: each array of an example (P, …) as (B, …)."""
    numbers = [int(rng.integers(len(example["patch"]))) for example in batch]
    return {name: torch.stack([example[name][number] for example, number in zip(batch, numbers, strict=True)]) for name in batch[0]}
