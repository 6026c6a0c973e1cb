"""Runs inside a real Blender and answers what the driver asks: what the scene holds, and what lies under the mouse.

The driver (window.py) writes `question.json` into the folder that both share, the watcher answers with `answer.json`. It
changes nothing in the scene and presses nothing: hands are the driver's, which has mouse and keys alone.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import time
import traceback
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blf
import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Matrix, Vector

ADD_ON = "bl_ext.user_default.partgen_blender"
LOOK_SECONDS = 0.02
# The pointer's last move reaches the buttons only after Blender went through its events once more.
TURNS_UNTIL_HOVERED = 2
INTERFACE_FONT = 0
MARGIN = 4  # pixels around a rendered text


class Watcher:
    """Looks for a question fifty times a second, also after another file was opened, and keeps how long Blender worked in between."""

    def __init__(self, folder: Path) -> None:
        self.question = folder / "question.json"
        self.answer = folder / "answer.json"
        self.turns = 0
        self.longest = self.worked = 0.0
        self.questions = QUESTIONS | {"longest_hitch": self.longest_hitch}

    def start(self) -> None:
        bpy.app.timers.register(self.look, persistent=True)

    def look(self) -> float:
        self.longest = max(self.longest, time.thread_time() - self.worked)
        self.answer_if_asked()
        self.worked = time.thread_time()
        return LOOK_SECONDS

    def longest_hitch(self) -> float:
        """The longest that Blender's main thread worked without a break since this was asked before, in seconds of a processor.

        Waiting for a processor that others keep busy does not count, nor do answers to questions.
        """
        longest, self.longest = self.longest, 0.0
        return longest

    def answer_if_asked(self) -> None:
        if not self.question.exists():
            return
        asked = json.loads(self.question.read_text("utf-8"))
        if asked["question"] == "under_pointer" and self.turns < TURNS_UNTIL_HOVERED:
            self.turns += 1
            return
        self.turns = 0
        self.question.unlink()
        try:
            reply = {"id": asked["id"], "answer": self.questions[asked["question"]](**asked["arguments"])}
        except Exception:
            reply = {"id": asked["id"], "error": traceback.format_exc()}
        written = self.answer.with_suffix(".part")
        written.write_text(json.dumps(reply), "utf-8")
        written.replace(self.answer)


# ---- what the scene holds --------------------------------------------------------------------------------------------


def state() -> dict[str, Any]:
    """Everything that the journey asserts on, as JSON: names, numbers and sentences."""
    jobs, catalog = _module("jobs"), _module("models.catalog")
    layer = bpy.context.view_layer
    return {
        "file": bpy.data.filepath,
        "is_dirty": bpy.data.is_dirty,
        "active": layer.objects.active.name if layer.objects.active else None,
        "selected": sorted(o.name for o in layer.objects if o.select_get()),
        "objects": {o.name: _object(o) for o in bpy.context.scene.objects},
        "collections": {c.name: sorted(o.name for o in c.objects) for c in bpy.context.scene.collection.children_recursive},
        "explode": {c.name: round(c.partgen.explode, 4) for c in bpy.context.scene.collection.children_recursive},
        "meshes": {m.name: _mesh(m) for m in bpy.data.meshes if m.users},
        "shows_preview": bpy.context.window_manager.partgen.show_preview,
        "open_jobs": len(jobs.open_jobs()),
        "progress": jobs.progress()[0],
        "messages": [{"text": f"{m.sentence} {m.remedy}".strip(), "action": m.action} for m in _module("messages").shown],
        "backend": _module("backend").status().name,
        "set_up": _set_up(),
        "exploring": _exploring(),
        "picking": _picking(),
        "proposals": _proposals(),
        "refining": _refining(),
        "mode": bpy.context.mode,
        "models": {title: [entry.title for entry in catalog.entries(role)] for role, title in catalog.ROLES.items()},
    }


def _module(name: str) -> Any:
    return sys.modules[f"{ADD_ON}.{name}"]


def _set_up() -> dict[str, Any]:
    """Condition of the environment, what is going on with it, and the plan that the panel lists."""
    making, environment = _module("setup.making"), _module("setup.environment")
    condition, watched = environment.condition(), _module("watch").running(making.KEY)
    return {
        "condition": condition.state,
        "sentence": _module("setup").sentence(),
        "folder": str(environment.folder()),
        "is_running": making.is_running(),
        "is_changing": making.is_changing(),
        "stage": watched.report.stage if watched and watched.report else "",
        "lines": [list(line) for line in making.plan.lines()] if making.plan else [],
        "problems": [{"text": f"{p.sentence} {p.remedy}".strip(), "action": p.action} for p in making.plan.problems] if making.plan else [],
        "backend_command": _module("setup").backend_command() or [],
        "can_start": bool(making.plan and making.plan.can_start),
    }


def _exploring() -> dict[str, Any] | None:
    """What Explore says, and what it colors; None while nobody explores."""
    exploring = _module("explore.session").current()
    if exploring is None:
        return None
    return {"title": exploring.title(), "is_held": exploring.is_held, "objects": sorted(e.name for e in exploring.explored)}


def _refining() -> dict[str, Any] | None:
    """How many clicks there are and how many faces they mean; None while nobody refines."""
    refining = _module("refining.session").current()
    return None if refining is None else {"clicks": len(refining.clicks), "faces": int(refining.region.sum())}


def _proposals() -> dict[str, Any] | None:
    """How many proposals the active object has, which is chosen, and which is flipped to; None where it has none."""
    session, flipping = _module("proposals.session"), _module("proposals.flipping")
    object_ = _module("proposals.session").subject(bpy.context)
    kept = session.of(object_)
    if kept is None:
        return None
    flipped = flipping.current()
    return {"count": kept.count, "chosen": session.chosen(kept, object_), "flipping": flipped.place if flipped else None}


def _picking() -> dict[str, Any] | None:
    """What lies under the cursor and what is picked; None while nobody picks."""
    picking = _module("picking.session").current()
    if picking is None:
        return None
    pickable = picking.pickable()
    committing = _module("picking.committing")
    return {
        "points_at": pickable.name if pickable else None,
        "leaves": len(picking.leaves()),
        "count": pickable.levels.count(pickable.level) if pickable else 0,
        "picked": {o.name: int(committing.faces_of(o, leaves).sum()) for o, leaves in picking.picked().items()},
        "clicks": len(picking.before),
        "says": [picking.title(), picking.remark()],
        "commit_as": bpy.context.scene.partgen_picking.commit_as,
    }


def _object(object_: bpy.types.Object) -> dict[str, Any]:
    shown = _module("completion.proposals").shown(object_.data) if object_.type == "MESH" else None
    return {
        "type": object_.type,
        "is_visible": object_.visible_get(),
        "collections": sorted(c.name for c in object_.users_collection),
        "parent": object_.parent.name if object_.parent else None,
        "location": [round(x, 5) for x in object_.matrix_world.translation],
        "faces": len(object_.data.polygons) if object_.type == "MESH" else 0,
        "edits": [step.prompt for step in object_.partgen_edited.steps],
        "materials": sorted(m.name for m in object_.data.materials if m) if object_.type == "MESH" else [],
        "groups": _groups(object_),
        "completed": {"proposal": shown.number, "of": shown.count, "method": shown.maker.method} if shown else None,
    }


def _groups(object_: bpy.types.Object) -> dict[str, int]:
    """The number of vertices in each vertex group."""
    if object_.type != "MESH" or object_.mode == "EDIT" or not object_.vertex_groups:
        return {}
    members = [group.group for vertex in object_.data.vertices for group in vertex.groups]
    return {group.name: members.count(group.index) for group in object_.vertex_groups}


def _mesh(mesh: bpy.types.Mesh) -> dict[str, Any]:
    """Scale and number of parts, how many faces each value of the attribute `partgen_part` has, and what marks the faces."""
    listed = [[row.name, row.faces, row.is_shown] for row in mesh.partgen.rows]
    scale = {"scale": round(mesh.partgen.scale, 4), "parts": mesh.partgen.parts, "listed": listed}
    if mesh.is_editmode:
        return scale | {"faces_of_part": {}, "selected_faces": mesh.total_face_sel}
    marked = [a for a in mesh.attributes if a.data_type == "BOOLEAN" and a.domain == "FACE" and not a.is_internal]
    return scale | {
        "faces_of_part": _counts(mesh, "partgen_part"),
        "face_sets": _counts(mesh, ".sculpt_face_set"),
        "faces_of_material": _counts(mesh, "material_index"),
        "materials": [m.name if m else None for m in mesh.materials],
        "marked": {a.name: _counts(mesh, a.name).get("1", 0) for a in marked},
    }


def _counts(mesh: bpy.types.Mesh, name: str) -> dict[str, int]:
    """How many faces each value of a face attribute of integers or booleans has; nothing without the attribute."""
    attribute = mesh.attributes.get(name)
    if attribute is None:
        return {}
    values = np.empty(len(mesh.polygons), bool if attribute.data_type == "BOOLEAN" else np.int32)
    attribute.data.foreach_get("value", values)
    return {str(int(value)): int(count) for value, count in zip(*np.unique(values, return_counts=True), strict=True)}


def edited(name: str) -> list[dict[str, Any]]:
    """The steps that made an object what it is: the variation that is shown, of how many, and what each of them is."""
    return [
        {
            "prompt": step.prompt,
            "made_by": step.made_by,
            "shown": step.variation % step.variations + 1,
            "of": step.variations,
            "captions": [part.caption for part in step.parts],
            "pictures": [{"size": list(p.image.size), "in_file": bool(p.image.packed_file)} for p in step.paintings if p.image],
        }
        for step in bpy.data.objects[name].partgen_edited.steps
    ]


def surfaces() -> dict[str, int]:
    """For each mesh object a checksum of all that is seen of it: its place, points, faces, UV maps, materials and their pictures."""
    return {o.name: _checksum(o) for o in bpy.context.scene.objects if o.type == "MESH"}


def own_faces() -> list[int]:
    """A number for the place of every face of the scene that an artist made, in the space of its object: rising, each once."""
    found = [np.zeros(0, np.int64)]
    for object_ in bpy.context.scene.objects:
        if object_.type == "MESH":
            middles = np.rint(1e4 * _values(object_.data.polygons, "center", 3).reshape(-1, 3)).astype(np.int64) + 2**16
            is_own = np.ones(len(middles), bool)
            generated = object_.data.attributes.get("partgen_generated")
            if generated is not None and not object_.data.is_editmode:  # where values cannot be read, and no face is lost
                generated.data.foreach_get("value", is_own)
                is_own = ~is_own
            found.append((middles @ np.array([1, 2**17, 2**34]))[is_own])
    return np.unique(np.concatenate(found)).tolist()


def _checksum(object_: bpy.types.Object) -> int:
    mesh = object_.data
    place = np.round(np.array(object_.matrix_world), 5) + 0.0  # no negative zeros
    seen = [place, *(_values(*of) for of in ((mesh.vertices, "co", 3), (mesh.loops, "vertex_index", 1), (mesh.polygons, "loop_total", 1)))]
    for layer in mesh.uv_layers:
        seen += [np.frombuffer(layer.name.encode(), np.uint8), _values(layer.uv, "vector", 2)]
    for material in filter(None, mesh.materials):
        seen.append(np.frombuffer(material.name.encode(), np.uint8))
        images = [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image]
        seen += [_pixels(image) for image in images]
    return zlib.crc32(b"".join(values.tobytes() for values in seen))


def _values(items: Any, name: str, width: int) -> np.ndarray:
    found = np.empty(len(items) * width, np.float32)
    items.foreach_get(name, found)
    return found


def _pixels(image: bpy.types.Image) -> np.ndarray:
    found = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(found)
    return found


# ---- what the window holds -------------------------------------------------------------------------------------------


def regions() -> list[dict[str, Any]]:
    """The regions on screen, topmost window first. `x`, `y`: lower left corner in pixels of the whole screen, from below."""
    return [
        {
            "area": area.type,
            "region": region.type,
            "window": number,
            "x": window.x + region.x,
            "y": window.y + region.y,
            "width": region.width,
            "height": region.height,
        }
        for number, window, area, region in _every_region()
        if region.width > 1 and region.height > 1
    ]


def objects_on_screen() -> dict[str, int]:
    """The rectangle around all visible mesh objects in the largest 3D viewport: left, right, and bottom, top from below, pixels."""
    found = [(w, a, r) for _, w, a, r in _every_region() if (a.type, r.type) == ("VIEW_3D", "WINDOW")]
    window, area, region = max(found, key=lambda place: place[2].width * place[2].height)
    view = area.spaces.active.region_3d
    meshes = [o for o in bpy.context.scene.objects if o.type == "MESH" and o.visible_get()]
    corners = [o.matrix_world @ Vector(corner) for o in meshes for corner in o.bound_box]
    points = [p for c in corners if (p := location_3d_to_region_2d(region, view, c)) is not None]
    across = [min(max(p.x, 0), region.width) for p in points]
    upward = [min(max(p.y, 0), region.height) for p in points]
    left, bottom = window.x + region.x, window.y + region.y
    return {
        "left": left + int(min(across)),
        "right": left + int(max(across)),
        "bottom": bottom + int(min(upward)),
        "top": bottom + int(max(upward)),
    }


def place_on_screen(name: str, at: list[float]) -> dict[str, int]:
    """Where a point of an object, in its own space, is in the largest 3D viewport: `x`, and `y` from below, pixels of the screen."""
    found = [(w, a, r) for _, w, a, r in _every_region() if (a.type, r.type) == ("VIEW_3D", "WINDOW")]
    window, area, region = max(found, key=lambda place: place[2].width * place[2].height)
    world = bpy.data.objects[name].matrix_world @ Vector(at)
    point = location_3d_to_region_2d(region, area.spaces.active.region_3d, world)
    return {"x": window.x + region.x + int(point.x), "y": window.y + region.y + int(point.y)}


def under_pointer() -> dict[str, Any] | None:
    """The button that Blender highlights under the mouse: `operator` and its arguments, or `property` and what has it."""
    for _, window, area, region in _every_region():
        with bpy.context.temp_override(window=window, area=area, region=region):
            found = _highlighted()
        if found is not None:
            return found | {"area": area.type, "region": region.type}
    return None


def _highlighted() -> dict[str, Any] | None:
    """Asks Blender's own "Copy Python Command" and the property under the mouse, as its right-click menu does."""
    if bpy.ops.ui.copy_python_command_button.poll():
        bpy.ops.ui.copy_python_command_button()
        command = bpy.context.window_manager.clipboard
        name = re.match(r"bpy\.ops\.([\w.]+)\(", command)
        return {"operator": name.group(1) if name else command, "command": command}
    if bpy.context.property is not None:
        owner, path, _ = bpy.context.property
        return {"property": path, "owner": getattr(owner, "name", "")}  # preferences have none
    return None


