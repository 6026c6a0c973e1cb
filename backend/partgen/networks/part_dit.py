"""The diffusion transformer of HoloPart: from noise to the latents of a complete part, told what is visible of it.

Yang et al., "HoloPart: Generative 3D Part Amodal Segmentation", 2025, sect. 3.2 and 3.3, on the transformer of Li et al.,
"TripoSG", 2025. Long skips join early blocks to late ones as in a U-Net (Bao et al., "All are Worth Words", 2023).

    noisy latents ── proj_in ──┐
    time ── time_proj ─────────┴─ blocks, attending to the local and the context condition ── proj_out ── velocity
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .shape_vae import TransformerBlock
from .sizes import Sizes

LONGEST_PERIOD = 10_000.0
"""Of the sines that tell the time, in units of 2π."""


@dataclass(frozen=True)
class PartDiTConfig(Sizes):
    """The sizes of a part diffusion transformer, named as in its config.json; the defaults are HoloPart's (1616 million parameters).

    The first cross-attention asks the local condition, the second the context condition.
    """

    num_attention_heads: int = 16
    width: int = 2048
    in_channels: int = 64
    num_layers: int = 21
    cross_attention_dim: int = 512
    cross_attention_2_dim: int = 512
    use_cross_attention: bool = True
    use_cross_attention_2: bool = True


class PartDiT(nn.Module):
    """The whole transformer. State dict: key for key that of the released weights."""

    def __init__(self, config: PartDiTConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PartDiTConfig()
        width = config.width
        self.time_proj = TimeProjection(width)
        self.proj_in = nn.Linear(config.in_channels, width)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                width,
                config.num_attention_heads,
                context_width=config.cross_attention_dim if config.use_cross_attention else 0,
                context_2_width=config.cross_attention_2_dim if config.use_cross_attention_2 else 0,
                normalises_heads=True,
                joins_skip=number > config.num_layers // 2,
            )
            for number in range(config.num_layers)
        )
        self.norm_out = nn.LayerNorm(width)
        self.proj_out = nn.Linear(width, config.in_channels)

    def forward(self, latents: Tensor, time: Tensor, local: Tensor | None, context: Tensor | None) -> Tensor:
        """The velocity of latents (B, T, C) at `time` (B,), from 1000, all noise, to 0: (B, T, C), pointing from noise to shape.

        `local` and `context` (B, L, D) are the conditions of `PartEncoder`; zeros for none.
        """
        tokens = torch.cat([self.time_proj(time, latents.dtype)[:, None], self.proj_in(latents)], 1)
        skips: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            tokens = block(tokens, local, context, skips.pop() if block.joins_skip else None)
            if number < len(self.blocks) // 2:
                skips.append(tokens)
        return self.proj_out(self.norm_out(tokens[:, 1:]))


class TimeProjection(nn.Module):
    """The time as a token: (B,) to (B, W)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.linear_1 = nn.Linear(width, 4 * width)
        self.linear_2 = nn.Linear(4 * width, width)

    def forward(self, time: Tensor, dtype: torch.dtype) -> Tensor:
        waves = sinusoids(time, self.width).to(dtype)
        return self.linear_2(functional.gelu(self.linear_1(waves)))


def sinusoids(time: Tensor, width: int) -> Tensor:
    """Sines, then cosines, of times (B,) at periods from 2π to nearly LONGEST_PERIOD times that: (B, width) float32."""
    octaves = torch.arange(width // 2, dtype=torch.float32, device=time.device) / (width // 2)
    angles = time.float()[:, None] * torch.exp(-math.log(LONGEST_PERIOD) * octaves)
    return torch.cat([angles.sin(), angles.cos()], -1)
