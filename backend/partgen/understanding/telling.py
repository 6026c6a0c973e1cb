"""Edits in words, for people: what was understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..editing.edits import Edit

VERBS: Mapping[str, str] = {
    "taper": "taper the end to {factor} of its size", "flare": "flare the end to {factor} of its size", "bend": "bend by {angle}",
    "twist": "twist by {angle}", "shear": "shear by {angle}",
    "flatten": "flatten by {amount}", "straighten": "straighten by {amount}", "smooth": "smooth by {amount}", "facet": "{count} facets",
    "mirror": "mirror across its {axis}", "split": "split its {axis} into {count} pieces",
    "tilt": "tilt by {angle}", "rotate": "rotate by {angle} about its {axis}", "replace": "replace with {with}",
}  # fmt: skip


def edits_in_words(edits: Sequence[Edit]) -> str:
    """All edits in one line."""
    return ", then ".join(edit_in_words(edit) for edit in edits)


def edit_in_words(edit: Edit) -> str:
    """One edit, with its amounts as one writes them."""
    values = edit.parameters
    told = {name: _told(name, value) for name, value in values.items()}
    if edit.op == "scale":
        return f"{'size' if values['axis'] == 'all' else values['axis']} {_scaled(values)}"
    if edit.op == "move":
        return f"move {values.get('direction', '')} by {told.get('delta') or told['amount'] + ' of its size'}".replace("  ", " ")
    if edit.op == "material":
        return "material " + " ".join(told[name] for name in ("finish", "color", "name") if name in told)
    if edit.op == "repeat":
        where = f"around its {values['around']}" if "around" in values else f"along its {values.get('along', 'length')}"
        return f"{told['count']} copies {where}"
    if edit.op == "inflate":
        return f"inflate by {told.get('delta') or told['amount']}"
    pattern = VERBS.get(edit.op)
    if pattern is not None:
        where = f" {values['direction']}" if "direction" in values else ""
        return pattern.format(**told) + where
    return edit.op + ("" if not told else " (" + ", ".join(f"{name} {text}" for name, text in told.items()) + ")")


def _scaled(values: Mapping[str, Any]) -> str:
    if "target" in values:
        return f"to {_length(values['target'])}"
    if "delta" in values:
        delta = values["delta"]
        return f"{'+' if delta['value'] >= 0 else '-'} {_length({**delta, 'value': abs(delta['value'])})}"
    return f"× {values['factor']:.3g}"


def _told(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return _length(value)
    if name == "angle":
        return f"{value:g}°"
    if name == "factor" or name == "amount":
        return f"{100 * value:.3g} %"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _length(value: Mapping[str, Any]) -> str:
    return f"{value['value']:g} {value['unit'] or 'units'}"
