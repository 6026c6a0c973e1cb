"""Picking: which part lies under the cursor at the current level, and what is picked so far. No events, no drawing.

    session.start(bpy.context)                           # or a PartgenError with the reason
    session.current().look(origin, direction, ...)       # at every move of the mouse
    session.current().step(+1)                           # at every turn of the wheel
    session.current().take("ADD")                        # at every click
    session.current().picked()                           # what there is to commit
    session.stop()                                       # nothing is left; nothing of the scene was touched

Between calls only names, session ids and copies of numbers are held, no reference to Blender's data, so that undo, deleted
objects and other files do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import bpy
import gpu
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.refining import Nodes

from .. import overlay, preferences, regrouping, session_ids, surroundings, twins
from ..surfaces import SurfaceOnScreen
from ..surroundings import Surroundings
from . import meaning, outlines, regions, sight
from .levels import Levels
from .teaching import Example, Learner

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Means = Callable[[PartTree, Nodes, NDArray, Floats, Bools], meaning.Meaning | None]
"""From what one sees of a tree and what of it lies under a mask to what is meant: the functions of meaning.py."""

ACTIONS = (
    ("TAKE", "Take", "It is all that is picked", 0),
    ("ADD", "Add", "It is picked as well", 1),
    ("REMOVE", "Remove", "It is not picked any more", 2),
)
LARGE = 150_000
"""Polygons from which on Blender is told to prepare an object only after the artist was told: below it takes under a fifth of a second."""
SAMPLES = 12_000
"""Places of the picture that are looked at to know what a lasso means: a quarter of a second."""
STROKE_RADIUS = 6.0
"""Pixels at scale 1."""
_MOST_DIGITS = 4

# Scene-linear RGBA.
_TAKEN = np.array([1.0, 0.21, 0.01, 0.85], np.float32)
_POINTED = np.array([1.0, 0.95, 0.75, 0.8], np.float32)
_POINTED_AND_TAKEN = np.array([1.0, 0.55, 0.15, 0.95], np.float32)
_PALE = 0.55
"""So much grey is mixed into the colors of parts while some are picked, so that these stand out."""
_GREY = 0.22


@dataclass(kw_only=True)
class Pickable(SurfaceOnScreen):
    """One decomposed object that was pointed at. Objects that share a mesh share what is picked of it."""

    mesh_name: str
    mesh_uid: int
    levels: Levels
    level: int
    base: tuple[object, NDArray[np.float32]] | None = None  # the colors of what is not picked, and what they were made for
    table: tuple[object, gpu.types.GPUTexture] | None = None

    def mesh(self) -> bpy.types.Mesh | None:
        """The mesh, where the object still has it."""
        object_ = self.object()
        mesh = object_.data if object_ is not None and object_.type == "MESH" else None
        return mesh if mesh is not None and mesh.session_uid == self.mesh_uid else None

    def part_colors(self, opacity: float) -> NDArray[np.float32]:
        """The colors of the parts at the level, paled: (L, 4) float32, scene-linear with alpha."""
        key = (self.levels.tree, self.level, opacity)
        if self.base is None or self.base[0] != key:
            if opacity:
                count = self.levels.count(self.level)
                colors = overlay.leaf_colors(self.levels.tree, count)
                colors[:, :3] = (1.0 - _PALE) * colors[:, :3] + _PALE * _GREY
                colors[:, 3] *= opacity
            else:
                colors = np.zeros((self.leaf_count, 4), np.float32)
            self.base = key, colors.astype(np.float32)
        return self.base[1]


@dataclass(frozen=True)
class Pointed:
    """What lies under the cursor: a leaf of an object, and where in the object's own space."""

    uid: int
    leaf: int
    location: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Picked:
    """What is picked: leaves by session id of the mesh, and the clicks that said so. Replaced by every click, never changed."""

    leaves: Mapping[int, Bools] = field(default_factory=dict)
    examples: Mapping[int, tuple[Example, ...]] = field(default_factory=dict)

    def without(self, mesh_uid: int) -> Picked:
        """The same, with nothing of a mesh."""
        leaves, examples = ({uid: v for uid, v in some.items() if uid != mesh_uid} for some in (self.leaves, self.examples))
        return Picked(leaves, examples)  # type: ignore[arg-type]


