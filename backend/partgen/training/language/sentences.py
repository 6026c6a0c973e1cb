"""Whole prompts with what they mean: single instructions, several in one sentence, some of them negated, and mistyped.

What the network learns from one prompt is a `Lesson`: its tokens as the product itself reads them, each with its label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...editing.edits import OPERATIONS
from ...understanding.amounts import GENTLE, STRONG, Token, normal, tokens
from ...understanding.labels import ANSWERS, ROLES
from . import others
from .composing import (
    BE,
    DO,
    Clause,
    Random,
    attribute,
    chance,
    clause,
    expand,
    framed,
    part,
    pick,
    polite,
    possession,
    substance,
    unmarked,
)
from .written import written_edits, written_refusal

MARKED = re.compile(r"(\^?)<(\w+):([^<>]*)>|\^(\S+)")
NOT_DEGREES = {"way", "good", "great", "light", "deep", "heavy", "soft", "fraction", "little", "shade"}
"""Words of emphasis that mean something else as often: only "a little" and "way too" are left to say how much."""

WRITTEN = 0.35
"""The share of prompts that were written as a whole."""


@dataclass(frozen=True)
class Lesson:
    """A prompt and what it means.

    For each token: `op` of the edit that it stands for, with `axis` and `direction`, "" where it is none; `role` in an edit;
    `head`, the place of the token that stands for that edit, -1 for none. `answer` is one of `labels.ANSWERS`; where
    `is_told` is false nothing is said about single tokens.
    """

    prompt: str
    tokens: Sequence[Token]
    op: Sequence[str]
    axis: Sequence[str]
    direction: Sequence[str]
    role: Sequence[str]
    head: Sequence[int]
    answer: str
    is_told: bool = True


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    role: str
    is_head: bool
    clause: int


def lesson(random: Random) -> Lesson:
    """Any prompt, about two of three an edit."""
    if chance(random, 0.34):
        prompt, answer = written_refusal(random) if chance(random, WRITTEN) else others.other(random)
        # What contradicts itself has edits all the same: only that they cannot be together is said of it.
        return _plain(mistyped(prompt, random, 0.02) if answer != "foreign" else prompt, answer, is_told=answer != "contradictory")
    if chance(random, WRITTEN):
        return labelled(_padded(written_edits(random), random), random)
    roll = random.random()
    if roll < 0.55:
        return labelled(_padded([("", clause(random))], random), random)
    if roll < 0.7:
        return labelled(_padded(_listed(random), random), random)
    if roll < 0.86:
        return labelled(_padded(_joined(random), random), random)
    if roll < 0.97:
        return labelled(_with_negation(random), random)
    return _contradiction(random)


# ---- several in one --------------------------------------------------------------------------------------------------

JOINTS = (" and ", " and ", " and ", ", ", ", ", "; ", ", then ", " then ", " and then ", ". ", ", and ", " plus ", " as well as ", " + ", " & ", ", also ", " and also ", ". Then ", ", after that ", " but also ", ", and finally ", " while you're at it ", ", next ", ". Also ", " ", " / ", ", but ", " but ", " and make it ")  # fmt: skip
Parts = list[tuple[str, Clause | str]]
"""What stands before each clause, and the clause; a plain string means no edit."""


def _distinct(random: Random, make: Sequence, number: int) -> list[Clause]:
    """Clauses that do not say the same measure or operation twice."""
    found: list[Clause] = []
    for _ in range(40):
        one = pick(random, make)(random)
        if one.meaning not in [other.meaning for other in found] and not (
            one.op == "material" and any(other.op == "material" for other in found)
        ):
            found.append(one)
        if len(found) == number:
            break
    return found


def _joined(random: Random) -> Parts:
    """Two or three instructions one after the other."""
    number = int(random.choice((2, 3), p=(0.8, 0.2)))
    if chance(random, 0.12):
        one = clause(random)
        if one.op != "material":
            return [("", one), (pick(random, MADE_OF), substance(random))]
    if chance(random, 0.15):  # make the wheel bigger and the rim black
        first, *rest = _distinct(random, (clause, attribute), 2)
        other = expand("( and the {part} |, the {part} | and its {part} |, each | and make each | and all |; the {part}: )", random)
        return [("", first), *((other, one) for one in rest)]
    clauses = _distinct(random, (clause, clause, attribute, possession), number)
    return [("" if index == 0 else pick(random, JOINTS), one) for index, one in enumerate(clauses)]


MADE_OF = (" made of ", " in ", " of ", ", made from ", ", ", " and in ", ", all in ", " out of ", ", in ")

BEFORE = (
    "I think that ", "well, ", "hmm, ", "ok so ", "to be honest, ", "you know, ", "if you can, ", "if possible, ", "for this one: ", "the client says: ", "this does not look right, ", "it looks silly like this; ", "I'm not happy with {it}: ", "something is off with {it}, ", "{it} looks wrong to me. ", "{it} bothers me, ", "as for {it}: ", "one more thing: ", "now for {it}, ",
    "here is what I want: ", "let me see, ", "when you have time, ", "I have an idea: ", "maybe it is just me, but ", "it doesn't fit. ", "{it} looks dull. ", "it feels clumsy, ", "{it} looks cheap, ", "I was thinking, ", "in my opinion ", "alright, ", "so, ", "sorry, ", "right, ", "for a start, ", "it looks boring; ", "we are building a {part}: ",
)  # fmt: skip
AFTER = (
    " than it is now", " than before", " than what we have now", " than the others", " as it is now", ", it looks silly", ", it would look far better", " so that it fits", " so it fits the {part}", ", that would be great", ", if that's possible", ", if you can", " because it looks wrong", ", because it has to match the {part}", " for balance", ", and only that", ", that's all", ", nothing more", ", honestly", " to me",
    ", I'd say", ", don't you think", " thank you very much", " if you don't mind", ", it doesn't fit otherwise", " like in the picture", ", it should look elegant", " for a more elegant look", ", it looks clumsy", " so that it stands out", ", as in old houses", " like they did in the fifties", ", and leave the rest", " for the {part}", " of the {part}", " on the {part}", " where one sits", ", more or less", ", or so", " at last", " again", ", would you?", " somehow", ", maybe", " everywhere", " all over",
)  # fmt: skip


def _padded(parts: Parts, random: Random) -> Parts:
    """The same with words around it that mean nothing for the edit, sometimes."""
    if chance(random, 0.08):
        parts = [(expand(pick(random, BEFORE), random), ""), *parts]
    if chance(random, 0.12):
        parts = [*parts, (expand(pick(random, AFTER), random), "")]
    return parts


def _listed(random: Random) -> Parts:
    """Attributes in a row: longer, thinner and gently curved; a longer, twisted wooden handle."""
    clauses = _distinct(random, (attribute,), int(random.choice((2, 3, 4), p=(0.55, 0.35, 0.1))))
    clauses.sort(key=lambda one: one.op == "material")
    joints = [""] + [pick(random, (", ", ", ", " and ", ", ", " ", " but ")) for _ in clauses[1:]]
    if len(clauses) > 1 and chance(random, 0.6):
        joints[-1] = pick(random, (" and ", ", and ", " and "))
    inner: Parts = list(zip(joints, clauses, strict=True))
    frame = expand(
        pick(random, BE).replace("{X}", "\0")
        if chance(random, 0.6)
        else pick(random, ("a \0 {part}", "\0 {part}", "the {part}: \0", "\0", "\0", "make it \0", "a \0 {part}, please")),
        random,
    )
    before, after = frame.split("\0")
    extra: Parts = []
    if chance(random, 0.25):
        one = possession(random)
        if one.meaning not in [other.meaning for other in clauses]:
            extra = [(pick(random, (" with ", ", with ", " and with ")), one)]
    elif chance(random, 0.25) and all(one.op != "material" for one in clauses):
        extra = [(pick(random, MADE_OF), substance(random))]
    return [(before, ""), *inner, (after, ""), *extra]


NEGATED = (
    "don't {do}", "do not {do}", "dont {do}", "not {be}", "without {having}", "no {noun}", "never {do}", "not {be} at all", "please don't {do}", "rather than {be}", "leave the {size} as it is", "keep the {size}", "keep its {size} the same", "the {size} stays", "the {size} should stay the same", "without changing the {size}",
    "but keep the {size}", "don't change the {size}", "don't touch the {part}", "leave the {part} alone", "no need to {do}", "it should not be {be}", "I don't want it {be}", "there is no need to {do}", "keep everything else", "everything else stays", "nothing else", "without making it {be}", "instead of {be}", "don't make it {be}", "but not {be}",
    "and not {be}", "not too {be}", "you needn't {do}", "must not get {be}", "keep the colour", "keep the material", "no {size} change", "no change of {size}", "but leave the rest", "not that {be}",
)  # fmt: skip


def _negation(random: Random, avoided: Sequence[tuple[str, str]]) -> str:
    """Words that deny an edit, which then is none: don't twist it, not longer."""
    pattern = pick(random, NEGATED)
    for _ in range(20):
        one = (possession if "noun" in pattern or "having" in pattern else attribute if "{be}" in pattern else clause)(random)
        if one.meaning not in avoided and (one.op != "scale" or ("scale", "all") not in avoided):
            break
    said = MARKED.sub(lambda found: found[3] or found[4], one.marked)
    if "{do}" in pattern and chance(random, 0.7):
        from .phrases import SENSES

        sense = SENSES[int(random.integers(len(SENSES)))]
        while (sense.op, sense.axis) in avoided or not sense.forms["do"]:
            sense = SENSES[int(random.integers(len(SENSES)))]
        said = MARKED.sub(lambda found: found[3] or found[4], expand(pick(random, sense.forms["do"]), random))
    for slot in ("{do}", "{be}", "{noun}", "{having}"):
        pattern = pattern.replace(slot, re.sub(r"^(an?|some|any) ", "", said) if slot == "{noun}" else said)
    return expand(pattern.replace("(", " ").replace(")", " ").replace("[", " ").replace("]", " "), random)


