"""Parts as artists ask for them: feet, wheels, roofs, knobs, by their form and by how many of something they have.

The families of `shapes` make whole objects; these make one part each, and beside it a stub of what it is attached to, which tells
how it is to sit. The same seed gives the same part. z points up, the front looks along -y.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from manifold3d import Manifold, OpType

from ..shapes import Builder
from ..shapes.builder import around
from ..shapes.solids import (
    Point,
    bezier,
    box,
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

VERSION = 1
"""Counts up whenever a seed gives another part than before."""


@dataclass(frozen=True, eq=False)
class Design:
    """One part: its closed `solid`, the `rest` that it is attached to, and what one says of it; `counts` how many of what it has."""

    name: str
    attributes: tuple[str, ...]
    solid: Manifold
    rest: Manifold
    counts: Mapping[str, int] = field(default_factory=dict)


def _united(solids: Sequence[Manifold]) -> Manifold:
    return Manifold.batch_boolean(list(solids), OpType.Add)


def _below(width: float = 1.0) -> Manifold:
    """Something that a part stands on: its top is at 0."""
    return box((width, width, 0.5), (0, 0, -0.25))


def _above(height: float, width: float = 1.0) -> Manifold:
    """Something that a part hangs under, from `height` on."""
    return box((width, width, 0.5), (0, 0, height + 0.25))


def _wall() -> Manifold:
    """Something that a part sticks out of, towards the front: its face is at y = 0."""
    return box((1.6, 0.5, 1.6), (0, 0.25, 0))


# ---- what turns ------------------------------------------------------------------------------------------------------


def wheel(b: Builder) -> Design:
    """A wheel on an axle: with spokes, or a plain disc."""
    tyre, wide = b.uniform(0.05, 0.11), b.uniform(0.9, 1.8)
    rim = torus((0, 0, 0), 1 - tyre, tyre, (0, 1, 0), 48).scale((1, wide, 1))
    hub = cylinder((0, -1.3 * tyre * wide, 0), (0, 1.3 * tyre * wide, 0), b.uniform(0.12, 0.2), None, 32)
    axle = cylinder((0, 0, 0), (0, 2, 0), 0.07, None, 24)
    if b.chance(0.12):
        disc = cylinder((0, -0.45 * tyre * wide, 0), (0, 0.45 * tyre * wide, 0), 1 - tyre, None, 48)
        return Design("wheel", ("solid", "round"), _united([rim, hub, disc]), axle, {"spoke": 0})
    count = b.integer(3, 12)
    thick = b.uniform(0.03, 0.06) if count > 6 else b.uniform(0.045, 0.09)
    kind = b.pick("round", "flat", "flat", "tapered")
    if kind == "round":
        spoke = cylinder((0.05, 0, 0), (1 - tyre, 0, 0), thick, None, 12)
    elif kind == "tapered":
        spoke = cylinder((0.05, 0, 0), (1 - tyre, 0, 0), 1.5 * thick, 0.6 * thick, 12)
    else:
        spoke = box((1 - tyre, tyre * wide, 2 * thick), ((1 - tyre) / 2, 0, 0))
    spokes = [one.rotate((90, 0, 0)) for one in around(spoke.rotate((-90, 0, 0)), count, b.uniform(0, 90))]
    words = ("spoked", "round", "thick" if tyre > 0.085 else "thin") if tyre > 0.085 or tyre < 0.065 else ("spoked", "round")
    return Design("wheel", words, _united([rim, hub, *spokes]), axle, {"spoke": count})


def propeller(b: Builder) -> Design:
    """Blades around a hub, on a shaft behind it."""
    count, wide, pitch = b.integer(2, 8), b.uniform(0.1, 0.2), b.uniform(15, 40)
    kind = b.pick("rounded", "pointed", "straight")
    if kind == "pointed":
        outline = [(0.05, -0.04), (0.35, -wide), (1, 0), (0.35, wide), (0.05, 0.04)]
    elif kind == "rounded":
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        outline = np.stack([0.54 + 0.46 * np.cos(angle), wide * np.sin(angle)], 1).tolist()
    else:
        outline = [(0.05, -0.7 * wide), (1, -0.7 * wide), (1, 0.7 * wide), (0.05, 0.7 * wide)]
    blade = plate(outline, 0.04).rotate((pitch, 0, 0))
    nose = ellipsoid((0, 0, 0.04), (0.14, 0.14, 0.2))
    turned = _united([*around(blade, count), nose]).rotate((90, 0, 0))
    return Design("propeller", (kind,), turned, cylinder((0, 0, 0), (0, 1.5, 0), 0.08, None, 24), {"blade": count})


def gear(b: Builder) -> Design:
    """A toothed wheel on a shaft."""
    count, thick, deep = b.integer(6, 24), b.uniform(0.12, 0.35), b.uniform(0.1, 0.18)
    half = np.pi / count
    turns = [
        (2 * half * k + o, r)
        for k in range(count)
        for o, r in ((-0.55 * half, 1 - deep), (-0.3 * half, 1), (0.3 * half, 1), (0.55 * half, 1 - deep))
    ]
    disc = extrude([(r * np.cos(a), r * np.sin(a)) for a, r in turns], thick).translate((0, 0, -thick / 2))
    hub = cylinder((0, 0, -0.7 * thick), (0, 0, 0.7 * thick), 0.25, None, 32)
    return Design(
        "gear", ("toothed", "round"), (disc + hub).rotate((90, 0, 0)), cylinder((0, 0, 0), (0, 1.5, 0), 0.1, None, 24), {"tooth": count}
    )


# ---- what stands and carries -----------------------------------------------------------------------------------------


def foot(b: Builder) -> Design:
    """A foot under furniture."""
    kind = b.pick("ball", "ball", "bun", "block", "tapered", "disc", "claw", "hoof", "peg", "stepped")
    top = 1.0
    neck = cylinder((0, 0, 0.7), (0, 0, 1.02), b.uniform(0.14, 0.24), None, 32)
    words: tuple[str, ...] = (kind,)
    counts: dict[str, int] = {}
    if kind == "ball":
        solid, words = ellipsoid((0, 0, 0.45), (0.45, 0.45, 0.45), 40) + neck, ("ball", "round")
    elif kind == "bun":
        solid, words = ellipsoid((0, 0, 0.4), (0.65, 0.65, 0.4), 40) + neck, ("bun", "round", "flattened")
    elif kind == "block":
        side = b.uniform(0.5, 0.8)
        solid, words = box((side, side, 1.02), (0, 0, 0.51), b.pick(0.0, 0.03)), ("block", "square")
    elif kind == "tapered":
        solid, words = cylinder((0, 0, 0), (0, 0, 1.02), b.uniform(0.12, 0.22), b.uniform(0.35, 0.45), 32), ("tapered", "round")
    elif kind == "disc":
        radius = b.uniform(0.6, 0.9)
        solid = lathe([(0, 0), (radius, 0), (radius, 0.1), (0.2, 0.3), (0.16, 1.02), (0, 1.02)], 40)
        words = ("disc", "round", "flat")
    elif kind == "claw":
        count = b.integer(3, 5)
        ball = ellipsoid((0, 0, 0.35), (0.32, 0.32, 0.35), 32)
        toe = sweep(bezier([(0.1, 0, 0.85), (0.62, 0, 0.8), (0.52, 0, 0.25), (0.42, 0, 0.02)], 14), np.linspace(0.14, 0.06, 14), None, 12)
        solid = _united([ball, *around(toe, count), cylinder((0, 0, 0.6), (0, 0, 1.02), 0.24, None, 32)])
        words, counts = ("claw", "curved"), {"toe": count}
    elif kind == "hoof":
        solid = lathe([(0, 0), (0.42, 0), (0.34, 0.4), (0.3, 0.42), (0.26, 0.5), (0.18, 1.02), (0, 1.02)], 32)
        words = ("hoof", "tapered")
    elif kind == "peg":
        solid, words = cylinder((0, 0, 0), (0, 0, 1.02), b.uniform(0.14, 0.22), None, 24), ("peg", "straight", "slim")
    else:
        solid = _united([box((0.9 - 0.22 * k, 0.9 - 0.22 * k, 0.36), (0, 0, 0.17 + 0.34 * k)) for k in range(3)])
        words, counts = ("stepped", "square"), {"step": 3}
    return Design("foot", words, solid, _above(top, 1.4), counts)


def leg(b: Builder) -> Design:
    """A leg under a table or a chair."""
    kind = b.pick("round", "square", "tapered", "tapered square", "turned", "turned", "cabriole", "twisted", "fluted", "hairpin")
    r = b.uniform(0.07, 0.12)
    if kind == "round":
        solid = cylinder((0, 0, 0), (0, 0, 2.02), r, None, 32)
    elif kind == "square":
        solid = box((2 * r, 2 * r, 2.02), (0, 0, 1.01))
    elif kind == "tapered":
        solid = cylinder((0, 0, 0), (0, 0, 2.02), 0.45 * r, 1.1 * r, 32)
    elif kind == "tapered square":
        solid = extrude(rounded_rectangle(2 * r, 2 * r, 0.01), 2.02, 0, (0.45, 0.45)).rotate((180, 0, 0)).translate((0, 0, 2.02))
    elif kind == "turned":
        z = np.linspace(0, 1.6, 60)
        beads = b.integer(2, 5)
        profile = r * (0.75 + 0.3 * np.sin(np.pi * beads * z / 1.6) ** 2 + 0.25 * np.sin(2 * np.pi * z / 1.6))
        outline = [(0, 0), *zip(np.maximum(profile, 0.35 * r), z, strict=True), (0, 1.6)]
        solid = lathe(outline, 32) + box((2.2 * r, 2.2 * r, 0.44), (0, 0, 1.8))
    elif kind == "cabriole":
        path = bezier([(0, 0, 2.02), (0.34, 0, 1.75), (-0.22, 0, 0.6), (0.16, 0, 0.06)], 24)
        solid = sweep(path, np.linspace(1.5 * r, 0.55 * r, 24), None, 20) + ellipsoid((0.17, 0, 0.06), (0.13, 0.11, 0.06))
    elif kind == "twisted":
        solid = extrude(regular_polygon(b.integer(3, 5), 1.3 * r), 2.02, b.uniform(360, 720), (1, 1), 60)
    elif kind == "fluted":
        solid = cylinder((0, 0, 0), (0, 0, 2.02), r, None, 48)
        solid = solid - _united(around(cylinder((r, 0, 0.15), (r, 0, 1.85), 0.13 * r, None, 10), 12))
    else:
        rod = 0.028
        solid = sweep(np.array([(-0.2, 0, 2.02), (-0.03, 0, 0.04), (0.03, 0, 0.04), (0.2, 0, 2.02)]), rod, None, 12)
    return Design("leg", tuple(kind.split()), solid, _above(2.0, 0.8))


def column(b: Builder) -> Design:
    """A column between a floor and a beam."""
    kind = b.pick("round", "square", "fluted", "twisted", "tapered", "bulging")
    r = b.uniform(0.14, 0.2)
    ends = [box((2.8 * r, 2.8 * r, 0.12), (0, 0, z)) for z in (0.05, 1.95)]
    if kind == "square":
        shaft = box((1.8 * r, 1.8 * r, 2), (0, 0, 1))
    elif kind == "fluted":
        shaft = cylinder((0, 0, 0), (0, 0, 2), r, None, 48) - _united(around(cylinder((r, 0, 0.15), (r, 0, 1.85), 0.12 * r, None, 10), 14))
    elif kind == "twisted":
        shaft = extrude(regular_polygon(b.integer(4, 6), 1.15 * r), 2, 400, (1, 1), 60)
    elif kind == "bulging":
        z = np.linspace(0, 2, 30)
        shaft = lathe([(0, 0), *zip(r * (0.7 + 0.5 * np.sin(np.pi * z / 2)), z, strict=True), (0, 2)], 32)
    else:
        shaft = cylinder((0, 0, 0), (0, 0, 2), r, 0.65 * r if kind == "tapered" else r, 32)
    rest = _below(1.2) + box((1.2, 1.2, 0.5), (0, 0, 2.25))
    return Design("column", (kind,), _united([shaft, *ends]), rest)


# ---- what lies on top ------------------------------------------------------------------------------------------------


def roof(b: Builder) -> Design:
    """A roof on walls, round or rectangular."""
    kind = b.pick("pointed", "pointed", "pyramid", "gabled", "hipped", "domed", "flat", "onion", "slanted", "stepped")
    deep = b.uniform(0.8, 1.25)
    words: tuple[str, ...] = (kind,)
    if kind == "pointed":
        tall, round_one = b.uniform(1.2, 2.6), b.chance(0.6)
        if round_one:
            solid, words = cylinder((0, 0, -0.02), (0, 0, tall), 0.72, 0.012, 40), ("pointed", "conical", "round")
        else:
            solid, words = extrude(rounded_rectangle(1.25, 1.25 * deep, 0), tall, 0, (0.02, 0.02)), ("pointed", "square")
        if tall > 2:
            words = (*words, "tall")
    elif kind == "pyramid":
        solid = extrude(rounded_rectangle(1.25, 1.25 * deep, 0), b.uniform(0.6, 1.0), 0, (0.02, 0.02))
        words = ("pyramid", "pointed", "square")
    elif kind == "gabled":
        rise = b.uniform(0.4, 1.0)
        solid = (
            extrude([(-0.68, 0), (0.68, 0), (0.68, 0.05), (0, rise), (-0.68, 0.05)], 1.3 * deep)
            .translate((0, 0, -0.65 * deep))
            .rotate((90, 0, 0))
        )
        words = ("gabled",)
    elif kind == "hipped":
        solid, words = extrude(rounded_rectangle(1.35, 1.25 * deep, 0), b.uniform(0.35, 0.7), 0, (0.5, 0.04)), ("hipped",)
    elif kind == "domed":
        ball = ellipsoid((0, 0, 0), (0.66, 0.66 * (1 if b.chance(0.7) else deep), b.uniform(0.45, 0.75)), 48)
        solid, words = ball.trim_by_plane((0, 0, 1), -0.02), ("domed", "round")
    elif kind == "flat":
        solid, words = box((1.3, 1.3 * deep, b.uniform(0.1, 0.2)), (0, 0, 0.06)), ("flat",)
    elif kind == "onion":
        curve = bezier([(0.5, 0), (1.05, 0.55), (0.1, 0.8), (0.015, 1.5)], 24)
        solid, words = lathe([(0, 0), *curve.tolist(), (0, 1.5)], 40), ("onion", "pointed", "bulbous")
    elif kind == "slanted":
        rise = b.uniform(0.25, 0.6)
        solid = extrude([(-0.68, 0), (0.68, 0), (0.68, 0.06), (-0.68, rise)], 1.3 * deep).translate((0, 0, -0.65 * deep)).rotate((90, 0, 0))
        words = ("slanted",)
    else:
        count = b.integer(3, 5)
        size = 1.3
        layers = [
            box((size * (1 - 0.8 * k / count), size * deep * (1 - 0.8 * k / count), 0.24), (0, 0, 0.1 + 0.2 * k)) for k in range(count)
        ]
        return Design("roof", ("stepped", "square"), _united(layers), _below(1.2), {"step": count})
    return Design("roof", words, solid, _below(1.2))


def finial(b: Builder) -> Design:
    """An ornament on top of a post."""
    kind = b.pick("ball", "pointed", "acorn", "flame", "star", "pyramid", "ring", "cross", "crystal")
    base = lathe([(0, -0.02), (0.34, -0.02), (0.34, 0.08), (0.2, 0.16), (0, 0.16)], 32)
    counts: dict[str, int] = {}
    words: tuple[str, ...] = (kind,)
    if kind == "ball":
        solid, words = ellipsoid((0, 0, 0.5), (0.4, 0.4, 0.4), 40), ("ball", "round")
    elif kind == "pointed":
        solid = cylinder((0, 0, 0.1), (0, 0, b.uniform(1.0, 1.6)), 0.28, 0.008, 32)
    elif kind == "acorn":
        solid = lathe([(0, 0.1), (0.3, 0.14), (0.36, 0.3), (0.3, 0.34), (0.28, 0.5), (0.16, 0.75), (0.02, 0.9), (0, 0.9)], 32)
        words = ("acorn", "pointed", "round")
    elif kind == "flame":
        outline = bezier([(0.12, 0.1), (0.75, 0.45), (0.05, 0.75), (0.008, 1.2)], 20)
        solid = lathe([(0, 0.1), *outline.tolist(), (0, 1.2)], 32)
        words = ("flame", "pointed")
    elif kind == "star":
        count = b.integer(4, 8)
        flat = _star(count, 0.55, b.uniform(0.4, 0.55), 0.16).rotate((90, 0, 0)).translate((0, 0, 0.62))
        solid, counts = flat + cylinder((0, 0, 0.1), (0, 0, 0.5), 0.07, None, 16), {"point": count}
    elif kind == "pyramid":
        solid = extrude(rounded_rectangle(0.7, 0.7, 0), 0.7, 0, (0.02, 0.02)).translate((0, 0, 0.1))
        words = ("pyramid", "pointed", "square")
    elif kind == "ring":
        solid = torus((0, 0, 0.55), 0.34, 0.09, (0, 1, 0), 40)
    elif kind == "cross":
        solid = box((0.16, 0.16, 1.1), (0, 0, 0.6)) + box((0.7, 0.16, 0.16), (0, 0, 0.78))
    else:
        low = extrude(regular_polygon(6, 0.18), 0.55, 0, (1.7, 1.7))
        solid = (low + extrude(regular_polygon(6, 0.306), 0.5, 0, (0.02, 0.02)).translate((0, 0, 0.55))).translate((0, 0, 0.1))
        words = ("crystal", "pointed", "faceted")
    return Design(b.pick("finial", "ornament"), words, solid + base, cylinder((0, 0, -1), (0, 0, 0), 0.3, None, 24), counts)


def _star(count: int, radius: float, inner: float, thick: float) -> Manifold:
    """A star in the xy plane, a point along y."""
    angle = np.pi / 2 + np.pi * np.arange(2 * count) / count
    size = np.where(np.arange(2 * count) % 2, inner * radius, radius)
    return plate(np.stack([size * np.cos(angle), size * np.sin(angle)], 1), thick)


def hat(b: Builder) -> Design:
    """A hat on a head."""
    kind = b.pick("pointed", "top", "bowler", "crown", "brimmed", "cap")
    brim = lathe([(0, 0), (b.uniform(0.75, 0.95), 0), (0.75, 0.06), (0, 0.06)], 40)
    counts: dict[str, int] = {}
    words: tuple[str, ...]
    if kind == "pointed":
        name, words, solid = "hat", ("pointed", "conical"), brim + cylinder((0, 0, 0), (0, 0, b.uniform(1.1, 1.7)), 0.5, 0.01, 40)
    elif kind == "top":
        name, words, solid = "hat", ("top", "tall", "brimmed"), brim + cylinder((0, 0, 0), (0, 0, b.uniform(0.8, 1.1)), 0.47, 0.52, 40)
    elif kind == "bowler":
        name, words, solid = (
            "hat",
            ("bowler", "round", "brimmed"),
            brim + ellipsoid((0, 0, 0), (0.52, 0.52, 0.55), 40).trim_by_plane((0, 0, 1), 0),
        )
    elif kind == "brimmed":
        wide = lathe([(0, 0), (1.1, 0), (1.08, 0.05), (0, 0.05)], 40)
        name, words, solid = "hat", ("brimmed", "wide", "flat"), wide + cylinder((0, 0, 0), (0, 0, 0.4), 0.5, 0.42, 40)
    elif kind == "cap":
        peak = box((0.7, 0.6, 0.05), (0, -0.6, 0.03), 0.02)
        name, words, solid = "cap", ("peaked", "round"), ellipsoid((0, 0, 0), (0.55, 0.55, 0.45), 40).trim_by_plane((0, 0, 1), 0) + peak
    else:
        count = b.integer(4, 9)
        wall = vessel_wall([(0, 0), (0.5, 0), (0.55, 0.3)], 0.06, 48)
        spike = cylinder((0.51, 0, 0.2), (0.56, 0, 0.75), 0.12, 0.01, 16)
        name, words, counts = "crown", ("pointed", "round"), {"point": count}
        solid = _united([wall, *around(spike, count)])
    return Design(name, words, solid, ellipsoid((0, 0, -0.48), (0.5, 0.5, 0.5)), counts)


def lid(b: Builder) -> Design:
    """A lid on a vessel."""
    kind = b.pick("flat", "domed", "conical")
    plain = b.chance(0.3)
    plate_ = lathe([(0, 0), (0.6, 0), (0.6, 0.07), (0, 0.07)], 40)
    if kind == "domed":
        top, high = ellipsoid((0, 0, 0.04), (0.56, 0.56, 0.32), 40).trim_by_plane((0, 0, 1), 0.02), 0.34
    elif kind == "conical":
        top, high = cylinder((0, 0, 0.05), (0, 0, 0.5), 0.56, 0.06, 40), 0.46
    else:
        top, high = plate_, 0.06
    words = (kind, "round")
    if plain:
        return Design("lid", (*words, "plain"), plate_ + top, cylinder((0, 0, -1), (0, 0, 0), 0.57, None, 40), {"knob": 0})
    knob_ = ellipsoid((0, 0, high + 0.1), (0.11, 0.11, 0.11)) + cylinder((0, 0, high - 0.06), (0, 0, high + 0.08), 0.05, None, 16)
    return Design("lid", words, _united([plate_, top, knob_]), cylinder((0, 0, -1), (0, 0, 0), 0.57, None, 40), {"knob": 1})


def shade(b: Builder) -> Design:
    """A lamp's shade."""
    kind = b.pick("conical", "straight", "domed", "pleated")
    if kind == "pleated":
        count = b.integer(12, 24)
        angle = np.linspace(0, 2 * np.pi, 4 * count, endpoint=False)
        radius = 0.6 + 0.05 * np.cos(count * angle)
        outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        outside = extrude(outline, 0.8, 0, (0.6, 0.6))
        solid = outside - extrude(0.93 * outline, 0.82, 0, (0.6, 0.6)).translate((0, 0, -0.01))
    elif kind == "domed":
        outside = ellipsoid((0, 0, 0), (0.6, 0.6, 0.6), 40).trim_by_plane((0, 0, 1), 0)
        solid = outside - ellipsoid((0, 0, 0), (0.56, 0.56, 0.56), 40)
    else:
        upper = 0.6 if kind == "straight" else b.uniform(0.2, 0.4)
        outside = cylinder((0, 0, 0), (0, 0, 0.8), 0.6, upper, 40)
        solid = outside - cylinder((0, 0, -0.01), (0, 0, 0.81), 0.56, upper - 0.04, 40)
    bar = cylinder((-0.7, 0, 0.35), (0.7, 0, 0.35), 0.02, None, 8) ^ outside
    return Design(
        "shade",
        (kind, "hollow", "round"),
        solid + bar,
        cylinder((0, 0, -1.2), (0, 0, 0.36), 0.05, None, 16),
    )


