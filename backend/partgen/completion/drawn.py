"""The completer `generative` with the model `completer`: the inside of an object divided by solids that diffusion draws. Experimental.

A small network of HoloPart's kind (Yang et al. 2025), trained by PartGen on procedural shapes, is shown what is visible of a part and of
the whole, and draws its solid as a field that is positive inside. Such fields overlap, leave gaps, and miss what is visible by more
than an artist accepts; so they only claim: each point within the object goes to the part whose field is surest of it, and `solid` makes
closed parts of that, which keep every visible face. Needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ..weights.loading import location
from .division import DividingCompleter, expected_overlaps
from .extraction import CHUNK, HALF_SIZE
from .influence import Claimant, hand_made_claims
from .part_clouds import OBJECT_HALF_SIZE, PATCH_HALF_SIZE, Frame, PartCloud, in_frame, seed_of_part
from .part_diffusion import Effort, PartDiffusion

Floats = NDArray[np.float64]

WEIGHTS = "completer"
STEPS, GUIDANCE = 20, 2.0
SEEN = 2048
"""Points on the patch and on the whole that the network is shown: as in training."""
SUREST = 6.0
"""Fields count up to so much for or against a part: logits of a network that is never that sure by right."""


def drawn_completer() -> DividingCompleter:
    """The completer of the bundled networks. Its seeds draw, its steps are those from noise to a solid."""
    return DividingCompleter("generative", WEIGHTS, lambda options: DrawnDivision(bundled_pipeline(), options.seed, options.steps or STEPS))


@cache
def bundled_pipeline() -> PartDiffusion:
    """The networks that ship with PartGen, read once, on the CPU. Raises PartgenError "weights.damaged" where they are not
    whole."""
    return PartDiffusion.from_training(location(WEIGHTS))


class DrawnDivision:
    """The claims of solids that diffusion draws, as in `division.Division`."""

    def __init__(self, pipeline: PartDiffusion, seed: int, steps: int = STEPS) -> None:
        self._pipeline, self._seed = pipeline, seed
        self._effort = Effort(pipeline.part_encoder.config.num_tokens, steps, guidance=GUIDANCE)
        self._overlaps: list[float] = []

    def __call__(self, claimants: Sequence[Claimant], points: Floats, diagonal: float) -> Floats:
        """How strongly each of the claimants claims points (n, 3): (parts, n)."""
        effort = self._effort
        logits = np.full((len(claimants), len(points)), -SUREST)
        for number, cloud in enumerate(clouds(claimants, self._seed)):
            seed = seed_of_part(self._seed, number)
            within = cloud.frame.inward(points).astype(np.float32)
            near = np.flatnonzero((np.abs(within) < HALF_SIZE).all(axis=1))
            if len(near):
                drawn = self._pipeline.latents(self._pipeline.conditions(cloud, effort, seed), effort, seed)
                logits[number, near] = read(self._pipeline.field(drawn), within[near])
        # Where no field knows better, or all do, the surfaces around decide.
        claims = np.clip(logits, -SUREST, SUREST) + hand_made_claims(claimants, points, diagonal)
        chances = softmax(claims, axis=0)
        self._overlaps += expected_overlaps(chances.T, claims.argmax(axis=0))
        return claims

    @property
    def expected(self) -> float:
        return float(np.mean(self._overlaps)) if self._overlaps else 1.0


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
    found = []
    for number, claimant in enumerate(claimants):
        patch = drawn(claimant, SEEN, random)
        own = Frame.around(patch[:, :3], PATCH_HALF_SIZE)
        is_part = (part_of_point == number)[:, None].astype(np.float32)
        marked = np.concatenate([in_frame(around, whole), is_part], axis=1)
        found.append(PartCloud(in_frame(around, patch), marked, in_frame(own, patch), own))
    return found


def drawn(claimant: Claimant, count: int, random: np.random.Generator) -> Floats:
    """Points with normals (count, 6) on the visible surface of a part."""
    chosen = random.choice(len(claimant.samples), count, replace=count > len(claimant.samples))
    return np.concatenate([claimant.samples[chosen], claimant.normals[chosen]], axis=1)
