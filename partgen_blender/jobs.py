"""Jobs: objects that the backend is working on, from the button to the result on the mesh.

    decompose([lamp, chair])     # asks, changes nothing, returns at once (completion.completing is another that asks)
    pump()                       # called by a timer ten times a second: listens, and inserts what is finished

Starting a job changes nothing in the file and is no undo step; a result that is inserted is exactly one. Whatever happens
to the object, the file or the backend in between, a job ends with its result or with a message, never with half a change.
Between calls a job holds no reference to Blender's data, only names, session ids and its own copy of the geometry.
"""

from __future__ import annotations

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import bpy
from partgen.client import Client, Status, Stopped
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.protocol import Delivery, Done, Failed, Progress, Request, Result, SegmentRequest, SegmentResult

from . import (
    applying,
    backend,
    carrying,
    mesh_data,
    messages,
    originals,
    preferences,
    regrouping,
    stored_features,
    stored_identities,
    stored_tree,
    wording,
)

PUMP_SECONDS = 0.1
IDLE_SECONDS = 1.0
"""How often a backend without work is listened to: it may give back its memory, or end."""
# Ends of a request that the artist asked for: they need no message.
_NO_FAULT = ("cancelled", "superseded")


@dataclass(kw_only=True)
class Job(ABC):
    """One object on its way through the backend. What is done with it there, and with what comes back, is its class's."""

    title: ClassVar[str]  # what the artist asked for: "Decompose"
    done: ClassVar[str]  # the same when it is done: "decomposed"
    changes_file: ClassVar[bool] = True  # whether inserting changes anything that Undo is to take back

    subject: str  # what is worked on: a newer job for it replaces the older
    object_name: str
    object_uid: int
    polygons: mesh_data.Polygons
    batch: list[Job] = field(default_factory=list, repr=False)  # those with which it is one undo step, itself included; [] where alone
    request_id: int = 0
    fraction: float = 0.0
    stage: str = "Waiting for the backend"
    seconds_left: float | None = None
    is_over: bool = False  # nothing more comes of it: it waits until it can be inserted
    notes: tuple[str, ...] = ()  # sentences about all of a result that came in pieces

    @property
    def lines(self) -> list[str]:
        """What is being done, for the panel."""
        return [self.stage]

    @property
    def is_worth_keeping(self) -> bool:
        """Whether there is something to insert though the job comes to no good end."""
        return False

    @abstractmethod
    def take(self, result: Result) -> None:
        """Keeps what the backend answers, or a piece of it."""

    @abstractmethod
    def insert(self) -> list[str]:
        """Writes the result into the file. Returns what to tell the artist in the status bar. Raises PartgenError, with nothing changed."""


@dataclass(kw_only=True)
class Decomposition(Job):
    """An object whose part tree is being found."""

    title = "Decompose"
    done = "decomposed"

    bakes: bool
    apply_with: dict[str, Any] | None  # how separate objects are made at once, None where they are not
    result: SegmentResult | None = None

    def take(self, result: Result) -> None:
        assert isinstance(result, SegmentResult)
        self.result = result

    def insert(self) -> list[str]:
        assert self.result is not None
        object_ = insert_tree(self, self.result)
        if self.apply_with is not None:
            _apply(object_, self.apply_with)
        for note in filter(None, (originals.note(object_), *self.result.notes)):
            messages.tell("INFO", note)
        count = regrouping.part_count(object_.data)
        return [f"{object_.name}: {count} parts ({self.result.method}, {self.result.seconds:.1f} s)."]


@dataclass(kw_only=True)
class Variations(Job):
    """A job that is answered variation by variation; those that came are kept where it is cancelled."""

    results: list[Any] = field(default_factory=list)

    @property
    def is_worth_keeping(self) -> bool:
        return bool(self.results)

    def take(self, result: Result) -> None:
        self.results.append(result)


_open: dict[int, Job] = {}
_seen: tuple[object, ...] = ()  # what the backend last said about itself
_started = 0  # since nothing was open the last time: what "2 of 5" counts


# ---- asking ----------------------------------------------------------------------------------------------------------


