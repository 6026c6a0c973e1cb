"""The completer `generative`: the inside of an object divided as a small network learned it from procedural shapes. Experimental.

No diffusion, and nothing is made up beyond the object's own inside: a network (`networks/claims.py`) says of every point inside how
likely it belongs to each part that shows itself nearby, and the object is taken apart along the borders of what each part most
likely holds, as by `solid`. It runs in numpy, so the tier Geometry has it.

Where the network is unsure there is more than one division. Seed 0 is the most likely one. Every other seed draws one: at each point a
part gets it as often as the network says, but neighbouring points draw alike, so that borders move as a whole (Gumbel noise over the
logits, smooth in space).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from scipy.special import ndtr, softmax

from ..weights.registry import BUNDLED_FOLDER, Condition, State, absent, entry
from .claim_features import claim_features
from .claim_network import ClaimWeights, claim_logits
from .division import DividingCompleter, expected_overlaps
from .influence import Claimant

Floats = NDArray[np.float64]

WEIGHTS = "claims"
APART = -50.0
"""The logit of a part for points that it does not compete for."""
NOTE = "Experimental: divided by what a small network learned, which is hardly nearer the truth than Solid; other seeds divide otherwise."
WAVES = 48
"""Plane waves that smooth noise is made of."""
WAVELENGTH = 0.25
"""Of the noise, about, in diagonals of the object."""


def generative_completer() -> DividingCompleter:
    """The completer of the bundled network."""
    return DividingCompleter("generative", WEIGHTS, lambda options, say: ClaimedDivision(bundled_weights(), options.seed), NOTE)


@cache
def bundled_weights() -> ClaimWeights:
    """The weights that ship with PartGen, read once. Raises PartgenError "weights.damaged" where they are not whole."""
    try:
        return ClaimWeights.read(BUNDLED_FOLDER / WEIGHTS)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise absent(entry(WEIGHTS), Condition(State.DAMAGED, "a file is missing in this installation or cannot be read.")) from error


Evidence = Callable[[Sequence[Claimant], Floats], Floats]
"""What else speaks for each of the claimants at points (n, 3), in logits: (parts, n)."""


class ClaimedDivision:
    """The claims of a network, as in `division.Division`: those that are most likely for seed 0, else drawn.

    `evidence` has a say in them, where there is any. `expected` is how far the network expects its division to overlap the true parts:
    the mean over all parts that it divided space among of the expected intersection over the union, None where there were none.
    """

    def __init__(self, weights: ClaimWeights, seed: int, evidence: Evidence | None = None) -> None:
        self._weights, self._seed, self._evidence = weights, seed, evidence
        self._overlaps: list[float] = []

    def __call__(self, claimants: Sequence[Claimant], points: Floats, diagonal: float) -> Floats:
        """How strongly each of the claimants claims points (n, 3): (parts, n)."""
        part, features = claim_features(claimants, points, diagonal)
        logits = np.full((len(points), len(claimants)), APART)
        np.put_along_axis(logits, part, claim_logits(self._weights, features).astype(np.float64), axis=1)
        if self._evidence is not None:
            logits += self._evidence(claimants, points).T
        chances = softmax(logits, axis=1)
        if self._seed:
            logits = logits + smooth_gumbel_noise(points / diagonal, len(claimants), np.random.default_rng(self._seed))
        self._overlaps += expected_overlaps(chances, logits.argmax(axis=1))
        return logits.T

    @property
    def expected(self) -> float | None:
        return float(np.mean(self._overlaps)) if self._overlaps else None


def smooth_gumbel_noise(points: Floats, count: int, random: np.random.Generator) -> Floats:
    """Noise (n, count) at points (n, 3) whose values are Gumbel's at every point, and alike at neighbouring ones.

    A Gaussian field of WAVES plane waves for each of `count`, by its distribution function made Gumbel's: added to logits, the
    largest is drawn as often as the softmax says, but not at each point anew.
    """
    noise = np.empty((len(points), count))
    for column in range(count):
        wave = random.normal(0, 1 / WAVELENGTH, (WAVES, 3))
        phase, strength = random.uniform(0, 2 * np.pi, WAVES), random.normal(size=WAVES)
        field = np.cos(points @ wave.T + phase) @ strength * np.sqrt(2 / WAVES)
        noise[:, column] = -np.log(-np.log(np.clip(ndtr(field), 1e-9, 1 - 1e-9)))
    return noise
