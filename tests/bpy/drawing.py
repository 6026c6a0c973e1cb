"""Panels drawn into a layout that only takes notes: what an artist would read, and which buttons are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import bpy


@dataclass
class Notes:
    """What was drawn, in order."""

    texts: list[str] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    arguments: list[SimpleNamespace] = field(default_factory=list)
    """What each operator is given."""
    contexts: list[str] = field(default_factory=list)
    """How each operator is called."""
    properties: list[str] = field(default_factory=list)
    disabled: list[str] = field(default_factory=list)
    """Operators in a layout that is not enabled."""
    progress: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All texts, lines that were wrapped put together again."""
        return " ".join(self.texts)


class Layout:
    """Stands for a UILayout: every property can be set, every fold is open."""

    def __init__(self, notes: Notes, enabled: bool = True, operator_context: str = "INVOKE_REGION_WIN") -> None:
        self._notes = notes
        self.enabled = enabled
        self.operator_context = operator_context

    def _below(self, *_: Any, **__: Any) -> Layout:
        return Layout(self._notes, self.enabled, self.operator_context)

    row = column = box = split = grid_flow = _below

    def panel(self, identifier: str, default_closed: bool = False) -> tuple[Layout, Layout]:
        return self._below(), self._below()

    def template_icon(self, icon_value: int, scale: float = 1.0) -> None:
        assert icon_value >= 0

    def separator(self, **_: Any) -> None:
        pass

    def label(self, text: str = "", icon: str = "NONE", **_: Any) -> None:
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items, icon
        self._notes.texts.append(text)

    def prop(self, owner: Any, name: str, text: str | None = None, **_: Any) -> None:
        assert hasattr(owner, name), name
        self._notes.properties.append(name)

    def prop_enum(self, owner: Any, name: str, value: str, text: str | None = None, **_: Any) -> None:
        item = owner.bl_rna.properties[name].enum_items[value]
        self._notes.texts.append(item.name if text is None else text)

    def popover(self, panel: str, text: str = "", **_: Any) -> None:
        assert hasattr(bpy.types, panel), panel
        self._notes.texts.append(text)

    def operator(self, identifier: str, text: str = "", icon: str = "NONE", **_: Any) -> SimpleNamespace:
        group, _, name = identifier.partition(".")
        getattr(getattr(bpy.ops, group), name).get_rna_type()  # raises where there is no such operator
        assert icon in bpy.types.UILayout.bl_rna.functions["operator"].parameters["icon"].enum_items, icon
        self._notes.texts.append(text)
        self._notes.operators.append(identifier)
        self._notes.contexts.append(self.operator_context)
        if not self.enabled:
            self._notes.disabled.append(identifier)
        self._notes.arguments.append(SimpleNamespace())
        return self._notes.arguments[-1]

    def progress(self, factor: float = 0.0, text: str = "", **_: Any) -> None:
        assert 0.0 <= factor <= 1.0
        self._notes.progress.append(factor)
        self._notes.texts.append(text)


def drawn(panel: str) -> Notes:
    """A panel of the sidebar."""
    notes = Notes()
    getattr(bpy.types, panel).draw(SimpleNamespace(layout=Layout(notes)), bpy.context)
    return notes


def drawn_in_menu(menu: str, module: str) -> Notes:
    """What a module of the add-on adds to a menu of Blender's."""
    notes = Notes()
    for draw in getattr(bpy.types, menu).draw._draw_funcs:
        if draw.__module__ == module:
            draw(SimpleNamespace(layout=Layout(notes, operator_context="EXEC_REGION_WIN")), bpy.context)  # as in a context menu
    return notes


def drawn_dialog(operator: type[bpy.types.Operator], **properties: Any) -> Notes:
    """The dialog of an operator that has these properties."""
    notes = Notes()
    operator.draw(SimpleNamespace(layout=Layout(notes), **properties), bpy.context)
    return notes


def drawn_preferences(package: str) -> Notes:
    """The preferences of the add-on."""
    notes = Notes()
    preferences = bpy.context.preferences.addons[package].preferences
    type(preferences).draw(_WithLayout(preferences, Layout(notes)), bpy.context)
    return notes


class _WithLayout:
    """The preferences with another layout."""

    def __init__(self, preferences: Any, layout: Layout) -> None:
        self._preferences = preferences
        self.layout = layout

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self._preferences), name, None)
        return found.__get__(self) if callable(found) else getattr(self._preferences, name)


def told_by_the_status_bar(draw_keys: Callable[[Any, bpy.types.Context], None]) -> list[str]:
    """What a tool tells of its keys in the status bar."""
    said: list[str] = []
    header = SimpleNamespace(layout=SimpleNamespace(row=None, label=lambda text="", icon="": said.append(text)))
    draw_keys(header, bpy.context)
    return said
