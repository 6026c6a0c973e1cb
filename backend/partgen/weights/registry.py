"""Which weights exist, for what, from where, under which licence, and which of them are on this machine.

Standard library alone: the add-on draws its list of models from here, without a backend.

One folder holds them all (`models_folder`), one folder each:

    <models folder>/partfield/weights.json                     the record: what it is, from where, digests, licence
                              weights.safetensors              what networks read
                              original/model_objaverse.ckpt    a checkpoint as it was published, until it is converted
                              original/*.partial               a download that was interrupted

Files that are published as safetensors stay under the names that they have in their repository, so that a library can
read the folder as it is.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import Action, PartgenError

RECORD = "weights.json"
CONVERTED = "weights.safetensors"
ORIGINAL = "original"
PARTIAL = ".partial"
VERSION = 1

BUNDLED_FOLDER = Path(__file__).parent / "bundled"
"""Weights that this project trained and that ship inside the package."""


class Role(StrEnum):
    """What a network does for the artist."""

    SEGMENTER = "segmenter"
    COMPLETER = "completer"
    MASKS = "masks"
    """Outlines in pictures, from which parts are found in several views."""
    PAINTER = "painter"
    """Pictures from words, which become a part's texture."""
    DEPTH = "depth"
    """How far what a picture shows is away, from which a part's new shape follows."""
    GENERATOR = "generator"
    """New parts from words."""
    NAMER = "namer"
    TEXT = "text"


class Kind(StrEnum):
    """Where weights come from."""

    BUNDLED = "bundled"
    DOWNLOAD = "download"


class State(StrEnum):
    """What of an entry is on this machine."""

    ABSENT = "absent"
    PARTIAL = "partial"
    """Being downloaded, or interrupted: downloading goes on where it stopped."""
    DOWNLOADED = "downloaded"
    """The checkpoint is here but was not converted yet, so nothing can read it."""
    PRESENT = "present"
    """Ready, as published."""
    CONVERTED = "converted"
    """Ready, converted from the published checkpoint."""
    REPLACED = "replaced"
    """Ready, from a file of the user."""
    BUNDLED = "bundled"
    DAMAGED = "damaged"
    """A file is missing, has another size than it was recorded with, or failed a verification."""


USABLE = frozenset({State.PRESENT, State.CONVERTED, State.REPLACED, State.BUNDLED})


@dataclass(frozen=True)
class Licence:
    """The terms of weights. `is_verified`: we saw it stated for the weights themselves, not for their code alone."""

    name: str
    url: str
    forbids_commercial_use: bool = False
    is_verified: bool = True
    note: str = ""


@dataclass(frozen=True)
class SourceFile:
    """One file of a repository.

    `size` in bytes, of what is bundled exactly, else as rounded by the repository's page where that is all that is known. `sha256` is
    empty where it is recorded at the first download. `prefix` goes before the names of its tensors. An `optional` file may be missing.
    """

    path: str
    size: int
    sha256: str = ""
    prefix: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Contents:
    """What a checkpoint must hold to be this entry's. `shapes` names some of its tensors; `tensors` and `parameters` count
    all of them, where `may_hold_more` allows others beside."""

    tensors: int = 0
    parameters: int = 0
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    may_hold_more: bool = False


@dataclass(frozen=True)
class Entry:
    """One set of weights.

    `purpose` is for the artist; `method` is the id of the method that it enables, empty where its role has none. `pickled`
    names the file that must be converted, whose tensors stand under `state_key` and whose names may begin with
    `strip_prefixes`. `revision` is a commit where one is known to hold these files, else a branch. `note` says what could
    not be verified.
    """

    id: str
    title: str
    role: Role
    purpose: str
    method: str
    licence: Licence
    kind: Kind = Kind.DOWNLOAD
    repository: str = ""
    revision: str = "main"
    files: tuple[SourceFile, ...] = ()
    pickled: str = ""
    state_key: str = ""
    strip_prefixes: tuple[str, ...] = ()
    contents: Contents = Contents()
    converted_bytes: int = 0
    note: str = ""

    @property
    def size(self) -> int:
        """Bytes to download, or that the bundled files take."""
        return sum(file.size for file in self.files)

    @property
    def page(self) -> str:
        """Where a person reads about it."""
        return f"https://huggingface.co/{self.repository}" if self.repository else ""

    @property
    def disk_bytes(self) -> int:
        """The most that it takes on disk while it is downloaded and converted."""
        return self.size + self.converted_bytes


