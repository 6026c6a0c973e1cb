"""A small network that divides the inside of an object: how strongly each of the parts that compete for a point claims it.

The same perceptron reads what is told of each part (`completion.claim_features`); in between the parts hear of one another.

    what is told of each part ── perceptron ── rounds of attention over the parts ── a logit for each part

A softmax over the parts gives the chance that the point belongs to each. `completion.claim_network` is the same in numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .sizes import Sizes
from .superfaces import Scale, perceptron

APART = -1e4
"""The logit of what does not compete."""


@dataclass(frozen=True)
class ClaimConfig(Sizes):
    """The sizes of a network that is told `features` numbers of each part; without `rounds` no part hears of another."""

    features: int
    width: int = 48
    rounds: int = 2


class ClaimNetwork(nn.Module):
    """What is told of the parts that compete for points, to a logit for each."""

    def __init__(self, config: ClaimConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.scale = Scale(config.features)
        self.read = perceptron(config.features, 2 * width, width)
        self.rounds = nn.ModuleList(Round(width) for _ in range(config.rounds))
        self.norm, self.claim = nn.LayerNorm(width), perceptron(width, width, 1)

    def forward(self, features: Tensor, competes: Tensor) -> Tensor:
        """`features` (n, k, F) and `competes` (n, k) bool to logits (n, k), APART where nothing competes."""
        told = self.scale(features[competes])
        state = features.new_zeros(*competes.shape, self.config.width)
        state[competes] = self.read(told).to(state.dtype)
        for round_ in self.rounds:
            state = round_(state, competes)
        return self.claim(self.norm(state)).squeeze(2).float().masked_fill(~competes, APART)


class Round(nn.Module):
    """Each part hears those that it attends to, and the loudest of all."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.update = perceptron(3 * width, 2 * width, width)

    def forward(self, state: Tensor, competes: Tensor) -> Tensor:
        said = self.norm(state)
        match = self.query(said) @ self.key(said).transpose(1, 2) / said.shape[2] ** 0.5
        heard = torch.softmax(match.masked_fill(~competes[:, None], APART), dim=2) @ self.value(said)
        loudest = said.masked_fill(~competes[:, :, None], APART).amax(dim=1, keepdim=True).expand_as(said)
        return state + self.update(torch.cat([said, heard, loudest], dim=2))
