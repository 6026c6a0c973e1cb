"""The superface network in numpy, with which artists work, gives what the one in PyTorch, which was trained, would."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from partgen import numpy_layers
from partgen.geometry.adjacency import face_graph
from partgen.networks.superfaces import LEVELS, SuperfaceConfig, SuperfaceNetwork
from partgen.segmentation import superface_network
from partgen.segmentation.regions import region_graph
from partgen.segmentation.superface_features import Features, features, lines_of_sight, record
from partgen.segmentation.superface_network import SuperfaceWeights, answers
from partgen.segmentation.superfaces import bundled_weights
from partgen.training.superfaces import EDGE_FEATURES, NODE_FEATURES
from shapes import Shape, humanoid, table, two_boxes

TINY = SuperfaceConfig(node_features=5, edge_features=3, width=8, layers=3, place_channels=4)


def random_network(config: SuperfaceConfig, seed: int) -> SuperfaceNetwork:
    """A network in which every number counts: scales and norms too are none that leave things as they are."""
    torch.manual_seed(seed)
    network = SuperfaceNetwork(config).eval()
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            tensor += 0.3 * torch.randn_like(tensor) if tensor.ndim else 0
        for scale in (network.node_scale, network.edge_scale):
            scale.variance.abs_()
    return network


def random_graph(config: SuperfaceConfig, count: int, pairs: int, sights: int, seed: int) -> tuple[Features, NDArray[np.float32]]:
    """A graph of `count` regions with so many boundaries and lines of sight, some of its features far beyond where they are clipped,
    and the areas of its regions."""
    random = np.random.default_rng(seed)
    each = np.array([(a, b) for a in range(count) for b in range(a + 1, count)])
    ends = random.permutation(each)[: pairs + sights]
    boundaries, seen = ends[:pairs], ends[pairs:]
    directed = np.concatenate([boundaries, boundaries[:, ::-1], seen, seen[:, ::-1]]).T.astype(np.int64)
    nodes = random.normal(size=(count, config.node_features)) * 5
    edges = random.normal(size=(directed.shape[1], config.edge_features)) * 5
    areas = random.dirichlet(np.ones(count))
    return Features(nodes.astype(np.float32), edges.astype(np.float32), np.ascontiguousarray(directed), pairs), areas.astype(np.float32)


def assert_equal_answers(network: SuperfaceNetwork, shown: Features, areas: NDArray[np.float32]) -> None:
    """Fails where boundaries, distances of places, or what is kept as descriptors differ by more than the rounding of float32."""
    weights = SuperfaceWeights({name: tensor.numpy() for name, tensor in network.state_dict().items()}, network.config.layers)
    ours = answers(weights, shown, areas)
    known: list[torch.Tensor] = []
    network.place_norm.register_forward_hook(lambda module, given, result: known.append(result))
    with torch.inference_mode():
        logits, places = network(*map(torch.as_tensor, (shown.nodes, shown.edges, shown.ends, areas)), shown.pair_count)
        together = torch.stack([network.togetherness(places, level) for level in range(LEVELS)]).numpy()
    assert ours.boundaries == pytest.approx(torch.sigmoid(logits).numpy(), abs=1e-4)
    apart = ((ours.places[:, None] - ours.places[None]) ** 2).sum(-1)
    nearness = network.nearness.detach().numpy()
    expected = (nearness[:, None, None] - together).transpose(1, 2, 0)
    assert apart == pytest.approx(expected, rel=1e-3, abs=1e-3 * max(1.0, float(expected.max())))
    assert ours.descriptors == pytest.approx(torch.nn.functional.normalize(known[0], dim=1).numpy(), abs=1e-4)
    for values in ours:
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(0, 40), st.integers(0, 10), st.integers(0, 2**16))
def test_both_give_the_same_answers_of_any_graph(count: int, pairs: int, sights: int, seed: int) -> None:
    assert_equal_answers(random_network(TINY, seed), *random_graph(TINY, count, min(pairs, count * (count - 1) // 2), sights, seed))


@pytest.mark.parametrize(
    ("pairs", "sights"), [(3, 0), (0, 1), (1, 1), (0, 0)], ids=["isolated regions", "no boundary", "one line of sight", "no edge"]
)
def test_both_give_the_same_answers_where_little_hangs_together(pairs: int, sights: int) -> None:
    assert_equal_answers(random_network(TINY, 0), *random_graph(TINY, 9, pairs, sights, 0))


@pytest.mark.parametrize("make", [humanoid, two_boxes])
def test_both_give_the_same_answers_of_a_real_object_with_the_bundled_weights(make: object) -> None:
    shown, areas = read(make())
    bundled = bundled_weights()
    width, place = bundled.tensors["node_in.2.weight"].shape[0], bundled.tensors["place.2.weight"].shape[0] // LEVELS
    network = SuperfaceNetwork(SuperfaceConfig(shown.nodes.shape[1], shown.edges.shape[1], width, bundled.layers, place)).eval()
    network.load_state_dict({name: torch.as_tensor(values) for name, values in bundled.tensors.items()})
    assert_equal_answers(network, shown, areas)


def test_constants_that_both_know_are_the_same() -> None:
    from partgen.networks import superfaces as trained

    assert superface_network.LEVELS == trained.LEVELS
    assert (numpy_layers.CLIP, numpy_layers.LEAST_VARIANCE) == (trained.CLIP, trained.LEAST_VARIANCE)
    assert torch.nn.LayerNorm(1).eps == numpy_layers.EPSILON


# ---- what it is shown ------------------------------------------------------------------------------------------------


def read(shape: Shape) -> tuple[Features, NDArray[np.float32]]:
    regions = region_graph(face_graph(shape.vertices, shape.faces))
    return features(record(regions)), regions.areas.astype(np.float32)


@pytest.mark.parametrize("make", [humanoid, two_boxes])
def test_features_have_the_width_that_training_counts_on(make: object) -> None:
    shown, areas = read(make())
    assert shown.nodes.shape == (len(areas), NODE_FEATURES)
    assert shown.edges.shape == (shown.ends.shape[1], EDGE_FEATURES)
    assert np.isfinite(shown.nodes).all()
    assert np.isfinite(shown.edges).all()


def test_features_do_not_change_with_the_size_of_the_object() -> None:
    """Where it stands counts for rounding alone. The regions are those of the small one: growing them is tested elsewhere."""
    shape = table()
    small, large = (read(Shape(shape.vertices * factor, shape.faces, shape.parts))[0] for factor in (1.0, 64.0))
    assert np.array_equal(small.ends, large.ends)
    assert large.nodes == pytest.approx(small.nodes, abs=1e-2)
    assert large.edges == pytest.approx(small.edges, abs=1e-2)


def test_lines_of_sight_leave_out_neighbours_and_what_is_not_seen() -> None:
    visibility = np.array([[1, 0.9, 0.5, 0.0], [0.9, 1, 0.01, 0.4], [0.5, 0.01, 1, 0.0], [0.0, 0.4, 0.0, 1]], np.float32)
    found = lines_of_sight(np.array([[0, 1]]), visibility)
    assert sorted(map(tuple, found.tolist())) == [(0, 2), (1, 3), (2, 0), (3, 1)]