APACHE = "https://www.apache.org/licenses/LICENSE-2.0"
MB = 10**6
KB = 10**3


def _segment_anything(size: str, megabytes: int, revision: str = "main", note: str = "") -> Entry:
    """One of the three sizes of Segment Anything, in the files of the transformers library."""
    return Entry(
        id=f"sam-vit-{size}",
        title=f"Segment Anything, {size}",
        role=Role.MASKS,
        purpose=f"Finds outlines in rendered views, from which parts follow. The {size} model of the first generation.",
        method="multiview",
        licence=Licence("Apache-2.0", APACHE),
        repository=f"facebook/sam-vit-{size}",
        revision=revision,
        files=(
            SourceFile("config.json", 7 * KB),
            SourceFile("preprocessor_config.json", 466),
            SourceFile("model.safetensors", megabytes * MB),
        ),
        note=note,
    )


def _segment_anything_2(size: str, title: str, megabytes: int) -> Entry:
    """One of the sizes of Segment Anything 2.1, in the files of the transformers library."""
    return Entry(
        id=f"sam2.1-{size}",
        title=f"Segment Anything 2.1, {title}",
        role=Role.MASKS,
        purpose=f"Finds outlines in rendered views, from which parts follow. The {title} model of the second generation.",
        method="multiview",
        licence=Licence("Apache-2.0", APACHE),
        repository=f"facebook/sam2.1-hiera-{size}",
        files=(
            SourceFile("config.json", 2 * KB),
            SourceFile("preprocessor_config.json", KB, optional=True),
            SourceFile("processor_config.json", KB, optional=True),
            SourceFile("model.safetensors", megabytes * MB),
        ),
        note="The names of its files and the size are those of conversions of the same weights; the licence that of SAM 2.",
    )


RAIL = "https://huggingface.co/spaces/CompVis/stable-diffusion-license"
RAIL_XL = "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md"


