"""What the panel asks for when Complete Parts is pressed."""

from __future__ import annotations

import bpy

from . import proposals
from .methods import METHODS, MODELS, OWN_CHOICE

METHOD_ITEMS = tuple((method.id, method.name, method.description, method.number) for method in METHODS)
MODEL_ITEMS = tuple((model.id, model.name, model.description, model.number) for model in MODELS)
OPERATOR_MODEL_ITEMS = ((OWN_CHOICE, "Automatic", "The one that the method takes by itself", 0), *MODEL_ITEMS)

REACH = (
    "How far a part goes on into its neighbours: 0 closes it straight across, 1 goes as far as its form suggests, or less far where "
    "it would meet another surface. What one part takes the other leaves free, so that they touch and do not overlap. "
    "Caps closes straight across in any case, and networks decide it by themselves"
)
FLAT_CUTS = (
    "End a part where its border lies in a plane, as where it was cut straight or stands on something flat. "
    "Without this it goes on into its neighbours there, too, as far as Inflate says"
)
PROPOSALS = "How many results are made of each part, to flip through. Each takes as long as the first"
SEED = "The number that the first result is drawn by. The same number gives the same parts, on one device"
MODEL = "By what weights the method works, where it has several"
STEPS = "From noise to a solid, for models that generate in steps: more take longer and are finer. 0 for as many as suit the model"
REMESH = (
    "Replace every part by one even, closed surface, for print or simulation. Materials and weights are taken over, UV maps are made "
    "anew. Its own faces, UV maps and shape keys are kept aside: Open Again brings them back"
)
MOST_PROPOSALS = proposals.MOST
MOST_STEPS = 1000


class PARTGEN_PG_completion(bpy.types.PropertyGroup):
    """How parts are completed."""

    method: bpy.props.EnumProperty(
        name="Method", description="How the hidden rest of a part is made", items=METHOD_ITEMS, default="auto", options=set()
    )
    model: bpy.props.EnumProperty(name="Model", description=MODEL, items=MODEL_ITEMS, default=MODELS[0].id, options=set())
    reach: bpy.props.FloatProperty(
        name="Inflate", description=REACH, subtype="FACTOR", min=0.0, max=1.0, default=1.0, precision=2, options=set()
    )
    flat_cuts: bpy.props.BoolProperty(name="Flat Cuts", description=FLAT_CUTS, default=True, options=set())
    proposals: bpy.props.IntProperty(name="Proposals", description=PROPOSALS, min=1, max=MOST_PROPOSALS, default=1, options=set())
    seed: bpy.props.IntProperty(name="Seed", description=SEED, min=0, default=0, options=set())
    steps: bpy.props.IntProperty(name="Steps", description=STEPS, min=0, soft_max=50, max=MOST_STEPS, options=set())
    remesh: bpy.props.BoolProperty(name="Remesh Instead", description=REMESH, default=False, options=set())
    inner: bpy.props.PointerProperty(
        name="Inner",
        description="The material of generated faces. Without one, PartGen makes one of its own",
        type=bpy.types.Material,
        options=set(),
    )


CLASSES = (PARTGEN_PG_completion,)


def register() -> None:
    bpy.types.Scene.partgen_completion = bpy.props.PointerProperty(type=PARTGEN_PG_completion)


def unregister() -> None:
    del bpy.types.Scene.partgen_completion
