"""The buttons of the parts list. Each reads its properties, calls one function of refining/edits.py, and reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import bpy
import numpy as np
from partgen.counting import counted
from partgen.errors import PartgenError

from .. import applying, messages, modes, part_rows, preferences, regrouping, stored_parts
from ..refining import borders, edits
from . import selecting

_ACTIVE = -1


class _OfParts:
    """Operators for the parts of the active object."""

    bl_options = {"REGISTER", "UNDO"}
    modes: ClassVar[tuple[str, ...]] = ("OBJECT",)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        source = source_in(context)
        if source is None or regrouping.tree_of(source.data) is None:
            cls.poll_message_set("Select an object that has been decomposed, or one of its parts")  # type: ignore[attr-defined]
            return False
        if source.data.library is not None:
            cls.poll_message_set("The mesh is linked from another file: make it local first")  # type: ignore[attr-defined]
            return False
        return modes.can_work(cls, context, cls.modes)

    def edit(self, context: bpy.types.Context, done: Callable[[bpy.types.Mesh], str]) -> set[str]:
        """Does an edit of the active object's mesh, and says what it was."""
        source = source_in(context)
        try:
            sentence = done(source.data)  # type: ignore[union-attr]
        except PartgenError as error:
            return messages.report_error(self, error)
        self.report({"INFO"}, sentence)  # type: ignore[attr-defined]
        preferences.redraw_viewports()
        return {"FINISHED"}


_NODE = "The part, as a node of the tree; -1 for the active one of the list"
_REACH = "How far the border may move, as a share of the object's size"


class PARTGEN_OT_merge_parts(_OfParts, bpy.types.Operator):
    """Make one part of those that are marked in the list, or whose objects are selected. It keeps name and color of the active one"""

    bl_idname = "partgen.merge_parts"
    bl_label = "Merge"

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            nodes = list(regrouping.marked_nodes(mesh)) or selecting.nodes_of_selected_objects(context, mesh)
            first = part_rows.active_node(mesh)
            nodes.sort(key=lambda node: node != first)
            if len(nodes) < 2:
                raise PartgenError("parts.too_few", "There is nothing to merge.", "Mark two parts or more in the list.")
            part_rows.choose(mesh, edits.merge(mesh, nodes))
            return "They are one part now."

        return self.edit(context, done)


