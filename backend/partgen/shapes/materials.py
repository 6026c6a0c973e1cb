"""Ideas of materials: a name for captions, a colour and how it shines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .shape import Material


@dataclass(frozen=True)
class Palette:
    """Kinds of one material: names with linear RGB colours."""

    tones: tuple[tuple[str, tuple[float, float, float]], ...]
    metallic: float = 0.0
    roughness: float = 0.6

    def vary(self, rng: np.random.Generator) -> Material:
        """One of the tones, a little lighter or darker."""
        name, colour = self.tones[int(rng.integers(len(self.tones)))]
        light = float(rng.uniform(0.8, 1.2))
        red, green, blue = (float(np.clip(channel * light, 0, 1)) for channel in colour)
        return Material(name, (red, green, blue), self.metallic, float(np.clip(self.roughness + rng.normal(0, 0.05), 0.02, 1)))


_BRIGHT = (
    ("red", (0.6, 0.03, 0.02)), ("blue", (0.03, 0.12, 0.5)), ("green", (0.05, 0.3, 0.07)), ("yellow", (0.75, 0.5, 0.03)),
    ("white", (0.8, 0.8, 0.78)), ("black", (0.02, 0.02, 0.025)), ("orange", (0.7, 0.2, 0.02)), ("grey", (0.25, 0.26, 0.28)),
)  # fmt: skip

MATERIALS: dict[str, Palette] = {
    "wood": Palette(
        (("oak", (0.45, 0.28, 0.13)), ("walnut", (0.16, 0.08, 0.04)), ("pine", (0.7, 0.5, 0.28)), ("cherry wood", (0.35, 0.12, 0.06)))
    ),
    "metal": Palette((("steel", (0.5, 0.5, 0.52)), ("iron", (0.15, 0.15, 0.16)), ("aluminium", (0.75, 0.76, 0.78))), 1.0, 0.35),
    "gold": Palette(
        (("brass", (0.7, 0.5, 0.2)), ("gold", (0.9, 0.65, 0.2)), ("copper", (0.75, 0.35, 0.2)), ("bronze", (0.4, 0.25, 0.1))), 1.0, 0.3
    ),
    "plastic": Palette(tuple((f"{name} plastic", colour) for name, colour in _BRIGHT), 0.0, 0.4),
    "paint": Palette(tuple((f"{name} painted metal", colour) for name, colour in _BRIGHT), 0.3, 0.3),
    "fabric": Palette(tuple((f"{name} fabric", colour) for name, colour in _BRIGHT), 0.0, 0.95),
    "leather": Palette(
        (("brown leather", (0.2, 0.09, 0.04)), ("black leather", (0.03, 0.03, 0.03)), ("tan leather", (0.5, 0.3, 0.15))), 0.0, 0.55
    ),
    "rubber": Palette((("rubber", (0.02, 0.02, 0.02)),), 0.0, 0.85),
    "glass": Palette((("clear glass", (0.8, 0.85, 0.85)), ("green glass", (0.2, 0.5, 0.3)), ("amber glass", (0.7, 0.35, 0.05))), 0.0, 0.05),
    "ceramic": Palette(
        (("white porcelain", (0.85, 0.84, 0.8)), ("terracotta", (0.5, 0.2, 0.1)), ("blue glazed clay", (0.1, 0.2, 0.45))), 0.0, 0.3
    ),
    "stone": Palette(
        (("granite", (0.35, 0.34, 0.33)), ("sandstone", (0.6, 0.48, 0.32)), ("marble", (0.8, 0.79, 0.76)), ("brick", (0.4, 0.13, 0.08))),
        0.0,
        0.8,
    ),
    "skin": Palette((("smooth skin", (0.55, 0.33, 0.23)), ("dark skin", (0.18, 0.09, 0.05)), ("pale skin", (0.75, 0.55, 0.45))), 0.0, 0.6),
    "fur": Palette(
        (
            ("brown fur", (0.25, 0.13, 0.06)),
            ("grey fur", (0.3, 0.29, 0.28)),
            ("black fur", (0.03, 0.03, 0.03)),
            ("ginger fur", (0.5, 0.22, 0.06)),
        )
    ),
    "scales": Palette(
        (("green scales", (0.1, 0.3, 0.12)), ("silver scales", (0.55, 0.57, 0.6)), ("blue scales", (0.08, 0.2, 0.4))), 0.1, 0.35
    ),
    "feathers": Palette(
        (("white feathers", (0.8, 0.8, 0.78)), ("brown feathers", (0.25, 0.15, 0.08)), ("black feathers", (0.03, 0.03, 0.04)))
    ),
    "shell": Palette(
        (("black shell", (0.02, 0.02, 0.02)), ("red shell", (0.4, 0.05, 0.03)), ("green shell", (0.06, 0.2, 0.08))), 0.2, 0.25
    ),
    "leaves": Palette(
        (("green leaves", (0.08, 0.28, 0.06)), ("autumn leaves", (0.5, 0.2, 0.03)), ("dark leaves", (0.03, 0.12, 0.04))), 0.0, 0.7
    ),
    "bark": Palette((("bark", (0.15, 0.09, 0.05)), ("birch bark", (0.7, 0.68, 0.62))), 0.0, 0.95),
    "paper": Palette((("paper", (0.85, 0.83, 0.78)), ("cardboard", (0.45, 0.3, 0.17))), 0.0, 0.9),
    "food": Palette(
        (
            ("bread crust", (0.45, 0.22, 0.07)),
            ("cream", (0.85, 0.78, 0.6)),
            ("chocolate", (0.1, 0.04, 0.02)),
            ("red fruit", (0.55, 0.03, 0.03)),
        )
    ),
}
