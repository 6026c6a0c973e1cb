"""`understood`: from a prompt to edits, or to a refusal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from ..editing.edits import Edit
from ..errors import PartgenError
from ..weights.registry import absent, condition, entry, models_folder
from .amounts import OTHER, WORD, Token, normal, tokens
from .grouping import Found, found_edits, mentioned
from .judging import Judge
from .labels import ANSWERS, OPS
from .network import Probabilities, UnderstandingWeights, answers
from .reading import are_apart, contradicts, typed
from .refusing import sentence, suggestions
from .vocabulary import FOLDER, MOST_TOKENS, Vocabulary

MODEL = "understanding"
SURE = 0.45
"""Confidence from which on a prompt is taken for an edit."""


@dataclass(frozen=True)
class Understanding:
    """What was understood: `edits`, complete with defaults, in the order said; or why not: `refused`, a sentence, with the `kind`
    of refusal and `suggestions` of what can be said. `confidence` in [0, 1] that it is an edit, and this one; `model` made it."""

    prompt: str
    edits: tuple[Edit, ...] = ()
    refused: str | None = None
    kind: str = ""
    suggestions: tuple[str, ...] = ()
    confidence: float = 0.0
    model: str = MODEL

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "edits": [edit.as_dict() for edit in self.edits], "refused": self.refused, "suggestions": list(self.suggestions),
            "confidence": round(self.confidence, 3), "model": self.model,
        }  # fmt: skip


class Reader:
    """The bundled network, with sentence embeddings beside it where they are given."""

    def __init__(self, weights: UnderstandingWeights, vocabulary: Vocabulary, judge: Judge | None = None) -> None:
        self.weights, self.vocabulary, self.judge = weights, vocabulary, judge

    def __call__(self, prompt: str) -> Understanding:
        """What a prompt means."""
        text = normal(prompt)
        found = tokens(text)
        if reason := _unreadable(text, found):
            return self._refusal(prompt, reason, (), 0.0)
        said = answers(self.weights, self.vocabulary.seen(found))
        model = MODEL
        if self.judge is not None and self.judge.is_wanted(said):
            said, model = self.judge.judged(text, said), f"{MODEL} + minilm"
        return self._decided(prompt, text, found, said, model)

    def _decided(self, prompt: str, text: str, found: Sequence[Token], said: Probabilities, model: str) -> Understanding:
        mentions = mentioned(found, said)
        if are_apart(found, mentions):
            said = without_contradiction(said)
        heads = found_edits(found, mentions)
        typed_edits = [typed(head, found, text, self.vocabulary) for head in heads]
        pairs = [(head, edit) for head, edit in zip(heads, typed_edits, strict=True) if edit is not None]
        heads, edits = [head for head, _ in pairs], tuple(edit for _, edit in pairs)
        sure = confidence(said, heads)
        if contradicts(heads, edits):
            return self._refusal(prompt, "contradictory", _likeliest(said), sure, model)
        if edits and sure >= SURE:
            return Understanding(prompt, edits, confidence=sure, model=model)
        kinds = np.array([0.0 if name == "edit" else chance for name, chance in zip(ANSWERS, said.answer, strict=True)])
        kind = ANSWERS[int(kinds.argmax())] if said.answer[0] < 0.5 else "unsure" if edits else "vague"
        return self._refusal(prompt, kind, _likeliest(said), sure, model)

    def _refusal(self, prompt: str, kind: str, likeliest: Sequence[str], sure: float, model: str = MODEL) -> Understanding:
        return Understanding(prompt, (), sentence(kind, prompt), kind, suggestions(likeliest), sure, model)


def confidence(said: Probabilities, heads: Sequence[Found]) -> float:
    """How likely the prompt is an edit, and each of the edits in it the one that was taken."""
    if not heads:
        return 0.0
    return float(said.answer[0]) * min(head.probability for head in heads)


def without_contradiction(said: Probabilities) -> Probabilities:
    """The same where a contradiction is ruled out: the other answers share its probability."""
    left = said.answer * np.array([name != "contradictory" for name in ANSWERS])
    return said._replace(answer=(left / max(float(left.sum()), 1e-9)).astype(np.float32))


def _unreadable(text: str, found: Sequence[Token]) -> str:
    """Why a prompt need not be read at all: nothing in it, too much, or another script."""
    letters = [sign for sign in text if unicodedata.category(sign)[0] == "L"]
    if not letters:
        return "nonsense" if any(sign.isdigit() for sign in text) else "empty" if len(text) < 3 else "nonsense"
    if len(found) > MOST_TOKENS:
        return "long"
    if sum(token.kind == OTHER for token in found) > sum(token.kind == WORD for token in found) / 2:
        return "foreign"
    return ""


def _likeliest(said: Probabilities) -> list[str]:
    """The edits that the words come nearest to."""
    nearest = said.op[:, 1:].max(axis=0)
    return [OPS[1 + place] for place in np.argsort(-nearest) if nearest[place] > 0.05][:2]


@cache
def reader(with_embeddings: bool = True, folder: Path | None = None) -> Reader:
    """The reader with what is on this machine. Raises PartgenError where the bundled weights are damaged."""
    wanted = entry(MODEL)
    state = condition(wanted, models_folder(folder))
    if not state.is_usable:
        raise absent(wanted, state)
    try:
        weights, vocabulary = UnderstandingWeights.read(FOLDER), Vocabulary.bundled()
        return Reader(weights, vocabulary, Judge.found(folder) if with_embeddings else None)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise PartgenError(
            "weights.damaged", "The weights of the reader of instructions cannot be read.", "Install PartGen again."
        ) from error


def understood(prompt: str) -> Understanding:
    """What a prompt asks for, by the best that is on this machine. Raises PartgenError where the bundled weights are damaged."""
    return reader()(prompt)
