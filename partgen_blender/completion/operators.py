"""The buttons: complete parts, and open them again."""

from __future__ import annotations

import bpy
from partgen.errors import PartgenError

from .. import applying, messages, preferences
from ..operators import chosen_objects, decomposed_objects, report_error
from . import completing, patches, properties

_NAMES = ("method", "reach", "remesh", "inner")


class PARTGEN_OT_complete(bpy.types.Operator):
    """Make closed solids of parts: your own faces stay as they are, the hidden rest is added to them. \
It runs beside Blender, some seconds for a hundred thousand faces: keep on working"""

    bl_idname = "partgen.complete"
    bl_label = "Complete Parts"
    bl_options = {"REGISTER"}

    scope: bpy.props.EnumProperty(
        name="Parts",
        description="Which parts are completed",
        items=(
            ("SELECTED", "Selected", "The selected parts; of a decomposed object all", 0),
            ("ALL", "All", "All parts of the objects that the selected ones belong to", 1),
        ),
        default="SELECTED",
    )
    method: bpy.props.EnumProperty(
        name="Method", description="How the hidden rest of a part is made", items=properties.METHOD_ITEMS, default="auto"
    )
    reach: bpy.props.FloatProperty(name="Inflate", description=properties.REACH, subtype="FACTOR", min=0.0, max=1.0, default=1.0)
    remesh: bpy.props.BoolProperty(name="Remesh Instead", description=properties.REMESH, default=False)
    inner: bpy.props.StringProperty(name="Inner", description="The name of the material of generated faces; one of PartGen's where empty")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Return to Object Mode first")
            return False
        if not any(applying.source_of(object_) for object_ in chosen_objects(context)):
            cls.poll_message_set("Select an object that has been decomposed, or some of its parts")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.partgen_completion
        for name in ("method", "reach", "remesh"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        if not self.properties.is_property_set("inner"):
            self.inner = settings.inner.name if settings.inner else ""
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene.partgen
        apply_with = (scene.hierarchy, scene.keep_shading)
        wishes = completing.Wishes(self.method, self.reach, self.remesh, 0, self.inner, apply_with)
        objects = decomposed_objects(context) if self.scope == "ALL" else chosen_objects(context)
        try:
            completing.complete(objects, wishes)
        except PartgenError as error:
            messages.keep(error)
            return report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_reopen(bpy.types.Operator):
    """Take the generated faces away from the selected parts again. What you did to their own faces since stays"""

    bl_idname = "partgen.reopen"
    bl_label = "Open Again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Return to Object Mode first")
            return False
        if not any(patches.is_completed(object_.data) for object_ in chosen_objects(context)):
            cls.poll_message_set("Select parts that have been completed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            count = completing.reopen(chosen_objects(context))
        except PartgenError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"{count} parts are open again.")
        return {"FINISHED"}


CLASSES = (PARTGEN_OT_complete, PARTGEN_OT_reopen)
