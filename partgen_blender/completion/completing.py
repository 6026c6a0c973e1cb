"""Completing parts: which are asked for, in what surroundings, and what is done with those that come back.

    complete([lamp_part_01, lamp_part_02])   # asks, changes nothing, returns at once; `jobs.pump` inserts what came, as one undo step

The backend sees the whole source with the parts that it was taken apart into, so that every part knows its neighbours. A part
that was edited since is no longer what lies there: it is completed by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.protocol import CompleteForecast, CompleteRequest, CompleteResult, Result

from .. import applying, collections, explode, jobs, mesh_data, messages, preferences, stored_tree, wording
from . import patches, proposals, replacing, stitching
from .methods import has_steps, is_drawn_by_seed, method_of, model_of
from .patches import Patch
from .proposals import Maker, Proposal


@dataclass(frozen=True)
class Wishes:
    """How parts are to be completed. `model` is the id of the method's weights, "" for its own choice; `reach` in [0, 1] how far parts go
    on into their neighbours, `flat_cuts` whether they end where their border lies in a plane; `seed` that of the first of so many
    `proposals`; `steps` how many a model takes that generates in steps, 0 for its own choice; `inner` the name of the material of
    generated faces, "" for one that is made; `apply_with` how objects are made of parts that are none yet."""

    method: str = "auto"
    model: str = ""
    reach: float = 1.0
    remesh: bool = False
    seed: int = 0
    steps: int = 0
    proposals: int = 1
    inner: str = ""
    apply_with: tuple[str, bool] = ("NONE", True)
    flat_cuts: bool = True


DEFAULT_WISHES = Wishes()

_OPEN = (
    "Open for Blender where vertices are doubled: after a Boolean, at seams of an imported file or between joined objects. "
    "To weld it, choose Mesh, Merge, By Distance in Edit Mode."
)
_BRIDGED = (
    "Closed by faces without area where vertices are doubled: after a Boolean, at seams of an imported file or between joined objects. "
    "To do without them, weld the object before it is decomposed: Mesh, Merge, By Distance in Edit Mode."
)
_UNLIKE = (
    "Its parts were completed in different ways (methods, models, reaches, flat cuts, seeds or steps), so where they meet they may "
    "overlap or leave gaps. Complete all parts together to have them fit."
)


@dataclass(eq=False)
class _Target:
    """A part that was asked for: how to find its object when the answer comes, and the patch that the backend was given.

    `patch.vertices` are vertices of the request. `uid` is 0 where the part is no object yet.
    """

    name: str
    uid: int
    leaves: bytes
    patch: Patch


@dataclass(kw_only=True)
class Completion(jobs.Job):
    """Parts of one object, or one edited part by itself, on their way through the backend."""

    title = "Complete"
    done = "completed"

    targets: dict[int, _Target]  # by the number that the request gives them
    wishes: Wishes
    results: dict[int, list[CompleteResult]] = field(default_factory=dict)  # the proposals of every part, as they came
    forecasts: dict[int, float] = field(default_factory=dict)  # how true those of every seed are expected to be, where that is known

    @property
    def lines(self) -> list[str]:
        parts = [f"{len(self.results)} of {len(self.targets)} parts done"] if len(self.targets) > 1 else []
        return [*parts, self.stage]

    @property
    def is_worth_keeping(self) -> bool:
        return bool(self.results)

    def take(self, result: Result) -> None:
        if isinstance(result, CompleteForecast):
            self.forecasts[result.seed] = result.expected_overlap
            return
        assert isinstance(result, CompleteResult)
        self.results.setdefault(result.part, []).append(result)

    def insert(self) -> list[str]:
        object_ = jobs.object_of(self)
        parts = self._parts(object_)
        closed, ways = 0, Counter[str]()
        notes: dict[str, list[str]] = {}
        for number, results in sorted(self.results.items()):
            part = parts[number]
            left_behind = replacing.left_behind(part.data)
            shown = self._close(part, self.targets[number], results)
            if shown is not None:
                closed += 1
                ways[shown.made_by] += 1
                for note in (*shown.notes, left_behind if shown.replaces else "", _on_doubled_vertices(part.data)):
                    if note:
                        notes.setdefault(note, []).append(part.name)
        for note, names in notes.items():
            messages.tell("INFO", f"{wording.names_in_words(names)}: {note}")
        for note in self.notes:
            messages.tell("INFO", note)
        _tell_unlike(parts.values())
        _settle(parts.values())
        if not closed:
            raise PartgenError("parts.not_completed", f"No part of {self.object_name} was completed.")
        return [_in_words(self.object_name, closed, len(self.targets), ways)]

    def _parts(self, object_: bpy.types.Object) -> dict[int, bpy.types.Object]:
        """The object of every part that was asked for, made where it is none yet. Raises PartgenError where one is no longer there."""
        if any(not target.uid for target in self.targets.values()) and not collections.parts_of(object_):
            hierarchy, keep_shading = self.wishes.apply_with
            applying.apply(object_, hierarchy, keep_shading)
        by_uid = {o.session_uid: o for o in bpy.data.objects if o.users_scene}
        by_leaves = {collections.leaves_of(part).tobytes(): part for part in collections.parts_of(object_)}
        found = {}
        for number, target in self.targets.items():
            part = by_uid.get(target.uid) or by_leaves.get(target.leaves)
            if number in self.results and part is None:
                sentence = f"{target.name} is no longer there: it was deleted, or the parts were regrouped while it was being completed."
                raise PartgenError("part.gone", sentence, "Complete the parts again.")
            if part is not None:
                found[number] = part
        return found

    def _close(self, part: bpy.types.Object, target: _Target, results: list[CompleteResult]) -> CompleteResult | None:
        """Gives a part its proposals, those first that are expected to be truest, else in the order of their seeds. Returns the one that it
        shows; None, with a message, where it stays open."""
        ranked = sorted(results, key=lambda result: -self.forecasts.get(result.seed, 0.0))
        good = [result for result in ranked if not result.problem]
        try:
            patches.require_editable(part)
            if not mesh_data.is_same_surface(patches.patch_of(part.data, part.name).polygons, target.patch.polygons):
                sentence = f"{part.name} was edited while it was being completed, so the result no longer fits it."
                raise PartgenError("mesh.edited", sentence, "Complete it again.")
            if not good:
                raise PartgenError("part.open", f"{part.name} stays open: {results[0].problem}", results[0].remedy)
        except PartgenError as error:
            messages.tell_error(error, "WARNING")
            return None
        surface = proposals.surface_of(target.patch.polygons)
        proposals.add(part, [self._proposal(result, target.patch, surface) for result in good])
        return good[0]

    def _proposal(self, result: CompleteResult, patch: Patch, surface: str) -> Proposal:
        kept = np.searchsorted(patch.vertices, result.kept_vertices).astype(np.int32)
        addition = stitching.Addition(kept, result.added_vertices, result.generated_faces)
        expected = self.forecasts.get(result.seed, 0.0)
        wishes = self.wishes
        maker = Maker(
            result.method, result.made_by, result.weights, result.seed, wishes.reach, wishes.steps, expected, wishes.flat_cuts
        )
        return Proposal(maker, addition, surface, result.replaces, self.wishes.inner)


# ---- asking ----------------------------------------------------------------------------------------------------------


def complete(objects: Iterable[bpy.types.Object], wishes: Wishes = DEFAULT_WISHES) -> list[jobs.Job]:
    """Asks the backend to complete `objects` and returns at once; `jobs.pump` inserts what comes back, all as one undo step.

    Each is a part that Apply made, or a decomposed object, of which all parts are meant; these become objects first where they
    are none. Raises PartgenError, with nothing started, where there is no backend, or nothing that can be completed.
    """
    return _complete([(objects, wishes)])


def _complete(asked_for: Iterable[tuple[Iterable[bpy.types.Object], Wishes]]) -> list[jobs.Job]:
    """As `complete`, for objects with different wishes: all as one undo step."""
    client = jobs.begin()
    started: list[jobs.Job] = []
    problems: list[PartgenError] = []
    asked: list[tuple[Completion, CompleteRequest]] = []
    for objects, wishes in asked_for:
        for source, parts in _by_source(objects).items():
            try:
                asked += _requests(source, parts, wishes, problems)
            except PartgenError as error:
                problems.append(error)
    for job, request in asked:
        job.batch = started
        started.append(job)
        jobs.start(client, job, request)
    if not asked and not problems:
        problems.append(PartgenError("parts.none", "Nothing that is selected has parts.", "Decompose it first."))
    jobs.tell_problems(problems, started)
    return started


def reroll(parts: Iterable[bpy.types.Object], wishes: Wishes = DEFAULT_WISHES) -> list[jobs.Job]:
    """Asks for one proposal more of each of `parts`, each by the method, model and steps and with the reach that made the one that it
    shows, flat cuts or not, and with a seed that none of them has had. The rest of `wishes` counts as in `complete`, which raises as
    this does."""
    alike: dict[tuple[str, str, int, float, bool, bool], list[bpy.types.Object]] = {}
    for part in parts:
        shown = proposals.shown(part.data)
        if shown is not None and is_drawn_by_seed(shown.maker.method):
            maker = shown.maker
            model = maker.weights if model_of(method_of(maker.method), maker.weights) else ""
            alike.setdefault((maker.method, model, maker.steps, maker.reach, maker.flat_cuts, shown.is_remeshed), []).append(part)
    if not alike:
        sentence = "No selected part was completed by a method that can give another result."
        raise PartgenError("proposal.no_seed", sentence, "Complete it by a method that generates.")
    asked_for = []
    for (method, model, steps, reach, flat_cuts, remesh), members in alike.items():
        seed = max(proposals.next_seed(part.data) for part in members)
        same = replace(wishes, method=method, model=model, steps=steps, reach=reach, flat_cuts=flat_cuts, remesh=remesh)
        asked_for.append((members, replace(same, seed=seed, proposals=1)))
    return _complete(asked_for)


def choose(parts: Iterable[bpy.types.Object], number: int = 0, step: int = 1) -> int:
    """Shows the proposal `number` of each of `parts` that has several, counted from 1; with 0 the one that is `step` further on,
    around at the end. Returns of how many parts. Raises PartgenError, and changes nothing, where one of them cannot show it.
    """
    wanted = {}
    for part in _completed(parts):
        now = proposals.shown(part.data)
        if now is not None and now.count > 1:
            wanted[part] = number or (now.number - 1 + step) % now.count + 1
    for part, of_part in wanted.items():
        proposals.require(part, of_part)
    for part, of_part in wanted.items():
        proposals.show(part, of_part)
    _tell_unlike(wanted)
    _settle(wanted)
    return len(wanted)


def keep(parts: Iterable[bpy.types.Object]) -> int:
    """Forgets the proposals that `parts` do not show. Returns how many. Raises PartgenError where one cannot be changed."""
    return sum(proposals.keep(part) for part in _completed(parts))


def reopen(parts: Iterable[bpy.types.Object]) -> int:
    """Takes from `parts` what their completion made. Returns of how many. Raises PartgenError, and changes nothing, where one
    cannot be changed."""
    completed = _completed(parts)
    for part in completed:
        stitching.reopen(part)
    _settle(completed)
    return len(completed)


def _completed(parts: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those of `parts` that are completed, one of each mesh: objects that share one are completed together.

    Raises PartgenError where one cannot be changed."""
    found = {part.data.session_uid: part for part in parts if part.type == "MESH" and patches.is_completed(part.data)}
    for part in found.values():
        patches.require_editable(part)
    return list(found.values())


