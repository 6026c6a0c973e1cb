"""Variations of an edit: what the words left open, drawn in other ways. What was said stays as it was said."""

from __future__ import annotations

import numpy as np

from .edits import DIRECTIONS, EXCLUSIVE, OPERATIONS, Edit

SPREAD = 0.5
"""Of the logarithm of what is drawn anew: two thirds lie between 0.6 and 1.65 times the default."""


def varied(edit: Edit, seed: int, number: int) -> Edit:
    """Variation `number` of an edit by `seed`: 0 is the edit with its defaults, others draw anew what was not said."""
    full = edit.complete()
    if number == 0:
        return full
    rng = np.random.default_rng([seed, number, *full.op.encode()])
    said = set(full.said or ())
    alternatives = set(EXCLUSIVE.get(edit.op, ()))
    if said & alternatives:
        said |= alternatives
    values = dict(full.parameters)
    for name, parameter in OPERATIONS[full.op].items():
        factor = float(np.exp(SPREAD * np.clip(rng.normal(), -2, 2)))
        pick = float(rng.random())
        if name in said or (name not in values and name != "direction"):
            continue
        if parameter.kind == "ratio":
            values[name] = float(np.clip(values[name] ** factor, parameter.low, parameter.high))
        elif parameter.kind in ("angle", "amount"):
            values[name] = float(np.clip(values[name] * factor, parameter.low, parameter.high))
        elif parameter.kind == "count":
            values[name] = int(np.clip(round(values[name] * factor), parameter.low, parameter.high))
        elif parameter.kind == "seed":
            values[name] = int(pick * 1000)
        elif name == "direction" and full.op in ("bend", "shear", "tilt"):
            values[name] = [way for way in DIRECTIONS if way not in ("in", "out")][int(pick * 6)]
    return Edit(full.op, values, full.said)
