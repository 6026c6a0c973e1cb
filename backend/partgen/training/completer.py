"""The recipe `completer`: the hidden rest of a part from what is visible of it; the second stage, on latents of `shape-vae`.

Yang et al., "HoloPart", 2025, sect. 3: a diffusion transformer is told the patch by itself and within the whole object, and
learns the velocity that leads from noise to the latents of the complete part. The autoencoder comes from the first stage
(`--begin-with`) and stays as it is; the part encoder begins as its encoder. Two sizes leave a condition out, for the paper's
ablation; in "of-skins" all of the skin is visible, not what cameras around the object see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import PartgenError
from ..latent_diffusion.flow_matching import FlowMatching, noised, velocity
from ..networks.part_dit import PartDiT, PartDiTConfig
from ..networks.part_encoder import PartEncoder, PartEncoderConfig
from ..networks.shape_vae import ShapeVAE, ShapeVAEConfig
from . import shape_vae
from .recipe import Example, Recipe

UNTOLD = 0.1
"""The share of examples whose conditions are zeros: what guidance later leads away from."""
TIMES = 4
"""How many times of the flow a step looks at for each part: encoding it costs as much as several of them."""


def _config(
    vae: Mapping[str, Any], encoder: Mapping[str, Any], transformer: Mapping[str, Any], reading: Mapping[str, int]
) -> dict[str, Any]:
    """The configuration of a completer: of its components as in their config.json, and how much it reads of a part."""
    dim = encoder["dim"]
    channels = {"in_channels": vae["latent_channels"], "cross_attention_dim": dim, "cross_attention_2_dim": dim}
    return {
        "vae": dict(vae),
        "part_encoder": {**encoder, "num_tokens": reading["tokens"]},
        "transformer": {**channels, **transformer},
        "scheduler": {"num_train_timesteps": 1000, "shift": 1.0},
        "points": reading["points"],
        **shape_vae.BY_CAMERAS,
    }


SMALL_ENCODER = {"dim": 192, "num_attention_heads": 4, "num_layers": 4}
SMALL_TRANSFORMER = {"num_attention_heads": 8, "width": 256, "num_layers": 9}
COMPACT_ENCODER = {"dim": 96, "num_attention_heads": 4, "num_layers": 2}
COMPACT_TRANSFORMER = {"num_attention_heads": 4, "width": 128, "num_layers": 5}
TINY_ENCODER = {"dim": 32, "num_attention_heads": 2, "num_layers": 1}
TINY_TRANSFORMER = {"num_attention_heads": 2, "width": 64, "num_layers": 3}
WITHOUT_CONTEXT = {"use_cross_attention_2": False}
WITHOUT_LOCAL = {"use_cross_attention": False}
PARTS_OF_SIZES = {
    "small": (shape_vae.SMALL, SMALL_ENCODER, SMALL_TRANSFORMER, shape_vae.READING),
    "compact": (shape_vae.COMPACT, COMPACT_ENCODER, COMPACT_TRANSFORMER, shape_vae.LESS_READING),
    "tiny": (shape_vae.TINY, TINY_ENCODER, TINY_TRANSFORMER, shape_vae.LESS_READING),
}


def _sizes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every size, and its ablations beside it: what the transformer does without in them."""
    for name, (vae, encoder, transformer, reading) in PARTS_OF_SIZES.items():
        prefix = "" if name == "small" else f"{name}-"
        whole = _config(vae, encoder, transformer, reading)
        yield name, whole
        yield f"{prefix}without-context", _config(vae, encoder, {**transformer, **WITHOUT_CONTEXT}, reading)
        yield f"{prefix}without-local", _config(vae, {**encoder, "part_local": False}, {**transformer, **WITHOUT_LOCAL}, reading)
        yield f"{prefix}of-skins", {key: value for key, value in whole.items() if key not in shape_vae.BY_CAMERAS}


SIZES = dict(_sizes())