def decompose(
    objects: Iterable[bpy.types.Object],
    method: str = "auto",
    evaluated: bool = False,
    apply_at_once: bool = False,
    hierarchy: str = "NONE",
    keep_shading: bool = True,
    kind: type[Decomposition] = Decomposition,
) -> list[Job]:
    """Asks the backend for the part trees of `objects` and returns at once; `pump` inserts the results.

    `method` is a method id; `evaluated` works on a copy of each object with its modifiers applied; `apply_at_once` makes
    separate objects of the result as `applying.apply` does with `hierarchy` and `keep_shading`. Objects that share a mesh
    are one job, of class `kind`. A newer job for an object replaces its older one. Raises PartgenError, with nothing started, where
    there is no backend, and where none of the objects can be decomposed; those that cannot while others can get a message.
    """
    client = begin()
    apply_with = {"hierarchy": hierarchy, "keep_shading": keep_shading} if apply_at_once else None
    depsgraph = bpy.context.evaluated_depsgraph_get()
    problems: list[PartgenError] = []
    jobs: list[Job] = []
    for object_ in one_of_each_subject(objects, evaluated):
        try:
            jobs.append(_start(client, object_, method, needs_baking(object_, evaluated), apply_with, depsgraph, kind))
        except PartgenError as error:
            problems.append(error)
    tell_problems(problems, jobs)
    return jobs


def begin() -> Client:
    """What comes before jobs are started: the backend's client, with nothing left unheard. Raises PartgenError where there is none."""
    global _started
    messages.shown.clear()
    pump()  # what a backend said that has stopped since: the next one may be another, with other jobs of the same numbers
    client = backend.client()
    if not _open:
        _started = 0
    return client


def start_each(objects: Iterable[bpy.types.Object], asked: Callable[[bpy.types.Object], tuple[Job, Request]]) -> list[Job]:
    """Asks for one job for each object, whose results are inserted as one undo step; `asked` says the job and its request.

    Raises PartgenError, with nothing started, where there is no backend, or the first that `asked` raised where it did for all objects;
    those of some are told.
    """
    client = begin()
    problems: list[PartgenError] = []
    started: list[Job] = []
    for object_ in objects:
        try:
            job, request = asked(object_)
        except PartgenError as problem:
            problems.append(problem)
            continue
        job.batch = started
        started.append(job)
        start(client, job, request)
    tell_problems(problems, started)
    return started


def start(client: Client, job: Job, request: Request) -> None:
    """Asks for one job, in place of an older one for the same subject."""
    global _started
    for older in [other.request_id for other in _open.values() if other.subject == job.subject]:
        del _open[older]  # the client supersedes it
        _started -= 1
    job.request_id = client.submit(request, key=job.subject)
    _open[job.request_id] = job
    _started += 1
    keep_pumping()


def tell_problems(problems: list[PartgenError], started: list[Job]) -> None:
    """Tells why some jobs were not started. Raises the first reason where none was."""
    if problems and not started:
        raise problems[0]
    for problem in problems:
        messages.tell_error(problem, "WARNING")


def _start(
    client: Client, object_: bpy.types.Object, method: str, bakes: bool, apply_with: dict[str, Any] | None,
    depsgraph: bpy.types.Depsgraph, kind: type[Decomposition],
) -> Job:  # fmt: skip
    """Asks for one object. Raises PartgenError, with nothing started, where it cannot be decomposed."""
    polygons = originals.read(object_, bakes, depsgraph)
    linear = mesh_data.linear_part(object_.matrix_world)
    request = SegmentRequest(object_.name, method, polygons.vertices, polygons.corner_vertices, polygons.polygon_offsets, linear)
    job = kind(
        subject=_subject(object_, bakes),
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=polygons,
        bakes=bakes,
        apply_with=apply_with,
    )
    start(client, job, request)
    return job


def cancel_all(keeps_what_is_done: bool = False) -> None:
    """Ends every open job without a result. Takes effect at once here, and within a second in the backend.

    `keeps_what_is_done`: jobs whose answers come in pieces end with those that they have, at the next `pump`.
    """
    client = backend.current()
    for request_id, job in list(_open.items()):
        if client:
            client.cancel(request_id)
        if keeps_what_is_done and job.is_worth_keeping:
            job.is_over = True
        else:
            del _open[request_id]
    preferences.redraw()


