"""Stitching generated faces to a part, and taking them away again. The artist's own faces stay as they are, to the bit.

New elements come after those that there are, so every index of before still means the same. Blender copies to them what lies on the
nearest element of the seam, then what can be mixed is spread over them (borrowing.py). Where vertices are doubled, faces without area
join them (gaps.py), so that every edge has two faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils.kdtree import KDTree
from numpy.typing import NDArray

from .. import collections, cutting
from ..mesh_data import Ints, Polygons, read_polygons
from .borrowing import Borrowing, Seam, next_corners
from .gaps import bridges, reseated, sides_of
from .materials import add_inner_slot, remove_inner_slot
from .patches import COMPLETED, GENERATED, GIVEN, flags, generated_here, set_flags

_CREASE_ANGLE = float(np.radians(30.0))
"""Generated faces that meet at a larger angle are shaded as an edge."""

MOST_BRIDGES = 20_000
"""Faces without area that a part gets, unless it has more of its own: one whose faces are all apart had better be welded."""


@dataclass(frozen=True, eq=False)
class Addition:
    """What closes a patch: `kept` (k,) int32, vertices of the patch; `added` (a, 3) float32 in the mesh's space; `faces` (g, 3) int32
    over the kept vertices and then the added ones, wound like the patch's own."""

    kept: Ints
    added: NDArray[np.float32]
    faces: Ints


def close(part: bpy.types.Object, addition: Addition, inner: bpy.types.Material | None, record: dict[str, Any]) -> None:
    """Adds generated faces to the mesh of `part`, flagged, with the material `inner` in a slot of their own.

    `record` says who made them; it is kept on the mesh. What an earlier completion made is taken away first.
    """
    reopen(part)
    mesh = part.data
    slots = len(mesh.materials)
    given = flags(mesh, GENERATED)
    seam = _seam(read_polygons(mesh, part.name), addition)
    if len(seam.faces):
        _stitch(part, seam, add_inner_slot(mesh, inner))
    generated = np.concatenate([given, np.ones(len(seam.faces), bool)])
    set_flags(mesh, GENERATED, generated)
    set_flags(mesh, GIVEN, generated & (np.arange(len(generated)) < len(given)))
    mesh[COMPLETED] = {**record, "slots": slots, "bridges": seam.bridges}
    mesh.update()


def reopen(part: bpy.types.Object) -> None:
    """Takes from a part what its completion made. Harmless where it is not completed.

    The artist's own faces stay as they are now, with what was done to them since; only where the whole mesh had been replaced
    the one of before comes back.
    """
    mesh = part.data
    record = mesh.get(COMPLETED)
    if record is None:
        return
    if record.get("open") is not None:
        bring_back(part)
        return
    generated = generated_here(mesh)
    given = flags(mesh, GENERATED)[~generated]
    slots = int(record.get("slots", 0))
    if generated.any():
        _cut_off(part, generated)
    del mesh[COMPLETED]
    set_flags(mesh, GENERATED, given)
    set_flags(mesh, GIVEN, np.zeros(len(given), bool))
    remove_inner_slot(mesh, slots)
    mesh.update()


def bring_back(part: bpy.types.Object) -> None:
    """Gives a part that was replaced as a whole the mesh that it had."""
    replacement = part.data
    part.data = replacement[COMPLETED]["open"]
    part.data.use_fake_user = False
    name = replacement.name
    if not replacement.users:
        bpy.data.meshes.remove(replacement)
        part.data.name = name


def _seam(polygons: Polygons, addition: Addition) -> Seam:
    """The generated faces of an addition, and those that join doubled vertices: where these are, and which vertices they are over."""
    seam = _seated(polygons, addition)
    sides = np.concatenate([_sides(polygons), sides_of(seam.names[seam.faces])])
    points = np.concatenate([polygons.vertices, seam.added])
    made = bridges(points, sides)
    if not len(made.faces) or len(made.faces) > max(MOST_BRIDGES, polygons.count):
        return seam
    faces = np.concatenate([seam.names[seam.faces], made.faces])
    return _seam_of(polygons, np.concatenate([seam.added, points[made.doubled]]), faces, len(made.faces))


