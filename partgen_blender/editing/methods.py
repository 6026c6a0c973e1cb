"""The methods that edit parts, as the artist chooses among them: one table, from which the menu and its tooltips are made.

Nothing of Blender here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import methods


@dataclass(frozen=True)
class Method(methods.Method):
    """One method, and what its button is called: `verb`. `paints`: it makes pictures, which have a size and take steps, in place of a shape
    that sliders adjust. `renews`: it makes a new part; where it neither paints nor `draws`, with nothing of the old one to be changed more
    or less."""

    verb: str = "Edit"
    paints: bool = False
    renews: bool = False
    draws: bool = False


METHODS = (
    Method(
        "instruct",
        0,
        "Instruct",
        "Do what the words say: change form and material, with sliders afterwards. Knows 23 kinds of edit; in an instant",
        weights="understanding",
    ),
    Method(
        "texture",
        1,
        "Texture",
        "Paint the part as you say, by a diffusion network on this computer: a picture and a material of its own. Its shape stays. "
        "Seconds to minutes on a graphics card, minutes without; it says how long before it begins",
        tier=methods.AI,
        weights="sd15-inpainting",
        alternatives=("sdxl-inpainting",),
        verb="Paint",
        paints=True,
    ),
    Method(
        "reshape",
        3,
        "Reshape",
        "Experimental: make the part anew from what is painted. A diffusion network on this computer paints four views of it as you say, "
        "another one tells how far away all of that is, and the closed shape that the views agree on comes in its place, with the picture. "
        "Tried with true views and with random networks; no real checkpoint was ever judged with it. Takes a little longer than Texture",
        tier=methods.AI,
        weights="sd15-inpainting",
        alternatives=("sdxl-inpainting",),
        also=("depth-anything-v2-small",),
        verb="Reshape",
        paints=True,
        renews=True,
    ),
    Method(
        "generative",
        2,
        "Generative",
        "Experimental: make a new, closed part as you name it, such as “a wheel with five spokes”, and fit it where the old one is, in its "
        "material. A learned search among 2,600 procedural parts; what it has nothing like it says. About a second",
        weights="parts",
        verb="Replace",
        renews=True,
    ),
    Method(
        "drawn",
        4,
        "Drawn",
        "Experimental: have a new, closed part drawn as you name it, by a small diffusion network that is told of the words, of where the "
        "old part sits and of what stands around it. Rougher than Generative; another seed draws another one. Seconds a part",
        tier=methods.AI,
        weights="shaper",
        verb="Draw",
        renews=True,
        draws=True,
    ),
)
"""In the order in which they are offered."""

CONTROLS = {"sd15-inpainting": "sd15-depth", "sdxl-inpainting": "sdxl-depth"}
"""For each checkpoint that paints the ControlNet for depth that keeps what it paints on the shape."""


def method_of(identifier: str) -> Method | None:
    """The method of that id; None for one that a newer version knows."""
    return next((method for method in METHODS if method.id == identifier), None)