# ---- what is taken hold of, and what sticks out ----------------------------------------------------------------------


def knob(b: Builder) -> Design:
    """A knob on a door or a drawer."""
    kind = b.pick("ball", "mushroom", "disc", "faceted", "square", "egg")
    neck = cylinder((0, 0, -0.02), (0, 0, 0.4), 0.14, None, 24)
    words: tuple[str, ...] = (kind, "round")
    if kind == "ball":
        head = ellipsoid((0, 0, 0.55), (0.36, 0.36, 0.36), 40)
    elif kind == "mushroom":
        head, words = ellipsoid((0, 0, 0.35), (0.45, 0.45, 0.3), 40).trim_by_plane((0, 0, 1), 0.33), ("mushroom", "domed")
    elif kind == "disc":
        head, words = cylinder((0, 0, 0.32), (0, 0, 0.48), 0.42, None, 40), ("disc", "round", "flat")
    elif kind == "faceted":
        sides = b.integer(5, 8)
        head = extrude(regular_polygon(sides, 0.3), 0.2, 0, (1.4, 1.4)).translate((0, 0, 0.25))
        head = head + extrude(regular_polygon(sides, 0.42), 0.18, 0, (0.5, 0.5)).translate((0, 0, 0.45))
        words = ("faceted",)
    elif kind == "square":
        head, words = box((0.62, 0.62, 0.3), (0, 0, 0.47), b.pick(0.0, 0.05)), ("square", "boxy")
    else:
        head, words = ellipsoid((0, 0, 0.65), (0.3, 0.3, 0.45), 40), ("egg", "oval")
    return Design("knob", words, (head + neck).rotate((90, 0, 0)), _wall())


