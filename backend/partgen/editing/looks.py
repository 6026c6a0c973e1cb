"""What a material's words look like: "rusty iron", "red leather", "frosted glass" as values of a principled shader.

A name gives the substance, a colour replaces its own, finishes change how it shines. Words that are not known are told, never
guessed. Colours are linear RGB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..errors import PartgenError
from ..srgb import light

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """Values of Blender's and glTF's principled shader. `speckle` is a second colour in `speckled` (0..1) of the surface: rust,
    grain, veins; `scale` is how fine it is against the part's size, `stretch` how much longer than wide its spots are."""

    name: str = ""
    colour: Colour = (0.5, 0.5, 0.5)
    metallic: float = 0.0
    roughness: float = 0.5
    transmission: float = 0.0
    ior: float = 1.45
    alpha: float = 1.0
    coat: float = 0.0
    sheen: float = 0.0
    glow: float = 0.0
    anisotropy: float = 0.0
    bump: float = 0.0
    speckle: Colour = (0.1, 0.05, 0.02)
    speckled: float = 0.0
    scale: float = 0.15
    stretch: float = 1.0
    about: tuple[str, ...] = field(default=(), compare=False)
    """Words that were not understood."""


def look(words: Mapping[str, str]) -> Look:
    """The look of a material edit's `name`, `color` and `finish`. Raises PartgenError where none of the words is known."""
    said = {key: _plain(str(words.get(key) or "")) for key in ("name", "color", "finish")}
    found, unknown = Look(), []
    substance, rest = _substance(said["name"])
    if substance is not None:
        found = substance
    # People mix the places: a "golden" finish is a substance, a "matte" colour a finish.
    colour_words, finish_words = f"{said['color']} {rest}".split(), said["finish"].split()
    colour_words += [text for text in _phrases(finish_words, FINISHES) if text not in FINISHES]
    found = _finished(found, finish_words)
    colour, left = _colour(colour_words, found)
    if colour is not None:
        found = replace(found, colour=colour)
    for text in _phrases(left, {**FINISHES, **SUBSTANCES, **SYNONYMS}):
        if text in FINISHES:
            found = _finished(found, text.split())
        elif (other := _substance(text)[0]) is not None and substance is None:
            substance = other
            found = _finished(other if colour is None else replace(other, colour=colour), finish_words)
        else:
            unknown.append(text)
    if substance is None and colour is None and not any(text in FINISHES for text in _phrases(" ".join(said.values()).split(), FINISHES)):
        told = " ".join(text for text in said.values() if text) or "nothing"
        choices = "wood, iron, gold, glass, leather, rubber, marble"
        raise PartgenError(
            "edit.material", f"No material is known as '{told}'.", f"Name a colour, a finish, or a material such as {choices}."
        )
    named = " ".join(text for text in (said["finish"], said["color"], said["name"]) if text)
    return replace(found, name=named, about=tuple(unknown))


def _finished(found: Look, words: list[str]) -> Look:
    """A look with those of the words that are finishes."""
    for text in _phrases(words, FINISHES):
        found = replace(found, **FINISHES.get(text, {}))  # type: ignore[arg-type]
    return found


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9# ]+", " ", text.lower().replace("grey", "gray")).strip()


def _phrases(words: list[str], known: Mapping[str, object]) -> list[str]:
    """The words, two together where the two are one known phrase."""
    result, index = [], 0
    while index < len(words):
        two = " ".join(words[index : index + 2])
        step = 2 if two in known and len(words) > index + 1 else 1
        result.append(two if step == 2 else words[index])
        index += step
    return result


def _substance(text: str) -> tuple[Look | None, str]:
    """The substance that is named, the longest name first, and the words that are left."""
    for name in sorted({*SUBSTANCES, *SYNONYMS}, key=len, reverse=True):
        if re.search(rf"\b{name}\b", text):
            return SUBSTANCES[SYNONYMS.get(name, name)], re.sub(rf"\b{name}\b", " ", text).strip()
    return None, text


def _colour(words: list[str], found: Look) -> tuple[Colour | None, list[str]]:
    """The colour that words tell, and the words that tell none. "light", "dark" and the like shade the colour, or the substance's own."""
    colour, shade, left = None, 1.0, []
    for text in _phrases(words, COLOURS):
        if text in COLOURS:
            colour = _linear(COLOURS[text])
        elif text in SHADES:
            shade = SHADES[text]
        elif re.fullmatch(r"#?[0-9a-f]{6}", text):
            colour = _linear(int(text.lstrip("#"), 16))
        elif text.endswith("ish") and text[:-3].rstrip("d") in COLOURS:
            colour = _linear(COLOURS[text[:-3].rstrip("d")])
        else:
            left.append(text)
    if colour is None and shade != 1.0:
        colour = found.colour
    return (None if colour is None else _shaded(colour, shade)), left


