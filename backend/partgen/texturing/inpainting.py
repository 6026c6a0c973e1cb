"""Painting a part by words: a pipeline of diffusers inpaints four views of it as one picture, led by their depth.

    inpainter = DiffusionInpainter(read_checkpoint(folder, control), placement)
    picture = inpainter(grid, "rusty iron", seed=1)

As one picture the views agree with each other, which four pictures do not: Section 3.3 of PartGen (Chen et al. 2024), after Instant3D
(Li et al. 2023). A pipeline of diffusers runs in half precision on an accelerator, and on the CPU in a reduced form.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation

from ..devices import Placement, is_out_of_memory
from ..durations import seconds_of
from ..errors import Action, PartgenError
from ..progress import Progress, no_progress
from .checkpoints import STABLE_DIFFUSION_XL, Checkpoint
from .grid import Floats, Grid

if TYPE_CHECKING:
    import torch

PACKAGES = ("diffusers", "transformers", "accelerate")
SCENE = ", the same object in four views, from the front, the right, the back and the left, on a plain white background"
"""Said after every prompt: the networks were not trained on such grids, and without it make four objects."""
GROWTH = 8
"""Pixels by which the mask grows for the inpainter, one of its latents: else the old colour shines through at the part's border."""
SCALE = 8
"""Pixels for a latent along a side."""
TRIAL = 4
"""How much smaller along a side pictures are by whose time that of larger ones is estimated."""
LEAST_STRENGTH = 0.002
"""Below it, not one of the thousand steps that networks are trained with would be made."""


@dataclass(frozen=True)
class Effort:
    """How much is spent on a picture: `side` pixels along it, `steps` from noise to picture. `guidance` is how far it goes beyond
    what is likely without the prompt; at 1 or less half of the work falls away."""

    side: int = 1024
    steps: int = 30
    guidance: float = 7.5


FULL = Effort()
REDUCED = Effort(side=512, steps=12)
"""For a CPU: a tenth of the work. Views of 256 pixels, with less detail."""


def effort_on(placement: Placement) -> Effort:
    """As much as a device can do in minutes."""
    return REDUCED if placement.device.id == "cpu" else FULL


def check_packages() -> None:
    """Raises PartgenError where a package is missing."""
    missing = [name for name in ("torch", *PACKAGES) if find_spec(name) is None]
    if "torch" in missing:
        sentence = "Painting parts needs PyTorch, which is not installed here."
        raise PartgenError("method.no_torch", sentence, "Set PartGen up with the tier AI.", Action.SET_UP)
    if missing:
        sentence = f"Painting parts needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed here."
        remedy = "Repair the environment; in one of your own: pip install 'partgen[ai]'."
        raise PartgenError("method.no_diffusers", sentence, remedy, Action.REPAIR)


