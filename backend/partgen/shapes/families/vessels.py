"""What holds something."""

from __future__ import annotations

import numpy as np

from ..builder import Builder, around, both_sides, in_row
from ..solids import bezier, box, cylinder, ellipsoid, lathe, sweep, torus, vessel_wall

__all__ = ["basket", "bottle", "bucket", "mug", "pan", "teapot", "vase", "wine_glass"]


def _handle(b: Builder, radius: float, low: float, high: float, thick: float, out: float) -> object:
    """A grip at the side +x of a round vessel, its ends inside the wall."""
    path = bezier([(radius, 0, low), (radius + out * 1.3, 0, low), (radius + out * 1.3, 0, high), (radius, 0, high)], 14)
    section = None if b.chance() else np.array([[-1.4, -0.6], [1.4, -0.6], [1.4, 0.6], [-1.4, 0.6]])
    return sweep(path, thick, section, 12)


def mug(b: Builder) -> str:
    """A mug or a cup, some with lid or saucer."""
    radius, tall, wall = b.uniform(0.03, 0.05), b.uniform(0.06, 0.13), b.uniform(0.003, 0.007)
    material = b.pick("ceramic", "metal", "glass")
    flare = b.uniform(0.8, 1.15)
    body = vessel_wall(
        [(radius, 0), (radius * (1 + flare) / 2 * b.uniform(0.95, 1.1), tall / 2), (radius * flare, tall)], wall, b.segments * 2
    )
    b.add("cup", body, "", "round hollow", material)
    b.add(
        "handle",
        _handle(
            b,
            radius * min(flare, 1) - wall * 0.6,
            tall * b.uniform(0.15, 0.3),
            tall * b.uniform(0.7, 0.9),
            b.uniform(0.004, 0.008),
            b.uniform(0.02, 0.04),
        ),
        "",
        "curved",
        material,
    )
    if b.chance(0.25):
        b.add(
            "lid",
            lathe(
                [
                    (0, tall),
                    (radius * flare * 1.03, tall),
                    (radius * flare, tall + 0.006),
                    (0.008, tall + 0.009),
                    (0.008, tall + 0.02),
                    (0, tall + 0.02),
                ],
                b.segments,
            ),
            "",
            "flat",
            material,
        )
    if b.chance(0.3):
        saucer = lathe(
            [(0, -0.006), (radius * 0.8, -0.006), (radius * 2, 0.008), (radius * 2, 0.011), (radius * 0.8, 0.001), (0, 0.001)], b.segments
        )
        b.add("saucer", saucer, "", "flat round", material)
    return f"a {b.parts[0].material.name} {'mug' if tall > 0.09 else 'cup'} with a handle"


def teapot(b: Builder) -> str:
    """A teapot with spout, handle and lid."""
    radius, tall = b.uniform(0.07, 0.1), b.uniform(0.09, 0.16)
    material = b.pick("ceramic", "metal", "gold")
    outline = bezier([(radius * 0.6, 0), (radius * 1.5, tall * 0.2), (radius * 1.3, tall * 0.9), (radius * 0.45, tall)], 16)
    b.add("body", lathe([(0, 0), *outline, (0, tall)], b.segments * 2), "", "bulbous", material)
    spout = sweep(
        bezier(
            [
                (-radius * 0.7, 0, tall * 0.35),
                (-radius * 1.5, 0, tall * 0.3),
                (-radius * 1.4, 0, tall * 0.8),
                (-radius * 2.0, 0, tall * b.uniform(0.85, 1.05)),
            ],
            14,
        ),
        np.linspace(0.022, 0.01, 14),
        None,
        14,
    )
    b.add("spout", spout, "", "curved", material)
    if b.chance(0.7):
        b.add("handle", _handle(b, radius * 0.95, tall * 0.3, tall * 0.8, 0.008, radius * 0.7), "", "curved", b.pick(material, "wood"))
    else:
        arch = bezier(
            [
                (-radius * 0.5, 0, tall * 0.93),
                (-radius * 0.6, 0, tall * 1.9),
                (radius * 0.6, 0, tall * 1.9),
                (radius * 0.5, 0, tall * 0.93),
            ],
            16,
        )
        b.add("handle", sweep(arch, 0.007, None, 12), "", "arched", b.pick(material, "wood"))
    b.add(
        "lid",
        lathe([(0, tall * 0.98), (radius * 0.5, tall * 0.98), (radius * 0.35, tall * 1.08), (0, tall * 1.12)], b.segments),
        "lid",
        "domed",
        material,
    )
    b.add("knob", ellipsoid((0, 0, tall * 1.16), (0.013,) * 3, 16), "lid", "round", material)
    b.add("foot", cylinder((0, 0, -0.008), (0, 0, 0.004), radius * 0.55, None, b.segments), "", "round", material)
    return f"a {b.parts[0].material.name} teapot"