def _shaded(colour: Colour, shade: float) -> Colour:
    """Darker by a factor below 1, nearer to white by one above."""
    red, green, blue = (channel * shade if shade <= 1 else 1 - (1 - channel) / shade for channel in colour)
    return red, green, blue


def _linear(code: int) -> Colour:
    """The linear RGB of an sRGB colour 0xRRGGBB."""
    red, green, blue = light([(code >> shift & 255) / 255 for shift in (16, 8, 0)]).tolist()
    return red, green, blue


COLOURS: Mapping[str, int] = {
    "red": 0xC81E1E, "crimson": 0xDC143C, "scarlet": 0xE02010, "maroon": 0x700010, "burgundy": 0x6B0F24, "ruby": 0x9B111E,
    "cherry red": 0xB01030, "rose": 0xE3738B, "pink": 0xF088B0, "hot pink": 0xFF4FA0, "magenta": 0xD020A0, "fuchsia": 0xE030B0,
    "purple": 0x6A2C91, "violet": 0x7F3FBF, "lavender": 0xB8A8E0, "lilac": 0xC3A5CF, "plum": 0x6E2F5E, "indigo": 0x3B1E80,
    "blue": 0x1F4FC0, "navy": 0x101B4B, "navy blue": 0x101B4B, "royal blue": 0x2F4FD0, "sky blue": 0x76B7EA, "baby blue": 0x9CCBF0,
    "cobalt": 0x1340A0, "azure": 0x2F86E0, "cyan": 0x18C0D0, "teal": 0x0F7878, "turquoise": 0x30C0B0, "aqua": 0x28C8C8,
    "mint": 0x98E0B8, "green": 0x2E8B32, "lime": 0x98D820, "lime green": 0x60C828, "olive": 0x707020, "olive green": 0x66701E,
    "forest green": 0x1F5A28, "emerald": 0x14885A, "emerald green": 0x14885A, "jade green": 0x2E9068, "army green": 0x4B5320,
    "sage": 0x9CAB84, "khaki": 0xA89A6A, "moss green": 0x5C7030, "neon green": 0x39FF14, "neon pink": 0xFF2E97, "yellow": 0xF0C818,
    "lemon": 0xF2E24A, "mustard": 0xC89820, "amber": 0xE89010, "orange": 0xE8761A, "tangerine": 0xF08018, "peach": 0xF8C09C,
    "coral": 0xF07858, "salmon": 0xF09080, "apricot": 0xF4B080, "rust": 0x8C3A14, "brown": 0x6B4226, "chocolate": 0x48260F,
    "chestnut": 0x703A20, "tan": 0xC8A070, "beige": 0xDCCFB0, "sand": 0xD0B888, "cream": 0xF4E8C8, "ivory": 0xF4EFDC,
    "off white": 0xEFECE2, "white": 0xF2F2F2, "snow white": 0xFAFAFA, "black": 0x0C0C0C, "jet black": 0x040404,
    "pitch black": 0x030303, "charcoal": 0x2B2D30, "gray": 0x808080, "slate": 0x50606C, "slate gray": 0x5C6A76,
    "anthracite": 0x303338, "silver": 0xC0C2C6, "silvery": 0xC0C2C6, "golden": 0xD6A032, "mahogany red": 0x5A2018,
    "wine red": 0x5E1224, "brick red": 0x8C3020, "blood red": 0x6E0606, "midnight blue": 0x141A40, "petrol": 0x0F4C5C,
    "ocher": 0xC07C20, "ochre": 0xC07C20, "sepia": 0x6B4A2A, "taupe": 0x6F6258, "periwinkle": 0x8C96E0, "camel": 0xB88850,
}  # fmt: skip

SHADES: Mapping[str, float] = {
    "light": 1.6, "lighter": 1.4, "pale": 2.0, "pastel": 2.4, "bright": 1.25, "dark": 0.4, "darker": 0.55, "deep": 0.5,
    "very dark": 0.2,
}  # fmt: skip