NOT_THIS = (", not ", " instead of ", ", no ", " rather than ", " and not ", ", no longer ", " but not ")


def _with_negation(random: Random) -> Parts:
    """An instruction, and what must not be done."""
    make = attribute if chance(random, 0.4) else clause
    one = make(random)
    if one.op == "material" and chance(random, 0.5):  # of steel, not iron
        refused = unmarked(substance(random).marked)
        if not {*refused.split()} & {*unmarked(one.marked).lower().split()}:
            return [("", one), (pick(random, NOT_THIS) + refused, "")]
    avoided = [one.meaning]
    if one.meaning == ("scale", "all"):
        avoided += [("scale", axis) for axis in ("length", "width", "thickness", "height")]
    negation = _negation(random, avoided)
    if one.op == "scale":  # "leave the length as it is" must not deny what is asked
        negation = re.sub(
            r"\b(length|width|height|thickness|diameter|size)\b",
            "colour"
            if one.axis in ("all", "")
            else pick(random, [name for name in ("length", "width", "height", "thickness") if name != one.axis]),
            negation,
        )
    if chance(random, 0.5):
        joint = pick(
            random, (", just ", ", only ", " but ", "; ", ", ", ". ", ", just make it ", ", instead ", " but make it ", ", rather ", " - ")
        )
        return [(negation, ""), (joint, one)]
    return [("", one), (pick(random, (", ", ", but ", " but ", "; ", ". ", " and ", ", and ", ", please ")), ""), (negation, "")]


