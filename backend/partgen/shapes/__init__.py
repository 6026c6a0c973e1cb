"""Procedural part-labelled shapes: what networks are trained on, and tests try things on.

    shape = make_shape(seed=7)                      # of a family that the seed picks
    shape = make_shape(seed=7, family="chair")
    skin = shape.skin()                             # one closed surface, each face with its part
    shape.levels()                                  # the part hierarchy, coarse to fine

The same seed gives the same shape. A family is a function that is given a `Builder`, in one of the modules of `families`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import numpy as np

from .builder import Builder
from .shape import Material, Part, Shape, Skin

__all__ = ["VERSION", "Builder", "Material", "Part", "Shape", "Skin", "all_families", "make_shape"]

VERSION = 2
"""Counts up whenever a seed gives another shape than before, families added included."""

Family = Callable[[Builder], str]
"""Builds the parts of one shape and returns its caption."""


@cache
def all_families() -> dict[str, Family]:
    """Every family by name: the public functions of the modules in `families`."""
    from . import families as package

    found: dict[str, Family] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        contents = importlib.import_module(f"{package.__name__}.{module}")
        for name in contents.__all__:
            if name in found:
                raise ValueError(f"two families are called {name}")
            found[name] = getattr(contents, name)
    return dict(sorted(found.items()))


def make_shape(seed: int, family: str = "") -> Shape:
    """The shape of a seed, of one family or of the one that the seed picks. Raises KeyError for a family that is not there."""
    known = all_families()
    if not family:
        names = list(known)
        family = names[int(np.random.default_rng(seed).integers(len(names)))]
    builder = Builder(family, seed)
    return builder.build(known[family](builder))
