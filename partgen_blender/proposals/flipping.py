"""Flipping through proposals: arrow keys show one after the other on the object, Enter keeps what is shown, Esc leaves all as it was.

While one flips, nothing of the file is touched: the proposals are drawn over the surface that they were made for, the mesh without
modifiers unless these were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import blf
import bpy
import gpu
from partgen.errors import PartgenError

from .. import messages, modes, mouse, overlay, preferences, signs, status_bar, viewports
from ..viewport_drawing import ViewportDrawing
from . import session
from .session import subject

_MARGIN, _ABOVE_EDGE = 14.0, 34.0
"""Pixels at scale 1."""
_LEAST_LIGHT = 0.4
_FORWARD = {"RIGHT_ARROW", "DOWN_ARROW"}
_BACK = {"LEFT_ARROW", "UP_ARROW"}
_KEEP = {"RET", "NUMPAD_ENTER"}
_LEAVE = {"ESC", "RIGHTMOUSE"}


@dataclass
class Flipping:
    """What is flipped through, which of it is shown, and what the GPU holds of it. No reference to Blender's data."""

    kept: session.Kept
    object_uid: int
    place: int = 0
    batch: gpu.types.GPUBatch | None = None
    tables: dict[int, gpu.types.GPUTexture] = field(default_factory=dict)

    def object(self) -> bpy.types.Object | None:
        """The object as it is now; None where it is gone."""
        return next((o for o in bpy.data.objects if o.session_uid == self.object_uid), None)

    def step(self, by: int) -> None:
        self.place = (self.place + by) % self.kept.count

    def table(self) -> gpu.types.GPUTexture:
        """The colors of the leaves in the proposal that is shown."""
        if self.place not in self.tables:
            tree = session.tree_of(self.kept.result.proposals[self.place])
            self.tables[self.place] = overlay.color_table(overlay.leaf_colors(tree, tree.count(tree.default_scale)))
        return self.tables[self.place]

    def surface(self, object_: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> gpu.types.GPUBatch:
        """The triangles of the object on the GPU, with the leaf of each; uploaded at the first draw."""
        if self.batch is None:
            job = self.kept.job
            evaluated = object_.evaluated_get(depsgraph) if job.bakes else None
            mesh = object_.data if evaluated is None else evaluated.to_mesh()
            try:
                self.batch = overlay.surface_batch(mesh, job.polygons, self.kept.result.leaf_of_polygon)
            finally:
                if evaluated is not None:
                    evaluated.to_mesh_clear()
        return self.batch


_current: list[Flipping] = []


def current() -> Flipping | None:
    """What somebody flips through at this moment."""
    return _current[0] if _current else None


def is_running() -> bool:
    return bool(_current)


def start(kept: session.Kept, workspace: bpy.types.WorkSpace | None = None) -> Flipping:
    """Begins with the proposal that is chosen, else the first. Raises PartgenError where the object is gone or was edited since."""
    object_ = session.require_unchanged(kept)
    mouse.free()
    flipped = Flipping(kept, object_.session_uid, session.chosen(kept, object_) or 0)
    _current.append(flipped)
    _drawing.start()
    overlay.leave_out([flipped.object_uid])
    if workspace is not None:
        status_bar.show(workspace, _draw_keys)
    return flipped


@mouse.tool
def stop() -> None:
    """Ends flipping, with nothing left of it; harmless where nobody flips."""
    if not _current:
        return
    _current.pop()
    _drawing.stop()
    overlay.leave_out()
    status_bar.clear()
    preferences.redraw()
    preferences.redraw_viewports()


class PARTGEN_OT_flip_parts(bpy.types.Operator):
    """Flip through the proposals with the arrow keys, seen on the object itself. Enter keeps the one that is shown, Esc leaves everything \
as it was"""

    bl_idname = "partgen.flip_parts"
    bl_label = "Flip Through"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if is_running():
            return True  # it ends then
        if not modes.can_work(cls, context):
            return False
        if session.of(subject(context)) is None:
            cls.poll_message_set("Find proposals first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if is_running():
            stop()
            return {"CANCELLED"}
        kept = session.of(subject(context))
        if kept is None:
            return {"CANCELLED"}
        try:
            self._flipped = start(kept, context.workspace)
        except PartgenError as error:
            return messages.report_error(self, error)
        context.window_manager.modal_handler_add(self)
        preferences.redraw_viewports()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        flipped: Flipping = self._flipped
        if flipped is not current():  # ended from elsewhere
            return {"CANCELLED", "PASS_THROUGH"}
        if flipped.object() is None or context.mode != "OBJECT":
            stop()
            self.report({"WARNING"}, "There is nothing left to flip through: the object is gone, or is being edited.")
            return {"CANCELLED", "PASS_THROUGH"}
        if event.value != "PRESS":
            return {"PASS_THROUGH"}
        is_over_viewport = viewports.viewport_at(context.window, event.mouse_x, event.mouse_y) is not None
        if event.type in _LEAVE and (event.type == "ESC" or is_over_viewport):
            stop()
            return {"CANCELLED"}
        if event.type in _KEEP:
            return self._keep()
        if event.type in _FORWARD | _BACK:
            flipped.step(1 if event.type in _FORWARD else -1)
            preferences.redraw()
            preferences.redraw_viewports()
            return {"RUNNING_MODAL"}
        return {"PASS_THROUGH"} if not is_over_viewport or viewports.is_blenders_own(event) else {"RUNNING_MODAL"}

    def _keep(self) -> set[str]:
        flipped: Flipping = self._flipped
        stop()
        try:
            session.choose(flipped.kept, flipped.place)
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, f"{flipped.kept.job.object_name}: proposal {flipped.kept.in_words(flipped.place)}.")
        return {"FINISHED"}

    def cancel(self, context: bpy.types.Context) -> None:
        if current() is self._flipped:
            stop()


def _draw_surface() -> None:
    flipped, context = current(), bpy.context
    object_ = flipped.object() if flipped is not None else None
    if flipped is None or object_ is None or not object_.visible_get(view_layer=context.view_layer, viewport=context.space_data):
        return
    surface = (object_.matrix_world, flipped.surface(object_, context.evaluated_depsgraph_get()), flipped.table())
    view, projection = context.region_data.view_matrix, gpu.matrix.get_projection_matrix()
    overlay.draw_surfaces([surface], view, projection, opacity=1.0, least_light=_LEAST_LIGHT)


def _draw_signs() -> None:
    flipped, context = current(), bpy.context
    if flipped is None:
        return
    scale = context.preferences.system.ui_scale
    size = context.preferences.ui_styles[0].widget.points * scale
    title = f"Proposal {flipped.kept.in_words(flipped.place)}"
    remark = f"{flipped.kept.result.proposals[flipped.place].recipe.capitalize()} · Enter keeps it, Esc leaves everything as it was"
    blf.size(signs.FONT, size)
    margin, middle, bottom = _MARGIN * scale, context.region.width / 2, _ABOVE_EDGE * scale
    half = max(blf.dimensions(signs.FONT, text)[0] for text in (title, remark)) / 2 + margin
    gpu.state.blend_set("ALPHA")
    signs.fill(signs.rectangle(middle - half, bottom, middle + half, bottom + 2.4 * size + 2 * margin), signs.BOARD)
    for text, color, above in ((remark, signs.FAINT, 0.0), (title, signs.TEXT, 1.5 * size)):
        signs.write(text, middle - blf.dimensions(signs.FONT, text)[0] / 2, bottom + margin + above, color)
    gpu.state.blend_set("NONE")


def _draw_keys(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """The status bar: what the keys do."""
    row = header.layout
    row.label(text="", icon="EVENT_LEFT_ARROW")
    row.label(text="Flip Through", icon="EVENT_RIGHT_ARROW")
    row.label(text="Keep", icon="EVENT_RETURN")
    row.label(text="Leave Everything as It Was", icon="EVENT_ESC")
    row.label(text="Turn and Zoom the View", icon="MOUSE_MMB")


CLASSES: tuple[type, ...] = (PARTGEN_OT_flip_parts,)


_drawing = ViewportDrawing(_draw_surface, _draw_signs)