class CompleterNetwork(nn.Module):
    """What a completer is made of: names of its weights begin with "vae.", "part_encoder." and "transformer."."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.vae = ShapeVAE(ShapeVAEConfig.of(config["vae"])).requires_grad_(False)
        self.part_encoder = PartEncoder(PartEncoderConfig.of(config["part_encoder"]))
        self.transformer = PartDiT(PartDiTConfig.of(config["transformer"]))
        self.flow = FlowMatching.of(config["scheduler"])
        self.points = config["points"]
        # The layer before the output begins at zero: no velocity is nearer to every velocity than a random one.
        nn.init.zeros_(self.transformer.proj_out.weight)

    @property
    def tokens(self) -> int:
        return self.part_encoder.config.num_tokens


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = SIZES[size]
    return Recipe(
        id="completer",
        size=size,
        data=f"parts of procedural shapes: {shape_vae.visible_in_words(config)} of each, and its complete solid",
        config=config,
        **shape_vae.examples_of("completer", config),
        prepare=shape_vae.prepared,
        build=lambda: CompleterNetwork(config),
        losses=losses,
        batch_size=16 if size.startswith("compact") else 8,
        learning_rate=1e-3 if size.startswith("compact") else 5e-4,
        weight_decay=1e-2,
        reuse=8,
        begin=begin,
    )


def begin(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Takes over the autoencoder of the first stage, and lets the part encoder begin as its encoder, as the authors do.

    Raises PartgenError where the weights are not those of an autoencoder of this size.
    """
    completer = cast(CompleterNetwork, network)
    try:
        completer.vae.load_state_dict({name.removeprefix("vae."): value for name, value in weights.items() if name.startswith("vae.")})
    except RuntimeError as error:
        sentence = "These weights are not those of a shape-vae of the size that this completer wants."
        raise PartgenError("training.other_weights", sentence, "Train `partgen train shape-vae` in the same size.") from error
    encoder = completer.part_encoder
    if encoder.config.dim != completer.vae.config.width_encoder or encoder.config.num_layers != completer.vae.config.num_layers_encoder:
        return
    learned = completer.vae.encoder.state_dict()
    if encoder.encoder_local is not None:
        encoder.encoder_local.load_state_dict(learned)
    weight, bias = learned.pop("proj_in.weight"), learned.pop("proj_in.bias")
    # The mark of the part's own points is a channel more, about which nothing was learned yet.
    marked = torch.cat([weight, torch.zeros_like(weight[:, :1])], 1)
    learned |= {"q_proj_in.weight": weight, "q_proj_in.bias": bias, "kv_proj_in.weight": marked, "kv_proj_in.bias": bias}
    encoder.encoder_context.load_state_dict(learned)


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """Of one part of every example: "velocity", the mean square of what the transformer gets wrong about it at some times."""
    completer = cast(CompleterNetwork, network)
    parts = shape_vae.chosen_parts(batch, rng, completer.points)
    seed = int(rng.integers(shape_vae.SEEDS))
    device = parts["patch"].device
    local, context = completer.part_encoder(parts["patch"], parts["whole"], parts["local"], seed=seed)
    with torch.no_grad():
        latents = completer.vae.encode(parts["surface"], completer.tokens, seed).sample().float()
    repeated = latents.repeat(TIMES, 1, 1)
    # Most of the times in the middle, where there is most to decide (Esser et al. 2024).
    sigma = torch.from_numpy(1 / (1 + np.exp(-rng.standard_normal(len(repeated))))).float().to(device)
    sigma = completer.flow.shifted(sigma)
    noise = torch.from_numpy(rng.standard_normal(repeated.shape)).float().to(device)
    told = torch.from_numpy(rng.random((len(repeated), 1, 1)) >= UNTOLD).to(device)
    local, context = (None if known is None else known.repeat(TIMES, 1, 1) * told for known in (local, context))
    found = completer.transformer(noised(repeated, noise, sigma), completer.flow.time(sigma), local, context)
    return {"velocity": functional.mse_loss(found.float(), velocity(repeated, noise))}
