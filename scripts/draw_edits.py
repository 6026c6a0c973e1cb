"""Draws edits of parts of real objects, before and after: `make gallery-edits` writes docs/gallery/edits.jpg.

Runs in a Blender as a Python module. The objects are in the public domain; the prompts are understood by the backend's own
command, as an artist's are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

USER_FOLDER = tempfile.mkdtemp(prefix="partgen-edits-")
os.environ["BLENDER_USER_RESOURCES"] = USER_FOLDER

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from mathutils import Vector  # noqa: E402

MODULE = "bl_ext.user_default.partgen_blender"
SIZE = 300
SAMPLES = 24

EDITS = (
    ("kenney_character", "antenna", "a much longer antenna, twisted"),
    ("kenney_character", "arm-left", "twice as long and bent by 60 degrees"),
    ("kenney_character", "leg-right", "thicker"),
    ("kenney_character", "torso", "rusty iron"),
    ("kenney_vehicle-motorcycle", "wheel-front", "30 % bigger"),
    ("kenney_vehicle-motorcycle", "body", "polished gold"),
    ("kenney_vehicle-truck-green", "wheel-back-left", "replace it with a cube"),
    ("kenney_vehicle-truck-purple", "body", "puff it up"),
    ("kaykit_chest-gold", "chest_gold_lid", "tilt it by 25 degrees and make it dark red leather"),
    ("kaykit_chest-gold", "chest_gold", "taller by 60 cm"),
    ("pmndrs_cupcake", "cake", "flatten it"),
    ("pmndrs_burger-cheese", "patty", "wavy"),
    ("pmndrs_react-logo", "Cube", "low poly look"),
    ("pmndrs_cupcake", "cherry", "a ball of frosted glass"),
    ("pmndrs_cupcake", "cupcake", "tapered to 40 %"),
    ("pmndrs_cannon-large", "barrel 1", "make the barrel half as long again"),
    ("pmndrs_cannon-large", "barrel 1", "flared and brass"),
    ("pmndrs_frappe", "straw", "bend the straw by 50 degrees"),
    ("pmndrs_frappe", "frappe", "hollow with 2 cm walls"),
    ("pmndrs_fries", "fries_1", "twist it by a quarter turn"),
    ("pmndrs_hot-dog", "sausage", "longer and bent upwards"),
    ("pmndrs_pirate-captain", "armRight", "mirror it"),
    ("pmndrs_pirate-captain", "body", "navy blue velvet"),
    ("pmndrs_sundae", "straw", "repeat it 5 times around"),
    ("pmndrs_sundae", "sundae", "bumpy"),
    ("pmndrs_sub", "sub", "cut it into three pieces"),
    ("pmndrs_sundae", "sundae", "smooth it"),
    ("pmndrs_plate-sauerkraut", "sausage", "bevel the edges"),
    ("pmndrs_tractor", "shovel", "wider by half, yellow"),
    ("pmndrs_tractor", "wheel_backLeft", "like the wheel frontRight"),
    ("pmndrs_react-logo", "Cube", "a ball of glowing blue"),
    ("pmndrs_react-logo", "Torus.001", "lean it by 30°"),
    ("pmndrs_taxi", "body", "shear it a little"),
    ("pmndrs_palm-long", "Group 28", "straighten it and use bark"),
    ("pmndrs_chinese", "chopstick", "three copies in a row"),
    ("pmndrs_dogue", "nose", "move it forward by 10 cm, make it pink"),
)
"""Object, part, prompt."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("extension", type=Path)
    options.add_argument("benchmark", type=Path)
    options.add_argument("output", type=Path)
    options.add_argument("--partgen", required=True, help="the backend's command")
    options.add_argument("--limit", type=int)
    chosen = options.parse_args()
    bpy.ops.extensions.package_install_files(
        filepath=str(chosen.extension.resolve()), repo="user_default", enable_on_install=True, overwrite=True
    )
    chosen.output.mkdir(parents=True, exist_ok=True)
    wanted = EDITS[: chosen.limit]
    understood = explained([prompt for _, _, prompt in wanted], chosen.partgen)
    for number, ((name, part, prompt), told) in enumerate(zip(wanted, understood, strict=True)):
        draw(chosen.benchmark / "labelled" / f"{name}.npz", part, prompt, told, chosen.output / f"{number:02d}")
        print(f"  {name}, {part}: {prompt} -> {told['edits'] or told['refused']}", flush=True)
    (chosen.output / "edits.json").write_text(json.dumps([[*edit, told] for edit, told in zip(wanted, understood, strict=True)]))