SUBSTANCES: Mapping[str, Look] = {
    "wood": Look(colour=(0.30, 0.16, 0.07), roughness=0.6, speckle=(0.14, 0.07, 0.03), speckled=0.45, scale=0.08, stretch=12, bump=0.1),
    "oak": Look(colour=(0.45, 0.28, 0.13), roughness=0.55, speckle=(0.22, 0.12, 0.05), speckled=0.4, scale=0.07, stretch=14, bump=0.12),
    "walnut": Look(colour=(0.16, 0.08, 0.04), roughness=0.5, speckle=(0.06, 0.03, 0.015), speckled=0.4, scale=0.07, stretch=12, bump=0.1),
    "pine": Look(colour=(0.7, 0.5, 0.28), roughness=0.6, speckle=(0.45, 0.25, 0.1), speckled=0.3, scale=0.1, stretch=14, bump=0.1),
    "mahogany": Look(colour=(0.2, 0.05, 0.025), roughness=0.4, speckle=(0.08, 0.02, 0.01), speckled=0.4, scale=0.07, stretch=12,
        coat=0.3),
    "ebony": Look(colour=(0.02, 0.015, 0.012), roughness=0.4, speckle=(0.05, 0.035, 0.025), speckled=0.2, scale=0.06, stretch=14),
    "bamboo": Look(colour=(0.6, 0.45, 0.18), roughness=0.5, speckle=(0.35, 0.25, 0.08), speckled=0.3, scale=0.1, stretch=16),
    "bark": Look(colour=(0.15, 0.09, 0.05), roughness=0.95, speckle=(0.05, 0.03, 0.02), speckled=0.5, scale=0.12, stretch=4, bump=1.0),
    "metal": Look(colour=(0.5, 0.5, 0.52), metallic=1, roughness=0.35),
    "steel": Look(colour=(0.5, 0.5, 0.52), metallic=1, roughness=0.3),
    "stainless steel": Look(colour=(0.58, 0.58, 0.58), metallic=1, roughness=0.22),
    "iron": Look(colour=(0.16, 0.16, 0.17), metallic=1, roughness=0.5, bump=0.1),
    "cast iron": Look(colour=(0.06, 0.06, 0.065), metallic=1, roughness=0.65, bump=0.3),
    "wrought iron": Look(colour=(0.04, 0.04, 0.045), metallic=1, roughness=0.55, bump=0.25),
    "aluminum": Look(colour=(0.75, 0.76, 0.78), metallic=1, roughness=0.3),
    "titanium": Look(colour=(0.4, 0.38, 0.36), metallic=1, roughness=0.35),
    "chrome": Look(colour=(0.62, 0.63, 0.65), metallic=1, roughness=0.04),
    "tin": Look(colour=(0.6, 0.6, 0.58), metallic=1, roughness=0.4),
    "lead": Look(colour=(0.2, 0.2, 0.22), metallic=1, roughness=0.6),
    "zinc": Look(colour=(0.55, 0.57, 0.6), metallic=1, roughness=0.45),
    "gold": Look(colour=(0.9, 0.6, 0.15), metallic=1, roughness=0.2),
    "silver": Look(colour=(0.87, 0.86, 0.84), metallic=1, roughness=0.18),
    "platinum": Look(colour=(0.7, 0.68, 0.65), metallic=1, roughness=0.2),
    "brass": Look(colour=(0.7, 0.48, 0.16), metallic=1, roughness=0.28),
    "bronze": Look(colour=(0.4, 0.22, 0.08), metallic=1, roughness=0.35),
    "copper": Look(colour=(0.75, 0.32, 0.16), metallic=1, roughness=0.25),
    "glass": Look(colour=(0.92, 0.96, 0.95), roughness=0.0, transmission=1, ior=1.5),
    "crystal": Look(colour=(0.97, 0.98, 1.0), roughness=0.0, transmission=1, ior=2.0),
    "diamond": Look(colour=(1.0, 1.0, 1.0), roughness=0.0, transmission=1, ior=2.42),
    "ice": Look(colour=(0.82, 0.93, 0.97), roughness=0.15, transmission=0.9, ior=1.31, bump=0.15),
    "water": Look(colour=(0.85, 0.94, 0.97), roughness=0.0, transmission=1, ior=1.33),
    "acrylic": Look(colour=(0.85, 0.85, 0.85), roughness=0.08, transmission=0.6, ior=1.49),
    "resin": Look(colour=(0.75, 0.45, 0.1), roughness=0.1, transmission=0.7, ior=1.54),
    "plastic": Look(colour=(0.6, 0.6, 0.6), roughness=0.35, ior=1.46),
    "rubber": Look(colour=(0.02, 0.02, 0.02), roughness=0.85),
    "silicone": Look(colour=(0.6, 0.6, 0.62), roughness=0.6),
    "foam": Look(colour=(0.75, 0.73, 0.6), roughness=1.0, bump=0.4, scale=0.03),
    "leather": Look(colour=(0.2, 0.09, 0.04), roughness=0.5, bump=0.35, scale=0.03),
    "suede": Look(colour=(0.3, 0.17, 0.09), roughness=0.95, sheen=0.6),
    "fabric": Look(colour=(0.35, 0.35, 0.4), roughness=0.95, sheen=0.3, bump=0.3, scale=0.015),
    "velvet": Look(colour=(0.25, 0.02, 0.05), roughness=0.9, sheen=1.0),
    "silk": Look(colour=(0.7, 0.62, 0.55), roughness=0.3, sheen=0.6, anisotropy=0.6),
    "wool": Look(colour=(0.65, 0.6, 0.5), roughness=1.0, sheen=0.5, bump=0.6, scale=0.03),
    "denim": Look(colour=(0.06, 0.11, 0.25), roughness=0.95, speckle=(0.25, 0.3, 0.4), speckled=0.25, scale=0.01, bump=0.3),
    "ceramic": Look(colour=(0.82, 0.8, 0.76), roughness=0.2, coat=0.6),
    "porcelain": Look(colour=(0.87, 0.86, 0.83), roughness=0.1, coat=0.9),
    "terracotta": Look(colour=(0.5, 0.2, 0.1), roughness=0.85, bump=0.1),
    "clay": Look(colour=(0.42, 0.3, 0.22), roughness=0.9),
    "brick": Look(colour=(0.4, 0.13, 0.08), roughness=0.9, speckle=(0.25, 0.08, 0.05), speckled=0.4, scale=0.05, bump=0.4),
    "concrete": Look(colour=(0.4, 0.39, 0.37), roughness=0.9, speckle=(0.28, 0.27, 0.26), speckled=0.4, scale=0.06, bump=0.2),
    "plaster": Look(colour=(0.8, 0.78, 0.74), roughness=0.9, bump=0.1),
    "stone": Look(colour=(0.35, 0.34, 0.32), roughness=0.85, speckle=(0.2, 0.2, 0.19), speckled=0.4, scale=0.06, bump=0.4),
    "granite": Look(colour=(0.4, 0.38, 0.37), roughness=0.4, speckle=(0.1, 0.1, 0.1), speckled=0.35, scale=0.02),
    "marble": Look(colour=(0.82, 0.81, 0.79), roughness=0.15, speckle=(0.35, 0.35, 0.37), speckled=0.18, scale=0.3, coat=0.3),
    "sandstone": Look(colour=(0.6, 0.48, 0.32), roughness=0.95, speckle=(0.45, 0.34, 0.2), speckled=0.4, scale=0.08, bump=0.25),
    "slate stone": Look(colour=(0.07, 0.08, 0.1), roughness=0.7, bump=0.2),
    "jade": Look(colour=(0.1, 0.4, 0.22), roughness=0.2, transmission=0.25, ior=1.66),
    "amber stone": Look(colour=(0.8, 0.35, 0.03), roughness=0.1, transmission=0.7, ior=1.54),
    "obsidian": Look(colour=(0.008, 0.008, 0.01), roughness=0.06, coat=0.5),
    "bone": Look(colour=(0.75, 0.68, 0.53), roughness=0.55),
    "ivory": Look(colour=(0.85, 0.8, 0.66), roughness=0.35),
    "pearl": Look(colour=(0.85, 0.82, 0.8), metallic=0.2, roughness=0.2, coat=0.8, sheen=0.3),
    "wax": Look(colour=(0.8, 0.68, 0.45), roughness=0.45, transmission=0.1),
    "paper": Look(colour=(0.85, 0.83, 0.78), roughness=0.9),
    "cardboard": Look(colour=(0.45, 0.3, 0.17), roughness=0.95),
    "cork": Look(colour=(0.5, 0.32, 0.17), roughness=0.95, speckle=(0.25, 0.14, 0.07), speckled=0.4, scale=0.04),
    "carbon fiber": Look(colour=(0.025, 0.025, 0.027), roughness=0.3, coat=1.0, anisotropy=0.7, speckle=(0.09, 0.09, 0.09),
        speckled=0.5, scale=0.012),
    "chocolate candy": Look(colour=(0.1, 0.04, 0.02), roughness=0.4),
    "grass": Look(colour=(0.1, 0.3, 0.04), roughness=1.0, bump=0.8, scale=0.03),
    "moss": Look(colour=(0.12, 0.2, 0.03), roughness=1.0, bump=0.8, scale=0.04),
    "snow": Look(colour=(0.9, 0.92, 0.95), roughness=0.7, bump=0.1),
    "sand": Look(colour=(0.6, 0.48, 0.3), roughness=1.0, bump=0.3, scale=0.01),
    "fur": Look(colour=(0.25, 0.14, 0.07), roughness=1.0, sheen=0.6, bump=0.8, scale=0.02),
    "skin": Look(colour=(0.6, 0.36, 0.26), roughness=0.5),
    "paint": Look(colour=(0.6, 0.6, 0.6), roughness=0.3, coat=0.5),
}  # fmt: skip

