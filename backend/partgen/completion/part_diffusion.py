"""Completing a part by diffusion: from what is visible of it to a closed surface, one part at a time.

The pipeline of HoloPart (Yang et al. 2025, sect. 3) over networks in folders as diffusers lays them out, `config.json` and
`diffusion_pytorch_model.safetensors` in each of `part_encoder`, `transformer` and `vae`, and `scheduler/scheduler_config.json`.

    PartCloud ── PartEncoder ── conditions ── PartDiT, step by step from noise ── latents ── ShapeVAE ── field ── closed surface
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..devices import Placement
from ..durations import seconds_of
from ..errors import Action, PartgenError
from ..networks.part_dit import PartDiT, PartDiTConfig
from ..networks.part_encoder import PartEncoder, PartEncoderConfig
from ..networks.shape_vae import ShapeVAE, ShapeVAEConfig, TransformerBlock
from ..segmentation import Progress, no_progress
from .extraction import CHUNK, ClosedSurface, closed_surface, expected_reads
from .flow_matching import FlowMatching, step
from .part_clouds import POINTS, PartCloud

CONFIG, WEIGHTS = "config.json", "diffusion_pytorch_model.safetensors"
TRAINED = "model*.safetensors"

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Effort:
    """How much is spent on a part: `tokens` that describe it, `steps` from noise to shape, `cells` of the finest grid along a
    side. `guidance` is how far it goes beyond what the conditions alone say; at 1 or less half of the work falls away."""

    tokens: int = 2048
    steps: int = 50
    cells: int = 512
    guidance: float = 3.5


FULL = Effort()
"""As the authors do it."""
REDUCED = Effort(tokens=512, steps=16, cells=128)
"""For a CPU: a twelfth of the work for the latents, an eighth for the surface. Coarser, and with less detail."""


@dataclass(frozen=True)
class Conditions:
    """What the transformer is told of a part, both (1, T, D): the part by itself (None where its network has no use for that),
    and within the object."""

    local: Tensor | None
    context: Tensor


@dataclass(frozen=True)
class Stages:
    """Seconds that the stages of one part take."""

    conditions: float
    steps: float
    surface: float

    @property
    def total(self) -> float:
        return self.conditions + self.steps + self.surface


class PartDiffusion:
    """The three networks and the schedule on one device.

    What decides the result, which points become tokens and the noise, is drawn on the CPU in float32 from the seed: another
    device or precision changes rounding alone.
    """

    def __init__(self, part_encoder: PartEncoder, transformer: PartDiT, vae: ShapeVAE, flow: FlowMatching) -> None:
        self.part_encoder, self.transformer, self.vae, self.flow = part_encoder.eval(), transformer.eval(), vae.eval(), flow
        self.device, self.dtype = torch.device("cpu"), transformer.proj_in.weight.dtype

    @classmethod
    def from_folder(cls, folder: Path) -> PartDiffusion:
        """The pipeline of a folder as published, on the CPU and in the precision that it is stored in.

        Raises PartgenError "weights.damaged" where a file is missing, unreadable or of another network.
        """
        return cls(
            _network(folder / "part_encoder", lambda values: PartEncoder(PartEncoderConfig.of(values))),
            _network(folder / "transformer", lambda values: PartDiT(PartDiTConfig.of(values))),
            _network(folder / "vae", lambda values: ShapeVAE(ShapeVAEConfig.of(values))),
            _schedule(folder / "scheduler" / "scheduler_config.json"),
        )

    @classmethod
    def from_training(cls, folder: Path) -> PartDiffusion:
        """The pipeline of a folder as `partgen train completer` leaves it: one config.json, and weights in one or several files.

        Raises PartgenError "weights.damaged" as `from_folder` does.
        """
        config = _json(folder / CONFIG)
        try:
            tensors = {name: value for path in sorted(folder.glob(TRAINED)) for name, value in load_file(path).items()}
            with torch.device("meta"):
                encoder = PartEncoder(PartEncoderConfig.of(config["part_encoder"]))
                transformer, vae = PartDiT(PartDiTConfig.of(config["transformer"])), ShapeVAE(ShapeVAEConfig.of(config["vae"]))
            for name, network in (("part_encoder.", encoder), ("transformer.", transformer), ("vae.", vae)):
                own = {key.removeprefix(name): value for key, value in tensors.items() if key.startswith(name)}
                network.load_state_dict(own, assign=True)
            return cls(encoder, transformer, vae, FlowMatching.of(config["scheduler"]))
        except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
            raise _damaged(folder / TRAINED) from error

    def to(self, placement: Placement) -> PartDiffusion:
        """Moves everything to a device, to work there in its precision. Answers itself."""
        self.device, self.dtype = torch.device(placement.device.id), getattr(torch, placement.precision)
        for network in (self.part_encoder, self.transformer, self.vae):
            if self.device.type == "cpu":
                widen_while_working(network, self.dtype)
            else:
                network.to(self.device, self.dtype)
        return self

    def __call__(self, part: PartCloud, effort: Effort, seed: int = 0, progress: Progress = no_progress) -> ClosedSurface:
        """The closed surface of a part, in the coordinates of its mesh; empty where the networks find no inside.

        The same for the same part, effort and seed. Reports its share of the work from 0 to 1, by stage; stops between steps
        and between pieces of the surface where `progress` raises.
        """
        progress(0.0, "looking at it")
        latents = self.latents(self.conditions(part, effort, seed), effort, seed, within(progress, 0.0, 0.7))
        surface = self.surface(latents, effort, part.local[:, :3], within(progress, 0.7, 1.0))
        return ClosedSurface(part.frame.outward(surface.vertices), surface.faces)

    @torch.inference_mode()
    def conditions(self, part: PartCloud, effort: Effort, seed: int = 0) -> Conditions:
        """What the networks see in a part."""
        patch, whole, local = (torch.from_numpy(cloud)[None].to(self.device) for cloud in (part.patch, part.whole, part.local))
        return Conditions(*self.part_encoder(patch, whole, local, effort.tokens, seed))

    def latents(self, conditions: Conditions, effort: Effort, seed: int = 0, progress: Progress = no_progress) -> Tensor:
        """The latents of a shape that fits the conditions: (1, tokens, C) float32."""
        shape = (1, effort.tokens, self.transformer.config.in_channels)
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        return self.denoised(noise.to(self.device), conditions, effort, progress)

    @torch.inference_mode()
    def denoised(self, latents: Tensor, conditions: Conditions, effort: Effort, progress: Progress = no_progress) -> Tensor:
        """From noise (1, T, C) to latents, `effort.steps` steps along the flow."""
        for number, (sigma, next_sigma) in enumerate(pairwise(self.flow.sigmas(effort.steps).tolist())):
            progress(number / effort.steps, f"step {number + 1} of {effort.steps}")
            latents = step(latents, self.velocity(latents, sigma, conditions, effort.guidance), sigma, next_sigma)
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

    @torch.inference_mode()
    def timed(self, effort: Effort) -> Stages:
        """How long a part takes here, from one block of each network and a few points of the field: itself a small part of that."""
        tokens, batch = effort.tokens, 2 if effort.guidance > 1 else 1
        wide, encoder = self.transformer.config.width, self.part_encoder.config
        inner, condition = self._empty(batch, tokens + 1, wide), self._empty(batch, tokens, encoder.dim)
        block = self.transformer.blocks[-1]
        of_block = self._seconds(
            lambda count: block(inner[:, :count], condition[:, :count], condition[:, :count], inner[:, :count]), tokens
        )
        first, *_, last = self.part_encoder.encoder_context.blocks
        cloud = self._empty(1, POINTS, encoder.dim)
        of_gathering = self._seconds(lambda count: first(condition[:1, :count], cloud), tokens)
        of_encoder = self._seconds(lambda count: last(condition[:1, :count]), tokens)
        decoder, latent = self.vae.decoder.blocks[0], self._empty(1, tokens, self.vae.config.width_decoder)
        of_decoder = self._seconds(lambda count: decoder(latent[:, :count]), tokens)
        points = torch.zeros(1, CHUNK, 3, device=self.device)
        of_reading = self._seconds(lambda count: self.vae.logits(latent, points[:, :count]), CHUNK)
        return Stages(
            conditions=2 * (of_gathering + encoder.num_layers * of_encoder),
            steps=effort.steps * len(self.transformer.blocks) * of_block,
            surface=self.vae.config.num_layers_decoder * of_decoder + expected_reads(effort.cells) / CHUNK * of_reading,
        )

    def _empty(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self.dtype, device=self.device)

    def _seconds(self, work: Callable[[int], Any], size: int) -> float:
        return seconds_of(work, size, max(size // 32, 1), str(self.device))


def after_zeros(condition: Tensor) -> Tensor:
    """A condition (1, T, D) as the second of two, of which the first tells nothing: so the transformer was trained."""
    return torch.cat([torch.zeros_like(condition), condition])


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress whose 0 and 1 are `low` and `high` of the given one."""
    return lambda fraction, stage: progress(low + (high - low) * fraction, stage)