def _contradiction(random: Random) -> Lesson:
    """Two instructions of which each undoes the other."""
    return _plain(others.contradiction(random), "contradictory", is_told=False)


# ---- labels ----------------------------------------------------------------------------------------------------------


def labelled(parts: Parts, random: Random) -> Lesson:
    """The lesson of clauses, one after the other."""
    text = ""
    spans: list[_Span] = []
    clauses: list[Clause] = []
    for before, one in parts:
        text = _joined_text(text, before)
        if isinstance(one, str):
            continue
        plain, found = _unmarked(re.sub(r"\s+", " ", one.marked).replace(" ,", ",").replace("^ ", "^"), len(clauses))
        spans += [replace(span, start=span.start + len(text), end=span.end + len(text)) for span in found]
        text += plain
        clauses.append(one)
    lead = len(text) - len(text.lstrip())
    text, spans = text.strip(), [replace(span, start=span.start - lead, end=span.end - lead) for span in spans]
    text, spans = _squeezed(text, spans)
    if chance(random, 0.25):
        text, spans = _mistyped_with(text, spans, random)
    return _lesson(text, spans, clauses)


def _joined_text(text: str, before: str) -> str:
    return text + before


def _squeezed(text: str, spans: Sequence[_Span]) -> tuple[str, list[_Span]]:
    """Single blanks, as `normal` has them, with the spans moved along."""
    kept = [index for index, sign in enumerate(text) if not (sign == " " and index and text[index - 1] == " ")]
    place = {old: new for new, old in enumerate(kept)}
    at = [place.get(index, -1) for index in range(len(text))] + [len(kept)]
    for index in range(len(at) - 2, -1, -1):
        at[index] = at[index] if at[index] >= 0 else at[index + 1]
    return "".join(text[index] for index in kept), [replace(span, start=at[span.start], end=at[span.end]) for span in spans]


