"""The methods that find parts, as the artist chooses among them: one table, from which menus, tooltips and reasons are made.

Nothing of Blender here. Size, licence and whether they are on this computer are those of the weights in `partgen.weights.registry`.
"""

from __future__ import annotations

from dataclasses import dataclass

GEOMETRY, AI = "Geometry", "AI"
"""The tiers of the set-up: the second has PyTorch."""


@dataclass(frozen=True)
class Method:
    """One method: `number` is saved in files and kept for ever, `tier` is what the set-up must hold for it.

    `weights` is the id of its weights in the registry, "" where it needs none; each of the `alternatives` will do as well. It needs all
    of `also` besides. Where several weights of one method are offered to choose among, each is a row of its own, `of` that method.
    `has_features`: it tells what parts look like, not only where they are.
    """

    id: str
    number: int
    name: str
    description: str
    tier: str = GEOMETRY
    weights: str = ""
    has_features: bool = False
    alternatives: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    of: str = ""


METHODS = (
    Method("auto", 0, "Automatic", "Use the best method that is installed, and say which one it was"),
    Method(
        "superfaces",
        3,
        "Learned",
        "Find parts as a small network learned them from shapes with known parts. Comes with PartGen; seconds for a hundred thousand faces",
        weights="superfaces",
        has_features=True,
    ),
    Method(
        "geometric",
        1,
        "Geometric",
        "Split along creases and where the thickness changes. Needs no trained weights; seconds for a hundred thousand faces",
    ),
    Method(
        "partfield",
        2,
        "PartField",
        "Find parts as the network of the PartField paper sees them. About half a minute without a GPU",
        tier=AI,
        weights="partfield",
        has_features=True,
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


def names_with_features() -> str:
    """The methods that tell what parts look like, as in a sentence: "PartField or Learned"."""
    return " or ".join(method.name for method in METHODS if method.has_features)
