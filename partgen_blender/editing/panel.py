"""The panel: what a part should become, what was understood, and sliders to adjust it."""

from __future__ import annotations

import bpy
from partgen.weights import registry

from .. import backend, method_menu
from ..models import catalog
from ..operators import chosen_objects
from ..wrapping import draw_text
from . import history, options
from .methods import CONTROLS, METHODS, Method, method_of

_ICONS = {
    "instruct": "MOD_SIMPLEDEFORM",
    "texture": "TPAINT_HLT",
    "reshape": "MOD_REMESH",
    "generative": "MESH_MONKEY",
    "drawn": "BRUSH_DATA",
}


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
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        method = method_of(settings.method) or METHODS[0]
        own = options.own_weights(settings, method)
        method_menu.draw_chosen(column, context, settings, METHODS, PARTGEN_PT_editing_methods.__name__, own)
        options.draw(column, settings, method)
        if method.paints:
            _draw_painting(layout, context, settings, method)
        button = layout.row()
        button.scale_y = 1.4
        chosen = [object_ for object_ in chosen_objects(context) if object_.type == "MESH"]
        text = f"{method.verb} {len(chosen)} Parts" if len(chosen) > 1 else f"{method.verb} Part"
        button.operator("partgen.edit_part", text=text, icon=_ICONS[method.id])
        active = context.view_layer.objects.active
        if active.partgen_edited.steps:
            _draw_steps(layout, context, active)


class PARTGEN_PT_editing_methods(bpy.types.Panel):
    """The methods that edit parts, what each needs, and what of that is here"""

    bl_label = "Editing Methods"
    bl_space_type = "TOPBAR"  # drawn where it is called, and nowhere else
    bl_region_type = "HEADER"
    bl_ui_units_x = method_menu.WIDTH

    def draw(self, context: bpy.types.Context) -> None:
        method_menu.draw_offered(self.layout, context, context.scene.partgen_editing, METHODS)


def _draw_painting(layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup, method: Method) -> None:
    """What painting lacks that would better it, and how it is done where an artist wants to decide that."""
    wanted = None if method.renews else _absent_control(settings)
    if wanted is not None:
        draw_text(layout, context, f"Without {wanted.title} what is painted may not follow the shape.", "INFO")
        if catalog.at_work(wanted.id):
            layout.label(text="On its way: see the models in the preferences", icon="SORTTIME")
        else:
            text = f"Download ({registry.in_megabytes(wanted.size)})…"
            layout.operator("partgen.download_model", text=text, icon="IMPORT").identifier = wanted.id
    header, body = layout.panel("PARTGEN_painting", default_closed=True)
    header.label(text="Painting")
    if body is not None:
        body.use_property_split = True
        body.use_property_decorate = False
        for name in ("steps", "size", "model", "controlnet", *(["depth_model"] if method.renews else [])):
            body.prop(settings, name)


def _absent_control(settings: bpy.types.PropertyGroup) -> registry.Entry | None:
    """The ControlNet that fits the checkpoint which is taken by itself, where it is not here."""
    if settings.model.strip() or settings.controlnet.strip() or backend.other_computer():
        return None
    for model, control in CONTROLS.items():
        if catalog.condition(registry.entry(model)).is_usable:
            wanted = registry.entry(control)
            return None if catalog.condition(wanted).is_usable else wanted
    return None


def _draw_steps(layout: bpy.types.UILayout, context: bpy.types.Context, object_: bpy.types.Object) -> None:
    edited = object_.partgen_edited
    box = layout.box()
    for step in list(edited.steps)[:-1]:
        box.label(text=step.prompt or "Edited by a script", icon="CHECKMARK")
    last = edited.steps[-1]
    box.label(text=last.prompt or "Edited by a script", icon="RIGHTARROW")
    if last.variations > 1:
        _draw_flipping(box, last)
    if last.paintings:
        _draw_painted(box, context, last)
    elif last.parts:
        _draw_made(box, context, last)
    else:
        _draw_edits(box, last)
    if edited.notes:
        for note in edited.notes.split("\n"):
            draw_text(box, context, note, "INFO")
    row = layout.row(align=True)
    row.prop(edited, "show_original", toggle=True, icon="HIDE_OFF")
    row.operator("partgen.revert_edit", text="Undo Step" if len(edited.steps) > 1 else "Revert", icon="LOOP_BACK").steps = 1
    row.operator("partgen.keep_edit", icon="CHECKMARK")


def _draw_flipping(layout: bpy.types.UILayout, step: bpy.types.PropertyGroup) -> None:
    """Which variation of a step is shown, between the arrows to the others."""
    row = layout.row(align=True)
    row.operator("partgen.flip_variation", text="", icon="TRIA_LEFT").step = -1
    shown = row.row(align=True)
    shown.alignment = "CENTER"
    shown.label(text=f"{step.variation + 1} of {step.variations}")
    row.operator("partgen.flip_variation", text="", icon="TRIA_RIGHT").step = 1


def _draw_painted(layout: bpy.types.UILayout, context: bpy.types.Context, step: bpy.types.PropertyGroup) -> None:
    """Who painted a step's picture, and its name, under which artists find it."""
    painting = step.paintings[step.variation % len(step.paintings)]
    layout.label(text=f"{step.made_by}, seed {painting.seed}", icon="TPAINT_HLT")
    if painting.image is not None:
        width, height = painting.image.size
        draw_text(layout, context, f"{painting.image.name}, {width} x {height}", "IMAGE_DATA")


def _draw_made(layout: bpy.types.UILayout, context: bpy.types.Context, step: bpy.types.PropertyGroup) -> None:
    """What part was made, and by whom."""
    made = step.parts[step.variation % len(step.parts)]
    layout.label(text=f"{step.made_by}, seed {step.seed}", icon="MESH_DATA")
    draw_text(layout, context, made.caption.capitalize() + ".", "BLANK1")


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


CLASSES = (PARTGEN_PT_edit, PARTGEN_PT_editing_methods)
