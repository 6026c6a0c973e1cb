"""Exploring: what is looked at, from where, and how alike everything is to the point under the cursor. No events, no drawing.

    session.start(objects)                               # or a PartgenError with the reason
    session.current().look(origin, direction, ...)       # at every move of the mouse
    session.stop()                                       # nothing is left; nothing of the scene was touched

Between calls only names, session ids and copies of numbers are held, no reference to Blender's data, so that undo, deleted
objects and other files do no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import bpy
import gpu
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import applying, methods, overlay, preferences, regrouping, stored_features, stored_tree, surroundings
from ..surfaces import SurfaceOnScreen
from ..surroundings import Surroundings, in_front
from . import ramp

Kind = tuple[str, str, int]
"""Method, weights and number of features: only what agrees in these can be compared."""


@dataclass
class Look:
    """What the leaves of one decomposed mesh look like, and the colors that they have at the moment."""

    mesh_name: str
    mesh_uid: int
    tree: str  # which tree the features were stored with
    kind: Kind
    features: NDArray[np.float32]
    colors: NDArray[np.float32]
    table: gpu.types.GPUTexture | None = None

    def is_current(self) -> bool:
        """Whether the mesh still has these features."""
        mesh = bpy.data.meshes.get(self.mesh_name)
        return mesh is not None and mesh.session_uid == self.mesh_uid and stored_features.tree_of(mesh) == self.tree


@dataclass(kw_only=True)
class Explored(SurfaceOnScreen):
    """One object that is explored, itself decomposed or a part."""

    look: Look


@dataclass(frozen=True)
class Point:
    """The point under the cursor: on which object, in which leaf, and where in the object's own space."""

    uid: int
    leaf: int
    location: tuple[float, float, float]


