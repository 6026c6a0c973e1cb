"""The buttons of the models. Each can be called from a script: it starts a program beside Blender and returns at once."""

from __future__ import annotations

import bpy
from partgen.errors import PartgenError
from partgen.weights import registry
from partgen.weights.registry import Entry

from .. import messages, wrapping
from . import catalog

_DIALOG_WIDTH = 420
_ACCEPTED = "I use it for non-commercial work only"
_ACCEPTED_DESCRIPTION = "The licence of this model forbids commercial use"


def licence_in_words(entry: Entry) -> str:
    """The licence with what artists must not miss: that it forbids commercial use, or was not seen for the weights themselves."""
    licence = entry.licence
    told = ("no commercial use" if licence.forbids_commercial_use else "", "" if licence.is_verified else "to be checked by you")
    return " · ".join(filter(None, (licence.name, *told)))


class _OnModel:
    """Operators on one model."""

    identifier: bpy.props.StringProperty(name="Model", description="The id of the model, for instance partfield")

    def start(self, action: str, *arguments: str) -> set[str]:
        """Starts `partgen models ACTION` for the model."""
        try:
            catalog.start(action, self.identifier, *arguments)
        except PartgenError as error:
            return messages.report_error(self, error)
        return {"FINISHED"}

    def start_licensed(self, action: str, accepted: bool, *arguments: str) -> set[str]:
        """The same for what takes the model into use: only where its licence allows it, or was accepted."""
        try:
            entry = registry.entry(self.identifier)
            if entry.licence.forbids_commercial_use and not accepted:
                sentence = f"{entry.title} is not fetched: its licence forbids commercial use, and you did not confirm that."
                raise PartgenError("models.licence", sentence)
        except PartgenError as error:
            return messages.report_error(self, error)
        return self.start(action, *arguments, "--accept-licence")


class PARTGEN_OT_download_model(_OnModel, bpy.types.Operator):
    """Download this model, after its licence was shown. It runs beside Blender, can be cancelled, and goes on where it stopped"""

    bl_idname = "partgen.download_model"
    bl_label = "Download Model"

    licence_accepted: bpy.props.BoolProperty(name=_ACCEPTED, description=_ACCEPTED_DESCRIPTION, options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=_DIALOG_WIDTH, confirm_text="Download")

    def draw(self, context: bpy.types.Context) -> None:
        entry = registry.entry(self.identifier)
        column = self.layout.column(align=True)
        column.label(text=entry.title, icon="IMPORT")
        for text in (entry.purpose, f"{registry.in_megabytes(entry.size)} from {entry.page}"):
            wrapping.draw_text(column, context, text, "BLANK1", width=_DIALOG_WIDTH)
        column.separator()
        row = column.row()
        row.label(text=licence_in_words(entry), icon="ERROR" if entry.licence.forbids_commercial_use else "CHECKMARK")
        row.operator("wm.url_open", text="Read", icon="URL").url = entry.licence.url
        for note in filter(None, (entry.licence.note, entry.note)):
            wrapping.draw_text(column, context, note, "BLANK1", width=_DIALOG_WIDTH)
        if entry.licence.forbids_commercial_use:
            column.separator()
            column.prop(self, "licence_accepted")

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.start_licensed("download", self.licence_accepted, *([] if bpy.app.online_access else ["--offline"]))


class PARTGEN_OT_cancel_model(_OnModel, bpy.types.Operator):
    """Stop what is done with this model. What was downloaded is kept, and downloading goes on with it"""

    bl_idname = "partgen.cancel_model"
    bl_label = "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return {"FINISHED"} if catalog.cancel(self.identifier) else {"CANCELLED"}


class PARTGEN_OT_verify_model(_OnModel, bpy.types.Operator):
    """Read the files of this model and compare them with what they should be. Takes some seconds for each gigabyte"""

    bl_idname = "partgen.verify_model"
    bl_label = "Verify Model"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.start("verify")


class PARTGEN_OT_delete_model(_OnModel, bpy.types.Operator):
    """Delete the files of this model from this computer. It can be downloaded again"""

    bl_idname = "partgen.delete_model"
    bl_label = "Delete Model"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        entry = registry.entry(self.identifier)
        size = registry.in_megabytes(catalog.condition(entry).bytes_on_disk)
        return context.window_manager.invoke_confirm(
            self, event, title=f"Delete {entry.title}?", message=f"Frees {size}.", confirm_text="Delete", icon="WARNING"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.start("delete")


class PARTGEN_OT_use_model_file(_OnModel, bpy.types.Operator):
    """Use a file that is on this computer already instead of downloading it: a checkpoint as it was published, or safetensors"""

    bl_idname = "partgen.use_model_file"
    bl_label = "Use This File"

    licence_accepted: bpy.props.BoolProperty(name=_ACCEPTED, description=_ACCEPTED_DESCRIPTION, options={"SKIP_SAVE"})
    filepath: bpy.props.StringProperty(name="File", description="The checkpoint", subtype="FILE_PATH")
    filter_glob: bpy.props.StringProperty(default="*.safetensors;*.ckpt;*.pt;*.pth;*.bin", description="Kinds of files", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        entry = registry.entry(self.identifier)
        self.layout.label(text=entry.title)
        self.layout.label(text=licence_in_words(entry))
        if entry.licence.forbids_commercial_use:
            self.layout.prop(self, "licence_accepted")

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.start_licensed("use", self.licence_accepted, bpy.path.abspath(self.filepath))


CLASSES = (
    PARTGEN_OT_download_model,
    PARTGEN_OT_cancel_model,
    PARTGEN_OT_verify_model,
    PARTGEN_OT_delete_model,
    PARTGEN_OT_use_model_file,
)
