"""Flow matching: the straight line from noise to a shape, and the steps along it.

Liu et al., "Flow Straight and Fast", 2023; Lipman et al., "Flow Matching for Generative Modeling", 2023. In the form that
HoloPart was trained in. The scheduler of that name in diffusers spaces the steps otherwise (down to the last of a thousand
training times instead of evenly, and shifted twice) and takes a velocity of the opposite sign: what remained of it would
be the two lines of `step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class FlowMatching:
    """The schedule, named as in scheduler_config.json. Noise has sigma 1, a shape 0; the network is told the time, sigma
    times `num_train_timesteps`. A `shift` above 1 spends more of the steps where there is much noise."""

    num_train_timesteps: int = 1000
    shift: float = 1.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> FlowMatching:
        """From a mapping such as a JSON file holds; other entries are left out. Raises ValueError for a schedule of another kind."""
        if values.get("use_dynamic_shifting"):
            raise ValueError("a schedule that shifts with the size of the latents is not known here")
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})

    def sigmas(self, steps: int) -> Tensor:
        """From 1 before the first of `steps` to 0 after the last: (steps + 1,) float32."""
        even = 1.0 - np.arange(steps + 1) / steps
        return torch.from_numpy(self.shifted(even).astype(np.float32))

    def shifted(self, sigma: Any) -> Any:
        """Sigmas that were even in [0, 1], as the shift spaces them: for arrays and tensors alike."""
        return self.shift * sigma / (1 + (self.shift - 1) * sigma)

    def time(self, sigma: Any) -> Any:
        """What the network is told of a sigma: for numbers and tensors alike."""
        return sigma * self.num_train_timesteps


def noised(latents: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Latents (B, T, C) on their way to noise: `sigma` (B,) of the way."""
    share = sigma[:, None, None]
    return (1 - share) * latents + share * noise


def velocity(latents: Tensor, noise: Tensor) -> Tensor:
    """What the network learns to tell of noised latents (B, T, C): the way from their noise to their shape."""
    return latents - noise


def step(latents: Tensor, towards: Tensor, sigma: Tensor, next_sigma: Tensor) -> Tensor:
    """Latents (B, T, C) one step further along the velocity `towards`: Euler's."""
    return latents + (sigma - next_sigma) * towards
