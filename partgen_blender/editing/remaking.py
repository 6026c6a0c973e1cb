"""Edits on a Blender mesh: its vertices moved, or its faces copied, cut, bevelled, replaced, with all that lies on them.

    remake(mesh, original, edits, around(object_))    # `mesh` becomes `original` with the edits; `original` stays

Deformations change positions alone. What makes faces uses Blender's own operations, so that UV maps, colours, weights and every
other attribute come along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.editing.copying import copies, is_copying, split_planes
from partgen.editing.deforming import PartSurface, deformed, is_deformation, why_hardly_seen
from partgen.editing.edits import Edit
from partgen.editing.looks import look
from partgen.editing.replacing import fitted, is_round, is_smooth, no_such_thing, primitive, taken_over
from partgen.errors import PartgenError

from .materials import material
from .surroundings import Surroundings, around, positions, triangles

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Change = Callable[[bpy.types.Mesh], list[str]]
"""Changes a mesh as no edit does, as by putting a painting on it or making it another. Returns sentences for the artist."""

SHARP = np.radians(30.0)
FINEST, MOST_ROUNDS, MOST_FACES = 1 / 14, 5, 50_000


def remake(
    mesh: bpy.types.Mesh,
    original: bpy.types.Mesh,
    edits: Sequence[Edit | Change],
    surroundings: Surroundings,
    adds_vertices: bool = False,
) -> list[str]:
    """Makes `mesh` what `original` becomes by edits, one after the other. Returns sentences for the artist.

    `adds_vertices` divides long edges first, so that a box can be bent; without it a deformation keeps the topology.

    Raises PartgenError, with `mesh` as `original`, where an edit cannot be done.
    """
    become(mesh, original)
    if adds_vertices:
        _subdivide(mesh)
    attached = surroundings.attached(surroundings.to_world(positions(mesh)))
    notes: list[str] = []
    try:
        for edit in edits:
            if not isinstance(edit, Edit):
                before = positions(mesh)
                notes += edit(mesh)
                if not np.array_equal(positions(mesh), before):
                    attached = surroundings.attached(surroundings.to_world(positions(mesh)))
                continue
            full = edit.complete()
            if is_deformation(full):
                notes += _deform(mesh, full, attached, surroundings)
            else:
                maker = _copy if is_copying(full) else _MAKERS[full.op]
                notes += maker(mesh, full, attached, surroundings)
                if len(attached) != len(mesh.vertices):
                    attached = surroundings.attached(surroundings.to_world(positions(mesh)))
    except PartgenError:
        become(mesh, original)
        raise
    mesh.update()
    return notes


def part_surface(mesh: bpy.types.Mesh, attached: Bools, surroundings: Surroundings) -> PartSurface:
    """A mesh as what edits work on, in the world's space."""
    faces, _ = triangles(mesh)
    points = surroundings.to_world(positions(mesh))
    return PartSurface(points, faces, attached, surroundings.up, surroundings.metres_per_unit, surroundings.centre)


def become(mesh: bpy.types.Mesh, original: bpy.types.Mesh) -> None:
    """Makes a mesh what another one is: shape, layers, materials."""
    with _editing(original, write=False) as bm:
        bm.to_mesh(mesh)
    mesh.materials.clear()
    for slot in original.materials:
        mesh.materials.append(slot)
    indices = np.zeros(len(original.polygons), np.int32)
    original.polygons.foreach_get("material_index", indices)
    mesh.polygons.foreach_set("material_index", indices)
    if original.shape_keys and mesh.shape_keys:
        for key, wanted in zip(mesh.shape_keys.key_blocks, original.shape_keys.key_blocks, strict=False):
            values = np.empty(3 * len(original.vertices), np.float32)
            wanted.data.foreach_get("co", values)
            key.data.foreach_set("co", values)


@contextmanager
def _editing(mesh: bpy.types.Mesh, write: bool = True) -> Iterator[bmesh.types.BMesh]:
    bm = bmesh.new()
    try:
        bm.from_mesh(mesh)
        bm.verts.ensure_lookup_table()
        yield bm
        if write:
            bm.to_mesh(mesh)
    finally:
        bm.free()


