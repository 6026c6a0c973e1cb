"""The sample object: a toy elephant on wheels, made in code.

Its skin is one closed surface of quads, all limbs blended into the body as clay would be; cart, wheels, blanket, hat, tusks
and eyes are components of their own, with n-gons, in the same mesh. It has UVs, five materials and one texture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import bmesh
import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

Field = Callable[[NDArray], NDArray]

GRID_STEP = 0.025


# ---- soft shapes: signed distances, blended --------------------------------------------------------------------------


def ellipsoid(center: tuple, radii: tuple, tilt: float = 0.0) -> Field:
    """Distance to an ellipsoid that is turned by `tilt` radians about the y axis (approximate away from its surface)."""
    turn = np.array([[np.cos(tilt), 0, np.sin(tilt)], [0, 1, 0], [-np.sin(tilt), 0, np.cos(tilt)]])
    radii = np.array(radii)

    def distance(points: NDArray) -> NDArray:
        local = (points - np.array(center)) @ turn
        scaled = np.linalg.norm(local / radii, axis=-1)
        slope = np.linalg.norm(local / radii**2, axis=-1)
        return scaled * (scaled - 1) / np.maximum(slope, 1e-9)

    return distance


def tube(path: list[tuple], radii: list[float]) -> Field:
    """Distance to a tube of changing radius around a path of points."""
    corners, radius = np.array(path, float), np.array(radii)

    def distance(points: NDArray) -> NDArray:
        nearest = np.full(points.shape[:-1], np.inf)
        for a, b, low, high in zip(corners, corners[1:], radius, radius[1:], strict=False):
            along = np.clip(((points - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
            away = np.linalg.norm(points - (a + along[..., None] * (b - a)), axis=-1)
            nearest = np.minimum(nearest, away - (low + along * (high - low)))
        return nearest

    return distance


def blend(shapes: list[Field], softness: float) -> Field:
    """The union of shapes, with fillets about `softness` wide where they meet (polynomial smooth minimum)."""

    def distance(points: NDArray) -> NDArray:
        total = shapes[0](points)
        for shape in shapes[1:]:
            other = shape(points)
            mix = np.maximum(softness - np.abs(total - other), 0) / softness
            total = np.minimum(total, other) - mix * mix * softness / 4
        return total

    return distance


def bezier(a: tuple, b: tuple, c: tuple, d: tuple, steps: int = 14) -> list[tuple]:
    """Points on a cubic Bezier curve."""
    t = np.linspace(0, 1, steps)[:, None]
    points = (1 - t) ** 3 * np.array(a) + 3 * t * (1 - t) ** 2 * np.array(b) + 3 * t**2 * (1 - t) * np.array(c) + t**3 * np.array(d)
    return [tuple(p) for p in points]


def elephant() -> Field:
    """The animal without its things. It looks along +x and stands on z = 0.3."""
    legs = [tube([(x, y, 0.72), (x, y, 0.36)], [0.155, 0.17]) for x in (-0.42, 0.34) for y in (-0.23, 0.23)]
    body = blend([ellipsoid((-0.05, 0, 0.98), (0.66, 0.44, 0.44)), *legs], 0.10)
    trunk_path = bezier((0.86, 0, 1.22), (1.28, 0, 1.10), (1.02, 0, 0.48), (1.42, 0, 0.66))
    trunk = tube(trunk_path, np.linspace(0.165, 0.085, len(trunk_path)).tolist())
    head = blend([ellipsoid((0.70, 0, 1.34), (0.36, 0.34, 0.36)), trunk], 0.09)
    ears = [fan_ear(side) for side in (-1, 1)]
    tail_path = bezier((-0.66, 0, 1.10), (-0.88, 0, 1.08), (-0.80, 0, 0.80), (-0.98, 0, 0.72))
    tail = blend([tube(tail_path, [0.062] * len(tail_path)), ellipsoid((-1.0, 0, 0.70), (0.105, 0.09, 0.10))], 0.05)
    return blend([blend([body, head], 0.08), *ears, tail], 0.05)


def fan_ear(side: int) -> Field:
    """An ear that stands out to one side (-1 or 1), turned a little to the front."""
    angle = np.radians(28) * side
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    center, radii, thickness = np.array([0.53, 0.50 * side, 1.40]), np.array([0.25, 0.29]), 0.055

    def distance(points: NDArray) -> NDArray:
        local = (points - center) @ turn
        scaled = np.linalg.norm(local[..., 1:] / radii, axis=-1)
        slope = np.linalg.norm(local[..., 1:] / radii**2, axis=-1)
        beside = np.maximum(scaled * (scaled - 1) / np.maximum(slope, 1e-9), 0)  # of a flat ellipse
        return np.hypot(beside, local[..., 0]) - thickness

    return distance


def skin(shape: Field, low: tuple, high: tuple, step: float) -> tuple[NDArray, NDArray]:
    """The surface of a shape as quads (surface nets): vertices (V, 3) and polygons (Q, 4), outward."""
    axes = [np.arange(a, b, step) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    inside = shape(grid) < 0
    corners = np.stack([inside[i : i - 1 or None, j : j - 1 or None, k : k - 1 or None] for i, j, k in np.ndindex(2, 2, 2)])
    mixed = corners.any(axis=0) & ~corners.all(axis=0)
    vertex_of_cell = np.full(mixed.shape, -1)
    vertex_of_cell[mixed] = np.arange(mixed.sum())
    vertices = grid[:-1, :-1, :-1][mixed] + step / 2
    quads = []
    for axis in range(3):
        first, second = [a for a in range(3) if a != axis]
        here = np.moveaxis(inside, [axis, first, second], [0, 1, 2])
        cells = np.moveaxis(vertex_of_cell, [axis, first, second], [0, 1, 2])
        leaves = here[:-1, 1:-1, 1:-1] & ~here[1:, 1:-1, 1:-1]
        enters = ~here[:-1, 1:-1, 1:-1] & here[1:, 1:-1, 1:-1]
        around = np.stack([cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, 1:, 1:], cells[:, :-1, 1:]], axis=-1)
        turned = axis == 1
        quads += [around[enters if turned else leaves], around[leaves if turned else enters][:, ::-1]]
    polygons = np.concatenate(quads)
    return settle(shape, vertices, polygons), polygons


def settle(shape: Field, vertices: NDArray, polygons: NDArray) -> NDArray:
    """Spreads the vertices evenly and puts them on the surface: (V, 3)."""
    ends = np.concatenate([polygons, np.roll(polygons, -1, axis=1)], axis=1)
    for _ in range(4):
        total, count = np.zeros_like(vertices), np.zeros(len(vertices))
        for a, b in zip(ends.T[:4], ends.T[4:], strict=True):
            np.add.at(total, a, vertices[b])
            np.add.at(total, b, vertices[a])
            np.add.at(count, a, 1)
            np.add.at(count, b, 1)
        vertices = 0.5 * vertices + 0.5 * total / count[:, None]
        for _ in range(2):
            slope = gradient(shape, vertices)
            steepness = np.maximum((slope * slope).sum(axis=-1, keepdims=True), 0.1)
            vertices = vertices - shape(vertices)[:, None] * slope / steepness
    return vertices


def gradient(shape: Field, points: NDArray, step: float = 1e-3) -> NDArray:
    """How fast the distance grows along each axis: (n, 3)."""
    shifts = np.eye(3) * step
    return np.stack([shape(points + shift) - shape(points - shift) for shift in shifts], axis=-1) / (2 * step)


# ---- things: built with Blender's own modelling operators ------------------------------------------------------------

FELT, PAINT, CLOTH, IVORY, GLASS = range(5)


@dataclass
class Toy:
    """A mesh that grows by components."""

    mesh: bmesh.types.BMesh = field(default_factory=bmesh.new)

    def add(self, component: bmesh.types.BMesh, material: int, smooth: bool = True) -> None:
        """Takes a component in, all of one material."""
        for face in component.faces:
            face.material_index, face.smooth = material, smooth
        bmesh.ops.recalc_face_normals(component, faces=component.faces)
        passing = bpy.data.meshes.new("component")
        component.to_mesh(passing)
        component.free()
        self.mesh.from_mesh(passing)
        bpy.data.meshes.remove(passing)

    def add_polygons(self, vertices: NDArray, polygons: NDArray, material: int) -> None:
        component = bmesh.new()
        made = [component.verts.new(position) for position in vertices]
        for polygon in polygons.tolist():
            component.faces.new([made[v] for v in polygon])
        self.add(component, material)

    def add_ball(self, center: tuple, radius: float, material: int) -> None:
        component = bmesh.new()
        bmesh.ops.create_uvsphere(component, u_segments=20, v_segments=12, radius=radius, matrix=Matrix.Translation(center))
        self.add(component, material)

    def add_box(self, center: tuple, size: tuple, rounding: float, material: int) -> None:
        component = bmesh.new()
        bmesh.ops.create_cube(component, matrix=Matrix.LocRotScale(Vector(center), None, Vector(size)))
        bevel(component, list(component.edges), rounding)
        self.add(component, material, smooth=False)

    def add_wheel(self, center: tuple, radius: float, width: float, material: int) -> None:
        component = bmesh.new()
        place = Matrix.Translation(center) @ Matrix.Rotation(np.pi / 2, 4, "X")
        bmesh.ops.create_cone(component, cap_ends=True, segments=40, radius1=radius, radius2=radius, depth=width, matrix=place)
        bevel(component, [e for e in component.edges if any(len(f.verts) > 4 for f in e.link_faces)], 0.03)
        self.add(component, material, smooth=False)

    def add_revolved(self, profile: list[tuple], place: Matrix, segments: int, material: int) -> None:
        """Turns a profile of (radius, height) about the z axis; radius 0 closes it to a point."""
        component = bmesh.new()
        rings = []
        for radius, height in profile:
            turns = range(segments) if radius > 0 else range(1)
            angles = [2 * np.pi * turn / segments for turn in turns]
            rings.append([component.verts.new(place @ Vector((radius * np.cos(a), radius * np.sin(a), height))) for a in angles])
        for low, high in pairwise(rings):
            for i in range(segments):
                j = (i + 1) % segments
                corners = [low[i % len(low)], low[j % len(low)], high[j % len(high)], high[i % len(high)]]
                component.faces.new(list(dict.fromkeys(corners)))
        self.add(component, material)

    def add_tusk(self, side: int) -> None:
        path = bezier((0.92, 0.15 * side, 1.16), (1.02, 0.20 * side, 0.98), (1.16, 0.22 * side, 0.98), (1.24, 0.21 * side, 1.10), 9)
        shape = tube(path, np.linspace(0.052, 0.026, len(path)).tolist())
        self.add_polygons(*skin(shape, (0.8, 0.3 * side - 0.3, 0.85), (1.35, 0.3 * side + 0.3, 1.3), 0.013), IVORY)

    def add_blanket(self, body: Field) -> None:
        """A cloth that lies on the back: a strip of the body's offset surface with a thickness."""
        across, along = np.meshgrid(np.linspace(-1.25, 1.25, 41), np.linspace(-0.33, 0.20, 19), indexing="ij")
        points = np.stack([along, np.sin(across) * 0.8, 0.98 + np.cos(across) * 0.8], axis=-1).reshape(-1, 3)
        center = np.stack([along, np.zeros_like(across), np.full_like(across, 0.98)], axis=-1).reshape(-1, 3)
        inward = (center - points) / np.linalg.norm(center - points, axis=1, keepdims=True)
        sheets = []
        for offset in (0.045, 0.012):
            sheet = points.copy()
            for _ in range(30):
                sheet += inward * (body(sheet) - offset)[:, None]
            sheets.append(sheet)
        index = np.arange(41 * 19).reshape(41, 19)
        quads = np.stack([index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]], axis=-1).reshape(-1, 4)
        rim = np.concatenate([index[:-1, 0], index[-1, :-1], index[:0:-1, -1], index[0, :0:-1]])
        following = np.roll(rim, -1)
        lower = len(points)
        sides = np.stack([rim, rim + lower, following + lower, following], axis=-1)
        outer = quads[:, ::-1]
        self.add_polygons(np.concatenate(sheets), np.concatenate([outer, quads + lower, sides]), CLOTH)


