"""What the words of an edit mean: its parameters, by operation; and whether several edits contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..editing.edits import AXES, DIRECTIONS, OPERATIONS, Edit
from .amounts import ANGLE, FACTOR, FRACTION, LENGTH, NUMBER, PERCENT, TIMES, Token
from .grouping import LOOKS, Found, is_denial
from .vocabulary import Vocabulary

ADJECTIVES = {
    "wooden": "wood", "golden": "gold", "woollen": "wool", "woolen": "wool", "silken": "silk", "oaken": "oak", "leathery": "leather",
    "earthen": "earth", "waxen": "wax",
    "steely": "steel", "glassy": "glass", "brazen": "brass", "woody": "wood", "furry": "fur", "rubbery": "rubber",
    "feathery": "feathers", "silvery": "silver", "coppery": "copper",
    "papery": "paper", "timber": "wood", "stony": "stone", "marbled": "marble", "velvety": "velvet", "silky": "silk",
    "plasticky": "plastic", "metallic": "metal", "ashen": "ash",
}  # fmt: skip
"""What a material's adjective is made of."""
PLAIN = {
    "shinier": "shiny", "glossier": "glossy", "rustier": "rusty", "dirtier": "dirty", "duller": "dull", "cleaner": "clean",
    "older": "old", "newer": "new", "wetter": "wet", "paler": "pale",
    "brighter": "bright", "darker": "dark", "lighter": "light", "clearer": "clear", "grimier": "grimy", "dustier": "dusty",
    "muddier": "muddy", "icier": "icy", "mossier": "mossy", "sparklier": "sparkly",
    "redder": "red", "greener": "green", "bluer": "blue", "whiter": "white", "blacker": "black", "greyer": "grey", "browner": "brown",
    "yellower": "yellow", "pinker": "pink",
}  # fmt: skip
"""Comparatives of how a surface looks."""
NO_LOOKS = {
    "paint",
    "color",
    "colour",
    "colored",
    "coloured",
    "sheen",
    "finish",
    "look",
    "surface",
    "coating",
    "coat",
    "texture",
    "material",
}
"""Words about how it looks that tell nothing beside one that does."""
LEADING = re.compile(r"^((an?|the|with|by|for|to|into|some|of)\s+)+", re.IGNORECASE)
"""Words before the name of what replaces a part."""
REPLACED = re.compile(r"^.*?\b(with|for|by)\s+(?=(the|an?|that|this|my|one)\b)", re.IGNORECASE)
"""What is replaced, where it was taken for a part of what replaces it."""
TURNED_OVER = {"upside", "head", "topsy", "bottom", "inverted"}
TURNED_ROUND = {"other", "facing", "face", "point", "back", "wrong", "backwards"}
ONE_MORE = {"duplicate", "copy", "clone", "one", "second", "twin", "another", "duplicated", "cloned", "copied", "duplicates"}
AXIS_LETTERS = {"x": "width", "y": "thickness", "z": "height"}
"""An object's own axes: its width lies along x, its depth along y, its height along z."""
GROW, SHRINK = 1.3, 0.75
"""What a size is multiplied by where no amount is said."""


# ---- what an edit's words mean ---------------------------------------------------------------------------------------


LEFT_OPEN = ("ratio", "angle", "amount")
"""Kinds of parameters that words without an amount leave open: variations may draw them."""


