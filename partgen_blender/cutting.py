"""Cuts parts out of a mesh so that everything the artist made on it survives.

The connectivity of a part is computed with numpy; what lies on its vertices, edges, corners and faces is copied by
Blender itself, element by element (`BMVert.copy_from` and its sisters), because only Blender knows every layer that a
mesh can carry: UV maps, weights, shape keys, creases, freestyle marks, attributes of every type. The cost is that of
the parts, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

import bmesh
import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.errors import PartgenError

from . import stored_tree
from .mesh_data import Ints, Polygons, polygon_offsets, read_polygons

# Corner normals that differ by less are equal to the eye, and to the 16 bits in which Blender stores custom ones.
_NORMAL_TOLERANCE = 2e-3


@dataclass(frozen=True)
class SmoothByAngle:
    """What Blender's modifier of this name does: it shades everything smooth but for some edges.

    Sharp are edges of a larger angle than `angle` (radians) and, unless it `ignores_marks`, edges that are marked sharp or
    lie at a flat face.
    """

    angle: float
    ignores_marks: bool = False


def cut_out(
    mesh: bpy.types.Mesh,
    part_of_polygon: ArrayLike,
    keep_shading: bool = True,
    smooth_by_angle: SmoothByAngle | None = None,
) -> list[bpy.types.Mesh]:
    """New meshes, one for every part 0..n-1 of `part_of_polygon`, (P,) integers; polygons with a negative part are left out.

    `mesh` is not changed. Every part has its polygons, in the mesh's order, with the edges and vertices that they use, and
    all that the mesh has besides: materials, UV maps, groups, shape keys, attributes, custom properties. Loose edges and
    vertices belong to no part (see `loose_elements`). With `keep_shading` a smooth surface looks the same on both sides of
    a cut, through custom normals at the corners where it would not; custom normals that the artist made are always kept.
    `smooth_by_angle` is the modifier of that name on the object, where it has one.

    Raises PartgenError, and leaves nothing behind, where the labels do not fit the mesh, it is in Edit Mode, or it is broken.
    """
    polygons = read_polygons(mesh)
    parts = np.asarray(part_of_polygon).reshape(-1)
    if len(parts) != polygons.count:
        raise PartgenError(
            "tree.stale",
            f"{mesh.name} has {polygons.count} faces, but the parts are of {len(parts)}: it was edited in the meantime.",
            "Decompose the object again.",
        )
    _require_sound(mesh, polygons)
    polygons_of_part = _members(parts)
    if any(not len(members) for members in polygons_of_part):
        raise PartgenError("parts.empty", f"A part of {mesh.name} has no faces.", "Decompose the object again.")
    made: list[bpy.types.Mesh] = []
    try:
        keeps_normals = keep_shading or mesh.has_custom_normals
        normals = shown_normals(mesh, smooth_by_angle) if keeps_normals else np.empty((0, 3), np.float32)
        with _Source.opened(mesh, polygons) as source:
            for members in polygons_of_part:
                made.append(source.template.copy())
                corners = source.fill(made[-1], members)
                if keeps_normals:
                    keep_normals(made[-1], normals[corners], smooth_by_angle)
    except BaseException:
        bpy.data.batch_remove(made)
        raise
    return made


def cut_away(mesh: bpy.types.Mesh, is_gone: ArrayLike, keep_shading: bool = True, smooth_by_angle: SmoothByAngle | None = None) -> None:
    """Removes polygons of `mesh`, (P,) bool, with the edges and vertices that nothing else uses; all else stays, loose elements too.

    `keep_shading` and `smooth_by_angle` as for `cut_out`. The mesh must be sound, which `cut_out` makes sure of.
    """
    gone = np.asarray(is_gone, bool)
    keeps_normals = keep_shading or mesh.has_custom_normals
    corners = np.repeat(~gone, np.diff(polygon_offsets(mesh)))
    normals = shown_normals(mesh, smooth_by_angle)[corners] if keeps_normals else np.empty((0, 3), np.float32)
    with editing(mesh) as bm:
        delete_faces(bm, gone)
    if keeps_normals:
        keep_normals(mesh, normals, smooth_by_angle)


def loose_elements(mesh: bpy.types.Mesh) -> tuple[int, int]:
    """The number of edges of `mesh` that no polygon uses, and of vertices that not even such an edge has: what no part gets."""
    edges = len(mesh.edges) - len(np.unique(_ints(mesh, ".corner_edge", len(mesh.loops))))
    used = np.concatenate([_ints(mesh, ".corner_vert", len(mesh.loops)), _ints(mesh, ".edge_verts", 2 * len(mesh.edges))])
    return edges, len(mesh.vertices) - len(np.unique(used))


def _require_sound(mesh: bpy.types.Mesh, polygons: Polygons) -> None:
    """Raises PartgenError where corners do not lie on their edges, as a faulty importer can leave them: Blender would crash."""
    edge_vertices = _ints(mesh, ".edge_verts", 2 * len(mesh.edges)).reshape(-1, 2)
    corner_edges = _ints(mesh, ".corner_edge", len(mesh.loops))
    following = np.arange(1, len(corner_edges) + 1)
    following[polygons.polygon_offsets[1:] - 1] = polygons.polygon_offsets[:-1]
    here, there = polygons.corner_vertices, polygons.corner_vertices[following]
    is_edge = (corner_edges >= 0) & (corner_edges < len(edge_vertices))
    ends = edge_vertices[np.where(is_edge, corner_edges, 0)] if len(edge_vertices) else np.full((len(corner_edges), 2), -1)
    lies_on_it = ((ends[:, 0] == here) & (ends[:, 1] == there)) | ((ends[:, 0] == there) & (ends[:, 1] == here))
    broken = np.unique(polygons.polygon_of_corner[~(is_edge & lies_on_it)])
    if len(broken):
        faces = "a broken face" if len(broken) < 2 else f"{len(broken)} broken faces"
        sentence = f"{mesh.name} has {faces}, which Blender itself could not edit."
        raise PartgenError("mesh.broken", sentence, "Import it again with validation, or repair it with mesh.validate() in Python.")


def _members(parts: NDArray) -> list[NDArray[np.int64]]:
    """The polygons of every part 0..n-1, rising: n arrays of indices."""
    order = np.argsort(parts, kind="stable")
    starts = np.searchsorted(parts[order], np.arange(parts.max(initial=-1) + 2))
    return [order[start:stop] for start, stop in pairwise(starts)]


@dataclass(eq=False)
class _Source:
    """A mesh opened for cutting: its connectivity as arrays, its elements as Blender's, and an empty mesh of its kind."""

    mesh: bpy.types.Mesh
    polygons: Polygons
    edge_vertices: Ints
    corner_edges: Ints
    selected: dict[str, NDArray[np.bool_]]
    vertices: Sequence[bmesh.types.BMVert]
    edges: Sequence[bmesh.types.BMEdge]
    faces: Sequence[bmesh.types.BMFace]
    matrices: dict[str, tuple[str, NDArray[np.float32]]]
    template: bpy.types.Mesh
    connectivity: bpy.types.Mesh

    @classmethod
    @contextmanager
    def opened(cls, mesh: bpy.types.Mesh, polygons: Polygons) -> Iterator[_Source]:
        """Opens `mesh` for as long as the context lasts; temporary datablocks are removed at its end, come what may."""
        temporary: list[bpy.types.Mesh] = []
        bm = bmesh.new()
        try:
            bm.from_mesh(mesh, face_normals=False, vertex_normals=False)
            temporary += [mesh.copy(), bpy.data.meshes.new("partgen connectivity")]
            _empty(temporary[0])
            yield cls(
                mesh,
                polygons,
                _ints(mesh, ".edge_verts", 2 * len(mesh.edges)).reshape(-1, 2),
                _ints(mesh, ".corner_edge", len(mesh.loops)),
                selection(mesh),
                bm.verts[:],
                bm.edges[:],
                bm.faces[:],
                matrix_attributes(mesh),
                *temporary,
            )
        finally:
            bm.free()
            bpy.data.batch_remove(temporary)

    def fill(self, part: bpy.types.Mesh, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Makes `part`, a copy of the template, of the polygons `members`. Returns the source corners of its corners."""
        sizes = np.diff(self.polygons.polygon_offsets)[members]
        corners = ranges(self.polygons.polygon_offsets[members], sizes)
        vertices, corner_vertices = np.unique(self.polygons.corner_vertices[corners], return_inverse=True)
        edges, corner_edges = np.unique(self.corner_edges[corners], return_inverse=True)
        edge_vertices = np.searchsorted(vertices, self.edge_vertices[edges])
        self._connect(vertices, edge_vertices, corner_vertices, corner_edges, sizes)
        self._mark_selected({".select_vert": vertices, ".select_edge": edges, ".select_poly": members})
        domains: dict[str, NDArray[np.integer]] = {"POINT": vertices, "EDGE": edges, "CORNER": corners, "FACE": members}
        with editing(part) as bm:
            # The one vertex of the template has done its work: it carried the layers, shape keys too, into `bm`.
            bm.verts.remove(bm.verts[:][0])
            bm.from_mesh(self.connectivity, face_normals=False, vertex_normals=False)
            _copy_elements(bm.verts, self.vertices, vertices)
            _copy_elements(bm.edges, self.edges, edges)
            _copy_elements(bm.faces, self.faces, members)
            for index, face in zip(members.tolist(), bm.faces, strict=True):
                for corner, original in zip(face.loops, self.faces[index].loops, strict=True):
                    corner.copy_from(original)
        for name, (domain, matrices) in self.matrices.items():
            attribute = part.attributes.new(name, "FLOAT4X4", domain)
            attribute.data.foreach_set("value", matrices[domains[domain]].reshape(-1))
        self._keep_active_uv_map(part)
        return corners

    def _keep_active_uv_map(self, part: bpy.types.Mesh) -> None:
        """Blender 5.2 forgets which UV map is active and which is rendered when a BMesh takes in a second mesh."""
        active = self.mesh.uv_layers.active
        if active is not None:
            part.uv_layers.active = part.uv_layers[active.name]
            for layer in self.mesh.uv_layers:
                if layer.active_render:
                    part.uv_layers[layer.name].active_render = True

    def _connect(self, vertices: NDArray, edge_vertices: NDArray, corner_vertices: NDArray, corner_edges: NDArray, sizes: NDArray) -> None:
        """Makes `connectivity` the bare polygons of a part."""
        mesh = self.connectivity
        mesh.clear_geometry()
        mesh.vertices.add(len(vertices))
        mesh.edges.add(len(edge_vertices))
        mesh.loops.add(len(corner_vertices))
        mesh.polygons.add(len(sizes))
        mesh.attributes["position"].data.foreach_set("vector", self.polygons.vertices[vertices].reshape(-1))
        for name, values in ((".edge_verts", edge_vertices), (".corner_vert", corner_vertices), (".corner_edge", corner_edges)):
            mesh.attributes[name].data.foreach_set("value", values.reshape(-1).astype(np.int32))
        mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))

    def _mark_selected(self, elements: dict[str, NDArray]) -> None:
        """Selects in `connectivity` what is selected in the source, because `copy_from` copies everything but selection."""
        domains = {".select_vert": "POINT", ".select_edge": "EDGE", ".select_poly": "FACE"}
        for name, indices in elements.items():
            attribute = self.connectivity.attributes.get(name) or self.connectivity.attributes.new(name, "BOOLEAN", domains[name])
            chosen = self.selected[name][indices] if name in self.selected else np.zeros(len(indices), bool)
            attribute.data.foreach_set("value", chosen)


def _empty(template: bpy.types.Mesh) -> None:
    """Takes from a copy of a mesh all but one vertex, and the stored tree; layers, key blocks, materials, properties stay.

    One vertex rather than none, because Blender gives no shape key layers to the BMesh of a mesh without vertices.
    """
    template.use_fake_user = False
    # Generated texture coordinates are measured from the bounds of the mesh: they stay those of the whole.
    location, size = template.texspace_location.copy(), template.texspace_size.copy()
    template.use_auto_texspace = False
    template.texspace_location, template.texspace_size = location, size
    template.pop(stored_tree.TREE, None)
    template.pop(stored_tree.FEATURES, None)
    template.pop(stored_tree.IDENTITIES, None)  # a piece follows nobody's slider
    template.pop(stored_tree.COMPLETED, None)  # what was generated on the whole is given on its parts
    for name in (stored_tree.PART, *matrix_attributes(template)):
        if name in template.attributes:
            template.attributes.remove(template.attributes[name])
    with editing(template) as bm:
        for vertex in bm.verts[1:]:
            bm.verts.remove(vertex)


def matrix_attributes(mesh: bpy.types.Mesh) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Domain and values (n, 16) of every attribute of 4x4 matrices.

    They do not go through BMesh, because Blender (4.2 to 5.2) crashes where it fills such a layer of a BMesh with defaults.
    """
    attributes = [attribute for attribute in mesh.attributes if attribute.data_type == "FLOAT4X4"]
    found = {attribute.name: (attribute.domain, np.empty((len(attribute.data), 16), np.float32)) for attribute in attributes}
    for attribute in attributes:
        attribute.data.foreach_get("value", found[attribute.name][1].reshape(-1))
    return found


@contextmanager
def editing(mesh: bpy.types.Mesh) -> Iterator[bmesh.types.BMesh]:
    """The BMesh of `mesh`, written back at the end unless something failed."""
    bm = bmesh.new()
    try:
        bm.from_mesh(mesh, face_normals=False, vertex_normals=False)
        yield bm
        bm.to_mesh(mesh)
    finally:
        bm.free()


def delete_faces(bm: bmesh.types.BMesh, gone: NDArray[np.bool_]) -> None:
    """Removes the faces that are `gone` (F,), with the edges and vertices that nothing else uses; leaves the select mode of faces."""
    faces = bm.faces[:]
    bm.select_mode = {"FACE"}  # in the others Blender would select every face whose corners happen to be selected
    bmesh.ops.delete(bm, geom=[faces[i] for i in np.flatnonzero(gone).tolist()], context="FACES")


def _copy_elements(elements: Sequence, originals: Sequence, indices: NDArray) -> None:
    chosen = itemgetter(*indices.tolist())(originals) if len(indices) > 1 else (originals[int(indices[0])],)
    for element, original in zip(elements, chosen, strict=True):
        element.copy_from(original)


def shown_normals(mesh: bpy.types.Mesh, modifier: SmoothByAngle | None) -> NDArray[np.float32]:
    """The normals that the artist sees at every corner of `mesh`: (C, 3) float32, unit."""
    if modifier is None:
        return _corner_normals(mesh)
    copy = mesh.copy()
    try:
        with _smoothed(copy, modifier):
            return _corner_normals(copy)
    finally:
        bpy.data.meshes.remove(copy)


def keep_normals(part: bpy.types.Mesh, wanted: NDArray[np.float32], modifier: SmoothByAngle | None) -> None:
    """Gives the corners of `part` the normals `wanted` (C, 3) where they are not so by themselves."""
    with _smoothed(part, modifier):
        differs = _differs(part, wanted)
        if differs.any() and part.has_custom_normals:
            part.normals_split_custom_set(wanted.tolist())
        elif differs.any():
            part.normals_split_custom_set(_where(differs, wanted))
            # The first custom normal of a mesh makes edges of three and more faces hard, wherever they are.
            hardened = _differs(part, wanted) & ~differs
            if hardened.any():
                part.normals_split_custom_set(_where(differs | hardened, wanted))


@contextmanager
def _smoothed(mesh: bpy.types.Mesh, modifier: SmoothByAngle | None) -> Iterator[None]:
    """Makes those edges of `mesh` sharp that `modifier` will, and at the end those again that were.

    A custom normal is stored relative to the smooth faces around it, so it must be set among those that will be there.
    """
    if modifier is None:
        yield
        return
    before = {name: _booleans(mesh, name) for name in ("sharp_edge", "sharp_face") if name in mesh.attributes}
    marked = before["sharp_edge"].copy() if "sharp_edge" in before else np.zeros(len(mesh.edges), bool)
    if "sharp_face" in before:
        flat_corners = np.repeat(before["sharp_face"], np.diff(polygon_offsets(mesh)))
        marked[_ints(mesh, ".corner_edge", len(mesh.loops))[flat_corners]] = True
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    mesh.set_sharp_from_angle(angle=modifier.angle)
    if not modifier.ignores_marks:
        _set_booleans(mesh, "sharp_edge", _booleans(mesh, "sharp_edge") | marked)
    try:
        yield
    finally:
        for name in ("sharp_edge", "sharp_face"):
            _set_booleans(mesh, name, before.get(name))


def _differs(part: bpy.types.Mesh, wanted: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the normals of `part` are visibly others than `wanted`: (C,) bool; not where the wanted one is no direction."""
    is_direction = np.abs(np.square(wanted).sum(axis=1) - 1.0) < 0.1
    return is_direction & (np.abs(_corner_normals(part) - wanted).max(axis=1) > _NORMAL_TOLERANCE)


def _where(differs: NDArray[np.bool_], wanted: NDArray[np.float32]) -> list[Sequence[float]]:
    """The vectors `wanted` where they differ, else zero: that is how Blender says "as it is by itself"."""
    values: list[Sequence[float]] = [(0.0, 0.0, 0.0)] * len(differs)
    for index, vector in zip(np.flatnonzero(differs).tolist(), wanted[differs].tolist(), strict=True):
        values[index] = vector
    return values


def _corner_normals(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    normals = np.empty((len(mesh.loops), 3), np.float32)
    mesh.corner_normals.foreach_get("vector", normals.reshape(-1))
    return normals


def selection(mesh: bpy.types.Mesh) -> dict[str, NDArray[np.bool_]]:
    attributes = [mesh.attributes[name] for name in (".select_vert", ".select_edge", ".select_poly") if name in mesh.attributes]
    # Blender 5.0 gives some meshes a `.select_edge` of pairs of integers, which is no selection.
    return {attribute.name: _booleans(mesh, attribute.name) for attribute in attributes if attribute.data_type == "BOOLEAN"}


def _booleans(mesh: bpy.types.Mesh, name: str) -> NDArray[np.bool_]:
    attribute = mesh.attributes[name]
    values = np.empty(len(attribute.data), bool)
    attribute.data.foreach_get("value", values)
    return values


def _set_booleans(mesh: bpy.types.Mesh, name: str, values: NDArray[np.bool_] | None) -> None:
    """Sets the boolean edge or face attribute `name`; without `values` it shall not be there."""
    attribute = mesh.attributes.get(name)
    if values is None and attribute is not None:
        mesh.attributes.remove(attribute)
    elif values is not None:
        domain = "EDGE" if name == "sharp_edge" else "FACE"
        (attribute or mesh.attributes.new(name, "BOOLEAN", domain)).data.foreach_set("value", values)
    mesh.update()


def _ints(mesh: bpy.types.Mesh, name: str, count: int) -> Ints:
    values = np.empty(count, np.int32)
    if count:
        mesh.attributes[name].data.foreach_get("value", values)
    return values


def ranges(starts: NDArray, sizes: NDArray) -> NDArray[np.int64]:
    """The indices start, start + 1, ... start + size - 1 of every range, one after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)
