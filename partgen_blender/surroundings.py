"""What else stands in the scene: what a ray may meet at all, and what hides a surface from whoever points at it.

    around = Surroundings.of(view_layer, {object.session_uid}, depsgraph)                # but for the object itself; until anything moves
    around.cover(origin, direction, distance, depsgraph, view_layer, space)              # one ray of the world, as a click is
    around.covered(origins, directions, distances, depsgraph, view_layer, space)         # many, as a lasso is

Everything hides that has faces on screen: meshes, filled or thick curves, text, metaballs, and what collections and other instancers
show of these. What is displayed as a wire does not, nor does anything where a viewport is looked through. What is displayed In Front
lies before all else, however far away it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from . import session_ids

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Surface = Callable[[Vector, Vector], Vector | None]
"""From origin and direction of a ray to where it is met first."""

_HAS_FACES = ("MESH", "CURVE", "SURFACE", "FONT", "META")
_FILLED = ("SOLID", "TEXTURED")
"""How an object is displayed of which one sees the faces."""
_CORNERS = [0, 1, 2, 18, 19, 20]
"""Of a bounding box as Blender has it, the lowest and the highest corner."""
_TINY = 1e-12
_MARGIN = 1e-5
"""Around bounds, of their size."""
_MOST_MOVED = 200
"""Objects that are sooner followed one by one than all bounds are made anew."""
_AT_ONCE = 500_000
"""Rays times bounds that are compared at a time: some 50 MB."""


@dataclass(frozen=True, eq=False)
class Instance:
    """What an instancer shows of an object: the session id of that, where it stands, and whether it is displayed In Front."""

    shape: int
    matrix: Matrix
    is_in_front: bool


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Objects of a view layer by session id, with their bounds in the world, `low` and `high` (n, 3), and whether they are displayed
    In Front, `is_in_front` (n,).

    `instances`: of those that stand for something that an instancer shows, what it is; the session id is then that of the instancer.
    """

    uids: Sequence[int] | NDArray[np.int32]
    low: Floats
    high: Floats
    is_in_front: Bools
    instances: Mapping[int, Instance] = field(default_factory=dict)
    trees: dict[int, BVHTree | None] = field(default_factory=dict)  # the faces of curves and the like that rays came near, by session id
    places: Sequence[int] | NDArray[np.intp] = ()  # their numbers in the view layer, where they are soonest found; instances have none

    @classmethod
    def of(cls, view_layer: bpy.types.ViewLayer, explored: Collection[int], depsgraph: bpy.types.Depsgraph) -> Surroundings:
        """All that shows faces, but for the objects with these session ids. Some 10 ms for 10,000 objects: keep them."""
        return cls.parted(view_layer, explored, depsgraph)[1]

    @classmethod
    def parted(
        cls, view_layer: bpy.types.ViewLayer, explored: Collection[int], depsgraph: bpy.types.Depsgraph
    ) -> tuple[Surroundings, Surroundings]:
        """The objects with these session ids, and all else that shows faces."""
        objects = view_layer.objects
        uids, low, high = _bounds(objects)
        is_explored = np.isin(uids, list(explored))
        is_other = ~is_explored & _is_one_of(objects, "type", _HAS_FACES) & _is_one_of(objects, "display_type", _FILLED)
        is_in_front = _read(objects, "show_in_front", np.dtype(bool))
        own, others = (
            cls(uids[places], low[places], high[places], is_in_front[places], places=places)
            for places in (np.flatnonzero(is_explored), np.flatnonzero(is_other))
        )
        return own, others._with_instances(objects, depsgraph)

    def _with_instances(self, objects: bpy.types.bpy_prop_collection, depsgraph: bpy.types.Depsgraph) -> Surroundings:
        shown = list(_instances(depsgraph)) if _may_show_instances(objects) else []
        if not shown:
            return self
        instances = {len(self.uids) + number: instance for number, (_, instance, _) in enumerate(shown)}
        matrices = np.array([instance.matrix for _, instance, _ in shown])
        low, high = _in_the_world(np.array([bounds for _, _, bounds in shown]).reshape(-1, 24)[:, _CORNERS], matrices)
        uids = [*self.uids, *(instancer for instancer, _, _ in shown)]
        is_in_front = np.concatenate([self.is_in_front, [instance.is_in_front for _, instance, _ in shown]])
        low, high = np.concatenate([self.low, low]), np.concatenate([self.high, high])
        return Surroundings(uids, low, high, is_in_front, instances, places=self.places)

    def follow(self, object_: bpy.types.Object) -> bool:
        """Takes in that an object moved or has another shape. Whether it is one of them."""
        rows = np.flatnonzero(np.asarray(self.uids) == object_.session_uid)
        if len(rows):
            corners, matrix = np.array(object_.bound_box).reshape(1, 24)[:, _CORNERS], np.array(object_.matrix_world)[None]
            self.low[rows], self.high[rows] = _in_the_world(corners, matrix)
            self.trees.pop(object_.session_uid, None)
        return bool(len(rows))

    def standing(
        self, number: int, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D | None = None
    ) -> tuple[bpy.types.Object, Matrix] | None:
        """One of them, and where it stands in the world; None where a viewport, or without one the view layer, does not show it."""
        last = int(self.places[number]) if number < len(self.places) else ""
        object_ = session_ids.find(view_layer.objects, int(self.uids[number]), last)
        viewport = {} if space is None else {"viewport": space}
        if object_ is None or object_.mode == "EDIT" or not object_.visible_get(view_layer=view_layer, **viewport):
            return None
        instance = self.instances.get(number)
        if instance is None:
            return object_, object_.matrix_world
        shape = session_ids.find(bpy.data.objects, instance.shape)
        return None if shape is None else (shape, instance.matrix)

    def cover(
        self,
        origin: Vector,
        direction: Vector,
        distance: float,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None,
        is_front: bool = False,
    ) -> bool:
        """Whether a visible one of them lies on the way from `origin` along `direction`, nearer than `distance`, or is shown before that.

        `is_front`: whether what lies there is itself shown `in_front`. Only those whose bounds are crossed are looked at closely, so that
        Blender prepares no mesh that was never pointed at.
        """
        ray = np.array(origin)[None], np.array(direction.normalized())[None], np.array([distance])
        return bool(self.covered(*ray, depsgraph, view_layer, space, np.array([is_front]))[0])

    def covered(
        self,
        origins: Floats,
        directions: Floats,
        distances: Floats,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None,
        is_front: Bools | None = None,
    ) -> Bools:
        """The same of many rays: origins (n, 3), directions (n, 3) of length 1, distances and `is_front` (n,). Returns (n,) bool."""
        is_covered = np.zeros(len(origins), bool)
        if is_seen_through(space):
            return is_covered
        is_front = np.zeros(len(origins), bool) if is_front is None else is_front
        for number, crosses, limits in self._crossings(origins, directions, distances, is_front, space):
            standing = self.standing(number, view_layer, space)
            if standing is None or not standing[1].determinant():
                continue
            surface, matrix = self._surface(standing[0], depsgraph), standing[1]
            if surface is None:
                continue
            inverse = matrix.inverted()
            turn = inverse.to_3x3()
            for i in np.flatnonzero(crosses & ~is_covered).tolist():
                origin = Vector(origins[i])
                location = surface(inverse @ origin, turn @ Vector(directions[i]))
                is_covered[i] = location is not None and (matrix @ location - origin).length < limits[i]
        return is_covered

    def _surface(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> Surface | None:
        """Where rays in an object's own space meet its faces; None where it has none, as a curve that is a mere line."""
        shape = object_.evaluated_get(depsgraph)
        if object_.type == "MESH":
            return lambda origin, direction: _met_by(shape, origin, direction)
        if object_.session_uid not in self.trees:  # Blender crashes where it is asked for rays at a curve without faces
            mesh = shape.to_mesh()
            try:
                polygons = [polygon.vertices[:] for polygon in mesh.polygons] if mesh is not None else []
                tree = BVHTree.FromPolygons([vertex.co[:] for vertex in mesh.vertices], polygons) if polygons else None
            finally:
                shape.to_mesh_clear()
            self.trees[object_.session_uid] = tree
        tree = self.trees[object_.session_uid]
        return None if tree is None else lambda origin, direction: tree.ray_cast(origin, direction)[0]

    def crossed(
        self, origin: NDArray, direction: NDArray, distance: float, space: bpy.types.SpaceView3D | None = None, is_front: bool = False
    ) -> list[int]:
        """Those whose bounds a ray crosses nearer than `distance`, or before what `is_front`, in the order in which it enters them."""
        enter, leave = _ways_through(self.low, self.high, origin[None], direction[None])
        limits = self._limits(np.arange(len(self.low)), np.array([distance]), np.array([is_front]), space)
        met = np.flatnonzero((enter <= np.minimum(leave, limits))[:, 0])
        return met[np.argsort(enter[met, 0], kind="stable")].tolist()

    def _limits(self, rows: NDArray[np.intp], distances: Floats, is_front: Bools, space: bpy.types.SpaceView3D | None) -> Floats:
        """How far away each of m of them hides what n rays meet at `distances` (n,): (m, n), anywhere or nowhere where one is In Front."""
        is_in_front = (self.is_in_front[rows] & shows_in_front(space))[:, None]
        return np.where(is_in_front == is_front, distances, np.where(is_in_front, np.inf, -1.0))

    def _crossings(
        self, origins: Floats, directions: Floats, distances: Floats, is_front: Bools, space: bpy.types.SpaceView3D | None
    ) -> Iterator[tuple[int, Bools, Floats]]:
        """Those whose bounds some of n rays cross, which of the rays do, (n,) bool, and how near they have to be to hide, (n,)."""
        if not len(origins):
            return
        ends = origins + directions * distances[:, None]
        low, high = np.minimum(origins, ends).min(axis=0), np.maximum(origins, ends).max(axis=0)
        margin = _margin(self.low, self.high)
        is_near = ((self.low - margin <= high) & (self.high + margin >= low)).all(axis=1)
        near = np.flatnonzero(is_near | (self.is_in_front & shows_in_front(space)))
        for block in np.array_split(near, max(1, -(-len(near) * len(origins) // _AT_ONCE))):
            enter, leave = _ways_through(self.low[block], self.high[block], origins, directions)
            limits = self._limits(block, distances, is_front, space)
            crosses = enter <= np.minimum(leave, limits)
            for row in np.flatnonzero(crosses.any(axis=1)).tolist():
                yield int(block[row]), crosses[row], limits[row]


def _met_by(shape: bpy.types.Object, origin: Vector, direction: Vector) -> Vector | None:
    is_hit, location, *_ = shape.ray_cast(origin, direction)
    return location if is_hit else None


def follow(parted: Sequence[Surroundings], depsgraph: bpy.types.Depsgraph) -> bool:
    """Takes in what Blender says has changed. Whether that could be done: otherwise they have to be made anew."""
    changed = [update.id.original for update in depsgraph.updates if _is_moved(update)]
    # Of meshes their objects are named too; anything else may mean that objects came, went or are displayed otherwise.
    is_all = all(_is_moved(update) or isinstance(update.id, bpy.types.Mesh) for update in depsgraph.updates)
    if not is_all or len(changed) > _MOST_MOVED or any(its.instances for its in parted):
        return False
    for object_ in changed:
        is_met = any([its.follow(object_) for its in parted])
        has_faces = object_.type in _HAS_FACES and object_.display_type in _FILLED
        if object_.is_instancer or _has_nodes(object_) or is_met != has_faces:
            return False
    return True


def _is_moved(update: bpy.types.DepsgraphUpdate) -> bool:
    return isinstance(update.id, bpy.types.Object) and (update.is_updated_transform or update.is_updated_geometry)


def is_seen_through(space: bpy.types.SpaceView3D | None) -> bool:
    """Whether surfaces are seen in a viewport although others lie before them: X-ray, which wire frames have of their own."""
    if space is None:
        return False
    shading = space.shading
    if shading.type == "WIREFRAME":
        return shading.show_xray_wireframe and shading.xray_alpha_wireframe < 1.0
    return shading.type == "SOLID" and shading.show_xray and shading.xray_alpha < 1.0


def shows_in_front(space: bpy.types.SpaceView3D | None) -> bool:
    """Whether a viewport shows objects before others that are displayed In Front: not where it renders, and a camera does not."""
    return space is not None and space.shading.type in ("SOLID", "WIREFRAME")


def in_front(object_: bpy.types.Object, space: bpy.types.SpaceView3D | None) -> bool:
    """Whether a viewport shows an object before all others that are not displayed so."""
    return object_.show_in_front and shows_in_front(space)


def _ways_through(low: Floats, high: Floats, origins: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """How far away n rays enter m bounds, and leave them: (m, n) each, farther than left where they pass by."""
    # Neither of these changes what is crossed, but without them what is flat, or lies along an axis, divides zero by zero.
    directions = np.where(np.abs(directions) < _TINY, _TINY, directions)
    margin = _margin(low, high)
    enter, leave = np.zeros((len(low), len(origins))), np.full((len(low), len(origins)), np.inf)
    for axis in range(3):
        first = ((low - margin)[:, None, axis] - origins[:, axis]) / directions[:, axis]
        second = ((high + margin)[:, None, axis] - origins[:, axis]) / directions[:, axis]
        np.maximum(enter, np.minimum(first, second), out=enter)
        np.minimum(leave, np.maximum(first, second), out=leave)
    return enter, leave


def _margin(low: Floats, high: Floats) -> Floats:
    return _MARGIN * (high - low).max(axis=1, keepdims=True, initial=0.0) + _TINY


def _read(objects: bpy.types.bpy_prop_collection, name: str, dtype: np.dtype, width: int = 1) -> NDArray:
    found = np.empty(len(objects) * width, dtype)
    objects.foreach_get(name, found)
    return found.reshape(-1, width) if width > 1 else found


def _is_one_of(objects: bpy.types.bpy_prop_collection, name: str, identifiers: Collection[str]) -> Bools:
    """Of which objects an enumeration has one of these values: (n,) bool."""
    items = bpy.types.Object.bl_rna.properties[name].enum_items
    is_one = np.zeros(max(item.value for item in items) + 1, bool)
    is_one[[item.value for item in items if item.identifier in identifiers]] = True
    return is_one[_read(objects, name, np.dtype(np.int32))]


def _bounds(objects: bpy.types.bpy_prop_collection) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Session ids of objects, (n,), and their bounds in the world, (n, 3) each, as Blender evaluated them last."""
    corners = _read(objects, "bound_box", np.dtype(np.float32), 24)[:, _CORNERS]
    matrices = _read(objects, "matrix_world", np.dtype(np.float32), 16).reshape(-1, 4, 4).transpose(0, 2, 1)  # it comes by column
    return session_ids.ids_of(objects), *_in_the_world(corners, matrices)


def _in_the_world(corners: NDArray, matrices: NDArray) -> tuple[Floats, Floats]:
    """Bounds in the world, (n, 3) each, of objects that stand as (n, 4, 4) say, from the corners of those in their own space, (n, 6)."""
    corners = corners.astype(np.float64)
    middle, half = (corners[:, :3] + corners[:, 3:]) / 2.0, (corners[:, 3:] - corners[:, :3]) / 2.0
    turns = matrices[:, :3, :3].astype(np.float64)
    middle = np.einsum("nij,nj->ni", turns, middle) + matrices[:, :3, 3]
    half = np.einsum("nij,nj->ni", np.abs(turns), half)
    return middle - half, middle + half


def _may_show_instances(objects: bpy.types.bpy_prop_collection) -> bool:
    """Whether any of them is an instancer, or has nodes, which may make instances although Blender does not call it one."""
    if _read(objects, "is_instancer", np.dtype(bool)).any():
        return True
    return any(group.type == "GEOMETRY" for group in bpy.data.node_groups) and any(map(_has_nodes, objects))


def _has_nodes(object_: bpy.types.Object) -> bool:
    return any(modifier.type == "NODES" for modifier in object_.modifiers)


def _instances(depsgraph: bpy.types.Depsgraph) -> Iterator[tuple[int, Instance, NDArray]]:
    """What instancers show: session id of the instancer, what it shows, and the bounds of that in its own space, (8, 3)."""
    for shown in depsgraph.object_instances:
        if not shown.is_instance or shown.parent is None:
            continue
        shape, instancer = shown.instance_object, shown.parent.original.session_uid
        is_filled = shape.type in _HAS_FACES and shape.display_type in _FILLED
        if is_filled and shape.original.session_uid != instancer:  # what nodes make without an object is nothing to send a ray at
            yield instancer, Instance(shape.original.session_uid, shown.matrix_world.copy(), shape.show_in_front), np.array(shape.bound_box)