def typed(found: Found, tokens: Sequence[Token], prompt: str, vocabulary: Vocabulary) -> Edit | None:
    """The edit with its parameters, None where it says too little to be one (replace, but by what?)."""
    values = PARAMETERS[found.op](found)
    if found.op == "replace":
        values = {"with": LEADING.sub("", REPLACED.sub("", _slice(found, "with", prompt, vocabulary)))}
        if not values["with"]:
            return None
    if found.op == "material":
        values = {role: text for role in LOOKS if (text := _looks(found, role, prompt, vocabulary))}
        if not values:
            return None
    if found.op in ("mirror", "rotate") and "axis" not in values:
        letter = next((token.text for token in tokens if token.text in AXIS_LETTERS), "")
        values |= {"axis": AXIS_LETTERS[letter]} if letter else {}
    if found.op == "rotate" and not found.has_amount:
        near = {token.text for token in tokens[found.place : found.place + 6]}
        if near & TURNED_OVER:
            values |= {"angle": 180.0, "axis": "width"}
        elif near & TURNED_ROUND:
            values |= {"angle": 180.0, "axis": "height"}
    if found.op == "repeat" and "count" not in values and tokens[found.place].text in ONE_MORE:
        values |= {"count": 2}
    known = OPERATIONS[found.op]
    values = {name: value for name, value in values.items() if name in known}
    said = tuple(name for name in values if found.has_amount or known[name].kind not in LEFT_OPEN)
    return Edit(found.op, values, said).complete()


def _slice(found: Found, role: str, prompt: str, vocabulary: Vocabulary) -> str:
    """The words of a role as they stand in the prompt, misspelt ones corrected; the longest row where there are several."""
    places = found.places.get(role, [])
    rows = np.split(np.array(places), np.flatnonzero(np.diff(places) > 1) + 1) if places else []
    if not rows:
        return ""
    longest = max(rows, key=len) if role == "with" else np.concatenate(rows)
    by_place = dict(zip(places, found.tokens[role], strict=True))
    chosen = [by_place[int(place)] for place in longest]
    spelled = [vocabulary.in_words(token) for token in chosen]
    if spelled == [token.text for token in chosen] and len(rows) == 1:
        return prompt[chosen[0].start : chosen[-1].end]
    return " ".join(spelled)


def _looks(found: Found, role: str, prompt: str, vocabulary: Vocabulary) -> str:
    """The words of a material's name, colour or finish; adjectives as what they are made of."""
    text = _slice(found, role, prompt, vocabulary).lower()
    words = [PLAIN.get(word, word) for word in text.split()]
    if len(found.tokens.keys() & set(LOOKS)) > 1:
        words = [word for word in words if word not in NO_LOOKS]
    if role == "name" or (words in (["golden"], ["silvery"]) and "name" not in found.tokens):
        words = [ADJECTIVES.get(word, word) for word in words]
    return " ".join(words)


def _length(token: Token, sign: float = 1.0) -> dict[str, Any]:
    return {"value": sign * token.value, "unit": token.unit}


def _scale(found: Found) -> dict[str, Any]:
    axis = found.side if found.side in AXES else "all"
    less = found.way == "down"
    if (said := found.amount(LENGTH)) is not None:
        token, role = said
        return {"axis": axis, "target": _length(token)} if role == "to" else {"axis": axis, "delta": _length(token, -1 if less else 1)}
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        token, role = said
        if role == "to":
            return {"axis": axis, "factor": token.value}
        return {"axis": axis, "factor": max(1 - token.value, 0.01) if less else 1 + token.value}
    if (said := found.amount(FACTOR, TIMES, NUMBER)) is not None:
        token, role = said
        if role == "by" and token.kind == NUMBER:
            return {"axis": axis, "delta": {"value": -token.value if less else token.value, "unit": ""}}
        if token.value > 0:
            return {"axis": axis, "factor": 1 / token.value if less and token.value > 1 else token.value}
    return {"axis": axis, "factor": round((SHRINK if less else GROW) ** found.emphasis, 3)}


def _turned(found: Found) -> dict[str, Any]:
    """Operations with an angle; "more" and "less" change the one that is taken where none is said."""
    values: dict[str, Any] = {"direction": found.way} if found.way in DIRECTIONS and "direction" in OPERATIONS[found.op] else {}
    if found.side in AXES[:4] and "axis" in OPERATIONS[found.op]:
        values["axis"] = found.side
    if (said := found.amount(ANGLE)) or (said := found.amount(NUMBER, FACTOR, TIMES)):
        return {**values, "angle": said[0].value}
    usual = OPERATIONS[found.op]["angle"].default
    return {**values, "angle": round(usual * found.emphasis, 1)}


