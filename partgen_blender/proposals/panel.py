"""The panel of proposals: which one is chosen, pictures of all, and the way through them."""

from __future__ import annotations

import bpy

from .. import backend
from . import flipping, session, thumbnails
from .session import subject

_COLUMNS = 3
_LARGE, _SMALL = 7.0, 3.2
"""Sizes of pictures, in the height of a button."""


class PARTGEN_PT_proposals(bpy.types.Panel):
    """Several ways to take the active object apart."""

    bl_label = "Proposals"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"
    bl_options = {"DEFAULT_CLOSED"}  # the first answer is mostly good, and the sidebar is only so high

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return backend.is_found() and subject(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        object_ = subject(context)
        kept = session.of(object_)
        if object_ is not None and kept is not None:
            _draw_kept(layout, kept, object_)
        settings = context.scene.partgen_proposals
        options = layout.column()
        options.use_property_split = True
        options.use_property_decorate = False
        options.prop(settings, "count")
        options.prop(settings, "seed")
        row = layout.row(align=True)
        row.operator("partgen.propose", text="Find Proposals" if kept is None else "Find Again", icon="VIEWZOOM")
        if kept is not None:
            row.operator("partgen.forget_proposals", text="", icon="X")


def _draw_kept(layout: bpy.types.UILayout, kept: session.Kept, object_: bpy.types.Object) -> None:
    """The proposal that is looked at, large, and all of them, small."""
    flipped = flipping.current()
    now = flipped.place if flipped is not None and flipped.kept is kept else session.chosen(kept, object_)
    shown = 0 if now is None else now
    column = layout.column(align=True)
    column.template_icon(icon_value=thumbnails.icon(kept.key, shown), scale=_LARGE)
    row = column.row(align=True)
    row.operator("partgen.choose_parts", text="", icon="TRIA_LEFT").step = -1
    label = row.row(align=True)
    label.alignment = "CENTER"
    label.label(text=kept.in_words(shown) if now is not None else f"{kept.count} proposals, none chosen")
    row.operator("partgen.choose_parts", text="", icon="TRIA_RIGHT").step = 1
    column.operator("partgen.flip_parts", icon="ARROW_LEFTRIGHT", depress=flipped is not None)
    grid = layout.grid_flow(row_major=True, columns=_COLUMNS, even_columns=True, even_rows=True, align=True)
    for place in range(kept.count):
        cell = grid.column(align=True)
        cell.template_icon(icon_value=thumbnails.icon(kept.key, place), scale=_SMALL)
        text = f"{kept.part_count(place)} · {kept.confidence(place):.0%}"
        cell.operator("partgen.choose_parts", text=text, depress=place == now).number = place + 1


CLASSES: tuple[type, ...] = (PARTGEN_PT_proposals,)
