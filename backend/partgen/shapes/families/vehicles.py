"""What drives, flies and swims."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ..builder import Builder, around, both_sides, in_row
from ..solids import bezier, box, capsule, cylinder, ellipsoid, extrude, lathe, plate, rounded_rectangle, sweep, torus

__all__ = ["airplane", "bicycle", "boat", "car", "excavator", "helicopter", "rocket", "sailing_ship", "tank", "train", "truck"]


def _wheel(radius: float, width: float, segments: int) -> Manifold:
    """About the x axis, centred."""
    return cylinder((-width / 2, 0, 0), (width / 2, 0, 0), radius, None, segments)


def _along_x(outline: list[tuple[float, float]], width: float) -> Manifold:
    """A side view (y, z) made `width` wide, centred on x = 0."""
    return extrude(outline, width).translate((0, 0, -width / 2)).rotate((90, 0, 90))


def _wheels(b: Builder, places: list[float], half: float, radius: float, width: float) -> None:
    """Wheels on the ground at places along y, on both sides; their rims reach in to what they turn on."""
    for y in places:
        tyre = _wheel(radius, width, b.segments).translate((half, y, radius))
        b.add_all("tyre", both_sides(tyre), "wheels/tyres", "round", "rubber")
        hub = cylinder((half - 1.8 * width, y, radius), (half + 0.56 * width, y, radius), radius * 0.55, None, b.segments)
        b.add_all("rim", both_sides(hub), "wheels/rims", "round", "metal")


def car(b: Builder) -> str:
    """A saloon, a hatchback, a pickup or a van."""
    long, half, wheel = b.uniform(3.4, 4.8), b.uniform(0.75, 0.95), b.uniform(0.28, 0.4)
    low, belt, roof = wheel * 0.7, b.uniform(0.75, 0.95), b.uniform(1.25, 1.6)
    front, back = -long / 2, long / 2
    nose = b.uniform(0.8, 1.3)
    kind = b.pick("saloon", "hatchback", "pickup", "van")
    body = _along_x(
        [(front, low), (back, low), (back, belt), (front + nose, belt), (front + 0.1, belt * 0.85), (front, belt * 0.7)], 2 * half
    )
    for y in (front + 0.75, back - 0.75):
        for side in both_sides(cylinder((half - 0.26, y, wheel), (2, y, wheel), wheel * 1.12, None, 24)):
            body -= side
    b.add("body", body, "hull", kind, "paint")
    screen = front + nose
    rear = {"saloon": back - 0.7, "hatchback": back - 0.1, "pickup": 0.3, "van": back - 0.02}[kind]
    cabin = _along_x(
        [
            (screen, belt - 0.01),
            (rear, belt - 0.01),
            (rear - (0.05 if kind == "van" else 0.35), roof),
            (screen + (0.25 if kind == "van" else 0.6), roof),
        ],
        1.84 * half,
    )
    b.add("cabin", cabin, "hull", "", b.pick("glass", "paint"))
    if kind == "pickup":
        b.carve(box((1.7 * half, back - 0.75, 0.5), (0, (back + 0.45) / 2 + 0.1, belt)), "body")
    _wheels(b, [front + 0.75, back - 0.75], half - 0.1, wheel, 0.2)
    lamp = ellipsoid((half * 0.7, front + 0.03, belt * 0.68), (0.14, 0.06, 0.09), 16)
    b.add_all("headlight", both_sides(lamp), "lights", "round", "glass")
    if b.chance(0.7):
        b.add_all(
            "bumper",
            [box((1.95 * half, 0.14, 0.14), (0, y, low + 0.1), 0.04) for y in (front, back)],
            "bumpers",
            "long",
            b.pick("metal", "plastic"),
        )
    if b.chance(0.6):
        b.add_all(
            "mirror",
            both_sides(box((0.16, 0.08, 0.12), (half * 0.92 + 0.06, screen + 0.35, belt + 0.08), 0.02)),
            "mirrors",
            "small",
            "paint",
        )
    if b.chance(0.25):
        b.add(
            "spoiler",
            box((1.6 * half, 0.2, 0.03), (0, back - 0.1, belt + 0.2))
            + box((0.05, 0.1, 0.24), (half * 0.5, back - 0.1, belt + 0.1))
            + box((0.05, 0.1, 0.24), (-half * 0.5, back - 0.1, belt + 0.1)),
            "",
            "flat",
            "paint",
        )
    return f"a {b.parts[0].material.name} {kind}"


def truck(b: Builder) -> str:
    """A truck with a box, a tank, a tipper or a flatbed."""
    half, wheel, long = 1.1, b.uniform(0.4, 0.5), b.uniform(3.5, 6.5)
    front = -long / 2 - 1.6
    b.add("chassis", box((1.2, long + 1.6, 0.2), (0, -0.75, wheel + 0.15)), "", "long", "metal")
    tall = b.uniform(1.6, 2.3)
    outline = [(front, wheel), (front + 1.5, wheel), (front + 1.5, wheel + tall), (front + 0.3, wheel + tall), (front, wheel + tall * 0.5)]
    b.add("cab", _along_x(outline, 2 * half), "cab", "boxy", "paint")
    b.add("windscreen", box((1.7, 0.06, tall * 0.35), (0, front + 0.13, wheel + tall * 0.72)), "cab", "flat", "glass")
    kind = b.pick("box", "tank", "dump", "flatbed")
    middle, floor = 0.05, wheel + 0.22
    if kind == "box":
        b.add("cargo box", box((2 * half, long * 0.95, 2.2), (0, middle, floor + 1.1)), "load", "boxy", "paint")
    elif kind == "tank":
        b.add(
            "tank",
            capsule((0, -long * 0.33, floor + 0.85), (0, long * 0.33, floor + 0.85), 0.9, None, b.segments),
            "load",
            "round",
            "metal",
        )
    elif kind == "dump":
        tub = _along_x([(-long * 0.47, floor), (long * 0.4, floor), (long * 0.5, floor + 1.3), (-long * 0.47, floor + 1.3)], 2 * half)
        tub -= box((2 * half - 0.2, long * 0.85, 1.5), (0, 0, floor + 0.95))
        b.add("tipper", tub, "load", "open", "paint")
    else:
        b.add("bed", box((2 * half, long, 0.15), (0, middle, floor)), "load", "flat", "wood")
        b.add_all(
            "crate",
            in_row(box((1.2, 0.9, b.uniform(0.6, 1.1)), (0, 0, floor + 0.4)), b.integer(1, 3), (0, 1.1, 0)),
            "load/crates",
            "boxy",
            "wood",
        )
    places = [front + 0.8, *(long / 2 - 0.7 - 1.05 * number for number in range(b.integer(1, 2)))]
    _wheels(b, places, half - 0.15, wheel, 0.3)
    if b.chance(0.5):
        b.add_all(
            "exhaust",
            both_sides(cylinder((half * 0.8, front + 1.55, wheel), (half * 0.8, front + 1.55, wheel + tall + 0.4), 0.07, None, 16)),
            "exhausts",
            "upright",
            "metal",
        )
    return f"a {kind} truck"


def bicycle(b: Builder) -> str:
    """A bicycle."""
    wheel, apart, tube = b.uniform(0.28, 0.35), b.uniform(0.95, 1.1), b.uniform(0.012, 0.022)
    spokes = b.integer(6, 14)
    for name, y in (("front", -apart / 2), ("rear", apart / 2)):
        b.add("tyre", torus((0, y, wheel), wheel, b.uniform(0.015, 0.03), (1, 0, 0)), f"{name} wheel", "round thin", "rubber")
        b.add("hub", _wheel(0.03, 0.08, 16).translate((0, y, wheel)), f"{name} wheel", "small", "metal")
        spoke = cylinder((0, 0, 0), (0, 0, wheel), 0.004, None, 6)
        b.add_all(
            "spoke",
            [spoke.rotate((360 * number / spokes, 0, 0)).translate((0, y, wheel)) for number in range(spokes)],
            f"{name} wheel/spokes",
            "thin",
            "metal",
        )
    crank, seat, head = (
        np.array([0, 0.05, wheel * 0.9]),
        np.array([0, apart * 0.2, wheel + 0.45]),
        np.array([0, -apart * 0.3, wheel + 0.42]),
    )
    rear, front = np.array([0, apart / 2, wheel]), np.array([0, -apart / 2, wheel])
    for start, end in ((crank, seat), (seat - [0, 0, 0.05], head), (crank, head - [0, 0, 0.06])):
        b.add("tube", cylinder(start, end, tube, None, 16), "frame", "straight", "paint")
    for end in (crank, seat):
        stay = cylinder((0.03, rear[1], rear[2]), (0.015, end[1], end[2]), tube * 0.6, None, 12)
        b.add_all("stay", both_sides(stay), "frame/stays", "slim", "paint")
    fork = cylinder((0.035, front[1], front[2]), (0.02, head[1] - 0.02, head[2] - 0.06), tube * 0.7, None, 12)
    b.add_all("fork blade", both_sides(fork), "frame/fork", "slim", "paint")
    b.add("head tube", cylinder(head - [0, 0.03, 0.12], head + [0, 0.015, 0.1], tube * 1.2, None, 16), "frame", "short", "paint")
    bar = bezier(
        [
            (-0.28, head[1] + 0.15, head[2] + 0.1),
            (-0.2, head[1] - 0.05, head[2] + 0.13),
            (0.2, head[1] - 0.05, head[2] + 0.13),
            (0.28, head[1] + 0.15, head[2] + 0.1),
        ],
        16,
    )
    b.add("stem", cylinder(head + [0, 0, 0.04], head + [0, 0, 0.125], tube, None, 14), "steering", "short", "metal")
    b.add("handlebar", sweep(bar, tube * 0.8, None, 12), "steering", "curved", "metal")
    b.add_all("grip", both_sides(sweep(bar[-4:], tube * 1.3, None, 12)), "steering/grips", "round", "rubber")
    b.add(
        "saddle",
        extrude([(-0.03, -0.14), (0.03, -0.14), (0.08, 0.1), (-0.08, 0.1)], 0.05).translate((0, seat[1] + 0.02, seat[2] + 0.05)),
        "",
        "wedge",
        "leather",
    )
    b.add("seat post", cylinder(seat - [0, 0, 0.02], seat + [0, 0.01, 0.07], tube * 0.8, None, 12), "", "short", "metal")
    b.add("axle", cylinder(crank - [0.06, 0, 0], crank + [0.06, 0, 0], 0.012, None, 14), "drive", "short", "metal")
    b.add("chainring", _wheel(0.09, 0.012, 32).translate((0.035, crank[1], crank[2])), "drive", "flat round", "metal")
    for side, turn in ((1, 1), (-1, -1)):
        foot = crank + [side * 0.07, turn * 0.12, turn * -0.1]
        b.add("crank", cylinder(crank + [side * 0.05, 0, 0], foot, 0.01, None, 10), "drive/cranks", "short", "metal")
        b.add("pedal", box((0.09, 0.07, 0.02), foot + [side * 0.05, 0, 0]), "drive/pedals", "flat", "plastic")
    return f"a bicycle with {spokes} spokes a wheel"


def train(b: Builder) -> str:
    """A steam locomotive or a railway carriage."""
    half, wheel, long = b.uniform(0.9, 1.2), b.uniform(0.35, 0.5), b.uniform(4, 6)
    b.add("frame", box((2 * half, long, 0.25), (0, 0, wheel + 0.3)), "", "long", "metal")
    floor = wheel + 0.42
    if b.chance():
        radius = half * 0.75
        b.add(
            "boiler",
            cylinder((0, -long / 2, floor + radius), (0, long * 0.15, floor + radius), radius, None, b.segments),
            "engine",
            "round long",
            "paint",
        )
        b.add(
            "smokebox door",
            ellipsoid((0, -long / 2, floor + radius), (radius * 0.9, 0.15, radius * 0.9), b.segments),
            "engine",
            "round",
            "metal",
        )
        b.add(
            "chimney",
            lathe([(0, 0), (0.18, 0), (0.15, 0.4), (0.26, 0.75), (0, 0.75)], b.segments).translate((0, -long * 0.38, floor + 1.9 * radius)),
            "engine",
            "flared",
            "metal",
        )
        b.add_all(
            "dome",
            in_row(
                lathe([(0, 0), (0.24, 0), (0.24, 0.2), (0.1, 0.36), (0, 0.38)], b.segments).translate(
                    (0, -long * 0.1, floor + 1.9 * radius)
                ),
                b.integer(1, 2),
                (0, 0.9, 0),
            ),
            "engine/domes",
            "round",
            "gold",
        )
        b.add(
            "cab",
            box((2 * half, long * 0.3, 1.9), (0, long * 0.33, floor + 0.9))
            - box((2.2 * half, long * 0.15, 0.6), (0, long * 0.33, floor + 1.3)),
            "cab",
            "boxy",
            "paint",
        )
        b.add("roof", box((2.2 * half, long * 0.36, 0.1), (0, long * 0.33, floor + 1.88), 0.03), "cab", "flat", "paint")
        word = "steam locomotive"
    else:
        body = box((2 * half, long * 0.96, 2.0), (0, 0, floor + 0.95), 0.15)
        b.add("body", body, "carriage", "long", "paint")
        b.add(
            "roof",
            cylinder((0, -long * 0.47, 0), (0, long * 0.47, 0), half * 0.95, None, b.segments)
            .scale((1, 1, 0.35))
            .translate((0, 0, floor + 1.9)),
            "carriage",
            "curved",
            "metal",
        )
        count = b.integer(4, 7)
        window = box((0.1, 0.4, 0.55), (half - 0.03, 0, floor + 1.25), 0.02)
        row = in_row(window, count, (0, long * 0.9 / count, 0))
        b.add_all("window", [pane for one in row for pane in both_sides(one)], "carriage/windows", "square", "glass")
        word = "railway carriage"
    pairs = b.integer(2, 4)
    for y in np.linspace(-long * 0.38, long * 0.38, pairs):
        b.add_all("wheel", both_sides(_wheel(wheel, 0.14, b.segments).translate((half * 0.8, y, wheel))), "wheels", "round", "metal")
        b.add("axle", cylinder((-half * 0.8, y, wheel), (half * 0.8, y, wheel), 0.06, None, 12), "axles", "thin", "metal")
    b.add_all(
        "buffer",
        [
            x
            for y in (-1, 1)
            for x in both_sides(
                cylinder((half * 0.6, y * long / 2, wheel + 0.3), (half * 0.6, y * (long / 2 + 0.25), wheel + 0.3), 0.1, 0.14, 16)
            )
        ],
        "buffers",
        "round",
        "metal",
    )
    return f"a {word} on {2 * pairs} wheels"


def airplane(b: Builder) -> str:
    """An airplane with jets or propellers, some with two pairs of wings."""
    long, girth = b.uniform(6, 12), b.uniform(0.4, 0.8)
    tube = lathe(
        [
            (0, 0),
            *bezier([(0.02, 0), (girth, long * 0.02), (girth, long * 0.2), (girth, long * 0.45)], 10),
            *bezier([(girth, long * 0.6), (girth, long * 0.85), (girth * 0.25, long)], 10),
            (0, long),
        ],
        b.segments,
    )
    b.add("fuselage", tube.rotate((-90, 0, 0)).translate((0, -long / 2, 0)), "", "long round", "paint")
    span, chord, sweepback, tip = b.uniform(2.5, 5.5), b.uniform(0.8, 1.6), b.uniform(-0.1, 2.5), b.uniform(0.25, 0.9)
    level = b.pick(-0.5, 0.0, 0.8) * girth
    thin = b.uniform(0.08, 0.16)
    outline = [(0, -chord / 2), (span, -chord * tip / 2 + sweepback), (span, chord * tip / 2 + sweepback), (0, chord / 2)]
    wing = plate(outline, thin).rotate((0, -b.uniform(-1, 6), 0)).translate((girth * 0.3, -long * 0.05, level))
    b.add_all("wing", both_sides(wing), "wings", "swept" if sweepback > 1 else "straight", "paint")
    if b.chance(0.2):
        b.add_all("upper wing", both_sides(wing.translate((-girth * 0.3, 0, girth * 2.2))), "wings/upper", "straight", "paint")
        strut = cylinder((span * 0.6, -long * 0.05, level), (span * 0.6, -long * 0.05, level + girth * 2.2), 0.04, None, 8)
        b.add_all("strut", both_sides(strut) + both_sides(strut.translate((-span * 0.4, 0, 0))), "wings/struts", "thin", "wood")
    tail = plate([(0, -chord * 0.3), (span * 0.38, 0.1), (span * 0.38, chord * 0.3), (0, chord * 0.35)], thin * 0.7).translate(
        (0, long * 0.44, girth * b.pick(0.2, 0.4))
    )
    b.add_all("tailplane", both_sides(tail), "tail", "flat", "paint")
    rise = b.uniform(1.0, 1.9)
    fin = (
        plate([(0, -chord * 0.5), (rise, chord * 0.2), (rise, chord * 0.6), (0, chord * 0.4)], thin * 0.7)
        .rotate((0, -90, 0))
        .translate((0, long * 0.43, girth * 0.2))
    )
    b.add("fin", fin, "tail", "upright", "paint")
    engines = b.pick("nose propeller", "two jets", "four jets", "two propellers")
    if engines == "nose propeller":
        b.add(
            "spinner",
            lathe([(0, 0), (0.2, 0), (0.15, 0.2), (0, 0.35)], 20).rotate((90, 0, 0)).translate((0, -long / 2 + 0.1, 0)),
            "propeller",
            "pointed",
            "metal",
        )
        blade = box((0.14, 0.04, b.uniform(0.8, 1.1)), (0, -long / 2 - 0.05, 0.45))
        count = b.integer(2, 4)
        b.add_all("blade", [blade.rotate((0, 360 * number / count, 0)) for number in range(count)], "propeller/blades", "thin", "wood")
    else:
        for place in (0.35, 0.62) if engines == "four jets" else (0.4,):
            x, y = span * place, -long * 0.05 + sweepback * place - chord * 0.35
            if "jet" in engines:
                nacelle = cylinder((x, y - 0.5, level - 0.35), (x, y + 0.7, level - 0.35), 0.27, 0.2, b.segments) - cylinder(
                    (x, y - 0.6, level - 0.35), (x, y - 0.2, level - 0.35), 0.21, None, b.segments
                )
                b.add_all("engine", both_sides(nacelle), "engines", "round", "metal")
                b.add_all("pylon", both_sides(box((0.08, 0.6, 0.3), (x, y + 0.25, level - 0.15))), "engines/pylons", "short", "paint")
            else:
                b.add_all(
                    "engine",
                    both_sides(capsule((x, y - 0.3, level), (x, y + 0.7, level), 0.22, 0.12, b.segments)),
                    "engines",
                    "round",
                    "metal",
                )
                disc = [
                    box((0.1, 0.03, 1.3), (x, y - 0.5, level)).translate((-x, 0, -level)).rotate((0, turn, 0)).translate((x, 0, level))
                    for turn in (20, 110)
                ]
                b.add_all("propeller", both_sides(disc[0] + disc[1]), "engines/propellers", "thin", "metal")
    b.add("canopy", ellipsoid((0, -long * 0.33, girth * 0.75), (girth * 0.5, girth * 1.3, girth * 0.5), 20), "", "bubble", "glass")
    if b.chance(0.4):
        leg = cylinder((0.7, 0.2, -girth - 0.6), (0.4, 0.2, -girth * 0.5), 0.05, None, 10)
        b.add_all("gear leg", both_sides(leg), "gear", "thin", "metal")
        b.add_all("gear wheel", both_sides(_wheel(0.25, 0.14, 20).translate((0.75, 0.2, -girth - 0.6))), "gear/wheels", "round", "rubber")
    return f"an airplane with {engines}"


def helicopter(b: Builder) -> str:
    """A helicopter on skids."""
    long, wide = b.uniform(1.6, 2.4), b.uniform(0.6, 0.9)
    b.add("cabin", ellipsoid((0, 0, 0), (wide, long * 0.6, wide * 1.05), b.segments), "", "rounded", "paint")
    b.add(
        "windscreen", ellipsoid((0, -long * 0.28, wide * 0.12), (wide * 0.86, long * 0.36, wide * 0.8), b.segments), "", "rounded", "glass"
    )
    boom = b.uniform(2.2, 3.2)
    b.add(
        "tail boom",
        cylinder((0, long * 0.35, wide * 0.2), (0, long * 0.35 + boom, wide * 0.35), wide * 0.35, 0.09, b.segments),
        "tail",
        "tapered",
        "paint",
    )
    end = long * 0.35 + boom
    b.add(
        "fin",
        plate([(0, -0.25), (0.75, 0.2), (0.75, 0.45), (0, 0.25)], 0.07).rotate((0, -90, 0)).translate((0, end - 0.1, wide * 0.3)),
        "tail",
        "upright",
        "paint",
    )
    blades, reach = b.integer(2, 5), b.uniform(2.2, 3.4)
    b.add("mast", cylinder((0, 0, wide * 0.9), (0, 0, wide * 1.5), 0.08, None, 14), "rotor", "upright", "metal")
    b.add("rotor hub", cylinder((0, 0, wide * 1.42), (0, 0, wide * 1.55), 0.2, None, 20), "rotor", "round", "metal")
    b.add_all(
        "rotor blade",
        around(box((reach, 0.2, 0.04), (reach / 2, 0, wide * 1.5)), blades, b.uniform(0, 90)),
        "rotor/blades",
        "long thin",
        "metal",
    )
    small = [box((0.03, 0.08, 1.0), (0, 0, 0)).rotate((turn, 0, 0)).translate((0.12, end, wide * 0.45)) for turn in (15, 105)]
    b.add(
        "tail rotor",
        small[0] + small[1] + cylinder((0, end, wide * 0.45), (0.14, end, wide * 0.45), 0.05, None, 12),
        "tail",
        "thin",
        "metal",
    )
    skid = sweep(
        bezier(
            [
                (wide * 0.8, -1.2, -wide - 0.2),
                (wide * 0.8, -1.0, -wide - 0.36),
                (wide * 0.8, 0, -wide - 0.36),
                (wide * 0.8, 1.0, -wide - 0.36),
            ],
            14,
        ),
        0.05,
        None,
        10,
    )
    b.add_all("skid", both_sides(skid), "gear/skids", "long", "metal")
    b.add_all(
        "skid strut",
        [x for y in (-0.4, 0.4) for x in both_sides(cylinder((wide * 0.8, y, -wide - 0.3), (wide * 0.4, y, -wide * 0.6), 0.04, None, 10))],
        "gear/struts",
        "thin",
        "metal",
    )
    return f"a helicopter with {blades} rotor blades"


def rocket(b: Builder) -> str:
    """A rocket of stages with fins, some with boosters."""
    radius, stages = b.uniform(0.2, 0.4), b.integer(1, 3)
    z = 0.0
    for number in range(stages):
        tall = b.uniform(0.8, 1.8)
        b.add("stage", cylinder((0, 0, z), (0, 0, z + tall), radius, None, b.segments), "stages", "round", "paint")
        z += tall
        if number < stages - 1:
            narrow = radius * b.uniform(0.7, 1.0)
            b.add(
                "interstage",
                cylinder((0, 0, z - 0.01), (0, 0, z + 0.2), radius * 1.02, narrow * 1.02, b.segments),
                "stages",
                "conical",
                "metal",
            )
            radius, z = narrow, z + 0.19
    nose = b.uniform(0.4, 1.0)
    b.add(
        "nose cone",
        lathe(
            [(0, z - 0.02), *bezier([(radius * 0.99, z - 0.02), (radius, z + nose * 0.6), (0.01, z + nose)], 10), (0, z + nose)], b.segments
        ),
        "",
        "pointed",
        "paint",
    )
    wide = b.parts[0].solid.bounding_box()[3]
    fins = b.integer(3, 5)
    reach = b.uniform(0.2, 0.5)
    fin = plate([(0, 0.02), (reach, -0.15), (reach, 0.15), (0, 0.6)], 0.04).rotate((90, 0, 0)).translate((wide * 0.95, 0, 0))
    b.add_all("fin", around(fin, fins), "fins", "flat", "paint")
    b.add(
        "nozzle",
        lathe([(0, 0.02), (wide * 0.35, 0.02), (wide * 0.7, -0.3), (wide * 0.62, -0.3), (0, -0.05)], b.segments),
        "engine",
        "bell",
        "metal",
    )
    if b.chance(0.4):
        booster = capsule((wide * 1.5, 0, 0.0), (wide * 1.5, 0, 1.2), wide * 0.55, None, b.segments)
        b.add_all("booster", around(booster, b.pick(2, 4), 45), "boosters", "round", "metal")
    if b.chance(0.4):
        b.add("window", torus((0, -wide * 0.95, z - 0.4), 0.09, 0.025, (0, 1, 0)), "", "round", "glass")
    return f"a rocket of {stages} stage{'s' if stages > 1 else ''} with {fins} fins"


def _hull(long: float, half: float, tall: float) -> Manifold:
    """A pointed hull, open on top, about z = 0 at the waterline's bottom."""

    def section(scale: float, z: float) -> np.ndarray:
        side = bezier([(0, -long / 2), (half * 1.1, -long * 0.25), (half, long * 0.1), (half * 0.8, long / 2)], 14) * [
            scale,
            0.85 + 0.15 * scale,
        ]
        outline = np.concatenate([side, side[::-1] * [-1, 1]])
        return np.column_stack([outline, np.full(len(outline), z)])

    return Manifold.hull_points(np.concatenate([section(0.35, 0), section(0.8, tall * 0.4), section(1.0, tall)]))


