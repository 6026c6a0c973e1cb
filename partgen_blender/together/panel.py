"""The panel: several objects taken apart alike, and what goes from one to the others."""

from __future__ import annotations

import bpy

from .. import backend, stored_identities, stored_tree
from ..operators import chosen_objects
from ..wording import names_in_words
from ..wrapping import draw_text
from . import matching, transferring
from .operators import active_source, chosen_sources, wants_evaluated

_MOST_ATTRIBUTES = 5
"""So many attributes have a button; any other is named in the operator."""


class PARTGEN_PT_together(bpy.types.Panel):
    """Several objects of a kind: the same parts, colors, names, and what goes from one to the others."""

    bl_label = "Together"
    bl_parent_id = "PARTGEN_PT_decompose"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PartGen"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        source = active_source(context)
        if source is not None and stored_identities.group_of(source.data):
            return True
        chosen = chosen_objects(context)
        return len(chosen) > 1 and (backend.is_found() or any(stored_tree.is_stored(object_.data) for object_ in chosen))

    def draw(self, context: bpy.types.Context) -> None:
        layout, source = self.layout, active_source(context)
        chosen = chosen_sources(context)
        are_decomposed = bool(chosen) and all(stored_tree.is_stored(object_.data) for object_ in chosen)
        row = layout.row()
        row.scale_y = 1.4
        if are_decomposed:
            row.operator("partgen.match_parts", text=_counted("Match Parts of {} Objects", len(chosen)), icon="LINKED")
        else:
            count = len(chosen_sources(context, wants_evaluated(context)))
            row.operator("partgen.decompose_together", text=_counted("Decompose {} Objects Together", count), icon="LINKED")
        if source is not None:
            _draw_shared(layout, context, source)
        if are_decomposed and len(chosen) > 1 and source is not None:
            _draw_transfer(layout, context, source)


def _counted(text: str, count: int) -> str:
    return text.format(count) if count > 1 else text.format("Several")


def _draw_shared(layout: bpy.types.UILayout, context: bpy.types.Context, source: bpy.types.Object) -> None:
    others = [object_.name for object_ in matching.members(source.data) if object_.data != source.data]
    if not others:
        if stored_identities.group_of(source.data):
            draw_text(layout, context, f"The parts of {source.name} were changed after they were matched, or it is alone now.", "INFO")
        return
    draw_text(layout, context, f"The same parts as {names_in_words(others)}: the slider drives all.", "LINKED")
    column = layout.column(align=True)
    column.operator("partgen.select_alike", icon="RESTRICT_SELECT_OFF")
    column.operator("partgen.share_look", icon="COLOR")
    column.operator("partgen.separate", icon="UNLINKED")


def _draw_transfer(layout: bpy.types.UILayout, context: bpy.types.Context, source: bpy.types.Object) -> None:
    column = layout.column(align=True)
    column.label(text=f"Transfer from {source.name}")
    buttons = [("Parts", "OUTLINER_COLLECTION", {"PARTS"}, ""), ("Materials", "MATERIAL", {"MATERIALS"}, "")]
    buttons += [("Vertex Groups", "GROUP_VERTEX", {"VERTEX_GROUPS"}, "")]
    buttons += [(name, "MESH_DATA", {"ATTRIBUTE"}, name) for name in transferring.transferable_attributes(source.data)[:_MOST_ATTRIBUTES]]
    for first in range(0, len(buttons), 2):
        row = column.row(align=True)
        for text, icon, kinds, attribute in buttons[first : first + 2]:
            button = row.operator("partgen.transfer", text=text, icon=icon)
            button.kinds, button.attribute = kinds, attribute


CLASSES = (PARTGEN_PT_together,)
