"""The panel: how parts are completed, and how what came of it is looked at."""

from __future__ import annotations

import bpy

from .. import applying, backend, operators
from . import patches
from .methods import method_of


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
        settings = context.scene.partgen_completion
        options = layout.column()
        options.use_property_split = True
        options.use_property_decorate = False
        options.prop(settings, "method")
        reach = options.row()
        method = method_of(settings.method)
        reach.enabled = method is None or method.has_reach
        reach.prop(settings, "reach", slider=True)
        options.prop(settings, "remesh")
        inner = options.row()
        inner.enabled = not settings.remesh
        inner.prop(settings, "inner")
        chosen = operators.chosen_objects(context)
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator("partgen.complete", text=_what_is_completed(chosen), icon="MOD_SOLIDIFY").scope = "SELECTED"
        if _are_some_parts(chosen):
            row.operator("partgen.complete", text="All").scope = "ALL"
        if any(patches.is_completed(object_.data) for object_ in chosen):
            row = layout.row(align=True)
            if context.space_data is not None and context.space_data.type == "VIEW_3D":
                # Blender's own, so that it also is where artists look for it. The parts are moved apart by Explode, above.
                row.prop(context.space_data.shading, "show_xray", text="X-Ray", toggle=True, icon="XRAY")
            row.operator("partgen.reopen", icon="LOOP_BACK")


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


CLASSES = (PARTGEN_PT_complete,)
