"""What the panel asks for when its button is pressed."""

from __future__ import annotations

import bpy

MOST = 20
COUNT = "How many different ways to take the object apart are looked for. More take hardly longer"
SEED = "Some ways of merging are tried by chance, drawn by this number. The same number gives the same proposals"


class PARTGEN_PG_proposals(bpy.types.PropertyGroup):
    """How proposals are asked for."""

    count: bpy.props.IntProperty(name="Proposals", description=COUNT, min=2, max=MOST, default=10, options=set())
    seed: bpy.props.IntProperty(name="Seed", description=SEED, min=0, default=0, options=set())


CLASSES = (PARTGEN_PG_proposals,)


def register() -> None:
    bpy.types.Scene.partgen_proposals = bpy.props.PointerProperty(type=PARTGEN_PG_proposals)


def unregister() -> None:
    del bpy.types.Scene.partgen_proposals