def abandon_all(why: str) -> None:
    """Ends every open job and says `why`, the end of a sentence: "because another file was opened"."""
    names: dict[str, list[str]] = {}
    for job in _open.values():
        names.setdefault(job.done, []).append(job.object_name)
    cancel_all()
    for done, of_objects in names.items():
        messages.tell("WARNING", f"{_not_done(of_objects, done)}, {why}.")


# ---- watching --------------------------------------------------------------------------------------------------------


def open_jobs() -> list[Job]:
    """The jobs that have not ended, oldest first."""
    return list(_open.values())


def progress() -> tuple[float, str, list[str]]:
    """How far all open jobs are together: the share in [0, 1], the time left ("" where nobody can tell), what is being done.

    The last is a line for the object, where there are several, and one for the stage.
    """
    if not _open:
        return 1.0, "", []
    ended = _started - len(_open)
    fraction = (ended + sum(job.fraction for job in _open.values())) / _started
    job = _running()
    seconds = _seconds_left(job)
    lines = [f"{ended + 1} of {_started} · {job.object_name}"] if _started > 1 else []
    return fraction, "" if seconds is None else wording.time_left(seconds), [*lines, *job.lines]


def keep_pumping() -> None:
    """Lets Blender's timer call `pump` until nothing is going on."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=PUMP_SECONDS, persistent=True)


def stop_pumping() -> None:
    """Ends what `keep_pumping` began."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def pump() -> bool:
    """Takes in what the backend has said since the last call and inserts finished results. Whether more is to come."""
    client = backend.current()
    if client is None:
        return False
    heard = client.poll()
    for event in heard:
        if isinstance(event, Progress) and event.id in _open:
            job = _open[event.id]
            job.fraction, job.stage, job.seconds_left = event.fraction, event.stage, event.seconds_left
        elif isinstance(event, Delivery) and event.id in _open:
            _open[event.id].take(event.result)
        elif isinstance(event, Done) and event.id in _open:
            if event.result is not None:
                _open[event.id].take(event.result)
            _open[event.id].notes = event.notes
            _open[event.id].is_over = True
            _open[event.id].fraction = 1.0
    failed = [event for event in heard if isinstance(event, Failed)]
    _fail(failed)
    for batch in _batches_that_are_over():
        if waiting_for := _hindrance():
            for job in batch:
                job.stage = waiting_for
        else:
            for job in batch:
                del _open[job.request_id]
            _finish(batch)
            preferences.redraw_viewports()
    _tell_of_end([event for event in heard if isinstance(event, Stopped)], bool(failed))
    if heard or _open or _has_changed(client):
        preferences.redraw()
    return bool(_open) or client.status in (Status.STARTING, Status.BUSY)


def finish(seconds: float = 600.0) -> bool:
    """Pumps until no job is open, for scripts and background mode, where no timers run. Whether that came to be in time."""
    deadline = time.monotonic() + seconds
    while pump() and _open:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _running() -> Job:
    """The open job that the backend is at, else the next one."""
    return max(_open.values(), key=lambda job: (not job.is_over, job.fraction > 0, -job.request_id))


def _batches_that_are_over() -> list[list[Job]]:
    """The open jobs from which nothing more will come, by batches, where that is so of the whole batch."""
    batches = {id(job.batch) if job.batch else job.request_id: job.batch or [job] for job in _open.values()}
    still_open = ([job for job in batch if job.request_id in _open] for batch in batches.values())
    return [batch for batch in still_open if all(job.is_over for job in batch)]


def _seconds_left(running: Job) -> float | None:
    """What the backend expects of the running job, and for each that waits the same for every polygon."""
    if running.seconds_left is None or running.is_over or running.fraction >= 1:
        return None
    whole = running.seconds_left / (1.0 - running.fraction)
    waiting = sum(job.polygons.count for job in _open.values() if job is not running and not job.is_over)
    return running.seconds_left + whole * waiting / running.polygons.count


