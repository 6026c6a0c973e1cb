"""The network that reads prompts for parts, without PyTorch. It mirrors `networks.part_words`; a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from scipy.special import expit, softmax

from ..errors import PartgenError
from ..numpy_layers import Floats, Layers, silu
from ..understanding.amounts import normal, tokens
from ..understanding.network import beside, known_of_words
from ..understanding.vocabulary import FOLDER as WORDS_FOLDER
from ..understanding.vocabulary import Vocabulary, meanings
from .catalogue import FOLDER, Catalogue, bundled

READS = ("name", "asked", "denied")


class Likeness(NamedTuple):
    """What a prompt means: over the names of a catalogue and, at last, nothing of it (N + 1,); of its attributes how likely each is asked
    for, and denied (A,); and how near the prompt is to each name (N,), 1 where it is the same."""

    names: Floats
    asked: Floats
    denied: Floats
    nearness: Floats


class PartWords(Layers):
    """The weights, as `partgen train parts` leaves them, with all names and attributes of a catalogue read once."""

    def __init__(self, tensors: Mapping[str, NDArray], table: Floats, catalogue: Catalogue) -> None:
        super().__init__(tensors)
        self._table = table
        self._vocabulary = Vocabulary.bundled()
        self.catalogue = catalogue
        self._names = np.stack([self.directions(name)[0] for name in catalogue.names])
        attributes = [self.directions(word) for word in catalogue.attributes]
        self._asked, self._denied = (np.stack([one[index] for one in attributes]) for index in (1, 2))

    @classmethod
    def read(cls, folder: Path, catalogue: Catalogue) -> PartWords:
        """From the files in a folder. Raises PartgenError where they cannot be read."""
        try:
            return cls(load_file(folder / "model.safetensors"), meanings(WORDS_FOLDER), catalogue)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            sentence = f"The weights that read prompts for parts, {folder.name}, cannot be read."
            raise PartgenError("weights.damaged", sentence, "Install PartGen again.") from error

    def directions(self, phrase: str) -> tuple[Floats, ...]:
        """Unit directions of a phrase: by its name, by what is asked, by what is denied."""
        seen = self._vocabulary.seen(tokens(normal(phrase)))
        if not len(seen.row):
            return tuple(np.zeros(len(self.tensors[f"directions.{index}.bias"]), np.float32) for index in range(len(READS)))
        state = first = known_of_words(self, self._table, seen)
        for layer in range(2):
            state = state + silu(self.linear(f"neighbours.{layer}", beside(state)))
        heard = softmax(self.linear("weigh", state), axis=0).T @ np.concatenate([first, state], axis=1)
        found = (self.linear(f"directions.{index}", heard[index][None])[0] for index in range(len(READS)))
        return tuple(one / max(float(np.linalg.norm(one)), 1e-9) for one in found)

    def __call__(self, prompt: str) -> Likeness:
        """What a prompt means."""
        name, asked, denied = self.directions(prompt)
        sharp = np.exp(self.tensors["sharpness"])
        nearness = self._names @ name
        names = softmax(sharp[0] * np.concatenate([nearness, self.tensors["nothing"]]))
        bias = self.tensors["bias"]
        return Likeness(names, expit(sharp[1] * self._asked @ asked + bias[0]), expit(sharp[2] * self._denied @ denied + bias[1]), nearness)


@cache
def bundled_words() -> PartWords:
    """The network and the catalogue that ship with the program. Raises PartgenError."""
    return PartWords.read(FOLDER, bundled())
