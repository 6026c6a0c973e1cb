"""A part replaced as a whole by an even, closed surface, for print or simulation. The mesh that it had is kept, to come back to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import bpy
import numpy as np
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from .. import wording
from ..mesh_data import Ints, Polygons, read_polygons
from .borrowing import density_of, read_uvs
from .patches import COMPLETED, GENERATED, flags, set_flags
from .stitching import reopen
from .unwrapping import unwrap

_OF_EVERY_MESH = {"position", "material_index", "sharp_face", "sharp_edge", "custom_normal"}
"""Attributes that say how a surface looks: an even one looks its own way."""
_NO_CORNERS = np.empty(0, np.int64), np.empty((0, 2))


def replace(part: bpy.types.Object, vertices: NDArray[np.float32], faces: Ints, record: dict[str, Any]) -> None:
    """Gives `part` a mesh of `vertices` (v, 3) and triangles `faces` (f, 3); the one that it had is kept with it.

    Materials and vertex groups are those of the nearest face of before, UV maps are made anew at the same texel density.
    Everything else (`left_behind`) stays with the mesh of before.
    """
    reopen(part)
    before, polygons = part.data, read_polygons(part.data, part.name)
    mesh = _bare(before, vertices, faces)
    nearest = _nearest_polygons(polygons, vertices, faces)
    for slot in before.materials:
        mesh.materials.append(slot)
    _set_materials(before, mesh, nearest[len(vertices) :])
    for layer in before.uv_layers:
        density = density_of(polygons, read_uvs(before, layer.name))
        uvs = unwrap(vertices.astype(np.float64), faces, _NO_CORNERS, density, False, np.array([[-1.0, 0.0], [0.0, 0.0]]))
        mesh.uv_layers.new(name=layer.name, do_init=False).uv.foreach_set("vector", uvs.astype(np.float32).reshape(-1))
    set_flags(mesh, GENERATED, np.ones(len(faces), bool))
    groups = [(group.name, group.lock_weight) for group in part.vertex_groups]
    weights = _weights(before, polygons, vertices, nearest[: len(vertices)])
    name = before.name
    part.data = mesh
    before.name, mesh.name = f"{name} open", name
    mesh[COMPLETED] = {**record, "slots": len(mesh.materials), "open": before}
    _set_weights(part, groups, weights)
    mesh.update()


def left_behind(mesh: bpy.types.Mesh) -> str:
    """What of `mesh` an even surface in its place does not have, as a sentence; "" where there is nothing."""
    record = mesh.get(COMPLETED)
    if record is not None and record.get("open") is not None:
        mesh = record["open"]
    colors = [layer.name for layer in mesh.color_attributes]
    maps = [layer.name for layer in mesh.uv_layers]
    kept = {*colors, *maps, *_OF_EVERY_MESH}
    others = [a.name for a in mesh.attributes if a.name not in kept and not a.is_internal and not a.name.startswith((".", "partgen_"))]
    properties = [name for name, _ in mesh.items() if not name.startswith("partgen")]
    lost = ["shape keys"] if mesh.shape_keys else []
    for kind, names in (("color attributes", colors), ("attributes", others), ("custom properties", properties)):
        if names:
            lost.append(f"{kind} ({wording.names_in_words(names)})")
    said = ["UV maps were made anew"] if maps else []
    if lost:
        said.append(" and ".join(filter(None, [", ".join(lost[:-1]), lost[-1]])) + " were left behind")
    sentence = " and ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}: Open Again brings back what there was." if said else ""


def _bare(before: bpy.types.Mesh, vertices: NDArray[np.float32], faces: Ints) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new("partgen remesh")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    is_smooth = 2 * np.count_nonzero(flags(before, "sharp_face")) < len(before.polygons)
    mesh.polygons.foreach_set("use_smooth", np.full(len(faces), bool(is_smooth)))
    return mesh


def _nearest_polygons(polygons: Polygons, vertices: NDArray[np.float32], faces: Ints) -> Ints:
    """The polygon of before that is nearest to every vertex and then to the middle of every face: (v + f,)."""
    offsets = polygons.polygon_offsets.tolist()
    corners = polygons.corner_vertices.tolist()
    tree = BVHTree.FromPolygons(polygons.vertices.tolist(), [corners[a:b] for a, b in pairwise(offsets)])
    middles = vertices[faces].mean(axis=1)
    return np.array([tree.find_nearest(place)[2] for place in [*vertices.tolist(), *middles.tolist()]], np.int32)


def _set_materials(before: bpy.types.Mesh, mesh: bpy.types.Mesh, nearest: Ints) -> None:
    attribute = before.attributes.get("material_index")
    if attribute is None:
        return
    indices = np.empty(len(before.polygons), np.int32)
    attribute.data.foreach_get("value", indices)
    mesh.polygons.foreach_set("material_index", indices[nearest])


def _weights(before: bpy.types.Mesh, polygons: Polygons, vertices: NDArray[np.float32], nearest: Ints) -> list[dict[int, float]]:
    """The vertex groups of each new vertex: those of the nearest polygon's vertices, nearer ones counting more."""
    groups = [{element.group: element.weight for element in vertex.groups} for vertex in before.vertices]
    if not any(groups):
        return []
    found = []
    for place, polygon in zip(vertices, nearest.tolist(), strict=True):
        around = polygons.corner_vertices[polygons.polygon_offsets[polygon] : polygons.polygon_offsets[polygon + 1]]
        closeness = 1.0 / (np.linalg.norm(polygons.vertices[around] - place, axis=1) + 1e-9)
        mixed: dict[int, float] = {}
        for vertex, share in zip(around.tolist(), (closeness / closeness.sum()).tolist(), strict=True):
            for group, weight in groups[vertex].items():
                mixed[group] = mixed.get(group, 0.0) + share * weight
        found.append(mixed)
    return found


def _set_weights(part: bpy.types.Object, groups: list[tuple[str, bool]], weights: list[dict[int, float]]) -> None:
    """Makes the vertex groups of before, which Blender keeps with the mesh, and fills them."""
    for name, is_locked in groups:
        if name not in part.vertex_groups:
            part.vertex_groups.new(name=name)
        part.vertex_groups[name].lock_weight = is_locked
    for vertex, mixed in enumerate(weights):
        for group, weight in mixed.items():
            part.vertex_groups[groups[group][0]].add([vertex], weight, "REPLACE")