def _tokenizer(folder: str, config_bytes: int) -> tuple[SourceFile, ...]:
    """The files of a CLIP tokenizer in a folder of a checkpoint."""
    sizes = {"merges.txt": 525 * KB, "special_tokens_map.json": 472, "tokenizer_config.json": config_bytes, "vocab.json": 1_060 * KB}
    return tuple(SourceFile(f"{folder}/{name}", size) for name, size in sizes.items())


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="superfaces",
        title="Superfaces",
        role=Role.SEGMENTER,
        purpose="Tells which regions of a surface belong to one part. Trained by PartGen on procedural shapes; seconds on any CPU.",
        method="superfaces",
        licence=Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 781404),
            SourceFile("config.json", 103),
            SourceFile("training.json", 2755),
        ),
        contents=Contents(tensors=100, parameters=386_320),
    ),
    Entry(
        id="claims",
        title="Claims",
        role=Role.COMPLETER,
        purpose="Tells whose the inside of an object is. Experimental; trained by PartGen on procedural shapes; seconds on any CPU.",
        method="generative",
        licence=Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 127174),
            SourceFile("config.json", 718),
            SourceFile("training.json", 1567),
        ),
        contents=Contents(tensors=37, parameters=61_969),
    ),
    Entry(
        id="completer",
        title="Small Completer",
        role=Role.COMPLETER,
        purpose="Draws the complete solid of a part by diffusion. Experimental; trained by PartGen on procedural shapes.",
        method="generative",
        licence=Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 7242386),
            SourceFile("config.json", 590),
            SourceFile("training.json", 726),
        ),
        contents=Contents(tensors=384, parameters=3_600_657),
    ),
    Entry(
        id="understanding",
        title="Instructions",
        role=Role.TEXT,
        purpose="Understands instructions for a part in ordinary words. Trained by PartGen on sentences of its own; quick on any CPU.",
        method="instruct",
        licence=Licence("Apache-2.0", APACHE),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 1561938),
            SourceFile("words.safetensors", 1450320),
            SourceFile("words.txt", 180361),
            SourceFile("judge.safetensors", 24014),
            SourceFile("config.json", 148),
            SourceFile("training.json", 2287),
        ),
        note="The words and what they mean were distilled from all-MiniLM-L6-v2 (Apache-2.0); the rest is PartGen's own, CC0-1.0.",
    ),
    Entry(
        id="parts",
        title="Parts from Words",
        role=Role.GENERATOR,
        purpose="Finds the procedural part that words ask for. Trained by PartGen on prompts of its own; quick on any CPU.",
        method="generative",
        licence=Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 588242),
            SourceFile("catalogue.json.gz", 44842),
            SourceFile("config.json", 89),
            SourceFile("training.json", 923),
        ),
        note="Reads with the words of Instructions.",
    ),
    Entry(
        id="shaper",
        title="Parts by Diffusion",
        role=Role.GENERATOR,
        purpose="Draws the part that words ask for, told where it goes. Experimental; trained by PartGen on procedural shapes.",
        method="generative",
        licence=Licence("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        kind=Kind.BUNDLED,
        files=(
            SourceFile("model.safetensors", 8079432),
            SourceFile("config.json", 672),
            SourceFile("training.json", 3177),
        ),
        contents=Contents(tensors=418, parameters=4_018_196),
        note="Reads with the words of Parts from Words.",
    ),
    Entry(
        id="partfield",
        title="PartField",
        role=Role.SEGMENTER,
        purpose="Finds the parts of any shape as people would name them, in one pass.",
        method="partfield",
        licence=Licence(
            "NVIDIA License (non-commercial)",
            "https://github.com/nv-tlabs/PartField/blob/main/LICENSE",
            forbids_commercial_use=True,
            is_verified=False,
            note="The licence of its code, which allows research and education only; the weights carry none of their own.",
        ),
        repository="mikaelaangel/partfield-ckpt",
        files=(
            SourceFile(
                "model_objaverse.ckpt",
                1_243_631_761,
                sha256="463efc8a3afd3913142aa025e0125c00f16ef452b8de6a132ebe32bbe7877ee4",
            ),
        ),
        pickled="model_objaverse.ckpt",
        state_key="state_dict",
        contents=Contents(
            tensors=203,
            parameters=106_914_881,
            shapes={
                "logit_scale": (1,),
                "triplane_transformer.pos_embed": (1, 3072, 1024),
                "triplane_transformer.transformer.layers.0.self_attn.in_proj_weight": (3072, 1024),
                "sdf_decoder.layers.0.weight": (64, 64),
            },
        ),
        converted_bytes=4 * 106_914_881,
        note="Size and digest are those of an identical copy that others publish.",
    ),
    Entry(
        id="sampart3d",
        title="SAMPart3D backbone",
        role=Role.SEGMENTER,
        purpose="Learns the parts of one object from pictures of it, at any level of detail. Takes minutes for each object.",
        method="sampart3d",
        licence=Licence("MIT", "https://huggingface.co/yhyang-myron/SAMPart3D"),
        repository="yhyang-myron/SAMPart3D",
        revision="c435c4007c6ee9465250fb5e6e1ba5a01ae78987",
        files=(SourceFile("ptv3-object.pth", 452 * MB),),
        pickled="ptv3-object.pth",
        state_key="state_dict",
        strip_prefixes=("module.", "model.", "backbone."),
        contents=Contents(
            tensors=572,
            parameters=113_001_217,
            shapes={"embedding.stem.conv.weight": (32, 5, 5, 5, 9)},
            may_hold_more=True,
        ),
        converted_bytes=452 * MB,
    ),
    Entry(
        id="holopart",
        title="HoloPart",
        role=Role.COMPLETER,
        purpose="Completes a part into a closed solid with its hidden surface, by generating it.",
        method="holopart",
        licence=Licence(
            "MIT, parts under Tencent's community licences",
            "https://github.com/VAST-AI-Research/HoloPart/blob/main/LICENSE",
            is_verified=False,
            note="Parts derive from work of Tencent whose licences exclude the European Union, and some the United Kingdom "
            "and South Korea. Read them before you use it there.",
        ),
        repository="VAST-AI/HoloPart",
        files=(
            SourceFile("model_index.json", 457),
            SourceFile("scheduler/scheduler_config.json", 158),
            SourceFile("part_encoder/config.json", 394),
            SourceFile("part_encoder/diffusion_pytorch_model.safetensors", 114 * MB, prefix="part_encoder."),
            SourceFile("vae/config.json", KB),
            SourceFile("vae/diffusion_pytorch_model.safetensors", 485 * MB, prefix="vae."),
            SourceFile("transformer/config.json", 286),
            SourceFile("transformer/diffusion_pytorch_model.safetensors", 3_232 * MB, prefix="transformer."),
        ),
        contents=Contents(tensors=356 + 248 + 743, parameters=242_662_017 + 56_804_352 + 1_615_851_328),
    ),
    Entry(
        id="slimsam",
        title="SlimSAM",
        role=Role.MASKS,
        purpose="Finds outlines in rendered views, from which parts follow. Small: the best choice without a graphics card.",
        method="multiview",
        licence=Licence("Apache-2.0", APACHE),
        repository="Zigeng/SlimSAM-uniform-77",
        revision="9e72a1bc79fa17f1f4e239003f0d84170c96464d",
        files=(
            SourceFile("config.json", 364),
            SourceFile("preprocessor_config.json", 466),
            SourceFile("model.safetensors", 38_900 * KB),
        ),
    ),
    _segment_anything("base", 375, "d0d9250bd6a38ebbb901aa29e8d37787e366f7be"),
    _segment_anything("large", 1_250, note="The size is that of its parameters; the page was not seen."),
    _segment_anything("huge", 2_560),
    _segment_anything_2("tiny", "tiny", 156),
    _segment_anything_2("small", "small", 184),
    _segment_anything_2("base-plus", "base plus", 323),
    _segment_anything_2("large", "large", 898),
    Entry(
        id="sd15-inpainting",
        title="Stable Diffusion 1.5 Inpainting",
        role=Role.PAINTER,
        purpose="Paints a part as you say: “rusty iron”, “oak with a blue stripe”. The small one, for any graphics card; slow without.",
        method="texture",
        licence=Licence("CreativeML OpenRAIL-M", RAIL, note="It forbids some uses, which it lists."),
        repository="stable-diffusion-v1-5/stable-diffusion-inpainting",
        revision="8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
        files=(
            SourceFile("model_index.json", 548),
            SourceFile("scheduler/scheduler_config.json", 313),
            *_tokenizer("tokenizer", 806),
            SourceFile("text_encoder/config.json", 617),
            SourceFile("text_encoder/model.fp16.safetensors", 246 * MB, prefix="text_encoder."),
            SourceFile("unet/config.json", 748),
            SourceFile("unet/diffusion_pytorch_model.fp16.safetensors", 1_720 * MB, prefix="unet."),
            SourceFile("vae/config.json", 552),
            SourceFile("vae/diffusion_pytorch_model.fp16.safetensors", 167 * MB, prefix="vae."),
        ),
        note="In half precision, which is all of it that is published as safetensors; its filter of pictures is left out.",
    ),
    Entry(
        id="sd15-depth",
        title="Depth ControlNet for Stable Diffusion 1.5",
        role=Role.PAINTER,
        purpose="Keeps what Stable Diffusion 1.5 paints on the shape of the part.",
        method="texture",
        licence=Licence("OpenRAIL", "https://huggingface.co/lllyasviel/control_v11f1p_sd15_depth"),
        repository="lllyasviel/control_v11f1p_sd15_depth",
        revision="539f99181d33db39cf1af2e517cd8056785f0a87",
        files=(
            SourceFile("config.json", KB),
            SourceFile("diffusion_pytorch_model.fp16.safetensors", 723 * MB),
        ),
        note="The size is that of others of its kind, 361 million numbers in half precision.",
    ),
    Entry(
        id="sd15-normals",
        title="Normals ControlNet for Stable Diffusion 1.5",
        role=Role.PAINTER,
        purpose="Lets Stable Diffusion 1.5 see which way the surfaces of the part look, beside their depth.",
        method="texture",
        licence=Licence("OpenRAIL", "https://huggingface.co/lllyasviel/control_v11p_sd15_normalbae"),
        repository="lllyasviel/control_v11p_sd15_normalbae",
        revision="cb7296e6587a219068e9d65864e38729cd862aa8",
        files=(
            SourceFile("config.json", KB),
            SourceFile("diffusion_pytorch_model.fp16.safetensors", 723 * MB),
        ),
    ),
    Entry(
        id="sdxl-inpainting",
        title="Stable Diffusion XL Inpainting",
        role=Role.PAINTER,
        purpose="Paints a part as you say, in more detail than Stable Diffusion 1.5. For graphics cards with about 12 GB.",
        method="texture",
        licence=Licence("CreativeML OpenRAIL++-M", RAIL_XL, note="It forbids some uses, which it lists."),
        repository="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        revision="115134f363124c53c7d878647567d04daf26e41e",
        files=(
            SourceFile("model_index.json", 690),
            SourceFile("scheduler/scheduler_config.json", 479),
            *_tokenizer("tokenizer", 737),
            *_tokenizer("tokenizer_2", 725),
            SourceFile("text_encoder/config.json", 746),
            SourceFile("text_encoder/model.fp16.safetensors", 246 * MB, prefix="text_encoder."),
            SourceFile("text_encoder_2/config.json", 758),
            SourceFile("text_encoder_2/model.fp16.safetensors", 1_390 * MB, prefix="text_encoder_2."),
            SourceFile("unet/config.json", 1_930),
            SourceFile("unet/diffusion_pytorch_model.fp16.safetensors", 5_140 * MB, prefix="unet."),
            SourceFile("vae/config.json", 659),
            SourceFile("vae/diffusion_pytorch_model.fp16.safetensors", 167 * MB, prefix="vae."),
        ),
    ),
    Entry(
        id="sdxl-depth",
        title="Depth ControlNet for Stable Diffusion XL",
        role=Role.PAINTER,
        purpose="Keeps what Stable Diffusion XL paints on the shape of the part.",
        method="texture",
        licence=Licence("CreativeML OpenRAIL++-M", RAIL_XL, note="It forbids some uses, which it lists."),
        repository="diffusers/controlnet-depth-sdxl-1.0",
        revision="59b1c3f4ee0d0748b2bf15eb07f24e221f0b8740",
        files=(
            SourceFile("config.json", 1_270),
            SourceFile("diffusion_pytorch_model.fp16.safetensors", 2_500 * MB),
        ),
    ),
    Entry(
        id="depth-anything-v2-small",
        title="Depth Anything V2 Small",
        role=Role.DEPTH,
        purpose="Tells how far away what a picture shows is: Reshape, which is experimental, makes a part's new shape of it.",
        method="reshape",
        licence=Licence("Apache-2.0", APACHE),
        repository="depth-anything/Depth-Anything-V2-Small-hf",
        files=(
            SourceFile("config.json", KB),
            SourceFile("preprocessor_config.json", 775),
            SourceFile("model.safetensors", 99_200 * KB),
        ),
        note="The sizes are those of its parameters; only the small one of its kind may be used commercially.",
    ),
    Entry(
        id="clip",
        title="CLIP",
        role=Role.NAMER,
        purpose="Tells what a part looks like, to name it.",
        method="",
        licence=Licence(
            "MIT",
            "https://github.com/openai/CLIP/blob/main/LICENSE",
            is_verified=False,
            note="The licence of its code; the weights state none.",
        ),
        repository="openai/clip-vit-base-patch32",
        files=(
            SourceFile("config.json", 4 * KB),
            SourceFile("preprocessor_config.json", 316),
            SourceFile("tokenizer_config.json", 592),
            SourceFile("tokenizer.json", 2_220 * KB),
            SourceFile("model.safetensors", 605 * MB),
        ),
        note="That the repository holds safetensors was seen of copies of it alone.",
    ),
    Entry(
        id="siglip",
        title="SigLIP",
        role=Role.NAMER,
        purpose="Tells what a part looks like, to name it. Larger than CLIP, and more exact.",
        method="",
        licence=Licence("Apache-2.0", APACHE),
        repository="google/siglip-base-patch16-224",
        files=(
            SourceFile("config.json", 432),
            SourceFile("preprocessor_config.json", 368),
            SourceFile("special_tokens_map.json", 409),
            SourceFile("tokenizer_config.json", 711),
            SourceFile("spiece.model", 798 * KB),
            SourceFile("model.safetensors", 813 * MB),
        ),
    ),
    Entry(
        id="minilm",
        title="MiniLM",
        role=Role.TEXT,
        purpose="Understands what is typed about a part, such as “the longer handle”.",
        method="instruct",
        licence=Licence("Apache-2.0", APACHE),
        repository="sentence-transformers/all-MiniLM-L6-v2",
        revision="e4ce9877abf3edfe10b0d82785e83bdcb973e22e",
        files=(
            SourceFile("config.json", 612),
            SourceFile("special_tokens_map.json", 112),
            SourceFile("tokenizer_config.json", 350),
            SourceFile("tokenizer.json", 466 * KB),
            SourceFile("model.safetensors", 90_900 * KB),
        ),
    ),
)


