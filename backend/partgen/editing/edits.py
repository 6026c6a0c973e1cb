"""Edits of one part as data: what an instruction means, before anything is changed.

An edit is an operation and its parameters; `OPERATIONS` tells which there are, with kinds, ranges and what is taken where
nothing was said. So an edit can be shown, adjusted by sliders, stored, scripted, and applied again. numpy is not needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import PartgenError

Kind = Literal["ratio", "angle", "amount", "count", "length", "choice", "text", "seed"]

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0, "in": 0.0254, "ft": 0.3048, "yd": 0.9144}
"""Units of length that are understood. A length without one is in the scene's own unit: unit ""."""

AXES = ("length", "width", "thickness", "height", "all")
DIRECTIONS = ("up", "down", "left", "right", "forward", "back", "out", "in")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation.

    A "ratio" is a factor (1 changes nothing), an "angle" in degrees, an "amount" a share (0 changes nothing), a "length"
    `{"value", "unit"}`. `default` is taken where nothing was said; None: the parameter is left out. `rest` is the value that
    changes nothing, to which a weaker edit comes nearer; None where there is none.
    """

    kind: Kind
    default: Any = None
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    rest: float | None = None


def ratio(default: float | None, low: float = 0.01, high: float = 100.0) -> Parameter:
    return Parameter("ratio", default, low, high, rest=1.0)


def angle(default: float | None, limit: float = 720.0) -> Parameter:
    return Parameter("angle", default, -limit, limit, rest=0.0)


def amount(default: float | None, low: float = 0.0, high: float = 1.0) -> Parameter:
    return Parameter("amount", default, low, high, rest=0.0)


def count(default: int | None, low: int, high: int) -> Parameter:
    return Parameter("count", default, low, high)


def choice(default: str | None, *choices: str) -> Parameter:
    return Parameter("choice", default, choices=choices)


def length() -> Parameter:
    return Parameter("length", None, 0.0)


def signed_length() -> Parameter:
    return Parameter("length")


def text() -> Parameter:
    return Parameter("text")


OPERATIONS: Mapping[str, Mapping[str, Parameter]] = {
    "scale": {"axis": choice("all", *AXES), "factor": ratio(1.3), "delta": signed_length(), "target": length()},
    "taper": {"factor": ratio(0.5, 0.0, 4.0)},  # above 1: less pointed
    "flare": {"factor": ratio(1.6, 1.0, 10.0)},
    "bend": {"angle": angle(45.0), "direction": choice(None, *DIRECTIONS)},
    "twist": {"angle": angle(90.0, 3600.0)},
    "shear": {"angle": angle(20.0, 80.0), "direction": choice(None, *DIRECTIONS)},
    "inflate": {"amount": amount(0.2, -1.0, 2.0), "delta": signed_length()},
    "flatten": {"amount": amount(0.6), "axis": choice("thickness", *AXES[:4])},
    "straighten": {"amount": amount(1.0)},
    "smooth": {"amount": amount(0.5)},
    "bevel": {"amount": amount(0.15), "width": length(), "segments": count(1, 1, 16)},
    "facet": {"count": count(64, 4, 2000)},
    "waves": {"count": count(4, 1, 60), "amount": amount(0.15, 0.0, 2.0), "amplitude": signed_length()},
    "bumps": {
        "amount": amount(0.1, 0.0, 2.0),
        "amplitude": signed_length(),
        "size": amount(0.15, 0.01, 1.0),
        "seed": Parameter("seed", 0, 0),
    },
    "hollow": {"amount": amount(0.15, 0.01, 0.9), "thickness": length()},
    "mirror": {"axis": choice("width", *AXES[:4])},
    "repeat": {"count": count(3, 2, 500), "along": choice("length", *AXES[:4]), "around": choice(None, *AXES[:4]), "spacing": length()},
    "split": {"count": count(2, 2, 100), "axis": choice("length", *AXES[:4])},
    "tilt": {"angle": angle(20.0, 360.0), "direction": choice(None, *DIRECTIONS)},
    "rotate": {"angle": angle(90.0, 3600.0), "axis": choice("length", *AXES[:4])},
    "move": {"direction": choice("up", *DIRECTIONS), "amount": amount(0.25, 0.0, 20.0), "delta": signed_length()},
    "replace": {"with": text()},
    "material": {"name": text(), "color": text(), "finish": text()},
}

EXCLUSIVE = {
    "scale": ("factor", "delta", "target"),
    "inflate": ("amount", "delta"),
    "bevel": ("amount", "width"),
    "waves": ("amount", "amplitude"),
    "bumps": ("amount", "amplitude"),
    "hollow": ("amount", "thickness"),
    "repeat": ("along", "around"),
    "move": ("amount", "delta"),
}
"""Parameters that say the same in several ways: one that is given takes the place of the default of the first."""


@dataclass(frozen=True)
class Edit:
    """One operation with its `parameters`, those of `OPERATIONS[op]` that were said; `complete` adds the others, and then `said` names
    those that were there before."""

    op: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] | None = field(default=None, compare=False)

    def complete(self) -> Edit:
        """The same edit with the default of every parameter that was not said. Raises PartgenError as `checked`."""
        edit = checked(self)
        known = OPERATIONS[edit.op]
        alternatives = EXCLUSIVE.get(edit.op, ())
        said = [name for name in alternatives if name in edit.parameters]
        left_out = set(alternatives) - {said[0] if said else alternatives[0]} if alternatives else set()
        values = {name: parameter.default for name, parameter in known.items() if parameter.default is not None and name not in left_out}
        return Edit(edit.op, {**values, **edit.parameters}, edit.said if edit.said is not None else tuple(edit.parameters))

    def weaker(self, strength: float) -> Edit:
        """The edit with its changes at `strength`, 1 for all of them, 0 for none; what has no middle (a count, a name) stays."""
        full = self.complete()
        known = OPERATIONS[full.op]
        values = {name: _weaker(known[name], value, strength) for name, value in full.parameters.items()}
        if "target" in values and strength != 1:  # only the mesh tells how far the target is: remembered for the one who measures
            values["strength"] = strength
        return Edit(full.op, values, full.said)

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it: {"op": ..., parameters}."""
        return {"op": self.op, **self.parameters}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Edit:
        """From JSON. Raises PartgenError where the operation or a parameter is unknown or of another kind."""
        values = dict(told)
        return checked(cls(str(values.pop("op", "")), values))