def handle(b: Builder) -> Design:
    """A handle on a wall: what a hand goes around."""
    kind = b.pick("arched", "looped", "straight", "ring", "twisted")
    half, deep, thin = b.uniform(0.4, 0.6), b.uniform(0.3, 0.5), b.uniform(0.045, 0.08)
    if kind == "arched":
        solid = sweep(bezier([(-half, 0.02, 0), (-half, -1.35 * deep, 0), (half, -1.35 * deep, 0), (half, 0.02, 0)], 24), thin, None, 16)
    elif kind == "looped":
        solid = sweep(
            bezier([(0, 0.02, half), (0, -2.6 * deep, 1.1 * half), (0, -2.2 * deep, -half), (0, 0.02, -half)], 28), thin, None, 16
        )
    elif kind == "ring":
        solid = torus((0, -0.1, -0.35), 0.38, thin, (0, 1, 0), 40) + ellipsoid((0, -0.04, 0.03), (0.12, 0.16, 0.12))
    else:
        posts = [cylinder((x, 0.02, 0), (x, -deep, 0), thin, None, 16) for x in (-half, half)]
        if kind == "twisted":
            bar = extrude(regular_polygon(4, 1.4 * thin), 2.4 * half, 540, (1, 1), 48).translate((0, 0, -1.2 * half)).rotate((0, 90, 0))
        else:
            bar = cylinder((-1.2 * half, 0, 0), (1.2 * half, 0, 0), thin, None, 20)
        solid = _united([*posts, bar.translate((0, -deep, 0))])
    return Design("handle", (kind,), solid, _wall())