@dataclass
class Session:
    """What is explored, from the button to Esc."""

    explored: list[Explored]
    floors: dict[Kind, float] = field(default_factory=dict)  # the likeness that is shown as none
    left_out: list[str] = field(default_factory=list)  # the names of what was to be explored too, and has no features
    point: Point | None = None
    is_held: bool = False
    made_anew: str = ""  # the name of the object under the cursor whose modifiers leave no leaf known
    edited: set[int] = field(default_factory=set)  # session ids of objects and meshes whose surface is to be read again
    is_outdated: bool = False
    around: tuple[str, Surroundings, Surroundings] | None = None  # of the view layer: what is explored, and what else there is

    def __post_init__(self) -> None:
        self._find_floors()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def look(
        self,
        origin: Vector,
        direction: Vector,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
    ) -> bool:
        """Takes the nearest surface along a ray of the world as the point to compare with. Whether there is anything new to show.

        Where the ray meets nothing of it, or something else before, the last point stays, as it does on a surface whose leaves are
        not known, which `remark` tells then. The first ray at a mesh takes the time
        that Blender needs to prepare it, half a second for a million faces; each further one microseconds, and as many more as
        there are leaves to color.
        """
        self.refresh()
        hits = [(e, o, e.hit(o, origin, direction, depsgraph)) for e, o in self.shown(view_layer, space)]
        met = [(explored, hit, in_front(object_, space)) for explored, object_, hit in hits if hit is not None]
        nearest, hit, is_front = min(met, key=lambda one: (not one[2], one[1].distance), default=(None, None, False))
        others = self._others(view_layer, depsgraph)
        if hit and others.cover(origin, direction, hit.distance, depsgraph, view_layer, space, is_front):
            nearest = hit = None
        before, made_anew = self.point, self.made_anew
        self.made_anew = nearest.name if nearest and hit and hit.leaf is None else ""
        if nearest and hit and hit.leaf is not None:
            self.point = Point(nearest.uid, hit.leaf, hit.location)
            if before is None or (before.uid, before.leaf) != (self.point.uid, self.point.leaf):
                self._color()
        return (before, made_anew) != (self.point, self.made_anew)

    def shown(
        self, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D | None = None
    ) -> Iterator[tuple[Explored, bpy.types.Object]]:
        """What of it is visible in a viewport, or without one in a view layer."""
        viewport = {} if space is None else {"viewport": space}
        for explored in self.explored:
            object_ = explored.object()
            if object_ is not None and object_.mode != "EDIT" and object_.visible_get(view_layer=view_layer, **viewport):
                yield explored, object_

    def surfaces(
        self, depsgraph: bpy.types.Depsgraph, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D | None = None
    ) -> list[overlay.Surface]:
        """What is to be drawn: everything visible, colored by how alike it is to the point; nothing before there is one."""
        self.refresh()
        found: list[overlay.Surface] = []
        for explored, object_ in self.shown(view_layer, space) if self.point else ():
            batch = explored.uploaded(object_, depsgraph)
            if batch is not None:
                look = explored.look
                look.table = look.table or overlay.color_table(look.colors)
                found.append((object_.matrix_world, batch, look.table))
        return found

    def likeness(self, look: Look) -> NDArray[np.float32] | None:
        """How alike every leaf is to that of the point, the cosine between their features (L,); None where that means nothing."""
        pointed = self.pointed()
        if self.point is None or pointed is None or pointed.look.kind != look.kind:
            return None
        return look.features @ pointed.look.features[self.point.leaf]

    def pointed(self) -> Explored | None:
        """The object that the point lies on; None before there is one."""
        return next((e for e in self.explored if self.point is not None and e.uid == self.point.uid), None)

    # ---- what is told ------------------------------------------------------------------------------------------------

    def title(self) -> str:
        """What the colors say, for the legend."""
        pointed = self.pointed()
        return f"Similarity to this point of {pointed.name}" if pointed else "Point at a surface"

    def remark(self) -> str:
        """What stands beside it: that the point is held, and what cannot be compared with it or pointed at; "" where there is nothing."""
        pointed = self.pointed()
        others = sum(1 for e in self.explored if pointed and e.look.kind != pointed.look.kind)
        apart = f"{'1 object' if others == 1 else f'{others} objects'} of another method in grey" if others else ""
        left_out = f"{_few_names(self.left_out)} left out: no features" if self.left_out else ""
        anew = f"The modifiers of {self.made_anew} make its faces anew: turn them off in the viewport" if self.made_anew else ""
        return " · ".join(filter(None, ("Held" if self.is_held else "", apart, left_out, anew)))

    # ---- keeping up --------------------------------------------------------------------------------------------------

    def notice(self, depsgraph: bpy.types.Depsgraph) -> None:
        """Takes in what Blender says has changed."""
        mine = {e.uid for e in self.explored} | {e.look.mesh_uid for e in self.explored}
        if self.around is not None and not surroundings.follow(self.around[1:], depsgraph):
            self.around = None
        for update in depsgraph.updates:
            if isinstance(update.id, bpy.types.Object | bpy.types.Mesh) and update.is_updated_geometry:
                self.edited |= {update.id.original.session_uid} & mine

    def look_again(self) -> None:
        """Anything may have changed: after undo and redo."""
        self.is_outdated = True
        self.around = None
        self.edited |= {e.uid for e in self.explored}

    def refresh(self) -> None:
        """Lets go of what is no longer there or no longer has features, and of copies of what was edited."""
        looks = {e.look.mesh_uid: e.look for e in self.explored}
        for explored in self.explored:
            if explored.uid in self.edited or explored.look.mesh_uid in self.edited:
                explored.let_go()
        self.edited = set()
        if not self.is_outdated and all(look.is_current() for look in looks.values()):
            return
        self.is_outdated = False
        self.explored = _explored([o for e in self.explored if (o := e.object()) is not None])[0]
        self.around = None  # what is no longer explored is something that stands there
        pointed = self.pointed()
        if self.point and (pointed is None or self.point.leaf >= len(pointed.look.features)):
            self.point, self.is_held = None, False
        self._find_floors()
        self._color()

    def _others(self, view_layer: bpy.types.ViewLayer, depsgraph: bpy.types.Depsgraph) -> Surroundings:
        """The other objects of a view layer as they stand."""
        if self.around is None or self.around[0] != view_layer.name:
            self.around = view_layer.name, *Surroundings.parted(view_layer, {e.uid for e in self.explored}, depsgraph)
        return self.around[2]

    def _find_floors(self) -> None:
        looks = {e.look.mesh_uid: e.look for e in self.explored}.values()
        kinds = {look.kind for look in looks}
        self.floors = {kind: ramp.floor_of([look.features for look in looks if look.kind == kind]) for kind in kinds}

    def _color(self) -> None:
        """Colors every leaf for the point as it is."""
        for look in {e.look.mesh_uid: e.look for e in self.explored}.values():
            likeness = self.likeness(look)
            look.table = None
            look.colors = ramp.unknown(len(look.features)) if likeness is None else ramp.colors_of(likeness, self.floors[look.kind])


