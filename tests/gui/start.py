"""Runs inside a real Blender: a desk lamp of seven pieces, the sidebar open at PartGen, a watcher, then "SETUP DONE".

Beside the lamp's file lie twins.blend, with two objects that were taken apart elsewhere, snowman.blend, with one skin of several
pieces, cart.blend, with the parts of a cart, ring.blend, with half a million faces, and crowd.blend, with a little of everything.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import bpy
from mathutils import Euler

FOLDER = Path(__file__).resolve().parent  # run.sh puts settings.json and the folder gui/ here
sys.path.append(str(FOLDER / "gui"))  # of this Blender's test only: the extension itself touches no path

from cart import make_cart  # noqa: E402
from crowd import make_crowd  # noqa: E402
from snowman import make_snowman  # noqa: E402
from torus import make_torus  # noqa: E402
from twins import make_twins  # noqa: E402
from watcher import Watcher  # noqa: E402


def make_lamp() -> bpy.types.Object:
    """A lamp whose pieces are one mesh, with two materials, as an artist would have it."""
    clear_scene()
    pieces = []

    def add(operator, **arguments) -> bpy.types.Object:
        operator(**arguments)
        pieces.append(bpy.context.object)
        return bpy.context.object

    add(bpy.ops.mesh.primitive_cylinder_add, radius=1.0, depth=0.2, location=(0, 0, 0.1), vertices=64)
    add(bpy.ops.mesh.primitive_cylinder_add, radius=0.09, depth=2.2, location=(-0.42, 0, 1.1), rotation=(0, -0.38, 0), vertices=24)
    add(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.2, location=(-0.83, 0, 2.1))
    add(bpy.ops.mesh.primitive_cylinder_add, radius=0.09, depth=2.2, location=(0.05, 0, 2.68), rotation=(0, 0.98, 0), vertices=24)
    add(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.17, location=(0.97, 0, 3.27))
    add(bpy.ops.mesh.primitive_cone_add, radius1=0.75, radius2=0.25, depth=0.9, location=(1.2, 0, 2.9), rotation=(0, -0.3, 0), vertices=64)
    add(bpy.ops.mesh.primitive_uv_sphere_add, radius=0.3, location=(1.33, 0, 2.45))
    brass, shade = bpy.data.materials.new("Brass"), bpy.data.materials.new("Shade")
    brass.diffuse_color, shade.diffuse_color = (0.6, 0.42, 0.15, 1), (0.75, 0.73, 0.7, 1)
    for number, piece in enumerate(pieces):
        piece.data.materials.append(shade if number in (0, 5) else brass)
        piece.select_set(True)
    bpy.context.view_layer.objects.active = pieces[0]
    bpy.ops.object.join()
    lamp = bpy.context.object
    lamp.name = lamp.data.name = "Lamp"
    return lamp


def clear_scene() -> None:
    """Hidden objects, too, and the collections that parts were put into."""
    bpy.data.batch_remove([*bpy.context.scene.objects, *bpy.context.scene.collection.children_recursive])


def look_at_selected() -> None:
    """Opens the sidebar and turns the view so that what is selected fills it."""
    area = next(area for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(area=area, region=region):
        area.spaces.active.region_3d.view_rotation = Euler((math.radians(70), 0, math.radians(-25))).to_quaternion()
        bpy.ops.view3d.view_selected()


def open_tab() -> None:
    area = next(area for area in bpy.context.window.screen.areas if area.type == "VIEW_3D")
    next(region for region in area.regions if region.type == "UI").active_panel_category = "PartGen"
    area.tag_redraw()


def make_crowd_alone() -> None:
    bpy.data.orphans_purge()  # else the meshes of another table and stool have the names
    make_crowd()


FILES = {"ring": make_torus, "twins": make_twins, "snowman": make_snowman, "cart": make_cart, "crowd": make_crowd_alone}
"""What is made for each file beside the lamp's."""


def make_files(names: list[str]) -> None:
    """Makes the first of the files, and the others after it; then the lamp's own."""
    if not names:
        make_own_file()
        return
    clear_scene()
    FILES[names[0]]()
    look_at_selected()

    def save() -> None:
        open_tab()
        bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / f"{names[0]}.blend"), copy=True)
        bpy.app.timers.register(lambda: make_files(names[1:]), first_interval=0.1)

    bpy.app.timers.register(save, first_interval=1.0)


def make_own_file() -> None:
    make_lamp()
    look_at_selected()
    bpy.ops.ed.undo_push(message="A lamp")
    bpy.app.timers.register(save_own_file, first_interval=1.0)


def save_own_file() -> None:
    open_tab()
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "lamp.blend"))
    Watcher(FOLDER).start()
    bpy.app.timers.register(lambda: print("SETUP DONE", flush=True), first_interval=1.0)


def prepare() -> None:
    """Takes what would lie over the window out of the way, and leaves the rest as Blender comes."""
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    preferences.view.use_save_prompt = False  # before another file is opened
    preferences.view.smooth_view = 0  # on a busy machine a turn of the view may end only after the file was saved
    preferences.system.use_region_overlap = False
    settings = json.loads((FOLDER / "settings.json").read_text("utf-8"))
    # The set-up finds a Python as it finds one on any computer: on the path. Last, so that nothing else is found there first.
    os.environ["PATH"] += os.pathsep + settings["python"]


prepare()
bpy.app.timers.register(lambda: make_files(list(FILES)), first_interval=1.0)
