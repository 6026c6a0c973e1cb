"""A diffusion transformer that draws a part from words: from noise to the latents of a shape, told what is asked and where it goes.

The transformer and the autoencoder are HoloPart's (Yang et al. 2025). In the place of what is visible of a part, its first
cross-attention reads what is known of the part: words, how it sits, its proportions. The second reads what stands around it.

    hints ──────── one token a row ─┐
    sitting, proportions ── 2 tokens ┴── told ────┐
    surroundings ── ShapeEncoder ── around ───────┴── PartDiT ── velocity of latents ── ShapeVAE ── field
    hints, sitting ── two layers ── proportions that such a part has
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .part_dit import PartDiT, PartDiTConfig
from .shape_vae import FrequencyEmbedding, ShapeEncoder, ShapeVAE, ShapeVAEConfig, embedded_points, spread_points

SITTING, PROPORTIONS = 13, 3
"""Numbers that tell how a part sits, and its proportions: those of `generation.boxes.Box`."""


class Told(NamedTuple):
    """What the transformer is told of B parts: `known` (B, K, D) of each by itself, `around` (B, T, D)."""

    known: Tensor
    around: Tensor


class ShaperNetwork(nn.Module):
    """What a shaper is made of. `config` holds those of its components: "vae", "surroundings", "transformer", and "hints", the rows
    and the columns of these."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.vae = ShapeVAE(ShapeVAEConfig.of(config["vae"])).requires_grad_(False)
        self.transformer = PartDiT(PartDiTConfig.of(config["transformer"]))
        sees, (rows, columns) = config["surroundings"], config["hints"]
        self.tokens_around, width = sees["tokens"], sees["dim"]
        self.embedder = FrequencyEmbedding(8)
        self.surroundings = ShapeEncoder(self.embedder.channels + 3, width, sees["num_attention_heads"], sees["num_layers"])
        self.hint = nn.Linear(columns, width)
        self.row = nn.Parameter(torch.randn(rows, width) / width**0.5)
        self.sitting, self.proportions = nn.Linear(SITTING, width), nn.Linear(PROPORTIONS, width)
        self.usual = nn.ModuleList([nn.Linear(rows * columns + SITTING, 2 * width), nn.Linear(2 * width, PROPORTIONS)])

    def told(self, hints: Tensor, sitting: Tensor, proportions: Tensor, around: Tensor, seed: int = 0) -> Told:
        """Of `hints` (B, R, C), `sitting` (B, 13), `proportions` (B, 3) and `around`, points with normals (B, N, 6), zeros for none.

        `seed` chooses the points that become tokens.
        """
        of_words = self.hint(hints) + self.row
        known = torch.cat([of_words, self.sitting(sitting)[:, None], self.proportions(proportions)[:, None]], 1)
        chosen, _ = spread_points(around, self.tokens_around, seed)
        chosen, points = (embedded_points(self.embedder, one, self.hint.weight.dtype) for one in (chosen, around))
        is_there = (around != 0).any(2).any(1)
        return Told(known, self.surroundings(chosen, points) * is_there[:, None, None])

    def usual_proportions(self, hints: Tensor, sitting: Tensor) -> Tensor:
        """The proportions that such a part has, by the words and by how it sits: (B, 3), their sum 0."""
        first, last = self.usual
        found = last(functional.silu(first(torch.cat([hints.flatten(1), sitting], 1))))
        return found - found.mean(1, keepdim=True)
