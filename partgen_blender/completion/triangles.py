"""Triangles that come after the polygons of a mesh, written as arrays. All that there was before keeps its place and its values."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import cutting
from ..mesh_data import Ints, corner_vertices, polygon_offsets
from .gaps import codes_of, sides_of

_SELECTIONS = {".select_edge": "EDGE", ".select_poly": "FACE"}


@dataclass(frozen=True, eq=False)
class Triangles:
    """`faces` (g, 3) over any vertices, their `edges` (e, 2), and `corner_edges` (g, 3): which of them leaves each corner."""

    faces: Ints
    edges: Ints
    corner_edges: Ints

    @classmethod
    def of(cls, faces: Ints) -> Triangles:
        """The same with their edges."""
        size = int(faces.max(initial=0)) + 1
        codes, of_corner = np.unique(codes_of(sides_of(faces), size), return_inverse=True)
        edges = np.stack(np.divmod(codes, size), axis=1).astype(np.int32)
        return cls(faces, edges, of_corner.reshape(faces.shape).astype(np.int32))

    def are_creased(self, points: NDArray[np.float64], angle: float, has_area: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which edges two triangles meet at in more than `angle` (radians): (e,). Only those of which `has_area` (g,) is true count."""
        of_corner = self.corner_edges.reshape(-1)
        faces = np.argsort(of_corner, kind="stable") // 3
        counts = np.bincount(of_corner, minlength=len(self.edges))
        pairs = (np.cumsum(counts) - counts)[counts == 2][:, None] + np.arange(2)
        first, second, third = points[self.faces].transpose(1, 0, 2)
        normals = np.cross(second - first, third - first)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
        one, other = faces[pairs].T
        creased = np.zeros(len(self.edges), bool)
        is_wide = np.einsum("ij,ij->i", normals[one], normals[other]) < np.cos(angle)
        creased[counts == 2] = is_wide & has_area[one] & has_area[other]
        return creased

    def put_in(self, mesh: bpy.types.Mesh, names: Ints) -> Ints:
        """Adds the triangles to `mesh`, nothing of them selected; `names` (n,) are what their vertices are called there.

        Returns which edge of the mesh each of their edges is: (e,). It takes those that there are, new ones come after all others.
        """
        before, corners, offsets = _edge_vertices(mesh), corner_vertices(mesh), polygon_offsets(mesh)
        corner_edges = _ints(mesh, ".corner_edge", len(mesh.loops))
        edges = names[self.edges]
        of_mesh = _known(edges, before, len(mesh.vertices))
        is_new = of_mesh < 0
        of_mesh[is_new] = len(before) + np.arange(np.count_nonzero(is_new))
        selected = _take_selections(mesh)
        mesh.edges.add(int(is_new.sum()))
        mesh.loops.add(self.faces.size)
        mesh.polygons.add(len(self.faces))
        _put_selections(mesh, selected)
        for name, old, new in (
            (".edge_verts", before, edges[is_new]),
            (".corner_vert", corners, names[self.faces]),
            (".corner_edge", corner_edges, of_mesh[self.corner_edges]),
        ):
            mesh.attributes[name].data.foreach_set("value", np.concatenate([old.reshape(-1), new.reshape(-1)]).astype(np.int32))
        starts = np.concatenate([offsets[:-1], len(corners) + 3 * np.arange(len(self.faces))])
        mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
        mesh.update()
        return of_mesh


def _known(edges: Ints, others: Ints, count: int) -> Ints:
    """Which of `others` (m, 2) each of `edges` (e, 2) is, between `count` vertices: (e,), -1 for none."""
    found = np.full(len(edges), -1, np.int32)
    codes = codes_of(edges, count)
    order = np.argsort(codes)
    theirs = codes_of(others, count)
    place = np.minimum(np.searchsorted(codes[order], theirs), len(codes) - 1)
    same = codes[order][place] == theirs
    found[order[place[same]]] = np.flatnonzero(same)
    return found


def _take_selections(mesh: bpy.types.Mesh) -> dict[str, NDArray[np.bool_]]:
    """What is selected of edges and polygons, taken off the mesh: Blender selects what is added, and 5.0 mistakes the type there."""
    found = {name: values for name, values in cutting.selection(mesh).items() if name in _SELECTIONS}
    _drop_selections(mesh)
    return found


def _put_selections(mesh: bpy.types.Mesh, selected: dict[str, NDArray[np.bool_]]) -> None:
    _drop_selections(mesh)
    for name, values in selected.items():
        attribute = mesh.attributes.new(name, "BOOLEAN", _SELECTIONS[name])
        attribute.data.foreach_set("value", np.concatenate([values, np.zeros(len(attribute.data) - len(values), bool)]))


def _drop_selections(mesh: bpy.types.Mesh) -> None:
    for name in _SELECTIONS:
        if name in mesh.attributes:
            mesh.attributes.remove(mesh.attributes[name])


def _edge_vertices(mesh: bpy.types.Mesh) -> Ints:
    return _ints(mesh, ".edge_verts", 2 * len(mesh.edges)).reshape(-1, 2)


def _ints(mesh: bpy.types.Mesh, name: str, count: int) -> Ints:
    values = np.empty(count, np.int32)
    if count:
        mesh.attributes[name].data.foreach_get("value", values)
    return values
