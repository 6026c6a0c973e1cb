"""The buttons: ask for proposals, take one, let them go. Each calls one function that a script can call too."""

from __future__ import annotations

import bpy
from partgen.errors import PartgenError

from .. import messages, modes, preferences, properties
from . import flipping, session
from .properties import COUNT, MOST, SEED
from .session import subject


class PARTGEN_OT_propose(bpy.types.Operator):
    """Look for several different ways to take the active object apart, to flip through. Nothing is changed until you choose one"""

    bl_idname = "partgen.propose"
    bl_label = "Find Proposals"
    bl_options = {"REGISTER"}

    count: bpy.props.IntProperty(name="Proposals", description=COUNT, min=1, max=MOST, default=10)
    seed: bpy.props.IntProperty(name="Seed", description=SEED, min=0, default=0)
    method: bpy.props.EnumProperty(name="Method", description="How parts are found", items=properties.METHODS, default="auto")
    surface: bpy.props.EnumProperty(
        name="Mesh", description="Which mesh of the object is decomposed", items=properties.SURFACES, default="ORIGINAL"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if subject(context) is None:
            cls.poll_message_set("Make a mesh object active first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.partgen_proposals
        for name in ("count", "seed"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        for name in ("method", "surface"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(context.scene.partgen, name))
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        object_ = subject(context)
        if object_ is None:
            return {"CANCELLED"}
        try:
            session.ask(object_, self.count, self.seed, self.method, evaluated=self.surface == "EVALUATED")
        except PartgenError as error:
            return messages.report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}


class _OfProposals:
    """Operators for an object that has proposals."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if session.of(subject(context)) is None:
            cls.poll_message_set("Find proposals first")  # type: ignore[attr-defined]
            return False
        if flipping.is_running():
            cls.poll_message_set("Keep the proposal with Enter, or leave with Esc first")  # type: ignore[attr-defined]
            return False
        return True


class PARTGEN_OT_choose_parts(_OfProposals, bpy.types.Operator):
    """Take this proposal: it becomes the parts of the object, for the slider, the preview and Apply"""

    bl_idname = "partgen.choose_parts"
    bl_label = "Choose Proposal"
    bl_options = {"REGISTER", "UNDO"}

    number: bpy.props.IntProperty(name="Number", description="The rank of the proposal, from 1; 0 steps from the one that is chosen", min=0)
    step: bpy.props.IntProperty(name="Step", description="How many ranks to go on where no number is given", default=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        object_ = subject(context)
        kept = session.of(object_)
        if object_ is None or kept is None:
            return {"CANCELLED"}
        now = session.chosen(kept, object_)
        place = self.number - 1 if self.number else 0 if now is None else (now + self.step) % kept.count
        try:
            session.choose(kept, place)
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"{kept.job.object_name}: proposal {kept.in_words(place)}.")
        return {"FINISHED"}


class PARTGEN_OT_forget_proposals(_OfProposals, bpy.types.Operator):
    """Let the proposals go. The one that you chose stays on the object"""

    bl_idname = "partgen.forget_proposals"
    bl_label = "Close Proposals"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if kept := session.of(subject(context)):
            session.forget(kept)
        preferences.redraw()
        return {"FINISHED"}


CLASSES: tuple[type, ...] = (PARTGEN_OT_propose, PARTGEN_OT_choose_parts, PARTGEN_OT_forget_proposals)
