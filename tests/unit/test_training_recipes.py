"""What networks are trained on and asked: examples that are true to their shapes, and losses that reward what they should."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from partgen.networks.partfield import PointVoxelConvolution
from partgen.segmentation.superface_features import RECORDED, features
from partgen.shapes import make_shape
from partgen.training.partfield_small import contrast
from partgen.training.skins import labelled_points, regions_with_cover, treated_skin
from partgen.training.superfaces import boundary_loss, pair_loss, prepared
from scipy.spatial.transform import Rotation
from torch import Tensor

SCALE = torch.tensor(10.0)
SEED = 3


@pytest.fixture(scope="module")
def regions() -> dict[str, np.ndarray]:
    found = regions_with_cover(SEED)
    assert found is not None
    return found


# ---- examples --------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_example(regions: dict[str, np.ndarray]) -> None:
    again = regions_with_cover(SEED)
    assert again is not None
    assert again.keys() == regions.keys()
    assert all(np.array_equal(again[name], regions[name]) for name in regions)


def test_an_example_covers_its_whole_surface_with_the_parts_of_its_shape(regions: dict[str, np.ndarray]) -> None:
    shape = make_shape(SEED)
    assert regions["cover"].shape == (len(regions["areas"]), len(shape.parts))
    assert regions["cover"].sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(regions["cover"].sum(1), regions["areas"], atol=1e-5)
    assert np.array_equal(regions["levels"], shape.levels())
    assert regions["family"] == shape.family
    assert set(RECORDED) <= regions.keys()


def test_points_of_one_part_lie_together_on_the_skin() -> None:
    found = labelled_points(SEED)
    assert found is not None
    assert found["points"].shape == (len(found["part"]), 3)
    assert np.abs(found["points"]).max() <= 0.9 + 1e-5
    assert set(np.unique(found["part"])) <= set(range(found["levels"].shape[1]))
    near = np.linalg.norm(found["points"][:400, None] - found["points"][None], axis=2)
    nearest = np.argsort(near, axis=1)[:, 1]
    assert (found["part"][:400] == found["part"][nearest]).mean() > 0.85  # parts are patches, not dust


def test_skins_come_in_every_mode_and_mostly_without_inner_structure() -> None:
    shape = make_shape(SEED)
    modes = [treated_skin(shape, np.random.default_rng(seed))[1] for seed in range(60)]
    assert set(modes) == {"remesh", "skin", "shells"}
    assert 0.5 < modes.count("remesh") / len(modes) < 0.85


# ---- features --------------------------------------------------------------------------------------------------------


def test_turning_an_object_changes_no_feature(regions: dict[str, np.ndarray]) -> None:
    turn = Rotation.from_rotvec([0.3, -1.1, 0.7]).as_matrix()
    turned = dict(regions)
    for name in ("centers", "normals"):
        turned[name] = (regions[name].astype(np.float64) @ turn.T).astype(np.float32)
    turned["spread"] = (turn @ regions["spread"].astype(np.float64) @ turn.T).astype(np.float32)
    before, after = features(regions), features(turned)
    assert np.allclose(before.nodes, after.nodes, atol=1e-3)
    assert np.array_equal(before.ends, after.ends)
    untouched = before.edges.shape[1] - 14  # the last ones; those before hold integrals, which the record has as they were
    assert np.allclose(before.edges[:, untouched:], after.edges[:, untouched:], atol=1e-2)


def test_every_boundary_is_seen_from_both_sides(regions: dict[str, np.ndarray]) -> None:
    read = features(regions)
    there, back = read.ends[:, : read.pair_count], read.ends[:, read.pair_count : 2 * read.pair_count]
    assert np.array_equal(there, back[::-1])
    assert np.array_equal(there.T, regions["pairs"])
    assert np.isfinite(read.nodes).all()
    assert np.isfinite(read.edges).all()


# ---- losses ----------------------------------------------------------------------------------------------------------


def as_tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(values) for name, values in arrays.items()}


@pytest.mark.parametrize("level", [0, 1])
def test_right_answers_about_regions_lose_less_than_wrong_ones(regions: dict[str, np.ndarray], level: int) -> None:
    example = as_tensors(prepared(regions))
    label = example["labels"][level]
    first, second = example["ends"][:, : int(example["pair_count"])]
    boundaries = torch.where(label[first] != label[second], 5.0, -5.0)
    pairs = torch.where(label[:, None] == label[None], 5.0, -5.0)
    for loss, right in ((boundary_loss, boundaries), (pair_loss, pairs)):
        undecided = loss(torch.zeros_like(right), example, level)
        assert loss(right, example, level) < 0.1 * undecided
        assert loss(-right, example, level) > 3 * undecided


def test_saying_that_nothing_is_a_boundary_is_no_way_out(regions: dict[str, np.ndarray]) -> None:
    """Boundaries between parts are rare: they weigh more."""
    example = as_tensors(prepared(regions))
    undecided = torch.zeros(int(example["pair_count"]))
    assert boundary_loss(undecided - 2, example, 0) > boundary_loss(undecided, example, 0)


def two_levels(count: int = 240) -> tuple[Tensor, Tensor]:
    """Points in a row (M, 3), and their labels (2, M): two halves, and in each of them two parts."""
    places = torch.linspace(-0.9, 0.9, count)
    quarter = (torch.arange(count) * 4) // count
    return torch.stack([places, 0 * places, 0 * places], 1), torch.stack([quarter // 2, quarter])


def lost(features: Tensor, labels: Tensor, points: Tensor) -> float:
    return float(contrast(torch.nn.functional.normalize(features.float(), dim=1), points, labels, SCALE, np.random.default_rng(0)))


def test_features_that_tell_parts_apart_lose_less() -> None:
    points, labels = two_levels()
    parts, halves = torch.eye(4)[labels[1]], torch.eye(2)[labels[0]]
    nested = torch.cat([parts, halves], 1)  # parts of one half are more alike than those of two
    torch.manual_seed(0)
    noise = lost(torch.randn(len(points), 6), labels, points)
    assert lost(nested, labels, points) < lost(halves, labels, points) < noise
    assert lost(parts, labels[1:], points) < 0.05


def test_negatives_are_sought_where_it_is_hard() -> None:
    """Features that confuse only near neighbours, or only one far part, lose far more than their share of all pairs."""
    points, labels = two_levels()
    own = torch.eye(4)[labels[1]]
    blurred = own.clone()
    border = (torch.arange(len(points)) % 60 < 3) | (torch.arange(len(points)) % 60 >= 57)
    blurred[border] = 1.0
    perfect, at_borders = lost(own, labels[1:], points), lost(blurred, labels[1:], points)
    assert at_borders > perfect + 0.1


def test_points_of_a_single_part_ask_nothing() -> None:
    points, _ = two_levels()
    features = torch.randn(len(points), 4, requires_grad=True)
    loss = contrast(features, points, torch.zeros(1, len(points), dtype=torch.long), SCALE, np.random.default_rng(0))
    loss.backward()
    assert float(loss.detach()) == 0
    assert features.grad is not None


def test_a_part_of_few_points_is_no_reason_to_fail() -> None:
    points, labels = two_levels()
    labels = torch.zeros_like(labels[:1])
    labels[0, :3] = 1
    loss = contrast(torch.nn.functional.normalize(torch.randn(len(points), 4), dim=1), points, labels, SCALE, np.random.default_rng(0))
    assert torch.isfinite(loss)


def test_a_network_of_our_own_reads_voxels_where_points_lie() -> None:
    """Without the swap of axes that the released weights were trained with."""
    convolution = PointVoxelConvolution(3, 3, 8, swaps_axes=False)
    points = torch.rand(1, 50, 3) * 1.6 - 0.8
    where = (points + 1) / 2 * 8
    axis = torch.arange(8.0)
    voxels = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))[None]  # each holds its own place
    read = convolution.from_voxels(voxels, where.clamp(0, 7))
    assert torch.allclose(read.transpose(1, 2), where.clamp(0, 7), atol=1e-4)
