"""The part encoder of HoloPart: what is visible of a part, by itself and within the whole object, as two sets of tokens.

Yang et al., "HoloPart: Generative 3D Part Amodal Segmentation", 2025, sect. 3.2.

    part, in a frame of its own ──────────────── encoder_local ──── local condition
    part, in the frame of the object ─┐
    whole object, with the part marked ─┴─────── encoder_context ── context condition
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from .shape_vae import FrequencyEmbedding, ShapeEncoder, embedded_points, gather, gathering_blocks, spread_points
from .sizes import Sizes


@dataclass(frozen=True)
class PartEncoderConfig(Sizes):
    """The sizes of a part encoder, named as in its config.json; the defaults are HoloPart's (56.8 million parameters).

    `part_local`: whether there is a local condition. `num_tokens`: how many points of a part become tokens.
    """

    part_feature_channels: int = 3
    whole_feature_channels: int = 4
    dim: int = 512
    num_attention_heads: int = 8
    num_layers: int = 8
    num_tokens: int = 2048
    embed_frequency: int = 8
    embed_include_pi: bool = False
    part_local: bool = True


class PartEncoder(nn.Module):
    """The whole encoder. State dict: key for key that of the released weights."""

    def __init__(self, config: PartEncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PartEncoderConfig()
        self.embedder = FrequencyEmbedding(config.embed_frequency, config.embed_include_pi)
        part_channels = self.embedder.channels + config.part_feature_channels
        whole_channels = self.embedder.channels + config.whole_feature_channels
        self.encoder_context = ContextEncoder(part_channels, whole_channels, config.dim, config.num_attention_heads, config.num_layers)
        self.encoder_local = (
            ShapeEncoder(part_channels, config.dim, config.num_attention_heads, config.num_layers) if config.part_local else None
        )

    def context_condition(self, part: Tensor, whole: Tensor, tokens: int | None = None, seed: int = 0) -> Tensor:
        """The part within the object: (B, T, dim).

        `part` (B, N, 6) are points with normals and `whole` (B, M, 7) those of the object with 1 where they belong to the part,
        both in the frame of the object. `seed` chooses the points of the part that become tokens.
        """
        chosen, _ = spread_points(part, tokens or self.config.num_tokens, seed)
        return self.encoder_context(self._embedded(chosen), self._embedded(whole))

    def local_condition(self, part: Tensor, tokens: int | None = None, seed: int = 0) -> Tensor | None:
        """The part by itself, points with normals (B, N, 6) in its own frame: (B, T, dim), or None where there is no such condition."""
        if self.encoder_local is None:
            return None
        chosen, _ = spread_points(part, tokens or self.config.num_tokens, seed)
        return self.encoder_local(self._embedded(chosen), self._embedded(part))

    def forward(
        self, part: Tensor, whole: Tensor, part_local: Tensor, tokens: int | None = None, seed: int = 0
    ) -> tuple[Tensor | None, Tensor]:
        """The local and the context condition."""
        return self.local_condition(part_local, tokens, seed), self.context_condition(part, whole, tokens, seed)

    def _embedded(self, points: Tensor) -> Tensor:
        return embedded_points(self.embedder, points, self.encoder_context.q_proj_in.weight.dtype)


class ContextEncoder(nn.Module):
    """Points of the part gather what is around them: (B, T, I) and (B, M, I') to (B, T, W)."""

    def __init__(self, part_channels: int, whole_channels: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.q_proj_in = nn.Linear(part_channels, width)
        self.kv_proj_in = nn.Linear(whole_channels, width)
        self.blocks = gathering_blocks(width, heads, layers)
        self.norm_out = nn.LayerNorm(width)

    def forward(self, part: Tensor, whole: Tensor) -> Tensor:
        return self.norm_out(gather(self.blocks, self.q_proj_in(part), self.kv_proj_in(whole)))