def bevel(component: bmesh.types.BMesh, edges: list, width: float) -> None:
    """Rounds edges."""
    bmesh.ops.bevel(component, geom=edges, offset=width, segments=3, profile=0.5, affect="EDGES")


def build_mesh(name: str) -> bpy.types.Mesh:
    """The whole toy as one mesh, with UVs and materials."""
    toy = Toy()
    animal = elephant()
    toy.add_polygons(*skin(animal, (-1.25, -1.0, 0.12), (1.65, 1.0, 1.95), GRID_STEP), FELT)
    toy.add_box((0.0, 0, 0.155), (1.35, 0.92, 0.09), 0.035, PAINT)
    for x in (-0.45, 0.45):
        for side in (-1, 1):
            toy.add_wheel((x, 0.56 * side, 0.155), 0.20, 0.12, PAINT)
            toy.add_ball((x, 0.625 * side, 0.155), 0.06, IVORY)
    toy.add_blanket(ellipsoid((-0.05, 0, 0.98), (0.66, 0.44, 0.44)))
    for side in (-1, 1):
        toy.add_tusk(side)
        toy.add_ball((0.985, 0.16 * side, 1.45), 0.05, GLASS)
    hat = Matrix.Translation((0.62, 0, 1.66)) @ Matrix.Rotation(-0.18, 4, "Y")
    toy.add_revolved([(0.0, 0.0), (0.20, 0.0), (0.21, 0.03), (0.19, 0.06), (0.13, 0.22), (0.06, 0.38), (0.0, 0.40)], hat, 32, CLOTH)
    toy.add_ball(tuple(hat @ Vector((0, 0, 0.42))), 0.065, PAINT)
    project_uvs(toy.mesh)
    mesh = bpy.data.meshes.new(name)
    toy.mesh.to_mesh(mesh)
    toy.mesh.free()
    for material in materials():
        mesh.materials.append(material)
    return mesh