def widen_while_working(network: nn.Module, dtype: torch.dtype) -> None:
    """Lets a network that is stored in less precision work in `dtype`, one block at a time: a CPU computes fast in float32
    alone, and HoloPart in float32 takes 7.6 GB instead of 3.8."""
    blocks = [module for module in network.modules() if isinstance(module, TransformerBlock)]
    in_blocks = {id(weight) for block in blocks for weight in block.parameters()}
    for weight in network.parameters():
        if id(weight) not in in_blocks:
            weight.data = weight.data.to(dtype)
    for block in blocks:
        if next(block.parameters()).dtype != dtype:
            _widen_block(block, dtype)


def _widen_block(block: nn.Module, dtype: torch.dtype) -> None:
    stored = [weight.data for weight in block.parameters()]

    def hold(values: Iterable[Tensor]) -> None:
        for weight, value in zip(block.parameters(), values, strict=True):
            weight.data = value

    def before(*_: Any) -> None:
        hold(weight.to(dtype) for weight in stored)

    def after(*_: Any) -> None:
        hold(stored)

    block.register_forward_pre_hook(before)
    block.register_forward_hook(after, always_call=True)


# ---- folders ---------------------------------------------------------------------------------------------------------


def _network(folder: Path, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    """A network of a folder, in the precision that it is stored in."""
    with torch.device("meta"):
        network = build(_json(folder / CONFIG))
    try:
        network.load_state_dict(load_file(folder / WEIGHTS), assign=True)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _damaged(folder / WEIGHTS) from error
    return network


def _schedule(path: Path) -> FlowMatching:
    try:
        return FlowMatching.of(_json(path))
    except ValueError as error:
        raise _damaged(path) from error


def _json(path: Path) -> Mapping[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(values, dict):
        raise _damaged(path)
    return values


def _damaged(path: Path) -> PartgenError:
    sentence = f"The weights in {path.parent.parent} are damaged: {path.parent.name}/{path.name} cannot be read."
    return PartgenError("weights.damaged", sentence, "Download them again in the preferences under Models.", Action.OPEN_PREFERENCES)
