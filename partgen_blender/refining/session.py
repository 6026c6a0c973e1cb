"""A part from clicks: what is clicked, which faces that means, and what there is to draw. No events.

    refine(object, wanted=[12, 40], unwanted=[7])        # a part from faces that belong to it and faces that do not: for scripts

    session.start(context)                               # with the mouse; or a PartgenError with the reason
    session.current().click(face, is_wanted=True)        # at every click: the answer is in `region`
    session.current().commit()                           # a part of the tree
    session.stop()

Nothing of the scene is touched before `commit`. Between calls names, session ids and copies of numbers are held, no reference to
Blender's data, so that undo, deleted objects and other files do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import bpy
import gpu
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen import refining
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from .. import applying, mesh_data, overlay, part_rows, preferences, regrouping, stored_features, stored_tree
from ..surfaces import SurfaceOnScreen
from ..surroundings import Surroundings, in_front
from ..wording import names_in_words
from . import clicks as stored_clicks
from . import edits, followers
from .clicks import Click
from .followers import Follower

Bools = NDArray[np.bool_]

# Scene-linear RGBA.
_WANTED = np.array([1.0, 0.21, 0.01, 0.9], np.float32)
_GREY = 0.22
_PALE = 0.6
"""So much grey is mixed into the colors of the parts, so that the region stands out."""


@dataclass(frozen=True)
class Clicked:
    """A click on a face of the mesh without modifiers, and whether that face is wanted."""

    face: int
    is_wanted: bool


@dataclass
class Session:
    """One object whose part is being clicked together, from the button to Enter or Esc."""

    surface: SurfaceOnScreen
    mesh_uid: int
    revision: tuple[object, float]
    polygons: mesh_data.Polygons
    centers: NDArray[np.float64]
    leaf_of_polygon: NDArray[np.int32]
    base: NDArray[np.float32]
    refinable: refining.Refinable
    clicks: list[Clicked] = field(default_factory=list)
    region: Bools = field(default_factory=lambda: np.zeros(0, bool))
    batch: gpu.types.GPUBatch | None = None
    table: gpu.types.GPUTexture | None = None
    said: str = ""  # why the last click meant nothing, until the next
    others: list[Follower] = field(default_factory=list)  # that get the same part
    in_all: bool = True  # whether they do
    same: str = ""  # what there is to say of them
    looks: followers.Looks = field(default_factory=followers.Looks)
    fixed: list[str] = field(default_factory=list)  # the names of those that would be among them, but cannot be changed

    def object(self) -> bpy.types.Object | None:
        """The object as it is now; None where it is gone, or its parts are others."""
        object_ = self.surface.object()
        if object_ is None or object_.type != "MESH" or object_.data.session_uid != self.mesh_uid:
            return None
        return object_ if _revision(object_.data) == self.revision else None

    def click(self, face: int, is_wanted: bool) -> None:
        """Takes a click on a face, and answers it."""
        self.clicks.append(Clicked(face, is_wanted))
        self.answer()

    def remove(self, number: int) -> None:
        """Takes a click back."""
        del self.clicks[number]
        self.answer()

    def is_seen(self, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D) -> bool:
        """Whether a viewport shows the object, as local view and hidden collections have it."""
        object_ = self.object()
        return object_ is not None and object_.visible_get(view_layer=view_layer, viewport=space)

    def face_on_ray(
        self,
        origin: Vector,
        direction: Vector,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
    ) -> int | None:
        """The face of the mesh that a ray of the world meets; None where it meets none that one sees and knows, and why is `said`."""
        self.said = ""
        object_ = self.object()
        hit = self.surface.hit(object_, origin, direction, depsgraph) if object_ is not None else None
        if object_ is None or hit is None:
            return None
        others = Surroundings.of(view_layer, {object_.session_uid}, depsgraph)
        if others.cover(origin, direction, hit.distance, depsgraph, view_layer, space, in_front(object_, space)):
            self.said = f"Something lies before {object_.name} here: turn the view, or hide it"
            return None
        if hit.leaf is None:
            self.said = f"The modifiers of {object_.name} make its faces anew: turn them off in the viewport to click faces"
            return None
        shown = object_.evaluated_get(depsgraph)
        is_found, _, _, polygon = shown.closest_point_on_mesh(Vector(hit.location))
        if is_found and len(shown.data.polygons) == len(self.centers):
            return int(polygon)
        # After modifiers that make faces: the nearest one of the leaf, which they hand on.
        its = np.flatnonzero(self.leaf_of_polygon == hit.leaf)
        if not len(its):
            return None
        return int(its[((self.centers[its] - np.array(hit.location)) ** 2).sum(axis=1).argmin()])

    def commit(self, name: str = "") -> int:
        """Makes the region a part and lets the object remember the clicks. Returns its node. Raises PartgenError as `edits.make_part`."""
        object_ = self.object()
        if object_ is None:
            raise PartgenError("refine.gone", "The object is gone, or its parts are others now.", "Begin again.")
        regions = {object_.data: self.region}
        if self.in_all:
            regions |= {o.data: other.faces() for other in self.others if other.region.any() and (o := other.current()) is not None}
        node = edits.make_same_part(regions, name)
        stored_clicks.write(object_, [Click(tuple(self.centers[click.face].tolist()), click.is_wanted) for click in self.clicks])
        part_rows.choose(object_.data, node)
        return node

    def drawn(
        self, depsgraph: bpy.types.Depsgraph, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D
    ) -> list[overlay.Surface]:
        """What is to be drawn in a viewport: the surface and those of the others, parts pale and the region bright."""
        object_ = self.object()
        if object_ is None:
            return []
        found: list[overlay.Surface | None] = [self._drawn(object_, depsgraph)] if self.is_seen(view_layer, space) else []
        for other in self.others if self.in_all else ():
            its = other.current()
            if its is not None and its.visible_get(view_layer=view_layer, viewport=space):
                found.append(followers.drawn(other, its, depsgraph, _WANTED))
        return [surface for surface in found if surface is not None]

    def _drawn(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> overlay.Surface:
        if self.batch is None:
            shown = object_.evaluated_get(depsgraph).data
            same = len(shown.polygons) == self.polygons.count and len(shown.loops) == len(self.polygons.corner_vertices)
            polygons = mesh_data.read_polygons(shown) if same else self.polygons
            self.batch = overlay.surface_batch(shown if same else object_.data, polygons, np.arange(polygons.count, dtype=np.int32))
        if self.table is None:
            colors = self.base[self.leaf_of_polygon]
            colors[self.region] = _WANTED
            self.table = overlay.color_table(colors)
        return object_.matrix_world, self.batch, self.table

    def title(self) -> str:
        """What the legend says."""
        yes = sum(click.is_wanted for click in self.clicks)
        if self.said:
            return self.said
        if not self.clicks:
            return "Click what belongs to the part, Ctrl Click what does not"
        return f"{int(self.region.sum()):,} faces, from {_clicks(yes)} and {_clicks(len(self.clicks) - yes)} against"

    def same_in_words(self) -> str:
        """What the clicks mean in other objects, and why they mean nothing in some; "" where nothing is to be said."""
        fixed = f"{names_in_words(self.fixed)} cannot be changed" if self.fixed and self.region.any() else ""
        return ". ".join(filter(None, (self.same, fixed))) if self.in_all else ""

    def follow_or_not(self) -> None:
        """Lets clicks mean the same part of the others too, or not any more."""
        self.in_all = not self.in_all

    def go_on_with(self, clicks: list[Clicked]) -> None:
        """Takes over clicks that the active part of the list came from: they mean this part as it is, and further ones change it.

        Asked anew they might mean something else, because the tree has that part in it now.
        """
        object_ = self.object()
        self.clicks = clicks
        if clicks and object_ is not None:
            part = self.refinable.leaves_below(part_rows.active_node(object_.data))[self.refinable.leaf_of_face]
            first = next(number for number, click in enumerate(clicks) if click.is_wanted)
            ordered = [clicks[first], *clicks[:first], *clicks[first + 1 :]]
            self.refinable.answers[tuple((click.face, click.is_wanted) for click in ordered)] = part
        self.answer()

    def answer(self) -> None:
        """Finds the region that all clicks together mean."""
        self.said = ""
        # Always of the same object, in their order: it remembers what the clicks before the last one mean.
        self.region = self.refinable.answer([(click.face, click.is_wanted) for click in self.clicks]).faces
        self.table = None
        self._find_same()

    def _find_same(self) -> None:
        """Finds what the region is in the others."""
        object_, there = self.object(), {other.uid: o for other in self.others if (o := other.current()) is not None}
        if object_ is None or not there:
            return
        found = followers.same_region(object_, self.refinable.share_of_leaves(self.region), list(there.values()), self.looks)
        self.same = found.remark
        for other in self.others:
            leaves = found.leaves.get(there[other.uid]) if other.uid in there else None
            other.region, other.table = leaves if leaves is not None else np.zeros(other.leaf_count, bool), None


def refine(object_: bpy.types.Object, wanted: Sequence[int], unwanted: Sequence[int] = (), name: str = "", in_all: bool = False) -> int:
    """Makes a part from a few faces that belong to it and a few that do not, at the scale of the mesh. Returns its node.

    With `in_all` the selected objects that were matched with it get the same part. Raises PartgenError where the object has no usable
    tree, cannot be changed, or a face does not exist.
    """
    return told(object_, wanted, unwanted, in_all).commit(name)


def told(object_: bpy.types.Object, wanted: Sequence[int], unwanted: Sequence[int] = (), in_all: bool = False) -> Session:
    """What `refine` is about to make a part, with nothing changed yet. Raises PartgenError as that does."""
    session = _made(object_)
    if in_all:
        _add_others(session, object_, bpy.context.view_layer)
    for faces, is_wanted in ((wanted, True), (unwanted, False)):
        for face in faces:
            if not 0 <= face < len(session.centers):
                raise PartgenError("refine.no_face", f"{object_.name} has no face {face}.", "Name faces of the mesh without modifiers.")
            session.clicks.append(Clicked(face, is_wanted))
    session.answer()
    return session


_session: Session | None = None


def current() -> Session | None:
    """What is being refined."""
    return _session


def start(context: bpy.types.Context) -> Session:
    """Begins to refine the active object. Where the active part of the list came from clicks that are remembered, it goes on with them.

    Raises PartgenError with the reason where that cannot be.
    """
    global _session
    stop()
    active = context.view_layer.objects.active
    source = applying.source_of(active) if active is not None else None
    if source is None:
        raise PartgenError("refine.nothing", "Nothing is decomposed here.", "Select an object that has been decomposed.")
    if not source.visible_get(view_layer=context.view_layer):
        applying.refuse_while_applied(source)
        raise PartgenError("refine.hidden", f"{source.name} is hidden.", "Show it first: with Alt H, or in the Outliner.")
    _session = _made(source)
    _add_others(_session, source, context.view_layer)
    _session.go_on_with(_remembered(source, _session))
    overlay.pause()
    preferences.redraw_viewports()
    return _session


def stop() -> None:
    """Ends refining: everything looks as before."""
    global _session
    if _session is not None:
        _session = None
        overlay.pause(False)
        preferences.redraw_viewports()


def _made(object_: bpy.types.Object) -> Session:
    mesh = object_.data
    stored_tree.require_editable(mesh)
    stored = stored_tree.require(mesh)
    polygons = mesh_data.read_polygons(mesh)
    surface = refining.surface(polygons.vertices, polygons.corner_vertices, polygons.polygon_offsets)
    tree = stored.tree
    return Session(
        SurfaceOnScreen(object_.name, object_.session_uid, tree.leaf_count),
        mesh.session_uid,
        _revision(mesh),
        polygons,
        polygons.centers,
        stored.leaf_of_polygon,
        _pale_colors(mesh, tree),
        refining.refinable(tree, stored.leaf_of_polygon, surface, stored_features.known(mesh)),
        region=np.zeros(polygons.count, bool),
    )


def _add_others(session: Session, object_: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    found, session.fixed = followers.among(object_, view_layer)
    for other in found:
        tree = regrouping.tree_of(other.data)
        assert tree is not None
        session.others.append(followers.follower(other, _pale_colors(other.data, tree)))


def _pale_colors(mesh: bpy.types.Mesh, tree: PartTree) -> NDArray[np.float32]:
    """The colors of the leaves in their parts, paled so that the region stands out: (L, 4)."""
    given, hidden = regrouping.given_of(mesh), regrouping.hidden_leaves_of(mesh)
    colors = overlay.leaf_colors(tree, tree.count(mesh.partgen.scale), given, hidden)
    colors[:, :3] += _PALE * (_GREY - colors[:, :3])
    return colors


def _remembered(object_: bpy.types.Object, session: Session) -> list[Clicked]:
    """The remembered clicks, where it is the active part of the list that they mean."""
    remembered, mesh = stored_clicks.read(object_), object_.data
    if not remembered or mesh.partgen.active_row >= len(mesh.partgen.rows):
        return []
    faces = stored_clicks.faces_of(remembered, session.centers)
    part = edits.part_of_polygon(mesh)[faces]
    active = mesh.partgen.rows[mesh.partgen.active_row].node
    means_it = all((node == active) == click.is_wanted for node, click in zip(part.tolist(), remembered, strict=True))
    clicked = [Clicked(face, click.is_wanted) for face, click in zip(faces.tolist(), remembered, strict=True)]
    return clicked if means_it and any(click.is_wanted for click in clicked) else []


def _revision(mesh: bpy.types.Mesh) -> tuple[object, float]:
    """What changes where the parts are others: the tree in memory, and the scale."""
    return regrouping.tree_of(mesh), mesh.partgen.scale


def _clicks(count: int) -> str:
    return "1 click" if count == 1 else f"{count} clicks"