def _has_changed(client: Client) -> bool:
    """Whether the backend has said something about itself since the last call: its device, its memory."""
    global _seen
    before, _seen = _seen, (client.status, client.backend, client.memory)
    return before != _seen


def _tell_of_end(ends: list[Stopped], was_told: bool) -> None:
    """Says why the backend ended by itself, where no job was there to say it of."""
    for end in ends:
        if end.code != "stopped" and not was_told:
            messages.tell("ERROR", end.sentence, end.remedy, end.action, end.log_path)


def _tick() -> float | None:
    going_on = pump()
    messages.report()
    if going_on:
        return PUMP_SECONDS
    return IDLE_SECONDS if backend.status() is not Status.STOPPED else None


# ---- inserting -------------------------------------------------------------------------------------------------------


def _hindrance() -> str:
    """What forbids to change the file at this moment, in words for the progress bar; "" where nothing does."""
    if bpy.app.is_job_running("RENDER"):
        return "Ready when the render is done"
    for window in bpy.context.window_manager.windows:
        active = window.view_layer.objects.active
        if active is not None and active.mode != "OBJECT":
            # Undo in Edit Mode and Sculpt Mode remembers only what that mode changes: a result would be lost to it.
            return "Ready: return to Object Mode to see the parts"
        if any("UNDO" in operator.bl_options for operator in window.modal_operators):
            return "Ready when the current tool is done"
    return ""


def _finish(batch: list[Job]) -> None:
    """Inserts the results of a batch of jobs as one undo step, or says why that cannot be."""
    step = f"{batch[0].title} {wording.names_in_words(list(dict.fromkeys(job.object_name for job in batch)))}"
    with bpy.context.temp_override(window=_window_of(batch[0])):
        fates = [_inserted(job) for job in batch]
        # What failed for a fault of ours can be taken back by Undo.
        if any(fate is not None and (job.changes_file or not fate) for job, fate in zip(batch, fates, strict=True)):
            bpy.ops.ed.undo_push(message=f"{step} (failed)" if [] in fates else step)
    for sentence in [sentence for fate in fates for sentence in fate or ()]:
        messages.mention(sentence)


def _inserted(job: Job) -> list[str] | None:
    """Inserts one result. What to tell of it; None where it changed nothing, and [] where a fault of ours was in the way."""
    try:
        return job.insert()
    except PartgenError as error:
        messages.tell_error(error)
        return None
    except Exception as error:  # a fault of ours must not end the timer, for which other jobs wait
        traceback.print_exc()
        sentence = f"The parts of {job.object_name} could not be inserted: an error inside PartGen ({type(error).__name__})."
        messages.tell("ERROR", sentence, "Undo, and report it with what Blender's console says.")
        return []


def insert_tree(job: Decomposition, result: SegmentResult) -> bpy.types.Object:
    """Writes the tree on the object that was asked for, and returns the one that carries it.

    What the artist gave to parts goes to those of the new tree with the same faces; what is lost is told. Raises PartgenError and changes
    nothing where the object is gone or no longer what the backend was given.
    """
    object_ = object_of(job)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    if not mesh_data.is_same_surface(originals.read(object_, job.bakes, depsgraph), job.polygons):
        sentence = f"{object_.name} was edited while it was being decomposed, so the result no longer fits it."
        raise PartgenError("mesh.edited", sentence, "Decompose it again.")
    tree = PartTree(result.merges, result.heights, result.default_scale)
    before = originals.standing_for(object_, job.bakes)
    had = carrying.Belongings.of(before.data) if before is not None else None
    original = originals.original_of(object_, job.bakes, depsgraph)
    mesh = original.data
    try:
        stored_tree.write(mesh, tree, result.leaf_of_polygon, result.method, result.weights, result.notes)
        stored_features.write(mesh, result.leaf_features)
    except PartgenError:
        originals.discard(original)
        raise
    regrouping.forget(mesh)
    stored_identities.forget(mesh)
    lost = carrying.settle(mesh, had) if had is not None else []
    if lost:
        messages.tell("INFO", f"{original.name}: {carrying.lost_in_words(lost)}")
    applying.outdate(original)
    mesh.partgen.scale = tree.default_scale
    _select_instead(object_, original)
    return original