SYNONYMS: Mapping[str, str] = {
    "wooden": "wood", "timber": "wood", "oaken": "oak", "teak": "wood", "cherry wood": "mahogany", "birch": "pine", "maple": "oak",
    "ash wood": "oak", "metallic": "metal", "aluminium": "aluminum", "alu": "aluminum", "inox": "stainless steel",
    "chromium": "chrome", "chromed": "chrome", "gilded": "gold", "golden": "gold", "sterling silver": "silver",
    "pewter": "tin", "glassy": "glass",
    "perspex": "acrylic", "plexiglass": "acrylic", "cloth": "fabric", "textile": "fabric", "cotton": "fabric", "linen": "fabric",
    "canvas": "fabric", "felt": "wool", "satin cloth": "silk", "carbon fibre": "carbon fiber", "carbon": "carbon fiber",
    "earthenware": "terracotta", "china": "porcelain", "cement": "concrete", "rock": "stone", "limestone": "sandstone",
    "latex": "rubber", "vinyl": "plastic", "nylon": "plastic", "pvc": "plastic", "bakelite": "plastic", "styrofoam": "foam",
    "sponge": "foam", "candle wax": "wax", "gem": "crystal", "quartz": "crystal", "steal": "steel", "plastik": "plastic",
    "woollen": "wool", "woolen": "wool", "silken": "silk", "leathery": "leather", "rubbery": "rubber", "lacquer": "paint",
    "enamel": "porcelain",
}  # fmt: skip

