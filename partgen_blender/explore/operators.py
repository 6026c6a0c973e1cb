"""The button Explore, and the mouse and keys while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

import bpy
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from mathutils import Vector
from partgen.errors import PartgenError

from .. import applying, messages, modes, mouse, preferences, status_bar, stored_features, viewports
from ..operators import chosen_objects
from ..viewports import viewport_at
from ..wording import names_in_words
from . import drawing, scripting, session


class Reaction(Enum):
    """What an event means to somebody who explores."""

    LOOK = auto()
    HOLD = auto()
    END = auto()
    IGNORE = auto()
    """It is kept from Blender, because it would change the scene, and a tool that only shows is no place for that."""
    PASS = auto()


def reaction(event: bpy.types.Event, is_over_viewport: bool) -> Reaction:
    """What an event means. Outside the viewports everything but Esc is Blender's, so that panels and menus work as ever."""
    kind, is_pressed = event.type, event.value == "PRESS"
    if kind == "ESC" and is_pressed:
        return Reaction.END
    if not is_over_viewport:
        return Reaction.PASS
    if kind == "MOUSEMOVE":
        return Reaction.LOOK
    if kind == "RIGHTMOUSE":
        return Reaction.END if is_pressed else Reaction.IGNORE
    if kind == "LEFTMOUSE" and not event.alt:  # with Alt it turns the view where the mouse has two buttons
        return Reaction.HOLD if is_pressed else Reaction.IGNORE
    if not is_pressed or kind == "LEFTMOUSE" or viewports.is_blenders_own(event):
        return Reaction.PASS
    return Reaction.IGNORE


class PARTGEN_OT_explore(bpy.types.Operator):
    """See what is alike: point at a surface of the selected objects, and everything is colored by its similarity to that point, \
across all of them. It changes nothing; Esc ends it"""

    bl_idname = "partgen.explore"
    bl_label = "Explore"

    object: bpy.props.StringProperty(name="Object", description="For scripts: the decomposed object of the face", options={"SKIP_SAVE"})
    polygon: bpy.props.IntProperty(
        name="Face", description="For scripts: a face of its mesh without modifiers", min=0, options={"SKIP_SAVE"}
    )
    name: bpy.props.StringProperty(
        name="Name", description="Of the attribute that is made of how alike all faces are to it", default="Likeness", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.current() is not None:
            return True  # it ends then
        if not modes.can_work(cls, context):
            return False
        # A script may name an object that is not selected; for the button `invoke` says the reason then.
        if (reason := session.obstacle(explorable_objects(context))) and not any(map(stored_features.are_stored, bpy.data.meshes)):
            cls.poll_message_set(reason)
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if session.current() is not None:
            stop()
            return {"FINISHED"}
        try:
            self._session = start(context)
        except PartgenError as error:
            return messages.report_error(self, error)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        object_ = bpy.data.objects.get(self.object) if self.object else context.view_layer.objects.active
        try:
            if object_ is None:
                raise PartgenError("explore.no_object", f'There is no object "{self.object}".', "Name a decomposed object.")
            others = [other for other in chosen_objects(context) if other != object_]
            compared = [other for other in others if stored_features.are_stored(other.data)]
            left_out = [other.name for other in others if other not in compared]
            found = scripting.likeness(object_, self.polygon, [object_, *compared])
            scripting.write(found, self.name)
        except PartgenError as error:
            return messages.report_error(self, error)
        bpy.ops.ed.undo_push(message=self.bl_label)
        remark = f" {names_in_words(left_out)} left out: no features." if left_out else ""
        self.report({"INFO"}, f"{self.name} says how alike every face is to face {self.polygon} of {object_.name}.{remark}")
        return {"FINISHED"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        exploring: session.Session = self._session
        if exploring is not session.current():  # ended from elsewhere, perhaps begun anew
            return {"CANCELLED", "PASS_THROUGH"}
        place = viewport_at(context.window, event.mouse_x, event.mouse_y)
        meaning = reaction(event, place is not None)
        exploring.refresh()
        if meaning is Reaction.END or context.mode != "OBJECT" or not exploring.explored:
            stop()
            if not exploring.explored:
                self.report({"WARNING"}, "Nothing is left to explore: the objects are gone, or their parts are others now.")
            return {"CANCELLED"} if meaning is Reaction.END else {"CANCELLED", "PASS_THROUGH"}
        if meaning is Reaction.HOLD:
            exploring.is_held = not exploring.is_held and exploring.point is not None
            status_bar.show(context.workspace, _draw_keys)
        has_changed = meaning is Reaction.HOLD
        if place is not None and meaning in (Reaction.LOOK, Reaction.HOLD) and not (exploring.is_held and meaning is Reaction.LOOK):
            has_changed |= _look(exploring, context, *place, event)
        if has_changed:
            preferences.redraw_viewports()
        return {"PASS_THROUGH"} if meaning in (Reaction.PASS, Reaction.LOOK) else {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        if session.current() is self._session:
            stop()


def explorable_objects(context: bpy.types.Context) -> Iterator[bpy.types.Object]:
    """The chosen objects; in place of one that Apply has hidden behind its parts, these."""
    for object_ in chosen_objects(context):
        if object_.visible_get(view_layer=context.view_layer):
            yield object_
        else:
            yield from applying.parts_of_this_tree(object_)


def start(context: bpy.types.Context) -> session.Session:
    """Begins to explore the chosen objects. Raises PartgenError with the reason where that cannot be."""
    mouse.take(stop)
    exploring = session.start(list({o.session_uid: o for o in explorable_objects(context)}.values()))
    drawing.start()
    status_bar.show(context.workspace, _draw_keys)
    return exploring


@mouse.tool
def stop() -> None:
    """Ends exploring, with nothing left of it; harmless where nobody explores."""
    session.stop()
    drawing.stop()
    status_bar.clear()


def _look(
    exploring: session.Session, context: bpy.types.Context, space: bpy.types.SpaceView3D, region: bpy.types.Region, event: bpy.types.Event
) -> bool:
    """Takes the point under the mouse. Whether there is anything new to show."""
    place = Vector((event.mouse_x - region.x, event.mouse_y - region.y))
    origin, direction = (find(region, region.data, place) for find in (region_2d_to_origin_3d, region_2d_to_vector_3d))
    return exploring.look(origin, direction, context.evaluated_depsgraph_get(), context.view_layer, space)


def _draw_keys(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """The status bar: what mouse and keys do."""
    exploring = session.current()
    row = header.layout
    row.label(text="Similarity to the Point under the Cursor", icon="MOUSE_MOVE")
    row.label(text="Let Go of the Point" if exploring and exploring.is_held else "Hold the Point", icon="MOUSE_LMB")
    row.label(text="Turn and Zoom the View", icon="MOUSE_MMB")
    row.label(text="End", icon="MOUSE_RMB")
    row.label(text="End", icon="EVENT_ESC")


CLASSES = (PARTGEN_OT_explore,)
