"""Checkpoints of the kinds that people have, of random numbers and of a few hundred kilobytes: folders as diffusers saves them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDIMScheduler, UNet2DConditionModel
from diffusers import StableDiffusionInpaintPipeline as Inpaint
from diffusers import StableDiffusionXLInpaintPipeline as InpaintXL
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
)

WIDTH = 16
XL = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 6 * 8 + WIDTH}
BLOCKS = {
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "attention_head_dim": 4,
    "norm_num_groups": 4,
}


def stable_diffusion(folder: Path, seed: int = 0, channels: int = 9, in_half: bool = False, safe: bool = True) -> Path:
    """A checkpoint as Stable Diffusion 1.5 is published; `channels` 9 for one that was trained to inpaint, 4 for one that was not."""
    torch.manual_seed(seed)
    pipeline = Inpaint(
        vae=_vae(), text_encoder=CLIPTextModel(_words()), tokenizer=_tokenizer(folder.parent), unet=_unet(channels),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    return _saved(pipeline, folder, in_half, safe)


def stable_diffusion_xl(folder: Path, seed: int = 0) -> Path:
    """A checkpoint as Stable Diffusion XL for inpainting is published."""
    torch.manual_seed(seed)
    tokenizer = _tokenizer(folder.parent)
    pipeline = InpaintXL(
        vae=_vae(), text_encoder=CLIPTextModel(_words()), text_encoder_2=CLIPTextModelWithProjection(_words()), tokenizer=tokenizer,
        tokenizer_2=tokenizer, unet=_unet(9, cross_attention_dim=2 * WIDTH, **XL),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
    )  # fmt: skip
    return _saved(pipeline, folder, False, True)


def as_published(folder: Path) -> Path:
    """The checkpoint as its authors' repository has it: in half precision alone, a tokenizer of two lists, and a filter of pictures
    that is named in the index and not there."""
    place = stable_diffusion(folder, in_half=True)
    index = json.loads((place / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPFeatureExtractor"]
    (place / "model_index.json").write_text(json.dumps(index))
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(folder.parent / "letters" / name, place / "tokenizer" / name)
    (place / "tokenizer" / "tokenizer.json").unlink()
    said = {"content": "<|endoftext|>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, "__type": "AddedToken"}
    described = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, "unk_token": said, "eos_token": said}
    (place / "tokenizer" / "tokenizer_config.json").write_text(json.dumps(described))
    return place


def depth_control(folder: Path, is_xl: bool = False) -> Path:
    """A ControlNet for one of the two, whose answer is not nothing, as that of an untrained one would be."""
    torch.manual_seed(5)
    more = {"cross_attention_dim": 2 * WIDTH, **XL} if is_xl else {"cross_attention_dim": WIDTH}
    control = ControlNetModel(in_channels=4, conditioning_embedding_out_channels=(4, 4, 8, 8), **BLOCKS, **more)
    for weight in (*control.controlnet_down_blocks.parameters(), *control.controlnet_cond_embedding.conv_out.parameters()):
        torch.nn.init.normal_(weight, std=0.5)
    control.save_pretrained(folder)
    return folder


def _unet(channels: int, cross_attention_dim: int = WIDTH, **more: object) -> UNet2DConditionModel:
    ups = ("CrossAttnUpBlock2D", "UpBlock2D")
    return UNet2DConditionModel(
        sample_size=8, in_channels=channels, out_channels=4, up_block_types=ups, cross_attention_dim=cross_attention_dim, **BLOCKS, **more
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(4, 4, 4, 4), down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4, norm_num_groups=2, sample_size=64,
    )  # fmt: skip


def _words() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=300, hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, projection_dim=WIDTH,
        bos_token_id=256, eos_token_id=257, pad_token_id=257,
    )  # fmt: skip


def _tokenizer(folder: Path) -> CLIPTokenizer:
    """One that reads every word letter by letter."""
    letters = [chr(number) for number in range(33, 127)]
    names = [*letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = {name: number for number, name in enumerate(names)} | {"<|startoftext|>": 256, "<|endoftext|>": 257}
    place = folder / "letters"
    place.mkdir(exist_ok=True)
    (place / "vocab.json").write_text(json.dumps(vocabulary))
    (place / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(place, model_max_length=77)


def _saved(pipeline: Inpaint | InpaintXL, folder: Path, in_half: bool, safe: bool) -> Path:
    pipeline.set_progress_bar_config(disable=True)
    pipeline.save_pretrained(folder, safe_serialization=safe, variant="fp16" if in_half else None)
    return folder


def depth_network(folder: Path) -> Path:
    """A depth network as Depth Anything V2 is published, with weights that answer more than one depth."""
    torch.manual_seed(3)
    backbone = Dinov2Config(
        image_size=28, patch_size=14, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip
    network = DepthAnythingForDepthEstimation(
        DepthAnythingConfig(
            backbone_config=backbone, reassemble_hidden_size=16, neck_hidden_sizes=[4, 4, 8, 8], fusion_hidden_size=8, head_hidden_size=4,
        )
    )  # fmt: skip
    for name, weight in network.head.named_parameters():
        torch.nn.init.uniform_(weight, 0.0, 0.3) if name.endswith("weight") else None
    network.save_pretrained(folder)
    return folder
