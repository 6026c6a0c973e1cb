"""The learned completer: what it promises beyond every completer, and the network that it listens to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
import trimesh
from numpy.typing import NDArray
from partgen.completion import CompletedPart, Options, completer, generative
from partgen.completion.claim_features import COMPETITORS, NAMES, claim_features
from partgen.completion.claim_network import ClaimWeights, claim_logits
from partgen.completion.division import expected_overlaps
from partgen.completion.generative import WAVELENGTH, bundled_weights, smooth_gumbel_noise
from partgen.completion.influence import Claimant
from partgen.completion.patches import read_surface
from partgen.completion.solid import bodies, claimants, close
from partgen.errors import PartgenError
from partgen.mesh import Mesh
from partgen.networks.claims import APART, ClaimConfig, ClaimNetwork
from partgen.shapes import Skin
from partgen.training.assets import Asset
from partgen.training.divisions import divisions, divisions_of_asset
from scipy.spatial.transform import Rotation
from scipy.special import softmax
from test_completion import knob_on_box

MIDDLES = np.random.default_rng(0).uniform(-0.9, 0.9, (60, 3))


@pytest.fixture(scope="module")
def knob() -> list[Claimant]:
    mesh, labels = knob_on_box()
    return claimants_of(mesh.vertices, mesh.faces, labels)


def claimants_of(vertices: NDArray, faces: NDArray, labels: NDArray) -> list[Claimant]:
    (body,) = bodies(read_surface(Mesh.from_triangles(vertices, faces)), np.asarray(labels, np.int32))
    close(body)
    return claimants(body)


def volumes(parts: tuple[CompletedPart, ...]) -> list[float]:
    return [part.measures.volume for part in parts]


# ---- what the artist is promised -------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_parts_and_another_one_others() -> None:
    mesh, labels = knob_on_box()
    method = completer("generative")
    first, again, other = (method.complete(mesh, labels, None, Options(seed=seed)).parts for seed in (3, 3, 4))
    assert [part.vertices.tobytes() for part in first] == [part.vertices.tobytes() for part in again]
    assert volumes(first) != pytest.approx(volumes(other), rel=1e-3)


def test_proposals_are_whole_divisions_the_likeliest_first() -> None:
    mesh, labels = knob_on_box()
    delivered: list[int] = []
    completion = completer("generative").complete(
        mesh, labels, None, Options(proposals=3), deliver=lambda part: delivered.append(part.label)
    )
    assert (completion.method, completion.weights) == ("generative", "claims")
    assert delivered == [0, 1]
    whole = sum(volumes(completion.parts))
    for parts in completion.alternatives:
        assert [part.label for part in parts] == [0, 1]
        assert all(part.measures.is_watertight for part in parts)
        assert sum(volumes(parts)) == pytest.approx(whole, rel=1e-4)
    expected = [told["expected_overlap"] for told in completion.about["proposals"]]
    assert len(completion.alternatives) == 2
    assert expected == sorted(expected, reverse=True)
    assert completion.about["proposals"][0]["seed"] == 0


def test_only_where_something_was_divided_it_says_how() -> None:
    mesh, labels = knob_on_box()
    assert any("other seeds" in note for note in completer("generative").complete(mesh, labels).notes)
    whole = completer("generative").complete(mesh, np.zeros_like(labels))
    assert (whole.parts[0].made_by, whole.notes) == ("whole", ())
    assert whole.about["proposals"] == [{"seed": 0, "expected_overlap": 1.0}]


def test_what_was_divided_is_told_also_of_parts_that_are_remeshed() -> None:
    mesh, labels = knob_on_box()
    completion = completer("generative").complete(mesh, labels, None, Options(remesh=0.1))
    assert {part.made_by for part in completion.parts} == {"remesh"}
    assert any("Experimental" in note for note in completion.notes)


def test_damaged_weights_are_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(generative, "BUNDLED_FOLDER", tmp_path)
    bundled_weights.cache_clear()
    with pytest.raises(PartgenError) as caught:
        completer("generative").complete(*knob_on_box())
    assert caught.value.code == "weights.damaged"
    monkeypatch.undo()
    bundled_weights.cache_clear()


# ---- the network -----------------------------------------------------------------------------------------------------


def test_numpy_gives_what_pytorch_was_trained_to_give() -> None:
    torch.manual_seed(0)
    config = ClaimConfig(len(NAMES), width=8)
    network = ClaimNetwork(config).eval()
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            tensor += 0.3 * torch.randn_like(tensor) if tensor.ndim else 0
        network.scale.variance.abs_()
    weights = ClaimWeights({name: tensor.numpy() for name, tensor in network.state_dict().items()}, config.rounds)
    for parts in (1, 3):
        told = np.random.default_rng(parts).normal(size=(50, parts, len(NAMES))).astype(np.float32) * 4
        with torch.inference_mode():
            wanted = network(torch.as_tensor(told), torch.ones(50, parts, dtype=torch.bool)).numpy()
        assert claim_logits(weights, told) == pytest.approx(wanted, abs=1e-4)


def test_what_does_not_compete_has_no_say() -> None:
    torch.manual_seed(1)
    network = ClaimNetwork(ClaimConfig(5, width=8)).eval()
    told = torch.randn(20, 3, 5)
    competes = torch.tensor([True, True, False]).expand(20, 3)
    with torch.inference_mode():
        alone, beside = network(told[:, :2], competes[:, :2]), network(told, competes)
    assert beside[:, :2].numpy() == pytest.approx(alone.numpy(), abs=1e-5)
    assert (beside[:, 2] == APART).all()


def test_what_is_told_stays_where_the_object_is_turned_and_scaled() -> None:
    mesh, labels = knob_on_box()
    turn = Rotation.from_euler("xz", (90, 180), degrees=True)
    turned = claimants_of((turn.apply(mesh.vertices) * 3 + 5).astype(np.float32), mesh.faces, labels)
    part, told = claim_features(claimants_of(mesh.vertices, mesh.faces, labels), MIDDLES, 4.0)
    part_turned, told_turned = claim_features(turned, turn.apply(MIDDLES) * 3 + 5, 12.0)
    assert (part == part_turned).mean() > 0.9  # patches are sampled at random
    same = (part == part_turned).all(axis=1)
    assert np.median(np.abs(told_turned - told)[same], axis=(0, 1)).max() < 0.05


def test_only_the_nearest_parts_compete_nearest_first(knob: list[Claimant]) -> None:
    moved = [dataclasses.replace(one, samples=one.samples + 0.1 * number) for number in range(4) for one in knob]
    part, told = claim_features(moved, MIDDLES, 4.0)
    assert part.shape == (len(MIDDLES), COMPETITORS)
    assert (np.diff(told[:, :, NAMES.index("distance")], axis=1) >= 0).all()


# ---- chance ----------------------------------------------------------------------------------------------------------


def test_noise_draws_as_often_as_the_chances_say_and_alike_nearby() -> None:
    logits = np.log([0.6, 0.3, 0.1])
    points = np.random.default_rng(0).uniform(0, 1, (4000, 3)) * 100 * WAVELENGTH
    drawn = (logits + smooth_gumbel_noise(points, 3, np.random.default_rng(1))).argmax(axis=1)
    assert np.bincount(drawn, minlength=3) / len(drawn) == pytest.approx([0.6, 0.3, 0.1], abs=0.05)
    beside = (logits + smooth_gumbel_noise(points + 0.01 * WAVELENGTH, 3, np.random.default_rng(1))).argmax(axis=1)
    assert (drawn == beside).mean() > 0.97


def test_the_most_likely_division_is_expected_to_be_the_truest() -> None:
    chances = softmax(np.random.default_rng(0).normal(size=(500, 3)) * 2, axis=1)
    likely, drawn = chances.argmax(axis=1), np.random.default_rng(1).integers(0, 3, 500)
    assert np.mean(expected_overlaps(chances, likely)) > np.mean(expected_overlaps(chances, drawn))


# ---- what it learned from --------------------------------------------------------------------------------------------


def test_an_example_knows_who_holds_its_points() -> None:
    example = divisions(3)
    assert example is not None
    is_there = example["place"] >= 0
    asked = np.take_along_axis(example["holds"], np.maximum(example["place"], 0)[:, None].astype(int), axis=1)[:, 0]
    assert example["features"].shape == (len(asked), COMPETITORS, len(NAMES))
    assert asked[~example["anywhere"] & is_there].all()
    assert 0.05 < asked[example["anywhere"] & is_there].mean() < 1
    assert not example["holds"][~example["competes"]].any()
    assert np.isfinite(example["features"].astype(float)).all()


def test_labelled_meshes_with_closed_parts_teach_what_these_hold() -> None:
    plate, post = trimesh.creation.box((2, 2, 0.4)), trimesh.creation.box((0.5, 0.5, 2.0))
    post.apply_translation((0, 0, 0.9))  # its foot is sunk into the plate
    whole = trimesh.util.concatenate([plate, post])
    labels = np.repeat([0, 1], 12).astype(np.int32)

    def example_of(faces: NDArray) -> dict[str, NDArray] | None:
        skin = Skin(whole.vertices.astype(np.float32), whole.faces[faces].astype(np.int32), labels[faces])
        return divisions_of_asset(Asset(skin, np.array([[0, 1]], np.int32)), np.random.default_rng(0))

    example = example_of(np.ones(24, bool))
    assert example is not None
    assert np.unique(example["asked"]).tolist() == [0, 1]
    of_post = (example["asked"] == 1) & ~example["anywhere"]
    both = example["holds"][of_post].sum(axis=1) == 2
    assert example["holds"][of_post, example["place"][of_post]].all()
    assert 0.02 < both.mean() < 0.3, "the foot is in both"
    of_open_plate = example_of(np.arange(24) != 3)
    assert of_open_plate is not None
    assert np.unique(of_open_plate["asked"]).tolist() == [1], "what an open part holds is not known"
