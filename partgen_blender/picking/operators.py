"""The buttons Pick Part and Pick by Line or Mask, and the mouse and keys while Pick Part runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from partgen.errors import PartgenError

from .. import messages, modes, mouse, preferences, status_bar, viewports
from ..viewports import viewport_at
from . import committing, drawing, scripting, session, sight

_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
_STEPS = {"WHEELUPMOUSE": 1, "WHEELDOWNMOUSE": -1, "UP_ARROW": 1, "DOWN_ARROW": -1, "PAGE_UP": 1, "PAGE_DOWN": -1}
_COMMIT = {"RET", "NUMPAD_ENTER"}
_STILL = 5.0
"""Pixels at scale 1: a mouse that moved no farther while its button was held has clicked."""
_PREPARING_SECONDS = 0.05


class Reaction(Enum):
    """What an event means to somebody who picks."""

    LOOK = auto()
    PRESS = auto()
    RELEASE = auto()
    STEP = auto()
    TYPE = auto()
    TAKE_BACK = auto()
    BRING_BACK = auto()
    LEARN = auto()
    FOLLOW = auto()
    NEXT_KIND = auto()
    COMMIT = auto()
    END = auto()
    IGNORE = auto()
    """It is kept from Blender, because it would change the scene behind the picked parts."""
    PASS = auto()


_KEYS = {"C": Reaction.NEXT_KIND, "L": Reaction.LEARN, "I": Reaction.FOLLOW}


def reaction(event: bpy.types.Event, is_over_viewport: bool, points_at_something: bool, is_drawing: bool = False) -> Reaction:
    """What an event means. Outside the viewports all but Esc is Blender's, so that panels and menus work as ever."""
    kind, is_pressed = event.type, event.value in ("PRESS", "DOUBLE_CLICK")  # two quick presses are two
    if kind == "ESC" and is_pressed:
        return Reaction.END
    if kind == "LEFTMOUSE" and event.value == "RELEASE" and is_drawing:
        return Reaction.RELEASE  # wherever the line ends
    if kind in ("MOUSEMOVE", "INBETWEEN_MOUSEMOVE"):
        return Reaction.LOOK
    if not is_over_viewport:
        return Reaction.PASS
    if kind == "LEFTMOUSE" and not event.alt:  # with Alt it turns the view where the mouse has two buttons
        return Reaction.PRESS if is_pressed else Reaction.IGNORE
    if kind == "RIGHTMOUSE":
        return Reaction.END if is_pressed else Reaction.IGNORE
    if not is_pressed:
        return Reaction.PASS
    has_modifier = event.ctrl or event.shift or event.alt or event.oskey
    if kind in _STEPS and not has_modifier and (points_at_something or not kind.startswith("WHEEL")):
        return Reaction.STEP
    if (event.ctrl or event.oskey) and kind in ("Z", "Y"):
        return Reaction.BRING_BACK if event.shift or kind == "Y" else Reaction.TAKE_BACK
    if not has_modifier and (kind in _DIGITS or kind == "BACK_SPACE"):
        return Reaction.TYPE
    if kind in _COMMIT:
        return Reaction.COMMIT
    if kind in _KEYS and not has_modifier:
        return _KEYS[kind]
    return Reaction.PASS if kind == "LEFTMOUSE" or viewports.is_blenders_own(event) else Reaction.IGNORE


class _Commits:
    """Properties of what becomes of picked parts."""

    commit_as: bpy.props.EnumProperty(name="Commit as", description="What becomes of the picked parts", items=committing.KINDS)
    name: bpy.props.StringProperty(
        name="Name",
        description='Of what is made; empty for a free one, that of the object with "Pick". A vertex group or an attribute that has the '
        "name already is filled anew; to a material that has it the faces are added",
        options={"SKIP_SAVE"},
    )
    keep_shading: bpy.props.BoolProperty(
        name="Keep Shading", description="Smooth surfaces of a separate object look the same on both sides of the cut", default=True
    )

    def commit(self, picked: dict[bpy.types.Object, NDArray[np.bool_]], remarks: Sequence[str] = ()) -> set[str]:
        """Makes what was asked for, and reports, with `remarks` at the end. Raises PartgenError."""
        sentences = committing.commit(picked, self.commit_as, self.name.strip(), self.keep_shading)
        more = [f"And {len(sentences) - 3} more."] if len(sentences) > 3 else []
        self.report({"INFO"}, " ".join([*sentences[:3], *more, *remarks]))  # type: ignore[attr-defined]
        preferences.redraw_viewports()
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.prop(self, "commit_as")
        if self.commit_as not in ("FACE_SELECTION", "FACE_SET"):
            layout.prop(self, "name")
        if self.commit_as == "SEPARATE":
            layout.prop(self, "keep_shading")


