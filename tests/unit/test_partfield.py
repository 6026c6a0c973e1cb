"""The PartField network: the authors' weights load by name and give the authors' numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from partgen.networks.partfield import PartField, PartFieldConfig, sample_planes
from reference import assert_like_reference, filled_weights, reference_cases
from safetensors.torch import load_file


def load(folder: Path) -> tuple[PartField, dict[str, np.ndarray], dict[str, np.ndarray]]:
    network = PartField(PartFieldConfig.of(json.loads((folder / "config.json").read_text("utf-8")))).eval()
    network.load_state_dict(load_file(folder / "weights.safetensors"))
    with np.load(folder / "input.npz") as given, np.load(folder / "output.npz") as expected:
        return network, dict(given), dict(expected)


def test_the_reference_checkpoint_loads_by_name(reference_folder: Path) -> None:
    manifest = json.loads((reference_folder / "partfield" / "manifest.json").read_text("utf-8"))["state_dict"]
    with torch.device("meta"):
        weights = PartField().state_dict()
    assert {name: list(tensor.shape) for name, tensor in weights.items()} == {name: entry["shape"] for name, entry in manifest.items()}


@pytest.mark.parametrize("case", reference_cases("partfield"))
def test_every_stage_equals_the_reference(reference_folder: Path, case: str) -> None:
    network, given, expected = load(reference_folder / case)
    found: dict[str, torch.Tensor] = {}

    def keep(name: str):
        return lambda module, arguments, result: found.__setitem__(name, result)

    encoder = network.pvcnn.pc_encoder.encoder[0]
    encoder.voxel_layers.register_forward_hook(keep("enc0_voxel_feat"))
    network.pvcnn.pc_encoder.register_forward_hook(keep("enc0_point_feat"))
    network.pvcnn.unet_encoder.register_forward_pre_hook(lambda module, arguments: found.__setitem__("unet_in", arguments[0]))
    network.pvcnn.unet_encoder.register_forward_hook(keep("pc_feat"))
    network.triplane_transformer.transformer.register_forward_hook(keep("transformer_out"))
    parts: list[torch.Tensor] = []
    network.triplane_transformer.downsampler.register_forward_hook(lambda module, arguments, result: parts.append(result))
    with torch.inference_mode():
        planes = network.planes(torch.from_numpy(given["pc"]))
        query = torch.from_numpy(given["query"])
        found |= {"planes": planes, "point_feat": network.features(planes, query), "sdf": network.signed_distance(planes, query)}
    found["downsampled"] = torch.cat(parts)
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert_like_reference(found[name].numpy(), values, f"{case}: {name}")


def test_the_full_network_equals_the_reference(reference_folder: Path) -> None:
    with np.load(reference_folder / "partfield" / "full_config_check.npz") as file:
        expected = dict(file)
    with torch.device("meta"):
        network = PartField().eval()
    network.load_state_dict(filled_weights(network, seed=3), assign=True)
    cloud = np.random.default_rng(1).standard_normal((100_000, 3))
    cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
    cloud[:50_000] *= (0.9, 0.4, 0.3)
    cloud[50_000:] *= (0.2, 0.25, 0.7)
    cloud[50_000:, 0] += 0.3
    with torch.inference_mode():
        points = network.pvcnn(torch.from_numpy(cloud.astype(np.float32))[None])
        planes = network.triplane_transformer(points)
        features = network.features(planes, torch.from_numpy(expected["query"]))
    assert_like_reference(points[0][:, ::32, ::16, ::16].numpy(), expected["pc_feat_slice"], "planes of the points")
    assert_like_reference(planes[0][:, ::64, ::16, ::16].numpy(), expected["planes_slice"], "planes")
    assert_like_reference(features[:, ::4].numpy(), expected["point_feat"], "features")


TINY = PartFieldConfig(
    z_triplane_channels=16, triplane_high_res=16, triplane_low_res=4, triplane_dim=28, transformer_dim=32, transformer_layers=2,
    transformer_heads=2, sdf_channels=4, sdf_neurons=8, sdf_hidden_layers=2, unet_start_channels=4, pvcnn_blocks=((16, 1, 6), (8, 1, 4)),
)  # fmt: skip


def test_each_object_of_a_batch_is_seen_by_itself() -> None:
    torch.manual_seed(0)
    network = PartField(TINY).eval()
    clouds, query = torch.rand(2, 300, 3) * 1.8 - 0.9, torch.rand(2, 20, 3) * 1.8 - 0.9
    with torch.inference_mode():
        together = network(clouds, query)
        alone = torch.cat([network(clouds[number : number + 1], query[number : number + 1]) for number in range(2)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_the_order_of_points_changes_nothing() -> None:
    torch.manual_seed(0)
    network = PartField(TINY).eval()
    cloud, query = torch.rand(1, 300, 3) * 1.8 - 0.9, torch.rand(1, 20, 3) * 1.8 - 0.9
    with torch.inference_mode():
        torch.testing.assert_close(network(cloud, query), network(cloud[:, torch.randperm(300)], query), rtol=1e-4, atol=1e-5)


def test_planes_are_read_at_their_corners_and_beyond_their_borders() -> None:
    planes = torch.zeros(1, 3, 1, 4, 4)
    planes[0, 0, 0, 0, -1] = 1.0  # plane xy: the row is y, the column x
    read = sample_planes(planes, torch.tensor([[[1.0, -1.0, 0.3], [2.0, -3.0, 0.0], [-1.0, 1.0, 0.0]]]))
    torch.testing.assert_close(read[0, :, 0], torch.tensor([1.0, 1.0, 0.0]))


def test_training_reaches_every_weight_that_inference_uses() -> None:
    torch.manual_seed(0)
    network = PartField(TINY)
    network(torch.rand(1, 200, 3) * 1.8 - 0.9, torch.rand(1, 50, 3) * 1.8 - 0.9).square().mean().backward()
    unused = {name for name, weight in network.named_parameters() if weight.grad is None}
    assert all(name.startswith(("pvcnn.pc_encoder.encoder.1", "sdf_decoder", "logit_scale")) for name in unused), unused


def test_entries_of_a_configuration_that_are_no_sizes_are_left_out() -> None:
    assert PartFieldConfig.of({"triplane_dim": 64, "note": "of a checkpoint"}) == PartFieldConfig(triplane_dim=64)