def horn(b: Builder) -> Design:
    """A horn on a head."""
    kind = b.pick("straight", "curved", "spiral", "blunt")
    words: tuple[str, ...]
    if kind == "straight":
        solid, words = cylinder((0, 0, -0.05), (0, 0, b.uniform(1, 1.8)), 0.22, 0.008, 32), ("straight", "pointed")
    elif kind == "curved":
        path = bezier([(0, 0, -0.05), (0, 0, 0.6), (0.2, 0, 1.0), (b.uniform(0.5, 0.9), 0, 1.2)], 24)
        solid, words = sweep(path, np.linspace(0.2, 0.01, 24), None, 20), ("curved", "pointed")
    elif kind == "spiral":
        share = np.linspace(0, 1, 90)
        path = helix(1.0, 1.5, b.uniform(2.5, 4), 90)
        path[:, :2] *= (0.16 * (1 - share) + 0.005)[:, None]
        core = cylinder((0, 0, -0.05), (0, 0, 1.5), 0.14, 0.006, 24)
        solid, words = sweep(path, 0.1 * (1 - share) + 0.006, None, 12) + core, ("spiral", "pointed", "twisted")
    else:
        solid, words = cylinder((0, 0, -0.05), (0, 0, 0.7), 0.2, 0.13, 32) + ellipsoid((0, 0, 0.7), (0.13, 0.13, 0.13)), ("blunt", "short")
    return Design("horn", words, solid, ellipsoid((0, 0, -0.9), (0.9, 0.9, 0.9)))