def entry(id: str, entries: tuple[Entry, ...] = ENTRIES) -> Entry:
    """The entry with that id. Raises PartgenError "weights.unknown"."""
    for candidate in entries:
        if candidate.id == id:
            return candidate
    known = ", ".join(candidate.id for candidate in entries)
    raise PartgenError("weights.unknown", f"There is no model {id!r}.", f"These exist: {known}.")


def models_folder(chosen: str | Path | None = None) -> Path:
    """The folder of all weights: the chosen one, else what PARTGEN_MODELS names, else one for the user's applications."""
    if folder := chosen or os.environ.get("PARTGEN_MODELS"):
        return Path(folder).expanduser().absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "partgen" / "models"


@dataclass(frozen=True)
class Condition:
    """An entry on this machine: its state, a sentence about it, and bytes on disk (of a download: how far it is)."""

    state: State
    sentence: str
    bytes_on_disk: int = 0
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """Whether a network can load it now."""
        return self.state in USABLE

    @property
    def licence_was_accepted(self) -> bool:
        """Whether the user accepted its licence, when it was fetched or put in."""
        return bool(self.record.get("licence", {}).get("accepted"))


def condition(wanted: Entry, folder: Path) -> Condition:
    """What of `wanted` is in the models folder. Fast enough to be asked while a panel is drawn: sizes are compared, digests
    only by `partgen models verify`."""
    home = folder / wanted.id
    if wanted.kind is Kind.BUNDLED:
        return _bundled_condition(wanted)
    record = read_record(home)
    files = record.get("files", {})
    if files:
        return _recorded_condition(wanted, home, record)
    checkpoint = record.get("fetched", {}).get(wanted.pickled)
    if checkpoint and _size(home / ORIGINAL / Path(wanted.pickled).name) == checkpoint["size"]:
        return Condition(State.DOWNLOADED, "Downloaded; it must still be converted.", int(checkpoint["size"]), record)
    if arrived := bytes_arrived(home):
        return Condition(State.PARTIAL, f"{in_megabytes(arrived)} of {in_megabytes(wanted.size)} are here.", arrived, record)
    return Condition(State.ABSENT, f"Not here. {in_megabytes(wanted.size)} to download.", 0, record)


