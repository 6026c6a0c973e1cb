"""The preview: the parts of decomposed objects in colors, drawn over them in every 3D viewport. Materials are not touched.

Positions and leaf indices go to the GPU once for each object; a change of scale uploads only a small table, the color of
every leaf. Nothing has to tell the preview about scale, visibility or transform: it looks at the data whenever it draws.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import bpy
import gpu
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from partgen.part_tree import PartTree

from . import applying, collections, mesh_data, palette, preferences, regrouping, session_ids, stored_parts, stored_tree

_TABLE_WIDTH = 1024  # leaves in one row of the color table: far below every GPU's largest texture
# How much nearer than the object's own surface the preview is drawn, as a share of the distance to the viewer.
_NEARER = 1e-3
# How far the color of a part that is marked in the list goes towards white.
_MARKED = 0.55

Surface = tuple[Matrix, gpu.types.GPUBatch, gpu.types.GPUTexture]
"""What `draw_surfaces` draws: where it is, its triangles with the leaf of each, and the color of every leaf."""


@dataclass
class _Drawn:
    """What the GPU holds of one object."""

    polygons: mesh_data.Polygons
    leaves: NDArray[np.int32]
    batch: gpu.types.GPUBatch
    tree: PartTree | None = None
    look: tuple[int, tuple[int, ...]] = (0, ())  # the number of parts, and the nodes that are marked in the list
    table: gpu.types.GPUTexture | None = None
    stale: bool = False


@dataclass
class _State:
    """Everything that `start` makes and `stop` lets go."""

    handle: object | None = None
    shader: gpu.types.GPUShader | None = None
    is_paused: bool = False
    left_out: frozenset[int] = frozenset()  # session ids of objects that something else colors
    drawn: dict[int, _Drawn] = field(default_factory=dict)
    decomposed: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # session ids, by scene and view layer, once looked up
    meshes: set[int] = field(default_factory=set)  # those of these objects


_state = _State()


def start() -> None:
    """Begins to draw in every 3D viewport. Touches no GPU yet, so that it works in background mode too."""
    if _state.handle is None:
        _state.handle = bpy.types.SpaceView3D.draw_handler_add(_draw_viewport, (), "WINDOW", "POST_VIEW")


def stop() -> None:
    """Ends drawing and frees what the GPU holds."""
    if _state.handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_state.handle, "WINDOW")
        _state.handle = None
    _state.shader = None
    forget_all()


def pause(paused: bool = True) -> None:
    """Draws nothing while something else shows colors of its own on the same objects."""
    _state.is_paused = paused


def leave_out(uids: Iterable[int] = ()) -> None:
    """Draws all objects but those with these session ids, from now on: something else colors them."""
    _state.left_out = frozenset(uids)


def forget_all() -> None:
    """Drops what is held of every object: after another file was opened."""
    _state.drawn.clear()
    _look_up_again()


def look_again() -> None:
    """Lets the next draw compare every object with what the GPU holds of it: after undo and redo."""
    _look_up_again()
    for drawn in _state.drawn.values():
        drawn.stale = True


def notice(depsgraph: bpy.types.Depsgraph) -> None:
    """Takes in what changed: an object whose shape may have changed is compared with the GPU's copy when it is drawn next."""
    for update in depsgraph.updates:
        if _may_change_what_is_decomposed(update):
            _look_up_again()
        if update.is_updated_geometry and isinstance(update.id, bpy.types.Object):
            drawn = _state.drawn.get(update.id.original.session_uid)
            if drawn is not None:
                drawn.stale = True


def previewed_objects(view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D) -> list[bpy.types.Object]:
    """What the preview covers in a viewport: decomposed objects that it shows, and parts that are behind the scale of their source."""
    objects = []
    for source in decomposed_objects(view_layer):
        objects += [source, *(applying.parts_of_this_tree(source) if applying.is_behind(source) else ())]
    return [o for o in objects if o.session_uid not in _state.left_out and o.visible_get(view_layer=view_layer, viewport=space)]


def draw_objects(objects: list[bpy.types.Object], depsgraph: bpy.types.Depsgraph, view: Matrix, projection: Matrix, opacity: float) -> None:
    """Draws the parts of `objects` into the framebuffer that is bound, in its color space, with depth test and blending.

    `objects` have a tree, or are parts of one that has. `view` and `projection` as Blender has them; `opacity` in [0, 1].
    Objects without a usable tree or in Edit Mode are left out.
    """
    shown = ((o, None if o.mode == "EDIT" else _up_to_date(o, depsgraph)) for o in objects)
    draw_surfaces([(o.matrix_world, drawn.batch, drawn.table) for o, drawn in shown if drawn is not None], view, projection, opacity)


