"""The sidebar tab "PartGen", and the entries in the Object menu and its context menu."""

from __future__ import annotations

import bpy
from partgen.client import Status

from . import (
    applying,
    backend,
    build_parts,
    collections,
    devices,
    explore,
    jobs,
    messages,
    method_menu,
    methods,
    operators,
    picking,
    preferences,
    regrouping,
    stored_tree,
)
from .message_panel import draw_message, draw_messages
from .wrapping import draw_text

_STATUS_TEXT = {
    Status.STOPPED: ("Stopped", "RADIOBUT_OFF"),
    Status.STARTING: ("Starting", "SORTTIME"),
    Status.READY: ("Ready", "RADIOBUT_ON"),
    Status.BUSY: ("Working", "SORTTIME"),
}


class _InSidebar:
    """Where all panels of PartGen are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"


class PARTGEN_PT_decompose(_InSidebar, bpy.types.Panel):
    """Finding the parts of the selected objects."""

    bl_label = "PartGen"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if not backend.is_found():
            _draw_way_in(layout, context)
            draw_messages(layout, context)
            return
        if build_parts.setup:
            build_parts.setup.draw_where_needed(layout, context)
        settings = context.scene.partgen
        options = layout.column()
        options.use_property_split = True
        options.use_property_decorate = False
        method_menu.draw(options, context)
        options.prop(settings, "surface")
        options.prop(settings, "apply_at_once")
        button = layout.row()
        button.scale_y = 1.4
        button.operator("partgen.decompose", text=_what_is_decomposed(operators.chosen_objects(context)), icon="MOD_EXPLODE")
        _draw_progress(layout)
        for notice in backend.notices():
            draw_message(layout.box(), context, messages.of_notice(notice))
        draw_messages(layout, context)


class PARTGEN_PT_parts(_InSidebar, bpy.types.Panel):
    """Regrouping the parts of the active object and making objects of them."""

    bl_label = "Parts"
    bl_parent_id = "PARTGEN_PT_decompose"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # What was decomposed before can be regrouped without any backend.
        return backend.is_found() or _source(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        source = _source(context)
        if source is None:
            layout.label(text="No parts yet", icon="INFO")
            return
        mesh = source.data
        tree = regrouping.tree_of(mesh)
        _draw_source(layout, context, source)
        if tree is None:
            draw_text(layout, context, regrouping.problem_of(mesh), "ERROR")
            layout.operator("partgen.clear", icon="X")
            return
        column = layout.column(align=True)
        column.enabled = not mesh.is_editmode and mesh.library is None
        column.prop(mesh.partgen, "scale", slider=True)
        column.prop(mesh.partgen, "parts", text="Parts")
        if warning := regrouping.warning_of(mesh):
            draw_text(layout, context, warning, "ERROR")
        row = layout.row(align=True)
        shown = context.window_manager.partgen
        row.prop(shown, "show_preview", text="Preview", toggle=True, icon="HIDE_OFF" if shown.show_preview else "HIDE_ON")
        strength = row.row(align=True)
        strength.enabled = shown.show_preview
        strength.prop(preferences.get(), "preview_opacity")
        exploring = explore.is_running()
        layout.operator("partgen.explore", text="End Exploring" if exploring else "Explore", icon="EYEDROPPER", depress=exploring)
        picking.draw(layout, context)
        _draw_apply(layout, context, source)
        layout.operator("partgen.clear", icon="X")


class PARTGEN_PT_backend(_InSidebar, bpy.types.Panel):
    """The process that does the work."""

    bl_label = "Backend"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        text, icon = _STATUS_TEXT[backend.status()]
        self.layout.label(text=text, icon=icon)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return backend.is_found()

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        greeting = backend.greeting()
        if greeting is not None:
            for text in filter(None, (f"Version {greeting.version}", greeting.device)):
                draw_text(layout, context, text)
        row = layout.row(align=True)
        if backend.status() is Status.STOPPED:
            row.operator("partgen.start_backend", icon="PLAY")
        else:
            row.operator("partgen.stop_backend", icon="SNAP_FACE")
            row.operator("partgen.restart_backend", text="", icon="FILE_REFRESH")
        preferences.draw_devices(layout)
        if devices.can_be_chosen():
            column = layout.column(align=True)
            if text := devices.memory_text():
                draw_text(column, context, text, "MEMORY")
            column.operator("partgen.free_memory", icon="TRASH")
        row = layout.row(align=True)
        row.operator("partgen.open_log", icon="TEXT")
        row.operator("partgen.copy_debug_info", text="", icon="COPYDOWN")
        row.operator("partgen.open_preferences", text="", icon="PREFERENCES")


def _draw_way_in(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the panel is where nothing can be decomposed yet: one sentence and one button."""
    if build_parts.setup:
        build_parts.setup.draw(layout, context)
        return
    draw_text(layout, context, "PartGen needs its backend, which this build does not install.", "INFO")
    layout.operator("partgen.open_preferences", text="How to Install", icon="PREFERENCES")