def antenna(b: Builder) -> Design:
    """An antenna on a head or a roof."""
    kind = b.pick("ball", "coiled", "straight", "forked", "dish")
    rod = cylinder((0, 0, -0.03), (0, 0, 1.2), 0.03, None, 16)
    counts: dict[str, int] = {}
    words: tuple[str, ...] = (kind, "thin")
    if kind == "ball":
        solid = rod + ellipsoid((0, 0, 1.25), (0.14, 0.14, 0.14))
    elif kind == "coiled":
        solid = sweep(helix(0.14, 1.1, b.uniform(4, 6), 120), 0.03, None, 10).translate((0, 0, 0.06)) + cylinder(
            (0, 0, -0.03), (0, 0, 0.12), 0.2, None, 24
        )
    elif kind == "straight":
        solid = cylinder((0, 0, -0.03), (0, 0, 1.5), 0.04, 0.012, 16)
    elif kind == "forked":
        count = b.integer(2, 4)
        prong = sweep(bezier([(0, 0, 0.75), (0.1, 0, 0.9), (0.36, 0, 0.95), (0.4, 0, 1.4)], 12), 0.03, None, 10)
        solid, counts = _united([cylinder((0, 0, -0.03), (0, 0, 0.78), 0.035, None, 16), *around(prong, count)]), {"prong": count}
    else:
        bowl = vessel_wall([(0, 0), (0.25, 0.04), (0.45, 0.16)], 0.03, 40).rotate((45, 0, 0)).translate((0, 0, 0.6))
        solid, words = bowl + cylinder((0, 0, -0.03), (0, 0, 0.63), 0.04, None, 16), ("dish", "round")
    return Design("antenna", words, solid, _below(1.2), counts)