def boat(b: Builder) -> str:
    """A rowing boat, a motor boat or one with a cabin."""
    long, half, tall = b.uniform(3, 6), b.uniform(0.7, 1.1), b.uniform(0.6, 1.0)
    hull = _hull(long, half, tall)
    b.add("hull", hull - hull.scale((0.9, 0.94, 1)).translate((0, 0, tall * 0.2)), "", "pointed hollow", b.pick("wood", "paint", "plastic"))
    kind = b.pick("rowing", "motor", "cabin")
    count = b.integer(1, 3)
    b.add_all("thwart", in_row(box((1.7 * half, 0.3, 0.06), (0, 0.2, tall * 0.7)), count, (0, 0.9, 0)), "seats", "flat", "wood")
    if kind == "rowing":
        oar = cylinder((half * 0.5, 0, tall * 0.9), (half + 1.4, 0.3, tall * 0.1), 0.04, None, 12)
        b.add_all("oar", both_sides(oar), "oars", "long thin", "wood")
        b.add_all("blade", both_sides(ellipsoid((half + 1.5, 0.32, tall * 0.05), (0.35, 0.1, 0.04), 16)), "oars/blades", "flat", "wood")
    elif kind == "motor":
        b.add("motor", box((0.35, 0.4, 0.5), (0, long / 2 + 0.05, tall + 0.15), 0.08), "outboard", "boxy", "plastic")
        b.add("shaft", box((0.1, 0.14, tall * 1.1), (0, long / 2 + 0.15, tall * 0.45)), "outboard", "upright", "metal")
        b.add("screw", ellipsoid((0, long / 2 + 0.26, -0.05), (0.2, 0.06, 0.2), 14), "outboard", "round", "metal")
    else:
        b.add("deck", hull.trim_by_plane((0, 0, 1), tall * 0.8).scale((0.96, 0.96, 1)), "", "flat", "wood")
        b.add("cabin", box((half * 1.2, long * 0.3, 0.8), (0, 0, tall + 0.35), 0.05), "cabin", "boxy", "paint")
        b.add("cabin roof", box((half * 1.35, long * 0.34, 0.08), (0, 0, tall + 0.78), 0.02), "cabin", "flat", "paint")
        b.add("funnel", cylinder((0, 0.1, tall + 0.75), (0, 0.2, tall + 1.3), 0.16, 0.14, b.segments), "", "round", "metal")
    return f"a {kind} boat"


