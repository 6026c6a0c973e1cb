"""The main job in a real, headless Blender: take an object apart with the installed extension, and picture it.

    run.py --extension dist/partgen_blender.zip --output demo/out [--mesh FILE]

Runs in a Blender wheel's Python. The backend process that the extension starts is the command in PARTGEN_BACKEND.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import ModuleType

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="partgen-demo-")  # nothing of the user's Blender is touched

import bpy

sys.path.insert(0, str(Path(__file__).parent))

import pictures
import sample

EXTENSION = "bl_ext.user_default.partgen_blender"
# How far from the finest parts (0) by way of the object's own scale (0.5) to the whole (1).
STEPS = (0.28, 0.35, 0.5, 0.65, 0.8)
EXPLODED_STEP = STEPS[1]
PICTURE_SIZE = (960, 840)
IMPORTERS = {
    ".glb": lambda file: bpy.ops.import_scene.gltf(filepath=file),
    ".gltf": lambda file: bpy.ops.import_scene.gltf(filepath=file),
    ".obj": lambda file: bpy.ops.wm.obj_import(filepath=file),
    ".ply": lambda file: bpy.ops.wm.ply_import(filepath=file),
    ".stl": lambda file: bpy.ops.wm.stl_import(filepath=file),
    ".fbx": lambda file: bpy.ops.import_scene.fbx(filepath=file),
    ".usd": lambda file: bpy.ops.wm.usd_import(filepath=file),
    ".usdc": lambda file: bpy.ops.wm.usd_import(filepath=file),
    ".usdz": lambda file: bpy.ops.wm.usd_import(filepath=file),
}


def main() -> None:
    options = parse_options()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    install(options.extension)
    sources = [sample.add_sample()] if options.mesh is None else imported(options.mesh)
    shutil.rmtree(options.output, ignore_errors=True)
    options.output.mkdir(parents=True)
    pictures.prepare_scene()
    picture_whole(sources, options.output / "0_object.png")
    decompose(sources)
    defaults = [source.data.partgen.scale for source in sources]
    for number, step in enumerate(STEPS, 1):
        scales = [scale_at(step, default) for default in defaults]
        parts = apply(sources, scales)
        file = options.output / f"{number}_scale_{scales[0]:.2f}_{len(parts)}_parts.png"
        pictures.frame(sources, *PICTURE_SIZE)
        pictures.render(file)
        say(f"scale {scales[0]:.2f}: {len(parts)} parts, {file.name}")
    apply(sources, [scale_at(EXPLODED_STEP, default) for default in defaults])
    picture_exploded(sources, options.output / "6_exploded.png")
    apply(sources, defaults)
    save(sources, options.output, options.mesh.stem if options.mesh else "elephant")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extension", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--mesh", type=Path)
    return parser.parse_args()


def say(sentence: str) -> None:
    print(f"  {sentence}", flush=True)


def extension_module(name: str) -> ModuleType:
    """A module of the installed extension."""
    return importlib.import_module(f"{EXTENSION}.{name}")


def install(archive: Path) -> None:
    """Installs the extension zip as Blender's preferences do. Ends the program where that fails."""
    bpy.ops.extensions.package_install_files(
        filepath=str(archive.resolve()), repo="user_default", enable_on_install=True, overwrite=True
    )
    if EXTENSION not in bpy.context.preferences.addons:
        sys.exit(f"Blender {bpy.app.version_string} did not install {archive.name}; its messages stand above.")
    say(f"Blender {bpy.app.version_string} with {archive.name}")


def imported(file: Path) -> list[bpy.types.Object]:
    """The mesh objects of the user's file. Ends the program where it cannot be imported."""
    importer = IMPORTERS.get(file.suffix.lower())
    if importer is None:
        sys.exit(f"Blender imports no {file.suffix or 'such'} files: choose one of {', '.join(sorted(IMPORTERS))}.")
    if not file.is_file():
        sys.exit(f"There is no file {file}.")
    try:
        importer(str(file.resolve()))
    except RuntimeError as error:
        sys.exit(f"Blender could not import {file.name}: {error}")
    found = [o for o in bpy.context.scene.objects if o.type == "MESH" and len(o.data.polygons)]
    if not found:
        sys.exit(f"{file.name} has no faces.")
    return found


