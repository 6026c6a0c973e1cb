"""The recipe `shaper`: parts from words by diffusion, in two stages of one recipe.

In the sizes that end in "autoencoder" closed solids are learned as latent tokens and back, each in a cube of its own; "decoder" goes on
with the way back alone, for finer surfaces of the same latents. In the others, which begin with those weights, the velocity is
learned that leads from noise to such latents, told by words and by what stands around
(Yang et al., "HoloPart", 2025, sect. 3, with other conditions; Ho, Salimans 2022 for what is left out now and then).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import PartgenError
from ..generation.hints import MOST, ROWS
from ..latent_diffusion.flow_matching import FlowMatching, noised, velocity
from ..networks.part_words import PartWordsConfig
from ..networks.shaper import ShaperNetwork
from . import shape_vae
from .recipe import Arrays, Example, Recipe
from .worded_parts import worded_parts

UNTOLD = 0.1
"""The share of examples of which nothing is told: what guidance later leads away from."""
ALONE = 0.2
"""The share of those of which words are told but not what stands around: so that words are listened to."""
TIMES = 4
"""How many times of the flow a step looks at for each part."""
UNEVEN = 0.1
"""How far told proportions are off, as a standard deviation in doublings: those of an old part are never quite right."""
USUAL = 0.1
"""How much it counts that the usual proportions are known."""
MIRRORED = (1, 7, 10)
"""The numbers of `Box.sitting` that change their sign in a mirror across x."""

READING = {"tokens": 128, "points": 2048, "queries": 2048}
LESS_READING = {"tokens": 48, "points": 1024, "queries": 1024}


def _config(
    vae: Mapping[str, Any], surroundings: Mapping[str, Any], transformer: Mapping[str, Any], reading: Mapping[str, int]
) -> dict[str, Any]:
    """The configuration of a shaper: of its components, and how much it reads of a part."""
    dim = surroundings["dim"]
    channels = {"in_channels": vae["latent_channels"], "cross_attention_dim": dim, "cross_attention_2_dim": dim}
    return {
        "vae": dict(vae),
        "surroundings": dict(surroundings),
        "transformer": {**channels, **transformer},
        "scheduler": {"num_train_timesteps": 1000, "shift": 1.0},
        "hints": [ROWS, PartWordsConfig().out + MOST + 1],
        **reading,
        "input": "surface",
    }


CONFIGS = {
    "compact": _config(
        shape_vae.COMPACT, {"dim": 96, "num_attention_heads": 4, "num_layers": 2, "tokens": 24},
        {"num_attention_heads": 4, "width": 128, "num_layers": 7}, LESS_READING,
    ),
    "small": _config(
        shape_vae.SMALL, {"dim": 192, "num_attention_heads": 4, "num_layers": 3, "tokens": 64},
        {"num_attention_heads": 8, "width": 256, "num_layers": 9}, READING,
    ),
    "tiny": _config(
        shape_vae.TINY, {"dim": 32, "num_attention_heads": 2, "num_layers": 1, "tokens": 8},
        {"num_attention_heads": 2, "width": 64, "num_layers": 3}, LESS_READING,
    ),
}  # fmt: skip
AUTOENCODER, DECODER = "-autoencoder", "-decoder"
SIZES = {name + stage: config for name, config in CONFIGS.items() for stage in ("", AUTOENCODER, DECODER)}


class TrainedShaper(ShaperNetwork):
    """A shaper with what its losses need besides."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.flow = FlowMatching.of(config["scheduler"])
        self.tokens, self.points = config["tokens"], config["points"]
        # The layer before the output begins at zero: no velocity is nearer to every velocity than a random one.
        nn.init.zeros_(self.transformer.proj_out.weight)


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = SIZES[size]
    is_first = size.endswith((AUTOENCODER, DECODER))
    is_small = config["vae"] is shape_vae.SMALL
    return Recipe(
        id="shaper",
        size=size,
        data="parts of procedural shapes and designs, whole, in their boxes, with prompts that ask for them",
        config=config,
        make=worded_parts,
        prepare=prepared,
        build=lambda: first_stage(config, size.endswith(DECODER)) if is_first else TrainedShaper(config),
        losses=shape_vae.losses if is_first else losses,
        batch_size=8 if is_small else 16,
        learning_rate=3e-4 if is_first else 5e-4 if is_small else 1e-3,
        weight_decay=1e-2,
        reuse=8,
        begin=begin,
    )