def bottle(b: Builder) -> str:
    """A bottle with a cap, a cork, a pump or open."""
    radius, tall = b.uniform(0.03, 0.06), b.uniform(0.12, 0.3)
    neck, shoulder = radius * b.uniform(0.25, 0.5), b.uniform(0.5, 0.8)
    material = b.pick("glass", "plastic", "metal")
    body = [(0, 0), (radius, 0), (radius, tall * shoulder)]
    b.add(
        "body",
        lathe(
            [
                *body,
                *bezier([(radius, tall * shoulder), (radius, tall * 0.85), (neck, tall * 0.8), (neck, tall * 0.9)], 8)[1:],
                (0, tall * 0.9),
            ],
            b.segments,
        ),
        "",
        "round",
        material,
    )
    b.add("neck", cylinder((0, 0, tall * 0.86), (0, 0, tall), neck, None, b.segments), "", "slim", material)
    cap = b.pick("cap", "cork", "pump", "none")
    if cap == "cap":
        b.add("cap", cylinder((0, 0, tall * 0.96), (0, 0, tall * 1.05), neck * 1.35, None, b.segments), "", "round", "plastic")
    elif cap == "cork":
        b.add("cork", cylinder((0, 0, tall * 0.98), (0, 0, tall * 1.05), neck * 0.8, neck, b.segments), "", "round", "wood")
    elif cap == "pump":
        b.add("collar", cylinder((0, 0, tall * 0.97), (0, 0, tall * 1.04), neck * 1.5, None, b.segments), "pump", "round", "plastic")
        b.add("stem", cylinder((0, 0, tall), (0, 0, tall * 1.2), neck * 0.35, None, 12), "pump", "thin", "plastic")
        b.add("nozzle", box((radius * 1.6, neck, neck * 0.8), (-radius * 0.5, 0, tall * 1.2), 0.002), "pump", "", "plastic")
    if b.chance(0.4):
        b.add(
            "label",
            cylinder((0, 0, tall * 0.15), (0, 0, tall * 0.42), radius * 1.02, None, b.segments)
            - cylinder((0, 0, 0), (0, 0, tall), radius * 0.97, None, b.segments),
            "",
            "flat",
            "paper",
        )
    return f"a {b.parts[0].material.name} bottle {'with a ' + cap if cap != 'none' else ''}"


