"""What PartGen reads from a Blender mesh: vertices, polygons, and the object's stretch. Nothing is changed here."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.errors import PartgenError
from partgen.mesh import polygon_centers

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Polygons:
    """The surface of a mesh as Blender has it: polygons of any size, in the mesh's own space.

    `vertices` (V, 3) float32; `corner_vertices` (C,) int32, the vertex at every corner; `polygon_offsets` (P+1,) int32:
    polygon i has the corners `polygon_offsets[i]:polygon_offsets[i + 1]`.
    """

    vertices: NDArray[np.float32]
    corner_vertices: Ints
    polygon_offsets: Ints

    @property
    def count(self) -> int:
        """The number of polygons."""
        return len(self.polygon_offsets) - 1

    @cached_property
    def topology(self) -> str:
        """A short fingerprint of which corners make which polygons: moving vertices leaves it, adding a face does not."""
        corners = zlib.crc32(np.ascontiguousarray(self.corner_vertices).data)
        offsets = zlib.crc32(np.ascontiguousarray(self.polygon_offsets).data)
        return f"{self.count}:{len(self.corner_vertices)}:{corners:08x}{offsets:08x}"

    @cached_property
    def fingerprint(self) -> str:
        """A short fingerprint of topology and shape: any edit of the surface changes it."""
        return f"{self.topology}:{zlib.crc32(np.ascontiguousarray(self.vertices).data):08x}"

    @cached_property
    def polygon_of_corner(self) -> Ints:
        """(C,) int32: the polygon that each corner belongs to."""
        return np.repeat(np.arange(self.count, dtype=np.int32), np.diff(self.polygon_offsets))

    @cached_property
    def centers(self) -> NDArray[np.float64]:
        """(P, 3): the mean of the corners of each polygon."""
        return polygon_centers(self.vertices[self.corner_vertices], self.polygon_offsets)


def read_polygons(mesh: bpy.types.Mesh, name: str = "") -> Polygons:
    """The polygons of `mesh`, in its own space: some 15 ms for a million.

    An evaluated mesh (`object.evaluated_get(depsgraph).to_mesh()`) is read just as well. `name` is what errors call it.
    Raises PartgenError for a mesh in Edit Mode, whose arrays are out of date, for one without faces, and for a broken one,
    over which Blender would crash.
    """
    name = name or mesh.name
    if mesh.is_editmode:
        raise PartgenError("mesh.edit_mode", f"{name} is in Edit Mode.", "Leave Edit Mode and try again.")
    if not len(mesh.polygons):
        raise PartgenError("mesh.no_faces", f"{name} has no faces.", "Choose an object that has a surface.")
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.attributes["position"].data.foreach_get("vector", vertices.reshape(-1))
    corners = corner_vertices(mesh)
    if not len(corners) or corners.min() < 0 or corners.max() >= len(vertices):
        remedy = "Import it again with validation, or repair it with mesh.validate() in Python."
        raise PartgenError("mesh.broken", f"{name} has faces that name vertices it does not have.", remedy)
    return Polygons(vertices, corners, polygon_offsets(mesh))


def corner_vertices(mesh: bpy.types.Mesh) -> Ints:
    """The vertex at every corner of `mesh`: (C,) int32."""
    corners = np.empty(len(mesh.loops), np.int32)
    if len(corners):
        # Through the attribute because `mesh.loops` takes a hundred times as long.
        mesh.attributes[".corner_vert"].data.foreach_get("value", corners)
    return corners


def polygon_offsets(mesh: bpy.types.Mesh) -> Ints:
    """The first corner of every polygon of `mesh` and, last, the number of corners: (P+1,) int32.

    Counted from the triangles that Blender draws, two fewer than a polygon has corners, because `loop_start` takes several
    times as long: at a million polygons more than the interface may be held up.
    """
    mesh.calc_loop_triangles()
    owners = np.empty(len(mesh.loop_triangle_polygons), np.int32)
    mesh.loop_triangle_polygons.foreach_get("value", owners)
    offsets = np.zeros(len(mesh.polygons) + 1, np.int32)
    np.cumsum(np.bincount(owners, minlength=len(mesh.polygons)) + 2, out=offsets[1:])
    return offsets


def linear_part(matrix_world: ArrayLike) -> NDArray[np.float64]:
    """The scale and shear of an object, without its rotation and translation: (3, 3) float64, for column vectors.

    Polar decomposition M = R S of the upper left 3x3 of `matrix_world`. Where the object is mirrored, the determinant is
    negative and the mirrored axis is the one that lets R turn the object least, so that what is up stays up.
    Raises PartgenError where the matrix is not finite.
    """
    matrix = np.array(matrix_world, np.float64)[:3, :3]
    if not np.isfinite(matrix).all():
        raise PartgenError(
            "object.not_finite", "The object's transform is not finite.", "Clear or repair its scale, its parent or its constraints."
        )
    left, sizes, right = np.linalg.svd(matrix)
    turn = left @ right
    stretch = right.T @ np.diag(sizes) @ right
    if np.linalg.det(turn) > 0:
        return stretch
    mirror = np.ones(3)
    mirror[np.argmin(np.diag(turn))] = -1.0
    return mirror[:, None] * stretch


def is_same_surface(a: Polygons, b: Polygons) -> bool:
    """Whether two surfaces have the same polygons with the same corners in the same places."""
    return (
        np.array_equal(a.polygon_offsets, b.polygon_offsets)
        and np.array_equal(a.corner_vertices, b.corner_vertices)
        and np.array_equal(a.vertices, b.vertices, equal_nan=True)
    )


def hidden_polygons(mesh: bpy.types.Mesh) -> NDArray[np.bool_] | None:
    """Which polygons of `mesh` were hidden in Edit Mode, (P,) bool; None where none is."""
    attribute = mesh.attributes.get(".hide_poly")
    if attribute is None or attribute.domain != "FACE" or attribute.data_type != "BOOLEAN":
        return None
    hidden = np.empty(len(mesh.polygons), bool)
    attribute.data.foreach_get("value", hidden)
    return hidden if hidden.any() else None


def hide_polygons(mesh: bpy.types.Mesh, hidden: NDArray[np.bool_]) -> None:
    """Hides polygons of `mesh`, (P,) bool, as H in Edit Mode does, and shows the others, with the edges and vertices of either.

    Edges and vertices hide where all of their polygons do; loose ones are left as they are.
    """
    corners, offsets = corner_vertices(mesh), polygon_offsets(mesh)
    edges = np.empty(len(mesh.loops), np.int32)
    mesh.attributes[".corner_edge"].data.foreach_get("value", edges)
    of_corner = np.repeat(hidden, np.diff(offsets))
    for elements, used in ((mesh.vertices, corners), (mesh.edges, edges)):
        flags = np.zeros(len(elements), bool)
        elements.foreach_get("hide", flags)
        flags[used] = True
        flags[used[~of_corner]] = False
        elements.foreach_set("hide", flags)
    mesh.polygons.foreach_set("hide", hidden)
    mesh.update_tag()


def select_polygons(mesh: bpy.types.Mesh, selected: NDArray[np.bool_]) -> None:
    """Selects polygons of `mesh`, (P,) bool, with their edges and vertices, and nothing else.

    Through attributes, because `from_pydata` of Blender 5.0 gives a mesh a `.select_edge` of another type, over which
    `mesh.edges.foreach_set("select", ...)` crashes.
    """
    corners, offsets = corner_vertices(mesh), polygon_offsets(mesh)
    edges = np.empty(len(mesh.loops), np.int32)
    mesh.attributes[".corner_edge"].data.foreach_get("value", edges)
    of_corner = np.repeat(selected, np.diff(offsets))
    vertex_flags, edge_flags = np.zeros(len(mesh.vertices), bool), np.zeros(len(mesh.edges), bool)
    vertex_flags[corners[of_corner]] = True
    edge_flags[edges[of_corner]] = True
    for name, domain, flags in (
        (".select_vert", "POINT", vertex_flags),
        (".select_edge", "EDGE", edge_flags),
        (".select_poly", "FACE", selected),
    ):
        attribute = mesh.attributes.get(name)
        if attribute is not None and (attribute.data_type, attribute.domain) != ("BOOLEAN", domain):
            mesh.attributes.remove(attribute)
            attribute = None
        if attribute is None:
            attribute = mesh.attributes.new(name, "BOOLEAN", domain)
        attribute.data.foreach_set("value", np.ascontiguousarray(flags, bool))
    mesh.update()


def polygon_areas(polygons: Polygons) -> NDArray[np.float64]:
    """The area of every polygon, (P,), in the mesh's own space: half the length of the sum of its corners' cross products (Newell)."""
    offsets = polygons.polygon_offsets
    corners = polygons.vertices.take(polygons.corner_vertices, axis=0)
    corners = corners - np.repeat(corners.take(offsets[:-1], axis=0), np.diff(offsets), axis=0)  # far from the origin little is left else
    crosses = np.zeros((len(corners), 3))
    crosses[:-1] = np.cross(corners[:-1], corners[1:])
    crosses[offsets[1:] - 1] = 0.0  # from the last corner to the first, which is the origin here
    return 0.5 * np.linalg.norm(np.add.reduceat(crosses, offsets[:-1], axis=0), axis=1)
