"""All words that instructions are made of: what the vocabulary must hold, and what misspelt words are corrected to."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from . import composing, words
from .phrases import FORMS, SENSES

DRAWS = 30_000


@cache
def lexicon() -> frozenset[str]:
    """Every word of the thesaurus and of the lists, and those that come up in many drawn instructions."""
    texts: list[str] = [pattern for sense in SENSES for form in FORMS for pattern in sense.forms[form]]
    texts += [
        *words.NOUNS,
        *words.COMPOUND_NOUNS,
        *words.PLACES,
        *words.PRIMITIVES,
        *words.MATERIALS,
        *words.ADJECTIVAL,
        *words.COLORS,
        *words.SHADES,
        *words.FINISHES,
        *words.COMPARED_FINISHES,
    ]
    random = np.random.default_rng(0)
    texts += [composing.unmarked(composing.clause(random).marked) for _ in range(DRAWS)]
    without_marks = (re.sub(r"<\w+:|\{\w+\}", " ", text).lower() for text in texts)
    return frozenset(word for text in without_marks for word in re.findall(r"[a-z]{2,}", text))
