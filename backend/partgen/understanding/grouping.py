"""Which words of a prompt belong to which edit: what the network says of each, brought into one consistent whole.

The network judges word by word. Here stands what holds for sentences: an amount belongs to one edit, and an edit has one of a
kind; "not longer" is none; "too short" wants more; in "along its length" the length is no edit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .amounts import FACTOR, FRACTION, LENGTH, PERCENT, TIMES, Token, emphasis
from .labels import ANSWERS, OPS, ROLES, SIDES, WAYS
from .network import Probabilities

LEAST = 0.5
"""Probability from which on a word stands for an edit."""
LEAST_DOUBTED = 0.02
"""The same in a prompt that is taken for a contradiction: there the network tends to leave edits out, which then are looked at."""
NO_ROLE = 0.98
"""Probability from which on an amount belongs to nothing."""
BESIDE = 6.0
"""How much likelier an amount belongs to the edit whose word follows it at once: 20 cm tall."""
LOOKS = ("name", "color", "finish")
DIMENSIONS = {"length", "width", "height", "thickness", "size", "diameter", "depth", "breadth", "girth", "scale", "hight"}
AT = {"along", "across", "over", "through", "of", "in", "at", "around", "about"}
"""Before a dimension these tell where, not what: along its length."""
LACKING = {
    "short", "narrow", "thin", "small", "tiny", "slim", "low", "little", "skinny", "slender", "stubby", "spindly", "squat",
    "stumpy", "lean", "flimsy", "delicate", "puny", "tight", "shallow", "minuscule", "petite", "weedy", "scrawny",
}  # fmt: skip
"""Of what is too much like this, more is wanted; of anything else less."""
NEGATIONS = {"not", "without", "never", "neither", "nor", "no"}
ADVERBS = {"much", "far", "way", "really", "very", "so", "quite", "rather"}
SEEMING = {"is", "are", "look", "looks", "seem", "seems", "feel", "feels", "it's", "too"}
NO_COMPARATIVES = {
    "under", "over", "after", "other", "diameter", "either", "taper", "corner", "copper", "leather", "silver", "center", "water", "paper",
    "further", "rubber", "timber", "amber", "number", "pewter", "plaster", "cylinder", "cover", "lower",
}  # fmt: skip


@dataclass
class Found:
    """An edit as it is said: `place` of the word that stands for it, its `op`, `side`, `way`, and the tokens that belong to it, by role."""

    place: int
    op: str
    side: str
    way: str
    probability: float
    tokens: dict[str, list[Token]] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)

    def add(self, role: str, token: Token, place: int) -> None:
        self.tokens.setdefault(role, []).append(token)
        self.places.setdefault(role, []).append(place)

    def amount(self, *kinds: str) -> tuple[Token, str] | None:
        """The first amount of these kinds, and whether it is one to change "by" or "to"."""
        return next(((token, role) for role in ("to", "by") for token in self.tokens.get(role, ()) if token.kind in kinds), None)

    @property
    def emphasis(self) -> float:
        return emphasis([word for token in self.tokens.get("degree", ()) for word in token.text.split()])

    @property
    def has_amount(self) -> bool:
        return any(token.is_amount for role in ("by", "to") for token in self.tokens.get(role, ()))


TAKES: Mapping[str, Callable[[str], bool]] = {
    "name": lambda op: op == "material", "color": lambda op: op == "material", "finish": lambda op: op == "material",
    "with": lambda op: op == "replace",
    "degree": lambda op: op not in ("material", "replace"), "by": lambda op: op not in ("material", "replace", "mirror"),
    "to": lambda op: op not in ("material", "replace", "mirror"),
}  # fmt: skip


def mentioned(tokens: Sequence[Token], said: Probabilities) -> list[Found]:
    """The edits that single words stand for, in order, with the words that belong to each; one edit may be mentioned twice."""
    heads = [head for head in _heads(tokens, said) if not _is_denied(tokens, head)]
    amounts: list[tuple[int, str]] = []
    for place, (token, chances) in enumerate(zip(tokens, said.role, strict=True)):
        role = ROLES[int(chances.argmax())]
        if token.is_amount:
            role = role if role in ("by", "to") else _forgotten(token, said, place, heads)
            amounts += [(place, _by_or_to(tokens, place, role))] if role else []
        elif role and role not in ("by", "to") and (owner := _owner(heads, said, place, role)) is not None:
            owner.add(role, token, place)
    _share_out(tokens, said, heads, amounts)
    for head in heads:
        if head.op == "scale":
            head.way = _wanted(tokens, head)
    return heads


def found_edits(tokens: Sequence[Token], heads: Sequence[Found]) -> list[Found]:
    """One edit for each, where several words stand for the same: squash it flat, increase the size to make it bigger."""
    kept: list[Found] = []
    complaints = [head.place for head in heads if _is_complaint(tokens, head)]
    remedies = [head.place for head in heads if head.op == "scale" and head.place not in complaints]
    for head in heads:
        if head.place in complaints and any(place > head.place for place in remedies):
            continue
        if len(heads) > 1 and _only_tells_where(tokens, head, heads):
            continue
        same = next((one for one in kept if one.op == head.op and _is_same(tokens, one, head)), None)
        if same is None:
            kept.append(head)
            continue
        for role, others in head.tokens.items():
            for token, place in zip(others, head.places[role], strict=True):
                same.add(role, token, place)
        same.side = head.side if same.side in ("", "all") else same.side
        same.way = head.way if tokens[same.place].is_amount else same.way or head.way
    return kept


# ---- words that stand for edits --------------------------------------------------------------------------------------


def _heads(tokens: Sequence[Token], said: Probabilities) -> list[Found]:
    heads = []
    is_doubted = _is_doubted(said)
    least = LEAST_DOUBTED if is_doubted else LEAST
    for place, chances in enumerate(said.op):
        if 1 - chances[0] < least:
            continue
        chosen = 1 + int(chances[1:].argmax())
        side, way = SIDES[int(said.side[place].argmax())], WAYS[int(said.way[place].argmax())]
        probability = float(chances[chosen]) / (float(1 - chances[0]) if is_doubted else 1.0)
        heads.append(Found(place, OPS[chosen], side, way, probability))
    if all(head.op not in ("material", "replace") for head in heads):
        looks = [ROLES.index(role) for role in LOOKS]
        chances_of = [float(said.role[place][looks].sum()) for place in range(len(tokens))]
        first = next((place for place, chance in enumerate(chances_of) if chance > LEAST), None)
        if first is not None and all(head.place != first for head in heads):
            heads.append(Found(first, "material", "", "", chances_of[first]))
    return sorted(heads, key=lambda head: head.place)


def _is_doubted(said: Probabilities) -> bool:
    """Whether the network takes the prompt for a contradiction."""
    return bool(said.answer[ANSWERS.index("contradictory")] > LEAST)


def _is_denied(tokens: Sequence[Token], head: Found) -> bool:
    """Whether "not" stands before a comparative, or "no" before an edit's own name: not shorter, no bevel. Before other words it asks
    for the opposite: not so short, no bumps."""
    before = tokens[head.place - 1].text if head.place else ""
    word = tokens[head.place].text
    if before == "all" and word == "round":
        return True  # in every direction
    if before in ("no", "without") and word.startswith(head.op[:4]):
        return True
    return before in ("not", "no", "without", "never") and _is_comparative(word) and head.op == "scale"


def _wanted(tokens: Sequence[Token], head: Found) -> str:
    """Which way a size goes where something is too much or not enough; else as the network has it."""
    word, before = tokens[head.place].text, head.place - 1
    while before > 0 and tokens[before].text in ADVERBS:
        before -= 1
    if before >= 0 and tokens[before].text == "too":
        return "up" if word in LACKING else "down"
    after = tokens[head.place + 1].text if head.place + 1 < len(tokens) else ""
    if after == "enough" and any(token.text == "not" or token.text.endswith("n't") for token in tokens[: head.place]):
        return "down" if word in LACKING else "up"
    return head.way or _particle(tokens, head)


def _particle(tokens: Sequence[Token], head: Found) -> str:
    """The way that stands behind the verb: scale it down."""
    if tokens[head.place].text not in ("scale", "size", "resize", "bring", "take"):
        return ""
    return next((token.text for token in tokens[head.place + 1 : head.place + 5] if token.text in ("up", "down")), "")


def _is_complaint(tokens: Sequence[Token], head: Found) -> bool:
    """Whether a word tells what is wrong rather than what to do: it looks spindly, this is too fat."""
    before = [token.text for token in tokens[max(0, head.place - 4) : head.place]]
    return head.op == "scale" and not head.has_amount and bool(SEEMING & {*before}) and not _is_comparative(tokens[head.place].text)


def _only_tells_where(tokens: Sequence[Token], head: Found, heads: Sequence[Found]) -> bool:
    """Whether a dimension belongs to another edit: along its length, to twice its width."""
    if head.op != "scale" or head.has_amount or tokens[head.place].text not in DIMENSIONS:
        return False
    before = [token for token in tokens[: head.place] if token.text not in ("its", "the", "own", "whole", "original")]
    if not before:
        return False
    if before[-1].text in AT:
        return any(other.op != "scale" for other in heads)
    return before[-1].is_amount and any(
        before[-1] in other.tokens.get(role, ()) for other in heads for role in ("by", "to") if other.op != "scale"
    )


def _is_same(tokens: Sequence[Token], one: Found, other: Found) -> bool:
    """Whether two mentions of an operation are one edit."""
    if one.has_amount and other.has_amount:
        return False
    if one.op == "scale":
        if tokens[one.place].is_amount and tokens[other.place].text in DIMENSIONS and one.side == "all":
            return True  # two thirds of the height
        return one.side == other.side and (one.way == other.way or not one.way or not other.way)
    if one.op == "move":
        together = not any(token.text in (",", ";", ".", "and", "then") for token in tokens[one.place : other.place])
        return together or one.way == other.way or not one.way or not other.way
    return True


# ---- words that belong to edits --------------------------------------------------------------------------------------


def _forgotten(token: Token, said: Probabilities, place: int, heads: Sequence[Found]) -> str:
    """An amount that has no role belongs to something all the same: the better of its two roles, where that is not absurd."""
    if (said.role[place][0] > NO_ROLE and not _is_doubted(said)) or any(head.place == place and head.op != "scale" for head in heads):
        return ""
    by, to = (said.role[place][ROLES.index(role)] for role in ("by", "to"))
    return "by" if by > to else "to"


def _by_or_to(tokens: Sequence[Token], place: int, role: str) -> str:
    """A difference or a result, where the words beside the amount leave no doubt: by 5 cm, 5 cm longer; to 5 cm."""
    token, before = tokens[place], tokens[place - 1].text if place else ""
    after = [one.text for one in tokens[place + 1 : place + 3]]
    if token.kind in (FACTOR, TIMES):
        return role
    if before == "to":
        return "to"
    if before == "by" or (
        token.kind in (LENGTH, PERCENT, FRACTION) and after and (after[0] in ("more", "less") or _is_comparative(after[0]))
    ):
        return "by"
    if token.kind in (PERCENT, FRACTION) and after and after[0] in ("of", "as", "its", "the"):
        return "to"
    return role


def _is_comparative(word: str) -> bool:
    return len(word) > 4 and word.endswith("er") and word not in NO_COMPARATIVES


def _owner(heads: Sequence[Found], said: Probabilities, place: int, role: str) -> Found | None:
    """The edit that a word belongs to, among those that can have such a word."""
    possible = [head for head in heads if TAKES[role](head.op)]
    return max(possible, key=lambda head: said.pointer[place][head.place], default=None)


def _share_out(tokens: Sequence[Token], said: Probabilities, heads: Sequence[Found], amounts: Sequence[tuple[int, str]]) -> None:
    """Gives each amount to an edit, the surest first; an edit that has one of a kind takes another only where no other is free."""
    pairs = []
    for place, role in amounts:
        for head in heads:
            if TAKES[role](head.op):
                beside = BESIDE if 0 < head.place - place <= 1 else 1.0
                pairs.append((float(said.pointer[place][head.place]) * beside, place, role, head))
    given: set[int] = set()
    for is_spare in (False, True):
        for _, place, role, head in sorted(pairs, key=lambda pair: -pair[0]):
            has_one = head.amount(tokens[place].kind) is not None
            if place not in given and (is_spare or not has_one):
                head.add(role, tokens[place], place)
                given.add(place)


def is_denial(tokens: Sequence[Token]) -> bool:
    """Whether anything in a prompt is denied."""
    return any(token.text in NEGATIONS or token.text.endswith("n't") or token.text in ("dont", "doesnt") for token in tokens)
