"""The buttons: edit a part by a prompt, flip through variations, take steps back, keep what there is."""

from __future__ import annotations

import json
from collections.abc import Callable

import bpy
from partgen.editing.edits import edits_from
from partgen.errors import PartgenError

from .. import messages, method_menu, modes, preferences
from ..operators import chosen_objects
from . import asking, generating, history, options, painting, properties, reshaping
from .methods import METHODS, method_of

_DIALOG_WIDTH = 360


class PARTGEN_OT_edit_part(bpy.types.Operator):
    """Change the selected parts as the prompt says. Their neighbours stay as they are, and so does where they are attached"""

    # What the panel has for each of these where the caller says nothing.
    _OF_THE_PANEL = (
        "prompt", "method", "strength", "add_vertices", "variations", "seed", "steps", "size", "model", "controlnet", "depth_model",
    )  # fmt: skip

    bl_idname = "partgen.edit_part"
    bl_label = "Edit Part"
    bl_options = {"REGISTER", "UNDO"}

    prompt: bpy.props.StringProperty(name="Prompt", description=properties.PROMPT)
    edits: bpy.props.StringProperty(
        name="Edits",
        description='What to do, as JSON, instead of a prompt: [{"op": "scale", "axis": "length", "factor": 1.5}]',
        options={"SKIP_SAVE"},
    )
    strength: bpy.props.FloatProperty(
        name="Strength", description=properties.STRENGTH, subtype="FACTOR", min=0.0, max=1.0, default=1.0, options={"SKIP_SAVE"}
    )
    add_vertices: bpy.props.BoolProperty(name="Add Vertices", description=properties.ADD_VERTICES, default=False, options={"SKIP_SAVE"})
    variations: bpy.props.IntProperty(name="Variations", description=properties.VARIATIONS, min=1, max=12, default=1, options={"SKIP_SAVE"})
    seed: bpy.props.IntProperty(name="Seed", description=properties.SEED, min=0, default=0, options={"SKIP_SAVE"})
    method: bpy.props.EnumProperty(
        name="Method", description=properties.METHOD, items=properties.OFFERED, default="instruct", options={"SKIP_SAVE"}
    )
    steps: bpy.props.IntProperty(name="Steps", description=properties.STEPS, min=0, max=1000, default=0, options={"SKIP_SAVE"})
    size: bpy.props.EnumProperty(
        name="Texture Size", description=properties.SIZE, items=properties.SIZES, default="0", options={"SKIP_SAVE"}
    )
    model: bpy.props.StringProperty(name="Checkpoint", description=properties.MODEL, options={"SKIP_SAVE"})
    controlnet: bpy.props.StringProperty(name="ControlNet", description=properties.CONTROLNET, options={"SKIP_SAVE"})
    depth_model: bpy.props.StringProperty(name="Depth Network", description=properties.DEPTH_MODEL, options={"SKIP_SAVE"})
    asks: bpy.props.BoolProperty(
        name="Ask", description="Ask in a dialog first, with what the panel has filled in", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _can_edit(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.partgen_editing
        for name in self._OF_THE_PANEL:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        if self.asks:
            count = len(chosen_objects(context))
            title = f"Edit {count} Parts" if count > 1 else "Edit Part"
            return context.window_manager.invoke_props_dialog(self, width=_DIALOG_WIDTH, title=title, confirm_text="Edit")
        return self.execute(context)

    def draw(self, context: bpy.types.Context) -> None:
        """The dialog, and the panel of the last operation."""
        layout = self.layout
        layout.activate_init = True  # in a dialog: one types at once
        layout.prop(self, "prompt", text="", icon="GREASEPENCIL")
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        method = method_of(self.method) or METHODS[0]
        column.prop(self, "method")
        method_menu.draw_lack(column, context, method, options.own_weights(self, method), _DIALOG_WIDTH)
        options.draw(column, self, method)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.asks:
            self._show_in_panel(context.scene.partgen_editing)
        parts = chosen_objects(context)
        try:
            if self.edits:
                told = edits_from(_read(self.edits))
                for part in parts:
                    for note in history.add(
                        part, self.prompt, told, self.strength, self.seed, self.variations, "script", self.add_vertices
                    ):
                        self.report({"INFO"}, note)
                return {"FINISHED"}
            if self.method == "texture":
                painting.ask(parts, self._wishes())
            elif self.method == "reshape":
                reshaping.ask(parts, self._wishes())
            elif self.method in generating.MODELS:
                generating.ask(parts, self.prompt, self.seed, self.variations, self.method, self.strength, self.steps)
            else:
                asking.ask(parts, self.prompt, self.strength, self.seed, self.variations, self.add_vertices)
        except PartgenError as error:
            messages.keep(error)
            return messages.report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}

    def _show_in_panel(self, settings: bpy.types.PropertyGroup) -> None:
        """Makes what was asked for in the dialog what the panel asks for next."""
        for name in self._OF_THE_PANEL:
            setattr(settings, name, getattr(self, name))

    def _wishes(self) -> painting.Wishes:
        return painting.Wishes(
            self.prompt, self.strength, self.seed, self.variations, self.steps, int(self.size), self.model, self.controlnet,
            self.depth_model,
        )  # fmt: skip


class _OnEdited:
    """An operator on the selected objects that were edited."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT" or not any(object_.partgen_edited.steps for object_ in chosen_objects(context)):
            cls.poll_message_set("Select a part that was edited, in Object Mode")  # type: ignore[attr-defined]
            return False
        return True

    def change(self, context: bpy.types.Context, change: Callable[[bpy.types.Object], object]) -> set[str]:
        """Runs `change` on each of them."""
        try:
            for object_ in chosen_objects(context):
                if object_.partgen_edited.steps:
                    change(object_)
        except PartgenError as error:
            messages.keep(error)
            return messages.report_error(self, error)
        return {"FINISHED"}


class PARTGEN_OT_flip_variation(_OnEdited, bpy.types.Operator):
    """Show another variation of the last edit"""

    bl_idname = "partgen.flip_variation"
    bl_label = "Flip Variation"

    step: bpy.props.IntProperty(name="Step", description="How many variations to go on, back where negative", default=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.change(context, lambda object_: history.flip(object_, self.step))


class PARTGEN_OT_revert_edit(_OnEdited, bpy.types.Operator):
    """Take edits back: the part is again what it was before"""

    bl_idname = "partgen.revert_edit"
    bl_label = "Revert"

    steps: bpy.props.IntProperty(
        name="Steps",
        description="How many edits to take back, the last ones first; 0 all of them",
        min=0,
        default=0,
        options={"SKIP_SAVE"},  # or the panel's one step would be what a script that asks for all gets
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.change(context, lambda object_: history.revert(object_, self.steps))


class PARTGEN_OT_keep_edit(_OnEdited, bpy.types.Operator):
    """Keep the part as it is now, and forget what it was before"""

    bl_idname = "partgen.keep_edit"
    bl_label = "Keep"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.change(context, history.keep)


def _can_edit(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not modes.can_work(operator, context):
        return False
    if not any(object_.type == "MESH" for object_ in chosen_objects(context)):
        operator.poll_message_set("Select the part to be edited: after Apply, parts are objects")
        return False
    return True


def _read(text: str) -> list[dict]:
    """Edits as JSON. Raises PartgenError where they are none."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise PartgenError("edit.json", f"The edits are no JSON: {error}.", 'Write them as [{"op": "twist", "angle": 90}].') from error
    if isinstance(told, dict):
        told = [told]
    if not isinstance(told, list) or not told or not all(isinstance(one, dict) for one in told):
        raise PartgenError("edit.json", "The edits are no list.", 'Write them as [{"op": "twist", "angle": 90}].')
    return told


CLASSES = (PARTGEN_OT_edit_part, PARTGEN_OT_flip_variation, PARTGEN_OT_revert_edit, PARTGEN_OT_keep_edit)
