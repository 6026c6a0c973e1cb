"""Folders of diffusion checkpoints as diffusers lays them out: of which kind one is, and what of it may be loaded.

Read from its json alone, before any library touches the folder: weights have to be safetensors, never a pickle, and every component
has to be one of the classes that are named here, because a library loads whatever class a folder names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PartgenError
from ..weights.registry import ENTRIES, Role, absent, condition, entry, models_folder

INDEX, CONFIG = "model_index.json", "config.json"
HALF = "fp16"
"""How diffusers marks files in half precision: `model.fp16.safetensors`."""


@dataclass(frozen=True)
class Family:
    """Checkpoints that one pair of pipelines of diffusers loads: `pipeline`, and `with_control` beside a ControlNet.

    `most_strength`: what the authors of its inpainting network advise to stay at or below. `model`, `control` and `normals`, ControlNets
    for depth and for normals, are ids in the registry, "" for none.
    """

    title: str
    pipeline: str
    with_control: str
    most_strength: float
    model: str
    control: str
    normals: str = ""


STABLE_DIFFUSION = Family(
    "Stable Diffusion", "StableDiffusionInpaintPipeline", "StableDiffusionControlNetInpaintPipeline", 1.0,
    "sd15-inpainting", "sd15-depth", "sd15-normals",
)  # fmt: skip
STABLE_DIFFUSION_XL = Family(
    "Stable Diffusion XL", "StableDiffusionXLInpaintPipeline", "StableDiffusionXLControlNetInpaintPipeline", 0.99,
    "sdxl-inpainting", "sdxl-depth",
)  # fmt: skip
FAMILIES: Mapping[str, Family] = {
    "StableDiffusionPipeline": STABLE_DIFFUSION,
    "StableDiffusionInpaintPipeline": STABLE_DIFFUSION,
    "StableDiffusionControlNetPipeline": STABLE_DIFFUSION,
    "StableDiffusionControlNetInpaintPipeline": STABLE_DIFFUSION,
    "StableDiffusionXLPipeline": STABLE_DIFFUSION_XL,
    "StableDiffusionXLInpaintPipeline": STABLE_DIFFUSION_XL,
    "StableDiffusionXLControlNetPipeline": STABLE_DIFFUSION_XL,
    "StableDiffusionXLControlNetInpaintPipeline": STABLE_DIFFUSION_XL,
}
"""By the class in model_index.json. Those that only make pictures from words inpaint as well, less seamlessly."""

NETWORKS: Mapping[str, str] = {
    "unet": "UNet2DConditionModel",
    "vae": "AutoencoderKL",
    "text_encoder": "CLIPTextModel",
    "text_encoder_2": "CLIPTextModelWithProjection",
    "controlnet": "ControlNetModel",
}
TOKENIZERS = ("CLIPTokenizer", "CLIPTokenizerFast")
LEFT_OUT = ("safety_checker", "feature_extractor", "image_encoder")
"""Components that are not needed: a filter that blackens pictures which it takes for indecent, and prompts that are pictures."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder that can be loaded: its `family`, the `variant` of its files ("" or "fp16"), and that of its ControlNets, if any:
    `control` for depth, `normals` for normals."""

    folder: Path
    family: Family
    variant: str
    components: tuple[str, ...]
    control: Path | None = None
    control_variant: str = ""
    normals: Path | None = None
    normals_variant: str = ""

    @property
    def name(self) -> str:
        led = [control.name for control in (self.control, self.normals) if control is not None]
        return f"{self.folder.name} with {' and '.join(led)}" if led else self.folder.name


def read_checkpoint(folder: Path, control: Path | None = None, in_half: bool = False, normals: Path | None = None) -> Checkpoint:
    """What a folder holds, and folders of ControlNets for it, for depth and for normals. Raises PartgenError where one is no such
    folder, or unsafe.

    `in_half`: files in half precision are taken where there are both.
    """
    index = _json(folder, INDEX)
    family = FAMILIES.get(str(index.get("_class_name")))
    if family is None:
        sentence = f"{folder.name} is a {index.get('_class_name')}, which cannot paint into a picture."
        raise PartgenError("texture.kind", sentence, "Choose a checkpoint of Stable Diffusion 1.5 or XL, best one for inpainting.")
    components = _components(folder, index)
    needed = {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    if family is STABLE_DIFFUSION_XL:
        needed |= {"text_encoder_2", "tokenizer_2"}
    if missing := sorted(needed - set(components)):
        raise PartgenError("texture.kind", f"{folder.name} lacks the component {missing[0]}.", "Download it again, as a whole.")
    if control is None and "controlnet" in components:
        control = folder / "controlnet"
    networks = [folder / name for name in components if name in NETWORKS and name != "controlnet"]
    variant = _variant(networks, in_half)
    kept = tuple(name for name in components if name != "controlnet")
    variants = []
    for one in (control, normals):
        if one is not None:
            _check_control(folder, one)
        variants.append(_variant([one], in_half) if one is not None else "")
    return Checkpoint(folder, family, variant, kept, control, variants[0], normals, variants[1])


def fits(folder: Path, control: Path) -> bool:
    """Whether a ControlNet was made for a checkpoint, by the width of the words that both are told."""
    widths = [_json(place, CONFIG).get("cross_attention_dim") for place in (folder / "unet", control)]
    return widths[0] == widths[1]


def _check_control(folder: Path, control: Path) -> None:
    config = _json(control, CONFIG)
    if config.get("_class_name") != NETWORKS["controlnet"]:
        sentence = f"{control.name} is a {config.get('_class_name')}, no ControlNet."
        raise PartgenError("texture.kind", sentence, "Choose a ControlNet, as diffusers loads it.")
    if not fits(folder, control):
        sentence = f"The ControlNet {control.name} was made for checkpoints of another kind than {folder.name}."
        raise PartgenError("texture.control", sentence, "Stable Diffusion 1.5 and XL need one of their own: sd15-depth, sdxl-depth.")


def _components(folder: Path, index: Mapping[str, Any]) -> list[str]:
    """The components that are loaded. Raises PartgenError for one that is not what its name says."""
    found = []
    for name, described in index.items():
        if name.startswith("_") or name in LEFT_OUT or not isinstance(described, list) or not any(described):
            continue
        library, kind = ([*described, "", ""])[:2]
        if not _is_known(name, str(library), str(kind)):
            sentence = f"{folder.name} names {library}.{kind} as its {name}, which is not loaded: it could be any program."
            raise PartgenError("texture.unsafe", sentence, "Choose a checkpoint of Stable Diffusion 1.5 or XL as its authors published it.")
        found.append(name)
    return found


def _is_known(name: str, library: str, kind: str) -> bool:
    if name == "scheduler":
        return library == "diffusers" and kind.endswith("Scheduler")
    if name in ("tokenizer", "tokenizer_2"):
        return library == "transformers" and kind in TOKENIZERS
    return library in ("diffusers", "transformers") and NETWORKS.get(name) == kind


def _variant(networks: list[Path], in_half: bool) -> str:
    """Which files of all these networks are loaded: "" or "fp16". Raises PartgenError where some have neither as safetensors."""
    common = {"", HALF}
    for network in networks:
        names = [file.name for file in network.glob("*.safetensors")]
        own = {HALF if f".{HALF}" in name else "" for name in names}
        if not own:
            holds_pickle = any(network.glob("*.bin"))
            what = "only as a pickle, which may hold a program" if holds_pickle else "not at all"
            sentence = f"{network.parent.name} holds the weights of its {network.name} {what}."
            raise PartgenError("texture.unsafe" if holds_pickle else "weights.damaged", sentence, "Choose a copy with files .safetensors.")
        common &= own
    if not common:
        sentence = f"{networks[0].parent.name} holds some networks in full and others only in half precision."
        raise PartgenError("weights.damaged", sentence, "Download it again, as a whole.")
    return (HALF if in_half else "") if len(common) == 2 else common.pop()


def _json(folder: Path, name: str) -> Mapping[str, Any]:
    """A json file of a folder of networks. Raises PartgenError that says what the folder is instead."""
    if not folder.is_dir():
        raise PartgenError("texture.no_checkpoint", f"There is no folder {folder}.", "Choose a folder as diffusers loads it.")
    try:
        content = json.loads((folder / name).read_text("utf-8"))
    except FileNotFoundError as error:
        raise PartgenError("texture.kind", *_what_it_is(folder, name)) from error
    except (OSError, ValueError) as error:
        raise PartgenError("weights.damaged", f"{name} in {folder.name} cannot be read.", "Download it again.") from error
    if not isinstance(content, dict):
        raise PartgenError("weights.damaged", f"{name} in {folder.name} cannot be read.", "Download it again.")
    return content


def _what_it_is(folder: Path, name: str) -> tuple[str, str]:
    """A sentence about a folder without `name`, and what to do."""
    if name == CONFIG and (folder / INDEX).exists():
        return f"{folder.name} is a whole checkpoint, no ControlNet.", "Name it with --model, and the ControlNet with --controlnet."
    if name == INDEX and (folder / CONFIG).exists():
        return f"{folder.name} is one network, no whole checkpoint.", "Name the checkpoint with --model; a ControlNet with --controlnet."
    single = [file.name for file in sorted(folder.iterdir()) if file.suffix in (".safetensors", ".ckpt")]
    if single:
        return f"{folder.name} holds the single file {single[0]}.", "Choose a folder as diffusers lays it out, with model_index.json."
    return f"{folder.name} has no {name}: it is no folder that diffusers loads.", "Choose the folder of a checkpoint."


# ---- which to take -----------------------------------------------------------------------------------------------------


def chosen_folder(name: str, accelerated: bool, folder: Path | None = None) -> Path:
    """The folder of a checkpoint by its path or its id; for "auto" the best that is here. Raises PartgenError."""
    if name != "auto":
        return _named(name, folder)
    best = (STABLE_DIFFUSION_XL, STABLE_DIFFUSION) if accelerated else (STABLE_DIFFUSION, STABLE_DIFFUSION_XL)
    for family in best:
        if _is_here(family.model, folder):
            return models_folder(folder) / family.model
    wanted = entry(best[0].model)
    raise absent(wanted, condition(wanted, models_folder(folder)))


def chosen_control(name: str, checkpoint: Path, folder: Path | None = None) -> Path | None:
    """The folder of a ControlNet by its path or its id; for "auto" the one of the registry that fits, where it is here, and for
    "none" none. Raises PartgenError."""
    if name == "none":
        return None
    if name != "auto":
        return _named(name, folder)
    for family in (STABLE_DIFFUSION, STABLE_DIFFUSION_XL):
        place = models_folder(folder) / family.control
        if _is_here(family.control, folder) and fits(checkpoint, place):
            return place
    return None


def chosen_normals(name: str, checkpoint: Path, folder: Path | None = None) -> Path | None:
    """The folder of a ControlNet for normals, as `chosen_control` chooses one for depth. Raises PartgenError."""
    if name == "none":
        return None
    if name != "auto":
        return _named(name, folder)
    for family in (STABLE_DIFFUSION, STABLE_DIFFUSION_XL):
        place = models_folder(folder) / family.normals
        if family.normals and _is_here(family.normals, folder) and fits(checkpoint, place):
            return place
    return None


def _named(name: str, folder: Path | None) -> Path:
    """The folder that a path or an id names."""
    if Path(name).is_dir():
        return Path(name)
    painters = [one.id for one in ENTRIES if one.role is Role.PAINTER]
    if name not in painters:
        sentence = f"{name} is neither a folder nor a model that paints."
        raise PartgenError("texture.no_checkpoint", sentence, f"Choose the folder of a checkpoint, or one of: {', '.join(painters)}.")
    wanted = entry(name)
    now = condition(wanted, models_folder(folder))
    if not now.is_usable:
        raise absent(wanted, now)
    return models_folder(folder) / name


def _is_here(id: str, folder: Path | None) -> bool:
    return condition(entry(id), models_folder(folder)).is_usable