def _tell_unlike(parts: Iterable[bpy.types.Object]) -> None:
    """Tells of the objects that `parts` were taken from where their completed parts do not fit each other."""
    for source in {source.session_uid: source for source in map(applying.source_of, parts) if source is not None}.values():
        completed = (proposals.shown(part.data) for part in applying.parts_of_this_tree(source))
        if len({_way(shown) for shown in completed if shown is not None and shown.maker.made_by != "whole"}) > 1:
            messages.tell("INFO", f"{source.name}: {_UNLIKE}")


def _way(shown: proposals.Shown) -> tuple[str, str, float, bool, int, int]:
    """How a part was made, in what decides whether it fits others: method, weights, reach, flat cuts, seed and steps, where these are
    heeded."""
    maker, method = shown.maker, method_of(shown.maker.method)
    reach = maker.reach if method is None or method.has_reach else 0.0
    flat_cuts = maker.flat_cuts if method is None or method.has_flat_cuts else False
    seed = maker.seed if is_drawn_by_seed(maker.method) else 0
    return maker.method, maker.weights, reach, flat_cuts, seed, maker.steps if has_steps(method, maker.weights) else 0


def _on_doubled_vertices(mesh: bpy.types.Mesh) -> str:
    """What there is to say of a completed part whose vertices are doubled; "" of others."""
    if patches.open_edges(mesh):
        return _OPEN
    return _BRIDGED if mesh[patches.COMPLETED].get("bridges") else ""