class PARTGEN_OT_split_part(_OfParts, bpy.types.Operator):
    """Take the part apart again, into the pieces that it was last merged from"""

    bl_idname = "partgen.split_part"
    bl_label = "Split"

    pieces: bpy.props.IntProperty(name="Pieces", description="The number of parts that it becomes", default=2, min=2, soft_max=20)
    node: bpy.props.IntProperty(name="Part", description=_NODE, default=_ACTIVE, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            part_rows.choose(mesh, edits.split(mesh, _node(self, mesh), self.pieces)[0])
            return f"{self.pieces} parts."

        return self.edit(context, done)


class PARTGEN_OT_rename_part(_OfParts, bpy.types.Operator):
    """Name the part. The name stays with it whatever the scale, and Apply gives it to the object"""

    bl_idname = "partgen.rename_part"
    bl_label = "Rename Part"

    name: bpy.props.StringProperty(name="Name", description="The new name; empty for the name by number", options={"SKIP_SAVE"})
    node: bpy.props.IntProperty(name="Part", description=_NODE, default=_ACTIVE, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        mesh = source_in(context).data  # type: ignore[union-attr]
        if mesh.partgen.active_row < len(mesh.partgen.rows) and not self.properties.is_property_set("name"):
            self.name = mesh.partgen.rows[mesh.partgen.active_row].name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            edits.rename(mesh, _node(self, mesh), self.name)
            return f"{self.name.strip()} it is." if self.name.strip() else "It has its name by number again."

        return self.edit(context, done)


class PARTGEN_OT_recolor_part(_OfParts, bpy.types.Operator):
    """Give the part a color of its own, or the one by number back"""

    bl_idname = "partgen.recolor_part"
    bl_label = "Color Part"

    color: bpy.props.FloatVectorProperty(
        name="Color", description="The new color", subtype="COLOR", size=3, min=0.0, max=1.0, default=(0.8, 0.8, 0.8)
    )
    by_number: bpy.props.BoolProperty(name="By Number", description="Give it the color by its number again", default=False)
    node: bpy.props.IntProperty(name="Part", description=_NODE, default=_ACTIVE, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            edits.recolor(mesh, _node(self, mesh), () if self.by_number else tuple(self.color))
            return "The part is colored."

        return self.edit(context, done)


class PARTGEN_OT_assign_faces(_OfParts, bpy.types.Operator):
    """Give the faces that are selected in Edit Mode to the active part of the list, or make a new part of them"""

    bl_idname = "partgen.assign_faces"
    bl_label = "Assign Faces"
    modes = ("OBJECT", "EDIT_MESH")

    target: bpy.props.EnumProperty(
        name="To",
        description="What gets the selected faces",
        items=(
            ("ACTIVE", "Active Part", "The active part of the list gets them", 0),
            ("NEW", "New Part", "They become a part of their own", 1),
        ),
        default="ACTIVE",
    )
    name: bpy.props.StringProperty(name="Name", description="The name of the new part; empty for the name by number")
    node: bpy.props.IntProperty(name="Part", description=_NODE, default=_ACTIVE, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            faces = selecting.selected_faces(mesh)
            if self.target == "NEW":
                node = edits.make_part(mesh, faces, self.name)
            else:
                node = edits.assign(mesh, faces, _node(self, mesh))
            part_rows.choose(mesh, node)
            return f"{int(faces.sum()):,} faces belong to {rows_name(mesh, node)} now."

        return selecting.in_object_mode(context, self.bl_label, lambda: self.edit(context, done))


class _OfBorder(_OfParts):
    """An operator that moves the border of one part."""

    reach: bpy.props.FloatProperty(name="Reach", description=_REACH, default=borders.REACH, min=0.0, max=0.2, precision=3, subtype="FACTOR")
    node: bpy.props.IntProperty(name="Part", description=_NODE, default=_ACTIVE, options={"HIDDEN", "SKIP_SAVE"})

    def move(
        self, context: bpy.types.Context, moved: Callable[[bpy.types.Mesh, int, float], int], sentence: str, sentence_if_same: str
    ) -> set[str]:
        """Moves the border, and says so, or that it stays. That is an edit as well: the artist may want to try another reach."""

        def done(mesh: bpy.types.Mesh) -> str:
            before = edits.part_of_polygon(mesh)
            part_rows.choose(mesh, moved(mesh, _node(self, mesh), self.reach))
            return sentence_if_same if np.array_equal(edits.part_of_polygon(mesh), before) else sentence

        return self.edit(context, done)


class PARTGEN_OT_smooth_border(_OfBorder, bpy.types.Operator):
    """Straighten the border of the part"""

    bl_idname = "partgen.smooth_border"
    bl_label = "Smooth Border"

    def execute(self, context: bpy.types.Context) -> set[str]:
        sentence_if_same = "The border is straight already, as far as it may move."
        return self.move(context, edits.smooth_border, "The border is smoothed.", sentence_if_same)


class PARTGEN_OT_snap_border(_OfBorder, bpy.types.Operator):
    """Move the border of the part to the creases near by"""

    bl_idname = "partgen.snap_border"
    bl_label = "Snap Border to Creases"

    def execute(self, context: bpy.types.Context) -> set[str]:
        sentence_if_same = "The border lies on creases already, as far as it may move."
        return self.move(context, edits.snap_border, "The border follows the creases.", sentence_if_same)


class PARTGEN_OT_select_parts(_OfParts, bpy.types.Operator):
    """Select the marked parts, or the active one: their objects where Apply made some, else their faces, as Edit Mode shows them"""

    bl_idname = "partgen.select_parts"
    bl_label = "Select"
    modes = ("OBJECT", "EDIT_MESH")

    extend: bpy.props.BoolProperty(name="Extend", description="Keep what is selected", default=False)

    def execute(self, context: bpy.types.Context) -> set[str]:
        source = source_in(context)
        return self.edit(context, lambda mesh: selecting.select(context, source, part_rows.chosen_nodes(mesh), self.extend))


class PARTGEN_OT_mark_selected_parts(_OfParts, bpy.types.Operator):
    """Mark the parts in the list whose objects or faces are selected in the viewport"""

    bl_idname = "partgen.mark_selected_parts"
    bl_label = "From Viewport"
    modes = ("OBJECT", "EDIT_MESH")

    extend: bpy.props.BoolProperty(name="Extend", description="Keep what is marked", default=False)

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            nodes = selecting.nodes_of_selected_objects(context, mesh) or selecting.nodes_of_selected_faces(mesh)
            if not nodes:
                raise PartgenError("parts.none_selected", "No part is selected.", "Select objects of parts, or faces in Edit Mode.")
            marked = part_rows.mark(mesh, nodes, self.extend)
            if marked < len(nodes):
                return f"{marked} of {len(nodes)} parts are marked: the list shows no more."
            return f"{counted(marked, 'part')} {'is' if marked == 1 else 'are'} marked."

        return self.edit(context, done)


class PARTGEN_OT_show_parts(_OfParts, bpy.types.Operator):
    """Show or hide parts, in the preview, in the modes that hide faces, and as objects"""

    bl_idname = "partgen.show_parts"
    bl_label = "Show Parts"

    action: bpy.props.EnumProperty(
        name="Action",
        description="What is shown and what is hidden",
        items=(
            ("ALL", "Show All", "Show every part", 0),
            ("HIDE", "Hide", "Hide the marked parts, or the active one", 1),
            ("ISOLATE", "Show Only These", "Hide everything but the marked parts, or the active one", 2),
        ),
        default="ALL",
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        def done(mesh: bpy.types.Mesh) -> str:
            everything = edits.parts(mesh)
            chosen = everything if self.action == "ALL" else part_rows.chosen_nodes(mesh)
            if self.action == "ISOLATE":
                edits.show(mesh, everything, False)
            edits.show(mesh, chosen, self.action != "HIDE")
            return {"ALL": "All parts are shown.", "HIDE": "Hidden.", "ISOLATE": "Everything else is hidden."}[self.action]

        return self.edit(context, done)


class PARTGEN_OT_open_part(_OfParts, bpy.types.Operator):
    """List the two parts that this one is made of, or no longer"""

    bl_idname = "partgen.open_part"
    bl_label = "Open Part"
    bl_options = {"INTERNAL"}
    modes = ("OBJECT", "EDIT_MESH")

    row: bpy.props.IntProperty(name="Row", description="The row of the list, from 0", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        mesh = source_in(context).data  # type: ignore[union-attr]
        if self.row >= len(mesh.partgen.rows):
            return {"CANCELLED"}
        # No property with an update of its own: that would take the rows away under the button that was pressed.
        part_rows.open_row(mesh, self.row, not mesh.partgen.rows[self.row].is_open)
        return {"FINISHED"}


def source_in(context: bpy.types.Context) -> bpy.types.Object | None:
    """The decomposed object that the list is about: the active one, or the one that it is a part of."""
    active = context.view_layer.objects.active
    return applying.source_of(active) if active is not None else None


def rows_name(mesh: bpy.types.Mesh, node: int) -> str:
    """The name of a part of `mesh` at its scale."""
    tree = regrouping.tree_of(mesh)
    if tree is None:
        return ""
    return stored_parts.names(tree, regrouping.given_of(mesh), [node], tree.count(mesh.partgen.scale))[node]


def _node(operator: bpy.types.Operator, mesh: bpy.types.Mesh) -> int:
    return part_rows.active_node(mesh) if operator.node == _ACTIVE else operator.node


CLASSES = (
    PARTGEN_OT_merge_parts,
    PARTGEN_OT_split_part,
    PARTGEN_OT_rename_part,
    PARTGEN_OT_recolor_part,
    PARTGEN_OT_assign_faces,
    PARTGEN_OT_smooth_border,
    PARTGEN_OT_snap_border,
    PARTGEN_OT_select_parts,
    PARTGEN_OT_mark_selected_parts,
    PARTGEN_OT_show_parts,
    PARTGEN_OT_open_part,
)