def draw_surfaces(surfaces: Iterable[Surface], view: Matrix, projection: Matrix, opacity: float, least_light: float = 0.25) -> None:
    """Draws surfaces, each leaf in its color of the table, into the framebuffer that is bound.

    `least_light` is what is left of a color where the surface is seen from its edge: the less, the more one sees of the form.
    """
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(True)
    gpu.state.blend_set("ALPHA")
    shader = _shader()
    shader.bind()
    for matrix_world, batch, table in surfaces:
        uniforms = _view_uniforms(view @ matrix_world, projection, opacity, least_light)  # named, to outlive the draw
        shader.uniform_block("view", uniforms)
        shader.uniform_sampler("colors", table)
        batch.draw(shader)
    gpu.state.blend_set("NONE")
    gpu.state.depth_mask_set(False)
    gpu.state.depth_test_set("NONE")


def leaf_colors(
    tree: PartTree,
    part_count: int,
    given: Mapping[int, stored_parts.Given] | None = None,
    hidden: NDArray[np.bool_] | None = None,
    marked: Sequence[int] = (),
) -> NDArray[np.float32]:
    """The color of every leaf when `tree` is cut into `part_count` parts: (L, 4) float32, scene-linear.

    By number, where the artist has `given` a part no other; brighter where it is `marked`, nodes; alpha 0 where it is `hidden`, (L,) bool.
    """
    nodes = tree.nodes_into(part_count)
    if tree.numbers is None:
        colors = palette.colors_of_ranks(np.arange(part_count))[tree.node_ranks[nodes]]
    else:
        parts, part_of_leaf = np.unique(nodes, return_inverse=True)
        colors = palette.colors_of_ranks(tree.node_ranks[parts])[part_of_leaf.reshape(-1)]
    for node, part in stored_parts.shown(tree, given or {}, part_count).items():
        if part.color:
            colors[nodes == node, :3] = part.color
    for node in marked:
        colors[nodes == node, :3] += _MARKED * (1.0 - colors[nodes == node, :3])
    if hidden is not None and len(hidden) == len(colors):
        colors[hidden, 3] = 0.0
    return colors


