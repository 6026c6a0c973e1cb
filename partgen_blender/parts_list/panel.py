"""The parts list: every part with its color, name and faces, what it is made of, and what can be done with it."""

from __future__ import annotations

import bpy

from .. import part_rows, refining, regrouping
from ..refining import edits
from ..wording import names_in_words
from ..wrapping import draw_text
from .operators import source_in

_INDENT = 1.4  # of one level, in buttons


class PARTGEN_UL_parts(bpy.types.UIList):
    """One row of the list. A double click on the name changes it."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.AnyType,
        item: bpy.types.PropertyGroup,
        icon: int,
        active_data: bpy.types.AnyType,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        row = layout.row(align=True)
        if item.depth:
            row.separator(factor=_INDENT * item.depth)
        if item.leaves > 1:
            icon_of_state = "DOWNARROW_HLT" if item.is_open else "RIGHTARROW"
            row.operator("partgen.open_part", text="", icon=icon_of_state, emboss=False).row = index
        else:
            row.label(text="", icon="BLANK1")
        is_edited = data.id_data.is_editmode  # names and colors could not be undone there, see refining/edits.py
        swatch = row.row()
        swatch.ui_units_x = 1.0
        swatch.enabled = not is_edited
        swatch.prop(item, "color", text="")
        if is_edited:
            row.label(text=item.name)
        else:
            row.prop(item, "name", text="", emboss=False)
        count = row.row()
        count.alignment = "RIGHT"
        count.active = False
        count.label(text=f"{item.faces:,}")
        row.prop(item, "is_marked", text="", icon="CHECKBOX_HLT" if item.is_marked else "CHECKBOX_DEHLT", emboss=False)
        eye = row.row()
        eye.enabled = not is_edited
        eye.prop(item, "is_shown", text="", icon="HIDE_OFF" if item.is_shown else "HIDE_ON", emboss=False)


class PARTGEN_PT_parts_list(bpy.types.Panel):
    """The parts of the active object, by name."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"
    bl_label = "Parts List"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        source = source_in(context)
        return source is not None and regrouping.tree_of(source.data) is not None

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        source = source_in(context)
        if source is not None:
            self.layout.label(text=str(regrouping.part_count(source.data)))

    def draw(self, context: bpy.types.Context) -> None:
        layout, source = self.layout, source_in(context)
        mesh = source.data  # type: ignore[union-attr]
        if mesh.library is not None:
            draw_text(layout, context, f"{mesh.name} is linked from another file. Make it local to edit its parts.", "LIBRARY_DATA_DIRECT")
            return
        _draw_list(layout, context, mesh)
        _draw_edits(layout, context, mesh)


def _draw_list(layout: bpy.types.UILayout, context: bpy.types.Context, mesh: bpy.types.Mesh) -> None:
    row = layout.row()
    row.template_list("PARTGEN_UL_parts", "", mesh.partgen, "rows", mesh.partgen, "active_row", rows=6)
    side = row.column(align=True)
    side.operator("partgen.mark_selected_parts", text="", icon="EYEDROPPER")
    side.operator("partgen.select_parts", text="", icon="RESTRICT_SELECT_OFF")
    side.separator()
    for action, icon in (("ALL", "HIDE_OFF"), ("HIDE", "HIDE_ON"), ("ISOLATE", "ZOOM_SELECTED")):
        side.operator("partgen.show_parts", text="", icon=icon).action = action
    if missing := part_rows.left_out(mesh):
        draw_text(layout, context, f"The largest are listed; {missing:,} smaller ones are not.", "INFO")
    if gone := edits.without_faces(mesh):
        draw_text(layout, context, f"Of {names_in_words(gone)} no face is left.", "ERROR")


def _draw_edits(layout: bpy.types.UILayout, context: bpy.types.Context, mesh: bpy.types.Mesh) -> None:
    column = layout.column(align=True)
    running = refining.is_running()
    column.operator("partgen.refine", text="End Refining" if running else "Refine", icon="ADD", depress=running)
    row = column.row(align=True)
    row.operator("partgen.merge_parts", icon="AUTOMERGE_ON")
    row.operator("partgen.split_part", icon="MOD_EXPLODE")
    row = column.row(align=True)
    row.operator("partgen.smooth_border", text="Smooth", icon="MOD_SMOOTH")
    row.operator("partgen.snap_border", text="Snap", icon="SNAP_EDGE")
    column = layout.column(align=True)
    if not mesh.is_editmode:
        return
    row = column.row(align=True)
    row.operator("partgen.assign_faces", text="Assign", icon="ADD").target = "ACTIVE"
    row.operator("partgen.assign_faces", text="New Part", icon="FACESEL").target = "NEW"
    row = column.row(align=True)
    row.operator("partgen.select_parts", icon="RESTRICT_SELECT_OFF")
    row.operator("partgen.mark_selected_parts", icon="EYEDROPPER")


LISTS = (PARTGEN_UL_parts,)
PANELS = (PARTGEN_PT_parts_list,)
