"""The panel: what a part should become, what was understood, and sliders to adjust it."""

from __future__ import annotations

import bpy

from .. import backend
from ..operators import chosen_objects
from ..wrapping import draw_text
from . import history


class PARTGEN_PT_edit(bpy.types.Panel):
    """A part changed by a prompt."""

    bl_label = "Edit Part"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        active = context.view_layer.objects.active
        return backend.is_found() and active is not None and active.type == "MESH"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.partgen_editing
        layout.prop(settings, "prompt", text="", icon="GREASEPENCIL")
        options = layout.column()
        options.use_property_split = True
        options.use_property_decorate = False
        options.prop(settings, "strength")
        options.prop(settings, "add_vertices")
        options.prop(settings, "variations")
        if settings.variations > 1:
            options.prop(settings, "seed")
        button = layout.row()
        button.scale_y = 1.4
        chosen = [object_ for object_ in chosen_objects(context) if object_.type == "MESH"]
        text = f"Edit {len(chosen)} Parts" if len(chosen) > 1 else "Edit Part"
        button.operator("partgen.edit_part", text=text, icon="MOD_SIMPLEDEFORM")
        active = context.view_layer.objects.active
        if active.partgen_edited.steps:
            _draw_steps(layout, context, active)


def _draw_steps(layout: bpy.types.UILayout, context: bpy.types.Context, object_: bpy.types.Object) -> None:
    edited = object_.partgen_edited
    box = layout.box()
    for step in list(edited.steps)[:-1]:
        box.label(text=step.prompt or "Edited by a script", icon="CHECKMARK")
    last = edited.steps[-1]
    row = box.row()
    row.label(text=last.prompt or "Edited by a script", icon="RIGHTARROW")
    if last.variations > 1:
        flip = row.row(align=True)
        flip.operator("partgen.flip_variation", text="", icon="TRIA_LEFT").step = -1
        flip.label(text=f"{last.variation + 1} of {last.variations}")
        flip.operator("partgen.flip_variation", text="", icon="TRIA_RIGHT").step = 1
    _draw_edits(box, last)
    if edited.notes:
        for note in edited.notes.split("\n"):
            draw_text(box, context, note, "INFO")
    row = layout.row(align=True)
    row.prop(edited, "show_original", toggle=True, icon="HIDE_OFF")
    row.operator("partgen.revert_edit", text="Undo Step" if len(edited.steps) > 1 else "Revert", icon="LOOP_BACK").steps = 1
    row.operator("partgen.keep_edit", icon="CHECKMARK")


def _draw_edits(layout: bpy.types.UILayout, step: bpy.types.PropertyGroup) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(step, "strength")
    column.prop(step, "add_vertices")
    adjustable = column.column()
    adjustable.enabled = step.variation == 0
    for edit in step.edits:
        adjustable.label(text=edit.name.capitalize())
        for parameter in edit.parameters:
            row = adjustable.row(align=True)
            row.prop(parameter, history.field_of(parameter), text=parameter.name.capitalize())
            if parameter.kind == "length":
                row.prop(parameter, "unit", text="")


CLASSES = (PARTGEN_PT_edit,)
