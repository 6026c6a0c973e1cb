"""Layers of the bundled networks in numpy, so that these answer in milliseconds where there is no PyTorch.

Each network that is built of them mirrors one of `networks`, where training happens; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Floats = NDArray[np.float32]

EPSILON = 1e-5
"""Of a layer norm, as in PyTorch."""
CLIP = 6.0
LEAST_VARIANCE = 1e-5


class Layers:
    """The weights of a network by name, and the layers that they belong to. Values are (..., channels) float32."""

    epsilon = EPSILON

    def __init__(self, tensors: Mapping[str, NDArray]) -> None:
        self.tensors = {name: np.asarray(values, np.float32) for name, values in tensors.items() if values.dtype.kind == "f"}

    def linear(self, name: str, values: Floats) -> Floats:
        matrix = self.tensors[f"{name}.weight"]
        flat = values.reshape(-1, matrix.shape[1]) @ matrix.T  # one product: numpy would make one for each matrix of a stack
        flat += self.tensors[f"{name}.bias"]
        return flat.reshape(*values.shape[:-1], len(matrix))

    def perceptron(self, name: str, values: Floats) -> Floats:
        return self.linear(f"{name}.2", silu(self.linear(f"{name}.0", values)))

    def norm(self, name: str, values: Floats) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        return centred / spread * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def scale(self, name: str, values: Floats) -> Floats:
        """Features of any unit, by the mean and variance that each had in training."""
        spread = np.sqrt(np.maximum(self.tensors[f"{name}.variance"], LEAST_VARIANCE))
        return np.clip((values - self.tensors[f"{name}.mean"]) / spread, -CLIP, CLIP)


def silu(values: Floats) -> Floats:
    return values * expit(values)


def gelu(values: Floats) -> Floats:
    """The activation of BERT, not approximated. Hendrycks and Gimpel 2016."""
    return values * ((1 + erf(values * np.float32(np.sqrt(0.5)))) / 2)
