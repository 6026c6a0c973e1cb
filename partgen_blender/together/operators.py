"""The buttons of Together. Each calls one function that a script can call too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import bpy
from partgen.counting import counted
from partgen.errors import PartgenError

from .. import applying, jobs, messages, modes, originals, part_rows, preferences, properties, regrouping, stored_tree
from ..operators import chosen_objects
from ..parts_list import selecting
from . import matching, transferring

_KINDS = (
    ("PARTS", "Parts", "Regroup into the parts of the active object at its scale, with their names and colors", 1),
    ("MATERIALS", "Materials", "Materials of faces, in slots that are added where they are missing", 2),
    ("ATTRIBUTE", "Attribute", "An attribute of faces, vertices or corners by its name, colors among them", 4),
    ("VERTEX_GROUPS", "Vertex Groups", "All vertex groups with their weights", 8),
)


def chosen_sources(context: bpy.types.Context, evaluated: bool = False) -> list[bpy.types.Object]:
    """The chosen objects, in place of a part the object that it was made of, the active one first.

    One for each mesh; with `evaluated` every one whose modifiers make another of it.
    """
    found = [applying.source_of(object_) or object_ for object_ in chosen_objects(context)]
    return jobs.one_of_each_subject(found, evaluated)


def wants_evaluated(context: bpy.types.Context) -> bool:
    """Whether the panel says that objects are decomposed with their modifiers."""
    return bool(context.scene.partgen.surface == "EVALUATED")


@dataclass(kw_only=True)
class MatchedDecomposition(jobs.Decomposition):
    """An object that is decomposed with others: when the last of them is inserted, they are matched, in the same undo step."""

    all_uids: tuple[int, ...] = ()  # of the objects that are to be matched, the leader first, also of those that are decomposed already
    is_evaluated: bool = False  # whether these are matched as they are with their modifiers
    is_tried: bool = field(default=False)

    def insert(self) -> list[str]:
        self.is_tried = True
        try:
            said = super().insert()
        except PartgenError:
            self._match_when_all_are_there()
            raise
        return [*said, *self._match_when_all_are_there()]

    def _match_when_all_are_there(self) -> list[str]:
        if any(isinstance(job, MatchedDecomposition) and job.is_over and not job.is_tried for job in self.batch):
            return []
        found = [_standing(object_, self.is_evaluated) for object_ in _by_uid(self.all_uids)]
        there = [object_ for object_ in found if object_ is not None and regrouping.tree_of(object_.data) is not None]
        try:
            return matching.match(there)
        except PartgenError as error:
            messages.tell_error(error, "WARNING")
            return []


def decompose_together(objects: Sequence[bpy.types.Object], method: str = "auto", evaluated: bool = False) -> list[jobs.Job]:
    """Decomposes those of `objects` that are not yet, then matches all; returns the jobs. `jobs.pump` inserts all at once.

    The first object leads. `evaluated` works on copies with modifiers applied, as `jobs.decompose` does. Where all are decomposed already
    they are matched at once. Raises PartgenError with nothing started.
    """
    there, missing = [], []
    for object_ in objects:
        standing = _standing(object_, evaluated)
        if standing is None or not stored_tree.is_stored(standing.data):
            missing.append(object_)
        else:
            there.append(standing)
    if not missing:
        for sentence in matching.match(there):
            messages.mention(sentence)
        return []
    if len(objects) < 2:
        raise PartgenError("together.one", "There is only one object to decompose together.", "Select at least two objects of a kind.")
    started = jobs.decompose(missing, method, evaluated, kind=MatchedDecomposition)
    for job in started:
        assert isinstance(job, MatchedDecomposition)
        job.batch, job.all_uids, job.is_evaluated = started, tuple(object_.session_uid for object_ in objects), evaluated
    return started


def _standing(object_: bpy.types.Object, evaluated: bool) -> bpy.types.Object | None:
    """What carries the parts of an object: itself, or its local copy where it is linked; its baked copy, if any, where modifiers count."""
    bakes = jobs.needs_baking(object_, evaluated)
    return originals.standing_for(object_, bakes) or (None if bakes else object_)


def _by_uid(uids: Sequence[int]) -> list[bpy.types.Object]:
    """The objects that are still there, in this order, whatever they are called by now."""
    there = {object_.session_uid: object_ for object_ in bpy.data.objects}
    return [there[uid] for uid in uids if uid in there]


class PARTGEN_OT_decompose_together(bpy.types.Operator):
    """Find the parts of the selected objects, and which of them are the same: these get one color and name, and one slider drives all. \
The active object leads. It runs beside Blender"""

    bl_idname = "partgen.decompose_together"
    bl_label = "Decompose Together"
    bl_options = {"REGISTER"}

    method: bpy.props.EnumProperty(name="Method", description="How parts are found", items=properties.METHODS, default="auto")
    surface: bpy.props.EnumProperty(
        name="Mesh", description="Which mesh of the objects is decomposed", items=properties.SURFACES, default="ORIGINAL"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _can_choose_several(cls, context, wants_evaluated(context))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        for name in ("method", "surface"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(context.scene.partgen, name))
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        evaluated = self.surface == "EVALUATED"
        try:
            started = decompose_together(chosen_sources(context, evaluated), self.method, evaluated)
        except PartgenError as error:
            return messages.report_error(self, error)
        if not started:  # they were matched at once: that changed something
            bpy.ops.ed.undo_push(message=self.bl_label)
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_match_parts(bpy.types.Operator):
    """Find which parts of the selected objects are the same: these get one color and name, and one slider drives all. \