def _taper(found: Found) -> dict[str, Any]:
    if found.way == "down":
        return {"factor": round(1.5**found.emphasis, 3)}
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        return {"factor": said[0].value if said[1] == "to" else max(1 - said[0].value, 0.0)}
    if (said := found.amount(FACTOR, TIMES, NUMBER)) is not None and said[0].value > 0:
        return {"factor": min(said[0].value, 1 / said[0].value)}
    return {"factor": round(0.5**found.emphasis, 3)}


def _flare(found: Found) -> dict[str, Any]:
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        return {"factor": said[0].value if said[1] == "to" and said[0].value > 1 else 1 + said[0].value}
    if (said := found.amount(FACTOR, TIMES, NUMBER)) is not None and said[0].value > 0:
        return {"factor": max(said[0].value, 1 / said[0].value)}
    return {"factor": round(1.6**found.emphasis, 3)}


def _inflate(found: Found) -> dict[str, Any]:
    sign = -1 if found.way == "down" else 1
    if (said := found.amount(LENGTH)) is not None:
        return {"delta": _length(said[0], sign)}
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        return {"amount": sign * said[0].value}
    return {"amount": round(sign * 0.2 * found.emphasis, 3)}


def _shared(found: Found) -> dict[str, Any]:
    """Operations with a share of one: flatten, straighten, smooth."""
    values: dict[str, Any] = {"axis": found.side} if found.side in AXES[:4] and "axis" in OPERATIONS[found.op] else {}
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        return {**values, "amount": min(said[0].value, 1.0)}
    usual = OPERATIONS[found.op]["amount"].default
    return {**values, "amount": round(min(usual * found.emphasis, 1.0), 3)}


def _measured(length: str) -> Callable[[Found], dict[str, Any]]:
    """Operations with a length under that name, a share, or a number of pieces."""

    def parameters(found: Found) -> dict[str, Any]:
        known = OPERATIONS[found.op]
        values: dict[str, Any] = {}
        if (said := found.amount(LENGTH)) is not None and length in known:
            values[length] = _length(said[0])
        if (said := found.amount(NUMBER, TIMES)) is not None and "count" in known:
            values["count"] = said[0].value
        if (said := found.amount(PERCENT, FRACTION)) is not None and "amount" in known and length not in values:
            values["amount"] = said[0].value
        if "amount" in known and not values and found.emphasis != 1:
            values["amount"] = round(known["amount"].default * found.emphasis, 3)
        return values

    return parameters


def _repeat(found: Found) -> dict[str, Any]:
    values: dict[str, Any] = {"around": "height"} if found.side == "around" else {}
    if found.side in ("along", *AXES[:4]):
        values["along"] = "length" if found.side == "along" else found.side
    if (said := found.amount(NUMBER, TIMES, FACTOR)) is not None:
        values["count"] = said[0].value + (1 if said[1] == "by" else 0)
    if (said := found.amount(LENGTH)) is not None:
        values["spacing"] = _length(said[0])
    return values


def _split(found: Found) -> dict[str, Any]:
    values: dict[str, Any] = {"axis": found.side} if found.side in AXES[:4] else {}
    if (said := found.amount(NUMBER, TIMES, FACTOR)) is not None and said[0].value >= 2:
        values["count"] = said[0].value
    elif (said := found.amount(FRACTION)) is not None and 0 < said[0].value < 1:
        values["count"] = round(1 / said[0].value)  # in half, into thirds
    return values


