"""The networks of HoloPart: the authors' weights load by name and give the authors' numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from partgen.networks.part_dit import PartDiT, PartDiTConfig
from partgen.networks.part_encoder import PartEncoder, PartEncoderConfig
from partgen.networks.shape_vae import FrequencyEmbedding, ShapeVAE, ShapeVAEConfig, farthest_points, spread_points
from published import ENCODER, TRANSFORMER, VAE
from reference import assert_like_reference, reference_cases
from safetensors.torch import load_file
from torch import nn

COMPONENTS = {"vae": (ShapeVAE, ShapeVAEConfig), "transformer": (PartDiT, PartDiTConfig), "part_encoder": (PartEncoder, PartEncoderConfig)}


@dataclass
class Case:
    """One recorded case: its configuration, the three networks with its weights, what went in and what came out."""

    config: dict[str, Any]
    vae: ShapeVAE
    transformer: PartDiT
    part_encoder: PartEncoder
    given: dict[str, torch.Tensor]
    expected: dict[str, np.ndarray]

    @property
    def seed(self) -> int:
        return self.config["sample_seed"]


def load(folder: Path) -> Case:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    tensors = load_file(folder / "weights.safetensors")
    networks = {}
    for name, (network, sizes) in COMPONENTS.items():
        networks[name] = network(sizes.of(config[name])).eval()
        prefix = f"{name}."
        networks[name].load_state_dict({key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)})
    with np.load(folder / "input.npz") as given, np.load(folder / "output.npz") as expected:
        return Case(config, **networks, given={key: torch.from_numpy(given[key]) for key in given}, expected=dict(expected))


@pytest.fixture(params=reference_cases("holopart"))
def case(request: pytest.FixtureRequest, reference_folder: Path) -> Case:
    return load(reference_folder / request.param)


@pytest.mark.parametrize("component", list(COMPONENTS))
def test_the_reference_weights_load_by_name(reference_folder: Path, component: str) -> None:
    manifest = json.loads((reference_folder / "holopart" / f"manifest_{component}.json").read_text("utf-8"))
    network, sizes = COMPONENTS[component]
    with torch.device("meta"):
        built = network(sizes.of(manifest["config"]))
    assert built.config == sizes(), "the defaults are the published sizes"
    assert shapes(built) == {name: entry["shape"] for name, entry in manifest["state_dict"].items()}
    assert sum(weight.numel() for weight in built.parameters()) == manifest["n_params"]


def test_the_reference_weights_without_a_local_condition_load_by_name(reference_folder: Path) -> None:
    manifest = json.loads((reference_folder / "holopart" / "manifest_transformer_noattn2.json").read_text("utf-8"))
    with torch.device("meta"):
        built = PartDiT(PartDiTConfig(use_cross_attention=False))
    assert shapes(built) == {name: entry["shape"] for name, entry in manifest["state_dict"].items()}


def shapes(network: nn.Module) -> dict[str, list[int]]:
    return {name: list(weight.shape) for name, weight in network.state_dict().items()}


@torch.inference_mode()
def test_every_stage_of_the_autoencoder_equals_the_reference(case: Case) -> None:
    config, given, expected = case.config, case.given, case.expected
    _, places = spread_points(given["surface"], config["num_tokens"], case.seed)
    posterior = case.vae.encode(given["surface"], config["num_tokens"], case.seed)
    logits = case.vae.logits(case.vae.expand(given["z"]), given["query"])
    np.testing.assert_array_equal(places[0], expected["vae_fps_index"])
    assert_like_reference(case.vae.embedder(given["query"][:, :5]).numpy(), expected["embed_q"], "embedding")
    assert_like_reference(torch.cat([posterior.mean, posterior.log_variance], -1).numpy(), expected["vae_moments"], "moments")
    assert_like_reference(logits[..., None].numpy(), expected["vae_logits"], "logits")


@torch.inference_mode()
def test_both_conditions_equal_the_reference(case: Case) -> None:
    given, expected = case.given, case.expected
    local, context = case.part_encoder(given["part"], given["whole"], given["part_local"], seed=case.seed)
    found = {"whole_cond": context}
    for name in ("part", "part_local"):
        _, places = spread_points(given[name], case.part_encoder.config.num_tokens, case.seed)
        if f"{name}_fps_index" in expected:
            np.testing.assert_array_equal(places[0], expected[f"{name}_fps_index"])
    assert (local is not None) == ("part_cond" in expected)
    if local is not None:
        found["part_cond"] = local
    for name, values in found.items():
        assert_like_reference(values.numpy(), expected[name], name)


@torch.inference_mode()
def test_every_block_of_the_transformer_equals_the_reference(case: Case) -> None:
    given, expected = case.given, case.expected
    found: dict[str, torch.Tensor] = {}
    for number, block in enumerate(case.transformer.blocks):
        block.register_forward_hook(lambda module, inputs, result, name=f"dit_block{number}": found.__setitem__(name, result[:, :6]))
    case.transformer.time_proj.register_forward_hook(lambda module, inputs, result: found.__setitem__("dit_temb", result))
    local, context = (guided(expected[name]) if name in expected else None for name in ("part_cond", "whole_cond"))
    found["dit_out"] = case.transformer(given["dit_x"], given["dit_t"], local, context)
    assert set(found) == {name for name in expected if name.startswith("dit_")}
    for name, values in found.items():
        assert_like_reference(values.numpy(), expected[name], name)


def guided(condition: np.ndarray) -> torch.Tensor:
    """Zeros before the condition: a batch of two, as guidance wants it."""
    return torch.cat([torch.zeros(condition.shape), torch.from_numpy(condition)])


def cloud(batch: int = 2, points: int = 90, channels: int = 6) -> torch.Tensor:
    return torch.rand(batch, points, channels, generator=torch.Generator().manual_seed(0)) * 2 - 1


@torch.inference_mode()
def test_each_part_of_a_batch_is_completed_by_itself() -> None:
    torch.manual_seed(0)
    vae, encoder, transformer = ShapeVAE(VAE), PartEncoder(ENCODER), PartDiT(TRANSFORMER)

    def completed(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        local, context = encoder(part, whole, part / 2)
        latents = transformer(torch.ones(len(part), 10, 4), torch.full((len(part),), 500.0), local, context)
        return vae.logits(vae.expand(latents), part[..., :3])

    part, whole = cloud(), cloud(channels=7)
    alone = torch.cat([completed(part[number : number + 1], whole[number : number + 1]) for number in range(2)])
    torch.testing.assert_close(completed(part, whole), alone, rtol=1e-4, atol=1e-5)


def test_the_same_seed_chooses_the_same_points_and_another_seed_others() -> None:
    points = cloud(points=500)
    first, again, other = (spread_points(points, 20, seed)[0] for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_tokens_are_spread_over_the_whole_part() -> None:
    line = torch.zeros(1, 1001, 3)
    line[0, :, 0] = torch.linspace(0, 1, 1001) ** 4  # most points crowd at one end
    places = line[0, farthest_points(line, 17)[0], 0].sort().values
    assert places[0] == 0
    assert float(places[-1]) == 1
    assert float(places.diff().max()) < 0.14
    assert float(places.diff().min()) > 0.03


def test_a_part_with_fewer_points_than_tokens_is_encoded() -> None:
    assert ShapeVAE(VAE).encode(cloud(points=5), 16).mean.shape == (2, 16, 4)


def test_a_posterior_draws_what_its_seed_says() -> None:
    torch.manual_seed(0)
    posterior = ShapeVAE(VAE).eval().encode(cloud(), 12)
    draws = [posterior.sample(torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert posterior.divergence().item() > 0


@torch.inference_mode()
def test_half_precision_keeps_the_finest_frequencies() -> None:
    network = PartEncoder(ENCODER).to(torch.bfloat16)
    seen: list[torch.Tensor] = []
    network.encoder_context.kv_proj_in.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    whole = cloud(channels=7)
    network.context_condition(cloud(), whole)
    exact = FrequencyEmbedding(8)(whole[..., :3])
    torch.testing.assert_close(seen[0][..., : exact.shape[-1]].float(), exact, rtol=0, atol=0.004)


def test_training_reaches_every_weight() -> None:
    torch.manual_seed(0)
    vae, encoder, transformer = ShapeVAE(VAE), PartEncoder(ENCODER), PartDiT(TRANSFORMER)
    logits, posterior = vae(cloud(), cloud()[..., :3], tokens=10)
    local, context = encoder(cloud(), cloud(channels=7), cloud())
    velocity = transformer(posterior.mean, torch.full((2,), 300.0), local, context)
    (logits.square().mean() + posterior.divergence() + velocity.square().mean()).backward()
    networks = {"vae": vae, "encoder": encoder, "transformer": transformer}
    assert not [f"{name}.{key}" for name, network in networks.items() for key, weight in network.named_parameters() if weight.grad is None]


def test_entries_of_a_configuration_that_are_no_sizes_are_left_out() -> None:
    assert ShapeVAEConfig.of({"_class_name": "TripoSGVAEModel", "embedding_type": "frequency", "latent_channels": 8}).latent_channels == 8