def _bundled_condition(wanted: Entry) -> Condition:
    home = BUNDLED_FOLDER / wanted.id
    missing = [file.path for file in wanted.files if _size(home / file.path) != file.size]
    if missing:
        return Condition(State.DAMAGED, f"{missing[0]} is missing in this installation or was changed.")
    return Condition(State.BUNDLED, "Comes with PartGen.", wanted.size)


def _recorded_condition(wanted: Entry, home: Path, record: Mapping[str, Any]) -> Condition:
    """The condition of an entry that was complete once."""
    files: Mapping[str, Any] = record["files"]
    sizes = {path: _size(home / path) for path in files}
    on_disk = sum(size or 0 for size in sizes.values())
    damaged = str(record.get("damaged") or "")
    for path, size in sizes.items():
        if size is None:
            damaged = f"{path} is missing."
        elif size != files[path].get("size"):
            damaged = f"{path} has {size} bytes instead of {files[path].get('size')}."
    if damaged:
        return Condition(State.DAMAGED, damaged, on_disk, record)
    if kept := record.get("original", {}).get("path"):
        on_disk += _size(home / kept) or 0
    if record.get("source") == "file":
        return Condition(State.REPLACED, f"Your file {record.get('original', {}).get('name', '')}.", on_disk, record)
    if wanted.pickled:
        return Condition(State.CONVERTED, "Ready, converted from the published checkpoint.", on_disk, record)
    return Condition(State.PRESENT, "Ready.", on_disk, record)


