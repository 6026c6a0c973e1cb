"""The shape autoencoder of HoloPart: a closed surface as a set of latent tokens, and back as a field that is positive inside.

Zhang et al., "3DShape2VecSet", 2023, in the form of Li et al., "TripoSG", 2025, on which Yang et al., "HoloPart: Generative 3D
Part Amodal Segmentation", 2025, is built. The blocks below are also those of its part encoder and of its diffusion transformer.

    surface points ── ShapeEncoder ── quant ── mean, log variance ~ latents ── post_quant ── ShapeDecoder ── logits at points

Tokens have no order and no position of their own, so any number of them can be encoded and decoded. The networks are
written so that the released weights load by name; what those were trained with and a cleaner design would leave out is
kept, and said where it happens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .sizes import Sizes

POSITION_CHANNELS = 3


@dataclass(frozen=True)
class ShapeVAEConfig(Sizes):
    """The sizes of a shape autoencoder, named as in its config.json; the defaults are HoloPart's (242.7 million parameters)."""

    in_channels: int = 3
    latent_channels: int = 64
    num_attention_heads: int = 8
    width_encoder: int = 512
    width_decoder: int = 1024
    num_layers_encoder: int = 8
    num_layers_decoder: int = 16
    embed_frequency: int = 8
    embed_include_pi: bool = False


