"""Animals: bodies of limbs that flow into one another."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold
from numpy.typing import ArrayLike, NDArray

from ..builder import Builder, both_sides
from ..solids import bezier, cylinder, ellipsoid, extrude, plate, regular_polygon, sweep

__all__ = ["bird", "fish", "hand", "insect", "octopus", "quadruped", "snake", "spider", "teddy"]

Limbs = list[tuple[str, NDArray[np.float64], str]]


def chain(points: ArrayLike, radii: ArrayLike) -> NDArray[np.float64]:
    """Balls (K, 4) at points (K, 3) of the given radii, one or (K,)."""
    places = np.asarray(points, float)
    return np.column_stack([places, np.broadcast_to(np.asarray(radii, float), len(places))])


def tapering(path: ArrayLike, first: float, last: float) -> NDArray[np.float64]:
    """Balls along a path (K, 3), from one radius to another."""
    return chain(path, np.linspace(first, last, len(np.asarray(path))))


def quadruped(b: Builder) -> str:
    """An animal on four jointed legs, from lizard to horse."""
    long, high = b.uniform(0.4, 0.9), b.uniform(0.2, 0.6)
    fat = b.uniform(0.07, 0.2)
    sprawling = b.chance(0.2)
    belly = high + fat * 0.6
    limbs: Limbs = [
        ("body", chain([[0, long / 2, belly], [0, 0, belly - 0.02], [0, -long / 2, belly]], [fat * 0.9, fat, fat * 0.95]), "trunk")
    ]
    rise, reach = b.uniform(-0.05, 0.35), b.uniform(0.08, 0.3)
    root = np.array([0, -long / 2 - fat * 0.4, belly + fat * 0.4])
    skull = root + [0, -reach, rise]
    size = fat * b.uniform(0.5, 0.8)
    limbs.append(("neck", chain([root, skull], [fat * 0.65, size * 0.75]), "head"))
    snout = b.uniform(0.6, 2.2)
    limbs.append(("head", chain([skull, skull + [0, -size * snout, -size * 0.4]], [size, size * 0.55]), "head"))
    ear = b.uniform(0.4, 1.8)
    for side, name in ((-1, "right"), (1, "left")):
        base = skull + [side * size * 0.6, 0, size * 0.7]
        tip = base + np.array([side * 0.4, 0.1, 0.8]) * size * ear
        limbs.append(("ear", chain([base, tip], [size * 0.3, size * 0.12]), "head/ears"))
        for place, front in ((-long / 2, "front"), (long / 2, "hind")):
            stride = b.uniform(-0.12, 0.12)
            sprawl = b.uniform(0.6, 1.2) if sprawling else b.uniform(0.0, 0.1)
            hip = np.array([side * fat * 0.6, place, belly - fat * 0.3])
            knee = hip + [side * sprawl * high * 0.5, stride * 0.5, -(high - 0.03) * 0.5]
            foot = knee + [side * sprawl * high * 0.1, stride * 0.5 + (0.05 if front == "hind" else 0), -knee[2] + 0.02]
            thick = fat * b.uniform(0.28, 0.4)
            limbs.append(("upper leg", chain([hip, knee], [thick * 1.3, thick * 0.8]), f"{name} {front} leg"))
            limbs.append(("lower leg", chain([knee, foot], [thick * 0.8, thick * 0.55]), f"{name} {front} leg"))
            limbs.append(("foot", chain([foot, foot + [0, -thick * 1.2, 0]], thick * 0.65), f"{name} {front} leg"))
    start = np.array([0, long / 2 + fat * 0.6, belly + fat * 0.3])
    length = b.uniform(0.08, 0.6)
    tail = bezier(
        [start, start + [0, length * 0.5, b.uniform(-0.2, 0.3)], start + [b.uniform(-0.1, 0.1), length, b.uniform(-0.4, 0.3) * length]], 6
    )
    limbs.append(("tail", tapering(tail, fat * 0.25, fat * b.uniform(0.05, 0.2)), ""))
    smoothness = b.uniform(0.01, 0.025)
    b.blend(limbs, smoothness, "", b.pick("fur", "skin", "scales"))
    if b.chance(0.35):
        base = skull + [size * 0.45, 0.02, size * 0.8]
        path = bezier([base, base + [size * 1.2, 0, size * 0.4], base + [size * 0.8, -size * 0.3, size * b.uniform(1, 2.5)]], 8)
        b.add_all("horn", both_sides(sweep(path, np.linspace(size * 0.22, size * 0.04, 8))), "head/horns", "curved pointed", "shell")
    if b.chance(0.3):
        b.add_all(
            "eye",
            both_sides(ellipsoid(skull + (size + smoothness) * np.array([0.72, -0.6, 0.35]), (size * 0.18,) * 3, 12)),
            "head/eyes",
            "round",
            "plastic",
        )
    return f"a {'fat' if fat > 0.15 else 'lean'} animal on four {'sprawling' if sprawling else 'long' if high > 0.4 else 'short'} legs"


def bird(b: Builder) -> str:
    """A bird that stands or flies, with a beak, wings and a fan of a tail."""
    long, fat = b.uniform(0.25, 0.4), b.uniform(0.08, 0.15)
    flying = b.chance(0.5)
    lift = 0.3
    limbs: Limbs = [
        ("body", chain([[0, long / 2, lift - 0.02], [0, 0, lift], [0, -long / 2, lift + 0.05]], [fat * 0.5, fat, fat * 0.7]), "trunk")
    ]
    neck = b.uniform(0.02, 0.3)
    base = np.array([0, -long / 2 - fat * 0.2, lift + 0.08])
    skull = base + [0, -neck * 0.5 - 0.03, neck + 0.03]
    size = fat * b.uniform(0.4, 0.65)
    limbs.append(("neck", chain([base, skull], [fat * 0.5, size * 0.7]), "head"))
    limbs.append(("head", chain([skull], size), "head"))
    b.blend(limbs, b.uniform(0.01, 0.02), "", "feathers")
    beak = b.uniform(0.8, 3.0)
    b.add(
        "beak",
        cylinder(skull + [0, -size * 0.7, 0], skull + [0, -size * (0.9 + beak), -size * 0.2], size * 0.4, size * 0.03, 12),
        "head",
        "pointed",
        "plastic",
    )
    span, chord = b.uniform(0.3, 0.7), b.uniform(0.12, 0.25)
    outline = np.array(
        [[0, chord / 2], [span * 0.5, chord * 0.55], [span, chord * b.uniform(0.0, 0.6)], [span * 0.7, -chord * 0.3], [0, -chord / 2]]
    )
    wing = plate(outline, b.uniform(0.012, 0.03), 0.01)
    wing = wing.rotate((0, -b.uniform(-20, 40), 0)) if flying else wing.scale((0.6, 1, 1)).rotate((0, 70, 0)).rotate((0, 0, -50))
    b.add_all("wing", both_sides(wing.translate((fat * 0.7, 0, lift + fat * 0.3))), "wings", "flat", "feathers")
    wide = b.uniform(0.05, 0.16)
    fan = plate([[-0.03, 0], [0.03, 0], [wide, 0.2], [-wide, 0.2]], 0.015).translate((0, long / 2 + fat * 0.2, lift - 0.01))
    b.add("tail", fan, "", "flat", "feathers")
    if not flying or b.chance(0.4):
        foot = b.uniform(0.1, 0.25)
        leg = cylinder((fat * 0.4, 0, lift - fat * 0.7), (fat * 0.45, 0.0, lift - fat - foot), 0.01, None, 10)
        b.add_all("leg", both_sides(leg), "legs", "thin", "plastic")
        ground = lift - fat - foot
        toes = [
            cylinder((fat * 0.45, 0, ground), (fat * 0.45 + x, y, ground - 0.005), 0.009, None, 8)
            for x, y in ((0, -0.06), (0.035, -0.045), (-0.035, -0.045), (0, 0.04))
        ]
        b.add_all("foot", both_sides(toes[0] + toes[1] + toes[2] + toes[3]), "legs", "", "plastic")
    return f"a {'flying' if flying else 'standing'} bird with a {'long' if neck > 0.15 else 'short'} neck"


def fish(b: Builder) -> str:
    """A fish with fins and a forked tail."""
    long, tall, wide = b.uniform(0.5, 1.0), b.uniform(0.1, 0.25), b.uniform(0.05, 0.14)
    limbs: Limbs = []
    share = np.linspace(0, 1, 7)
    swing = b.uniform(-0.1, 0.1)
    spine = np.stack([swing * np.sin(share * 4), (share - 0.5) * long, np.zeros(7)], 1)
    girth = wide * np.clip(np.sin(np.pi * (0.12 + 0.8 * share)), 0.15, 1)
    limbs.append(("head", chain(spine[:3], girth[:3]), ""))
    limbs.append(("body", chain(spine[2:], girth[2:]), ""))
    b.blend(limbs, 0.01, "", "scales")
    thin = b.uniform(0.008, 0.02)

    def at_spine(number: int, solid: Manifold) -> list[Manifold]:
        return [image.translate(spine[number]) for image in both_sides(solid)]

    reach = tall * b.uniform(0.8, 1.4)
    end = long / 2
    tail = plate([[-0.02, 0], [0.02, 0], [reach, 0.12 + reach * 0.6], [0, 0.1], [-reach, 0.12 + reach * 0.6]], thin).rotate((0, 90, 0))
    b.add("tail fin", tail.translate((spine[-1][0], end - 0.02, 0)), "fins", "forked", "scales")
    dorsal = plate([[0, -0.5 * long * 0.4], [0, 0.5 * long * 0.5], [tall * 0.9, 0.5 * long * 0.35], [tall, 0]], thin).rotate((0, -90, 0))
    b.add("dorsal fin", dorsal.translate((spine[3][0], 0, wide * 0.7)), "fins", "flat", "scales")
    if b.chance(0.6):
        anal = plate([[0.0, 0.0], [0.0, long * 0.2], [tall * 0.6, long * 0.22]], thin).rotate((0, 90, 0))
        b.add("anal fin", anal.translate((spine[4][0], long * 0.1, -wide * 0.6)), "fins", "flat", "scales")
    side = plate([[0, -0.04], [0, 0.04], [tall, 0.12], [tall * 0.9, 0.02]], thin).rotate((0, b.uniform(0, 50), 0))
    b.add_all("pectoral fin", at_spine(2, side.translate((girth[2] * 0.7, 0, -girth[2] * 0.2))), "fins/sides", "flat", "scales")
    if b.chance(0.5):
        b.add_all(
            "eye",
            at_spine(1, ellipsoid((girth[1] * 0.85, -0.03 * long, girth[1] * 0.35), (girth[1] * 0.25,) * 3, 12)),
            "eyes",
            "round",
            "plastic",
        )
    return f"a {'long' if long > 0.8 else 'short'} fish with {sum(part.group[:1] == ('fins',) for part in b.parts)} fins"


def insect(b: Builder) -> str:
    """An insect with six jointed legs and antennae, some with wings."""
    sizes = [b.uniform(0.05, 0.1), b.uniform(0.05, 0.09), b.uniform(0.08, 0.18)]
    gap = b.uniform(0.75, 1.1)
    places = np.cumsum([0, (sizes[0] + sizes[1]) * gap, (sizes[1] + sizes[2]) * gap])
    high = b.uniform(0.12, 0.3)
    limbs: Limbs = [
        ("head", chain([[0, places[0], high]], sizes[0]), ""),
        ("thorax", chain([[0, places[1], high]], sizes[1]), ""),
        (
            "abdomen",
            chain(
                [[0, places[2] - sizes[2] * 0.2, high], [0, places[2] + sizes[2] * b.uniform(0.2, 1.2), high - 0.02]],
                [sizes[2], sizes[2] * 0.6],
            ),
            "",
        ),
    ]
    if gap > 0.95:
        limbs.append(("waist", chain([[0, places[0], high], [0, places[2], high]], min(sizes) * 0.3), ""))
    thin = b.uniform(0.008, 0.022)
    reach = b.uniform(0.15, 0.35)
    for number, middle in enumerate((-35, 0, 35)):
        turn = middle + b.uniform(-8, 8)
        for side, name in ((-1, "right"), (1, "left")):
            ahead, out = np.sin(np.radians(turn)), np.cos(np.radians(turn))
            root = np.array([side * sizes[1] * 0.7, places[1] + ahead * sizes[1] * 0.8, high - sizes[1] * 0.3])
            knee = root + np.array([side * out, ahead, 0.0]) * reach * 0.5 + [0, 0, b.uniform(0.0, 0.12)]
            foot = knee + np.array([side * out, ahead, 0.0]) * reach * 0.5
            foot[2] = 0
            limbs.append(("femur", chain([root, knee], [thin * 1.2, thin]), f"legs/{name} leg {number + 1}"))
            limbs.append(("tibia", chain([knee, foot], [thin, thin * 0.6]), f"legs/{name} leg {number + 1}"))
    for side in (-1, 1):
        base = np.array([side * sizes[0] * 0.4, places[0] - sizes[0] * 0.7, high + sizes[0] * 0.4])
        limbs.append(
            (
                "antenna",
                tapering(bezier([base, base + [side * 0.05, -0.08, 0.12], base + [side * 0.1, -0.2, 0.05]], 5), thin * 0.7, thin * 0.5),
                "antennae",
            )
        )
    b.blend(limbs, b.uniform(0.004, 0.012), "", "shell")
    winged = b.chance(0.35)
    if winged:
        wing = plate([[0.0, 0.0], [0.06, -0.05], [0.35, 0.1], [0.3, 0.2], [0.05, 0.1]], 0.01, 0.01).rotate((0, -b.uniform(5, 30), 0))
        b.add_all("wing", both_sides(wing.translate((0.01, places[1], high + sizes[1] * 0.7))), "wings", "thin", "glass")
    return f"a{' winged' if winged else 'n'} insect with six legs and antennae"


def spider(b: Builder) -> str:
    """Eight jointed legs around a body of two."""
    front, back = b.uniform(0.06, 0.1), b.uniform(0.08, 0.17)
    high, thin, reach = b.uniform(0.08, 0.2), b.uniform(0.01, 0.022), b.uniform(0.2, 0.5)
    limbs: Limbs = [("head", chain([[0, 0, high]], front), ""), ("abdomen", chain([[0, (front + back) * 0.9, high + 0.02]], back), "")]
    for number in range(4):
        turn = np.radians(-60 + 38 * number + b.uniform(-6, 6))
        for side, name in ((-1, "right"), (1, "left")):
            out = np.array([side * np.cos(turn), np.sin(turn), 0])
            root = out * front * 0.7 + [0, 0, high]
            knee = root + out * reach * 0.45 + [0, 0, b.uniform(0.08, 0.2)]
            foot = root + out * reach
            foot[2] = 0
            limbs.append(("upper leg", chain([root, knee], [thin * 1.2, thin]), f"legs/{name} leg {number + 1}"))
            limbs.append(("lower leg", chain([knee, foot], [thin, thin * 0.6]), f"legs/{name} leg {number + 1}"))
    b.blend(limbs, b.uniform(0.004, 0.012), "", b.pick("shell", "fur"))
    return "a spider with eight legs"


def octopus(b: Builder) -> str:
    """A soft head on six or eight winding arms."""
    head, arms = b.uniform(0.1, 0.2), b.pick(6, 8, 8, 8)
    reach, thick = b.uniform(0.3, 0.7), b.uniform(0.025, 0.05)
    limbs: Limbs = [("head", chain([[0, 0, head * 0.5], [0, b.uniform(0, 0.1), head * b.uniform(1.0, 2.0)]], [head * 0.8, head]), "")]
    for number in range(arms):
        turn = 2 * np.pi * (number + 0.5 * b.uniform(-0.3, 0.3)) / arms
        out = np.array([np.cos(turn), np.sin(turn), 0])
        side = np.array([-out[1], out[0], 0])
        start = out * head * 0.6 + [0, 0, head * 0.2]
        path = bezier(
            [
                start,
                start + out * reach * 0.4 + [0, 0, b.uniform(-0.15, 0.1)],
                start + out * reach * 0.8 + side * b.uniform(-0.2, 0.2) - [0, 0, 0.1],
                start + out * reach + side * b.uniform(-0.3, 0.3) + [0, 0, b.uniform(-0.2, 0.1)],
            ],
            9,
        )
        limbs.append(("arm", tapering(path, thick, thick * 0.3), "arms"))
    b.blend(limbs, b.uniform(0.008, 0.02), "", b.pick("skin", "scales"))
    return f"an octopus with {arms} arms"


def snake(b: Builder) -> str:
    """A winding snake, some with a rattle."""
    count, thick = 16, b.uniform(0.03, 0.06)
    share = np.linspace(0, 1, count)
    waves, swing = b.uniform(0.7, 2.2), b.uniform(0.08, 0.25)
    path = np.stack([swing * np.sin(2 * np.pi * waves * share), share - 0.5, np.full(count, thick)], 1)
    rattle = b.chance(0.3)
    limbs: Limbs = [("body", chain(path[1:11], np.interp(share[1:11], [0, 0.3, 1], [thick * 0.7, thick, thick * 0.8])), "")]
    limbs.append(("tail", tapering(path[10:], thick * 0.85, thick * 0.25), ""))
    limbs.append(("head", chain([path[0] - [0, thick, 0], path[1]], [thick * 1.1, thick * 0.8]), ""))
    b.blend(limbs, thick * 0.3, "", "scales")
    if rattle:
        b.add("rattle", ellipsoid(path[-1], (thick * 0.45, thick * 1.2, thick * 0.45), 12), "", "", "shell")
    return "a winding snake"


def teddy(b: Builder) -> str:
    """A teddy bear, sitting or standing."""
    belly, head = b.uniform(0.16, 0.22), b.uniform(0.12, 0.17)
    limbs: Limbs = [("body", chain([[0, 0, belly], [0, 0, belly * 1.5]], [belly, belly * 0.8]), "")]
    top = belly * 2.2 + head * 0.6
    limbs.append(("head", chain([[0, 0, top]], head), "head"))
    limbs.append(("snout", chain([[0, -head * 0.8, top - head * 0.2]], head * b.uniform(0.3, 0.45)), "head"))
    sitting = b.chance(0.5)
    for side in (-1, 1):
        limbs.append(("ear", chain([[side * head * 0.8, 0, top + head * 0.75]], head * b.uniform(0.3, 0.45)), "head/ears"))
        shoulder = np.array([side * belly * 0.7, 0, belly * 1.8])
        drop = b.uniform(-0.15, 0.15)
        limbs.append(("arm", chain([shoulder, shoulder + [side * 0.15, -0.08, drop]], [belly * 0.3, belly * 0.33]), "arms"))
        hip = np.array([side * belly * 0.6, -belly * 0.3, belly * 0.35])
        knee = hip + ([side * 0.06, -0.2, 0] if sitting else [side * 0.03, 0, -0.2])
        limbs.append(("leg", chain([hip, knee], [belly * 0.38, belly * 0.35]), "legs"))
    b.blend(limbs, b.uniform(0.005, 0.015), "", "fur")
    if b.chance(0.5):
        b.add_all(
            "eye",
            both_sides(ellipsoid((head * 0.35, -head * 0.88, top + head * 0.2), (head * 0.1,) * 3, 10)),
            "head/eyes",
            "round",
            "plastic",
        )
    return f"a {'sitting' if sitting else 'standing'} teddy bear"


def hand(b: Builder) -> str:
    """A hand with four fingers and a thumb, straight or curled."""
    wide, long = b.uniform(0.07, 0.1), b.uniform(0.08, 0.12)
    thick = b.uniform(0.016, 0.024)
    limbs: Limbs = [
        ("palm", np.concatenate([chain([[x, 0, 0.02], [x * 1.1, 0, long]], thick * 1.3) for x in (-wide / 2.6, 0, wide / 2.6)]), "")
    ]
    limbs.append(("wrist", chain([[0, 0, -b.uniform(0.05, 0.2)], [0, 0, 0.02]], wide * 0.42), ""))
    curl, spread = b.uniform(0, 50), b.uniform(0, 10)
    for number in range(4):
        x = wide * (number - 1.5) / 3.2
        length = (0.08, 0.1, 0.092, 0.07)[number] * b.uniform(0.9, 1.1)
        lean = np.radians((number - 1.5) * spread)
        point, bend, radius = np.array([x, 0, long]), 0.0, thick * 0.62
        joints = [point]
        for _ in range(3):
            bend += np.radians(curl * b.uniform(0.3, 0.5))
            point = point + length / 3 * np.array([np.sin(lean), -np.sin(bend), np.cos(lean) * np.cos(bend)])
            joints.append(point)
        limbs.append(("finger", tapering(joints, radius * 1.1, radius * 0.8), "fingers"))
    base = np.array([wide * 0.5, -0.01, long * 0.25])
    limbs.append(("thumb", tapering([base, base + [0.035, -0.015, 0.03], base + [0.05, -0.03, 0.07]], thick * 0.8, thick * 0.6), "fingers"))
    b.blend(limbs, thick * b.uniform(0.2, 0.45), "", "skin")
    if b.chance(0.3):
        cuff = extrude(regular_polygon(24, wide * 0.55), 0.05)
        b.add("cuff", cuff.translate((0, 0, -0.07)), "", "round", "fabric")
    return f"a hand with {'curled' if curl > 25 else 'straight'} fingers"
