"""The buttons: complete parts, and open them again."""

from __future__ import annotations

import bpy
from partgen.counting import counted
from partgen.errors import PartgenError

from .. import applying, messages, modes, preferences
from ..operators import chosen_objects, decomposed_objects
from . import completing, patches, properties, proposals
from .methods import OWN_CHOICE, is_drawn_by_seed, method_of, model_of

_SETTINGS = ("method", "reach", "flat_cuts", "remesh", "seed", "steps", "proposals")


class PARTGEN_OT_complete(bpy.types.Operator):
    """Make closed solids of parts: your own faces stay as they are, the hidden rest is added to them. \
It runs beside Blender, some seconds for a hundred thousand faces: keep on working"""

    bl_idname = "partgen.complete"
    bl_label = "Complete Parts"
    bl_options = {"REGISTER"}

    # None is remembered from the last time: a script that leaves one out means the default, and the button asks the panel.
    scope: bpy.props.EnumProperty(
        name="Parts",
        description="Which parts are completed",
        items=(
            ("SELECTED", "Selected", "The selected parts; of a decomposed object all", 0),
            ("ALL", "All", "All parts of the objects that the selected ones belong to", 1),
        ),
        default="SELECTED",
        options={"SKIP_SAVE"},
    )
    method: bpy.props.EnumProperty(
        name="Method",
        description="How the hidden rest of a part is made",
        items=properties.METHOD_ITEMS,
        default="auto",
        options={"SKIP_SAVE"},
    )
    model: bpy.props.EnumProperty(
        name="Model", description=properties.MODEL, items=properties.OPERATOR_MODEL_ITEMS, default=OWN_CHOICE, options={"SKIP_SAVE"}
    )
    reach: bpy.props.FloatProperty(
        name="Inflate", description=properties.REACH, subtype="FACTOR", min=0.0, max=1.0, default=1.0, options={"SKIP_SAVE"}
    )
    flat_cuts: bpy.props.BoolProperty(name="Flat Cuts", description=properties.FLAT_CUTS, default=True, options={"SKIP_SAVE"})
    proposals: bpy.props.IntProperty(
        name="Proposals", description=properties.PROPOSALS, min=1, max=properties.MOST_PROPOSALS, default=1, options={"SKIP_SAVE"}
    )
    seed: bpy.props.IntProperty(name="Seed", description=properties.SEED, min=0, default=0, options={"SKIP_SAVE"})
    steps: bpy.props.IntProperty(
        name="Steps", description=properties.STEPS, min=0, max=properties.MOST_STEPS, default=0, options={"SKIP_SAVE"}
    )
    remesh: bpy.props.BoolProperty(name="Remesh Instead", description=properties.REMESH, default=False, options={"SKIP_SAVE"})
    inner: bpy.props.StringProperty(
        name="Inner", description="The name of the material of generated faces; one of PartGen's where empty", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if not any(applying.source_of(object_) for object_ in chosen_objects(context)):
            cls.poll_message_set("Select an object that has been decomposed, or some of its parts")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.partgen_completion
        for name in _SETTINGS:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        if not self.properties.is_property_set("model"):
            self.model = settings.model if model_of(method_of(self.method), settings.model) else OWN_CHOICE
        if not self.properties.is_property_set("inner"):
            self.inner = settings.inner.name if settings.inner else ""
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        model = "" if self.model == OWN_CHOICE else self.model
        wishes = completing.Wishes(
            self.method, model, self.reach, self.remesh, self.seed, self.steps, self.proposals, self.inner, _apply_with(context),
            self.flat_cuts,
        )  # fmt: skip
        objects = decomposed_objects(context) if self.scope == "ALL" else chosen_objects(context)
        try:
            completing.complete(objects, wishes)
        except PartgenError as error:
            messages.keep(error)
            return messages.report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_choose_proposal(bpy.types.Operator):
    """Show another proposal of the selected parts. Your own faces stay as they are"""

    bl_idname = "partgen.choose_proposal"
    bl_label = "Choose Proposal"
    bl_options = {"REGISTER", "UNDO"}

    step: bpy.props.IntProperty(name="Step", description="How many proposals to go on, back where negative; around at the end", default=1)
    number: bpy.props.IntProperty(
        name="Number", description="Which proposal to show, counted from 1; with 0 it is Step that counts", min=0, default=0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _can_choose(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            completing.choose(chosen_objects(context), self.number, self.step)
        except PartgenError as error:
            return messages.report_error(self, error)
        return {"FINISHED"}


class PARTGEN_OT_keep_proposal(bpy.types.Operator):
    """Keep what the selected parts show and forget their other proposals, which then take no room in the file any more"""

    bl_idname = "partgen.keep_proposal"
    bl_label = "Keep This"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _can_choose(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            count = completing.keep(chosen_objects(context))
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"{count} other proposal{'s' if count != 1 else ''} forgotten.")
        return {"FINISHED"}


class PARTGEN_OT_reroll(bpy.types.Operator):
    """Make one more proposal of each selected part, by the same method with a new seed. The others stay to flip back to"""

    bl_idname = "partgen.reroll"
    bl_label = "Another"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        shown = [proposals.shown(object_.data) for object_ in chosen_objects(context)]
        if not any(now is not None and is_drawn_by_seed(now.maker.method) for now in shown):
            cls.poll_message_set("Select parts that were completed by a method that generates: the others give one result for a part")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.partgen_completion
        inner = settings.inner.name if settings.inner else ""
        try:
            completing.reroll(chosen_objects(context), completing.Wishes(inner=inner, apply_with=_apply_with(context)))
        except PartgenError as error:
            messages.keep(error)
            return messages.report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_reopen(bpy.types.Operator):
    """Take the generated faces away from the selected parts again. What you did to their own faces since stays"""

    bl_idname = "partgen.reopen"
    bl_label = "Open Again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if not any(patches.is_completed(object_.data) for object_ in chosen_objects(context)):
            cls.poll_message_set("Select parts that have been completed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            count = completing.reopen(chosen_objects(context))
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"{counted(count, 'part')} {'is' if count == 1 else 'are'} open again.")
        return {"FINISHED"}


def _apply_with(context: bpy.types.Context) -> tuple[str, bool]:
    """How objects are made of parts that are none yet, as the panel says."""
    return context.scene.partgen.hierarchy, context.scene.partgen.keep_shading


def _can_choose(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether any selected part has more than one proposal."""
    if not modes.can_work(operator, context):
        return False
    shown = [proposals.shown(object_.data) for object_ in chosen_objects(context)]
    if not any(now is not None and now.count > 1 for now in shown):
        operator.poll_message_set("Select parts that have several proposals")
        return False
    return True


CLASSES = (
    PARTGEN_OT_complete,
    PARTGEN_OT_choose_proposal,
    PARTGEN_OT_keep_proposal,
    PARTGEN_OT_reroll,
    PARTGEN_OT_reopen,
)