# ---- moving vertices -------------------------------------------------------------------------------------------------


def _deform(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    surface = part_surface(mesh, attached, surroundings)
    points = deformed(surface, [edit])
    _move(mesh, surroundings.to_mesh(points))
    sentence = why_hardly_seen(surface, edit, points, "switch Add Vertices on")
    return [sentence] if sentence else []


def _subdivide(mesh: bpy.types.Mesh) -> None:
    """Divides edges that are longer than `FINEST` of the part's size, and the faces beside them."""
    longest = FINEST * float(np.linalg.norm(np.ptp(positions(mesh), axis=0)))
    with _editing(mesh) as bm:
        for _ in range(MOST_ROUNDS):
            long = [edge for edge in bm.edges if edge.calc_length() > longest]
            if not long or len(bm.faces) > MOST_FACES:
                break
            bmesh.ops.subdivide_edges(bm, edges=long, cuts=1, use_grid_fill=True)


def _move(mesh: bpy.types.Mesh, points: Floats) -> None:
    """Puts the vertices (V, 3) elsewhere. Shape keys go with the shape that they change."""
    change = (points - positions(mesh)).astype(np.float32)
    for key in mesh.shape_keys.key_blocks if mesh.shape_keys else ():
        values = np.empty((len(mesh.vertices), 3), np.float32)
        key.data.foreach_get("co", values.reshape(-1))
        key.data.foreach_set("co", (values + change).reshape(-1))
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(points, np.float32).reshape(-1))
    mesh.update()


# ---- copies, cuts, bevels --------------------------------------------------------------------------------------------


