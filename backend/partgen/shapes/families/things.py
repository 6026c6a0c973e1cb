"""Tools, weapons, instruments, toys, food and what one wears."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ..builder import Builder, around, both_sides, in_row
from ..solids import (
    bezier,
    box,
    capsule,
    cylinder,
    ellipsoid,
    extrude,
    helix,
    lathe,
    plate,
    regular_polygon,
    rounded_rectangle,
    sweep,
    torus,
    vessel_wall,
)

__all__ = [
    "axe",
    "boot",
    "cake",
    "drum",
    "glasses",
    "guitar",
    "gun",
    "hamburger",
    "hammer",
    "hat",
    "ice_cream",
    "pliers",
    "saw",
    "screwdriver",
    "shirt",
    "stacking_toy",
    "sword",
    "trumpet",
    "umbrella",
    "wrench",
]


def _grip(b: Builder, name: str, long: float, radius: float, material: str) -> None:
    """A handle along z from -long to 0, straight, swelling or with a collar."""
    kind = b.pick("straight", "swelling", "ribbed")
    if kind == "straight":
        b.add(name, cylinder((0, 0, -long), (0, 0, 0), radius * 0.9, radius, b.segments), "handle", "straight round", material)
    else:
        outline = bezier([(radius * 0.9, -long), (radius * 1.6, -long * 0.8), (radius * 0.6, -long * 0.4), (radius * 1.1, 0)], 14)
        b.add(name, lathe([(0, -long), *outline, (0, 0)], b.segments), "handle", "swelling round", material)
    if kind == "ribbed":
        b.add_all(
            "ring",
            [torus((0, 0, -long * share), radius * 1.05, radius * 0.25) for share in (0.2, 0.35, 0.5)],
            "handle/rings",
            "round",
            "rubber",
        )


def hammer(b: Builder) -> str:
    """A hammer: claw, ball, wedge or double."""
    long, thick = b.uniform(0.22, 0.4), b.uniform(0.012, 0.02)
    _grip(b, "handle", long, thick, b.pick("wood", "rubber"))
    size = b.uniform(0.018, 0.032)
    b.add("head", box((size * 1.6, size * 2.4, size * 1.8), (0, 0, size * 0.6), 0.003), "head", "boxy", "metal")
    b.add(
        "face",
        cylinder((0, -size * 1.1, size * 0.6), (0, -size * 2.4, size * 0.6), size * 0.75, size * 1.0, b.segments),
        "head",
        "round",
        "metal",
    )
    kind = b.pick("claw", "ball", "wedge", "double")
    if kind == "claw":
        claw = bezier([(size * 0.3, size, size * 0.7), (size * 0.4, size * 3, size), (size * 0.7, size * 4, -size * 0.8)], 10)
        b.add_all(
            "claw", both_sides(sweep(claw, np.linspace(size * 0.45, size * 0.15, 10), None, 10)), "head/claw", "curved pointed", "metal"
        )
    elif kind == "ball":
        b.add("ball", ellipsoid((0, size * 2, size * 0.6), (size * 0.9,) * 3, 24), "head", "round", "metal")
    elif kind == "wedge":
        b.add(
            "wedge",
            Manifold.hull_points(
                [(x, size, z) for x in (-size * 0.7, size * 0.7) for z in (0, size * 1.2)]
                + [(x, size * 3, size * 0.6) for x in (-size * 0.7, size * 0.7)]
            ),
            "head",
            "pointed",
            "metal",
        )
    else:
        b.add(
            "second face",
            cylinder((0, size * 1.1, size * 0.6), (0, size * 2.4, size * 0.6), size * 0.75, size * 1.0, b.segments),
            "head",
            "round",
            "metal",
        )
    word = "double-faced" if kind == "double" else kind
    return f"a {word} hammer with a {b.parts[0].material.name} handle"


def screwdriver(b: Builder) -> str:
    """A screwdriver with a flat tip."""
    _grip(b, "handle", b.uniform(0.08, 0.12), b.uniform(0.011, 0.017), b.pick("plastic", "wood"))
    long, thin = b.uniform(0.08, 0.2), b.uniform(0.0025, 0.005)
    b.add("collar", cylinder((0, 0, -0.004), (0, 0, 0.012), thin * 2, None, 20), "", "round", "metal")
    b.add("shaft", cylinder((0, 0, 0), (0, 0, long), thin, None, 16), "", "long thin", "metal")
    tip = Manifold.hull_points(
        [(x, y, long - 0.005) for x in (-thin, thin) for y in (-thin, thin)]
        + [(x, y, long + 0.015) for x in (-thin * 1.5, thin * 1.5) for y in (-0.0008, 0.0008)]
    )
    b.add("tip", tip, "", "flat", "metal")
    return "a screwdriver with a flat tip"


def wrench(b: Builder) -> str:
    """A wrench with open or ring ends."""
    long, wide, thick = b.uniform(0.14, 0.28), b.uniform(0.012, 0.02), b.uniform(0.005, 0.008)
    b.add("handle", plate(rounded_rectangle(wide, long, wide * 0.4), thick), "", "long flat", "metal")
    for side, kind in ((1, "open"), (-1, b.pick("open", "ring"))):
        radius = wide * b.uniform(0.95, 1.35)
        y = side * (long / 2 + radius * 0.5)
        head = cylinder((0, y, -thick * 0.7), (0, y, thick * 0.7), radius, None, 36)
        if kind == "ring":
            head -= extrude(regular_polygon(6, radius * 0.62), 1).translate((0, y, -0.5))
        else:
            head -= box((radius * 1.0, radius * 2, 1), (0, y + side * radius * 0.7, 0))
        b.add(f"{kind} end", head, "ends", kind, "metal")
    return "a wrench"


def pliers(b: Builder) -> str:
    """Pliers, open or closed."""
    long, spread, thick = b.uniform(0.1, 0.16), b.uniform(4, 22), b.uniform(0.006, 0.01)
    jaw = b.uniform(0.04, 0.08)
    for side, name in ((1, "right"), (-1, "left")):
        nose = Manifold.hull_points(
            [(side * x, y, z) for x, y in ((0.0008, 0), (0.014, 0.004), (0.0008, jaw), (0.004, jaw)) for z in (-thick, thick)]
        )
        b.add("jaw", nose.rotate((0, 0, -side * spread * 0.3)), f"{name} half", "pointed", "metal")
        path = bezier(
            [(side * 0.004, 0, 0), (side * 0.02, -0.03, 0), (side * 0.03, -long * 0.4, 0), (side * (0.01 + 0.0015 * spread), -long, 0)], 14
        )
        b.add("handle", sweep(path[:5], thick * 0.8, None, 12), f"{name} half", "curved", "metal")
        b.add("grip", sweep(path[3:], thick * b.uniform(1.1, 1.4), None, 14), f"{name} half", "curved soft", b.pick("rubber", "plastic"))
    b.add("pivot", cylinder((0, 0, -thick * 1.5), (0, 0, thick * 1.5), 0.012, None, 28), "", "round", "metal")
    return f"a pair of {'open' if spread > 12 else 'closed'} pliers"


def saw(b: Builder) -> str:
    """A hand saw with teeth."""
    long, tall = b.uniform(0.3, 0.5), b.uniform(0.06, 0.12)
    teeth = b.integer(14, 30)
    edge = [(long * number / teeth, -0.008 if number % 2 else 0.0) for number in range(teeth + 1)]
    b.add("blade", plate([*edge, (long, tall * 0.5), (0, tall)], 0.004).rotate((90, 0, 0)), "", "thin flat toothed", "metal")
    outline = np.array([(0.02, -0.01), (0.02, tall * 1.15), (-0.1, tall * 1.2), (-0.12, tall * 0.4), (-0.08, -0.03)])
    grip = plate(outline, 0.024, 0.012) - plate([(-0.02, 0.02), (-0.03, tall * 0.8), (-0.075, tall * 0.85), (-0.08, tall * 0.35)], 1, 0.008)
    b.add("handle", grip.rotate((90, 0, 0)), "", "looped", "wood")
    b.add_all(
        "rivet",
        [cylinder((0.006, -0.016, z), (0.006, 0.016, z), 0.005, None, 14) for z in (tall * 0.3, tall * 0.8)],
        "rivets",
        "small round",
        "gold",
    )
    return f"a saw with {teeth // 2} teeth"


def axe(b: Builder) -> str:
    """An axe with one blade or two."""
    long, thick = b.uniform(0.4, 0.9), b.uniform(0.016, 0.026)
    path = bezier([(0, 0, -long), (0, 0.05, -long * 0.7), (0, -0.05, -long * 0.3), (0, 0, 0.03)], 14)
    b.add("handle", sweep(path, thick, np.array([(-0.7, -1), (0.7, -1), (0.7, 1), (-0.7, 1)])), "", "curved", "wood")
    reach, tall = b.uniform(0.09, 0.16), b.uniform(0.1, 0.2)

    def blade(side: int) -> Manifold:
        points = [(x, side * 0.01, z) for x in (-0.022, 0.022) for z in (-0.03, 0.03)]
        return Manifold.hull_points(
            points + [(x, side * (reach - 0.02 * abs(z) / tall), z) for x in (-0.0015, 0.0015) for z in np.linspace(-tall / 2, tall / 2, 7)]
        )

    double = b.chance(0.3)
    b.add("blade", blade(-1), "head", "sharp", "metal")
    b.add("second blade" if double else "poll", blade(1) if double else box((0.044, 0.06, 0.06), (0, 0.03, 0)), "head", "", "metal")
    if b.chance(0.4):
        b.add_all(
            "binding", [torus((0, 0, -long * share), thick * 1.25, 0.007) for share in (0.12, 0.16, 0.2)], "bindings", "round", "leather"
        )
    return f"a {'double' if double else 'single'}-bladed axe"


def sword(b: Builder) -> str:
    """A straight or curved sword."""
    long, wide, thick = b.uniform(0.5, 0.9), b.uniform(0.02, 0.04), 0.005
    section = np.array([(-wide, 0), (0, -thick), (wide, 0), (0, thick)])
    share = np.linspace(0, 1, 12)
    curve = b.uniform(0, 0.15) if b.chance(0.3) else 0.0
    path = np.stack([curve * share**2, np.zeros(12), long * share], 1)
    width = np.clip((1 - share) * 6, 0.04, 1)
    blade = sweep(path, width, section)
    b.add("blade", blade, "", "curved" if curve else "straight", "metal")
    guard = b.uniform(0.05, 0.11)
    droop = b.uniform(-0.04, 0.04)
    b.add(
        "guard",
        sweep(bezier([(-guard, 0, droop), (0, 0, -droop * 0.5), (guard, 0, droop)], 12), 0.011, None, 12),
        "hilt",
        "crossing",
        "gold",
    )
    grip = b.uniform(0.09, 0.2)
    b.add("grip", lathe([(0, -grip), (0.012, -grip), (0.016, -grip / 2), (0.012, 0), (0, 0)], b.segments), "hilt", "wrapped", "leather")
    b.add(
        "pommel",
        b.pick(
            ellipsoid((0, 0, -grip - 0.014), (0.022, 0.022, 0.022), 24),
            cylinder((0, -0.01, -grip - 0.02), (0, 0.01, -grip - 0.02), 0.026, None, 24),
        ),
        "hilt",
        "round",
        "gold",
    )
    return f"a {'curved' if curve else 'straight'} sword"


def gun(b: Builder) -> str:
    """A rifle or a pistol."""
    rifle = b.chance(0.6)
    long = b.uniform(0.5, 0.8) if rifle else b.uniform(0.12, 0.2)
    bore = 0.011 if rifle else 0.009
    b.add(
        "barrel",
        cylinder((0, 0, 0), (0, -long, 0), bore * 1.2, None, 24) - cylinder((0, -long * 0.8, 0), (0, -long * 1.1, 0), bore * 0.6, None, 16),
        "",
        "long round",
        "metal",
    )
    b.add("receiver", box((0.03, 0.2 if rifle else 0.14, 0.05), (0, 0, -0.012), 0.005), "", "boxy", "metal")
    b.add("grip", box((0.026, 0.045, 0.11), (0, 0.05, -0.07), 0.008).rotate((-14, 0, 0)), "", "slanted", b.pick("wood", "plastic"))
    guard = sweep(bezier([(0, 0.02, -0.03), (0, 0.02, -0.08), (0, -0.05, -0.08), (0, -0.05, -0.03)], 12), 0.004, None, 10)
    b.add("trigger guard", guard, "trigger", "curved thin", "metal")
    b.add(
        "trigger",
        sweep(bezier([(0, -0.01, -0.03), (0, -0.02, -0.045), (0, -0.008, -0.06)], 6), 0.004, None, 8),
        "trigger",
        "small curved",
        "metal",
    )
    if rifle:
        outline = [(0.08, 0.015), (0.36, 0.0), (0.36, -0.12), (0.3, -0.12), (0.12, -0.05), (0.08, -0.04)]
        b.add("stock", extrude(outline, 0.034).translate((0, 0, -0.017)).rotate((90, 0, 90)), "", "long", "wood")
        b.add("handguard", box((0.036, long * 0.45, 0.04), (0, -long * 0.35, -0.01), 0.008), "", "long", b.pick("wood", "plastic"))
        if b.chance(0.7):
            b.add("magazine", box((0.022, 0.05, 0.13), (0, -0.07, -0.09), 0.003).rotate((b.uniform(0, 14), 0, 0)), "", "boxy", "metal")
        if b.chance(0.6):
            b.add(
                "scope",
                cylinder((0, 0.1, 0.055), (0, -0.14, 0.055), 0.014, None, 24)
                + cylinder((0, -0.1, 0.055), (0, -0.17, 0.055), 0.014, 0.022, 24),
                "scope",
                "round",
                "metal",
            )
            b.add_all("scope mount", [box((0.012, 0.014, 0.04), (0, y, 0.032)) for y in (0.06, -0.07)], "scope", "small", "metal")
    else:
        b.add("slide", box((0.028, long * 0.98, 0.03), (0, -long * 0.35, 0.012), 0.003), "", "boxy", "metal")
    b.add("front sight", box((0.004, 0.012, 0.03), (0, -long * 0.95, 0.018)), "", "small", "metal")
    return f"a {'rifle' if rifle else 'pistol'}"


def guitar(b: Builder) -> str:
    """An acoustic or electric guitar."""
    long, wide, deep = b.uniform(0.42, 0.5), b.uniform(0.17, 0.21), b.uniform(0.035, 0.11)
    waist = b.uniform(0.55, 0.8)
    share = np.linspace(0, 1, 28)
    dent = 1 - 0.6 * (1 - waist) * np.exp(-(((share - 0.6) / 0.14) ** 2))
    side = np.column_stack([wide * np.sqrt(np.sin(np.pi * share)) * (1 - 0.25 * share) * dent, (share - 0.5) * long])
    outline = np.concatenate([side, side[-2:0:-1] * [-1, 1]])
    electric = deep < 0.06
    body = plate(outline, deep)
    if not electric:
        body -= cylinder((0, 0.03, 0), (0, 0.03, 1), 0.045, None, 32)
        b.add("body", body, "body", "hollow", "wood")
        b.add("rosette", torus((0, 0.03, deep / 2), 0.052, 0.004), "body", "round", "wood")
    else:
        b.add("body", body, "body", "flat", "paint")
        b.add_all(
            "pickup",
            [box((0.075, 0.018, 0.012), (0, y, deep / 2), 0.003) for y in (-0.07, 0.02, 0.08)[: b.integer(1, 3)]],
            "body/pickups",
            "small",
            "plastic",
        )
        b.add_all(
            "knob",
            [cylinder((0.09, y, deep / 2 - 0.002), (0.09, y, deep / 2 + 0.012), 0.009, None, 18) for y in (-0.1, -0.14)],
            "body/knobs",
            "small round",
            "metal",
        )
    b.add("bridge", box((0.13, 0.022, 0.02), (0, -0.13, deep / 2), 0.003), "body", "small", "wood")
    neck, top = b.uniform(0.3, 0.36), deep / 2
    b.add("neck", box((0.05, neck + 0.04, 0.024), (0, long / 2 + neck / 2 - 0.03, top - 0.01), 0.008), "neck", "long", "wood")
    b.add("fingerboard", box((0.052, neck + 0.1, 0.007), (0, long / 2 + neck / 2 - 0.05, top + 0.005)), "neck", "flat", "wood")
    head = long / 2 + neck
    b.add(
        "headstock",
        plate([(-0.025, 0), (0.025, 0), (0.04, 0.05), (0.032, 0.16), (-0.032, 0.16), (-0.04, 0.05)], 0.016, 0.006)
        .rotate((-10, 0, 0))
        .translate((0, head - 0.02, top - 0.004)),
        "head",
        "flat",
        "wood",
    )
    pegs = [
        cylinder((0.025, head + y, top - 0.008 - 0.18 * y), (0.062, head + y, top - 0.008 - 0.18 * y), 0.004, None, 10)
        + ellipsoid((0.064, head + y, top - 0.008 - 0.18 * y), (0.009, 0.006, 0.009), 12)
        for y in (0.03, 0.07, 0.11)
    ]
    b.add_all("tuning peg", [x for peg in pegs for x in both_sides(peg)], "head/pegs", "small", "metal")
    count = b.pick(4, 6, 6)
    string = cylinder((0, -0.13, top + 0.0092), (0, head, top + 0.0092), 0.0011, None, 6)
    b.add_all("string", in_row(string, count, (0.0075, 0, 0)), "strings", "thin long", "metal")
    return f"a{'n electric' if electric else 'n acoustic'} guitar with {count} strings"


def drum(b: Builder) -> str:
    """A drum with tension rods, some with sticks."""
    radius, tall = b.uniform(0.15, 0.3), b.uniform(0.1, 0.5)
    b.add(
        "shell", cylinder((0, 0, 0), (0, 0, tall), radius, radius * b.uniform(0.8, 1.0), b.segments), "", "round", b.pick("wood", "paint")
    )
    top = b.parts[0].solid.bounding_box()[3]
    b.add("skin", cylinder((0, 0, tall - 0.003), (0, 0, tall + 0.006), top * 0.97, None, b.segments), "", "flat round", "paper")
    b.add_all(
        "hoop",
        [torus((0, 0, z), radius * 1.01 if z < tall / 2 else max(radius * 0.82, top * 0.98), 0.012) for z in (0.015, tall - 0.01)],
        "hoops",
        "round",
        "metal",
    )
    lugs = b.integer(5, 8)
    b.add_all(
        "tension rod",
        around(cylinder((radius * 1.03, 0, 0.02), (radius * 1.0, 0, tall - 0.02), 0.006, None, 8), lugs),
        "rods",
        "thin",
        "metal",
    )
    if b.chance(0.6):
        for turn in (b.uniform(-40, 0), b.uniform(10, 60)):
            stick = cylinder((-0.2, 0, tall + 0.035), (0.12, 0, tall + 0.012), 0.008, 0.005, 12) + ellipsoid(
                (0.125, 0, tall + 0.013), (0.013, 0.009, 0.009), 14
            )
            b.add("drumstick", stick.rotate((0, 0, turn)), "sticks", "long thin", "wood")
    if b.chance(0.4):
        b.add_all(
            "leg", around(cylinder((radius * 0.95, 0, tall * 0.4), (radius * 1.2, 0, -0.3), 0.009, None, 10), 3), "legs", "thin", "metal"
        )
    return f"a drum with {lugs} tension rods"


def trumpet(b: Builder) -> str:
    """A trumpet with valves."""
    tube, long, tall = 0.008, b.uniform(0.3, 0.42), b.uniform(0.05, 0.08)
    bell = b.uniform(0.05, 0.07)
    flare = [(tube, 0), (tube * 1.3, long * 0.4), (bell * 0.4, long * 0.62), (bell, long * 0.7)]
    outline = bezier([flare[0], (tube, long * 0.5), (tube * 1.5, long * 0.66), flare[-1]], 18)
    horn = (
        lathe([*outline, *(outline[::-1] - [0.003, 0])], b.segments)
        if outline[:, 0].min() > 0.004
        else lathe([(0, 0), *outline, (0, outline[-1][1])], b.segments)
    )
    b.add("bell", horn.rotate((90, 0, 0)), "", "flared", "gold")
    b.add("lead pipe", cylinder((0, long * 0.35, tall), (0, -long * 0.35, tall), tube, None, 18), "tubes", "straight", "gold")
    b.add(
        "mouthpiece",
        lathe([(0, 0), (0.006, 0), (0.007, 0.04), (0.014, 0.06), (0.013, 0.065), (0.003, 0.05), (0, 0.05)], 20)
        .rotate((-90, 0, 0))
        .translate((0, long * 0.33, tall)),
        "",
        "small round",
        "metal",
    )
    for y, turn in ((-long * 0.35, -1), (long * 0.2, 1)):
        bend = bezier([(0, y, tall), (0, y + turn * tall, tall), (0, y + turn * tall, 0), (0, y, 0)], 14)
        b.add("bend", sweep(bend, tube * 1.05, None, 16), "tubes", "curved", "gold")
    b.add("lower pipe", cylinder((0, long * 0.2, 0), (0, -0.01, 0), tube, None, 18), "tubes", "straight", "gold")
    b.add(
        "long pipe", cylinder((0.001, -long * 0.35, 0.001), (0.001, long * 0.2, 0.001), tube * 0.98, None, 18), "tubes", "straight", "gold"
    )
    count = b.integer(3, 4)
    valves = in_row(cylinder((0, 0, -0.03), (0, 0, tall + 0.03), 0.012, None, 22), count, (0, 0.027, 0))
    b.add_all("valve", valves, "valves", "round upright", "gold")
    b.add_all(
        "button",
        in_row(cylinder((0, 0, tall + 0.028), (0, 0, tall + 0.05), 0.006, 0.009, 16), count, (0, 0.027, 0)),
        "valves/buttons",
        "small",
        "metal",
    )
    return f"a trumpet with {count} valves"


def glasses(b: Builder) -> str:
    """A pair of glasses, with lenses or without."""
    lens, gap, wire = b.uniform(0.02, 0.028), b.uniform(0.016, 0.024), b.uniform(0.0015, 0.004)
    squash = b.uniform(0.7, 1.0)
    x = gap / 2 + lens
    shape = rounded_rectangle(2 * lens, 2 * lens * squash, lens * b.uniform(0.3, 0.95), 8)
    loop = np.column_stack([shape[:, 0], np.zeros(len(shape)), shape[:, 1]])
    frame = b.pick("metal", "plastic")
    b.add_all("rim", both_sides(sweep(loop, wire, None, 10, closed=True).translate((x, 0, 0))), "front/rims", "round", frame)
    if b.chance(0.6):
        b.add_all("lens", both_sides(plate(shape, 0.0016).rotate((90, 0, 0)).translate((x, 0, 0))), "front/lenses", "thin", "glass")
    b.add(
        "bridge",
        sweep(
            bezier([(-gap / 2 - wire / 2, 0, 0), (-gap / 4, -0.002, 0.008), (gap / 4, -0.002, 0.008), (gap / 2 + wire / 2, 0, 0)], 10),
            wire,
            None,
            10,
        ),
        "front",
        "curved",
        frame,
    )
    outer = x + lens
    long = b.uniform(0.11, 0.135)
    temple = bezier(
        [
            (outer, 0, lens * 0.2),
            (outer + 0.008, 0.01, lens * 0.25),
            (outer, long * 0.7, lens * 0.2),
            (outer - 0.004, long * 0.9, lens * 0.2),
            (outer - 0.006, long * 1.1, -0.03),
        ],
        18,
    )
    b.add_all("temple", both_sides(sweep(temple, wire * 1.1, None, 10)), "temples", "long curved", frame)
    if b.chance(0.4):
        b.add_all("ear tip", both_sides(sweep(temple[-5:], wire * 1.9, None, 12)), "temples/tips", "soft", "rubber")
    if frame == "metal":
        b.add_all(
            "nose pad", both_sides(ellipsoid((gap / 2 - 0.002, 0.005, -0.006), (0.0022, 0.003, 0.005), 14)), "front/pads", "small", "rubber"
        )
    return f"a pair of {'round' if squash > 0.9 else 'narrow'} {frame} glasses"


def boot(b: Builder) -> str:
    """A low or high boot, some laced."""
    long, wide, tall = b.uniform(0.24, 0.3), b.uniform(0.085, 0.1), b.uniform(0.1, 0.35)
    sole = np.concatenate(
        [
            bezier([(0, -long * 0.5), (wide * 0.75, -long * 0.5), (wide * 0.4, 0), (wide * 0.6, long * 0.45), (0, long * 0.5)], 16),
            bezier([(0, long * 0.5), (-wide * 0.6, long * 0.45), (-wide * 0.3, 0), (-wide * 0.65, -long * 0.5), (0, -long * 0.5)], 16)[
                1:-1
            ],
        ]
    )
    b.add("sole", plate(sole * 1.04, 0.022).translate((0, 0, 0.02)), "sole", "flat", "rubber")
    lift = b.uniform(0.02, 0.05)
    b.add(
        "heel",
        extrude(rounded_rectangle(wide * 0.75, long * 0.26, 0.02), lift).translate((0, long * 0.34, 0.012 - lift)),
        "sole",
        "short",
        "rubber",
    )
    foot = Manifold.hull_points(
        np.concatenate(
            [
                np.column_stack([sole, np.full(len(sole), 0.028)]),
                np.column_stack([sole[sole[:, 1] > 0] * 0.95, np.full((sole[:, 1] > 0).sum(), 0.09)]),
                np.column_stack([sole * [0.7, 0.85], np.full(len(sole), 0.055)]),
            ]
        )
    )
    b.add("vamp", foot, "upper", "rounded", "leather")
    radius = wide * 0.5
    shaft = (
        vessel_wall([(radius * 0.98, 0), (radius, tall * 0.5), (radius * b.uniform(1.0, 1.3), tall)], 0.006, b.segments)
        .scale((1, 1.15, 1))
        .translate((0, long * 0.24, 0.07))
    )
    b.add("shaft", shaft, "upper", "tall hollow" if tall > 0.2 else "short hollow", "leather")
    if b.chance(0.6):
        count = b.integer(3, 5)
        b.add_all(
            "lace",
            [
                capsule((-wide * 0.22, -y, 0.09 - 0.35 * y), (wide * 0.22, -y, 0.09 - 0.35 * y), 0.005, None, 10)
                for y in 0.005 + 0.015 * np.arange(count)
            ],
            "laces",
            "thin",
            "fabric",
        )
    if b.chance(0.3):
        b.add(
            "cuff",
            torus((0, 0, 0), radius * 1.15, 0.014).scale((1, 1.15, 1)).translate((0, long * 0.24, 0.07 + tall)),
            "upper",
            "soft round",
            "fur",
        )
    return f"a {'high' if tall > 0.2 else 'low'} {b.parts[2].material.name} boot"


def hat(b: Builder) -> str:
    """A top hat, a bowler, a cap or a cone."""
    crown, tall, brim = b.uniform(0.085, 0.1), b.uniform(0.06, 0.22), b.uniform(0.0, 0.12)
    kind = b.pick("top", "bowler", "cap", "cone")
    taper = {"top": b.uniform(0.9, 1.15), "bowler": 0.7, "cap": 0.6, "cone": 0.02}[kind]
    outline = (
        bezier([(crown, 0), (crown, tall * 0.6), (crown * taper, tall), (0.004, tall)], 14)
        if kind in ("bowler", "cap")
        else np.array([(crown, 0), (crown * taper, tall)])
    )
    b.add(
        "crown",
        lathe([(0, 0), *outline, (0, tall)], b.segments) - lathe([(0, -0.01), *(outline * 0.94), (0, tall * 0.94)], b.segments),
        "",
        f"{kind} hollow",
        b.pick("fabric", "leather"),
    )
    if kind == "cap":
        visor = plate(
            np.concatenate(
                [
                    bezier([(-crown, -0.02), (-crown, -crown - 0.1), (crown, -crown - 0.1), (crown, -0.02)], 16),
                    bezier([(crown * 0.9, -0.02), (crown * 0.7, -crown * 1.05), (-crown * 0.7, -crown * 1.05), (-crown * 0.9, -0.02)], 12),
                ]
            ),
            0.006,
        )
        b.add("visor", visor.rotate((8, 0, 0)), "", "flat", "fabric")
        b.add("button", ellipsoid((0, 0, tall), (0.009, 0.009, 0.006), 14), "", "small", "fabric")
    elif brim > 0.02:
        b.add(
            "brim",
            lathe([(crown * 0.95, 0), (crown + brim, -0.01), (crown + brim, -0.004), (crown * 0.95, 0.006)], b.segments),
            "",
            "flat round",
            "fabric",
        )
    if b.chance(0.6):
        b.add(
            "band",
            cylinder((0, 0, 0.006), (0, 0, 0.03), crown * 1.02, crown * 1.015, b.segments)
            - cylinder((0, 0, 0), (0, 0, 0.05), crown * 0.93, None, b.segments),
            "",
            "round",
            "fabric",
        )
    if b.chance(0.25):
        b.add(
            "feather",
            plate([(-0.01, 0), (0.01, 0), (0.016, 0.09), (0, 0.13), (-0.016, 0.09)], 0.004)
            .rotate((70, 0, 0))
            .translate((crown * 1.01, 0, 0.015)),
            "",
            "thin",
            "feathers",
        )
    return f"a {kind} hat"


def shirt(b: Builder) -> str:
    """A hollow shirt with sleeves and a collar."""
    wide, deep, tall, wall = b.uniform(0.2, 0.28), b.uniform(0.11, 0.15), b.uniform(0.5, 0.7), 0.012
    outline = np.array([(1.0, 0), (b.uniform(0.85, 1.0), 0.4), (1.05, 0.75), (0.8, 0.95), (0.38, 1.0)]) * [wide, tall]
    smooth = bezier(outline, 18)
    trunk = lathe([(0, 0), *smooth, (0, tall)], b.segments).scale((1, deep / wide, 1))
    hollow = lathe([(0, -0.02), *(smooth - [wall, 0]), (0, tall + 0.02)], b.segments).scale((1, deep / wide, 1))
    drop, long = b.uniform(10, 70), b.uniform(0.12, 0.5)
    ahead = np.array([np.cos(np.radians(drop)), 0, -np.sin(np.radians(drop))])
    root = np.array([wide * 0.72, 0, tall * 0.8])
    sleeve = cylinder(root, root + ahead * (long + 0.1), 0.075, 0.055, b.segments)
    inside = cylinder(root - ahead * 0.1, root + ahead * (long + 0.3), 0.066, 0.044, b.segments)
    b.add("trunk", trunk - hollow - inside - inside.mirror((1, 0, 0)), "", "hollow", "fabric")
    b.add_all("sleeve", both_sides(sleeve - inside - hollow), "sleeves", "long" if long > 0.3 else "short", "fabric")
    neck = smooth[-1][0]

    def front(height: float) -> float:
        return float(np.interp(height, smooth[:, 1], smooth[:, 0])) * deep / wide

    b.add("collar", torus((0, 0, tall), neck, 0.018).scale((1, deep / wide * 1.05, 1)), "", "round", "fabric")
    if b.chance(0.5):
        b.add_all(
            "button",
            [ellipsoid((0, -front(z), z), (0.011, 0.008, 0.011), 12) for z in tall * (0.12 + 0.12 * np.arange(b.integer(3, 6)))],
            "buttons",
            "small round",
            "plastic",
        )
    if b.chance(0.4):
        b.add("pocket", box((0.09, 0.014, 0.1), (wide * 0.4, -front(tall * 0.62) * 0.93, tall * 0.62), 0.003), "", "flat", "fabric")
    return f"a shirt with {'long' if long > 0.3 else 'short'} sleeves"


def umbrella(b: Builder) -> str:
    """An open umbrella with ribs."""
    radius, ribs, tall = b.uniform(0.4, 0.6), b.integer(6, 10), b.uniform(0.75, 0.95)
    dome = b.uniform(0.15, 0.3)
    outer = bezier([(0.004, tall), (radius * 0.6, tall), (radius, tall - dome)], 10)
    b.add("canopy", lathe([*outer, *(outer[::-1] - [0.0, 0.008])], ribs * 2), "top", "domed thin", "fabric")
    b.add("shaft", cylinder((0, 0, 0), (0, 0, tall + 0.07), 0.009, None, 14), "", "thin long", "metal")
    rib = sweep(
        bezier([(0.006, 0, tall - 0.008), (radius * 0.6, 0, tall - 0.008), (radius * 1.02, 0, tall - dome - 0.006)], 9), 0.004, None, 8
    )
    b.add_all("rib", around(rib, ribs), "top/ribs", "thin", "metal")
    b.add_all(
        "stretcher",
        around(cylinder((0.005, 0, tall - dome * 1.4), (radius * 0.55, 0, tall - dome * 0.36), 0.003, None, 6), ribs),
        "top/stretchers",
        "thin",
        "metal",
    )
    b.add(
        "handle",
        sweep(bezier([(0, 0, 0.05), (0, 0, -0.12), (0.09, 0, -0.14), (0.09, 0, -0.02)], 14), 0.014, None, 14),
        "",
        "hooked",
        "wood",
    )
    return f"an umbrella with {ribs} ribs"


def hamburger(b: Builder) -> str:
    """A hamburger of random layers."""
    radius, z, layers = b.uniform(0.05, 0.06), 0.0, b.integer(3, 7)
    b.add(
        "bottom bun",
        lathe([(0, 0), (radius * 0.95, 0), (radius, 0.008), (radius * 0.98, 0.016), (0, 0.016)], b.segments),
        "bun",
        "flat round",
        "food",
    )
    z = 0.015
    for _ in range(layers):
        kind = b.pick("patty", "cheese", "salad", "tomato")
        if kind == "patty":
            thick = b.uniform(0.01, 0.016)
            b.add(
                "patty",
                lathe([(0, z), (radius * 0.95, z), (radius * 1.03, z + thick / 2), (radius * 0.95, z + thick), (0, z + thick)], b.segments),
                "filling",
                "round thick",
                "food",
            )
        elif kind == "cheese":
            thick = 0.004
            b.add(
                "cheese",
                box((radius * 1.75, radius * 1.75, thick), (0, 0, z + thick / 2)).rotate((0, 0, b.uniform(0, 90))),
                "filling",
                "square thin",
                "food",
            )
        elif kind == "salad":
            thick = 0.008
            angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
            wave = radius * (1.05 + 0.06 * np.sin(9 * angle))
            b.add(
                "lettuce",
                extrude(np.stack([wave * np.cos(angle), wave * np.sin(angle)], 1), thick).translate((0, 0, z)),
                "filling",
                "wavy",
                "leaves",
            )
        else:
            thick = 0.007
            slices = around(cylinder((radius * 0.45, 0, z), (radius * 0.45, 0, z + thick), radius * 0.5, None, 24), 3, b.uniform(0, 90))
            b.add_all("tomato slice", slices, "filling/tomato", "round thin", "food")
        z += thick - 0.0004
    top = b.uniform(0.025, 0.04)
    dome = bezier([(radius * 1.02, z + 0.006), (radius * 1.0, z + top), (0.004, z + top)], 10)
    b.add(
        "top bun",
        lathe(
            [
                (0, z),
                (radius * 0.97, z),
                *dome,
                (0, z + top),
            ],
            b.segments,
        ),
        "bun",
        "domed",
        "food",
    )
    seeds = b.integer(0, 14)
    for number in range(seeds):
        reach = radius * 0.8 * ((number + 0.5) / seeds) ** 0.5
        height = float(np.interp(reach, dome[::-1, 0], dome[::-1, 1]))
        b.add(
            "seed",
            ellipsoid((reach, 0, height), (0.004, 0.0025, 0.002), 8).rotate((0, 0, 137.5 * number)),
            "bun/seeds",
            "small",
            "food",
        )
    return f"a hamburger with {layers} layers"


def cake(b: Builder) -> str:
    """A cake of tiers with candles or a cherry."""
    tiers, radius, z = b.integer(1, 4), b.uniform(0.12, 0.2), 0.01
    b.add(
        "plate",
        lathe([(0, 0), (radius * 0.8, 0), (radius * 1.3, 0.012), (radius * 1.3, 0.018), (0, 0.012)], b.segments),
        "",
        "flat round",
        "ceramic",
    )
    for _ in range(tiers):
        tall = b.uniform(0.06, 0.1)
        b.add("tier", cylinder((0, 0, z), (0, 0, z + tall), radius, None, b.segments), "tiers", "round", "food")
        if b.chance(0.6):
            b.add("icing", torus((0, 0, z + tall), radius, b.uniform(0.008, 0.014)), "tiers", "round", "food")
        if b.chance(0.4):
            b.add_all(
                "pearl", around(ellipsoid((radius, 0, z + 0.01), (0.01,) * 3, 10), b.integer(12, 20)), "tiers/pearls", "small round", "food"
            )
        z, radius = z + tall, radius * b.uniform(0.6, 0.8)
    candles = b.integer(0, 6)
    place = radius * 0.9 if candles > 1 else 0.0
    if candles:
        b.add_all(
            "candle", around(cylinder((place, 0, z - 0.005), (place, 0, z + 0.07), 0.006, None, 12), candles), "candles", "thin", "food"
        )
        b.add_all(
            "flame",
            around(lathe([(0, 0), (0.006, 0.008), (0, 0.025)], 10).translate((place, 0, z + 0.068)), candles),
            "candles/flames",
            "pointed",
            "glass",
        )
    else:
        b.add("cherry", ellipsoid((0, 0, z + 0.012), (0.018,) * 3, 16), "", "round", "food")
    return f"a cake of {tiers} tier{'s' if tiers > 1 else ''} with {candles or 'no'} candles"


def ice_cream(b: Builder) -> str:
    """Scoops on a cone."""
    radius, tall, scoops = b.uniform(0.025, 0.035), b.uniform(0.1, 0.14), b.integer(1, 3)
    b.add("cone", lathe([(0, -tall), (0.003, -tall), (radius, 0), (0, 0)], b.segments), "", "pointed", "food")
    b.add("cone rim", torus((0, 0, -0.004), radius, 0.004), "", "round", "food")
    z, size = radius * 0.5, radius * 1.15
    for _ in range(scoops):
        b.add(
            "scoop", ellipsoid((b.uniform(-0.003, 0.003), b.uniform(-0.003, 0.003), z), (size,) * 3, b.segments), "scoops", "round", "food"
        )
        z, size = z + size * 1.35, size * 0.92
    if b.chance(0.6):
        b.add("wafer", box((0.018, 0.004, 0.08), (0.01, 0, z - size * 0.4)).rotate((0, b.uniform(5, 25), 0)), "", "flat", "food")
    if b.chance(0.5):
        b.add("cherry", ellipsoid((0, 0, z - size * 0.3), (0.01,) * 3, 16), "topping", "round", "food")
        b.add(
            "cherry stem",
            sweep(bezier([(0, 0, z - size * 0.3), (0, 0, z + 0.02), (0.012, 0, z + 0.035)], 8), 0.0014, None, 6),
            "topping",
            "thin",
            "leaves",
        )
    return f"an ice cream cone with {scoops} scoop{'s' if scoops > 1 else ''}"


def stacking_toy(b: Builder) -> str:
    """Rings, discs and blocks stacked on a rod."""
    count, z, radius = b.integer(3, 7), 0.02, b.uniform(0.06, 0.08)
    b.add("base", cylinder((0, 0, 0), (0, 0, 0.022), radius * 1.15, radius * 1.05, b.segments), "", "round", "wood")
    for _ in range(count):
        thick = b.uniform(0.012, 0.016)
        kind = b.pick("ring", "disc", "block")
        if kind == "ring":
            b.add("ring", torus((0, 0, z + thick), radius - thick * 0.4, thick), "rings", "round", "plastic")
        elif kind == "disc":
            b.add("disc", cylinder((0, 0, z), (0, 0, z + 2 * thick), radius, None, b.segments), "rings", "flat", "wood")
        else:
            b.add(
                "block",
                box((radius * 1.7, radius * 1.7, 2 * thick), (0, 0, z + thick), 0.004).rotate((0, 0, b.uniform(0, 90))),
                "rings",
                "square",
                "wood",
            )
        z, radius = z + 1.7 * thick, radius * b.uniform(0.82, 0.95)
    b.add("rod", cylinder((0, 0, 0.01), (0, 0, z + 0.015), 0.009, None, 16), "", "upright", "wood")
    b.add("ball", ellipsoid((0, 0, z + 0.02), (0.02,) * 3, 20), "", "round", "plastic")
    if b.chance(0.3):
        coil = helix(0.012, 0.05, 4, 60) + [0, 0, z + 0.035]
        b.add("spring", sweep(coil, 0.003, None, 8), "", "coiled", "metal")
    return f"a stacking toy of {count} pieces"
