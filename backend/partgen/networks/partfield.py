"""PartField: a feed-forward field of part features.

Liu et al., "PartField: Learning 3D Feature Fields for Part Segmentation and Beyond", 2025.

A cloud of surface points becomes three feature planes; any point in space reads its feature off them. Points whose
features lie close together belong to one part. The network is written so that the released checkpoint loads by name; what
that checkpoint was trained with and a cleaner design would leave out is kept, and said where it happens.

    points ── PointVoxelConvolution ── scattered onto planes ── TriplaneUNet ── TriplaneTransformer ── planes ── features at points
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .sizes import Sizes

PLANES = 3
PLANE_AXES = ((0, 1), (1, 2), (0, 2))  # column axis, row axis of the planes xy, yz, xz


@dataclass(frozen=True)
class PartFieldConfig(Sizes):
    """The sizes of a PartField network; the defaults are those of the released one (106.9 million parameters).

    `pvcnn_blocks` are (channels, count, voxel resolution) of the point encoder, of which only the first is used. Without
    `sdf_channels` there is no decoder of signed distances. `swaps_axes` reads voxels as the released network does.
    """

    z_triplane_channels: int = 256
    triplane_high_res: int = 128
    triplane_low_res: int = 32
    triplane_dim: int = 512
    transformer_dim: int = 1024
    transformer_layers: int = 6
    transformer_heads: int = 8
    sdf_channels: int = 64
    sdf_neurons: int = 64
    sdf_hidden_layers: int = 6
    unet_depth: int = 3
    unet_start_channels: int = 32
    pvcnn_blocks: tuple[tuple[int, int, int], ...] = ((256, 1, 32), (128, 2, 16), (256, 1, 8))
    swaps_axes: bool = True

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PartFieldConfig:
        """From a mapping such as a JSON file holds, where blocks are lists; entries that are no size are left out."""
        known = dict(values)
        if "pvcnn_blocks" in known:
            known["pvcnn_blocks"] = tuple(tuple(block) for block in known["pvcnn_blocks"])
        return super().of(known)

    @property
    def feature_channels(self) -> int:
        """How long a part feature is: what the planes hold beside the signed distance."""
        return self.triplane_dim - self.sdf_channels


class PartField(nn.Module):
    """The whole network. `planes` once for an object, `features` for any number of points.

    State dict: key for key that of the released checkpoint, with the encoders and the decoder that only training used.
    """

    def __init__(self, config: PartFieldConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PartFieldConfig()
        self.logit_scale = nn.Parameter(torch.ones(1))
        self.pvcnn = PointPlaneEncoder(config)
        self.triplane_transformer = TriplaneTransformer(config)
        if config.sdf_channels:
            self.sdf_decoder = SignedDistanceDecoder(config.sdf_channels, config.sdf_neurons, config.sdf_hidden_layers)

    def planes(self, points: Tensor) -> Tensor:
        """The feature planes of a cloud: points (B, N, 3) in [-1, 1] to (B, 3, C, R, R)."""
        return self.triplane_transformer(self.pvcnn(points))

    def features(self, planes: Tensor, query: Tensor) -> Tensor:
        """Part features: planes (B, 3, C, R, R), points (B, M, 3) in [-1, 1] to (B, M, feature_channels)."""
        return sample_planes(planes[:, :, self.config.sdf_channels :], query)

    def signed_distance(self, planes: Tensor, query: Tensor) -> Tensor:
        """The signed distance that training predicts beside the features: (B, M, 3) to (B, M, 1), in (-1, 1)."""
        return self.sdf_decoder(sample_planes(planes[:, :, : self.config.sdf_channels], query))

    def forward(self, points: Tensor, query: Tensor) -> Tensor:
        """Points (B, N, 3) and query points (B, M, 3), both in [-1, 1], to features (B, M, feature_channels)."""
        return self.features(self.planes(points), query)


def sample_planes(planes: Tensor, query: Tensor) -> Tensor:
    """Reads three planes at points and adds up: (B, 3, C, R, R), (B, M, 3) to (B, M, C). Corners of a plane lie at -1 and 1."""
    total = None
    for plane, axes in enumerate(PLANE_AXES):
        grid = query[:, None, :, axes].to(planes.dtype)
        read = functional.grid_sample(planes[:, plane], grid, mode="bilinear", padding_mode="border", align_corners=True)[:, :, 0]
        total = read if total is None else total + read
    assert total is not None
    return total.transpose(1, 2)


# ---- points to planes ------------------------------------------------------------------------------------------------


class PointPlaneEncoder(nn.Module):
    """Features of the points, scattered onto three planes and refined there: (B, N, 3) to (B, 3, C, R, R)."""

    def __init__(self, config: PartFieldConfig) -> None:
        super().__init__()
        self.resolution = config.triplane_high_res
        self.pc_encoder = PointEncoder(config.pvcnn_blocks, config.swaps_axes)
        self.unet_encoder = TriplaneUNet(config.z_triplane_channels, config.unet_start_channels, config.unet_depth)

    def forward(self, points: Tensor) -> Tensor:
        return self.unet_encoder(scatter_to_planes(points, self.pc_encoder(points), self.resolution))


class PointEncoder(nn.Module):
    """Point-voxel convolutions (Liu et al., PVCNN, 2019): (B, N, 3) to (B, C, N).

    The later ones are in the checkpoint, but the features of the first are what is scattered.
    """

    IN_CHANNELS = 8

    def __init__(self, blocks: tuple[tuple[int, int, int], ...], swaps_axes: bool = True) -> None:
        super().__init__()
        channels, layers = self.IN_CHANNELS, []
        for out_channels, count, resolution in blocks:
            for _ in range(count):
                layers.append(PointVoxelConvolution(channels, out_channels, resolution, swaps_axes))
                channels = out_channels
        self.encoder = nn.ModuleList(layers)

    def forward(self, points: Tensor) -> Tensor:
        # Position, position again as "feature" and doubled, and two channels that stay empty: so the weights were trained.
        features = torch.cat([points, 2 * points, torch.zeros_like(points[..., :2])], -1).transpose(1, 2)
        return self.encoder[0](points, features)


class PointVoxelConvolution(nn.Module):
    """A convolution over voxels beside one over points: points (B, N, 3), features (B, C, N) to (B, C', N)."""

    def __init__(self, in_channels: int, out_channels: int, resolution: int, swaps_axes: bool = True) -> None:
        super().__init__()
        self.resolution, self.swaps_axes = resolution, swaps_axes
        self.voxel_layers = nn.Sequential(
            nn.Conv3d(in_channels, out_channels, 3, padding=1),
            nn.InstanceNorm3d(out_channels, eps=1e-4),
            nn.LeakyReLU(0.1),
            nn.Conv3d(out_channels, out_channels, 3, padding=1),
            nn.InstanceNorm3d(out_channels, eps=1e-4),
            nn.LeakyReLU(0.1),
        )
        self.point_features = PointLayers(in_channels, out_channels)

    def forward(self, points: Tensor, features: Tensor) -> Tensor:
        where = ((points + 1) / 2 * self.resolution).clamp(0, self.resolution - 1)
        return self.from_voxels(self.voxel_layers(self.to_voxels(where, features)), where) + self.point_features(features)

    def to_voxels(self, where: Tensor, features: Tensor) -> Tensor:
        """The mean feature in each voxel, 0 in empty ones: (B, C, R, R, R), its axes x, y, z."""
        x, y, z = where.round().long().unbind(-1)
        cells = (x * self.resolution + y) * self.resolution + z
        return mean_in_cells(features, cells, self.resolution**3).unflatten(2, (self.resolution,) * 3)

    def from_voxels(self, voxels: Tensor, where: Tensor) -> Tensor:
        """Trilinear reading at the points: (B, C, N).

        `grid_sample` wants its coordinates in the order of z, y, x and is given x, y, z: the released weights were trained with
        that swap of axes. Networks that were trained here do without it.
        """
        where = where if self.swaps_axes else where.flip(-1)
        grid = ((2 * where + 1) / self.resolution - 1)[:, :, None, None].to(voxels.dtype)
        return functional.grid_sample(voxels, grid, mode="bilinear", padding_mode="border", align_corners=False)[..., 0, 0]


class PointLayers(nn.Module):
    """A layer for each point by itself: (B, C, N) to (B, C', N)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv1d(in_channels, out_channels, 1), nn.InstanceNorm1d(out_channels), nn.ReLU())

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


def mean_in_cells(features: Tensor, cells: Tensor, count: int) -> Tensor:
    """The mean of the features that fall into each cell, 0 where none does: (B, C, N), (B, N) in [0, count) to (B, C, count).

    Sums in fp32 whatever the type of the features: thousands of points can share a cell.
    """
    batch, channels, _ = features.shape
    sums = features.new_zeros((batch, count, channels), dtype=torch.float32)
    sums.scatter_add_(1, cells[:, :, None].expand(-1, -1, channels), features.transpose(1, 2).float())
    shares = torch.zeros((batch, count), device=features.device)
    shares.scatter_add_(1, cells, torch.ones_like(cells, dtype=torch.float32))
    return (sums / shares.clamp(min=1)[:, :, None]).transpose(1, 2).to(features.dtype)


def scatter_to_planes(points: Tensor, features: Tensor, resolution: int) -> Tensor:
    """The mean feature in each cell of the planes xy, yz, xz: (B, N, 3) in [-1, 1], (B, C, N) to (B, 3, C, R, R)."""
    unit = points / 2 / (1 + 1e-5) + 0.5
    unit = torch.where(unit >= 1, 1 - 1e-5, unit.clamp(min=0))
    cells = (unit * resolution).long()
    planes = [mean_in_cells(features, cells[..., column] + resolution * cells[..., row], resolution**2) for column, row in PLANE_AXES]
    return torch.stack(planes, 1).unflatten(3, (resolution, resolution))


# ---- on planes -------------------------------------------------------------------------------------------------------


def roll_out(planes: Tensor) -> Tensor:
    """Three planes below one another in one image: (B, 3, C, R, R) to (B, C, 3R, R)."""
    return planes.transpose(1, 2).flatten(2, 3)


def roll_up(image: Tensor) -> Tensor:
    """The inverse of `roll_out`."""
    return image.unflatten(2, (PLANES, -1)).transpose(1, 2)


class TriplaneUNet(nn.Module):
    """A U-Net over the planes, (B, 3, C, R, R) to the same.

    They lie below one another in one image, across whose inner borders the convolutions reach.
    """

    def __init__(self, channels: int, start_channels: int, depth: int) -> None:
        super().__init__()
        widths = [channels, *(start_channels * 2**level for level in range(depth))]
        self.down_convs = nn.ModuleList(DownConvolution(*pair) for pair in pairwise(widths))
        upwards = widths[:0:-1]
        self.up_convs = nn.ModuleList(UpConvolution(low + high, high) for low, high in pairwise(upwards))
        self.norm_out = group_norm(start_channels)
        self.conv_final = nn.Conv2d(start_channels, channels, 1)

    def forward(self, planes: Tensor) -> Tensor:
        image = roll_out(planes)
        skips: list[Tensor] = []
        for down in self.down_convs:
            if skips:
                image = functional.avg_pool2d(image, 2)
            image = down(image)
            skips.append(image)
        skips.pop()
        for up in self.up_convs:
            image = up(image, skips.pop())
        return roll_up(self.conv_final(functional.silu(self.norm_out(image))))


class DownConvolution(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.block = ResidualBlock(in_channels, out_channels)

    def forward(self, image: Tensor) -> Tensor:
        return self.block(image)


class UpConvolution(nn.Module):
    """Doubles the image and joins what was seen at that size on the way down."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm1 = group_norm(in_channels)
        self.block = ResidualBlock(in_channels, out_channels)

    def forward(self, image: Tensor, skip: Tensor) -> Tensor:
        larger = functional.interpolate(image, scale_factor=2, mode="nearest")
        return self.block(self.norm1(torch.cat([larger, skip], 1)))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with an exchange between the planes between them: (B, C, 3R, R) to (B, C', 3R, R)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm1 = group_norm(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm_mid = group_norm(out_channels)
        self.conv_3daware = PlaneExchange(out_channels, out_channels)
        self.norm2 = group_norm(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        inner = self.conv1(functional.silu(self.norm1(image)))
        inner = self.conv_3daware(functional.silu(self.norm_mid(inner)))
        inner = self.conv2(functional.silu(self.norm2(inner)))
        return self.nin_shortcut(image) + inner


class PlaneExchange(nn.Module):
    """Tells each plane the means of the two others along the axis that they share: (B, C, 3R, R) to (B, C', 3R, R)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.plane_convs = nn.ModuleList(nn.Conv2d(3 * in_channels, out_channels, 1) for _ in range(PLANES))

    def forward(self, image: Tensor) -> Tensor:
        xy, yz, xz = roll_up(image).unbind(1)
        planes = [xy, yz, xz.transpose(2, 3)]
        told = []
        for number, convolution in enumerate(self.plane_convs):
            plane, following, last = (planes[(number + shift) % PLANES] for shift in range(PLANES))
            along_columns = following.mean(3)[:, :, None, :].expand_as(plane)
            along_rows = last.mean(2)[:, :, :, None].expand_as(plane)
            told.append(convolution(torch.cat([plane, along_columns, along_rows], 1)))
        told[2] = told[2].transpose(2, 3)
        return torch.cat(told, 2)


def group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(min(32, channels), channels, eps=1e-6)


# ---- across planes ---------------------------------------------------------------------------------------------------


class TriplaneTransformer(nn.Module):
    """Attention among all patches of all planes, beside a path for each pixel: (B, 3, C, R, R) to (B, 3, C', R, R)."""

    def __init__(self, config: PartFieldConfig) -> None:
        super().__init__()
        width, low = config.transformer_dim, config.triplane_low_res
        patch = config.triplane_high_res // low
        self.pos_embed = nn.Parameter(torch.randn(1, PLANES * low**2, width) / width**0.5)
        self.downsampler = nn.Sequential(
            nn.Conv2d(config.z_triplane_channels, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.transformer = Transformer(width, config.transformer_layers, config.transformer_heads)
        self.upsampler = nn.ConvTranspose2d(width, config.triplane_dim, patch, stride=patch)
        self.mlp = nn.Sequential(
            nn.Linear(config.z_triplane_channels, config.triplane_dim), nn.ReLU(), nn.Linear(config.triplane_dim, config.triplane_dim)
        )

    def forward(self, planes: Tensor) -> Tensor:
        low = torch.cat([self.downsampler(plane) for plane in planes.flatten(0, 1).split(1)])  # one by one: a third of the memory
        batch, (height, width) = planes.shape[0], low.shape[2:]
        tokens = low.unflatten(0, (batch, PLANES)).permute(0, 1, 3, 4, 2).flatten(1, 3)
        tokens = self.transformer(tokens + self.pos_embed)
        low = tokens.unflatten(1, (PLANES, height, width)).permute(0, 1, 4, 2, 3).flatten(0, 1)
        pixels = self.mlp(planes.permute(0, 1, 3, 4, 2)).permute(0, 1, 4, 2, 3)
        return pixels + self.upsampler(low).unflatten(0, (batch, PLANES))


class Transformer(nn.Module):
    """Layers of attention with the norms first: (B, N, C) to the same."""

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TransformerLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        for layer in self.layers:
            tokens = layer(tokens)
        return self.norm(tokens)


class TransformerLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        # Dropout has no weights, but the checkpoint counts it: the second linear layer is number 3.
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Identity(), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.self_attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class SelfAttention(nn.Module):
    """Multi-head attention without biases, its weights named as in `torch.nn.MultiheadAttention`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.out_proj = nn.Linear(width, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in functional.linear(tokens, self.in_proj_weight).chunk(3, 2)
        )
        return self.out_proj(functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


class SignedDistanceDecoder(nn.Module):
    """What training asks of the first channels of the planes: (…, C) to (…, 1) in (-1, 1)."""

    def __init__(self, channels: int, neurons: int, hidden_layers: int) -> None:
        super().__init__()
        widths = [channels, *[neurons] * hidden_layers]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after, bias=False), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(neurons, 1, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        return torch.tanh(self.layers(features))
