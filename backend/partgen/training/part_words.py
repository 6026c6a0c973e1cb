"""The recipe `parts`: which part of the catalogue a prompt means, learned from prompts that are made on the fly.

Beside every batch of prompts the network reads all names and attributes that there are: each prompt is told apart from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..generation.catalogue import bundled
from ..networks.part_words import PartWordsConfig, PartWordsNetwork, Reads
from ..understanding.amounts import normal, tokens
from ..understanding.vocabulary import FOLDER, Seen, Vocabulary, meanings
from .language.parts import wanted
from .recipe import Arrays, Example, Recipe, take_over

PROMPTS = 128
"""In one example."""
SIZES: dict[str, dict[str, Any]] = {"small": {}, "tiny": {"width": 32, "spelling": 8, "out": 32}}
POSITIVE = 6.0
"""Of an attribute that is asked for, against any that is not."""


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = PartWordsConfig(**SIZES[size])
    return Recipe(
        id="parts",
        size=size,
        data="prompts for the parts of the catalogue (partgen.training.language.parts): 76 % for parts, 24 % for things that there are not",
        config=config.as_dict(),
        make=make,
        prepare=prepared,
        build=lambda: PartWordsNetwork(config, torch.from_numpy(meanings(FOLDER))),
        losses=losses,
        batch_size=1,
        learning_rate=2e-3,
        weight_decay=0.02,
        reuse=5,
        begin=take_over,
    )


def make(seed: int) -> Arrays:
    """The example of a seed: prompts, the place of the name that each means (the number of names where none), attributes (B, A)."""
    random = np.random.default_rng([13, seed])
    catalogue = bundled()
    lessons = [wanted(random, catalogue) for _ in range(PROMPTS)]
    names = {name: place for place, name in enumerate(catalogue.names)}
    asked, denied = (
        np.array([[word in said for word in catalogue.attributes] for said in each], bool)
        for each in ([one.asked for one in lessons], [one.denied for one in lessons])
    )
    name = np.array([names.get(one.name, len(names)) for one in lessons], np.int64)
    return {**side_by_side([one.prompt for one in lessons]), "name": name, "asked": asked, "denied": denied}


def prepared(arrays: Arrays) -> Arrays:
    """As `make` gives it."""
    return arrays


def side_by_side(phrases: Sequence[str]) -> Arrays:
    """What the network reads of phrases, padded to the longest: `row`, `kind`, `there` (B, N), `grams` (B, N, MOST_GRAMS)."""
    seen = [seen_of(phrase) for phrase in phrases]
    longest = max(1, max(len(one.row) for one in seen))

    def padded(field: str) -> np.ndarray:
        rows = [getattr(one, field) for one in seen]
        return np.stack([np.pad(row, [(0, longest - len(row)), *[(0, 0)] * (row.ndim - 1)]) for row in rows]).astype(np.int64)

    there = np.arange(longest) < np.maximum([[len(one.row)] for one in seen], 1)
    return {"row": padded("row"), "kind": padded("kind"), "grams": padded("grams"), "there": there}


def seen_of(phrase: str) -> Seen:
    return Vocabulary.bundled().seen(tokens(normal(phrase)))


@cache
def known() -> tuple[Arrays, Arrays]:
    """All names and all attributes of the catalogue, as the network reads them."""
    catalogue = bundled()
    return side_by_side(catalogue.names), side_by_side(catalogue.attributes)


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """Means over a batch: of the names, and of the attributes that are asked for and denied."""
    reader = cast(PartWordsNetwork, network)
    device = next(reader.parameters()).device
    names, attributes = (read(reader, {key: torch.from_numpy(each).to(device) for key, each in one.items()}) for one in known())
    sums: dict[str, Tensor] = {}
    for example in batch:
        name, asked, denied = reader.logits(read(reader, example), names, attributes)
        sums["name"] = sums.get("name", 0) + functional.cross_entropy(name, example["name"], label_smoothing=0.02) / len(batch)
        for key, logits in (("asked", asked), ("denied", denied)):
            weight = torch.where(example[key], POSITIVE, 1.0)
            loss = functional.binary_cross_entropy_with_logits(logits, example[key].float(), weight=weight, reduction="none")
            sums[key] = sums.get(key, 0) + loss.sum(1).mean() / len(batch)
    return sums


def read(network: PartWordsNetwork, arrays: Example) -> Reads:
    """What the network makes of phrases."""
    return network(arrays["row"], arrays["grams"], arrays["kind"], arrays["there"])
