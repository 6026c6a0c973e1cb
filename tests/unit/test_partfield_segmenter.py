"""The PartField segmenter: from a mesh to a tree through the network, on whatever device there is memory for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from partgen.devices import CPU, Placement
from partgen.errors import Action, PartgenError
from partgen.geometry.adjacency import face_graph
from partgen.mesh import Mesh
from partgen.networks.partfield import PartField
from partgen.protocol import Device
from partgen.segmentation import METHODS, partfield, segmenter
from partgen.segmentation.feature_tree import MOST_LEAVES, feature_tree
from test_partfield import TINY

GPU = Placement(Device("cuda:0", "Small Card", precisions=("float16",)), "float16")


def tiny_network() -> PartField:
    torch.manual_seed(1)
    return PartField(TINY).eval()


def dumbbell() -> Mesh:
    balls = [trimesh.creation.icosphere(subdivisions=3, radius=0.5).apply_translation((x, 0, 0)) for x in (-1, 1)]
    bar = trimesh.creation.cylinder(0.1, 1.2).apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (0, 1, 0)))
    joined = trimesh.util.concatenate([*balls, bar])
    return Mesh.from_triangles(joined.vertices, joined.faces, "Dumbbell")


def test_the_answer_says_who_made_it_and_covers_every_face() -> None:
    mesh = dumbbell()
    found = partfield.PartFieldSegmenter(tiny_network).segment(mesh)
    assert (found.method, found.weights) == ("partfield", "partfield")
    assert found.leaf_of_face.shape == (len(mesh.faces),)
    assert len(np.unique(found.leaf_of_face)) == found.tree.leaf_count <= MOST_LEAVES
    assert found.labels().max() + 1 >= 2
    assert found.notes == ()


def test_leaves_that_look_alike_are_told_to_be_alike_on_other_objects_too() -> None:
    segmenter = partfield.PartFieldSegmenter(tiny_network)
    found = segmenter.segment(dumbbell())
    features = found.leaf_features
    assert features.dtype == np.float32
    assert len(features) == found.tree.leaf_count
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(features @ segmenter.segment(dumbbell()).leaf_features.T, features @ features.T, atol=1e-5)
    likeness = features @ features.T
    first, second = found.tree.merges[0]  # the first two that become one, for the network found no two more alike
    assert max(first, second) < found.tree.leaf_count
    assert likeness[first, second] > np.median(likeness)


def test_the_same_mesh_gives_the_same_tree() -> None:
    first, second = (partfield.PartFieldSegmenter(tiny_network).segment(dumbbell()) for _ in range(2))
    np.testing.assert_array_equal(first.leaf_of_face, second.leaf_of_face)
    np.testing.assert_array_equal(first.tree.merges, second.tree.merges)


def test_where_the_card_is_too_small_the_cpu_does_it_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = partfield.planes_of
    tried = []

    def on_a_small_card(network: PartField, points: torch.Tensor, placement: Placement) -> torch.Tensor:
        tried.append(placement.device.id)
        if placement.device.id != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(network, points, placement)

    monkeypatch.setattr(partfield, "place_as_told", lambda: GPU)
    monkeypatch.setattr(partfield, "planes_of", on_a_small_card)
    found = partfield.PartFieldSegmenter(tiny_network).segment(dumbbell())
    assert tried == ["cuda:0", "cpu"]
    assert found.notes == ("The memory of Small Card was too small: the CPU did the work, which takes longer.",)
    monkeypatch.undo()
    np.testing.assert_array_equal(found.leaf_of_face, partfield.PartFieldSegmenter(tiny_network).segment(dumbbell()).leaf_of_face)


def test_a_card_whose_half_precision_overflows_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partfield, "place_as_told", lambda: GPU)
    monkeypatch.setattr(partfield, "planes_of", lambda *_: torch.full((1, 3, 8, 16, 16), torch.nan))
    with pytest.raises(PartgenError) as raised:
        partfield.PartFieldSegmenter(tiny_network).segment(dumbbell())
    assert "Small Card" in raised.value.sentence
    assert "float32" in raised.value.remedy
    assert raised.value.action is Action.USE_CPU


def test_half_precision_is_near_full_precision() -> None:
    points = torch.rand(1, 2000, 3, generator=torch.Generator().manual_seed(0)) * 1.8 - 0.9
    full, half = (partfield.planes_of(tiny_network(), points, Placement(CPU, precision)) for precision in ("float32", "bfloat16"))
    assert full.dtype == half.dtype == torch.float32
    assert torch.linalg.norm(full - half) < 0.03 * torch.linalg.norm(full)


def test_without_its_weights_it_says_where_to_get_them() -> None:
    with pytest.raises(PartgenError) as raised:
        segmenter("partfield").segment(dumbbell())
    assert raised.value.code == "weights.absent"
    assert "PartField" in raised.value.sentence
    assert raised.value.action is Action.OPEN_PREFERENCES


def test_without_torch_it_offers_the_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partgen.segmentation.is_torch_installed", lambda: False)
    with pytest.raises(PartgenError) as raised:
        segmenter("partfield")
    assert raised.value.action is Action.SET_UP
    assert "partfield" in METHODS


def test_alike_faces_that_hang_together_are_one_part() -> None:
    mesh = trimesh.creation.icosphere(subdivisions=4)
    graph = face_graph(mesh.vertices, mesh.faces)
    side = (graph.centers[:, 2] > 0).astype(int) + 2 * (graph.centers[:, 0] > 0)
    features = np.eye(8)[side] + np.random.default_rng(0).normal(0, 0.05, (graph.face_count, 8))
    region, merges, costs, _ = feature_tree(graph, features)
    assert partfield.explaining_count(costs) == 4
    top = np.arange(len(merges) + 1)
    for step, (a, b) in enumerate(merges[:-3]):
        top[(top == a) | (top == b)] = len(merges) + 1 + step
    assert len(np.unique(np.stack([top[region], side]), axis=1).T) == 4


@pytest.mark.parametrize("corners", [3, 4, 64])
def test_an_object_of_one_polygon_is_one_part(corners: int) -> None:
    """A triangle, Blender's plane, its circle filled with an n-gon."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    vertices = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    faces = np.array([[0, i, i + 1] for i in range(1, corners - 1)])
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32), np.zeros(len(faces), np.int32), "Polygon")
    found = partfield.PartFieldSegmenter(tiny_network).segment(mesh)
    assert found.labels().tolist() == [0] * len(faces)
    assert found.tree.leaf_count == 1
    np.testing.assert_allclose(np.linalg.norm(found.leaf_features, axis=1), [1.0], atol=1e-5)


def test_a_surface_without_area_is_refused_with_a_sentence() -> None:
    mesh = Mesh.from_triangles(np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]]), np.array([[0, 1, 2]]), "Line")
    with pytest.raises(PartgenError, match="No face of Line has an area"):
        partfield.PartFieldSegmenter(tiny_network).segment(mesh)