@dataclass(frozen=True)
class Posterior:
    """A Gaussian for every latent channel of every token: `mean` and `log_variance`, both (B, T, C)."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """Latents drawn from it (B, T, C): the same for the same generator."""
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + (self.log_variance / 2).exp() * noise

    def divergence(self) -> Tensor:
        """How far it is from the standard Gaussian, in nats for each channel of each token: a scalar."""
        return (self.mean.square() + self.log_variance.exp() - 1 - self.log_variance).mean() / 2


class ShapeVAE(nn.Module):
    """The whole autoencoder. `encode` a surface, `expand` latents once, then read `logits` anywhere.

    State dict: key for key that of the released weights.
    """

    def __init__(self, config: ShapeVAEConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ShapeVAEConfig()
        self.embedder = FrequencyEmbedding(config.embed_frequency, config.embed_include_pi)
        embedded, heads = self.embedder.channels, config.num_attention_heads
        self.encoder = ShapeEncoder(embedded + config.in_channels, config.width_encoder, heads, config.num_layers_encoder)
        self.decoder = ShapeDecoder(embedded, config.width_decoder, heads, config.num_layers_decoder)
        self.quant = nn.Linear(config.width_encoder, 2 * config.latent_channels)
        self.post_quant = nn.Linear(config.latent_channels, config.width_decoder)

    def encode(self, surface: Tensor, tokens: int = 2048, seed: int = 0) -> Posterior:
        """Surface points with normals (B, N, 6) in [-1, 1] to the posterior of `tokens` latents.

        `seed` chooses the points that become tokens.
        """
        chosen, _ = spread_points(surface, tokens, seed)
        moments = self.quant(self.encoder(self._embedded(chosen), self._embedded(surface)))
        mean, log_variance = moments.chunk(2, -1)
        return Posterior(mean, log_variance.clamp(-30, 20))

    def expand(self, latents: Tensor) -> Tensor:
        """Latents (B, T, C) to the tokens that `logits` reads (B, T, width_decoder): the dear half of decoding, once for a shape."""
        return self.decoder.expand(self.post_quant(latents))

    def logits(self, tokens: Tensor, query: Tensor) -> Tensor:
        """How far inside points lie, positive within the shape and 0 on its surface: (B, T, W), (B, M, 3) to (B, M)."""
        embedded = self.embedder(query).to(tokens.dtype)
        # The released decoder was trained to be positive outside.
        return -self.decoder.read(tokens, embedded)[..., 0]

    def forward(self, surface: Tensor, query: Tensor, tokens: int = 2048, seed: int = 0) -> tuple[Tensor, Posterior]:
        """As in training: surface (B, N, 6) and points (B, M, 3) to logits (B, M) of a sample, and the posterior it is from."""
        posterior = self.encode(surface, tokens, seed)
        return self.logits(self.expand(posterior.sample()), query), posterior

    def _embedded(self, surface: Tensor) -> Tensor:
        return embedded_points(self.embedder, surface, self.quant.weight.dtype)


class ShapeEncoder(nn.Module):
    """A cloud gathered into tokens: (B, T, I) chosen points, (B, N, I) all points, to (B, T, W)."""

    def __init__(self, in_channels: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.proj_in = nn.Linear(in_channels, width)
        self.blocks = gathering_blocks(width, heads, layers)
        self.norm_out = nn.LayerNorm(width)

    def forward(self, chosen: Tensor, points: Tensor) -> Tensor:
        return self.norm_out(gather(self.blocks, self.proj_in(chosen), self.proj_in(points)))


class ShapeDecoder(nn.Module):
    """Blocks of self-attention over the latents, and a last one in which points of space ask these."""

    def __init__(self, embedded: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        blocks = [TransformerBlock(width, heads) for _ in range(layers)]
        reader = TransformerBlock(width, heads, has_self_attention=False, context_width=width, normalises_context=True)
        self.blocks = nn.ModuleList([*blocks, reader])
        self.proj_query = nn.Linear(embedded, width)
        self.norm_out = nn.LayerNorm(width)
        self.proj_out = nn.Linear(width, 1)

    def expand(self, tokens: Tensor) -> Tensor:
        """(B, T, W) to the same."""
        for block in self.blocks[:-1]:
            tokens = block(tokens)
        return tokens

    def read(self, tokens: Tensor, query: Tensor) -> Tensor:
        """Tokens (B, T, W), embedded points (B, M, E), to (B, M, 1)."""
        return self.proj_out(self.norm_out(self.blocks[-1](self.proj_query(query), tokens)))


def gathering_blocks(width: int, heads: int, layers: int) -> nn.ModuleList:
    """One block of cross-attention alone, then `layers` of self-attention."""
    first = TransformerBlock(width, heads, has_self_attention=False, context_width=width, normalises_context=True)
    return nn.ModuleList([first, *(TransformerBlock(width, heads) for _ in range(layers))])


def gather(blocks: nn.ModuleList, tokens: Tensor, context: Tensor) -> Tensor:
    """Runs `gathering_blocks`: tokens (B, T, W) ask the context (B, N, W), then one another."""
    first, *others = blocks
    tokens = first(tokens, context)
    for block in others:
        tokens = block(tokens)
    return tokens


# ---- points ----------------------------------------------------------------------------------------------------------


class FrequencyEmbedding(nn.Module):
    """Coordinates beside their sines and cosines at doubling frequencies: (…, 3) to (…, channels), without weights.

    In the order x, y, z, then all sines of x, of y, of z, then the cosines.
    """

    def __init__(self, frequencies: int, includes_pi: bool = False) -> None:
        super().__init__()
        self.channels = POSITION_CHANNELS * (1 + 2 * frequencies)
        unit = math.pi if includes_pi else 1.0
        self.frequencies = tuple(unit * 2.0**octave for octave in range(frequencies))

    def forward(self, points: Tensor) -> Tensor:
        angles = (points[..., None] * points.new_tensor(self.frequencies)).flatten(-2)
        return torch.cat([points, angles.sin(), angles.cos()], -1)


def embedded_points(embedder: FrequencyEmbedding, points: Tensor, dtype: torch.dtype) -> Tensor:
    """Points with features (B, N, 3 + F), their positions embedded: (B, N, E + F) of type `dtype`.

    The sines are taken in the precision of the points: half of it would leave nothing of the highest frequencies.
    """
    position, features = points[..., :POSITION_CHANNELS], points[..., POSITION_CHANNELS:]
    return torch.cat([embedder(position), features], -1).to(dtype)


def spread_points(points: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """`count` points of each cloud (B, N, C), spread over it: (B, count, C), and their places (B, count) among those drawn.

    Four times as many are drawn at random, then the farthest of them one after the other. The same draw for every cloud of
    the batch, and the same for the same seed and sizes.
    """
    drawn = np.random.default_rng(seed).choice(points.shape[1], 4 * count, replace=4 * count > points.shape[1])
    candidates = points[:, torch.from_numpy(drawn).to(points.device)]
    places = farthest_points(candidates[..., :POSITION_CHANNELS], count)
    return candidates.gather(1, places[..., None].expand(-1, -1, points.shape[2])), places


def farthest_points(points: Tensor, count: int) -> Tensor:
    """Places (B, count) of points (B, N, 3), the first one first and then always the one farthest from all before (Eldar 1997)."""
    batch = torch.arange(len(points), device=points.device)
    places = torch.zeros(len(points), count, dtype=torch.long, device=points.device)
    nearest = points.new_full(points.shape[:2], math.inf)
    for number in range(1, count):
        newest = points[batch, places[:, number - 1], None]
        nearest = torch.minimum(nearest, (points - newest).square().sum(-1))
        places[:, number] = nearest.argmax(1)
    return places


# ---- blocks ----------------------------------------------------------------------------------------------------------


class TransformerBlock(nn.Module):
    """Self-attention, attention to up to two contexts, and a feed-forward layer, each added to the tokens (B, T, W).

    `context_width`, `context_2_width`: the channels of the contexts, 0 for none. `joins_skip`: takes tokens of an earlier block
    as well. Names as in Hunyuan-DiT's block of the diffusers library: norm1 and attn1, norm2 and attn2, norm2_2 and attn2_2.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        has_self_attention: bool = True,
        context_width: int = 0,
        context_2_width: int = 0,
        normalises_context: bool = False,
        normalises_heads: bool = False,
        joins_skip: bool = False,
    ) -> None:
        super().__init__()
        self.joins_skip = joins_skip
        if joins_skip:
            self.skip_linear = nn.Linear(2 * width, width)
            self.skip_norm = nn.LayerNorm(width)
        self.norm1 = nn.LayerNorm(width) if has_self_attention else None
        self.attn1 = Attention(width, heads, normalises_heads=normalises_heads) if has_self_attention else None
        self.norm2 = nn.LayerNorm(width) if context_width else None
        self.attn2 = Attention(width, heads, context_width, normalises_context, normalises_heads) if context_width else None
        self.norm2_2 = nn.LayerNorm(width) if context_2_width else None
        self.attn2_2 = Attention(width, heads, context_2_width, normalises_context, normalises_heads) if context_2_width else None
        self.norm3 = nn.LayerNorm(width)
        self.ff = FeedForward(width)

    def forward(self, tokens: Tensor, context: Tensor | None = None, context_2: Tensor | None = None, skip: Tensor | None = None) -> Tensor:
        if self.joins_skip:
            assert skip is not None
            # The norm after the linear layer: the released weights were trained with that order.
            tokens = self.skip_norm(self.skip_linear(torch.cat([skip, tokens], -1)))
        if self.attn1 is not None and self.norm1 is not None:
            tokens = tokens + self.attn1(self.norm1(tokens))
        if self.attn2 is not None and self.norm2 is not None:
            tokens = tokens + self.attn2(self.norm2(tokens), context)
        if self.attn2_2 is not None and self.norm2_2 is not None:
            tokens = tokens + self.attn2_2(self.norm2_2(tokens), context_2)
        return tokens + self.ff(self.norm3(tokens))