def _copy(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    made = copies(part_surface(mesh, attached, surroundings), edit)
    with _editing(mesh) as bm:
        vertices, faces = list(bm.verts), list(bm.faces)
        geometry = [*vertices, *bm.edges, *faces]
        for copy in made[1:]:
            duplicate = bmesh.ops.duplicate(bm, geom=geometry)
            _place([duplicate["vert_map"][vertex] for vertex in vertices], surroundings.to_mesh(copy.points))
            if copy.flipped:
                bmesh.ops.reverse_faces(bm, faces=[duplicate["face_map"][face] for face in faces])
        _place(vertices, surroundings.to_mesh(made[0].points))
        if made[0].flipped:
            bmesh.ops.reverse_faces(bm, faces=faces)
    return []


def _place(vertices: Sequence[bmesh.types.BMVert], points: Floats) -> None:
    for vertex, point in zip(vertices, points.tolist(), strict=True):
        vertex.co = point


def _split(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    points, normal = split_planes(part_surface(mesh, attached, surroundings), edit)
    at, across = surroundings.to_mesh(points), surroundings.matrix[:3, :3].T @ normal
    with _editing(mesh) as bm:
        was_closed = all(edge.is_manifold for edge in bm.edges)
        for point in at:
            everything = [*bm.verts, *bm.edges, *bm.faces]
            found = bmesh.ops.bisect_plane(bm, geom=everything, plane_co=point, plane_no=across, dist=1e-7)
            border = [element for element in found["geom_cut"] if isinstance(element, bmesh.types.BMEdge)]
            bmesh.ops.split_edges(bm, edges=border)
            if was_closed:
                bmesh.ops.holes_fill(bm, edges=[edge for edge in bm.edges if edge.is_boundary], sides=0)
        bmesh.ops.recalc_face_normals(bm, faces=list(bm.faces)) if was_closed else None
    return []


def _bevel(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    surface = part_surface(mesh, attached, surroundings)
    values = edit.parameters
    width = surface.length(values["width"]) if "width" in values else values["amount"] * float(np.sort(surface.frame.extents)[1]) / 2
    scale = float(np.cbrt(abs(np.linalg.det(surroundings.matrix[:3, :3])))) or 1.0
    with _editing(mesh) as bm:
        sharp = [
            edge
            for edge in bm.edges
            if edge.is_manifold and edge.calc_face_angle(0.0) > SHARP and not any(attached[vertex.index] for vertex in edge.verts)
        ]
        if not sharp:
            return ["The part has no sharp edges that could be bevelled."]
        bmesh.ops.bevel(
            bm, geom=sharp, offset=width / scale, offset_type="OFFSET", segments=values.get("segments", 1), profile=0.5,
            affect="EDGES", clamp_overlap=True, material=-1, loop_slide=True,
        )  # fmt: skip
    return []


# ---- replacements and looks ------------------------------------------------------------------------------------------


def _replace(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    words = str(edit.parameters.get("with", ""))
    frame = part_surface(mesh, attached, surroundings).frame
    other = _named(words, mesh)
    shape = primitive(words) if other is None else None
    if other is None and shape is None:
        raise no_such_thing(words)
    if other is not None:
        surface = _surface_of(other)
        with _editing(other.data, write=False) as bm:
            _place(bm.verts, surroundings.to_mesh(taken_over(surface.points, surface.frame, frame)))
            bm.to_mesh(mesh)
        mesh.materials.clear()
        for slot in other.data.materials:
            mesh.materials.append(slot)
        return []
    assert shape is not None
    placed = surroundings.to_mesh(fitted(shape.points, frame, is_round(words)))
    is_mirrored = np.linalg.det(surroundings.matrix[:3, :3]) < 0
    uv_name = mesh.uv_layers.active.name if mesh.uv_layers else ""
    with _editing(mesh) as bm:
        bm.clear()
        vertices = [bm.verts.new(point) for point in placed.tolist()]
        for polygon in shape.polygons:
            face = bm.faces.new([vertices[corner] for corner in (reversed(polygon) if is_mirrored else polygon)])
            face.smooth = len(polygon) <= 4 and is_smooth(words)
        _unwrap(bm, shape.points, uv_name)
    return []


def _unwrap(bm: bmesh.types.BMesh, points: Floats, name: str) -> None:
    """UVs of a primitive: around its length and along it."""
    if not name:
        return
    layer = bm.loops.layers.uv.get(name) or bm.loops.layers.uv.new(name)
    bm.verts.index_update()
    around_length = np.arctan2(points[:, 2], points[:, 1]) / (2 * np.pi) + 0.5
    for face in bm.faces:
        corners = [float(around_length[loop.vert.index]) for loop in face.loops]
        for loop, u in zip(face.loops, corners, strict=True):
            wrapped = u + 1 if max(corners) - u > 0.5 else u
            loop[layer].uv = (wrapped, (points[loop.vert.index, 0] + 1) / 2)


def _named(words: str, mesh: bpy.types.Mesh) -> bpy.types.Object | None:
    """The mesh object that words name: by its whole name, or the one of whose name they hold most words."""
    wanted = set(re.findall(r"[a-z0-9]+", words.lower())) - {"the", "a", "an", "of", "other", "part"}
    best: tuple[float, bpy.types.Object | None] = (0.0, None)
    for other in bpy.context.view_layer.objects:
        if other.type != "MESH" or other.data == mesh or not len(other.data.polygons):
            continue
        if other.name.lower() == words.lower():
            return other
        share = len(wanted & set(re.findall(r"[a-z0-9]+", other.name.lower()))) / max(len(wanted), 1)
        if share == 1.0 and share > best[0]:
            best = (share, other)
    return best[1]


def _surface_of(other: bpy.types.Object) -> PartSurface:
    surroundings = around(other)
    return part_surface(other.data, surroundings.attached(surroundings.to_world(positions(other.data))), surroundings)


def _paint(mesh: bpy.types.Mesh, edit: Edit, attached: Bools, surroundings: Surroundings) -> list[str]:
    found = look({key: str(value) for key, value in edit.parameters.items()})
    size = float(np.linalg.norm(np.ptp(positions(mesh), axis=0)))
    mesh.materials.clear()
    mesh.materials.append(material(found, size))
    mesh.polygons.foreach_set("material_index", np.zeros(len(mesh.polygons), np.int32))
    if found.about:
        return [f"These words of the material were not understood: {', '.join(found.about)}."]
    return []


_MAKERS: dict[str, Callable[[bpy.types.Mesh, Edit, Bools, Surroundings], list[str]]] = {
    "split": _split,
    "bevel": _bevel,
    "replace": _replace,
    "material": _paint,
}
