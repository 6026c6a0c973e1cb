"""The buttons. Each reads its properties, calls one function that a script can call too, and reports."""

from __future__ import annotations

from pathlib import Path

import bpy
from partgen.counting import counted
from partgen.errors import PartgenError

from . import applying, backend, collections, debug_info, jobs, messages, modes, preferences, properties, regrouping


def chosen_objects(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected mesh objects, the active one first; the active one where nothing is selected."""
    active = context.view_layer.objects.active
    selected = context.selected_objects or [active]
    return sorted((o for o in selected if o is not None and o.type == "MESH"), key=lambda object_: object_ != active)


def decomposed_objects(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Those of the chosen objects that have a part tree, or the sources that chosen parts were made from, without doubles."""
    sources = {o.session_uid: o for o in map(applying.source_of, chosen_objects(context)) if o is not None}
    return list(sources.values())


class PARTGEN_OT_decompose(bpy.types.Operator):
    """Find the parts of the selected objects. It runs beside Blender, some seconds for each hundred thousand faces: keep on working"""

    bl_idname = "partgen.decompose"
    bl_label = "Decompose into Parts"
    bl_options = {"REGISTER"}

    method: bpy.props.EnumProperty(name="Method", description="How parts are found", items=properties.METHODS, default="auto")
    surface: bpy.props.EnumProperty(
        name="Mesh", description="Which mesh of the object is decomposed", items=properties.SURFACES, default="ORIGINAL"
    )
    apply_at_once: bpy.props.BoolProperty(
        name="Apply at Once", description="Make separate objects as soon as the parts are found", default=False
    )
    hierarchy: bpy.props.EnumProperty(
        name="Hierarchy", description="How separate objects are arranged", items=properties.HIERARCHIES, default="NONE"
    )
    keep_shading: bpy.props.BoolProperty(name="Keep Shading", description=properties.KEEP_SHADING, default=True)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if not chosen_objects(context):
            cls.poll_message_set("Select a mesh object first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.partgen
        for name in ("method", "surface", "apply_at_once", "hierarchy", "keep_shading"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            jobs.decompose(
                chosen_objects(context),
                self.method,
                self.surface == "EVALUATED",
                self.apply_at_once,
                self.hierarchy,
                self.keep_shading,
            )
        except PartgenError as error:
            messages.keep(error)
            return messages.report_error(self, error)
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_cancel(bpy.types.Operator):
    """Stop what the backend is doing. What it completed or painted already is kept; nothing else in the scene has been changed yet"""

    bl_idname = "partgen.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not jobs.open_jobs():
            cls.poll_message_set("Nothing is being decomposed, completed or edited")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.cancel_all(keeps_what_is_done=True)
        keeps = bool(jobs.open_jobs())
        jobs.pump()
        self.report({"INFO"}, "Cancelled. What was done is kept." if keeps else "Cancelled. Nothing was changed.")
        return {"FINISHED"}


class _OfDecomposed:
    """Operators for objects that have a part tree."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        # At every redraw of the panel: ends at the first one, for there may be thousands of parts selected.
        if not any(applying.source_of(object_) for object_ in chosen_objects(context)):
            cls.poll_message_set("Select an object that has been decomposed, or one of its parts")  # type: ignore[attr-defined]
            return False
        return True


class PARTGEN_OT_apply(_OfDecomposed, bpy.types.Operator):
    """Make one object of every part, in a collection named after the object, which is hidden and kept. \
Applied again, the parts are made anew for the scale as it is now"""

    bl_idname = "partgen.apply"
    bl_label = "Apply"
    bl_options = {"REGISTER", "UNDO"}

    hierarchy: bpy.props.EnumProperty(
        name="Hierarchy", description="How the parts are arranged", items=properties.HIERARCHIES, default="NONE"
    )
    keep_shading: bpy.props.BoolProperty(name="Keep Shading", description=properties.KEEP_SHADING, default=True)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        for name in ("hierarchy", "keep_shading"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(context.scene.partgen, name))
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        made = 0
        try:
            for object_ in decomposed_objects(context):
                made += len(applying.apply(object_, self.hierarchy, self.keep_shading))
                for note in collections.notes(object_):
                    self.report({"WARNING"}, note)
        except PartgenError as error:
            cancelled = messages.report_error(self, error)
            return {"FINISHED"} if made else cancelled
        self.report({"INFO"}, f"{counted(made, 'part')}.")
        return {"FINISHED"}


class PARTGEN_OT_restore(_OfDecomposed, bpy.types.Operator):
    """Remove the objects that Apply made, with what you changed on them, and show the original object again"""

    bl_idname = "partgen.restore"
    bl_label = "Remove Objects"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        for object_ in decomposed_objects(context):
            applying.restore(object_)
        return {"FINISHED"}


class PARTGEN_OT_clear(_OfDecomposed, bpy.types.Operator):
    """Forget the parts of the selected objects: their tree, labels and preview. Remove the objects that Apply made first"""

    bl_idname = "partgen.clear"
    bl_label = "Clear Decomposition"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            for object_ in decomposed_objects(context):
                applying.refuse_while_applied(object_)
            for object_ in decomposed_objects(context):
                regrouping.clear(object_.data)
        except PartgenError as error:
            return messages.report_error(self, error)
        preferences.redraw_viewports()
        return {"FINISHED"}


class PARTGEN_OT_start_backend(bpy.types.Operator):
    """Start the backend now, so that the next decomposition need not wait for it. It ends with Blender"""

    bl_idname = "partgen.start_backend"
    bl_label = "Start"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            backend.client().start()
        except PartgenError as error:
            return messages.report_error(self, error)
        jobs.keep_pumping()
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_stop_backend(bpy.types.Operator):
    """Stop the backend and free its memory. What it is decomposing is given up; it starts again by itself when needed"""

    bl_idname = "partgen.stop_backend"
    bl_label = "Stop"

    def execute(self, context: bpy.types.Context) -> set[str]:
        backend.stop()
        jobs.pump()
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_restart_backend(bpy.types.Operator):
    """Stop the backend and start it anew. What it is decomposing is given up"""

    bl_idname = "partgen.restart_backend"
    bl_label = "Restart"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            backend.restart()
        except PartgenError as error:
            return messages.report_error(self, error)
        messages.shown.clear()
        jobs.keep_pumping()
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_free_memory(bpy.types.Operator):
    """Let the backend give back the GPU memory that it holds for later requests. It takes it again when needed"""

    bl_idname = "partgen.free_memory"
    bl_label = "Free GPU Memory"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if backend.greeting() is None:
            cls.poll_message_set("The backend does not run, so it holds no memory")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        backend.free_memory()
        jobs.keep_pumping()
        return {"FINISHED"}


class PARTGEN_OT_use_cpu(bpy.types.Operator):
    """Compute on the processor from now on, until another device is chosen in the preferences. Slower, with room for everything"""

    bl_idname = "partgen.use_cpu"
    bl_label = "Use CPU"

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences.get().device_id = "cpu"
        self.report({"INFO"}, "PartGen computes on the CPU from now on. Try again.")
        return {"FINISHED"}


class PARTGEN_OT_open_preferences(bpy.types.Operator):
    """Open the preferences of PartGen: backend, device, models, environment"""

    bl_idname = "partgen.open_preferences"
    bl_label = "Open Preferences"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not bpy.app.background:  # no window to open there
            bpy.ops.preferences.addon_show(module=__package__)
        return {"FINISHED"}


class PARTGEN_OT_show_online_access(bpy.types.Operator):
    """Open Blender's preferences where Allow Online Access is. PartGen leaves this switch to you"""

    bl_idname = "partgen.show_online_access"
    bl_label = "Online Access"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if bpy.app.online_access_override and not bpy.app.online_access:
            cls.poll_message_set("Blender was started in offline mode: start it without that, or use Install from Folder")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not bpy.app.background:
            bpy.ops.screen.userpref_show(section="SYSTEM")
        return {"FINISHED"}


class PARTGEN_OT_open_log(bpy.types.Operator):
    """Open the log in the text editor of the system"""

    bl_idname = "partgen.open_log"
    bl_label = "Open Log"

    path: bpy.props.StringProperty(
        name="File", description="The log to open; the backend's where this is empty", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        log = Path(self.path) if self.path else backend.log_path()
        if not log.is_file():
            self.report({"WARNING"}, f"There is no log yet: {log}")
            return {"CANCELLED"}
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}


class PARTGEN_OT_open_log_folder(bpy.types.Operator):
    """Show the folder of the logs in the file browser of the system"""

    bl_idname = "partgen.open_log_folder"
    bl_label = "Open Log Folder"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(backend.log_folder()))
        return {"FINISHED"}


class PARTGEN_OT_copy_debug_info(bpy.types.Operator):
    """Copy what helps to find a fault, to paste it into a report: versions, machine, last lines of the logs. \
Names of users, passwords and tokens are left out"""

    bl_idname = "partgen.copy_debug_info"
    bl_label = "Copy Debug Info"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = debug_info.debug_info()
        self.report({"INFO"}, "Debug info is in the clipboard: paste it into your report.")
        return {"FINISHED"}


class PARTGEN_OT_dismiss_messages(bpy.types.Operator):
    """Remove these messages"""

    bl_idname = "partgen.dismiss_messages"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        messages.shown.clear()
        preferences.redraw()
        return {"FINISHED"}


class PARTGEN_OT_report(bpy.types.Operator):
    """Show in the status bar what jobs have to tell. Modal for one event, because only then do reports reach the status bar"""

    bl_idname = "partgen.report"
    bl_label = "Report"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._timer = context.window_manager.event_timer_add(0.01, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        for message in messages.take_unreported():
            # An error would open a dialog under the pointer, in the middle of other work. The panel keeps it until it is dismissed.
            level = "WARNING" if message.level == "ERROR" else message.level
            self.report({level}, f"{message.sentence} {message.remedy}".strip())
        return {"FINISHED"}


CLASSES = (
    PARTGEN_OT_decompose,
    PARTGEN_OT_cancel,
    PARTGEN_OT_apply,
    PARTGEN_OT_restore,
    PARTGEN_OT_clear,
    PARTGEN_OT_start_backend,
    PARTGEN_OT_stop_backend,
    PARTGEN_OT_restart_backend,
    PARTGEN_OT_free_memory,
    PARTGEN_OT_use_cpu,
    PARTGEN_OT_open_preferences,
    PARTGEN_OT_show_online_access,
    PARTGEN_OT_open_log,
    PARTGEN_OT_open_log_folder,
    PARTGEN_OT_copy_debug_info,
    PARTGEN_OT_dismiss_messages,
    PARTGEN_OT_report,
)
