"""What is stored of edits: on each edited object its steps, on the scene what the panel asks for."""

from __future__ import annotations

import bpy
from partgen.editing.edits import METRES, OPERATIONS

from . import history
from .methods import METHODS

OFFERED = tuple((method.id, method.name, method.description, "", method.number) for method in METHODS)
SIZES = (
    ("0", "Automatic", "As fine as what is seen of the part", 0),
    *((str(size), f"{size} px", f"{size} by {size} texels", size) for size in (256, 512, 1024, 2048, 4096)),
)
UNITS = tuple((unit or "SCENE", unit or "units", f"Lengths in {unit or 'units of the scene'}", n) for n, unit in enumerate(("", *METRES)))
_CHOICES = {
    (op, name): tuple((choice, choice.title(), "", number) for number, choice in enumerate(parameter.choices))
    for op, parameters in OPERATIONS.items()
    for name, parameter in parameters.items()
    if parameter.kind == "choice"
}
_NONE = (("", "", "", 0),)
"""Blender keeps no reference to what a callback returns: these tables do."""

PROMPT = "What the part should become: “longer”, “twisted by 90°”, “20 cm taller, rusty iron”, “a wheel with five spokes”"
STRENGTH = "How much of the change is made: 0 nothing, 1 all of it"
ADD_VERTICES = "Divide long edges first, so that parts of few faces can be bent, too. Without it a deformation keeps the topology"
VARIATIONS = "So many ways to do it, to flip through. What the prompt leaves open is drawn anew in each"
METHOD = "How the part is edited"
STEPS = "From noise to picture: more take longer and are finer. 0 for as many as suit the device"
SIZE = "Texels along a side of the picture that is painted"
MODEL = "A checkpoint of Stable Diffusion 1.5 or XL in a folder as diffusers lays it out. Empty for the best that was downloaded"
CONTROLNET = (
    "A ControlNet for depth in a folder of its own. Empty for the one that was downloaded for the checkpoint, or none; "
    "for Reshape none, since it would hold the old shape"
)
DEPTH_MODEL = (
    "Of Reshape: a network that tells how far away what a picture shows is, in a folder as transformers lays it out. "
    "Empty for the one that was downloaded"
)
SEED = "The number that variations are drawn by. The same number gives the same variations"


def _choices(self: bpy.types.PropertyGroup, context: bpy.types.Context) -> tuple[tuple[str, str, str, int], ...]:
    return _CHOICES.get((self.op, self.name), _NONE)


