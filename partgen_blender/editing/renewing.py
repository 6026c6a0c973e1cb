"""A new part as a mesh: in the looks of the one that it replaces, with the material, UVs, colours and weights of what is nearest.

Each variation is a mesh of its own, hidden in no scene, that a step of an edited object holds; showing one makes the object's mesh as it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bmesh
import bpy
import numpy as np
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from .. import mesh_data
from .remaking import SHARP, become
from .skins import loop_uvs, slots
from .surroundings import corners, positions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_FACES = 50_000
"""Of the old part that are looked at for its looks: of more about so many, evenly."""
TO_THE_MIDDLE = 0.05
"""How far a corner is asked about towards the middle of its face: on a seam it belongs to the side on which its face is."""
TORN = 0.5
"""Of the size of a face in a UV map: where its corners are farther from where its middle expects them, it lies across a seam."""


@dataclass(frozen=True, eq=False)
class NewPart:
    """A part to come in the place of another: `points` (V, 3) in the mesh's space and triangles `faces` (F, 3), and what it is. Where it
    was painted, too, its `picture` (n, n, 3) uint8, rows from above, which `uvs` (F, 3, 2) lay on."""

    points: Floats
    faces: Ints
    caption: str
    seed: int
    notes: tuple[str, ...] = ()
    picture: NDArray[np.uint8] | None = None
    uvs: NDArray[np.float32] | None = None


def renewed(like: bpy.types.Mesh, parts: Sequence[tuple[Floats, Ints]], name: str) -> list[bpy.types.Mesh]:
    """New parts, each with points (V, 3) in the space of `like` and triangles (F, 3), as meshes that look like that."""
    sample = _sample(like)
    try:
        looks = _Looks.of(sample)
        return [_made(sample, looks, points, faces, name) for points, faces in parts]
    finally:
        if sample != like:
            bpy.data.meshes.remove(sample)


def put_on(mesh: bpy.types.Mesh, made: bpy.types.PropertyGroup, prompt: str) -> list[str]:
    """Makes a mesh the new part of one variation. Returns sentences for the artist."""
    if made.mesh is None:
        return [f"The part made for “{prompt}” is gone: ask for it again."]
    become(mesh, made.mesh)
    notes = [note for note in made.notes.split("\n") if note]
    if mesh.shape_keys:
        for key in mesh.shape_keys.key_blocks:
            key.data.foreach_set("co", positions(mesh).astype(np.float32).reshape(-1))
        notes.append("Its shape keys do nothing to the new part: they were made for the old one.")
    return notes


def made_for(step: bpy.types.PropertyGroup) -> list[bpy.types.ID]:
    """The meshes that were made for a step."""
    return [made.mesh for made in step.parts if made.mesh is not None]


def _sample(mesh: bpy.types.Mesh) -> bpy.types.Mesh:
    """The mesh, where it has more faces than need to be looked at a new one of some of them."""
    step = -(-len(mesh.polygons) // MOST_FACES)
    if step <= 1:
        return mesh
    made = bpy.data.meshes.new(mesh.name)
    for material in mesh.materials:
        made.materials.append(material)
    bm = bmesh.new()
    try:
        bm.from_mesh(mesh)
        bmesh.ops.delete(bm, geom=[face for number, face in enumerate(bm.faces) if number % step], context="FACES")
        bm.to_mesh(made)
    finally:
        bm.free()
    return made


@dataclass(frozen=True, eq=False)
class _Looks:
    """The surface of a mesh that is asked how it looks: triangles of the material `slot` that most of it has, as `loops` (F, 3) and
    `corners` (F, 3, 3) in space, the `polygon` (F,) of each, and `uvs` (F, 3, 2) of each map."""

    slot: int
    loops: NDArray[np.int32]
    polygon: NDArray[np.int32]
    corners: Floats
    uvs: dict[str, Floats]
    tree: BVHTree

    @classmethod
    def of(cls, mesh: bpy.types.Mesh) -> _Looks:
        loops, polygon = corners(mesh)
        places = positions(mesh)[mesh_data.corner_vertices(mesh)[loops]]
        areas = np.linalg.norm(np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]), axis=1)
        slot = np.maximum(slots(mesh), 0)[polygon]
        most = int(np.bincount(slot, weights=areas + 1e-9 * (areas.sum() or 1.0)).argmax())
        chosen = np.flatnonzero(slot == most)
        tree = BVHTree.FromPolygons(places[chosen].reshape(-1, 3).tolist(), np.arange(3 * len(chosen)).reshape(-1, 3).tolist())
        uvs = {layer.name: loop_uvs(mesh, layer.name)[loops[chosen]].astype(np.float64) for layer in mesh.uv_layers}
        return cls(most, loops[chosen], polygon[chosen], places[chosen], uvs, tree)

    def near(self, points: Floats) -> tuple[Ints, Floats]:
        """The triangle (n,) nearest to each point (n, 3), and where on it that is, as shares (n, 3) of its corners."""
        found = [self.tree.find_nearest(point) for point in points.tolist()]
        triangle = np.array([index for _, _, index, _ in found], np.int64)
        places = np.array([place.to_tuple() for place, _, _, _ in found], np.float64)  # many times as fast as vectors
        return triangle, np.clip(_shares(self.corners[triangle], places), 0, 1)


def _shares(triangles: Floats, places: Floats) -> Floats:
    """Barycentric coordinates (n, 3) of places (n, 3) over triangles (n, 3, 3); even ones on those without area."""
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = np.cross(first, second)
    size = (normal * normal).sum(axis=1)
    has_area = size > 0
    at = places - triangles[:, 0]
    scale = np.where(has_area, size, 1.0)
    b = (np.cross(at, second) * normal).sum(axis=1) / scale
    c = (np.cross(first, at) * normal).sum(axis=1) / scale
    return np.where(has_area[:, None], np.stack([1 - b - c, b, c], axis=1), 1 / 3)


@dataclass(frozen=True, eq=False)
class _Nearest:
    """For each corner of F new triangles the nearest `triangle` (3 F,) of some looks, and where on it: `shares` (3 F, 3) of its corners.
    The same for the `middle` (F,) of each face, and where over that triangle the face's corners are: `beyond` (3 F, 3)."""

    looks: _Looks
    triangle: Ints
    shares: Floats
    middle: Ints
    beyond: Floats

    @classmethod
    def of(cls, looks: _Looks, points: Floats, faces: Ints) -> _Nearest:
        at = points[faces]
        centre = at.mean(axis=1)
        middle, _ = looks.near(centre)
        beyond = _shares(looks.corners[np.repeat(middle, 3)], at.reshape(-1, 3))
        at = at + TO_THE_MIDDLE * (centre[:, None] - at)
        return cls(looks, *looks.near(at.reshape(-1, 3)), middle, beyond)

    @property
    def polygon(self) -> Ints:
        return self.looks.polygon[self.triangle].astype(np.int64)

    @property
    def loop(self) -> Ints:
        """The nearest corner of the old mesh."""
        return self.looks.loops[self.triangle, self.shares.argmax(axis=1)].astype(np.int64)

    def uvs(self, name: str) -> Floats:
        """The UVs (3 F, 2) in a map of the old mesh. A face across a seam has all of them from the side on which its middle is."""
        uvs = self.looks.uvs[name]
        found = (self.shares[:, :, None] * uvs[self.triangle]).sum(axis=1).reshape(-1, 3, 2)
        straight = (self.beyond[:, :, None] * uvs[np.repeat(self.middle, 3)]).sum(axis=1).reshape(-1, 3, 2)
        size = np.linalg.norm(np.ptp(straight, axis=1), axis=1)
        is_torn = np.linalg.norm(found - straight, axis=2).max(axis=1) > TORN * size
        chosen: Floats = np.where(is_torn[:, None, None], straight, found).reshape(-1, 2)
        return chosen


