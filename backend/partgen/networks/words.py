"""The first layers of every network that reads words: what is known of each word, and what stands beside it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional


class KnowsWords(Protocol):
    """What such a network has: the table of `meanings` (words + 1, channels), and layers that bring all that is known to one width."""

    meanings: Tensor
    meaning: nn.Linear
    pieces: nn.Embedding
    spelling: nn.Linear
    kind: nn.Embedding
    training: bool


def known_of_words(network: KnowsWords, row: Tensor, grams: Tensor, kind: Tensor, forget: tuple[float, float]) -> Tensor:
    """Meaning, spelling and kind of each word, (B, N, width); `row`, `kind` (B, N) and `grams` (B, N, MOST_GRAMS) as in `Seen`.

    In training the meaning or the spelling of the share `forget` of the words is left out: neither must be relied upon alone.
    """
    meaning = network.meanings[row]
    spelled = network.pieces(grams).sum(2) / (grams > 0).sum(2, keepdim=True).clamp(min=1)
    if network.training:
        meaning = meaning * (torch.rand(row.shape, device=row.device) > forget[0])[..., None]
        spelled = spelled * (torch.rand(row.shape, device=row.device) > forget[1])[..., None] / (1 - forget[1])
    known: Tensor = network.meaning(meaning) + network.spelling(spelled) + network.kind(kind)
    return known


def beside(state: Tensor) -> Tensor:
    """Each word's state (B, N, width) between those of the word before and after it: (B, N, 3 width); zeros beyond the ends."""
    before, after = functional.pad(state, (0, 0, 1, 0))[:, :-1], functional.pad(state, (0, 0, 0, 1))[:, 1:]
    return torch.cat([before, state, after], dim=2)
