"""What an artist sets once: the environment, the backend and its device, how strong the preview is, models and logs."""

from __future__ import annotations

import os

import bpy

from . import backend, build_parts, devices, models
from .message_panel import draw_messages


def _redraw(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    redraw()


def _redraw_preview(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    redraw_viewports()


# Functions with names: Blender reads annotations as text, where what is behind a dot would not be found while loading.
def _device_items(owner: bpy.types.AddonPreferences, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    return devices.items(owner, context)


def _device_index(owner: bpy.types.AddonPreferences) -> int:
    return devices.index(owner)


def _choose_device(owner: bpy.types.AddonPreferences, number: int) -> None:
    devices.choose(owner, number)


def _device_changed(owner: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    devices.changed(owner, context)


_LABEL_SHARE = 0.4
"""Of the width, for the names of properties: Blender's own share."""


class PARTGEN_AP_preferences(bpy.types.AddonPreferences):
    """The settings of PartGen under Preferences > Add-ons. Set-up adds its own: see setup/properties.py."""

    bl_idname = __package__

    backend_command: bpy.props.StringProperty(
        name="Backend Command",
        description=(
            "How to start the backend, for instance: partgen serve, or on another computer: ssh host partgen serve. "
            'Leave it empty to use the one that is found. Put paths with spaces in "quotes". '
            "Takes effect when the backend is started the next time"
        ),
        update=_redraw,
    )
    device_id: bpy.props.StringProperty(
        description="The id of the chosen device, which may not be there at the moment",
        default="auto",
        options={"HIDDEN"},
        update=_device_changed,
    )
    device: bpy.props.EnumProperty(
        name="Device",
        description="What AI methods run on. More are offered once the backend has started and told what it found",
        items=_device_items,
        get=_device_index,
        set=_choose_device,
    )
    precision: bpy.props.EnumProperty(
        name="Precision",
        description="How exactly networks compute: half needs half the memory",
        items=devices.PRECISIONS,
        default="auto",
        update=_device_changed,
    )
    idle_minutes: bpy.props.IntProperty(
        name="Free Memory After",
        description=(
            "Minutes without work after which the backend gives back the memory that it holds, 0 for never. It takes it again when needed"
        ),
        min=0,
        soft_max=120,
        default=10,
        update=_device_changed,
    )
    models_folder: bpy.props.StringProperty(
        name="Models Folder",
        description="Where models are downloaded to. Empty: one folder for every Blender and the command line of this user",
        subtype="DIR_PATH",
        update=_redraw,
    )
    hub_endpoint: bpy.props.StringProperty(
        name="Model Hub",
        description="Where models come from instead of huggingface.co, for instance a mirror of your studio",
        update=_redraw,
    )
    hub_token: bpy.props.StringProperty(
        name="Hub Token",
        description="Your access token, for models whose owner wants to know who downloads them. It goes to the hub alone",
        subtype="PASSWORD",
        update=_redraw,
    )
    preview_opacity: bpy.props.FloatProperty(
        name="Opacity",
        description="How much the part colors cover the object's own look in the viewport. It costs nothing and changes no material",
        subtype="FACTOR",
        min=0.05,
        max=1.0,
        default=0.8,
        update=_redraw_preview,
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        draw_messages(layout, context)
        if build_parts.setup:
            build_parts.setup.draw_preferences(layout, context)
        self._draw_backend(layout)
        models.draw(layout, context)
        body = section(layout, "PARTGEN_preferences_more", "Preview and Reports")
        if body:
            body.prop(self, "preview_opacity", text="Preview Opacity")
            row = body.row()
            row.operator("partgen.copy_debug_info", icon="COPYDOWN")
            row.operator("partgen.open_log_folder", icon="FILE_FOLDER")

    def _draw_backend(self, layout: bpy.types.UILayout) -> None:
        body = section(layout, "PARTGEN_preferences_backend", "Backend")
        if not body:
            return
        body.prop(self, "backend_command", placeholder="Found automatically")
        if not self.backend_command:
            named = os.environ.get("PARTGEN_BACKEND", "")
            found = f"PARTGEN_BACKEND: {named}" if named else " ".join(backend.found_command() or ())
            told = body.split(factor=_LABEL_SHARE)
            told.separator()
            column = told.column()
            column.label(text=found or "None was found on this computer", icon="CHECKMARK" if found else "ERROR")
            if not found and not build_parts.setup:
                column.label(text="Install it in a terminal from PartGen's source folder, in one of these ways:")
                column.label(text="pipx install './backend[geometry]'")
                column.label(text="uv tool install './backend[geometry]'")
        draw_devices(body)


def draw_devices(layout: bpy.types.UILayout) -> None:
    """Device, precision, memory: for the preferences and the sidebar."""
    column = layout.column()
    if not devices.can_be_chosen():
        column.active = False
        column.label(text="Geometry uses the processor", icon="INFO")
        return
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(get(), "device")
    column.prop(get(), "precision")
    column.prop(get(), "idle_minutes", text="Idle Minutes")


def section(layout: bpy.types.UILayout, identifier: str, title: str, closed: bool = False) -> bpy.types.UILayout | None:
    """A part of the preferences under a title that folds it; None while it is folded."""
    header, body = layout.panel(identifier, default_closed=closed)
    header.label(text=title)
    if body:
        body.use_property_split = True
        body.use_property_decorate = False
    return body


def get() -> PARTGEN_AP_preferences:
    """The preferences of this add-on."""
    return bpy.context.preferences.addons[__package__].preferences


def redraw() -> None:
    """Draws the sidebars and the preferences again: what tells of progress. The scene is not drawn, which may take a second."""
    for area in _areas("VIEW_3D"):
        for region in area.regions:
            if region.type == "UI":
                region.tag_redraw()
    for area in _areas("PREFERENCES"):
        area.tag_redraw()


def redraw_viewports() -> None:
    """Draws every 3D viewport again, with its sidebar: where the colors of parts have changed."""
    for area in _areas("VIEW_3D"):
        area.tag_redraw()


def _areas(kind: str) -> list[bpy.types.Area]:
    return [area for window in bpy.context.window_manager.windows for area in window.screen.areas if area.type == kind]
