"""Buildings, bridges and plants."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ..builder import Builder, around, both_sides, in_row
from ..solids import bezier, box, cylinder, ellipsoid, extrude, lathe, plate, regular_polygon, sweep, torus

__all__ = ["bridge", "cactus", "castle", "fence", "flower", "house", "lighthouse", "mushroom", "potted_plant", "temple", "tree", "windmill"]


def _gable(width: float, depth: float, rise: float, overhang: float = 0.15) -> Manifold:
    """A prism roof over a rectangle, its ridge along y, its eaves at z = 0."""
    outline = [(-width / 2 - overhang, -0.06), (width / 2 + overhang, -0.06), (0, rise)]
    return extrude(outline, depth + 2 * overhang).translate((0, 0, -(depth + 2 * overhang) / 2)).rotate((90, 0, 0))


def house(b: Builder) -> str:
    """A house with windows, a door, a roof, some with porch or garage."""
    width, depth, floors = b.uniform(4, 8), b.uniform(4, 7), b.integer(1, 3)
    tall = 2.6 * floors
    b.add("walls", box((width, depth, tall), (0, 0, tall / 2)), "building", "boxy", b.pick("stone", "wood"))
    rise = b.uniform(1.0, 3.0)
    roof = b.pick("gable", "hip", "flat")
    if roof == "gable":
        b.add("roof", _gable(width, depth, rise).translate((0, 0, tall)), "roof", "gabled", "ceramic")
    elif roof == "hip":
        b.add(
            "roof",
            extrude(
                [
                    (-width / 2 - 0.2, -depth / 2 - 0.2),
                    (width / 2 + 0.2, -depth / 2 - 0.2),
                    (width / 2 + 0.2, depth / 2 + 0.2),
                    (-width / 2 - 0.2, depth / 2 + 0.2),
                ],
                rise,
                0,
                (0.15, 0.3),
            ).translate((0, 0, tall - 0.05)),
            "roof",
            "hipped",
            "ceramic",
        )
    else:
        b.add("roof", box((width + 0.3, depth + 0.3, 0.3), (0, 0, tall + 0.1)), "roof", "flat", "stone")
    front = -depth / 2
    b.add("door", box((0.95, 0.14, 2.05), (b.uniform(-0.2, 0.2) * width, front, 1.0)), "openings", "upright", "wood")
    bays = b.integer(2, 4)
    for floor in range(floors):
        for bay in range(bays):
            x = width * ((bay + 0.5) / bays - 0.5)
            if floor == 0 and abs(x) < 1.0 + 0.2 * width:
                continue
            z = 2.6 * floor + 1.5
            b.add("window", box((0.85, 0.12, 1.05), (x, front, z)), "openings/windows", "square", "glass")
            if b.chance(0.3):
                b.add("sill", box((1.05, 0.3, 0.08), (x, front - 0.05, z - 0.56)), "openings/sills", "flat", "stone")
    if b.chance(0.7) and roof != "flat":
        b.add("chimney", box((0.6, 0.6, rise + 1.2), (width * 0.25, depth * 0.2, tall + rise * 0.5)), "roof", "upright", "stone")
    if b.chance(0.4):
        b.add("porch roof", box((2.6, 1.4, 0.14), (0, front - 0.7, 2.5)), "porch", "flat", "wood")
        b.add_all(
            "porch post",
            both_sides(cylinder((1.15, front - 1.25, 0), (1.15, front - 1.25, 2.5), 0.09, None, 16)),
            "porch",
            "upright",
            "wood",
        )
        b.add("step", box((2.2, 1.2, 0.25), (0, front - 0.6, 0.12)), "porch", "flat", "stone")
    if b.chance(0.3):
        b.add("garage", box((3, depth * 0.8, 2.4), (width / 2 + 1.49, 0, 1.2)), "building", "boxy", "stone")
        b.add("garage door", box((2.4, 0.12, 2.0), (width / 2 + 1.5, -depth * 0.4, 1.0)), "openings", "wide", "metal")
    return f"a house of {floors} floor{'s' if floors > 1 else ''} with a {roof} roof"


def castle(b: Builder) -> str:
    """Four walls with towers, a gate, and a keep in some."""
    half, wall, tall = b.uniform(4, 6), 0.8, b.uniform(2, 3.5)
    b.add("courtyard", box((2 * half, 2 * half, 0.3), (0, 0, 0.1)), "", "flat", "stone")
    for x, y, long, turn in ((0, -half, 2 * half, 0), (0, half, 2 * half, 0), (half, 0, 2 * half, 90), (-half, 0, 2 * half, 90)):
        b.add("wall", box((long, wall, tall), (0, 0, tall / 2)).rotate((0, 0, turn)).translate((x, y, 0)), "walls", "long", "stone")
    radius, high = b.uniform(0.9, 1.5), tall * b.uniform(1.3, 2.0)
    conical = b.chance()
    for number, (x, y) in enumerate(((half, half), (-half, half), (half, -half), (-half, -half))):
        group = f"towers/tower {number + 1}"
        b.add("tower", cylinder((x, y, 0), (x, y, high), radius, None, b.segments), group, "round", "stone")
        if conical:
            b.add(
                "tower roof",
                cylinder((x, y, high - 0.01), (x, y, high + radius * 2), radius * 1.2, 0.02, b.segments),
                group,
                "pointed",
                "ceramic",
            )
        else:
            b.add_all(
                "battlement",
                [m.translate((x, y, high)) for m in around(box((0.5, 0.5, 0.6), (radius * 0.85, 0, 0.28)), 7)],
                f"{group}/battlements",
                "boxy",
                "stone",
            )
    gate = box((1.8, 2, 2.2), (0, -half, 1.1))
    b.carve(gate, "wall")
    b.add("gate", box((1.9, 0.2, 2.25), (0, -half, 1.1)), "gate", "flat", "wood")
    b.add_all("gate tower", both_sides(box((1.1, 1.5, high * 0.9), (1.45, -half, high * 0.45))), "gate", "square", "stone")
    if b.chance(0.7):
        keep = b.uniform(1.4, 2.2)
        b.add("keep", box((2 * keep, 2 * keep, high * 1.4), (0, half * 0.25, high * 0.7)), "keep", "tall square", "stone")
        b.add(
            "keep roof",
            extrude(regular_polygon(4, keep * 1.6, 45), keep, 0, (0.05, 0.05)).translate((0, half * 0.25, high * 1.4 - 0.01)),
            "keep",
            "pointed",
            "ceramic",
        )
    return f"a castle with four {'pointed' if conical else 'crenellated'} towers"


def temple(b: Builder) -> str:
    """Columns around, on steps, under a pediment."""
    columns, rows = b.integer(4, 7), b.integer(2, 6)
    pitch, radius, tall = 1.2, b.uniform(0.2, 0.3), b.uniform(2.5, 4)
    width, depth = pitch * (columns - 1), pitch * (rows - 1)
    for number in range(b.integer(1, 3)):
        grow = 1.4 - 0.35 * number
        b.add("step", box((width + 2 * grow, depth + 2 * grow, 0.25), (0, 0, 0.12 + 0.24 * number)), "steps", "flat", "stone")
    floor = 0.24 * len(b.parts)
    shaft = cylinder((0, 0, floor - 0.01), (0, 0, floor + tall), radius, radius * 0.8, b.segments)
    cap = box((2.6 * radius, 2.6 * radius, 0.18), (0, 0, floor + tall))
    for column in range(columns):
        for row in range(rows):
            if 0 < column < columns - 1 and 0 < row < rows - 1:
                continue
            place = (pitch * column - width / 2, pitch * row - depth / 2, 0)
            b.add("column", shaft.translate(place), "columns/shafts", "round tapered", "stone")
            b.add("capital", cap.translate(place), "columns/capitals", "square", "stone")
    top = floor + tall + 0.08
    b.add("entablature", box((width + 0.9, depth + 0.9, 0.5), (0, 0, top + 0.24)), "top", "long", "stone")
    b.add("pediment", _gable(width + 0.9, depth + 0.9, b.uniform(0.7, 1.3), 0.1).translate((0, 0, top + 0.54)), "top", "gabled", "stone")
    if b.chance(0.5) and rows > 2 and columns > 3:
        b.add("cella", box((width - pitch, depth - pitch * 0.8, tall), (0, 0, floor + tall / 2)), "", "boxy", "stone")
    return f"a temple of {columns} by {rows} columns"


def lighthouse(b: Builder) -> str:
    """A banded tower with a gallery and a lantern."""
    tall, low, high = b.uniform(6, 10), b.uniform(1.2, 1.7), b.uniform(0.7, 1.0)
    b.add("rock base", lathe([(0, 0), (low * 1.7, 0), (low * 1.4, 0.5), (low * 1.2, 0.8), (0, 0.8)], 14), "", "round", "stone")
    bands = b.integer(1, 5)
    for number in range(bands):
        a, c = number / bands, (number + 1) / bands
        b.add(
            "tower band",
            cylinder((0, 0, 0.7 + tall * a), (0, 0, 0.7 + tall * c), low + (high - low) * a, low + (high - low) * c, b.segments),
            "tower",
            "round",
            "paint",
        )
    top = 0.7 + tall
    b.add("gallery", cylinder((0, 0, top - 0.01), (0, 0, top + 0.15), high * 1.5, None, b.segments), "top", "flat round", "metal")
    posts = b.integer(8, 14)
    b.add_all(
        "railing post",
        around(cylinder((high * 1.42, 0, top + 0.14), (high * 1.42, 0, top + 0.7), 0.035, None, 8), posts),
        "top/railing",
        "thin",
        "metal",
    )
    b.add("railing", torus((0, 0, top + 0.7), high * 1.42, 0.04), "top/railing", "round thin", "metal")
    b.add("lantern", cylinder((0, 0, top + 0.14), (0, 0, top + 1.3), high * 0.75, None, 16), "top", "round", "glass")
    b.add(
        "dome",
        lathe(
            [(0, 0), (high * 0.95, 0), *bezier([(high * 0.9, 0.05), (high * 0.8, 0.6), (0.05, 0.75)], 8), (0, 0.75)], b.segments
        ).translate((0, 0, top + 1.29)),
        "top",
        "domed",
        "metal",
    )
    b.add("door", box((0.9, 0.4, 1.6), (0, -low * 1.0, 1.5)), "tower", "upright", "wood")
    return f"a lighthouse with {bands} bands"


def windmill(b: Builder) -> str:
    """A tower with a cap and turning sails."""
    tall, low, high = b.uniform(4, 6), b.uniform(1.4, 2.0), b.uniform(0.9, 1.3)
    corners = b.pick(8, 32)
    b.add("tower", cylinder((0, 0, 0), (0, 0, tall), low, high, corners), "", "tapered", b.pick("stone", "wood"))
    b.add(
        "cap",
        lathe([(0, 0), (high * 1.1, 0), (high * 0.9, 0.5), (high * 0.3, 1.0), (0, 1.1)], b.segments).translate((0, 0, tall - 0.01)),
        "",
        "domed",
        "wood",
    )
    y, z = -high * 1.35, tall + 0.4
    b.add("axle", cylinder((0, -high * 0.5, z), (0, y - 0.2, z), 0.14, None, 16), "sails", "round", "wood")
    reach, sails = tall * b.uniform(0.6, 0.75), b.pick(4, 4, 6)
    turn = b.uniform(0, 90)
    for number in range(sails):
        angle = turn + 360 * number / sails
        b.add(
            "spar",
            box((0.12, 0.1, reach), (0, 0, reach / 2)).rotate((0, angle, 0)).translate((0, y, z)),
            f"sails/sail {number + 1}",
            "long",
            "wood",
        )
        b.add(
            "canvas",
            box((reach * 0.24, 0.05, reach * 0.72), (reach * 0.11, 0.02, reach * 0.6)).rotate((0, angle, 0)).translate((0, y, z)),
            f"sails/sail {number + 1}",
            "flat",
            "fabric",
        )
    b.add("door", box((0.9, 0.5, 1.7), (0, -low * 0.95, 0.85)), "openings", "upright", "wood")
    b.add_all(
        "window",
        in_row(box((0.5, 0.5, 0.6), (0, -(low + high) / 2, tall * 0.55)), b.integer(1, 2), (0, 0, tall * 0.22)),
        "openings",
        "square",
        "glass",
    )
    return f"a windmill with {sails} sails"


def bridge(b: Builder) -> str:
    """A bridge: arches, beams, a suspension bridge or a truss."""
    long, wide, high = b.uniform(12, 24), b.uniform(2, 3.5), b.uniform(2, 4)
    kind = b.pick("arch", "beam", "suspension", "truss")
    deck = box((long, wide, 0.35), (0, 0, high))
    b.add("deck", deck, "deck", "long flat", b.pick("stone", "metal", "wood"))
    rail = box((long, 0.08, 0.1), (0, wide / 2 - 0.06, high + 1.0))
    posts = b.integer(6, 12)
    b.add_all("railing", both_sides(rail, 1), "deck/railings", "long thin", "metal")
    post = in_row(box((0.08, 0.08, 0.95), (0, wide / 2 - 0.06, high + 0.6)), posts, (long / posts, 0, 0))
    b.add_all("railing post", [x for p in post for x in both_sides(p, 1)], "deck/railings", "upright thin", "metal")
    if kind == "arch":
        count = b.integer(1, 3)
        body = box((long, wide * 0.9, high), (0, 0, high / 2 - 0.1))
        for number in range(count):
            x = long * ((number + 0.5) / count - 0.5)
            radius = long / count * 0.42
            body -= cylinder((0, -wide, 0), (0, wide, 0), 1.0, None, 48).scale((radius, 1, high * 0.85)).translate((x, 0, -0.1))
        b.add("arches", body, "support", "arched", "stone")
        word = f"{count} arch{'es' if count > 1 else ''}"
    elif kind == "suspension":
        rise = b.uniform(3, 6)
        for x in (-long * 0.3, long * 0.3):
            leg = box((0.5, 0.4, high + rise), (x, wide / 2 + 0.1, (high + rise) / 2))
            b.add_all("tower leg", both_sides(leg, 1), f"tower {1 + (x > 0)}", "tall", "metal")
            b.add("cross beam", box((0.45, wide + 0.4, 0.4), (x, 0, high + rise * 0.8)), f"tower {1 + (x > 0)}", "horizontal", "metal")
        along = np.linspace(-long / 2, long / 2, 41)
        middle = np.abs(along) <= long * 0.3
        z = np.where(
            middle,
            high + 0.6 + (rise - 0.7) * (along / (long * 0.3)) ** 2,
            high + rise - 0.1 - (rise - 0.1) * (np.abs(along) - long * 0.3) / (long * 0.2),
        )
        for side in (-1, 1):
            y = side * (wide / 2 + 0.1)
            b.add("cable", sweep(np.stack([along, np.full(41, y), z], 1), 0.08, None, 8), "cables", "curved long", "metal")
            hangers = [
                cylinder((along[number], y * 0.98, high), (along[number], y, z[number]), 0.035, None, 6) for number in range(2, 39, 3)
            ]
            b.add_all("hanger", hangers, "cables/hangers", "thin upright", "metal")
        word = "two towers and cables"
    else:
        count = b.integer(2, 4)
        b.add_all(
            "pier", in_row(box((0.7, wide * 0.85, high), (0, 0, high / 2)), count, (long / count, 0, 0)), "support", "upright", "stone"
        )
        word = f"{count} piers"
        if kind == "truss":
            rise, panels = b.uniform(1.6, 2.4), b.integer(5, 9)
            step = long / panels
            for side in (-1, 1):
                y = side * (wide / 2 + 0.05)
                b.add("top chord", box((long - step, 0.16, 0.16), (0, y, high + rise)), "truss", "long", "metal")
                for number in range(panels):
                    x = -long / 2 + step * number
                    peak = (x + step / 2, y, high + rise)
                    b.add_all(
                        "diagonal",
                        [cylinder((x, y, high), peak, 0.06, None, 8), cylinder((x + step, y, high), peak, 0.06, None, 8)],
                        "truss/diagonals",
                        "thin",
                        "metal",
                    )
            word += " and a truss"
    return f"a {kind} bridge with {word}"


def fence(b: Builder) -> str:
    """Pickets on rails between posts."""
    count, tall, pitch = b.integer(5, 14), b.uniform(0.8, 1.4), b.uniform(0.12, 0.2)
    long = pitch * count
    pointed = b.chance()
    slat = plate(
        [
            (-pitch * 0.35, 0),
            (pitch * 0.35, 0),
            (pitch * 0.35, tall * 0.9),
            (0, tall if pointed else tall * 0.9 + 1e-3),
            (-pitch * 0.35, tall * 0.9),
        ],
        0.025,
    ).rotate((90, 0, 0))
    b.add_all("picket", in_row(slat.translate((0, 0, 0.05)), count, (pitch, 0, 0)), "pickets", "upright flat", "wood")
    b.add_all("rail", [box((long, 0.05, 0.09), (0, 0.03, tall * share)) for share in (0.25, 0.75)], "rails", "long", "wood")
    post = box((0.11, 0.11, tall * 1.15), (long / 2 + 0.02, 0.03, tall * 0.55))
    b.add_all("post", both_sides(post), "posts", "upright square", "wood")
    if b.chance():
        b.add_all("finial", both_sides(ellipsoid((long / 2 + 0.02, 0.03, tall * 1.17), (0.08,) * 3, 18)), "posts/finials", "round", "wood")
    return f"a fence of {count} {'pointed' if pointed else 'flat'} pickets"


def tree(b: Builder) -> str:
    """A tree with a round crown, a fir or a palm."""
    tall, radius = b.uniform(1.5, 3.0), b.uniform(0.1, 0.2)
    kind = b.pick("round", "fir", "palm")
    lean = (b.uniform(-0.3, 0.3), b.uniform(-0.3, 0.3))
    path = bezier([(0, 0, 0), (0, 0, tall * 0.5), (lean[0], lean[1], tall)], 10)
    b.add("trunk", sweep(path, np.linspace(radius, radius * 0.6, 10), None, 14), "", "upright", "bark")
    top = path[-1]
    if kind == "fir":
        layers = b.integer(3, 5)
        for number in range(layers):
            wide = tall * (0.5 - 0.35 * number / layers)
            z = tall * (0.35 + 0.75 * number / layers)
            b.add(
                "layer",
                cylinder((lean[0] * 0.5, lean[1] * 0.5, z), (lean[0], lean[1], z + tall * 0.45), wide, 0.03, 16),
                "crown",
                "conical",
                "leaves",
            )
        return f"a fir of {layers} layers"
    if kind == "palm":
        count, reach = b.integer(6, 10), b.uniform(0.8, 1.4)
        frond = sweep(
            bezier([(0, 0, 0), (reach * 0.5, 0, 0.35), (reach, 0, -0.3)], 9),
            np.array([0.4, 0.9, 1, 1, 1, 0.9, 0.7, 0.4, 0.15]),
            np.array([(-0.02, -0.16), (0.02, -0.16), (0.02, 0.16), (-0.02, 0.16)]),
        )
        b.add_all("frond", [f.translate(tuple(top - [0, 0, 0.02])) for f in around(frond, count)], "crown", "long flat", "leaves")
        b.add_all(
            "coconut",
            [
                c.translate(tuple(top - [0, 0, 0.1]))
                for c in around(ellipsoid((radius * 0.6 + 0.05, 0, 0), (0.1, 0.1, 0.12), 14), b.integer(2, 4))
            ],
            "fruit",
            "round",
            "wood",
        )
        return f"a palm with {count} fronds"
    branches = b.integer(2, 5)
    for number in range(branches):
        turn = 2 * np.pi * (number + b.uniform(-0.2, 0.2)) / branches
        start = path[5 + number % 4]
        end = start + [np.cos(turn) * tall * 0.35, np.sin(turn) * tall * 0.35, tall * b.uniform(0.2, 0.4)]
        b.add("branch", cylinder(start, end, radius * 0.45, radius * 0.25, 12), "branches", "slim", "bark")
        b.add("foliage", ellipsoid(end, np.array([1, 1, 0.85]) * tall * b.uniform(0.16, 0.26), 20), "crown", "round", "leaves")
    b.add("foliage", ellipsoid(top, np.array([1, 1, 0.9]) * tall * b.uniform(0.22, 0.32), 24), "crown", "round", "leaves")
    return f"a tree with {branches} branches"


def flower(b: Builder) -> str:
    """A blossom of petals on a stem with leaves."""
    tall, petals, size = b.uniform(0.25, 0.5), b.integer(4, 12), b.uniform(0.04, 0.08)
    bend = (b.uniform(-0.06, 0.06), b.uniform(-0.1, 0.0), tall)
    path = bezier([(0, 0, 0), (0, 0, tall * 0.6), bend], 12)
    b.add("stem", sweep(path, 0.005, None, 10), "", "thin long", "leaves")
    b.add("heart", ellipsoid(bend, (size * 0.35, size * 0.35, size * 0.2), 20), "blossom", "round", "food")
    tilt = b.uniform(-10, 50)
    petal = ellipsoid((size * 0.75, 0, 0), (size * 0.6, size * b.uniform(0.25, 0.45), size * 0.08), 18).rotate((0, -tilt, 0))
    b.add_all("petal", [p.translate(bend) for p in around(petal, petals)], "blossom/petals", "flat", "fabric")
    for number in range(b.integer(1, 4)):
        leaf = ellipsoid((0.06, 0, 0), (0.06, 0.02, 0.005), 16).rotate((0, -b.uniform(10, 60), b.uniform(0, 360)))
        b.add("leaf", leaf.translate(tuple(path[3 + number])), "leaves", "flat", "leaves")
    return f"a flower with {petals} petals"


def potted_plant(b: Builder) -> str:
    """Leaves out of a pot."""
    radius, tall = b.uniform(0.08, 0.14), b.uniform(0.12, 0.22)
    top = radius * b.uniform(1.0, 1.35)
    b.add(
        "pot",
        lathe([(0, 0), (radius, 0), (top, tall), (top * 0.9, tall), (radius * 0.85, 0.03), (0, 0.03)], b.segments),
        "pot",
        "hollow round",
        "ceramic",
    )
    if b.chance():
        b.add("pot rim", torus((0, 0, tall), top * 0.97, 0.01), "pot", "round", "ceramic")
    b.add("soil", cylinder((0, 0, tall * 0.5), (0, 0, tall * 0.88), top * 0.9, None, b.segments), "pot", "flat round", "bark")
    leaves = b.integer(5, 12)
    for number in range(leaves):
        turn, reach, rise = 2 * np.pi * number / leaves + b.uniform(-0.2, 0.2), b.uniform(0.08, 0.25), b.uniform(0.1, 0.4)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        path = bezier([np.array([0, 0, tall * 0.8]), out * reach * 0.3 + [0, 0, tall + rise], out * reach + [0, 0, tall + rise * 0.8]], 9)
        b.add(
            "leaf",
            sweep(
                path,
                np.array([0.15, 0.3, 0.6, 0.9, 1, 1, 0.8, 0.5, 0.12]),
                np.array([(-0.003, -0.03), (0.003, -0.03), (0.003, 0.03), (-0.003, 0.03)]),
            ),
            "leaves",
            "long",
            "leaves",
        )
    if b.chance(0.3):
        b.add(
            "saucer",
            lathe([(0, -0.01), (top, -0.01), (top * 1.15, 0.012), (top * 1.1, 0.014), (top * 0.9, 0.002), (0, 0.002)], b.segments),
            "",
            "flat round",
            "ceramic",
        )
    return f"a potted plant with {leaves} leaves"


def cactus(b: Builder) -> str:
    """A cactus with arms, some in a pot."""
    radius, tall, arms = b.uniform(0.12, 0.2), b.uniform(0.8, 1.5), b.integer(0, 4)
    limbs = [("trunk", [[0, 0, 0, radius], [0, 0, tall * 0.5, radius], [0, 0, tall, radius * 0.85]], "")]
    for number in range(arms):
        turn, z, reach = b.uniform(0, 6.28), tall * b.uniform(0.3, 0.65), radius * b.uniform(1.8, 2.6)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        points = [np.array([0, 0, z]), out * reach + [0, 0, z], out * reach * 1.05 + [0, 0, z + tall * b.uniform(0.15, 0.4)]]
        limbs.append(("arm", [[*point, radius * 0.6] for point in points], f"arms/arm {number + 1}"))
    b.blend(limbs, 0.02, "", "leaves")
    if b.chance(0.6):
        b.add("pot", lathe([(0, -0.4), (radius * 1.6, -0.4), (radius * 2.1, 0.02), (0, 0.02)], b.segments), "", "round", "ceramic")
    b.add_all("flower", [ellipsoid((0, 0, tall + radius * 0.85), (0.07, 0.07, 0.05), 16)][: b.integer(0, 1)], "flowers", "small", "fabric")
    return f"a cactus with {arms or 'no'} arms"


def mushroom(b: Builder) -> str:
    """A group of mushrooms on the ground."""
    count = b.integer(1, 4)
    for number in range(count):
        tall, cap, thin = b.uniform(0.08, 0.2), b.uniform(0.05, 0.12), b.uniform(0.012, 0.03)
        place = (0, 0, 0) if number == 0 else (b.uniform(-0.15, 0.15), b.uniform(-0.15, 0.15), 0)
        stem = lathe([(0, 0), (thin * 1.3, 0), (thin, tall * 0.5), (thin * 0.8, tall), (0, tall)], b.segments)
        b.add("stem", stem.translate(place), f"mushroom {number + 1}", "upright", "food")
        dome = b.uniform(0.4, 1.0) * cap
        outline = bezier([(cap, 0), (cap * 1.05, dome * 0.9), (0.004, dome)], 12)
        b.add(
            "cap",
            lathe([(0, 0.005), (cap * 0.95, -0.004), *outline, (0, dome)], b.segments).translate((place[0], place[1], tall - 0.006)),
            f"mushroom {number + 1}",
            "domed",
            "food",
        )
        if b.chance(0.4):
            b.add(
                "skirt",
                lathe(
                    [(thin * 0.7, tall * 0.7), (thin * 1.9, tall * 0.62), (thin * 1.9, tall * 0.65), (thin * 0.7, tall * 0.74)], b.segments
                ).translate(place),
                f"mushroom {number + 1}",
                "thin",
                "food",
            )
    b.add("ground", ellipsoid((0, 0, -0.01), (0.22, 0.22, 0.03), 24), "", "flat", "bark")
    return f"a group of {count} mushrooms" if count > 1 else "a mushroom"
