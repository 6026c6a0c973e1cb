"""The registered properties: each lives on the data that it describes, so that undo and the file remember it."""

from __future__ import annotations

import bpy

from . import explode, methods, part_rows, regrouping

# The numbers are saved in files: a method keeps its number for ever.
METHODS = tuple((method.id, method.name, method.description, method.number) for method in methods.METHODS)
SURFACES = (
    ("ORIGINAL", "Original Mesh", "Decompose the mesh as it is without modifiers. Modifiers stay on the object and on its parts", 0),
    (
        "EVALUATED",
        "With Modifiers",
        "Decompose a copy of the object with its modifiers and shape keys applied. The object itself stays as it is",
        1,
    ),
)
HIERARCHIES = (
    ("NONE", "Flat", "All parts lie side by side in one collection", 0),
    ("PARENTING", "Parents", "Parts that belong together get a common parent, so that a group moves as one", 1),
    ("COLLECTIONS", "Collections", "Parts that belong together get a common collection inside the object's own", 2),
)


# Functions with names: Blender reads annotations as text, where a lambda would not find the modules above.
def _scale_changed(properties: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    regrouping.regroup(properties.id_data)


def _part_count(properties: bpy.types.PropertyGroup) -> int:
    return regrouping.part_count(properties.id_data)


def _set_part_count(properties: bpy.types.PropertyGroup, count: int) -> None:
    regrouping.set_part_count(properties.id_data, count)


def _part_name(row: bpy.types.PropertyGroup) -> str:
    return part_rows.name(row)


def _set_part_name(row: bpy.types.PropertyGroup, name: str) -> None:
    part_rows.set_name(row, name)


def _part_color(row: bpy.types.PropertyGroup) -> tuple[float, ...]:
    return part_rows.color(row)


def _set_part_color(row: bpy.types.PropertyGroup, color: tuple[float, ...]) -> None:
    part_rows.set_color(row, tuple(color))


def _part_is_shown(row: bpy.types.PropertyGroup) -> bool:
    return part_rows.is_shown(row)


def _set_part_is_shown(row: bpy.types.PropertyGroup, is_shown: bool) -> None:
    part_rows.set_shown(row, is_shown)


def _active_row_changed(properties: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    part_rows.show_active(properties.id_data)


def _explode_changed(properties: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    explode.arrange(properties.id_data)


class PARTGEN_PG_part(bpy.types.PropertyGroup):
    """One row of the parts list: what it shows is derived from the tree, see part_rows.py. Only the marks are its own."""

    node: bpy.props.IntProperty(options={"HIDDEN"}, description="The node of the part tree")
    depth: bpy.props.IntProperty(options={"HIDDEN"}, description="How many rows above it are opened for it")
    faces: bpy.props.IntProperty(options={"HIDDEN"}, description="The number of faces")
    leaves: bpy.props.IntProperty(options={"HIDDEN"}, description="The number of pieces that it can be split into")
    name: bpy.props.StringProperty(
        name="Name",
        description="The name of the part, which Apply gives to its object. It stays with the part at every scale; empty for the default",
        options=set(),
        get=_part_name,
        set=_set_part_name,
    )
    color: bpy.props.FloatVectorProperty(
        name="Color",
        description="The color of the part in the preview, and of its object",
        subtype="COLOR",
        size=3,
        min=0.0,
        max=1.0,
        options=set(),
        get=_part_color,
        set=_set_part_color,
    )
    is_shown: bpy.props.BoolProperty(
        name="Show",
        description="Show the part in the preview, and its faces in Edit Mode, Sculpt Mode and the paint modes",
        options=set(),
        get=_part_is_shown,
        set=_set_part_is_shown,
    )
    is_marked: bpy.props.BoolProperty(
        name="Mark",
        description="Choose several parts, to merge, select or hide them together. Marked parts are brighter in the preview",
        options=set(),
    )
    is_open: bpy.props.BoolProperty(
        name="Open", description="List the two parts that this one is made of", options=set()
    )


class PARTGEN_PG_mesh(bpy.types.PropertyGroup):
    """What a decomposed mesh remembers."""

    scale: bpy.props.FloatProperty(
        name="Scale",
        description=(
            "From the finest parts (0) to the whole object (1). Regroups the preview at once, even without the backend; "
            "objects that were made by Apply follow when you apply again"
        ),
        subtype="FACTOR",
        min=0.0,
        max=1.0,
        default=0.5,
        precision=3,
        options=set(),
        update=_scale_changed,
    )
    parts: bpy.props.IntProperty(
        name="Parts",
        description="The number of parts at this scale. Type or drag a number to move the scale to where there are so many",
        min=0,
        soft_min=1,
        options=set(),
        get=_part_count,
        set=_set_part_count,
    )
    rows: bpy.props.CollectionProperty(type=PARTGEN_PG_part, options={"HIDDEN"}, description="The rows of the parts list")
    active_row: bpy.props.IntProperty(
        name="Active Part", description="The part that buttons are about", min=0, options=set(), update=_active_row_changed
    )


class PARTGEN_PG_collection(bpy.types.PropertyGroup):
    """What a collection of parts remembers."""

    explode: bpy.props.FloatProperty(
        name="Explode",
        description=(
            "Moves the parts away from their common center, in proportion to the size of the object; at 0 every part is "
            "exactly where it was. Parts that you moved yourself keep what you did"
        ),
        subtype="FACTOR",
        min=0.0,
        soft_max=2.0,
        default=0.0,
        precision=3,
        options=set(),
        update=_explode_changed,
    )
    part_count: bpy.props.IntProperty(options={"HIDDEN"}, description="How many parts were applied last, -1 for another tree")


KEEP_SHADING = (
    "Smooth surfaces look the same on both sides of a cut, through custom normals along it. "
    "Without, every part is shaded by itself. Custom normals of yours are kept either way"
)


class PARTGEN_PG_object(bpy.types.PropertyGroup):
    """What a part remembers of being exploded: see explode.py."""

    explode_rest: bpy.props.FloatVectorProperty(options={"HIDDEN"}, subtype="TRANSLATION")
    explode_offset: bpy.props.FloatVectorProperty(options={"HIDDEN"}, subtype="TRANSLATION")


class PARTGEN_PG_scene(bpy.types.PropertyGroup):
    """What the panel asks for when its buttons are pressed."""

    method: bpy.props.EnumProperty(name="Method", description="How parts are found", items=METHODS, default="auto", options=set())
    surface: bpy.props.EnumProperty(
        name="Mesh", description="Which mesh of the object is decomposed", items=SURFACES, default="ORIGINAL", options=set()
    )
    apply_at_once: bpy.props.BoolProperty(
        name="Apply at Once",
        description="Make separate objects as soon as the parts are found, at the scale that suits the object",
        default=False,
        options=set(),
    )
    hierarchy: bpy.props.EnumProperty(
        name="Hierarchy", description="How separate objects are arranged", items=HIERARCHIES, default="NONE", options=set()
    )
    keep_shading: bpy.props.BoolProperty(name="Keep Shading", description=KEEP_SHADING, default=True, options=set())


class PARTGEN_PG_window(bpy.types.PropertyGroup):
    """How this Blender looks at things: not part of the scene, so not undone."""

    show_preview: bpy.props.BoolProperty(
        name="Preview",
        description="Show the parts of decomposed objects in colors, in every 3D viewport. Materials are not touched",
        default=True,
        options={"SKIP_SAVE"},
    )


CLASSES = (PARTGEN_PG_part, PARTGEN_PG_mesh, PARTGEN_PG_collection, PARTGEN_PG_object, PARTGEN_PG_scene, PARTGEN_PG_window)
_PLACES = (
    (bpy.types.Mesh, PARTGEN_PG_mesh),
    (bpy.types.Collection, PARTGEN_PG_collection),
    (bpy.types.Object, PARTGEN_PG_object),
    (bpy.types.Scene, PARTGEN_PG_scene),
    (bpy.types.WindowManager, PARTGEN_PG_window),
)


def register() -> None:
    for kind, group in _PLACES:
        kind.partgen = bpy.props.PointerProperty(type=group)


def unregister() -> None:
    for kind, _ in _PLACES:
        del kind.partgen
