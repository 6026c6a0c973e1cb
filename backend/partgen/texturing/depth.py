"""How far what a picture shows is away: by a depth network of this machine, and fitted to what is known of the picture.

    network = DepthNetwork(read_depth_folder(folder), placement)
    depth = aligned(network(picture), known, where)

Such networks (Depth Anything V2, Yang et al. 2024; DPT, Ranftl et al. 2021) tell depth or its inverse up to scale and shift; of an
orthographic view of an object both are linear enough that a scale and a shift from what is known around the part make depth of either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..devices import Placement, is_out_of_memory
from ..durations import seconds_of
from ..errors import PartgenError
from ..weights.registry import ENTRIES, Role, absent, condition, entry, models_folder

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MODEL = "depth-anything-v2-small"
"""The id of the one that is taken where none is named."""
ARCHITECTURES = ("DepthAnythingForDepthEstimation", "DPTForDepthEstimation")
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours that such networks were trained on, where a folder does not say them: those of ImageNet."""
OUTLIER = 2.5
"""Standard deviations beyond which what is known does not count in the second fit."""


class DepthEstimator(Protocol):
    """Tells how far away what each pixel of a picture shows is, up to a scale, of either sign, and a shift."""

    def __call__(self, picture: Floats) -> Floats:
        """Of a picture (n, n, 3) in 0..1: (n, n). Raises PartgenError."""
        ...


@dataclass(frozen=True)
class DepthFolder:
    """A folder that can be loaded: `side` pixels of the pictures that the network wants, in steps of `patch`."""

    folder: Path
    side: int
    patch: int
    mean: tuple[float, float, float] = MEAN
    deviation: tuple[float, float, float] = DEVIATION

    @property
    def name(self) -> str:
        return self.folder.name


def chosen_depth_folder(name: str = "auto", folder: Path | None = None) -> Path:
    """The folder of a depth network by its path or its id; for "auto" the one that was downloaded. Raises PartgenError."""
    if name != "auto" and Path(name).is_dir():
        return Path(name)
    known = [one.id for one in ENTRIES if one.role is Role.DEPTH]
    if name != "auto" and name not in known:
        sentence = f"{name} is neither a folder nor a model that tells depth."
        raise PartgenError("depth.no_network", sentence, f"Choose the folder of one, or one of: {', '.join(known)}.")
    wanted = entry(MODEL if name == "auto" else name)
    now = condition(wanted, models_folder(folder))
    if not now.is_usable:
        raise absent(wanted, now)
    return models_folder(folder) / wanted.id


def read_depth_folder(folder: Path) -> DepthFolder:
    """What a folder holds, as transformers lays it out. Raises PartgenError where it is no such folder, or unsafe."""
    config = _json(folder / "config.json")
    if config is None:
        raise PartgenError("depth.kind", f"{folder.name} has no config.json that can be read.", "Choose a folder as transformers loads it.")
    architecture = (config.get("architectures") or [""])[0]
    if architecture not in ARCHITECTURES:
        sentence = f"{folder.name} holds a {architecture or 'network of unknown kind'}, which does not tell depth."
        raise PartgenError("depth.kind", sentence, f"Choose one of these: {', '.join(ARCHITECTURES)}.")
    if "auto_map" in config or config.get("use_timm_backbone") or config.get("use_pretrained_backbone"):
        sentence = f"{folder.name} names programs or weights of elsewhere as its parts, which are not loaded."
        raise PartgenError("depth.unsafe", sentence, "Choose a network as its authors published it.")
    if not any(folder.glob("*.safetensors")):
        sentence = f"{folder.name} holds no weights as .safetensors; a pickle may hold a program."
        raise PartgenError("depth.unsafe", sentence, "Choose a copy with files .safetensors.")
    backbone = config.get("backbone_config") or {}
    patch = int(config.get("patch_size") or backbone.get("patch_size") or 14)
    side = int(backbone.get("image_size") or config.get("image_size") or 518)
    told = _json(folder / "preprocessor_config.json") or {}
    return DepthFolder(
        folder, max(side // patch, 1) * patch, patch, _three(told.get("image_mean"), MEAN), _three(told.get("image_std"), DEVIATION)
    )


class DepthNetwork:
    """A depth network on one device."""

    def __init__(self, source: DepthFolder, placement: Placement) -> None:
        """Loads it. Raises PartgenError where it cannot be read."""
        self.source, self.placement = source, placement
        self._network = _loaded(source, placement)

    def __call__(self, picture: Floats) -> Floats:
        """See `DepthEstimator`."""
        import torch
        from torch.nn.functional import interpolate

        side, source = self.source.side, self.source
        values = torch.tensor(np.ascontiguousarray(picture.transpose(2, 0, 1)), dtype=torch.float32)[None]
        values = interpolate(values, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        values = (values - torch.tensor(source.mean)[:, None, None]) / torch.tensor(source.deviation)[:, None, None]
        with torch.inference_mode():
            found = self._network(values.to(self.placement.device.id, getattr(torch, self.placement.precision))).predicted_depth
            found = interpolate(found[:, None].float(), picture.shape[:2], mode="bilinear")[0, 0].cpu().numpy().astype(np.float64)
        if not np.isfinite(found).all():
            raise PartgenError("depth.nothing", f"{source.name} answered no depth.", "Work in float32, or take another one.")
        return np.asarray(found)

    def seconds(self) -> float:
        """How long it takes here for a picture."""
        return seconds_of(lambda side: self(np.zeros((side, side, 3))), self.source.side, self.source.side, self.placement.device.id)


def aligned(estimate: Floats, known: Floats, where: Bools) -> Floats:
    """An estimate (n, n) scaled and shifted to the `known` depths (n, n) of the pixels `where` these hold, by least squares; once more
    without those that are far off."""
    x, y = estimate[where], known[where]
    scale, shift = _line(x, y)
    off = np.abs(scale * x + shift - y)
    near = off <= OUTLIER * max(float(off.std()), 1e-12)
    if near.sum() > 2:
        scale, shift = _line(x[near], y[near])
    return scale * estimate + shift


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """The scale and shift of the line through points that is nearest to them; level where they all have one x."""
    spread = float(((x - x.mean()) ** 2).sum())
    scale = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 1e-18 else 0.0
    return scale, float(y.mean() - scale * x.mean())


def _loaded(source: DepthFolder, placement: Placement) -> Any:
    import torch
    import transformers
    from safetensors import SafetensorError

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        network = transformers.AutoModelForDepthEstimation.from_pretrained(
            source.folder, dtype=getattr(torch, placement.precision), use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        if is_out_of_memory(error):
            raise
        first = (str(error).splitlines() or [""])[0]
        sentence = f"{source.name} could not be loaded: {first.rstrip('.')}."
        raise PartgenError("weights.damaged", sentence, "Download it again, or choose another one.") from error
    return network.eval().to(placement.device.id)


def _json(path: Path) -> Mapping[str, Any] | None:
    """A json file's table; None where there is none."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _three(values: object, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    if isinstance(values, list) and len(values) == 3:
        return float(values[0]), float(values[1]), float(values[2])
    return otherwise