def sailing_ship(b: Builder) -> str:
    """A sailing ship with one to three masts."""
    long, half, tall = b.uniform(6, 10), b.uniform(1.0, 1.6), b.uniform(1.0, 1.6)
    hull = _hull(long, half, tall)
    b.add("hull", hull, "", "pointed", b.pick("wood", "paint"))
    b.add("keel", box((0.12, long * 0.6, 0.5), (0, 0, -0.2)), "", "long", "wood")
    masts = b.integer(1, 3)
    for number in range(masts):
        y = long * ((number + 0.8) / (masts + 0.6) - 0.5)
        high = b.uniform(4, 6) * (1 if number == masts // 2 else 0.85)
        b.add("mast", cylinder((0, y, tall * 0.5), (0, y, tall + high), 0.1, 0.05, 14), f"mast {number + 1}", "tall thin", "wood")
        if masts == 1 or b.chance(0.3):
            b.add(
                "boom", cylinder((0, y, tall + 0.5), (0, y + long * 0.3, tall + 0.6), 0.06, None, 10), f"mast {number + 1}", "thin", "wood"
            )
            b.add(
                "sail",
                plate([(0.05, 0), (long * 0.28, 0), (0.05, high * 0.85)], 0.05).rotate((90, 0, 90)).translate((0, y, tall + 0.6)),
                f"mast {number + 1}/sails",
                "triangular",
                "fabric",
            )
            b.add(
                "jib",
                plate([(-0.05, 0), (-long * 0.24, -0.2), (-0.05, high * 0.75)], 0.05).rotate((90, 0, 90)).translate((0, y, tall + 0.6)),
                f"mast {number + 1}/sails",
                "triangular",
                "fabric",
            )
        else:
            rows = b.integer(1, 3)
            for row in range(rows):
                low, room = tall + 0.6 + high * 0.85 * row / rows, high * 0.85 / rows
                wide = half * (2.4 - 0.5 * row)
                bulge = sweep(
                    np.stack(
                        [
                            np.linspace(-wide / 2, wide / 2, 9),
                            -0.4 * np.cos(np.linspace(-1.3, 1.3, 9)) + y - 0.02,
                            np.full(9, low + room / 2),
                        ],
                        1,
                    ),
                    1.0,
                    np.array([(-0.03, -room * 0.4), (0.03, -room * 0.4), (0.03, room * 0.4), (-0.03, room * 0.4)])[:, ::-1],
                )
                b.add(
                    "yard",
                    cylinder((-wide * 0.55, y - 0.08, low + room * 0.86), (wide * 0.55, y - 0.08, low + room * 0.86), 0.05, None, 10),
                    f"mast {number + 1}/yards",
                    "thin",
                    "wood",
                )
                b.add("sail", bulge, f"mast {number + 1}/sails", "square", "fabric")
    b.add("bowsprit", cylinder((0, -long * 0.4, tall * 0.9), (0, -long * 0.68, tall * 1.4), 0.07, 0.04, 12), "", "thin", "wood")
    if b.chance(0.5):
        b.add("stern castle", box((half * 1.4, long * 0.18, 0.8), (0, long * 0.37, tall + 0.3)), "", "boxy", "wood")
    b.add("rudder", box((0.1, 0.5, tall * 0.9), (0, long / 2 + 0.1, tall * 0.4)), "", "flat", "wood")
    return f"a sailing ship with {masts} mast{'s' if masts > 1 else ''}"


def tank(b: Builder) -> str:
    """A tank with tracks, turret and gun."""
    long, half, track = b.uniform(4.5, 6), b.uniform(1.1, 1.4), b.uniform(0.7, 0.95)
    b.add(
        "hull",
        _along_x(
            [
                (-long / 2, track * 0.7),
                (-long / 2 + 0.4, track * 0.3),
                (long / 2 - 0.3, track * 0.3),
                (long / 2, track),
                (long / 2 - 0.2, track * 1.4),
                (-long / 2 + 1.1, track * 1.4),
            ],
            2 * half * 0.85,
        ),
        "hull",
        "armoured",
        "paint",
    )
    loop = plate(rounded_rectangle(long, track, track * 0.49, 8), half * 0.35).rotate((90, 0, 90)).translate((half, 0, track / 2))
    inner = plate(rounded_rectangle(long * 0.95, track * 0.78, track * 0.38, 8), half).rotate((90, 0, 90)).translate((half, 0, track / 2))
    b.add_all("track", both_sides(loop - inner), "tracks", "looped", "rubber")
    count = b.integer(4, 7)
    wheel = _wheel(track * 0.38, half * 0.4, 20).translate((half, 0, track * 0.5))
    for side in both_sides(wheel):
        b.add_all("road wheel", in_row(side, count, (0, long * 0.8 / count, 0)), "tracks/wheels", "round", "metal")
    radius = b.uniform(0.7, 1.0)
    turret = (
        lathe([(0, 0), (radius, 0), (radius * 0.95, 0.25), (radius * 0.6, 0.55), (0, 0.6)], b.segments)
        if b.chance()
        else extrude([(-0.8, -1.1), (0.8, -1.1), (1.0, 0.2), (0.7, 1.1), (-0.7, 1.1), (-1.0, 0.2)], 0.55, 0, (0.75, 0.8))
    )
    b.add("turret", turret.translate((0, 0.1, track * 1.36)), "turret", "low", "paint")
    b.add(
        "gun barrel",
        cylinder((0, -0.5, track * 1.36 + 0.3), (0, -b.uniform(2.6, 4), track * 1.36 + 0.4), 0.1, 0.08, 20),
        "turret/gun",
        "long round",
        "metal",
    )
    if b.chance(0.6):
        b.add(
            "muzzle brake",
            cylinder((0, -2.55, track * 1.36 + 0.385), (0, -2.9, track * 1.36 + 0.4), 0.15, None, 16),
            "turret/gun",
            "short",
            "metal",
        )
    b.add("hatch", cylinder((0.3, 0.3, track * 1.36 + 0.45), (0.3, 0.3, track * 1.36 + 0.66), 0.25, None, 20), "turret", "round", "metal")
    return "a tank with two tracks and a turret"


def excavator(b: Builder) -> str:
    """An excavator on tracks with boom, stick and bucket."""
    half, track = b.uniform(0.9, 1.2), 0.7
    loop = plate(rounded_rectangle(3.2, track, track * 0.49, 8), 0.5).rotate((90, 0, 90)).translate((half, 0, track / 2))
    b.add_all("track", both_sides(loop), "undercarriage/tracks", "looped", "rubber")
    b.add("undercarriage", box((2 * half, 1.2, 0.35), (0, 0, track * 0.65)), "undercarriage", "flat", "metal")
    b.add("turntable", cylinder((0, 0, track * 0.7), (0, 0, track + 0.25), 0.55, None, b.segments), "undercarriage", "round", "metal")
    b.add("engine house", box((1.9, 2.0, 0.9), (0, 0.5, track + 0.6), 0.06), "upper", "boxy", "paint")
    b.add("cab", box((0.85, 1.1, 1.4), (-0.55, -0.45, track + 0.9), 0.05), "upper", "boxy", b.pick("glass", "paint"))
    reach, rise, curl = b.uniform(1.8, 2.6), b.uniform(1.2, 2.2), b.uniform(0.6, 1.6)
    root, knee = np.array([0.25, -0.6, track + 0.5]), np.array([0.25, -0.6 - reach, track + 0.5 + rise])
    wrist = knee + [0, -curl, -b.uniform(1.2, 2.0)]
    bar = np.array([(-1, -1.4), (1, -1.4), (1, 1.4), (-1, 1.4)])
    bend = bezier([root, root + [0, -0.4, rise * 1.2], knee], 8)
    b.add("boom", sweep(bend, 0.14, bar), "arm", "bent", "paint")
    b.add("stick", sweep(np.linspace(knee + [0, 0.25, 0.25], wrist, 4), 0.11, bar), "arm", "straight", "paint")
    tub = _along_x([(0, 0.3), (-0.6, 0.2), (-0.75, -0.4), (-0.2, -0.75), (0.35, -0.5)], 0.9)
    b.add(
        "bucket",
        (tub - _along_x([(0.1, 0.2), (-0.5, 0.1), (-0.6, -0.35), (-0.15, -0.62), (0.6, -0.2)], 0.75)).translate(tuple(wrist)),
        "arm/bucket",
        "hollow",
        "metal",
    )
    start, end = bend[3] + [0, 0, 0.25], knee + [0, 0.28, 0.36]
    middle = (start + end) / 2
    b.add("cylinder", cylinder(start, middle, 0.08, None, 14), "arm/hydraulics", "round", "metal")
    b.add("piston", cylinder(middle, end, 0.045, None, 12), "arm/hydraulics", "thin", "metal")
    return "an excavator with a bent boom and a bucket"
