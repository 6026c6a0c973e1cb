"""Machines, robots and electronics."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ..builder import Builder, around, both_sides, four_corners, in_row
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
)
from ..wording import counted

__all__ = ["bearing", "camera", "fan", "gearbox", "headphones", "keyboard", "monitor", "motor", "phone", "robot", "robot_arm", "valve"]


def gear(radius: float, teeth: int, thickness: float, bore: float = 0.0) -> Manifold:
    """A spur gear about the z axis, from 0 up."""
    step = 360 / teeth
    outline = []
    for number in range(teeth):
        for turn, reach in ((-0.32, 0.86), (-0.16, 1.08), (0.16, 1.08), (0.32, 0.86)):
            angle = np.radians(step * (number + turn))
            outline.append((radius * reach * np.cos(angle), radius * reach * np.sin(angle)))
    body = extrude(outline, thickness)
    return body - cylinder((0, 0, -1), (0, 0, thickness + 1), bore, None, 24) if bore else body


def bolt(radius: float, length: float) -> Manifold:
    """A hexagon head on a shaft, the head's underside at z = 0, pointing down."""
    return extrude(regular_polygon(6, radius * 1.8), radius * 1.3) + cylinder((0, 0, 0.001), (0, 0, -length), radius, None, 14)


def bearing(b: Builder) -> str:
    """A ball or roller bearing, some in a housing."""
    outer, bore, wide = 1.0, b.uniform(0.3, 0.55), b.uniform(0.25, 0.7)
    kind = b.pick("ball", "housed", "roller")
    middle = (outer + bore) / 2
    ring = (outer - bore) / 2
    race = ring * 0.3
    b.add(
        "outer ring",
        cylinder((0, 0, -wide / 2), (0, 0, wide / 2), outer, None, 48) - cylinder((0, 0, -1), (0, 0, 1), outer - race, None, 48),
        "rings",
        "round",
        "metal",
    )
    b.add(
        "inner ring",
        cylinder((0, 0, -wide / 2), (0, 0, wide / 2), bore + race, None, 48) - cylinder((0, 0, -1), (0, 0, 1), bore, None, 48),
        "rings",
        "round",
        "metal",
    )
    size = ring * 0.72
    count = min(b.integer(7, 14), int(np.pi * middle / (size * 1.08)))
    if kind == "roller":
        element = cylinder((middle, 0, -wide * 0.4), (middle, 0, wide * 0.4), size, None, 20)
    else:
        element = ellipsoid((middle, 0, 0), (size,) * 3, 20)
    b.add_all("roller" if kind == "roller" else "ball", around(element, count), "rolling elements", "round", "metal")
    b.add(
        "cage",
        cylinder((0, 0, -wide * 0.12), (0, 0, wide * 0.12), middle + size * 0.55, None, 48)
        - cylinder((0, 0, -1), (0, 0, 1), middle - size * 0.55, None, 48),
        "",
        "round",
        "gold",
    )
    if kind == "housed":
        housing = box((2.6, 2.3, wide * 0.9), (0, -0.15, 0), 0.12) - cylinder((0, 0, -2), (0, 0, 2), outer * 0.99, None, 48)
        b.add("housing", housing, "housing", "boxy", "paint")
        b.add("foot", box((3.6, 0.4, wide), (0, -1.2, 0), 0.05), "housing", "flat", "paint")
        b.add_all("bolt", both_sides(bolt(0.12, 0.4).rotate((-90, 0, 0)).translate((1.55, -1.0, 0))), "bolts", "small", "metal")
    return f"a {kind} bearing with {count} rolling elements"


