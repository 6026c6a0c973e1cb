"""The button Refine, and the mouse and keys while it runs."""

from __future__ import annotations

from enum import Enum, auto

import bpy
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from mathutils import Vector
from partgen.errors import PartgenError

from .. import applying, messages, modes, mouse, preferences, regrouping, status_bar, twins, viewports
from . import drawing, session

_NEAR_MARK = 10.0
"""Pixels at scale 1: a click nearer to a mark takes it away."""


class Reaction(Enum):
    """What an event means to somebody who refines."""

    WANT = auto()
    REFUSE = auto()
    TAKE_BACK = auto()
    FOLLOW = auto()
    COMMIT = auto()
    END = auto()
    IGNORE = auto()
    """It is kept from Blender, because it would change the scene behind the clicks."""
    PASS = auto()


def reaction(event: bpy.types.Event, is_over_viewport: bool) -> Reaction:
    """What an event means. Outside the viewports everything but Esc is Blender's, so that panels and menus work as ever."""
    kind, is_pressed = event.type, event.value in ("PRESS", "DOUBLE_CLICK")  # two quick presses are two
    if kind == "ESC" and is_pressed:
        return Reaction.END
    if not is_over_viewport:
        return Reaction.PASS
    if kind == "RIGHTMOUSE":
        return Reaction.END if is_pressed else Reaction.IGNORE
    if kind == "LEFTMOUSE" and not event.alt:  # with Alt it turns the view where the mouse has two buttons
        if not is_pressed:
            return Reaction.IGNORE
        return Reaction.REFUSE if event.ctrl or event.oskey else Reaction.WANT
    if is_pressed and kind in ("RET", "NUMPAD_ENTER"):
        return Reaction.COMMIT
    if is_pressed and (kind == "BACK_SPACE" or (kind == "Z" and (event.ctrl or event.oskey) and not event.shift)):
        return Reaction.TAKE_BACK
    if is_pressed and kind == "I" and not (event.ctrl or event.shift or event.alt or event.oskey):
        return Reaction.FOLLOW
    if not is_pressed or kind == "LEFTMOUSE" or viewports.is_blenders_own(event):
        return Reaction.PASS
    return Reaction.IGNORE


