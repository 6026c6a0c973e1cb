"""The completer `generative` with the model `completer`: what diffusion draws as the solid of every part has a say, too. Experimental.

A small network of HoloPart's kind (Yang et al. 2025), trained by PartGen on procedural shapes, is shown what is visible of a part and of
the whole, and draws its solid as a field that is positive inside. Such fields overlap, leave gaps, and miss what is visible by more
than an artist accepts. So they are evidence and no more: added to what the network of claims says of each point within the object, of
which `solid` makes closed parts that keep every visible face. Needs PyTorch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..durations import time_in_words
from ..latent_diffusion.extraction import CHUNK, HALF_SIZE
from ..latent_diffusion.sampling import Effort
from ..weights.loading import location
from . import Options
from .division import DividingCompleter, Say, say_nothing
from .generative import NOTE, ClaimedDivision, bundled_weights
from .influence import Claimant
from .part_clouds import OBJECT_HALF_SIZE, Frame, PartCloud, seed_of_part
from .part_diffusion import PartDiffusion

Floats = NDArray[np.float64]

WEIGHTS = "completer"
STEPS, GUIDANCE = 20, 2.0
SEEN = 2048
"""Points on the patch and on the whole that the network is shown: as in training."""
SUREST, SAY = 1.5, 0.3
"""Fields count up to so much for or against a part, and so much of that is added to its claim: by parts of procedural shapes."""


def drawn_completer() -> DividingCompleter:
    """The completer of the bundled networks. Its seeds draw, its steps are those from noise to a solid."""

    def drawn(options: Options, say: Say) -> ClaimedDivision:
        return drawn_division(bundled_pipeline(), options.seed, options.steps or STEPS, say)

    return DividingCompleter("generative", WEIGHTS, drawn, NOTE)


def drawn_division(pipeline: PartDiffusion, seed: int, steps: int, say: Say = say_nothing) -> ClaimedDivision:
    """The division of a seed, with the solids that are drawn by it."""
    return ClaimedDivision(bundled_weights(), seed, DrawnSolids(pipeline, seed, steps, say))


@cache
def bundled_pipeline() -> PartDiffusion:
    """The networks that ship with PartGen, read once, on the CPU. Raises PartgenError "weights.damaged" where they are not whole."""
    return PartDiffusion.from_training(location(WEIGHTS))


class DrawnSolids:
    """Solids that diffusion draws by a seed in so many steps, as evidence for `generative.ClaimedDivision`.

    Says before each part which it is, and from the second on how long the rest will take.
    """

    def __init__(self, pipeline: PartDiffusion, seed: int, steps: int = STEPS, say: Say = say_nothing) -> None:
        self._pipeline, self._seed, self._say = pipeline, seed, say
        self._effort = Effort(pipeline.part_encoder.config.num_tokens, steps, guidance=GUIDANCE)

    def __call__(self, claimants: Sequence[Claimant], points: Floats) -> Floats:
        """What speaks for each of the claimants at points (n, 3), in logits: (parts, n)."""
        found = np.full((len(claimants), len(points)), -SUREST)
        began = time.monotonic()
        for number, cloud in enumerate(clouds(claimants, self._seed)):
            left = f", {time_in_words((time.monotonic() - began) / number * (len(claimants) - number))} left" if number else ""
            self._say(f"Drawing part {number + 1} of {len(claimants)} in {self._effort.steps} steps{left}")
            within = cloud.frame.inward(points).astype(np.float32)
            near = np.flatnonzero((np.abs(within) < HALF_SIZE).all(axis=1))
            if len(near):
                seed = seed_of_part(self._seed, number)
                latents = self._pipeline.latents(self._pipeline.conditions(cloud, self._effort, seed), self._effort, seed)
                found[number, near] = np.clip(read(self._pipeline.field(latents), within[near]), -SUREST, SUREST)
        return SAY * found


def read(field: Callable[[NDArray[np.float32]], NDArray[np.float32]], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """A field at points (n, 3), some at a time: (n,)."""
    return np.concatenate([field(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)])


def clouds(claimants: Sequence[Claimant], seed: int) -> list[PartCloud]:
    """What the network is shown of each claimant: as `part_clouds` shows the parts of a mesh."""
    shares = np.array([claimant.area for claimant in claimants])
    random = np.random.default_rng(seed)
    counts = random.multinomial(SEEN, shares / shares.sum())
    whole = np.concatenate([drawn(claimant, count, random) for claimant, count in zip(claimants, counts, strict=True)])
    part_of_point = np.repeat(np.arange(len(claimants)), counts)
    around = Frame.around(np.concatenate([claimant.samples for claimant in claimants]), OBJECT_HALF_SIZE)
    return [
        PartCloud.of(drawn(claimant, SEEN, random), whole, part_of_point == number, around) for number, claimant in enumerate(claimants)
    ]


def drawn(claimant: Claimant, count: int, random: np.random.Generator) -> Floats:
    """Points with normals (count, 6) on the visible surface of a part."""
    chosen = random.choice(len(claimant.samples), count, replace=count > len(claimant.samples))
    return np.concatenate([claimant.samples[chosen], claimant.normals[chosen]], axis=1)