def vase(b: Builder) -> str:
    """A vase, some with handles or flowers."""
    tall, wide = b.uniform(0.2, 0.5), b.uniform(0.06, 0.15)
    knots = (
        [(wide * b.uniform(0.3, 0.8), 0.0)]
        + [(wide * b.uniform(0.3, 1.2), tall * share) for share in (0.25, 0.5, 0.75)]
        + [(wide * b.uniform(0.3, 0.8), tall)]
    )
    outline = bezier(knots, 24)
    material = b.pick("ceramic", "glass", "gold")
    b.add("body", vessel_wall(outline, 0.008, b.segments * 2), "", "curved hollow", material)
    foot = knots[0][0]
    if b.chance(0.5):
        b.add(
            "foot",
            lathe([(0, -0.03), (foot * 1.3, -0.03), (foot * 1.2, -0.015), (foot * 0.8, 0.006), (0, 0.006)], b.segments),
            "",
            "round",
            material,
        )
    if b.chance(0.5):
        b.add("rim", torus((0, 0, tall), knots[-1][0], b.uniform(0.006, 0.014)), "", "round", material)
    handles = b.pick(0, 0, 1, 2)
    if handles:
        share = np.clip(np.interp([0.55, 0.88], np.linspace(0, 1, 24), outline[:, 0]), 0.01, None)
        path = bezier(
            [
                (share[0] - 0.004, 0, tall * 0.55),
                (wide * 1.8, 0, tall * 0.6),
                (wide * 1.6, 0, tall * 0.95),
                (share[1] - 0.004, 0, tall * 0.88),
            ],
            14,
        )
        grip = sweep(path, b.uniform(0.006, 0.012), None, 12)
        b.add_all("handle", both_sides(grip)[:handles], "handles", "curved", material)
    if b.chance(0.25):
        for number in range(b.integer(1, 5)):
            tip = (b.uniform(-0.12, 0.12), b.uniform(-0.12, 0.12), tall * b.uniform(1.4, 1.9))
            b.add(
                "stem",
                sweep(bezier([(0, 0, tall * 0.1), (0, 0, tall), tip], 10), 0.004, None, 8),
                f"flowers/flower {number + 1}",
                "thin",
                "leaves",
            )
            b.add("blossom", ellipsoid(tip, (0.03, 0.03, 0.02), 16), f"flowers/flower {number + 1}", "round", "fabric")
    return f"a {b.parts[0].material.name} vase with {handles or 'no'} handles"


def bucket(b: Builder) -> str:
    """A bucket with a bail."""
    radius, tall = b.uniform(0.1, 0.16), b.uniform(0.18, 0.3)
    material = b.pick("metal", "plastic", "wood")
    top = radius * b.uniform(1.05, 1.35)
    b.add("body", vessel_wall([(radius, 0), (top, tall)], 0.008, b.segments * 2), "", "hollow", material)
    b.add("rim", torus((0, 0, tall), top, 0.008), "", "round", material)
    lift = b.uniform(0.05, 1.2)
    angle = np.linspace(0, np.pi, 20)
    bow = np.stack(
        [(top + 0.006) * np.cos(angle), -np.cos(lift) * top * np.sin(angle), tall - 0.03 + np.sin(lift) * top * 1.2 * np.sin(angle)], 1
    )
    b.add("bail", sweep(bow, 0.005, None, 8), "handle", "thin arched", "metal")
    if b.chance(0.6):
        b.add("grip", sweep(bow[8:12], 0.014, None, 14), "handle", "round", b.pick("wood", "plastic"))
    b.add_all("ear", both_sides(ellipsoid((top + 0.004, 0, tall - 0.03), (0.012, 0.018, 0.018), 14)), "ears", "small", "metal")
    if material == "wood":
        b.add_all(
            "hoop",
            [torus((0, 0, tall * share), radius + (top - radius) * share + 0.003, 0.006) for share in (0.2, 0.75)],
            "hoops",
            "round",
            "metal",
        )
    return f"a {b.parts[0].material.name} bucket"


