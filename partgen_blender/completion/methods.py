"""The methods that complete parts, as the artist chooses among them: one table, from which the menu and its tooltips are made.

Nothing of Blender here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import methods


@dataclass(frozen=True)
class Model(methods.Method):
    """One of several weights that a method can work with. `has_steps`: it generates in steps."""

    has_steps: bool = False


@dataclass(frozen=True)
class Method(Model):
    """One method. `has_reach`: it can let parts bulge into their neighbours. `has_flat_cuts`: it can end them where their border lies
    in a plane. `has_seed`: it draws its results, and can give several. `models` are those that it can work with, where there is a
    choice, the method's own first."""

    has_reach: bool = False
    has_flat_cuts: bool = False
    has_seed: bool = False
    models: tuple[Model, ...] = ()


MODELS = (
    Model(
        "claims",
        1,
        "Claims",
        "Divide the inside as the network of claims says, and nothing more. Some seconds for an object",
        weights="claims",
        of="generative",
    ),
    Model(
        "completer",
        2,
        "Small Completer",
        "Experimental, and on average no truer than Claims yet: a small diffusion network draws the solid of every part, which has a say "
        "in the division. With 20 steps about a third of a second more for each part; it says how long it still takes",
        tier=methods.AI,
        weights="completer",
        of="generative",
        has_steps=True,
    ),
)
"""The models that can be chosen among, of all methods."""
OWN_CHOICE = "auto"
"""In place of a model: the one that the method takes by itself."""


METHODS = (
    Method("auto", 0, "Automatic", "Use the best method that is there, and say which one it was", has_reach=True, has_flat_cuts=True),
    Method(
        "caps",
        1,
        "Caps",
        "Close every hole by itself, with the smallest sensible surface. Knows nothing of what lies behind; a second or two",
    ),
    Method(
        "solid",
        2,
        "Solid",
        "Divide the inside of the object among its parts, so that together they fill it without overlapping. Needs no trained weights",
        has_reach=True,
        has_flat_cuts=True,
    ),
    Method(
        "generative",
        4,
        "Generative",
        "Experimental, hardly truer than Solid yet: divide the inside as a small network learned it from shapes whose hidden parts are "
        "known; every seed is another likely division. "
        "Comes with PartGen; some seconds for an object",
        weights="claims",
        has_reach=True,
        has_seed=True,
        models=tuple(model for model in MODELS if model.of == "generative"),
    ),
    Method(
        "holopart",
        3,
        "HoloPart",
        "Generate the hidden rest of a part as the network of the HoloPart paper sees it. For a GPU; without one in a reduced form, "
        "which takes minutes for each part. It says how long before it begins",
        tier=methods.AI,
        weights="holopart",
        has_seed=True,
        has_steps=True,
    ),
)
"""In the order in which they are offered."""


def method_of(identifier: str) -> Method | None:
    """The method of that id; None for one that a newer version knows."""
    return next((method for method in METHODS if method.id == identifier), None)


def name_of(identifier: str) -> str:
    """What a method is called; its id where it is not known here."""
    method = method_of(identifier)
    return method.name if method else identifier


def model_of(method: Method | None, identifier: str) -> Model | None:
    """The model of that id, where a method offers it to be chosen."""
    return next((model for model in method.models if model.id == identifier), None) if method else None


def has_steps(method: Method | None, model: str) -> bool:
    """Whether a method with that model, or its own choice, generates in steps."""
    return method is not None and (model_of(method, model) or method).has_steps


def is_drawn_by_seed(identifier: str) -> bool:
    """Whether a method can give several results for one part."""
    method = method_of(identifier)
    return method is not None and method.has_seed
