"""The networks that say what looks like a part, how well a click lies in it, and which change a click asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .traits import TRAITS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judge:
    """Two small networks of one hidden layer, how much a node looks like a part and how well a click lies in it, and one of two
    hidden layers: how likely a click asks for a change."""

    mean: Floats
    deviation: Floats
    node: tuple[Floats, Floats, Floats]
    click: tuple[Floats, Floats, Floats]
    change_mean: Floats
    change_deviation: Floats
    change: list[tuple[Floats, Floats]]

    def of_nodes(self, values: Floats) -> Floats:
        """The score of rows of traits (n, len(TRAITS)): (n,)."""
        count = len(TRAITS)
        return _answer(self.node, (values - self.mean[:count]) / self.deviation[:count])

    def of_clicks(self, values: Floats) -> Floats:
        """What to add for a click, from its place in each node, the size of the node and its number of leaves (n, 6): (n,)."""
        columns = [*range(len(TRAITS), len(self.mean)), TRAITS.index("size"), TRAITS.index("leaves")]
        return _answer(self.click, (values - self.mean[columns]) / self.deviation[columns])

    def of_changes(self, values: Floats) -> Floats:
        """The score of rows of what tells of changes (n, len(CHANGE_TRAITS)): (n,)."""
        return deep_answer(self.change, standardised(values, self.change_mean, self.change_deviation))


def _answer(layers: tuple[Floats, Floats, Floats], values: Floats) -> Floats:
    weights, bias, out = layers
    return np.tanh(values @ weights.T + bias) @ out


def standardised(values: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Values as the network of changes has them: at most eight deviations away from the mean of what it was fitted on."""
    return np.clip((values - mean) / deviation, -8, 8)


def deep_answer(layers: list[tuple[Floats, Floats]], values: Floats) -> Floats:
    """What layers of weights (out, in) and bias (out,) make of rows (n, in), the last layer's only number: (n,)."""
    *hidden, (weights, bias) = layers
    for inner, shift in hidden:
        values = np.tanh(values @ inner.T + shift)
    return np.asarray((values @ weights.T + bias)[:, 0])


@cache
def judge() -> Judge:
    """The weights that ship with PartGen; scripts/fit_refining.py makes them."""
    read = json.loads(Path(__file__).with_name("judge.json").read_text("utf-8"))

    def layers(name: str) -> tuple[Floats, Floats, Floats]:
        weights, bias, out = (np.array(values, np.float64) for values in read[name])
        return weights, bias, out

    change = read["change"]
    return Judge(
        np.array(read["mean"]), np.array(read["deviation"]), layers("node"), layers("click"), np.array(change["mean"]),
        np.array(change["deviation"]), [(np.array(weights), np.array(bias)) for weights, bias in change["layers"]],
    )  # fmt: skip


def of_greatest_overlap(scores: Floats, sizes: Floats) -> int:
    """Of K regions, each inside the next, with scores (K,) as log odds and sizes (K,), the one whose expected intersection over
    union with the right one is greatest."""
    chances = np.exp(scores - scores.max())
    overlap = np.minimum(sizes[:, None], sizes) / np.maximum(np.maximum(sizes[:, None], sizes), 1)
    return int((overlap @ chances).argmax())
