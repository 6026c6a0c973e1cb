"""Figures that walk upright."""

from __future__ import annotations

import numpy as np

from ..builder import Builder, both_sides
from ..solids import cylinder, ellipsoid, lathe

__all__ = ["humanoid"]


def humanoid(b: Builder) -> str:
    """A figure that stands upright, in many builds and postures."""
    tall = 1.0
    build = b.uniform(0.75, 1.5)
    head = b.uniform(0.06, 0.12)
    leg, torso = b.uniform(0.4, 0.5), b.uniform(0.28, 0.34)
    hip, shoulder = leg, leg + torso
    hip_width, shoulder_width = 0.06 * build**0.5, b.uniform(0.1, 0.14) * build**0.5
    limbs: list[tuple[str, np.ndarray, str]] = []
    chest, waist = 0.075 * build, 0.06 * build * b.uniform(0.8, 1.2)
    limbs.append(
        ("torso", np.array([[0, 0, hip, 0.07 * build], [0, 0, hip + torso * 0.45, waist], [0, 0, shoulder - chest * 0.7, chest]]), "body")
    )
    neck = shoulder + b.uniform(0.02, 0.05)
    limbs.append(("neck", np.array([[0, 0, shoulder - 0.02, 0.03 * build**0.5], [0, 0, neck, 0.03]]), "head"))
    limbs.append(("head", np.array([[0, -0.005, neck + head * 0.6, head * 0.78], [0, 0.005, neck + head * 1.15, head * 0.85]]), "head"))
    spread, bend, swing = b.uniform(5, 85), b.uniform(0, 60), b.uniform(-25, 25)
    arm = b.uniform(0.34, 0.42)
    stance, step = b.uniform(0, 18), b.uniform(-20, 20)
    mittens = b.chance(0.4)
    for side in (-1, 1):
        name = "right" if side < 0 else "left"
        root = np.array([side * shoulder_width, 0, shoulder - 0.03])
        upper = _direction(side, spread, swing * side)
        lower = _direction(side, max(spread - bend, 0), swing * side + b.uniform(-25, 5))
        elbow, thick = root + upper * arm * 0.45, 0.03 * build**0.6
        wrist = elbow + lower * arm * 0.42
        inner = np.array([side * chest * 0.4, 0, shoulder - 0.035])
        limbs.append(("upper arm", _chain([inner, root, elbow], [thick, thick * 1.2, thick]), f"{name} arm"))
        limbs.append(("forearm", _chain([elbow, wrist], [thick, thick * 0.7]), f"{name} arm"))
        palm = wrist + lower * 0.05
        limbs.append(("hand", _chain([wrist + lower * 0.015, palm], [thick * 0.75, thick * 0.9]), f"{name} arm/hand"))
        if not mittens:
            across = np.cross(lower, [0, 1, 0.2])
            across /= np.linalg.norm(across)
            for finger in range(4):
                base = palm + across * thick * 0.5 * (finger - 1.5)
                limbs.append(("finger", _chain([base, base + lower * b.uniform(0.04, 0.055)], [0.011, 0.008]), f"{name} arm/hand"))
            limbs.append(("thumb", _chain([wrist, wrist + lower * 0.035 + across * 0.045], [0.013, 0.009]), f"{name} arm/hand"))
        top = np.array([side * hip_width, 0, hip])
        thigh = _direction(side, stance, step * side)
        knee = top + thigh * leg * 0.47
        shin = _direction(side, stance * 0.6, step * side - b.uniform(0, 20) * 0.5)
        ankle = knee + shin * leg * 0.46
        wide = 0.05 * build**0.6
        limbs.append(("thigh", _chain([top, knee], [wide * 1.2, wide * 0.85]), f"{name} leg"))
        limbs.append(("shin", _chain([knee, ankle], [wide * 0.85, wide * 0.55]), f"{name} leg"))
        toe = ankle + np.array([side * 0.02, -0.1, -0.015])
        limbs.append(("foot", _chain([ankle + [0, 0.01, -0.01], toe], [wide * 0.6, wide * 0.5]), f"{name} leg"))
    b.blend(limbs, b.uniform(0.008, 0.02), "", b.pick("skin", "fabric", "plastic"))
    extra = ""
    centre = neck + head * 0.95
    if b.chance(0.3):
        brim = head * b.uniform(1.2, 1.9)
        profile = [(0, 0), (brim, 0), (brim, 0.012), (head * 0.95, 0.02), (head * 0.8, head * b.uniform(0.7, 1.4)), (0, head * 0.9)]
        b.add("hat", lathe(profile, b.segments).translate((0, 0.005, centre + head * 0.35)), "head", "brimmed", "fabric")
        extra = " with a hat"
    if b.chance(0.4):
        b.add_all(
            "eye", both_sides(ellipsoid((head * 0.35, -head * 0.75, centre), (head * 0.16,) * 3, 16)), "head/eyes", "round", "plastic"
        )
    if b.chance(0.2):
        b.add(
            "staff",
            cylinder((palm[0], palm[1], 0), (palm[0], palm[1], tall * 1.1), 0.012, None, b.segments),  # in the hand that came last
            "",
            "long",
            "wood",
        )
        extra += " and a staff"
    return f"a {'stocky' if build > 1.2 else 'slim' if build < 0.9 else ''} standing figure{extra}"


def _direction(side: int, sideways: float, forwards: float) -> np.ndarray:
    """Down, turned out to the `side` and forwards, degrees."""
    out, ahead = np.radians(sideways), np.radians(forwards)
    return np.array([side * np.sin(out), -np.cos(out) * np.sin(ahead), -np.cos(out) * np.cos(ahead)])


def _chain(points: list[np.ndarray], radii: list[float]) -> np.ndarray:
    return np.column_stack([np.array(points), radii])