def gearbox(b: Builder) -> str:
    """A train of meshing gears on shafts."""
    count, thick = b.integer(2, 5), b.uniform(0.12, 0.3)
    x, radius = 0.0, b.uniform(0.3, 0.7)
    first = radius
    for number in range(count):
        teeth = int(radius * b.uniform(26, 34))
        b.add("gear", gear(radius, max(teeth, 8), thick, 0.08).translate((x, 0, 0)), f"wheel {number + 1}", "toothed", "metal")
        b.add(
            "shaft",
            cylinder((x, 0, -0.5), (x, 0, thick + b.uniform(0.2, 0.6)), 0.085, None, b.segments),
            f"wheel {number + 1}",
            "round",
            "metal",
        )
        if b.chance(0.5):
            b.add(
                "hub",
                cylinder((x, 0, -0.06), (x, 0, thick + 0.1), radius * 0.35, None, b.segments),
                f"wheel {number + 1}",
                "round",
                "metal",
            )
        following = b.uniform(0.25, 0.7)
        x += (radius + following) * 0.99
        radius = following
    long = x - radius + first
    b.add("base plate", box((long + 0.6, 1.6, 0.15), ((long - 2 * first) / 2, 0, -0.45), 0.03), "case", "flat", "paint")
    if b.chance(0.7):
        b.add_all(
            "bolt",
            [y.translate(((long - 2 * first) / 2, 0, -0.37)) for y in four_corners(bolt(0.06, 0.2).translate((long / 2 + 0.15, 0.65, 0)))],
            "case/bolts",
            "small",
            "metal",
        )
    if b.chance(0.5):
        b.add("crank", box((0.12, 0.6, 0.1), (0, 0.25, thick + 0.3)), "crank", "flat", "metal")
        b.add("crank handle", cylinder((0, 0.5, thick + 0.25), (0, 0.5, thick + 0.75), 0.07, None, 16), "crank", "round", "wood")
    return f"a train of {count} gears"


def motor(b: Builder) -> str:
    """An electric motor with fins, feet and a cable."""
    radius, long = b.uniform(0.4, 0.6), b.uniform(0.9, 1.4)
    b.add("housing", cylinder((0, -long / 2, 0), (0, long / 2, 0), radius, None, b.segments), "case", "round", "paint")
    fins = b.integer(0, 24)
    if fins > 5:
        fin = box((0.12, long * 0.85, 0.03), (radius + 0.03, 0, 0))
        b.add_all("fin", [fin.rotate((0, 360 * number / fins, 0)) for number in range(fins)], "case/fins", "thin", "paint")
    for y in (-long / 2, long / 2):
        b.add("end cap", cylinder((0, y - 0.09, 0), (0, y + 0.09, 0), radius * 1.08, None, b.segments), "case", "flat round", "metal")
    b.add("shaft", cylinder((0, -long / 2 - b.uniform(0.3, 0.6), 0), (0, 0, 0), 0.1, None, 20), "drive", "round", "metal")
    if b.chance(0.6):
        wheel = b.uniform(0.2, 0.5)
        b.add(
            "pulley",
            lathe([(0, 0), (wheel, 0), (wheel * 0.8, 0.07), (wheel, 0.14), (0, 0.14)], b.segments)
            .rotate((90, 0, 0))
            .translate((0, -long / 2 - 0.15, 0)),
            "drive",
            "grooved",
            "metal",
        )
    b.add("junction box", box((0.4, 0.5, 0.25), (0, 0, radius + 0.08), 0.03), "", "boxy", "paint")
    foot = box((0.35, long * 0.7, 0.12), (radius * 0.9, 0, -radius * 1.05)) + box(
        (0.1, long * 0.6, 0.6), (radius * 0.72, 0, -radius * 0.75)
    )
    b.add_all("foot", both_sides(foot), "feet", "flat", "paint")
    b.add(
        "cable",
        sweep(bezier([(0.18, 0, radius + 0.1), (0.7, 0, radius + 0.2), (0.8, 0.3, -0.2), (1.1, 0.6, -radius)], 18), 0.045, None, 10),
        "",
        "curved thin",
        "rubber",
    )
    return f"an electric motor with {fins if fins > 5 else 'no'} fins"


