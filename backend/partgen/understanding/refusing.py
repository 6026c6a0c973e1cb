"""Why a prompt is refused, in a sentence, and what could be done instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SENTENCES: Mapping[str, str] = {
    "empty": "Nothing was said: tell in a few words how the part should change.",
    "nonsense": "This could not be understood as a change of the part.",
    "question": "This is a question; only changes of the part can be made here.",
    "foreign": "Only English is understood.",
    "contradictory": "This asks for two things that cannot both be.",
    "unrelated": "This is not about changing the shape or the material of the part.",
    "vague": "This does not say what should change.",
    "long": "This is too long: say it in a sentence or two.",
    "unsure": "It is not sure enough what is meant.",
}

_TAKES_AWAY = "Words do not take a part away: delete or hide the object itself."
_BEGIN = r"^\W*(?:please\s+|just\s+|can you\s+)*"
_WHOLE = r"\s+(?:it|this|that|them|these|everything|(?:the |this |that )?(?:whole )?(?:part|object|piece|thing))\b"
CLEARER: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(_BEGIN + pattern, re.IGNORECASE), sentence)
    for pattern, sentence in (
        (rf"(?:delete|remove|erase|discard|hide|get rid of|throw away){_WHOLE}", _TAKES_AWAY),
        (r"(?:throw|take) (?:it|this|that) away\b", _TAKES_AWAY),
        (r"(?:make (?:it|this) )?(?:invisible|disappear|vanish)\b", _TAKES_AWAY),
        (r"(?:undo|revert|take (?:it|this|that) back|go back)\b", "Words do not take a change back: undo it."),
        (r"(?:not|never|don't|don’t|do not|without)\b", "This says what should not change: say what should."),
    )
)
"""Of what is refused anyway: how it begins, and a sentence that helps more than the one for its kind."""


def sentence(kind: str, prompt: str) -> str:
    """Why `prompt` is refused, of `SENTENCES` or clearer."""
    if kind in ("unrelated", "vague", "unsure"):
        for pattern, clearer in CLEARER:
            if pattern.match(prompt):
                return clearer
    return SENTENCES[kind]


EXAMPLES: Mapping[str, str] = {
    "scale": "make it 20 % longer", "taper": "taper it to a point", "flare": "flare the end", "bend": "bend it by 30 degrees",
    "twist": "twist it by 90 degrees", "shear": "shear it by 20 degrees",
    "inflate": "inflate it a little", "flatten": "flatten it", "straighten": "make it straight", "smooth": "smooth the surface",
    "bevel": "round the edges", "facet": "make it faceted",
    "waves": "make it wavy", "bumps": "cover it with bumps", "hollow": "hollow it with 2 mm walls", "mirror": "mirror it",
    "repeat": "repeat it 5 times around", "split": "split it into three",
    "tilt": "tilt it by 15 degrees", "rotate": "rotate it by 90 degrees", "move": "move it up by 5 cm",
    "replace": "replace it with a sphere", "material": "rusty iron",
}  # fmt: skip
"""How each edit can be said."""

USUAL = ("scale", "bend", "material")
SUGGESTED = 3


def suggestions(likeliest: Sequence[str]) -> tuple[str, ...]:
    """Things that can be asked for: those nearest to what was said, then the most usual ones."""
    return tuple(EXAMPLES[op] for op in dict.fromkeys([*likeliest, *USUAL]))[:SUGGESTED]
