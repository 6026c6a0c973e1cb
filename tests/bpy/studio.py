"""What the tests cut up: objects as an artist may have made them, and a way to know every element again afterwards."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.part_tree import PartTree

DOMAINS = ("POINT", "EDGE", "CORNER", "FACE")


def ball(name: str = "Ball", smooth: bool = False) -> bpy.types.Object:
    """A sphere of 6 rings with a UV map: quads, triangles at one pole, and an n-gon in place of the other."""
    bm = bmesh.new()
    bmesh.ops.create_uvsphere(bm, u_segments=12, v_segments=7, radius=1.0, calc_uvs=False)
    cap = [face for face in bm.faces if all(v.co.z < -0.85 for v in face.verts)]
    bmesh.ops.dissolve_faces(bm, faces=cap)
    mesh = bpy.data.meshes.new(name)
    bm.to_mesh(mesh)
    bm.free()
    assert max(len(polygon.vertices) for polygon in mesh.polygons) == 12
    mesh.polygons.foreach_set("use_smooth", np.full(len(mesh.polygons), smooth))
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", np.random.default_rng(1).random(2 * len(mesh.loops)).astype(np.float32))
    mark(mesh)
    return put(name, mesh)


def put(name: str, data: bpy.types.ID | None) -> bpy.types.Object:
    """A new object in the scene."""
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    return obj


def mark(mesh: bpy.types.Mesh) -> None:
    """Numbers every element of `mesh` in an attribute, by which `origins` knows it again."""
    for domain in DOMAINS:
        attribute = mesh.attributes.get(f"origin {domain}") or mesh.attributes.new(f"origin {domain}", "INT", domain)
        attribute.data.foreach_set("value", np.arange(len(attribute.data), dtype=np.int32))


def origins(mesh: bpy.types.Mesh, domain: str) -> NDArray[np.int32]:
    """The element of the marked mesh that each element of `mesh` was: (n,) int32."""
    return values(mesh.attributes[f"origin {domain}"].data, "value", np.int32)


def values(collection: bpy.types.bpy_prop_collection, name: str, dtype: type = np.float32, width: int = 1) -> NDArray:
    """Property `name` of every element: (n,) or (n, width)."""
    found = np.empty(len(collection) * width, dtype)
    collection.foreach_get(name, found)
    return found.reshape(-1, width) if width > 1 else found


def positions(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    return values(mesh.vertices, "co", np.float32, 3)


def shape(part: bpy.types.Object) -> bytes:
    """What tells whether vertices moved."""
    return positions(part.data).tobytes()


def world(part: bpy.types.Object) -> NDArray[np.float64]:
    """Where the vertices are in the world, without modifiers: (V, 3)."""
    matrix = np.array(part.matrix_world)
    return positions(part.data) @ matrix[:3, :3].T + matrix[:3, 3]


def is_closed(mesh: bpy.types.Mesh) -> bool:
    """Whether every edge has two faces."""
    keys = [key for polygon in mesh.polygons for key in polygon.edge_keys]
    return len(keys) == 2 * len(set(keys))


def corner_normals(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    return values(mesh.corner_normals, "vector", np.float32, 3)


def slices(mesh: bpy.types.Mesh, count: int = 4) -> NDArray[np.int32]:
    """A part for every polygon, by where it lies along x: `count` parts of a like number of polygons."""
    order = np.argsort([polygon.center.x for polygon in mesh.polygons], kind="stable")
    parts = np.empty(len(order), np.int32)
    parts[order] = np.arange(len(order)) * count // len(order)
    return parts


def tree(leaf_count: int, default_count: int = 3) -> PartTree:
    """A balanced tree: neighbouring leaves, in rounds, become one."""
    merges, alive, node = [], list(range(leaf_count)), leaf_count
    while len(alive) > 1:
        merges.append((alive[0], alive[1]))
        alive = [*alive[2:], node]
        node += 1
    return PartTree.from_merges(np.array(merges, np.int32).reshape(-1, 2), default_count)


def decomposed(name: str = "Chair", leaf_count: int = 12) -> bpy.types.Object:
    """A ball with a stored tree."""
    from bl_ext.user_default.partgen_blender import stored_tree

    obj = ball(name)
    stored_tree.write(obj.data, tree(leaf_count), slices(obj.data, leaf_count), "geometric")
    return obj


def world_points(objects: list[bpy.types.Object]) -> NDArray[np.float32]:
    """The vertices of all `objects` as the viewport shows them, in the world, sorted: (n, 3)."""
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    found = []
    for obj in objects:
        shown = obj.evaluated_get(depsgraph)
        matrix = np.array(shown.matrix_world, np.float64)
        found.append(positions(shown.to_mesh()) @ matrix[:3, :3].T + matrix[:3, 3])
        shown.to_mesh_clear()
    return np.unique(np.concatenate(found).astype(np.float32), axis=0)