class PARTGEN_OT_refine(bpy.types.Operator):
    """Make a part with clicks: click what belongs to it, Ctrl click what does not, click a mark to take it away. \
Enter makes it a part at the scale that is set, also in selected objects that were matched with it. Esc leaves everything as it was"""

    bl_idname = "partgen.refine"
    bl_label = "Refine"
    bl_options = {"REGISTER", "UNDO"}

    wanted: bpy.props.StringProperty(
        name="Wanted", description='For scripts: faces that belong to the part, as "12 40"', options={"SKIP_SAVE"}
    )
    unwanted: bpy.props.StringProperty(
        name="Unwanted", description='For scripts: faces that do not belong to it, as "7"', options={"SKIP_SAVE"}
    )
    name: bpy.props.StringProperty(name="Name", description="The name of the part; empty for the name by number", options={"SKIP_SAVE"})
    in_all: bpy.props.BoolProperty(
        name="In All That Share",
        description="The objects that were decomposed together or matched with this one, and are visible and selected, get the same part: "
        "whole parts that were matched, and pieces of these that look alike, where one method with features decomposed both",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.current() is not None:
            return True  # it ends then
        active = context.view_layer.objects.active
        source = applying.source_of(active) if active is not None else None
        if source is None or regrouping.tree_of(source.data) is None:
            cls.poll_message_set("Select an object that has been decomposed")
            return False
        return modes.can_work(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        active = context.view_layer.objects.active
        source = applying.source_of(active) if active is not None else None
        try:
            wanted, unwanted = ([int(face) for face in text.replace(",", " ").split()] for text in (self.wanted, self.unwanted))
            refining = session.told(source, wanted, unwanted, self.in_all)
            remark = refining.same_in_words()
            refining.commit(self.name)
        except ValueError:
            self.report({"ERROR"}, "Wanted and unwanted faces are whole numbers with spaces between them.")
            return {"CANCELLED"}
        except PartgenError as error:
            return messages.report_error(self, error)
        if remark:
            self.report({"INFO"}, f"{remark}.")
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if session.current() is not None:
            stop()
            return {"FINISHED"}
        if self.wanted:
            return self.execute(context)
        try:
            self._session = start(context)
            self._session.in_all = self.in_all
        except PartgenError as error:
            return messages.report_error(self, error)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        refining: session.Session = self._session
        if refining is not session.current():  # ended from elsewhere, perhaps begun anew
            return {"CANCELLED", "PASS_THROUGH"}
        if context.mode != "OBJECT" or refining.object() is None:
            stop()
            self.report({"WARNING"}, "Refining ended: the object is gone, or its parts are others now.")
            return {"CANCELLED", "PASS_THROUGH"}
        place = viewports.viewport_at(context.window, event.mouse_x, event.mouse_y)
        meaning = reaction(event, place is not None)
        if meaning is Reaction.END:
            stop()
            return {"CANCELLED"}
        if meaning is Reaction.COMMIT:
            return self._commit(refining)
        if meaning is Reaction.FOLLOW and refining.others:
            refining.follow_or_not()
            status_bar.show(context.workspace, _draw_keys)
        elif meaning is Reaction.TAKE_BACK and refining.clicks:
            refining.remove(len(refining.clicks) - 1)
        elif meaning in (Reaction.WANT, Reaction.REFUSE) and place is not None and refining.is_seen(context.view_layer, place[0]):
            self._click(context, refining, place, event, meaning is Reaction.WANT)
        else:
            return {"PASS_THROUGH"} if meaning is Reaction.PASS else {"RUNNING_MODAL"}
        preferences.redraw_viewports()
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        if session.current() is self._session:
            stop()

    def _commit(self, refining: session.Session) -> set[str]:
        if not refining.clicks:
            stop()
            return {"CANCELLED"}
        try:
            remark = refining.same_in_words()
            node, object_ = refining.commit(self.name), refining.surface.object()
            remark = remark or (twins.alone_in_words(object_.data, node) if object_ is not None else "")
        except PartgenError as error:
            self.report({"WARNING"}, str(error))  # an error would open a dialog under the pointer
            return {"RUNNING_MODAL"}
        self.report({"INFO"}, " ".join([f"{int(refining.region.sum()):,} faces are a part now.", *([f"{remark}."] if remark else [])]))
        stop()
        return {"FINISHED"}

    def _click(
        self,
        context: bpy.types.Context,
        refining: session.Session,
        place: tuple[bpy.types.SpaceView3D, bpy.types.Region],
        event: bpy.types.Event,
        is_wanted: bool,
    ) -> None:
        """Takes the mark under the mouse away, or takes the face under it in."""
        space, region = place
        mouse = Vector((event.mouse_x - region.x, event.mouse_y - region.y))
        near = _NEAR_MARK * context.preferences.system.ui_scale
        for number, mark in enumerate(drawing.places(refining, region, region.data)):
            if mark is not None and (mark - mouse).length < near:
                refining.remove(number)
                return
        origin, direction = (find(region, region.data, mouse) for find in (region_2d_to_origin_3d, region_2d_to_vector_3d))
        face = refining.face_on_ray(origin, direction, context.evaluated_depsgraph_get(), context.view_layer, space)
        if face is not None:
            refining.click(face, is_wanted)


def start(context: bpy.types.Context) -> session.Session:
    """Begins to refine the active object. Raises PartgenError with the reason where that cannot be."""
    mouse.take(stop)
    refining = session.start(context)
    drawing.start()
    status_bar.show(context.workspace, _draw_keys)
    return refining


@mouse.tool
def stop() -> None:
    """Ends refining, with nothing left of it; harmless where nobody refines."""
    session.stop()
    drawing.stop()
    status_bar.clear()


def _draw_keys(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """The status bar: what mouse and keys do."""
    refining, row = session.current(), header.layout
    row.label(text="Belongs to the Part", icon="MOUSE_LMB")
    row.label(text="", icon="EVENT_CTRL")
    row.label(text="Does Not", icon="MOUSE_LMB")
    row.label(text="Take Back", icon="EVENT_BACKSPACE" if bpy.app.version >= (4, 3) else "LOOP_BACK")
    if refining is not None and refining.others:
        row.label(text="Only This One" if refining.in_all else "In All That Share", icon="EVENT_I")
    row.label(text="Make the Part", icon="EVENT_RETURN")
    row.label(text="Leave Everything as It Was", icon="EVENT_ESC")


CLASSES = (PARTGEN_OT_refine,)
