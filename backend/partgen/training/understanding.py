"""The recipe `understanding`: which edits a prompt asks for, learned from sentences that are made on the fly.

An example is many prompts at once: each is a few words, and one by one they would leave the machine idle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..networks.understanding import Logits, UnderstandingConfig, UnderstandingNetwork
from ..understanding.labels import ANSWERS, OPS, ROLES, SIDES, WAYS
from ..understanding.vocabulary import FOLDER, Vocabulary, meanings
from .language.sentences import Lesson, lesson
from .recipe import Arrays, Example, Recipe, take_over

PROMPTS = 96
"""In one example."""
SIZES: dict[str, dict[str, Any]] = {"small": {}, "tiny": {"width": 32, "layers": 1, "spelling": 16, "pointer": 16}}
TOGETHER = 24
"""Of these, as many as the network reads at a time: they are of like length, so that little is padding."""
WEIGHTS = {"answer": 1.0, "ops": 0.35, "roles": 0.25, "sides": 0.5, "ways": 0.5, "pointers": 0.3}
EDIT_WEIGHT = 2.0
"""Of a word that stands for an edit, or belongs to one, against any other."""


def recipe(size: str) -> Recipe:
    """The recipe in one of SIZES."""
    config = UnderstandingConfig(**SIZES[size])
    return Recipe(
        id="understanding",
        size=size,
        data="prompts made from a thesaurus of edits (partgen.training.language): 64 % edits, 36 % talk, questions, other languages, code",
        config=config.as_dict(),
        make=make,
        prepare=prepared,
        build=lambda: UnderstandingNetwork(config, torch.from_numpy(meanings(FOLDER))),
        losses=losses,
        batch_size=1,
        learning_rate=1.5e-3,
        weight_decay=0.02,
        reuse=2,
        begin=take_over,
    )


def make(seed: int) -> Arrays:
    """The example of a seed."""
    random = np.random.default_rng([7, seed])
    return batch([lesson(random) for _ in range(PROMPTS)])


def prepared(arrays: Arrays) -> Arrays:
    """As `make` gives it."""
    return arrays


def batch(lessons: Sequence[Lesson]) -> Arrays:
    """Lessons one after the other, the short ones first: for each of all T words what the network reads of it (`Seen`), and its labels
    by their places in `labels`, with `head` (T,) the place in its prompt or -1; for each of B prompts its `length`, its `answer`,
    and whether its words are `told` of."""
    vocabulary = Vocabulary.bundled()
    lessons = sorted(lessons, key=lambda one: len(one.tokens))
    words: dict[str, list[NDArray]] = {name: [] for name in ("row", "kind", "grams", "op", "side", "way", "role", "head")}
    for one in lessons:
        seen = vocabulary.seen(one.tokens)
        count = len(seen.row)
        labels = {"op": (OPS, one.op), "side": (SIDES, one.axis), "way": (WAYS, one.direction), "role": (ROLES, one.role)}
        for name, values in seen._asdict().items():
            words[name].append(values)
        for name, (names, said) in labels.items():
            words[name].append(np.array(numbers(names, said[:count]), np.int32))
        words["head"].append(np.array([at if at < count else -1 for at in one.head[:count]], np.int32))
    flat = {name: np.concatenate(each).astype(np.int64) for name, each in words.items()}
    length = np.array([len(each) for each in words["row"]])
    answer = np.array([ANSWERS.index(one.answer) for one in lessons], np.int64)
    return {**flat, "length": length, "answer": answer, "told": np.array([one.is_told for one in lessons])}


def side_by_side(example: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The prompts of an example, some at a time, padded to the longest of them: (b, n, ...), with `there` (b, n) bool."""
    length = example["length"]
    begins = torch.cat([length.new_zeros(1), length.cumsum(0)[:-1]])
    for start in range(0, len(length), TOGETHER):
        some = slice(start, start + TOGETHER)
        places = torch.arange(int(length[some].max().clamp(min=1)), device=length.device)
        there = places[None] < length[some, None]
        at = torch.where(there, begins[some, None] + places[None], 0)
        words = {name: example[name][at] for name in ("row", "kind", "grams", "op", "side", "way", "role", "head")}
        yield {**words, "there": there, "answer": example["answer"][some], "told": example["told"][some]}


def numbers(names: Sequence[str], values: Sequence[str]) -> list[int]:
    return [names.index(value) for value in values]


def losses(network: nn.Module, batch: Sequence[Example], rng: np.random.Generator) -> dict[str, Tensor]:
    """The means over a batch of what the network gets wrong about prompts ("answer"), edits and what belongs to them."""
    each = [loss(cast(UnderstandingNetwork, network), example) for example in batch]
    return {name: sum((one[name] for one in each[1:]), each[0][name]) / len(each) for name in each[0]}


def loss(network: UnderstandingNetwork, example: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Cross entropies over the prompts of one example: those of words per prompt, for a prompt is right when all of them are."""
    sums: dict[str, list[Tensor]] = {name: [] for name in WEIGHTS}
    for some in side_by_side(example):
        logits: Logits = network(some["row"], some["grams"], some["kind"], some["there"])
        told = some["there"] & some["told"][:, None]
        is_head, points = told & (some["op"] > 0), told & (some["head"] >= 0)
        sums["answer"].append(functional.cross_entropy(logits.answer, some["answer"], label_smoothing=0.02, reduction="sum"))
        sums["ops"].append(weighted(logits.op, some["op"], told))
        sums["roles"].append(weighted(logits.role, some["role"], told))
        sums["sides"].append(functional.cross_entropy(logits.side[is_head], some["side"][is_head], reduction="sum"))
        sums["ways"].append(functional.cross_entropy(logits.way[is_head], some["way"][is_head], reduction="sum"))
        sums["pointers"].append(functional.cross_entropy(logits.pointer[points], some["head"][points], reduction="sum"))
    return {name: WEIGHTS[name] * torch.stack(each).sum() / len(example["length"]) for name, each in sums.items()}


def weighted(logits: Tensor, labels: Tensor, told: Tensor) -> Tensor:
    """Cross entropy over the words that are told of, those that mean something counting more."""
    each = functional.cross_entropy(logits[told], labels[told], reduction="none")
    return (each * torch.where(labels[told] > 0, EDIT_WEIGHT, 1.0)).sum()
