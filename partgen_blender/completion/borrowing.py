"""What new vertices and corners borrow from the surface that they are stitched to: weights, shape keys, colors, attributes.

`Borrowing.of` looks at a mesh before it gets new elements, `settle` writes to it afterwards. What cannot be mixed (numbers, names)
was copied from the nearest vertex of the seam when the elements were made; what can be mixed spreads from the seam evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..mesh_data import Ints, Polygons
from .spreading import edges_of, harmonic
from .unwrapping import texel_density, unwrap

Floats = NDArray[np.float64]

_FIELDS = {"FLOAT": ("value", 1), "FLOAT_VECTOR": ("vector", 3), "FLOAT_COLOR": ("color", 4), "BYTE_COLOR": ("color", 4)}
_ELEMENTS: dict[str, tuple[str, int, Any]] = {
    **{kind: ("value", 1, np.int32) for kind in ("INT", "INT8")},
    **{kind: (field, width, np.float32) for kind, (field, width) in _FIELDS.items()},
    **{kind: ("value", 2, np.int32) for kind in ("INT16_2D", "INT32_2D")},
    "BOOLEAN": ("value", 1, bool),
    "BYTE_COLOR": ("color_srgb", 4, np.float32),  # as the bytes are: nothing is rounded
    "FLOAT2": ("vector", 2, np.float32),
    "FLOAT4X4": ("value", 16, np.float32),
    "QUATERNION": ("value", 4, np.float32),
}
"""How the values of every type of attribute are read and written: field, numbers, their type. Texts have none."""
_TOPOLOGY = {".edge_verts", ".corner_vert", ".corner_edge", ".select_edge", ".select_poly", "custom_normal"}
_LEAST_WEIGHT = 1e-3
"""Weights below are left out: a vertex should not belong to every bone of a rig."""


@dataclass(frozen=True, eq=False)
class Seam:
    """Generated triangles as they will lie in a mesh: `kept` (k,) of its vertices, `added` (a, 3), and `faces` (g, 3) over both.

    The last so many of them, `bridges`, have no area: they join vertices that are doubled.
    """

    polygons: Polygons
    kept: Ints
    added: NDArray[np.float32]
    faces: Ints
    bridges: int = 0

    @property
    def points(self) -> Floats:
        """The vertices that `faces` are over: (k + a, 3)."""
        return np.concatenate([self.polygons.vertices[self.kept], self.added]).astype(np.float64)

    @property
    def names(self) -> Ints:
        """What these vertices will be called in the mesh: (k + a,)."""
        first = len(self.polygons.vertices)
        return np.concatenate([self.kept, np.arange(first, first + len(self.added))]).astype(np.int32)

    def visible_corners(self) -> tuple[Ints, Ints]:
        """The corners of the mesh at kept vertices, and which of these each is at: (s,), (s,) local numbers."""
        local = np.full(len(self.polygons.vertices), -1, np.int32)
        local[self.kept] = np.arange(len(self.kept), dtype=np.int32)
        of_corner = local[self.polygons.corner_vertices]
        corners = np.flatnonzero(of_corner >= 0).astype(np.int32)
        return corners, of_corner[corners]


@dataclass(eq=False)
class Borrowing:
    """What to write on the new vertices, (k + a, n) values for each; the first k rows are those of the seam itself."""

    seam: Seam
    vertices: dict[str, Floats]
    corners: dict[str, Floats]
    shapes: dict[str, Floats]
    weights: dict[int, Floats]
    uvs: dict[str, Floats]

    @classmethod
    def of(cls, mesh: bpy.types.Mesh, seam: Seam) -> Borrowing:
        """Reads what lies on `mesh` at the seam, and spreads it over the generated faces."""
        vertices = {a.name: _at_vertices(a, seam) for a in mesh.attributes if a.domain == "POINT" and _can_be_mixed(a)}
        corners = {a.name: _at_corners(a, seam) for a in mesh.attributes if a.domain == "CORNER" and _can_be_mixed(a)}
        shapes = _shape_offsets(mesh, seam)
        weights = _weights(mesh, seam)
        uvs = {layer.name: _unwrapped(read_uvs(mesh, layer.name), seam) for layer in mesh.uv_layers}
        _spread(seam, [vertices, corners, shapes, weights])
        return cls(seam, vertices, corners, shapes, weights, uvs)

    def weights_of_added(self) -> list[dict[int, float]]:
        """The vertex groups that each added vertex belongs to, and how much."""
        count, kept = len(self.seam.added), len(self.seam.kept)
        found: list[dict[int, float]] = [{} for _ in range(count)]
        for group, values in self.weights.items():
            for number in np.flatnonzero(values[kept:, 0] > _LEAST_WEIGHT).tolist():
                found[number][group] = float(values[kept + number, 0])
        return found

    def settle(self, mesh: bpy.types.Mesh) -> None:
        """Writes everything but weights to the new elements of `mesh`, which come after those that there were."""
        kept, vertex, corner = len(self.seam.kept), len(self.seam.polygons.vertices), len(self.seam.polygons.corner_vertices)
        of_corner = self.seam.faces.reshape(-1)
        for name, values in self.vertices.items():
            _write(mesh.attributes[name], vertex, values[kept:])
        for name, values in self.corners.items():
            _write(mesh.attributes[name], corner, values[of_corner])
        for name, values in self.uvs.items():
            _write(mesh.attributes[name], corner, values.reshape(-1, 2))
        for name, offsets in self.shapes.items():
            data = mesh.shape_keys.key_blocks[name].data
            places = np.empty((len(data), 3), np.float32)
            data.foreach_get("co", places.reshape(-1))
            places[vertex : vertex + len(self.seam.added)] = self.seam.added + offsets[kept:]
            data.foreach_set("co", places.reshape(-1))


def copy_rest(mesh: bpy.types.Mesh, polygons: Polygons, lenders: Ints) -> None:
    """Gives generated faces, the last of `mesh`, and their corners what lies on a corner at the vertices `lenders` (g, 3) and on its
    polygon. `polygons` are those of before."""
    corner_at = np.zeros(len(polygons.vertices), np.int64)
    corner_at[polygons.corner_vertices] = np.arange(len(polygons.corner_vertices))
    corners = corner_at[lenders]
    sources: dict[str, NDArray[np.integer]] = {"CORNER": corners.reshape(-1), "FACE": polygons.polygon_of_corner[corners[:, 0]]}
    for attribute in mesh.attributes:
        if attribute.name in _TOPOLOGY or attribute.domain not in sources:
            continue
        taken = sources[attribute.domain]
        first = len(attribute.data) - len(taken)
        if attribute.data_type in _ELEMENTS:
            field, width, kind = _ELEMENTS[attribute.data_type]
            values = np.empty((len(attribute.data), width), kind)
            attribute.data.foreach_get(field, values.reshape(-1))
            values[first:] = values[taken]
            attribute.data.foreach_set(field, values.reshape(-1))
        elif attribute.data_type == "STRING":
            for number, source in enumerate(taken.tolist(), first):
                attribute.data[number].value = attribute.data[source].value


def _can_be_mixed(attribute: bpy.types.Attribute) -> bool:
    return attribute.data_type in _FIELDS and not attribute.name.startswith(".") and attribute.name not in ("position", "custom_normal")


def _read(attribute: bpy.types.Attribute) -> Floats:
    field, width = ("vector", 2) if attribute.data_type == "FLOAT2" else _FIELDS[attribute.data_type]
    values = np.empty((len(attribute.data), width), np.float32)
    attribute.data.foreach_get(field, values.reshape(-1))
    return values.astype(np.float64)


def _write(attribute: bpy.types.Attribute, start: int, values: Floats) -> None:
    """Writes `values` (n, k) to the elements from `start` on."""
    field, _ = ("vector", 2) if attribute.data_type == "FLOAT2" else _FIELDS[attribute.data_type]
    every = _read(attribute).astype(np.float32)
    every[start : start + len(values)] = values
    attribute.data.foreach_set(field, every.reshape(-1))


def _at_vertices(attribute: bpy.types.Attribute, seam: Seam) -> Floats:
    return _read(attribute)[seam.kept]


def _at_corners(attribute: bpy.types.Attribute, seam: Seam) -> Floats:
    """The mean over the visible corners of every kept vertex: (k, n)."""
    corners, local = seam.visible_corners()
    values = _read(attribute)[corners]
    times = np.maximum(np.bincount(local, minlength=len(seam.kept)), 1)
    return np.stack([np.bincount(local, column, len(seam.kept)) for column in values.T], axis=1) / times[:, None]


def _shape_offsets(mesh: bpy.types.Mesh, seam: Seam) -> dict[str, Floats]:
    """By how much every shape key moves the kept vertices from where they are: (k, 3) each."""
    found: dict[str, Floats] = {}
    for key in mesh.shape_keys.key_blocks if mesh.shape_keys else ():
        places = np.empty((len(key.data), 3), np.float32)
        key.data.foreach_get("co", places.reshape(-1))
        found[key.name] = (places[seam.kept] - seam.polygons.vertices[seam.kept]).astype(np.float64)
    return found


def _weights(mesh: bpy.types.Mesh, seam: Seam) -> dict[int, Floats]:
    """How much the kept vertices belong to every vertex group that any of them is in: (k, 1) each."""
    found: dict[int, Floats] = {}
    for number, vertex in enumerate(seam.kept.tolist()):
        for element in mesh.vertices[vertex].groups:
            found.setdefault(element.group, np.zeros((len(seam.kept), 1)))[number] = element.weight
    return found


def _spread(seam: Seam, borrowed: list[dict]) -> None:
    """Puts in place of the values of the kept vertices, (k, n), those of all, (k + a, n): in one go, for all have the same equations."""
    places = [(values, name) for values in borrowed for name in values]
    if not places:
        return
    known = np.arange(len(seam.points)) < len(seam.kept)
    widths = [values[name].shape[1] for values, name in places]
    columns = np.zeros((len(known), sum(widths)))
    if len(seam.kept):
        columns[known] = np.concatenate([values[name] for values, name in places], axis=1)
    spread = harmonic(seam.points, edges_of(seam.faces.astype(np.int64)), known, columns)
    for (values, name), part in zip(places, np.split(spread, np.cumsum(widths)[:-1], axis=1), strict=True):
        values[name] = part


def read_uvs(mesh: bpy.types.Mesh, name: str) -> Floats:
    """The UV map `name` of `mesh`: (c, 2)."""
    return _read(mesh.attributes[name])


def density_of(polygons: Polygons, uvs: Floats) -> float:
    """How long in UV a unit of length is on a mesh with the UV map `uvs` (c, 2)."""
    return texel_density(polygons.vertices.astype(np.float64), polygons.corner_vertices, next_corners(polygons), uvs)


def next_corners(polygons: Polygons) -> NDArray[np.int64]:
    """The corner after each around its polygon: (c,)."""
    following = np.arange(1, len(polygons.corner_vertices) + 1)
    following[polygons.polygon_offsets[1:] - 1] = polygons.polygon_offsets[:-1]
    return following


def _unwrapped(uvs: Floats, seam: Seam) -> Floats:
    """UVs of the generated corners in one map, whose visible ones are `uvs` (c, 2): (g, 3, 2)."""
    following = next_corners(seam.polygons)
    turn = uvs[:, 0] * uvs[following, 1] - uvs[:, 1] * uvs[following, 0]
    corners, local = seam.visible_corners()
    bounds = np.stack([uvs.min(axis=0), uvs.max(axis=0)])
    real, bridges = np.split(seam.faces, [len(seam.faces) - seam.bridges])
    found = unwrap(seam.points, real, (local, uvs[corners]), density_of(seam.polygons, uvs), bool(turn.sum() < 0), bounds)
    at = np.zeros((len(seam.points), 2))
    at[local] = uvs[corners]
    visible = np.take_along_axis(bridges, (bridges < len(seam.kept)).argmax(axis=1)[:, None], axis=1)
    return np.concatenate([found, np.repeat(at[visible], 3, axis=1)])  # what has no area is a point of the map, too