def _select_instead(object_: bpy.types.Object, copy: bpy.types.Object) -> None:
    """Where a copy took the place of an object, it is selected and active as that was."""
    view_layer = bpy.context.view_layer
    if copy == object_ or copy.name not in view_layer.objects:
        return
    if view_layer.objects.active == object_:
        view_layer.objects.active = copy
        copy.select_set(True)


def _apply(object_: bpy.types.Object, apply_with: dict[str, Any]) -> None:
    """Makes separate objects. The tree stays where that fails: it is good, and can be applied later."""
    try:
        applying.apply(object_, **apply_with)
    except PartgenError as error:
        messages.tell_error(error)


def _fail(events: list[Failed]) -> None:
    """Ends the jobs of `events` and says why, once for all that have the same reason. What is done of them is kept."""
    reasons: dict[tuple[str, str, str, str, str, str], list[str]] = {}
    for event in events:
        job = _open.get(event.id)
        if job is None:
            continue
        if job.is_worth_keeping:
            job.is_over = True
        else:
            del _open[event.id]
        if event.code not in _NO_FAULT:
            reason = (event.code, event.sentence, event.remedy, getattr(event, "action", ""), event.log_path, job.done)
            reasons.setdefault(reason, []).append(job.object_name)
    for (code, sentence, remedy, action, log_path, done), names in reasons.items():
        level = "WARNING" if code == "stopped" else "ERROR"
        messages.tell(level, sentence if names[0] in sentence else f"{_not_done(names, done)}. {sentence}", remedy, action, log_path)


def needs_baking(object_: bpy.types.Object, evaluated: bool) -> bool:
    """Whether a copy with modifiers applied is called for: not where nothing but the mesh itself makes the object's shape."""
    if not evaluated or object_.type != "MESH":
        return False
    return bool(object_.modifiers or object_.data.shape_keys or object_.parent_type in originals.DEFORMING_PARENTS)


def _subject(object_: bpy.types.Object, bakes: bool) -> str:
    """What a job is about: the object where its modifiers count, else its mesh, which other objects may share."""
    if bakes or object_.type != "MESH":
        return f"object {object_.session_uid}"
    return f"mesh {object_.data.session_uid}"


def one_of_each_subject(objects: Iterable[bpy.types.Object], evaluated: bool) -> list[bpy.types.Object]:
    """The objects without those whose mesh an earlier one has too: its labels are theirs."""
    first: dict[str, bpy.types.Object] = {}
    for object_ in objects:
        first.setdefault(_subject(object_, needs_baking(object_, evaluated)), object_)
    return list(first.values())


def object_of(job: Job) -> bpy.types.Object:
    """The object of a job as it is now, under whatever name. Raises PartgenError where it was deleted."""
    found = _object_of(job)
    if found is None:
        sentence = f"{job.object_name} was deleted while it was being {job.done}."
        raise PartgenError("object.deleted", sentence, f"Bring it back with Undo and {job.title.lower()} it again.")
    return found


def _object_of(job: Job) -> bpy.types.Object | None:
    """The object of a job as it is now, under whatever name; None where it was deleted."""
    named = bpy.data.objects.get(job.object_name)
    if named is not None and named.session_uid == job.object_uid:
        found: bpy.types.Object | None = named
    else:
        found = next((o for o in bpy.data.objects if o.session_uid == job.object_uid), None)
    return found if found is not None and found.users_scene else None


def _window_of(job: Job) -> bpy.types.Window:
    """The window in which the object of a job is to be seen, else the first: the context that operators need."""
    windows = bpy.context.window_manager.windows
    object_ = _object_of(job)
    if object_ is not None:
        for window in windows:
            if object_.name in window.view_layer.objects:
                return window
    return windows[0]


def _not_done(names: list[str], done: str) -> str:
    """The beginning of a sentence: "Lamp was not decomposed", "Lamp, Chair and 3 more were not decomposed"."""
    return f"{wording.names_in_words(names)} {'was' if len(names) == 1 else 'were'} not {done}"
