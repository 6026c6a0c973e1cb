"""What a prompt asks of a part: its name, how it looks, how many of something it has; and which entries of the catalogue have it.

Names and looks are learned; counts and "without" are read by a grammar and then must hold, for four spokes are not nearly five.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import PartgenError
from ..understanding.amounts import NUMBER, WORD, Token, normal, tokens
from ..understanding.vocabulary import MOST_TOKENS
from .catalogue import PLURALS, Entry
from .words import PartWords, bundled_words

SURE = 0.7
"""How likely a prompt must be to mean anything of the catalogue: of 400 strange words 399 are refused."""
ASKED = 0.35
"""How likely an attribute must be to be asked for, or denied."""
LEAST_NAME = 0.12
"""A name is considered that is so likely, against the likeliest."""
KIN = 0.2
"""How likely a name is at least that ends in the same word as the likeliest."""
SUGGESTED = 3
WITHOUT = {"no", "without", "lacking", "zero", "minus", "sans"}
FREE = {"free", "devoid", "rid"}
REACH = 3
"""Words between a number and what it counts, at most."""
COUNTED: Mapping[str, str] = {
    "cog": "tooth", "cogs": "tooth", "teeth": "tooth", "toothed": "tooth", "tines": "prong", "tine": "prong", "pronged": "prong",
    "tips": "point", "spikes": "point", "pointed": "point", "vane": "blade", "vanes": "blade", "wings": "blade", "bladed": "blade",
    "talons": "toe", "claws": "toe", "toed": "toe", "merlons": "battlement", "crenels": "battlement", "stairs": "step", "tiers": "step",
    "stepped": "step", "leaves": "petal", "petaled": "petal", "petalled": "petal", "arms": "spoke", "spoked": "spoke",
    "castors": "caster", "fingered": "finger",
}  # fmt: skip
"""Other words for what is counted, where a number stands before them."""


@dataclass(frozen=True)
class Asked:
    """What was understood: `name` the likeliest of the catalogue, `sure` how likely it is that anything of it is meant; attributes
    `asked` and `denied`; `counts` what must be there so often, 0 for not at all, None for at least once."""

    prompt: str
    name: str
    sure: float
    asked: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    counts: Mapping[str, int | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {"name": self.name, "asked": list(self.asked), "denied": list(self.denied), "counts": dict(self.counts)}


@dataclass(frozen=True, eq=False)
class Found:
    """Entries that a prompt may mean, each with how well its words fit (n,), higher better; `notes` on what none of them has."""

    asked: Asked
    entries: tuple[Entry, ...]
    scores: np.ndarray
    notes: tuple[str, ...] = ()


def found(prompt: str, words: PartWords | None = None) -> Found:
    """What of the catalogue a prompt means. Raises PartgenError where it names nothing of it, or nothing as asked."""
    words = words or bundled_words()
    if not prompt.strip():
        raise PartgenError("generation.empty_prompt", "The prompt is empty.", "Say what the part is to become: “a ball foot”.")
    catalogue, said = words.catalogue, tokens(normal(prompt))
    if len(said) > MOST_TOKENS:
        raise PartgenError("generation.long_prompt", "This is too long for one part.", "Say it in a sentence.")
    likeness = words(prompt)
    sure = 1 - float(likeness.names[-1])
    if sure < SURE:
        raise no_such_part(prompt, nearest(words, likeness.nearness))
    best = int(likeness.names[:-1].argmax())
    counts = counted(said, catalogue.counted)
    asked = tuple(
        word
        for word, share in zip(catalogue.attributes, likeness.asked, strict=True)
        if share > ASKED and not _is_counted_out(word, counts)
    )
    denied = tuple(word for word, share in zip(catalogue.attributes, likeness.denied, strict=True) if share > ASKED and word not in asked)
    understood = Asked(prompt, catalogue.names[best], sure, asked, denied, counts)
    share = kinship(catalogue.names, likeness.names[:-1] / likeness.names[best])
    named = [entry for entry in catalogue.entries if share[entry.name] >= LEAST_NAME]
    fitting = [entry for entry in named if has_counts(entry, counts) and not set(denied) & set(entry.attributes)]
    if not fitting:
        raise nothing_as_asked(understood, [entry for entry in named if entry.name == understood.name])
    scores = np.array([np.log(share[entry.name]) + coverage(entry, understood) for entry in fitting])
    missing = [word for word in asked if not any(word in entry.attributes for entry in fitting)]
    notes = (f"No {understood.name} of the catalogue is {' or '.join(missing)}.",) if missing else ()
    return Found(understood, tuple(fitting), scores, notes)


def kinship(names: Sequence[str], shares: np.ndarray) -> dict[str, float]:
    """How likely each name is against the likeliest; those that end in the same word are not far: a porch roof is a roof."""
    head = names[int(shares.argmax())].split()[-1]
    return {name: max(float(share), KIN * (name.split()[-1] == head)) for name, share in zip(names, shares, strict=True)}


def coverage(entry: Entry, asked: Asked) -> float:
    """How much of the attributes that are asked for an entry has, 2 for all of them."""
    return 2.0 * sum(word in entry.attributes for word in asked.asked) / len(asked.asked) if asked.asked else 0.0


def has_counts(entry: Entry, counts: Mapping[str, int | None]) -> bool:
    """Whether an entry has of everything as many as it must. What nobody counts of it, it has not."""
    return all(entry.counts.get(word, 0) >= 1 if count is None else entry.counts.get(word, 0) == count for word, count in counts.items())


def counted(said: Sequence[Token], words: Sequence[str]) -> dict[str, int | None]:
    """How many of what a prompt asks for: five spokes, 5-spoked, no knob, without any blades."""
    counts: dict[str, int | None] = {}
    for one in _counts(said, words):
        if one.number is not None:
            counts[one.thing] = one.number
        else:
            counts.setdefault(one.thing, None)
    return counts


def without_counts(prompt: str, words: Sequence[str]) -> str:
    """A prompt without what it says of how many there are of something: "a wheel with" five spokes."""
    said = tokens(normal(prompt))
    left_out = {place for one in _counts(said, words) for place in range(one.first, one.last + 1)}
    return " ".join(token.text for place, token in enumerate(said) if place not in left_out)


@dataclass(frozen=True)
class _Count:
    """That a prompt asks for a `number` of a `thing`, None for at least one, with its words from `first` to `last`."""

    thing: str
    number: int | None
    first: int
    last: int


def _counts(said: Sequence[Token], words: Sequence[str]) -> Iterator[_Count]:
    known = {plural: word for word in words for plural in (word, PLURALS.get(word, word + "s"), f"{word}ed")}
    for place, token in enumerate(said):
        if token.kind != WORD:
            continue
        number, first = _number_before(said, place)
        word = known.get(token.text) or (COUNTED.get(token.text) if number is not None else None)
        if word is not None and word in words and (number is not None or _is_with(said, place)):
            yield _Count(word, number, first, place)


def _is_counted_out(word: str, counts: Mapping[str, int | None]) -> bool:
    """Whether an attribute tells of something of which there must be none: spoked, where no spokes are wanted."""
    return any(count == 0 and (COUNTED.get(word) == thing or word.startswith(thing)) for thing, count in counts.items())


def _number_before(said: Sequence[Token], place: int) -> tuple[int | None, int]:
    """The number that counts the word at a place, 0 after "without", and where it stands; None and the word's own place without one."""
    for before in range(place - 1, max(-1, place - 1 - REACH), -1):
        token = said[before]
        if token.kind == NUMBER and token.value == int(token.value):
            return int(token.value), before
        if token.text in WITHOUT or (token.text == "of" and before and said[before - 1].text in FREE):
            return 0, before
        if token.text in ("with", "has", "having", "and", "of") or token.kind != WORD:
            break
    return None, place