def _unmarked(marked: str, clause_index: int) -> tuple[str, list[_Span]]:
    """The plain text and the spans of its marks; of several heads the first counts."""
    text, spans, place, has_head = "", [], 0, False
    for found in MARKED.finditer(marked):
        text += marked[place : found.start()]
        is_head = bool(found[1] or found[4]) and not has_head
        has_head |= is_head
        words, role = (found[3].strip(), found[2]) if found[2] else (found[4], "")
        spans.append(_Span(len(text), len(text) + len(words), role, is_head, clause_index))
        text += words
        place = found.end()
    return text + marked[place:], spans


def _lesson(text: str, spans: Sequence[_Span], clauses: Sequence[Clause]) -> Lesson:
    found = tokens(normal(text))
    count = len(found)
    op, axis, direction, role = [""] * count, [""] * count, [""] * count, [""] * count
    of_clause = [-1] * count
    heads: dict[int, int] = {}
    for span in spans:
        inside = [index for index, token in enumerate(found) if token.start < span.end and token.end > span.start]
        for index in inside:
            if span.role:
                role[index], of_clause[index] = span.role, span.clause
        if inside and span.is_head:
            heads[span.clause] = inside[0]
    for index, one in enumerate(clauses):
        if one.op == "material":
            first = [place for place in range(count) if of_clause[place] == index and role[place]]
            if first:
                heads[index] = first[0]
    bounds = _bounds(text, spans, found, len(clauses))
    for index, place in heads.items():
        op[place], axis[place], direction[place] = clauses[index].op, clauses[index].axis, clauses[index].direction
        if role[place] == "":
            of_clause[place] = index
        if clauses[index].op not in ("material", "replace"):
            for at in bounds[index]:
                if not role[at] and at != place and _is_degree(found, at) and of_clause[at] < 0 and not op[at]:
                    role[at], of_clause[at] = "degree", index
    head = [heads.get(of_clause[index], -1) if role[index] else -1 for index in range(count)]
    known = [bool(one) and one in ROLES for one in role]
    role = [one if is_known and head[index] >= 0 else "" for index, (one, is_known) in enumerate(zip(role, known, strict=True))]
    assert all(not one or one in OPERATIONS for one in op)
    return Lesson(text, found, op, axis, direction, role, head, "edit")