def _changed(self: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    history.follow(self.id_data)


def _shown(self: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    history.show(self.id_data)


class PARTGEN_PG_edit_parameter(bpy.types.PropertyGroup):
    """One parameter of an edit, of the kind that the operation has: `name` is which."""

    op: bpy.props.StringProperty()
    kind: bpy.props.StringProperty()
    said: bpy.props.BoolProperty(description="Whether the prompt said it, so that variations keep it")
    number: bpy.props.FloatProperty(name="Value", precision=3, step=10, update=_changed, options=set())
    factor: bpy.props.FloatProperty(
        name="Factor", description="So many times as before", min=0.0, max=100.0, soft_max=4.0, precision=2, update=_changed, options=set()
    )
    share: bpy.props.FloatProperty(
        name="Amount", min=-1.0, max=20.0, soft_min=0.0, soft_max=1.0, precision=2, update=_changed, options=set()
    )
    degrees: bpy.props.FloatProperty(
        name="Angle", description="In degrees", min=-3600.0, max=3600.0, soft_min=-360.0, soft_max=360.0, precision=1, update=_changed,
        options=set(),
    )  # fmt: skip
    count: bpy.props.IntProperty(name="Count", min=0, soft_max=24, max=2000, update=_changed, options=set())
    unit: bpy.props.EnumProperty(name="Unit", items=UNITS, update=_changed, options=set())
    choice: bpy.props.EnumProperty(name="Choice", items=_choices, update=_changed, options=set())
    text: bpy.props.StringProperty(name="Words", update=_changed, options=set())


class PARTGEN_PG_edit(bpy.types.PropertyGroup):
    """One edit: `name` is its operation."""

    parameters: bpy.props.CollectionProperty(type=PARTGEN_PG_edit_parameter)


class PARTGEN_PG_painted_material(bpy.types.PropertyGroup):
    """A material that shows a painting in place of another one, `source`, or of none."""

    source: bpy.props.PointerProperty(type=bpy.types.Material)
    made: bpy.props.PointerProperty(type=bpy.types.Material)


class PARTGEN_PG_painting(bpy.types.PropertyGroup):
    """One variation of what was painted: its picture, the UV map that this is laid on by, and the materials that show it."""

    image: bpy.props.PointerProperty(type=bpy.types.Image)
    uv_map: bpy.props.StringProperty()
    seed: bpy.props.IntProperty()
    materials: bpy.props.CollectionProperty(type=PARTGEN_PG_painted_material)


class PARTGEN_PG_made_part(bpy.types.PropertyGroup):
    """One variation of a part that was made from words: its mesh, and what it is."""

    mesh: bpy.props.PointerProperty(type=bpy.types.Mesh)
    caption: bpy.props.StringProperty()
    notes: bpy.props.StringProperty()


class PARTGEN_PG_edit_step(bpy.types.PropertyGroup):
    """What one prompt did."""

    prompt: bpy.props.StringProperty()
    made_by: bpy.props.StringProperty(description="The method and the model that understood the prompt")
    edits: bpy.props.CollectionProperty(type=PARTGEN_PG_edit)
    paintings: bpy.props.CollectionProperty(type=PARTGEN_PG_painting, description="Its variations, where it was painted")
    parts: bpy.props.CollectionProperty(type=PARTGEN_PG_made_part, description="Its variations, where a new part was made")
    strength: bpy.props.FloatProperty(
        name="Strength", description=STRENGTH, subtype="FACTOR", min=0.0, max=1.0, default=1.0, update=_changed, options=set()
    )
    add_vertices: bpy.props.BoolProperty(name="Add Vertices", description=ADD_VERTICES, update=_changed, options=set())
    seed: bpy.props.IntProperty(name="Seed", description=SEED, min=0, update=_changed, options=set())
    variation: bpy.props.IntProperty(min=0, update=_changed)
    variations: bpy.props.IntProperty(default=1, min=1)


class PARTGEN_PG_edited(bpy.types.PropertyGroup):
    """On an object: the steps that made it what it is, and the mesh from before the first."""

    steps: bpy.props.CollectionProperty(type=PARTGEN_PG_edit_step)
    original: bpy.props.PointerProperty(type=bpy.types.Mesh)
    result: bpy.props.PointerProperty(type=bpy.types.Mesh)
    notes: bpy.props.StringProperty()
    show_original: bpy.props.BoolProperty(name="Before", description="Show the part as it was before", update=_shown, options=set())


class PARTGEN_PG_editing(bpy.types.PropertyGroup):
    """What the panel asks for."""

    prompt: bpy.props.StringProperty(name="Prompt", description=PROMPT, options={"TEXTEDIT_UPDATE"})
    method: bpy.props.EnumProperty(name="Method", description=METHOD, items=OFFERED, default="instruct", options=set())
    strength: bpy.props.FloatProperty(name="Strength", description=STRENGTH, subtype="FACTOR", min=0.0, max=1.0, default=1.0, options=set())
    add_vertices: bpy.props.BoolProperty(name="Add Vertices", description=ADD_VERTICES, options=set())
    variations: bpy.props.IntProperty(name="Variations", description=VARIATIONS, min=1, max=12, default=1, options=set())
    seed: bpy.props.IntProperty(name="Seed", description=SEED, min=0, options=set())
    steps: bpy.props.IntProperty(name="Steps", description=STEPS, min=0, soft_max=50, max=1000, options=set())
    size: bpy.props.EnumProperty(name="Texture Size", description=SIZE, items=SIZES, default="0", options=set())
    model: bpy.props.StringProperty(name="Checkpoint", description=MODEL, subtype="DIR_PATH", options=set())
    controlnet: bpy.props.StringProperty(name="ControlNet", description=CONTROLNET, subtype="DIR_PATH", options=set())
    depth_model: bpy.props.StringProperty(name="Depth Network", description=DEPTH_MODEL, subtype="DIR_PATH", options=set())


CLASSES = (
    PARTGEN_PG_edit_parameter,
    PARTGEN_PG_edit,
    PARTGEN_PG_painted_material,
    PARTGEN_PG_painting,
    PARTGEN_PG_made_part,
    PARTGEN_PG_edit_step,
    PARTGEN_PG_edited,
    PARTGEN_PG_editing,
)


def register() -> None:
    bpy.types.Object.partgen_edited = bpy.props.PointerProperty(type=PARTGEN_PG_edited)
    bpy.types.Scene.partgen_editing = bpy.props.PointerProperty(type=PARTGEN_PG_editing)


def unregister() -> None:
    del bpy.types.Scene.partgen_editing
    del bpy.types.Object.partgen_edited