def titles(control: str) -> list[str]:
    """What a button of this id may have as its text: the names of the operator and of the property that are called so."""
    found = []
    module, _, name = control.partition(".")
    if hasattr(bpy.types, f"{module.upper()}_OT_{name}"):
        found.append(getattr(getattr(bpy.ops, module), name).get_rna_type().name)
    for group in bpy.types.PropertyGroup.__subclasses__():
        if group.__module__.startswith(ADD_ON) and name in group.bl_rna.properties:
            found.append(group.bl_rna.properties[name].name)
    return found


def rendered(text: str, style: str) -> dict[str, Any]:
    """`text` as Blender's interface draws it, white on black: `rows`, `columns` and the pixels' coverage, base64 of uint8.

    `style` is "widget" or "panel_title".
    """
    preferences = bpy.context.preferences
    blf.size(INTERFACE_FONT, getattr(preferences.ui_styles[0], style).points * preferences.system.ui_scale)
    width, height = (int(size) for size in blf.dimensions(INTERFACE_FONT, text))
    columns, rows = width + 2 * MARGIN, height + 4 * MARGIN
    canvas = gpu.types.GPUOffScreen(columns, rows)
    with canvas.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        framebuffer.clear(color=(0, 0, 0, 1))
        with gpu.matrix.push_pop(), gpu.matrix.push_pop_projection():
            gpu.matrix.load_matrix(Matrix.Identity(4))
            gpu.matrix.load_projection_matrix(Matrix(((2 / columns, 0, 0, -1), (0, 2 / rows, 0, -1), (0, 0, -1, 0), (0, 0, 0, 1))))
            gpu.state.blend_set("ALPHA")
            blf.position(INTERFACE_FONT, MARGIN, 2 * MARGIN, 0)
            blf.color(INTERFACE_FONT, 1, 1, 1, 1)
            blf.draw(INTERFACE_FONT, text)
        pixels = framebuffer.read_color(0, 0, columns, rows, 4, 0, "UBYTE")
    canvas.free()
    pixels.dimensions = columns * rows * 4
    coverage = np.array(pixels, np.uint8).reshape(rows, columns, 4)[::-1, :, 0]
    return {"rows": rows, "columns": columns, "coverage": base64.b64encode(coverage.tobytes()).decode()}


def _every_region() -> Iterator[tuple[int, bpy.types.Window, bpy.types.Area, bpy.types.Region]]:
    """Number of the window, window, area and region, the window that was opened last first."""
    windows = list(bpy.context.window_manager.windows)
    for number, window in reversed(list(enumerate(windows))):
        for area in window.screen.areas:
            for region in area.regions:
                yield number, window, area, region


QUESTIONS = {
    question.__name__: question
    for question in (state, edited, surfaces, own_faces, regions, objects_on_screen, place_on_screen, under_pointer, titles, rendered)
}