def _seated(polygons: Polygons, addition: Addition) -> Seam:
    """The generated faces of an addition, each at edges that have room for it and no other between its vertices."""
    own = np.unique(polygons.corner_vertices)[addition.kept]
    names = np.concatenate([own, len(polygons.vertices) + np.arange(len(addition.added))])
    points = np.concatenate([polygons.vertices, addition.added])
    faces = reseated(points, _sides(polygons), names[addition.faces])
    first = polygons.polygon_offsets[:-1][np.diff(polygons.polygon_offsets) == 3]
    low, middle, high = np.sort(np.concatenate([polygons.corner_vertices[first[:, None] + np.arange(3)], faces]), axis=1).T
    pair = np.unique(low * np.int64(len(points)) + middle, return_inverse=True)[1].reshape(-1)
    once = np.unique(pair * np.int64(len(points)) + high, return_index=True)[1]
    is_back = ~np.isin(np.arange(len(high)), once)[len(first) :]  # of another face, with the same vertices: Blender allows one
    middles = points[faces[is_back]].mean(axis=1).astype(np.float32)
    around = [
        np.column_stack([np.roll(faces[is_back], -turn, axis=1)[:, :2], len(points) + np.arange(len(middles))]) for turn in range(3)
    ]
    return _seam_of(polygons, np.concatenate([addition.added, middles]), np.concatenate([faces[~is_back], *around]))


def _seam_of(polygons: Polygons, added: NDArray[np.float32], faces: NDArray[np.integer], bridge_count: int = 0) -> Seam:
    """Triangles (g, 3) over the vertices of `polygons` and then those `added` as a seam."""
    count = len(polygons.vertices)
    kept = np.unique(faces[faces < count]).astype(np.int32)
    local = np.empty(count + len(added), np.int32)
    local[kept] = np.arange(len(kept))
    local[count:] = len(kept) + np.arange(len(added))
    return Seam(polygons, kept, added, local[faces], bridge_count)


def _sides(polygons: Polygons) -> NDArray[np.int64]:
    """The sides (c, 2) of all polygons, from corner to corner."""
    return np.stack([polygons.corner_vertices, polygons.corner_vertices[next_corners(polygons)]], axis=1).astype(np.int64)


def _stitch(part: bpy.types.Object, seam: Seam, slot: int) -> None:
    mesh = part.data
    borrowing = Borrowing.of(mesh, seam)
    is_smooth = bool(2 * np.count_nonzero(flags(mesh, "sharp_face")) < seam.polygons.count)
    with _editing(part, np.arange(len(seam.polygons.corner_vertices)), _normals_of(seam, is_smooth)) as bm:
        _add(bm, seam, borrowing.weights_of_added(), slot, is_smooth)
    borrowing.settle(mesh)


def _cut_off(part: bpy.types.Object, generated: NDArray[np.bool_]) -> None:
    polygons = read_polygons(part.data, part.name)
    with _editing(part, np.flatnonzero(~generated[polygons.polygon_of_corner])) as bm:
        cutting.delete_faces(bm, generated)


@contextmanager
def _editing(
    part: bpy.types.Object, corners: NDArray[np.int64], new_normals: NDArray[np.float32] | None = None
) -> Iterator[bmesh.types.BMesh]:
    """The BMesh of a part, written back at the end; the artist sees the same normals as before at the `corners` that remain.

    `new_normals` (c, 3) are for the corners that come after these.
    """
    mesh = part.data
    smooth = collections.smooth_by_angle(part)
    normals = None if collections.is_rebuilt(part) else cutting.shown_normals(mesh, smooth)
    matrices = cutting.matrix_attributes(mesh)
    for name in matrices:
        mesh.attributes.remove(mesh.attributes[name])
    sources = {domain: np.arange(len(values)) for domain, values in matrices.values()}
    try:
        with cutting.editing(mesh) as bm:
            for elements in (bm.verts, bm.edges, bm.faces):
                elements.index_update()
            yield bm
            if matrices:
                sources = _sources(bm, corners)
    finally:
        for name, (domain, values) in matrices.items():
            _put_matrices(mesh, name, domain, values, sources[domain])
    if normals is not None:
        wanted = np.concatenate([normals[corners], np.empty((0, 3), np.float32) if new_normals is None else new_normals])
        cutting.keep_normals(mesh, wanted, smooth)