def project_uvs(mesh: bmesh.types.BMesh) -> None:
    """Each polygon is mapped from the side that it faces most, one unit of length to one unit of the map."""
    layer = mesh.loops.layers.uv.new("UVMap")
    for face in mesh.faces:
        axis = max(range(3), key=lambda a: abs(face.normal[a]))
        u, v = [a for a in range(3) if a != axis]
        for loop in face.loops:
            loop[layer].uv = (loop.vert.co[u], loop.vert.co[v])


def materials() -> list[bpy.types.Material]:
    """Felt, paint, dotted cloth, ivory and glass, in the order of their numbers."""
    made = []
    for name, color, roughness in (
        ("Felt", (0.30, 0.38, 0.46), 0.9),
        ("Paint", (0.75, 0.10, 0.08), 0.3),
        ("Cloth", (0.90, 0.65, 0.15), 0.8),
        ("Ivory", (0.85, 0.82, 0.72), 0.4),
        ("Glass", (0.02, 0.02, 0.025), 0.05),
    ):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
        shader.inputs["Base Color"].default_value = (*color, 1)
        shader.inputs["Roughness"].default_value = roughness
        material.diffuse_color = (*color, 1)
        if name == "Cloth":
            texture = material.node_tree.nodes.new("ShaderNodeTexImage")
            texture.image = dotted_image()
            material.node_tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
        made.append(material)
    return made


def dotted_image(size: int = 128) -> bpy.types.Image:
    """White dots on yellow, packed into the file."""
    image = bpy.data.images.new("Dots", size, size)
    y, x = np.mgrid[:size, :size] / size
    dots = np.zeros((size, size), bool)
    for middle in (0.25, 0.75):
        dots |= np.hypot(x - middle, y - middle) < 0.16
    pixels = np.ones((size, size, 4), np.float32)
    pixels[..., :3] = np.where(dots[..., None], (0.97, 0.95, 0.9), (0.85, 0.55, 0.1))
    image.pixels.foreach_set(pixels.reshape(-1))
    image.pack()
    return image


def add_sample() -> bpy.types.Object:
    """Adds the toy to the scene: some 2.4 units long, standing on the ground."""
    toy = bpy.data.objects.new("Elephant", build_mesh("Elephant"))
    bpy.context.scene.collection.objects.link(toy)
    return toy
