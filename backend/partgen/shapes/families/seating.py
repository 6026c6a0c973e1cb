"""Things to sit and lie on."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ..builder import Builder, around, both_sides, four_corners, in_row
from ..solids import bezier, box, cylinder, lathe, plate, rounded_rectangle, sweep

__all__ = ["chair", "stool"]


def chair(b: Builder) -> str:
    """A chair with one of five backs, on legs or a pedestal."""
    width, depth, height = b.uniform(0.38, 0.55), b.uniform(0.38, 0.52), b.uniform(0.38, 0.52)
    frame = b.pick("wood", "metal", "plastic")
    thick = b.uniform(0.02, 0.07)
    padded = b.chance(0.4)
    seat = plate(rounded_rectangle(width, depth, b.uniform(0.0, 0.06)), thick).translate((0, 0, height))
    b.add("seat", seat, "", "square" if width / depth < 1.1 else "wide", frame)
    if padded:
        cushion = box((width * 0.92, depth * 0.92, b.uniform(0.04, 0.09)), (0, 0, height + thick / 2 + 0.03), 0.02)
        b.add("cushion", cushion, "", "soft", b.pick("fabric", "leather"))
    legs = _pedestal(b, height, frame) if b.chance(0.2) else _four_legs(b, width, depth, height, frame)
    back = _back(b, width, depth, height + thick / 2, frame)
    arms = ""
    if b.chance(0.35):
        arms = _arms(b, width, depth, height, frame)
    return f"a {b.parts[0].material.name} chair with {legs}, {back}{arms}"


def _four_legs(b: Builder, width: float, depth: float, height: float, material: str) -> str:
    radius, splay = b.uniform(0.012, 0.035), b.uniform(0.0, 0.06)
    taper = b.uniform(0.5, 1.0)
    x, y = width / 2 - 1.3 * radius, depth / 2 - 1.3 * radius
    if b.chance(0.4):
        leg = box((2 * radius, 2 * radius, height), (x, y, height / 2))
        word = "square"
    else:
        leg = cylinder((x + splay, y + splay, 0), (x, y, height), radius * taper, radius, b.segments)
        word = "tapered" if taper < 0.8 else "round"
    b.add_all("leg", four_corners(leg), "base/legs", word, material)
    if b.chance(0.4):
        level = b.uniform(0.15, 0.5) * height
        if word != "square":
            x, y = x + splay * (1 - level / height), y + splay * (1 - level / height)
        bar = cylinder((x, -y, level), (x, y, level), radius * 0.6, None, b.segments)
        b.add_all("stretcher", both_sides(bar), "base/stretchers", "thin", material)
        if b.chance():
            b.add("stretcher", cylinder((-x, 0, level), (x, 0, level), radius * 0.6, None, b.segments), "base/stretchers", "thin", material)
    return f"four {word} legs"


def _pedestal(b: Builder, height: float, material: str) -> str:
    foot = b.uniform(0.18, 0.28)
    b.add("post", cylinder((0, 0, 0.04), (0, 0, height), b.uniform(0.02, 0.05), None, b.segments), "base", "round", "metal")
    if b.chance(0.4):
        b.add("foot", lathe([(0, 0), (foot, 0), (foot * 0.9, 0.03), (0.03, 0.06), (0, 0.06)], b.segments), "base", "round flat", "metal")
        return "a pedestal on a round foot"
    count = b.integer(4, 6)
    arm = cylinder((0, 0, 0.06), (foot, 0, 0.035), 0.022, 0.014, b.segments)
    b.add_all("arm of the base", around(arm, count), "base/star", "slim", "metal")
    if b.chance(0.7):
        wheel = cylinder((foot, -0.015, 0.02), (foot, 0.015, 0.02), 0.022, None, b.segments)
        b.add_all("caster", around(wheel, count), "base/casters", "small round", "rubber")
        return f"a swivel base with {count} casters"
    return f"a star base of {count} arms"


def _back(b: Builder, width: float, depth: float, seat: float, material: str) -> str:
    tall, lean, thick = b.uniform(0.3, 0.65), b.uniform(0, 0.12), b.uniform(0.015, 0.03)
    y = depth / 2 - thick

    def at(share: float) -> float:
        return y + lean * share

    kind = b.pick("solid", "slatted", "spindle", "ladder", "padded")
    if kind in ("solid", "padded"):
        deep = thick if kind == "solid" else b.uniform(0.05, 0.1)
        panel = plate(rounded_rectangle(width * b.uniform(0.8, 1.0), tall, b.uniform(0.01, 0.1)), deep).rotate((90, 0, 0))
        panel = panel.rotate((-np.degrees(np.arctan2(lean, tall)), 0, 0)).translate((0, at(0.5), seat + tall / 2))
        b.add("back", panel, "", kind, material if kind == "solid" else b.pick("fabric", "leather"))
        return f"a {kind} back"
    post = cylinder((width / 2 - thick, at(0), seat - 0.02), (width / 2 - thick, at(1), seat + tall), thick, None, b.segments)
    b.add_all("back post", both_sides(post), "back/posts", "upright", material)
    rail = box((width - thick, 1.4 * thick, b.uniform(0.04, 0.1)), (0, at(0.95), seat + 0.95 * tall), 0.005)
    b.add("top rail", rail, "back", "horizontal", material)
    if kind == "ladder":
        count = b.integer(2, 5)
        for number in range(count):
            share = 0.15 + 0.65 * number / count
            b.add("rung", box((width - thick, thick, 0.03), (0, at(share), seat + share * tall)), "back/rungs", "flat", material)
        return f"a ladder back of {count} rungs"
    count = b.integer(3, 8)
    step = (width - 4 * thick) / count
    if kind == "spindle":
        slat = cylinder((0, at(0), seat - 0.01), (0, at(0.95), seat + 0.95 * tall), 0.008, None, b.segments)
    else:
        slat = (
            box((step * 0.5, 0.012, tall)).rotate((-np.degrees(np.arctan2(lean, tall)), 0, 0)).translate((0, at(0.46), seat + 0.46 * tall))
        )
    b.add_all("slat" if kind == "slatted" else "spindle", in_row(slat, count, (step, 0, 0)), "back/slats", "thin", material)
    return f"a back of {count} {'slats' if kind == 'slatted' else 'spindles'}"


def _arms(b: Builder, width: float, depth: float, height: float, material: str) -> str:
    level, radius = height + b.uniform(0.17, 0.26), b.uniform(0.012, 0.03)
    x = width / 2
    rest = box((2.4 * radius, depth * 0.85, 1.6 * radius), (x, 0, level), 0.4 * radius)
    b.add_all("armrest", both_sides(rest), "arms", "flat", b.pick(material, "leather"))
    post = cylinder((x, -depth * 0.3, height - 0.02), (x, -depth * 0.3, level), radius * 0.7, None, b.segments)
    b.add_all("arm post", both_sides(post), "arms", "upright", material)
    return " and armrests"


def stool(b: Builder) -> str:
    """A round stool on three or four legs."""
    height, radius = b.uniform(0.4, 0.8), b.uniform(0.14, 0.2)
    material = b.pick("wood", "metal", "plastic")
    thick = b.uniform(0.025, 0.06)
    seat: Manifold = lathe([(0, 0), (radius, 0), (radius, thick * 0.7), (radius * 0.92, thick), (0, thick)], b.segments)
    b.add("seat", seat.translate((0, 0, height)), "", "round", b.pick(material, "leather"))
    count, spread, thin = b.integer(3, 4), b.uniform(0.9, 1.3), b.uniform(0.01, 0.022)
    if b.chance(0.3):
        path = bezier([(radius * 0.5, 0, height + 0.005), (radius * spread * 1.3, 0, height * 0.6), (radius * spread, 0, 0)], 12)
        leg = sweep(path, thin, None, b.segments // 2)
        word = "curved"
    else:
        leg = cylinder((radius * spread, 0, 0), (radius * 0.6, 0, height + 0.005), thin, None, b.segments)
        word = "straight"
    b.add_all("leg", around(leg, count, b.uniform(0, 90)), "legs", f"{word} slim", material)
    if b.chance(0.6):
        share = b.uniform(0.25, 0.5)
        ring = radius * (0.6 * share + spread * (1 - share))
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        circle = np.stack([ring * np.cos(angle), ring * np.sin(angle), np.full(40, height * share)], 1)
        b.add("foot ring", sweep(circle, thin * 0.7, None, 10, closed=True), "", "round thin", "metal")
    return f"a round {b.parts[0].material.name} stool with {count} {word} legs"
