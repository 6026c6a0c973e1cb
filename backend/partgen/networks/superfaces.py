"""A graph network over superfaces: which neighbours belong to one part, and which regions do wherever they lie.

Small enough for any computer: some hundred regions, a few thousand edges, layers of messages between them. It reads what
`segmentation.superface_features` measures, and answers at two levels of detail, the finest parts and the coarsest groups.

    nodes, edges ── layers of messages ── a logit for every boundary, and a place for every region in a space of parts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

LEVELS = 2
"""Of detail: the finest parts, the coarsest groups."""
CLIP = 6.0
"""Features count up to so many standard deviations: real meshes reach where no training went."""


@dataclass(frozen=True)
class SuperfaceConfig:
    """The sizes of a network; `node_features` and `edge_features` are what it is shown of each."""

    node_features: int
    edge_features: int
    width: int = 48
    layers: int = 4
    place_channels: int = 12

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> SuperfaceConfig:
        """From a mapping such as a JSON file holds; entries that are no size are left out."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class SuperfaceNetwork(nn.Module):
    """Nodes and directed edges of one graph in; logits of boundaries and places of regions out."""

    def __init__(self, config: SuperfaceConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        # Statistics of the training set, not learned scales: what features measure lies orders of magnitude apart.
        self.node_scale = nn.BatchNorm1d(config.node_features, affine=False, momentum=0.02)
        self.edge_scale = nn.BatchNorm1d(config.edge_features, affine=False, momentum=0.02)
        self.node_in = perceptron(config.node_features, width, width)
        self.edge_in = perceptron(config.edge_features, width, width)
        self.layers = nn.ModuleList(MessageLayer(width) for _ in range(config.layers))
        self.boundary = nn.Sequential(nn.LayerNorm(width), perceptron(width, width, LEVELS))
        self.place = nn.Sequential(nn.LayerNorm(width), perceptron(width, width, LEVELS * config.place_channels))
        self.nearness = nn.Parameter(torch.full((LEVELS,), 1.0))
        self.falloff = nn.Parameter(torch.zeros(LEVELS))

    def forward(self, nodes: Tensor, edges: Tensor, ends: Tensor, areas: Tensor, pair_count: int) -> tuple[Tensor, Tensor]:
        """How the regions of one object hang together.

        `nodes` (N, X); `edges` (M, Y) with `ends` (2, M), the first `pair_count` the boundaries in one direction, the next
        as many the same in the other; `areas` (N,) summing to 1. Returns the logit that a boundary separates two parts
        (pair_count, LEVELS), and the places of regions (N, LEVELS, place_channels), near where they are of one part.
        """
        first, second = ends
        node = self.node_in(self.node_scale(nodes).clamp(-CLIP, CLIP))
        edge = self.edge_in(self.edge_scale(edges).clamp(-CLIP, CLIP))
        for layer in self.layers:
            node, edge = layer(node, edge, first, second, areas)
        both_ways = self.boundary(edge[: 2 * pair_count])
        logits = (both_ways[:pair_count] + both_ways[pair_count:]) / 2
        return logits, self.place(node).unflatten(1, (LEVELS, -1))

    def togetherness(self, places: Tensor, level: int) -> Tensor:
        """The logit that two regions belong to one part, for every two: places (N, LEVELS, C) to (N, N)."""
        apart = torch.cdist(places[:, level].float(), places[:, level].float()).square()
        return self.nearness[level] - self.falloff[level].exp() * apart


class MessageLayer(nn.Module):
    """Edges hear their ends; nodes hear the mean and the loudest of their edges, and the whole object."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.node_norm, self.edge_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.edge_update = perceptron(3 * width, 2 * width, width)
        self.node_update = perceptron(4 * width, 2 * width, width)
        self.gate = nn.Linear(width, 1)

    def forward(self, node: Tensor, edge: Tensor, first: Tensor, second: Tensor, areas: Tensor) -> tuple[Tensor, Tensor]:
        state = self.node_norm(node)
        edge = edge + self.edge_update(torch.cat([state[first], state[second], self.edge_norm(edge)], 1))
        gate = torch.sigmoid(self.gate(edge)).to(edge.dtype)
        heard = torch.zeros_like(node, dtype=edge.dtype).index_add(0, first, gate * edge)
        weight = gate.new_zeros(len(node), 1).index_add(0, first, gate)
        loudest = torch.zeros_like(heard).scatter_reduce(0, first[:, None].expand_as(edge), edge, "amax", include_self=False)
        whole = (areas[:, None] * state).sum(0, keepdim=True).expand_as(state)
        return node + self.node_update(torch.cat([state, heard / (weight + 1e-3), loudest, whole], 1)), edge


def perceptron(in_channels: int, hidden: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_channels, hidden), nn.GELU(), nn.Linear(hidden, out_channels))
