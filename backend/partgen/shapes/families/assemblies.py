"""Free assemblies: nothing in particular, so that a network learns parts and not only things."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold
from numpy.typing import ArrayLike

from ..builder import Builder, around, both_sides, four_corners, in_row
from ..solids import bezier, box, capsule, cylinder, ellipsoid, extrude, lathe, regular_polygon, sweep, torus

__all__ = ["assembly", "blob", "construction"]


def _body(b: Builder, size: float) -> tuple[str, Manifold]:
    """A simple body about the origin, about `size` large, in some direction."""
    kind = b.pick("box", "cylinder", "ball", "cone", "prism", "ring", "turned body", "tube", "capsule")
    a, c, d = (size * b.uniform(0.4, 1.0) for _ in range(3))
    if kind == "box":
        solid = box((a, c, d), (0, 0, 0), b.pick(0.0, 0.0, 0.15) * min(a, c, d))
    elif kind == "cylinder":
        solid = cylinder((0, 0, -d / 2), (0, 0, d / 2), a / 2, None, b.segments)
    elif kind == "ball":
        solid = ellipsoid((0, 0, 0), (a / 2, c / 2, d / 2), b.segments)
    elif kind == "cone":
        solid = cylinder((0, 0, -d / 2), (0, 0, d / 2), a / 2, a / 2 * b.uniform(0.05, 0.6), b.segments)
    elif kind == "prism":
        solid = extrude(regular_polygon(b.integer(3, 8), a / 2), d, b.uniform(0, 60) * b.pick(0, 0, 1), (1, 1), 6).translate((0, 0, -d / 2))
    elif kind == "ring":
        solid = torus((0, 0, 0), a / 2, a * b.uniform(0.06, 0.2), (0, 0, 1), b.segments)
    elif kind == "turned body":
        outline = bezier(
            [
                (a * b.uniform(0.1, 0.5), -d / 2),
                (a * b.uniform(0.1, 0.8), -d / 6),
                (a * b.uniform(0.1, 0.8), d / 6),
                (a * b.uniform(0.05, 0.5), d / 2),
            ],
            14,
        )
        solid = lathe([(0, -d / 2), *outline, (0, d / 2)], b.segments)
    elif kind == "tube":
        solid = sweep(bezier([(0, 0, -d), (a, 0, -d / 3), (-a, c / 2, d / 3), (0, 0, d)], 14), size * b.uniform(0.06, 0.14), None, 12)
    else:
        solid = capsule((0, 0, -d / 2), (0, 0, d / 2), a / 4, None, b.segments)
    turn = b.pick((0, 0, 0), (90, 0, 0), (0, 90, 0), (b.uniform(0, 360), b.uniform(0, 360), 0))
    return kind, solid.rotate(turn)


def _surface_point(b: Builder, solid: Manifold) -> tuple[np.ndarray, np.ndarray]:
    """A point on the surface, picked by area, and the outward normal there."""
    mesh = solid.to_mesh()
    corners = mesh.vert_properties[:, :3][mesh.tri_verts]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    face = int(b.rng.choice(len(areas), p=areas / areas.sum()))
    return b.rng.dirichlet((1, 1, 1)) @ corners[face], normals[face] / max(areas[face], 1e-12)


def assembly(b: Builder) -> str:
    """Bodies that grow on one another, single, in rows, mirrored or around an axis."""
    kind, trunk = _body(b, 1.0)
    b.add(kind, trunk, "", "", b.pick("metal", "plastic", "wood", "stone"))
    grown = [(trunk, 1.0)]
    for number in range(b.integer(2, 7)):
        host, size = grown[b.integer(0, len(grown) - 1)]
        point, normal = _surface_point(b, host)
        scale = size * b.uniform(0.25, 0.75)
        kind, solid = _body(b, scale)
        sunk = solid.translate(tuple(point + normal * scale * b.uniform(0.1, 0.4)))
        material = b.pick("metal", "plastic", "paint", "wood", "rubber")
        arrangement = b.pick("single", "single", "mirrored", "around", "row", "corners")
        if arrangement == "single":
            b.add(kind, sunk, "", "", material)
            grown.append((sunk, scale))
        elif arrangement == "mirrored":
            b.add_all(kind, both_sides(sunk, b.integer(0, 1)), f"pair {number + 1}", "", material)
        elif arrangement == "corners":
            b.add_all(kind, four_corners(sunk), f"four {number + 1}", "", material)
        elif arrangement == "around":
            b.add_all(kind, around(sunk, b.integer(3, 8)), f"circle {number + 1}", "", material)
        else:
            across = np.cross(normal, b.rng.standard_normal(3))
            across *= scale * b.uniform(0.4, 0.9) / max(float(np.linalg.norm(across)), 1e-9)
            b.add_all(kind, in_row(sunk, b.integer(2, 5), tuple(across)), f"row {number + 1}", "", material)
    if b.chance(0.3):
        kind, tool = _body(b, b.uniform(0.3, 0.7))
        point, _ = _surface_point(b, trunk)
        b.carve(tool.translate(tuple(point)))
    return f"an assembly around a {b.parts[0].kind}"


def construction(b: Builder) -> str:
    """Boards, beams and blocks that stand on one another, as furniture and buildings do."""
    floors: list[tuple[float, float, float]] = [(0.0, b.uniform(0.6, 1.2), b.uniform(0.4, 1.0))]
    z, width, depth = floors[0]
    material = b.pick("wood", "metal", "stone", "plastic")
    for number in range(b.integer(2, 5)):
        kind = b.pick("slab", "posts", "block", "walls", "slats")
        tall = b.uniform(0.15, 0.6)
        width, depth = width * b.uniform(0.75, 1.0), depth * b.uniform(0.75, 1.0)
        if kind == "slab":
            tall = b.uniform(0.03, 0.08)
            b.add("slab", box((width, depth, tall), (0, 0, z + tall / 2)), "", "flat", material)
        elif kind == "posts":
            thick = b.uniform(0.02, 0.08)
            post = b.pick(
                box((2 * thick, 2 * thick, tall), (width / 2 - thick, depth / 2 - thick, z + tall / 2)),
                cylinder(
                    (width / 2 - thick, depth / 2 - thick, z), (width / 2 - thick, depth / 2 - thick, z + tall), thick, None, b.segments
                ),
            )
            b.add_all("post", four_corners(post), f"posts {number + 1}", "upright", material)
            b.add("slab", box((width, depth, 0.05), (0, 0, z + tall + 0.02)), "", "flat", material)
            tall += 0.045
        elif kind == "walls":
            b.add_all(
                "wall",
                both_sides(box((0.05, depth, tall), (width / 2 - 0.025, 0, z + tall / 2))),
                f"walls {number + 1}",
                "flat upright",
                material,
            )
            b.add(
                "back wall", box((width, 0.04, tall), (0, depth / 2 - 0.02, z + tall / 2)), f"walls {number + 1}", "flat upright", material
            )
            b.add("slab", box((width, depth, 0.05), (0, 0, z + tall + 0.02)), "", "flat", material)
            tall += 0.045
        elif kind == "slats":
            count = b.integer(3, 7)
            board = width / count * b.uniform(0.7, 0.9)
            b.add_all(
                "slat",
                in_row(box((board, depth, 0.04), (0, 0, z + 0.065)), count, ((width - board) / (count - 1), 0, 0)),
                f"slats {number + 1}",
                "long",
                material,
            )
            bearer = box((width, 0.06, 0.05), (0, depth / 2 - 0.08, z + 0.025))
            b.add_all("bearer", both_sides(bearer, 1), f"slats {number + 1}", "long", material)
            tall = 0.085
        else:
            b.add("block", box((width, depth, tall), (0, 0, z + tall / 2), b.pick(0.0, 0.05)), "", "boxy", material)
        z += tall - 0.003
    return f"a {b.parts[0].material.name} construction of slabs, posts and blocks"


def blob(b: Builder) -> str:
    """A soft body with limbs in any direction."""
    core = b.uniform(0.2, 0.35)
    top = [b.uniform(-0.2, 0.2), b.uniform(-0.2, 0.2), b.uniform(0, 0.4), core * b.uniform(0.6, 1.0)]
    limbs: list[tuple[str, ArrayLike, str]] = [("core", [[0, 0, 0, core], top], "")]
    for number in range(b.integer(2, 8)):
        way = b.rng.standard_normal(3)
        way /= np.linalg.norm(way)
        side = np.cross(way, b.rng.standard_normal(3))
        long, thick = b.uniform(0.3, 0.9), core * b.uniform(0.2, 0.55)
        path = bezier([way * core * 0.6, way * (core + long * 0.5), way * (core + long) + side * b.uniform(-0.25, 0.25)], 5)
        limbs.append(("limb", np.column_stack([path, np.linspace(thick, thick * b.uniform(0.4, 1.1), 5)]), f"limb {number + 1}"))
        if b.chance(0.35):
            limbs.append(("bulb", [[*path[-1], thick * b.uniform(1.1, 1.8)]], f"limb {number + 1}"))
    b.blend(limbs, b.uniform(0.01, 0.06), "", b.pick("skin", "plastic", "rubber"))
    return f"a soft body with {sum(name == 'limb' for name, _, _ in limbs)} limbs"