class PARTGEN_OT_pick(_Commits, bpy.types.Operator):
    """Pick parts with the mouse: what lies under the cursor lights up, the wheel makes it coarser or finer, clicks pick, \
a line around or along parts picks what it means, Enter makes of it what is chosen here. Esc leaves everything as it was"""

    bl_idname = "partgen.pick"
    bl_label = "Pick Part"
    bl_options = {"REGISTER", "UNDO"}

    object: bpy.props.StringProperty(name="Object", description="For scripts: the decomposed object to pick from", options={"SKIP_SAVE"})
    polygon: bpy.props.IntProperty(
        name="Face", description="A face of its mesh without modifiers, -1 for none", default=-1, min=-1, options={"SKIP_SAVE"}
    )
    origin: bpy.props.FloatVectorProperty(
        name="Origin", description="In place of a face: where a ray of the world begins", size=3, options={"SKIP_SAVE"}
    )
    direction: bpy.props.FloatVectorProperty(
        name="Direction", description="Where that ray goes; zero for no ray", size=3, options={"SKIP_SAVE"}
    )
    leaves: bpy.props.StringProperty(
        name="Leaves", description='In place of a face or a ray: leaves of the part tree, as "0-5,9"', options={"SKIP_SAVE"}
    )
    parts: bpy.props.IntProperty(
        name="Parts", description="The part is that of a cut into so many; 0 for the object's own scale", min=0, options={"SKIP_SAVE"}
    )
    steps: bpy.props.IntProperty(
        name="Steps", description="So many turns of the wheel coarser, or finer where negative", options={"SKIP_SAVE"}
    )
    in_all: bpy.props.BoolProperty(
        name="In All That Share",
        description="Each click applies to the same part of the objects that were decomposed together or matched with this one, as far "
        "as they are visible, and selected or picked from already. Leaves and lines mean only what they say",
        default=True,
    )
    picks: bpy.props.StringProperty(
        name="Picks",
        description="In place of all these: several picks as JSON, a list of objects with these names and "
        '"action": "TAKE", "ADD" or "REMOVE"',
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.current() is not None:
            return True  # it ends then
        if not modes.can_work(cls, context):
            return False
        if reason := session.obstacle(context.view_layer):
            cls.poll_message_set(reason)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            return self.commit(*scripting.picked_by(self._told(), self.in_all))
        except PartgenError as error:
            return messages.report_error(self, error)

    def _told(self) -> list[scripting.Pick]:
        """The picks that the properties tell."""
        if self.picks:
            return scripting.picks_from(self.picks)
        place = {"polygon": self.polygon, "origin": tuple(self.origin), "direction": tuple(self.direction), "leaves": self.leaves}
        return [scripting.Pick(self.object, parts=self.parts, steps=self.steps, **place)]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if session.current() is not None:
            stop()
            return {"FINISHED"}
        try:
            self._session = start(context)
        except PartgenError as error:
            return messages.report_error(self, error)
        if not self.properties.is_property_set("commit_as"):
            self.commit_as = context.scene.partgen_picking.commit_as
        self._session.in_all = self.in_all
        self._pressed: tuple[float, float, str] | None = None  # where the button went down in its region, and what it does
        self._place = 0  # the region in which the button went down; its address, because regions may go at any time
        self._timer = None
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        picking: session.Session = self._session
        if picking is not session.current():  # ended from elsewhere, perhaps begun anew
            self._stop_timer(context)
            return {"CANCELLED", "PASS_THROUGH"}
        if context.mode != "OBJECT" or session.obstacle(context.view_layer):
            return self._give_up(context)
        picking.refresh()
        place = viewport_at(context.window, event.mouse_x, event.mouse_y)
        if event.type == "TIMER":
            self._prepare(context, event, picking, place)
            return {"PASS_THROUGH"}
        meaning = reaction(event, place is not None, picking.pointed is not None, self._pressed is not None)
        if meaning is Reaction.END:
            self._end(context)
            return {"CANCELLED"}
        if meaning is Reaction.COMMIT:
            return self._commit_picked(context, picking)
        return self._follow(context, event, picking, place, meaning)

    def cancel(self, context: bpy.types.Context) -> None:
        if session.current() is self._session:
            self._end(context)

    # ---- while it runs -----------------------------------------------------------------------------------------------

    def _follow(
        self,
        context: bpy.types.Context,
        event: bpy.types.Event,
        picking: session.Session,
        place: tuple[bpy.types.SpaceView3D, bpy.types.Region] | None,
        meaning: Reaction,
    ) -> set[str]:
        """Does what an event means that ends nothing."""
        before = _told_by_keys(picking)
        has_changed = {
            Reaction.LOOK: lambda: self._look(context, event, picking, place),
            Reaction.PRESS: lambda: self._press(context, event, picking, place),
            Reaction.RELEASE: lambda: self._release(context, event, picking),
            Reaction.STEP: lambda: picking.step(_STEPS[event.type]),
            Reaction.TYPE: lambda: picking.type(str(_DIGITS.index(event.type)) if event.type in _DIGITS else ""),
            Reaction.TAKE_BACK: picking.take_back,
            Reaction.BRING_BACK: picking.bring_back,
            Reaction.LEARN: picking.learn_or_not,
            Reaction.FOLLOW: picking.follow_or_not,
            Reaction.NEXT_KIND: lambda: self._choose_next_kind(context),
        }.get(meaning, bool)()
        if has_changed:
            preferences.redraw_viewports()
        if before != _told_by_keys(picking) or meaning is Reaction.NEXT_KIND:
            status_bar.show(context.workspace, _draw_keys)
        if picking.waiting and self._timer is None:
            self._timer = context.window_manager.event_timer_add(_PREPARING_SECONDS, window=context.window)
        is_for_blender = meaning in (Reaction.PASS, Reaction.LOOK) and self._pressed is None
        return {"PASS_THROUGH"} if is_for_blender else {"RUNNING_MODAL"}

    def _look(
        self,
        context: bpy.types.Context,
        event: bpy.types.Event,
        picking: session.Session,
        place: tuple[bpy.types.SpaceView3D, bpy.types.Region] | None,
    ) -> bool:
        if self._pressed is not None:
            began = viewports.viewport_of(context.window, self._place)
            return self._draw_on(event, picking, began[1]) if began is not None else False
        if place is None:
            return picking.away()
        space, region = place
        origin, way = _ray(space, region, event)
        return picking.look(origin, way, context.evaluated_depsgraph_get(), context.view_layer, space, may_wait=True)

    def _press(
        self,
        context: bpy.types.Context,
        event: bpy.types.Event,
        picking: session.Session,
        place: tuple[bpy.types.SpaceView3D, bpy.types.Region] | None,
    ) -> bool:
        if place is None:
            return False
        has_changed = self._look(context, event, picking, place)  # the last move may be some pixels ago
        self._place = place[1].as_pointer()
        self._pressed = event.mouse_x - place[1].x, event.mouse_y - place[1].y, _action(event)
        return has_changed

    def _draw_on(self, event: bpy.types.Event, picking: session.Session, region: bpy.types.Region) -> bool:
        here = float(event.mouse_x - region.x), float(event.mouse_y - region.y)
        start = self._pressed[:2]  # type: ignore[index]
        is_still = np.hypot(here[0] - start[0], here[1] - start[1]) <= _STILL * _interface_scale()
        if not picking.line and is_still:
            return False
        if not picking.line:
            picking.line, picking.line_region = [start], region.as_pointer()
        picking.line.append(here)
        return True

    def _release(self, context: bpy.types.Context, event: bpy.types.Event, picking: session.Session) -> bool:
        """A click where the mouse stood still, else the end of a line."""
        line, picking.line = picking.line, []
        pressed, place, self._pressed = self._pressed, viewports.viewport_of(context.window, self._place), None
        if pressed is None or place is None:
            return False
        if not line and not picking.is_learning:
            return picking.take(pressed[2])
        with _patience(context):
            if not line:
                return picking.take(pressed[2])
            space, region = place
            view, depsgraph = sight.View.of_region(region), context.evaluated_depsgraph_get()
            radius = session.STROKE_RADIUS * _interface_scale()
            picking.choose_drawn(line, view, depsgraph, context.view_layer, space, pressed[2], radius)
        return True

    def _prepare(
        self,
        context: bpy.types.Context,
        event: bpy.types.Event,
        picking: session.Session,
        place: tuple[bpy.types.SpaceView3D, bpy.types.Region] | None,
    ) -> None:
        """Lets Blender prepare the object that is waited for, one turn after the artist was told, and points at it."""
        if self._timer is None:
            return
        self._stop_timer(context)
        if picking.waiting:
            with _patience(context):
                picking.prepare(context.evaluated_depsgraph_get())
            self._follow(context, event, picking, place, Reaction.LOOK)
            preferences.redraw_viewports()

    def _choose_next_kind(self, context: bpy.types.Context) -> bool:
        kinds = [kind for kind, *_ in committing.KINDS]
        settings = context.scene.partgen_picking
        settings.commit_as = self.commit_as = kinds[(kinds.index(settings.commit_as) + 1) % len(kinds)]
        self._session.refused = ""
        return True

    # ---- how it ends -------------------------------------------------------------------------------------------------

    def _commit_picked(self, context: bpy.types.Context, picking: session.Session) -> set[str]:
        """Enter: makes what is chosen of what is picked, or of the part under the cursor where nothing was clicked."""
        picked = picking.to_commit()
        if not picked:
            picking.refused = "Nothing is picked: click a part first"
            preferences.redraw_viewports()
            return {"RUNNING_MODAL"}
        self.commit_as = context.scene.partgen_picking.commit_as
        self.in_all = picking.in_all
        self.picks = scripting.picks_of(picked)  # the panel of the last operation makes something else of the same
        is_refused = False
        try:
            return self.commit(picked)
        except PartgenError as error:  # a report would be shown only in the end
            is_refused, picking.refused = True, str(error)
            preferences.redraw_viewports()
            return {"RUNNING_MODAL"}
        finally:
            if not is_refused:
                self._end(context, keeps_choice=True)

    def _give_up(self, context: bpy.types.Context) -> set[str]:
        self._end(context)
        self.report({"WARNING"}, "Picking ended: it needs Object Mode, and something that is decomposed and visible.")
        return {"CANCELLED", "PASS_THROUGH"}

    def _end(self, context: bpy.types.Context, keeps_choice: bool = False) -> None:
        self._stop_timer(context)
        stop(keeps_choice)

    def _stop_timer(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


class PARTGEN_OT_pick_drawn(_Commits, bpy.types.Operator):
    """Pick the parts that a line or the bright places of an image mean, as they are seen from the current view or the camera"""

    bl_idname = "partgen.pick_drawn"
    bl_label = "Pick by Line or Mask"
    bl_options = {"REGISTER", "UNDO"}

    path: bpy.props.CollectionProperty(
        type=bpy.types.OperatorMousePath, name="Path", description="Places in pixels from the lower left of the view", options={"SKIP_SAVE"}
    )
    shape: bpy.props.EnumProperty(
        name="Shape",
        description="What the path is",
        items=(
            ("AUTO", "As Drawn", "A lasso where its ends meet, else a stroke", 0),
            ("LASSO", "Lasso", "It surrounds the parts", 1),
            ("STROKE", "Stroke", "It runs along the parts", 2),
        ),
    )
    radius: bpy.props.FloatProperty(name="Radius", description="Of a stroke, in pixels", default=session.STROKE_RADIUS, min=0.5)
    image: bpy.props.StringProperty(
        name="Image", description="In place of a path: an image of this file, stretched over the view; what is bright and opaque is meant"
    )
    view: bpy.props.EnumProperty(
        name="View",
        description="From where it is seen",
        items=(("VIEWPORT", "Viewport", "The 3D viewport", 0), ("CAMERA", "Camera", "What the scene's camera renders", 1)),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not modes.can_work(cls, context):
            return False
        if reason := session.obstacle(context.view_layer):
            cls.poll_message_set(reason)
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.properties.is_property_set("commit_as"):
            self.commit_as = context.scene.partgen_picking.commit_as
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        self.layout.prop_search(self, "image", bpy.data, "images")
        self.layout.prop(self, "view")
        _Commits.draw(self, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            space, view = _view(context, self.view)
            path = [tuple(place.loc) for place in self.path]
            image = _image(self.image) if self.image else None
            return self.commit(scripting.meant(context, view, path, image, self.shape, self.radius, space))
        except PartgenError as error:
            return messages.report_error(self, error)


def start(context: bpy.types.Context) -> session.Session:
    """Begins to pick in this view layer. Raises PartgenError with the reason where that cannot be."""
    mouse.take(stop)
    picking = session.start(context.view_layer)
    picking.chosen_before = context.scene.name, context.scene.partgen_picking.commit_as
    drawing.start()
    status_bar.show(context.workspace, _draw_keys)
    return picking


@mouse.tool
def stop(keeps_choice: bool = False) -> None:
    """Ends picking, with nothing left of it, unless what Enter makes is to stay as it was chosen meanwhile. Harmless where nobody picks."""
    picking = session.current()
    if picking is not None and picking.chosen_before is not None and not keeps_choice:
        name, chosen = picking.chosen_before
        if (scene := bpy.data.scenes.get(name)) is not None:
            scene.partgen_picking.commit_as = chosen
    session.stop()
    drawing.stop()
    status_bar.clear()


def _view(context: bpy.types.Context, view: str) -> tuple[bpy.types.SpaceView3D | None, sight.View]:
    """The view to look from, and its viewport. Raises PartgenError where there is none."""
    if view == "CAMERA":
        if context.scene.camera is None:
            raise PartgenError("pick.no_camera", "The scene has no camera.", "Add one, or look from the viewport.")
        return None, sight.View.of_camera(context.scene, context.evaluated_depsgraph_get())
    area = context.area if context.area is not None and context.area.type == "VIEW_3D" else None
    if area is None:
        raise PartgenError("pick.no_viewport", "There is no 3D viewport here.", "Look from one, or through the camera.")
    region = context.region if context.region is not None and context.region.type == "WINDOW" else None
    region = region or next(region for region in area.regions if region.type == "WINDOW")
    return area.spaces.active, sight.View.of_region(region)


def _image(name: str) -> bpy.types.Image:
    image = bpy.data.images.get(name)
    if image is None:
        raise PartgenError("pick.no_image", f'There is no image "{name}" in this file.', "Open it in the Image Editor first.")
    return image


def _ray(space: bpy.types.SpaceView3D, region: bpy.types.Region, event: bpy.types.Event) -> tuple[Vector, Vector]:
    """Origin and direction of the ray under the mouse, in the world."""
    place = np.array([[event.mouse_x - region.x + 0.5, event.mouse_y - region.y + 0.5]])
    origins, directions = sight.View.of_region(region).rays(place)
    return Vector(origins[0]), Vector(directions[0])


@contextmanager
def _patience(context: bpy.types.Context) -> Iterator[None]:
    """Shows by the pointer that this may take a moment."""
    context.window.cursor_set("WAIT")
    try:
        yield
    finally:
        context.window.cursor_set("DEFAULT")


def _interface_scale() -> float:
    """How large the interface is drawn; 1 in background mode, which draws none."""
    return bpy.context.preferences.system.ui_scale or 1.0


def _action(event: bpy.types.Event) -> str:
    return "REMOVE" if event.ctrl or event.oskey else "ADD" if event.shift else "TAKE"


def _told_by_keys(picking: session.Session) -> tuple:
    """What the status bar says depends on this."""
    steps, following = (bool(picking.before), bool(picking.after)), (bool(picking.followers), picking.in_all)
    return steps, picking.pointed is not None, picking.is_learning, following


def _draw_keys(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """The status bar: what mouse and keys do."""
    picking = session.current()
    if picking is None:
        return
    row = header.layout
    # Words stand a little apart from keys that have long names, because icons do not make room for these.
    row.label(text="Take", icon="MOUSE_LMB")
    row.label(text="Add", icon="EVENT_SHIFT")
    row.label(text=" Remove", icon="EVENT_CTRL")
    row.label(text="Around or along Parts", icon="MOUSE_LMB_DRAG")
    row.label(text="Coarser, Finer" if picking.pointed is not None else "Zoom", icon="MOUSE_MMB")
    row.label(text="1 2 3: Number of Parts")
    row.label(text="Stop Learning" if picking.is_learning else "Learn from Clicks", icon="EVENT_L")
    if picking.followers:
        row.label(text="Only This One" if picking.in_all else "In All That Share", icon="EVENT_I")
    if picking.before:
        row.label(text="Ctrl Z: Take Back")
    row.label(text=f"As {committing.NAMES[context.scene.partgen_picking.commit_as]}", icon="EVENT_C")
    row.label(text="Commit", icon="EVENT_RETURN")
    row.label(text=" Cancel", icon="EVENT_ESC")


CLASSES = (PARTGEN_OT_pick, PARTGEN_OT_pick_drawn)
