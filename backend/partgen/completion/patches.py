"""Patches: the visible surface of each part as a clean, oriented 2-manifold with boundary, whatever the input looks like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from igl import fast_winding_number
from numpy.typing import NDArray

from ..geometry.adjacency import components, distinct_faces, neighbours, normals_and_areas, outward_flips, weld
from ..geometry.solids import boundary_loops, cut_to_manifold
from ..mesh import Mesh
from . import CompletedPart
from .shells import BACK, NO_SHELL, own_shells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

@dataclass(frozen=True, eq=False)
class Surface:
    """The whole input, welded and oriented.

    `points` (W, 3); `corners` (F, 3) with coherent outward winding; `turned` (F,) whether that is not the input's winding;
    `vertices` (W,) the input's vertex that stands for each welded point; `usable` (F,) false where a triangle has two corners
    in one point. `shell` (F,) as `shells.own_shells` tells it.
    """

    points: Floats
    corners: Ints
    turned: Bools
    vertices: Ints
    usable: Bools
    shell: Ints


def median_edge(points: Floats, faces: Ints) -> float:
    """The median length of the edges of triangles (n, 3), each as often as a triangle has it."""
    ends = points[faces]
    return float(np.median(np.linalg.norm(ends - np.roll(ends, -1, axis=1), axis=2)))


@dataclass(frozen=True, eq=False)
class OpenSurface:
    """A 2-manifold with boundary: `points` (k, 3), `faces` (n, 3) over these, `welded` (k,) what each stands for elsewhere: two
    vertices of the same number are the same place, where the surface touches itself."""

    points: Floats
    faces: Ints
    welded: Ints

    @cached_property
    def loops(self) -> list[Ints]:
        """The boundary loops, as vertices in the direction of the triangles, longest first."""
        return boundary_loops(self.faces)

    @cached_property
    def edge_length(self) -> float:
        """The median length of the edges."""
        return median_edge(self.points, self.faces)

    @cached_property
    def extent(self) -> float:
        """The diagonal of the bounds."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))


@dataclass(frozen=True, eq=False)
class Patch(OpenSurface):
    """The visible surface of one part: `label`, `original_faces` (n,) of the input, `input_vertices` (k,), `turned` (n,)."""

    label: int
    original_faces: Ints
    input_vertices: Ints
    turned: Bools

    def closed_with(self, mesh: Mesh, new_points: Floats, new_faces: Ints, made_by: str, notes: tuple[str, ...] = ()) -> CompletedPart:
        """The completed part of this patch, `new_points` (p, 3) and `new_faces` (q, 3), whose indices go on from the patch's."""
        vertices = np.concatenate([mesh.vertices[self.input_vertices], new_points.astype(np.float32).reshape(-1, 3)])
        faces = np.concatenate([self.faces, new_faces.reshape(-1, 3)]).astype(np.int32)
        generated = np.arange(len(faces)) >= len(self.faces)
        return CompletedPart(
            self.label, self.original_faces.astype(np.int32), self.input_vertices.astype(np.int32), self.turned, vertices, faces,
            generated, made_by, notes,
        )  # fmt: skip


def read_surface(mesh: Mesh, labels: NDArray[np.int32] | None = None) -> Surface:
    """Welds and orients a mesh: doubled vertices are one, two-sided faces one, windings agree and look outward.

    With `labels` (F,), the shells are found that parts have by themselves, and keep their winding.
    """
    points, corners = weld(mesh.vertices, mesh.faces)
    usable = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
    face_of_input, input_of_face = distinct_faces(points, corners)
    turned = np.zeros(len(corners), bool)
    if len(input_of_face):
        turned_distinct = _turned(points, corners[input_of_face])
        known = face_of_input >= 0
        stands_for = input_of_face[face_of_input[known]]
        opposite = _goes_against(corners[known], corners[stands_for])
        turned[known] = turned_distinct[face_of_input[known]] ^ opposite
    vertex_of = np.full(len(points), len(mesh.vertices), np.int64)
    np.minimum.at(vertex_of, corners, mesh.faces)
    corners = np.where(turned[:, None], corners[:, ::-1], corners)
    shell = np.full(len(corners), NO_SHELL)
    if labels is not None:
        given = np.where(turned[:, None], corners[:, ::-1], corners)
        shell, is_told, is_turned = own_shells(points, given, np.where(usable, labels, -1))
        turned[is_told] = is_turned
        corners = np.where(turned[:, None], given[:, ::-1], given)
    return Surface(points, corners, turned, vertex_of, usable, shell)


def _goes_against(corners: Ints, others: Ints) -> Bools:
    """Whether triangles (n, 3) with the same vertices as `others` (n, 3) are wound the other way."""
    first = (corners == others[:, :1]).argmax(axis=1)
    after = corners[np.arange(len(corners)), (first + 1) % 3]
    return after != others[:, 1]


def _turned(points: Floats, corners: Ints) -> Bools:
    """Which triangles must turn over so that all look out of the solid. Shells around cavities, which look inward, stay."""
    _, areas = normals_and_areas(points, corners)
    _, pairs, agree = neighbours(points, corners)
    flips = outward_flips(points, corners, areas, pairs, agree)
    component = components(len(corners), pairs)
    count = int(component.max(initial=-1)) + 1
    size = np.bincount(component, minlength=count)
    all_turned = np.flatnonzero(np.bincount(component, weights=flips, minlength=count) == size)
    if count < 2 or not len(all_turned) or len(all_turned) > 256:
        return flips
    outward = np.where(flips[:, None], corners[:, ::-1], corners)
    for shell in all_turned.tolist():
        inside = component == shell
        probe = points[corners[inside][:1].reshape(-1)].mean(axis=0, keepdims=True)
        if fast_winding_number(points, outward[~inside], probe)[0] > 0.5:
            flips[inside] = False
    return flips


def patches(mesh: Mesh, surface: Surface, labels: NDArray[np.int32], wanted: Collection[int]) -> list[Patch]:
    """The patch of each of the labels `wanted`, rising; one without triangles where nothing of a label can be used."""
    return [_patch(surface, int(label), np.flatnonzero((labels == label) & surface.usable)) for label in sorted(set(wanted))]


def _patch(surface: Surface, label: int, faces: Ints) -> Patch:
    faces = faces[surface.shell[faces] != BACK]
    apart = surface.shell[faces] >= 0
    faces = np.sort(np.concatenate([faces[apart], faces[~apart][first_of_doubles(surface.corners[faces[~apart]])]]))
    corners = surface.corners[faces]
    opened = open_surface(surface.points, corners)
    inputs = surface.vertices[opened.welded]
    return Patch(opened.points, opened.faces, opened.welded, label, faces, inputs, surface.turned[faces])


def first_of_doubles(corners: Ints) -> Ints:
    """The triangles (n, 3) without those whose three vertices an earlier one has: indices, rising."""
    return np.sort(np.unique(np.sort(corners, axis=1), axis=0, return_index=True)[1])


def open_surface(points: Floats, corners: Ints) -> OpenSurface:
    """Triangles (n, 3) over `points` as a 2-manifold with boundary."""
    split = cut_to_manifold(points, corners)
    at = np.unique(split, return_index=True)[1]
    welded = corners.reshape(-1)[at]
    return OpenSurface(points[welded], split, welded)
