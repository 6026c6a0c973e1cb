"""The reader of prompts for parts: words in, a direction for the name that is meant, for what is asked of it and what is denied.

Names and attributes of the catalogue go through the same layers; what a prompt means is nearest to it, so words that were never
learned from are understood by what they lie near to. Contrastive, as in Radford et al. 2021, over the whole catalogue at once.

    meaning + spelling + kind ── two layers over neighbours ── three attentive means ── name · asked · denied
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..understanding.vocabulary import BUCKETS, KIND_COUNT
from .sizes import Sizes
from .words import beside, known_of_words

FORGET = (0.05, 0.5)
"""Of the words in training, those whose meaning and whose spelling is left out: meaning is what reaches words never learned from."""


@dataclass(frozen=True)
class PartWordsConfig(Sizes):
    """The sizes of a network; `channels` are those of the table of meanings."""

    channels: int = 64
    width: int = 128
    spelling: int = 32
    out: int = 64


class Reads(NamedTuple):
    """Unit directions (B, out) of B phrases."""

    name: Tensor
    asked: Tensor
    denied: Tensor


class PartWordsNetwork(nn.Module):
    """Words in, directions out. `meanings` (words + 1, channels) is given and stays as it is."""

    meanings: Tensor

    def __init__(self, config: PartWordsConfig, meanings: Tensor) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.register_buffer("meanings", meanings, persistent=False)
        self.meaning = nn.Linear(config.channels, width)
        self.pieces = nn.Embedding(BUCKETS, config.spelling, padding_idx=0)
        self.spelling = nn.Linear(config.spelling, width, bias=False)
        self.kind = nn.Embedding(KIND_COUNT, width)
        self.neighbours = nn.ModuleList(nn.Linear(3 * width, width) for _ in range(2))
        self.weigh = nn.Linear(width, len(Reads._fields))
        self.directions = nn.ModuleList(nn.Linear(2 * width, config.out) for _ in Reads._fields)
        self.sharpness = nn.Parameter(torch.tensor([2.5, 2.0, 2.0]))
        self.nothing = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.full((2,), -4.0))
        self.dropout = nn.Dropout(0.1)

    def forward(self, row: Tensor, grams: Tensor, kind: Tensor, there: Tensor) -> Reads:
        """`row`, `kind` (B, N), `grams` (B, N, MOST_GRAMS) as in `Seen`; `there` (B, N) bool: which are words, not padding."""
        state = first = self.dropout(known_of_words(self, row, grams, kind, FORGET)) * there[..., None]
        for layer in self.neighbours:
            state = (state + functional.silu(layer(beside(state)))) * there[..., None]
        weights = self.weigh(state).masked_fill(~there[..., None], -1e4).softmax(1)
        both = torch.cat([first, state], dim=2)
        heard = torch.einsum("bnk,bnc->bkc", weights, both)
        return Reads(*(functional.normalize(layer(heard[:, index]), dim=1) for index, layer in enumerate(self.directions)))

    def logits(self, prompts: Reads, names: Reads, attributes: Reads) -> tuple[Tensor, Tensor, Tensor]:
        """Of B prompts over all N names and, at last, none of them (B, N + 1); over A attributes asked, and denied, (B, A) each."""
        sharp = self.sharpness.exp()
        name = torch.cat([sharp[0] * prompts.name @ names.name.T, self.nothing.expand(len(prompts.name), 1) * sharp[0]], dim=1)
        asked = sharp[1] * prompts.asked @ attributes.asked.T + self.bias[0]
        denied = sharp[2] * prompts.denied @ attributes.denied.T + self.bias[1]
        return name, asked, denied