_session: Session | None = None


def current() -> Session | None:
    """What is being explored."""
    return _session


def start(objects: list[bpy.types.Object]) -> Session:
    """Explores `objects`, which are decomposed or parts; what has no features is left out, which its remark says.

    Raises PartgenError, with nothing being explored, where none of them has any that can be used.
    """
    global _session
    stop()
    explored, problems = _explored(objects)
    if not explored:
        raise problems[0] if problems else PartgenError("explore.no_features", f"{obstacle(objects)}.")
    uids = {e.uid for e in explored}
    _session = Session(explored, left_out=[o.name for o in objects if o.session_uid not in uids])
    overlay.pause()
    preferences.redraw_viewports()
    return _session


def stop() -> None:
    """Ends exploring: everything looks as before."""
    global _session
    if _session is not None:
        _session = None
        overlay.pause(False)
        preferences.redraw_viewports()


def obstacle(objects: Iterable[bpy.types.Object]) -> str:
    """Why none of `objects` can be explored, and what to do, as a tooltip has it; "" where one can. Fast enough for a panel's draw."""
    first = None
    for object_ in objects:
        if _mesh_with_features(object_) is not None:
            return ""
        first = first or applying.source_of(object_)
    if first is None:
        return "Select an object that has been decomposed, or one of its parts"
    if stored_features.are_stored(first.data):
        return f"The parts of {first.name} are those of an earlier decomposition: Apply Again"
    identifier = str(first.data[stored_tree.TREE].get("method", ""))
    method, made_by = methods.method_of(identifier), methods.name_of(identifier)
    if method and method.has_features:
        return f"{first.name} was decomposed by {made_by} without being told what its parts look like: decompose it again"
    return (
        f"{first.name} was decomposed by {made_by}, which does not tell what parts look like. "
        f"Explore needs a method with features: decompose it with {methods.names_with_features()}"
    )


def look_of(object_: bpy.types.Object) -> Look:
    """What the leaves of a decomposed object look like. Raises PartgenError where that is not known, or it is not decomposed."""
    if object_.type != "MESH" or not stored_features.are_stored(object_.data):
        raise PartgenError("explore.no_features", f"{obstacle([object_])}.")
    return _read_look(object_.data)


def _few_names(names: list[str]) -> str:
    """As in a sentence: "Lamp", "Lamp and 2 more"."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _explored(objects: list[bpy.types.Object]) -> tuple[list[Explored], list[PartgenError]]:
    """What of `objects` can be explored, and what is wrong with others that have features."""
    explored, problems = [], []
    looks: dict[int, Look] = {}
    for object_ in objects:
        mesh = _mesh_with_features(object_)
        if mesh is None:
            continue
        try:
            look = looks.get(mesh.session_uid) or _read_look(mesh)
        except PartgenError as error:
            problems.append(error)
            continue
        looks[mesh.session_uid] = look
        explored.append(Explored(object_.name, object_.session_uid, len(look.features), look=look))
    return explored, problems


def _mesh_with_features(object_: bpy.types.Object) -> bpy.types.Mesh | None:
    """The mesh whose features tell of `object_`: its own, or for a part that of the source, unless that has another tree by now."""
    source = applying.source_of(object_)
    if source is None or not stored_features.are_stored(source.data):
        return None
    return source.data if object_ == source or applying.are_of_this_tree(source) else None


def _read_look(mesh: bpy.types.Mesh) -> Look:
    """Raises PartgenError where the tree of `mesh` or its features cannot be used."""
    if problem := regrouping.problem_of(mesh):
        raise PartgenError("tree.invalid", problem)
    features = stored_features.read(mesh)
    stored = mesh[stored_tree.TREE]
    kind = (str(stored.get("method", "")), str(stored.get("weights", "")), features.shape[1])
    return Look(mesh.name, mesh.session_uid, stored_features.tree_of(mesh), kind, features, ramp.unknown(len(features)))