def valve(b: Builder) -> str:
    """A valve between flanges with a hand wheel."""
    bore, wall, long = b.uniform(0.2, 0.35), 0.06, b.uniform(0.8, 1.2)
    pipe = cylinder((-long, 0, 0), (long, 0, 0), bore + wall, None, b.segments) - cylinder(
        (-2 * long, 0, 0), (2 * long, 0, 0), bore, None, b.segments
    )
    b.add("pipe", pipe, "", "hollow round", b.pick("metal", "gold"))
    b.add(
        "body",
        ellipsoid((0, 0, 0), (bore * 1.9,) * 3, b.segments) - cylinder((-3, 0, 0), (3, 0, 0), bore, None, b.segments),
        "",
        "round",
        "metal",
    )
    flange = cylinder((long - 0.05, 0, 0), (long + 0.07, 0, 0), bore * 2, None, b.segments) - cylinder(
        (0, 0, 0), (3, 0, 0), bore, None, b.segments
    )
    b.add_all("flange", both_sides(flange), "flanges", "flat round", "metal")
    count = b.integer(4, 8)
    screw = bolt(0.04, 0.14).rotate((0, 90, 0)).translate((long + 0.07, 0, bore * 1.6))
    b.add_all(
        "bolt",
        [x for number in range(count) for x in both_sides(screw.rotate((360 * number / count, 0, 0)))],
        "flanges/bolts",
        "small",
        "metal",
    )
    tall = bore * b.uniform(2.5, 3.6)
    b.add("bonnet", cylinder((0, 0, bore), (0, 0, tall * 0.75), bore * 0.9, bore * 0.5, b.segments), "top", "conical", "metal")
    b.add("stem", cylinder((0, 0, 0), (0, 0, tall), 0.05, None, 14), "top", "thin", "metal")
    wheel = bore * b.uniform(1.2, 2.0)
    b.add("hand wheel", torus((0, 0, tall), wheel, 0.05), "top/wheel", "round", "paint")
    spokes = b.integer(3, 5)
    b.add_all("spoke", around(cylinder((0, 0, tall), (wheel, 0, tall), 0.035, None, 10), spokes), "top/wheel", "thin", "paint")
    return f"a valve with a hand wheel of {spokes} spokes"


def fan(b: Builder) -> str:
    """A fan on a stand, with a guard or without."""
    radius, blades, tall = b.uniform(0.15, 0.22), b.integer(3, 6), b.uniform(0.3, 1.0)
    b.add("base", lathe([(0, 0), (0.16, 0), (0.15, 0.025), (0.03, 0.05), (0, 0.05)], b.segments), "stand", "round", "plastic")
    b.add("pole", cylinder((0, 0, 0.03), (0, 0, tall), 0.018, None, b.segments), "stand", "slim", "plastic")
    b.add("motor", capsule((0, 0.02, tall), (0, 0.14, tall), 0.06, None, b.segments), "head", "round", "plastic")
    b.add("hub", cylinder((0, -0.06, tall), (0, 0, tall), 0.04, None, b.segments), "head/rotor", "round", "plastic")
    blade = plate([(0.02, -0.03), (radius * 0.9, -0.07), (radius * 0.92, 0.06), (0.02, 0.03)], 0.006).rotate((25, 0, 0)).rotate((90, 0, 0))
    b.add_all(
        "blade",
        [blade.rotate((0, 360 * number / blades, 0)).translate((0, -0.04, tall)) for number in range(blades)],
        "head/rotor",
        "flat",
        "plastic",
    )
    if b.chance(0.8):
        wide = radius * 1.3
        bow = [(0.02, -0.095), (wide * 0.6, -0.095), (wide, -0.06), (wide, -0.03), (wide, 0.05), (0.04, 0.06)]
        path = bezier([(x, y, 0) for x, y in bow], 12)
        rings = [torus((0, y, tall), x, 0.005, (0, 1, 0)) for x, y, _ in path[[2, 4, 7]]]
        b.add_all("guard ring", rings, "head/guard", "thin round", "metal")
        wire = sweep(path, 0.003, None, 6)
        count = b.integer(8, 14)
        b.add_all(
            "guard wire",
            [wire.rotate((0, 360 * number / count, 0)).translate((0, 0, tall)) for number in range(count)],
            "head/guard",
            "thin",
            "metal",
        )
    return f"a fan with {blades} blades"