def first_stage(config: Mapping[str, Any], reads_alone: bool) -> shape_vae.Autoencoder:
    """The autoencoder; where it `reads_alone`, latents stay as they are and only what they are read by is learned."""
    network = shape_vae.Autoencoder(config)
    for module in (network.vae.encoder, network.vae.quant):
        module.requires_grad_(not reads_alone)
    return network


def prepared(arrays: Arrays) -> Arrays:
    """As `worded_parts` gives it."""
    return arrays


def begin(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Goes on from a shaper of this size; from other weights with an autoencoder takes over that alone.

    Raises PartgenError where they hold none of this size.
    """
    own = network.state_dict()
    if weights.keys() != own.keys():
        weights = {name: value for name, value in weights.items() if name.startswith("vae.")}
        own = {name: value for name, value in own.items() if name.startswith("vae.")}
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in own.items()}:
        sentence = "These weights hold no autoencoder of the size that this shaper wants."
        raise PartgenError("training.other_weights", sentence, "Train `partgen train shaper --size SIZE-autoencoder` first.")
    network.load_state_dict(weights, strict=False)


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """Of one part of every example: "velocity", the mean square of what the transformer gets wrong about it at some times, and "usual",
    how far the proportions are from those that it expects."""
    shaper = cast(TrainedShaper, network)
    parts = chosen_parts(batch, rng, shaper.points)
    seed = int(rng.integers(shape_vae.SEEDS))
    device = parts["surface"].device
    with torch.no_grad():
        latents = shaper.vae.encode(parts["surface"], shaper.tokens, seed).sample().float()

    def drawn(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).float().to(device)

    off = drawn(UNEVEN * rng.standard_normal((len(latents), 3)))
    told = shaper.told(parts["hints"], parts["sitting"], parts["proportions"] + off - off.mean(1, keepdim=True), parts["around"], seed)
    draws = rng.random(len(latents))
    is_told, is_seen = (drawn(np.asarray(draws >= share)) for share in (UNTOLD, UNTOLD + ALONE))
    repeated = latents.repeat(TIMES, 1, 1)
    # Most of the times in the middle, where there is most to decide (Esser et al. 2024).
    sigma = shaper.flow.shifted(drawn(1 / (1 + np.exp(-rng.standard_normal(len(repeated))))))
    noise = drawn(rng.standard_normal(repeated.shape))
    known, around = ((values * kept[:, None, None]).repeat(TIMES, 1, 1) for values, kept in ((told.known, is_told), (told.around, is_seen)))
    found = shaper.transformer(noised(repeated, noise, sigma), shaper.flow.time(sigma), known, around)
    usual = shaper.usual_proportions(parts["hints"], parts["sitting"])
    return {
        "velocity": functional.mse_loss(found.float(), velocity(repeated, noise)),
        "usual": USUAL * functional.smooth_l1_loss(usual, parts["proportions"]),
    }


def chosen_parts(batch: Sequence[Example], rng: np.random.Generator, points: int) -> dict[str, Tensor]:
    """One part of every example of a batch with one of its prompts, every other one in a mirror: each array (P, …) as (B, …)."""
    numbers = [int(rng.integers(len(example["surface"]))) for example in batch]
    names = ("surface", "around", "sitting", "proportions", "hints")
    parts = {name: torch.stack([example[name][number] for example, number in zip(batch, numbers, strict=True)]) for name in names}
    asked = torch.from_numpy(rng.integers(parts["hints"].shape[1], size=len(batch)))
    parts["hints"] = parts["hints"][torch.arange(len(batch)), asked]
    parts["surface"] = parts["surface"][:, torch.from_numpy(rng.permutation(parts["surface"].shape[1])[:points])]
    sign = torch.from_numpy(np.where(rng.random(len(batch)) < 0.5, -1.0, 1.0)).float().to(parts["surface"].device)
    for name in ("surface", "around"):
        parts[name] = torch.cat([parts[name][..., :1] * sign[:, None, None], parts[name][..., 1:]], 2)
        parts[name][..., 3] *= sign[:, None]
    for column in MIRRORED:
        parts["sitting"][:, column] *= sign
    return parts
