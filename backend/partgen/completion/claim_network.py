"""The network that divides the inside of objects, without PyTorch: the same layers in numpy, for machines that have the tier
Geometry alone.

It mirrors `networks.claims`, where training happens and every layer is explained; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import softmax

from ..numpy_layers import Floats, Layers
from .claim_features import NAMES

APART = np.float32(-1e4)
CHUNK = 1024
"""Points at a time: what stays in the caches of a processor is quicker."""


class ClaimWeights(Layers):
    """Weights by name, as `partgen train claims` leaves them. `told` are the features that the network was trained on."""

    def __init__(self, tensors: Mapping[str, NDArray], rounds: int, told: Sequence[str] = NAMES) -> None:
        super().__init__(tensors)
        self.rounds, self.columns = rounds, [NAMES.index(name) for name in told]

    @classmethod
    def read(cls, folder: Path) -> ClaimWeights:
        """From `model.safetensors` and `config.json` in a folder. Raises OSError, ValueError or SafetensorError."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), int(config["rounds"]), config["told"])


def claim_logits(weights: ClaimWeights, features: Floats) -> Floats:
    """How strongly each of the parts that compete for a point claims it: features (n, k, len(NAMES)) to logits (n, k)."""
    return np.concatenate(
        [_logits(weights, features[start : start + CHUNK][:, :, weights.columns]) for start in range(0, len(features), CHUNK)]
        or [np.zeros(features.shape[:2], np.float32)]
    )


def _logits(weights: ClaimWeights, features: Floats) -> Floats:
    points, parts, _ = features.shape
    state = weights.perceptron("read", weights.scale("scale", features.reshape(points * parts, -1)))
    for number in range(weights.rounds):
        name = f"rounds.{number}"
        said = weights.norm(f"{name}.norm", state)
        query, key, value = (weights.linear(f"{name}.{word}", said).reshape(points, parts, -1) for word in ("query", "key", "value"))
        match = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[2]))
        heard = (softmax(match, axis=2) @ value).reshape(said.shape)
        loudest = np.repeat(said.reshape(points, parts, -1).max(axis=1), parts, axis=0)
        state = state + weights.perceptron(f"{name}.update", np.concatenate([said, heard, loudest], axis=1))
    return weights.perceptron("claim", weights.norm("norm", state)).reshape(points, parts)