def _settle(parts: Iterable[bpy.types.Object]) -> None:
    """Moves parts that changed their form to where the explode slider says, and shows them."""
    sources = {source.session_uid: source for source in map(applying.source_of, parts) if source is not None}
    for source in sources.values():
        collection = collections.collection_of(source)
        if collection is not None and collection.partgen.explode:
            explode.arrange(collection)
    preferences.redraw_viewports()


def _by_source(objects: Iterable[bpy.types.Object]) -> dict[bpy.types.Object, list[bpy.types.Object]]:
    """The sources of `objects`, and those of their parts that are meant; [] for all, where they are no objects yet."""
    found: dict[bpy.types.Object, list[bpy.types.Object]] = {}
    for object_ in objects:
        source = applying.source_of(object_)
        if source is None:
            continue
        meant = applying.parts_of_this_tree(source) if source == object_ else [object_]
        known = found.setdefault(source, [])
        known += [part for part in meant if part not in known]
    return found


def _requests(
    source: bpy.types.Object, parts: list[bpy.types.Object], wishes: Wishes, problems: list[PartgenError]
) -> list[tuple[Completion, CompleteRequest]]:
    """What to ask for `parts` of `source`: one request for all that lie as they were cut, and one for each that was edited since.

    Parts that cannot be completed are left out, and `problems` gets why. Raises PartgenError where the source itself cannot be read."""
    stored = stored_tree.require(source.data)
    polygons = mesh_data.read_polygons(source.data, source.name)
    labels, groups = _labels(source, stored)
    wanted: dict[int, _Target] = {}
    alone: list[tuple[bpy.types.Object, Patch]] = []
    for number in _numbers(groups, parts):
        cut = patches.of_polygons(polygons, np.flatnonzero(labels == number))
        part = next((o for o in parts if collections.leaves_of(o).tobytes() == groups[number]), None)
        try:
            patch = _editable_patch(part) if part is not None else cut
        except PartgenError as error:
            problems.append(error)
            continue
        if part is not None and not mesh_data.is_same_surface(patch.polygons, cut.polygons):
            alone.append((part, patch))
        else:
            name = part.name if part is not None else source.name
            wanted[number] = _Target(name, part.session_uid if part is not None else 0, groups[number], cut)
    linear = mesh_data.linear_part(source.matrix_world)
    asked = [_request(source, wanted, polygons, labels, linear, wishes)] if wanted else []
    for part, patch in alone:
        target = _Target(part.name, part.session_uid, b"", _alone(patch))
        asked.append(_request(part, {0: target}, patch.polygons, np.zeros(patch.polygons.count, np.int32), linear, wishes))
    return asked


