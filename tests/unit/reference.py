"""The reference data of the published networks, and what equal to it means."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

ROOT = Path(__file__).resolve().parents[2]


def reference_cases(name: str) -> list[str]:
    """The folders of recorded cases whose names begin with `name`: whatever there is in PARTGEN_REFERENCE."""
    folder = Path(os.environ.get("PARTGEN_REFERENCE") or ROOT / "../shared/reference")
    return sorted(path.parent.name for path in folder.glob(f"{name}*/weights.safetensors")) or [name]


def assert_like_reference(found: NDArray, expected: NDArray, what: str) -> None:
    """|a - b| ≤ 1e-4·(|b| + rms(b)), everywhere."""
    assert found.shape == expected.shape, what
    allowed = 1e-4 * (np.abs(expected) + np.sqrt(np.mean(np.square(expected, dtype=np.float64))))
    worst = float(np.max(np.abs(found - expected) / np.maximum(allowed, 1e-30)))
    assert worst <= 1, f"{what}: {worst:.2f} times what is allowed"


def filled_weights(network: nn.Module, seed: int, prefix: str = "") -> dict[str, torch.Tensor]:
    """Weights that a seed and each weight's name determine: the recipe of the reference data."""
    return {name: _filled(prefix + name, tuple(tensor.shape), seed) for name, tensor in network.state_dict().items()}


def _filled(name: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    drawn = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()) + 1_000_003 * seed)).standard_normal(shape)
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if name.endswith("running_var"):
        drawn = 1 + 0.2 * np.abs(drawn)
    elif len(shape) >= 2:
        drawn = drawn / np.sqrt(np.prod(shape) / shape[0])
    else:
        drawn = 1 + 0.1 * drawn if name.endswith(".weight") else 0.1 * drawn
    return torch.from_numpy(drawn.astype(np.float32))
