"""A graph network over superfaces: which neighbours belong to one part, and which regions do wherever they lie.

Small enough for any computer: some hundred regions, a few thousand edges, layers of messages between them. It reads what
`segmentation.superface_features` measures, and answers at two levels of detail, the finest parts and the coarsest groups.

    nodes, edges ── layers of messages ── a logit for every boundary, and a place for every region in a space of parts
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .sizes import Sizes

LEVELS = 2
"""Of detail: the finest parts, the coarsest groups."""
CLIP = 6.0
"""Features count up to so many standard deviations: real meshes reach where no training went."""
CALIBRATION = 500
"""So many graphs tell how features are spread; from there on the scales stay."""
LEAST_VARIANCE = 1e-5
SUMMARIES = 4
"""Of the whole object that each layer makes."""


@dataclass(frozen=True)
class SuperfaceConfig(Sizes):
    """The sizes of a network; `node_features` and `edge_features` are what it is shown of each."""

    node_features: int
    edge_features: int
    width: int = 64
    layers: int = 4
    place_channels: int = 12


class SuperfaceNetwork(nn.Module):
    """Nodes and directed edges of one graph in; logits of boundaries and places of regions out."""

    def __init__(self, config: SuperfaceConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.node_scale, self.edge_scale = Scale(config.node_features), Scale(config.edge_features)
        self.node_in = perceptron(config.node_features, width, width)
        self.edge_in = perceptron(config.edge_features, width, width)
        self.layers = nn.ModuleList(MessageLayer(width) for _ in range(config.layers))
        self.boundary_norm, self.boundary = nn.LayerNorm(width), perceptron(width, width, LEVELS)
        self.place_norm, self.place = nn.LayerNorm(width), perceptron(width, width, LEVELS * config.place_channels)
        self.nearness = nn.Parameter(torch.full((LEVELS,), 1.0))
        self.falloff = nn.Parameter(torch.zeros(LEVELS))

    def forward(self, nodes: Tensor, edges: Tensor, ends: Tensor, areas: Tensor, pair_count: int) -> tuple[Tensor, Tensor]:
        """How the regions of one object hang together.

        `nodes` (N, X); `edges` (M, Y) with `ends` (2, M), the first `pair_count` the boundaries in one direction, the next
        as many the same in the other; `areas` (N,) summing to 1. Returns the logit that a boundary separates two parts
        (pair_count, LEVELS), and the places of regions (N, LEVELS, place_channels), near where they are of one part.
        """
        first, second = ends
        node, edge = self.node_in(self.node_scale(nodes)), self.edge_in(self.edge_scale(edges))
        for layer in self.layers:
            node, edge = layer(node, edge, first, second, areas)
        both_ways = self.boundary(self.boundary_norm(edge[: 2 * pair_count]))
        logits = (both_ways[:pair_count] + both_ways[pair_count:]) / 2
        return logits, self.place(self.place_norm(node)).unflatten(1, (LEVELS, -1))

    def togetherness(self, places: Tensor, level: int) -> Tensor:
        """The logit that two regions belong to one part, for every two: places (N, LEVELS, C) to (N, N)."""
        place = places[:, level].float()
        squares = place.square().sum(1)
        apart = (squares[:, None] + squares[None] - 2 * place @ place.T).clamp(min=0)
        return self.nearness[level] - self.falloff[level].exp() * apart


class Scale(nn.Module):
    """Brings features to mean 0 and spread 1 over the first CALIBRATION graphs of training, and clips them at CLIP.

    Always by what was seen so far, never by the graph itself: what is large in an object must stay so.
    """

    mean: Tensor
    variance: Tensor
    graphs: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.register_buffer("graphs", torch.zeros(()))

    def forward(self, features: Tensor) -> Tensor:
        if self.training and self.graphs < CALIBRATION and len(features):
            self._take_in(features)
        return ((features - self.mean) / self.variance.clamp(min=LEAST_VARIANCE).sqrt()).clamp(-CLIP, CLIP)

    def _take_in(self, features: Tensor) -> None:
        """Folds one more graph into mean and variance, all graphs counting alike (Chan et al. 1979)."""
        self.graphs += 1
        mean = features.mean(0)
        away = mean - self.mean
        self.mean += away / self.graphs
        within = features.var(0, correction=0) + away * (mean - self.mean)
        self.variance += (within - self.variance) / self.graphs


class MessageLayer(nn.Module):
    """Edges hear their ends; nodes hear the mean and the loudest of their edges, and summaries of the whole object."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.node_norm, self.edge_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.edge_update = perceptron(3 * width, 2 * width, width)
        self.node_update = perceptron(4 * width, 2 * width, width)
        self.gate = nn.Linear(width, 1)
        self.attention, self.summary = nn.Linear(width, SUMMARIES), nn.Linear(SUMMARIES * width, width)

    def forward(self, node: Tensor, edge: Tensor, first: Tensor, second: Tensor, areas: Tensor) -> tuple[Tensor, Tensor]:
        state = self.node_norm(node)
        edge = edge + self.edge_update(torch.cat([state[first], state[second], self.edge_norm(edge)], 1))
        gate = torch.sigmoid(self.gate(edge)).to(edge.dtype)
        heard = torch.zeros_like(node, dtype=edge.dtype).index_add(0, first, gate * edge)
        weight = gate.new_zeros(len(node), 1).index_add(0, first, gate)
        loudest = torch.zeros_like(heard).scatter_reduce(0, first[:, None].expand_as(edge), edge, "amax", include_self=False)
        attention = torch.softmax(self.attention(state) + torch.log(areas[:, None] + 1e-6), 0)
        whole = self.summary((attention.T.to(state.dtype) @ state).flatten()).expand_as(state)
        return node + self.node_update(torch.cat([state, heard / (weight + 1e-3), loudest, whole], 1)), edge


def perceptron(in_channels: int, hidden: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_channels, hidden), nn.SiLU(), nn.Linear(hidden, out_channels))