def explained(prompts: list[str], partgen: str) -> list[dict]:
    """What the backend's command understands of prompts."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("\n".join(prompts))
    done = subprocess.run(
        [partgen, "edit", "--prompts", file.name, "--explain", "--json"], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    os.unlink(file.name)
    return [json.loads(line) for line in done.stdout.splitlines()]


def draw(path: Path, part: str, prompt: str, told: dict, target: Path) -> None:
    """Renders an object before an edit of one part and after."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    objects = parts(path)
    edited = objects[part]
    studio(list(objects.values()), edited)
    render(f"{target}-before.png")
    if not told["edits"]:
        return
    for other in objects.values():
        other.select_set(other == edited)
    bpy.context.view_layer.objects.active = edited
    bpy.context.view_layer.update()
    bpy.ops.partgen.edit_part("EXEC_DEFAULT", prompt=prompt, edits=json.dumps(told["edits"]), add_vertices=True)
    render(f"{target}-after.png")


def parts(path: Path) -> dict[str, bpy.types.Object]:
    """The labelled parts of a benchmark object as Blender objects, upright."""
    with np.load(path, allow_pickle=False) as arrays:
        vertices, faces, labels, names = (arrays[name] for name in ("vertices", "faces", "face_labels", "part_names"))
    vertices = vertices[:, [0, 2, 1]] * [1, -1, 1]
    objects = {}
    for label, name in enumerate(names.tolist()):
        corners = faces[labels == label]
        used, local = np.unique(vertices[corners.reshape(-1)].round(5), axis=0, return_inverse=True)
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(used.tolist(), [], [row for row in local.reshape(-1, 3).tolist() if len(set(row)) == 3])
        mesh.validate()
        plain = bpy.data.materials.new(name)
        if not plain.node_tree:
            plain.use_nodes = True
        plain.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.6, 0.58, 0.55, 1)
        mesh.materials.append(plain)
        objects[name] = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(objects[name])
    bpy.context.view_layer.update()
    return objects


def studio(objects: list[bpy.types.Object], edited: bpy.types.Object) -> None:
    """Camera, light and floor around an object; the part that is edited in another colour."""
    edited.data.materials[0].node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.85, 0.35, 0.08, 1)
    corners = np.concatenate([[tuple(o.matrix_world @ Vector(c)) for c in o.bound_box] for o in objects])
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, size = Vector((low + high) / 2), float(np.linalg.norm(high - low))
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = middle + Vector((0.75, -1.35, 0.75)).normalized() * size * 1.45
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    for location, energy, extent in (((1.5, -1.5, 2.5), 60, 1.0), ((-2, -0.5, 1), 20, 2.0)):
        light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "AREA"))
        light.data.energy, light.data.size = energy * size * size, extent * size
        light.location = middle + Vector(location) * size
        light.rotation_euler = (middle - light.location).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(light)
    bpy.context.view_layer.update()
    world = bpy.data.worlds.new("World")
    if not world.node_tree:
        world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (1, 1, 1, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.7
    scene.world = world
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = SAMPLES, False
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "Standard"


def render(target: str) -> None:
    bpy.context.scene.render.filepath = target
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    importlib.import_module("shutil").rmtree(USER_FOLDER, ignore_errors=True)
    os._exit(0)  # Blender as a module may hang while Python ends
