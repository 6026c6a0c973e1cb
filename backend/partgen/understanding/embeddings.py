"""Sentence embeddings of `sentence-transformers/all-MiniLM-L6-v2` in numpy: the BERT encoder and its tokenizer, in the paper's order.

Reads the folder as it is published. Devlin et al. 2019, BERT; Wang et al. 2020, MiniLM; Reimers and Gurevych 2019, Sentence-BERT.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import softmax

from ..numpy_layers import Floats, Layers, gelu

MOST_PIECES = 128
"""Of one sentence; what comes after is not read, as the model's authors have it."""
LONGEST_WORD = 100
BATCH = 256
EPSILON = 1e-12


class Pieces:
    """WordPiece, lower case and without accents: words fall into the longest pieces of a vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary
        self.begin, self.end, self.unknown, self.padding = (vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]", "[PAD]"))

    @classmethod
    def read(cls, path: Path) -> Pieces:
        """From a `tokenizer.json`. Raises OSError, ValueError or KeyError where it is none."""
        return cls(json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"])

    def of(self, sentence: str) -> list[int]:
        """The numbers of the pieces of a sentence, between those of its begin and end."""
        found = [piece for word in _words(sentence) for piece in self._of_word(word)]
        return [self.begin, *found[: MOST_PIECES - 2], self.end]

    def _of_word(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self.unknown]
        pieces, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in self.vocabulary), None)
            if end is None:
                return [self.unknown]
            pieces.append(self.vocabulary[mark + word[start:end]])
            start = end
        return pieces


def _words(sentence: str) -> Iterator[str]:
    """Lower-case words without accents; each sign, and each character of Chinese, by itself."""
    word = ""
    for character in unicodedata.normalize("NFD", sentence.lower()):
        category = unicodedata.category(character)
        alone = category[0] in "PS" or "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
        if alone or character.isspace() or category[0] == "C":
            if word:
                yield word
            word = ""
            if alone:
                yield character
        elif category != "Mn":
            word += character
    if word:
        yield word


class SentenceEncoder(Layers):
    """The published network: a sentence becomes a direction, and what means alike points alike."""

    epsilon = EPSILON

    def __init__(self, tensors: Mapping[str, NDArray], pieces: Pieces, heads: int) -> None:
        super().__init__(tensors)
        self.pieces, self.heads = pieces, heads
        self.layers = 1 + max(int(name.split(".")[2]) for name in self.tensors if name.startswith("encoder.layer."))

    @classmethod
    def read(cls, folder: Path) -> SentenceEncoder:
        """From a folder as published. Raises OSError, ValueError, KeyError or SafetensorError where it is none."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), Pieces.read(folder / "tokenizer.json"), int(config["num_attention_heads"]))

    def __call__(self, sentences: Sequence[str]) -> Floats:
        """Unit rows (n, 384), one for each sentence."""
        pieces = [self.pieces.of(sentence) for sentence in sentences]
        by_length = sorted(range(len(pieces)), key=lambda index: len(pieces[index]))
        rows = np.zeros((len(pieces), self.tensors["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        for start in range(0, len(pieces), BATCH):
            chosen = by_length[start : start + BATCH]
            rows[chosen] = self._encoded([pieces[index] for index in chosen])
        return rows

    def _encoded(self, pieces: Sequence[Sequence[int]]) -> Floats:
        longest = max(map(len, pieces))
        numbers = np.full((len(pieces), longest), self.pieces.padding)
        for row, one in zip(numbers, pieces, strict=True):
            row[: len(one)] = one
        there = np.arange(longest) < np.array([len(one) for one in pieces])[:, None]
        table = "embeddings.{}_embeddings.weight"
        state = self.tensors[table.format("word")][numbers] + self.tensors[table.format("position")][:longest]
        state = self.norm("embeddings.LayerNorm", state + self.tensors[table.format("token_type")][0])
        for layer in range(self.layers):
            state = self._layer(f"encoder.layer.{layer}", state, there)
        mean = (state * there[..., None]).sum(1) / there.sum(1, keepdims=True)
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), np.float32(EPSILON))

    def _layer(self, name: str, state: Floats, there: NDArray[np.bool_]) -> Floats:
        heard = self.linear(f"{name}.attention.output.dense", self._attention(f"{name}.attention.self", state, there))
        state = self.norm(f"{name}.attention.output.LayerNorm", state + heard)
        inner = gelu(self.linear(f"{name}.intermediate.dense", state))
        return self.norm(f"{name}.output.LayerNorm", state + self.linear(f"{name}.output.dense", inner))

    def _attention(self, name: str, state: Floats, there: NDArray[np.bool_]) -> Floats:
        count, length, width = state.shape
        query, key, value = (
            self.linear(f"{name}.{kind}", state).reshape(count, length, self.heads, -1).swapaxes(1, 2) for kind in ("query", "key", "value")
        )
        logits = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(width / self.heads))
        logits = np.where(there[:, None, None], logits, np.float32(-1e9))
        return (softmax(logits, axis=-1) @ value).swapaxes(1, 2).reshape(count, length, width)