def _editable_patch(part: bpy.types.Object) -> Patch:
    """The artist's own surface of a part. Raises PartgenError where there is none, or it cannot be changed."""
    patches.require_editable(part)
    return patches.patch_of(part.data, part.name)


def _labels(source: bpy.types.Object, stored: stored_tree.StoredTree) -> tuple[NDArray[np.int32], dict[int, bytes]]:
    """The part of every polygon of `source`, (P,), and the leaves of each part: as its objects are, else as it is grouped now.

    What belongs to no object any more, because that was deleted, is a part of its own: the others do not spread into it.
    """
    parts = applying.parts_of_this_tree(source)
    if not parts:
        labels = np.unique(stored.part_of_polygon(source.data.partgen.scale), return_inverse=True)[1].reshape(-1).astype(np.int32)
        leaves = [np.unique(stored.leaf_of_polygon[labels == number]) for number in range(int(labels.max()) + 1)]
        return labels, {number: members.astype(np.int32).tobytes() for number, members in enumerate(leaves)}
    of_leaf = np.full(stored.tree.leaf_count, len(parts), np.int32)
    for number, part in enumerate(parts):
        of_leaf[collections.leaves_of(part)] = number
    return of_leaf[stored.leaf_of_polygon], {number: collections.leaves_of(part).tobytes() for number, part in enumerate(parts)}


def _numbers(groups: dict[int, bytes], parts: list[bpy.types.Object]) -> list[int]:
    """The numbers of the groups that are meant: those of `parts`, all where there are none."""
    meant = {collections.leaves_of(part).tobytes() for part in parts}
    return [number for number, leaves in groups.items() if not parts or leaves in meant]


def _alone(patch: Patch) -> Patch:
    """The same patch as a mesh of its own, where it has all the vertices."""
    return Patch(patch.polygons, np.arange(len(patch.polygons.vertices), dtype=np.int32), np.arange(patch.polygons.count))


def _request(
    object_: bpy.types.Object,
    targets: dict[int, _Target],
    polygons: mesh_data.Polygons,
    labels: NDArray[np.int32],
    linear: NDArray[np.float64],
    wishes: Wishes,
) -> tuple[Completion, CompleteRequest]:
    request = CompleteRequest(
        object_.name,
        wishes.method,
        polygons.vertices,
        polygons.corner_vertices,
        polygons.polygon_offsets,
        labels,
        np.array(sorted(targets), np.int32),
        linear,
        wishes.reach,
        wishes.remesh,
        wishes.seed,
        wishes.proposals,
        wishes.model,
        wishes.steps,
        wishes.flat_cuts,
    )
    numbers = ",".join(map(str, sorted(targets)))
    job = Completion(
        subject=f"complete {object_.session_uid}: {numbers}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=polygons,
        targets=targets,
        wishes=wishes,
    )
    return job, request


def _in_words(name: str, closed: int, asked: int, ways: Counter[str]) -> str:
    """What came of it: "Lamp: 5 of 7 parts completed (caps 4, closed already 1)."."""
    said = ", ".join(f"{'closed already' if way == 'whole' else way} {count}" for way, count in ways.most_common())
    of = f"{closed} of {asked} parts" if closed < asked else "1 part" if asked == 1 else f"{asked} parts"
    return f"{name}: {of} completed ({said})."