def robot(b: Builder) -> str:
    """A robot with jointed arms on legs, tracks or a wheel."""
    wide, tall, deep = b.uniform(0.3, 0.55), b.uniform(0.35, 0.6), b.uniform(0.2, 0.35)
    legs = b.pick("legs", "legs", "tracks", "wheel")
    hip = b.uniform(0.45, 0.7) if legs == "legs" else 0.3
    smooth = b.chance()
    material = b.pick("paint", "metal", "plastic")
    b.add("torso", box((wide, deep, tall), (0, 0, hip + tall / 2), 0.06 if smooth else 0.0), "body", "boxy", material)
    b.add("chest panel", box((wide * 0.6, 0.03, tall * 0.35), (0, -deep / 2, hip + tall * 0.62), 0.01), "body", "flat", "metal")
    top = hip + tall
    b.add("neck", cylinder((0, 0, top - 0.01), (0, 0, top + 0.07), 0.05, None, b.segments), "head", "short", "metal")
    head = b.uniform(0.1, 0.17)
    b.add(
        "head",
        b.pick(
            box((2 * head, 1.6 * head, 1.5 * head), (0, 0, top + 0.06 + head * 0.7), 0.02),
            ellipsoid((0, 0, top + 0.05 + head * 0.8), (head, head, head), b.segments),
            cylinder((0, 0, top + 0.05), (0, 0, top + 0.05 + 1.5 * head), head, None, b.segments),
        ),
        "head",
        "",
        material,
    )
    b.add_all(
        "eye",
        both_sides(
            cylinder(
                (head * 0.42, -head * 0.7, top + 0.06 + head * 0.9),
                (head * 0.42, -head * 1.05, top + 0.06 + head * 0.9),
                head * 0.2,
                None,
                16,
            )
        ),
        "head/eyes",
        "round",
        "glass",
    )
    if b.chance(0.5):
        b.add(
            "antenna",
            cylinder((head * 0.5, 0, top + head), (head * 0.5, 0, top + head * 2.8), 0.008, None, 8)
            + ellipsoid((head * 0.5, 0, top + head * 2.8), (0.02,) * 3, 12),
            "head",
            "thin",
            "metal",
        )
    raised = b.uniform(-10, 100)
    thick = b.uniform(0.035, 0.07)
    for side, name in ((-1, "right"), (1, "left")):
        shoulder = np.array([side * (wide / 2 + 0.03), 0, top - 0.07])
        turn = np.radians(b.uniform(raised - 20, raised + 20))
        elbow = shoulder + [side * 0.05, -np.sin(turn) * 0.22, -np.cos(turn) * 0.22]
        wrist = elbow + [0, -np.sin(turn + 0.5) * 0.22, -np.cos(turn + 0.5) * 0.22]
        b.add("shoulder", ellipsoid(shoulder, (thick * 1.5,) * 3, 20), f"{name} arm", "round", "metal")
        b.add("upper arm", cylinder(shoulder, elbow, thick, None, b.segments), f"{name} arm", "round", material)
        b.add("elbow", ellipsoid(elbow, (thick * 1.2,) * 3, 20), f"{name} arm", "round", "metal")
        b.add("forearm", cylinder(elbow, wrist, thick * 0.9, thick * 1.1, b.segments), f"{name} arm", "round", material)
        claw = bezier([wrist, wrist + [0.06, -0.05, -0.02], wrist + [0.06, -0.1, -0.06], wrist + [0.015, -0.13, -0.09]], 8)
        for direction in (1, -1):
            b.add("claw", sweep((claw - wrist) * [direction, 1, 1] + wrist, 0.018, None, 10), f"{name} arm/gripper", "curved", "metal")
        if legs == "legs":
            root = np.array([side * wide * 0.28, 0, hip + 0.02])
            knee, ankle = root - [0, 0.03, hip * 0.48], root - [0, 0, hip * 0.9]
            b.add("thigh", cylinder(root, knee, thick * 1.2, None, b.segments), f"{name} leg", "round", material)
            b.add("knee", ellipsoid(knee, (thick * 1.3,) * 3, 20), f"{name} leg", "round", "metal")
            b.add("shin", cylinder(knee, ankle, thick, thick * 1.4, b.segments), f"{name} leg", "round", material)
            b.add("foot", box((0.13, 0.24, 0.1), (root[0], -0.04, 0.05), 0.015), f"{name} leg", "flat", "metal")
        elif legs == "tracks":
            loop = plate(rounded_rectangle(deep * 1.8, 0.24, 0.11, 8), 0.12).rotate((90, 0, 90)).translate((side * wide * 0.5, 0, 0.13))
            b.add("track", loop, "drive/tracks", "looped", "rubber")
    if legs == "tracks":
        b.add("chassis", box((wide * 0.95, deep, 0.16), (0, 0, 0.24)), "drive", "flat", "metal")
    elif legs == "wheel":
        b.add("wheel", cylinder((-0.06, 0, 0.18), (0.06, 0, 0.18), 0.18, None, 40), "drive", "round", "rubber")
        b.add_all("fork", both_sides(box((0.03, 0.08, 0.25), (0.085, 0, 0.25))), "drive", "flat", "metal")
    return f"a {b.parts[0].material.name} robot on {legs if legs != 'wheel' else 'a wheel'}"