The active object leads"""

    bl_idname = "partgen.match_parts"
    bl_label = "Match Parts"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _can_choose_several(cls, context):
            return False
        missing = [object_.name for object_ in chosen_sources(context) if not stored_tree.is_stored(object_.data)]
        if missing:
            cls.poll_message_set(f"{missing[0]} has not been decomposed: use Decompose Together")
        return not missing

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            said = matching.match(chosen_sources(context))
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, " ".join(said))
        preferences.redraw_viewports()
        return {"FINISHED"}


class _OfMatched:
    """Operators for an object that shares identities with others."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        source = active_source(context)
        if source is None or len(matching.members(source.data)) < 2:
            cls.poll_message_set("Select an object whose parts were matched with those of others")  # type: ignore[attr-defined]
            return False
        return modes.can_work(cls, context)


class PARTGEN_OT_select_alike(_OfMatched, bpy.types.Operator):
    """Select the parts that are marked in the parts list, or the active one, in all objects that have the same"""

    bl_idname = "partgen.select_alike"
    bl_label = "Select in All"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        source = active_source(context)
        assert source is not None
        try:
            count = select_alike(context, source, part_rows.chosen_nodes(source.data))
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"The same part is selected in {count} objects.")
        preferences.redraw_viewports()
        return {"FINISHED"}


class PARTGEN_OT_share_look(_OfMatched, bpy.types.Operator):
    """Give the name and color of the parts that are marked in the parts list, or of the active one, to the same parts of all objects"""

    bl_idname = "partgen.share_look"
    bl_label = "Name and Color in All"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        source = active_source(context)
        assert source is not None
        try:
            shared = matching.share(source, part_rows.chosen_nodes(source.data))
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"{counted(shared, 'part')} of other objects {'is' if shared == 1 else 'are'} called and colored alike.")
        preferences.redraw_viewports()
        return {"FINISHED"}


class PARTGEN_OT_separate(bpy.types.Operator):
    """Let the selected objects go their own ways: their parts stay, but the sliders of others no longer drive them"""

    bl_idname = "partgen.separate"
    bl_label = "Go Separate Ways"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _OfMatched.poll.__func__(cls, context)  # type: ignore[attr-defined]

    def execute(self, context: bpy.types.Context) -> set[str]:
        matching.separate(chosen_sources(context))
        return {"FINISHED"}


class PARTGEN_OT_transfer(bpy.types.Operator):
    """Give the selected objects what lies on the active one, each face from the face that it answers to: parts, materials, an attribute \
or colors, vertex groups. All of them must have been decomposed"""

    bl_idname = "partgen.transfer"
    bl_label = "Transfer"
    bl_options = {"REGISTER", "UNDO"}

    kinds: bpy.props.EnumProperty(name="What", description="What is transferred", items=_KINDS, default={"PARTS"}, options={"ENUM_FLAG"})
    attribute: bpy.props.StringProperty(name="Attribute", description="The attribute of the active object to transfer")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _can_choose_several(cls, context):
            return False
        missing = [object_.name for object_ in chosen_sources(context) if not stored_tree.is_stored(object_.data)]
        if missing:
            cls.poll_message_set(f"{missing[0]} has not been decomposed: only what has parts can be compared")
        return not missing

    def execute(self, context: bpy.types.Context) -> set[str]:
        source, *targets = chosen_sources(context)
        manager = context.window_manager
        manager.progress_begin(0, 100)  # seconds for hundreds of thousands of faces
        try:
            said = transferring.transfer(
                source, targets, set(self.kinds), self.attribute, lambda fraction: manager.progress_update(100 * fraction)
            )
        except PartgenError as error:
            return messages.report_error(self, error)
        finally:
            manager.progress_end()
        self.report({"INFO"}, " ".join(said))
        preferences.redraw_viewports()
        return {"FINISHED"}


def active_source(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active object, or the one that the active part was made of."""
    active = context.view_layer.objects.active
    return applying.source_of(active) if active is not None else None


def select_alike(context: bpy.types.Context, source: bpy.types.Object, nodes: Sequence[int]) -> int:
    """Selects and marks the parts that are the same as parts of `source` in all objects; returns the number of objects.

    Selected are faces, or the objects that Apply made. Raises PartgenError as `matching.alike` does.
    """
    found = matching.alike(source, nodes)
    for place, (object_, parts) in enumerate(found.items()):
        part_rows.mark(object_.data, parts)
        selecting.select(context, object_, parts, extend=place > 0 and not object_.visible_get(view_layer=context.view_layer))
        if object_.visible_get(view_layer=context.view_layer):
            object_.select_set(True)
    return len(found)


def _can_choose_several(cls: type, context: bpy.types.Context, evaluated: bool = False) -> bool:
    if not modes.can_work(cls, context):
        return False
    if len(chosen_sources(context, evaluated)) < 2:
        cls.poll_message_set("Select at least two mesh objects of a kind")  # type: ignore[attr-defined]
        return False
    return True


CLASSES = (
    PARTGEN_OT_decompose_together,
    PARTGEN_OT_match_parts,
    PARTGEN_OT_select_alike,
    PARTGEN_OT_share_look,
    PARTGEN_OT_separate,
    PARTGEN_OT_transfer,
)
