"""A reader of instructions by a list of keywords, for comparison: the first known word of each operation, the first amount."""

from __future__ import annotations

from ..editing.edits import Edit
from ..understanding.amounts import Token, normal, tokens
from ..understanding.reader import Understanding
from ..understanding.refusing import SENTENCES

WORDS = {
    "bend": "bend bent curve curved arch", "twist": "twist twisted spiral", "taper": "taper tapered pointed", "flare": "flare flared",
    "shear": "shear skew slant", "inflate": "inflate inflated puff", "flatten": "flatten flat squash",
    "straighten": "straighten straight", "smooth": "smooth smoother", "bevel": "bevel chamfer fillet rounded", "facet": "facet faceted",
    "waves": "wavy waves ripple", "bumps": "bumpy bumps rough", "hollow": "hollow shell", "mirror": "mirror flip",
    "repeat": "repeat copy copies array duplicate", "split": "split cut divide", "tilt": "tilt lean", "rotate": "rotate turn",
    "move": "move shift raise lower", "replace": "replace swap",
}  # fmt: skip
SIZES = {
    "longer": ("length", 1.3), "shorter": ("length", 0.75), "wider": ("width", 1.3), "narrower": ("width", 0.75),
    "thicker": ("thickness", 1.3), "thinner": ("thickness", 0.75), "taller": ("height", 1.3), "bigger": ("all", 1.3),
    "larger": ("all", 1.3), "smaller": ("all", 0.75),
}  # fmt: skip
MATERIALS = {
    "wood", "wooden", "iron", "steel", "gold", "silver", "copper", "brass", "bronze", "glass", "leather", "plastic", "rubber", "stone",
    "marble", "metal", "ceramic", "concrete",
}  # fmt: skip
COLORS = {"red", "green", "blue", "yellow", "orange", "purple", "pink", "brown", "black", "white", "grey", "gray"}
DIRECTIONS = ("up", "down", "left", "right", "forward", "back")
OPERATION = {word: op for op, words in WORDS.items() for word in words.split()}


def by_keywords(prompt: str) -> Understanding:
    """What a list of keywords makes of a prompt."""
    found = tokens(normal(prompt))
    amount = next((token for token in found if token.is_amount), None)
    edits: list[Edit] = []
    look: dict[str, str] = {}
    for token in found:
        if token.text in SIZES:
            edits.append(_sized(*SIZES[token.text], amount))
        elif (op := OPERATION.get(token.text)) and op not in [edit.op for edit in edits]:
            edits += [one for one in [_operation(op, found, amount)] if one is not None]
        elif token.text in MATERIALS:
            look["name"] = token.text
        elif token.text in COLORS:
            look["color"] = token.text
    if look:
        edits.append(Edit("material", look))
    if not edits:
        return Understanding(prompt, (), SENTENCES["nonsense"], "nonsense", model="keywords")
    return Understanding(prompt, tuple(edit.complete() for edit in edits), confidence=1.0, model="keywords")


def _sized(axis: str, factor: float, amount: Token | None) -> Edit:
    if amount is not None and amount.kind == "length":
        sign = 1 if factor > 1 else -1
        return Edit("scale", {"axis": axis, "delta": {"value": sign * amount.value, "unit": amount.unit}})
    if amount is not None and amount.kind in ("percent", "fraction"):
        factor = 1 + amount.value if factor > 1 else max(1 - amount.value, 0.01)
    return Edit("scale", {"axis": axis, "factor": factor})


def _operation(op: str, found: list[Token], amount: Token | None) -> Edit | None:
    values: dict[str, object] = {}
    if amount is not None and amount.kind == "angle" and op in ("bend", "twist", "shear", "tilt", "rotate"):
        values["angle"] = amount.value
    if amount is not None and amount.kind in ("number", "times") and op in ("repeat", "split", "facet", "waves"):
        values["count"] = amount.value
    if op == "move":
        values["direction"] = next((token.text for token in found if token.text in DIRECTIONS), "up")
        if amount is not None and amount.kind == "length":
            values["delta"] = {"value": amount.value, "unit": amount.unit}
    if op == "replace":
        after = [token.text for token in found if token.kind == "word"]
        place = next((index for index, word in enumerate(after) if word in ("with", "by", "for")), -1)
        if place < 0:
            return None
        values["with"] = " ".join(word for word in after[place + 1 :] if word not in ("a", "an", "the"))
    return Edit(op, values)