def robot_arm(b: Builder) -> str:
    """An industrial arm of several links with a gripper."""
    b.add("base plate", box((0.6, 0.6, 0.06), (0, 0, 0.03)), "base", "flat", "metal")
    b.add("pedestal", cylinder((0, 0, 0.05), (0, 0, 0.3), 0.2, 0.16, b.segments), "base", "round", "paint")
    point, joint, number = np.array([0.0, 0.0, 0.36]), 0.14, b.integer(2, 4)
    turn = b.uniform(-0.3, 0.6)
    for index in range(number):
        b.add(
            "joint",
            cylinder(point - [joint * 1.1, 0, 0], point + [joint * 1.1, 0, 0], joint, None, b.segments),
            f"segment {index + 1}",
            "round",
            "metal",
        )
        reach = b.uniform(0.3, 0.6)
        end = point + reach * np.array([0, -np.sin(turn), np.cos(turn)])
        outline = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * joint * 0.7
        link = (
            sweep(np.linspace(point, end, 3), np.linspace(1.0, 0.75, 3), outline)
            if b.chance()
            else cylinder(point, end, joint * 0.8, joint * 0.6, b.segments)
        )
        b.add("link", link, f"segment {index + 1}", "long", "paint")
        point, joint, turn = end, joint * 0.78, turn + b.uniform(0.3, 1.0)
    b.add("wrist", ellipsoid(point, (joint * 1.2,) * 3, 20), "tool", "round", "metal")
    ahead = np.array([0, -np.sin(turn), np.cos(turn)])
    b.add("tool flange", cylinder(point, point + ahead * 0.12, joint, None, b.segments), "tool", "round", "metal")
    for side in (-1, 1):
        base = point + ahead * 0.11 + [side * 0.05, 0, 0]
        b.add("finger", cylinder(base, base + ahead * 0.16, 0.022, 0.014, 12), "tool/gripper", "slim", "metal")
    b.add(
        "hose",
        sweep(
            bezier([(0.12, 0.1, 0.25), (0.25, 0.3, 0.6), tuple(point + [0.2, 0.2, 0.2]), tuple(point + [0.03, 0.05, 0.02])], 20),
            0.02,
            None,
            10,
        ),
        "",
        "curved thin",
        "rubber",
    )
    return f"a robot arm of {number} segments with a gripper"


def camera(b: Builder) -> str:
    """A camera with lens rings and dials, some on a tripod."""
    wide, tall, deep = b.uniform(0.11, 0.15), b.uniform(0.07, 0.1), b.uniform(0.04, 0.06)
    b.add("body", box((wide, deep, tall), (0, 0, tall / 2), 0.008), "", "boxy", b.pick("plastic", "leather"))
    radius, rings, y = b.uniform(0.025, 0.036), b.integer(1, 4), -deep / 2
    for _ in range(rings):
        long = b.uniform(0.012, 0.035)
        b.add("lens ring", cylinder((0, y + 0.004, tall * 0.48), (0, y - long, tall * 0.48), radius, None, 40), "lens", "round", "plastic")
        y, radius = y - long, radius * b.uniform(0.85, 1.08)
    b.add("front glass", ellipsoid((0, y, tall * 0.48), (radius * 0.8, 0.008, radius * 0.8), 32), "lens", "round", "glass")
    if b.chance(0.6):
        b.add(
            "viewfinder",
            extrude([(-0.025, -0.025), (0.025, -0.025), (0.025, 0.03), (-0.025, 0.03)], 0.025, 0, (0.7, 0.8)).translate(
                (0, 0, tall - 0.004)
            ),
            "top",
            "pointed",
            "plastic",
        )
    b.add_all(
        "dial",
        in_row(
            cylinder((wide * 0.33, 0, tall - 0.003), (wide * 0.33, 0, tall + 0.01), 0.009, None, 20), b.integer(1, 2), (-0.024, 0, 0), False
        ),
        "top/dials",
        "round",
        "metal",
    )
    b.add(
        "shutter button",
        cylinder((wide * 0.4, -deep * 0.3, tall - 0.002), (wide * 0.4, -deep * 0.3, tall + 0.006), 0.005, None, 16),
        "top",
        "small",
        "metal",
    )
    if b.chance(0.7):
        b.add(
            "grip",
            capsule((wide * 0.42, -deep / 2, tall * 0.2), (wide * 0.42, -deep / 2, tall * 0.75), 0.014, None, 20),
            "",
            "rounded",
            "rubber",
        )
    if b.chance(0.3):
        leg = cylinder((0, 0, -0.01), (0.09, 0, -0.28), 0.007, 0.005, 12)
        b.add_all("tripod leg", around(leg, 3, 90), "tripod", "slim", "metal")
        b.add("tripod head", cylinder((0, 0, -0.025), (0, 0, 0.002), 0.022, None, 20), "tripod", "round", "metal")
    return f"a camera with a lens of {counted(rings, 'ring')}"


