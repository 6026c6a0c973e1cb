"""What the network sees of a word: where it lies among all words in meaning, the pieces of its spelling, and its kind.

The meaning is looked up in a table that was distilled from sentence embeddings, frequent words of English and those of
instructions. A word that is not in it is taken for the nearest word of instructions, where it is a letter or two from one;
else its spelling alone speaks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from ..weights.registry import BUNDLED_FOLDER
from .amounts import KINDS, OTHER, WORD, Token, distance

FOLDER = BUNDLED_FOLDER / "understanding"
WORDS, VECTORS = "words.txt", "words.safetensors"
MOST_TOKENS = 64
"""Of one prompt; longer ones are refused."""
BUCKETS = 4096
"""Of spelling: pieces of three to five letters share places in a table by their hash."""
MOST_GRAMS = 20
STATES = ("known", "corrected", "unknown")


class Seen(NamedTuple):
    """What the network reads of n tokens: `row` (n,) in the table of meanings, 0 for none; `grams` (n, MOST_GRAMS) places of the
    pieces of its spelling, 0 for none; `kind` (n,) of the token, where words count thrice, by whether they are known."""

    row: NDArray[np.int32]
    grams: NDArray[np.int32]
    kind: NDArray[np.int32]


KIND_COUNT = len(KINDS) + len(STATES) - 1


class Vocabulary:
    """Words with their rows in the table of meanings; `ours` are the words of instructions, to which others are corrected."""

    def __init__(self, words: Sequence[str], ours: int) -> None:
        self.words = tuple(words)
        self.rows: Mapping[str, int] = {word: row for row, word in enumerate(words, start=1)}
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in words[len(words) - ours :]:
            if len(word) >= 4:
                self._by_length[len(word)].append(word)
        self._corrected: dict[str, str] = {}

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """From a file of words, a line each; those after an empty line are the words of instructions. Raises OSError."""
        general, _, ours = path.read_text(encoding="utf-8").partition("\n\n")
        return cls([*general.split(), *ours.split()], len(ours.split()))

    @classmethod
    @cache
    def bundled(cls) -> Vocabulary:
        return cls.read(FOLDER / WORDS)

    def correction(self, word: str) -> str:
        """The nearest word of instructions, "" where none is near: one letter away, or two in long words."""
        if word not in self._corrected:
            self._corrected[word] = self._nearest(word)
        return self._corrected[word]

    def _nearest(self, word: str) -> str:
        if len(word) < 4 or not word.isascii():
            return ""
        most = 1 if len(word) < 7 else 2
        best, found = most + 1, ""
        for size in range(len(word) - most, len(word) + most + 1):
            for other in self._by_length.get(size, ()):
                if other[0] != word[0] and other[1] != word[1]:
                    continue
                far = distance(word, other, min(most, best))
                if far < best:
                    best, found = far, other
        return found

    def seen(self, tokens: Sequence[Token]) -> Seen:
        """What the network reads of tokens; of more than MOST_TOKENS the first."""
        tokens = tokens[:MOST_TOKENS]
        row, kind = np.zeros(len(tokens), np.int32), np.zeros(len(tokens), np.int32)
        grams = np.zeros((len(tokens), MOST_GRAMS), np.int32)
        for place, token in enumerate(tokens):
            kind[place] = KINDS.index(token.kind)
            if token.kind != WORD:
                if not token.is_amount and token.kind != OTHER:
                    grams[place, 0] = _bucket(token.text)
                continue
            row[place] = self.rows.get(token.text, 0)
            if not row[place] and token.text.endswith("'s"):
                row[place] = self.rows.get(token.text[:-2], 0)
            if not row[place]:
                corrected = self.correction(token.text)
                row[place] = self.rows.get(corrected, 0)
                kind[place] = len(KINDS) + (0 if corrected else 1)
            spelled = spelling(token.text)
            grams[place, : len(spelled)] = spelled
        return Seen(row, grams, kind)

    def in_words(self, token: Token) -> str:
        """The word that a token was taken for."""
        if token.kind != WORD or token.text in self.rows:
            return token.text
        return self.correction(token.text) or token.text


@cache
def spelling(word: str) -> tuple[int, ...]:
    """The places of a word's pieces in the table of spelling."""
    edged = f"<{word[:24]}>"
    pieces = [edged[start : start + size] for size in (3, 4, 5) for start in range(len(edged) - size + 1)]
    if len(pieces) > MOST_GRAMS:  # of long words as many of each size from both ends
        step = len(pieces) / MOST_GRAMS
        pieces = [pieces[int(index * step)] for index in range(MOST_GRAMS)]
    return tuple(_bucket(piece) for piece in pieces)


def _bucket(piece: str) -> int:
    """FNV-1a over UTF-8, the same everywhere. Fowler, Noll, Vo 1991."""
    value = 0x811C9DC5
    for byte in piece.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return 1 + value % (BUCKETS - 1)


def meanings(folder: Path) -> NDArray[np.float32]:
    """The table of meanings (words + 1, channels), its first row zero. Raises OSError or SafetensorError."""
    stored = load_file(folder / VECTORS)
    table = stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32)
    return np.concatenate([np.zeros((1, table.shape[1]), np.float32), table])
