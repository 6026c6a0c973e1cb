"""Folders of networks as their authors publish them, shrunken and with random weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from partgen.networks.part_dit import PartDiT, PartDiTConfig
from partgen.networks.part_encoder import PartEncoder, PartEncoderConfig
from partgen.networks.shape_vae import ShapeVAE, ShapeVAEConfig
from safetensors.torch import save_file
from torch import nn

VAE = ShapeVAEConfig(
    latent_channels=4, num_attention_heads=2, width_encoder=16, width_decoder=24, num_layers_encoder=1, num_layers_decoder=2
)
ENCODER = PartEncoderConfig(dim=16, num_attention_heads=2, num_layers=1, num_tokens=12)
TRANSFORMER = PartDiTConfig(num_attention_heads=2, width=32, in_channels=4, num_layers=3, cross_attention_dim=16, cross_attention_2_dim=16)


def publish_holopart(folder: Path, seed: int = 0, dtype: torch.dtype = torch.float16) -> Path:
    """Writes what the repository of HoloPart holds, in small, and answers the folder.

    The decoder of the random weights has an inside and an outside: its last bias is moved to where the field is 0 on average.
    """
    torch.manual_seed(seed)
    networks: dict[str, tuple[str, nn.Module]] = {
        "part_encoder": ("PartEncoder", PartEncoder(ENCODER)),
        "transformer": ("TripoSGDiTModel", PartDiT(TRANSFORMER)),
        "vae": ("TripoSGVAEModel", ShapeVAE(VAE)),
    }
    vae = networks["vae"][1]
    assert isinstance(vae, ShapeVAE)
    with torch.inference_mode():
        drawn = torch.randn(1, 16, VAE.latent_channels)
        vae.decoder.proj_out.bias += vae.logits(vae.expand(drawn), torch.rand(1, 500, 3) * 2 - 1).mean()
    for name, (class_name, network) in networks.items():
        home = folder / name
        home.mkdir(parents=True)
        extra = {"embedding_type": "frequency"} if name != "transformer" else {}
        described = {"_class_name": class_name, "_diffusers_version": "0.32.2", **extra, **asdict(network.config)}
        (home / "config.json").write_text(json.dumps(described), "utf-8")
        weights = {key: weight.to(dtype).contiguous() for key, weight in network.state_dict().items()}
        save_file(weights, home / "diffusion_pytorch_model.safetensors")
    schedule = folder / "scheduler"
    schedule.mkdir()
    values = {"_class_name": "RectifiedFlowScheduler", "num_train_timesteps": 1000, "shift": 1, "use_dynamic_shifting": False}
    (schedule / "scheduler_config.json").write_text(json.dumps(values), "utf-8")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "HoloPartPipeline"}), "utf-8")
    return folder
