"""Distils the table of meanings: where every word lies among all others, from sentence embeddings of single words.

  python -m partgen.training.language.meanings --out FOLDER

writes words.txt and words.safetensors: the whole words in the vocabulary of the weights `minilm` (Apache-2.0), which it needs,
and the words of our sentences.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ...understanding.embeddings import SentenceEncoder
from ...understanding.vocabulary import VECTORS, WORDS
from .lexicon import lexicon

CHANNELS = 64
LETTERS = ("a", "i", "u", "r", "x", "y", "z", "s", "t", "c", "l", "j")
"""Words of one letter that instructions hold."""


def main() -> None:
    """Writes the two files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--embeddings", metavar="FOLDER", type=Path, help="all-MiniLM-L6-v2 as published; the one of the models folder if not given"
    )
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True)
    options = parser.parse_args()
    encode = encoder(options.embeddings)
    ours = sorted(lexicon())
    kept = [word for word in whole_words(encode.pieces.vocabulary) if word not in lexicon()]
    rows = distilled([*LETTERS, *kept, *ours], encode)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / WORDS).write_text("\n".join([*LETTERS, *kept]) + "\n\n" + "\n".join(ours) + "\n", encoding="utf-8")
    scale = np.abs(rows).max(0) / 127
    stored = {"vectors": np.round(rows / scale).astype(np.int8), "scale": scale.astype(np.float16)}
    (options.out / VECTORS).write_bytes(save(stored))


def encoder(folder: Path | None) -> SentenceEncoder:
    """The sentence encoder of a folder, or of the models folder. Raises PartgenError where it is not there."""
    from ...weights.loading import location

    return SentenceEncoder.read(folder or location("minilm"))


def whole_words(vocabulary: Mapping[str, int]) -> list[str]:
    """The words among the pieces of words that a tokenizer knows, in its order."""
    return [piece for piece in sorted(vocabulary, key=vocabulary.__getitem__) if piece.isascii() and piece.isalpha() and len(piece) > 1]


def distilled(words: list[str], encode: SentenceEncoder) -> NDArray[np.float32]:
    """Principal channels of the embeddings of words (n, CHANNELS), of unit variance together."""
    full = encode(words)
    centred = full - full.mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    rows = centred @ directions[:, ::-1][:, :CHANNELS]
    return (rows / rows.std(0).mean()).astype(np.float32)


if __name__ == "__main__":
    main()
