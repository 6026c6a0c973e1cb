"""Sentence embeddings as a second opinion, for prompts that the small network is not sure of.

What the embedding of a sentence says about its edits was learned from the same sentences as the network: a linear map from
the embedding to whether it is an edit and which operations are in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import expit, softmax

from ..weights.registry import condition, entry, models_folder
from .embeddings import SentenceEncoder
from .network import Probabilities
from .vocabulary import FOLDER

EMBEDDINGS = "minilm"
JUDGE = "judge.safetensors"
CERTAIN = 0.98
"""Where the network is as sure as this, it is not asked twice."""
SAY = 0.2
"""Of the second opinion on whether a prompt is an edit; the network has the rest."""
SAY_OF_OP = 0.5
"""Of the second opinion on which edit a word stands for."""


class Judge:
    """A linear map of sentence embeddings: `answer` (ANSWERS, channels + 1) and `op` (OPS, channels + 1), the last for the bias."""

    def __init__(self, encode: SentenceEncoder, answer: NDArray[np.float32], op: NDArray[np.float32]) -> None:
        self.encode, self.answer, self.op = encode, answer, op

    @classmethod
    def found(cls, folder: Path | None = None) -> Judge | None:
        """The judge, where the sentence embeddings are on this machine; None where not."""
        if not condition(entry(EMBEDDINGS), models_folder(folder)).is_usable:
            return None
        return cls.read(models_folder(folder) / EMBEDDINGS)

    @classmethod
    def read(cls, embeddings: Path) -> Judge:
        """With the embeddings in a folder. Raises OSError, ValueError, KeyError or SafetensorError."""
        tensors = {name: values.astype(np.float32) for name, values in load_file(FOLDER / JUDGE).items()}
        return cls(SentenceEncoder.read(embeddings), tensors["answer"], tensors["op"])

    def is_wanted(self, said: Probabilities) -> bool:
        """Whether the network is in doubt: about the prompt, or about one of its words."""
        sure = np.maximum(said.op.max(axis=1), 1 - said.op.max(axis=1))
        return bool(max(said.answer) < CERTAIN or sure.min() < CERTAIN)

    def judged(self, text: str, said: Probabilities) -> Probabilities:
        """Both opinions together: the log-probabilities, weighted."""
        answer, op = self.opinion(text)
        both = (1 - SAY) * np.log(said.answer + 1e-6) + SAY * np.log(answer + 1e-6)
        tilt = np.concatenate([[0.0], SAY_OF_OP * np.log(op[1:] / (1 - op[1:]) + 1e-6)]).astype(np.float32)
        doubted = said.op.max(axis=1, keepdims=True) < CERTAIN
        words = np.where(doubted, softmax(np.log(said.op + 1e-6) + tilt - max(float(tilt[1:].max()), 0.0), axis=-1), said.op)
        return said._replace(answer=softmax(both), op=words)

    def opinion(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The probability of each of ANSWERS (together one), and of each of OPS, that the sentence holds it."""
        embedding = np.append(self.encode([text])[0], np.float32(1))
        return softmax(self.answer @ embedding), expit(self.op @ embedding)