def bytes_arrived(home: Path) -> int:
    """How much of an unfinished download is in the folder of an entry: whole files, and those that are still incomplete."""
    total = 0
    for place, _, names in os.walk(home):
        total += sum(_size(Path(place) / name) or 0 for name in names if name != RECORD and not name.endswith(".lock"))
    return total


def read_record(home: Path) -> dict[str, Any]:
    """What was written down about an entry when it was put here; empty where there is nothing readable."""
    try:
        content = json.loads((home / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(content, dict) and content.get("version") == VERSION
    tables = ("files", "fetched", "original", "licence")
    return content if is_ours and all(isinstance(content.get(name, {}), dict) for name in tables) else {}


def write_record(home: Path, record: Mapping[str, Any]) -> None:
    """Writes the record as a whole or not at all. Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    temporary = home / f"{RECORD}.new"
    temporary.write_text(json.dumps({"version": VERSION, **record}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, home / RECORD)


def absent(wanted: Entry, now: Condition) -> PartgenError:
    """Why an entry cannot be loaded, and what to do."""
    if wanted.kind is Kind.BUNDLED:
        sentence = f"The weights of {wanted.title}, which come with PartGen, are damaged: {now.sentence}"
        return PartgenError("weights.damaged", sentence, "Repair the environment, or install PartGen again.", Action.REPAIR)
    download = f"Download it in the preferences under Models ({in_megabytes(wanted.size)}), or run: partgen models download {wanted.id}"
    if now.state is State.DAMAGED:
        sentence = f"The weights of {wanted.title} are damaged: {now.sentence}"
        return PartgenError("weights.damaged", sentence, download, Action.OPEN_PREFERENCES)
    return PartgenError("weights.absent", f"The weights of {wanted.title} are not on this machine.", download, Action.OPEN_PREFERENCES)


def in_megabytes(size: int) -> str:
    """A size as one says it: "3.8 GB", "452 MB", "21 kB"."""
    if size >= 10**9:
        return f"{size / 10**9:.1f} GB"
    return f"{size / 10**6:.0f} MB" if size >= 10**6 else f"{max(1, round(size / 1000)) if size else 0} kB"


def _size(path: Path) -> int | None:
    """Bytes of a file; None where there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return None
