"""The reader of instructions: a small transformer over the words of a prompt.

Each word is where it lies in meaning (`understanding.vocabulary`), its spelling and its kind. What comes out says of the prompt
whether it is an edit, and of each word which edit it stands for, what it tells about one, and about which.

    meaning + spelling + kind ── neighbours ── layers of attention ── answers · ops · sides · ways · roles · pointers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..understanding.labels import ANSWERS, OPS, ROLES, SIDES, WAYS
from ..understanding.vocabulary import BUCKETS, KIND_COUNT
from .sizes import Sizes
from .words import beside, known_of_words

REACH = 12
"""Distances between words that are told apart; all beyond are alike."""
FORGET = (0.1, 0.35)
"""Of the words in training, those whose meaning and whose spelling is left out."""


@dataclass(frozen=True)
class UnderstandingConfig(Sizes):
    """The sizes of a network; `channels` are those of the table of meanings."""

    channels: int = 64
    width: int = 128
    spelling: int = 48
    layers: int = 3
    heads: int = 4
    pointer: int = 48
    dropout: float = 0.1


class Logits(NamedTuple):
    """Of B prompts with N words: `answer` (B, ANSWERS); `op`, `side`, `way`, `role` (B, N, of each); `pointer` (B, N, N), of each word
    (second axis) to the word that stands for its edit (third)."""

    answer: Tensor
    op: Tensor
    side: Tensor
    way: Tensor
    role: Tensor
    pointer: Tensor


class UnderstandingNetwork(nn.Module):
    """Words in, logits out. `meanings` (words + 1, channels) is given and stays as it is."""

    meanings: Tensor

    def __init__(self, config: UnderstandingConfig, meanings: Tensor) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.register_buffer("meanings", meanings, persistent=False)
        self.meaning = nn.Linear(config.channels, width)
        self.pieces = nn.Embedding(BUCKETS, config.spelling, padding_idx=0)
        self.spelling = nn.Linear(config.spelling, width, bias=False)
        self.kind = nn.Embedding(KIND_COUNT + 1, width)
        self.neighbours = nn.Linear(3 * width, width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, len(ANSWERS))
        self.op, self.role = nn.Linear(width, len(OPS)), nn.Linear(width, len(ROLES))
        self.side, self.way = nn.Linear(width, len(SIDES)), nn.Linear(width, len(WAYS))
        self.asks, self.offers = nn.Linear(width, config.pointer), nn.Linear(width, config.pointer)
        self.nearness = nn.Parameter(torch.zeros(2 * REACH + 1))

    def forward(self, row: Tensor, grams: Tensor, kind: Tensor, there: Tensor) -> Logits:
        """`row`, `kind` (B, N), `grams` (B, N, MOST_GRAMS) as in `Seen`; `there` (B, N) bool: which are words, not padding."""
        state = self._words(row, grams, kind)
        there = functional.pad(there, (1, 0), value=True)
        distance = distances(state.shape[1], state.device)
        for layer in self.layers:
            state = layer(state, there, distance)
        state = self.norm(state)
        whole, words = state[:, 0], state[:, 1:]
        pointer = self.asks(words) @ self.offers(words).transpose(1, 2) / self.config.pointer**0.5 + self.nearness[distance[1:, 1:]]
        pointer = pointer.masked_fill(~there[:, None, 1:], -1e4)
        return Logits(self.answer(whole), self.op(words), self.side(words), self.way(words), self.role(words), pointer)

    def _words(self, row: Tensor, grams: Tensor, kind: Tensor) -> Tensor:
        """What is known of each word by itself and beside its neighbours, (B, N + 1, width); the first place is the prompt's own."""
        words = known_of_words(self, row, grams, kind, FORGET)
        first = self.kind.weight[-1].expand(len(row), 1, -1)
        state = self.dropout(torch.cat([first, words], dim=1))
        return state + functional.silu(self.neighbours(beside(state)))


class Layer(nn.Module):
    """Attention that knows how far apart words are, and a perceptron; both beside the state."""

    def __init__(self, config: UnderstandingConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.heard = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.nearness = nn.Parameter(torch.zeros(config.heads, 2 * REACH + 1))
        self.inner, self.outer = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, state: Tensor, there: Tensor, distance: Tensor) -> Tensor:
        count, length, width = state.shape
        parts = self.attention(self.attention_norm(state)).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        logits = query @ key.transpose(2, 3) / (width / self.heads) ** 0.5 + self.nearness[:, distance]
        weights = logits.masked_fill(~there[:, None, None], -1e4).softmax(3)
        state = state + self.dropout(self.heard((weights @ value).transpose(1, 2).reshape(count, length, width)))
        return state + self.dropout(self.outer(functional.silu(self.inner(self.norm(state)))))


def distances(length: int, device: torch.device) -> Tensor:
    """Which of the told distances lies from each place (rows) to each other, (length, length) int64."""
    places = torch.arange(length, device=device)
    return (places[None] - places[:, None]).clamp(-REACH, REACH) + REACH