def color_table(colors: NDArray[np.float32]) -> gpu.types.GPUTexture:
    """The colors of the leaves, (L, 4) float32, as a texture that is filled row by row."""
    rows = -(-len(colors) // _TABLE_WIDTH)
    padded = np.zeros((rows * _TABLE_WIDTH, 4), np.float32)
    padded[: len(colors)] = colors
    return gpu.types.GPUTexture((_TABLE_WIDTH, rows), format="RGBA16F", data=gpu.types.Buffer("FLOAT", padded.size, padded.reshape(-1)))


def corner_triangles(mesh: bpy.types.Mesh, polygons: mesh_data.Polygons) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The triangles by which Blender draws a mesh: (T, 3) int32 corners, and the polygon of each, (T,) int32.

    Triangles and quads, which most meshes are made of, are split here, because Blender hands out its own split too slowly;
    larger polygons are taken from Blender.
    """
    starts, sizes = polygons.polygon_offsets[:-1], np.diff(polygons.polygon_offsets)
    if len(sizes) and (sizes == 3).all():
        return np.arange(3 * len(sizes), dtype=np.int32).reshape(-1, 3), np.arange(len(sizes), dtype=np.int32)
    threes, fours, larger = (np.flatnonzero(condition).astype(np.int32) for condition in (sizes == 3, sizes == 4, sizes > 4))
    triangles = [np.add.outer(starts[threes], np.arange(3, dtype=np.int32)), _quad_triangles(polygons, fours)]
    owners = [threes, np.repeat(fours, 2)]
    if len(larger):
        mesh.calc_loop_triangles()
        first = np.concatenate([[0], np.cumsum(np.maximum(sizes - 2, 0))])
        wanted = np.concatenate([np.arange(first[i], first[i + 1]) for i in larger])
        triangles.append(np.array([mesh.loop_triangles[i].loops[:] for i in wanted.tolist()], np.int32).reshape(-1, 3))
        owners.append(np.repeat(larger, sizes[larger] - 2))
    return np.concatenate(triangles), np.concatenate(owners)


def _quad_triangles(polygons: mesh_data.Polygons, quads: NDArray[np.int32]) -> NDArray[np.int32]:
    """Two triangles for every quad, along the first diagonal or, where that lies outside the quad, along the other."""
    corners = np.add.outer(polygons.polygon_offsets[quads], np.arange(4, dtype=np.int32))
    a, b, c, d = (polygons.vertices[polygons.corner_vertices[corners[:, i]]] for i in range(4))
    outside = np.einsum("ij,ij->i", np.cross(b - a, c - a), np.cross(d - a, c - a)) > 0
    split = np.where(outside[:, None], np.array([0, 1, 3, 1, 2, 3]), np.array([0, 1, 2, 0, 2, 3]))
    return np.take_along_axis(corners, split, axis=1).reshape(-1, 3)


def _draw_viewport() -> None:
    context = bpy.context
    space, region = context.space_data, context.region_data
    if _state.is_paused or not context.window_manager.partgen.show_preview or not space.overlay.show_overlays:
        return
    objects = previewed_objects(context.view_layer, space)
    if objects:
        depsgraph = context.evaluated_depsgraph_get()
        draw_objects(objects, depsgraph, region.view_matrix, gpu.matrix.get_projection_matrix(), preferences.get().preview_opacity)


def decomposed_objects(view_layer: bpy.types.ViewLayer) -> list[bpy.types.Object]:
    """The objects of a view layer that have a part tree: looked up once until something changes that matters for it."""
    return list(each_decomposed(view_layer))


def each_decomposed(view_layer: bpy.types.ViewLayer) -> Iterator[bpy.types.Object]:
    """The same one by one: nothing is spent on those that nobody asks for."""
    key = (view_layer.id_data.name, view_layer.name)
    if key not in _state.decomposed:
        found = [o for o in view_layer.objects if _is_decomposed(o)]
        _state.decomposed[key] = [o.session_uid for o in found]
        _state.meshes.update(o.data.session_uid for o in found)
    yield from filter(_is_decomposed, session_ids.those(view_layer.objects, _state.decomposed[key]))


def _look_up_again() -> None:
    _state.decomposed.clear()
    _state.meshes.clear()


def _is_decomposed(object_: bpy.types.Object) -> bool:
    return object_.type == "MESH" and stored_tree.is_stored(object_.data)


def _may_change_what_is_decomposed(update: bpy.types.DepsgraphUpdate) -> bool:
    """Whether objects may have come, gone or got other data (Blender then updates the scene), or a name, or a tree."""
    if isinstance(update.id, bpy.types.Object):
        return not (update.is_updated_geometry or update.is_updated_transform or update.is_updated_shading)
    if isinstance(update.id, bpy.types.Mesh):
        return update.id.original.session_uid not in _state.meshes and stored_tree.is_stored(update.id.original)
    return isinstance(update.id, bpy.types.Scene)


def _up_to_date(object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> _Drawn | None:
    """What the GPU holds of an object, brought in line with the object first."""
    source = applying.source_of(object_)
    tree = regrouping.tree_of(source.data) if source is not None else None
    if source is None or tree is None:
        return None
    drawn = _state.drawn.get(object_.session_uid)
    if drawn is None or not _is_current(drawn, tree, object_, source, depsgraph):
        drawn = _upload(object_, source, depsgraph)
        if drawn is None:
            return None
        _state.drawn[object_.session_uid] = drawn
    drawn.stale = False
    mesh = source.data
    look = (tree.count(mesh.partgen.scale), regrouping.marked_nodes(mesh))
    if drawn.tree is not tree or drawn.look != look:  # another tree also where parts were given other colors
        drawn.tree, drawn.look = tree, look
        colors = leaf_colors(tree, look[0], regrouping.given_of(mesh), regrouping.hidden_leaves_of(mesh), look[1])
        drawn.table = color_table(colors)
    return drawn


def _leaves(object_: bpy.types.Object, source: bpy.types.Object) -> NDArray[np.int32] | None:
    """The leaf of every polygon of `object_`, which is `source` or one of its parts: (P,) int32. None where that is unknown."""
    leaves = stored_tree.leaf_of_polygon(source.data)
    if leaves is not None and object_ != source:
        leaves = leaves[np.isin(leaves, collections.leaves_of(object_))]  # a part has its polygons in the order of the source
    return leaves if leaves is not None and 0 < len(leaves) == len(object_.data.polygons) else None


def _shown_mesh(object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bpy.types.Mesh:
    """The mesh with the shape that is on screen: after modifiers where these only move vertices, else the object's own."""
    own = object_.data
    shown = object_.evaluated_get(depsgraph).data
    return shown if _counts(shown) == _counts(own) else own


def _counts(mesh: bpy.types.Mesh) -> tuple[int, int, int]:
    return len(mesh.vertices), len(mesh.loops), len(mesh.polygons)


def _positions(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.attributes["position"].data.foreach_get("vector", vertices.reshape(-1))
    return vertices


def _is_current(drawn: _Drawn, tree: PartTree, object_: bpy.types.Object, source: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bool:
    """Whether the GPU's copy is that of the object as it is. Connections and leaves change only where the tree is read anew too."""
    if drawn.tree is tree and not drawn.stale:
        return True
    shown = _shown_mesh(object_, depsgraph)
    if _counts(shown) != (len(drawn.polygons.vertices), len(drawn.polygons.corner_vertices), drawn.polygons.count):
        return False
    if drawn.tree is tree:
        return np.array_equal(drawn.polygons.vertices, _positions(shown), equal_nan=True)
    leaves = _leaves(object_, source)
    if leaves is None or not np.array_equal(drawn.leaves, leaves):
        return False
    return mesh_data.read_polygons(shown).fingerprint == drawn.polygons.fingerprint


def _upload(object_: bpy.types.Object, source: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> _Drawn | None:
    leaves = _leaves(object_, source)
    if leaves is None:
        return None
    shown = _shown_mesh(object_, depsgraph)
    polygons = mesh_data.read_polygons(shown)
    return _Drawn(polygons, leaves, surface_batch(shown, polygons, leaves))


def surface_batch(mesh: bpy.types.Mesh, polygons: mesh_data.Polygons, leaves: NDArray[np.int32]) -> gpu.types.GPUBatch:
    """The surface of `mesh`, whose `polygons` were read, on the GPU, with the leaf of every polygon, (P,) int32."""
    triangles, owners = corner_triangles(mesh, polygons)
    positions = polygons.vertices.take(polygons.corner_vertices.take(triangles.reshape(-1)), axis=0)
    batch = gpu.types.GPUBatch(type="TRIS", buf=_buffer("position", "F32", positions))
    batch.vertbuf_add(_buffer("leaf", "I32", np.repeat(leaves.take(owners), 3)))
    return batch


def _buffer(name: str, kind: str, values: NDArray) -> gpu.types.GPUVertBuf:
    """A vertex buffer of one attribute, `values` (n,) or (n, 3): filled ten times as fast as where several interleave."""
    layout = gpu.types.GPUVertFormat()
    width = values.size // len(values)
    layout.attr_add(id=name, comp_type=kind, len=width, fetch_mode="FLOAT" if kind == "F32" else "INT")
    buffer = gpu.types.GPUVertBuf(layout, len(values))
    buffer.attr_fill(name, values)
    return buffer


def _view_uniforms(model_view: Matrix, projection: Matrix, opacity: float, least_light: float) -> gpu.types.GPUUniformBuf:
    columns = [value for matrix in (model_view, projection) for column in matrix.transposed() for value in column]
    return gpu.types.GPUUniformBuf(struct.pack("36f", *columns, opacity, _NEARER, float(_TABLE_WIDTH), least_light))


def _shader() -> gpu.types.GPUShader:
    """The preview's shader, compiled at the first draw. A description instead of plain GLSL, so that Metal and Vulkan take it."""
    if _state.shader is None:
        passed = gpu.types.GPUStageInterfaceInfo("partgen_preview")
        passed.smooth("VEC3", "viewPosition")
        passed.flat("VEC4", "partColor")
        info = gpu.types.GPUShaderCreateInfo()
        # More than 128 bytes of plain uniforms are not promised everywhere, hence a block.
        info.typedef_source("struct PreviewView { mat4 modelView; mat4 projection; vec4 settings; };")
        info.uniform_buf(0, "PreviewView", "view")
        info.sampler(0, "FLOAT_2D", "colors")
        info.vertex_in(0, "VEC3", "position")
        info.vertex_in(1, "INT", "leaf")
        info.vertex_out(passed)
        info.fragment_out(0, "VEC4", "fragColor")
        info.vertex_source(_VERTEX_SOURCE)
        info.fragment_source(_FRAGMENT_SOURCE)
        _state.shader = gpu.shader.create_from_info(info)
    return _state.shader


_VERTEX_SOURCE = """
void main()
{
  vec4 position_in_view = view.modelView * vec4(position, 1.0);
  viewPosition = position_in_view.xyz;
  /* Towards the viewer along the line of sight, so that nothing shifts sideways: to the eye; in orthographic views straight,
   * by a share of the view's height or depth. */
  if (view.projection[3][3] == 0.0) {
    position_in_view.xyz *= 1.0 - view.settings.y;
  }
  else {
    position_in_view.z += view.settings.y * min(abs(2.0 / view.projection[1][1]), abs(2.0 / view.projection[2][2]));
  }
  gl_Position = view.projection * position_in_view;
  int width = int(view.settings.z);
  partColor = texelFetch(colors, ivec2(leaf % width, leaf / width), 0);
}
"""

_FRAGMENT_SOURCE = """
void main()
{
  if (partColor.a == 0.0) {
    discard;
  }
  vec3 normal = normalize(cross(dFdx(viewPosition), dFdy(viewPosition)));
  vec3 to_viewer = view.projection[3][3] == 0.0 ? normalize(-viewPosition) : vec3(0.0, 0.0, 1.0);
  float facing = abs(dot(normal, to_viewer));
  fragColor = vec4(partColor.rgb * mix(view.settings.w, 1.0, facing), view.settings.x * partColor.a);
}
"""