def flower(b: Builder) -> Design:
    """A blossom on a stem."""
    count, wide = b.integer(4, 12), b.uniform(0.16, 0.24)
    petal = ellipsoid((0.6, 0, 0.06), (0.42, min(wide, 1.6 / count), 0.05), 24).rotate((0, b.uniform(-25, 5), 0))
    solid = _united([ellipsoid((0, 0, 0.05), (0.26, 0.26, 0.14), 32), *around(petal, count)])
    return Design("flower", ("round", "open"), solid, cylinder((0, 0, -1.5), (0, 0, 0), 0.05, None, 16), {"petal": count})


def star(b: Builder) -> Design:
    """A star on a tip."""
    count, inner = b.integer(4, 10), b.uniform(0.35, 0.6)
    solid = _star(count, 0.6, inner, b.uniform(0.1, 0.25)).rotate((90, 0, 0)).translate((0, 0, 0.45))
    return Design("star", ("flat", "pointed"), solid, cylinder((0, 0, -1), (0, 0, 0.2), 0.06, None, 16), {"point": count})


def tower(b: Builder) -> Design:
    """A tower on the ground."""
    kind, top = b.pick("round", "square"), b.pick("pointed", "crenellated", "flat", "domed")
    high = b.uniform(1.8, 2.8)
    body = cylinder((0, 0, -0.02), (0, 0, high), 0.5, 0.46, 40) if kind == "round" else box((0.95, 0.95, high), (0, 0, high / 2 - 0.01))
    counts: dict[str, int] = {}
    cap: Sequence[Manifold] = ()
    if top == "pointed":
        cap = [cylinder((0, 0, high - 0.02), (0, 0, high + 1.2), 0.6, 0.01, 40)] if kind == "round" else [
            extrude(rounded_rectangle(1.15, 1.15, 0), 1.1, 0, (0.02, 0.02)).translate((0, 0, high - 0.02))
        ]  # fmt: skip
    elif top == "crenellated":
        count = b.integer(5, 10) if kind == "round" else 4 * b.integer(1, 2)
        size = min(0.25, 1.4 / count)
        block: Point = (0.16, size, 0.3)
        cap = around(box(block, (0.4, 0, high + 0.12)), count)
        if kind == "square":
            cap = around(box((0.25, 0.25, 0.3), (0.35, 0.35 if count == 4 else 0.0, high + 0.12)), 4)
            cap = [*cap, *(around(box((0.25, 0.25, 0.3), (0.35, 0.35, high + 0.12)), 4) if count == 8 else ())]
        counts = {"battlement": count}
    elif top == "domed":
        cap = [ellipsoid((0, 0, high), (0.5, 0.5, 0.5), 40)]
    return Design("tower", (kind, "tall", *((top,) if top != "flat" else ())), _united([body, *cap]), _below(1.6), counts)


DESIGNS: Mapping[str, Callable[[Builder], Design]] = {
    one.__name__: one
    for one in (
        antenna, column, finial, flower, foot, gear, handle, hat, horn, knob, leg, lid, propeller, roof, shade, star, tower, wheel,
    )
}  # fmt: skip


def make_design(seed: int, design: str) -> Design:
    """The part of a seed. Raises KeyError for a design that is not there."""
    return DESIGNS[design](Builder(design, seed))
