"""The network that reads instructions, without PyTorch: the same layers in numpy, so that it answers in milliseconds anywhere.

It mirrors `networks.understanding`, where training happens and every layer is explained; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import softmax

from ..numpy_layers import Floats, Layers, silu
from .vocabulary import Seen, meanings


class Probabilities(NamedTuple):
    """Of a prompt with n words: `answer` (ANSWERS,); `op`, `side`, `way`, `role` (n, of each); `pointer` (n, n), of each word (rows)
    to the word that stands for its edit."""

    answer: Floats
    op: Floats
    side: Floats
    way: Floats
    role: Floats
    pointer: Floats


class UnderstandingWeights(Layers):
    """Weights by name, as `partgen train understanding` leaves them, and the table of meanings."""

    def __init__(self, tensors: Mapping[str, NDArray], table: Floats, layers: int, heads: int) -> None:
        super().__init__(tensors)
        self.table, self.layers, self.heads = table, layers, heads

    @classmethod
    def read(cls, folder: Path) -> UnderstandingWeights:
        """From the files in a folder. Raises OSError, ValueError, KeyError or SafetensorError."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), meanings(folder), int(config["layers"]), int(config["heads"]))


def answers(weights: UnderstandingWeights, seen: Seen) -> Probabilities:
    """What the network says of one prompt, of at least one word."""
    state = _words(weights, seen)
    reach = len(weights.tensors["nearness"]) // 2
    places = np.arange(len(state))
    distance = np.clip(places[None] - places[:, None], -reach, reach) + reach
    for layer in range(weights.layers):
        state = _layer(weights, f"layers.{layer}", state, distance)
    state = weights.norm("norm", state)
    whole, words = state[0], state[1:]
    asks, offers = weights.linear("asks", words), weights.linear("offers", words)
    pointer = asks @ offers.T / np.float32(np.sqrt(asks.shape[1])) + weights.tensors["nearness"][distance[1:, 1:]]
    said = {name: softmax(weights.linear(name, words), axis=-1) for name in ("op", "side", "way", "role")}
    return Probabilities(
        softmax(weights.linear("answer", whole[None])[0]), said["op"], said["side"], said["way"], said["role"], softmax(pointer, axis=-1)
    )


def _words(weights: UnderstandingWeights, seen: Seen) -> Floats:
    """What is known of each word by itself and beside its neighbours; the first place is the prompt's own."""
    state = np.concatenate([weights.tensors["kind.weight"][-1:], known_of_words(weights, weights.table, seen)])
    return state + silu(weights.linear("neighbours", beside(state)))


def known_of_words(weights: Layers, table: Floats, seen: Seen) -> Floats:
    """Meaning, spelling and kind of each word, (n, width): see `networks.words`. `table` (words + 1, channels) of meanings."""
    counted = np.maximum((seen.grams > 0).sum(1, keepdims=True), 1).astype(np.float32)
    spelled = weights.tensors["pieces.weight"][seen.grams].sum(1) / counted
    known = weights.linear("meaning", table[seen.row]) + spelled @ weights.tensors["spelling.weight"].T
    return np.asarray(known + weights.tensors["kind.weight"][seen.kind])


def beside(state: Floats) -> Floats:
    """Each word's state (n, width) between those of the word before and after it: (n, 3 width)."""
    nothing = np.zeros((1, state.shape[1]), np.float32)
    return np.concatenate([np.concatenate([nothing, state[:-1]]), state, np.concatenate([state[1:], nothing])], axis=1)


def _layer(weights: UnderstandingWeights, name: str, state: Floats, distance: NDArray[np.int64]) -> Floats:
    length, width = state.shape
    parts = weights.linear(f"{name}.attention", weights.norm(f"{name}.attention_norm", state))
    query, key, value = parts.reshape(length, 3, weights.heads, -1).transpose(1, 2, 0, 3)
    logits = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(width / weights.heads)) + weights.tensors[f"{name}.nearness"][:, distance]
    heard = (softmax(logits, axis=-1) @ value).swapaxes(0, 1).reshape(length, width)
    state = state + weights.linear(f"{name}.heard", heard)
    return state + weights.linear(f"{name}.outer", silu(weights.linear(f"{name}.inner", weights.norm(f"{name}.norm", state))))