def pan(b: Builder) -> str:
    """A frying pan or a pot."""
    radius, tall = b.uniform(0.1, 0.16), b.uniform(0.03, 0.16)
    b.add(
        "bowl", vessel_wall([(radius * 0.9, 0), (radius, tall * 0.3), (radius, tall)], 0.006, b.segments * 2), "", "round hollow", "metal"
    )
    if tall > 0.08:
        root = (radius**2 - 0.05**2) ** 0.5 - 0.004
        grip = sweep(
            bezier(
                [
                    (root, -0.05, tall * 0.8),
                    (radius + 0.06, -0.05, tall * 0.8),
                    (radius + 0.06, 0.05, tall * 0.8),
                    (root, 0.05, tall * 0.8),
                ],
                12,
            ),
            0.008,
            None,
            10,
        )
        b.add_all("handle", both_sides(grip), "handles", "looped", b.pick("plastic", "metal"))
    else:
        reach = b.uniform(0.12, 0.25)
        b.add(
            "handle",
            box((reach, 0.028, 0.016), (radius + reach / 2 - 0.01, 0, tall * 0.8), 0.006).rotate((0, -b.uniform(0, 8), 0)),
            "",
            "long",
            b.pick("plastic", "wood", "metal"),
        )
    if b.chance(0.5):
        b.add(
            "lid",
            lathe([(0, tall), (radius * 1.02, tall), (radius, tall + 0.012), (0, tall + b.uniform(0.02, 0.05))], b.segments),
            "lid",
            "domed",
            b.pick("glass", "metal"),
        )
        b.add("knob", lathe([(0, tall), (0.008, tall), (0.02, tall + 0.07), (0, tall + 0.075)], 16), "lid", "round", "plastic")
    return f"a {'pot' if tall > 0.08 else 'frying pan'}"


def basket(b: Builder) -> str:
    """A basket of rods and rings."""
    radius, tall, count = b.uniform(0.12, 0.2), b.uniform(0.1, 0.25), b.integer(10, 20)
    top, material = radius * b.uniform(1.0, 1.3), b.pick("wood", "metal")
    b.add("bottom", cylinder((0, 0, 0), (0, 0, 0.015), radius, None, b.segments), "", "flat round", material)
    rod = cylinder((radius - 0.006, 0, 0.005), (top - 0.004, 0, tall), 0.005, None, 8)
    b.add_all("rod", around(rod, count), "wall/rods", "thin upright", material)
    rings = b.integer(2, 4)
    for share in np.arange(1, rings + 1) / (rings + 1):
        b.add("ring", torus((0, 0, tall * share), radius + (top - radius) * share - 0.004, 0.007), "wall/rings", "round", material)
    b.add("rim", torus((0, 0, tall), top - 0.004, 0.012), "wall", "round", material)
    if b.chance(0.6):
        angle = np.linspace(0, np.pi, 24)
        arch = np.stack([(top - 0.004) * np.cos(angle), np.zeros(24), tall + top * b.uniform(0.8, 1.4) * np.sin(angle)], 1)
        b.add("handle", sweep(arch, 0.01, None, 10), "", "arched", material)
    return f"a {b.parts[0].material.name} basket"


def wine_glass(b: Builder) -> str:
    """A wine glass on a stem."""
    stem, bowl = b.uniform(0.05, 0.1), b.uniform(0.03, 0.05)
    tall = b.uniform(0.06, 0.11)
    b.add("foot", lathe([(0, 0), (0.035, 0), (0.034, 0.003), (0.004, 0.01), (0, 0.01)], b.segments), "", "flat round", "glass")
    b.add("stem", cylinder((0, 0, 0.005), (0, 0, stem + 0.004), 0.004, None, 16), "", "thin", "glass")
    outline = bezier([(0.004, 0), (bowl * 1.4, tall * 0.1), (bowl * 1.2, tall * 0.7), (bowl * 0.8, tall)], 16)
    b.add("bowl", vessel_wall(outline, 0.0025, b.segments * 2).translate((0, 0, stem)), "", "round hollow", "glass")
    if b.chance(0.3):
        b.add_all(
            "knop", in_row(ellipsoid((0, 0, stem * 0.6), (0.008, 0.008, 0.006), 14), b.integer(1, 2), (0, 0, 0.014)), "", "round", "glass"
        )
    return "a wine glass on a stem"