def _move(found: Found) -> dict[str, Any]:
    values: dict[str, Any] = {"direction": found.way} if found.way in DIRECTIONS else {}
    if (said := found.amount(LENGTH)) or (said := found.amount(NUMBER)):
        return {**values, "delta": _length(said[0])}
    if (said := found.amount(PERCENT, FRACTION)) is not None:
        return {**values, "amount": said[0].value}
    return {**values, "amount": round(0.25 * found.emphasis, 3)}


def _mirror(found: Found) -> dict[str, Any]:
    return {"axis": found.side} if found.side in AXES[:4] else {}


PARAMETERS: Mapping[str, Callable[[Found], dict[str, Any]]] = {
    "scale": _scale, "taper": _taper, "flare": _flare, "bend": _turned, "twist": _turned, "shear": _turned, "inflate": _inflate,
    "flatten": _shared, "straighten": _shared,
    "smooth": _shared, "bevel": _measured("width"), "facet": _measured(""), "waves": _measured("amplitude"),
    "bumps": _measured("amplitude"), "hollow": _measured("thickness"), "mirror": _mirror,
    "repeat": _repeat, "split": _split, "tilt": _turned, "rotate": _turned, "move": _move, "replace": lambda found: {},
    "material": lambda found: {},
}  # fmt: skip


# ---- contradictions --------------------------------------------------------------------------------------------------

OPPOSITE_OPS = ({"bend", "straighten"}, {"smooth", "bumps"}, {"smooth", "facet"})
OPPOSITE_WAYS = ({"up", "down"}, {"left", "right"}, {"forward", "back"}, {"in", "out"})


HARDLY_BOTH = (
    *OPPOSITE_OPS,
    {"inflate", "flatten"},
    {"taper", "flare"},
    {"twist", "straighten"},
    {"waves", "straighten"},
    {"waves", "smooth"},
)
"""Operations that can be meant together, but hardly are."""


JOINING = {"and", "but", "yet", "while", "or", "both", "also", ",", ";", ".", "as", "same", "once"}
"""Words without which a sentence says one thing only."""


def are_apart(tokens: Sequence[Token], mentions: Sequence[Found]) -> bool:
    """Whether several edits are about different things, so that a sentence cannot contradict itself by them: wider and flatter."""
    meanings = [(one.op, one.side if one.op == "scale" else "") for one in mentions]
    ops = {one.op for one in mentions}
    if is_denial(tokens) or len(set(meanings)) < len(meanings):
        return False
    if len(meanings) == 1:  # one thing alone contradicts nothing
        return not any(token.text in JOINING for token in tokens)
    return len(meanings) > 1 and not any(pair <= ops for pair in HARDLY_BOTH)


def contradicts(found: Sequence[Found], edits: Sequence[Edit]) -> bool:
    """Whether two of the edits undo each other, or give one measure two values."""
    ops = {one.op for one in found}
    if any(pair <= ops for pair in OPPOSITE_OPS):
        return True
    for index, (one, edit) in enumerate(zip(found, edits, strict=True)):
        for other, other_edit in zip(found[:index], edits[:index], strict=True):
            if one.op != other.op:
                continue
            if one.op == "scale" and _is_at_odds(edit, other_edit):
                return True
            if one.op in ("move", "bend", "tilt", "inflate") and {one.way, other.way} in OPPOSITE_WAYS:
                return True
    return False


def _is_at_odds(one: Edit, other: Edit) -> bool:
    """Whether two changes of size along the same axis undo each other, or name two results."""
    if one.parameters["axis"] != other.parameters["axis"]:
        return False
    return _sense(one) * _sense(other) < 0 or ("target" in one.parameters and "target" in other.parameters)


def _sense(edit: Edit) -> int:
    """Whether a scale grows (1) or shrinks (-1); 0 where that is not said."""
    if "factor" in edit.parameters:
        return int(np.sign(edit.parameters["factor"] - 1))
    return int(np.sign(edit.parameters["delta"]["value"])) if "delta" in edit.parameters else 0