class Attention(nn.Module):
    """Multi-head attention of tokens (B, T, W) among themselves, or to a context (B, N, C).

    A head's channels are not those of its own third: queries, keys and values are laid end to end, that row is cut into one
    piece for each head, and each piece into three (keys and values into two, where a context is asked). The released
    weights were trained with that order of heads.
    """

    def __init__(
        self, width: int, heads: int, context_width: int = 0, normalises_context: bool = False, normalises_heads: bool = False
    ) -> None:
        super().__init__()
        self.heads, self.head_width = heads, width // heads
        self.asks_context = bool(context_width)
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width or width, width, bias=False)
        self.to_v = nn.Linear(context_width or width, width, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])
        self.norm_cross = nn.LayerNorm(context_width) if normalises_context and context_width else nn.Identity()
        self.norm_q = nn.RMSNorm(self.head_width, eps=1e-6) if normalises_heads else nn.Identity()
        self.norm_k = nn.RMSNorm(self.head_width, eps=1e-6) if normalises_heads else nn.Identity()

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        if self.asks_context:
            assert context is not None
            context = self.norm_cross(context)
            (query,) = self._of_heads(self.to_q(tokens))
            key, value = self._of_heads(self.to_k(context), self.to_v(context))
        else:
            query, key, value = self._of_heads(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        attended = functional.scaled_dot_product_attention(self.norm_q(query), self.norm_k(key), value)
        return self.to_out[0](attended.transpose(1, 2).flatten(2))

    def _of_heads(self, *projections: Tensor) -> tuple[Tensor, ...]:
        """Projections (B, N, W), cut into heads together: each (B, heads, N, head_width)."""
        pieces = torch.cat(projections, -1).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return pieces.split(self.head_width, -1)


class FeedForward(nn.Module):
    """Two linear layers with GELU between them: (B, T, W) to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # Dropout has no weights, but the released weights count it: the second linear layer is number 2.
        self.net = nn.ModuleList([GELULinear(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, tokens: Tensor) -> Tensor:
        for layer in self.net:
            tokens = layer(tokens)
        return tokens


class GELULinear(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(in_channels, out_channels)

    def forward(self, tokens: Tensor) -> Tensor:
        return functional.gelu(self.proj(tokens))