@dataclass
class Session:
    """What is picked, from the button to Enter or Esc."""

    objects: dict[int, Pickable] = field(default_factory=dict)  # those that were pointed at, by session id
    pointed: Pointed | None = None
    now: Picked = field(default_factory=Picked)
    before: list[Picked] = field(default_factory=list)  # what was picked before each click
    after: list[Picked] = field(default_factory=list)  # what was taken back
    in_all: bool = True  # whether a click applies to the same part of the followers too
    followers: tuple[int, ...] = ()  # session ids of the objects that share the parts of the one under the cursor, are visible and chosen
    same_now: tuple[object, dict[int, Bools], str] | None = None  # what is the same there by mesh, what is said, and for what it was found
    is_learning: bool = False  # whether a click picks all that is alike, as far as other clicks do not say otherwise
    learners: dict[int, Learner] = field(default_factory=dict)  # by session id of the mesh
    typed: str = ""
    line: list[tuple[float, float]] = field(default_factory=list)  # the stroke or lasso that is being drawn, pixels of `line_region`
    line_region: int = 0
    waiting: str = ""  # the object that Blender has to prepare before it can be pointed at
    waiting_for: int = 0  # its session id
    said: str = ""  # what there is to say of the last move or click, until the next
    refused: str = ""  # why nothing was made of what is picked, until something else is
    chosen_before: tuple[str, str] | None = None  # the scene, and what Enter made there when picking began
    prepared: set[int] = field(default_factory=set)  # session ids of large objects
    edited: set[int] = field(default_factory=set)
    is_outdated: bool = False
    around: tuple[str, Surroundings, Surroundings] | None = None  # of the view layer: what can be picked, and what else there is
    version: int = 0  # of what is taken

    # ---- pointing ----------------------------------------------------------------------------------------------------

    def look(
        self,
        origin: Vector,
        direction: Vector,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
        may_wait: bool = False,
    ) -> bool:
        """Points along a ray of the world. Whether there is anything new to show.

        With `may_wait` a large object that Blender has not prepared yet is not looked at: it is `waiting` then, until `prepare`.
        """
        self.refresh()
        before = self._shown()
        self.waiting = self.said = ""
        self.pointed = self._met(origin, direction, depsgraph, view_layer, space, may_wait)
        self._find_followers(view_layer, space)
        if before[0] != self._shown()[0]:
            self.typed = ""
        return before != self._shown()

    def away(self) -> bool:
        """Points at nothing. Whether there is anything new to show."""
        before = self._shown()
        self.pointed, self.waiting, self.said = None, "", ""
        return before != self._shown()

    def prepare(self, depsgraph: bpy.types.Depsgraph) -> None:
        """Lets Blender prepare the object that is `waiting`, however long it takes: half a second for a million faces."""
        object_ = session_ids.find(bpy.data.objects, self.waiting_for, self.waiting)
        self.waiting = ""
        if object_ is not None and object_.type == "MESH":
            object_.evaluated_get(depsgraph).ray_cast(Vector((0.0, 0.0, 0.0)), Vector((0.0, 0.0, 1.0)))
            self.prepared.add(object_.session_uid)

    def _shown(self) -> tuple:
        pointed = self.pickable()
        node = pointed.levels.node_at(self.pointed.leaf, pointed.level) if pointed and self.pointed else None
        return (pointed.uid if pointed else None, node, self.followers if self.in_all else ()), self.waiting, self.said

    def pickable(self) -> Pickable | None:
        """The object that the cursor points at."""
        return self.objects.get(self.pointed.uid) if self.pointed is not None else None

    def leaves(self) -> NDArray[np.int64]:
        """The leaves of the part that the cursor points at, at the current level: (n,), empty where it points at nothing."""
        pickable = self.pickable()
        if pickable is None or self.pointed is None:
            return np.empty(0, np.int64)
        return pickable.levels.leaves(pickable.levels.node_at(self.pointed.leaf, pickable.level))

    def step(self, by: int) -> bool:
        """Goes `by` steps up the tree (down, where negative) from the part under the cursor. Whether there is a cursor to do so."""
        pickable = self.pickable()
        if pickable is None or self.pointed is None:
            return False
        pickable.level = pickable.levels.stepped(self.pointed.leaf, pickable.level, by)
        self.typed = ""
        return True

    def type(self, digit: str) -> bool:
        """Takes in a digit of the number of parts ("" takes the last one away). Whether there is an object to have so many."""
        pickable = self.pickable()
        if pickable is None:
            return False
        typed = (self.typed + digit)[-_MOST_DIGITS:] if digit else self.typed[:-1]
        self.typed = typed.lstrip("0")
        if self.typed:
            pickable.level = pickable.levels.level_of_count(int(self.typed))
        return True

    # ---- picking -----------------------------------------------------------------------------------------------------

    def take(self, action: str = "TAKE") -> bool:
        """Takes the part under the cursor, adds it or removes it. Whether there is one.

        While the session `is_learning`, this is an example of what belongs, or does not, and what is alike follows it.
        """
        pickable = self.pickable()
        if pickable is None or self.pointed is None:
            return False
        examples = () if action == "TAKE" else self.now.examples.get(pickable.mesh_uid, ())
        examples = (*examples, Example(self.pointed.leaf, self.pointed.location, action != "REMOVE"))
        chosen = np.zeros(pickable.leaf_count, bool)
        chosen[self.leaves()] = True
        if self.is_learning:
            chosen = self._learned(pickable, examples, chosen)
        self.choose({**self._same(chosen)[0], pickable.mesh_uid: chosen}, action, {pickable.mesh_uid: examples})
        return True

    def choose(self, chosen: Mapping[int, Bools], action: str = "TAKE", examples: Mapping[int, tuple[Example, ...]] | None = None) -> None:
        """Takes leaves by session id of their mesh, adds them or removes them, as one step that can be taken back."""
        leaves = {} if action == "TAKE" else dict(self.now.leaves)
        for mesh_uid, its in chosen.items():
            former = leaves.get(mesh_uid, np.zeros(len(its), bool))
            leaves[mesh_uid] = former & ~its if action == "REMOVE" else former | its
        self._step(Picked(leaves, {**(self.now.examples if action != "TAKE" else {}), **(examples or {})}))

    def learn_or_not(self) -> bool:
        """Begins to learn from clicks what belongs together, or ends that. True: there is something new to show."""
        self.is_learning = not self.is_learning
        return True

    def follow_or_not(self) -> bool:
        """Lets clicks apply to the same part of the followers too, or not any more. True: there is something new to show."""
        self.in_all = not self.in_all
        return True

    def take_back(self) -> bool:
        """Undoes the last click. Whether there was one."""
        if self.before:
            self.after.append(self.now)
            self._set(self.before.pop())
            return True
        return False

    def bring_back(self) -> bool:
        """Does again what was taken back. Whether there was anything."""
        if self.after:
            self.before.append(self.now)
            self._set(self.after.pop())
            return True
        return False

    def picked(self) -> dict[bpy.types.Object, Bools]:
        """What is picked, by object; of several that share a mesh it is the one that was pointed at first."""
        found: dict[int, tuple[bpy.types.Object, Bools]] = {}
        for pickable in self.objects.values():
            object_, leaves = pickable.object(), self.now.leaves.get(pickable.mesh_uid)
            if object_ is not None and leaves is not None and leaves.any():
                found.setdefault(pickable.mesh_uid, (object_, leaves))
        return dict(found.values())

    def to_commit(self) -> dict[bpy.types.Object, Bools]:
        """What Enter makes something of: what is picked, else the part under the cursor, as a click would take it. Nothing changes."""
        if picked := self.picked():
            return picked
        trial = replace(self, before=[], after=[])
        trial.take()
        return trial.picked()

    def _find_followers(self, view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D | None) -> None:
        """Looks up who follows the object under the cursor: what was matched with it, is visible, and is selected or picked from."""
        pickable = self.pickable()
        mesh = pickable.mesh() if pickable is not None else None
        found: list[bpy.types.Object] = []
        if mesh is not None and twins.may_have_some(mesh):  # many objects may be selected
            picked = (pickable.object() for pickable, _ in self._picked_pickables())
            chosen = [*view_layer.objects.selected, *(o for o in picked if o is not None)]
            found = twins.among(mesh, _visible(chosen, view_layer, space))
        self.followers = tuple(o.session_uid for o in found if self._surface(o)[1] == "")

    def _same(self, chosen: Bools) -> tuple[dict[int, Bools], str]:
        """What is the same as leaves of the object under the cursor: leaves by session id of the mesh, and what there is to say."""
        pickable = self.pickable()
        own = pickable.object() if pickable is not None else None
        if own is None or not self.in_all:
            return {}, ""
        others = [o for uid in self.followers if uid in self.objects and (o := self.objects[uid].object()) is not None]
        found = twins.same(own, chosen, others)
        return {o.data.session_uid: leaves for o, leaves in found.leaves.items()}, found.remark

    def _same_as_pointed(self) -> tuple[dict[int, Bools], str]:
        """The same of the part under the cursor, found once for as long as it lies there."""
        pickable = self.pickable()
        if pickable is None or not self.in_all or not self.followers:
            return {}, ""
        mesh = pickable.mesh()
        trees = [p.levels.tree for uid in (pickable.uid, *self.followers) if (p := self.objects.get(uid)) is not None]
        key = self._shown()[0], trees, mesh.partgen.scale if mesh is not None else None
        if self.same_now is None or self.same_now[0] != key:
            chosen = np.zeros(pickable.leaf_count, bool)
            chosen[self.leaves()] = True
            self.same_now = key, *self._same(chosen)
        return self.same_now[1:]

    def _learned(self, pickable: Pickable, examples: Sequence[Example], pointed: Bools) -> Bools:
        """The leaves that the last of several clicks on a mesh adds or removes, judging by all; `pointed` where that cannot be told.

        A click that says what belongs only adds, one that says what does not only removes: however little there is to learn from,
        no click undoes what others did.
        """
        mesh, last = pickable.mesh(), examples[-1]
        if mesh is None:
            return pointed
        learner = self.learners.get(pickable.mesh_uid)
        if learner is None or learner.tree is not pickable.levels.tree:
            learner = self.learners[pickable.mesh_uid] = Learner.of(mesh, pickable.levels.tree)
        meant = learner.meant(examples)
        if meant is None:
            return pointed
        changed = meant if last.is_wanted else ~meant
        changed[last.leaf] = True
        return changed

    def _step(self, picked: Picked) -> None:
        self.before.append(self.now)
        self.after.clear()
        self._set(picked)

    def _set(self, picked: Picked) -> None:
        self.now, self.refused = picked, ""
        self.version += 1

    # ---- drawing over the picture ------------------------------------------------------------------------------------

    def choose_drawn(
        self,
        path: Sequence[tuple[float, float]],
        view: sight.View,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
        action: str = "TAKE",
        radius: float = STROKE_RADIUS,
    ) -> bool:
        """Takes the parts that a stroke or a lasso over a picture means. Whether it means any."""
        line = np.asarray(path, np.float64)
        if outlines.is_lasso(line):
            chosen = self.meant_by_lasso(line, view, depsgraph, view_layer, space)
        else:
            chosen = self.meant_by_stroke(line, view, depsgraph, view_layer, space, radius)
        if chosen:
            self.choose(chosen, action)
        self.said = "" if chosen else "No part lies mostly within this line"
        return bool(chosen)

    def meant_by_lasso(
        self,
        path: Floats,
        view: sight.View,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
    ) -> dict[int, Bools]:
        """The leaves that a closed line (n, 2) over a picture means, by session id of their mesh; levels follow."""
        # What lies farther away than the lasso is large belongs to parts that reach far out of it.
        places = outlines.grid(outlines.grown(outlines.box_of(path), 1.0), view.width, view.height, SAMPLES)
        return self._meant(view, places, outlines.within_lasso(path, places), depsgraph, view_layer, space, meaning.meant_by_area)

    def meant_by_stroke(
        self,
        path: Floats,
        view: sight.View,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
        radius: float = STROKE_RADIUS,
    ) -> dict[int, Bools]:
        """The leaves that an open line (n, 2) over a picture means, by session id of their mesh; levels follow."""
        box = outlines.box_of(path, radius)
        # The parts are measured by what one sees of them: the stroke's own places would show only a strip.
        wide = outlines.grid(outlines.grown(box, 1.0), view.width, view.height, SAMPLES // 2)
        dense = outlines.grid(box, view.width, view.height, SAMPLES // 2)
        places = np.concatenate([wide, dense[outlines.within_stroke(path, dense, radius)]])
        is_masked = outlines.within_stroke(path, places, radius)
        return self._meant(view, places, is_masked, depsgraph, view_layer, space, meaning.meant_by_stroke)

    def meant_by_image(
        self,
        pixels: NDArray[np.float32],
        view: sight.View,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
    ) -> dict[int, Bools]:
        """The leaves that an image (h, w, 4), stretched over a picture, means, by session id of their mesh; levels follow."""
        places = outlines.grid((0.0, 0.0, view.width, view.height), view.width, view.height, 2 * SAMPLES)
        is_masked = outlines.within_image(pixels, places, view.width, view.height)
        return self._meant(view, places, is_masked, depsgraph, view_layer, space, meaning.meant_by_area)

    def _meant(
        self,
        view: sight.View,
        places: Floats,
        is_masked: Bools,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None,
        means: Means,
    ) -> dict[int, Bools]:
        self.refresh()
        own = _visible(overlay.decomposed_objects(view_layer), view_layer, space)
        surfaces = [(*self._surface(o), o) for o in own if view.may_show(o, places, depsgraph).any()]
        others = self._around(view_layer, depsgraph)[1]
        seen = sight.look(view, places, [(surface, o) for surface, _, o in surfaces], others, depsgraph, view_layer, space)
        chosen: dict[int, Bools] = {}
        for number, (pickable, _, _) in enumerate(surfaces):
            if not isinstance(pickable, Pickable):
                continue
            own = seen.number == number
            tree, nodes = pickable.levels.tree, pickable.levels.nodes
            found = means(tree, nodes, seen.leaf[own], seen.points[own], is_masked[own])
            if found is not None:
                pickable.level = found.level
                chosen[pickable.mesh_uid] = chosen.get(pickable.mesh_uid, False) | found.leaves
        return chosen

    # ---- what is told ------------------------------------------------------------------------------------------------

    def title(self) -> str:
        """What lies under the cursor, for the legend."""
        pickable = self.pickable()
        if self.waiting:
            return f"Preparing {self.waiting}: it has many faces"
        if pickable is None or self.pointed is None:
            return "Point at a part"
        node = pickable.levels.node_at(self.pointed.leaf, pickable.level)
        share = _percent(float(pickable.levels.areas[node]))
        count = pickable.levels.count(pickable.level)
        return f"{share} of {pickable.name}, as one of {'1 part' if count == 1 else f'{count:,} parts'}"

    def remark(self) -> str:
        """What stands beside it: the number that is typed, what is picked, and what went wrong; "" where there is nothing."""
        typed = f"Parts: {self.typed}" if self.typed else ""
        return " · ".join(filter(None, (self.refused, self.said, typed, self.picked_in_words(), self._learning_in_words())))

    def same_in_words(self) -> str:
        """What a click on the part under the cursor means in other objects, "" where nothing."""
        return self._same_as_pointed()[1]

    def _learning_in_words(self) -> str:
        if not self.is_learning:
            return ""
        examples = [example for its in self.now.examples.values() for example in its]
        wanted = sum(example.is_wanted for example in examples)
        return f"Learning from {len(examples)} clicks, {len(examples) - wanted} of them against" if examples else "Learning from clicks"

    def picked_in_words(self) -> str:
        """What is picked, in a few words; "" where nothing is."""
        shares = [(p.name, float(p.levels.areas[: p.leaf_count][leaves].sum())) for p, leaves in self._picked_pickables()]
        if not shares:
            return ""
        return "Picked: " + ", ".join(f"{_percent(share)} of {name}" for name, share in shares[:3]) + (" and more" if shares[3:] else "")

    def _picked_pickables(self) -> Iterator[tuple[Pickable, Bools]]:
        seen: set[int] = set()
        for pickable in self.objects.values():
            leaves = self.now.leaves.get(pickable.mesh_uid)
            if leaves is not None and leaves.any() and pickable.mesh_uid not in seen:
                seen.add(pickable.mesh_uid)
                yield pickable, leaves

    # ---- what is drawn -----------------------------------------------------------------------------------------------

    def surfaces(
        self,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None = None,
        opacity: float = 0.0,
    ) -> list[overlay.Surface]:
        """What is to be drawn: the objects that were pointed at, their parts paled (`opacity` 0: not at all), what is picked bright."""
        self.refresh()
        found: list[overlay.Surface] = []
        for pickable in self.objects.values():
            object_ = pickable.object()
            if object_ is None or not any(_visible([object_], view_layer, space)):
                continue
            batch = pickable.uploaded(object_, depsgraph)
            if batch is not None:
                found.append((object_.matrix_world, batch, self._table(pickable, opacity)))
        return found

    def colors(self, pickable: Pickable, opacity: float = 0.0) -> NDArray[np.float32]:
        """The colors of an object's leaves as they are now: (L, 4) float32, scene-linear, with alpha."""
        colors = pickable.part_colors(opacity).copy()
        taken = self.now.leaves.get(pickable.mesh_uid)
        if taken is not None:
            colors[taken] = _TAKEN
        leaves = self._lit(pickable)
        if len(leaves):
            colors[leaves] = _POINTED
            if taken is not None:
                colors[leaves[taken[leaves]]] = _POINTED_AND_TAKEN
        return colors

    def _lit(self, pickable: Pickable) -> NDArray[np.int64]:
        """The leaves of an object that light up because of the part under the cursor: (n,)."""
        pointed = self.pickable()
        if pointed is not None and pointed.mesh_uid == pickable.mesh_uid:
            return self.leaves()
        same = self._same_as_pointed()[0].get(pickable.mesh_uid)
        return np.flatnonzero(same) if same is not None else np.empty(0, np.int64)

    def _table(self, pickable: Pickable, opacity: float) -> gpu.types.GPUTexture:
        pointed = self.pickable()
        is_pointed = pointed is not None and (pointed.mesh_uid == pickable.mesh_uid or pickable.mesh_uid in self._same_as_pointed()[0])
        key = (pickable.levels.tree, pickable.level, opacity, self.version, self._shown()[0] if is_pointed else None)
        if pickable.table is None or pickable.table[0] != key:
            pickable.table = key, overlay.color_table(self.colors(pickable, opacity))
        return pickable.table[1]

    # ---- keeping up --------------------------------------------------------------------------------------------------

    def notice(self, depsgraph: bpy.types.Depsgraph) -> None:
        """Takes in what Blender says has changed."""
        if self.around is not None and not surroundings.follow(self.around[1:], depsgraph):
            self.around = None
        for update in depsgraph.updates:
            if isinstance(update.id, bpy.types.Object | bpy.types.Mesh) and update.is_updated_geometry:
                self.edited.add(update.id.original.session_uid)

    def look_again(self) -> None:
        """Anything may have changed: after undo and redo."""
        self.is_outdated = True
        self.around = None
        self.prepared.clear()

    def refresh(self) -> None:
        """Lets go of what is no longer there or has other parts now, and of copies of what was edited."""
        for uid, pickable in list(self.objects.items()):
            mesh = pickable.mesh()
            tree = regrouping.tree_of(mesh) if mesh is not None else None
            if mesh is None or tree is None:
                self._drop(uid)
            elif tree is not pickable.levels.tree:
                self._follow(pickable, mesh)
            if self.is_outdated or {uid, pickable.mesh_uid} & self.edited:
                pickable.let_go()
        self.prepared -= self.edited
        self.edited = set()
        self.is_outdated = False
        if self.pointed is not None and self.pointed.uid not in self.objects:
            self.pointed = None
        overlay.leave_out(self.objects)

    def _drop(self, uid: int) -> None:
        """Forgets an object; what was picked of its mesh too, where nothing else that was pointed at has it."""
        gone = self.objects.pop(uid)
        if not any(p.mesh_uid == gone.mesh_uid for p in self.objects.values()):
            self._forget_taken(gone.mesh_uid)

    def _follow(self, pickable: Pickable, mesh: bpy.types.Mesh) -> None:
        """Takes over a tree that was read anew. What is picked stays picked where it is the same tree, else it means nothing now."""
        former = pickable.levels.tree
        pickable.levels = regions.levels_of(mesh)
        pickable.leaf_count = pickable.levels.tree.leaf_count
        pickable.base = pickable.table = None
        if np.array_equal(former.merges, pickable.levels.tree.merges):
            return
        pickable.let_go()
        pickable.level = pickable.levels.level_of_scale(mesh.partgen.scale)
        self._forget_taken(pickable.mesh_uid)
        if self.pointed is not None and self.pointed.uid == pickable.uid:
            self.pointed = None

    def _forget_taken(self, mesh_uid: int) -> None:
        self.before = [picked.without(mesh_uid) for picked in self.before]
        self.after = [picked.without(mesh_uid) for picked in self.after]
        self.learners.pop(mesh_uid, None)
        self._set(self.now.without(mesh_uid))

    # ---- rays --------------------------------------------------------------------------------------------------------

    def _met(
        self,
        origin: Vector,
        direction: Vector,
        depsgraph: bpy.types.Depsgraph,
        view_layer: bpy.types.ViewLayer,
        space: bpy.types.SpaceView3D | None,
        may_wait: bool,
    ) -> Pointed | None:
        """The nearest leaf along a ray; None where there is none, something else lies before it, or Blender has to prepare it first."""
        own, others = self._around(view_layer, depsgraph)
        start, way = np.array(origin), np.array(direction.normalized())
        nearest, is_front, pointed, reason = np.inf, False, None, ""
        for number in own.crossed(start, way, np.inf):
            standing = own.standing(number, view_layer, space)
            if standing is None:
                continue
            object_ = standing[0]
            if may_wait and self._must_wait(object_, depsgraph):
                return None
            surface, problem = self._surface(object_)
            hit = surface.hit(object_, origin, direction, depsgraph)
            its_front = surroundings.in_front(object_, space)
            if hit is None or (not its_front, hit.distance) >= (not is_front, nearest):
                continue
            nearest, is_front, pointed, reason = hit.distance, its_front, None, problem
            if hit.leaf is None:
                reason = f"The modifiers of {object_.name} make its faces anew: turn them off in the viewport to pick its parts"
            elif not problem:
                pointed = Pointed(surface.uid, hit.leaf, hit.location)
        if not np.isfinite(nearest):
            return None
        numbers = others.crossed(start, way, nearest, space, is_front) if may_wait else ()
        before_it = (others.standing(number, view_layer, space) for number in numbers)
        if any(self._must_wait(standing[0], depsgraph) for standing in before_it if standing is not None):
            return None
        if others.cover(origin, direction, nearest, depsgraph, view_layer, space, is_front):
            return None
        self.said = reason
        return pointed

    def _must_wait(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bool:
        """Whether Blender has to prepare a large object first, which is then what the session waits for."""
        if object_.type != "MESH" or object_.session_uid in self.prepared:
            return False
        shown = object_.evaluated_get(depsgraph).data
        if len(shown.polygons) < LARGE:
            return False
        self.waiting, self.waiting_for = object_.name, object_.session_uid
        return True

    def _around(self, view_layer: bpy.types.ViewLayer, depsgraph: bpy.types.Depsgraph) -> tuple[Surroundings, Surroundings]:
        """What can be picked in a view layer, and what else stands there."""
        if self.around is None or self.around[0] != view_layer.name:
            own = {o.session_uid for o in overlay.each_decomposed(view_layer)}
            self.around = view_layer.name, *Surroundings.parted(view_layer, own, depsgraph)
        return self.around[1:]

    def _surface(self, object_: bpy.types.Object) -> tuple[SurfaceOnScreen, str]:
        """What is held of an object, and "", or, where it has no tree that can be used, its bare surface and the reason."""
        try:
            return self._pickable(object_), ""
        except PartgenError as error:
            return SurfaceOnScreen(object_.name, object_.session_uid, 1), f"{object_.name}: {error}"

    def _pickable(self, object_: bpy.types.Object) -> Pickable:
        """What is held of an object. Raises PartgenError where it has no tree that can be used."""
        known = self.objects.get(object_.session_uid)
        if known is not None:
            return known
        mesh = object_.data
        levels = regions.levels_of(mesh)
        level = levels.level_of_scale(mesh.partgen.scale)
        shared = next((p for p in self.objects.values() if p.mesh_uid == mesh.session_uid), None)
        made = Pickable(
            object_.name, object_.session_uid, levels.tree.leaf_count, mesh_name=mesh.name, mesh_uid=mesh.session_uid,
            levels=levels, level=shared.level if shared else level,
        )  # fmt: skip
        self.objects[object_.session_uid] = made
        overlay.leave_out(self.objects)
        return made


def _visible(
    objects: Iterator[bpy.types.Object] | Sequence[bpy.types.Object], view_layer: bpy.types.ViewLayer, space: bpy.types.SpaceView3D | None
) -> Iterator[bpy.types.Object]:
    """Those of `objects` that a viewport shows (local view too), or without one a view layer, and that are not being edited."""
    viewport = {} if space is None else {"viewport": space}
    for object_ in objects:
        if object_.mode != "EDIT" and object_.visible_get(view_layer=view_layer, **viewport):
            yield object_


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1g} %"


_session: Session | None = None


def current() -> Session | None:
    """What is being picked."""
    return _session


def obstacle(view_layer: bpy.types.ViewLayer) -> str:
    """Why nothing can be picked, and what to do, as a tooltip has it; "" where something can. Fast enough for a panel's draw."""
    if any(_visible(overlay.each_decomposed(view_layer), view_layer, None)):
        return ""
    return "Decompose an object first: its parts can be picked then (those of Apply are objects already)"


def start(view_layer: bpy.types.ViewLayer) -> Session:
    """Begins to pick among all decomposed objects that are visible. Raises PartgenError where there are none."""
    global _session
    stop()
    if reason := obstacle(view_layer):
        raise PartgenError("pick.nothing_decomposed", f"{reason}.")
    _session = Session()
    preferences.redraw_viewports()
    return _session


def stop() -> None:
    """Ends picking: everything looks as before."""
    global _session
    if _session is not None:
        _session = None
        overlay.leave_out()
        preferences.redraw_viewports()