def _made(like: bpy.types.Mesh, looks: _Looks, points: Floats, faces: Ints, name: str) -> bpy.types.Mesh:
    """A new mesh of these triangles that looks like another."""
    nearest = _Nearest.of(looks, points, faces)
    made = bpy.data.meshes.new(name)
    for material in like.materials:
        made.materials.append(material)
    bm = bmesh.new()
    try:
        bm.from_mesh(like)
        while len(bm.verts.layers.shape):
            bm.verts.layers.shape.remove(bm.verts.layers.shape[0])
        vertices = mesh_data.corner_vertices(like)[nearest.loop].astype(np.int64)
        _replace(bm, points, faces, vertices, nearest.polygon[::3], looks.slot)
        bm.to_mesh(made)
    finally:
        bm.free()
    _color(made, like, nearest)
    if made.has_custom_normals:  # those of the old part; zeros are none
        made.normals_split_custom_set(np.zeros((len(made.loops), 3)).tolist())
    made.update()
    return made


def _replace(bm: bmesh.types.BMesh, points: Floats, faces: Ints, vertices: Ints, polygons: Ints, slot: int) -> None:
    """Puts triangles in the place of all that is there: each vertex and face with what lies on an old one, which `vertices` (3 F,) tells
    of each corner and `polygons` (F,) of each face."""
    old, old_faces = list(bm.verts), list(bm.faces)
    like = np.zeros(len(points), np.int64)
    like[faces.reshape(-1)] = vertices
    new = [bm.verts.new(point, old[example]) for point, example in zip(points.tolist(), like.tolist(), strict=True)]
    for three, example in zip(faces.tolist(), polygons.tolist(), strict=True):
        face = bm.faces.new([new[corner] for corner in three], old_faces[example])
        face.smooth, face.material_index = True, slot
    bmesh.ops.delete(bm, geom=old, context="VERTS")
    bm.normal_update()
    for edge in bm.edges:
        edge.smooth = bool(edge.calc_face_angle(0.0) < SHARP)


def _color(made: bpy.types.Mesh, like: bpy.types.Mesh, nearest: _Nearest) -> None:
    """Gives the corners of a new mesh, in the order of its faces, the UVs and colours of what is nearest."""
    for layer in made.uv_layers:
        layer.uv.foreach_set("vector", nearest.uvs(layer.name).astype(np.float32).reshape(-1))
    for attribute in made.color_attributes:
        if attribute.domain == "CORNER":
            old = np.empty((len(like.loops), 4), np.float32)
            like.color_attributes[attribute.name].data.foreach_get("color", old.reshape(-1))
            attribute.data.foreach_set("color", old[nearest.loop].reshape(-1))