def _is_degree(found: Sequence[Token], at: int) -> bool:
    """Whether a word says how much: slightly; little only in "a little", way only before "too" and what compares."""
    word, after = found[at].text, found[at + 1].text if at + 1 < len(found) else ""
    if word == "little" or word == "good" or word == "great":
        return (
            at > 0
            and found[at - 1].text == "a"
            and (word == "little" or after == "deal")
            and not (at + 1 < len(found) and after in ("bumps", "lumps"))
        )
    if word == "way":
        return after in ("too", "more", "less") or after.endswith("er")
    return word in GENTLE | STRONG and word not in NOT_DEGREES


def _bounds(text: str, spans: Sequence[_Span], found: Sequence[Token], count: int) -> list[range]:
    """For each clause the tokens that lie in it or beside it: up to half way to its neighbours' marked words."""
    edges = []
    for index in range(count):
        inside = [
            place
            for place, token in enumerate(found)
            for span in spans
            if span.clause == index and token.start < span.end and token.end > span.start
        ]
        edges.append((min(inside, default=0), max(inside, default=0)))
    bounds = []
    for index in range(count):
        first = 0 if index == 0 else edges[index - 1][1] + 1
        last = len(found) if index == count - 1 else edges[index + 1][0]
        first = next(
            (
                place + 1
                for place in range(edges[index][0] - 1, first - 1, -1)
                if found[place].text in (",", ";", ".", "and", "but", "then")
            ),
            first,
        )
        last = next(
            (place for place in range(edges[index][1] + 1, last) if found[place].text in (",", ";", ".", "and", "but", "then")), last
        )
        bounds.append(range(first, last))
    return bounds


def _plain(prompt: str, answer: str, is_told: bool = True) -> Lesson:
    found = tokens(normal(prompt))
    blank = [""] * len(found)
    assert answer in ANSWERS
    return Lesson(prompt, found, blank, blank, blank, blank, [-1] * len(found), answer, is_told)


# ---- mistakes --------------------------------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NEAR = {
    letter: near
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for letter, near in zip(row, [row[max(0, i - 1) : i] + row[i + 1 : i + 2] for i in range(len(row))], strict=True)
}


def misspelt(word: str, random: Random) -> str:
    """A word with one mistake: letters swapped, left out, doubled, or a neighbour on the keyboard."""
    if len(word) < 4 or not word.isalpha():
        return word
    place = int(random.integers(1, len(word) - 1))
    kind = int(random.integers(5))
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[: place + 1] + word[place] + word[place + 1 :]
    if kind == 3 and word[place].lower() in NEAR:
        return word[:place] + pick(random, NEAR[word[place].lower()]) + word[place + 1 :]
    return word[:place] + pick(random, LETTERS) + word[place:] if chance(random, 0.2) else word[:place] + word[place + 1 :]


def mistyped(text: str, random: Random, share: float) -> str:
    return " ".join(misspelt(word, random) if chance(random, share) else word for word in text.split(" "))


def _mistyped_with(text: str, spans: Sequence[_Span], random: Random) -> tuple[str, list[_Span]]:
    """The text with some mistakes, and its spans where they are then."""
    share = pick(random, (0.1, 0.2, 0.35))
    result, place, at = "", 0, np.arange(len(text) + 1)
    for found in re.finditer(r"[A-Za-z]{4,}", text):
        result += text[place : found.start()]
        wrong = misspelt(found[0], random) if chance(random, share) else found[0]
        shift = len(result) - found.start()
        at[found.start() : found.end() + 1] = np.minimum(np.arange(found.start(), found.end() + 1) + shift, len(result) + len(wrong))
        at[found.end() :] = np.arange(found.end(), len(text) + 1) + len(result) + len(wrong) - found.end()
        result += wrong
        place = found.end()
    result += text[place:]
    return result, [replace(span, start=int(at[span.start]), end=int(at[span.end])) for span in spans]


__all__ = ["DO", "Lesson", "framed", "labelled", "lesson", "part", "polite"]