class DiffusionInpainter:
    """A checkpoint on one device. What decides the result, the noise, is drawn on the CPU from the seed: another device or precision
    changes rounding alone."""

    def __init__(self, checkpoint: Checkpoint, placement: Placement, effort: Effort | None = None) -> None:
        """Loads it. Raises PartgenError where a package is missing or a file of the checkpoint cannot be read."""
        self.checkpoint, self.placement, self.effort = checkpoint, placement, effort or effort_on(placement)
        self._pipeline = _loaded(checkpoint, placement)

    @property
    def side(self) -> int:
        return self.effort.side

    @property
    def _controls(self) -> tuple[Path | None, Path | None]:
        """The ControlNets for depth and for normals."""
        return self.checkpoint.control, self.checkpoint.normals

    def __call__(self, grid: Grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> Floats:
        """See `Inpainter`."""
        import torch

        if not prompt.strip():
            raise PartgenError("edit.empty_prompt", "The prompt is empty.", "Say what the part is to look like: “rusty iron”.")
        if self.effort.steps < 1:
            raise PartgenError("options.steps", f"{self.effort.steps} steps lead nowhere.", "Choose 1 step or more.")
        strength = min(max(strength, LEAST_STRENGTH), self.checkpoint.family.most_strength)
        steps = self._steps(strength)
        led = [_picture(seen) for control, seen in zip(self._controls, (grid.depth, grid.normal), strict=True) if control is not None]
        asked: dict[str, Any] = {"control_image": led if len(led) > 1 else led[0]} if led else {}
        mask = binary_dilation(grid.mask, np.ones((3, 3)), iterations=GROWTH)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the library does inside itself and will do otherwise
            answer = self._pipeline(
                prompt=prompt.strip() + SCENE, image=_picture(grid.colour), mask_image=Image.fromarray(mask.astype(np.uint8) * 255),
                height=self.side, width=self.side, strength=strength, num_inference_steps=steps, guidance_scale=self.effort.guidance,
                generator=torch.Generator().manual_seed(seed), output_type="np", callback_on_step_end=_telling(progress, steps, strength),
                **asked,
            )  # fmt: skip
        picture = answer.images[0].astype(np.float64)
        if not np.isfinite(picture).all():
            raise PartgenError("texture.nothing", f"{self.checkpoint.name} answered no picture.", "Work in float32, or take another one.")
        return picture

    def _steps(self, strength: float) -> int:
        """Steps that leave at least one to make of the share `strength` at their end, and no more than the networks were trained with."""
        schedule = self._pipeline.scheduler.config
        most = schedule.num_train_timesteps - schedule.get("steps_offset", 0)  # by so much the last one comes later
        return min(max(self.effort.steps, math.ceil(1 / max(strength, LEAST_STRENGTH))), most)

    def seconds(self, strength: float = 1.0) -> float:
        """How long a picture takes here, from one step of the networks and smaller pictures of the rest."""
        import torch

        pipeline, latents = self._pipeline, self.side // SCALE
        passes = 2 if self.effort.guidance > 1 else 1
        with torch.inference_mode():
            of_step = self._seconds(self._step, latents)
            small = self.side // TRIAL
            channels = pipeline.vae.config.latent_channels
            of_reading = self._seconds(lambda size: pipeline.vae.encode(self._empty(1, 3, size, size)), small)
            of_drawing = self._seconds(lambda size: pipeline.vae.decode(self._empty(1, channels, size // SCALE, size // SCALE)), small)
        made = max(int(self._steps(strength) * strength), 1)
        return made * passes * of_step + TRIAL**2 * (2 * of_reading + of_drawing)

    def _step(self, size: int) -> Any:
        """One evaluation of the networks on latents of `size` along a side."""
        import torch

        unet, words = self._pipeline.unet, self._pipeline.text_encoder.config.max_position_embeddings
        told = self._empty(1, words, unet.config.cross_attention_dim)
        moment = torch.ones(1, dtype=torch.long, device=self.placement.device.id)
        more: dict[str, Any] = {}
        if self.checkpoint.family is STABLE_DIFFUSION_XL:
            pooled = self._pipeline.text_encoder_2.config.projection_dim
            more = {"added_cond_kwargs": {"text_embeds": self._empty(1, pooled), "time_ids": self._empty(1, 6)}}
        if any(self._controls):
            together = self._pipeline.controlnet
            for control in getattr(together, "nets", [together]):  # one, or several of which diffusers made one
                noise, seen = self._empty(1, control.config.in_channels, size, size), self._empty(1, 3, SCALE * size, SCALE * size)
                down, middle = control(noise, moment, told, seen, return_dict=False, **more)
            more |= {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
        return unet(self._empty(1, unet.config.in_channels, size, size), moment, told, **more)

    def _seconds(self, work: Callable[[int], Any], size: int) -> float:
        return seconds_of(work, size, max(size // 4, 8), self.placement.device.id)

    def _empty(self, *shape: int) -> torch.Tensor:
        import torch

        return torch.zeros(shape, dtype=getattr(torch, self.placement.precision), device=self.placement.device.id)


def _loaded(checkpoint: Checkpoint, placement: Placement) -> Any:
    """The pipeline of diffusers on a device: from safetensors of this machine alone, without a program of the folder."""
    check_packages()
    import diffusers
    import torch
    import transformers
    from safetensors import SafetensorError

    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.disable_progress_bar()
    family = checkpoint.family
    safely: dict[str, Any] = {"dtype": getattr(torch, placement.precision), "use_safetensors": True, "local_files_only": True}
    more: dict[str, Any] = {"feature_extractor": None, "image_encoder": None}
    more |= {"add_watermarker": False} if family is STABLE_DIFFUSION_XL else {"safety_checker": None, "requires_safety_checker": False}
    try:
        found = ((checkpoint.control, checkpoint.control_variant), (checkpoint.normals, checkpoint.normals_variant))
        controls = [
            diffusers.ControlNetModel.from_pretrained(folder, variant=variant or None, **safely)
            for folder, variant in found
            if folder is not None
        ]
        if controls:
            more["controlnet"] = controls if len(controls) > 1 else controls[0]
        kind = getattr(diffusers, family.with_control if controls else family.pipeline)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of arguments that other versions of the library call otherwise
            pipeline = kind.from_pretrained(checkpoint.folder, variant=checkpoint.variant or None, **safely, **more)
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        if is_out_of_memory(error):
            raise
        first = (str(error).splitlines() or [""])[0]
        sentence = f"{checkpoint.name} could not be loaded: {first.rstrip('.')}."
        raise PartgenError("weights.damaged", sentence, "Download it again, or choose another one.") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(placement.device.id)


def _picture(values: NDArray[Any]) -> Image.Image:
    """Values (n, n) or (n, n, 3) in 0..1 as a picture in colours."""
    return Image.fromarray(np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)).convert("RGB")


def _telling(progress: Progress, steps: int, strength: float) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """Tells the progress after every step of a pipeline."""
    made = max(int(steps * strength), 1)

    def tell(_pipeline: Any, number: int, _moment: Any, state: dict[str, Any]) -> dict[str, Any]:
        progress(min((number + 1) / made, 1.0), f"step {number + 1} of {made}")
        return state

    return tell