def monitor(b: Builder) -> str:
    """A flat screen on a stand, some with speakers."""
    wide, tall, rim = b.uniform(0.45, 0.8), b.uniform(0.28, 0.42), b.uniform(0.008, 0.03)
    z = tall / 2 + b.uniform(0.08, 0.16)
    b.add("case", box((wide, 0.035, tall), (0, 0, z), 0.006), "display", "flat", "plastic")
    b.add("screen", box((wide - 2 * rim, 0.006, tall - 2 * rim), (0, -0.018, z)), "display", "flat", "glass")
    b.add(
        "stand",
        b.pick(box((0.06, 0.03, z), (0, 0.03, z / 2)), cylinder((0, 0.03, 0.01), (0, 0.03, z), 0.018, None, 20)),
        "stand",
        "upright",
        b.pick("metal", "plastic"),
    )
    b.add(
        "foot",
        b.pick(cylinder((0, 0.02, 0), (0, 0.02, 0.012), 0.13, None, 40), box((0.28, 0.18, 0.012), (0, 0.02, 0.006), 0.004)),
        "stand",
        "flat",
        "metal",
    )
    if b.chance(0.4):
        b.add_all("speaker", both_sides(box((0.07, 0.08, tall * 0.8), (wide / 2 + 0.034, 0, z), 0.01)), "speakers", "boxy", "plastic")
    return "a flat monitor on a stand"