def _what_is_decomposed(chosen: list[bpy.types.Object]) -> str:
    """The text of the first button. Only the active object is asked whether it is a part: thousands may be selected."""
    count = len(chosen)
    if chosen and applying.source_of(chosen[0]) not in (None, chosen[0]):
        return f"Decompose {count} Parts Further" if count > 1 else "Decompose This Part Further"
    return f"Decompose {count} Objects into Parts" if count > 1 else "Decompose into Parts"


def _source(context: bpy.types.Context) -> bpy.types.Object | None:
    active = context.view_layer.objects.active
    return applying.source_of(active) if active is not None else None


def _draw_progress(layout: bpy.types.UILayout) -> None:
    if not jobs.open_jobs():
        return
    fraction, time_left, lines = jobs.progress()
    column = layout.column(align=True)
    row = column.row(align=True)
    row.progress(factor=fraction, text=", ".join(filter(None, [f"{fraction:.0%}", time_left])), type="BAR")
    row.operator("partgen.cancel", text="", icon="X")
    for line in lines:
        column.label(text=line)


def _draw_source(layout: bpy.types.UILayout, context: bpy.types.Context, source: bpy.types.Object) -> None:
    method = methods.name_of(str(source.data[stored_tree.TREE].get("method", "")))
    row = layout.row()
    row.label(text=source.name, icon="OUTLINER_OB_MESH")
    side = row.row()
    side.alignment = "RIGHT"
    side.active = False
    side.label(text=method)


def _draw_apply(layout: bpy.types.UILayout, context: bpy.types.Context, source: bpy.types.Object) -> None:
    collection = collections.collection_of(source)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(context.scene.partgen, "hierarchy", expand=True)
    column.prop(context.scene.partgen, "keep_shading")
    row = column.row(align=True)
    row.scale_y = 1.4
    row.operator("partgen.apply", text="Apply Again" if collection else "Apply", icon="OUTLINER_COLLECTION")
    if collection is None:
        return
    row.operator("partgen.restore", text="", icon="LOOP_BACK")
    if applying.is_behind(source):
        draw_text(layout, context, f"Still {len(collections.parts_of(source))} objects of before: Apply Again", "INFO")
    layout.prop(collection.partgen, "explode", slider=True)


def _draw_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    layout = menu.layout
    layout.operator_context = "INVOKE_DEFAULT"  # a context menu would execute, and neither heed the panel's settings nor open a dialog
    layout.separator()
    layout.operator("partgen.decompose", icon="MOD_EXPLODE")
    layout.operator("partgen.complete", icon="MOD_SOLIDIFY")
    layout.operator("partgen.edit_part", text="Edit Part…", icon="GREASEPENCIL").asks = True


CLASSES = (PARTGEN_PT_decompose, PARTGEN_PT_parts, PARTGEN_PT_backend)
_MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_object_context_menu")


def register() -> None:
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw_menu)


def unregister() -> None:
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw_menu)
