"""What an artist sets once: where the backend is, how strong the preview is, and where to find the log."""

from __future__ import annotations

import bpy
from partgen.client import default_command


def _opacity_changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    redraw()


class PARTGEN_AP_preferences(bpy.types.AddonPreferences):
    """The settings of PartGen under Preferences > Add-ons."""

    bl_idname = __package__

    backend_command: bpy.props.StringProperty(
        name="Backend Command",
        description=(
            "How to start the backend, for instance: partgen serve. Leave it empty to use the one that is found. "
            'Put paths with spaces in "quotes". Takes effect when the backend is started the next time'
        ),
    )
    preview_opacity: bpy.props.FloatProperty(
        name="Opacity",
        description="How much the part colors cover the object's own look in the viewport. It costs nothing and changes no material",
        subtype="FACTOR",
        min=0.05,
        max=1.0,
        default=0.8,
        update=_opacity_changed,
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "backend_command", placeholder="Found automatically")
        if not self.backend_command:
            found = " ".join(default_command() or ())
            row = layout.row(heading=" ")
            row.label(text=f"Found: {found}" if found else "None was found on this computer", icon="CHECKMARK" if found else "ERROR")
        layout.prop(self, "preview_opacity", text="Preview Opacity")
        row = layout.row()
        row.operator("partgen.open_log_folder", icon="FILE_FOLDER")
        row.operator("partgen.copy_log_path", icon="COPYDOWN")


def get() -> PARTGEN_AP_preferences:
    """The preferences of this add-on."""
    return bpy.context.preferences.addons[__package__].preferences


def redraw() -> None:
    """Draws every 3D viewport and its sidebar again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