def _weaker(parameter: Parameter, value: Any, strength: float) -> Any:
    if parameter.kind == "length":
        is_change = parameter.low != 0
        return {**value, "value": value["value"] * strength} if is_change else value
    if parameter.rest is None:
        return value
    if parameter.kind == "ratio" and value > 0:
        return value**strength  # half of "four times" is "twice"
    return parameter.rest + (value - parameter.rest) * strength


def checked(edit: Edit) -> Edit:
    """The edit with its numbers brought into range. Raises PartgenError where the operation or a parameter is unknown."""
    if edit.op not in OPERATIONS:
        raise PartgenError("edit.unknown", f"There is no edit called '{edit.op}'.", f"Choose one of: {', '.join(OPERATIONS)}.")
    known = OPERATIONS[edit.op]
    unknown = [name for name in edit.parameters if name not in known and name != "strength"]
    if unknown:
        sentence = f"The edit {edit.op} has no parameter '{unknown[0]}'."
        raise PartgenError("edit.parameter", sentence, f"It has {', '.join(known)}.")
    return replace(edit, parameters={name: _checked(edit.op, name, value) for name, value in edit.parameters.items()})


def check_strength(strength: float) -> None:
    """Raises PartgenError where a change of which so much is to be made is none. 1 is all of it."""
    if not strength > 0:
        raise PartgenError("edit.no_strength", f"At strength {strength:g} nothing would change.", "Raise the strength.")


def _checked(op: str, name: str, value: Any) -> Any:
    parameter = OPERATIONS[op].get(name, Parameter("amount", low=0.0, high=1.0))
    try:
        if parameter.kind == "text":
            return str(value)
        if parameter.kind == "choice":
            if value not in parameter.choices:
                raise ValueError
            return value
        if parameter.kind == "length":
            number, unit = float(value["value"]), str(value.get("unit", ""))
            if unit not in ("", *METRES) or not math.isfinite(number) or number < parameter.low:
                raise ValueError
            return {"value": number, "unit": unit}
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
        number = min(max(number, parameter.low), parameter.high)
        return round(number) if parameter.kind in ("count", "seed") else number
    except (TypeError, ValueError, KeyError) as error:
        sentence = f"The parameter {name} of the edit {op} cannot be {value!r}."
        raise PartgenError("edit.parameter", sentence, _expected(parameter)) from error


def _expected(parameter: Parameter) -> str:
    if parameter.kind == "choice":
        return f"Give one of: {', '.join(parameter.choices)}."
    if parameter.kind == "length":
        return f"Give a value with a unit of {', '.join(METRES)}."
    return "Give a number."


def edits_from(told: Sequence[Mapping[str, Any]]) -> tuple[Edit, ...]:
    """Edits from a list as JSON has it. Raises PartgenError."""
    return tuple(Edit.from_dict(one) for one in told)


def in_mesh_units(told: Mapping[str, Any], metres_per_unit: float) -> float:
    """A length {"value", "unit"} in the mesh's units; one without a unit is in these already."""
    unit = told.get("unit", "")
    return float(told["value"]) * (METRES[unit] / metres_per_unit if unit else 1.0)
