"""The superface network without PyTorch: the same layers in numpy, for machines that have the tier Geometry alone.

It mirrors `networks.superfaces`, where training happens and every layer is explained; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.sparse import csr_array
from scipy.special import expit, softmax

from ..numpy_layers import Floats, Layers, silu
from .superface_features import Features

LEVELS = 2


class SuperfaceWeights(Layers):
    """Weights of a superface network by name, as `partgen train superfaces` leaves them."""

    def __init__(self, tensors: Mapping[str, NDArray], layers: int) -> None:
        super().__init__(tensors)
        self.layers = layers

    @classmethod
    def read(cls, folder: Path) -> SuperfaceWeights:
        """From `model.safetensors` and `config.json` in a folder. Raises OSError, ValueError or SafetensorError."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), int(config["layers"]))


class Answers(NamedTuple):
    """What the network says of one object: `boundaries` (E, LEVELS) the probability that each separates two parts; `places`
    (N, LEVELS, C) of the regions, scaled so that the logit that two belong together falls by the square of their distance;
    `descriptors` (N, width) what it knows of each region, unit rows."""

    boundaries: Floats
    places: Floats
    descriptors: Floats


def answers(weights: SuperfaceWeights, features: Features, areas: NDArray) -> Answers:
    """How the regions of one object hang together, from `features` and the `areas` (N,) of its regions."""
    first, second = features.ends
    count = len(areas)
    node = weights.perceptron("node_in", weights.scale("node_scale", features.nodes))
    edge = weights.perceptron("edge_in", weights.scale("edge_scale", features.edges))
    shares = np.log(areas.astype(np.float32)[:, None] + np.float32(1e-6))
    incoming = csr_array((np.ones(len(first), np.float32), (first, np.arange(len(first)))), shape=(count, len(first)))
    by_end = np.argsort(first, kind="stable")
    heard_by, begins = np.unique(first[by_end], return_index=True)
    for layer in range(weights.layers):
        name = f"layers.{layer}"
        state = weights.norm(f"{name}.node_norm", node)
        edge = edge + _edge_update(weights, name, state, edge, first, second)
        gate = expit(weights.linear(f"{name}.gate", edge))
        heard = (incoming @ (gate * edge)) / (incoming @ gate + np.float32(1e-3))
        loudest = np.zeros_like(node)
        loudest[heard_by] = np.maximum.reduceat(edge[by_end], begins, axis=0)
        attention = softmax(weights.linear(f"{name}.attention", state) + shares, axis=0)
        whole = weights.linear(f"{name}.summary", (attention.T @ state).reshape(1, -1))
        told = np.concatenate([state, heard, loudest, np.broadcast_to(whole, state.shape)], axis=1)
        node = node + weights.perceptron(f"{name}.node_update", told)
    pairs = features.pair_count
    both_ways = weights.perceptron("boundary", weights.norm("boundary_norm", edge[: 2 * pairs]))
    descriptors = weights.norm("place_norm", node)
    places = weights.perceptron("place", descriptors).reshape(count, LEVELS, -1)
    falloff = np.exp(weights.tensors["falloff"] / 2)
    descriptors = descriptors / np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), np.float32(1e-12))
    return Answers(expit((both_ways[:pairs] + both_ways[pairs:]) / 2), places * falloff[None, :, None], descriptors)


def _edge_update(
    weights: SuperfaceWeights, name: str, state: Floats, edge: Floats, first: NDArray[np.int64], second: NDArray[np.int64]
) -> Floats:
    """The perceptron of [end, end, edge], whose first layer is applied to each region once, not to each of its edges."""
    matrix, width = weights.tensors[f"{name}.edge_update.0.weight"], state.shape[1]
    of_first, of_second, of_edge = (matrix[:, start : start + width].T for start in (0, width, 2 * width))
    hidden = (state @ of_first)[first] + (state @ of_second)[second]
    hidden += weights.norm(f"{name}.edge_norm", edge) @ of_edge + weights.tensors[f"{name}.edge_update.0.bias"]
    return weights.linear(f"{name}.edge_update.2", silu(hidden))
