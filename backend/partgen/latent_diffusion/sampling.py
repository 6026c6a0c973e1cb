"""Latents of shapes by diffusion, and the surfaces that they stand for: a transformer, an autoencoder and a schedule on one device.

                   conditions
                       │
    noise ── PartDiT, step by step ── latents ── ShapeVAE ── field ── closed surface
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..networks.part_dit import PartDiT
from ..networks.shape_vae import ShapeVAE
from ..progress import Progress, no_progress
from .extraction import ClosedSurface, closed_surface
from .flow_matching import FlowMatching, noised, step


@dataclass(frozen=True)
class Effort:
    """How much is spent on a part: `tokens` that describe it, `steps` from noise to shape, `cells` of the finest grid along a
    side. `guidance` is how far it goes beyond what the conditions alone say; at 1 or less half of the work falls away."""

    tokens: int = 2048
    steps: int = 50
    cells: int = 512
    guidance: float = 3.5


@dataclass(frozen=True)
class Conditions:
    """What the transformer is told of a part, both (1, T, D): the part by itself (None where its network has no use for that),
    and what it stands in."""

    local: Tensor | None
    context: Tensor


class LatentDiffusion:
    """The networks and the schedule on one device.

    The noise is drawn on the CPU in float32 from a seed: another device or precision changes rounding alone.
    """

    def __init__(self, transformer: PartDiT, vae: ShapeVAE, flow: FlowMatching) -> None:
        self.transformer, self.vae, self.flow = transformer.eval(), vae.eval(), flow
        self.device, self.dtype = torch.device("cpu"), transformer.proj_in.weight.dtype

    def latents(self, conditions: Conditions, effort: Effort, seed: int = 0, progress: Progress = no_progress) -> Tensor:
        """The latents of a shape that fits the conditions: (1, tokens, C) float32."""
        return self.denoised(self.noise(effort, seed), conditions, effort, progress)

    @torch.inference_mode()
    def changed(
        self, latents: Tensor, strength: float, conditions: Conditions, effort: Effort, seed: int = 0, progress: Progress = no_progress
    ) -> Tensor:
        """Latents (1, tokens, C) led to what the conditions say, as far as `strength` lets them: 0 leaves them, 1 is as without them.

        Meng et al., "SDEdit", 2022.
        """
        if strength >= 1:
            return self.latents(conditions, effort, seed, progress)
        sigma = torch.full((1,), strength, device=self.device)
        return self.denoised(noised(latents, self.noise(effort, seed), sigma), conditions, effort, progress, strength)

    def noise(self, effort: Effort, seed: int) -> Tensor:
        """(1, tokens, C) float32."""
        shape = (1, effort.tokens, self.transformer.config.in_channels)
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(self.device)

    @torch.inference_mode()
    def denoised(
        self, latents: Tensor, conditions: Conditions, effort: Effort, progress: Progress = no_progress, begin: float = 1.0
    ) -> Tensor:
        """From noise (1, T, C) to latents, `effort.steps` steps along the flow; less noisy ones begin at `begin` and take fewer.

        Reports the share of the steps that are made, 1 after the last, and stops before any of them where `progress` raises.
        """
        sigmas = self.flow.sigmas(effort.steps).tolist()
        if begin < 1:
            sigmas = [begin, *(sigma for sigma in sigmas if sigma < begin)]
        steps = len(sigmas) - 1
        for number, (sigma, next_sigma) in enumerate(pairwise(sigmas)):
            progress(number / steps, f"step {number + 1} of {steps}")
            latents = step(latents, self.velocity(latents, sigma, conditions, effort.guidance), sigma, next_sigma)
        progress(1.0, f"step {steps} of {steps}")
        return latents

    def velocity(self, latents: Tensor, sigma: float, conditions: Conditions, guidance: float) -> Tensor:
        """Where the latents (1, T, C) go at `sigma`, guided: beyond where the conditions lead, away from where nothing does."""
        batch, local, context = latents, conditions.local, conditions.context
        if guidance > 1:
            batch = latents.expand(2, -1, -1)
            local, context = None if local is None else after_zeros(local), after_zeros(context)
        times = torch.full((len(batch),), self.flow.time(sigma), device=self.device)
        found = self.transformer(batch.to(self.dtype), times, local, context).float()
        if guidance > 1:
            free, told = found.chunk(2)
            return free + guidance * (told - free)
        return found

    @torch.inference_mode()
    def surface(
        self, latents: Tensor, effort: Effort, known: NDArray[np.float32] | None = None, progress: Progress = no_progress
    ) -> ClosedSurface:
        """The closed surface of latents (1, T, C), in the frame of the part. `known` (k, 3) are points that lie on it."""
        return closed_surface(self.field(latents), effort.cells, known, progress=progress)

    @torch.inference_mode()
    def field(self, latents: Tensor) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        """Points (n, 3) in the frame of the part to how far inside they are (n,), positive within the shape."""
        tokens = self.vae.expand(latents.to(self.dtype))

        def logits(points: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.inference_mode():
                return self.vae.logits(tokens, torch.from_numpy(points)[None].to(self.device))[0].float().cpu().numpy()

        return logits


def after_zeros(condition: Tensor) -> Tensor:
    """A condition (1, T, D) as the second of two, of which the first tells nothing: so the transformer was trained."""
    return torch.cat([torch.zeros_like(condition), condition])
