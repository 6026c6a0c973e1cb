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
        "Change form and material as you say, with sliders afterwards. Knows 23 kinds of edit; in an instant",
        weights="understanding",
    ),
    Method(
        "texture",
        1,
        "Texture",
        "Paint the part by a diffusion network; its shape stays. Seconds to minutes with a GPU, minutes without",
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
        "Experimental; no real checkpoint was ever judged with it. Paint four views as you say, and make the part anew from what they "
        "show, closed and with the picture. A little longer than Texture",
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
        "Experimental: replace it with one of 2,600 procedural parts: “a wheel with five spokes”. About a second",
        weights="parts",
        verb="Replace",
        renews=True,
    ),
    Method(
        "drawn",
        4,
        "Drawn",
        "Experimental: replace it with a closed part that a small diffusion network draws. Rougher than Generative, and hardly heeds the "
        "words yet; another seed draws another one. Seconds a part",
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