RUST: Colour = (0.26, 0.07, 0.015)
FINISHES: Mapping[str, Mapping[str, object]] = {
    "matte": {"roughness": 0.9, "coat": 0.0}, "matt": {"roughness": 0.9, "coat": 0.0}, "mat": {"roughness": 0.9, "coat": 0.0},
    "flat": {"roughness": 1.0, "coat": 0.0}, "dull": {"roughness": 0.85, "coat": 0.0}, "unpolished": {"roughness": 0.75},
    "satin": {"roughness": 0.45}, "eggshell": {"roughness": 0.5}, "semi gloss": {"roughness": 0.3},
    "glossy": {"roughness": 0.1, "coat": 0.6}, "gloss": {"roughness": 0.1, "coat": 0.6},
    "high gloss": {"roughness": 0.04, "coat": 1.0}, "shiny": {"roughness": 0.12}, "polished": {"roughness": 0.08},
    "mirror": {"roughness": 0.01, "metallic": 1.0, "colour": (0.8, 0.8, 0.8)}, "reflective": {"roughness": 0.05},
    "lacquered": {"coat": 1.0, "roughness": 0.3}, "varnished": {"coat": 0.9}, "glazed": {"coat": 1.0, "roughness": 0.15},
    "waxed": {"coat": 0.4, "roughness": 0.4}, "oiled": {"coat": 0.3, "roughness": 0.35}, "wet": {"coat": 1.0, "roughness": 0.05},
    "brushed": {"roughness": 0.35, "anisotropy": 0.8}, "hammered": {"bump": 0.8, "scale": 0.06},
    "rough": {"roughness": 0.95, "bump": 0.3}, "smooth": {"bump": 0.0}, "grainy": {"bump": 0.4, "scale": 0.02},
    "textured": {"bump": 0.4}, "scratched": {"speckled": 0.15, "stretch": 20.0, "scale": 0.05},
    "rusty": {"speckle": RUST, "speckled": 0.55, "scale": 0.12, "roughness": 0.8, "metallic": 0.6, "bump": 0.4, "stretch": 1.0},
    "rusted": {"speckle": RUST, "speckled": 0.6, "scale": 0.12, "roughness": 0.85, "metallic": 0.5, "bump": 0.4, "stretch": 1.0},
    "corroded": {"speckle": RUST, "speckled": 0.7, "scale": 0.1, "roughness": 0.9, "metallic": 0.5, "bump": 0.6, "stretch": 1.0},
    "oxidized": {"speckle": (0.12, 0.35, 0.27), "speckled": 0.6, "scale": 0.12, "roughness": 0.7, "metallic": 0.5, "stretch": 1.0},
    "patinated": {"speckle": (0.12, 0.35, 0.27), "speckled": 0.5, "scale": 0.15, "roughness": 0.6, "metallic": 0.6, "stretch": 1.0},
    "tarnished": {"speckle": (0.08, 0.06, 0.03), "speckled": 0.45, "scale": 0.15, "roughness": 0.55, "stretch": 1.0},
    "weathered": {"speckle": (0.3, 0.29, 0.27), "speckled": 0.45, "scale": 0.1, "roughness": 0.9, "bump": 0.4},
    "worn": {"speckle": (0.4, 0.38, 0.35), "speckled": 0.3, "scale": 0.08, "roughness": 0.75, "bump": 0.15},
    "old": {"speckle": (0.12, 0.1, 0.08), "speckled": 0.35, "scale": 0.1, "roughness": 0.8, "bump": 0.25},
    "aged": {"speckle": (0.12, 0.1, 0.08), "speckled": 0.35, "scale": 0.1, "roughness": 0.75, "bump": 0.2},
    "antique": {"speckle": (0.1, 0.07, 0.04), "speckled": 0.35, "scale": 0.12, "roughness": 0.55},
    "dirty": {"speckle": (0.08, 0.06, 0.04), "speckled": 0.5, "scale": 0.15, "roughness": 0.9},
    "muddy": {"speckle": (0.1, 0.06, 0.03), "speckled": 0.6, "roughness": 0.95},
    "mossy": {"speckle": (0.1, 0.18, 0.03), "speckled": 0.5, "scale": 0.12, "roughness": 0.95, "bump": 0.5},
    "burnt": {"speckle": (0.01, 0.01, 0.01), "speckled": 0.6, "scale": 0.15, "roughness": 0.95},
    "charred": {"speckle": (0.01, 0.01, 0.01), "speckled": 0.75, "roughness": 0.95},
    "dusty": {"speckle": (0.5, 0.47, 0.42), "speckled": 0.4, "roughness": 0.95}, "clean": {"speckled": 0.0},
    "frosted": {"roughness": 0.45, "transmission": 0.95}, "clear": {"roughness": 0.0, "transmission": 1.0},
    "transparent": {"roughness": 0.0, "transmission": 1.0}, "translucent": {"roughness": 0.35, "transmission": 0.7},
    "see through": {"roughness": 0.0, "transmission": 1.0}, "tinted": {"transmission": 0.9},
    "milky": {"roughness": 0.5, "transmission": 0.5}, "stained": {"transmission": 0.8}, "opaque": {"transmission": 0.0},
    "glowing": {"glow": 4.0}, "luminous": {"glow": 4.0}, "neon": {"glow": 8.0}, "emissive": {"glow": 4.0}, "lit": {"glow": 3.0},
    "metallic": {"metallic": 1.0, "roughness": 0.3}, "pearlescent": {"coat": 0.9, "sheen": 0.4, "metallic": 0.3},
    "iridescent": {"coat": 1.0, "metallic": 0.5, "roughness": 0.15}, "anodized": {"metallic": 1.0, "roughness": 0.35},
    "galvanized": {"metallic": 1.0, "roughness": 0.5, "speckled": 0.3, "speckle": (0.4, 0.42, 0.45)},
    "chrome plated": {"metallic": 1.0, "roughness": 0.04, "colour": (0.62, 0.63, 0.65)},
    "gold plated": {"metallic": 1.0, "roughness": 0.2, "colour": (0.9, 0.6, 0.15)}, "painted": {"roughness": 0.4, "coat": 0.3},
    "bumpy": {"bump": 0.8}, "quilted": {"bump": 0.8, "scale": 0.1}, "soft": {"sheen": 0.4, "roughness": 0.9},
    "sandblasted": {"roughness": 0.6, "bump": 0.15, "scale": 0.005}, "silky": {"roughness": 0.3, "sheen": 0.5},
    "velvety": {"sheen": 1.0, "roughness": 0.9}, "shimmering": {"roughness": 0.2, "metallic": 0.5},
    "sparkling": {"roughness": 0.1, "coat": 1.0},
}  # fmt: skip