def decompose(sources: list[bpy.types.Object]) -> None:
    """Presses Decompose into Parts and waits for the backend. Ends the program where an object got no parts."""
    select(sources)
    started = time.perf_counter()
    bpy.ops.partgen.decompose("EXEC_DEFAULT", True, method="auto")
    jobs = extension_module("jobs")
    shown = ""
    while jobs.pump():
        stage = "".join(jobs.progress()[2][-1:])
        if stage and stage != shown:
            say(stage)
        shown = stage
        time.sleep(0.05)
    for message in extension_module("messages").shown:
        say(f"{message.sentence} {message.remedy}")
    without = [source.name for source in sources if extension_module("stored_tree").read(source.data) is None]
    if without:
        sys.exit(f"Not taken apart: {', '.join(without)}.")
    polygons = sum(len(source.data.polygons) for source in sources)
    say(f"{polygons:,} polygons taken apart in {time.perf_counter() - started:.1f} s, backend start included")


def scale_at(step: float, default: float) -> float:
    """A scale between 0 and 1 for a step between 0 and 1, so that one half is the object's own."""
    return 2 * step * default if step <= 0.5 else default + (2 * step - 1) * (1 - default)


def apply(sources: list[bpy.types.Object], scales: list[float]) -> list[bpy.types.Object]:
    """Moves every object's slider and presses Apply; the parts."""
    for source, scale in zip(sources, scales, strict=True):
        source.data.partgen.scale = scale
    for source in sources:
        source.hide_set(False)
    select(sources)
    bpy.ops.partgen.apply("EXEC_DEFAULT", True)
    return [part for source in sources for part in parts_of(source)]


def parts_of(source: bpy.types.Object) -> list[bpy.types.Object]:
    return extension_module("collections").parts_of(source)


def select(objects: list[bpy.types.Object]) -> None:
    for other in bpy.context.view_layer.objects:
        other.select_set(False)
    for object in objects:
        object.select_set(True)
    bpy.context.view_layer.objects.active = objects[0]


def picture_whole(sources: list[bpy.types.Object], file: Path) -> None:
    """The object as it came, in its materials' colours."""
    shading = bpy.context.scene.display.shading
    shading.color_type = "MATERIAL"
    pictures.frame(sources, *PICTURE_SIZE)
    pictures.render(file)
    shading.color_type = "OBJECT"


def picture_exploded(sources: list[bpy.types.Object], file: Path) -> None:
    """The parts, moved apart by the explode slider."""
    collections = [extension_module("collections").collection_of(source) for source in sources]
    for collection in collections:
        collection.partgen.explode = 0.8
    pictures.frame([part for source in sources for part in parts_of(source)], *PICTURE_SIZE)
    pictures.render(file)
    for collection in collections:
        collection.partgen.explode = 0.0


def save(sources: list[bpy.types.Object], folder: Path, name: str) -> None:
    """The scene as .blend, and the parts as .glb with one named node each."""
    parts = [part for source in sources for part in parts_of(source)]
    bpy.ops.wm.save_as_mainfile(filepath=str((folder / f"{name}.blend").resolve()))
    select(parts)
    bpy.ops.export_scene.gltf(filepath=str((folder / f"{name}.glb").resolve()), use_selection=True)
    say(f"{len(parts)} parts in {name}.glb and {name}.blend")


def exit_code() -> int:
    """Runs the demo: 0, or 1 after saying what went wrong."""
    try:
        main()
        extension_module("backend").stop(wait=5.0)
    except SystemExit as error:
        for log in Path(os.environ["BLENDER_USER_RESOURCES"]).rglob("backend.log"):
            print(f"The backend's log:\n{log.read_text()[-4000:]}", file=sys.stderr)
        print(error, file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        shutil.rmtree(os.environ["BLENDER_USER_RESOURCES"], ignore_errors=True)
    return 0


if __name__ == "__main__":
    code = exit_code()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Blender as a module may hang or crash where Python ends it
