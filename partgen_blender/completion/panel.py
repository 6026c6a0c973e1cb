"""The panel: how parts are completed, and how what came of it is looked at."""

from __future__ import annotations

import bpy
from partgen.weights import registry

from .. import applying, backend, method_menu, operators
from . import patches, proposals
from .methods import METHODS, has_steps, is_drawn_by_seed, method_of, name_of

_OTHER_WAYS = {"whole": "closed already", "sheet": "a sheet or wall"}
"""How a part was made where not by filling its holes."""


class PARTGEN_PT_complete(bpy.types.Panel):
    """Closed solids of the parts of the active object."""

    bl_label = "Complete"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"
    bl_options = {"DEFAULT_CLOSED"}  # parts are found first, and the sidebar is only so high

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        active = context.view_layer.objects.active
        return backend.is_found() and active is not None and applying.source_of(active) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        chosen = operators.chosen_objects(context)
        _draw_settings(layout, context)
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator("partgen.complete", text=_what_is_completed(chosen), icon="MOD_SOLIDIFY").scope = "SELECTED"
        if _are_some_parts(chosen):
            row.operator("partgen.complete", text="All").scope = "ALL"
        completed = next((object_ for object_ in chosen if patches.is_completed(object_.data)), None)
        if completed is not None:
            _draw_proposals(layout, completed)
            _draw_looking(layout, context)


class PARTGEN_PT_completion_methods(bpy.types.Panel):
    """The methods that complete parts, what each needs, and what of that is here"""

    bl_label = "Completion Methods"
    bl_space_type = "TOPBAR"  # drawn where it is called, and nowhere else
    bl_region_type = "HEADER"
    bl_ui_units_x = method_menu.WIDTH

    def draw(self, context: bpy.types.Context) -> None:
        method_menu.draw_offered(self.layout, context, context.scene.partgen_completion, METHODS)


class PARTGEN_PT_completion_models(bpy.types.Panel):
    """The models that the chosen method can work with, what each needs, and what of that is here"""

    bl_label = "Completion Models"
    bl_space_type = "TOPBAR"  # drawn where it is called, and nowhere else
    bl_region_type = "HEADER"
    bl_ui_units_x = method_menu.WIDTH

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.partgen_completion
        method = method_of(settings.method)
        method_menu.draw_offered(self.layout, context, settings, method.models if method else (), "model")


def _draw_settings(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How parts are completed when the button is pressed."""
    settings = context.scene.partgen_completion
    options = layout.column()
    options.use_property_split = True
    options.use_property_decorate = False
    method_menu.draw_chosen(options, context, settings, METHODS, PARTGEN_PT_completion_methods.__name__)
    method = method_of(settings.method)
    if method is not None and method.models:
        method_menu.draw_chosen(options, context, settings, method.models, PARTGEN_PT_completion_models.__name__, name="model")
    if method is None or method.has_reach:
        options.prop(settings, "reach", slider=True)
    if method is None or method.has_flat_cuts:
        options.prop(settings, "flat_cuts")
    if method is not None and method.has_seed:
        drawn = options.column(align=True)
        drawn.prop(settings, "proposals")
        drawn.prop(settings, "seed")
        if has_steps(method, settings.model):
            drawn.prop(settings, "steps")
    options.prop(settings, "remesh")
    if not settings.remesh:
        options.prop(settings, "inner")


def _draw_proposals(layout: bpy.types.UILayout, part: bpy.types.Object) -> None:
    """Which proposal of a part is shown and who made it, with what flips through them."""
    now = proposals.shown(part.data)
    if now is None:
        return
    column = layout.column(align=True)
    row = column.row(align=True)
    several = now.count > 1
    if several:
        row.operator("partgen.choose_proposal", text="", icon="TRIA_LEFT").step = -1
    label = row.row(align=True)
    label.alignment = "CENTER"
    label.label(text=f"{now.number} of {now.count} · {_made_by(now)}" if several else _made_by(now))
    if several:
        row.operator("partgen.choose_proposal", text="", icon="TRIA_RIGHT").step = 1
    for said in filter(None, (_weights_and_seed(now.maker), _expectation(now.maker))):
        row = column.row()
        row.alignment = "CENTER"
        row.active = False
        row.label(text=said)
    row = column.row(align=True)
    if is_drawn_by_seed(now.maker.method):
        row.operator("partgen.reroll", icon="FILE_REFRESH")
    if several:
        row.operator("partgen.keep_proposal", icon="CHECKMARK")


def _draw_looking(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How completed parts are looked at, and the way back. They are moved apart by Explode, above."""
    row = layout.row(align=True)
    space = context.space_data
    if space is not None and space.type == "VIEW_3D":
        # Blender's own switch, so that it also is where artists look for it.
        is_wire = space.shading.type == "WIREFRAME"
        look = row.row(align=True)
        look.enabled = space.shading.type in ("SOLID", "WIREFRAME")
        look.prop(space.shading, "show_xray_wireframe" if is_wire else "show_xray", text="X-Ray", toggle=True, icon="XRAY")
    row.operator("partgen.reopen", icon="LOOP_BACK")


def _made_by(now: proposals.Shown) -> str:
    """What made what is shown: "Solid", "HoloPart, remeshed", "Caps, closed already"."""
    maker = now.maker
    said = [name_of(maker.method)]
    if now.is_remeshed:
        said.append("remeshed")
    elif maker.made_by in _OTHER_WAYS:
        said.append(_OTHER_WAYS[maker.made_by])
    return ", ".join(filter(None, said))


def _weights_and_seed(maker: proposals.Maker) -> str:
    """With what it made it: "Weights: Claims, seed 3"; "" where that needed neither."""
    titles = [entry.title for entry in registry.ENTRIES if entry.id == maker.weights] or [maker.weights]
    said = [f"Weights: {titles[0]}"] if maker.weights else []
    if is_drawn_by_seed(maker.method):
        said.append(f"seed {maker.seed}")
    if maker.steps and has_steps(method_of(maker.method), maker.weights):
        said.append("1 step" if maker.steps == 1 else f"{maker.steps} steps")
    return ", ".join(said)


def _expectation(maker: proposals.Maker) -> str:
    """What proposals are ranked by: "Ranked by its own estimate: 82%"; "" where the method cannot tell."""
    return f"Ranked by its own estimate: {maker.expected_overlap:.0%}" if maker.expected_overlap else ""


def _what_is_completed(chosen: list[bpy.types.Object]) -> str:
    """The text of the button. Only the active object is asked whether it is a part: thousands may be selected."""
    if not _are_parts(chosen):
        return "Complete All Parts"
    return "Complete This Part" if len(chosen) == 1 else f"Complete {len(chosen)} Parts"


def _are_parts(chosen: list[bpy.types.Object]) -> bool:
    return bool(chosen) and applying.source_of(chosen[0]) not in (None, chosen[0])


def _are_some_parts(chosen: list[bpy.types.Object]) -> bool:
    """Whether parts are selected, and not all of those that the active one lies among."""
    if not _are_parts(chosen):
        return False
    source = applying.source_of(chosen[0])
    return source is not None and len(chosen) < len(applying.parts_of_this_tree(source))


CLASSES = (PARTGEN_PT_complete, PARTGEN_PT_completion_methods, PARTGEN_PT_completion_models)