def _is_with(said: Sequence[Token], place: int) -> bool:
    """Whether the word at a place is something that the part is to have, and not the part itself."""
    return any(token.text in ("with", "has", "having") for token in said[max(0, place - REACH) : place])


# ---- refusals --------------------------------------------------------------------------------------------------------


def nearest(words: PartWords, nearness: np.ndarray) -> tuple[str, ...]:
    """The captions of what comes nearest to a prompt, one for each name."""
    names = [words.catalogue.names[index] for index in np.argsort(-nearness, kind="stable")[:SUGGESTED]]
    return tuple(next(entry.caption for entry in words.catalogue.entries if entry.name == name) for name in names)


def no_such_part(prompt: str, suggestions: Sequence[str]) -> PartgenError:
    """The error where a prompt names nothing of the catalogue."""
    return PartgenError(
        "generation.unknown_part",
        f"There is nothing like “{prompt.strip()[:80]}” among the parts that can be made.",
        f"Try: {'; '.join(suggestions)}.",
    )


def nothing_as_asked(asked: Asked, named: Sequence[Entry]) -> PartgenError:
    """The error where there is such a part, but none with so many of what it has, or without what it must not be."""
    wishes = []
    for word, count in asked.counts.items():
        has = sorted({entry.counts[word] for entry in named if word in entry.counts})
        plural = PLURALS.get(word, word + "s")
        wishes.append(
            f"{'no' if count == 0 else '' if count is None else count} {plural}".strip()
            + (f" (there are {has[0]} to {has[-1]})" if has else "")
        )
    wishes += [f"not {word}" for word in asked.denied]
    instead = "; ".join(dict.fromkeys(entry.caption for entry in named[:40:13])) or "a wheel with five spokes"
    return PartgenError("generation.not_as_asked", f"No {asked.name} of the catalogue has {', '.join(wishes)}.", f"Try: {instead}.")
