"""Stitching generated faces to a part, and taking them away again. The artist's own faces stay as they are, to the bit.

New elements come after those that there are, so every index of before still means the same. They get what lies on the nearest element
of the seam, then what can be mixed is spread over them (borrowing.py). Where vertices are doubled, faces without area
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
from .borrowing import Borrowing, Seam, copy_rest, next_corners
from .gaps import bridges, reseated, sides_of
from .materials import add_inner_slot, remove_inner_slot
from .patches import COMPLETED, GENERATED, GIVEN, flags, generated_here, set_flags
from .triangles import Triangles

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
    has_area = np.arange(len(seam.faces)) < len(seam.faces) - seam.bridges
    triangles = Triangles.of(seam.faces)
    creased = triangles.are_creased(seam.points, _CREASE_ANGLE, has_area)
    shaded = has_area & is_smooth  # what has no area looks nowhere, and must not count in the normals beside it
    normals = _normals_of(seam, triangles, creased, shaded)
    lenders = _lenders(seam)
    with _keeping_normals(part, np.arange(len(seam.polygons.corner_vertices)), normals):
        with _editing(mesh, np.arange(len(seam.polygons.corner_vertices))) as bm:
            _add_vertices(bm, seam.added, lenders[len(seam.kept) :], borrowing.weights_of_added())
        edge_count = len(mesh.edges)
        edges = triangles.put_in(mesh, seam.names)
        copy_rest(mesh, seam.polygons, lenders[seam.faces])
        _write_flags(mesh, "material_index", np.full(len(seam.faces), slot, np.int32))
        _write_flags(mesh, "use_smooth", shaded)
        _write_flags(mesh, "hide", np.zeros(len(seam.faces), bool))
        # Edges of the artist's own faces stay as they are marked: there custom normals part the shading.
        _mark_sharp(mesh, edges[creased & (edges >= edge_count)])
    borrowing.settle(mesh)


def _cut_off(part: bpy.types.Object, generated: NDArray[np.bool_]) -> None:
    corners = np.flatnonzero(~generated[read_polygons(part.data, part.name).polygon_of_corner])
    with _keeping_normals(part, corners), _editing(part.data, corners) as bm:
        cutting.delete_faces(bm, generated)


@contextmanager
def _keeping_normals(part: bpy.types.Object, corners: NDArray[np.int64], new: NDArray[np.float32] | None = None) -> Iterator[None]:
    """At the end the artist sees the same normals as before at the `corners` that remain, and `new` ones (c, 3) at those after these."""
    smooth = collections.smooth_by_angle(part)
    normals = None if collections.is_rebuilt(part) else cutting.shown_normals(part.data, smooth)
    yield
    if normals is not None:
        wanted = np.concatenate([normals[corners], np.empty((0, 3), np.float32) if new is None else new])
        cutting.keep_normals(part.data, wanted, smooth)


@contextmanager
def _editing(mesh: bpy.types.Mesh, corners: NDArray[np.int64]) -> Iterator[bmesh.types.BMesh]:
    """The BMesh of `mesh`, written back at the end, when the `corners` are left of those that it has."""
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


def _sources(bm: bmesh.types.BMesh, corners: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Which element of before each is, by domain; new ones have -1 or a number beyond those."""
    elements = {"POINT": bm.verts, "EDGE": bm.edges, "FACE": bm.faces}
    return {"CORNER": corners, **{domain: np.array([e.index for e in found], np.int64) for domain, found in elements.items()}}


def _put_matrices(mesh: bpy.types.Mesh, name: str, domain: str, values: NDArray, sources: NDArray[np.int64]) -> None:
    matrices = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (len(sources), 1))
    old = (sources >= 0) & (sources < len(values))
    matrices[old] = values[sources[old]]
    mesh.attributes.new(name, "FLOAT4X4", domain).data.foreach_set("value", matrices.reshape(-1))


def _add_vertices(bm: bmesh.types.BMesh, places: NDArray[np.float32], lenders: Ints, weights: list[dict[int, float]]) -> None:
    """Makes the new vertices; each copies what lies on its lender, shape keys included, of which Blender alone can make more.

    What `copy_from` wrote to has to be looked up anew: Blender forgets the Python object that stood for it.
    """
    vertices = bm.verts[:]
    for place, lender in zip(places.tolist(), lenders.tolist(), strict=True):
        bm.verts.new(place).copy_from(vertices[lender])
    layer = bm.verts.layers.deform.active
    if layer is None:
        return
    for vertex, groups in zip(bm.verts[:][len(vertices) :], weights, strict=True):
        vertex[layer].clear()
        for group, weight in groups.items():
            vertex[layer][group] = weight


def _write_flags(mesh: bpy.types.Mesh, name: str, values: NDArray) -> None:
    """Writes a property of the last polygons of `mesh`."""
    every = np.empty(len(mesh.polygons), values.dtype)
    mesh.polygons.foreach_get(name, every)
    every[len(every) - len(values) :] = values
    mesh.polygons.foreach_set(name, every)


def _mark_sharp(mesh: bpy.types.Mesh, edges: Ints) -> None:
    marked = np.empty(len(mesh.edges), bool)
    mesh.edges.foreach_get("use_edge_sharp", marked)
    marked[edges] = True
    mesh.edges.foreach_set("use_edge_sharp", marked)


def _lenders(seam: Seam) -> Ints:
    """The vertex of the mesh that each of the seam's vertices borrows from: itself where it is kept, else the nearest that is: (k + a,)."""
    lending = seam.kept if len(seam.kept) else np.unique(seam.polygons.corner_vertices).astype(np.int32)
    tree = KDTree(len(lending))
    for number, position in enumerate(seam.polygons.vertices[lending].tolist()):
        tree.insert(position, number)
    tree.balance()
    nearest = [tree.find(position)[1] for position in seam.added.tolist()]
    return np.concatenate([seam.kept, lending[np.array(nearest, np.int64)]]).astype(np.int32)


def _normals_of(seam: Seam, triangles: Triangles, creased: NDArray[np.bool_], shaded: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The normals of generated corners as they would be were there nothing else: (3g, 3) float32."""
    mesh = bpy.data.meshes.new("partgen generated")
    try:
        mesh.vertices.add(len(seam.points))
        mesh.attributes["position"].data.foreach_set("vector", seam.points.astype(np.float32).reshape(-1))
        edges = triangles.put_in(mesh, np.arange(len(seam.points), dtype=np.int32))
        mesh.polygons.foreach_set("use_smooth", shaded)
        _mark_sharp(mesh, edges[creased])
        normals = np.empty((len(mesh.loops), 3), np.float32)
        mesh.corner_normals.foreach_get("vector", normals.reshape(-1))
        return normals
    finally:
        bpy.data.meshes.remove(mesh)