def _sources(bm: bmesh.types.BMesh, corners: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Which element of before each is, by domain; new ones have -1 or a number beyond those."""
    count = sum(len(face.loops) for face in bm.faces)
    of_corner = np.concatenate([corners, np.full(count - len(corners), -1)])
    elements = {"POINT": bm.verts, "EDGE": bm.edges, "FACE": bm.faces}
    return {"CORNER": of_corner, **{domain: np.array([e.index for e in found], np.int64) for domain, found in elements.items()}}


def _put_matrices(mesh: bpy.types.Mesh, name: str, domain: str, values: NDArray, sources: NDArray[np.int64]) -> None:
    matrices = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (len(sources), 1))
    old = (sources >= 0) & (sources < len(values))
    matrices[old] = values[sources[old]]
    mesh.attributes.new(name, "FLOAT4X4", domain).data.foreach_set("value", matrices.reshape(-1))


def _add(bm: bmesh.types.BMesh, seam: Seam, weights: list[dict[int, float]], slot: int, is_smooth: bool) -> None:
    """Makes the new vertices and faces; each copies what lies on the nearest element of the seam.

    What `copy_from` wrote to has to be looked up anew: Blender forgets the Python object that stood for it.
    """
    lenders = _lenders(seam)
    vertices, faces, edge_count = bm.verts[:], bm.faces[:], len(bm.edges)
    for position, lender in zip(seam.added.tolist(), lenders[len(seam.kept) :].tolist(), strict=True):
        bm.verts.new(position).copy_from(vertices[lender])
    vertices = bm.verts[:]
    _set_weights(bm, vertices[len(vertices) - len(seam.added) :], weights)
    lending_corner = np.zeros(len(vertices), np.int64)
    lending_corner[seam.polygons.corner_vertices] = np.arange(len(seam.polygons.corner_vertices))
    corners = lending_corner[lenders[seam.faces]]
    polygons = seam.polygons.polygon_of_corner[corners]
    places = corners - seam.polygons.polygon_offsets[polygons]
    for named, lending, loops in zip(seam.names[seam.faces].tolist(), polygons.tolist(), places.tolist(), strict=True):
        face = bm.faces.new([vertices[i] for i in named])
        for loop, polygon, place in zip(face.loops[:], lending, loops, strict=True):
            loop.copy_from(faces[polygon].loops[place])
        face.copy_from(faces[lending[0]])
    smooth = _are_smooth(seam, is_smooth).tolist()
    for face, shaded in zip(bm.faces[:][len(faces) :], smooth, strict=True):
        face.material_index, face.smooth = slot, shaded
        face.hide_set(False)
        face.select_set(False)
    _crease(bm.edges[:][edge_count:])


def _are_smooth(seam: Seam, is_smooth: bool) -> NDArray[np.bool_]:
    """Which generated faces are shaded smooth: (g,). What has no area looks nowhere, and must not count in the normals beside it."""
    return (np.arange(len(seam.faces)) < len(seam.faces) - seam.bridges) & is_smooth


def _set_weights(bm: bmesh.types.BMesh, vertices: list[bmesh.types.BMVert], weights: list[dict[int, float]]) -> None:
    layer = bm.verts.layers.deform.active
    if layer is None:
        return
    for vertex, groups in zip(vertices, weights, strict=True):
        vertex[layer].clear()
        for group, weight in groups.items():
            vertex[layer][group] = weight


def _crease(edges: list[bmesh.types.BMEdge]) -> None:
    """Shades new edges, which only generated faces have, as edges where these meet at a large angle.

    Edges of the artist's own faces stay as they are marked: there custom normals part the shading (see `_editing`).
    """
    for edge in edges:
        edge.smooth = edge.calc_face_angle(0.0) < _CREASE_ANGLE


def _lenders(seam: Seam) -> Ints:
    """The vertex of the mesh that each of the seam's vertices borrows from: itself where it is kept, else the nearest that is: (k + a,)."""
    lending = seam.kept if len(seam.kept) else np.unique(seam.polygons.corner_vertices).astype(np.int32)
    tree = KDTree(len(lending))
    for number, position in enumerate(seam.polygons.vertices[lending].tolist()):
        tree.insert(position, number)
    tree.balance()
    nearest = [tree.find(position)[1] for position in seam.added.tolist()]
    return np.concatenate([seam.kept, lending[np.array(nearest, np.int64)]]).astype(np.int32)


def _normals_of(seam: Seam, is_smooth: bool) -> NDArray[np.float32]:
    """The normals of generated corners as they would be were there nothing else: (3g, 3) float32."""
    mesh = bpy.data.meshes.new("partgen generated")
    try:
        mesh.from_pydata(seam.points.tolist(), [], seam.faces.tolist())
        mesh.polygons.foreach_set("use_smooth", _are_smooth(seam, is_smooth))
        mesh.set_sharp_from_angle(angle=_CREASE_ANGLE)
        normals = np.empty((len(mesh.loops), 3), np.float32)
        mesh.corner_normals.foreach_get("vector", normals.reshape(-1))
        return normals
    finally:
        bpy.data.meshes.remove(mesh)
