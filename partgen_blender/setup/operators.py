"""The buttons of the set-up. Each can be called from a script: it starts a program beside Blender and returns at once."""

from __future__ import annotations

from collections.abc import Callable

import bpy
from partgen.errors import PartgenError

from .. import messages, preferences
from . import environment, making
from .properties import TIERS


def _start(operator: bpy.types.Operator, begin: Callable[[], None]) -> set[str]:
    try:
        begin()
    except PartgenError as error:
        return messages.report_error(operator, error)
    return {"FINISHED"}


class _WhileIdle:
    """Operators that wait until the program that works on the environment has ended."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if making.is_changing():
            cls.poll_message_set(f"{making.doing} is not finished yet")  # type: ignore[attr-defined]
            return False
        return True


class PARTGEN_OT_set_up(_WhileIdle, bpy.types.Operator):
    """Look at this computer and list what would be installed, where, and how large it is. Nothing is installed yet"""

    bl_idname = "partgen.set_up"
    bl_label = "Set Up"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _start(self, making.look)


class PARTGEN_OT_install_environment(_WhileIdle, bpy.types.Operator):
    """Install what is listed. It runs beside Blender: keep on working. It can be cancelled, and goes on where it stopped"""

    bl_idname = "partgen.install_environment"
    bl_label = "Install"

    tier: bpy.props.EnumProperty(name="Install", description="How much is installed", items=TIERS, default="geometry")

    def execute(self, context: bpy.types.Context) -> set[str]:
        tier = self.tier if self.properties.is_property_set("tier") else ""
        return _start(self, lambda: making.install(tier))


class PARTGEN_OT_repair_environment(_WhileIdle, bpy.types.Operator):
    """Install the packages of the environment again. Downloads what is missing; models and settings stay"""

    bl_idname = "partgen.repair_environment"
    bl_label = "Repair"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _start(self, making.repair)


class PARTGEN_OT_remove_environment(_WhileIdle, bpy.types.Operator):
    """Delete the folder of the environment with everything in it. Decomposed objects keep their parts and the scale slider"""

    bl_idname = "partgen.remove_environment"
    bl_label = "Remove"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not environment.is_present():
            cls.poll_message_set("There is no environment")
            return False
        return super().poll(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Remove the Environment?",
            message="Its folder is deleted. You can set it up again at any time.",
            confirm_text="Remove",
            icon="WARNING",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _start(self, making.remove)


class PARTGEN_OT_install_from_folder(_WhileIdle, bpy.types.Operator):
    """Choose a folder that holds everything that is needed, for a computer without network, and list what would be installed"""

    bl_idname = "partgen.install_from_folder"
    bl_label = "Install from Folder"

    directory: bpy.props.StringProperty(name="Folder", description="Made by `make bundle` on a computer with network", subtype="DIR_PATH")
    filter_folder: bpy.props.BoolProperty(name="Folders", description="Show folders alone", default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences.get().setup.offline_folder = self.directory
        return _start(self, making.look)


class PARTGEN_OT_cancel_set_up(bpy.types.Operator):
    """Stop the set-up. What was downloaded and installed is kept, and Continue goes on with it"""

    bl_idname = "partgen.cancel_set_up"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not making.is_running():
            cls.poll_message_set("Nothing is being set up")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        making.cancel()
        return {"FINISHED"}


class PARTGEN_OT_put_away_plan(bpy.types.Operator):
    """Go back without installing anything"""

    bl_idname = "partgen.put_away_plan"
    bl_label = "Back"

    def execute(self, context: bpy.types.Context) -> set[str]:
        making.put_away()
        return {"FINISHED"}


class PARTGEN_OT_use_system_certificates(_WhileIdle, bpy.types.Operator):
    """Trust what the operating system trusts from now on, and go on with the set-up"""

    bl_idname = "partgen.use_system_certificates"
    bl_label = "Use System Certificates"

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences.get().setup.system_certificates = True
        return _start(self, making.install)


CLASSES = (
    PARTGEN_OT_set_up,
    PARTGEN_OT_install_environment,
    PARTGEN_OT_repair_environment,
    PARTGEN_OT_remove_environment,
    PARTGEN_OT_install_from_folder,
    PARTGEN_OT_cancel_set_up,
    PARTGEN_OT_put_away_plan,
    PARTGEN_OT_use_system_certificates,
)
