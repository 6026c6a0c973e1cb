"""Completing a part by diffusion: from what is visible of it to a closed surface, one part at a time.

The pipeline of HoloPart (Yang et al. 2025, sect. 3) over networks in folders as diffusers lays them out, `config.json` and
`diffusion_pytorch_model.safetensors` in each of `part_encoder`, `transformer` and `vae`, and `scheduler/scheduler_config.json`.

    PartCloud ── PartEncoder ── conditions ── PartDiT, step by step from noise ── latents ── ShapeVAE ── field ── closed surface
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..devices import Placement
from ..durations import seconds_of
from ..errors import Action, PartgenError
from ..latent_diffusion.extraction import CHUNK, ClosedSurface, expected_reads
from ..latent_diffusion.flow_matching import FlowMatching
from ..latent_diffusion.sampling import Conditions, Effort, LatentDiffusion
from ..networks.part_dit import PartDiT, PartDiTConfig
from ..networks.part_encoder import PartEncoder, PartEncoderConfig
from ..networks.shape_vae import ShapeVAE, ShapeVAEConfig, TransformerBlock
from ..progress import Progress, no_progress, within
from .part_clouds import POINTS, PartCloud

CONFIG, WEIGHTS = "config.json", "diffusion_pytorch_model.safetensors"
TRAINED = "model*.safetensors"

Network = TypeVar("Network", bound=nn.Module)

FULL = Effort()
"""As the authors do it."""
REDUCED = Effort(tokens=512, steps=16, cells=128)
"""For a CPU: a twelfth of the work for the latents, an eighth for the surface. Coarser, and with less detail."""


@dataclass(frozen=True)
class Stages:
    """Seconds that the stages of one part take."""

    conditions: float
    steps: float
    surface: float

    @property
    def total(self) -> float:
        return self.conditions + self.steps + self.surface


class PartDiffusion(LatentDiffusion):
    """The three networks and the schedule on one device. Which points become tokens is drawn on the CPU from the seed, too."""

    def __init__(self, part_encoder: PartEncoder, transformer: PartDiT, vae: ShapeVAE, flow: FlowMatching) -> None:
        super().__init__(transformer, vae, flow)
        self.part_encoder = part_encoder.eval()

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