def keyboard(b: Builder) -> str:
    """Rows of keys in a case."""
    columns, rows, pitch = b.integer(8, 15), b.integer(3, 5), 0.019
    wide, deep = columns * pitch + 0.016, rows * pitch + 0.016
    b.add("case", box((wide, deep, 0.018), (0, 0, 0), 0.004), "", "flat", "plastic")
    cap = extrude(rounded_rectangle(0.016, 0.016, 0.002, 2), 0.008, 0, (0.8, 0.8)).translate((0, 0, 0.007))
    for row in range(rows):
        y = pitch * (row - (rows - 1) / 2)
        if row == 0:
            space = max(columns // 2, 3)
            b.add("space bar", box((space * pitch - 0.003, 0.015, 0.008), (0, y, 0.011), 0.002), f"keys/row {row + 1}", "long", "plastic")
            free = (columns - space) // 2
            b.add_all(
                "key",
                both_sides(cap.translate((pitch * (space / 2 + 0.5), y, 0)))[: 2 if free else 0],
                f"keys/row {row + 1}",
                "small square",
                "plastic",
            )
            continue
        b.add_all("key", in_row(cap.translate((0, y, 0)), columns, (pitch, 0, 0)), f"keys/row {row + 1}", "small square", "plastic")
    return f"a keyboard of {rows} rows"


def phone(b: Builder) -> str:
    """A flat phone, or one with a handset and a dial."""
    if b.chance():
        wide, tall = b.uniform(0.06, 0.08), b.uniform(0.13, 0.17)
        b.add("case", plate(rounded_rectangle(wide, tall, 0.01), 0.009), "", "flat", b.pick("plastic", "metal"))
        b.add("screen", plate(rounded_rectangle(wide * 0.92, tall * 0.88, 0.006), 0.002).translate((0, 0, 0.0052)), "", "flat", "glass")
        b.add(
            "camera bump",
            plate(rounded_rectangle(0.024, 0.026, 0.006), 0.004).translate((-wide * 0.25, tall * 0.38, -0.006)),
            "camera",
            "square",
            "glass",
        )
        b.add_all(
            "lens",
            in_row(cylinder((-wide * 0.25, tall * 0.38, -0.01), (-wide * 0.25, tall * 0.38, -0.006), 0.005, None, 16), 2, (0, 0.012, 0)),
            "camera",
            "round",
            "glass",
        )
        b.add_all(
            "button",
            in_row(box((0.003, 0.012, 0.004), (wide / 2, tall * 0.15, 0), 0.001), b.integer(1, 3), (0, 0.018, 0)),
            "buttons",
            "small",
            "metal",
        )
        return "a flat phone with a screen"
    b.add(
        "base", extrude(rounded_rectangle(0.2, 0.2, b.uniform(0.005, 0.06)), 0.09, 0, (b.uniform(0.6, 0.75), 0.6)), "", "sloped", "plastic"
    )
    b.add("dial", cylinder((0, -0.02, 0.08), (0, -0.03, 0.105), 0.05, None, 36), "dial", "round", "metal")
    hole = cylinder((0.035, -0.02, 0), (0.035, -0.02, 0.2), 0.008, None, 12)
    for number in range(10):
        b.carve(hole.translate((0, 0.02, 0)).rotate((0, 0, 33 * number)).translate((0, -0.025, 0.095)), "dial")
    b.add_all("cradle", both_sides(box((0.02, 0.05, 0.07), (0.05, 0.045, 0.115), 0.005)), "cradle", "small", "plastic")
    b.add(
        "handset grip",
        sweep(bezier([(-0.11, 0.045, 0.13), (-0.06, 0.045, 0.165), (0.06, 0.045, 0.165), (0.11, 0.045, 0.13)], 14), 0.014, None, 14),
        "handset",
        "curved",
        "plastic",
    )
    b.add_all(
        "ear cup",
        both_sides(cylinder((0.11, 0.045, 0.14), (0.125, 0.045, 0.105), 0.026, b.uniform(0.024, 0.034), 24)),
        "handset",
        "round",
        "plastic",
    )
    coil = helix(0.008, 0.16, 9, 90)[:, [2, 0, 1]] + [-0.25, 0.03, 0.012]
    b.add("cord", sweep(coil, 0.003, None, 6), "", "coiled", "rubber")
    stretch = (b.uniform(0.85, 1.15), b.uniform(0.95, 1.3), b.uniform(0.8, 1.3))
    b.transform(lambda solid: solid.scale(stretch))
    return "a telephone with a handset and a dial"


def headphones(b: Builder) -> str:
    """Headphones, some with a microphone."""
    radius, cup = b.uniform(0.075, 0.09), b.uniform(0.03, 0.045)
    angle = np.linspace(0, np.pi, 24)
    band = np.stack([radius * np.cos(angle), np.zeros(24), radius * 1.1 * np.sin(angle)], 1)
    strap = np.array([(-0.9, -0.25), (0.9, -0.25), (0.9, 0.25), (-0.9, 0.25)])
    b.add(
        "headband",
        sweep(band, b.uniform(0.008, 0.016), strap[:, ::-1] if b.chance() else strap),
        "band",
        "arched",
        b.pick("metal", "plastic"),
    )
    if b.chance(0.5):
        b.add("band cushion", sweep(band[7:17] * [0.96, 1, 0.96], 0.012, None, 12), "band", "soft", "leather")
    b.add_all("arm", both_sides(capsule((radius, 0, 0.015), (radius * 1.02, 0, -0.03), 0.007, None, 14)), "arms", "short", "metal")
    b.add_all(
        "ear cup",
        both_sides(cylinder((radius * 0.97, 0, -0.035), (radius * 1.2, 0, -0.035), cup, cup * 0.85, b.segments)),
        "cups",
        "round",
        "plastic",
    )
    b.add_all(
        "ear pad", both_sides(torus((radius * 0.93, 0, -0.035), cup * 0.75, cup * 0.3, (1, 0, 0))), "cups/pads", "soft round", "leather"
    )
    if b.chance(0.5):
        b.add(
            "microphone boom",
            sweep(bezier([(radius * 1.1, 0, -0.05), (radius * 1.1, -0.07, -0.08), (radius * 0.6, -0.11, -0.1)], 12), 0.004, None, 10),
            "microphone",
            "thin curved",
            "plastic",
        )
        b.add("microphone", ellipsoid((radius * 0.6, -0.11, -0.1), (0.014, 0.009, 0.009), 16), "microphone", "small", "fabric")
    return "a pair of headphones"
